"""What the two charts of latency share: the times of each group, their scale and their notes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llmxsite.analysis import results
from llmxsite.base.diagnostics import several
from llmxsite.press.figure.draft import Samples
from llmxsite.press.figure.late import alt, np, pd
from llmxsite.press.figure.options import ChartProblem

if TYPE_CHECKING:
    import numpy.typing as npt

_LOADING_MS = 50.0
"""A request that spent longer than this on loading the model was a cold one."""


def times(samples: Samples, by: str) -> dict[Any, npt.NDArray[np.float64]]:
    """Milliseconds of each answered request, by level. Raises `ChartProblem` where none was measured."""
    frame = samples.frame
    kept = frame[results.answered(frame) & frame["latency_ms"].notna() & frame[by].notna()]
    if kept.empty:
        raise ChartProblem("chart-empty", "no answer has a time: these logs do not say how long a request took")
    groups = kept.groupby(kept[by].astype(object), sort=False)["latency_ms"]
    return {level: values.to_numpy(dtype=np.float64) for level, values in groups}


def scale(low: float, high: float) -> tuple[alt.Scale, str]:
    """Scale of times and what to add to its title: logarithmic over more than a factor of eight, else from 0."""
    if low > 0 and high / low > 8:
        return alt.Scale(type="log", domain=[low / 1.15, high * 1.15], nice=False), ", logarithmic"
    return alt.Scale(domain=[0, high * 1.06], nice=False, zero=True), ""


def axis(low: float, high: float, title: str, few: bool) -> alt.Axis:
    """Axis of times, with ticks at 1, 2 and 5 times powers of ten where it is logarithmic."""
    logarithmic = low > 0 and high / low > 8
    ticks = (
        [f * 10.0**e for e in range(-3, 9) for f in ((1,) if high / low > 300 or few else (1, 2, 5))]
        if logarithmic
        else None
    )
    inside = [t for t in ticks if low / 1.15 <= t <= high * 1.15] if ticks else None
    if inside is not None and len(inside) < 2:
        inside = [t for t in (f * 10.0**e for e in range(-3, 9) for f in (1, 2, 5)) if low / 1.15 <= t <= high * 1.15]
    return alt.Axis(
        **({"values": inside} if inside else {"tickCount": 4 if few else 6}),
        title=title,
        titleAnchor="start",
        format=",.3~r" if high < 10 else ",.0f",
        grid=True,
        labelOverlap="greedy",
    )


def notes(samples: Samples) -> list[str]:
    """How many requests waited for the model to be loaded, and how many times are missing."""
    frame = samples.frame[results.answered(samples.frame)]
    out = []
    cold = int((pd.to_numeric(frame["load_ms"], errors="coerce") > _LOADING_MS).sum())
    if cold:
        out.append(
            f"{several(cold, 'request')} waited over {_LOADING_MS:.0f} ms for the model to be loaded; they are included."
        )
    missing = int(frame["latency_ms"].isna().sum())
    if missing:
        out.append(f"{several(missing, 'answer')} of {len(frame):,} have no time.")
    machines = frame["run"].nunique()
    if machines > 1:
        out.append(f"Times come from {machines} runs; they compare only as far as the machines do.")
    return out
