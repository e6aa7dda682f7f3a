#!/usr/bin/env python3
"""Opens report pages in Chromium, on a desk and on a phone, and says what is wrong with them.

    browser.py [--pictures DIR] REPORT.html…

A page passes if it asks for nothing but itself, logs nothing to the console, opens no dialog, has no script and no event
handler but its own, draws every chart, is no wider than the screen, has its headings in order, and still shows its
figures where scripts are off. Chromium is driven over its debugging pipe (DevTools
protocol: messages of JSON, each ended by a zero byte, on descriptors 3 and 4). Exit code 1: something is wrong.
"""
import argparse
import base64
import json
import os
import pathlib
import select
import shutil
import subprocess
import sys
import tempfile
import time

# Runs in the page: how many charts there are, how many of them have ink, what sticks out on the right, and what should
# not be there.
INSPECT = """(() => {
  const charts = [...document.querySelectorAll('.chart')];
  const inked = charts.filter(chart => {
    const canvas = chart.querySelector('canvas');
    if (!canvas || !canvas.width) return false;
    const pixels = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
    const colours = new Set();
    for (let i = 0; i < pixels.length; i += 4)
      if (pixels[i + 3] > 128) colours.add(pixels[i] << 16 | pixels[i + 1] << 8 | pixels[i + 2]);
    return colours.size > 2;
  });
  const drawings = [...document.querySelectorAll('.static > svg')];
  return {charts: charts.length, inked: inked.length, drawings: drawings.length,
          drawn: drawings.filter(svg => svg.getBoundingClientRect().height > 50).length,
          maps: [...document.images].filter(image => !image.naturalWidth).length,
          scripts: document.scripts.length,
          handlers: [...document.querySelectorAll('*')].filter(element =>
            [...element.attributes].some(attribute => attribute.name.startsWith('on'))).length,
          headings: [...document.querySelectorAll('h1, h2, h3, h4')].map(heading => +heading.tagName[1]),
          excess: document.documentElement.scrollWidth - document.documentElement.clientWidth};
})()"""


