"""Keeping what others wrote harmless: which HTML may stand in a page, and what is said about the rest.

Two layers. `fragment` goes over each piece of raw HTML in a trusted page, takes out what the page's content security
policy forbids anyway, and reports it with its line. `clean` passes the whole text of a page through nh3 (ammonia, an
HTML5 parser and an allow list), for trusted and untrusted text with lists of different width. What the site itself
draws does not go through here: it is put in afterwards, where `slot` left a place for it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from html import escape
from html.parser import HTMLParser

import nh3

from llmxsite.base.links import SCHEMES, safe
from llmxsite.press.writing.host import NAMED

_BASE_TAGS = set(
    str.split(
        "a abbr aside b blockquote br caption cite code dd del details div dl dt em figcaption figure h2 h3 h4 h5 h6 hr i "
        "img ins kbd li mark ol p pre q s samp section small span strong sub summary sup table tbody td tfoot th thead "
        "time tr ul var wbr"
    )
)
_RAW_TAGS = _BASE_TAGS | set(
    str.split(
        "address article audio bdi bdo col colgroup data dfn footer h1 header nav picture rp rt ruby source track u video"
    )
)
_BASE_ATTRIBUTES = {
    "*": {"class", "id", "lang", "dir", "title", "data-slot", "role", "aria-label", "aria-labelledby", "aria-hidden"},
    "a": {"href", "rel"},
    "img": {"src", "alt", "width", "height", "loading"},
    "li": {"value"},
    "ol": {"start"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
    "time": {"datetime"},
    "details": {"open"},
    "div": {"tabindex"},
    "pre": {"tabindex"},
}
_RAW_ATTRIBUTES = {
    **_BASE_ATTRIBUTES,
    "audio": {"src", "controls"},
    "video": {"src", "controls", "width", "height", "poster"},
    "source": {"src", "srcset", "type", "media"},
    "track": {"src", "kind", "srclang", "label"},
}
_FORBIDDEN = set(
    str.split(
        "script style iframe frame frameset object embed applet form input button select textarea link meta base template "
        "noscript portal svg math"
    )
)
_URL_ATTRIBUTES = {"href", "src", "poster"}
_LOADED = {"src", "poster", "srcset"}
"""Attributes by which a page loads something as it is shown."""
_FOREIGN = re.compile(r"\s*([a-z][a-z0-9+.-]*:|//|[/\\]{2})", re.I)
MAX_RAW = 100_000
"""Characters of one piece of raw HTML."""
_SLOT = re.compile(r'<(div|span) data-slot="(\d+)"></\1>')

_trusted = nh3.Cleaner(
    tags=_RAW_TAGS,
    attributes=_RAW_ATTRIBUTES,
    url_schemes=set(SCHEMES),
    link_rel=None,
    clean_content_tags={"script", "style"},
)
_untrusted = nh3.Cleaner(
    tags=_BASE_TAGS,
    attributes=_BASE_ATTRIBUTES,
    url_schemes=set(SCHEMES),
    link_rel=None,
    clean_content_tags={"script", "style"},
)


def slot(index: int, *, block: bool) -> str:
    """A place in the text for HTML of the site's own, put in after cleaning."""
    tag = "div" if block else "span"
    return f'<{tag} data-slot="{index}"></{tag}>'


def clean(html: str, slots: list[str], *, trusted: bool) -> str:
    """`html` through the allow list, its slots filled. Unclosed tags are closed, so no text can break the page around it."""
    cleaned = (_trusted if trusted else _untrusted).clean(html)
    return _SLOT.sub(lambda m: slots[int(m[2])] if int(m[2]) < len(slots) else "", cleaned)


def safe_link(url: str) -> bool:
    """Whether a link's target is relative, has a scheme that only leads somewhere, or names a page of the site (`model:NAME`)."""
    return safe(url) or url.partition(":")[0] in NAMED


class _Fragment(HTMLParser):
    """One piece of raw HTML, perhaps unbalanced, rewritten tag by tag."""

    def __init__(self, link: Callable[[str, str], str]) -> None:
        super().__init__(convert_charrefs=False)
        self.link = link
        self.out: list[str] = []
        self.removed: list[str] = []
        self.muted = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _FORBIDDEN:
            self.removed.append(f"<{tag}>")
            self.muted += tag in ("script", "style")
            return
        if tag not in _RAW_TAGS:
            self.removed.append(f"<{tag}>")
            return
        kept = []
        for name, value in attrs:
            if name.startswith("on") or name in ("srcdoc", "formaction", "data-slot"):
                self.removed.append(name)
            elif name == "style" or (name in ("class", "id") and "vg-" in (value or "")):
                self.removed.append(name)  # `vg-` are layers that charts lay over the page
            elif name in _LOADED and value is not None and any(_FOREIGN.match(part) for part in value.split(",")):
                self.removed.append(f"{name}={value.strip()[:60]}")
            elif name == "srcset" and value is not None:
                kept.append(f' srcset="{escape(self._candidates(tag, value))}"')
            elif name in _URL_ATTRIBUTES and value is not None:
                if safe_link(value):
                    kept.append(f' {name}="{escape(self.link(tag, value))}"')
                else:
                    self.removed.append(f"{name}={value.strip().split(':')[0]}:")
            else:
                kept.append(f" {name}" if value is None else f' {name}="{escape(value)}"')
        self.out.append(f"<{tag}{''.join(kept)}>")

    def _candidates(self, tag: str, value: str) -> str:
        """The pictures to choose from, each with its size, at the addresses they have in the site."""
        found = [part.split() for part in value.split(",") if part.strip()]
        return ", ".join(" ".join([self.link(tag, address), *size]) for address, *size in found)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.muted -= bool(self.muted) and tag in ("script", "style")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style"):
            self.muted -= bool(self.muted)
        elif tag in _RAW_TAGS:
            self.out.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        if not self.muted:
            self.out.append(data)

    def handle_entityref(self, name: str) -> None:
        self.handle_data(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self.handle_data(f"&#{name};")


def fragment(html: str, link: Callable[[str, str], str]) -> tuple[str, list[str]]:
    """Raw HTML from a trusted page without what may not run, and what was taken out.

    `link(tag, url)` gives the address to write for a link's or picture's target.
    """
    if len(html) > MAX_RAW:
        return "", [f"HTML of more than {MAX_RAW:,} characters"]
    parser = _Fragment(link)
    try:
        parser.feed(html)
        parser.close()
    except (AssertionError, ValueError):  # what a browser makes something of, and the parser nothing
        return "", ["HTML that cannot be read"]
    return "".join(parser.out), parser.removed
