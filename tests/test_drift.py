"""Two runs compared: hand-made logs with known numbers, and what must hold whatever the logs."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from llmxsite.analysis.drift import Drift, Fact, compare, fact_words, words
from llmxsite.analysis.drift.lineage import ancestors
from llmxsite.analysis.stats.mcnemar import mcnemar
from llmxsite.analysis.stats.power import never_seen
from llmxsite.analysis.stats.proportion import wilson
from llmxsite.base.diagnostics import Issues, Problem
from llmxsite.cli import app
from llmxsite.cli.terminal import choose_study
from llmxsite.exchange.engine.protocol import Alternative, EngineInfo, Message, ModelInfo, Timing, TokenLogprob, Usage
from llmxsite.log.record import (
    Answer,
    End,
    Fault,
    Git,
    Host,
    Line,
    RerunOf,
    Resume,
    Run,
    Sample,
    Sent,
    SuiteRef,
    encode_line,
)

HOST = Host(os="Linux 6.1", machine="x86_64", cpu="Some CPU", cores=4, memory_bytes=8_000_000_000, gpus=[])
PLAN = {"task": "benchmark", "suites": ["tides"], "models": ["phi"], "options": {"temperature": 0.0}}


def header(run: str = "one", **changes: Any) -> Run:
    base = Run(
        schema=1,
        id=run,
        report="first",
        task="benchmark",
        experiment=PLAN,
        suites=[SuiteRef(id="tides", hash="h-tides", items=10)],
        engine=EngineInfo(name="ollama", version="0.20.7"),
        models=[ModelInfo(name="phi", digest="d-old", quantization="Q4_K_M", context_in_force=4096)],
        host=HOST,
        software={"llmxsite": "0.1.0"},
        git=Git(commit="c0ffee" * 6, dirty=False),
        started=f"2026-11-0{1 + len(run) % 8}T10:00:00Z",
    )
    return msgspec.structs.replace(base, **changes)


def sample(item: int | str = 0, text: str = "The answer is B", **changes: Any) -> Sample:
    """A right answer whose words are tokens of probability 1/e."""
    pieces = re.findall(r"\s?\S+", text)
    letter = text[-1:]
    base = Sample(
        key=f"k-{item}",
        suite="tides",
        item=f"i{item}",
        item_hash=f"h{item}",
        category="sea",
        condition={"model": "phi", "temperature": 0.0},
        request=Sent(messages=[Message(role="user", content=f"Question {item}?")], options={"temperature": 0.0}),
        reply=Answer(
            text=text,
            tokens=[TokenLogprob(token=piece, logprob=-1.0) for piece in pieces],
            alternatives=[Alternative(token=" B", logprob=-0.5), Alternative(token=" C", logprob=-1.0)],
        ),
        timing=Timing(total_ms=100.0, eval_ms=80.0),
        usage=Usage(completion_tokens=len(pieces)),
        outcome="ok",
        scores={"answer": letter, "expected": "B", "correct": letter == "B", "parsed": True, "confidence": 0.75},
        scorer="choice/2",
    )
    return msgspec.structs.replace(base, **changes)


def error(item: int) -> Sample:
    return sample(item, outcome="error", error=Fault(kind="timeout", message="none"), reply=None, scores={})


def log(folder: Path, *lines: Line) -> Path:
    run = lines[0]
    assert isinstance(run, Run)
    path = folder / f"{run.id}.jsonl"
    path.write_bytes(b"".join(map(encode_line, lines)))
    return path


def drift(folder: Path, before: list[Line], after: list[Line]) -> Drift:
    issues = Issues()
    (folder / "a").mkdir(exist_ok=True)
    (folder / "b").mkdir(exist_ok=True)
    found = compare(log(folder / "a", *before), log(folder / "b", *after), issues)
    assert not len(issues)
    return found


def fact(found: Drift, group: str, name: str) -> Fact:
    return next(f for f in found.facts if (f.group, f.name) == (group, name))


def moved(reply: Answer | None, *shifts: float) -> Answer:
    """A reply with its first tokens' log-probabilities moved."""
    assert reply is not None and reply.tokens is not None
    tokens = [
        TokenLogprob(token=t.token, logprob=(t.logprob or 0) + (shifts[i] if i < len(shifts) else 0))
        for i, t in enumerate(reply.tokens)
    ]
    return msgspec.structs.replace(reply, tokens=tokens)


