"""The content security policy of pages."""

from __future__ import annotations

import hashlib
from base64 import b64encode

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; frame-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'self'"
)
"""Content security policy of every page: nothing from elsewhere, no inline script, no `eval`. A form may go to the search page,
the sample explorer opens pages of samples out of sight, and tools that audit a page may ask its own site for `robots.txt`."""


def policy(style: str | None = None) -> str:
    """The policy of a page; that of one which holds its own style sheet names it by its hash."""
    if style is None:
        return POLICY
    known = b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return POLICY.replace("style-src 'self'", f"style-src 'self' 'sha256-{known}'")
