"""One test, several servers: Ollamas of three versions played back from recordings, and a live one where there is one.

    pytest tests/test_engine_ollama.py                               # played back
    OLLAMA_HOST=... pytest -m ollama                                 # live
    LLMXSITE_RECORD=1 OLLAMA_HOST=... pytest -m ollama tests/test_engine_ollama.py    # live, and record again

A test module that takes `address` names its recording in RECORDING. With `{version}` in it, each of its tests runs over
the recordings of every server that llmxsite was tried with, and `behaviour` tells them apart. `ollama_models.py` makes
the models on a live server.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import os
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest

from llmxsite.exchange import engine
from llmxsite.exchange.engine.address import ollama_address
from llmxsite.exchange.engine.behaviour.report import answer
from llmxsite.exchange.engine.tried import OLLAMA
from servers.ollama_models import CHAT
from servers.page import report_of
from servers.replay import Recorder, Replay

Test = Callable[[Any], Awaitable[Any]]
MAKE = "python tests/servers/ollama_models.py makes it"


class Answer(NamedTuple):
    """What came back for one request, as it came."""

    status: int
    kind: str
    headers: dict[str, str]
    lines: list[Any]
    """The body, a JSON value a line, or an event; text where it is no JSON."""

    @property
    def body(self) -> Any:
        (body,) = self.lines
        return body

    @property
    def logprobs(self) -> list[dict[str, Any]]:
        return [entry for line in self.lines for entry in line.get("logprobs") or ()]


class Raw:
    """Asks a server directly: what it does where llmxsite would not ask so."""

    def __init__(self, url: str) -> None:
        self.url = url

    def get(self, path: str) -> Answer:
        return self._ask("GET", path, None)

    def post(self, path: str, **body: Any) -> Answer:
        return self._ask("POST", path, json.dumps(body))

    def chat(self, model: str, text: str = "Hi", **more: Any) -> Answer:
        """/api/chat with few tokens at temperature 0; `options` are added to those."""
        options = {"num_ctx": 512, "num_predict": 4, "temperature": 0, "seed": 1} | more.pop("options", {})
        messages = more.pop("messages", [{"role": "user", "content": text}])
        return self.post("/api/chat", model=model, messages=messages, options=options, **more)

    def generate(self, model: str, prompt: str, **more: Any) -> Answer:
        """/api/generate, likewise."""
        options = {"num_ctx": 512, "num_predict": 4, "temperature": 0, "seed": 1} | more.pop("options", {})
        return self.post("/api/generate", model=model, prompt=prompt, options=options, **more)

    def rendered(self, model: str, **more: Any) -> str:
        """The prompt that a conversation becomes."""
        text = self.chat(model, _debug_render_only=True, **more).body["_debug_info"]["rendered_template"]
        assert isinstance(text, str)
        return text

    def version(self) -> str:
        return str(self.get("/api/version").body["version"])

    def running(self) -> dict[str, dict[str, Any]]:
        return {model["name"]: model for model in self.get("/api/ps").body["models"]}

    def _ask(self, method: str, path: str, body: str | None) -> Answer:
        connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=600)
        try:
            connection.request(method, path, body)
            response = connection.getresponse()
            text = response.read().decode("utf-8", "replace")
        finally:
            connection.close()
        kind = response.headers.get_content_type()
        lines = (line.removeprefix("data: ") for line in text.splitlines() if line.strip())
        return Answer(response.status, kind, dict(response.headers), [_value(line) for line in lines])


def _value(line: str) -> Any:
    try:
        return json.loads(line)
    except ValueError:
        return line


def live_ollama(model: str) -> str:
    """The address of the live server. Skips the test, with a notice, where none answers or it has no such model."""
    url = ollama_address(os.environ.get("OLLAMA_HOST")).url
    try:
        names = {listed["name"] for listed in Raw(url).get("/api/tags").body["models"]}
    except (OSError, ValueError, TypeError, KeyError):
        pytest.skip(f"no Ollama answers at {url}")
    if model not in names:
        pytest.skip(f"the server has no {model}: {MAKE}")
    return url


def servers_of(recording: str) -> list[Any]:
    """The parameters of `server` for a module whose RECORDING is `recording`."""
    names = [recording.format(version=version) for version in OLLAMA] if "{" in recording else [recording]
    return [*names, pytest.param("live", marks=pytest.mark.ollama)]


@pytest.fixture(scope="module")
def server(request: pytest.FixtureRequest) -> Iterator[Replay | Recorder | str]:
    """A server that plays a recording, or the address of a live one, or what records that."""
    if request.param != "live":
        with Replay(request.param) as replay:
            yield replay
        return
    host = os.environ.get("OLLAMA_HOST")
    live = Raw(ollama_address(host).url)
    try:
        version = live.version()
    except (OSError, ValueError, TypeError, KeyError):
        pytest.skip(f"no Ollama answers at {ollama_address(host).shown}")
    if live.post("/api/show", model=CHAT).status == 404:
        pytest.skip(f"the server has no {CHAT}: {MAKE}")
    if "LLMXSITE_RECORD" not in os.environ:
        yield live.url
        return
    recording = request.module.RECORDING.format(version=version)
    assert version in recording, f"{recording} is not what a server {version} can record"
    with Recorder(live.url, {"name": "ollama", "version": version}) as recorder:
        yield recorder
    recorder.save(recording)


@pytest.fixture
def version(server: Replay | Recorder | str) -> str:
    """The server's version."""
    return Raw(server).version() if isinstance(server, str) else server.server["version"]


@pytest.fixture
def behaviour(address: str, version: str) -> Callable[[str], str]:
    """What this server answers to one question of `llmxsite doctor --report`, by the question's name.

    A version with a report in docs/ollama/ has its answers there; a live server of another version is asked. So a test of
    what some versions lack can say what those do instead:

        if behaviour("logprobs-shape") == "none come back": ...
    """
    kept = report_of(version)
    if kept is not None:
        return {row.id: row.answer for row in kept.rows}.__getitem__
    return lambda question: asyncio.run(answer(ollama_address(address), question))


@pytest.fixture
def address(server: Replay | Recorder | str, request: pytest.FixtureRequest) -> str:
    """The address of the server, which knows from here on whose exchanges these are."""
    if isinstance(server, str):
        return server
    parameters = [str(value) for name, value in request.node.callspec.params.items() if name != "server"]
    server.test = " ".join([request.node.originalname, *parameters])
    return server.url


@pytest.fixture
def raw(address: str) -> Raw:
    return Raw(address)


@pytest.fixture
def talk(address: str) -> Callable[[Test], Any]:
    """Runs a test with the engine `ollama`."""

    def run(test: Test) -> Any:
        async def inside() -> Any:
            async with engine.connect("ollama", address) as ollama:
                return await test(ollama)

        return asyncio.run(inside())

    return run


@pytest.fixture
def has(server: Replay | Recorder | str) -> Callable[..., None]:
    """Skips a test whose models are not on the live server."""

    def check(*models: str) -> None:
        if isinstance(server, Replay):
            return
        live = Raw(server if isinstance(server, str) else server.upstream)
        names = {model["name"] for model in live.get("/api/tags").body["models"]}
        if missing := sorted(set(models) - names):
            pytest.skip(f"the server has no {missing[0]}: {MAKE}")

    return check
