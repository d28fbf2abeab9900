"""A study, a report or a suite to start from, written into a folder without ever overwriting anything.

The study's texts lie beside this module, a report's in the folder `scaffold/` of its task. `@@name@@` in them stands for a value,
already quoted for the language it is in.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

from llmxsite import __version__
from llmxsite.base import origin, registry
from llmxsite.base.diagnostics import Problem, did_you_mean, display_path
from llmxsite.base.reading import own_text
from llmxsite.base.written import Place
from llmxsite.study.scaffold.words import QUESTION
from llmxsite.study.study import SITE_FILE, Study, check_slug, slugify

_TEXTS = Path(__file__).parent
_PLACE = re.compile(r"@@(\w+)@@")
FIRST_REPORT, FIRST_SUITE = "first-report", "everyday-numbers"
_STUDY = {
    "content/site.yaml": "study/site.yaml",
    "content/index.md": "study/index.md",
    f"suites/{FIRST_SUITE}.yaml": "study/everyday-numbers.yaml",
    "README.md": "study/README.md",
    ".gitignore": "study/gitignore",
    ".github/workflows/publish.yml": "study/publish.yml",
}
_REPORT = ("index.md", "experiment.yaml")
"""What every task's `scaffold/` has. A `suite.yaml` beside them is the suite that such a report asks, where the study's are of
another kind."""


def study(
    folder: Path, *, title: str | None = None, author: str | None = None, task: str | None = None
) -> tuple[list[Path], list[Path]]:
    """Write a study into `folder`, its first report of that task; `(written, kept)`, kept being files that were there before and
    stay as they are.

    Raises `Problem` where there is a study already, where `folder` cannot hold one, or where the task has no scaffold.
    """
    if (folder / SITE_FILE).exists():
        raise Problem.at(
            folder, "init-exists", "there is a study here already", hint="`llmxsite new report NAME` adds a report"
        )
    if folder.exists() and not folder.is_dir():
        raise Problem.at(folder, "init-folder", "a file, where a folder is needed")
    name = folder.resolve().name or "study"
    title = title or name.replace("-", " ").replace("_", " ").strip().capitalize() or "A study"
    values = {
        "title": json.dumps(title, ensure_ascii=False),
        "name": title,
        "authors": f"\n  - name: {json.dumps(author, ensure_ascii=False)}" if author else "[]",
        "version": __version__,
        "llmxsite": f"[llmxsite]({source.address})" if (source := origin.installed()) else "llmxsite",
        "how": origin.how_to_install("embedded"),
        "install": _install_step(source),
    }
    files = {folder / target: _fill(source, values) for target, source in _STUDY.items()}
    files |= _report_files(Study(folder), FIRST_REPORT, "First report", FIRST_SUITE, task)
    return _write(folder, files)


def demo(folder: Path) -> list[Path]:
    """Write the demonstration study into `folder`; the files that were not there before.

    Raises `Problem` where `folder` holds anything but an earlier demonstration.
    """
    source = _TEXTS / "demo"
    files = {
        folder / path.relative_to(source): own_text(path)
        for path in sorted(source.rglob("*"))
        if path.suffix in (".md", ".yaml")
    }
    if folder.exists() and not (folder.is_dir() and (not any(folder.iterdir()) or all(f.exists() for f in files))):
        raise Problem.at(
            folder,
            "demo-folder",
            "there is something else here already",
            hint="name another folder: `llmxsite demo DIR`",
        )
    return _write(folder, {**files, folder / ".gitignore": _fill("study/gitignore", {})})[0]


def report(here: Study, name: str, task: str | None = None, *, slug: str | None = None) -> list[Path]:
    """Write a report called `name` into a study: text, experiment of that task, references. Raises `Problem` where it exists, or the
    task has no scaffold.

    `slug` names its folder; it is made from `name` when not given.
    """
    slug = _slug(name, "report", slug)
    folder = here.report(slug)
    if folder.exists():
        raise Problem.at(
            display_path(folder), "new-exists", f"there is a report '{slug}' already", hint="choose another name"
        )
    suites = sorted(path.parent.name if path.stem == "suite" else path.stem for path in here.suite_files())
    return _write(here.root, _report_files(here, slug, name.strip(), suites[0] if suites else FIRST_SUITE, task))[0]


def suite(here: Study, name: str, *, slug: str | None = None) -> list[Path]:
    """Write a suite called `name` into a study. Raises `Problem` where it exists."""
    from llmxsite.study.suite import scaffold

    slug = _slug(name, "suite", slug)
    taken = {path.parent.name if path.stem == "suite" else path.stem for path in here.suite_files()}
    if slug in taken:
        raise Problem.at(
            display_path(here.suites / slug),
            "new-exists",
            f"there is a suite '{slug}' already",
            hint="choose another name",
        )
    return _write(here.root, {here.suites / f"{slug}.yaml": scaffold(name, slug)})[0]


def _slug(name: str, what: str, wanted: str | None) -> str:
    """What a report's folder or a suite's file is called. Raises `Problem` for what cannot be one."""
    if wanted is not None:
        return check_slug(wanted, what)
    if ".." in name.replace("\\", "/").split("/") or name.startswith(("/", "~", "\\")):
        raise Problem.at(
            name,
            "name-invalid",
            f"'{name}' is a path, and a {what} is named by its title",
            hint=f"its folder is the study's own: `llmxsite new {what} 'A title'`",
        )
    slug = slugify(name)
    if slug == "unnamed":
        raise Problem.at(
            name or "(empty)",
            "name-invalid",
            f"no address can be made of '{name}': addresses have the letters a to z and digits",
            hint=f"keep the title, and choose a name beside it: `llmxsite new {what} '{name}' --id NAME`",
        )
    return check_slug(slug, what)


def _install_step(source: origin.Source | None) -> str:
    """The workflow's step that installs llmxsite: this one, from where it is, or a line that its author has to fill in."""
    if source is not None:
        return f"      - run: python -m pip install {json.dumps(source.requirement())}"
    return "\n".join(
        [
            "      # TO FILL IN: llmxsite is on no package index, and where yours came from has no address for GitHub.",
            f"      # Put in place of {origin.UNKNOWN} the address of its repository, as in git+https://host/owner/name,",
            "      # or the path of a wheel that you commit here: `pip wheel --no-deps -w vendor FOLDER-OF-LLMXSITE` makes",
            f"      # vendor/llmxsite-{__version__}-py3-none-any.whl.",
            f'      - run: python -m pip install "{origin.UNKNOWN}"',
        ]
    )


