"""`{hypothesis}`: what was expected, and whether it was stated before the data."""

from __future__ import annotations

from llmxsite.press.site import predictions
from llmxsite.press.site.directives.part import failed, part
from llmxsite.press.site.page_host import PageHost
from llmxsite.press.writing.directive import Directive


def draw_hypothesis(host: PageHost, d: Directive) -> str:
    """What was expected, and whether it was stated before the data."""
    report = host.report
    if report is None or not (report.hypothesis or report.predictions):
        d.add(
            "hypothesis-missing",
            "no hypothesis is stated in experiment.yaml",
            hint="add `hypothesis:` before the first run",
        )
        return failed(d, "no hypothesis is stated")
    return str(part(host, "hypothesis", report=report, hypothesis=predictions.registration(host.edition, report)))
