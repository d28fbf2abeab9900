"""YAML and JSON from people, read with limits and with the line of every value.

`Document.load` parses; `Document.convert` checks the data against a msgspec Struct and turns each mismatch into an
`Issue` at the right line and column, with the nearest known key where a key is unknown.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import yaml

from llmxsite.base.diagnostics import Issue, Issues, Problem, Severity, did_you_mean, display_path
from llmxsite.base.json_positions import positions
from llmxsite.base.reading import read_text
from llmxsite.base.yaml_mistakes import explain
from llmxsite.base.yaml_nodes import Builder
from llmxsite.base.yaml_nodes import Key as Key

T = TypeVar("T")
_LONG = re.compile(r"[0-9]{19}")
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Document:
    """One parsed file: `data` in plain Python types, and where each value stands."""

    def __init__(
        self, path: str | Path, text: str, data: Any, marks: dict[tuple[Key, ...], tuple[int, int]] | None
    ) -> None:
        """`marks` None: the text is JSON, and its positions are looked up when one is first asked for."""
        self.path = display_path(path)
        self.text = text
        self.data = data
        self._known = marks
        self._lines: list[str] | None = None

    @classmethod
    def load(cls, path: Path, *, inside: Path | None = None) -> Document:
        """Read a YAML or JSON file, which must lie `inside` a folder where one is given. Raises `Problem` when it cannot be read at all."""
        text = read_text(path, inside=inside)
        return cls.parse_json(text, path) if path.suffix == ".json" else cls.parse(text, path)

    @classmethod
    def parse_json(cls, text: str, path: str | Path) -> Document:
        """Parse JSON text. Not as the YAML it nearly is: tabs and surrogate pairs, which are JSON, are not YAML."""
        try:
            data = msgspec.json.decode(text)
            if _LONG.search(text):
                msgspec.msgpack.encode(data)  # raises for a number of more than 64 bits
            return cls(path, text, data, None)
        except OverflowError:
            raise Problem.at(path, "json-syntax", "refused: a whole number of more than 64 bits") from None
        except (msgspec.DecodeError, RecursionError, UnicodeError) as error:
            at = re.search(r"byte (\d+)", str(error))
            before = text.encode("utf-8", "surrogatepass")[: int(at[1])].decode("utf-8", "ignore") if at else ""
            line = before.count("\n") + 1
            raise Problem(
                Issue(
                    path=display_path(path),
                    line=line,
                    column=len(before) - before.rfind("\n"),
                    code="json-syntax",
                    message=f"not valid JSON: {str(error).removeprefix('JSON is malformed: ')}",
                    excerpt=text.split("\n")[line - 1],
                )
            ) from None

    @classmethod
    def parse(cls, text: str, path: str | Path, *, first_line: int = 1) -> Document:
        """Parse YAML text. `first_line` is the line of the file on which the text starts (front matter, a directive)."""
        shown = display_path(path)
        try:
            node = yaml.compose(text, Loader=_LOADER)
        except yaml.MarkedYAMLError as error:
            found = explain(text, error, first_line)
            lines = text.splitlines()
            raise Problem(
                Issue(
                    path=shown,
                    line=found.line + first_line,
                    column=found.column + 1 if found.column is not None else None,
                    code="yaml-syntax",
                    message=found.message,
                    hint=found.hint,
                    excerpt=lines[found.line] if found.line < len(lines) else None,
                )
            ) from None
        except (yaml.YAMLError, RecursionError) as error:
            raise Problem.at(shown, "yaml-syntax", f"not valid YAML: {error}", line=first_line) from None
        marks: dict[tuple[Key, ...], tuple[int, int]] = {}
        builder = Builder(shown, marks, first_line)
        data = builder.build(node, (), 0) if node is not None else None
        if builder.issues:
            raise Problem(*builder.issues)
        return (
            cls(path, text, data, marks) if first_line == 1 else cls(path, "\n" * (first_line - 1) + text, data, marks)
        )

    @property
    def _marks(self) -> dict[tuple[Key, ...], tuple[int, int]]:
        if self._known is None:
            try:
                self._known = positions(self.text)
            except RecursionError:
                self._known = {}  # nested deeper than Python goes: every place is the file's first line
        return self._known

    def where(self, *keys: Key) -> tuple[int, int]:
        """Line and column of the value at `keys`, or of its nearest ancestor that has one."""
        for end in range(len(keys), -1, -1):
            if keys[:end] in self._marks:
                return self._marks[keys[:end]]
        return (1, 1)

    def excerpt(self, line: int) -> str | None:
        if self._lines is None:
            self._lines = self.text.splitlines()
        return self._lines[line - 1] if 0 < line <= len(self._lines) else None

    def issue(
        self,
        keys: tuple[Key, ...],
        code: str,
        message: str,
        *,
        hint: str | None = None,
        severity: Severity = "error",
    ) -> Issue:
        """An issue at the value under `keys`."""
        line, column = self.where(*keys)
        return Issue(
            path=self.path,
            line=line,
            column=column,
            code=code,
            message=message,
            hint=hint,
            severity=severity,
            excerpt=self.excerpt(line),
        )

    def convert(self, type_: type[T], *, code: str, issues: Issues, keys: tuple[Key, ...] = ()) -> T | None:
        """The value under `keys` as `type_`, or None after adding every problem found to `issues`.

        An unknown key is an error too: a misspelt setting that is passed over in silence changes an experiment.
        """
        value = self._value(keys)
        self._unknown_keys(type_, value, keys, code, issues)
        try:
            return msgspec.convert(value, type_, strict=True)
        except msgspec.ValidationError as error:
            message, inner = _split(str(error))
            hint = None
            if (wrong := re.fullmatch(r"Invalid enum value (.+)", message)) and (known := _choices(type_, inner)):
                word = wrong[1].strip("'")
                name = next((k for k in reversed(inner) if isinstance(k, str)), "this")
                message, hint = f"'{word}' is not a value of '{name}'", did_you_mean(word, known)
            else:
                message = _plain(message, inner)
            issues.extend([self.issue(keys + inner, f"{code}-invalid", message, hint=hint)])
            return None

    def _value(self, keys: tuple[Key, ...]) -> Any:
        value = self.data
        for key in keys:
            value = value[key]
        return {} if value is None else value

    def _unknown_keys(self, type_: Any, value: Any, keys: tuple[Key, ...], code: str, issues: Issues) -> None:
        if not (isinstance(type_, type) and issubclass(type_, msgspec.Struct) and isinstance(value, dict)):
            return
        fields = _fields(type_)
        for key, inner in value.items():
            if key not in fields:
                line, column = self._marks.get((*keys, f"\0{key}"), self.where(*keys))
                issues.add(
                    self.path,
                    f"{code}-unknown-key",
                    f"unknown key '{key}'",
                    line=line,
                    column=column,
                    hint=did_you_mean(str(key), fields),
                    excerpt=self.excerpt(line),
                )
            else:
                for child in _structs(fields[key].type):
                    if isinstance(inner, list):
                        for index, element in enumerate(inner):
                            self._unknown_keys(child, element, (*keys, key, index), code, issues)
                    else:
                        self._unknown_keys(child, inner, (*keys, key), code, issues)


@cache
def _fields(type_: type[msgspec.Struct]) -> dict[str, msgspec.structs.FieldInfo]:
    """The fields of a Struct by the key each has in a file: telling them reads its annotations, for every item of a suite."""
    return {field.encode_name: field for field in msgspec.structs.fields(type_)}


def _structs(type_: Any) -> list[type[msgspec.Struct]]:
    """Struct types directly inside a field's type: `Site | None`, `list[Author]`."""
    found: list[type[msgspec.Struct]] = []
    for part in (type_, *getattr(type_, "__args__", ())):
        if isinstance(part, type) and not hasattr(part, "__args__") and issubclass(part, msgspec.Struct):
            found.append(part)
        elif part is not type_:
            found.extend(_structs(part))
    return found


