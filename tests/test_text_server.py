"""The preview: right types, nothing outside its folder, reload and overlay in a real browser."""

from __future__ import annotations

import contextlib
import http.client
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmxsite.base.diagnostics import Issues, Problem
from llmxsite.press.serve import live
from llmxsite.press.serve.server import LIVE, Preview, Server, check_base, listen, resolve
from llmxsite.study import scaffold
from llmxsite.study.study import Study

CHROMIUM = shutil.which("chromium")


@pytest.fixture
def site(tmp_path: Path) -> Path:
    root = tmp_path / "site"
    for name, text in {
        "index.html": "<html><body><h1>Home</h1></body></html>",
        "404.html": "<html><body>Lost</body></html>",
        "reports/a/index.html": "<html><body>A</body></html>",
        "assets/site.css": "body{}",
        "assets/x.js": "1",
        "data/t.csv": "a,b",
        "figures/f.svg": "<svg/>",
        "runs/x.jsonl": "{}",
    }.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    (tmp_path / "secret.txt").write_text("secret", encoding="utf-8")
    (root / "out").symlink_to(tmp_path / "secret.txt")
    return root


@contextlib.contextmanager
def _serving(root: Path, base: str = "/") -> Iterator[Server]:
    server = Server(Preview(root), "127.0.0.1", 0, base, hold_seconds=0.2)
    server.start()
    try:
        yield server
    finally:
        server.close()


def _get(server: Server, path: str, method: str = "GET", host: str | None = None) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", server.server_address[1], timeout=5)
    connection.putrequest(method, path, skip_host=host is not None)
    if host is not None:
        connection.putheader("Host", host)
    connection.endheaders()
    response = connection.getresponse()
    body = response.read()
    connection.close()
    return response.status, dict(response.headers), body


def test_pages_get_the_script_and_files_do_not(site: Path) -> None:
    with _serving(site) as server:
        status, headers, body = _get(server, "/")
        assert (status, headers["Content-Type"]) == (200, "text/html; charset=utf-8")
        assert (
            body == f'<html><body><h1>Home</h1><script src="{LIVE}live.js?version=0"></script></body></html>'.encode()
        )
        for path, kind in {
            "/assets/site.css": "text/css; charset=utf-8",
            "/assets/x.js": "text/javascript; charset=utf-8",
            "/data/t.csv": "text/csv; charset=utf-8",
            "/figures/f.svg": "image/svg+xml; charset=utf-8",
            "/runs/x.jsonl": "application/x-ndjson; charset=utf-8",
        }.items():
            status, headers, body = _get(server, path)
            assert (status, headers["Content-Type"], headers["X-Content-Type-Options"]) == (200, kind, "nosniff")
            assert body == (site / path[1:]).read_bytes()
        status, headers, body = _get(server, "/", "HEAD")
        assert (status, body) == (200, b"")


def test_folders_and_missing_pages_as_on_github_pages(site: Path) -> None:
    with _serving(site, "/repo/") as server:
        assert server.url.endswith("/repo/")
        assert _get(server, "/")[1]["Location"] == "/repo/"
        assert _get(server, "/repo")[1]["Location"] == "/repo/"
        assert _get(server, "/repo/reports/a")[1]["Location"] == "/repo/reports/a/"
        assert b"A" in _get(server, "/repo/reports/a/")[2]
        for path in ("/reports/a/", "/repo/nothing", "/repo/reports/", "/repo2/index.html"):
            status, _, body = _get(server, path)
            assert status == 404
            assert b"Lost" in body


ESCAPES = [
    "/../secret.txt",
    "/%2e%2e/secret.txt",
    "/reports/../../secret.txt",
    "/reports/%2e%2e/%2e%2e/secret.txt",
    "/..%2fsecret.txt",
    "/..%5csecret.txt",
    "/\\..\\secret.txt",
    "//etc/passwd",
    "/out",
    "/%00",
    "/./index.html",
]


@pytest.mark.parametrize("path", ESCAPES)
def test_nothing_outside_the_folder(site: Path, path: str) -> None:
    with _serving(site) as server:
        status, _, body = _get(server, path)
    assert status == 404
    assert b"secret" not in body


@given(st.lists(st.sampled_from(["..", ".", "/", "%2e", "%2f", "\\", "out", "a", "secret.txt", "\0"]), max_size=8))
def test_no_target_resolves_outside(tmp_path_factory: pytest.TempPathFactory, parts: list[str]) -> None:
    root = tmp_path_factory.getbasetemp() / "served"
    root.mkdir(exist_ok=True)
    (root / "a").write_text("a", encoding="utf-8")
    found = resolve(root, "/", "/" + "".join(parts))
    assert found is None or isinstance(found, str) or found.is_relative_to(root.resolve())


def test_other_hosts_are_refused(site: Path) -> None:
    with _serving(site) as server:
        port = server.server_address[1]
        assert _get(server, "/", host=f"localhost:{port}")[0] == 200
        assert _get(server, "/", host="evil.example")[0] == 403


def test_news_are_held_back_until_there_are_any(site: Path) -> None:
    with _serving(site) as server:
        server.hold_seconds = 30
        answers: list[bytes] = []
        asking = threading.Thread(target=lambda: answers.append(_get(server, f"{LIVE}state.js?seen=0")[2]))
        asking.start()
        issues = Issues()
        issues.add("a.md", "link-broken", "'</script>' leads nowhere", line=3)
        server.preview.built(issues)
        asking.join(timeout=5)
        assert b'"version":1' in answers[0]
        assert b"a.md:3 link-broken" in answers[0]


