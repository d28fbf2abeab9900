"""Reliability diagram: accuracy against mean confidence in bins, a panel a model, with a histogram below.

Points above the diagonal: right more often than sure (under-confident). The pale bar behind a point is where 95 of 100 redraws
of a perfectly calibrated model would fall at this n (Bröcker and Smith 2007).
"""

from __future__ import annotations

from typing import Any

from llmxsite.analysis import results
from llmxsite.base.diagnostics import several
from llmxsite.press.figure import levels, naming, words
from llmxsite.press.figure.draft import FEW, NARROW, Draft, Layout, Samples
from llmxsite.press.figure.figure import Column
from llmxsite.press.figure.kinds.calibration_words import apart as apart_words
from llmxsite.press.figure.kinds.calibration_words import findings, interval_words, notes, shape, span, subtitle
from llmxsite.press.figure.late import alt, np, pd
from llmxsite.press.figure.marks import only, point, rect, room, rule, stack, table
from llmxsite.press.figure.options import ChartProblem, Kind, limit
from llmxsite.press.figure.panels import Binned, Panels, columns_for, draw_panel_grid, panel_grid
from llmxsite.press.figure.summary import apart, key_column, key_columns

BASE, TALLEST = -0.38, 0.28
"""Foot and greatest height of the histogram, in units of the panel."""
MOST = 12
SAID = 3
"""Panels up to which the differences of their errors are said: as many pairs."""
TICKS = [(0.0, "0"), (0.25, ""), (0.5, "50%"), (0.75, ""), (1.0, "100%")]


def make(samples: Samples, options: Binned) -> Draft:
    """A panel a level of `by` (models unless said otherwise)."""
    samples = apart(samples)
    by = key_column(samples, options.by or "model", "by")
    tables = results.calibration(samples, [by], options.bins, alpha=options.alpha, intervals=["ece"])
    summary = tables.summary[tables.summary["n"] > 0]
    if summary.empty:
        raise ChartProblem(
            "chart-empty",
            "no answer has a confidence: these runs were made without logprobs",
            hint="set `logprobs: answer` in experiment.yaml and run again",
        )
    without = tables.summary[tables.summary["n"] == 0]
    limit(len(summary), MOST, "panels", "by")
    rank = dict(zip(summary[by].astype(object), summary["ece"], strict=True))
    order = levels.order(summary[by].astype(object), None, rank, descending=False)
    summary = summary.set_index(summary[by].astype(object)).loc[order].reset_index(drop=True)
    bins = tables.bins[tables.bins["n"] > 0].copy()
    bins[by] = bins[by].astype(object)
    bins["panel"] = bins[by].map({level: i for i, level in enumerate(order)})
    bins = bins.sort_values(["panel", "bin"], kind="stable").reset_index(drop=True)
    titles = [levels.named(by, v) for v in summary[by].astype(object)]
    layouts = {"": Layout("wide", options.width), "_narrow": Layout("narrow", NARROW)}
    marks: dict[str, pd.DataFrame] = {}
    for suffix, layout in layouts.items():
        panels = _panels(len(order), layout)
        beside = len(order) == 1 and not layout.narrow
        subtitles = [[] if beside else subtitle(row, panels.unit) for _, row in summary.iterrows()]
        grid = panel_grid(panels, titles, subtitles, TICKS, ("mean confidence", "accuracy"), BASE)
        if beside:
            grid.texts = pd.concat([grid.texts, _beside(panels, summary.iloc[0])], ignore_index=True)
        marks |= {
            f"lines{suffix}": grid.lines,
            f"texts{suffix}": grid.texts,
            f"table{suffix}": _marks(bins, by, panels, options.bins),
        }
    ends = f"{options.bins} equal bins"
    return Draft(
        keys=[by],
        data=bins.drop(columns="panel"),
        columns=_columns(by),
        marks=marks,
        draw=lambda layout: _draw(_panels(len(order), layout), by),
        title=f"Reliability by {naming.noun(by)}" if len(order) > 1 else f"Reliability of {titles[0]}",
        caption=[
            *findings(titles, summary),
            (
                f"Confidence is the probability of the chosen letter among the letters, in {ends}; bars are 95% intervals "
                f"({interval_words(bins)}), pale bars where a calibrated model would fall, areas follow n."
            ),
        ],
        alt=[
            f"Reliability diagram, {several(len(order), 'panel')}: accuracy against mean confidence in {ends}.",
            *findings(titles, summary),
            *(shape(bins[bins["panel"] == i], title) for i, title in enumerate(titles)),
        ],
        notes=[*notes(summary, without, by, bins), *_apart(samples, by, order, options)],
    )


