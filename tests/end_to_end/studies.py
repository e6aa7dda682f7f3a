#!/usr/bin/env python3
"""Studies as a user meets them: tuning by trials, timing and limits, plan, watch, why-new, windows.

TIGHTROPE=$PWD/build/release/bin/tightrope studies.py [CLASS[.test]…]
"""
import csv
import json
import os
import pty
import re
import select
import signal
import statistics
import subprocess
import time

from support import PROGRAM, SMALL, Case, main

METHODS = """\
    gd: {}
    momentum: {optimizer: {type: momentum, beta: 0.5}}
"""
STUDY = SMALL.replace("claims:\n  - {that: final relative_error, is: < 0.05}\n", "")
TUNED = STUDY.replace(", step: 0.25", "").replace("iterations: 150", "iterations: 60") + """\
study:
  repetitions: 2
  tune: {path: optimizer.step, over: [0.05, 0.1, 0.2, 0.4], for: iterations to relative_error < 0.2, repetitions: 3}
  methods:
""" + METHODS


class StudyCase(Case):
    def cells(self, out):
        """Of every stored cell, trials too: labels, seed and step by the name of its folder."""
        found = {}
        for folder in sorted((self.folder / out / "cells").iterdir()):
            spec = json.loads((folder / "record.json").read_text())["spec"]
            labels = json.loads((folder / "provenance.json").read_text())["labels"]
            found[folder.name] = (labels, spec["seed"], spec["optimizer"]["step"]["value"])
        return found

    def digests(self, out):
        return {str(file.relative_to(self.folder / out)): file.read_bytes()
                for folder in sorted((self.folder / out / "cells").iterdir())
                for file in sorted(folder.iterdir()) if file.name in ("record.json", "trace.csv", "final.npz", "state.bin")}

    def first_below(self, trace, bound):
        with open(trace, encoding="utf-8") as file:
            for row in csv.DictReader(file):
                if float(row["relative_error"]) < bound:
                    return float(row["iteration"])
        return float("inf")


