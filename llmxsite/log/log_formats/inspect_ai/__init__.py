"""Logs of inspect_ai: `.eval` (a zip file) and `.json`, as `log` reads them."""

from __future__ import annotations

from typing import Any

import msgspec

from llmxsite.base.diagnostics import Issues
from llmxsite.exchange.engine.protocol import EngineInfo, ModelInfo, Timing, Usage
from llmxsite.log.log_formats.foreign import Foreign, ImportOptions, Oddities, finite
from llmxsite.log.log_formats.imported import Imported, Repeats, suite_ref, utc
from llmxsite.log.log_formats.inspect_ai import log as logs
from llmxsite.log.log_formats.inspect_ai.grade import grade, primary
from llmxsite.log.log_formats.inspect_ai.log import TITLE, Log, Row
from llmxsite.log.log_formats.inspect_ai.texts import Texts
from llmxsite.log.record import Fault, Outcome, Sample, Scalar, Sent, Shown, sample_key
from llmxsite.study.suite import QuestionItem, item_hash
from llmxsite.study.suite.model import tidy

__all__ = ["SUFFIXES", "TITLE", "read"]

SUFFIXES = (".eval", ".json")
_CUT_OFF = ("max_tokens", "model_length")
_SETTINGS = (
    "temperature",
    "top_p",
    "top_k",
    "seed",
    "max_tokens",
    "frequency_penalty",
    "presence_penalty",
    "system_message",
    "reasoning_effort",
    "reasoning_tokens",
)
"""What of a generation's configuration reaches the model; connections and timeouts do not."""


def read(file: Foreign, options: ImportOptions, issues: Issues) -> list[Imported]:
    """The one run in the log. Raises `Problem` when it is no log of inspect_ai."""
    odd = Oddities(file, issues)
    log, rows = logs.read(file, odd)
    if log.status != "success":
        odd.add("unfinished_logs", None, f"the log's status is '{log.status}': what it holds is imported")
    if not rows:
        raise file.problem("no samples in it", hint="log with `log_samples`, or import a log that has them")
    model = options.model or log.eval.model
    scorer = primary(row for _, row in rows)
    names = dict.fromkeys(name for _, row in rows for name in row.scores or {})
    if names and scorer is None:
        said = f"no scorer's values all lie from 0 to 1 ({', '.join(names)}): kept, but no sample has a score"
        odd.add("scorers_that_do_not_grade", None, said)
    samples = _Samples(log, model, scorer, odd)
    for number, row in rows:
        samples.add(number, row)
    odd.finish()
    revision = log.eval.revision or {}
    return [
        Imported(
            model=ModelInfo(name=model),
            suites=[suite_ref(samples.suite, None, samples.repeats.items.values())],
            samples=samples.found,
            engine=EngineInfo(name="inspect_ai", version=log.eval.packages.get("inspect_ai")),
            experiment={
                "task": log.eval.task,
                "arguments": log.eval.task_args,
                "solvers": [step.get("solver") for step in log.plan.steps],
                "scorer": samples.scorer,
                "commit": revision.get("commit"),
            },
            software=log.eval.packages,
            source=odd.source("inspect_ai", len(rows) + odd.missing),
            identity=f"inspect {log.eval.own_id or file.sha256} {model}",
            started=utc(log.stats.started_at),
            ended=utc(log.stats.completed_at),
        )
    ]


class _Samples:
    """The samples of one log."""

    def __init__(self, log: Log, model: str, scorer: str | None, odd: Oddities) -> None:
        self.odd, self.scorer = odd, scorer
        self.suite = log.eval.dataset.name or log.eval.task
        config = log.eval.model_generate_config | log.plan.config
        self.condition: dict[str, Scalar] = {"model": model}
        self.condition |= {name: config[name] for name in _SETTINGS if isinstance(config.get(name), str | int | float)}
        self.found: list[Sample] = []
        self.repeats = Repeats()

    def add(self, number: int, row: Row) -> None:
        texts = Texts(row.attachments)
        question = texts.text(row.input) if isinstance(row.input, str) else texts.conversation(row.input)
        target = row.target if isinstance(row.target, str) else msgspec.json.encode(row.target).decode()
        item = QuestionItem(id=str(row.id), question=tidy(question), choices=row.choices, answer=target)
        digest = item_hash(item)
        repeat = max(row.epoch - 1, self.repeats.next(item, digest))
        choice = row.output.choices[0] if row.output.choices else None
        scores = {} if row.error is not None else self._scores(number, row, item)
        usage, seconds = row.output.usage or logs.Usage(), finite(row.output.time)
        self.found.append(
            Sample(
                key=sample_key(None, self.suite, f"{item.id} {digest}", self.condition, Sent(), repeat),
                suite=self.suite,
                item=item.id,
                item_hash=digest,
                category=_word(row.metadata.get("category") or row.metadata.get("subject")),
                condition=self.condition,
                repeat=repeat,
                request=Sent(messages=texts.asked(row.messages)),
                shown=Shown(question=question, choices=row.choices),
                reply=texts.reply(choice) if choice else None,
                timing=Timing(total_ms=None if seconds is None else seconds * 1000),
                usage=Usage(
                    prompt_tokens=usage.input_tokens,
                    cached_tokens=usage.input_tokens_cache_read,
                    completion_tokens=usage.output_tokens,
                ),
                outcome=_outcome(row, choice, scores),
                error=Fault(kind="inspect_ai", message=row.error.message[:500]) if row.error else None,
                scores=scores,
                time=utc(row.completed_at),
            )
        )

    def _scores(self, number: int, row: Row, item: QuestionItem) -> dict[str, Any]:
        """The verdict of the scorer that counts, and under `inspect_ai` what each scorer said."""
        found: dict[str, Any] = {"expected": item.answer} if item.answer else {}
        if item.right is not None:
            found["position"] = item.right
        if not row.scores:
            return found
        found["inspect_ai"] = {name: score.value for name, score in row.scores.items()}
        score = row.scores.get(self.scorer or next(iter(row.scores)))
        if score is None:
            return found
        if score.answer:
            found["answer"] = score.answer
        if score.value == "N":
            found["parsed"] = False
        if self.scorer is None:
            return found
        if (value := grade(score.value)) is not None:
            found["correct"] = value
        elif score.value is not None:
            message = f"sample {item.id}: the value of '{self.scorer}' is no grade from 0 to 1; not scored"
            self.odd.add("values_that_are_no_grade", number, message)
        return found


def _outcome(row: Row, choice: logs.Choice | None, scores: dict[str, Any]) -> Outcome:
    if row.error is not None:
        return "error"
    if row.limit is not None or (choice is not None and choice.stop_reason in _CUT_OFF):
        return "truncated"
    return "failure" if scores.get("parsed") is False else "ok"


def _word(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
