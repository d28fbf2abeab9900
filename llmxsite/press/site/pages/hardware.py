"""The machines behind the numbers: what they are, as far as logs say, and how fast models answered on each."""

from __future__ import annotations

from collections.abc import Iterator

from llmxsite.analysis.results.tables import Row
from llmxsite.press.site import populations
from llmxsite.press.site.directives import setup
from llmxsite.press.site.edition import Edition, Made
from llmxsite.press.site.pages import Page

ADDRESS = "hardware.html"


def pages(edition: Edition) -> Iterator[Page]:
    """One page, where any log names its machine."""
    if edition.catalogue.hosts:
        yield Page(ADDRESS, "hardware", "Hardware", lambda _: _hardware(edition), [edition.numbers.fingerprint])


def _hardware(edition: Edition) -> Made:
    machines = []
    for number, (host, runs) in enumerate(edition.catalogue.hosts, 1):
        rows: list[Row] = []
        for row in populations.rows(edition, runs, ["model", "digest"]):
            model = edition.catalogue.model(row["model"])
            rows.append({**row, "address": model.address if model else None})
        machines.append(
            {"name": f"Machine {number}", "host": host, "words": setup.host_words(host), "runs": runs, "rows": rows}
        )
    html = edition.html(
        "hardware.html",
        ADDRESS,
        title="Hardware",
        section="hardware",
        machines=machines,
        description="The machines the samples were gathered on, and how fast each model answered there.",
    )
    return Made(html)
