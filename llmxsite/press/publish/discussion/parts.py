"""A report's sections, sorted into the parts of a post, and each cut into blocks that can stand or be left out."""

from __future__ import annotations

from dataclasses import dataclass, field

from llmxsite.press.publish import github
from llmxsite.press.publish.github import Block
from llmxsite.press.publish.written import Written

NAMES: dict[str, tuple[str, ...]] = {
    "question": ("question", "introduction", "background", "motivation", "why"),
    "hypothesis": ("hypothesis", "hypotheses", "prediction", "expectation"),
    "setup": (
        "setup",
        "set-up",
        "method",
        "design",
        "materials",
        "experiment",
        "procedure",
        "data",
        "what we did",
        "what i did",
        "how we",
        "how i",
        "how it was",
    ),
    "results": ("result", "finding", "what we found", "what i found", "what came out", "what happened", "observation"),
    "conclusions": ("conclusion", "discussion", "interpretation", "what it means", "what this means", "takeaway"),
    "limits": ("limit", "caveat", "threat", "what it does not", "what this does not", "what they do not"),
    "follow-up": ("follow", "next", "future", "open question", "what remains"),
}
"""Part of the post to how its section's heading may begin in a report."""
OTHER = "other"
"""Name of the part for sections that fit none; they stand between results and conclusions under their own heading."""
_LEFT = {"references", "bibliography", "checklist"}


@dataclass
class Section:
    """One section of the report. A block of it that `kept` does not have is left out of the post."""

    part: str
    heading: str
    blocks: list[Block]
    kept: set[int] = field(default_factory=set)

    def paragraphs(self) -> list[int]:
        """Places of the blocks that are words."""
        return [place for place, block in enumerate(self.blocks) if block.kind == "prose"]

    def first(self) -> list[int]:
        """Places of the paragraphs that come first under a heading, the section's own or one inside it."""
        found, waiting = [], True
        for place, block in enumerate(self.blocks):
            waiting = waiting or block.kind == "heading"
            if waiting and block.kind == "prose":
                found.append(place)
                waiting = False
        return found

    def text(self, *, brief: bool) -> list[str]:
        """The blocks that are kept; a heading only where something under it is."""
        found: list[str] = []
        heading: str | None = None
        for place, block in enumerate(self.blocks):
            if block.kind == "heading":
                heading = block.text
            elif place in self.kept:
                found += [heading] if heading is not None else []
                found.append(block.brief if brief and block.brief else block.text)
                heading = None
        return found


def sections(written: Written) -> list[Section]:
    """The report's sections in its order, everything kept."""
    article = written.report.article
    if article is None:
        return []
    found = []
    for heading, markdown, start in github.sections(article.body):
        name = heading.lower().strip()
        blocks = github.convert(written, markdown, article.first_line + start)
        if not blocks or name in _LEFT:
            continue
        opening = not heading or heading == written.report.title
        part = "question" if opening else next((p for p, starts in NAMES.items() if name.startswith(starts)), OTHER)
        found.append(Section(part, heading, blocks, set(range(len(blocks)))))
    return found
