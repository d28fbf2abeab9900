"""One suite run by many: random-effects pooling over students or machines, and how much they differ."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import stats
from statsmodels.stats.meta_analysis import combine_effects

from llmxsite.analysis.stats.interval import UNDEFINED, Interval, Numbers, complete
from llmxsite.analysis.stats.mean import around


@dataclass(frozen=True, slots=True)
class Pooled:
    """k effects with known variances, pooled. In the unit of the effects. Between-study numbers are None for k < 2."""

    k: int
    fixed: float | None = None
    fixed_se: float | None = None
    q: float | None = None
    """Cochran's heterogeneity: sum w (effect - fixed)²."""
    p_q: float | None = None
    """Of no heterogeneity, chi² with k - 1 degrees of freedom."""
    i2_raw: float | None = None
    i2: float | None = None
    """Share of the spread that is not sampling error, not below 0. Not "how much it varies": that is `tau`."""
    h2: float | None = None
    """q / (k - 1), not below 1."""
    tau2_raw: float | None = None
    tau2: float | None = None
    """DerSimonian and Laird's between-study variance, not below 0."""
    tau2_pm: float | None = None
    """Paule and Mandel's, for comparison."""
    random: float | None = None
    random_se: float | None = None
    random_interval_z: Interval = UNDEFINED
    hk_se: float | None = None
    """Hartung and Knapp's standard error."""
    hk_interval: Interval = UNDEFINED
    se: float | None = None
    """Modified Hartung-Knapp, the larger of the two: the one to report."""
    interval: Interval = UNDEFINED
    """random ± t SE with k - 1 degrees of freedom."""
    prediction: Interval = UNDEFINED
    """Where a next study is expected: ± t with k - 2 degrees of freedom times sqrt(tau² + SE²). Undefined for k < 3."""
    missing: int = 0
    """Studies without an effect or a variance: left out."""

    @property
    def tau(self) -> float | None:
        """Spread between studies, in the unit of the effects."""
        return None if self.tau2 is None else math.sqrt(self.tau2)


def pool(effects: Numbers, variances: Numbers, alpha: float = 0.05) -> Pooled:
    """Fixed and random effects (DerSimonian-Laird) with modified Hartung-Knapp interval and prediction interval.

    w = 1/v; Q = sum w (y - fixed)²; tau² = max(0, (Q - (k - 1)) / (sum w - sum w²/sum w)); random weights 1/(v + tau²).
    Students who ran the same items share their sampling error: see docs/statistics.md on "items fixed".

    Source: DerSimonian and Laird 1986; Higgins and Thompson 2002; Röver, Knapp and Friede 2015 (PMC4647507).
    """
    (y, v), kept = complete(effects, variances)
    k, missing = len(y), int((~kept).sum())
    if (v <= 0).any():
        raise ValueError("variances are above 0; at 0 % or 100 % take `logit` first")
    if k == 0:
        return Pooled(k=0, missing=missing)
    if k == 1:
        return Pooled(k=1, fixed=float(y[0]), fixed_se=math.sqrt(v[0]), missing=missing)
    df = k - 1
    with np.errstate(divide="ignore", invalid="ignore"):  # it also divides by a heterogeneity that may be 0
        found = combine_effects(y, v, method_re="dl")
        paule_mandel = float(combine_effects(y, v, method_re="iterated").tau2)
    fixed, fixed_se, q = float(found.mean_effect_fe), float(found.sd_eff_w_fe), float(found.q)
    tau2_raw = float(found.tau2)
    tau2 = max(0.0, tau2_raw)
    i2_raw = float(found.i2) if q > 0 else None
    # statsmodels goes on with a variance below 0; without one the effects are pooled as if they were one.
    kind = "re" if tau2_raw > 0 else "fe"
    random, random_se, hk_se = (
        float(getattr(found, name)) for name in (f"mean_effect_{kind}", f"sd_eff_w_{kind}", f"sd_eff_w_{kind}_hksj")
    )
    se = max(hk_se, random_se)
    return Pooled(
        k=k,
        fixed=fixed,
        fixed_se=fixed_se,
        q=q,
        p_q=float(stats.chi2.sf(q, df)),
        i2_raw=i2_raw,
        i2=max(0.0, i2_raw) if i2_raw is not None else 0.0,
        h2=max(1.0, q / df),
        tau2_raw=tau2_raw,
        tau2=tau2,
        tau2_pm=max(0.0, paule_mandel),
        random=random,
        random_se=random_se,
        random_interval_z=around(random, random_se, None, alpha),
        hk_se=hk_se,
        hk_interval=around(random, hk_se, df, alpha),
        se=se,
        interval=around(random, se, df, alpha),
        prediction=around(random, math.hypot(math.sqrt(tau2), random_se), k - 2, alpha) if k > 2 else UNDEFINED,
        missing=missing,
    )


def logit(correct: int, n: int) -> tuple[float, float]:
    """Effect and variance of k of n right on the logit scale, half an answer added to both sides.

    ln((k + .5)/(n - k + .5)) and 1/(k + .5) + 1/(n - k + .5): finite at 0 % and 100 %, where a raw proportion would have infinite
    weight.
    """
    a, b = correct + 0.5, n - correct + 0.5
    return math.log(a / b), 1 / a + 1 / b
