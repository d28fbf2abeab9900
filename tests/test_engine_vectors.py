"""The request for vectors: rows as bytes, both APIs with every fault, and what servers take or pass over."""

from __future__ import annotations

import asyncio
import math
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from servers.fake import Fake
from servers.fake_vectors import DIMENSIONS, VECTOR_FAULTS, vector

from llmxsite.exchange.engine.address import Address
from llmxsite.exchange.engine.http import Limits
from llmxsite.exchange.engine.ollama import Ollama
from llmxsite.exchange.engine.openai import OpenAI
from llmxsite.exchange.engine.protocol import EmbedRequest, EngineError, RefusedError, Vectors
from llmxsite.exchange.engine.vectors import fault, packed, unpacked

MODEL = "fake:1b"
QUICK = Limits(connect=2, answer=2, first_byte=0.3, stall=0.3, reply=30)
APIS = {"ollama": Ollama, "openai": OpenAI}
both = pytest.mark.parametrize("api", APIS)
finite = st.floats(width=32, allow_nan=False, allow_infinity=False)


def asked(*texts: str, **more: Any) -> EmbedRequest:
    return EmbedRequest(model=more.pop("model", MODEL), texts=list(texts), **more)


async def embed(api: str, server: Fake, request: EmbedRequest, limits: Limits = Limits()) -> tuple[Vectors, list[str]]:
    async with APIS[api](Address(server.url), limits=limits) as engine:
        return await engine.embed(request), engine.lacks()


def ask(api: str, request: EmbedRequest, *faults: str | None, **settings: Any) -> tuple[Vectors, list[str]]:
    async def test() -> tuple[Vectors, list[str]]:
        async with Fake(faults=faults, **settings) as server:
            return await embed(api, server, request, QUICK if "stall-first" in faults else Limits())

    return asyncio.run(test())


def refused(api: str, request: EmbedRequest, *faults: str | None, **settings: Any) -> EngineError:
    with pytest.raises(EngineError) as caught:
        ask(api, request, *faults, **settings)
    return caught.value


@given(st.lists(finite, max_size=40))
def test_a_row_is_the_numbers_it_was_made_of(values: list[float]) -> None:
    row = packed(values)
    assert len(row) == 4 * len(values)
    assert list(unpacked(row)) == values
    assert np.array_equal(np.frombuffer(row, dtype="<f4"), np.array(values, dtype=np.float32))


@given(st.lists(st.lists(st.floats(width=32), min_size=3, max_size=3), max_size=5))
def test_vectors_come_back_from_json_bit_for_bit(rows: list[list[float]]) -> None:
    vectors = Vectors(rows=[packed(row) for row in rows], dimensions=3, sent=asked("tea", dimensions=3))
    for encode, decode in (
        (msgspec.json.encode, msgspec.json.decode),
        (msgspec.msgpack.encode, msgspec.msgpack.decode),
    ):
        assert decode(encode(vectors), type=Vectors) == vectors


@given(st.lists(st.one_of(st.just([]), st.lists(st.floats(width=32), min_size=3, max_size=3)), max_size=5))
def test_what_can_be_measured_is_what_numpy_finds(rows: list[list[float]]) -> None:
    vectors = Vectors(rows=[packed(row) for row in rows], dimensions=3)
    found = vectors.array()
    assert found.shape == (len(rows), 3) and found.dtype == np.float32
    for row, said in zip(found, vectors.faults(), strict=True):
        assert (said is None) == (bool(np.isfinite(row).all()) and bool(row.any()))


def test_rows_in_json_are_base64_of_little_endian_float32() -> None:
    data = msgspec.json.decode(msgspec.json.encode(Vectors(rows=[packed([1.0, -2.5])], dimensions=2)))
    assert data["rows"] == ["AACAPwAAIMA="]


@both
def test_one_vector_a_text_each_asked_for_by_itself(api: str) -> None:
    async def test() -> tuple[Vectors, list[Any]]:
        async with Fake() as server:
            vectors, _ = await embed(api, server, asked("green tea", "coffee", "green tea"))
            return vectors, [call.json for call in server.calls]

    vectors, calls = asyncio.run(test())
    assert vectors.rows == [packed(vector(text)) for text in ("green tea", "coffee", "green tea")]
    assert vectors.dimensions == DIMENSIONS and vectors.normalised() and vectors.warnings == []
    assert vectors.tokens == [2, 1, 2] and vectors.usage.prompt_tokens == 5
    assert vectors.timing.total_ms is not None
    assert [call["input"] for call in calls] == ["green tea", "coffee", "green tea"]


@both
def test_no_texts_are_no_vectors(api: str) -> None:
    vectors, _ = ask(api, asked())
    assert (vectors.rows, vectors.dimensions, vectors.normalised()) == ([], None, None)
    assert vectors.array().shape == (0, 0)


def test_what_is_sent_is_what_the_api_has_a_field_for() -> None:
    request = asked("tea", dimensions=4, num_ctx=512, keep_alive=0)
    native, _ = ask("ollama", request)
    assert native.sent == request and native.timing.load_ms == 2.0
    compatible, _ = ask("openai", request)
    assert compatible.sent == asked("tea", dimensions=4)
    assert native.dimensions == compatible.dimensions == 4 and native.rows == compatible.rows


