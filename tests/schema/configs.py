"""YAML as the program reads it, with the place of everything, and what a schema says of it."""
import re

import jsonschema
import yaml

NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")


class Config:
    """A file: its value for a validator, and where each key and each value stands."""

    def __init__(self, text):
        self.text = text
        self.values, self.keys, self.nodes = {}, {}, {}  # by path: (line, column), (line, column), node
        self.tree = self._value(yaml.compose(text, Loader=yaml.SafeLoader), ())

    def _value(self, node, path):
        place = (node.start_mark.line + 1, node.start_mark.column + 1)
        if path in self.keys and isinstance(node, yaml.ScalarNode) and node.start_mark.index == node.end_mark.index:
            place = self.keys[path]  # nothing is written there
        self.values[path], self.nodes[path] = place, node
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                self.keys[path + (key.value,)] = (key.start_mark.line + 1, key.start_mark.column + 1)
            return {key.value: self._value(value, path + (key.value,)) for key, value in node.value}
        if isinstance(node, yaml.SequenceNode):
            return [self._value(item, path + (i,)) for i, item in enumerate(node.value)]
        if node.style is not None:
            return node.value
        if node.value in ("", "~", "null", "Null", "NULL"):
            return None
        if node.value in ("true", "false"):
            return node.value == "true"
        if NUMBER.fullmatch(node.value):
            number = float(node.value)
            return int(number) if number.is_integer() and abs(number) < 2**63 else number
        return node.value


def innermost(error):
    """Of "none of these" the complaints of the one that takes what is there, if only its type decides; as editors do."""
    if error.validator == "anyOf":
        own = {inner.schema_path[0] for inner in error.context} - {
            inner.schema_path[0] for inner in error.context
            if inner.validator == "type" and inner.absolute_path == error.absolute_path}
        if len(own) == 1:
            for inner in error.context:
                if inner.schema_path[0] in own:
                    yield from innermost(inner)
            return
    yield error


def complaints(validator, config):
    """{(line, column): sentence} of all that a schema finds wrong."""
    found = {}
    for error in (inner for outer in validator.iter_errors(config.tree) for inner in innermost(outer)):
        path = tuple(error.absolute_path)
        if error.validator == "additionalProperties":
            allowed = error.schema.get("properties", {})
            patterns = error.schema.get("patternProperties", {})
            for key in error.instance:
                if key not in allowed and not any(re.search(pattern, key) for pattern in patterns):
                    found[config.keys[path + (key,)]] = f"{list(path)}: {error.message[:200]}"
        elif error.validator == "uniqueItems":
            seen = []
            for i, item in enumerate(error.instance):
                if item in seen:
                    found[config.values[path + (i,)]] = f"{list(path)}: {error.message[:200]}"
                seen.append(item)
        else:
            found[config.values[path]] = f"{list(path)} {error.validator}: {error.message[:200]}"
    return found
