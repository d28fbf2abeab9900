"""What `run` and `rerun` share: a session watched in the terminal, from the first request to the words at its end."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from llmxsite.base.diagnostics import Issue, Issues, display_path, several
from llmxsite.cli.terminal import elsewhere, err, out

if TYPE_CHECKING:
    from collections.abc import Awaitable, Coroutine, Sequence
    from contextlib import AsyncExitStack

    from llmxsite.collect.interrupt import Interrupts
    from llmxsite.collect.policy import Result
    from llmxsite.collect.progress import Display
    from llmxsite.collect.session import Session
    from llmxsite.study.study import Study

Host = Annotated[
    str | None, typer.Option("--host", help="Address of the server; OLLAMA_HOST or this machine without it.")
]
Resume = Annotated[
    bool | None,
    typer.Option("--resume/--new", help="Go on in a run log, or begin a new one; goes on where it can when not given."),
]
Live = Annotated[bool, typer.Option("--live", help="Show every reply as it streams, thinking included.")]
Contributor = Annotated[str | None, typer.Option("--contributor", help="Name to record in the log; none without it.")]


def mode_of(resume: bool | None) -> Literal["auto", "new", "resume"]:
    """What `--resume/--new` asks for."""
    return "auto" if resume is None else "resume" if resume else "new"


def interrupts() -> Interrupts:
    """Ctrl-C for a whole command, however many sessions it has."""
    from llmxsite.collect.interrupt import Interrupts

    return Interrupts(lambda message: err().print(message, style="yellow"))


def watch(
    opened: Callable[[AsyncExitStack], Awaitable[Session]],
    introduce: Callable[[Session], None],
    again: str,
    *,
    live: bool,
    interrupts: Interrupts,
    issues: Issues,
    study: Study | None,
) -> Result | None:
    """Open a session, make what is left of it, and say how it ended; None where nothing was left.

    `introduce` says what is about to happen; `again` is the command that goes on with it. Exits with 130 when interrupted.
    """
    from contextlib import AsyncExitStack

    async def collect() -> Result | None:
        with interrupts.watching():
            async with AsyncExitStack() as stack:
                session = await opened(stack)
                introduce(session)
                watched = display(live)
                with watched:
                    path, result = await session.collect(watched, started=lambda c: interrupts.finish_with(c.stop))
                shown = place(path, study)
                if result is None:
                    words = f"Everything is done: {shown} holds all {several(session.workload.planned, 'sample')}."
                    out().print(words, soft_wrap=True)
                    out().print("A new run begins with --new.")
                    return None
                watched.summary()
                _outcome(result, shown, again, issues)
                return result

    return finished(collect())


def finished(run: Coroutine[Any, Any, Result | None]) -> Result | None:
    """Run it to its end; exits with 130 when it was interrupted."""
    import asyncio

    try:
        result = asyncio.run(run)
    except asyncio.CancelledError:
        raise typer.Exit(130) from None
    if result is not None and result.reason == "interrupted":
        raise typer.Exit(130)
    return result


def surroundings(session: Session) -> None:
    """The server, what it lacks, and why a new log begins."""
    from llmxsite.collect.surroundings import info_of

    console = out()
    console.print(f"Engine: {info_of(session.header.engine)}", markup=False)
    for lack in session.header.engine.lacks:
        console.print(f"  {lack}", style="yellow", markup=False)
    if session.choice.reasons:
        console.print(f"A new run log begins: {'; '.join(session.choice.reasons)}", markup=False)


def remaining(session: Session, study: Study | None) -> None:
    """How much is done already, and how long the rest may take."""
    left = session.left()
    to_go = sum(left)
    if session.choice.path is not None and to_go:
        done = f"{session.workload.planned - to_go:,} done, {to_go:,} to go"
        out().print(f"Going on in {place(session.choice.path, study)}: {done}", markup=False)
    if session.measured is not None and to_go:
        least = session.measured.expected(session.workload, left, session.wish.concurrency)
        most = session.measured.alone(session.workload, left)
        if least is not None and most is not None:
            from llmxsite.collect.tally import duration

            prompts = len({prompt for _, prompt in session.measured.seconds})
            each = ", ".join(
                f"{' '.join(kind) if prompts > 1 else kind[0]} {value:.2f} s"
                for kind, value in session.measured.seconds.items()
            )
            span = f" to {duration(most)}" if most > 1.05 * least else ""
            expected(f"{duration(least)}{span}", f"if all are as fast as one request was just now: {each}")


def expected(words: str, basis: str) -> None:
    """How long the rest may take, and what that is taken from."""
    out().print(f"Expected time: about {words}, {basis}", markup=False)


def place(path: Path, study: Study | None) -> str:
    """A log's path from the root of its study, or as it would be typed where it lies in none."""
    return study.relative(path) if study is not None and path.is_relative_to(study.root) else display_path(path)


def say(message: str) -> None:
    """A step on the way, where a person is looking."""
    if err().is_terminal:
        err().print(message, style="dim", markup=False)


def _outcome(result: Result, shown: str, again: str, issues: Issues) -> None:
    """Where the log is, and how to go on."""
    if result.reason == "interrupted":
        interrupted(shown, again)
        return
    for issue in result.issues:
        issues.extend([Issue(path=shown, code=issue.code, message=issue.message, hint=issue.hint)])
    done(result, shown, shown, again, issues)


def done(result: Result, logs: str, place: str, again: str, issues: Issues) -> None:
    """Where a run that is complete lies, and whether some of it is to be asked again; `place` is what an issue is at."""
    if result.reason == "complete":
        out().print(f"Done: {logs}", markup=False, soft_wrap=True)
        if result.errors:
            words = "1 sample" if result.errors == 1 else f"{result.errors:,} samples"
            issues.add(place, "run-errors", f"{words} ended in an error", hint=f"`{again}` asks them again")


def following(steps: Sequence[str]) -> None:
    """What to do with a run that is complete."""
    where = elsewhere()
    lines = [*steps, *([f"in {where}, where the study is"] if where else [])]
    out().print("Next: " + "\n      ".join(lines), markup=False, soft_wrap=True)


def interrupted(logs: str, again: str) -> None:
    err().print(f"Interrupted; everything so far is in {logs}. `{again}` goes on.", markup=False, soft_wrap=True)


def display(live: bool = False) -> Display:
    """How a run is shown here: as it streams, as a live picture, or in lines where there is no terminal."""
    from llmxsite.collect.progress import Picture, Plain, Stream

    console = err()
    if live:
        return Stream(out())
    return Picture(console) if console.is_terminal else Plain(console)
