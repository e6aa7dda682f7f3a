#!/usr/bin/env python3
"""Studies on a Slurm of two virtual nodes that the test itself starts and ends: same bytes whatever happens to nodes and
tasks, and no step by hand.

TIGHTROPE=$PWD/build/release/bin/tightrope SHIM=….so virtual_nodes.py [VirtualNodes[.test]…]
"""
import os
import re
import signal
import sys
import time
import unittest

import cluster
from batches import LONG, BatchCase, main

SEEDS = """\
study:
  repetitions: {}
  grid: {{optimizer.step: [0.2, 0.25]}}
"""


class VirtualNodes(BatchCase):
    @classmethod
    def setUpClass(cls):
        if os.getuid() != 0 or cluster.missing():
            raise unittest.SkipTest("needs root, slurm-wlm and munge")
        cls.cluster = cluster.Cluster()
        cls.addClassCleanup(cls.cluster.stop)

    def setUp(self):
        super().setUp()
        self.folder.chmod(0o755)
        self.slurm = {name: self.cluster.environment[name] for name in ("PATH", "SLURM_CONF")}

    def study(self, repetitions, iterations):
        """2 × repetitions cells, two to an operator."""
        return self.write("many.yaml", LONG[:LONG.index("study:")].replace("iterations: 20000", f"iterations: {iterations}") +
                          SEEDS.format(repetitions))

    def begin(self, config, *more):
        process = self.start("run", config, "--out", "out", "--on", "slurm", *more, **self.slurm)
        self.wait_for_checkpoint("out")
        return process

    def end(self, process, local):
        said, errors = process.communicate(timeout=300)
        self.assertEqual(process.returncode, 0, errors)
        self.assertIn("✓", said)
        self.must_equal_local("out", local)

    def job(self):
        return re.search(r'"job": "(\d+)"', (self.folder / "out/batches/batches.json").read_text()).group(1)

    def running(self):
        """The tasks that run, and where: {0: "n1"}."""
        lines = self.cluster.ask("squeue", "-h", "-r", "-t", "RUNNING", "-o", "%K %N").stdout.split("\n")
        return {int(line.split()[0]): line.split()[1] for line in lines if line}

    def test_many_small_cells(self):
        self.study(100, 1500)
        local = self.run_local("many.yaml")
        self.assertEqual(len(local), 4 * 200)
        self.tightrope("run", "many.yaml", "--out", "out", "--on", "slurm", "-q", **self.slurm)
        self.assertLessEqual(len(self.batches("out")), 16)
        self.must_equal_local("out", local)

    def test_a_node_that_is_lost(self):
        self.study(4, 60000)
        local = self.run_local("many.yaml")
        process = self.begin("many.yaml", "--batch", "4 s", "--checkpoint", "100 ms")
        self.wait_for(lambda: self.running())
        node = next(iter(self.running().values()))
        self.cluster.kill_node(node)
        try:
            self.end(process, local)
        finally:
            self.cluster.start_node(node)
            self.cluster.wait_for(self.cluster.is_idle, "two idle nodes")

    def test_a_task_that_is_preempted(self):
        self.study(2, 100000)
        local = self.run_local("many.yaml")
        process = self.begin("many.yaml", "--batch", "1 h", "--checkpoint", "100 ms")
        self.assertEqual(self.cluster.ask("scancel", "--batch", "--signal=USR1", f"{self.job()}_0").returncode, 0)
        self.wait_for(lambda: "checkpoints" in (self.folder / "out/batches/0.log").read_text())
        self.end(process, local)

    def test_a_task_that_is_requeued(self):
        self.study(2, 100000)
        local = self.run_local("many.yaml")
        process = self.begin("many.yaml", "--batch", "1 h", "--checkpoint", "100 ms")
        self.assertEqual(self.cluster.ask("scontrol", "requeue", f"{self.job()}_0").returncode, 0)
        self.end(process, local)

    def test_a_lost_terminal(self):
        self.study(2, 100000)
        local = self.run_local("many.yaml")
        process = self.begin("many.yaml", "--checkpoint", "100 ms")
        process.send_signal(signal.SIGHUP)
        _, errors = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 129)
        self.assertIn(f"Slurm job {self.job()} goes on", errors)
        self.assertIn("makes the report", self.tightrope("watch", "out", **self.slurm).stdout)
        self.tightrope("run", "many.yaml", "--out", "out", "--on", "slurm", "-q", **self.slurm)
        self.must_equal_local("out", local)

    def test_a_cancelled_job(self):
        self.study(2, 100000)
        local = self.run_local("many.yaml")
        process = self.begin("many.yaml", "--checkpoint", "100 ms")
        self.cluster.ask("scancel", self.job())
        _, errors = process.communicate(timeout=120)
        self.assertEqual(process.returncode, 5, errors)
        self.tightrope("run", "many.yaml", "--out", "out", "--on", "slurm", "-q", **self.slurm)
        self.must_equal_local("out", local)

    def test_a_file_system_without_locks_that_shows_files_late(self):
        self.study(4, 20000)
        local = self.run_local("many.yaml")
        other = {**self.slurm, "LD_PRELOAD": os.environ["SHIM"], "NO_FLOCK": "1", "STALE_STAT": "1"}
        done = self.tightrope("run", "many.yaml", "--out", "out", "--on", "slurm", "--batch", "1 s", **other)
        self.assertIn("flock", done.stderr)
        self.must_equal_local("out", local)

    def test_options_that_slurm_refuses(self):
        done = self.tightrope("run", "long.yaml", "--out", "out", "--on", "slurm", "-q", "--sbatch", "--partition=nowhere",
                              code=5, **self.slurm)
        self.one_sentence(done, "does not take the job", "partition")


class Measured(VirtualNodes):
    """By hand: many small cells, on Slurm and with -j 2, in seconds."""

    def test_seconds(self):
        self.study(int(os.environ.get("CELLS", "1000")) // 2, int(os.environ.get("ITERATIONS", "3000")))
        times = []
        for place in (["-j", "2"], ["--on", "slurm"]):
            start = time.monotonic()
            self.tightrope("run", "many.yaml", "--out", "local" if len(times) == 0 else "out", "-q", "--no-report", *place,
                           **self.slurm)
            times.append(time.monotonic() - start)
        print(f"\n{times[0]:.1f} s with -j 2, {times[1]:.1f} s in {len(self.batches('out'))} tasks", file=sys.stderr)
        self.must_equal_local("out", self.digests("local"))
        self.assertLessEqual(len(self.batches("out")), 16)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that what was started is ended
    main()
