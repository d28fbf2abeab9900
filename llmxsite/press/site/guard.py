"""A page that a template of a study had a hand in, looked at before it is written: it runs and loads nothing that ours would not."""

from __future__ import annotations

import posixpath
import re
from html import escape
from html.parser import HTMLParser

from llmxsite.base.links import safe

_FORBIDDEN = frozenset(
    [
        "iframe",
        "frame",
        "frameset",
        "object",
        "embed",
        "applet",
        "base",
        "portal",
        "noscript",
        "template",
        "style",
        "foreignobject",
        "animate",
        "set",
    ]
)
_ADDRESSES = frozenset(
    ["href", "src", "srcset", "poster", "action", "formaction", "data", "background", "xlink:href", "ping", "manifest"]
)
_LOADED = frozenset(["img", "script", "link", "source", "video", "audio", "track", "input", "use", "image"])
_METAS = frozenset(["viewport", "description", "color-scheme", "generator", "twitter:card"])
_POINTS = frozenset(["canonical", "alternate", "license", "author"])
"""What a <link> may say of other sites without loading anything."""
_HEAD = re.compile(r"<head(\s[^>]*)?>", re.I)


class GuardError(Exception):
    """Why a page is not published."""


class _Page(HTMLParser):
    def __init__(self, address: str, styled: bool) -> None:
        super().__init__(convert_charrefs=True)
        self.address, self.styled = address, styled
        self.head = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag in _FORBIDDEN and not (tag == "style" and self.styled):
            raise GuardError(f"it holds <{tag}>")
        self.head += tag == "head"
        if tag == "script" and given.get("type") != "application/ld+json" and not self._ours(given.get("src", "")):
            raise GuardError("it holds a script that is not the site's own")
        if tag == "meta" and given.get("http-equiv", "").lower() not in ("", "content-security-policy"):
            raise GuardError("it holds <meta http-equiv>")
        for name, value in given.items():
            if name.startswith("on") or name == "srcdoc":
                raise GuardError(f"<{tag}> has '{name}'")
            points = tag == "link" and given.get("rel", "").lower() in _POINTS and safe(value)
            if name in _ADDRESSES and not points and not self._fits(tag, value):
                raise GuardError(f"<{tag}> leads to '{value[:80]}'")

    handle_startendtag = handle_starttag

    def _ours(self, src: str) -> bool:
        """Whether a script is one that the build writes: no file of the study is published under such a name."""
        target = posixpath.normpath(posixpath.join(posixpath.dirname(self.address), src.split("?")[0]))
        plain = re.fullmatch(r"[\w./~-]+(\?[\w=&.-]*)?", src, re.A) is not None and not src.startswith("/")
        return plain and target.endswith(".js") and not target.startswith(("../", "content/", "theme/"))

    def _fits(self, tag: str, value: str) -> bool:
        if tag == "link" and value.startswith("data:image/svg+xml,"):
            return True
        foreign = re.match(r"\s*([a-z][a-z0-9+.-]*:|//|[/\\]{2})", value, re.I) is not None
        return safe(value) and not (foreign and tag in _LOADED)


def checked(html: str, policy: str, address: str, *, styled: bool = False) -> str:
    """The page at `address` with the site's own policy first in its head. Raises `GuardError` where it may not be published.

    `styled` says that it may hold a style sheet, which the policy names by its hash.
    """
    page = _Page(address, styled)
    try:
        page.feed(html)
        page.close()
    except AssertionError as error:
        raise GuardError(f"it is no HTML: {error}") from None
    if page.head != 1 or len(_HEAD.findall(html)) != 1 or not html.lstrip().lower().startswith("<!doctype html"):
        raise GuardError("it has not one <!doctype html> and one <head>")
    own = f'<meta http-equiv="Content-Security-Policy" content="{escape(policy)}">'
    if own not in html.split("</head>", 1)[0]:
        html = _HEAD.sub(lambda m: f"{m[0]}\n{own}", html, count=1)
    before = html.split(own, 1)[0]
    if re.search(r"<(script|link|img|style)\b", before, re.I):
        raise GuardError("it loads something before its content security policy")
    return html