def test_known_numbers(tmp_path: Path) -> None:
    """Ten items: six the same, one with moved probabilities, two that flip to wrong, one in other words."""
    before: list[Line] = [header(), *(sample(i) for i in range(10))]
    after: list[Line] = [header("two"), *(sample(i) for i in range(6))]
    after += [sample(6, reply=moved(sample().reply, 0.25, -0.5))]
    after += [sample(7, "The answer is C"), sample(8, "My answer is C")]
    after += [sample(9, "The right answer is B", timing=Timing(total_ms=200.0, eval_ms=160.0))]
    found = drift(tmp_path, before, after)

    assert (found.replies.n, found.replies.alike, found.replies.units) == (10, 7, 10)
    assert (found.replies.low, found.replies.high) == tuple(wilson(7, 10)) and found.replies.differ_below is None
    assert (found.answers.alike, found.answers.n) == (8, 10)
    a = found.accuracy
    assert (a.before, a.after, a.lost, a.gained, a.units_lost) == (1.0, 0.8, 2, 0, 2)
    assert a.difference == pytest.approx(-0.2) and a.mcnemar_p == mcnemar(2, 0).p == 0.5
    assert a.low is not None and a.low < -0.2 < 0 < (a.high or 0)
    assert a.detectable == pytest.approx(2.8016 * (0.4 / 3), rel=1e-3), "2.80 standard errors: sd 0.4216, n 10"
    # Shared tokens: seven whole replies of four, then three, none and one.
    assert found.divergence.at == [(0, 1), (1, 1), (3, 1)] and found.divergence.median == 1
    assert found.shift.tokens == 7 * 4 + 3 + 0 + 1 and found.shift.largest == 0.5
    assert found.shift.mean == pytest.approx(0.75 / 32) and found.shift.identical == pytest.approx(30 / 32)
    assert (found.shift.pairs.n, found.shift.pairs.alike) == (9, 8), "a pair without a shared token has no shift"
    # The two likeliest tokens lie 0.5 apart, and twice the largest shift is 1.
    f = found.fragile
    assert (f.n, f.fragile, f.turned, f.foreseen) == (10, 10, 2, 2)
    assert (found.speed.latency_ratio, found.speed.same_machine) == (1.0, True)
    # 40 tokens in 0.8 s before; 41 in 0.88 s after.
    assert found.speed.tokens_per_second_ratio == pytest.approx((41 / 0.88) / (40 / 0.8))
    assert found.confidence.identical == 10 and found.confidence.largest == 0

    flips = [(p.item, p.flip, p.first_token) for p in found.differing]
    assert flips == [("i7", "lost", 3), ("i8", "lost", 0), ("i9", None, 1)]
    lost = found.differing[0]
    assert (lost.shared, lost.next_before, lost.next_after) == ("The answer is", " B", " C")
    assert words.headline(found) == "3 of 10 replies differ, and 2 of 10 answers."
    assert found.of("changed") == [] and found.requests.alike == 10


def test_nothing_differs_is_a_bound_and_no_verdict(tmp_path: Path) -> None:
    lines: list[Line] = [header(), *(sample(i) for i in range(20))]
    found = drift(tmp_path, lines, [header("two"), *lines[1:]])
    bound = never_seen(20)
    assert (found.replies.differ_below, found.answers.differ_below, found.accuracy.flips_below) == (bound,) * 3
    assert bound == pytest.approx(0.139, abs=1e-3)
    said = " ".join(found.summary)
    assert "13.9%" in said and "could have stayed unseen" in said
    assert not re.search(r"no drift|deterministic|identical models|nothing changed", said, re.I)
    assert found.accuracy.low is None and found.accuracy.detectable is None, "equal scores have no standard error"


def test_repeats_of_an_item_are_one_unit(tmp_path: Path) -> None:
    lines = [sample(i, key=f"{i}-{r}", repeat=r) for i in range(5) for r in range(4)]
    found = drift(tmp_path, [header(), *lines], [header("two"), *lines])
    assert (found.replies.n, found.replies.units, found.paired.items) == (20, 5, 5)
    assert found.replies.differ_below == never_seen(5)
    changed = [sample(0, "The answer is C", key=s.key, repeat=s.repeat) if s.item == "i0" else s for s in lines]
    found = drift(tmp_path, [header(), *lines], [header("two"), *changed])
    assert (found.accuracy.lost, found.accuracy.units_lost, found.accuracy.units) == (4, 1, 5)
    assert found.accuracy.mcnemar_p == 1.0, "four flips of one item are one item"


