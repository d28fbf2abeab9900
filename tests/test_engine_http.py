"""The client under the engines, against servers that treat connections as servers may."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from servers.wire import Call, HttpServer, Wire

from llmxsite.engine.address import Address
from llmxsite.engine.http import Http
from llmxsite.engine.protocol import EngineError

Handle = Callable[[Call, Wire], Coroutine[Any, Any, None]]


class Server(HttpServer):
    """Answers as `act` does."""

    def __init__(self, act: Handle) -> None:
        super().__init__()
        self.act = act

    async def handle(self, call: Call, wire: Wire) -> None:
        await self.act(call, wire)


def with_server(act: Handle, test: Callable[[Http, Server], Coroutine[Any, Any, None]], **settings: Any) -> Server:
    async def go() -> Server:
        async with Server(act) as server, Http(Address(server.url), **settings) as http:
            await test(http, server)
            return server

    return asyncio.run(go())


def failing(act: Handle, **settings: Any) -> tuple[EngineError, Server]:
    """The error of one question, and the server it was put to."""
    found: list[EngineError] = []

    async def test(http: Http, _: Server) -> None:
        with pytest.raises(EngineError) as caught:
            await http.ask("/x", {})
        found.append(caught.value)

    server = with_server(act, test, **settings)
    return found[0], server


async def well(call: Call, wire: Wire) -> None:
    await wire.answer(200, {})


OVERFLOWS: list[tuple[str, dict[str, Any], int | None]] = [
    ("ollama", {"error": "the input length exceeds the context length"}, None),
    ("ollama-old", {"error": "input exceeds maximum context length"}, None),
    (
        "llama-server",
        {"error": {"message": "request (70 tokens) exceeds the available context size (64 tokens), try less"}},
        64,
    ),
    ("in-other-words", {"error": {"message": "rejected", "type": "exceed_context_size_error"}}, None),
    (
        "wrapped",
        {"error": '{"error": {"code": 400, "type": "exceed_context_size_error", "message": "rejected"}}'},
        None,
    ),
    ("openai", {"error": {"message": "Too long for this model.", "code": "context_length_exceeded"}}, None),
    ("vllm", {"message": "This model's maximum context length is 64 tokens. However, you requested 70 tokens."}, 64),
    ("vllm-new", {"message": "The decoder prompt (length 70) is longer than the maximum model length of 64."}, 64),
    ("sglang", {"message": "The input (70 tokens) is longer than the model's context length (64 tokens)."}, 64),
    (
        "lm-studio",
        {
            "error": "Trying to keep the first 70 tokens when context the overflows. It is loaded with context length of only 64 tokens"
        },
        64,
    ),
    (
        "lm-studio-new",
        {"error": "The number of tokens to keep is greater than the context length (n_keep: 70>= n_ctx: 64)."},
        64,
    ),
]
"""How servers say that a prompt does not fit, and the context that they name."""


@pytest.mark.parametrize(("body", "context"), [row[1:] for row in OVERFLOWS], ids=[row[0] for row in OVERFLOWS])
def test_a_prompt_that_does_not_fit_is_known_in_the_words_of_each_server(
    body: dict[str, Any], context: int | None
) -> None:
    error, server = failing(lambda call, wire: wire.answer(400, body))
    assert (error.kind, error.retry, error.context, len(server.calls)) == ("context", False, context, 1)


@pytest.mark.parametrize(
    "words", ["num_ctx must be a number", "unknown field: context", "the context of this conversation is unclear"]
)
def test_a_refusal_that_only_mentions_the_context_is_about_the_request(words: str) -> None:
    assert failing(lambda call, wire: wire.answer(400, {"error": words}))[0].kind == "invalid-request"


def test_where_every_idle_connection_was_closed_the_second_try_takes_a_new_one() -> None:
    used: list[Any] = []
    together = asyncio.Barrier(5)

    async def once(call: Call, wire: Wire) -> None:
        if wire.writer in used:
            wire.reset()
        used.append(wire.writer)
        if call.path == "/together":
            await together.wait()
        await wire.answer(200, {})

    async def test(http: Http, server: Server) -> None:
        await asyncio.gather(*(http.ask("/together", {}) for _ in range(5)))
        assert len(used) == 5
        for _ in range(4):
            await http.ask("/x", {})
        assert len(server.calls) == 5 + 4 * 2
        assert [call.headers.get("connection") for call in server.calls[5:]] == [None, "close"] * 4

    with_server(once, test)


def test_a_new_connection_that_breaks_is_no_reason_for_a_second_try() -> None:
    async def never(call: Call, wire: Wire) -> None:
        wire.reset()

    error, server = failing(never)
    assert (error.kind, error.retry, len(server.calls)) == ("connection", True, 1)
    assert "closed the connection" in str(error)


def test_a_second_try_that_fails_is_the_last() -> None:
    async def first_only(call: Call, wire: Wire) -> None:
        if call.path != "/first":
            wire.reset()
        await wire.answer(200, {})

    async def test(http: Http, server: Server) -> None:
        await http.ask("/first", {})
        with pytest.raises(EngineError, match="closed the connection"):
            await http.ask("/x", {})
        assert len(server.calls) == 3

    with_server(first_only, test)


def test_half_a_head_is_a_connection_that_was_closed() -> None:
    async def half(call: Call, wire: Wire) -> None:
        wire.writer.write(b"HTTP/1.1 200 OK\r\nContent-Ty")
        wire.close()

    error, _ = failing(half)
    assert error.kind == "connection" and str(error).endswith("closed the connection: the server left")


@pytest.mark.parametrize("said", [b"SSH-2.0-server\r\n\r\n", b"HTTP/1.1 many words\r\n\r\n"])
def test_what_is_no_http_is_said_to_be_none(said: bytes) -> None:
    async def speak(call: Call, wire: Wire) -> None:
        wire.writer.write(said)
        wire.close()

    error, server = failing(speak)
    assert (error.kind, error.retry, len(server.calls)) == ("protocol", True, 1)
    assert "does not speak HTTP" in str(error)


def test_what_is_compressed_unasked_is_read() -> None:
    async def compress(call: Call, wire: Wire) -> None:
        assert call.headers["accept-encoding"] == "identity"
        await wire.answer(200, gzip.compress(b'{"a": "b"}'), headers={"Content-Encoding": "gzip"})

    async def test(http: Http, _: Server) -> None:
        assert await http.ask("/x") == b'{"a": "b"}'
        assert [lines async for lines in http.stream("/x", {}, byte_limit=1000)] == [[b'{"a": "b"}']]

    with_server(compress, test)


def test_what_only_says_that_it_is_compressed_is_no_reply() -> None:
    async def pretend(call: Call, wire: Wire) -> None:
        await wire.answer(200, b"{}", headers={"Content-Encoding": "gzip"})

    error, _ = failing(pretend)
    assert (error.kind, error.retry) == ("protocol", True)


def test_a_request_hangs_on_none_before_it() -> None:
    async def cookie(call: Call, wire: Wire) -> None:
        await wire.answer(200, {}, headers={"Set-Cookie": "seen=1; Path=/"})

    async def go() -> list[Call]:
        async with Server(cookie) as server, Http(Address(f"http://localhost:{server.port}")) as http:
            await http.ask("/x", {})
            await http.ask("/x", {})
            return server.calls

    assert [call.headers.get("cookie") for call in asyncio.run(go())] == [None, None]


def test_proxies_of_the_environment_are_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")

    async def test(http: Http, _: Server) -> None:
        assert await http.ask("/x") == b"{}"

    with_server(well, test)


@pytest.mark.parametrize("key", ["  sk-a-secret\n", "sk-ä€", "sk-\udcff"])
def test_a_key_of_any_letters_is_sent(key: str) -> None:
    async def test(http: Http, _: Server) -> None:
        await http.ask("/x")

    (call,) = with_server(well, test, key=key).calls
    assert call.headers["authorization"].startswith("Bearer sk-")


def test_a_key_that_cannot_be_sent_is_not_said() -> None:
    error, server = failing(well, key="sk-a\nsecret")
    assert (error.kind, error.retry, server.calls) == ("invalid-request", False, [])
    assert "secret" not in str(error)


@pytest.mark.parametrize("url", ["http://\udc80", "http://a..b", "http://127.0.0.1:99999999"])
def test_an_address_that_nothing_can_be_sent_to(url: str) -> None:
    async def go() -> None:
        async with Http(Address(url)) as http:
            await http.ask("/x")

    with pytest.raises(EngineError) as caught:
        asyncio.run(go())
    assert (caught.value.kind, caught.value.retry) == ("invalid-request", False)
