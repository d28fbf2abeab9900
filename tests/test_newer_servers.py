"""Servers that nobody has seen yet: recorded runs on real ones, with what they say changed at random.

    pytest tests/test_newer_servers.py
    LLMXSITE_RECORD=0.34.4 OLLAMA_HOST=... pytest -m ollama tests/test_newer_servers.py      # record a run again
    LLMXSITE_RECORD=b11063 pytest -m embedded tests/test_newer_servers.py                    # and llama-server's

Whatever a server says, a run ends in a log or in a problem with a place, and what the log says was sent is what was sent. A
run that could go on does: where a field is missing, renamed or of another type that a reply can do without, where an
option is refused by name, or where something fails once.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from collect_support import collect, make_study, samples_of, write_experiment
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from servers.live import live_ollama
from servers.ollama_models import CHAT
from servers.replay import RECORDINGS, Recorder
from servers.wire import Call, HttpServer, Wire
from test_engine_openai import llama_server
from test_wire_record import native, openai

from llmxsite.base.diagnostics import Issues, Problem
from llmxsite.log import runlog
from llmxsite.log.record import Lack
from llmxsite.study.study import Study

VERSIONS = ("0.12.3", "0.20.7", "0.34.4")
NAMES = (*(f"ollama-{version}-run" for version in VERSIONS), "llama-server-run")
ITEMS = 4
ASKED = ("/api/chat", "/api/generate", "/v1/chat/completions", "/v1/completions")
OPTIONS = (
    "top_k",
    "top_p",
    "min_p",
    "repeat_penalty",
    "repeat_last_n",
    "presence_penalty",
    "frequency_penalty",
    "seed",
)
VITAL = frozenset(
    {"message", "content", "response", "done", "error", "choices", "delta", "text", "models", "data", "id"}
)
"""Without these there is no reply, or no model."""


def trial(folder: Path, model: str) -> Study:
    study = make_study(folder, items=ITEMS)
    write_experiment(folder, models=[model], think=None, options={"num_ctx": 1024, "num_predict": 8})
    return study


class Change(NamedTuple):
    """What is otherwise than it was recorded."""

    kind: str
    """`missing`, `renamed`, `retyped`, `refused`, `status`, `once`."""
    where: str
    """A path of the API, or the name of an option."""
    draw: int


class Mutant(HttpServer):
    """Plays a recorded run back, whatever options come with the words, with one change."""

    def __init__(self, name: str, change: Change | None) -> None:
        super().__init__()
        recording = json.loads((RECORDINGS / f"{name}.json").read_text(encoding="utf-8"))
        self.engine = "ollama" if name.startswith("ollama") else "openai"
        self.model = recording["server"]["model"]
        self.change, self.failed = change, False
        self.touched: set[str] = set()
        """Names of the fields that were changed."""
        self.answers = {_words(e["method"], e["path"], e["request"]): e for e in recording["exchanges"]}

    async def handle(self, call: Call, wire: Wire) -> None:
        exchange = self.answers.get(_words(call.method, call.path, call.json))
        if exchange is None:
            await wire.answer(404, {"error": "404 page not found"})
            return
        status, body = exchange["status"], exchange["body"]
        change = self.change
        if change is not None and change.kind == "refused" and call.path in ASKED:
            if change.where in (call.json.get("options") or call.json):
                words = f"{change.where} is no longer supported"
                await wire.answer(400, {"error": words if self.engine == "ollama" else {"message": words}})
                return
        elif change is not None and change.where == call.path:
            if change.kind == "status" or (change.kind == "once" and not self.failed):
                self.failed = True
                await wire.answer(random.Random(change.draw).choice([500, 502, 503]), {"error": "not now"})
                return
            if change.kind in ("missing", "renamed", "retyped"):
                body = "\n".join(self._changed(line, change) for line in body.split("\n"))
        await wire.answer(status, body.encode(), kind=exchange["type"])

    def _changed(self, line: str, change: Change) -> str:
        start = "data: " if line.startswith("data: ") else ""
        try:
            value = json.loads(line.removeprefix(start))
        except ValueError:
            return line
        chance = random.Random(change.draw)  # the same field in every line that has it
        places = sorted(_places(value), key=str)
        if not places:
            return line
        names = sorted({path[-1] for path in places if isinstance(path[-1], str)})
        name = chance.choice(names)
        for path in places:
            if path[-1] == name:
                _change(value, path, change.kind, chance)
                self.touched.add(name)
        return start + json.dumps(value)


def _words(method: str, path: str, body: Any) -> str:
    """What tells requests apart, options aside."""
    body = body or {}
    kept = {k: body.get(k) for k in ("model", "name", "messages", "prompt", "_debug_render_only", "input")}
    return json.dumps([method, path, kept], sort_keys=True)


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every field of every object inside a value, by its path."""
    if isinstance(value, dict):
        return [p for k, v in value.items() for p in [(*path, k), *_places(v, (*path, k))]]
    return [p for i, v in enumerate(value) for p in _places(v, (*path, i))] if isinstance(value, list) else []


def _change(value: Any, path: tuple[Any, ...], kind: str, chance: random.Random) -> None:
    try:
        for key in path[:-1]:
            value = value[key]
        if kind == "retyped":
            value[path[-1]] = chance.choice([None, 7, "seven", [1], {"a": 1}, True, -1.5])
        elif (old := value.pop(path[-1])) is not None and kind == "renamed":
            value[f"new_{path[-1]}"] = old
    except (KeyError, IndexError, TypeError):
        return  # it lay inside something that is changed already


