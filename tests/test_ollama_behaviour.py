"""What servers do, asked as `llmxsite doctor --report` asks: each recording, and a live server, against docs/ollama/.

LLMXSITE_RECORD=1 OLLAMA_HOST=... pytest -m ollama tests/test_ollama_behaviour.py     # record, and write the report anew
"""

from __future__ import annotations

import asyncio
import datetime
import json
from typing import Any

import pytest
from servers.fake import Fake
from servers.ollama_models import BASE, BROKEN, CHAT, EMBED, OWN, REMOTE, STORED, THINKING, TOOLS
from servers.page import REPORTS, report_of
from servers.replay import RECORDINGS, Recorder, Replay
from servers.wire import Call, HttpServer, Wire

from llmxsite.exchange.engine.address import ollama_address
from llmxsite.exchange.engine.behaviour.report import TOPICS, Report, ask, from_json, to_json, to_markdown
from llmxsite.exchange.engine.tried import OLLAMA
from llmxsite.log.provenance import host
from llmxsite.press.site.directives.setup import host_words

RECORDING = "ollama-{version}-behaviour"
QUESTIONS = [question for questions in TOPICS.values() for question in questions]


def asked(url: str) -> Report:
    return asyncio.run(ask(ollama_address(url), host_words(host()), datetime.date.today()))


def test_server_answers_as_its_report_says(address: str, version: str, server: Any, has: Any) -> None:
    has(CHAT, BASE, TOOLS, BROKEN, THINKING, STORED, REMOTE, OWN, EMBED)
    found = asked(address)
    if isinstance(server, Recorder):
        (REPORTS / f"{version}.json").write_bytes(to_json(found))
    answers = {row.id: row.answer for row in found.rows}
    assert [name for name, answer in answers.items() if answer.startswith("failed: ")] == []
    kept = report_of(version)
    if kept is not None:  # a live server of another version: that it answers is all that can be held
        assert answers == {row.id: row.answer for row in kept.rows}


@pytest.mark.parametrize("version", OLLAMA)
def test_report_names_no_place(version: str) -> None:
    """Addresses, host names and paths stay out, of the report and of the recording it came from."""
    report = report_of(version)
    assert report is not None and report.version == version
    text = to_json(report).decode() + to_markdown(report)
    text += (RECORDINGS / f"ollama-{version}-behaviour.json").read_text(encoding="utf-8")
    for private in ("/root", "/home", "/tmp", "/usr", "localhost", "modelfile_path"):
        assert private not in text
    assert "127.0.0.1" not in to_json(report).decode()


@pytest.mark.parametrize("version", OLLAMA)
def test_report_is_read_back_as_it_was_written(version: str) -> None:
    report = report_of(version)
    assert report is not None and from_json(to_json(report)) == report
    assert sum(report.count().values()) == len(report.rows) == len(QUESTIONS)
    assert to_markdown(report).count("\n| `") == len(QUESTIONS)


@pytest.mark.parametrize("version", OLLAMA)
def test_error_is_a_text_on_the_native_api_and_an_object_on_v1(version: str) -> None:
    """What went over the wire, in the shapes that the engines read."""
    exchanges = json.loads((RECORDINGS / f"ollama-{version}-behaviour.json").read_text(encoding="utf-8"))["exchanges"]
    kinds: dict[bool, set[type]] = {True: set(), False: set()}
    for exchange in exchanges:
        if exchange["status"] >= 400 and exchange["type"].startswith("application/json"):
            kinds[exchange["path"].startswith("/v1")].add(type(json.loads(exchange["body"])["error"]))
    assert kinds == {True: {dict}, False: {str}}


def test_each_question_has_a_name_of_its_own() -> None:
    assert len({question.id for question in QUESTIONS}) == len(QUESTIONS)


def test_question_without_a_suited_model_is_not_asked() -> None:
    with Fake(models=("fake:1b",)) as server:
        answers = {row.id: row.answer for row in asked(server.url).rows}
    assert answers["embed-unit"] == "not asked: needs a model that embeds"
    assert answers["remote-models"] == "not asked: needs a model that is on another machine"


class Without(Replay):
    """A recording with one field taken out of every answer, as another version may leave it out."""

    def __init__(self, name: str, field: str) -> None:
        super().__init__(name)
        self._field = field
        for answers in map(list, self._answers.values()):
            for exchange in answers:
                if "body" in exchange:
                    exchange["body"] = "\n".join(map(self._without, exchange["body"].split("\n")))

    def _without(self, line: str) -> str:
        def clean(part: Any) -> Any:
            if isinstance(part, dict):
                return {k: clean(v) for k, v in part.items() if k != self._field}
            return [clean(v) for v in part] if isinstance(part, list) else part

        mark, text = ("data: ", line[6:]) if line.startswith("data: ") else ("", line)
        try:
            return mark + json.dumps(clean(json.loads(text)))
        except ValueError:
            return line


@pytest.mark.parametrize("version", OLLAMA)
@pytest.mark.parametrize(
    "field", ["capabilities", "choices", "context_length", "details", "digest", "eval_count", "message", "modelfile"]
)
def test_field_that_a_server_leaves_out_ends_no_report(field: str, version: str) -> None:
    with Without(f"ollama-{version}-behaviour", field) as server:
        server.test = "test_server_answers_as_its_report_says"
        report = asked(server.url)
    assert len(report.rows) == len(QUESTIONS)


class Broken(HttpServer):
    """Says its version and its one model, and breaks off every other answer."""

    async def handle(self, call: Call, wire: Wire) -> None:
        tags = {"models": [{"name": "some:1b", "size": 1}]}
        show = {"capabilities": ["completion"], "template": "{{ .Messages }}"}
        said = {"/api/version": {"version": "9.9.9"}, "/api/tags": tags, "/api/show": show}.get(call.path)
        if said is None:
            wire.reset()
        await wire.answer(200, said)


def test_question_that_fails_says_so_without_the_address() -> None:
    with Broken() as server:
        report = asked(server.url)
    failed = [row for row in report.rows if row.answer.startswith("failed: ")]
    assert len(failed) > 30 and report.version == "9.9.9"
    assert all("127.0.0.1" not in row.answer and str(server.port) not in row.answer for row in report.rows)
    assert failed[0].answer.startswith("failed: the server closed the connection")