def test_facts_are_changed_only_where_both_record_them(tmp_path: Path) -> None:
    after = header(
        "two",
        models=[ModelInfo(name="phi", digest="d-new", quantization="Q4_K_M")],
        engine=EngineInfo(name="ollama", version="0.21.0"),
        host=msgspec.structs.replace(HOST, gpus=None),
        software={"llmxsite": "0.1.0", "python": "3.12"},
        git=None,
        experiment=PLAN | {"hypothesis": "another", "system": None},
    )
    found = drift(tmp_path, [header(), sample()], [after, sample(request=Sent())])
    assert {(f.group, f.name) for f in found.of("changed")} == {("model", "digest"), ("server", "version")}
    assert (fact(found, "model", "digest").before, fact(found, "model", "digest").after) == (["d-old"], ["d-new"])
    unknown = {(f.group, f.name): (f.before, f.after) for f in found.of("not recorded")}
    assert unknown["machine", "gpus"] == (["none"], [])
    assert unknown["model", "context_in_force"] == ([4096], [])
    assert unknown["software", "python"] == ([], ["3.12"])
    assert unknown["study", "commit"][1] == []
    assert unknown["experiment", "system"] == ([], [None]), "null in an experiment is recorded"
    assert unknown["request", "temperature"] == ([0.0], []), "a request that was not kept is equal to none"
    assert found.requests.n == 0 and found.paired.compared == 1, "other weights still pair"
    assert "hypothesis" not in {f.name for f in found.facts}, "words about an experiment change nothing"
    assert found.speed.same_machine is True and fact(found, "machine", "cpu").state == "same"


def test_a_resume_line_changes_facts_in_mid_log(tmp_path: Path) -> None:
    newer = EngineInfo(name="ollama", version="0.21.0")
    resumed: list[Line] = [header(), sample(0), Resume(time="2026-11-02T10:00:00Z", engine=newer), sample(1)]
    plain: list[Line] = [header("two"), sample(0), sample(1)]
    found = drift(tmp_path, plain, resumed)
    version = fact(found, "server", "version")
    assert (version.state, version.before, version.after) == ("changed", ["0.20.7"], ["0.20.7", "0.21.0"])
    assert fact_words.value(version, version.after) == "0.20.7, then 0.21.0"
    assert found.after.resumed == 1
    assert fact(found, "model", "digest").state == "same", "what a resume line does not name is as in the header"
    both = drift(tmp_path, resumed, [header("two"), *resumed[1:]])
    assert fact(both, "server", "version").state == "mixed"
    again = [*resumed, Resume(time="2026-11-03T10:00:00Z"), sample(2)]
    assert fact(drift(tmp_path, plain, again), "server", "version").after == ["0.20.7", "0.21.0", "0.20.7"]


def test_requests_are_compared_pair_by_pair(tmp_path: Path) -> None:
    def sent(item: int, temperature: float, words: str) -> Sample:
        message = Message(role="user", content=words)
        return sample(item, request=Sent(messages=[message], options={"temperature": temperature, "seed": 1 + item}))

    before = [sent(i, 0.0, f"Question {i}?") for i in range(4)]
    after = [sent(i, 0.0 if i else 0.5, f"Question {i}{'' if i > 1 else '!'}?") for i in range(4)]
    found = drift(tmp_path, [header(), *before], [header("two"), *after])
    assert (found.requests.alike, found.requests.n, found.requests.low) == (2, 4, None)
    temperature = fact(found, "request", "temperature")
    assert (temperature.state, temperature.pairs, temperature.after) == ("changed", 1, [0.0, 0.5])
    messages = fact(found, "request", "messages")
    assert (messages.state, messages.pairs, messages.before) == ("changed", 2, [])
    assert fact(found, "request", "seed").state == "same", "the same set of seeds, each at its place"


