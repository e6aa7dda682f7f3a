#!/usr/bin/env python3
"""The program under limits: of address space, open files, processes, memory. Every call ends, well or with exit 5 and a
sentence that is true.

Limits of processes and memory need control groups; where none can be made, the limit of a user's processes stands in for
the first, and the second is left out with a word.
"""
import argparse
import os
import pathlib
import re
import resource
import shutil
import subprocess
import sys
import tempfile

CONFIGS = pathlib.Path(__file__).resolve().parents[2] / "configs"
STUDY = """name: limited
seed: 3
problem:
  shape: [30, 20]
  target: {type: random_low_rank, rank: 2, condition: 2}
  operator: {type: gaussian, measurements: 500}
model: {type: asymmetric, rank: 4}
initialization: {type: small_random, scale: 1e-3}
optimizer: {type: gradient_descent, step: 0.3}
stop: {iterations: 40}
observers: [relative_error]
study:
  methods:
    plain: {}
    alternating: {optimizer: {type: alternating_gradient_descent, step: 0.3}}
    momentum: {optimizer: {type: momentum, step: 0.2}}
  grid: {seed: [1, 2]}
"""
MB = 1000 * 1000
# What a message may never say when a limit is to blame, and one of what it must say.
UNTRUE = re.compile(r"install Tightrope again|should not have happened|report it|ended by itself|terminate called|"
                    r"there is no plugin|damaged|blas_thread_init|pthread_create|Traceback")
TRUE = re.compile(r"limit o[nf]|allows|memory|Too many open files|cannot be loaded")


def fail(message):
    print(f"limits: {message}", file=sys.stderr)
    sys.exit(1)


class ControlGroup:
    """A group of our own below the one that this process is in, version 1 or 2; None where that is not allowed."""

    @classmethod
    def make(cls, controller, files):
        own = dict(line.rstrip("\n").split(":", 2)[1:] for line in open("/proc/self/cgroup"))
        for mount in open("/proc/self/mountinfo"):
            words = mount.split()
            kind = words[words.index("-") + 1:]
            version2 = kind[0] == "cgroup2" and "" in own
            if not version2 and (kind[0] != "cgroup" or controller not in kind[2].split(",") or controller not in own):
                continue
            below = os.path.relpath(own["" if version2 else controller], words[3])
            folder = pathlib.Path(os.path.normpath(os.path.join(words[4], below))) / f"under-{os.getpid()}"
            try:
                folder.mkdir()
                group = cls()
                group.folder = folder
                group.file = folder / files[version2]
                if group.file.exists():
                    return group
                folder.rmdir()
            except OSError:
                pass
        return None

    def enter(self):
        (self.folder / "cgroup.procs").write_text(str(os.getpid()))

    def remove(self):
        self.folder.rmdir()


class Bench:
    def __init__(self, options):
        self.options = options
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="under-"))
        self.folder.chmod(0o777)
        (self.folder / "study.yaml").write_text(STUDY)
        self.ends = {}
        for cache in ("warm", "cold"):
            (self.folder / cache).mkdir()
            (self.folder / cache).chmod(0o777)
        self.call("run", CONFIGS / "quickstart.yaml", cache="warm", expect=(0,))
        self.call("run", "study.yaml", "-j", "2", cache="warm", expect=(0,))
        self.call("doctor", cache="warm", expect=(0,))

    def call(self, *arguments, cache, limit=None, name="no limit", expect=(0, 3, 5), counts=True):
        """One call, in a fresh folder of results; plugins have been tried before (warm) or not (cold)."""
        out = self.folder / "out"
        shutil.rmtree(out, ignore_errors=True)
        if cache == "cold":
            shutil.rmtree(self.folder / "cold" / "tightrope", ignore_errors=True)
        more = ["--out", out] if arguments[0] in ("run", "plan") else []
        what = f"{name}, {cache}: {arguments[0]} {pathlib.Path(str(arguments[1])).name if len(arguments) > 1 else ''}"
        try:
            done = subprocess.run([self.options.program, *map(str, arguments), *map(str, more)], cwd=self.folder, timeout=60,
                                  stdin=subprocess.DEVNULL, capture_output=True, text=True, preexec_fn=limit,
                                  env=dict(os.environ, XDG_CACHE_HOME=str(self.folder / cache)))
        except subprocess.TimeoutExpired:
            fail(f"{what}: it did not end")
        said = done.stderr.strip().splitlines()
        if done.returncode not in expect:
            fail(f"{what}: exit {done.returncode}: {done.stderr}{done.stdout}")
        if done.returncode != 0:
            words = done.stderr + (done.stdout if arguments[0] == "doctor" else "")
            if UNTRUE.search(words) or not TRUE.search(words):
                fail(f"{what}: exit {done.returncode} and an untrue sentence: {words}")
        elif UNTRUE.search(done.stderr):
            fail(f"{what}: exit 0 and an untrue sentence: {done.stderr}")
        if self.options.verbose:
            print(f"{what}: {done.returncode} {said[-1][:230] if said else ''}")
        if counts:
            self.ends.setdefault(arguments[0], []).append(done.returncode)

    def all_calls(self, name, limit):
        for cache in ("warm", "cold"):
            short = ("--set", "stop.iterations=40", "--set", "claims=[]") if self.options.values else ()
            self.call("run", CONFIGS / "quickstart.yaml", *short, cache=cache, limit=limit, name=name)
            self.call("run", "study.yaml", "-j", "2", cache=cache, limit=limit, name=name)
            self.call("plan", CONFIGS / "quickstart.yaml", cache=cache, limit=limit, name=name)
            self.call("doctor", cache=cache, limit=limit, name=name)
        self.call("list", cache="warm", limit=limit, name=name)

    def must_end_well(self, *verbs):
        """The widest of the limits that were tried is wide enough."""
        for verb in verbs:
            if self.ends[verb][-1] != 0:
                fail(f"{verb} ends with {self.ends[verb][-1]} under the widest limit, too")


