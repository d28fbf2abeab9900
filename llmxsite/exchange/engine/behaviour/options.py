"""Options: the defaults, what is honoured, and what becomes of one that the server does not know."""

from __future__ import annotations

from typing import Any

from llmxsite.exchange.engine.behaviour.models import CHATS, COMPLETES, GEMMA, STORED_BUDGET
from llmxsite.exchange.engine.behaviour.question import Asked, Question, Seen, yes
from llmxsite.exchange.engine.behaviour.server import CONTEXT

_VERSE = "A poem about the sea, the sea, the sea:"
_DEFAULTS: dict[str, float] = {"temperature": 0.8, "top_k": 40, "top_p": 0.9}


async def _poem(asked: Asked, **options: float) -> str:
    """A poem at a fixed seed, its samplers the server's but for `options`."""
    settings = {"num_ctx": CONTEXT, "num_predict": 12, "seed": 7} | options
    answer = await asked.server.post("/api/generate", model=asked.name, prompt=_VERSE, stream=False, options=settings)
    return str(answer.body["response"])


async def _defaults(asked: Asked) -> Seen:
    unset = await _poem(asked)
    for penalty in (1.0, 1.1):
        if await _poem(asked, **_DEFAULTS, repeat_penalty=penalty) == unset:
            values = ", ".join(f"`{name}` {value}" for name, value in (_DEFAULTS | {"repeat_penalty": penalty}).items())
            return Seen(values)
    return Seen("another poem than with temperature 0.8, `top_k` 40, `top_p` 0.9 and `repeat_penalty` 1.0 or 1.1")


async def _v1_poem(asked: Asked, **options: float) -> str:
    message = {"role": "user", "content": _VERSE}
    body: dict[str, Any] = {"model": asked.name, "messages": [message], "max_tokens": 12, "seed": 7} | options
    answer = await asked.server.post("/v1/chat/completions", **body)
    return str(answer.body["choices"][0]["message"]["content"])


async def _defaults_v1(asked: Asked) -> Seen:
    unset = await _v1_poem(asked)
    one = await _v1_poem(asked, temperature=1.0, top_p=1.0) == unset
    native = await _v1_poem(asked, temperature=0.8, top_p=0.9) == unset
    await _v1_poem(asked, num_ctx=CONTEXT)
    context = (await asked.server.running()).get(asked.name, {}).get("context_length")
    values = "temperature 1.0 and `top_p` 1.0" if one else "those of the native API" if native else "others"
    return Seen(f"{values}; `num_ctx` is {yes(context == CONTEXT, 'honoured', 'passed over')}")


async def _penalty(asked: Asked) -> Seen:
    async def next_words(penalty: float) -> str:
        options = {"repeat_penalty": penalty, "num_predict": 3}
        prompt = "red blue red blue red blue red blue"
        return (await asked.server.generate(asked.name, prompt, options=options)).text

    return Seen(yes(await next_words(1.0) != await next_words(10.0), "honoured", "changes nothing"))


async def _typical(asked: Asked) -> Seen:
    return Seen((await asked.server.chat(asked.name, options={"typical_p": 1.0})).said)


async def _unknown(asked: Asked) -> Seen:
    plain = await asked.server.chat(asked.name)
    odd = await asked.server.chat(asked.name, options={"nonsense": 1}, absurd=True)
    return Seen(yes(odd.text == plain.text, "passed over", "another reply") if odd.taken else odd.said)


async def _wrong_type(asked: Asked) -> Seen:
    return Seen((await asked.server.chat(asked.name, options={"temperature": "hot"})).said)


async def _stored(asked: Asked) -> Seen:
    async def tokens(**options: int) -> int:
        body: dict[str, Any] = {"messages": [{"role": "user", "content": "Hi"}], "stream": False}
        answer = await asked.server.post("/api/chat", model=asked.name, options={"num_ctx": CONTEXT} | options, **body)
        return int(answer.body["eval_count"])

    own, ours = await tokens(), await tokens(num_predict=1)
    return Seen(
        yes(own > 1 and ours == 1, "its defaults; a request overrides them", "a request does not override them")
    )


QUESTIONS = (
    Question("defaults", "What is in force where no sampler is sent?", COMPLETES, _defaults),
    Question("defaults-v1", "What is in force on `/v1` where none is sent?", CHATS, _defaults_v1),
    Question("penalty", "Does `repeat_penalty` do anything?", CHATS, _penalty),
    Question("penalty-gemma", "Does `repeat_penalty` do anything for a Gemma 3?", GEMMA, _penalty),
    Question("typical-p", "Is `typical_p` taken?", CHATS, _typical),
    Question("unknown-options", "What becomes of options and fields that do not exist?", CHATS, _unknown),
    Question("option-type", "What becomes of an option of the wrong type?", CHATS, _wrong_type),
    Question("stored-parameters", "What are parameters stored with a model?", STORED_BUDGET, _stored),
)
