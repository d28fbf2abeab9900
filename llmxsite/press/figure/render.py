"""A figure as files: SVG, PNG, CSV and the spec.

Vega runs once for a figure and a size, with colours as variables; a theme is then a substitution in the text of the SVG, and
a PNG is that SVG made into pixels. What Vega drew is kept under `cache` by the hash of all that went in.
"""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any, Literal
from xml.sax.saxutils import escape, quoteattr, unescape

from llmxsite.base import cells
from llmxsite.press.figure.draft import NARROW
from llmxsite.press.figure.figure import Figure, Size
from llmxsite.press.figure.theme import SANS, Theme, resolve, resolve_spec, vega_config
from llmxsite.press.figure.words import clean, width, wrap

VERSION = 2
"""Of this module's output: raise it when the same spec comes out as other bytes."""
VEGA_LITE = "6.4"
"""The version that draws."""
_MARGIN, _TITLE = 20, 17
"""Around a titled picture, and the size of its title, in pixels."""
_SIZE = re.compile(r'width="([\d.]+)" height="([\d.]+)"')
_SIZED = re.compile(r'width="[\d.]+" height="[\d.]+" viewBox="[^"]*"')
_NUMBER = re.compile(r"-?\d+\.\d{3,}")
_ID = re.compile(r"""(\bid="|url\(#|href="#)([A-Za-z_][\w-]*)""")
_GEOMETRY = re.compile(r'\b(d|transform|x|y|x1|x2|y1|y2|width|height|viewBox)="([^"]*)"')
_LABEL = re.compile(r'<text text-anchor="end"[^>]*font-size="([\d.]+)px"[^>]*>([^<]{10,})</text>')
"""A label that ends at the plot: a row's, beside which there is no more room than it was measured to take."""
_ARIAL = 0.905
"""Width in the face that pictures are measured in, as a part of `words.width`, which is on the wide side."""


def svg(
    figure: Figure,
    theme: Theme | Literal["auto"] = "auto",
    size: Size = "wide",
    *,
    titled: bool = False,
    cache: Path | None = None,
) -> str:
    """The figure as SVG with an accessible name. `auto` leaves colours as CSS variables, for a page that has them.

    `titled` puts the title on top, for a picture that stands alone. The background is left open either way.
    """
    drawn = _drawn(figure, size, cache)
    if titled:
        drawn = _titled(drawn, figure.title)
    return drawn if theme == "auto" else resolve(drawn, theme)


def png(
    figure: Figure,
    theme: Theme,
    scale: float = 2,
    size: Size = "wide",
    *,
    titled: bool = False,
    cache: Path | None = None,
) -> bytes:
    """The figure as PNG on the theme's paper, `scale` pixels to a CSS pixel."""
    picture = on_paper(svg(figure, theme, size, titled=titled, cache=cache), theme)
    file = _cached(cache, "png", [picture, scale])
    if file is not None and file.is_file():
        return file.read_bytes()
    data = pixels(picture, scale)
    _keep(file, data)
    return data


def on_paper(picture: str, theme: Theme) -> str:
    """An SVG with the theme's paper under it: a picture that stands alone, wherever it is shown."""
    head, _, rest = picture.partition("</title>")
    return f'{head}</title><rect width="100%" height="100%" fill="{resolve("var(--paper)", theme)}"/>{rest}'


def pixels(picture: str, scale: float = 2) -> bytes:
    """An SVG as PNG, `scale` pixels to a CSS pixel."""
    import vl_convert

    data: bytes = vl_convert.svg_to_png(picture, scale=scale)
    return data


def csv(figure: Figure) -> str:
    """The figure's table as CSV: names as in the data, missing empty."""
    text: str = cells.frame(figure.data).to_csv(index=False, lineterminator="\n")
    return text


def spec(figure: Figure, theme: Theme | Literal["auto"], with_data: bool = True, size: Size = "wide") -> dict[str, Any]:
    """The Vega-Lite spec with the theme's colours and config, and its rows unless told otherwise."""
    out: dict[str, Any] = json.loads(json.dumps(figure.of(size)))
    out["config"] = vega_config(theme)
    out["description"] = figure.alt
    if theme != "auto":
        out = resolve_spec(out, theme)
    if with_data:
        out["datasets"] = figure.marks
    return out


