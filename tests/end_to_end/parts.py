#!/usr/bin/env python3
"""What a run may have besides problem, model and method: lists of noises, projections, perturbations, minibatches,
measurements that are held out, iterates that are kept; and the sentences in which they are refused.

TIGHTROPE=$PWD/build/release/bin/tightrope parts.py
"""
import csv
import json

import numpy

from support import Case, main

ROBUST = """\
name: robust
seed: 4
problem:
  shape: [20, 15]
  target:   {type: random_low_rank, rank: 2, condition: 2}
  operator: {type: gaussian, measurements: 600}
  noise:
    - {type: gaussian, level: 1e-4}
    - {type: sparse_outliers, fraction: 0.1, law: uniform, relative_to: largest}
loss: absolute
model:          {type: asymmetric, rank: 2}
initialization: spectral
optimizer: {type: scaled_gradient_descent, step: {type: polyak}}
stop: {iterations: 100}
observers: [relative_error, train_error, {train_error: {over: inliers}}]
"""

NOISY = """\
name: noisy
problem:
  shape: [100, 80]
  target:   {type: random_low_rank, rank: 4}
  operator: {type: identity}
  noise:    {type: gaussian, level: 0.015}
  hold_out: {fraction: 0.1}
model:          {type: asymmetric, rank: 40}
initialization: {type: small_random, scale: 1e-3}
optimizer: {type: gradient_descent, step: 0.25}
stop: {iterations: 150}
observers: [relative_error, train_error]
keep: smallest validation_error
"""

BATCHES = """\
name: batches
seed: 2
problem:
  shape: [12, 9]
  target:   {type: random_low_rank, rank: 2}
  operator: {type: gaussian, measurements: 150}
  noise:    {type: gaussian, level: 0.01}
model:          {type: asymmetric, rank: 2}
initialization: {type: small_random, scale: 0.1}
optimizer: {type: gradient_descent, step: 0.05}
batch: {size: 40, order: shuffled}
stop: {iterations: 30}
observers: [relative_error, imbalance]
"""


class WithRuns(Case):
    def run_config(self, text, out, *arguments, code=0):
        """A run of its own, as its rows and its record."""
        self.write(f"{out}.yaml", text)
        self.tightrope("run", f"{out}.yaml", "--out", out, "--no-report", "-q", *arguments, code=code)
        return self.rows(out), self.record(out)

    def rows(self, folder):
        with open(self.folder / folder / "trace.csv", encoding="utf-8") as file:
            return list(csv.DictReader(file))

    def record(self, folder, name="record"):
        return json.loads((self.folder / folder / f"{name}.json").read_text())

    def trace(self, folder):
        return (self.folder / folder / "trace.csv").read_bytes()

    def problem(self, run):
        self.tightrope("export", run, "-q", "--problem", f"{run}.npz")
        return numpy.load(self.folder / f"{run}.npz")

    def cells(self, folder):
        return {self.record(cell, "provenance")["labels"]["method"]: cell
                for cell in (self.folder / folder / "cells").iterdir()}


