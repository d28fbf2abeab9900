"""Repeating a run from its log alone: the same requests in the same order, and a log that says what it repeats."""

from __future__ import annotations

import asyncio
import hashlib
import os
import shutil
import signal
from collections.abc import Iterable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import msgspec
import pytest
from collect_support import (
    AT_ONCE,
    Notes,
    Nursery,
    Watched,
    collect,
    make_study,
    run,
    samples_of,
    the_log,
    write_experiment,
)
from servers.fake import Fake

from llmxsite.analysis import tables
from llmxsite.base.diagnostics import Issues, Problem
from llmxsite.collect.policy import Result
from llmxsite.collect.rerun import changes, engine_of, of_log
from llmxsite.collect.session import Wish, open_subject
from llmxsite.exchange.engine import weights
from llmxsite.exchange.engine.protocol import EngineInfo
from llmxsite.log import runlog
from llmxsite.log.record import SCHEMA, RerunOf, Run
from llmxsite.log.runlog import Clock
from llmxsite.press.site.build import build
from llmxsite.study.study import Study


@pytest.fixture
def study(tmp_path: Path) -> Study:
    return make_study(tmp_path / "study")


async def repeat(
    path: Path, folder: Path, server: Fake, limit: int | None = None, observer: Notes | None = None, **wish: Any
) -> tuple[Path, Result | None]:
    """The whole of `llmxsite rerun` but its terminal, in this process."""
    subject, _ = of_log(path, folder, limit, None, Issues())
    wanted = Wish(host=server.url, probe=False, **wish)
    async with AsyncExitStack() as stack:
        session = await open_subject(
            stack, subject, wanted, name="ollama", root=folder, clock=Clock(), say=lambda _: None
        )
        return await session.collect(observer or Notes(), policy=AT_ONCE)


def asked(server: Fake) -> list[Any]:
    """Every request for a reply, but for those that load a model."""
    return [c.json for c in server.calls if c.path == "/api/chat" and c.json["options"].get("num_predict") != 1]


class Other(Fake):
    """A server whose models have other weights under the same names."""

    def _question(self, path: str, body: Any) -> Any:
        answer = super()._question(path, body)
        if path == "/api/tags":
            for model in answer["models"]:
                model["digest"] = hashlib.sha256(b"other " + model["name"].encode()).hexdigest()
        return answer


@pytest.mark.parametrize(
    "design",
    [
        {"sweep": {"temperature": [0, 0.7]}, "repeats": 2},
        {"prompt": "self-consistency(3)", "options": {"temperature": 0.7, "num_ctx": 4096}},
        {"shuffle_options": 3, "logprobs": "none", "prompt": "cot"},
        {"prompt": "completion", "sweep": {"concurrency": [1, 2]}},
        {"models": ["fake:1b", "fake:2b"], "logprobs": "all", "system": "Be brief."},
    ],
    ids=["repeats", "vote", "shuffled", "factor", "models"],
)
def test_a_rerun_sends_the_same_requests_and_scores_alike(study: Study, design: dict[str, Any]) -> None:
    write_experiment(study.root, **design)

    async def go() -> None:
        async with Fake(models=("fake:1b", "fake:2b")) as server:
            first, result, _ = await collect(study, server)
            assert result is not None and result.reason == "complete"
            before, server.calls = asked(server), []
            # Nothing but the log is left.
            shutil.rmtree(study.suites)
            shutil.rmtree(study.content / "reports")
            second, again = await repeat(first, first.parent, server)
            assert again is not None and again.made == result.made
            wide = "concurrency" in str(design)
            assert sorted(map(str, asked(server))) == sorted(map(str, before)) if wide else asked(server) == before
        old, new = runlog.read(first, Issues()), runlog.read(second, Issues())
        keep = ("key", "suite", "item", "item_hash", "category", "condition", "repeat", "request", "shown", "scores")
        keep += ("reply", "draws", "outcome", "language", "scorer")
        wanted = {s.key: [getattr(s, name) for name in keep] for s in old.samples}
        assert {s.key: [getattr(s, name) for name in keep] for s in new.samples} == wanted
        issues = Issues()
        assert runlog.verify(second, issues).rescored == len(old.samples) and not list(issues)
        sha256 = hashlib.sha256(first.read_bytes()).hexdigest()
        assert new.run.rerun_of == RerunOf(id=old.run.id, sha256=sha256)
        assert new.run.experiment == old.run.experiment and new.run.planned == old.run.planned
        assert new.run.concurrency == old.run.concurrency and new.run.id != old.run.id

    asyncio.run(go())


