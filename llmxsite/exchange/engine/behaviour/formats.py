"""Formats and images: what is refused, and what is passed over."""

from __future__ import annotations

from llmxsite.exchange.engine.behaviour.models import CHATS, NO_VISION
from llmxsite.exchange.engine.behaviour.question import Asked, Question, Seen, yes

# One white point.
_IMAGE = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGP4DwABAQEAG7buVgAAAABJRU5ErkJggg=="


async def _schema(asked: Asked) -> Seen:
    return Seen((await asked.server.chat(asked.name, format={"type": "nonsense"})).said)


async def _xml(asked: Asked) -> Seen:
    return Seen((await asked.server.chat(asked.name, format="xml")).said)


async def _image(asked: Asked) -> Seen:
    answer = await asked.server.chat(asked.name, messages=[{"role": "user", "content": "Hi", "images": [_IMAGE]}])
    if not answer.taken:
        return Seen(answer.said)
    plain = await asked.server.chat(asked.name)
    same = answer.body["prompt_eval_count"] == plain.body["prompt_eval_count"]
    return Seen(yes(same, "passed over in silence", "taken, in more tokens"))


QUESTIONS = (
    Question("format-schema", "What becomes of a `format` that is no schema?", CHATS, _schema),
    Question("format-xml", "What becomes of `format: xml`?", CHATS, _xml),
    Question("image-incapable", "What becomes of an image for a model that sees none?", NO_VISION, _image),
)
