"""The measures of the core's tables: what `summary`, `comparison`, `calibration` and the others have in their columns."""

from __future__ import annotations

from typing import Any

import msgspec

from llmxsite.analysis.measure import Measure

_N = Measure("n", "Samples", form="count")
_ACCURACY = Measure(
    "accuracy",
    "Accuracy",
    form="percent",
    better="higher",
    interval=("ci_low", "ci_high"),
    what="accuracy",
    description="Correct answers over answered questions; a reply in which no answer could be read counts as wrong.",
)
_ACCURACY_ALONE = msgspec.structs.replace(_ACCURACY, interval=None)


def _drawn(name: str, title: str, **more: Any) -> Measure:
    """A measure whose interval is made by resampling items."""
    return _within(name, title, resampled=True, **more)


def _within(name: str, title: str, **more: Any) -> Measure:
    return Measure(name, title, interval=(f"{name}_low", f"{name}_high"), **more)


_CONFIDENCE = (
    _drawn(
        "mean_confidence",
        "Mean confidence",
        form="percent",
        what="mean confidence",
        description="Probability of the chosen letter among the letters, averaged.",
    ),
    _drawn(
        "confidence_gap",
        "Confidence minus accuracy",
        head="Confidence − accuracy",
        form="points",
        what="mean confidence minus accuracy",
        description="Mean confidence minus accuracy: above 0 is over-confident.",
    ),
    _drawn(
        "ece",
        "Calibration error",
        head="ECE",
        form="percent",
        better="lower",
        what="expected calibration error, ten bins",
        description="Expected calibration error over ten equal bins; above 0 for a calibrated model too.",
    ),
    _drawn(
        "ece_unweighted",
        "Calibration error, unweighted",
        head="Unweighted ECE",
        form="percent",
        better="lower",
        what="mean calibration gap over bins",
    ),
    _drawn(
        "brier",
        "Brier score",
        head="Brier",
        form="probability",
        better="lower",
        what="Brier score",
        description="Mean square of confidence minus correctness.",
    ),
    _drawn(
        "auroc",
        "AUROC of confidence",
        head="AUROC",
        form="probability",
        better="higher",
        what="area under the ROC curve of confidence for being right",
        description="How often a right answer is surer than a wrong one.",
    ),
    _drawn(
        "letter_mass",
        "Letter mass",
        form="percent",
        what="mean probability on the letters",
        description="Probability that the alternatives seen give to answer letters.",
    ),
)
FLOORS = (
    Measure(
        "ece_noise_floor",
        "ECE by chance",
        form="percent",
        resampled=True,
        what="expected calibration error of a calibrated model at this n, mean of redraws",
    ),
    Measure(
        "ece_noise_p95",
        "ECE by chance, 95%",
        form="percent",
        resampled=True,
        what="expected calibration error below which 95% of calibrated models lie at this n",
    ),
)
"""What noise alone makes of the ECE: redrawn, so that it is computed where it is asked for."""
REPEATED = Measure("repeated", "Items asked again", form="count", what="items asked again")
SUMMARY = (
    _N,
    Measure("answered", "Answered", form="count", description="Samples without an error."),
    Measure("correct", "Correct", head="Right", form="count", better="higher"),
    Measure("unparsed", "Unparsed", form="count", better="lower", description="Answers nobody could read."),
    Measure("truncated", "Truncated", form="count", better="lower", description="Replies cut off by their budget."),
    Measure("errors", "Errors", form="count", better="lower", description="Faults of machine or network."),
    _ACCURACY,
    Measure(
        "se",
        "Standard error",
        form="points",
        better="lower",
        what="standard error of the accuracy",
    ),
    Measure("ci_low", "Low end", form="percent", what="lower end of the 95% interval of the accuracy"),
    Measure("ci_high", "High end", form="percent", what="upper end of the 95% interval of the accuracy"),
    Measure(
        "best_case",
        "Accuracy, best case",
        head="Best case",
        form="percent",
        better="higher",
        what="accuracy if every unparsed answer were right",
        description="As if every unread answer were right.",
    ),
    *_CONFIDENCE,
    Measure(
        "confidence_coverage",
        "Confidence coverage",
        form="percent",
        what="share of answers with a confidence",
        description="Share of scored answers that have a confidence.",
    ),
    _drawn(
        "latency_ms",
        "Median time of an answer",
        head="Median latency",
        form="milliseconds",
        better="lower",
        what="median time to the whole reply",
        description="Median of the whole request.",
    ),
    _drawn(
        "first_token_ms",
        "Median time to first token",
        head="First token",
        form="milliseconds",
        better="lower",
        what="median time to the first token",
    ),
    _drawn(
        "tokens_per_second",
        "Tokens a second",
        head="Tokens/s",
        digits=1,
        better="higher",
        what="generated tokens over generation time",
        description="All generated tokens over all generation time.",
    ),
    _drawn(
        "accuracy_per_second",
        "Right answers a second",
        better="higher",
        what="right answers for each second of answering",
        description="Right answers over all seconds of answering.",
    ),
    _within(
        "item_agreement",
        "Same answer again",
        form="percent",
        what="share of pairs of replies to one request with the same answer, an unread one being an answer too",
        description="Share of pairs of replies to one request with the same answer, over items; an unread reply is an answer of its own kind.",
    ),
    _within(
        "item_agreement_parsed",
        "Same answer again, of those read",
        head="Same, of those read",
        form="percent",
        what="share of pairs of replies to one request with the same answer, unread ones left out",
        description="The same without replies that could not be read.",
    ),
    Measure("n_items", "Items", form="count"),
    REPEATED,
)
"""Of `summarise`: each is a word of `{value}` by itself, and what a chart can show."""
BY_NAME = {measure.name: measure for measure in (*SUMMARY, *FLOORS)}
COMPARED = tuple(m.name for m in SUMMARY if m.interval and m.name != "accuracy")
"""Measures beside accuracy that have an interval, and whose difference has one: `results.measures.CONTRASTED`."""
_PAIR = (Measure("a", "a", form="text"), Measure("b", "b", form="text"), Measure("n", "Items", form="count"))
_TESTS = (
    Measure("p", "p", form="p"),
    Measure("p_holm", "p, Holm", form="p"),
    Measure("verdict", "Verdict", form="text"),
    Measure("lost", "Items lost", form="count"),
)
COMPARISON = (
    *_PAIR,
    Measure("accuracy_a", "Accuracy of a", form="percent"),
    Measure("accuracy_b", "Accuracy of b", form="percent"),
    Measure("difference", "Difference, points", form="points", interval=("ci_low", "ci_high")),
    Measure("ci_low", "From", form="points"),
    Measure("ci_high", "To", form="points"),
    Measure("mde", "Could have shown, points", form="points", sign=False),
    *_TESTS,
    Measure("mcnemar_p", "p, McNemar", form="p"),
    Measure("only_a", "Only a right", form="count"),
    Measure("only_b", "Only b right", form="count"),
)
CALIBRATION = (
    _N,
    *_CONFIDENCE,
    *FLOORS,
    Measure("coverage", "With a confidence", form="percent"),
    _ACCURACY_ALONE,
)
ITEMS = (
    Measure("item", "Item", form="text"),
    Measure("n", "Conditions", form="count"),
    Measure(
        "accuracy",
        "Accuracy",
        form="percent",
        better="higher",
        description="Mean over the conditions it was met under.",
    ),
)
RULES = ("strict", "last", "lm-eval")
"""Names of the rules of reading in `answer.rules`, which compiles what reads replies."""
READINGS = (
    _N,
    _ACCURACY_ALONE,
    *(Measure(name, f"By the rule {name}", head=name, form="percent") for name in RULES),
    Measure("apart", "Apart, points", form="points", sign=False, description="The largest of them less the smallest."),
)
"""Of `readings`: the accuracy as scored, by each other rule of reading a reply, and how far these lie apart."""


def apart(name: str) -> Measure:
    """The difference of a measure, in the unit that such differences have: shares differ by points."""
    return next(m for m in (COMPARISON if name == "accuracy" else contrasted(name)) if m.name == "difference")


def contrasted(name: str) -> tuple[Measure, ...]:
    """The measures of a comparison of another measure than accuracy, in that measure's own unit."""
    own = BY_NAME[name]
    shares = own.form in ("percent", "points")
    unit: dict[str, Any] = {"form": "points"} if shares else {"form": own.form, "digits": own.digits, "sign": True}
    points = ", points" if shares else ""
    return (
        *_PAIR,
        Measure("value_a", f"{own.heading} of a", form=own.form, digits=own.digits),
        Measure("value_b", f"{own.heading} of b", form=own.form, digits=own.digits),
        Measure("difference", f"Difference{points}", interval=("ci_low", "ci_high"), what=own.what, **unit),
        Measure("ci_low", "From", **unit),
        Measure("ci_high", "To", **unit),
        Measure("mde", f"Could have shown{points}", **{**unit, "sign": False}),
        *_TESTS,
    )
