#!/usr/bin/env python3
"""Plugins in Python: those of docs/python.md and others, under the conformance suite, in runs and in studies."""
import csv
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tarfile
import textwrap

import numpy

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "end_to_end"))
from support import PROGRAM, Case, main  # noqa: E402

PAGE = pathlib.Path(__file__).resolve().parents[2] / "docs/python.md"
TEMPLATES = PAGE.parents[1] / "core/cli/templates"
BLOCKS = re.findall(r"^```python\n# my_plugins/(\w+/\w+\.py)\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.M | re.S)

RACE = """\
name: race
seed: 5
problem:
  shape: [12, 9]
  target:   {type: random_low_rank, rank: 2, condition: 3}
  operator: {type: gaussian, measurements: 150}
model:          {type: asymmetric, rank: 3}
initialization: {type: small_random, scale: 0.1}
optimizer: {type: gradient_descent, step: 0.25}
stop: {iterations: 120}
observers: [relative_error, imbalance]
"""


class Scripts(Case):
    def setUp(self):
        super().setUp()
        for name, text in BLOCKS:
            self.plugin(name, text)
        self.write("race.yaml", RACE)

    def plugin(self, name, text):
        file = self.folder / "plugins" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(textwrap.dedent(text), encoding="utf-8")
        return file

    def run_race(self, out, *changes, code=0, threads=1, more=()):
        sets = [word for change in changes for word in ("--set", change)]
        return self.tightrope("run", "race.yaml", "--plugin-path", self.folder / "plugins", "--out", out, "--no-report",
                              "--threads", threads, *more, *sets, code=code)

    def trace(self, run):
        with open(self.folder / run / "trace.csv", encoding="utf-8") as file:
            return list(csv.DictReader(file))

    def estimate(self, run):
        final = numpy.load(self.folder / run / "final.npz")
        return final["V"] @ final["W"].T

    def bytes_of(self, run):
        return [(self.folder / run / name).read_bytes() for name in ("trace.csv", "final.npz")]

    def conformance(self, plugin, sample="{}"):
        done = subprocess.run([os.environ["CONFORMANCE"]], capture_output=True, text=True,
                              env=self.environment(TIGHTROPE_PLUGIN=plugin, TIGHTROPE_PLUGINS=str(self.folder / "plugins"),
                                                   TIGHTROPE_SAMPLE=sample))
        return done.returncode, done.stdout + done.stderr


class Shipped(Scripts):
    """What the page shows keeps the contract of its kind."""

    def test_conformance(self):
        names = [name[:-3] for name, _ in BLOCKS if "mistaken" not in name]
        for template in TEMPLATES.glob("*/my_plugin.py"):
            names.append(f"{template.parent.name}/my_plugin")
            self.plugin(names[-1] + ".py", template.read_text(encoding="utf-8"))
        self.assertEqual({name.split("/")[0] for name in names}, {"optimizers", "losses", "operators", "observers"})
        for name in names:
            with self.subTest(name):
                code, text = self.conformance(name)
                self.assertEqual(code, 0, text)

    def test_new(self):
        for kind in ("optimizer", "loss", "operator", "observer"):
            self.tightrope("new", kind, "my_own", "--python", "--dir", kind)
            self.tightrope("run", f"{kind}/my_own.yaml", "--plugin-path", kind, "--no-report", "--threads", 1)
        self.one_sentence(self.tightrope("new", "model", "my_own", "--python", code=2), "models cannot")

    def test_a_bundle(self):
        self.run_race("run", Runs.PLAIN)
        self.tightrope("export", "run", "--bundle", "run.tar.gz", "-q")
        with tarfile.open(self.folder / "run.tar.gz") as archive:
            inside = [name for name in archive.getnames() if name.endswith("plugins/optimizers/plain.py")]
        self.assertEqual(len(inside), 1)


class Mistakes(Scripts):
    """The conformance suite finds what is wrong with a script, as it does with a library."""

    def finds(self, name, text, *words):
        self.plugin(name + ".py", text)
        code, found = self.conformance(name)
        self.assertNotEqual(code, 0, found)
        for word in words:
            self.assertIn(word, " ".join(found.split()))

    def test_adjoint(self):
        self.finds("operators/doubled", '''
            """A doubled adjoint."""
            import numpy as np
            def forward(X): return X.T.reshape(-1)
            def adjoint(z, shape): return 2 * z.reshape(shape[::-1]).T
            ''', "the adjoint is none")

    def test_slope(self):
        self.finds("losses/twice", '''
            """A slope twice too large."""
            def evaluate(prediction, data):
                r = prediction - data
                return 0.5 * r @ r, 2 * r
            ''', "the slope is not the derivative")

    def test_memory_in_a_global(self):
        self.finds("optimizers/hidden", '''
            """A velocity in a global."""
            last = None
            def direction(gradient):
                global last
                last = -1 * gradient if last is None else 0.5 * last - gradient
                return last
            ''', "not all that the method remembers is in its Memory")

    def test_ascent(self):
        self.finds("optimizers/upward", '''
            """The wrong sign."""
            def advance(point, gradient): return point + 0.2 * gradient
            ''', "do not make the objective smaller")

    def test_columns(self):
        self.finds("optimizers/silent", '''
            """A column that is never filled."""
            columns = {"speed": "norm of the velocity"}
            def direction(gradient): return -gradient
            ''', "the column 'speed' is announced but never written")

    def test_observer_with_a_memory(self):
        self.finds("observers/counting", '''
            """How often it was asked."""
            columns = {"asked": "how often"}
            asked = 0
            def observe(value):
                global asked
                asked += 1
                return asked
            ''', "another object says something else")


class Runs(Scripts):
    PLAIN = "optimizer={type: plain, step_size: 0.25}"
    BALL = "optimizer={type: heavy_ball, step: 0.1}"

    def test_the_trajectory_of_gradient_descent(self):
        for iterations in (1, 2, 7, 40, 300):
            stop = f"stop.iterations={iterations}"
            self.run_race("built_in", stop)
            self.run_race("python", stop, self.PLAIN)
            expected, found = self.estimate("built_in"), self.estimate("python")
            self.assertLess(numpy.linalg.norm(found - expected), 1e-12 * numpy.linalg.norm(expected), iterations)
        steps = {row["step"] for row in self.trace("python")[1:]}
        self.assertEqual(steps, {"0.25"})

    def test_the_trajectory_of_momentum(self):
        self.run_race("built_in", "optimizer={type: momentum, beta: 0.5, step: 0.1}")
        self.run_race("python", self.BALL)
        expected, found = self.estimate("built_in"), self.estimate("python")
        self.assertLess(numpy.linalg.norm(found - expected), 1e-12 * numpy.linalg.norm(expected))
        self.assertGreater(float(self.trace("python")[1]["speed"]), 0)

    def test_bits(self):
        """Of threads, of company, of a run that is continued, of workers."""
        everything = ("loss={type: pseudo_huber}", "problem.operator={type: sketches, measurements: 150}", self.BALL)
        self.run_race("alone", *everything)
        for threads in (2, 4):
            self.run_race(f"threads{threads}", *everything, threads=threads)
            self.assertEqual(self.bytes_of(f"threads{threads}"), self.bytes_of("alone"))
        self.run_race("continued", *everything, "stop.iterations=50")
        self.run_race("continued", *everything)
        self.assertEqual(self.bytes_of("continued"), self.bytes_of("alone"))
        dense = ("loss={type: pseudo_huber}", self.BALL)
        self.run_race("dense1", *dense)
        self.run_race("dense4", *dense, threads=4)
        self.assertEqual(self.bytes_of("dense1"), self.bytes_of("dense4"))
        methods = "study={methods: {ball: {}, slower: {optimizer: {step: 0.05}}, plain: {optimizer: {type: plain}}}}"
        self.run_race("study", *everything, methods, "name=race")
        self.run_race("workers", *everything, methods, more=("--jobs", 3))
        for run in ("study", "workers"):
            cells = sorted((self.folder / run / "cells").iterdir())
            self.assertEqual(len(cells), 3)
            self.assertEqual([cell.name for cell in cells],
                             sorted(cell.name for cell in (self.folder / "study/cells").iterdir()))
            for cell in cells:
                twin = self.folder / "study/cells" / cell.name
                self.assertEqual((cell / "trace.csv").read_bytes(), (twin / "trace.csv").read_bytes())
        alone = next((self.folder / "alone/cells").iterdir()).name
        self.assertEqual((self.folder / "study/cells" / alone / "trace.csv").read_bytes(), self.bytes_of("alone")[0])

    def test_every_use_is_counted(self):
        self.run_race("extragradient", "optimizer={type: extragradient, step_size: 0.2}", "stop.iterations=10")
        self.assertEqual(float(self.trace("extragradient")[-1]["passes"]), 21)  # two an iteration, and the last point
        self.run_race("sums", "problem.operator=row_and_column_sums", "stop.iterations=10", "loss=least_squares")
        self.assertEqual(float(self.trace("sums")[-1]["passes"]), 22)  # a map and its adjoint at each of eleven points

    def test_memory_of_every_kind(self):
        self.plugin("optimizers/keeps.py", '''
            """Remembers things of every kind, and goes on with them."""
            import numpy as np
            def advance(point, gradient, iteration, memory):
                assert iteration == memory.get("count", 0), memory
                V, W = point
                if iteration:
                    assert type(memory["count"]) is int and type(memory["real"]) is float
                    assert memory["vector"].shape == (3,) and memory["matrix"].shape == (2, 3), memory
                    assert memory["matrix"][0, 1] == 1 + iteration and memory["vector"][2] == 2 * 2.0 ** iteration
                    assert memory["blocks"][1].shape == W.shape
                    assert not V.flags.writeable and V.flags.f_contiguous
                memory["count"] = iteration + 1
                memory["real"] = np.float64(iteration)
                memory.setdefault("vector", np.arange(3.0))
                memory["vector"] *= 2
                memory.setdefault("matrix", np.arange(6.0).reshape(2, 3))
                memory["matrix"] += 1
                memory["blocks"] = memory.get("blocks", 0) * 0.5 - gradient
                return point + 0.2 * memory["blocks"]
            ''')
        self.run_race("short", "optimizer=keeps", "stop.iterations=20")
        self.run_race("short", "optimizer=keeps", "stop.iterations=40")
        self.run_race("long", "optimizer=keeps", "stop.iterations=40")
        self.assertEqual(self.bytes_of("short"), self.bytes_of("long"))

    def test_another_script_is_another_result(self):
        self.run_race("run", self.PLAIN)
        self.run_race("run", self.PLAIN)
        self.assertEqual(len(list((self.folder / "run/cells").iterdir())), 1)
        file = self.folder / "plugins/optimizers/plain.py"
        file.write_text(file.read_text() + "# a remark\n")
        self.run_race("run", self.PLAIN)
        self.assertEqual(len(list((self.folder / "run/cells").iterdir())), 2)

    def test_random_numbers_follow_the_seed(self):
        sketches = "problem.operator={type: sketches, measurements: 150}"
        for run, seed in (("one", 1), ("again", 1), ("other", 2)):
            self.run_race(run, sketches, f"seeds.operator={seed}")
        self.assertEqual(self.bytes_of("one"), self.bytes_of("again"))
        self.assertNotEqual(self.bytes_of("one"), self.bytes_of("other"))

    def test_verbs(self):
        path = ("--plugin-path", self.folder / "plugins")
        self.assertIn("Gradient descent with a step size of its own", self.tightrope("list", "optimizers", *path).stdout)
        shown = self.tightrope("describe", "optimizer", "plain", *path).stdout
        for word in ("step_size", "0.1", "above 0", "step size μ"):
            self.assertIn(word, shown)
        self.tightrope("check", "race.yaml", *path, "--set", self.PLAIN)
        done = self.tightrope("check", "race.yaml", *path, "--set", "optimizer={type: plain, step_siz: 1}", code=2)
        self.assertIn("did you mean 'step_size'?", done.stderr)
        done = self.tightrope("check", "race.yaml", *path, "--set", "optimizer={type: plain, step_size: -1}", code=2)
        self.assertIn("above 0", done.stderr)
        self.assertIn("step", self.tightrope("check", "race.yaml", *path, "--set", "optimizer=heavy_ball", code=2).stderr)

    def test_parameters_of_every_type(self):
        self.write("numbers.txt", "1 2\n")
        self.plugin("observers/values.py", '''
            """What its parameters are."""
            import numpy as np
            parameters = {
                "real": dict(default=1, type=float, range="(0, 2]", unit="s", doc="a number"),
                "whole": dict(default=3, range="[1, 9]", doc="a whole number"),
                "flag": dict(default=False, doc="a truth value"),
                "word": dict(default="one", choices=["one", "two"], doc="a word"),
                "some": dict(default=None, type=float, doc="a number, or none"),
                "list": dict(default=[0.5, 1.5], range="[0, inf)", doc="numbers"),
                "file": dict(type="file", example="numbers.txt", doc="a file"),
            }
            columns = {"sum": "of all"}
            def observe(real, whole, flag, word, some, list, file):
                assert type(real) is float and type(whole) is int and type(flag) is bool, (real, whole, flag)
                return real + whole + flag + (word == "two") * 100 + (some or 0) + list.sum() + np.loadtxt(file).sum()
            ''')
        self.run_race("defaults", "observers=[{values: {file: numbers.txt}}]")
        self.assertEqual(float(self.trace("defaults")[0]["sum"]), 1 + 3 + 2 + 3)
        self.run_race("given", "observers=[{values: {file: numbers.txt, real: 0.5, whole: 9, flag: true, word: two, some: 7, "
                      "list: [1]}}]")
        self.assertEqual(float(self.trace("given")[0]["sum"]), 0.5 + 9 + 1 + 100 + 7 + 1 + 3)
        record = json.loads((self.folder / "given/record.json").read_text())
        self.assertIn("values", json.dumps(record))


class Refused(Scripts):
    """A sentence for whatever is wrong, and an exit code."""

    def refused(self, name, text, *words, code=3):
        file = self.plugin(name, text)
        kind, stem = name[:-3].split("/")
        change = {"optimizers": f"optimizer={stem}", "losses": f"loss={stem}", "operators": f"problem.operator={stem}",
                  "observers": f"observers=[{stem}]"}[kind]
        done = self.run_race("out", change, *(["optimizer.step=0.1"] if "direction(" in text else []), code=code)
        for word in words:
            # A sentence may begin with it.
            self.assertIn(word.lower(), (done.stderr + done.stdout).replace(str(file), "FILE").lower())

    def test_while_it_is_read(self):
        for text, words in (
                ("def direction(gradient): return -gradient", "has no docstring"),
                ('"""A."""\ndef direction(gradient) return 1', "FILE:2:25: `def direction(gradient) return 1`"),
                ('"""A."""\nimport nothing_of_that_name\n', "ModuleNotFoundError: No module named 'nothing_of_that_name' (FILE:2"),
                ('"""A."""\ndef directoin(gradient): return 1', "is its 'directoin' meant to be 'direction'?"),
                ('"""A."""\ndef direction(gradeint): return 1', "did you mean 'gradient'?"),
                ('"""A."""\ndef direction(*all): return 1', "handed over by name"),
                ('"""A."""\nparameters = {"step": dict(default=1.0, doc="x")}\ndef direction(gradient): return 1',
                 "the name of something else"),
                ('"""A."""\nparameters = {"a": dict(default=1.0)}\ndef direction(gradient): return 1', "has no doc"),
                ('"""A."""\nparameters = {"a": dict(default=2.0, range="[0, 1]", doc="x")}\ndef direction(gradient): return 1',
                 "outside of its range"),
                ('"""A."""\nparameters = {"a": dict(default=2.0, range="0..1", doc="x")}\ndef direction(gradient): return 1',
                 "write it as an interval"),
                ('"""A."""\nparameters = {"a": dict(defualt=2.0, doc="x")}\ndef direction(gradient): return 1',
                 "did you mean 'default'?"),
                ('"""A."""\nraise SystemExit(0)\ndef direction(gradient): return 1', "SystemExit")):
            with self.subTest(words):
                self.refused("optimizers/wrong.py", text, words)
                (self.folder / "plugins/optimizers/wrong.py").unlink()

    def test_while_it_is_made(self):
        self.refused("observers/wrong.py", '"""A."""\ncolumns = {"a": "x"}\ndef prepare(truth):\n    return truth["no"]\n'
                     "def observe(value): return value\n", "observer 'wrong' failed: IndexError", "FILE:4, in prepare")
        self.refused("observers/square.py", '"""A."""\ncolumns = {"a": "x"}\ndef prepare(shape):\n'
                     '    raise NotImplementedError("needs a square problem, but this one is not")\n'
                     "def observe(value): return value\n", "observer 'square' needs a square problem", code=2)

    def test_while_it_runs(self):
        head = '"""A."""\nimport numpy as np\n'
        for body, words in (
                ("def direction(gradient):\n    V, W = gradient\n    return [-V, -V @ W]\n",
                 ("Traceback", "ValueError: matmul", "FILE:5, in direction: `return [-V, -V @ W]`", "(iteration 0)")),
                ("def direction(gradient): return [-g.astype(np.float32) for g in gradient]",
                 ("direction() gave an array (12, 3) of float32 instead of a two-dimensional array of float64",)),
                ("def direction(gradient): return [-g.T for g in gradient]", ("block V is 3 × 12 instead of 12 × 3",)),
                ("def direction(gradient): pass", ("direction() gave nothing instead of a list of arrays",)),
                ("def direction(gradient): return [-gradient[0]]", ("it has 1 block instead of 2 (V, W)",)),
                ("def direction(point):\n    point *= 0.5\n    return point\n", ("read-only",)),
                ("kept = []\ndef direction(gradient):\n    kept.append(gradient)\n    return -gradient\n",
                 ("it has kept 'gradient' beyond the call",)),
                ("def direction(gradient, memory):\n    memory['x'] = 'text'\n    return -gradient\n",
                 ("memory['x'] is a value of the type str",)),
                ("def direction(gradient, objective):\n    objective.value([np.ones((2, 2))])\n    return -gradient\n",
                 ("the point does not fit the model: block V is 2 × 2",)),
                ("def direction(gradient):\n    raise SystemExit(0)\n", ("SystemExit",))):
            with self.subTest(words[0]):
                self.refused("optimizers/wrong.py", head + body, "optimizer 'wrong' failed: ", *words, code=1)
        self.refused("losses/wrong.py", head + "def evaluate(prediction, data): return 1.0, prediction[:-1]",
                     "loss 'wrong' failed: evaluate() gave as the slope an array", "instead of an array", code=1)
        self.refused("operators/wrong.py", head + "def forward(X): return X.reshape(-1)\ndef adjoint(z): return z[:, None]",
                     "operator 'wrong' failed: adjoint() gave an array (108, 1) of float64 instead of an array (12, 9)", code=1)
        self.refused("observers/wrong.py", head + "columns = {'a': 'x', 'b': 'y'}\ndef observe(value): return value",
                     "observer 'wrong' failed: observe() gave a value of the type float instead of 2 numbers", code=1)

    def test_a_mistake_ends_its_run_alone(self):
        self.plugin("optimizers/late.py", '"""A."""\ndef direction(gradient, iteration):\n'
                    "    return -gradient if iteration < 7 else 1 / 0\n")
        study = "study={methods: {late: {optimizer: {type: late, step: 0.1}}, plain: {optimizer: {type: plain}}}}"
        done = self.run_race("study", study, code=1)
        self.assertIn("ZeroDivisionError: division by zero", done.stderr)
        self.assertIn("(iteration 7)", done.stdout + done.stderr)
        self.assertEqual(len(list((self.folder / "study/cells").iterdir())), 1)

    def test_blame_of_what_a_script_calls(self):
        self.plugin("losses/late.py", '"""A."""\nimport numpy as np\ndef evaluate(prediction, data):\n'
                    "    r = prediction - data\n    assert np.sum(r * r) > 1e-3, 'too good'\n    return 0.5 * r @ r, r\n")
        done = self.run_race("out", "loss=late", "optimizer={type: extragradient, step_size: 0.3}", code=1)
        self.assertIn("oss 'late' failed: AssertionError: too good", done.stdout)

    def test_folders(self):
        (self.folder / "plugins/models").mkdir()
        self.plugin("models/script.py", '"""A."""\n')
        done = self.run_race("out", "model={type: script, rank: 2}", code=3)
        self.assertIn("can be written in Python, and models cannot", done.stderr)
        (self.folder / "plugins/optimizers/plain.so").write_bytes(b"")
        self.assertIn("is there twice", self.run_race("out", self.PLAIN_CHANGE, code=3).stderr)
        (self.folder / "plugins/optimizers/plain.so").unlink()
        (self.folder / "plugins/optimizers/plain.py").chmod(0o666)
        self.assertIn("can be written by every user", self.run_race("out", self.PLAIN_CHANGE, code=3).stderr)

    PLAIN_CHANGE = Runs.PLAIN

    def test_a_program_without_python(self):
        build = pathlib.Path(PROGRAM).resolve().parents[1]
        for name in ("bin/tightrope", "lib/libtightrope_core.so", "lib/libtightrope_cli.so", "lib/tightrope-probe"):
            copy = self.folder / "prefix" / name
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(build / name, copy)
        (self.folder / "prefix/plugins").symlink_to(build / "plugins")
        alone = {"program": self.folder / "prefix/bin/tightrope", "LD_LIBRARY_PATH": str(self.folder / "prefix/lib")}
        self.tightrope("check", "race.yaml", **alone)
        done = self.tightrope("check", "race.yaml", "--plugin-path", self.folder / "plugins", "--set", Runs.PLAIN, code=3,
                              **alone)
        self.one_sentence(done, "plain.py is a plugin in Python, which is not there", "python3-dev")
        for name in ("bin/tightrope", "lib/libtightrope_core.so", "lib/libtightrope_cli.so"):
            needed = subprocess.run(["ldd", build / name], capture_output=True, text=True, check=True).stdout
            self.assertNotIn("libpython", needed)

    def test_another_python_on_the_path(self):
        # A prefix of its own without any module, which would be taken for the home of whoever is called python3.
        prefix = self.folder / "other"
        (prefix / "bin").mkdir(parents=True)
        (prefix / f"lib/python{sys.version_info.major}.{sys.version_info.minor}").mkdir(parents=True)
        (prefix / f"lib/python{sys.version_info.major}.{sys.version_info.minor}/os.py").write_text("")
        shutil.copy(sys.executable, prefix / "bin/python3")
        self.tightrope("check", "race.yaml", "--plugin-path", self.folder / "plugins", "--set", self.PLAIN_CHANGE,
                       PATH=f"{prefix / 'bin'}:{os.environ['PATH']}")

    def test_a_virtual_environment_is_taken_and_named(self):
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", self.folder / "bare"], check=True)
        done = self.tightrope("check", "race.yaml", "--plugin-path", self.folder / "plugins", "--set", self.PLAIN_CHANGE,
                              code=3, VIRTUAL_ENV=str(self.folder / "bare"))
        self.one_sentence(done, "No module named 'numpy'", "python3-numpy", str(self.folder / "bare/bin/python3"))

    def test_modules_of_the_current_folder_are_not_loaded(self):
        self.write("scipy.py", "raise RuntimeError('the wrong one')")
        self.write("helper.py", "x = 1")
        self.refused("optimizers/wrong.py", '"""A."""\nimport helper\ndef direction(gradient): return -gradient',
                     "No module named 'helper'")


if __name__ == "__main__":
    main()
