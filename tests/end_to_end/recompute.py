#!/usr/bin/env python3
"""An exported problem, recomputed with NumPy: measurements, objective and one step of gradient descent to 1e-12.

TIGHTROPE=$PWD/build/release/bin/tightrope recompute.py
"""
import csv

import numpy

from support import SMALL, Case, main

SYMMETRIC = (SMALL.replace("[12, 9]", "[10, 10]")
             .replace("condition: 2}", "condition: 2, symmetric: true}")
             .replace("measurements: 150}", "measurements: 150, symmetric: true}")
             .replace("type: asymmetric", "type: symmetric").replace("imbalance, ", ""))
STEP = 0.25


class Recompute(Case):
    def run_for(self, iterations, yaml, *arguments):
        """Factors, last row of the trace and exported problem after so many iterations."""
        self.write("recompute.yaml", yaml)
        out = f"after-{iterations}"
        self.tightrope("run", "recompute.yaml", "-q", "--no-report", "--out", out, "--set", "claims=[]",
                       "--set", f"stop.iterations={iterations}", *arguments)
        self.tightrope("export", out, "-q", "--problem", f"{out}.npz")
        with open(self.folder / out / "trace.csv", encoding="utf-8") as file:
            row = {name: float(value or "nan") for name, value in list(csv.DictReader(file))[-1].items()}
        return dict(numpy.load(self.folder / out / "final.npz")), row, dict(numpy.load(self.folder / f"{out}.npz"))

    def near(self, ours, theirs):
        self.assertLessEqual(numpy.linalg.norm(ours - theirs), 1e-12 * max(1, numpy.linalg.norm(theirs)))
        self.assertLessEqual(numpy.linalg.norm(ours - theirs), 1e-12 * numpy.linalg.norm(theirs) + 1e-300)

    def check(self, yaml, expand, gradient_of, *arguments):
        start, before, problem = self.run_for(0, yaml, *arguments)
        end, after, same = self.run_for(1, yaml, *arguments)
        for name, array in problem.items():
            self.assertTrue(numpy.array_equal(array, same[name]), name)
        shape = tuple(problem["shape"].astype(int))
        A = problem["A"].reshape(-1, *shape)
        y, truth = problem["y"].ravel(), problem["truth"]
        self.near(numpy.einsum("mij,ij->m", A, truth), y)
        for factors, row in [(start, before), (end, after)]:
            X = expand(factors)
            residual = numpy.einsum("mij,ij->m", A, X) - y
            self.near(numpy.array(row["objective"]), numpy.array(residual @ residual / 2))
            self.near(numpy.array(row["train_error"]), numpy.linalg.norm(residual) / numpy.linalg.norm(y))
            self.near(numpy.array(row["relative_error"]), numpy.linalg.norm(X - truth) / numpy.linalg.norm(truth))
            G = numpy.einsum("m,mij->ij", residual, A)
            gradient = gradient_of(factors, G)
            norm = numpy.sqrt(sum(numpy.sum(block ** 2) for block in gradient.values()))
            self.near(numpy.array(row["gradient_norm"]), norm)
            if row is before:
                self.assertEqual(sorted(gradient), sorted(end))
                for name, block in gradient.items():
                    self.assertGreater(numpy.linalg.norm(STEP * block), 1e-6 * numpy.linalg.norm(start[name]))
                    self.near(end[name], start[name] - STEP * block)

    def test_asymmetric(self):
        for scale in ["1e-3", "1"]:
            self.check(SMALL, lambda f: f["V"] @ f["W"].T, lambda f, G: {"V": G @ f["W"], "W": G.T @ f["V"]},
                       "--set", f"initialization.scale={scale}")

    def test_symmetric(self):
        for scale in ["1e-3", "1"]:
            self.check(SYMMETRIC, lambda f: f["U"] @ f["U"].T, lambda f, G: {"U": (G + G.T) @ f["U"]},
                       "--set", f"initialization.scale={scale}")

    def test_exported_results_are_those_stored(self):
        self.tightrope("run", "small.yaml", "-q", "--no-report")
        self.tightrope("export", "results/small", "-q", "--to", "all.npz")
        exported = numpy.load(self.folder / "all.npz")
        stored = numpy.load(self.folder / "results/small/final.npz")
        self.assertEqual(sorted(stored.files), ["V", "W"])
        for name in stored.files:
            self.assertEqual(stored[name].dtype, numpy.float64)
            self.assertTrue(numpy.array_equal(stored[name], exported[name]))
        self.assertEqual((stored["V"].shape, stored["W"].shape), ((12, 4), (9, 4)))
        with open(self.folder / "results/small/trace.csv", encoding="utf-8") as file:
            errors = [float(row["relative_error"]) for row in csv.DictReader(file)]
        self.assertEqual(errors, list(exported["trace_relative_error"]))


if __name__ == "__main__":
    main()
