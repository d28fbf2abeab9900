"""For each case file, what turns a case's input into our values under the names the file expects.

Product code does the work; a name such as `scipy_wilson` or `se_clt` is only the file's word for it. Where a field documents another
library's own convention that the product does not follow, it is computed here, and says so.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import statsmodels.api as sm
from scipy import stats as scipy_stats
from statsmodels.stats.contingency_tables import Table
from statsmodels.stats.power import NormalIndPower

from llmxsite.stats import (
    agreement,
    bootstrap,
    calibration,
    chance,
    cluster,
    cosine,
    decomposition,
    determinism,
    equivalence,
    item,
    latency,
    mcnemar,
    mean,
    meta,
    multiple,
    paired,
    percentile,
    power,
    proper_scores,
    proportion,
    resamples,
    retrieval,
    rouge,
    selective,
    text,
    tools,
    trend,
)
from llmxsite.stats.confidence import at_temperature
from llmxsite.stats.interval import defined
from llmxsite.task import confidence

Input = dict[str, Any]
Fields = Any
FUNCTIONS: dict[str, Callable[[Input], Fields]] = {}


class Computed(dict[str, Any]):
    """Fields whose names carry a number (`R@3`, `predicted_se_K8`): a pattern and what it computes."""

    def __init__(self, known: dict[str, Any], patterns: dict[str, Callable[[float], Any]]) -> None:
        super().__init__(known)
        self.patterns = patterns

    def __missing__(self, name: str) -> Any:
        for pattern, function in self.patterns.items():
            if found := re.fullmatch(pattern, name):
                return function(float(found[1]))
        raise KeyError(name)


def case_file(stem: str) -> Callable[[Callable[[Input], Fields]], Callable[[Input], Fields]]:
    def register(function: Callable[[Input], Fields]) -> Callable[[Input], Fields]:
        FUNCTIONS[stem] = function
        return function

    return register


@case_file("01_accuracy_clt_se")
def _(given: Input) -> Fields:
    scores = given["scores"]
    t, z = mean.mean(scores), mean.mean(scores, distribution="z")
    known = [score for score in scores if score is not None and not math.isnan(score)]
    binary = set(known) <= {0, 1}
    return {
        "n": t.n,
        "mean": t.mean,
        "se_clt": t.se,
        "scipy_sem_ddof1": t.se,
        "ci95_z": z.interval,
        "ci95_t": t.interval,
        "se_bernoulli_ddof0": t.se_bernoulli,
        "ci95_wald_clipped_statsmodels": proportion.interval(sum(known), len(known), method="wald") if binary else None,
    }


@case_file("02_binomial_intervals")
def _(given: Input) -> Fields:
    k, n, alpha = given["k"], given["n"], given["alpha"]
    wilson, exact = proportion.wilson(k, n, alpha), proportion.interval(k, n, alpha, "clopper-pearson")
    return {
        "wilson": wilson,
        "scipy_wilson": wilson,
        "clopper_pearson": exact,
        "scipy_exact": exact,
        "jeffreys": proportion.interval(k, n, alpha, "jeffreys"),
        "agresti_coull": proportion.interval(k, n, alpha, "agresti-coull"),
        "scipy_wilson_cc": proportion.wilson_corrected(k, n, alpha),
        "bayes_uniform_prior_equal_tailed": proportion.beta_posterior(k, n, alpha),
    }


def _clustered(scores: list[float], clusters: list[Any]) -> dict[str, Any]:
    found = cluster.clustered_mean(scores, clusters)
    return {
        "n": found.n,
        "G": found.clusters,
        "mean": found.mean,
        "se_clt_naive": found.se_naive,
        "se_cluster_paper_CR0": found.se_cr0,
        "se_cluster_CR1": found.se,
        "ci95_t_Gminus1_CR1": found.interval,
        "deff_CR1": found.deff,
    }


@case_file("03_clustered_se")
def _(given: Input) -> Fields:
    return _clustered(given["scores"], given["clusters"])


@case_file("04_paired_difference")
def _(given: Input) -> Fields:
    found = paired.paired_difference(given["a"], given["b"])
    return {
        "n": found.n,
        "mean_a": found.mean_a,
        "mean_b": found.mean_b,
        "diff": found.difference,
        "se_paired": found.se,
        "se_unpaired": found.se_unpaired,
        "ci95_z": found.interval_z,
        "ci95_t": found.interval,
        "z": found.t,
        "t": found.t,
        "p_z": found.p_z,
        "p_t": found.p,
        "pearson_r": found.r,
        "variance_ratio_paired_over_unpaired": found.variance_ratio,
    }


@case_file("05_paired_clustered")
def _(given: Input) -> Fields:
    found = paired.paired_difference(given["a"], given["b"], given["clusters"])
    a, b = (np.array(given[side], dtype=float) for side in ("a", "b"))
    return {
        **_clustered((a - b).tolist(), given["clusters"]),
        "diff": found.difference,
        "z_CR1": found.t,
        "p_t_Gminus1": found.p,
        "p_z": found.p_z,
    }


@case_file("06_mcnemar")
def _(given: Input) -> Fields:
    b, c = given["only_a_right"], given["only_b_right"]
    n = b + c + given["both_right"] + given["both_wrong"]
    found = mcnemar.mcnemar(b, c)
    return {
        "p_exact": found.p,
        "scipy_binomtest_p": found.p,
        "statistic_min_bc": min(b, c),
        "p_midp": found.p_mid,
        "chi2": found.chi2,
        "p_chi2": found.p_chi2,
        "chi2_cc": found.chi2_corrected,
        "p_chi2_cc": found.p_chi2_corrected,
        "diff_a_minus_b": (b - c) / n if n else None,
        "odds_ratio_b_over_c": found.odds,
    }


@case_file("07_variance_components")
def _(given: Input) -> Fields:
    if "p_correct" in given:
        found = mean.mean(given["p_correct"])
        return {"n": found.n, "mean": found.mean, "se": found.se}
    if "var_x" in given:
        one, many = (resamples.variance_of_item(given["var_x"], given["mean_sigma2"], k) for k in (1, given["K"]))
        return {"var_per_question": many, "ratio_to_K1": many / one}
    found = resamples.components(given["scores_questions_by_samples"])
    known = {
        "n": found.n,
        "K": found.k,
        "mean": found.mean,
        "var_of_question_means_ddof1": found.variance_of_means,
        "se_of_mean_over_question_means": found.se,
        "MSB": found.msb,
        "MSW": found.msw,
        "sigma2_within": found.sigma2,
        "omega2_between_raw": found.omega2_raw,
        "omega2_between": found.omega2,
        "icc1": found.icc,
        "icc1_truncated": found.item_share,
        "se_wrong_pooled_nK": found.se_pooled,
    }
    return Computed(known, {r"predicted_se_K(\d+)": lambda k: found.predicted_se(int(k))})


@case_file("08_power_mde")
def _(given: Input) -> Fields:
    if "p_a" in given:
        return {"h": power.cohens_h(given["p_a"], given["p_b"])}
    alpha = given["alpha"]
    if "sd_diff" in given:
        args = given["n"], given["delta"], given["sd_diff"], alpha
        return {"power_z_two_sided": power.power_z(*args), "power_t_paired": power.power_t(*args)}
    # statsmodels' solver stops within its own tolerance; two-sided, it counts the far tail too.
    solver = NormalIndPower(ddof=0)
    if "delta" in given:
        variance = power.variance_per_item(
            given["omega2"], given["sigma2_a"], given["sigma2_b"], given["K_a"], given["K_b"]
        )
        n = power.items_needed(given["delta"], variance, alpha, given["power"])
        effect = given["delta"] / math.sqrt(variance)
        theirs = solver.solve_power(effect_size=effect, alpha=alpha, power=given["power"], ratio=0)
        return {
            "variance_per_question": variance,
            "n_exact": n,
            "n_ceil": math.ceil(n),
            "n_normalindpower_two_sided": float(theirs),
        }
    each, k = given["sigma2_each"], given["K_each"]
    variance = power.variance_per_item(given["omega2"], each, each, k, k)
    theirs = solver.solve_power(nobs1=given["n"], alpha=alpha / 2, power=given["power"], ratio=0, alternative="larger")
    return {
        "variance_per_question": variance,
        "mde_formula": power.detectable(given["n"], variance, alpha, given["power"]),
        "mde": float(theirs) * math.sqrt(variance),
    }


@case_file("09_multiple_comparisons")
def _(given: Input) -> Fields:
    fields: dict[str, Any] = {}
    for method in ("holm", "bonferroni", "holm-sidak", "fdr_bh", "fdr_by"):
        found = multiple.adjust(given["p"], given["alpha"], method)
        fields[method], fields[f"{method}_reject"] = found.p, found.reject
    return fields


@case_file("10_bootstrap")
def _(given: Input) -> Fields:
    draws = given.get("n_resamples", 2000)
    if "clusters" in given:
        found = bootstrap.cluster_bootstrap(given["scores"], given["clusters"], draws=draws)
    elif "cluster_sums" in given:
        columns = [given["cluster_sums"], given["cluster_sizes"]]
        found = bootstrap.bootstrap(columns, bootstrap.mean_of_clusters, draws=draws)
    elif "scores_k_of_n" in given:
        k, n = given["scores_k_of_n"]
        found = bootstrap.bootstrap([[1.0] * k + [0.0] * (n - k)], bootstrap.mean, draws=draws, method="bca")
    else:
        found = bootstrap.bootstrap([given["scores"]], bootstrap.mean, draws=draws)
    return {
        "n": found.n,
        "mean": found.estimate,
        "se": found.se,
        "exact_se": found.se if found.exact else None,
        "ci95": found.interval,
        "percentile95_linear": found.interval,
        "n_resamples": found.resamples,
    }


@case_file("11_ece")
def _(given: Input) -> Fields:
    found = calibration.calibration(given["confidence"], given["correct"], given["bins"])
    return {
        "n": found.n,
        "mean_conf": found.mean_confidence,
        "acc": found.accuracy,
        "gap_signed": found.gap,
        "ece_1bin_abs_gap": None if found.gap is None else abs(found.gap),
        "ece_weighted": found.ece,
        "bins_n_conf_acc": [[row.n, row.confidence, row.accuracy] for row in found.bins],
        "unweighted_nonempty": found.ece_unweighted,
        "unweighted_empty_as_zero": found.ece_unweighted_all,
        "mce": found.mce,
        "rmsce_l2": found.rmsce,
    }


def _whole(c: list[float | None], y: list[float | None]) -> tuple[list[float], list[float]]:
    """What other libraries are given: the answers that have both."""
    both = [(float(s), float(r)) for s, r in zip(c, y, strict=True) if s is not None and r is not None]
    return [s for s, _ in both], [r for _, r in both]


def _mapie_ece(c: list[float], y: list[float], bins: int, strategy: str) -> float:
    """MAPIE 1.6's: `bins` edges, so one interval fewer, and what lies on the first edge is a bin of its own."""
    grid = np.linspace(0, 1, bins)
    edges = grid if strategy == "uniform" else np.quantile(c, grid)
    index = np.digitize(c, edges, right=True)
    return _weighted_gap(np.asarray(c), np.asarray(y), index)