def ran(name: str, change: Change | None, folder: Path) -> tuple[Mutant, Path | None, Any, list[str]]:
    """A run on the changed server: its log and result, or the problem's words."""
    server = Mutant(name, change)
    study = trial(folder, server.model)

    async def go() -> tuple[Path, Any]:
        async with server:
            path, result, _ = await collect(study, server, engine=server.engine)
        return path, result

    try:
        path, result = asyncio.run(go())
    except Problem as problem:
        assert problem.issues and all(issue.path and issue.message for issue in problem.issues)
        return server, None, None, [issue.message for issue in problem.issues]
    return server, path, result, []


def hold(server: Mutant, path: Path) -> None:
    """What the log says was sent is the last that was sent for that sample."""
    last = {
        json.dumps([call.json.get("messages"), call.json.get("prompt")]): call.json
        for call in server.calls
        if call.method == "POST" and call.path in ASKED
    }
    shape = native if server.engine == "ollama" else openai
    for sample in samples_of(path):
        expected = shape(sample, dict(sample.request.options))
        wire = last[json.dumps([expected.get("messages"), expected.get("prompt")])]
        framing = {"truncate", "shift", "stream_options"}
        assert {k: v for k, v in wire.items() if k not in framing} == {
            k: v for k, v in expected.items() if k not in framing
        }
    issues = Issues()
    runlog.verify(path, issues)
    assert not [issue for issue in issues if issue.severity == "error"]


@pytest.fixture
def folder() -> Any:
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


@pytest.mark.parametrize("name", NAMES)
def test_the_recorded_run_runs(name: str, folder: Path) -> None:
    server, path, result, _ = ran(name, None, folder)
    assert path is not None and result.reason == "complete" and result.errors == 0
    hold(server, path)
    assert not [line for _, line in runlog.iterate(path, Issues()) if isinstance(line, Lack)]


CHANGES = st.builds(
    Change,
    st.sampled_from(["missing", "renamed", "retyped", "status", "once"]),
    st.sampled_from(["/api/version", "/api/tags", "/api/show", "/api/ps", "/props", "/v1/models", *ASKED]),
    st.integers(0, 2**32),
) | st.builds(Change, st.just("refused"), st.sampled_from(OPTIONS), st.just(0))
GOES_ON = ("/api/version", "/api/ps", "/api/tags", "/api/show", "/props")
"""Questions about the server that a run can do without an answer to."""


@pytest.mark.parametrize("name", NAMES)
@settings(
    max_examples=int(os.environ.get("LLMXSITE_CHANGES", "30")), deadline=None, suppress_health_check=list(HealthCheck)
)
@given(change=CHANGES)
def test_no_change_ends_a_run_that_could_go_on_or_makes_it_record_what_was_not_sent(name: str, change: Change) -> None:
    with tempfile.TemporaryDirectory() as place:
        server, path, result, words = ran(name, change, Path(place))
        if path is not None:
            hold(server, path)
        could = (
            change.kind == "refused"
            or (change.kind in ("status", "once") and change.where in GOES_ON)
            or (change.kind == "once" and change.where in ASKED and change.where.endswith(("chat", "chat/completions")))
            or (change.kind in ("missing", "renamed", "retyped") and not server.touched & VITAL)
        )
        if could:
            assert path is not None, words
            assert result.reason == "complete" and result.errors == 0, result.issues


def record(folder: Path, url: str, name: str, model: str) -> None:
    """A run on a live server; with LLMXSITE_RECORD, which says the version, its exchanges are kept."""
    version = os.environ.get("LLMXSITE_RECORD")
    study = trial(folder, model)

    async def go() -> None:
        async with Recorder(url, {"name": name, "version": version or "any", "model": model}) as proxy:
            engine = "ollama" if name == "ollama" else "openai"
            path, result, _ = await collect(study, proxy, engine=engine)
            assert result is not None and result.reason == "complete" and not result.errors and samples_of(path)
        if version:
            proxy.save(f"ollama-{version}-run" if name == "ollama" else f"{name}-run")

    asyncio.run(go())


@pytest.mark.ollama
def test_a_run_on_a_live_ollama(folder: Path) -> None:
    url = live_ollama(CHAT)
    record(folder, url, "ollama", CHAT)


@pytest.mark.embedded
def test_a_run_on_a_live_llama_server(folder: Path) -> None:
    async def go() -> None:
        async with llama_server() as url:
            await asyncio.to_thread(record, folder, url, "llama-server", "smollm2-135m")

    asyncio.run(go())


@pytest.mark.parametrize("value", [True, False, "7", 1.5, None, [3], {"n": 1}])
def test_what_is_no_whole_number_is_no_count_of_a_model(value: object) -> None:
    from llmxsite.exchange.engine.ollama_shapes import Show, add_show
    from llmxsite.exchange.engine.protocol import ModelInfo

    info = ModelInfo(name="m")
    facts = {"general.architecture": "a", "general.parameter_count": value, "a.context_length": value}
    add_show(info, Show(model_info=facts))
    assert info.parameters is None and info.context_length is None
    add_show(info, Show(model_info={"general.parameter_count": 7}))
    assert info.parameters == 7
