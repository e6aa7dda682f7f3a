#!/usr/bin/env python3
"""In a Debian 12 with nothing but the packages: the commands of docs/writing_a_plugin.md lead from `tightrope new` to a study.

bare_debian.py BUILD FOLDER     BUILD: where the program is built; FOLDER: where the bare system is kept for the next time

The lines of the console blocks under "With the packages alone" are executed as they stand, then once more for each of the
other kinds of plugins. As root, with debootstrap and a mirror; where one of them is missing the exit code is 77, with the reason.
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

PAGE = pathlib.Path(__file__).resolve().parents[2] / "docs/writing_a_plugin.md"
HEADING = "## With the packages alone\n"
INSIDE = """\
set -eu
for folder in proc sys dev; do mount --rbind /$folder "$1/$folder"; done
exec chroot "$1" /usr/bin/env -i HOME=/root LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive \
  PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin sh -c "cd /root && $2"
"""


def skip(reason):
    print(f"skipped: {reason}")
    sys.exit(77)


def mirror():
    """Where this machine has its packages from."""
    for file in [*pathlib.Path("/etc/apt").glob("sources.list.d/*"), pathlib.Path("/etc/apt/sources.list")]:
        if file.is_file() and (found := re.search(r"https?://\S+/debian/?(?=\s)", file.read_text(encoding="utf-8"))):
            return found[0]
    return "http://deb.debian.org/debian"


def make_base(base):
    if base.exists():
        return
    half = base.with_name(base.name + ".half")
    shutil.rmtree(half, ignore_errors=True)
    half.parent.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(["debootstrap", "--variant=minbase", "--include=ca-certificates", "bookworm", half, mirror()],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode:
        skip("debootstrap makes no Debian 12 here: " + (done.stdout + done.stderr).strip().split("\n")[-1])
    half.rename(base)


class System:
    """A copy of the bare system."""

    def __init__(self, base, root):
        self.root = root
        subprocess.run(["cp", "-a", base, root], check=True)
        shutil.rmtree(root / "etc/apt", ignore_errors=True)
        subprocess.run(["cp", "-a", "/etc/apt", root / "etc/apt"], check=True)
        for name in ("etc/resolv.conf", "etc/hosts", "usr/share/keyrings"):
            if pathlib.Path("/", name).exists():
                subprocess.run(["cp", "-aLT", pathlib.Path("/", name), root / name], check=True)

    def run(self, command):
        return subprocess.run(["unshare", "--mount", "--propagation", "private", "sh", "-c", INSIDE, "sh", self.root, command],
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              errors="replace", check=False)

    def succeed(self, command):
        done = self.run(command)
        print(f"[{done.returncode}] {command}", flush=True)
        if done.returncode:
            sys.exit(f"bare_debian.py: `{command}` exits with {done.returncode}:\n{done.stdout}")
        return done.stdout


def blocks():
    """The commands of each console block: those of the administrator, and the others."""
    section = PAGE.read_text(encoding="utf-8").partition(HEADING)[2].partition("\n## ")[0]
    found = re.findall(r"^```console\n(.*?)^```$", section, re.M | re.S)
    if len(found) != 2:
        sys.exit(f"bare_debian.py: {PAGE.name} has {len(found)} console blocks instead of 2 under {HEADING}")
    return [([line[2:] for line in text.splitlines() if line.startswith("# ")],
             [line[2:] for line in text.splitlines() if line.startswith("$ ")]) for text in found]


def study(system, commands, methods):
    """The last command runs the study that the others lead to; a CMake project passes its tests before that."""
    said = [system.succeed(command) for command in commands]
    expected = [rf"(?m)^{method} +.* (converged|limit)" for method in methods] + ["✓"]
    missing = [text for text in expected if not re.search(text, said[-1])]
    if len(commands) == 5 and "100% tests passed" not in said[-2]:
        missing.append("100% tests passed")
    if missing or "✗" in said[-1]:
        sys.exit(f"bare_debian.py: `{commands[-1]}` does not say {', '.join(missing)}:\n{said[-2]}{said[-1]}")


def main():
    build, folder = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
    if os.geteuid() != 0 or subprocess.run(["unshare", "--mount", "true"], check=False, capture_output=True).returncode:
        skip("a system in a folder needs root, with the right to mount")
    if 'VERSION_ID="12"' not in pathlib.Path("/etc/os-release").read_text(encoding="utf-8"):
        skip("packages that are built here are not for Debian 12")
    for tool in ("debootstrap", "dpkg-shlibdeps"):
        if not shutil.which(tool, path="/usr/sbin:/sbin:" + os.environ["PATH"]):
            skip(f"{tool} is not installed")
    make_base(folder / "bookworm")
    with tempfile.TemporaryDirectory(prefix="tightrope-debian-") as name:
        system = System(folder / "bookworm", pathlib.Path(name) / "root")
        if system.run("apt-get update -qq").returncode:
            skip("apt-get finds no mirror from inside")
        subprocess.run(["cpack", "--config", build / "CPackConfig.cmake", "-G", "DEB", "-B", name], check=True,
                       stdout=subprocess.DEVNULL)
        for package in pathlib.Path(name).glob("*.deb"):
            shutil.copy(package, system.root / "root")
        (install, compiled), (install_python, scripted) = blocks()
        baselines = ["gradient_descent", "momentum", "scaled-gd"]
        for command in install:
            system.succeed(command.replace("apt-get install", "apt-get install -y -qq --no-install-recommends"))
        if len(compiled) != 5:
            sys.exit(f"bare_debian.py: {len(compiled)} commands instead of five")
        study(system, compiled, ["my_method", *baselines])
        for kind in ("operator", "model", "observer"):
            study(system, [command.replace("optimizer", kind).replace("my_method", f"my_{kind}") for command in compiled], [])
        if list(pathlib.Path(name).glob("tightrope-python_*.deb")):
            for command in install_python:
                system.succeed(command.replace("apt-get install", "apt-get install -y -qq --no-install-recommends"))
            study(system, scripted, ["my_idea", *baselines])
    print("all commands lead there")


if __name__ == "__main__":
    main()
