#!/usr/bin/env python3
"""Figures, tables and references for a paper, out of `export`. Typeset draws all of them with pdflatex: it needs the
packages texlive-latex-recommended, texlive-pictures and texlive-science.

TIGHTROPE=$PWD/build/release/bin/tightrope paper.py [CLASS[.test]…]
"""
import json
import pathlib
import re
import shutil
import subprocess
import unittest
import xml.dom.minidom

from support import CONFIGS, SMALL, Case, main

# Two methods that are nearly equal, a third that is slower, and one that diverges; eight repetitions.
STUDY = SMALL[:SMALL.index("claims:")].replace("name: small", "name: four") + """\
study:
  success: relative_error < 0.1
  methods:
    gd: {optimizer: {type: gradient_descent, step: 0.25}}
    twin: {optimizer: {type: gradient_descent, step: 0.2501}}
    slow: {optimizer: {type: gradient_descent, step: 0.1}}
    heavy: {optimizer: {type: momentum, step: 0.005}}
    wild: {optimizer: {type: gradient_descent, step: 40}}
  grid: {problem.target.condition: [1, 2, 3]}
  repetitions: 10
"""


class Study(Case):
    """Run once for all tests."""
    kept = None

    def setUp(self):
        super().setUp()
        self.write("four.yaml", STUDY)
        if Study.kept is None:
            self.tightrope("run", "four.yaml", "--no-report", "-q", "--threads", "1", code=1)
            Study.kept = pathlib.Path(shutil.copytree(self.folder / "results" / "four",
                                                      self.folder.parent / (self.folder.name + "-kept"), symlinks=True))
        else:
            shutil.copytree(Study.kept, self.folder / "results" / "four", symlinks=True)

    @classmethod
    def tearDownClass(cls):
        if Study.kept is not None:
            shutil.rmtree(Study.kept)
            Study.kept = None

    def export(self, file, *arguments, **more):
        self.tightrope("export", "results/four", "--to", file, *arguments, **more)
        return (self.folder / file).read_bytes().decode("latin-1" if file.endswith(".pdf") else "utf-8")

    def names(self):
        done = self.tightrope("export", "results/four", "--to", "x.svg", "--figure", "nothing", code=2)
        return done.stderr.strip().split("there are: ")[1].split(", ")


