#!/usr/bin/env python3
"""From an installation to a plugin of one's own: prefixes that are moved, projects that `new` writes, completions, packages.

TIGHTROPE=$PWD/build/release/bin/tightrope TIGHTROPE_BUILD=$PWD/build/release install.py [CLASS[.test]…]
"""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "end_to_end"))
from support import CONFIGS, PROGRAM, Case, main  # noqa: E402

BUILD = pathlib.Path(os.environ.get("TIGHTROPE_BUILD", "build/release"))
TEMPLATES = CONFIGS.parent / "core/cli/templates"
KINDS = sorted(folder.name for folder in TEMPLATES.iterdir() if (folder / "my_plugin.cpp").exists())


def run(*command, code=0, cwd=None, **variables):
    """Runs a command whose exit code must be `code`, if that is any, with an environment that knows nothing of this build."""
    kept = {name: value for name, value in os.environ.items()
            if not name.startswith("TIGHTROPE") and name not in ("CMAKE_PREFIX_PATH", "PKG_CONFIG_PATH")}
    done = subprocess.run([str(word) for word in command], cwd=cwd, env={**kept, **variables}, text=True,
                          stdin=subprocess.DEVNULL, capture_output=True)
    if code is not None and done.returncode != code:
        raise AssertionError(f"{' '.join(map(str, command))} exits with {done.returncode}\n{done.stdout}{done.stderr}")
    return done


class Prefix(Case):
    """An installation that has been moved away from where it was installed."""

    @classmethod
    def setUpClass(cls):
        cls.home = pathlib.Path(tempfile.mkdtemp(prefix="tightrope-install-"))
        cls.addClassCleanup(shutil.rmtree, cls.home)
        run("cmake", "--install", BUILD, "--prefix", cls.home / "first")
        cls.prefix = cls.home / "some where else"
        (cls.home / "first").rename(cls.prefix)
        cls.program = cls.prefix / "bin/tightrope"

    def installed(self, *arguments, code=0, **variables):
        return run(self.program, *arguments, cwd=self.folder, code=code, **variables)

    def make(self, kind, name, *options):
        """`new`, then the commands that it prints; a warning of the compiler is an error."""
        said = self.installed("new", kind, name, *options).stdout
        commands = re.findall(r"^  (.+)$", said, re.M)
        self.assertEqual(len(commands), 4, said)
        path = f"{self.prefix / 'bin'}:{os.environ['PATH']}"
        outputs = [run("bash", "-c", command, cwd=self.folder, PATH=path, CXXFLAGS="-Wall -Wextra -Wpedantic -Werror").stdout
                   for command in commands]
        return said, outputs


