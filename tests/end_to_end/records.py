#!/usr/bin/env python3
"""What is made again from stored runs: reports, exported problems, bundles; data that have changed; reports that fail."""
import csv
import json
import os
import pathlib
import re
import subprocess
import tarfile

import numpy

from support import PROGRAM, SMALL, Case, main

DATA = SMALL.replace("name: small", "name: data").replace(
    "{type: random_low_rank, rank: 2, condition: 2}", "{type: file, path: x.csv, normalize: spectral}").split("claims:")[0]


class Records(Case):
    def data(self, scale=1):
        """A matrix of rank 2 as x.csv."""
        rows = [",".join(str(scale * (i * j + (i + 1) % 3)) for j in range(9)) for i in range(12)]
        self.write("x.csv", "\n".join(rows) + "\n")

    def page(self, run):
        return (self.folder / "results" / run / "report.html").read_text(encoding="utf-8")

    def peak_megabytes(self, *arguments):
        """Peak memory of one call and its own process alone."""
        with open(os.devnull, "w", encoding="utf-8") as nothing:
            process = subprocess.Popen([PROGRAM, *map(str, arguments)], cwd=self.folder, env=self.environment(),
                                       stdin=subprocess.DEVNULL, stdout=nothing)
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        self.assertEqual(process.returncode, 0, arguments)
        return usage.ru_maxrss / 1000

    # --- data that have changed ---
    def test_changed_data_are_noticed_by_every_verb(self):
        self.data()
        self.write("data.yaml", DATA)
        self.tightrope("run", "data.yaml", "-q")
        page = self.page("data")
        before = self.tightrope("show", "results/data").stdout, self.tightrope("compare", "results/data").stdout
        self.data(scale=2)
        name = str(self.folder / "x.csv")
        for arguments in [["export", "results/data", "--problem", "p.npz"], ["export", "results/data", "--bundle", "b.tar.gz"],
                          ["report", "results/data"], ["verify", "results/data"],
                          ["verify", "results/data", "--sample", "0"]]:
            self.one_sentence(self.tightrope(*arguments, code=4), name, "has changed")
        self.assertEqual(sorted(file.name for file in self.folder.iterdir()), ["data.yaml", "results", "small.yaml", "x.csv"])
        self.assertEqual(self.page("data"), page)
        # What is stored is told all the same.
        for verb, text in zip(["show", "compare"], before):
            done = self.tightrope(verb, "results/data", code=4)
            self.assertEqual(done.stdout, text)
            self.assertIn(name, done.stderr)
        self.tightrope("export", "results/data", "--to", "t.csv", code=4)
        self.assertEqual((self.folder / "t.csv").read_bytes(), (self.folder / "results/data/trace.csv").read_bytes())
        # Other data are another run.
        self.tightrope("run", "data.yaml", "-q")
        self.tightrope("report", "results/data", "-q")

    def test_data_that_are_the_same_again_are_welcome(self):
        self.data()
        self.write("data.yaml", DATA)
        self.tightrope("run", "data.yaml", "-q")
        self.data(scale=2)
        self.data()
        for arguments in [["report", "results/data"], ["show", "results/data"], ["export", "results/data", "--problem", "p.npz"]]:
            self.tightrope(*arguments, "-q")
        with numpy.load(self.folder / "p.npz") as problem:
            with open(self.folder / "x.csv", encoding="utf-8") as file:
                written = numpy.array([[float(value) for value in row] for row in csv.reader(file)])
            numpy.testing.assert_allclose(problem["truth"], written / numpy.linalg.norm(written, 2), rtol=1e-13)

    def test_measured_data_and_starts_are_data_too(self):
        self.data()
        self.write("first.yaml", SMALL.replace("name: small", "name: first"))
        self.tightrope("run", "first.yaml", "-q", "--no-report")
        start = (self.folder / "results/first/final.npz").read_bytes()
        (self.folder / "start.npz").write_bytes(start)
        self.tightrope("run", "small.yaml", "-q", "--set", "initialization={type: from_file, path: start.npz}")
        self.tightrope("run", "small.yaml", "-q", "--no-report", "--out", "other", "--set", "seed=9")
        (self.folder / "start.npz").write_bytes((self.folder / "other/final.npz").read_bytes())
        self.one_sentence(self.tightrope("report", "results/small", code=4), "start.npz")

    def test_a_bundle_goes_by_its_own_data(self):
        self.data()
        self.write("data.yaml", DATA)
        self.tightrope("run", "data.yaml", "-q")
        self.tightrope("export", "results/data", "--bundle", "data.tar.gz", "-q")
        with tarfile.open(self.folder / "data.tar.gz") as archive:
            archive.extractall(self.folder / "elsewhere")
        self.data(scale=2)  # where the file lay when the run was made
        for arguments in [["report", "elsewhere/data"], ["show", "elsewhere/data"],
                          ["export", "elsewhere/data", "--problem", "p.npz"]]:
            self.tightrope(*arguments, "-q")
        self.assertIn("1 run again with the same bits",
                      self.tightrope("verify", "elsewhere/data", "--sample", "1").stdout)
        self.assertEqual((self.folder / "elsewhere/data/report.html").read_text(encoding="utf-8"), self.page("data"))

    def test_data_beside_the_folder_of_the_config(self):
        self.data()
        (self.folder / "deep").mkdir()
        self.write("deep/data.yaml", DATA.replace("x.csv", "../x.csv"))
        self.tightrope("run", "deep/data.yaml", "-q")
        self.assertIn("1 run again with the same bits", self.tightrope("verify", "results/data", "--sample", "1").stdout)
        page = self.page("data")
        self.tightrope("report", "results/data", "-q")
        self.assertEqual(self.page("data"), page)
        done = self.tightrope("export", "results/data", "--bundle", "data.tar.gz", "-q")
        self.assertIn("../x.csv is not part of the bundle", done.stderr)
        with tarfile.open(self.folder / "data.tar.gz") as archive:
            self.assertIn("Not in this bundle: the data file ../x.csv", archive.extractfile("data/README.md").read().decode())

    # --- what is made for a report ---
    def test_a_truth_needs_no_operator(self):
        self.data()
        rows = [",".join(str((7 * i + 3 * j) % 11 - 5) for j in range(12 * 9)) for i in range(120)]
        self.write("a.csv", "\n".join(rows) + "\n")
        self.write("data.yaml", DATA.replace("{type: gaussian, measurements: 150}", "{type: dense_file, path: a.csv}")
                   .replace("step: 0.25", "step: 1e-6"))
        self.tightrope("run", "data.yaml", "-q")
        page = self.page("data")
        (self.folder / "a.csv").unlink()
        done = self.tightrope("report", "results/data", "-q")
        self.assertEqual(done.stderr, "")
        self.assertEqual(self.page("data"), page)

    def test_a_report_holds_no_operator(self):
        self.tightrope("run", "small.yaml", "-q", "--no-report")
        bare = self.peak_megabytes("report", "results/small", "-q")
        self.write("large.yaml", """\
problem:
  shape: [100, 100]
  target: {type: random_low_rank, rank: 2}
  operator: {type: gaussian, measurements: 2500}
model: {type: asymmetric, rank: 2}
initialization: {type: small_random, scale: 0.1}
optimizer: {type: gradient_descent, step: 0.25}
stop: {iterations: 2}
observers: [relative_error]
study: {methods: {gd: {}, scaled: {optimizer: {type: scaled_gradient_descent, step: 0.25}}}, grid: {problem.target.condition: [1, 5]}}
""")
        # 200 MB of operator, which both cells of a method share.
        self.assertLess(self.peak_megabytes("run", "large.yaml", "-q", "-j", "1"), bare + 260)
        self.assertLess(self.peak_megabytes("run", "large.yaml", "-q"), bare + 60)  # all is stored
        self.assertLess(self.peak_megabytes("report", "results/large", "-q"), bare + 60)

    def test_each_run_is_compared_with_its_own_truth(self):
        self.write("study.yaml", SMALL.split("claims:")[0] +
                   "study: {methods: {plain: {}, heavy: {optimizer: {type: momentum, step: 0.1}}}, "
                   "grid: {problem.target.condition: [1, 5]}}\n")
        self.tightrope("run", "study.yaml", "-q")
        page = self.page("small")
        self.assertEqual(page.count("<figure><figcaption>truth</figcaption>"), 2)
        document = json.loads(self.tightrope("show", "results/small", "--format", "json").stdout)
        stated = re.findall(r"<figcaption>(\w+), condition (\d): relative error ([^<]+)<", page)
        self.assertEqual(len(stated), 4)
        for method, condition, error in stated:
            cell, = (cell for cell in document["cells"]
                     if cell["labels"] == {"method": method, "condition": condition})
            self.assertAlmostEqual(float(error) / cell["metrics"]["relative_error"], 1, delta=6e-3)

    def test_repetitions_of_a_truth_without_chance_share_it(self):
        self.data()
        self.write("data.yaml", DATA + "study: {repetitions: 3}\n")
        self.tightrope("run", "data.yaml", "-q")
        self.assertEqual(self.page("data").count("<figcaption>truth</figcaption>"), 1)
        self.write("study.yaml", SMALL.split("claims:")[0] + "study: {repetitions: 3}\n")
        self.tightrope("run", "study.yaml", "-q")
        self.assertEqual(self.page("small").count("<figcaption>truth</figcaption>"), 3)

    def test_large_matrices_are_thinned_from_their_factors(self):
        self.tightrope("run", "small.yaml", "-q", "--no-report")
        bare = self.peak_megabytes("report", "results/small", "-q")
        self.write("large.yaml", """\
problem:
  shape: [6000, 5000]
  target: {type: random_low_rank, rank: 2}
  operator: {type: entry_sampling, count: 200000}
model: {type: asymmetric, rank: 2}
initialization: {type: small_random, scale: 0.1}
optimizer: {type: gradient_descent, step: 1e-4}
stop: {iterations: 2}
observers: [relative_error]
""")
        self.tightrope("run", "large.yaml", "-q")
        page = self.page("large")
        self.assertIn("Shown are the entries in 240 of the 6,000 rows and 240 of the 5,000 columns", page)
        # 240 MB for each of truth, estimate and error, were they formed.
        self.assertLess(self.peak_megabytes("report", "results/large", "-q"), bare + 60)
        self.assertEqual(self.page("large"), page)

    # --- reports that fail ---
    def test_a_report_that_fails_costs_nothing_else(self):
        whole = self.tightrope("run", "small.yaml", "--out", "whole").stdout.splitlines()
        for arguments, code in [([], 0), (["--set", "stop.iterations=5"], 1)]:
            self.tightrope("run", "small.yaml", "--out", "out", "-q", "--no-report", *arguments, code=code)
            self.write("out/figures", "in the way")
            done = self.tightrope("run", "small.yaml", "--out", "out", *arguments, code=code)
            self.assertRegex(done.stdout, r"final relative_error < 0.05")
            self.assertNotIn("Report:", done.stdout)
            self.assertRegex(done.stderr, r"^tightrope: warning: the report could not be made, all else is stored: .*figures.*\n$")
            document = json.loads(self.tightrope("run", "small.yaml", "--out", "out", "--format", "json", *arguments,
                                                 code=code).stdout)
            self.assertEqual(len(document["claims"]), 1)
        self.assertEqual(whole[-1], "Report: whole/report.html")

    # --- exports ---
    def test_the_matrix_of_any_operator(self):
        for name, operator, entries in [("few", "{type: entry_sampling, count: 40}", 40),
                                        ("all", "{type: entry_sampling, fraction: 1}", 108), ("id", "identity", 108),
                                        ("dense", "{type: gaussian, measurements: 150}", 150)]:
            self.tightrope("run", "small.yaml", "-q", "--no-report", "--set", f"problem.operator={operator}", "--out", name,
                           "--set", "claims=[]", "--set", "stop.iterations=1")
            self.tightrope("export", name, "--problem", f"{name}.npz", "-q")
            with numpy.load(self.folder / f"{name}.npz") as problem:
                A, y, truth = problem["A"], problem["y"], problem["truth"]
            self.assertEqual(A.shape, (entries, 108))
            numpy.testing.assert_allclose(A @ truth.ravel(), y, rtol=1e-12, atol=1e-14)
            if name != "dense":
                self.assertEqual(numpy.count_nonzero(A), entries)

    def test_an_export_never_writes_over_what_a_run_is_made_of(self):
        self.data()
        self.write("data.yaml", DATA)
        self.tightrope("run", "data.yaml", "-q")
        os.symlink("x.csv", self.folder / "link.csv")
        before = {file: file.read_bytes() for file in self.folder.rglob("*") if file.is_file()}
        cell, = (self.folder / "results/data/cells").iterdir()
        for name in ["x.csv", "./x.csv", self.folder / "x.csv", "link.csv", "results/data/trace.csv", "results/data/run.json",
                     cell / "final.npz"]:
            self.one_sentence(self.tightrope("export", "results/data", "--to", name, code=2), pathlib.Path(name).name)
        self.one_sentence(self.tightrope("export", "results/data", "--problem", "results/data/final.npz", code=2), "final.npz")
        self.assertEqual({file: file.read_bytes() for file in self.folder.rglob("*") if file.is_file()}, before)
        for _ in range(2):  # what an export has written before may be
            self.tightrope("export", "results/data", "--to", "results/data/mine.csv", "-q")

    def test_a_bundle_takes_plugins_along(self):
        outside = self.folder / "outside/step_sizes"
        outside.mkdir(parents=True)
        library = pathlib.Path(os.environ["BROKEN_PLUGINS"]) / "sound/step_sizes/sound.so"
        (outside / "sound.so").write_bytes(library.read_bytes())
        self.write("small.yaml", SMALL.replace("step: 0.25", "step: sound"))
        self.tightrope("run", "small.yaml", "-q", "--plugin-path", "outside")
        self.tightrope("export", "results/small", "--bundle", "a.tar.gz", "-q", "--plugin-path", "outside")
        self.write("named.yaml", "name: named\nplugin_path: outside\n" + (self.folder / "small.yaml").read_text().split("\n", 1)[1])
        self.tightrope("run", "named.yaml", "-q", "--allow-plugin-path")
        self.tightrope("export", "results/named", "--bundle", "b.tar.gz", "-q", "--plugin-path", "outside")
        for name in ["a.tar.gz", "b.tar.gz"]:
            with tarfile.open(self.folder / name) as archive:
                archive.extractall(self.folder / "elsewhere")
        (outside / "sound.so").unlink()
        for name in ["small", "named"]:
            root = self.folder / "elsewhere" / name
            self.assertEqual((root / "plugins/step_sizes/sound.so").read_bytes(), library.read_bytes())
            commands = [line for line in (root / "README.md").read_text(encoding="utf-8").splitlines()
                        if line.startswith("tightrope ")]
            self.assertEqual([command.split()[1] for command in commands], ["verify", "run"])
            for command in commands:  # as it stands there
                done = subprocess.run([PROGRAM, *command.split()[1:]], cwd=root, env=self.environment(),
                                      stdin=subprocess.DEVNULL, capture_output=True, text=True)
                self.assertEqual(done.returncode, 0, command + "\n" + done.stdout + done.stderr)
            self.assertEqual((root / "again/trace.csv").read_bytes(), (self.folder / "results" / name / "trace.csv").read_bytes())

    # --- messages ---
    def test_missing_measurements_are_not_a_missing_target(self):
        self.write("measured.yaml", SMALL.replace("  target:   {type: random_low_rank, rank: 2, condition: 2}\n", "  data: y.npy\n"))
        done = self.tightrope("check", "measured.yaml", code=2)
        self.assertIn("y.npy", done.stderr)
        self.assertNotIn("target", done.stderr)


if __name__ == "__main__":
    main()
