"""The benchmark task: questions with a right answer. Multiple choice, numbers, and short answers in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec

from llmxsite.base.diagnostics import Problem
from llmxsite.exchange.answer.choice import read_choice
from llmxsite.exchange.answer.confidence import letter_confidence, letter_of, sequence_confidence
from llmxsite.exchange.answer.locate import Alignment
from llmxsite.exchange.answer.numeric import parse_number, same_number
from llmxsite.exchange.answer.scorer import Scored
from llmxsite.exchange.answer.short import matches, parse_text
from llmxsite.exchange.answer.statement import answer_part
from llmxsite.exchange.answer.thinking import blanked
from llmxsite.exchange.asking.messages import messages_for, question_of
from llmxsite.exchange.asking.options import options_for
from llmxsite.exchange.asking.plan import Plan
from llmxsite.exchange.asking.question import Question
from llmxsite.exchange.engine.protocol import ModelInfo, Reply, Request, TokenLogprob
from llmxsite.study.experiment import Condition, Resolved, parse_prompt
from llmxsite.study.suite import LETTERS, Item, Suite

SCORERS = {"choice": "choice/2", "numeric": "numeric/2", "text": "text/2"}
"""Name and version of what scores each kind of question. The version goes up with every change that can move a score."""
TOP_LOGPROBS = 20


class Benchmark:
    """Asks items as they are, in one of the built-in ways or by a template, and compares the answer with the key."""

    name = "benchmark"

    def plan(
        self, experiment: Resolved, suite: Suite, item: Item, condition: Condition, repeat: int, model: ModelInfo
    ) -> Plan:
        name = str(condition["prompt"])
        prompt = parse_prompt(name)
        if prompt is None:
            raise Problem.at("experiment.yaml", "experiment-prompt", f"unknown prompt '{name}'")
        shuffle, language, system = (condition.get(key) for key in ("shuffle_options", "language", "system"))
        think, thinks = thinking(model, condition.get("think"))
        question = question_of(
            suite,
            item,
            prompt,
            language if isinstance(language, str) else None,
            shuffle if isinstance(shuffle, int) else None,
        )
        question.control = model.control
        messages, raw = messages_for(
            suite,
            item,
            question,
            prompt,
            system if isinstance(system, str) else None,
            experiment.templates.get(name),
        )
        requests = tuple(
            Request(
                model=str(condition["model"]),
                messages=messages,
                options=options_for(experiment, condition, prompt, thinks=thinks, repeat=repeat, draw=draw),
                think=think,
                raw_prompt=raw,
                top_logprobs=None if experiment.logprobs == "none" else TOP_LOGPROBS,
            )
            for draw in range(prompt.n if prompt.kind == "self-consistency" else 1)
        )
        return Plan(requests, question, SCORERS[question.kind])

    def score(self, plan: Plan, replies: Sequence[Reply]) -> Scored:
        return score(plan.question, replies)


def thinking(model: ModelInfo, wish: object) -> tuple[bool | None, bool]:
    """What to send as `think`, and whether the model will think. Raises `Problem` for a model that cannot but should.

    A server turns thinking on by itself for a model that can, so it is always told; one that cannot is told nothing.
    """
    able = None if model.capabilities is None else "thinking" in model.capabilities
    if able is False:
        if wish is True:
            raise Problem.at(
                "experiment.yaml",
                "experiment-think",
                f"the model '{model.name}' cannot think, but the experiment asks it to",
                hint="list its conditions without 'think', or leave the model out",
            )
        return None, False
    if able is None:
        return (wish if isinstance(wish, bool) else None), wish is True
    return wish is not False, wish is not False


class _Read(NamedTuple):
    """What one reply answers."""

    answer: str | int | float | None
    correct: bool
    at: int | None
    rule: str | None
    reason: str | None


def score(question: Question, replies: Sequence[Reply]) -> Scored:
    """Scores of the replies to one question: of the only one, or of the vote among several."""
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
        return _vote(base, replies, readings)
    reply, reading = replies[0], readings[0]
    scores, token = _logprobs(question, reply, reading)
    return Scored(_outcome(reply, reading), _verdict(reading) | base | scores, 0, token)


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


def _vote(base: dict[str, Any], replies: Sequence[Reply], readings: Sequence[_Read]) -> Scored:
    """Self-consistency (Wang et al. 2023, arXiv:2203.11171): the most frequent answer, the earliest one on a tie."""
    votes = Counter(r.answer for r in readings if r.answer is not None)
    winner = max(votes, key=votes.__getitem__) if votes else None
    shown = next((i for i, r in enumerate(readings) if r.answer is not None and r.answer == winner), 0)
    scores = _verdict(readings[shown]) | base | {"draws": len(replies)}
    if winner is not None:
        scores["votes"] = {str(answer): count for answer, count in votes.items()}
        scores["vote_share"] = votes[winner] / len(replies)
        return Scored("ok", scores, shown)
    return Scored("truncated" if any(map(_cut_off, replies)) else "failure", scores, shown)


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
