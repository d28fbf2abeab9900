"""Runs as a person names them on the command line: by id, by the path of a log, or by a report."""

from __future__ import annotations

from pathlib import Path

from llmxsite.cli.terminal import study_here
from llmxsite.diagnostics import Problem, did_you_mean
from llmxsite.runlog import read_header


def run_log(name: str) -> Path:
    """The log that `name` stands for: a file, or a run of the study by its id. Raises `Problem` with the nearest id."""
    if name.endswith(".jsonl") or Path(name).is_file():
        return Path(name)
    logs = study_here().run_logs()
    found = [path for path in logs if path.stem == name]
    if not found:
        raise Problem.at(name, "run-missing", f"no run '{name}' in the study", hint=_near(name, logs))
    return found[0]


def newest_two(report: str) -> tuple[Path, Path]:
    """The last two runs of a report, the earlier first. Raises `Problem` where it has fewer."""
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


def _near(name: str, logs: list[Path]) -> str | None:
    reports = {path.parent.name for path in logs}
    if name in reports:
        return f"'{name}' is a report; alone it stands for its two newest runs"
    return did_you_mean(name, {path.stem for path in logs})
