"""What Ollama does when asked directly: each row of docs/ollama.md about a server that gives logprobs (servers/live.py)."""

from __future__ import annotations

import math
from typing import Any

import pytest
from servers.live import Raw
from servers.ollama_models import BASE, BROKEN, CHAT, REMOTE, STORED, THINKING, TOOLS

RECORDING = "ollama-0.20.7-facts"
LOGPROBS = True
claim = pytest.mark.claim
WEATHER = [
    {
        "type": "function",
        "function": {
            "name": "get_weather",
            "description": "Current weather of a city",
            "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
        },
    }
]
PARIS = "What is the weather in Paris?"
PLAIN = "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n"


@pytest.fixture(autouse=True)
def _models(has: Any) -> None:
    has(CHAT, BASE, TOOLS, BROKEN, THINKING, STORED)


# Logprobs


@claim("logprobs-shape")
@pytest.mark.parametrize("path", ["chat", "generate"])
def test_logprobs_lie_at_the_root_of_each_chunk(raw: Raw, path: str) -> None:
    answer = getattr(raw, path)(CHAT, "Hi", logprobs=True, top_logprobs=2)
    *chunks, last = answer.lines
    assert [len(chunk["logprobs"]) for chunk in chunks] == [1] * 4 and "logprobs" not in last
    entry = chunks[0]["logprobs"][0]
    assert set(entry) == {"token", "logprob", "bytes", "top_logprobs"}
    assert [set(other) for other in entry["top_logprobs"]] == [{"token", "logprob", "bytes"}] * 2
    whole = getattr(raw, path)(CHAT, "Hi", logprobs=True, top_logprobs=2, stream=False).body
    assert [e["token"] for e in whole["logprobs"]] == [e["token"] for e in answer.logprobs]


@claim("logprobs-shape")
def test_logprobs_are_not_options_and_alternatives_alone_bring_none(raw: Raw) -> None:
    assert not raw.chat(CHAT, options={"logprobs": True, "top_logprobs": 2}).logprobs
    assert not raw.chat(CHAT, top_logprobs=2).logprobs


@claim("logprobs-range")
@pytest.mark.parametrize("count", [-1, 21])
def test_alternatives_out_of_range_are_refused(raw: Raw, count: int) -> None:
    message = {"role": "user", "content": "Hi"}
    for answer in (
        raw.chat(CHAT, logprobs=True, top_logprobs=count),
        raw.generate(CHAT, "Hi", logprobs=True, top_logprobs=count),
        raw.post("/v1/chat/completions", model=CHAT, messages=[message], logprobs=True, top_logprobs=count),
    ):
        assert answer.status == 400 and "top_logprobs must be between 0 and 20" in str(answer.body["error"])


@claim("logprobs-v1")
def test_logprobs_of_v1_lie_in_the_choice(raw: Raw) -> None:
    asked = {"model": CHAT, "messages": [{"role": "user", "content": "Hi"}], "max_tokens": 2, "temperature": 0}
    asked |= {"logprobs": True, "top_logprobs": 2}
    (choice,) = raw.post("/v1/chat/completions", **asked).body["choices"]
    assert [len(entry["top_logprobs"]) for entry in choice["logprobs"]["content"]] == [2, 2]
    lines = raw.post("/v1/chat/completions", stream=True, **asked).lines
    streamed = [line["choices"][0].get("logprobs") for line in lines if line != "[DONE]" and line["choices"]]
    assert [len(part["content"]) for part in streamed if part] == [1, 1]


@claim("v1-completions")
def test_completions_of_v1_go_through_the_chat_template_without_logprobs(raw: Raw) -> None:
    prompt = "The capital of France is"
    asked = {"model": CHAT, "prompt": prompt, "max_tokens": 2, "temperature": 0, "logprobs": 2, "echo": True}
    whole = raw.post("/v1/completions", **asked).body
    native = raw.generate(CHAT, prompt, raw=True, stream=False).body
    assert whole["usage"]["prompt_tokens"] == 14 and native["prompt_eval_count"] == 5
    assert not whole["choices"][0]["text"].startswith(prompt), "echo is passed over"
    lines = [line for line in raw.post("/v1/completions", stream=True, **asked).lines if line != "[DONE]"]
    assert "logprobs" not in whole["choices"][0]
    assert all("logprobs" not in choice for line in lines for choice in line["choices"])


