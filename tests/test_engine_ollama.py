"""Ollama's native API through the engine: what was recorded of a real server, and the same of a live one (servers/live.py)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any

import msgspec
import pytest
from servers.ollama_models import BASE, BROKEN, CHAT, EMBED, REMOTE, STORED, THINKING, TOOLS
from servers.replay import Replay

from llmxsite.exchange import engine
from llmxsite.exchange.engine.protocol import (
    EmbedRequest,
    EngineError,
    Message,
    ModelInfo,
    Options,
    Reply,
    Request,
    ToolCall,
)

RECORDING = "ollama-{version}"
CONTEXT = 1024
WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Current weather of a city",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}
QUESTION = "Which gas do plants take in?\nA) oxygen\nB) carbon dioxide\nAnswer with the letter."


def ask(model: str, text: str = QUESTION, **more: Any) -> Request:
    options = {"num_ctx": CONTEXT, "num_predict": 8, **more.pop("options", {})}
    return Request(
        model=model,
        messages=[Message(role="user", content=text)],
        options=Options(**options),
        **{"top_logprobs": 5, **more},
    )


def test_describe(talk: Any, address: str) -> None:
    info = talk(lambda ollama: ollama.describe())
    assert info.name == "ollama" and info.version.count(".") == 2
    assert info.address == engine.address.ollama_address(address).shown  # type: ignore[attr-defined]
    assert info.lacks == [f"the prompt cache cannot be turned off: server {info.version}"]


def test_models_are_listed_with_their_digests(talk: Any, has: Any) -> None:
    has(CHAT)
    models = {model.name: model for model in talk(lambda ollama: ollama.models())}
    model = models[CHAT]
    assert len(model.digest) == 64 and set(model.digest) <= set("0123456789abcdef")
    assert model.format == "gguf" and model.family == "llama" and not model.remote
    assert model.quantization and model.parameter_size and model.size_bytes > 50_000_000
    assert len({m.digest for m in models.values()}) == len(models)


def test_loaded_model_tells_what_is_in_force(talk: Any, has: Any) -> None:
    has(CHAT)
    model: ModelInfo = talk(lambda ollama: ollama.model(CHAT, num_ctx=CONTEXT))
    assert model.context_in_force == CONTEXT
    assert model.gpu_share is not None and 0 <= model.gpu_share <= 1
    assert model.parameters and 130e6 < model.parameters < 140e6
    assert model.context_length == 8192
    assert model.capabilities is not None and {"completion", "chat"} <= set(model.capabilities)
    assert model.template_hash and len(model.template_hash) == 64
    assert model.licence


@pytest.fixture
def logprobs(behaviour: Any) -> bool:
    """Whether the server gives log-probabilities; an older one passes over that they are asked for."""
    return behaviour("logprobs-shape") != "none come back"


@pytest.mark.claim("context-capped")
def test_context_beyond_what_the_model_was_made_for_is_not_given(talk: Any, has: Any, behaviour: Any) -> None:
    has(CHAT)
    model = talk(lambda ollama: ollama.model(CHAT, num_ctx=16384))
    told = 16384 if behaviour("context-capped") == "told as asked for" else 8192
    assert model.context_in_force == told and model.context_length == 8192


def test_base_model_has_no_chat(talk: Any, has: Any) -> None:
    has(BASE)
    model = talk(lambda ollama: ollama.model(BASE))
    assert "completion" in model.capabilities and "chat" not in model.capabilities


def test_system_prompt_of_the_model_is_told(talk: Any, has: Any) -> None:
    has(THINKING)
    assert talk(lambda ollama: ollama.model(THINKING)).system.startswith("You are")


def test_a_reply_with_everything(talk: Any, has: Any, logprobs: bool) -> None:
    has(CHAT)
    pieces: list[tuple[str, bool]] = []
    reply: Reply = talk(lambda ollama: ollama.chat(ask(CHAT), lambda text, thinking: pieces.append((text, thinking))))
    assert reply.text and "".join(text for text, _ in pieces) == reply.text
    assert not any(thinking for _, thinking in pieces)
    assert reply.done_reason in ("stop", "length")
    assert reply.warnings == ([] if logprobs else ["logprobs-missing"])
    assert "".join(token.token for token in reply.tokens or ()) == (reply.text if logprobs else "")
    for token in reply.tokens or ():
        assert token.top is not None and len(token.top) == 5
        assert token.logprob == token.top[0].logprob <= 0  # temperature 0 takes the most probable
        assert [a.logprob for a in token.top] == sorted((a.logprob for a in token.top), reverse=True)
    timing, usage = reply.timing, reply.usage
    assert usage.prompt_tokens and usage.prompt_tokens > 20 and usage.completion_tokens
    assert timing.prompt_ms and timing.load_ms is not None and timing.total_ms and timing.first_token_ms
    assert timing.first_token_ms <= timing.total_ms


def test_no_alternatives_and_no_logprobs_are_two_things(talk: Any, has: Any, logprobs: bool) -> None:
    has(CHAT)
    some = talk(lambda ollama: ollama.chat(ask(CHAT, top_logprobs=0)))
    if not logprobs:
        assert some.tokens is None and some.warnings == ["logprobs-missing"]
        return
    assert some.tokens and all(token.top is None and token.logprob is not None for token in some.tokens)
    none = talk(lambda ollama: ollama.chat(ask(CHAT, top_logprobs=None)))
    assert none.tokens is None and none.warnings == []


def test_twenty_alternatives_at_most(talk: Any, has: Any, logprobs: bool) -> None:
    has(CHAT)
    twenty = talk(lambda ollama: ollama.chat(ask(CHAT, top_logprobs=20)))
    if not logprobs:
        assert twenty.tokens is None
        return
    assert len(twenty.tokens[0].top) == 20
    more = talk(lambda ollama: ollama.chat(ask(CHAT, top_logprobs=21)))
    assert len(more.tokens[0].top) == 20 == more.sent.top_logprobs, "the nearest that is taken"


def test_raw_prompt_is_completed_without_a_template(talk: Any, has: Any, logprobs: bool) -> None:
    has(CHAT)
    request = ask(CHAT)
    request.messages, request.raw_prompt = [], "The capital of France is"
    reply = talk(lambda ollama: ollama.chat(request))
    assert reply.text.startswith(" Paris")
    assert [token.token for token in reply.tokens or ()][:1] == ([" Paris"] if logprobs else [])
    assert reply.usage.prompt_tokens == 5


def test_raw_prompt_begins_as_the_model_expects(talk: Any, has: Any) -> None:
    """Gemma wants a token for the beginning: the server adds it to a raw prompt too."""
    has(BASE)
    request = ask(BASE)
    request.messages, request.raw_prompt = [], "The capital of France is"
    assert talk(lambda ollama: ollama.chat(request)).usage.prompt_tokens == 6


def test_same_seed_same_reply_and_another_another(talk: Any, has: Any) -> None:
    has(CHAT)

    def hot(seed: int) -> str:
        request = ask(CHAT, "Tell me a story.", options={"temperature": 1.5, "num_predict": 12, "seed": seed})
        return str(talk(lambda ollama: ollama.chat(request)).text)

    assert hot(1) == hot(1) != hot(2)


def test_budget_ends_the_reply(talk: Any, has: Any, logprobs: bool) -> None:
    has(CHAT)
    reply = talk(lambda ollama: ollama.chat(ask(CHAT, "Tell me a story.", options={"num_predict": 3})))
    assert reply.done_reason == "length" and reply.usage.completion_tokens == 3
    assert len(reply.tokens or ()) == (3 if logprobs else 0)


def test_stop_word(talk: Any, has: Any) -> None:
    has(CHAT)
    request = ask(CHAT, "Count from one to ten in words.", options={"stop": ("4",), "num_predict": 40})
    reply = talk(lambda ollama: ollama.chat(request))
    assert "3" in reply.text and "4" not in reply.text and reply.done_reason == "stop"


def test_prompt_longer_than_the_context_is_refused(talk: Any, has: Any, behaviour: Any) -> None:
    """Because `truncate: false` is sent with every request. Without it the server cuts the prompt and says nothing; an older
    one does so all the same, and the reply is marked."""
    has(CHAT)
    if behaviour("overflow-refused").startswith("cut"):
        cut = talk(lambda ollama: ollama.chat(ask(CHAT, "word " * 3000)))
        assert "context-truncated" in cut.warnings
        return
    with pytest.raises(EngineError, match="does not fit the context") as caught:
        talk(lambda ollama: ollama.chat(ask(CHAT, "word " * 3000)))
    assert (caught.value.kind, caught.value.retry, caught.value.status) == ("context", False, 400)


def test_reply_ends_where_the_context_does(talk: Any, has: Any, behaviour: Any) -> None:
    """Because `shift: false` is sent: the beginning is not thrown away to make room, but by a server that passes it over."""
    has(CHAT)
    request = ask(CHAT, "Count: " + "one two three four " * 20, options={"num_ctx": 256, "num_predict": 300})
    reply = talk(lambda ollama: ollama.chat(request))
    assert reply.done_reason == "length"
    outgrown = reply.usage.prompt_tokens + reply.usage.completion_tokens > 257
    assert outgrown is (behaviour("shift") == "the reply outgrows the context")


def test_thinking_and_answer_come_apart(talk: Any, has: Any, logprobs: bool) -> None:
    has(THINKING)
    assert "thinking" in talk(lambda ollama: ollama.model(THINKING)).capabilities
    pieces: list[bool] = []
    request = ask(THINKING, "What is 2+3?", think=True, options={"num_predict": 24})
    reply = talk(lambda ollama: ollama.chat(request, lambda _, thinking: pieces.append(thinking)))
    assert reply.thinking and pieces[0] is True
    assert bool(reply.tokens) is logprobs, "the tokens of the thinking have logprobs too"
    silent = talk(lambda ollama: ollama.chat(ask(THINKING, "What is 2+3?", think=False)))
    assert silent.thinking is None and silent.text


def test_thinking_asked_of_a_model_that_cannot(talk: Any, has: Any) -> None:
    has(CHAT)
    with pytest.raises(EngineError, match="does not support thinking") as caught:
        talk(lambda ollama: ollama.chat(ask(CHAT, think=True)))
    assert (caught.value.kind, caught.value.retry) == ("invalid-request", False)


def test_tool_call(talk: Any, has: Any, behaviour: Any) -> None:
    has(TOOLS)
    request = ask(TOOLS, "What is the weather in Paris?", tools=[WEATHER], options={"num_predict": 40})
    reply = talk(lambda ollama: ollama.chat(request))
    if behaviour("tool-calls").startswith("not asked"):
        assert reply.tool_calls is None and "<tool_call>" in reply.text, "it has no parser for this model's calls"
        return
    assert reply.tool_calls == [ToolCall(name="get_weather", arguments={"city": "Paris"})]
    assert reply.model_failure is None and reply.timing.first_token_ms is not None
    request.messages += [
        Message(role="assistant", content="", tool_calls=reply.tool_calls),
        Message(role="tool", content="18 degrees, rain", tool_name="get_weather"),
    ]
    second = talk(lambda ollama: ollama.chat(request))
    assert second.usage.prompt_tokens > reply.usage.prompt_tokens


def test_malformed_tool_call_is_the_models_failure(talk: Any, has: Any, behaviour: Any) -> None:
    """With logprobs asked for, tokens have been sent before the call is found broken: the error is a line under 200."""
    has(BROKEN)
    for logprobs in (5, None):
        request = ask(BROKEN, "What is the weather in Paris?", tools=[WEATHER], top_logprobs=logprobs)
        request.options = Options(num_ctx=CONTEXT, num_predict=40)
        reply = talk(lambda ollama, request=request: ollama.chat(request))
        assert not reply.tool_calls
        if behaviour("tool-calls").startswith("not asked"):
            assert reply.model_failure is None and "<tool_call>" in reply.text
            return
        assert reply.model_failure is not None and "parse" in reply.model_failure


def test_tools_asked_of_a_model_that_cannot(talk: Any, has: Any) -> None:
    has(CHAT)
    with pytest.raises(EngineError, match="does not support tools") as caught:
        talk(lambda ollama: ollama.chat(ask(CHAT, tools=[WEATHER])))
    assert (caught.value.kind, caught.value.retry) == ("invalid-request", False)


def test_unloading_makes_the_next_request_a_cold_one(talk: Any, has: Any) -> None:
    has(CHAT)
    talk(lambda ollama: ollama.unload(CHAT))
    cold = talk(lambda ollama: ollama.chat(ask(CHAT, "Hi", keep_alive="5m")))
    warm = [talk(lambda ollama: ollama.chat(ask(CHAT, "Hi!", keep_alive=300))) for _ in range(3)]
    # The best of three: on a busy machine looking a loaded model up can take a second, too.
    assert cold.timing.load_ms > min(reply.timing.load_ms for reply in warm)
    with pytest.raises(EngineError) as caught:
        talk(lambda ollama: ollama.unload("no-such-model:1b"))
    assert caught.value.kind == "missing-model"


@pytest.mark.claim("shared-weights")
def test_models_that_share_their_weights_share_a_place_in_memory(talk: Any, raw: Any, has: Any) -> None:
    """The server lists the place under the name of the one loaded first: the other is found by the hash of the weights."""
    has(CHAT, STORED)
    talk(lambda ollama: ollama.unload(CHAT))
    talk(lambda ollama: ollama.chat(ask(CHAT, "Hi")))
    other: ModelInfo = talk(lambda ollama: ollama.model(STORED, num_ctx=CONTEXT))
    assert CHAT in raw.running() and STORED not in raw.running()
    assert other.context_in_force == CONTEXT and other.gpu_share is not None
    talk(lambda ollama: ollama.unload(STORED))
    assert CHAT not in raw.running()


def test_what_becomes_of_a_conversation_is_hashed(talk: Any, has: Any) -> None:
    """Two models of one template and other stored words differ in it, and so would one template on two servers."""
    has(CHAT, STORED)
    plain = talk(lambda ollama: ollama.model(CHAT, num_ctx=CONTEXT))
    stored = talk(lambda ollama: ollama.model(STORED, num_ctx=CONTEXT))
    assert plain.template_hash == stored.template_hash and plain.stored_messages == 0
    assert stored.stored_messages == 2 and stored.system == "Answer as a pirate."
    assert len(plain.render_hash) == 64 and plain.render_hash != stored.render_hash


def test_model_elsewhere_is_not_local(talk: Any, has: Any) -> None:
    has(REMOTE)
    listed = {model.name: model for model in talk(lambda ollama: ollama.models())}[REMOTE]
    model = talk(lambda ollama: ollama.model(REMOTE, num_ctx=CONTEXT))
    assert listed.remote and model.remote and model.size_bytes is None
    assert "chat" in model.capabilities and model.template_hash is None, "its template is applied elsewhere"
    assert model.context_in_force is None, "nothing of it is loaded here"


@pytest.mark.claim("repetition")
def test_reply_that_repeats_itself_is_ended_by_the_server(talk: Any, has: Any, logprobs: bool) -> None:
    """After 30 tokens alike the stream just ends, or after 100 with an error line: that is the model's doing, and no fault."""
    has(BASE)
    for alternatives in (1, None):
        request = ask(BASE, options={"num_predict": 300}, top_logprobs=alternatives)
        request.messages, request.raw_prompt = [], " ".join(["tea"] * 20)
        reply = talk(lambda ollama, request=request: ollama.chat(request))
        missing = [] if logprobs or alternatives is None else ["logprobs-missing"]
        assert reply.warnings == ["repetition-stopped", *missing] and reply.done_reason is None
        assert len(set(reply.text.lower().split()[-30:])) == 1
        assert reply.usage.completion_tokens is None and reply.timing.eval_ms is None, "there is no last message"


