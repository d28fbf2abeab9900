"""A server, asked directly: what it does where llmxsite would not ask so.

The only module of this room that knows the HTTP client: one call, `Http.ask`, whose errors become answers.
"""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any, NamedTuple

from llmxsite.exchange.engine.http import Http
from llmxsite.exchange.engine.protocol import EngineError

CONTEXT = 512
"""Tokens of context that most questions ask for: a multiple of 256, which no runner rounds up, and soon filled."""
OPTIONS = {"num_ctx": CONTEXT, "num_predict": 4, "temperature": 0, "seed": 1}
_POLL_SECONDS, _POLLS = 0.05, 400

_PHRASES = (
    "input length exceeds the context length",
    "exceeds the available context size",
    "exceeds maximum context length",
    "does not support thinking",
    "does not support tools",
    "does not support embeddings",
    "does not support multimodal requests",
    "logprobs is not supported with tools + stream",
    "top_logprobs must be between 0 and 20",
    "is no longer supported",
    "token repeat limit reached",
    "raw mode does not support",
    "invalid JSON schema in format",
    "invalid format",
    "invalid think value",
    "is not supported for this model",
    "failed to parse JSON",
    "failed to parse grammar",
    "error parsing tool call",
    "must be of type",
    "model is required",
    "invalid model name",
    "try pulling it first",
    "not found",
)
"""What servers say, without the names and numbers of one request. The first that occurs is told."""


class Answer(NamedTuple):
    """What came back for one request."""

    status: int
    lines: list[Any]
    """The body, a JSON value a line or an event; text where it is no JSON. Empty where the status is an error's."""
    words: str = ""
    """What the server says went wrong."""

    @property
    def taken(self) -> bool:
        return self.status < 300 and not self.words

    @property
    def body(self) -> dict[str, Any]:
        """The one JSON object that came. Raises `EngineError` where it is anything else."""
        if self.status >= 300:
            raise EngineError("server", self.said, retry=False, status=self.status)
        if len(self.lines) != 1 or not isinstance(self.lines[0], dict):
            raise EngineError("protocol", "the answer is not one JSON object", retry=False)
        return self.lines[0]

    @property
    def logprobs(self) -> list[dict[str, Any]]:
        """The entries of every line, in order."""
        return [entry for line in self.lines if isinstance(line, dict) for entry in line.get("logprobs") or ()]

    @property
    def text(self) -> str:
        """What the model wrote, thinking left out."""
        return "".join(
            str((line.get("message") or {}).get("content") or line.get("response") or "")
            for line in self.lines
            if isinstance(line, dict)
        )

    @property
    def said(self) -> str:
        """`taken`, or the status and what was said, in words that are the same for every model."""
        return "taken" if self.taken else f"{self.status} {_phrase(self.words)}"


class Server:
    """An Ollama server behind `http`, which is open."""

    def __init__(self, http: Http) -> None:
        self._http = http

    async def get(self, path: str) -> Answer:
        return await self._ask(path, None)

    async def post(self, path: str, **body: Any) -> Answer:
        return await self._ask(path, body)

    async def chat(self, model: str, text: str = "Hi", **more: Any) -> Answer:
        """/api/chat with a few tokens at temperature 0, in one piece; `options` are added to those of `OPTIONS`."""
        body: dict[str, Any] = {"messages": [{"role": "user", "content": text}], "stream": False} | more
        body["options"] = OPTIONS | body.get("options", {})
        return await self.post("/api/chat", model=model, **body)

    async def generate(self, model: str, prompt: str, **more: Any) -> Answer:
        """/api/generate, likewise, without a template."""
        body: dict[str, Any] = {"prompt": prompt, "raw": True, "stream": False} | more
        body["options"] = OPTIONS | body.get("options", {})
        return await self.post("/api/generate", model=model, **body)

    async def rendered(self, model: str, text: str = "Hi", **more: Any) -> str:
        """The prompt that a conversation becomes. Raises `EngineError` where it is not told."""
        body = (await self.chat(model, text, _debug_render_only=True, **more)).body
        found = (body.get("_debug_info") or {}).get("rendered_template")
        if not isinstance(found, str):
            raise EngineError("unsupported", "the rendered prompt is not told", retry=False)
        return found

    async def running(self) -> dict[str, dict[str, Any]]:
        """What /api/ps lists, by name."""
        return {model["name"]: model for model in (await self.get("/api/ps")).body.get("models") or ()}

    async def unload(self, *names: str) -> None:
        """Put models out of memory and wait until none of them is listed."""
        for name in names[:1]:
            await self.post("/api/generate", model=name, keep_alive=0)
        for _ in range(_POLLS):
            if not set(names) & set(await self.running()):
                return
            await asyncio.sleep(_POLL_SECONDS)
        raise EngineError("timeout", "the model stays in memory", retry=False)

    async def _ask(self, path: str, body: dict[str, Any] | None) -> Answer:
        try:
            data = await self._http.ask(path, body, seconds=self._http.limits.first_byte)
        except EngineError as error:
            if error.status is None:  # nothing came back: a fault of the network, not an answer
                raise
            return Answer(error.status, [], str(error))
        texts = (line.removeprefix("data: ") for line in data.decode("utf-8", "replace").splitlines())
        lines = [_value(text) for text in texts if text.strip()]
        last = lines[-1] if lines else None
        return Answer(200, lines, str(last.get("error") or "") if isinstance(last, dict) else "")


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _phrase(words: str) -> str:
    found = next((phrase for phrase in _PHRASES if re.search(re.escape(phrase), words, re.IGNORECASE)), None)
    return f"`{found}`" if found else "in other words"


def alike(said: dict[str, str]) -> str:
    """One answer where all are the same, else each with its name; names of equal answers stand together.

    >>> alike({"a": "taken", "b": "taken"})
    'taken'
    >>> alike({"a": "taken", "b": "400", "c": "taken"})
    'a, c: taken; b: 400'
    """
    names: dict[str, list[str]] = {}
    for name, answer in said.items():
        names.setdefault(answer, []).append(name)
    return (
        next(iter(names)) if len(names) == 1 else "; ".join(f"{', '.join(n)}: {answer}" for answer, n in names.items())
    )
