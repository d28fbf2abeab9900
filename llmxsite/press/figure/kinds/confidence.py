"""Confidence scatter: every answer at its confidence, right ones on top and wrong ones below, and the share right in each bin.

Zeros and ones against confidence cannot show calibration by themselves; the binned points between them can.
"""

from __future__ import annotations

import hashlib
import math
from typing import Any

from llmxsite.analysis import results
from llmxsite.base.diagnostics import several
from llmxsite.press.figure import levels, naming, words
from llmxsite.press.figure.draft import FEW, NARROW, Draft, Layout, Samples
from llmxsite.press.figure.figure import Column
from llmxsite.press.figure.kinds.calibration_words import span
from llmxsite.press.figure.late import alt, np, pd
from llmxsite.press.figure.marks import only, point, rect, room, rule, stack, table
from llmxsite.press.figure.options import ChartProblem, Kind, limit
from llmxsite.press.figure.panels import LINE, MOST, Binned, Panels, columns_for, draw_panel_grid, folded, panel_grid
from llmxsite.press.figure.summary import apart, key_column, key_columns, level_text, records

POINTS = 2000
"""Answers drawn one by one; beyond it they are counted in fiftieths of confidence."""
SLICES = 50
JITTER = 0.055
RIGHT, WRONG = 1.12, -0.12
"""Height of the two strips, just outside the plot."""
TALLEST = 280.0
"""Pixels of a panel."""
_COLUMNS = (
    Column(name="bin_low", title="From", format="percent", description="Confidence above this ..."),
    Column(name="bin_high", title="To", format="percent", description="... and up to this."),
    Column(name="n", title="n", format="count", description="Answers in the bin."),
    Column(name="units", title="Items", format="count", description="Items, or clusters of them, that these answer."),
    Column(name="right", title="Right", format="number", description="Of them, how many are right."),
    Column(name="confidence", title="Mean confidence", format="percent"),
    Column(name="accuracy", title="Accuracy", format="percent"),
    Column(name="ci_low", title="Low end", format="percent", description="95% interval (Wilson, over items)."),
    Column(name="ci_high", title="High end", format="percent", description="95% interval (Wilson, over items)."),
)


def make(samples: Samples, options: Binned) -> Draft:
    """A panel a level of `by` (models unless said otherwise)."""
    samples = apart(samples)
    by = key_column(samples, options.by or "model", "by")
    found = samples.frame
    kept = found[results.answered(found) & found["confidence"].notna() & found["correct"].notna() & found[by].notna()]
    if kept.empty:
        raise ChartProblem(
            "chart-empty",
            "no answer has a confidence: these runs were made without logprobs",
            hint="set `logprobs: answer` in experiment.yaml and run again",
        )
    tables = results.calibration(samples, [by], options.bins, alpha=options.alpha, equal="count")
    occupied = tables.bins[tables.bins["n"] > 0].copy()
    occupied[by] = occupied[by].astype(object)
    summary = {row[by]: row for row in records(tables.summary) if row["n"] > 0}
    limit(len(summary), MOST, "panels", "by")
    order = levels.order(summary, None, {level: row["accuracy"] for level, row in summary.items()})
    panel = {level: i for i, level in enumerate(order)}
    occupied["panel"] = occupied[by].map(panel)
    bins = occupied.sort_values(["panel", "bin"], kind="stable").reset_index(drop=True)
    bins["right"] = (bins["accuracy"] * bins["n"]).round(6)
    titles = [levels.named(by, level) for level in order]
    aggregated = len(kept) > POINTS
    answers = _answers(kept, by, panel)
    marks: dict[str, pd.DataFrame] = {}
    for suffix, layout in (("", Layout("wide", options.width)), ("_narrow", Layout("narrow", NARROW))):
        panels = _panels(titles, layout)
        subtitles = [[f"n = {int(summary[level]['n']):,}"] for level in order]
        heads = [folded(title, panels.unit) for title in titles]
        grid = panel_grid(panels, heads, subtitles, ("confidence", "share right"))
        marks |= {
            f"lines{suffix}": grid.lines,
            f"texts{suffix}": _with_strips(grid.texts, panels),
            f"bins{suffix}": _bins(bins, by, panels),
            f"table{suffix}": _counted(answers, panels) if aggregated else _scattered(answers, panels),
        }
    said = _caption(titles, [summary[level] for level in order])
    strip = (
        "Slices of the strips are as tall as they hold answers"
        if aggregated
        else "Every answer is a dot, spread a little so that it can be seen"
    )
    missing = [levels.label(by, row[by]) for row in records(tables.summary) if row["n"] == 0]
    return Draft(
        keys=[by],
        data=bins,
        columns=[*key_columns([by]), *_COLUMNS],
        marks=marks,
        draw=lambda layout: _draw(_panels(titles, layout), by, aggregated),
        title=f"Right and wrong answers against confidence by {naming.noun(by)}"
        if len(order) > 1
        else f"Right and wrong answers of {titles[0]} against confidence",
        caption=[*said, f"{strip}: right above, wrong below. Points between are the share right in bins of about equal count, with 95% intervals."],
        alt=[f"Scatter of {several(len(kept), 'answer')} against confidence in {several(len(order), 'panel')}, with the share right in bins.", *said],
        notes=[
            *([f"No confidence, and so no panel: {words.listed(missing)}."] if missing else []),
            *([f"{len(kept):,} answers are more than {POINTS:,}: they are drawn as counts."] if aggregated else []),
        ],
    )  # fmt: skip


