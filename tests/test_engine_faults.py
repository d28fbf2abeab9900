"""Every fault of the fake server, over both APIs: what it is called, whether it may be tried again, what is kept."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
from servers.fake import FAULTS, Fake

from llmxsite.exchange.engine.address import Address
from llmxsite.exchange.engine.http import Limits
from llmxsite.exchange.engine.ollama import Ollama
from llmxsite.exchange.engine.openai import OpenAI
from llmxsite.exchange.engine.protocol import EngineError, Message, Options, Reply, Request

QUICK = Limits(connect=2, answer=2, first_byte=0.3, stall=0.3, reply=30)
APIS = {"ollama": Ollama, "openai": OpenAI}


def request(model: str = "fake:1b", **options: Any) -> Request:
    return Request(
        model=model,
        messages=[Message(role="user", content="Which?\nA) one\nB) two\nC) three")],
        options=Options(**{"num_predict": 8, **options}),
        top_logprobs=5,
    )


@asynccontextmanager
async def talk(api: str, limits: Limits = Limits(), **settings: Any) -> AsyncIterator[tuple[Any, Fake]]:
    async with Fake(**settings) as server, APIS[api](Address(server.url), limits=limits) as engine:
        yield engine, server


def run(test: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
    return asyncio.run(test())


def two_tokens(body: dict[str, Any]) -> tuple[list[str], str]:
    return ["B", ")"], "stop"


def ask(api: str, fault: str | None, **settings: Any) -> Reply | EngineError:
    async def test() -> Reply | EngineError:
        quick = QUICK if fault in ("stall", "stall-first") else Limits()
        async with talk(api, quick, faults=[fault], reply=two_tokens, **settings) as (engine, _):
            try:
                reply: Reply = await engine.chat(request())
            except EngineError as error:
                return error
            return reply

    return run(test)  # type: ignore[no-any-return]


ERRORS = {
    "reset": ("connection", True),
    "reset-mid": ("connection", True),
    "close-mid": ("connection", True),
    "stall": ("timeout", True),
    "stall-first": ("timeout", True),
    "half-line": ("protocol", True),
    "no-end": ("protocol", True),
    "load": ("server", True),
    "not-json": ("protocol", True),
    "error-line": ("server", True),
    "500": ("server", True),
    "502-html": ("server", True),
    "503": ("overloaded", True),
    "503-wait": ("overloaded", True),
    "429": ("overloaded", True),
    "memory": ("memory", False),
    "gone": ("missing-model", False),
    "no-such-path": ("unsupported", False),
    "wrong-type": ("protocol", False),
    "long-line": ("protocol", False),
    "huge": ("protocol", False),
}
REPLIES: dict[str, list[str]] = {
    "drip": [],
    "repeats": ["repetition-stopped"],
    "tool-line": [],
    "tool-500": ["logprobs-missing"],
    "bad-utf8": ["invalid-utf8"],
    "nan": [],
    "minus-infinity": [],
    "duplicates": ["duplicate-alternatives"],
    "missing-tokens": ["logprobs-missing"],
    "no-logprobs": ["logprobs-missing"],
    "cut": ["context-truncated"],
}


def test_every_fault_is_tried() -> None:
    assert {*ERRORS, *REPLIES} == set(FAULTS)


@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize("fault", ERRORS)
def test_fault_is_an_error_with_its_kind(api: str, fault: str) -> None:
    error = ask(api, fault)
    assert isinstance(error, EngineError), error
    assert (error.kind, error.retry) == ERRORS[fault], str(error)
    assert error.retry_after == (7.0 if fault == "503-wait" else None)
    assert "\n" not in str(error) and 0 < len(str(error)) < 400


@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize("fault", REPLIES)
def test_fault_leaves_a_reply_that_says_so(api: str, fault: str) -> None:
    reply = ask(api, fault)
    assert isinstance(reply, Reply), reply
    if fault.startswith("tool"):
        assert reply.model_failure is not None and "tool call" in reply.model_failure
        return
    assert reply.model_failure is None and reply.done_reason == (None if fault == "repeats" else "stop")
    if api == "openai" and fault == "cut":
        return  # a server of this kind refuses what does not fit; there is nothing to detect
    assert [w for w in reply.warnings if w != "token-mismatch"] == REPLIES[fault]
    if fault == "bad-utf8":
        assert reply.text == "\ufffd\ufffdB)"
    elif fault == "repeats":
        assert reply.text == "B" * 41
    else:
        assert reply.text == "B)"
    if fault in ("nan", "minus-infinity"):
        assert reply.tokens is not None
        assert reply.tokens[0].logprob is None and reply.tokens[0].top is not None
        assert reply.tokens[0].top[-1].logprob is None
    if fault == "duplicates":
        assert reply.tokens is not None and reply.tokens[0].top is not None
        assert len({a.token for a in reply.tokens[0].top}) == len(reply.tokens[0].top) == 5


@pytest.mark.parametrize("api", APIS)
def test_engine_goes_on_after_each_fault(api: str) -> None:
    """One engine, one server, every fault in turn, a good reply after each: nothing is left behind by any."""

    async def test() -> None:
        apart = (
            "reset",
            "stall",
            "stall-first",
            "huge",
            "drip",
        )  # "reset" is asked again, see below; the others are slow
        names = [name for name in FAULTS if name not in apart]
        faults = [fault for name in names for fault in (name, None)]
        async with talk(api, faults=faults, reply=two_tokens) as (engine, server):
            for _ in names:
                with suppress(EngineError):
                    await engine.chat(request())
                assert (await engine.chat(request())).text == "B)"
            assert len(server.calls) == len(faults)

    run(test)


@pytest.mark.parametrize("api", APIS)
def test_refused_connection(api: str) -> None:
    async def test() -> None:
        async with talk(api) as (engine, server):
            await server.hang_up()
            with pytest.raises(EngineError) as caught:
                await engine.chat(request())
            assert (caught.value.kind, caught.value.retry) == ("connection", True)
            await server.listen()
            assert (await engine.chat(request())).text

    run(test)


@pytest.mark.parametrize("api", APIS)
def test_a_connection_closed_while_idle_costs_nothing(api: str) -> None:
    """A server may close a kept connection at any time; the next request goes out on a new one."""

    async def test() -> None:
        async with talk(api, faults=[None, "reset", None]) as (engine, server):
            await engine.chat(request())
            reply = await engine.chat(request())
            assert reply.text and len(server.calls) == 3

    run(test)


@pytest.mark.parametrize("api", APIS)
def test_concurrent_replies_do_not_mix(api: str) -> None:
    async def test() -> None:
        def echo(body: dict[str, Any]) -> tuple[list[str], str]:
            return list(str(body.get("options", body)["seed"])), "stop"

        async with talk(api, reply=echo) as (engine, _):
            replies = await asyncio.gather(*(engine.chat(request(seed=seed)) for seed in range(1000, 1040)))
            assert [reply.text for reply in replies] == [str(seed) for seed in range(1000, 1040)]

    run(test)


@pytest.mark.parametrize("api", APIS)
def test_cancelling_a_request_leaves_the_engine_usable(api: str) -> None:
    async def test() -> None:
        async with talk(api, faults=["stall-first", None]) as (engine, server):
            task = asyncio.create_task(engine.chat(request()))
            while not server.calls:
                await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert (await engine.chat(request())).text

    run(test)


@pytest.mark.parametrize("api", APIS)
def test_redirects_are_not_followed(api: str) -> None:
    """A redirect would take the request, and the key with it, to another server."""

    class Elsewhere(Fake):
        async def _generate(self, path: str, body: dict[str, Any], wire: Any) -> None:
            await wire.answer(302, "", headers={"Location": "http://127.0.0.1:9/"})

    async def test() -> None:
        async with Elsewhere() as server, APIS[api](Address(server.url)) as engine:
            with pytest.raises(EngineError, match="HTTP 302") as caught:
                await engine.chat(request())
            assert (caught.value.kind, caught.value.retry) == ("invalid-request", False)

    run(test)
