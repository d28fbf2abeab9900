"""What may stand between paragraphs beyond CommonMark: directives, admonitions, task lists, numbered things.

Core rules, run on the token stream in document order: `expand` before the inline text is read, so that what stands in
an admonition is read like everything else; `label` after it, when headings have their text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from markdown_it.rules_core import StateCore
from markdown_it.token import Token

from llmxsite.base.diagnostics import did_you_mean
from llmxsite.press.writing import anchors
from llmxsite.press.writing import directive as syntax
from llmxsite.press.writing.citations import Bibliography
from llmxsite.press.writing.directive import ADMONITIONS, Declared, Directive
from llmxsite.press.writing.source import Source

MAX_DEPTH = 10
_ALERT = re.compile(r"\[!([A-Za-z]+)\][ \t]*(?:\n|$)")
_TASK = re.compile(r"\[([ xX])\][ \t]+")


@dataclass
class Outline:
    """What the rules know of the page they are at work on, in `env["page"]`."""

    source: Source
    bibliography: Bibliography
    language: str
    trusted: bool
    inline: Callable[[str, int], str]
    data: Mapping[str, Declared]
    """The directives that are drawn from data."""
    labels: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Name to `(anchor, words)`: `fig-sizes` -> `("fig-sizes", "Figure 2")`."""
    counts: dict[str, int] = field(default_factory=dict)
    headings: list[tuple[int, str, str]] = field(default_factory=list)
    anchors: set[str] = field(default_factory=set)

    def anchor(self, wanted: str) -> str:
        """An anchor no other thing on the page has."""
        name, n = wanted, 1
        while name in self.anchors:
            n += 1
            name = f"{wanted}-{n}"
        self.anchors.add(name)
        return name

    def number(self, word: str, name: object, line: int, column: int = 1) -> tuple[str, int, str]:
        """`(anchor, number, label)` of the next figure, table or equation, known under `name` from now on."""
        count = self.counts[word] = self.counts.get(word, 0) + 1
        short = {"Figure": "fig", "Table": "table", "Equation": "eq"}[word]
        label = f"{word} {count}"
        if name is None:
            return self.anchor(f"{short}-{count}"), count, label
        slug = anchors.slug(str(name)) or short
        if slug in self.labels:
            self.source.add(
                "reference-duplicate",
                f"name '{name}' is taken by {self.labels[slug][1]}",
                line=line,
                column=column,
                hint="give one of them another name",
            )
            return self.anchor(slug), count, label
        anchor = self.anchor(slug)
        self.labels[slug] = (anchor, label)
        return anchor, count, label


def expand(state: StateCore) -> None:
    """Core rule: fences that are directives become tokens of their own, quotes that are alerts become admonitions."""
    state.tokens = list(_expand(state, state.tokens, 0))


def _expand(state: StateCore, tokens: list[Token], depth: int) -> Iterable[Token]:
    alerts: list[bool] = []
    for index, token in enumerate(tokens):
        if token.type in ("fence", "colon_fence"):
            found = syntax.match(token.info)
            if found is not None:
                yield from _directive(state, token, *found, depth)
            elif token.type == "colon_fence":
                yield from _nested(state, token.content, (token.map or [0])[0] + 1, depth)
            else:
                yield token
        elif token.type == "math_block_label":
            page: Outline = state.env["page"]
            token.meta["number"] = page.number("Equation", token.info, _line(state, token))
            yield token
        elif token.type == "blockquote_open":
            title = _alert(tokens, index)
            alerts.append(title is not None)
            if title is None:
                yield token
            else:
                yield from _open(*title, token)
        elif token.type == "blockquote_close":
            yield Token("admonition_close", "aside", -1) if alerts.pop() else token
        else:
            yield token


def _line(state: StateCore, token: Token) -> int:
    page: Outline = state.env["page"]
    return page.source.first_line + (token.map or [0])[0]


def _directive(state: StateCore, token: Token, name: str, argument: str, depth: int) -> Iterable[Token]:
    page: Outline = state.env["page"]
    line = _line(state, token)
    found = syntax.parse(name, argument, token.content, line, page.source, page.data)
    if found is None:
        yield _made("code_block", token, f"{token.markup}{token.info}\n{token.content}{token.markup}\n")
        return
    found.inline = page.inline
    if name in page.data or name == "figure":
        word = "Figure" if name == "figure" else page.data[name].numbered
        if word is not None:
            found.id, found.number, found.label = page.number(word, found.options.get("name"), *found.where("name"))
        yield _made("figure" if name == "figure" else "directive", token, found.body, directive=found)
    elif name == "math":
        label = found.options.get("label") or found.options.get("name")
        number = page.number("Equation", label, *found.where("label")) if label is not None else None
        made = _made("math_block_label" if number else "math_block", token, f"{argument}\n{found.body}")
        made.meta["number"] = number
        yield made
    elif name in ("code", "code-block"):
        made = _made("fence", token, found.body.removesuffix("\n") + "\n")
        made.info, made.markup = argument, "```"
        yield made
    elif name == "bibliography":
        yield _made("bibliography", token, "")
    else:
        yield from _container(state, found, token, depth)
    if name not in page.data:
        _check_options(found)


