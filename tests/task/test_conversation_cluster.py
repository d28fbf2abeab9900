"""Conversations, judges and vectors on several machines, one of which goes in the middle: workers need nothing of the task."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from cluster_support import Machine, Scheduler, lines_of, verified, worker
from collect_support import AT_ONCE, Notes, collect, make_study
from conversation_support import DESIGN, MODELS, SEEK, answer, told
from servers.fake import Fake

from llmxsite.base.diagnostics import Issues
from llmxsite.collect.cluster.assembly import assemble
from llmxsite.collect.session import Wish, engines, prepare
from llmxsite.collect.subject import of_experiment
from llmxsite.log.runlog import Clock
from llmxsite.study.study import Study

pytestmark = pytest.mark.usefixtures("installed")


def spread(address: str, study: Study) -> None:
    wanted = Wish(engine="ollama", probe=False)
    experiment, suites = prepare(study, "trial", wanted, Issues())
    ((name, conditions),) = engines(experiment, wanted)

    async def go() -> None:
        async with AsyncExitStack() as stack:
            assembled = await assemble(
                stack,
                of_experiment(study, "trial", experiment, suites, conditions),
                wanted,
                address=address,
                weights=[],
                name=name,
                root=study.root,
                clock=Clock(),
                say=lambda _: None,
            )
            _, result = await assembled.fleet.collect(Notes(), policy=AT_ONCE)
            assert result is not None and result.reason == "complete"

    asyncio.run(go())


@pytest.mark.parametrize(("design", "at"), [(DESIGN, 9), (SEEK, 7)])
def test_a_machine_that_goes_in_a_conversation_loses_and_doubles_nothing(
    tmp_path: Path, design: dict[str, Any], at: int
) -> None:
    unbroken = make_study(tmp_path / "unbroken", items=8, **design)

    async def alone() -> None:
        async with Fake(models=MODELS, reply=answer) as server:
            await collect(unbroken, server)

    asyncio.run(alone())
    study = make_study(tmp_path / "spread", items=8, **design)
    with Machine() as survivor, Machine() as victim, Scheduler() as scheduler:
        for server in (survivor, victim):
            server.models, server.reply = MODELS, answer
        with worker(scheduler, survivor), worker(scheduler, victim) as second:
            victim.at, victim.strike = at, second.kill
            spread(scheduler.address, study)
    found: dict[str, Any] = {}
    for path in study.run_logs("trial"):
        found |= told(path)
    (path,) = unbroken.run_logs("trial")
    assert found == told(path) and len(lines_of(study)) == len(found)
    verified(study)
