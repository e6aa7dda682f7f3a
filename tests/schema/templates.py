#!/usr/bin/env python3
"""The commented template of every plugin satisfies the schema of layers: as it stands, and with every parameter in it."""
import json
import re
import subprocess
import sys

import jsonschema

from configs import Config, complaints


def output(*arguments):
    return subprocess.run([sys.argv[1], *arguments], check=True, capture_output=True, text=True).stdout


validator = jsonschema.Draft7Validator(json.loads(output("schema", "layer")))
plugins = json.loads(output("list", "--format", "json"))
wrong = []
for plugin in plugins:
    text = output("describe", plugin["kind"], plugin["name"], "--format", "yaml")
    declared = json.loads(output("describe", plugin["kind"], plugin["name"], "--format", "json"))["parameters"]
    whole = re.sub(r"^( *)#(?=\w)", r"\1", text, flags=re.M)
    for what, config in (("the template", Config(text)), ("the whole template", Config(whole))):
        wrong += [f"{what} of {plugin['name']}, line {line}: {say}" for (line, _), say in complaints(validator, config).items()]
    for parameter in declared:
        if not re.search(rf"^ *#?{re.escape(parameter['name'])}: ", text, re.M):
            wrong.append(f"the template of {plugin['name']} has no {parameter['name']}")
if len(plugins) < 20:
    wrong.append(f"only {len(plugins)} plugins")
print("\n".join(wrong) or f"{len(plugins)} templates are right")
sys.exit(bool(wrong))