class Tune(StudyCase):
    def test_the_chosen_step_is_the_best_of_all_on_seeds_that_the_study_does_not_use(self):
        self.write("tuned.yaml", TUNED)
        document = self.run_json("tuned.yaml", "--out", "out")
        self.assertEqual(len(document["cells"]), 4)
        cells = self.cells("out")
        trials = {name: cell for name, cell in cells.items() if "held out" in cell[0]}
        self.assertEqual(len(trials), 2 * 4 * 3)
        seeds = {seed for labels, seed, _ in trials.values()}
        self.assertEqual(len(seeds), 3)  # the same for both methods
        self.assertFalse(seeds & {seed for name, (_, seed, _) in cells.items() if name not in trials})
        for tuned in document["tuned"]:
            medians = {}
            for step in ["0.05", "0.1", "0.2", "0.4"]:
                times = []
                for seed in seeds:  # by hand, without a study
                    optimizer = "gradient_descent" if tuned["method"] == "gd" else "momentum, beta: 0.5"
                    self.write("alone.yaml", STUDY.replace("gradient_descent, step: 0.25", f"{optimizer}, step: {step}")
                               .replace("iterations: 150", "iterations: 60"))
                    self.tightrope("run", "alone.yaml", "--set", f"seed={seed}", "--out", f"a{seed}{step}{tuned['method']}",
                                   "-q", "--no-report")
                    times.append(self.first_below(self.folder / f"a{seed}{step}{tuned['method']}/trace.csv", 0.2))
                medians[float(step)] = statistics.median(times)
            best = min(medians, key=lambda step: (medians[step], step))
            self.assertEqual(tuned["value"], best, medians)
            self.assertEqual(tuned["merit"], medians[best])
            self.assertEqual((tuned["values"], tuned["trials"], tuned["iterations"]), (4, 12, 12 * 60))
        self.assertEqual(len({tuned["trials"] for tuned in document["tuned"]}), 1)

    def test_of_two_parameters_the_best_pair_of_all_is_chosen(self):
        steps, betas = ["0.05", "0.1", "0.2"], ["0.3", "0.6", "0.9"]
        self.write("tuned.yaml", TUNED.replace("momentum, beta: 0.5}", "momentum}, tune: {over: {optimizer.step: "
                   f"[{', '.join(steps)}], optimizer.beta: [{', '.join(betas)}]}}}}"))
        document = self.run_json("tuned.yaml", "--out", "out")
        alone, pair = document["tuned"]
        self.assertEqual((alone["values"], pair["values"], pair["trials"]), (4, 9, 27))
        self.assertEqual(pair["path"], "optimizer.step, optimizer.beta")
        seeds = {seed for labels, seed, _ in self.cells("out").values() if "held out" in labels}
        medians = {}
        for step in steps:
            for beta in betas:
                times = []
                for seed in seeds:  # by hand, without a study
                    self.write("alone.yaml", STUDY.replace("gradient_descent, step: 0.25", f"momentum, beta: {beta}, step: {step}")
                               .replace("iterations: 150", "iterations: 60"))
                    self.tightrope("run", "alone.yaml", "--set", f"seed={seed}", "--out", f"a{seed}{step}{beta}", "-q",
                                   "--no-report")
                    times.append(self.first_below(self.folder / f"a{seed}{step}{beta}/trace.csv", 0.2))
                medians[float(step), float(beta)] = statistics.median(times)
        best = min(medians, key=lambda chosen: (medians[chosen], chosen))
        self.assertEqual(tuple(pair["value"].values()), best, medians)
        self.assertEqual(pair["merit"], medians[best])
        # The cells are those of the pair written in the file.
        for labels, _, step in self.cells("out").values():
            if labels.get("method") == "momentum" and "held out" not in labels:
                self.assertEqual(step, best[0])
        told = self.tightrope("show", "out").stdout
        self.assertIn(f"optimizer.step {best[0]:g}, optimizer.beta {best[1]:g} (27 trials", told)

    def test_the_report_draws_what_each_value_was_worth(self):
        self.write("tuned.yaml", TUNED.replace("momentum, beta: 0.5}", "momentum}, tune: {over: {optimizer.step: "
                   "[0.05, 0.1, 0.2], optimizer.beta: [0.3, 0.9]}}"))
        document = self.run_json("tuned.yaml", "--out", "out")
        alone, pair = json.loads((self.folder / "out/trials.json").read_text())["settings"]
        self.assertEqual((alone["paths"], alone["column"]), (["optimizer.step"], "relative_error"))
        self.assertEqual([tried["values"] for tried in alone["tried"]], [[0.05], [0.1], [0.2], [0.4]])
        self.assertEqual((len(pair["tried"]), pair["chosen"]), (6, list(document["tuned"][1]["value"].values())))
        last = {}
        for name, (labels, _, step) in self.cells("out").items():
            if labels.get("method") == "gd" and "held out" in labels:
                with open(self.folder / "out/cells" / name / "trace.csv", encoding="utf-8") as file:
                    last.setdefault(step, []).append(float(list(csv.DictReader(file))[-1]["relative_error"]))
        for tried in alone["tried"]:
            self.assertEqual(tried["last"], statistics.median(last[tried["values"][0]]))
        self.tightrope("report", "out", "-q")
        curve = (self.folder / "out/figures/sensitivity_optimizer_step.svg").read_text(encoding="utf-8")
        self.assertIn(f"<title>chosen at {alone['chosen'][0]:g}: ", curve)
        heat_map = (self.folder / "out/figures/sensitivity_optimizer_step_optimizer_beta.svg").read_text(encoding="utf-8")
        self.assertEqual(heat_map.count(", chosen</title>"), 1)
        page = (self.folder / "out/report.html").read_text(encoding="utf-8")
        section = page[page.index(">Tuned values</h2>"):].split("<h2")[0]
        self.assertEqual(section.count("<figure"), 2)

    def test_the_report_says_what_each_method_was_given(self):
        self.write("tuned.yaml", TUNED)
        self.tightrope("run", "tuned.yaml", "--out", "out", "-q")
        tuned = json.loads((self.folder / "out/run.json").read_text())["tuned"]
        page = (self.folder / "out/report.html").read_text(encoding="utf-8")
        section = page[page.index(">Tuned values</h2>"):].split("<h2")[0]
        self.assertIn("the same: 12 trials, 720 iterations in all", section)
        for own in tuned:
            row = next(row for row in section.split("<tr>") if f"<td>{own['labels']['method']}</td>" in row)
            for cell in (own["value"], own["values"], own["trials"], own["iterations"], own["passes"]):
                self.assertIn(f'<td class="number">{cell}</td>', row)

    def test_the_same_step_written_by_hand_is_the_same_run(self):
        self.write("tuned.yaml", TUNED)
        steps = {tuned["method"]: tuned["value"] for tuned in self.run_json("tuned.yaml", "--out", "out")["tuned"]}
        by_hand = TUNED.replace("{}", f"{{optimizer: {{step: {steps['gd']}}}}}").replace(
            "beta: 0.5", f"beta: 0.5, step: {steps['momentum']}")
        self.write("by_hand.yaml", "".join(line for line in by_hand.splitlines(True) if "tune:" not in line))
        before = self.digests("out")
        plan = json.loads(self.tightrope("plan", "by_hand.yaml", "--out", "out", "--quick", "--format", "json").stdout)
        self.assertEqual(plan["states"], {"cached": 4})
        self.run_json("by_hand.yaml", "--out", "out")
        self.assertEqual(self.digests("out"), before)

    def test_workers_kills_and_further_methods_change_nothing(self):
        self.write("tuned.yaml", TUNED)
        self.run_json("tuned.yaml", "--out", "one", "-j", "1")
        expected, tuned = self.digests("one"), json.loads((self.folder / "one/run.json").read_text())["tuned"]
        self.run_json("tuned.yaml", "--out", "two", "-j", "2")
        self.assertEqual(self.digests("two"), expected)
        self.assertEqual(json.loads((self.folder / "two/run.json").read_text())["tuned"], tuned)
        for wait in (0.05, 0.1, 0.2, 0.3):
            process = subprocess.Popen([PROGRAM, "run", "tuned.yaml", "--out", "hit", "-q", "--no-report"], cwd=self.folder,
                                       env=self.environment(), stdout=subprocess.DEVNULL, start_new_session=True)
            time.sleep(wait)
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        self.run_json("tuned.yaml", "--out", "hit")
        self.assertEqual(self.digests("hit"), expected)
        self.assertEqual(json.loads((self.folder / "hit/run.json").read_text())["tuned"], tuned)
        self.write("tuned.yaml", TUNED + "    scaled: {optimizer: {type: scaled_gradient_descent, damping: 0.01}}\n")
        more = self.run_json("tuned.yaml", "--out", "one")["tuned"]
        self.assertEqual(more[:2], tuned)
        self.assertEqual([entry["method"] for entry in more], ["gd", "momentum", "scaled"])

    def test_each_setting_has_its_own_value_and_a_method_its_own_rules(self):
        self.write("tuned.yaml", TUNED.replace("gd: {}", "gd: {tune: none, optimizer: {step: 0.3}}")
                   .replace("beta: 0.5}", "beta: 0.5}, tune: {over: 'log(0.01, 0.1, 2)', repetitions: 1}")
                   + "  grid: {problem.target.condition: [1, 4]}\n")
        document = self.run_json("tuned.yaml", "--out", "out")
        self.assertEqual([tuned["labels"] for tuned in document["tuned"]],
                         [{"method": "momentum", "condition": "1"}, {"method": "momentum", "condition": "4"}])
        self.assertEqual({tuned["trials"] for tuned in document["tuned"]}, {2})
        self.assertEqual({step for labels, _, step in self.cells("out").values() if labels["method"] == "gd"}, {0.3})

    def test_bisection_finds_the_edge_of_stability(self):
        self.write("tuned.yaml", re.sub(r"over: .*?\], for: .*?, repetitions: 3",
                                        "over: {bisect: [0.01, 100], trials: 9, take: 0.5}", TUNED))
        document = self.run_json("tuned.yaml", "--out", "out")
        ends = {}
        for name, (labels, _, step) in self.cells("out").items():
            if labels["method"] == "gd" and "held out" in labels:
                end = json.loads((self.folder / "out/cells" / name / "record.json").read_text())["end"]["class"]
                ends.setdefault(step, []).append(end)
        self.assertEqual(len(ends), 9)
        stable = max(step for step, found in ends.items() if "diverged" not in found and step <= 3)
        value = next(tuned["value"] for tuned in document["tuned"] if tuned["method"] == "gd")
        self.assertAlmostEqual(value, stable / 2, places=3)
        # Between the largest stable value and the next that was tried lies less than a factor 100^(2/2^7).
        self.assertLess(min(step for step in ends if step > stable) / stable, 1.2)
        self.assertTrue(all(cell["end"]["class"] == "limit" for cell in document["cells"]))

    def test_of_equals_the_smaller_value_wins(self):
        # Both get there at the first recorded row: what comes after decides nothing.
        self.write("tuned.yaml", re.sub(r"over: .*?\], for: .*?, repetitions: 3",
                                        "over: [0.3, 0.2], for: iterations to relative_error < 2, repetitions: 2", TUNED))
        for tuned in self.run_json("tuned.yaml", "--out", "out")["tuned"]:
            self.assertEqual((tuned["value"], tuned["merit"]), (0.2, 0))

    def test_a_value_at_the_end_of_its_range_is_told_with_its_setting(self):
        text = re.sub(r"over: .*?\], for: .*?, repetitions: 3",
                      "over: [0.0001, 0.0002], for: iterations to relative_error < 1e-9, repetitions: 1", TUNED)
        self.write("tuned.yaml", text)
        out = self.tightrope("run", "tuned.yaml", "--no-report").stdout
        self.assertRegex(out, r"method gd: optimizer.step 0.0002 .*; no value got there in half of the trials: the smallest "
                              r"last value decided; the best value, 0.0002, is the largest that was tried")
        self.write("many.yaml", text + "  grid: {problem.target.condition: [1, 2, 3, 4, 5, 6, 7]}\n")
        out = self.tightrope("run", "many.yaml", "--no-report", "--out", "many").stdout
        self.assertRegex(out, r"  gd: optimizer.step 0.0002 in 7 of 7 settings \(14 trials")
        self.assertRegex(out, r"In 14 of 14 settings no value .*largest that was tried: condition 1, method gd; .*; and 6 more, "
                              r"which run.json has")

    def test_a_mistake_in_the_rules_says_nothing_untrue_of_claims(self):
        self.write("tuned.yaml", TUNED.replace("over: [0.05", "ovr: [0.05") +
                   "claims:\n  - {that: final relative_error, where: {method: gd}, is: < 0.05}\n")
        text = self.tightrope("check", "tuned.yaml", code=2).stderr
        self.assertIn("tune has no key 'ovr'", text)
        self.assertNotIn("claim", text)
        self.assertNotIn("label", text)

    def test_what_the_summary_and_show_say(self):
        self.write("tuned.yaml", TUNED)
        text = self.tightrope("run", "tuned.yaml", "--no-report").stdout
        self.assertRegex(text, r"Tuned\n  method gd: optimizer.step \S+ \(12 trials, 720 iterations, 732 passes\)")
        self.assertIn("Tuned\n  method gd: optimizer.step", self.tightrope("show", "results/small").stdout)
        shown = json.loads(self.tightrope("show", "results/small", "--format", "json").stdout)
        self.assertEqual([entry["method"] for entry in shown["tuned"]], ["gd", "momentum"])
        self.assertIn("4 run again with the same bits",
                      self.tightrope("verify", "results/small", "--sample", "100%").stdout)

    def test_plan_and_check_speak_of_the_trials(self):
        self.write("tuned.yaml", TUNED)
        self.assertIn("4 runs, 0 claims, 24 trials before them", self.tightrope("check", "tuned.yaml").stdout)
        plan = json.loads(self.tightrope("plan", "tuned.yaml", "--format", "json").stdout)
        self.assertEqual(plan["states"], {"new": 24, "waits": 4})
        self.assertEqual((len(plan["trials"]), len(plan["cells"])), (24, 4))
        self.assertEqual({cell["key"] for cell in plan["cells"]}, {""})
        self.assertIn("24 at the most", self.tightrope("plan", "tuned.yaml", "--quick").stdout)
        self.run_json("tuned.yaml")
        plan = json.loads(self.tightrope("plan", "tuned.yaml", "--format", "json").stdout)
        self.assertEqual(plan["states"], {"cached": 4})
        self.assertNotIn("", {cell["key"] for cell in plan["cells"]})

    def test_mistakes(self):
        for wrong, words in [
                ("over: [0.05], for: seconds to relative_error < 0.2", ["tuned.yaml:", "seconds would choose differently"]),
                ("over: [-1], for: final relative_error", ["tuned.yaml:", "step"]),
                ("over: [0.05], for: final relative_eror", ["'relative_eror'", "did you mean 'relative_error'?"]),
                ("over: {bisect: [4, 0.1]}", ["two numbers above 0, the smaller one first"]),
                ("over: [0.05]", ["tune needs 'for'"]),
                ("path: optimiser.step, over: [0.05], for: final relative_error", ["did you mean 'optimizer'?"])]:
            prefix = "" if wrong.startswith("path") else "path: optimizer.step, "
            self.write("tuned.yaml", re.sub(r"tune: .*", f"tune: {{{prefix}{wrong}}}", TUNED))
            self.one_sentence(self.tightrope("run", "tuned.yaml", "-q", code=2), *words)


