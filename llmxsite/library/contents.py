"""What a study holds: its runs, reports and models as frames, a row each."""

from __future__ import annotations

from typing import Any

import pandas as pd

from llmxsite.base.diagnostics import Issues
from llmxsite.base.memory import Cache
from llmxsite.library.frames import Frame
from llmxsite.press.catalogue import catalogue
from llmxsite.press.catalogue.catalogue import Catalogue
from llmxsite.study.study import Study


def runs(study: Study) -> Frame:
    """Every run, newest first: `run`, `report`, `started`, `task`, `engine`, `models`, `suites`, `samples` (lines of samples, as its
    closing line counts them; missing where the run is not complete), `ended` (why it did) and `repeats` (the run that it repeats)."""
    read, notes = _catalogue(study)
    rows = [
        {
            "run": entry.id,
            "report": entry.report,
            "started": entry.run.started,
            "task": entry.run.task,
            "engine": entry.run.engine.name,
            "models": ", ".join(model.name for model in entry.run.models),
            "suites": ", ".join(suite.id for suite in entry.run.suites),
            "samples": sum(entry.end.counts.values()) if entry.end else None,
            "ended": entry.end.reason if entry.end else None,
            "repeats": entry.run.rerun_of.id if entry.run.rerun_of else None,
        }
        for entry in read.logs
    ]
    return _frame(
        rows,
        ("run", "report", "started", "task", "engine", "models", "suites", "samples", "ended", "repeats"),
        notes,
    )


def reports(study: Study) -> Frame:
    """Every report, in the order of the site: `report`, `title`, `question`, `task`, `runs` (how many), `predictions` (how many)."""
    read, notes = _catalogue(study)
    rows = [
        {
            "report": entry.slug,
            "title": entry.title,
            "question": entry.question,
            "task": entry.experiment.task if entry.experiment else None,
            "runs": len(entry.runs),
            "predictions": len(entry.predictions),
        }
        for entry in read.reports
    ]
    return _frame(rows, ("report", "title", "question", "task", "runs", "predictions"), notes)


def models(study: Study) -> Frame:
    """Every model that was asked, a row a digest of its weights: `model`, `digest`, `parameters`, `quantization`, `runs` (how many)."""
    read, notes = _catalogue(study)
    rows = [
        {
            "model": entry.name,
            "digest": version.digest,
            "parameters": version.info.parameters,
            "quantization": version.info.quantization,
            "runs": len(version.runs),
        }
        for entry in read.models
        for version in entry.versions
    ]
    return _frame(rows, ("model", "digest", "parameters", "quantization", "runs"), notes)


def _catalogue(study: Study) -> tuple[Catalogue, list[str]]:
    issues = Issues()
    read = catalogue.read(study, Cache(study.cache / "site", study.root / "site"), issues)
    return read, [issue.render() for issue in issues.sorted()]


def _frame(rows: list[dict[str, Any]], columns: tuple[str, ...], notes: list[str]) -> Frame:
    frame = pd.DataFrame(rows, columns=list(columns))
    whole = [name for name in ("samples", "parameters") if name in frame]
    return Frame.of(frame.astype(dict.fromkeys(whole, "Int64")), notes=notes)
