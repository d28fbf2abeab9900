"""Item difficulty: how many items each share of the models gets right, from those that none does to those that all do."""

from __future__ import annotations

from typing import Any

from llmxsite.analysis import results
from llmxsite.base.diagnostics import several
from llmxsite.press.figure import levels, naming, words
from llmxsite.press.figure.draft import Draft, Layout, Samples
from llmxsite.press.figure.figure import Column
from llmxsite.press.figure.late import alt, np, pd
from llmxsite.press.figure.marks import once, room, stack, table, text
from llmxsite.press.figure.options import ChartProblem, Height, Kind, Name, Options
from llmxsite.press.figure.summary import apart, key_column, level_text

HEIGHT = 240
EXACT = 12
"""Up to this many models the bars are numbers of models; beyond it, tenths of them."""
_ITEM = ["suite", "item", "item_hash"]
_COLUMNS = (
    Column(name="suite", title="Suite"),
    Column(name="item", title="Item"),
    Column(name="category", title="Category"),
    Column(name="difficulty", title="Stated difficulty"),
    Column(name="answered_by", title="Answered by", format="count", description="How many levels answered it."),
    Column(
        name="right",
        title="Right",
        format="number",
        description="Of them, how many right; repeats count by their share.",
    ),
    Column(name="share", title="Share right", format="percent"),
)


class Difficulty(Options):
    """Options of `difficulty`."""

    by: Name | None = None
    """Column that tells one bar, panel or point from another."""
    height: Height = None


def make(samples: Samples, options: Difficulty) -> Draft:
    """Over the levels of `by`, models unless said otherwise. Repeats of an item under a level are averaged first."""
    samples = apart(samples)
    by = key_column(samples, options.by or "model", "by")
    frame = samples.frame
    scored = frame[results.answered(frame) & frame["correct"].notna() & frame[by].notna()]
    count = scored[by].nunique()
    if count < 2:
        raise ChartProblem(
            "chart-empty", f"difficulty needs at least two levels of {by}; there is {count}", option="by"
        )
    data = _items(scored, by)
    exact = _exact(data, count)
    drawn = data[data["answered_by"] == count] if exact else data
    marks = _marks(drawn, _classes(data, count))
    height = float(options.height or HEIGHT)
    nouns = naming.nouns(by)
    said = _caption(drawn, count, nouns)
    return Draft(
        keys=[by],
        data=data,
        columns=list(_COLUMNS),
        marks={"table": marks},
        draw=lambda layout: _draw(layout, marks, nouns, height),
        title=f"Items by the {nouns} that get them right",
        caption=said,
        alt=[
            f"Histogram of {several(len(drawn), 'item')} by how many of {count} {nouns} get them right: "
            + "; ".join(f"{label}: {n}" for label, n in zip(marks["label"], marks["n"], strict=True) if n)
            + ".",
            *said,
        ],
        notes=_notes(data, count, nouns, exact),
    )  # fmt: skip


KIND = Kind(
    name="difficulty",
    summary="How many items each share of the models gets right, down to those that none does.",
    options=Difficulty,
    make=make,
)


def _items(scored: pd.DataFrame, by: str) -> pd.DataFrame:
    """A row an item, hardest first."""
    keys = [scored[name].astype(object) for name in [*_ITEM, by]]
    each = scored.groupby(keys, sort=False, dropna=False)["correct"].mean().rename("score").reset_index()
    grouped = each.groupby(_ITEM, sort=False, dropna=False)["score"]
    out = pd.DataFrame({"answered_by": grouped.size(), "right": grouped.sum()}).reset_index()
    out["share"] = out["right"] / out["answered_by"]
    facts = scored[[*_ITEM, "category", "difficulty"]].astype(object).drop_duplicates(_ITEM)
    out = out.merge(facts, on=_ITEM, how="left")
    for name in ("suite", "item", "category", "difficulty"):
        out[name] = [None if levels.text(v) == levels.NOT_STATED else levels.text(v) for v in out[name]]
    return out.sort_values(["share", "suite", "item"], kind="stable").reset_index(drop=True)


