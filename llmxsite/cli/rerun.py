"""`rerun`: asking the requests of a log once more."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from llmxsite.base.diagnostics import Issues, Problem, several
from llmxsite.cli import collection
from llmxsite.cli.collection import Contributor, Host, Live, Resume
from llmxsite.cli.run_names import log_of
from llmxsite.cli.terminal import finish, out, study_here

if TYPE_CHECKING:
    from contextlib import AsyncExitStack

    from llmxsite.collect.session import Session
    from llmxsite.study.study import Study


def register(app: typer.Typer) -> None:
    app.command("rerun", epilog="Example: llmxsite rerun 2026-11-22-142330-958b --limit 20")(rerun)


def rerun(
    run: Annotated[str, typer.Argument(help="The run to repeat: its id, or the path of its .jsonl log.")],
    engine: Annotated[
        Literal["auto", "ollama", "openai", "embedded"] | None,
        typer.Option(
            "--engine",
            metavar="ENGINE",
            help="What answers: auto, ollama, openai or embedded; the engine that the log names when not given.",
        ),
    ] = None,
    host: Host = None,
    limit: Annotated[
        int | None, typer.Option("--limit", min=1, help="Repeat only the first N items of each suite.")
    ] = None,
    resume: Resume = None,
    concurrency: Annotated[
        int | None,
        typer.Option("--concurrency", min=1, max=256, help="Requests under way at once; as in the log without it."),
    ] = None,
    live: Live = False,
    contributor: Contributor = None,
    folder: Annotated[
        Path | None,
        typer.Option("--out", help="Folder for the new log; runs/REPORT/ of the study when not given."),
    ] = None,
) -> None:
    """Repeat a run from its log alone: the same requests in the same order, to the server and weights of today.

    Needs neither the suite nor the experiment. Ctrl-C finishes the samples in hand; the same command goes on.
    """
    from llmxsite.collect.rerun import changes, engine_of, of_log
    from llmxsite.collect.session import Wish, open_subject
    from llmxsite.log.runlog import Clock, read_header

    issues = Issues()
    study, path = _log(run, folder)
    before = read_header(path)
    target = folder if folder is not None or study is None else study.run_log(before.report, "new").parent
    assert target is not None  # `_log` asks for one or the other
    subject, errors = of_log(path, target, limit, contributor, issues)
    wish = Wish(
        host=host,
        concurrency=1 if live and concurrency is None else concurrency,
        contributor=contributor,
        mode=collection.mode_of(resume),
    )
    name = engine_of(subject, before, engine)

    async def opened(stack: AsyncExitStack) -> Session:
        root = study.root if study is not None else target
        return await open_subject(stack, subject, wish, name=name, root=root, clock=Clock(), say=collection.say)

    def introduce(session: Session) -> None:
        console = out()
        console.print(
            f"Repeating {before.id}: {several(session.workload.planned, 'sample')}", style="bold", markup=False
        )
        if errors:
            words = (
                "1 sample that ended in an error is" if errors == 1 else f"{errors:,} samples that ended in errors are"
            )
            console.print(f"  {words} not repeated: the log does not say what would have been right", markup=False)
        collection.surroundings(session)
        if different := changes(before, session.header):
            console.print("Not as in the log:", style="yellow")
            for line in different:
                console.print(f"  {line}", style="yellow", markup=False, soft_wrap=True)
        collection.remaining(session, study)

    again = " ".join(["llmxsite rerun", run, *([] if folder is None else ["--out", str(folder)])])
    result = collection.watch(
        opened, introduce, again, live=live, interrupts=collection.interrupts(), issues=issues, study=study
    )
    if folder is None and (result is None or result.reason == "complete"):
        collection.following([f"llmxsite drift {before.report}"])
    finish(issues)


def _log(run: str, folder: Path | None) -> tuple[Study | None, Path]:
    """The study around, where there is one or one is needed, and the log that is meant."""
    if run.endswith(".jsonl"):
        path = Path(run)
        if not path.is_file():
            raise Problem.at(path, "file-missing", "no such file")
        try:
            return study_here(), path
        except Problem:
            if folder is None:
                raise Problem.at(
                    path,
                    "rerun-out",
                    "there is no study here that could hold the new log",
                    hint="name a folder for it with --out, or a study with --study",
                ) from None
            return None, path
    study = study_here()
    return study, log_of(study, run)