def test_what_has_no_partner_is_counted_by_its_reason(tmp_path: Path) -> None:
    before: list[Line] = [
        *(header(), sample(0), sample(1), sample(2), sample(3, repeat=0), error(4), error(5)),
        *(sample(3, key="3b", repeat=1), sample(6), sample(7)),
    ]
    after: list[Line] = [
        *(header("two"), sample(0), sample(1, item_hash="edited"), sample(3), sample(4), error(5), error(6)),
        *(sample(7, condition={"model": "phi", "temperature": 1.0}), sample(8), sample(8, key="again")),
    ]
    found = drift(tmp_path, before, after)
    p = found.paired
    assert (p.pairs, p.compared) == (5, 2)
    assert (p.error_before, p.error_after, p.error_both) == (1, 1, 1)
    a, b = p.lost_before, p.lost_after
    assert (a.item_changed, a.not_asked, a.other_condition, a.other_repeat, a.asked_again) == (1, 1, 1, 1, 0)
    assert (b.item_changed, b.not_asked, b.other_condition, b.other_repeat, b.asked_again) == (1, 1, 1, 0, 1)
    assert a.examples == {
        "item_changed": ["i1"],
        "not_asked": ["i2"],
        "other_condition": ["i7"],
        "other_repeat": ["i3"],
    }
    assert p.pairs + a.total == found.before.samples and p.pairs + b.total == found.after.samples


def test_the_last_line_of_a_key_counts(tmp_path: Path) -> None:
    found = drift(tmp_path, [header(), error(0), sample(1), sample(0)], [header("two"), sample(0), sample(1)])
    assert (found.paired.compared, found.replies.alike, found.before.errors) == (2, 2, 0)
    assert [p.line_before for p in found.pairs] == [3, 4]


def test_logs_without_tokens_or_scores_or_replies(tmp_path: Path) -> None:
    """Imports: what they lack is missing, and what they have is compared."""

    def imported(item: int, text: str | None, answer: str | None) -> Sample:
        scores = {} if answer is None else {"answer": answer, "correct": answer == "B"}
        reply = None if text is None else Answer(text=text)
        condition = {"model": "phi"}
        return Sample(
            key=f"k{item}",
            item=f"i{item}",
            item_hash="h",
            condition=condition,
            outcome="ok",
            reply=reply,
            scores=scores,
        )

    bare = header(host=None, software={}, git=None, source={"tool": "elsewhere"})
    before = [imported(0, "It is B.", "B"), imported(1, None, "B"), imported(2, "words", None)]
    after = [imported(0, "It is C.", "C"), imported(1, None, "B"), imported(2, "words", None)]
    other = msgspec.structs.replace(bare, id="two", suites=[SuiteRef(id="tides", hash="h-tides")])
    found = drift(tmp_path, [bare, *before], [other, *after])
    assert (found.replies.n, found.replies.alike) == (2, 1) and (found.answers.n, found.answers.alike) == (2, 1)
    assert (found.accuracy.n, found.accuracy.lost) == (2, 1)
    assert (found.divergence.n, found.divergence.unknown, found.divergence.median) == (0, 1, None)
    assert (found.shift.tokens, found.shift.mean, found.confidence.n, found.speed.latency_ratio) == (0, None, 0, None)
    assert found.speed.same_machine is None and found.requests.n == 0
    pair = found.differing[0]
    assert (pair.first_token, pair.shared, pair.next_before, pair.next_after) == (None, "It is ", "B.", "C.")
    assert pair.suite == "tides", "a run of one suite need not name it in every sample"


def test_a_reply_that_is_the_start_of_another(tmp_path: Path) -> None:
    found = drift(tmp_path, [header(), sample(0, "A B")], [header("two"), sample(0, "A B C")])
    pair = found.differing[0]
    assert (pair.first_token, pair.next_before, pair.next_after) == (2, "", " C")


