"""Two texts side by side with the words that differ marked, as `<del>` in the first and `<ins>` in the second."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from html import escape

_PIECE = re.compile(r"\s+|\w+|[^\w\s]")
MOST = 4000
"""Words compared; longer texts are shown as they are, since the comparison takes time that grows with their product."""


def word_diff(left: str, right: str) -> tuple[str, str]:
    """Both texts as escaped HTML. `word_diff("a b", "a c")` -> `("a <del>b</del>", "a <ins>c</ins>")`."""
    a, b = _PIECE.findall(left), _PIECE.findall(right)
    if max(len(a), len(b)) > MOST:
        return escape(left), escape(right)
    first, second = [], []
    for kind, a1, a2, b1, b2 in SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        old, new = escape("".join(a[a1:a2])), escape("".join(b[b1:b2]))
        first.append(old if kind == "equal" or not old else f"<del>{old}</del>")
        second.append(new if kind == "equal" or not new else f"<ins>{new}</ins>")
    return "".join(first), "".join(second)
