"""A report's Markdown as GitHub reads it: figures as `<picture>`, numbers as text, links absolute, tables as plain HTML.

GitHub's Markdown has no directives and no roles, drops scripts and styles, and knows no address but absolute ones.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Literal
from urllib.parse import urljoin

from llmxsite.base.diagnostics import several
from llmxsite.press.catalogue import addresses
from llmxsite.press.publish.written import ShownDirective, Written
from llmxsite.press.site.figures.drawing import Drawn
from llmxsite.press.site.figures.elsewhere import ROWS, plain, table
from llmxsite.press.writing.citations import KEY, UNSPACED, Cite, parse_group, short_names

_FENCE = re.compile(r"^(?P<indent> {0,3})(?P<marks>`{3,}|~{3,}|:{3,})(?P<info>.*)$")
_VALUE = re.compile(r"(?<!`)\{value\}`([^`]+)`")
_REF = re.compile(r"(?<!`)\{ref\}`([^`]+)`")
_CITE = re.compile(r"\[([^\[\]`]*@[^\[\]`]*)\](?![\[(])|(?<![.@/-])(?<![^\W" + UNSPACED + r"])@(" + KEY + ")")
_LINK = re.compile(r"(!?\[[^\]]*\])\(([^()\s]+)((?:\s+\"[^\"]*\")?)\)")
_STARTS = re.compile(r"\s*(?:[-*+]\s|\d{1,9}[.)]\s|\[\^)| {4}")
"""A line that begins a list's item, a footnote or code, and is no paragraph's next line."""
_HEADING = re.compile(r"^(#{1,6})\s+(.*?)\s*#*\s*$")
_ADMONITION = {
    "note": "NOTE", "seealso": "NOTE", "tip": "TIP", "hint": "TIP", "important": "IMPORTANT", "warning": "WARNING",
    "attention": "WARNING", "caution": "CAUTION", "danger": "CAUTION",
}  # fmt: skip
"""MyST's admonitions to GitHub's alerts."""
_KEPT = {"table", "thead", "tbody", "tr", "th", "td", "caption", "a", "br", "b", "strong", "em", "code", "sub", "sup"}


@dataclass(frozen=True)
class Block:
    """A piece of a post that is whole by itself: a paragraph or list, a heading, a figure, a table, code, an alert."""

    kind: Literal["prose", "heading", "figure", "shown"]
    """`shown` is anything but words, a heading or a figure."""
    text: str
    brief: str = ""
    """A figure with all but its own words folded away; else the same text."""


def convert(written: Written, markdown: str, first_line: int) -> list[Block]:
    """Part of the report's body as GitHub Markdown. `first_line` is the line of the file on which it starts."""
    by_line = {s.directive.line: s for s in written.shown}
    found: list[Block] = []
    open_lines: list[str] = []
    lines = markdown.splitlines()

    def close() -> None:
        if text := "\n".join(open_lines).strip("\n"):
            shown = text.lstrip().startswith(("<", "|", ">"))
            found.append(Block("shown", text) if shown else Block("prose", unwrapped(text)))
        open_lines.clear()

    at = 0
    while at < len(lines):
        fence = _FENCE.match(lines[at])
        if fence is not None:
            close()
            end = _end(lines, at, fence["marks"])
            line = first_line + at
            found += _block(written, by_line.get(line), lines[at : end + 1], fence["info"].strip(), line)
            at = end + 1
            continue
        line_text = _inline(written, lines[at], first_line + at)
        folding = "\n".join(open_lines)
        if _HEADING.match(line_text) and not open_lines:
            found.append(Block("heading", line_text))
        elif line_text.strip() or folding.count("<details") > folding.count("</details"):
            open_lines.append(line_text)
        else:
            close()
        at += 1
    close()
    return found


