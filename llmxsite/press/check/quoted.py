"""Numbers that a write-up quotes by hand although a log has them: the next run will make them wrong in silence."""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from llmxsite.analysis.results.tables import table
from llmxsite.press.catalogue.entries import RunEntry
from llmxsite.press.numbers.remembered import Numbers, hashes
from llmxsite.press.writing.markdown import Rendered
from llmxsite.press.writing.source import Source

_QUOTED = re.compile(
    r"(?<![\w.,/–-])(?P<percent>\d{1,3}\.\d{1,2})[\s\u00a0\u202f]?(?:%|per cent\b|percent\b)"
    r"|(?<![\w.,/–-])(?P<share>0\.\d{3,4})(?![\w%])"
)
"""Only numbers precise enough not to be equal by chance: a percentage with a decimal, a share with three."""
_SUMMARY = table("summary")
METRICS = tuple(
    name
    for name in (*_SUMMARY.shown, *_SUMMARY.more)
    if _SUMMARY.described(name).interval and _SUMMARY.described(name).form in ("percent", "probability")
)
"""Shares and scores that a summary shows: what people copy."""
GROUPS = (["suite", "model"], ["suite", "model", "category"])


class Known(msgspec.Struct, array_like=True):
    """A number of a report's logs, and the query that gives it."""

    number: float
    query: str


def known(numbers: Numbers, runs: Sequence[RunEntry]) -> list[Known]:
    """Every number a person might have copied from these runs, those of the simplest queries first."""
    if not runs:
        return []

    def make() -> list[Known]:
        samples = numbers.of(runs)
        varying = [name for name in samples.varying() if name != "seed"]
        found: list[Known] = []
        for by in [*GROUPS, *(["suite", "model", name] for name in varying)]:
            for row in numbers.summary(runs, by):
                filters = " ".join(f"{name}={_quote(row.get(name))}" for name in by if row.get(name) is not None)
                found.extend(Known(float(row[m]), f"{m} {filters}") for m in METRICS if row.get(m) is not None)
        return found

    return numbers.cache.memo("check-quoted", hashes(runs), list[Known], make)


def find(rendered: Rendered, source: Source, numbers: Sequence[Known]) -> None:
    """A hint for each number in running text that equals one of `numbers` to all the digits it is written with."""
    for line, words in rendered.prose if numbers else ():
        for quoted in _QUOTED.finditer(words):
            text = quoted["percent"] or quoted["share"]
            digits = len(text.partition(".")[2])
            scale = 100 if quoted["percent"] else 1
            same = next((n for n in numbers if f"{scale * n.number:.{digits}f}" == text), None)
            if same is not None:
                source.add(
                    "value-by-hand",
                    f"'{quoted[0]}' is written by hand, and the logs have it",
                    line=line,
                    column=max((source.line(line) or "").find(text), 0) + 1,
                    hint=f"{{value}}`{same.query}` shows it with its interval, and follows the logs",
                    severity="hint",
                )


def _quote(value: object) -> str:
    text = f"{value:g}" if isinstance(value, float) else str(value)
    return f"'{text}'" if re.search(r"[\s|]", text) else text
