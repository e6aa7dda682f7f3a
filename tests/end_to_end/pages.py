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

# Four axes beside the methods, one of them with a unit; a level that is success, target and claim at once.
AXES = """\
name: axes
seed: 2
problem:
  shape: [8, 6]
  target:   {type: random_low_rank, rank: 2, condition: 2}
  operator: {type: gaussian, measurements: 80}
  noise:    {type: gaussian, snr: 20}
model:          {type: asymmetric, rank: 2}
initialization: {type: small_random, scale: 1e-2}
optimizer: {type: gradient_descent, step: 0.25}
stop: {iterations: 1000, relative_error: 1e-6}
observers: [{relative_error: {every: 50}}]
study:
  repetitions: 2
  success: relative_error < 0.05
  methods: {gd: {}, scaled: {optimizer: {type: alternating_scaled_gradient_descent, step: 0.9}}}
  grid:
    problem.target.condition: [1, 2, 3, 5, 8, 13]
    problem.noise.snr: [10, 20, 40]
    problem.operator.storage: [float64, int8]
    initialization.scale: [1e-3, 1e-2]
claims:
  - {that: iterations to relative_error < 0.05, where: {snr: 40}, is: < 1000}
  - {that: final relative_error, where: {snr: 40}, is: < 0.05}
"""

# Names of every length, and more methods than there are colours or dashes.
MANY = STUDY[:STUDY.index("study:")] + """\
study:
  repetitions: 3
  success: relative_error < 1e-3
  methods:
""" + "".join(f"    {json.dumps(name)}: {{optimizer: {{step: {0.02 * (i + 1):.2f}}}}}\n" for i, name in enumerate([
    "gd", "gd 0.02", "alternating scaled", "scaled_gradient_descent_with_damping_and_backtracking_from_a_spectral_start",
    "带动量的梯度下降法与非常长的方法名称以测试换行", "one two three four five six seven eight nine ten eleven twelve words",
    "a", "b", "c", "d", "e", "f"])) + "  grid: {problem.target.condition: [1, 3, 9, 27]}\n"

# Runs in a drawing: pairs of texts that lie on each other.
OVERLAPS = """(() => {
  const boxes = [...document.querySelectorAll('svg text')].map(text => [text.textContent, text.getBoundingClientRect()])
    .filter(([words, box]) => box.width > 0 && words);
  const found = [];
  boxes.forEach(([a, p], i) => boxes.slice(i + 1).forEach(([b, q]) => {
    if (p.left < q.right - 1 && q.left < p.right - 1 && p.top < q.bottom - 4 && q.top < p.bottom - 4)
      found.push(a + ' / ' + b);
  }));
  const frame = document.documentElement.getBoundingClientRect();
  boxes.forEach(([a, p]) => { if (p.left < frame.left - 1 || p.right > frame.right + 1) found.push(a + ' is cut'); });
  return found;
})()"""

# Numbers that take more than one line, and names that are not beside their lines.
BROKEN = """(() => {
  const lines = (node) => {
    const range = document.createRange(), tops = new Set();
    range.selectNodeContents(node);
    for (const box of range.getClientRects()) if (box.width > 0) tops.add(Math.round(box.top));
    return tops.size;
  };
  const found = [];
  document.querySelectorAll('td.number').forEach((cell) => [...cell.childNodes].forEach((node) => {
    if (node.nodeType === 3 && lines(node) > 1) found.push(node.textContent);
  }));
  document.querySelectorAll('.method').forEach((name) => {
    const [line, words] = [...name.children].map((child) => child.getBoundingClientRect());
    if (words.width && (words.left < line.right - 1 || words.top > line.bottom || words.bottom < line.top))
      found.push(name.textContent);
  });
  return found;
})()"""


