"""What a site is about: reports, models, suites and runs, each once, with its slug and its address.

Reading it takes front matter, experiments, suites and the first and last lines of run logs, and none of the samples.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from pathlib import Path

import msgspec

from llmxsite.diagnostics import Issue, Issues, Problem
from llmxsite.document import Document
from llmxsite.engine.protocol import ModelInfo
from llmxsite.experiment import Experiment
from llmxsite.record import End, Host, Resume, Run, SuiteRef, hypothesis_hash
from llmxsite.runlog import read_header, repeated
from llmxsite.site import frontmatter, paths
from llmxsite.site.cache import Cache
from llmxsite.site.frontmatter import Article, ModelMeta, PageMeta, ReportMeta
from llmxsite.study import SiteConfig, Study, slugify
from llmxsite.suite import Suite, load

TAIL = 256 * 1024
"""Bytes read at the end of a log to find its last line."""


class RunEntry(msgspec.Struct, kw_only=True):
    """A run log, by its header and its last line."""

    run: Run
    path: str
    """From the study's root."""
    hash: str
    size: int
    end: End | None = None

    @property
    def id(self) -> str:
        return self.run.id

    @property
    def report(self) -> str:
        """The folder it lies in: renaming a report takes its runs along, whatever their headers say."""
        return self.path.split("/")[-2]

    @property
    def address(self) -> str:
        return paths.run(self.report, self.run.id)

    @property
    def drift(self) -> str:
        """Address of its comparison with the run before it, where there is one."""
        return paths.drift(self.report, self.run.id)

    @property
    def date(self) -> str:
        """`2026-08-01`; empty where the source does not say."""
        return (self.run.started or "")[:10]


class Version(msgspec.Struct, kw_only=True):
    """A model under one digest of its weights: what a name stood for on a day."""

    digest: str | None
    info: ModelInfo
    runs: list[str]


class ModelEntry(msgspec.Struct, kw_only=True):
    """A model by its name, with each digest it had in the logs, and the text a person wrote for its card."""

    slug: str
    name: str
    versions: list[Version] = []
    article: Article[ModelMeta] | None = None

    @property
    def address(self) -> str:
        return paths.model(self.slug)

    @property
    def runs(self) -> list[str]:
        return [run for version in self.versions for run in version.runs]


class SuiteEntry(msgspec.Struct, kw_only=True):
    """A suite by its id: the study's own file, or only what logs say of it."""

    id: str
    suite: Suite | None = None
    path: str | None = None
    hash: str | None = None
    """Of the file as it is now; None where there is no file."""
    refs: dict[str, SuiteRef] = {}
    """Each content hash the runs used, with what they say of it."""
    runs: dict[str, list[str]] = {}
    """Content hash to the runs that used it."""

    @property
    def address(self) -> str:
        return paths.suite(self.id)

    @property
    def title(self) -> str:
        named = [ref.title for ref in self.refs.values() if ref.title]
        return self.suite.title if self.suite else (named[0] if named else self.id)

    @property
    def run_ids(self) -> list[str]:
        return [run for runs in self.runs.values() for run in runs]


class ReportEntry(msgspec.Struct, kw_only=True):
    """A report: its text, its experiment, and the runs of that experiment."""

    slug: str
    article: Article[ReportMeta] | None = None
    experiment: Experiment | None = None
    runs: list[RunEntry] = []

    @property
    def address(self) -> str:
        return paths.report(self.slug)

    @property
    def title(self) -> str:
        if self.article is not None:
            return self.article.meta.title or first_heading(self.article.body) or self.slug
        return (self.experiment.question if self.experiment else None) or self.slug

    @property
    def question(self) -> str | None:
        asked = self.experiment.question if self.experiment else None
        return asked or next((q for r in self.runs if (q := r.run.experiment.get("question"))), None)

    @property
    def hypothesis(self) -> str | None:
        stated = self.experiment.hypothesis if self.experiment else None
        return stated or next((r.run.hypothesis.text for r in self.runs if r.run.hypothesis), None)

    @property
    def summary(self) -> str | None:
        return self.article.meta.summary if self.article else None

    @property
    def date(self) -> str:
        """When it was written, or the newest day of its runs."""
        meta = self.article.meta if self.article else None
        return (meta and (meta.updated or meta.date)) or max((r.date for r in self.runs), default="")

    @property
    def registered(self) -> str:
        """Whether today's hypothesis stands in the logs: `none`, `waiting`, `before`, `changed` or `unstated`."""
        text = self.hypothesis
        if not text:
            return "none"
        if not self.runs:
            return "waiting"
        wanted = hypothesis_hash(text)
        found = [r.run.hypothesis.hash if r.run.hypothesis else None for r in self.runs]
        if all(h == wanted for h in found):
            return "before"
        return "unstated" if not any(found) else "changed"


class PageEntry(msgspec.Struct, kw_only=True):
    """A page of text: the home page or one of `content/pages/`."""

    slug: str
    article: Article[PageMeta]

    @property
    def title(self) -> str:
        return self.article.meta.title or first_heading(self.article.body) or self.slug


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


def read(study: Study, cache: Cache, issues: Issues) -> Catalogue:
    """The study's catalogue. What cannot be read is an issue and left out; raises `Problem` for a bad `site.yaml`."""
    logs = _runs(study, cache, issues)
    repeats = repeated(entry.run for entry in logs)
    runs = [entry for entry in logs if entry.id not in repeats]
    return Catalogue(
        config=study.config,
        home=_page(study.content / "index.md", "index", issues),
        reports=_reports(study, runs, issues),
        models=_models(study, runs, issues),
        suites=_suites(study, runs, cache, issues),
        runs=runs,
        reruns=[entry for entry in logs if entry.id in repeats],
        pages=_pages(study, issues),
    )