def unwrapped(text: str) -> str:
    """A paragraph or list with each sentence on: GitHub's Discussions take every line end for a line break."""
    out: list[str] = []
    for line in text.split("\n"):
        before = out[-1] if out else ""
        if not out or _STARTS.match(line) or before.endswith(("  ", "\\")):
            out.append(line)
        else:
            out[-1] = f"{before.rstrip()} {line.strip()}"
    return "\n".join(out)


def sections(markdown: str) -> list[tuple[str, str, int]]:
    """The body cut at its first two levels of headings: heading (empty before the first), text, and its first line from 0."""
    found: list[tuple[str, list[str], int]] = [("", [], 0)]
    fence: str | None = None
    for number, line in enumerate(markdown.splitlines()):
        opening = _FENCE.match(line)
        if opening and fence is None:
            fence = opening["marks"]
        elif opening and fence is not None and _closes(line, fence):
            fence = None
        heading = _HEADING.match(line) if fence is None else None
        if heading and len(heading[1]) <= 2:
            found.append((heading[2], [], number + 1))
        else:
            found[-1][1].append(line)
    return [(title, "\n".join(text), start) for title, text, start in found if title or "".join(text).strip()]


def picture(written: Written, figure: Drawn, label: str | None, caption: str | None = None) -> Block:
    """A figure: its pictures for both themes, its caption and notes, and its table folded away.

    `caption` is what the writer said of it; in brief, what was computed is folded away with the table.
    """
    base = str(written.edition.base_url)
    light, dark, page = (
        addresses.absolute(base, a) for a in (figure.photo("light"), figure.photo("dark"), figure.address)
    )
    alt = escape(figure.alt, quote=True)
    name = f"**{label}.** " if label else ""
    shown = (
        f'<picture>\n<source media="(prefers-color-scheme: dark)" srcset="{escape(dark)}">\n'
        f'<img src="{escape(light)}" alt="{alt}">\n</picture>'
    )
    link = f"[Figure, table and sources]({page})"
    notes = ["> " + " ".join(plain(note) for note in figure.notes)] if figure.notes else []
    numbers = folded_table(figure, addresses.absolute(base, figure.table))
    whole = [shown, f"{name}{plain(figure.title)}. {plain(figure.caption)} {link}", *notes, numbers]
    said = f"{plain(figure.title)}. {plain(caption)}" if caption else f"{plain(figure.title)}."
    folded = folded_table(figure, addresses.absolute(base, figure.table), [plain(figure.caption), *notes])
    return Block("figure", "\n\n".join(whole), "\n\n".join([shown, f"{name}{said} {link}", folded]))


def folded_table(figure: Drawn, address: str, before: Sequence[str] = ()) -> str:
    """The numbers behind a figure, folded away with the texts before them."""
    heads = [f"{h.title} ({h.unit})" if h.unit and h.unit != "%" else h.title for h in figure.heads]
    shown = figure.cells[:ROWS]
    more = (
        f"\n\n{figure.total_rows - len(shown):,} more rows are in the [CSV]({address})."
        if figure.total_rows > len(shown)
        else ""
    )
    rows = several(figure.total_rows, "row")
    cells = table(heads, shown, [h.numeric for h in figure.heads])
    return "\n\n".join([f"<details>\n<summary>The numbers ({rows})</summary>", *before, f"{cells}{more}", "</details>"])


def absolute(written: Written, target: str, line: int) -> str:
    """A link of the write-up as an absolute address."""
    if re.match(r"[a-z][a-z0-9+.-]*:", target) and target.partition(":")[0] not in {
        "model",
        "suite",
        "run",
        "report",
        "figure",
    }:
        return target
    page = addresses.absolute(str(written.edition.base_url), written.report.address)
    if target.startswith("#"):
        return page + target
    href = written.host.link(target, line)
    return urljoin(page, href) if href else page


