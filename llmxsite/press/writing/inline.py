"""What may stand inside a sentence beyond CommonMark: formulas, roles, citations, and the place of each.

markdown-it does not keep the position of inline tokens. Messages need it, so the rules here note, in `token.meta`, the
offset at which a token starts, together with the block it is in.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from markdown_it.rules_block import StateBlock, reference
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline, html_inline, image, link
from markdown_it.token import Token

from llmxsite.press.writing.citations import KEY, UNSPACED, parse_group

MAX_BLOCK = 10_000
"""Characters of one paragraph. What is in it costs its length squared, and nobody writes as long a one."""
MAX_READ = 1_000_000
"""Characters of all paragraphs of a page."""
_PLACED = ("link_open", "image", "html_inline")
_ROLE = re.compile(r"\{([A-Za-z][\w:-]*)\}(`+)(?!`)(.+?)(?<!`)\2(?!`)", re.DOTALL)
_NARRATIVE = re.compile(rf"@({KEY})")
_MAIL = re.compile(rf"[^\W{UNSPACED}]")
"""A letter before an `@` that makes an address of what follows."""
_BRACKET = re.compile(r"\[([^\[\]`]*@[^\[\]`]*)\](?![\[(])")


def parse_inline(state: StateCore) -> None:
    """Core rule in place of markdown-it's own: the same, and each block's line is known while its text is read."""
    block_line = read = 0
    for token in state.tokens:
        if token.map is not None:
            block_line = token.map[0]
        if token.type == "inline":
            token.children = token.children or []
            state.env["block"] = (token.content, block_line)
            read += len(token.content)
            if len(token.content) > MAX_BLOCK or read > MAX_READ:
                source = state.env["page"].source
                long = f"a paragraph of {len(token.content):,} characters; {MAX_BLOCK:,} are shown, as they are written"
                much = (
                    f"more than {MAX_READ:,} characters of paragraphs; those from here on are shown as they are written"
                )
                message = long if len(token.content) > MAX_BLOCK else much
                source.add("text-too-long", message, line=block_line + source.first_line)
                token.children.append(Token("text", "", 0, content=token.content[:MAX_BLOCK]))
                continue
            state.md.inline.parse(token.content, state.md, state.env, token.children)


def _note(token: Token, state: StateInline, offset: int) -> None:
    """Remember where a token stands: `(content of the block, its line from 0, offset)`."""
    content, line = state.env.get("block", (state.src, 0))
    base = 0 if state.src == content else max(content.find(state.src), 0)
    token.meta["at"] = (content, line, base + offset)


def math(state: StateInline, silent: bool) -> bool:
    """`$x$` and `$$x$$` in a sentence, by pandoc's rule, so that `$5 and $6` stays money."""
    src, start = state.src, state.pos
    if src[start] != "$":
        return False
    marker = "$$" if src.startswith("$$", start) else "$"
    begin = start + len(marker)
    if begin >= state.posMax or src[begin].isspace():
        return False
    end = src.find(marker, begin)
    while end > 0 and (end - len(src[begin:end].rstrip("\\")) - begin) % 2:  # an escaped one
        end = src.find(marker, end + 1)
    inner = src[begin:end]
    after = src[end + len(marker) : end + len(marker) + 1]
    if end < 0 or end >= state.posMax or not inner or inner[-1].isspace() or after.isdigit() or "`" in inner:
        return False
    if not silent:
        token = state.push("math_inline", "math", 0)
        token.content, token.markup = inner, marker
        _note(token, state, start)
    state.pos = end + len(marker)
    return True


def role(state: StateInline, silent: bool) -> bool:
    """`` {name}`content` ``."""
    if state.src[state.pos] != "{":
        return False
    found = _ROLE.match(state.src, state.pos, state.posMax)
    if not found:
        return False
    if not silent:
        token = state.push("role", "", 0)
        token.info, token.content, token.markup = found[1].lower(), " ".join(found[3].split()), found[2]
        _note(token, state, state.pos)
        token.meta["content"] = found.start(3) - state.pos
    state.pos = found.end()
    return True


def citation(state: StateInline, silent: bool) -> bool:
    """`[@a; @b, p. 3]` and `@a`."""
    char = state.src[state.pos]
    if char == "[":
        found = _BRACKET.match(state.src, state.pos, state.posMax)
        cites = parse_group(found[1]) if found else None
        if found is None or cites is None:
            return False
    elif char == "@":
        before = state.src[state.pos - 1] if state.pos else " "
        found = _NARRATIVE.match(state.src, state.pos, state.posMax)
        if found is None or _MAIL.match(before) or before in "_.-/@" or state.linkLevel:
            return False
        cites = None
    else:
        return False
    end = found.end()
    if cites is None:
        known = state.env["page"].bibliography
        key = known.beginning(found[1].rstrip(".:?/-"))
        end = found.start(1) + len(key)
        if not key or not known.files:
            return False
    if not silent:
        token = state.push("citation", "", 0)
        token.content = state.src[state.pos : end]
        _note(token, state, state.pos)
        token.meta["cites"] = cites
    state.pos = end
    return True


def definition(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """markdown-it's rule for `[name]: address`, which takes a paragraph that begins with `[@key]:` for no text at all."""
    found = _BRACKET.match(state.src, state.bMarks[start] + state.tShift[start], state.eMarks[start])
    cites = parse_group(found[1]) if found else None
    if found is not None and cites is not None:
        known = state.env["page"].bibliography.entries
        if found[1].startswith(("@", "-@")) or any(cite.key in known for cite in cites):
            return False
    return reference(state, start, end, silent)


def placed(rule: Callable[[StateInline, bool], bool]) -> Callable[[StateInline, bool], bool]:
    """markdown-it's rule for a link, a picture or a tag, with the place of what it finds noted."""

    def with_place(state: StateInline, silent: bool) -> bool:
        start, count = state.pos, len(state.tokens)
        if not rule(state, silent):
            return False
        if not silent:
            first = next((t for t in state.tokens[count:] if t.type in _PLACED), None)
            if first is not None:
                _note(first, state, start)
        return True

    return with_place


link_with_place = placed(link)
image_with_place = placed(image)
html_with_place = placed(html_inline)
