#!/usr/bin/env python3
"""What `plan` says of memory, against what `run` takes: the most that all processes of the command hold together.

TIGHTROPE=$PWD/build/release/bin/tightrope peaks.py [CLASS[.test]…]
"""
import json
import os
import pathlib
import subprocess
import time

from support import CONFIGS, PROGRAM, Case, main


def resident(process):
    try:
        return int(pathlib.Path(f"/proc/{process}/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")
    except (OSError, IndexError):
        return 0


def children(process):
    try:
        return pathlib.Path(f"/proc/{process}/task/{process}/children").read_text().split()
    except OSError:
        return []


class Peaks(Case):
    def peak(self, *arguments):
        """Sampled sums, and what the kernel has seen of the largest process by itself."""
        process = subprocess.Popen([PROGRAM, *map(str, arguments)], cwd=self.folder, env=self.environment(),
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        most = 0
        while True:
            ended, status, usage = os.wait4(process.pid, os.WNOHANG)
            if ended:
                process.returncode = os.waitstatus_to_exitcode(status)
                break
            most = max(most, resident(process.pid) + sum(map(resident, children(process.pid))))
            time.sleep(0.002)
        self.assertEqual(process.returncode, 0, arguments)
        return max(most, usage.ru_maxrss * 1024)

    def compare(self, config, *more):
        plan = json.loads(self.tightrope("plan", config, *more, "--out", "new", "--format", "json").stdout)["memory_bytes"]
        peak = self.peak("run", config, *more, "--out", "new", "-q")
        what = f"{config} {' '.join(more)}: planned {plan / 1e6:.1f} MB, the peak was {peak / 1e6:.1f} MB"
        print(what, flush=True)
        self.assertLessEqual(peak, plan, what)
        self.assertLessEqual(plan, 1.2 * peak, what)

    def test_quickstart(self):
        self.compare(CONFIGS / "quickstart.yaml")

    def test_ill_conditioned(self):
        self.compare(CONFIGS / "ill_conditioned.yaml")

    def test_volcano(self):
        self.compare(CONFIGS / "volcano.yaml")

    def test_baselines(self):
        self.compare(CONFIGS / "baselines.yaml")

    def test_larger_operator(self):
        self.compare(CONFIGS / "quickstart.yaml", "--set", "problem.operator.measurements=15000", "--set",
                     "stop.iterations=30", "--set", "claims=[]")


if __name__ == "__main__":
    main()
