"""Two runs compared as their page shows it, computed once for the two logs it comes from."""

from __future__ import annotations

from bisect import bisect_left
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from llmxsite.analysis.drift import Drift, Pair, compare_logs
from llmxsite.base.diagnostics import Issues
from llmxsite.log.runlog.final import last_lines
from llmxsite.press.catalogue import addresses
from llmxsite.press.catalogue.entries import RunEntry
from llmxsite.press.site.edition import Edition
from llmxsite.press.site.samples import beside
from llmxsite.press.site.samples.asked import Questions
from llmxsite.press.site.samples.beside import PairedItem
from llmxsite.press.site.templates import value

if TYPE_CHECKING:
    from llmxsite.analysis.drift.log import Log

KIND = "drift"
"""What memory calls a comparison."""
SHOWN = 30
"""Pairs shown in full, flips first."""
DOTS = 1500
"""Most pairs of confidences drawn; of more, every so many."""


class DriftView(msgspec.Struct):
    """A comparison, with the pairs a page shows in the place of all pairs."""

    drift: Drift
    differing: int
    """Pairs whose reply, answer or score is another one."""
    items: list[PairedItem]
    confidence: list[tuple[float, float, bool]]
    """Before, after, and whether the answer is the same one."""
    drawn_of: int
    """Pairs with a confidence on both sides, drawn or not."""


class Two(NamedTuple):
    """Two runs of a study, the earlier one first: all that a comparison needs, in whatever process."""

    root: Path
    before: RunEntry
    after: RunEntry
    known: Questions
    """Their items' questions."""
    asking: list[tuple[str, str | None]]
    """The suites that these are of, with their hashes."""

    @property
    def parts(self) -> list[Any]:
        """What the comparison depends on."""
        return [self.before.path, self.before.hash, self.after.path, self.after.hash, self.asking]


def compared(edition: Edition, before: RunEntry, after: RunEntry) -> DriftView:
    """The comparison of two runs of the study, from memory where their logs are as they were."""
    two = _two(edition, before, after)
    return edition.cache.memo(KIND, two.parts, DriftView, lambda: compare_two(two))


def missing(edition: Edition) -> dict[str, Two]:
    """The comparisons of this study that are not in memory, by the name they are kept under."""
    pairs = [_two(edition, before, after) for before, after in edition.lineage]
    named = {edition.cache.name(KIND, two.parts): two for two in pairs}
    return {name: two for name, two in named.items() if edition.cache.recall(name, DriftView) is None}


def _two(edition: Edition, before: RunEntry, after: RunEntry) -> Two:
    runs = [before, after]
    return Two(edition.study.root, before, after, edition.questions(runs), edition.asking(runs))


def compare_two(two: Two) -> DriftView:
    """Compare them now."""
    root, before, after, known, _ = two
    runs = before, after
    # What is wrong in a log is said by the pages of its samples.
    drift = compare_logs(*(_log(root / run.path, run.hash) for run in runs))
    drift.before.path, drift.after.path = before.path, after.path
    differing = drift.differing
    sure = [
        (p.confidence_before, p.confidence_after, p.same_answer is not False)
        for p in drift.pairs
        if p.confidence_before is not None and p.confidence_after is not None
    ]
    found = DriftView(
        drift=drift,
        differing=len(differing),
        items=_items(root, runs, differing[:SHOWN], _varied(drift.pairs), known),
        confidence=sure[:: -(-len(sure) // DOTS) or 1],
        drawn_of=len(sure),
    )
    drift.pairs = []
    return found


@lru_cache(maxsize=2)
def _log(path: Path, content: str) -> Log:
    """A log as it is at this hash. A run is compared with the one before it, and then the one after with it."""
    from llmxsite.analysis.drift.log import Log

    return Log(path, Issues())


def _items(
    root: Path, runs: tuple[RunEntry, RunEntry], pairs: list[Pair], varied: set[str], known: Questions
) -> list[PairedItem]:
    """The pairs with their words, in full."""
    lines = [sorted(last_lines(root / run.path)) for run in runs]
    at = [(p.line_before, p.line_after) for p in pairs]
    texts = beside.read(root, runs, {(side, line) for both in at for side, line in enumerate(both)})
    items = []
    for pair, both in zip(pairs, at, strict=True):
        first, second = (
            (runs[side], bisect_left(lines[side], line) // addresses.SAMPLES_A_PAGE + 1, texts[side, line])
            for side, line in enumerate(both)
        )
        made = beside.item(first, second, _under(pair, varied), known, tokens=True)
        made.remark = _remark(pair)
        items.append(made)
    return items


def _under(pair: Pair, varied: set[str]) -> str:
    """The settings that tell this pair from others."""
    said = [f"{name.replace('_', ' ')} {value(v)}" for name, v in pair.condition.items() if name in varied]
    return ", ".join([*said, *([f"repeat {pair.repeat + 1}"] if pair.repeat else [])])


def _varied(pairs: list[Pair]) -> set[str]:
    names = {name for pair in pairs for name in pair.condition}
    return {name for name in names if len({pair.condition.get(name) for pair in pairs}) > 1}


def _remark(pair: Pair) -> str:
    """Where the two part, and how far their probabilities had moved until there."""
    if pair.same_reply is not False:
        return "The reply is the same; it was read or scored in another way."
    said = []
    if pair.first_token is not None:
        said.append(
            "They part at the first token"
            if pair.first_token == 0
            else f"They share {pair.first_token:,} {'token' if pair.first_token == 1 else 'tokens'} and part at the next"
        )
    if pair.tokens_compared:
        same = pair.tokens_identical == pair.tokens_compared
        said.append(
            "until there every log-probability is the same to the last bit"
            if same
            else f"until there log-probabilities moved by up to {pair.shift_largest:.2g} nats"
        )
    return "; ".join(said) + "." if said else ""
