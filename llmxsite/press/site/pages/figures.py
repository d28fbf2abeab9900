"""The figures of the site: a list with pictures, and for each a page whose address stays as long as its name does."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import partial

from llmxsite.base.diagnostics import Issues
from llmxsite.base.memory import digest
from llmxsite.press.catalogue import addresses
from llmxsite.press.site.edition import Edition, Made
from llmxsite.press.site.figures import elsewhere
from llmxsite.press.site.figures.drawing import Drawn
from llmxsite.press.site.figures.markup import figure_markup
from llmxsite.press.site.pages import Page
from llmxsite.press.site.search import SearchEntry
from llmxsite.press.site.templates import kind


def pages(edition: Edition, drawn: Mapping[str, tuple[Drawn, str, str]]) -> Iterator[Page]:
    """One page a figure and the list. `drawn` is, by id, a figure with the address and title of the page it stands on."""
    if not drawn:
        return
    yield Page(
        addresses.index("figures"),
        "figures",
        "Figures",
        partial(_list, edition, drawn),
        [(id_, digest(f.csv), f.title, f.thumb("light"), f.kind, title) for id_, (f, _, title) in drawn.items()],
    )
    for id_, (figure, address, title) in drawn.items():
        yield Page(
            figure.address,
            "figure",
            figure.title,
            partial(_figure, edition, figure, address, title),
            [id_, digest(figure.csv), figure.title, figure.caption, figure.picture("light"), address, title],
            summary=figure.alt,
        )


def _list(edition: Edition, drawn: Mapping[str, tuple[Drawn, str, str]], _: Issues) -> Made:
    html = edition.html(
        "figures.html",
        addresses.index("figures"),
        title="Figures",
        section="figures",
        figures=list(drawn.values()),
        kinds=[(name, kind(name), n) for name, n in sorted(Counter(f.kind for f, _, _ in drawn.values()).items())],
        pages_of=_pages(drawn),
        description="Every figure of this site, each with its table, its sources and its files.",
    )
    return Made(html)


def _words(figure: Drawn) -> str:
    """What the description for those who do not see the picture says beyond the caption below it."""
    said = re.split(r"(?<=[.!?]) +", figure.alt.strip())
    return " ".join(sentence for sentence in said if sentence.strip() and sentence not in figure.caption)


def _pages(drawn: Mapping[str, tuple[Drawn, str, str]]) -> list[tuple[str, str, int]]:
    """The pages that figures stand in, as `(address, title, figures)`, in the order of the site."""
    titles = {address: title for _, address, title in drawn.values()}
    counts = Counter(address for _, address, _ in drawn.values())
    return [(address, title, counts[address]) for address, title in titles.items()]


def _figure(edition: Edition, figure: Drawn, address: str, title: str, _: Issues) -> Made:
    runs = [run for run in map(edition.catalogue.run, figure.runs) if run is not None]
    html = edition.html(
        "figure.html",
        figure.address,
        title=figure.title,
        section="figures",
        crumbs=[("Figures", addresses.index("figures"))],
        frame=figure_markup(edition, figure, figure.address),
        figure=figure,
        stands=(address, title),
        words=_words(figure),
        post=elsewhere.post(edition, figure),
        embed=elsewhere.embed(edition, figure),
        citation=elsewhere.citation(edition, figure, runs),
        bibtex=elsewhere.bibtex(edition, figure, runs),
        charts=True,
        description=figure.alt[:300],
        card=edition.absolute(figure.photo("light")),
    )
    entry = SearchEntry(address=figure.address, title=figure.title, kind="Figure", text=figure.caption)
    return Made(html, search=[entry])
