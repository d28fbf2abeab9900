"""The chart kind `recall`: how many sentences came back, round by round."""

from __future__ import annotations

from typing import Any, cast

from llmxsite.analysis.measure import ends, show
from llmxsite.analysis.results.tables import Asked
from llmxsite.press.figure.draft import Draft, Layout, Samples
from llmxsite.press.figure.figure import Column
from llmxsite.press.figure.late import alt, pd
from llmxsite.press.figure.marks import room, stack, table, text
from llmxsite.press.figure.options import Alpha, ChartProblem, Height, Kind, Options
from llmxsite.press.figure.summary import apart, key_column
from recall_task.results import SAME, TASK, recalled

HEIGHT = 200


class Recall(Options):
    """Options of `recall`."""

    alpha: Alpha = 0.05
    height: Height = None


def make(samples: Samples, options: Recall) -> Draft:
    kept = cast("Any", apart(samples)).where(task=TASK)
    if not len(kept):
        raise ChartProblem("chart-empty", f"no sample is of a {TASK} experiment")
    by = key_column(kept, "rounds", "by")
    data: pd.DataFrame = recalled(kept, Asked(by=(by,), alpha=options.alpha))
    marks = data.assign(
        label=[str(r) for r in data[by]], shown=[show(x, SAME.form, digits=0) for x in data[SAME.name]]
    )[["label", "shown", SAME.name]]
    said = [
        f"After {r} rounds {show(x, SAME.form)} of {n:,} {ends(low, high, SAME.form)}."
        for r, n, x, low, high in zip(*(data[c] for c in (by, "n", "same", "same_low", "same_high")), strict=True)
    ]
    return Draft(
        keys=[by],
        data=data[[by, "n", "same", "same_low", "same_high"]],
        columns=[
            Column(name=by, title="Rounds"),
            Column(name="n", title="Sentences", format="count"),
            Column(name="same", title=SAME.title, format="percent"),
            Column(name="same_low", title="Low end", format="percent"),
            Column(name="same_high", title="High end", format="percent"),
        ],
        marks={"table": marks},
        draw=lambda layout: _draw(layout, marks, float(options.height or HEIGHT)),
        title="Sentences that come back word for word",
        caption=said,
        alt=["Bars of the share of sentences that came back, by the number of rounds.", *said],
    )


def _draw(layout: Layout, marks: pd.DataFrame, height: float) -> dict[str, Any]:
    x = alt.X("label:N", title="Rounds", sort=list(marks["label"]))
    y = alt.Y("same:Q", axis=None, scale=alt.Scale(domain=[0, 1.1], nice=False))
    bars = table().mark_bar(color="var(--series-1)").encode(x=x, y=y)
    return stack([bars, text(table(), {"dy": -8}, x=x, y=y, text="shown:N")], height, room())


KINDS = (
    Kind(name="recall", summary="How many sentences come back word for word, by round.", options=Recall, make=make),
)
