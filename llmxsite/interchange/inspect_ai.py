"""Logs of inspect_ai: `.eval` (a zip file) and `.json`."""

from __future__ import annotations

import io
import math
import re
from collections.abc import Iterator
from typing import Any, Literal, cast

import msgspec

from llmxsite.diagnostics import Issues
from llmxsite.engine.protocol import (
    Alternative,
    EngineInfo,
    Message,
    ModelInfo,
    Timing,
    TokenLogprob,
    Usage,
    clean_logprob,
)
from llmxsite.interchange import archive
from llmxsite.interchange.foreign import Foreign, Oddities, Options
from llmxsite.interchange.imported import Imported, Repeats, suite_ref, utc
from llmxsite.record import Answer, Fault, Outcome, Sample, Scalar, Sent, Shown, sample_key
from llmxsite.suite import Item, item_hash
from llmxsite.suite.model import tidy

TITLE = "inspect_ai logs"
SUFFIXES = (".eval", ".json")
_ATTACHMENT = "attachment://"
_GRADES = {"C": 1.0, "P": 0.5, "I": 0.0, "N": 0.0}
"""inspect_ai's letters: correct, partial, incorrect, no answer."""
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


class Dataset(msgspec.Struct):
    name: str | None = None


class Eval(msgspec.Struct):
    """The `eval` of a log: what was asked of whom."""

    task: str
    model: str
    dataset: Dataset = msgspec.field(default_factory=Dataset)
    task_args: dict[str, Any] = {}
    model_generate_config: dict[str, Any] = {}
    packages: dict[str, str] = {}
    revision: dict[str, Any] | None = None


class Plan(msgspec.Struct):
    steps: list[dict[str, Any]] = []
    config: dict[str, Any] = {}


class Stats(msgspec.Struct):
    started_at: str | None = None
    completed_at: str | None = None


class Log(msgspec.Struct):
    """A log without its samples."""

    eval: Eval
    status: str = "success"
    plan: Plan = msgspec.field(default_factory=Plan)
    stats: Stats = msgspec.field(default_factory=Stats)


class Score(msgspec.Struct):
    value: Any
    answer: str | None = None


class Row(msgspec.Struct):
    """One of `samples`. Other keys are passed over."""

    id: int | str
    epoch: int
    input: str | list[dict[str, Any]]
    target: str | list[str]
    choices: list[str] | None = None
    messages: list[dict[str, Any]] = []
    output: dict[str, Any] = {}
    scores: dict[str, Score] | None = None
    metadata: dict[str, Any] = {}
    attachments: dict[str, str] = {}
    error: dict[str, Any] | None = None
    limit: dict[str, Any] | None = None
    completed_at: str | None = None


def read(file: Foreign, options: Options, issues: Issues) -> list[Imported]:
    """The one run in the log. Raises `Problem` when it is no log of inspect_ai."""
    header, rows = _open(file)
    try:
        log = msgspec.convert(header, Log)
    except msgspec.ValidationError as error:
        raise file.problem(f"not one of the {TITLE}: {error}", hint="`inspect log dump` prints one as JSON") from None
    odd = Oddities(file, issues)
    if log.status != "success":
        odd.add("unfinished_logs", None, f"the log's status is '{log.status}': what it holds is imported")
    model = options.model or log.eval.model
    samples = _Samples(log, model, odd)
    total = 0
    for total, row in enumerate(rows, 1):
        try:
            samples.add(msgspec.convert(row, Row))
        except msgspec.ValidationError as error:
            odd.add("unreadable_samples", total, f"left out, not a sample: {error}")
    if not samples.found:
        raise file.problem("no samples in it", hint="log with `log_samples`, or import a log that has them")
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
            source={"tool": "inspect_ai", "file": file.name, "sha256": file.sha256, "rows": total, **odd.counts},
            identity=f"inspect {file.sha256} {model}",
            started=utc(log.stats.started_at),
            ended=utc(log.stats.completed_at),
        )
    ]


def _open(file: Foreign) -> tuple[Any, Iterator[Any]]:
    """A log's header and its samples, from either form."""
    if not file.data.startswith(b"PK"):
        log = file.value()
        rows = log.get("samples") if isinstance(log, dict) else None
        return log, iter(rows if isinstance(rows, list) else [])
    parts = dict(archive.members(file.path, _is_part, io.BytesIO(file.data)))
    name = "header.json" if "header.json" in parts else "_journal/start.json"
    if name not in parts:
        raise file.problem(f"not one of the {TITLE}: neither header.json nor _journal/start.json in it")
    header = _decoded(file, name, parts.pop(name))
    return header, (
        _decoded(file, name, parts[name]) for name in sorted(parts, key=_natural) if name.startswith("samples/")
    )


def _is_part(name: str) -> bool:
    return name in ("header.json", "_journal/start.json") or (name.startswith("samples/") and name.endswith(".json"))


