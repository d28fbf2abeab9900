"""The lines of a run log as typed records. Their JSON Schema is generated from here and shipped.

A log is UTF-8, one JSON object a line: first `run`, then `sample` lines in order of completion, `resume` lines where a
collector took the run up again, `lack` lines where the server turned out to lack something, last `end`. Later versions only add fields; `schema` counts the versions.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any, Literal, Self

import msgspec

from llmxsite.engine.protocol import (
    Alternative,
    EngineInfo,
    Message,
    ModelInfo,
    Options,
    Request,
    Timing,
    TokenLogprob,
    ToolCall,
    Usage,
)

SCHEMA = 2
Outcome = Literal["ok", "failure", "truncated", "error"]
Scalar = str | int | float | bool | None


class SuiteRef(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A suite as the run used it."""

    id: str
    hash: str
    title: str | None = None
    version: str | None = None
    licence: str | None = None
    language: str | None = None
    items: int | None = None
    """Items in the suite; with a limit fewer are asked."""


class Gpu(msgspec.Struct, kw_only=True, omit_defaults=True):
    name: str
    memory_bytes: int | None = None
    driver: str | None = None


class Host(msgspec.Struct, kw_only=True, omit_defaults=True):
    """The machine, without anything that names it or its owner. None is `could not be read`."""

    os: str | None = None
    """`Linux 6.1`, `macOS 15.1`, `Windows 11`."""
    machine: str | None = None
    """`x86_64`, `arm64`."""
    cpu: str | None = None
    cores: int | None = None
    memory_bytes: int | None = None
    gpus: list[Gpu] | None = None
    """None when it could not be asked; empty when there is none."""


class Git(msgspec.Struct, kw_only=True, omit_defaults=True):
    """The study's repository when the run started."""

    commit: str
    dirty: bool | None = None