class Timing(StudyCase):
    def test_the_record_says_which_kind_of_seconds_they_are(self):
        text = STUDY + "study: {repetitions: 2, methods: {a: {}, b: {optimizer: {step: 0.2}}}}\n"
        self.write("study.yaml", text)
        self.write("solo.yaml", text.replace("{repetitions", "{timing: solo, repetitions"))
        kinds = {}
        for name, arguments in [("study", ["-j", "1"]), ("solo", []), ("solo", ["-j", "2"]), ("study", ["--solo"])]:
            out = f"{name}{''.join(arguments)}"
            self.run_json(f"{name}.yaml", "--out", out, *arguments)
            kinds[out] = {json.loads(file.read_text())["timing"]
                          for file in (self.folder / out / "cells").glob("*/provenance.json")}
        self.assertEqual(kinds, {"study-j1": {"attributed"}, "solo": {"solo"}, "solo-j2": {"attributed"},
                                 "study--solo": {"solo"}})
        self.assertEqual(self.digests("study-j1"), self.digests("solo"))
        for file in (self.folder / "study-j1/cells").glob("*/provenance.json"):
            record = json.loads((file.parent / "record.json").read_text())
            self.assertAlmostEqual(json.loads(file.read_text())["bytes"], record["counters"]["bytes"] / 2, delta=1)
        self.run_json("small.yaml", "--out", "alone")
        self.assertEqual({json.loads(file.read_text())["timing"]
                          for file in (self.folder / "alone/cells").glob("*/provenance.json")}, {"solo"})

    def test_the_summary_tells_the_bandwidth_of_a_study(self):
        self.write("study.yaml", STUDY + "study: {methods: {a: {}, b: {optimizer: {step: 0.2}}}}\n")
        self.assertRegex(self.tightrope("run", "study.yaml", "--no-report").stdout, r"passes over the operator, [\d.]+ GB/s\.")

    def test_limits_from_the_file_and_flags_that_win(self):
        long = STUDY.replace("iterations: 150", "iterations: 100000000") + "study: {limits: {time: %s}, methods: {a: {}}}\n"
        self.write("study.yaml", long % "0.2 s")
        document = self.run_json("study.yaml", code=1)
        self.assertIn("longer than the limit of 0.2 s", document["missing"][0]["reason"])
        self.write("study.yaml", long % "1 h")
        document = self.run_json("study.yaml", "--cell-time", "0.2s", code=1)
        self.assertIn("longer than the limit of 0.2 s", document["missing"][0]["reason"])
        self.write("study.yaml", long % "soon")
        self.one_sentence(self.tightrope("run", "study.yaml", code=2), "study.yaml:", "limit 'time'", "ms, s, min, h, d")
        self.write("study.yaml", long.replace("time:", "tim:") % "1 s")
        self.one_sentence(self.tightrope("run", "study.yaml", code=2), "'tim'", "did you mean 'time'?")
        self.write("study.yaml", STUDY + "study: {timing: sole, methods: {a: {}}}\n")
        self.one_sentence(self.tightrope("check", "study.yaml", code=2), "timing", "did you mean 'solo'?")