def test_missing_model(talk: Any) -> None:
    for question in (
        lambda ollama: ollama.chat(ask("no-such-model:1b")),
        lambda ollama: ollama.model("no-such-model:1b"),
    ):
        with pytest.raises(EngineError) as caught:
            talk(question)
        assert (caught.value.kind, caught.value.retry, caught.value.status) == ("missing-model", False, 404)


def test_vectors(talk: Any, has: Any) -> None:
    has(EMBED)
    vectors = talk(lambda ollama: ollama.embed(EmbedRequest(model=EMBED, texts=["tea", "carburettor", "tea"])))
    one, two, again = vectors.rows
    assert vectors.dimensions == 384 and one == again != two
    assert vectors.normalised() and not vectors.warnings
    tea, carburettor, _ = vectors.tokens
    assert tea < carburettor and vectors.usage.prompt_tokens == sum(vectors.tokens)


def test_vectors_of_a_model_that_completes_text(talk: Any, has: Any, behaviour: Any) -> None:
    has(CHAT)
    request = EmbedRequest(model=CHAT, texts=["tea"])
    if behaviour("embed-chat") == "a vector":
        assert talk(lambda ollama: ollama.embed(request)).dimensions == 576
    else:
        with pytest.raises(EngineError, match="does not support embeddings") as caught:
            talk(lambda ollama: ollama.embed(request))
        assert (caught.value.kind, caught.value.retry) == ("unsupported", False)


