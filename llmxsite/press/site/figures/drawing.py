"""Figures drawn: everything the site, its downloads and its exports need of one, computed once and remembered.

A `Drawn` is plain data. What it costs (tables, chart, pictures) is paid when the samples or the options change, not when
the words around it do.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from llmxsite.analysis.measure import plain
from llmxsite.press.catalogue import addresses
from llmxsite.press.catalogue.entries import RunEntry
from llmxsite.press.numbers.remembered import hashes
from llmxsite.press.site.assets import data_script
from llmxsite.press.site.edition import Edition
from llmxsite.press.site.figures.code import code
from llmxsite.press.site.figures.table import FigureHead, cells, heads
from llmxsite.press.site.sketch.thumbnail import thumbnail

if TYPE_CHECKING:
    from llmxsite.analysis.tables import Samples
    from llmxsite.press import figure

THEMES = ("light", "dark")
SIZES = ("wide", "narrow")
ASKED = frozenset(["report", "run", "suite", "model", "category", "difficulty", "item"])
"""Columns by which the page of all samples can be asked, beside the factors."""
SHOWN_ROWS = 200
"""Rows of a figure's table on a page; the CSV has all."""


class Drawn(msgspec.Struct):
    """A figure as data and pictures."""

    id: str
    kind: str
    title: str
    caption: str
    alt: str
    heads: list[FigureHead]
    cells: list[list[str]]
    """The table's first rows as a person reads them."""
    total_rows: int
    runs: list[str]
    notes: list[str]
    width: int
    height: int
    """Of the wide picture, in CSS pixels."""
    narrow: tuple[int, int]
    """Width and height of the narrow one."""
    csv: str
    live: dict[str, Any]
    """Specs for both sizes and their data, for the page's own charts script."""
    spec: str
    """Vega-Lite with its data, to download."""
    svg: dict[str, str]
    """By theme and size: `light-wide`."""
    titled: dict[str, str]
    """By theme, wide, with its title on the theme's paper: what the PNG is made from."""
    thumbs: dict[str, str] = {}
    """By theme: the marks alone, for lists of pictures. Empty where the kind has no plot to cut them from."""

    @property
    def address(self) -> str:
        return addresses.figure(self.id)

    def picture(self, theme: str, size: str = "wide") -> str:
        """Address of an SVG. It names its content, so a reader may keep it for good."""
        name = f"{theme}-{size}"
        return addresses.figure_file(self.id, name, "svg", self.svg[name].encode())

    def thumb(self, theme: str) -> str:
        """Address of the thumbnail; of the picture where there is none."""
        if theme not in self.thumbs:
            return self.picture(theme)
        return addresses.figure_file(self.id, f"{theme}-thumb", "svg", self.thumbs[theme].encode())

    def photo(self, theme: str) -> str:
        """Address of the PNG in a theme, named by what it is made from: it is made later, beside everything else."""
        return addresses.figure_file(self.id, theme, "png", self.titled[theme].encode())

    @property
    def table(self) -> str:
        """Address of the CSV."""
        return addresses.figure_file(self.id, "table", "csv")

    @property
    def spec_address(self) -> str:
        return addresses.figure_file(self.id, "chart", "json")

    @property
    def code(self) -> str:
        """Python that draws it with Altair."""
        return code(self.spec, self.title, self.caption, addresses.part(self.id))

    @property
    def code_address(self) -> str:
        return addresses.figure_file(self.id, "chart", "py")

    @property
    def script(self) -> bytes:
        """What hands the live chart its specs and rows."""
        return data_script(self.id, self.live)

    @property
    def script_address(self) -> str:
        return f"data/{addresses.hashed(addresses.part(self.id), 'js', self.script)}"

    def files(self) -> dict[str, bytes]:
        """Every file of the figure but its PNGs, by address."""
        found = {self.picture(t, s): self.svg[f"{t}-{s}"].encode() for t in THEMES for s in SIZES}
        found |= {self.thumb(t): svg.encode() for t, svg in self.thumbs.items()}
        found |= {self.table: self.csv.encode(), self.spec_address: self.spec.encode()}
        found[self.code_address] = self.code.encode()
        return found | {self.script_address: self.script}


