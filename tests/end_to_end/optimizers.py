#!/usr/bin/env python3
"""Every optimizer on every problem and every model that there is: it runs, or says in one sentence what it needs.

TIGHTROPE=PROGRAM optimizers.py [CLASS[.test]…]
TIGHTROPE=PROGRAM optimizers.py --write      writes refused_pairs.txt: who is refused where, and why

Which plugins there are, with what they can be made, and which of them take a step, is asked of the program. All pairs
are the cells of one study, which is run in several ways: beside each other and each by itself, in one piece and in two.
"""
import csv
import functools
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time

from support import PROGRAM, Case, main

REFUSED = pathlib.Path(__file__).with_name("refused_pairs.txt")
HASHED = ("record.json", "trace.csv", "final.npz", "state.bin")
STEP, ITERATIONS = 1e-3, 6
LOW_RANK = {"shape": [8, 8], "target": {"type": "random_low_rank", "rank": 2, "symmetric": True},
            "operator": {"type": "gaussian", "measurements": 60}}
SPARSE = {"shape": [12, 1], "target": {"type": "sparse_vector", "sparsity": 2},
          "operator": {"type": "gaussian", "measurements": 9}}
# Models that are made for other data than a symmetric matrix of low rank.
MADE_FOR = {
    "complex_asymmetric": {
        "problem": {"target": {"type": "point_sources", "sources": 2, "channels": 2, "points": [8]},
                    "operator": {"type": "blind_superresolution", "channels": 2}},
        "penalty": {"type": "block_hankel_distance", "channels": 2}},
    "entrywise": {"problem": SPARSE},
    "hadamard_difference": {"problem": SPARSE},
    "scalar_times_matrix": {"problem": {**LOW_RANK, "operator": {"type": "two_sided", "left_rows": 80, "right_columns": 80}}},
    "tucker": {"problem": {"shape": [8, 7], "target": {"type": "random_low_rank", "rank": 2},
                           "operator": {"type": "gaussian", "measurements": 60}}},
}
# Problems that are another function where a number is another one.
ALSO = {"attention": {"inputs": 3}, "linear_self_attention": {"prompts": 4}, "prelu": {"power": 3}}


def asked(*arguments):
    done = subprocess.run([PROGRAM, *arguments, "--format", "json"], stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, check=True)
    return json.loads(done.stdout)


@functools.cache
def parameters(kind, name):
    return asked("describe", kind, name)["parameters"]


@functools.cache
def names(kind):
    """All but those that read a file."""
    return [entry["name"] for entry in asked("list", kind)
            if not any(p["type"] == "file" and p["required"] for p in parameters(kind, entry["name"]))]


def sample(kind, name):
    """The plugin with the examples of its parameters."""
    def value(text):
        try:
            return json.loads(text)
        except ValueError:
            return text  # a word
    return {"type": name, **{p["name"]: value(p["example"]) for p in parameters(kind, name) if p["example"]}}


def others(kind, name):
    """{"name choice": the same with another of the words that one of them takes}"""
    return {f"{name} {choice}": {**sample(kind, name), p["name"]: choice}
            for p in parameters(kind, name) for choice in p["choices"] if choice not in (p["default"], p["example"])}


def tasks():
    """{name: sections}: every problem and every model with what it is made for, each also in other forms."""
    found = {}
    for name in names("problems"):
        also = {f"{name} {key} {number}": {**sample("problems", name), key: number}
                for key, number in ALSO.get(name, {}).items()}
        for task, problem in {name: sample("problems", name), **others("problems", name), **also}.items():
            found[task] = {"problem": problem}
    for name in names("models"):
        for task, model in {name: sample("models", name), **others("models", name)}.items():
            found[task] = {**MADE_FOR.get(name, {"problem": LOW_RANK}), "model": model}
    return {name.replace(" ", "-"): sections for name, sections in found.items()}


