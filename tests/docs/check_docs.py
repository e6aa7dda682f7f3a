#!/usr/bin/env python3
"""Checks that the documentation is true.

  check_docs.py links ROOT                every relative link and anchor of README.md and docs/ leads somewhere
  check_docs.py reference ROOT BUILD      docs/reference.md is what the program writes
  check_docs.py follow ROOT BUILD PAGE    does what PAGE says, in its order, in a folder of its own that looks like a clone

`follow` reads the fenced blocks of a page. A block whose first line is a comment with a file name is written to that
file. A yaml block is checked by `tightrope check`: alone if it has all sections, else laid over the quickstart. The
lines of an sh block are run; a line ending in `# exit N` must end so, every other with 0. Lines that start with git or
cd are passed over, and of the verbs that belong to ./dev itself it is only asked whether they exist.
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

FENCE = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```$", re.M | re.S)
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
FILE_NAME = re.compile(r"(?:#|//) ([\w./-]+\.\w+)$")


def pages(root):
    return [root / "README.md", *sorted((root / "docs").rglob("*.md"))]


def anchors(page):
    """The anchors of a page's headings, made as GitHub makes them."""
    found = []
    for heading in re.findall(r"^#+ (.+)$", FENCE.sub("", page.read_text()), re.M):
        slug = re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")
        same = sum(1 for known in found if known == slug or re.fullmatch(re.escape(slug) + r"-\d+", known))
        found.append(f"{slug}-{same}" if same else slug)
    return found


def links(root):
    broken = []
    for page in pages(root):
        for link in LINK.findall(re.sub(r"`[^`\n]*`", "", FENCE.sub("", page.read_text()))):
            if re.match(r"https?://", link):
                continue
            path, _, anchor = link.partition("#")
            target = (page.parent / path) if path else page
            if not target.exists() or not target.resolve().is_relative_to(root):
                broken.append(f"{page.relative_to(root)}: there is no {link}")
            elif anchor and anchor not in anchors(target):
                broken.append(f"{page.relative_to(root)}: {path or page.name} has no heading #{anchor}")
    return broken


def reference(root, build):
    written = subprocess.run([build / "bin/tightrope", "describe", "--format", "markdown"], check=True,
                             stdout=subprocess.PIPE, env=surroundings()).stdout
    if written == (root / "docs/reference.md").read_bytes():
        return []
    return ["docs/reference.md is stale; refresh it: ./dev describe --format markdown > docs/reference.md"]


def surroundings():
    """The environment without what a developer may have set, and with Debian's python3, which has NumPy."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TIGHTROPE_")}
    return {**kept, "PATH": "/usr/bin:" + kept.get("PATH", "")}


def follow(root, build, page):
    program = build / "bin/tightrope"
    own_verbs = re.findall(r"^  (\w+) ", subprocess.run([root / "dev", "help"], check=True, text=True,
                                                       stdout=subprocess.PIPE).stdout.split("Every other verb")[0], re.M)
    with tempfile.TemporaryDirectory(prefix="tightrope-docs-") as name:
        here = pathlib.Path(name)
        for folder in ("configs", "core", "docs"):
            (here / folder).symlink_to(root / folder)
        (here / "build").mkdir()
        (here / "build/release").symlink_to(build)
        (here / "dev").write_text(f'#!/bin/sh\ncase " {" ".join(own_verbs)} " in *" $1 "*) exit 0 ;; esac\n'
                                  f'exec "{program}" "$@"\n')
        (here / "dev").chmod(0o755)

        def run(command, expected=0):
            done = subprocess.run(["bash", "-c", command], cwd=here, text=True, env=surroundings(),
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            return [] if done.returncode == expected else [f"{page}: `{command}` exits with {done.returncode}, "
                                                           f"not {expected}:\n{done.stdout}"]

        wrong = []
        for kind, text in FENCE.findall((root / page).read_text()):
            named = FILE_NAME.match(text.split("\n", 1)[0])
            file = here / (named.group(1) if named else "fragment.yaml")
            if named or kind == "yaml":
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text)
            if kind == "yaml":
                whole = all(re.search(f"^{key}:", text, re.M) for key in ("problem", "model", "optimizer", "stop"))
                config = file.name if whole else f"configs/quickstart.yaml -c {file.name}"
                # A page that builds plugins speaks of them from then on.
                built = "".join(f" --plugin-path {folder}" for folder in
                                [*here.glob("*/build/plugins"), *here.glob("my_plugins")])
                wrong += run(f"./dev check {config}{built}")
            if kind == "sh":
                for line in text.replace("\\\n", " ").splitlines():
                    if line.strip() and not re.match(r"\s*(#|git |cd )", line):
                        code = re.search(r"# exit (\d+)$", line)
                        wrong += run(line, int(code.group(1)) if code else 0)
        return wrong


def main():
    what, root = sys.argv[1], pathlib.Path(sys.argv[2]).resolve()
    build = pathlib.Path(sys.argv[3]).resolve() if len(sys.argv) > 3 else None
    wrong = {"links": lambda: links(root), "reference": lambda: reference(root, build),
             "follow": lambda: follow(root, build, sys.argv[4])}[what]()
    print("\n".join(wrong) or "all is true")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
