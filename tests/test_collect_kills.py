"""A run killed at any moment and taken up again has each sample once, and the scores of an unbroken run.

Real processes are killed with SIGKILL at random moments; `LLMXSITE_KILLS` sets how many (200 for the full number).
"""

from __future__ import annotations

import os
import random
import subprocess
from pathlib import Path

import pytest
from collect_support import Watched, command, environment, make_study, run, samples_of, scores_of, the_log

from llmxsite import runlog
from llmxsite.diagnostics import Issues

KILLS = int(os.environ.get("LLMXSITE_KILLS", "6"))
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
    chance = random.Random(20261122)
    killed = finished = 0
    with Watched(latency=0.002) as server:
        while killed < KILLS:
            study = make_study(tmp_path / f"study-{finished}", items=15, **DESIGN)
            while True:
                # Up to 6 calls set a run up; after that each is a sample.
                server.aim(chance.randint(1, 45), chance.uniform(0, 30))
                child = subprocess.Popen(
                    command(study, "run", "trial", server=server),
                    env=environment(),
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.PIPE,
                    text=True,
                )
                server.victim = child
                _, errors = child.communicate(timeout=120)
                if child.returncode == 0:
                    break
                assert child.returncode == -9, errors
                killed += 1
            finished += 1
            lines = samples_of(the_log(study))
            assert len(lines) == len({s.key for s in lines}) == 60
            assert scores_of(the_log(study)) == unbroken
            issues = Issues()
            assert runlog.verify(the_log(study), issues).sealed
            assert not [issue for issue in issues if issue.severity == "error"]
