"""What a server tells of itself and of its models."""

from __future__ import annotations

from llmxsite.exchange.engine.behaviour.models import CHATS, COMPLETES, ELSEWHERE, SHARED
from llmxsite.exchange.engine.behaviour.question import Asked, Question, Seen, yes
from llmxsite.exchange.engine.behaviour.server import alike


async def _models(asked: Asked) -> Seen:
    listed, shown = asked.model.listed, asked.model.shown
    facts = shown.get("model_info") or {}
    told = {
        "digest": ("digest" in listed, "digest" in shown),
        "capabilities": ("capabilities" in listed, "capabilities" in shown),
        "template": ("template" in listed, "template" in shown),
        "number of parameters": (False, "general.parameter_count" in facts),
        "longest context": (False, bool(asked.model.context_length)),
    }
    where = {(True, True): "both", (True, False): "/api/tags", (False, True): "/api/show", (False, False): "nowhere"}
    return Seen(alike({what: where[both] for what, both in told.items()}))


async def _digest(asked: Asked) -> Seen:
    digest, weights = str(asked.model.listed.get("digest") or ""), asked.model.weights
    if weights is None:
        return Seen("the sha256 of the weights is not told")
    words = yes(
        digest == weights, "the weights'", "of Ollama's own configuration; the weights' stands in the modelfile"
    )
    return Seen(words, f"digest {digest[:12]}, weights {weights[:12]}")


async def _loaded(asked: Asked) -> Seen:
    await asked.server.generate(asked.name, "Hi")
    loaded = (await asked.server.running()).get(asked.name, {})
    wanted = ("context_length", "digest", "size", "size_vram")
    return Seen(", ".join(f"`{key}`" for key in wanted if key in loaded) or "nothing")


async def _shared(asked: Asked) -> Seen:
    one, other = asked.models.pair()
    await asked.server.unload(*asked.models.sharing(one))
    for model in (one, other):
        await asked.server.generate(model.name, "Hi")
    running = set(await asked.server.running())
    if {one.name, other.name} <= running:
        return Seen("each has its own place in memory")
    await asked.server.post("/api/generate", model=other.name, keep_alive=0)
    await asked.server.unload(*asked.models.sharing(other))
    listed = "first" if one.name in running else "last"
    return Seen(f"one place in memory, under the name of the one loaded {listed}; unloading one unloads both")


async def _elsewhere(asked: Asked) -> Seen:
    marks = ("remote_model", "remote_host")
    said = {
        "/api/tags": yes(all(m in asked.model.listed for m in marks), "marked", "not marked"),
        "/api/show": yes(all(m in asked.model.shown for m in marks), "marked", "not marked"),
    }
    raw = await asked.server.generate(asked.name, "Hi")
    return Seen(f"{alike(said)}; a raw prompt: {raw.said}")


async def _parallel(asked: Asked) -> Seen:
    answers = [await asked.server.get(path) for path in ("/api/version", "/api/tags", "/api/ps")]
    told = "parallel" in str([a.lines for a in answers]).lower()
    more = [(await asked.server.get(path)).taken for path in ("/api/config", "/props")]
    return Seen(yes(told or any(more), "told", "not told"))


async def _version(asked: Asked) -> Seen:
    return Seen(", ".join(f"`{key}`" for key in sorted((await asked.server.get("/api/version")).body)))


QUESTIONS = (
    Question("version", "What is told of the server?", COMPLETES, _version),
    Question("metadata", "What is told of a model, and where?", CHATS, _models),
    Question("digest", "What is the digest of a model the digest of?", CHATS, _digest),
    Question("metadata-loaded", "What is told of a loaded model?", CHATS, _loaded),
    Question("shared-weights", "Two models of one set of weights?", SHARED, _shared),
    Question("remote-models", "A model elsewhere?", ELSEWHERE, _elsewhere),
    Question("parallel-untold", "How many requests are served at once?", COMPLETES, _parallel),
)
