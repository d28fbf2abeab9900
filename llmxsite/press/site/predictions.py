"""What a report expected and what the data say to it: the state of its hypothesis, and each prediction with its verdict."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from llmxsite.analysis.measure import PROSE, show
from llmxsite.analysis.results.measured import apart
from llmxsite.analysis.results.tables import Row
from llmxsite.base.diagnostics import several
from llmxsite.log.record import hypothesis_hash
from llmxsite.press.catalogue.entries import ReportEntry, RunEntry
from llmxsite.press.site.ledger import LedgerEntry, sides
from llmxsite.press.site.looks import Look, looks
from llmxsite.study.experiment import MEASURES, Prediction, PredictionError
from llmxsite.study.experiment.prediction import checked, values, write

if TYPE_CHECKING:
    from llmxsite.press.site.edition import Edition

CHIPS = {
    "supported": "right",
    "equivalent": "right",
    "refuted": "wrong",
    "inconclusive": "unparsed",
    "not measured yet": "",
}
"""Verdict to the kind of its chip: told by a shape and by words, not by colour alone."""


@dataclass(frozen=True)
class PredictionRow:
    """A prediction, and what the data say to it (`results.Judgement`)."""

    number: int
    sentence: str
    state: str
    """See `predicted`."""
    measure: str
    compared: str
    suites: tuple[str, ...]
    """Those that it is limited to."""
    factor: str
    levels: tuple[str, str]
    commit: str | None
    verdict: str
    chip: str
    words: str
    n: int
    difference: float | None
    low: float | None
    high: float | None
    p: float | None
    p_holm: float | None


@dataclass(frozen=True)
class Registration:
    """What a page says of a report's hypothesis."""

    state: str
    text: str | None
    hash: str
    runs: int
    first: str | None
    """When the first run began, where its log has a hypothesis."""
    commit: str | None
    looked_up: bool
    git: str | None
    logged: str | None
    """Another wording, which a log has."""
    predictions: list[PredictionRow]
    looks: list[Look]


def registration(edition: Edition, report: ReportEntry) -> Registration:
    """The state of the hypothesis, its hash, the commit that has it, the predictions and the looks."""
    first = report.first
    logged = first.run.hypothesis if first else None
    hashed = hypothesis_hash(report.hypothesis or "")
    return Registration(
        state=report.registered,
        text=report.hypothesis,
        hash=hashed,
        runs=len(report.runs),
        first=first.run.started if first and logged else None,
        commit=report.commits.get(hashed),
        looked_up=report.looked_up,
        git=first.run.git.commit if first and first.run.git else None,
        logged=next((h.text for r in report.runs if (h := r.run.hypothesis) and h.hash != hashed), None),
        predictions=answers(edition, report),
        looks=[look for look in looks(logs(edition, report)) if look.counted],
    )


def logs(edition: Edition, report: ReportEntry) -> list[RunEntry]:
    """The report's runs, reruns among them."""
    return [entry for entry in edition.catalogue.logs if entry.report == report.slug]


def predicted(report: ReportEntry) -> list[tuple[Prediction, str]]:
    """Each prediction with its state: `waiting` for data, `committed` before them, in the `header` of the first log, `added`
    after data, or `dropped`: the first log has it and experiment.yaml no longer does. A dropped one is answered all the same."""
    first = report.first.run if report.first else None
    before = {h.hash for h in first.predictions} if first else set()
    found = [(p, _state(report, p, before)) for p in report.predictions]
    kept = {p.sentence for p, _ in found}
    for prediction in _logged(first.experiment) if first else []:
        if prediction.sentence not in kept and hypothesis_hash(prediction.sentence) in before:
            found.append((prediction, "dropped"))
    return found


