"""Figures as files: PNG and SVG in both themes, CSV of the table, and the Vega-Lite spec with its data."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal, get_args

from llmxsite.base.diagnostics import Issues, Problem, did_you_mean
from llmxsite.base.memory import Cache
from llmxsite.base.written import Place
from llmxsite.press.publish.written import open_edition, read
from llmxsite.press.site.figures import png
from llmxsite.press.site.figures.drawing import THEMES, Drawn
from llmxsite.study.study import Study

Format = Literal["png", "svg", "csv", "spec"]
FORMATS: tuple[Format, ...] = get_args(Format)


def formats(text: str) -> list[Format]:
    """`png,svg` as a list. Raises `Problem` with the nearest format for an unknown one."""
    found: list[Format] = []
    for word in (w.strip().lower() for w in text.split(",")):
        known = next((f for f in FORMATS if f == word), None)
        if known is None:
            raise Problem.at(
                "--format", "export-format", f"no format is called '{word}'", hint=did_you_mean(word, FORMATS)
            )
        found.append(known)
    return list(dict.fromkeys(found))


def export(
    study: Study,
    out: Path,
    *,
    issues: Issues,
    report: str | None = None,
    wanted: Sequence[Format] = FORMATS,
    themes: Sequence[str] = THEMES,
    hashed: bool = False,
) -> list[Path]:
    """Write every figure of a report, or of all reports, below `out`; gives the files back in order.

    They are the very files that the site publishes. With `hashed`, each name carries a hash of its content, for places that
    keep a picture by its address, as GitHub Discussions do.
    """
    edition = open_edition(study, issues)
    slugs = [report] if report is not None else [r.slug for r in edition.catalogue.reports]
    written: list[Path] = []
    for slug in slugs:
        for figure in read(edition, slug, issues).figures:
            for stem, suffix, content in contents(figure, edition.cache, wanted, themes):
                mark = f"-{hashlib.sha256(content).hexdigest()[:10]}" if hashed else ""
                path = out / f"{stem}{mark}.{suffix}"
                Place(out).write(path, content)
                written.append(path)
    if not written and not issues.failed():
        where = f"content/reports/{report}/index.md" if report else "content/reports"
        empty = [entry.slug for entry in edition.catalogue.reports if entry.slug in slugs and not entry.runs]
        message, hint = "no figure to export", "a `{chart}` directive makes one"
        if empty:
            message, hint = "no figure to export before the first run", f"`llmxsite run {empty[0]}` collects"
        issues.add(where, "figures-none", message, hint=hint, severity="warning")
    return written


def contents(
    figure: Drawn, cache: Cache, wanted: Sequence[Format] = FORMATS, themes: Sequence[str] = THEMES
) -> Iterator[tuple[str, str, bytes]]:
    """The files of one figure: name without suffix, suffix, bytes."""
    pngs = png.develop({t: figure.titled[t] for t in themes}, cache, 1) if "png" in wanted else {}
    for theme in themes:
        if "png" in wanted:
            yield f"{figure.id}-{theme}", "png", pngs[theme]
        if "svg" in wanted:
            yield f"{figure.id}-{theme}", "svg", figure.svg[f"{theme}-wide"].encode()
    if "csv" in wanted:
        yield figure.id, "csv", figure.csv.encode()
    if "spec" in wanted:
        yield figure.id, "json", figure.spec.encode()
