#!/usr/bin/env python3
"""Report pages under axe-core, the rules by which screen readers and keyboards depend on pages.

axe-core is fetched by npm into the test's folder; where that cannot be had the tests are skipped, and say so.

TIGHTROPE=$PWD/build/release/bin/tightrope accessibility.py [CLASS[.test]…]
"""
import subprocess
import tarfile

from browser import Browser
from pages import STUDY
from support import Case, main

AXE = "axe-core@4.10.3"


class Accessibility(Case):
    def setUp(self):
        super().setUp()
        try:
            done = subprocess.run(["npm", "pack", AXE, "--silent"], cwd=self.folder, capture_output=True, text=True, timeout=120)
            reason = done.stderr.strip()[-300:] if done.returncode else ""
        except (OSError, subprocess.TimeoutExpired) as problem:
            reason = str(problem)
        packages = list(self.folder.glob("axe-core-*.tgz"))
        if not packages:
            self.skipTest(f"npm cannot fetch {AXE}: {reason}")
        with tarfile.open(packages[0]) as archive:
            self.axe = archive.extractfile("package/axe.min.js").read().decode("utf-8")
        self.browser = Browser()
        self.addCleanup(self.browser.close)

    def violations(self, page):
        found = []
        for dark in [False, True]:
            for width in [1280, 390]:
                self.browser.open(page.resolve().as_uri(), width, 900, width < 500, dark=dark)
                # Folded parts count, too.
                self.browser.evaluate("document.querySelectorAll('details').forEach(part => part.open = true)")
                self.browser.evaluate(self.axe)
                seen = self.browser.evaluate(
                    "axe.run(document, {resultTypes: ['violations']}).then(result => ({rules: result.passes.length, "
                    "wrong: result.violations.map(rule => rule.id + ': ' + rule.help + ' at ' + "
                    "rule.nodes.slice(0, 3).map(node => node.html.slice(0, 160)).join(' … '))}))", wait=True)
                self.assertGreater(seen["rules"], 10, "axe-core did not look at the page")
                found += [f"{'dark' if dark else 'light'}, {width}: {text}" for text in seen["wrong"]]
        return found

    def test_the_page_of_a_run(self):
        self.tightrope("run", "small.yaml", "-q")
        self.assertEqual(self.violations(self.folder / "results/small/report.html"), [])

    def test_the_page_of_a_study(self):
        self.write("study.yaml", STUDY)
        self.tightrope("run", "study.yaml", "-q", "--out", "study", code=1)
        self.assertEqual(self.violations(self.folder / "study/report.html"), [])

    def test_faults_are_seen(self):
        self.tightrope("run", "small.yaml", "-q")
        text = (self.folder / "results/small/report.html").read_text(encoding="utf-8")
        self.write("faulty.html", text.replace("<main>", '<main><p style="color:#ccc;background:#fff">faint</p>'))
        self.assertIn("color-contrast", " ".join(self.violations(self.folder / "faulty.html")))


if __name__ == "__main__":
    main()
