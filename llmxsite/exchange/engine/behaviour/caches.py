"""Caches: what is told of a prompt that was read before."""

from __future__ import annotations

from llmxsite.exchange.engine.behaviour.models import CHATS
from llmxsite.exchange.engine.behaviour.question import Asked, Question, Seen, yes

_TEXT = "The history of tea. " + "Tea is a drink made from leaves. " * 12 + "What is tea?"


async def _prompt(asked: Asked) -> Seen:
    await asked.unload()
    first, second = [(await asked.server.chat(asked.name, _TEXT, logprobs=True)).body for _ in range(2)]
    count = first["prompt_eval_count"]
    parts = [yes(second["prompt_eval_count"] == count, "counted whole both times", "counted otherwise")]
    told = [body.get("prompt_eval_cached_count") for body in (first, second)]
    if told == [None, None]:
        parts.append("nothing tells of the cache")
    else:
        most = told[1] is not None and told[1] >= count / 2
        parts.append(f"`prompt_eval_cached_count`: {told[0]} at first, then {yes(most, 'most of it', str(told[1]))}")
    times = [body["prompt_eval_duration"] / 1e6 for body in (first, second)]
    figures = [f"{count} tokens, {times[0]:,.0f} ms and then {times[1]:,.0f} ms"]
    if told[1] is not None:
        figures.append(f"{told[1]} cached")
    pairs = zip(first.get("logprobs") or (), second.get("logprobs") or (), strict=False)
    if apart := [abs(a["logprob"] - b["logprob"]) for a, b in pairs]:
        figures.append(f"log-probabilities apart by at most {max(apart):.1g}")
    return Seen("; ".join(parts), ", ".join(figures))


QUESTIONS = (Question("prompt-cache", "A prompt asked again?", CHATS, _prompt),)
