#!/usr/bin/python3
"""The runs of matrix/MS.m of Tong, Ma & Chi (JMLR 22, 2021) as a competent user of NumPy writes them: one operator, eight
runs one after the other, each iteration two products with it.

Prints the seconds of everything, and how each run ended, as JSON.
"""
import json
import sys
import time

import numpy as np


def main(n, rank, m, iterations, seed, precision):
    start = time.perf_counter()
    draw = np.random.default_rng(seed)
    A = draw.standard_normal((m, n * n), dtype=precision)
    A /= np.sqrt(m, dtype=precision)
    seconds_of_operator = time.perf_counter() - start
    basis = np.linalg.qr(draw.standard_normal((n, rank)))[0]
    ends = []
    for condition in (1, 5, 10, 20):
        truth = (basis * np.linspace(1, 1 / condition, rank)) @ basis.T
        y = A @ truth.ravel().astype(precision)
        U, sigma, Vt = np.linalg.svd((y @ A).reshape(n, n))
        start_left, start_right = U[:, :rank] * np.sqrt(sigma[:rank]), Vt[:rank].T * np.sqrt(sigma[:rank])
        for scaled in (True, False):
            L, R, error, t = start_left, start_right, np.inf, 0
            while True:
                X = L @ R.T
                error = np.linalg.norm(X - truth) / np.linalg.norm(truth)
                if t == iterations or error < 1e-13 or not np.isfinite(error):
                    break
                residual = A @ X.ravel().astype(precision) - y
                G = (residual @ A).reshape(n, n)
                if scaled:
                    L, R = L - 0.5 * np.linalg.solve(R.T @ R, (G @ R).T).T, R - 0.5 * np.linalg.solve(L.T @ L, (G.T @ L).T).T
                else:
                    L, R = L - 0.5 * G @ R, R - 0.5 * G.T @ L
                t += 1
            ends.append({"condition": condition, "scaled": scaled, "iterations": t, "relative_error": error})
    json.dump({"seconds": time.perf_counter() - start, "operator": seconds_of_operator, "ends": ends}, sys.stdout)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:6]), sys.argv[6])
