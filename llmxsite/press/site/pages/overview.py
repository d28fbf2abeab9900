"""The top of a run's page: its accuracies as a grid, and its course over time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from markupsafe import Markup

from llmxsite.analysis.measure import show
from llmxsite.analysis.results.tables import Row
from llmxsite.base.diagnostics import several
from llmxsite.press.catalogue import addresses
from llmxsite.press.catalogue.entries import RunEntry
from llmxsite.press.numbers.moments import Moments
from llmxsite.press.site.edition import Edition
from llmxsite.press.site.populations import condition
from llmxsite.press.site.sketch.grid import FEW, Band, Cell, grid, ordered
from llmxsite.press.site.sketch.timeline import Slice, timeline

BESIDE = 8
"""Conditions that stand beside each other as columns; of more, categories are the columns and conditions the rows."""
MOST = 24
"""Columns of a grid. What is wider is read in the table."""

SLICES = 3
"""Pieces of time with a sample in them, from which on there is a course to be seen."""


class Picture(NamedTuple):
    """A picture with what it is called and what is to be said of it."""

    title: str
    drawing: Markup
    note: str


def accuracies(edition: Edition, entry: RunEntry, factors: Sequence[str]) -> Picture | None:
    """Accuracy by category (where the suite has them, else by suite) and by model and condition; None for a single number."""
    asked = [name for name in factors if name != "prompt" or len(factors) > 1] or list(factors)
    names = [*(["model"] if len(entry.run.models) > 1 else []), *asked]
    rows = [r for r in edition.numbers.summary([entry], ["suite", "category", *names]) if r.get("accuracy") is not None]
    by_category = len({(r["suite"], r.get("category")) for r in rows}) > len({r["suite"] for r in rows})
    if not by_category:
        rows = [r for r in edition.numbers.summary([entry], ["suite", *names]) if r.get("accuracy") is not None]
    if len(rows) < 2:
        return None
    conditions = list(dict.fromkeys(condition(r, names) for r in rows))
    cells = {(r["suite"], r.get("category"), condition(r, names)): _cell(entry, r, names) for r in rows}
    levels = list(dict.fromkeys((r["suite"], r.get("category")) for r in rows))
    titles = {s.id: s.title or s.id for s in entry.run.suites}
    suites = list(dict.fromkeys(suite for suite, _ in levels))
    what = "category" if by_category else "suite"
    if len(conditions) <= BESIDE:
        columns = [name or "accuracy" for name in conditions]
        bands = [
            _by_level(suite, levels, conditions, cells, titles, len(suites) > 1 and by_category) for suite in suites
        ]
        corner = what.capitalize()
    else:
        if len(levels) > MOST:
            return None
        columns = [str(category or titles.get(suite, suite)) for suite, category in levels]
        bands = [Band(None, ordered([(name, [cells.get((*level, name)) for level in levels]) for name in conditions]))]
        corner = " and ".join(name.replace("_", " ") for name in names).capitalize()
    over = " and ".join(name.replace("_", " ") for name in names)
    title = f"Accuracy by {what}" + (f" and {over}" if over else "")
    few = any(cell.n < FEW for cell in cells.values())
    note = "Per cent right, tinted from 0 to 100." + (
        " Dashed cells hold fewer than ten answers and are put in no order." if few else ""
    )
    return Picture(title, grid(corner, columns, bands, title), note)


def course(moments: Moments) -> Picture | None:
    """Samples over the time the run was at work; None where the log says no times, or too few different ones for a course."""
    used = [(i, s) for i, s in enumerate(moments.slices) if s.n]
    if len(used) < SLICES:
        return None
    end = moments.worked
    slices = [
        Slice(
            i * moments.width / end,
            min(moments.width, end - i * moments.width) / end,
            s.n,
            s.failed,
            s.total_ms / s.timed if s.timed else None,
            s.longest_ms if s.timed else None,
        )
        for i, s in used
    ]
    timed = sum(s.timed for _, s in used)
    samples, failed = sum(s.n for _, s in used), sum(s.failed for _, s in used)
    said = [f"{several(samples, 'sample')} in {_lasted(moments.worked)} of work"]
    if timed:
        mean = sum(s.total_ms for _, s in used) / timed
        said.append(
            f"{show(mean, 'duration')} each on average, {show(max(s.longest_ms for _, s in used), 'duration')} the longest"
        )
    said.append(several(failed, "error") if failed else "no error")
    if moments.loads:
        said.append(f"a model loaded {_times(len(moments.loads))}")
    if moments.resumes:
        said.append(f"taken up again {_times(len(moments.resumes))}")
    if moments.stops:
        still = sum(length for _, length in moments.stops)
        said.append(f"stood still {_times(len(moments.stops))}, for {_lasted(still)} in all, which is cut out here")
    note = "; ".join(said) + "."
    drawing = timeline(
        slices,
        [at / end for at in moments.loads],
        [at / end for at, _ in moments.stops],
        [at / end for at in moments.resumes],
        f"Over time: {note}",
    )
    ends = Markup('<p class="ends"><span>{}</span><span>{}</span></p>').format(
        _clock(moments.first), _clock(moments.last)
    )
    keys = [("mean", "mean latency"), ("longest", "longest"), ("bars", "samples")]
    keys += [("failed", "errors")] if failed else []
    keys += [("load", "model loaded")] if moments.loads else []
    keys += [("again", "taken up again")] if moments.resumes else []
    keys += [("stop", "stood still")] if moments.stops else []
    key = Markup("").join(Markup('<span class="key {}">{}</span>').format(kind, word) for kind, word in keys)
    return Picture("Over time", drawing + ends + Markup('<p class="keys">{}</p>').format(key), note)


def _cell(entry: RunEntry, row: Row, names: Sequence[str]) -> Cell:
    view = {"run": entry.id, "suite": row["suite"], "category": row.get("category"), **{n: row[n] for n in names}}
    link = addresses.relative(entry.address, addresses.explorer(**view))
    return Cell(row["accuracy"], row["ci_low"], row["ci_high"], row["n"], link)


def _by_level(
    suite: str,
    levels: Sequence[tuple[str, Any]],
    conditions: Sequence[str],
    cells: dict[tuple[str, Any, str], Cell],
    titles: dict[str, str],
    named: bool,
) -> Band:
    rows = [
        (str(category or titles.get(suite, suite)), [cells.get((own, category, name)) for name in conditions])
        for own, category in levels
        if own == suite
    ]
    return Band(titles.get(suite, suite) if named else None, ordered(rows))


def _lasted(seconds: float) -> str:
    """`48 s`, `5 min`, `3 h 12 min`, `2 days 4 h`."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    if minutes < 90:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 36:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    days, hours = divmod(hours, 24)
    return f"{several(days, 'day')} {hours} h" if hours else several(days, "day")


def _times(n: int) -> str:
    return {1: "once", 2: "twice"}.get(n, f"{n} times")


def _clock(time: str | None) -> str:
    """`2026-11-22 18:36 UTC` of a log's time."""
    text = time or ""
    zone = " UTC" if text.endswith(("Z", "+00:00")) else ""
    return text[:16].replace("T", " ") + zone
