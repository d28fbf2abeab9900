"""Facts around two runs in words: what they are called, and their values as a person reads them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from llmxsite.analysis.drift.quantities import percent
from llmxsite.analysis.drift.record import Fact

NAMES = {
    ("server", "name"): "server",
    ("server", "version"): "server version",
    ("server", "backend"): "backend",
    ("server", "threads"): "processor threads",
    ("server", "address"): "server address",
    ("server", "lacks"): "what the server lacks",
    ("model", "weights"): "hash of the weights' file",
    ("model", "gpu_share"): "share on the GPU",
    ("model", "system"): "stored system prompt",
    ("model", "render_hash"): "hash of a rendered conversation",
    ("model", "size_bytes"): "size of the weights",
    ("machine", "os"): "operating system",
    ("machine", "machine"): "architecture",
    ("machine", "cpu"): "processor",
    ("machine", "memory_bytes"): "memory",
    ("machine", "gpus"): "GPUs",
    ("suite", "hash"): "hash",
    ("study", "commit"): "commit of the study",
    ("software", "python"): "Python",
    ("experiment", "templates"): "prompt templates",
    ("experiment", "models"): "models asked",
    ("experiment", "suites"): "suites asked",
    ("request", "messages"): "messages sent",
    ("request", "prompt"): "raw prompt sent",
    ("request", "tools"): "tools sent",
    ("request", "draws"): "options of further votes",
    ("request", "top_logprobs"): "alternatives asked for",
    ("request", "keep_alive"): "time a model stays loaded",
    ("experiment", "concurrency"): "requests under way at once",
    ("request", "think"): "thinking asked for",
}
"""How a fact is called where its own name does not say it."""


def name(fact: Fact) -> str:
    """`digest`, `server version`, `temperature`: what it is called beside others of its group."""
    return NAMES.get((fact.group, fact.name), fact.name.replace("_", " ") if fact.group != "request" else fact.name)


def title(fact: Fact) -> str:
    """`digest of smollm2:135m`, `server version`, `temperature sent`: what it is called by itself."""
    own = name(fact)
    if (fact.group, fact.name) not in NAMES:
        own = {"request": f"{own} sent", "experiment": f"planned {own}"}.get(fact.group, own)
    return f"{own} of {fact.subject}" if fact.subject else own


def grouped(facts: Iterable[Fact]) -> list[tuple[str, list[str]]]:
    """The names of facts by what they are about: `("model smollm2:135m", ["digest", "quantization"])`."""
    found: dict[str, list[str]] = {}
    for fact in facts:
        found.setdefault(f"{fact.group} {fact.subject}" if fact.subject else fact.group, []).append(name(fact))
    return list(found.items())


def value(fact: Fact, values: Sequence[Any]) -> str:
    """The values of one side as a person reads them, in the order they held."""
    if not values:
        return (
            "in other words" if fact.pairs and fact.name in ("messages", "prompt", "tools", "draws") else "not recorded"
        )
    joint = ", " if fact.group in ("request", "scoring") else ", then "
    return joint.join(_one(fact, v) for v in values)


def _one(fact: Fact, value: Any) -> str:
    """One value: hashes by their start, sizes in their unit."""
    if value is None:
        return "not set"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if fact.name in ("digest", "weights", "template_hash", "render_hash", "hash"):
        return str(value)[:12]
    if fact.name == "commit":
        commit, _, rest = str(value).partition(" ")
        return f"{commit[:12]} {rest}".rstrip()
    if fact.name in ("memory_bytes", "size_bytes") and isinstance(value, int):
        return f"{value / 1e9:.1f} GB" if value >= 1e9 else f"{value / 1e6:.1f} MB"
    if fact.name == "gpu_share":
        return percent(float(value), 0)
    if isinstance(value, int) and fact.name not in ("seed",):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, dict):
        return ", ".join(f"{k} {_one(fact, v)}" for k, v in value.items()) or "none"
    if isinstance(value, list | tuple):
        return ", ".join(_one(fact, v) for v in value) or "none"
    return str(value)
