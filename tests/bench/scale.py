#!/usr/bin/python3
"""Measures value and gradient of large completions: tiles, the same entry by entry, and SciPy, in turns; a tenth and a
quarter of the tiles alone; and how fast files of ratings are read.

A figure is the smallest of the repetitions, in nanoseconds an entry; beside it stand the share of the multiply-adds that
this machine can do in registers, measured in the same turns (3 k an entry are needed), and the ratio to tiles. What keeps
tiles from the peak is below it as "touched alone": one thread reads and writes the same rows of factors and gradient in the
same order and computes nothing, and its time is divided by the number of threads.
"""
import argparse
import json
import pathlib
import random
import subprocess
import tempfile

from turns import Contestant

HERE = pathlib.Path(__file__).parent
CASES = {
    "ratings 10^7": dict(n1=480_000, n2=18_000, m=10_000_000, k=16, skew=2),
    "ratings 10^7, k = 32": dict(n1=480_000, n2=18_000, m=10_000_000, k=32, skew=2),
    "uniform 0.1 %": dict(n1=100_000, n2=100_000, m=10_000_000, k=16, skew=1),
    "ratings 10^8": dict(n1=480_000, n2=18_000, m=100_000_000, k=16, skew=2),
}


def measure(name, case, arguments):
    operator = f"type: power_law_sampling, count: {case['m']}, skew: {case['skew']}"
    case = dict(case, clock="cpu" if arguments.cpu else "wall")
    ours = Contestant([arguments.contestant], dict(case, operator=operator, threads=1 if arguments.cpu else arguments.threads))
    scipy = Contestant(["/usr/bin/python3", HERE / "peers/scipy_peer.py"], case)
    ours.ask("run 1")
    entries = {"tiles": ours.ask("entries"), "entry by entry": ours.ask("entries"), "SciPy": scipy.ask("entries")}
    ours.ask("objective 1")
    scipy.ask("objective 1")
    memory = {"tiles": ours.ask("memory"), "SciPy": scipy.ask("memory")}
    seconds = {who: [] for who in entries}
    peaks, touches = [], []
    for _ in range(arguments.repetitions):
        peaks.append(ours.ask("multiply 200"))
        touches.append(ours.ask("touch 3"))
        seconds["tiles"].append(ours.ask("objective 3"))
        seconds["entry by entry"].append(ours.ask("entrywise 1"))
        seconds["SciPy"].append(scipy.ask("objective 1"))
    whole = min(ours.ask("restricted 100") for _ in range(arguments.repetitions))
    parts = {q: min(ours.ask(f"restricted {q}") for _ in range(arguments.repetitions)) / whole for q in (10, 25)}
    ours.close()
    scipy.close()
    peak = min(peaks) / 1e6  # seconds per multiply-add, all threads together
    print(f"\n{name}: {case['n1']} × {case['n2']}, {entries['tiles']:.0f} entries, k = {case['k']}")
    rows = {}
    for who in seconds:
        each = min(seconds[who]) / entries[who]
        rows[who] = dict(nanoseconds=1e9 * each, of_peak=3 * case["k"] * peak / each)
        rows[who]["against_tiles"] = rows[who]["nanoseconds"] / rows["tiles"]["nanoseconds"]
        print(f"  {who:16}{1e9 * each:9.2f} ns an entry{100 * rows[who]['of_peak']:8.1f} % of peak arithmetic"
              f"{rows[who]['against_tiles']:8.1f} × tiles")
    touched = 1e9 * min(touches) / entries["tiles"] / (1 if arguments.cpu else arguments.threads)
    print(f"  {'touched alone':16}{touched:9.2f} ns an entry{touched / rows['tiles']['nanoseconds']:36.2f} × tiles")
    for q, share in parts.items():
        print(f"  {q} % of the tiles take {share:.3f} of the time of all of them")
    print(f"  {memory['tiles'] / entries['tiles']:.1f} bytes an entry at the peak of the whole process, with its factors")
    return dict(case, entries=entries, rows=rows, touched_alone=touched, restricted=parts, peak_memory=memory)


def measure_readers():
    """Lines `user item rating`, against iostreams that read the numbers and keep none; and the same file, packed."""
    with tempfile.TemporaryDirectory() as folder:
        path, packed = pathlib.Path(folder) / "ratings.txt", pathlib.Path(folder) / "ratings.packed"
        draw = random.Random(1)
        lines, rows = 3_000_000, 480_000
        with open(path, "w") as out:
            for i in range(lines):
                out.write(f"{i * rows // lines + 1} {draw.randrange(18_000) + 1} {draw.randrange(1, 11) / 2}\n")
        size = path.stat().st_size
        subprocess.run([arguments.program, "pack", path, packed], check=True, stdout=subprocess.DEVNULL)
        ours = Contestant([arguments.contestant], dict(clock="cpu" if arguments.cpu else "wall",
                                                       threads=1 if arguments.cpu else arguments.threads))
        seconds = {"text": [], "iostreams": [], "packed": [], "moved": []}
        for _ in range(arguments.repetitions):
            seconds["text"].append(ours.ask(f"load {path}"))
            seconds["packed"].append(ours.ask(f"load {packed}"))
            seconds["iostreams"].append(ours.ask(f"words {path}"))
            seconds["moved"].append(ours.ask(f"move {path} {lines}"))
        ours.close()
    best = {who: min(times) for who, times in seconds.items()}
    print(f"\nratings as text: {size / best['text'] / 1e9:.2f} GB/s until they are tiles, {best['iostreams'] / best['text']:.1f} × "
          f"iostreams that read the numbers alone; packed, {best['text'] / best['packed']:.1f} × sooner;\nits bytes read and "
          f"those of the entries written, nothing computed: {best['moved'] / best['text']:.2f} of the time")
    return dict(bytes=size, seconds=best)


parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--contestant", required=True)
parser.add_argument("--program", required=True)
parser.add_argument("--threads", type=int, default=2)
parser.add_argument("--repetitions", type=int, default=5)
parser.add_argument("--case", action="append", choices=list(CASES), help="all but the one of 10^8 entries, if left out")
parser.add_argument("--cpu", action="store_true", help="seconds of one processor, where the machine does other things too")
parser.add_argument("--json")
arguments = parser.parse_args()
results = {name: measure(name, CASES[name], arguments) for name in arguments.case or list(CASES)[:-1]}
times = {name: rows["rows"]["tiles"]["nanoseconds"] * rows["entries"]["tiles"] for name, rows in results.items()}
if {"ratings 10^7", "ratings 10^8"} <= times.keys():
    print(f"\ntime(10^8)/time(10^7) = {times['ratings 10^8'] / times['ratings 10^7']:.2f}")
results["readers"] = measure_readers()
if arguments.json:
    pathlib.Path(arguments.json).write_text(json.dumps(results, indent=1))
