"""Errors: which status for what."""

from __future__ import annotations

from llmxsite.exchange.engine.behaviour.models import CHATS
from llmxsite.exchange.engine.behaviour.question import Asked, Question, Seen
from llmxsite.exchange.engine.behaviour.server import alike

_NONE = "no-such-model:1b"


async def _missing(asked: Asked) -> Seen:
    server, hi = asked.server, [{"role": "user", "content": "Hi"}]
    answers = {
        "/api/chat": await server.chat(_NONE),
        "/api/generate": await server.generate(_NONE, "Hi"),
        "/api/show": await server.post("/api/show", model=_NONE),
        "/api/embed": await server.post("/api/embed", model=_NONE, input="Hi"),
        "/v1": await server.post("/v1/chat/completions", model=_NONE, messages=hi),
    }
    return Seen(alike({path: answer.said for path, answer in answers.items()}))


async def _invalid(asked: Asked) -> Seen:
    server, hi = asked.server, [{"role": "user", "content": "Hi"}]
    answers = {
        "no model named": await server.post("/api/chat", model="", messages=hi),
        "a name that is none": await server.post("/api/chat", model="../x", messages=hi),
        "a raw prompt with a system prompt": await server.generate(asked.name, "Hi", system="x"),
        "a path that does not exist": await server.get("/api/nowhere"),
    }
    return Seen(alike({what: answer.said for what, answer in answers.items()}))


QUESTIONS = (
    Question("error-missing", "A model that is not there?", CHATS, _missing),
    Question("error-invalid", "A request that is not valid?", CHATS, _invalid),
)
