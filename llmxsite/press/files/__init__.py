"""Files beside a text in the form in which they are published: what a browser shows, and nothing that it runs or that nobody meant to tell.

`published` is the one way from a file of a study to bytes of the site. Pictures lose their metadata, SVGs and PDFs what runs or
loads; what cannot be read as the kind that its name says is refused.
"""

from __future__ import annotations

from pathlib import Path

from llmxsite.base.diagnostics import Problem
from llmxsite.base.regular import content
from llmxsite.press.files.refused import Refused as Refused

PICTURES = frozenset([".png", ".jpg", ".jpeg", ".gif", ".webp", ".avif"])
MAX_FILE = 100 * 1024 * 1024
"""Bytes of a file that is published: what GitHub takes."""


def published(path: Path, inside: Path) -> bytes:
    """The bytes of a file as they are published. Raises `Problem` where it is no regular file below `inside`, or not what its name says
    (`file-refused`)."""
    data = content(path, inside=inside, limit=MAX_FILE)
    try:
        return cleaned(data, path.suffix.lower())
    except Refused as refused:
        raise Problem.at(path, "file-refused", f"not published: {refused}") from None


def cleaned(data: bytes, suffix: str) -> bytes:
    """A file's bytes without what a browser would run, and without what pictures and documents tell of where they were made."""
    if suffix in PICTURES:
        from llmxsite.press.files import picture

        return picture.cleaned(data, suffix)
    if suffix == ".svg":
        from llmxsite.press.files import svg

        return svg.cleaned(data)
    if suffix == ".pdf":
        from llmxsite.press.files import pdf

        return pdf.cleaned(data)
    return data
