"""Reading a suite: native YAML or JSON, `suite.yaml` with `items.jsonl`, and LLMxRay's JSON unchanged."""

from __future__ import annotations

import copy
import re
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from llmxsite.base.diagnostics import Issues, Problem, did_you_mean
from llmxsite.base.document import Document, Key
from llmxsite.base.reading import json_lines, read_text
from llmxsite.base.regular import there
from llmxsite.study.study import Study
from llmxsite.study.suite import llmxray
from llmxsite.study.suite.model import QUESTIONS, Item, Suite, item_kind, item_kinds
from llmxsite.study.suite.origin import Origin
from llmxsite.study.suite.validity import validate

MAX_ITEMS = 200_000
ITEMS_FILE = "items.jsonl"
_KIND = re.compile(r"""(?m)^[ \t{,]*["']?kind["']?[ \t]*:""")


class Loaded(NamedTuple):
    """A suite and where its parts stand."""

    suite: Suite
    origin: Origin


def load(path: Path, issues: Issues) -> Suite:
    """The suite in a file, or in a folder that has a `suite.yaml`.

    Items that cannot be read are left out and reported as errors, so a caller that would ask the questions stops when
    `issues.failed()`. Raises `Problem` when nothing can be read at all.
    """
    return read(path, issues).suite


def find(study: Study, id: str, issues: Issues) -> Suite:  # noqa: A002 - it is the suite's id
    """The study's suite called `id`. Raises `Problem` with code `suite-missing`, naming the nearest one there is."""
    return load(locate(study, id), issues)


def locate(study: Study, id: str) -> Path:  # noqa: A002
    """The file of the study's suite called `id`: by its file's name, or else by the id inside."""
    files = study.suite_files()
    by_name = {name(path): path for path in files}
    if id in by_name:
        return by_name[id]
    # A foreign file is read unchanged, and may be called something else than the suite in it.
    for path in files:
        if path.suffix == ".json" and read(path, Issues()).suite.id == id:
            return path
    raise Problem.at(
        study.suites,
        "suite-missing",
        f"no suite '{id}' in {study.suites.name}/",
        hint=did_you_mean(id, by_name) if by_name else "`llmxsite new suite NAME` writes one to start from",
    )


def name(path: Path) -> str:
    """What a suite's file says its id is: the file's stem, or the folder of a `suite.yaml`."""
    return path.parent.name if path.stem == "suite" else path.stem


def kind_of(path: Path) -> str:
    """The kind of the items of the suite at `path`; nothing is parsed where it names none. Raises `Problem` when it cannot be read."""
    path = path / "suite.yaml" if path.is_dir() else path
    if not _KIND.search(read_text(path)):
        return QUESTIONS
    data = Document.load(path).data
    return str(data.get("kind", QUESTIONS)) if isinstance(data, dict) else QUESTIONS


def read(path: Path, issues: Issues) -> Loaded:
    """As `load`, with the places of everything."""
    if path.is_dir():
        path = path / "suite.yaml"
    document = Document.load(path)
    if not isinstance(document.data, dict):
        raise Problem(document.issue((), "suite-invalid", "a suite is a mapping with id, title and items"))
    if llmxray.recognises(document.data):
        return Loaded(*llmxray.read(document, issues))
    lines = path.parent / ITEMS_FILE
    origin = Origin(document, lines if path.stem == "suite" and there(lines) else None)
    suite = _head(document, issues)
    kind = _kind_of(suite, document)
    suite.examples, origin.examples = _inline(document, "examples", kind, issues)
    if origin.lines is not None and document.data.get("items") is not None:
        message = f"items are in both {path.name} and {ITEMS_FILE}; keep one of them"
        issues.extend([document.issue(("items",), "suite-items-twice", message)])
    if origin.lines is None:
        suite.items, places = _inline(document, "items", kind, issues)
        origin.items = [*places]
    else:
        suite.items, numbers = _lines(origin, kind, issues)
        origin.items = [*numbers]
    issues.extend(validate(suite, origin))
    return Loaded(suite, origin)


def _head(document: Document, issues: Issues) -> Suite:
    """The suite without its items."""
    head = copy.copy(document)
    head.data = {key: value for key, value in document.data.items() if key not in ("items", "examples")}
    suite = head.convert(Suite, code="suite", issues=issues)
    if suite is None:
        raise Problem(*issues)
    suite.datasheet = {section: answers for section, answers in suite.datasheet.items() if answers is not None}
    return suite


