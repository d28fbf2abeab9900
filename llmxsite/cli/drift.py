"""`drift`: has anything changed between two runs, and what?"""

from __future__ import annotations

import csv
import sys
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from llmxsite.base.cells import inert
from llmxsite.base.diagnostics import Issues, display_path
from llmxsite.cli.terminal import finish, print_json

if TYPE_CHECKING:
    from llmxsite.analysis.drift import Drift


def register(app: typer.Typer) -> None:
    app.command(name="drift")(drift)


def drift(
    before: Annotated[
        str,
        typer.Argument(
            metavar="A",
            help="A run's id or a log's path. Alone, it is compared with the run it repeats or follows; "
            "a report stands for its two newest runs.",
        ),
    ],
    after: Annotated[str | None, typer.Argument(metavar="B", help="The run to compare with it, the later one.")] = None,
    format: Annotated[  # noqa: A002
        Literal["text", "json", "csv"],
        typer.Option(
            "--format", metavar="FORMAT", help="text, json (everything), or csv (a row for each pair of samples)."
        ),
    ] = "text",
    show: Annotated[
        int, typer.Option("--show", min=0, metavar="N", help="How many pairs that differ the text shows, flips first.")
    ] = 5,
    wide: Annotated[
        bool, typer.Option("--wide", help="Every column, in a narrow terminal too; otherwise those that fit are shown.")
    ] = False,
) -> None:
    """Pair two runs sample by sample: what changed around them, how far replies and scores agree, where replies part.

    \b
    Example: llmxsite drift temperature
             llmxsite drift 2026-11-23-101500-77aa
             llmxsite drift 2026-11-22-151724-73d2 ../elsewhere/again.jsonl --format json > drift.json
    """
    from llmxsite.analysis.drift import compare
    from llmxsite.cli.run_names import pair_of, run_log

    first, second = pair_of(before) if after is None else (run_log(before), run_log(after))
    issues = Issues()
    found = compare(first, second, issues)
    found.before.path, found.after.path = display_path(first), display_path(second)
    if not found.paired.compared:
        hint = None if found.paired.pairs else "runs are paired by suite, item, hash of the item, condition and repeat"
        issues.add(second, "drift-unpaired", f"no sample could be compared with one of {first.name}", hint=hint)
    if format == "json":
        found.pairs = found.differing
        print_json(found)
    elif format == "csv":
        _print_csv(found)
    else:
        from llmxsite.cli.drift_text import show as show_text

        show_text(found, show, wide=wide)
    finish(issues)


def _print_csv(found: Drift) -> None:
    import msgspec

    from llmxsite.analysis.drift import Pair

    factors = sorted({name for pair in found.pairs for name in pair.condition})
    fields = [name for name in Pair.__struct_fields__ if name != "condition"]
    place = fields.index("repeat")
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow([*fields[:place], *factors, *fields[place:], "flip"])
    for pair in found.pairs:
        cells = [getattr(pair, name) for name in fields]
        given = [pair.condition.get(name) for name in factors]
        row = [*cells[:place], *given, *cells[place:], pair.flip]
        writer.writerow([_cell(value, msgspec.json.encode) for value in row])


def _cell(value: Any, encode: Any) -> Any:
    """A value as `results` writes it: nothing for what is missing."""
    if value is None or isinstance(value, str | int | float):
        return inert(value)
    return encode(value).decode()
