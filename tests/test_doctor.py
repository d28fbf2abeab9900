"""`llmxsite doctor` beside the server's common cases: one model refused, a version nobody has tried, and the report."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from servers.fake import Fake
from servers.wire import Call, Wire
from test_engine_cli import llmxsite

from llmxsite.cli.models import described
from llmxsite.exchange.engine import connect
from llmxsite.exchange.engine.protocol import EngineError
from llmxsite.exchange.engine.tried import OLLAMA


class Refusing(Fake):
    """Describes every model but one, as a server does that may not ask the machine which has it."""

    refused = "fake:far"
    words = "remote model details are unavailable"

    async def handle(self, call: Call, wire: Wire) -> None:
        if call.path == "/api/show" and call.json["model"] == self.refused:
            await wire.answer(403, {"error": self.words})
            return
        await super().handle(call, wire)


MODELS = ("fake:1b", "fake:far")


def test_refused_model_ends_no_list(tmp_path: Path) -> None:
    with Refusing(models=MODELS) as server:
        listed = llmxsite("models", "list", "--host", server.url, cwd=tmp_path)
        asked = llmxsite("models", "list", "--host", server.url, "--format", "json", cwd=tmp_path)
    assert listed.returncode == 0, listed.stderr
    assert [line.split()[0] for line in listed.stdout.splitlines() if line.startswith("fake:")][:2] == list(MODELS)
    assert f"'fake:far' is not described (HTTP 403: {Refusing.words}" in listed.stdout
    found = json.loads(asked.stdout)
    assert [model["name"] for model in found["models"]] == list(MODELS)
    assert list(found["not_described"]) == ["fake:far"] and Refusing.words in found["not_described"]["fake:far"]


@pytest.mark.parametrize("more", [(), ("--model", "fake:1b")], ids=["unasked", "named"])
def test_refused_model_ends_no_look_at_another(more: tuple[str, ...], tmp_path: Path) -> None:
    with Refusing(models=MODELS) as server:
        done = llmxsite("doctor", "--host", server.url, *more, "--format", "json", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    checks = json.loads(done.stdout)
    (note,) = [check for check in checks if check["what"] == "models" and check["status"] == "note"]
    assert note["detail"].startswith("'fake:far' is not described (HTTP 403") and Refusing.words in note["detail"]
    assert any(check["detail"].endswith("trying fake:1b") for check in checks)
    assert {check["what"]: check["status"] for check in checks}["logprobs"] == "ok"


def test_only_refused_models_leave_nothing_to_try(tmp_path: Path) -> None:
    with Refusing(models=("fake:far",)) as server:
        done = llmxsite("doctor", "--host", server.url, "--format", "json", cwd=tmp_path)
    assert done.returncode == 1
    assert [c["detail"] for c in json.loads(done.stdout) if c["status"] == "fail"] == ["none here that completes text"]


def test_server_that_goes_away_is_no_refusal() -> None:
    async def ask(server: Fake) -> None:
        async with connect("ollama", server.url) as engine:
            listed = await engine.models()
            await server.hang_up()
            engine.models = lambda: asyncio.sleep(0, listed)  # type: ignore[method-assign]
            await described(engine)

    async def inside() -> None:
        async with Fake() as server:
            await ask(server)

    with pytest.raises(EngineError) as caught:
        asyncio.run(inside())
    assert caught.value.kind == "connection"


@pytest.mark.parametrize("version", [*OLLAMA, "0.99.0", "0.35.0-rc1", ""])
def test_version_that_was_not_tried_is_a_note_and_no_failure(version: str, tmp_path: Path) -> None:
    with Fake(version=version) as server:
        done = llmxsite("doctor", "--host", server.url, "--engine", "ollama", "--format", "json", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    notes = [check for check in json.loads(done.stdout) if check["what"] == "version"]
    if version in OLLAMA:
        assert notes == []
        return
    (note,) = notes
    assert note["status"] == "note" and version in note["detail"]
    assert all(tried in note["detail"] for tried in OLLAMA) and "below" in note["detail"]


@pytest.mark.parametrize("where", ["", "new/", "mine", "mine.json"])
def test_report_is_written_where_it_is_asked_for(where: str, tmp_path: Path) -> None:
    with Fake() as server:
        done = llmxsite("doctor", "--host", server.url, "--report", *([where] if where else []), cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    folder = tmp_path / "new" if where == "new/" else tmp_path
    (page,) = folder.glob("*.md")
    kept = page.with_name(page.name.removesuffix(".md") + ".json")
    report = json.loads(kept.read_text(encoding="utf-8"))
    assert page.name == ("mine.md" if where.startswith("mine") else f"ollama-0.20.7-{report['date']}.md")
    for text in (page.read_text(encoding="utf-8"), kept.read_text(encoding="utf-8")):
        assert "127.0.0.1" not in text and str(tmp_path) not in text
    assert f"{len([r for r in report['rows'] if r['answer'].startswith('not asked: ')])} not asked" in done.stdout


def test_report_is_about_ollama(tmp_path: Path) -> None:
    with Fake() as server:
        done = llmxsite("doctor", "--engine", "openai", "--host", server.url, "--report", cwd=tmp_path)
    assert done.returncode == 1 and "the report is about Ollama's own API" in done.stderr
    assert list(tmp_path.glob("*.md")) == []


@pytest.mark.parametrize("where", ["taken.txt/report", "notes", "data"])
def test_report_is_written_over_nothing_else(where: str, tmp_path: Path) -> None:
    """Neither into a file, nor over a page or data that is no report."""
    files = {"taken.txt": "a file", "notes.md": "# Notes", "data.json": "[1, 2]"}
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    with Fake() as server:
        done = llmxsite("doctor", "--host", server.url, "--report", where, cwd=tmp_path)
    assert done.returncode == 1 and "report-unwritable" in done.stderr and "Traceback" not in done.stderr
    assert {p.name: p.read_text(encoding="utf-8") for p in tmp_path.iterdir() if p.is_file()} == files


def test_path_without_a_report_is_a_usage_error(tmp_path: Path) -> None:
    done = llmxsite("doctor", "somewhere", cwd=tmp_path)
    assert done.returncode == 2 and "--report" in done.stderr
