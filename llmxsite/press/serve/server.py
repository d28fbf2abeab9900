"""A preview server: the built site over HTTP, as GitHub Pages would serve it, with live reload.

It serves files of one folder and nothing else. Pages come as they are built but for one script tag, put in while
serving. What a reader of the network could do with it is limited: it listens on this machine alone unless told
otherwise, and then refuses requests that name another host (DNS rebinding).
"""

from __future__ import annotations

import contextlib
import re
import threading
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, quote, unquote, urlsplit

import msgspec

from llmxsite.base import regular
from llmxsite.base.diagnostics import Issue, Issues, Problem
from llmxsite.base.reading import own

FIRST_PORT, LAST_PORT = 8000, 8019
LIVE = "/__llmxsite__/"
HOLD_SECONDS = 25.0
"""How long a request for news is held back; below the patience of browsers and proxies."""
LOOPBACK = {"127.0.0.1", "localhost", "::1"}
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json; charset=utf-8",
    ".jsonl": "application/x-ndjson; charset=utf-8",
    ".xml": "application/xml; charset=utf-8",
    ".csv": "text/csv; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
    ".md": "text/markdown; charset=utf-8",
    ".bib": "text/plain; charset=utf-8",
    ".yaml": "text/plain; charset=utf-8",
    ".svg": "image/svg+xml; charset=utf-8",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".gif": "image/gif",
    ".webp": "image/webp",
    ".avif": "image/avif",
    ".ico": "image/x-icon",
    ".woff2": "font/woff2",
    ".pdf": "application/pdf",
    ".zip": "application/zip",
}
GUARD = {
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Content-Security-Policy": "frame-ancestors 'self'",
    "X-Frame-Options": "SAMEORIGIN",
    "Referrer-Policy": "no-referrer",
}
"""What keeps other sites from taking, framing or guessing at what is served."""
MAX_SERVED = 1 << 30
_SCRIPT = Path(__file__).with_name("live.js")


