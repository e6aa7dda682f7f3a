"""What the core asks of a script before it trusts it, and the lists of blocks that it hands to one."""
import difflib
import gc
import hashlib
import inspect
import itertools
import json
import keyword
import math
import pathlib
import platform
import re
import sys
import traceback
import types

import numpy

sys.stdout = sys.stderr  # standard output is the program's


class Blocks(numpy.lib.mixins.NDArrayOperatorsMixin, list):
    """A point, a gradient or a direction: one matrix per block, with arithmetic block by block."""

    def __array_ufunc__(self, ufunc, method, *inputs, out=None, **options):
        if method != "__call__":
            return NotImplemented
        for other in itertools.chain(inputs, out or ()):
            if isinstance(other, (list, tuple)) and len(other) != len(self):
                raise ValueError(f"{len(other)} blocks do not go with {len(self)}")

        def part(of, b):
            return of[b] if isinstance(of, (list, tuple)) else of

        made = Blocks()
        for b in range(len(self)):
            if out:
                options["out"] = tuple(part(array, b) for array in out)
            made.append(ufunc(*(part(of, b) for of in inputs), **options))
        return out[0] if out else made

    def dot(self, other):
        """The sum of the inner products of the blocks."""
        return sum(float(numpy.vdot(a, b)) for a, b in zip(self, other, strict=True))

    def norm(self):
        """The Frobenius norm over all blocks."""
        return math.sqrt(self.dot(self))


class Refused(Exception):
    """What is wrong with a script, as a sentence that goes on after its name."""


# --- What a script of a kind may define: its functions, and what each of them may ask for by the names of its arguments
ITERATE = ("iteration", "point", "gradient", "value")
FUNCTIONS = {
    "optimizers": {
        "prepare": ("random", "data"),
        "direction": (*ITERATE, "memory", "objective"),
        "advance": (*ITERATE, "memory", "objective"),
    },
    "losses": {
        "prepare": ("random", "data"),
        "evaluate": ("prediction", "data", "first"),
        "curvature": ("prediction", "data", "first"),
    },
    "operators": {
        "prepare": ("random",),
        "forward": ("X",),
        "forward_of_factors": ("L", "R"),
        "adjoint": ("z",),
        "adjoint_times": ("z", "B"),
        "adjoint_transposed_times": ("z", "B"),
    },
    "observers": {
        "prepare": ("random", "data"),
        "observe": (*ITERATE, "X", "L", "R", "prediction", "data"),
    },
}
CONSTANTS = {  # what every function of the kind may ask for
    "optimizers": ("shape", "truth", "true_rank"),
    "losses": ("shape", "truth", "true_rank"),
    "operators": ("shape",),
    "observers": ("shape", "truth", "true_rank", "start"),
}
NEEDED = {  # one of each row, and not more
    "optimizers": (("direction", "advance"),),
    "losses": (("evaluate",),),
    "operators": (("forward", "forward_of_factors"), ("adjoint", "adjoint_times")),
    "observers": (("observe",),),
}
RESERVED = {"optimizers": ("step",), "observers": ("every",)}  # keys of the core in their sections
FLAGS = {"losses": ("separable", "is_of_residuals")}
WITH_COLUMNS = ("optimizers", "observers")


def hint(word, known):
    near = difflib.get_close_matches(word, known, 1)
    return f" (did you mean '{near[0]}'?)" if near else ""


def listed(words):
    return ", ".join(words)


# --- Reading a script -----------------------------------------------------------------------------------------------
def compiled(path, text):
    return compile(text, path, "exec", dont_inherit=True)


def executed(path, code):
    """What the script defines, in a module of its own: another object of the plugin shares nothing with this one."""
    module = types.ModuleType(pathlib.Path(path).stem)
    module.__file__ = path
    exec(code, module.__dict__)
    return module.__dict__