def test_conditions_and_categories(tmp_path: Path) -> None:
    def both(item: int, heat: float, text: str) -> Sample:
        category = "sea" if item % 2 else "sky"
        return sample(
            item, text, key=f"{item}-{heat}", category=category, condition={"model": "phi", "temperature": heat}
        )

    before = [both(i, heat, "The answer is B") for i in range(8) for heat in (0.0, 1.0)]
    after = [both(i, heat, f"The answer is {'C' if heat else 'B'}") for i in range(8) for heat in (0.0, 1.0)]
    found = drift(tmp_path, [header(), *before], [header("two"), *after])
    assert [(r.label, r.replies.alike, r.accuracy.lost) for r in found.by_condition] == [
        ({"temperature": 0.0}, 8, 0),
        ({"temperature": 1.0}, 0, 8),
    ]
    assert [r.p_holm for r in found.by_condition] == [None, mcnemar(8, 0).p]
    assert [r.label["category"] for r in found.by_category] == ["sea", "sky"]
    assert [r.p_holm for r in found.by_category] == [2 * mcnemar(4, 0).p] * 2
    same = drift(tmp_path, [header(), sample(0)], [header("two"), sample(0)])
    assert same.by_condition == same.by_category == []


def test_what_was_not_read_counts_as_wrong(tmp_path: Path) -> None:
    lost = sample(0, "Well", outcome="failure", scores={"answer": None, "expected": "B", "parsed": False})
    found = drift(tmp_path, [header(), sample(0), sample(1)], [header("two"), lost, sample(1)])
    assert (found.accuracy.after, found.accuracy.lost, found.answers.alike) == (0.5, 1, 1)


TEXTS = st.sampled_from(["The answer is B", "The answer is C", "B", "It is the answer B", ""])
SAMPLES = st.lists(
    st.builds(
        lambda item, repeat, heat, text, bad, kept: sample(
            item,
            text,
            key=f"{item}-{repeat}-{heat}",
            repeat=repeat,
            condition={"model": "phi", "temperature": heat},
            category="sea" if item % 2 else "sky",
            **({"outcome": "error", "reply": None, "scores": {}} if bad else {} if kept else {"reply": Answer()}),
        ),
        st.integers(0, 6),
        st.integers(0, 1),
        st.sampled_from([0.0, 0.7]),
        TEXTS,
        st.booleans(),
        st.booleans(),
    ),
    max_size=25,
    unique_by=lambda s: s.key,
)


@settings(max_examples=40)
@given(SAMPLES)
def test_a_run_with_itself(tmp_path_factory: pytest.TempPathFactory, samples: list[Sample]) -> None:
    path = log(tmp_path_factory.mktemp("self"), header(), *samples)
    found = compare(path, path, Issues())
    assert found.paired.pairs == len(samples) and found.paired.lost_before.total == found.paired.lost_after.total == 0
    for share in (found.replies, found.answers, found.shift.pairs, found.requests):
        assert share.alike == share.n and share.share == (1.0 if share.n else None)
    for share in (found.replies, found.answers, found.shift.pairs):
        assert share.differ_below == (1 - 0.05 ** (1 / share.units) if share.n else None)
    a = found.accuracy
    assert (a.lost, a.gained, a.units_lost, a.units_gained, a.mcnemar_p) == (0, 0, 0, 0, None)
    assert a.difference in (0.0, None) and a.flips_below == never_seen(a.units)
    assert found.differing == [] and found.divergence.n == 0 and found.shift.largest in (0.0, None)
    assert found.of("changed") == []
    msgspec.json.decode(msgspec.json.encode(found), type=Drift)


@settings(max_examples=40)
@given(SAMPLES, SAMPLES)
def test_the_other_way_round_is_the_mirror(
    tmp_path_factory: pytest.TempPathFactory, first: list[Sample], second: list[Sample]
) -> None:
    folder = tmp_path_factory.mktemp("mirror")
    a = log(folder, header(), *first)
    b = log(folder, header("two", engine=EngineInfo(name="ollama", version="9")), *second)
    here, there = compare(a, b, Issues()), compare(b, a, Issues())
    assert here.replies == there.replies and here.answers == there.answers and here.divergence == there.divergence
    assert here.shift == there.shift and here.requests == there.requests
    x, y = here.accuracy, there.accuracy
    assert (x.before, x.lost, x.units_lost, x.mcnemar_p) == (y.after, y.gained, y.units_gained, y.mcnemar_p)
    assert (x.n, x.flips_below) == (y.n, y.flips_below)
    if x.difference is not None:
        assert x.difference == pytest.approx(-(y.difference or 0)) and (x.low is None) == (y.high is None)
    p, q = here.paired, there.paired
    assert (p.lost_before, p.error_before, p.pairs) == (q.lost_after, q.error_after, q.pairs)
    assert [(f.name, f.state, f.before) for f in here.facts] == [(f.name, f.state, f.after) for f in there.facts]
    swapped = {(u.item, u.repeat, str(u.condition)): u for u in there.pairs}
    for pair in here.pairs:
        other = swapped[pair.item, pair.repeat, str(pair.condition)]
        assert (pair.first_token, pair.shared, pair.next_before) == (other.first_token, other.shared, other.next_after)


