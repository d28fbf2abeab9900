"""The first line of a log: everything that holds for all its samples."""

from __future__ import annotations

import secrets

import msgspec

from llmxsite.collect.choose import Now
from llmxsite.record import SCHEMA, Hypothesis, Run, Share, SuiteRef, hypothesis_hash


def new_id(time: str) -> str:
    """A run's id, from the time it begins."""
    return f"{time[:19].replace(':', '').replace('T', '-')}-{secrets.token_hex(2)}"


def header(
    now: Now, report: str, run: str, time: str, planned: int, concurrency: int | None, cluster: Share | None = None
) -> Run:
    """The header of a log that begins at `time`. `concurrency` is what was wished for beyond the experiment's."""
    experiment = now.experiment
    return Run(
        schema=SCHEMA,
        id=run,
        report=report,
        task=experiment.task,
        experiment=msgspec.to_builtins(experiment),
        suites=[
            SuiteRef(
                id=s.id,
                hash=s.hash(),
                title=s.title,
                version=s.version,
                licence=s.licence,
                language=s.language,
                items=len(s.items),
            )
            for s in now.suites
        ],
        engine=now.engine,
        models=list(now.models.values()),
        host=now.host,
        software=now.software,
        git=now.git,
        contributor=now.contributor,
        hypothesis=(
            Hypothesis(text=experiment.hypothesis, hash=hypothesis_hash(experiment.hypothesis))
            if experiment.hypothesis
            else None
        ),
        started=time,
        planned=planned,
        cluster=cluster,
        concurrency=concurrency or experiment.concurrency,
    )
