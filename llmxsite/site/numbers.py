"""The numbers pages show, as plain rows, each computed once for the logs it comes from and remembered.

The only place of the site that loads tables and statistics: an unchanged build, or one where only words changed, never
imports pandas.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from llmxsite.diagnostics import Issue, Issues
from llmxsite.site.cache import Cache
from llmxsite.site.catalogue import Catalogue, RunEntry
from llmxsite.study import Study

if TYPE_CHECKING:
    import pandas as pd

    from llmxsite.tables import Samples

Row = dict[str, Any]
"""One row of a table: plain text, numbers and None for what is missing."""


class Numbers:
    """Summaries of a study's samples. Every method takes the runs it is about; their hashes are the memory's key."""

    def __init__(self, study: Study, catalogue: Catalogue, cache: Cache, issues: Issues) -> None:
        self.study, self.catalogue, self.cache, self.issues = study, catalogue, cache, issues

    @cached_property
    def samples(self) -> Samples:
        """All samples of the study. Loading them is what everything here puts off."""
        from llmxsite import tables

        return tables.load(self.study, self.issues)

    @cached_property
    def fingerprint(self) -> str:
        """Hash over every log: what a number without filters depends on."""
        from llmxsite.site.paths import digest

        return digest("\n".join(sorted(f"{r.path}:{r.hash}" for r in self.catalogue.runs)))

    def of(self, runs: Sequence[RunEntry]) -> Samples:
        """The samples of these runs."""
        if len(runs) == len(self.catalogue.runs):
            return self.samples
        return self.samples.where(run=[r.id for r in runs])

    def summary(self, runs: Sequence[RunEntry], by: Sequence[str]) -> list[Row]:
        """`results.summarise` by these columns; columns the samples do not have are left out of `by`."""
        if not runs:
            return []

        def make() -> list[Row]:
            from llmxsite.results import summarise

            samples = self.of(runs)
            known = [column for column in by if column in samples.frame.columns]
            return rows(summarise(samples, known))

        return self.cache.memo("summary", [list(by), hashes(runs)], list[Row], make)

    def outcomes(self, runs: Sequence[RunEntry]) -> dict[str, Row]:
        """The whole of each run, by its id."""
        return {str(r["run"]): r for r in self.summary(runs, ["run"])}

    def items(self, suite: str, runs: Sequence[RunEntry]) -> list[Row]:
        """Each item of a suite over these runs: `item`, `item_hash`, `n`, `accuracy`, by the text that was asked."""
        if not runs:
            return []

        def make() -> list[Row]:
            frame = self.of(runs).where(suite=suite).frame
            frame = frame[frame["outcome"] != "error"]
            grouped = frame.groupby(["item", "item_hash"], observed=True, sort=True)
            table = grouped.agg(n=("outcome", "size"), accuracy=("correct", "mean")).reset_index()
            return rows(table)

        return self.cache.memo("items", [suite, hashes(runs)], list[Row], make)

    def comparison(self, runs: Sequence[RunEntry], factor: str, alpha: float, correction: str) -> list[Row]:
        """`results.compare` of one factor's levels, within suite and the other factors that vary."""

        def make() -> list[Row]:
            from llmxsite.results import compare

            return rows(compare(self.of(runs), factor, alpha=alpha, correction=correction))

        return self.cache.memo("compare", [factor, alpha, correction, hashes(runs)], list[Row], make)

    def warnings(self, runs: Sequence[RunEntry]) -> list[str]:
        """What a reader should know before trusting these numbers (docs/statistics.md, warnings)."""
        if not runs:
            return []

        def make() -> list[str]:
            from llmxsite.results import warnings

            return [str(w) for w in warnings(self.of(runs))]

        return self.cache.memo("warnings", hashes(runs), list[str], make)


def hashes(runs: Sequence[RunEntry]) -> list[str]:
    return sorted(f"{run.id}:{run.hash}" for run in runs)


def rows(frame: pd.DataFrame) -> list[Row]:
    """A frame as plain rows: numbers as Python's, NaN, NA and NaT as None."""
    return [dict(zip(frame.columns, map(plain, values), strict=True)) for values in frame.itertuples(index=False)]


def plain(value: Any) -> Any:
    """One cell as text, int, float, bool or None."""
    if value is None or isinstance(value, str | bool | int):
        return value
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float):
        return None if math.isnan(value) else value
    return value if isinstance(value, str | bool | int) else (None if str(value) in ("<NA>", "NaT") else str(value))


def issues_of(issues: Issues, before: int) -> list[Issue]:
    """The issues added since there were `before` of them."""
    return list(issues)[before:]
