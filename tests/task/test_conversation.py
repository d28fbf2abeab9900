"""Samples of several turns and samples that judge others, of a task that another distribution brings: asked, killed, gone on with,
verified and scored again."""

from __future__ import annotations

import asyncio
import json
import os
import random
from pathlib import Path
from typing import Any

import msgspec
import pytest
from collect_support import Notes, Nursery, Watched, collect, make_study, run, samples_of, the_log
from conversation_support import DESIGN, MODELS, SEEK, answer, told
from hypothesis import given, settings
from hypothesis import strategies as st
from servers.fake import Fake

from llmxsite.analysis import tables
from llmxsite.base import registry
from llmxsite.base.diagnostics import Issues, Problem
from llmxsite.exchange.answer.scorer import scorer
from llmxsite.log import runlog
from llmxsite.log.record import End, MaterialLine, Sample, decode_line, encode_line
from llmxsite.log.runlog.turns import turns_of
from llmxsite.press.site.samples import asked, transcript
from llmxsite.study.study import Study

pytestmark = pytest.mark.usefixtures("installed")
KILLS = int(os.environ.get("LLMXSITE_KILLS", "8"))


def checked(path: Path) -> runlog.Verified:
    issues = Issues()
    found = runlog.verify(path, issues)
    assert not list(issues)
    return found


@pytest.fixture
def study(tmp_path: Path) -> Study:
    return make_study(tmp_path / "study", items=4, **DESIGN)


def the_whole(study: Study) -> dict[str, tuple[object, ...]]:
    """The run from its beginning to its end; what its samples are."""

    async def go() -> None:
        async with Fake(models=MODELS, reply=answer) as server:
            await collect(study, server)

    asyncio.run(go())
    return told(the_log(study))


def test_a_conversation_is_asked_to_its_end_and_judged(study: Study) -> None:
    async def go() -> None:
        async with Fake(models=MODELS, reply=answer) as server:
            _, result, _ = await collect(study, server)
            assert result is not None and result.reason == "complete"
            calls = [c.json["messages"] for c in server.calls if c.path == "/api/chat" and len(c.json["messages"]) > 1]
            assert {len(messages) for messages in calls} == {3, 5}

    asyncio.run(go())
    lines = samples_of(the_log(study))
    talks, grades = [s for s in lines if s.of is msgspec.UNSET], [s for s in lines if s.of is not msgspec.UNSET]
    assert (len(talks), len(grades)) == (16, 32) and len({s.key for s in lines}) == 48
    assert {s.of for s in grades} == {s.key for s in talks}
    for sample in talks:
        turns = turns_of(sample)
        assert turns is not None and len(turns) == sample.scores["turns"] == 1 + int(str(sample.condition["doubts"]))
        assert (sample.turns is msgspec.UNSET) == (len(turns) == 1)
        assert [len(turn.call.messages) for turn in turns] == [1, 3, 5][: len(turns)]
        assert sample.reply is not None and sample.reply.text == turns[-1].reply.text == sample.scores["answer"]
        if isinstance(sample.turns, list):  # no word of the conversation stands twice
            assert [len(t.request.messages) if t.request else 0 for t in sample.turns] == [0, 2, 2][: len(turns)]
    assert all(s.request.model == "judge:1b" and s.scorer == "grade/1" for s in grades)
    header = runlog.read_header(the_log(study))
    assert header.package == "talk-task" and header.software["talk-task"] == "1.0"
    assert [m.name for m in header.models] == [*MODELS] and all(m.digest for m in header.models)
    found = checked(the_log(study))
    assert found.rescored == 48 and found.sealed
    frame = tables.load(study, Issues()).frame
    assert len(frame) == 16, "judges are no rows of it"


def test_a_page_shows_each_word_of_a_conversation_once(study: Study) -> None:
    the_whole(study)
    sample = next(s for s in samples_of(the_log(study)) if isinstance(s.turns, list))
    html = asked.sent(sample, asked.asked(sample, {}).question) + transcript.replied(sample)
    assert html.count("How many apples") == html.count("Are you sure? (1)") == html.count("Are you sure? (2)") == 1
    assert html.count("<p>Reply</p>") == 3


