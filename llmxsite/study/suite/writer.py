"""Writing a suite as YAML a person can edit, or as `suite.yaml` with `items.jsonl` when it is large."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import msgspec
import yaml

from llmxsite.base.written import Place
from llmxsite.study.study import check_slug, slugify
from llmxsite.study.suite.datasheet import QUESTIONS
from llmxsite.study.suite.model import Suite

LARGE = 200
"""Items beyond which a suite is written as a folder: one item a line stays readable and quick to load."""
_PARTS = ("authors", "datasheet", "examples", "items")
"""Written last, with an empty line before each."""
_LAST = ("explanation", "source")
_EXPONENT = re.compile(r"[-+]?[0-9]+(\.[0-9]+)?[eE][-+]?[0-9]+")
_base: Any = yaml.SafeDumper


class _Dumper(_base):  # type: ignore[misc]
    """YAML as people write it: lists indented, longer texts in blocks."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


def _text(dumper: Any, value: str) -> Any:
    # `1e3` is text to YAML 1.1, which PyYAML writes, and a number to our reader.
    style = "'" if _EXPONENT.fullmatch(value) else "|" if "\n" in value else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Dumper.add_representer(str, _text)


def write(suite: Suite, folder: Path, *, large: int = LARGE) -> Path:
    """Write the suite below `folder` as `<id>.yaml`, or as `<id>/suite.yaml` and `items.jsonl`; returns the file to load."""
    check_slug(suite.id, "suite")
    place = Place(folder)
    if len(suite.items) <= large:
        path = folder / f"{suite.id}.yaml"
        place.write(path, to_yaml(suite).encode())
        return path
    path = folder / suite.id / "suite.yaml"
    lines = (msgspec.json.encode(_ordered(msgspec.to_builtins(item))) + b"\n" for item in suite.items)
    place.write(path.parent / "items.jsonl", b"".join(lines))
    place.write(path, to_yaml(msgspec.structs.replace(suite, items=[])).encode())
    return path


def to_yaml(suite: Suite) -> str:
    """The suite as YAML, an empty line between items. Reading it gives the same suite."""
    data: dict[str, Any] = msgspec.to_builtins(suite)
    parts = [_dump({key: value for key, value in data.items() if key not in _PARTS})]
    for key in _PARTS:
        if key in ("examples", "items") and data.get(key):
            parts.append(f"{key}:\n" + "\n".join(_indent(_dump([_ordered(item)])) for item in data[key]))
        elif data.get(key):
            parts.append(_dump({key: data[key]}))
    return "\n".join(parts)


def _ordered(item: dict[str, Any]) -> dict[str, Any]:
    """An item's keys with what is said of it last."""
    return {
        **{key: value for key, value in item.items() if key not in _LAST},
        **{key: item[key] for key in _LAST if key in item},
    }


def _dump(data: Any) -> str:
    text: str = yaml.dump(data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110)
    return text


def _indent(text: str) -> str:
    return re.sub(r"^(?=[^\n])", "  ", text, flags=re.MULTILINE)


def scaffold(name: str, slug: str | None = None) -> str:
    """A suite to start from, for `suites/<slug>.yaml`: two items that show both kinds, every key explained."""
    slug = slug or slugify(name)
    sections = "\n".join(
        f"  {section}:\n" + "\n".join(f"    # {key}: {question}" for key, question in questions.items())
        for section, questions in QUESTIONS.items()
    )
    return _SCAFFOLD.format(slug=slug, title=_dump({"title": name.strip() or slug}).strip(), sections=sections)


_SCAFFOLD = """\
# A suite: a named set of questions. `llmxsite suite check {slug}` reports what is wrong with it.
id: {slug}
{title}
description: What the questions are about, in one or two sentences.
version: 0.1.0
licence: CC-BY-4.0
source: Written for this study
language: en
authors:
  - name: Your name

# Answers to the questions of a datasheet; the site shows the rest as "not stated".
datasheet:
{sections}

# Worked items for few-shot prompts. They are never asked.
examples:
  - id: example-1
    category: first-category
    question: Which of these is a colour?
    choices:
      - Blue
      - Heavy
      - Monday
      - Seven
    answer: A
    explanation: Blue is a colour; the others are not.

# At least 20 items, better 40 or more. The right letters should come equally often.
items:
  - id: first-category-01
    category: first-category
    difficulty: easy # easy, medium or hard
    question: Which of these can fly?
    choices:
      - A stone
      - A sparrow
      - A table
      - A spoon
    answer: B # the letter of the right option
    explanation: Sparrows are birds that fly.
    source: General knowledge

  - id: second-category-01
    category: second-category
    difficulty: easy
    question: A box holds 6 eggs. How many eggs do 3 boxes hold?
    answer: 18 # no choices: the model writes a number
    unit: eggs
    explanation: 3 times 6 is 18.
"""
