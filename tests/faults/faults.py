#!/usr/bin/env python3
"""Studies under attack: each case does harm to a study and compares what comes out with an undisturbed run."""
import argparse
import contextlib
import hashlib
import json
import os
import pathlib
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time

HASHED = ("record.json", "trace.csv", "final.npz", "state.bin")
BASE = """name: attacked
seed: 3
problem:
  shape: [30, 20]
  target: {{type: random_low_rank, rank: 2, condition: 2}}
  operator: {{type: gaussian, measurements: 500}}
model: {{type: asymmetric, rank: 4}}
initialization: {{type: small_random, scale: 1e-3}}
optimizer: {{type: gradient_descent, step: 0.3}}
stop: {{iterations: {iterations}}}
observers: [relative_error, {{imbalance: {{every: 7}}}}]
study:
  methods:
{methods}
"""


def methods(count):
    """Some share an operator, some have one of their own; momentum and line search have something to remember."""
    lines = []
    for i in range(count):
        kinds = ("{type: gradient_descent, step: %g}", "{type: momentum, step: %g}",
                 "{type: alternating_gradient_descent, step: %g}", "{type: gradient_descent, step: {type: backtracking, first: %g}}")
        optimizer = kinds[i % 4] % (0.1 + 0.005 * i)
        lines.append(f"m{i}: {{seed: {3 + i % 5}, optimizer: {optimizer}}}")
    return lines


def fail(message):
    print(f"faults: {message}", file=sys.stderr)
    sys.exit(1)


class Bench:
    def __init__(self, options):
        self.options = options
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="faults-"))
        self.random = random.Random(options.seed)

    def study(self, lines, iterations=400, name="study"):
        path = self.folder / f"{name}.yaml"
        path.write_text(BASE.format(iterations=iterations, methods="\n".join("    " + line for line in lines)))
        return path

    def command(self, config, out, *more):
        return [self.options.program, "run", str(config), "--out", str(self.folder / out), "-q", "--no-report",
                "--plugin-path", self.options.plugins, *more]

    def run(self, config, out, *more, expect=0, env=None, **rest):
        done = subprocess.run(self.command(config, out, *more), stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True,
                              env=dict(os.environ, **(env or {})), timeout=120, **rest)
        if expect is not None and done.returncode != expect:
            fail(f"{' '.join(map(str, more))} into {out}: exit {done.returncode} instead of {expect}: {done.stderr}")
        return done

    def digests(self, out, names=HASHED):
        cells = self.folder / out / "cells"
        found = {}
        for cell in sorted(cells.iterdir()):
            if cell.name.startswith("."):
                fail(f"{cell} was left behind")
            for name in names:
                found[f"{cell.name}/{name}"] = hashlib.sha256((cell / name).read_bytes()).hexdigest()
        return found

    def must_equal(self, out, expected, what):
        found = self.digests(out)
        if found != expected:
            differing = [name for name in sorted(set(found) | set(expected)) if found.get(name) != expected.get(name)]
            fail(f"{what}: {len(differing)} files differ from those of an undisturbed run, e.g. {differing[0]} "
                 f"in {self.folder / out}")
        left = [p for p in (self.folder / out / "unfinished").iterdir()]
        if left:
            fail(f"{what}: {left[0]} was left behind")

    def remove(self, out):
        shutil.rmtree(self.folder / out, ignore_errors=True)