def test_a_changed_turn_is_seen(study: Study) -> None:
    the_whole(study)
    path, kept = the_log(study), []
    for _, line in runlog.iterate(path, Issues()):
        if isinstance(line, Sample) and isinstance(line.turns, list) and line.turns[-1].reply is not None:
            line.turns[-1].reply.text = "neither"
        if not isinstance(line, End):
            kept.append(encode_line(line))
    path.write_bytes(b"".join(kept))
    issues = Issues()
    assert runlog.verify(path, issues).rescored == 48 - 8
    assert {issue.code for issue in issues} == {"log-score", "log-open"}


def test_a_line_that_a_scorer_cannot_take_is_a_fault_of_the_line(study: Study) -> None:
    the_whole(study)
    path, kept = the_log(study), []
    for _, line in runlog.iterate(path, Issues()):
        if isinstance(line, Sample) and line.scorer == "talk/1":
            line.turns, line.reply = [], None  # its scorer reads the last turn
        kept.append(encode_line(line))
    path.write_bytes(b"".join(kept))
    issues = Issues()
    runlog.verify(path, issues)
    said = [issue.message for issue in issues if issue.code == "log-score"]
    assert len(said) == 16 and all("cannot be scored from its line, though talk/1 did" in words for words in said)


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_faults_and_stops_in_a_conversation_lose_and_double_nothing(
    seed: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Whatever goes wrong, and wherever a run is stopped: taken up again it ends with the samples of an unbroken one."""
    chance = random.Random(seed)
    unbroken = make_study(tmp_path_factory.mktemp("unbroken"), items=3, **DESIGN)
    broken = make_study(tmp_path_factory.mktemp("broken"), items=3, **DESIGN)

    async def go() -> None:
        async with Fake(models=MODELS, reply=answer) as server:
            await collect(unbroken, server)
        common = ("reset", "500", "503", "half-line", "close-mid", "error-line")
        for session in range(6):
            often = 0.0 if session == 5 else chance.choice((0.05, 0.4))
            faults = [chance.choice(common) if chance.random() < often else None for _ in range(200)]
            async with Fake(models=MODELS, reply=answer, faults=faults) as server:
                stop = chance.randrange(1, 40)
                _, result, _ = await collect(broken, server, observer=_Stopping(stop if session < 5 else 10**6))
                if result is not None and result.reason == "complete" and not result.errors:
                    break

    asyncio.run(go())
    assert told(the_log(broken)) == told(the_log(unbroken))
    checked(the_log(broken))


@pytest.mark.skipif(os.name == "nt", reason="processes are forked and killed in POSIX's ways")
def test_killed_conversations_lose_and_double_nothing(tmp_path: Path) -> None:
    unbroken = make_study(tmp_path / "unbroken", items=6, **DESIGN)
    with Watched(models=MODELS, reply=answer) as server:
        done = run(unbroken, "run", "trial", server=server)
    assert done.returncode == 0, done.stderr
    killed = seed = 0
    with Watched(models=MODELS, reply=answer, latency=0.002) as server, Nursery() as nursery:
        while killed < KILLS:
            chance, study = random.Random(seed), make_study(tmp_path / f"study-{seed}", items=6, **DESIGN)
            killed += nursery.killed(study, server, chance, calls=90, ms=20, output=tmp_path / "output")
            assert told(the_log(study)) == told(the_log(unbroken)), f"seed {seed}"
            assert len(samples_of(the_log(study))) == 72
            assert checked(the_log(study)).sealed
            seed += 1


def test_a_judge_that_failed_is_asked_again_and_its_sample_is_not(study: Study) -> None:
    async def go() -> None:
        down = {"on": True}

        def refuse(path: str, body: dict[str, Any]) -> str | None:
            return "out of order" if down["on"] and "Grade" in json.dumps(body) else None

        async with Fake(models=MODELS, reply=answer, refusal=refuse, refusal_status=500) as server:
            await collect(study, server)
            asked = len(server.calls)
            down["on"] = False
            _, result, _ = await collect(study, server)
            assert result is not None and result.reason == "complete" and not result.errors
            again = [c for c in server.calls[asked:] if c.path == "/api/chat" and "apples" in json.dumps(c.json)]
            assert len(again) <= 16

    asyncio.run(go())
    final = {s.key: s for s in samples_of(the_log(study))}
    assert len(final) == 48 and {s.outcome for s in final.values()} == {"ok"}
    checked(the_log(study))


def test_a_conversation_is_not_repeated_from_its_log(study: Study) -> None:
    from llmxsite.collect.logged import survey

    the_whole(study)
    with pytest.raises(Problem, match="conversations") as caught:
        survey(the_log(study), None, Issues())
    assert caught.value.issues[0].code == "rerun-request"


def test_a_log_whose_task_is_not_installed_is_read(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    the_whole(study)
    before = tables.load(study, Issues()).frame
    monkeypatch.undo()
    registry.forget()
    assert "talk" not in registry.names() and scorer("talk/1") is None
    found = checked(the_log(study))
    said = registry.absent("talk", runlog.read_header(the_log(study)).package)
    assert said is not None and "talk-task" in said and registry.absent("benchmark", None) is None
    assert found.samples == 48 and found.foreign == {"talk/1": 16, "grade/1": 32}
    assert len(tables.load(study, Issues()).frame) == len(before)
    with pytest.raises(Problem, match="not installed"):
        from llmxsite.exchange.asking.plan import asking_of

        asking_of("talk")


def test_vectors_are_made_once_and_asked_for_in_a_conversation(tmp_path: Path) -> None:
    study = make_study(tmp_path / "study", items=4, **SEEK)

    def embedded(server: Fake, start: int = 0) -> list[str]:
        return [str(call.json["input"]) for call in server.calls[start:] if call.path == "/api/embed"]

    async def go() -> None:
        async with Fake(reply=answer) as server:
            _, result, _ = await collect(study, server)
            assert result is not None and result.reason == "complete"
            asked, options = embedded(server), {f"{2 * n + k} apples" for n in range(4) for k in range(1, 5)}
            assert len(asked) == len(options) + 4, "each option once, and each question"
            start = len(server.calls)
            await collect(study, server, mode="new")
            assert len(embedded(server, start)) == 4, "the options come from the cache"

    asyncio.run(go())
    for path in study.run_logs("trial"):
        lines = samples_of(path)
        assert len(lines) == 8 and checked(path).rescored == 8
        nobody = [s for s in lines if s.condition["way"] == "words"]
        assert all(s.turns == [] and s.reply is None and s.outcome == "ok" and not s.request.messages for s in nobody)
        for sample in lines:
            turns = turns_of(sample)
            if sample not in nobody:
                assert turns is not None and [type(turn.reply).__name__ for turn in turns] == ["Vectors", "Reply"]
                assert sample.request.texts and sample.usage is not None
        (made,) = [line for _, line in runlog.iterate(path, Issues()) if isinstance(line, MaterialLine)]
        assert made.texts == 10 and made.model == "fake:1b" and made.dimensions and made.digest
    first, second = ({s.item: s.scores for s in samples_of(path)} for path in study.run_logs("trial"))
    assert first == second


def test_a_task_that_needs_no_model_runs_without_one(tmp_path: Path) -> None:
    study = make_study(tmp_path / "study", items=4, models=[], task="seek", sweep={"way": ["words"]}, think=None)

    async def go() -> None:
        async with Fake(reply=answer) as server:
            _, result, _ = await collect(study, server)
            assert result is not None and result.reason == "complete" and result.made == 4
            assert not [call for call in server.calls if call.method == "POST"]

    asyncio.run(go())
    (header, *_), lines = [runlog.read_header(the_log(study))], samples_of(the_log(study))
    assert not header.models and {s.condition["model"] for s in lines} == {None}
    assert checked(the_log(study)).rescored == 4
    assert tables.load(study, Issues()).frame["model"].isna().all()


@pytest.mark.skipif(os.name == "nt", reason="processes are forked and killed in POSIX's ways")
def test_killed_while_vectors_are_made_lose_and_double_nothing(tmp_path: Path) -> None:
    unbroken = make_study(tmp_path / "unbroken", items=8, **SEEK)
    with Watched(reply=answer) as server:
        done = run(unbroken, "run", "trial", server=server)
    assert done.returncode == 0, done.stderr
    killed = seed = 0
    with Watched(reply=answer, latency=0.002) as server, Nursery() as nursery:
        while killed < KILLS:
            chance, study = random.Random(seed), make_study(tmp_path / f"study-{seed}", items=8, **SEEK)
            killed += nursery.killed(study, server, chance, calls=60, ms=10, output=tmp_path / "output")
            assert told(the_log(study)) == told(the_log(unbroken)), f"seed {seed}"
            made = [line for _, line in runlog.iterate(the_log(study), Issues()) if isinstance(line, MaterialLine)]
            assert len(made) == 1 and checked(the_log(study)).sealed
            seed += 1


class _Stopping(Notes):
    """Watches a run, and stops it after so many samples."""

    def __init__(self, after: int) -> None:
        super().__init__()
        self.left = after
        self.stop: Any = None

    def sample(self, job: Any, sample: Sample) -> None:
        self.left -= 1
        if self.left == 0 and self.stop is not None:
            self.stop()


@pytest.mark.parametrize("at", ["plan", "next_calls", "follow", "scorer talk/1"])
def test_a_task_that_raises_ends_the_run_and_its_log_can_be_gone_on_with(
    study: Study, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    from talk_task import answer as answers
    from talk_task import asking

    whole = the_whole(study)
    the_log(study).unlink()
    seen: list[object] = []

    def broken(*_: object) -> Any:
        seen.append(_)
        raise ZeroDivisionError("nothing to divide by")

    async def go() -> None:
        async with Fake(models=MODELS, reply=answer) as server:
            with monkeypatch.context() as patch:
                if at.startswith("scorer"):
                    patch.setitem(vars(answers.SCORERS[0]), "score", broken)
                else:
                    patch.setattr(asking.Talk, at, broken)
                with pytest.raises(Problem) as raised:
                    await collect(study, server)
            (issue,) = raised.value.issues
            assert issue.code == "task-broken" and "talk" in issue.message and at in issue.message
            assert issue.message.endswith("raises ZeroDivisionError: nothing to divide by")
            await collect(study, server)

    asyncio.run(go())
    assert seen and told(the_log(study)) == whole
    checked(the_log(study))


def test_what_judges_is_not_counted_among_the_samples_of_a_run(study: Study) -> None:
    from llmxsite.press.numbers.outcomes import Tally

    the_whole(study)
    tally = Tally()
    for sample in samples_of(the_log(study)):
        tally.add(sample)
    assert sum(tally.states.values()) == 16
    judge = next(s for s in samples_of(the_log(study)) if s.judges)
    assert "judges another sample of this run" in transcript.article(judge, 3, asked.asked(judge, {}))


def test_what_a_scorer_says_becomes_a_column_and_judges_are_rows_apart(study: Study) -> None:
    the_whole(study)
    issues = Issues()
    for samples in (tables.load(study, issues), tables.load(study, issues)):  # the second from what was kept
        frame, judges = samples.frame, samples.judges
        assert not list(issues) and judges is not None and (len(frame), len(judges)) == (16, 32)
        assert list(frame.columns)[len(tables.COLUMNS)] == "turns" and "of" not in frame.columns
        assert (frame["turns"] == frame["doubts"] + 1).all() and judges["turns"].isna().all()
        lines = {s.key: n for n, s in enumerate(every_line(study), 1) if isinstance(s, Sample)}
        told = {(n, lines[s.of]) for n, s in enumerate(every_line(study), 1) if isinstance(s, Sample) and s.judges}
        assert set(zip(judges["line"], judges["of"], strict=True)) == told
        some = samples.where(doubts=2, repeat=0)
        assert some.judges is not None and len(some.judges) == 2 * len(some) == 8
        assert set(some.judges["of"]) == set(some.frame["line"])


def every_line(study: Study) -> list[Any]:
    return [decode_line(raw) for raw in the_log(study).read_bytes().splitlines()]


def test_columns_of_a_scorer_come_and_go_with_its_package(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    from talk_task import answer as answers

    the_whole(study)
    assert "turns" in tables.load(study, Issues()).frame
    with monkeypatch.context() as patch:
        patch.setitem(vars(answers.SCORERS[0]), "columns", ("first", "turns"))
        registry.forget()
        frame = tables.load(study, Issues()).frame
        assert set(frame["first"]) <= {"A", "B"} and str(frame["first"].dtype) == "category"
    registry.forget()
    assert "first" not in tables.load(study, Issues()).frame


def test_a_column_of_a_scorer_is_asked_for_like_any_other(study: Study) -> None:
    the_whole(study)
    from llmxsite.analysis import results

    found = results.summarise(tables.load(study, Issues()), ["turns"])
    assert found[["turns", "n"]].values.tolist() == [[1.0, 8], [3.0, 8]]
