"""Servers by what a report says of them, and what a run's log must then hold.

A report of trouble with a server brings an experiment, a suite, and a kind. Each kind has servers here that behave as it says,
all of which answer right wherever they answer, so that whatever is not right in the log is of the collector's making.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import yaml
from collect_support import collect, samples_of
from servers.fake import Fake
from servers.streams import COUNTS, DONE, STOP, event, line, said
from servers.wire import Call, Wire

from llmxsite.base.diagnostics import Issues, Problem
from llmxsite.log import runlog
from llmxsite.log.record import Lack, Sample
from llmxsite.study.study import Study
from llmxsite.study.suite import LETTERS, Item, load

Body = Callable[[str], str]
"""The stream that says a text."""


def make(case: Path, root: Path) -> Study:
    """A study with the case's experiment, as the report `trial`, and its suite."""
    study = Study(root)
    study.report("trial").mkdir(parents=True)
    study.suites.mkdir()
    (study.content / "site.yaml").write_text("title: Trial\n")
    study.experiment("trial").write_bytes((case / "experiment.yaml").read_bytes())
    suite = (case / "suite.yaml").read_bytes()
    (study.suites / f"{yaml.safe_load(suite)['id']}.yaml").write_bytes(suite)
    return study


class Right(Fake):
    """Says the right answer to each item of a suite; or, with `replies`, the text whose mark stands in the question."""

    def __init__(self, study: Study, *, replies: dict[str, str] | None = None, **options: Any) -> None:
        self.experiment = yaml.safe_load(study.experiment("trial").read_text(encoding="utf-8"))
        (path,) = study.suite_files()
        self.items = load(path, Issues()).items
        self.replies = replies
        super().__init__(models=tuple(self.experiment["models"]), reply=self._said, **options)

    def item(self, body: dict[str, Any]) -> Item | None:
        words = _words(body)
        return next((item for item in self.items if item.question in words), None)

    def text(self, body: dict[str, Any]) -> str:
        if self.replies is not None:
            return next((text for mark, text in self.replies.items() if mark in _words(body)), "-")
        item = self.item(body)
        if item is None:
            return "-"  # the engine tries the server
        if not item.choices:
            return str(item.answer)
        right = item.choices[LETTERS.index(str(item.answer))]
        return next(m[1] for m in re.finditer(r"(?m)^\(?([A-Z])[).:] ?(.*)$", _words(body)) if m[2].strip() == right)

    def _said(self, body: dict[str, Any]) -> tuple[list[str], str]:
        return [self.text(body)], "stop"

    def asked(self) -> list[dict[str, Any]]:
        """The bodies of the requests for items."""
        bodies = [call.json for call in self.calls if call.method == "POST" and "chat" in call.path]
        return [b for b in bodies if self.item(b) is not None and "_debug_render_only" not in b]


class Odd(Right):
    """Writes its streams as `bodies` say: one after the other, and the last of them from then on."""

    def __init__(self, study: Study, *bodies: Body, pieces: int = 0, hold: bool = False) -> None:
        super().__init__(study)
        self.bodies, self.pieces, self.hold = list(bodies), pieces, hold

    async def handle(self, call: Call, wire: Wire) -> None:
        if call.method != "POST" or "chat" not in call.path or self.item(call.json) is None:
            await super().handle(call, wire)
            return
        body = self.bodies.pop(0) if len(self.bodies) > 1 else self.bodies[0]
        data = body(self.text(call.json)).encode()
        kind = "application/x-ndjson" if call.path.startswith("/api/") else "text/event-stream"
        wire.start("application/json" if data[:1] == b"{" and call.path.startswith("/v1/") else kind)
        size = self.pieces or len(data)
        for start in range(0, len(data), size):
            await wire.chunk(data[start : start + size])
        if self.hold:
            await asyncio.Event().wait()
        await wire.end()


def _words(body: dict[str, Any]) -> str:
    return body.get("prompt") or "\n".join(str(message["content"]) for message in body.get("messages", []))


def run(study: Study, server: Right, engine: str) -> list[Sample]:
    """The samples of a whole run, every key once; fails where its log does not verify."""

    async def go() -> Path:
        async with server:
            path, _, _ = await collect(study, server, engine=engine)
            return path

    path = asyncio.run(go())
    issues = Issues()
    runlog.verify(path, issues)
    assert not issues.failed(strict=True), [issue.render() for issue in issues]
    found = list({sample.key: sample for sample in samples_of(path)}.values())
    assert found
    return found