def _netcal_equal_mass(c: list[float], y: list[float], bins: int) -> float:
    """netcal's: left-closed bins between quantiles of the confidences."""
    edges = np.quantile(c, np.linspace(0, 1, bins + 1))
    edges[0], edges[-1] = 0.0, 1.0
    index = np.clip(np.searchsorted(edges, c, side="right") - 1, 0, bins - 1)
    return _weighted_gap(np.asarray(c), np.asarray(y), index)


def _weighted_gap(c: Any, y: Any, index: Any) -> float:
    return float(sum(abs((c[index == b] - y[index == b]).sum()) for b in np.unique(index)) / len(c))


@case_file("12_ece_equal_mass")
def _(given: Input) -> Fields:
    bins = given["bins"]
    found = calibration.equal_mass(given["confidence"], given["correct"], bins)
    c, y = _whole(given["confidence"], given["correct"])
    if not c:
        return {"ece_equal_mass_kumar_helm": found.ece, "bin_upper_edges_kumar": [], "n_effective_bins": 0}
    return {
        "ece_equal_mass_kumar_helm": found.ece,
        "bin_upper_edges_kumar": [row.high for row in found.bins],
        "n_effective_bins": len(found.bins),
        "mapie_quantile_same_num_bins_arg": _mapie_ece(c, y, bins, "quantile"),
        "mapie_uniform_same_num_bins_arg": _mapie_ece(c, y, bins, "uniform"),
        "netcal_equal_mass": _netcal_equal_mass(c, y, bins),
    }


