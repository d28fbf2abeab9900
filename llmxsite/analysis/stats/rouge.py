"""ROUGE: overlap of n-grams and of longest common subsequences with a reference text."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from typing import NamedTuple

from llmxsite.analysis.stats.porter import stem

Tokenizer = Callable[[str], list[str]]


class Rouge(NamedTuple):
    """Shares of 0 to 1. All 0 where either side has nothing to compare."""

    precision: float
    """Of the prediction's n-grams, how many the reference has."""
    recall: float
    """Of the reference's, how many the prediction has."""
    f1: float


def english(text: str) -> list[str]:
    """The original's tokens: lower case, runs of a to z and 0 to 9. Nothing is left of Cyrillic, and "été" equals "ôté"."""
    return re.findall(r"[a-z0-9]+", text.lower())


def english_stemmed(text: str) -> list[str]:
    """The same with words of more than three characters stemmed by Porter's rules."""
    return [stem(token) if len(token) > 3 else token for token in english(text)]


def unicode_words(text: str) -> list[str]:
    """Runs of letters and digits of any script: for text that is not English. Name it beside the number."""
    return re.findall(r"[^\W_]+", text.casefold())


def rouge_n(reference: str, prediction: str, n: int = 1, tokens: Tokenizer = english) -> Rouge:
    """Overlap of n-grams, each counted as often as both sides have it. Source: Lin 2004, section 2."""
    ours, theirs = _ngrams(tokens(prediction), n), _ngrams(tokens(reference), n)
    return _score((ours & theirs).total(), ours.total(), theirs.total())


def rouge_l(reference: str, prediction: str, tokens: Tokenizer = english) -> Rouge:
    """Longest common subsequence of the two texts, each taken as one sentence. Source: Lin 2004, section 3.1."""
    ours, theirs = tokens(prediction), tokens(reference)
    return _score(len(_common(theirs, ours)), len(ours), len(theirs))


def rouge_lsum(reference: str, prediction: str, tokens: Tokenizer = english) -> Rouge:
    """Union of longest common subsequences, sentence by sentence; a line is a sentence. Source: Lin 2004, section 3.2."""
    theirs = [tokens(line) for line in reference.split("\n") if line]
    ours = [tokens(line) for line in prediction.split("\n") if line]
    left = Counter(token for line in ours for token in line)
    right = Counter(token for line in theirs for token in line)
    totals = left.total(), right.total()
    hits = 0
    for line in theirs:
        union = sorted({i for other in ours for i in _common(line, other)})
        for token in (line[i] for i in union):
            if left[token] > 0 and right[token] > 0:
                hits, left[token], right[token] = hits + 1, left[token] - 1, right[token] - 1
    return _score(hits, *totals)


def _ngrams(tokens: Sequence[str], n: int) -> Counter[tuple[str, ...]]:
    return Counter(tuple(tokens[i : i + n]) for i in range(len(tokens) - n + 1))


def _common(a: Sequence[str], b: Sequence[str]) -> list[int]:
    """Positions in `a` of a longest common subsequence of `a` and `b`."""
    table = [[0] * (len(b) + 1) for _ in range(len(a) + 1)]
    for i, x in enumerate(a, 1):
        for j, y in enumerate(b, 1):
            table[i][j] = table[i - 1][j - 1] + 1 if x == y else max(table[i - 1][j], table[i][j - 1])
    i, j, found = len(a), len(b), []
    while i and j:
        if a[i - 1] == b[j - 1]:
            found.append(i - 1)
            i, j = i - 1, j - 1
        elif table[i][j - 1] > table[i - 1][j]:
            j -= 1
        else:
            i -= 1
    return found[::-1]


def _score(hits: int, ours: int, theirs: int) -> Rouge:
    if not ours or not theirs:
        return Rouge(0.0, 0.0, 0.0)
    p, r = hits / ours, hits / theirs
    return Rouge(p, r, 2 * p * r / (p + r) if hits else 0.0)
