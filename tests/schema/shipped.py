#!/usr/bin/env python3
"""Every config, layer and page that is shipped names its schema in its first line, and satisfies it."""
import json
import pathlib
import re
import sys

import jsonschema

from configs import Config, complaints

root = pathlib.Path(sys.argv[1]).resolve()
wrong, schemas = [], {}
for file in sorted(root.glob("configs/**/*.yaml")):
    text = file.read_text()
    named = re.match(r"# yaml-language-server: \$schema=(\S+)\n", text)
    if not named:
        wrong.append(f"{file}: the first line names no schema")
        continue
    place = (file.parent / named[1]).resolve()
    if place not in schemas:
        schema = json.loads(place.read_text())
        jsonschema.Draft7Validator.check_schema(schema)
        schemas[place] = jsonschema.Draft7Validator(schema)
    for (line, column), sentence in complaints(schemas[place], Config(text)).items():
        wrong.append(f"{file}:{line}:{column}: {sentence}")
if not schemas:
    wrong.append("there are no configs")
print("\n".join(wrong) or f"all is right, by {len(schemas)} schemas")
sys.exit(bool(wrong))
