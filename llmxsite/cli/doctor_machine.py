"""The half of `llmxsite doctor` that is about this machine: Python, packages, cache, study and terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Literal, NamedTuple

from llmxsite.base.diagnostics import several
from llmxsite.cli.terminal import err, study_here

Status = Literal["ok", "note", "warn", "fail"]
"""`note`: worth knowing, and nothing to mend."""


class Check(NamedTuple):
    """One thing looked at."""

    what: str
    status: Status
    detail: str
    mend: str | None = None


def look() -> Iterator[Check]:
    """Everything that can be looked at without an engine."""
    for part in (_python, _packages, _cache, _study, _terminal):
        yield from part()


def _python() -> Iterator[Check]:
    version = ".".join(map(str, sys.version_info[:3]))
    yield Check("Python", "ok", version)


def _packages() -> Iterator[Check]:
    from importlib.metadata import PackageNotFoundError, requires, version

    try:
        wanted = [r.partition(";")[0] for r in requires("llmxsite") or [] if "extra ==" not in r]
    except PackageNotFoundError:
        yield Check("packages", "note", "llmxsite runs from its source folder and is not installed")
        return
    import re

    missing = []
    for name in (re.split(r"[<>=!~ \[]", requirement)[0] for requirement in wanted):
        try:
            version(name)
        except PackageNotFoundError:
            missing.append(name)
    if missing:
        from llmxsite.base import origin

        yield Check("packages", "fail", f"missing: {', '.join(missing)}", origin.how_to_install())
    else:
        yield Check("packages", "ok", f"all {len(wanted)} are here")


def _cache() -> Iterator[Check]:
    import shutil

    from llmxsite.base.user import cache_dir

    folder = cache_dir()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(folder).free
    except OSError as error:
        yield Check(
            "cache", "warn", f"{folder}: {error.strerror}", "set LLMXSITE_CACHE to a folder that can be written"
        )
        return
    if free < 2e9:
        yield Check(
            "cache", "warn", f"{folder}: {free / 1e9:.1f} GB free", "make room, or set LLMXSITE_CACHE elsewhere"
        )
    else:
        yield Check("cache", "ok", f"{folder}: {free / 1e9:.0f} GB free")


def _study() -> Iterator[Check]:
    from llmxsite.base.diagnostics import Problem

    try:
        study = study_here()
    except Problem as problem:
        issue = problem.issues[0]
        yield Check("study", "warn", issue.message, issue.hint)
        return
    reports, runs = len(study.report_slugs()), len(study.run_logs())
    yield Check("study", "ok", f"{study.root}: {several(reports, 'report')}, {several(runs, 'run log')}")


def _terminal() -> Iterator[Check]:
    encoding = (sys.stdout.encoding or "").lower()
    if "utf" not in encoding:
        yield Check("terminal", "warn", f"writes {encoding or 'an unknown encoding'}", "set PYTHONUTF8=1")
    elif not err().is_terminal:
        yield Check("terminal", "ok", "not one: progress is not drawn")
    else:
        colours = "no colours (NO_COLOR)" if err().no_color else "colours"
        yield Check("terminal", "ok", f"{err().width} columns, {colours}, UTF-8")
