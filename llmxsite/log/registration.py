"""Whether what was expected stood in a commit before the data: git's own history of experiment.yaml is looked through.

A commit that was checked out when a run began says nothing by itself: its experiment.yaml may have other words, or not be
in it at all. So the file is read as each commit has it.
"""

from __future__ import annotations

import re
from typing import Any

from llmxsite.base import checkout
from llmxsite.base.diagnostics import Issues, Problem
from llmxsite.base.document import Document
from llmxsite.log.record import hypothesis_hash
from llmxsite.study.experiment import Experiment, PredictionError
from llmxsite.study.experiment.prediction import checked, parse
from llmxsite.study.study import Study, check_slug

MOST = 50
"""Versions of the file that are read, newest first: words that were given up so long ago are not looked for."""
_COMMIT = re.compile(r"[0-9a-f]{40,64}")


def commits(study: Study, report: str, commit: str = "HEAD") -> dict[str, str] | None:
    """The hash of each hypothesis and prediction that experiment.yaml had up to `commit`, with the newest commit that has it.

    None where nothing can be known: no repository, or one that does not hold `commit` (a shallow clone, a copy). Hashes are
    those of `record.hypothesis_hash`.
    """
    if commit != "HEAD" and not _COMMIT.fullmatch(commit):
        return None
    try:
        path = study.experiment(check_slug(report, "report")).relative_to(study.root).as_posix()
    except (Problem, ValueError):
        return None
    if checkout.says(study.root, "cat-file", "-e", f"{commit}^{{commit}}") is None:
        return None
    log = checkout.says(study.root, "log", f"--max-count={MOST}", "--format=%H", commit, "--", path)
    if log is None:  # it took too long, say
        return None
    found: dict[str, str] = {}
    for name in log.split():
        text = checkout.says(study.root, "show", f"{name}:./{path}")
        for words in stated(text) if text else ():
            found.setdefault(hypothesis_hash(words), name)
    return found


def stated(text: str) -> list[str]:
    """The hypothesis and the predictions' sentences in the text of an experiment.yaml, as far as it can be read."""
    try:
        document = Document.parse(text, "experiment.yaml")
    except Problem:
        return []
    data: Any = document.data
    if not isinstance(data, dict):
        return []
    words = [data["hypothesis"]] if isinstance(data.get("hypothesis"), str) else []
    document.data = {"predictions": data.get("predictions")}
    experiment = document.convert(Experiment, code="experiment", issues=Issues())
    for prediction in experiment.predictions if experiment else ():
        try:
            words.append((parse(prediction) if isinstance(prediction, str) else checked(prediction)).sentence)
        except PredictionError:
            continue
    return words
