"""What a kind of table is: its measures, how it is made, and what of it can be asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from llmxsite.analysis.measure import Measure, plain
from llmxsite.base import registry

if TYPE_CHECKING:
    import pandas as pd

    from llmxsite.analysis.tables import Samples

Row = dict[str, Any]
"""One row of a table: plain text, numbers, lists and mappings of such, and None for what is missing."""

DEFAULT_BY = ("experiment", "suite", "model")
"""What the rows of a table are where nothing is said: these, and the factors that vary."""


@dataclass(frozen=True)
class Asked:
    """What of a table is asked for."""

    by: tuple[str, ...] | None = None
    """Columns of the samples whose values make a row; None for the table's own choice."""
    factor: str = ""
    """What a table of pairs compares."""
    levels: tuple[object, ...] | None = None
    """Those of its levels that are compared, the first of a pair first; None for all."""
    alpha: float = 0.05
    margin: float | None = None
    """Within which a difference counts as none."""
    measure: str = "accuracy"
    """What is compared, where a table compares several things."""
    intervals: tuple[str, ...] = ()
    """Measures to be made by drawing again: the interval of most, a noise floor itself."""
    slow: tuple[str, ...] | None = None
    """Measures that are slow to make, and wanted; None for all of them."""
    of: str = ""
    """A measure that a number in prose is of and the table has no column for: then `by` is empty, and there is one row with it."""

    def wants(self, measure: Measure) -> bool:
        """Whether a measure that can be left out is to be made."""
        return not measure.slow or self.slow is None or measure.name in self.slow


def named(row: Mapping[str, Any], measure: Measure, asked: Asked, spanned: bool) -> list[str]:
    """What a number in prose says of itself where its table has nothing to add: its meaning, its n, and that it has an interval."""
    n = [f"n = {int(row['n']):,}"] if row.get("n") is not None else []
    pair = [f"{asked.factor}: {' and '.join(map(str, asked.levels))}"] if asked.levels else []
    return [measure.what or measure.title, *pair, *n, *(["95% interval"] if spanned else [])]


@dataclass(frozen=True)
class Test:
    """The test that each row of a table of pairs is, as the study's ledger of tests has it."""

    __test__ = False

    column: str
    """With its p."""
    what: str
    """`right answers`: what is compared."""
    name: str
    """`McNemar`."""
    of: str
    """What the two sides are compared in, in one word."""


@dataclass(frozen=True)
class TableKind:
    """One kind of table."""

    name: str
    summary: str
    """What its rows are, in a sentence for lists."""
    measures: tuple[Measure, ...]
    """Every column that is a number of its own, in the order of the table."""
    shown: tuple[str, ...]
    """Those that are shown where nothing is said."""
    make: Callable[[Samples, Asked], pd.DataFrame]
    """The table. KeyError, with the nearest, for a column there is not."""
    by: tuple[str, ...] = ("model",)
    """What a row is on a page, where nothing is said."""
    more: tuple[str, ...] = ()
    """Further measures that a terminal shows where it has room."""
    task: str | None = None
    """The task whose samples it is of; None for any."""
    factor: str = ""
    """Of a table of pairs, what is compared where nothing is said."""
    value: str | None = None
    """Its word in `{value}`."""
    of: str = ""
    """The measure that the word means without `of=`."""
    pair: bool = False
    """Whether the word compares two levels, named by `a=` and `b=`."""
    said: Callable[[Mapping[str, Any], Measure, Asked, bool], list[str]] = named
    """What a number in prose says of itself: parts of its title, from its row; the last tells whether its interval is shown."""
    measuring: Callable[[str], TableKind] | None = None
    """The same kind for another measure than accuracy; None where there is nothing to choose."""
    test: Test | None = None
    keeps_apart: tuple[str, ...] = ()
    """Populations that it never mixes, so that a number of it may be asked for where several are."""

    def made(self, samples: Samples, asked: Asked) -> pd.DataFrame:
        """The table, as `make` gives it. Raises `Problem`, with the package that brings it, where the code of another one fails."""
        if self.task is None:
            return self.make(samples, asked)
        unknown: KeyError | None = None
        with registry.running(self.task, f"table '{self.name}'"):
            try:
                return self.make(samples, asked)
            except KeyError as error:  # a column that there is not
                unknown = error
        assert unknown is not None
        raise unknown

    @property
    def keys(self) -> list[str]:
        """The measures that say what a row is about: texts before the first number, such as an item or a machine."""
        numbers = [measure.form != "text" for measure in self.measures]
        return [measure.name for measure in self.measures[: numbers.index(True) if True in numbers else 0]]

    def measure(self, name: str) -> Measure | None:
        return next((m for m in self.measures if m.name == name), None)

    def described(self, name: str) -> Measure:
        """The measure of a column; one that is none of its measures is shown as the text it is."""
        return self.measure(name) or Measure(name, name.replace("_", " ").capitalize(), form="text")

    def heads(self, names: Sequence[str]) -> list[Measure]:
        return [self.described(name) for name in names]


def rows(frame: pd.DataFrame) -> list[Row]:
    """A frame as plain rows: numbers as Python's, NaN, NA and NaT as None."""
    names = [str(name) for name in frame.columns]
    columns = [map(plain, frame[name].tolist()) for name in frame.columns]
    return [dict(zip(names, values, strict=True)) for values in zip(*columns, strict=True)]
