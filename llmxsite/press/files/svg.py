"""SVG pictures: drawing elements and their attributes, and nothing that runs, loads or leads elsewhere."""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element, ParseError, register_namespace, tostring

from llmxsite.press.files import css
from llmxsite.press.files.refused import Refused

SVG, XLINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
MAX_ELEMENTS = 200_000
MAX_DEPTH = 200
_TAGS = frozenset(
    [
        "svg",
        "g",
        "defs",
        "symbol",
        "use",
        "title",
        "desc",
        "path",
        "rect",
        "circle",
        "ellipse",
        "line",
        "polyline",
        "polygon",
        "text",
        "tspan",
        "textPath",
        "image",
        "switch",
        "marker",
        "pattern",
        "clipPath",
        "mask",
        "linearGradient",
        "radialGradient",
        "stop",
        "style",
        "filter",
        "feBlend",
        "feColorMatrix",
        "feComponentTransfer",
        "feComposite",
        "feConvolveMatrix",
        "feDiffuseLighting",
        "feDisplacementMap",
        "feDropShadow",
        "feFlood",
        "feFuncA",
        "feFuncB",
        "feFuncG",
        "feFuncR",
        "feGaussianBlur",
        "feMerge",
        "feMergeNode",
        "feMorphology",
        "feOffset",
        "fePointLight",
        "feSpecularLighting",
        "feSpotLight",
        "feTile",
        "feTurbulence",
        "feDistantLight",
    ]
)
_PICTURE = re.compile(r"data:image/(png|jpeg|gif|webp);base64,[A-Za-z0-9+/=\s]*")
_URL = re.compile(r"url\s*\(\s*[\"']?\s*(?!#)", re.I)


def cleaned(data: bytes) -> bytes:
    """The picture with what is allowed in it alone. Raises `Refused` where it is no SVG or far too large."""
    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    try:
        root: Element = fromstring(data)
    except DefusedXmlException:
        raise Refused("it declares entities, by which a small file becomes a large one or reads another") from None
    except (ParseError, ValueError, LookupError, RecursionError) as error:
        raise Refused(f"it is no SVG: {str(error)[:100]}") from None
    if _name(root.tag) != "svg":
        raise Refused("it is no SVG")
    _clean(root)
    register_namespace("", SVG)
    register_namespace("xlink", XLINK)
    text: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return text


def _clean(root: Element) -> None:
    """Takes out of an element what is not allowed, level by level."""
    level, count = [root], 0
    for _ in range(MAX_DEPTH):
        below: list[Element] = []
        for element in level:
            count += 1
            _attributes(element)
            if _name(element.tag) == "style":
                if css.fault(element.text or "") is not None:
                    element.text = ""
                for child in list(element):
                    element.remove(child)
            for child in list(element):
                if _name(child.tag) in _TAGS:
                    below.append(child)
                else:
                    _drop(element, child)
        if count > MAX_ELEMENTS:
            raise Refused(f"it has more than {MAX_ELEMENTS:,} elements")
        if not below:
            return
        level = below
    raise Refused(f"it is nested more than {MAX_DEPTH} deep")


def _drop(parent: Element, child: Element) -> None:
    """Takes a child away; the text after it stays, but for what stood in a comment's or script's place."""
    at = list(parent).index(child)
    if child.tail:
        if at:
            before = parent[at - 1]
            before.tail = (before.tail or "") + child.tail
        else:
            parent.text = (parent.text or "") + child.tail
    parent.remove(child)


def _name(tag: object) -> str:
    """An element's name where it is one of SVG's; empty otherwise."""
    text = str(tag)
    if text.startswith("{"):
        space, _, name = text[1:].partition("}")
        return name if space == SVG else ""
    return text if isinstance(tag, str) else ""


def _attributes(element: Element) -> None:
    tag = _name(element.tag)
    element.tag = f"{{{SVG}}}{tag}"
    for key, value in list(element.attrib.items()):
        space, _, name = key[1:].rpartition("}") if key.startswith("{") else ("", "", key)
        if space not in ("", XLINK, "http://www.w3.org/XML/1998/namespace") or name.lower().startswith("on"):
            del element.attrib[key]
        elif name == "href":
            fits = value.startswith("#") or (tag == "image" and _PICTURE.fullmatch(value) is not None)
            if not fits:
                del element.attrib[key]
        elif name == "style":
            element.set(key, css.declarations(value))
        elif (
            space == XLINK
            or name in ("src", "base", "begin", "ping", "target")
            or _URL.search(value)
            or re.search(r"(?i)(java|vb)script\s*:", value)
        ):
            del element.attrib[key]
