"""Tools: calls, malformed calls, and models that have none."""

from __future__ import annotations

from collections.abc import AsyncIterator

from llmxsite.exchange.engine.behaviour.models import CALLS, NO_TOOLS, OWN_TEMPLATE, Model, NotAskedError
from llmxsite.exchange.engine.behaviour.prompts import TOOL
from llmxsite.exchange.engine.behaviour.question import Asked, Question, Seen, yes
from llmxsite.exchange.engine.behaviour.server import Answer, alike

_PARIS = "What is the weather in Paris?"
_TRIED = 4
"""Models asked for a call, until one writes one."""


async def _asked_for_a_call(asked: Asked) -> AsyncIterator[tuple[Model, Answer]]:
    for model in asked.models.all(CALLS)[:_TRIED]:
        yield model, await asked.server.chat(model.name, _PARIS, tools=[TOOL], options={"num_predict": 40})


async def _calls(asked: Asked) -> Seen:
    async for model, answer in _asked_for_a_call(asked):
        found = answer.taken and (answer.body.get("message") or {}).get("tool_calls")
        if not found:
            continue
        call = found[0]
        keys = [*(f"`{k}`" for k in sorted(call) if k != "function"), *(f"`{k}`" for k in sorted(call["function"]))]
        kind = yes(isinstance(call["function"]["arguments"], dict), "an object", "a text")
        body = {"messages": [{"role": "user", "content": _PARIS}], "tools": [TOOL], "max_tokens": 40, "temperature": 0}
        v1 = (await asked.server.post("/v1/chat/completions", model=model.name, **body)).body["choices"][0]["message"]
        there = (v1.get("tool_calls") or [{}])[0].get("function", {}).get("arguments")
        v1_kind = "an object" if isinstance(there, dict) else "a text" if isinstance(there, str) else "missing"
        return Seen(f"{', '.join(keys)}; arguments are {kind}, on `/v1` {v1_kind}")
    raise NotAskedError("needs a model that calls tools")


async def _malformed(asked: Asked) -> Seen:
    async for model, answer in _asked_for_a_call(asked):
        if answer.status != 500 or not answer.words:
            continue
        said = {"in one piece": answer.said}
        for how, more in (("streamed", {}), ("streamed with log-probabilities", {"logprobs": True})):
            body = {"tools": [TOOL], "stream": True, "options": {"num_predict": 40}} | more
            said[how] = (await asked.server.chat(model.name, _PARIS, **body)).said
        return Seen(alike(said))
    raise NotAskedError("needs a model that writes a malformed call")


async def _incapable(asked: Asked) -> Seen:
    return Seen((await asked.server.chat(asked.name, _PARIS, tools=[TOOL])).said)


async def _logprobs(asked: Asked) -> Seen:
    said = {}
    for how, stream in (("streamed", True), ("in one piece", False)):
        answer = await asked.server.chat(asked.name, _PARIS, tools=[TOOL], logprobs=True, stream=stream)
        come = yes(bool(answer.logprobs), "log-probabilities come", "none come back")
        said[how] = come if answer.taken else answer.said
    return Seen(alike(said))


async def _own(asked: Asked) -> Seen:
    return Seen((await asked.server.chat(asked.name, _PARIS, tools=[TOOL])).said)


QUESTIONS = (
    Question("tool-calls", "What is a tool call made of?", CALLS, _calls),
    Question("tool-calls-malformed", "A tool call that cannot be read?", CALLS, _malformed),
    Question("tools-incapable", "Tools to a model that has none?", NO_TOOLS, _incapable),
    Question("tools-logprobs", "Tools and log-probabilities together?", CALLS, _logprobs),
    Question("tools-own", "Tools to a model with a template in its weights alone?", OWN_TEMPLATE, _own),
    Question("tools-own-logprobs", "Such tools and log-probabilities together?", OWN_TEMPLATE, _logprobs),
)
