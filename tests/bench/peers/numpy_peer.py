"""Factorised gradient descent as a competent NumPy user writes it: two matrix-vector products per iteration. With
lanes=L, also L runs side by side on one operator, whose products are then with matrices of L columns.

Obeys lines of standard input like contestant.cpp: "run N" answers seconds per iteration, "batch N" seconds per
iteration of all L runs, "memory" peak bytes.
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
lanes = int(settings.get("lanes", 1))
steps = (0.1 + 0.001 * np.arange(lanes))[:, None, None]
Vs, Ws = np.tile(V, (lanes, 1, 1)), np.tile(W, (lanes, 1, 1))
clock = time.process_time if settings.get("clock") == "cpu" else time.perf_counter
for line in sys.stdin:
    words = line.split() or [""]
    if words[0] == "run":
        start = clock()
        for _ in range(int(words[1])):
            if symmetric:
                M = ((A @ (V @ V.T).ravel() - y) @ A).reshape(n1, n2)
                V -= step * (M @ V)
            else:
                M = ((A @ (V @ W.T).ravel() - y) @ A).reshape(n1, n2)
                V, W = V - step * (M @ W), W - step * (M.T @ V)
        print((clock() - start) / int(words[1]), flush=True)
    elif words[0] == "batch":
        start = clock()
        for _ in range(int(words[1])):
            slopes = A @ (Vs @ Ws.transpose(0, 2, 1)).reshape(lanes, -1).T - y[:, None]
            M = (slopes.T @ A).reshape(lanes, n1, n2)
            Vs, Ws = Vs - steps * (M @ Ws), Ws - steps * (M.transpose(0, 2, 1) @ Vs)
        print((clock() - start) / int(words[1]), flush=True)
    elif words[0] == "memory":
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024, flush=True)
