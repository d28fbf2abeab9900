"""docs/diagnostics.md is complete: every code that the package can print is explained there, and no other."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import llmxsite

PACKAGE = Path(llmxsite.__file__).parent
PAGE = (PACKAGE.parent / "docs" / "diagnostics.md").read_text(encoding="utf-8")
CODE = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)+")
CARRIERS = re.compile(r"(?:^|_)(?:add|at|issue|Issue|Problem|ChartProblem|Rule|together|Leak)$")
"""Names of functions and classes that are given a code."""


def _codes() -> Iterator[tuple[str, str]]:
    """`(code, place)` of every code in the package, found in its syntax trees."""
    for path in sorted(PACKAGE.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        constants = {
            target.id: node.value.value
            for node in tree.body
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call):
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            given = [k.value for k in node.keywords if k.arg == "code"]
            place = f"{path.relative_to(PACKAGE)}:{node.lineno}"
            if name == "convert":
                for prefix in (_text(value, constants) for value in given):
                    if prefix:
                        yield f"{prefix}-invalid", place
                        yield f"{prefix}-unknown-key", place
            elif name == "json_lines":
                yield f"{_text(given[0], constants) if given else 'jsonl'}-line", place
            elif CARRIERS.search(name):
                for value in [*node.args[:5], *given]:
                    for part in (value.body, value.orelse) if isinstance(value, ast.IfExp) else (value,):
                        text = _text(part, constants)
                        if text and CODE.fullmatch(text):
                            yield text, place


def _text(node: ast.expr, constants: dict[str, object]) -> str | None:
    """A constant text, or an f-string of module constants."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.Name):
        value = constants.get(node.id)
        return value if isinstance(value, str) else None
    if isinstance(node, ast.JoinedStr):
        parts = [_text(p.value if isinstance(p, ast.FormattedValue) else p, constants) for p in node.values]
        return None if None in parts else "".join(str(p) for p in parts)
    return None


FOUND = dict(_codes())


def test_the_search_finds_codes_of_every_room() -> None:
    assert len(FOUND) > 150
    assert {"value-query", "experiment-unknown-key", "suite-few-items", "log-torn", "leak-key", "site-invalid"} <= set(
        FOUND
    )


def test_every_code_is_explained() -> None:
    explained = set(re.findall(r"`([a-z0-9-]+)`", PAGE))
    missing = {code: place for code, place in FOUND.items() if code not in explained}
    assert not missing, "docs/diagnostics.md does not explain: " + ", ".join(f"{c} ({p})" for c, p in missing.items())


def test_no_code_is_explained_that_nothing_prints() -> None:
    rows = [line.split("|")[1] for line in PAGE.splitlines() if line.startswith("| `")]
    explained = {code for row in rows for code in re.findall(r"`([a-z0-9-]+)`", row)}
    source = "\n".join(p.read_text(encoding="utf-8") for p in PACKAGE.rglob("*.py"))
    stale = {code for code in explained - set(FOUND) if f'"{code}"' not in source and not _composed(code, source)}
    assert not stale


def _composed(code: str, source: str) -> bool:
    """Whether an f-string of the package can give the code: `f"suite-answer-{word}"`."""
    patterns = re.findall(r'f"([a-z{}_.\[\]-]+)"', source)
    shapes = (
        re.sub(r"\\?\{[^}]*\\?\}", "[a-z0-9-]+", re.escape(p).replace(r"\{", "{").replace(r"\}", "}")) for p in patterns
    )
    return any(re.fullmatch(shape, code) for shape in shapes if "-" in shape and shape.count("[a-z0-9-]+") == 1)