def test_a_rerun_on_other_weights_has_keys_of_its_own(study: Study) -> None:
    async def go() -> None:
        async with Fake() as server:
            first, _, _ = await collect(study, server)
        async with Other(version="0.21.0") as server:
            second, result = await repeat(first, first.parent, server)
        assert result is not None and result.made == 12
        old, new = runlog.read(first, Issues()), runlog.read(second, Issues())
        assert not {s.key for s in old.samples} & {s.key for s in new.samples}
        found = changes(old.run, new.run)
        assert found[0] == "the server: ollama 0.20.7, now ollama 0.21.0"
        assert found[1].startswith("'fake:1b' has other weights: digest ")
        issues = Issues()
        assert runlog.verify(second, issues).sealed and not list(issues)

    asyncio.run(go())


def test_an_interrupted_rerun_goes_on_and_a_finished_one_is_not_repeated(study: Study) -> None:
    async def go() -> None:
        async with Fake() as server:
            first, _, _ = await collect(study, server)
            part, result = await repeat(first, first.parent, server, limit=5)
            assert result is not None and result.made == 5
            again, result = await repeat(first, first.parent, server)
            assert again == part and result is not None and result.made == 7
            assert await repeat(first, first.parent, server) == (part, None)
            # A run goes on in its own log, never in one that repeats it.
            assert (await collect(study, server))[:2] == (first, None)
            other, result = await repeat(first, first.parent, server, mode="new")
            assert other != part and result is not None and result.made == 12
            # The log that is repeated grew: what it says now is another thing to repeat.
            write_experiment(study.root, repeats=2)
            await collect(study, server)
            third, result = await repeat(first, first.parent, server)
            assert third not in (part, other) and result is not None and result.made == 24

    asyncio.run(go())


def test_samples_that_ended_in_errors_are_left_out(study: Study, tmp_path: Path) -> None:
    async def go() -> None:
        async with Fake(faults=[None, "wrong-type"]) as server:
            first, result, _ = await collect(study, server)
            assert result is not None and result.errors == 1
            subject, errors = of_log(first, tmp_path, None, None, Issues())
            assert errors == 1 and subject.contexts == {"fake:1b": 4096}
            _, result = await repeat(first, tmp_path / "out", server)
            assert result is not None and result.made == 11

    asyncio.run(go())


def only_log(samples: Iterable[Any], path: Path, **header: Any) -> Path:
    run = Run(
        schema=SCHEMA,
        id="r1",
        report="trial",
        task="benchmark",
        experiment={"task": "benchmark"},
        suites=[],
        engine=EngineInfo(name="ollama"),
        models=[],
    )
    runlog.write(path, msgspec.structs.replace(run, **header), samples)
    return path


@pytest.mark.parametrize(
    ("change", "code", "words"),
    [
        ({"source": {"tool": "inspect_ai"}}, "rerun-import", "imported from inspect_ai"),
        ({"experiment": {"repeats": "two"}}, "rerun-header", "its experiment cannot be read"),
        ({}, "rerun-empty", "no sample in this log was answered"),
    ],
)
def test_a_log_that_cannot_be_repeated_is_refused(
    tmp_path: Path, change: dict[str, Any], code: str, words: str
) -> None:
    path = only_log([], tmp_path / "r1.jsonl", **change)
    with pytest.raises(Problem) as caught:
        of_log(path, tmp_path, None, None, Issues())
    assert caught.value.issues[0].code == code and words in caught.value.issues[0].message


