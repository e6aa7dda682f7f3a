#!/usr/bin/env python3
"""Operators that several processes hold together, started by mpirun on this machine.

TIGHTROPE=$PWD/build/release/bin/tightrope tests/mpi/ranks.py [CLASS[.test]…]
"""
import json
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "end_to_end"))
from support import PROGRAM, Case, main  # noqa: E402

RANKS = {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"}
MPIRUN = ["mpirun", "--oversubscribe", "--bind-to", "none"]
BASE = """\
name: shared
seed: 5
problem:
  shape: [20, 15]
  target:   {type: random_low_rank, rank: 2, condition: 2}
  operator: {type: gaussian, measurements: 1100}
  noise: {type: gaussian, snr: 40}
model:          {type: asymmetric, rank: 4}
initialization: spectral
optimizer: {type: gradient_descent, step: 0.2}
stop: {iterations: 25}
observers: [relative_error, train_error, imbalance]
"""
STUDY = BASE + """\
study:
  methods:
    plain: {}
    longer: {optimizer: {step: 0.3}}
    momentum: {optimizer: {type: momentum, step: 0.2}}
    scaled: {optimizer: {type: scaled_gradient_descent, step: 0.5}}
    robust: {loss: {type: huber, threshold: 0.05}}
    batches: {batch: {size: 300}}
    steps: {optimizer: {type: gradient_descent, step: polyak}, loss: absolute}
"""


def cells(folder):
    """By key, the files of each cell that are its result."""
    when_and_where = ("provenance.json", "timing.csv", "SHA256SUMS")
    return {cell.name: {file.name: file.read_bytes() for file in cell.iterdir() if file.name not in when_and_where}
            for cell in (folder / "cells").iterdir()}


class RanksCase(Case):
    def setUp(self):
        super().setUp()
        self.write("shared.yaml", BASE)
        self.write("study.yaml", STUDY)

    def on_ranks(self, ranks, *arguments, code=0, **variables):
        done = subprocess.run([*MPIRUN, "-n", str(ranks), PROGRAM, "run", *map(str, arguments)], cwd=self.folder,
                              env=self.environment(**RANKS, **variables), stdin=subprocess.DEVNULL, capture_output=True,
                              text=True)
        self.assertEqual(done.returncode, code, f"{ranks} ranks: {arguments}\n{done.stdout}{done.stderr}")
        return done

    def result(self, ranks, *arguments):
        """What a run on so many ranks stores; None: in a process alone."""
        out = self.folder / "out"
        if ranks is None:
            self.tightrope("run", *arguments, "-q", "--no-report", "--out", out)
        else:
            self.on_ranks(ranks, *arguments, "-q", "--no-report", "--threads", "1", "--out", out)
        found = cells(out)
        shutil.rmtree(out)
        return found


class Bits(RanksCase):
    def test_one_run_on_any_number_of_ranks(self):
        alone = self.result(None, "shared.yaml")
        self.assertEqual(len(alone), 1)
        for ranks in (1, 2, 3, 4, 5, 7, 16):
            with self.subTest(ranks=ranks):
                self.assertEqual(self.result(ranks, "shared.yaml"), alone)

    def test_a_study_of_many_methods(self):
        alone = self.result(None, "study.yaml")
        self.assertEqual(len(alone), 7)
        for ranks in (2, 3):
            with self.subTest(ranks=ranks):
                self.assertEqual(self.result(ranks, "study.yaml"), alone)

    def test_every_storage(self):
        for operator in ["{type: gaussian, storage: float32}", "{type: gaussian, storage: generated}",
                         "{type: rademacher, storage: sign}", "{type: rademacher, storage: generated}"]:
            settings = ["shared.yaml", "--set", f"problem.operator={operator}", "--set",
                        "problem.operator.measurements=700", "--set", "batch.size=130", "--set",
                        "initialization={type: small_random, scale: 1e-2}", "--set", "observers=[relative_error]"]
            with self.subTest(operator):
                self.assertEqual(self.result(3, *settings), self.result(None, *settings))

    def test_an_operator_from_a_file(self):
        numbers = random.Random(1)
        rows = [",".join(f"{numbers.gauss(0, 1):.6f}" for _ in range(300)) for _ in range(400)]
        self.write("rows.csv", "\n".join(rows))
        settings = ["shared.yaml", "--set", "problem.operator={type: dense_file, path: rows.csv, factor: 0.05}"]
        self.assertEqual(self.result(3, *settings), self.result(None, *settings))

    def test_long_rows(self):
        settings = ["shared.yaml", "--set", "problem.shape=[400, 340]", "--set", "problem.operator.measurements=300",
                    "--set", "problem.operator.storage=float32", "--set", "stop.iterations=4",
                    "--set", "optimizer.step=1e-3"]
        alone = self.result(None, *settings)
        for ranks in (2, 5):
            with self.subTest(ranks=ranks):
                self.assertEqual(self.result(ranks, *settings), alone)

    def test_the_program_starts_mpirun(self):
        alone = self.result(None, "shared.yaml")
        done = self.tightrope("run", "shared.yaml", "--ranks", 2, "--out", "out")
        self.assertIn("2 ranks sent", done.stdout)
        self.assertEqual(cells(self.folder / "out"), alone)


class Traffic(RanksCase):
    def test_what_is_sent_is_what_the_formula_says(self):
        n1, n2, k, m, iterations = 20, 15, 4, 1024, 40  # strips of 64 rows: all ranks have the same number of them
        for ranks in (2, 4):
            out = self.on_ranks(ranks, "shared.yaml", "--set", f"problem.operator.measurements={m}", "--set",
                                "problem.noise=", "--set", "initialization={type: small_random, scale: 1e-2}", "--set",
                                f"stop.iterations={iterations}", "--no-report", "--out", f"out{ranks}").stdout
            sent = int(re.search(rf"{ranks} ranks sent ([\d,]+) bytes", out)[1].replace(",", ""))
            pairs, gradients = (ranks - 1) * k * (n1 + n2), (ranks - 1) * n1 * n2
            predictions_and_slopes = 2 * m * (ranks - 1) // ranks
            formula = 8 * (iterations + 1) * (pairs + gradients + predictions_and_slopes)
            with self.subTest(ranks=ranks):
                self.assertLessEqual(sent, 1.1 * formula)
                self.assertGreaterEqual(sent, formula)


    def test_a_plan_says_what_ranks_would_take(self):
        planned = {ranks: json.loads(self.tightrope("plan", "shared.yaml", "--ranks", ranks, "--format", "json").stdout)
                   for ranks in (1, 4, 16)}
        for ranks, plan in planned.items():
            cell = plan["cells"][0]
            self.assertEqual(plan["ranks"]["count"], ranks)
            self.assertAlmostEqual(plan["ranks"]["memory_bytes"], cell["operator_bytes"] / ranks + cell["lane_bytes"])
            sent = 2 * 8 * (4 * (20 + 15) + 20 * 15) / 1e9 + (ranks - 1) * (20e-6 + 65536 / 1e9)
            self.assertAlmostEqual(plan["ranks"]["seconds"], cell["seconds"] / ranks + cell["passes"] * sent,
                                   delta=1e-9)
        others = self.tightrope("plan", "shared.yaml", "--ranks", 2, "--set",
                                "initialization={type: small_random, scale: 1e-2}", "--set",
                                "problem.operator={type: entry_sampling, count: 200}").stdout
        self.assertIn("Not all of these operators can be shared by ranks.", others)


class Refused(RanksCase):
    def test_operators_that_cannot_be_shared(self):
        done = self.on_ranks(2, "shared.yaml", "--set", "problem.operator={type: entry_sampling, count: 200}",
                             "-q", "--out", "out", code=2)
        self.assertRegex(done.stderr, r"count: 200}:1:\d+: error: operator 'entry_sampling' cannot be shared by "
                                      r"several ranks; run it in one process, without --ranks")
        self.assertFalse((self.folder / "out").exists())

    def test_numbers_of_ranks(self):
        for text in ("0", "x", "-1", "1.5", "5000"):
            done = self.tightrope("run", "shared.yaml", f"--ranks={text}", code=2)
            self.one_sentence(done, "--ranks must be a whole number between 1 and 4096", text)
        done = self.on_ranks(2, "shared.yaml", "--ranks", 3, code=2)
        self.assertIn("--ranks says 3, but mpirun has started 2", done.stderr)

    def test_mistakes_in_the_config_are_said_once(self):
        for start in (self.on_ranks, None):
            arguments = ["shared.yaml", "--set", "optimizer.stepp=1"]
            done = start(3, *arguments, code=2) if start else self.tightrope("run", *arguments, "--ranks", 3, code=2)
            self.assertEqual(done.stderr.count("error: "), 1, done.stderr)
            self.assertIn("optimizer 'gradient_descent' has no parameter 'stepp'", done.stderr)


class Without(Case):
    """A program that was built where MPI is not."""

    def test_ranks_are_refused(self):
        done = self.tightrope("run", "small.yaml", "--ranks", 2, code=3)
        self.one_sentence(done, "several ranks need MPI", "libopenmpi-dev")
        self.tightrope("run", "small.yaml", "--ranks", 1, "-q")


class Ends(RanksCase):
    LONG = ["shared.yaml", "--set", "stop.iterations=20000", "--checkpoint", "50 ms"]
    QUIET = ["-q", "--no-report", "--out", "out"]

    def begun(self, ranks):
        """mpirun at work, with a checkpoint on disk, and the process of each rank."""
        job = subprocess.Popen([*MPIRUN, "-n", str(ranks), PROGRAM, "run", *self.LONG, *self.QUIET, "--threads", "1"],
                               cwd=self.folder, env=self.environment(**RANKS), stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(job.kill)
        deadline = time.monotonic() + 60
        while not list((self.folder / "out").glob("unfinished/*.state")) and job.poll() is None:
            self.assertLess(time.monotonic(), deadline, "no checkpoint")
            time.sleep(0.01)
        processes = {}
        for process in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                variables = (process / "environ").read_bytes().split(b"\0")
                parent = int((process / "stat").read_text().rsplit(")", 1)[1].split()[1])
            except OSError:
                continue
            rank = [v.split(b"=")[1] for v in variables if v.startswith(b"OMPI_COMM_WORLD_RANK=")]
            if parent == job.pid and rank:
                processes[int(rank[0])] = int(process.name)
        self.assertEqual(sorted(processes), list(range(ranks)))
        return job, processes

    def nothing_is_left(self, processes):
        deadline = time.monotonic() + 5
        while any(pathlib.Path(f"/proc/{pid}").exists() for pid in processes.values()):
            self.assertLess(time.monotonic(), deadline, "a rank goes on")
            time.sleep(0.01)

    def test_a_rank_that_dies_ends_all_and_any_number_goes_on(self):
        alone = self.result(None, *self.LONG)
        for victim in (0, 2):
            job, processes = self.begun(3)
            os.kill(processes[victim], signal.SIGKILL)
            start = time.monotonic()
            _, told = job.communicate(timeout=30)
            self.assertLess(time.monotonic() - start, 5)
            self.assertNotEqual(job.returncode, 0)
            self.assertRegex(told, rf"rank {victim}\b")
            self.nothing_is_left(processes)
            self.on_ranks(2 if victim == 0 else 4, *self.LONG, *self.QUIET)
            self.assertEqual(cells(self.folder / "out"), alone)
            shutil.rmtree(self.folder / "out")

    def test_an_interruption_is_answered_with_a_checkpoint(self):
        alone = self.result(None, *self.LONG)
        job, processes = self.begun(2)
        job.send_signal(signal.SIGINT)
        _, told = job.communicate(timeout=30)
        self.assertNotEqual(job.returncode, 0, told)
        self.nothing_is_left(processes)
        planned = self.tightrope("plan", *self.LONG[:3], "--out", "out", "--quick").stdout
        self.assertEqual(planned.count("to continue"), 2)
        self.tightrope("run", *self.LONG, *self.QUIET)
        self.assertEqual(cells(self.folder / "out"), alone)


if __name__ == "__main__":
    main()
