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
import re
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
    def value(example):
        try:
            return json.loads(example)
        except ValueError:
            return example  # a word
    chosen = {parameter["name"]: value(parameter["example"]) for parameter in described
              if parameter["example"] and parameter["name"] != "step"}
    return {"type": name, **chosen}


def step_of(name):
    """The path of its step size, if it has one."""
    described = json.loads(tightrope("describe", "optimizers", name, "--format", "json").stdout)["parameters"]
    return next((parameter["name"] for parameter in described if parameter["name"] in ("step", "step_size")), None)


def study(optimizers, models, operators, losses):
    methods = {}
    for name in optimizers:
        methods[name] = {"optimizer": {**sample("optimizers", name)}}
        if step := step_of(name):
            methods[name]["optimizer"][step] = STEPS[0]
            methods[name]["grid"] = {f"optimizer.{step}": STEPS}
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


def reason_of(text):
    """The sentence, without where it happened, which optimizer it is about and how many measurements there were."""
    text = re.sub(r"^\S+:\d+:\d+: ", "", text)
    return re.sub(r"there are \d+$", "there are others", re.sub(r".*?optimizer '\w+' ", "", text))


def outcomes(spec):
    """{(optimizer, model, operator, loss): what became of it}"""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "combinations.yaml").write_text(json.dumps(spec), encoding="utf-8")
        done = tightrope("run", folder / "combinations.yaml", "--out", folder / "out", "--format", "json", "-q", "--no-report")
        if not done.stdout:
            sys.exit(done.stderr)
        found = {}
        for missing in json.loads(done.stdout)["missing"]:
            labels = missing["labels"]
            key = (labels["method"], word(labels["model"]), word(labels["operator"]), word(labels["loss"]))
            found.setdefault(key, []).append((missing["kind"], reason_of(missing["reason"])))
        for cell in (folder / "out/cells").iterdir():
            labels = json.loads((cell / "provenance.json").read_text(encoding="utf-8"))["labels"]
            key = (labels["method"], word(labels["model"]), word(labels["operator"]), word(labels["loss"]))
            rows = list(csv.DictReader((cell / "trace.csv").open(encoding="utf-8")))
            first, last = float(rows[0]["objective"]), float(rows[-1]["objective"] or "inf")
            found.setdefault(key, []).append(("falls" if last < first else "rises", f"{first:.3g} to {last:.3g}"))
        return found


# Newton's step is exact for quadratic losses alone; for others it has no line search, and no length without curvature.
UNGUARDED = {("gauss_newton", "huber"), ("gauss_newton", "logistic"), ("alternating_minimization", "huber"),
             ("alternating_minimization", "logistic")}
# They speak of intensities, measurements that are never negative, which random operators do not give.
OF_INTENSITIES = {"amplitude", "poisson"}
# The two models that all of the literature shares; the others are of one problem each, and the table must be read.
MODELS = ["asymmetric", "symmetric"]

HEAD = """\
# Combinations

Every optimizer with the models `asymmetric` and `symmetric`, every operator and loss, tried on a {size} × {size} matrix of rank 2: whether the objective falls
within {iterations} iterations for one of the step sizes {steps}, and what is refused before it starts, with the
sentence that says why. Losses of intensities (`amplitude`, `poisson`) are left out: most operators measure numbers of either
sign. Written by `tests/docs/combinations.py` from what the program does, for all operators that need no file:
{operators}.

| optimizer | {columns} |
|---|{rules}|
"""


def page(spec, found, operators):
    """The page, and what is wrong with what it says."""
    losses = [row["loss"]["type"] for row in spec["study"]["list"]]
    columns = [(model["type"], loss) for model in spec["study"]["grid"]["model"] for loss in losses]
    sentences, wrong = [], []
    text = HEAD.format(size=SIZE, iterations=ITERATIONS, steps=", ".join(map(str, STEPS)), operators=", ".join(operators),
                       columns=" | ".join(f"{model}, {loss}" for model, loss in columns), rules="---|" * (len(columns) - 1) + "---")
    for optimizer in spec["study"]["methods"]:
        cells = []
        for model, loss in columns:
            became = {}
            for operator in operators:
                outcomes_here = found.get((optimizer, model, operator, loss), [("lost", "")])
                kinds = [kind for kind, _ in outcomes_here]
                kind = "falls" if "falls" in kinds else kinds[0]
                became.setdefault((kind, outcomes_here[0][1] if kind == "skipped" else ""), []).append(operator)
            words = []
            for (kind, sentence), where in became.items():
                if kind == "skipped":
                    if sentence not in sentences:
                        sentences.append(sentence)
                    word = f"[{sentences.index(sentence) + 1}](#refused)"
                elif kind == "falls":
                    word = "falls"
                else:
                    word = "runs"
                    if kind != "rises" or (optimizer, loss) not in UNGUARDED:
                        wrong.append(f"{optimizer}, {model}, {', '.join(where)}, {loss}: {kind}")
                words.append(word if len(became) == 1 else f"{word} ({', '.join(where)})")
            cells.append("; ".join(words))
        text += f"| {optimizer} | {' | '.join(cells)} |\n"
    text += ("\n`runs`: steps of Newton's kind have no line search; where the curvature of the loss vanishes (`huber`) or\n"
             "varies (`logistic`) the objective need not fall.\n\n## Refused\n\n")
    text += "".join(f"{i + 1}. {sentence}\n" for i, sentence in enumerate(sentences))
    return text, wrong


def main():
    chosen = {"models": MODELS, "operators": names("operators"),
              "losses": [name for name in names("losses") if name not in OF_INTENSITIES]}
    lists = {kind: [made for name in those if (made := sample(kind, name))] for kind, those in chosen.items()}
    spec = study(names("optimizers"), lists["models"], lists["operators"], lists["losses"])
    text, wrong = page(spec, outcomes(spec), [operator["type"] for operator in lists["operators"]])
    if sys.argv[1:] == ["--check"]:
        if text != PAGE.read_text(encoding="utf-8"):
            wrong.append("docs/combinations.md says something else than the program does: tests/docs/combinations.py writes it")
    else:
        PAGE.write_text(text, encoding="utf-8")
    sys.exit("\n".join(wrong) or 0)


if __name__ == "__main__":
    main()