def _exact(data: pd.DataFrame, count: int) -> bool:
    """Whether items can be counted by a number of models: few models, and each either right or wrong."""
    full = data[data["answered_by"] == count]
    return count <= EXACT and len(full) >= len(data) / 2 and bool((full["right"] % 1 == 0).all())


def _classes(data: pd.DataFrame, count: int) -> list[tuple[float, float, str]]:
    """Classes of share: low end (exclusive, below the first), high end (inclusive), label."""
    if _exact(data, count):
        return [((k - 0.5) / count, (k + 0.5) / count, str(k)) for k in range(count + 1)]
    inner = [(k / 10, (k + 1) / 10, f"{k * 10}–{k * 10 + 10}%") for k in range(10)]
    return [(-1.0, 0.0, "none"), *inner[:-1], (0.9, 1 - 1e-9, inner[-1][2]), (1 - 1e-9, 1.0, "all")]


def _marks(data: pd.DataFrame, classes: list[tuple[float, float, str]]) -> pd.DataFrame:
    rows: list[dict[str, Any]] = []
    for low, high, label in classes:
        inside = data[(data["share"] > low) & (data["share"] <= high)]
        names = level_text(inside["item"])
        rows.append(
            {
                "label": label,
                "n": len(inside),
                "shown": f"{len(inside):,}" if len(inside) else "",
                "part": words.percent(len(inside) / len(data)),
                "examples": words.listed([words.shorten(n, 140) for n in names], 4) if names else words.MISSING,
            }
        )
    return pd.DataFrame(rows)


def _draw(layout: Layout, marks: pd.DataFrame, nouns: str, height: float) -> dict[str, Any]:
    tenths = len(marks) > 2 and marks["label"].iloc[0] == "none"
    axis = alt.Axis(
        title=f"Share of {nouns} that get the item right" if tenths else f"Number of {nouns} that get the item right",
        titleAnchor="start",
        labelAngle=-45 if tenths and layout.narrow else 0,
        labelOverlap=tenths and layout.narrow,
    )
    x = alt.X("label:N", axis=axis, scale=alt.Scale(domain=list(marks["label"]), paddingInner=0.12, paddingOuter=0.06))
    top = float(marks["n"].max()) * 1.08
    y = alt.Y("n:Q", axis=None, scale=alt.Scale(domain=[0, top], nice=False))
    tooltip = [
        alt.Tooltip("label:N", title="Right"),
        alt.Tooltip("n:Q", title="Items", format=",d"),
        alt.Tooltip("part:N", title="Of all items"),
        alt.Tooltip("examples:N", title="Such as"),
    ]
    return stack(
        [
            table().mark_bar(color="var(--series-1)").encode(x=x, y=y, tooltip=tooltip),
            text(table(), {"dy": -8}, x=x, y=y, text="shown:N"),
            text(once(), {"text": "Items", "align": "left", "color": "var(--muted)", "dy": -6}, x=0, y=0),
        ],
        height,
        room(left=4, right=10),
    )  # fmt: skip


def _caption(data: pd.DataFrame, count: int, nouns: str) -> list[str]:
    n, none, every = len(data), int((data["share"] == 0).sum()), int((data["share"] == 1).sum())
    split = int(((data["share"] > 0) & (data["share"] < 1)).sum())
    return [
        (
            f"Of {several(n, 'item')}, {none:,} ({words.percent(none / n)}) are right under none of {count} {nouns}, {every:,} "
            f"({words.percent(every / n)}) under all, and on {split:,} ({words.percent(split / n)}) they disagree."
        ),
        f"Median share right: {words.percent(float(np.median(data['share'])))}.",
    ]


def _notes(data: pd.DataFrame, count: int, nouns: str, exact: bool) -> list[str]:
    notes = []
    partial = int((data["answered_by"] < count).sum())
    if partial:
        rest = "they are in the table only" if exact else "their share is over those that did"
        notes.append(f"{several(partial, 'item')} of {len(data):,} were not answered under all {nouns}; {rest}.")
    if count == 2:
        notes.append(f"With two {nouns} this shows only on which items they disagree.")
    return notes
