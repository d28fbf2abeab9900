"""Leaving paragraphs out of a post until a reader of a forum reads it to the end. No sentence is cut, and none is written."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from llmxsite.press.publish.discussion.parts import OTHER, Section

MOST = 800
"""Words a post has at most, as `words` counts them."""
_UNREAD = re.compile(r"<details>.*?</details>|<table>.*?</table>|<picture>.*?</picture>|```.*?```|<[^>]*>", re.DOTALL)
_TARGET = re.compile(r"\]\([^)]*\)")
_WORD = re.compile(r"\S*\w\S*")


def words(text: str) -> int:
    """Words that a reader meets: without pictures, tables, code, addresses and what is folded away."""
    seen = (line for line in _UNREAD.sub(" ", text).splitlines() if not line.lstrip().startswith("|"))
    return len(_WORD.findall(_TARGET.sub("] ", " ".join(seen))))


def condense(sections: list[Section], length: Callable[[], int]) -> None:
    """Keep what fits: figures, tables and lists of numbers always, paragraphs by `_order`. `length` measures the post as it stands.

    Whatever does not fit is passed over, and shorter paragraphs after it still have their chance.
    """
    for section in sections:
        section.kept -= set(section.paragraphs())
    for section, place in _order(sections):
        section.kept.add(place)
        if length() > MOST:
            section.kept.discard(place)


def left_out(sections: list[Section]) -> str:
    """What is not there, in words: `2 paragraphs of "Method", 1 of "Results"`; empty where all is."""
    missing = [(s.heading or "the opening", len(s.paragraphs()) - len(s.kept & set(s.paragraphs()))) for s in sections]
    told = [(heading, count) for heading, count in missing if count]
    return ", ".join(
        f"{count} paragraph{'' if count == 1 else 's'} of “{heading}”" if not n else f"{count} of “{heading}”"
        for n, (heading, count) in enumerate(told)
    )


def _order(sections: list[Section]) -> Iterator[tuple[Section, int]]:
    """Every paragraph once: what somebody who reads nothing else should have read comes first.

    The conclusions; how limits, follow-up and question open; what each part of the results begins with; the first paragraph
    of the sections of the report's own; then the rest of the results and of all these, and last the method.
    """
    firsts = ("limits", "follow-up", "question", "results", OTHER, "hypothesis", "setup")
    rest = ("results", "limits", "question", OTHER, "follow-up", "hypothesis", "setup")
    given: set[tuple[int, int]] = set()
    whole = [("conclusions", Section.paragraphs)]
    for part, places in [*whole, *((p, Section.first) for p in firsts), *((p, Section.paragraphs) for p in rest)]:
        for number, section in enumerate(sections):
            for place in places(section) if section.part == part else []:
                if (number, place) not in given:
                    given.add((number, place))
                    yield section, place
