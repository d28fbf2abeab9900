"""Claims beyond an interval: found where the data decide nothing, and nothing found in what hedges, asks or is another matter."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from text_support import own_words, run_log

from llmxsite.base.diagnostics import Issue
from llmxsite.press.check.check import check
from llmxsite.press.check.claim_words import LANGUAGES, claims
from llmxsite.study import scaffold
from llmxsite.study.study import Study

CLAIMED = [
    "A warm model is no less accurate.",
    "Warmth has no effect on the score.",
    "Sampling made no visible difference",
    "Accuracy hardly changes with warmth, it seems to us; accuracy barely moved",
    "The score does not really depend on it.",
    "It doesn’t matter how warm it is.",
    "The two prompts are equally good.",
    "The small model is as often right as the large one.",
    "Accuracy stays the same.",
    "Accuracy remained unchanged at 1.2.",
    "It is right regardless of the prompt.",
    "The long prompt was not better.",
    "Warmth decides which answers come, not how many are right.",
    "This proves that warmth hurts.",
    "Accuracy fell significantly.",
    "The large model outperforms the small one.",
    "They score the same accuracy.",
]
HONEST = [
    "A difference is not shown, which is less than no effect.",
    "Not shown is not the same as no difference.",
    "No difference was shown; one of ten points could have been missed.",
    "We cannot tell whether it has no effect.",
    "Does warmth make no difference?",
    "The hypothesis said that there is no effect.",
    "It may be no better than guessing.",
    "If accuracy stays the same, the advice is wrong.",
    "It is right in no more than 5 % of the cases.",
    "It loses no more than two points.",
    "The data rule out no difference of that size.",
    "An unreadable answer counts as wrong.",
    "The interval lies within the margin, so accuracy is the same.",
    "Nothing proves that it fell.",
    "Every question was asked at 0.2, 0.7 and 1.2.",
    "No model was asked twice.",
    "Accuracy fell by 12 points.",
    "The answers are more varied, as the text shows.",
]


@pytest.mark.parametrize("text", CLAIMED)
def test_a_claim_is_found_where_it_stands(text: str) -> None:
    found = claims(text, "en")
    assert len(found) == 1
    assert text[found[0].offset : found[0].offset + len(found[0].words)] == found[0].words


@pytest.mark.parametrize("text", HONEST)
def test_what_claims_nothing_is_left_alone(text: str) -> None:
    assert claims(text, "en") == []


@pytest.mark.parametrize(
    ("language", "claimed", "honest"),
    [
        (
            "de",
            "Die Temperatur hat keinen Einfluss.",
            "Ein Unterschied ist nicht gezeigt, aber kein Einfluss auch nicht.",
        ),
        ("de-CH", "Das Modell ist nicht schlechter.", "Ob es keinen Unterschied gibt, bleibt offen."),
        (
            "fr",
            "La température ne change pas les réponses.",
            "On ne sait pas si la température ne change pas les réponses.",
        ),
        ("es", "La temperatura no cambia nada.", "Quizá la temperatura no cambia nada."),
        ("nl", "", "De temperatuur heeft geen effect."),
    ],
)
def test_other_languages(language: str, claimed: str, honest: str) -> None:
    assert len(claims(claimed, language)) == bool(claimed)
    assert claims(honest, language) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_patterns_are_of_small_letters(language: str) -> None:
    for group in LANGUAGES[language]:
        for pattern in group:
            assert pattern.replace(r"\W", "").replace(r"\S", "").replace(r"\D", "") == pattern.lower()


def _study(
    tmp_path: Path,
    *,
    right: int,
    title: str = "T",
    summary: str = "S",
    body: str = "",
    predictions: list[str] | None = None,
) -> list[Issue]:
    """What `check` finds of claims: 20 items, `right` of them right at temperature 0 and 10 at 1."""
    root = tmp_path / "s"
    scaffold.study(root, title="T", author="Ada")
    own_words(root)
    run_log(root, right=right)
    path = root / "content" / "reports" / "first-report" / "experiment.yaml"
    data = yaml.safe_load(path.read_text())
    data["predictions"] = predictions or []
    path.write_text(yaml.safe_dump(data))
    front = yaml.safe_dump({"title": title, "summary": summary})
    path.with_name("index.md").write_text(f"---\n{front}---\n\n{body}\n")
    return [i for i in check(Study(root)) if i.code == "claim-beyond-interval"]


DIFFERENCE = "{value}`difference of=p factor=temperature a=1 b=0`"


def test_a_title_is_held_to_the_predictions(tmp_path: Path) -> None:
    title = "Warm models are not less accurate"
    prediction = "accuracy of temperature=0 minus temperature=1 > 5 points"
    (found,) = _study(tmp_path, right=12, title=title, predictions=[prediction])
    assert found.severity == "warning" and (found.line, found.column) == (3, 8)
    assert "'not less' says that nothing differs" in found.message
    assert "inconclusive (+10.0 points, 95% interval" in found.message and "n = 20 items" in found.message
    assert "within 5 points" in (found.hint or "")


@pytest.mark.parametrize(
    ("right", "predictions", "count"),
    [
        (10, ["accuracy of temperature=0 minus temperature=1 = within 30 points"], 0),
        (10, ["accuracy of temperature=0 minus temperature=1 = within 5 points"], 1),
        (20, ["accuracy of temperature=0 minus temperature=1 > 0"], 0),
        (12, [], 1),
    ],
    ids=["equivalent", "too few for the margin", "supported", "not predicted, not shown"],
)
def test_what_the_verdict_carries_may_be_said(tmp_path: Path, right: int, predictions: list[str], count: int) -> None:
    found = _study(tmp_path, right=right, summary="Warmth has no effect on accuracy.", predictions=predictions)
    assert len(found) == count


def test_a_sentence_is_held_to_the_difference_beside_it(tmp_path: Path) -> None:
    body = (
        f"Accuracy changed by {DIFFERENCE} here.\nSo warmth makes\nno difference.\n\nThe weather makes no difference."
    )
    (found,) = _study(tmp_path, right=12, body=body)
    lines = (tmp_path / "s" / "content" / "reports" / "first-report" / "index.md").read_text().splitlines()
    assert found.line is not None and lines[found.line - 1] == "no difference." and found.column == 1
    assert "accuracy of temperature=1 minus temperature=0" in found.message and "[" in found.message


def test_a_difference_that_is_shown_carries_its_sentence(tmp_path: Path) -> None:
    body = f"Accuracy fell by {DIFFERENCE}, a significant loss, and the advice is not worse for it."
    assert _study(tmp_path, right=20, body=body) == []


def test_a_sentence_on_another_measure_is_another_matter(tmp_path: Path) -> None:
    body = "Latency hardly moved. The right option stands under each letter equally often. Replies are not longer."
    assert _study(tmp_path, right=12, body=body) == []
    assert len(_study(tmp_path / "b", right=12, body="How often it was right hardly moved.")) == 1


def test_a_report_without_data_claims_nothing_yet(tmp_path: Path) -> None:
    scaffold.study(tmp_path / "s", title="T", author="Ada")
    path = tmp_path / "s" / "content" / "reports" / "first-report" / "index.md"
    path.write_text(
        path.read_text().replace("summary: One or two sentences", "summary: It has no effect on accuracy. Sentences")
    )
    assert not any(i.code == "claim-beyond-interval" for i in check(Study(tmp_path / "s")))
