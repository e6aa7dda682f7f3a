#!/usr/bin/env python3
"""Data files from the config to the record: where they are found, what is taken for measurements, what is told.

TIGHTROPE=$PWD/build/release/bin/tightrope data.py
"""
import json
import os
import resource
import subprocess

import numpy

from support import PROGRAM, Case, main

CONFIG = """\
name: mine
problem:
  shape: [4, 3]
  operator: identity
  data: y.npy
model: {type: asymmetric, rank: 1}
initialization: spectral
optimizer: {type: gradient_descent, step: 0.1}
stop: {iterations: 0}
observers: [train_error]
"""
# Of rank 1, and no two entries are equal: a start from its singular vectors shows which number came from where.
X = numpy.outer([1.0, -2.0, 3.0, 5.0], [1.0, 1.25, -0.75])


class Data(Case):
    def read_back(self, config, *arguments, **variables):
        """The matrix from which all entries were measured."""
        done = self.tightrope("run", config, "--no-report", "--out", "out", *arguments, **variables)
        final = numpy.load(self.folder / "out/final.npz")
        self.provenance = json.loads((self.folder / "out/provenance.json").read_text())
        subprocess.run(["rm", "-r", "out"], cwd=self.folder, check=True)
        return final["V"] @ final["W"].T, done.stdout

    def same(self, found, expected=X):
        self.assertLess(numpy.abs(found - expected).max(), 1e-13)

    def test_measurements_are_a_vector_or_entries_in_their_places(self):
        config = self.write("mine.yaml", CONFIG)

        def save(y):
            numpy.save(self.folder / "y.npy", y)

        for y in [X.ravel(), X.reshape(-1, 1), X.reshape(1, -1), X, numpy.asfortranarray(X), X.astype(">f4")]:
            save(y)
            self.same(self.read_back(config)[0])
        for y, words in [(X.T, ["3 × 4", "4 × 3"]), (X.reshape(6, 2), ["6 × 2", "one row or one column"]), (X.reshape(2, 2, 3), ["3 dimensions"])]:
            save(y)
            self.one_sentence(self.tightrope("run", config, code=2), "mine.yaml:5:9: error: ", *words)
        save(X.ravel()[:-1])
        self.one_sentence(self.tightrope("run", config, code=2), "11 numbers", "12 measurements")

    def test_a_table_for_other_operators_is_refused(self):
        rng = numpy.random.default_rng(1)
        A = rng.standard_normal((20, 4, 3))
        numpy.save(self.folder / "A.npy", A.reshape(20, -1))
        numpy.save(self.folder / "y.npy", numpy.einsum("mij,ij->m", A, X))
        config = self.write("mine.yaml", CONFIG.replace("identity", "{type: dense_file, path: A.npy}"))
        config_table = self.write("table.yaml", CONFIG.replace("identity", "{type: dense_file, path: A.npy}").replace("y.npy", "y.csv"))
        numpy.savetxt(self.folder / "y.csv", numpy.load(self.folder / "y.npy").reshape(5, 4), delimiter=",")
        self.one_sentence(self.tightrope("run", config_table, code=2), "table of 5 × 4", "20 measurements", "one row or one column")
        # All entries, in a file of their own: what `identity` measures, and a table of them is as good.
        numpy.save(self.folder / "A.npy", numpy.eye(12))
        numpy.save(self.folder / "y.npy", X)
        self.same(self.read_back(config)[0])

    def test_operators_of_three_dimensions(self):
        A = numpy.zeros((12, 4, 3))
        A.reshape(12, 12)[:] = numpy.eye(12)
        numpy.save(self.folder / "y.npy", X)
        config = self.write("mine.yaml", CONFIG.replace("identity", "{type: dense_file, path: A.npy}"))
        for array in [A, numpy.asfortranarray(A)]:
            numpy.save(self.folder / "A.npy", array)
            self.same(self.read_back(config)[0])
        self.one_sentence(self.tightrope("run", config, "--set", "problem.operator.order=column", code=2), "'order'")
        for wrong in [numpy.moveaxis(A, 0, -1), A.transpose(0, 2, 1), A.reshape(12, 2, 2, 3)]:
            numpy.save(self.folder / "A.npy", wrong)
            self.one_sentence(self.tightrope("run", config, code=2), "m × 4 × 3", " × ".join(map(str, wrong.shape)))
        # The same matrices with their entries in MATLAB's order.
        numpy.save(self.folder / "A.npy", A.transpose(0, 2, 1).reshape(12, 12))
        self.same(self.read_back(config, "--set", "problem.operator.order=column")[0])

    def test_arrays_of_one_file_by_name(self):
        numpy.savez(self.folder / "all.npz", A=numpy.eye(12), y=X.ravel(), other=numpy.ones(3))
        config = self.write("mine.yaml", CONFIG.replace("identity", "{type: dense_file, path: all.npz:A}").replace("y.npy", "all.npz:y"))
        found, text = self.read_back(config)
        self.same(found)
        self.assertIn("all.npz:A: 12 × 12 numbers of type float64", text)
        self.tightrope("run", config, "--no-report", "-q")
        self.tightrope("verify", "results/mine", "--sample", "100%")
        record = json.loads((self.folder / "results/mine/record.json").read_text())
        self.assertEqual([entry["file"] for entry in record["data"]], ["all.npz", "all.npz"])
        self.one_sentence(self.tightrope("run", config, "--set", "problem.data=all.npz", code=2), "several arrays", "all.npz:A")
        self.one_sentence(self.tightrope("run", config, "--set", "problem.data=all.npz:z", code=2), "no array 'z'", "A, y, other")
        self.assertIn("did you mean 'all.npz'?", self.tightrope("run", config, "--set", "problem.data=al.npz:y", code=2).stderr)

    def test_what_was_guessed_is_told_and_changes_no_key(self):
        config = self.write("mine.yaml", CONFIG.replace("y.npy", "y.csv"))
        (self.folder / "y.csv").write_text("a;b;c\n" + "".join(";".join(repr(x).replace(".", ",") for x in row) + "\n" for row in X.tolist()))
        found, text = self.read_back(config)
        self.same(found)
        note = "y.csv: 4 × 3 numbers separated by semicolons, line 1 taken as names (a, b, c), decimal commas, each the measurement of the entry in its place"
        self.assertIn(f"  {note}.\n", text)
        self.assertEqual(self.provenance["notes"], [note])
        self.tightrope("run", config, "--no-report", "-q")
        self.assertNotIn("semicolons", (self.folder / "results/mine/record.json").read_text())

    def test_two_dots_go_where_the_file_system_goes(self):
        for folder, matrix in [("real/data", X), ("data", 2 * X)]:
            (self.folder / folder).mkdir(parents=True)
            numpy.savetxt(self.folder / folder / "y.txt", matrix, fmt="%.17g")
        (self.folder / "real/deep").mkdir()
        (self.folder / "link").symlink_to("real/deep")
        (self.folder / "real/deep/mine.yaml").write_text(CONFIG.replace("y.npy", "../data/y.txt"))
        self.same(self.read_back("link/mine.yaml")[0])
        self.assertEqual(self.provenance["files"]["../data/y.txt"], str(self.folder.resolve() / "real/data/y.txt"))
        self.write("mine.yaml", CONFIG.replace("y.npy", "link/../data/y.txt"))
        self.same(self.read_back("mine.yaml")[0])
        self.write("mine.yaml", CONFIG.replace("y.npy", "real/../data/./y.txt"))
        self.same(self.read_back("mine.yaml")[0], 2 * X)

    def test_a_tilde_is_the_home(self):
        (self.folder / "home").mkdir()
        numpy.save(self.folder / "home/y.npy", X)
        config = self.write("mine.yaml", CONFIG.replace("y.npy", "~/y.npy"))
        self.same(self.read_back(config, HOME=str(self.folder / "home"))[0])
        self.assertIn(f"at '{self.folder}/y.npy' there is no such file", self.tightrope("run", config, code=2, HOME=str(self.folder)).stderr)

    def test_a_start_from_arrays(self):
        numpy.savez(self.folder / "start.npz", V=X[:, :1], W=X[:1, :].T)
        numpy.save(self.folder / "y.npy", X)
        config = self.write("mine.yaml", CONFIG.replace("initialization: spectral", "initialization: {type: from_file, path: start.npz}"))
        self.same(self.read_back(config)[0], X[:, :1] @ X[:1, :])
        numpy.savez(self.folder / "start.npz", V=X[:, :1], W=X[:1, :].T * numpy.nan)
        self.one_sentence(self.tightrope("run", config, code=2), "start.npz", "(1, 1) is not a finite number")

    def write_rows(self, m, shape, dtype=float):
        rng = numpy.random.default_rng(3)
        A = rng.standard_normal((m, *shape)).astype(dtype) / m**0.5
        truth = numpy.outer(rng.standard_normal(shape[0]), rng.standard_normal(shape[1])) / (shape[0] * shape[1])**0.5
        numpy.save(self.folder / "A.npy", A.reshape(m, -1))
        numpy.save(self.folder / "y.npy", A.reshape(m, -1).astype(float) @ truth.ravel())
        return self.write("rows.yaml", CONFIG.replace("[4, 3]", str(list(shape))).replace("identity", "{type: dense_file, path: A.npy}").replace("iterations: 0", "iterations: 20"))

    def test_rows_in_the_file_give_the_bytes_of_rows_in_memory(self):
        config = self.write_rows(400, (13, 11), "f4")
        results = set()
        for where in ["automatic", "memory", "file"]:
            for threads in ["1", "3"]:
                self.tightrope("run", config, "-q", "--no-report", "-o", "out", "--threads", threads, "--set", f"problem.operator.storage={where}")
                results.add(((self.folder / "out/final.npz").read_bytes(), (self.folder / "out/trace.csv").read_bytes()))
                subprocess.run(["rm", "-r", "out"], cwd=self.folder, check=True)
        self.assertEqual(len(results), 1)

    def test_rows_that_do_not_fit_into_memory_stay_in_the_file(self):
        config = self.write_rows(1000, (200, 120))  # 192 MB
        limited = lambda: resource.setrlimit(resource.RLIMIT_DATA, (160 << 20, 160 << 20))
        run = lambda *more: subprocess.run([PROGRAM, "run", config, "--no-report", "--threads", "1", "--set", "stop.iterations=2", *more], cwd=self.folder,
                                           env=self.environment(), stdin=subprocess.DEVNULL, capture_output=True, text=True, preexec_fn=limited)
        done = run()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("A.npy: 1000 × 24000 numbers of type float64, read from the file in every pass", done.stdout)
        done = run("--set", "problem.operator.storage=memory", "-o", "memory")
        self.assertEqual(done.returncode, 5)
        self.one_sentence(done, "measurements × rows·columns × 8 bytes = 1000 × 24000 × 8 = 192 MB", "(ulimit -d)", "leave out 'storage'")

    def test_a_file_that_is_cut_while_it_is_read_ends_the_run(self):
        config = self.write_rows(400, (30, 20))
        process = subprocess.Popen([PROGRAM, "run", config, "--set", "stop.iterations=100000000", "--set", "problem.operator.storage=file"], cwd=self.folder,
                                   env=self.environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        process.stderr.readline()  # the first line of progress: the run is under way
        os.truncate(self.folder / "A.npy", 1_000_000)
        out, err = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 4, err)
        self.assertIn("A.npy was cut from 1920128 to 1000000 bytes while it was read", err.splitlines()[-1])

    def test_wide_and_tall_targets_cost_the_same(self):
        wide = numpy.random.default_rng(2).standard_normal((20, 20000))
        config = self.write("wide.yaml", CONFIG.replace("  shape: [4, 3]\n", "").replace("  data: y.npy\n", "  target: {type: file, path: X.npy, transpose: false}\n"))
        megabytes = {}
        for name, matrix in [("wide", wide), ("tall", wide.T)]:
            numpy.save(self.folder / "X.npy", matrix)
            child = subprocess.Popen([PROGRAM, "run", config, "-q", "--no-report", "--out", name, "--set", "initialization={type: small_random, scale: 1e-3}"],
                                     cwd=self.folder, env=self.environment())
            _, status, usage = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
            self.assertEqual(child.returncode, 0)
            megabytes[name] = usage.ru_maxrss / 1024
        self.assertLess(megabytes["wide"], 1.5 * megabytes["tall"] + 20)  # the eye of the longer side alone is 3,200 MB


if __name__ == "__main__":
    main()