@case_file("13_proper_scores_auroc")
def _(given: Input) -> Fields:
    c, y = given["confidence"], given["correct"]
    score, test = proper_scores.brier(c, y), proper_scores.spiegelhalter(c, y)
    area = proper_scores.auroc(c, y)
    return {
        "brier": score.brier,
        "brier_skill_vs_base_rate": score.skill,
        "log_loss_clip_1e-6": proper_scores.log_loss(c, y),
        "log_loss_sklearn_eps_clip": proper_scores.log_loss(c, y, clip=np.finfo(np.float64).eps),
        "auroc": area,
        "auroc_mannwhitney": area,
        "average_precision_correct": proper_scores.average_precision(c, y),
        "average_precision_errors": proper_scores.average_precision(
            *(1 - np.array(side, dtype=float) for side in (c, y))
        ),
        "spiegelhalter_z": test.z,
        "spiegelhalter_p_two_sided": test.p,
        # MAPIE 1.6.0 reports the upper tail alone.
        "mapie_spiegelhalter_p": None if test.z is None else float(scipy_stats.norm.sf(test.z)),
    }


@case_file("14_brier_decomposition")
def _(given: Input) -> Fields:
    c, y = given["confidence"], given["correct"]
    if "bins" in given:
        binned = decomposition.murphy(c, y, given["bins"])
        return {
            "reliability": binned.reliability,
            "resolution": binned.resolution,
            "uncertainty": binned.uncertainty,
            "within_bin_variance": binned.within_variance,
            "within_bin_covariance_x2": binned.within_covariance,
            "sum_rel_minus_res_plus_unc": binned.three_terms,
            "brier_sklearn": binned.brier,
            "identity_rel_res_unc_wbv_wbc": binned.five_terms,
        }
    unique = decomposition.murphy(c, y)
    return {
        "brier": unique.brier,
        "corp_isotonic": _corp(decomposition.corp(c, y)),
        "murphy_by_unique_value": {
            "reliability": unique.reliability,
            "resolution": unique.resolution,
            "uncertainty": unique.uncertainty,
            "rel_minus_res_plus_unc": unique.three_terms,
        },
        # The case of the log score has its terms at the top.
        **_corp(decomposition.corp(c, y, score="log")),
    }