def first_heading(body: str) -> str | None:
    """The text of a leading `# Heading`."""
    for line in body.splitlines():
        if line.strip():
            return line[2:].strip() if line.startswith("# ") else None
    return None


def _runs(study: Study, cache: Cache, issues: Issues) -> list[RunEntry]:
    found: dict[str, RunEntry] = {}
    for path in study.run_logs():
        try:
            name, size = study.relative(path), path.stat().st_size
            digest = cache.hash(path)
            entry = cache.memo("run", [name, digest], RunEntry, partial(_run, path, name, digest, size))
        except Problem as problem:
            issues.extend(problem.issues)
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
    return RunEntry(run=run, path=name, hash=digest, size=size, end=_end(path, size))


def _end(path: Path, size: int) -> End | None:
    """The closing line, when the log has one: looked for at the end of the file alone."""
    with path.open("rb") as stream:
        stream.seek(max(0, size - TAIL))
        last = stream.read().rstrip(b"\n").rpartition(b"\n")[2]
    try:
        line = msgspec.json.decode(last, type=End | Resume)
    except msgspec.DecodeError:
        return None
    return line if isinstance(line, End) else None


def _reports(study: Study, runs: list[RunEntry], issues: Issues) -> list[ReportEntry]:
    by_report: dict[str, list[RunEntry]] = {}
    for run in runs:
        by_report.setdefault(run.report, []).append(run)
    reports = []
    for slug in sorted({*study.report_slugs(), *by_report}):
        folder = study.reports / slug
        entry = ReportEntry(slug=slug, runs=by_report.get(slug, []))
        try:
            if (folder / "index.md").is_file():
                entry.article = frontmatter.read(folder / "index.md", ReportMeta, issues)
            if (folder / "experiment.yaml").is_file():
                document = Document.load(folder / "experiment.yaml")
                entry.experiment = document.convert(Experiment, code="experiment", issues=issues)
        except Problem as problem:
            issues.extend(problem.issues)
        reports.append(entry)
    return sorted(reports, key=_rank)


def _rank(report: ReportEntry) -> tuple[int, bool, bool, str, str]:
    """Those with an `order` first; then written ones with data; then the newest."""
    meta = report.article.meta if report.article else None
    order = meta.order if meta and meta.order is not None else 1_000_000
    newest = "".join(chr(0x10FFFF - ord(c)) for c in report.date)
    return order, report.article is None, not report.runs, newest, report.slug


def _models(study: Study, runs: list[RunEntry], issues: Issues) -> list[ModelEntry]:
    models: dict[str, ModelEntry] = {}
    taken: set[str] = set()
    for entry in reversed(runs):
        for info in entry.run.models:
            model = models.get(info.name)
            if model is None:
                slug = slugify(info.name)
                slug = slug if slug not in taken else f"{slug}-{paths.digest(info.name)[:8]}"
                taken.add(slug)
                model = models[info.name] = ModelEntry(slug=slug, name=info.name)
            version = next((v for v in model.versions if v.digest == info.digest), None)
            if version is None:
                model.versions.append(Version(digest=info.digest, info=info, runs=[entry.id]))
            elif entry.id not in version.runs:
                version.info, version.runs = info, [*version.runs, entry.id]
    folder = study.content / "models"
    for path in sorted(folder.glob("*.md")) if folder.is_dir() else []:
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


class _Loaded(msgspec.Struct):
    """A suite with what was wrong with its file, to be said again by every build."""

    suite: Suite
    issues: list[Issue]


def _load(path: Path) -> _Loaded:
    issues = Issues()
    suite = load(path, issues)
    return _Loaded(suite, list(issues))


def _suites(study: Study, runs: list[RunEntry], cache: Cache, issues: Issues) -> list[SuiteEntry]:
    suites: dict[str, SuiteEntry] = {}
    for path in study.suite_files():
        items = path.parent / "items.jsonl" if path.stem == "suite" else path
        try:
            made_from = [study.relative(path), cache.hash(path), cache.hash(items)]
            loaded = cache.memo("suite", made_from, _Loaded, partial(_load, path))
        except Problem as problem:
            issues.extend(problem.issues)
            continue
        issues.extend(loaded.issues)
        suite = loaded.suite
        suites[suite.id] = SuiteEntry(id=suite.id, suite=suite, path=study.relative(path), hash=suite.hash())
    for entry in reversed(runs):
        for ref in entry.run.suites:
            known = suites.setdefault(ref.id, SuiteEntry(id=ref.id))
            known.refs.setdefault(ref.hash, ref)
            known.runs.setdefault(ref.hash, []).append(entry.id)
    return sorted(suites.values(), key=lambda s: (s.title.lower(), s.id))


def _pages(study: Study, issues: Issues) -> list[PageEntry]:
    folder = study.content / "pages"
    found = [_page(path, path.stem, issues) for path in sorted(folder.glob("*.md"))] if folder.is_dir() else []
    pages = [p for p in found if p is not None]
    return sorted(
        pages, key=lambda p: (p.article.meta.order if p.article.meta.order is not None else 1_000_000, p.title)
    )


def _page(path: Path, slug: str, issues: Issues) -> PageEntry | None:
    if not path.is_file():
        return None
    try:
        return PageEntry(slug=slug, article=frontmatter.read(path, PageMeta, issues))
    except Problem as problem:
        issues.extend(problem.issues)
        return None
