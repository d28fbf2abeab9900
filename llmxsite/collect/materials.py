"""What a task wants made into vectors before the samples of a condition are asked: made once, kept in the study's cache, and told
in the log."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import msgspec

from llmxsite.base import registry
from llmxsite.base.diagnostics import Problem
from llmxsite.base.memory import put
from llmxsite.collect.job import Job
from llmxsite.collect.workload import Workload
from llmxsite.exchange.asking.material import Material
from llmxsite.exchange.engine.protocol import Engine
from llmxsite.exchange.engine.vectors import EmbedRequest
from llmxsite.log.record import MaterialLine
from llmxsite.log.runlog import RunLogWriter

BATCH = 32
"""Texts that are made between two writes to the cache: what a killed run makes anew at most."""
_decode = msgspec.msgpack.Decoder(list[bytes]).decode


class Materials:
    """The vectors that one collector has made. Several on one workload share what any of them made."""

    def __init__(
        self, engine: Engine, workload: Workload, writer: RunLogWriter, now: Callable[[], str], cache: Path | None
    ) -> None:
        self._engine, self._workload, self._writer, self._now, self._cache = engine, workload, writer, now, cache
        self._whole: set[int] = set()
        """Materials that are whole, by identity: the workload keeps each."""

    async def ready(self, job: Job) -> None:
        """Have everything there that a job's task wanted made. Raises `EngineError`, as a request may; asked again, it goes on
        where it stopped."""
        if not self._workload.prepares:
            return
        material = self._workload.material(job.suite, job.condition)
        async with self._workload.making:  # of several jobs, on several machines, the first makes for all
            if id(material) not in self._whole:
                model = self._workload.model(job.condition)
                experiment = self._workload.experiment
                with registry.running(experiment.task, "prepare"):
                    requests = list(self._workload.asking.prepare(experiment, job.suite, job.condition, model))
                for request in requests:
                    await self._make(job.suite.id, request, material)
                self._whole.add(id(material))

    async def _make(self, suite: str, request: EmbedRequest, material: Material) -> None:
        texts = list(dict.fromkeys(request.texts))
        digest = self._digest(request.model)
        started, made = time.monotonic(), False
        for start in range(0, len(texts), BATCH):
            batch = msgspec.structs.replace(request, texts=texts[start : start + BATCH])
            if all(text in material for text in batch.texts):
                continue
            place = self._place(digest, batch)
            rows = _read(place, len(batch.texts))
            if rows is None:
                rows = (await self._engine.embed(batch)).rows
                made = True
                if place is not None:
                    put(place, msgspec.msgpack.encode(rows))
            for text, row in zip(batch.texts, rows, strict=True):
                material.add(text, row)
        kept = [material[text] for text in texts]
        line = MaterialLine(
            time=self._now(),
            model=request.model,
            digest=digest,
            suite=suite,
            texts=len(texts),
            dimensions=max(map(len, kept), default=0) // 4,
            sha256=hashlib.sha256(b"".join(kept)).hexdigest(),
            texts_sha256=_hash(texts),
            seconds=round(time.monotonic() - started, 3) if made else None,
        )
        self._writer.note(line)

    def _digest(self, model: str) -> str | None:
        known = self._workload.models.get(model)
        if known is None:
            raise Problem.at(
                "experiment.yaml",
                "task-broken",
                f"the task has vectors made by '{model}', and does not name it among the models that it calls",
                hint="`Terms.called` of the task has to name every model",
            )
        return known.identity

    def _place(self, digest: str | None, batch: EmbedRequest) -> Path | None:
        """Where the vectors of a batch lie. A model whose weights nobody tells may be another one tomorrow: it has no place."""
        if self._cache is None or digest is None:
            return None
        parts = (digest, batch.dimensions, batch.num_ctx, batch.truncate, _hash(batch.texts))
        name = hashlib.sha256(msgspec.json.encode(parts)).hexdigest()
        return self._cache / name[:2] / name[2:]


def _read(place: Path | None, texts: int) -> list[bytes] | None:
    try:
        rows = None if place is None else _decode(place.read_bytes())
    except (OSError, msgspec.DecodeError):
        return None
    return rows if rows is not None and len(rows) == texts else None


def _hash(texts: Iterable[str]) -> str:
    sha = hashlib.sha256()
    for text in texts:
        data = text.encode("utf-8", "surrogatepass")
        sha.update(len(data).to_bytes(8, "little") + data)
    return sha.hexdigest()
