"""What llmxsite makes of what a server lacks: found by asking, written down, and never a number that was not given."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from servers.live import Raw
from servers.ollama_models import CHAT, STORED

from llmxsite.exchange.engine.protocol import EngineError, Message, Options, Request

RECORDING = "ollama-{version}-lacks"
CONTEXT = 256


@pytest.fixture(autouse=True)
def _models(has: Any) -> None:
    has(CHAT, STORED)


def ask(text: str, **options: Any) -> Request:
    settings = Options(**{"num_ctx": CONTEXT, "num_predict": 4, **options})
    return Request(model=CHAT, messages=[Message(role="user", content=text)], options=settings, top_logprobs=5)


def test_missing_logprobs_are_a_lack_and_never_a_number(talk: Any, behaviour: Callable[[str], str]) -> None:
    async def test(ollama: Any) -> Any:
        await ollama.model(CHAT, num_ctx=CONTEXT)
        return await ollama.describe(), await ollama.chat(ask("Hi"))

    info, reply = talk(test)
    lacks = behaviour("logprobs-shape") == "none come back"
    assert (f"no logprobs: server {info.version}" in info.lacks) is lacks
    assert reply.text and (reply.tokens is None) is lacks
    assert reply.warnings == (["logprobs-missing"] if lacks else [])


def test_cut_prompt_is_flagged_and_a_lack_before_the_first_sample(talk: Any, behaviour: Callable[[str], str]) -> None:
    talked = ask("Hi")
    talked.messages = [Message(role=("user", "assistant")[i % 2], content=f"number {i} " * 60) for i in range(9)]

    async def test(ollama: Any) -> Any:
        await ollama.model(CHAT, num_ctx=CONTEXT)
        found: list[Any] = [(await ollama.describe()).lacks]
        for request in (ask("word " * 600), talked, ask("Hi")):
            try:
                found.append("context-truncated" in (await ollama.chat(request)).warnings)
            except EngineError as error:
                found.append(error.status)
        return found

    lacks, *became = talk(test)
    cuts = behaviour("overflow-refused").startswith("cut without a word")
    assert any(lack.startswith("prompts that do not fit are cut silently") for lack in lacks) is cuts
    # Of the second conversation the oldest messages are dropped.
    assert became == ([True, True, False] if cuts else [400, 400, False])


def test_what_was_so_already(raw: Raw, talk: Any) -> None:
    """Rendering, the context in force, stored words, unloading: on every version."""
    model = talk(lambda ollama: ollama.model(STORED, num_ctx=CONTEXT))
    assert model.context_in_force == CONTEXT and model.stored_messages == 2 and len(model.render_hash) == 64
    rendered = raw.rendered(STORED)
    assert rendered.index("pirate") < rendered.index("Ahoy") < rendered.index("Hi")
    talk(lambda ollama: ollama.unload(STORED))
    assert not {STORED, CHAT} & set(raw.running())
