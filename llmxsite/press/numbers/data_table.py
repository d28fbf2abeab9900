"""What a `{table}` can show: its kinds, the columns of each with their heads and forms, and the numbers in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from llmxsite.base.diagnostics import did_you_mean
from llmxsite.press.numbers.query import MEASURED, METRICS, MILLISECONDS, PERCENT, POINTS

if TYPE_CHECKING:
    from llmxsite.press.catalogue.entries import RunEntry
    from llmxsite.press.numbers.remembered import Numbers

COLUMNS: dict[str, tuple[str, str]] = {
    "n": ("Samples", "count"),
    "answered": ("Answered", "count"),
    "correct": ("Right", "count"),
    "unparsed": ("Unparsed", "count"),
    "truncated": ("Truncated", "count"),
    "errors": ("Errors", "count"),
    "accuracy": ("Accuracy, 95% interval", "mark"),
    "best_case": ("Best case", "percent"),
    "mean_confidence": ("Mean confidence", "percent"),
    "confidence_gap": ("Confidence − accuracy", "points"),
    "ece": ("ECE", "percent"),
    "ece_noise_floor": ("ECE by chance", "percent"),
    "ece_noise_p95": ("ECE by chance, 95%", "percent"),
    "coverage": ("With a confidence", "percent"),
    "brier": ("Brier", "number"),
    "auroc": ("AUROC", "number"),
    "latency_ms": ("Median latency", "seconds"),
    "first_token_ms": ("First token", "seconds"),
    "tokens_per_second": ("Tokens/s", "number"),
    "accuracy_per_second": ("Right answers a second", "number"),
    "item_agreement": ("Same answer again, 95% interval", "mark"),
    "item_agreement_parsed": ("Same, of those read, 95% interval", "mark"),
    "repeated": ("Items asked again", "count"),
    "value_a": ("Of a", "number"),
    "value_b": ("Of b", "number"),
    "accuracy_a": ("Accuracy of a", "percent"),
    "accuracy_b": ("Accuracy of b", "percent"),
    "difference": ("Difference, points", "points"),
    "ci_low": ("From", "points"),
    "ci_high": ("To", "points"),
    "p": ("p", "p"),
    "p_holm": ("p, Holm", "p"),
    "mcnemar_p": ("p, McNemar", "p"),
    "mde": ("Could have shown, points", "width"),
    "lost": ("Items lost", "count"),
    "only_a": ("Only a right", "count"),
    "only_b": ("Only b right", "count"),
    "verdict": ("Verdict", "text"),
    "n_items": ("Requests", "count"),
    "repeats": ("Repeats", "count"),
    "tarr": ("Same reply, 95% interval", "mark"),
    "tara": ("Same answer, 95% interval", "mark"),
    "accuracy_min": ("Lowest accuracy", "percent"),
    "accuracy_max": ("Highest accuracy", "percent"),
    "unique": ("Different replies", "number"),
    "differing": ("Differing replies", "count"),
    "bound": ("Chance to differ, below", "percent"),
    "fleiss_kappa": ("Fleiss’ κ", "number"),
    "similarity": ("Similarity", "percent"),
    "cached_share": ("Prompt from the cache", "percent"),
    "prompt_ms": ("Reading the prompt", "seconds"),
    "share": ("Identical under both, 95% interval", "mark"),
    "identical": ("Identical", "count"),
    "largest_drift": ("Largest |Δlogprob|", "number"),
    "first_divergence": ("Part at token", "number"),
    "flips": ("Answer flips", "count"),
}
"""Numbers a `{table}` can show, with their heads and forms; any other column is shown as the text it is."""
LABELS = {
    "mean_confidence": "Mean confidence",
    "confidence_gap": "Confidence − accuracy",
    "ece": "ECE",
    "ece_unweighted": "Unweighted ECE",
    "brier": "Brier",
    "auroc": "AUROC",
    "letter_mass": "Letter mass",
    "latency_ms": "Median latency",
    "first_token_ms": "First token",
    "tokens_per_second": "Tokens/s",
    "accuracy_per_second": "Right answers a second",
    "item_agreement": "Same answer again",
    "item_agreement_parsed": "Same, of those read",
}
"""How a `{table} comparison` names the measure it compares."""
SHOWN = {
    "summary": ["n", "accuracy", "unparsed", "mean_confidence", "ece"],
    "contrast": ["a", "b", "n", "value_a", "value_b", "difference", "ci_low", "ci_high", "p_holm", "verdict"],
    "comparison": ["a", "b", "n", "accuracy_a", "accuracy_b", "difference", "ci_low", "ci_high", "p_holm", "verdict"],
    "agreement": ["n_items", "repeats", "tarr", "tara", "accuracy_min", "accuracy_max", "bound"],
    "pairs": ["a", "b", "n", "share", "largest_drift", "flips", "mcnemar_p"],
    "repeats": ["repeated", "item_agreement", "item_agreement_parsed"],
    "calibration": ["n", "mean_confidence", "confidence_gap", "ece", "ece_noise_p95", "brier", "auroc", "coverage"],
}
"""What each kind of `{table}` shows when it does not say; `contrast` is a comparison of another measure than accuracy."""
KINDS = [kind for kind in SHOWN if kind != "contrast"]


def heads(kind: str, shown: Sequence[str], measure: str) -> list[tuple[str, str, str]]:
    """Name, title and form of each column."""
    found = [(c, *COLUMNS.get(c, (c.replace("_", " ").capitalize(), "text"))) for c in shown]
    if measure != "accuracy":
        found = [(c, *_contrasted(c, title, form, measure)) for c, title, form in found]
    counted = {"pairs": "Requests", "comparison": "Items"}
    return [(c, counted.get(kind, title) if c == "n" else title, form) for c, title, form in found]


def _contrasted(column: str, title: str, form: str, measure: str) -> tuple[str, str]:
    """Head and form of a column where a measure other than accuracy is compared."""
    own = METRICS[measure]
    plain = {PERCENT: "percent", POINTS: "points", MILLISECONDS: "seconds"}.get(own, "number")
    apart = {PERCENT: "points", POINTS: "points", MILLISECONDS: "apart_ms"}.get(own, "apart")
    if column in ("value_a", "value_b"):
        return f"{LABELS[measure]} of {column[-1]}", plain
    if column in ("difference", "ci_low", "ci_high"):
        words = "Difference" if column == "difference" else title
        return f"{words}, points" if apart == "points" and column == "difference" else words, apart
    if column == "mde":
        return ("Could have shown, points", "width") if apart == "points" else ("Could have shown", plain)
    return title, form


def rows(
    numbers: Numbers, kind: str, runs: Sequence[RunEntry], by: list[str], shown: list[str], options: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """The numbers of a `{table}`, sorted as its options ask. KeyError for a column the samples do not have."""
    where = options.get("where") or {}
    spans = [name for name in shown if name in MEASURED and COLUMNS[name][1] != "mark"]
    if kind == "comparison":
        factor, measure = str(options.get("factor") or "model"), str(options.get("measure") or "accuracy")
        found = numbers.comparison(runs, factor, by=by, where=where, measure=measure)
    elif kind in ("agreement", "pairs"):
        factor = str(options.get("factor") or "regime")
        found = numbers.determinism(runs, kind, [*by, factor] if kind == "pairs" else by, factor, where=where)
    elif kind == "calibration":
        found = numbers.calibration(runs, by, where=where, intervals=spans)
    else:
        found = numbers.summary(runs, by, where=where, strict=True, intervals=spans)
    sort = str(options.get("sort") or "")
    name = sort.lstrip("-")
    if found and name and name not in found[0]:
        raise KeyError(f"no column '{name}' to sort by; {did_you_mean(name, found[0])}")
    known = [r for r in found if name and r[name] is not None]
    ordered = sorted(known, key=lambda r: r[name], reverse=sort.startswith("-"))
    return [*ordered, *(r for r in found if r not in known)]
