"""Paired differences: levels of a factor against each other on the items they share, with intervals and Holm-adjusted p."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Any

from msgspec import Meta

from llmxsite.analysis import results
from llmxsite.base.diagnostics import several
from llmxsite.press.figure import levels, naming
from llmxsite.press.figure.draft import NARROW, Draft, Layout, Samples
from llmxsite.press.figure.kinds.difference_columns import columns, form_of
from llmxsite.press.figure.kinds.difference_marks import draw, marks_of
from llmxsite.press.figure.kinds.difference_words import caption, notes, sides_of
from llmxsite.press.figure.late import pd
from llmxsite.press.figure.metrics import metric
from llmxsite.press.figure.options import Alpha, ChartProblem, Kind, Name, Options, Scalar, Sort, Value, limit
from llmxsite.press.figure.summary import apart, key_column, key_columns, records, summarise

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
    data = _turned(found, _ranks(samples, factor, options))
    if options.sort != "given":
        key = "a" if options.sort == "name" else "difference"
        data = data.sort_values([*by, key], ascending=options.sort == "name", kind="stable").reset_index(drop=True)
    for column in (*by, "a", "b"):
        data[column] = data[column].astype(object)
    layouts = {"": Layout("wide", options.width), "_narrow": Layout("narrow", NARROW)}
    form = form_of(shown)
    marks = marks_of(data, factor, by, layouts, form)
    ends = sides_of(data, factor, shown, options.baseline)
    said = [*caption(data, factor, by, options.alpha, form)]
    title = shown.title if shown.title.startswith(("AUROC", "Brier")) else shown.title.lower()
    clustered = (
        "paired, clustered" if shown.name in ("accuracy", *AGREEMENT) else "items resampled, pairs kept together"
    )
    return Draft(
        keys=None,
        data=data,
        columns=[*key_columns(by), *columns(shown)],
        marks={"table": marks},
        draw=lambda layout: draw(layout, marks, title, form, ends),
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
            f"To the left of the line: {ends[0].removeprefix('← ')}; to the right: {ends[1].removesuffix(' →')}.",
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


def _ranks(samples: Samples, factor: str, options: Differences) -> dict[Any, float]:
    """By level what decides which side of a pair it stands on: A has the lower rank. One direction in the whole figure.

    A is the later of levels that have an order, and of others the one with the higher number over all samples; B is the baseline.
    """
    known = _levels(samples, factor, options)
    if levels.ordinal(known) is not None:
        ranks = {level: -float(i) for i, level in enumerate(known)}
    else:
        over = summarise(samples, [factor], options.alpha)
        value = dict(zip(over[factor], over[options.value], strict=True))
        inside = sorted(
            known, key=lambda level: (-value[level] if value[level] == value[level] else math.inf, levels.text(level))
        )
        ranks = {level: float(i) for i, level in enumerate(inside)}
    return ranks if options.baseline is None else {**ranks, options.baseline: math.inf}


def _turned(found: pd.DataFrame, ranks: dict[Any, float]) -> pd.DataFrame:
    """Each row the way it is read."""
    out = found.copy().reset_index(drop=True)
    for i, row in enumerate(records(found)):
        if ranks[row["a"]] > ranks[row["b"]]:
            out.loc[i, ["a", "b"]] = [row["b"], row["a"]]
            for one, other in (("accuracy_a", "accuracy_b"), ("only_a", "only_b"), ("value_a", "value_b")):
                if one in row:
                    out.loc[i, [one, other]] = [row[other], row[one]]
            # 0 - x, so that no difference becomes -0.
            out.loc[i, ["difference", "ci_low", "ci_high"]] = [
                0 - row["difference"],
                0 - row["ci_high"],
                0 - row["ci_low"],
            ]
    return out