def optimizers(every_form):
    """Every optimizer; also in each of its forms, and with each step size rule."""
    found = []
    for name in names("optimizers"):
        step = {"step": STEP} if any(p["name"] == "step" for p in parameters("optimizers", name)) else {}
        forms = [sample("optimizers", name), *(others("optimizers", name).values() if every_form else [])]
        found += [{**form, **step} for form in forms]
    if every_form:
        for name in names("step_sizes"):
            rules = [sample("step_sizes", name), *others("step_sizes", name).values()]
            found += [{"type": "gradient_descent", "step": rule} for rule in rules]
    return found


class Pairs:
    """The study of all pairs, in a folder."""

    def __init__(self, folder, every_form=False):
        self.folder, self.optimizers = pathlib.Path(folder), optimizers(every_form)
        self.environment = {name: text for name, text in os.environ.items() if not name.startswith("TIGHTROPE_")}
        self.tasks = tasks()
        self.problems = {name for name, sections in self.tasks.items() if "model" not in sections}

    def command(self, out, iterations, *arguments):
        config = self.folder / f"{out}.yaml"
        config.write_text(json.dumps({"name": "pairs", "seed": 7, "observers": [], "stop": {"iterations": iterations},
                                      "initialization": {"type": "small_random", "scale": 0.3},
                                      "study": {"methods": self.tasks, "grid": {"optimizer": self.optimizers}}}),
                          encoding="utf-8")
        return [PROGRAM, "run", config, "--out", self.folder / out, "--format", "json", "-q", "--no-report", *arguments]

    def run(self, out, *arguments, iterations=ITERATIONS):
        done = subprocess.run(self.command(out, iterations, *arguments), stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, env=self.environment)
        if not done.stdout:
            raise AssertionError(done.stderr)
        return json.loads(done.stdout)

    def interrupt(self, out, iterations, after):
        """Runs, and ends by Ctrl-C after some seconds. How many runs go on from a checkpoint next time."""
        process = subprocess.Popen(self.command(out, iterations), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL, env=self.environment)
        try:
            process.wait(after)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGINT)
            process.wait()
        return len(list((self.folder / out / "unfinished").glob("*.state")))

    def bytes_of(self, out, budget=ITERATIONS):
        """{(optimizer, task, file): what lies in the cell of a run, without time and place}"""
        found = {}
        for cell in (self.folder / out / "cells").iterdir():
            if cell.name.endswith(f"-{budget}"):
                found.update({(*labels_of(cell), name): (cell / name).read_bytes() for name in HASHED})
        return found

    def objectives(self, out):
        """{(optimizer, task): the objective at the start and at the end}"""
        found = {}
        for cell in (self.folder / out / "cells").iterdir():
            rows = list(csv.DictReader((cell / "trace.csv").read_text(encoding="utf-8").splitlines()))
            found[labels_of(cell)] = (float(rows[0]["objective"]), float(rows[-1]["objective"] or "inf"))
        return found


SPEAKER = re.compile(r": (optimizer|step size) '\w+' (?P<sentence>.*)$")


def pair_of(labels):
    return labels["optimizer"], labels["method"]


def labels_of(cell):
    return pair_of(json.loads((cell / "provenance.json").read_text(encoding="utf-8"))["labels"])


def refusals(document):
    """{sentence: {optimizer: [task, …]}}"""
    found = {}
    for entry in document["missing"]:
        if said := SPEAKER.search(entry["reason"]):
            optimizer, task = pair_of(entry["labels"])
            found.setdefault(said["sentence"], {}).setdefault(optimizer, []).append(task)
    return found


def listing(found, problems):
    problems = problems & {task for where in found.values() for tasks in where.values() for task in tasks}
    text = "# Who is refused where, and why; written by tests/end_to_end/optimizers.py --write.\n"
    for sentence in sorted(found):
        text += f"\n{sentence}\n"
        for optimizer, where in sorted(found[sentence].items()):
            if problems <= set(where):
                where = ["every problem", *(task for task in where if task not in problems)]
            text += f"  {optimizer}: {', '.join(where)}\n"
    return text


