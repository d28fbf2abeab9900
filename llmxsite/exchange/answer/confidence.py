"""How sure a model was: probabilities out of logprobs, without numpy, so that a scorer can use it.

An engine returns for each token at most `k` alternatives with their log-probability. From the alternatives at the
answer's token comes the probability of the chosen letter among the letters, together with what the list could not show;
from the chosen tokens come the summaries of a whole reply. The definitions are kept apart and never mixed in one number.

llama.cpp writes -3.4028e38 for probability 0 (`std::numeric_limits<float>::lowest()`); anything at or below -1e30 is 0.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from llmxsite.exchange.answer.letters import plain

_ZERO = -1e30
_SPACES = " \t\r\n\u00a0▁ĠĊ"  # "▁", "Ġ" and "Ċ" are how tokenizers spell white space
_AROUND = "()[]{}<>.,:;!?*_\"'`“”‘’«»-"


@dataclass(frozen=True, slots=True)
class LetterConfidence:
    """Probabilities of the answer letters at one token. Every probability lies in 0 to 1; None is undefined."""

    p_raw: dict[str, float]
    """Probability of each letter seen in the list, summed over its spellings. A letter not seen is absent, not 0, and one
    that is listed with probability 0 was not seen."""
    p_norm: dict[str, float]
    """`p_raw` divided by its sum: the probability of the letter, given that a letter comes."""
    letter_mass: float
    """Sum of `p_raw`: how much of the next token is an answer letter at all."""
    topk_mass: float
    """Sum over the whole list; what is left of 1 was not seen."""
    missing_letters: tuple[str, ...]
    """Letters that no token of the list spells with a probability above 0."""
    bound: float
    """The most the missing letters can have together: min(1 - topk_mass, number missing x smallest probability listed)."""
    chosen: str | None
    """The letter whose confidence this is."""
    argmax: str | None
    """The most probable letter; the first in the order of the letters on a tie."""
    confidence: float | None
    """`p_norm` of the chosen letter; None when it, or every letter, is missing from the list."""
    conf_low: float | None
    """Lower end of what the truncated list allows. Hidden spellings of letters that were seen are not counted."""
    conf_high: float | None
    """Upper end of the same. Equal to `conf_low` when no letter is missing."""

    def listed(self, letter: str) -> float:
        """How much of the next token the list shows to be this letter: 0 for one not seen, of which that says nothing more."""
        return self.p_raw.get(letter, 0.0)


@dataclass(frozen=True, slots=True)
class SequenceConfidence:
    """Summaries of the probabilities of a reply's tokens. All in 0 to 1 but the last two; None for no tokens."""

    tokens: int
    first_token: float | None
    geometric_mean: float | None
    """exp of the mean logprob. Long replies are not punished by length, single bad tokens are."""
    arithmetic_mean: float | None
    """Mean of the probabilities: what LLMxRay calls avgTokenConfidence. Never below the geometric mean."""
    joint: float | None
    minimum: float | None
    mean_nll: float | None
    """Mean negative logprob in nats a token; infinite when a token had probability 0."""
    perplexity: float | None
    """exp of `mean_nll`."""


def probability(logprob: float) -> float:
    """exp of a logprob, with the stand-ins for minus infinity as 0 and rounding above 0 as 1."""
    return 0.0 if logprob <= _ZERO else math.exp(min(logprob, 0.0))


def letter_of(token: str, letters: Iterable[str]) -> str | None:
    """The letter a token spells: "A" for "A", " A", "(A", "a", "A.", "▁A" and "Ａ"; None for anything longer.

    >>> letter_of(" (b", ["A", "B"])
    'B'
    >>> letter_of("The", ["A", "B"]) is None
    True
    """
    bare = plain(token).strip(_SPACES + _AROUND).upper()
    return next((letter for letter in letters if letter.upper() == bare), None) if len(bare) == 1 else None


def letter_confidence(
    top: Mapping[str, float] | Iterable[tuple[str, float]], letters: Sequence[str], chosen: str | None
) -> LetterConfidence:
    """The probability of the chosen answer letter among all answer letters, with the bounds a truncated list leaves.

    With m letters missing from the list and p_min its smallest probability, the missing ones share at most
    U = min(1 - sum of the list, m p_min), so that the confidence lies in [P/(mass + U), P/mass].

    `top` are the alternatives at the answer's token as (token, natural logprob); `letters` the letters the item offers,
    in their order; `chosen` the letter the reply gave. A chosen letter that the list does not hold has no confidence, only
    bounds; with no letter in the list at all there are no bounds either.

    Source: methods of multiple-choice evaluation by letter probabilities; Wang et al. 2024 (arXiv:2402.14499) on why
    the letter is the one the reply gave, and not the most probable first token.
    """
    pairs = list(top.items() if isinstance(top, Mapping) else top)
    probabilities = [probability(logprob) for _, logprob in pairs]
    found: dict[str, list[float]] = {}
    for (token, _), p in zip(pairs, probabilities, strict=True):
        letter = letter_of(token, letters)
        if letter is not None and p > 0:
            found.setdefault(letter, []).append(p)

    p_raw = {letter: math.fsum(found[letter]) for letter in letters if letter in found}
    mass = math.fsum(p_raw.values())
    seen = min(1.0, math.fsum(probabilities))
    missing = tuple(letter for letter in letters if letter not in p_raw)
    floor = min(probabilities, default=1.0)
    bound = min(max(0.0, 1.0 - seen), len(missing) * floor)

    p_norm = {letter: p / mass for letter, p in p_raw.items()} if mass > 0 else {}
    confidence = p_norm.get(chosen) if chosen is not None else None
    low = high = None
    if confidence is not None and chosen is not None:
        low, high = p_raw[chosen] / (mass + bound), confidence
    elif mass > 0 and chosen in missing:
        own = min(bound, floor)
        low, high = 0.0, own / (mass + own)
    return LetterConfidence(
        p_raw=p_raw,
        p_norm=p_norm,
        letter_mass=mass,
        topk_mass=seen,
        missing_letters=missing,
        bound=bound,
        chosen=chosen,
        argmax=max(p_norm, key=p_norm.__getitem__) if p_norm else None,
        confidence=confidence,
        conf_low=low,
        conf_high=high,
    )


def sequence_confidence(logprobs: Sequence[float]) -> SequenceConfidence:
    """What the logprobs of a reply's chosen tokens say together. `logprobs` are natural, one a token, in order."""
    n = len(logprobs)
    if n == 0:
        return SequenceConfidence(0, None, None, None, None, None, None, None)
    values = [probability(logprob) for logprob in logprobs]
    total = -math.inf if min(values) == 0.0 else math.fsum(min(logprob, 0.0) for logprob in logprobs)
    mean = total / n
    return SequenceConfidence(
        tokens=n,
        first_token=values[0],
        geometric_mean=math.exp(mean),
        arithmetic_mean=math.fsum(values) / n,
        joint=math.exp(total),
        minimum=min(values),
        mean_nll=-mean,
        perplexity=math.exp(-mean) if -mean < 700 else math.inf,
    )
