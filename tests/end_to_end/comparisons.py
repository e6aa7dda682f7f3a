#!/usr/bin/env python3
"""What a study found, out of the program: compare in all formats, export, the bundle.

TIGHTROPE=$PWD/build/release/bin/tightrope comparisons.py [CLASS[.test]…]
"""
import csv
import hashlib
import io
import json
import math
import pathlib
import re
import shutil
import statistics
import subprocess
import tarfile

from support import SMALL, Case, main

STUDY = SMALL[:SMALL.index("claims:")].replace("name: small", "name: trio").replace("iterations: 150", "iterations: 60") + """\
study:
  success: relative_error < 0.3
  methods:
    plain: {optimizer: {type: gradient_descent, step: 0.25}}
    "heavy_ball & <co>|50%": {optimizer: {type: momentum, step: 0.1}}
    wild: {optimizer: {type: gradient_descent, step: 40}}
  grid: {problem.target.condition: [1, 3]}
  repetitions: 3
claims:
  - {that: final relative_error, where: {method: plain}, is: < 1}
"""
NASTY = "heavy_ball & <co>|50%"


class Study(Case):
    """A study with a method that diverges and a name that is hard on every format; run once for all tests."""
    kept = None

    def setUp(self):
        super().setUp()
        self.write("trio.yaml", STUDY)
        if Study.kept is None:
            self.tightrope("run", "trio.yaml", "--no-report", "-q", code=1)
            Study.kept = pathlib.Path(shutil.copytree(self.folder / "results" / "trio",
                                                      self.folder.parent / (self.folder.name + "-kept"), symlinks=True))
        else:
            shutil.copytree(Study.kept, self.folder / "results" / "trio", symlinks=True)

    @classmethod
    def tearDownClass(cls):
        if Study.kept is not None:
            shutil.rmtree(Study.kept)
            Study.kept = None

    def compare(self, *arguments, **more):
        return self.tightrope("compare", "results/trio", *arguments, **more).stdout

    def traces(self):
        """{(method, condition, repetition): rows}"""
        self.tightrope("export", "results/trio", "--to", "traces.csv")
        runs = {}
        for row in csv.DictReader(io.StringIO((self.folder / "traces.csv").read_text())):
            runs.setdefault((row["method"], row["condition"], row["repetition"]), []).append(row)
        return runs

    def summary(self, *arguments):
        return json.loads(self.compare("--format", "json", *arguments))