@claim("no-prompt-logprobs")
def test_prompts_have_no_logprobs_and_there_is_no_tokenizer(raw: Raw) -> None:
    answer = raw.generate(
        CHAT, "The capital of France is", raw=True, logprobs=True, echo=True, options={"num_predict": 1}
    )
    assert len(answer.logprobs) == 1
    for path in ("/api/tokenize", "/api/detokenize", "/tokenize"):
        assert raw.post(path, model=CHAT, content="tea").status == 404


@claim("logprobs-temperature")
def test_logprobs_are_the_models_whatever_the_temperature(raw: Raw) -> None:
    def first(**options: float) -> list[tuple[str, float]]:
        options["num_predict"] = 1
        answer = raw.chat(CHAT, "Name a colour.", logprobs=True, top_logprobs=5, options=options)
        return [(other["token"], other["logprob"]) for other in answer.logprobs[0]["top_logprobs"]]

    cold, hot = first(temperature=0), first(temperature=1.5, top_p=0.5)
    assert [token for token, _ in cold] == [token for token, _ in hot]
    assert all(abs(a - b) < 1e-4 for (_, a), (_, b) in zip(cold, hot, strict=True))


@claim("logprobs-missing-last")
def test_end_of_the_reply_is_counted_without_a_logprob(raw: Raw) -> None:
    answer = raw.chat(CHAT, "Say OK.", logprobs=True, options={"num_predict": 40})
    last = answer.lines[-1]
    assert last["done_reason"] == "stop" and len(answer.logprobs) == last["eval_count"] - 1


@claim("logprobs-missing-last")
def test_tokens_of_a_stop_word_are_counted_without_a_logprob(raw: Raw) -> None:
    asked = {"num_predict": 40, "stop": ["4"]}
    answer = raw.chat(CHAT, "Count from one to ten in words.", logprobs=True, options=asked)
    assert len(answer.logprobs) < answer.lines[-1]["eval_count"]
    assert "".join(entry["token"] for entry in answer.logprobs) == "".join(
        line["message"]["content"] for line in answer.lines
    )


@claim("logprobs-bytes")
def test_bytes_of_half_a_character_are_those_of_a_question_mark(raw: Raw) -> None:
    """Tokens that are part of a character come in one chunk, and their bytes are U+FFFD's: the character is lost."""
    prompt = "Repeat: 🦆 🦆 🦆 🦆 🦆 🦆 🦆 🦆"
    answer = raw.generate(CHAT, prompt, raw=True, logprobs=True, options={"num_predict": 8})
    chunk = next(line for line in answer.lines if len(line.get("logprobs", ())) > 1)
    assert "�" not in chunk["response"] and len(chunk["response"].strip()) == 1
    broken = [entry for entry in chunk["logprobs"] if "�" in entry["token"]]
    assert broken and all(bytes(entry["bytes"]) == entry["token"].encode() for entry in broken)


# Thinking


@claim("think-shared-list")
def test_thinking_and_answer_share_one_list_of_tokens(raw: Raw) -> None:
    answer = raw.chat(THINKING, "What is 2+3?", think=True, logprobs=True, options={"num_predict": 24})
    thinking = "".join(line["message"].get("thinking", "") for line in answer.lines)
    assert thinking and thinking in "".join(entry["token"] for entry in answer.logprobs)


@claim("think-default")
def test_model_that_can_think_does_so_unless_told_not_to(raw: Raw) -> None:
    assert raw.rendered(THINKING).endswith("<think>\n")
    assert raw.rendered(THINKING) == raw.rendered(THINKING, think=True) != raw.rendered(THINKING, think=False)


@claim("think-incapable")
def test_thinking_is_refused_where_the_model_cannot(raw: Raw) -> None:
    for answer in (raw.chat(CHAT, think=True), raw.generate(CHAT, "Hi", think=True)):
        assert answer.status == 400 and answer.body["error"] == f'"{CHAT}" does not support thinking'
    assert raw.chat(CHAT, think=False).status == 200


# Options


def poem(raw: Raw, model: str = CHAT, **options: float) -> str:
    prompt = "A poem about the sea, the sea, the sea:"
    options = {"num_ctx": 512, "num_predict": 12, "seed": 7} | options
    return str(raw.post("/api/generate", model=model, prompt=prompt, stream=False, options=options).body["response"])


