#!/usr/bin/env python3
"""The gallery: each paper in five lines, its figures as they come out here, and its claims with verdicts.

TIGHTROPE=PROGRAM gallery.py RESULTS [SMALL]   writes docs/gallery.md and docs/figures/gallery from stored runs:
                                               RESULTS/PAPER/EXPERIMENT, as `tightrope run papers/PAPER --out RESULTS/PAPER`
                                               leaves them; in their stead SMALL/PAPER/EXPERIMENT, of `--layer quick`
TIGHTROPE=PROGRAM gallery.py --check           whether the page has every paper and every experiment that there is
"""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

PROGRAM = os.environ.get("TIGHTROPE", "tightrope")
DOCS = pathlib.Path(__file__).resolve().parents[2] / "docs"
PAGE, FIGURES = DOCS / "gallery.md", DOCS / "figures" / "gallery"

HEAD = """\
# Gallery

What the literature says, running. Each folder of [`configs/papers`](../configs/papers) is a paper; `./dev run
papers/NAME` runs its experiments, checks its claims and writes a report for each, and `--layer quick` does the same in
seconds. `./dev list papers` is the list. A *replica* repeats something that was published, with its parameters;
*derived* is an experiment made from a theorem, where the parameters of the figure are not known or there is none. What
was changed stands at the head of each config.

What was measured is that of the run that fits a claim least, with the seed of the file; fitted exponents and rates have
their 95 % intervals. Written by `tests/docs/gallery.py` from stored runs.

"""


def papers():
    done = subprocess.run([PROGRAM, "list", "papers", "--format", "json"], check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def anchor(paper):
    return paper["name"].split("/")[1]


def cell(text):
    return text.replace("|", "\\|")


def experiment_lines(paper, experiment, results, small):
    folder = results / anchor(paper) / experiment["name"]
    is_small = not (folder / "run.json").exists()
    if is_small:
        folder = small / anchor(paper) / experiment["name"]
    lines = [f"**[{experiment['name']}](../configs/papers/{anchor(paper)}/{experiment['name']}.yaml)** "
             f"({experiment['is']}, {experiment['source']}): {experiment['shows']}."]
    if not (folder / "run.json").exists():
        return lines + ["", "*It has not been run for this page.*", ""]
    run = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    if is_small:
        lines[0] += " *Here in small, with `--layer quick`.*"
    wanted = experiment["figure"]
    drawn = folder / "figures" / f"{wanted}.svg" if wanted else None
    if drawn and drawn.exists():
        name = f"{anchor(paper)}_{experiment['name']}.svg"
        shutil.copyfile(drawn, FIGURES / name)
        lines += ["", f"![{experiment['shows']}](figures/gallery/{name})"]
    elif drawn:
        print(f"{experiment['name']}: there is no {drawn}; there are", *sorted(p.stem for p in drawn.parent.glob("*.svg")))
    lines += ["", "| claim | measured | |", "|---|---|---|"]
    for claim in run["claims"]:
        lines.append(f"| {cell(claim['that'])} | {cell(claim['measured'])} | {'✓' if claim['holds'] else '✗'} |")
    return lines + [""]


def page(results, small):
    text = HEAD
    every = papers()
    text += "| paper | experiments | what is seen |\n|---|---|---|\n"
    for paper in every:
        first = re.split(r"(?<=\.)\s", paper["summary"])[0]
        text += (f"| [{cell(paper['title'])}](#{anchor(paper)}) | {len(paper['experiments'])} | {cell(first)} |\n")
    for paper in every:
        text += f"\n## {anchor(paper)}\n\n"
        head = [part for part in [paper["authors"], f"*{paper['title']}*", paper["published"]] if part]
        title = ", ".join(head)
        text += (f"{title} ([read]({paper['link']})).\n\n" if paper["link"] else f"{title}.\n\n") + paper["summary"].strip() + "\n\n"
        for experiment in paper["experiments"]:
            text += "\n".join(experiment_lines(paper, experiment, results, small)) + "\n"
    return text.rstrip() + "\n"


def check():
    text = PAGE.read_text(encoding="utf-8")
    wrong = []
    for paper in papers():
        if f"\n## {anchor(paper)}\n" not in text:
            wrong.append(f"the gallery has no {anchor(paper)}")
        for experiment in paper["experiments"]:
            if f"configs/papers/{anchor(paper)}/{experiment['name']}.yaml)" not in text:
                wrong.append(f"the gallery has no {anchor(paper)}/{experiment['name']}")
            if experiment["shows"] not in text:
                wrong.append(f"the gallery says something else than: {experiment['shows']}")
    if "✗" in text:
        wrong.append("a claim in the gallery is false")
    if "has not been run" in text:
        wrong.append("an experiment of the gallery has not been run")
    sys.exit("\n".join(wrong) or 0)


if __name__ == "__main__":
    if sys.argv[1:] == ["--check"]:
        check()
    FIGURES.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(page(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[-1])), encoding="utf-8")
