"""A regular file inside a folder, and a file written there: whatever a stranger put under the name."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmxsite.base import checkout, regular
from llmxsite.base.diagnostics import Issues, Problem, plain
from llmxsite.base.written import Place, fresh
from llmxsite.study.study import Study


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/secret.txt").write_text("secret")
    (tmp_path / "in/deep").mkdir(parents=True)
    (tmp_path / "in/deep/file.txt").write_text("here")
    return tmp_path / "in"


def code(path: Path, inside: Path | None = None) -> str:
    with pytest.raises(Problem) as raised:
        regular.content(path, inside=inside)
    return raised.value.issues[0].code


def test_a_regular_file_is_read(folder: Path) -> None:
    assert regular.content(folder / "deep/file.txt", inside=folder) == b"here"
    assert regular.there(folder / "deep/file.txt", folder)


def test_what_is_no_regular_file_is_refused_and_never_waited_for(folder: Path) -> None:
    (folder / "link.txt").symlink_to(folder.parent / "outside/secret.txt")
    (folder / "elsewhere").symlink_to(folder.parent / "outside")
    (folder / "zero").symlink_to("/dev/zero")
    os.mkfifo(folder / "pipe")
    found = {
        name: code(folder / name, folder)
        for name in (
            "link.txt",
            "elsewhere/secret.txt",
            "zero",
            "pipe",
            "deep",
            "none",
            "../outside/secret.txt",
            "a\0b",
            "x" * 300,
        )
    }
    assert found == {
        "link.txt": "file-link",
        "elsewhere/secret.txt": "file-link",
        "zero": "file-link",
        "pipe": "file-odd",
        "deep": "file-is-folder",
        "none": "file-missing",
        "../outside/secret.txt": "file-outside",
        "a\0b": "file-name",
        "x" * 300: "file-name",
    }
    assert not any(regular.there(folder / name, folder) for name in found)
    assert code(Path("/dev/zero")) == "file-odd" and code(folder / "link.txt") == "file-link"


def test_a_file_is_read_up_to_its_limit(folder: Path) -> None:
    with pytest.raises(Problem, match="at most 3"):
        regular.content(folder / "deep/file.txt", limit=3)


def test_a_walk_follows_no_link_and_names_what_is_odd(folder: Path) -> None:
    (folder / "deep/up").symlink_to(folder)
    (folder / "con.txt").write_text("")
    (folder / "page.md").mkdir()
    (folder / "A.md").write_text("")
    (folder / "a.md").write_text("")
    (folder / "e\u0301.md").write_text("")
    (folder / "\u00e9.md").write_text("")
    os.mkfifo(folder / "pipe")
    tree = regular.walk(folder, "")
    assert [p.relative_to(folder).as_posix() for p in tree.files] == ["A.md", "deep/file.txt", "e\u0301.md"]
    assert sorted((Path(i.path).name, i.code) for i in tree.odd) == sorted(
        [
            ("up", "file-link"),
            ("con.txt", "file-name"),
            ("page.md", "file-is-folder"),
            ("a.md", "name-collision"),
            ("\u00e9.md", "name-collision"),
            ("pipe", "file-odd"),
        ]
    )


@given(st.text(min_size=1, max_size=300))
def test_no_name_makes_a_question_fail(name: str) -> None:
    here = Path(__file__).parent
    regular.there(here / name, here)
    regular.folder_there(here / name, here)
    regular.name_fault(name)
    with pytest.raises(Problem):
        regular.content(here / "none" / name, inside=here)


def test_nothing_is_written_through_a_link_or_into_another_files_second_name(folder: Path) -> None:
    secret = folder.parent / "outside/secret.txt"
    (folder / "link.txt").symlink_to(secret)
    (folder / "again.txt").hardlink_to(secret)
    (folder / "elsewhere").symlink_to(folder.parent / "outside")
    place = Place(folder)
    assert place.write(folder / "link.txt", b"mine") and place.write(folder / "again.txt", b"mine")
    for path in (folder / "elsewhere/x.txt", folder / "../x.txt", folder.parent / "x.txt"):
        with pytest.raises(Problem):
            place.write(path, b"mine")
    place.delete([folder / "elsewhere/secret.txt", folder / "../outside/secret.txt", folder / "deep/file.txt"])
    with fresh(folder / "link.txt") as stream:
        stream.write(b"mine")
    assert secret.read_text() == "secret" and [p.name for p in (folder.parent / "outside").iterdir()] == ["secret.txt"]
    assert not (folder / "deep").exists()


def test_what_a_build_remembers_is_not_in_the_study(tmp_path: Path) -> None:
    assert not Study(tmp_path).cache.is_relative_to(tmp_path)
    assert Study(tmp_path).cache != Study(tmp_path / "other").cache


def test_a_linked_folder_of_runs_is_not_written_through(folder: Path) -> None:
    (folder / "runs").symlink_to(folder.parent / "outside")
    with pytest.raises(Problem, match="link"):
        Study(folder).run_folder("r1")


@pytest.mark.parametrize(
    "text", ["\x1b]0;owned\a", "a\u202eb", "::error::no", "  ::set-output name=x::y", "x ##[group]y", "a\nb", "\x9b31m"]
)
def test_no_word_gives_a_command(text: str) -> None:
    shown = plain(text)
    assert shown.isprintable() and not shown.lstrip().startswith("::") and "##[" not in shown
    issues = Issues()
    issues.add(text, "code", text, hint=text, excerpt=text)
    (issue,) = issues
    for line in issue.render().splitlines():
        assert line.isprintable() and not line.strip().startswith("::") and "##[" not in line


def test_a_flood_of_one_mistake_is_counted() -> None:
    issues = Issues()
    for n in range(1000):
        issues.add("a.md", "role-unknown", f"unknown {n}")
    issues.add("a.md", "link-broken", "the one that matters")
    assert len(issues) == 202 and "800 more" in [i.message for i in issues][-1]


def test_no_program_that_a_repository_names_is_run(tmp_path: Path) -> None:
    def git(*words: str) -> None:
        subprocess.run(
            ["git", "-c", "user.name=x", "-c", "user.email=x@example.org", "-C", str(tmp_path), *words],
            check=True,
            capture_output=True,
        )

    git("init", "-q")
    (tmp_path / "a.txt").write_text("a")
    (tmp_path / ".gitattributes").write_text("* filter=evil diff=evil\n")
    git("add", "-A")
    git("commit", "-qm", "x")
    run = f"sh -c 'touch {tmp_path}/ran; cat'"
    for key in (
        "filter.evil.clean",
        "filter.evil.smudge",
        "core.fsmonitor",
        "diff.evil.textconv",
        "diff.evil.command",
        "core.pager",
        "core.sshCommand",
    ):
        git("config", key, run)
    (tmp_path / "a.txt").write_text("b")
    assert checkout.says(tmp_path, "status", "--porcelain", "--untracked-files=no") == "M a.txt"
    for words in (
        ["log", "--format=%H", "--", "a.txt"],
        ["show", "HEAD:./a.txt"],
        ["ls-files"],
        ["remote", "get-url", "origin"],
        ["rev-parse", "HEAD"],
    ):
        checkout.says(tmp_path, *words)
    assert not (tmp_path / "ran").exists()
