"""How suites and their statistics look in a terminal, and as JSON."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from llmxsite.cli.terminal import out
from llmxsite.diagnostics import display_path

if TYPE_CHECKING:
    from rich.table import Table

    from llmxsite.results import ItemTable
    from llmxsite.suite import Item, Suite


def summary(suite: Suite, path: Path) -> dict[str, Any]:
    return {
        "id": suite.id,
        "title": suite.title,
        "items": len(suite.items),
        "examples": len(suite.examples),
        "categories": suite.categories(),
        "language": suite.language,
        "licence": suite.licence,
        "version": suite.version,
        "hash": suite.hash(),
        "path": display_path(path),
    }


def print_suites(rows: list[dict[str, Any]], columns: list[str]) -> None:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        justify: Literal["left", "right"] = "right" if column in ("items", "categories") else "left"
        table.add_column(column, justify=justify, no_wrap=column != "title")
    for row in rows:
        cells = {**row, "categories": str(len(row["categories"])), "hash": row["hash"][:12]}
        table.add_row(*("" if cells[column] is None else str(cells[column]) for column in columns))
    _print_table(table)


def as_text(suite: Suite, items: list[Item]) -> str:
    from llmxsite.suite import LETTERS

    lines = [f"{suite.title} ({suite.id})", *([suite.description] if suite.description else []), ""]
    for item in items:
        about = " · ".join(text for text in (item.id, item.category, item.subcategory, item.difficulty) if text)
        lines += [f"[{about}]", item.question]
        for index, choice in enumerate(item.choices or []):
            lines.append(f"  {'*' if index == item.right else ' '} {LETTERS[index]}) {choice}")
        if item.choices is None:
            lines.append(f"  * {item.answer}{' ' + item.unit if item.unit else ''}")
        lines += [*([f"  {item.explanation}"] if item.explanation else []), ""]
    return "\n".join(lines).rstrip()


def statistics_record(found: ItemTable, suite: Suite) -> dict[str, Any]:
    """The table as one object; what is not known is null."""
    rows = []
    for row in found.frame.to_dict("records"):
        chosen = {str(key)[7:]: row.pop(key) for key in list(row) if str(key).startswith("chosen_")}
        plain = {str(key): None if isinstance(v, float) and math.isnan(v) else v for key, v in row.items()}
        rows.append({**plain, "chosen": chosen})
    return {
        "suite": suite.id,
        "hash": suite.hash(),
        "takers": list(found.takers),
        "complete": found.complete,
        "kr20": found.kr20,
        "other_version": found.other,
        "shuffled": found.shuffled,
        "items": rows,
    }


def print_statistics(found: ItemTable) -> None:
    from rich.table import Table

    from llmxsite.results.item_table import ENOUGH

    frame = found.frame
    letters = [str(column) for column in frame.columns if str(column).startswith("chosen_")]
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("item", "category", "difficulty"):
        table.add_column(column, no_wrap=True)
    for column in ("n", "correct", "item-rest", "unparsed", *(letter[7:] for letter in letters)):
        table.add_column(column, justify="right")
    table.add_column("", no_wrap=True)
    for row in frame.to_dict("records"):
        counts = [str(row[letter]) for letter in letters]
        numbers = [str(row["n"]), _share(row["correct"]), _share(row["item_rest"]), str(row["unparsed"]), *counts]
        table.add_row(row["item"], row["category"] or "", row["difficulty"] or "", *numbers, row["verdict"])
    _print_table(table)
    verdicts = frame["verdict"].value_counts()
    shown = ", ".join(
        f"{name} {verdicts[name]}" for name in ("all right", "all wrong", "suspect key") if name in verdicts
    )
    models = "model" if len(found.takers) == 1 else "models"
    lines = [f"{len(found.takers)} {models}: {', '.join(found.takers)}", *([f"items: {shown}"] if shown else [])]
    if len(found.takers) < ENOUGH:
        lines.append(
            f"item-rest correlation needs {ENOUGH} models; with fewer, difficulty and disagreement is all there is"
        )
    elif found.kr20 is not None:
        lines.append(f"KR-20 {found.kr20:.2f} over the {found.complete} items that every model answered")
    if found.shuffled:
        lines.append(f"{found.shuffled:,} samples had shuffled options and are not counted by letter")
    out().print("\n" + "\n".join(lines), markup=False)


def _share(value: float) -> str:
    """Two decimals; a dash where nothing was measured."""
    return "–" if value != value else f"{value:.2f}"


def _print_table(table: Table) -> None:
    """A table as wide as the terminal; into a file or a pipe as wide as it is."""
    out().print(table, width=None if out().is_terminal else 240)


def print_json(value: Any) -> None:
    import msgspec

    out().print(msgspec.json.format(msgspec.json.encode(value)).decode(), markup=False)