def test_a_sample_that_cannot_be_asked_again_is_named_with_its_line(study: Study, tmp_path: Path) -> None:
    async def go() -> Path:
        async with Fake() as server:
            return (await collect(study, server))[0]

    lines = samples_of(asyncio.run(go()))
    header = {"id": "r2"}
    for change, words in (
        (lambda s: s.request.messages.clear(), "the request is not in the log"),
        (lambda s: s.request.options.pop("num_predict"), "num_predict is missing"),
        (lambda s: setattr(s, "scorer", "choice/999"), "its scorer is choice/999"),
        (lambda s: setattr(s, "draws", [s.reply] * 3), "keeps only the first of its requests"),
    ):
        samples = [msgspec.convert(msgspec.to_builtins(line), type(line)) for line in lines]
        change(samples[4])
        path = only_log(samples, tmp_path / "r2.jsonl", **header)
        with pytest.raises(Problem) as caught:
            of_log(path, tmp_path, None, None, Issues())
        issue = caught.value.issues[0]
        assert (issue.code, issue.line) == ("rerun-request", 6) and words in issue.message


def test_an_engine_that_conditions_name_is_not_replaced(study: Study) -> None:
    write_experiment(study.root, sweep={"engine": ["ollama"]})

    async def go() -> None:
        async with Fake() as server:
            first, _, _ = await collect(study, server)
        subject, _ = of_log(first, first.parent, None, None, Issues())
        before = runlog.read_header(first)
        assert engine_of(subject, before, None) == "ollama"
        with pytest.raises(Problem, match="its conditions name the engine 'ollama'"):
            engine_of(subject, before, "embedded")

    asyncio.run(go())


def test_reruns_are_no_further_evidence(study: Study) -> None:
    async def go() -> tuple[Path, Path, Path]:
        async with Fake() as server:
            first, _, _ = await collect(study, server)
            second, _ = await repeat(first, first.parent, server)
            third, _ = await repeat(second, first.parent, server)
            return first, second, third

    first, second, third = asyncio.run(go())
    counted = tables.load(study, Issues())
    assert list(counted.runs) == [first.stem] and len(counted) == 12
    assert counted.repeats == {second.stem: first.stem, third.stem: first.stem}
    assert len(tables.load(study, Issues(), reruns=True)) == 36
    # Where the original is not at hand, the first of its repetitions counts.
    first.unlink()
    assert list(tables.load(study, Issues()).runs) == [second.stem]


def test_headers_that_repeat_each_other_end_nothing() -> None:
    def header(name: str, of: str) -> Run:
        return Run(
            schema=SCHEMA,
            id=name,
            report="r",
            task="benchmark",
            experiment={},
            suites=[],
            engine=EngineInfo(name="e"),
            models=[],
            rerun_of=RerunOf(id=of, sha256=""),
        )

    assert runlog.repeated([header("a", "b"), header("b", "a")]) == {"b": "a"}
    assert runlog.repeated([header("a", "a"), header("b", "gone"), header("c", "gone")]) == {"c": "b"}


