"""Two replies to one item as pages show them side by side: what became of each, and the words that differ."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from llmxsite.base.regular import opened
from llmxsite.log.record import Line, Sample
from llmxsite.press.catalogue import addresses
from llmxsite.press.catalogue.entries import RunEntry
from llmxsite.press.numbers import outcomes
from llmxsite.press.site.samples import transcript
from llmxsite.press.site.samples.asked import Questions, asked, own
from llmxsite.press.site.samples.worddiff import word_diff

_decode = msgspec.json.Decoder(Line).decode


class Side(msgspec.Struct):
    """One reply as a page shows it."""

    state: str
    answer: str
    html: str
    """The words, those that differ marked."""
    address: str
    tokens: str | None = None
    """The words again, each token tinted by its probability; None where the log has no tokens, or they are not wanted."""


class PairedItem(msgspec.Struct):
    """One item with both replies."""

    item: str
    under: str
    """The settings, the same on both sides."""
    asked: str
    """Its question and options as HTML, the right one marked."""
    sides: list[Side]
    remark: str = ""
    """Where the two part, in words."""


def read(study: Path, runs: Sequence[RunEntry], wanted: Iterable[tuple[int, int]]) -> dict[tuple[int, int], Sample]:
    """The samples on these lines of these runs' logs, by number of the run and line."""
    wanted = set(wanted)
    found: dict[tuple[int, int], Sample] = {}
    for number, run in enumerate(runs):
        lines = {line for n, line in wanted if n == number}
        if not lines:
            continue
        with opened(study / run.path) as stream:
            for line, raw in enumerate(stream, 1):
                if line in lines and isinstance(record := _decode(raw), Sample):
                    found[number, line] = record
    return found


def item(
    a: tuple[RunEntry, int, Sample],
    b: tuple[RunEntry, int, Sample],
    under: str,
    known: Questions,
    *,
    tokens: bool = False,
) -> PairedItem:
    """Each side is the run, the number of its page of samples the reply is on, and the sample."""
    words = word_diff(text(a[2]), text(b[2]))
    sides = [_side(*side, html, tokens) for side, html in zip((a, b), words, strict=True)]
    return PairedItem(a[2].item, under, own(asked(a[2], known), chosen=False), sides)


def text(sample: Sample) -> str:
    return (sample.reply.text if sample.reply else None) or ""


def _side(run: RunEntry, page: int, sample: Sample, html: str, tokens: bool) -> Side:
    address = f"{addresses.samples(run.report, run.id, page)}#{addresses.sample_anchor(sample.key)}"
    reply = sample.reply
    tinted = None
    if tokens and reply is not None and reply.tokens:
        tinted = transcript.token_spans(reply.text or "", reply.tokens, reply.answer_token)
    return Side(outcomes.state(sample), transcript.answer(sample), html, address, tinted)
