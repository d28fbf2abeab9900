"""A run on a real Dask scheduler and two workers, each a process with an engine of its own, some of which die."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, ExitStack
from pathlib import Path
from typing import Any

import pytest
from cluster_support import Lab, Machine, Process, Scheduler, child_of, lines_of, verified, worker
from collect_support import AT_ONCE, Notes, collect, command, environment, make_study, run, samples_of, write_experiment
from servers.fake import Fake
from typer.testing import CliRunner

from llmxsite.base.diagnostics import Issues, Problem
from llmxsite.cli import app
from llmxsite.collect.cluster import dask
from llmxsite.collect.cluster.assembly import Assembled, assemble
from llmxsite.collect.cluster.dask import Cluster
from llmxsite.collect.cluster.fleet import Fleet
from llmxsite.collect.policy import Result
from llmxsite.collect.session import Wish, engines, prepare
from llmxsite.collect.subject import of_experiment
from llmxsite.log.runlog import Clock, read_header
from llmxsite.study.study import Study

pytest.importorskip("distributed")
DESIGN: dict[str, Any] = {"sweep": {"temperature": [0.0, 0.7]}, "concurrency": 2}
SAMPLES = 60


@pytest.fixture
def study(tmp_path: Path) -> Study:
    return make_study(tmp_path, items=30, **DESIGN)


@pytest.fixture(scope="module")
def both() -> Iterator[Lab]:
    with ExitStack() as stack:
        yield Lab(stack)


@pytest.fixture
def lab(both: Lab) -> Lab:
    """Two machines, alive and alike."""
    both.mend()
    return both


def spread(
    lab: Lab,
    study: Study,
    *,
    observer: Notes | None = None,
    started: Callable[[Fleet], None] | None = None,
    weights: tuple[str, ...] = (),
    policy: Any = AT_ONCE,
    **wish: Any,
) -> tuple[Assembled, list[Path], Result | None]:
    """The whole of `llmxsite run --cluster` but its terminal, in this process."""
    wanted = Wish(**{"engine": "ollama", "probe": False, **wish})
    experiment, suites = prepare(study, "trial", wanted, Issues())
    ((name, conditions),) = engines(experiment, wanted)

    async def go() -> tuple[Assembled, list[Path], Result | None]:
        async with AsyncExitStack() as stack:
            assembled = await assemble(
                stack,
                of_experiment(study, "trial", experiment, suites, conditions),
                wanted,
                address=lab.address,
                weights=list(weights),
                name=name,
                root=study.root,
                clock=Clock(),
                say=lambda _: None,
            )
            paths, result = await assembled.fleet.collect(observer or Notes(), policy=policy, started=started)
            return assembled, paths, result

    return asyncio.run(go())


def scores(study: Study) -> dict[str, tuple[object, ...]]:
    """What each sample is and scored, by key. Fails where one is there twice."""
    lines = lines_of(study)
    found = {s.key: (s.item, str(s.condition), s.repeat, s.outcome, str(s.scores)) for s in lines}
    assert len(found) == len(lines)
    return found


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[object, ...]]:
    """The same experiment on one machine."""
    study = make_study(tmp_path_factory.mktemp("unbroken"), items=30, **DESIGN)

    async def go() -> None:
        async with Fake() as server:
            await collect(study, server)

    asyncio.run(go())
    found = scores(study)
    assert len(found) == SAMPLES
    return found


def test_a_worker_that_dies_gives_its_work_to_another(
    lab: Lab, study: Study, unbroken: dict[str, tuple[object, ...]]
) -> None:
    survivor, victim = lab.servers
    victim.at, victim.strike = 10, lab.workers[1].kill
    done = run(study, "run", "trial", "--cluster", lab.address)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr and "distributed" not in done.stderr
    assert re.search(r"machine [12] \(tcp://\S+\) has gone", done.stderr)
    assert "60 of 60 samples" in done.stderr and "Done: runs/trial/" in done.stdout
    assert scores(study) == unbroken
    verified(study)
    # What the client had written was not asked again: only what the victim had in hand, and the two probes.
    asked = Counter(survivor.prompts + victim.prompts)
    assert len(asked) == SAMPLES and sum(asked.values()) - SAMPLES <= DESIGN["concurrency"] + 2
    headers = [read_header(path) for path in study.run_logs()]
    assert [h.cluster.machine for h in headers if h.cluster] == [1, 2]
    assert len({h.cluster.id for h in headers if h.cluster}) == 1 and {h.planned for h in headers} == {SAMPLES}
    assert {h.engine.address for h in headers} == {survivor.url, victim.url}
    assert not any(socket.gethostname() in path.read_text() for path in study.run_logs())


def test_a_client_that_is_killed_goes_on(lab: Lab, study: Study, unbroken: dict[str, tuple[object, ...]]) -> None:
    words = command(study, "run", "trial", "--cluster", lab.address)
    child = subprocess.Popen(words, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    lab.servers[0].at, lab.servers[0].strike = 20, child.kill
    assert child.wait(120) == -signal.SIGKILL
    before = {path.name for path in study.run_logs()}
    assert len(before) == 2 and 0 < len(lines_of(study)) < SAMPLES
    lab.servers[0].at = 0
    done = run(study, "run", "trial", "--cluster", lab.address)
    assert done.returncode == 0, done.stderr
    assert "Going on in the 2 logs of" in done.stdout
    assert {path.name for path in study.run_logs()} == before
    assert scores(study) == unbroken
    verified(study)
    _, paths, result = spread(lab, study)
    assert result is None and len(paths) == 2 and scores(study) == unbroken
    with pytest.raises(Problem) as caught:  # a machine alone does not write in a cluster's log
        asyncio.run(collect(study, lab.servers[0], mode="resume"))
    assert caught.value.issues[0].code == "run-resume"


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_an_interrupt_finishes_what_is_in_hand(lab: Lab, study: Study) -> None:
    words = command(study, "run", "trial", "--cluster", lab.address)
    child = subprocess.Popen(words, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    lab.servers[0].at, lab.servers[0].strike = 12, lambda: child.send_signal(signal.SIGINT)
    _, errors = child.communicate(timeout=120)
    assert child.returncode == 130, errors
    assert f"`llmxsite run trial --cluster {lab.address}` goes on" in errors
    asked = sum(len(server.prompts) for server in lab.servers)
    assert len(lines_of(study)) == asked - 2 < SAMPLES  # each machine was probed
    verified(study)
    _, _, result = spread(lab, study)
    assert result is not None and result.reason == "complete" and len(scores(study)) == SAMPLES


def test_a_worker_that_comes_back_is_the_same_machine(lab: Lab, study: Study) -> None:
    """Its nanny starts it again; the others are held until it is asked once more."""
    back = threading.Event()
    with Machine() as victim, worker(lab.scheduler, victim, "--nanny") as nanny:

        def strike() -> None:
            for server in lab.servers:
                server.hold = back
            os.kill(child_of(nanny), signal.SIGKILL)
            victim.at, victim.strike = len(victim.prompts) + 4, back.set

        victim.at, victim.strike = 5, strike
        seen = Notes()
        try:
            _, paths, result = spread(lab, study, observer=seen)
        finally:
            back.set()
    assert result is not None and result.reason == "complete" and len(paths) == 3
    assert len(scores(study)) == SAMPLES
    gone, here = seen.notes
    assert "has gone" in gone and "takes part from now on" in here and gone.split()[:2] == here.split()[:2]
    verified(study)


def test_a_machine_that_comes_late_takes_part(lab: Lab, study: Study) -> None:
    """The others are held until it is asked."""
    here = threading.Event()
    late: list[Process] = []
    with Machine() as newcomer:

        def strike() -> None:
            for server in lab.servers:
                server.hold = here
            late.append(worker(lab.scheduler, newcomer, "--no-nanny"))

        lab.servers[0].at, lab.servers[0].strike = 5, strike
        newcomer.at, newcomer.strike = 4, here.set
        try:
            _, paths, result = spread(lab, study)
        finally:
            here.set()
            with late[0]:
                pass
    assert result is not None and result.reason == "complete" and len(paths) == 3
    assert samples_of(paths[2]) and len(scores(study)) == SAMPLES
    verified(study)


def test_an_engine_that_goes_leaves_its_work_to_another(lab: Lab, study: Study) -> None:
    lab.servers[1].at, lab.servers[1].strike = 8, lab.servers[1].go
    assembled, _, result = spread(lab, study)
    assert result is not None and result.reason == "complete" and not result.errors
    assert [issue.severity for issue in result.issues] == ["warning"]
    assert "the server has gone" in result.issues[0].message
    assert sorted(machine.state for machine in assembled.fleet.machines) == ["done", "stopped"]
    assert len(scores(study)) == SAMPLES
    verified(study)


def test_without_any_machine_left_the_run_stops_and_goes_on_later(lab: Lab, study: Study) -> None:
    for server, process in zip(lab.servers, lab.workers, strict=True):
        server.at, server.strike = 8, process.kill
    _, _, result = spread(lab, study)
    assert result is not None and result.reason == "stopped"
    assert result.issues[-1].code == "cluster-stopped" and "goes on" in str(result.issues[-1].hint)
    assert 0 < len(lines_of(study)) < SAMPLES
    verified(study)
    lab.mend()
    _, paths, result = spread(lab, study)
    assert result is not None and result.reason == "complete" and len(paths) == 2
    assert len(scores(study)) == SAMPLES


def test_other_weights_are_never_pooled(lab: Lab, study: Study) -> None:
    lab.servers[1].digest = "0123456789abcdef" * 4
    with pytest.raises(Problem) as caught:
        spread(lab, study)
    (issue,) = caught.value.issues
    assert issue.code == "cluster-weights" and "'fake:1b' is not the same on all machines" in issue.message
    assert "0123456789ab on tcp://" in issue.message and not study.run_logs()
    assembled, paths, result = spread(lab, study, weights=("0123",))
    assert result is not None and result.reason == "complete" and len(paths) == 1
    (why,) = assembled.refused.values()
    assert why.startswith("its 'fake:1b' has other weights")
    assert {model.digest for model in read_header(paths[0]).models} == {lab.servers[1].digest}
    _, others, result = spread(lab, study, weights=("a258",))
    assert result is not None and result.made == SAMPLES and others != paths


def test_a_machine_takes_what_it_has_models_for(lab: Lab, study: Study) -> None:
    write_experiment(study.root, models=["fake:1b", "fake:2b"])
    small, large = lab.servers
    large.models = ("fake:1b", "fake:2b")
    assembled, paths, result = spread(lab, study)
    assert result is not None and result.reason == "complete" and len(scores(study)) == SAMPLES
    assert list(assembled.refused.values()) == ["it has no 'fake:2b'"]
    assert {tuple(m.name for m in read_header(path).models) for path in paths} == {("fake:1b",), ("fake:1b", "fake:2b")}
    assert all(b"fake:1b" in body for body in small.prompts) and any(b"fake:2b" in body for body in large.prompts)
    write_experiment(study.root, models=["fake:1b", "fake:3b"])
    with pytest.raises(Problem) as caught:
        spread(lab, study)
    assert caught.value.issues[0].message == "the cluster has no model 'fake:3b'; it has fake:1b, fake:2b"


def test_workers_of_one_engine_are_one_machine_and_its_password_is_kept(lab: Lab, study: Study) -> None:
    assembled, paths, result = spread(lab, study, host=lab.servers[0].url.replace("//", "//me:hush@"))
    assert result is not None and result.made == SAMPLES and len(paths) == 1
    (why,) = assembled.refused.values()
    assert "one worker an engine is enough" in why
    assert "hush" not in paths[0].read_text()


def test_concurrency_is_kept_on_each_machine(lab: Lab, study: Study) -> None:
    """Also where it is a factor: the conditions of a width are made before those of the next."""
    write_experiment(study.root, sweep={"concurrency": [1, 3]})
    _, _, result = spread(lab, study)
    assert result is not None and result.made == SAMPLES
    assert [server.most for server in lab.servers] == [3, 3]
    times = {width: [s.time for s in lines_of(study) if s.condition["concurrency"] == width] for width in (1, 3)}
    assert max(map(str, times[1])) <= min(map(str, times[3]))


def test_two_clients_cannot_go_on_with_one_run(lab: Lab, study: Study) -> None:
    spread(lab, study, limit=5)

    def second(fleet: Fleet) -> None:
        found = run(study, "run", "trial", "--cluster", lab.address, "--resume")
        assert found.returncode == 1 and "log-locked" in found.stderr, found.stderr

    _, _, result = spread(lab, study, started=second)
    assert result is not None and result.reason == "complete" and len(scores(study)) == SAMPLES


def test_a_worker_with_other_software_is_left_out(lab: Lab, study: Study, tmp_path: Path) -> None:
    old = tmp_path / "old" / "llmxsite"
    old.mkdir(parents=True)
    (old / "__init__.py").write_text("__version__ = '0.0.1'\n")
    extra = worker(lab.scheduler, lab.servers[0], "--no-nanny", folder=old.parent, PYTHONPATH=str(old.parent))
    with extra:
        assembled, _, result = spread(lab, study)
    assert result is not None and result.made == SAMPLES
    (why,) = assembled.refused.values()
    assert why.startswith("has llmxsite 0.0.1; here it is ")


def test_what_a_person_gets_wrong_is_said(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dask, "CONNECT_SECONDS", 0.5)

    async def connect(address: str) -> None:
        async with Cluster(address) as cluster:
            await cluster.wait()

    with socket.socket() as taken, Scheduler() as empty:
        taken.bind(("127.0.0.1", 0))
        nobody = f"tcp://127.0.0.1:{taken.getsockname()[1]}"
        wrong = {nobody: "cluster-connection", "ftp://x": "cluster-address", empty.address: "cluster-empty"}
        for address, code in wrong.items():
            with pytest.raises(Problem) as caught:
                asyncio.run(connect(address))
            assert [issue.code for issue in caught.value.issues] == [code] and caught.value.issues[0].hint
    failed = run(study, "run", "trial", "--cluster", "ftp://x")
    assert failed.returncode == 1 and "cluster-address" in failed.stderr and "Traceback" not in failed.stderr
    for words in (["--live", "--cluster", nobody], ["--weights", "12"]):
        assert CliRunner().invoke(app, ["--study", str(study.root), "run", "trial", *words]).exit_code == 2
    assert not study.run_logs()


def test_without_dask_the_extra_is_named(study: Study) -> None:
    program = "import sys; sys.modules['distributed'] = None; from llmxsite.cli import main; main()"
    words = ["--study", str(study.root), "run", "trial", "--cluster", "tcp://127.0.0.1:1"]
    failed = subprocess.run([sys.executable, "-c", program, *words], env=environment(), capture_output=True, text=True)
    assert failed.returncode == 1 and "cluster-extra" in failed.stderr and "llmxsite[cluster]" in failed.stderr
    assert "Traceback" not in failed.stderr
