"""Build, look at what changes, build again: the loop behind `llmxsite serve`."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from pathlib import Path

from llmxsite.diagnostics import Issues, Problem
from llmxsite.site.server import Preview
from llmxsite.study import Study

WATCHED = ("content", "suites", "runs", "contributions")
"""Folders of a study whose changes show in the site."""
_IGNORED = (".llmxsite", ".git", "__pycache__", "node_modules")


def rebuild(preview: Preview, build: Callable[[Issues], None]) -> Issues:
    """Build once. Whatever goes wrong is shown beside the last good site, and nothing of it ends the preview."""
    issues = Issues()
    try:
        build(issues)
    except Problem as problem:
        issues.extend(problem.issues)
        preview.broken(issues)
    except Exception as error:
        issues.add(
            "llmxsite",
            "internal",
            f"the build broke off: {type(error).__name__}: {error}",
            hint="this is a fault of llmxsite; LLMXSITE_DEBUG=1 llmxsite build shows where",
        )
        preview.broken(issues)
    else:
        preview.built(issues)
    return issues


def watched(study: Study) -> list[Path]:
    """The folders to look at; the study itself while one of them is not there yet."""
    folders = [study.root / name for name in WATCHED]
    return [f for f in folders if f.is_dir()] if all(f.is_dir() for f in folders) else [study.root]


def concerns(study: Study, changed: Iterable[str]) -> list[str]:
    """Of the changed paths those that the site is made from, from the study's root, sorted."""
    found = set()
    for name in changed:
        try:
            path = Path(name).relative_to(study.root)
        except ValueError:
            continue
        ours = path.parts and path.parts[0] in WATCHED and not any(part in _IGNORED for part in path.parts)
        passing = path.name.startswith((".", "~")) or path.name.endswith(("~", ".swp", ".tmp", ".lock"))
        if ours and not passing:
            found.add(path.as_posix())
    return sorted(found)


def follow(
    study: Study,
    preview: Preview,
    build: Callable[[Issues], None],
    tell: Callable[[list[str], Issues], None],
    stop: threading.Event,
) -> None:
    """Rebuild after every change until `stop` is set. `tell` is given what changed and what the build found."""
    from watchfiles import watch

    changes = watch(*watched(study), stop_event=stop, debounce=200, step=50, rust_timeout=500)
    for batch in changes:
        names = concerns(study, (name for _, name in batch))
        if names and not stop.is_set():
            tell(names, rebuild(preview, build))
