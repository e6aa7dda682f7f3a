#!/usr/bin/python3
"""Measures Tightrope, its peers and the memory of this machine side by side, and prints ratios.

All contestants of a case are set up first and then take turns, one repetition each, so that whatever else the machine
does falls on all of them. A case whose operators do not fit into memory together is run one contestant after another,
each in turns with the reader (or after it, where not even these two fit), and ratios to the reader are compared. A
figure is the median over the repetitions.
"""
import argparse
import datetime
import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).parent
CASES = {
    "tiny": dict(n1=30, n2=20, m=500, k=10),
    "n=100": dict(n1=100, n2=100, m=4000, k=20),
    "n=200": dict(n1=200, n2=200, m=8000, k=20),
    "n=500": dict(n1=500, n2=500, m=4000, k=10),
    "1000x800": dict(n1=1000, n2=800, m=1500, k=10),
}
PEERS = {
    "NumPy": ["/usr/bin/python3", HERE / "peers/numpy_peer.py"],
    "PyTorch": ["/usr/bin/python3", HERE / "peers/torch_peer.py"],
    "Octave": ["octave-cli", "--quiet", "--no-init-file", HERE / "peers/octave_peer.m"],
}
PAUSE = 0.05  # seconds before a measurement, in which the threads of the one before stop waiting for more work
STORAGES = {
    "float32": "type: gaussian, storage: float32",
    "float16": "type: gaussian, storage: float16",
    "int8": "type: gaussian, storage: int8",
    "sign": "type: rademacher, storage: sign",
    "generated signs": "type: rademacher, storage: generated",
    "generated normals": "type: gaussian, storage: generated",
}


class Contestant:
    def __init__(self, name, command, settings, verb="run", lanes=1, storage=None):
        self.name, self.verb, self.lanes, self.storage, self.times = name, verb, lanes, storage, []
        words = [str(word) for word in command] + [f"{key}={value}" for key, value in settings.items()]
        self.process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=None if command[0] == arguments.contestant else subprocess.DEVNULL,
                                        text=True, env=environment)

    def ask(self, line):
        self.process.stdin.write(line + "\n\n")  # Octave answers a line when it has seen the start of the next
        self.process.stdin.flush()
        answer = self.process.stdout.readline().split()
        if not answer:
            raise SystemExit(f"compare: {self.name} ended without an answer to '{line}'")
        return [float(word) for word in answer]

    def calibrate(self, seconds):
        once = self.ask(f"{self.verb} 1")[0]
        once = min(once, self.ask(f"{self.verb} 1")[0])
        self.count = max(1, min(100000, round(seconds / max(once, 1e-6))))
        if self.count > 10:
            self.ask(f"{self.verb} {self.count}")

    def measure(self):
        time.sleep(PAUSE)
        self.times.append(self.ask(f"{self.verb} {self.count}")[0])

    def end(self):
        self.memory = self.ask("memory")[0]
        self.process.stdin.close()
        self.process.wait()

    @property
    def seconds(self):
        return statistics.median(self.times)

    @property
    def reads(self):
        return self.seconds / self.read_seconds


def us(settings, name="Tightrope", operator="type: gaussian", lanes=1, **more):
    return Contestant(name, [arguments.contestant], {**settings, "operator": operator, "lanes": lanes, **more},
                      lanes=lanes, storage=operator)


def multiplier(settings):
    return Contestant("10^6 multiply-adds", [arguments.contestant], settings, verb="multiply")


def reader(settings):
    return Contestant("one read of A", [arguments.contestant], settings, verb="read")


def take_turns(contestants, read, apart=False):
    """Measures the contestants and the reader, which stays, and ends the contestants; apart, the reader is done."""
    for contestant in contestants:
        contestant.calibrate(arguments.seconds)
    for _ in range(arguments.repetitions):
        for contestant in contestants if apart else [read, *contestants]:
            contestant.measure()
    for contestant in contestants:
        contestant.read_seconds = statistics.median(read.times[-arguments.repetitions:])
        contestant.end()


def available_memory():
    with open("/proc/meminfo") as lines:
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable"))


def row(case, contestant, best, peak):
    """`best`: of the peers' iterations, in reads."""
    per_run = contestant.seconds / contestant.lanes
    size = CASES[case]
    multiply_adds = None  # of a gradient; signs need none, and symmetric matrices half
    if contestant.verb == "run" and "sign" not in contestant.name:
        multiply_adds = 2e-6 * size["n1"] * size["n2"] * size["m"] / (2 if "symmetric: true" in (contestant.storage or "") else 1)
    return {"of_peak_arithmetic": multiply_adds and multiply_adds * peak.seconds / per_run,
            "case": case, "contestant": contestant.name, "lanes": contestant.lanes,
            "seconds_per_iteration_and_run": per_run, "all": contestant.times,
            "of_a_read": contestant.reads, "times_faster_than_best_peer": best * contestant.lanes / contestant.reads,
            "peak_memory": contestant.memory}


