"""Any JSON, JSON Lines or CSV file with a row a sample, read by a mapping that says which column is what."""

from __future__ import annotations

import csv
import hashlib
import io
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from llmxsite.diagnostics import Issues, Problem, did_you_mean
from llmxsite.document import Document
from llmxsite.engine.protocol import EngineInfo, ModelInfo, Timing, Usage
from llmxsite.interchange.foreign import Foreign, Oddities, Options, decode
from llmxsite.interchange.imported import Imported, Repeats, suite_ref, utc
from llmxsite.record import Answer, Fault, Sample, Scalar, Sent, Shown, sample_key
from llmxsite.suite import Item, item_hash

TITLE = "rows read by a mapping"
SUFFIXES = (".jsonl", ".json", ".csv")


class Columns(msgspec.Struct, kw_only=True):
    """Which column of the file holds what. Only `item` must be there."""

    item: str
    model: str | None = None
    repeat: str | None = None
    question: str | None = None
    choices: str | None = None
    """A list of texts, in CSV as JSON."""
    category: str | None = None
    subcategory: str | None = None
    difficulty: str | None = None
    language: str | None = None
    cluster: str | None = None
    reply: str | None = None
    thinking: str | None = None
    answer: str | None = None
    expected: str | None = None
    correct: str | None = None
    """A score from 0 to 1, or true and false. Without it, an answer is right when it equals what is expected."""
    confidence: str | None = None
    mean_token_probability: str | None = None
    latency_ms: str | None = None
    first_token_ms: str | None = None
    prompt_tokens: str | None = None
    completion_tokens: str | None = None
    error: str | None = None
    """Not empty where the machine failed, not the model."""
    time: str | None = None


class Mapping(msgspec.Struct, kw_only=True):
    """A mapping file."""

    suite: str
    """Id of the suite the items are of."""
    columns: Columns
    title: str | None = None
    model: str | None = None
    """The model, where no column names it."""
    tool: str = "mapping"
    """What made the file."""
    conditions: dict[str, str] = {}
    """Factor to column."""
    unparsed: tuple[str, ...] = ("",)
    """Answers that stand for `none was found`, beside null."""


def read(file: Foreign, options: Options, issues: Issues) -> list[Imported]:
    """The runs in the file, one a model. Raises `Problem` where mapping and file do not fit."""
    mapping, digest = _mapping(options)
    odd = Oddities(file, issues)
    rows = list(_rows(file, odd))
    total = len(rows) + sum(odd.counts.values())
    if not rows:
        raise file.problem("no rows in it")
    _check(file, mapping, rows)
    runs: dict[str, _Run] = {}
    for number, row in rows:
        model = options.model or mapping.model or _text(_get(row, mapping.columns.model))
        if model is None:
            odd.add("rows_without_a_model", number, "left out: no model", hint="name it with --model or in the mapping")
            continue
        if _text(_get(row, mapping.columns.item)) is None:
            odd.add("rows_without_an_item", number, f"left out: nothing in column '{mapping.columns.item}'")
            continue
        runs.setdefault(model, _Run(mapping, model, odd)).add(number, row)
    if not runs:
        raise file.problem("no row that names an item and a model")
    odd.finish()
    return [
        Imported(
            model=ModelInfo(name=model),
            suites=[suite_ref(mapping.suite, mapping.title, run.repeats.items.values())],
            samples=run.samples,
            engine=EngineInfo(name=mapping.tool),
            source={"tool": mapping.tool, "file": file.name, "sha256": file.sha256, "rows": total, **odd.counts},
            identity=f"jsonl {file.sha256} {digest} {model}",
        )
        for model, run in runs.items()
    ]


