"""From samples and options to a complete figure: filter, make, check, round."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from llmxsite.analysis import results
from llmxsite.analysis.measure import plain
from llmxsite.base import registry
from llmxsite.base.diagnostics import did_you_mean
from llmxsite.press.figure.figure import Figure
from llmxsite.press.figure.kinds import kind_named
from llmxsite.press.figure.levels import named
from llmxsite.press.figure.naming import titled
from llmxsite.press.figure.options import ChartProblem, Kind, Options, column_of, parse
from llmxsite.press.figure.words import drawable

if TYPE_CHECKING:
    import pandas as pd

    from llmxsite.press.figure.draft import Draft, Samples

SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"
_DIGITS = 5
"""Decimals kept of a number below 1,000: a share to a thousandth of a point."""


def build(
    kind: str,
    samples: Samples,
    options: dict[str, Any],
    *,
    id: str,  # noqa: A002 - it is the figure's id
    title: str | None = None,
    caption: str | None = None,
) -> Figure:
    """Make one figure. `options` is what a person wrote; `title` and `caption` stand in where it has none.

    Raises `ChartProblem` for an unknown kind, option, column or value, and where the filters leave nothing to show.
    """
    from llmxsite.press.figure.fields import used
    from llmxsite.press.figure.summary import pooled

    with titled(samples):
        chosen, wanted, kept, draft = _drafted(kind, samples, options)
        narrow, wide = _specs(draft, wanted)
        notes = draft.notes if draft.keys is None else [*draft.notes, *pooled(kept, draft.keys), *_read(kept, draft)]
    fields = [used(spec) for spec in (narrow, wide)]
    marks = {name: _rows(frame, set().union(*(f.get(name, ()) for f in fields))) for name, frame in draft.marks.items()}
    words = [s for s in (wanted.caption or caption or "", *draft.caption) if s]
    return Figure(
        id=id,
        kind=chosen.name,
        title=wanted.title or title or draft.title,
        caption=" ".join(words),
        alt=" ".join(draft.alt),
        data=_rounded(draft.data[[c.name for c in draft.columns]], {c.name for c in draft.columns if c.format == "p"}),
        columns=draft.columns,
        marks=marks,
        spec=wide,
        narrow=narrow,
        runs=sorted(str(run) for run in kept.frame["run"].unique()),
        notes=notes,
        width=wanted.width,
    )


def _read(samples: Samples, draft: Draft) -> list[str]:
    """Of a chart of accuracies: how far they depend on the rule by which replies are read."""
    shows = any(column.name == "accuracy" for column in draft.columns)
    if draft.keys is None or not shows:
        return []
    order = draft.order if draft.order is not None else results.order(samples, draft.keys)
    return order.sentences(named)


def check(kind: str, samples: Samples, options: dict[str, Any]) -> None:
    """Raises `ChartProblem` where `build` would, without the chart: drawing it takes longer than finding its mistakes."""
    _drafted(kind, samples, options)


def _drafted(kind: str, samples: Samples, options: dict[str, Any]) -> tuple[Kind, Options, Samples, Draft]:
    """The kind, what is asked of it, the samples it is about, and what its module makes of them."""
    chosen = kind_named(kind)
    wanted = parse(chosen, options)
    kept = _filtered(samples, wanted)
    brings = next((task for task, one in registry.declared("figure", "KINDS") if one is chosen), None)
    if brings is None:
        return chosen, wanted, kept, chosen.make(kept, wanted)
    with registry.running(brings, f"chart '{chosen.name}'"):
        return chosen, wanted, kept, chosen.make(kept, wanted)


def _filtered(samples: Samples, options: Options) -> Samples:
    """The samples that `where` leaves, at least one."""
    for column in options.where:
        column_of(samples, column, "where")
    kept = samples.where(**options.where) if options.where else samples
    if len(kept.frame):
        return kept
    if not options.where:
        raise ChartProblem("chart-empty", "there are no samples to show")
    for column, value in options.where.items():
        values = value if isinstance(value, list) else [value]
        have = samples.frame[column].dropna().unique()
        lost = next((v for v in values if v not in have), None)
        if lost is not None:
            raise ChartProblem(
                "chart-empty",
                f"where: no sample has {column} '{lost}'",
                option="where",
                hint=did_you_mean(str(lost), (str(v) for v in have)),
            )
    shown = ", ".join(f"{column}={value}" for column, value in options.where.items())
    raise ChartProblem("chart-empty", f"where: no sample meets {shown}", option="where")


def _specs(draft: Draft, options: Options) -> tuple[dict[str, Any], dict[str, Any]]:
    """The narrow and the wide spec, checked against the data sets they draw."""
    from altair.utils.schemapi import debug_mode

    from llmxsite.press.figure.draft import NARROW, Layout
    from llmxsite.press.figure.fields import check

    specs = []
    for layout in (Layout("narrow", NARROW), Layout("wide", options.width)):
        # Altair's checks cost more than all the rest; the tests run every kind through them instead.
        with debug_mode(False):
            drawn = draft.draw(layout)
        spec = {
            "$schema": SCHEMA,
            "data": {"name": "table"},
            "width": "container",
            "autosize": {"type": "fit-x", "contains": "padding"},
            **drawn,
        }
        check(spec, {name: list(frame.columns) for name, frame in draft.marks.items()})
        specs.append(_drawable(spec))
    return specs[0], specs[1]


def _drawable(node: Any) -> Any:
    """A spec, or a part of one, with every name in it as Vega can draw it."""
    if isinstance(node, dict):
        return {key: _drawable(value) for key, value in node.items()}
    if isinstance(node, list):
        return [_drawable(value) for value in node]
    return drawable(node) if isinstance(node, str) else node


def _rows(frame: pd.DataFrame, fields: set[str]) -> list[dict[str, Any]]:
    """The rows of a data set as JSON has them: only the `fields` that a spec uses, rounded, missing as None."""
    from llmxsite.press.figure.draft import BEHIND

    kept = [column for column in frame.columns if column in fields or column == BEHIND]
    return [{str(key): _plain(value) for key, value in row.items()} for row in frame[kept].to_dict("records")]


def _plain(value: Any) -> Any:
    """A cell as JSON has it, numbers rounded and every text as Vega can draw it."""
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    value = plain(value)
    if isinstance(value, float):
        return _round(value)
    return drawable(value) if isinstance(value, str) else value


def _round(value: float) -> float | int:
    if math.isinf(value):
        return value
    short = round(value, _DIGITS) if abs(value) < 1000 else round(value, 1)
    return int(short) if short == int(short) and abs(short) < 1e15 else short


def _rounded(frame: pd.DataFrame, tests: set[str]) -> pd.DataFrame:
    """The table with its floats rounded as the marks are, rows numbered from 0.

    Columns of `tests` hold p values: they keep significant digits, since a p of 0.000001 is not 0.
    """
    out = frame.reset_index(drop=True).copy()
    for column in _float_columns(out):
        if column in tests:
            out[column] = out[column].map(lambda v: float(f"{v:.{_DIGITS}g}"))
        else:
            out[column] = out[column].map(lambda v: v if v != v or math.isinf(v) else float(_round(v)))
    return out


def _float_columns(frame: pd.DataFrame) -> Iterator[str]:
    for column in frame.columns:
        if frame[column].dtype.kind == "f":
            yield str(column)
