"""What can be added to the site: directives, and parts of pages. The core declares its own directives in the same type."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, Literal, NamedTuple

from markupsafe import Markup

from llmxsite.base import registry
from llmxsite.press.site.edition import Edition
from llmxsite.press.site.page_host import Draw

PLACES = {
    "run": ("outcomes", "conditions", "samples"),
    "report": ("text", "runs"),
    "model": ("results",),
    "suite": ("results", "items"),
}
"""Kind of page to its places, which parts of tasks come after."""


class DirectiveKind(NamedTuple):
    """A directive that is drawn from data."""

    name: str
    draw: Draw
    options: frozenset[str] | None = None
    """The options it takes; None where what draws it checks them."""
    numbered: str | None = None
    """`Figure` or `Table` where it is numbered as one."""
    needs_runs: bool = True
    """Whether it waits for the report's first run."""
    prose: bool = False
    """Whether its body is Markdown, not options."""


class Part(NamedTuple):
    """A part of a kind of page, in the place after one of the page's own sections."""

    page: Literal["run", "report", "model", "suite"]
    after: str
    """One of the page's `PLACES`."""
    make: Callable[[Edition, Any], Markup | None]
    """From the catalogue's entry of the page; None where it has nothing to show there."""


def added(edition: Edition, page: str, entry: Any) -> SimpleNamespace:
    """What tasks add to a page, by place, in the order of their names: `added(...).outcomes`."""
    found: dict[str, list[Markup]] = {place: [] for place in PLACES[page]}
    for _, part in sorted(registry.declared("site", "PARTS"), key=lambda pair: pair[0]):
        if part.page == page and (made := part.make(edition, entry)) is not None:
            found[part.after].append(made)
    return SimpleNamespace(**{place: Markup("").join(made) for place, made in found.items()})
