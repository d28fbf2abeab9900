"""Items against regimes: how many of the replies to each request are the usual one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmxsite.base.diagnostics import several
from llmxsite.press.figure import levels, naming
from llmxsite.press.figure.classes import classes_of
from llmxsite.press.figure.draft import Draft
from llmxsite.press.figure.grid import Grid, draw, drawing
from llmxsite.press.figure.late import pd
from llmxsite.press.figure.metrics import Metric
from llmxsite.press.figure.options import ChartProblem
from llmxsite.press.figure.summary import key_columns
from llmxsite.task.determinism.matrix import both, levels_of
from llmxsite.task.determinism.measured import REQUESTS

if TYPE_CHECKING:
    from llmxsite.analysis import tables

MOST = 400
"""Rows: beyond it, the table says more."""
_REQUESTS = {measure.name: Metric.of(measure) for measure in REQUESTS}
_USUAL = _REQUESTS["usual"]
_ITEM_COLUMNS = tuple(_REQUESTS[name].column() for name in ("n", "unique", "usual", "answers"))


def by_item(samples: tables.Samples, factor: str, by: list[str], alpha: float, width: int) -> Draft:
    """Items against levels: how many of the replies are the usual one."""
    from llmxsite.task.determinism.agreement import determinism

    found = determinism(samples, [*by, factor], factor, alpha=alpha).items
    keys = [*by, "item", factor]
    for key in keys:
        found[key] = found[key].astype(object)
    grouped = found.assign(same=found["usual"] * found["n"]).groupby(keys, sort=False, dropna=False)
    data = grouped.agg(
        n=("n", "sum"), unique=("unique", "max"), same=("same", "sum"), answers=("answers", "max")
    ).reset_index()
    data["usual"] = data["same"] / data["n"]
    known = levels_of(samples, factor)
    order = data.groupby([*by, "item"], sort=False)["usual"].mean().sort_values(kind="stable").index
    if len(order) > MOST:
        raise ChartProblem(
            "chart-too-large",
            f"{len(order)} items are more than {MOST} rows",
            option="rows",
            hint="narrow it down with `where`",
        )
    full = pd.DataFrame(
        [
            {**dict(zip([*by, "item"], key if isinstance(key, tuple) else (key,), strict=True)), factor: level}
            for key in order
            for level in known
        ]
    )
    data = full.merge(data, on=keys, how="left")
    for name in ("n", "unique", "answers"):
        data[name] = data[name].fillna(0).astype("int64")
    front = [f"{levels.named(by[0], v)} · " for v in data[by[0]]] if by else [""] * len(data)
    drawn = data.assign(
        row=[f + str(v) for f, v in zip(front, data["item"], strict=True)],
        column=[levels.named(factor, v) for v in data[factor]],
        answered=data["n"],
        several=[str(v) for v in data["unique"]],
        _total=False,
    )
    grid = Grid(
        "row",
        "column",
        _USUAL,
        classes_of(drawn["usual"].to_numpy(float), _USUAL, None),
        _REQUESTS["n"].title,
        (("several", _REQUESTS["unique"].title),),
        sampled=False,
        few=0,  # repeats of one request are few by design
    )
    made = drawing(drawn, grid, width)
    spread = data.groupby([*by, "item"], sort=False)["usual"].min()
    apart_ = int((spread < 1).sum())
    said = [
        f"{apart_} of {several(len(spread), 'item')} got more than one reply over {naming.counted(len(known), factor)}.",
        "A cell is the share of replies that are the most frequent reply to the item over all of them.",
    ]
    return Draft(
        keys=keys,
        data=data,
        columns=[*key_columns(keys), *_ITEM_COLUMNS],
        marks=made.marks,
        draw=lambda layout: draw(layout, made),
        title=f"The usual reply by item and {both(by, factor)}",
        caption=said,
        alt=[
            f"Grid of {several(len(order), 'row')} by {several(len(known), 'column')}: items against {naming.nouns(factor)}.",
            *said,
        ],
        notes=[],
    )
