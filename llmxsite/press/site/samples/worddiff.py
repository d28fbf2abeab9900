"""Two texts side by side with the words that differ marked, as `<del>` in the first and `<ins>` in the second."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from html import escape

_WORD = re.compile(r"\w+|[^\w\s]")
MOST = 4000
"""Words compared; longer texts are shown as they are, since the comparison takes time that grows with their product."""


def word_diff(left: str, right: str) -> tuple[str, str]:
    """Both texts as escaped HTML. `word_diff("a b", "a c")` -> `("a <del>b</del>", "a <ins>c</ins>")`.

    Only words and signs are compared. The space between them would match everywhere, which says nothing and takes most of
    the time.
    """
    a, b = list(_WORD.finditer(left)), list(_WORD.finditer(right))
    if max(len(a), len(b)) > MOST:
        return escape(left), escape(right)
    codes = SequenceMatcher(None, [m[0] for m in a], [m[0] for m in b], autojunk=False).get_opcodes()
    changed = [code for code in codes if code[0] != "equal"]
    return (
        _marked(left, [(a[i].start(), a[j - 1].end()) for _, i, j, _, _ in changed if i < j], "del"),
        _marked(right, [(b[i].start(), b[j - 1].end()) for _, _, _, i, j in changed if i < j], "ins"),
    )


def _marked(text: str, places: list[tuple[int, int]], tag: str) -> str:
    parts, at = [], 0
    for start, end in places:
        parts += [escape(text[at:start]), f"<{tag}>{escape(text[start:end])}</{tag}>"]
        at = end
    return "".join([*parts, escape(text[at:])])
