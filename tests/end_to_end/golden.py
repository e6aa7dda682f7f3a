#!/usr/bin/env python3
"""The numbers of the shipped configs stay what they were, to the last bit: factors and columns of traces.

TIGHTROPE=$PWD/build/release/bin/tightrope golden.py [CLASS[.test]…]
TIGHTROPE=… golden.py --write        writes golden.json anew, for numbers that were meant to change

LAPACK's kernels differ between processors in their last bits; the comparison pins those of one kind.
"""
import csv
import hashlib
import io
import json
import pathlib
import sys
import zipfile

from support import CONFIGS, Case, main

GOLDEN = pathlib.Path(__file__).with_name("golden.json")
NAMES = ["baselines", "ill_conditioned", "quickstart", "volcano"]


def short_digest(data):
    return hashlib.sha256(data).hexdigest()[:16]


def digests_of_cell(folder):
    """{"trace": {column: digest}, "factors": {block: digest}} of a finished run."""
    rows = list(csv.reader(io.StringIO((folder / "trace.csv").read_text(encoding="utf-8"))))
    trace = {name: short_digest("\n".join(row[i] for row in rows[1:]).encode()) for i, name in enumerate(rows[0])}
    with zipfile.ZipFile(folder / "final.npz") as factors:
        blocks = {name: short_digest(factors.read(name)) for name in sorted(factors.namelist())}
    return {"trace": trace, "factors": blocks}


class Golden(Case):
    def digests(self, name):
        self.tightrope("run", CONFIGS / f"{name}.yaml", "-q", "--no-report", OPENBLAS_CORETYPE="Haswell")
        found = {}
        for folder in (self.folder / "results" / name / "cells").iterdir():
            labels = json.loads((folder / "provenance.json").read_text(encoding="utf-8"))["labels"]
            found[",".join(f"{key}={value}" for key, value in sorted(labels.items()))] = digests_of_cell(folder)
        return found

    def test_every_column_and_every_factor(self):
        golden = json.loads(GOLDEN.read_text(encoding="utf-8"))
        for name in NAMES:
            found = self.digests(name)
            self.assertEqual(sorted(found), sorted(golden[name]))
            for labels, expected in golden[name].items():
                for part, values in expected.items():
                    # What is new stands beside what was there.
                    self.assertEqual({key: found[labels][part].get(key) for key in values}, values, f"{name} {labels}")


def write():
    case = Golden("test_every_column_and_every_factor")
    golden = {}
    for name in NAMES:
        case.setUp()
        golden[name] = dict(sorted(case.digests(name).items()))
        case.doCleanups()
    lines = ["{"]
    for i, (name, cells) in enumerate(golden.items()):
        lines.append(f' "{name}": {{')
        lines += [f"  {json.dumps(labels)}: {json.dumps(parts)}{',' if j + 1 < len(cells) else ''}"
                  for j, (labels, parts) in enumerate(cells.items())]
        lines.append(" }" + ("," if i + 1 < len(golden) else ""))
    GOLDEN.write_text("\n".join(lines + ["}", ""]), encoding="utf-8")


if __name__ == "__main__":
    write() if sys.argv[1:] == ["--write"] else main()