class Moved(Prefix):
    def test_quickstart(self):
        self.assertIn("Claims\n  ✓", self.installed("run", "quickstart").stdout)
        self.assertTrue((self.folder / "results/quickstart/report.html").exists())
        self.assertIn("papers/", self.installed("list", "papers").stdout)

    def test_is_well_and_knows_nothing_of_the_build(self):
        facts = {fact["name"]: fact["value"]
                 for fact in json.loads(self.installed("doctor", "--format", "json").stdout)["facts"]}
        self.assertEqual(facts["plugin folder"], str(self.prefix / "lib/tightrope/plugins"))
        for file in [self.program, *(self.prefix / "lib/tightrope").rglob("*")]:
            if file.is_file() and file.read_bytes()[:4] == b"\x7fELF":
                paths = re.findall(r"R(?:UN)?PATH.*\[(.*)\]", run("readelf", "-d", file).stdout)
                self.assertTrue(all(part.startswith("$ORIGIN") for path in paths for part in path.split(":")), (file, paths))
        for file in (self.prefix / "lib").rglob("*.cmake"):
            self.assertNotIn(str(BUILD.resolve()), file.read_text(encoding="utf-8"), file)

    def test_pages_and_completions_are_where_shells_look(self):
        for name in ["man/man1/tightrope.1", "bash-completion/completions/tightrope", "zsh/vendor-completions/_tightrope",
                     "fish/vendor_completions.d/tightrope.fish", "doc/tightrope/README.md"]:
            self.assertTrue((self.prefix / "share" / name).exists(), name)

    def test_from_new_to_a_study(self):
        said, outputs = self.make("optimizer", "my_method")
        self.assertIn("my_method/optimizers/my_method.cpp\n", said)
        self.assertIn("100% tests passed", outputs[2])
        for method in ["my_method", "gradient_descent", "momentum", "scaled-gd"]:
            self.assertRegex(outputs[3], rf"\n{method} ")
        # The compiler's work can be installed, and then needs no path.
        run("cmake", "--install", self.folder / "my_method/build", "--prefix", self.prefix)
        self.addCleanup((self.prefix / "lib/tightrope/plugins/optimizers/my_method.so").unlink)
        self.assertIn("beta", self.installed("describe", "my_method").stdout)
        # A mistake in the mathematics is found by the test that came with the project.
        source = self.folder / "my_method/optimizers/my_method.cpp"
        source.write_text(source.read_text(encoding="utf-8").replace("scale(direction, -1)", "scale(direction, 1)"),
                          encoding="utf-8")
        run("cmake", "--build", self.folder / "my_method/build")
        run("ctest", "--test-dir", self.folder / "my_method/build", code=8)


class Kinds(Prefix):
    """Every kind: what `new` writes builds without a warning, passes its tests and runs."""

    def test_pkg_config(self):
        self.installed("new", "loss", "my_loss")
        flags = run("pkg-config", "--cflags", "--libs", "tightrope", PKG_CONFIG_PATH=str(self.prefix / "lib/pkgconfig")).stdout
        (self.folder / "plugins/losses").mkdir(parents=True)
        run("bash", "-c", f"{os.environ.get('CXX', 'g++')} -O2 -fPIC -shared my_loss/losses/my_loss.cpp "
            f"-o plugins/losses/my_loss.so {flags}", cwd=self.folder)
        self.installed("run", "my_loss/my_loss.yaml", "--plugin-path", "plugins")

    def test_a_build_serves_as_well(self):
        said = self.tightrope("new", "step-size", "my_rule", "--dir", "deep/er").stdout
        for command in re.findall(r"^  (.+)$", said, re.M):
            run("bash", "-c", command, cwd=self.folder, PATH=f"{pathlib.Path(PROGRAM).parent}:{os.environ['PATH']}", CXXFLAGS="-Werror")

    def test_another_compiler_is_told(self):
        other = shutil.which("clang++" if "clang" not in os.environ.get("CXX", "g++") else "g++")
        if not other:
            self.skipTest("there is one compiler")
        self.installed("new", "target", "my_target")
        done = run("cmake", "-S", "my_target", "-B", "build", f"-DCMAKE_PREFIX_PATH={self.prefix}", cwd=self.folder, code=1, CXX=other)
        self.assertIn("Tightrope was compiled by", done.stderr)


def add_kind(kind):
    def test(self):
        _, outputs = self.make(kind, "observed" if kind == "observers" else "my_own")
        self.assertIn("100% tests passed", outputs[2])
        self.assertIn("✓", outputs[3])
        self.assertNotIn("✗", outputs[3])
    setattr(Kinds, f"test_{kind}", test)


for each in KINDS:
    add_kind(each)


