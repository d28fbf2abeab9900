"""Log-probabilities: where they lie, of which tokens they are, and whose they are."""

from __future__ import annotations

from typing import Any

from llmxsite.exchange.engine.behaviour.models import CHATS, COMPLETES, NotAskedError
from llmxsite.exchange.engine.behaviour.question import Asked, Question, Seen, yes
from llmxsite.exchange.engine.behaviour.server import Answer, alike

NONE = Seen("none come back")
_SCALED = 0.2
"""More than the last digits of a cold and a warm prompt differ by, and less than a temperature changes."""


async def _shape(asked: Asked) -> Seen:
    streamed = await asked.server.chat(asked.name, logprobs=True, top_logprobs=2, stream=True)
    if not streamed.logprobs:
        return NONE
    each = [len(line.get("logprobs") or ()) for line in streamed.lines if not line.get("done")]
    whole = await asked.server.chat(asked.name, logprobs=True, top_logprobs=2)
    entry = streamed.logprobs[0]
    option = await asked.server.chat(asked.name, options={"logprobs": True, "top_logprobs": 2})
    alone = await asked.server.chat(asked.name, top_logprobs=2)
    parts = [
        yes(set(each) == {1}, "an entry at the root of each chunk", "not one entry a chunk"),
        yes(
            len(whole.logprobs) == len(streamed.logprobs), "all at the root of a whole reply", "fewer in a whole reply"
        ),
        f"each with {', '.join(f'`{key}`' for key in sorted(entry))}",
        yes(bool(option.logprobs), "as an option too", "not as an option"),
        yes(bool(alone.logprobs), "for `top_logprobs` alone too", "none for `top_logprobs` alone"),
    ]
    return Seen("; ".join(parts))


async def _range(asked: Asked) -> Seen:
    server, said = asked.server, {}
    message = {"role": "user", "content": "Hi"}
    for count in (-1, 21):
        more: dict[str, Any] = {"logprobs": True, "top_logprobs": count}
        said[f"/api/chat {count}"] = (await server.chat(asked.name, **more)).said
        said[f"/api/generate {count}"] = (await server.generate(asked.name, "Hi", **more)).said
        said[f"/v1 {count}"] = (
            await server.post("/v1/chat/completions", model=asked.name, messages=[message], max_tokens=4, **more)
        ).said
    return Seen(alike(said))


def _choices(answer: Answer) -> list[dict[str, Any]]:
    return [choice for line in answer.lines if isinstance(line, dict) for choice in line.get("choices") or ()]


async def _v1(asked: Asked) -> Seen:
    body: dict[str, Any] = {"model": asked.name, "messages": [{"role": "user", "content": "Hi"}]}
    body |= {"max_tokens": 2, "temperature": 0, "logprobs": True, "top_logprobs": 2}
    said = {}
    for how, stream in (("whole", False), ("streamed", True)):
        choices = _choices(await asked.server.post("/v1/chat/completions", stream=stream, **body))
        found = [e for c in choices for e in (c.get("logprobs") or {}).get("content") or ()]
        said[how] = yes(bool(found), "in `choices[0].logprobs.content`", "none")
    return Seen(alike(said))


async def _completions(asked: Asked) -> Seen:
    prompt = "The capital of France is"
    body = {"model": asked.name, "prompt": prompt, "max_tokens": 2, "temperature": 0, "logprobs": 2, "echo": True}
    whole = await asked.server.post("/v1/completions", **body)
    streamed = await asked.server.post("/v1/completions", stream=True, **body)
    raw = (await asked.server.generate(asked.name, prompt, options={"num_predict": 2})).body["prompt_eval_count"]
    count = whole.body["usage"]["prompt_tokens"]
    parts = [
        yes(count > raw + 1, "through the chat template", "the prompt as it is"),
        alike(
            {
                how: yes(any(c.get("logprobs") for c in _choices(a)), "log-probabilities", "no log-probabilities")
                for how, a in (("whole", whole), ("streamed", streamed))
            }
        ),
        yes(_choices(whole)[0]["text"].startswith(prompt), "`echo` is honoured", "`echo` is passed over"),
    ]
    return Seen("; ".join(parts), f"{count} prompt tokens, {raw} without a template")


async def _prompts(asked: Asked) -> Seen:
    answer = await asked.server.generate(
        asked.name, "The capital of France is", logprobs=True, echo=True, options={"num_predict": 1}
    )
    parts = [yes(len(answer.logprobs) > 1, "of prompts too", "of generated tokens alone")] if answer.logprobs else []
    paths = ("/api/tokenize", "/api/detokenize", "/tokenize")
    statuses = [(await asked.server.post(path, model=asked.name, content="tea")).status for path in paths]
    return Seen(
        "; ".join([*(parts or [NONE.answer]), yes(set(statuses) == {404}, "no tokenizer", "a tokenizer answers")])
    )


