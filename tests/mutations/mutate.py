#!/usr/bin/env python3
"""Makes each mistake of mutations.py in the sources, one at a time: a test must turn red.

  mutate.py --copy FOLDER [NAME ...]    in a copy of the tree, kept and built in FOLDER
  mutate.py --build FOLDER [NAME ...]   in this tree itself, built in FOLDER; what is touched must be committed
  mutate.py --check [NAME ...]          nothing is built: whether each mistake still finds the text that it replaces

A NAME is that of a mutation, or a pattern such as 'batch-*'; without one, all of them are made. Before the first, the
tests of all chosen mutations must be green. The exit code is 1 if a mutation lives, if it does not find its text exactly
once, if it does not build, or if no test bears the name that it speaks of.
"""
import argparse
import fnmatch
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import time

from mutations import MUTATIONS

SOURCE = pathlib.Path(__file__).resolve().parents[2]
COPIED = ("CMakeLists.txt", "CMakePresets.json", "README.md", "dev", "configs", "core", "docs", "plugins", "tests")


def say(text):
    print(text, flush=True)


class Broken(Exception):
    """A mutation that cannot be made, or not be judged."""


def replaced(text, mutation):
    """The file with all edits of a mutation."""
    for before, after in mutation.edits:
        count = text.count(before)
        if count != 1:
            raise Broken(f"{mutation.file} holds {count} times, not once: {before}")
        text = text.replace(before, after)
    return text


def copy_tree(source, target):
    """Makes target what source is, and leaves alone, with their times, files that are the same."""
    def files_of(root):
        for name in COPIED:
            top = root / name
            yield from ([top] if top.is_file() else (file for file in top.rglob("*") if file.is_file()))

    wanted = {file.relative_to(source): file for file in files_of(source) if "__pycache__" not in file.parts}
    for file in files_of(target):
        if file.relative_to(target) not in wanted:
            file.unlink()
    for name, file in wanted.items():
        copy, content = target / name, file.read_bytes()
        if not copy.exists() or copy.read_bytes() != content:
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(content)
        copy.chmod(file.stat().st_mode)


class Tree:
    """Sources, and the folder in which they are built."""

    def __init__(self, source, build, jobs):
        self.source, self.build_folder, self.jobs = source, build, jobs
        self.tests = []

    def configure(self):
        if not (self.build_folder / "build.ninja").exists():
            self.run("cmake", "-S", self.source, "-B", self.build_folder, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release",
                     check=True)

    def run(self, *command, check=False):
        done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, errors="replace")
        if check and done.returncode:
            raise Broken(f"{' '.join(str(word) for word in command)} fails:\n{done.stdout[-3000:]}")
        return done

    def build(self, targets=()):
        """What is wrong, or nothing."""
        done = self.run("cmake", "--build", self.build_folder, "--parallel", self.jobs,
                        *(["--target", *targets] if targets else []))
        errors = [line for line in done.stdout.splitlines() if re.search(r"error|FAILED|undefined", line)]
        return "\n".join(errors[:10] or [done.stdout[-1000:]]) if done.returncode else ""

    def find_tests(self):
        listed = self.run("ctest", "--test-dir", self.build_folder, "--show-only=json-v1", check=True).stdout
        self.tests = json.loads(listed[listed.index("{"):])["tests"]

    def targets_of(self, mutation):
        """What the tests of a mutation consist of: their programs, and the plugin that the mutation is in."""
        tests = [test for test in self.tests if re.search(mutation.tests, test["name"])]
        if not tests:
            raise Broken(f"no test is called {mutation.tests}")
        targets = set()
        for test in tests:
            values = list(test["command"])
            for entry in test.get("properties", []):
                if entry["name"] == "ENVIRONMENT":
                    values += [value.partition("=")[2] for value in entry["value"]]
            for value in values:
                path = pathlib.Path(value)
                if path.is_relative_to(self.build_folder) and path.is_file():
                    targets.add(str(path.relative_to(self.build_folder)))
        parts = pathlib.Path(mutation.file).parts
        if parts[0] == "plugins":
            targets.add(f"{parts[1]}_{pathlib.Path(parts[2]).stem}")
        return sorted(targets)

    def red(self, tests):
        """The names of the tests that fail."""
        done = self.run("ctest", "--test-dir", self.build_folder, "-j", self.jobs, "-R", tests)
        return re.findall(r"^\s*\d+ - (.*) \([^()]*\)\s*$", done.stdout, re.MULTILINE) if done.returncode else []


