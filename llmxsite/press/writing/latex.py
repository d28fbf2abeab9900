"""The LaTeX that bibliographies are written in, as text: titles and names as words, addresses as they were meant.

pylatexenc reads the LaTeX. What it lacks stands here: sub- and superscripts as the characters that Unicode has for them, and
the commands that are about addresses. An address is not LaTeX that somebody set, but a string that somebody escaped: in it `~`
and `--` mean themselves.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pylatexenc.latex2text import LatexNodes2Text

MAX_LENGTH = 20_000
"""Characters of a value that are read as LaTeX. No title is as long; a longer value stays as it is written."""
_PLAIN = re.compile(r"[^\\{}$~`'-]*(?:['-](?!['-])[^\\{}$~`'-]*)*")
"""Text that says the same without LaTeX."""
_BARE = re.compile(r"(?<!\\)((?:\\\\)*)([%#&])")
_LONE = re.compile(r"\\([~^])\{\s*\}")
"""An accent on nothing is the character itself."""
_DOLLAR = re.compile(r"(?<!\\)(?:\\\\)*\$")
_WHITE = re.compile(r"[ \t\r\n\f]+")
_LINK = re.compile(r"\\(?:url|href|nolinkurl)\s*\{([^{}]*(?:\{[^{}]*\}[^{}]*)*)\}")
_ESCAPES = {"string": "", "allowbreak": "", "path": "", "-": "", "~": "~", "^": "^"}
"""What differs in an address from what it is in a text."""
_SIM = re.compile(r"\$\s*\\sim\s*\$")
_ESCAPE = re.compile(r"\\(?:([A-Za-z]+)(?![A-Za-z])\s*(?:\{\})?|([~^])\s*(?:\{\s*\})?|([-/])|([^A-Za-z]))")


def plain(value: str, unknown: Callable[[str], object] = lambda name: None) -> str:
    """A field's LaTeX as text: `M{\\"u}ller \\& Co, H$_2$O` -> `Müller & Co, H₂O`.

    `unknown` is told the commands that nobody knows; their arguments stay. Never raises.
    """
    if _PLAIN.fullmatch(value) or len(value) > MAX_LENGTH:
        return _tidy(value)
    # Outside of LaTeX people write `100% of R&D`, and a single dollar is money.
    text = _BARE.sub(r"\1\\\2", value)
    text = _LONE.sub(lambda found: "\\textasciitilde{}" if found[1] == "~" else "\\textasciicircum{}", text)
    if len(_DOLLAR.findall(text)) % 2:
        text = re.sub(r"(?<!\\)((?:\\\\)*)\$", r"\1\\$", text)
    try:
        return _tidy(_converter(unknown).latex_to_text(text, **_reader()))
    except Exception:  # the library raises whatever its parsing runs into on broken LaTeX
        return _tidy(re.sub(r"[{}]", "", value))


def verbatim(value: str) -> str:
    """An address, a DOI or an eprint as it was meant: escapes taken back, white space gone, nothing else touched."""

    def meant(found: re.Match[str]) -> str:
        name = found[1] or found[2] or found[3]
        if name is None:
            return found[4]
        return _ESCAPES[name] if name in _ESCAPES else plain(f"\\{name}{{}}")

    link = _LINK.search(value)
    text = link[1] if link else value
    if "\\" in text:
        text = _ESCAPE.sub(meant, _SIM.sub("~", text))
    return re.sub(r"[{}\s]", "", text)


def links(value: str) -> list[str]:
    """The addresses of `\\href` and `\\url` in a text."""
    return [verbatim(found[1]) for found in _LINK.finditer(value)]


def script(text: str, kind: str, mark: str = "") -> str:
    """`text` raised (`super`) or lowered (`sub`), where Unicode has each of its characters so; otherwise as it is, after `mark`."""
    known = _scripts(kind)
    return "".join(known[c] for c in text) if all(c in known for c in text) else mark + text


@cache
def _scripts(kind: str) -> dict[str, str]:
    """Character to its raised or lowered form. Unicode itself says which there are."""
    found: dict[str, str] = {".": "."}
    for code in (
        0xB2,
        0xB3,
        0xB9,
        *range(0x2B0, 0x2B9),
        *range(0x2E0, 0x2E5),
        *range(0x1D2C, 0x1D6B),
        *range(0x2070, 0x209D),
        0x2C7C,
    ):
        parts = unicodedata.decomposition(chr(code)).split()
        if len(parts) == 2 and parts[0] == f"<{kind}>":
            found.setdefault(chr(int(parts[1], 16)), chr(code))
    if "\u2212" in found:
        found["-"] = found["\u2212"]
    return found


_SILENT = ("relax", "/", "-", "noopsort", "allowbreak", "em", "it", "bf", "sl", "sc", "rm", "sf", "tt")
"""Commands that print nothing, and the old switches of type."""


def _tidy(text: str) -> str:
    """One line; hard spaces stay."""
    return unicodedata.normalize("NFC", _WHITE.sub(" ", text).strip(" "))


@cache
def _contexts() -> tuple[Any, Any]:
    """What pylatexenc knows of commands, and what bibliographies add: how to read them, and what they come to as text."""
    from pylatexenc.latex2text import MacroTextSpec, get_default_latex_context_db
    from pylatexenc.latexwalker import get_default_latex_context_db as walked
    from pylatexenc.macrospec import std_macro

    def content(node: Any, number: int) -> Any:
        arguments = node.nodeargd.argnlist if node.nodeargd else []
        return arguments[number] if number < len(arguments) else None

    def shown(number: int) -> Callable[..., str]:
        return lambda node, l2tobj: l2tobj.nodelist_to_text([content(node, number)])

    def address(node: Any) -> str:
        inner = content(node, 0)
        return verbatim(inner.latex_verbatim()) if inner is not None else ""

    def moved(kind: str) -> Callable[..., str]:
        return lambda node, l2tobj: script(l2tobj.nodelist_to_text([content(node, 0)]), kind)

    arguments = {
        "href": 2,
        "url": 1,
        "nolinkurl": 1,
        "noopsort": 1,
        "textsuperscript": 1,
        "textsubscript": 1,
        "mbox": 1,
        "enquote": 1,
    }
    reading = walked()
    reading.add_context_category(
        "bibliography", prepend=True, macros=[std_macro(name, False, n) for name, n in arguments.items()]
    )
    saying = get_default_latex_context_db()
    words = {
        "LaTeX": "LaTeX",
        "LaTeXe": "LaTeX2e",
        "TeX": "TeX",
        "BibTeX": "BibTeX",
        "XeTeX": "XeTeX",
        "copyright": "©",
        "pounds": "£",
        "S": "§",
        "P": "¶",
        "textasciicircum": "^",
        "slash": "/",
        "textquotesingle": "'",
        "textless": "<",
        "textgreater": ">",
        "textbar": "|",
    }
    macros = [MacroTextSpec(name, word) for name, word in words.items()]
    macros += [MacroTextSpec(name, discard=True) for name in _SILENT]
    macros += [MacroTextSpec("href", shown(1)), MacroTextSpec("url", address), MacroTextSpec("nolinkurl", address)]
    macros += [MacroTextSpec("textsuperscript", moved("super")), MacroTextSpec("textsubscript", moved("sub"))]
    macros += [MacroTextSpec("mbox", shown(0)), MacroTextSpec("enquote", "“%s”")]
    saying.add_context_category("bibliography", prepend=True, macros=macros)
    return reading, saying


def _reader() -> dict[str, Any]:
    return {"latex_context": _contexts()[0], "tolerant_parsing": True}


@cache
def _converters() -> type[LatexNodes2Text]:
    """pylatexenc's converter, with what it does to unknown commands and to maths replaced. Made once: its import takes a while."""
    import logging

    from pylatexenc.latex2text import LatexNodes2Text
    from pylatexenc.latexwalker import LatexCharsNode, LatexMacroNode

    logging.getLogger("pylatexenc").setLevel(logging.CRITICAL)  # it tells a log of what it mends; nobody reads one here

    class Converter(LatexNodes2Text):  # type: ignore[misc]
        unknown: Callable[[str], object]

        def macro_node_to_text(self, node: Any) -> str:
            if self.latex_context.get_macro_spec(node.macroname) is not None:
                return str(super().macro_node_to_text(node))
            if _contexts()[0].get_macro_spec(node.macroname) is None:
                self.unknown(node.macroname)
            arguments = node.nodeargd.argnlist if node.nodeargd else []
            return str(self.nodelist_to_text([n for n in arguments or [] if n is not None]))

        def math_node_to_text(self, node: Any) -> str:
            return self._maths(node.nodelist)

        def _maths(self, nodes: Sequence[Any]) -> str:
            """Maths as a line of text: what follows `_` or `^` is lowered or raised."""
            parts: list[str] = []
            mark = ""
            for node in nodes:
                if node is None:
                    continue
                for piece in node.chars if node.isNodeType(LatexCharsNode) else [node]:
                    if isinstance(piece, str):
                        if piece in "_^":
                            mark = piece
                            continue
                        text = piece
                    elif (inner := getattr(piece, "nodelist", None)) is not None:
                        text = self._maths(inner)
                    else:
                        text = str(self.node_to_text(piece))
                    if mark and text.strip():
                        text, mark = script(text, "sub" if mark == "_" else "super", mark), ""
                    parts.append(text)
                    if node.isNodeType(LatexMacroNode):
                        parts.append(node.macro_post_space)
            return "".join(parts)

    return Converter


def _converter(unknown: Callable[[str], object]) -> LatexNodes2Text:
    made = _converters()(_contexts()[1], math_mode="text", keep_comments=False)
    made.unknown = unknown
    return made
