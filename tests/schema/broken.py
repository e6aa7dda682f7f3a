#!/usr/bin/env python3
"""Shipped configs with one mistake each: schema and `tightrope check` must refuse them, at the same place.

Mistakes are drawn at random, evenly over their kinds: keys misspelt, unknown or missing, values of another type or out of
range, plugins and choices that are not there, units, texts and ranges that cannot be read. Where neither side objects
(some keys may be left out, some numbers may be negative) nothing was broken, and another mistake is drawn.
"""
import argparse
import json
import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

import jsonschema
import yaml

from configs import Config, NUMBER, complaints

# Below these the keys are names that the user gives, or labels.
FREE = ("methods", "where", "exclude", "compared with")


def span(node):
    return node.start_mark.index, node.end_mark.index


def parent_is_free(path):
    return len(path) > 1 and (path[-2] in FREE or path[0] == "claims" and path[-2] in FREE
                              or len(path) > 2 and path[-3] == "exclude")


def is_condition(path):
    """Within labels and conditions on them, which no schema can know."""
    return (any(part in ("where", "exclude", "compared with") for part in path[:-1])
            or len(path) > 2 and path[0] == "claims" and path[2] in ("in", "across"))


class Mistakes:
    def __init__(self, text, seed):
        self.draw = random.Random(seed)
        self.config = Config(text)
        self.text = text

    def replaced(self, begin, end, new):
        return self.text[:begin] + new + self.text[end:]

    def maps(self):
        return [(path, node) for path, node in self.config.nodes.items() if isinstance(node, yaml.MappingNode)]

    def pairs(self):
        """(path, key, value) of every key that the program knows by name."""
        return [(path + (key.value,), key, value) for path, node in self.maps() for key, value in node.value
                if not parent_is_free(path + (key.value,)) and not is_condition(path + (key.value,))]

    def scalars(self, wanted=lambda path, node: True):
        return [(path, node) for path, node in self.config.nodes.items()
                if isinstance(node, yaml.ScalarNode) and not is_condition(path + ("",)) and wanted(path, node)]

    def pick(self, choices):
        return self.draw.choice(choices) if choices else None

    def value_replaced(self, node, new):
        begin, end = span(node)
        if isinstance(node, yaml.ScalarNode) and node.style in ("|", ">"):
            return None
        if not isinstance(node, yaml.ScalarNode) and not node.flow_style:  # the end of a block is behind its last line
            lines = self.text[begin:end].rstrip()
            lines = re.sub(r"\s*(\n\s*#[^\n]*)*$", "", lines)
            end = begin + len(lines)
            return self.replaced(begin, end, new)
        return self.replaced(begin, end, new)

    def misspelt_key(self):
        path, key, _ = self.pick(self.pairs())
        word = key.value
        i = self.draw.randrange(len(word))
        new = self.pick([word[:i] + word[i + 1:], word[:i] + word[i] + word[i:], word[:i] + "x" + word[i + 1:],
                         word[:i] + word[i + 1:i + 2] + word[i] + word[i + 2:]])
        if not new or new == word or key.style is not None:
            return None
        return self.replaced(*span(key), new)

    def unknown_key(self):
        path, node = self.pick([(p, n) for p, n in self.maps() if not parent_is_free(p + ("",)) and not is_condition(p + ("",))
                                and n.value])
        first = node.value[0][0]
        word = self.pick(["frobnicate", "lambda", "weight", "steps", "value_of_it"])
        begin = span(first)[0]
        if node.flow_style:
            return self.replaced(begin, begin, f"{word}: 3, ")
        return self.replaced(begin, begin, f"{word}: 3\n" + " " * first.start_mark.column)

    def missing_key(self):
        path, node = self.pick([(p, n) for p, n in self.maps() if n.value and not parent_is_free(p + ("",))])
        i = self.draw.randrange(len(node.value))
        key, value = node.value[i]
        if node.flow_style:
            begin = span(key)[0]
            end = span(value)[1]
            if i + 1 < len(node.value):
                end = span(node.value[i + 1][0])[0]
            elif i:
                begin = span(node.value[i - 1][1])[1]
            return self.replaced(begin, end, "")
        if len(node.value) == 1:
            return None
        if i + 1 < len(node.value):
            return self.replaced(span(key)[0], span(node.value[i + 1][0])[0], "")
        begin = self.text.rfind("\n", 0, span(key)[0]) + 1
        return self.replaced(begin, span(value)[1], "")

    def wrong_type(self):
        path, _, value = self.pick(self.pairs())
        if path[0] == "name":
            return None
        if isinstance(value, yaml.ScalarNode):
            # The type of a step may come from elsewhere, and so what it may have.
            maps = ["{a: 1}"] if path[-1] != "step" else []
            new = self.pick(["many", "[1, x]", *maps, "true", "'5'", "3.5", ""])
        elif isinstance(value, yaml.SequenceNode):
            new = self.pick(["5", "many", "{a: 1}", "[]", "[[1]]", "[{}]"])
        else:
            new = self.pick(["5", "many", "[1, 2]", "{}", "true"])
        return self.value_replaced(value, new)

    def wrong_item(self):
        found = self.pick([(p, n) for p, n in self.config.nodes.items()
                           if p and isinstance(p[-1], int) and not is_condition(p)])
        return found and self.value_replaced(found[1], self.pick(["many", "[1]", "{a: 1}", "-3", "'5'", "0"]))

    def out_of_range(self):
        found = self.pick(self.scalars(lambda p, n: n.style is None and NUMBER.fullmatch(n.value)))
        return found and self.value_replaced(found[1], self.pick(["-7", "0", "-1e-3", "1e30", "2.5", "1.5e16"]))

    def unknown_plugin(self):
        found = self.pick(self.scalars(lambda p, n: p[-1] in ("type", "loss", "initialization", "step", "optimizer", "model")
                                       and not NUMBER.fullmatch(n.value) or len(p) > 1 and p[-2] == "observers"))
        if not found:
            return None
        return self.value_replaced(found[1], self.pick([found[1].value + "s", found[1].value[1:], "nonesuch"]))

    def wrong_word(self):
        found = self.pick(self.scalars(lambda p, n: n.style is None and re.fullmatch(r"[a-z_]{3,}", n.value)
                                       and p[0] not in ("name",)))
        return found and self.value_replaced(found[1], self.pick(["nonesuch", found[1].value + "_"]))

    def unreadable_text(self):
        found = self.pick(self.scalars(lambda p, n: " " in n.value and p[0] in ("claims", "study", "keep")))
        if not found:
            return None
        words = found[1].value.split()
        if len(words) < 2:
            return None
        i = self.draw.randrange(len(words))
        how = self.draw.randrange(3)
        if how == 0:
            del words[i]
        elif how == 1:
            words.insert(i, "about")
        else:
            words[0] = "fianl"
        return self.value_replaced(found[1], '"' + " ".join(words) + '"')

    def unreadable_range(self):
        found = self.pick([(p, n) for p, n in self.config.nodes.items() if len(p) > 1 and p[-2] in ("grid", "zip")
                           or p[-1:] == ("over",)])
        return found and self.value_replaced(found[1], self.pick(
            ['"log(1e-3)"', '"lgo(1e-3, 1, 4)"', '"linear(a, b, 3)"', '"log(1, 2, 3"', "log", "[]", "3", '"integers()"']))

    def unknown_unit(self):
        stop = self.config.nodes.get(("stop",))
        study = self.config.nodes.get(("study",))
        new = self.pick(["10 parsecs", "-5 s", "10 sec", "0 s", "ten s", "5 MB", "5s s"])
        if stop is not None and isinstance(stop, yaml.MappingNode) and stop.value and self.draw.random() < 0.5:
            first = stop.value[0][0]
            begin = span(first)[0]
            return self.replaced(begin, begin, f"time: {new}, " if stop.flow_style else
                                 f"time: {new}\n" + " " * first.start_mark.column)
        if study is not None and not study.flow_style and study.value and "limits" not in [k.value for k, _ in study.value]:
            first = study.value[0][0]
            begin = span(first)[0]
            limit = self.pick([f"time: {new}", "memory: 5 gb", "memory: -3 MB", "memory: 0", "memory: [5]", "tiem: 5 s"])
            return self.replaced(begin, begin, f"limits: {{{limit}}}\n" + " " * first.start_mark.column)
        return None

    KINDS = ("misspelt_key", "unknown_key", "missing_key", "wrong_type", "wrong_item", "out_of_range", "unknown_plugin",
             "wrong_word", "unreadable_text", "unreadable_range", "unknown_unit")


