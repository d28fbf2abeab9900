"""One figure for anywhere: pictures, table, code, a post, a snippet and a citation in one folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from llmxsite.base.diagnostics import Issues, Problem, did_you_mean
from llmxsite.base.written import Place
from llmxsite.press.publish import pictures
from llmxsite.press.publish.written import open_edition, read
from llmxsite.press.site.edition import Edition
from llmxsite.press.site.figures import elsewhere
from llmxsite.press.site.figures.drawing import Drawn
from llmxsite.study.study import Study


def export(
    study: Study, figure_id: str, out: Path | None = None, *, issues: Issues, base_url: str | None = None
) -> tuple[Path, list[Path]]:
    """Write one figure of a report, a model's card or a suite's page; gives the folder, and the files in order.

    PNG and SVG in both themes, CSV, Vega-Lite with its data, Altair code, a post for GitHub Discussions (the pictures lie beside it, so
    that it works before the site is public), HTML to embed, a citation as BibTeX and as a sentence. Raises `Problem`, with the nearest,
    where there is no such figure.
    """
    edition = open_edition(study, issues, base_url)
    figure = _found(edition, figure_id, issues)
    folder = out if out is not None else Path("figures") / elsewhere.file_name(figure, "").rstrip(".")
    place, written = Place(folder), []
    for name, content in files(edition, figure):
        place.write(folder / name, content)
        written.append(folder / name)
    return folder, written


def files(edition: Edition, figure: Drawn) -> Iterator[tuple[str, bytes]]:
    """Every file of a figure by its name."""
    for stem, suffix, content in pictures.contents(figure, edition.cache, ("png", "svg", "csv")):
        yield f"{stem}.{suffix}", content
    runs = [run for run in map(edition.catalogue.run, figure.runs) if run is not None]
    texts = {
        "vl.json": figure.spec,
        "py": figure.code,
        "md": elsewhere.post(edition, figure),
        "html": elsewhere.embed(edition, figure),
        "bib": elsewhere.bibtex(edition, figure, runs),
        "txt": f"{elsewhere.citation(edition, figure, runs)}\n",
    }
    for suffix, text in texts.items():
        yield elsewhere.file_name(figure, suffix), text.encode()


def _found(edition: Edition, figure_id: str, issues: Issues) -> Drawn:
    """The figure of that id: of a report whose name it begins with, else of any page."""
    known: list[str] = []
    slugs = sorted((r.slug for r in edition.catalogue.reports), key=lambda slug: not figure_id.startswith(slug))
    for slug in slugs:
        for figure in read(edition, slug, Issues()).figures:
            known.append(figure.id)
            if figure.id == figure_id:
                return figure
    from llmxsite.press.site.pages import models, suites

    for page in (*models.pages(edition), *suites.pages(edition)):
        for key in page.make(Issues()).figures:
            drawn = edition.cache.recall(key, Drawn)
            if drawn is not None:
                known.append(drawn.id)
                if drawn.id == figure_id:
                    return drawn
    hint = did_you_mean(figure_id, known) or (
        "`llmxsite export figures` writes all of them" if known else "a `{chart}` directive makes one"
    )
    raise Problem.at("export figure", "figure-unknown", f"no figure is called '{figure_id}'", hint=hint)
