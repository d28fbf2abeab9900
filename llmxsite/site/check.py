"""`llmxsite check`: everything that can be known to be wrong with a study without building it, found at once.

Each part goes on where another cannot: a broken site.yaml does not hide a broken suite. What was found in a file is
remembered under the file's hash, beside what builds remember, so a second check costs what changed.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from llmxsite.diagnostics import Issue, Issues, Problem
from llmxsite.site.cache import Cache, State
from llmxsite.site.source import Source
from llmxsite.study import Study

if TYPE_CHECKING:
    from llmxsite.site.edition import Edition


def check(study: Study, *, publish: bool = False, out: Path | None = None) -> Issues:
    """Every problem of the study. `publish` adds what publishing would give away, in its files and in the site at `out`."""
    issues = Issues()
    cache = Cache(study.cache / "site", study.cache / "check")
    _suites(study, cache, issues)
    _experiments(study, issues)
    _logs(study, cache, issues)
    edition = _texts(study, cache, issues)
    if publish:
        from llmxsite.site import publishing

        publishing.check(study, edition, cache, issues, out or study.root / "site")
    cache.save(State())
    return issues


def _suites(study: Study, cache: Cache, issues: Issues) -> None:
    for path in study.suite_files():
        items = path.parent / "items.jsonl" if path.stem == "suite" else path

        def make(path: Path = path) -> list[Issue]:
            from llmxsite.suite.check import check as check_suite

            return _gathered(partial(check_suite, path))

        issues.extend(cache.memo("check-suite", [str(path), cache.hash(path), cache.hash(items)], list[Issue], make))


def _experiments(study: Study, issues: Issues) -> None:
    from llmxsite import experiment

    for slug in study.report_slugs():
        if study.experiment(slug).is_file():
            issues.extend(_gathered(partial(experiment.load, study, slug)))


def _logs(study: Study, cache: Cache, issues: Issues) -> None:
    for path in study.run_logs():

        def make(path: Path = path) -> list[Issue]:
            from llmxsite import runlog

            return _gathered(partial(runlog.verify, path))

        issues.extend(cache.memo("check-log", [str(path), cache.hash(path)], list[Issue], make))
        if not study.report(path.parent.name).is_dir():
            issues.add(
                path,
                "log-report",
                f"there is no report '{path.parent.name}' for this log",
                hint=f"llmxsite new report {path.parent.name}",
                severity="warning",
            )


def _texts(study: Study, cache: Cache, issues: Issues) -> Edition | None:
    """Render every write-up dry; the edition they were rendered for, or None where site.yaml is broken."""
    from llmxsite.site import catalogue, dry, quoted
    from llmxsite.site.edition import Edition

    try:
        edition = Edition(study, catalogue.read(study, cache, issues), cache, issues, study.config.base_url)
    except Problem as problem:
        issues.extend(problem.issues)
        return None
    for written in dry.articles(edition):
        article = written.article
        rendered = dry.read(edition, written, issues)
        runs = written.report.runs if written.report is not None else []
        source = Source(article.body, article.path, issues, article.first_line)
        quoted.find(rendered, source, quoted.known(edition.numbers, runs))
        if article.meta.title is None and rendered.title is None:
            issues.add(
                article.path,
                "page-title",
                "the page has no title",
                line=1,
                hint="add `title:` to its front matter",
                severity="warning",
            )
    return edition


def _gathered(look: Callable[[Issues], object]) -> list[Issue]:
    """What `look` finds, a `Problem` that ends it included."""
    found = Issues()
    try:
        look(found)
    except Problem as problem:
        found.extend(problem.issues)
    return list(found)
