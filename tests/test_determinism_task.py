"""The determinism task: what an experiment asks for by default, in which order its requests really come, and how they go on."""

from __future__ import annotations

import asyncio
import re
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from collect_support import Notes, Policy, collect, make_study, open_trial, samples_of, write_experiment
from servers.fake import Fake
from servers.wire import Call, Wire

from llmxsite.base.diagnostics import Issues, Problem
from llmxsite.collect.rerun import of_log
from llmxsite.collect.session import Wish, engines, open_session, open_subject, prepare
from llmxsite.exchange import engine
from llmxsite.log import runlog
from llmxsite.log.runlog import Clock
from llmxsite.study import experiment
from llmxsite.study.study import Study
from llmxsite.task.determinism.experiment import REGIMES

PASS = ["a", "b", "c"]


@dataclass
class Asked(Fake):
    """Keeps what it was asked in order: `a`, `b`, `c` for the items, `-` for an unloading; and how many at once."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.heard: list[str] = []
        self.bodies: list[dict[str, Any]] = []
        self.under_way = self.most = 0

    async def handle(self, call: Call, wire: Wire) -> None:
        body = call.json or {}
        if call.path.startswith("/api/generate") and body.get("keep_alive") == 0:
            self.heard.append("-")
        elif found := re.search(r"How many apples are (\d+) ", str(body.get("messages", ""))):
            self.heard.append("abcdefgh"[int(found[1])])
            self.bodies.append(body)
            self.cached = 9 if body.get("cache_prompt") else 0
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        try:
            await super().handle(call, wire)
        finally:
            self.under_way -= 1

    def begin_again(self) -> None:
        """Forget what was heard so far."""
        self.heard.clear()
        self.bodies.clear()
        self.most = 0


class Starting(Notes):
    """Forgets what the server was asked before the run itself began; stops it after a number of samples."""

    def __init__(self, server: Asked, stop_after: int | None = None) -> None:
        super().__init__()
        self.server, self.stop_after, self.collector = server, stop_after, None

    def begin(self, workload: Any, left: list[int]) -> None:
        self.server.begin_again()

    def sample(self, job: Any, sample: Any) -> None:
        super().sample(job, sample)
        if len(self.samples) == self.stop_after:
            self.collector.stop()


@pytest.fixture
def study(tmp_path: Path) -> Study:
    return make_study(tmp_path, items=3)


def design(study: Study, **keys: Any) -> None:
    write_experiment(study.root, **{"task": "determinism", "repeats": 3, "concurrency": 2} | keys)


async def ask(study: Study, server: Asked, stop_after: int | None = None, **wish: Any) -> Starting:
    """One session of the run."""
    seen = Starting(server, stop_after)
    async with AsyncExitStack() as stack:
        session = await open_trial(stack, study, server, **wish)
        policy = Policy(attempts=2, first_wait=0.0)
        await session.collect(seen, policy=policy, started=lambda c: setattr(seen, "collector", c))
    return seen


def heard(study: Study, server: Asked, *sessions: int | None) -> list[list[str]]:
    """What the server hears in each of several sessions, each stopped after so many samples."""

    async def go() -> list[list[str]]:
        found = []
        async with server:
            for stop_after in sessions:
                await ask(study, server, stop_after)
                found.append(list(server.heard))
        return found

    return asyncio.run(go())


# What an experiment asks for.


def load(study: Study, **keys: Any) -> tuple[Any, list[str]]:
    write_experiment(study.root, **{"task": "determinism"} | keys)
    issues = Issues()
    found = experiment.load(study, "trial", issues)
    return found, [f"{i.code} {i.message}" for i in issues]


def test_what_is_not_said_is_all_regimes_ten_times_four_at_once(study: Study) -> None:
    found, said = load(study)
    assert not said and found.sweep == {"regime": list(REGIMES)} and (found.repeats, found.concurrency) == (10, 4)
    found, _ = load(study, sweep={"regime": ["warm", "cold"]}, repeats=2, concurrency=8)
    assert found.sweep == {"regime": ["warm", "cold"]} and (found.repeats, found.concurrency) == (2, 8)
    found, _ = load(study, conditions=[{"regime": "cold"}, {"regime": "concurrent", "concurrency": 16}])
    assert found.sweep == {} and [c.get("concurrency") for c in experiment.expand(found)] == [None, 16]


def test_a_benchmark_keeps_its_defaults(study: Study) -> None:
    found, _ = load(study, task="benchmark")
    assert found.sweep == {} and (found.repeats, found.concurrency) == (1, 1)


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"sweep": {"regime": ["cold", "hot"]}}, "'regime' must be one of cold, warm, interleaved"),
        ({"task": "benchmark", "sweep": {"regime": ["cold"]}}, "'regime' is a factor of the task determinism only"),
        ({"repeats": 1}, "one repeat cannot be compared with another"),
        (
            {"sweep": {"regime": ["warm", "concurrent"], "concurrency": [2, 4]}},
            "only the regime 'concurrent' asks several",
        ),
        ({"conditions": [{"regime": "cold"}, {"temperature": 1}]}, "a condition names no regime, and others do"),
        ({"prompt": "self-consistency(5)", "options": {"temperature": 1}}, "a vote is several requests"),
    ],
)
def test_what_makes_no_sense_is_named(study: Study, keys: dict[str, Any], words: str) -> None:
    found, said = load(study, **keys)
    assert found is None and any(words in line for line in said), said


def test_interleaved_needs_a_second_item(study: Study) -> None:
    design(study, limit=1, sweep={"regime": ["interleaved"]})
    with pytest.raises(Problem, match="needs a second item"):
        heard(study, Asked(), None)


def test_how_many_at_once_is_part_of_what_is_measured(study: Study) -> None:
    four, eight = (load(study, concurrency=n)[0] for n in (4, 8))
    assert experiment.fingerprint(four) != experiment.fingerprint(eight)
    four, eight = (load(study, task="benchmark", concurrency=n)[0] for n in (4, 8))
    assert experiment.fingerprint(four) == experiment.fingerprint(eight)


# The order of the requests.

ORDERS = {
    "cold": ["-", "a", "-", "a", "-", "a", "-", "b", "-", "b", "-", "b", "-", "c", "-", "c", "-", "c"],
    "warm": ["a", *"aaa", "b", *"bbb", "c", *"ccc"],
    "interleaved": ["c", *PASS, *PASS, *PASS],
    "concurrent": [*"aa", *"aaa", *"bb", *"bbb", *"cc", *"ccc"],
    "reload": ["-", *PASS, "-", *PASS, "-", *PASS],
}
"""What Ollama is asked: it cannot forbid its cache, so that a cold request needs the model unloaded."""


@pytest.mark.parametrize("regime", REGIMES)
def test_requests_come_as_the_regime_says(study: Study, regime: str) -> None:
    design(study, sweep={"regime": [regime]}, options={"num_ctx": 4096, "temperature": 0.7, "seed": 5})
    server = Asked(latency=0.005)
    assert heard(study, server, None) == [ORDERS[regime]]
    assert server.most == (2 if regime == "concurrent" else 1)
    assert {body["options"]["seed"] for body in server.bodies} == {5}, "nothing that is sent differs between repeats"
    (path,) = study.run_logs("trial")
    lines = samples_of(path)
    assert len(lines) == 9 and [line.repeat for line in lines if line.item == "sum-00"].count(2) == 1
    done = [line.before for line in lines]
    match regime:
        case "cold":
            assert done == [["unloaded"]] * 9
        case "warm":
            assert done == [["warmed-up"], None, None] * 3
        case "interleaved":
            assert done == [["other-item"], *[None] * 8]
        case "reload":
            assert done == [["unloaded"], None, None] * 3
        case _:
            assert sorted(map(str, done)) == sorted(map(str, [["warmed-up"], None, None] * 3))
    issues = Issues()
    assert runlog.verify(path, issues).rescored == 9 and not list(issues)


@pytest.mark.parametrize(
    ("regime", "stop_after", "rest"),
    [
        ("cold", 4, ["-", "b", "-", "b", "-", "c", "-", "c", "-", "c"]),
        ("warm", 4, ["b", *"bb", "c", *"ccc"]),
        ("warm", 3, ["b", *"bbb", "c", *"ccc"]),
        ("interleaved", 4, ["a", "b", "c", *PASS]),
        ("interleaved", 3, ["c", *PASS, *PASS]),
        ("reload", 4, ["-", "b", "c", "-", *PASS]),
    ],
)
def test_a_run_taken_up_again_keeps_the_meaning(study: Study, regime: str, stop_after: int, rest: list[str]) -> None:
    design(study, sweep={"regime": [regime]})
    assert heard(study, Asked(), stop_after, None)[1] == rest
    (path,) = study.run_logs("trial")
    assert len(samples_of(path)) == 9


def test_a_sample_that_is_asked_again_is_not_asked_after_itself(study: Study) -> None:
    """One request of the second pass fails for good; the next session asks it alone, after another item's."""

    async def go() -> None:
        design(study, sweep={"regime": ["interleaved"]})
        # The filler, the first pass, `a`; then `b` fails, its filler comes again, and `b` fails once more.
        async with Asked() as server:
            faults = [None] * 5 + ["500", None, "500"]
            seen = Starting(server)
            path, result, _ = await collect(study, faulty(server, faults), Policy(attempts=2, first_wait=0.0), seen)
            assert result is not None and result.errors == 1
            assert server.heard == ["c", *PASS, "a", "b", "a", "b", "b", "c", *PASS]
            await ask(study, server)
            assert server.heard == ["a", "b"]
            assert len({line.key for line in samples_of(path)}) == 9

    asyncio.run(go())


