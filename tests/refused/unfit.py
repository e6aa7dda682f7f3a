#!/usr/bin/env python3
"""Compiles unfit.cpp: each class that is no plugin must get its one sentence, and nothing of the standard library."""
import re
import subprocess
import sys

SENTENCES = (
    "the class AnotherBase must be derived from Optimizer",
    "the class WithoutOptions needs a public `struct Options { ...; void declare(Parameters&); };`",
    "the class WithoutFunctions must override every pure virtual function of Observer",
    "the class OtherConstructor needs a public constructor OtherConstructor(const Options&, const Context&)",
)

done = subprocess.run([*sys.argv[1:], "-fsyntax-only"], stderr=subprocess.PIPE, text=True)
errors = [line for line in done.stderr.splitlines() if re.search(r"\berror: ", line)]
wrong = [f"this sentence is missing: {sentence}" for sentence in SENTENCES
         if sum(sentence in line for line in errors) != 1]
if len(errors) != len(SENTENCES) + 1:  # the one more lists the functions that are missing
    wrong.append(f"{len(errors)} errors")
if "observe(" not in done.stderr:
    wrong.append("the missing function is not named")
for word in ("shared_ptr.h", "unique_ptr.h", "stl_construct"):
    if word in done.stderr:
        wrong.append(f"it speaks of {word}")
if wrong:
    sys.exit("\n".join(wrong) + "\n" + done.stderr)
