"""What the title of a number in prose calls it, and how its interval was made."""

from __future__ import annotations

WHAT = {
    "accuracy": "accuracy",
    "best_case": "accuracy if every unparsed answer were right",
    "mean_confidence": "mean confidence",
    "confidence_gap": "mean confidence minus accuracy",
    "confidence_coverage": "share of answers with a confidence",
    "letter_mass": "mean probability on the letters",
    "se": "standard error of the accuracy",
    "ci_low": "lower end of the 95% interval of the accuracy",
    "ci_high": "upper end of the 95% interval of the accuracy",
    "ece": "expected calibration error, ten bins",
    "ece_unweighted": "mean calibration gap over bins",
    "brier": "Brier score",
    "auroc": "area under the ROC curve of confidence for being right",
    "accuracy_per_second": "right answers for each second of answering",
    "item_agreement": "share of pairs of replies to one request with the same answer, an unread one being an answer too",
    "item_agreement_parsed": "share of pairs of replies to one request with the same answer, unread ones left out",
    "ece_noise_floor": "expected calibration error of a calibrated model at this n, mean of redraws",
    "ece_noise_p95": "expected calibration error below which 95% of calibrated models lie at this n",
    "latency_ms": "median time to the whole reply",
    "first_token_ms": "median time to the first token",
    "tokens_per_second": "generated tokens over generation time",
}
METHODS = {
    "wilson": "Wilson",
    "wilson, clustered": "Wilson, clustered by item",
    "t": "Student's t",
    "t, clustered": "Student's t, clustered by item",
}


def resampled(method: str, units: int, draws: int, seed: int) -> str:
    """`bootstrap of 48 items, 2,000 draws, seed 0`."""
    if method == "t":
        return f"Student's t over {int(units):,} items"
    drawn = "all there are" if method.endswith("exact") else f"{int(draws):,} draws, seed {int(seed)}"
    return f"bootstrap of {int(units):,} items, {drawn}"
