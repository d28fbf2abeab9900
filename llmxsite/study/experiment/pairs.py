"""`name=value` pairs, as `{value}` and predictions write them: `model=phi3:mini category='Everyday physics'`."""

from __future__ import annotations

import re

PAIR = re.compile(r"([A-Za-z_][\w-]*)=(\"[^\"]*\"|'[^']*'|\S*)")
"""A name and its value, which stands in quotes where it has spaces."""
SPACE = re.compile(r"\s+")


def unquoted(value: str) -> tuple[str, bool]:
    """The value without its quotes, and whether it had some: `'a|b'` is one value, `a|b` two."""
    quoted = value[:1] in "\"'" and len(value) > 1
    return (value[1:-1] if quoted else value), quoted
