"""What templates write numbers, days and names with: their filters."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import partial
from typing import Any, TypeVar

from jinja2 import Environment
from markupsafe import Markup

from llmxsite.analysis.measure import Form, Measure, show
from llmxsite.press.numbers.data_table import TableHead
from llmxsite.press.site.ruled import ruled
from llmxsite.press.site.sketch import beside, steps
from llmxsite.press.site.sketch.difference import difference

MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
"""English, whatever the locale: the same bytes everywhere."""
E = TypeVar("E", bound=Environment)
MISSING = Markup('<span class="missing">{}</span>')
NOT_MEASURED = Markup('<span class="missing" title="not measured">–</span>')


def filtered(env: E) -> E:
    """An environment with the filters that templates write numbers with."""
    env.filters.update(
        percent=percent,
        column=column,
        noun=noun,
        points=partial(shown, form="points"),
        wide=steps.wide,
        width=partial(shown, form="points", sign=False),
        cell=cell,
        number=number,
        count=count,
        day=day,
        bytes=size,
        seconds=seconds,
        parameters=parameters,
        missing=missing,
        short=short,
        mark=mark,
        ruled=ruled,
        spread=spread,
        forest=forest,
        before_after=beside.before_after,
        histogram=beside.histogram,
        difference=difference,
        value=value,
        kind=kind,
        p_value=partial(shown, form="p"),
    )
    return env


def missing(value: Any, words: str = "not stated") -> Any:
    """The value, or visibly that there is none."""
    return MISSING.format(words) if value is None or value == "" else value


def shown(value: float | None, form: Form, digits: int | None = None, *, sign: bool | None = None) -> Any:
    """A number as everywhere else; a missing one is a dash that says so."""
    return NOT_MEASURED if value is None else show(value, form, digits=digits, sign=sign, unit=sign is True)


def percent(share: float | None, digits: int = 1) -> Any:
    """`0.6321` -> `63.2%`."""
    return shown(share, "percent", digits)


def number(value: float | None, digits: int = 2) -> Any:
    """A plain number with a fixed number of decimals."""
    return shown(value, "number", digits)


def seconds(ms: float | None) -> Any:
    """Milliseconds as a person says them: `212` -> `212 ms`, `4210` -> `4.2 s`."""
    return shown(ms, "duration")


def cell(row: Mapping[str, Any], head: TableHead) -> Any:
    """One number of a row as a table has it: drawn with its interval, or written, with the interval that was made for it."""
    measure = head.measure
    if head.marked:
        return mark(row, name=measure.name, ends=measure.interval)
    content = row[measure.name]
    if measure.form == "text":
        return Markup('<span class="missing">–</span>') if content is None else value(content)
    form, digits = _written(measure)
    text = (
        Markup('<span class="missing">–</span>') if content is None else shown(content, form, digits, sign=measure.sign)
    )
    return Markup("{}{}").format(text, ends(row, measure))


def ends(row: Mapping[str, Any], measure: Measure) -> Any:
    """The interval that was made for a number of a row: ` (20.1–31.5)`, in the number's own unit; nothing where there is none."""
    low, high = row.get(f"{measure.name}_low"), row.get(f"{measure.name}_high")
    if low is None or high is None:
        return ""
    form, digits = _written(measure)
    texts = [show(end, form, digits=digits) for end in (low, high)]
    words = " to ".join(texts) if form == "points" else "–".join(text.rstrip("%") for text in texts)
    return Markup(' <span class="ci">({})</span>').format(words)


def _written(measure: Measure) -> tuple[Form, int | None]:
    """The form of a number on a page, whose columns are narrow."""
    if measure.form in ("number", "probability"):
        return "number", 2
    if measure.form == "milliseconds" and not measure.signed:
        return "duration", None
    return measure.form, None


def count(value: int | float | None, one: str = "", many: str = "") -> Any:
    """`1234` -> `1,234`; with words, `1 run` or `1,234 runs`."""
    if value is None:
        return NOT_MEASURED
    text = f"{value:,.0f}"
    return f"{text} {one if value == 1 else many or one + 's'}" if one else text


def day(text: str | None) -> Any:
    """`2026-08-01` or a time on that day -> `1 August 2026`."""
    try:
        when = date.fromisoformat((text or "")[:10])
    except ValueError:
        return missing(None, "no date")
    return Markup('<time datetime="{}">{}</time>').format(
        when.isoformat(), f"{when.day} {MONTHS[when.month - 1]} {when.year}"
    )


def size(value: int | None) -> Any:
    """Bytes in decimal units: `1234567` -> `1.2 MB`."""
    if value is None:
        return missing(None, "unknown")
    amount = float(value)
    for unit in ("bytes", "kB", "MB", "GB"):
        if amount < 1000 or unit == "GB":
            break
        amount /= 1000
    return f"{amount:.0f} {unit}" if unit == "bytes" or amount >= 100 else f"{amount:.1f} {unit}"


def parameters(number: int | None) -> Any:
    """Parameters as publishers write them: `134515008` -> `135M`, `3212749888` -> `3.2B`."""
    if not number:
        return missing(None, "not told")
    if number >= 999_500_000:
        return f"{number / 1e9:.1f}B"
    return f"{number / 1e6:.0f}M"


def short(digest: str | None, length: int = 12) -> Any:
    """The start of a hash, with all of it on hover."""
    if not digest:
        return missing(None, "unknown")
    return Markup('<code title="{}">{}</code>').format(digest, digest[:length])


