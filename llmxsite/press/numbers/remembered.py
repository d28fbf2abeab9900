"""The numbers pages show, as plain rows, each computed once for the logs it comes from and remembered.

The only place of the site that loads tables and statistics: an unchanged build, or one where only words changed, never
imports pandas.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import cached_property
from typing import TYPE_CHECKING, Any

from llmxsite.analysis.measure import plain
from llmxsite.analysis.results.tables import Asked, Row, fitting, rows, table
from llmxsite.base.diagnostics import Issues
from llmxsite.base.memory import Cache
from llmxsite.press.catalogue.catalogue import Catalogue
from llmxsite.press.catalogue.entries import RunEntry
from llmxsite.study.study import Study

if TYPE_CHECKING:
    from llmxsite.analysis.tables import Samples
    from llmxsite.press.numbers.items import ItemRows
    from llmxsite.press.numbers.outcomes import Tally
    from llmxsite.study.experiment import Prediction
    from llmxsite.study.suite import Suite

MANY_MODELS = 12
"""From more models on, warnings come from their summaries alone: comparing all pairs grows with the square of their number."""
MANY_GROUPS = 1_000
"""From more rows on too: the calibration of each is measured against its noise, and nobody reads a thousand of them."""


_WHOLE = Asked()


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

    def table(
        self, kind: str, runs: Sequence[RunEntry], asked: Asked = _WHOLE, *, where: Mapping[str, Any] | None = None
    ) -> list[Row]:
        """A table of any kind there is, of the samples that `where` leaves; empty where no run, or no sample, is of its task.

        KeyError for an unknown kind, column or measure; `Problem` for a log that is not there.
        """
        found = table(kind)
        found = found if asked.measure == "accuracy" or found.measuring is None else found.measuring(asked.measure)
        runs = [run for run in runs if found.task in (None, run.run.task)]
        if not runs:
            return []

        def make() -> list[Row]:
            samples = fitting(self.of(runs, where), found)
            return rows(found.made(samples, asked)) if len(samples) else []

        return self.cache.memo("table", [kind, asdict(asked), where, hashes(runs)], list[Row], make)

    def summary(
        self, runs: Sequence[RunEntry], by: Sequence[str], *, where: Mapping[str, Any] | None = None
    ) -> list[Row]:
        """The table `summary` by these columns; one that the samples do not have is left out."""
        if not runs:
            return []

        def make() -> list[Row]:
            from llmxsite.analysis.results import summarise

            samples = self.of(runs, where)
            known = [column for column in by if column in samples.frame.columns]
            return rows(summarise(samples, known)) if len(samples) else []

        return self.cache.memo("summary", [list(by), where, hashes(runs)], list[Row], make)

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
            from llmxsite.log.record import Lack, Resume, Sample
            from llmxsite.log.runlog import iterate

            log = self.study.root / run.path
            final = last_lines(log)
            found = Tally()
            for line, record in iterate(log, Issues()):
                if isinstance(record, Sample) and line in final:
                    found.add(record)
                elif isinstance(record, Lack):
                    found.lacks += record.lacks
                elif isinstance(record, Resume):
                    found.moments.resume()
            return found

        return self.cache.memo("tally", [run.hash], Tally, make)

    def items(self, runs: Sequence[RunEntry], suite: Suite, content: str) -> ItemRows:
        """Each item of a suite as its takers met it: models, told apart by digest. `content` is the suite's hash."""
        from llmxsite.press.numbers.items import ItemRows, item_rows

        def make() -> ItemRows:
            samples = self.of(runs, {"suite": suite.id}) if runs else None
            return item_rows(samples, suite) if samples is not None and len(samples) else ItemRows()

        return self.cache.memo("items", [suite.id, content, hashes(runs)], ItemRows, make)

    def curve(self, runs: Sequence[RunEntry], where: Mapping[str, Any]) -> list[Row]:
        """Bins of about equal count of the samples with a confidence: `confidence`, `accuracy`, `low`, `high`, `n`."""
        from llmxsite.press.numbers.profile import calibration_bins

        make = lambda: calibration_bins(self.of(runs, where))  # noqa: E731
        return self.cache.memo("curve", [where, hashes(runs)], list[Row], make)

    def standing_out(self, runs: Sequence[RunEntry], where: Mapping[str, Any]) -> list[Row]:
        """`profile.standing_out`: each category against the rest of its suite, over items."""
        from llmxsite.press.numbers.profile import standing_out

        make = lambda: standing_out(self.of(runs, where))  # noqa: E731
        return self.cache.memo("standing-out", [where, hashes(runs)], list[Row], make)

    def verdicts(self, runs: Sequence[RunEntry], predictions: Sequence[Prediction], alpha: float) -> list[Row]:
        """`results.verdicts`, a row a prediction with its `sentence`; without runs none of them is measured yet."""

        def make() -> list[Row]:
            from dataclasses import asdict

            from llmxsite.analysis.results import Judgement, verdicts

            found = (
                verdicts(self.of(runs), predictions, alpha)
                if runs
                else [Judgement(prediction, "not measured yet") for prediction in predictions]
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
                made["tested"] = plain(found.tested)
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
            from llmxsite.analysis.results.groups import key_columns, number

            samples = self.of(runs, where)
            _, groups = number(samples.frame, key_columns(samples, by))
            many = samples.frame["model"].nunique() > MANY_MODELS or len(groups) > MANY_GROUPS
            return [str(w) for w in warnings(summarise(samples, by) if many else samples, by)]

        return self.cache.memo("warnings", [where, list(by), hashes(runs)], list[str], make)


def hashes(runs: Sequence[RunEntry]) -> list[str]:
    return sorted(f"{run.id}:{run.hash}" for run in runs)
