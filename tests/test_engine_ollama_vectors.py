"""Vectors from Ollama, over its own API and over `/v1`: on exchanges recorded from each version, and on a live server.

pytest tests/test_engine_ollama_vectors.py                                               # played back
LLMXSITE_RECORD=1 OLLAMA_HOST=... pytest -m ollama tests/test_engine_ollama_vectors.py    # live, and record again
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from servers.live import Raw
from servers.ollama_models import EMBED

from llmxsite.exchange import engine
from llmxsite.exchange.engine.protocol import EmbedRequest, EngineError, Vectors

RECORDING = "ollama-{version}-vectors"
LONG = "tea " * 600
"""More than the 512 tokens that the model has positions for."""


@pytest.fixture
def embed(address: str, has: Any) -> Callable[..., Vectors]:
    """Vectors of texts by either API: `embed("tea", api="openai", dimensions=64)`."""
    has(EMBED)

    def ask(*texts: str, api: str = "ollama", model: str = EMBED, **more: Any) -> Vectors:
        async def inside() -> Vectors:
            async with engine.connect(api, address) as connected:
                vectors = await connected.embed(EmbedRequest(model=model, texts=list(texts), **more))
                assert all(fault is None or vectors.warnings for fault in vectors.faults())
                return vectors

        return asyncio.run(inside())

    return ask


def test_dimensions_cut_a_vector_and_scale_it(embed: Any) -> None:
    whole, short = embed("tea").array()[0], embed("tea", dimensions=16)
    assert short.dimensions == 16 and short.normalised() and short.warnings == []
    assert np.allclose(short.array()[0], whole[:16] / np.linalg.norm(whole[:16]), atol=1e-4)


def test_more_dimensions_than_there_are_are_passed_over(embed: Any) -> None:
    vectors = embed("tea", dimensions=1000)
    assert vectors.dimensions == 384 and vectors.warnings == ["dimensions-ignored"]


def test_a_text_of_nothing_has_no_vector(embed: Any) -> None:
    vectors = embed("", "tea")
    assert vectors.faults() == ["no-vector", None] and vectors.warnings == ["no-vector"]
    assert vectors.dimensions == 384


def test_the_model_is_unloaded_where_that_is_asked_for(embed: Any, raw: Raw) -> None:
    vectors = embed("tea", num_ctx=256)
    assert vectors.timing.load_ms is not None and vectors.normalised()
    assert raw.running()[EMBED]["name"] == EMBED
    assert embed("tea", num_ctx=256, keep_alive=0).rows == vectors.rows
    assert any(EMBED not in raw.running() for _ in range(500)), "the list tells it a moment later"


def test_a_text_too_long_is_refused_or_cut_where_that_is_allowed(embed: Any) -> None:
    with pytest.raises(EngineError) as caught:
        embed(LONG)
    assert (caught.value.kind, caught.value.retry) == ("context", False)
    cut = embed(LONG, truncate=True)
    assert 500 < cut.tokens[0] <= 512 and cut.warnings == []


def test_a_text_too_long_is_cut_by_the_other_api_which_is_noticed(embed: Any) -> None:
    vectors = embed("tea", LONG, api="openai")
    assert vectors.warnings == ["context-truncated"]
    assert vectors.tokens[1] <= 512 < len(LONG.split())


def test_both_apis_give_one_vector(embed: Any) -> None:
    native, compatible = embed("tea"), embed("tea", api="openai")
    assert native.dimensions == compatible.dimensions == 384 and compatible.normalised()
    assert np.allclose(native.array(), compatible.array(), atol=1e-5)
    assert native.tokens == compatible.tokens


def test_an_unknown_model_has_no_vectors(embed: Any) -> None:
    for api in ("ollama", "openai"):
        with pytest.raises(EngineError) as caught:
            embed("tea", api=api, model="no-such-model:1b")
        assert (caught.value.kind, caught.value.retry, caught.value.status) == ("missing-model", False, 404)