def test_closing_lets_go_of_waiting_requests(site: Path) -> None:
    server = Server(Preview(site), "127.0.0.1", 0, hold_seconds=60)
    server.start()

    def ask() -> None:
        with contextlib.suppress(OSError, http.client.HTTPException):
            _get(server, f"{LIVE}state.js?seen=0")

    asking = threading.Thread(target=ask)
    asking.start()
    server.close()
    asking.join(timeout=5)
    assert not asking.is_alive()
    with pytest.raises(OSError):
        _get(server, "/")


def test_a_broken_build_keeps_the_last_site(site: Path) -> None:
    preview = Preview(site)
    live.rebuild(preview, lambda issues: None)
    assert (preview.good, preview.failed, preview.version) == (True, False, 1)

    def breaks(issues: Issues) -> None:
        raise Problem.at("content/site.yaml", "yaml-syntax", "not valid YAML", line=2)

    live.rebuild(preview, breaks)
    assert (preview.good, preview.failed) == (True, True)
    assert b'"reload":false' in preview.state()
    assert b"content/site.yaml:2 yaml-syntax" in preview.state()

    def fails(issues: Issues) -> None:
        raise RuntimeError("no")

    assert [i.code for i in live.rebuild(preview, fails)] == ["internal"]


def test_a_taken_port_is_a_message(site: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(Problem) as raised:
            listen(lambda number: Server(Preview(site), "127.0.0.1", number), port, "127.0.0.1")
    assert raised.value.issues[0].code == "serve-port"


@pytest.mark.parametrize(("given_base", "base"), [("/", "/"), ("", "/"), ("repo", "/repo/"), ("/a/b/", "/a/b/")])
def test_bases(given_base: str, base: str) -> None:
    assert check_base(given_base) == base


def test_a_base_that_leaves_is_refused() -> None:
    with pytest.raises(Problem):
        check_base("/a/../b/")


def test_only_what_the_site_is_made_from_counts(tmp_path: Path) -> None:
    study = Study(tmp_path)
    names = [
        "content/index.md",
        "site/index.html",
        ".llmxsite/x",
        "content/.index.md.swp",
        "README.md",
        "runs/a/b.jsonl",
    ]
    assert live.concerns(study, (str(tmp_path / name) for name in names)) == ["content/index.md", "runs/a/b.jsonl"]


def test_what_changes_before_anybody_looks_is_built_all_the_same(tmp_path: Path) -> None:
    scaffold.study(tmp_path / "s", title="T", author="Ada")
    study = Study(tmp_path / "s")
    before = live.state(study)
    page = study.root / "content" / "index.md"
    page.write_text(page.read_text(encoding="utf-8") + "More.\n", encoding="utf-8")
    stop = threading.Event()
    told: list[list[str]] = []

    def tell(names: list[str], _issues: Issues) -> None:
        told.append(names)
        stop.set()

    live.follow(study, Preview(tmp_path / "site"), lambda issues: None, tell, stop, before)
    assert told == [["content/index.md"]]


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here")
def test_a_page_read_before_a_build_ended_is_read_again(site: Path) -> None:
    from playwright.sync_api import Route, expect, sync_playwright

    with _serving(site) as server, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page()

        def build_first(route: Route) -> None:
            if server.preview.version == 0:
                (site / "index.html").write_text("<html><body><h1>Newer</h1></body></html>")
                server.preview.built(Issues())
            route.continue_()

        page.route("**/state.js*", build_first)
        page.goto(server.url)
        expect(page.get_by_text("Newer")).to_be_visible(timeout=15_000)
        browser.close()


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here")
def test_writing_with_the_preview_open(tmp_path: Path) -> None:
    """The command itself: builds, reloads after an edit, shows a problem over the last good site, ends on Ctrl-C."""
    from playwright.sync_api import expect, sync_playwright

    scaffold.study(tmp_path / "s", title="T", author="Ada")
    command = [sys.executable, "-m", "llmxsite", "--study", str(tmp_path / "s"), "serve", "--base", "/repo/"]
    # Started by a script in the background, the tests themselves ignore Ctrl-C, and so would what they start.
    running = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    try:
        assert running.stdout is not None
        line = next(text for text in running.stdout if text.startswith("Serving "))
        url = line.split()[1]
        assert urlsplit(url).path == "/repo/"
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
            page = browser.new_page()
            page.goto(url)
            expect(page.get_by_text("This site holds experiments")).to_be_visible()
            source = tmp_path / "s" / "content" / "index.md"
            text = source.read_text(encoding="utf-8")
            source.write_text(text.replace("This site holds", "Freshly written: this site holds"), encoding="utf-8")
            expect(page.get_by_text("Freshly written")).to_be_visible(timeout=15_000)
            site_file = tmp_path / "s" / "content" / "site.yaml"
            good = site_file.read_text(encoding="utf-8")
            site_file.write_text("title: [broken", encoding="utf-8")
            expect(page.get_by_text("yaml-syntax")).to_be_visible(timeout=15_000)
            expect(page.get_by_text("Freshly written")).to_be_visible()
            site_file.write_text(good, encoding="utf-8")
            expect(page.get_by_text("yaml-syntax")).to_have_count(0, timeout=15_000)
            browser.close()
        running.send_signal(signal.SIGINT)
        _, errors = running.communicate(timeout=60)
        assert running.returncode == 0
        assert "Traceback" not in errors
    finally:
        running.kill()
        running.wait()
