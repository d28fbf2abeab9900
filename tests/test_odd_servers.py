"""Replies of servers that write them in their own way: what is a reply, where its text is, and whose fault it is that there is
none."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from servers.streams import COUNTS, DONE, STOP, event, line, said
from servers.wire import Call, HttpServer, Wire

from llmxsite.exchange import engine
from llmxsite.exchange.engine.protocol import EngineError, Message, Options, Reply, Request


def word(text: Any, **more: Any) -> str:
    return line(message={"role": "assistant", "content": text} | more)


END = line(done=True, done_reason="stop", message={"content": ""}, eval_count=2, prompt_eval_count=9)


class Odd(HttpServer):
    """Answers every request for words with the same body."""

    def __init__(self, body: str, kind: str, *, hold: bool = False) -> None:
        super().__init__()
        self.body, self.kind, self.hold = body, kind, hold

    async def handle(self, call: Call, wire: Wire) -> None:
        wire.start(self.kind)
        await wire.chunk(self.body.encode())
        if self.hold:
            await asyncio.Event().wait()  # the connection stays open, and says nothing more
        await wire.end()


def ask(name: str, body: str, kind: str | None = None, *, hold: bool = False, **more: Any) -> Reply | EngineError:
    default = "text/event-stream" if name == "openai" else "application/x-ndjson"

    async def go() -> Reply | EngineError:
        async with Odd(body, kind or default, hold=hold) as server, engine.connect(name, server.url) as made:
            request = Request(model="m", messages=[Message(role="user", content="Hi")], options=Options(), **more)
            try:
                return await made.chat(request)
            except EngineError as error:
                return error

    return asyncio.run(go())


WHOLE = {
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "C"}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 9, "completion_tokens": 2},
}
PARTS = [{"type": "thinking", "thinking": [{"type": "text", "text": "Hm."}]}, {"type": "text", "text": "C"}]


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("openai", said("C") + STOP + COUNTS + DONE),
        ("openai", said("C") + STOP + COUNTS),
        ("openai", said("C") + DONE),
        ("openai", said("C") + STOP.rstrip("\n")),
        ("openai", "data:\n\n" + said("C") + ": ping\n\ndata: \n\n" + STOP + DONE),
        ("openai", (said("C") + STOP + DONE).replace("\n", "\r\n")),
        ("openai", json.dumps(WHOLE)),
        ("openai", json.dumps(WHOLE, indent=2)),
        ("openai", said([{"type": "text", "text": "C"}]) + STOP),
        ("openai", said(["C"]) + STOP),
        ("ollama", word("C") + END),
        ("ollama", word("C") + line(done_reason="stop", eval_count=2)),
        ("ollama", "\n" + word("C") + "\n\n" + END.rstrip("\n")),
        ("ollama", word([{"type": "text", "text": "C"}]) + END),
        ("ollama", json.dumps({"message": {"content": "C"}, "done": True, "eval_count": 2}, indent=2)),
    ],
)
def test_a_reply_is_read_however_it_is_written(name: str, body: str) -> None:
    reply = ask(name, body)
    assert isinstance(reply, Reply), reply
    assert reply.text == "C" and reply.thinking is None


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("openai", said(PARTS) + STOP),
        ("openai", said("", reasoning_content="Hm.") + said("C") + STOP),
        ("openai", said(None, reasoning="Hm.") + said("C") + STOP),
        ("openai", said(None, thinking="Hm.") + said("C") + STOP),
        ("ollama", word("", thinking="Hm.") + word("C") + END),
        ("ollama", word(PARTS) + END),
    ],
)
def test_thinking_is_apart_from_the_answer_wherever_it_lies(name: str, body: str) -> None:
    reply = ask(name, body)
    assert isinstance(reply, Reply), reply
    assert (reply.thinking, reply.text) == ("Hm.", "C")


@pytest.mark.parametrize(("name", "body"), [("openai", said("C") + STOP + DONE), ("ollama", word("C") + END)])
def test_a_complete_reply_does_not_wait_for_the_connection_to_close(name: str, body: str) -> None:
    reply = ask(name, body, hold=True)
    assert isinstance(reply, Reply) and reply.text == "C"


@pytest.mark.parametrize(
    ("name", "body", "kind", "retry"),
    [
        ("openai", event({"message": {"content": "C"}, "finish_reason": "stop"}) + DONE, "protocol", False),
        (
            "openai",
            event({"delta": {}, "finish_reason": "stop"}, usage={"completion_tokens": 7}) + DONE,
            "protocol",
            True,
        ),
        (
            "openai",
            event({"delta": {"words": "C"}, "finish_reason": "length"}, usage={"completion_tokens": 7}),
            "protocol",
            True,
        ),
        ("openai", said("C"), "protocol", True),
        ("openai", "[1, 2]", "protocol", False),
        ("ollama", line(message={"content": ""}, done=True, done_reason="load"), "server", True),
        ("ollama", line(message={"content": ""}, done=True, done_reason="stop", eval_count=7), "protocol", True),
        ("ollama", line(answer="C", done=True, done_reason="stop", eval_count=7), "protocol", True),
        ("ollama", word("C"), "protocol", True),
        ("ollama", "[1, 2]\n", "protocol", False),
    ],
)
def test_a_reply_without_its_text_is_the_servers_fault(name: str, body: str, kind: str, retry: bool) -> None:
    error = ask(name, body)
    assert isinstance(error, EngineError), error
    assert (error.kind, error.retry) == (kind, retry)


@pytest.mark.parametrize(
    ("name", "body", "more"),
    [
        ("openai", event({"delta": {}, "finish_reason": "stop"}, usage={"completion_tokens": 1}) + DONE, {}),
        ("ollama", line(message={"content": ""}, done=True, done_reason="stop", eval_count=1), {}),
        (
            "ollama",
            line(message={"content": ""}, done=True, done_reason="stop", eval_count=9),
            {"tools": [{"type": "function", "function": {"name": "f", "parameters": {}}}]},
        ),
        (
            "ollama",
            "".join(line(message={"content": ""}, logprobs=[{"token": "", "logprob": -1.0}]) for _ in range(4))
            + line(message={"content": ""}, done=True, done_reason="length", eval_count=4),
            {},
        ),
    ],
)
def test_a_model_may_have_nothing_to_say(name: str, body: str, more: dict[str, Any]) -> None:
    reply = ask(name, body, **more)
    assert isinstance(reply, Reply) and reply.text == ""


def test_a_stop_word_at_once_is_the_models() -> None:
    """Its tokens are counted, and have no text."""

    async def go() -> Reply:
        body = line(message={"content": ""}, done=True, done_reason="stop", eval_count=3)
        async with Odd(body, "application/x-ndjson") as server, engine.connect("ollama", server.url) as made:
            options = Options(stop=("\nQuestion",))
            return await made.chat(Request(model="m", messages=[], raw_prompt="Hi", options=options))

    assert asyncio.run(go()).text == ""


def test_the_words_tell_broken_json_from_a_shape_that_is_not_known() -> None:
    odd, broken = ask("openai", "data: [7]\n\n"), ask("openai", "data: {oops\n\n")
    assert isinstance(odd, EngineError) and "shape that is not known" in str(odd)
    assert isinstance(broken, EngineError) and "no valid JSON" in str(broken)
