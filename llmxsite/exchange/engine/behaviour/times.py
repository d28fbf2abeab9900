"""Times, and how a reply ends."""

from __future__ import annotations

from llmxsite.exchange.engine.behaviour.models import CHATS, COMPLETES, NotAskedError
from llmxsite.exchange.engine.behaviour.question import Asked, Question, Seen, yes
from llmxsite.exchange.engine.behaviour.server import Answer

_PROMPT = "0" * 100
"""What models go on with."""
_MANY = 140
"""Tokens that a model may repeat itself for: servers stop it after 30 or after 100 alike."""
_REPEATERS = 3
"""Models tried until one repeats itself."""


async def _times(asked: Asked) -> Seen:
    body = (await asked.server.chat(asked.name)).body
    names = ("load", "prompt_eval", "eval")
    missing = [name for name in names if f"{name}_duration" not in body]
    if missing:
        return Seen(f"not told: {', '.join(missing)}")
    parts = [body[f"{name}_duration"] for name in names]
    return Seen(yes(sum(parts) <= body["total_duration"], "at most the total", "more than the total"))


async def _cold(asked: Asked) -> Seen:
    await asked.unload()
    cold, *warm = [(await asked.server.chat(asked.name)).body["load_duration"] for _ in range(3)]
    words = yes(0 < min(warm) < cold, "a warm request has a load time too, a shorter one", "a warm request has none")
    return Seen(words, f"cold {cold / 1e6:,.0f} ms, warm {min(warm) / 1e6:,.0f} ms")


async def _unload(asked: Asked) -> Seen:
    await asked.server.generate(asked.name, "Hi")
    await asked.server.post("/api/chat", model=asked.name, messages=[], keep_alive=0)
    still = set(asked.models.sharing(asked.model)) & set(await asked.server.running())
    await asked.unload()
    return Seen(yes(bool(still), "still listed when it is answered", "gone when it is answered"))


async def _reasons(asked: Asked) -> Seen:
    server, name = asked.server, asked.name
    answers = [
        await server.chat(name),
        await server.chat(name, "Say OK.", options={"num_predict": 60}),
        await server.post("/api/generate", model=name),
        await server.post("/api/generate", model=name, keep_alive=0),
    ]
    await asked.unload()
    return Seen(", ".join(dict.fromkeys(f"`{answer.lines[-1].get('done_reason')}`" for answer in answers)))


async def _repetition(asked: Asked) -> Seen:
    """A model that writes one token again and again, with nothing against it."""
    options = {"num_predict": _MANY, "repeat_penalty": 1.0}
    ends: Seen | None = None
    for model in asked.models.all(COMPLETES)[:_REPEATERS]:
        answer = await asked.server.generate(model.name, _PROMPT, stream=True, options=options)
        if answer.words:
            return Seen(f"an error line in the middle of the stream: {answer.said}", _repeated(answer))
        if not any(line.get("done") for line in answer.lines):
            whole = await asked.server.generate(model.name, _PROMPT, options=options)
            done = yes(bool(whole.lines[-1].get("done")), "ends as others do", "has `done: false`")
            return Seen(f"the stream just ends, without a last message; in one piece it {done}", _repeated(answer))
        if _alike(answer) > _MANY // 2:
            ends = Seen(f"goes on to its end, `{answer.lines[-1].get('done_reason')}`")
    if ends is None:
        raise NotAskedError("needs a model that repeats itself")
    return ends


def _alike(answer: Answer) -> int:
    """How many tokens alike a streamed reply ends with."""
    words = [str(line.get("response")).strip() for line in answer.lines if line.get("response")]
    return next((i for i, word in enumerate(reversed(words)) if word != words[-1]), len(words))


def _repeated(answer: Answer) -> str:
    return f"after {_alike(answer)} tokens alike"


QUESTIONS = (
    Question("times", "What do the times of load, prompt and generation add up to?", CHATS, _times),
    Question("cold-load", "Has a warm request a load time?", CHATS, _cold),
    Question("unload", "A model that is unloaded?", CHATS, _unload),
    Question("done-reasons", "Which reasons are given for an end?", CHATS, _reasons),
    Question("repetition", "A reply that repeats one token?", COMPLETES, _repetition),
)
