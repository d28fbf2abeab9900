"""Predictions: what is one, what is none and why, and that a sentence and a mapping say the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from collect_support import make_study
from hypothesis import given
from hypothesis import strategies as st

from llmxsite.analysis.results.measured import apart
from llmxsite.base.diagnostics import Issues
from llmxsite.study import experiment
from llmxsite.study.experiment import MEASURES, Contrast, Prediction, PredictionError, Resolved, fingerprint
from llmxsite.study.experiment.prediction import checked, parse
from llmxsite.study.study import Study

DESIGN: dict[str, Any] = {
    "sweep": {"temperature": [0, 0.7, 1.2], "prompt": ["letter", "few-shot(5)"]},
    "repeats": 2,
}


@pytest.fixture
def study(tmp_path: Path) -> Study:
    return make_study(tmp_path)


def load(study: Study, predictions: list[object], **keys: object) -> tuple[Resolved | None, list[str]]:
    """The experiment with these predictions, and its issues as `line:column message | hint`."""
    data = {"suites": ["sums"], "models": ["fake:1b"], **DESIGN, **keys, "predictions": predictions}
    study.experiment("trial").write_text(yaml.safe_dump(data, sort_keys=False, width=1000))
    issues = Issues()
    found = experiment.load(study, "trial", issues)
    return found, [f"{i.line}:{i.column} {i.message} | {i.hint}" for i in issues.sorted()]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "accuracy of temperature=0.2 minus temperature=1.2 > 5 points",
            "accuracy of temperature=0.2 minus temperature=1.2 > 5 points",
        ),
        (
            "accuracy  of temperature=1.0 minus\n temperature=.5 suite=a|b prompt='few shot' where < -2.50 points",
            None,
        ),
        (
            "accuracy of temperature=1.0 minus temperature=.5 suite=a|b prompt='few shot' < -2.50 points",
            "accuracy of temperature=1 minus temperature=0.5 where prompt='few shot' suite=a|b < -2.5 points",
        ),
        (
            "mean_confidence of model=a:1b minus model=b:2b where suite=s = within 1 point",
            "mean_confidence of model=a:1b minus model=b:2b where suite=s = within 1 points",
        ),
        ("accuracy of think=true minus think=false > 0", "accuracy of think=true minus think=false > 0"),
        ("accuracy of seed=1 minus seed=2 < −0 points", "accuracy of seed=1 minus seed=2 < 0"),
    ],
)
def test_a_sentence_is_spelt_one_way(text: str, sentence: str | None) -> None:
    if sentence is None:
        with pytest.raises(PredictionError):
            parse(text)
    else:
        assert parse(text).sentence == sentence
        assert parse(sentence).sentence == sentence


_LEVELS = st.one_of(
    st.integers(-5, 99),
    st.floats(-9, 9).map(lambda x: round(x, 3)),
    st.booleans(),
    st.text("abcXYZ:-_.()' |", min_size=1, max_size=9).filter(lambda t: t.strip() == t and "'" not in t),
)


@given(
    a=_LEVELS,
    b=_LEVELS,
    suite=st.lists(st.text("abc-", min_size=1, max_size=5), max_size=2, unique=True),
    relation=st.sampled_from([">", "<", "="]),
    margin=st.integers(1, 99),
)
def test_what_is_written_can_be_read_again(a: Any, b: Any, suite: list[str], relation: str, margin: int) -> None:
    where: dict[str, Any] = {"suite": suite if len(suite) > 1 else suite[0]} if suite else {}
    stated = Prediction(
        measure="accuracy",
        contrast=Contrast(a={"top_p": a}, b={"top_p": b}),
        relation=relation,
        margin=f"{margin} points",
        where=where,
    )
    try:
        first = checked(stated)
    except PredictionError as error:
        assert "both sides" in str(error)
        return
    again = parse(first.sentence)
    assert again.sentence == first.sentence
    assert again.threshold == first.threshold == pytest.approx(margin / 100)


def test_a_sentence_and_a_mapping_are_one_prediction(study: Study) -> None:
    mapping = {
        "measure": "accuracy",
        "contrast": {"a": {"temperature": 0}, "b": {"temperature": 1.2}},
        "relation": ">",
        "margin": "5 points",
        "where": {"prompt": "letter"},
    }
    sentence = "accuracy of temperature=0.0 minus temperature=1.2 where prompt=letter > 5 points"
    found, issues = load(study, [mapping])
    same, _ = load(study, [sentence])
    assert not issues and found is not None and same is not None
    assert found.predicted == same.predicted and len(found.predicted) == 1
    assert found.predicted[0].threshold == 0.05
    _, issues = load(study, [sentence, mapping])
    assert [i.partition(" ")[2] for i in issues] == [
        "prediction 2: this is prediction 1 once more | delete one of the two"
    ]


MISTAKES = [
    ("acuracy of temperature=0 minus temperature=1.2 > 0", "unknown measure 'acuracy'", "did you mean 'accuracy'?"),
    ("accuracy of temprature=0 minus temprature=1.2 > 0", "unknown factor 'temprature'", "did you mean 'temperature'?"),
    (
        "accuracy of temperature=0 minus temperature=2 > 0",
        "nothing in this experiment has temperature=2",
        "known: 0, 0.7, 1.2",
    ),
    ("accuracy of suite=sums minus suite=others > 0", "unknown factor 'suite'", "predict for each on its own"),
    ("accuracy of temperature=0 minus prompt=letter > 0", "two levels of one factor", "after 'where'"),
    ("accuracy of temperature=0 minus temperature=0.0 > 0", "both sides are temperature=0", "two different levels"),
    (
        "accuracy of temperature=0 minus temperature=1.2 where temperature=0.7 > 0",
        "compared and filtered",
        "leave it out of 'where'",
    ),
    (
        "accuracy of temperature=0 minus temperature=1.2 where suit=sums > 0",
        "unknown column 'suit'",
        "did you mean 'suite'?",
    ),
    ("accuracy of temperature=0 minus temperature=1.2 where suite=sumz > 0", "has suite=sumz", "did you mean 'sums'?"),
    (
        "accuracy of temperature=0 minus temperature=1.2 where category=smal > 0",
        "has category=smal",
        "did you mean 'small'?",
    ),
    ("accuracy of temperature=0 minus temperature=1.2 > 5", "'5' has no unit", "write 5 points"),
    ("accuracy of temperature=0 minus temperature=1.2 > 5%", "'%' is not its unit", "write 5 points"),
    (
        "accuracy of temperature=0 minus temperature=1.2 > 120 points",
        "no difference of accuracy can be 120 points",
        "between -100 points and 100 points",
    ),
    ("accuracy of temperature=0 minus temperature=1.2 = within 0 points", "within 0", "= within 5 points"),
    ("accuracy of temperature=0 minus temperature=1.2 = 5 points", "'=' needs a margin", "= within 5 points"),
    ("accuracy of temperature=0 minus temperature=1.2 >= 5 points", "unknown relation '>='", "does not tell > from >="),
    ("accuracy of temperature=0 minus temperature=1.2", "must stand where 'nothing' stands", "such as:"),
    ("accuracy temperature=0 minus temperature=1.2 > 0", "'of' must stand after 'accuracy'", "such as:"),
    ("accuracy of temperature=0|1.2 minus temperature=0.7 > 0", "is 2 levels", "on its own"),
    ("", "starts with a measure", "accuracy of"),
]


@pytest.mark.parametrize(("text", "message", "hint"), MISTAKES, ids=[m[1] for m in MISTAKES])
def test_a_mistake_is_named_with_its_mend(study: Study, text: str, message: str, hint: str) -> None:
    found, issues = load(study, [text])
    assert found is None and len(issues) == 1
    line = study.experiment("trial").read_text().splitlines().index(f"- {text}" if text else "- ''") + 1
    assert issues[0].startswith(f"{line}:3 prediction 1: ")
    assert message in issues[0] and hint in issues[0].partition(" | ")[2]


def test_a_mapping_is_held_to_the_same(study: Study) -> None:
    contrast = {"a": {"temperature": 0}, "b": {"temperature": 1.2}}
    _, issues = load(study, [{"measure": "accuracy", "contrast": contrast, "relation": "above"}])
    assert "unknown relation 'above'" in issues[0]
    _, issues = load(study, [{"measure": "accuracy", "contrast": contrast, "margin": 5}])
    assert "can be 500 points" in issues[0] and "5 points are written '5 points'" in issues[0]
    _, issues = load(study, [{"measure": "accuracy", "contrast": {**contrast, "b": {}}}])
    assert "'b' must name one factor" in issues[0]
    _, issues = load(study, [{"measure": "accuracy", "contrasts": contrast}])
    assert any("unknown key 'contrasts'" in issue and "did you mean 'contrast'?" in issue for issue in issues)
    text = "suites: [sums]\nmodels: [m]\nsweep: {temperature: [0, 1.2]}\npredictions:\n  - measure: accuracy\n"
    text += "    contrast: {a: {temperature: 0}, b: {temperature: 1.2}}\n    relation: >\n      5 points\n"
    study.experiment("trial").write_text(text)
    found = Issues()
    assert experiment.load(study, "trial", found) is None
    assert [i.hint for i in found] == ['in YAML the sign needs quotes: relation: ">"']


def test_a_contrast_needs_both_its_sides(study: Study) -> None:
    conditions = [{"temperature": 0, "prompt": "letter"}, {"temperature": 1, "prompt": "cot"}]
    text = "accuracy of temperature=0 minus temperature=1 where prompt=letter > 0"
    found, issues = load(study, [text], sweep={}, conditions=conditions)
    assert found is None
    assert "no condition has temperature=1 together with prompt=letter" in issues[0]


def test_what_a_measure_needs_is_asked_for(study: Study) -> None:
    text = "mean_confidence of temperature=0 minus temperature=1.2 > 0"
    assert load(study, [text])[1] == []
    _, issues = load(study, [text], logprobs="none")
    assert "needs logprobs" in issues[0]
    for measure in MEASURES.values():
        assert measure.words and (apart(measure.name).unit or "") == measure.unit


def test_predictions_are_words_about_a_run_and_no_part_of_it(study: Study) -> None:
    before, _ = load(study, [])
    after, _ = load(study, ["accuracy of temperature=0 minus temperature=1.2 > 0"])
    assert before is not None and after is not None
    assert fingerprint(before) == fingerprint(after)
