"""Directives in MyST's spelling: a fence whose info string starts with `{name}`.

```{chart} heatmap
rows: model
```

Options stand as `:key: value` lines at the head of the body, as YAML between two `---` lines there, or, in directives
that draw data, as the whole body in YAML. This module knows the syntax and the names; what a directive draws is the
business of the page that holds it, which also says which of them there are (`Declared`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from llmxsite.base.diagnostics import Problem, Severity, did_you_mean
from llmxsite.base.document import Document
from llmxsite.press.writing.source import Source

ADMONITIONS = {
    "note": ("note", "Note"),
    "tip": ("tip", "Tip"),
    "hint": ("tip", "Hint"),
    "seealso": ("note", "See also"),
    "important": ("important", "Important"),
    "warning": ("warning", "Warning"),
    "attention": ("warning", "Attention"),
    "caution": ("caution", "Caution"),
    "danger": ("caution", "Danger"),
}
"""Directive name to class and default title; GitHub's five alerts are five of these."""
TEXT = {"admonition", "bibliography", "code", "code-block", "details", "dropdown", "figure", "math", *ADMONITIONS}
"""Directives this package's Markdown draws itself."""
_INFO = re.compile(r"\{([A-Za-z][\w:-]*)\}[ \t]*(.*)", re.DOTALL)
_OPTION = re.compile(r":([A-Za-z][\w-]*):(?:[ \t]+(.*))?$")


class Declared(Protocol):
    """What the syntax of a directive that is drawn from data depends on."""

    @property
    def numbered(self) -> str | None:
        """The word it is numbered by: `Figure`; None where it is not."""

    @property
    def prose(self) -> bool:
        """Whether its body is Markdown, not options."""


@dataclass
class Directive:
    """One directive as written. `line` is the line of the file on which its fence opens."""

    name: str
    argument: str
    options: dict[str, Any]
    body: str
    """What follows the options; empty where the body was options."""
    path: Path
    line: int
    source: Source
    body_line: int = 0
    id: str | None = None
    """Anchor of a numbered directive: its `name` option, or `fig-2`."""
    number: int | None = None
    label: str | None = None
    """`Figure 2`; None where directives of this name are not numbered."""
    inline: Callable[[str, int], str] = lambda text, line: text
    """Markdown of one paragraph to HTML, for captions: `(text, line of the file)`."""
    _places: dict[str, tuple[int, int]] = field(default_factory=dict)

    def where(self, key: str | None = None) -> tuple[int, int]:
        """Line and column of an option's value, or of the fence when the option is not there."""
        return self._places.get(key or "", (self.line, 1))

    def add(
        self, code: str, message: str, *, key: str | None = None, hint: str | None = None, severity: Severity = "error"
    ) -> None:
        """One problem at an option, or at the fence."""
        line, column = self.where(key)
        self.source.add(code, message, line=line, column=column, hint=hint, severity=severity)


def match(info: str) -> tuple[str, str] | None:
    """`(name, argument)` when a fence's info string opens a directive: `{chart} heatmap` -> `("chart", "heatmap")`."""
    found = _INFO.fullmatch(info.strip())
    return (found[1].lower(), found[2].strip()) if found else None


def parse(
    name: str, argument: str, content: str, line: int, source: Source, data: Mapping[str, Declared]
) -> Directive | None:
    """The directive of a fence that opens on `line`, or None after saying why it cannot be one. `data`: those drawn from data."""
    if name not in TEXT and name not in data:
        source.add(
            "directive-unknown",
            f"unknown directive '{name}'",
            line=line,
            column=(source.line(line) or "").find("{") + 2,
            hint=did_you_mean(name, {*TEXT, *data}),
        )
        return None
    directive = Directive(name, argument, {}, "", source.path, line, source)
    lines = content.removesuffix("\n").split("\n")
    taken = _option_lines(directive, lines)
    if not taken and lines and lines[0].strip() == "---":
        taken = _yaml_block(directive, lines)
    rest = "\n".join(lines[taken:])
    directive.body_line = line + 1 + taken
    if name in data and not data[name].prose and rest.strip():
        _yaml(directive, rest, directive.body_line)
    else:
        directive.body = rest + "\n" if rest.strip() else ""
    return directive


def _option_lines(directive: Directive, lines: list[str]) -> int:
    """Read `:key: value` lines; how many there were."""
    taken = 0
    for offset, text in enumerate(lines):
        found = _OPTION.match(text.strip())
        if not found:
            break
        line = directive.line + 1 + offset
        raw = directive.source.line(line) or text
        value = (found[2] or "").strip()
        _set(directive, found[1], _value(value, directive, line), (line, max(raw.find(value), 0) + 1))
        taken += 1
    while taken and taken < len(lines) and not lines[taken].strip():
        taken += 1
    return taken


def _value(text: str, directive: Directive, line: int) -> Any:
    """An option line's value: YAML where it can only be that, else the text as it stands (captions hold colons)."""
    try:
        data = Document.parse(text, directive.path, first_line=line).data
    except Problem as problem:
        if text[:1] in "[{":
            directive.source.issues.extend(problem.issues)
        return text
    return text if isinstance(data, dict) and not text.startswith("{") else data


def _yaml_block(directive: Directive, lines: list[str]) -> int:
    """Read YAML between two `---` lines; how many lines it took."""
    for offset, text in enumerate(lines[1:], 1):
        if text.strip() == "---":
            _yaml(directive, "\n".join(lines[1:offset]), directive.line + 2)
            return offset + 1
    return 0


def _yaml(directive: Directive, text: str, first_line: int) -> None:
    try:
        document = Document.parse(text, directive.path, first_line=first_line)
    except Problem as problem:
        directive.source.issues.extend(problem.issues)
        return
    if document.data is None:
        return
    if not isinstance(document.data, dict):
        directive.source.add(
            "directive-body",
            f"the body of '{directive.name}' must be options, one `key: value` a line",
            line=first_line,
            hint=f"an argument stands beside the name: ```{{{directive.name}}} {str(document.data)[:40]}",
        )
        return
    for key, value in document.data.items():
        _set(directive, str(key), value, document.where(key))


def _set(directive: Directive, key: str, value: Any, place: tuple[int, int]) -> None:
    if key in directive.options:
        directive.source.add(
            "directive-duplicate-option", f"option '{key}' stands twice", line=place[0], column=place[1]
        )
        return
    directive.options[key] = value
    directive._places[key] = place