def _report_files(here: Study, slug: str, title: str, suite_id: str, task: str | None) -> dict[Path, str]:
    task = task or registry.default()
    known = dict(registry.written("scaffold", _REPORT[0]))
    if task not in known:
        raise Problem.at(
            "experiment.yaml",
            "experiment-task",
            f"no report can be started of the task '{task}'",
            hint=did_you_mean(task, known) or f"--task takes: {', '.join(known)}",
        )
    own = dict(registry.written("scaffold", "suite.yaml")).get(task)
    values = {
        "title": json.dumps(title, ensure_ascii=False),
        "question": json.dumps(title if title.endswith("?") else QUESTION, ensure_ascii=False),
        "slug": slug,
        "suite": suite_id if own is None else slug,
    }
    texts = {name: dict(registry.written("scaffold", name))[task] for name in _REPORT}
    files = {here.report(slug) / name: _filled(text, values) for name, text in texts.items()}
    files[here.report(slug) / "references.bib"] = _fill("references.bib", values)
    return files if own is None else {**files, here.suites / f"{slug}.yaml": _filled(own, values)}


def _fill(source: str, values: Mapping[str, str]) -> str:
    return _filled(own_text(_TEXTS / source), values)


def _filled(text: str, values: Mapping[str, str]) -> str:
    return _PLACE.sub(lambda m: values[m[1]], text)


def _write(root: Path, files: Mapping[Path, str]) -> tuple[list[Path], list[Path]]:
    place = Place(root)
    done: list[Path] = []
    kept: list[Path] = []
    for path, text in files.items():
        (done if place.create(path, text.encode()) else kept).append(path)
    return done, kept