class Names(Case):
    def test_there_is_a_template_for_every_kind(self):
        said = self.tightrope("list", "--format", "json").stdout
        self.assertEqual({plugin["kind"] for plugin in json.loads(said)}, set(KINDS))

    def test_names_are_checked(self):
        for name, words in {
            "My-Method": ["'My-Method'", "such as 'my_method'"], "2nd": ["'2nd'", "such as 'nd'"], "a__b": ["'a_b'"],
            "a_": ["such as 'a'"], "x/../y": ["such as 'x_y'"], "größe": ["'größe'"], "x" * 61: ["60"], "...": ["cannot name"],
            "gradient_descent": ["optimizer 'gradient_descent' already"], "null": ["YAML"], "-": ["cannot name"],
        }.items():
            self.one_sentence(self.tightrope("new", "optimizer", "--", name, code=2), *words)
        self.one_sentence(self.tightrope("new", "observer", "passes", code=2), "every trace")
        self.one_sentence(self.tightrope("new", "problem", "sensing", code=2), "no plugin")
        self.one_sentence(self.tightrope("new", "optimiser", "mine", code=2), "optimizers")
        self.one_sentence(self.tightrope("new", "optimizer", code=2), "KIND NAME")
        self.assertEqual(os.listdir(self.folder), ["small.yaml"])

    def test_nothing_is_overwritten(self):
        self.one_sentence(self.tightrope("new", "loss", "mine", "--dir", "small.yaml", code=2), "'small.yaml' exists")
        self.tightrope("new", "loss", "mine", "-q")
        before = (self.folder / "mine/mine.yaml").read_bytes()
        self.one_sentence(self.tightrope("new", "model", "mine", code=2), "'mine' exists")
        self.assertEqual((self.folder / "mine/mine.yaml").read_bytes(), before)
        (self.folder / "link").symlink_to("nowhere")
        self.one_sentence(self.tightrope("new", "model", "mine", "--dir", "link", code=2), "'link' exists")
        (self.folder / "empty").mkdir()
        self.tightrope("new", "model", "mine", "--dir", "empty")
        self.one_sentence(self.tightrope("new", "model", "mine", "--dir", "small.yaml/x", code=5), "small.yaml/x")

    def test_every_name_in_the_files_is_the_new_one(self):
        for kind in KINDS:
            self.tightrope("new", kind, "column", "--dir", kind)
            files = [path for path in (self.folder / kind).rglob("*") if path.is_file()]
            self.assertEqual(sorted(str(path.relative_to(self.folder / kind)) for path in files),
                             sorted(["CMakeLists.txt", "README.md", "column.yaml", f"{kind}/column.cpp"]))
            for path in files:
                text = path.read_text(encoding="utf-8")
                self.assertNotRegex(text, r"(?i)my_?plugin|my_folder|my_kind", path)
                self.assertIn("column", text, path)
            self.assertIn("class ColumnPlugin final", (self.folder / kind / kind / "column.cpp").read_text(encoding="utf-8"))