_OPTIONS = {
    "figure": {"name", "alt", "caption", "width", "height"},
    "math": {"label", "name"},
    "details": {"open"},
    "dropdown": {"open"},
}


def _check_options(directive: Directive) -> None:
    """Options of this module's own directives; those drawn from data are checked by what draws them."""
    known = _OPTIONS.get(directive.name, set())
    for key in directive.options:
        if key not in known:
            directive.add(
                "directive-option",
                f"'{directive.name}' has no option '{key}'",
                key=key,
                hint=did_you_mean(key, known),
            )


def _container(state: StateCore, found: Directive, token: Token, depth: int) -> Iterable[Token]:
    """An admonition or a folded block: its body is Markdown."""
    if found.name in ("details", "dropdown"):
        opening = _made("details_open", token, found.argument or "Details")
        opening.meta["open"] = found.options.get("open") is True
        yield opening
        closing = Token("details_close", "details", -1)
    else:
        kind, title = ADMONITIONS.get(found.name, ("note", "Note"))
        yield from _open(kind, found.argument or title, token)
        closing = Token("admonition_close", "aside", -1)
    yield from _nested(state, found.body, found.body_line - _first_line(state), depth)
    yield closing


def _first_line(state: StateCore) -> int:
    page: Outline = state.env["page"]
    return page.source.first_line


def _nested(state: StateCore, text: str, line: int, depth: int) -> Iterable[Token]:
    """Blocks of `text`, which starts on line `line` of the body, counted from 0."""
    if depth >= MAX_DEPTH:
        page: Outline = state.env["page"]
        page.source.add(
            "directive-depth",
            f"directives stand in each other more than {MAX_DEPTH} deep",
            line=line + _first_line(state),
        )
        return
    inner: list[Token] = []
    state.md.block.parse(text, state.md, state.env, inner)
    for token in inner:
        if token.map is not None:
            token.map = [token.map[0] + line, token.map[1] + line]
    yield from _expand(state, inner, depth + 1)


def _alert(tokens: list[Token], index: int) -> tuple[str, str] | None:
    """Kind and title when the quote that opens at `index` is an alert; its `[!NOTE]` line is taken out."""
    if index + 2 >= len(tokens) or tokens[index + 2].type != "inline":
        return None
    text = tokens[index + 2]
    found = _ALERT.match(text.content)
    if not found or found[1].lower() not in ADMONITIONS:
        return None
    text.content = text.content[found.end() :]
    if text.map is not None:
        text.map = [text.map[0] + 1, text.map[1]]
    if not text.content:
        for dead in tokens[index + 1 : index + 4]:
            dead.hidden = True
    return ADMONITIONS[found[1].lower()]


def _open(kind: str, title: str, token: Token) -> Iterable[Token]:
    opening = Token("admonition_open", "aside", 1)
    opening.info, opening.map = kind, token.map
    yield opening
    heading = Token("inline", "", 0)
    heading.content, heading.map, heading.children = title, token.map, []
    yield Token("admonition_title_open", "p", 1)
    yield heading
    yield Token("admonition_title_close", "p", -1)


def _made(kind: str, token: Token, content: str, **meta: Any) -> Token:
    made = Token(kind, "", 0)
    made.content, made.map, made.meta, made.block = content, token.map, meta, True
    return made


def tasks(state: StateCore) -> None:
    """Core rule: `- [x] done` is an item with a box."""
    for index, token in enumerate(state.tokens):
        if token.type != "inline" or index < 2 or state.tokens[index - 2].type != "list_item_open":
            continue
        first = next(iter(token.children or []), None)
        found = _TASK.match(token.content)
        if first is None or first.type != "text" or not found:
            continue
        first.content = first.content[found.end() :]
        box = Token("task_box", "", 0)
        box.info = "done" if found[1] in "xX" else "open"
        (token.children or []).insert(0, box)
        state.tokens[index - 2].attrJoin("class", "task-list-item")


def label(state: StateCore) -> None:
    """Core rule: every heading gets its anchor, in the order of the page."""
    page: Outline = state.env["page"]
    previous = 1
    for index, token in enumerate(state.tokens):
        if token.type != "heading_open":
            continue
        text = plain(state.tokens[index + 1].children or [])
        level = int(token.tag[1])
        slug = anchors.slug(text)
        anchor = page.anchor(slug or "section")
        token.attrSet("id", anchor)
        page.headings.append((level, anchor, text))
        page.labels.setdefault(slug, (anchor, text))
        if level > previous + 1:
            page.source.add(
                "heading-level",
                f"a heading of level {level} follows one of level {previous}",
                line=_line(state, token),
                hint=f"use {'#' * (previous + 1)}, so that readers who jump by headings find no gap",
                severity="warning",
            )
        previous = level


def plain(children: Iterable[Token]) -> str:
    """The words of inline tokens."""
    parts = []
    for child in children:
        if child.type in ("text", "text_special", "code_inline", "math_inline"):
            parts.append(child.content)
        elif child.type in ("softbreak", "hardbreak"):
            parts.append(" ")
        elif child.type == "image":
            parts.append(plain(child.children or []))
    return " ".join("".join(parts).split())