def _corp(found: decomposition.Corp) -> dict[str, Any]:
    return {
        "miscalibration": found.miscalibration,
        "discrimination": found.discrimination,
        "uncertainty": found.uncertainty,
        "score": found.score,
    }


@case_file("15_selective_confidence_weighted")
def _(given: Input) -> Fields:
    c, y = given["confidence"], given["correct"]
    found = selective.weighted_accuracy(c, y)
    # HELM takes the first int(.1 n) + 1 of the most confident.
    first = selective.cumulative_accuracy(c, y)[int(0.1 * len(c))] if c else None

    def part(chosen: selective.Part) -> list[Any]:
        return [chosen.n, chosen.accuracy]

    known = {
        "accuracy": found.accuracy,
        "conf_weighted_acc": found.weighted,
        "mean_signed_confidence": found.signed,
        "mean_conf_times_correct": found.earned,
        "mean_expected_prob_of_truth_binary": found.expected_truth,
        "helm_selective_cov_acc_area": selective.area(c, y),
        "helm_selective_acc_at_10": None if first is None else float(first),
        "accuracy_at_coverage": Computed({}, {r"([\d.]+)": lambda q: selective.accuracy_at_coverage(c, y, q)}),
    }
    return Computed(
        known,
        {
            r"high_conf_gt_([\d.]+)": lambda t: part(selective.above(c, y, t)),
            r"low_conf_lt_([\d.]+)": lambda t: part(selective.below(c, y, t)),
        },
    )


