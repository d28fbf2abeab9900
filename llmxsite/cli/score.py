"""`score`: judge logged replies again, where an older version of a scorer did."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from llmxsite.base.diagnostics import Issues, Problem, several
from llmxsite.cli.terminal import finish, out
from llmxsite.cli.verify import logs_named

if TYPE_CHECKING:
    from llmxsite.log.runlog import Again


def register(app: typer.Typer) -> None:
    app.command("score", epilog="Example: llmxsite score temperature")(score)


def score(
    logs: Annotated[
        list[str] | None, typer.Argument(help="Reports, or run log files; every log of the study when none is named.")
    ] = None,
) -> None:
    """Score logged replies again by today's scorers, where an older version did. Nobody is asked, and nothing is taken away.

    Each such sample gets a line more in its log, which replaces the one before it; `verify` says how many there are.
    """
    from llmxsite.log import provenance
    from llmxsite.log.runlog import Clock, read_header, score_again

    issues, clock = Issues(), Clock()
    software = provenance.software()
    for path in logs_named(logs or []):
        try:
            run = read_header(path)
            if run.source is not None and not logs:
                continue  # imports bring scores of their own: only one that is named is complained of
            out().print(f"{run.id}: {_line(score_again(path, clock(), software, issues))}", markup=False)
        except Problem as problem:
            issues.extend(problem.issues)
    finish(issues)


def _line(again: Again) -> str:
    parts = [f"{several(again.scored, 'sample')} scored again, {again.moved:,} read otherwise"]
    if again.left:
        parts.append(f"{again.left:,} cannot be, for their lines do not hold enough")
    return "; ".join(parts) if again.scored or again.left else "nothing to score again"
