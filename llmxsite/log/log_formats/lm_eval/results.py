"""The `results_<time>.json` that lm-eval writes beside its samples: which model, which version, which metrics are good when high."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import Any

import msgspec

from llmxsite.base.foreign_text import json_value
from llmxsite.log.log_formats.foreign import Foreign, finite

_NAME = re.compile(r"(?:samples_)?(?P<task>.+?)(?:_(?P<time>\d{4}-\d\d-\d\dT[\d.\-]+))?")


class Results(msgspec.Struct):
    """What is used of the file; all of it may be missing, as the file itself may."""

    model_name: str | None = None
    lm_eval_version: str | None = None
    date: float | None = None
    """Seconds since 1970 when the evaluation started."""
    higher_is_better: dict[str, dict[str, bool | None]] = {}
    results: dict[str, dict[str, Any]] = {}
    shots: dict[str, Any] = msgspec.field(default_factory=dict, name="n-shot")
    versions: dict[str, Any] = {}
    system_instruction: str | None = None

    def better_high(self, task: str, metric: str) -> bool | None:
        """Whether more of a metric is better; None where nothing says so."""
        return self.higher_is_better.get(task, {}).get(metric)

    def claimed(self, task: str, metric: str, filter: str | None) -> float | None:  # noqa: A002 - lm-eval's word
        """The metric's mean as lm-eval computed it."""
        return finite(self.results.get(task, {}).get(f"{metric},{filter or 'none'}"))


def task_of(file: Foreign) -> str:
    """`samples_gsm8k_2026-01-01T00-00-00.123.jsonl` -> `gsm8k`."""
    named = _NAME.fullmatch(file.stem)
    return named["task"] if named else file.stem


def beside(file: Foreign) -> Results:
    """The results of the same evaluation: those with the samples' time in their name."""
    named = _NAME.fullmatch(file.stem)
    time = named["time"] if named else None
    data = file.beside(f"results_{time}.json") if time else None
    if data is None:
        return Results()
    try:
        return msgspec.convert(json_value(data), Results)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return Results()


def model_of(file: Foreign, results: Results) -> str:
    """The model's name: from the results, else from the folder, which lm-eval names after it (`org__name`).

    Of a path on somebody's machine only the last part is kept.
    """
    name = results.model_name or file.folder.replace("__", "/")
    local = name.startswith(("/", "./", "../", "~")) or "\\" in name or name.count("/") > 1
    return PurePosixPath(name.replace("\\", "/")).name if local else name
