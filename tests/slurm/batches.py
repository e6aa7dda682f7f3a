#!/usr/bin/env python3
"""Studies in batches that other processes run, without Slurm: `work`, `run --on files`, and `run --on slurm` with a
stand-in for Slurm's commands.

TIGHTROPE=$PWD/build/release/bin/tightrope SHIM=….so batches.py [CLASS[.test]…]
"""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "end_to_end"))
from support import PROGRAM, SMALL, Case, main  # noqa: E402

STUDY = SMALL.replace("name: small", "name: study") + """\
study:
  repetitions: 2
  methods:
    gd: {}
    momentum: {optimizer: {type: momentum, step: 0.2, beta: 0.5}}
    square: {model: {type: symmetric, rank: 4}}
"""
LONG = STUDY.replace("iterations: 150", "iterations: 20000").replace("    square: {model: {type: symmetric, rank: 4}}\n", "")
HASHED = ("record.json", "trace.csv", "final.npz", "state.bin")


class BatchCase(Case):
    def setUp(self):
        super().setUp()
        self.write("study.yaml", STUDY)
        self.write("long.yaml", LONG)
        (self.folder / "slurm").mkdir()
        (self.folder / "commands").mkdir()
        for name in ("sbatch", "squeue", "scontrol"):
            (self.folder / "commands" / name).symlink_to(HERE / "fake_slurm.py")
        self.slurm = {"PATH": f"{self.folder / 'commands'}:{os.environ['PATH']}", "FAKE_SLURM": str(self.folder / "slurm")}

    def digests(self, out):
        return {f"{cell.name}/{name}": (cell / name).read_bytes()
                for cell in sorted((self.folder / out / "cells").iterdir()) for name in HASHED}

    def run_local(self, config="study.yaml"):
        self.tightrope("run", config, "--out", "local", "-q", "-j", "2")
        return self.digests("local")

    def must_equal_local(self, out, local):
        self.assertEqual(self.digests(out), local)
        self.assertEqual(list((self.folder / out / "unfinished").iterdir()), [])
        documents = [json.loads((self.folder / name / "run.json").read_text()) for name in ("local", out)]
        self.assertEqual(*documents)
        # The reports differ in seconds alone: with those of the other run they are the same file.
        for cell in (self.folder / out / "cells").iterdir():
            for name in ("provenance.json", "timing.csv", "SHA256SUMS"):
                shutil.copy(self.folder / "local/cells" / cell.name / name, cell / name)
        pages = []
        for name in ("local", out):
            self.tightrope("report", name, "-q")
            pages.append((self.folder / name / "report.html").read_text(encoding="utf-8").replace(f"{name}/", "OUT/"))
        self.assertEqual(*pages)

    def start(self, *arguments, **variables):
        process = subprocess.Popen([PROGRAM, *arguments], cwd=self.folder, env=self.environment(**variables),
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(lambda: process.poll() is not None or process.kill())
        return process

    def wait_for(self, condition, seconds=60):
        end = time.monotonic() + seconds
        while not condition():
            self.assertLess(time.monotonic(), end, "nothing happens")
            time.sleep(0.02)

    def checkpoints(self, out):
        states = []
        for file in (self.folder / out / "unfinished").glob("*.state"):
            try:
                states.append((file.name, file.stat().st_mtime_ns))
            except FileNotFoundError:
                pass
        return sorted(states)

    def wait_for_checkpoint(self, out):
        """One that is newer than those that are there."""
        before = self.checkpoints(out)
        self.wait_for(lambda: self.checkpoints(out) not in ([], before))

    def batches(self, out):
        return json.loads((self.folder / out / "batches/batches.json").read_text())["batches"]

    def process_of_work(self):
        """The one that `work` is, not its workers."""
        for entry in pathlib.Path("/proc").iterdir():
            try:
                words = (entry / "cmdline").read_bytes().split(b"\0")
                if entry.name.isdigit() and b"work" in words and str(self.folder).encode() in b" ".join(words):
                    return int(entry.name)
            except OSError:
                continue
        return 0


class Work(BatchCase):
    def test_batches_by_hand_give_the_bytes_of_a_local_run(self):
        local = self.run_local()
        said = self.tightrope("run", "study.yaml", "--out", "out", "--on", "files", "--batch", "1ms").stdout
        self.assertIn("parallel", said)
        self.assertIn("work", said)
        tasks = self.batches("out")
        self.assertEqual(sum(map(len, tasks)), 6)
        self.assertGreater(len(tasks), 1)
        for i in reversed(range(len(tasks))):
            self.tightrope("work", "out", "--batch", i, "-q")
        for i in range(len(tasks)):  # nothing is left to do
            self.assertIn("batch", self.tightrope("work", "out", "--batch", i).stdout)
        self.assertIn("✓", self.tightrope("run", "study.yaml", "--out", "out", "--on", "files").stdout)
        self.must_equal_local("out", local)

    def test_a_plain_run_ends_what_batches_began(self):
        local = self.run_local()
        self.tightrope("run", "study.yaml", "--out", "out", "--on", "files", "--batch", "1ms")
        self.tightrope("work", "out", "--batch", 0)
        self.tightrope("run", "study.yaml", "--out", "out", "-q", "-j", "1")
        self.must_equal_local("out", local)

    def test_work_runs_from_any_folder(self):
        self.tightrope("run", "study.yaml", "--out", "out", "--on", "files", "--batch", "1 h")
        (self.folder / "elsewhere").mkdir()
        done = subprocess.run([PROGRAM, "work", "../out", "--batch", "0"], cwd=self.folder / "elsewhere", check=False,
                              env=self.environment(), capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("4 of 6", done.stdout)  # two do not fit together

    def test_two_at_once_on_one_batch(self):
        local = self.run_local("long.yaml")
        self.tightrope("run", "long.yaml", "--out", "out", "--on", "files", "--batch", "1 h")
        self.assertEqual(len(self.batches("out")), 1)
        pair = [self.start("work", "out", "--batch", "0", "-j", "1") for _ in range(2)]
        for process in pair:
            _, errors = process.communicate(timeout=120)
            self.assertEqual(process.returncode, 0, errors)
        self.tightrope("run", "long.yaml", "--out", "out", "--on", "files", "-q")
        self.must_equal_local("out", local)

    def test_other_numbers_for_a_stored_run_are_a_fault_of_integrity(self):
        self.tightrope("run", "long.yaml", "--out", "out", "--on", "files", "--batch", "1 h", "--checkpoint", "50 ms")
        self.tightrope("run", "long.yaml", "--out", "other", "-q", "--no-report", "--set", "seed=8",
                       "--set", "stop.iterations=20", code=1)
        process = self.start("work", "out", "--batch", "0", "-j", "1")
        self.wait_for_checkpoint("out")
        mine = self.batches("out")[0][0]
        shutil.copytree(next((self.folder / "other/cells").iterdir()), self.folder / "out/cells" / mine)
        _, errors = process.communicate(timeout=120)
        self.assertEqual(process.returncode, 4, errors)
        self.assertIn("other numbers", errors)
        self.assertIn(mine, errors)
        again = self.tightrope("run", "long.yaml", "--out", "out", "--on", "files")  # hands out the rest
        self.assertIn("batch", again.stdout)

    def test_a_signal_mid_run_leaves_checkpoints_from_which_work_goes_on(self):
        local = self.run_local("long.yaml")
        self.tightrope("run", "long.yaml", "--out", "out", "--on", "files", "--batch", "1 h", "--checkpoint", "50 ms")
        for sent in (signal.SIGTERM, signal.SIGUSR1):
            process = self.start("work", "out", "--batch", "0", "-j", "1")
            self.wait_for_checkpoint("out")
            process.send_signal(sent)
            out, errors = process.communicate(timeout=60)
            self.assertEqual(process.returncode, 128 + sent, errors)
            self.assertIn("checkpoints", out)
            self.assertTrue(any((self.folder / "out/unfinished").glob("*.state")))
        self.tightrope("work", "out", "--batch", 0)
        self.tightrope("run", "long.yaml", "--out", "out", "--on", "files", "-q")
        self.must_equal_local("out", local)

    def test_wrong_calls(self):
        self.one_sentence(self.tightrope("work", "out", "--batch", 0, code=2), "out has no batches", "--on slurm")
        self.tightrope("run", "study.yaml", "--out", "out", "--on", "files", "--batch", "1 h")
        self.one_sentence(self.tightrope("work", "out", "--batch", 3, code=2), "no batch 3", "only one is 0")
        self.one_sentence(self.tightrope("work", "out", "--batch", "x", code=2), "whole number", "'x'")
        self.one_sentence(self.tightrope("work", "out", code=2), "--batch")
        self.one_sentence(self.tightrope("work", "out", "--batch", 0, "-j", "0", code=2), "-j")
        self.one_sentence(self.tightrope("run", "study.yaml", "--on", "slurn", code=2), "did you mean 'slurm'")
        self.one_sentence(self.tightrope("run", "study.yaml", "--batch", "1 h", code=2), "--on")
        self.one_sentence(self.tightrope("run", "study.yaml", "--on", "files", "--batch", "1 ho", code=2), "--batch")
        task = self.folder / "out/batches/0.task"
        task.write_bytes(task.read_bytes()[:-1])
        self.one_sentence(self.tightrope("work", "out", "--batch", 0, code=4), "0.task is damaged")

    def test_a_file_system_without_locks_that_shows_files_late(self):
        local = self.run_local("long.yaml")
        other = {"LD_PRELOAD": os.environ["SHIM"], "NO_FLOCK": "1", "STALE_STAT": "1"}
        done = self.tightrope("run", "long.yaml", "--out", "out", "--on", "files", "--batch", "1 h", "--checkpoint", "50 ms",
                              **other)
        self.assertIn("flock", done.stderr)
        self.assertIn("the file system", done.stderr)
        process = self.start("work", "out", "--batch", "0", "-j", "1", **other)
        self.wait_for_checkpoint("out")
        process.terminate()
        process.communicate(timeout=60)
        pair = [self.start("work", "out", "--batch", "0", "-j", "1", **other) for _ in range(2)]
        for process in pair:
            _, errors = process.communicate(timeout=120)
            self.assertEqual(process.returncode, 0, errors)
        self.tightrope("run", "long.yaml", "--out", "out", "--on", "files", "-q", **other)
        self.must_equal_local("out", local)


class OnSlurm(BatchCase):
    def on_slurm(self, config, *more, code=0, **variables):
        return self.tightrope("run", config, "--out", "out", "--on", "slurm", *more, code=code, **{**self.slurm, **variables})

    def test_the_bytes_of_a_local_run(self):
        local = self.run_local()
        done = self.on_slurm("study.yaml", "--batch", "1ms", "-j", "3", "--sbatch", "--partition=x --mem=8G")
        self.assertIn("✓", done.stdout)
        self.assertIn("2 cells are skipped", done.stderr)
        script = (self.folder / "out/batches/job.sh").read_text()
        tasks = len(self.batches("out"))
        for line in (f"#SBATCH --array=0-{tasks - 1}%3", "#SBATCH --requeue", "#SBATCH --signal=B:USR1@120",
                     "#SBATCH --partition=x --mem=8G"):
            self.assertIn(line + "\n", script)
        self.must_equal_local("out", local)
        self.assertIn("All of 4 runs", self.on_slurm("study.yaml").stdout)  # nothing is submitted again
        self.assertEqual(len(list((self.folder / "slurm").iterdir())), 1)

    def test_a_single_run_and_trials(self):
        self.tightrope("run", "small.yaml", "--out", "local", "-q")
        self.on_slurm("small.yaml", "-q")
        self.must_equal_local("out", self.digests("local"))
        shutil.rmtree(self.folder / "out")
        shutil.rmtree(self.folder / "local")
        self.write("study.yaml", STUDY.replace("square: {model: {type: symmetric, rank: 4}}", "tuned: {}") +
                   "  tune: {path: optimizer.step, over: [0.1, 0.2], for: final relative_error, repetitions: 1}\n")
        local = self.run_local()
        self.on_slurm("study.yaml", "-q")
        self.must_equal_local("out", local)
        self.assertEqual(len(list((self.folder / "slurm").iterdir())), 1 + 2)  # the trials, then the runs

    def test_detach_watch_and_attach(self):
        local = self.run_local("long.yaml")
        process = self.start("run", "long.yaml", "--out", "out", "--on", "slurm", "--checkpoint", "50 ms", **self.slurm)
        self.wait_for_checkpoint("out")
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 130, errors)
        self.assertIn("Slurm job 17 goes on", errors)
        self.assertIn("tightrope watch out", errors)
        self.assertIn("running", self.tightrope("watch", "out", "--once", **self.slurm).stdout)
        self.one_sentence(self.tightrope("run", "long.yaml", "--out", "out", code=6, **self.slurm), "Slurm job 17")
        self.one_sentence(self.on_slurm("long.yaml", "--set", "seed=9", code=6), "Slurm job 17", "other cells")
        self.assertIn("makes the report", self.tightrope("watch", "out", **self.slurm).stdout)
        self.on_slurm("long.yaml", "-q")
        self.must_equal_local("out", local)
        self.assertEqual(len(list((self.folder / "slurm").iterdir())), 1)

    def test_usr1_puts_a_task_back_into_the_queue(self):
        local = self.run_local("long.yaml")
        process = self.start("run", "long.yaml", "--out", "out", "--on", "slurm", "--checkpoint", "50 ms", **self.slurm)
        self.wait_for_checkpoint("out")
        os.kill(self.process_of_work(), signal.SIGUSR1)
        _, errors = process.communicate(timeout=120)
        self.assertEqual(process.returncode, 0, errors)
        self.must_equal_local("out", local)
        self.assertEqual((self.folder / "out/batches/0.log").read_text().count("runs have a result"), 2)
        self.assertEqual(len(list((self.folder / "slurm").iterdir())), 1)

    def test_a_cancelled_job_is_not_started_again_by_itself(self):
        local = self.run_local("long.yaml")
        process = self.start("run", "long.yaml", "--out", "out", "--on", "slurm", "--checkpoint", "50 ms", **self.slurm)
        self.wait_for_checkpoint("out")
        os.kill(self.process_of_work(), signal.SIGTERM)
        _, errors = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 5, errors)
        self.assertIn("the same command goes on", errors)
        self.on_slurm("long.yaml", "-q")
        self.must_equal_local("out", local)

    def test_what_slurm_does_not_do(self):
        done = self.tightrope("run", "study.yaml", "--out", "out", "--on", "slurm", code=5, PATH="/nowhere")
        self.one_sentence(done, "sbatch", "--on files")
        self.assertFalse((self.folder / "out").exists())
        self.one_sentence(self.on_slurm("study.yaml", "-q", code=5, FAKE_SLURM_DOES="refuse"),
                          "does not take the job", "invalid partition specified: nowhere")
        self.one_sentence(self.on_slurm("study.yaml", "-q", code=5, FAKE_SLURM_DOES="lose"), "6 runs have no result")
        self.on_slurm("study.yaml", "-q")


if __name__ == "__main__":
    main()
