"""Build, look at what changes, build again: the loop behind `llmxsite serve`."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from llmxsite.base.diagnostics import Issues, Problem
from llmxsite.base.regular import walk
from llmxsite.press.serve.server import Preview
from llmxsite.study.study import FOLDERS, Study

WATCHED = FOLDERS
"""Folders of a study whose changes show in the site."""
_IGNORED = (".git", "__pycache__", "node_modules")


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


def state(study: Study) -> dict[str, tuple[int, int]]:
    """Every file that the site is made from, by its path, with its time and size."""
    found = {}
    for path in walk(study.root, *WATCHED).files:
        with contextlib.suppress(OSError):  # gone again
            seen = path.lstat()
            found[str(path)] = (seen.st_mtime_ns, seen.st_size)
    return found


def follow(
    study: Study,
    preview: Preview,
    build: Callable[[Issues], None],
    tell: Callable[[list[str], Issues], None],
    stop: threading.Event,
    built: Mapping[str, tuple[int, int]],
) -> None:
    """Rebuild after every change until `stop` is set. `tell` is given what changed and what the build found.

    `built` is the `state` before the last build: what changed since, while nobody was looking yet, counts as well.
    """
    from watchfiles import watch

    unseen: Mapping[str, tuple[int, int]] | None = built
    changes = watch(*watched(study), stop_event=stop, debounce=200, step=50, rust_timeout=500, yield_on_timeout=True)
    for batch in changes:
        changed = {name for _, name in batch}
        if unseen is not None:
            changed |= {name for name, _ in unseen.items() ^ state(study).items()}
            unseen = None
        names = concerns(study, changed)
        if names and not stop.is_set():
            tell(names, rebuild(preview, build))