KIND = Kind(
    name="confidence",
    summary="Every answer, right or wrong, at its confidence, with the share right in each bin.",
    options=Binned,
    make=make,
)


def _panels(titles: list[str], layout: Layout) -> Panels:
    columns = columns_for(len(titles), layout)
    unit = min(TALLEST, (layout.width - 62) / (columns + (columns - 1) * Panels.gap))
    lines = 1 + max(len(folded(title, unit)) for title in titles) + (RIGHT + JITTER - 1) * unit / LINE
    return Panels(len(titles), columns, layout, floor=WRONG - 0.12, heads=math.ceil(lines), tallest=TALLEST)


def _with_strips(texts: pd.DataFrame, panels: Panels) -> pd.DataFrame:
    """The texts with the strips' names beside the first panel of each row, and titles moved over the upper strip."""
    pixel = 1 / panels.unit
    lifted = texts["role"].isin(["title", "subtitle"])
    out = texts.assign(y=texts["y"] + np.where(lifted, (RIGHT - 1 + JITTER) + 2 * pixel, 0.0))
    rows = [
        {"x": panels.x(p, 0), "y": panels.y(p, at), "text": text, "role": "y"}
        for p in range(0, panels.count, panels.columns)
        for at, text in ((RIGHT, "right"), (WRONG, "wrong"))
    ]
    return pd.concat([out, pd.DataFrame(rows)], ignore_index=True)


def _answers(kept: pd.DataFrame, by: str, panel: dict[object, int]) -> pd.DataFrame:
    """A row an answer: panel, confidence, whether it is right, and a place in its strip from a hash of what it is."""
    right = kept["correct"].to_numpy(dtype=np.float64) >= 0.5
    places = kept[["item", "run", "repeat", "line"]].astype(object)
    spread = [_spread(row) for row in places.itertuples(index=False, name=None)] if len(kept) <= POINTS else 0.5
    return pd.DataFrame(
        {
            "panel": kept[by].astype(object).map(panel).to_numpy(dtype=np.int64),
            "name": level_text(kept[by]),
            "item": kept["item"].astype(str).to_numpy(),
            "confidence": kept["confidence"].to_numpy(dtype=np.float64),
            "right": right,
            "spread": spread,
        }
    )  # fmt: skip


def _spread(place: tuple[object, ...]) -> float:
    """A number in 0 to 1 that is the same in every build."""
    digest = hashlib.blake2b(repr([str(v) for v in place]).encode(), digest_size=4).digest()
    return int.from_bytes(digest, "big") / 2**32


def _scattered(answers: pd.DataFrame, panels: Panels) -> pd.DataFrame:
    base = np.where(answers["right"], RIGHT, WRONG) + (answers["spread"].to_numpy() - 0.5) * 2 * JITTER
    return pd.DataFrame(
        {
            "x": [panels.x(p, c) for p, c in zip(answers["panel"], answers["confidence"], strict=True)],
            "y": [panels.y(p, v) for p, v in zip(answers["panel"], base, strict=True)],
            "kind": np.where(answers["right"], "right", "wrong"),
            "name": answers["name"],
            "item": answers["item"],
            "shown": [words.percent(c) for c in answers["confidence"]],
        }
    )


def _counted(answers: pd.DataFrame, panels: Panels) -> pd.DataFrame:
    """Counts by slice of confidence: bars upwards for right, downwards for wrong, to one scale in each panel."""
    slices = np.minimum((answers["confidence"].to_numpy() * SLICES).astype(np.int64), SLICES - 1)
    groups = answers.assign(slice=slices).groupby(["panel", "right", "slice"], sort=True)
    counts = groups.agg(n=("item", "size"), name=("name", "first")).reset_index()
    tallest = counts.groupby("panel")["n"].transform("max")
    height = 2 * JITTER * counts["n"] / tallest
    foot = np.where(counts["right"], RIGHT - JITTER, WRONG + JITTER)
    top = np.where(counts["right"], foot + height, foot - height)
    return pd.DataFrame(
        {
            "x": [panels.x(p, s / SLICES) for p, s in zip(counts["panel"], counts["slice"], strict=True)],
            "x2": [panels.x(p, (s + 0.85) / SLICES) for p, s in zip(counts["panel"], counts["slice"], strict=True)],
            "y": [panels.y(p, v) for p, v in zip(counts["panel"], foot, strict=True)],
            "y2": [panels.y(p, v) for p, v in zip(counts["panel"], top, strict=True)],
            "kind": np.where(counts["right"], "right", "wrong"),
            "name": counts["name"],
            "n": counts["n"],
            "shown": [
                f"{words.percent(s / SLICES, 0)} to {words.percent((s + 1) / SLICES, 0)}" for s in counts["slice"]
            ],
        }
    )


