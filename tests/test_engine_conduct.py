"""Forcing a cold start, forbidding the prompt cache, filling the context: what each engine does when it is asked to."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from servers.fake import Fake
from servers.wire import Call, HttpServer, Wire

from llmxsite.exchange import engine
from llmxsite.exchange.engine import weights
from llmxsite.exchange.engine.embedded import Embedded
from llmxsite.exchange.engine.protocol import Engine, EngineError, Message, Options, Reply, Request

MODEL = "smollm2:135m"


def ask(model: str = "fake:1b", text: str = "A) yes\nB) no", **more: Any) -> Request:
    return Request(
        model=model,
        messages=[Message(role="user", content=text)],
        options=Options(num_ctx=512, num_predict=more.pop("budget", 4)),
        **{"top_logprobs": 3, **more},
    )


def talk(name: str, url: str, test: Callable[[Any], Awaitable[Any]]) -> Any:
    async def inside() -> Any:
        async with engine.connect(name, url) as server:
            return await test(server)

    return asyncio.run(inside())


def load_ms(reply: Reply) -> float:
    assert reply.timing.load_ms is not None
    return reply.timing.load_ms


def test_ollama_unloads_and_waits_until_the_model_is_gone() -> None:
    async def test(ollama: Engine) -> None:
        assert load_ms(await ollama.chat(ask())) > 500
        assert load_ms(await ollama.chat(ask())) < 100
        await ollama.unload("fake:1b")
        assert load_ms(await ollama.chat(ask())) > 500
        await ollama.unload("fake:1b")
        await ollama.unload("fake:1b")

    with Fake() as server:
        talk("ollama", server.url, test)
        assert server.loaded == {}
        asked = [call.path for call in server.calls if call.path in ("/api/generate", "/api/ps")]
        assert asked[:3] == ["/api/generate", "/api/ps", "/api/ps"], "the first list still had it"


def test_ollama_reloads_for_another_context() -> None:
    async def test(ollama: Engine) -> None:
        wide = ask()
        wide.options = Options(num_ctx=1024, num_predict=4)
        loads = [load_ms(await ollama.chat(request)) > 500 for request in (ask(), wide, wide, ask())]
        assert loads == [True, True, False, True]

    with Fake() as server:
        talk("ollama", server.url, test)


def test_ollama_has_no_such_model_to_unload() -> None:
    with Fake() as server, pytest.raises(EngineError) as caught:
        talk("ollama", server.url, lambda ollama: ollama.unload("gone:1b"))
    assert (caught.value.kind, caught.value.retry) == ("missing-model", False)


def test_openai_cannot_unload_and_says_so() -> None:
    async def test(v1: Engine) -> None:
        with pytest.raises(EngineError) as caught:
            await v1.unload("fake:1b")
        assert (caught.value.kind, caught.value.retry) == ("unsupported", False)
        assert (await v1.describe()).lacks == ["models cannot be unloaded: there is no cold start"]

    with Fake() as server:
        talk("openai", server.url, test)


def test_prompt_cache_is_forbidden_unless_it_is_wanted() -> None:
    async def test(v1: Engine) -> None:
        await v1.chat(ask())
        await v1.chat(ask(cache_prompt=True))

    with Fake() as server:
        talk("openai", server.url, test)
    assert [call.json["cache_prompt"] for call in server.calls] == [False, True]


def test_prompt_cache_used_all_the_same_is_a_lack() -> None:
    async def test(v1: Engine) -> None:
        await v1.chat(ask(cache_prompt=True))
        assert (await v1.describe()).lacks == []
        await v1.chat(ask())
        assert (await v1.describe()).lacks == ["prompts are cached, though each request forbids it"]

    with Fake(cached=7) as server:
        talk("openai", server.url, test)


def test_ollamas_prompt_cache_cannot_be_forbidden() -> None:
    async def test(ollama: Engine) -> None:
        await ollama.chat(ask())
        lacks = (await ollama.describe()).lacks
        assert lacks == ["the prompt cache cannot be turned off: server 0.20.7"]

    with Fake() as server:
        talk("ollama", server.url, test)
    assert all("cache_prompt" not in (call.json or {}) for call in server.calls)


def test_full_context_is_no_sign_of_a_cut_where_longer_prompts_are_refused() -> None:
    """Whether they are is asked when a model is loaded; until then, a prompt as long as the context is suspicious."""

    async def test(ollama: Engine) -> None:
        fits = ask(text="tea " * 512)
        assert (await ollama.chat(fits)).warnings == ["context-truncated"]
        await ollama.model("fake:1b", num_ctx=512)
        assert (await ollama.chat(fits)).warnings == []
        with pytest.raises(EngineError, match="does not fit the context"):
            await ollama.chat(ask(text="tea " * 513))

    with Fake() as server:
        talk("ollama", server.url, test)


class Repeating(HttpServer):
    """Ends its replies as Ollama does when a model repeats itself: after `times` tokens alike the stream is over."""

    def __init__(self, times: int) -> None:
        super().__init__()
        self.times = times

    async def handle(self, call: Call, wire: Wire) -> None:
        native = call.path.startswith("/api")
        wire.start("application/x-ndjson" if native else "text/event-stream")
        for word in ("So: ", *["tea", " tea"] * (self.times // 2)):
            line = {"message": {"content": word}} if native else {"choices": [{"delta": {"content": word}}]}
            await wire.chunk((b"" if native else b"data: ") + json.dumps(line).encode() + b"\n\n")
        await wire.end()


@pytest.mark.parametrize("name", ["ollama", "openai"])
def test_reply_that_repetition_ended_is_kept_and_a_broken_one_is_not(name: str) -> None:
    request = ask(top_logprobs=None)
    with Repeating(30) as server:
        reply = talk(name, server.url, lambda chosen: chosen.chat(request))
    assert reply.warnings == ["repetition-stopped"] and reply.text.count("tea") == 30 and reply.done_reason is None
    with Repeating(28) as server, pytest.raises(EngineError, match="before it was complete") as caught:
        talk(name, server.url, lambda chosen: chosen.chat(request))
    assert caught.value.retry


def with_weights(test: Callable[[Embedded], Awaitable[Any]], concurrency: int = 1) -> Any:
    if weights.find(MODEL) is None:
        pytest.skip(f"{MODEL} is not pulled: llmxsite models pull {MODEL}")

    async def inside() -> Any:
        async with Embedded(concurrency=concurrency) as embedded:
            return await test(embedded)

    return asyncio.run(inside())


@pytest.mark.embedded
def test_embedded_unloads_once_its_requests_are_done() -> None:
    async def test(embedded: Embedded) -> None:
        await embedded.unload(MODEL)  # nothing is loaded yet
        first = await embedded.chat(ask(MODEL))
        under_way = asyncio.create_task(embedded.chat(ask(MODEL, "Count to ten.", budget=12)))
        while not embedded._active:
            await asyncio.sleep(0)
        await embedded.unload(MODEL)
        assert under_way.done() and (await under_way).text
        again = await embedded.chat(ask(MODEL))
        assert load_ms(first) > 0 and load_ms(again) > 0 and again.text == first.text
        with pytest.raises(EngineError, match="has no model"):
            await embedded.unload("nope")

    with_weights(test)


@pytest.mark.embedded
def test_embedded_takes_a_prompt_from_its_cache_only_where_it_may() -> None:
    async def test(embedded: Embedded) -> None:
        cached = [
            (await embedded.chat(ask(MODEL, cache_prompt=may))).usage.cached_tokens for may in (True, True, False)
        ]
        assert cached[0] == 0 and cached[1] is not None and cached[1] > 10 and cached[2] == 0

    with_weights(test)


@pytest.mark.embedded
def test_embedded_answers_two_at_once() -> None:
    """The second's first token comes before the first's last: they share the engine, they do not queue."""
    order: list[int] = []

    async def test(embedded: Embedded) -> None:
        await embedded.chat(ask(MODEL))
        replies = await asyncio.gather(
            *(
                embedded.chat(ask(MODEL, "Tell me a story.", budget=24), lambda *_, number=number: order.append(number))
                for number in (0, 1)
            )
        )
        assert all(reply.text for reply in replies)

    with_weights(test, concurrency=2)
    first, last = ({n: f(n) for n in (0, 1)} for f in (order.index, lambda n: len(order) - order[::-1].index(n)))
    assert first[0] < last[1] and first[1] < last[0], order


def test_a_server_that_only_says_that_it_loaded_is_asked_again() -> None:
    async def go() -> None:
        async with Fake(faults=["load", "load"]) as server, engine.connect("ollama", server.url) as ollama:
            model = await ollama.model("fake:1b", num_ctx=512)
            assert model.context_in_force == 512

    asyncio.run(go())
