#!/usr/bin/env python3
"""The program as a user meets it: verbs, exit codes, streams, layers, result folders, ends.

TIGHTROPE=$PWD/build/release/bin/tightrope program.py [CLASS[.test]…]
"""
import csv
import hashlib
import json
import os
import pathlib
import pty
import select
import signal
import subprocess
import time

from support import CONFIGS, PROGRAM, SMALL, Case, main


class Verbs(Case):
    def test_help_names_every_verb_and_each_has_a_page(self):
        page = self.tightrope("help").stdout
        self.assertEqual(self.tightrope().stdout, page)
        self.assertEqual(self.tightrope("--help").stdout, page)
        for verb in ["run", "check", "list", "describe", "show", "compare", "report", "export", "doctor", "help", "version"]:
            self.assertRegex(page, rf"\n  {verb} +\w")
            own = self.tightrope(verb, "-h").stdout
            self.assertEqual(self.tightrope("help", verb).stdout, own)
            self.assertTrue(own.startswith(f"tightrope {verb}"), own)
            self.assertIn("--help", own)
            self.assertLessEqual(max(map(len, own.splitlines())), 120)

    def test_version(self):
        self.assertRegex(self.tightrope("version").stdout, r"^tightrope \d+\.\d+\.\d+ \(interface [0-9a-f]{16}\)\n$")
        self.assertEqual(self.tightrope("-V").stdout, self.tightrope("--version").stdout)

    def test_list(self):
        table = self.tightrope("list").stdout
        for name in ["gaussian", "asymmetric", "least_squares", "small_random", "gradient_descent", "relative_error"]:
            self.assertIn(name, table)
        optimizers = json.loads(self.tightrope("list", "optimizers", "--format", "json").stdout)
        self.assertEqual({entry["kind"] for entry in optimizers}, {"optimizers"})
        self.assertIn("momentum", [entry["name"] for entry in optimizers])
        rows = list(csv.reader(self.tightrope("list", "--format", "csv").stdout.splitlines()))
        self.assertTrue(all(len(row) == 3 for row in rows))
        self.assertIn("optimizers", self.tightrope("list", "-v").stderr)

    def test_describe(self):
        text = self.tightrope("describe", "optimizer", "momentum").stdout
        self.assertIn("beta", text)
        self.assertIn("type: momentum", text)
        described = json.loads(self.tightrope("describe", "spectral", "--format", "json").stdout)
        self.assertEqual((described["kind"], described["name"]), ("initializations", "spectral"))
        self.assertIn("# Reference", self.tightrope("describe", "--format", "markdown").stdout)
        self.one_sentence(self.tightrope("describe", "optimizer", code=2), "is a kind", "momentum")

    def test_what_describe_suggests_can_be_used(self):
        for entry in json.loads(self.tightrope("list", "optimizers", "--format", "json").stdout):
            text = self.tightrope("describe", "optimizer", entry["name"]).stdout
            yaml = text[text.index("type: "):]
            indented = "optimizer:\n" + "".join(f"  {line}\n" for line in yaml.splitlines())
            self.write("use.yaml", SMALL.replace("optimizer: {type: gradient_descent, step: 0.25}\n", indented))
            self.tightrope("check", "use.yaml")
        self.assertIn("every", self.tightrope("describe", "imbalance").stdout)

    def test_check_computes_nothing(self):
        self.assertIn("1 run, 1 claim", self.tightrope("check", "small.yaml").stdout)
        self.assertEqual(sorted(os.listdir(self.folder)), ["small.yaml"])
        self.assertEqual(self.tightrope("check", "small.yaml", "-q").stdout, "")

    def test_doctor(self):
        self.assertTrue(self.tightrope("doctor").stdout.endswith("All is well.\n"))
        self.assertEqual(json.loads(self.tightrope("doctor", "--format", "json").stdout)["troubles"], [])
        broken = os.path.join(os.environ["BROKEN_PLUGINS"], "no_entry_point")
        done = self.tightrope("doctor", "--plugin-path", broken, code=3)
        well, _, trouble = done.stdout.partition("✗ ")
        self.assertRegex(well, r"\nplugins +\d+ can be used, 1 refused\n")
        self.assertIn("no_entry_point.so", trouble)
        self.assertEqual((trouble.count("\n"), done.stderr), (1, ""))
        told = json.loads(self.tightrope("doctor", "--format", "json", "--plugin-path", broken, code=3).stdout)
        self.assertEqual(told["troubles"], [trouble.rstrip("\n")])
        self.assertIn({"name": "plugin folder", "value": broken}, told["facts"])

    def test_wrong_usage_gets_one_sentence_and_exit_code_2(self):
        self.one_sentence(self.tightrope("rn", code=2), "'rn'", "did you mean 'run'?")
        self.one_sentence(self.tightrope("help", "reprot", code=2), "did you mean 'report'?")
        self.one_sentence(self.tightrope("run", code=2), "run takes FILE, but nothing was given")
        self.one_sentence(self.tightrope("doctor", "now", code=2), "doctor takes no arguments, but here is 'now'")
        self.one_sentence(self.tightrope("run", "small.yaml", "--thread", "2", code=2), "did you mean '--threads'?")
        self.one_sentence(self.tightrope("run", "small.yaml", "--threads", "0", code=2), "between 1 and 256")
        self.one_sentence(self.tightrope("run", "small.yaml", "--format", "xml", code=2), "table, json")
        self.one_sentence(self.tightrope("run", "absent.yaml", code=2), "absent.yaml", "no such file")
        self.one_sentence(self.tightrope("run", "..", "--format", "json", code=2), "folder")
        self.one_sentence(self.tightrope("list", "optimiser", code=2), "optimizers")
        self.one_sentence(self.tightrope("show", "absent", code=2), "absent does not exist")
        self.one_sentence(self.tightrope("list", "--plugin-path", "absent", code=2), "'absent'")
        self.assertEqual(sorted(os.listdir(self.folder)), ["small.yaml"])


