"""What a site is about: reports, models, suites and runs, each once, with its slug and its address.

Reading it takes front matter, experiments, suites and the first and last lines of run logs, and none of the samples.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterable
from functools import partial
from pathlib import Path

import msgspec

from llmxsite.base import memory, origin
from llmxsite.base.diagnostics import Issues, Problem
from llmxsite.base.document import Document
from llmxsite.base.memory import Cache
from llmxsite.base.regular import opened, there, walk
from llmxsite.log import registration
from llmxsite.log.record import End, Host, Lack, Resume, Run
from llmxsite.log.runlog import read_header, repeated, weights_of
from llmxsite.press.catalogue.entries import ModelEntry, PageEntry, ReportEntry, RunEntry, SuiteEntry, Version
from llmxsite.press.catalogue.suites import suites_of
from llmxsite.press.writing import frontmatter
from llmxsite.press.writing.frontmatter import ModelMeta, PageMeta, ReportMeta
from llmxsite.study.experiment import Experiment, prediction_check
from llmxsite.study.study import SITE_FILE, SiteConfig, Study, slugify

_END = b'\n{"type":"end"'
TAIL = 256 * 1024
"""Bytes read at the end of a log to find its last line."""


class Catalogue(msgspec.Struct, kw_only=True):
    """Everything the site has a page for."""

    config: SiteConfig
    home: PageEntry | None
    reports: list[ReportEntry]
    models: list[ModelEntry]
    suites: list[SuiteEntry]
    runs: list[RunEntry]
    """Newest first: those that numbers are of. A run and its reruns count once, see `runlog.repeated`."""
    reruns: list[RunEntry] = []
    """The others, newest first: they have pages of their own, and are part of no other number."""
    pages: list[PageEntry]

    def report(self, slug: str) -> ReportEntry | None:
        return next((r for r in self.reports if r.slug == slug), None)

    def model(self, name: str) -> ModelEntry | None:
        return next((m for m in self.models if m.name == name), None)

    def suite(self, id: str) -> SuiteEntry | None:  # noqa: A002 - it is the suite's id
        return next((s for s in self.suites if s.id == id), None)

    def asked(self, runs: Iterable[RunEntry]) -> list[SuiteEntry]:
        """The suites that these runs asked."""
        wanted = {suite.id for run in runs for suite in run.run.suites}
        return [s for s in self.suites if s.id in wanted]

    def run(self, id: str) -> RunEntry | None:  # noqa: A002
        return next((r for r in self.logs if r.id == id), None)

    @property
    def logs(self) -> list[RunEntry]:
        """Every run that has a page, newest first."""
        return _newest([*self.runs, *self.reruns])

    @property
    def hosts(self) -> list[tuple[Host, list[RunEntry]]]:
        """Each machine, as far as logs tell machines apart, with its runs."""
        found: dict[bytes, tuple[Host, list[RunEntry]]] = {}
        for entry in self.runs:
            if entry.run.host is not None:
                found.setdefault(msgspec.json.encode(entry.run.host), (entry.run.host, []))[1].append(entry)
        return [found[key] for key in sorted(found)]


def _with_source(study: Study) -> SiteConfig:
    """site.yaml, with the address of the study's repository taken from git where it does not state one."""
    known = study.config.repository or origin.repository(study.root, SITE_FILE.as_posix())
    return msgspec.structs.replace(study.config, repository=known)


def read(study: Study, cache: Cache, issues: Issues) -> Catalogue:
    """The study's catalogue. What cannot be read is an issue and left out; raises `Problem` for a bad `site.yaml`."""
    issues.extend(study.strays())
    logs = _runs(study, cache, issues)
    repeats = repeated(entry.run for entry in logs)
    runs = [entry for entry in logs if entry.id not in repeats]
    return Catalogue(
        config=_with_source(study),
        home=_page(study.content / "index.md", "index", issues),
        reports=_reports(study, cache, runs, issues),
        models=_models(study, runs, issues),
        suites=suites_of(study, runs, cache, issues),
        runs=runs,
        reruns=[entry for entry in logs if entry.id in repeats],
        pages=_pages(study, issues),
    )


def _runs(study: Study, cache: Cache, issues: Issues) -> list[RunEntry]:
    found: dict[str, RunEntry] = {}
    for path in study.run_logs():
        try:
            name, size = study.relative(path), path.lstat().st_size
            digest = cache.hash(path)
            entry = cache.memo("run", [name, digest], RunEntry, partial(_run, path, name, digest, size))
        except Problem as problem:
            issues.extend(problem.issues)
            continue
        alike = next((r for r in found.values() if r.address.lower() == entry.address.lower()), None)
        if alike is not None and alike.id != entry.id:
            message = f"run '{entry.id}' and run '{alike.id}' are one name on other systems; this file is left out"
            issues.add(path, "name-collision", message, hint=f"the other is {alike.path}; rename one of them")
            continue
        if entry.run.id in found:
            issues.add(
                path,
                "run-duplicate",
                f"run '{entry.run.id}' is also in {found[entry.run.id].path}; this file is left out",
                hint="delete one of the two, or rename it and its id",
            )
            continue
        found[entry.run.id] = entry
    return _newest(found.values())


def _newest(runs: Iterable[RunEntry]) -> list[RunEntry]:
    return sorted(runs, key=lambda r: (r.run.started or "", r.run.id), reverse=True)


def _run(path: Path, name: str, digest: str, size: int) -> RunEntry:
    run = read_header(path)
    return RunEntry(run=run, path=name, hash=digest, size=size, end=_end(path, size), extended=_extended(path, size))