def answers(edition: Edition, report: ReportEntry) -> list[PredictionRow]:
    """Each prediction, as the hypothesis box shows it."""
    found = predicted(report)
    if not found:
        return []
    verdicts = edition.numbers.verdicts(report.runs, [p for p, _ in found], alpha(report))
    return [
        PredictionRow(
            number=number,
            sentence=answer["sentence"],
            state=state,
            measure=prediction.measure,
            compared=prediction.compared,
            suites=tuple(str(v) for v in values(prediction.where.get("suite", []))),
            factor=prediction.factor,
            levels=(write(prediction.a), write(prediction.b)),
            commit=report.commits.get(hypothesis_hash(prediction.sentence)),
            chip=CHIPS[answer["verdict"]],
            words=words(prediction, answer),
            **{name: answer[name] for name in ("verdict", "n", "difference", "low", "high", "p", "p_holm")},
        )
        for number, ((prediction, state), answer) in enumerate(zip(found, verdicts, strict=True), 1)
    ]


def tests(edition: Edition, report: ReportEntry) -> list[LedgerEntry]:
    """The predictions of a report as tests; those stated after the data were not declared."""
    return [
        LedgerEntry(
            report=report.slug,
            address=report.address,
            place=f"Prediction {row.number}",
            what=row.sentence,
            sides=sides(row.measure, row.factor, *row.levels),
            declared="" if row.state == "added" else "prediction",
            n=row.n or None,
            difference=row.difference,
            low=row.low,
            high=row.high,
            form=MEASURES[row.measure].unit,
            p=row.p,
            p_family=row.p_holm,
            verdict=row.verdict,
        )
        for row in answers(edition, report)
    ]


def alpha(report: ReportEntry) -> float:
    """The level of the report's tests: what the first log says, since the file may have changed after the data."""
    if report.first is not None:
        return float((report.first.run.experiment.get("analysis") or {}).get("alpha") or 0.05)
    return report.experiment.analysis.alpha if report.experiment else 0.05


def words(prediction: Prediction, answer: Row) -> str:
    """`+25.0 points, 95% interval +12.7 to +37.3, n = 96 items`, and where it decided nothing, what so many could have shown."""
    if answer["difference"] is None:
        return "No data yet for one of the two sides."
    measure = MEASURES[prediction.measure]
    said = f"{shown(answer['difference'], measure.name, unit=True)}"
    if answer["low"] is not None:
        ends = [shown(answer[end], measure.name) for end in ("low", "high")]
        said += f", {100 * answer['level']:.3g}% interval {ends[0]} to {ends[1]}"
    said += f", n = {several(answer['n'], 'item')}"
    if answer["lost"]:
        said += f" ({answer['lost']:,} not shared)"
    if answer["over"]:
        said += f", over {' and '.join(answer['over'])}"
    said += "."
    if answer["verdict"] == "inconclusive":
        said += f" {_could(prediction, answer)}"
    if answer["confounded"]:
        said += " The two sides share no other condition: the difference is also that of their settings."
    return said


def shown(value: float, name: str, *, unit: bool = False) -> str:
    """A difference in its measure's own unit, with its sign: `−3.1`, with `unit` `−3.1 points`."""
    measure = apart(name)
    digits = PROSE.get(measure.form, 0) if measure.digits is None else measure.digits
    return show(value, measure.form, digits=digits, sign=True, unit=unit)


def _could(prediction: Prediction, answer: Row) -> str:
    if answer["detectable"] is None:
        return "So few could have shown nothing."
    reach = shown(answer["detectable"], prediction.measure, unit=True).lstrip("+")
    if prediction.relation == "=":
        return f"So many could have shown that there is no difference beyond {reach}."
    beyond = " beyond the margin" if prediction.threshold else ""
    return f"The smallest difference{beyond} that so many show four times out of five is {reach}."


def _state(report: ReportEntry, prediction: Prediction, before: set[str]) -> str:
    if report.first is None:
        return "waiting"
    hashed = hypothesis_hash(prediction.sentence)
    if hashed not in before:
        return "added"
    return "committed" if hashed in report.commits else "header"


def _logged(plan: dict[str, Any]) -> list[Prediction]:
    """The predictions in a header, as far as this version knows their measures."""
    found = []
    for stated in plan.get("predictions") or []:
        try:
            found.append(checked(msgspec.convert(stated, Prediction)))
        except (msgspec.ValidationError, PredictionError):
            continue
    return found