@case_file("16_confidence_from_logprobs")
def _(given: Input) -> Fields:
    if "logprobs_T1" in given:
        return {"probs": at_temperature(given["logprobs_T1"], given["T"]).tolist()}
    if "token_logprobs" in given:
        sequence = confidence.sequence_confidence(given["token_logprobs"])
        return {
            "n_tokens": sequence.tokens,
            "first_token_prob": sequence.first_token,
            "geometric_mean_prob": sequence.geometric_mean,
            "gmean_scipy": sequence.geometric_mean,
            "arithmetic_mean_prob": sequence.arithmetic_mean,
            "joint_prob": sequence.joint,
            "min_token_prob": sequence.minimum,
            "mean_nll": sequence.mean_nll,
            "perplexity": sequence.perplexity,
        }
    letters = given["letters"]
    found = confidence.letter_confidence(given["top_logprobs"], letters, given.get("chosen"))
    return {
        # What the list shows of each letter, which for one it does not hold is nothing; a probability of it there is none.
        "p_raw": {letter: found.listed(letter) for letter in letters},
        "p_norm": {letter: found.listed(letter) / found.letter_mass for letter in letters}
        if found.letter_mass
        else None,
        "letter_mass": found.letter_mass,
        "topk_mass": found.topk_mass,
        "missing_letters": found.missing_letters,
        "missing_letter_mass_bound": found.bound,
        "argmax": found.argmax,
        "conf_chosen_norm": found.confidence,
        "conf_chosen_norm_lower_bound": found.conf_low,
    }


@case_file("17_temperature_trend")
def _(given: Input) -> Fields:
    temperatures, scores = given["temperatures"], np.array(given["scores_questions_by_temp"], dtype=float)
    found = trend.slope(temperatures, scores)
    scores = scores[~np.isnan(scores).any(axis=1)]
    accuracy = scores.mean(axis=0)
    tau, page = trend.kendall(temperatures, accuracy), trend.page_decreasing(scores)
    q = trend.cochran_q(scores) if set(scores.ravel()) <= {0.0, 1.0} else None
    return {
        "n_questions": found.items,
        "acc_by_temp": accuracy.tolist(),
        "kendall_tau_temp_vs_acc": [tau.tau, tau.p],
        "page_L_decreasing": None if page is None else [page.statistic, page.p, page.method],
        "cochran_q": None if q is None else [q.q, q.p, q.df],
        "slope_per_unit_T": found.slope,
        "slope_mean_of_per_question_slopes": found.slope,
        "slope_se_per_question_sem": found.se,
        "permutation_p_two_sided_mc": found.p,
        "mann_kendall": _mann_kendall(accuracy),
        "cochran_armitage_z_p_unpaired": _cochran_armitage(temperatures, scores),
        "slope_se_cluster_question_CR1": _pooled_slope_se(temperatures, scores),
    }


def _mann_kendall(series: Any) -> dict[str, Any] | None:
    """pymannkendall's test of a handful of means: its normal p is anti-conservative there."""
    n = len(series)
    if n < 3:
        return None
    pairs = [(j - i, series[j] - series[i]) for i in range(n) for j in range(i + 1, n)]
    s = float(sum(np.sign(rise) for _, rise in pairs))
    ties = np.unique(series, return_counts=True)[1]
    variance = (n * (n - 1) * (2 * n + 5) - (ties * (ties - 1) * (2 * ties + 5)).sum()) / 18
    z = 0.0 if s == 0 else (s - math.copysign(1, s)) / math.sqrt(variance)
    return {
        "S": s,
        "tau": s / len(pairs),
        "p_normal": float(2 * scipy_stats.norm.sf(abs(z))),
        "sen_slope_per_step": float(np.median([rise / run for run, rise in pairs])),
    }


def _cochran_armitage(temperatures: list[float], scores: Any) -> list[float | None]:
    """statsmodels' test of ordinal association, which ignores the pairing and is not what the product reports."""
    table = np.column_stack([scores.sum(axis=0), (1 - scores).sum(axis=0)])
    with np.errstate(all="ignore"):
        found = Table(table).test_ordinal_association(np.array(temperatures), np.array([1, 0]))
    return [defined(found.zscore), defined(found.pvalue)]


def _pooled_slope_se(temperatures: list[float], scores: Any) -> float | None:
    """Clustered OLS over all answers, as statsmodels corrects it."""
    x = sm.add_constant(np.tile(temperatures, len(scores)))
    groups = np.repeat(np.arange(len(scores)), len(temperatures))
    fit = sm.OLS(scores.ravel(), x).fit(cov_type="cluster", cov_kwds={"groups": groups})
    return defined(fit.bse[1])


