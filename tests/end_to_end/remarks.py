#!/usr/bin/env python3
"""What the parts of a run have to say is said by the program and kept by the record.

TIGHTROPE=$PWD/build/release/bin/tightrope remarks.py
"""
import json

from support import Case, main

# One positive eigenvalue where the model has two columns.
INDEFINITE = """\
name: indefinite
problem: {target: {type: file, path: X.csv}, operator: identity}
model: {type: symmetric, rank: 2}
initialization: spectral
optimizer: {type: gradient_descent, step: 0.1}
stop: {iterations: 2}
observers: [relative_error, singular_values: {every: 2}]
"""
SENTENCE = "initialization 'spectral' finds only 1 positive among the 2 largest eigenvalues"


class Remarks(Case):
    def setUp(self):
        super().setUp()
        self.write("X.csv", "2,0,0\n0,-1,0\n0,0,-3\n")
        self.write("indefinite.yaml", INDEFINITE)

    def record(self, file, out="results/indefinite"):
        return json.loads((self.folder / out / file).read_text(encoding="utf-8"))

    def test_a_warning_is_said_each_time_and_recorded(self):
        for _ in range(2):
            done = self.tightrope("run", "indefinite.yaml", "-q")
            self.assertEqual(done.stderr.count(SENTENCE), 1, done.stderr)
        self.assertEqual(len(self.record("record.json")["warnings"]), 1)
        self.assertIn(SENTENCE, self.tightrope("show", "results/indefinite").stdout)
        document = json.loads(self.tightrope("show", "results/indefinite", "--format", "json").stdout)
        self.assertIn(SENTENCE, document["cells"][0]["warnings"][0])
        page = (self.folder / "results/indefinite/report.html").read_text(encoding="utf-8")
        self.assertIn("finds only 1 positive", page)

    def test_a_warning_of_some_runs_of_a_study_names_their_number(self):
        done = self.tightrope("run", "indefinite.yaml", "-q", "--no-report", "--out", "study",
                              "--set", "study.grid={model.rank: [1, 2]}")
        self.assertEqual(done.stderr.count(SENTENCE), 1, done.stderr)
        self.assertIn("(1 of 2 runs)", done.stderr)

    def test_records_without_warnings_do_not_speak_of_them(self):
        self.tightrope("run", "small.yaml", "-q", "--no-report")
        self.assertNotIn("warnings", self.record("record.json", "results/small"))

    def test_the_time_of_each_observer_is_recorded(self):
        self.tightrope("run", "indefinite.yaml", "-q", "--no-report")
        observing = self.record("provenance.json")["observing"]
        self.assertEqual([entry["observer"] for entry in observing],
                         ["observer 'relative_error'", "observer 'singular_values'"])
        for entry in observing:
            self.assertGreater(entry["seconds"], 0)


if __name__ == "__main__":
    main()
