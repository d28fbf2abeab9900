"""docs/ollama.md and the reports that it is made of: the last columns of its rows are what each server answered.

python tests/servers/page.py         # after a report in docs/ollama/ has changed
"""

from __future__ import annotations

import re
from pathlib import Path

from llmxsite.exchange.engine.behaviour.report import TOPICS, Report, cell, from_json
from llmxsite.exchange.engine.tried import OLLAMA

DOCS = Path(__file__).parents[2] / "docs"
PAGE = DOCS / "ollama.md"
REPORTS = DOCS / "ollama"
QUESTIONS = {question.id for questions in TOPICS.values() for question in questions}
ROW = re.compile(r"^\| `([\w-]+)` \| (.+?) \| (confirmed|corrected|found) \|(.*)$", re.MULTILINE)
"""A row: its name, what it says in words, the verdict, and what each server answered."""


def report_of(version: str) -> Report | None:
    """The report on that version which is kept; None where there is none."""
    path = REPORTS / f"{version}.json"
    return from_json(path.read_bytes()) if path.is_file() else None


def filled(page: str) -> str:
    """The page with the answers of the kept reports in its rows; an answer like the one to its left is `the same`."""
    answers = [{row.id: row.answer for row in report.rows} for v in OLLAMA if (report := report_of(v)) is not None]

    def row(found: re.Match[str]) -> str:
        name, words, verdict, _ = found.groups()
        if name not in QUESTIONS:  # one that cannot be asked for, which names its recording
            return found[0]
        given = [answer.get(name, "") for answer in answers]
        cells = ["the same" if i and text == given[i - 1] else text for i, text in enumerate(given)]
        return f"| `{name}` | {words} | {verdict} | {' | '.join(map(cell, cells))} |"

    return ROW.sub(row, page)


if __name__ == "__main__":
    PAGE.write_text(filled(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
