"""Results of promptfoo: `promptfoo eval --output FILE.json` (or `.jsonl`) and `promptfoo export`, a row a test, prompt and provider."""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import Any

import msgspec

from llmxsite.base.diagnostics import Issues
from llmxsite.base.foreign_text import json_value
from llmxsite.exchange.engine.protocol import EngineInfo, ModelInfo, Timing, Usage
from llmxsite.log.log_formats.foreign import Foreign, ImportOptions, Oddities, finite
from llmxsite.log.log_formats.imported import Imported, Repeats, fingerprint, suite_ref, utc
from llmxsite.log.record import Answer, Fault, Sample, Scalar, Sent, Shown, sample_key
from llmxsite.study.suite import QuestionItem, item_hash
from llmxsite.study.suite.model import tidy

TITLE = "promptfoo results"
SUFFIXES = (".json", ".jsonl")
_ERROR = 2
"""promptfoo's `failureReason` where the provider failed, and not the model's answer."""
_FACTORS = ("temperature", "top_p", "top_k", "max_tokens", "seed")
_LONGEST_NAME = 60


class Provider(msgspec.Struct):
    id: str = ""
    label: str | None = None


class Prompt(msgspec.Struct):
    raw: str = ""
    label: str = ""


class Tokens(msgspec.Struct):
    prompt: float | None = None
    completion: float | None = None
    total: float | None = None


class Response(msgspec.Struct, rename="camel"):
    output: Any = None
    error: str | None = None
    cached: bool | None = None
    token_usage: Tokens | None = None
    finish_reason: str | None = None


class Test(msgspec.Struct):
    description: str | None = None
    asserts: list[Any] | None = msgspec.field(default=None, name="assert")


class Row(msgspec.Struct, rename="camel"):
    """One of `results`. Other keys are passed over."""

    provider: Provider | str
    vars: dict[str, Any]
    prompt: Prompt = msgspec.field(default_factory=Prompt)
    prompt_idx: int = 0
    test_idx: int | None = None
    test_case: Test = msgspec.field(default_factory=Test)
    id: str | None = None
    response: Response | None = None
    error: str | None = None
    failure_reason: int | None = None
    success: bool | None = None
    score: float | None = None
    latency_ms: float | None = None
    named_scores: dict[str, Any] = {}

    @property
    def model(self) -> str:
        """The provider's label where it has one, else its id."""
        return self.provider if isinstance(self.provider, str) else self.provider.label or self.provider.id

    @property
    def failed(self) -> str | None:
        """Why the provider gave no answer; None where it did. In `error` an assertion says its no as well."""
        if self.failure_reason == _ERROR or (self.failure_reason is None and self.response is None):
            return (self.response.error if self.response else None) or self.error or "no response"
        return self.response.error if self.response else None


def read(file: Foreign, options: ImportOptions, issues: Issues) -> list[Imported]:
    """The runs in the file, one a provider. Raises `Problem` when it is no result of promptfoo."""
    odd = Oddities(file, issues)
    head, raws = _rows(file, odd)
    rows: list[tuple[int, Row]] = []
    fault: tuple[int, str] | None = None
    for number, raw in raws:
        try:
            row = msgspec.convert(raw, Row)
            if not row.model:
                raise msgspec.ValidationError("the provider has neither id nor label")
            rows.append((number, row))
        except msgspec.ValidationError as error:
            fault = fault or (number, f"not one of {TITLE}: {error}")
            odd.leave_out("unreadable_rows", number, f"not one of {TITLE}: {error}")
    if not rows:
        hint = "`promptfoo eval --output results.json` writes them; each has `provider`, `vars` and `response`"
        place, why = fault or (None, "no rows in it")
        raise file.problem(why, row=place, hint=hint)
    suite = _name(head.get("config", {}).get("description")) or "promptfoo"
    several = len({row.prompt.label for _, row in rows}) > 1
    runs: dict[str, _Run] = {}
    for number, row in rows:
        model = options.model or row.model
        settings = _settings(head.get("config", {}), row)
        runs.setdefault(model, _Run(suite, model, several, odd)).add(number, row, settings)
    odd.finish()
    version = head.get("metadata", {}).get("promptfooVersion")
    version = version if isinstance(version, str) else None
    return [
        Imported(
            model=ModelInfo(name=model),
            suites=[suite_ref(suite, None, run.repeats.items.values())],
            samples=run.samples,
            engine=EngineInfo(name="promptfoo", version=version),
            software={"promptfoo": version} if version else {},
            source=odd.source("promptfoo", len(rows) + odd.missing),
            identity=f"promptfoo {sorted(run.ids)} {fingerprint(run.samples, conditions=False)} {model}",
            started=utc(head.get("timestamp")),
        )
        for model, run in runs.items()
    ]


def _rows(file: Foreign, odd: Oddities) -> tuple[dict[str, Any], list[tuple[int, Any]]]:
    """What the file says of all rows, and the rows with their numbers: `results.results`, or a row a line."""
    try:
        whole = json_value(file.data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}, list(file.values(odd))
    inner = whole.get("results") if isinstance(whole, dict) else None
    rows = inner.get("results") if isinstance(inner, dict) else inner
    if not isinstance(whole, dict) or not isinstance(rows, list):
        return {}, list(file.values(odd))
    told = {name: whole.get(name) for name in ("config", "metadata")}
    head: dict[str, Any] = {name: value for name, value in told.items() if isinstance(value, dict)}
    return head | {"timestamp": (inner if isinstance(inner, dict) else whole).get("timestamp")}, list(
        enumerate(rows, 1)
    )