def inspected(kind, namespace):
    """All that a script declares, checked."""
    document = namespace.get("__doc__")
    if not isinstance(document, str) or not document.strip():
        raise Refused('has no docstring; begin it with """…""", the first line of which says what it is')
    parameters = declared_parameters(kind, namespace.get("parameters", {}))
    functions = {name: value for name in FUNCTIONS[kind] if inspect.isfunction(value := namespace.get(name))}
    for alternatives in NEEDED[kind]:
        defined = [name for name in alternatives if name in functions]
        if len(defined) > 1 and kind == "optimizers":
            raise Refused(f"defines {' and '.join(defined)}, but a method does one of them: a direction, along which "
                          "the step size of the config goes, or its own next point")
        if not defined:
            ours = [name for name, value in namespace.items() if inspect.isfunction(value) and name not in FUNCTIONS[kind]]
            close = [f"; is its '{near[0]}' meant to be '{name}'?" for name in alternatives
                     if (near := difflib.get_close_matches(name, ours, 1))]
            raise Refused(f"defines no function {' or '.join(alternatives)}{''.join(close[:1])}")
    if "adjoint_times" in functions and "adjoint" not in functions and "adjoint_transposed_times" not in functions:
        raise Refused("defines adjoint_times, but neither adjoint nor adjoint_transposed_times")
    columns = declared_columns(namespace.get("columns", {})) if kind in WITH_COLUMNS else []
    if kind == "observers" and not columns:
        raise Refused('declares no columns; say what it records: columns = {"name": "one line with the formula"}')
    flags = {name: namespace.get(name, True) for name in FLAGS.get(kind, ())}
    for name, value in flags.items():
        if not isinstance(value, bool):
            raise Refused(f"has {name} = {value!r}, but it is True or False")
    sources = namespace.get("sources", "")
    if not isinstance(sources, str):
        raise Refused("has sources that are no text; name papers by their keys, separated by commas, or by a BibTeX entry")
    return {
        "sources": sources,
        "summary": document.strip().splitlines()[0].strip().rstrip("."),
        "parameters": parameters,
        "functions": {name: wanted(kind, name, function, parameters, "prepare" in functions)
                      for name, function in functions.items()},
        "columns": columns,
        "flags": flags,
        "behind": versions(namespace),
    }


def wanted(kind, name, function, parameters, is_prepared):
    """The arguments of a function, all of which are known by name."""
    own = [parameter["name"] for parameter in parameters]
    known = [*FUNCTIONS[kind][name], *CONSTANTS[kind], *own]
    if is_prepared and name != "prepare":
        known.append("prepared")
    wants = []
    for argument in inspect.signature(function).parameters.values():
        if argument.kind in (argument.VAR_POSITIONAL, argument.VAR_KEYWORD, argument.POSITIONAL_ONLY):
            raise Refused(f"defines {name} with the argument {argument}; arguments are handed over by name: name what "
                          "it needs")
        if argument.name in known:
            wants.append(argument.name)
        elif argument.default is argument.empty:
            raise Refused(f"defines {name}, which asks for '{argument.name}'{hint(argument.name, known)}; it can ask "
                          f"for {listed(known)}")
    return wants


def versions(namespace):
    """What is behind a script besides its text: Python, and the packages whose names it holds."""
    packages = {"numpy"}
    for value in namespace.values():
        module = value.__name__ if isinstance(value, types.ModuleType) else getattr(value, "__module__", None)
        if isinstance(module, str):
            packages.add(module.partition(".")[0])
    behind = [f"python {platform.python_version()}"]
    for name in sorted(packages - set(sys.stdlib_module_names) - {"__main__"}):
        module = sys.modules.get(name)
        version, file = getattr(module, "__version__", None), getattr(module, "__file__", None)
        if version:
            behind.append(f"{name} {version}")
        elif file:
            behind.append(f"{name} {hashlib.sha256(pathlib.Path(file).read_bytes()).hexdigest()}")
    return "; ".join(behind)


# --- Declarations ---------------------------------------------------------------------------------------------------
TYPES = {float: "number", int: "whole", bool: "flag", str: "word", "file": "file"}
INTERVAL = re.compile(r"\s*([\[(])\s*([^,\s]+)\s*,\s*([^,\s]+)\s*([\])])\s*")


def declared_parameters(kind, declared):
    if not isinstance(declared, dict):
        raise Refused('has parameters that are no dict; write parameters = {"beta": dict(default=0.9, range="[0, 1)", '
                      'doc="what it is")}')
    names = {"type", "prepared", *RESERVED.get(kind, ()), *CONSTANTS[kind], *itertools.chain(*FUNCTIONS[kind].values())}
    found = []
    for name, given in declared.items():
        if not isinstance(name, str) or not re.fullmatch(r"[a-z][a-z0-9_]*", name) or keyword.iskeyword(name):
            raise Refused(f"has a parameter {name!r}; a name is made of small letters, digits and '_', and is no word "
                          "of Python")
        if name in names:
            raise Refused(f"has a parameter '{name}', which is the name of something else here; call it otherwise")
        try:
            found.append({"name": name, **declared_parameter(given)})
        except Refused as reason:
            raise Refused(f"has a parameter '{name}' that {reason}") from None
    return found


