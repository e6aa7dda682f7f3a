#!/usr/bin/python3
"""A whole study against the script that it replaces: eight runs of matrix/MS.m of Tong, Ma & Chi at the published size,
from the first random number to the report, in one go on the same machine.

Both stop at the same iterations, 100 by default (--iterations; the figure has up to 1000), or at a relative error of
1e-13, whichever comes first. Both keep the operator in float64, as the script would be written, or, with --float32, in
half the memory.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).parent


def seconds_of_numpy(chosen, size):
    command = ["/usr/bin/python3", HERE / "peers/numpy_study.py", *map(str, size), str(chosen.iterations), "1"]
    done = subprocess.run([*command, "float32" if chosen.float32 else "float64"], check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def seconds_of_us(chosen, size):
    n, rank, m = size
    with tempfile.TemporaryDirectory() as folder:
        command = [chosen.program, "run", "papers/tong2021/condition", "--out", f"{folder}/out", "--format", "json",
                   "--set", f"problem.shape=[{n}, {n}]", "--set", f"problem.target.rank={rank}", "--set", f"model.rank={rank}",
                   "--set", f"problem.operator.measurements={m}", "--set", f"stop.iterations={chosen.iterations}",
                   "--set", "study.grid={problem.target.condition: [1, 5, 10, 20]}", "--set", "study.repetitions=1",
                   "--set", f"problem.operator.storage={'float32' if chosen.float32 else 'float64'}",
                   "--set", "stop.relative_error=1e-13", "--set", "claims=[]", "-q"]
        start = time.perf_counter()
        done = subprocess.run(command, capture_output=True, text=True)
        seconds = time.perf_counter() - start
        if done.returncode:
            sys.exit(done.stderr)
        cells = json.loads(done.stdout)["cells"]
        pages = pathlib.Path(folder, "out/report.html").stat().st_size
    return {"seconds": seconds, "report": pages,
            "ends": [{"condition": int(cell["labels"]["condition"]), "scaled": cell["labels"]["method"] == "scaled",
                      "iterations": cell["end"]["iteration"], "relative_error": cell["metrics"]["relative_error"]}
                     for cell in cells]}


def main():
    parser = argparse.ArgumentParser(prog="dev bench study", description=__doc__)
    parser.add_argument("--program", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--json", help="file for the numbers")
    parser.add_argument("--iterations", type=int, default=100)
    parser.add_argument("--float32", action="store_true", help="operators in single precision")
    parser.add_argument("--small", action="store_true", help="n = 60, r = 5, m = 1500, to see whether it works")
    chosen = parser.parse_args()
    size = (60, 5, 1500) if chosen.small else (200, 10, 10000)
    print(f"eight runs, n = {size[0]}, r = {size[1]}, m = {size[2]}, at most {chosen.iterations} iterations", flush=True)
    ours = seconds_of_us(chosen, size)
    print(f"Tightrope, with its report: {ours['seconds']:.1f} s", flush=True)
    theirs = seconds_of_numpy(chosen, size)
    print(f"NumPy, {'float32' if chosen.float32 else 'float64'}: {theirs['seconds']:.1f} s, "
          f"{theirs['operator']:.1f} s of them for the operator")
    print(f"ratio: {theirs['seconds'] / ours['seconds']:.2f}")
    by = lambda runs: {(run["condition"], run["scaled"]): run for run in runs["ends"]}
    print("\ncondition  method            iterations (ours, NumPy)  relative error (ours, NumPy)")
    for key, own in sorted(by(ours).items()):
        other = by(theirs)[key]
        print(f"{key[0]:9}  {'scaled' if key[1] else 'gradient descent':16}  {own['iterations']:11} {other['iterations']:13}"
              f"  {own['relative_error']:18.2e} {other['relative_error']:9.2e}")
    if chosen.json:
        pathlib.Path(chosen.json).write_text(json.dumps({"tightrope": ours, "numpy": theirs, "processors": os.cpu_count()}))


if __name__ == "__main__":
    main()
