"""`results --determinism` in the terminal: which columns a person sees, and how."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llmxsite.cli.terminal import plain

if TYPE_CHECKING:
    import pandas as pd
    from rich.table import Table

_INTERVALS = {"tarr": ("tarr_low", "tarr_high"), "tara": ("tara_low", "tara_high"), "share": ("ci_low", "ci_high")}
"""Shares that are shown with their interval."""
_RANGES = {"accuracy_min": ("accuracy, lowest to highest", "accuracy_max")}
_SHOWN: dict[str, dict[str, str]] = {
    "agreement": {
        "n_items": "requests",
        "repeats": "N",
        "tarr": "same reply (TARr)",
        "tara": "same answer (TARa)",
        "accuracy_min": "",
        "differing": "differing",
        "bound": "chance below",
        "first_divergence": "parts at token",
        "largest_drift": "max |Δlogprob|",
        "cached_share": "cached",
        "prompt_ms": "prompt ms",
    },
    "pairs": {
        "a": "a",
        "b": "b",
        "n": "requests",
        "share": "identical under both",
        "first_divergence": "parts at token",
        "largest_drift": "max |Δlogprob|",
        "flips": "flips",
        "only_a": "only a right",
        "only_b": "only b right",
        "mcnemar_p": "p (McNemar)",
    },
    "items": {
        "item": "item",
        "n": "N",
        "unique": "replies",
        "answers": "answers",
        "modal_share": "modal share",
        "first_divergence": "parts at token",
        "continuations": "ways on",
        "similarity": "similarity",
        "bound": "chance below",
        "largest_drift": "max |Δlogprob|",
    },
    "fragile": {
        "item": "item",
        "n": "N",
        "margin": "margin",
        "largest_drift": "max |Δlogprob|",
        "predicted": "predicted",
        "flipped": "flipped",
        "replies": "replies",
    },
}
"""Columns of each table after its keys, with their heads."""
_PERCENT = {"cached_share", "modal_share", "bound"}
_WHOLE = {"first_divergence"}
_ROUND = {"prompt_ms"}


def determinism_table(what: str, frame: pd.DataFrame) -> Table:
    """One of the four tables: what is the same in every row stands above, what was never measured is left out."""
    from rich.table import Table
    from rich.text import Text

    rows = [{str(name): plain(value) for name, value in row.items()} for row in frame.to_dict("records")]
    names = [str(name) for name in frame.columns]
    first = {"agreement": "n_items", "pairs": "factor"}.get(what, "item")
    keys = names[: names.index(first)]
    same = [key for key in keys if len({row[key] for row in rows}) == 1]
    title = ", ".join(f"{key} {rows[0][key]}" for key in same)
    table = Table(title=Text(title), title_justify="left", box=None, header_style="bold", pad_edge=False)
    shown = [key for key in keys if key not in same]
    for key in shown:
        table.add_column(Text(key), overflow="fold")
    columns = {c: head for c, head in _SHOWN[what].items() if any(row[c] is not None for row in rows)}
    for column, head in columns.items():
        head = _RANGES[column][0] if column in _RANGES else head
        left = column in ("a", "b", "item", "tarr", "tara", "share", "accuracy_min")
        table.add_column(Text(head), justify="left" if left else "right", no_wrap=column not in ("item", "a", "b"))
    for row in rows:
        table.add_row(
            *(Text(str(row[k]) if row[k] is not None else "–") for k in shown), *(Text(_cell(row, c)) for c in columns)
        )
    return table


def _cell(row: dict[str, Any], column: str) -> str:
    value = row[column]
    if value is None:
        return "–"
    if column in _INTERVALS:
        low, high = (row[end] for end in _INTERVALS[column])
        return f"{value:.2f}" + ("" if low is None else f" [{low:.2f}, {high:.2f}]")
    if column in _RANGES:
        return f"{value:.2f} to {row[_RANGES[column][1]]:.2f}"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if column in _PERCENT:
        return f"{100 * value:.0f}%"
    if column in _ROUND:
        return f"{value:,.0f}"
    if isinstance(value, float):
        return f"{value:g}" if column in _WHOLE or value == 0 else f"{value:.3g}"
    return str(value)
