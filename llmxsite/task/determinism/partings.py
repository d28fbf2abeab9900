"""Where replies to one request part: the tokens they share, and how each goes on."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from llmxsite.analysis.stats.determinism import common_prefix
from llmxsite.analysis.tables import Samples
from llmxsite.task.determinism.agreement import TASK, matching, order
from llmxsite.task.determinism.cells import UNPARSED, Cell, cells, grouped


@dataclass(frozen=True)
class Variant:
    """One of the replies, with who gave it."""

    tokens: list[str]
    """From where the replies part; empty for a reply that ends there."""
    logprobs: list[float | None]
    """Of those tokens, in nats; empty where the server gave none."""
    answer: str | None
    correct: float | None
    """0 to 1; None where nothing was scored."""
    given: list[tuple[Any, int]]
    """Levels of the factor under which it came, and how often."""


@dataclass(frozen=True)
class Parting:
    """A request that got several replies."""

    item: str
    key: dict[str, Any]
    """Model and factors of the request, but for the one compared."""
    shared: list[str]
    """The tokens that all replies begin with."""
    variants: list[Variant]
    """The most frequent first."""


def partings(samples: Samples, factor: str = "regime") -> list[Parting]:
    """Every request that got more than one reply over the levels of `factor`, those with the most replies first.

    Of those with equally many, the ones that part earliest come first. Of determinism experiments only. KeyError for an unknown column, `Problem` for a log that is not there.
    """
    samples = samples.where(task=TASK)
    if not len(samples):
        return []
    found = []
    whole = sorted(cells(samples), key=lambda cell: order(cell.key[factor]))
    for _, group in grouped(whole, matching(samples, factor)):
        counts = Counter(text for cell in group for text in cell.texts)
        if len(counts) > 1:
            found.append(_parting(group, factor, counts, samples))
    found.sort(key=lambda p: (-len(p.variants), len(p.shared)))
    return found


def _parting(group: list[Cell], factor: str, counts: Counter[str], samples: Samples) -> Parting:
    every = [(cell, i) for cell in group for i in range(len(cell))]
    first = {cell.replies[i].text: (cell, i) for cell, i in reversed(every)}
    shared = common_prefix([cell.replies[i].tokens for cell, i in first.values()])
    variants = []
    for text, _ in counts.most_common():
        cell, i = first[text]
        reply, answer, correct = cell.replies[i], cell.answers[i], cell.correct[i]
        given = Counter(c.key[factor] for c, j in every if c.replies[j].text == text)
        logprobs = [] if reply.logprobs is None else [float(p) for p in reply.logprobs[shared:]]
        variants.append(
            Variant(
                tokens=list(reply.tokens[shared:]),
                logprobs=[None if p == float("-inf") else p for p in logprobs],
                answer=None if answer == UNPARSED else answer,
                correct=None if correct != correct else correct,
                given=list(given.items()),
            )
        )
    key = group[0].key
    names = ["model", *(name for name in samples.factors if name != factor)]
    tokens = group[0].replies[0].tokens[:shared]
    return Parting(key["item"], {name: key[name] for name in names}, list(tokens), variants)
