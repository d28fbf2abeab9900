"""What a page offers the text it holds: drawing, numbers, and where links lead. The site implements it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from llmxsite.base.diagnostics import Issues
from llmxsite.press.writing.directive import Declared, Directive

NAMED = ("model", "suite", "run", "report", "figure")
"""Kinds of page that a link may name instead of a file: `[phi3](model:phi3:mini)`."""


class TextHost(Protocol):
    """What a page offers its text. Each method adds the issues of what it cannot do."""

    issues: Issues

    @property
    def directives(self) -> Mapping[str, Declared]:
        """The directives that are drawn from data, by name."""

    def directive(self, directive: Directive) -> str:
        """HTML of a directive that is drawn from data."""

    def value(self, query: str, line: int, column: int) -> str:
        """HTML of `` {value}`query` ``; `column` is where the query starts."""

    def link(self, target: str, line: int) -> str:
        """Relative address of a link's or picture's target, written relative to the page's source or as `model:NAME`."""

    def reference(self, name: str, line: int) -> tuple[str, str]:
        """Address and words of a figure or table that is not on this page: `("../x/index.html#fig-2", "Figure 2")`."""