def _bins(bins: pd.DataFrame, by: str, panels: Panels) -> pd.DataFrame:
    p = bins["panel"].to_numpy()

    def ys(name: str) -> list[float]:
        return [panels.y(i, v) for i, v in zip(p, bins[name], strict=True)]

    return pd.DataFrame(
        {
            "x": [panels.x(i, v) for i, v in zip(p, bins["confidence"], strict=True)],
            "y": ys("accuracy"),
            "low": ys("ci_low"),
            "high": ys("ci_high"),
            "few": bins["units"] < FEW,
            "name": level_text(bins[by]),
            "confidence": [words.percent(v) for v in bins["confidence"]],
            "accuracy": [words.percent(v) for v in bins["accuracy"]],
            "interval": [span(a, b) for a, b in zip(bins["ci_low"], bins["ci_high"], strict=True)],
            "n": bins["n"],
        }
    )  # fmt: skip


def _draw(panels: Panels, by: str, aggregated: bool) -> dict[str, Any]:
    suffix = "_narrow" if panels.layout.narrow else ""
    sx, sy = panels.scales()
    x, y = alt.X("x:Q", scale=sx, axis=None), alt.Y("y:Q", scale=sy, axis=None)
    who = alt.Tooltip("name:N", title=naming.column(by))
    layers = draw_panel_grid(panels, suffix)
    size = float(np.clip(panels.unit / 7, 16, 36))
    for kind in ("right", "wrong"):
        base = only(table(f"table{suffix}"), "kind", kind)
        if aggregated:
            tooltip = [
                who,
                alt.Tooltip("shown:N", title="Confidence"),
                alt.Tooltip("n:Q", title=kind.capitalize(), format=",d"),
            ]
            layers.append(
                rect(base, {"fill": f"var(--{kind})", "opacity": 0.85}, x=x, x2="x2", y=y, y2="y2", tooltip=tooltip)
            )
        else:
            tooltip = [who, alt.Tooltip("item:N", title="Item"), alt.Tooltip("shown:N", title="Confidence")]
            layers.append(
                point(
                    base,
                    {
                        "color": f"var(--{kind})",
                        "size": size,
                        "opacity": 0.6,
                        "stroke": "var(--paper)",
                        "strokeWidth": 0.5,
                    },
                    x=x,
                    y=y,
                    tooltip=tooltip,
                )
            )
    bins = table(f"bins{suffix}")
    tooltip = [
        who,
        alt.Tooltip("confidence:N", title="Mean confidence"),
        alt.Tooltip("accuracy:N", title="Share right"),
        alt.Tooltip("interval:N", title="Interval"),
        alt.Tooltip("n:Q", title="Answers", format=",d"),
    ]
    layers.append(
        rule(bins, {"stroke": "var(--ink)", "strokeWidth": 1.25}, x=x, y=alt.Y("low:Q", scale=sy, axis=None), y2="high")
    )
    layers += [
        point(
            only(bins, "few", few),
            {"size": 42, "fill": "var(--paper)" if few else "var(--ink)", "stroke": "var(--ink)", "strokeWidth": 1.5},
            x=x,
            y=y,
            tooltip=tooltip,
        )
        for few in (False, True)
    ]
    return stack(layers, panels.height, room(right=4))


def _gap(row: dict[str, float]) -> str:
    low, high = (words.show(row[end], "points") for end in ("gap_low", "gap_high"))
    return "" if words.MISSING in (low, high) else f", 95% interval {low} to {high}"


def _caption(titles: list[str], rows: list[dict[str, float]]) -> list[str]:
    """Mean confidence and accuracy of each panel, up to three; else the two with the largest gaps."""
    pairs = list(zip(titles, rows, strict=True))
    if len(pairs) > 3:
        pairs = sorted((p for p in pairs if p[1]["n"] >= FEW), key=lambda p: -abs(p[1]["confidence_gap"]))[:2]
    said = [
        f"{name}: mean confidence {words.percent(row['mean_confidence'])}, accuracy {words.percent(row['accuracy'])}, gap "
        f"{words.show(row['confidence_gap'], 'points')} points{_gap(row)} (n = {int(row['n']):,})."
        for name, row in pairs
    ]
    return [f"Largest gaps of {len(titles)}:", *said] if len(titles) > 3 and said else said
