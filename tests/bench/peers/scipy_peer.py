"""Matrix completion as a competent SciPy user writes it: gathers in pieces that stay in cache, then two sparse products.

Obeys lines of standard input like contestant.cpp: "objective N" answers seconds per value and gradient, "entries" how
many entries there are, "memory" peak bytes. The entries are drawn as the operator of the comparison draws them, with
degrees that fall like a power, or uniformly.
"""
import resource
import sys
import time

import numpy as np
import scipy.sparse

PIECE = 1 << 16  # entries at a time

settings = dict(word.split("=", 1) for word in sys.argv[1:])
n1, n2, m, k = (int(settings[key]) for key in ("n1", "n2", "m", "k"))
skew = int(settings.get("skew", 2))
rng = np.random.default_rng(1)
before = (m * (np.arange(n1 + 1) / n1) ** (1 / skew)).astype(np.int64)
rows = np.repeat(np.arange(n1, dtype=np.int32), np.minimum(np.diff(before), n2 // 2))
columns = np.minimum((n2 * rng.random(len(rows)) ** skew).astype(np.int32), n2 - 1)
pattern = scipy.sparse.csr_matrix((np.ones(len(rows)), (rows, columns)), shape=(n1, n2))
pattern.sum_duplicates()
del rows, columns
m = pattern.nnz
rows = np.repeat(np.arange(n1, dtype=np.int32), np.diff(pattern.indptr))
columns = pattern.indices
factor = np.sqrt(n1 * n2 / m)
V = rng.standard_normal((n1, k)) * 1e-3
W = rng.standard_normal((n2, k)) * 1e-3
y = rng.standard_normal(m)


def value_and_gradient():
    value = 0.0
    for begin in range(0, m, PIECE):
        piece = slice(begin, begin + PIECE)
        slope = factor * np.einsum("ij,ij->i", V[rows[piece]], W[columns[piece]]) - y[piece]
        value += slope @ slope / 2
        pattern.data[piece] = factor * slope
    return value, pattern @ W, pattern.T @ V


clock = time.process_time if settings.get("clock") == "cpu" else time.perf_counter
for line in sys.stdin:
    words = line.split() or [""]
    if words[0] in ("objective", "run"):
        start = clock()
        for _ in range(int(words[1])):
            value_and_gradient()
        print((clock() - start) / int(words[1]), flush=True)
    elif words[0] == "entries":
        print(m, flush=True)
    elif words[0] == "memory":
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024, flush=True)
