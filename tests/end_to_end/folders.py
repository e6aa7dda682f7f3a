#!/usr/bin/env python3
"""Configs by name, folders of configs, pages of papers, and layers that lie beside a config.

TIGHTROPE=$PWD/build/release/bin/tightrope folders.py [CLASS[.test]…]
"""
import json

from support import SMALL, Case, main

PAPER = """\
authors: Somebody & Else
title: On something
published: A journal, 2020
link: https://example.org/paper
summary: A summary.
experiments:
  second: {shows: the error falls, is: replica, source: Fig. 2}
  first: {shows: the error falls again, is: derived, source: Theorem 1}
"""


class Folders(Case):
    def setUp(self):
        super().setUp()
        (self.folder / "paper").mkdir()
        for name in ["first", "second"]:
            self.write(f"paper/{name}.yaml", SMALL.replace("name: small", f"name: {name}"))
        self.write("paper/first.quick.yaml", "stop: {iterations: 140}\n")
        self.write("paper/second.quick.yaml", "claims: [{that: final relative_error, is: < 1e-9}]\n")

    def test_all_of_a_folder_by_name_without_layers(self):
        done = self.tightrope("run", "paper", "--no-report")
        self.assertLess(done.stdout.index("paper/first.yaml"), done.stdout.index("paper/second.yaml"))
        self.assertEqual(sorted(path.name for path in (self.folder / "results").iterdir()), ["first", "second"])

    def test_a_page_of_a_paper_orders_its_experiments_and_stands_in_the_report(self):
        self.write("paper/paper.yaml", PAPER)
        done = self.tightrope("run", "paper", "--out", "here")
        self.assertLess(done.stdout.index("paper/second.yaml"), done.stdout.index("paper/first.yaml"))
        first, second = ((self.folder / "here" / name / "report.html").read_text(encoding="utf-8")
                         for name in ["first", "second"])
        self.assertIn("Derived from Theorem 1 of Somebody &amp; Else, "
                      '<a href="https://example.org/paper"><cite>On something</cite></a>, A journal, 2020.', first)
        self.assertIn("Replica of Fig. 2 of", second)
        self.assertIn("the error falls again", first)
        # A report that is made again says the same.
        (self.folder / "here/first/report.html").unlink()
        self.tightrope("report", "here/first")
        self.assertEqual((self.folder / "here/first/report.html").read_text(encoding="utf-8"), first)
        # A config beside the page that the page does not have is one like any other.
        self.write("paper/third.yaml", SMALL)
        self.tightrope("run", "paper/third.yaml", "--out", "third")
        self.assertNotIn("Derived from", (self.folder / "third/report.html").read_text(encoding="utf-8"))

    def test_a_layer_beside_a_config_lies_over_it_and_under_the_others(self):
        resolved = self.tightrope("show", "--resolved", "paper/first.yaml", "--layer", "quick").stdout
        self.assertIn("iterations: 140", resolved)
        self.write("more.yaml", "stop: {iterations: 130}\n")
        resolved = self.tightrope("show", "--resolved", "paper/first.yaml", "-c", "more.yaml", "--layer", "quick").stdout
        self.assertIn("iterations: 130", resolved)
        self.assertIn("first.large.yaml: error: there is no such file",
                      self.tightrope("run", "paper/first.yaml", "--layer", "large", code=2).stderr)

    def test_a_false_claim_stops_nothing_and_an_error_everything(self):
        self.tightrope("run", "paper", "--layer", "quick", "--no-report", code=1)
        self.assertTrue((self.folder / "results/second").exists())
        self.write("paper/first.yaml", "name: first\n")
        self.tightrope("run", "paper", "--out", "again", code=2)
        self.assertFalse((self.folder / "again/second").exists())

    def test_what_cannot_be_is_said(self):
        self.one_sentence(self.tightrope("run", "paper", "--format", "json", code=2), "give one config, not a folder")
        self.one_sentence(self.tightrope("plan", "paper", code=2), "holds 2 configs", "paper/first.yaml, paper/second.yaml")
        (self.folder / "empty").mkdir()
        self.one_sentence(self.tightrope("check", "empty", code=2), "holds no config")
        self.write("paper/paper.yaml", PAPER.replace("is: replica", "is: replicated").replace("title", "titel"))
        done = self.tightrope("run", "paper", code=2)
        self.assertIn("paper/paper.yaml:2:1: error: ", done.stderr)
        self.assertIn("did you mean 'title'", done.stderr)
        self.assertIn("did you mean 'replica'", done.stderr)
        self.write("paper/paper.yaml", PAPER.replace("  first:", "  fisrt:"))
        self.assertIn("(did you mean 'first.yaml'?)", self.tightrope("run", "paper", code=2).stderr)

    def test_configs_that_came_with_the_program_have_names(self):
        self.tightrope("check", "quickstart")
        self.tightrope("check", "quickstart.yaml")
        self.one_sentence(self.tightrope("check", "quikstart", code=2), "(did you mean 'quickstart'?)")
        self.write("quickstart", SMALL)  # a path that exists is itself
        self.assertIn("quickstart is fine: 1 run, 1 claim", self.tightrope("check", "quickstart").stdout)
        papers = json.loads(self.tightrope("list", "papers", "--format", "json").stdout)
        for paper in papers:
            self.tightrope("check", paper["name"])


if __name__ == "__main__":
    main()