class Preview:
    """What the server shows: a folder, a version that counts its changes, and the problems of the last build."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.version = 0
        self.good = False
        """Whether a build has ever succeeded."""
        self.problems: list[Issue] = []
        self.failed = False
        self._changed = threading.Condition()
        self._closed = False

    def built(self, issues: Issues) -> None:
        """A build is done: pages reload, and show its problems."""
        self._update(issues, failed=False)

    def broken(self, issues: Issues) -> None:
        """A build could not be finished: pages stay as they are, and show why."""
        self._update(issues, failed=True)

    def _update(self, issues: Issues, *, failed: bool) -> None:
        with self._changed:
            self.problems = [i for i in issues.sorted() if i.severity != "hint"]
            self.failed = failed
            self.good = self.good or not failed
            self.version += 1
            self._changed.notify_all()

    def close(self) -> None:
        """Let go of every request that is held back."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def wait(self, seen: int, seconds: float) -> None:
        """Return when the version is another than `seen`, or after `seconds`."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self.version != seen, timeout=seconds)

    def state(self) -> bytes:
        """The state as a script that hands it to the page."""
        title = "The last build failed; this is the site before it." if self.failed else _count(self.problems)
        state = {
            "version": self.version,
            "reload": not self.failed,
            "failed": self.failed,
            "title": title,
            "problems": [issue.render() for issue in self.problems[:50]],
        }
        return b"llmxsiteLive(" + msgspec.json.encode(state) + b");\n"


def _count(problems: list[Issue]) -> str:
    issues = Issues()
    issues.extend(problems)
    return f"Built with {issues.summary()}." if problems else ""


def resolve(root: Path, base: str, target: str) -> Path | str | None:
    """The file that a request's target names below `base`, an address to go to instead, or None.

    >>> resolve(Path("site"), "/repo/", "/")
    '/repo/'
    """
    path = unquote(urlsplit(target).path)
    if path == base.rstrip("/") or (path == "/" and base != "/"):
        return base
    if not path.startswith(base) or "\0" in path or "\\" in path:
        return None
    parts = path[len(base) :].split("/")
    if any(part in ("..", ".") for part in parts) or any(part == "" for part in parts[:-1]):
        return None
    inside = root.resolve()
    file = inside.joinpath(*parts) if parts != [""] else inside
    if file == inside or regular.folder_there(file, inside):
        if not path.endswith("/"):
            return quote(path) + "/"
        file = file / "index.html"
    return file if regular.there(file, inside) else None


class _Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"
    timeout = 60

    def do_GET(self) -> None:
        if not self._host_allowed() or not self._own_site():
            self._send(HTTPStatus.FORBIDDEN, b"This preview answers to its own address only.\n", TYPES[".txt"])
            return
        if self.path.startswith(LIVE):
            self._live()
            return
        found = resolve(self.server.preview.root, self.server.base, self.path)
        if isinstance(found, str):
            self.send_response(HTTPStatus.FOUND)
            self.send_header("Location", found)
            self.send_header("Content-Length", "0")
            self.end_headers()
        elif found is not None:
            self._file(found, HTTPStatus.OK)
        else:
            self._missing()

    do_HEAD = do_GET  # noqa: N815 - the name that http.server calls

    def _host_allowed(self) -> bool:
        if self.server.host not in LOOPBACK:
            return True
        return urlsplit(f"//{self.headers.get('Host', '')}").hostname in LOOPBACK

    def _own_site(self) -> bool:
        """Whether the request comes from this preview's own pages, or from a person who opens one of them."""
        site, mode, dest = (self.headers.get(f"Sec-Fetch-{name}", "") for name in ("Site", "Mode", "Dest"))
        return site in ("", "same-origin", "none") or (mode == "navigate" and dest == "document")

    def _live(self) -> None:
        preview = self.server.preview
        if self.path.startswith(LIVE + "live.js"):
            self._send(HTTPStatus.OK, own(_SCRIPT), TYPES[".js"])
            return
        if not self.path.startswith(LIVE + "state.js"):
            self._missing()
            return
        seen = parse_qs(urlsplit(self.path).query).get("seen", [""])[0]
        if seen and not re.fullmatch("[0-9]{1,9}", seen):
            self._send(HTTPStatus.BAD_REQUEST, b"`seen` is the number of a version.\n", TYPES[".txt"])
            return
        if seen:
            preview.wait(int(seen), self.server.hold_seconds)
        self._send(HTTPStatus.OK, preview.state(), TYPES[".js"])

    def _missing(self) -> None:
        page = self.server.preview.root / "404.html"
        if regular.there(page):
            self._file(page, HTTPStatus.NOT_FOUND)
        else:
            body = b"<!doctype html><title>Not found</title><p>There is no such page.</p></body>"
            self._send(HTTPStatus.NOT_FOUND, _with_script(body, self.server.preview.version), TYPES[".html"])

    def _file(self, file: Path, status: HTTPStatus) -> None:
        version = self.server.preview.version  # before the page is read: a build that ends meanwhile is a newer one
        try:
            body = regular.content(file, inside=self.server.preview.root, limit=MAX_SERVED)
        except Problem:  # a build may be replacing it right now
            self._send(HTTPStatus.SERVICE_UNAVAILABLE, b"The site is being rebuilt.\n", TYPES[".txt"])
            return
        kind = TYPES.get(file.suffix.lower(), "application/octet-stream")
        self._send(status, _with_script(body, version) if file.suffix == ".html" else body, kind)

    def _send(self, status: HTTPStatus, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        for name, value in GUARD.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def handle_one_request(self) -> None:
        try:
            super().handle_one_request()
        except (ConnectionError, TimeoutError):  # the browser went away: nothing to say
            self.close_connection = True
        except ValueError:  # a request that is none: an address or a host that cannot be read
            self.close_connection = True
            with contextlib.suppress(OSError, ValueError):
                self._send(HTTPStatus.BAD_REQUEST, b"That is no request.\n", TYPES[".txt"])

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """A preview is watched in the browser, not in the terminal."""


def _with_script(body: bytes, version: int) -> bytes:
    tag = f'<script src="{LIVE}live.js?version={version}"></script>'.encode()
    head, end, tail = body.rpartition(b"</body>")
    return head + tag + end + tail if end else body + tag


class Server(ThreadingHTTPServer):
    """The preview on one address. `start` serves from a thread of its own; `close` ends it at once."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(
        self, preview: Preview, host: str, port: int, base: str = "/", *, hold_seconds: float = HOLD_SECONDS
    ) -> None:
        self.preview, self.host, self.base, self.hold_seconds = preview, host, check_base(base), hold_seconds
        super().__init__((host, port), _Handler)
        self._thread = threading.Thread(target=self.serve_forever, args=(0.1,), daemon=True)

    @property
    def url(self) -> str:
        """The address to open."""
        port = self.server_address[1]
        shown = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{shown}:{port}{self.base}"

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        self.preview.close()
        self.shutdown()
        self.server_close()
        self._thread.join()


def check_base(base: str) -> str:
    """`repo` and `/repo` as `/repo/`. Raises `Problem` for what cannot be one."""
    base = "/" + base.strip("/") + "/" if base.strip("/") else "/"
    if any(part in ("", ".", "..") for part in base.strip("/").split("/")) and base != "/":
        raise Problem.at("--base", "serve-base", f"'{base}' is no base path", hint="such as /my-repository/")
    return base


def listen(make: Callable[[int], Server], port: int | None, host: str) -> Server:
    """A server on `port`, or on the first free one from 8000. Raises `Problem` when there is none."""
    for candidate in [port] if port is not None else range(FIRST_PORT, LAST_PORT + 1):
        try:
            return make(candidate)
        except (OSError, OverflowError) as error:
            if port is not None or candidate == LAST_PORT:
                why = getattr(error, "strerror", None) or error
                place = f"{host}:{candidate}"
                raise Problem.at(
                    place, "serve-port", f"cannot listen there: {why}", hint="--port names another"
                ) from None
    raise AssertionError("the loop above returns or raises")
