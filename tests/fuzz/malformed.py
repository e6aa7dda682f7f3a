#!/usr/bin/env python3
"""Malformed studies: mutations of the shipped configs, each of which must end in a sentence and nowhere else.

  malformed.py --program PROGRAM [--count 2000] [--first 0] [--keep DIR]

Case number n is made from n alone, so that a failure can be made again: --first n --count 1 --keep DIR. Each case goes
through `check`, every tenth through `plan --quick` too. Allowed are exit code 0, and 2 with a complaint that names
file, line and column; a second of processor time; 256 MB.
"""
import argparse
import concurrent.futures
import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile

CONFIGS = pathlib.Path(__file__).resolve().parents[2] / "configs"
SECONDS, MEGABYTES = 1.0, 256
PLACE = re.compile(rb"^case\d+\.yaml(?:/\S+)?:\d+:\d+: error: \S", re.MULTILINE)

# A study with what the shipped ones do not use.
GRAMMAR = """\
name: grammar
seed: 7
seeds: {operator: 3}
problem:
  shape: [12, 9]
  target:   {type: random_low_rank, rank: 2, condition: 2}
  operator: {type: gaussian, measurements: 150}
  noise:    {type: gaussian, level: 0.01}
model:          {type: asymmetric, rank: 4}
initialization: {type: small_random, scale: 1e-3}
optimizer: {type: gradient_descent, step: {type: constant, value: 0.25}}
stop: {iterations: 15, time: 60}
observers: [relative_error, {imbalance: {every: geometric}}]
study:
  methods:
    gd: {tune: none}
    momentum: {optimizer: {type: momentum, beta: 0.5, step: 0.1}, grid: {optimizer.beta: [0.5, 0.7]}}
  list: [{model.rank: 3, initialization.scale: 1e-2}, {model.rank: 4, initialization.scale: 1e-4}]
  zip: {problem.target.condition: [1, 2], problem.noise.level: "linear(0.01, 0.02, 2)"}
  grid:
    stop.iterations: [20]
    problem.operator.measurements: integers(100, 200, 50)
  repetitions: 3
  share: [operator]
  tune: {path: optimizer.step, over: "log(1e-2, 1, 3)", for: final relative_error, repetitions: 2, stop: {iterations: 5}}
  timing: solo
  limits: {time: 60 s, memory: 500 MB}
  where: {measurements: ">= 150", rank: [3, 4]}
  exclude: [{method: gd, rank: 3}]
claims:
  - {that: final relative_error, where: {method: gd}, of: median, is: < 10}
  - {that: final relative_error, is: equal, across: condition, up to: 500 %}
"""

WORDS = ["", "null", "~", "true", "-1", "0", "1e400", "-1e-400", ".nan", ".inf", "99999999999999999999999", "1e308",
         "0x7fffffff", "18446744073709551616", "[]", "{}", "[1, 2, 3]", "{a: b}", "'text'", "\"\\u0000\"", "!!binary x",
         "&a [*a]", "*b", "<< : x", "log(1e-6, 1e-2, 5)", "log(1, 0, 3)", "linear(1, 1, 1)", "integers(1, 1e18)", "log(",
         "integers(0, 99999)", "none", "| \n  text", "> 3", "%", "@", "`", "? x", "- - - x", "\u202egnp.exe", "é", "e\u0301",
         "\ufeff", "\U0001f980", "\u2028", "\x7f", "a" * 5000, "9" * 400, "../../etc/passwd", "{{{{{{", "]]]]"]


def flip_bytes(data, random):
    for _ in range(random.choice((1, 1, 2, 8))):
        data[random.randrange(len(data))] ^= 1 << random.randrange(8)


def any_bytes(data, random):
    at = random.randrange(len(data))
    data[at:at] = random.randbytes(random.randint(1, 6))


def delete(data, random):
    at = random.randrange(len(data))
    del data[at:at + random.choice((1, 2, 10, 100))]


def duplicate(data, random):
    at, size, to = random.randrange(len(data)), random.randint(1, 120), random.randrange(len(data))
    data[to:to] = data[at:at + size]


def truncate(data, random):
    del data[random.randrange(len(data)):]


def lines_changed(change):
    def mutate(data, random):
        lines = bytes(data).split(b"\n")
        change(lines, random)
        data[:] = b"\n".join(lines)
    return mutate


def swap_lines(lines, random):
    a, b = random.randrange(len(lines)), random.randrange(len(lines))
    lines[a], lines[b] = lines[b], lines[a]


def delete_line(lines, random):
    del lines[random.randrange(len(lines))]


def double_line(lines, random):
    lines.insert(random.randrange(len(lines)), random.choice(lines))


def indent_line(lines, random):
    at = random.randrange(len(lines))
    lines[at] = lines[at][2:] if random.random() < 0.5 else b" " * random.randint(1, 5) + lines[at]


