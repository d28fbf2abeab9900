"""Where llmxsite and a study can be had: addresses that are known, and none that is made up."""

from __future__ import annotations

import html
import json
import re
import subprocess
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

from llmxsite.base import origin
from llmxsite.base.diagnostics import Issues
from llmxsite.base.origin import Source, public_address
from llmxsite.press.check import release
from llmxsite.press.site.build import build
from llmxsite.press.writing import bibtex
from llmxsite.study import scaffold
from llmxsite.study.study import Study

ROOT = Path(__file__).resolve().parent.parent
ELSEWHERE = Source("https://code.example.org/ada/llmxsite", "0" * 40)


def git(folder: Path, *words: str) -> str:
    who = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "init.defaultBranch=main"]
    done = subprocess.run(["git", "-C", str(folder), *who, *words], check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.mark.parametrize(
    ("remote", "address"),
    [
        ("https://code.example.org/ada/study.git", "https://code.example.org/ada/study"),
        ("https://ada:secret@code.example.org/ada/study", "https://code.example.org/ada/study"),
        ("git@code.example.org:ada/study.git", "https://code.example.org/ada/study"),
        ("ssh://git@code.example.org:2222/ada/study.git", "https://code.example.org/ada/study"),
        ("https://code.example.org:8443/ada/study/", "https://code.example.org:8443/ada/study"),
        ("git@work:ada/study", None),
        ("/home/ada/study", None),
        ("../study", None),
        ("C:/study", None),
        ("file:///home/ada/study", None),
        ("http://localhost/ada/study", None),
        ("http://192.168.0.7/ada/study", None),
        ("https://nas.local/ada/study", None),
        ("https://code.example.org/", None),
        ("", None),
    ],
)
def test_a_remote_as_others_would_open_it(remote: str, address: str | None) -> None:
    assert public_address(remote) == address


def test_a_study_is_where_git_says_unless_it_only_lies_there(tmp_path: Path) -> None:
    scaffold.study(tmp_path)
    assert origin.repository(tmp_path, "content/site.yaml") is None
    git(tmp_path, "init")
    git(tmp_path, "remote", "add", "origin", "git@code.example.org:ada/study.git")
    assert origin.repository(tmp_path, "content/site.yaml") is None, "git does not know the file"
    git(tmp_path, "add", "content")
    assert origin.repository(tmp_path, "content/site.yaml") == "https://code.example.org/ada/study"
    assert origin.repository(tmp_path / "content", "site.yaml") is None, "a folder inside it is not it"


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> object:
    """Let pip have noted this of where llmxsite came from."""

    def tell(known: object) -> Source | None:
        text = None if known is None else json.dumps(known)
        monkeypatch.setattr(metadata, "distribution", lambda name: SimpleNamespace(read_text=lambda file: text))
        return origin.installed.__wrapped__()

    return tell


def test_llmxsite_is_where_pip_took_it_from(told: object, tmp_path: Path) -> None:
    assert callable(told)
    vcs = {"vcs": "git", "commit_id": "f" * 40}
    assert told({"url": "https://u:p@code.example.org/x/llmxsite.git", "vcs_info": vcs}) == Source(
        "https://code.example.org/x/llmxsite", "f" * 40
    )
    assert told({"url": "file:///srv/llmxsite.git", "vcs_info": vcs}) is None
    clone = tmp_path / "a clone"
    (clone / "llmxsite" / "base").mkdir(parents=True)
    (clone / "llmxsite" / "base" / "origin.py").write_text("", encoding="utf-8")
    here = {"url": clone.as_uri(), "dir_info": {"editable": True}}
    assert told(here) is None
    git(clone, "init")
    git(clone, "add", ".")
    git(clone, "commit", "-m", "one")
    assert told(here) is None
    git(clone, "remote", "add", "origin", "https://code.example.org/x/llmxsite")
    assert told(here) == Source("https://code.example.org/x/llmxsite"), "nobody is known to have the commit"
    git(clone, "update-ref", "refs/remotes/origin/main", "HEAD")
    assert told(here) == Source("https://code.example.org/x/llmxsite", git(clone, "rev-parse", "HEAD"))


@pytest.mark.parametrize("source", [ELSEWHERE, None])
def test_what_a_study_says_of_installing_is_true(
    source: Source | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(origin, "installed", lambda: source)
    scaffold.study(tmp_path)
    study, issues = Study(tmp_path), Issues()
    path = tmp_path / ".github" / "workflows" / "publish.yml"
    steps = [step.get("run", "") for step in yaml.safe_load(path.read_text("utf-8"))["jobs"]["build"]["steps"]]
    release._workflows(study, issues)
    if source is not None:
        assert f'python -m pip install "llmxsite @ git+{source.address}@{source.commit}"' in steps
        assert not len(issues)
        assert f'pip install "llmxsite[embedded] @ git+{source.address}' in (tmp_path / "README.md").read_text("utf-8")
    else:
        (issue,) = issues
        assert issue.code == "publish-install" and issue.severity == "error" and issue.line is not None
        assert origin.UNKNOWN in path.read_text("utf-8").splitlines()[issue.line - 1]
        path.write_text(
            path.read_text("utf-8").replace(f'"{origin.UNKNOWN}"', "vendor/llmxsite-1-py3-none-any.whl"), "utf-8"
        )
        issues = Issues()
        release._workflows(study, issues)
        assert not len(issues)


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("pip install llmxsite", True),
        ('python -m pip install "llmxsite==0.1.0"', True),
        ("pip install 'llmxsite[embedded]>=0.1' other", True),
        ("pip install --upgrade llmxsite other", True),
        ("pip install .", False),
        ('pip install "llmxsite @ git+https://code.example.org/x/llmxsite"', False),
        ("pip install llmxsite  @ git+https://code.example.org/x/llmxsite", False),
        ("pip install git+https://code.example.org/x/llmxsite", False),
        ("pip install vendor/llmxsite-0.1.0-py3-none-any.whl", False),
        ("pip install llmxsite-plots", False),
        ("# pip install llmxsite", False),
    ],
)
def test_a_workflow_that_asks_an_index_is_found(line: str, found: bool, tmp_path: Path) -> None:
    folder = tmp_path / ".github" / "workflows"
    folder.mkdir(parents=True)
    (folder / "own.yaml").write_text(f"jobs:\n  a:\n    steps:\n      - run: {line}\n", encoding="utf-8")
    issues = Issues()
    release._workflows(Study(tmp_path), issues)
    assert [i.line for i in issues] == ([4] if found else [])


