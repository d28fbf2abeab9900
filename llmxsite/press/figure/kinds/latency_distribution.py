"""How the time of an answer is spread: median, quartiles, and 5th to 95th percentile, a row a model."""

from __future__ import annotations

from typing import Any

from llmxsite.base.diagnostics import several
from llmxsite.press.figure import levels, naming, ranking, words
from llmxsite.press.figure.draft import FEW, Draft, Layout, Samples
from llmxsite.press.figure.figure import Column
from llmxsite.press.figure.late import alt, np, pd
from llmxsite.press.figure.marks import haloed, room, rule, sides, stack, table, text
from llmxsite.press.figure.options import Kind, Name, Options, Sort, limit
from llmxsite.press.figure.summary import apart, key_column, key_columns, records
from llmxsite.press.figure.times import axis, notes, scale, times

MOST = 60
_NAMES = ("p5", "q1", "median", "q3", "p95")
_SHARES = (0.05, 0.25, 0.5, 0.75, 0.95)
_COLUMNS = (
    Column(name="n", title="n", format="count", description="Answers with a time."),
    *(
        Column(name=name, title=title, format="milliseconds", description="Percentile, linear interpolation.")
        for name, title in zip(_NAMES, ("5%", "25%", "Median", "75%", "95%"), strict=True)
    ),
)


class LatencyDistribution(Options):
    """Options of `latency-distribution`."""

    by: Name | None = None
    """Column that tells one bar, panel or point from another."""
    sort: Sort = None


def make(samples: Samples, options: LatencyDistribution) -> Draft:
    """A row a level of `by` (models unless said otherwise), fastest first."""
    samples = apart(samples)
    by = key_column(samples, options.by or "model", "by")
    measured = times(samples, by)
    limit(len(measured), MOST, "rows", "by")
    rank = {level: float(np.median(v)) for level, v in measured.items()}
    order = levels.order(measured, options.sort, rank, descending=False)
    data = pd.DataFrame(
        [
            {
                by: level,
                "n": len(measured[level]),
                **dict(zip(_NAMES, np.quantile(measured[level], _SHARES), strict=True)),
            }
            for level in order
        ]
    )
    marks = _marks(data, by, options.width)
    said = _caption(data, by)
    few = int((data["n"] < FEW).sum())
    return Draft(
        keys=[by],
        data=data,
        columns=[*key_columns([by]), *_COLUMNS],
        marks={"table": marks},
        draw=lambda layout: _draw(layout, marks, by),
        title=f"Time of an answer by {naming.noun(by)}",
        caption=[*said, "The tick is the median, the bar the middle half, the line the 5th to the 95th percentile."],
        alt=[f"Distribution of the time of an answer, {several(len(data), 'row')}.", *said],
        notes=[*([f"{few} of {several(len(data), 'row')} rest on fewer than {FEW} times."] if few else []), *notes(samples)],
    )  # fmt: skip


KIND = Kind(
    name="latency-distribution",
    summary="How the time of an answer is spread: median, quartiles, 5th and 95th percentile.",
    options=LatencyDistribution,
    make=make,
)


def _marks(data: pd.DataFrame, by: str, width: int) -> pd.DataFrame:
    names = [levels.named(by, v) for v in data[by]]
    wide, narrow = words.whole(names, min(300, width * 0.4)), words.whole(names, 330, most=1)
    return pd.DataFrame(
        {
            "name": names,
            "label": [wide[n] for n in names],
            "label_narrow": [narrow[n] for n in names],
            **{name: data[name] for name in _NAMES},
            "text": [f"{words.show(v, 'milliseconds')} ms" for v in data["median"]],
            "half": [f"{words.show(a, 'milliseconds')} to {words.show(b, 'milliseconds')} ms" for a, b in zip(data["q1"], data["q3"], strict=True)],
            "most": [f"{words.show(a, 'milliseconds')} to {words.show(b, 'milliseconds')} ms" for a, b in zip(data["p5"], data["p95"], strict=True)],
            "count": [f"n = {n:,}" for n in data["n"]],
            "n": data["n"],
        }
    )  # fmt: skip


def _draw(layout: Layout, marks: pd.DataFrame, by: str) -> dict[str, Any]:
    label = "label_narrow" if layout.narrow else "label"
    lines = 1 + max(text.count("\n") for text in marks[label])
    step, offset = (46, 9) if layout.narrow else (max(30, 14 * lines + 8), 0)
    low, high = float(marks["p5"].min()), float(marks["p95"].max())
    across, how = scale(low, high)
    ticks = axis(low, high, f"Time of an answer (ms{how})", layout.narrow)

    def x(field: str) -> alt.X:
        return alt.X(f"{field}:Q", scale=across, axis=ticks)

    y = alt.Y(
        f"{label}:N",
        title=None,
        scale=alt.Scale(domain=list(marks[label]), paddingInner=0, paddingOuter=0),
        axis=None,
    )
    tooltip = [
        alt.Tooltip("name:N", title=naming.column(by)),
        alt.Tooltip("text:N", title="Median"),
        alt.Tooltip("half:N", title="Middle half"),
        alt.Tooltip("most:N", title="5% to 95%"),
        alt.Tooltip("n:Q", title="Answers", format=",d"),
    ]
    base = table().encode(y=y)
    count = max(words.width(t, 11) for t in marks["count"])
    value = max(words.width(t) for t in marks["text"])
    layers = [
        rule(base, {"stroke": "var(--series-1)", "strokeWidth": 1.5, "yOffset": offset}, x=x("p5"), x2="p95"),
        rule(
            base,
            {"stroke": "var(--series-1)", "strokeWidth": 10, "yOffset": offset},
            x=x("q1"),
            x2="q3",
            tooltip=tooltip,
        ),
        base.mark_tick(color="var(--paper)", thickness=2.5, size=14, yOffset=offset).encode(
            x=x("median"), tooltip=tooltip
        ),
        text(base, {"align": "right", "dx": 12 + value, "dy": offset}, x="width", text="text:N"),
        text(
            base,
            {"align": "right", "dx": 22 + value + count, "dy": offset, "color": "var(--muted)", "fontSize": 11},
            x="width",
            text="count:N",
        ),
    ]
    if layout.narrow:
        layers += haloed(base, {"align": "left", "dy": -13, "baseline": "middle"}, x=0, text=f"{label}:N")
    else:
        layers.append(sides(base, label))
    return stack(layers, step * len(marks), room())


def _caption(data: pd.DataFrame, by: str) -> list[str]:
    def said(row: dict[str, Any]) -> str:
        median, low, high = (words.show(row[name], "milliseconds") for name in ("median", "p5", "p95"))
        return (
            f"{levels.named(by, row[by])}, median {median} ms, 90% between {low} and {high} ms (n = {int(row['n']):,})"
        )

    if len(data) == 1:
        return [f"{said(records(data)[0])}."]
    rows = sorted((r for r in records(data) if ranking.enough(r, "n")), key=lambda r: float(r["median"]))
    if len(rows) < 2:
        return [f"Fewer than two rows rest on {FEW} times or more, so none is called the fastest."]
    return [f"Fastest: {said(rows[0])}.", f"Slowest: {said(rows[-1])}."]
