"""A page as its text sees it: where it stands, what it may link to, its numbers, and the figures that it was found to hold."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Callable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import unquote

from llmxsite.base.diagnostics import Issue, Issues, Problem, did_you_mean, display_path
from llmxsite.base.reading import read_text
from llmxsite.base.regular import folder_there, name_fault, there, walk
from llmxsite.press.catalogue import addresses
from llmxsite.press.catalogue.entries import ReportEntry, RunEntry
from llmxsite.press.files import published
from llmxsite.press.site import fault
from llmxsite.press.site.edition import Edition
from llmxsite.press.site.ledger import LedgerEntry, of_value
from llmxsite.press.writing.directive import Declared, Directive
from llmxsite.press.writing.source import lines_of

Draw = Callable[["PageHost", Directive], str]
"""What makes the HTML of a directive for a page."""


class Drawing(Declared, Protocol):
    """What a page knows of a directive (`parts.DirectiveKind`)."""

    @property
    def draw(self) -> Draw: ...

    @property
    def options(self) -> frozenset[str] | None: ...

    @property
    def needs_runs(self) -> bool: ...


class PageHost:
    """What a page offers its text (`host.TextHost`)."""

    def __init__(
        self,
        edition: Edition,
        issues: Issues,
        address: str,
        source: Path,
        directives: Mapping[str, Drawing],
        *,
        report: ReportEntry | None = None,
        prefix: str = "",
    ) -> None:
        self.edition, self.issues, self.address, self.source, self.report = edition, issues, address, source, report
        self.directives = directives
        self.prefix = prefix
        """What makes the ids of this page's figures unique in the site."""
        self._lines: list[str] | None = None
        self.files: dict[str, bytes] = {}
        self.figures: list[str] = []
        self.drawn: set[str] = set()
        self.wanted: list[tuple[str, Issue]] = []
        """Figures that links lead to, each with what is to be said when there is no such figure."""
        self.tests: list[LedgerEntry] = []
        """Tests that its figures, tables and numbers show."""

    @property
    def runs(self) -> Sequence[RunEntry]:
        """The runs that a directive without filters is about: the report's own, else all."""
        return self.report.runs if self.report is not None and self.report.runs else self.edition.catalogue.runs

    @property
    def waiting(self) -> bool:
        """Whether the report's experiment has not run yet: a text may be written, and built, before there are data."""
        return self.report is not None and self.report.experiment is not None and not self.report.runs

    def wait(self, what: str, line: int, column: int = 1) -> None:
        """Say that something will be there once there are data."""
        slug = self.report.slug if self.report else ""
        hint = f"llmxsite run {slug}"
        self.issues.add(
            self.source,
            "not-run",
            f"{what} waits for the first run",
            line=line,
            column=column,
            hint=hint,
            severity="hint",
        )

    def directive(self, directive: Directive) -> str:
        kind = self.directives[directive.name]
        if self.waiting and kind.needs_runs:
            self.wait(f"'{directive.name}'", *directive.where())
            anchor = f' id="{escape(directive.id)}"' if directive.id else ""
            label = f"{directive.label}: n" if directive.label else "N"
            return f'<p class="waiting"{anchor}>{label}o runs yet.</p>'
        self.drawn.add(directive.name)
        wrong = [] if kind.options is None else [key for key in directive.options if key not in kind.options]
        for key in wrong:
            hint = did_you_mean(key, kind.options or ())
            directive.add("directive-option", f"'{directive.name}' has no option '{key}'", key=key, hint=hint)
        if wrong:
            return failed(directive, "an option is not known")
        for key in ("where", "a", "b"):
            if (message := _mistaken(directive.options.get(key))) is not None and key in directive.options:
                directive.add("directive-value", f"'{key}' {message}", key=key, hint=f"{key}: {{temperature: 0}}")
                return failed(directive, f"'{key}' {message}")
        try:
            return kind.draw(self, directive)
        except (KeyboardInterrupt, SystemExit, MemoryError):
            raise
        except Exception as error:
            for issue in fault.said(error, display_path(self.source), f"{{{directive.name}}}"):
                code = "directive-failed" if issue.code == "page-failed" else issue.code
                directive.add(code, issue.message, hint=issue.hint)
            return failed(directive, fault.reason(error))

    def value(self, query: str, line: int, column: int) -> str:
        """The number with a link to where it comes from: its run, or the list of the report's runs."""
        if self.waiting:
            self.wait("the number", line, column)
            return '<span class="waiting">no runs yet</span>'
        try:
            answer = self.edition.numbers.value(query, self.report.slug if self.report and self.report.runs else None)
        except Exception as error:  # of a log that lies in a way nobody thought of
            answer = {"problem": fault.reason(error), "offset": 0, "hint": None}
        if answer.get("problem"):
            self.issues.add(
                self.source,
                "value-query",
                answer["problem"],
                line=line,
                column=column + answer["offset"],
                hint=answer["hint"],
                excerpt=self._line(line),
            )
            return f'<code class="problem">{escape(query)}</code>'
        if tested := answer.get("tested"):
            self.tests += of_value(tested, report=self.report.slug if self.report else "", address=self.address)
        return str(answer["html"]).replace("%%runs%%", escape(self._runs_address(answer["runs"])))

    def _line(self, number: int) -> str | None:
        """A line of the Markdown file as it stands, to show beside what is wrong in it."""
        if self._lines is None:
            self._lines = lines_of(read_text(self.source)) if there(self.source) else []
        lines = self._lines
        return lines[number - 1] if 0 < number <= len(lines) else None

    def _runs_address(self, ids: list[str]) -> str:
        runs = [r for r in (self.edition.catalogue.run(i) for i in ids) if r is not None]
        if len(runs) == 1:
            return addresses.relative(self.address, runs[0].address)
        reports = {r.report for r in runs}
        if len(reports) == 1 and self.report is not None and reports == {self.report.slug}:
            return "#runs"
        target = addresses.report(reports.pop()) + "#runs" if len(reports) == 1 else addresses.index("runs")
        return addresses.relative(self.address, target)

    def link(self, target: str, line: int) -> str:
        """A link is written relative to its Markdown file, or as `model:NAME`, `suite:ID`, `run:ID`, `report:SLUG`, `figure:ID`."""
        path, mark, fragment = target.partition("#")
        path, fragment = unquote(path), unquote(fragment)
        address = self._named(path, line) or self._beside(path, line)
        if address is None:
            return ""
        return addresses.relative(self.address, address) + mark + fragment

    def _named(self, target: str, line: int) -> str | None:
        kind, colon, name = target.partition(":")
        c = self.edition.catalogue
        if not colon:
            return None
        if kind == "figure":
            self.wanted.append((name, self._lost(f"no figure is called '{name}'", line)))
            return addresses.figure(name)
        finders: dict[str, Callable[[str], Any]] = {
            "model": c.model,
            "suite": c.suite,
            "run": c.run,
            "report": c.report,
        }
        found = finders[kind](name) if kind in finders else None
        return found.address if found is not None else None

    def _lost(self, message: str, line: int) -> Issue:
        path = display_path(self.source)
        return Issue(path=path, line=line, code="link-broken", message=message, excerpt=self._line(line))

    def _beside(self, target: str, line: int) -> str | None:
        content = self.edition.study.content
        base = content if target.startswith("/") else self.source.parent
        file = Path(os.path.normpath(base / target.lstrip("/")))
        if not file.is_relative_to(content) or any(map(name_fault, file.relative_to(content).parts)):
            file = content / "nowhere"
        if folder_there(file, content):
            file = file / "index.md"
        if file in self.edition.sources:
            return self.edition.sources[file]
        if file.suffix == ".html" and (address := self._own_page(target)):
            return address
        is_file = there(file, content)
        if is_file and file.suffix.lower() in addresses.PUBLISHED:
            try:
                data = published(file, content)
            except Problem as problem:
                self.issues.extend(problem.issues)
                return None
            parts = [addresses.part(p) for p in file.relative_to(content).parts]
            address = "/".join(["content", *parts[:-1], _name(file, parts[-1])])
            self.files[address] = data
            return address
        names = [p.name for p in walk(file.parent, "", depth=1).files] if folder_there(file.parent, content) else []
        shown = target if len(target) <= 120 else f"{target[:100]}…"
        near = did_you_mean(shown, names)
        self.issues.add(
            self.source,
            "link-broken",
            f"'{shown}' is not a kind of file that is published" if is_file else f"'{shown}' leads nowhere",
            line=line,
            excerpt=self._line(line),
            hint=near
            or "links are relative to this file; model:NAME, suite:ID, run:ID and report:SLUG name pages of the site",
        )
        return None

    def _own_page(self, target: str) -> str | None:
        """An address of a page of this site, relative to this page."""
        address = posixpath.normpath(posixpath.join(posixpath.dirname(self.address), target))
        c = self.edition.catalogue
        known = {e.address for e in c.reports} | {e.address for e in c.models} | {e.address for e in c.suites}
        known |= (
            {e.address for e in c.logs} | {addresses.section(s) for s, _ in self.edition.sections} | {addresses.HOME}
        )
        return address if address in known else None

    def reference(self, name: str, line: int) -> tuple[str, str]:
        """A figure of another page by its id in the site: `` {ref}`temperature-accuracy` ``."""
        for report in self.edition.catalogue.reports:
            if name.startswith(f"{report.slug}-") and report is not self.report:
                self.wanted.append((name, self._lost(f"'{report.slug}' has no figure '{name}'", line)))
                return addresses.relative(self.address, addresses.figure(name)), f"figure in “{report.title}”"
        self.issues.add(self.source, "reference-missing", f"nothing is called '{name}'", line=line)
        return "", name


def _name(file: Path, part: str) -> str:
    """The last part of a published file's address: its ending is the one by which a server tells what it is."""
    suffix = file.suffix.lower()
    return part if part.lower().endswith(suffix) else f"{part}{suffix}"


def _mistaken(value: Any) -> str | None:
    """Why a value cannot say which samples are meant; None where it can."""
    if not isinstance(value, dict):
        return "must be a mapping of columns to values"
    plain = (str, int, float, bool, type(None))
    for name, level in value.items():
        if not isinstance(name, str) or not all(
            isinstance(v, plain) for v in (level if isinstance(level, list) else [level])
        ):
            return "must name plain values"
    return None


def failed(d: Directive, why: str) -> str:
    """What stands in the page where a directive could not be drawn."""
    return f'<p class="problem">{{{escape(d.name)}}}: {escape(why)}</p>'
