#!/usr/bin/env python3
"""`tightrope test`, the examination of plugins from outside before their first use, and what workers print.

TIGHTROPE=$PWD/build/release/bin/tightrope WRONG_PLUGINS=$PWD/build/release/tests/conformance/wrong verdicts.py
"""
import json
import os
import pathlib
import shutil

from support import SMALL, Case, main

WRONG = pathlib.Path(os.environ.get("WRONG_PLUGINS", ""))
BARE = SMALL[:SMALL.index("claims:")]


class Fresh(Case):
    """Each test with a memory of its own of what was tried."""

    def environment(self, **more):
        return super().environment(XDG_CACHE_HOME=str(self.folder / "cache"), **more)

    def examined(self, target, *arguments, code):
        done = self.tightrope("test", target, *arguments, "--format", "json", code=code)
        [plugin] = json.loads(done.stdout)["plugins"]
        return plugin

    def faults(self, kind, mistake, *more):
        """The checks that do not hold, with what they say."""
        plugin = self.examined(WRONG / kind / "wrong.so", "--set", f"mistake={mistake}", *more, code=1)
        self.assertEqual(plugin["verdict"], "wrong")
        return {check["check"]: " ".join(check["faults"]) for check in plugin["checks"] if check["faults"]}


class Verdicts(Fresh):
    def test_a_plugin_of_the_program_is_right_and_says_what_was_measured(self):
        done = self.tightrope("test", "operators/gaussian")
        self.assertIn("✓ adjoint identity: relative error of ⟨A(X), z⟩ = ⟨X, A*(z)⟩", done.stdout)
        self.assertIn("operator 'gaussian' is right", done.stdout)
        self.assertNotIn("✗", done.stdout)
        for words in (["gaussian_"], ["operators/gausian"], ["absent.so"]):
            self.tightrope("test", *words, code=3)
        self.tightrope("test", "operator", "gaussian", "-q")
        self.tightrope("test", "model", "asymmetric", "-q")
        plugin = self.examined("losses/least_squares", code=0)
        slope, *_ = [check for check in plugin["checks"] if check["check"].startswith("slope")]
        self.assertEqual(slope["verdict"], "holds")
        self.assertLess(slope["measured"][0]["value"], 1e-5)

    def test_crashes_are_survived_and_name_the_function(self):
        faults = self.faults("operators", "crash")
        self.assertIn("it crashed (SIGSEGV)", faults["adjoint identity"])
        self.assertIn("it crashed (SIGSEGV)", faults["linearity"])
        # The frame below a signal is not always one that can be unwound.
        self.assertTrue(any("in Wrong::do_forward" in fault for fault in faults.values()), faults)
        faults = self.faults("optimizers", "leaves")
        self.assertIn("it ended the process that asked it (exit 5)", faults["descent, phases and columns as announced"])

    def test_what_is_read_or_written_beyond_what_is_lent_is_found(self):
        for kind, mistake, function in [("losses", "beyond", "evaluate"), ("losses", "writes", "evaluate"),
                                        ("operators", "beyond", "do_forward")]:
            faults = self.faults(kind, mistake)
            self.assertIn("it crashed (SIGSEGV)", faults["no memory beyond what it is lent"])
            self.assertIn(f"Wrong::{function}", faults["no memory beyond what it is lent"])

    def test_a_choice_that_crashes_is_found_and_the_others_are_told_as_right(self):
        plugin = self.examined(WRONG / "optimizers/wrong.so", "--set", "mistake=choice", code=1)
        wrong = {check["with"] for check in plugin["checks"] if check["faults"]}
        self.assertEqual(wrong, {"pace: fast"})
        self.assertIn("Wrong::direction", plugin["text"])

    def test_allocations_in_each_step_are_counted(self):
        if "address" in self.tightrope("doctor", "--format", "json").stdout.split("sanitizer=")[1][:20]:
            self.skipTest("sanitizers have a malloc of their own")
        steady = "allocations at work"
        self.assertIn("direction allocates memory each time", self.faults("optimizers", "allocates")[steady])
        self.assertIn("evaluate allocates memory each time", self.faults("losses", "allocates")[steady])
        self.examined(WRONG / "optimizers/wrong.so", code=0)
        self.examined(WRONG / "losses/wrong.so", code=0)

    def test_a_folder_is_examined_as_a_whole_and_json_is_one_document(self):
        for kind in ("losses", "optimizers"):
            (self.folder / "own" / kind).mkdir(parents=True)
            shutil.copy(WRONG / kind / "wrong.so", self.folder / "own" / kind)
        self.write("own/losses/text.so", "no library")
        done = self.tightrope("test", "own", "-q", code=3)
        self.assertIn("2 of 3 plugins are right, 1 cannot be loaded.", done.stdout)
        verdicts = [plugin["verdict"] for plugin in
                    json.loads(self.tightrope("test", "own", "--format", "json", code=3).stdout)["plugins"]]
        self.assertEqual(sorted(verdicts), ["does not load", "right", "right"])


