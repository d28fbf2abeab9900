"""Experiments: every mistake at its place, presets, expansion, the choice of items."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from collect_support import make_study, write_experiment
from hypothesis import given
from hypothesis import strategies as st

from llmxsite.base.diagnostics import Issues, Problem
from llmxsite.base.document import Document
from llmxsite.exchange import engine
from llmxsite.exchange.engine.protocol import Options
from llmxsite.study import experiment
from llmxsite.study.experiment import Experiment, Resolved, Template, expand, fingerprint, parse_prompt, select, varied
from llmxsite.study.study import Study
from llmxsite.study.suite import QuestionItem


@pytest.fixture
def study(tmp_path: Path) -> Study:
    return make_study(tmp_path)


def load(study: Study, text: str | None = None, **keys: object) -> tuple[Resolved | None, list[str]]:
    """The experiment, and its issues as `line:column code message | hint`."""
    if text is not None:
        study.experiment("trial").write_text(text)
    else:
        write_experiment(study.root, **keys)
    issues = Issues()
    found = experiment.load(study, "trial", issues)
    return found, [f"{i.line}:{i.column} {i.code} {i.message} | {i.hint}" for i in issues.sorted()]


MISTAKES = """\
task: benchmark
suites: [sums, summs]
models: [fake:1b, fake:1b]
prompt: few-shots
sweep:
  temprature: [0.1]
  temperature: [-1, 0.5, 0.5, "0.7"]
  top_p: []
conditions:
  - {temperature: 0.2}
  - {}
options:
  temperature: 0.3
  num_ctx: 10
  nun_predict: 5