class _Run:
    """The samples of one model."""

    def __init__(self, mapping: Mapping, model: str, odd: Oddities) -> None:
        self.mapping, self.model, self.odd = mapping, model, odd
        self.samples: list[Sample] = []
        self.repeats = Repeats()
        self.times: Counter[str] = Counter()

    def add(self, number: int, row: dict[str, Any]) -> None:
        column = self.mapping.columns

        def text(name: str | None) -> str | None:
            return _text(_get(row, name))

        def measure(name: str | None) -> float | None:
            return self._number(number, row, name)

        def whole(name: str | None) -> int | None:
            value = measure(name)
            return int(value) if value is not None and value.is_integer() else None

        expected, error = text(column.expected), text(column.error)
        question, choices = text(column.question), _list(_get(row, column.choices))
        item = Item(id=text(column.item) or "", question=question or "", choices=choices, answer=expected or "")
        digest = item_hash(item)
        self.repeats.next(item, digest)
        condition: dict[str, Scalar] = {"model": self.model}
        condition |= {name: _scalar(_get(row, source)) for name, source in self.mapping.conditions.items()}
        met = msgspec.json.encode([item.id, digest, condition], order="sorted").decode()
        repeat = whole(column.repeat)
        repeat = self.times[met] if repeat is None else repeat
        self.times[met] += 1
        scores = self._scores(number, row, item, expected)
        self.samples.append(
            Sample(
                key=sample_key(None, self.mapping.suite, f"{met} {self.times[met]}", condition, Sent(), repeat),
                suite=self.mapping.suite,
                item=item.id,
                item_hash=digest,
                category=text(column.category),
                subcategory=text(column.subcategory),
                difficulty=text(column.difficulty),
                language=text(column.language),
                cluster=text(column.cluster),
                condition=condition,
                repeat=repeat,
                shown=Shown(question=question, choices=choices),
                reply=Answer(text=text(column.reply), thinking=text(column.thinking)),
                timing=Timing(total_ms=measure(column.latency_ms), first_token_ms=measure(column.first_token_ms)),
                usage=Usage(
                    prompt_tokens=whole(column.prompt_tokens), completion_tokens=whole(column.completion_tokens)
                ),
                outcome="error" if error else "failure" if scores.get("parsed") is False else "ok",
                error=Fault(kind=self.mapping.tool, message=error[:500]) if error else None,
                scores={} if error else scores,
                time=utc(_scalar(_get(row, column.time))),
            )
        )

    def _scores(self, number: int, row: dict[str, Any], item: Item, expected: str | None) -> dict[str, Any]:
        column = self.mapping.columns
        found: dict[str, Any] = {}
        if expected is not None:
            found["expected"] = expected
        if item.right is not None:
            found["position"] = item.right
        if column.answer is not None:
            answer = _text(_get(row, column.answer))
            found["parsed"] = answer is not None and answer not in self.mapping.unparsed
            found["answer"] = answer if found["parsed"] else None
            if column.correct is None and expected is not None:
                found["correct"] = found["answer"] == expected
        if column.correct is not None and (correct := self._number(number, row, column.correct)) is not None:
            if 0 <= correct <= 1:
                found["correct"] = correct
            else:
                self.odd.add("scores_outside_0_to_1", number, f"{correct:g} is no score from 0 to 1; not scored")
        for name in ("confidence", "mean_token_probability"):
            value = self._number(number, row, getattr(column, name))
            if value is not None:
                found[name] = value
        return found

    def _number(self, number: int, row: dict[str, Any], name: str | None) -> float | None:
        value = _scalar(_get(row, name))
        if value is None or isinstance(value, int | float):
            return None if value is None else float(value)
        self.odd.add("values_that_are_no_number", number, f"{value!r} in column '{name}' is no number; missing")
        return None


def _mapping(options: Options) -> tuple[Mapping, str]:
    """The mapping and the hash of its file."""
    if options.mapping is None:
        raise Problem.at(
            "--mapping",
            "import-mapping",
            f"{TITLE} need one: a YAML file that says which column is what",
            hint="see docs/importing.md; `suite: NAME` and `columns: {item: ..., answer: ..., expected: ...}`",
        )
    document = Document.load(options.mapping)
    issues = Issues()
    mapping = document.convert(Mapping, code="mapping", issues=issues)
    if mapping is None or issues.failed():
        raise Problem(*issues)
    return mapping, hashlib.sha256(document.text.encode()).hexdigest()


def _rows(file: Foreign, odd: Oddities) -> Iterator[tuple[int, dict[str, Any]]]:
    """The rows that are objects, with their numbers."""
    if Path(file.name).suffix.lower() == ".csv":
        file.by_line = True
        try:
            text = io.StringIO(file.data.decode("utf-8"), newline="")
            reader = csv.DictReader(text, strict=True)
            for row in reader:
                if None in row:
                    odd.add("rows_too_long", reader.line_num, "left out: more cells than the header has")
                    continue
                yield reader.line_num, dict(row)
        except (UnicodeDecodeError, csv.Error) as error:
            raise file.problem(f"not a CSV file in UTF-8: {error}") from None
        return
    for number, raw in file.rows():
        try:
            value = decode(raw)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            odd.add("unreadable_rows", number, f"left out, not JSON: {error}")
            continue
        if isinstance(value, dict):
            yield number, value
        else:
            odd.add("rows_not_objects", number, "left out: not an object")


def _check(file: Foreign, mapping: Mapping, rows: list[tuple[int, dict[str, Any]]]) -> None:
    """Every column that the mapping names must be in some row."""
    known = {name for _, row in rows for name in row}
    named = [value for value in msgspec.structs.asdict(mapping.columns).values() if value is not None]
    for name in (*named, *mapping.conditions.values()):
        if name not in known:
            raise file.problem(f"the mapping names column '{name}', which no row has", hint=did_you_mean(name, known))


def _get(row: dict[str, Any], name: str | None) -> Any:
    return None if name is None else row.get(name)


def _text(value: Any) -> str | None:
    """A value as text; None for null and for an empty cell."""
    if value is None or value == "":
        return None
    if isinstance(value, str):
        return value
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return msgspec.json.encode(value).decode()


def _scalar(value: Any) -> Scalar:
    """A number or a truth value where the text of a cell is one; text otherwise."""
    if not isinstance(value, str):
        return value if isinstance(value, int | float | bool) else _text(value)
    plain = {"true": True, "false": False, "yes": True, "no": False, "": None}
    if (word := value.strip().lower()) in plain:
        return plain[word]
    try:
        return int(word)
    except ValueError:
        pass
    try:
        number = float(word)
    except ValueError:
        return value
    return number if abs(number) < float("inf") else value


def _list(value: Any) -> list[str] | None:
    """A list of texts, or the JSON of one."""
    if isinstance(value, str) and value.lstrip().startswith("["):
        try:
            value = msgspec.json.decode(value)
        except msgspec.DecodeError:
            return None
    return [_text(part) or "" for part in value] if isinstance(value, list) and value else None
