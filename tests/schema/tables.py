#!/usr/bin/env python3
"""Each file of the core that adds something to configs is in the schema: sections, keys of studies, claims by their examples."""
import json
import pathlib
import re
import subprocess
import sys

import jsonschema
import yaml

program, root = sys.argv[1], pathlib.Path(sys.argv[2])
schema = json.loads(subprocess.run([program, "schema"], check=True, capture_output=True).stdout)
wrong = []


def sources(folder):
    found = sorted((root / "core" / folder).glob("*.cpp"))
    if not found:
        wrong.append(f"core/{folder} is empty")
    return [(file, file.read_text()) for file in found]


def complaints(definition, value):
    part = {"definitions": schema["definitions"], "allOf": [{"$ref": "#/definitions/" + definition}]}
    return [error.message[:200] for error in jsonschema.Draft7Validator(part).iter_errors(value)]


def literals(text):
    """What consecutive pieces of text in quotes say together."""
    return "".join(json.loads(piece) for piece in re.findall(r'"(?:[^"\\]|\\.)*"', text))


for file, text in sources("experiment/sections"):
    if file.stem != "top" and file.stem not in schema["properties"]:
        wrong.append(f"there is no section {file.stem}")
for file, text in sources("grid/forms"):
    if file.stem not in schema["definitions"]["study"]["properties"]:
        wrong.append(f"study has no key {file.stem}")
for folder, is_claim in (("claims/forms", False), ("claims/conditions", True)):
    for file, text in sources(folder):
        example = literals(re.search(r"\.example =\s*((?:\"(?:[^\"\\]|\\.)*\"\s*)+)", text)[1])
        claim = yaml.safe_load(example) if is_claim else {"that": example, "is": "< 1"}
        wrong += [f"{file.name}: {example}: {say}" for say in complaints("claim", claim)]
for file, text in sources("grid/ranges"):
    example = re.search(rf'"({file.stem}\([^"]*\))"', text)[1]
    wrong += [f"{file.name}: {example}: {say}" for say in complaints("range", example)]
print("\n".join(wrong) or "all of them are there")
sys.exit(bool(wrong))
