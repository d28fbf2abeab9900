"""Which engine a name and an address mean, and how an engine's errors are shown."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import pytest
from servers.fake import Fake

from llmxsite.exchange import engine
from llmxsite.exchange.engine.embedded import Embedded
from llmxsite.exchange.engine.ollama import Ollama
from llmxsite.exchange.engine.openai import OpenAI
from llmxsite.exchange.engine.protocol import EngineError, Message, Options, Request


class OnlyV1(Fake):
    """A server without Ollama's own API."""

    def _question(self, path: str, body: Any) -> Any:
        return None if path.startswith("/api") else super()._question(path, body)


def test_auto_takes_what_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    with Fake() as both, OnlyV1() as v1:
        monkeypatch.setenv("OLLAMA_HOST", both.url)
        assert isinstance(engine.connect(), Ollama)
        assert isinstance(engine.connect("auto", both.url), Ollama)
        assert isinstance(engine.connect("auto", v1.url), OpenAI)
        assert isinstance(engine.connect("auto", v1.url + "/v1/"), OpenAI)


@pytest.mark.parametrize("unset", [None, "", "  "])
def test_auto_without_an_address_takes_what_is_on_this_machine(
    unset: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    if unset is None:
        monkeypatch.delenv("OLLAMA_HOST", raising=False)
    else:
        monkeypatch.setenv("OLLAMA_HOST", unset)
    with socket.socket() as port:
        served = port.connect_ex(("127.0.0.1", 11434)) == 0
    assert isinstance(engine.connect(), Ollama if served else Embedded)


def test_a_server_that_ollama_host_names_is_never_replaced_by_the_embedded_engine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with OnlyV1() as v1:
        for host, shown in ((v1.url, v1.url), ("me:hunter22@127.0.0.1:9", "http://127.0.0.1:9")):
            monkeypatch.setenv("OLLAMA_HOST", host)
            with pytest.raises(EngineError) as caught:
                engine.connect()
            assert str(caught.value) == f"no Ollama answers at {shown}, the address in OLLAMA_HOST"
            (issue,) = engine.problem(caught.value, "auto").issues
            assert issue.hint is not None and "unset OLLAMA_HOST" in issue.hint and "--engine embedded" in issue.hint


@pytest.mark.parametrize("host", ["http://127.0.0.1:9", "http://[", "", "host with blanks", "http://\udc80/"])
def test_auto_with_a_host_that_does_not_answer(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OLLAMA_HOST", "127.0.0.1:9")
    with pytest.raises(EngineError):
        engine.connect("auto", host)


@pytest.mark.parametrize("host", ["http://[", "host with blanks", "http://\udc80/", "http://127.0.0.1:9"])
@pytest.mark.parametrize("name", ["ollama", "openai"])
def test_no_address_is_more_than_an_engine_error(name: str, host: str) -> None:
    async def test() -> None:
        async with engine.connect(name, host) as server:
            await server.describe()

    with pytest.raises(EngineError):
        asyncio.run(test())


def test_openai_needs_a_host() -> None:
    with pytest.raises(EngineError, match="--host"):
        engine.connect("openai")


def test_unknown_name() -> None:
    with pytest.raises(ValueError, match="auto, ollama, openai, embedded"):
        engine.connect("olama")


def test_key_and_credentials_are_sent_and_never_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-very-secret-indeed")
    request = Request(model="fake:1b", messages=[Message(role="user", content="Hi")], options=Options())

    async def test(server: Fake) -> None:
        async with engine.connect("openai", server.url.replace("://", "://me:hunter22@")) as v1:
            assert "hunter22" not in repr(await v1.describe())
            with pytest.raises(EngineError) as caught:
                await v1.chat(request)
            assert "secret" not in str(caught.value)
        async with engine.connect("ollama", server.url.replace("://", "://me:hunter22@")) as native:
            await native.describe()

    with Fake(faults=["500"]) as server:
        asyncio.run(test(server))
    sent = [call.headers["authorization"] for call in server.calls]
    assert sent[0] == "Bearer sk-very-secret-indeed" and sent[-1].startswith("Basic ")


def test_errors_become_problems_with_a_mend() -> None:
    problem = engine.problem(EngineError("memory", "too large", retry=False), "phi3:mini")
    (issue,) = problem.issues
    assert (issue.path, issue.code, issue.message) == ("phi3:mini", "engine-memory", "too large")
    assert issue.hint is not None and "smaller" in issue.hint


def test_auto_in_an_event_loop_and_at_a_server_that_wants_a_key() -> None:
    class Locked(OnlyV1):
        async def handle(self, call: Any, wire: Any) -> None:
            if "authorization" in call.headers or not call.path.startswith("/v1"):
                await super().handle(call, wire)
            else:
                await wire.answer(401, {"error": "a key is needed"})

    async def test(url: str) -> None:
        assert isinstance(engine.connect("auto", url), OpenAI)

    with Locked() as server:
        asyncio.run(test(server.url))
        assert "authorization" not in server.calls[-1].headers
