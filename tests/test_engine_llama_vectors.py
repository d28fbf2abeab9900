"""Vectors from llama.cpp's own server, and from the embedded engine around it.

pytest tests/test_engine_llama_vectors.py                                     # played back
LLMXSITE_RECORD=b... pytest -m embedded tests/test_engine_llama_vectors.py    # live, and record again

The live half needs the weights that `python tests/servers/minilm.py` makes.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
from servers.minilm import NAME
from servers.replay import Recorder, Replay

from llmxsite.exchange import engine
from llmxsite.exchange.engine import weights
from llmxsite.exchange.engine.child import Orders
from llmxsite.exchange.engine.embedded import Embedded, _start, _stop
from llmxsite.exchange.engine.openai import OpenAI
from llmxsite.exchange.engine.protocol import EmbedRequest, EngineError

RECORD = os.environ.get("LLMXSITE_RECORD")
RECORDED = "llama-server-vectors"
CONTEXT = 512
PAIR = ("a cat sleeps on the mat", "a kitten naps on a rug", "the tax return is due in May")


def asked(*texts: str, **more: Any) -> EmbedRequest:
    return EmbedRequest(model=NAME, texts=list(texts), **more)


def minilm() -> str:
    path = weights.find(NAME)
    if path is None:
        pytest.skip(f"{NAME} is not there: python tests/servers/minilm.py makes it")
    pytest.importorskip("xllamacpp")
    return str(path)


@pytest.fixture(scope="module", params=["recorded", pytest.param("live", marks=pytest.mark.embedded)])
def server(request: pytest.FixtureRequest) -> Iterator[Callable[[Callable[[OpenAI], Awaitable[Any]]], Any]]:
    """A function that runs a test with the engine `openai`, connected to llama.cpp's server."""
    kept: list[dict[str, Any]] = []

    async def run(test: Callable[[Any], Awaitable[Any]]) -> Any:
        if request.param == "recorded":
            async with Replay(RECORDED) as replay, engine.connect("openai", replay.url) as v1:
                return await test(v1)
        loaded = await _start(Orders(minilm(), CONTEXT, 1, embed=True))
        try:
            recorder = Recorder(loaded.client._http.address.url, {"name": "llama-server"})
            async with recorder, engine.connect("openai", recorder.url) as v1:
                try:
                    return await test(v1)
                finally:
                    kept.extend(exchange for exchange in recorder.exchanges if exchange not in kept)
        finally:
            await loaded.client.__aexit__()
            await _stop(loaded.process)
            loaded.errors.close()

    yield lambda test: asyncio.run(run(test))
    if request.param == "live" and RECORD is not None:
        recorder = Recorder("", {"name": "llama-server", "version": RECORD, "model": NAME})
        recorder.exchanges = kept
        recorder.save(RECORDED)


def test_like_texts_have_like_vectors(server: Any) -> None:
    vectors = server(lambda v1: v1.embed(asked(*PAIR)))
    cat, kitten, tax = vectors.array()
    assert vectors.dimensions == 384 and vectors.normalised() and vectors.warnings == []
    assert cat @ kitten > 0.5 > 0.2 > cat @ tax
    assert vectors.tokens == [8, 9, 9]


def test_base64_is_the_decimals_without_their_rounding(server: Any) -> None:
    async def test(v1: OpenAI) -> Any:
        packed = await v1.embed(asked("tea"))
        v1._base64 = False
        return packed, await v1.embed(asked("tea"))

    packed, decimals = server(test)
    assert packed.rows == decimals.rows, "a float32 in nine digits is the same float32"


def test_a_text_too_long_is_no_fault_of_the_server(server: Any) -> None:
    with pytest.raises(EngineError) as caught:
        server(lambda v1: v1.embed(asked("tea " * 600)))
    assert (caught.value.kind, caught.value.retry, caught.value.context) == ("context", False, CONTEXT)


def test_a_longer_text_is_read_whole(server: Any) -> None:
    vectors = server(lambda v1: v1.embed(asked("tea " * 300)))
    assert vectors.tokens == [302] and vectors.warnings == []


def test_dimensions_are_passed_over(server: Any) -> None:
    async def test(v1: OpenAI) -> Any:
        return await v1.embed(asked("tea", dimensions=64)), v1.lacks()

    vectors, lacks = server(test)
    assert vectors.dimensions == 384 and vectors.warnings == ["dimensions-ignored"]
    assert lacks == [f"vectors of '{NAME}' have 384 dimensions, whatever is asked for"]


def test_a_text_of_nothing_has_a_vector_of_its_special_tokens(server: Any) -> None:
    vectors = server(lambda v1: v1.embed(asked("")))
    assert vectors.tokens == [2] and vectors.faults() == [None]


@pytest.mark.embedded
def test_the_embedded_engine_gives_what_its_server_gives() -> None:
    minilm()

    async def test() -> None:
        async with Embedded() as embedded, Embedded() as other:
            info = await embedded.model(NAME, num_ctx=4096)
            assert info.context_in_force == CONTEXT, "no more than the model has positions for"
            vectors = await embedded.embed(asked(*PAIR, "tea " * 500, num_ctx=4096))
            assert vectors.sent is not None and vectors.sent.num_ctx == CONTEXT and vectors.timing.load_ms == 0
            assert vectors.tokens == [8, 9, 9, 502] and vectors.faults() == [None] * 4
            alone = await other.embed(asked(PAIR[0], keep_alive=0))
            assert alone.rows == vectors.rows[:1], "a vector does not depend on its neighbours"
            assert alone.timing.load_ms and other._loaded is None
            with pytest.raises(EngineError) as caught:
                await embedded.embed(asked("tea " * 600))
            assert (caught.value.kind, caught.value.retry) == ("context", False)

    asyncio.run(test())
