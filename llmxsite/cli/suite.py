"""`llmxsite suite`: look at suites, check them, and bring in those of other publishers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from llmxsite.base.diagnostics import Issues, Problem, display_path, several
from llmxsite.base.regular import opened, there
from llmxsite.base.written import away
from llmxsite.cli import suite_text
from llmxsite.cli.terminal import err, finish, out, print_json, study_here

if TYPE_CHECKING:
    from llmxsite.study.suite import Loaded, Suite

Format = Literal["text", "json"]
FormatOption = Annotated[Format, typer.Option("--format", help="`text` for people, `json` for programs.")]
IdOption = Annotated[str | None, typer.Option("--id", help="Id of the new suite.")]
FolderOption = Annotated[
    Path | None, typer.Option("--out", help="Folder to write to; the study's suites/ when not given.", metavar="DIR")
]
LimitOption = Annotated[
    int | None, typer.Option("--limit", min=1, help="Draw this many items, categories keeping their shares.")
]
SeedOption = Annotated[int, typer.Option("--seed", help="Seed of what is drawn and of options that are shuffled.")]
ForceOption = Annotated[bool, typer.Option("--force", help="Replace a suite of the same id that differs.")]

commands = typer.Typer(
    help="Suites of questions: list, show, check, measure, import, pull.",
    no_args_is_help=True,
    epilog="Example: llmxsite suite check everyday-science",
)


def register(app: typer.Typer) -> None:
    app.add_typer(commands, name="suite")


@commands.command("list", epilog="Example: llmxsite suite list --format json")
def list_suites(format: FormatOption = "text") -> None:  # noqa: A002 - the option's name
    """List the study's suites: items, categories, language, licence, hash."""
    from llmxsite.study.suite import load

    issues = Issues()
    rows = []
    for path in study_here().suite_files():
        try:
            rows.append(suite_text.summary(load(path, issues), path))
        except Problem as problem:
            issues.extend(problem.issues)
    if format == "json":
        print_json(rows)
    else:
        suite_text.print_suites(rows, ["id", "title", "items", "categories", "language", "licence", "hash"])
    finish(issues)


@commands.command(epilog="Example: llmxsite suite show everyday-science --item earth-01")
def show(
    suite: Annotated[str, typer.Argument(help="A suite's id, or the path of its file.", metavar="ID")],
    item: Annotated[str | None, typer.Option("--item", help="Only this item.")] = None,
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="At most this many items.")] = None,
    format: FormatOption = "text",  # noqa: A002
) -> None:
    """Show a suite as it is asked: questions, options, right answers, explanations."""
    import msgspec

    issues = Issues()
    loaded = _load(suite, issues)
    items = [i for i in loaded.suite.items if item is None or i.id == item]
    if not items and item is not None:
        from llmxsite.base.diagnostics import did_you_mean

        known = [i.id for i in loaded.suite.items]
        raise Problem.at(
            loaded.origin.document.path, "suite-item-missing", f"no item '{item}'", hint=did_you_mean(item, known)
        )
    items = items[:limit]
    if format == "json":
        print_json(
            {**suite_text.summary(loaded.suite, Path(loaded.origin.document.path)), "items": msgspec.to_builtins(items)}
        )
    else:
        out().print(suite_text.as_text(loaded.suite, items), markup=False)
    finish(issues)


@commands.command(epilog="Example: llmxsite suite hash everyday-science")
def hash(  # noqa: A001 - the command's name
    suites: Annotated[
        list[str] | None,
        typer.Argument(help="Ids or paths; every suite of the study when none is given.", metavar="[ID]..."),
    ] = None,
    format: FormatOption = "text",  # noqa: A002
) -> None:
    """Print the content hash of suites: the same for the same questions, however the file is formatted."""
    issues = Issues()
    rows = [(loaded.suite.hash(), loaded.suite.id) for loaded in (_load(suite, issues) for suite in _named(suites))]
    if format == "json":
        print_json([{"id": name, "hash": digest} for digest, name in rows])
    else:
        for digest, name in rows:
            out().print(f"{digest}  {name}", markup=False)
    finish(issues)


