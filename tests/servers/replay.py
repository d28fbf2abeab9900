"""Recordings of real servers: a proxy that makes them, and a server that plays them back.

A recording is JSON: which server it was, and its exchanges in order, with the test they belong to where there are several.
Played back, a request must be one of the test's to the byte of its JSON (keys in any order); the answers to one request
come in the order they were recorded, the same one as often as it came (`times`), the last again and again.
"""

from __future__ import annotations

import base64
import json
import re
from collections import defaultdict, deque
from pathlib import Path
from typing import Any

import aiohttp

from servers.wire import Call, HttpServer, Wire

RECORDINGS = Path(__file__).parent.parent / "recordings"
_PRIVATE = ("parent_model", "tensors", "model_path")
"""Fields that hold paths of the machine, or megabytes."""


class Replay(HttpServer):
    """Plays `recordings/<name>.json` back."""

    def __init__(self, name: str) -> None:
        super().__init__()
        recording = json.loads((RECORDINGS / f"{name}.json").read_text(encoding="utf-8"))
        self.server = recording["server"]
        self.test: str | None = None
        """The test that is running, where the recording has several."""
        self._answers: dict[str, deque[dict[str, Any]]] = defaultdict(deque)
        for exchange in recording["exchanges"]:
            key = _key(exchange.get("test"), exchange["method"], exchange["path"], exchange["request"])
            self._answers[key].extend([exchange] * exchange.get("times", 1))

    async def handle(self, call: Call, wire: Wire) -> None:
        answers = self._answers.get(_key(self.test, call.method, call.path, call.json))
        if not answers:
            await wire.answer(599, f"not in the recording: {call.method} {call.path} {call.body.decode()}")
            return
        exchange = answers.popleft() if len(answers) > 1 else answers[0]
        body = exchange["body"].encode() if "body" in exchange else base64.b64decode(exchange["bytes"])
        await wire.answer(exchange["status"], body, kind=exchange["type"], headers=exchange.get("headers"))
        if exchange.get("broken"):
            wire.close()


class Recorder(HttpServer):
    """Passes requests on to a real server, byte for byte, and keeps what went over the wire."""

    def __init__(self, upstream: str, server: dict[str, str]) -> None:
        super().__init__()
        self.upstream = upstream
        self.server = server
        self.test: str | None = None
        """The test that is running, where there are several."""
        self.exchanges: list[dict[str, Any]] = []
        self._last: dict[str, dict[str, Any]] = {}

    async def handle(self, call: Call, wire: Wire) -> None:
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(None)) as session:
            async with session.request(call.method, self.upstream + call.path, data=call.body or None) as response:
                body, broken = b"", False
                try:
                    async for part in response.content.iter_any():
                        body += part
                except aiohttp.ClientPayloadError:
                    broken = True
                kind = response.headers["Content-Type"]
                kept = {k: v for k, v in response.headers.items() if k == "Retry-After"}
        body = _without_private(body)
        exchange = (
            ({"test": self.test} if self.test else {})
            | {"method": call.method, "path": call.path, "request": call.json, "status": response.status, "type": kind}
            | ({"headers": kept} if kept else {})
            | ({"broken": True} if broken else {})
            | _text(body)
        )
        key = _key(self.test, call.method, call.path, call.json)
        last = self._last.get(key)
        if last is not None and {k: v for k, v in last.items() if k != "times"} == exchange:
            last["times"] = last.get("times", 1) + 1
        else:
            self._last[key] = exchange
            self.exchanges.append(exchange)
        await wire.answer(response.status, body, kind=kind, headers=kept)

    def save(self, name: str) -> None:
        """Write what was kept to `recordings/<name>.json`."""
        recording = {"server": self.server, "exchanges": self.exchanges}
        text = json.dumps(recording, indent=1, ensure_ascii=False) + "\n"
        (RECORDINGS / f"{name}.json").write_text(text, encoding="utf-8")


def _key(test: str | None, method: str, path: str, body: Any) -> str:
    return json.dumps([test, method, path, body], sort_keys=True)


def _text(body: bytes) -> dict[str, str]:
    try:
        return {"body": body.decode("utf-8")}
    except UnicodeDecodeError:
        return {"bytes": base64.b64encode(body).decode()}


def _without_private(body: bytes) -> bytes:
    """The answer without the paths that it holds; streams have none."""
    try:
        value = json.loads(body)
    except ValueError:
        return body

    def clean(part: Any) -> Any:
        if isinstance(part, dict):
            return {k: clean(v) for k, v in part.items() if k not in _PRIVATE}
        if isinstance(part, str):
            return re.sub(r"(?m)^FROM /.*/", "FROM ", part)
        return [clean(v) for v in part] if isinstance(part, list) else part

    return body if clean(value) == value else json.dumps(clean(value)).encode()