def faulty(server: Asked, faults: list[str | None]) -> Asked:
    server.faults = faults
    return server


def test_after_a_failed_attempt_the_prompt_is_warmed_up_again(study: Study) -> None:
    async def go() -> None:
        design(study, sweep={"regime": ["warm"]}, limit=1)
        async with Asked() as server:
            seen = Starting(server)
            await collect(study, faulty(server, [None, None, "reset-mid"]), Policy(first_wait=0.0), seen)
            assert len(server.heard) == 6, "warmed up, asked, failed, warmed up, asked, asked"
            assert [s.before for s in seen.samples] == [["warmed-up"], ["warmed-up"], None]

    asyncio.run(go())


def test_a_rerun_keeps_the_regimes(study: Study, tmp_path: Path) -> None:
    """As the log alone says them: it needs neither suite nor experiment."""

    async def go() -> None:
        design(study)
        async with Asked() as server:
            await ask(study, server)
            first = list(server.heard)
            assert first == [letter for regime in REGIMES for letter in ORDERS[regime]]
            (path,) = study.run_logs("trial")
            subject, _ = of_log(path, tmp_path / "again", None, None, Issues())
            wish = Wish(host=server.url, probe=False)
            async with AsyncExitStack() as stack:
                session = await open_subject(
                    stack, subject, wish, name="ollama", root=tmp_path, clock=Clock(), say=lambda _: None
                )
                again, _ = await session.collect(Starting(server))
            assert server.heard == first
            done = [
                [(s.item, s.repeat, s.before) for s in samples_of(p) if s.condition["regime"] != "concurrent"]
                for p in (path, again)
            ]
            assert done[0] == done[1]

    asyncio.run(go())


