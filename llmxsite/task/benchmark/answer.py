"""How a question with a right answer is scored: a choice among options, a number, a short answer in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from llmxsite.exchange.answer.choice import read_choice
from llmxsite.exchange.answer.confidence import letter_confidence, letter_of, sequence_confidence
from llmxsite.exchange.answer.locate import Alignment
from llmxsite.exchange.answer.scorer import Scored, Scorer, rubric_of
from llmxsite.exchange.answer.scores import Answered, ChoiceScores, NumericScores, TextScores
from llmxsite.exchange.answer.short import matches, parse_text
from llmxsite.exchange.answer.statement import answer_part
from llmxsite.exchange.answer.thinking import blanked
from llmxsite.exchange.asking.plan import Turn, style_of
from llmxsite.exchange.asking.question import Question
from llmxsite.exchange.asking.wording import primary
from llmxsite.exchange.engine.protocol import Reply, TokenLogprob
from llmxsite.study.experiment import parse_prompt
from llmxsite.study.suite import LETTERS

if TYPE_CHECKING:
    from llmxsite.log.record import Sample

_TYPES: dict[str, type[Answered]] = {"choice": ChoiceScores, "numeric": NumericScores, "text": TextScores}


class _Read(NamedTuple):
    """What one reply answers."""

    answer: str | int | float | None
    correct: bool
    at: int | None
    rule: str | None
    reason: str | None


def score(question: Question, turns: Sequence[Turn]) -> Scored:
    """Scores of the replies to one question: of the only one, or of the vote among several."""
    replies = [turn.words for turn in turns]
    control = [token for token in question.control if any(token in reply.text for reply in replies)]
    if control:
        replies = [msgspec.structs.replace(reply, text=blanked(reply.text, control)) for reply in replies]
    readings = [_read(question, reply) for reply in replies]
    base: dict[str, Any] = {"expected": question.expected} | ({"control": control} if control else {})
    if len(question.accepted) > 1:
        base["accepted"] = question.accepted
    if question.unit:
        base["unit"] = question.unit
    if question.kind == "choice":
        base["position"] = LETTERS.index(str(question.expected))
        if question.order is not None:
            base["order"] = question.order
    if len(replies) > 1:
        return _vote(_TYPES[question.kind], base, replies, readings)
    reply, reading = replies[0], readings[0]
    scores, token = _logprobs(question, reply, reading)
    whole = _TYPES[question.kind](**(_verdict(reading) | base | scores))
    return Scored(_outcome(reply, reading), whole, 0, token)


def _read(question: Question, reply: Reply) -> _Read:
    complete = not _cut_off(reply)
    if question.kind == "choice":
        choice = read_choice(
            reply.text, question.choices, style=question.style, complete=complete, language=question.spoken
        )
        return _Read(choice.value, choice.value == question.expected, choice.at, choice.rule, choice.reason)
    start, end = answer_part(reply.text, question.style, question.spoken)
    part = reply.text[start:end]
    value: str | int | float | None
    if question.kind == "numeric":
        # Its expressions take a while to compile, and most studies ask for letters alone.
        from llmxsite.exchange.answer.numeric import parse_number, same_number

        number = parse_number(
            part,
            style=question.style,
            language=question.language,
            spoken=question.spoken,
            complete=complete,
            unit=question.unit,
        )
        value = None if number.value is None else number.value.value
        at, rule, reason = number.at, number.rule, number.reason
        correct = number.value is not None and same_number(number.value, float(question.expected), question.unit)
    else:
        text = parse_text(part, question.spoken)
        value, at, rule, reason = text.value, text.at, text.rule, text.reason
        correct = text.value is not None and matches(text.value, question.accepted or [str(question.expected)])
    return _Read(value, correct, None if at is None or value is None else start + at, rule, reason)


def _verdict(reading: _Read) -> dict[str, Any]:
    found: dict[str, Any] = {
        "answer": reading.answer,
        "correct": reading.correct,
        "parsed": reading.answer is not None,
    }
    if reading.answer is None:
        return found | {"reason": reading.reason}
    return found | {"rule": reading.rule}


def _outcome(reply: Reply, reading: _Read) -> Any:
    if reply.model_failure is not None:
        return "failure"
    if _cut_off(reply):
        return "truncated"
    return "failure" if reading.answer is None else "ok"


def _cut_off(reply: Reply) -> bool:
    """Whether the budget or the context ended the reply, or the context lost a part of the question."""
    return reply.done_reason == "length" or "context-truncated" in reply.warnings


def _vote(kind: type[Answered], base: dict[str, Any], replies: Sequence[Reply], readings: Sequence[_Read]) -> Scored:
    """Self-consistency (Wang et al. 2023, arXiv:2203.11171): the most frequent answer, the earliest one on a tie."""
    votes = Counter(r.answer for r in readings if r.answer is not None)
    winner = max(votes, key=votes.__getitem__) if votes else None
    shown = next((i for i, r in enumerate(readings) if r.answer is not None and r.answer == winner), 0)
    scores = _verdict(readings[shown]) | base | {"draws": len(replies)}
    if winner is not None:
        scores["votes"] = {str(answer): count for answer, count in votes.items()}
        scores["vote_share"] = votes[winner] / len(replies)
        return Scored("ok", kind(**scores), shown)
    return Scored("truncated" if any(map(_cut_off, replies)) else "failure", kind(**scores), shown)


def _logprobs(question: Question, reply: Reply, reading: _Read) -> tuple[dict[str, Any], int | None]:
    """What the tokens say about how sure the answer was, and the index of the answer's token."""
    if not reply.tokens:
        return {}, None
    tokens = Alignment(reply.tokens, reply.text)
    token = None if reading.at is None else tokens.at(reading.at)
    scores: dict[str, Any] = {}
    if tokens.first is not None:
        content = reply.tokens[tokens.first :]
        known = [t.logprob if t.logprob is not None else -float("inf") for t in content]
        scores["mean_token_probability"] = sequence_confidence(known).arithmetic_mean
    if question.kind != "choice":
        return scores, token
    letters = LETTERS[: len(question.choices)]
    if token is not None and reading.answer is not None:
        scores |= _letters(reply.tokens[token], letters, str(reading.answer), str(question.expected))
    if tokens.first is not None and question.style != "reasoned" and reply.tokens[tokens.first].top:
        # The most probable letter often is not the one that the reply goes on to give (Wang et al. 2024).
        scores["first_token_letter"] = letter_confidence(_top(reply.tokens[tokens.first]), letters, None).argmax
    return scores, token


