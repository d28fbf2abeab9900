"""Thinking: who does, by default and on demand."""

from __future__ import annotations

from llmxsite.exchange.engine.behaviour.models import NO_THINKING, OWN_TEMPLATE, THINKS
from llmxsite.exchange.engine.behaviour.question import Asked, Question, Seen, yes
from llmxsite.exchange.engine.behaviour.server import alike

_LEVELS = (True, False, "low", "medium", "high", "max", "nonsense")


def _thought(lines: list[dict[str, dict[str, str]]]) -> str:
    return "".join((line.get("message") or {}).get("thinking") or "" for line in lines)


async def _shared(asked: Asked) -> Seen:
    answer = await asked.server.chat(
        asked.name, "What is 2+3?", think=True, logprobs=True, stream=True, options={"num_predict": 24}
    )
    if not answer.logprobs:
        return Seen("no log-probabilities come back")
    thought, spelt = _thought(answer.lines), "".join(entry["token"] for entry in answer.logprobs)
    return Seen(yes(bool(thought) and thought in spelt, "in one list with the answer's", "not in the list"))


async def _default(asked: Asked) -> Seen:
    plain = await asked.server.rendered(asked.name)
    on, off = [await asked.server.rendered(asked.name, think=think) for think in (True, False)]
    if on == off:
        return Seen("`think` makes no difference to the prompt")
    return Seen("it thinks" if plain == on else "it does not think" if plain == off else "another prompt than both")


async def _incapable(asked: Asked) -> Seen:
    server = asked.server
    raw = await server.post("/api/generate", model=asked.name, prompt="Hi", think=True, stream=False)
    true = alike({"/api/chat": (await server.chat(asked.name, think=True)).said, "/api/generate": raw.said})
    return Seen(alike({"true": true, "false": (await server.chat(asked.name, think=False)).said}))


async def _own(asked: Asked) -> Seen:
    return Seen((await asked.server.chat(asked.name, think=True)).said)


async def _levels(asked: Asked) -> Seen:
    said = {}
    for level in _LEVELS:
        answer = await asked.server.chat(asked.name, think=level, options={"num_predict": 1})
        said[str(level).lower()] = answer.said
    return Seen(alike(said))


async def _format(asked: Asked) -> Seen:
    schema = {"type": "object", "properties": {"sum": {"type": "integer"}}, "required": ["sum"]}
    answer = await asked.server.chat(asked.name, "What is 2+3?", think=True, format=schema, options={"num_predict": 16})
    if not answer.taken:
        return Seen(answer.said)
    thought = _thought(answer.lines)
    if not thought:
        return Seen("no thinking comes")
    return Seen(
        yes(thought.lstrip().startswith("{"), "the schema binds the thinking", "the thinking is free of the schema")
    )


QUESTIONS = (
    Question("think-shared-list", "Where are the log-probabilities of thinking?", THINKS, _shared),
    Question("think-default", "What does a model that can think do unasked?", THINKS, _default),
    Question("think-incapable", "What becomes of `think` where the model cannot?", NO_THINKING, _incapable),
    Question(
        "think-own", "What becomes of `think` under a template in the weights that knows of none?", OWN_TEMPLATE, _own
    ),
    Question("think-levels", "Which values does `think` take?", THINKS, _levels),
    Question("think-format", "Does a schema bind the thinking?", THINKS, _format),
)