class Entry:
    def __init__(self, run: Run, report: str = "first") -> None:
        self.run, self.report = run, report


def test_a_run_goes_with_what_it_repeats_or_else_with_the_run_before_it() -> None:
    days = [f"2026-11-{day:02}T08:00:00Z" for day in range(1, 8)]
    other = PLAN | {"options": {"temperature": 1.0}}
    entries = [
        Entry(header("one", started=days[0])),
        Entry(header("two", started=days[1], experiment=PLAN | {"limit": 3, "question": "Other words?"})),
        Entry(header("else", started=days[2], experiment=other)),
        Entry(header("again", started=days[3], experiment=other, rerun_of=RerunOf(id="one", sha256="0"))),
        Entry(header("three", started=days[4])),
        Entry(header("apart", started=days[5]), "second"),
        Entry(header("import", started=days[6], source={"tool": "elsewhere"})),
    ]
    found = [(a.run.id, b.run.id) for a, b in ancestors(reversed(entries))]
    assert found == [("one", "two"), ("one", "again"), ("two", "three")]


@pytest.fixture
def study(tmp_path: Path) -> Path:
    (tmp_path / "content").mkdir()
    (tmp_path / "content" / "site.yaml").write_text("title: Trial\n", encoding="utf-8")
    runs = tmp_path / "runs" / "first"
    runs.mkdir(parents=True)
    end = End(counts={"ok": 3}, sha256="0" * 64)
    log(runs, header("one", started="2026-11-01T08:00:00Z"), *(sample(i) for i in range(3)), end)
    log(runs, header("two", started="2026-11-02T08:00:00Z"), sample(0, "The answer is C"), sample(1), sample(2))
    (tmp_path / "elsewhere").mkdir()
    log(tmp_path / "elsewhere", header("apart"), sample(9))
    return tmp_path


def call(study: Path, *names: str) -> Result:
    result = CliRunner().invoke(app, ["--study", str(study), "drift", *names])
    choose_study(None)
    return result


def test_runs_are_named_by_report_id_or_path(study: Path) -> None:
    log_two = str(study / "runs" / "first" / "two.jsonl")
    for names in (["first"], ["one", "two"], ["one", log_two], ["two"], [log_two]):
        result = call(study, *names)
        assert result.exit_code == 0, result.output
        assert "1 of 3 replies differs, and 1 of 3 answers." in result.stdout
        assert "right, now wrong" in result.stdout and '" C"' in result.stdout
    assert "3 samples, not complete" in result.stdout


@pytest.mark.parametrize(
    ("names", "code"),
    [
        (["onne", "two"], "run-missing"),
        (["nobody"], "run-missing"),
        (["one"], "run-missing"),
        (["nowhere.jsonl", "two"], "file-missing"),
        (["content/site.yaml", "two"], "run-missing"),
    ],
)
def test_a_wrong_name_is_a_problem_with_the_nearest(study: Path, names: list[str], code: str) -> None:
    result = call(study, *names)
    assert isinstance(result.exception, Problem)
    issue = result.exception.issues[0]
    assert issue.code == code
    if names[0] == "onne":
        assert issue.hint == "did you mean 'one'?"


def test_what_cannot_be_compared_fails_but_says_what_changed(study: Path) -> None:
    result = call(study, "one", str(study / "elsewhere" / "apart.jsonl"))
    assert result.exit_code == 1
    assert "Nothing could be paired." in result.stdout and "the item was not asked in the other run" in result.stdout
    assert "drift-unpaired" in result.stderr


def test_json_is_the_record_with_the_pairs_that_differ(study: Path) -> None:
    found = msgspec.json.decode(call(study, "first", "--format", "json").stdout, type=Drift, strict=True)
    assert found.version == 1 and (found.before.id, found.after.id) == ("one", "two")
    assert [p.item for p in found.pairs] == ["i0"] and found.replies.n == 3


