"""Style sheets that somebody else wrote: what in them would load something from elsewhere."""

from __future__ import annotations

import re

_COMMENT = re.compile(r"/\*.*?(\*/|\Z)", re.S)
_LOADS = re.compile(
    r"\b(url|src|image|image-set|-webkit-image-set|cross-fade|expression|attr)\s*\(\s*([\"']?)\s*([^)\"']*)", re.I
)
_RULE = re.compile(r"@(import|namespace|charset|document)\b|-moz-binding|\bbehavior\s*:", re.I)


def fault(text: str) -> str | None:
    """Why a sheet is not used; None where it loads nothing but what it holds itself, as `data:`, or names by `#`."""
    plain = _COMMENT.sub(" ", text)
    if "<" in plain:
        return "it holds '<'"
    if re.search(r"\\(?![\"'0-9a-fA-F\\])|\\0*(4[0-9a-f]|5[0-9a-f]|6[0-9a-f]|7[0-9a-f])(?![0-9a-f])", plain, re.I):
        return "it spells letters with '\\', as what is to be hidden is spelt"
    if found := _RULE.search(plain):
        return f"it holds '{found[0].strip()}'"
    for load in _LOADS.finditer(plain):
        target = load[3].strip().lower()
        if load[1].lower() in ("url", "src", "image") and re.match(r"(#|data:(image/(?!svg)|font/)|\{\{)", target):
            continue
        if load[1].lower() == "attr":
            continue
        return f"it loads '{load[0][:60].strip()}'"
    return None


def declarations(style: str) -> str:
    """The declarations of a `style` attribute that only say how something looks where it stands."""
    kept = []
    for part in _COMMENT.sub(" ", style).split(";"):
        name, colon, value = part.partition(":")
        name = name.strip().lower()
        if not colon or not re.fullmatch(r"-?[a-z][a-z-]*", name) or name in ("behavior", "-moz-binding"):
            continue
        if name in ("position", "z-index") or "\\" in value or fault(f"{name}:{value}") is not None:
            continue
        kept.append(f"{name}:{value.strip()}")
    return ";".join(kept)
