"""Confidence strip: one reply, token by token, each tinted by the probability the model gave it."""

from __future__ import annotations

import itertools
import math
from pathlib import Path
from typing import Any

import msgspec

from llmxsite.base.diagnostics import several
from llmxsite.base.regular import opened
from llmxsite.log import record
from llmxsite.press.figure import words
from llmxsite.press.figure.draft import NARROW, Draft, Layout, Samples
from llmxsite.press.figure.figure import Column
from llmxsite.press.figure.late import alt, pd
from llmxsite.press.figure.marks import only, pixels, rect, stack, table, text
from llmxsite.press.figure.options import ChartProblem, Kind, Options
from llmxsite.press.figure.summary import records
from llmxsite.press.figure.theme import MONO

MOST = 1200
"""Tokens drawn; the table has them all."""
CLASSES = (
    (0.25, "below 25%", "var(--diverging-3)"),
    (0.50, "25% to 50%", "var(--diverging-4)"),
    (0.90, "50% to 90%", "var(--diverging-5)"),
    (math.inf, "90% and more", "var(--paper)"),
)
"""Upper end of each class of probability, its name, and its tint: the surer, the fainter."""
SIZE, ADVANCE, LINE = 13.0, 7.9, 26.0
"""Size of the letters, and pixels from letter to letter and from line to line. Fixed-width faces advance 0.6 of their size."""
_COLUMNS = (
    Column(name="index", title="Number", format="count", description="From 1."),
    Column(name="token", title="Token"),
    Column(name="probability", title="Probability", format="percent", description="exp(logprob), before temperature and top-p."),
    Column(name="logprob", title="Logprob", format="number"),
)  # fmt: skip


class Tokens(Options):
    """Options of `tokens`."""

    line: int | None = None
    """Line of the run log, where the other filters leave more than one sample."""


def make(samples: Samples, options: Tokens) -> Draft:
    """The one sample that `where` (and `line`) leave. Raises `ChartProblem` for several, or without logprobs."""
    row = _one(samples, options)
    sample = _sample(samples.paths.get(str(row["run"])), row)
    tokens = (sample.reply.tokens if sample.reply else None) or []
    known = [t for t in tokens if t.logprob is not None]
    if not known:
        raise ChartProblem(
            "chart-empty",
            f"the reply to {sample.item} has no logprobs",
            hint="set `logprobs: all` in experiment.yaml and run again",
        )
    data = pd.DataFrame(
        {
            "index": range(1, len(tokens) + 1),
            "token": [t.token for t in tokens],
            "probability": [math.nan if t.logprob is None else math.exp(min(0.0, t.logprob)) for t in tokens],
            "logprob": [math.nan if t.logprob is None else t.logprob for t in tokens],
        }
    )
    drawn = data.head(MOST)
    layouts = {"": Layout("wide", options.width), "_narrow": Layout("narrow", NARROW)}
    placed = {suffix: _place(drawn, layout) for suffix, layout in layouts.items()}
    model = words.clean(str(row["model"]))
    said = _caption(data)
    return Draft(
        keys=None,
        data=data,
        columns=list(_COLUMNS),
        marks={f"table{suffix}": frame for suffix, frame in placed.items()},
        draw=lambda layout: _draw(layout, placed["_narrow" if layout.narrow else ""]),
        title=f"Reply of {model} to {words.clean(sample.item)}, token by token",
        caption=said,
        alt=[f"The reply as text, each token tinted by its probability: {words.clean(''.join(data['token']))[:600]}", *said],
        notes=[f"Only the first {MOST:,} of {len(data):,} tokens are drawn."] if len(data) > MOST else [],
    )  # fmt: skip


KIND = Kind(
    name="tokens",
    summary="One reply, token by token, tinted by how probable the model found each.",
    options=Tokens,
    make=make,
)


def _one(samples: Samples, options: Tokens) -> dict[str, Any]:
    frame = samples.frame
    if options.line is not None:
        frame = frame[frame["line"] == options.line]
        if frame.empty:
            raise ChartProblem("chart-empty", f"line: no such sample on line {options.line}", option="line")
    if len(frame) > 1:
        differing = [
            c
            for c in ("run", "suite", "item", "model", *samples.factors, "repeat", "line")
            if frame[c].nunique(dropna=False) > 1
        ]
        raise ChartProblem(
            "chart-too-large",
            f"{len(frame):,} samples are left, and this shows one",
            option="where",
            hint=f"they differ in {words.listed(differing)}; name one with `where` or `line`",
        )
    return records(frame)[0]


def _sample(path: Path | None, row: dict[str, Any]) -> record.Sample:
    """The sample's own line of its log."""
    if path is None:
        raise ChartProblem("chart-empty", f"the log of run {row['run']} is not here")
    with opened(path) as file:
        line = next(itertools.islice(file, int(row["line"]) - 1, None), b"")
    try:
        found = record.decode_line(line)
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise ChartProblem("chart-empty", f"{path.name}, line {int(row['line'])} cannot be read: {error}") from None
    if not isinstance(found, record.Sample):
        raise ChartProblem("chart-empty", f"{path.name}, line {int(row['line'])} is not a sample")
    return found


