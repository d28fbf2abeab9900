"""Repeating a run from its log alone: what the new log says it repeats, and what is different today."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import msgspec

from llmxsite.base import registry
from llmxsite.base.diagnostics import Issues, Problem, display_path
from llmxsite.base.regular import opened
from llmxsite.collect.agreed import nowhere
from llmxsite.collect.logged import LoggedWorkload, survey
from llmxsite.collect.subject import Subject
from llmxsite.exchange.engine.protocol import EngineInfo, ModelInfo
from llmxsite.log.record import SCHEMA, RerunOf, Run
from llmxsite.log.runlog import read_header
from llmxsite.log.runlog.facts import MACHINE, TOLD
from llmxsite.study.experiment import Resolved


def of_log(path: Path, folder: Path, limit: int | None, contributor: str | None, issues: Issues) -> tuple[Subject, int]:
    """The log at `path` as something to run, with its answers in `folder`; and how many of its samples are left out
    because they ended in an error.

    Raises `Problem` for a log that cannot be repeated; lines that cannot be read go to `issues`.
    """
    before = read_header(path)
    if before.source is not None:
        tool = before.source.get("tool") or before.engine.name
        raise Problem.at(
            path,
            "rerun-import",
            f"this log was imported from {tool}: the requests that were sent are not in it",
            hint="repeat it with the tool that made it, or write an experiment of your own and run that",
        )
    try:
        experiment = msgspec.convert(before.experiment, Resolved)
    except msgspec.ValidationError as error:
        raise Problem.at(path, "rerun-header", f"its experiment cannot be read: {error}", line=1) from None
    with opened(path) as stream:
        sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
    logged = survey(path, limit, issues)
    brought = registry.distribution(before.task)
    header = msgspec.structs.replace(
        before,
        schema=SCHEMA,
        id="",
        experiment=before.experiment | ({} if limit is None else {"limit": limit}),
        engine=EngineInfo(name=""),
        models=[],
        host=None,
        software={} if brought is None else dict([brought]),
        git=None,
        contributor=contributor,
        started=None,
        planned=None,
        concurrency=before.concurrency or experiment.concurrency,
        cluster=None,
        rerun_of=RerunOf(id=before.id, sha256=sha256),
    )
    subject = Subject(
        header=header,
        place=display_path(path),
        folder=folder,
        conditions=logged.conditions,
        contexts=logged.contexts,
        cache=None,
        where=nowhere(display_path(path)),
        workload=lambda models: LoggedWorkload(logged, experiment, models),
    )
    return subject, logged.errors


def engine_of(subject: Subject, before: Run, wished: str | None) -> str:
    """The engine that repeats a run: the log's own where none is wished for.

    Raises `Problem` where the log's conditions name another: their samples would say that it had answered.
    """
    if wished in (None, before.engine.name):
        return before.engine.name
    named = {str(condition["engine"]) for condition in subject.conditions if "engine" in condition}
    if named:
        raise Problem.at(
            subject.place,
            "rerun-engine",
            f"its conditions name the engine '{min(named)}', so '{wished}' cannot answer in its stead",
            hint=f"repeat it with --engine {min(named)}",
        )
    return str(wished)


def changes(before: Run, now: Run) -> list[str]:
    """In words, what is different around a repetition from what the header of the repeated log says."""
    return [
        *_differing("the server", _server(before.engine), _server(now.engine)),
        *_of_models(before.models, now.models),
        *(
            line
            for name in MACHINE
            for line in _differing(
                f"the machine's {name.removesuffix('_bytes')}",
                getattr(before.host, name, None),
                getattr(now.host, name, None),
            )
        ),
        *(
            line
            for name in sorted(before.software.keys() | now.software.keys())
            for line in _differing(name, before.software.get(name), now.software.get(name))
        ),
        *_differing("processor threads", before.engine.threads, now.engine.threads),
        *_differing("requests at once", before.concurrency, now.concurrency),
    ]


def _of_models(before: list[ModelInfo], now: list[ModelInfo]) -> Iterator[str]:
    old = {model.name: model for model in before}
    for model in now:
        if (known := old.get(model.name)) is None:
            continue
        if known.digest != model.digest:
            digests = f"digest {_short(known.digest)}, now {_short(model.digest)}"
            same = known.same_weights(model)
            if same:
                yield f"the server's manifest of '{model.name}': {digests}; the weights are the same"
            else:
                others = "has other weights" if same is False else "may have other weights, which is not told"
                yield f"'{model.name}' {others}: {digests}"
        for name in TOLD:
            what = f"the {name.replace('_', ' ')} of '{model.name}'"
            yield from _differing(what, getattr(known, name), getattr(model, name))


def _differing(what: str, before: object, now: object) -> Iterator[str]:
    if before != now and before is not None:
        yield f"{what}: {_shown(before)}, now {_shown(now)}"


def _server(engine: EngineInfo) -> str:
    return " ".join(part for part in (engine.name, engine.version, engine.backend) if part)


def _short(digest: str | None) -> str:
    return digest[:12] if digest else "not told"


def _shown(value: object) -> str:
    if value is None:
        return "not told"
    text = msgspec.json.encode(value).decode() if isinstance(value, list) else str(value)
    return text if len(text) <= 80 else text[:79] + "…"