@claim("defaults")
def test_defaults_of_the_native_api(raw: Raw) -> None:
    defaults = {"temperature": 0.8, "top_k": 40, "top_p": 0.9, "repeat_penalty": 1.1}
    assert poem(raw) == poem(raw, **defaults)
    for other in ({"repeat_penalty": 1.0}, {"temperature": 1.0}, {"top_p": 1.0}):
        assert poem(raw, **(defaults | other)) != poem(raw)


@claim("defaults-v1")
def test_defaults_of_v1_are_others_and_num_ctx_is_passed_over(raw: Raw) -> None:
    def written(**options: float) -> str:
        message = {"role": "user", "content": "A poem about the sea, the sea, the sea:"}
        asked = {"model": CHAT, "messages": [message], "max_tokens": 12, "seed": 7} | options
        return str(raw.post("/v1/chat/completions", **asked).body["choices"][0]["message"]["content"])

    assert written() == written(temperature=1.0, top_p=1.0) != written(temperature=0.8, top_p=0.9)
    written(num_ctx=512)
    assert raw.running()[CHAT]["context_length"] == 4096


@claim("penalty-ignored")
def test_repeat_penalty_does_nothing_for_some_models(raw: Raw) -> None:
    def next_words(model: str, penalty: float) -> str:
        options = {"repeat_penalty": penalty, "num_predict": 3}
        prompt = "red blue red blue red blue red blue"
        return str(raw.generate(model, prompt, raw=True, stream=False, options=options).body["response"])

    assert next_words(CHAT, 1.0) != next_words(CHAT, 10.0)
    assert next_words(BASE, 1.0) == next_words(BASE, 10.0)


@claim("stored-parameters")
def test_parameters_of_a_model_are_its_defaults_and_a_request_overrides_them(raw: Raw) -> None:
    def tokens(**options: float) -> int:
        messages = [{"role": "user", "content": "Hi"}]
        asked = {"num_ctx": 512} | options
        return int(
            raw.post("/api/chat", model=STORED, messages=messages, stream=False, options=asked).body["eval_count"]
        )

    assert tokens() == 2 and tokens(num_predict=5) == 5


@claim("unknown-options")
def test_unknown_options_are_passed_over(raw: Raw) -> None:
    plain, odd = raw.chat(CHAT, stream=False), raw.chat(CHAT, stream=False, options={"nonsense": 1}, absurd=True)
    assert odd.status == 200 and odd.body["message"] == plain.body["message"]
    wrong = raw.chat(CHAT, options={"temperature": "hot"})
    assert wrong.status == 500 and wrong.body == {"error": 'option "temperature" must be of type float32'}