class Plan(StudyCase):
    def test_states_and_the_document(self):
        self.write("study.yaml", STUDY + """\
study:
  methods: {a: {}, b: {optimizer: {step: 0.2}}}
  list: [{stop.iterations: 150}]
""")
        plan = json.loads(self.tightrope("plan", "study.yaml", "--format", "json").stdout)
        self.assertEqual(plan["states"], {"new": 2})
        self.assertEqual(plan["axes"][0], {"label": "method", "path": "method", "values": ["a", "b"]})
        for cell in plan["cells"]:
            self.assertEqual(cell["passes"], 151)
            self.assertGreater(cell["seconds"], 0)
            self.assertEqual(cell["operator_bytes"], 150 * 12 * 9 * 8)
        self.assertGreater(plan["memory_bytes"], 150 * 12 * 9 * 8)
        self.assertEqual(os.listdir(self.folder).count("results"), 0)

        self.run_json("study.yaml", "--only", "method=a")
        states = lambda *more: {tuple(cell["labels"].values()): cell["state"] for cell in json.loads(
            self.tightrope("plan", "study.yaml", "--format", "json", "--quick", *more).stdout)["cells"]}
        self.assertEqual(states(), {("150", "a"): "cached", ("150", "b"): "new"})
        text = (self.folder / "study.yaml").read_text().replace("[{stop.iterations: 150}]", "[{stop.iterations: 300}]")
        self.write("study.yaml", text)
        self.assertEqual(states(), {("300", "a"): "to continue", ("300", "b"): "new"})

        self.write("study.yaml", text.replace("b: {", "b: {problem: {target: {rank: 10}}, "))
        plan = json.loads(self.tightrope("plan", "study.yaml", "--format", "json").stdout)
        self.assertEqual(plan["states"], {"skipped": 1, "to continue": 1})
        skipped = next(cell for cell in plan["cells"] if cell["state"] == "skipped")
        self.assertRegex(skipped["reason"], r"study.yaml:\d+:\d+: target 'random_low_rank' has a rank that exceeds")
        rows = list(csv.reader(self.tightrope("plan", "study.yaml", "--format", "csv").stdout.splitlines()))
        self.assertEqual(rows[0], ["method", "iterations", "state", "passes", "memory", "time"])
        self.assertEqual([row[2] for row in rows[1:]], ["to continue", "skipped"])
        table = self.tightrope("plan", "study.yaml").stdout
        self.assertIn("2 cells, 1 skipped, 1 to continue", table)

    def test_workers_that_would_hold_large_operators_become_one(self):
        """Nothing is made for the answer: the operator only says how much it would take."""
        cores = len(os.sched_getaffinity(0))
        self.write("study.yaml", STUDY + "study: {methods: {a: {}, b: {optimizer: {step: 0.2}}}}\n")
        plan = lambda *more: json.loads(self.tightrope("plan", "study.yaml", "--quick", "--format", "json", *more).stdout)
        self.assertEqual(plan()["workers"], {"count": cores, "threads": 1, "reason": ""})
        workers = plan("--set", "problem.operator.measurements=350000")["workers"]  # × 12 × 9 × 8 bytes = 302 MB
        self.assertEqual((workers["count"], workers["threads"]), (1, cores))
        if cores > 1:
            self.assertIn("an operator takes 302 MB", workers["reason"])
        few = plan("--set", "problem.operator={type: entry_sampling, count: 20}")["workers"]
        self.assertEqual(few["count"], cores)

    def test_where_takes_lists(self):
        study = STUDY + "study: {grid: {optimizer.step: [0.1, 0.2, 0.3], model.rank: [2, 3]}, where: {step: [0.1, 3e-1]}}\n"
        self.write("study.yaml", study + "claims: [{that: final relative_error, where: {rank: 3, step: [0.1, 0.3]}, is: < 2}]\n")
        plan = json.loads(self.tightrope("plan", "study.yaml", "--quick", "--format", "json").stdout)
        self.assertEqual(len(plan["cells"]), 4)
        document = self.run_json("study.yaml")
        self.assertIn("rank 3, step 0.1 or 0.3", document["claims"][0]["that"])
        self.assertIn("step 0.", document["claims"][0]["measured"])  # which of the two decided
        self.write("study.yaml", study + "claims: [{that: final relative_error, where: {step: [0.1, 0.7]}, is: < 2}]\n")
        self.one_sentence(self.tightrope("check", "study.yaml", code=2), "no run has step '0.7'")