class Compare(Study):
    def test_numbers_are_those_of_the_traces(self):
        arrivals, finals = {}, {}
        for (method, condition, _), rows in self.traces().items():
            hit = next((row for row in rows if row["relative_error"] and float(row["relative_error"]) < 0.3), None)
            arrivals.setdefault((method, condition), []).append(int(hit["passes"]) if hit else math.inf)
            finals.setdefault((method, condition), []).append(float(rows[-1]["relative_error"] or "nan"))
        settings = {(s["labels"]["method"], s["labels"]["condition"]): s for s in self.summary()["settings"]}
        self.assertEqual(set(settings), set(arrivals))
        for key, setting in settings.items():
            self.assertEqual(setting["runs"], 3)
            if key[0] == "wild":
                self.assertEqual(setting["ends"], {"diverged": 3})
                self.assertEqual(setting["final"]["relative_error"]["median"], "inf")
                self.assertEqual(setting["success"]["reached"], 0)
                continue
            self.assertEqual(setting["final"]["relative_error"]["median"], statistics.median(finals[key]))
            reached = [time for time in arrivals[key] if time < math.inf]
            self.assertEqual(setting["success"]["reached"], len(reached))
            if len(reached) == 3:
                self.assertEqual(setting["to_success"]["passes"]["median"], statistics.median(reached))

    def test_every_method_is_paired_with_every_other(self):
        summary = self.summary()
        pairs = {(c["first"]["method"], c["second"]["method"]): c for c in summary["comparisons"]}
        self.assertEqual(set(pairs), {("plain", NASTY), ("plain", "wild"), (NASTY, "wild")})
        for comparison in pairs.values():
            self.assertEqual((comparison["pairs"], comparison["repetitions"]), (6, 3))
            test = comparison["ratio_to_success"]["iterations"]
            self.assertGreaterEqual(test["p_holm"], test["p"])
        lost = pairs["plain", "wild"]
        self.assertEqual(lost["success"]["second_only"], 0)
        self.assertEqual(lost["ratio_of_final"]["relative_error"]["median"], 0)
        # Three repetitions, whatever the number of settings.
        self.assertEqual(lost["ratio_of_final"]["relative_error"]["ratios"], [0, 0, 0])
        self.assertEqual(lost["ratio_of_final"]["relative_error"]["p"], 2 / 2 ** 3)
        self.assertEqual(summary["performance_profiles"]["problems"], 6)

    def test_table(self):
        table = self.compare()
        lines = table.splitlines()
        self.assertRegex(lines[0], r"^condition +method +ends +relative_error +successes +iterations +passes +seconds$")
        self.assertEqual([line.split()[1] for line in lines[1:7]], ["plain", "heavy_ball", "wild"] * 2)
        self.assertIn("3 diverged", lines[3])
        self.assertIn("0 of 3", lines[3])
        self.assertIn("∞", lines[3])
        self.assertIn("Holm", table)
        self.assertNotIn("Holm", self.compare("-q"))
        self.assertNotIn("nan", table.lower())

    def test_axis_column_and_target_can_be_chosen(self):
        by_condition = self.summary("--by", "condition")
        self.assertEqual([(c["first"], c["second"]) for c in by_condition["comparisons"]],
                         [({"condition": "1"}, {"condition": "3"})])
        self.assertIn("imbalance", self.compare("--column", "imbalance").splitlines()[0])
        easy = self.summary("--success", "relative_error < 0.99")
        self.assertEqual(easy["success"], "relative_error < 0.99")
        hard = self.summary("--success", "relative_error < 1e-12")
        self.assertEqual({s["success"]["reached"] for s in hard["settings"]}, {0})
        self.assertIn("more than", self.compare("--success", "relative_error < 1e-12"))
        for arguments, words in [(("--by", "conditon"), ["no axis 'conditon'", "did you mean 'condition'"]),
                                 (("--column", "imbalanc"), ["records the column 'imbalanc'", "'imbalance'"]),
                                 (("--success", "relative_error"), ["--success relative_error:1:1", "must compare"]),
                                 (("--success", "nothing < 1"), ["'nothing'", "--success"]),
                                 (("--format", "xml"), ["'xml'", "table, markdown, latex, csv, json"])]:
            self.one_sentence(self.tightrope("compare", "results/trio", *arguments, code=2), *words)

    def test_markdown_is_a_table_whatever_the_names(self):
        lines = [line for line in self.compare("--format", "markdown", "-q").splitlines() if line]
        tables = [lines[:8], lines[8:]]
        for table in tables:
            widths = {len(re.split(r"(?<!\\)\|", line)) for line in table}
            self.assertEqual(len(widths), 1, table)
            self.assertRegex(table[1], r"^\|( -+:? \|)+$")
        self.assertIn(r"heavy_ball & \<co>\|50%", tables[0][3])

    def test_csv_has_every_number_in_full(self):
        rows = list(csv.DictReader(io.StringIO(self.compare("--format", "csv"))))
        self.assertEqual(len(rows), 6)
        exact = {(s["labels"]["method"], s["labels"]["condition"]): s for s in self.summary()["settings"]}
        for row in rows:
            setting = exact[row["method"], row["condition"]]
            median = setting["final"]["relative_error"]["median"]
            self.assertEqual(float(row["relative_error"]), float(median))
            self.assertEqual(int(row["successes"]), setting["success"]["reached"])
            self.assertEqual(int(row["diverged"]), 3 if row["method"] == "wild" else 0)

    def test_latex(self):
        text = self.compare("--format", "latex")
        self.assertEqual(text.count(r"\begin{tabular}"), 2)
        for rule in ["toprule", "midrule", "bottomrule"]:
            self.assertEqual(text.count("\\" + rule), 2)
        self.assertIn(r"heavy\_ball \& \textless{}co\textgreater{}\textbar{}50\%", text)
        for table in re.findall(r"\\begin\{tabular\}\{([lr]+)\}(.*?)\\end\{tabular\}", text, re.S):
            rows = [line for line in table[1].splitlines() if line.endswith(r"\\")]
            for row in rows:
                self.assertEqual(len(re.findall(r"(?<!\\)&", row)), len(table[0]) - 1, row)
        body = re.sub(r"^%.*$", "", text, flags=re.M)
        self.assertNotRegex(body, r"[^\x00-\x7f]")
        self.assertNotRegex(body, r"(?<!\\)[#%_^~](?!\{-?\d)")
        self.assertEqual(body.count("$") % 2, 0)
        self.compiles(text)

    def test_tables_for_a_paper(self):
        pivot = self.compare("--pivot", "iterations", "--bold", "--siunitx", "--format", "latex",
                             "--rename", "plain=Plain descent", "--rename", "condition=κ")
        self.assertEqual(pivot.count(r"\begin{tabular}"), 1)
        rows = [line for line in pivot.splitlines() if line.endswith(r"\\")]
        self.assertEqual(len(rows), 4)
        self.assertTrue(all(row.count("&") - row.count(r"\&") == 2 for row in rows), rows)
        self.assertRegex(rows[1], r"^Plain descent & ")
        self.assertIn(r"$\kappa$ 1", rows[0])
        self.assertEqual(sum(row.count(r"\bfseries") + row.count(r"\textbf") for row in rows), 2)  # one a setting
        self.assertIn("{never}", rows[3])
        self.compiles(pivot)
        narrow = self.compare("--columns", "final,iterations", "--format", "latex", "--siunitx")
        self.assertLess(max(len(line) for line in narrow.splitlines() if not line.startswith("%")), 150)
        self.compiles(narrow)
        self.compiles(self.compare("--bold", "--format", "latex"))
        self.assertEqual(self.compare("--columns", "successes", "-q").splitlines()[0].split(),
                         ["condition", "method", "successes"])
        numbers = list(csv.DictReader(io.StringIO(self.compare("--pivot", "passes", "--format", "csv"))))
        medians = {s["labels"]["method"]: s["to_success"]["passes"]["median"] for s in self.summary()["settings"]
                   if s["labels"]["condition"] == "1"}
        for row in numbers:
            self.assertEqual(float(row["condition 1"]), math.inf if medians[row["method"]] is None else medians[row["method"]])
        for arguments, words in [(("--columns", "iteration"), ["no column 'iteration'", "did you mean 'iterations'"]),
                                 (("--pivot", "ends", "--columns", "ends"), ["--pivot shows one column"]),
                                 (("--bold",), ["--bold goes with --format markdown or latex, not table"]),
                                 (("--siunitx", "--format", "markdown"), ["--siunitx goes with --format latex"]),
                                 (("--rename", "plain"), ["--rename must be NAME=TEXT"]),
                                 (("--rename", "plan=x"), ["no 'plan'", "did you mean 'plain'"]),
                                 (("--pivot", "ends", "--format", "json"), ["--pivot lays out tables"]),
                                 (("--pool", "conditon"), ["no axis 'conditon'", "did you mean 'condition'"])]:
            self.one_sentence(self.tightrope("compare", "results/trio", *arguments, code=2), *words)

    def test_settings_are_pooled_where_it_is_asked_for(self):
        finals = {}
        for (method, _, _), rows in self.traces().items():
            finals.setdefault(method, []).append(float(rows[-1]["relative_error"] or "inf"))
        self.assertNotIn("taken together", self.compare())
        self.assertIn("Settings that differ in condition alone are taken together", self.compare("--pool", "condition"))
        pooled = self.summary("--pool", "condition")
        self.assertEqual(pooled["pooled"], ["condition"])
        self.assertEqual([s["labels"] for s in pooled["settings"]], [{"method": m} for m in ("plain", NASTY, "wild")])
        plain = pooled["settings"][0]
        self.assertEqual((plain["runs"], plain["repetitions"]), (6, 3))
        self.assertEqual(plain["final"]["relative_error"]["median"], statistics.median(finals["plain"]))
        self.assertEqual(pooled["comparisons"], self.summary()["comparisons"])  # of repetitions anyway

    def test_p_values_are_those_of_every_assignment_of_signs_in_both_orders_of_the_methods(self):
        both = [self.summary()]
        lines = STUDY.splitlines(True)
        first = next(i for i, line in enumerate(lines) if line.startswith("    plain:"))
        lines[first:first + 3] = lines[first:first + 3][::-1]
        self.write("trio.yaml", "".join(lines))
        self.assertIn("All of 18 runs", self.tightrope("run", "trio.yaml", "--no-report", code=1).stdout)
        both.append(self.summary())
        found = []
        for summary in both:
            values = {}
            for comparison in summary["comparisons"]:
                names = comparison["first"]["method"], comparison["second"]["method"]
                tests = {**comparison["ratio_to_success"], **comparison["ratio_of_final"]}
                for kind, test in tests.items():
                    ratios = [float(ratio) for ratio in test["ratios"]]
                    self.assertAlmostEqual(test["p"], self.signed_rank(ratios), delta=1e-10)
                    values[tuple(sorted(names)), kind] = test["p"], test["p_holm"]
            found.append(values)
        self.assertEqual(found[0], found[1])
        self.assertNotEqual([c["first"] for c in both[0]["comparisons"]], [c["first"] for c in both[1]["comparisons"]])

    def signed_rank(self, ratios):
        """Two-sided p of Wilcoxon's test of the logarithms of the ratios: ranks of max/min, all 2^n signs."""
        sizes = [max(r, 1 / r) if r > 0 else math.inf for r in ratios if r != 1]
        signs = [r > 1 for r in ratios if r != 1]
        ranks = [sum(s < own * (1 - 1e-13) for s in sizes) + (sum(abs(s - own) <= 1e-13 * own or s == own for s in sizes) + 1) / 2
                 for own in sizes]
        observed, all_sums = sum(rank for rank, sign in zip(ranks, signs) if sign), [0]
        for rank in ranks:
            all_sums = [total + more for total in all_sums for more in (0, rank)]
        tails = sum(s <= observed for s in all_sums), sum(s >= observed for s in all_sums)
        return min(1, 2 * min(tails) / len(all_sums))

    def compiles(self, text):
        if not shutil.which("pdflatex"):
            return  # the structure has been checked above
        self.write("table.tex", text)
        packages = "booktabs,siunitx" if "siunitx" in text else "booktabs"
        setup = "\\sisetup{detect-weight}\n" if "detect-weight" in text else ""
        self.write("paper.tex", "\\documentclass{article}\n\\usepackage[T1]{fontenc}\n\\usepackage{" + packages + "}\n" + setup +
                                "\\begin{document}\n\\input{table}\n\\end{document}\n")
        done = subprocess.run(["pdflatex", "-halt-on-error", "-interaction=nonstopmode", "paper.tex"], cwd=self.folder,
                              capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, 0, done.stdout[-2000:])

    def test_single_runs_stand_side_by_side(self):
        for name, step in [("slow", 0.05), ("fast", 0.25)]:
            self.tightrope("run", "small.yaml", "--set", f"name={name}", "--set", f"optimizer.step={step}", "--no-report",
                           "-q", code=1 if name == "slow" else 0)
        done = self.tightrope("compare", "results/slow", "results/fast", "--success", "relative_error < 0.5")
        self.assertEqual(done.stderr, "")
        lines = done.stdout.splitlines()
        self.assertEqual([line.split()[0] for line in lines[:3]], ["run", "slow", "fast"])
        self.assertIn("against", done.stdout)
        self.tightrope("run", "small.yaml", "--set", "name=other", "--set", "seed=8", "--no-report", "-q")
        done = self.tightrope("compare", "results/fast", "results/other")
        self.assertIn("unlike things", done.stderr)
        self.one_sentence(self.tightrope("compare", "results/fast", "results/fast", code=2), "given twice")

    def test_a_run_without_a_target_says_so(self):
        self.tightrope("run", "small.yaml", "--no-report", "-q")
        self.assertIn("Nothing says what success is", self.tightrope("compare", "results/small").stdout)


