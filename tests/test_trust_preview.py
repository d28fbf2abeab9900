"""The preview answers its own pages and the person who opens them, whatever else is asked of it."""

from __future__ import annotations

import http.client
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from llmxsite.press.serve.server import Preview, Server


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    (tmp_path / "site/a").mkdir(parents=True)
    (tmp_path / "site/index.html").write_text("<!doctype html><p>home</p></body>")
    (tmp_path / "secret.txt").write_text("outside")
    (tmp_path / "site/link.txt").symlink_to(tmp_path / "secret.txt")
    (tmp_path / "site/out").symlink_to(tmp_path)
    running = Server(Preview(tmp_path / "site"), "127.0.0.1", 0, hold_seconds=0.1)
    running.start()
    yield running
    running.close()


def ask(server: Server, path: str, **headers: str) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection("127.0.0.1", server.server_address[1], timeout=10)
    connection.putrequest("GET", path, skip_host="Host" in headers)
    for name, value in headers.items():
        connection.putheader(name.replace("_", "-"), value)
    connection.endheaders()
    answer = connection.getresponse()
    answer.read()
    return answer


def test_its_own_pages_are_answered(server: Server) -> None:
    assert ask(server, "/").status == 200
    assert (
        ask(server, "/", Sec_Fetch_Site="same-origin", Sec_Fetch_Mode="no-cors", Sec_Fetch_Dest="script").status == 200
    )
    assert (
        ask(server, "/", Sec_Fetch_Site="cross-site", Sec_Fetch_Mode="navigate", Sec_Fetch_Dest="document").status
        == 200
    )


@pytest.mark.parametrize("path", ["/", "/__llmxsite__/state.js", "/__llmxsite__/live.js"])
@pytest.mark.parametrize(
    "headers",
    [
        {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "no-cors", "Sec_Fetch_Dest": "script"},
        {"Sec_Fetch_Site": "same-site", "Sec_Fetch_Mode": "cors", "Sec_Fetch_Dest": "empty"},
        {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "navigate", "Sec_Fetch_Dest": "iframe"},
        {"Host": "evil.example"},
        {"Host": "127.0.0.1.evil.example:8000"},
        {"Host": ""},
    ],
)
def test_another_site_is_answered_nothing(server: Server, path: str, headers: dict[str, str]) -> None:
    assert ask(server, path, **headers).status == 403


def test_what_it_serves_is_nobody_elses_to_embed(server: Server) -> None:
    for path in ("/", "/nowhere", "/__llmxsite__/state.js"):
        headers = ask(server, path).headers
        assert (
            headers["Cross-Origin-Resource-Policy"] == "same-origin"
            and "frame-ancestors 'self'" in headers["Content-Security-Policy"]
        )
        assert headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    "path",
    [
        "/link.txt",
        "/out/secret.txt",
        "/../secret.txt",
        "/%2e%2e/secret.txt",
        "/a",
        "/" + "a" * 300,
        "/%00",
        "/a%5c..%5cb",
    ],
)
def test_nothing_outside_is_served(server: Server, path: str) -> None:
    answer = ask(server, path)
    assert answer.status in (302, 404)
    assert answer.status == 404 or path == "/a"


@pytest.mark.parametrize("seen", ["%C2%B2", "9" * 5000, "-1", "1e3", "x"])
def test_a_version_that_is_no_number_is_no_request(server: Server, seen: str) -> None:
    assert ask(server, f"/__llmxsite__/state.js?seen={seen}").status == 400


@pytest.mark.parametrize(
    "request_",
    [
        b"GET / HTTP/1.1\r\nHost: [\r\n\r\n",
        b"\0\xff\r\n\r\n",
        b"GET http://[ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        b"GET /\r\n",
        b"POST / HTTP/1.1\r\n\r\n",
    ],
)
def test_a_broken_request_ends_nothing(server: Server, request_: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_connection(("127.0.0.1", server.server_address[1]), timeout=10) as connection:
        connection.sendall(request_)
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(4096):
            pass
    assert ask(server, "/").status == 200 and "Traceback" not in capsys.readouterr().err