class Watch(StudyCase):
    ENDLESS = STUDY.replace("iterations: 150", "iterations: 100000000") + "study: {repetitions: 2}\n"

    def start(self):
        process = subprocess.Popen([PROGRAM, "run", "study.yaml", "--out", "out", "-q", "--checkpoint", "0.1"],
                                   cwd=self.folder, env=self.environment(), stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL, start_new_session=True)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        deadline = time.monotonic() + 60
        while not list((self.folder / "out/unfinished").glob("*.state")) and time.monotonic() < deadline:
            time.sleep(0.05)
        return process

    def test_no_study(self):
        self.one_sentence(self.tightrope("watch", "absent", code=2), "absent")
        self.one_sentence(self.tightrope("watch", ".", code=2), "nothing has run")

    def test_a_finished_study(self):
        self.write("study.yaml", STUDY + "study: {repetitions: 2}\n")
        self.run_json("study.yaml", "--out", "out")
        self.assertEqual(self.tightrope("watch", "out").stdout, "small: not running: 2 of 2 done\n")

    def test_a_running_study_piped_and_on_a_terminal_and_one_that_was_killed(self):
        self.write("study.yaml", self.ENDLESS)
        process = self.start()
        time.sleep(1)  # status.json is written twice a second
        once = self.tightrope("watch", "out", "--once").stdout
        self.assertRegex(once, r"^small: running: 0 of 2 done, 2 running.*\n$")
        # On a terminal: one line that is written again and again, and nothing of it left in pieces.
        watcher, terminal = pty.openpty()
        watching = subprocess.Popen([PROGRAM, "watch", "out"], cwd=self.folder, stdin=subprocess.DEVNULL, stdout=terminal,
                                    stderr=terminal, env=self.environment(TERM="xterm"))
        piped = subprocess.Popen([PROGRAM, "watch", "out"], cwd=self.folder, stdin=subprocess.DEVNULL,
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=self.environment(), text=True)
        os.close(terminal)
        time.sleep(1.5)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        self.assertEqual(watching.wait(30), 0)
        text = b""
        while select.select([watcher], [], [], 0.2)[0]:
            try:
                text += os.read(watcher, 65536)
            except OSError:
                break
        os.close(watcher)
        self.assertGreaterEqual(text.count(b"\r"), 2)
        self.assertIn(b"small: not running: 0 of 2 done", text)
        out, errors = piped.communicate(timeout=30)
        self.assertRegex(out, r"^small: not running: 0 of 2 done[^\n]*; the same `tightrope run` goes on from there\n$")
        self.assertNotIn("\r", errors)
        self.assertEqual(self.tightrope("watch", "out").stdout, out)


