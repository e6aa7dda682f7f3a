"""Random samples and what SciPy says of them, one case a line, for statistics_scipy_test.cpp.

A line holds the name of the case, its settings, the expected numbers and the sample, every list behind its length.
"""

import warnings

import numpy as np
from scipy import stats

warnings.simplefilter("ignore")  # "sample size too small for normal approximation": that is the case to compare
rng = np.random.default_rng(2024)


def emit(name, *fields):
    words = [name]
    for field in fields:
        if isinstance(field, str):
            words.append(field)
        else:
            values = np.atleast_1d(field)
            words += [str(len(values))] + [repr(float(v)) for v in values]
    print(" ".join(words))


def signed_rank_sum(d, axis=-1):
    return np.sum((d > 0) * stats.rankdata(np.abs(d), axis=axis), axis=axis)


def student_t_quantile(p, freedom):
    """stats.t.ppf is right to about 1e-10 only; a Newton step on the distribution function mends that."""
    t = stats.t.ppf(p, freedom)
    return t - (stats.t.cdf(t, freedom) - p) / stats.t.pdf(t, freedom)


alternatives = ("two-sided", "greater", "less")

for n in (1, 2, 3, 5, 8, 13, 20, 35, 50):
    for shift in (0.0, 0.3, 1.5):
        d = rng.normal(shift, 1, n)
        for alternative in alternatives:
            emit("wilcoxon", alternative, "exact", "0", stats.wilcoxon(d, method="exact", alternative=alternative), d)

for n in (6, 15, 40, 51, 120, 300):
    for step in (0.0, 0.25, 1.0):  # rounded to a grid: ties, and zeros
        d = rng.normal(0.2, 1, n)
        if step:
            d = np.round(d / step) * step
        for alternative in alternatives:
            for correction in (False, True):
                expected = stats.wilcoxon(d, method="approx", alternative=alternative, correction=correction)
                emit("wilcoxon", alternative, "normal", str(int(correction)), expected, d)

for n in (4, 7, 10):  # ties: every assignment of signs
    for _ in range(5):
        d = np.round(rng.normal(0.5, 2, n))
        d = d[d != 0]
        for alternative in alternatives:
            p = stats.permutation_test((d,), signed_rank_sum, permutation_type="samples", n_resamples=np.inf,
                                       alternative=alternative).pvalue
            rank_sum = signed_rank_sum(d)
            if alternative == "two-sided":
                rank_sum = min(rank_sum, signed_rank_sum(-d))
            emit("wilcoxon", alternative, "exact", "0", [rank_sum, p], d)

for _ in range(60):
    first, second = rng.integers(0, 40, 2)
    if first + second > 0:
        emit("mcnemar", [first, second], stats.binomtest(int(first), int(first + second), 0.5).pvalue)

for trials in (1, 2, 7, 20, 100, 12345):
    for successes in sorted({0, 1, trials // 3, trials // 2, trials - 1, trials}):
        for level in (0.8, 0.95, 0.999):
            interval = stats.binomtest(successes, trials).proportion_ci(level, method="wilson")
            emit("wilson", [successes, trials, level], [interval.low, interval.high])

for n in (1, 2, 3, 10, 101):
    x = rng.normal(0, 10.0 ** rng.integers(-5, 6), n)
    for p in (0, 0.025, 0.25, 0.5, 0.9, 1):
        emit("quantile", p, np.quantile(x, p), x)

for n in (3, 4, 10, 200):
    for noise in (0.01, 0.3, 3.0):  # linregress takes its error from 1 - r²: nothing is left of it in a perfect fit
        for level in (0.9, 0.95):
            x = rng.uniform(1, 50, n)
            y = np.exp(-0.3 * np.log(x) + noise * rng.normal(size=n))
            for name, a, b in (("line", x, y), ("power_law", np.log(x), np.log(y)), ("exponential", x, np.log(y))):
                fit = stats.linregress(a, b)
                reach = student_t_quantile((1 + level) / 2, n - 2) * fit.stderr
                expected = [fit.slope, fit.intercept, fit.stderr, fit.slope - reach, fit.slope + reach]
                emit(name, level, expected, x, y)
