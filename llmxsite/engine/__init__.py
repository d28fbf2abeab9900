"""Engines: what answers a request. `connect` makes one by its name; `protocol` has what they all speak."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from llmxsite.engine.protocol import Engine

NAMES = ("auto", "ollama", "openai", "embedded")


def connect(name: str = "auto", host: str | None = None, concurrency: int = 1) -> Engine:
    """An engine by name, for `concurrency` requests at once; use it as an asynchronous context manager.

    `ollama` is at `host`, else at OLLAMA_HOST, else on this machine. `openai` needs a `host`; its key is OPENAI_API_KEY.
    `embedded` needs no server. `auto` takes what answers at `host`; without one, Ollama when it answers, else
    `embedded`. Raises `EngineError` when nothing answers at the host given, `ValueError` for another name.
    """
    import os

    from llmxsite.engine.address import ollama_address, openai_address
    from llmxsite.engine.protocol import EngineError

    if name == "auto":
        name = _find(host)
    if name == "ollama":
        from llmxsite.engine.ollama import Ollama

        return Ollama(ollama_address(host or os.environ.get("OLLAMA_HOST")), connections=concurrency)
    if name == "openai":
        from llmxsite.engine.openai import OpenAI

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
        from llmxsite.engine.embedded import Embedded

        return Embedded(concurrency=concurrency)
    raise ValueError(f"unknown engine '{name}': one of {', '.join(NAMES)}")


def _find(host: str | None) -> str:
    """Which engine `auto` means here."""
    import os

    from llmxsite.engine.address import ollama_address, openai_address
    from llmxsite.engine.protocol import EngineError

    ollama = ollama_address(host or os.environ.get("OLLAMA_HOST"))
    if _answers(f"{ollama.url}/api/version"):
        return "ollama"
    if host is None:
        return "embedded"
    try:
        address = openai_address(host)
    except ValueError as error:
        raise EngineError("invalid-request", str(error), retry=False) from None
    if _answers(f"{address.url}/v1/models"):
        return "openai"
    raise EngineError("connection", f"no model server answers at {address.shown}", retry=False)


def _answers(url: str) -> bool:
    """Whether a GET brings JSON, or asks for a key, within a second and a half."""
    import urllib.error
    import urllib.request

    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=1.5) as response:
            return bool(response.headers.get_content_type() == "application/json")
    except urllib.error.HTTPError as error:
        return error.code in (401, 403)
    except (OSError, ValueError):
        return False
