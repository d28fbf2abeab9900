"""All questions asked of one server, as a table with a date that can be published and compared."""

from __future__ import annotations

import datetime
from collections.abc import Callable

import msgspec

from llmxsite import __version__
from llmxsite.exchange.engine.address import Address
from llmxsite.exchange.engine.behaviour import (
    caches,
    context,
    embeddings,
    errors,
    formats,
    logprobs,
    metadata,
    options,
    prompts,
    thinking,
    times,
    tools,
)
from llmxsite.exchange.engine.behaviour.models import COMPLETES, Model, Models, NotAskedError, survey
from llmxsite.exchange.engine.behaviour.question import Asked, Question, Seen
from llmxsite.exchange.engine.behaviour.server import Server
from llmxsite.exchange.engine.http import Http
from llmxsite.exchange.engine.protocol import EngineError

TOPICS: dict[str, tuple[Question, ...]] = {
    "Log-probabilities": logprobs.QUESTIONS,
    "Thinking": thinking.QUESTIONS,
    "Options": options.QUESTIONS,
    "Prompts": prompts.QUESTIONS,
    "Context": context.QUESTIONS,
    "What it tells of itself": metadata.QUESTIONS,
    "Times and ends": times.QUESTIONS,
    "Tools": tools.QUESTIONS,
    "Formats and images": formats.QUESTIONS,
    "Embeddings": embeddings.QUESTIONS,
    "Errors": errors.QUESTIONS,
    "Caches": caches.QUESTIONS,
}
TITLE = "# What Ollama "
"""How the report begins as a page."""
NOT_ASKED, FAILED = "not asked: ", "failed: "


class Row(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A question and what came of it."""

    id: str
    topic: str
    title: str
    answer: str
    """In closed words that do not depend on the machine's speed; `not asked: ...` where no model was suited, `failed: ...`
    where the question did not come to its end."""
    figures: str = ""
    """Numbers of this model on this machine."""
    model: str = ""
    """The model it was asked with, without a registry or an owner."""


class Used(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A model that questions were asked with."""

    name: str
    digest: str | None = None
    weights: str | None = None
    """sha256 of the weights, where it is told."""
    quantization: str | None = None
    size_bytes: int | None = None


class Report(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What one server did on one day. It holds no address, no host name and no path."""

    engine: str
    version: str
    date: str
    llmxsite: str
    machine: str
    """In words, without a name: processor, memory, system, GPU."""
    computes: str
    """Where the smallest model lay: on the processor, on a GPU."""
    models: list[Used]
    rows: list[Row]

    def count(self) -> dict[str, int]:
        """How many questions were answered, how many not asked, and how many failed."""
        kinds = {"answered": 0, "not asked": 0, "failed": 0}
        for row in self.rows:
            kind = next((k for k in ("not asked", "failed") if row.answer.startswith(f"{k}: ")), "answered")
            kinds[kind] += 1
        return kinds


async def ask(
    address: Address, machine: str, date: datetime.date, on_row: Callable[[Row], None] | None = None
) -> Report:
    """Ask the Ollama server at `address` everything; `on_row` is called after each question.

    Raises `EngineError` where the server itself does not answer; a question that fails is a row that says so.
    """
    async with Http(address, connections=1) as http:
        server = Server(http)
        version = str((await server.get("/api/version")).body.get("version"))
        models = await survey(server)
        computes = await _computes(server, models)
        rows, used = [], {}
        for topic, questions in TOPICS.items():
            for question in questions:
                row, model = await _row(server, models, topic, question, address)
                rows.append(row)
                if model is not None:
                    used[model.name] = model
                if on_row is not None:
                    on_row(row)
    return Report(
        engine="ollama",
        version=version,
        date=date.isoformat(),
        llmxsite=__version__,
        machine=machine,
        computes=computes,
        models=[_used(model) for _, model in sorted(used.items())],
        rows=rows,
    )


async def answer(address: Address, id: str) -> str:  # noqa: A002
    """The answer to one question. Raises `KeyError` for an id that is none, `EngineError` where the server is silent."""
    topic, question = next((t, q) for t, questions in TOPICS.items() for q in questions if q.id == id)
    async with Http(address, connections=1) as http:
        server = Server(http)
        row, _ = await _row(server, await survey(server), topic, question, address)
    return row.answer


async def _row(
    server: Server, models: Models, topic: str, question: Question, address: Address
) -> tuple[Row, Model | None]:
    model = None
    try:
        model = models.pick(question.needs)
        seen = await question.ask(Asked(server, models, model))
    except NotAskedError as error:
        seen, model = Seen(f"{NOT_ASKED}{error}"), None
    except EngineError as error:
        seen = Seen(f"{FAILED}{_unnamed(str(error), address)}")
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        # A server of another kind or time, which leaves out or renames a field: that is the answer.
        seen = Seen(f"{FAILED}the answer has another shape ({type(error).__name__})")
    label = model.label if model else ""
    row = Row(id=question.id, topic=topic, title=question.title, answer=seen.answer, figures=seen.figures, model=label)
    return row, model


def _unnamed(words: str, address: Address) -> str:
    """An error's words without the server's address."""
    host = address.shown.partition("://")[2]
    return words.replace(address.shown, "the server").replace(host, "the server")


async def _computes(server: Server, models: Models) -> str:
    """Load the smallest model and read where it lies."""
    try:
        model = models.pick(COMPLETES)
        await server.generate(model.name, "Hi")
        loaded = (await server.running()).get(model.name, {})
    except (NotAskedError, EngineError):
        loaded = {}
    size, on_gpu = loaded.get("size"), loaded.get("size_vram")
    if not size or on_gpu is None:
        return "not told"
    share = min(on_gpu / size, 1.0)
    whole = {0.0: "on the processor alone", 1.0: "on a GPU"}
    return whole.get(share, f"{100 * share:.0f}% on a GPU, the rest on the processor")


def _used(model: Model) -> Used:
    return Used(
        name=model.label,
        digest=model.listed.get("digest"),
        weights=model.weights,
        quantization=(model.listed.get("details") or {}).get("quantization_level") or None,
        size_bytes=model.listed.get("size"),
    )


def to_json(report: Report) -> bytes:
    """The report as JSON to keep: one field a line, so that two differ where the servers do."""
    return msgspec.json.format(msgspec.json.encode(report), indent=1) + b"\n"


def from_json(data: bytes) -> Report:
    """A report that was kept. Raises `msgspec.ValidationError`."""
    return msgspec.json.decode(data, type=Report)


def cell(text: str) -> str:
    """Text as a cell of a Markdown table."""
    return text.replace("|", r"\|")


def to_markdown(report: Report) -> str:
    """The report as a page."""
    counted = ", ".join(f"{number} {kind}" for kind, number in report.count().items())
    lines = [
        f"{TITLE}{report.version} does",
        "",
        f"Asked on {report.date} by llmxsite {report.llmxsite}: {counted}.",
        "",
        f"- Machine: {report.machine}",
        f"- Computes: {report.computes}",
        f"- Models: {', '.join(f'{m.name} ({m.quantization})' if m.quantization else m.name for m in report.models) or 'none'}",
    ]
    for topic in dict.fromkeys(row.topic for row in report.rows):
        lines += ["", f"## {topic}", "", "| | question | answer | figures | model |", "|---|---|---|---|---|"]
        for row in report.rows:
            if row.topic == topic:
                cells = (f"`{row.id}`", row.title, row.answer, row.figures, row.model)
                lines.append(f"| {' | '.join(map(cell, cells))} |")
    return "\n".join(lines) + "\n"
