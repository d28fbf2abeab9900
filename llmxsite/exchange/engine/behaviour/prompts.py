"""Prompts: what a conversation becomes before the model reads it, and which words are added to it."""

from __future__ import annotations

from llmxsite.exchange.engine.behaviour.models import CALLS, CHATS, SHARED, STORED_MESSAGES, STORED_SYSTEM
from llmxsite.exchange.engine.behaviour.question import Asked, Question, Seen, yes

_SYSTEM, _USER = {"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}
TOOL = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Current weather of a city",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}


async def _system(asked: Asked) -> Seen:
    own = str(asked.model.shown["system"])

    async def put(*messages: dict[str, str]) -> bool:
        return own in await asked.server.rendered(asked.name, messages=list(messages))

    alone, first, later = await put(_USER), await put(_SYSTEM, _USER), await put(_USER, _SYSTEM)
    parts = [
        yes(alone, "put first", "not put"),
        yes(first, "also before a system prompt that comes first", "not where the first message is a system prompt"),
        yes(later, "put where one comes later", "not where one comes later"),
    ]
    return Seen("; ".join(parts))


async def _messages(asked: Asked) -> Seen:
    own = str(asked.model.shown["messages"][0]["content"])
    text = await asked.server.rendered(asked.name, messages=[_SYSTEM, _USER])
    if own not in text:
        return Seen("not put")
    before = text.index(own) < text.index(_SYSTEM["content"])
    return Seen(yes(before, "put before everything, a system prompt too", "put after a system prompt"))


async def _render(asked: Asked) -> Seen:
    answer = await asked.server.chat(asked.name, _debug_render_only=True)
    if not answer.body.get("_debug_info"):
        return Seen("not told")
    return Seen(yes("eval_count" in answer.body, "told, and a reply is written", "told, and no token is generated"))


async def _render_tools(asked: Asked) -> Seen:
    text = await asked.server.rendered(asked.name, tools=[TOOL])
    return Seen(yes(text != await asked.server.rendered(asked.name), "in the rendered prompt", "not in it"))


async def _templates(asked: Asked) -> Seen:
    counts = []
    for model in asked.models.pair(templates=True):
        answer = await asked.server.chat(model.name, "What is 2+3?", think=False)
        counts.append(answer.body["prompt_eval_count"])
    return Seen(
        yes(len(set(counts)) == 2, "another number of tokens", "as many tokens"), f"{counts[0]} and {counts[1]}"
    )


QUESTIONS = (
    Question("stored-system", "Where does a stored system prompt go?", STORED_SYSTEM, _system),
    Question("stored-messages", "Where do stored messages go?", STORED_MESSAGES, _messages),
    Question("render-only", "Is the prompt told that a conversation becomes?", CHATS, _render),
    Question("render-tools", "Are tools in the prompt that is told?", CALLS, _render_tools),
    Question(
        "templates-differ", "One question, one set of weights, two templates: as many tokens?", SHARED, _templates
    ),
)
