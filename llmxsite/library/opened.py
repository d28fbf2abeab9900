"""A study, opened: asked for tables, samples, charts and single numbers, as `llmxsite results` and the pages give them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from html import escape
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from llmxsite.base.diagnostics import Issues, Problem, several
from llmxsite.library import selection
from llmxsite.study.study import Study

if TYPE_CHECKING:
    from llmxsite.analysis.tables import Samples
    from llmxsite.library.chart import Chart
    from llmxsite.library.frames import Frame
    from llmxsite.library.number import Number

Where = Mapping[str, Any]
"""Columns of the samples with the value they must have, or a list of values of which any will do; None means missing."""


class OpenStudy:
    """A study on disk. Logs are read when something is asked, and again when they have changed since.

    What cannot be answered is a `Problem`, which a notebook shows as the command line does.
    """

    def __init__(self, study: Study) -> None:
        self.study = study
        self._read: dict[tuple[str | None, bool], tuple[object, Samples, tuple[str, ...]]] = {}

    @classmethod
    def find(cls, path: str | PathLike[str] | None = None) -> OpenStudy:
        """The study in this folder or around it. Raises `Problem` (`study-missing`) where there is none."""
        return cls(Study.find(None if path is None else Path(path).expanduser()))

    def results(
        self,
        by: str | Sequence[str] | None = None,
        *,
        table: str = "summary",
        where: Where | None = None,
        report: str | None = None,
        factor: str | None = None,
        measure: str = "accuracy",
        intervals: str | Sequence[str] = (),
        sort: str | None = None,
        reruns: bool = False,
    ) -> Frame:
        """What `llmxsite results` shows, as a frame: a row a group of the columns `by`, every column, in full precision.

        `table` names another table than the summary, `factor` and `measure` what a comparison compares, `intervals` measures
        to be given an interval by drawing items again. Raises `Problem` for a word that is not known, with the nearest.
        """
        from llmxsite.library import tables
        from llmxsite.library.frames import Frame

        samples, problems = self._samples(report, reruns)
        drawn, given = _names(intervals), tables.grouping(samples, _names(by) or None, reruns)
        with _columns_known():
            samples = selection.narrow(samples, where or {})
            kind = tables.kind(table, measure)
            asked = tables.Asked(by=given, factor=factor or kind.factor, measure=measure, intervals=drawn)
            frame = selection.ordered(tables.make(samples, kind, asked), sort).reset_index(drop=True)
        notes = [*problems, *tables.notes(kind, frame, samples), *_left_out(samples)]
        return Frame.of(frame, notes=notes, heads=tables.heads(kind, frame, asked))

    def samples(self, *, where: Where | None = None, report: str | None = None, reruns: bool = False) -> Frame:
        """One row a sample: the columns of docs/results.md, then one a factor. What a log does not say is missing."""
        from llmxsite.library.frames import Frame

        samples, problems = self._samples(report, reruns)
        with _columns_known():
            samples = selection.narrow(samples, where or {})
        return Frame.of(samples.frame.reset_index(drop=True), notes=[*problems, *_left_out(samples)])

    def figure(
        self, kind: str, *, report: str | None = None, theme: Literal["light", "dark"] = "light", **options: Any
    ) -> Chart:
        """What a `{chart}` of this kind draws, as an Altair chart: the same options, see docs/figures.md.

        Of the whole study, or the runs of one report. Raises `Problem` for an option, a column or a value that is not known.
        """
        from llmxsite.library.chart import Chart
        from llmxsite.press import figure

        where = options.get("where")
        # A rerun counts where it is asked for by its name, as on a page.
        samples, problems = self._samples(None, isinstance(where, Mapping) and "run" in where)
        if report is not None:
            selection.check_report(self.study, report)
            samples = samples.where(experiment=report)
        name = str(options.get("name") or kind)
        try:
            made = figure.build(kind, samples, options, id=f"{report}-{name}" if report else name)
        except figure.ChartProblem as problem:
            raise _at(f"figure({kind!r})", problem) from None
        return Chart.of(made, theme, problems)

    def value(self, query: str, *, report: str | None = None) -> Number:
        """The number that `{value}` gives in prose, such as `accuracy model=phi3:mini suite=everyday-science`.

        Raises `Problem` for a query that cannot be answered.
        """
        from llmxsite.library.number import Number
        from llmxsite.press.numbers.value import QueryError, evaluate

        selection.check_report(self.study, report)
        samples, _ = self._samples(None, False)
        try:
            found = evaluate(query, samples, report=report)
        except QueryError as error:
            raise Problem.at(f"value({query!r})", "value-query", str(error), hint=error.hint) from None
        return Number(query, found.number, found.low, found.high, found.plain(), found.title, tuple(found.runs))

    @property
    def runs(self) -> Frame:
        """Every run, newest first, reruns among them."""
        from llmxsite.library import contents

        return contents.runs(self.study)

    @property
    def reports(self) -> Frame:
        """Every report, in the order of the site."""
        from llmxsite.library import contents

        return contents.reports(self.study)

    @property
    def models(self) -> Frame:
        """Every model that was asked, a row a digest of its weights."""
        from llmxsite.library import contents

        return contents.models(self.study)

    def __repr__(self) -> str:
        return f"<study {self.study.config.title!r} in {self.study.root}>"

    def _repr_html_(self) -> str:
        counted = (
            several(len(self.study.report_slugs()), "report"),
            several(len(self.study.run_logs()), "run log"),
            several(len(self.study.suite_files()), "suite"),
        )
        return f"<b>{escape(self.study.config.title)}</b><br>{escape(', '.join(counted))} in {escape(str(self.study.root))}"

    def _samples(self, report: str | None, reruns: bool) -> tuple[Samples, tuple[str, ...]]:
        """The samples, and what is wrong in the logs; from the last question where no log has changed since."""
        from llmxsite.analysis import tables

        selection.check_report(self.study, report)
        stats = [(path, path.stat()) for path in self.study.run_logs(report)]
        state = [(path, stat.st_size, stat.st_mtime_ns) for path, stat in stats]
        known = self._read.get((report, reruns))
        if known is None or known[0] != state:
            issues = Issues()
            samples = tables.load(self.study, issues, report=report, reruns=reruns)
            known = (state, samples, tuple(issue.render() for issue in issues.sorted()))
            self._read[report, reruns] = known
        return known[1], known[2]


def _names(given: str | Sequence[str] | None) -> tuple[str, ...]:
    """`model,temperature` as on the command line, or a list."""
    words = given.split(",") if isinstance(given, str) else given or ()
    return tuple(word.strip() for word in words if word.strip())


def _left_out(samples: Samples) -> list[str]:
    from llmxsite.library import tables

    return tables.left_out(samples, "reruns=True")


@contextmanager
def _columns_known() -> Iterator[None]:
    """Turns the KeyError of a column or measure that is not there into a `Problem`."""
    try:
        yield
    except KeyError as error:
        message, _, hint = str(error.args[0]).partition("; ")
        raise Problem.at("results", "table-column", message, hint=hint or None) from None


def _at(place: str, problem: Problem) -> Problem:
    """The same problem, said to be at the call that a person wrote."""
    from msgspec.structs import replace

    return Problem(*(replace(issue, path=place) for issue in problem.issues))
