#!/usr/bin/env python3
"""The claims of a paper's experiment hold.

TIGHTROPE=PROGRAM claims.py PAPER/EXPERIMENT [--layer quick] [--seeds SEED …]    runs it, for each seed
TIGHTROPE=PROGRAM claims.py --folders                                             what lies in the folders is on their pages
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile

PROGRAM = os.environ.get("TIGHTROPE", "tightrope")
PAPERS = pathlib.Path(__file__).resolve().parents[2] / "configs" / "papers"


def tightrope(*arguments):
    return subprocess.run([PROGRAM, *map(str, arguments)], stdin=subprocess.DEVNULL, capture_output=True, text=True)


def failures_of(experiment, more):
    """What is wrong with a run of the experiment."""
    with tempfile.TemporaryDirectory() as folder:
        done = tightrope("run", PAPERS / f"{experiment}.yaml", "--out", folder, "--format", "json", *more)
    if not done.stdout:
        return [f"exit code {done.returncode}: {done.stderr}"]
    document = json.loads(done.stdout)
    wrong = [f"{claim['that']} is false (measured: {claim['measured']})" for claim in document["claims"] if not claim["holds"]]
    if not document["claims"]:
        wrong.append("it claims nothing")
    repetitions = {cell["labels"].get("repetition", "1") for cell in document["cells"]}
    if len(repetitions) < 3:
        wrong.append(f"{len(repetitions)} repetitions are too few to claim anything")
    if done.returncode and not wrong:
        wrong.append(f"exit code {done.returncode}: {done.stderr}")
    return wrong


def folders():
    """Every config of a paper is on its page, in the list of the program, has a small layer, and resolves with it."""
    wrong = []
    listed = json.loads(tightrope("list", "papers", "--format", "json").stdout)
    found = {paper["name"]: [experiment["name"] for experiment in paper["experiments"]] for paper in listed}
    for folder in sorted(path for path in PAPERS.iterdir() if path.is_dir()):
        configs = {file.stem for file in folder.glob("*.yaml") if "." not in file.stem} - {"paper"}
        names = found.get(f"papers/{folder.name}", [])
        if configs != set(names):
            wrong.append(f"{folder.name}: the page has {sorted(names)}, the folder {sorted(configs)}")
        for layer in [[], ["--layer", "quick"]]:
            done = tightrope("check", folder, *layer)
            if done.returncode:
                wrong.append(done.stderr)
    for paper in listed:
        for experiment in paper["experiments"]:
            if len(experiment["shows"]) > 140:
                wrong.append(f"{paper['name']}: more than a line says what {experiment['name']} shows")
        lines = -(-len(paper["summary"]) // 110)
        if lines > 5:
            wrong.append(f"{paper['name']}: the summary has {lines} lines, and five are enough")
    return wrong


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("experiment", nargs="?")
    parser.add_argument("--folders", action="store_true")
    parser.add_argument("--layer", action="append", default=[])
    parser.add_argument("--seeds", nargs="*", default=[])
    chosen = parser.parse_args()
    if chosen.folders:
        wrong = folders()
    else:
        layers = [word for layer in chosen.layer for word in ("--layer", layer)]
        wrong = []
        for seed in chosen.seeds or [None]:
            more = layers + (["--set", f"seed={seed}"] if seed else [])
            wrong += [f"{' '.join(more)}: {text}" for text in failures_of(chosen.experiment, more)]
    print("\n".join(wrong))
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