def run_case(name):
    settings = {**CASES[name], "threads": arguments.threads}
    size = 8 * settings["m"] * settings["n1"] * settings["n2"]
    makers = [lambda: us(settings)] + [lambda peer=peer: Contestant(peer, PEERS[peer], settings) for peer in PEERS]
    if name in ("tiny", "n=100"):
        for lanes in (4, 16):
            makers.append(lambda lanes=lanes: us(settings, f"Tightrope, {lanes} lanes", lanes=lanes))
        for storage, operator in STORAGES.items():
            makers.append(lambda s=storage, o=operator: us(settings, f"Tightrope, {s}", o))
        for storage in ("int8", "sign"):
            makers.append(lambda s=storage: us(settings, f"Tightrope, {s}, 16 lanes", STORAGES[s], 16))
    peak, read, available = multiplier(settings), reader(settings), available_memory()
    read.calibrate(arguments.seconds)
    if (len(makers) + 1) * size < 0.8 * available:
        contestants = [make() for make in makers]
        take_turns([peak, *contestants], read)
    else:
        take_turns([peak], read)
        apart = 2 * size > 0.9 * available
        contestants = []
        for make in makers:
            if apart:
                take_turns([], read)
                read.ask("release")
            contestants.append(make())
            take_turns(contestants[-1:], read, apart)
    best = min(c.reads for c in contestants if c.name in PEERS)
    rows = [row(name, c, best, peak) for c in contestants]
    if name == "n=100":
        for entry, contestant in zip(rows, contestants):
            if contestant.storage and contestant.lanes == 1 and "generated" not in contestant.name:
                again = us(settings, contestant.name, contestant.storage)
                entry["recovery_error"], entry["recovery_iterations"] = again.ask("error")
                again.end()
        symmetric = {**settings, "model": "symmetric"}
        pair = [Contestant("NumPy, symmetric", PEERS["NumPy"], symmetric),
                us(symmetric, "Tightrope, symmetric", "type: gaussian, symmetric: true")]
        take_turns(pair, read)
        rows += [row(name, c, pair[0].reads, peak) for c in pair]
    read.read_seconds = read.seconds
    read.end()
    rows.insert(0, row(name, read, best, peak))
    show(rows, settings, size)
    if name == "tiny":
        engine = us(settings)
        engine.ask("run 2000")
        pairs = [(engine.ask("run 5000")[0], engine.ask("objective 5000")[0]) for _ in range(arguments.repetitions)]
        overhead = statistics.median(run - objective for run, objective in pairs)
        engine.end()
        print(f"  everything outside operator and model: {overhead * 1e6:.2f} µs per iteration\n", flush=True)
        rows.append({"case": name, "contestant": "engine overhead", "seconds_per_iteration_and_run": overhead})
    return rows


def show(rows, settings, size):
    print("n1 = {n1}, n2 = {n2}, m = {m}, k = {k}, {threads} threads".format(**settings) +
          f": {size / 1e6:.4g} MB in float64")
    print(f"  {'':28}{'per run and iteration':>23}{'of a read':>11}{'of peak arithmetic':>20}{'against best peer':>19}{'peak memory':>13}")
    for entry in rows:
        peer = "" if entry["contestant"].startswith("one read") else f"{entry['times_faster_than_best_peer']:.2f} ×"
        arithmetic = entry["of_peak_arithmetic"]
        arithmetic = f"{100 * arithmetic:.0f} %" if arithmetic else ""
        line = (f"  {entry['contestant']:28}{entry['seconds_per_iteration_and_run'] * 1e3:>20.4g} ms"
                f"{entry['of_a_read']:>11.2f}{arithmetic:>20}{peer:>19}{entry['peak_memory'] / 1e6:>10.0f} MB")
        if "recovery_error" in entry:
            line += f"   recovers to {entry['recovery_error']:.1e}"
        print(line)
    print(flush=True)


def machine():
    def first(path, key):
        with open(path) as lines:
            return next((line.split(":", 1)[1].strip() for line in lines if line.startswith(key)), "unknown")
    facts = {"date": datetime.date.today().isoformat(), "processor": first("/proc/cpuinfo", "model name"),
             "cores": os.cpu_count(), "memory": first("/proc/meminfo", "MemTotal"), "system": platform.platform()}
    doctor = json.loads(subprocess.run([arguments.program, "doctor", "--format", "json"], capture_output=True,
                                       text=True).stdout)
    facts["tightrope"] = {fact["name"]: fact["value"] for fact in doctor["facts"]
                          if fact["name"] in ("version", "build", "BLAS kernels", "sweeps")}
    return facts


parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--contestant", required=True, help="our side, a program")
parser.add_argument("--program", required=True, help="tightrope itself")
parser.add_argument("--case", action="append", choices=CASES, help="only this case (repeatable)")
parser.add_argument("--threads", type=int, default=min(2, os.cpu_count()))
parser.add_argument("--repetitions", type=int, default=7)
parser.add_argument("--seconds", type=float, default=0.3, help="least time of one measurement")
parser.add_argument("--json", default="bench.json", help="where the figures go")
arguments = parser.parse_args()
environment = {**os.environ, "OPENBLAS_NUM_THREADS": str(arguments.threads), "OMP_NUM_THREADS": str(arguments.threads)}
for variable in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):
    environment.pop(variable, None)  # every side picks its best kernels
report = {"machine": machine(), "threads": arguments.threads, "repetitions": arguments.repetitions, "rows": []}
for case in arguments.case or CASES:
    report["rows"] += run_case(case)
    pathlib.Path(arguments.json).write_text(json.dumps(report, indent=1))
print(f"figures: {arguments.json}", file=sys.stderr)
