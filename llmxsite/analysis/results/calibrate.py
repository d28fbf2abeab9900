"""Calibration of groups of samples: the reliability bins, and the errors beside the noise that n leaves in them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from llmxsite.analysis.measure import FEW
from llmxsite.analysis.results.groups import ITEM, Codes, Floats, Groups, Table, floats, group, number, scores, units
from llmxsite.analysis.results.resampled import intervals as measures_with_intervals
from llmxsite.analysis.stats.calibration import Bin, Calibration, equal_mass
from llmxsite.analysis.stats.calibration import calibration as measure
from llmxsite.analysis.stats.decomposition import corp
from llmxsite.analysis.stats.interval import Interval
from llmxsite.analysis.stats.noise_floor import NoiseFloor, consistency_band, noise_floor
from llmxsite.analysis.stats.proper_scores import auroc, brier, log_loss


@dataclass(frozen=True)
class CalibrationTables:
    """`bins` has a row a bin of each group, empty bins included; `summary` a row a group."""

    bins: pd.DataFrame
    """Keys, `bin`, `bin_low`, `bin_high`, `n`, `units` (items in it, or clusters that the suite declares), `confidence`, `accuracy`,
    `ci_low`, `ci_high` (Wilson's; with the effective number where items repeat), `band_low`, `band_high` (where the accuracy of a
    calibrated model would fall in 95 of 100 redraws)."""
    summary: pd.DataFrame
    """Keys, `n` (answers with a confidence), `units` (items behind them, or clusters), `coverage` (their share of the scored answers),
    `accuracy`, `mean_confidence`, `confidence_gap` with `gap_se`, `gap_low`, `gap_high` (over units, Student's t), `ece`, `ece_noise_floor` and `ece_noise_p95` (mean and 95th percentile of the ECE of a calibrated model),
    `distinguishable` (ECE above that percentile; NA without confidences), `ece_unweighted`, `ece_unweighted_5` (over five bins: the
    course exercise), `ece_equal_mass`, `equal_mass_bins`, `mce` (over bins of ten or more; NaN without one), `rmsce`, `brier`,
    `brier_skill`, `log_loss`, `auroc`, `miscalibration`, `discrimination`, `uncertainty` (CORP), `letter_mass`, `truncated_share`
    (share whose confidence the truncated list leaves open by more than .05), `draws`; and `ece_low`, `ece_high` and the like of the
    measures that `intervals` names."""


def calibration(
    table: Table,
    by: Sequence[str] = ("model",),
    bins: int = 10,
    *,
    alpha: float = 0.05,
    intervals: Sequence[str] = (),
    equal: Literal["width", "count"] = "width",
) -> CalibrationTables:
    """Reliability bins and calibration errors of each group of `by`. Seeded: the same samples give the same numbers.

    Answers to one item are not independent, and given item and answer right or wrong is fixed: the noise floor redraws one
    answer for all its copies, and what has an interval has it over items.

    Only answers that have both a score and a confidence count; the share that does is `coverage`. A group without any keeps
    its row, with n = 0 and nothing else. With `equal="count"` the table of bins has ones of about equal count instead, at most `bins`
    of them and so few that each has ten items or more, equal confidences never parted; the summary is over equal widths always. KeyError for an unknown column. Source: see `llmxsite.analysis.stats.calibration`.
    """
    frame = table.frame
    groups = group(table, by)
    letter_mass = floats(frame, "letter_mass")
    width = floats(frame, "confidence_high") - floats(frame, "confidence_low")
    keys = list(groups.keys.columns)
    unit, answer = units(frame)[1], _answers(frame)
    bin_rows: list[dict[str, object]] = []
    rows: list[dict[str, object]] = []
    for values, (scored, known, c, y) in zip(
        groups.keys.itertuples(index=False, name=None), _known(frame, groups), strict=True
    ):
        key = dict(zip(keys, values, strict=True))
        found = measure(c, y, bins, alpha, unit[known])
        floor = noise_floor(c, bins, answer=answer[known])
        rows.append(
            {
                **key,
                "n": len(known),
                "units": found.units,
                "coverage": len(known) / scored if scored else np.nan,
                **_errors(found, floor, c, y),
                "letter_mass": _mean(letter_mass[known]),
                "truncated_share": _mean((width[known] > 0.05)[~np.isnan(width[known])].astype(np.float64)),
                "draws": floor.draws,
            }
        )
        rows_of = (
            _bins(found.bins, floor.band)
            if equal == "width"
            else _full(c, y, bins, alpha, unit[known], answer[known], found.units)
        )
        bin_rows.extend({**key, **row} for row in rows_of)
    summary = _frame(rows, [*keys, *_SUMMARY], groups.keys)
    if intervals:
        spans = measures_with_intervals(table, by, intervals, alpha=alpha, bins=bins)
        for name in intervals:
            summary[f"{name}_low"], summary[f"{name}_high"] = spans[f"{name}_low"], spans[f"{name}_high"]
    return CalibrationTables(bins=_frame(bin_rows, [*keys, *_BIN], groups.keys), summary=summary)


def noise_floors(table: Table, by: Sequence[str] = ("model",)) -> pd.DataFrame:
    """The keys of each group, `ece_noise_floor` and `ece_noise_p95`: what `calibration` has of the floor, and nothing else."""
    groups, answer = group(table, by), _answers(table.frame)
    floors = [noise_floor(c, answer=answer[known]) for _, known, c, _ in _known(table.frame, groups)]
    found = {"ece_noise_floor": [f.mean for f in floors], "ece_noise_p95": [f.p95 for f in floors]}
    return groups.keys.assign(**{name: pd.Series(values, dtype="float64") for name, values in found.items()})


def _answers(frame: pd.DataFrame) -> Codes:
    """A number for what each sample answered: given an item, an answer and the key it was held to, right or wrong is fixed."""
    return number(frame, [*ITEM, "answer", "expected"])[0]


def _known(frame: pd.DataFrame, groups: Groups) -> Iterator[tuple[int, npt.NDArray[np.intp], Floats, Floats]]:
    """Of each group how many samples were scored, which of them have a confidence, and confidence and score of those."""
    s, confidence = scores(frame), floats(frame, "confidence")
    order = np.argsort(groups.codes, kind="stable")
    bounds = np.searchsorted(groups.codes[order], np.arange(groups.count + 1))
    scored = s.scored
    for g in range(groups.count):
        inside = order[bounds[g] : bounds[g + 1]]
        inside = inside[scored[inside]]
        known = inside[~np.isnan(confidence[inside])]
        yield len(inside), known, confidence[known], s.value[known]


_BIN = [
    *("bin", "bin_low", "bin_high", "n", "units", "confidence", "accuracy", "ci_low", "ci_high"),
    *("band_low", "band_high"),
]
_SUMMARY = [
    *("n", "units", "coverage", "accuracy", "mean_confidence", "confidence_gap", "gap_se", "gap_low", "gap_high"),
    *("ece", "ece_noise_floor"),
    *(
        "ece_noise_p95",
        "distinguishable",
        "ece_unweighted",
        "ece_unweighted_5",
        "ece_equal_mass",
        "equal_mass_bins",
        "mce",
    ),
    *("rmsce", "brier", "brier_skill", "log_loss", "auroc", "miscalibration", "discrimination", "uncertainty"),
    *("letter_mass", "truncated_share", "draws"),
]
_COUNTS = {"n", "units", "bin", "draws", "equal_mass_bins"}


def _errors(found: Calibration, floor: NoiseFloor, c: Floats, y: Floats) -> dict[str, object]:
    """The calibration errors of one group."""
    binary = bool(np.isin(y, (0.0, 1.0)).all())
    mass = equal_mass(c, y)
    score = brier(c, y)
    parts = corp(c, y)
    full = [abs(row.gap) for row in found.bins if row.gap is not None and row.n >= 10]
    above = None if found.ece is None or floor.p95 is None else found.ece > floor.p95
    return {
        "accuracy": found.accuracy,
        "mean_confidence": found.mean_confidence,
        "confidence_gap": found.gap,
        "gap_se": found.gap_se,
        "gap_low": found.gap_interval.low,
        "gap_high": found.gap_interval.high,
        "ece": found.ece,
        "ece_noise_floor": floor.mean,
        "ece_noise_p95": floor.p95,
        "distinguishable": above,
        "ece_unweighted": found.ece_unweighted,
        "ece_unweighted_5": measure(c, y, 5).ece_unweighted,
        "ece_equal_mass": mass.ece,
        "equal_mass_bins": len(mass.bins),
        "mce": max(full, default=None),
        "rmsce": found.rmsce,
        "brier": score.brier,
        "brier_skill": score.skill,
        "log_loss": log_loss(c, y) if binary else None,
        "auroc": auroc(c, y) if binary else None,
        "miscalibration": parts.miscalibration,
        "discrimination": parts.discrimination,
        "uncertainty": parts.uncertainty,
    }


def _full(
    c: Floats, y: Floats, bins: int, alpha: float, unit: Codes, answer: Codes, units: int
) -> list[dict[str, object]]:
    """The rows of bins of about equal count."""
    found = equal_mass(c, y, max(1, min(bins, units // FEW)), alpha, unit).bins
    return _bins(found, consistency_band(c, [row.high for row in found], answer=answer))


def _bins(found: Sequence[Bin], band: Sequence[Interval]) -> list[dict[str, object]]:
    """The rows of one group's reliability diagram."""
    return [
        {
            "bin": index,
            "bin_low": row.low,
            "bin_high": row.high,
            "n": row.n,
            "units": row.units,
            "confidence": row.confidence,
            "accuracy": row.accuracy,
            "ci_low": row.interval.low,
            "ci_high": row.interval.high,
            "band_low": band[index].low if band else None,
            "band_high": band[index].high if band else None,
        }
        for index, row in enumerate(found)
    ]


def _frame(rows: list[dict[str, object]], columns: list[str], keys: pd.DataFrame) -> pd.DataFrame:
    """The rows as a frame whose numbers are numbers (missing as NaN) and whose keys keep their type."""
    out = pd.DataFrame(rows, columns=columns)
    for column in columns:
        if column in keys.columns:
            out[column] = out[column].astype(keys[column].dtype)
        elif column == "distinguishable":
            out[column] = out[column].astype("boolean")
        else:
            out[column] = out[column].astype("int64" if column in _COUNTS else "float64")
    return out


def _mean(values: Floats) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else np.nan