ERRORS = {
    "reset": ("connection", True),
    "stall-first": ("timeout", True),
    "500": ("server", True),
    "502-html": ("server", True),
    "503": ("overloaded", True),
    "503-wait": ("overloaded", True),
    "429": ("overloaded", True),
    "memory": ("memory", False),
    "gone": ("missing-model", False),
    "no-such-path": ("unsupported", False),
    "wrong-type": ("protocol", True),
    "huge": ("protocol", False),
    "no-vector": ("protocol", False),
    "two-vectors": ("protocol", False),
    "empty-vector": ("protocol", False),
    "text-in-vector": ("protocol", False),
    "scalar-vector": ("protocol", False),
    "bad-base64": ("protocol", False),
    "odd-base64": ("protocol", False),
    "half-body": ("protocol", True),
    "cut-body": ("connection", True),
    "body-of-list": ("protocol", False),
}
OUTCOMES = {
    "zero-vector": "zero-vector",
    "nan-vector": "not-finite",
    "null-vector": "not-finite",
    "huge-number": "not-finite",
    "nan-500": "no-vector",
}


def test_every_fault_of_a_vector_is_tried() -> None:
    assert {*ERRORS, *OUTCOMES, "longer-vector"} >= set(VECTOR_FAULTS)


@both
@pytest.mark.parametrize("name", ERRORS)
def test_a_fault_of_the_server_is_an_error_with_its_kind(api: str, name: str) -> None:
    error = refused(api, asked("tea"), name)
    assert (error.kind, error.retry) == ERRORS[name], str(error)
    assert error.retry_after == (7.0 if name == "503-wait" else None)
    assert "\n" not in str(error) and 0 < len(str(error)) < 400


@both
@pytest.mark.parametrize("name", OUTCOMES)
def test_a_vector_that_cannot_be_measured_with_is_an_outcome(api: str, name: str) -> None:
    vectors, _ = ask(api, asked("tea", "coffee"), name, None)
    assert vectors.faults() == [OUTCOMES[name], None]
    expected = {OUTCOMES[name], "not-finite"} if name == "nan-500" else {OUTCOMES[name]}
    assert set(vectors.warnings) == expected
    assert vectors.normalised() and vectors.dimensions == DIMENSIONS
    assert np.isfinite(vectors.array()[1]).all()


@both
def test_vectors_of_several_lengths_are_the_servers_fault(api: str) -> None:
    error = refused(api, asked("tea", "coffee"), None, "longer-vector")
    assert (error.kind, error.retry) == ("protocol", False) and "8 and 9 numbers" in str(error)


@both
def test_an_unknown_model_is_refused(api: str) -> None:
    error = refused(api, asked("tea", model="none:1b"))
    assert (error.kind, error.retry, error.status) == ("missing-model", False, 404)


@both
def test_a_text_that_does_not_fit_is_refused(api: str) -> None:
    error = refused(api, asked("tea", "tea " * 200), context_limit=100)
    assert (error.kind, error.retry) == ("context", False)


def test_a_text_that_may_be_cut_is_cut() -> None:
    vectors, lacks = ask("ollama", asked("tea " * 200, truncate=True), context_limit=100)
    assert vectors.tokens == [100] and vectors.warnings == []
    assert not any("cut" in lack for lack in lacks)


@pytest.mark.parametrize(("words", "cut"), [(60, False), (90, False), (99, False), (100, True), (200, True)])
def test_a_server_that_cuts_without_a_word_is_found_out(words: int, cut: bool) -> None:
    request = asked("tea", " ".join(["tea"] * words))
    vectors, lacks = ask("openai", request, context_limit=100, refuses_overflow=False)
    assert vectors.warnings == (["context-truncated"] if cut else [])
    assert ("texts that do not fit are cut silently" in lacks) == cut


def test_a_server_that_reads_texts_whole_is_asked_seldom() -> None:
    async def test() -> tuple[Vectors, int]:
        async with Fake() as server:
            vectors, _ = await embed("openai", server, asked(*(" ".join(["tea"] * n) for n in range(1, 250))))
            return vectors, len(server.calls)

    vectors, calls = asyncio.run(test())
    assert vectors.warnings == [] and calls == 249 + 2, "after 65 tokens, and after 131"


def test_a_server_that_refuses_texts_too_long_cuts_none() -> None:
    vectors, lacks = ask("openai", asked(" ".join(["tea"] * 99), " ".join(["tea"] * 100)), context_limit=100)
    assert vectors.tokens == [99, 100] and vectors.warnings == [] and lacks == []


@both
def test_dimensions_that_a_server_refuses_are_a_refusal_of_what_is_asked(api: str) -> None:
    error = refused(api, asked("tea", dimensions=4), refuses=("dimensions",))
    assert isinstance(error, RefusedError) and (error.field, error.value) == ("dimensions", 4)


@both
def test_dimensions_that_a_server_passes_over_are_noticed(api: str) -> None:
    vectors, lacks = ask(api, asked("tea", dimensions=4), ignores_dimensions=True)
    assert vectors.dimensions == DIMENSIONS and vectors.warnings == ["dimensions-ignored"]
    assert any("8 dimensions, whatever is asked for" in lack for lack in lacks)


@pytest.mark.parametrize("settings", [{"refuses": ("encoding_format",)}, {"base64": False}])
def test_a_server_without_base64_gives_decimals(settings: dict[str, Any]) -> None:
    vectors, lacks = ask("openai", asked("tea", "coffee"), **settings)
    assert vectors.rows == [packed(vector("tea")), packed(vector("coffee"))] and lacks == []


def test_a_text_of_nothing_may_have_no_vector() -> None:
    vectors, _ = ask("ollama", asked("", "tea"), "no-vector", None)
    assert vectors.rows[0] == b"" and vectors.faults() == ["no-vector", None] and vectors.warnings == ["no-vector"]
    assert math.isnan(vectors.array()[0, 0]) and fault(vectors.rows[1]) is None