class AtLoading(Fresh):
    def setUp(self):
        super().setUp()
        self.config = BARE.replace("{type: asymmetric, rank: 4}", "{type: wrong}")
        self.write("own.yaml", self.config)
        (self.folder / "own/models").mkdir(parents=True)
        shutil.copy(WRONG / "models/wrong.so", self.folder / "own/models")
        self.path = ["--plugin-path", "own"]

    def test_run_says_that_a_plugin_has_not_passed_until_it_has(self):
        run = ["run", "own.yaml", "--no-report", "--out", "o", *self.path]
        first = self.tightrope(*run)
        self.assertIn("note: not yet passed by 'tightrope test': model 'wrong'", first.stderr)
        self.tightrope("test", "own/models/wrong.so", "-q")
        self.assertNotIn("not yet passed", self.tightrope(*run).stderr)

    def test_wrong_mathematics_is_refused_with_the_cause(self):
        shutil.copy(WRONG / "models/halved.so", self.folder / "own/models")
        self.write("own.yaml", self.config.replace("wrong", "halved"))
        for verb in ("check", "run"):
            done = self.tightrope(verb, "own.yaml", *self.path, code=3)
            self.one_sentence(done, "model 'halved'", "block W is 0.5 times what it should be: a factor 2 is missing")
        self.assertFalse((self.folder / "results").exists())
        allowed = self.tightrope("run", "own.yaml", "--no-report", *self.path, "--allow-failing-plugins")
        self.assertIn("warning: model 'halved'", allowed.stderr)
        self.tightrope("test", "own/models/halved.so", "-q", code=1)


class Printed(Fresh):
    def test_what_a_plugin_prints_in_a_study_is_kept_beside_the_cell_and_shown_with_a_failure(self):
        wrong = "{{optimizer: {{type: wrong, mistake: {}, from: 4, step: 0.25}}}}"
        self.write("study.yaml", BARE + "study:\n  methods:\n    quiet: {seed: 4}\n"
                   f"    loud: {wrong.format('prints')}\n    fails: {wrong.format('fails')}\n")
        done = self.tightrope("run", "study.yaml", "--out", "s", "--no-report", "--no-lanes", "-j", "1",
                              "--plugin-path", WRONG, code=1)
        files = sorted((self.folder / "s/printed").iterdir())
        self.assertEqual(len(files), 2)
        texts = sorted(file.read_text() for file in files)
        self.assertEqual(texts[0], "about to fail\n")
        self.assertEqual(sorted(texts[1].splitlines()), ["at iteration 4", "to the other stream"])
        self.assertIn("it printed: about to fail", done.stdout)
        self.assertIn("What plugins printed in 2 runs is in s/printed.", done.stdout)


if __name__ == "__main__":
    main()
