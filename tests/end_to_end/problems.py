#!/usr/bin/env python3
"""A problem that is not sensing through every verb, and what pages say of it; pages of runs that older programs made."""
import csv
import hashlib
import json
import re

from support import SMALL, Case, main

NETWORK = """\
name: network
seed: 4
problem: {type: two_layer_relu, width: 12, data: samples.csv, loss: logistic}
initialization: of_model
optimizer: {type: gradient_descent, step: 2e-2}
stop: {iterations: 400}
claims:
  - {that: final accuracy, is: "> 0.99"}
  - {that: final objective, relative to: initial objective, is: < 0.5}
"""


class Problems(Case):
    def setUp(self):
        super().setUp()
        # Two classes on either side of a line, twelve samples each.
        rows = [f"{sign * (1 + i % 4)},{sign * (2 - i / 6)},{i % 3 - 1},{sign}" for i in range(12) for sign in (1, -1)]
        self.write("samples.csv", "\n".join(rows) + "\n")
        self.write("network.yaml", NETWORK)

    def trace(self, run="results/network"):
        with open(self.folder / run / "trace.csv", encoding="utf-8") as file:
            return list(csv.DictReader(file))

    def test_a_run_and_its_verbs(self):
        done = self.tightrope("run", "network.yaml")
        self.assertIn("401 passes over the data", done.stdout)
        self.assertEqual(list(self.trace()[0]), ["iteration", "passes", "objective", "step", "time", "stable_rank",
                                                 "accuracy", "alignment", "in_cone"])
        shown = self.tightrope("show", "results/network").stdout
        for column in ["stable_rank", "accuracy", "alignment"]:
            self.assertRegex(shown, rf"{column} +\S+ +\S+")
        self.assertIn("objective", self.tightrope("compare", "results/network").stdout)
        self.assertIn("1 run again with the same bits", self.tightrope("verify", "results/network", "--sample", "1").stdout)
        self.assertRegex(self.tightrope("plan", "network.yaml", "--out", "elsewhere").stdout, r"new +401 ")
        self.tightrope("export", "results/network", "--bundle", "network.tar.gz", "-q")
        self.one_sentence(self.tightrope("export", "results/network", "--problem", "p.npz", code=2), "no operator")

    def test_its_page(self):
        self.tightrope("run", "network.yaml", "-q")
        page = (self.folder / "results/network/report.html").read_text(encoding="utf-8")
        for text in ['<h2 id="Truth', "over the operator"]:
            self.assertFalse(text in page, text)
        for text in ["passes over the data", "> flow time</label>", "two layer relu, width 12, loss logistic", "<b>Alignment</b>"]:
            self.assertIn(text, page)
        figures = {file.name for file in (self.folder / "results/network/figures").iterdir()}
        self.assertIn("alignment-time.svg", figures)
        self.assertFalse({name for name in figures if name.startswith(("step", "time"))})
        self.tightrope("report", "results/network", "-q")
        self.assertEqual((self.folder / "results/network/report.html").read_text(encoding="utf-8"), page)

    def test_a_longer_run_goes_on_where_a_shorter_one_ended(self):
        for batch in [[], ["--set", "batch={size: 5, order: shuffled}", "--set", "claims=[]"]]:
            name = f"out{len(batch)}"
            self.tightrope("run", "network.yaml", "-q", "--no-report", "--out", name + "whole", *batch)
            whole = (self.folder / (name + "whole") / "trace.csv").read_bytes()
            self.tightrope("run", "network.yaml", "-q", "--no-report", "--out", name, *batch, "--set",
                           "stop.iterations=150", "--set", "claims=[]")
            planned = self.tightrope("plan", "network.yaml", "--out", name, *batch).stdout
            self.assertIn("1 to continue", planned)
            self.tightrope("run", "network.yaml", "-q", "--no-report", "--out", name, *batch)
            self.assertEqual((self.folder / name / "trace.csv").read_bytes(), whole)

    def test_its_columns_at_every_nth_iteration(self):
        self.tightrope("run", "network.yaml", "-q", "--no-report", "--out", "all")
        whole = {int(row["iteration"]): row for row in self.trace("all")}
        for every, iterations in [("150", [0, 150, 300, 400]), ("geometric", [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12])]:
            self.tightrope("run", "network.yaml", "-q", "--no-report", "--out", every, "--set", f"problem.every={every}")
            rows = self.trace(every)
            self.assertEqual([int(row["iteration"]) for row in rows][:len(iterations)], iterations)
            self.assertEqual(rows, [whole[int(row["iteration"])] for row in rows])
        # The base of a study knows the key, too, and a problem that is a plugin has none of the parts of sensing.
        steps = ["--set", "optimizer.step=0.1, 0.2"]
        self.tightrope("check", "network.yaml", "--set", "problem.every=150", *steps)
        done = self.tightrope("check", "network.yaml", "--set", "problem.everry=150", *steps, code=2)
        self.assertIn("did you mean 'every'?", done.stderr)
        done = self.tightrope("check", "network.yaml", "--set", "problem.noise=gaussian", *steps, code=2)
        self.assertIn("has no parameter 'noise'", done.stderr)
        done = self.tightrope("check", "network.yaml", "--set", "problem.every=0", code=2)
        self.one_sentence(done, "'every' of problem 'two_layer_relu' must be a whole number of at least 1, or geometric")
        self.assertIn("every", self.tightrope("describe", "problem", "two_layer_relu").stdout)

    def test_a_study_of_it(self):
        self.tightrope("run", "network.yaml", "-q", "--set", "claims=[]", "--set", "study={repetitions: 3, methods: "
                       "{exponential: {problem: {loss: exponential}}, logistic: {problem: {loss: logistic}}}, "
                       "success: objective < 8}")
        compared = self.tightrope("compare", "results/network").stdout
        self.assertRegex(compared, r"logistic +3 limit")
        page = (self.folder / "results/network/report.html").read_text(encoding="utf-8")
        self.assertIn("passes over the data", page)

    def test_methods_that_want_a_metric_say_so(self):
        done = self.tightrope("run", "network.yaml", "-q", "--set",
                              "optimizer={type: scaled_gradient_descent, step: 0.1}", code=2)
        self.one_sentence(done, "optimizer 'scaled_gradient_descent'", "metric")

    def test_what_was_kept_is_told(self):
        self.write("kept.yaml", SMALL.replace("name: small", "name: kept").split("claims:")[0]
                   .replace("measurements: 150}", "measurements: 150}\n  noise: {type: gaussian, level: 0.02}\n  hold_out: {fraction: 0.2}")
                   + "keep: smallest validation_error\n")
        self.tightrope("run", "kept.yaml", "-q")
        with open(self.folder / "results/kept/trace.csv", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        best = min(rows, key=lambda row: float(row["validation_error"]))
        words = rf"iteration {best['iteration']}, where validation.error is smallest"
        self.assertRegex(self.tightrope("show", "results/kept").stdout, "kept: " + words)
        page = (self.folder / "results/kept/report.html").read_text(encoding="utf-8")
        self.assertRegex(page, "Kept: " + words)
        self.assertIn(">kept</text>", page)

    def test_theory_is_dashed(self):
        self.write("theory.yaml", SMALL.replace("name: small", "name: theory").replace("]\nclaims", ", linear_phase]\nclaims"))
        self.tightrope("run", "theory.yaml", "-q")
        page = (self.folder / "results/theory/report.html").read_text(encoding="utf-8")
        self.assertIn("<span>theory</span>", page)
        self.assertNotIn("<b>Sigma 1 theory</b>", page)
        drawing = (self.folder / "results/theory/figures/sigma.svg").read_text(encoding="utf-8")
        self.assertEqual(drawing.count('stroke-dasharray="4 3"'), 4)  # three curves and the legend
        self.assertEqual(set(re.findall(r"<title>([^<]*), theory</title>", drawing)), {"sigma 1", "sigma 2", "sigma 3"})

    def test_a_run_without_the_clocks_of_today_is_read_and_drawn(self):
        """As the program of before wrote it: no step and no time, and other words in the record."""
        self.tightrope("run", "small.yaml", "-q", "--no-report")
        cell = next((self.folder / "results/small/cells").iterdir())
        for file in cell.iterdir():
            file.chmod(0o644)
        rows = list(csv.reader((cell / "trace.csv").read_text(encoding="utf-8").splitlines()))
        left_out = [rows[0].index(name) for name in ("step", "time")]
        lines = [",".join(value for i, value in enumerate(row) if i not in left_out) for row in rows]
        (cell / "trace.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
        record = json.loads((cell / "record.json").read_text(encoding="utf-8"))
        record["columns"] = [{"name": column["name"], "description": column["description"],
                              "prominence": column["display_priority"], "positive": column["logarithmic"]}
                             for column in record["columns"] if column["name"] not in ("step", "time")]
        for name in ("step", "time"):
            del record["metrics"][name]
        for name in ("rows", "measurements", "watched"):
            del record["counters"][name]
        self.rewrite(cell, record)
        shown = self.tightrope("show", "results/small").stdout
        self.assertNotIn("\ntime", shown)
        self.tightrope("report", "results/small", "-q")
        page = (self.folder / "results/small/report.html").read_text(encoding="utf-8")
        self.assertFalse("> flow time</label>" in page)
        self.assertIn("<b>Sigma over the run</b>", page)
        self.assertFalse(list((self.folder / "results/small/figures").glob("*-time.svg")))

    def rewrite(self, cell, record):
        """Writes a record and the digests that make the folder whole again."""
        digest = lambda name: hashlib.sha256((cell / name).read_bytes()).hexdigest()
        record["files"]["trace.csv"] = digest("trace.csv")
        (cell / "record.json").write_text(json.dumps(record, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        names = [line.split(None, 1)[1].lstrip("*") for line in (cell / "SHA256SUMS").read_text(encoding="utf-8").splitlines()]
        (cell / "SHA256SUMS").write_text("".join(f"{digest(name)}  {name}\n" for name in names), encoding="utf-8")


if __name__ == "__main__":
    main()
