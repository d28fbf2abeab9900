"""Where a run takes place: the server and its models, the machine, the software, the commit."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from llmxsite.base.diagnostics import Issue, Problem, did_you_mean
from llmxsite.exchange.engine.protocol import Engine, EngineError, EngineInfo, ModelInfo
from llmxsite.log import provenance
from llmxsite.log.record import Git, Host

Around = tuple[Host, dict[str, str], Git | None]
"""Machine, software and commit, as a header has them."""


async def around(root: Path) -> Around:
    """What surrounds a run in the folder `root`. Each part asks a process of its own, so they are asked at once."""
    return await asyncio.gather(
        asyncio.to_thread(provenance.host),
        asyncio.to_thread(provenance.software),
        asyncio.to_thread(provenance.git, root),
    )


async def load_models(
    engine: Engine, contexts: Mapping[str, int], place: str, say: Callable[[str], None]
) -> dict[str, ModelInfo]:
    """Every model of `contexts`, loaded once with its context so that the header says what is really in force.

    Raises one `Problem` that names all that are missing at `place`, where they are asked for, and `EngineError` for a server that cannot be asked.
    """
    found: dict[str, ModelInfo] = {}
    missing: list[str] = []
    for name, context in contexts.items():
        say(f"loading {name}")
        try:
            found[name] = await engine.model(name, num_ctx=context)
        except EngineError as error:
            if error.kind != "missing-model":
                raise
            missing.append(name)
    if missing:
        there = [model.name for model in await engine.models() if answers(model)]
        raise lacking(missing, there, place)
    return found


def answers(model: ModelInfo) -> bool:
    """Whether a model may be asked a question; where a server does not tell what it can do, it may."""
    return model.capabilities is None or set(model.capabilities) != {"embedding"}


def lacking(models: Sequence[str], there: Sequence[str], place: str, server: str = "the server") -> Problem:
    """Models that are asked for at `place`, of a server, or a cluster, that has those of `there`."""
    has = f"it has {', '.join(sorted(there))}" if there else "it has none"
    return Problem(
        *(
            Issue(
                path=place,
                code="run-model",
                message=f"{server} has no model '{name}'; {has}",
                hint=_model_hint(name, there),
            )
            for name in models
        )
    )


def unreachable(error: EngineError, name: str) -> Problem:
    """An engine's error before the first sample, with what to do about it."""
    hints = {
        "connection": "start the server, or name another with --host or --engine; `llmxsite doctor` says what is there",
        "memory": "choose a smaller model or a smaller num_ctx",
    }
    return Problem.at(f"engine {name}", f"engine-{error.kind}", str(error), hint=error.hint or hints.get(error.kind))


def info_of(engine: EngineInfo) -> str:
    """The server in a few words: `ollama 0.20.7 at http://127.0.0.1:11434`."""
    version = f" {engine.version}" if engine.version else ""
    return f"{engine.name}{version}" + (f" at {engine.address}" if engine.address else "")


def _model_hint(name: str, there: Sequence[str]) -> str:
    near = did_you_mean(name, there) if there else None
    return (
        near
        if near and near.startswith("did")
        else f"`ollama pull {name}`, or `llmxsite models pull {name}` for the embedded engine"
    )
