"""How an item is asked: the built-in ways by name, and template files.

A template is text with placeholders in braces; `{{` and `}}` stand for braces themselves. There is no logic in it: what
a template does can be read off it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Literal, NamedTuple

from llmxsite.base.diagnostics import Issue, Problem, did_you_mean, display_path

Kind = Literal["letter", "cot", "few-shot", "self-consistency", "completion", "template"]
BUILT_IN = ("letter", "cot", "few-shot(k)", "self-consistency(n)", "completion")
PLACEHOLDERS = ("question", "choices", "letters", "unit", "category", "examples")
_CALL = re.compile(r"(letter|cot|few-shot|self-consistency|completion)\s*(?:\(\s*(\d{1,3})\s*\))?")
_PIECE = re.compile(r"\{\{|\}\}|\{([^{}\n]*)\}|[{}]")


class Prompt(NamedTuple):
    """A way to ask. `n` is the k of few-shot and completion, the n of self-consistency, else 0."""

    kind: Kind
    n: int = 0
    file: str | None = None
    """Path of the template, relative to the report's folder, with forward slashes."""

    @property
    def reasons(self) -> bool:
        """Whether the reply may hold reasoning before its answer."""
        return self.kind in ("cot", "self-consistency", "template")


def parse_prompt(text: str) -> Prompt | None:
    """`few-shot(5)` as what it means; None for a name that is none. A name with a dot or a slash is a template file."""
    if match := _CALL.fullmatch(text.strip()):
        kind, count = match[1], int(match[2]) if match[2] else None
        if kind == "few-shot":
            return Prompt("few-shot", count) if count else None
        if kind == "self-consistency":
            return Prompt("self-consistency", count) if count and count >= 2 else None
        if kind == "completion":
            return Prompt("completion", count or 0)
        return Prompt("letter" if kind == "letter" else "cot") if count is None else None
    if re.search(r"[./\\]", text) and "(" not in text:
        return Prompt("template", file=PurePosixPath(text.strip().replace("\\", "/")).as_posix())
    return None


def prompt_hint(text: str) -> str:
    """The mend for a name that `parse_prompt` does not know."""
    name = re.sub(r"[^a-z-]", "", text.lower())
    for kind, form in (
        ("fewshot", "few-shot(k)"),
        ("few-shot", "few-shot(k)"),
        ("self-consistency", "self-consistency(n)"),
    ):
        if name.startswith(kind):
            example = "few-shot(5)" if kind.startswith("few") else "self-consistency(9), of at least 2"
            return f"write {form}, such as {example}"
    near = did_you_mean(name, ["letter", "cot", "few-shot", "self-consistency", "completion"]) or ""
    return (
        near if near.startswith("did") else f"known: {', '.join(BUILT_IN)}, or a template file such as prompts/mine.txt"
    )


class Template:
    """A template, parsed. `render` fills it in."""

    def __init__(self, pieces: list[str | tuple[str]]) -> None:
        self._pieces = pieces

    @classmethod
    def parse(cls, text: str, path: str) -> Template:
        """Raises `Problem` with every mistake in it, by line and column."""
        pieces: list[str | tuple[str]] = []
        issues: list[Issue] = []
        end = 0
        for match in _PIECE.finditer(text):
            pieces.append(text[end : match.start()])
            end = match.end()
            name = match[1]
            if match[0] in ("{{", "}}"):
                pieces.append(match[0][0])
            elif name is not None and name.strip() in PLACEHOLDERS:
                pieces.append((name.strip(),))
            else:
                what = f"unknown placeholder '{name}'" if name is not None else f"a lone '{match[0]}'"
                hint = "write {{ or }} for a brace itself"
                if name is not None:
                    hint = did_you_mean(name.strip(), PLACEHOLDERS) or hint
                issues.append(_issue(path, text, match.start(), "template-placeholder", what, hint))
        pieces.append(text[end:])
        if not issues and ("question",) not in pieces:
            issues.append(_issue(path, text, 0, "template-question", "the template never shows {question}", None))
        if issues:
            raise Problem(*issues)
        return cls(pieces)

    def render(self, values: Mapping[str, str]) -> str:
        """The text with each placeholder's value; white space at the ends is dropped."""
        return "".join(p if isinstance(p, str) else values.get(p[0], "") for p in self._pieces).strip()


def _issue(path: str, text: str, at: int, code: str, message: str, hint: str | None) -> Issue:
    line = text.count("\n", 0, at) + 1
    start = text.rfind("\n", 0, at) + 1
    shown = text[start:].split("\n", 1)[0]
    return Issue(
        path=display_path(path), line=line, column=at - start + 1, code=code, message=message, hint=hint, excerpt=shown
    )
