"""Any JSON, JSON Lines or CSV file with a row a sample, read by a mapping that says which column is what."""

from __future__ import annotations

from collections import Counter
from typing import Any

import msgspec

from llmxsite.base import foreign_text
from llmxsite.base.diagnostics import Issues
from llmxsite.base.foreign_text import same
from llmxsite.exchange.engine.protocol import EngineInfo, ModelInfo, Timing, Usage
from llmxsite.log.log_formats.foreign import Foreign, ImportOptions, Oddities, finite
from llmxsite.log.log_formats.imported import Imported, Repeats, fingerprint, suite_ref, utc
from llmxsite.log.log_formats.mapping import Mapping, check, load, rows_of
from llmxsite.log.log_formats.nested import get
from llmxsite.log.record import Answer, Fault, Sample, Scalar, Sent, Shown, sample_key
from llmxsite.study.suite import QuestionItem, item_hash

TITLE = "rows read by a mapping"
SUFFIXES = (".jsonl", ".json", ".csv", ".tsv")


def read(file: Foreign, options: ImportOptions, issues: Issues) -> list[Imported]:
    """The runs in the file, one a model. Raises `Problem` where mapping and file do not fit."""
    mapping, digest = load(options)
    odd = Oddities(file, issues)
    rows = list(rows_of(file, mapping, odd))
    total = len(rows) + odd.missing
    if not rows:
        raise file.problem(f"none of its {total:,} rows can be read: {_first(odd)}" if total else "no rows in it")
    check(file, mapping, rows)
    runs: dict[str, _Run] = {}
    for number, row in rows:
        model = options.model or mapping.model or _text(get(row, mapping.columns.model))
        if model is None:
            odd.leave_out("rows_without_a_model", number, "no model", hint="name it with --model or in the mapping")
            continue
        if _text(get(row, mapping.columns.item)) is None:
            odd.leave_out("rows_without_an_item", number, f"nothing in column '{mapping.columns.item}'")
            continue
        runs.setdefault(model, _Run(mapping, model, odd)).add(number, row)
    if not runs:
        raise file.problem(f"no row that names an item and a model: {_first(odd)}")
    odd.finish()
    return [
        Imported(
            model=ModelInfo(name=model),
            suites=[suite_ref(mapping.suite, mapping.title, run.repeats.items.values())],
            samples=run.samples,
            engine=EngineInfo(name=mapping.tool),
            source=odd.source(mapping.tool, total),
            identity=f"jsonl {fingerprint(run.samples)} {digest} {model}",
        )
        for model, run in runs.items()
    ]


class _Run:
    """The samples of one model."""

    def __init__(self, mapping: Mapping, model: str, odd: Oddities) -> None:
        self.mapping, self.model, self.odd = mapping, model, odd
        self.decimal_comma = odd.file.decimal_comma
        self.samples: list[Sample] = []
        self.repeats = Repeats()
        self.times: Counter[str] = Counter()

    def add(self, number: int, row: dict[str, Any]) -> None:
        column = self.mapping.columns

        def text(name: str | None) -> str | None:
            return _text(get(row, name))

        def measure(name: str | None) -> float | None:
            return self._number(number, row, name)

        def whole(name: str | None) -> int | None:
            value = measure(name)
            return int(value) if value is not None and value.is_integer() else None

        expected, error = text(column.expected), text(column.error)
        question, choices = text(column.question), _list(get(row, column.choices))
        item = QuestionItem(id=text(column.item) or "", question=question or "", choices=choices, answer=expected or "")
        digest = item_hash(item)
        self.repeats.next(item, digest)
        condition: dict[str, Scalar] = {"model": self.model}
        condition |= {
            name: _scalar(get(row, source), self.decimal_comma) for name, source in self.mapping.conditions.items()
        }
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
                time=utc(_scalar(get(row, column.time))),
            )
        )

    def _scores(self, number: int, row: dict[str, Any], item: QuestionItem, expected: str | None) -> dict[str, Any]:
        column = self.mapping.columns
        found: dict[str, Any] = {}
        if expected is not None:
            found["expected"] = expected
        if item.right is not None:
            found["position"] = item.right
        if column.answer is not None:
            answer = _text(get(row, column.answer))
            found["parsed"] = answer is not None and answer.strip() not in self.mapping.unparsed
            found["answer"] = answer if found["parsed"] else None
            if column.correct is None and expected is not None:
                comma = self.decimal_comma
                found["correct"] = bool(found["parsed"]) and same(answer, expected, decimal_comma=comma)
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
        value = _scalar(get(row, name), self.decimal_comma)
        if value is None or isinstance(value, int | float):
            return None if value is None else finite(value)
        self.odd.add("values_that_are_no_number", number, f"{value!r} in column '{name}' is no number; missing")
        return None


def _text(value: Any) -> str | None:
    """A value as text; None for null and for an empty cell."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    if isinstance(value, str):
        return value
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return msgspec.json.encode(value).decode()


def _scalar(value: Any, decimal_comma: bool = False) -> Scalar:
    """A number or a truth value where the text of a cell is one; text otherwise."""
    if not isinstance(value, str):
        return value if isinstance(value, int | float | bool) else _text(value)
    plain = {"true": True, "false": False, "yes": True, "no": False, "": None}
    if (word := value.strip().lower()) in plain:
        return plain[word]
    try:
        return int(word)
    except ValueError:
        found = foreign_text.number(word, decimal_comma=decimal_comma)
    return value if found is None else found


def _list(value: Any) -> list[str] | None:
    """A list of texts, or the JSON of one."""
    if isinstance(value, str) and value.lstrip().startswith("["):
        try:
            value = msgspec.json.decode(value)
        except msgspec.DecodeError:
            return None
    return [_text(part) or "" for part in value] if isinstance(value, list) and value else None


def _first(odd: Oddities) -> str:
    """Why most of the rows were left out."""
    return str(max(odd.left_out.values(), key=lambda listed: int(listed["rows"]))["why"])