def _letters(token: TokenLogprob, letters: str, answer: str, expected: str) -> dict[str, Any]:
    if not token.top or letter_of(token.token, letters) != answer:
        return {}  # an answer in words has no letter whose probability could be taken
    found = letter_confidence(_top(token), letters, answer)
    values = {
        "confidence": found.confidence,
        "confidence_low": found.conf_low,
        "confidence_high": found.conf_high,
        "letter_mass": found.letter_mass,
        "p_answer": found.p_raw.get(answer),
        "p_correct": found.p_norm.get(expected),
    }
    scores: dict[str, Any] = {name: value for name, value in values.items() if value is not None}
    return scores | {"p_letters": found.p_norm} if found.p_norm else scores


def _top(token: TokenLogprob) -> list[tuple[str, float]]:
    """The alternatives at a token with the chosen one among them, however improbable it was."""
    pairs = [(a.token, -float("inf") if a.logprob is None else a.logprob) for a in token.top or ()]
    if token.logprob is not None and all(text != token.token for text, _ in pairs):
        pairs.append((token.token, token.logprob))
    return pairs


def read(sample: Sample) -> Question | None:
    """The question as it was shown: from the line's rubric, and from scores, condition and options of one older than that field.

    None where the line does not hold it, as after an error, or where its right answer is none of its kind.
    """
    question = rubric_of(sample, Question) if isinstance(sample.rubric, dict) else _of_older(sample)
    kind = (sample.scorer or "").partition("/")[0]
    return question if question is not None and question.kind == kind and _answerable(question) else None


def _of_older(sample: Sample) -> Question | None:
    kind = (sample.scorer or "").partition("/")[0]
    expected, choices = sample.scores.get("expected"), sample.shown.choices if sample.shown else None
    if expected is None or (kind == "choice" and not choices):
        return None
    order, language = sample.scores.get("order"), sample.condition.get("language")
    known = language if isinstance(language, str) else sample.language
    try:
        shown = [choices[i] for i in order] if choices and order else choices or []
        return msgspec.convert(
            {
                "kind": kind,
                "choices": shown,
                "expected": expected,
                "accepted": sample.scores.get("accepted") or ([expected] if kind == "text" else []),
                "unit": sample.scores.get("unit"),
                "control": sample.scores.get("control") or [],
                "order": order,
                "language": primary(known),
                "spoken": primary(known) if known else None,
                "style": style_of(parse_prompt(str(sample.condition.get("prompt")))),
            },
            Question,
        )
    except (msgspec.ValidationError, IndexError, TypeError):
        return None


def _answerable(question: Question) -> bool:
    """Whether a right answer is of the question's kind: lines are anybody's."""
    expected, shown = question.expected, len(question.choices)
    if question.kind == "choice":
        ordered = question.order is None or sorted(question.order) == list(range(shown))
        return isinstance(expected, str) and len(expected) == 1 and expected in LETTERS[:shown] and ordered
    return isinstance(expected, str) == (question.kind == "text")


_SURE = ("mean_token_probability",)
SCORERS = (
    Scorer(
        "choice",
        2,
        Question,
        ChoiceScores,
        score,
        columns=("confidence", "confidence_low", "confidence_high", "letter_mass", *_SURE, "p_correct", "position"),
        read=read,
        not_kept=frozenset({"first_token_letter"}),  # the alternatives at that place are not in the log
    ),
    Scorer("numeric", 2, Question, NumericScores, score, columns=_SURE, read=read),
    Scorer("text", 2, Question, TextScores, score, columns=_SURE, read=read),
)