@case_file("18_cosine")
def _(given: Input) -> Fields:
    if "similarities" in given:
        found = cosine.similarities(given["similarities"])
        return {
            "n": found.n,
            "mean": found.mean,
            "sd": found.sd,
            "se": found.se,
            "min": found.minimum,
            "max": found.maximum,
            "median": found.median,
            "ci95_t": found.interval,
        }
    a, b = np.array(given["a"], dtype=float), np.array(given["b"], dtype=float)
    return {
        "cosine": cosine.cosine(a, b),
        "sklearn": _sklearn_cosine(a, b),
        "dot": float(a @ b),
        "norm_a": float(np.linalg.norm(a)),
        "norm_b": float(np.linalg.norm(b)),
    }


def _sklearn_cosine(a: Any, b: Any) -> float:
    """scikit-learn's: a vector without a length is left as it is, so that its similarity is 0."""
    unit = [side / (np.linalg.norm(side) or 1.0) for side in (a, b)]
    return float(unit[0] @ unit[1])


@case_file("19_retrieval")
def _(given: Input) -> Fields:
    qrels, run = given["qrels"], given["run"]
    ranked = {q: retrieval.ranking(run.get(q, {})) for q in qrels}
    asked = [q for q in qrels if retrieval.recall(ranked[q], qrels[q]) is not None]
    measures: dict[str, Callable[[list[str], dict[str, float], int | None], float | None]] = {
        "R": retrieval.recall,
        "P": retrieval.precision,
        "RR": retrieval.reciprocal_rank,
        "AP": retrieval.average_precision,
        "nDCG": retrieval.ndcg,
        "Success": retrieval.success,
    }

    def fields(value: Callable[[Callable[..., float | None], int | None], float | None]) -> Computed:
        known = {name: value(measures[name], None) for name in ("RR", "AP", "nDCG")}
        patterns = {rf"{name}@(\d+)": (lambda k, m=m: value(m, int(k))) for name, m in measures.items()}
        return Computed(known, patterns)

    return {
        "per_query": {q: fields(lambda m, k, q=q: m(ranked[q], qrels[q], k)) for q in asked},
        "aggregate": fields(lambda m, k: retrieval.aggregate([m(ranked[q], qrels[q], k) for q in qrels]).mean),
    }


@case_file("20_squad_em_f1")
def _(given: Input) -> Fields:
    said, references = given["prediction"], given["references"]
    return {
        "normalized_prediction": text.normalise(said),
        "em": int(text.exact_match(said, references)),
        "f1": text.token_f1(said, references),
    }


@case_file("21_rouge")
def _(given: Input) -> Fields:
    texts = given["reference"], given["prediction"]

    def scores(tokens: rouge.Tokenizer) -> Computed:
        known = {"rougeL": rouge.rouge_l(*texts, tokens), "rougeLsum": rouge.rouge_lsum(*texts, tokens)}
        return Computed(known, {r"rouge(\d)": lambda n: rouge.rouge_n(*texts, int(n), tokens)})

    return {"nostem": scores(rouge.english), "stem": scores(rouge.english_stemmed)}


@case_file("22_tool_calling")
def _(given: Input) -> Fields:
    if "n_trials" in given:
        n, c, k = given["n_trials"], given["n_success"], given["k"]
        found = tools.reliability(n, c, k)
        return {"pass_at_k": found.pass_at_k, "pass_hat_k": found.pass_hat_k, "naive_plugin_p_to_k": (c / n) ** k}
    schemas = json.loads(given["notes"].partition("tools schema:")[2])

    def judge(one: Input) -> tools.Judged:
        calls = (one["expected_call"], one["actual_call"])
        wanted, made = (None if call is None else tools.Call(call["name"], call["args"]) for call in calls)
        return tools.judge(wanted, made, schemas)

    if "items" in given:
        rates = tools.rates([judge(one) for one in given["items"]], list(schemas))
        return {
            "tool_selection_accuracy": rates.tool_selection,
            "success_rate_full": rates.success,
            "per_tool_precision": {name: score.precision for name, score in rates.tools.items()},
            "per_tool_recall": {name: score.recall for name, score in rates.tools.items()},
            "per_tool_f1": {name: score.f1 for name, score in rates.tools.items()},
            "call_decision": rates.decisions,
            "hallucinated_rate_over_calls": rates.hallucinated,
            "missing_call_rate": rates.missing,
            "unneeded_call_rate": rates.unneeded,
            "args_accuracy_given_right_tool": rates.args_exact,
            "schema_valid_rate_given_existing_tool": rates.schema_valid,
        }
    one = judge(given)
    return {
        "called": one.actual is not None,
        "tool_exists": one.tool_exists,
        "right_tool": one.right_tool,
        "schema_valid": one.schema_valid,
        "schema_errors": one.schema_errors,
        "args_exact": one.args_exact,
        "arg_recall": one.arg_recall,
        "outcome": one.outcome,
    }


