"""Formats in which others publish suites: one module each, and the way from any of them to a native suite."""

from __future__ import annotations

from pathlib import Path

from llmxsite.base.diagnostics import Issues, Problem, did_you_mean
from llmxsite.study.suite import Suite, llmxray, read
from llmxsite.study.suite_formats import arc, gsm8k, hellaswag, mmlu_pro, rows, truthfulqa
from llmxsite.study.suite_formats.convert import SEED, SuiteFormat, convert, sample

FORMATS: dict[str, SuiteFormat] = {
    published.name: published
    for published in (
        truthfulqa.FORMAT,
        truthfulqa.BINARY,
        gsm8k.FORMAT,
        arc.FORMAT,
        arc.CHALLENGE,
        arc.EASY,
        mmlu_pro.FORMAT,
        hellaswag.FORMAT,
    )
}
LLMXRAY = "llmxray"
NAMES = (*FORMATS, LLMXRAY)


def import_suite(
    name: str,
    path: Path,
    issues: Issues,
    *,
    id: str | None = None,  # noqa: A002
    limit: int | None = None,
    seed: int = SEED,
    member: str | None = None,
) -> Suite:
    """The suite in a published file; `name` is a format, or `auto`. Raises `Problem` when it cannot be one."""
    if name == "auto":
        name = detect(path, member)
    if name == LLMXRAY:
        return _llmxray(path, issues, id=id, limit=limit, seed=seed)
    if name not in FORMATS:
        raise Problem.at(path, "import-format", f"no format '{name}'", hint=did_you_mean(name, [*NAMES, "auto"]))
    return convert(FORMATS[name], path, issues, id=id, limit=limit, seed=seed, member=member)


def detect(path: Path, member: str | None = None) -> str:
    """The format of a file, by the names in its first rows. Raises `Problem` when no format has them."""
    for count, row in enumerate(rows.read(path, Issues(), member)):
        if isinstance(row.value, dict):
            if llmxray.recognises(row.value):
                return LLMXRAY
            for published in FORMATS.values():
                if published.recognises(row.value):
                    return published.name
        if count == 20:
            break
    raise Problem.at(path, "import-format", "the file is of no format known here", hint=f"known: {', '.join(NAMES)}")


def _llmxray(path: Path, issues: Issues, *, id: str | None, limit: int | None, seed: int) -> Suite:  # noqa: A002
    suite = read(path, issues).suite
    if limit is not None and limit < len(suite.items):
        suite.items = sample(suite.items, limit, seed)
        suite.id = f"{suite.id}-{limit}"
        suite.title += f", a sample of {limit:,}"
    suite.id = id or suite.id
    return suite


__all__ = ["FORMATS", "LLMXRAY", "NAMES", "SEED", "Format", "convert", "detect", "import_suite", "sample"]
