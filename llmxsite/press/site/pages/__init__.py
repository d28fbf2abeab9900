"""The kinds of page, one module each. A module's `pages` lists what there is to make; nothing is made until `make`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from llmxsite.base.diagnostics import Issues
from llmxsite.press.site import fault
from llmxsite.press.site.edition import Edition, Made


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

    def tried(self, edition: Edition, issues: Issues) -> Made:
        """The page; where making it fails, one that says so. What a stranger's log or text brings about ends no build."""
        try:
            return self.make(issues)
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:
            issues.extend(fault.said(error, self.address, self.title))
            return Made(edition.html("fault.html", self.address, title=self.title, reason=fault.reason(error)))