KIND = Kind(
    name="reliability",
    summary="Accuracy against confidence in bins: whether a model is right as often as it is sure.",
    options=Binned,
    make=make,
)


def _apart(samples: Samples, by: str, order: list[Any], options: Binned) -> list[str]:
    """The differences of the panels' calibration errors, where they are few enough to be said."""
    if not 1 < len(order) <= SAID:
        return []
    found = results.contrast(samples, "ece", by, alpha=options.alpha, levels=order, bins=options.bins)
    return apart_words(found, by)


def _panels(count: int, layout: Layout) -> Panels:
    columns = columns_for(count, layout)
    if count == 1 and not layout.narrow:
        columns = 2  # the second holds the numbers
    pixels = (layout.width - 56) / (columns + (columns - 1) * Panels.gap)
    return Panels(
        count=count,
        columns=columns,
        floor=BASE - 44 / min(330.0, pixels),
        layout=layout,
        head_pixels=66 if layout.narrow and count > 1 else 34 if count == 1 and not layout.narrow else 52,
    )


def _columns(by: str) -> list[Column]:
    return [
        *key_columns([by]),
        Column(name="bin_low", title="From", format="percent", description="Confidence above this ..."),
        Column(name="bin_high", title="To", format="percent", description="... and up to this."),
        Column(name="n", title="n", format="count", description="Answers in the bin."),
        Column(
            name="units", title="Items", format="count", description="Items, or clusters of them, that these answer."
        ),
        Column(
            name="confidence",
            title="Mean confidence",
            format="percent",
            description="Mean inside the bin, not its centre.",
        ),
        Column(name="accuracy", title="Accuracy", format="percent"),
        Column(
            name="ci_low",
            title="Low end",
            format="percent",
            description="Of the accuracy's 95% interval (Wilson, over items).",
        ),
        Column(
            name="ci_high",
            title="High end",
            format="percent",
            description="Of the accuracy's 95% interval (Wilson, over items).",
        ),
        Column(
            name="band_low",
            title="Calibrated, low",
            format="percent",
            description="2.5% of redraws lie below this.",
        ),
        Column(
            name="band_high",
            title="Calibrated, high",
            format="percent",
            description="2.5% of redraws lie above this.",
        ),
    ]