class _Run:
    """The samples of one provider."""

    def __init__(self, suite: str, model: str, several: bool, odd: Oddities) -> None:
        self.suite, self.model, self.several, self.odd = suite, model, several, odd
        self.samples: list[Sample] = []
        self.ids: list[str] = []
        self.repeats = Repeats()
        self._names: dict[str, str] = {}
        self._times: Counter[str] = Counter()

    def add(self, number: int, row: Row, settings: dict[str, Scalar]) -> None:
        item = self._item(row)
        digest = item_hash(item)
        self.repeats.next(item, digest)
        condition: dict[str, Scalar] = {"model": self.model, **settings}
        if self.several:
            condition["prompt"] = _name(row.prompt.label) or f"prompt {row.prompt_idx + 1}"
        met = msgspec.json.encode([item.id, digest, condition], order="sorted").decode()
        repeat = self._times[met]  # each repeat of a test has a number of its own in promptfoo
        self._times[met] += 1
        response = row.response or Response()
        usage = response.token_usage if response.token_usage and response.token_usage.total else Tokens()
        text = None if response.output is None else _text(response.output)
        if row.id:
            self.ids.append(row.id)
        self.samples.append(
            Sample(
                key=sample_key(None, self.suite, met, condition, Sent(), repeat),
                suite=self.suite,
                item=item.id,
                item_hash=digest,
                condition=condition,
                repeat=repeat,
                request=Sent(prompt=row.prompt.raw or None),
                shown=Shown(question=_question(row)),
                reply=None if text is None else Answer(text=text, done_reason=response.finish_reason),
                # A reply out of promptfoo's own cache took no time that tells anything.
                timing=Timing(total_ms=None if response.cached else finite(row.latency_ms)),
                usage=Usage(prompt_tokens=_whole(usage.prompt), completion_tokens=_whole(usage.completion)),
                outcome="error" if row.failed else "ok",
                error=Fault(kind="promptfoo", message=row.failed[:500]) if row.failed else None,
                scores={} if row.failed else self._scores(number, row),
            )
        )

    def _item(self, row: Row) -> QuestionItem:
        """A test: its variables and what is asserted. Its name is its description, or the number it is met with first."""
        asserted = row.test_case.asserts or []
        content = msgspec.json.encode([row.vars, asserted], order="sorted")
        known = hashlib.sha256(content).hexdigest()
        number = len(self._names) if row.test_idx is None else row.test_idx
        name = self._names.setdefault(known, _name(row.test_case.description) or f"test-{number}")
        return QuestionItem(id=name, question=tidy(_text(row.vars)), answer=_text(asserted))

    def _scores(self, number: int, row: Row) -> dict[str, Any]:
        """promptfoo's score, where something was asserted: a test without assertions passes whatever the reply is."""
        told = {"pass": row.success, "score": row.score, **({"named": row.named_scores} if row.named_scores else {})}
        found: dict[str, Any] = {"promptfoo": told}
        values = [a.get("value") for a in row.test_case.asserts or [] if isinstance(a, dict)]
        if len(values) == 1 and isinstance(values[0], str | int | float) and not isinstance(values[0], bool):
            found["expected"] = values[0]
        score = finite(row.score)
        if row.test_case.asserts == [] or (row.test_case.asserts is None and row.score is None):
            self.odd.add("tests_without_assertions", number, "nothing is asserted of the reply; not scored")
        elif score is None or not 0 <= score <= 1:
            self.odd.add("scores_outside_0_to_1", number, f"{row.score!r} is no score from 0 to 1; not scored")
        else:
            found["correct"] = score
        return found


def _settings(config: dict[str, Any], row: Row) -> dict[str, Scalar]:
    """What the configuration says of how the row's provider was asked."""
    providers = config.get("providers")
    for provider in providers if isinstance(providers, list) else []:
        if isinstance(provider, dict) and row.model in (provider.get("label"), provider.get("id")):
            given = provider.get("config")
            if isinstance(given, dict):
                return {name: given[name] for name in _FACTORS if finite(given.get(name)) is not None}
    return {}


def _question(row: Row) -> str:
    """The test's only variable, or the one that is called a question; else what was sent."""
    named = [row.vars[name] for name in ("question", "query", "input", "prompt") if name in row.vars]
    only = list(row.vars.values()) if len(row.vars) == 1 else named
    return only[0] if only and isinstance(only[0], str) else row.prompt.raw or _text(row.vars)


def _name(value: Any) -> str | None:
    """A text that can be a name: one line, not too long."""
    name = " ".join(value.replace("|", "/").split()) if isinstance(value, str) else ""
    return name if 0 < len(name) <= _LONGEST_NAME else None


def _text(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value, order="sorted").decode()


def _whole(value: float | None) -> int | None:
    return int(value) if value is not None and float(value).is_integer() else None
