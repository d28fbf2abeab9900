"""A post of a study that no site shows yet: its pictures lie beside it, to be dragged in, and nothing leads to a page there is not."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from html import unescape
from pathlib import Path

from llmxsite.base.memory import Cache
from llmxsite.base.written import Place
from llmxsite.press.catalogue import addresses
from llmxsite.press.publish import pictures
from llmxsite.press.site.figures.drawing import Drawn
from llmxsite.press.site.figures.elsewhere import file_name, plain

NOWHERE = "https://nowhere.invalid"
"""Stands for the site's address while a post is written; none of it is left."""
_PICTURE = re.compile(r'<picture>\n<source [^\n]*>\n<img src="([^"]*)" alt="([^"]*)">\n</picture>')
_LINK = re.compile(r"(?<!!)\[((?:[^\[\]\\]|\\.)*)\]\(" + re.escape(NOWHERE) + r"[^()\s]*\)")
_ONLY = re.compile(r"^\*\[[^\n]*\]\(" + re.escape(NOWHERE) + r"[^\n]*\)\*\n*", re.MULTILINE)
"""A line that is a link and nothing else."""


def rewritten(text: str, figures: Iterable[Drawn]) -> str:
    """A post written for `NOWHERE`, with its pictures as files to be dragged in and its links as words."""
    names = {
        addresses.absolute(NOWHERE, figure.photo("light")): file_name(figure, "png", "light") for figure in figures
    }

    def picture(match: re.Match[str]) -> str:
        name = names.get(unescape(match[1]), "")
        return f"<!-- Drag {name} into the post, here: GitHub puts its own address in the next line. -->\n![{plain(unescape(match[2]))}]({name})"

    text = _PICTURE.sub(picture, text)
    text = _ONLY.sub("", text)
    text = _LINK.sub(r"\1", text)
    return re.sub(r"\n---\n\nRuns, prompts, replies and settings:[^\n]*\n", "\n", text)


def write(figures: Iterable[Drawn], cache: Cache, folder: Path) -> Iterator[str]:
    """The pictures of a post beside it; gives their names."""
    place = Place(folder)
    for figure in figures:
        for stem, suffix, content in pictures.contents(figure, cache, ("png",), ("light",)):
            place.write(folder / f"{stem}.{suffix}", content)
            yield f"{stem}.{suffix}"