def test_json_fits_its_schema_and_its_page(study: Path) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    root = Path(__file__).resolve().parent.parent
    schema = json.loads((root / "llmxsite/schema/drift.json").read_text(encoding="utf-8"))
    data = json.loads(call(study, "first", "--format", "json").stdout)
    jsonschema.validate(data, schema)
    page = (root / "docs/drift.md").read_text(encoding="utf-8")
    keys = {k for part in (data, data["paired"], data["shift"], data["pairs"][0]) for k in part}
    either = {k.removesuffix("_before").removesuffix("_after") for k in keys}
    assert {k for k in either if not re.search(rf"\b{k}", page)} <= {"line", "outcome", "answer", "correct", "latency"}


def test_csv_has_a_row_a_pair(study: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(call(study, "first", "--format", "csv").stdout)))
    assert [(r["item"], r["flip"], r["temperature"], r["same_reply"]) for r in rows] == [
        ("i0", "lost", "0.0", "False"),
        ("i1", "", "0.0", "True"),
        ("i2", "", "0.0", "True"),
    ]
    assert rows[0]["first_token"] == "3" and rows[1]["first_token"] == ""


@pytest.mark.parametrize("width", [60, 80, 120])
def test_the_text_keeps_to_the_terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    from rich.console import Console

    from llmxsite.cli import columns, drift_text

    def asked(item: int, heat: float, text: str) -> Sample:
        condition = {"model": "phi", "temperature": heat}
        return sample(
            item, text, key=f"{item}{heat}", category=f"a-rather-long-category-{item % 2}", condition=condition
        )

    before = [asked(i, heat, "The answer is B") for i in range(4) for heat in (0.0, 1.0)]
    after = [asked(i, heat, f"The answer is {'BC'[i % 2]}") for i in range(4) for heat in (0.0, 1.0)]
    newer = header("two", engine=EngineInfo(name="ollama", version="0.21.0-rc3-with-a-long-name"), git=None)
    found = drift(tmp_path, [header(), *before, sample(20)], [newer, *after])
    stream = io.StringIO()
    console = Console(file=stream, force_terminal=True, width=width, highlight=False, color_system=None)
    for module in (drift_text, columns):
        monkeypatch.setattr(module, "out", lambda: console)
    drift_text.show(found, 5)
    text = stream.getvalue()
    assert max(map(len, text.splitlines())) <= width
    tables = text.partition("By condition")[2]
    assert tables.count("before") >= 2 and tables.count("after") >= 2 and "…" not in text
    for part in ("server version", "not recorded after", "a-rather-long-category-1", "answer is", "By condition"):
        assert part in text


@pytest.mark.embedded
def test_real_replies_part_where_the_smaller_budget_ends(tmp_path: Path) -> None:
    """The same three questions to the same weights with a budget of six tokens, then of four."""
    from llmxsite.exchange import engine
    from llmxsite.exchange.engine import weights
    from llmxsite.exchange.engine.protocol import Options, Request

    if weights.find("smollm2:135m") is None:
        pytest.skip("smollm2:135m is not pulled: llmxsite models pull smollm2:135m")

    async def answers(budget: int) -> list[Sample]:
        found = []
        async with engine.connect("embedded") as embedded:
            for item, text in enumerate(["Name a river.", "Name a colour.", "Count to ten."]):
                options = Options(num_ctx=512, num_predict=budget)
                request = Request(model="smollm2:135m", messages=[Message(role="user", content=text)], options=options)
                reply = await embedded.chat(request)
                said = Answer(text=reply.text, tokens=reply.tokens)
                found.append(sample(item, request=Sent.of([request]), reply=said, scores={}, timing=reply.timing))
        return found

    six, four = asyncio.run(answers(6)), asyncio.run(answers(4))
    found = drift(tmp_path, [header(), *six], [header("two"), *four])
    assert (found.replies.n, found.replies.alike, found.answers.n, found.accuracy.n) == (3, 0, 0, 0)
    assert {p.first_token for p in found.pairs} == {4} and found.divergence.at == [(4, 3)]
    assert all(p.next_after == "" and p.next_before for p in found.pairs)
    assert (found.shift.tokens, found.shift.identical, found.shift.pairs.alike) == (12, 1.0, 3)
    assert found.shift.pairs.differ_below == never_seen(3)
    assert [f.name for f in found.of("changed")] == ["num_predict"] and found.requests.alike == 0
