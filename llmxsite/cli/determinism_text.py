"""`results --determinism` in the terminal: which columns a person sees, and how."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from llmxsite.cli.terminal import plain

if TYPE_CHECKING:
    import pandas as pd

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
_KEPT = {
    "agreement": {"n_items", "repeats", "tarr"},
    "pairs": {"n", "share"},
    "items": {"n", "unique", "answers"},
    "fragile": {"margin", "largest_drift"},
}
"""What each table is for; the columns after them are shown where there is room."""
_NAMES = {"a", "b", "item"}
_LEFT = {*_NAMES, *_INTERVALS, *_RANGES}
_PERCENT = {"cached_share", "modal_share", "bound"}
_WHOLE = {"first_divergence"}
_ROUND = {"prompt_ms"}


def print_determinism(what: str, frame: pd.DataFrame, *, wide: bool) -> None:
    """One of the four tables: what is the same in every row stands above, what was never measured is left out."""
    from llmxsite.cli.columns import Column, aligned, print_columns

    rows = [{str(name): plain(value) for name, value in row.items()} for row in frame.to_dict("records")]
    names = [str(name) for name in frame.columns]
    first = {"agreement": "n_items", "pairs": "factor"}.get(what, "item")
    keys = names[: names.index(first)]
    same = [key for key in keys if len({row[key] for row in rows}) == 1]
    columns = [
        Column(key, ["–" if row[key] is None else str(row[key]) for row in rows], "key")
        for key in keys
        if key not in same
    ]
    for name, head in _SHOWN[what].items():
        if any(row[name] is not None for row in rows):
            role: Literal["key", "kept", "more"]
            role = "key" if name in _NAMES else "kept" if name in _KEPT[what] else "more"
            head = _RANGES[name][0] if name in _RANGES else head
            cells = [_cell(row, name) for row in rows]
            cells = aligned(cells) if name in (*_INTERVALS, *_RANGES) else cells
            columns.append(Column(head, cells, role, right=name not in _LEFT))
    print_columns(columns, title=", ".join(f"{key} {rows[0][key]}" for key in same), wide=wide)


def _cell(row: dict[str, Any], column: str) -> str:
    value = row[column]
    if value is None:
        return "–"
    if column in _INTERVALS:
        low, high = (row[end] for end in _INTERVALS[column])
        return f"{100 * value:.1f}%" + ("" if low is None else f" [{100 * low:.1f}, {100 * high:.1f}]")
    if column in _RANGES:
        return f"{100 * value:.1f}% to {100 * row[_RANGES[column][1]]:.1f}%"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if column in _PERCENT:
        return f"{100 * value:.0f}%"
    if column in _ROUND:
        return f"{value:,.0f}"
    if isinstance(value, float):
        return f"{value:g}" if column in _WHOLE or value == 0 else f"{value:.3g}"
    return str(value)