def test_the_command_line(study: Study, tmp_path: Path) -> None:
    out = tmp_path / "elsewhere"
    with Watched() as server:
        assert run(study, "run", "trial", server=server).returncode == 0
        first = the_log(study)
        done = run(study, "rerun", first.stem, "--limit", "4", server=server)
        assert done.returncode == 0, done.stderr
        assert f"Repeating {first.stem}: 4 samples" in done.stdout and "Done: runs/trial/" in done.stdout
        again = run(study, "rerun", first.stem, server=server)
        assert again.returncode == 0 and "4 done, 8 to go" in again.stdout
        shown = run(study, "results", "--report", "trial")
        assert "1 rerun is left out" in shown.stderr
        apart = run(study, "results", "--reruns", "--format", "csv")
        assert len(apart.stdout.splitlines()) == 3
        # Outside any study: from a path alone.
        alone = tmp_path / "alone.jsonl"
        shutil.copy(first, alone)
        empty = Study(tmp_path / "no-study")
        empty.root.mkdir()
        nowhere = run(empty, "rerun", str(alone), server=server)
        assert nowhere.returncode == 1 and "rerun-out" in nowhere.stderr and "--out" in nowhere.stderr
        server.version = "0.21.0"
        there = run(empty, "rerun", str(alone), "--out", str(out), server=server)
        assert there.returncode == 0, there.stderr
        assert "the server: ollama 0.20.7, now ollama 0.21.0" in there.stdout
        assert len(samples_of(next(out.glob("*.jsonl")))) == 12
    missing = run(study, "rerun", first.stem[:-1])
    assert missing.returncode == 1 and f"did you mean '{first.stem}'?" in missing.stderr
    assert run(study, "rerun", "none.jsonl").returncode == 1


@pytest.mark.embedded
def test_a_rerun_on_real_weights(tmp_path: Path) -> None:
    name = "smollm2:135m"
    if weights.find(name) is None:
        pytest.skip(f"{name} is not pulled: llmxsite models pull {name}")
    study = make_study(
        tmp_path, items=2, models=[name], options={"num_ctx": 512, "num_predict": 4}, sweep={"temperature": [0, 0.9]}
    )
    done = run(study, "run", "trial", "--engine", "embedded")
    assert done.returncode == 0, done.stderr
    first = the_log(study)
    again = run(study, "rerun", first.stem)
    assert again.returncode == 0, again.stderr
    (second,) = set(study.run_logs("trial")) - {first}
    texts = [{s.key: s.reply and s.reply.text for s in samples_of(path)} for path in (first, second)]
    assert len(texts[0]) == 4 and texts[0] == texts[1]
    assert runlog.verify(second, Issues()).sealed


def test_the_site_keeps_a_rerun_apart(study: Study, tmp_path: Path) -> None:
    async def go() -> tuple[Path, Path]:
        async with Fake() as server:
            first, _, _ = await collect(study, server)
            second, _ = await repeat(first, first.parent, server)
            return first, second

    first, second = asyncio.run(go())
    site = tmp_path / "site"
    build(study, site, issues=Issues())
    page = (site / "runs" / "trial" / second.stem / "index.html").read_text(encoding="utf-8")
    assert "It repeats run" in page and f"../{first.stem}/index.html" in page and "no further evidence" in page
    assert "It repeats" not in (site / "runs" / "trial" / first.stem / "index.html").read_text(encoding="utf-8")
    listed = (site / "runs" / "index.html").read_text(encoding="utf-8")
    assert f"repeats {first.stem}" in listed and second.stem in listed
    report = (site / "reports" / "trial" / "index.html").read_text(encoding="utf-8")
    assert "1 run, 12 samples" in report and f"repeats {first.stem}" in report


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_an_interrupt_says_how_a_rerun_goes_on(study: Study, tmp_path: Path) -> None:
    write_experiment(study.root, repeats=5)
    with Watched(latency=0.01) as server, Nursery() as nursery:
        assert nursery.run(study, "run", "trial", server=server, output=tmp_path / "run") == 0
        first = the_log(study)
        server.signal = signal.SIGINT
        server.aim(20, 0)
        assert nursery.run(study, "rerun", first.stem, server=server, output=tmp_path / "rerun") == 130
        said = (tmp_path / "rerun").read_text()
        assert f"`llmxsite rerun {first.stem}` goes on." in said
        (second,) = set(study.run_logs("trial")) - {first}
        made = len(samples_of(second))
        assert 0 < made < 60
        assert nursery.run(study, "rerun", first.stem, server=server, output=tmp_path / "rerun") == 0
        assert f"{made:,} done, {60 - made:,} to go" in (tmp_path / "rerun").read_text()
    assert len(samples_of(second)) == 60 and runlog.verify(second, Issues()).sealed
