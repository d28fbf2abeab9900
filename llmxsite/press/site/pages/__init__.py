"""The kinds of page, one module each. A module's `pages` lists what there is to make; nothing is made until `make`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from llmxsite.base.diagnostics import Issues
from llmxsite.press.site.edition import Made


@dataclass(frozen=True)
class Page:
    """One page to be made."""

    address: str
    kind: str
    """`report`, `model`, `run`, ...: the module that makes it."""
    title: str
    make: Callable[[Issues], Made]
    """Makes it; problems go to the issues given."""
    parts: list[Any] = field(default_factory=list)
    """All that its bytes depend on besides the frame around every page: the page is made again when any of it changes."""
    updated: str = ""
    """Day of its newest input, for the feed and the site map."""
    summary: str | None = None
