"""`verify`: are run logs as they were written, and do their scores follow from their replies?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from llmxsite.base.diagnostics import Issues, Problem, several
from llmxsite.cli.terminal import err, finish, out, print_json, study_here

if TYPE_CHECKING:
    from llmxsite.log.runlog import Verified


def register(app: typer.Typer) -> None:
    app.command("verify", epilog="Example: llmxsite verify temperature")(verify)


def verify(
    logs: Annotated[
        list[str] | None, typer.Argument(help="Reports, or run log files; every log of the study when none is named.")
    ] = None,
    format: Annotated[  # noqa: A002
        Literal["text", "json"], typer.Option("--format", metavar="FORMAT", help="text or json.")
    ] = "text",
    strict: Annotated[bool, typer.Option("--strict", help="Fail on warnings too.")] = False,
) -> None:
    """Check run logs: every byte against the hash at the end, every key against its line, every score against its reply."""
    from llmxsite.log.runlog import verify as check

    issues = Issues()
    found: list[Verified] = []
    named = logs_named(logs or [])
    if not logs:
        issues.extend(study_here().strays("runs"))
    for path in named:
        try:
            found.append(check(path, issues))
        except Problem as problem:
            issues.extend(problem.issues)
    if format == "json":
        print_json({"logs": found, "issues": issues.sorted()})
        raise typer.Exit(1 if issues.failed(strict=strict) else 0)
    for log in found:
        out().print(_line(log), markup=False)
    if not found and not len(issues):
        err().print("No run logs in this study yet: `llmxsite run REPORT` writes one.", markup=False)
    finish(issues, strict=strict)


def logs_named(names: list[str]) -> list[Path]:
    """The logs meant: a file by its path, a report by its slug."""
    files = [Path(name) for name in names if name.endswith(".jsonl")]
    reports = [name for name in names if not name.endswith(".jsonl")]
    if files and not reports:
        return files
    study = study_here()
    if not names:
        return study.run_logs()
    for report in reports:
        logs = study.run_logs(report)
        if not logs:
            raise Problem.at(
                study.runs / report,
                "log-missing",
                f"no run log of '{report}'",
                hint=f"`llmxsite run {report}` makes one",
            )
        files += logs
    return files


def _line(log: Verified) -> str:
    from llmxsite.exchange.answer.scorer import current

    parts = [several(log.samples, "sample"), f"{log.rescored:,} scored alike again"]
    for name, count in log.foreign.items():
        said = f"{count:,} scored by {name}, which this version does not repeat"
        if anew := log.older.get(name):
            today = current(name)
            said = f"{count:,} scored by {name}, an older version: {today.id if today else name} of today reads {log.moved.get(name, 0):,} of {anew:,} otherwise"
        parts.append(said)
    seal = "sealed" if log.sealed else "not sealed"
    return f"{log.run}: {seal}, {', '.join(parts)}"