def _place(data: pd.DataFrame, layout: Layout) -> pd.DataFrame:
    """A row for each token, or for each piece of one that is broken over lines: where it stands and what it says."""
    across = max(8, int((layout.width - 16) / ADVANCE))
    rows: list[dict[str, Any]] = []
    column, line = 0, 0
    for item in records(data):
        for piece in _pieces(item["token"], across):
            if column and column + len(piece) > across:
                column, line = 0, line + 1
            if piece == "⏎":
                column, line = (column, line) if rows and column else (0, line)
            rows.append(
                {
                    "x": 4 + column * ADVANCE,
                    "x2": 4 + (column + max(1, len(piece))) * ADVANCE - 1,
                    "y": 36 + line * LINE,
                    "y2": 36 + line * LINE + LINE - 5,
                    "middle": 36 + line * LINE + (LINE - 5) / 2,
                    "text": piece,
                    "kind": _kind(item["probability"]),
                    "index": item["index"],
                    "token": repr(item["token"])[1:-1],
                    "shown": words.show(item["probability"], "percent"),
                }
            )
            column += max(1, len(piece))
            if piece == "⏎":
                column, line = 0, line + 1
    return pd.DataFrame(rows)


def _pieces(token: str, across: int) -> list[str]:
    """A token as it is written: line breaks made visible, other control characters as `·`, nothing wider than a line."""
    out: list[str] = []
    for index, part in enumerate(token.split("\n")):
        if index:
            out.append("⏎")
        shown = "".join(c if c.isprintable() else "·" for c in part)
        # SVG drops spaces at the ends of a text, but not no-break ones.
        out += [shown[i : i + across].replace(" ", "\u00a0") for i in range(0, len(shown), across)]
    return out or ["·"]


def _kind(probability: float) -> str:
    return "unknown" if math.isnan(probability) else next(name for top, name, _ in CLASSES if probability < top)


def _draw(layout: Layout, placed: pd.DataFrame) -> dict[str, Any]:
    suffix = "_narrow" if layout.narrow else ""
    width, height = layout.width - 8, float(placed["y2"].max()) + 4
    sx, sy = pixels(width, height)
    x, y = alt.X("x:Q", scale=sx, axis=None), alt.Y("y:Q", scale=sy, axis=None)
    tooltip = [
        alt.Tooltip("token:N", title="Token"),
        alt.Tooltip("shown:N", title="Probability"),
        alt.Tooltip("index:Q", title="Number"),
    ]
    base = table(f"table{suffix}")
    layers = [
        rect(
            only(base, "kind", name),
            {"fill": tint, "stroke": "var(--line)", "strokeWidth": 0.75, "cornerRadius": 2},
            x=x,
            x2="x2",
            y=y,
            y2="y2",
            tooltip=tooltip,
        )
        for _, name, tint in CLASSES
    ]
    layers.append(
        text(
            base,
            {"align": "left", "baseline": "middle", "font": MONO, "fontSize": SIZE},
            x=x,
            y=alt.Y("middle:Q", scale=sy, axis=None),
            text="text:N",
        )
    )
    left = 0.0
    for _, name, tint in CLASSES:
        label = name.replace(" to ", "–").replace("below ", "< ").replace(" and more", "+") if layout.narrow else name
        at = alt.XDatum(4 + left, scale=sx)
        key = {"fill": tint, "stroke": "var(--line-strong)", "strokeWidth": 0.75, "cornerRadius": 2}
        layers += [
            rect(
                alt.Chart(alt.sequence(0, 1)),
                key,
                x=at,
                x2=alt.X2Datum(4 + left + 14),
                y=alt.YDatum(6, scale=sy),
                y2=alt.Y2Datum(18),
            ),
            text(
                alt.Chart(alt.sequence(0, 1)),
                {
                    "text": label,
                    "align": "left",
                    "baseline": "middle",
                    "dx": 20,
                    "fontSize": 11,
                    "color": "var(--muted)",
                },
                x=at,
                y=alt.YDatum(12, scale=sy),
            ),
        ]
        left += 20 + words.width(label, 11) + 16
    return stack(layers, height, {"left": 4, "right": 4, "top": 2, "bottom": 2})  # fmt: skip


def _caption(data: pd.DataFrame) -> list[str]:
    known = data[data["probability"].notna()]
    lowest = min(records(known), key=lambda r: float(r["probability"]))
    return [
        (f"{several(len(data), 'token')}, mean probability {words.percent(float(known['probability'].mean()))}, "
        f"{int((known['probability'] < 0.5).sum()):,} below 50%."),
        f"Least probable: “{words.clean(str(lowest['token'])) or '⏎'}” at {words.percent(float(lowest['probability']))} (number {int(lowest['index'])}).",
    ]  # fmt: skip