@claim("stored-system")
def test_stored_system_prompt_gives_way_only_to_one_that_comes_first(raw: Raw) -> None:
    ours, user = {"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}
    pirate = "Answer as a pirate."
    assert raw.rendered(STORED).startswith(f"<|im_start|>system\n{pirate}")
    assert pirate in raw.rendered(STORED, messages=[user, ours])
    assert pirate not in raw.rendered(STORED, messages=[ours, user])


@claim("stored-messages")
def test_stored_messages_always_come_first(raw: Raw) -> None:
    ours, user = {"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}
    rendered = raw.rendered(STORED, messages=[ours, user])
    assert rendered.index("Ahoy") < rendered.index("Arr.") < rendered.index("Be brief.") < rendered.index("Hi")


@claim("render-only")
def test_rendered_prompt_is_told_without_running_the_model(raw: Raw) -> None:
    assert raw.rendered(CHAT) == PLAIN
    answer = raw.chat(CHAT, _debug_render_only=True)
    assert len(answer.lines) == 1 and "eval_count" not in answer.body


@claim("templates-differ")
def test_one_question_to_one_set_of_weights_under_two_templates(raw: Raw) -> None:
    counts = [
        raw.chat(model, "What is 2+3?", stream=False, think=False).body["prompt_eval_count"]
        for model in (CHAT, THINKING)
    ]
    assert counts == [16, 58]


# Context


@claim("context-default")
def test_context_is_4096_where_none_is_asked_for_without_a_gpu(raw: Raw) -> None:
    raw.post("/api/generate", model=CHAT, prompt="Hi", raw=True, stream=False, options={"num_predict": 1})
    assert raw.running()[CHAT]["context_length"] == 4096
    raw.generate(CHAT, "Hi", raw=True, stream=False)
    assert raw.running()[CHAT]["context_length"] == 512


@claim("overflow-cut")
def test_prompt_too_long_is_cut_to_the_whole_context_and_nothing_said(raw: Raw) -> None:
    for body in (
        raw.chat(CHAT, "word " * 400, stream=False, options={"num_ctx": 128, "num_predict": 1}).body,
        raw.generate(CHAT, "word " * 400, raw=True, stream=False, options={"num_ctx": 128, "num_predict": 1}).body,
    ):
        assert body["prompt_eval_count"] == 128 and "error" not in body


@claim("overflow-oldest")
def test_oldest_messages_are_dropped_and_nothing_said(raw: Raw) -> None:
    roles = ("user", "assistant")
    talk = [{"role": roles[i % 2], "content": f"number {i} " * 8} for i in range(9)]
    options = {"num_ctx": 128, "num_predict": 1}
    rendered = raw.rendered(CHAT, messages=talk, options=options)
    assert "number 4" not in rendered and "number 5" in rendered and "number 8" in rendered
    assert raw.chat(CHAT, messages=talk, options=options, stream=False).body["prompt_eval_count"] == 126


@claim("overflow-refused")
def test_prompt_too_long_is_refused_when_asked_for(raw: Raw) -> None:
    for answer in (
        raw.chat(CHAT, "word " * 400, truncate=False, options={"num_ctx": 128}),
        raw.generate(CHAT, "word " * 400, raw=True, truncate=False, options={"num_ctx": 128}),
    ):
        assert answer.status == 400 and answer.body == {"error": "the input length exceeds the context length"}


@claim("shift")
def test_reply_outgrows_the_context_unless_told_not_to(raw: Raw) -> None:
    def length(**more: bool) -> tuple[int, str]:
        text, options = "Count: " + "one two three four " * 20, {"num_ctx": 128, "num_predict": 60}
        body = raw.chat(CHAT, text, stream=False, options=options, **more).body
        return body["prompt_eval_count"] + body["eval_count"], body["done_reason"]

    assert length() == (152, "length")
    assert length(shift=False) == (129, "length")


# Metadata


@claim("metadata")
def test_what_tags_and_show_tell(raw: Raw) -> None:
    assert set(raw.get("/api/version").body) == {"version"}
    tags = {model["name"]: model for model in raw.get("/api/tags").body["models"]}
    listed, shown = tags[CHAT], raw.post("/api/show", model=CHAT).body
    assert len(listed["digest"]) == 64 and "digest" not in shown
    assert listed["details"]["quantization_level"] == shown["details"]["quantization_level"] == "Q4_1"
    assert listed["details"]["parameter_size"] == "134.52M"
    assert shown["model_info"]["general.parameter_count"] == 134_515_008
    assert shown["model_info"]["llama.context_length"] == 8192
    assert shown["capabilities"] == ["completion"] and "im_start" in shown["template"]
    assert raw.post("/api/show", model=THINKING).body["capabilities"] == ["completion", "tools", "thinking"]


@claim("metadata-loaded")
def test_what_ps_tells_of_a_loaded_model(raw: Raw) -> None:
    raw.generate(CHAT, "Hi", raw=True, stream=False)
    loaded = raw.running()[CHAT]
    tags = {model["name"]: model for model in raw.get("/api/tags").body["models"]}
    assert loaded["digest"] == tags[CHAT]["digest"] and loaded["context_length"] == 512
    assert loaded["size_vram"] <= loaded["size"], "0 on a machine without a GPU"


@claim("remote-models")
def test_models_elsewhere_are_marked(raw: Raw, has: Any) -> None:
    has(REMOTE)
    tags = {model["name"]: model for model in raw.get("/api/tags").body["models"]}
    shown = raw.post("/api/show", model=REMOTE).body
    for said in (tags[REMOTE], shown):
        assert said["remote_model"] == CHAT and said["remote_host"].startswith("http")
    assert "remote_host" not in tags[CHAT] and shown["template"] == "{{ .Prompt }}"
    refused = raw.generate(REMOTE, "Hi", raw=True)
    assert refused.status == 400 and "raw mode" in refused.body["error"], "its own default template is sent along"
    assert tags[REMOTE]["size"] < 1000 and len(tags[REMOTE]["digest"]) == 64, "the digest is of the pointer"


# Times and ends


@claim("times")
def test_times_are_nanoseconds_that_add_up(raw: Raw) -> None:
    body = raw.chat(CHAT, stream=False).body
    parts = [body[f"{part}_duration"] for part in ("load", "prompt_eval", "eval")]
    assert all(part > 1e5 for part in parts) and sum(parts) <= body["total_duration"] < 600e9
    assert body["prompt_eval_count"] == 10 and body["eval_count"] == 4


@claim("cold-load")
def test_warm_request_has_a_load_time_too(raw: Raw, talk: Any) -> None:
    talk(lambda ollama: ollama.unload(CHAT))
    cold, *warm = [raw.chat(CHAT, stream=False).body["load_duration"] for _ in range(3)]
    assert cold > min(warm) > 10e6, "a warm one is tens of milliseconds, and not 0"


@claim("done-reasons")
def test_reasons_for_the_end(raw: Raw) -> None:
    assert raw.chat(CHAT, stream=False).body["done_reason"] == "length"
    assert raw.chat(CHAT, "Say OK.", stream=False, options={"num_predict": 60}).body["done_reason"] == "stop"
    assert raw.post("/api/generate", model=CHAT).body["done_reason"] == "load"
    assert raw.post("/api/generate", model=CHAT, keep_alive=0).body["done_reason"] == "unload"


@claim("unload")
def test_unloading_is_said_before_it_is_done(raw: Raw, talk: Any) -> None:
    raw.generate(CHAT, "Hi", raw=True, stream=False)
    assert raw.post("/api/chat", model=CHAT, messages=[], keep_alive=0).body["done"] is True
    assert CHAT in raw.running(), "its list tells when it is done"
    talk(lambda ollama: ollama.unload(CHAT))
    assert CHAT not in raw.running()


@claim("repetition")
def test_stream_of_a_reply_that_repeats_itself_just_ends(raw: Raw) -> None:
    options = {"num_predict": 90, "repeat_penalty": 1.0}
    lines = raw.generate(BASE, "tea " * 20, raw=True, options=options).lines
    assert not any(line["done"] for line in lines)
    assert [line["response"].strip() for line in lines[-31:]] == ["Tea"] * 31
    assert len(lines) < 31 or lines[-32]["response"].strip() != "Tea"
    assert raw.generate(BASE, "tea " * 20, raw=True, options=options, stream=False).body["done"] is False


# Tools


@claim("tool-calls")
def test_tool_calls_have_an_object_and_on_v1_a_text(raw: Raw) -> None:
    message = raw.chat(TOOLS, PARIS, tools=WEATHER, stream=False, options={"num_predict": 40}).body["message"]
    (call,) = message["tool_calls"]
    assert set(call) == {"id", "function"} and set(call["function"]) == {"index", "name", "arguments"}
    assert call["function"]["arguments"] == {"city": "Paris"}
    asked = {"messages": [{"role": "user", "content": PARIS}], "tools": WEATHER, "max_tokens": 40, "temperature": 0}
    (choice,) = raw.post("/v1/chat/completions", model=TOOLS, **asked).body["choices"]
    assert choice["finish_reason"] == "tool_calls"
    assert choice["message"]["tool_calls"][0]["function"]["arguments"] == '{"city":"Paris"}'


@claim("tool-calls-malformed")
def test_malformed_tool_calls_are_errors_of_the_server(raw: Raw) -> None:
    words = "failed to parse JSON: invalid character 'g' looking for beginning of value"
    asked = {"tools": WEATHER, "options": {"num_predict": 40}}
    for more in ({}, {"stream": False}):
        answer = raw.chat(BROKEN, PARIS, **asked, **more)
        assert answer.status == 500 and answer.body == {"error": words}
    streamed = raw.chat(BROKEN, PARIS, logprobs=True, **asked)
    assert streamed.status == 200 and streamed.lines[-1] == {"error": words}


@claim("tools-incapable")
def test_tools_are_refused_where_the_template_has_none(raw: Raw) -> None:
    answer = raw.chat(CHAT, PARIS, tools=WEATHER)
    assert answer.status == 400 and answer.body["error"].endswith("does not support tools")


# Embeddings


def vectors(raw: Raw, texts: str | list[str], **more: Any) -> list[list[float]]:
    found: list[list[float]] = raw.post("/api/embed", model=CHAT, input=texts, **more).body["embeddings"]
    return found


def length(vector: list[float]) -> float:
    return math.sqrt(sum(x * x for x in vector))


@claim("embed-unit")
def test_vectors_have_length_one_and_shorter_ones_are_cut_and_scaled(raw: Raw) -> None:
    (whole,) = vectors(raw, "tea")
    (short,) = vectors(raw, "tea", dimensions=64)
    assert len(whole) == 576 and abs(length(whole) - 1) < 1e-5
    assert len(short) == 64 and abs(length(short) - 1) < 1e-5
    assert all(abs(s - w / length(whole[:64])) < 1e-5 for s, w in zip(short, whole, strict=False))
    old = raw.post("/api/embeddings", model=CHAT, prompt="tea").body["embedding"]
    assert length(old) > 2, "the older /api/embeddings does not scale"


@claim("embed-batch")
def test_batch_gives_what_single_texts_give(raw: Raw) -> None:
    texts = ["tea", "carburettor", "the history of the Roman empire in six volumes"]
    assert vectors(raw, texts) == [vectors(raw, text)[0] for text in texts]


@claim("embed-too-long")
def test_text_too_long_to_embed_is_cut_unless_told_not_to(raw: Raw) -> None:
    asked = {"model": CHAT, "input": "word " * 600, "options": {"num_ctx": 256}}
    cut = raw.post("/api/embed", **asked).body
    assert cut["prompt_eval_count"] <= 256 and len(cut["embeddings"]) == 1
    answer = raw.post("/api/embed", truncate=False, **asked)
    assert answer.status == 400 and answer.body == {"error": "the input length exceeds the context length"}


@claim("embed-nothing")
def test_nothing_to_embed_gives_no_vector(raw: Raw) -> None:
    assert vectors(raw, "") == vectors(raw, []) == []


# Errors


@claim("errors")
def test_errors_are_one_text_in_json(raw: Raw) -> None:
    hi = [{"role": "user", "content": "Hi"}]
    for status, words, answer in (
        (404, "model 'no:1b' not found", raw.chat("no:1b")),
        (404, "model 'no:1b' not found", raw.generate("no:1b", "Hi")),
        (404, "model 'no:1b' not found", raw.post("/api/show", model="no:1b")),
        (404, 'model "no:1b" not found, try pulling it first', raw.post("/api/embed", model="no:1b", input="Hi")),
        (400, "model is required", raw.post("/api/chat", model="", messages=hi)),
        (400, "invalid model name", raw.post("/api/chat", model="../x", messages=hi)),
        (400, "raw mode does not support template, system, or context", raw.generate(CHAT, "Hi", raw=True, system="x")),
    ):
        assert (answer.status, answer.body) == (status, {"error": words})
    v1 = raw.post("/v1/chat/completions", model="no:1b", messages=hi)
    assert v1.status == 404 and v1.body["error"]["message"] == "model 'no:1b' not found"
    nowhere = raw.get("/api/nowhere")
    assert (nowhere.status, nowhere.kind) == (404, "text/plain")


# Caches and repetition


@claim("prompt-cache")
def test_prompt_from_the_cache_is_counted_whole_and_takes_no_time(raw: Raw, talk: Any) -> None:
    talk(lambda ollama: ollama.unload(CHAT))
    text = "The history of tea. " + "Tea is a drink made from leaves. " * 12 + "What is tea?"
    first, second = (raw.chat(CHAT, text, stream=False, logprobs=True).body for _ in range(2))
    assert first["prompt_eval_count"] == second["prompt_eval_count"] > 100
    assert second["prompt_eval_duration"] < first["prompt_eval_duration"] / 3
    for one, two in zip(first["logprobs"], second["logprobs"], strict=True):
        assert one["token"] == two["token"] and abs(one["logprob"] - two["logprob"]) < 0.001
    assert not any("cache" in key for key in second), "nothing tells how much came from the cache"


@claim("parallel-untold")
def test_number_of_requests_at_once_is_not_told(raw: Raw) -> None:
    said = [raw.get(path).lines for path in ("/api/version", "/api/tags", "/api/ps")]
    assert "parallel" not in str(said).lower()
    assert raw.get("/api/config").status == raw.get("/props").status == 404
