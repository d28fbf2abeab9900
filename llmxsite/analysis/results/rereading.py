"""Accuracy under other rules of reading: how far a number depends on the parser.

Replies are not in the tables, so their logs are read once more, and a log's judgements are kept as long as it does not change.
Only choices that llmxsite scored are read again: an import's scores are those of the other tool's parser.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from llmxsite.analysis.results.groups import Floats, group, scores
from llmxsite.analysis.results.replies import log_lines
from llmxsite.exchange.answer.rules import RULES
from llmxsite.exchange.asking.plan import style_of
from llmxsite.exchange.asking.wording import primary
from llmxsite.study.experiment import parse_prompt
from llmxsite.study.suite import LETTERS

if TYPE_CHECKING:
    from llmxsite.analysis.tables import Samples

OURS = "accuracy"
MOST = 3
"""Groups of which each gets a sentence of its own."""
_NAMES = ("model", "suite")
"""Groups whose values say what they are."""
APART = 0.01
"""Difference of accuracies from which readings are shown side by side."""


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
    return tuple(read(letter, ["-"] * (LETTERS.index(letter) + 1), "direct", None) == letter for read in RULES.values())


def readings(samples: Samples, by: Sequence[str]) -> pd.DataFrame:
    """Accuracy by group under our reading and under each rule of `task.rules`, over the choices that llmxsite scored.

    Columns: those of `by`, `n` (choices answered), `accuracy` (as scored), one column a rule, and `apart`, the largest less the
    smallest of them. No row where there is no such choice.
    """
    judged = {name: judgements(samples, name) for name in RULES}
    known = ~np.isnan(next(iter(judged.values())))
    if not known.any():
        return pd.DataFrame(columns=[*by, "n", OURS, *RULES, "apart"])
    rows = np.flatnonzero(known)
    own = replace(samples, frame=samples.frame.iloc[rows])
    groups, judge = group(own, by), scores(own.frame)
    found = groups.keys[list(by)].copy()
    found["n"] = groups.sum(judge.answered).astype(np.int64)
    for name, values in {OURS: judge.value, **{name: values[rows] for name, values in judged.items()}}.items():
        read = np.where(np.isnan(values), judge.value, values)
        with np.errstate(invalid="ignore", divide="ignore"):
            found[name] = groups.sum(read) / groups.sum(judge.scored)
    accuracies = found[[OURS, *RULES]].to_numpy(dtype=np.float64)
    found["apart"] = accuracies.max(axis=1) - accuracies.min(axis=1)
    return found


def reread(samples: Samples, rule: str) -> Samples:
    """The same samples with choices judged by another rule; what it cannot judge keeps its score. `rule` is one of `RULES`.

    `samples` themselves where it can judge none of them.
    """
    values = judgements(samples, rule)
    return samples if np.isnan(values).all() else _scored(samples, values)


def reading_notes(samples: Samples, by: Sequence[str]) -> list[str]:
    """What to say where readings part by more than a point, and where they order the models differently."""
    table = readings(samples, by)
    apart = table[table["apart"] > APART]
    varying = [key for key in by if table[key].nunique(dropna=False) > 1]
    said = []
    if 0 < len(apart) <= MOST:
        for row in apart.to_dict("records"):
            parts = ", ".join(f"{rule} {100 * row[rule]:.1f} %" for rule in RULES)
            name = ", ".join(str(row[key]) if key in _NAMES else f"{key} {row[key]}" for key in varying)
            said.append(
                f"By other rules of reading, the accuracy{name and ' of ' + name} is {parts}; {100 * row[OURS]:.1f} % as scored."
            )
    elif len(apart):
        said.append(
            f"By other rules of reading ({', '.join(RULES)}), {len(apart)} of {len(table)} accuracies move by more than a point, "
            f"the most by {100 * float(apart['apart'].max()):.1f}."
        )
    return [*said, *_orders(table, by)]


def _orders(table: pd.DataFrame, by: Sequence[str]) -> Iterator[str]:
    """Models that one rule puts before another, and another rule behind it."""
    if "model" not in by or len(table) < 2:
        return
    others = [key for key in by if key != "model"]
    turned = set()
    for _, rows in table.groupby(others, observed=True) if others else [((), table)]:
        values = rows[[OURS, *RULES]].to_numpy(dtype=np.float64)
        models = [str(model) for model in rows["model"]]
        for i in range(len(models)):
            for j in range(i + 1, len(models)):
                signs = set(np.sign(values[i] - values[j]))
                if {-1.0, 1.0} <= signs:
                    turned.add(f"{models[i]} and {models[j]}")
    if turned:
        yield f"No order of {'; '.join(sorted(turned))}: which has the higher accuracy depends on how replies are read."


def judgements(samples: Samples, rule: str) -> Floats:
    """1 or 0 for each row as `rule` reads it; NaN for an error, for what is no choice, and for other tools' scores."""
    frame = samples.frame
    found = np.full(len(frame), np.nan)
    runs, lines = frame["run"].astype(object).to_numpy(), frame["line"].to_numpy()
    place = list(RULES).index(rule)
    for run in pd.unique(runs):
        path = samples.paths.get(str(run))
        try:
            stat = path.stat() if path is not None else None
        except OSError:
            stat = None
        if path is None or stat is None:
            continue  # without its log there is nothing to read again
        judged, values = _of_log(path, stat.st_size, stat.st_mtime_ns)
        if not len(judged):
            continue
        rows = np.flatnonzero(runs == run)
        at = np.minimum(np.searchsorted(judged, lines[rows]), len(judged) - 1)
        met = judged[at] == lines[rows]
        found[rows[met]] = values[at[met], place]
    return found


@lru_cache(maxsize=256)
def _of_log(path: Path, size: int, changed: int) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """The lines of a log that can be read again, in order, and for each whether each rule reads the right answer there."""
    read = [(number, values) for number, raw in log_lines(path) if (values := _of_line(raw)) is not None]
    numbers = np.array([number for number, _ in read], dtype=np.int64)
    return numbers, np.array([values for _, values in read], dtype=np.bool_).reshape(len(read), len(RULES))


def _of_line(raw: bytes) -> tuple[bool, ...] | None:
    if b'"choice/' not in raw:
        return None
    if (
        b'"rule":"only"' in raw
        and b'"draws":null' in raw
        and (said := _LETTER.search(raw))
        and (key := _KEY.search(raw))
    ):
        return tuple((said[1] if read else None) == key[1] for read in alone(said[1].decode()))
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
        return tuple((texts[0] if read else None) == line.scores.expected for read in alone(texts[0]))
    return tuple(
        _vote([read(text, shown, style, language) for text in texts]) == line.scores.expected for read in RULES.values()
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
