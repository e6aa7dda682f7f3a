#!/usr/bin/python3
"""Measures many runs side by side on one dense operator, by the number of lanes, against NumPy run by run and against a
script that batches the runs into two matrix products, in turns.

A figure is the smallest of the repetitions, in milliseconds per run and iteration; beside it stand the share of the
multiply-adds that this machine can do in registers, measured in the same turns with registers of the same width
(2 m n1 n2 are needed), and how many times faster than both scripts.
"""
import argparse
import json
import pathlib

from turns import Contestant

HERE = pathlib.Path(__file__).parent
CASES = {"n=100": dict(n1=100, n2=100, m=4000, k=20), "n=200": dict(n1=200, n2=200, m=8000, k=20)}
LANES = (1, 4, 8, 16, 45)
BATCH = 16  # runs of the batched script


def measure(name, case, arguments):
    threads = 1 if arguments.cpu else arguments.threads
    settings = dict(case, lanes=max(LANES), threads=threads, clock="cpu" if arguments.cpu else "wall")
    ours = {widest: Contestant([arguments.contestant], dict(settings, widest=widest)) for widest in arguments.widest}
    numpy = Contestant(["env", f"OPENBLAS_NUM_THREADS={threads}", "/usr/bin/python3", HERE / "peers/numpy_peer.py"],
                       dict(settings, lanes=BATCH))
    rows = {("NumPy, run by run", 1): [], (f"NumPy, {BATCH} runs batched", BATCH): []}
    solo, batched = rows
    peaks = {widest: [] for widest in ours}
    for contestant in ours.values():
        contestant.ask("run 1")
    for _ in range(arguments.repetitions):
        rows[solo].append(numpy.ask("run 1"))
        rows[batched].append(numpy.ask("batch 1"))
        for widest, contestant in ours.items():
            for lanes in LANES:
                peaks[widest].append(contestant.ask("multiply 200"))
                contestant.ask(f"lanes {lanes}")
                rows.setdefault((f"Tightrope, {widest}, {lanes} lanes", lanes), []).append(contestant.ask("run 1"))
    for contestant in (*ours.values(), numpy):
        contestant.close()
    multiply_adds = 2 * case["m"] * case["n1"] * case["n2"]
    each = {row: min(times) / row[1] for row, times in rows.items()}
    peak = min(min(times) for times in peaks.values()) / 1e6  # seconds per multiply-add, all threads together
    print(f"\n{name}: m = {case['m']}, k = {case['k']}, {threads} threads; at the peak a run takes "
          f"{1e3 * multiply_adds * peak:.2f} ms")
    found = {}
    for row, seconds in each.items():
        widest = next((w for w in ours if f", {w}," in row[0]), None)
        own = min(peaks[widest]) / 1e6 if widest else peak
        found[row[0]] = dict(milliseconds=1e3 * seconds, of_peak=multiply_adds * own / seconds,
                             against_solo=each[solo] / seconds, against_batched=each[batched] / seconds)
        print(f"  {row[0]:28}{1e3 * seconds:9.2f} ms{100 * found[row[0]]['of_peak']:7.0f} % of peak"
              f"{each[solo] / seconds:8.2f} × run by run{each[batched] / seconds:7.2f} × batched")
    return dict(case, threads=threads, rows=found)


parser = argparse.ArgumentParser(prog="dev bench lanes", description=__doc__,
                                 formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--contestant", required=True, help=argparse.SUPPRESS)
parser.add_argument("--threads", type=int, default=2)
parser.add_argument("--repetitions", type=int, default=7)
parser.add_argument("--case", action="append", choices=list(CASES), help="only this case (repeatable)")
parser.add_argument("--widest", action="append", choices=["AVX3", "AVX2"],
                    help="widest instruction set of ours, AVX3 (AVX-512) if left out (repeatable)")
parser.add_argument("--cpu", action="store_true", help="seconds of one processor, where the machine does other things too")
parser.add_argument("--json", help="file for the numbers")
arguments = parser.parse_args()
arguments.widest = arguments.widest or ["AVX3"]
results = {name: measure(name, CASES[name], arguments) for name in arguments.case or CASES}
if arguments.json:
    pathlib.Path(arguments.json).write_text(json.dumps(results, indent=1))
