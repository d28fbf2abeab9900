"""The parts of a run on many machines that need no network: the shared pool, and which log is whose."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import msgspec
import pytest
from cluster_support import lines_of, verified
from collect_support import AT_ONCE, Notes, make_study
from hypothesis import given, settings
from hypothesis import strategies as st
from servers.fake import Fake

from llmxsite.base.diagnostics import Issues
from llmxsite.collect.cluster.logs import Earlier, Logs, earlier
from llmxsite.collect.cluster.machine import shareable
from llmxsite.collect.cluster.pool import Pool
from llmxsite.collect.cluster.remote import Remote
from llmxsite.collect.cluster.station import Station, decode
from llmxsite.collect.conduct import Conduct
from llmxsite.collect.loop import Collector
from llmxsite.collect.rerun import of_log
from llmxsite.collect.session import Wish, prepare
from llmxsite.collect.subject import of_experiment
from llmxsite.collect.workload import Workload
from llmxsite.exchange.asking.plan import asking_of
from llmxsite.exchange.engine.protocol import EngineError, EngineInfo, ModelInfo, Request
from llmxsite.log.record import Host, Run
from llmxsite.log.runlog import Clock
from llmxsite.study.study import Study


def jobs(model: str, number: int) -> list[Any]:
    return [SimpleNamespace(key=f"{model}-{n}", condition={"model": model}, models=(model,)) for n in range(number)]


class Stock:
    """A workload of so many jobs a model."""

    def __init__(self, counts: dict[str, int]) -> None:
        self._jobs = {model: jobs(model, n) for model, n in counts.items()}

    def called(self, condition: dict[str, str]) -> tuple[str, ...]:
        return (condition["model"],)

    def jobs(self, done: Any, conditions: list[dict[str, str]]) -> Any:
        return (job for c in conditions for job in self._jobs[c["model"]] if job.key not in done)


@settings(max_examples=200, deadline=None)
@given(
    counts=st.dictionaries(st.sampled_from("abc"), st.integers(0, 12), min_size=1),
    machines=st.lists(st.tuples(st.sets(st.sampled_from("abc")), st.integers(1, 3), st.floats(0, 0.5)), max_size=4),
    seed=st.integers(0, 2**32),
)
def test_each_job_of_a_pool_is_made_once(
    counts: dict[str, int], machines: list[tuple[set[str], int, float]], seed: int
) -> None:
    """Whatever machines go in the middle of a job, and whichever models they have: all is made that a machine stays for."""
    chance = random.Random(seed)
    made: list[str] = []

    async def work(seat: Any, models: set[str], breaks: float, alive: list[bool]) -> None:
        while alive[0] and (job := await seat.take()) is not None:
            assert job.condition["model"] in models
            for _ in range(chance.randrange(4)):
                await asyncio.sleep(0)
            if not alive[0] or chance.random() < breaks:
                alive[0] = False
                seat.back(job)
            else:
                made.append(job.key)
                seat.made(job)

    async def go() -> set[str]:
        pool = Pool(cast(Workload, Stock(counts)), (), [{"model": model} for model in counts])
        stayed: set[str] = set()
        tasks, states = [], []
        for models, width, breaks in machines:
            alive = [True]
            states.append((models, alive))
            seat = pool.seat(set(models))
            tasks += [asyncio.create_task(work(seat, models, breaks, alive)) for _ in range(width)]
        await asyncio.wait_for(asyncio.gather(*tasks), 20)
        for models, alive in states:
            stayed |= models if alive[0] else set()
        return stayed

    stayed = asyncio.run(go())
    assert len(made) == len(set(made))
    wanted = {f"{model}-{n}" for model, number in counts.items() if model in stayed for n in range(number)}
    assert wanted <= set(made)


def test_a_closed_pool_hands_out_nothing_and_wakes_who_waits() -> None:
    async def go() -> None:
        pool = Pool(cast(Workload, Stock({"a": 1})), (), [{"model": "a"}])
        first, second = pool.seat({"a"}), pool.seat({"a"})
        job = await first.take()
        waiting = asyncio.create_task(second.take())
        await asyncio.sleep(0)
        assert not waiting.done()
        pool.close()
        assert await waiting is None
        assert job is not None
        first.back(job)
        assert await first.take() is None

    asyncio.run(go())


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("http://127.0.0.1:11434", "http://127.0.0.1:11434"),
        ("http://localhost:1234", "http://localhost:1234"),
        ("http://[::1]:11434", "http://[::1]:11434"),
        ("http://gpu7.lab.example:11434", None),
        ("http://10.0.0.7:11434", None),
        (None, None),
    ],
)
def test_only_an_address_that_names_no_machine_is_logged(address: str | None, shown: str | None) -> None:
    assert shareable(EngineInfo(name="ollama", address=address)).address == shown


def _says(study: Study, cpu: str, port: int, digest: str = "d" * 64) -> Run:
    """What the log of a machine says of it."""
    experiment, suites = prepare(study, "trial", Wish(), Issues())
    return msgspec.structs.replace(
        of_experiment(study, "trial", experiment, suites, ()).header,
        engine=EngineInfo(name="ollama", address=f"http://127.0.0.1:{port}"),
        models=[ModelInfo(name="fake:1b", digest=digest)],
        host=Host(cpu=cpu),
        planned=24,
    )


def test_a_machine_gets_its_log_back(tmp_path: Path) -> None:
    study = make_study(tmp_path)
    slow, fast, other = _says(study, "slow", 1), _says(study, "fast", 1), _says(study, "fast", 2)

    def logs(before: Earlier) -> Logs:
        return Logs(study.runs / "trial", before, Clock())

    with logs(Earlier({})) as first:
        assert first.number([slow, fast]) == [1, 2]
        for number, machine in ((1, slow), (2, fast)):
            first.writer(number, machine)
        first.seal("interrupted")
        assert [path.stem for path in first.paths] == [f"{first.run}-m1", f"{first.run}-m2"]
    before = earlier(study.run_logs(), slow)
    assert list(before.logs) == [1, 2] and not before.reasons
    with logs(before) as again:
        assert again.run == first.run
        # The very machine comes before one that is only alike; a third gets a log of its own.
        assert again.number([other, fast]) == [3, 2] and again.number([slow]) == [1]
    with logs(before) as changed:
        assert changed.number([other]) == [2]  # the same hardware with another server goes on; its log says so
    assert (
        earlier(study.run_logs(), _says(study, "slow", 1, "e" * 64))
        .reasons[0]
        .startswith("'fake:1b' has other weights")
    )


def test_a_log_of_nobody_is_sealed_and_left_as_it_is(tmp_path: Path) -> None:
    study = make_study(tmp_path)
    machine = _says(study, "slow", 1)
    with Logs(study.runs / "trial", Earlier({}), Clock()) as first:
        (number,) = first.number([machine])
        first.writer(number, machine)  # and the client is killed
    for _ in range(2):
        with Logs(study.runs / "trial", earlier(study.run_logs(), machine), Clock()) as again:
            again.seal("interrupted")
        verified(study)
    (path,) = study.run_logs()
    assert path.read_text().count('"type":"end"') == 1 and '"type":"resume"' not in path.read_text()


class Here:
    """A station in this process, which answers as Dask would: its worker goes after so many calls."""

    def __init__(self, station: Station, calls: int) -> None:
        self._station, self._calls = station, calls

    def __getattr__(self, name: str) -> Any:
        self._calls -= name == "chat"
        if self._calls < 0:
            raise RuntimeError("Worker holding Actor was lost.  Status: error")
        return getattr(self._station, name)


@pytest.mark.parametrize("seed", range(12))
def test_collectors_that_share_a_pool_lose_and_double_nothing(tmp_path: Path, seed: int) -> None:
    """Three machines with faults of every passing kind; two of them go in the middle, at random."""
    chance = random.Random(seed)
    study = make_study(tmp_path, repeats=2)
    clock = Clock()

    async def go() -> None:
        faults = ["reset", "500", "half-line", "503", None, None, None, None]
        async with Fake() as server:
            experiment, suites = prepare(study, "trial", Wish(), Issues())
            pool: Pool | None = None
            work, writers, stations = [], [], []
            for number in range(3):
                station = Station("ollama", server.url, 2)
                stations.append(station)
                remote = Remote(cast(Any, Here(station, chance.randrange(1, 9) if number else 10**6)))
                facts = await remote.open({"fake:1b": 4096})
                workload = Workload(asking_of("benchmark"), Conduct(), experiment, suites, facts.models)
                pool = pool or Pool(workload, (), workload.conditions)
                machine = _says(study, f"cpu {number}", number, str(facts.models["fake:1b"].digest))
                logs = Logs(study.runs / "trial", Earlier({}), clock)
                writer = logs.writer(number + 1, machine)
                writers.append((logs, writer))
                collector = Collector(remote, workload, writer, Notes(), now=clock, policy=AT_ONCE)
                remote.on_lost = collector.stop
                work.append(collector.empty(pool.seat({"fake:1b"}), 2))
            server._faults = iter(chance.choices(faults, k=20))
            await asyncio.gather(*work)
            for station in stations:
                await station._stack.aclose()
            for logs, _ in writers:
                with logs:
                    logs.seal("complete")

    asyncio.run(go())
    lines = lines_of(study)
    assert len(lines) == len({s.key for s in lines}) == 24 and {s.outcome for s in lines} == {"ok"}
    verified(study)
    # Repeating one machine's log is a run of its own.
    again, _ = of_log(study.run_logs()[0], tmp_path, None, None, Issues())
    assert again.header.cluster is None and again.header.rerun_of is not None


def test_what_is_no_record_is_an_error_not_an_object() -> None:
    with pytest.raises(EngineError) as caught:
        decode(b"\x80\x04\x95pickle", Request)
    assert caught.value.kind == "protocol" and not caught.value.retry