def _end(path: Path, size: int) -> End | None:
    """The closing line, when the log has one: looked for at the end of the file alone."""
    with opened(path) as stream:
        stream.seek(max(0, size - TAIL))
        last = stream.read().rstrip(b"\n").rpartition(b"\n")[2]
    try:
        line = msgspec.json.decode(last, type=End | Resume | Lack)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return line if isinstance(line, End) else None


def _extended(path: Path, size: int) -> list[str]:
    """The times at which a log that was complete was taken up again."""
    found: list[str] = []
    if size == 0:
        return found
    with opened(path) as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as whole:
        at = whole.find(_END)
        while at >= 0 and (next_line := whole.find(b"\n", at + 1)) >= 0:
            lines = whole[at + 1 : next_line], whole[next_line + 1 : whole.find(b"\n", next_line + 1) + 1]
            try:
                end, after = (msgspec.json.decode(line, type=End | Resume) for line in lines)
            except (
                msgspec.DecodeError,
                UnicodeDecodeError,
                RecursionError,
            ):  # the last line of all, or one that is no end
                pass
            else:
                if isinstance(end, End) and end.reason == "complete" and isinstance(after, Resume) and not after.scored:
                    found.append(after.time)
            at = whole.find(_END, next_line)
    return found


def _reports(study: Study, cache: Cache, runs: list[RunEntry], issues: Issues) -> list[ReportEntry]:
    by_report: dict[str, list[RunEntry]] = {}
    for run in runs:
        by_report.setdefault(run.report, []).append(run)
    reports = []
    for slug in sorted({*study.report_slugs(), *by_report}):
        folder = study.reports / slug
        entry = ReportEntry(slug=slug, runs=by_report.get(slug, []))
        try:
            if there(folder / "index.md", study.root):
                entry.article = frontmatter.read(folder / "index.md", ReportMeta, issues)
            if there(folder / "experiment.yaml", study.root):
                document = Document.load(folder / "experiment.yaml")
                entry.experiment = document.convert(Experiment, code="experiment", issues=issues)
                if entry.experiment is not None:
                    found, wrong = prediction_check.read(document, entry.experiment)
                    entry.predictions = [prediction for _, prediction in found]
                    issues.extend(wrong)
        except Problem as problem:
            issues.extend(problem.issues)
        if entry.first is not None:
            entry.commits, entry.looked_up = _commits(study, cache, entry.first.run)
        reports.append(entry)
    return sorted(reports, key=_rank)


def _commits(study: Study, cache: Cache, run: Run) -> tuple[dict[str, str], bool]:
    """What a run began with, by hash, with the commit that has it; and whether that was looked up here.

    A commit never changes, so what one holds is remembered; that it is not here may change, and is not.
    """
    stated = [s for s in (run.hypothesis, *run.predictions) if s is not None]
    if not stated:
        return {}, False
    known: dict[str, str] | None = None
    if run.git is not None:
        name = cache.name("stated", [run.report, run.git.commit])
        known = cache.recall(name, dict[str, str])
        if known is None:
            known = registration.commits(study, run.report, run.git.commit)
            if known is not None:
                cache.keep(name, known)
    if known is None:
        return {s.hash: s.commit for s in stated if s.commit}, False
    return {s.hash: known[s.hash] for s in stated if s.hash in known}, True


def _rank(report: ReportEntry) -> tuple[int, bool, bool, str, str]:
    """Those with an `order` first; then written ones with data; then the newest."""
    meta = report.article.meta if report.article else None
    order = meta.order if meta and meta.order is not None else 1_000_000
    newest = "".join(chr(0x10FFFF - ord(c)) for c in report.date)
    return order, report.article is None, not report.runs, newest, report.slug


def _models(study: Study, runs: list[RunEntry], issues: Issues) -> list[ModelEntry]:
    models: dict[str, ModelEntry] = {}
    weights = weights_of(entry.run for entry in runs)
    taken: set[str] = set()
    for entry in reversed(runs):
        for info in entry.run.models:
            model = models.get(info.name)
            if model is None:
                slug = slugify(info.name)
                slug = slug if slug not in taken else f"{slug}-{memory.digest(info.name)[:8]}"
                taken.add(slug)
                model = models[info.name] = ModelEntry(slug=slug, name=info.name)
            identity = weights.get(info.digest or "", info.identity)
            version = next((v for v in model.versions if v.digest == identity), None)
            if version is None:
                model.versions.append(Version(digest=identity, info=info, runs=[entry.id]))
            elif entry.id not in version.runs:
                version.info, version.runs = info, [*version.runs, entry.id]
    for path in (p for p in walk(study.root, "content/models", depth=1).files if p.suffix == ".md"):
        try:
            article = frontmatter.read(path, ModelMeta, issues)
        except Problem as problem:
            issues.extend(problem.issues)
            continue
        named = [m for m in models.values() if m.name in article.meta.models or m.slug == path.stem]
        for model in named:
            model.article = article
        if not named:
            name = article.meta.models[0] if article.meta.models else (article.meta.title or path.stem)
            models[name] = ModelEntry(slug=path.stem, name=name, article=article)
    return sorted(models.values(), key=lambda m: m.name.lower())


def _pages(study: Study, issues: Issues) -> list[PageEntry]:
    paths = [p for p in walk(study.root, "content/pages", depth=1).files if p.suffix == ".md"]
    found = [_page(path, path.stem, issues) for path in paths]
    pages = [p for p in found if p is not None]
    return sorted(
        pages, key=lambda p: (p.article.meta.order if p.article.meta.order is not None else 1_000_000, p.title)
    )


def _page(path: Path, slug: str, issues: Issues) -> PageEntry | None:
    if not there(path):
        return None
    try:
        return PageEntry(slug=slug, article=frontmatter.read(path, PageMeta, issues))
    except Problem as problem:
        issues.extend(problem.issues)
        return None