def _natural(name: str) -> list[tuple[int, str]]:
    """Sample 2 before sample 10."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", name)]


def _decoded(file: Foreign, name: str, data: bytes) -> Any:
    try:
        return msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise file.problem(f"{name} in it is not valid JSON: {error}") from None


class _Samples:
    """The samples of one log."""

    def __init__(self, log: Log, model: str, odd: Oddities) -> None:
        self.odd = odd
        self.suite = log.eval.dataset.name or log.eval.task
        config = log.eval.model_generate_config | log.plan.config
        self.condition: dict[str, Scalar] = {"model": model}
        self.condition |= {name: config[name] for name in _SETTINGS if isinstance(config.get(name), str | int | float)}
        self.found: list[Sample] = []
        self.repeats = Repeats()
        self.scorer: str | None = None

    def add(self, row: Row) -> None:
        texts = _Texts(row.attachments)
        question = texts.text(row.input) if isinstance(row.input, str) else texts.conversation(row.input)
        target = row.target if isinstance(row.target, str) else msgspec.json.encode(row.target).decode()
        item = Item(id=str(row.id), question=tidy(question), choices=row.choices, answer=target)
        digest = item_hash(item)
        again = self.repeats.next(item, digest)
        choice = cast("dict[str, Any]", (row.output.get("choices") or [{}])[0])
        reason = choice.get("stop_reason")
        scores = self._scores(row, item)
        outcome: Outcome = "ok"
        if row.error is not None:
            outcome = "error"
        elif reason in _CUT_OFF or row.limit is not None:
            outcome = "truncated"
        elif scores.get("parsed") is False:
            outcome = "failure"
        usage = row.output.get("usage") or {}
        seconds = row.output.get("time")
        repeat = max(row.epoch - 1, again)
        self.found.append(
            Sample(
                key=sample_key(None, self.suite, f"{item.id} {digest}", self.condition, Sent(), repeat),
                suite=self.suite,
                item=item.id,
                item_hash=digest,
                category=_word(row.metadata.get("category") or row.metadata.get("subject")),
                condition=self.condition,
                repeat=repeat,
                request=Sent(messages=texts.messages(_asked(row.messages))),
                shown=Shown(question=question, choices=row.choices),
                reply=texts.reply(choice) if choice else None,
                timing=Timing(total_ms=seconds * 1000 if isinstance(seconds, int | float) else None),
                usage=Usage(
                    prompt_tokens=_count(usage.get("input_tokens")),
                    cached_tokens=_count(usage.get("input_tokens_cache_read")),
                    completion_tokens=_count(usage.get("output_tokens")),
                ),
                outcome=outcome,
                error=Fault(kind="inspect_ai", message=str(row.error.get("message", ""))[:500]) if row.error else None,
                scores=scores,
                time=utc(row.completed_at),
            )
        )

    def _scores(self, row: Row, item: Item) -> dict[str, Any]:
        """The first scorer's verdict, and under `inspect_ai` what each scorer said."""
        found: dict[str, Any] = {"expected": item.answer} if item.answer else {}
        if item.right is not None:
            found["position"] = item.right
        if not row.scores:
            return found
        found["inspect_ai"] = {name: score.value for name, score in row.scores.items()}
        first = self.scorer if self.scorer in row.scores else next(iter(row.scores))
        self.scorer = self.scorer or first
        score = row.scores[first]
        if score.answer:
            found["answer"] = score.answer
        if score.value == "N":
            found["parsed"] = False
        if (value := grade(score.value)) is None:
            message = f"sample {item.id}: the value of '{first}' is no grade from 0 to 1; not scored"
            self.odd.add("values_that_are_no_grade", len(self.found) + 1, message)
        else:
            found["correct"] = value
        return found


def grade(value: Any) -> float | None:
    """A score as inspect_ai's `value_to_float` reads it, where it lies between 0 and 1; None for anything else."""
    if isinstance(value, bool):
        return float(value)
    if isinstance(value, str):
        if value in _GRADES:
            return _GRADES[value]
        word = value.strip().lower()
        if word in ("yes", "true"):
            return 1.0
        if word in ("no", "false"):
            return 0.0
        try:
            value = float(word)
        except ValueError:
            return None
    if isinstance(value, int | float) and math.isfinite(value) and 0 <= value <= 1:
        return float(value)
    return None


class _Texts:
    """Texts of a sample, with long ones put back from where the log keeps them."""

    def __init__(self, attachments: dict[str, str]) -> None:
        self.attachments = attachments

    def text(self, text: str) -> str:
        return self.attachments.get(text.removeprefix(_ATTACHMENT), text) if text.startswith(_ATTACHMENT) else text

    def content(self, content: Any, kind: str = "text") -> str:
        """A message's content: text, or a list of parts of which those of one kind are joined."""
        if isinstance(content, str):
            return self.text(content) if kind == "text" else ""
        parts = [part for part in content or [] if isinstance(part, dict) and part.get("type") == kind]
        key = "text" if kind == "text" else "reasoning"
        return "\n".join(self.text(part[key]) for part in parts if isinstance(part.get(key), str))

    def conversation(self, messages: list[dict[str, Any]]) -> str:
        return "\n\n".join(self.content(message.get("content")) for message in messages)

    def messages(self, messages: list[dict[str, Any]]) -> list[Message]:
        roles = ("system", "user", "assistant", "tool")
        return [
            Message(role=cast("Literal['user']", m["role"]), content=self.content(m.get("content")))
            for m in messages
            if m.get("role") in roles
        ]

    def reply(self, choice: dict[str, Any]) -> Answer:
        message = choice.get("message") or {}
        content = message.get("content")
        tokens = (choice.get("logprobs") or {}).get("content")
        return Answer(
            text=self.content(content),
            thinking=self.content(content, "reasoning") or None,
            done_reason=_word(choice.get("stop_reason")),
            tokens=[_token(token) for token in tokens if isinstance(token, dict)] if tokens else None,
        )


def _asked(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The conversation before the last reply."""
    last = max((n for n, message in enumerate(messages) if message.get("role") == "assistant"), default=len(messages))
    return messages[:last]


def _token(token: dict[str, Any]) -> TokenLogprob:
    top = token.get("top_logprobs")
    return TokenLogprob(
        token=str(token.get("token", "")),
        logprob=clean_logprob(token.get("logprob")),
        top=[Alternative(token=str(t.get("token", "")), logprob=clean_logprob(t.get("logprob"))) for t in top]
        if top
        else None,
    )


def _word(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