class Completion(Case):
    def offered(self, *words):
        return [line.split("\t")[0] for line in self.tightrope("complete", *words).stdout.splitlines()]

    def test_verbs_and_options(self):
        self.assertEqual(self.offered("ver"), ["verify", "version"])
        self.assertEqual(self.offered("run", "--thr"), ["--threads"])
        self.assertIn("--set", self.offered("run", "quickstart", "--"))
        self.assertEqual(self.offered("list", "--format", "ma"), ["markdown"])
        self.assertEqual(self.offered("list", "--format=ma"), ["--format=markdown"])
        self.assertEqual(self.offered("wrong", ""), [])
        self.assertEqual(self.offered("describe", "wrong", ""), [])

    def test_kinds_plugins_files_and_papers(self):
        self.assertEqual(self.offered("new", "opt"), ["optimizers"])
        self.assertEqual(self.offered("new", "optimizer", ""), [])
        self.assertEqual(self.offered("list", "pap"), ["papers"])
        self.assertEqual(self.offered("describe", "optimizer", "mom"), ["momentum"])
        self.assertEqual(self.offered("describe", "mom"), ["momentum"])
        self.assertEqual(self.offered("run", "quick"), ["quickstart", ":files"])
        self.assertIn("papers/liu2025", self.offered("run", "papers/l"))
        self.assertEqual(self.offered("watch", ""), [":folders"])
        self.assertEqual(self.offered("run", "small.yaml", "--plugin-path", ""), [":folders"])
        self.assertEqual(self.offered("run", "papers/liu2025", "--layer", ""), ["quick"])

    def test_parameters_as_paths(self):
        self.assertEqual(self.offered("run", "small.yaml", "--set", "optim"), ["optimizer=", "optimizer."])
        self.assertEqual(self.offered("run", "small.yaml", "--set", "problem.operator.meas"), ["problem.operator.measurements="])
        self.assertEqual(self.offered("run", "small.yaml", "--set", "optimizer=mom"), ["optimizer=momentum"])
        self.assertEqual(self.offered("run", "small.yaml", "--set", "optimizer.type=mom"), ["optimizer.type=momentum"])
        self.assertIn("optimizer.step=polyak", self.offered("run", "small.yaml", "--set", "optimizer.step=p"))
        self.assertEqual(self.offered("run", "small.yaml", "--set", "problem.target.spectrum=f"), ["problem.target.spectrum=flat"])
        # Parameters follow the plugin that the same line chooses, and are those of the plugin, not of a list.
        self.assertIn("optimizer.beta=", self.offered("run", "small.yaml", "--set", "optimizer={type: momentum, step: 0.1}",
                                                      "--set", "optimizer."))
        self.assertNotIn("optimizer.beta=", self.offered("run", "small.yaml", "--set", "optimizer."))
        self.assertEqual(self.offered("run", "small.yaml", "--set", "stop.div"), ["stop.divergence="])
        self.assertEqual(self.offered("run", "--set", "see"), ["seed=", "seeds."])

    def test_plugins_of_ones_own(self):
        broken = os.environ.get("BROKEN", str(BUILD / "tests/install/templates"))
        if not pathlib.Path(broken).exists():
            self.skipTest("the templates are not built")
        self.assertEqual(self.offered("describe", "--plugin-path", broken, "loss", "my_"), ["my_plugin"])
        self.assertEqual(self.offered("run", "small.yaml", "--plugin-path", broken, "--set", "loss=my"), ["loss=my_plugin"])

    def test_bash(self):
        script = CONFIGS.parent / "core/cli/completions/tightrope.bash"

        def replies(line):
            text = (f"source {script}; COMP_LINE=$1; COMP_POINT=${{#1}}; _tightrope; printf '%s\\n' \"${{COMPREPLY[@]}}\"")
            return run("bash", "-c", text, "bash", f"{PROGRAM}{line}", cwd=self.folder).stdout.split("\n")[:-1]

        self.assertEqual(replies(" verif"), ["verify"])
        self.assertEqual(replies(" run sm"), ["small.yaml"])
        self.assertEqual(replies(" run small.yaml --set optimizer.ty"), ["optimizer.type="])
        self.assertEqual(replies(" run small.yaml --set optimizer.type=mom"), ["momentum"])  # bash keeps what ends in '='
        self.assertEqual(replies(" list --format=ma"), ["markdown"])

    def test_fish(self):
        if not shutil.which("fish"):
            self.skipTest("fish is not installed")
        script = CONFIGS.parent / "core/cli/completions/tightrope.fish"
        said = run("fish", "-c", f"source {script}; complete -C 'tightrope run quick'", cwd=self.folder,
                   PATH=f"{pathlib.Path(PROGRAM).parent}:{os.environ['PATH']}", HOME=str(self.folder)).stdout
        self.assertIn("quickstart", said)

    def test_zsh(self):
        if not shutil.which("zsh"):
            self.skipTest("zsh is not installed")
        script = CONFIGS.parent / "core/cli/completions/_tightrope"
        # The functions of its completion system, in a shell that has none.
        text = ("_call_program() { shift; eval \"$*\" }; _files() { print files $@ }\n"
                "compadd() { [[ $1 == -S ]] && shift 2; print -l ${(P)2} }\n"
                f"words=({PROGRAM} run quick); CURRENT=3; PREFIX=quick; source {script}\n")
        self.assertEqual(run("zsh", "-fc", text, cwd=self.folder).stdout.split(), ["files", "quickstart"])