@case_file("23_determinism")
def _(given: Input) -> Fields:
    if "runs_tokens" in given:
        found = determinism.replies(given["runs_tokens"])
        return {
            "N": found.n,
            "unique": found.unique,
            "unique_over_N": found.unique / found.n,
            "modal_share": found.modal_share,
            "all_identical": found.identical,
            "pairwise_agreement": found.pairwise_agreement,
            "entropy_bits": found.entropy_bits,
            "first_divergence_index": found.first_divergence,
            "n_continuations_at_divergence": found.continuations,
            "mean_pairwise_token_similarity": found.similarity,
            "differs_from_first": [found.differing, found.n - 1],
            "differs_ci95_clopper": found.differing_interval,
            "one_sided_95_upper_if_none_differ": found.differing_bound,
        }
    if "answers_items_by_runs" in given:
        parsed = determinism.total_agreement(given["answers_items_by_runs"])
        raw = determinism.total_agreement(given.get("raw_items_by_runs", []))
        return {
            "n_items": parsed.items,
            "N_runs": parsed.runs,
            "TARa_at_N": parsed.share,
            "TARr_at_N": raw.share,
            "mean_pairwise_agreement": parsed.pairwise,
            "fleiss_kappa": parsed.fleiss_kappa,
            "wilson_TARa": parsed.interval,
            "wilson_TARr": raw.interval,
        }
    if "prompts" in given:
        k, n = given["prompts_bit_identical"], given["prompts"]
        return {
            "rate": k / n if n else None,
            "wilson95": proportion.wilson(k, n),
            "clopper95": proportion.interval(k, n, method="clopper-pearson"),
        }
    found = determinism.drift(given["logprobs_run1"], given["logprobs_run2"])
    return {
        "max_abs_diff": found.largest,
        "mean_abs_diff": found.mean,
        "bit_identical_share": found.identical,
    }


@case_file("24_percentile_rank")
def _(given: Input) -> Fields:
    score = given["score"]
    if "reference_scores" in given:
        return {"percentile": percentile.llmxray_scale(given["reference_scores"], score)}
    kinds = ("mean", "rank", "weak", "strict")
    return {kind: percentile.percentile_rank(given["reference"], score, kind) for kind in kinds}


@case_file("25_meta_analysis")
def _(given: Input) -> Fields:
    found = meta.pool(given["effect"], given["variance"])
    return {
        "k": found.k,
        "df": found.k - 1,
        "fixed": found.fixed,
        "fixed_se": found.fixed_se,
        "Q": found.q,
        "p_Q": found.p_q,
        "I2_raw": found.i2_raw,
        "I2": found.i2,
        "H2": found.h2,
        "tau2_DL_raw": found.tau2_raw,
        "tau2_DL": found.tau2,
        "tau2_PauleMandel": found.tau2_pm,
        "random": found.random,
        "random_se": found.random_se,
        "random_ci95_z": found.random_interval_z,
        "hksj_se": found.hk_se,
        "hksj_ci95": found.hk_interval,
        "modified_hksj_se": found.se,
        "prediction_interval95_t_kminus2": found.prediction,
        "pymare": {"est": found.random, "se_hksj": found.hk_se, "ci": found.hk_interval, "tau2": found.tau2},
    }


