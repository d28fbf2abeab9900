"""How suites and their statistics look in a terminal, and as JSON."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from llmxsite.base.diagnostics import display_path
from llmxsite.cli.terminal import out

if TYPE_CHECKING:
    from llmxsite.analysis.results import ItemTable
    from llmxsite.study.suite import Item, Suite


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
    from llmxsite.cli.columns import TerminalColumn, print_columns

    def cell(row: dict[str, Any], name: str) -> str:
        value = {**row, "categories": len(row["categories"]), "hash": row["hash"][:12]}[name]
        return "" if value is None else str(value)

    roles: dict[str, Literal["key", "kept"]] = {"id": "key", "title": "kept", "items": "kept"}
    right = ("items", "categories")
    print_columns(
        [
            TerminalColumn(name, [cell(row, name) for row in rows], roles.get(name, "more"), name in right)
            for name in columns
        ],
        more="--format json",
    )


def as_text(suite: Suite, items: list[Item]) -> str:
    from llmxsite.study.suite import LETTERS, QuestionItem

    lines = [f"{suite.title} ({suite.id})", *([suite.description] if suite.description else []), ""]
    for item in items:
        about = " · ".join(text for text in (item.id, item.category, item.subcategory, item.difficulty) if text)
        lines += [f"[{about}]", item.shown()]
        if isinstance(item, QuestionItem):
            for index, choice in enumerate(item.choices or []):
                lines.append(f"  {'*' if index == item.right else ' '} {LETTERS[index]}) {choice}")
            if item.choices is None:
                lines.append(f"  * {item.answer}{' ' + item.unit if item.unit else ''}")
        else:
            lines += [f"  {title}: {text}" for title, text in item.details()]
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
    from llmxsite.analysis.drift.quantities import percent
    from llmxsite.analysis.results.item_table import ENOUGH
    from llmxsite.cli.columns import TerminalColumn, print_columns

    frame = found.frame
    letters = [str(column) for column in frame.columns if str(column).startswith("chosen_")]
    rows = frame.to_dict("records")
    print_columns(
        [
            TerminalColumn("item", [row["item"] for row in rows], "key"),
            TerminalColumn("n", [str(row["n"]) for row in rows], "kept", right=True),
            TerminalColumn(
                "correct",
                [percent(None if math.isnan(row["correct"]) else row["correct"]) for row in rows],
                "kept",
                right=True,
            ),
            TerminalColumn("", [row["verdict"] for row in rows], "kept"),
            TerminalColumn("item-rest", [_share(row["item_rest"]) for row in rows], right=True),
            TerminalColumn("unparsed", [str(row["unparsed"]) for row in rows], right=True),
            *(TerminalColumn(letter[7:], [str(row[letter]) for row in rows], right=True) for letter in letters),
            TerminalColumn("category", [row["category"] or "" for row in rows]),
            TerminalColumn("difficulty", [row["difficulty"] or "" for row in rows]),
        ],
        more="--format json",
    )
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
