#!/usr/bin/env python3
"""Every optimizer with every model, operator and loss that there is: it goes down, or it is refused before it starts.

TIGHTROPE=PROGRAM combinations.py            writes docs/combinations.md
TIGHTROPE=PROGRAM combinations.py --check    whether that page says what the program does, and nothing goes wrong

Everything comes from the program: which plugins there are (`list`), with what they can be made (the examples of
`describe`), what a study of all of them skips and why (`run`), and what the objective did (the traces).
"""
import csv
import json
import os
import pathlib
import subprocess
import sys
import tempfile

PROGRAM = os.environ.get("TIGHTROPE", "tightrope")
PAGE = pathlib.Path(__file__).resolve().parents[2] / "docs" / "combinations.md"
STEPS = [0.3, 0.03, 0.003, 0.0003]
# Data of their own, where a loss speaks of other data than A(X*).
DATA = {"logistic": {"type": "one_bit"}}
SIZE, ITERATIONS = 10, 30


def tightrope(*arguments):
    return subprocess.run([PROGRAM, *map(str, arguments)], stdin=subprocess.DEVNULL, capture_output=True, text=True)


def names(kind):
    return [entry["name"] for entry in json.loads(tightrope("list", kind, "--format", "json").stdout)]


def sample(kind, name):
    """{type: name, …} with the examples of its parameters; nothing if it reads a file."""
    described = json.loads(tightrope("describe", kind, name, "--format", "json").stdout)["parameters"]
    if any(parameter["type"] == "file" and parameter["required"] for parameter in described):
        return None
    chosen = {parameter["name"]: json.loads(parameter["example"]) for parameter in described
              if parameter["example"] and parameter["name"] != "step"}
    return {"type": name, **chosen}


def takes_step(name):
    described = json.loads(tightrope("describe", "optimizers", name, "--format", "json").stdout)
    return "step" in [parameter["name"] for parameter in described["parameters"]]


def study(optimizers, models, operators, losses):
    methods = {}
    for name in optimizers:
        methods[name] = {"optimizer": {**sample("optimizers", name)}}
        if takes_step(name):
            methods[name]["optimizer"]["step"] = STEPS[0]
            methods[name]["grid"] = {"optimizer.step": STEPS}
    return {
        "name": "combinations",
        "problem": {"shape": [SIZE, SIZE], "target": {"type": "random_low_rank", "rank": 2, "symmetric": True},
                    "operator": operators[0]},
        "model": models[0], "initialization": {"type": "small_random", "scale": 0.5},
        "optimizer": {"type": "gradient_descent", "step": STEPS[0]},
        "stop": {"iterations": ITERATIONS}, "observers": [], "claims": [],
        "study": {"methods": methods,
                  "grid": {"problem.operator": operators, "model": models},
                  "list": [{"loss": loss, **({"problem.noise": DATA[loss["type"]]} if loss["type"] in DATA else {})}
                           for loss in losses]},
    }


def word(text):
    """The plugin's name in a label."""
    return text.split("type: ")[1].split(",")[0].split("}")[0] if "type: " in text else text.split(",")[0].split(" ")[0]


def outcomes(spec):
    """{(optimizer, model, operator, loss): what became of it}"""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "combinations.yaml").write_text(json.dumps(spec), encoding="utf-8")
        done = tightrope("run", folder / "combinations.yaml", "--out", folder / "out", "--format", "json", "-q", "--no-report")
        if not done.stdout:
            sys.exit(done.stderr)
        found = {}
        for missing in json.loads(done.stdout)["missing"] if "missing" in json.loads(done.stdout) else []:
            labels = missing["labels"]
            key = (labels["method"], word(labels["model"]), word(labels["operator"]), word(labels["loss"]))
            found.setdefault(key, []).append((missing["kind"], missing["reason"]))
        for cell in (folder / "out/cells").iterdir():
            labels = json.loads((cell / "provenance.json").read_text(encoding="utf-8"))["labels"]
            key = (labels["method"], word(labels["model"]), word(labels["operator"]), word(labels["loss"]))
            rows = list(csv.DictReader((cell / "trace.csv").open(encoding="utf-8")))
            first, last = float(rows[0]["objective"]), float(rows[-1]["objective"] or "inf")
            found.setdefault(key, []).append(("falls" if last < first else "rises", f"{first:.3g} to {last:.3g}"))
        return found


if __name__ == "__main__":
    lists = {kind: [made for name in names(kind) if (made := sample(kind, name))] for kind in ["models", "operators", "losses"]}
    spec = study(names("optimizers"), lists["models"], lists["operators"], lists["losses"])
    print(json.dumps(spec, indent=1)[:3000])
    found = outcomes(spec)
    for key, value in sorted(found.items()):
        print(key, value)
