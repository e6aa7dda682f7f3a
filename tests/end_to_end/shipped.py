#!/usr/bin/env python3
"""Every shipped config runs, and what its head says comes out.

TIGHTROPE=$PWD/build/release/bin/tightrope shipped.py [CLASS[.test]…]
"""
import csv

from support import CONFIGS, Case, main


class Configs(Case):
    def test_every_one_runs_and_its_claims_hold(self):
        files = sorted(file for file in CONFIGS.glob("*.yaml") if "." not in file.stem)  # the others are layers
        self.assertTrue(files)
        for file in files:
            with self.subTest(file.name):
                quick = ["--layer", "quick"] if file.with_suffix(".quick.yaml").exists() else []
                done = self.tightrope("run", file, *quick)
                self.assertNotIn("✗", done.stdout)
                self.assertIn("✓", done.stdout)
                page = (self.folder / "results" / file.stem / "report.html").read_text(encoding="utf-8")
                for part in ["Claims", "The experiment", "in full", "Where it comes from"]:
                    self.assertIn(part, page)
                self.assertEqual("Truth and estimate" in page, file.stem not in ["baselines", "across_kinds"])  # pictures of few runs


class AcrossKinds(Case):
    def test_one_page_has_all_kinds_in_one_picture(self):
        done = self.tightrope("run", CONFIGS / "across_kinds.yaml", "--layer", "quick", "--only", "repetition=1")
        self.assertIn("from 200 measurements, factorization rank 20; the problem two_layer_relu.", done.stdout)
        self.assertIn(" passes over operators and data", done.stdout)
        page = (self.folder / "results/across_kinds/report.html").read_text(encoding="utf-8")
        for kind in ["<b>network</b>: two layer relu, width 50", "<b>sensing, chain</b>: random low rank, rank 2",
                     "<b>chain</b>: deep chain, depth 3", "<b>sensing</b>: asymmetric, rank 20"]:
            self.assertIn(kind, page)
        drawing = (self.folder / "results/across_kinds/figures/stable_rank.svg").read_text(encoding="utf-8")
        for method in ["sensing", "chain", "network"]:
            self.assertIn(f"{method}</t", drawing)


class Quickstart(Case):
    def test_the_plateau_falls_with_the_scale(self):
        errors = []
        for scale in ["1e-3", "3e-4", "1e-4"]:
            # A factor of 10 in the scale needs about 20 iterations more to escape the start.
            document = self.run_json(CONFIGS / "quickstart.yaml", "--set", f"initialization.scale={scale}",
                                     "--set", "stop.iterations=250", "--set", "claims=[]", "--set",
                                     "observers=[relative_error]")
            errors.append(document["cells"][0]["metrics"]["relative_error"])
            with open(self.folder / document["out"] / "trace.csv", encoding="utf-8") as file:
                trace = [float(row["relative_error"]) for row in csv.DictReader(file)]
            self.assertGreater(trace[-50], trace[-1] * 0.9)
            self.assertLess(trace[-50], trace[-1] * 1.2)  # a plateau
        self.assertGreater(errors[0], 2 * errors[1])
        self.assertGreater(errors[1], 2 * errors[2])


class IllConditioned(Case):
    def test_condition_numbers(self):
        counts = {}
        for condition in [1, 10, 100]:
            # Plain gradient descent need not reach the end: six times the iterations of condition 1 are enough to see.
            limit = 6 * counts["gradient_descent"][0] if condition == 100 else 2000
            document = self.run_json(CONFIGS / "ill_conditioned.yaml", "--set", f"problem.target.condition={condition}",
                                     "--set", f"stop.iterations={limit}")
            for cell in document["cells"]:
                counts.setdefault(cell["labels"]["method"], []).append(cell["end"]["iteration"])
                if cell["labels"]["method"] != "gradient_descent" or condition < 100:
                    self.assertEqual(cell["end"]["class"], "converged")
        for method in ["scaled", "alternating_scaled"]:
            self.assertLessEqual(max(counts[method]), 1.1 * min(counts[method]), counts)
        self.assertGreaterEqual(counts["gradient_descent"][2], 5 * counts["gradient_descent"][0], counts)


class Volcano(Case):
    def test_both_runs_come_near_the_yardstick(self):
        self.tightrope("run", CONFIGS / "volcano.yaml", "-q")
        page = (self.folder / "results/volcano/report.html").read_text(encoding="utf-8")
        self.assertIn("Eckart &amp; Young", page)
        for caption in ["truth", "best of rank 4: relative error", "gaussian: relative error", "entries: relative error"]:
            self.assertIn(f"<figcaption>{caption}", page)
        self.assertEqual(page.count("<figure><figcaption>"), 4 + 3 + page.count("<figure><figcaption><b>"))


if __name__ == "__main__":
    main()
