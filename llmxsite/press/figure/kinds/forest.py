"""A forest plot: each machine's number on the same items with its interval, the mean machine, and where a further one is expected."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from llmxsite.analysis.measure import FEW
from llmxsite.analysis.results.between import pooled_form
from llmxsite.base.diagnostics import several
from llmxsite.press.figure import levels, naming, words
from llmxsite.press.figure.draft import BEHIND, NARROW, Draft, Layout, Samples
from llmxsite.press.figure.figure import Column
from llmxsite.press.figure.kinds.forest_marks import Row, draw, marks_of
from llmxsite.press.figure.late import np, pd
from llmxsite.press.figure.options import Alpha, ChartProblem, Domain, Kind, Name, Options, Value, limit
from llmxsite.press.figure.summary import behind, key_column, key_columns

if TYPE_CHECKING:
    from llmxsite.analysis.results.crossing import Crossing

MOST = 60
"""Machines: beyond it a suite or a model says more."""


class Forest(Options):
    """Options of `forest`."""

    machine: Name | None = None
    """Column whose levels are machines; a contributor, else the hardware, else a run, when not given."""
    value: Value = "accuracy"
    domain: Domain = None
    alpha: Alpha = 0.05


def make(samples: Samples, options: Forest) -> Draft:
    """A row a machine of each suite and model, and under them the mean machine and a further one."""
    from llmxsite.analysis.results.crossing import crossings, machine_column

    try:
        title, form = pooled_form(options.value)
    except KeyError as error:
        raise ChartProblem("chart-value", str(error.args[0]), option="value") from None
    machine = machine_column(samples, key_column(samples, options.machine, "machine") if options.machine else "")
    found = list(crossings(samples, machine))
    if max((len(crossing.machines) for crossing in found if not crossing.refused), default=0) < 2:
        raise ChartProblem(
            "chart-empty",
            f"{machine}: nothing that may be pooled was run on two machines",
            option="machine",
            hint="`llmxsite results --table pooled` says what is refused, and why",
        )
    limit(
        sum(len(crossing.machines) for crossing in found),
        MOST,
        "machines",
        "machine",
        "choose a suite or a model with `where`",
    )
    rows = [
        row
        for crossing, apart in zip(found, _apart(found, options.alpha), strict=True)
        for row in _rows(crossing, apart, options)
    ]
    keys = list(found[0].key)
    varying = [key for key in keys if len({str(c.key[key]) for c in found}) > 1]
    data = _table(rows, keys, machine)
    layouts = {"": Layout("wide", options.width), "_narrow": Layout("narrow", NARROW)}
    marks, diamonds = marks_of(rows, varying, layouts, form)
    marks = marks.assign(**{BEHIND: pd.Series(_behind(data, [*keys, machine]), dtype=object)})
    noun = naming.noun(machine)
    said = _caption(rows, title, form, noun)
    return Draft(
        keys=None,
        data=data,
        columns=[*key_columns(keys), *key_columns([machine]), *_columns(title, form)],
        marks={"table": marks, "diamond": diamonds},
        draw=lambda layout: draw(layout, marks, title, form, options.domain),
        title=f"{title[0].upper()}{title[1:]} by {noun}",
        caption=[
            *said,
            (
                f"A point is one {noun} with its {100 * (1 - options.alpha):.0f}% interval, these items being what they are; the diamond is "
                "the mean machine with its interval (random effects, modified Hartung-Knapp), the hollow bar where a further machine is "
                "expected on these items."
            ),
        ],
        alt=[f"Forest plot of {title} for {several(_machines(rows), noun, naming.nouns(machine))}.", *said],
        notes=_notes(found, rows, noun),
    )


KIND = Kind(
    name="forest",
    summary="The same items on several machines: each one's number, the mean machine, and where a further one is expected.",
    options=Forest,
    make=make,
)


def _apart(found: Sequence[Crossing], alpha: float) -> list[list[bool]]:
    """For each machine whether it answers apart from the others: Holm over all that the figure shows, as in the table `machines`."""
    from llmxsite.analysis.stats.crossed import departures
    from llmxsite.analysis.stats.multiple import adjust

    tested = [departures(c.answers).p if len(c.machines) > 2 else np.full(len(c.machines), np.nan) for c in found]
    adjusted = iter(adjust([None if math.isnan(p) else float(p) for one in tested for p in one], alpha).p)
    return [[(p := next(adjusted)) is not None and p < alpha for _ in one] for one in tested]


def _rows(crossing: Crossing, apart: Sequence[bool], options: Forest) -> list[Row]:
    """Each machine of what may be pooled, then the mean machine and a further one where there are two and three."""
    from llmxsite.analysis.results.machines import reach
    from llmxsite.analysis.stats.crossed import spread

    values = crossing.values(options.value)
    found = spread(values, crossing.cluster, options.alpha)
    beyond = reach(found, options.alpha)
    rows = []
    for place, name in enumerate(crossing.machines):
        known = values[place][~np.isnan(values[place])]
        if not len(known):
            continue
        centre = float(known.mean())
        rows.append(
            Row(
                "machine", crossing.key, levels.text(name), centre, centre - beyond[place], centre + beyond[place], len(known),
                apart=apart[place], refused=crossing.refused,
            )
        )  # fmt: skip
    if found.mean is not None and found.machines > 1:
        nan = math.nan
        ends = [nan if end is None else end for end in found.fixed]
        rows.append(
            Row(
                "mean",
                crossing.key,
                "Mean machine",
                found.mean,
                ends[0],
                ends[1],
                found.items,
                machines=found.machines,
                tau=found.tau,
            )
        )
        low, high = found.next_machine
        if low is not None and high is not None:
            rows.append(Row("next", crossing.key, "A further machine", nan, low, high, found.items))
    return rows


def _machines(rows: Sequence[Row]) -> int:
    return len({row.name for row in rows if row.kind == "machine"})


def _table(rows: Sequence[Row], keys: Sequence[str], machine: str) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                **row.key,
                machine: row.name,
                "value": row.value,
                "ci_low": row.low,
                "ci_high": row.high,
                "n": row.n,
                "said": row.said,
            }
            for row in rows
        ],
        columns=[*keys, machine, "value", "ci_low", "ci_high", "n", "said"],
    )


def _columns(title: str, form: str) -> list[Column]:
    name = f"{title[0].upper()}{title[1:]}"
    ends = "With these items; of a further machine the prediction interval."
    return [
        Column(name="value", title=name, format=form),  # type: ignore[arg-type]
        Column(name="ci_low", title="Low end", format=form, description=ends),  # type: ignore[arg-type]
        Column(name="ci_high", title="High end", format=form, description=ends),  # type: ignore[arg-type]
        Column(name="n", title="Items", format="count"),
        Column(name="said", title="Note", description="Machines that answer apart, and what is not pooled with most."),
    ]


def _behind(data: pd.DataFrame, keys: Sequence[str]) -> list[dict[str, str] | None]:
    """The samples of each machine; the mean machine and a further one have none of their own."""
    none = data["said"].isin(["mean machine", "further machine"])
    return [None if skip else found for found, skip in zip(behind(data, keys), none, strict=True)]


def _caption(rows: Sequence[Row], title: str, form: str, noun: str) -> list[str]:
    said = []
    for row in (row for row in rows if row.kind == "mean"):
        where = ", ".join(
            levels.named(k, row.key[k]) for k in ("suite", "model") if len({str(r.key[k]) for r in rows}) > 1
        )
        front = f"{where}: " if where else ""
        spread = "no spread between them was seen" if row.tau is None else f"their spread is {_size(row.tau, form)}"
        said.append(f"{front}{words.show(row.value, form)} on the mean of {row.machines:,} machines; {spread}.")  # type: ignore[arg-type]
    named = sorted({row.name for row in rows if row.apart})
    if named:
        said.append(f"Answering apart from the others (p below the level after Holm): {words.listed(named, 6)}.")
    return said


def _size(tau: float, form: str) -> str:
    if form in ("percent", "points"):
        return f"{words.size(tau, 'points')} points (τ)"
    return f"{words.show(tau, form)} (τ)"  # type: ignore[arg-type]


def _notes(found: Sequence[Crossing], rows: Sequence[Row], noun: str) -> list[str]:
    notes = [
        f"{', '.join(crossing.machines[:4])}{' and others' if len(crossing.machines) > 4 else ''}: not pooled with most, {crossing.refused}."
        for crossing in found
        if crossing.refused
    ]
    if any(row.n < FEW for row in rows if row.kind == "machine"):
        notes.append(f"Some {noun} answered fewer than {FEW} of the items.")
    return notes
