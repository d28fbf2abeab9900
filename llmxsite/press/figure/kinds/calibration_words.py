"""What a reliability diagram says in words: under its panels, to those who do not see it, and in its notes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from llmxsite.base.diagnostics import several
from llmxsite.press.figure import levels, ranking, words
from llmxsite.press.figure.draft import FEW
from llmxsite.press.figure.late import pd
from llmxsite.press.figure.summary import records


def says(row: Mapping[str, Any]) -> str:
    """The curve in a sentence: `says 41%, is right 23%`."""
    return f"says {words.percent(row['mean_confidence'], 0)}, is right {words.percent(row['accuracy'], 0)}"


def error(row: Mapping[str, Any]) -> str:
    """Its calibration error beside that of a calibrated model."""
    return f"ECE {words.percent(row['ece'])}, floor {words.percent(row['ece_noise_floor'])}"


def span(low: float, high: float) -> str:
    """`60.1% to 66.6%`; `–` where there is no interval."""
    return words.MISSING if math.isnan(low) or math.isnan(high) else f"{words.percent(low)} to {words.percent(high)}"


def interval_words(bins: pd.DataFrame) -> str:
    """How the intervals of the bins are made."""
    return "Wilson" if (bins["units"] == bins["n"]).all() else "Wilson, over items"


def findings(names: list[str], summary: pd.DataFrame, bins: int) -> list[str]:
    """A sentence a curve; where there are many, the least and the most calibrated, and how many stand out of the noise.

    The error is over `bins` of equal width, as everywhere.
    """
    rows = list(zip(names, records(summary), strict=True))
    if len(rows) <= 3:
        first, *rest = [_sentence(name, row) for name, row in rows]
        return [first.replace("calibration error", f"calibration error over {bins} equal widths", 1), *rest]
    above = int((summary["ece"] > summary["ece_noise_p95"]).sum())
    return [
        *_ends([(name, row) for name, row in rows if ranking.enough(row, "units")]),
        (
            f"The error over {bins} equal widths of {above} of {len(rows)} lies above what 95% of calibrated models would show at the "
            "same n."
        ),
    ]


def _ends(rows: list[tuple[str, dict[str, Any]]]) -> list[str]:
    """The smallest and the largest error of those that rest on enough answers."""
    if len(rows) < 2:
        return []
    ranked = sorted(rows, key=lambda pair: float(pair[1]["ece"]))
    return [f"Smallest error: {_sentence(*ranked[0])}", f"Largest: {_sentence(*ranked[-1])}"]


def _sentence(name: str, row: Mapping[str, Any]) -> str:
    """`phi3:mini, expected calibration error 7.1% over 447 answers, where a calibrated model would show 3.0% (95% below 4.6%); ...`"""
    gap = float(row["confidence_gap"])
    lean = "over-confident" if gap > 0 else "under-confident"
    return (
        f"{name}, expected calibration error {words.percent(row['ece'])}{_interval(row)} over {_answers(row)}, where a calibrated model would show "
        f"{words.percent(row['ece_noise_floor'])} (95% of redraws below {words.percent(row['ece_noise_p95'])}); "
        f"mean confidence {words.percent(row['mean_confidence'])}, accuracy {words.percent(row['accuracy'])}, "
        f"{words.show(gap, 'points')} points ({lean})."
    )


def _interval(row: Mapping[str, Any]) -> str:
    ends = span(row["ece_low"], row["ece_high"])
    return "" if ends == words.MISSING else f" (95% interval {ends})"


def _answers(row: Mapping[str, Any]) -> str:
    """`118 answers to 33 items`, or `48 answers` where no item repeats."""
    answers = several(int(row["n"]), "answer")
    return answers if row["units"] == row["n"] else f"{answers} to {several(int(row['units']), 'item')}"


def shape(bins: pd.DataFrame, name: str) -> str:
    """How many occupied bins lie on which side of the diagonal."""
    below = int((bins["accuracy"] < bins["confidence"]).sum())
    return f"{name}: {below} of {several(len(bins), 'occupied bin')} lie below the diagonal."


def notes(summary: pd.DataFrame, without: pd.DataFrame, by: str, bins: pd.DataFrame) -> list[str]:
    """Warnings of the statistics reference that bear on calibration."""
    notes = []
    for _, row in summary.iterrows():
        name = levels.named(by, row[by])
        if row["ece"] < row["ece_noise_p95"]:
            notes.append(f"{name}: not distinguishable from calibrated at this n.")
        if row["coverage"] < 0.95:
            notes.append(f"{name}: only {words.percent(row['coverage'])} of the scored answers have a confidence.")
        truncated = row["truncated_share"]
        if row["letter_mass"] < 0.9 or (not math.isnan(truncated) and truncated > 0.05):
            notes.append(
                f"{name}: truncated logprobs; the alternatives seen hold {words.percent(row['letter_mass'])} of the probability."
            )
    if len(without):
        names = [levels.named(by, v) for v in without[by].astype(object)]
        notes.append(f"No confidence, and so no curve: {words.listed(names)}.")
    few = int((bins["units"] < FEW).sum())
    if few:
        of = "answers" if (bins["units"] == bins["n"]).all() else "items"
        notes.append(
            f"{several(few, 'bin')} of {len(bins)} hold fewer than {FEW} {of}; their points are hollow, and lines to them faint."
        )
    return notes


def apart(found: pd.DataFrame, by: str) -> list[str]:
    """Paired differences of calibration errors: a pair a sentence, since no two of them are to be compared by eye."""
    said = []
    for row in records(found[found["n"] > 0]):
        two = f"{levels.named(by, row['a'])} minus {levels.named(by, row['b'])}"
        ends = words.measured(row["difference"], row["ci_low"], row["ci_high"], None, "points")
        said.append(f"Calibration error of {two}: {ends}, paired over {several(int(row['n']), 'item')}.")
    return said
