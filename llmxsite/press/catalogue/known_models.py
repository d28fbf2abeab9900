"""Facts of well-known models, as their publishers state them, for cards on which nobody wrote them down.

A model is known by everything that is told of it together: its name in the form of Ollama's library, the architecture and the
number of parameters of its file. Whoever tunes a model gives it a name of their own; one that kept the name, the architecture and
the size of the original could not be told from it here, which is why a card says where its facts are from.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path

import msgspec

from llmxsite.base.reading import own_text
from llmxsite.exchange.engine.protocol import ModelInfo

FILE = Path(__file__).with_name("known_models.toml")
PLAIN = frozenset(
    ["latest", "instruct", "it", "chat", "text", "base", "pt", "pretrain", "qat", "fp16", "bf16", "f16", "f32"]
)
"""Words of a tag that name no other model: how it was tuned by its publisher, and how it was stored."""
NEAR = 0.03
"""How far a file's parameters may lie from the publisher's, as a share: counts differ by whether embeddings are tied."""
_STORED = re.compile(r"i?q\d(_[0-9a-z]+)*|\d{4}")
"""A quantization, or the release of a month: `q4_K_M`, `2507`."""


class Size(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What is stated of one size of a family; what is not, is the family's."""

    parameters: int
    released: str | None = None
    licence: str | None = None
    context: int | None = None
    languages: str | None = None
    training: str | None = None
    source: str | None = None


class Family(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A family of models of one publisher."""

    names: list[str]
    families: list[str]
    title: str
    developer: str
    source: str
    sizes: dict[str, Size]
    released: str | None = None
    licence: str | None = None
    context: int | None = None
    languages: str | None = None
    training: str | None = None
    paper: str | None = None


class KnownModel(msgspec.Struct, kw_only=True):
    """What is stated of one model, and where."""

    title: str
    developer: str
    source: str
    released: str | None
    licence: str | None
    context: int | None
    languages: str | None
    training: str | None
    paper: str | None


class _File(msgspec.Struct, forbid_unknown_fields=True):
    model: list[Family]


@cache
def families() -> list[Family]:
    """The catalogue."""
    return msgspec.convert(tomllib.loads(own_text(FILE)), _File).model


def known(info: ModelInfo) -> KnownModel | None:
    """What is stated of a model; None where it is not certain to be one of the catalogue.

    Not certain is: a name with a user or a host in it, a tag with a word of its own, another architecture, other parameters, none
    told where the tag names no size.
    """
    name, _, tag = info.name.lower().partition(":")
    family = next((f for f in families() if name in f.names), None)
    if family is None:
        return None
    if info.family is None or info.family.lower() not in family.families:
        return None
    size, words = _size(family, tag, info.parameters)
    if size is None or not all(word in PLAIN or _STORED.fullmatch(word) for word in words):
        return None
    if info.parameters is None or abs(info.parameters - size.parameters) > NEAR * size.parameters:
        return None
    stated = {
        name: getattr(size, name, None) or getattr(family, name)
        for name in ("source", "released", "licence", "context", "languages", "training")
    }
    return KnownModel(title=family.title, developer=family.developer, paper=family.paper, **stated)


def _size(family: Family, tag: str, parameters: int | None) -> tuple[Size | None, list[str]]:
    """The size that a tag names, with the tag's other words; by the parameters where it names none."""
    words = [word for word in tag.split("-") if word]
    if words and words[0] in family.sizes:
        return family.sizes[words[0]], words[1:]
    near = [s for s in family.sizes.values() if parameters and abs(parameters - s.parameters) <= NEAR * s.parameters]
    return (near[0] if near else None), words
