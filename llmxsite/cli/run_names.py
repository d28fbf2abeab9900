"""Runs as a person names them on the command line: by id, by the path of a log, or by a report."""

from __future__ import annotations

from pathlib import Path

from llmxsite.cli.terminal import study_here
from llmxsite.diagnostics import Problem, did_you_mean
from llmxsite.study import Study


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


def newest_two(report: str) -> tuple[Path, Path]:
    """The last two runs of a report, the earlier first. Raises `Problem` where it has fewer."""
    from llmxsite.runlog import read_header

    study = study_here()
    logs = study.run_logs(report)
    if len(logs) < 2:
        known = {path.parent.name for path in study.run_logs()}
        why = "has only one run" if logs else "has no run"
        hint = f"`llmxsite run {report} --new` makes another" if logs else did_you_mean(report, known)
        raise Problem.at(study.runs / report, "run-missing", f"'{report}' {why}; two are compared", hint=hint)
    started = {path: read_header(path).started or "" for path in logs}
    first, second = sorted(logs, key=lambda path: (started[path], path.name))[-2:]
    return first, second
