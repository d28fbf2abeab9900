"""What an Ollama from before logprobs does: each row of docs/ollama.md about one, and what llmxsite makes of it."""

from __future__ import annotations

from typing import Any

import pytest
from servers.live import Raw
from servers.ollama_models import BASE, CHAT, STORED, THINKING

from llmxsite.engine.protocol import Message, Options, Request

RECORDING = "ollama-0.12.3"
LOGPROBS = False
CONTEXT = 256
claim = pytest.mark.claim


@pytest.fixture(autouse=True)
def _models(has: Any) -> None:
    has(CHAT, BASE, THINKING, STORED)


def ask(text: str, **options: Any) -> Request:
    settings = Options(**{"num_ctx": CONTEXT, "num_predict": 4, **options})
    return Request(model=CHAT, messages=[Message(role="user", content=text)], options=settings, top_logprobs=5)


@claim("old-logprobs")
def test_logprobs_are_passed_over_in_silence(raw: Raw) -> None:
    answer = raw.chat(CHAT, logprobs=True, top_logprobs=99)
    assert answer.status == 200 and not answer.logprobs and answer.lines[-1]["eval_count"] == 4


@claim("old-logprobs")
def test_missing_logprobs_are_a_lack_and_never_a_number(talk: Any) -> None:
    async def test(ollama: Any) -> Any:
        await ollama.model(CHAT, num_ctx=CONTEXT)
        return await ollama.describe(), await ollama.chat(ask("Hi"))

    info, reply = talk(test)
    assert f"no logprobs: server {info.version}" in info.lacks
    assert reply.text and reply.tokens is None and reply.warnings == ["logprobs-missing"]


@claim("old-overflow")
def test_prompt_too_long_is_cut_whatever_is_asked_for(raw: Raw) -> None:
    options = {"num_ctx": 128, "num_predict": 1}
    for body in (
        raw.chat(CHAT, "word " * 400, stream=False, truncate=False, options=options).body,
        raw.generate(CHAT, "word " * 400, raw=True, stream=False, truncate=False, options=options).body,
    ):
        assert body["prompt_eval_count"] == 128 and "error" not in body


@claim("old-overflow")
def test_cut_prompt_is_flagged_and_a_lack_before_the_first_sample(talk: Any) -> None:
    async def test(ollama: Any) -> Any:
        await ollama.model(CHAT, num_ctx=CONTEXT)
        lacks = (await ollama.describe()).lacks
        long = [Message(role=("user", "assistant")[i % 2], content=f"number {i} " * 60) for i in range(9)]
        talked = ask("Hi")
        talked.messages = long
        return lacks, await ollama.chat(ask("word " * 600)), await ollama.chat(talked), await ollama.chat(ask("Hi"))

    lacks, cut, dropped, fine = talk(test)
    assert any(lack.startswith("prompts that do not fit are cut silently") for lack in lacks)
    assert "context-truncated" in cut.warnings and cut.usage.prompt_tokens >= CONTEXT - 1
    assert "context-truncated" in dropped.warnings, "the oldest messages were dropped"
    assert "context-truncated" not in fine.warnings


@claim("old-shift")
def test_reply_outgrows_the_context_whatever_is_asked_for(raw: Raw) -> None:
    text, options = "Count: " + "one two three four " * 20, {"num_ctx": 128, "num_predict": 60}
    body = raw.chat(CHAT, text, stream=False, options=options, shift=False).body
    assert body["prompt_eval_count"] + body["eval_count"] > 128


@claim("old-think")
def test_model_that_can_think_does_not_unless_asked(raw: Raw) -> None:
    assert not raw.rendered(THINKING).endswith("<think>\n")
    assert raw.rendered(THINKING, think=True).endswith("<think>\n")


@claim("old-same")
def test_what_was_so_already(raw: Raw, talk: Any) -> None:
    """Rendering, the context in force, stored words, unloading."""
    model = talk(lambda ollama: ollama.model(STORED, num_ctx=CONTEXT))
    assert model.context_in_force == CONTEXT and model.stored_messages == 2 and len(model.render_hash) == 64
    rendered = raw.rendered(STORED)
    assert rendered.index("pirate") < rendered.index("Ahoy") < rendered.index("Hi")
    talk(lambda ollama: ollama.unload(STORED))
    assert raw.running() == {}
