"""How runs were set up, in words and values from their headers: what `{setup}`, run pages and checklists show."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from llmxsite.exchange.engine.protocol import ModelInfo
from llmxsite.log.record import Host, SuiteRef
from llmxsite.press.catalogue.entries import RunEntry
from llmxsite.press.site.directives.part import part
from llmxsite.press.site.directives.scope import scope
from llmxsite.press.site.edition import Edition
from llmxsite.press.site.page_host import PageHost, failed
from llmxsite.press.site.templates import count, size
from llmxsite.press.writing.directive import Directive

OPTIONS = [
    "temperature",
    "top_k",
    "top_p",
    "min_p",
    "typical_p",
    "repeat_penalty",
    "repeat_last_n",
    "presence_penalty",
    "frequency_penalty",
    "seed",
    "num_ctx",
    "num_predict",
    "stop",
]


class ModelUsed(NamedTuple):
    """A model that answered, and its page's address where it has one."""

    info: ModelInfo
    address: str | None


class SuiteUsed(NamedTuple):
    """A suite that was asked, with the hash of its content, and its page's address where it has one."""

    ref: SuiteRef
    address: str | None


@dataclass(frozen=True)
class Setup:
    """How runs were set up, each value once."""

    models: list[ModelUsed]
    suites: list[SuiteUsed]
    varied: list[tuple[str, list[Any]]]
    """Settings with the several values that they had."""
    fixed: list[tuple[str, Any]]
    engines: list[str]
    hosts: list[str]
    software: list[str]
    git: list[str]


def describe(edition: Edition, runs: Sequence[RunEntry]) -> Setup:
    """Models, settings, engines, machines and software of these runs."""
    models: dict[tuple[str, str | None], ModelUsed] = {}
    for entry in reversed(runs):
        for info in entry.run.models:
            page = edition.catalogue.model(info.name)
            models[info.name, info.digest] = ModelUsed(info, page.address if page else None)
    known = settings(runs)
    return Setup(
        models=[models[key] for key in sorted(models, key=lambda k: (k[0], k[1] or ""))],
        suites=suites(edition, runs),
        varied=[(name, values) for name, values in known if len(values) > 1],
        fixed=[(name, values[0]) for name, values in known if len(values) == 1 and values[0] is not None],
        engines=once(_engine(r) for r in runs),
        hosts=once(host_words(r.run.host) for r in runs if r.run.host),
        software=once(_software(r) for r in runs),
        git=once(_git(r) for r in runs if r.run.git),
    )


def suites(edition: Edition, runs: Sequence[RunEntry]) -> list[SuiteUsed]:
    """Each suite the runs used, with the hash of its content."""
    found: dict[tuple[str, str], SuiteUsed] = {}
    for entry in reversed(runs):
        for ref in entry.run.suites:
            page = edition.catalogue.suite(ref.id)
            found[ref.id, ref.hash] = SuiteUsed(ref, page.address if page else None)
    return [found[key] for key in sorted(found)]


def settings(runs: Sequence[RunEntry]) -> list[tuple[str, list[Any]]]:
    """Factor or option to the values it had over these runs, in the order a person looks for them."""
    values: dict[str, list[Any]] = {}
    for entry in reversed(runs):
        plan = entry.run.experiment
        sweep = plan.get("sweep") or {}
        fixed = {**(plan.get("options") or {})}
        fixed |= {
            k: plan[k]
            for k in ("prompt", "system", "think", "repeats", "limit", "logprobs", "shuffle_options")
            if k in plan
        }
        for name, levels in {**{k: [v] for k, v in fixed.items()}, **sweep}.items():
            kept = values.setdefault(name, [])
            kept.extend(v for v in levels if v not in kept)
    order = ["prompt", "system", "think", *OPTIONS]
    return sorted(values.items(), key=lambda kv: (order.index(kv[0]) if kv[0] in order else 99, kv[0]))


def host_words(host: Host) -> str:
    """`Apple M2, 8 cores, 16 GB, macOS 15.1; no GPU`."""
    parts = [host.cpu or host.machine, f"{host.cores} cores" if host.cores else None]
    parts += [size(host.memory_bytes) if host.memory_bytes else None, host.os]
    text = ", ".join(str(p) for p in parts if p) or "a machine the log says nothing of"
    if host.gpus is None:
        return text
    if not host.gpus:
        return f"{text}; no GPU"
    return text + "; " + ", ".join(f"{g.name}{f' {size(g.memory_bytes)}' if g.memory_bytes else ''}" for g in host.gpus)


def once(values: Iterable[str]) -> list[str]:
    """Each value once, in order of appearance."""
    return list(dict.fromkeys(v for v in values if v))


def _engine(entry: RunEntry) -> str:
    engine = entry.run.engine
    what = " ".join(p for p in (engine.name, engine.version, f"({engine.backend})" if engine.backend else None) if p)
    return f"{what}, {count(engine.threads, 'thread')}" if engine.threads else what


def _software(entry: RunEntry) -> str:
    return ", ".join(f"{name} {version}" for name, version in sorted(entry.run.software.items()))


def _git(entry: RunEntry) -> str:
    git = entry.run.git
    return f"{git.commit[:12]}{' with uncommitted changes' if git.dirty else ''}" if git else ""


def draw_setup(host: PageHost, d: Directive) -> str:
    """Models, settings, machines and versions, from the logs."""
    runs = scope(host, d)
    if not runs:
        d.add("setup-empty", "there are no runs to describe yet", severity="warning")
        return failed(d, "no runs yet")
    return str(part(host, "setup", setup=describe(host.edition, runs)))