# What a server cannot do.


async def through(study: Study, server: Asked, name: str) -> tuple[Any, Starting]:
    """A whole run through an engine, with the session it was."""
    wish = Wish(engine=name, host=server.url, probe=False)
    found, suites = prepare(study, "trial", wish, Issues())
    ((_, conditions),) = engines(found, wish)
    seen = Starting(server)
    async with AsyncExitStack() as stack:
        session = await open_session(
            stack, study, "trial", found, suites, conditions, wish, name=name, clock=Clock(), say=lambda _: None
        )
        await session.collect(seen)
    return session, seen


def test_a_server_that_cannot_unload_goes_without_reload_and_says_so(study: Study) -> None:
    async def go() -> None:
        design(study)
        async with Asked() as server:
            session, seen = await through(study, server, "openai")
            met = list(dict.fromkeys(str(s.condition["regime"]) for s in seen.samples))
            assert met == ["cold", "warm", "interleaved", "concurrent"] and session.workload.planned == 4 * 9
            assert "no regime reload: a model cannot be unloaded" in session.header.engine.lacks
            assert any("answered at once is not told" in lack for lack in session.header.engine.lacks)
            flags = [body["cache_prompt"] for body in server.bodies]
            assert flags[:9] == [False] * 9 and set(flags[9:]) == {True}
            cold = [s for s in seen.samples if s.condition["regime"] == "cold"]
            assert all(s.before is None and s.request.cache_prompt is False for s in cold)

    asyncio.run(go())


