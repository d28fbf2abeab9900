"""Distributions that bring tasks, installed for a test as a package manager would leave them."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from llmxsite.base import registry


def told(distribution: str, task: str, package: str, version: str = "1.0") -> dict[str, str]:
    """What an installer writes of a distribution with one task, by path."""
    folder = f"{distribution.replace('-', '_')}-{version}.dist-info"
    return {
        f"{folder}/METADATA": f"Metadata-Version: 2.1\nName: {distribution}\nVersion: {version}\n",
        f"{folder}/entry_points.txt": f"[llmxsite.tasks]\n{task} = {package}\n",
    }


@contextmanager
def installed(site: Path, monkeypatch: pytest.MonkeyPatch, files: Mapping[str, str] | None = None) -> Iterator[Path]:
    """What lies in `site`, and these files of it, on the path, here and in the processes that a test starts."""
    for name, text in (files or {}).items():
        path = site / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    monkeypatch.syspath_prepend(str(site))
    monkeypatch.setenv("LLMXSITE_TEST_PATH", str(site))
    registry.forget()
    yield site
    monkeypatch.undo()
    anew(site)


def anew(site: Path) -> None:
    """Forget what was known of the distributions in a folder, and import their modules again when they are asked for."""
    for name, module in list(sys.modules.items()):
        if (getattr(module, "__file__", None) or "").startswith(str(site)):
            del sys.modules[name]
    registry.forget()