class Parts(WithRuns):
    def test_noises_of_a_list_add_up_and_the_robust_loss_sees_through_the_outliers(self):
        rows, record = self.run_config(ROBUST, "robust")
        problem = self.problem("robust")
        exact = problem["A"] @ problem["truth"].ravel()
        error = numpy.abs(problem["y"] - exact)
        outliers = numpy.sort(error)[::-1][:60]
        self.assertLess(outliers[0], 10 * numpy.abs(exact).max() + 1e-3)
        self.assertGreater(outliers[0], 9 * numpy.abs(exact).max())
        rest = numpy.sort(error)[:540]
        self.assertLess(rest.max(), 5e-4)
        self.assertAlmostEqual(numpy.sqrt((rest**2).mean()) / 1e-4, 1, delta=0.15)
        last = {name: float(value) for name, value in rows[-1].items() if value}
        self.assertLess(last["relative_error"], 5e-3)
        self.assertLess(last["inlier_error"], 5e-3)
        self.assertGreater(last["train_error"], 0.8)
        self.assertEqual(record["end"]["class"], "converged")
        self.assertIn("is at its optimum", record["end"]["reason"])  # that of the truth, which noise lets it undercut
        # Least squares does not.
        squares, _ = self.run_config(ROBUST, "squares", "--set", "loss=least_squares", "--set", "optimizer.step=0.3")
        self.assertGreater(float(squares[-1]["relative_error"]), 0.5)
        one = "problem.noise={type: gaussian, level: 0.01}"
        self.run_config(ROBUST, "one", "--set", one)
        self.run_config(ROBUST, "list", "--set", one.replace("{", "[{").replace("}", "}]"))
        self.assertEqual(self.trace("one"), self.trace("list"))

    def test_a_projection_keeps_factors_balanced_and_the_record_names_it(self):
        lopsided = BATCHES.replace("scale: 0.1", "scale: 0.5, factor_scales: [2, 0.5]").replace("batch:", "# batch:")
        plain, _ = self.run_config(lopsided, "plain")
        rows, record = self.run_config(lopsided + "projection: rebalance\n", "balanced")
        self.assertEqual(plain[0], rows[0])
        self.assertTrue(all(float(row["imbalance"]) > 0.1 for row in plain))
        self.assertTrue(all(float(row["imbalance"]) < 1e-13 for row in rows[1:]))
        self.assertEqual(record["spec"]["projection"], {"type": "rebalance"})
        factors = numpy.load(self.folder / "balanced/final.npz")
        V, W = factors["V"], factors["W"]
        self.assertLess(numpy.abs(V.T @ V - W.T @ W).max(), 1e-13)

    def test_a_perturbation_disturbs_a_run_unless_its_norm_is_0(self):
        plain = BATCHES.replace("batch:", "# batch:")
        self.run_config(plain, "plain")
        for out, norm in (("none", "0"), ("some", "0.1")):
            self.run_config(plain + f"perturbation: {{type: random_matrix, norm: {norm}, redrawn: true}}\n", out)
        self.assertEqual(self.trace("none"), self.trace("plain"))
        some, undisturbed = self.rows("some"), self.rows("plain")
        self.assertEqual(some[0], undisturbed[0])
        self.assertNotEqual(some[1]["relative_error"], undisturbed[1]["relative_error"])

    def test_of_the_iterates_the_one_that_fits_the_held_out_data_is_as_good_as_the_best(self):
        for seed in range(1, 6):
            rows, record = self.run_config(NOISY, f"noisy{seed}", "--set", f"seed={seed}")
            kept = record["kept"]
            self.assertEqual(kept["column"], "validation_error")
            chosen = min(rows, key=lambda row: float(row["validation_error"]))
            self.assertEqual(kept["iteration"], int(chosen["iteration"]))
            self.assertEqual(kept["metrics"]["relative_error"], float(chosen["relative_error"]))
            best = min(float(row["relative_error"]) for row in rows)
            self.assertLess(kept["metrics"]["relative_error"], 1.02 * best)
            self.assertGreater(float(rows[-1]["relative_error"]), 2 * best)  # which goes on to fit the noise
        self.tightrope("verify", "noisy5", "--sample", "100%")
        # The factors that are kept are those of that row, and what is held out is no part of the fit.
        problem, factors = self.problem("noisy5"), numpy.load(self.folder / "noisy5/final.npz")
        X, truth, y = factors["kept_V"] @ factors["kept_W"].T, problem["truth"], problem["y"]
        error = numpy.linalg.norm(X - truth) / numpy.linalg.norm(truth)
        self.assertAlmostEqual(error / kept["metrics"]["relative_error"], 1, delta=1e-12)
        everything = numpy.linalg.norm(X.ravel() - y)
        self.assertAlmostEqual(everything / (kept["metrics"]["train_error"] * numpy.linalg.norm(y)), 1, delta=1e-12)
        # f = ½ (m/(m − h)) Σ over the others, ‖r‖² over all: the held-out part makes the difference.
        held_out = everything**2 - 2 * kept["metrics"]["objective"] * 0.9
        norm = numpy.sqrt(held_out) / kept["metrics"]["validation_error"]
        self.assertAlmostEqual(norm / (numpy.linalg.norm(y) * numpy.sqrt(0.1)), 1, delta=0.15)

    def test_minibatches_of_a_stored_and_of_a_generated_operator_have_the_same_bits(self):
        for order in ("in_turn", "shuffled", "random"):
            for storage in ("float64", "generated"):
                self.run_config(BATCHES, f"{order}-{storage}", "--set", f"batch.order={order}", "--set",
                                f"problem.operator.storage={storage}")
            self.assertEqual(self.trace(f"{order}-float64"), self.trace(f"{order}-generated"))
            final = [(self.folder / f"{order}-{storage}/final.npz").read_bytes() for storage in ("float64", "generated")]
            self.assertEqual(*final)
        self.assertEqual(len({self.trace(f"{order}-float64") for order in ("in_turn", "shuffled", "random")}), 3)
        # A batch of everything is no batch.
        self.run_config(BATCHES, "whole", "--set", "batch.size=150")
        self.run_config(BATCHES.replace("batch:", "# batch:"), "none")
        self.assertEqual(self.trace("whole"), self.trace("none"))

    def test_every_row_is_seen_once_in_each_epoch_and_passes_count_rows(self):
        # A step of 1e-300 leaves the point where it is: the objective tells which batch was seen.
        for order in ("shuffled", "in_turn"):
            rows, record = self.run_config(BATCHES, order, "--set", "optimizer.step=1e-300", "--set",
                                           f"batch.order={order}", "--set", "stop.iterations=79")
            problem, factors = self.problem(order), numpy.load(self.folder / order / "final.npz")
            residual = problem["A"] @ (factors["V"] @ factors["W"].T).ravel() - problem["y"]
            begins = [0, 40, 80, 120]
            values = [4 * (residual[begin:begin + 40]**2).sum() / 2 for begin in begins]
            self.assertGreater(min(abs(a / b - 1) for a in values for b in values if a != b), 1e-3)
            seen, passes = [], 0
            for row in rows:
                [batch] = [b for b in range(4) if abs(float(row["objective"]) / values[b] - 1) < 1e-9]
                seen.append(batch)
                passes += min(150, begins[batch] + 40) - begins[batch]
                self.assertAlmostEqual(float(row["passes"]), passes / 150, delta=1e-12)
            epochs = [tuple(seen[i:i + 4]) for i in range(0, 80, 4)]
            self.assertTrue(all(sorted(epoch) == [0, 1, 2, 3] for epoch in epochs))
            self.assertEqual(len(set(epochs)) > 5, order == "shuffled")
            self.assertAlmostEqual(float(rows[-1]["passes"]), 20, delta=1e-12)
            self.assertEqual(record["counters"]["rows"], 20 * 150)

    def test_two_methods_that_see_the_same_batches_read_each_of_them_once(self):
        study = BATCHES + "study: {methods: {plain: {}, momentum: {optimizer: {type: momentum, step: 0.05}}}}\n"
        self.write("study.yaml", study)
        for out, *arguments in (("together",), ("apart", "--no-lanes")):
            self.tightrope("run", "study.yaml", "--out", out, "--no-report", "-q", "-j", "1", *arguments)
        together, apart = self.cells("together"), self.cells("apart")
        for method in together:
            self.assertEqual(self.trace(together[method]), self.trace(apart[method]))
            joint, alone = self.record(together[method], "provenance"), self.record(apart[method], "provenance")
            self.assertEqual(2 * joint["bytes"], alone["bytes"])
            counters = self.record(together[method])["counters"]
            self.assertEqual(counters, self.record(apart[method])["counters"])
            self.assertEqual(alone["bytes"], counters["rows"] * 12 * 9 * 8)

    def test_a_run_with_all_of_it_goes_on_as_if_it_had_never_stopped(self):
        everything = ROBUST.replace("step: {type: polyak}", "step: 1e-3").replace(
            "relative_error,", "relative_error: {every: 3},").replace("iterations: 100", "iterations: 30") + (
                "projection: rebalance\nperturbation: {type: random_matrix, norm: 0.1, redrawn: true}\n"
                "batch: {size: 130, order: random}\nkeep: smallest relative_error\n")
        _, record = self.run_config(everything, "whole")
        self.run_config(everything, "parts", "--set", "stop.iterations=16")
        self.assertEqual(self.record("parts")["end"]["iteration"], 16)
        _, again = self.run_config(everything, "parts")
        self.assertEqual(self.trace("whole"), self.trace("parts"))
        self.assertEqual(record["kept"], again["kept"])
        self.assertEqual(record["kept"]["iteration"] % 3, 0)
        for name in ("final.npz", "state.bin"):
            whole, parts = ([cell / name for cell in (self.folder / out / "cells").glob("*-30")] for out in
                            ("whole", "parts"))
            self.assertEqual(*(file.read_bytes() for [file] in (whole, parts)))
        self.tightrope("verify", "whole", "--sample", "100%")

    def test_what_does_not_fit_is_refused_in_one_sentence(self):
        noises = "problem.noise=[{type: gaussian, level: 0.1}, {type: sparse_outlier, fraction: 0.1}]"
        for text, setting, words in (
                (BATCHES, "batch.size=151", "a batch of 151 is more than the 150 measurements that there are"),
                (BATCHES, "problem.hold_out.fraction=0.1",
                 "measurements can be held out, or come in batches, but not both at a time"),
                (BATCHES, "batch.order=sorted", "must be one of in_turn, shuffled, random"),
                (BATCHES, "keep=smallest relativ_error",
                 "keep speaks of the column 'relativ_error', which the run does not record (did you mean 'relative_error'?)"),
                (BATCHES, "keep=smallest validation_error", "keep speaks of the column 'validation_error'"),
                (BATCHES, "keep=relative_error", "keep must be `smallest COLUMN`"),
                (NOISY, "problem.hold_out.fraction=1", "must be above 0 and below 1"),
                (NOISY, "problem.hold_out.fraction=1e-5", "hold_out of 8000 measurements would hold out 0"),
                (BATCHES, noises, "there is no noise 'sparse_outlier' (did you mean 'sparse_outliers'?)"),
                (BATCHES, "optimizer={type: gradient_flow, step: 0.1}",
                 "optimizer 'gradient_flow' takes no step size: leave out 'step'"),
                (BATCHES, "initialization=of_model",
                 "initialization 'of_model' needs a model with a start of its own, but this model has none"),
                (BATCHES, "perturbation=random_matrix", "perturbation 'random_matrix' needs parameter 'norm'"),
                (BATCHES.replace("[relative_error, imbalance]", "[train_error]"), "problem.operator.storage=generated",
                 "observer 'train_error' needs all measured data at once")):
            self.write("wrong.yaml", text)
            self.one_sentence(self.tightrope("run", "wrong.yaml", "--set", setting, code=2), words)
        self.assertEqual(sorted(file.name for file in self.folder.iterdir()), ["small.yaml", "wrong.yaml"])


if __name__ == "__main__":
    main()