def try_one(tree, mutation):
    """Names of the tests that turn red. The file is as before, however this ends."""
    file = tree.source / mutation.file
    original = file.read_bytes()
    mutated = replaced(original.decode(), mutation)
    targets = tree.targets_of(mutation)
    try:
        file.write_text(mutated, encoding="utf-8")
        if wrong := tree.build(targets):
            raise Broken(f"does not build:\n{wrong}")
        return tree.red(mutation.tests)
    finally:
        file.write_bytes(original)


def require_committed(chosen):
    files = sorted({mutation.file for mutation in chosen})
    if subprocess.run(["git", "-C", SOURCE, "diff", "--quiet", "HEAD", "--", *files], check=False).returncode:
        sys.exit("mutate.py: these files are not as committed: " + subprocess.run(
            ["git", "-C", SOURCE, "diff", "--name-only", "HEAD", "--", *files], check=False, capture_output=True,
            text=True).stdout.replace("\n", " "))


def check(chosen):
    wrong = 0
    for mutation in chosen:
        try:
            replaced((SOURCE / mutation.file).read_text(encoding="utf-8"), mutation)
        except (Broken, OSError) as reason:
            say(f"{mutation.name}: {reason}")
            wrong = 1
    return wrong


def mutate(tree, chosen):
    tree.configure()
    if wrong := tree.build():
        sys.exit(f"mutate.py: without any mutation the tree does not build:\n{wrong}")
    tree.find_tests()
    if red := tree.red("|".join(sorted({mutation.tests for mutation in chosen}))):
        sys.exit("mutate.py: without any mutation these tests are red: " + "; ".join(red))
    failed, touched, began = [], set(), time.monotonic()
    width = max(len(mutation.name) for mutation in chosen)
    for mutation in chosen:
        start = time.monotonic()
        try:
            red = try_one(tree, mutation)
            touched.update(tree.targets_of(mutation))
            word = "killed" if red else "LIVES"
            text = "".join(red[:1]) + (f" (and {len(red) - 1} more)" if len(red) > 1 else "")
        except Broken as reason:
            red, word, text = [], "BROKEN", str(reason)
        if not red:
            failed.append(mutation.name)
        say(f"{word:6}  {mutation.name:{width}}  {time.monotonic() - start:4.0f} s  {text}".rstrip())
    tree.build(sorted(touched))  # nothing that is built may hold a mutation
    say(f"{len(chosen) - len(failed)} of {len(chosen)} mutations turn a test red, in "
        f"{(time.monotonic() - began) / 60:.0f} minutes" + ("; not these: " + ", ".join(failed) if failed else ""))
    return 1 if failed else 0


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    where = options.add_mutually_exclusive_group(required=True)
    where.add_argument("--copy", type=pathlib.Path, metavar="FOLDER")
    where.add_argument("--build", type=pathlib.Path, metavar="FOLDER")
    where.add_argument("--check", action="store_true")
    options.add_argument("--jobs", default=str(os.cpu_count()))
    options.add_argument("names", nargs="*", metavar="NAME")
    given = options.parse_args()
    chosen = [mutation for mutation in MUTATIONS
              if not given.names or any(fnmatch.fnmatch(mutation.name, name) for name in given.names)]
    if not chosen:
        options.error("there is no mutation of that name")
    if given.check:
        return check(chosen)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    if given.copy:
        folder = given.copy.resolve()
        copy_tree(SOURCE, folder / "source")
        return mutate(Tree(folder / "source", folder / "build", given.jobs), chosen)
    require_committed(chosen)
    return mutate(Tree(SOURCE, given.build.resolve(), given.jobs), chosen)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
