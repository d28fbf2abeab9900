"""Confidence from logprobs, text overlap, retrieval, tools, agreement and determinism beyond the case files."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmxsite.stats import agreement, determinism, retrieval, rouge, text, tools
from llmxsite.stats.confidence import at_temperature
from llmxsite.stats.porter import stem
from llmxsite.task import confidence

LETTERS = ["A", "B", "C", "D"]
logs = st.floats(-20, 0)


def ln(p: float) -> float:
    return math.log(p)


@pytest.mark.parametrize("token", ["A", " A", "(A", "a", "A.", "A)", "▁A", "ĠA", "\nA", "**A**", "А", "Ａ"])
def test_spellings_of_a_letter(token: str) -> None:
    assert confidence.letter_confidence({token: ln(0.5)}, LETTERS, "A").p_raw == {"A": pytest.approx(0.5)}


@pytest.mark.parametrize("token", ["An", "The", "AB", "", " ", "E", "1", "Б"])
def test_what_is_no_letter_of_the_item(token: str) -> None:
    found = confidence.letter_confidence({token: ln(0.5)}, LETTERS, "A")
    assert found.p_raw == {} and found.confidence is None and found.conf_low is None and found.argmax is None


def test_surface_variants_are_added_up() -> None:
    top = [("A", ln(0.40)), (" A", ln(0.25)), ("a", ln(0.05)), ("B", ln(0.18)), ("C", ln(0.06)), ("D", ln(0.04))]
    found = confidence.letter_confidence(top, LETTERS, "A")
    assert found.p_raw["A"] == pytest.approx(0.70) and found.letter_mass == pytest.approx(0.98)
    assert found.confidence == pytest.approx(0.714, abs=5e-4) and found.bound == 0


def test_missing_letters_open_an_interval() -> None:
    found = confidence.letter_confidence({"B": ln(0.55), "A": ln(0.30), "The": ln(0.10)}, LETTERS, "B")
    assert found.missing_letters == ("C", "D") and found.bound == pytest.approx(0.05)
    assert (found.conf_low, found.conf_high) == pytest.approx((0.611, 0.647), abs=5e-4)


def test_one_alternative_makes_every_confidence_1_and_the_bound_says_so() -> None:
    found = confidence.letter_confidence({"A": ln(0.4)}, LETTERS, "A")
    assert found.confidence == 1 and found.conf_low == pytest.approx(0.4)


def test_a_chosen_letter_outside_the_list_has_bounds_only() -> None:
    found = confidence.letter_confidence({"A": ln(0.6), "B": ln(0.3)}, LETTERS, "C")
    assert found.confidence is None and found.conf_low == 0 and found.conf_high == pytest.approx(0.1)
    assert confidence.letter_confidence({"A": ln(0.6)}, LETTERS, None).confidence is None


def test_the_stand_in_for_probability_0() -> None:
    found = confidence.letter_confidence({"A": 0.0, "B": -3.4028e38}, LETTERS[:2], "A")
    assert found.p_raw == {"A": 1.0} and found.missing_letters == ("B",), "listed with probability 0 is not seen"
    assert found.listed("B") == 0 and found.confidence == 1 and found.bound == 0
    sequence = confidence.sequence_confidence([-0.1, -3.4028e38])
    assert sequence.joint == sequence.geometric_mean == 0 and sequence.perplexity == sequence.mean_nll == math.inf
    assert confidence.sequence_confidence([]).arithmetic_mean is None


def test_boilerplate_inflates_the_mean_token_probability() -> None:
    found = confidence.sequence_confidence([ln(0.34), *[ln(0.999)] * 9])
    assert found.arithmetic_mean == pytest.approx(0.933, abs=5e-4) and found.first_token == pytest.approx(0.34)


@given(
    top=st.dictionaries(st.sampled_from([*LETTERS, " A", "The", "B.", "x"]), logs, max_size=8),
    chosen=st.sampled_from(LETTERS),
)
def test_a_confidence_lies_in_its_bounds(top: dict[str, float], chosen: str) -> None:
    total = math.fsum(map(math.exp, top.values()))
    top = {token: logprob - ln(max(1.0, total)) for token, logprob in top.items()}
    found = confidence.letter_confidence(top, LETTERS, chosen)
    assert 0 <= found.bound <= 1 and found.letter_mass <= found.topk_mass + 1e-9
    if found.p_norm:
        assert math.fsum(found.p_norm.values()) == pytest.approx(1)
    if found.confidence is not None:
        assert 0 <= found.conf_low <= found.confidence + 1e-12 and found.confidence == found.conf_high <= 1


@given(logprobs=st.lists(logs, min_size=1, max_size=30))
def test_the_arithmetic_mean_is_never_below_the_geometric(logprobs: list[float]) -> None:
    found = confidence.sequence_confidence(logprobs)
    assert found.joint - 1e-12 <= found.minimum <= found.geometric_mean + 1e-12
    assert found.geometric_mean <= found.arithmetic_mean + 1e-12


def test_temperature_sharpens_to_the_largest() -> None:
    assert at_temperature([ln(0.6), ln(0.4)], 1) == pytest.approx([0.6, 0.4])
    assert at_temperature([ln(0.6), ln(0.4)], 0).tolist() == [1, 0]
    assert at_temperature([-1.0, -1.0, -3.4e38], 0.7) == pytest.approx([0.5, 0.5, 0])
    with pytest.raises(ValueError):
        at_temperature([0.0], -1)


@given(words=st.lists(st.sampled_from(["red", "green", "the", "a", "one", "two"]), max_size=8))
def test_token_f1_ignores_order_and_exact_match_does_not(words: list[str]) -> None:
    there = " ".join(words)
    back = " ".join(reversed(words))
    assert text.token_f1(there, [back]) == 1 and text.exact_match(there, [there])
    assert text.token_f1(there, []) is None and not text.exact_match(there, [])


def test_articles_of_another_language() -> None:
    assert text.normalise("Le chat, la nuit", ("le", "la", "les")) == "chat nuit"
    assert text.normalise("the cat", ()) == "the cat"


def test_rouge_needs_a_unicode_tokenizer_beyond_english() -> None:
    same = "Привет мир", "Привет мир"
    assert rouge.rouge_n(*same) == (0, 0, 0) and rouge.rouge_n(*same, tokens=rouge.unicode_words) == (1, 1, 1)
    assert rouge.rouge_n("été", "ôté").f1 == 1 and rouge.rouge_n("été", "ôté", tokens=rouge.unicode_words).f1 == 0
    assert rouge.rouge_n("word", "word", 2).f1 == 0


@given(st.lists(st.sampled_from("abcd"), max_size=12), st.lists(st.sampled_from("abcd"), max_size=12))
def test_rouge_swaps_precision_and_recall_with_its_sides(a: list[str], b: list[str]) -> None:
    for measure in (rouge.rouge_n, rouge.rouge_l):
        there, back = measure(" ".join(a), " ".join(b)), measure(" ".join(b), " ".join(a))
        assert there.f1 == pytest.approx(back.f1) and there.precision == pytest.approx(back.recall)


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        *(("caresses", "caress"), ("ponies", "poni"), ("dies", "die"), ("agreed", "agre"), ("plastered", "plaster")),
        *(
            ("motoring", "motor"),
            ("sing", "sing"),
            ("hopping", "hop"),
            ("filing", "file"),
            ("happy", "happi"),
            ("by", "by"),
        ),
        *(("relational", "relat"), ("dying", "die"), ("skies", "sky"), ("adoption", "adopt"), ("controll", "control")),
        *(("probate", "probat"), ("rate", "rate"), ("archaeology", "archaeolog"), ("spied", "spi"), ("news", "news")),
    ],
)
def test_stems(word: str, expected: str) -> None:
    assert stem(word) == expected


def test_retrieval_leaves_out_queries_without_a_relevant_document() -> None:
    values = [retrieval.recall(["a"], {"a": 1}), retrieval.recall(["a"], {"a": 0}), retrieval.recall([], {"b": 1})]
    found = retrieval.aggregate(values)
    assert (found.mean, found.queries, found.left_out) == (0.5, 2, 1)
    assert retrieval.aggregate([]).mean is None
    nothing = {"a": 0.0}
    assert retrieval.ndcg(["a"], nothing) is None and retrieval.precision(["a"], nothing, 1) is None
    assert retrieval.reciprocal_rank(["a"], nothing) is None and retrieval.average_precision(["a"], nothing) is None


def test_ranks_two_and_four_of_two() -> None:
    ranked, judged = ["x", "a", "y", "b"], {"a": 1.0, "b": 1.0}
    assert retrieval.reciprocal_rank(ranked, judged) == 0.5 and retrieval.recall(ranked, judged, 3) == 0.5
    assert retrieval.ndcg(ranked, judged) == pytest.approx(0.651, abs=5e-4)
    assert retrieval.reciprocal_rank(ranked, judged, 1) == 0


def test_gains_are_named() -> None:
    ranked, judged = ["c", "a", "d", "b"], {"a": 3.0, "b": 2.0, "c": 1.0, "d": 0.0}
    assert retrieval.ndcg(ranked, judged, 3) == pytest.approx(0.6075, abs=5e-5)
    assert retrieval.ndcg(ranked, judged, 3, "exponential") == pytest.approx(0.5767, abs=5e-5)


SCHEMAS = {
    "convert": {
        "type": "object",
        "properties": {"value": {"type": "number"}, "to": {"type": "string", "enum": ["km", "mi"]}},
        "required": ["value", "to"],
        "additionalProperties": False,
    },
    "calc": {"type": "object", "properties": {"expr": {"type": "string"}}, "required": ["expr"]},
}
CONVERT = tools.Call("convert", {"value": 5, "to": "km"})
CALC = tools.Call("calc", {"expr": "2+2"})


def test_a_suite_of_tool_calls() -> None:
    pairs = [
        (CONVERT, tools.Call("convert", {"value": 5.0, "to": "km"}), "correct"),
        (CONVERT, tools.Call("convert", {"value": 50, "to": "km"}), "wrong_args"),
        (CONVERT, tools.Call("convert", {"value": 5}), "wrong_args"),
        (CONVERT, CALC, "wrong_tool"),
        (CONVERT, tools.Call("search", {}), "hallucinated_tool"),
        (CONVERT, None, "missing_call"),
        (CALC, CALC, "correct"),
        (None, CALC, "unneeded_call"),
        (None, tools.Call("search", {}), "hallucinated_tool"),
        (None, None, "correct_abstention"),
    ]
    judged = [tools.judge(wanted, made, SCHEMAS) for wanted, made, _ in pairs]
    assert [j.outcome for j in judged] == [outcome for *_, outcome in pairs]
    found = tools.rates(judged, list(SCHEMAS))
    assert found.tool_selection == 5 / 10 and found.success == 3 / 10 and found.args_exact == 2 / 4
    assert found.hallucinated == 2 / 8 and found.missing == 1 / 7 and found.unneeded == 2 / 3
    assert found.schema_valid == 5 / 6 and found.decisions == {"tp": 6, "fp": 2, "fn": 1, "tn": 1}
    assert found.tools["calc"] == tools.ToolScore(1 / 3, 1.0, 0.5)


def test_rates_without_a_denominator_are_undefined() -> None:
    found = tools.rates([tools.judge(CALC, None, SCHEMAS)], ["calc", "convert"])
    assert found.unneeded is None and found.hallucinated is None and found.args_exact is None
    assert found.tools["convert"] == tools.ToolScore(None, None, None) and found.missing == 1


def test_json_values_compare_by_value_not_by_kind() -> None:
    assert tools.same_json({"a": [1, {"b": 2.0}]}, {"a": [1.0, {"b": 2}]})
    for a, b in ((True, 1), ("5", 5), ([1, 2], [2, 1]), ({"a": 1}, {"a": 1, "b": 2}), (None, 0)):
        assert not tools.same_json(a, b)


@given(n=st.integers(1, 12), data=st.data())
def test_all_of_k_is_never_likelier_than_any_of_k(n: int, data: st.DataObject) -> None:
    c, k = data.draw(st.integers(0, n)), data.draw(st.integers(1, n))
    found = tools.reliability(n, c, k)
    assert 0 <= found.pass_hat_k <= c / n + 1e-12 and c / n - 1e-12 <= found.pass_at_k <= 1
    assert tools.reliability(n, c, n + 1).pass_at_k is None


runs = st.lists(st.lists(st.sampled_from("ab"), max_size=4), min_size=1, max_size=6)


@given(runs=runs)
def test_replies_of_one_request(runs: list[list[str]]) -> None:
    found = determinism.replies(runs)
    assert found.identical == (found.first_divergence is None) == (len({tuple(r) for r in runs}) == 1)
    if found.first_divergence is not None:
        assert found.continuations >= 2 and len({tuple(r[: found.first_divergence]) for r in runs}) == 1
    assert (found.similarity is None) == (len(runs) == 1)
    assert found.differing_bound is None or found.differing == 0


def test_edges_of_determinism() -> None:
    with pytest.raises(ValueError):
        determinism.replies([])
    assert determinism.total_agreement([]).share is None
    assert determinism.drift([], []).largest is None
    assert determinism.drift([-math.inf, -1.0], [-math.inf, -1.0]).largest == 0
    assert determinism.fragile(0.1, 0.06) and not determinism.fragile(0.2, 0.06)


@given(labels=st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("abc")), min_size=1, max_size=30))
def test_agreement_is_symmetric(labels: list[tuple[str, str]]) -> None:
    a, b = [x for x, _ in labels], [y for _, y in labels]
    there, back = agreement.cohen(a, b), agreement.cohen(b, a)
    assert there.agreement == back.agreement and (there.kappa is None) == (back.kappa is None)
    if there.kappa is not None:
        assert there.kappa == pytest.approx(back.kappa) and there.kappa <= 1 + 1e-12
    alpha = agreement.krippendorff([a, b])
    assert alpha is None if len({*a, *b}) == 1 else alpha <= 1


def test_agreement_without_a_second_category_or_rating() -> None:
    assert agreement.cohen([], []).agreement is None
    assert agreement.fleiss([["a"], ["b"]]) is None and agreement.fleiss([["a", "a"]]) is None
    assert agreement.krippendorff([[1, None], [None, 2]]) is None
    with pytest.raises(ValueError):
        agreement.cohen(["a"], [])
