#!/usr/bin/env python3
"""What `plan` says of memory, against what `run` takes: the most that all processes of the command hold together.

TIGHTROPE=$PWD/build/release/bin/tightrope peaks.py [CLASS[.test]…]
"""
import contextlib
import json
import os
import pathlib
import subprocess
import time

from support import CONFIGS, PROGRAM, Case, main


def held(process, what):
    """Bytes that a process holds (VmRSS), or the most it has ever held (VmHWM)."""
    try:
        for line in pathlib.Path(f"/proc/{process}/status").read_text().splitlines():
            if line.startswith(what):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    return 0


def children(process):
    try:
        return pathlib.Path(f"/proc/{process}/task/{process}/children").read_text().split()
    except OSError:
        return []


class Peaks(Case):
    @classmethod
    def setUpClass(cls):
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, 0, -10)  # whoever samples must not come late; the program has it, too

    def peak(self, *arguments):
        """Sums of what was seen of all processes, and what the kernel has seen of the largest by itself."""
        process = subprocess.Popen([PROGRAM, *map(str, arguments)], cwd=self.folder, env=self.environment(),
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        most = 0
        while True:
            ended, status, usage = os.wait4(process.pid, os.WNOHANG)
            if ended:
                process.returncode = os.waitstatus_to_exitcode(status)
                break
            workers = sum(held(child, "VmHWM") for child in children(process.pid))
            most = max(most, workers + held(process.pid, "VmRSS"))
            time.sleep(0.002)
        self.assertEqual(process.returncode, 0, arguments)
        return max(most, usage.ru_maxrss * 1024)

    def compare(self, config, *more):
        plan = json.loads(self.tightrope("plan", config, *more, "--out", "new", "--format", "json").stdout)["memory_bytes"]
        peak = 0
        for attempt in range(4):  # a sample can miss a short peak, never see too much
            peak = max(peak, self.peak("run", config, *more, "--out", f"new{attempt}", "-q"))
            if plan <= 1.2 * peak:
                break
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
