"""A fake model server: Ollama's and OpenAI's APIs, deterministic replies, and every fault a real one can have.

    async with Fake() as server:              # in this event loop
    with Fake(faults=["reset", None]) as server:   # in a thread, for tests that start processes
        ... server.url ...

`faults` are taken one a reply, in order; None is a good reply, and after the last all are good. `python
tests/servers/fake.py --latency 5` serves until it is stopped, for measurements.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import math
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

if __name__ == "__main__":
    import fake_vectors
    from wire import Call, HttpServer, Wire
else:
    from servers import fake_vectors
    from servers.wire import Call, HttpServer, Wire

FAULTS = (
    "reset",  # TCP reset before a byte of the reply
    "reset-mid",  # the same after the first token
    "close-mid",  # an orderly close after the first token
    "stall",  # silence after the first token, until the client gives up
    "stall-first",  # silence from the start
    "drip",  # a good reply, byte by byte
    "half-line",  # the stream ends in the middle of a line
    "no-end",  # the stream ends without its last message
    "load",  # nothing but the word that the model was loaded
    "not-json",  # a line that is no JSON
    "error-line",  # an error as a line under HTTP 200
    "repeats",  # a reply that repeats itself, ended by an error line that says so
    "tool-line",  # a malformed tool call, as a line under HTTP 200
    "tool-500",  # the same as HTTP 500
    "500",
    "502-html",
    "503",
    "503-wait",  # with Retry-After: 7
    "429",
    "memory",
    "gone",  # 404: the model was removed
    "no-such-path",  # 404 as text: not this API
    "wrong-type",  # a web page under HTTP 200
    "long-line",  # one line of 9 MB
    "huge",  # a reply of 200 MB
    "bad-utf8",
    "nan",
    "minus-infinity",
    "duplicates",  # an alternative twice
    "missing-tokens",  # text without its token
    "no-logprobs",
    "cut",  # says it read as many tokens as the context has
)
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
Reply = tuple[list[str], str]
"""Tokens and the reason for the end."""


@dataclass
class Fake(HttpServer):
    """A server of `models` that answers as `reply` says; by default with the letter of one of the options asked for."""

    models: tuple[str, ...] = ("fake:1b",)
    faults: Iterable[str | None] = ()
    latency: float = 0.0
    """Seconds before the first token."""
    version: str = "0.20.7"
    logprobs: bool = True
    context_limit: int = 8192
    refuses_overflow: bool = True
    """Whether Ollama's API refuses a prompt of more words than the context has; it is cut silently otherwise."""
    reply: Callable[[dict[str, Any]], Reply] | None = None
    refuses: tuple[str, ...] = ()
    """Fields that a strict OpenAI-compatible server does not know."""
    refusal: Callable[[str, dict[str, Any]], str | None] | None = None
    """Given the path and the body of a request for words: what it is refused with; None takes it."""
    refusal_status: int = 400
    base64: bool = True
    """Whether `/v1` gives vectors in base64 to who asks for it."""
    ignores_dimensions: bool = False
    """Whether vectors have as many dimensions as the model has, whatever is asked for."""
    capabilities: tuple[str, ...] = ("completion", "tools", "thinking")
    cached: int = 0
    """Prompt tokens that `/v1` says it took from its cache."""
    remote: tuple[str, ...] = ()
    """Those of `models` that Ollama's API says are elsewhere."""
    loaded: dict[str, int] = field(default_factory=dict)
    """Models in memory and their context."""

    def __post_init__(self) -> None:
        super().__init__()
        self._faults: Iterator[str | None] = iter(self.faults)
        self._leaving: set[str] = set()
        """Models on their way out of memory: the list names them once more."""

    async def handle(self, call: Call, wire: Wire) -> None:
        path = call.path.partition("?")[0]
        if path == "/api/generate" and not call.json.get("prompt") and call.json.get("keep_alive") == 0:
            await self._unload(call.json["model"], wire)
            return
        if call.method == "POST" and path in ("/api/chat", "/api/generate", "/v1/chat/completions", "/v1/completions"):
            await self._generate(path, call.json, wire)
            return
        if call.method == "POST" and path in ("/api/embed", "/v1/embeddings"):
            await self._embed(path, call.json, wire)
            return
        answer = self._question(path, call.json)
        await (
            wire.answer(200, answer)
            if answer is not None
            else wire.answer(404, "404 page not found", kind="text/plain")
        )

    def _question(self, path: str, body: Any) -> Any:
        """Everything but generation."""
        listed = [
            {
                "name": name,
                "model": name,
                "digest": hashlib.sha256(name.encode()).hexdigest(),
                "size": 1000,
                "details": {"format": "gguf", "family": "fake", "parameter_size": "1B", "quantization_level": "Q4_0"},
            }
            | ({"remote_host": "https://ollama.com:443", "remote_model": name} if name in self.remote else {})
            for name in self.models
        ]
        match path:
            case "/api/version":
                return {"version": self.version}
            case "/api/tags":
                return {"models": listed}
            case "/api/ps":
                running = [
                    model | {"size_vram": 250, "context_length": self.loaded[model["name"]]}
                    for model in listed
                    if model["name"] in self.loaded
                ]
                self._forget_leaving()
                return {"models": running}
            case "/api/show":
                return {
                    "template": "{{ .System }} {{ .Prompt }}",
                    "capabilities": list(self.capabilities),
                    "model_info": {
                        "general.architecture": "fake",
                        "general.parameter_count": 1_000_000_000,
                        "fake.context_length": self.context_limit,
                    },
                }
            case "/v1/models":
                return {"data": [{"id": name, "object": "model"} for name in self.models]}
        return None

    async def _unload(self, model: str, wire: Wire) -> None:
        """As Ollama does it: said at once, done while its list is asked for."""
        if model not in self.models:
            await wire.answer(404, {"error": f"model '{model}' not found"})
            return
        self._leaving.add(model)
        await wire.answer(200, {"model": model, "response": "", "done": True, "done_reason": "unload"})

    def _forget_leaving(self) -> None:
        for model in self._leaving:
            self.loaded.pop(model, None)
        self._leaving.clear()

    async def _generate(self, path: str, body: dict[str, Any], wire: Wire) -> None:
        native = path.startswith("/api/")
        context = min(body.get("options", {}).get("num_ctx", 4096), self.context_limit)
        if native and body.get("_debug_render_only"):
            await wire.answer(200, {"_debug_info": {"rendered_template": _prompt(body)}})
            return
        if native and self.refuses_overflow and len(_prompt(body).split()) > context:
            await wire.answer(400, {"error": "the input length exceeds the context length"})
            return
        if self.latency:
            await asyncio.sleep(self.latency)
        fault = next(self._faults, None)
        if await self._refused(path, body, native, wire, fault):
            return
        tokens, reason = (self.reply or _letter)(body)
        if fault == "load":
            tokens, reason = [], "load"
        options = body.get("options", body)
        budget = options.get("num_predict") or options.get("max_tokens") or len(tokens)
        if 0 < budget < len(tokens):
            tokens, reason = tokens[:budget], "length"
        self._forget_leaving()
        load_ms = 40 if self.loaded.get(body["model"]) == context else 700
        self.loaded[body["model"]] = context
        if body.get("keep_alive") == 0:
            self._leaving.add(body["model"])
        read = context if fault == "cut" else len(_prompt(body).split())
        if native:
            read = min(read, context)
        asked = self.logprobs and fault != "no-logprobs" and (body.get("logprobs") not in (None, False))
        shape = _Native(path, body["model"], load_ms) if native else _Events(path, body["model"], self.cached)
        parts = [shape.token(token, _entry(token, body, fault) if asked else None) for token in tokens]
        parts.append(shape.end(reason, read, len(tokens)))
        await _send(wire, native, parts, fault)

    async def _embed(self, path: str, body: dict[str, Any], wire: Wire) -> None:
        native = path.startswith("/api/")
        texts = [body["input"]] if isinstance(body["input"], str) else body["input"]
        context = min((body.get("options") or {}).get("num_ctx", 4096), self.context_limit)
        fault = next(self._faults, None)
        if await self._refused(path, body, native, wire, fault):
            return
        tokens = [len(text.split()) for text in texts]
        if max(tokens, default=0) > context and self.refuses_overflow and body.get("truncate") is not True:
            words = "the input length exceeds the context length"
            await wire.answer(400, {"error": words if native else {"message": words, "type": "error"}})
            return
        if fault == "nan-500":
            words = "failed to encode response: json: unsupported value: NaN"
            await wire.answer(500, {"error": words if native else {"message": words, "type": "error"}})
            return
        read = [min(count, context) for count in tokens]
        if self.ignores_dimensions:
            body = {name: value for name, value in body.items() if name != "dimensions"}
        data = fake_vectors.answer(body, native=native, base64_taken=self.base64, tokens=read, fault=fault)
        if fault == "cut-body":
            wire.head(200, "application/json", {"Content-Length": str(len(data))})
            wire.writer.write(data[:40])
            wire.close()
        elif fault == "huge":
            data = data + b" " * (65 << 20)
        await wire.answer(200, data[: len(data) // 2] if fault == "half-body" else data)

    async def _refused(self, path: str, body: dict[str, Any], native: bool, wire: Wire, fault: str | None) -> bool:
        """Whether there is no reply to be had, having said so."""

        def words(text: str) -> Any:
            return {"error": text if native else {"message": text, "type": "error"}}

        status: tuple[int, Any, dict[str, str]] | None = None
        if body.get("model") not in self.models or fault == "gone":
            status = 404, words(f"model '{body.get('model')}' not found"), {}
        elif unknown := next((name for name in self.refuses if name in body), None):
            status = 400, words(f"Unrecognized request argument supplied: {unknown}"), {}
        elif self.refusal is not None and (said := self.refusal(path, body)) is not None:
            status = self.refusal_status, words(said), {}
        elif fault in ("500", "tool-500", "memory", "503", "503-wait", "429"):
            text = {
                "tool-500": "error parsing tool call: raw='{\"city\": Paris}', err=invalid character 'P'",
                "memory": "model requires more system memory (9.1 GiB) than is available (7.5 GiB)",
                "503": "server busy, please try again.  maximum pending requests exceeded",
            }.get(fault, "something went wrong")
            status = (
                {"tool-500": 500, "memory": 500, "503-wait": 503}.get(fault) or int(fault),
                words(text),
                {"Retry-After": "7"} if fault == "503-wait" else {},
            )
        if status is not None:
            await wire.answer(status[0], status[1], headers=status[2])
        elif fault == "502-html":
            await wire.answer(502, "<html><h1>Bad gateway</h1></html>", kind="text/html")
        elif fault == "wrong-type":
            await wire.answer(200, "<html>Please sign in to the campus network</html>", kind="text/html")
        elif fault == "no-such-path":
            await wire.answer(404, "404 page not found", kind="text/plain")
        elif fault == "reset":
            wire.reset()
        elif fault == "stall-first":
            await asyncio.Event().wait()
        else:
            return False
        return True


async def _send(wire: Wire, native: bool, parts: list[bytes], fault: str | None) -> None:
    """The stream, and what goes wrong in it."""
    wire.start("application/x-ndjson" if native else "text/event-stream")
    first, rest = parts[0], parts[1:]
    error = {
        "error": "llama runner process has terminated" if native else {"message": "it has terminated", "code": 500}
    }
    if fault == "tool-line":
        words = "error parsing tool call: raw='{', err=unexpected end of JSON input"
        error = {"error": words if native else {"message": words, "code": 500}}
    match fault:
        case "drip":
            for byte in b"".join(parts):
                await wire.chunk(bytes([byte]))
            await wire.end()
            return
        case "half-line":
            await wire.chunk(first + rest[0][: len(rest[0]) // 2])
            await wire.end()
            return
        case "bad-utf8":
            first = re.sub(rb'"(?:content|response|text)": "', lambda found: found[0] + b"\xff\xfe", first, count=1)
    await wire.chunk(first)
    match fault:
        case "reset-mid":
            wire.reset()
        case "close-mid":
            wire.close()
        case "stall":
            await asyncio.Event().wait()
        case "no-end":
            await wire.end()
            return
        case "not-json":
            rest = [_frame(b"{oops", native), *rest]
        case "repeats":
            words = "prediction aborted, token repeat limit reached"
            error = {"error": words if native else {"message": words, "code": 500}}
            rest = [*[first] * 40, _frame(json.dumps(error).encode(), native)]
        case "error-line" | "tool-line":
            rest = [_frame(json.dumps(error).encode(), native)]
        case "long-line":
            rest = [_frame(b'{"x": "' + b"y" * (9 << 20) + b'"}', native), *rest]
        case "huge":
            filler = _frame(b'{"x": "' + b"y" * (1 << 20) + b'"}', native)
            rest = [*[filler] * 200, *rest]
    for part in rest:
        await wire.chunk(part)
    await wire.end()


def _frame(data: bytes, native: bool) -> bytes:
    return data + b"\n" if native else b"data: " + data + b"\n\n"


@dataclass
class _Native:
    """How /api/chat and /api/generate write a token, and the end."""

    path: str
    model: str
    load_ms: int
    """What looking a loaded model up takes, or what loading it does."""

    def token(self, text: str, entries: Any) -> bytes:
        return self._line(text, {"done": False} | ({} if entries is None else {"logprobs": entries}))

    def end(self, reason: str, read: int, wrote: int) -> bytes:
        times = {"total_duration": (self.load_ms + 8) * 1_000_000, "load_duration": self.load_ms * 1_000_000}
        times |= {"prompt_eval_duration": 3_000_000, "eval_duration": 5_000_000}
        return self._line(
            "", {"done": True, "done_reason": reason, "prompt_eval_count": read, "eval_count": wrote, **times}
        )

    def _line(self, text: str, more: dict[str, Any]) -> bytes:
        line: dict[str, Any] = {"model": self.model, "created_at": "2026-01-01T00:00:00Z"}
        chat = self.path == "/api/chat"
        line |= {"message": {"role": "assistant", "content": text}} if chat else {"response": text}
        return _frame(json.dumps(line | more).encode(), native=True)


@dataclass
class _Events:
    """How /v1 writes a token, and the end."""

    path: str
    model: str
    cached: int

    def token(self, text: str, entries: Any) -> bytes:
        more = {} if entries is None else {"logprobs": {"content": entries}}
        return self._event({"delta": {"content": text}} if "chat" in self.path else {"text": text}, more)

    def end(self, reason: str, read: int, wrote: int) -> bytes:
        last = self._event({"delta": {}} if "chat" in self.path else {"text": ""}, {"finish_reason": reason})
        counts: dict[str, Any] = {"prompt_tokens": read, "completion_tokens": wrote, "total_tokens": read + wrote}
        counts |= {"prompt_tokens_details": {"cached_tokens": self.cached}}
        usage = self._head() | {"choices": [], "usage": counts}
        return last + b": a comment\n\n" + _frame(json.dumps(usage).encode(), native=False) + b"data: [DONE]\n\n"

    def _event(self, choice: dict[str, Any], more: dict[str, Any]) -> bytes:
        choice = {"index": 0, "finish_reason": None, **choice, **more}
        return _frame(json.dumps(self._head() | {"choices": [choice]}).encode(), native=False)

    def _head(self) -> dict[str, Any]:
        kind = "chat.completion.chunk" if "chat" in self.path else "text_completion"
        return {"id": "reply-1", "object": kind, "created": 1767225600, "model": self.model}


def _entry(token: str, body: dict[str, Any], fault: str | None) -> list[dict[str, Any]]:
    """A token's logprobs: its own at 0.7, the letters around it after that. Written as JSON, NaN and all."""
    if fault == "missing-tokens":
        return []
    top = body.get("top_logprobs") or (body.get("logprobs") if body.get("logprobs") is not True else 0) or 0
    others = [letter for letter in LETTERS if letter != token.strip()][: max(0, top - 1)]
    rest = [{"token": letter, "logprob": math.log(0.2 / 2 ** (i + 1))} for i, letter in enumerate(others)]
    alternatives = [{"token": token, "logprob": math.log(0.7)}, *rest] if top else []
    number: float = math.log(0.7)
    if fault == "nan":
        number = math.nan
    elif fault == "minus-infinity":
        number = -3.4028234663852886e38
    if fault in ("nan", "minus-infinity") and rest:
        rest[-1]["logprob"] = number
    if fault == "duplicates" and rest:
        alternatives.append(dict(rest[-1]))
    return [{"token": token, "logprob": number, "bytes": list(token.encode()), "top_logprobs": alternatives}]


def _prompt(body: dict[str, Any]) -> str:
    return body.get("prompt") or "\n".join(message["content"] for message in body.get("messages", []))


def _letter(body: dict[str, Any]) -> Reply:
    """One of the letters that the prompt offers at the start of a line, chosen by a hash of the whole request."""
    prompt = _prompt(body)
    letters = sorted(set(re.findall(r"^\s*\(?([A-Z])[).:]", prompt, re.MULTILINE))) or ["A", "B"]
    number = int(hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest(), 16)
    return [letters[number % len(letters)]], "stop"


def main() -> None:
    """Serve for measurements, until stopped."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--latency", type=float, default=0.0, help="milliseconds before the first token")
    parser.add_argument("--port", type=int, default=0)
    arguments = parser.parse_args()

    async def serve() -> None:
        server = Fake(latency=arguments.latency / 1000)
        server.port = arguments.port
        async with server:
            print(server.url, flush=True)  # noqa: T201 - for the one who started it
            await asyncio.Event().wait()

    asyncio.run(serve())


if __name__ == "__main__":
    main()