def checked(program, file, over, environment):
    """{(line, column): sentence} of what check says of `over` (or of `file`, if there is none), and its exit code."""
    command = [program, "check", file] + (["-c", over] if over else [])
    done = subprocess.run(command, env=environment, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    about = re.escape(str(over or file))
    found = {}
    for line in done.stderr.splitlines():
        place = re.match(about + r":(\d+):(\d+): error: (.*)", re.sub(r"^tightrope: error: ", "", line))
        if place:
            found[int(place[1]), int(place[2])] = place[3]
        elif "error" in line:
            found[0, 0] = line
    return found, done.returncode


# What is wrong with the runs that a config asks for, and not with how it is written; and what no schema can compare.
OF_RUNS = re.compile("the claim speaks of|no run has|the runs have no|two cells of the study|which has no logarithm|"
                     "'to' must be a later iteration than 'from'")


def is_elsewhere(config, complaints_of_check):
    """Whether check refuses what one plugin does not take, and another of its kind does, where the file does not say at
    this place which of them it is: along axes, and in sections of a layer or a method without `type`."""
    places = {place: path for path, place in {**config.values, **config.keys}.items()}
    for place, sentence in complaints_of_check.items():
        path = places.get(place, ())
        owner = config.nodes.get(path[:-1])
        is_axis = len(path) > 1 and path[0] == "study" and any("." in str(part) or part == "over" for part in path)
        is_untyped = isinstance(owner, yaml.MappingNode) and "type" not in [key.value for key, _ in owner.value]
        if not ("parameter" in sentence and (is_axis or is_untyped)):
            return False
    return True


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("program", type=pathlib.Path)
    parser.add_argument("root", type=pathlib.Path)
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kind", choices=Mistakes.KINDS)
    parser.add_argument("--verbose", action="store_true")
    arguments = parser.parse_args()
    program, root = arguments.program.resolve(), arguments.root.resolve()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TIGHTROPE_")}
    validators = {}
    for what in ("config", "layer"):
        schema = json.loads(subprocess.run([program, "schema", what], check=True, capture_output=True).stdout)
        validators[what] = jsonschema.Draft7Validator(schema)
    files = [file for file in sorted(root.glob("configs/**/*.yaml")) if file.name != "paper.yaml"]

    def tried(number):
        """None if nothing was broken, False if something that this file alone does not tell, how both sides refused it at
        the same place, or a text of what they said."""
        draw = random.Random(f"{arguments.seed} {number}")
        file = draw.choice(files)
        kind = arguments.kind or Mistakes.KINDS[number % len(Mistakes.KINDS)]
        text = getattr(Mistakes(file.read_text(), draw.random()), kind)()
        if text is None:
            return None
        try:
            config = Config(text)
        except (yaml.YAMLError, KeyError):
            return None
        is_layer = file.name.count(".") > 1
        by_schema = complaints(validators["layer" if is_layer else "config"], config)
        with tempfile.TemporaryDirectory(prefix="tightrope-", dir=scratch) as folder:
            copy = pathlib.Path(folder) / file.name
            copy.write_text(text)
            if (file.parent / "data").is_dir():
                (pathlib.Path(folder) / "data").symlink_to(file.parent / "data")
            base = file.with_name(file.name.split(".")[0] + ".yaml")
            by_check, code = checked(program, base if is_layer else copy, copy if is_layer else None, environment)
        if not by_schema and (code == 0 or set(by_check) == {(0, 0)} or is_elsewhere(config, by_check)
                              or all(OF_RUNS.search(sentence) for sentence in by_check.values())):
            return False if by_check else None
        # What is wrong in one place can make other places wrong, which check sees when it has put all together.
        if code == 2 and by_schema and set(by_check) >= set(by_schema):
            return "alike" if set(by_check) == set(by_schema) else "with consequences"
        # Of a section that is missing while an axis sets a part of it, check names the axis.
        at_axes = {at for at, sentence in by_check.items() if re.search("needs 'type'.*; the axis", sentence)}
        missing = {at for at, sentence in by_schema.items() if "is a required property" in sentence}
        if code == 2 and at_axes and missing and set(by_check) - at_axes >= set(by_schema) - missing:
            return "with consequences"
        was, lines = file.read_text().splitlines(), text.splitlines()
        changed = next((i for i, (a, b) in enumerate(zip(was, lines)) if a != b), 0)
        return "\n".join([f"{kind} {number}: {file.relative_to(root)}:{changed + 1}: {lines[changed] if lines else ''}",
                          f"  check ({code}): " + "; ".join(f"{at[0]}:{at[1]} {say}" for at, say in sorted(by_check.items())),
                          "  schema: " + "; ".join(f"{at[0]}:{at[1]} {say}" for at, say in sorted(by_schema.items()))])

    wrong, right, more, untold, number = [], 0, 0, 0, 0
    with tempfile.TemporaryDirectory(prefix="tightrope-") as scratch, ThreadPoolExecutor(2) as pool:
        while right + len(wrong) < arguments.count and number < 20 * arguments.count:
            batch = range(number, number + 44)
            number += 44
            for result in pool.map(tried, batch):
                if result in ("alike", "with consequences"):
                    right += 1
                    more += result != "alike"
                elif result is False:
                    untold += 1
                elif result:
                    wrong.append(result)
    print("\n".join(wrong))
    print(f"{right + len(wrong)} broken configs of {number} drawn; {len(wrong)} are not refused at the same place")
    print(f"for {more} of them check names a consequence elsewhere, too")
    print(f"{untold} more are refused by check alone: what is wrong there is in the runs, or depends on another file")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