def test_a_text_too_long_to_embed_is_refused(talk: Any, has: Any) -> None:
    has(EMBED)
    with pytest.raises(EngineError) as caught:
        talk(lambda ollama: ollama.embed(EmbedRequest(model=EMBED, texts=["tea " * 900])))
    assert (caught.value.kind, caught.value.retry) == ("context", False)


def played_back(name: str, *requests: Request) -> list[Reply | EngineError]:
    async def test() -> list[Reply | EngineError]:
        with Replay(name) as replay:
            async with engine.connect("ollama", replay.url) as ollama:
                return [await outcome(ollama.chat(request)) for request in requests]

    async def outcome(chat: Awaitable[Reply]) -> Reply | EngineError:
        try:
            return await chat
        except EngineError as error:
            return error

    return asyncio.run(test())


STORY = Request(
    model=CHAT,
    messages=[Message(role="user", content="Tell me a story.")],
    options=Options(num_ctx=CONTEXT, num_predict=8, typical_p=1.0),  # these recordings are older than its end
    top_logprobs=5,
)


@pytest.mark.claim("error-busy", recording="ollama-0.20.7-busy")
def test_full_queue_may_be_tried_again() -> None:
    error, reply = played_back("ollama-0.20.7-busy", STORY, STORY)
    assert isinstance(error, EngineError) and (error.kind, error.retry, error.status) == ("overloaded", True, 503)
    assert isinstance(reply, Reply) and reply.text


@pytest.mark.claim("error-midway", recording="ollama-0.20.7-killed")
def test_runner_that_dies_in_the_middle_may_be_tried_again() -> None:
    long = msgspec.structs.replace(STORY, options=Options(num_ctx=CONTEXT, num_predict=500, typical_p=1.0))
    error, reply = played_back("ollama-0.20.7-killed", long, STORY)
    assert isinstance(error, EngineError) and (error.kind, error.retry) == ("server", True)
    assert str(error) == "in the middle of the reply: an error was encountered while running the model: unexpected EOF"
    assert isinstance(reply, Reply) and reply.text


@pytest.mark.claim("error-memory", recording="ollama-0.20.7-memory")
def test_model_too_large_for_the_memory_is_not_tried_again() -> None:
    request = Request(
        model="smollm2-long:135m",
        messages=[Message(role="user", content="Hi")],
        options=Options(num_ctx=50_000_000, num_predict=2, typical_p=1.0),
    )
    (error,) = played_back("ollama-0.20.7-memory", request)
    assert isinstance(error, EngineError) and (error.kind, error.retry) == ("memory", False)
