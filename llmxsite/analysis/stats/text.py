"""Exact match and token F1 of short answers, by SQuAD's rules."""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Iterable, Sequence

ENGLISH = ("a", "an", "the")
"""Articles SQuAD drops. For another language pass its own, or none, and say so."""


def normalise(text: str, articles: Sequence[str] = ENGLISH) -> str:
    """Lower case, ASCII punctuation deleted (not replaced: "New-York" becomes "newyork"), articles dropped, spaces squeezed.

    >>> normalise("The Eiffel Tower!")
    'eiffel tower'
    """
    text = "".join(c for c in text.lower() if c not in string.punctuation)
    if articles:
        text = re.sub(rf"\b({'|'.join(map(re.escape, articles))})\b", " ", text)
    return " ".join(text.split())


def exact_match(prediction: str, references: Iterable[str], articles: Sequence[str] = ENGLISH) -> bool:
    """Whether the prediction equals any reference, normalised. Source: Rajpurkar et al. 2016 (arXiv:1606.05250)."""
    said = normalise(prediction, articles)
    return any(said == normalise(reference, articles) for reference in references)


def token_f1(prediction: str, references: Iterable[str], articles: Sequence[str] = ENGLISH) -> float | None:
    """Best F1 of shared tokens over the references, 0 to 1; None without a reference.

    Tokens count as often as they occur on both sides; their order does not. Where either side has none, the score is 1
    when both have none, else 0. Source: Rajpurkar et al. 2018 (arXiv:1806.03822), the official v2 script.
    """
    said = normalise(prediction, articles).split()
    return max((_f1(said, normalise(reference, articles).split()) for reference in references), default=None)


def _f1(said: list[str], meant: list[str]) -> float:
    if not said or not meant:
        return float(said == meant)
    shared = (Counter(said) & Counter(meant)).total()
    return 2 * shared / (len(said) + len(meant))
