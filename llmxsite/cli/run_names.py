"""Runs as a person names them on the command line: by id, by the path of a log, or by a report."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from llmxsite.base.diagnostics import Problem, did_you_mean
from llmxsite.cli.terminal import study_here

if TYPE_CHECKING:
    from llmxsite.log.record import Run
    from llmxsite.study.study import Study


class NamedRun(NamedTuple):
    """A run with its log, and the report it is filed under."""

    run: Run
    report: str
    path: Path


def run_log(name: str) -> Path:
    """The log that `name` stands for: a file, or a run of the study around by its id. Raises `Problem` for neither."""
    if name.endswith(".jsonl"):
        if not Path(name).is_file():
            raise Problem.at(name, "file-missing", "no such file")
        return Path(name)
    return log_of(study_here(), name)


def log_of(study: Study, run: str) -> Path:
    """A run's log by its id. Raises `Problem` that names the nearest."""
    logs = study.run_logs()
    for path in logs:
        if path.stem == run:
            return path
    hint = did_you_mean(run, (path.stem for path in logs)) or "`llmxsite verify` lists the runs of a study"
    raise Problem.at(study.runs, "run-missing", f"no run '{run}' in this study", hint=hint)


def pair_of(name: str) -> tuple[Path, Path]:
    """What one name stands for where two runs are compared: a report's two newest, or a run and the one it repeats or follows.

    The earlier comes first. Raises `Problem` where there is no second one.
    """
    study = study_here()
    logs = study.run_logs(name) if not name.endswith(".jsonl") else []
    if not logs and name in study.report_slugs():
        raise Problem.at(
            study.runs / name,
            "run-missing",
            f"the report '{name}' has no run yet; two are compared",
            hint=f"`llmxsite run {name}` makes the first, `llmxsite rerun ID` the second",
        )
    if len(logs) == 1:
        raise Problem.at(
            logs[0],
            "run-missing",
            f"'{name}' has only one run; two are compared",
            hint=f"`llmxsite rerun {logs[0].stem}` repeats it",
        )
    if logs:
        first, second = sorted(logs, key=lambda path: (_header(path).started or "", path.name))[-2:]
        return first, second
    return _with_earlier(study, run_log(name))


def _with_earlier(study: Study, path: Path) -> tuple[Path, Path]:
    from llmxsite.analysis.drift.lineage import ancestors

    entries = [NamedRun(_header(p), p.parent.name, p) for p in study.run_logs()]
    wanted = _header(path).id
    for before, after in ancestors(entries):
        if after.run.id == wanted:
            return before.path, after.path
    raise Problem.at(
        path, "run-missing", f"no earlier run of the same experiment as '{wanted}'", hint="name the other run too"
    )


def _header(path: Path) -> Run:
    from llmxsite.log.runlog import read_header

    return read_header(path)
