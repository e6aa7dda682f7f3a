#!/usr/bin/env python3
"""The report page of every shipped config, drawn by Chromium: see browser.py for what a page must do.

TIGHTROPE=$PWD/build/release/bin/tightrope pages.py [CLASS[.test]…]
"""
import json
import re
import time

from browser import Browser, INSPECT, check, complaints_of
from support import CONFIGS, Case, main

HOSTILE = ["</script><img src=x onerror=alert(1)>", "<svg onload=alert(2)>", '<script>console.error("seen")</script>"\'&',
           "]]></title></svg><script>alert(3)</script>", "\u202egnorts\u2066 `${alert(4)}`", "long " * 38]

# Two axes and repetitions beside the methods; one method diverges.
STUDY = """\
name: study
seed: 3
problem:
  shape: [8, 6]
  target:   {type: random_low_rank, rank: 2, condition: 2}
  operator: {type: gaussian, measurements: 80}
model:          {type: asymmetric, rank: 2}
initialization: {type: small_random, scale: 1e-3}
optimizer: {type: gradient_descent, step: 0.25}
stop: {iterations: 120, relative_error: 1e-6}
observers: [relative_error, train_error, {singular_values: {count: 3}}]
study:
  repetitions: 3
  methods:
    gd: {}
    wild: {optimizer: {step: 3}}
    scaled: {optimizer: {type: alternating_scaled_gradient_descent, step: 0.9}}
  grid: {problem.target.condition: [1, 3, 9], initialization.scale: "log(1e-4, 1e-2, 3)"}
claims:
  - {that: final relative_error, where: {method: scaled}, is: < 1e-5}
  - {that: rate of relative_error, where: {method: scaled}, from: 5, to: 20, is: < -0.01}
"""

LARGE = """\
name: large
problem:
  shape: [6, 5]
  target:   {type: random_low_rank, rank: 1}
  operator: {type: gaussian, measurements: 40}
model:          {type: asymmetric, rank: 2}
initialization: {type: small_random, scale: 1e-3}
optimizer: {type: gradient_descent, step: 0.25}
stop: {iterations: 500}
observers: [relative_error, train_error, imbalance]
study:
  repetitions: 5
  success: relative_error < 1e-3
  methods: {gd: {}, momentum: {optimizer: {type: momentum, step: 0.1}}}
  grid: {problem.target.condition: "log(1, 100, 10)", initialization.scale: "log(1e-6, 1e-1, 10)"}
"""


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

    def test_a_study(self):
        self.write("study.yaml", STUDY)
        self.tightrope("run", "study.yaml", "-q", "--out", "study", code=1)  # one method diverges
        page = self.folder / "study/report.html"
        self.assertEqual(check(self.browser, page, None), [])
        self.browser.open(page.resolve().as_uri(), 1200, 900, False)
        charts = self.browser.evaluate(INSPECT)["charts"]
        self.browser.evaluate("document.querySelector('button[data-figure]').click()")
        self.assertEqual(self.browser.evaluate("document.querySelector('button[data-figure]').ariaPressed"), "false")
        self.assertEqual(self.browser.evaluate(INSPECT)["inked"], charts)
        self.browser.evaluate("document.querySelector('input[value=passes]').click()")
        seen = "[...document.querySelectorAll('.still[data-clock]')].filter(e => !e.hidden).map(e => e.dataset.clock)"
        self.assertEqual(set(self.browser.evaluate(seen)), {"passes"})

    def test_names_stay_text(self):
        """Whatever methods and the labels of claims are called: nothing of it runs or becomes an element."""
        methods = {name: {} for name in HOSTILE}
        claims = [{"that": "final relative_error", "where": {"method": name}, "is": "< 1e9"} for name in HOSTILE]
        self.write("hostile.yaml", STUDY[:STUDY.index("study:")] +
                   json.dumps({"study": {"methods": methods, "grid": {"problem.target.condition": [1, 2, 4]},
                                         "repetitions": 2}, "claims": claims})[1:-1].replace('"study"', "study", 1)
                   .replace(', "claims"', "\nclaims"))
        self.tightrope("run", "hostile.yaml", "-q", "--out", "hostile")
        page = self.folder / "hostile/report.html"
        self.assertEqual(check(self.browser, page, None), [])
        self.assertNotRegex(page.read_text(encoding="utf-8"), "[\u202a-\u202e\u2066-\u2069]")
        drawings = sorted((self.folder / "hostile/figures").glob("*.svg"))
        self.assertGreater(len(drawings), 3)
        for file in drawings:
            self.browser.open(file.resolve().as_uri(), 1200, 900, False)
            self.assertEqual(complaints_of(self.browser, file.resolve().as_uri()), [], file.name)
            found = self.browser.evaluate("[document.documentElement.tagName, document.querySelectorAll("
                                          "'script, img, image, a, foreignObject, [onload], [onerror]').length]")
            self.assertEqual(found, ["svg", 0], file.name)

    def test_a_large_study_opens_fast(self):
        self.write("large.yaml", LARGE)
        self.tightrope("run", "large.yaml", "-q", "--out", "large", "--set", "claims=[]")
        page = self.folder / "large/report.html"
        self.assertLess(page.stat().st_size, 5_000_000)
        self.assertEqual(check(self.browser, page, None), [])
        times = []
        for _ in range(3):
            start = time.monotonic()
            self.browser.open(page.resolve().as_uri(), 1200, 900, False)
            times.append(time.monotonic() - start)
        print(f"{page.stat().st_size:,} bytes, open after {min(times) - 0.5:.2f} s", flush=True)
        self.assertLess(min(times), 3)

    def test_faults_are_seen(self):
        """A page with every fault at once is complained about, so silence means something."""
        self.tightrope("run", "small.yaml", "-q")
        page = self.folder / "results/small/report.html"
        text = re.sub("script-src [^;]*", "script-src 'unsafe-inline'", page.read_text(encoding="utf-8")).replace(
            "<main>", '<main><img src="https://example.org/x.png" alt=""><div style="width:3000px">wide</div>'
            "<script>console.error('loud');undefined_function()</script>")
        self.write("faulty.html", text)
        found = " | ".join(check(self.browser, self.folder / "faulty.html", None))
        for words in ["violates the following Content Security Policy", "console.error: loud", "undefined_function",
                      "wider than the screen", "4 scripts"]:
            self.assertIn(words, found)
        self.write("handler.html", page.read_text(encoding="utf-8").replace(
            "<main>", "<main><h4>deep</h4><p onclick='alert(1)'>press</p>"))
        found = " | ".join(check(self.browser, self.folder / "handler.html", None))
        self.assertIn("1 elements with event handlers", found)
        self.assertIn("the headings are of levels", found)
        self.write("dialog.html", text.replace("undefined_function()", "alert('boo')"))
        self.assertIn("a dialog opens: boo", " | ".join(check(self.browser, self.folder / "dialog.html", None)))
        self.write("open.html", text.replace("default-src 'none'", "default-src *").replace("img-src data:", ""))
        found = " | ".join(check(self.browser, self.folder / "open.html", None))
        self.assertIn("it has no Content-Security-Policy", found)
        self.assertIn("it asks for https://example.org/x.png", found)
        self.write("empty.html", page.read_text(encoding="utf-8").replace("new uPlot(", "new Object("))
        self.assertIn("charts are drawn", " | ".join(check(self.browser, self.folder / "empty.html", None)))


if __name__ == "__main__":
    main()