async def _temperature(asked: Asked) -> Seen:
    async def first(**options: float) -> dict[str, float]:
        options["num_predict"] = 1
        answer = await asked.server.chat(asked.name, "Name a colour.", logprobs=True, top_logprobs=5, options=options)
        return {e["token"]: e["logprob"] for e in answer.logprobs[:1] for e in e["top_logprobs"]}

    cold, hot = await first(temperature=0), await first(temperature=1.5, top_p=0.5)
    if not cold:
        return NONE
    apart = max((abs(cold[token] - hot[token]) for token in cold.keys() & hot.keys()), default=99.0)
    return Seen(yes(apart < _SCALED, "the model's own, whatever the temperature", "of the distribution sampled from"))


async def _ends(asked: Asked) -> Seen:
    answer = await asked.server.chat(asked.name, "Say OK.", logprobs=True, options={"num_predict": 40})
    if not answer.logprobs:
        return NONE
    said = {}
    if answer.body["done_reason"] == "stop":
        said["the token that ends a reply"] = len(answer.logprobs) < answer.body["eval_count"]
    prompt, budget = "One two three four five", {"num_predict": 6}
    words = (await asked.server.generate(asked.name, prompt, options=budget)).text.split()
    if words:
        stopped = await asked.server.generate(asked.name, prompt, logprobs=True, options=budget | {"stop": [words[-1]]})
        said["a stop word"] = len(stopped.logprobs) < stopped.body["eval_count"]
    if not said:
        raise NotAskedError("needs a model that stops within 40 tokens")
    return Seen(alike({k: yes(v, "counted and without an entry", "has an entry") for k, v in said.items()}))


async def _bytes(asked: Asked) -> Seen:
    prompt = "Repeat: 🦆 🦆 🦆 🦆 🦆 🦆 🦆 🦆"
    answer = await asked.server.generate(asked.name, prompt, logprobs=True, stream=True, options={"num_predict": 8})
    if not answer.logprobs:
        return NONE
    if all(ord(c) < 0x10000 for c in answer.text):
        raise NotAskedError("needs a model that repeats a character of several tokens")
    spelt = b"".join(bytes(entry.get("bytes") or ()) for entry in answer.logprobs)
    together = any(len(line.get("logprobs") or ()) > 1 for line in answer.lines)
    fewer = len(answer.logprobs) < answer.lines[-1]["eval_count"]
    apart = yes(fewer, "the tokens of one character have one entry", "each token has a chunk")
    parts = [
        yes(together, "the tokens of one character come in one chunk, each with its entry", apart),
        yes(
            "\ufffd" in spelt.decode("utf-8", "replace"), "their bytes are U+FFFD's", "their bytes are the character's"
        ),
    ]
    return Seen("; ".join(parts))


async def _format(asked: Asked) -> Seen:
    schema = {"type": "object", "properties": {"colour": {"type": "string"}}, "required": ["colour"]}
    answer = await asked.server.chat(
        asked.name, "Name a colour.", format=schema, logprobs=True, top_logprobs=5, options={"num_predict": 2}
    )
    if not answer.logprobs:
        return NONE
    entry = answer.logprobs[0]
    best = max(other["logprob"] for other in entry["top_logprobs"])
    free = "the model's, before the schema masks any: the token taken need not be the most probable"
    return Seen(yes(best - entry["logprob"] > 0.5, free, "the token taken is the most probable"))


QUESTIONS = (
    Question("logprobs-shape", "Where do log-probabilities stand?", CHATS, _shape),
    Question("logprobs-range", "What becomes of `top_logprobs` -1 and 21?", CHATS, _range),
    Question("logprobs-v1", "Where do they stand on `/v1/chat/completions`?", CHATS, _v1),
    Question("v1-completions", "What does `/v1/completions` make of a prompt?", CHATS, _completions),
    Question("no-prompt-logprobs", "Of which tokens are log-probabilities?", COMPLETES, _prompts),
    Question("logprobs-temperature", "Are log-probabilities scaled by the temperature?", CHATS, _temperature),
    Question("logprobs-missing-last", "Has the end of a reply a log-probability?", CHATS, _ends),
    Question("logprobs-bytes", "What becomes of the tokens of half a character?", CHATS, _bytes),
    Question("logprobs-format", "Whose are log-probabilities under a schema?", CHATS, _format),
)
