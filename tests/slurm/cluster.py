"""A Slurm of two virtual nodes on the loopback of this machine, for one test and as long as that takes.

Runs as root, without systemd, control groups and accounting. All that it starts has the folder of the cluster in its
environment, and whatever has it is ended at the end, by its number: nothing else is touched.
"""
import ctypes
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time

NODES = ["n1", "n2"]
CONF = """\
ClusterName=tightrope
SlurmctldHost=localhost(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge/socket,cred_expire=15
CredType=cred/munge
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
MpiDefault=none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/none
MailProg=/bin/true
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SchedulerParameters=batch_sched_delay=0,sched_interval=1,bf_interval=1
ReturnToService=2
KillWait=5
SlurmctldTimeout=30
SlurmdTimeout=10
SlurmctldPort={ports[0]}
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd-%n.pid
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool-%n
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd-%n.log
DefMemPerCPU=256
NodeName=n1 NodeHostname={host} NodeAddr=127.0.0.1 Port={ports[1]} CPUs=1 RealMemory={memory} State=UNKNOWN
NodeName=n2 NodeHostname={host} NodeAddr=127.0.0.1 Port={ports[2]} CPUs=1 RealMemory={memory} State=UNKNOWN
PartitionName=debug Nodes=ALL Default=YES MaxTime=60 State=UP
"""


def missing():
    """The programs that are needed and not there."""
    path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    return [name for name in ("slurmctld", "slurmd", "sbatch", "munged") if not shutil.which(name, path=path)]


def end_with_parent():
    """Even where the test is killed, no daemon stays behind."""
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG


def free_ports(count):
    held = [socket.socket() for _ in range(count)]
    for one in held:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in held]
    for one in held:
        one.close()
    return ports


class Cluster:
    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="tightrope-slurm-"))
        self.folder.chmod(0o755)
        self.environment = {**os.environ, "SLURM_CONF": str(self.folder / "slurm.conf"), "LC_ALL": "C.UTF-8",
                            "PATH": os.environ.get("PATH", "") + ":/usr/sbin:/sbin"}
        try:
            self.start()
        except BaseException:
            self.stop()
            raise

    def start(self):
        for name in ["munge", "state", *(f"spool-{node}" for node in NODES)]:
            (self.folder / name).mkdir()
        (self.folder / "munge/key").write_bytes(os.urandom(1024))
        (self.folder / "munge/key").chmod(0o600)
        with open("/proc/meminfo", encoding="ascii") as file:
            memory = int(file.readline().split()[1]) // 1024 * 4 // 10
        (self.folder / "slurm.conf").write_text(
            CONF.format(folder=self.folder, ports=free_ports(3), memory=memory, host=socket.gethostname().split(".")[0]))
        munge = self.folder / "munge"
        self.spawn("munged", "--foreground", "--force", f"--socket={munge}/socket", f"--key-file={munge}/key",
                   f"--pid-file={munge}/pid", f"--log-file={munge}/log", f"--seed-file={munge}/seed")
        self.wait_for(lambda: (munge / "socket").exists(), "munged")
        self.spawn("slurmctld", "-D")
        for node in NODES:
            self.start_node(node)
        self.wait_for(self.is_idle, "two idle nodes")

    def spawn(self, *words, **more):
        log = open(self.folder / "daemons.log", "ab")  # pylint: disable=consider-using-with
        with log:
            subprocess.Popen(words, env={**self.environment, **more}, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                             start_new_session=True, preexec_fn=end_with_parent)

    def start_node(self, node):
        self.spawn("slurmd", "-D", "-N", node, TIGHTROPE_TEST_NODE=node)

    def is_idle(self):
        done = self.ask("sinfo", "-h", "-N", "-t", "idle", "-o", "%N")
        return len(done.stdout.split()) == len(NODES)

    def ask(self, *words):
        return subprocess.run(words, env=self.environment, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              check=False)

    def wait_for(self, condition, what, seconds=60):
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                logs = "\n".join(f"--- {log}\n{log.read_text(errors='replace')[-2000:]}"
                                 for log in self.folder.glob("*.log"))
                raise TimeoutError(f"{what}: not within {seconds} s\n{logs}")
            time.sleep(0.1)

    def processes(self, marker=None):
        """Those with the cluster in their environment, or with `marker` beside it."""
        wanted = [f"SLURM_CONF={self.folder}/slurm.conf".encode(), *([marker.encode()] if marker else [])]
        found = []
        for entry in pathlib.Path("/proc").iterdir():
            if not entry.name.isdigit() or int(entry.name) == os.getpid():
                continue
            try:
                words = (entry / "environ").read_bytes().split(b"\0")
                state = (entry / "stat").read_text().rpartition(")")[2].split()[0]
            except OSError:
                continue
            if state != "Z" and all(word in words for word in wanted):
                found.append(int(entry.name))
        return found

    def kill_node(self, node):
        """As if its power were cut: the daemon, those who watch its jobs, and the jobs."""
        marker = f"TIGHTROPE_TEST_NODE={node}"
        while victims := set(self.processes(marker)) | set(self.processes(f"SLURMD_NODENAME={node}")):
            for process in victims:
                end(process, signal.SIGKILL)

    def stop(self):
        self.ask("scancel", "--user=root")
        for how in (signal.SIGTERM, signal.SIGKILL):
            for _ in range(100):
                left = self.processes()
                if not left:
                    break
                for process in left:
                    end(process, how)
                reap()
                time.sleep(0.1)
        reap()
        shutil.rmtree(self.folder, ignore_errors=True)


def end(process, how):
    try:
        os.kill(process, how)
    except ProcessLookupError:
        pass


def reap():
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass
