"""The numbers pages show, as plain rows, each computed once for the logs it comes from and remembered.

The only place of the site that loads tables and statistics: an unchanged build, or one where only words changed, never
imports pandas.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from llmxsite.base.diagnostics import Issues
from llmxsite.base.memory import Cache
from llmxsite.press.catalogue.catalogue import Catalogue
from llmxsite.press.catalogue.entries import RunEntry
from llmxsite.study.study import Study

if TYPE_CHECKING:
    import pandas as pd

    from llmxsite.analysis.tables import Samples
    from llmxsite.press.numbers.outcomes import Tally
    from llmxsite.study.experiment import Prediction

MANY_MODELS = 12
"""From more models on, warnings come from their summaries alone: comparing all pairs grows with the square of their number."""
Row = dict[str, Any]
"""One row of a table: plain text, numbers and None for what is missing."""


class Numbers:
    """Summaries of a study's samples. Every method takes the runs it is about; their hashes are the memory's key."""

    def __init__(self, study: Study, catalogue: Catalogue, cache: Cache) -> None:
        self.study, self.catalogue, self.cache = study, catalogue, cache
        self._last: tuple[list[str], Samples] | None = None
        """The runs last asked for: a page asks for the same ones again and again."""
        self._asked: dict[tuple[Any, ...], Any] = {}
        """What `value` worked out already; small, as it is of whole groups."""

    @cached_property
    def everything(self) -> Samples:
        """All samples of the study, reruns among them. Loading them is what everything here puts off.

        What is wrong in a log is said by the pages of its samples, which every build makes or remembers.
        """
        from llmxsite.analysis import tables

        return tables.load(self.study, Issues(), reruns=True)

    @cached_property
    def samples(self) -> Samples:
        """The samples that numbers are of: each run once, without its reruns."""
        if not self.catalogue.reruns:
            return self.everything
        return self.everything.where(run=[r.id for r in self.catalogue.runs])

    @cached_property
    def fingerprint(self) -> str:
        """Hash over every log: what a number without filters depends on."""
        from llmxsite.base.memory import digest

        return digest("\n".join(sorted(f"{r.path}:{r.hash}" for r in self.catalogue.logs)))

    def of(self, runs: Sequence[RunEntry], where: Mapping[str, Any] | None = None) -> Samples:
        """The samples of these runs, or those of them that `where` leaves."""
        ids = [run.id for run in runs]
        if set(ids) == {run.id for run in self.catalogue.runs}:
            samples = self.samples
        else:
            if self._last is None or self._last[0] != ids:
                self._last = ids, self.everything.where(run=ids)
            samples = self._last[1]
        return samples.where(**where) if where else samples

    def summary(
        self,
        runs: Sequence[RunEntry],
        by: Sequence[str],
        *,
        where: Mapping[str, Any] | None = None,
        strict: bool = False,
        intervals: Sequence[str] = (),
    ) -> list[Row]:
        """`results.summarise` by these columns, of the samples that `where` leaves.

        A column the samples do not have is left out of `by`, or with `strict` raises KeyError naming the nearest. With
        `intervals`, these measures have their ends beside them, as `ece_low` and `ece_high`.
        """
        if not runs:
            return []

        def make() -> list[Row]:
            from llmxsite.analysis.results import summarise

            samples = self.of(runs, where)
            known = [column for column in by if strict or column in samples.frame.columns]
            if not len(samples):
                return []
            table = summarise(samples, known)
            if intervals:
                from llmxsite.analysis.results import intervals as spans

                found = spans(samples, known, intervals)
                ends = [f"{name}_{end}" for name in intervals for end in ("low", "high")]
                table[ends] = found[ends]
            return rows(table)

        key = [list(by), where, strict, list(intervals), hashes(runs)]
        return self.cache.memo("summary", key, list[Row], make)

    def settings(self, runs: Sequence[RunEntry], where: Mapping[str, Any] | None = None) -> list[str]:
        """`results.settings`: the columns in which samples of these runs were not all asked alike."""
        if not runs:
            return []

        def make() -> list[str]:
            from llmxsite.analysis.results import settings

            return settings(self.of(runs, where))

        return self.cache.memo("settings", [where, hashes(runs)], list[str], make)

    def outcomes(self, runs: Sequence[RunEntry]) -> dict[str, Row]:
        """The whole of each run, by its id."""
        return {str(r["run"]): r for r in self.summary(runs, ["run"])}

    def tally(self, run: RunEntry) -> Tally:
        """How many samples of a run ended how, and which replies are marked."""
        from llmxsite.log.runlog.final import last_lines
        from llmxsite.press.numbers.outcomes import Tally

        def make() -> Tally:
            from llmxsite.log.record import Lack, Sample
            from llmxsite.log.runlog import iterate

            log = self.study.root / run.path
            final = last_lines(log)
            found = Tally()
            for line, record in iterate(log, Issues()):
                if isinstance(record, Sample) and line in final:
                    found.add(record)
                elif isinstance(record, Lack):
                    found.lacks += record.lacks
            return found

        return self.cache.memo("tally", [run.hash], Tally, make)

    def items(self, suite: str, runs: Sequence[RunEntry]) -> list[Row]:
        """Each item of a suite over these runs, by the text that was asked: `item`, `item_hash`, `n` and `accuracy`.

        `n` counts conditions (a model under one setting in one run), and `accuracy` is the mean over them: one that was repeated
        more often weighs no more.
        """
        if not runs:
            return []

        def make() -> list[Row]:
            from llmxsite.analysis.results import conditions

            return rows(conditions(self.of(runs).where(suite=suite)))

        return self.cache.memo("items", [suite, hashes(runs)], list[Row], make)

    def comparison(
        self,
        runs: Sequence[RunEntry],
        factor: str,
        *,
        by: Sequence[str] = (),
        where: Mapping[str, Any] | None = None,
        alpha: float = 0.05,
        margin: float | None = None,
        levels: Sequence[Any] | None = None,
        measure: str = "accuracy",
    ) -> list[Row]:
        """`results.compare` of a factor's levels, or of those given, all pairs one family; of another measure `results.contrast`.

        KeyError for an unknown column or measure.
        """
        if not runs:
            return []

        def make() -> list[Row]:
            from llmxsite.analysis.results import compare, contrast

            samples = self.of(runs, where)
            if measure != "accuracy":
                return rows(contrast(samples, measure, factor, by, alpha, levels=levels)) if len(samples) else []
            return rows(compare(samples, factor, by, alpha, margin=margin, levels=levels)) if len(samples) else []

        return self.cache.memo(
            "compare", [factor, list(by), where, alpha, margin, levels, measure, hashes(runs)], list[Row], make
        )

    def verdicts(self, runs: Sequence[RunEntry], predictions: Sequence[Prediction], alpha: float) -> list[Row]:
        """`results.verdicts`, a row a prediction with its `sentence`; without runs none of them is measured yet."""

        def make() -> list[Row]:
            from dataclasses import asdict

            from llmxsite.analysis.results import Answer, verdicts

            found = (
                verdicts(self.of(runs), predictions, alpha)
                if runs
                else [Answer(prediction, "not measured yet") for prediction in predictions]
            )
            return [
                {
                    **asdict(answer),
                    "over": list(answer.over),
                    "prediction": None,
                    "sentence": answer.prediction.sentence,
                }
                for answer in found
            ]

        return self.cache.memo("verdicts", [[p.sentence for p in predictions], alpha, hashes(runs)], list[Row], make)

    def calibration(
        self,
        runs: Sequence[RunEntry],
        by: Sequence[str],
        *,
        where: Mapping[str, Any] | None = None,
        intervals: Sequence[str] = (),
    ) -> list[Row]:
        """`results.calibration`, a row a group, with the ends of the measures in `intervals`. KeyError for an unknown column."""
        if not runs:
            return []

        def make() -> list[Row]:
            from llmxsite.analysis.results import calibration

            samples = self.of(runs, where)
            return rows(calibration(samples, by, intervals=intervals).summary) if len(samples) else []

        return self.cache.memo("calibration", [list(by), where, list(intervals), hashes(runs)], list[Row], make)

    def floors(
        self, runs: Sequence[RunEntry], by: Sequence[str], *, where: Mapping[str, Any] | None = None
    ) -> list[Row]:
        """`results.noise_floors`: what the ECE of a calibrated model would be, a row a group."""
        if not runs:
            return []

        def make() -> list[Row]:
            from llmxsite.analysis.results import noise_floors

            samples = self.of(runs, where)
            return rows(noise_floors(samples, by)) if len(samples) else []

        return self.cache.memo("floors", [list(by), where, hashes(runs)], list[Row], make)

    def determinism(
        self,
        runs: Sequence[RunEntry],
        what: str,
        by: Sequence[str] | None = None,
        factor: str = "regime",
        *,
        where: Mapping[str, Any] | None = None,
    ) -> list[Row]:
        """One table of `results.determinism`: `agreement`, `pairs`, `items` or `fragile`. KeyError for an unknown column."""
        runs = [run for run in runs if run.run.task == "determinism"]
        if not runs:
            return []

        def make() -> list[Row]:
            from llmxsite.analysis.results import determinism

            samples = self.of(runs, where)
            return rows(getattr(determinism(samples, by, factor), what)) if len(samples) else []

        key = [what, by if by is None else list(by), factor, where, hashes(runs)]
        return self.cache.memo("determinism", key, list[Row], make)

    def partings(self, runs: Sequence[RunEntry], where: Mapping[str, Any] | None = None) -> list[Row]:
        """`results.partings` as plain rows: the requests that got several replies, and where these part."""
        runs = [run for run in runs if run.run.task == "determinism"]
        if not runs:
            return []

        def make() -> list[Row]:
            from dataclasses import asdict

            from llmxsite.analysis.results import partings

            return [asdict(parting) for parting in partings(self.of(runs, where))]

        return self.cache.memo("partings", [where, hashes(runs)], list[Row], make)

    def value(self, query: str, report: str | None) -> Row:
        """A `{value}` query answered: `html` with `%%runs%%` for its link, `text` and the interval's ends, `runs`, and `tested` where it is of a comparison; or `problem`, `offset` and `hint`."""

        def make() -> Row:
            from llmxsite.press.numbers.value import QueryError, evaluate

            try:
                found = evaluate(query, self.samples, report=report, memory=self._asked)
            except QueryError as error:
                return {"problem": str(error), "offset": error.offset, "hint": error.hint}
            ends = {"low": plain(found.low), "high": plain(found.high)}
            made = {"html": found.html("%%runs%%"), "runs": found.runs, "text": found.plain(), **ends}
            if found.tested is not None:
                made["tested"] = {k: v if isinstance(v, dict) else plain(v) for k, v in found.tested.items()}
            return made

        return self.cache.memo("value", [query, report, self.fingerprint], Row, make)

    def warnings(
        self, runs: Sequence[RunEntry], where: Mapping[str, Any] | None = None, by: Sequence[str] = ("suite", "model")
    ) -> list[str]:
        """What a reader should know before trusting numbers by these columns (docs/statistics.md, warnings)."""
        if not runs:
            return []

        def make() -> list[str]:
            from llmxsite.analysis.results import summarise, warnings

            samples = self.of(runs, where)
            if samples.frame["model"].nunique() > MANY_MODELS:
                return [str(w) for w in warnings(summarise(samples, by))]
            return [str(w) for w in warnings(samples, by)]

        return self.cache.memo("warnings", [where, list(by), hashes(runs)], list[str], make)


def hashes(runs: Sequence[RunEntry]) -> list[str]:
    return sorted(f"{run.id}:{run.hash}" for run in runs)


def rows(frame: pd.DataFrame) -> list[Row]:
    """A frame as plain rows: numbers as Python's, NaN, NA and NaT as None."""
    columns = [map(plain, frame[name].tolist()) for name in frame.columns]
    return [dict(zip(frame.columns, values, strict=True)) for values in zip(*columns, strict=True)]


def plain(value: Any) -> Any:
    """One cell as text, int, float, bool or None."""
    if value is None or isinstance(value, str | bool | int):
        return value
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float):
        return None if math.isnan(value) else value
    return value if isinstance(value, str | bool | int) else (None if str(value) in ("<NA>", "NaT") else str(value))