class Hypothesis(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What was expected, fixed before the first sample: the hypothesis, or a prediction as its sentence."""

    text: str
    hash: str
    """sha256 of the text with white space squeezed."""
    commit: str | None = None
    """The newest commit, when the run started, whose experiment.yaml has these words; None where no commit has."""


class RerunOf(msgspec.Struct, kw_only=True):
    """The log that a run repeats: sent once more, request by request."""

    id: str
    """Its run."""
    sha256: str
    """Of all bytes of its file when the repetition began."""


class Share(msgspec.Struct, kw_only=True):
    """A log's place in a run that several machines made together: each has a log of its own."""

    id: str
    """The run of all of them."""
    machine: int
    """Counted from 1. A number and nothing else: no log names a machine."""


class Run(msgspec.Struct, kw_only=True, omit_defaults=True, tag_field="type", tag="run"):
    """The first line: everything that holds for all samples."""

    schema: int
    id: str
    report: str
    """Slug of the report the experiment stands beside."""
    task: str
    experiment: dict[str, Any]
    """The experiment as resolved: defaults filled in, presets expanded."""
    suites: list[SuiteRef]
    engine: EngineInfo
    models: list[ModelInfo]
    host: Host | None = None
    software: dict[str, str] = {}
    """Versions: `llmxsite`, `python`, and the packages that touch a number."""
    git: Git | None = None
    contributor: str | None = None
    hypothesis: Hypothesis | None = None
    predictions: list[Hypothesis] = []
    """What of it the data will answer, in the order of `experiment`, which has the parts of each."""
    started: str | None = None
    """UTC, ISO 8601 with `Z`; None in an import whose source does not say."""
    planned: int | None = None
    """Samples the experiment asks for; of several machines, of all together."""
    cluster: Share | None = None
    """For a run on several machines."""
    concurrency: int | None = None
    """Requests under way at once, where no condition says otherwise: as wished for this run, else the experiment's."""
    rerun_of: RerunOf | None = None
    """For a repetition made from a log alone; what it repeats. Its samples are no further evidence beside the original's."""
    source: dict[str, Any] | None = None
    """For an imported log: tool, file names, sha256, and counts of what could not be read."""


_UNSENT: dict[str, Any] = {name: None for name in Options.__struct_fields__ if name != "num_predict"}
"""A log that does not name an option did not send it; the defaults of today are no part of it."""
_OFF = {"typical_p": 1.0, "stop": []}
"""Values at which an option does nothing: a request without it, and one with it, are one and the same sample's."""


class Sent(msgspec.Struct, kw_only=True, omit_defaults=True):
    """The request as it went over the wire. Empty in an import whose source does not keep it."""

    messages: list[Message] = []
    prompt: str | None = None
    """Raw text sent without a chat template."""
    options: dict[str, Any] = {}
    think: bool | None = None
    tools: list[dict[str, Any]] | None = None
    top_logprobs: int | None = 20
    """Alternatives a token; null asked for no logprobs at all."""
    keep_alive: float | str | None = None
    cache_prompt: bool | None = False
    """Whether the server was allowed to take the prompt's beginning from its cache; null where its API cannot be told."""
    draws: list[dict[str, Any]] = []
    """Where one sample takes several requests: what of `options` is different in each after the first."""

    @classmethod
    def of(cls, requests: Sequence[Request]) -> Self:
        """The requests of one sample, which differ in nothing but their options. An option that a draw did not send, and the
        first request did, is null there."""
        first, *others = requests
        options = first.options.sent()
        draws = [request.options.sent() for request in others]
        return cls(
            messages=first.messages,
            prompt=first.raw_prompt,
            options=options,
            think=first.think,
            tools=first.tools,
            top_logprobs=first.top_logprobs,
            keep_alive=first.keep_alive,
            cache_prompt=first.cache_prompt,
            draws=[
                {name: draw.get(name) for name in options | draw if draw.get(name) != options.get(name)}
                for draw in draws
            ],
        )

    def requests(self, model: str) -> tuple[Request, ...]:
        """The requests again, as they were sent. Raises `msgspec.ValidationError` for options that are none."""
        return tuple(
            Request(
                model=model,
                messages=self.messages,
                options=msgspec.convert(_UNSENT | self.options | draw, Options),
                think=self.think,
                tools=self.tools,
                raw_prompt=self.prompt,
                top_logprobs=self.top_logprobs,
                keep_alive=self.keep_alive,
                cache_prompt=self.cache_prompt,
            )
            for draw in ({}, *self.draws)
        )


class Answer(msgspec.Struct, kw_only=True):
    """The reply as received."""

    text: str | None = None
    thinking: str | None = None
    tool_calls: list[ToolCall] | None = None
    done_reason: str | None = None
    tokens: list[TokenLogprob] | None = None
    """Chosen tokens with logprobs; with `logprobs: all` each has its alternatives."""
    answer_token: int | None = None
    """Index in `tokens` of the answer's token, where one was found."""
    alternatives: list[Alternative] | None = None
    """Alternatives at the answer's token, most probable first."""
    failure: str | None = None
    """What the server said when the model's own output broke it."""
    warnings: list[str] = []


class Fault(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Why no reply came: of outcome `error`, and of `truncated` where the server refused a prompt longer than the context."""

    kind: str
    """An `EngineError`'s kind, such as `timeout`; `context` where the prompt did not fit (older logs may say
    `invalid-request`); in imports the name of the tool that failed."""
    message: str
    attempts: int = 1


class Shown(msgspec.Struct, kw_only=True, omit_defaults=True):
    """The item as its source shows it: whole where the request itself is not kept (imports); else its options only,
    in the suite's order, which reading an answer again needs."""

    question: str | None = None
    choices: list[str] | None = None


class Sample(msgspec.Struct, kw_only=True, tag_field="type", tag="sample"):
    """One item under one condition, one repeat. Every field is written, null where unknown, so that columns are stable."""

    key: str
    """See `sample_key`. A later line with the same key replaces an earlier one."""
    suite: str = ""
    """Id of the suite; may be empty where the run has only one."""
    item: str
    item_hash: str
    category: str | None = None
    subcategory: str | None = None
    difficulty: str | None = None
    language: str | None = None
    cluster: str | None = None
    """Passage, template or translation group the item belongs to, where the suite declares it."""
    condition: dict[str, Scalar]
    """Every factor of the experiment with its value; always `model`, `prompt` and `temperature` where they are known."""
    repeat: int = 0
    request: Sent = msgspec.field(default_factory=Sent)
    before: list[str] | None = None
    """What was done to the server just before, for a regime of the determinism task: `unloaded` the model, `warmed-up` (sent
    the same request, for the cache), `other-item` (sent another item's)."""
    shown: Shown | None = None
    reply: Answer | None = None
    draws: list[Answer] | None = None
    """Every reply, where one sample is a vote among several (self-consistency); `reply` is then one that won."""
    timing: Timing = msgspec.field(default_factory=Timing)
    usage: Usage = msgspec.field(default_factory=Usage)
    outcome: Outcome
    error: Fault | None = None
    scores: dict[str, Any] = {}
    """By the task: for a benchmark `answer`, `expected`, `correct`, `confidence`, `letter_mass`, ... Absent = unknown."""
    scorer: str | None = None
    """Name and version of what scored it: `choice/1`. None in an import that brings its own scores."""
    time: str | None = None
    """When the reply was complete, UTC."""


class Resume(msgspec.Struct, kw_only=True, omit_defaults=True, tag_field="type", tag="resume"):
    """A collector took the run up again. Fields hold what is different from the header; empty means nothing changed."""

    time: str
    torn_bytes: int = 0
    """Length of a half-written last line that was cut off."""
    host: Host | None = None
    software: dict[str, str] | None = None
    engine: EngineInfo | None = None
    models: list[ModelInfo] | None = None
    git: Git | None = None
    planned: int | None = None
    concurrency: int | None = None
    scored: bool = False
    """Nobody was asked: the samples that follow stand above, and are scored again by a later version of their scorer."""


class Lack(msgspec.Struct, kw_only=True, tag_field="type", tag="lack"):
    """What the server turned out to lack after the header was written, in the words of `EngineInfo.lacks`."""

    time: str
    lacks: list[str]


class End(msgspec.Struct, kw_only=True, omit_defaults=True, tag_field="type", tag="end"):
    """The run is complete, or was ended."""

    time: str | None = None
    counts: dict[str, int]
    """Samples by outcome, the last line of each key counted."""
    sha256: str
    """Of all bytes of the file before this line."""
    reason: Literal["complete", "interrupted", "stopped"] = "complete"
    """`interrupted` by the person, `stopped` by a fault; a log that goes on afterwards has a `resume` line next."""
    check: str | None = None
    """16 hex digits of sha256 over this line as it stands without `check`."""


Line = Run | Sample | Resume | Lack | End
_encoder = msgspec.json.Encoder(order="deterministic")
decode_line = msgspec.json.Decoder(Line).decode
"""One line's bytes as its record. Raises `msgspec.DecodeError` or `msgspec.ValidationError`."""


def encode_line(line: Line) -> bytes:
    """A record as its line, `\\n` included: keys in the order of the fields, the same bytes every time."""
    return _encoder.encode(line) + b"\n"


def sample_key(
    digest: str | None, suite: str, item: str, condition: dict[str, Scalar], request: Sent, repeat: int
) -> str:
    """What makes a sample itself: 32 hex digits of sha256 over model digest, item, condition, rendered request, repeat.

    Item and condition are in it beside the request, so that two items that render alike, or two engines that get the
    same words, stay two samples.
    """
    options = _OFF | request.options
    request = msgspec.structs.replace(request, options=options, cache_prompt=bool(request.cache_prompt))
    parts = [digest, suite, item, condition, request, repeat]
    return hashlib.sha256(msgspec.json.encode(parts, order="sorted")).hexdigest()[:32]


def hypothesis_hash(text: str) -> str:
    """sha256 of the words, so that wrapping a line differently is no change."""
    return hashlib.sha256(" ".join(text.split()).encode()).hexdigest()


def json_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of one line of a run log."""
    schema = msgspec.json.schema(Line)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "llmxsite run log line",
        **schema,
    }
