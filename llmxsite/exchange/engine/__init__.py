"""Engines: what answers a request. `connect` makes one by its name; `protocol` has what they all speak."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from llmxsite.base.diagnostics import Problem
    from llmxsite.exchange.engine.address import Address
    from llmxsite.exchange.engine.protocol import Engine, EngineError

NAMES = ("auto", "ollama", "openai", "embedded")


def connect(name: str = "auto", host: str | None = None, concurrency: int = 1) -> Engine:
    """An engine by name, for `concurrency` requests at once; use it as an asynchronous context manager.

    `ollama` is at `host`, else at OLLAMA_HOST, else on this machine. `openai` needs a `host`; its key is OPENAI_API_KEY.
    `embedded` needs no server. `auto` takes what answers at `host`; without one, the Ollama that
    OLLAMA_HOST names; without either, Ollama when it answers on this machine, else `embedded`. Raises `EngineError` when
    nothing answers at the address that was named, `ValueError` for another name.
    """
    import os

    from llmxsite.exchange.engine.address import ollama_address, openai_address
    from llmxsite.exchange.engine.protocol import EngineError

    if name == "auto":
        name = _find(host)
    if name == "ollama":
        from llmxsite.exchange.engine.ollama import Ollama

        return Ollama(ollama_address(host or os.environ.get("OLLAMA_HOST")), connections=concurrency)
    if name == "openai":
        from llmxsite.exchange.engine.openai import OpenAI

        if host is None:
            raise EngineError(
                "invalid-request", "the engine `openai` needs the address of its server: --host", retry=False
            )
        try:
            address = openai_address(host)
        except ValueError as error:
            raise EngineError("invalid-request", str(error), retry=False) from None
        return OpenAI(address, connections=concurrency, key=os.environ.get("OPENAI_API_KEY") or None)
    if name == "embedded":
        from llmxsite.exchange.engine.embedded import Embedded

        return Embedded(concurrency=concurrency)
    raise ValueError(f"unknown engine '{name}': one of {', '.join(NAMES)}")


def problem(error: EngineError, place: str) -> Problem:
    """An engine's error as something to show a person: `place` is the engine, host or model it came from."""
    from llmxsite.base.diagnostics import Problem

    return Problem.at(place, f"engine-{error.kind}", str(error), hint=error.hint or _HINTS.get(error.kind))


_HINTS = {
    "connection": "is the server running at that address? --engine embedded needs none",
    "timeout": "the server may be loading a large model, or be too busy: try again, or choose a smaller one",
    "overloaded": "the server is busy: try again later, or lower the concurrency",
    "missing-model": "`llmxsite models list` shows what there is",
    "memory": "choose a smaller model or quantization, or a smaller num_ctx",
    "protocol": "is this the address of a model server? `llmxsite doctor --host ADDRESS` looks",
}


def _find(host: str | None) -> str:
    """Which engine `auto` means here."""
    import os

    from llmxsite.exchange.engine.address import ollama_address, openai_address
    from llmxsite.exchange.engine.protocol import EngineError

    named = os.environ.get("OLLAMA_HOST", "").strip()
    ollama = ollama_address(host or named)
    if _answers(ollama, "/api/version"):
        return "ollama"
    if host is None and named:
        # Who names a server wants its models: those of another engine under the same names are other weights.
        raise EngineError(
            "connection",
            f"no Ollama answers at {ollama.shown}, the address in OLLAMA_HOST",
            retry=False,
            hint="start it there, correct or unset OLLAMA_HOST, or name another server with --host; --engine embedded needs none",
        )
    if host is None:
        return "embedded"
    try:
        address = openai_address(host)
    except ValueError as error:
        raise EngineError("invalid-request", str(error), retry=False) from None
    if _answers(address, "/v1/models"):
        return "openai"
    raise EngineError("connection", f"no model server answers at {address.shown}", retry=False)


def _answers(address: Address, path: str) -> bool:
    """Whether a GET brings an object of JSON, or asks for a key, within a second and a half."""
    import asyncio
    from concurrent.futures import ThreadPoolExecutor

    import msgspec

    from llmxsite.exchange.engine.http import Http, Limits
    from llmxsite.exchange.engine.protocol import EngineError

    async def ask() -> bool:
        async with Http(address, limits=Limits(connect=1.5, answer=1.5)) as http:
            try:
                msgspec.json.decode(await http.ask(path), type=dict)
            except EngineError as error:
                return error.status in (401, 403)
            except (msgspec.DecodeError, UnicodeDecodeError):
                return False
        return True

    # In a thread of its own: whoever asks for an engine may be in an event loop already.
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(lambda: asyncio.run(ask())).result()
