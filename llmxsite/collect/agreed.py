"""Whether a server takes what an experiment asks for, found out with requests of one token before the first sample.

What it refuses and the experiment does not set is left out from then on, by the engine itself. What the experiment sets or
varies, and the server refuses or passes over, ends the run before it begins, at its line of `experiment.yaml`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import msgspec

from llmxsite.base.diagnostics import Issue, Problem
from llmxsite.collect.workload import Workload
from llmxsite.exchange.engine.heeded import ASKED, passed_over
from llmxsite.exchange.engine.protocol import Engine, EngineError, Message, Options, RefusedError, Request
from llmxsite.study.experiment import varied

MOST = 64
"""Requests that are tried at most: the rest of a very large experiment finds out while it runs."""
Place = Callable[[str, Any], Issue]
"""An issue, still without its words, where an experiment sets an option to a value."""


async def agree(engine: Engine, workload: Workload, place: Place) -> list[str]:
    """Try each set of options once, and have the workload plan what really goes over the wire.

    Gives, in words, what the experiment sets and the server passes over. Raises `Problem` with every option that the
    experiment sets and the server does not take, or that it varies and the server passes over. Other faults are left for
    the run to meet.
    """
    workload.settle_with(engine.settled)
    issues: dict[str, Issue] = {}
    for trial in _trials(workload):
        try:
            await engine.chat(trial)
        except RefusedError as refused:
            issue = refusal(refused, place)
            issues.setdefault(f"{issue.line}:{issue.message}", issue)
        except EngineError:
            continue
    issues |= {issue.message: issue for issue in _without_field(engine, workload, place)}
    lacks: list[str] = []
    async for model, name, level in _passed_over(engine, workload):
        words = f"'{model}' on this server passes over '{name}'"
        if name not in varied(workload.conditions):
            lacks.append(f"{name} is passed over for {model}")
            continue
        issues[words] = msgspec.structs.replace(
            place(name, level),
            code="run-refused",
            message=f"{words}, so all its levels would be one and the same",
            hint="leave it out of the sweep, or use a server that heeds it: `llmxsite doctor` asks",
        )
    if issues:
        raise Problem(*issues.values())
    workload.settle_with(engine.settled)
    return lacks


def refusal(refused: RefusedError, place: Place) -> Issue:
    """What is wrong with the experiment, in this server's eyes, and how to mend it."""
    where = place(refused.field, refused.value)
    return msgspec.structs.replace(
        where,
        code="run-refused",
        message=str(refused),
        hint=f"set another value of '{refused.field}' that the server takes, leave it out, or use another server",
    )


def _trials(workload: Workload) -> Iterator[Request]:
    """One request for each model and set of options, of few tokens; the first of each model twice, which shows its cache."""
    seen: set[bytes] = set()
    begun: set[str] = set()
    for condition in workload.conditions:
        request = workload.first_request(condition)
        if request is None:
            continue
        short = msgspec.structs.replace(
            request,
            messages=[] if request.raw_prompt is not None else [Message(role="user", content="Hi")],
            raw_prompt=None if request.raw_prompt is None else "Hi",
            options=msgspec.structs.replace(request.options, num_predict=1, stop=request.options.stop or ()),
        )
        # A seed of another value is taken where one is.
        plain = msgspec.structs.replace(short, options=msgspec.structs.replace(short.options, seed=0), own=frozenset())
        if (form := msgspec.json.encode(plain, order="sorted")) in seen or len(seen) >= MOST:
            continue
        seen.add(form)
        if request.model not in begun:
            begun.add(request.model)
            yield short
        yield short


async def _passed_over(engine: Engine, workload: Workload) -> AsyncIterator[tuple[str, str, Any]]:
    """Model, option and one of its levels, where the experiment sets the option and the server does as if it had not."""
    asked: set[tuple[str, str]] = set()
    plain = Options()
    for condition in workload.conditions:
        model = str(condition.get("model"))
        levels = {
            n: v for n, v in condition.items() if n in ASKED and v != getattr(plain, n) and (model, n) not in asked
        }
        request = workload.first_request(condition) if levels else None
        if request is None:
            continue
        asked |= {(model, name) for name in levels}
        for name in await passed_over(engine, request, levels):
            yield model, name, levels[name]


def _without_field(engine: Engine, workload: Workload, place: Place) -> Iterator[Issue]:
    """Options that differ between conditions, and that the server's API has no field for: the conditions would be one."""
    for name in varied(workload.conditions):
        if name not in Options.__struct_fields__ and name != "think":
            continue
        for condition in workload.conditions:
            request = workload.first_request(condition)
            if request is None or name not in condition:
                continue
            settled = engine.settled(request)
            value = settled.think if name == "think" else getattr(settled.options, name)
            if value is None and condition[name] is not None:
                yield msgspec.structs.replace(
                    place(name, condition[name]),
                    code="run-refused",
                    message=f"this server has no field for '{name}', so all its levels would be one and the same",
                    hint="leave it out of the sweep, or use an engine that has it (`ollama`, `embedded`)",
                )
                break


def nowhere(path: str) -> Place:
    """The place of every option where no file of the person's sets it: a log that is repeated."""
    return lambda name, value: Issue(path=path, code="run-refused", message="")
