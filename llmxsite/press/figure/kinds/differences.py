"""Paired differences: levels of a factor against each other on the items they share, with intervals and Holm-adjusted p."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Any

from msgspec import Meta

from llmxsite.analysis import results
from llmxsite.analysis.measure import Form
from llmxsite.base.diagnostics import several
from llmxsite.press.figure import levels, naming, words
from llmxsite.press.figure.draft import NARROW, Draft, Layout, Samples
from llmxsite.press.figure.kinds.difference_columns import columns, form_of
from llmxsite.press.figure.kinds.difference_words import caption, label, notes, p_text
from llmxsite.press.figure.late import alt, pd
from llmxsite.press.figure.marks import haloed, linear, once, only, point, rect, room, rule, stack, table, text
from llmxsite.press.figure.metrics import metric
from llmxsite.press.figure.options import Alpha, ChartProblem, Kind, Name, Options, Scalar, Sort, Value, limit
from llmxsite.press.figure.summary import apart, key_column, key_columns, records

if TYPE_CHECKING:
    from llmxsite.analysis.stats.multiple import Correction

MOST = 60
"""Rows: beyond it a baseline, or fewer levels, say more."""


class Differences(Options):
    """Options of `differences`."""

    factor: Name | None = None
    """Column whose levels are compared."""
    value: Value = "accuracy"
    baseline: Scalar = None
    """Level that the others are compared with; without it every pair is compared."""
    by: Name | None = None
    """Column that tells one bar, panel or point from another."""
    sort: Sort = None
    margin: Annotated[float, Meta(gt=0, lt=1)] | None = None
    """Largest difference that counts as none, for an equivalence test."""
    alpha: Alpha = 0.05


def make(samples: Samples, options: Differences) -> Draft:
    """Every pair of levels of `factor` (models unless said otherwise), or every level against `baseline`."""
    from llmxsite.analysis.results.measures import CONTRASTED
    from llmxsite.analysis.results.repeats import AGREEMENT

    samples = apart(samples)
    factor = key_column(samples, options.factor or "model", "factor")
    by = [key_column(samples, options.by, "by")] if options.by else []
    shown = metric(options.value)
    if shown.name != "accuracy" and shown.name not in CONTRASTED:
        raise ChartProblem(
            "chart-value",
            f"no interval is known for a difference of {shown.title.lower()}",
            option="value",
            hint=f"known: accuracy, {', '.join(CONTRASTED)}",
        )
    found = _compared(samples, factor, by, options)
    found = found[found["n"] > 0]
    if found.empty:
        raise ChartProblem(
            "chart-empty",
            f"{factor}: no two levels share an item",
            option="factor",
            hint="a comparison needs the same suite under at least two levels",
        )
    limit(len(found), MOST, "differences", "factor", "name a `baseline`")
    data = _turned(found, factor, options)
    if options.sort != "given":
        key = "a" if options.sort == "name" else "difference"
        data = data.sort_values([*by, key], ascending=options.sort == "name", kind="stable").reset_index(drop=True)
    for column in (*by, "a", "b"):
        data[column] = data[column].astype(object)
    layouts = {"": Layout("wide", options.width), "_narrow": Layout("narrow", NARROW)}
    form = form_of(shown)
    marks = _marks(data, factor, by, layouts, form)
    said = caption(data, factor, by, options.alpha, form)
    title = shown.title if shown.title.startswith(("AUROC", "Brier")) else shown.title.lower()
    clustered = (
        "paired, clustered" if shown.name in ("accuracy", *AGREEMENT) else "items resampled, pairs kept together"
    )
    return Draft(
        keys=None,
        data=data,
        columns=[*key_columns(by), *columns(shown)],
        marks={"table": marks},
        draw=lambda layout: _draw(layout, marks, title, form),
        title=f"Paired differences in {title} by {naming.noun(factor)}",
        caption=[
            *said,
            (
                f"Points are A minus B on shared items with {100 * (1 - options.alpha):.0f}% intervals ({clustered}); filled where p, "
                "adjusted by Holm over the rows, is below the level; the grey bar spans differences too small for this n to show."
            ),
        ],
        alt=[
            f"Dot plot of {several(len(data), 'paired difference')} in {title} with intervals and a line at 0.",
            *said,
        ],
        notes=notes(data, form),
    )


KIND = Kind(
    name="differences",
    summary="Paired differences between levels of a factor, item by item, with Holm-adjusted p.",
    options=Differences,
    make=make,
)


def _levels(samples: Samples, factor: str, options: Differences) -> list[Any]:
    """The levels in their order. Raises `ChartProblem` where there are fewer than two or the baseline is not among them."""
    known = [v for v in dict.fromkeys(samples.frame[factor].tolist()) if levels.text(v) != levels.NOT_STATED]
    if len(known) < 2:
        raise ChartProblem("chart-empty", f"{factor} has one level only: nothing to compare", option="factor")
    if options.baseline is not None and options.baseline not in known:
        shown = ", ".join(sorted(levels.text(v) for v in known))
        raise ChartProblem(
            "chart-value",
            f"baseline: {factor} has no level '{options.baseline}'",
            option="baseline",
            hint=f"known: {shown}",
        )
    return levels.order(known, "name" if levels.ordinal(known) is None else None, {})


def _compared(samples: Samples, factor: str, by: list[str], options: Differences) -> pd.DataFrame:
    """Every pair, or every level against the baseline: the family of tests is what is shown, no more."""
    from llmxsite.analysis.stats.multiple import adjust

    wanted = _levels(samples, factor, options)
    if options.baseline is None:
        return _measured(samples, factor, by, options, wanted, "holm")
    every = _measured(samples, factor, by, options, wanted, "none")
    kept = every[(every["a"] == options.baseline) | (every["b"] == options.baseline)].copy()
    adjusted = adjust([None if p != p else float(p) for p in kept["p"]], options.alpha, "holm").p
    kept["p_holm"] = pd.Series([math.nan if p is None else p for p in adjusted], index=kept.index, dtype="float64")
    kept.loc[(kept["verdict"] == "different") & ~(kept["p_holm"] < options.alpha), "verdict"] = "not shown"
    return kept


def _measured(
    samples: Samples, factor: str, by: list[str], options: Differences, wanted: list[Any], correction: Correction
) -> pd.DataFrame:
    if options.value == "accuracy":
        return results.compare(samples, factor, by, options.alpha, correction, margin=options.margin, levels=wanted)
    if options.baseline is not None:  # resampling is dear: only what is shown
        pairs = [[options.baseline, level] for level in wanted if level != options.baseline]
    else:
        pairs = [wanted]
    groups = samples.frame[by[0]].nunique() if by else 1
    tests = groups * sum(math.comb(len(pair), 2) for pair in pairs)
    limit(tests, MOST, "differences", "factor", "name a `baseline`")
    found = [
        results.contrast(samples, options.value, factor, by, options.alpha, correction, levels=pair) for pair in pairs
    ]
    return pd.concat(found, ignore_index=True)


def _turned(found: pd.DataFrame, factor: str, options: Differences) -> pd.DataFrame:
    """Each row the way it is read: level minus baseline, later minus earlier level, or the better minus the worse."""
    out = found.copy().reset_index(drop=True)
    ordered = levels.ordinal([*out["a"], *out["b"]])
    rank = {level: i for i, level in enumerate(ordered or [])}
    for i, row in enumerate(records(found)):
        if options.baseline is not None:
            turn = row["a"] == options.baseline
        elif ordered is not None:
            turn = rank[row["a"]] < rank[row["b"]]
        else:
            turn = row["difference"] < 0
        if turn:
            out.loc[i, ["a", "b"]] = [row["b"], row["a"]]
            for one, other in (("accuracy_a", "accuracy_b"), ("only_a", "only_b"), ("value_a", "value_b")):
                if one in row:
                    out.loc[i, [one, other]] = [row[other], row[one]]
            out.loc[i, ["difference", "ci_low", "ci_high"]] = [-row["difference"], -row["ci_high"], -row["ci_low"]]
    return out


def _marks(data: pd.DataFrame, factor: str, by: list[str], layouts: dict[str, Layout], form: Form) -> pd.DataFrame:
    rows = records(data)
    scale = 100 if form == "points" else 1
    labels = {
        f"label{suffix}": words.distinct(
            [label(row, by, 330 if layout.narrow else layout.width * 0.42) for row in rows]
        )
        for suffix, layout in layouts.items()
    }
    return pd.DataFrame(
        {
            **labels,
            "name": [
                f"{levels.named(factor, r['a'])} minus {levels.named(factor, r['b'])}" + (f", {levels.named(by[0], r[by[0]])}" if by else "")
                for r in rows
            ],
            "difference": data["difference"] * scale,
            "low": data["ci_low"] * scale,
            "high": data["ci_high"] * scale,
            "mde": data["mde"] * scale,
            "less": data["mde"] * -scale,
            "different": (data["verdict"] == "different").to_numpy(dtype=bool),
            "shown": [words.signed_text(v, form) for v in data["difference"]],
            "interval": [
                words.MISSING if math.isnan(a) else f"{words.signed_text(a, form)} to {words.signed_text(b, form)}"
                for a, b in zip(data["ci_low"], data["ci_high"], strict=True)
            ],
            "p": [p_text(r) for r in rows],
            "n": data["n"],
            "verdict": data["verdict"].astype(str),
            "smallest": [words.size(v, form) for v in data["mde"]],
        }
    )  # fmt: skip


def _draw(layout: Layout, marks: pd.DataFrame, title: str, form: Form) -> dict[str, Any]:
    label = "label_narrow" if layout.narrow else "label"
    step = 46 if layout.narrow else 30
    offset = 9 if layout.narrow else 0
    y = alt.Y(
        f"{label}:N",
        title=None,
        scale=alt.Scale(domain=list(marks[label]), paddingInner=0, paddingOuter=0),
        axis=None if layout.narrow else alt.Axis(labelColor="var(--ink)", labelPadding=10, labelOverlap=False),
    )
    scale = linear(*_domain(marks, 4.0 if form == "points" else 1e-6))
    unit = {"points": " (points)", "milliseconds": " (ms)"}.get(form, "")
    axis = alt.Axis(title=f"Difference in {title}{unit}", titleAnchor="start", grid=True, tickCount=5, format=".3~r")
    x = alt.X("difference:Q", scale=scale, axis=axis)
    tooltip = [
        alt.Tooltip("name:N", title="Difference"),
        alt.Tooltip("shown:N", title="Points" if form == "points" else "A minus B"),
        alt.Tooltip("interval:N", title="Interval"),
        alt.Tooltip("p:N", title="Holm-adjusted"),
        alt.Tooltip("verdict:N", title="Verdict"),
        alt.Tooltip("smallest:N", title="Smallest it could show"),
        alt.Tooltip("n:Q", title="Items", format=",d"),
    ]
    base = table().encode(y=y)
    faint = {"align": "left", "dx": 54, "dy": offset, "color": "var(--muted)", "fontSize": 11}
    layers = [
        rect(
            base,
            {"fill": "var(--line)", "height": 12, "yOffset": offset, "clip": True},
            x=alt.X("less:Q", scale=scale, axis=axis),
            x2="mde",
        ),
        rule(once(), {"stroke": "var(--muted)"}, x=alt.XDatum(0, scale=scale)),
        rule(
            base,
            {"stroke": "var(--series-1)", "strokeWidth": 2, "yOffset": offset},
            x=alt.X("low:Q", scale=scale, axis=axis),
            x2="high",
        ),
        *(
            point(
                only(base, "different", different),
                {
                    "size": 70,
                    "fill": "var(--series-1)" if different else "var(--paper)",
                    "stroke": "var(--series-1)",
                    "strokeWidth": 1.75,
                    "yOffset": offset,
                },
                x=x,
                tooltip=tooltip,
            )
            for different in (False, True)
        ),
        text(base, {"align": "right", "dx": 44, "dy": offset}, x="width", text="shown:N"),
        text(base, faint, x="width", text="p:N"),
    ]
    if layout.narrow:
        layers += haloed(base, {"align": "left", "dy": -13, "baseline": "middle"}, x=0, text=f"{label}:N")
    return stack(layers, step * len(marks), room())


def _domain(marks: pd.DataFrame, least: float) -> tuple[float, float]:
    """Everything that is drawn of the intervals, with 0 inside."""
    ends = pd.concat([marks["low"], marks["high"], marks["difference"], pd.Series([0.0])]).dropna()
    low, high = float(ends.min()), float(ends.max())
    span = max(high - low, least)
    return low - 0.05 * span, high + 0.05 * span
