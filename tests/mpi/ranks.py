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
COMPLETION = """\
name: completion
seed: 5
problem:
  shape: [700, 500]
  target:   {type: random_low_rank, rank: 2, condition: 2}
  operator: {type: power_law_sampling, count: 20000}
  noise: {type: gaussian, snr: 40}
model:          {type: asymmetric, rank: 4}
initialization: spectral
optimizer: {type: gradient_descent, step: 0.05}
stop: {iterations: 20}
observers: [relative_error, train_error, imbalance]
"""
COMPLETIONS = COMPLETION + """\
study:
  methods:
    plain: {}
    batches: {batch: {size: 4000}}
    robust: {optimizer: {type: scaled_gradient_descent, step: 0.2}, loss: {type: huber, threshold: 0.05}}
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
        self.write("completion.yaml", COMPLETION)
        self.write("completions.yaml", COMPLETIONS)

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


class Completion(RanksCase):
    def test_any_number_of_ranks(self):
        alone = self.result(None, "completions.yaml")
        self.assertEqual(len(alone), 3)
        for ranks in (1, 2, 3, 4, 5, 7, 16):
            with self.subTest(ranks=ranks):
                self.assertEqual(self.result(ranks, "completions.yaml"), alone)

    def test_some_are_held_out(self):
        settings = ["completion.yaml", "--set", "problem.hold_out={fraction: 0.1, rmse: true}"]
        alone = self.result(None, *settings)
        for ranks in (2, 5):
            with self.subTest(ranks=ranks):
                self.assertEqual(self.result(ranks, *settings), alone)

    def test_entries_that_are_drawn_from_all(self):
        settings = ["completion.yaml", "--set", "problem.shape=[1500, 1100]", "--set",
                    "problem.operator={type: entry_sampling, count: 1100000}", "--set", "stop.iterations=3"]
        alone = self.result(None, *settings)
        for ranks in (2, 3):
            with self.subTest(ranks=ranks):
                self.assertEqual(self.result(ranks, *settings), alone)

    def test_entries_that_are_dealt_out_to_batches(self):
        settings = ["completion.yaml", "--set", "batch={size: 5000, choice: uniform}", "--set", "stop.iterations=5"]
        self.assertEqual(self.result(3, *settings), self.result(None, *settings))

    def test_entries_from_a_file(self):
        numbers = random.Random(1)
        places = {(int(300 * numbers.random() ** 2), int(200 * numbers.random() ** 2)) for _ in range(9000)}
        self.write("ratings.txt", "\n".join(f"{a + 1} {b + 1} {numbers.randint(1, 5)}" for a, b in sorted(places)))
        self.tightrope("pack", "ratings.txt", "ratings.pack")
        self.write("ratings.yaml", "".join(line for line in COMPLETION.splitlines(keepends=True)
                                           if not line.startswith(("  shape", "  target", "  noise"))))
        for name in ("ratings.txt", "ratings.pack"):
            settings = ["ratings.yaml", "--set", f"problem.operator={{type: entries_file, path: {name}}}",
                        "--set", "observers=[train_error]", "--set", "optimizer.step=1e-5"]
            with self.subTest(name):
                self.assertEqual(self.result(3, *settings), self.result(None, *settings))

    def test_memory_of_a_rank(self):
        """What 15 million entries more add to it; 12 bytes each are their keys and values."""
        most = []
        for count in (1_000_000, 16_000_000):
            job = subprocess.Popen([*MPIRUN, "-n", "4", PROGRAM, "run", "completion.yaml", "--set",
                                    "problem.shape=[20000, 20000]", "--set", f"problem.operator.count={count}", "--set",
                                    "initialization={type: small_random, scale: 1e-2}", "--set", "stop.iterations=2",
                                    "--set", "observers=[]", "--set", "problem.noise=", "-q", "--no-report",
                                    "--threads", "1", "--out", f"{count}"],
                                   cwd=self.folder, env=self.environment(**RANKS), stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            self.addCleanup(job.kill)
            found = {}
            while job.poll() is None:
                for rank, process in ranks_of(job).items():
                    found[rank] = max(found.get(rank, 0), own_memory(process))
                time.sleep(0.02)
            self.assertEqual(job.wait(), 0, job.communicate()[1])
            self.assertEqual(sorted(found), [0, 1, 2, 3])
            most.append(found)
        entries = 15_000_000 * 0.98  # those beyond half of a row are left out
        for rank in (1, 2, 3):
            added = most[1][rank] - most[0][rank]
            with self.subTest(rank=rank, added=added):
                self.assertLessEqual(added, 1.15 * 12 * entries / 4)
                self.assertGreaterEqual(added, 4 * entries / 4 / 1.15)
        with self.subTest("the leader has all data", added=most[1][0] - most[0][0]):
            self.assertLessEqual(most[1][0] - most[0][0], 1.15 * (8 + 12 / 4) * entries)


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

    def test_of_entries_too(self):
        n1, n2, k, m, iterations = 700, 500, 4, 20000, 40
        for ranks in (2, 4):  # each has as many of the 8 strips
            out = self.on_ranks(ranks, "completion.yaml", "--set", "problem.operator.skew=1", "--set",
                                "problem.noise=", "--set", "initialization={type: small_random, scale: 1e-2}", "--set",
                                f"stop.iterations={iterations}", "--set", "observers=[]", "--no-report", "--out",
                                f"out{ranks}").stdout
            sent = int(re.search(rf"{ranks} ranks sent ([\d,]+) bytes", out)[1].replace(",", ""))
            others = (ranks - 1) / ranks
            formula = 8 * (iterations + 1) * (2 * k * n1 * others + k * n2 * (ranks - 1) + k * n2 * (ranks + others)
                                              + 2 * m * others)
            with self.subTest(ranks=ranks):
                self.assertLessEqual(sent, 1.1 * formula)
                self.assertGreaterEqual(sent, 0.9 * formula)

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
        for operator, why in [("type: sparse_random, measurements: 300", "cannot be shared by several ranks"),
                              ("type: entry_sampling, count: 200",
                               "sees 200 entries, but several ranks share only more than 1048576")]:
            done = self.on_ranks(2, "shared.yaml", "--set", f"problem.operator={{{operator}}}", "-q", "--out", "out",
                                 code=2)
            self.assertRegex(done.stderr, rf":1:\d+: error: operator '\w+' {why}; run it in one process, without --ranks")
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


def ranks_of(job):
    """The process of each rank that mpirun has started."""
    processes = {}
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            parent = int((process / "stat").read_text().rsplit(")", 1)[1].split()[1])
            variables = (process / "environ").read_bytes().split(b"\0") if parent == job.pid else []
        except OSError:
            continue
        rank = [v.split(b"=")[1] for v in variables if v.startswith(b"OMPI_COMM_WORLD_RANK=")]
        if rank:
            processes[int(rank[0])] = int(process.name)
    return processes


def own_memory(process):
    """Bytes that no other process sees."""
    try:
        status = pathlib.Path(f"/proc/{process}/status").read_text()
    except OSError:
        return 0
    found = re.search(r"RssAnon:\s+(\d+) kB", status)
    return 1024 * int(found[1]) if found else 0


class Ends(RanksCase):
    LONG = ["shared.yaml", "--set", "stop.iterations=20000", "--checkpoint", "50 ms"]
    # Few iterations, each of some milliseconds: messages take long where ranks have no cores of their own.
    SMALL_START = ["--set", "initialization={type: small_random, scale: 1e-2}", "--checkpoint", "50 ms"]
    DENSE = ["shared.yaml", *SMALL_START, "--set", "problem.shape=[40, 30]", "--set",
             "problem.operator.measurements=2500", "--set", "stop.iterations=300", "--set", "observers=[relative_error]"]
    ENTRIES = ["completion.yaml", *SMALL_START, "--set", "problem.shape=[6000, 5000]", "--set",
               "problem.operator.count=2000000", "--set", "stop.iterations=40", "--set", "observers=[]"]
    QUIET = ["-q", "--no-report", "--out", "out"]

    def started(self, ranks, settings):
        """mpirun, and the process of each rank."""
        job = subprocess.Popen([*MPIRUN, "-n", str(ranks), PROGRAM, "run", *settings, *self.QUIET, "--threads", "1"],
                               cwd=self.folder, env=self.environment(**RANKS), stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(job.kill)
        deadline = time.monotonic() + 60
        while len(processes := ranks_of(job)) < ranks:
            self.assertLess(time.monotonic(), deadline, "not all ranks are there")
            self.assertIsNone(job.poll())
            time.sleep(0.01)
        return job, processes

    def wait_for_a_checkpoint(self, job):
        deadline = time.monotonic() + 60
        while not list((self.folder / "out").glob("unfinished/*.state")) and job.poll() is None:
            self.assertLess(time.monotonic(), deadline, "no checkpoint")
            time.sleep(0.01)

    def nothing_is_left(self, processes):
        deadline = time.monotonic() + 5
        while any(pathlib.Path(f"/proc/{pid}").exists() for pid in processes.values()):
            self.assertLess(time.monotonic(), deadline, "a rank goes on")
            time.sleep(0.01)

    def test_a_rank_that_dies_ends_all_and_any_number_goes_on(self):
        """Twenty of them, at moments between the start and some time behind the first checkpoint."""
        alone = {settings[0]: self.result(None, *settings) for settings in (self.DENSE, self.ENTRIES)}
        moments = random.Random(20)
        for turn in range(20):
            settings = self.ENTRIES if turn % 2 else self.DENSE
            ranks, others = moments.choice((2, 3, 4)), moments.choice((None, None, 2, 5))
            victim, wait = moments.randrange(ranks), moments.uniform(0, 0.3)
            with self.subTest(turn=turn, ranks=ranks, victim=victim, others=others):
                job, processes = self.started(ranks, settings)
                if turn % 5:
                    self.wait_for_a_checkpoint(job)
                time.sleep(wait)
                self.assertIsNone(job.poll(), "it has ended by itself")
                os.kill(processes[victim], signal.SIGKILL)
                start = time.monotonic()
                _, told = job.communicate(timeout=30)
                self.assertLess(time.monotonic() - start, 5)
                self.assertNotEqual(job.returncode, 0)
                self.assertRegex(told, rf"rank {victim}\b")
                self.nothing_is_left(processes)
                if others:
                    self.on_ranks(others, *settings, *self.QUIET, "--threads", "1")
                else:
                    self.tightrope("run", *settings, *self.QUIET)
                self.assertEqual(cells(self.folder / "out"), alone[settings[0]])
            shutil.rmtree(self.folder / "out", ignore_errors=True)

    def test_an_interruption_is_answered_with_a_checkpoint(self):
        alone = self.result(None, *self.LONG)
        job, processes = self.started(2, self.LONG)
        self.wait_for_a_checkpoint(job)
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
