"""Downloads from a publisher, here a server on this machine: sha256, size, faults."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from llmxsite.base.diagnostics import Issues, Problem
from llmxsite.study.suite_formats import FORMATS, pull
from llmxsite.study.suite_formats.pull import RELEASES, download, verify

BODY = b"".join(json.dumps({"question": f"{n} + 1?", "answer": f"#### {n + 1}"}).encode() + b"\n" for n in range(30))
SHA256 = hashlib.sha256(BODY).hexdigest()


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/moved.jsonl":
            self.send_response(302)
            self.send_header("Location", "/test.jsonl")
            self.end_headers()
        elif self.path == "/elsewhere.jsonl":
            self.send_response(302)
            self.send_header("Location", "file:///etc/hostname")
            self.end_headers()
        elif self.path == "/loop.jsonl":
            self.send_response(302)
            self.send_header("Location", "/loop.jsonl")
            self.end_headers()
        elif self.path == "/chunks.jsonl":
            self.protocol_version = "HTTP/1.1"
            self.send_response(200)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self.wfile.write(b"%x\r\n%b\r\n" % (len(BODY), BODY))
            self.close_connection = True
        elif self.path.startswith("/test.jsonl") or self.path == "/broken.jsonl":
            self.send_response(200)
            self.send_header("Content-Length", str(len(BODY) + (1000 if self.path == "/broken.jsonl" else 0)))
            self.end_headers()
            self.wfile.write(BODY)
        elif self.path == "/bad.jsonl":
            self.send_response(200)
            self.end_headers()
            self.wfile.write(BODY + b'{"question": "no number", "answer": "none"}\n')
        else:
            self.send_error(404, "Not Found")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is http.server's
        """Say nothing."""


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as found:
        thread = threading.Thread(target=found.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{found.server_address[1]}"
        found.shutdown()
        thread.join()


@pytest.mark.parametrize("name", ["test.jsonl", "test.jsonl?download=true", "moved.jsonl"])
def test_a_download_is_whole_and_gone_afterwards(server: str, name: str) -> None:
    with download(f"{server}/{name}", Issues()) as (path, sha256, _):
        assert path.suffix == ".jsonl"
        assert path.read_bytes() == BODY
        assert sha256 == SHA256
    assert not path.exists()


@pytest.mark.parametrize(
    ("name", "limit", "message"),
    [
        ("missing.jsonl", 10**6, "the server says 404 Not Found"),
        ("broken.jsonl", 10**6, "the connection broke off: 1,"),
        ("chunks.jsonl", 10**6, f"the connection broke off: {len(BODY):,} bytes came"),
        ("loop.jsonl", 10**6, "the server says 302 Found again and again"),
        ("test.jsonl", 100, "larger than 100 bytes; stopped there"),
        ("elsewhere.jsonl", 10**6, "the server says 302"),
    ],
)
def test_what_goes_wrong_is_said(server: str, name: str, limit: int, message: str) -> None:
    with pytest.raises(Problem) as caught:
        with download(f"{server}/{name}", Issues(), limit=limit):
            pytest.fail("there is nothing to use")
    issue = caught.value.issues[0]
    assert issue.code == "pull-failed"
    assert issue.path == f"{server}/{name}"
    assert message in issue.message


@pytest.mark.parametrize(
    "url", ["file:///etc/hostname", "ftp://example.org/x.jsonl", "http://127.0.0.1:1/x.jsonl", "http://[/x"]
)
def test_addresses_that_are_not_followed(url: str) -> None:
    with pytest.raises(Problem) as caught:
        with download(url, Issues(), timeout=5):
            pytest.fail("there is nothing to use")
    assert caught.value.issues[0].code == "pull-failed"


def test_problems_name_the_address_not_the_temporary_file(server: str) -> None:
    issues = Issues()
    with pytest.raises(Problem) as caught:
        with download(f"{server}/test.jsonl", issues) as (path, _, found):
            found.add(path, "some-code", "something", line=3)
            raise Problem.at(path, "other-code", "else")
    assert [issue.place for issue in issues] == [f"{server}/test.jsonl:3"]
    assert caught.value.issues[0].path == f"{server}/test.jsonl"


@pytest.mark.parametrize(
    ("known", "recorded", "says"),
    [
        (SHA256, None, "is that of the release"),
        (SHA256, "0" * 64, "is that of the release"),
        (None, SHA256, "is the one of the earlier pull"),
        (None, None, "was seen here for the first time and is kept in the suite"),
    ],
)
def test_what_a_sha256_says(known: str | None, recorded: str | None, says: str) -> None:
    assert says in verify("x", "u", SHA256, known, recorded)


@pytest.mark.parametrize(
    ("known", "recorded", "code"), [("0" * 64, None, "pull-sha256"), (None, "0" * 64, "pull-changed")]
)
def test_another_sha256_is_refused(known: str | None, recorded: str | None, code: str) -> None:
    with pytest.raises(Problem) as caught:
        verify("x", "u", SHA256, known, recorded)
    assert caught.value.issues[0].code == code


def test_every_release_has_a_format_and_a_secure_address() -> None:
    for name, release in RELEASES.items():
        assert release.format in FORMATS
        assert release.url.startswith("https://")
        assert FORMATS[release.format].suite.id == name
        assert release.sha256 is None or len(bytes.fromhex(release.sha256)) == 32


@pytest.mark.parametrize(("name", "file"), [("truthfulqa", "TruthfulQA.csv"), ("gsm8k", "gsm8k_test.jsonl")])
def test_known_sha256_are_those_of_the_real_files(name: str, file: str) -> None:
    import os

    data = os.environ.get("LLMXSITE_TEST_DATA")
    if not data:
        pytest.skip("LLMXSITE_TEST_DATA is not set: real releases are not tested")
    assert hashlib.sha256((Path(data) / "data" / file).read_bytes()).hexdigest() == RELEASES[name].sha256


def test_limits_are_generous_enough_for_every_release() -> None:
    assert pull.MAX_BYTES > 100 * 1024 * 1024  # HellaSwag's test split, the largest, has 12 MB; MMLU-Pro's JSON 15