class Browser:
    """A headless Chromium and the one page in it."""

    def __init__(self):
        program = shutil.which("chromium") or shutil.which("chromium-browser")
        if not program:
            sys.exit("browser.py: chromium is not installed (apt-get install chromium)")
        self.profile = tempfile.mkdtemp(prefix="tightrope-browser-")
        to_read, self.output = os.pipe()
        self.input, to_write = os.pipe()
        # The two ends go out of the way of 3 and 4 first.
        ends = [os.dup(to_read), os.dup(to_write)]
        while min(ends) < 5:
            ends = [os.dup(end) for end in ends]
        options = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-dev-shm-usage",
                   "--no-first-run", "--disable-background-networking", "--disable-component-update",
                   "--disable-sync", "--disable-default-apps", "--hide-scrollbars", "--remote-debugging-pipe",
                   f"--user-data-dir={self.profile}", "about:blank"]
        self.process = subprocess.Popen(
            ["/bin/bash", "-c", f'exec "$0" "$@" 3<&{ends[0]} 4>&{ends[1]}', program, *options],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, pass_fds=ends)
        for descriptor in [to_read, to_write, *ends]:
            os.close(descriptor)
        self.rest, self.events, self.number, self.session = b"", [], 0, None
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ["Page", "Runtime", "Log", "Network"]:
            self.ask(domain + ".enable")

    def receive(self, deadline):
        """The next message, or None at the deadline."""
        while b"\0" not in self.rest:
            if not select.select([self.input], [], [], max(0, deadline - time.monotonic()))[0]:
                return None
            piece = os.read(self.input, 1 << 20)
            if not piece:
                sys.exit("browser.py: the browser ended")
            self.rest += piece
        message, self.rest = self.rest.split(b"\0", 1)
        return json.loads(message)

    def send(self, method, **parameters):
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.output, json.dumps(message).encode() + b"\0")

    def note(self, event):
        """Remembers what happens; a dialog is closed, or the page would wait for ever."""
        if event.get("method") == "Page.javascriptDialogOpening":
            self.send("Page.handleJavaScriptDialog", accept=True)
        if "method" in event:
            self.events.append(event)

    def ask(self, method, **parameters):
        self.send(method, **parameters)
        number = self.number
        deadline = time.monotonic() + 180  # slow machines draw large pages slowly
        while (answer := self.receive(deadline)) is not None:
            if answer.get("id") == number:
                if "error" in answer:
                    sys.exit(f"browser.py: {method}: {answer['error']['message']}")
                return answer["result"]
            self.note(answer)
        sys.exit(f"browser.py: the browser does not answer to {method}")

    def settle(self, seconds):
        deadline = time.monotonic() + seconds
        while (event := self.receive(deadline)) is not None:
            self.note(event)

    def wait_for(self, method):
        deadline = time.monotonic() + 180  # slow machines draw large pages slowly
        while not any(event.get("method") == method for event in self.events):
            event = self.receive(deadline)
            if event is None:
                sys.exit(f"browser.py: no {method} from the browser")
            self.note(event)

    def evaluate(self, expression, wait=False):
        """The value of an expression; with `wait`, what its promise comes to."""
        answer = self.ask("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=wait)
        return answer["result"].get("value")

    def open(self, address, width, height, phone, scripts=True, dark=False):
        self.events.clear()
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.ask("Emulation.setEmulatedMedia", features=[scheme])
        self.ask("Emulation.setDeviceMetricsOverride", width=width, height=height, mobile=phone,
                 deviceScaleFactor=2 if phone else 1)
        self.ask("Emulation.setScriptExecutionDisabled", value=not scripts)
        self.ask("Page.navigate", url=address)
        self.wait_for("Page.loadEventFired")
        self.settle(0.5)

    def picture(self, file):
        size = self.ask("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}
        image = self.ask("Page.captureScreenshot", format="png", clip=clip, captureBeyondViewport=True)["data"]
        file.write_bytes(base64.b64decode(image))

    def close(self):
        try:
            self.session = None
            self.ask("Browser.close")
            self.process.wait(10)
        except (SystemExit, OSError, subprocess.TimeoutExpired):
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.profile, ignore_errors=True)


def complaints_of(browser, address):
    """What the page asked for and what it logged, as sentences."""
    found = []
    for event in browser.events:
        parameters = event.get("params", {})
        if event["method"] == "Network.requestWillBeSent":
            url = parameters["request"]["url"]
            if url != address and not url.startswith("data:"):
                found.append(f"it asks for {url[:120]}")
        elif event["method"] == "Runtime.exceptionThrown":
            details = parameters["exceptionDetails"]
            found.append("a script fails: " + details.get("exception", {}).get("description", details["text"]))
        elif event["method"] == "Runtime.consoleAPICalled":
            words = " ".join(str(argument.get("value", "")) for argument in parameters["args"])
            found.append(f"console.{parameters['type']}: {words}")
        elif event["method"] == "Page.javascriptDialogOpening":
            found.append(f"a dialog opens: {parameters['message']}")
        elif event["method"] == "Log.entryAdded":
            found.append(f"log, {parameters['entry']['level']}: {parameters['entry']['text']}")
    return found


def check(browser, page, pictures):
    address, found = page.resolve().as_uri(), []
    source = page.read_text(encoding="utf-8")
    if "Content-Security-Policy" not in source or "default-src 'none'" not in source:
        found.append("it has no Content-Security-Policy that forbids every source")
    for where, width, height, phone in [("desk", 1200, 900, False), ("phone", 400, 800, True)]:
        browser.open(address, width, height, phone)
        found += [f"{where}: {text}" for text in complaints_of(browser, address)]
        seen = browser.evaluate(INSPECT)
        if seen["charts"] == 0 or seen["inked"] < seen["charts"]:
            found.append(f"{where}: {seen['inked']} of {seen['charts']} charts are drawn")
        if seen["maps"]:
            found.append(f"{where}: {seen['maps']} pictures do not show")
        if seen["handlers"] or seen["scripts"] != 3:
            found.append(f"{where}: {seen['scripts']} scripts and {seen['handlers']} elements with event handlers")
        levels = [0, *seen["headings"]]
        if any(deeper > level + 1 for level, deeper in zip(levels, levels[1:])) or levels.count(1) != 1:
            found.append(f"{where}: the headings are of levels {seen['headings']}")
        if seen["excess"] > 0:
            found.append(f"{where}: the page is {seen['excess']} pixels wider than the screen")
        if pictures:
            browser.picture(pictures / f"{page.resolve().parent.name}-{where}.png")
    browser.open(address, 1200, 900, False, dark=True)
    found += [f"dark: {text}" for text in complaints_of(browser, address)]
    for axis in ["passes", "seconds"]:
        browser.evaluate(f"document.querySelector('input[value={axis}]').click()")
        browser.settle(0.2)
        switched = browser.evaluate(INSPECT)
        # Over seconds there may be fewer: where most runs have diverged before the last has begun, no median is left.
        wanted = switched["charts"] if axis == "seconds" else seen["charts"]
        if switched["charts"] == 0 or switched["inked"] < wanted:
            found.append(f"{switched['inked']} of {wanted} charts are drawn over {axis}")
    found += [f"switching the axis: {text}" for text in complaints_of(browser, address)]
    browser.open(address, 1200, 900, False, scripts=False)
    still = browser.evaluate(INSPECT)
    if still["drawn"] == 0 or still["drawn"] < still["drawings"]:
        found.append(f"without scripts {still['drawn']} of {still['drawings']} figures show")
    return found


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--pictures", type=pathlib.Path)
    parser.add_argument("pages", nargs="+", type=pathlib.Path)
    arguments = parser.parse_args()
    browser, wrong = Browser(), 0
    try:
        for page in arguments.pages:
            found = check(browser, page, arguments.pictures)
            wrong += len(found)
            for text in found:
                print(f"{page}: {text}")
            if not found:
                print(f"{page}: nothing to complain about")
    finally:
        browser.close()
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
