"""From a study's run logs to `Samples`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from llmxsite.analysis.tables import reader
from llmxsite.analysis.tables.cache import Cache
from llmxsite.analysis.tables.columns import LogColumns
from llmxsite.analysis.tables.frame import Source, assemble
from llmxsite.analysis.tables.samples import Samples
from llmxsite.base.diagnostics import Issues, Problem
from llmxsite.log import runlog
from llmxsite.study.study import Study


def load(
    study: Study,
    issues: Issues,
    *,
    report: str | None = None,
    logs: Iterable[Path] | None = None,
    reruns: bool = False,
) -> Samples:
    """The samples of all the study's logs, of one report's, or of the `logs` given.

    Of a run and its reruns one is taken, see `runlog.repeated`; all of them with `reruns`. A log that cannot be read, a line that cannot be, and a second log of the same run become issues; the rest is there.
    """
    if logs is None:
        issues.extend(study.strays("runs"))
    sources = dict(_sources(study, issues, study.run_logs(report) if logs is None else logs))
    repeats = {} if reruns else runlog.repeated(source.log.run for source in sources.values())
    sources = {path: source for path, source in sources.items() if source.log.run.id not in repeats}
    runs = {source.log.run.id: source.log.run for source in sources.values()}
    weights = runlog.weights_of(runs.values())
    for source in sources.values():
        source.weights = weights
    ends = {source.log.run.id: source.log.end for source in sources.values()}
    paths = {source.log.run.id: path for path, source in sources.items()}
    lacks = {source.log.run.id: source.log.lacks for source in sources.values() if source.log.lacks}
    frame, factors = assemble(list(sources.values()))
    return Samples.split(frame, tuple(factors), runs, ends, paths, lacks, repeats)


def _sources(study: Study, issues: Issues, logs: Iterable[Path]) -> Iterator[tuple[Path, Source]]:
    cache = Cache(study.root, study.cache / "tables")
    seen: dict[str, Path] = {}
    shared: dict[str, str] = {}
    """Each text once, however many logs hold it: every model's log names every item of a suite."""
    for path in logs:
        try:
            log = _columns(path, cache, issues)
        except Problem as problem:
            issues.extend(problem.issues)
            continue
        first = seen.setdefault(log.run.id, path)
        if first != path:
            issues.add(
                path,
                "log-duplicate",
                f"a second log of run '{log.run.id}'; its samples are left out, not counted twice",
                line=1,
                hint=f"the first is {first.name} in {first.parent.name}; delete one of them",
            )
            continue
        log.words = {name: [shared.setdefault(text, text) for text in texts] for name, texts in log.words.items()}
        yield path, Source(log, _report(study, path) or log.run.report, log.run.contributor)
    cache.save()


def _columns(path: Path, cache: Cache, issues: Issues) -> LogColumns:
    """A log's columns, from the cache where they are there."""
    stored = cache.get(path)
    if stored is not None:
        issues.extend(stored[1])
        return stored[0]
    found = Issues()
    try:
        stat = path.stat()
        log, sha256 = reader.read(path, found)
    except FileNotFoundError:
        raise Problem.at(path, "file-missing", "no such file") from None
    cache.put(path, stat, sha256, log, list(found))
    issues.extend(found)
    return log


def _report(study: Study, path: Path) -> str | None:
    """The report whose folder holds the log: where a log lies counts, so that renaming a report takes its runs along."""
    return path.parent.name if path.parent.parent == study.runs else None
