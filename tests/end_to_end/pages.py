#!/usr/bin/env python3
"""The report page of every shipped config, drawn by Chromium: see browser.py for what a page must do.

TIGHTROPE=build/release/bin/tightrope pages.py [CLASS[.test]…]
"""
from browser import Browser, check
from support import CONFIGS, Case, main

HOSTILE = '<script>console.error("seen")</script>"\'&\u202e'


class Pages(Case):
    def setUp(self):
        super().setUp()
        self.browser = Browser()
        self.addCleanup(self.browser.close)

    def test_shipped_configs(self):
        for file in sorted(CONFIGS.glob("*.yaml")):
            with self.subTest(file.name):
                self.tightrope("run", file, "-q")
                self.assertEqual(check(self.browser, self.folder / "results" / file.stem / "report.html", None), [])

    def test_extreme_runs(self):
        for name, change in {"start": "stop.iterations=0", "wild": "optimizer.step=1e300", "exact": "problem.operator=identity",
                             "long": "stop={iterations: 20000}"}.items():
            with self.subTest(name):
                self.tightrope("run", "small.yaml", "-q", "--set", "claims=[]", "--set", change, "--out", name,
                               code=1 if name == "wild" else 0)
                self.assertEqual(check(self.browser, self.folder / name / "report.html", None), [])

    def test_a_hostile_name_stays_text(self):
        self.write("hostile.yaml", (self.folder / "small.yaml").read_text(encoding="utf-8") +
                   "study: {methods: {? " + '"' + HOSTILE.replace('"', '\\"') + '"' + " : {}, other: {}}}\n")
        self.tightrope("run", "hostile.yaml", "-q", "--out", "hostile")
        self.assertEqual(check(self.browser, self.folder / "hostile/report.html", None), [])

    def test_faults_are_seen(self):
        """A page with every fault at once is complained about, so silence means something."""
        self.tightrope("run", "small.yaml", "-q")
        page = self.folder / "results/small/report.html"
        text = page.read_text(encoding="utf-8").replace(
            "<main>", '<main><img src="https://example.org/x.png" alt=""><div style="width:3000px">wide</div>'
            "<script>console.error('loud');undefined_function()</script>")
        self.write("faulty.html", text)
        found = " | ".join(check(self.browser, self.folder / "faulty.html", None))
        for words in ["violates the following Content Security Policy", "console.error: loud", "undefined_function",
                      "wider than the screen"]:
            self.assertIn(words, found)
        self.write("open.html", text.replace("default-src 'none'", "default-src *").replace("img-src data:", ""))
        found = " | ".join(check(self.browser, self.folder / "open.html", None))
        self.assertIn("it has no Content-Security-Policy", found)
        self.assertIn("it asks for https://example.org/x.png", found)
        self.write("empty.html", page.read_text(encoding="utf-8").replace("new uPlot(", "new Object("))
        self.assertIn("charts are drawn", " | ".join(check(self.browser, self.folder / "empty.html", None)))


if __name__ == "__main__":
    main()
