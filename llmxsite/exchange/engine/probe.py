"""What an engine really does, found by asking it: short requests whose replies can be judged.

`doctor` shows these findings. They cost a few tokens each, and nothing is assumed from a version.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Literal, NamedTuple

from llmxsite.exchange.engine.protocol import Engine, EngineError, Options, Reply, Request

CONTEXT = 512
Verdict = Literal["yes", "no", "unknown"]


class Finding(NamedTuple):
    """One thing asked of an engine."""

    what: str
    verdict: Verdict
    detail: str


async def probe(engine: Engine, model: str) -> list[Finding]:
    """Ask `engine` with `model` (one that completes text) about logprobs, seeds, penalties and its context.

    Raises `EngineError` when the model does not answer at all.
    """
    first = await engine.chat(_request(model, "One two three four"))
    findings = [_logprobs(first)]
    questions: tuple[tuple[str, Callable[[Engine, str], Awaitable[Finding]]], ...] = (
        ("seeds", _seeds),
        ("penalties", _penalties),
        ("overflow", _overflow),
    )
    for what, question in questions:
        try:
            findings.append(await question(engine, model))
        except EngineError as error:
            findings.append(Finding(what, "unknown", str(error)))
    return findings


def _request(model: str, prompt: str, **options: float) -> Request:
    settings = Options(**{"num_ctx": CONTEXT, "num_predict": 1, **options})  # type: ignore[arg-type]
    return Request(model=model, messages=[], raw_prompt=prompt, options=settings, top_logprobs=5)


def _logprobs(reply: Reply) -> Finding:
    if not reply.tokens:
        return Finding("logprobs", "no", "none come back: confidence cannot be measured")
    alternatives = len(reply.tokens[0].top or [])
    return Finding("logprobs", "yes", f"with {alternatives} alternatives a token where 5 were asked for")


async def _seeds(engine: Engine, model: str) -> Finding:
    """Two hot replies with one seed must agree, and a third with another should not."""

    async def hot(seed: int) -> str:
        return (await engine.chat(_request(model, "Once", temperature=2.0, top_p=1.0, num_predict=8, seed=seed))).text

    one, again, other = await hot(1), await hot(1), await hot(2)
    if one != again:
        return Finding("seeds", "no", "one seed gave two replies")
    if one == other:
        return Finding("seeds", "unknown", "two seeds gave one reply: the temperature may not be honoured")
    return Finding("seeds", "yes", "the same seed gave the same reply, another one another")


async def _penalties(engine: Engine, model: str) -> Finding:
    """A strong penalty must turn the model away from the word it would repeat."""
    prompt = "tea tea tea tea tea tea tea tea tea tea tea tea tea tea tea tea"
    free = await engine.chat(_request(model, prompt))
    penalised = await engine.chat(_request(model, prompt, repeat_penalty=10.0))
    if "tea" not in free.text:
        return Finding("penalties", "unknown", "the model does not repeat itself here")
    if free.text == penalised.text:
        return Finding("penalties", "no", "repeat_penalty changes nothing for this model")
    return Finding("penalties", "yes", "repeat_penalty is honoured")


async def _overflow(engine: Engine, model: str) -> Finding:
    """A prompt longer than the context must be refused."""
    try:
        reply = await engine.chat(_request(model, "tea " * (2 * CONTEXT)))
    except EngineError as error:
        if error.kind == "context":
            return Finding("overflow", "yes", "a prompt that does not fit is refused")
        raise
    read = reply.usage.prompt_tokens
    if read is not None and read > CONTEXT:
        return Finding("overflow", "unknown", f"the context is larger than the {CONTEXT} tokens asked for")
    return Finding("overflow", "no", f"a prompt that does not fit is cut silently: {read} tokens were read")
