"""Rows of a table that have more cells than its head: every cell is shown, and the row is named."""

from __future__ import annotations

from markdown_it.rules_block import StateBlock
from markdown_it.rules_block.table import escapedSplit, table
from markdown_it.token import Token

from llmxsite.press.writing.blocks import Outline


def whole_table(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """markdown-it's rule for tables, which by GitHub's drops the cells that have no head."""
    first = len(state.tokens)
    if not table(state, start, end, silent):
        return False
    if silent:
        return True
    tokens = state.tokens[first:]
    head = sum(token.type == "th_open" for token in tokens)
    whole: list[Token] = []
    row = 0
    for token in tokens:
        row = token.map[0] if token.type == "tr_open" and token.map else row
        if token.type == "tr_close" and row > start:
            cells = _cells(state, row)
            if len(cells) > head:
                _say(state, row, head, len(cells))
                whole.extend(made for text in cells[head:] for made in _cell(state, text, row))
        whole.append(token)
    state.tokens[first:] = whole
    return True


def _cells(state: StateBlock, line: int) -> list[str]:
    text = state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]].strip()
    cells = escapedSplit(text)
    if cells and not cells[0]:
        cells.pop(0)
    if cells and not cells[-1]:
        cells.pop()
    return [cell.strip() for cell in cells]


def _cell(state: StateBlock, text: str, line: int) -> list[Token]:
    words = Token("inline", "", 0, content=text, map=[line, line + 1], children=[], level=state.level + 1, block=True)
    return [Token("td_open", "td", 1, block=True), words, Token("td_close", "td", -1, block=True)]


def _say(state: StateBlock, line: int, head: int, cells: int) -> None:
    page: Outline = state.env["page"]
    page.source.add(
        "table-row",
        f"this row has {cells} cells, the table's head {head}",
        line=page.source.first_line + line,
        hint="write \\| for a bar inside a cell, or give the head another column",
        severity="warning",
    )
