"""Accuracy under other rules of reading: how far a number depends on the parser.

Replies are not in the tables, so their logs are read once more, and a log's judgements are kept as long as it does not change.
Only choices that llmxsite scored are read again: an import's scores are those of the other tool's parser.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from llmxsite.analysis.results.groups import Flags, Floats, group, scores
from llmxsite.analysis.results.replies import log_lines
from llmxsite.exchange.answer.rules import RULES
from llmxsite.exchange.asking.plan import style_of
from llmxsite.exchange.asking.wording import primary
from llmxsite.study.experiment import parse_prompt
from llmxsite.study.suite import LETTERS

if TYPE_CHECKING:
    from llmxsite.analysis.tables import Samples

OURS = "accuracy"
HEARD = 0.05
"""Share of the replies that the scorer reads from which a rule is one of reading them: below it, its accuracy is that of its silence."""
_UNREAD, _UNKNOWN, _NONE, _WRONG, _RIGHT = -2, -1, 0, 1, 2
"""What a rule makes of a reply: it was not asked yet, it is not there to be read, states no answer, another one, or the right one."""


class _Text(msgspec.Struct, gc=False, frozen=True):
    text: str | None = None


class _Shown(msgspec.Struct, gc=False, frozen=True):
    choices: list[str] | None = None


class _Scores(msgspec.Struct, gc=False, frozen=True):
    expected: Any = None
    order: list[int] | None = None


class _Line(msgspec.Struct, gc=False, frozen=True):
    scorer: str | None = None
    reply: _Text | None = None
    draws: list[_Text] | None = None
    shown: _Shown | None = None
    scores: _Scores = _Scores()
    condition: dict[str, Any] = {}
    language: str | None = None


_decode = msgspec.json.Decoder(_Line).decode
_LETTER, _KEY = re.compile(rb'"reply":\{"text":"([A-Z])"'), re.compile(rb'"expected":"([A-Z])"')
"""A reply of one letter and the key, in a line as it is written: within a text no quote stands by itself, so neither is met there."""


@lru_cache
def alone(letter: str) -> tuple[bool, ...]:
    """Whether each rule reads a reply of one letter, of the options' own, as that letter: most replies of a large study."""
    return tuple(rule(letter, ["-"] * (LETTERS.index(letter) + 1), "direct", None) == letter for rule in RULES.values())


class Read(NamedTuple):
    """What every rule makes of the same replies, by group."""

    table: pd.DataFrame
    """As `readings` gives it."""
    deaf: Flags
    """A row a group and a column a rule: whether it finds an answer in less than `HEARD` of the replies that the scorer reads."""


def readings(samples: Samples, by: Sequence[str]) -> pd.DataFrame:
    """Accuracy by group under our reading and under each rule of `answer.rules`, over the choices that llmxsite scored.

    Columns: those of `by`, `n` (choices answered), `accuracy` (as scored), one column a rule, and `apart`, the largest less the
    smallest of them. No row where there is no such choice.
    """
    return read(samples, by).table


def read(samples: Samples, by: Sequence[str]) -> Read:
    """`readings`, and which rules find hardly any answer in which groups."""
    found = _verdicts(samples)
    rows = np.flatnonzero(found[:, 0] != _UNKNOWN)
    if not len(rows):
        return Read(pd.DataFrame(columns=[*by, "n", OURS, *RULES, "apart"]), np.zeros((0, len(RULES)), dtype=np.bool_))
    own, found = replace(samples, frame=samples.frame.iloc[rows]), found[rows]
    groups, judge = group(own, by), scores(own.frame)
    table = groups.keys[list(by)].copy()
    table["n"] = groups.sum(judge.answered).astype(np.int64)
    readable = judge.answered & ~judge.unparsed
    with np.errstate(invalid="ignore", divide="ignore"):
        for name, right in {
            OURS: judge.value,
            **dict(zip(RULES, (found == _RIGHT).T & judge.scored, strict=True)),
        }.items():
            table[name] = groups.sum(right) / groups.sum(judge.scored)
        heard = [groups.sum(readable & answers) / groups.sum(readable) for answers in (found != _NONE).T]
    accuracies = table[[OURS, *RULES]].to_numpy(dtype=np.float64)
    table["apart"] = accuracies.max(axis=1) - accuracies.min(axis=1)
    return Read(table, np.stack(heard, axis=1) < HEARD)


def reread(samples: Samples, rule: str) -> Samples:
    """The same samples with choices judged by another rule; what it cannot judge keeps its score. `rule` is one of `RULES`.

    `samples` themselves where it can judge none of them.
    """
    values = judgements(samples, rule)
    return samples if np.isnan(values).all() else _scored(samples, values)


