"""A mapping file: which column of somebody's rows is what, and the rows that it is about."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from llmxsite.base.diagnostics import Issues, Problem, did_you_mean
from llmxsite.base.document import Document
from llmxsite.base.foreign_text import Table, blank, json_value
from llmxsite.log.log_formats.foreign import Foreign, ImportOptions, Oddities
from llmxsite.log.log_formats.nested import has, lists, paths, walk


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
    rows: str | None = None
    """Where in a JSON file the list of rows lies, with dots: `results.results`."""
    title: str | None = None
    model: str | None = None
    """The model, where no column names it."""
    tool: str = "mapping"
    """What made the file."""
    conditions: dict[str, str] = {}
    """Factor to column."""
    unparsed: tuple[str, ...] = ("",)
    """Answers that stand for `none was found`, beside null."""


def load(options: ImportOptions) -> tuple[Mapping, str]:
    """The mapping and the hash of its file."""
    if options.mapping is None:
        raise Problem.at(
            "--mapping",
            "import-mapping",
            "rows read by a mapping need one: a YAML file that says which column is what",
            hint="see docs/importing.md; `suite: NAME` and `columns: {item: ..., answer: ..., expected: ...}`",
        )
    document = Document.load(options.mapping)
    issues = Issues()
    mapping = document.convert(Mapping, code="mapping", issues=issues)
    if mapping is None or issues.failed():
        raise Problem(*issues)
    return mapping, hashlib.sha256(document.text.encode()).hexdigest()


def rows_of(file: Foreign, mapping: Mapping, odd: Oddities) -> Iterator[tuple[int, dict[str, Any]]]:
    """The rows that are objects, with their numbers."""
    if Path(file.name).suffix.lower() in (".csv", ".tsv"):
        file.by_line = True
        table = Table(file.data, file.shown)
        file.decimal_comma = table.decimal_comma
        for row in table.rows():
            if row.fault is None:
                yield row.line, {name: None if blank(cell) else cell for name, cell in row.cells.items()}
            else:
                kind = "rows_too_long" if "cells" in row.fault else "unreadable_rows"
                odd.leave_out(kind, row.line, row.fault)
        return
    for number, value in _listed(file, mapping, odd):
        if isinstance(value, dict):
            yield number, value
        else:
            odd.leave_out("rows_not_objects", number, "not an object")


def _listed(file: Foreign, mapping: Mapping, odd: Oddities) -> Iterator[tuple[int, Any]]:
    """The rows of a JSON file: where the mapping says, the elements of its list, its lines, or the one object it is."""
    if mapping.rows is not None:
        whole = file.value()
        rows = walk(whole, mapping.rows)
        if not isinstance(rows, list):
            what = "no list" if rows is None else "not a list"
            hint = did_you_mean(mapping.rows, lists(whole)) or "it holds no list of rows"
            raise file.problem(f"the mapping says that the rows lie at '{mapping.rows}': {what} there", hint=hint)
        yield from enumerate(rows, 1)
        return
    if file.data.lstrip().startswith(b"{"):
        try:
            yield 1, json_value(file.data)
            return
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            pass  # a row a line
    yield from file.values(odd)


def check(file: Foreign, mapping: Mapping, rows: list[tuple[int, dict[str, Any]]]) -> None:
    """Every column that the mapping names must be in some row."""
    named = [value for value in msgspec.structs.asdict(mapping.columns).values() if value is not None]
    for name in (*named, *mapping.conditions.values()):
        if any(has(row, name) for _, row in rows):
            continue
        inside = lists(rows[0][1]) if len(rows) == 1 and mapping.rows is None else []
        if inside:
            hint = f"if its rows are a list inside, say so in the mapping: `rows: {inside[0]}`"
            if len(inside) > 1:
                hint += f" (or {', '.join(inside[1:6])})"
            raise file.problem(f"no column '{name}' in it: it is one object, and no list of rows", hint=hint)
        known = {key for _, row in rows[:1000] for key in paths(row)}
        raise file.problem(f"the mapping names column '{name}', which no row has", hint=did_you_mean(name, known))
