#!/usr/bin/env python3
"""How many of the small mistakes that could be anywhere in some folders turn a test red: a random sample of them.

  sample.py --build FOLDER [--count N] [--seed S] [DIRECTORY ...]

The sources of this tree, built in FOLDER, are changed in place, one line at a time, and put back; what is touched must be
committed. Without a DIRECTORY it is about the readers, the store and the gate of plugins. A mistake is an operator, a
constant, a negation or a truth value that is another one. Tests are those of TESTS below, the cheap ones first. The exit
code is 1 if fewer than three quarters of the mistakes that compile are found.

Some live because they change nothing that anybody could see; they count as not found.
"""
import argparse
import os
import pathlib
import random
import re
import subprocess
import sys
import time

from mutate import SOURCE, say

DIRECTORIES = ("core/arrays", "core/tree", "core/store", "core/plugin")
# Which tests are asked about a folder, one group after the other, beside those of tests/core of the same name.
TESTS = {
    "core/arrays": ["^arrays: Files", "^fuzz: (csv|mat|mtx|np[yz]|pgm), what is kept"],
    "core/tree": ["^fuzz: (yaml|assignment), what is kept", "^refused: configs", "^schema: (shipped|broken|templates)"],
    "core/store": ["^fuzz: (record|state), what is kept", "^end to end: (Results|WhyNew)$", "^faults: flips$",
                   "^end to end: (Folders|Records)$"],
    "core/plugin": ["^refused: plugins", "^end to end: Outside$"],
}
CHANGES = [
    (r" == ", " != "), (r" != ", " == "), (r" < ", " <= "), (r" <= ", " < "), (r" > ", " >= "), (r" >= ", " > "),
    (r" && ", " || "), (r" \|\| ", " && "), (r" \+ ", " - "), (r" - ", " + "), (r" \* ", " / "), (r"\+\+", "--"),
    (r"\btrue\b", "false"), (r"\bfalse\b", "true"), (r"(?<=[( ])!(?=[\w(])", ""), (r"\bif \((?=[^;{]*\) )", "if (!true && "),
    (r"\b0\b(?![.x])", "1"), (r"\b1\b(?![.x])", "2"), (r"\b8\b(?![.x])", "7"), (r"\bstd::min\b", "std::max"),
    (r"\bstd::max\b", "std::min"), (r"\bcontinue;", "break;"), (r"\bbreak;", "continue;"),
]


def mutants(directories):
    """(directory, file in it or below, number of the line, the line, the changed line)"""
    found = []
    for directory in directories:
        for file in sorted((SOURCE / directory).rglob("*.cpp")):
            if file.stem.endswith("_main"):  # a program of its own
                continue
            for number, line in enumerate(file.read_text(encoding="utf-8").splitlines()):
                code = re.sub(r'"(\\.|[^"\\])*"', lambda text: "\0" * len(text[0]), line.partition("//")[0])
                if code.lstrip().startswith("#") or "\0" in code and code.strip("\0 ") == "":
                    continue
                for pattern, replacement in CHANGES:
                    for match in re.finditer(pattern, code):
                        found.append((directory, file, number, line, line[:match.start()] + replacement + line[match.end():]))
    return found


class Build:
    def __init__(self, folder, jobs):
        self.folder, self.jobs = folder, jobs

    def remembered(self):
        """Marks of plugins that were found fine: those that a mistake makes would speak for it, or against the next one."""
        return set((self.folder / "tests/refused/cache/tightrope").rglob("*-*"))

    def succeeds(self):
        return not subprocess.run(["cmake", "--build", self.folder, "--parallel", self.jobs, "--target", "tightrope_core"],
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode

    def red(self, directory):
        """The first test that fails."""
        try:
            core = subprocess.run([self.folder / "bin/core_tests", f"--source-file=*tests/{directory}/*", "--abort-after=1"],
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", timeout=120,
                                  check=False)
        except subprocess.TimeoutExpired:
            return "core_tests do not end"
        if core.returncode:
            name = re.search(r"^TEST CASE: +(.*)$", core.stdout, re.M)
            return "core: " + (name[1] if name else "crash")
        for tests in TESTS.get(directory, []):
            done = subprocess.run(["ctest", "--test-dir", self.folder, "-j", self.jobs, "-LE", "slow", "-R", tests,
                                   "--stop-on-failure", "--timeout", "200"], stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, text=True, errors="replace", check=False)
            if done.returncode:
                failed = re.findall(r"^\s*\d+ - (.*) \([^()]*\)\s*$", done.stdout, re.M)
                return failed[0] if failed else tests
        return ""


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--build", type=pathlib.Path, required=True, metavar="FOLDER")
    options.add_argument("--count", type=int, default=100)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--jobs", default=str(os.cpu_count()))
    options.add_argument("directories", nargs="*", metavar="DIRECTORY", default=DIRECTORIES)
    given = options.parse_args()
    all_of_them = mutants(given.directories)
    chosen = random.Random(given.seed).sample(all_of_them, min(given.count, len(all_of_them)))
    files = sorted({str(file) for _, file, *_ in chosen})
    if subprocess.run(["git", "-C", SOURCE, "diff", "--quiet", "HEAD", "--", *files], check=False).returncode:
        sys.exit("sample.py: these files are not as committed")
    build = Build(given.build.resolve(), given.jobs)
    if not build.succeeds():
        sys.exit("sample.py: without any mistake the tree does not build")
    for directory in given.directories:
        if red := build.red(directory):
            sys.exit(f"sample.py: without any mistake a test is red: {red}")
    remembered = build.remembered()
    made = killed = 0
    for directory, file, number, line, changed in chosen:
        start, original = time.monotonic(), file.read_bytes()
        where = f"{file.relative_to(SOURCE)}:{number + 1}"
        try:
            lines = original.decode().splitlines(keepends=True)
            lines[number] = changed + "\n"
            file.write_text("".join(lines), encoding="utf-8")
            if not build.succeeds():
                continue
            made += 1
            red = build.red(directory)
            killed += bool(red)
            say(f"{'killed' if red else 'LIVES '}  {time.monotonic() - start:4.0f} s  {where}  "
                f"{line.strip()}  ->  {changed.strip()}  {red}")
        finally:
            file.write_bytes(original)
            for mark in build.remembered() - remembered:
                mark.unlink()
    build.succeeds()  # nothing that is built may hold a mistake
    say(f"{killed} of {made} mistakes that compile turn a test red ({100 * killed / max(1, made):.0f} %), "
        f"of {len(all_of_them)} that could be made")
    return 0 if 4 * killed >= 3 * made else 1


if __name__ == "__main__":
    sys.exit(main())