def other_value(data, random):
    """A value behind a colon, a comma or a bracket becomes another one."""
    found = list(re.finditer(rb"(?<=[:\[,] )[^\s,\]}:#]+(?=[,\]}\n])", bytes(data)))
    if found:
        one = random.choice(found)
        data[one.start():one.end()] = random.choice(WORDS).encode("utf-8", "surrogatepass")


def other_key(data, random):
    found = list(re.finditer(rb"[\w.]+(?=:)", bytes(data)))
    one, other = random.choice(found), random.choice(found)
    word = random.choice((other.group(), one.group()[1:], one.group() + b"x", random.choice(WORDS).encode()))
    data[one.start():one.end()] = word


def nest(data, random):
    deep = random.choice((5, 31, 33, 200, 20000))
    opening, closing = random.choice(((b"[", b"]"), (b"{a: ", b"}")))
    at = random.choice([m.end() for m in re.finditer(rb": ", bytes(data))])
    data[at:at] = opening * deep + random.choice((closing * deep, b""))


def aliases(data, random):
    """Each list holds the one before several times."""
    depth = random.choice((2, 5, 30))
    data[:0] = b"".join(b"b%d: &b%d [%s]\n" % (i, i, b", ".join([b"*b%d" % (i - 1)] * 9) if i else b"x")
                        for i in range(depth))


def grow(data, random):
    data += random.choice((b"\n# x" * 400000, b" " * 3000000, b"\nx: y" * 3000,
                           b"\nstudy: {grid: {seed: [" + b"1, " * 200000 + b"1]}}"))


MUTATIONS = [flip_bytes, flip_bytes, any_bytes, delete, delete, duplicate, truncate, lines_changed(swap_lines),
             lines_changed(delete_line), lines_changed(double_line), lines_changed(indent_line), other_value, other_value,
             other_value, other_value, other_key, other_key, nest, aliases]


def make(number, sources):
    chance = random.Random(number)
    data = bytearray(sources[number % len(sources)])
    if number % 100 == 99:
        grow(data, chance)
        return bytes(data)
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        if data:
            chance.choice(MUTATIONS)(data, chance)
    return bytes(data)


def attempt(command, folder, errors):
    """Exit code, standard error, seconds of a processor, megabytes."""
    with open(errors, "w+b") as stream:
        child = subprocess.Popen(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=stream)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        stream.seek(0)
        return child.returncode, stream.read(), usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def judge(command, found):
    code, errors, seconds, megabytes = found
    complaints = []
    if code not in (0, 2):
        complaints.append(f"exit code {code}")
    if code == 2 and not PLACE.search(errors):
        complaints.append("no file, line and column")
    if code == 2 and b"\x1b" in errors:
        complaints.append("a control character in a message")
    if seconds > SECONDS:
        complaints.append(f"{seconds:.2f} s of a processor")
    if megabytes > MEGABYTES:
        complaints.append(f"{megabytes:.0f} MB")
    return [f"{' '.join(command[1:])}: {c}: {errors[:300].decode('utf-8', 'backslashreplace')}" for c in complaints]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True, type=os.path.abspath)
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--keep", type=pathlib.Path, help="write the cases there, and leave them")
    options = parser.parse_args()
    sources = [file.read_bytes() for file in sorted(CONFIGS.glob("*.yaml"))] + [GRAMMAR.encode()]
    with tempfile.TemporaryDirectory(prefix="malformed-") as scratch:
        folder = options.keep or pathlib.Path(scratch)
        folder.mkdir(exist_ok=True)
        (folder / "data").mkdir(exist_ok=True)
        for file in (CONFIGS / "data").iterdir():
            (folder / "data" / file.name).write_bytes(file.read_bytes())

        def run(number):
            name = f"case{number}.yaml"
            (folder / name).write_bytes(make(number, sources))
            commands = [[options.program, "check", name]]
            if number % 10 == 0:
                commands.append([options.program, "plan", "--quick", name])
            results = []
            for command in commands:
                found = attempt(command, folder, folder / f"case{number}.errors")
                if found[2] > SECONDS:  # a busy machine can make one call slow, but not the same one twice
                    found = attempt(command, folder, folder / f"case{number}.errors")
                results.append((found, judge(command, found)))
            if not options.keep:
                (folder / name).unlink()
            return results

        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            results = [one for many in pool.map(run, range(options.first, options.first + options.count)) for one in many]
    wrong = [complaint for _, complaints in results for complaint in complaints]
    refused = sum(found[0] == 2 for found, _ in results)
    print(f"{len(results)} calls, {refused} refused; at most {max(f[2] for f, _ in results):.2f} s and "
          f"{max(f[3] for f, _ in results):.0f} MB")
    if 2 * refused < len(results):
        wrong.append("less than half of the mutations were refused: they do no harm any more")
    if wrong:
        sys.exit("\n".join(wrong[:40]) + f"\n{len(wrong)} complaints")


main()
