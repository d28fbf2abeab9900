"""Whether a server heeds an option that it takes: some pass over what they have no use for, and say nothing.

Each question is asked with a few tokens whose outcome the option decides: where the most probable token is all that is left,
two seeds write the same; a strong penalty turns a model away from the word that it repeats.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from llmxsite.exchange.engine.protocol import Engine, EngineError, Message, Request

NARROW: dict[str, float | int] = {"top_k": 1, "top_p": 1e-6, "min_p": 1.0}
"""Values that leave a single token to draw from."""
ASKED = frozenset({*NARROW, "repeat_penalty"})
"""Options of which this can be found out."""
_OPEN: dict[str, float | int] = {"temperature": 2.0, "top_p": 1.0, "top_k": 0, "min_p": 0.0, "num_predict": 8}
_TEA = " ".join(["tea"] * 16)


async def passed_over(engine: Engine, request: Request, names: Iterable[str]) -> list[str]:
    """Those of `names` (of `ASKED`) that change nothing, for requests of the kind of `request`. Where it cannot be told, none."""
    found: list[str] = []
    try:
        wanted = [name for name in names if name in ASKED]
        if any(name in NARROW for name in wanted) and not await _alike(engine, request, {}):
            found += [
                name for name in wanted if name in NARROW and not await _alike(engine, request, {name: NARROW[name]})
            ]
        if "repeat_penalty" in wanted and await _penalty_ignored(engine, request):
            found.append("repeat_penalty")
    except EngineError:
        return found  # the run will meet it
    return found


async def _alike(engine: Engine, request: Request, narrow: dict[str, float | int]) -> bool:
    """Whether two seeds write the same at a high temperature."""
    one, other = [await _text(engine, request, "Once upon a time", _OPEN | narrow | {"seed": seed}) for seed in (1, 2)]
    return one == other


async def _penalty_ignored(engine: Engine, request: Request) -> bool:
    calm = {"temperature": 0.0, "num_predict": 4}
    free = await _text(engine, request, _TEA, calm | {"repeat_penalty": 1.0})
    penalised = await _text(engine, request, _TEA, calm | {"repeat_penalty": 10.0})
    return "tea" in free.lower() and free == penalised


async def _text(engine: Engine, request: Request, words: str, options: dict[str, float | int]) -> str:
    raw = request.raw_prompt is not None
    asked = msgspec.structs.replace(
        request,
        messages=[] if raw else [Message(role="user", content=words)],
        raw_prompt=words if raw else None,
        options=msgspec.structs.replace(request.options, **options),
        tools=None,
        own=frozenset(),
    )
    reply = await engine.chat(asked)
    return (reply.thinking or "") + reply.text
