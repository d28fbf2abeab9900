"""GUIDE-LLM's core items for a report: filled in from the logs where they say it, from the front matter where a person did.

Feuerriegel et al. 2026, "Reporting guideline for research with large language models" (GUIDE-LLM v1.1), Nature Human
Behaviour, doi 10.1038/s41562-026-02492-7. What nobody has stated is shown as not stated.
"""

from __future__ import annotations

from typing import NamedTuple

from llmxsite.press.catalogue.entries import ReportEntry
from llmxsite.press.site.directives import setup
from llmxsite.press.site.directives.part import part
from llmxsite.press.site.edition import Edition
from llmxsite.press.site.page_host import PageHost, failed
from llmxsite.press.site.templates import parameters
from llmxsite.press.writing.directive import Directive

ITEMS = {
    "A.1": "What language models were used for",
    "A.2": "How far it was automated, and who reviewed outputs",
    "B.1": "Models: name, size, exact version",
    "B.2": "How the models were reached",
    "B.3": "Settings",
    "B.4": "Customisation: fine-tuning, retrieval, tools",
    "B.5": "Memory across requests",
    "C.1": "Exact prompts",
    "C.2": "System prompt",
    "D.1": "Personal or sensitive data",
    "E.1": "Validation by people",
    "E.2": "Parsing, filtering and exclusions",
    "F.1": "Code, logs and data",
    "G.1": "Funding and ties",
}


class Filled(NamedTuple):
    """One item as the page shows it."""

    id: str
    asks: str
    answer: str | None
    source: str
    """`log`, `person`, or empty where nobody has said."""


def fill(edition: Edition, report: ReportEntry) -> list[Filled]:
    """The fourteen core items in order. A person's answer stands over what the logs say."""
    said = dict(report.article.meta.checklist) if report.article else {}
    known = from_logs(edition, report)
    filled = []
    for name, asks in ITEMS.items():
        person, log = said.get(name), known.get(name)
        filled.append(Filled(name, asks, person or log, "person" if person else "log" if log else ""))
    return filled


def from_logs(edition: Edition, report: ReportEntry) -> dict[str, str]:
    """What the run logs answer by themselves."""
    if not report.runs:
        return {}
    runs = report.runs
    what = setup.describe(edition, runs)
    settings = dict(setup.settings(runs))
    models = [
        f"{m.name} ({', '.join(p for p in (m.parameter_size or (m.parameters and parameters(m.parameters)), m.quantization) if p) or 'size not told'}; "
        f"digest {(m.digest or 'not told')[:12]})"
        for m, _ in what.models
    ]
    totals = next(iter(edition.numbers.summary(runs, [])), {})
    answers = {
        "A.1": f"As the object of study: task “{runs[0].run.task}”, {len(what.suites)} suites.",
        "B.1": "; ".join(models),
        "B.2": f"Locally, through {', '.join(what.engines)}; one request an item, no shared conversation.",
        "B.3": "; ".join(
            f"{k}: {', '.join(map(str, v))}" for k, v in settings.items() if k not in ("system", "prompt")
        ),
        "B.5": "None: every request stands alone.",
        "C.1": f"Prompt “{', '.join(map(str, settings['prompt']))}”; each sample’s page shows the text as sent."
        if settings.get("prompt")
        else "",
        "C.2": "; ".join(str(s) for s in settings.get("system", []) if s) or "None was sent.",
        "E.2": f"Answers were parsed by program; {totals.get('unparsed') or 0} of {totals.get('n') or 0} samples could not be parsed "
        "and count as wrong; errors of the machine are left out and counted.",
        "F.1": f"Run logs are part of the study{f', {edition.config.repository}' if edition.config.repository else ''}.",
        "G.1": edition.config.funding or "",
    }
    return {name: answer for name, answer in answers.items() if answer}


def draw_checklist(host: PageHost, d: Directive) -> str:
    """GUIDE-LLM's items, from the logs where they say it, from the front matter where a person did."""
    if host.report is None:
        d.add("checklist-place", "a checklist belongs to a report")
        return failed(d, "a checklist belongs to a report")
    return str(part(host, "checklist", items=fill(host.edition, host.report)))
