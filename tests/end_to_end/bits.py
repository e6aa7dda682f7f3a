#!/usr/bin/env python3
"""The same bits whatever the threads, the lanes and the build.

TIGHTROPE=$PWD/build/release/bin/tightrope TIGHTROPE_BUILDS=$PWD/build/clang/bin/tightrope:… bits.py [CLASS[.test]…]
"""
import csv
import json
import math
import os
import shutil

from support import Case, main

OPERATORS = ["gaussian"] + [f"{{type: gaussian, storage: {storage}}}" for storage in
                            ["float32", "float16", "int8", "generated"]] + [
    "{type: rademacher, storage: sign}", "{type: rademacher, storage: generated}"]
LANES = 64
STUDY = """\
name: lanes
seed: 5
problem:
  shape: [20, 15]
  target:   {type: random_low_rank, rank: 2, condition: 2}
  operator: {measurements: 280}
model:          {type: asymmetric, rank: 4}
initialization: {type: small_random, scale: 1e-2}
optimizer: {type: gradient_descent, step: 0.2}
stop: {iterations: 60}
observers: [relative_error, imbalance, {singular_values: {count: 3}}]
study:
  methods:
""" + "".join(f"    lane{i}: {{optimizer: {{step: {0.1 + 0.002 * i:.3f}}}}}\n" for i in range(LANES))


class Bits(Case):
    def traces(self, operator, *arguments, **variables):
        """By lane, what its trace.csv holds."""
        self.write("lanes.yaml", STUDY)
        self.tightrope("run", "lanes.yaml", "--set", f"problem.operator={operator}", "--set",
                       "problem.operator.measurements=280", "-q", "--no-report", "-j", "1", "--out", "results",
                       *arguments, **variables)
        found = {}
        for cell in (self.folder / "results/cells").iterdir():
            lane = json.loads((cell / "provenance.json").read_text())["labels"]["method"]
            found[lane] = (cell / "trace.csv").read_bytes()
        shutil.rmtree(self.folder / "results")
        return found

    def first(self, lanes):
        return ["--only", "method=" + ",".join(f"lane{i}" for i in range(lanes))]

    def test_lanes_and_threads(self):
        for operator in OPERATORS:
            with self.subTest(operator):
                all_lanes = self.traces(operator, "--threads", "1")
                self.assertEqual(len(all_lanes), LANES)
                self.assertEqual(len(set(all_lanes.values())), LANES)
                self.assertEqual(self.traces(operator, "--threads", "2"), all_lanes)
                for lanes in (1, 3, 16):
                    some = self.traces(operator, *self.first(lanes), "--threads", "2")
                    self.assertEqual(some, {name: all_lanes[name] for name in some})
                    self.assertEqual(len(some), lanes)

    def test_builds(self):
        builds = [build for build in os.environ.get("TIGHTROPE_BUILDS", "").split(":") if build]
        if not builds:
            self.skipTest("TIGHTROPE_BUILDS names no other builds to compare with")
        for operator in OPERATORS:
            ours = self.traces(operator, *self.first(3))
            for build in builds:
                with self.subTest(operator, build=build):
                    self.assertEqual(self.traces(operator, *self.first(3), program=build), ours)

    def test_blas_kernels(self):
        """Other kernels of OpenBLAS add in another order: nearly the same numbers, and the record names the set."""
        self.write("small.yaml", STUDY[:STUDY.index("study:")].replace("operator: {", "operator: {type: gaussian, "))
        found = {}
        for kernels in ["Prescott", "Sandybridge", "Haswell"]:
            self.tightrope("run", "small.yaml", "-q", "--no-report", "--out", kernels, OPENBLAS_CORETYPE=kernels)
            record = json.loads((self.folder / kernels / "record.json").read_text())
            with open(self.folder / kernels / "trace.csv", newline="") as file:
                rows = [[float(word) for word in row if word] for row in list(csv.reader(file))[1:]]
            found[record["build"]["blas_kernels"]] = rows
        if len(found) < 2:
            self.skipTest("this processor has one set of kernels")
        first, *others = found.values()
        for other in others:
            for a, b in zip(first, other, strict=True):
                for x, y in zip(a, b, strict=True):
                    self.assertTrue(math.isclose(x, y, rel_tol=1e-10, abs_tol=1e-14), f"{x} and {y}")


if __name__ == "__main__":
    main()
