"""What the end-to-end tests share: the program, a fresh folder for each test, a problem that is solved in a blink."""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

PROGRAM = os.environ.get("TIGHTROPE", "tightrope")
CONFIGS = pathlib.Path(__file__).resolve().parents[2] / "configs"

SMALL = """\
name: small
seed: 3
problem:
  shape: [12, 9]
  target:   {type: random_low_rank, rank: 2, condition: 2}
  operator: {type: gaussian, measurements: 150}
model:          {type: asymmetric, rank: 4}
initialization: {type: small_random, scale: 1e-3}
optimizer: {type: gradient_descent, step: 0.25}
stop: {iterations: 150}
observers: [relative_error, train_error, gradient_norm, imbalance, {singular_values: {count: 3}}]
claims:
  - {that: final relative_error, is: < 0.05}
"""


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="tightrope-test-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.write("small.yaml", SMALL)

    def write(self, name, text):
        (self.folder / name).write_text(text, encoding="utf-8")
        return name

    def environment(self, **more):
        kept = {name: value for name, value in os.environ.items() if not name.startswith("TIGHTROPE_")}
        return {**kept, **more}

    def tightrope(self, *arguments, code=0, program=PROGRAM, **variables):
        """Runs the program in the fresh folder; its exit code must be `code`."""
        done = subprocess.run([program, *map(str, arguments)], cwd=self.folder, env=self.environment(**variables),
                              stdin=subprocess.DEVNULL, capture_output=True, text=True)
        self.assertEqual(done.returncode, code, f"tightrope {' '.join(map(str, arguments))}\n{done.stdout}{done.stderr}")
        return done

    def run_json(self, *arguments, code=0, **variables):
        """`run --format json`: the one document on standard output, without numbers that JSON does not have."""
        done = self.tightrope("run", *arguments, "--format", "json", "-q", "--no-report", code=code, **variables)

        def refuse(word):
            self.fail(f"{word} in JSON")

        return json.loads(done.stdout, parse_constant=refuse)

    def one_sentence(self, done, *words):
        """An error: nothing on standard output, one line on standard error with these words in it."""
        self.assertEqual(done.stdout, "")
        self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
        for word in words:
            self.assertIn(word, done.stderr)


def main():
    unittest.main(argv=[sys.argv[0], "-v", *sys.argv[1:]])
