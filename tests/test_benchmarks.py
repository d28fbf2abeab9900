"""The scripts of `benchmarks/` name only what the package has: they run by hand, so nothing else would notice."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator
from pathlib import Path

import pytest

SCRIPTS = sorted((Path(__file__).parent.parent / "benchmarks").glob("*.py"))


def names_of_ours(source: str) -> Iterator[tuple[int, str, str]]:
    """Line, module and name of every `from llmxsite.… import …`, those inside functions too."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "llmxsite":
            for alias in node.names:
                yield node.lineno, node.module, alias.name


def missing(module: str, name: str) -> bool:
    """Whether neither the module nor a module below it has that name."""
    try:
        if hasattr(importlib.import_module(module), name):
            return False
        importlib.import_module(f"{module}.{name}")
    except ModuleNotFoundError:
        return True
    return False


@pytest.mark.parametrize("script", SCRIPTS, ids=[path.stem for path in SCRIPTS])
def test_a_script_imports_what_is_there(script: Path) -> None:
    for line, module, name in names_of_ours(script.read_text(encoding="utf-8")):
        assert not missing(module, name), f"{script.name}:{line} imports {name} from {module}"


def test_a_name_that_went_is_noticed() -> None:
    ((_, module, name),) = names_of_ours("def work():\n    from llmxsite.collect.observer import Nobody\n")
    assert missing(module, name)
