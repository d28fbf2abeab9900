"""The frame around a figure: chart, table, sources, download.

Without scripts it is a picture and three folded parts; `charts.js` makes tabs of them and puts the live chart in the
picture's place when it comes into view.
"""

from __future__ import annotations

from markupsafe import Markup

from llmxsite.press.catalogue import addresses
from llmxsite.press.site.edition import Edition
from llmxsite.press.site.figures.drawing import Drawn

RUNS_LISTED = 40


def figure_markup(
    edition: Edition, drawn: Drawn, address: str, *, label: str | None = None, anchor: str | None = None
) -> Markup:
    """The figure for the page at `address`. `label` is `Figure 2`; `anchor` its id on the page."""
    runs = [r for r in (edition.catalogue.run(i) for i in drawn.runs) if r is not None]
    html = edition.templates.render(
        "frame.html",
        f=drawn,
        label=label,
        anchor=anchor or f"fig-{drawn.id}",
        to=lambda target: addresses.relative(address, target),
        samples=addresses.relative(address, addresses.explorer()),
        alone=address == drawn.address,
        runs=runs,
        listed=RUNS_LISTED,
    )
    return Markup(html)  # the template escapes
