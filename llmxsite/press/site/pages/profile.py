"""The top of a model card: a profile, a calibration curve, and where the model stands out, all under one prompt and setting."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from llmxsite.analysis.results.tables import Row
from llmxsite.base.diagnostics import several
from llmxsite.press.catalogue.entries import ModelEntry, RunEntry
from llmxsite.press.site import populations
from llmxsite.press.site.edition import Edition
from llmxsite.press.site.sketch.curve import Point, curve
from llmxsite.press.site.sketch.grid import FEW
from llmxsite.press.site.templates import percent

MOST = 30
"""Rows of a profile: of more categories, and where none has ten answers, the suites are its rows."""
LEAST = 30
"""Answers with a confidence from which on a curve is drawn."""
CURVES = 3
ALPHA = 0.05


@dataclass(frozen=True)
class Group:
    """Rows of the profile that belong together."""

    title: str | None
    rows: list[tuple[str, Row, bool]]
    """What each is of, its numbers, and whether they are of too few answers to be put in an order."""
    chance: float | None


@dataclass(frozen=True)
class Curve:
    """One suite's calibration."""

    title: str
    drawing: Markup
    words: str


@dataclass(frozen=True)
class Standing:
    """A category that differs from the rest of its suite."""

    suite: str
    category: str
    row: Row


@dataclass(frozen=True)
class Profile:
    """What the card opens with."""

    by: str
    groups: list[Group]
    setting: str
    run: RunEntry | None
    """The one run it is of; None where several suites were met in several."""
    curves: list[Curve]
    strengths: list[Standing]
    weaknesses: list[Standing]
    compared: int
    """Categories that were compared with the rest of their suite: the family of Holm's adjustment."""


def profile(edition: Edition, model: ModelEntry, runs: list[RunEntry], known: list[Row]) -> Profile | None:
    """The profile under the setting in which most suites were met (`populations.widest`); None without an accuracy.

    `known` are the model's rows by suite. Numbers of other settings stand further down, each by itself.
    """
    one = populations.widest([row for row in known if row["accuracy"] is not None], "suite")
    if one is None:
        return None
    where = {"model": model.name, **one}
    setting = next(r["setting"] for r in known if r["settings"] == {k: v for k, v in one.items() if k != "run"})
    cells = [r for r in edition.numbers.summary(runs, ["suite", "category"], where=where) if r["accuracy"] is not None]
    named = [r for r in cells if r.get("category")]
    enough = any(r["n"] >= FEW for r in named) or len({r["suite"] for r in cells}) < 2
    by = "category" if enough and len({r["category"] for r in named}) > 1 and len(named) <= MOST else "suite"
    rows = named if by == "category" else edition.numbers.summary(runs, ["suite"], where=where)
    among = set(one["run"])
    used = [run for run in runs if run.id in among]
    standing = edition.numbers.standing_out(runs, where)
    shown = [r for r in standing if r["p_holm"] is not None and r["p_holm"] <= ALPHA and r["low"] * r["high"] > 0]
    ordered = sorted(shown, key=lambda r: -abs(r["difference"]))
    apart = [Standing(_title(edition, r["suite"]), r["category"], r) for r in ordered]
    return Profile(
        by=by,
        groups=_groups(edition, rows, by),
        setting=setting,
        run=used[0] if len(used) == 1 else None,
        curves=_curves(edition, runs, where, list(dict.fromkeys(r["suite"] for r in cells))),
        strengths=[s for s in apart if s.row["difference"] > 0],
        weaknesses=[s for s in apart if s.row["difference"] < 0],
        compared=len(standing),
    )


def _groups(edition: Edition, rows: list[Row], by: str) -> list[Group]:
    """Rows by suite; in a suite the more accurate first, and after them those of few answers as they came."""
    if by == "suite":
        chances = {edition.guessing(r["suite"]) for r in rows}
        listed = [(_title(edition, r["suite"]), r, r["n"] < FEW) for r in rows if r["accuracy"] is not None]
        return [Group(None, listed, chances.pop() if len(chances) == 1 else None)]
    suites = list(dict.fromkeys(r["suite"] for r in rows))
    return [
        Group(
            _title(edition, suite) if len(suites) > 1 else None,
            sorted(
                ((str(r["category"]), r, r["n"] < FEW) for r in rows if r["suite"] == suite),
                key=lambda row: (row[2], 0.0 if row[2] else -row[1]["accuracy"]),
            ),
            edition.guessing(suite),
        )
        for suite in suites
    ]


def _curves(edition: Edition, runs: list[RunEntry], where: dict[str, Any], suites: list[str]) -> list[Curve]:
    found = []
    for suite in suites:
        bins = edition.numbers.curve(runs, {**where, "suite": suite})
        total = sum(b["n"] for b in bins)
        if total < LEAST:
            continue
        points = [Point(b["confidence"], b["accuracy"], b["low"], b["high"], b["n"]) for b in bins]
        sure, right = (sum(b[k] * b["n"] for b in bins) / total for k in ("confidence", "accuracy"))
        said = f"Says {percent(sure, 0)} on average, is right {percent(right, 0)}; {several(total, 'answer')} in {several(len(bins), 'bin')}."
        title = _title(edition, suite)
        found.append(Curve(title, curve(points, f"Calibration on {title}. {said}"), said))
    return found[:CURVES]


def _title(edition: Edition, suite: str) -> str:
    entry = edition.catalogue.suite(suite)
    return entry.title if entry else suite
