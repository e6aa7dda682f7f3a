"""Factorised gradient descent as a competent NumPy user writes it: two matrix-vector products per iteration.

Obeys lines of standard input like contestant.cpp: "run N" answers seconds per iteration, "memory" peak bytes.
"""
import resource
import sys
import time

import numpy as np

settings = dict(word.split("=", 1) for word in sys.argv[1:])
n1, n2, m, k = (int(settings[key]) for key in ("n1", "n2", "m", "k"))
symmetric = settings.get("model") == "symmetric"
rng = np.random.default_rng(1)
A = np.empty((m, n1 * n2))
for i in range(m):
    G = rng.standard_normal((n1, n2)) / np.sqrt(m)
    A[i] = ((G + G.T) / 2 if symmetric else G).ravel()
y = A @ np.outer(np.ones(n1), np.ones(n2)).ravel() / np.sqrt(n1 * n2)
V = rng.standard_normal((n1, k)) * 1e-3
W = rng.standard_normal((n2, k)) * 1e-3
step = 0.1
for line in sys.stdin:
    words = line.split() or [""]
    if words[0] == "run":
        start = time.perf_counter()
        for _ in range(int(words[1])):
            if symmetric:
                M = ((A @ (V @ V.T).ravel() - y) @ A).reshape(n1, n2)
                V -= step * (M @ V)
            else:
                M = ((A @ (V @ W.T).ravel() - y) @ A).reshape(n1, n2)
                V, W = V - step * (M @ W), W - step * (M.T @ V)
        print((time.perf_counter() - start) / int(words[1]), flush=True)
    elif words[0] == "memory":
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024, flush=True)