class Paper(Study):
    def test_a_figure_is_found_by_its_name(self):
        self.assertIn("relative_error", self.names())
        self.assertIn("relative_error-passes", self.names())
        by_file = self.export("relative_error.tex")
        self.assertEqual(by_file, self.export("other.tex", "--figure", "relative_error"))
        self.assertNotEqual(by_file, self.export("passes.tex", "--figure", "relative_error-passes"))
        self.assertIn("\\begin{axis}", by_file)
        self.one_sentence(self.tightrope("export", "results/four", "--to", "f.tex", "--figure", "relative_eror", code=2),
                          "no figure 'relative_eror'", "did you mean 'relative_error'", "relative_error-passes")
        self.one_sentence(self.tightrope("export", "results/four", "--to", "f.pdf", code=2), "--figure", "relative_error")

    def test_the_figure_has_the_medians_of_the_traces(self):
        """The final median of each curve, where it is drawn to the end, is that of the summary."""
        text = self.export("f.tex", "--figure", "relative_error")
        document = json.loads(self.export("f.json"))
        finals = {tuple(sorted(setting["labels"].items())): setting["final"]["relative_error"]["median"]
                  for setting in document["summary"]["settings"]}
        axes = text.split("\\begin{axis}[at={({")
        panels = [axis for axis in axes[1:] if "condition" in axis and "hide axis" not in axis.split("\n")[0]]
        self.assertEqual(len(panels), 3)
        for panel in panels:
            condition = re.search(r"condition (\d+)", panel)[1]
            ends = [float(curve.split(",")[-1].rstrip(")")) for curve in
                    re.findall(r"line width=\.9pt, [^\n]*\] coordinates \{([^}]*)\}", panel) if "(" in curve]
            for method in ("gd", "twin", "slow", "heavy"):
                expected = float(finals[tuple(sorted({"method": method, "condition": condition}.items()))])
                self.assertTrue(any(abs(end / expected - 1) < 1e-4 for end in ends), (condition, method, ends, expected))

    def test_svg_has_the_width_of_a_column_and_letters_of_eight_points(self):
        for width, millimetres in [("85mm", 85), ("3in", 76.2), ("17 cm", 170), ("", 85)]:
            more = ["--width", width] if width else []
            text = self.export("f.svg", "--figure", "relative_error", *more)
            svg = xml.dom.minidom.parseString(text).documentElement
            self.assertAlmostEqual(float(svg.getAttribute("width").removesuffix("mm")), millimetres, places=2)
            units = float(svg.getAttribute("viewBox").split()[2])
            points = float(svg.getAttribute("font-size")) * millimetres / units / 25.4 * 72.27
            self.assertAlmostEqual(points, 8, delta=0.05)
        for wrong in ("85px", "wide", "1mm", "-3cm", "nan"):
            self.one_sentence(self.tightrope("export", "results/four", "--to", "f.svg", "--figure", "relative_error",
                                             f"--width={wrong}", code=2), "--width", wrong)

    def test_pdf_is_made_where_its_program_is_installed(self):
        done = self.tightrope("export", "results/four", "--to", "f.pdf", "--figure", "relative_error", code=5,
                              PATH=str(self.folder))
        self.one_sentence(done, "librsvg2-bin")
        self.assertFalse((self.folder / "f.pdf").exists())
        if shutil.which("rsvg-convert"):
            pdf = self.export("f.pdf", "--figure", "relative_error")
            self.assertTrue(pdf.startswith("%PDF-"))
            width = float(re.search(r"/MediaBox \[ ?0 0 ([\d.]+) ", pdf)[1])
            self.assertAlmostEqual(width, 85 / 25.4 * 72, delta=1)

    def test_names_may_be_other_ones(self):
        text = self.export("f.tex", "--figure", "relative_error", "--rename", "gd=Gradient descent", "--rename",
                           "condition=κ", "--rename", "relative_error=error")
        self.assertIn("\\addlegendentry{Gradient descent}", text)
        self.assertNotIn("\\addlegendentry{gd}", text)
        self.assertIn("{$\\kappa$ 1\\strut}", text)
        self.assertIn("{error}", text)
        table = self.export("t.tex", "--rename", "gd=Gradient descent", "--pivot", "iterations")
        self.assertIn("Gradient descent &", table)

    def test_a_table_says_what_it_holds(self):
        text = self.export("t.tex", "--table", "settings", "--width", "170mm")
        caption = re.search(r"\\caption\{(.*)\}", text)[1]
        for words in ("Medians over 10 repetitions", "95 \\% bootstrap intervals", "relative error \\textless{} 0.1",
                      "Kaplan-Meier", "censored"):
            self.assertIn(words, caption)
        self.assertIn("\\toprule", text)
        self.assertEqual(text.count("\\begin{tabular}"), 1)
        comparisons = self.export("c.tex", "--table", "comparisons", "--width", "170mm")
        for words in ("Wilcoxon's signed-rank test", "McNemar's", "Holm-corrected over the 10 rows"):
            self.assertIn(words, comparisons)
        both = self.export("b.tex", "--width", "170mm")
        self.assertIn(text.strip(), both)
        self.assertIn(comparisons.strip(), both)
        self.one_sentence(self.tightrope("export", "results/four", "--to", "t.tex", "--table", "setting", code=2),
                          "no table 'setting'", "did you mean 'settings'")

    def rows(self, text):
        return [[cell.strip() for cell in line.removesuffix("\\\\").split("&")] for line in text.splitlines() if "&" in line]

    def test_a_pivot_has_methods_as_rows_and_settings_as_columns(self):
        text = self.export("t.tex", "--pivot", "iterations", "--width", "120mm")
        head, *rows = self.rows(text)
        self.assertEqual([cell.strip("{}") for cell in head], ["condition", "1", "2", "3"])
        settings = json.loads(self.export("t.json"))["summary"]["settings"]
        for row in rows:
            for condition, cell in zip("123", row[1:]):
                own = next(s for s in settings if s["labels"] == {"method": row[0], "condition": condition})
                median = own["to_success"]["iterations"]["median"]
                if isinstance(median, (int, float)):
                    self.assertAlmostEqual(float(re.search(r"[\d.]+", cell)[0]), median, delta=0.005 * median)
                else:
                    self.assertRegex(cell, "more than|never")
        narrow = self.rows(self.export("n.tex", "--pivot", "iterations", "--width", "40mm"))
        self.assertGreater(sum(row[0] == "condition" for row in narrow), 1)  # in blocks
        self.assertEqual(sum(row[0] == "gd" for row in narrow), sum(row[0] == "condition" for row in narrow))

    def test_bold_are_the_best_and_whom_the_test_does_not_tell_from_them(self):
        """In a study of one setting the tests of the setting are those of the study."""
        for condition in "123":
            self.tightrope("run", "four.yaml", "--only", f"condition={condition}", "--out", "one", "--no-report", "-q", code=1)
            summary = json.loads(self.tightrope("compare", "one", "--format", "json").stdout)
            medians = {s["labels"]["method"]: s["to_success"]["iterations"]["median"] for s in summary["settings"]
                       if isinstance(s["to_success"]["iterations"]["median"], (int, float))}
            best = min(medians, key=medians.get)
            expected = {name for name in medians if medians[name] == medians[best]}
            for comparison in summary["comparisons"]:
                pair = {comparison["first"]["method"], comparison["second"]["method"]}
                test = comparison["ratio_to_success"]["iterations"]
                if best in pair and pair <= set(medians) and test["median"] is not None and test["p_holm"] >= 0.05:
                    expected |= pair
            text = self.export("t.tex", "--pivot", "iterations", "--bold", "--width", "150mm")
            bold = {row[0] for row in self.rows(text)[1:] if "\\bfseries" in row[int(condition)] or "\\textbf" in row[int(condition)]}
            self.assertEqual(bold, expected)
            self.assertIn("does not tell", text)
            self.assertIn("gd", bold)
            self.assertNotIn("slow", bold)

    def test_options_that_do_not_go_together_are_refused(self):
        for arguments, words in [(("t.csv", "--figure", "relative_error"), ["--figure", "t.csv"]),
                                 (("t.tex", "--figure", "relative_error", "--table", "settings"), ["--figure or --table"]),
                                 (("t.svg", "--figure", "relative_error", "--bold"), ["--bold lays out tables"]),
                                 (("t.md", "--width", "85mm"), ["--width", ".tex"])]:
            self.one_sentence(self.tightrope("export", "results/four", "--to", *arguments, code=2), *words)

    def test_bibliography_is_of_the_plugins_that_were_used(self):
        text = self.export("methods.bib")
        keys = re.findall(r"^@\w+\{(\w+),", text, re.M)
        expected = set()
        record = json.loads(next((self.folder / "results/four/cells").glob("*/record.json")).read_text())
        kinds = {}
        for cell in (self.folder / "results/four/cells").glob("*/record.json"):
            for plugin in json.loads(cell.read_text())["plugins"]:
                kinds[plugin["kind"], plugin["name"]] = None
        self.assertTrue(record["plugins"])
        for kind, name in kinds:
            expected |= set(json.loads(self.tightrope("describe", kind, name, "--format", "json").stdout)["sources"])
        self.assertEqual(set(keys), expected)
        self.assertEqual(len(keys), len(set(keys)))
        self.assertIn("polyak1964", keys)  # of momentum
        self.assertNotIn("annote", text)


