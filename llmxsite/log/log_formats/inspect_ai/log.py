"""A log of inspect_ai as records, from either of its forms: one JSON file, or a zip file (`.eval`) with a member a sample.

Only what is used is named; other keys are passed over. The forms of earlier versions (`score`, `transcript`) are read too.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Any

import msgspec

from llmxsite.base.foreign_text import json_value
from llmxsite.log.log_formats import archive
from llmxsite.log.log_formats.foreign import Foreign, Oddities

TITLE = "inspect_ai logs"


class Dataset(msgspec.Struct):
    name: str | None = None


class Eval(msgspec.Struct):
    """The `eval` of a log: what was asked of whom."""

    task: str
    model: str
    eval_id: str | None = None
    run_id: str | None = None
    task_id: str | None = None
    dataset: Dataset = msgspec.field(default_factory=Dataset)
    task_args: dict[str, Any] = {}
    model_generate_config: dict[str, Any] = {}
    packages: dict[str, str] = {}
    revision: dict[str, Any] | None = None

    @property
    def own_id(self) -> str | None:
        """What inspect_ai calls this evaluation, in whichever form its log comes; logs before 2025 have no id of one evaluation."""
        both = f"{self.run_id} {self.task_id}" if self.run_id and self.task_id else None
        return self.eval_id or both


class Plan(msgspec.Struct):
    steps: list[dict[str, Any]] = []
    config: dict[str, Any] = {}


class Stats(msgspec.Struct):
    started_at: str | None = None
    completed_at: str | None = None


class Log(msgspec.Struct):
    """A log without its samples."""

    eval: Eval
    status: str = "started"
    """`success`, `error`, `cancelled`; a log that is still written says nothing."""
    plan: Plan = msgspec.field(default_factory=Plan)
    stats: Stats = msgspec.field(default_factory=Stats)
    results: dict[str, Any] | None = None

    @property
    def scorer(self) -> str:
        """Name of the only scorer, which logs of 2024 have beside the scores and not with them."""
        scorer = (self.results or {}).get("scorer")
        name = scorer.get("name") if isinstance(scorer, dict) else None
        return name if isinstance(name, str) else "score"


class Score(msgspec.Struct):
    value: Any
    answer: str | None = None


class Call(msgspec.Struct):
    """A call of a tool."""

    function: str
    arguments: dict[str, Any] | None = None


class Message(msgspec.Struct):
    """One message; its content is text, or a list of parts of several kinds."""

    role: str = ""
    content: str | list[dict[str, Any]] | None = None
    tool_calls: list[Call] | None = None
    function: str | None = None
    """For role `tool`: which tool's result this is."""


class Token(msgspec.Struct):
    token: str = ""
    logprob: Any = None
    top_logprobs: list[Token] | None = None


class Logprobs(msgspec.Struct):
    content: list[Token] | None = None


class Choice(msgspec.Struct):
    """One reply of the model."""

    message: Message
    stop_reason: str | None = None
    logprobs: Logprobs | None = None


class Usage(msgspec.Struct):
    input_tokens: int | None = None
    input_tokens_cache_read: int | None = None
    output_tokens: int | None = None


class Output(msgspec.Struct):
    choices: list[Choice] = []
    usage: Usage | None = None
    time: float | None = None
    """Seconds."""


class Fault(msgspec.Struct):
    message: str = ""


class Transcript(msgspec.Struct):
    """Where logs of 2024 keep long texts."""

    content: dict[str, Any] = {}


class Row(msgspec.Struct):
    """One of `samples`."""

    id: int | str
    epoch: int
    input: str | list[Message]
    target: str | list[str]
    choices: list[str] | None = None
    messages: list[Message] = []
    output: Output = msgspec.field(default_factory=Output)
    scores: dict[str, Score] | None = None
    score: Score | None = None
    metadata: dict[str, Any] = {}
    attachments: dict[str, str] = {}
    transcript: Transcript | None = None
    error: Fault | None = None
    limit: dict[str, Any] | None = None
    completed_at: str | None = None


def read(file: Foreign, odd: Oddities) -> tuple[Log, list[tuple[int, Row]]]:
    """The log and its samples, each with its number from 1; a sample that is none is told and left out.

    Raises `Problem` for a file that is no log of inspect_ai.
    """
    header, parts = _open(file, odd)
    try:
        log = msgspec.convert(header, Log)
    except msgspec.ValidationError as error:
        raise file.problem(f"not one of the {TITLE}: {error}", hint="`inspect log dump` prints one as JSON") from None
    rows: list[tuple[int, Row]] = []
    for number, (name, part) in enumerate(parts, 1):
        try:
            rows.append((number, _row(json_value(part) if isinstance(part, bytes) else part, log)))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            odd.leave_out("unreadable_samples", number, f"not a sample: {error}", where=name)
    return log, rows


def _row(value: Any, log: Log) -> Row:
    """A sample, with what earlier versions wrote where today's version has it."""
    row = msgspec.convert(value, Row)
    if row.scores is None and row.score is not None:
        row.scores = {log.scorer: row.score}
    if row.transcript is not None:
        row.attachments |= {k: v for k, v in row.transcript.content.items() if isinstance(v, str)}
    return row


def _open(file: Foreign, odd: Oddities) -> tuple[Any, Iterator[tuple[str, Any]]]:
    """A log's header, and its samples with where they lie: as values of the one file, as bytes of the members."""
    if not file.data.startswith(b"PK"):
        log = file.value()
        rows = log.get("samples") if isinstance(log, dict) else None
        return log, (("", row) for row in (rows if isinstance(rows, list) else []))

    def broken(member: str, why: str) -> None:
        if not member.startswith("samples/"):
            raise file.problem(f"{member} in it cannot be unpacked: {why}", hint="download or copy it again")
        odd.leave_out("unreadable_samples", None, f"cannot be unpacked: {why}", where=f"{member}: ")

    parts = dict(archive.members(file.path, _is_part, io.BytesIO(file.data), broken))
    # A log that was never finished has only its beginning.
    name = "header.json" if "header.json" in parts else "_journal/start.json"
    if name not in parts:
        raise file.problem(f"not one of the {TITLE}: neither header.json nor _journal/start.json in it")
    try:
        header = json_value(parts[name])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise file.problem(f"{name} in it is not valid JSON: {error}", hint="download or copy it again") from None
    samples = sorted((part for part in parts if part.startswith("samples/")), key=_natural)
    return header, ((f"{part}: ", parts[part]) for part in samples)


def _is_part(name: str) -> bool:
    return name in ("header.json", "_journal/start.json") or (name.startswith("samples/") and name.endswith(".json"))


def _natural(name: str) -> list[tuple[int, str]]:
    """Sample 2 before sample 10."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", name)]
