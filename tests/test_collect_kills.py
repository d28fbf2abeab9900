"""A run killed at any moment and taken up again has each sample once, and the scores of an unbroken run.

Real processes are killed with SIGKILL at random moments; `LLMXSITE_KILLS` sets how many (1,000 for the full number).
"""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest
from collect_support import Nursery, Watched, make_study, run, samples_of, scores_of, the_log

from llmxsite.base.diagnostics import Issues
from llmxsite.log import runlog

pytestmark = pytest.mark.skipif(os.name == "nt", reason="processes are forked and killed in POSIX's ways")
KILLS = int(os.environ.get("LLMXSITE_KILLS", "10"))
DESIGN = {"sweep": {"temperature": [0.0, 0.7]}, "repeats": 2, "concurrency": 3}


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[object, ...]]:
    study = make_study(tmp_path_factory.mktemp("unbroken"), items=15, **DESIGN)
    with Watched() as server:
        done = run(study, "run", "trial", server=server)
    assert done.returncode == 0, done.stderr
    found = scores_of(the_log(study))
    assert len(found) == 60
    return found


def test_killed_runs_lose_and_double_nothing(tmp_path: Path, unbroken: dict[str, tuple[object, ...]]) -> None:
    killed = seed = 0
    with Watched(latency=0.002) as server, Nursery() as nursery:
        while killed < KILLS:
            try:
                killed += _killed(tmp_path / f"study-{seed}", random.Random(seed), server, nursery, unbroken)
            except BaseException as error:
                error.add_note(f"kills of seed {seed}, after {killed} kills")
                raise
            seed += 1


def _killed(
    folder: Path,
    chance: random.Random,
    server: Watched,
    nursery: Nursery,
    unbroken: dict[str, tuple[object, ...]],
) -> int:
    """A run that is killed again and again until it is complete; how often it was."""
    study = make_study(folder, items=15, **DESIGN)
    # Up to 6 calls set a run up; after that each is a sample.
    killed = nursery.killed(study, server, chance, calls=45, ms=30, output=folder / "output")
    lines = samples_of(the_log(study))
    assert len(lines) == len({s.key for s in lines}) == 60
    assert scores_of(the_log(study)) == unbroken
    issues = Issues()
    assert runlog.verify(the_log(study), issues).sealed
    assert not list(issues)
    return killed
