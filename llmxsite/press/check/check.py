"""`llmxsite check`: everything that can be known to be wrong with a study without building it, found at once.

Each part goes on where another cannot: a broken site.yaml does not hide a broken suite. What was found in a file is
remembered under the file's hash, beside what builds remember, so a second check costs what changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from llmxsite.base import registry
from llmxsite.base.diagnostics import Issue, Issues, Problem, Severity
from llmxsite.base.memory import Cache, Past
from llmxsite.base.regular import there
from llmxsite.press.writing.source import Source
from llmxsite.study.study import Study

if TYPE_CHECKING:
    from llmxsite.press.site.edition import Edition

LARGE = 4_000_000
"""Bytes of logs from which another process is worth its start."""


def check(study: Study, *, publish: bool = False, out: Path | None = None, jobs: int = 1) -> Issues:
    """Every problem of the study. `publish` adds what publishing would give away, in its files and in the site at `out`.

    With `jobs` of at least 2 and enough logs, these are verified in `jobs - 1` processes while the rest is looked at.
    """
    issues = Issues()
    for problem in registry.faults():
        issues.extend(problem.issues)
    cache = Cache(study.cache / "site", study.cache / "check")
    with _verifying(study, cache, jobs) as verified:
        _suites(study, cache, issues)
        _experiments(study, issues, "error" if publish else "warning")
        texts = Issues()
        edition = _texts(study, cache, texts)
        _logs(study, cache, issues, verified)
    issues.extend(texts)
    if edition is not None:
        edition.look_at_theme()
        issues.extend(edition.issues)
    if publish:
        from llmxsite.press.check import release

        release.check(study, edition, cache, issues, out or study.root / "site")
    cache.save(Past())
    return issues


def _suites(study: Study, cache: Cache, issues: Issues) -> None:
    for path in study.suite_files():
        items = path.parent / "items.jsonl" if path.stem == "suite" else path

        def make(path: Path = path) -> list[Issue]:
            from llmxsite.study.suite.check import check as check_suite

            return _gathered(partial(check_suite, path))

        issues.extend(cache.memo("check-suite", [str(path), cache.hash(path), cache.hash(items)], list[Issue], make))


def _experiments(study: Study, issues: Issues, template: Severity) -> None:
    """Mistakes in experiments, and with the severity `template` the words of the template that still stand in reports."""
    from llmxsite.study import experiment
    from llmxsite.study.scaffold import words

    for slug in study.report_slugs():
        try:
            issues.extend(words.find(study, slug, template))
            if there(study.experiment(slug), study.root):
                issues.extend(_gathered(partial(experiment.load, study, slug)))
        except Problem as problem:  # a name that no report can have
            issues.extend(problem.issues)


@contextmanager
def _verifying(study: Study, cache: Cache, jobs: int) -> Iterator[Callable[[Path], list[Issue]]]:
    """What gives the findings in a log: those not remembered are worked on from now on, beside the caller."""
    new = [path for path in study.run_logs() if cache.recall(_verification(path, cache), list[Issue]) is None]
    if jobs < 2 or sum(path.lstat().st_size for path in new) < LARGE:
        yield _verify
        return
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    with ProcessPoolExecutor(min(jobs - 1, len(new)), mp_context=get_context("spawn")) as pool:
        waiting = {path: pool.submit(_verify, path) for path in new}
        yield lambda path: waiting[path].result()


def _verify(path: Path) -> list[Issue]:
    from llmxsite.log import runlog

    return _gathered(partial(runlog.verify, path))


def _verification(path: Path, cache: Cache) -> str:
    """The key under which the findings in a log are remembered."""
    return cache.name("check-log", [str(path), cache.hash(path)])


def _logs(study: Study, cache: Cache, issues: Issues, verified: Callable[[Path], list[Issue]]) -> None:
    for path in study.run_logs():
        name = _verification(path, cache)
        found = cache.recall(name, list[Issue])
        if found is None:
            found = verified(path)
            cache.keep(name, found)
        issues.extend(found)
        if not (study.reports / path.parent.name).is_dir():
            issues.add(
                path,
                "log-report",
                f"there is no report '{path.parent.name}' for this log",
                hint=f"llmxsite new report {path.parent.name}",
                severity="warning",
            )


def _texts(study: Study, cache: Cache, issues: Issues) -> Edition | None:
    """Render every write-up dry; the edition they were rendered for, or None where site.yaml is broken."""
    from llmxsite.press.catalogue import catalogue
    from llmxsite.press.check import claims, dry, quoted
    from llmxsite.press.site.edition import Edition

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
        if written.report is not None:
            language = article.meta.language or edition.config.language
            claims.find(edition, written.report, rendered, source, language)
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