class Pages(Case):
    def setUp(self):
        super().setUp()
        self.browser = Browser()
        self.addCleanup(self.browser.close)

    def test_shipped_configs(self):
        for file in sorted(file for file in CONFIGS.glob("*.yaml") if "." not in file.stem):  # the others are layers
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

    def drawings(self, name):
        """The text of each drawing of a result."""
        return {file: file.read_text(encoding="utf-8") for file in sorted((self.folder / name / "figures").glob("*.svg"))}

    def test_every_value_of_every_axis_is_drawn(self):
        self.write("axes.yaml", AXES)
        self.tightrope("run", "axes.yaml", "-q", "--out", "axes")
        page = self.folder / "axes/report.html"
        self.assertEqual(check(self.browser, page, None), [])
        wanted = {"condition": [f"condition {c}" for c in [1, 2, 3, 5, 8, 13]], "snr": [f"snr {s} dB" for s in [10, 20, 40]],
                  "storage": ["storage float64", "storage int8"], "scale": ["scale 1e-3", "scale 1e-2"]}
        files = self.drawings("axes")
        for kind, own in {"relative_error": [], "final_over_condition": ["condition"], "final_over_snr": ["snr"],
                          "success": ["condition", "snr"]}.items():
            text = " ".join(words for file, words in files.items() if re.fullmatch(rf"{kind}(-\d+)?", file.stem))
            for axis, values in wanted.items():
                for value in values:
                    (self.assertNotIn if axis in own else self.assertIn)(f">{value}", text.replace(" · ", " ·>").replace("·>", ">"))
        self.assertIn(">snr (dB)</text>", files[self.folder / "axes/figures/final_over_snr.svg"])
        # One line, one entry in the legend.
        curves = files[self.folder / "axes/figures/relative_error.svg"]
        legend = re.findall(r'<g class="entry".*?<text x="33">(.*?)</text>', curves)
        self.assertEqual(len([name for name in legend if "0.05" in name]), 1, legend)
        # Nothing is left out in print and without scripts; on the screen one sheet at a time is seen.
        seen = "[...document.querySelectorAll('SELECTOR')].filter(e => e.getBoundingClientRect().height > 50).length"
        sheets, still = seen.replace("SELECTOR", ".still:not([hidden]) .sheet"), seen.replace("SELECTOR", ".static > svg")
        self.browser.open(page.resolve().as_uri(), 1200, 900, False)
        count = self.browser.evaluate("document.querySelectorAll('.still:not([hidden]) .sheet').length")
        drawings = self.browser.evaluate("document.querySelectorAll('.static > svg').length")
        self.assertGreater(count, 2)
        self.assertLess(self.browser.evaluate(sheets), count)
        before = self.browser.evaluate("document.querySelector('.sheet:not([hidden])').textContent")
        self.browser.evaluate("const s = document.querySelector('select[data-sheets]'); s.selectedIndex = 1;"
                              "s.dispatchEvent(new Event('change'))")
        self.assertNotEqual(self.browser.evaluate("document.querySelector('.sheet:not([hidden])').textContent"), before)
        self.browser.ask("Emulation.setEmulatedMedia", media="print")
        self.assertEqual([self.browser.evaluate(sheets), self.browser.evaluate(still)], [count, drawings])
        self.browser.ask("Emulation.setEmulatedMedia", media="")
        self.browser.open(page.resolve().as_uri(), 1200, 900, False, scripts=False)
        self.assertEqual([self.browser.evaluate(sheets), self.browser.evaluate(still)], [count, drawings])

    def test_texts_of_drawings_do_not_meet(self):
        for name, config in {"axes": AXES, "many": MANY, "study": STUDY}.items():
            self.write(f"{name}.yaml", config)
            self.tightrope("run", f"{name}.yaml", "-q", "--out", name, code=1 if name == "study" else 0)
            for file, text in self.drawings(name).items():
                self.assertRegex(text, 'class="y"[^>]*>[^<]', file.name)
                self.browser.open(file.resolve().as_uri(), 1000, 900, False)
                self.assertEqual(self.browser.evaluate(OVERLAPS), [], file.name)

    def test_pages_fit_every_screen_and_paper(self):
        self.write("many.yaml", MANY)
        self.tightrope("run", "many.yaml", "-q", "--out", "many")
        page = self.folder / "many/report.html"
        for width in [320, 400, 800, 1300]:
            self.browser.open(page.resolve().as_uri(), width, 900, width < 500)
            self.browser.evaluate("document.querySelectorAll('details').forEach(part => part.open = true)")
            self.assertEqual(self.browser.evaluate(INSPECT)["excess"], 0, width)
            self.assertEqual(self.browser.evaluate(BROKEN), [], width)
            if width == 1300:
                self.assertEqual(self.browser.evaluate(
                    "[...document.querySelectorAll('.still')].filter(e => e.scrollWidth > e.clientWidth).length"), 0)
        self.browser.open(page.resolve().as_uri(), 700, 900, False)
        self.browser.ask("Emulation.setEmulatedMedia", media="print")
        self.assertEqual(self.browser.evaluate(INSPECT)["excess"], 0, "print")
        self.browser.ask("Emulation.setEmulatedMedia", media="")

    def test_methods_differ_without_colours(self):
        self.write("many.yaml", MANY)
        self.tightrope("run", "many.yaml", "-q", "--out", "many")
        self.browser.open((self.folder / "many/report.html").resolve().as_uri(), 1200, 900, False)
        samples = self.browser.evaluate("[...document.querySelector('.legend').querySelectorAll('button svg')]"
                                        ".map(svg => svg.innerHTML)")
        self.assertEqual(len({re.sub("#[0-9a-f]{6}", "grey", sample) for sample in samples}), 12)

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
