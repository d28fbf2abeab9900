"""A figure in other places, as text: a post for GitHub Discussions, a snippet to embed it, a citation.

The post shows the pictures that lie beside it, so that it works before the site is public: they are dragged into the post, and
GitHub keeps them.
"""

from __future__ import annotations

import re
from html import escape

from llmxsite.base.diagnostics import several
from llmxsite.press.catalogue import addresses
from llmxsite.press.catalogue.entries import RunEntry
from llmxsite.press.site.edition import Edition
from llmxsite.press.site.figures.drawing import Drawn

ROWS = 40
"""Rows of the table in a post; the CSV has all."""


def file_name(figure: Drawn, suffix: str, theme: str | None = None) -> str:
    """`sizes-calibration-light.png`: the file of a figure outside the site."""
    stem = addresses.part(figure.id)
    return f"{stem}-{theme}.{suffix}" if theme else f"{stem}.{suffix}"


def post(edition: Edition, figure: Drawn) -> str:
    """Markdown for GitHub Discussions: the picture to be dragged in, caption, notes and numbers, and where they come from."""
    light, dark = (file_name(figure, "png", theme) for theme in ("light", "dark"))
    alt = plain(figure.alt)
    blocks = [
        f"<!-- Drag {light} into the post: GitHub puts an address in place of the one in the next line. {dark} is for dark pages. -->",
        f"![{alt}]({light})",
        f"**{plain(figure.title)}.** {plain(figure.caption)}",
        *(f"> {plain(note)}" for note in figure.notes),
        folded(figure),
        _sources(edition, figure),
    ]
    return "\n\n".join(block for block in blocks if block) + "\n"


def folded(figure: Drawn) -> str:
    """The numbers behind a figure, folded away."""
    heads = [f"{h.title} ({h.unit})" if h.unit and h.unit != "%" else h.title for h in figure.heads]
    shown = figure.cells[:ROWS]
    left = figure.total_rows - len(shown)
    more = f"\n\n{left:,} more rows are in `{file_name(figure, 'csv')}`." if left > 0 else ""
    cells = table(heads, shown, [h.numeric for h in figure.heads])
    return f"<details>\n<summary>The numbers ({several(figure.total_rows, 'row')})</summary>\n\n{cells}{more}\n\n</details>"


def table(heads: list[str], rows: list[list[str]], numeric: list[bool]) -> str:
    """A Markdown table; numbers stand right."""
    rule = "|".join(" ---: " if right else " --- " for right in numeric)
    body = ["| " + " | ".join(plain(cell) for cell in row) + " |" for row in rows]
    return "\n".join(["| " + " | ".join(plain(h) for h in heads) + " |", f"|{rule}|", *body])


def _sources(edition: Edition, figure: Drawn) -> str:
    runs = [run for run in map(edition.catalogue.run, figure.runs) if run is not None]
    models = ", ".join(dict.fromkeys(plain(m.name) for run in runs for m in run.run.models))
    said = f"From {several(len(figure.runs), 'run')}" + (f" of {models}" if models else "") + "."
    if edition.base_url is None:
        return f"{said} Study: {plain(edition.catalogue.config.title)}."
    page = addresses.absolute(edition.base_url, figure.address)
    return f"{said} [Interactive figure, table and every sample]({page})"


def embed(edition: Edition, figure: Drawn) -> str:
    """HTML that shows the figure on another page, from the published site; without an address of it, from files beside the page."""
    alt = escape(figure.alt, quote=True)
    if edition.base_url is None:
        light, dark = (file_name(figure, "svg", theme) for theme in ("light", "dark"))
        link = ""
    else:
        light, dark = (addresses.absolute(edition.base_url, figure.picture(theme)) for theme in ("light", "dark"))
        link = f'\n<figcaption>{escape(figure.title)}. <a href="{escape(addresses.absolute(edition.base_url, figure.address))}">{escape(edition.catalogue.config.title)}</a></figcaption>'
    return (
        "<figure>\n<picture>\n"
        f'<source srcset="{escape(dark)}" media="(prefers-color-scheme: dark)">\n'
        f'<img src="{escape(light)}" alt="{alt}" width="{figure.width}" height="{figure.height}">\n'
        f"</picture>{link}\n</figure>\n"
    )


def bibtex(edition: Edition, figure: Drawn, runs: list[RunEntry]) -> str:
    """A BibTeX entry of the figure, as part of its study."""
    config = edition.catalogue.config
    year = max((run.run.started or "" for run in runs), default="")[:4]
    fields = {
        "author": " and ".join(author.name for author in config.authors),
        "title": f"{{{figure.title}}}",
        "howpublished": f"Figure in {config.title}",
        "year": year,
        "url": addresses.absolute(edition.base_url, figure.address) if edition.base_url else "",
    }
    body = ",\n".join(
        f"  {name} = {{{_tex(value) if name != 'url' else value}}}" for name, value in fields.items() if value
    )
    return f"@misc{{{addresses.part(figure.id)},\n{body}\n}}\n"


def citation(edition: Edition, figure: Drawn, runs: list[RunEntry]) -> str:
    """The same in a sentence."""
    config = edition.catalogue.config
    year = max((run.run.started or "" for run in runs), default="")[:4]
    names = ", ".join(author.name for author in config.authors)
    parts = [f"{names} ({year})" if names and year else names or year, figure.title, f"In {config.title}"]
    if edition.base_url:
        parts.append(addresses.absolute(edition.base_url, figure.address))
    return ". ".join(part for part in parts if part) + ("" if edition.base_url else ".")


def plain(text: str) -> str:
    """Text that no Markdown takes for anything else: a model's name may hold `_`, `*`, `|` or `<`."""
    return re.sub(r"([\\`*_\[\]<>|#@~$])", r"\\\1", " ".join(str(text).split()))


def _tex(text: str) -> str:
    return re.sub(r"([&%$#_])", r"\\\1", text)
