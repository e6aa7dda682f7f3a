"""Which lines and branches of the core a build with counters has run, from LLVM's source-based counts.

A line counts if code begins or goes on in it. A branch is one outcome of one condition as it is written: `a && b` has four.
An instance of a template counts with all others of it; what a constant decides is no branch. `core/mpi`, which only
processes under mpirun run, stands apart from the total.

usage: coverage.py BUILD [FOLDER ...]       folders of the core, or files: one row for each file, and what was not run there
"""
import bisect
import collections
import json
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
APART = "core/mpi"
BINARIES = ["lib/libtightrope_core.so", "lib/libtightrope_cli.so", "lib/libtightrope_python.so", "lib/libtightrope_mpi.so",
            "lib/tightrope-probe", "lib/tightrope-mat", "bin/tightrope"]


def lines_of(segments):
    """{line: how often it ran}; a segment is (line, column, count, has a count, begins a region, is a gap)."""
    counts, wrapped, at = {}, None, 0
    for line in range(segments[0][0], segments[-1][0] + 1) if segments else ():
        here = []
        while at < len(segments) and segments[at][0] == line:
            here.append(segments[at])
            at += 1
        begun = [s[2] for s in here if s[3] and s[4] and not s[5]]
        skipped = bool(here) and not here[0][3] and here[0][4]
        if not skipped and (begun or (wrapped and wrapped[3])):
            counts[line] = max(begun + ([wrapped[2]] if wrapped else []))
        if here:
            wrapped = here[-1]
    return counts


def branches_of(branches, segments):
    """{(line, column): [times true, times false]} of the conditions that no constant decides."""
    sums = collections.defaultdict(lambda: [0, 0])
    for branch in branches:
        sums[branch[0], branch[1]][0] += branch[4]
        sums[branch[0], branch[1]][1] += branch[5]
    starts = [(s[0], s[1]) for s in segments]

    def constant(place, counts):  # evaluated, and yet neither true nor false
        at = bisect.bisect_right(starts, place) - 1
        return counts == [0, 0] and at >= 0 and segments[at][2] > 0
    return {place: counts for place, counts in sorted(sums.items()) if not constant(place, counts)}


def measured(build):
    """{path below the root: (lines, branches)} of the files of the core."""
    profile = build / "counters" / "all.profdata"
    parts = sorted(build.glob("counters/*.profraw"))
    if not parts:
        sys.exit(f"coverage: no counters in {build}/counters: nothing has run there")
    subprocess.run(["llvm-profdata", "merge", "-sparse", "-o", profile, *parts], check=True)
    objects = [build / name for name in BINARIES if (build / name).exists()]
    told = subprocess.run(["llvm-cov", "export", "-skip-functions", "-skip-expansions", "-instr-profile", profile, objects[0],
                           *(f"-object={o}" for o in objects[1:])], check=True, stdout=subprocess.PIPE).stdout
    found = {}
    for file in json.loads(told)["data"][0]["files"]:
        path = pathlib.Path(file["filename"])
        if path.is_relative_to(ROOT / "core"):
            found[str(path.relative_to(ROOT))] = (lines_of(file["segments"]), branches_of(file["branches"], file["segments"]))
    return found


def row(name, files):
    lines = [n for counted, _ in files for n in counted.values()]
    ways = [n for _, counted in files for counts in counted.values() for n in counts]

    def share(counts):
        run = sum(n > 0 for n in counts)
        return f"{run:6}/{len(counts):<6} " + (f"{100 * run / len(counts):5.1f} %" if counts else "       ")
    print(f"{name:44} {share(lines)}   {share(ways)}".rstrip())


def missing(lines, branches):
    """Ranges of lines that did not run, and conditions in lines that did which were never true, or never false."""
    idle, texts = sorted(line for line, count in lines.items() if count == 0), []
    for line in idle:
        if texts and line == texts[-1][1] + 1:
            texts[-1][1] = line
        else:
            texts.append([line, line])
    words = [f"{a}" if a == b else f"{a}-{b}" for a, b in texts]
    for (line, column), (true, false) in branches.items():
        if lines.get(line) and (true == 0 or false == 0):
            words.append(f"{line}:{column} never " + " nor ".join(w for w, n in (("true", true), ("false", false)) if n == 0))
    return words


def main(build, *folders):
    found = measured(pathlib.Path(build).resolve())
    print(f"{'':44} {'lines':>13} {'':7}   {'branches':>13}".rstrip())
    if folders:
        wanted = [str(pathlib.Path(f)) for f in folders]
        chosen = {path: file for path, file in found.items()
                  if any(pathlib.Path(path).is_relative_to(folder) for folder in wanted)}
        if not chosen:
            sys.exit(f"coverage: there is no code of the core in {', '.join(wanted)}")
        for path, file in sorted(chosen.items()):
            row(path, [file])
            words = missing(*file)
            if words:
                print("    " + ", ".join(words))
        row("total", list(chosen.values()))
        return
    rooms = collections.defaultdict(list)
    for path, file in found.items():
        parents = pathlib.Path(path).parts[:-1]
        for depth in {2, min(3, len(parents))}:
            rooms["/".join(parents[:depth])].append(file)
    for name, files in sorted(rooms.items()):
        if not name.startswith(APART):
            row("  " * (name.count("/") - 1) + name, files)
    row("total", [file for path, file in found.items() if not path.startswith(APART + "/")])
    if APART in rooms:
        row(f"{APART}, apart", rooms[APART])


main(*sys.argv[1:])
