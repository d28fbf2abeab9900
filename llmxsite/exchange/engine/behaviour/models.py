"""Which of a server's models a question is asked with: the smallest that is suited."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from llmxsite.exchange.engine.behaviour.server import Server
from llmxsite.exchange.engine.protocol import EngineError

_BLOB = re.compile(r"^FROM .*sha256[-:]([0-9a-f]{64})\s*$", re.MULTILINE)
_BARE = ("", "{{ .Prompt }}", "{{.Prompt}}")


class NotAskedError(Exception):
    """A question that this server's models cannot be asked; the message says what it needs."""


class Model(NamedTuple):
    """A model as /api/tags and /api/show tell of it."""

    name: str
    listed: dict[str, Any]
    shown: dict[str, Any]

    @property
    def can(self) -> list[str]:
        return list(self.shown.get("capabilities") or ())

    @property
    def remote(self) -> bool:
        return bool(self.listed.get("remote_host") or self.shown.get("remote_host"))

    @property
    def template(self) -> str:
        return str(self.shown.get("template") or "")

    @property
    def chats(self) -> bool:
        return self.template.strip() not in _BARE or bool(self.shown.get("renderer"))

    @property
    def templated(self) -> bool:
        """Whether its template of Ollama's own, or a renderer, has a place for tools."""
        return ".Tools" in self.template or bool(self.shown.get("renderer"))

    @property
    def stored(self) -> bool:
        """Whether words of its own are added to a conversation."""
        return bool(self.shown.get("system") or self.shown.get("messages"))

    @property
    def family(self) -> str:
        return str((self.listed.get("details") or {}).get("family") or "")

    @property
    def context_length(self) -> int:
        """The longest context it was made for; 0 where that is not told."""
        facts = self.shown.get("model_info") or {}
        length = facts.get(f"{facts.get('general.architecture')}.context_length")
        return length if isinstance(length, int) else 0

    @property
    def weights(self) -> str | None:
        """sha256 of its weights, as the name of their blob in the modelfile tells it."""
        found = _BLOB.search(str(self.shown.get("modelfile") or ""))
        return found[1] if found else None

    @property
    def label(self) -> str:
        """Its name without a registry or an owner."""
        return self.name.rpartition("/")[2]


class Need(NamedTuple):
    """What a model must be for a question: `needs a model that ...`."""

    words: str
    fits: Callable[[Model], bool]


def _completes(model: Model) -> bool:
    return "completion" in model.can and not model.remote


def _plain(model: Model) -> bool:
    return _completes(model) and model.chats and not model.stored


COMPLETES = Need("completes text", _completes)
CHATS = Need("has a chat template and no words of its own", _plain)
THINKS = Need("can think", lambda m: _completes(m) and "thinking" in m.can)
NO_THINKING = Need("cannot think", lambda m: _plain(m) and "thinking" not in m.can)
CALLS = Need("can be given tools by its template", lambda m: _completes(m) and "tools" in m.can and m.templated)
OWN_TEMPLATE = Need(
    "can be given tools by the template in its weights",
    lambda m: _completes(m) and "tools" in m.can and not m.templated,
)
NO_TOOLS = Need("cannot be given tools", lambda m: _plain(m) and "tools" not in m.can)
NO_VISION = Need("sees no images", lambda m: _plain(m) and "vision" not in m.can)
EMBEDS = Need("embeds", lambda m: "embedding" in m.can and not m.remote)
GEMMA = Need("is a Gemma 3", lambda m: _completes(m) and m.family.startswith("gemma3"))
SHORT = Need(
    "was made for at most 16,384 tokens", lambda m: _plain(m) and 0 < m.context_length <= 16_384
)  # a longer one, asked for twice that, might fill the memory
STORED_SYSTEM = Need("has a system prompt of its own", lambda m: _completes(m) and bool(m.shown.get("system")))
STORED_MESSAGES = Need("has messages of its own", lambda m: _completes(m) and bool(m.shown.get("messages")))
STORED_BUDGET = Need(
    "has a `num_predict` of its own", lambda m: _completes(m) and "num_predict" in str(m.shown.get("parameters") or "")
)
ELSEWHERE = Need("is on another machine", lambda m: m.remote)
SHARED = Need("shares its weights with another", _completes)
"""Of `Models.pair`, which looks at two."""


class Models:
    """Every model that the server describes, the plainest and smallest first."""

    def __init__(self, models: list[Model]) -> None:
        self._models = sorted(models, key=lambda m: (m.stored, m.listed.get("size") or 0, m.name))

    def __iter__(self) -> Iterator[Model]:
        return iter(self._models)

    def all(self, need: Need) -> list[Model]:
        return [model for model in self._models if need.fits(model)]

    def pick(self, need: Need) -> Model:
        """The smallest that fits. Raises `NotAskedError` where none does."""
        found = self.all(need)
        if not found:
            raise NotAskedError(f"needs a model that {need.words}")
        return found[0]

    def pair(self, *, templates: bool = False) -> tuple[Model, Model]:
        """Two models made from one set of weights; with `templates`, under two templates."""
        fit = [m for m in self.all(SHARED) if m.weights and (m.chats or not templates)]
        for i, one in enumerate(fit):
            for other in fit[i + 1 :]:
                if one.weights == other.weights and (not templates or one.template != other.template):
                    return one, other
        raise NotAskedError(f"needs a model that {SHARED.words}{', under another template' if templates else ''}")

    def sharing(self, model: Model) -> list[str]:
        """The names of `model` and of all that have its weights, which may share its place in memory."""
        others = [m.name for m in self._models if m.weights and m.weights == model.weights and m.name != model.name]
        return [model.name, *others]


async def survey(server: Server) -> Models:
    """Ask for every model. One that the server does not describe is left out."""
    models = []
    for listed in (await server.get("/api/tags")).body.get("models") or ():
        try:
            shown = (await server.post("/api/show", model=listed["name"])).body
        except EngineError as error:
            if error.status is None:
                raise
            continue
        models.append(Model(listed["name"], listed, shown))
    return Models(models)