@case_file("26_reliability_bins_ci")
def _(given: Input) -> Fields:
    found = calibration.calibration(given["confidence"], given["correct"], given["bins"])
    return {
        "rows": [
            {
                "bin": index,
                "lo": row.low,
                "hi": row.high,
                "n": row.n,
                "k": row.correct,
                "conf": row.confidence,
                "acc": row.accuracy,
                "wilson": row.interval,
                "clopper_pearson": proportion.interval(row.correct, row.n, method="clopper-pearson"),
                "diag_inside_wilson": row.confidence in row.interval if row.n else None,
            }
            for index, row in enumerate(found.bins)
        ]
    }


@case_file("27_agreement")
def _(given: Input) -> Fields:
    if "rater1" in given:
        found = agreement.cohen(given["rater1"], given["rater2"], given.get("labels"))
        return {
            "n": found.n,
            "agreement": found.agreement,
            "cohen_kappa": found.kappa,
            "cohen_kappa_linear": found.linear,
            "cohen_kappa_quadratic": found.quadratic,
        }
    ratings = given["raters_by_items"]
    numeric = all(isinstance(v, int | float) for row in ratings for v in row if v is not None)
    levels = ("nominal", "ordinal", "interval", "ratio") if numeric else ("nominal",)
    return {f"alpha_{level}": agreement.krippendorff(ratings, level) for level in levels}


@case_file("28_item_analysis")
def _(given: Input) -> Fields:
    found = item.item_analysis(given["correct_takers_by_items"])
    return {
        "n_takers": found.takers,
        "n_items": found.items,
        "difficulty_p": found.difficulty,
        "item_rest_point_biserial": found.item_rest,
        "floor_items": found.floor,
        "ceiling_items": found.ceiling,
        "kr20_cronbach_alpha": found.kr20,
        "n_discriminating_items": found.discriminating,
    }


@case_file("29_equivalence_tost")
def _(given: Input) -> Fields:
    found = equivalence.equivalence(given["a"], given["b"], given["margin"])
    return {
        "n": found.n,
        "diff": found.difference,
        "p_tost": found.p,
        "p_lower": found.p_lower,
        "p_upper": found.p_upper,
        "df": found.df,
        "ci90_t": found.interval,
        "equivalent_at_05": found.equivalent,
    }


@case_file("30_latency")
def _(given: Input) -> Fields:
    if "tokens" in given:
        found = latency.throughput(given["tokens"], given["seconds"])
        return {
            "aggregate_sum_over_sum": found.total,
            # Of rates weighted by the tokens behind them: the same number by another way.
            "weighted_harmonic_mean": _weighted_harmonic(given["tokens"], given["seconds"]),
            "mean_of_rates": found.mean_of_rates,
        }
    if "correct" in given:
        return {"accuracy_per_second": latency.accuracy_per_second(given["correct"], given["seconds"])}
    found = latency.latency(given["ms"])
    return {
        "n": found.n,
        "mean": found.mean,
        "median": found.median,
        "p95_linear": found.p95,
        "p95_inverted_cdf": found.p95_observed,
        "iqr": found.iqr,
        "gmean": found.geometric_mean,
        "median_ci95_order_stats": found.median_interval,
    }


def _weighted_harmonic(tokens: list[float], seconds: list[float]) -> float | None:
    """scipy's harmonic mean of the rates, each counting as often as it has tokens."""
    told = [(n, s) for n, s in zip(tokens, seconds, strict=True) if n and s]
    if not told:
        return None
    counts, times = np.array(told).T
    # Replies without a token take time all the same: they have no rate, and are no part of this mean.
    return float(scipy_stats.hmean(counts / times, weights=counts))


@case_file("31_chance_bias_unparsed")
def _(given: Input) -> Fields:
    if "options" in given:
        above = chance.above_chance(given["k"], given["n"], given["options"])
        return {"p_greater_than_chance": above.p, "chance_corrected_accuracy": above.corrected}
    if "chosen_counts" in given:
        bias = chance.letter_bias(given["chosen_counts"], given["key_counts"])
        return {"chi2": bias.chi2, "p": bias.p, "total_variation": bias.total_variation}
    found = chance.unparsed(given["correct"], given["wrong"], given["unparsed"])
    return {
        "acc_unparsed_as_wrong": found.accuracy,
        "acc_parsed_only": found.accuracy_parsed,
        "worst_best_case": found.bounds,
        "imprecision_interval_wilson": found.interval,
        "unparsed_rate": found.rate,
    }