def _marks(bins: pd.DataFrame, by: str, panels: Panels, count: int) -> pd.DataFrame:
    """A row a bin, in the coordinates of the grid of panels."""
    p = bins["panel"].to_numpy()

    def xs(values: pd.Series) -> list[float]:
        return [panels.x(i, v) for i, v in zip(p, values, strict=True)]

    def ys(values: pd.Series) -> list[float]:
        return [panels.y(i, v) for i, v in zip(p, values, strict=True)]

    share = bins["n"] / bins.groupby("panel")["n"].transform("max")
    largest = (10 if panels.layout.narrow else 14) ** 2
    total = bins.groupby("panel")["n"].transform("sum")
    return pd.DataFrame(
        {
            "x": xs(bins["confidence"]),
            "y": ys(bins["accuracy"]),
            "low": ys(bins["ci_low"]),
            "high": ys(bins["ci_high"]),
            "band_low": ys(bins["band_low"]),
            "band_high": ys(bins["band_high"]),
            "size": np.clip(2.2 * largest * bins["n"].to_numpy() / total.to_numpy(), 14, largest),
            "left": xs(bins["bin_low"] + 0.06 / count),
            "right": xs(bins["bin_high"] - 0.06 / count),
            "foot": ys(pd.Series(BASE, index=bins.index)),
            "top": ys(BASE + TALLEST * share),
            "few": bins["units"] < FEW,
            "name": [levels.named(by, v) for v in bins[by]],
            "bin": [
                f"{words.percent(a, 0)} to {words.percent(b, 0)}"
                for a, b in zip(bins["bin_low"], bins["bin_high"], strict=True)
            ],
            "n": bins["n"],
            "confidence": [words.percent(v) for v in bins["confidence"]],
            "accuracy": [words.percent(v) for v in bins["accuracy"]],
            "interval": [span(a, b) for a, b in zip(bins["ci_low"], bins["ci_high"], strict=True)],
        }
    )


def _draw(panels: Panels, by: str) -> dict[str, Any]:
    suffix = "_narrow" if panels.layout.narrow else ""
    sx, sy = panels.scales()
    x, y = alt.X("x:Q", scale=sx, axis=None), alt.Y("y:Q", scale=sy, axis=None)
    base = table(f"table{suffix}")
    tooltip = [
        alt.Tooltip("name:N", title=naming.column(by)),
        alt.Tooltip("bin:N", title="Confidence"),
        alt.Tooltip("confidence:N", title="Mean confidence"),
        alt.Tooltip("accuracy:N", title="Accuracy"),
        alt.Tooltip("interval:N", title="Interval"),
        alt.Tooltip("n:Q", title="Answers", format=",d"),
    ]
    size = alt.Size("size:Q", scale=None, legend=None)

    def height(field: str) -> alt.Y:
        return alt.Y(f"{field}:Q", scale=sy, axis=None)

    layers = [
        *draw_panel_grid(panels, suffix),
        rule(
            base,
            {"stroke": "var(--line-strong)", "opacity": 0.4, "strokeWidth": 8},
            x=x,
            y=height("band_low"),
            y2="band_high",
        ),
        rect(
            base,
            {"fill": "var(--series-1)", "opacity": 0.55},
            x=alt.X("left:Q", scale=sx, axis=None),
            x2="right",
            y=height("foot"),
            y2="top",
            tooltip=tooltip,
        ),
        rule(base, {"stroke": "var(--series-1)", "strokeWidth": 1.5}, x=x, y=height("low"), y2="high"),
        *(
            point(
                only(base, "few", few),
                {"fill": "var(--paper)" if few else "var(--series-1)", "stroke": "var(--series-1)", "strokeWidth": 1.5},
                x=x,
                y=y,
                size=size,
                tooltip=tooltip,
            )
            for few in (False, True)
        ),
    ]
    return stack(layers, panels.height, room(right=4))


def _beside(panels: Panels, row: pd.Series) -> pd.DataFrame:
    """The numbers of the only panel, in words in the place of a second one."""
    said = [
        ("Expected calibration error (ECE)", words.percent(row["ece"])),
        ("its 95% interval, of resampled items", span(row["ece_low"], row["ece_high"])),
        ("of a calibrated model at this n", words.percent(row["ece_noise_floor"])),
        ("Mean confidence", words.percent(row["mean_confidence"])),
        ("Accuracy", words.percent(row["accuracy"])),
        ("Answers", f"{int(row['n']):,}"),
    ]
    left, top, pixel = panels.gap + 1, panels.y(0, 1), 1 / panels.unit
    rows = [
        (left, top - (40 * i + shift) * pixel, text, role)
        for i, (label, value) in enumerate(said)
        for text, role, shift in ((value, "title", 6), (label, "subtitle", 22))
    ]
    return pd.DataFrame(rows, columns=["x", "y", "text", "role"])
