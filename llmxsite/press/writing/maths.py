"""Formulas: LaTeX to MathML, which every current browser draws without a script or a font of ours.

latex2mathml builds the tree; this module checks it and writes it. Its own serialiser does not escape `\\text{<b>}` and
lets `\\href` through, and it passes over unknown commands and missing arguments in silence, so none of that is left
to it.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from functools import lru_cache
from xml.etree.ElementTree import Element

from llmxsite.press.writing.environments import FormulaError, drawable

__all__ = ["FormulaError", "to_mathml"]

MAX_LENGTH = 10_000
_ATTRIBUTES = {
    "accent",
    "columnalign",
    "columnlines",
    "columnspacing",
    "depth",
    "display",
    "displaystyle",
    "fence",
    "form",
    "height",
    "largeop",
    "linebreak",
    "linethickness",
    "lspace",
    "mathvariant",
    "maxsize",
    "minsize",
    "movablelimits",
    "notation",
    "rowlines",
    "rowspacing",
    "rspace",
    "scriptlevel",
    "separator",
    "stretchy",
    "symmetric",
    "voffset",
    "width",
}
_TAGS = set(
    str.split(
        "math menclose mfrac mi mlabeledtr mmultiscripts mn mo mover mpadded mphantom mprescripts mroot mrow mspace msqrt "
        "mstyle msub msubsup msup mtable mtd mtext mtr munder munderover none"
    )
)
_ACCENTS = {"^": "\u02c6", "~": "\u02dc"}
"""Characters that sit above a letter, for those of the keyboard, which sit on the line."""
_CHILDREN = {"mfrac": 2, "mroot": 2, "msub": 2, "msup": 2, "msubsup": 3, "mover": 2, "munder": 2, "munderover": 3}


@lru_cache(maxsize=4096)
def to_mathml(tex: str, *, display: bool = False) -> str:
    """MathML of a LaTeX formula, with the source kept as annotation. Raises `FormulaError`."""
    from latex2mathml.converter import convert_to_element

    tex = tex.strip()
    if not tex:
        raise FormulaError("the formula is empty")
    if len(tex) > MAX_LENGTH:
        raise FormulaError(f"the formula has {len(tex):,} characters; at most {MAX_LENGTH:,} are read")
    try:
        root = convert_to_element(drawable(tex), display="block" if display else "inline")
        body = "".join(_write(child, 0) for child in root)
    except FormulaError:
        raise
    except RecursionError:
        raise FormulaError("nested too deeply") from None
    except Exception as error:  # the library raises IndexError and KeyError on some broken input beside its own classes
        raise FormulaError(_words(error)) from None
    shown = ' display="block" tabindex="0"' if display else ""  # wider than the page it scrolls, with keys too
    source = html.escape(tex, quote=False)
    return (
        f"<math{shown}><semantics><mrow>{body}</mrow>"
        f'<annotation encoding="application/x-tex">{source}</annotation></semantics></math>'
    )


def _write(element: Element, depth: int) -> str:
    tag = element.tag
    if depth > 200:
        raise FormulaError("nested too deeply")
    text = html.unescape(element.text or "")
    if tag == "mover" and element.get("accent") == "true" and len(element) == 2:
        mark = html.unescape(element[1].text or "")
        element[1].text = _ACCENTS.get(mark, mark)
    if tag == "mo" and element.get("minsize"):
        element.set(
            "stretchy", "true"
        )  # a bar between two terms, and a bracket with an exponent, would keep their own size
    if tag == "mtext":
        text = re.sub(r"\\([&%$#_{}])", r"\1", text)
    elif text.startswith("\\") and len(text) > 1:
        raise FormulaError(f"unknown command '{text}'")
    if tag == "mi" and text in ("{", "}"):
        raise FormulaError(f"'{text}' has no partner")
    wanted = _CHILDREN.get(tag)
    if wanted is not None and len(element) != wanted:
        raise FormulaError(f"a command lacks an argument in braces ({wanted} are needed)")
    parts = [_write(child, depth + 1) for child in element]
    if tag in ("msub", "msup", "msubsup") and "minsize" in parts[0]:
        parts[0] = f"<mrow>{parts[0]}</mrow>"  # only in a row of its own a bracket grows
    inner = html.escape(text, quote=False) + "".join(parts)
    if tag not in _TAGS:
        return inner
    return f"<{tag}{''.join(_attributes(element))}>{inner}</{tag}>"


def _attributes(element: Element) -> Iterator[str]:
    for name, value in sorted(element.attrib.items()):
        if name in _ATTRIBUTES and re.fullmatch(r"[\w.%+ -]*", value):
            yield f' {name}="{value}"'


def _words(error: Exception) -> str:
    """The library's class names as words: `ExtraLeftOrMissingRightError` -> `extra left or missing right`."""
    if str(error).strip():
        return str(error).strip()
    name = type(error).__name__.removesuffix("Error")
    if name == "NoAvailableTokens":
        return "it ends too early: a brace or an argument is missing"
    if name in ("Index", "Key", "Value", "Type", "Attribute"):
        return "it cannot be read; look for a missing brace or argument"
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower()