def _choices(type_: Any, keys: tuple[Key, ...]) -> list[str]:
    """The values that the field at `keys` inside `type_` may have; empty where they cannot be listed."""
    from msgspec import inspect

    def below(info: inspect.Type, keys: tuple[Key, ...]) -> Iterator[str]:
        if isinstance(info, inspect.UnionType):
            for part in info.types:
                yield from below(part, keys)
        elif not keys:
            if isinstance(info, inspect.LiteralType):
                yield from map(str, info.values)
            elif isinstance(info, inspect.EnumType):
                yield from (str(member.value) for member in info.cls)
        elif isinstance(info, inspect.StructType):
            for each in info.fields:
                if each.encode_name == keys[0]:
                    yield from below(each.type, keys[1:])
        elif isinstance(info, inspect.DictType):
            yield from below(info.value_type, keys[1:])
        elif isinstance(info, inspect.ListType):
            yield from below(info.item_type, keys[1:])

    return list(dict.fromkeys(below(inspect.type_info(type_), keys)))


def _split(message: str) -> tuple[str, tuple[Key, ...]]:
    """msgspec's `Expected `int`, got `str` - at `$.items[3].answer`` as its message and the path in it."""
    text, _, at = message.partition(" - at `")
    keys: list[Key] = []
    for name, index in re.findall(r"\.([^.\[\]`]+)|\[(\d+)\]", at.rstrip("`").removeprefix("$")):
        keys.append(int(index) if index else name)
    return text, tuple(keys)


def _plain(message: str, keys: tuple[Key, ...]) -> str:
    """msgspec's words as a sentence about the value: `'repeats' must be int, not str`."""
    name = next((f"'{k}'" for k in reversed(keys) if isinstance(k, str)), "this")
    words = {
        "str": "text",
        "int": "a whole number",
        "float": "a number",
        "bool": "true or false",
        "array": "a list",
    }
    words |= {"object": "a mapping", "null": "empty"}
    if match := re.fullmatch(r"Expected `(.+)`, got `(.+)`", message):
        wanted = " or ".join(words.get(w, w) for w in match[1].split(" | "))
        return f"{name} must be {wanted}, not {words.get(match[2], match[2])}"
    if match := re.fullmatch(r"Object missing required field `(.+)`", message):
        return f"'{match[1]}' is missing"
    return f"{name}: {message[:1].lower()}{message[1:]}".replace("`", "'")
