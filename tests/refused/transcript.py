#!/usr/bin/env python3
"""Runs the commands of a transcript and compares everything they print and how they end.

A transcript holds lines "$ COMMAND", each followed by what the command prints on both streams and, unless it is 0, its
exit code as "[2]". Lines before the first command are a remark. The commands run one after another, by bash, in a fresh
folder with the YAML files that lie beside the transcript. What differs from machine to machine is written as {here}
(that folder), {plugins}, {digest}, {number}, {compiler} or {sanitizer}, and the names of all plugins of a kind, which may become
more, as {names}. A command that begins with "tightrope" and fails must leave no file behind, and keep to the limits.

With --write the transcript is written anew from what happened: read the difference before you keep it.
"""
import argparse
import difflib
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

PATTERNS = {"digest": "[0-9a-f]{16}", "number": "[0-9.]+", "compiler": "(?:gcc|clang) [0-9]+",
            "sanitizer": "none|address|thread",
            "names": r"\w+(?:, \w+)*"}


def files_in(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def parse(text):
    remark, commands = [], []
    for line in text.splitlines():
        if line.startswith("$ "):
            commands.append((line[2:], []))
        elif commands:
            commands[-1][1].append(line)
        else:
            remark.append(line)
    return remark, commands


def run(command, here, arguments, environment):
    """What the command printed and how it ended, line by line, and which limits it broke."""
    before = files_in(here)
    with tempfile.TemporaryFile() as output:
        child = subprocess.Popen(["bash", "-c", command], cwd=here, env=environment, stdin=subprocess.DEVNULL,
                                 stdout=output, stderr=output)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        lines = output.read().decode("utf-8", "backslashreplace").splitlines()
    if child.returncode:
        lines.append(f"[{child.returncode}]")
    broken = []
    if command.startswith("tightrope") and child.returncode:
        left = sorted(set(files_in(here)) - set(before))
        if left:
            broken.append(f"left files behind: {', '.join(left)}")
        seconds, megabytes = usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024
        if arguments.seconds and seconds > arguments.seconds:
            broken.append(f"took {seconds:.2f} s of a processor, more than {arguments.seconds:g}")
        if arguments.megabytes and megabytes > arguments.megabytes:
            broken.append(f"took {megabytes:.0f} MB, more than {arguments.megabytes:g}")
    return lines, broken


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("transcript", type=pathlib.Path)
    parser.add_argument("--program", type=pathlib.Path, required=True)
    parser.add_argument("--plugins", type=pathlib.Path, required=True)
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--megabytes", type=float)
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    remark, commands = parse(arguments.transcript.read_text())
    if not commands:
        sys.exit(f"{arguments.transcript}: there is no command in it")

    with tempfile.TemporaryDirectory(prefix="tightrope-") as scratch:
        here = pathlib.Path(scratch).resolve() / "here"
        here.mkdir()
        for file in arguments.transcript.parent.glob("*.yaml"):
            shutil.copy(file, here)
        places = {"here": str(here), "plugins": str(arguments.plugins.resolve())}
        environment = {
            "PATH": f"{arguments.program.resolve().parent}:{os.environ.get('PATH', os.defpath)}",
            "LANG": "C.UTF-8",
            "HOME": scratch,
            "XDG_CACHE_HOME": str(arguments.plugins.resolve().parent / "cache"),
            **{name: value for name, value in os.environ.items() if name.endswith("SAN_OPTIONS")},
        }
        wrong, written = [], list(remark)
        for command, expected in commands:
            spelt_out = command
            for name, place in places.items():
                spelt_out = spelt_out.replace("{" + name + "}", place)
            found, broken = run(spelt_out, here, arguments, environment)
            for name, place in places.items():
                found = [line.replace(place, "{" + name + "}") for line in found]
            as_pattern = [re.sub(r"\\{(\w+)\\}", lambda m: PATTERNS.get(m[1], re.escape("{" + m[1] + "}")),
                                 re.escape(line)) for line in expected]
            fits = len(found) == len(expected) and all(map(re.fullmatch, as_pattern, found))
            written += [f"$ {command}"] + (expected if fits else found)
            if not fits:
                wrong += [f"$ {command}"] + list(difflib.unified_diff(expected, found, "expected", "found", lineterm=""))
            wrong += [f"$ {command}\n{complaint}" for complaint in broken]
    if arguments.write:
        arguments.transcript.write_text("\n".join(written) + "\n")
    if wrong:
        sys.exit(f"{arguments.transcript}\n" + "\n".join(wrong))


main()