def lacking():
    """What pdflatex would not find."""
    if not shutil.which("pdflatex"):
        return "pdflatex"
    for file in ("pgfplots.sty", "siunitx.sty", "booktabs.sty", "geometry.sty"):
        if subprocess.run(["kpsewhich", file], capture_output=True).returncode:
            return file
    return ""


@unittest.skipIf(lacking(), f"{lacking()} is not installed: apt-get install texlive-latex-recommended texlive-pictures "
                            "texlive-science")
class Typeset(Case):
    def names_of(self, run):
        done = self.tightrope("export", run, "--to", "x.svg", "--figure", "nothing", code=2)
        return done.stderr.strip().split("there are: ")[1].split(", ")

    def typeset(self, run, tables):
        """All figures, and the tables that these arguments ask for, in columns of 85 mm: nothing stands out."""
        inputs = []
        for number, name in enumerate(self.names_of(run)):
            done = self.tightrope("export", run, "--to", f"figure{number}.tex", "--figure", name)
            for file in done.stdout.split():
                inputs.append(f"\\begin{{figure}}\\input{{{file}}}\\caption{{{len(inputs)}}}\\end{{figure}}\\clearpage")
        for number, arguments in enumerate(tables):
            self.tightrope("export", run, "--to", f"table{number}.tex", *arguments)
            inputs.append(f"\\input{{table{number}.tex}}\\clearpage")
        self.tightrope("export", run, "--to", "methods.bib")
        self.write("paper.tex", "\\documentclass[9pt]{article}\n\\usepackage[T1]{fontenc}\n\\usepackage{booktabs,siunitx,pgfplots}\n"
                   "\\usepackage[paperwidth=105mm,paperheight=297mm,textwidth=85mm,textheight=270mm]{geometry}\n"
                   "\\begin{document}\n\\nocite{*}\n" + "\n".join(inputs) +
                   "\n\\sloppy\\bibliographystyle{plain}\\bibliography{methods}\n\\end{document}\n")
        def latex(*command):
            done = subprocess.run(command, cwd=self.folder, capture_output=True, timeout=1200)
            self.assertEqual(done.returncode, 0, done.stdout[-3000:].decode("utf-8", "replace"))
            return done.stdout.decode("utf-8", "replace")
        latex("pdflatex", "-halt-on-error", "-interaction=nonstopmode", "paper")
        self.assertNotIn("Warning--", latex("bibtex", "paper").replace("Warning--empty", ""))
        log = latex("pdflatex", "-halt-on-error", "-interaction=nonstopmode", "paper")
        overfull = [line for line in log.splitlines() if line.startswith("Overfull \\hbox")]
        self.assertEqual(overfull, [])
        self.assertNotIn("Package pgfplots Error", log)
        self.assertGreaterEqual(int(re.search(r"\((\d+) pages?", log)[1]), len(inputs))

    tables = [[], ["--bold"], ["--pivot", "iterations", "--bold"], ["--pivot", "final"], ["--pivot", "successes"],
              ["--columns", "ends,final,successes,iterations,passes,seconds"], ["--table", "comparisons"]]

    def test_baselines(self):
        self.tightrope("run", CONFIGS / "baselines.yaml", "--out", "run", "-q", "--no-report")
        self.typeset("run", self.tables)

    def test_a_phase_diagram_of_the_literature(self):
        self.write("grid.yaml", "study: {grid: {initialization.scale: [1e-3, 1e-4, 1e-5], optimizer.step: [0.1, 0.2, 0.4]}}\n"
                                "claims: []\n")
        self.tightrope("run", CONFIGS / "papers" / "soltanolkotabi2023" / "imbalance.yaml", "--layer", "quick", "-c",
                       "grid.yaml", "--out", "run", "-q", "--no-report")
        self.assertTrue(any(name.endswith("_map") for name in self.names_of("run")))
        self.typeset("run", [[], ["--bold"], ["--columns", "ends,final"]])

    def test_tuned_baselines_with_what_each_value_was_worth(self):
        self.write("tuned.yaml", "stop: {iterations: 60}\nclaims: []\nstudy:\n  repetitions: 2\n"
                   "  tune: {path: optimizer.step, over: [0.2, 0.4], for: iterations to relative_error < 0.1, repetitions: 2}\n"
                   "  methods:\n    momentum: {tune: {over: {optimizer.step: [0.1, 0.2, 0.4], optimizer.beta: [0.5, 0.9]}}}\n")
        self.tightrope("run", CONFIGS / "baselines.yaml", "-c", "tuned.yaml", "--only", "condition=16,scale=1e-2", "--out", "run",
                       "-q", "--no-report")
        self.assertIn("sensitivity_optimizer_step_optimizer_beta", self.names_of("run"))
        self.assertIn("sensitivity_optimizer_step", self.names_of("run"))
        self.typeset("run", [[], ["--bold"]])

    def test_a_single_run(self):
        self.tightrope("run", CONFIGS / "quickstart.yaml", "--out", "run", "-q", "--no-report")
        self.typeset("run", [[], ["--bold"]])


if __name__ == "__main__":
    main()