def workers_of(pid):
    with contextlib.suppress(OSError):
        return [int(p) for p in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []


def kills(bench, rounds):
    """kill -9 of the parent, a worker or all of them at random moments; then run to the end."""
    config = bench.study(methods(40), 250)
    start = time.monotonic()
    bench.run(config, "whole", "-j", "2")
    whole = time.monotonic() - start
    expected = bench.digests("whole")
    landed = 0
    for number in range(rounds):
        bench.remove("hit")
        for _ in range(bench.random.randint(1, 3)):
            process = subprocess.Popen(bench.command(config, "hit", "-j", "2", "--checkpoint", "0.05"),
                                       stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, start_new_session=True, text=True)
            time.sleep(bench.random.uniform(0, 0.7 * whole))
            victim = bench.random.choice(("parent", "worker", "group"))
            landed += process.poll() is None
            with contextlib.suppress(ProcessLookupError):
                if victim == "parent":
                    os.kill(process.pid, signal.SIGKILL)
                elif victim == "group":
                    os.killpg(process.pid, signal.SIGKILL)
                elif workers := workers_of(process.pid):
                    os.kill(bench.random.choice(workers), signal.SIGKILL)
            message = process.communicate(timeout=120)[1]
            if process.returncode not in (0, -9):
                fail(f"round {number}: exit {process.returncode} after the death of a {victim}: {message}")
        bench.run(config, "hit", "-j", "2")
        bench.must_equal("hit", expected, f"round {number}")
    print(f"{rounds} rounds, {landed} runs hit, {len(expected)} files compared each time")


def same(bench, rounds):
    """Workers, lanes, threads, order of the methods and interruptions change no byte."""
    lines = methods(12)
    config = bench.study(lines)
    bench.run(config, "one", "-j", "1")
    expected = bench.digests("one")
    for number, more in enumerate((["-j", "2"], ["-j", "3", "--threads", "2"], ["-j", "2", "--no-lanes"], ["--solo"])):
        bench.run(config, f"way{number}", *more)
        bench.must_equal(f"way{number}", expected, " ".join(more))
    bench.run(bench.study(lines[::-1], name="reversed"), "reversed", "-j", "2")
    bench.must_equal("reversed", expected, "reversed order")
    bench.run(bench.study(lines[:5], name="few"), "grown", "-j", "2")
    bench.run(config, "grown", "-j", "2")
    bench.must_equal("grown", expected, "methods added later")
    long = bench.study(lines, 2000, name="long")
    bench.run(long, "long", "-j", "2")
    expected = bench.digests("long")
    for number, sent in enumerate((signal.SIGINT, signal.SIGTERM)):
        out = f"interrupted{number}"
        process = subprocess.Popen(bench.command(long, out, "-j", "2"), stderr=subprocess.PIPE, text=True)
        time.sleep(0.7)
        process.send_signal(sent)
        message = process.communicate(timeout=60)[1]
        if process.returncode not in (128 + sent, 0):
            fail(f"signal {sent}: exit {process.returncode}: {message}")
        bench.run(long, out, "-j", "2")
        bench.must_equal(out, expected, f"after signal {sent}")


def longer(bench, rounds):
    """Twice the iterations go on from the stored end; half of them are run for themselves."""
    lines = methods(8)
    short, long = bench.study(lines, 250, "short"), bench.study(lines, 613, "long")
    bench.run(long, "fresh")
    bench.run(short, "short")
    fresh, first = bench.digests("fresh"), bench.digests("short")
    bench.run(short, "grown")
    bench.run(long, "grown")
    bench.must_equal("grown", {**fresh, **first}, "from 250 to 613 iterations")
    bench.run(long, "shrunk")
    bench.run(short, "shrunk")
    bench.must_equal("shrunk", {**fresh, **first}, "from 613 to 250 iterations")
    passes = [json.loads(path.read_text())["counters"]["passes"] for path in (bench.folder / "grown/cells").glob("*/record.json")]
    if not passes or min(passes) < 250:
        fail("the counters of a run that goes on start again")


def twice(bench, rounds):
    """Two starts at the same moment: one does it all, or the other says within a second who is at work."""
    config = bench.study(methods(8))
    bench.run(config, "whole")
    expected = bench.digests("whole")
    refused = 0
    for number in range(rounds):
        bench.remove("both")
        processes = []
        for _ in range(2):
            processes.append(subprocess.Popen(bench.command(config, "both"), stderr=subprocess.PIPE, text=True))
        start = time.monotonic()
        codes = []
        for process in processes:
            message = process.communicate(timeout=60)[1]
            codes.append(process.returncode)
            if process.returncode == 6:
                refused += 1
                if not any(f"process {other.pid}" in message for other in processes if other is not process):
                    fail(f"round {number}: the message does not name the holder: {message}")
            elif process.returncode != 0:
                fail(f"round {number}: exit {process.returncode}: {message}")
        if codes == [6, 6]:
            fail(f"round {number}: neither ran")
        bench.must_equal("both", expected, f"round {number}")
    holder = subprocess.Popen(bench.command(bench.study(methods(8), 100000, "endless"), "held"), stderr=subprocess.PIPE)
    while not (bench.folder / "held/status.json").exists():
        time.sleep(0.01)
    start = time.monotonic()
    bench.run(config, "held", expect=6)
    took = time.monotonic() - start
    holder.kill()
    holder.communicate()
    bench.run(config, "held")
    if took > 2:  # a second and what starting a process takes on a busy machine
        fail(f"it took {took:.1f} s to say that the folder is in use")
    print(f"{rounds} rounds, {refused} refused; a refusal took {took:.2f} s")


def hostile(bench, rounds):
    """Five plugins that end their process, or never end, cost five cells of twenty."""
    lines = methods(15)
    for place, name in enumerate(("segfault", "abort", "exit", "loop", "memory")):
        lines.insert(4 * place + 1, f"{name}: {{optimizer: {{type: gradient_descent, step: {{type: {name}}}}}}}")
    config = bench.study(lines)
    limits = ("--cell-time", "3", "--cell-memory", "300MB")
    done = bench.run(config, "attacked", "-j", "2", *limits, expect=1)
    bench.run(bench.study([line for line in lines if line[0] == "m" and line[1].isdigit()], name="good"), "good")
    bench.must_equal("attacked", bench.digests("good"), "the fifteen good cells")
    run = json.loads((bench.folder / "attacked/run.json").read_text())
    reasons = {cell["labels"]["method"]: cell["reason"] for cell in run["missing"]}
    for name, words in {"segfault": "SIGSEGV in worker", "abort": "SIGABRT in worker", "exit": "ended by itself",
                        "loop": "no progress for longer than the limit of 3 s", "memory": "more memory than the limit"}.items():
        if words not in reasons.get(name, ""):
            fail(f"{name}: the reason is {reasons.get(name)!r}: {done.stderr}")
    if len(reasons) != 5 or any(cell["kind"] != "failed" for cell in run["missing"]):
        fail(f"failed are {sorted(reasons)}")


def flips(bench, rounds):
    """Single flipped bits in what is stored: verify names the file."""
    config = bench.study(methods(6), 60)
    bench.run(config, "flipped")
    out = bench.folder / "flipped"
    process = subprocess.Popen(bench.command(bench.study(methods(3), 200000, "more"), "flipped", "--checkpoint", "0.05", "-j", "2"),
                               stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL, start_new_session=True)
    while len(list((out / "unfinished").glob("*.state"))) < 2:  # as many as there are workers
        if process.poll() is not None:
            fail(f"the long study ended with {process.returncode} before it was killed")
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    bench.run(config, "flipped")
    files = sorted(p for p in (*out.glob("cells/*/*"), *out.glob("unfinished/*.state"), out / "run.json")
                   if not p.name.startswith("."))
    verify = [bench.options.program, "verify", str(out), "--sample", "0", "--plugin-path", bench.options.plugins]
    if (done := subprocess.run(verify, capture_output=True, text=True)).returncode != 0:
        fail(f"verify of a sound folder: {done.stderr}")
    for number in range(rounds):
        path = bench.random.choice(files)
        sound = path.read_bytes()
        place = bench.random.randrange(len(sound))
        broken = bytearray(sound)
        broken[place] ^= 1 << bench.random.randrange(8)
        path.write_bytes(broken)
        done = subprocess.run(verify, capture_output=True, text=True)
        path.write_bytes(sound)
        if done.returncode != 4 or path.name not in done.stderr:
            fail(f"byte {place} of {path}: exit {done.returncode}: {done.stderr}{done.stdout}")
    done = subprocess.run(verify[:3] + ["--sample", "100%"] + verify[5:], capture_output=True, text=True)
    if done.returncode != 0:
        fail(f"running all again: {done.stderr}")
    print(f"{rounds} flipped bits in {len(files)} files, all found")


def calls(bench, rounds):
    """Calls of write, fsync and rename that fail: exit 5 and an old or a new state, and the next run makes it whole."""
    config = bench.study(methods(3), 60)
    plain = bench.folder / "plain.yaml"
    plain.write_text(config.read_text().split("study:")[0])
    for source, name in ((plain, "plain"), (config, "study")):
        bench.run(source, f"{name}-whole", "-j", "1")
        expected = bench.digests(f"{name}-whole")
        failed = 0
        for k in range(1, rounds + 1):
            bench.remove("hit")
            for count in ("1", "1000000"):
                env = {"LD_PRELOAD": bench.options.shim, "FAIL_AT": str(k), "FAIL_COUNT": count}
                done = bench.run(source, "hit", "-j", "1", expect=None, env=env)
                if done.returncode not in (0, 5):
                    fail(f"{name}, call {k} ({count}): exit {done.returncode}: {done.stderr}")
                failed += done.returncode == 5
                if done.returncode == 5 and "cannot be" not in done.stderr:
                    fail(f"{name}, call {k} ({count}): the message names no file: {done.stderr}")
                bench.run(source, "hit", "-j", "1")
                bench.must_equal("hit", expected, f"{name}, after call {k} failed ({count})")
                bench.remove("hit")
        print(f"{name}: {failed} of {2 * rounds} runs were made to fail")
        if failed == 0:
            fail("no call failed")


def space(bench, rounds):
    """No room, no permission, too small a limit: exit 5, nothing half, and it goes on when there is room."""
    config = bench.study(methods(6), 100)
    bench.run(config, "whole")
    expected = bench.digests("whole")
    done = bench.run(config, "limited", expect=5, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096)))
    if "cannot be" not in done.stderr:
        fail(f"the message names no file: {done.stderr}")
    bench.run(config, "limited")
    bench.must_equal("limited", expected, "after a limit on the size of files")
    disk = bench.folder / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=200k", "tmpfs", disk], stderr=subprocess.DEVNULL).returncode == 0:
        try:
            done = bench.run(config, "disk/out", expect=5)
            if any((disk / "out/cells").glob(".tmp*")):
                fail("litter on a full disk")
            subprocess.run(["mount", "-o", "remount,size=50m", disk], check=True)
            bench.run(config, "disk/out")
            bench.must_equal("disk/out", expected, "after a full disk")
        finally:
            subprocess.run(["umount", disk], check=False)
    else:
        print("a file system of its own cannot be mounted here: a full disk was not tried")
    locked = bench.folder / "locked"
    locked.mkdir()
    locked.chmod(0o555)
    def as_nobody():
        with contextlib.suppress(PermissionError):
            os.setgroups([])
            os.setgid(65534)
            os.setuid(65534)
    bench.folder.chmod(0o755)
    start = time.monotonic()
    done = bench.run(config, "locked/out", expect=5, preexec_fn=as_nobody)
    if "cannot be created" not in done.stderr:
        fail(f"a folder that cannot be written: {done.stderr}")


CASES = {"kills": (kills, 8), "same": (same, 1), "longer": (longer, 1), "twice": (twice, 5), "hostile": (hostile, 1),
         "flips": (flips, 60), "calls": (calls, 12), "space": (space, 1)}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("case", choices=CASES)
    parser.add_argument("--program", required=True)
    parser.add_argument("--plugins", required=True)
    parser.add_argument("--shim", required=True)
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    bench = Bench(options)
    case, rounds = CASES[options.case]
    case(bench, options.rounds or rounds)
    shutil.rmtree(bench.folder, ignore_errors=True)


if __name__ == "__main__":
    main()
