#!/usr/bin/env python3
"""How runs end that do not go well: what is stored, what is said, and that it costs nobody else anything.

TIGHTROPE=$PWD/build/release/bin/tightrope WRONG_PLUGINS=$PWD/build/release/tests/conformance/wrong endings.py
"""
import csv
import json
import os
import signal

import numpy

from support import SMALL, Case, main

WRONG = os.environ.get("WRONG_PLUGINS", "")
BARE = SMALL[:SMALL.index("claims:")]


class WithWrongPlugins(Case):
    def rows(self, folder):
        with open(self.folder / folder / "trace.csv", encoding="utf-8") as file:
            return list(csv.DictReader(file))

    def optimizer(self, mistake, start=4, step=0.25):
        return f"{{type: wrong, mistake: {mistake}, from: {start}, step: {step}}}"

    def with_wrong(self, verb, *arguments, code=0):
        return self.tightrope(verb, *arguments, "--plugin-path", WRONG, code=code)


class Endings(WithWrongPlugins):
    def test_a_start_that_is_not_finite_costs_its_own_run_alone(self):
        self.write("brick.yaml", BARE.replace("{type: small_random, scale: 1e-3}",
                                              "{type: small_random, scale: 0.1, convention: entry}"))
        grid = "initialization.scale=0.1,1e308"
        done = self.tightrope("run", "brick.yaml", "--out", "b", "--set", grid, code=1)
        self.assertIn("At the start", done.stdout)
        [bad] = [run for run in json.loads(self.tightrope("show", "b", "--format", "json").stdout)["cells"]
                 if run["end"]["class"] == "diverged"]
        self.assertEqual(bad["end"]["iteration"], 0)
        export = ["export", "b", "--cell", "1e308"]
        for arguments in (["show", "b"], ["show", "b", "--sql", "SELECT * FROM runs"],
                          ["show", "b", "--why-new", "brick.yaml"], ["compare", "b"], ["report", "b"],
                          export + ["--to", "b.npz"], export + ["--problem", "p.npz"],
                          ["export", "b", "--to", "b.csv"], ["export", "b", "--to", "b.json"],
                          ["verify", "b", "--sample", "100%"]):
            self.tightrope(*arguments)
        again = self.tightrope("run", "brick.yaml", "--out", "b", "--set", grid, code=1)
        self.assertIn("All of 2 runs were stored already", again.stdout)
        corrected = self.tightrope("run", "brick.yaml", "--out", "b", "--set", grid.replace("1e308", "0.2"))
        self.assertIn("1 of 2 runs were stored already", corrected.stdout)
        alone = self.tightrope("run", "brick.yaml", "--out", "alone", "--set", "initialization.scale=1e308", code=1)
        self.assertIn("diverged: At the start", alone.stdout)
        self.assertTrue((self.folder / "alone/report.html").exists())

    def test_what_is_not_a_number_is_empty_and_no_claim_about_it_holds(self):
        self.write("nan.yaml", BARE.replace("scale: 1e-3", "scale: 1e200") + "claims:\n"
                   "  - {that: final gradient_norm, is: < 1e-6}\n  - {that: largest imbalance, is: < 1e-6}\n"
                   "  - {that: final relative_error, is: '>= 0'}\n")
        document = self.run_json("nan.yaml", "--out", "n", code=1)
        self.assertEqual([claim["holds"] for claim in document["claims"]], [False] * 3)
        [row] = self.rows("n")
        self.assertEqual({row[name] for name in ("gradient_norm", "imbalance", "relative_error", "sigma_1")}, {""})

    def check_last_complete_iterate(self, yaml, end_class, iteration):
        self.write("half.yaml", yaml)
        self.tightrope("run", "half.yaml", "--out", "half", "--no-report", "-q",
                       code=1 if end_class == "diverged" else 0)
        record = json.loads((self.folder / "half/record.json").read_text())
        self.assertEqual(record["end"]["class"], end_class)
        self.tightrope("export", "half", "-q", "--problem", "problem.npz")
        problem, factors = numpy.load(self.folder / "problem.npz"), numpy.load(self.folder / "half/final.npz")
        V, W, last = factors["V"], factors["W"], self.rows("half")[-1]
        truth = problem["truth"]
        self.assertEqual(int(last["iteration"]), iteration)
        error = numpy.linalg.norm(V @ W.T - truth) / numpy.linalg.norm(truth)
        imbalance = numpy.linalg.norm(V.T @ V - W.T @ W, 2)
        for name, value in (("relative_error", error), ("imbalance", imbalance)):
            self.assertAlmostEqual(float(last[name]) / value, 1, delta=1e-9)
            self.assertEqual(record["metrics"][name], float(last[name]))
        self.tightrope("verify", "half", "--sample", "100%")
        # The same iterate comes out of a run that is told to stop there.
        self.tightrope("run", "half.yaml", "--out", "there", "--no-report", "-q", "--set", f"stop.iterations={iteration}")
        there = numpy.load(self.folder / "there/final.npz")
        self.assertTrue(numpy.array_equal(V, there["V"]) and numpy.array_equal(W, there["W"]))
        self.assertEqual(last, self.rows("there")[-1])

    def test_a_stall_in_the_middle_of_an_iteration(self):
        yaml = BARE.replace("seed: 3", "seed: 21").replace(", condition: 2", "").replace("rank: 4", "rank: 3").replace(
            "scale: 1e-3", "scale: 0.1").replace("150}\nobservers", "300}\nobservers").replace(
            "{type: gradient_descent, step: 0.25}",
            "{type: alternating_gradient_descent, step: {type: backtracking, first: 1, grow: 4, tries: 2}}").replace(
            "imbalance,", "imbalance: {every: 1000},")
        self.write("probe.yaml", yaml)
        self.tightrope("run", "probe.yaml", "--out", "probe", "--no-report", "-q")
        iteration = json.loads((self.folder / "probe/record.json").read_text())["end"]["iteration"]
        self.check_last_complete_iterate(yaml, "stalled", iteration)

    def test_a_divergence_in_the_middle_of_an_iteration(self):
        yaml = BARE.replace("seed: 3\n", "").replace(", condition: 2", "").replace("rank: 4", "rank: 3").replace(
            "scale: 1e-3", "scale: 0.1").replace("{type: gradient_descent, step: 0.25}",
                                                 "{type: alternating_gradient_descent, step: 5}")
        self.write("probe.yaml", yaml)
        self.tightrope("run", "probe.yaml", "--out", "probe", "--no-report", "-q", code=1)
        iteration = json.loads((self.folder / "probe/record.json").read_text())["end"]["iteration"]
        self.check_last_complete_iterate(yaml, "diverged", iteration - 1)

    def test_a_method_that_needs_a_metric_is_refused_where_there_is_none(self):
        model = "{type: wrong, mistake: no_metric}"
        for name in ("scaled_gradient_descent", "alternating_scaled_gradient_descent"):
            self.one_sentence(self.with_wrong("run", "small.yaml", "--set", f"model={model}", "--set",
                                              f"optimizer.type={name}", code=2), f"optimizer '{name}' needs a model with")
        self.write("study.yaml", BARE.replace("{type: asymmetric, rank: 4}", model) +
                   "study: {methods: {gd: {}, scaled: {optimizer: {type: scaled_gradient_descent, step: 0.5}}}}\n")
        done = self.with_wrong("run", "study.yaml", "--out", "s", "--no-report")
        self.assertIn("needs a model with a metric of its own", done.stderr)
        run = json.loads((self.folder / "s/run.json").read_text())
        self.assertEqual([(cell["kind"], cell["labels"]["method"]) for cell in run["missing"]], [("skipped", "scaled")])
        self.assertEqual(len(run["cells"]), 1)

    def test_what_does_not_fit_fails_its_own_run_with_the_plugin_and_the_block(self):
        words = {"one_block": "its direction does not fit the model: it has 1 block instead of 2 (V, W)",
                 "transposed": "its direction does not fit the model: block V is 4 × 12 instead of 12 × 4",
                 "next_point": "its next point does not fit the model: block W is 8 × 4 instead of 9 × 4"}
        for mistake, reason in words.items():
            done = self.with_wrong("run", "small.yaml", "--out", mistake, "--set", f"optimizer={self.optimizer(mistake)}",
                                   code=1)
            self.assertIn(f"Optimizer 'wrong' failed: {reason} (iteration 4)", done.stdout)
        methods = "".join(f"    {mistake}: {{optimizer: {self.optimizer(mistake)}}}\n" for mistake in words)
        self.write("study.yaml", BARE + "study:\n  methods:\n    good: {}\n" + methods +
                   "    start: {initialization: {type: wrong, mistake: shape}}\n"
                   "    throws: {initialization: {type: wrong, mistake: throws}}\n"
                   "    operator: {problem: {operator: {type: wrong, mistake: length}}}\n")
        self.with_wrong("run", "study.yaml", "--out", "s", "--no-report", code=1)
        run = json.loads((self.folder / "s/run.json").read_text())
        reasons = {cell["labels"]["method"]: cell["reason"] for cell in run["missing"]}
        self.assertEqual(len(run["cells"]), 1)
        words["start"] = "initialization 'wrong' failed: its start does not fit the model: block W is 9 × 5 instead of 9 × 4"
        words["throws"] = "initialization 'wrong' failed: no start"
        words["operator"] = "operator 'wrong' failed: the operator gave A(X) as 119 × 1 instead of 120 × 1"
        for name, reason in words.items():
            self.assertIn(reason, reasons[name])

    def test_what_plugins_print_in_a_study_reaches_the_user(self):
        self.write("study.yaml", BARE + "study:\n  methods:\n    quiet: {seed: 4}\n"
                   f"    loud: {{optimizer: {self.optimizer('prints')}}}\n")
        done = self.with_wrong("run", "study.yaml", "--out", "s", "--no-report", "-q", "--no-lanes", "-j", "1")
        self.assertEqual(done.stdout, "")
        self.assertEqual(sorted(done.stderr.splitlines()), ["[loud] at iteration 4", "[loud] to the other stream"])


class Crashes(WithWrongPlugins):
    def test_a_crash_is_told_with_the_plugin_and_the_iteration(self):
        where = "SIGSEGV in advance() of optimizer 'wrong', at iteration 4"
        done = self.with_wrong("run", "small.yaml", "--out", "c", "--set", f"optimizer={self.optimizer('crash')}",
                               code=-signal.SIGSEGV)
        self.assertIn(f"tightrope: error: {where}; this is for its author to mend\n", done.stderr)
        self.write("study.yaml", BARE + "study:\n  methods:\n    good: {}\n"
                   f"    crash: {{optimizer: {self.optimizer('crash')}}}\n"
                   f"    leaves: {{optimizer: {self.optimizer('leaves')}}}\n")
        self.with_wrong("run", "study.yaml", "--out", "s", "--no-report", code=1)
        reasons = {cell["labels"]["method"]: cell["reason"]
                   for cell in json.loads((self.folder / "s/run.json").read_text())["missing"]}
        self.assertIn("SIGSEGV in worker (advance() of optimizer 'wrong', at iteration 4)", reasons["crash"])
        self.assertIn("ended by itself with code 5 (advance() of optimizer 'wrong', at iteration 4)", reasons["leaves"])


if __name__ == "__main__":
    main()
