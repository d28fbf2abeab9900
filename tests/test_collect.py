"""The collector against a server that has every fault: what is recorded, what is tried again, when it stops."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml
from collect_support import (
    AT_ONCE,
    Notes,
    Watched,
    collect,
    command,
    environment,
    make_study,
    open_trial,
    run,
    samples_of,
    the_log,
    write_experiment,
)
from servers.fake import Fake

from llmxsite.base.diagnostics import Issues, Problem
from llmxsite.collect.policy import Policy
from llmxsite.collect.probe import Probe
from llmxsite.collect.tally import Tally, duration
from llmxsite.collect.workload import Workload
from llmxsite.exchange.asking.wording import WORDINGS
from llmxsite.exchange.engine.protocol import EngineError
from llmxsite.log import runlog
from llmxsite.study.study import Study


@pytest.fixture
def study(tmp_path: Path) -> Study:
    return make_study(tmp_path)


def collected(study: Study, server: Fake, **options: Any) -> tuple[Path, Any, Notes]:
    async def go() -> tuple[Path, Any, Notes]:
        async with server:
            return await collect(study, server, **options)

    return asyncio.run(go())


def test_a_run_has_every_sample_and_verifies(study: Study) -> None:
    write_experiment(study.root, sweep={"temperature": [0, 0.7]}, repeats=2, hypothesis="It  falls.\n")
    path, result, seen = collected(study, Fake())
    assert result.reason == "complete" and result.made == 48 and not result.errors
    issues = Issues()
    log = runlog.read(path, issues)
    assert log.run.planned == 48 and log.run.report == "trial" and log.run.hypothesis is not None
    assert [m.name for m in log.run.models] == ["fake:1b"] and log.run.models[0].context_in_force == 4096
    assert log.counts == {"ok": 48} and log.end is not None and log.end.reason == "complete"
    assert [s.key for s in seen.samples] == [s.key for s in log.samples]
    found = runlog.verify(path, issues)
    assert found.sealed and found.rescored == 48 and not list(issues)
    first = log.samples[0]
    assert first.condition == {
        "model": "fake:1b",
        "prompt": "letter",
        "temperature": 0.0,
        "num_ctx": 4096,
        "think": False,
    }
    assert first.request.options["num_predict"] == 64 and first.request.messages[0].content.startswith("How many")
    assert first.reply is not None and first.reply.alternatives is not None and len(first.reply.alternatives) == 20
    assert first.reply.tokens is not None and first.reply.tokens[0].top is None
    warm = [s.request.options["seed"] for s in log.samples if s.condition["temperature"] == 0.7]
    assert set(warm[:12]) == {42} and set(warm[12:]) == {43}


@pytest.mark.parametrize("keep", ["all", "none"])
def test_how_much_of_the_logprobs_is_kept(study: Study, keep: str) -> None:
    write_experiment(study.root, logprobs=keep)
    path, _, _ = collected(study, Fake())
    reply = samples_of(path)[0].reply
    assert reply is not None
    if keep == "none":
        assert reply.tokens is None and "confidence" not in samples_of(path)[0].scores
    else:
        assert reply.tokens is not None and len(reply.tokens[0].top or ()) == 20
    assert runlog.verify(path, Issues()).rescored == 12


@pytest.mark.parametrize("name", ["few-shot-notes.txt", "completion.txt", "letter.txt", "notes/few-shot.txt"])
def test_a_template_is_read_as_one_whatever_its_name_begins_with(study: Study, name: str) -> None:
    """Its replies may reason before they answer; scored again from the log, they may as well."""
    template = study.root / "content" / "reports" / "trial" / name
    template.parent.mkdir(exist_ok=True)
    template.write_text("{question}\n{choices}\nThink, then give one of {letters}.\n")
    write_experiment(study.root, prompt=name)
    # Of a reply as long as this, the end counts where it may reason first, and the beginning where it may not.
    reply = ["The answer is A, at first sight.", " Count on, one by one." * 400, " So the answer is", " B"]
    path, result, _ = collected(study, Fake(reply=lambda _: (reply, "stop")))
    assert result.made == 12 and {line.scores["answer"] for line in samples_of(path)} == {"B"}
    issues = Issues()
    assert runlog.verify(path, issues).rescored == 12 and not list(issues)


def test_a_finished_run_is_not_run_again(study: Study) -> None:
    async def go() -> None:
        async with Fake() as server:
            path, _, _ = await collect(study, server)
            data = path.read_bytes()
            again, result, seen = await collect(study, server)
            assert (again, result, seen.samples) == (path, None, []) and path.read_bytes() == data
            other, result, _ = await collect(study, server, mode="new")
            assert other != path and result is not None and result.made == 12

    asyncio.run(go())


def test_a_larger_limit_goes_on_in_the_same_log(study: Study) -> None:
    async def go() -> None:
        async with Fake() as server:
            path, result, _ = await collect(study, server, limit=5)
            assert result is not None and result.made == 5
            again, result, _ = await collect(study, server)
            assert again == path and result is not None and result.made == 7
            log = runlog.read(path, Issues())
            assert log.counts == {"ok": 12} and log.resumes[0].planned == 12
            issues = Issues()
            assert runlog.verify(path, issues).sealed and not list(issues)

    asyncio.run(go())


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("experiment", "the experiment changed (options)"),
        ("suite", "the suite 'sums' changed"),
        ("contributor", "it is another contributor's"),
    ],
)
def test_a_new_log_begins_where_samples_would_differ(study: Study, change: str, words: str) -> None:
    async def go() -> None:
        async with Fake() as server:
            path, _, _ = await collect(study, server)
            wish: dict[str, Any] = {}
            if change == "experiment":
                write_experiment(study.root, options={"num_ctx": 4096, "top_k": 5})
            elif change == "suite":
                file = study.suites / "sums.yaml"
                data = yaml.safe_load(file.read_text())
                data["items"][0]["question"] = "Another one?"
                file.write_text(yaml.safe_dump(data))
            else:
                wish["contributor"] = "Ada"
            async with AsyncExitStack() as stack:
                session = await open_trial(stack, study, server, **wish)
                assert session.choice.path is None and session.choice.reasons == (words,)
            with pytest.raises(Problem) as caught:
                await collect(study, server, mode="resume", **wish)
            assert words in caught.value.issues[0].message
            other, result, _ = await collect(study, server, **wish)
            assert other != path and result is not None and result.made == 12

    asyncio.run(go())


@pytest.mark.parametrize(
    "fault",
    [
        "reset",
        "reset-mid",
        "close-mid",
        "half-line",
        "no-end",
        "500",
        "503",
        "503-wait",
        "429",
        "error-line",
        "not-json",
    ],
)
def test_passing_faults_are_tried_again(study: Study, fault: str) -> None:
    """Each fault twice, at the second sample: nothing of it is left in the log.

    A request is sent once more at once where a connection that was kept open turns out to be closed.
    """
    path, result, seen = collected(study, Fake(faults=[None, fault, fault, None]))
    assert result.reason == "complete" and result.errors == 0 and 1 <= len(seen.waits) <= 2
    lines = samples_of(path)
    assert len(lines) == 12 and {s.outcome for s in lines} == {"ok"}
    assert all(s.reply is not None and len(s.reply.tokens or ()) == 1 for s in lines)


@pytest.mark.parametrize("fault", ["500", "503", "no-such-path", "wrong-type", "502-html"])
def test_lasting_faults_become_errors_and_are_asked_again(study: Study, fault: str) -> None:
    async def go() -> None:
        async with Fake(faults=[None, *[fault] * 3]) as server:
            policy = Policy(attempts=3, first_wait=0.0)
            path, result, _ = await collect(study, server, policy=policy)
            assert result is not None and result.errors >= 1
            wrong = [s for s in samples_of(path) if s.outcome == "error"]
            assert len(wrong) == result.errors and all(s.error and s.reply is None and not s.scores for s in wrong)
            again, result, _ = await collect(study, server, policy=policy)
            assert again == path and result is not None and result.made == len(wrong) and result.errors == 0
            log = runlog.read(path, Issues())
            assert log.counts == {"ok": 12} and len(log.samples) == 12
            assert runlog.verify(path, Issues()).sealed

    asyncio.run(go())


@pytest.mark.parametrize(
    "fault", ["nan", "minus-infinity", "duplicates", "missing-tokens", "no-logprobs", "bad-utf8", "drip"]
)
def test_odd_replies_are_scored(study: Study, fault: str) -> None:
    path, result, _ = collected(study, Fake(faults=[fault] * 12))
    assert result.errors == 0
    lines = samples_of(path)
    assert len(lines) == 12
    if fault in ("missing-tokens", "no-logprobs"):
        assert all("confidence" not in s.scores for s in lines)
    if fault != "bad-utf8":
        assert {s.outcome for s in lines} == {"ok"}
    issues = Issues()
    assert runlog.verify(path, issues).rescored == 12 and not list(issues)


def test_the_models_own_fault_is_scored_not_tried_again(study: Study) -> None:
    path, result, seen = collected(study, Fake(faults=["tool-500", "tool-line"]))
    assert result.errors == 0 and not seen.waits
    assert [s.outcome for s in samples_of(path)][:3] == ["failure", "failure", "ok"]
    assert runlog.verify(path, Issues()).rescored == 12


def test_a_cut_context_is_truncated(study: Study) -> None:
    path, _, _ = collected(study, Fake(faults=["cut"], refuses_overflow=False))
    lacks = runlog.read(path, Issues()).run.engine.lacks
    assert "prompts that do not fit are cut silently: server 0.20.7" in lacks, "found before the first sample"
    first, second = samples_of(path)[:2]
    assert first.outcome == "truncated" and first.reply is not None and "context-truncated" in first.reply.warnings
    assert second.outcome == "ok"


def test_a_prompt_that_does_not_fit_is_truncated_and_not_asked_again(study: Study, tmp_path: Path) -> None:
    """Logs of before the kind `context` say `invalid-request`: they are read, and gone on with, in the same way."""

    def refusal(path: str, body: dict[str, Any]) -> str | None:
        return "the input length exceeds the context length" if " 3 apples and" in str(body.get("messages")) else None

    path, result, seen = collected(study, Fake(refusal=refusal))
    assert result.errors == 0 and not seen.waits
    (line,) = [line for line in samples_of(path) if line.outcome != "ok"]
    assert line.outcome == "truncated" and line.reply is None and line.scores["correct"] is False
    assert line.error is not None and (line.error.kind, line.error.attempts) == ("context", 1)
    issues = Issues()
    assert runlog.verify(path, issues).rescored == 12 and not list(issues)
    _, again, _ = collected(study, Fake())
    assert again is None
    older = msgspec.structs.replace(line, error=msgspec.structs.replace(line.error, kind="invalid-request"))
    run = runlog.read(path, issues).run
    runlog.write(tmp_path / "older.jsonl", run, [older if s is line else s for s in samples_of(path)])
    assert runlog.verify(tmp_path / "older.jsonl", issues).rescored == 12 and not list(issues)
    assert runlog.read(tmp_path / "older.jsonl", issues).counts == {"ok": 11, "truncated": 1}


def test_a_small_budget_is_truncated_and_scored(study: Study) -> None:
    write_experiment(study.root, options={"num_predict": 1, "num_ctx": 4096})
    path, _, _ = collected(study, Fake(reply=lambda body: (["B", ") so", " it is"], "stop")))
    assert {(s.outcome, s.scores["answer"]) for s in samples_of(path)} == {("truncated", "B")}


def test_a_log_in_other_words_is_not_gone_on_with(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    """A version of llmxsite that asks in other words would mix two prompts in one log."""

    async def go() -> None:
        async with Fake() as server:
            path, _, _ = await collect(study, server, limit=3)
            words = WORDINGS["en"]._replace(letter="Say the letter.")
            monkeypatch.setitem(WORDINGS, "en", words)
            other, result, _ = await collect(study, server)
            assert other != path and result is not None and result.made == 12

    asyncio.run(go())


def test_a_server_that_goes_stops_the_run(study: Study) -> None:
    async def go() -> None:
        server = Fake()
        async with server:
            async with AsyncExitStack() as stack:
                session = await open_trial(stack, study, server)

                class Leaving(Notes):
                    def sample(self, job: Any, sample: Any) -> None:
                        super().sample(job, sample)
                        if len(self.samples) == 4:
                            self.leaving = asyncio.ensure_future(server.hang_up())

                seen = Leaving()
                path, result = await session.collect(seen, policy=Policy(attempts=3, first_wait=0.0))
            assert result is not None and result.reason == "stopped"
            assert "the server has gone" in result.issues[0].message
            assert "goes on where it stopped" in str(result.issues[0].hint)
            assert len(samples_of(path)) < 12
            await server.listen()
            again, result, _ = await collect(study, server)
            assert again == path and result is not None and result.reason == "complete"
            assert runlog.read(path, Issues()).counts == {"ok": 12}

    asyncio.run(go())


def test_a_server_that_only_fails_stops_the_run(study: Study) -> None:
    path, result, _ = collected(
        study, Fake(faults=["500"] * 500), policy=Policy(attempts=2, first_wait=0.0, errors_in_a_row=3)
    )
    assert result.reason == "stopped" and result.errors == 3
    assert "3 samples in a row" in result.issues[0].message
    end = runlog.read(path, Issues()).end
    assert end is not None and end.reason == "stopped" and end.counts == {"error": 3}


@pytest.mark.parametrize("fault", ["gone", "memory"])
def test_a_model_that_goes_leaves_the_others_their_turn(study: Study, fault: str) -> None:
    write_experiment(study.root, models=["fake:1b", "fake:2b"])
    path, result, _ = collected(study, Fake(models=("fake:1b", "fake:2b"), faults=[None, None, fault]))
    assert result.reason == "stopped" and result.issues[0].code == "run-model"
    lines = samples_of(path)
    assert [(s.condition["model"], s.outcome) for s in lines] == [
        *[("fake:1b", "ok")] * 2,
        ("fake:1b", "error"),
        *[("fake:2b", "ok")] * 12,
    ]


def test_missing_models_are_all_named(study: Study) -> None:
    write_experiment(study.root, models=["fake:1b", "fkae:1b", "other"])
    with pytest.raises(Problem) as caught:
        collected(study, Fake())
    first = caught.value.issues[0]
    assert (first.message, first.hint) == (
        "the server has no model 'fkae:1b'; it has fake:1b",
        "did you mean 'fake:1b'?",
    )
    assert "other" in caught.value.issues[1].message and "pull" in str(caught.value.issues[1].hint)
    assert not study.run_logs()


def test_a_vote_is_one_sample_of_several_requests(study: Study) -> None:
    write_experiment(study.root, prompt="self-consistency(3)", options={"temperature": 0.7, "num_ctx": 4096})
    path, result, _ = collected(study, Fake())
    assert result.made == 12
    first = samples_of(path)[0]
    assert first.request.draws == [{"seed": 43}, {"seed": 44}]
    assert [r.options.seed for r in first.request.calls("fake:1b")] == [42, 43, 44]
    assert first.draws is not None and len(first.draws) == 3 and first.scores["draws"] == 3
    assert first.usage.completion_tokens == 3 and first.timing.eval_ms == pytest.approx(15)
    assert runlog.verify(path, Issues()).rescored == 12


@pytest.mark.parametrize("width", [1, 7])
def test_requests_under_way_are_bounded(study: Study, width: int) -> None:
    most = 0

    class Counting(Fake):
        async def _generate(self, path: str, body: Any, wire: Any) -> None:
            nonlocal most, here
            here += 1
            most = max(most, here)
            for _ in range(20):
                await asyncio.sleep(0)
            await super()._generate(path, body, wire)
            here -= 1

    here = 0
    write_experiment(study.root, concurrency=width, repeats=2)
    _, result, _ = collected(study, Counting())
    assert result.made == 24 and most <= width
    assert width == 1 or most > 1


def test_concurrency_can_be_a_factor(study: Study) -> None:
    write_experiment(study.root, sweep={"concurrency": [1, 3]}, concurrency=1)
    issues = Issues()
    from llmxsite.study.experiment import load

    assert load(study, "trial", issues) is None and [i.code for i in issues] == ["experiment-conflict"]
    write_experiment(study.root, sweep={"concurrency": [1, 3]})
    path, result, _ = collected(study, Fake(), concurrency=5)
    assert result.made == 24
    assert [s.condition["concurrency"] for s in samples_of(path)] == [1] * 12 + [3] * 12


def test_waits_grow_and_honour_the_server() -> None:
    policy = Policy(first_wait=1.0, longest_wait=10.0, longest_retry_after=60.0)
    waits = [policy.wait(n, EngineError("server", "x", retry=True), lambda: 0.5) for n in range(1, 7)]
    assert waits == [1, 2, 4, 8, 10, 10]
    asked = EngineError("overloaded", "x", retry=True, retry_after=25.0)
    assert policy.wait(1, asked, lambda: 0.0) == 25.0
    asked.retry_after = 7200.0
    assert policy.wait(1, asked, lambda: 0.0) == 60.0


def test_stopping_ends_a_wait_at_once(study: Study) -> None:
    """A run that waits for its next attempt is stopped without waiting for it: the sample is asked by the next run."""

    async def go() -> None:
        async with Fake() as server:
            async with AsyncExitStack() as stack:
                session = await open_trial(stack, study, server)
                server._faults = iter([None, "503-wait"])
                held: list[Any] = []

                class Stopping(Notes):
                    def retry(self, job: Any, error: EngineError, attempt: int, wait: float) -> None:
                        super().retry(job, error, attempt, wait)
                        held[0].stop()

                seen = Stopping()
                path, result = await session.collect(
                    seen, policy=Policy(first_wait=500.0, longest_wait=500.0), started=held.append
                )
            assert result is not None and result.reason == "interrupted" and seen.waits[0] >= 250
            assert len(samples_of(path)) == 1
            _, result, _ = await collect(study, server)
            assert result is not None and result.made == 11

    asyncio.run(go())


def test_jobs_are_made_one_at_a_time_and_in_order(study: Study) -> None:
    async def go() -> Workload:
        async with Fake() as server, AsyncExitStack() as stack:
            return (await open_trial(stack, study, server)).workload

    write_experiment(study.root, sweep={"temperature": [0, 0.7]}, repeats=2)
    workload = asyncio.run(go())
    jobs = list(workload.jobs())
    assert len(jobs) == workload.planned == 48 and len({job.key for job in jobs}) == 48
    order = [(job.condition["temperature"], job.repeat, job.item.id) for job in jobs]
    assert order == sorted(order)
    done = {job.key for job in jobs[::2]}
    assert [job.key for job in workload.jobs(done)] == [job.key for job in jobs[1::2]]
    assert workload.left(done) == [12, 12] and workload.left(()) == [24, 24]
    assert workload.categories() == ["small", "large"]


def test_a_tally_counts_what_is_seen(study: Study) -> None:
    write_experiment(study.root, sweep={"temperature": [0, 0.7]})
    _, _, seen = collected(study, Fake(faults=["tool-500"]))
    conditions = [seen.samples[0].condition, seen.samples[-1].condition]
    tally = Tally(conditions, [12, 12], [12, 12])
    tally.begin(0.0)
    for number, sample in enumerate(seen.samples):
        tally.add(conditions[number // 12], sample, float(number))
    right = sum(bool(s.scores["correct"]) for s in seen.samples)
    assert tally.total.right == right and tally.total.unparsed == 1 and tally.total.answered == 24
    assert [row.label for row in tally.rows] == ["temperature 0.0", "temperature 0.7"]
    assert tally.done == tally.planned == 24 and tally.seconds_left(23.0) == 0
    assert tally.marks[0] == "?" and set(tally.categories) == {"small", "large"}


def test_time_left_is_taken_from_the_latest_samples(study: Study) -> None:
    write_experiment(study.root, sweep={"temperature": [0, 0.7]})
    _, _, seen = collected(study, Fake())
    condition = seen.samples[0].condition
    tally = Tally([condition], [400], [400])
    tally.begin(0.0)
    clock = 0.0
    for seconds in [0.5] * 200 + [4.0] * 25:  # another program has begun to use the machine
        clock += seconds
        tally.add(condition, seen.samples[0], clock)
    assert tally.rate(clock) == pytest.approx(1 / 4.0)
    assert tally.seconds_left(clock) == pytest.approx(175 * 4.0)
    assert tally.rate(clock + 60) == pytest.approx(20 / (80 + 60)), "what hangs makes it slower, second by second"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.2, "0 s"), (59, "59 s"), (125, "2 min 5 s"), (660, "11 min"), (12000, "3 h 20 min"), (400000, "4 days")],
)
def test_durations(seconds: float, words: str) -> None:
    assert duration(seconds) == words


def test_the_command_line(study: Study) -> None:
    with Watched() as server:
        planned = run(study, "plan", "trial", server=server)
        assert planned.returncode == 0, planned.stderr
        assert "1 condition × 12 items = 12 samples" in planned.stdout
        assert "12 items can show a difference of 54 points" in planned.stdout
        offline = run(study, "plan", "trial", "--offline")
        assert offline.returncode == 0 and "12 samples" in offline.stdout
        done = run(study, "run", "trial", "--limit", "8", server=server)
        assert done.returncode == 0 and "8 of 8 samples; accuracy" in done.stderr
        assert f"Done: runs/trial/{the_log(study).name}" in done.stdout
        assert "Next: llmxsite results --report trial --by " in done.stdout and "llmxsite serve" in done.stdout
        again = run(study, "run", "trial", server=server)
        assert again.returncode == 0 and "8 done, 4 to go" in again.stdout
        finished = run(study, "run", "trial", server=server)
        assert finished.returncode == 0 and "Everything is done" in finished.stdout
        live = run(study, "run", "trial", "--live", "--new", "--limit", "2", server=server)
        assert live.returncode == 0 and "How many apples" in live.stdout and "expected" in live.stdout
        checked = run(study, "verify", "trial")
        assert checked.returncode == 0 and "12 scored alike again" in checked.stdout
        as_json = run(study, "verify", "--format", "json")
        assert as_json.returncode == 0 and '"sealed": true' in as_json.stdout
    gone = run(study, "run", "trial", "--new", server=server)
    assert gone.returncode == 1 and "engine-connection" in gone.stderr and "Traceback" not in gone.stderr
    for words in (["run", "trail"], ["verify", "trail"], ["plan", "trial", "--host", "not a host"]):
        failed = run(study, *words)
        assert failed.returncode == 1 and "Traceback" not in failed.stderr and "internal" not in failed.stderr, failed
    assert run(study, "run", "trial", "--engine", "carrier-pigeon").returncode == 2


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_finishes_what_is_in_hand(study: Study, number: signal.Signals) -> None:
    write_experiment(study.root, repeats=20, concurrency=2)
    with Watched(latency=0.01) as server:
        server.signal = number
        server.aim(20, 0)
        child = subprocess.Popen(
            command(study, "run", "trial", server=server),
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        server.victim = child.pid
        _, errors = child.communicate(timeout=120)
        assert child.returncode == 130
        assert "`llmxsite run trial` goes on." in errors
        # One of them was the probe, two asked which options are taken; a prompt that is only rendered is no reply.
        asked = sum(call.path == "/api/chat" and "_debug_render_only" not in call.json for call in server.calls)
        log = runlog.read(the_log(study), Issues())
        assert len(log.samples) == asked - 3 and log.counts.keys() == {"ok"}
        assert log.end is not None and log.end.reason == "interrupted"
        done = run(study, "run", "trial", server=server)
        assert done.returncode == 0
    assert runlog.read(the_log(study), Issues()).counts == {"ok": 240}
    assert runlog.verify(the_log(study), Issues()).sealed
    assert AT_ONCE.first_wait == 0


def test_an_expected_time_knows_prompts_and_what_requests_at_once_may_gain(study: Study) -> None:
    async def go() -> Workload:
        async with Fake() as server, AsyncExitStack() as stack:
            return (await open_trial(stack, study, server)).workload

    write_experiment(study.root, sweep={"prompt": ["letter", "cot"]}, concurrency=4)
    workload = asyncio.run(go())
    model = str(workload.conditions[0]["model"])
    measured = Probe({(model, "letter"): 0.5, (model, "cot"): 8.0})
    left = workload.totals
    assert measured.alone(workload, left) == pytest.approx(8.5 * left[0])
    assert measured.expected(workload, left, None) == pytest.approx(8.5 * left[0] / 4)
    assert Probe({(model, "letter"): 0.5}).expected(workload, left, None) is None, "the other prompt was not measured"
    assert Probe({(model, "letter"): 0.5}).expected(workload, [3, 0], 1) == pytest.approx(1.5)