class WhyNew(StudyCase):
    def test_what_differs(self):
        self.write("study.yaml", STUDY + "study: {methods: {a: {}, b: {optimizer: {step: 0.2}}}}\n")
        self.one_sentence(self.tightrope("show", "absent", "--why-new", "study.yaml", code=2), "absent")
        self.run_json("study.yaml", "--out", "out", "--only", "method=a")
        text = self.tightrope("show", "out", "--why-new", "study.yaml").stdout
        self.assertRegex(text, r"^b\n  optimizer\.step\.value: 0\.2, stored with 0\.25\n1 of 2 stored\n$")
        text = self.tightrope("show", "out", "--why-new", "study.yaml", "--set", "seed=4").stdout
        self.assertIn("a\n  seed: 4, stored with 3\n", text)
        text = self.tightrope("show", "out", "--why-new", "study.yaml", "--only", "method=a").stdout
        self.assertEqual(text, "1 of 1 stored\n")
        text = self.tightrope("show", "out", "--why-new", "study.yaml", "--set", "stop.iterations=300").stdout
        self.assertIn("a\n  stop.iterations: 300, stored with 150\n", text)


class Window(StudyCase):
    def test_a_window_is_run_again_from_the_nearest_state(self):
        self.run_json("small.yaml", "--out", "out", "--set", "stop.iterations=60", "--set", "claims=[]")
        self.run_json("small.yaml", "--out", "out")
        self.assertIn("iterations 80 to 120, from the state at iteration 60",
                      self.tightrope("verify", "out", "--window", "80-120").stdout)
        self.assertIn("from the state at iteration 0", self.tightrope("verify", "out", "--window", "20-40").stdout)
        self.assertIn("from the state at iteration 60", self.tightrope("verify", "out", "--window", "100-500").stdout)
        self.one_sentence(self.tightrope("verify", "out", "--window", "150-160", code=2), "goes beyond iteration 150")
        self.one_sentence(self.tightrope("verify", "out", "--window", "80", code=2), "such as 400-600")

    def test_a_window_starts_from_a_checkpoint(self):
        self.run_json("small.yaml", "--out", "out")
        process = subprocess.Popen([PROGRAM, "run", "small.yaml", "--out", "out", "-q", "--checkpoint", "0.02", "--set",
                                    "stop.iterations=100000000"], cwd=self.folder, env=self.environment(),
                                   stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 60
        while not list((self.folder / "out/unfinished").glob("*.state")) and time.monotonic() < deadline:
            time.sleep(0.01)
        process.kill()
        process.wait()
        # It lies behind the end of the stored run, so it is of no use for this window, and does no harm.
        self.assertIn("from the state at iteration 0", self.tightrope("verify", "out", "--window", "10-20").stdout)

    def test_a_changed_run_is_found(self):
        self.run_json("small.yaml", "--out", "out")
        cell = next((self.folder / "out/cells").iterdir())
        lines = (cell / "trace.csv").read_text().splitlines(True)
        lines[101] = lines[101].replace("100,101,", "100,101,1", 1)
        text = "".join(lines)
        (cell / "trace.csv").write_text(text)
        # Somebody who also mends the digests is found out by the replay alone.
        import hashlib
        record = json.loads((cell / "record.json").read_text())
        record["files"]["trace.csv"] = hashlib.sha256(text.encode()).hexdigest()
        (cell / "record.json").write_text(json.dumps(record, indent=2) + "\n")
        (cell / "SHA256SUMS").write_text("".join(
            f"{hashlib.sha256((cell / line.split()[1]).read_bytes()).hexdigest()}  {line.split()[1]}\n"
            for line in (cell / "SHA256SUMS").read_text().splitlines()))
        self.tightrope("verify", "out", "--sample", "0")
        self.one_sentence(self.tightrope("verify", "out", "--window", "90-110", code=4), "iteration 100 of a new run differs")
        self.tightrope("verify", "out", "--window", "10-20")


if __name__ == "__main__":
    main()
