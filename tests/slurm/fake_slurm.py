#!/usr/bin/env python3
"""The commands of Slurm as far as a study needs them, for tests of the protocol: called as sbatch, squeue or scontrol.

FAKE_SLURM is a folder for its state. Jobs have the number 17 and up; their tasks run one after the other. With
FAKE_SLURM_DOES=refuse sbatch refuses, with =lose the tasks leave the queue without having been started.
"""
import os
import pathlib
import re
import subprocess
import sys

STATE = pathlib.Path(os.environ["FAKE_SLURM"])
DOES = os.environ.get("FAKE_SLURM_DOES", "")


def run_tasks(job, last):
    """What slurmctld and slurmd would do."""
    folder = STATE / job
    script = (folder / "job.sh").read_text()
    output = re.search(r'--output="(.*)"', script).group(1)
    for task in range(last + 1):
        while (folder / f"task-{task}").exists():
            (folder / f"task-{task}").write_text("RUNNING")
            with open(output.replace("%a", str(task)).replace("%%", "%"), "ab") as log:
                subprocess.run(["sh", folder / "job.sh"], stdin=subprocess.DEVNULL, stdout=log, stderr=log, check=False,
                               env={**os.environ, "SLURM_JOB_ID": f"{job}_{task}", "SLURM_ARRAY_TASK_ID": str(task)})
            requeued = folder / f"requeue-{task}"
            if requeued.exists():
                requeued.unlink()
            else:
                (folder / f"task-{task}").unlink()


def sbatch(arguments):
    if "--version" in arguments:
        return 0
    if DOES == "refuse":
        print("sbatch: error: invalid partition specified: nowhere", file=sys.stderr)
        return 1
    job = str(17 + sum(1 for _ in STATE.iterdir()))
    (STATE / job).mkdir()
    script = pathlib.Path(arguments[-1]).read_text()
    (STATE / job / "job.sh").write_text(script)
    last = int(re.search(r"--array=0-(\d+)%", script).group(1))
    if DOES != "lose":
        for task in range(last + 1):
            (STATE / job / f"task-{task}").write_text("PENDING")
        subprocess.Popen([sys.executable, pathlib.Path(__file__).resolve(), "run", job, str(last)], stdin=subprocess.DEVNULL,
                         stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    print(job)
    return 0


def squeue(arguments):
    if "--version" in arguments:
        return 0
    folder = STATE / arguments[arguments.index("--jobs") + 1]
    if not folder.is_dir():
        print("slurm_load_jobs error: Invalid job id specified", file=sys.stderr)
        return 1
    for task in sorted(folder.glob("task-*")):
        try:
            print(task.name.removeprefix("task-"), task.read_text())
        except FileNotFoundError:
            pass
    return 0


def scontrol(arguments):
    job, task = arguments[1].split("_")
    (STATE / job / f"requeue-{task}").touch()
    return 0


name = pathlib.Path(sys.argv[0]).name
if name == "fake_slurm.py":
    run_tasks(sys.argv[2], int(sys.argv[3]))
else:
    sys.exit({"sbatch": sbatch, "squeue": squeue, "scontrol": scontrol}[name](sys.argv[1:]))