def _recipe(figure: Figure, size: Size) -> str:
    """The complete Vega-Lite spec of a static picture, as JSON with sorted keys."""
    width = figure.width if size == "wide" else NARROW
    full = {**figure.of(size), "width": width, "datasets": figure.marks, "config": vega_config("auto")}
    return json.dumps(full, sort_keys=True, ensure_ascii=False)


def _ingredients(figure: Figure, size: Size) -> list[Any]:
    from importlib.metadata import version

    return [VERSION, version("vl-convert-python"), figure.id, figure.title, figure.alt, _recipe(figure, size)]


def _drawn(figure: Figure, size: Size, cache: Path | None) -> str:
    """The SVG with colours as variables, from the cache or from Vega."""
    file = _cached(cache, "svg", _ingredients(figure, size))
    if file is not None and file.is_file():
        return file.read_text(encoding="utf-8")
    import vl_convert

    raw: str = vl_convert.vegalite_to_svg(_recipe(figure, size), vl_version=VEGA_LITE, show_warnings=False)
    text = _tidy(raw, figure)
    _keep(file, text.encode())
    return text


def _titled(drawn: str, title: str) -> str:
    """The picture with its title over it and a margin around it."""
    head, _, body = drawn.partition("</title>")
    width, height = (float(v) for v in _SIZE.findall(head)[0])
    lines = wrap(title, width, _TITLE)
    top = _MARGIN + 23 * len(lines) + 12
    full = (width + 2 * _MARGIN, height + top + _MARGIN)
    size = f'width="{full[0]:g}" height="{full[1]:g}" viewBox="0 0 {full[0]:g} {full[1]:g}"'
    said = "".join(f'<tspan x="{_MARGIN}" dy="{23 if i else 0}">{escape(line)}</tspan>' for i, line in enumerate(lines))
    look = f'font-family={quoteattr(SANS)} font-size="{_TITLE}" font-weight="600" fill="var(--ink)"'
    inside = body.removesuffix("</svg>")
    return (
        f'{_SIZED.sub(size, head, count=1)}</title><text x="{_MARGIN}" y="{_MARGIN + 15}" {look}>{said}</text>'
        f'<g transform="translate({_MARGIN},{top})">{inside}</g></svg>'
    )


def _tidy(raw: str, figure: Figure) -> str:
    """Vega's SVG with short numbers, ids of its own, and a name for those who do not see it."""
    body = _GEOMETRY.sub(lambda m: f'{m[1]}="{_NUMBER.sub(_short, m[2])}"', raw)
    prefix = re.sub(r"[^a-z0-9-]", "-", figure.id.lower())
    numbers: dict[str, str] = {}
    body = _ID.sub(lambda m: f"{m[1]}{numbers.setdefault(m[2], f'{prefix}-{len(numbers)}')}", body)
    body = re.sub(r' (?:role|aria-\w+)="[^"]*"', "", body)
    body = _LABEL.sub(_held, body)
    name = f' role="img" aria-label={quoteattr(clean(figure.alt))}'
    return body.replace(' class="marks"', name, 1).replace(">", f"><title>{escape(clean(figure.title))}</title>", 1)


def _held(match: re.Match[str]) -> str:
    """A label with the length that the picture has room for: a wider face than the one it was measured in would be cut at the edge."""
    length = _ARIAL * width(unescape(match[2]), float(match[1]))
    return f'{match[0].removesuffix(f">{match[2]}</text>")} textLength="{length:.1f}" lengthAdjust="spacingAndGlyphs">{match[2]}</text>'


def _short(match: re.Match[str]) -> str:
    short = f"{float(match[0]):.2f}".rstrip("0").rstrip(".")
    return "0" if short == "-0" else short


def _cached(cache: Path | None, suffix: str, ingredients: list[Any]) -> Path | None:
    if cache is None:
        return None
    digest = hashlib.sha256(json.dumps(ingredients, ensure_ascii=False).encode()).hexdigest()[:32]
    return cache / f"{digest}.{suffix}"


def _keep(file: Path | None, data: bytes) -> None:
    """Write whole or not at all: two processes may draw the same figure."""
    if file is None:
        return
    from tempfile import NamedTemporaryFile

    file.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=file.parent, delete=False) as part:
        part.write(data)
    Path(part.name).replace(file)
