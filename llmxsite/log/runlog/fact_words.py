"""Facts around a run in words: what one is called, and a value of it as a person reads it."""

from __future__ import annotations

from typing import Any

from llmxsite.log.runlog.facts import Group

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


def called(group: Group, name: str) -> str:
    """`digest`, `server version`, `temperature`: what a fact is called beside others of its group."""
    return NAMES.get((group, name), name.replace("_", " ") if group != "request" else name)


def shown(name: str, value: Any) -> str:
    """One value of the fact of that name as a person reads it: hashes by their start, sizes in their unit."""
    if value is None:
        return "not set"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if name in ("digest", "weights", "template_hash", "render_hash", "hash"):
        return str(value)[:12]
    if name == "commit":
        commit, _, rest = str(value).partition(" ")
        return f"{commit[:12]} {rest}".rstrip()
    if name in ("memory_bytes", "size_bytes") and isinstance(value, int):
        return f"{value / 1e9:.1f} GB" if value >= 1e9 else f"{value / 1e6:.1f} MB"
    if name == "gpu_share":
        return f"{100 * float(value):.0f}%"
    if isinstance(value, int) and name not in ("seed",):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, dict):
        return ", ".join(f"{k} {shown(name, v)}" for k, v in value.items()) or "none"
    if isinstance(value, list | tuple):
        return ", ".join(shown(name, v) for v in value) or "none"
    return str(value)