def boxes(study: Study, *config: str) -> tuple[str, str]:
    """The boxes *Reproduce* and *Cite* of the only report; `config` are lines more for site.yaml."""
    file = study.content / "site.yaml"
    file.write_text("\n".join([file.read_text(encoding="utf-8"), *config, ""]), encoding="utf-8")
    build(Study(study.root), study.root / "out", issues=Issues())
    page = (study.root / "out/reports" / scaffold.FIRST_REPORT / "index.html").read_text(encoding="utf-8")
    reproduce, cite = re.findall(r'class="copy"><pre tabindex="0"><code>(.*?)</code>', page, re.DOTALL)
    return html.unescape(reproduce), html.unescape(cite)


def test_the_boxes_have_addresses_that_are_known_and_no_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scaffold.study(tmp_path, title="Tea & sugar: 100% of _what_?", author="Ada and Ann's group")
    study = Study(tmp_path)
    monkeypatch.setattr(origin, "installed", lambda: None)
    reproduce, cite = boxes(study)
    assert "http" not in reproduce + cite and "in a copy of this study's folder" in reproduce
    assert not [line for line in reproduce.splitlines() if line.startswith("pip install")]
    monkeypatch.setattr(origin, "installed", lambda: ELSEWHERE)
    reproduce, cite = boxes(study, "repository: https://code.example.org/ada/study", "doi: 10.5555/x_y")
    assert "git clone https://code.example.org/ada/study study" in reproduce
    assert f'pip install "llmxsite @ git+{ELSEWHERE.address}@' in reproduce
    issues = Issues()
    (entry,) = bibtex.parse(cite, "cite.bib", issues).values()
    assert not len(issues)
    assert entry.fields["doi"] == "10.5555/x_y" and entry.fields["url"] == "https://code.example.org/ada/study"
    assert entry.fields["howpublished"] == "Tea & sugar: 100% of _what_?"
    assert entry.people["author"] == [("Ada and Ann's group", "")]


def test_nothing_here_names_a_place_where_llmxsite_is_not() -> None:
    """Its own address is not known, and an index would give somebody else's package."""
    tracked = subprocess.run(["git", "-C", str(ROOT), "ls-files"], capture_output=True, text=True, check=False).stdout
    if not tracked:
        pytest.skip("no git repository")
    for name in tracked.splitlines():
        path = ROOT / name
        if path.suffix not in (".md", ".py", ".toml", ".yml", ".yaml", ".html") or name.startswith(("runs/", "tests/")):
            continue
        text = path.read_text(encoding="utf-8")
        assert "github.com/llmxsite" not in text, name
        if path.suffix != ".py" and name != "docs/diagnostics.md":
            assert not re.search(r"pip3? install (?:-\S+ )*['\"]?llmxsite", text), name
