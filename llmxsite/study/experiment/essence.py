"""What of an experiment a sample depends on: two experiments that agree in it can share one run log."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec

from llmxsite.study.experiment.design import Resolved
from llmxsite.study.experiment.terms import terms_of

_PROSE = {"question", "hypothesis", "predictions", "analysis", "preset"}
_EXTENT = {"limit", "repeats", "concurrency", "report"}


def essence(experiment: dict[str, Any]) -> dict[str, Any]:
    """What a sample depends on, of an experiment as a header holds it.

    Words about the experiment are not in it, nor how much of it is run: a run of 20 items goes on to 200 in its log. How many
    requests are under way at once is elsewhere only a matter of time, and what some tasks measure: those say so in their terms.
    """
    extent = _EXTENT - terms_of(str(experiment.get("task"))).essential
    return {k: v for k, v in experiment.items() if k not in _PROSE | extent}


def fingerprint(experiment: Resolved | dict[str, Any]) -> str:
    """sha256 of the essence. Two experiments that agree in it can share one run log."""
    whole = msgspec.to_builtins(experiment)
    return hashlib.sha256(msgspec.json.encode(essence(whole), order="sorted")).hexdigest()
