"""Folders of cases: what `suite check` says of the suite in `input` is in `expected`, word for word.

LLMXSITE_WRITE_EXPECTED=1 writes the files anew; read the difference before committing it.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from llmxsite.base.diagnostics import Issues, Problem
from llmxsite.study.suite.check import check

CASES = sorted(p for p in (Path(__file__).parent / "cases" / "suite").iterdir() if (p / "input").is_dir())


@pytest.mark.parametrize("case", CASES, ids=lambda p: p.name)
def test_check_says_what_is_expected(case: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(case / "input")
    issues = Issues()
    for path in sorted(Path().iterdir()):
        try:
            check(path, issues)
        except Problem as problem:
            issues.extend(problem.issues)
    said = "".join(f"{issue.severity}: {issue.render()}\n" for issue in issues.sorted())
    expected = case / "expected"
    if os.environ.get("LLMXSITE_WRITE_EXPECTED"):
        expected.write_text(said, encoding="utf-8")
    assert said == expected.read_text(encoding="utf-8")
