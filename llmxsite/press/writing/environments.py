"""LaTeX's environments of several rows, said in those that latex2mathml draws: aligned, gathered, dcases and their kin.

An environment that it does not know it draws as one line, ampersands and all, without a word. So what has rows is rewritten
here before it is asked, and what cannot be drawn is refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from llmxsite.base.diagnostics import did_you_mean


class FormulaError(ValueError):
    """A formula that cannot be drawn; the message says what is wrong with it."""


@dataclass(frozen=True)
class _Drawn:
    """What stands for an environment: its beginning, its end, and whether its cells are as large as a formula of their own."""

    begin: str
    end: str
    large: bool = False

    @property
    def opened(self) -> str:
        """What a cell begins with."""
        return "{\\displaystyle " if self.large else ""

    @property
    def closed(self) -> str:
        return "}" if self.large else ""


def _as(name: str, columns: str = "", *, large: bool = False) -> _Drawn:
    return _Drawn(f"\\begin{{{name}}}{columns}", f"\\end{{{name}}}", large)


_ALIGNED = _as("align*")
"""Without numbers of its own, which would begin anew in every formula: the page numbers its equations."""
_GATHERED = _as("array", "{c}", large=True)
_SAME = ("align*", "split", "cases", "smallmatrix", "array")
_MATRICES = [f"{kind}matrix{star}" for kind in ("", "p", "b", "B", "v", "V") for star in ("", "*")]
_ENVIRONMENTS: dict[str, _Drawn] = {
    **{name: _as(name) for name in (*_SAME, *_MATRICES)},
    **dict.fromkeys(("align", "aligned", "alignedat", "alignat", "alignat*", "flalign", "flalign*"), _ALIGNED),
    **dict.fromkeys(("gathered", "gather", "gather*", "multline", "multline*", "multlined"), _GATHERED),
    **dict.fromkeys(("eqnarray", "eqnarray*"), _as("array", "{rcl}", large=True)),
    "dcases": _as("cases", large=True),
    "rcases": _Drawn("\\left.\\begin{array}{ll}", "\\end{array}\\right\\}"),
    "drcases": _Drawn("\\left.\\begin{array}{ll}", "\\end{array}\\right\\}", large=True),
    "subarray": _as("array", "{c}"),
}
_ARGUMENT = {"alignedat", "alignat", "alignat*", "subarray"}
"""Environments with an argument in braces that says nothing here: how many columns, or how they stand."""
_ROWS = {"matrix", "pmatrix", "bmatrix", "Bmatrix", "vmatrix", "Vmatrix", "cases", "substack", "eqalign", "eqalignno"}
"""Commands whose braces hold rows, in plain TeX's manner."""
_WORDS = {
    "text",
    "textrm",
    "textbf",
    "textit",
    "texttt",
    "textsf",
    "mbox",
    "hbox",
    "fbox",
    "operatorname",
    "tag",
    "label",
}
"""Commands whose braces hold words."""
_TOKEN = re.compile(
    r"\\(?P<edge>begin|end)\s*\{(?P<name>[^{}\\]*)\}"
    r"|(?P<row>\\\\)\*?(?:[ \t]*\[\s*-?[\d.]+\s*[a-z]{2}\s*\])?"
    r"|\\(?P<command>[A-Za-z]+)|\\.|[{}&]",
    re.DOTALL,
)
_FRAME = re.compile(r"\\(?:begin|end)\s*\{(?:equation\*?|displaymath|math)\}")
"""What says that a formula follows, which is known."""
_OPTION = re.compile(r"\s*\[[tcb]\]")
_BRACES = re.compile(r"\s*\{[^{}]*\}")
_OVER = re.compile(r"\s*(?:\\end\s*\{|\Z)")


def drawable(tex: str) -> str:
    """The formula with every environment replaced by one that latex2mathml draws. Raises `FormulaError`.

    Rows that stand in no environment become rows as well: `a \\\\ b` is `\\begin{gathered} a \\\\ b \\end{gathered}`.
    """
    if "\\begin" not in tex and "\\\\" not in tex and "&" not in tex:
        return tex
    tex = _FRAME.sub("", tex)
    said, rows = _rewritten(tex)
    return _rewritten(f"\\begin{{gathered}}{tex}\\end{{gathered}}")[0] if rows else said


def _rewritten(tex: str) -> tuple[str, bool]:
    """The formula, and whether it has rows outside of everything."""
    parts: list[str] = []
    around: list[tuple[str, _Drawn | None]] = []  # (its name, or what braces belong to; the table it is)
    position, command, loose = 0, "", False
    while found := _TOKEN.search(tex, position):
        if tex[position : found.start()].strip():
            command = ""
        parts.append(tex[position : found.start()])
        position, token = found.end(), found[0]
        inner = around[-1] if around else None
        name = found["name"]
        if found["edge"] == "begin":
            drawn = _ENVIRONMENTS.get(name)
            if drawn is None:
                raise FormulaError(_unknown(name))
            around.append((name, drawn))
            for skipped in (_OPTION, *([_BRACES] if name in _ARGUMENT else [])):
                if over := skipped.match(tex, position):
                    position = over.end()
            if name == "array" and (columns := _BRACES.match(tex, position)):
                position, token = columns.end(), drawn.begin + columns[0].strip()
            else:
                token = drawn.begin + drawn.opened
        elif found["edge"] == "end":
            if inner is None or inner[1] is None or inner[0] != name:
                raise FormulaError(f"\\end{{{name}}} has no \\begin{{{name}}} before it")
            token = inner[1].closed + inner[1].end
            around.pop()
        elif found["row"]:
            last = _OVER.match(tex, position)
            loose = loose or (inner is None and not last)
            opened, closed = (inner[1].opened, inner[1].closed) if inner and inner[1] else ("", "")
            token = "" if last else f"{closed}\\\\ {opened}"
        elif token == "{":
            around.append((f"\\{command}" if command else "{", None))
        elif token == "}" and inner is not None and inner[1] is None:
            around.pop()
        elif token == "&":
            if inner is None or (inner[1] is None and inner[0].lstrip("\\") not in _ROWS | _WORDS):
                raise FormulaError(
                    "'&' parts the columns of a table, and there is none: use \\begin{aligned}, or write \\&"
                )
            token = f"{inner[1].closed}& {inner[1].opened}" if inner[1] else token
        command = found["command"] or ""
        parts.append(token)
    for name, drawn in around:
        if drawn is not None:
            raise FormulaError(f"\\begin{{{name}}} has no \\end{{{name}}}")
    return "".join([*parts, tex[position:]]), loose


def _unknown(name: str) -> str:
    near = did_you_mean(name, _ENVIRONMENTS)
    return f"unknown environment '{name}'" + (f"; {near}" if near and near.startswith("did") else "")
