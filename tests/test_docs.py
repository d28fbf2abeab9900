"""The docs are tests: every command, option, key and directive is documented, every link leads somewhere, and no page
names what does not exist."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import typer

from llmxsite.cli import app
from llmxsite.study.experiment import Analysis, Contrast, Experiment, Prediction
from llmxsite.study.study import Author, SiteConfig
from llmxsite.study.suite import Item, Suite

ROOT = Path(__file__).resolve().parent.parent
DOCS = sorted((ROOT / "docs").glob("*.md"))
TEXT = "\n".join(p.read_text(encoding="utf-8") for p in [*DOCS, ROOT / "README.md"])


def commands(group: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    for name, command in sorted(group.commands.items()):
        if getattr(command, "commands", None):
            yield from commands(command, (*path, name))
        elif not command.hidden:
            yield (*path, name), command


COMMANDS = dict(commands(typer.main.get_command(app)))


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_command_is_documented_with_its_options(path: tuple[str, ...]) -> None:
    command = COMMANDS[path]
    name = " ".join(path)
    assert f"llmxsite {name}" in TEXT, f"docs never show `llmxsite {name}`"
    for parameter in command.params:
        for option in (o for o in parameter.opts if o.startswith("--") and o != "--help"):
            assert re.search(rf"{re.escape(option)}\b", TEXT), f"docs never mention {option} of `llmxsite {name}`"


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_command_has_help_with_an_example(path: tuple[str, ...]) -> None:
    command = COMMANDS[path]
    text = f"{command.help or ''}\n{command.epilog or ''}"
    assert (command.help or "").strip(), f"`llmxsite {' '.join(path)}` has no help"
    assert f"llmxsite {' '.join(path)}" in text, f"the help of `llmxsite {' '.join(path)}` has no example of itself"


@pytest.mark.parametrize(
    "record", [SiteConfig, Author, Experiment, Analysis, Prediction, Contrast, Suite, Item], ids=lambda r: r.__name__
)
def test_key_is_documented(record: type[msgspec.Struct]) -> None:
    missing = [f.encode_name for f in msgspec.structs.fields(record) if f"`{f.encode_name}`" not in TEXT]
    assert not missing, f"docs never explain the keys {missing} of {record.__name__}"


def test_commands_named_in_docs_exist() -> None:
    known = {" ".join(p) for p in COMMANDS} | {p[0] for p in COMMANDS}
    for page in [*DOCS, ROOT / "README.md"]:
        for match in re.finditer(r"^(?:\$ )?llmxsite ((?:[a-z]+)(?: [a-z]+)?)", page.read_text(encoding="utf-8"), re.M):
            words = match[1].split()
            assert " ".join(words) in known or words[0] in known, f"{page.name} shows `llmxsite {match[1]}`"


@pytest.mark.parametrize("page", [*DOCS, ROOT / "README.md", ROOT / "CHANGELOG.md"], ids=lambda p: p.name)
def test_relative_links_lead_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```|`[^`\n]*`", "", page.read_text(encoding="utf-8"), flags=re.S)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", target) or target.startswith("#"):
            continue
        path = target.partition("#")[0]
        assert (page.parent / path).exists(), f"{page.name} links to {target}, which is not there"
