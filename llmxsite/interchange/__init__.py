"""Other tools' results as run logs. One module a format; `FORMATS` names them for the command line.

A format's module has `TITLE`, `SUFFIXES` and `read(file, options, issues) -> list[Imported]`. What a foreign file lacks is missing in
the log, never filled in; what is odd in it is counted in the log's header and told once.
"""

from __future__ import annotations

import importlib
from typing import Protocol, cast

from llmxsite.diagnostics import Issue, Issues, Problem, did_you_mean
from llmxsite.interchange.foreign import Foreign, Options
from llmxsite.interchange.imported import Imported

FORMATS = {
    "mmlu-pro": "mmlu_pro",
    "llmxray": "llmxray",
    "inspect": "inspect_ai",
    "lm-eval": "lm_eval",
    "jsonl": "mapped",
}
"""Name on the command line to module."""


class Format(Protocol):
    """What each module of this folder offers."""

    TITLE: str
    SUFFIXES: tuple[str, ...]
    """Of the files to look for in folders and archives."""

    def read(self, file: Foreign, options: Options, issues: Issues) -> list[Imported]:
        """The runs in one file. Raises `Problem` when it is not of this format."""
        ...


def get(name: str) -> Format:
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
    return cast("Format", importlib.import_module(f"{__name__}.{FORMATS[name]}"))
