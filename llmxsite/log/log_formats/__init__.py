"""Other tools' results as run logs. One module a format; `FORMATS` names them for the command line.

A format's module has `TITLE`, `SUFFIXES` and `read(file, options, issues) -> list[Imported]`. What a foreign file lacks is missing in
the log, never filled in; what is odd in it is counted in the log's header and told once.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Protocol, cast

from llmxsite.base.diagnostics import Issue, Issues, Problem, did_you_mean
from llmxsite.log.log_formats.foreign import Foreign, ImportOptions, find
from llmxsite.log.log_formats.imported import Imported

FORMATS = {
    "mmlu-pro": "mmlu_pro",
    "llmxray": "llmxray",
    "inspect": "inspect_ai",
    "lm-eval": "lm_eval",
    "promptfoo": "promptfoo",
    "jsonl": "mapped",
}
"""Name on the command line to module."""


class LogFormat(Protocol):
    """What each module of this folder offers."""

    TITLE: str
    SUFFIXES: tuple[str, ...]
    """Of the files to look for in folders and archives."""

    def read(self, file: Foreign, options: ImportOptions, issues: Issues) -> list[Imported]:
        """The runs in one file. Raises `Problem` when it is not of this format."""
        ...


def read(name: str, paths: Iterable[Path], options: ImportOptions, issues: Issues) -> Iterator[Imported]:
    """Every run in the files that `paths` name, once. A file that cannot be used is an issue, and stops no other.

    A run that comes again is passed over, unless it holds more than before: a log of the same run when it was further on.
    """
    reader = get(name)
    met: dict[str, tuple[str, int]] = {}
    for file in find(paths, reader.SUFFIXES, issues):
        try:
            runs = reader.read(file, options, issues)
        except Problem as problem:
            issues.extend(problem.issues)
            continue
        for run in runs:
            first, samples = met.get(run.run_name, (None, 0))
            if first is not None:
                run.goes_on = len(run.samples) > samples
                which = "this one, which has more samples, counts" if run.goes_on else "imported once"
                message = f"the same run of {run.model.name} as in {first}: {which}"
                issues.add(file.shown, "import-same-run", message, severity="hint")
            if first is None or run.goes_on:
                met[run.run_name] = file.shown, len(run.samples)
                yield run


def get(name: str) -> LogFormat:
    """The format of that name. Raises `Problem` with the nearest one when there is none."""
    if name not in FORMATS:
        raise Problem(
            Issue(
                path=name,
                code="import-format",
                message=f"'{name}' is not a format that can be imported",
                hint=did_you_mean(name, FORMATS),
            )
        )
    return cast("LogFormat", importlib.import_module(f"{__name__}.{FORMATS[name]}"))
