"""What becomes of a run where the server does not take all that is asked: what is left out, what is sent in its place, what is
logged, and where it stops."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from collect_support import Notes, collect, make_study, samples_of, write_experiment
from hypothesis import given
from hypothesis import strategies as st
from servers.fake import Fake

from llmxsite.base.diagnostics import Issues, Problem
from llmxsite.exchange.engine.protocol import Options
from llmxsite.exchange.engine.refusal import nearest, refusals
from llmxsite.log import runlog
from llmxsite.log.record import Lack
from llmxsite.study.study import Study

FIELDS = (
    "temperature",
    "top_p",
    "top_k",
    "min_p",
    "typical_p",
    "seed",
    "stop",
    "logprobs",
    "top_logprobs",
    "repeat_last_n",
)
Words = Callable[[str, dict[str, Any]], str | None]


@pytest.fixture
def study(tmp_path: Path) -> Study:
    return make_study(tmp_path)


@pytest.mark.parametrize(
    ("words", "named", "kind"),
    [
        ("typical_p is no longer supported", ["typical_p"], "field"),
        ("Unrecognized request argument supplied: top_k", ["top_k"], "field"),
        ("Unsupported parameter: 'min_p' is not supported with this model.", ["min_p"], "field"),
        ("logprobs is not supported with tools + stream", ["logprobs"], "field"),
        ('json: unknown field "repeat_last_n"', ["repeat_last_n"], "field"),
        (
            '[{"type": "extra_forbidden", "loc": ["body", "top_k"]}, {"type": "extra_forbidden", "loc": ["body", "min_p"]}]',
            ["top_k", "min_p"],
            "field",
        ),
        ("`temperature` must be strictly positive", ["temperature"], "value"),
        ("top_logprobs must be between 0 and 20", ["top_logprobs"], "value"),
        ("Invalid value for 'top_p': 1.4. Expected a number less than or equal to 1.", ["top_p"], "value"),
        (
            '[{"type": "greater_than", "loc": ["body", "temperature"], "msg": "Input should be greater than 0", "ctx": {"gt": 0.0}}]',
            ["temperature"],
            "value",
        ),
        (
            "Unsupported value: 'temperature' does not support 0 with this model. Only the default (1) value is supported.",
            ["temperature"],
            "value",
        ),
        ("please stop sending me nonsense", [], None),
        ("the planting of seed corn is unknown to me", [], None),
    ],
)
def test_a_refusal_is_of_a_field_or_of_its_value(words: str, named: list[str], kind: str | None) -> None:
    found = refusals(words, FIELDS)
    assert [refusal.field for refusal in found] == named
    assert {refusal.kind for refusal in found} <= {kind}


@pytest.mark.parametrize(
    ("value", "words", "instead"),
    [
        (0.0, "`temperature` must be strictly positive", 0.01),
        (0.0, "temperature should be greater than 0", 0.01),
        (0.0, "temperature must be > 0.0", 0.01),
        (0.0, "temperature must be at least 0.1", 0.1),
        (3.0, "temperature must be in [0, 2]", 2.0),
        (2.0, "temperature must be in (0, 2)", 1.99),
        (1.4, "top_p must be less than or equal to 1", 1.0),
        (21, "top_logprobs must be between 0 and 20", 20.0),
        (20, "the maximum value is 5", 5.0),
        (0, "top_k must be a positive integer", 1.0),
        (-1, "repeat_last_n must be non-negative", 0.0),
        (0.0, "Only the default (1) value is supported.", 1.0),
        (0.7, "temperature must be between 0 and 2", None),
        (0.0, "this value is not allowed", None),
    ],
)
def test_the_nearest_value_is_read_from_the_words(value: float, words: str, instead: float | None) -> None:
    assert nearest(value, words) == instead


@given(
    low=st.floats(-100, 100).map(lambda x: round(x, 3)),
    width=st.floats(0.1, 100).map(lambda x: round(x, 3)),
    value=st.floats(-1000, 1000),
)
def test_a_value_outside_goes_to_the_nearer_end_and_one_inside_nowhere(low: float, width: float, value: float) -> None:
    high = round(low + width, 3)
    found = nearest(value, f"temperature must be between {low} and {high}")
    assert found == (low if value < low else high if value > high else None)


def unless(fine: Callable[[dict[str, Any]], bool], words: str) -> Words:
    """Refuses, with the words, a request whose options are not `fine`."""
    return lambda path, body: None if fine(body.get("options", body)) else words


def collected(study: Study, server: Fake, **options: Any) -> tuple[Path, Any, Notes]:
    async def go() -> tuple[Path, Any, Notes]:
        async with server:
            return await collect(study, server, **options)

    return asyncio.run(go())


def sent(server: Fake) -> list[dict[str, Any]]:
    """The bodies of the requests for the study's items, in order."""
    bodies = [call.json for call in server.calls if call.method == "POST" and "chat" in call.path]
    return [b for b in bodies if "How many apples" in str(b["messages"]) and "_debug_render_only" not in b]


