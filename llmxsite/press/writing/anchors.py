"""Anchors of headings, figures and references: readable in every script, the same in every build."""

from __future__ import annotations

import re
import unicodedata

LENGTH = 100


def slug(text: str) -> str:
    """`Why 3.5 % of Études?` -> `why-3.5-of-etudes`, `温度の影響` -> `温度の影響`; empty where nothing is a letter or a digit.

    Latin letters lose their accents, as in addresses; those of other scripts keep every sign that belongs to them.
    """
    kept: list[str] = []
    for char in unicodedata.normalize("NFKD", text.replace("_", "-").casefold()):
        kind = unicodedata.category(char)
        if kind.startswith("M"):
            if kept and not kept[-1].isascii():
                kept.append(char)
        elif kind != "Cf":  # joiners and marks of direction, which nobody sees
            kept.append(char if kind[0] in "LN" or char == "." else "-")
    joined = unicodedata.normalize("NFC", "".join(kept))
    parted = re.sub(r"\.{2,}", ".", re.sub(r"-+", "-", joined))
    return parted.strip("-.")[:LENGTH].strip("-.")