def set_limit(kind, value):
    return lambda: resource.setrlimit(kind, (value, value))


def address_space(bench):
    for megabytes in bench.options.values or range(50, 1001, 50):
        bench.all_calls(f"address space of {megabytes} MB", set_limit(resource.RLIMIT_AS, megabytes * MB))
    bench.must_end_well("run", "plan", "doctor", "list")


def open_files(bench):
    for count in bench.options.values or range(6, 41):
        bench.all_calls(f"{count} open files", set_limit(resource.RLIMIT_NOFILE, count))
    bench.must_end_well("run", "plan", "doctor", "list")


def processes(bench):
    group = ControlGroup.make("pids", ("pids.max", "pids.max"))
    if not group and os.geteuid() != 0:
        print("limits of processes cannot be set here")
        return

    def as_nobody(count):
        def limit():
            os.setgroups([])
            os.setgid(65534)
            resource.setrlimit(resource.RLIMIT_NPROC, (count, count))
            os.setuid(65534)
        return limit

    for count in bench.options.values or range(1, 9):
        if group:
            group.file.write_text(str(count))
            bench.all_calls(f"{count} processes of a control group", group.enter)
        if os.geteuid() == 0:
            bench.all_calls(f"{count} processes of a user", as_nobody(count))
    if group:
        group.remove()
    bench.must_end_well("list")


def memory(bench):
    group = ControlGroup.make("memory", ("memory.limit_in_bytes", "memory.max"))
    if not group:
        print("control groups cannot be made here: limits of memory were not tried")
        return
    for megabytes in bench.options.values or (100, 150, 200, 300, 400, 700, 1000, 2000):
        group.file.write_text(str(megabytes * MB))
        bench.all_calls(f"control group of {megabytes} MB", group.enter)
        # More than there is: refused before anything is taken, and the group is named.
        large = int(1.2 * megabytes * MB / (60 * 40 * 8))
        for verb in ("run", "plan"):
            bench.call(verb, CONFIGS / "quickstart.yaml", "--set", f"problem.operator.measurements={large}", cache="warm",
                       limit=group.enter, name=f"control group of {megabytes} MB, a larger operator",
                       counts=False, expect=(5,) if verb == "run" else (0, 5))
        if megabytes > 400:
            continue
        # Two workers with an operator each would not fit, one does.
        once = int(0.45 * megabytes * MB / (30 * 20 * 8))
        bench.call("run", "study.yaml", "--no-report", "--set", f"problem.operator.measurements={once}", "--set",
                   "stop.iterations=3", "-j", "2", cache="warm", limit=group.enter, expect=(0,), counts=False,
                   name=f"control group of {megabytes} MB, an operator that fits once")
    group.remove()
    bench.must_end_well("run", "plan", "doctor", "list")


CASES = {"address_space": address_space, "open_files": open_files, "processes": processes, "memory": memory}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("case", choices=CASES)
    parser.add_argument("values", nargs="*", type=int, help="the limits to try (default: all)")
    parser.add_argument("--program", required=True)
    parser.add_argument("--verbose", action="store_true")
    options = parser.parse_args()
    bench = Bench(options)
    CASES[options.case](bench)
    print(f"{sum(map(len, bench.ends.values()))} calls, {sum(codes.count(5) for codes in bench.ends.values())} with exit 5")
    shutil.rmtree(bench.folder, ignore_errors=True)


if __name__ == "__main__":
    main()