class Optimizers(Case):
    every_form = False
    maxDiff = None

    def setUp(self):
        super().setUp()
        self.pairs = Pairs(self.folder, self.every_form)

    def test_pairs(self):
        document = self.pairs.run("together")
        with self.subTest("it runs, or is refused before it starts"):
            self.assertEqual([entry for entry in document["missing"] if entry["kind"] != "skipped"], [])
            self.assertEqual(len(document["cells"]) + len(document["missing"]),
                             len(self.pairs.tasks) * len(self.pairs.optimizers))
        # A form may ask for more than the examples give, such as a file.
        unmade = {entry["labels"]["method"] for entry in document["missing"] if not SPEAKER.search(entry["reason"])}
        with self.subTest("every problem and every model is made (MADE_FOR says of which data)"):
            self.assertEqual(unmade & {*names("problems"), *names("models")}, set())
        tasks = set(self.pairs.tasks) - unmade
        refused = refusals(document)
        with self.subTest("one sentence names what is needed, and what is there instead"):
            for sentence in refused:
                self.assertRegex(sentence, r"^needs [^.\n]+, (but|which|since) [^.\n]+$")
        # Who can run on an objective that is not sensing knows gradients and no more, or a metric.
        ran = {}
        for cell in document["cells"]:
            optimizer, task = pair_of(cell["labels"])
            ran.setdefault(optimizer, set()).add(task)
        first_order = {optimizer for optimizer, on in ran.items() if on & self.pairs.problems}
        with self.subTest("methods of first order run on everything"):
            self.assertIn("gradient_descent", {name.split()[0] for name in first_order})
            for optimizer in first_order:
                self.assertEqual(ran[optimizer], tasks, optimizer)
        with self.subTest("the same bytes beside each other and each by itself"):
            whole = self.pairs.bytes_of("together")
            self.assertEqual(len(whole), len(HASHED) * len(document["cells"]))
            self.pairs.run("alone", "--no-lanes")
            self.compare(self.pairs.bytes_of("alone"), whole)
        with self.subTest("and in one piece and in two"):
            self.pairs.run("resumed", iterations=ITERATIONS // 2)
            half = self.pairs.bytes_of("resumed", ITERATIONS // 2)
            self.assertEqual(len(half), len(whole))
            self.pairs.run("resumed")
            self.compare(self.pairs.bytes_of("resumed"), whole)
        if not self.every_form:  # in which steps need not be small
            with self.subTest("methods of first order go down"):
                for (optimizer, task), (first, last) in self.pairs.objectives("together").items():
                    if optimizer in first_order:
                        self.assertLess(last, first, f"{optimizer} on {task}")
            with self.subTest("the refused are those of refused_pairs.txt, which --write writes"):
                self.assertEqual(listing(refused, self.pairs.problems), REFUSED.read_text(encoding="utf-8"))

    def compare(self, found, whole):
        self.assertEqual(set(found), set(whole))
        self.assertEqual([place for place in sorted(whole) if found[place] != whole[place]], [])


class OptimizersInEveryForm(Optimizers):
    every_form = True

    def test_interrupted(self):
        """By checkpoints, wherever they are written."""
        iterations, start = 200, time.monotonic()
        self.pairs.run("whole", iterations=iterations)
        took = time.monotonic() - start
        continued = sum(self.pairs.interrupt("stopped", iterations, took / 10) for _ in range(6))
        self.assertGreater(continued, 0)
        self.pairs.run("stopped", iterations=iterations)
        self.compare(self.pairs.bytes_of("stopped", iterations), self.pairs.bytes_of("whole", iterations))


if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        with tempfile.TemporaryDirectory() as name:
            pairs = Pairs(name)
            REFUSED.write_text(listing(refusals(pairs.run("together")), pairs.problems), encoding="utf-8")
    else:
        main()