class Success(Study):
    def test_a_wrong_criterion_is_refused_where_it_stands(self):
        for verb, wrong, words in [("check", "soon", "must compare a column"),
                                   ("plan", "relative_eror < 1", "did you mean 'relative_error'")]:
            self.write("wrong.yaml", STUDY.replace("relative_error < 0.3", wrong))
            out = ["--out", "new"] if verb == "plan" else []  # what is stored needs no plan
            self.one_sentence(self.tightrope(verb, "wrong.yaml", *out, code=2), "wrong.yaml:13:12: error", words)

    def test_a_column_that_nobody_records_is_told(self):
        self.write("trio.yaml", STUDY.replace("relative_error < 0.3", "relative_eror < 0.3"))
        done = self.tightrope("run", "trio.yaml", "--no-report", "-q", code=1)
        self.assertIn("no run records the column 'relative_eror'", done.stderr)
        self.assertTrue(all("success" not in setting for setting in self.summary()["settings"]))

    def test_it_is_no_part_of_a_run(self):
        self.write("trio.yaml", STUDY.replace("relative_error < 0.3", "relative_error < 0.4"))
        done = self.tightrope("run", "trio.yaml", "--no-report", code=1)
        self.assertIn("All of 18 runs were stored already", done.stdout)
        self.assertEqual(self.summary()["success"], "relative_error < 0.4")

    def test_a_stop_rule_is_the_default(self):
        text = STUDY.replace("  success: relative_error < 0.3\n", "")
        self.write("trio.yaml", text.replace("iterations: 60", "iterations: 60, relative_error: 0.25"))
        self.tightrope("run", "trio.yaml", "--no-report", "-q", code=1)
        self.assertEqual(self.summary()["success"], "relative_error <= 0.25")
        self.write("trio.yaml", text)
        self.tightrope("run", "trio.yaml", "--no-report", "-q", code=1)
        self.assertIsNone(self.summary()["success"])


