"""The context: how large it is, and what becomes of what does not fit."""

from __future__ import annotations

from llmxsite.exchange.engine.behaviour.models import CHATS, COMPLETES, SHORT, NotAskedError
from llmxsite.exchange.engine.behaviour.question import Asked, Question, Seen, yes
from llmxsite.exchange.engine.behaviour.server import CONTEXT, Answer, alike

_ODD = 130
"""A context that is no multiple of 256."""
_LONG = "word " * (2 * CONTEXT)
_ONE = {"num_predict": 1}


async def _default(asked: Asked) -> Seen:
    await asked.server.post(
        "/api/generate", model=asked.name, prompt="Hi", raw=True, stream=False, options={"num_predict": 1}
    )
    loaded = (await asked.server.running()).get(asked.name, {})
    return Seen(f"{loaded['context_length']:,} tokens" if loaded.get("context_length") else "not told")


async def _capped(asked: Asked) -> Seen:
    length = asked.model.context_length
    answer = await asked.server.generate(asked.name, "Hi", options={"num_ctx": 2 * length})
    if not answer.taken:
        return Seen(answer.said)
    told = (await asked.server.running()).get(asked.name, {}).get("context_length")
    if told is None:
        return Seen("taken; which is in force is not told")
    return Seen(yes(told == length, "the smaller one is in force, and told", "told as asked for"))


async def _rounded(asked: Asked) -> Seen:
    options = _ONE | {"num_ctx": _ODD}
    answer = await asked.server.generate(asked.name, "tea " * (_ODD + 60), truncate=False, options=options)
    told = (await asked.server.running()).get(asked.name, {}).get("context_length")
    parts = [yes(told == _ODD, "told as asked for", "not told" if told is None else "told otherwise")]
    if not answer.taken:
        return Seen("; ".join([*parts, f"a longer prompt: {answer.said}"]))
    count = answer.body["prompt_eval_count"]
    parts.append(yes(count > _ODD, "a longer prompt is read whole", "a longer prompt is cut"))
    return Seen("; ".join(parts), f"{count} tokens read where {_ODD} were asked for")


def _cut(answer: Answer) -> Seen:
    """What became of a prompt too long."""
    if not answer.taken:
        return Seen(answer.said)
    count = answer.body.get("prompt_eval_count") or 0
    if count > CONTEXT:
        return Seen("read whole", f"{count:,} tokens")
    full, half = count >= CONTEXT - 2, abs(count - CONTEXT // 2) <= 16
    words = "the whole context" if full else "about half the context" if half else "less than the context"
    return Seen(f"cut without a word to {words}", f"{count} of {CONTEXT} tokens")


async def _one_message(asked: Asked) -> Seen:
    return _cut(await asked.server.chat(asked.name, _LONG, options=_ONE))


async def _raw(asked: Asked) -> Seen:
    return _cut(await asked.server.generate(asked.name, _LONG, options=_ONE))


async def _oldest(asked: Asked) -> Seen:
    roles = ("user", "assistant")
    talk = [{"role": roles[i % 2], "content": f"number {i} " * 40} for i in range(9)]
    answer = await asked.server.chat(asked.name, messages=talk, options=_ONE)
    if not answer.taken:
        return Seen(answer.said)
    text = await asked.server.rendered(asked.name, messages=talk, options=_ONE)
    kept = [i for i in range(9) if f"number {i}" in text]
    count = answer.body["prompt_eval_count"]
    whole = len(kept) == 9
    oldest = kept == list(range(9 - len(kept), 9))
    words = (
        "none is left out" if whole else "the oldest are left out without a word" if oldest else "others are left out"
    )
    return Seen(words, f"{len(kept)} of 9 kept, {count} of {CONTEXT} tokens")


async def _refused(asked: Asked) -> Seen:
    said = {
        "/api/chat": _cut(await asked.server.chat(asked.name, _LONG, truncate=False, options=_ONE)).answer,
        "/api/generate": _cut(await asked.server.generate(asked.name, _LONG, truncate=False, options=_ONE)).answer,
    }
    return Seen(alike(said))


async def _shift(asked: Asked) -> Seen:
    prompt, options = "one two three four " * (CONTEXT // 4 - 12), {"num_predict": 80}
    said, figures = {}, []
    for name, more in (("unsaid", {}), ("`shift: false`", {"shift": False})):
        answer = await asked.server.generate(asked.name, prompt, options=options, **more)
        if not answer.taken:
            said[name] = answer.said
            continue
        count = (answer.body.get("prompt_eval_count") or 0) + (answer.body.get("eval_count") or 0)
        if count <= CONTEXT - 8:
            raise NotAskedError("needs a model that goes on with a list of words")
        ends = f"ends there with `{answer.body.get('done_reason')}`"
        said[name] = yes(count > CONTEXT + 1, "the reply outgrows the context", ends)
        figures.append(f"{count} tokens {name}")
    return Seen(alike(said), ", ".join(figures))


async def _one_load(asked: Asked) -> Seen:
    """Whether `shift` or `truncate` in a request load the model again, as an option of the runner's start would."""
    await asked.unload()
    first = (await asked.server.generate(asked.name, "Hi")).body["load_duration"]
    said: dict[str, str] = {}
    figures = [f"{first / 1e6:.0f} ms cold"]
    for name, more in (("`truncate: false`", {"truncate": False}), ("`shift: false`", {"shift": False})):
        for _ in range(2):  # the second is like the first in all: what it takes is a warm one
            took = (await asked.server.generate(asked.name, "Hi", **more)).body["load_duration"]
            again = took > first / 2
            said.setdefault(name, yes(again, "loads the model again", "no second load"))
            figures.append(f"{took / 1e6:.0f} ms {name}")
    return Seen(alike(said), ", ".join(figures))


QUESTIONS = (
    Question("context-default", "How large is the context where none is asked for?", COMPLETES, _default),
    Question("context-capped", "Is a context given that the model was not made for?", SHORT, _capped),
    Question("context-rounded", "Is a context of 130 tokens in force as asked for?", CHATS, _rounded),
    Question("overflow-cut", "One message too long: what becomes of it?", CHATS, _one_message),
    Question("overflow-generate", "A raw prompt too long: what becomes of it?", CHATS, _raw),
    Question("overflow-oldest", "A conversation too long: what becomes of it?", CHATS, _oldest),
    Question("overflow-refused", "What becomes of a prompt too long with `truncate: false`?", CHATS, _refused),
    Question("shift", "A reply that fills the context: what becomes of it?", CHATS, _shift),
    Question("one-load", "Does a field of the request load the model again?", CHATS, _one_load),
)
