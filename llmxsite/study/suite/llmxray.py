"""LLMxRay's suites, read as they are: `questions[]` with `choices: ["A) ...", ...]` and `correctAnswer: "A"`."""

from __future__ import annotations

import re
from typing import Any

from llmxsite.base.diagnostics import Issues, Problem
from llmxsite.base.document import Document, Key
from llmxsite.study.suite.model import LETTERS, QuestionItem, Suite, tidy
from llmxsite.study.suite.origin import Origin
from llmxsite.study.suite.validity import validate

_PREFIX = re.compile(r"\s*\(?([A-Z])[).:]\s*(.*)", re.DOTALL)
_HEAD = {"id", "name", "description", "builtIn", "questions", "version", "author", "licence", "license", "language"}
_NAMES = {"items": "questions", "answer": "correctAnswer", "title": "name"}
_OWN = {"id", "category", "subcategory", "question", "choices", "correctAnswer", "difficulty", "explanation", "source"}


def recognises(data: dict[str, Any]) -> bool:
    """Whether a parsed file is one of LLMxRay's: it has `questions`, which no native suite has."""
    return "questions" in data and "items" not in data


def read(document: Document, issues: Issues) -> tuple[Suite, Origin]:
    """The suite in LLMxRay's JSON. Letters before the options are taken off; keys that mean nothing here are named once."""
    data = document.data
    if not isinstance(data["questions"], list):
        raise Problem(document.issue(("questions",), "suite-invalid", "'questions' must be a list"))
    missing = [key for key in ("id", "name") if not isinstance(data.get(key), str) or not data[key].strip()]
    if missing:
        raise Problem(*(document.issue((), "suite-invalid", f"'{key}' is missing") for key in missing))
    author = data.get("author")
    suite = Suite(
        id=data["id"],
        title=data["name"],
        description=_text(data.get("description")),
        version=_text(data.get("version")),
        licence=_text(data.get("licence") or data.get("license")),
        source=f"LLMxRay suite by {author}" if isinstance(author, str) and author else "LLMxRay suite",
        language=_text(data.get("language")),
    )
    origin = Origin(document, names=_NAMES)
    strange = set(data) - _HEAD
    for index, raw in enumerate(data["questions"]):
        keys: tuple[Key, ...] = ("questions", index)
        if not isinstance(raw, dict):
            issues.extend([document.issue(keys, "suite-invalid", "a question is an object")])
            continue
        strange |= set(raw) - _OWN
        item = _item(document, keys, raw, issues)
        if item is not None:
            suite.items.append(item)
            origin.items.append(keys)
    if strange:
        message = f"not used here: {', '.join(sorted(strange))}"
        issues.extend([document.issue((), "suite-keys-unused", message, severity="hint")])
    issues.extend(validate(suite, origin))
    return suite, origin


def _item(document: Document, keys: tuple[Key, ...], raw: dict[str, Any], issues: Issues) -> QuestionItem | None:
    wrong = [key for key in ("id", "question", "correctAnswer") if not isinstance(raw.get(key), str)]
    choices = raw.get("choices")
    if not isinstance(choices, list) or not all(isinstance(choice, str) for choice in choices):
        wrong.append("choices")
    for key in wrong:
        message = f"'{key}' is missing" if raw.get(key) is None else f"'{key}' is not of the right type"
        issues.extend([document.issue((*keys, key), "suite-invalid", message)])
    if wrong or not isinstance(choices, list):
        return None
    options, letters = split_letters(choices)
    answer = raw["correctAnswer"].strip()
    letter = _PREFIX.fullmatch(answer)
    given = letter[1] if letter else answer.upper() if len(answer) == 1 else answer
    return QuestionItem(
        id=raw["id"],
        category=_text(raw.get("category")),
        subcategory=_text(raw.get("subcategory")),
        difficulty=_text(raw.get("difficulty")),
        question=tidy(raw["question"]),
        choices=options,
        answer=LETTERS[letters.index(given)] if given in letters else given,
        explanation=_text(raw.get("explanation")),
        source=_text(raw.get("source")),
    )


def split_letters(choices: list[str]) -> tuple[list[str], list[str]]:
    """Options without the letters before them, and the letters.

    Where one option has no letter, or a letter comes twice, what looks like letters is part of the text: it stays, and
    the options count A, B, C, ...

    >>> split_letters(["A) red", "B) blue"])
    (['red', 'blue'], ['A', 'B'])
    >>> split_letters(["A. Smith", "the others"])
    (['A. Smith', 'the others'], ['A', 'B'])
    """
    matches = [_PREFIX.fullmatch(choice) for choice in choices]
    letters = [match[1] for match in matches if match]
    if len(letters) == len(choices) == len(set(letters)):
        return [tidy(match[2]) for match in matches if match], letters
    return [tidy(choice) for choice in choices], list(LETTERS[: len(choices)])


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value.strip() else None