@pytest.mark.parametrize("engine", ["ollama", "openai"])
def test_what_is_refused_by_name_is_left_out_said_and_not_logged(study: Study, engine: str) -> None:
    server = Fake(refusal=unless(lambda o: "repeat_last_n" not in o, "repeat_last_n is no longer supported"))
    path, result, _ = collected(study, server, engine=engine)
    assert result.reason == "complete" and result.errors == 0
    log = runlog.read(path, Issues())
    assert [lack for lack in log.run.engine.lacks if "repeat_last_n" in lack] == [
        "no repeat_last_n: the server refuses it"
    ]
    assert all("repeat_last_n" not in sample.request.options for sample in log.samples)
    assert all("top_k" in sample.request.options for sample in log.samples)
    issues = Issues()
    assert runlog.verify(path, issues).sealed and not list(issues)


@pytest.mark.parametrize("engine", ["ollama", "openai"])
@pytest.mark.parametrize(
    ("experiment", "line"),
    [
        ({"options": {"typical_p": 0.9}}, 3),
        ({"sweep": {"typical_p": [0.5, 0.9]}}, None),
        ({"conditions": [{"typical_p": 0.5}, {"typical_p": 0.9}]}, None),
    ],
)
def test_what_the_experiment_sets_and_the_server_refuses_stops_it_at_its_line(
    study: Study, engine: str, experiment: dict[str, Any], line: int | None
) -> None:
    write_experiment(study.root, **experiment)
    server = Fake(refusal=unless(lambda o: "typical_p" not in o, "typical_p is no longer supported"))
    with pytest.raises(Problem) as caught:
        collected(study, server, engine=engine)
    issue = caught.value.issues[0]
    assert issue.code == "run-refused" and issue.path.endswith("experiment.yaml") and "typical_p" in issue.message
    text = study.experiment("trial").read_text().splitlines()
    assert issue.line is not None and issue.hint is not None
    assert any("typical_p" in text[n] for n in (issue.line - 1, issue.line - 2)), text
    assert not study.run_logs("trial"), "nothing was collected"


def test_typical_p_is_sent_only_where_it_is_set(study: Study) -> None:
    server = Fake()
    collected(study, server)
    assert sent(server) and all("typical_p" not in body["options"] for body in sent(server))
    write_experiment(study.root, options={"typical_p": 0.9})
    server = Fake()
    path, _, _ = collected(study, server)
    assert {body["options"]["typical_p"] for body in sent(server)} == {0.9}
    assert {sample.request.options["typical_p"] for sample in samples_of(path)} == {0.9}


@pytest.mark.parametrize("engine", ["ollama", "openai"])
def test_a_refused_value_gives_way_to_the_nearest_and_the_others_are_sent_as_asked(study: Study, engine: str) -> None:
    write_experiment(study.root, sweep={"temperature": [0, 0.7, 1.2]})
    server = Fake(refusal=unless(lambda o: o["temperature"] > 0, "`temperature` must be strictly positive"))
    path, result, _ = collected(study, server, engine=engine)
    assert result.reason == "complete"
    log = runlog.read(path, Issues())
    logged = {(s.condition["temperature"], s.request.options["temperature"]) for s in log.samples}
    assert logged == {(0.0, 0.01), (0.7, 0.7), (1.2, 1.2)}
    wire = {body.get("options", body)["temperature"] for body in sent(server)}
    assert wire == {0.01, 0.7, 1.2}
    assert any("temperature 0.01 in place of 0" in lack for lack in log.run.engine.lacks)


def test_a_value_far_from_all_that_is_taken_stops_its_experiment(study: Study) -> None:
    words = (
        "Unsupported value: 'temperature' does not support 0 with this model. Only the default (1) value is supported."
    )
    server = Fake(refusal=unless(lambda o: o["temperature"] == 1, words))
    with pytest.raises(Problem) as caught:
        collected(study, server, engine="openai")
    assert "temperature 0" in caught.value.issues[0].message


def test_a_refusal_that_names_nothing_is_tried_once_with_the_apis_own_fields(study: Study) -> None:
    own = {"top_k", "min_p", "repeat_penalty", "repeat_last_n", "cache_prompt", "chat_template_kwargs"}
    write_experiment(study.root, think=None)
    server = Fake(refusal=unless(lambda o: not own & set(o), "Invalid request body"))
    path, result, _ = collected(study, server, engine="openai")
    assert result.reason == "complete"
    log = runlog.read(path, Issues())
    assert any("top_k" in lack and "all of them" in lack for lack in log.run.engine.lacks)
    assert all(not own & set(body) for body in sent(server))
    assert all(not own & set(s.request.options) and s.request.cache_prompt is None for s in log.samples)