def _kind_of(suite: Suite, document: Document) -> type[Item]:
    """The kind of its items. Raises `Problem` for one that nothing installed has."""
    kind = item_kind(suite.kind)
    if kind is None:
        message = f"no task that is installed here has items of the kind '{suite.kind}'"
        hint = (
            did_you_mean(suite.kind, item_kinds()) or f"known: {', '.join(item_kinds())}; another comes with its task"
        )
        raise Problem(document.issue(("kind",), "suite-kind", message, hint=hint))
    return kind


def _inline(document: Document, key: str, kind: type[Item], issues: Issues) -> tuple[list[Item], list[tuple[Key, ...]]]:
    """The items under `key` in the document, and their keys."""
    raw = document.data.get(key)
    if raw is None:
        return [], []
    if not isinstance(raw, list):
        issues.extend([document.issue((key,), "suite-invalid", f"'{key}' must be a list")])
        return [], []
    _limit(document.path, len(raw))
    items, places = [], []
    for index, value in enumerate(raw):
        item = _item(document, (key, index), value, kind, issues)
        if item is not None:
            items.append(item)
            places.append((key, index))
    return items, [*places]


def _item(document: Document, keys: tuple[Key, ...], value: Any, kind: type[Item], issues: Issues) -> Item | None:
    if not isinstance(value, dict):
        issues.extend([document.issue(keys, "suite-invalid", f"an item is a mapping with {_needed(kind)}")])
        return None
    unquoted = _unquoted(value)
    for index, message in unquoted:
        place = (*keys, "choices", index)
        issues.extend([document.issue(place, "suite-invalid", message, hint="put it in quotes")])
    if unquoted:
        return None
    item = document.convert(kind, code="suite", issues=issues, keys=keys)
    if item is not None:
        item.tidy()
    return item


def _needed(kind: type[Item]) -> str:
    """The keys that an item must have: `id, question and answer`."""
    *most, last = [field.encode_name for field in msgspec.structs.fields(kind) if field.required]
    return f"{', '.join(most)} and {last}" if most else last


def _unquoted(item: dict[str, Any]) -> list[tuple[int, str]]:
    """Options that are no text, by index: `choices: [1, yes]` without quotes."""
    choices = item.get("choices")
    if not isinstance(choices, list):
        return []
    return [(i, f"option {i + 1} is {_kind(c)}, not text") for i, c in enumerate(choices) if not isinstance(c, str)]


def _lines(origin: Origin, kind: type[Item], issues: Issues) -> tuple[list[Item], list[int]]:
    """The items of `items.jsonl`, and their lines."""
    assert origin.lines is not None
    items: list[Item] = []
    numbers: list[int] = []
    known = frozenset(field.encode_name for field in msgspec.structs.fields(kind))
    for number, value in json_lines(origin.lines, issues, code="suite"):
        _limit(origin.document.path, len(items) + 1)
        if not isinstance(value, dict):
            issues.extend([origin.line(number).issue("suite-invalid", f"an item is an object, not {_kind(value)}")])
            continue
        for key in value.keys() - known:
            message, hint = f"unknown key '{key}'", did_you_mean(key, known)
            issues.extend([origin.line(number).issue("suite-unknown-key", message, key, hint=hint)])
        if unquoted := _unquoted(value):
            issues.extend(
                origin.line(number).issue("suite-invalid", message, "choices", hint="put it in quotes")
                for _, message in unquoted
            )
            continue
        try:
            item = msgspec.convert(value, kind)
        except msgspec.ValidationError as error:
            # The same words as for YAML, from the one place that has them.
            found = Issues()
            Document("", "", value, {}).convert(kind, code="suite", issues=found)
            message = next((i.message for i in found if i.code == "suite-invalid"), str(error))
            field = next((key for key in value if f"'{key}'" in message), None)
            issues.extend([origin.line(number).issue("suite-invalid", message, *([field] if field else []))])
            continue
        item.tidy()
        items.append(item)
        numbers.append(number)
    return items, numbers


def _limit(path: str, count: int) -> None:
    if count > MAX_ITEMS:
        raise Problem.at(path, "suite-too-large", f"more than {MAX_ITEMS:,} items")


def _kind(value: Any) -> str:
    kinds = {bool: "true or false", int: "a number", float: "a number", dict: "a mapping", list: "a list", str: "text"}
    return kinds.get(type(value), "empty")
