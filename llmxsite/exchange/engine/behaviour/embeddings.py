"""Embeddings: their length, what is cut, and which models give them."""

from __future__ import annotations

import math
from typing import Any

from llmxsite.exchange.engine.behaviour.models import CHATS, EMBEDS
from llmxsite.exchange.engine.behaviour.question import Asked, Question, Seen, yes
from llmxsite.exchange.engine.behaviour.server import Answer

_CLOSE = 1e-4
_SHORTER = 16


async def _embed(asked: Asked, texts: str | list[str], **more: Any) -> Answer:
    return await asked.server.post("/api/embed", model=asked.name, input=texts, **more)


async def _vectors(asked: Asked, texts: str | list[str], **more: Any) -> list[list[float]]:
    found: list[list[float]] = (await _embed(asked, texts, **more)).body["embeddings"]
    return found


def _length(vector: list[float]) -> float:
    return math.sqrt(math.fsum(x * x for x in vector))


def _equal(one: list[float], other: list[float], within: float) -> bool:
    return len(one) == len(other) and all(abs(a - b) <= within for a, b in zip(one, other, strict=True))


async def _unit(asked: Asked) -> Seen:
    (whole,) = await _vectors(asked, "tea")
    (short,) = await _vectors(asked, "tea", dimensions=_SHORTER)
    scaled = [x / _length(whole[:_SHORTER]) for x in whole[:_SHORTER]]
    old = await asked.server.post("/api/embeddings", model=asked.name, prompt="tea")
    former = _length(old.body.get("embedding") or []) if old.taken else 0.0
    parts = [
        yes(abs(_length(whole) - 1) < _CLOSE, "length 1", "another length"),
        yes(_equal(short, scaled, _CLOSE), "`dimensions` cuts and scales", "`dimensions` does otherwise")
        if len(short) == _SHORTER
        else "`dimensions` is passed over",
        f"`/api/embeddings`: {yes(abs(former - 1) < _CLOSE, 'length 1', 'not scaled') if old.taken else old.said}",
    ]
    return Seen("; ".join(parts), f"{len(whole)} numbers")


async def _batch(asked: Asked) -> Seen:
    texts = ["tea", "carburettor", "the history of the Roman empire in six volumes"]
    whole = (await _embed(asked, texts)).body
    each = [(await _embed(asked, text)).body for text in texts]
    batch, single = whole["embeddings"], [body["embeddings"][0] for body in each]
    together = whole["prompt_eval_count"] == sum(body["prompt_eval_count"] for body in each)
    apart = max(max(abs(a - b) for a, b in zip(x, y, strict=True)) for x, y in zip(batch, single, strict=True))
    parts = [
        yes(apart < _CLOSE, "the vectors of single texts", "other vectors"),
        yes(together, "tokens counted together", "tokens counted otherwise"),
    ]
    return Seen("; ".join(parts), f"apart by at most {apart:.1g}")


async def _long(asked: Asked) -> Seen:
    length = asked.model.context_length or 512
    options = {"num_ctx": min(length, 512)}
    head = "word " * 900
    answers = [await _embed(asked, head + tail, options=options) for tail in ("tea", "carburettor")]
    said = [a.said for a in answers if not a.taken]
    whole = said[0] if said else "cut without a word"
    if not said:
        one, other = (a.body["embeddings"][0] for a in answers)
        tails = yes(_equal(one, other, 0.0), "two texts with other ends have one vector", "other ends, other vectors")
        whole = f"{whole}; {tails}" if answers[0].body["prompt_eval_count"] <= options["num_ctx"] else "read whole"
    refused = await _embed(asked, head, truncate=False, options=options)
    return Seen(f"{whole}; `truncate: false`: {refused.said}")


async def _nothing(asked: Asked) -> Seen:
    parts = []
    for words, texts in (("a text of no letters", ""), ("no texts", []), ("one of two without letters", ["tea", ""])):
        answer = await _embed(asked, texts)
        parts.append(f"{words}: {len(answer.body['embeddings']) if answer.taken else answer.said}")
    return Seen("; ".join(f"{part}" for part in parts))


async def _compatible(asked: Asked) -> Seen:
    (whole,) = await _vectors(asked, "tea")
    more = (await _vectors(asked, "tea", dimensions=10 * len(whole)))[0]
    packed = await _v1(asked, "tea", encoding_format="base64")
    row = packed.body["data"][0]["embedding"] if packed.taken else None
    given = packed.said if row is None else yes(isinstance(row, str), "given", "passed over")
    long = await _v1(asked, "word " * (min(asked.model.context_length or 512, 8192) + 100))
    parts = [
        f"`/v1`, a text too long: {'cut without a word' if long.taken else long.said}",
        f"`encoding_format: base64`: {given}",
        f"more `dimensions` than there are: {yes(len(more) == len(whole), 'passed over', 'otherwise')}",
    ]
    return Seen("; ".join(parts))


async def _v1(asked: Asked, text: str, **more: Any) -> Answer:
    return await asked.server.post("/v1/embeddings", model=asked.name, input=text, **more)


async def _chat(asked: Asked) -> Seen:
    answer = await _embed(asked, "tea")
    return Seen(yes(bool(answer.body.get("embeddings")), "a vector", "none") if answer.taken else answer.said)


QUESTIONS = (
    Question("embed-unit", "How long are vectors?", EMBEDS, _unit),
    Question("embed-batch", "What does a batch give?", EMBEDS, _batch),
    Question("embed-too-long", "A text too long?", EMBEDS, _long),
    Question("embed-nothing", "How many vectors come for nothing?", EMBEDS, _nothing),
    Question("embed-v1", "What does `/v1` do with vectors?", EMBEDS, _compatible),
    Question("embed-chat", "Does a model that completes text embed?", CHATS, _chat),
)
