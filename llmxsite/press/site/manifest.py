"""`manifest.json`: the pages, figures and tables of the site, and every file the build wrote.

For programs that read the site, and for the next build: it deletes what is listed there and no longer made, and nothing
else, so a file somebody put beside the site's own stays.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from llmxsite.base.diagnostics import Problem
from llmxsite.base.regular import content
from llmxsite.press.catalogue import addresses


class PageItem(msgspec.Struct, kw_only=True):
    """A page of the site."""

    address: str
    kind: str
    title: str


class FigureItem(msgspec.Struct, kw_only=True):
    """A figure, with its files."""

    id: str
    kind: str
    title: str
    address: str
    page: str
    """Address of the page it stands on."""
    table: str
    """Address of its CSV."""
    spec: str
    svg: dict[str, str]
    """Theme to address."""
    png: dict[str, str]
    runs: list[str]
    """Ids of the runs behind it."""


class TableItem(msgspec.Struct, kw_only=True):
    """A table as a file."""

    address: str
    title: str
    rows: int
    columns: list[str]


class Manifest(msgspec.Struct, kw_only=True):
    """The whole file."""

    version: int = 1
    title: str = ""
    base_url: str | None = None
    pages: list[PageItem] = []
    figures: list[FigureItem] = []
    tables: list[TableItem] = []
    files: list[str] = []
    """Every file the build wrote, itself included."""


def read(out: Path) -> Manifest:
    """The manifest of the last build into `out`; an empty one where there is none, or none that can be read."""
    try:
        return msgspec.json.decode(content(out / addresses.MANIFEST), type=Manifest)
    except (Problem, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return Manifest()


def encode(manifest: Manifest) -> bytes:
    """The file's bytes, in a fixed order."""
    return msgspec.json.format(msgspec.json.encode(manifest), indent=1) + b"\n"


def stale(old: Manifest, new: set[str], out: Path) -> list[Path]:
    """Files of the last build that this one did not make. An address that is not one of ours is passed over."""
    found: list[Path] = []
    for address in old.files:
        if address in new:
            continue
        try:
            found.append(addresses.output(out, address))
        except Problem:
            continue
    return found


def figure(drawn: Any, page: str) -> FigureItem:
    """A figure's entry, from `drawing.Drawn`."""
    return FigureItem(
        id=drawn.id,
        kind=drawn.kind,
        title=drawn.title,
        address=drawn.address,
        page=page,
        table=drawn.table,
        spec=drawn.spec_address,
        svg={t: drawn.picture(t) for t in ("light", "dark")},
        png={t: drawn.photo(t) for t in ("light", "dark")},
        runs=drawn.runs,
    )
