"""Markdown to HTML: CommonMark and what a report needs beyond it, every complaint with its line.

`render` is pure but for what the page's `TextHost` offers it: drawing directives and numbers, and knowing where links
lead. What the host draws is put into the text after the text has been cleaned, so that a contribution's words pass an
allow list and a chart does not have to.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.rules_inline import emphasis, strikethrough
from markdown_it.token import Token
from mdit_py_plugins.colon_fence import colon_fence_plugin
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.dollarmath.index import math_block_dollar
from mdit_py_plugins.footnote import footnote_plugin

from llmxsite.press.writing import blocks, inline, sanitise, typography
from llmxsite.press.writing.blocks import Outline
from llmxsite.press.writing.citations import Bibliography
from llmxsite.press.writing.directive import Directive
from llmxsite.press.writing.emphasis import beside_cjk
from llmxsite.press.writing.host import TextHost
from llmxsite.press.writing.renderer import Renderer
from llmxsite.press.writing.rendering import Paragraph, Rendering
from llmxsite.press.writing.source import Source
from llmxsite.press.writing.table_rows import whole_table

__all__ = ["Bibliography", "Directive", "Rendered", "TextHost", "render"]

MAX_TRUSTED = 4_000_000
"""Characters read of a text of the study's own."""
MAX_UNTRUSTED = 1_000_000
"""Characters read of a text by somebody else."""
_WORD = re.compile(r"\w+(?:[’'.,-]\w+)*")


@dataclass
class Rendered:
    """A text as HTML, and what others need of it."""

    html: str
    title: str | None = None
    """Words of a level-1 heading that opens the text. It is not in `html`: the page draws its own."""
    headings: list[tuple[int, str, str]] = field(default_factory=list)
    """`(level, anchor, words)`, without the title."""
    words: int = 0
    text: str = ""
    """The prose without markup, for the search index."""
    prose: list[tuple[int, str]] = field(default_factory=list)
    """`(line of the file, words)` of each piece of running text: no code, no formulas, no roles."""
    paragraphs: list[Paragraph] = field(default_factory=list)
    """The same by paragraph, each with the numbers that stand in it."""
    citations: list[str] = field(default_factory=list)
    """Keys cited, in order of first appearance."""
    labels: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Name to `(anchor, words)` of what can be referred to from elsewhere."""
    directives: list[Directive] = field(default_factory=list)


def render(
    text: str,
    path: Path,
    host: TextHost,
    *,
    first_line: int = 1,
    trusted: bool = True,
    bibliography: Bibliography | None = None,
    language: str = "en",
    reserved: Iterable[str] = (),
) -> Rendered:
    """The body of a write-up as HTML. Never raises on any text; every mistake is an issue of the host's.

    `first_line` is the line of the file on which `text` starts. `trusted=False` is for text by others: raw HTML shows as
    the text it is, and the result passes the narrower allow list. `reserved` are anchors that the page around the text has.
    """
    source = Source(text, path, host.issues, first_line)
    most = MAX_TRUSTED if trusted else MAX_UNTRUSTED
    if len(text) > most:
        source.add("text-too-long", f"{len(text):,} characters; {most:,} are read", line=first_line)
        text = text[:most]
    rendering = Rendering(host, source, bibliography or Bibliography(), trusted)
    page = Outline(
        source,
        rendering.bibliography,
        language,
        trusted,
        lambda words, line: _inline(rendering, words, line, language),
        host.directives,
    )
    page.anchors |= {"references", *reserved}
    md = _parser(trusted, language)
    env: dict[str, Any] = {"page": page, "rendering": rendering}
    rendering.page = page
    tokens = md.parse(text, env)
    title = _take_title(tokens, page)
    _one_title(tokens, page)
    rendering.read(tokens)
    html = md.renderer.render(tokens, md.options, env)
    html += rendering.references(placed=any(t.type == "bibliography" for t in tokens))
    return Rendered(
        html=sanitise.clean(html, rendering.slots, trusted=trusted),
        title=title,
        headings=page.headings,
        words=sum(len(_WORD.findall(words)) for _, words in rendering.prose),
        text=" ".join(words for _, words in rendering.prose),
        prose=rendering.prose,
        paragraphs=rendering.paragraphs,
        citations=list(dict.fromkeys(rendering.cited)),
        labels=page.labels,
        directives=[t.meta["directive"] for t in tokens if t.type in ("directive", "figure")],
    )


@lru_cache(maxsize=32)
def _parser(trusted: bool, language: str) -> MarkdownIt:
    md = MarkdownIt("commonmark", {"html": trusted, "typographer": True}, renderer_cls=Renderer)
    md.options["quotes"] = typography.quotes(language)
    md.enable(["table", "strikethrough", "smartquotes"])
    md.block.ruler.before(
        "fence", "math_block", math_block_dollar(True, lambda label: label, False), {"alt": ["paragraph", "list"]}
    )
    md.use(colon_fence_plugin).use(deflist_plugin).use(footnote_plugin)
    md.inline.ruler.at("link", inline.link_with_place)
    md.inline.ruler.at("image", inline.image_with_place)
    md.inline.ruler.at("html_inline", inline.html_with_place)
    md.inline.ruler.before("escape", "math", inline.math)
    md.inline.ruler.before("backticks", "role", inline.role)
    md.inline.ruler.before("link", "citation", inline.citation)
    for name, rule in (("emphasis", emphasis.tokenize), ("strikethrough", strikethrough.tokenize)):
        md.inline.ruler.at(name, beside_cjk(rule))
    md.block.ruler.at("reference", inline.definition)
    md.block.ruler.at("table", whole_table, {"alt": ["paragraph", "reference"]})
    md.core.ruler.at("inline", inline.parse_inline)
    md.core.ruler.before("inline", "expand", blocks.expand)
    md.core.ruler.after("inline", "tasks", blocks.tasks)
    md.core.ruler.before("smartquotes", "dashes", typography.dashes)
    md.core.ruler.push("label", blocks.label)
    # add_render_rule of the plug-ins would hide the methods of the same name
    md.renderer = Renderer(md)
    return md


def _inline(rendering: Rendering, text: str, line: int, language: str) -> str:
    """One paragraph of Markdown in a caption, on `line` of the file."""
    md = _parser(rendering.trusted, language)
    env: dict[str, Any] = {"page": rendering.page, "rendering": rendering}
    tokens = md.parseInline(text, env)
    for child in (c for t in tokens for c in t.children or []):
        if "at" in child.meta:
            content, _, offset = child.meta["at"]
            child.meta["at"] = (content, line - rendering.source.first_line, offset)
    return sanitise.clean(md.renderer.render(tokens, md.options, env), rendering.slots, trusted=rendering.trusted)


def _take_title(tokens: list[Token], page: Outline) -> str | None:
    if len(tokens) < 3 or tokens[0].tag != "h1" or tokens[0].type != "heading_open":
        return None
    _, anchor, title = page.headings.pop(0)
    page.anchors.discard(anchor)
    page.labels = {name: label for name, label in page.labels.items() if label[0] != anchor}
    del tokens[:3]
    return title


def _one_title(tokens: list[Token], page: Outline) -> None:
    for token in tokens:
        if token.type == "heading_open" and token.tag == "h1":
            page.source.add(
                "heading-title",
                "a page has one title; this is another heading of level 1",
                line=(token.map or [0])[0] + page.source.first_line,
                hint="start sections with ##",
                severity="warning",
            )