repeats: 0
limit: 0
concurrency: 1000
analysis: {alpha: 2, compare: [modell]}
"""


def test_every_mistake_is_named_at_its_place(study: Study) -> None:
    found, issues = load(study, MISTAKES)
    assert found is None
    assert issues == [
        "2:16 experiment-suite no suite 'summs' in suites/ | did you mean 'sums'?",
        "3:19 experiment-duplicate the model 'fake:1b' stands twice | None",
        "4:9 experiment-prompt unknown prompt 'few-shots' | write few-shot(k), such as few-shot(5)",
        "6:3 experiment-factor unknown factor 'temprature' | did you mean 'temperature'?",
        "7:3 experiment-conflict 'temperature' is swept and also set under 'options' | keep it in one of the two",
        "7:17 experiment-range 'temperature' must be a number from 0 to 10, not -1 | None",
        "7:26 experiment-duplicate level 0.5 stands twice | None",
        "7:31 experiment-range 'temperature' must be a number from 0 to 10, not '0.7' | without the quotes it is a number",
        "8:10 experiment-empty the sweep of 'top_p' has no levels | None",
        "10:6 experiment-conflict 'temperature' is listed here and swept as well | keep it in one of the two",
        "11:5 experiment-empty this condition sets nothing | None",
        "14:12 experiment-range 'num_ctx' must be a whole number from 128, not 10 | None",
        "15:3 experiment-factor unknown option 'nun_predict' | did you mean 'num_predict'?",
        "16:10 experiment-range 'repeats' must be from 1 to 1000, not 0 | None",
        "17:8 experiment-range 'limit' must be at least 1, or null for all items, not 0 | None",
        "18:14 experiment-range 'concurrency' must be from 1 to 256, not 1000 | None",
        "19:19 experiment-range 'alpha' must be above 0, at most 0.5, not 2 | None",
        "19:32 experiment-factor unknown factor 'modell' | did you mean 'model'?",
    ]


def test_wrong_types_do_not_hide_each_other(study: Study) -> None:
    _, issues = load(study, "suites: sums\nmodels: [1]\nrepeats: many\nsweeps: {}\n")
    assert issues == [
        "1:9 experiment-invalid 'suites' must be a list, not text | None",
        "2:10 experiment-invalid 'models' must be text, not a whole number | None",
        "3:10 experiment-invalid 'repeats' must be a whole number, not text | None",
        "4:1 experiment-unknown-key unknown key 'sweeps' | did you mean 'sweep'?",
    ]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("- a\n", "experiment-invalid"),
        ("suites: [sums]\n", "experiment-empty"),
        ("models: [m]\n", "experiment-empty"),
        ("suites: [sums]\nmodels: [m]\ntask: rag\n", "experiment-task"),
        ("suites: [sums]\nmodels: [m]\ntask: dance\n", "experiment-task"),
        ("suites: [sums]\nmodels: [m]\nprompt: few-shot(0)\n", "experiment-prompt"),
        ("suites: [sums]\nmodels: [m]\nprompt: self-consistency(5)\n", "experiment-prompt"),
        ("suites: [sums]\nmodels: [m]\nprompt: none.txt\n", "experiment-template"),
        ("suites: [sums]\nmodels: [m]\nprompt: ../../site.yaml\n", "experiment-template"),
        ("suites: [sums]\nmodels: [m]\nhypothesis: '  '\n", "experiment-empty"),
        ("suites: [sums]\nmodels: [m]\noptions: {num_predict: 512, num_ctx: 512}\n", "experiment-range"),
        ("suites: [sums]\nmodels: [m]\noptions: {seed: -1}\n", "experiment-range"),
        ("suites: [sums]\nmodels: [m]\noptions: {stop: x}\n", "experiment-range"),
        ("suites: [sums]\nmodels: ['a b']\n", "experiment-range"),
        ("suites: [sums]\nmodels: [m]\nanalysis: {compare: [temperature]}\n", "experiment-compare"),
        ("suites: [sums]\nmodels: [m]\nconditions: [{top_p: 0.5}, {top_p: 0.5}]\n", "experiment-duplicate"),
        ("suites: [sums]\nmodels: [m]\nsweep: {model: [a, b]}\n", "experiment-conflict"),
        ("suites: [sums]\nmodels: [m]\nprompt: cot\nsweep: {prompt: [cot, letter]}\n", "experiment-conflict"),
        (
            "suites: [sums]\nmodels: [m]\nsweep: {{seed: [{}], top_k: [{}]}}\n".format(
                ", ".join(map(str, range(200))), ", ".join(map(str, range(100)))
            ),
            "experiment-size",
        ),
        ("suites: [sums]\nmodels: [m]\npreset: temperature-sweep\nsweep: {temperature: [1]}\n", "experiment-preset"),
        ("suites: [sums]\nmodels: [m]\npreset: deterministic-pair\nrepeats: 3\n", "experiment-preset"),
        ("suites: [sums]\nmodels: [m]\npreset: deterministic-pair\nsweep: {seed: [1, 2]}\n", "experiment-preset"),
        (
            "suites: [sums]\nmodels: [m]\npreset: deterministic-pair\nsweep: {top_k: [1, 2], top_p: [0.5, 1]}\n",
            "experiment-preset",
        ),
        ("suites: [sums]\nmodels: [m]\npreset: deterministic-pair\nsweep: {top_k: [1, 2, 3]}\n", "experiment-preset"),
        ("a: [", "yaml-syntax"),
    ],
)
def test_one_mistake(study: Study, text: str, code: str) -> None:
    found, issues = load(study, text)
    assert found is None
    assert code in {issue.split(" ")[1] for issue in issues}


def test_a_missing_experiment_names_the_nearest(study: Study) -> None:
    issues = Issues()
    assert experiment.load(study, "trail", issues) is None
    (issue,) = issues
    assert (issue.code, issue.hint) == ("experiment-missing", "did you mean 'trial'?")


def test_presets(study: Study) -> None:
    sweep, _ = load(study, preset="temperature-sweep")
    assert sweep and sweep.sweep == {"temperature": [0.2, 0.7, 1.2]}
    pair, _ = load(study, preset="deterministic-pair")
    assert pair and pair.sweep == {"temperature": [0.0, 0.7]} and pair.options["seed"] == 42
    other, _ = load(study, preset="deterministic-pair", sweep={"num_ctx": [2048, 4096]}, options={"seed": 7})
    assert other and other.sweep == {"num_ctx": [2048, 4096]} and other.options["seed"] == 7


def test_conditions_cross_and_keep_their_order(study: Study) -> None:
    found, issues = load(
        study,
        models=["a:1b", "b:1b"],
        sweep={"temperature": [0, 1]},
        conditions=[{"prompt": "cot"}, {"model": "c:1b", "system": "Be brief."}],
        options={"seed": 7},
        think=None,
    )
    assert found and not issues, issues
    conditions = expand(found)
    assert [(c["model"], c["prompt"], c["temperature"], c.get("system")) for c in conditions] == [
        ("a:1b", "cot", 0.0, None),
        ("a:1b", "cot", 1.0, None),
        ("b:1b", "cot", 0.0, None),
        ("b:1b", "cot", 1.0, None),
        ("c:1b", "letter", 0.0, "Be brief."),
        ("c:1b", "letter", 1.0, "Be brief."),
    ]
    assert all(c["seed"] == 7 for c in conditions)
    assert all(list(c)[:3] == ["model", "prompt", "temperature"] for c in conditions)
    assert varied(conditions) == ["model", "prompt", "temperature", "system"]
    assert expand(found) == conditions


def test_models_and_contexts_change_slowest(study: Study) -> None:
    found, _ = load(study, models=["a", "b"], sweep={"temperature": [0, 1], "num_ctx": [2048, 4096]}, options={})
    assert found
    pairs = [(c["model"], c["num_ctx"]) for c in expand(found)]
    assert pairs == [(m, n) for m in "ab" for n in (2048, 4096) for _ in (0, 1)]


def test_the_fingerprint_is_of_what_samples_depend_on(study: Study) -> None:
    base, _ = load(study, options={"temperature": 1})
    same, _ = load(study, options={"temperature": 1.0}, question="Why?", limit=5, repeats=3, concurrency=4)
    other, _ = load(study, options={"temperature": 0.9})
    assert base and same and other
    assert fingerprint(base) == fingerprint(same) != fingerprint(other)


def test_templates_are_read_and_checked(study: Study) -> None:
    folder = study.report("trial")
    (folder / "prompts").mkdir()
    (folder / "prompts" / "mine.txt").write_text("{question}\n{choices}\nSay {letters}.")
    found, issues = load(study, prompt="prompts/mine.txt")
    assert found and not issues and found.templates == {"prompts/mine.txt": "{question}\n{choices}\nSay {letters}."}
    (folder / "prompts" / "mine.txt").write_text("{{ }} {questoin}\nand } and {\n{letters}")
    found, issues = load(study, prompt="prompts/mine.txt")
    assert found is None
    assert [i.split(" | ")[0] for i in issues] == [
        "1:7 template-placeholder unknown placeholder 'questoin'",
        "2:5 template-placeholder a lone '}'",
        "2:11 template-placeholder a lone '{'",
    ]
    _, issues = load(study, prompt="prompts/mien.txt")
    assert issues[0].endswith("did you mean 'prompts/mine.txt'?")


def test_template_braces() -> None:
    template = Template.parse('{{"q": "{question}"}} {0}'.replace(" {0}", ""), "t")
    assert template.render({"question": "Why {x}?"}) == '{"q": "Why {x}?"}'
    with pytest.raises(Problem):
        Template.parse("no question here", "t")


@pytest.mark.parametrize(
    ("text", "kind", "n"),
    [
        ("letter", "letter", 0),
        ("cot", "cot", 0),
        ("few-shot(5)", "few-shot", 5),
        ("few-shot ( 5 )", "few-shot", 5),
        ("self-consistency(9)", "self-consistency", 9),
        ("completion", "completion", 0),
        ("completion(3)", "completion", 3),
        ("a/b.txt", "template", 0),
    ],
)
def test_prompts(text: str, kind: str, n: int) -> None:
    prompt = parse_prompt(text)
    assert prompt is not None and (prompt.kind, prompt.n) == (kind, n)


@pytest.mark.parametrize(
    "text", ["", "letters", "few-shot", "few-shot(x)", "self-consistency(1)", "cot(2)", "letter(1)"]
)
def test_no_prompts(text: str) -> None:
    assert parse_prompt(text) is None


def test_what_other_rooms_know_too() -> None:
    """The experiment cannot import the rooms after it; what they share is held together here."""
    assert Options().temperature == experiment.condition.TEMPERATURE
    assert engine.NAMES == experiment.factor.ENGINES
    options = {f.name for f in experiment.FACTORS.values() if f.role == "option"} | {"stop"}
    assert options == set(Options.__struct_fields__)


@given(
    st.lists(st.sampled_from("abc"), min_size=1, max_size=60),
    st.integers(1, 60),
    st.integers(0, 5),
)
def test_a_limit_takes_a_stratified_prefix(categories: list[str], limit: int, seed: int) -> None:
    items = [QuestionItem(id=f"i{n}", category=c, question="q", answer="a") for n, c in enumerate(categories)]
    chosen = select(items, limit, seed)
    assert len(chosen) == min(limit, len(items))
    assert len({i.id for i in chosen}) == len(chosen)
    if limit < len(items):
        assert select(items, limit, seed) == chosen
        assert {i.id for i in chosen} <= {i.id for i in select(items, limit + 1, seed)}
        for category in set(categories):
            share = categories.count(category) / len(items)
            assert abs(sum(i.category == category for i in chosen) - share * limit) <= 1.5
    else:
        assert chosen == items


def test_yaml_words_are_words(study: Study) -> None:
    """`no` and `on` in a list of models are names, not booleans."""
    found, issues = load(study, yaml.safe_dump({"suites": ["sums"], "models": ["no"]}).replace("'no'", "no"))
    assert found and found.models == ["no"] and not issues


@pytest.mark.parametrize(
    ("text", "place", "words", "hint"),
    [
        (" task: benchmark\nquestion: Why?\n", (1, 2), "another column", "line 1 is indented by 1"),
        ("task: benchmark\n question: Why?\nrepeats: 2\n", (2, 2), "another column", "line 2 is indented by 1"),
        ("sweep:\n  temperature: [0]\n top_p: [1]\n", (3, 2), "another column", "line 3 is indented by 1"),
        ("conditions:\n  - model: a\n     top_p: 1\n", (3, 6), "another column", "line 3 is indented by 5"),
        ("models: [a, b\nsuites: [c]\n", (1, 9), "this '[' is never closed", "close it"),
        ("sweep: {temperature: [0, 1]\nrepeats: 3\n", (1, 8), "this '{' is never closed", "close it"),
        ("question: 'Why\nrepeats: 3\n", (1, 11), "this quotation mark is never closed", "close it"),
        ("task: benchmark\nquestion Why?\nrepeats: 2\n", (2, 1), "a ':' is missing", "key: value"),
        ("question: Why: really\n", (1, 14), "not valid YAML", "in quotes"),
        (
            "question: >\n  Folded text: with a colon\n  and more\nsuites: [a\nmodels: [b]\n",
            (4, 9),
            "never closed",
            "close",
        ),
    ],
)
def test_yaml_that_cannot_be_read_is_named_at_its_own_line(
    text: str, place: tuple[int, int], words: str, hint: str
) -> None:
    with pytest.raises(Problem) as caught:
        Document.parse(text, "experiment.yaml")
    (issue,) = caught.value.issues
    assert (issue.line, issue.column) == place and words in issue.message and hint in (issue.hint or "")
    with pytest.raises(Problem) as caught:
        Document.parse(text, "page.md", first_line=10)
    (later,) = caught.value.issues
    assert later.line == place[0] + 9
    assert "is indented" not in hint or f"line {later.line} is indented" in (later.hint or "")


@pytest.mark.parametrize(("word", "hint"), [("answr", "did you mean 'answer'?"), ("zzzz", "known: ")])
def test_a_word_that_is_no_value_of_a_key_gets_the_nearest(word: str, hint: str) -> None:
    issues = Issues()
    Document.parse(f"repeats: 2\nlogprobs: {word}\n", "experiment.yaml").convert(
        Experiment, code="experiment", issues=issues
    )
    (issue,) = issues
    assert issue.line == 2 and issue.message == f"'{word}' is not a value of 'logprobs'"
    assert issue.hint is not None and issue.hint.startswith(hint) and "answer" in issue.hint