def kind(name: str) -> str:
    """A kind of figure as a person says it: `latency_distribution` -> `Latency distribution`."""
    return name.replace("_", " ").replace("-", " ").capitalize()


def value(thing: Any) -> Any:
    """A setting as a person wrote it."""
    if thing is None:
        return missing(None, "not set")
    if isinstance(thing, bool):
        return "yes" if thing else "no"
    if isinstance(thing, list | tuple):
        return ", ".join(str(value(t)) for t in thing) if thing else missing(None, "none")
    if isinstance(thing, float):
        return f"{thing:g}"
    return str(thing)


def mark(
    row: Mapping[str, Any],
    chance: float | None = None,
    name: str = "accuracy",
    ends: tuple[str, str] | None = None,
) -> Markup:
    """Accuracy, or another share, with its interval, drawn on a track from 0 to 100 % and written beside it."""
    ends = ends or ((f"{name}_low", f"{name}_high") if f"{name}_low" in row else ("ci_low", "ci_high"))
    share, low, high = row.get(name), *(row.get(end) for end in ends)
    if share is None:
        return Markup('<span class="mark">{}</span>').format(missing(None, "not measured"))
    parts = ['<line class="track" x1="0" x2="100" y1="8" y2="8"/>']
    parts.append(_guessing(chance, 15))
    interval = Markup("")
    if low is not None and high is not None:
        parts.append(f'<line class="span" x1="{100 * low:.1f}" x2="{100 * high:.1f}" y1="8" y2="8"/>')
        interval = Markup('<span class="ci">{}–{}</span>').format(f"{100 * low:.1f}", f"{100 * high:.1f}")
    parts.append(f'<ellipse class="dot" cx="{100 * share:.1f}" cy="8" rx="3.3" ry="3.6"/>')
    drawing = Markup(  # made of numbers alone
        f'<svg viewBox="0 0 100 16" preserveAspectRatio="none" aria-hidden="true">{"".join(parts)}</svg>'
    )
    return Markup('<span class="mark">{}<b>{}</b>{}</span>').format(drawing, percent(share), interval)


def _guessing(chance: float | None, end: int) -> str:
    """The dashed line at what guessing gives, down to `end`; nothing where that is not known."""
    return f'<line class="chance" x1="{100 * chance:.1f}" x2="{100 * chance:.1f}" y1="1" y2="{end}"/>' if chance else ""


def spread(rows: list[dict[str, Any]], chance: float | None = None) -> Markup:
    """Several accuracies on one track, a point each: numbers of different models, runs or settings are not averaged.

    One row is drawn with its interval, as `mark` does.
    """
    known = sorted((r for r in rows if r.get("accuracy") is not None), key=lambda r: float(r["accuracy"]))
    if len(known) <= 1:
        return mark(known[0] if known else {}, chance)
    points = "".join(f'<ellipse class="dot" cx="{100 * r["accuracy"]:.1f}" cy="8" rx="3.3" ry="3.6"/>' for r in known)
    drawing = Markup(  # made of numbers alone
        '<svg viewBox="0 0 100 16" preserveAspectRatio="none" aria-hidden="true">'
        f'<line class="track" x1="0" x2="100" y1="8" y2="8"/>{_guessing(chance, 15)}{points}</svg>'
    )
    low, high = (percent(known[i]["accuracy"], 0) for i in (0, -1))
    several = [name for name in ("model", "suite", "setting") if len({r.get(name) for r in known}) > 1]
    words = "; ".join(f"{', '.join(str(r[n]) for n in several if r[n])} {percent(r['accuracy'])}" for r in known)
    many = f"{len(known)} {several[0]}s" if len(several) == 1 else f"{len(known)} conditions"
    return Markup('<span class="mark" title="{}">{}<b>{}–{}</b><span class="ci">{}</span></span>').format(
        words, drawing, low.rstrip("%"), high, many
    )


def forest(rows: list[dict[str, Any]], most: int = 7, chance: float | None = None) -> Markup:
    """Accuracies with their intervals below each other, without words: the shape of a finding."""
    known = [r for r in rows if r.get("accuracy") is not None][:most]
    height = 9 * len(known) + 1
    parts = [_guessing(chance, height - 1)]
    for index, row in enumerate(known):
        y = 9 * index + 5
        parts.append(f'<line class="track" x1="0" x2="100" y1="{y}" y2="{y}"/>')
        if row.get("ci_low") is not None:
            low, high = 100 * row["ci_low"], 100 * row["ci_high"]
            parts.append(f'<line class="span" x1="{low:.1f}" x2="{high:.1f}" y1="{y}" y2="{y}"/>')
        parts.append(f'<circle class="dot" cx="{100 * row["accuracy"]:.1f}" cy="{y}" r="1.9"/>')
    return Markup(  # made of numbers alone
        f'<svg class="forest" viewBox="-3 0 106 {height}" aria-hidden="true">{"".join(parts)}</svg>'
    )


def column(name: str) -> str:
    """The head over a column of the samples: `num_ctx` as `Context length`."""
    from llmxsite.press.figure import naming  # with the kinds of chart, which most pages do not need

    return naming.column(name)


def noun(name: str) -> str:
    """The same inside a sentence."""
    from llmxsite.press.figure import naming

    return naming.noun(name)