def judgements(samples: Samples, rule: str) -> Floats:
    """1 or 0 for each row as `rule` reads it; NaN for an error, for what is no choice, and for other tools' scores."""
    found = _verdicts(samples)[:, list(RULES).index(rule)]
    return np.where(found == _UNKNOWN, np.nan, found == _RIGHT)


def _verdicts(samples: Samples) -> NDArray[np.int8]:
    """What each rule, a column, makes of each row: `_UNKNOWN` where there is nothing to read again."""
    frame = samples.frame
    found = np.full((len(frame), len(RULES)), _UNKNOWN, dtype=np.int8)
    codes, runs = pd.factorize(frame["run"].astype(object))
    order, lines = np.argsort(codes, kind="stable"), frame["line"].to_numpy(dtype=np.int64)
    ends = np.searchsorted(codes[order], np.arange(len(runs) + 1))
    for run, start, end in zip(runs, ends, ends[1:], strict=False):
        path = samples.paths.get(str(run))
        try:
            stat = path.stat() if path is not None else None
        except OSError:
            stat = None
        if path is None or stat is None:
            continue  # without its log there is nothing to read again
        rows = order[start:end]
        found[rows] = _heard(path, stat.st_size, stat.st_mtime_ns).at(lines[rows])
    return found


class _Heard:
    """What each rule, a column, makes of the lines of a log that were asked for: one that a later line replaces never is."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._table = np.full((0, len(RULES)), _UNREAD, dtype=np.int8)

    def at(self, lines: NDArray[np.int64]) -> NDArray[np.int8]:
        """The rows of these lines, by number. Those not met before are read in one pass."""
        if (more := int(lines.max(initial=0)) + 1 - len(self._table)) > 0:
            self._table = np.pad(self._table, ((0, more), (0, 0)), constant_values=_UNREAD)
        if unread := set(lines[self._table[lines, 0] == _UNREAD].tolist()):
            read = {number: _of_line(raw) for number, raw in log_lines(self._path) if number in unread}
            self._table[list(unread)] = _UNKNOWN
            for number, values in read.items():
                if values is not None:
                    self._table[number] = values
        return self._table[lines]


@lru_cache(maxsize=4096)
def _heard(path: Path, size: int, changed: int) -> _Heard:
    """Of a log as it is at this size and time of change."""
    return _Heard(path)


def _verdict(answer: str | None, key: Any) -> int:
    return _NONE if answer is None else _RIGHT if answer == key else _WRONG


def _of_line(raw: bytes) -> tuple[int, ...] | None:
    if b'"choice/' not in raw:
        return None
    if (
        b'"rule":"only"' in raw
        and b'"draws":null' in raw
        and (said := _LETTER.search(raw))
        and (key := _KEY.search(raw))
    ):
        own = _RIGHT if said[1] == key[1] else _WRONG
        return tuple(own if heard else _NONE for heard in alone(said[1].decode()))
    line = _decode(raw)
    choices = line.shown.choices if line.shown else None
    texts = [draw.text or "" for draw in line.draws or ([line.reply] if line.reply else [])]
    if not (line.scorer or "").startswith("choice/") or not choices or not texts:
        return None
    order = line.scores.order
    shown = [choices[i] for i in order] if order and sorted(order) == list(range(len(choices))) else choices
    known = line.condition.get("language") or line.language
    language = primary(known) if isinstance(known, str) else None
    style = style_of(parse_prompt(str(line.condition.get("prompt"))))
    if len(texts) == 1 and texts[0] in LETTERS[: len(shown)] and len(texts[0]) == 1:
        return tuple(_verdict(texts[0] if heard else None, line.scores.expected) for heard in alone(texts[0]))
    return tuple(
        _verdict(_vote([rule(text, shown, style, language) for text in texts]), line.scores.expected)
        for rule in RULES.values()
    )


def _vote(answers: list[str | None]) -> str | None:
    votes = Counter(answer for answer in answers if answer is not None)
    return max(votes, key=votes.__getitem__) if votes else None


def _scored(samples: Samples, values: Floats) -> Samples:
    """The samples with `correct` replaced wherever there is a value."""
    frame = samples.frame.copy(deep=False)
    correct = frame["correct"].to_numpy(dtype=np.float64, na_value=np.nan)
    frame["correct"] = np.where(np.isnan(values), correct, values)
    return replace(samples, frame=frame)
