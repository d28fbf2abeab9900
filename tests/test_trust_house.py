"""No room but those that see to it opens, writes or deletes a file: a stranger's study is read and written in one way."""

from __future__ import annotations

import ast
import re
from pathlib import Path

HOUSE = Path(__file__).parents[1] / "llmxsite"
ROOMS = {"base/regular.py", "base/written.py", "base/reading.py"}
"""Where a file is opened, written and deleted."""
CALLS = {
    "open",
    "read_text",
    "read_bytes",
    "write_text",
    "write_bytes",
    "unlink",
    "rmtree",
    "rmdir",
    "copyfile",
    "copytree",
    "symlink_to",
}
OTHERS = {
    "analysis/tables/cache.py": "in the user's cache",
    "base/memory.py": "in the user's cache",
    "base/origin.py": "what pip noted of this package",
    "base/registry.py": "texts of an installed task",
    "base/words/vocabulary.py": "words of this package",
    "cli/__init__.py": "/dev/null",
    "cli/doctor_report.py": "where the person says",
    "cli/export.py": "where the person says",
    "cli/serve.py": "opens a browser",
    "collect/cluster/muster.py": "opens a connection",
    "collect/cluster/remote.py": "opens a connection",
    "collect/materials.py": "in the user's cache",
    "exchange/engine/gguf.py": "weights",
    "exchange/engine/pull.py": "weights",
    "exchange/engine/weights.py": "in the user's cache",
    "log/log_formats/archive.py": "a member of an archive that is open",
    "log/provenance.py": "the system's word on its processor",
    "log/runlog/file.py": "a log that is added to, through no link",
    "log/runlog/lock.py": "a folder, to hold it",
    "log/runlog/writer.py": "`LogFile.open`",
    "press/check/legible.py": "a member of an archive that is open",
    "press/figure/render.py": "in the user's cache",
    "press/files/picture.py": "bytes that are read",
    "press/publish/every_eval_ever/__init__.py": "a file just made where the person says",
    "schema/__init__.py": "docs of this package",
    "study/suite_formats/pull.py": "in a temporary folder",
    "study/suite_formats/rows.py": "a member of an archive that is open",
}
"""Modules that open what is no study's, and what it is."""


def calls(path: Path) -> list[int]:
    """Lines on which a module opens, writes or deletes a file."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            ours = isinstance(node.func, ast.Name) and name == "read_text"  # `base.reading.read_text`
            if name in CALLS and not ours:
                found.append(node.lineno)
    return found


def test_files_are_opened_in_one_way() -> None:
    found = {p.relative_to(HOUSE).as_posix(): calls(p) for p in sorted(HOUSE.rglob("*.py"))}
    strangers = {name: lines for name, lines in found.items() if lines and name not in ROOMS and name not in OTHERS}
    assert strangers == {}


def test_every_exception_is_one() -> None:
    assert {name for name in OTHERS if not calls(HOUSE / name)} == set()


def test_no_page_has_a_style_of_its_own() -> None:
    """The pages' policy allows none: a look is a class, and a width one of `w-0` to `w-100` (`site.sketch.steps`)."""
    sources = [p for suffix in ("html", "py", "js") for p in HOUSE.rglob(f"*.{suffix}") if p.parts[-2] != "library"]
    style = re.compile(
        r"""<[a-z][^<>\n]*\sstyle=|setAttribute\(["']style|\bstyle\s*=\s*\\?["'](?!dim|bold|italic|yellow)[a-z-]+\s*:"""
    )
    found = {
        p.relative_to(HOUSE).as_posix(): m[0] for p in sources if (m := style.search(p.read_text(encoding="utf-8")))
    }
    assert found == {}


def test_the_policy_allows_nothing_inline() -> None:
    from llmxsite.press.site.policy import policy

    for text in (policy(), policy("p { color: red }")):
        assert "unsafe" not in text and "http" not in text
    assert "'sha256-" in policy("p { color: red }")