class Manual(Case):
    def test_every_verb_is_there_and_readers_have_nothing_to_say(self):
        self.write("tightrope.1", self.tightrope("help", "--format", "man").stdout)
        page = (self.folder / "tightrope.1").read_text(encoding="ascii")
        verbs = re.findall(r"^  (\w+) ", self.tightrope("help").stdout.split("Start with")[0], re.M)
        self.assertIn("new", verbs)
        for verb in verbs:
            self.assertRegex(page, rf"\.SS tightrope {verb}[ \n]")
        for reader in (["groff", "-ww", "-man", "-Tutf8"], ["mandoc", "-Tlint", "-Wwarning"],
                       ["man", "--warnings", "-l"]):
            if not shutil.which(reader[0]):
                continue
            done = run(*reader, "tightrope.1", code=None, cwd=self.folder, LC_ALL="C.UTF-8", MANWIDTH="80")
            said = done.stderr + (done.stdout if reader[0] == "mandoc" else "")
            self.assertEqual([line for line in said.splitlines() if "missing date" not in line], [], reader)


class Packages(Case):
    def test_the_packages(self):
        if not shutil.which("dpkg-shlibdeps"):
            self.skipTest("dpkg-dev is not installed")
        run("cpack", "--config", BUILD / "CPackConfig.cmake", "-G", "DEB", "-B", self.folder)
        files = {path.name.split("_")[0]: path for path in self.folder.glob("*.deb")}
        with_python = (BUILD / "lib/libtightrope_python.so").exists()
        with_mpi = (BUILD / "lib/libtightrope_mpi.so").exists()
        self.assertEqual(set(files), {"tightrope", "tightrope-dev", *(["tightrope-python"] if with_python else []),
                                      *(["tightrope-mpi"] if with_mpi else [])})

        def field(package, name):
            return run("dpkg-deb", "-f", files[package], name).stdout.strip()

        self.assertRegex(field("tightrope", "Depends"), r"libopenblas0.*libyaml-cpp")
        self.assertIn(f"tightrope (= {field('tightrope', 'Version')})", field("tightrope-dev", "Depends"))
        contents = {package: run("dpkg-deb", "-c", file).stdout for package, file in files.items()}
        for name in ["/usr/bin/tightrope", "/usr/share/man/man1/tightrope.1", "/usr/share/tightrope/configs/quickstart.yaml"]:
            self.assertIn(name, contents["tightrope"])
        self.assertIn("/usr/include/tightrope/core/plugin/plugin.hpp", contents["tightrope-dev"])
        self.assertNotIn("/usr/include", contents["tightrope"])
        self.assertNotRegex(field("tightrope", "Depends"), "python|mpi")
        if with_python:
            self.assertRegex(field("tightrope-python", "Depends"), "libpython3.*python3-numpy|python3-numpy.*libpython3")
            self.assertIn("/usr/lib/tightrope/libtightrope_python.so", contents["tightrope-python"])
            self.assertNotIn("libtightrope_python.so", contents["tightrope"])
        if with_mpi:
            self.assertRegex(field("tightrope-mpi", "Depends"), "openmpi-bin")
            self.assertIn("/usr/lib/tightrope/libtightrope_mpi.so", contents["tightrope-mpi"])
            self.assertNotIn("libtightrope_mpi.so", contents["tightrope"])
        # Unpacked anywhere, it runs.
        run("dpkg-deb", "-x", files["tightrope"], self.folder / "root")
        run(self.folder / "root/usr/bin/tightrope", "run", "quickstart", cwd=self.folder)
        if with_python:
            run("dpkg-deb", "-x", files["tightrope-python"], self.folder / "root")
            run(self.folder / "root/usr/bin/tightrope", "new", "optimizer", "mine", "--python", cwd=self.folder)
            run(self.folder / "root/usr/bin/tightrope", "run", "mine/mine.yaml", "--plugin-path", "mine", cwd=self.folder)


if __name__ == "__main__":
    main()