class Run(Case):
    def test_results_go_to_standard_output_and_progress_is_plain_when_piped(self):
        done = self.tightrope("run", "small.yaml", "--set", "stop={time: 3.1}", "--set", "claims=[]",
                              "--set", "observers=[relative_error]", "--set", "initialization.scale=1e-9")
        self.assertIn("small: 12 × 9 matrix of rank 2 from 150 measurements, factorization rank 4.", done.stdout)
        self.assertIn("Report: results/small/report.html", done.stdout)
        self.assertRegex(done.stderr, r"^(small  iteration \d+  \d+/s  after [\d.]+ s  relative error \S+\n)+$")
        self.assertNotIn("\x1b", done.stdout + done.stderr)
        self.assertNotIn("\r", done.stderr)

    def test_quiet(self):
        done = self.tightrope("run", "small.yaml", "-q")
        self.assertEqual((done.stdout, done.stderr), ("", ""))
        self.assertTrue((self.folder / "results/small/report.html").exists())

    def test_one_json_document(self):
        done = self.tightrope("run", "small.yaml", "--format", "json", "--out", "here")
        document = json.loads(done.stdout)
        self.assertEqual(list(document), ["name", "out", "cells", "claims"])
        self.assertEqual((document["name"], document["out"]), ("small", "here"))
        cell, = document["cells"]
        self.assertEqual(list(cell), ["key", "labels", "end", "metrics", "seconds"])
        self.assertRegex(cell["key"], "^[0-9a-f]{64}$")
        self.assertEqual(cell["labels"], {})
        self.assertEqual(cell["end"], {"class": "limit", "reason": "the limit of 150 iterations was reached",
                                       "iteration": 150})
        with open(self.folder / "here/trace.csv", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        self.assertEqual({name: float(value) for name, value in rows[-1].items()}, cell["metrics"])
        self.assertGreater(cell["seconds"], 0)
        self.assertEqual([claim["holds"] for claim in document["claims"]], [True])
        stored = json.loads(self.tightrope("show", "here", "--format", "json").stdout)
        self.assertEqual(stored["cells"][0]["metrics"], cell["metrics"])

    def test_a_false_claim(self):
        done = self.tightrope("run", "small.yaml", "--set", "stop.iterations=5", code=1)
        self.assertIn("✗ final relative_error < 0.05 is FALSE (measured: ", done.stdout)
        self.assertIn("✗ is false", (self.folder / "results/small/report.html").read_text(encoding="utf-8"))
        document = self.run_json("small.yaml", "--set", "stop.iterations=5", code=1)
        self.assertEqual([claim["holds"] for claim in document["claims"]], [False])

    def test_methods_side_by_side(self):
        self.write("two.yaml", SMALL + "study: {methods: {plain: {}, heavy: {optimizer: {type: momentum, step: 0.1}}}}\n")
        done = self.tightrope("run", "two.yaml")
        self.assertRegex(done.stdout, r"\nplain +limit +150 ")
        self.assertRegex(done.stdout, r"\nheavy +limit +150 ")
        self.tightrope("export", "results/small", "--to", "both.csv")
        with open(self.folder / "both.csv", encoding="utf-8") as file:
            self.assertEqual({row["method"] for row in csv.DictReader(file)}, {"plain", "heavy"})
        self.one_sentence(self.tightrope("export", "results/small", "--to", "one.npz", code=2), "heavy")
        self.tightrope("export", "results/small", "--to", "one.npz", "--cell", "heavy")

    def terminal(self, *arguments, **variables):
        """What the program writes to a terminal of 80 columns on standard error."""
        ours, theirs = pty.openpty()
        process = subprocess.Popen([PROGRAM, *arguments], cwd=self.folder, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL, stderr=theirs,
                                   env=self.environment(**{"TERM": "xterm", **variables}))
        os.close(theirs)
        text = b""
        while select.select([ours], [], [], 60)[0]:
            try:
                piece = os.read(ours, 65536)
            except OSError:  # the other end is closed
                break
            text += piece
        os.close(ours)
        self.assertEqual(process.wait(60), 0)
        return text.decode()

    def test_progress_on_a_terminal_is_one_line_that_vanishes(self):
        long = ["run", "small.yaml", "--no-report", "--set", "stop={time: 0.6}", "--set", "claims=[]"]
        text = self.terminal(*long)
        lines = text.split("\r\x1b[2K")
        self.assertGreater(len(lines), 2)
        self.assertEqual((lines[0], lines[-1]), ("", ""))
        self.assertTrue(all(line.startswith("small  iteration ") and len(line) < 80 for line in lines[1:-1]), lines)
        self.assertNotIn("\n", text)
        self.assertNotIn("\x1b", self.terminal(*long, TERM="dumb"))
        self.assertNotRegex(self.terminal(*long, NO_COLOR="1"), r"\x1b\[[0-9;]*m")

    def interrupted(self, number):
        process = subprocess.Popen([PROGRAM, "run", "small.yaml", "--set", "stop={iterations: 100000000}"],
                                   cwd=self.folder, env=self.environment(), stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        process.stderr.readline()  # the first line of progress: the run is under way
        process.send_signal(number)
        out, err = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 128 + number)
        self.assertEqual(out, "")
        return err.splitlines()[-1]

    def test_an_interrupted_run_ends_in_good_order(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            self.assertEqual(self.interrupted(number), "small: interrupted; 0 of 1 runs are finished and the others keep "
                             "their checkpoints. The same command goes on from there.")
        self.tightrope("run", "small.yaml", "-q")
        self.tightrope("run", "small.yaml", "-q", "-o", "undisturbed")
        for file in ("record.json", "trace.csv", "final.npz"):
            self.assertEqual((self.folder / "results/small" / file).read_bytes(),
                             (self.folder / "undisturbed" / file).read_bytes())
        self.tightrope("show", "results/small")


class Outside(Case):
    """What the outside does is no fault of the program: streams, names that are no UTF-8, folders that are gone."""

    def test_a_config_from_standard_input(self):
        def piped(*arguments, text=SMALL):
            return subprocess.run([PROGRAM, *arguments], cwd=self.folder, env=self.environment(), input=text,
                                  capture_output=True, text=True)

        self.tightrope("run", "small.yaml", "-q", "--out", "named")
        self.assertEqual(piped("run", "-", "-q", "--out", "piped").returncode, 0)
        for file in ("record.json", "trace.csv", "final.npz", "config.yaml"):
            self.assertEqual((self.folder / "piped" / file).read_bytes(), (self.folder / "named" / file).read_bytes())
        self.assertEqual(piped("check", "-").stdout, "<stdin> is fine: 1 run, 1 claim.\n")
        self.assertIn("1 cached", piped("plan", "-", "--quick", "--out", "piped").stdout)
        self.assertRegex(piped("show", "--resolved", "-").stdout, r"rank: 4 +# <stdin>:7:42")
        self.assertEqual(piped("show", "piped", "--why-new", "-").stdout, "1 of 1 stored\n")
        self.assertEqual(piped("run", "small.yaml", "-c", "-", "-q", "--set", "claims=[]",
                               text="stop: {iterations: 4}").returncode, 0)
        self.tightrope("report", "piped")
        self.tightrope("export", "piped", "--bundle", "all.tar.gz")
        self.assertEqual(piped("run", "-", "-q", text=SMALL.replace("name: small\n", "")).returncode, 0)
        self.assertTrue((self.folder / "results/stdin/report.html").exists())
        refused = piped("check", "-", text=SMALL.replace("rank: 4", "rank: x"))
        self.assertEqual(refused.returncode, 2)
        self.assertTrue(refused.stderr.startswith("<stdin>:7:42: error: "), refused.stderr)

    def test_data_of_a_config_from_standard_input_lie_in_the_current_folder(self):
        self.write("y.csv", "1\n2\n3\n")
        text = SMALL.split("problem:")[0] + """problem:
  shape: [2, 2]
  data: y.csv
  operator: {type: gaussian, measurements: 3}
model: {type: asymmetric, rank: 1}
initialization: {type: small_random, scale: 0.1}
optimizer: {type: gradient_descent, step: 0.1}
stop: {iterations: 3}
"""
        done = subprocess.run([PROGRAM, "run", "-", "-q"], cwd=self.folder, env=self.environment(), input=text,
                              capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(self.tightrope("report", "results/small").stderr, "")
        self.tightrope("export", "results/small", "--problem", "p.npz")

    def test_whoever_has_read_enough_ends_every_verb_quietly(self):
        self.write("many.yaml", SMALL.split("claims:")[0] + "study: {grid: {optimizer.step: 'linear(0.1, 0.3, 400)'}}\n")
        self.tightrope("run", "small.yaml", "-q")
        formats = [["plan", "many.yaml", "--quick"], ["show", "--resolved", "many.yaml"], ["list"], ["help"], ["version"],
                   ["describe", "momentum"], ["show", "results/small"], ["compare", "results/small"]]
        formats += [["plan", "many.yaml", "--quick", "--format", name] for name in ("json", "csv", "markdown", "latex")]
        for arguments in formats:
            read, write = os.pipe()
            os.close(read)
            done = subprocess.run([PROGRAM, *arguments], cwd=self.folder, env=self.environment(), stdout=write,
                                  stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
            os.close(write)
            self.assertEqual((done.returncode, done.stderr), (128 + signal.SIGPIPE, ""), arguments)

    def test_a_run_whose_reader_has_gone_is_stored_whole(self):
        read, write = os.pipe()
        os.close(read)
        done = subprocess.run([PROGRAM, "run", "small.yaml"], cwd=self.folder, env=self.environment(), stdout=write,
                              stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        os.close(write)
        self.assertEqual(done.returncode, 128 + signal.SIGPIPE)
        self.assertNotIn("error", done.stderr)
        self.assertIn("small: 1 run", self.tightrope("show", "results/small").stdout)
        self.assertTrue((self.folder / "results/small/report.html").exists())

    def test_a_folder_whose_name_is_no_utf8(self):
        folder = os.fsencode(self.folder) + b"/caf\xe9"
        os.mkdir(folder)
        study = SMALL.split("claims:")[0] + "study: {methods: {a: {}, b: {optimizer: {step: 0.2}}}}\n"
        study = study.replace("target:   {type: random_low_rank, rank: 2, condition: 2}",
                              "target: {type: file, path: x.csv}").replace("shape: [12, 9]", "shape: [2, 3]")
        study = study.replace("rank: 4", "rank: 2")
        for name, text in [(b"/study.yaml", study), (b"/x.csv", "0.1,0.2,0.3\n0.4,0.5,0.7\n")]:
            with open(folder + name, "w", encoding="utf-8") as file:
                file.write(text)

        def outside(*arguments):
            """From the folder above, so that every path holds the byte."""
            done = subprocess.run([os.fsencode(PROGRAM), *arguments], cwd=self.folder, env=self.environment(),
                                  stdin=subprocess.DEVNULL, capture_output=True)
            self.assertEqual(done.returncode, 0, done.stderr)
            return done

        out = folder + b"/out"
        outside(b"run", folder + b"/study.yaml", b"--out", out, b"-q")
        json.loads(outside(b"show", out, b"--format", b"json").stdout.decode())  # UTF-8
        self.assertIn("caf\\xE9", outside(b"plan", folder + b"/study.yaml", b"--out", out, b"--quick", b"--format",
                                           b"json").stdout.decode().replace("\\\\", "\\"))
        self.assertEqual(outside(b"report", out).stderr, b"")  # the data file is found again
        outside(b"export", out, b"--problem", folder + b"/p.npz", b"--cell", b"a")
        outside(b"verify", out)
        refused = subprocess.run([os.fsencode(PROGRAM), b"check", folder + b"/absent.yaml"], cwd=self.folder,
                                 env=self.environment(), stdin=subprocess.DEVNULL, capture_output=True)
        self.assertEqual(refused.returncode, 2)
        self.assertIn("caf\\xe9/absent.yaml: error: ", refused.stderr.decode())

    def test_a_current_folder_that_is_gone(self):
        gone = self.folder / "gone"
        config = self.folder / "small.yaml"
        for arguments, code in [(["run", config], 5), (["run", config, "--out", self.folder / "kept"], 0),
                                (["check", config], 0), (["version"], 0), (["list"], 0), (["run", "x.yaml"], 2)]:
            gone.mkdir()
            done = subprocess.run(["bash", "-c", 'rmdir "$PWD"; exec "$@"', "bash", PROGRAM, *map(str, arguments)],
                                  cwd=gone, env=self.environment(), stdin=subprocess.DEVNULL, capture_output=True, text=True)
            self.assertEqual(done.returncode, code, f"{arguments}: {done.stderr}")
            self.assertNotIn("should not have happened", done.stderr)
            if code != 0:
                self.assertEqual(done.stderr.count("\n"), 1, done.stderr)

    def test_documents_that_somebody_edited(self):
        self.tightrope("run", "small.yaml", "-q")
        folder = self.folder / "results/small"
        cell, = (folder / "cells").iterdir()
        for name, text in [("run.json", "[]"), ("run.json", "{}"), ("run.json", '{"format": "x"}'), ("status.json", "3"),
                           ("status.json", '{"name": []}')]:
            whole = (folder / name).read_bytes()
            (folder / name).write_text(text)
            verb = ["watch", "--once"] if name == "status.json" else ["show"]
            self.one_sentence(self.tightrope(*verb, "results/small", code=4), name, "damaged")
            (folder / name).write_bytes(whole)
        # With digests that fit, as somebody who knows the format would do it.
        sums = (cell / "SHA256SUMS").read_text()
        for part in ["spec", "metrics", "build", "data", "key", "end", "counters", "sizes", "columns"]:
            record = json.loads((cell / "record.json").read_text())
            del record[part]
            whole = (cell / "record.json").read_bytes()
            (cell / "record.json").write_text(json.dumps(record))
            digest = hashlib.sha256((cell / "record.json").read_bytes()).hexdigest()
            (cell / "SHA256SUMS").write_text("".join(f"{digest}  record.json\n" if line.endswith("record.json\n") else line
                                                     for line in sums.splitlines(True)))
            self.one_sentence(self.tightrope("show", "results/small", code=4), "record.json", "damaged")
            (cell / "record.json").write_bytes(whole)
            (cell / "SHA256SUMS").write_text(sums)
        self.tightrope("show", "results/small")

    def test_what_may_not_be_read_is_neither_damaged_nor_absent(self):
        self.tightrope("run", "small.yaml", "-q")
        os.chmod(self.folder, 0o755)
        somebody = {"user": 65534, "group": 65534, "extra_groups": []} if os.geteuid() == 0 else {}

        def refused(*arguments):
            done = subprocess.run([PROGRAM, *arguments], cwd=self.folder, env=self.environment(HOME=""), text=True,
                                  stdin=subprocess.DEVNULL, capture_output=True, **somebody)
            self.assertEqual(done.returncode, 5, f"{arguments}: {done.stderr}")
            self.one_sentence(done, "Permission denied")

        try:
            subprocess.run([PROGRAM, "version"], env=self.environment(), check=True, capture_output=True, **somebody)
        except (OSError, subprocess.CalledProcessError):
            self.skipTest("the program lies where other users cannot start it")
        cell, = (self.folder / "results/small/cells").iterdir()
        for locked in [self.folder / "results/small", cell, cell / "record.json"]:
            mode = locked.stat().st_mode
            locked.chmod(0)
            for verb in [["show"], ["compare"], ["verify"], ["export", "--to", "x.csv"]]:
                refused(*verb, "results/small")
            locked.chmod(mode)
        (self.folder / "results/small").chmod(0)
        refused("watch", "--once", "results/small")
        refused("run", "small.yaml")
        (self.folder / "results/small").chmod(0o755)

    def test_what_is_no_run_is_told_so_by_every_verb(self):
        (self.folder / "empty").mkdir()
        os.symlink("nowhere", self.folder / "dangling")
        for verb in [["show"], ["compare"], ["report"], ["verify"], ["export", "--to", "x.csv"], ["watch"]]:
            for run in ["empty", "small.yaml", "absent", "dangling"]:
                self.one_sentence(self.tightrope(*verb, run, code=2), run)
            self.one_sentence(self.tightrope(*verb, "", code=2), "an empty name")
        self.one_sentence(self.tightrope("run", "small.yaml", "--out", "dangling", code=5), "a link to 'nowhere'")
        self.tightrope("run", "small.yaml", "-q")
        self.one_sentence(self.tightrope("export", "results/small", "--to", "absent/x.csv", code=5), "absent/x.csv cannot")

    def test_a_pipe_in_the_place_of_a_file_keeps_nobody_waiting(self):
        self.tightrope("run", "small.yaml", "-q")
        cell, = (self.folder / "results/small/cells").iterdir()
        (cell / "record.json").unlink()
        os.mkfifo(cell / "record.json")
        self.one_sentence(self.tightrope("show", "results/small", code=4), "record.json", "no regular file", "remove that")

    def test_results_have_the_name_that_the_config_gives_them_in_any_script(self):
        for name in ["größe", "実験", "تجربة"]:
            self.tightrope("run", "small.yaml", "-q", "--set", f"name={name}")
            self.assertTrue((self.folder / "results" / name / "report.html").exists())
            self.tightrope("export", f"results/{name}", "--bundle", f"{name}.tar.gz", "-q")
        self.write("two.yaml", SMALL.split("claims:")[0] +
                   "study: {methods: {простой: {}, 速い: {optimizer: {step: 0.3}}}}\n")
        self.assertRegex(self.tightrope("run", "two.yaml").stdout, r"\nпростой +limit +150 ")
        self.assertIn("速い", self.tightrope("compare", "results/small").stdout)


class Layers(Case):
    """Defaults of plugins < FILE < -c from left to right < TIGHTROPE_SET < --set."""

    def iterations(self, *arguments, **variables):
        return self.run_json("small.yaml", "--set", "claims=[]", *arguments, **variables)["cells"][0]["end"]["iteration"]

    def test_order(self):
        self.write("a.yaml", "stop: {iterations: 11}\nseed: 8\n")
        self.write("b.yaml", "stop: {iterations: 12}\n")
        self.assertEqual(self.iterations(), 150)
        self.assertEqual(self.iterations("-c", "a.yaml"), 11)
        self.assertEqual(self.iterations("-c", "a.yaml", "-c", "b.yaml"), 12)
        self.assertEqual(self.iterations("-c", "b.yaml", "-c", "a.yaml"), 11)
        self.assertEqual(self.iterations("-c", "b.yaml", TIGHTROPE_SET="seed=5;stop.iterations=13"), 13)
        self.assertEqual(self.iterations("-c", "b.yaml", "--set", "stop.iterations=14",
                                         TIGHTROPE_SET="stop.iterations=13"), 14)
        self.assertEqual(self.iterations("--set", "stop.iterations=14", "--set", "stop.iterations=15"), 15)

    def test_origins(self):
        self.write("a.yaml", "optimizer: {step: 0.125}\n")
        shown = self.tightrope("show", "--resolved", "small.yaml", "-c", "a.yaml", "--set", "stop.iterations=9",
                               TIGHTROPE_SET="seed=5").stdout
        for pattern in [r"seed: 5 +# TIGHTROPE_SET seed=5", r"value: 0.125 +# a.yaml:1:19", r"iterations: 9 +# --set",
                        r"rank: 4 +# small.yaml:7:42", r"^name: small +# small.yaml:1:7", r"balancing: 0 +# default"]:
            self.assertRegex(shown, pattern)

    def test_errors_say_which_layer(self):
        self.assertIn("--set stop.iterations=x", self.tightrope("check", "small.yaml", "--set", "stop.iterations=x",
                                                                code=2).stderr)
        self.assertIn("TIGHTROPE_SET", self.tightrope("check", "small.yaml", code=2, TIGHTROPE_SET="sed=1").stderr)


class Results(Case):
    HASHED = ["record.json", "trace.csv", "final.npz"]

    def bytes_of(self, folder):
        return [(self.folder / folder / name).read_bytes() for name in self.HASHED]

    def test_the_folder_holds_what_it_should(self):
        self.tightrope("run", "small.yaml", "-q", "--out", "a")
        names = os.listdir(self.folder / "a")
        for name in [*self.HASHED, "provenance.json", "run.json", "report.html", "figures", "cells"]:
            self.assertIn(name, names)
        self.assertFalse([file for file in (self.folder / "a").rglob("*") if ".tmp" in file.name])
        self.assertTrue(list((self.folder / "a/figures").glob("*.svg")))
        record = json.loads((self.folder / "a/record.json").read_text(encoding="utf-8"))
        provenance = json.loads((self.folder / "a/provenance.json").read_text(encoding="utf-8"))
        self.assertEqual(record["spec"]["model"]["rank"], 4)
        self.assertIn("finished", provenance)
        # What decides the digest tells nothing of when and where.
        hashed = b"".join(self.bytes_of("a"))
        for secret in [provenance["host"], provenance["finished"][:10], str(self.folder), str(pathlib.Path.home()) + "/",
                       str(pathlib.Path(PROGRAM).resolve().parent)]:
            self.assertNotIn(secret.encode(), hashed)
        self.assertFalse({"seconds", "finished", "host", "threads"} & set(record))

    def test_equal_bytes_when_repeated_elsewhere_with_other_threads(self):
        self.tightrope("run", "small.yaml", "-q", "--out", "a", "--threads", "1")
        self.tightrope("run", "small.yaml", "-q", "--out", "a", "--threads", "1")
        once = self.bytes_of("a")
        (self.folder / "deep").mkdir()
        (self.folder / "deep/small.yaml").write_text(SMALL, encoding="utf-8")
        for threads in ["1", "2", "4"]:
            self.tightrope("run", "deep/small.yaml", "-q", "--no-report", "--out", "deep/b", "--threads", threads)
            self.assertEqual(self.bytes_of("deep/b"), once)
        self.tightrope("run", "small.yaml", "-q", "--out", "c", "--set", "seed=4")
        self.assertNotEqual(self.bytes_of("c")[1:], once[1:])

    def test_report_and_export_again(self):
        self.tightrope("run", "small.yaml", "-q")
        page = self.folder / "results/small/report.html"
        before = page.read_bytes()
        page.unlink()
        self.assertEqual(self.tightrope("report", "results/small").stdout, "Report: results/small/report.html\n")
        self.assertEqual(page.read_bytes(), before)
        self.tightrope("export", "results/small", "--to", "trace.csv", "--problem", "problem.npz")
        self.assertEqual((self.folder / "trace.csv").read_bytes(), (self.folder / "results/small/trace.csv").read_bytes())
        self.assertEqual((self.folder / "problem.npz").read_bytes()[:2], b"PK")
        self.one_sentence(self.tightrope("export", "results/small", code=2), "--to", "--problem")
        self.one_sentence(self.tightrope("export", "results/small", "--to", "x.mat", code=2), ".csv", ".npz")

    def test_damage_is_noticed_and_named(self):
        self.tightrope("run", "small.yaml", "-q", "--no-report")
        cell, = (self.folder / "results/small/cells").iterdir()
        for name in [*self.HASHED]:
            whole = (cell / name).read_bytes()
            middle = len(whole) // 2
            for damaged in [whole[:middle], whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1:], b"", None]:
                if damaged is None:
                    (cell / name).unlink()
                else:
                    (cell / name).write_bytes(damaged)
                if name == "record.json" and damaged and len(damaged) == len(whole):
                    continue  # a flipped bit may leave valid JSON; its digest is for the index to keep
                for arguments in [["show", "results/small"], ["report", "results/small"],
                                  ["export", "results/small", "--to", "x.csv"]]:
                    self.one_sentence(self.tightrope(*arguments, code=4), name)
            (cell / name).write_bytes(whole)
        self.tightrope("show", "results/small")

    def test_a_checkpoint_of_a_stored_run_goes(self):
        # Whoever stored the run was killed before it could remove the checkpoint.
        self.write("study.yaml", SMALL.split("claims:")[0] + "study: {methods: {a: {}, b: {optimizer: {step: 0.2}}}}\n")
        for config in ["small.yaml", "study.yaml"]:
            self.tightrope("run", config, "-q", "--out", "out-" + config)
            for cell in (self.folder / ("out-" + config) / "cells").iterdir():
                (cell.parent.parent / "unfinished" / (cell.name + ".state")).write_bytes(b"half")
            self.assertEqual(self.tightrope("run", config, "-q", "--out", "out-" + config).stderr, "")
            self.assertEqual(os.listdir(self.folder / ("out-" + config) / "unfinished"), [])

    def test_a_folder_with_other_files_is_left_alone(self):
        (self.folder / "mine").mkdir()
        self.write("mine/notes.txt", "precious")
        self.one_sentence(self.tightrope("run", "small.yaml", "--out", "mine", code=5), "mine holds other files")
        self.assertEqual(os.listdir(self.folder / "mine"), ["notes.txt"])
        self.one_sentence(self.tightrope("run", "small.yaml", "--out", "mine/notes.txt", code=5), "is a file")


class Ends(Case):
    """Every stop rule, and what a run says that went wrong."""

    def end(self, stop, *arguments, code=0):
        cell, = self.run_json("small.yaml", "--set", "claims=[]", "--set", f"stop={stop}", *arguments, code=code)["cells"]
        return cell["end"], cell["metrics"]

    def test_iterations(self):
        end, _ = self.end("{iterations: 7}")
        self.assertEqual(end, {"class": "limit", "reason": "the limit of 7 iterations was reached", "iteration": 7})
        self.assertEqual(self.end("{iterations: 0}")[0]["iteration"], 0)

    def test_a_plugin_that_throws(self):
        broken = ["--plugin-path", f"{os.environ['BROKEN_PLUGINS']}/throws_in_iteration",
                  "--set", "optimizer.step=throws_in_iteration"]
        reason = "step size 'throws_in_iteration' failed: the trust region is empty (iteration 2)"
        done = self.tightrope("run", "small.yaml", *broken, code=1)
        self.assertEqual(done.stdout, f"small: S{reason[1:]}.\n")
        self.assertEqual(self.run_json("small.yaml", *broken, code=1)["missing"],
                         [{"labels": {}, "kind": "failed", "reason": reason}])

    def test_time(self):
        end, _ = self.end("{iterations: 100000000, time: 0.2}")
        self.assertEqual((end["class"], end["reason"]), ("limit", "the limit of 0.2 seconds was reached"))
        self.assertGreater(end["iteration"], 10)

    def test_thresholds(self):
        for rule, bound in [("relative_error", 0.1), ("train_error", 0.1), ("gradient_norm", 1e-3)]:
            # From a start with a visible gradient: at a small one the norm is below any threshold.
            end, metrics = self.end(f"{{iterations: 100000, {rule}: {bound}}}", "--set", "initialization.scale=0.3")
            self.assertEqual(end["class"], "converged")
            self.assertLess(end["iteration"], 100000)
            self.assertRegex(end["reason"], rf"^{rule} fell to \S+, the rule asks for {bound}")
            self.assertLessEqual(metrics[rule], bound)

    def test_divergence(self):
        for stop, step in [("{iterations: 1000}", "1000"), ("{iterations: 1000, divergence: 5}", "20"),
                           ("{iterations: 1000}", "1e300")]:
            end, metrics = self.end(stop, "--set", f"optimizer.step={step}", "--set", "initialization.scale=1", code=1)
            self.assertEqual(end["class"], "diverged")
            self.assertIn("the objective", end["reason"])
            undefined = {name for name, value in metrics.items() if value is None}
            self.assertEqual(undefined, {"step"} if metrics["iteration"] == 0 else set())  # no step has led to the start
        done = self.tightrope("run", "small.yaml", "--set", "optimizer.step=1e300", code=1)
        self.assertIn("diverged: The objective", done.stdout)
        texts = [done.stdout, self.tightrope("show", "results/small").stdout]
        texts += [file.read_text(encoding="utf-8") for file in (self.folder / "results").rglob("*")
                  if file.suffix in [".csv", ".json", ".svg"]]
        page = (self.folder / "results/small/report.html").read_text(encoding="utf-8")
        texts.append(page[page.index("<main>"):page.index("</main>")])
        for text in texts:
            self.assertNotRegex(text, r"(?i)(?<![a-z])(nan|inf|infinity)(?![a-z])")

    def test_one_diverging_method_leaves_the_other_alone(self):
        self.write("two.yaml", SMALL + "study: {methods: {good: {}, wild: {optimizer: {step: 1e6}}}}\n")
        document = self.run_json("two.yaml", "--set", "claims=[]", "--set", "initialization.scale=0.1", code=1)
        ends = {cell["labels"]["method"]: cell["end"]["class"] for cell in document["cells"]}
        self.assertEqual(ends, {"good": "limit", "wild": "diverged"})


if __name__ == "__main__":
    main()