def declared_parameter(given):
    keys = ("default", "type", "range", "choices", "unit", "doc", "example")
    if not isinstance(given, dict):
        raise Refused(f"is {given!r} instead of a dict, such as dict(default=0.9, range=\"[0, 1)\", doc=\"what it is\")")
    for key in given:
        if key not in keys:
            raise Refused(f"says '{key}'{hint(str(key), keys)}; it can say {listed(keys)}")
    doc, unit = given.get("doc"), given.get("unit", "")
    if not isinstance(doc, str) or not doc.strip() or "\n" in doc:
        raise Refused('has no doc; say in one line what it is: doc="…"')
    default = given.get("default")
    is_list = isinstance(default, (list, tuple))
    kind = given.get("type", type(default[0]) if is_list and default else type(default))
    if kind not in TYPES:
        raise Refused("says neither its default nor its type" if default is None else
                      f"is of the type {getattr(kind, '__name__', kind)!r}, but float, int, bool, str and \"file\" are the types")
    word = TYPES[kind]
    if is_list and word not in ("number", "whole"):
        raise Refused("is a list, but not one of numbers")
    low, high, low_open, high_open = declared_range(given.get("range"), word)
    choices = list(given.get("choices", ()))
    if choices and (word != "word" or not all(isinstance(choice, str) for choice in choices)):
        raise Refused("has choices, but those are words, of a parameter that is one")
    if word == "number" and not is_list and isinstance(default, int) and not isinstance(default, bool):
        default = float(default)
    for value in (default if is_list else [default] if default is not None else []):
        if type(value) is not kind and not (kind is float and type(value) is int):
            raise Refused(f"has the default {default!r}, which is not of its type {kind.__name__ if kind in (float, int, bool, str) else kind}")
        if word in ("number", "whole") and not ((low < value or value == low and not low_open) and
                                                (value < high or value == high and not high_open)):
            raise Refused(f"has the default {default!r}, which is outside of its range {given['range']}")
        if word == "whole" and value < 0:
            raise Refused(f"has the default {default!r}, but whole numbers are at least 0; make it a float")
        if choices and value not in choices:
            raise Refused(f"has the default {default!r}, which is none of its choices")
    is_required = "default" not in given
    if default is None and not is_required and word not in ("number", "whole"):
        raise Refused("has no default, as numbers alone may")
    if word == "file" and not is_required:
        raise Refused("is a file, which has no default")
    example = given.get("example")
    if is_required and example is None:
        raise Refused("has no default, and so needs an example")
    return {"type": word, "is_list": is_list, "default": default, "is_required": is_required, "low": low, "high": high,
            "low_open": low_open, "high_open": high_open, "choices": choices, "unit": unit, "doc": doc.strip(),
            "example": "" if example is None else example if isinstance(example, str) else json.dumps(example)}


def declared_range(text, word):
    if text is None:
        return -math.inf, math.inf, True, True
    if word not in ("number", "whole"):
        raise Refused("has a range, but is no number")
    interval = INTERVAL.fullmatch(text) if isinstance(text, str) else None
    try:
        low, high = (float(interval[2]), float(interval[3])) if interval else (math.nan, math.nan)
    except ValueError:
        low = high = math.nan
    if not low <= high:
        raise Refused(f'has the range {text!r}; write it as an interval, such as "[0, 1)" or "(0, inf)"')
    return low, high, interval[1] == "(" or low == -math.inf, interval[4] == ")" or high == math.inf


def declared_columns(declared):
    if not isinstance(declared, dict):
        raise Refused('has columns that are no dict; write columns = {"name": "one line with the formula"}')
    keys = ("doc", "logarithmic", "display_priority", "theory_of")
    found = []
    for name, given in declared.items():
        column = {"doc": given} if isinstance(given, str) else given
        if not isinstance(name, str) or not isinstance(column, dict):
            raise Refused(f"has a column {name!r} that is neither a line of text nor a dict")
        for key in column:
            if key not in keys:
                raise Refused(f"has a column '{name}' that says '{key}'{hint(str(key), keys)}; it can say {listed(keys)}")
        found.append({"name": name, "doc": "", "logarithmic": True, "display_priority": 0, "theory_of": "", **column})
    return found


# --- Failures -------------------------------------------------------------------------------------------------------
def one_line(text):
    return " ".join(str(text).split())


def failure(path, error, trace):
    """What went wrong, in a line with the place in the script, and Python's own account of it."""
    what = f"{type(error).__name__}: {one_line(error)}" if str(error) else type(error).__name__
    if isinstance(error, SyntaxError) and error.filename == path:
        return f"{type(error).__name__}: {error.msg} ({path}:{error.lineno}:{error.offset}: `{one_line(error.text or '')}`)", ""
    frames = traceback.extract_tb(trace)
    while frames and frames[0].filename != path:
        frames.pop(0)
    ours = [frame for frame in frames if frame.filename == path]
    if not ours:
        return what, ""
    last = ours[-1]
    where = f"{path}:{last.lineno}, in {last.name}: `{one_line(last.line)}`"
    account = "Traceback (most recent call last):\n" + "".join(traceback.format_list(frames))
    return f"{what} ({where})", account + "".join(traceback.format_exception_only(type(error), error))


def generator(words):
    return numpy.random.default_rng(words)


def collect():
    gc.collect()