def draw(
    edition: Edition,
    kind: str,
    options: dict[str, Any],
    runs: Sequence[RunEntry],
    *,
    id: str,  # noqa: A002 - it is the figure's id
    title: str | None = None,
    caption: str | None = None,
) -> tuple[str, Drawn]:
    """A figure and its key in the memory. Raises `ChartProblem` for what `figure.build` does not take."""
    parts = [kind, options, id, title, caption, hashes(runs)]
    make = lambda: _draw(edition, kind, options, runs, id, title, caption)  # noqa: E731
    return edition.cache.name("figure", parts), edition.cache.memo("figure", parts, Drawn, make)


def _draw(
    edition: Edition,
    kind: str,
    options: dict[str, Any],
    runs: Sequence[RunEntry],
    name: str,
    title: str | None,
    caption: str | None,
) -> Drawn:
    from llmxsite.press import figure
    from llmxsite.press.figure import render
    from llmxsite.press.figure.draft import NARROW
    from llmxsite.press.figure.naming import titles_of

    samples = edition.numbers.of(runs)
    made = figure.build(kind, samples, options, id=name, title=title, caption=caption)
    kept = edition.cache.folder / "vega" if edition.cache.folder else None
    wide = render.svg(made, "light", cache=kept)
    svg = {f"{t}-{s}": render.svg(made, t, s, cache=kept) for t in THEMES for s in SIZES}  # type: ignore[arg-type]
    titles = titles_of(samples)
    values = made.data.head(SHOWN_ROWS).itertuples(index=False)
    spec = render.spec(made, "light", with_data=True)
    return Drawn(
        id=made.id,
        kind=made.kind,
        title=made.title,
        caption=made.caption,
        alt=made.alt,
        heads=heads(made.columns),
        cells=[cells([plain(v) for v in row], made.columns, titles) for row in values],
        total_rows=len(made.data),
        runs=list(made.runs),
        notes=list(made.notes),
        width=made.width,
        height=_height(wide, made.width),
        narrow=(NARROW, _height(svg["light-narrow"], NARROW)),
        csv=render.csv(made),
        live={
            "wide": made.spec,
            "narrow": made.narrow,
            "data": made.marks,
            "alt": made.alt,
            "among": _among(made.runs, options),
            "asks": sorted(ASKED | set(samples.factors)),
            "called": _called(made, samples),
        },
        spec=json.dumps(spec, indent=1, sort_keys=True, ensure_ascii=False) + "\n",
        svg=svg,
        titled={t: render.on_paper(render.svg(made, t, titled=True, cache=kept), t) for t in THEMES},  # type: ignore[arg-type]
        thumbs={t: cut for t in THEMES if (cut := thumbnail(svg[f"{t}-narrow"])) is not None},
    )


def _among(runs: Sequence[str], options: dict[str, Any]) -> list[list[str]]:
    """What all samples of a figure have in common, as pairs for the query of the samples' page: its runs, and `where`."""
    from llmxsite.press.figure.levels import text

    where = options.get("where") or {}
    pairs = [(name, v) for name, value in where.items() for v in (value if isinstance(value, list) else [value])]
    return [["run", run] for run in runs] + [[name, text(value)] for name, value in pairs]


def _called(made: figure.Figure, samples: Samples) -> dict[str, dict[str, str]]:
    """What the levels of its marks are called, by column: for the buttons that hold one."""
    from llmxsite.press.figure.draft import BEHIND
    from llmxsite.press.figure.levels import spoken
    from llmxsite.press.figure.naming import titled

    found: dict[str, dict[str, str]] = {}
    with titled(samples):
        for row in made.marks["table"]:
            for by, level in (row.get(BEHIND) or {}).items():
                found.setdefault(by, {})[level] = spoken(by, level)
    return found


def _height(svg: str, width: int) -> int:
    """Height of a picture shown `width` pixels wide, from its own size."""
    import re

    found = re.search(r'viewBox="[\d.-]+ [\d.-]+ ([\d.]+) ([\d.]+)"', svg)
    return round(width * float(found[2]) / float(found[1])) if found else round(width * 0.6)
