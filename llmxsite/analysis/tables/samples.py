"""`Samples`: the measured rows that statistics, figures and pages work on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from llmxsite.analysis.tables.columns import OF
from llmxsite.base.diagnostics import did_you_mean
from llmxsite.log.record import End, Run


@dataclass(frozen=True)
class Samples:
    """Samples of any number of runs. Immutable: nothing writes to `frame`; `where` gives a new one."""

    frame: pd.DataFrame
    """One row a sample, `frame.COLUMNS` and then one column a factor; see docs/results.md."""
    factors: tuple[str, ...]
    """The factor columns: what conditions set, beside the model."""
    runs: Mapping[str, Run]
    """Header by run id, of the runs with a sample here, in the order of their logs."""
    ends: Mapping[str, End | None]
    """Closing line by run id; None for a run that is not complete."""
    paths: Mapping[str, Path]
    """Log by run id."""
    lacks: Mapping[str, list[str]] = field(default_factory=dict)
    """What the server of a run turned out to lack while it went on, by run id; only of the runs where it did."""
    repeats: Mapping[str, str] = field(default_factory=dict)
    """Runs that were left out because they repeat one that counts already, with that run."""
    judges: pd.DataFrame | None = None
    """The samples that judge others, which are no rows of `frame`, in the same columns, and `of`: the line, in the same run, of the
    sample judged. None where there are none; what `where` leaves are the judges of the samples that it leaves."""

    def __len__(self) -> int:
        return len(self.frame)

    def where(self, **filters: Any) -> Samples:
        """The samples whose columns equal the given values; a list means any of its values, None means missing.

        Numbers and booleans may be given as text (`temperature="0.7"`), as they come from a command line or a page.
        Raises KeyError for an unknown column, naming the known ones.
        """
        keep = pd.Series(True, index=self.frame.index)
        for name, wanted in filters.items():
            if name not in self.frame.columns:
                hint = did_you_mean(name, map(str, self.frame.columns))
                raise KeyError(f"no column '{name}'; {hint}")
            values = wanted if isinstance(wanted, list | tuple | set | frozenset) else [wanted]
            keep &= equals(self.frame[name], list(values))
        if bool(keep.all()):
            return self
        return self._taken(self.frame.take(np.flatnonzero(keep)))

    def judging(self, frame: pd.DataFrame) -> pd.DataFrame | None:
        """The judges of some of these samples."""
        if self.judges is None:
            return None
        judged = pd.MultiIndex.from_arrays([frame["run"].astype(str), frame["line"]])
        named = pd.MultiIndex.from_arrays([self.judges["run"].astype(str), self.judges[OF]])
        return self.judges[named.isin(judged)]

    @classmethod
    def split(cls, frame: pd.DataFrame, *parts: Any) -> Samples:
        """From all lines that count to those that are samples, and those that judge them; `parts` are the other fields."""
        whole = cls(frame, *parts)
        if OF not in frame.columns:
            return whole
        judging = frame[OF].to_numpy() >= 0
        samples = whole._taken(frame.take(np.flatnonzero(~judging)).drop(columns=OF))
        return replace(samples, judges=frame.take(np.flatnonzero(judging)))

    def varying(self) -> tuple[str, ...]:
        """The factors with more than one value among these samples; not to be set counts as a value."""
        return tuple(name for name in self.factors if self.frame[name].nunique(dropna=False) > 1)

    def _taken(self, frame: pd.DataFrame) -> Samples:
        """Of these, the rows of `frame`, without the runs and categories that none of them has."""
        frame = pd.DataFrame({name: _used(column.array) for name, column in frame.items()}, copy=False)
        left = set(frame["run"].cat.categories)
        return Samples(
            frame,
            self.factors,
            runs={run: header for run, header in self.runs.items() if run in left},
            ends={run: end for run, end in self.ends.items() if run in left},
            paths={run: path for run, path in self.paths.items() if run in left},
            lacks={run: words for run, words in self.lacks.items() if run in left},
            repeats=self.repeats,
            judges=self.judging(frame),
        )


def _used(values: Any) -> Any:
    """A column's values; of a categorical one, without the categories that do not occur."""
    if not isinstance(values, pd.Categorical):
        return values
    codes, count = values.codes, len(values.categories)
    met = np.zeros(count + 1, np.bool_)
    met[codes] = True  # -1, which is missing, marks the last place
    if met[:count].all():
        return values
    new = np.append(np.cumsum(met[:count]) - 1, -1)
    return pd.Categorical.from_codes(new[codes], categories=values.categories[met[:count]], validate=False)


def equals(column: pd.Series[Any], wanted: Sequence[Any]) -> pd.Series[bool]:
    """Where a column holds one of `wanted`; None means missing. Numbers and booleans may come as text, from people's words."""
    missing = column.isna() if None in wanted else pd.Series(False, index=column.index)
    values = [value for value in wanted if value is not None]
    if pd.api.types.is_bool_dtype(column.dtype):
        words = {"true": True, "yes": True, "false": False, "no": False}
        flags = [words[word] for value in values if (word := str(value).lower()) in words]
        return column.isin(flags).fillna(False).astype(bool) | missing
    known: list[Any] = [] if pd.api.types.is_numeric_dtype(column.dtype) else [_word(value) for value in values]
    if not isinstance(column.dtype, pd.CategoricalDtype):
        known += [number for number in map(_number, values) if number is not None]
    return column.isin(known).fillna(False).astype(bool) | missing


def _word(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _number(value: Any) -> float | None:
    try:
        return float(value)
    except (TypeError, ValueError):
        return None