def test_a_refusal_that_nothing_helps_against_says_what_was_tried(study: Study) -> None:
    write_experiment(study.root, think=None)
    server = Fake(refusal=lambda path, body: "Invalid request body")
    path, _, _ = collected(study, server, engine="openai")
    errors = [s.error for s in samples_of(path)]
    assert errors and all(e is not None and e.attempts == 1 and "and without" in e.message for e in errors)


def test_logprobs_refused_with_tools_are_asked_for_without_tools() -> None:
    from llmxsite.exchange import engine
    from llmxsite.exchange.engine.protocol import Message, Request

    tools = [{"type": "function", "function": {"name": "f", "parameters": {}}}]

    async def go() -> None:
        async with (
            Fake(
                refusal=lambda path, body: (
                    "logprobs is not supported with tools + stream"
                    if body.get("tools") and body.get("logprobs")
                    else None
                )
            ) as server,
            engine.connect("ollama", server.url) as ollama,
        ):
            plain = Request(model="fake:1b", messages=[Message(role="user", content="A) yes B) no")], options=Options())
            with_tools = Request(model="fake:1b", messages=plain.messages, options=Options(), tools=tools)
            reply = await ollama.chat(with_tools)
            assert reply.tokens is None and reply.sent is not None and reply.sent.top_logprobs is None
            assert (await ollama.chat(plain)).tokens
            assert ollama.lacks()[-1] == "no logprobs with tools: the server refuses it"

    asyncio.run(go())


def late(fine: Callable[[dict[str, Any]], bool], words: str, after: int) -> Words:
    """As `unless`, from the `after`th request for an item on: the server was replaced meanwhile."""
    seen = 0

    def refuse(path: str, body: dict[str, Any]) -> str | None:
        nonlocal seen
        seen += "How many apples" in str(body.get("messages"))
        return None if seen <= after or fine(body.get("options", body)) else words

    return refuse


@pytest.mark.parametrize("engine", ["ollama", "openai"])
def test_what_turns_out_later_has_a_line_of_its_own_and_every_sample_what_was_sent(study: Study, engine: str) -> None:
    server = Fake(refusal=late(lambda o: "min_p" not in o, "min_p is no longer supported", 5))
    path, result, seen = collected(study, server, engine=engine)
    assert result.reason == "complete" and not result.errors
    lines = [line for _, line in runlog.iterate(path, Issues())]
    assert [line.lacks for line in lines if isinstance(line, Lack)] == [["no min_p: the server refuses it"]]
    assert any("min_p" in note for note in seen.notes)
    assert ["min_p" in s.request.options for s in samples_of(path)] == [True] * 5 + [False] * 7
    answered = sent(server)
    del answered[5]  # the one that was refused
    assert ["min_p" in body.get("options", body) for body in answered] == [True] * 5 + [False] * 7
    issues = Issues()
    assert runlog.verify(path, issues).sealed and not list(issues)


def test_a_later_refusal_of_what_the_experiment_sets_stops_the_run(study: Study) -> None:
    write_experiment(study.root, options={"min_p": 0.2})
    server = Fake(refusal=late(lambda o: "min_p" not in o, "min_p is no longer supported", 5))
    path, result, _ = collected(study, server)
    assert result.reason == "stopped" and [i.code for i in result.issues] == ["run-refused"]
    assert result.issues[0].line is not None
    assert len(samples_of(path)) == 5 and all(s.request.options["min_p"] == 0.2 for s in samples_of(path))


def test_a_sweep_of_what_the_api_has_no_field_for_is_refused(study: Study) -> None:
    write_experiment(study.root, options={}, sweep={"num_ctx": [512, 1024]})
    with pytest.raises(Problem) as caught:
        collected(study, Fake(), engine="openai")
    assert "no field for 'num_ctx'" in caught.value.issues[0].message
    assert collected(study, Fake(), engine="ollama")[1].reason == "complete"


def test_a_sweep_of_what_a_server_passes_over_is_refused_and_a_setting_is_a_lack(study: Study) -> None:
    """A server that draws by the seed alone, whatever `top_k` says."""

    def drawn(body: dict[str, Any]) -> tuple[list[str], str]:
        options = body.get("options", body)
        return [f"word{options['seed']}"] if options["temperature"] else ["A"], "stop"

    write_experiment(study.root, sweep={"top_k": [1, 20]})
    with pytest.raises(Problem) as caught:
        collected(study, Fake(reply=drawn), engine="openai")
    assert "passes over 'top_k'" in caught.value.issues[0].message and caught.value.issues[0].line is not None
    write_experiment(study.root, options={"top_k": 5})
    path, _, _ = collected(study, Fake(reply=drawn), engine="openai")
    assert "top_k is passed over for fake:1b" in runlog.read(path, Issues()).run.engine.lacks
