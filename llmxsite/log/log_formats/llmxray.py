"""LLMxRay's benchmark results: one result, a list of them, or its export with them somewhere inside."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import msgspec

from llmxsite.base.diagnostics import Issues
from llmxsite.base.foreign_text import same
from llmxsite.exchange.engine.protocol import EngineInfo, ModelInfo, Timing, Usage
from llmxsite.log.log_formats.foreign import Foreign, ImportOptions, Oddities, finite
from llmxsite.log.log_formats.imported import Imported, Repeats, fingerprint, suite_ref, utc
from llmxsite.log.record import Answer, Sample, Scalar, Sent, Shown, sample_key
from llmxsite.study.suite import QuestionItem, item_hash
from llmxsite.study.suite.llmxray import split_letters
from llmxsite.study.suite.model import tidy

TITLE = "LLMxRay benchmark results"
SUFFIXES = (".json",)
_UNPARSED = ("", "?")
_NO_LOGPROBS = 0.5
"""What LLMxRay writes as confidence where it had no logprobs."""
_DEPTH = 5


class Question(msgspec.Struct, rename="camel"):
    """One of `questionResults`. Other keys are passed over."""

    question_id: str | int
    expected_answer: str
    model_answer: str | None = None
    correct: bool | None = None
    category: str | None = None
    latency_ms: float | None = None
    ttft_ms: float | None = None
    avg_token_confidence: float | None = None
    answer_logprob: float | None = None
    tokens_per_second: float | None = None
    token_count: float | None = None
    full_response: str | None = None
    thinking_response: str | None = None
    question_text: str | None = None
    choices: list[str] | None = None


class Result(msgspec.Struct, rename="camel"):
    """One benchmark run of one model."""

    model_name: str
    question_results: list[Any]
    id: str | int | None = None
    benchmark_ids: list[str] = []
    context_size: int | None = None
    started_at: str | float | None = None
    completed_at: str | float | None = None
    total_questions: int | None = None
    correct_count: int | None = None
    accuracy: float | None = None


def read(file: Foreign, options: ImportOptions, issues: Issues) -> list[Imported]:
    """Every result in the file, a run each."""
    found = list(_results(file.value(), 0))
    if not found:
        raise file.problem(
            f"no {TITLE} in it: expected `modelName` beside a list `questionResults`",
            hint="in LLMxRay, export the benchmark's results as JSON",
        )
    return [_imported(file, number, data, options, issues) for number, data in enumerate(found, 1)]


def _results(value: Any, depth: int) -> Iterator[dict[str, Any]]:
    """The results anywhere in a value, in its order."""
    if isinstance(value, dict) and isinstance(value.get("questionResults"), list):
        yield value
    elif depth < _DEPTH and isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _results(inner, depth + 1)


def _imported(file: Foreign, number: int, data: dict[str, Any], options: ImportOptions, issues: Issues) -> Imported:
    try:
        result = msgspec.convert(data, Result)
    except msgspec.ValidationError as error:
        raise file.problem(f"result {number} is not one of {TITLE}: {error}") from None
    odd = Oddities(file, issues)
    model = options.model or result.model_name
    condition: dict[str, Scalar] = {"model": model}
    if result.context_size is not None:
        condition["num_ctx"] = result.context_size
    suite = "+".join(result.benchmark_ids) or "llmxray"
    questions = _Questions(suite, condition, odd)
    for index, raw in enumerate(result.question_results, 1):
        try:
            question = msgspec.convert(raw, Question)
        except msgspec.ValidationError as error:
            kind = "unreadable_questions" if isinstance(raw, dict) else "questions_not_objects"
            odd.leave_out(kind, None, str(error), where=f"result {number}, question {index}: ")
            continue
        questions.add(question)
    if not questions.samples:
        raise file.problem(f"result {number} has no question that can be read")
    _compare(result, number, questions.samples, odd)
    odd.finish()
    rows = len(result.question_results)
    return Imported(
        model=ModelInfo(name=model),
        suites=[suite_ref(suite, None, questions.repeats.items.values())],
        samples=questions.samples,
        engine=EngineInfo(name="llmxray"),
        source=odd.source("LLMxRay", rows),
        identity=f"llmxray {result.started_at} {fingerprint(questions.samples)} {model}",
        started=utc(result.started_at),
        ended=utc(result.completed_at),
    )


class _Questions:
    """The samples of one result."""

    def __init__(self, suite: str, condition: dict[str, Scalar], odd: Oddities) -> None:
        self.suite, self.condition, self.odd = suite, condition, odd
        self.samples: list[Sample] = []
        self.repeats = Repeats()

    def add(self, question: Question) -> None:
        choices, _ = split_letters(question.choices) if question.choices else (None, [])
        item = QuestionItem(
            id=str(question.question_id),
            question=tidy(question.question_text or ""),
            choices=choices,
            answer=question.expected_answer.strip(),
        )
        digest = item_hash(item)
        repeat = self.repeats.next(item, digest)
        if repeat:
            self.odd.add("repeated_questions", None, f"question {item.id} comes again; kept as another sample of it")
        answer = (question.model_answer or "").strip()
        parsed = answer not in _UNPARSED
        right = parsed and same(answer, item.answer)
        if question.correct is not None and question.correct != right:
            words = "right" if question.correct else "wrong"
            message = f"question {item.id}: marked {words}, but the answer is {answer!r} and the key {item.answer!r}"
            self.odd.add("score_disagreements", None, message, hint="answer and key count")
        scores: dict[str, Any] = {
            "answer": answer if parsed else None,
            "expected": item.answer,
            "correct": right,
            "parsed": parsed,
        }
        if item.right is not None:
            scores["position"] = item.right
        scores |= self._confidence(question)
        if question.tokens_per_second is not None:
            scores["tokens_per_second"] = question.tokens_per_second
        count = question.token_count
        self.samples.append(
            Sample(
                key=sample_key(None, self.suite, f"{item.id} {digest}", self.condition, Sent(), repeat),
                suite=self.suite,
                item=item.id,
                item_hash=digest,
                category=question.category,
                condition=self.condition,
                repeat=repeat,
                shown=Shown(question=question.question_text, choices=choices),
                reply=Answer(text=question.full_response, thinking=question.thinking_response or None),
                timing=Timing(total_ms=question.latency_ms, first_token_ms=question.ttft_ms),
                usage=Usage(completion_tokens=int(count) if count is not None and count.is_integer() else None),
                outcome="ok" if parsed else "failure",
                scores=scores,
            )
        )

    def _confidence(self, question: Question) -> dict[str, float]:
        """What LLMxRay measured, under its own name; its 0.5 for `no logprobs` is missing, not half sure."""
        found: dict[str, float] = {}
        logprob, mean = question.answer_logprob, question.avg_token_confidence
        if logprob is not None and logprob <= 0:
            found["p_answer"] = math.exp(logprob)
        if mean == _NO_LOGPROBS and logprob is None:
            count = self.odd.counts.get("confidences_that_were_none", 0)
            self.odd.counts["confidences_that_were_none"] = count + 1
        elif mean is not None:
            found["mean_token_probability"] = mean
        return found


def _compare(result: Result, number: int, samples: list[Sample], odd: Oddities) -> None:
    """Say where the result's own totals are not those of its questions."""
    right = sum(sample.scores["correct"] for sample in samples)
    share = right / len(samples)
    told = {
        "totalQuestions": (result.total_questions, len(samples)),
        "correctCount": (result.correct_count, right),
        "accuracy": (result.accuracy, share),
    }
    for name, (says, counted) in told.items():
        claimed = finite(says)
        # LLMxRay's versions write the accuracy as a share or in per cent.
        scales = (1, 100) if name == "accuracy" else (1,)
        if claimed is not None and not any(math.isclose(claimed, counted * s, abs_tol=0.006 * s) for s in scales):
            message = f"result {number}: `{name}` says {claimed:g}, its questions give {counted:g}"
            odd.add("totals_that_disagree", None, message, hint="the questions count")