@commands.command(epilog="Example: llmxsite suite check everyday-science --strict")
def check(
    suites: Annotated[
        list[str] | None,
        typer.Argument(help="Ids or paths; every suite of the study when none is given.", metavar="[ID|PATH]..."),
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Let warnings fail too.")] = False,
    format: FormatOption = "text",  # noqa: A002
) -> None:
    """Report every problem of suites at once, with file and line: wrong keys, repeats, answers that give themselves away."""
    from llmxsite.study.suite.check import check as examine

    issues = Issues()
    seen: dict[str, str] = {}
    for name in _named(suites):
        try:
            path = _path(name)
            suite = examine(path, issues).suite
        except Problem as problem:
            issues.extend(problem.issues)
            continue
        if other := seen.get(suite.id):
            issues.add(
                path, "suite-id-taken", f"id '{suite.id}' is also used by {other}", hint="give one of them another id"
            )
        seen.setdefault(suite.id, display_path(path))
        if format == "text" and not any(i.severity != "hint" for i in issues if _within(i.path, path)):
            out().print(f"{suite.id}: {several(len(suite.items), 'item')}, no problem found", markup=False)
    finish(issues, strict=strict, format=format)


@commands.command(epilog="Example: llmxsite suite stats everyday-science --report size-and-calibration")
def stats(
    suite: Annotated[str, typer.Argument(help="A suite's id, or the path of its file.", metavar="ID")],
    report: Annotated[str | None, typer.Option("--report", help="Only runs of this report.")] = None,
    format: FormatOption = "text",  # noqa: A002
) -> None:
    """Show from runs how hard each item is, which tell models apart, and which every model gets right or wrong."""
    from llmxsite.analysis.results import items
    from llmxsite.analysis.tables import load as load_samples

    issues = Issues()
    loaded = _load(suite, issues)
    found = items(load_samples(study_here(), issues, report=report), loaded.suite)
    if format == "json":
        print_json(suite_text.statistics_record(found, loaded.suite))
    elif not found.takers:
        out().print(f"No run has asked '{loaded.suite.id}' yet: `llmxsite run REPORT`", markup=False)
    else:
        suite_text.print_statistics(found)
    if found.other:
        message = f"{found.other:,} samples asked another version of an item, and are left out"
        issues.extend([loaded.origin.suite.issue("suite-other-version", message, severity="hint")])
    finish(issues)


@commands.command("import", epilog="Example: llmxsite suite import truthfulqa TruthfulQA.csv --limit 100")
def import_(
    kind: Annotated[
        str,
        typer.Argument(
            help="auto, or one of truthfulqa, truthfulqa-binary, gsm8k, arc, arc-challenge, arc-easy, mmlu-pro, hellaswag, llmxray.",
            metavar="FORMAT",
        ),
    ],
    path: Annotated[
        Path,
        typer.Argument(help="The published file: csv, tsv, json, jsonl, parquet, or a zip of one.", metavar="PATH"),
    ],
    id: IdOption = None,  # noqa: A002
    folder: FolderOption = None,
    limit: LimitOption = None,
    seed: SeedOption = 0,
    member: Annotated[str | None, typer.Option("--member", help="File inside a zip, by name or pattern.")] = None,
    force: ForceOption = False,
    strict: Annotated[bool, typer.Option("--strict", help="Fail when a row was left out.")] = False,
) -> None:
    """Convert a published suite to a native one; every row that gives no item is reported."""
    import hashlib

    from llmxsite.study.suite_formats import import_suite

    issues = Issues()
    suite = import_suite(kind, path, issues, id=id, limit=limit, seed=seed, member=member)
    with opened(path) as stream:
        suite.source_sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
    _store(suite, folder or study_here().suites, force)
    finish(issues, strict=strict)


@commands.command(epilog="Example: llmxsite suite pull gsm8k --limit 200")
def pull(
    name: Annotated[
        str | None, typer.Argument(help="A suite's name; what there is when not given.", metavar="[NAME]")
    ] = None,
    id: IdOption = None,  # noqa: A002
    folder: FolderOption = None,
    limit: LimitOption = None,
    seed: SeedOption = 0,
    url: Annotated[
        str | None, typer.Option("--url", help="Another address of the same file, such as a mirror in the classroom.")
    ] = None,
    force: ForceOption = False,
) -> None:
    """Download a suite from its publisher, check its sha256 and convert it."""
    from llmxsite.base.diagnostics import did_you_mean
    from llmxsite.study.suite_formats import import_suite
    from llmxsite.study.suite_formats.pull import RELEASES, download, verify

    if name is None:
        for known, release in RELEASES.items():
            out().print(f"{known}  {release.url}", markup=False, soft_wrap=True)
        return
    if name not in RELEASES:
        raise Problem.at(name, "pull-unknown", f"no publisher of '{name}' is known", hint=did_you_mean(name, RELEASES))
    release = RELEASES[name]
    issues = Issues()
    target = folder or study_here().suites
    place = url or release.url
    with download(place, issues) as (path, sha256, found):
        suite = import_suite(release.format, path, found, id=id, limit=limit, seed=seed)
        earlier = _existing(target, suite.id)
        recorded = earlier[1].source_sha256 if earlier is not None and not force else None
        err().print(verify(name, place, sha256, release.sha256, recorded), markup=False, soft_wrap=True)
    suite.source_sha256 = sha256
    _store(suite, target, force)
    finish(issues)


def _existing(folder: Path, id: str) -> tuple[Path, Suite] | None:  # noqa: A002
    """The suite of that id below `folder`, and its file, when there is one."""
    from llmxsite.study.suite import load

    for path in (folder / id / "suite.yaml", folder / f"{id}.yaml"):
        if there(path):
            return path, load(path, Issues())
    return None


def _store(suite: Suite, folder: Path, force: bool) -> None:
    """Write a converted suite, unless that would replace another one."""
    from llmxsite.study.suite import write

    earlier = _existing(folder, suite.id)
    if earlier is not None and earlier[1].hash() != suite.hash() and not force:
        message = f"there is another suite '{suite.id}' with different items"
        hint = "give the new one another --id, or replace it with --force"
        raise Problem.at(earlier[0], "suite-exists", message, hint=hint)
    path = write(suite, folder)
    if earlier is not None and earlier[0] != path:
        # A suite that was large and is small now, or the other way round, must not stand there twice.
        away(earlier[0], *([earlier[0].parent / "items.jsonl"] if earlier[0].stem == "suite" else []))
    digest = suite.hash()[:12]
    out().print(
        f"{display_path(path)}: {several(len(suite.items), 'item')}, hash {digest}", markup=False, soft_wrap=True
    )


def _within(issue: str, path: Path) -> bool:
    """Whether an issue's path belongs to the suite at `path`."""
    folder = path if path.is_dir() else path.parent if path.stem == "suite" else None
    return issue == display_path(path) or (folder is not None and issue.startswith(display_path(folder) + "/"))


def _named(suites: list[str] | None) -> list[str]:
    """The suites asked for, or the files of all."""
    return suites or [str(path) for path in study_here().suite_files()]


def _path(suite: str) -> Path:
    """A suite's file from its id or its path."""
    path = Path(suite)
    if path.suffix in (".yaml", ".yml", ".json") or path.is_dir() or "/" in suite or "\\" in suite:
        return path
    from llmxsite.study.suite import locate

    return locate(study_here(), suite)


def _load(suite: str, issues: Issues) -> Loaded:
    from llmxsite.study.suite import read

    return read(_path(suite), issues)
