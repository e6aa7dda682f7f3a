#!/usr/bin/env python3
"""The binary interface between core and plugins, as libabigail sees it, against the one that was last accepted.

    abi.py --check RECORD COMPILER OPTION…     red where the two differ, with the names of the classes
    abi.py --accept RECORD COMPILER OPTION…    writes the record anew
    abi.py --planted RECORD COMPILER OPTION…   red unless a virtual function that is put into a class is found

The record names each class of ours that crosses the border: its size, its bases, its members and where they lie, its
virtual functions in the order of their table. abidw's own description of the same is fifty times as long, for it holds
all of Armadillo and of the standard library that is in reach, and it changes with each of their versions; what of these
matters to a layout of ours is in the sizes here.
"""
import difflib
import pathlib
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree

SOURCE = pathlib.Path(__file__).resolve().parent / "interface.cpp"


def described(library):
    """abidw's document of a library."""
    with tempfile.NamedTemporaryFile(suffix=".xml") as out:
        subprocess.run(["abidw", "--no-show-locs", "--no-comp-dir-path", "--no-corpus-path", "--no-parameter-names",
                        "--out-file", out.name, library], check=True)
        return ElementTree.parse(out.name).getroot()


class Types:
    """Names of types by their identity in the document."""

    def __init__(self, root):
        self.elements = {element.get("id"): element for element in root.iter() if element.get("id")}

    def name(self, identity, depth=0):
        element = self.elements.get(identity)
        if element is None or depth > 8:
            return "?"
        target = self.name(element.get("type-id"), depth + 1) if element.get("type-id") else "?"
        match element.tag:
            case "pointer-type-def":
                return target + "*"
            case "reference-type-def":
                return target + ("&&" if element.get("kind") == "rvalue" else "&")
            case "qualified-type-def":
                return ("const " if element.get("const") == "yes" else "") + target
            case "array-type-def":
                return target + "[]"
            case "function-type":
                return "function"
        return element.get("name", "?")


def lines_of_class(element, name, types):
    size = int(element.get("size-in-bits", 0)) // 8
    yield f"{name}: {size} bytes"
    for base in element.findall("base-class"):
        yield f"  base {types.name(base.get('type-id'))} at {int(base.get('layout-offset-in-bits', 0)) // 8}"
    for member in element.findall("data-member"):
        variable = member.find("var-decl")
        if member.get("static") != "yes" and variable is not None:
            yield (f"  {variable.get('name')}: {types.name(variable.get('type-id'))} "
                   f"at {int(member.get('layout-offset-in-bits', 0)) / 8:g}")
    virtual = {}
    for member in element.findall("member-function"):
        function = member.find("function-decl")
        if member.get("vtable-offset") is not None and member.get("destructor") != "yes":
            signature = ", ".join(types.name(parameter.get("type-id")) for parameter in function.findall("parameter")[1:])
            result = types.name(function.find("return").get("type-id"))
            virtual[int(member.get("vtable-offset"))] = f"{result} {function.get('name')}({signature})"
    for offset, text in sorted(virtual.items()):
        yield f"  virtual {offset}: {text}"


def record_of(root):
    types, found = Types(root), {}

    def walk(element, path):
        for child in element:
            name = path + [child.get("name", "")]
            if child.tag == "namespace-decl":
                walk(child, name)
            elif child.tag == "class-decl" and path[:1] == ["tightrope"]:
                if child.get("is-declaration-only") != "yes":
                    title = "::".join(name)
                    lines = list(lines_of_class(child, title, types))
                    found[title] = max(found.get(title, []), lines, key=len)
                for member in child.findall("member-type"):
                    walk(member, name)
            elif child.tag == "enum-decl" and path[:1] == ["tightrope"]:
                values = ", ".join(f"{value.get('name')} = {value.get('value')}" for value in child.findall("enumerator"))
                found["::".join(name)] = [f"{'::'.join(name)}: {types.name(child.find('underlying-type').get('type-id'))}",
                                          f"  {values}"]

    for unit in root.iter("abi-instr"):
        walk(unit, [])
    return "\n".join("\n".join(lines) for _, lines in sorted(found.items())) + "\n"


def changed(accepted, now):
    """{class: the lines that differ}."""
    def blocks(text):
        found = {}
        for line in text.splitlines(True):
            if not line.startswith(" "):
                name = line[:line.rindex(": ")]
            found.setdefault(name, []).append(line)
        return found
    before, after = blocks(accepted), blocks(now)
    return {name: "".join(list(difflib.unified_diff(before.get(name, []), after.get(name, []), n=1))[2:])
            for name in sorted({*before, *after}) if before.get(name) != after.get(name)}


def planted(folder):
    """A copy of the headers in which one class has one virtual function more."""
    root = SOURCE.parents[2]
    shutil.copytree(root / "core", folder / "core", ignore=shutil.ignore_patterns("*.cpp"))
    header = folder / "core/interfaces/optimizer.hpp"
    text = header.read_text()
    place = text.index("  virtual Move advance(")
    header.write_text(text[:place] + "  virtual Index planted() const { return 1; }\n" + text[place:])
    return folder


def main():
    what, record, *compiler = sys.argv[1:]
    with tempfile.TemporaryDirectory(prefix="tightrope-abi-") as scratch:
        folder = pathlib.Path(scratch)
        library = folder / "interface.so"
        if what == "--planted":
            compiler[1:1] = [f"-I{planted(folder)}"]
        subprocess.run([*compiler, "-g", "-O0", "-fPIC", "-shared", "-femit-class-debug-always",
                        "-fno-eliminate-unused-debug-types", SOURCE, "-o", library], check=True)
        text = record_of(described(library))
    record = pathlib.Path(record)
    if what == "--accept":
        record.write_text(text)
        return 0
    accepted = record.read_text()
    if text == accepted:
        if what == "--planted":
            print("a function that was put into tightrope::Optimizer is not seen")
            return 1
        print(f"the interface is the accepted one, {len(text.splitlines())} lines")
        return 0
    difference = changed(accepted, text)
    for name, lines in difference.items():
        print(f"{name} is not what was accepted:\n{lines}")
    if what == "--planted":
        return "tightrope::Optimizer" not in difference or "planted" not in difference["tightrope::Optimizer"]
    print("the binary interface of plugins has changed. If that is meant: ./dev abi --accept, and a line in docs/changelog.md")
    return 1


if __name__ == "__main__":
    sys.exit(main())
