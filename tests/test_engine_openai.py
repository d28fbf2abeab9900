"""OpenAI's API: on exchanges recorded from llama.cpp's server, on a live one, and on servers stricter than either.

pytest tests/test_engine_openai.py                                     # played back
LLMXSITE_RECORD=b... pytest -m embedded tests/test_engine_openai.py    # live, and record again
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from servers.fake import Fake
from servers.replay import Recorder, Replay
from servers.wire import Call, HttpServer, Wire

from llmxsite.exchange import engine
from llmxsite.exchange.engine import embedded, weights
from llmxsite.exchange.engine.child import Orders
from llmxsite.exchange.engine.protocol import EmbedRequest, EngineError, Message, Options, Reply, Request, ToolCall

MODEL = "smollm2-135m"
CONTEXT = 512
RECORD = os.environ.get("LLMXSITE_RECORD")
QUESTION = "Which gas do plants take in?\nA) oxygen\nB) carbon dioxide\nAnswer with the letter."
WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Current weather of a city",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}


@asynccontextmanager
async def llama_server() -> AsyncIterator[str]:
    """A real llama.cpp server with one slot, by its address."""
    path = weights.find("smollm2:135m")
    if path is None:
        pytest.skip("smollm2:135m is not pulled")
    loaded = await embedded._start(Orders(str(path), CONTEXT, 1))
    try:
        yield loaded.client._http.address.url
    finally:
        await loaded.client.__aexit__()
        await embedded._stop(loaded.process)
        loaded.errors.close()


@pytest.fixture(scope="module", params=["recorded", pytest.param("live", marks=pytest.mark.embedded)])
def server(request: pytest.FixtureRequest) -> Any:
    """A function that runs a test with the address of the server."""
    recorder: list[Recorder] = []
    kept: list[dict[str, Any]] = []

    async def run(test: Callable[[Any], Any]) -> Any:
        if request.param == "recorded":
            async with Replay("llama-server") as replay, engine.connect("openai", replay.url) as v1:
                return await test(v1)
        async with llama_server() as address:
            if RECORD is None:
                async with engine.connect("openai", address) as v1:
                    return await test(v1)
            recorder[:] = [Recorder(address, {"name": "llama-server", "version": RECORD, "model": MODEL})]
            async with recorder[0], engine.connect("openai", recorder[0].url) as v1:
                try:
                    return await test(v1)
                finally:
                    kept.extend(recorder[0].exchanges)

    yield lambda test: asyncio.run(run(test))
    if kept:
        recorder[0].exchanges = kept
        recorder[0].save("llama-server")


def ask(text: str = QUESTION, **more: Any) -> Request:
    options = {"num_ctx": CONTEXT, "num_predict": 8, **more.pop("options", {})}
    return Request(
        model=MODEL,
        messages=[Message(role="user", content=text)],
        options=Options(**options),
        **{"top_logprobs": 5, **more},
    )


def test_describe(server: Any) -> None:
    info = server(lambda v1: v1.describe())
    assert info.name == "openai" and info.version and info.backend == f"llama.cpp {info.version}"


def test_model_tells_what_is_in_force(server: Any) -> None:
    async def test(v1: Any) -> Any:
        return await v1.model(MODEL, num_ctx=4096), await v1.describe()

    model, info = server(test)
    assert model.context_in_force == CONTEXT and model.context_length == 8192
    assert model.quantization == "Q4_1" and 130e6 < model.parameters < 140e6
    assert len(model.template_hash) == 64
    assert info.lacks == [f"num_ctx is the server's own: {CONTEXT}"]


def test_a_reply_with_everything(server: Any) -> None:
    pieces: list[str] = []
    reply: Reply = server(lambda v1: v1.chat(ask(), lambda text, _: pieces.append(text)))
    assert reply.text and "".join(pieces) == reply.text and reply.warnings == []
    assert reply.tokens and "".join(token.token for token in reply.tokens) == reply.text
    for token in reply.tokens:
        assert token.top is not None and len(token.top) == 5
        assert token.logprob == token.top[0].logprob <= 0
    assert reply.timing.prompt_ms and reply.timing.eval_ms and reply.timing.load_ms is None
    assert reply.usage.prompt_tokens and reply.usage.cached_tokens == 0, "no prompt is reused"
    assert reply.done_reason in ("stop", "length")


def test_raw_prompt(server: Any) -> None:
    request = ask(options={"num_predict": 2})
    request.messages, request.raw_prompt = [], "The capital of France is"
    reply = server(lambda v1: v1.chat(request))
    assert reply.text == " Paris." and [token.token for token in reply.tokens] == [" Paris", "."]
    assert reply.usage.prompt_tokens == 5


def test_budget_and_stop_word(server: Any) -> None:
    short = server(lambda v1: v1.chat(ask("Tell me a story.", options={"num_predict": 3})))
    assert short.done_reason == "length" and short.usage.completion_tokens == 3
    stopped = server(lambda v1: v1.chat(ask("Tell me a story.", options={"num_predict": 60, "stop": (".",)})))
    assert stopped.done_reason == "stop" and "." not in stopped.text


def test_prompt_longer_than_the_context_is_refused(server: Any) -> None:
    with pytest.raises(EngineError, match="does not fit the context") as caught:
        server(lambda v1: v1.chat(ask("word " * 1000)))
    assert (caught.value.kind, caught.value.retry, caught.value.context) == ("context", False, CONTEXT)


def test_vectors_of_a_server_that_has_none(server: Any) -> None:
    with pytest.raises(EngineError) as caught:
        server(lambda v1: v1.embed(EmbedRequest(model=MODEL, texts=["tea"])))
    assert (caught.value.kind, caught.value.retry) == ("unsupported", False)


class Scripted(HttpServer):
    """Answers every chat with the same events."""

    def __init__(self, *events: dict[str, Any] | str) -> None:
        super().__init__()
        self.events = events

    async def handle(self, call: Call, wire: Wire) -> None:
        wire.start("text/event-stream; charset=utf-8")
        for event in self.events:
            data = event if isinstance(event, str) else json.dumps(event)
            await wire.chunk(f"data: {data}\r\n\r\n".encode())
        await wire.end()


def play(*events: dict[str, Any] | str, request: Request | None = None) -> Reply:
    async def test() -> Reply:
        async with Scripted(*events) as server, engine.connect("openai", server.url) as v1:
            return await v1.chat(request or ask())

    return asyncio.run(test())


def delta(**fields: Any) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": fields, "finish_reason": None}]}


END = {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}


def test_tool_call_comes_in_pieces() -> None:
    def call(index: int, **function: str) -> dict[str, Any]:
        return delta(tool_calls=[{"index": index, "function": function}])

    reply = play(
        call(0, name="get_weather", arguments=""),
        call(0, arguments='{"ci'),
        call(1, name="get_time", arguments="{oops"),
        call(0, arguments='ty": "Paris"}'),
        {"choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]},
        "[DONE]",
        request=ask(tools=[WEATHER]),
    )
    assert reply.tool_calls == [
        ToolCall(name="get_weather", arguments={"city": "Paris"}),
        ToolCall(name="get_time", raw="{oops"),
    ]
    assert reply.done_reason == "tool_calls" and reply.timing.first_token_ms is not None


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning"])
def test_thinking_under_either_name(field: str) -> None:
    reply = play(delta(**{field: "Hm"}), delta(**{field: "m."}), delta(content="B"), END, "[DONE]")
    assert (reply.thinking, reply.text) == ("Hmm.", "B")


def test_older_shape_of_logprobs() -> None:
    logprobs = {
        "tokens": [" Paris"],
        "token_logprobs": [-0.2],
        "top_logprobs": [{" the": -2.0, " Paris": -0.2, " it": None}],
    }
    choice = {"index": 0, "text": " Paris", "finish_reason": "length", "logprobs": logprobs}
    reply = play({"choices": [choice]}, "[DONE]")
    assert reply.tokens is not None and reply.tokens[0].top is not None
    assert [(a.token, a.logprob) for a in reply.tokens[0].top] == [(" Paris", -0.2), (" the", -2.0), (" it", None)]


def test_error_in_the_middle_keeps_its_status() -> None:
    with pytest.raises(EngineError, match="in the middle of the reply: slot unavailable") as caught:
        play(delta(content="B"), {"error": {"code": 503, "message": "slot unavailable"}})
    assert (caught.value.kind, caught.value.retry) == ("overloaded", True)


def test_strict_server_is_asked_again_without_what_it_refuses() -> None:
    """Once; then the fields are left out from the start, and the reader of the run is told."""

    async def test() -> None:
        refuses = ("top_k", "min_p", "repeat_penalty", "repeat_last_n", "cache_prompt")
        async with Fake(refuses=refuses) as server, engine.connect("openai", server.url) as v1:
            request = ask()
            request.model = "fake:1b"
            assert (await v1.chat(request)).text
            assert len(server.calls) == len(refuses) + 1
            assert (await v1.chat(request)).text
            assert len(server.calls) == len(refuses) + 2
            lacks = (await v1.describe()).lacks
            assert sorted(lacks) == sorted(f"no {field}: the server refuses it" for field in refuses)
            sent = server.calls[len(refuses) + 1].json
            assert {"temperature", "seed", "top_p", "max_tokens", "logprobs"} <= set(sent)

    asyncio.run(test())


def test_a_field_nobody_can_do_without_is_not_left_out() -> None:
    async def test() -> None:
        async with Fake(refuses=("messages",)) as server, engine.connect("openai", server.url) as v1:
            request = ask()
            request.model = "fake:1b"
            with pytest.raises(EngineError, match="messages"):
                await v1.chat(request)
            assert len(server.calls) == 1

    asyncio.run(test())


def test_tool_results_find_their_calls() -> None:
    async def test() -> Any:
        async with Fake() as server, engine.connect("openai", server.url) as v1:
            request = ask(tools=[WEATHER])
            request.model = "fake:1b"
            request.messages += [
                Message(
                    role="assistant",
                    content="",
                    tool_calls=[
                        ToolCall(name="get_weather", arguments={"city": "Paris"}),
                        ToolCall(name="get_time", raw="?"),
                    ],
                ),
                Message(role="tool", content="12:00", tool_name="get_time"),
                Message(role="tool", content="rain", tool_name="get_weather"),
            ]
            await v1.chat(request)
            return server.calls[0].json["messages"]

    messages = asyncio.run(test())
    first, second = messages[1]["tool_calls"]
    assert first["function"] == {"name": "get_weather", "arguments": '{"city":"Paris"}'}
    assert second["function"] == {"name": "get_time", "arguments": "?"}
    assert messages[2]["tool_call_id"] == second["id"] and messages[3]["tool_call_id"] == first["id"]