def lacks(study: Study) -> list[str]:
    """What the log says the server lacks, in its header or later."""
    (path,) = study.run_logs("trial")
    later = [line.lacks for _, line in runlog.iterate(path, Issues()) if isinstance(line, Lack)]
    return [*runlog.read(path, Issues()).run.engine.lacks, *(lack for lines in later for lack in lines)]


def right(samples: list[Sample]) -> None:
    """Every sample was answered, and read as what it said."""
    for sample in samples:
        said = sample.reply.text if sample.reply else None
        assert sample.outcome == "ok" and sample.scores.get("correct") is True, (sample.item, said, sample.error)


ENDS: list[Body] = [
    lambda text: said(text) + STOP + COUNTS,
    lambda text: said(text) + DONE,
    lambda text: said(text) + STOP.rstrip("\n"),
    lambda text: said(text) + STOP.rstrip("\n") + "\n",
]
FRAMES: list[Body] = [
    lambda text: "data:\n\n" + said(text) + "data: \n\n" + STOP + COUNTS + DONE,
    lambda text: ": hello\n\n" + said(text) + ":\n\n: still there\n" + STOP + COUNTS + DONE,
    lambda text: (said(text) + STOP + COUNTS + DONE).replace("\n", "\r\n"),
    lambda text: "retry: 3000\n\n" + (said(text) + STOP).replace("data: ", "event: message\nid: 7\ndata: ") + DONE,
    lambda text: (said(text) + STOP + COUNTS + DONE).replace("data: ", "data:"),
]
HM = [{"type": "thinking", "thinking": [{"type": "text", "text": "Hm, A or B?"}]}]
SHAPES: list[Body] = [
    lambda text: said(HM) + said([{"type": "text", "text": text}]) + STOP + COUNTS + DONE,
    lambda text: said([*HM, {"type": "text", "text": text}]) + STOP + COUNTS + DONE,
    lambda text: said(None, reasoning_content="Hm, A or B?") + said(text) + STOP + COUNTS + DONE,
    lambda text: json.dumps(
        {
            "choices": [
                {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"},
            ],
            "usage": {"prompt_tokens": 9, "completion_tokens": 2},
        }
    ),
]
NOT_KNOWN: Body = lambda text: event({"message": {"content": text}, "finish_reason": "stop"}) + DONE  # noqa: E731


def _studies(case: Path, folder: Path) -> Iterator[Study]:
    """The case's study, anew for each server."""
    number = 0
    while True:
        yield make(case, folder / str(number))
        number += 1


def end_of_stream(case: Path, folder: Path) -> None:
    studies = _studies(case, folder)
    for body, hold in [*((body, False) for body in ENDS), (ENDS[0], True)]:
        server = Odd(study := next(studies), body, hold=hold)
        samples = run(study, server, "openai")
        right(samples)
        assert len(server.asked()) == len(samples), "nothing was asked twice"


def shape_of_a_chunk(case: Path, folder: Path) -> None:
    studies = _studies(case, folder)
    for body in SHAPES:
        samples = run(study := next(studies), Odd(study, body), "openai")
        right(samples)
        thinks = "Hm" in body("")
        assert all((s.reply is not None and s.reply.thinking == "Hm, A or B?") == thinks for s in samples)
    server = Odd(study := next(studies), NOT_KNOWN)
    samples = run(study, server, "openai")
    assert all(s.outcome == "error" and s.error is not None for s in samples), "no fault of the model's"
    assert len(server.asked()) == len(samples), "what would be answered alike is not asked again"


def framing(case: Path, folder: Path) -> None:
    studies = _studies(case, folder)
    for body in FRAMES:
        for pieces in (0, 1, 7):
            server = Odd(study := next(studies), body, pieces=pieces)
            samples = run(study, server, "openai")
            right(samples)
            assert len(server.asked()) == len(samples)


def _refuses(name: str, value: float, words: str) -> Callable[[str, dict[str, Any]], str | None]:
    return lambda path, body: words if body.get("options", body).get(name) == value else None


def refused_value(case: Path, folder: Path) -> None:
    """Each factor's lowest and highest value is refused in turn: a value near it, or none; the others as asked."""
    studies = _studies(case, folder)
    sweep: dict[str, list[float]] = yaml.safe_load((case / "experiment.yaml").read_text(encoding="utf-8"))["sweep"]
    numeric = {name: sorted(v) for name, v in sweep.items() if all(isinstance(x, int | float) for x in v)}
    assert numeric, "a factor whose values can be refused"
    for name, values in numeric.items():
        for refused, words in (
            (values[0], f"`{name}` must be strictly positive" if values[0] == 0 else f"{name} must be > {values[0]}"),
            (values[-1], f"{name} must be less than {values[-1]}"),
        ):
            for status in (400, 422):
                study = next(studies)
                server = Right(study, refusal=_refuses(name, refused, words), refusal_status=status)
                try:
                    samples = run(study, server, "openai")
                except Problem as problem:  # stopping is right, where nothing near is taken
                    assert name in problem.issues[0].message
                    assert all(s.condition[name] != refused for log in study.run_logs() for s in samples_of(log))
                    continue
                right(samples)
                for sample in samples:
                    sent, wanted = sample.request.options[name], sample.condition[name]
                    assert sent == wanted if wanted != refused else 0 < abs(sent - refused) <= 0.1 * max(values)
                taken = [body[name] for body in server.asked() if body.get(name) != refused]
                assert len(taken) == len(samples), f"every request had its {name}"
                assert sorted(taken) == sorted(s.request.options[name] for s in samples)
                assert any(name in lack for lack in lacks(study))


def refusal_without_a_name(case: Path, folder: Path) -> None:
    own = {"top_k", "min_p", "typical_p", "repeat_penalty", "repeat_last_n", "cache_prompt", "chat_template_kwargs"}
    studies = _studies(case, folder)
    for words in ("Invalid request body", "bad request"):
        study = next(studies)
        server = Right(study, refusal=lambda path, body, words=words: words if own & set(body) else None)
        samples = run(study, server, "openai")
        right(samples)
        assert not any(own & set(s.request.options) for s in samples)
        assert any("top_k" in lack for lack in lacks(study))
    study = next(studies)
    samples = run(study, Right(study, refusal=lambda path, body: "Invalid request body"), "openai")
    assert all(s.error is not None and "without" in s.error.message for s in samples), "says what was tried"


def missing_logprobs(case: Path, folder: Path) -> None:
    studies = _studies(case, folder)
    null: Body = lambda text: event({"delta": {"content": text}, "logprobs": None}) + STOP + COUNTS + DONE  # noqa: E731
    empty: Body = (  # noqa: E731
        lambda text: event({"delta": {"content": text}, "logprobs": {"content": None}}) + STOP + COUNTS + DONE
    )
    for server_of in (lambda s: Odd(s, null), lambda s: Odd(s, empty), lambda s: Right(s, logprobs=False)):
        study = next(studies)
        samples = run(study, server_of(study), "openai")
        right(samples)
        assert all(s.scores.get("confidence") is None for s in samples)
        assert all(s.reply is not None and "logprobs-missing" in s.reply.warnings for s in samples)
        assert any("logprobs" in lack for lack in lacks(study)), "the log says that the server gives none"


def servers_fault(case: Path, folder: Path) -> None:
    empty = {"message": {"role": "assistant", "content": ""}, "done": True}
    faults: list[Body] = [
        lambda text: line(**empty, done_reason="load"),
        lambda text: line(**empty, done_reason="stop", eval_count=7),
        lambda text: line(answer=text, done=True, done_reason="stop", eval_count=7),
    ]

    def good(text: str) -> str:
        start = line(message={"role": "assistant", "content": text})
        return start + line(**empty, done_reason="stop", eval_count=2, prompt_eval_count=9)

    studies = _studies(case, folder)
    for fault in faults:
        study = next(studies)
        right(run(study, Odd(study, fault, good), "ollama"))
        study = next(studies)
        samples = run(study, Odd(study, fault), "ollama")
        assert all(s.outcome == "error" and "correct" not in s.scores for s in samples), "no answer of the model's"


SERVERS: dict[str, Callable[[Path, Path], None]] = {
    "server refuses one value of a field": refused_value,
    "server refuses a field without naming it": refusal_without_a_name,
    "end of a stream": end_of_stream,
    "shape of a chunk": shape_of_a_chunk,
    "SSE framing": framing,
    "missing logprobs": missing_logprobs,
    "server's fault scored as the model's": servers_fault,
}
"""By kind: runs a case on the servers of that kind, in folders of its own."""
