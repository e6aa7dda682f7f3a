#!/usr/bin/env python3
"""docs/references.md, written from docs/references.bib and from what plugins and papers/ cite.

    python3 tests/docs/references.py --write     writes the page
    python3 tests/docs/references.py             exits with 1 if the page is stale, a key unknown or an entry uncited
"""
import os
import re
import sys
import textwrap

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
HEAD = """# References

The papers that code, configs and pages cite, and where. Written by `python3 tests/docs/references.py --write` from
[`references.bib`](references.bib), from what the plugins name as their sources, and from `configs/papers`. The entries for
one run are written by `tightrope export RUN --to methods.bib`.

"""
ACCENTS = {'"': "\u0308", "'": "\u0301", "`": "\u0300", "v": "\u030c"}


def read(*path):
    with open(os.path.join(ROOT, *path), encoding="utf-8") as file:
        return file.read()


def plain(text):
    """TeX as text."""
    import unicodedata
    text = re.sub(r"\{\\([\"'`])\{?\\?([a-zA-Z])\}?\}", lambda m: m[2] + ACCENTS[m[1]], text)
    text = re.sub(r"\{\\v ([a-zA-Z])\}", lambda m: m[1] + ACCENTS["v"], text)
    text = text.replace(r"{\o}", "ø").replace(r"{\ss}", "ß").replace(r"\&", "&").replace("$O(1/k^2)$", "O(1/k²)")
    return unicodedata.normalize("NFC", re.sub(r"[{}]", "", text))


def entries():
    """key → fields, with the kind of the entry as 'kind'."""
    found = {}
    for kind, key, body in re.findall(r"^@(\w+)\{([^,]+),\n(.*?)^\}", read("docs", "references.bib"), re.S | re.M):
        assert key not in found, f"two entries have the key {key}"
        found[key] = {"kind": kind, **dict(re.findall(r"^  (\w+) = \{(.*)\},?$", body, re.M))}
    return found


def kinds():
    """folder → singular, as the catalog has them."""
    return dict(re.findall(r'\{"(\w+)", "([\w ]+)"\}', read("core", "plugin", "catalog.cpp")))


def citations():
    """(key, place in words or (kind, name) of a plugin)"""
    found = []
    for folder in sorted(os.listdir(os.path.join(ROOT, "plugins"))):
        if not os.path.isdir(os.path.join(ROOT, "plugins", folder)):
            continue
        for file in sorted(os.listdir(os.path.join(ROOT, "plugins", folder))):
            declared = re.search(r"^TIGHTROPE_PLUGIN\(([^()]*|.*)\)\s*\Z", read("plugins", folder, file), re.S | re.M)
            words = re.findall(r'"((?:[^"\\]|\\.)*)"', declared[1])
            for key in words[2].split(", ") if len(words) > 2 else []:
                found.append((key, (folder, file[:-4])))
    for folder in sorted(os.listdir(os.path.join(ROOT, "configs", "papers"))):
        for key in re.findall(r"^cite: (\S+)$", read("configs", "papers", folder, "paper.yaml"), re.M):
            found.append((key, f"`configs/papers/{folder}`"))
    return found


def listed(words):
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + " and " + words[-1]


def places(key, entry):
    """Plugins by kind, then what the entry is annotated with, then configs."""
    by_kind, others = {}, []
    for cited, place in citations_by_key.get(key, []):
        if isinstance(place, tuple):
            by_kind.setdefault(place[0], []).append(f"`{place[1]}`")
        else:
            others.append(place)
    words = []
    for folder, names in by_kind.items():
        kind = singular[folder].replace("_", " ")
        words.append((kind if len(names) == 1 else folder.replace("_", " ")) + " " + listed(names))
    return ", ".join(words + ([entry["annote"]] if "annote" in entry else []) + others)


def line(key, entry):
    people = [" ".join(reversed(person.split(", "))) for person in plain(entry["author"]).split(" and ")]
    title = plain(entry["title"])
    if entry["kind"] == "book":
        text = f"{', '.join(people)}. *{title}.* {entry['publisher']}, {entry['year']}."
    else:
        where = plain(entry.get("journal", entry.get("booktitle", "")))
        volume = f" {entry['volume']}" if "volume" in entry else ""
        where = f"*{where}*{volume}" if where else f"arXiv:{entry['eprint']}"
        stop = "" if title.endswith("?") else "."
        text = f"{', '.join(people)}. {title}{stop} {where}, {entry['year']}."
    return textwrap.fill(f"- {text} — {places(key, entry)}.", 120, subsequent_indent="  ", break_long_words=False,
                         break_on_hyphens=False)


bib = entries()
singular = kinds()
citations_by_key = {}
for citation in citations():
    citations_by_key.setdefault(citation[0], []).append(citation)


def main():
    faults = [f"{place} cites {key}, which docs/references.bib does not have"
              for key, cited in citations_by_key.items() if key not in bib for _, place in cited]
    faults += [f"nothing cites {key}; remove it or say in 'annote' where it counts"
               for key, entry in bib.items() if key not in citations_by_key and "annote" not in entry]
    for folder in os.listdir(os.path.join(ROOT, "configs", "papers")):
        page = read("configs", "papers", folder, "paper.yaml")
        cited = re.search(r"^cite: (\S+)$", page, re.M)
        if not cited or cited[1] not in bib:
            continue
        letters = lambda text: re.sub(r"\W", "", text).lower()
        title = re.search(r"^title: (.*)$", page, re.M)[1]
        if letters(title) != letters(plain(bib[cited[1]]["title"])):
            faults.append(f"configs/papers/{folder} and {cited[1]} have different titles")
    order = sorted(bib, key=lambda key: (plain(bib[key]["author"]).lower(), bib[key]["year"], key))
    page = HEAD + "\n".join(line(key, bib[key]) for key in order) + "\n" if not faults else ""
    target = os.path.join(ROOT, "docs", "references.md")
    if not faults and "--write" in sys.argv[1:]:
        with open(target, "w", encoding="utf-8") as file:
            file.write(page)
    elif not faults and page != read("docs", "references.md"):
        faults.append("docs/references.md is stale; python3 tests/docs/references.py --write")
    for fault in faults:
        print(f"references: {fault}", file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