def test_a_cache_that_cannot_be_turned_off_is_not_called_cold(study: Study) -> None:
    @dataclass
    class Stubborn(Asked):
        @property
        def cached(self) -> int:
            return 9

        @cached.setter
        def cached(self, _: int) -> None:
            """It caches whatever it is told."""

    async def go() -> None:
        design(study, sweep={"regime": ["cold", "warm"]})
        async with Stubborn() as server:
            session, _ = await through(study, server, "openai")
            assert [c["regime"] for c in session.workload.conditions] == ["warm"]
            words = "no regime cold: neither can the prompt cache be seen to be off, nor a model be unloaded"
            assert words in session.header.engine.lacks
        design(study, sweep={"regime": ["cold", "reload"]})
        async with Stubborn() as server:
            with pytest.raises(Problem, match="can keep none of the regimes"):
                await through(study, server, "openai")

    asyncio.run(go())


@pytest.mark.embedded
def test_the_embedded_engine_is_cold_warm_and_loaded_anew(tmp_path: Path) -> None:
    """As the tokens taken from the cache and the loading times show."""
    from llmxsite.exchange.engine import weights

    if weights.find("smollm2:135m") is None:
        pytest.skip("smollm2:135m is not pulled")
    study = make_study(tmp_path, items=2)
    write_experiment(
        tmp_path,
        task="determinism",
        models=["smollm2:135m"],
        sweep={"regime": ["cold", "warm", "reload"]},
        repeats=2,
        options={"num_ctx": 512, "num_predict": 1},
    )

    async def go() -> Path:
        wish = Wish(engine="embedded", probe=False)
        found, suites = prepare(study, "trial", wish, Issues())
        ((name, conditions),) = engines(found, wish)
        async with AsyncExitStack() as stack:
            session = await open_session(
                stack, study, "trial", found, suites, conditions, wish, name=name, clock=Clock(), say=lambda _: None
            )
            assert isinstance(session.engine, type(engine.connect("embedded"))) and not session.stage.unload_for_cold  # type: ignore[union-attr]
            path, result = await session.collect(Notes())
            assert result is not None and result.made == 12 and result.errors == 0
            return path

    by_regime: dict[str, list[Any]] = {}
    for line in samples_of(asyncio.run(go())):
        by_regime.setdefault(str(line.condition["regime"]), []).append(line)
    assert all(line.usage.cached_tokens == 0 for line in by_regime["cold"])
    assert all((line.usage.cached_tokens or 0) > 0.9 * (line.usage.prompt_tokens or 0) for line in by_regime["warm"])
    assert [bool(line.timing.load_ms) for line in by_regime["reload"]] == [True, False, True, False]