class Export(Study):
    def export(self, file):
        self.tightrope("export", "results/trio", "--to", file, "-q")
        return (self.folder / file).read_text(encoding="utf-8")

    def test_tables_are_those_of_compare(self):
        self.assertEqual(self.export("t.md"), self.compare("--format", "markdown"))

    def test_document(self):
        document = json.loads(self.export("t.json"))
        self.assertEqual(len(document["cells"]), 18)
        self.assertEqual(document["summary"]["settings"], self.summary()["settings"])
        self.assertTrue(all(set(cell["metrics"]) > {"relative_error"} for cell in document["cells"]))

    def test_curves_for_pgfplots_are_medians_of_the_traces(self):
        runs, text = {}, self.export("t.dat")
        for (method, condition, _), rows in self.traces().items():
            runs.setdefault((method, condition), []).append({int(row["iteration"]): float(row["relative_error"]) for row in rows if row["relative_error"]})
        comments = [line for line in text.splitlines() if line.startswith("#")]
        header, *lines = [line.split() for line in text.splitlines() if not line.startswith("#")]
        names = [line.split(": ", 1)[1] for line in comments if line.startswith("# % curve ")]
        self.assertEqual(len(header), 4 * len(names))
        self.assertTrue(all(len(line) == len(header) for line in lines))
        self.assertTrue(any(r"heavy\_ball \& \textless{}co" in line for line in comments))
        self.assertEqual(sum(r"\addplot[thick, curve" in line for line in comments), len(names))
        plain = next(i for i, name in enumerate(names) if "plain" in name and "condition 1" in name and "10" not in name)
        for line in lines:
            iteration, median, low, high = map(float, line[4 * plain:4 * plain + 4])
            values = [run[int(iteration)] for run in runs["plain", "1"]]
            self.assertEqual(median, statistics.median(values))
            self.assertTrue(min(values) <= low <= median <= high <= max(values))

    def test_an_unknown_extension_names_the_known_ones(self):
        self.one_sentence(self.tightrope("export", "results/trio", "--to", "t.xlsx", code=2), "t.xlsx", ".csv", ".tex")

    def test_the_bundle_is_whole_and_has_the_same_bytes_each_time(self):
        for name in ["a.tar.gz", "b.tar.gz"]:
            self.tightrope("export", "results/trio", "--bundle", name, "-q")
        first, second = (hashlib.sha256((self.folder / name).read_bytes()).hexdigest() for name in ["a.tar.gz", "b.tar.gz"])
        self.assertEqual(first, second)
        with tarfile.open(self.folder / "a.tar.gz") as archive:
            members = archive.getmembers()
            self.assertEqual([m.name for m in members], sorted(m.name for m in members))
            self.assertEqual({(m.mtime, m.uid, m.gid, m.mode) for m in members}, {(0, 0, 0, 0o644)})
            archive.extractall(self.folder / "elsewhere")
        root = self.folder / "elsewhere" / "trio"
        subprocess.run(["sha256sum", "--quiet", "-c", "SHA256SUMS"], cwd=root, check=True)
        names = {str(file.relative_to(root)) for file in root.rglob("*") if file.is_file()}
        self.assertEqual(names - {"SHA256SUMS"}, {line.split("  ", 1)[1] for line in (root / "SHA256SUMS").read_text().splitlines()})
        self.assertLessEqual({"README.md", "run.json", "config.yaml", "resolved.yaml", "report.html", "versions.txt",
                              "tables/summary.csv", "tables/summary.tex", "tables/summary.json", "tables/traces.csv"}, names)
        self.assertIn("0 run again", self.tightrope("verify", root, "--sample", "0").stdout)
        self.assertIn("2 run again with the same bits", self.tightrope("verify", root, "--sample", "2").stdout)
        before = (root / "report.html").read_bytes()
        self.tightrope("report", root, "-q")
        self.assertEqual((root / "report.html").read_bytes(), before)
        done = self.tightrope("run", root / "config.yaml", "--out", root, "--no-report", code=1)
        self.assertIn("All of 18 runs were stored already", done.stdout)

    def test_a_bundle_takes_its_data_along(self):
        self.write("numbers.csv", "\n".join(",".join(str((i * j) % 7) for j in range(9)) for i in range(12)) + "\n")
        self.write("data.yaml", SMALL.replace("name: small", "name: data")
                   .replace("{type: random_low_rank, rank: 2, condition: 2}", "{type: file, path: numbers.csv, normalize: spectral}")
                   .replace("< 0.05", "< 5"))
        self.tightrope("run", "data.yaml", "--no-report", "-q")
        self.tightrope("export", "results/data", "--bundle", "data.tar.gz", "-q")
        with tarfile.open(self.folder / "data.tar.gz") as archive:
            archive.extractall(self.folder / "elsewhere")
        (self.folder / "numbers.csv").unlink()
        root = self.folder / "elsewhere" / "data"
        self.assertIn("numbers.csv", (root / "versions.txt").read_text())
        self.assertIn("1 run again with the same bits", self.tightrope("verify", root, "--sample", "1").stdout)

    def test_long_names_fit_into_a_bundle(self):
        name = "n" * 100
        self.tightrope("run", "small.yaml", "--set", f"name={name}", "--no-report", "-q")
        self.tightrope("export", f"results/{name}", "--bundle", "long.tar.gz", "-q")
        with tarfile.open(self.folder / "long.tar.gz") as archive:
            self.assertIn(f"{name}/tables/summary.json", archive.getnames())

    def test_a_bundle_needs_its_name(self):
        self.one_sentence(self.tightrope("export", "results/trio", "--bundle", "a.zip", code=2), "a.zip", ".tar.gz")


if __name__ == "__main__":
    main()