def _block(written: Written, shown: ShownDirective | None, lines: list[str], info: str, line: int) -> list[Block]:
    """A fence: a directive becomes what it drew, code stays code."""
    name = re.match(r"\{([\w:-]+)\}", info)
    if name is None:
        return [Block("shown", "\n".join(lines))]
    if shown is not None and shown.figure is not None:
        return [picture(written, shown.figure, shown.directive.label, shown.directive.options.get("caption"))]
    if name[1] in _ADMONITION:
        title = info[name.end() :].strip()
        inside = "\n\n".join(b.text for b in convert(written, "\n".join(lines[1:-1]), line + 1)).splitlines()
        alert = [f"[!{_ADMONITION[name[1]]}]", *([f"**{title}**", ""] if title else []), *inside]
        return [Block("shown", "\n".join(f"> {text}".rstrip() for text in alert))]
    if name[1] == "math":
        return [Block("shown", "\n".join(["```math", *lines[1:-1], "```"]))]
    if name[1] in {"code", "code-block"}:
        code = [text for text in lines[1:-1] if not re.match(r":[\w-]+:", text)]
        return [Block("shown", "\n".join([f"```{info[name.end() :].strip()}", *code, "```"]))]
    if name[1] == "table" and shown is not None:
        label = f"**{shown.directive.label}.** " if shown.directive.label else ""
        caption = plain(str(shown.directive.options.get("caption", "")))
        return [Block("shown", f"{label}{caption}\n\n{bare_table(shown.html)}")]
    if name[1] in {"setup", "hypothesis", "bibliography"}:
        return []
    page = addresses.absolute(str(written.edition.base_url), written.report.address)
    return [Block("shown", f"*[{name[1].capitalize()}, in the report]({page})*")]


def bare_table(html: str) -> str:
    """The first table in `html`, with nothing but cells and words."""
    import nh3

    found = re.search(r"<table.*?</table>", html, re.DOTALL)
    if found is None:
        return ""
    cleaned = nh3.clean(found[0], tags=_KEPT - {"a"}, attributes={"th": {"align"}, "td": {"align"}})
    # On the site a style keeps an interval apart from its number.
    return re.sub(r"\n\s*\n", "\n", cleaned).replace("</b>", "</b> ")


def _inline(written: Written, text: str, line: int) -> str:
    """Roles, citations and links of one line."""
    slug = written.report.slug if written.report.runs else None

    def value(match: re.Match[str]) -> str:
        return plain(str(written.edition.numbers.value(match[1], slug).get("text") or match[1]))

    def cite(match: re.Match[str]) -> str:
        entries, years = written.bibliography.entries, written.bibliography.letters()
        if match[2]:
            written_key = match[2].rstrip(".:?/-")
            key = Cite(written_key).key
            if key not in entries:
                return match[0]
            return f"{plain(short_names(entries[key]))} ({years[key]}){match[2][len(written_key) :]}"
        cites = parse_group(match[1])
        if not cites or any(c.key not in entries for c in cites):
            return match[0]
        said = (
            f"{f'{c.prefix} ' if c.prefix else ''}"
            f"{years[c.key] if c.hide_author else f'{plain(short_names(entries[c.key]))}, {years[c.key]}'}{c.suffix.rstrip()}"
            for c in cites
        )
        return f"({'; '.join(said)})"

    text = _VALUE.sub(value, text)
    text = _REF.sub(lambda m: written.anchors.get(m[1], m[1]), text)
    text = _CITE.sub(cite, text)
    return _LINK.sub(lambda m: f"{m[1]}({absolute(written, m[2], line)}{m[3]})", text)


def _end(lines: list[str], start: int, marks: str) -> int:
    """Line on which the fence that opens on `start` closes: the last one where it never does."""
    return next((i for i in range(start + 1, len(lines)) if _closes(lines[i], marks)), len(lines) - 1)


def _closes(line: str, marks: str) -> bool:
    bare = line.strip()
    return len(bare) >= len(marks) and set(bare) == {marks[0]}
