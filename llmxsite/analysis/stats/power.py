"""What a number of items can show, before and after a run."""

from __future__ import annotations

import math
from statistics import NormalDist


def variance_per_item(omega2: float, sigma2_a: float = 0, sigma2_b: float = 0, k_a: int = 1, k_b: int = 1) -> float:
    """Variance of one item's measured difference: omega² + sigma_a²/K_a + sigma_b²/K_b.

    omega² is the variance over items of the true difference, sigma² the decoding noise of one sample, K the samples an item.

    Source: Miller 2024 (arXiv:2411.00640), section 5.
    """
    return omega2 + sigma2_a / k_a + sigma2_b / k_b


def items_needed(
    delta: float, variance: float, alpha: float = 0.05, power: float = 0.8, deff: float = 1.0
) -> float | None:
    """Items for a paired comparison to see a true difference `delta`: (z_{1-alpha/2} + z_power)² variance deff / delta².

    Not rounded; a run needs the next whole number. None for delta = 0: no number of items shows a difference of nothing.

    >>> math.ceil(items_needed(0.03, 1 / 9))
    969
    """
    return None if delta == 0 else _reach(alpha, power) ** 2 * variance * deff / delta**2


def detectable(n: float, variance: float, alpha: float = 0.05, power: float = 0.8, deff: float = 1.0) -> float | None:
    """The smallest true difference that n items show with the given power: (z + z) sqrt(variance deff / n). None for n < 1."""
    return None if n < 1 else detectable_from_se(math.sqrt(variance * deff / n), alpha, power)


def detectable_from_se(se: float, alpha: float = 0.05, power: float = 0.8) -> float:
    """The same after a run, from its paired standard error: 2.80 SE at 5 % and 80 %.

    It is a statement on the design, not on the difference that was observed; "post-hoc power" would be that.
    """
    return _reach(alpha, power) * se


def equivalence_margin(n: float, variance: float, alpha: float = 0.05, power: float = 0.8) -> float | None:
    """The smallest margin inside which n items show a true difference of 0 to lie with the given power (TOST); None for n < 1.

    (z_{1-alpha} + z_{(1+power)/2}) sqrt(variance / n): both one-sided tests have to reject. Source: Chow, Shao and Wang 2008,
    section 3.2.
    """
    return None if n < 1 else equivalence_margin_from_se(math.sqrt(variance / n), alpha, power)


def equivalence_margin_from_se(se: float, alpha: float = 0.05, power: float = 0.8) -> float:
    """The same after a run, from its paired standard error: 2.93 SE at 5 % and 80 %."""
    return (NormalDist().inv_cdf(1 - alpha) + NormalDist().inv_cdf((1 + power) / 2)) * se


def power_z(n: float, delta: float, sd: float, alpha: float = 0.05) -> float | None:
    """Power of the two-sided z test of a paired difference with standard deviation `sd` an item. None for n < 1 or sd = 0."""
    if n < 1 or sd <= 0:
        return None
    shift, critical = delta * math.sqrt(n) / sd, NormalDist().inv_cdf(1 - alpha / 2)
    return NormalDist().cdf(shift - critical) + NormalDist().cdf(-critical - shift)


def power_t(n: int, delta: float, sd: float, alpha: float = 0.05) -> float | None:
    """Power of the two-sided paired t test; None for n < 2 or sd = 0."""
    if n < 2 or sd <= 0:
        return None
    from statsmodels.stats.power import TTestPower  # a second to import: `llmxsite run` needs only what is above

    return float(TTestPower().power(delta / sd, n, alpha, alternative="two-sided"))


def cohens_h(p_a: float, p_b: float) -> float:
    """Cohen's h, 2 asin sqrt(p_a) - 2 asin sqrt(p_b): a size of difference for unpaired proportions.

    Source: Cohen 1988, chapter 6.
    """
    from statsmodels.stats.proportion import proportion_effectsize  # a second to import

    return float(proportion_effectsize(p_a, p_b))


def never_seen(n: int, alpha: float = 0.05) -> float | None:
    """One-sided upper bound on a rate of which none was seen in n independent tries: 1 - alpha^(1/n), about 3/n. None for n < 1.

    For every "never failed", "never diverged", "no invented tool". Over several requests the request is the try, however
    often each was repeated or compared: repeats of one request share what makes it differ or not. Only of one request by
    itself are its repeats the tries.
    """
    return None if n < 1 else 1 - math.pow(alpha, 1 / n)


def _reach(alpha: float, power: float) -> float:
    """z_{1-alpha/2} + z_power: how many standard errors away a difference has to be."""
    return NormalDist().inv_cdf(1 - alpha / 2) + NormalDist().inv_cdf(power)
