"""A real devnet: one process that supervises, one for each node, all ended with this one."""

import ctypes
import json
import os
import pathlib
import random
import signal
import socket
import subprocess
import time

from api import Api, Unreachable

START_PATIENCE = 60.0


class Broken(Exception):
    """The devnet does not do what it should: an anomaly, or a mistake of this script."""


class Devnet:
    """The devnet in a directory. Its nodes keep their ports, so that a URL names a node."""

    def __init__(self, program, root, nodes, slot, *more):
        self.program, self.root = pathlib.Path(program).resolve(), pathlib.Path(root)
        self.dir = self.root / "devnet"
        self.names = [f"n{number}" for number in range(1, nodes + 1)]
        self._environment = {
            name: value for name, value in os.environ.items() if not name.startswith("COINAGE_")
        }
        self._environment["COINAGE_HOME"] = str(self.root / "home")
        base = free_ports(nodes)
        command = [
            self.program, "devnet", "--dir", self.dir, "--nodes", str(nodes), "--slot", slot,
            "--base-port", str(base), *more,
        ]
        self._log = open(self.root / "supervisor.log", "ab")
        # A session of its own: Ctrl-C at the terminal is for this script, which ends the devnet.
        self._process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=self._log, stderr=self._log,
            env=self._environment, start_new_session=True, preexec_fn=die_with_parent,
        )
        self.api = {
            name: Api(f"http://127.0.0.1:{base + at}") for at, name in enumerate(self.names)
        }
    def wait_ready(self):
        deadline = time.monotonic() + START_PATIENCE
        while time.monotonic() < deadline:
            try:
                if self.status()["ready"]:
                    return
            except Broken:
                if self._process.poll() is not None:
                    break
            time.sleep(0.1)
        raise Broken("the devnet is not ready; see supervisor.log")

    def status(self):
        return self._command("status")

    def pid(self, name):
        """The process of a node, from the devnet's own status; None if it does not run."""
        for _ in range(5):
            pid = next(one["pid"] for one in self.status()["nodes"] if one["name"] == name)
            if pid is not None:
                return pid
            # While two ask at once, one of them may be told that it does not run.
            time.sleep(0.02)
        return None

    def signal(self, name, number):
        """Sends a node a signal; says whether it ran."""
        pid = self.pid(name)
        if pid is None or not self._is_ours(pid):
            return False
        os.kill(pid, number)
        return True

    def kill(self, name):
        """Ends a node at once (kill -9) and waits until it is gone; says whether it ran."""
        return self._end(name, signal.SIGKILL)

    def terminate(self, name):
        """Asks a node to end and waits until it is gone; says whether it ran."""
        return self._end(name, signal.SIGTERM)

    def start(self, name, clock_ms=0):
        """Starts a node, whose clock may be ahead; it need not answer yet."""
        words = [f"--clock-offset-ms={clock_ms}"] if clock_ms else []
        deadline = time.monotonic() + 10
        while True:
            try:
                self._command("start", name, *words)
                return
            except Broken as broken:
                # The supervisor may not have noticed yet that the process is gone.
                if "node_running" not in str(broken) or time.monotonic() > deadline:
                    raise
            time.sleep(0.005)

    def wipe(self, name):
        self._command("wipe", name)

    def partition(self, groups):
        self._command("partition", "/".join(",".join(group) for group in groups))
        return bool(self.status()["links_cut"])

    def heal(self):
        self._command("heal")
        return not self.status()["links_cut"]

    def process_state(self, name):
        """The letter of the kernel for the state of a node's process: T is stopped."""
        try:
            text = pathlib.Path(f"/proc/{self.pid(name)}/stat").read_text()
        except OSError:
            return ""
        return text.rpartition(")")[2].split()[0]

    def stop(self):
        """Ends all processes, whatever state they are in."""
        if self._process.poll() is None:
            try:
                for one in self.status()["nodes"]:
                    if one["pid"] is not None and self._is_ours(one["pid"]):
                        os.kill(one["pid"], signal.SIGCONT)
            except (Broken, OSError):
                pass
            self._process.terminate()
            try:
                self._process.wait(15)
            except subprocess.TimeoutExpired:
                # Its nodes end with it: their stdin is a pipe from it.
                self._process.kill()
                self._process.wait()
        self._log.close()

    def verify(self, name):
        """What the program says against the stored chain of a stopped node; None if nothing."""
        data = self.dir / name / "data"
        command = [self.program, "node", "verify", "--data", data, "--json"]
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, env=self._environment,
            text=True, timeout=600,
        )
        return None if done.returncode == 0 else (done.stdout + done.stderr).strip()

    def log_lines(self, name):
        """What a node has written, oldest first."""
        for file in ("log.1", "log"):
            path = self.dir / name / file
            if path.exists():
                with open(path, encoding="utf-8", errors="replace") as lines:
                    yield from (line.rstrip("\n") for line in lines)

    def _end(self, name, number):
        pid = self.pid(name)
        if pid is None or not self._is_ours(pid):
            return False
        os.kill(pid, number)
        deadline = time.monotonic() + 10
        while os.path.exists(f"/proc/{pid}"):
            if time.monotonic() > deadline:
                raise Broken(f"{name} does not end after signal {number}")
            time.sleep(0.002)
        return True

    def _is_ours(self, pid):
        try:
            command = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()
        except OSError:
            return False
        return str(self.dir.resolve()).encode() in command

    def _command(self, *words):
        command = [self.program, "devnet", "--dir", self.dir, "--json", *words]
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, env=self._environment,
            text=True, timeout=60,
        )
        if done.returncode != 0:
            raise Broken(f"devnet {' '.join(words)}: {(done.stdout + done.stderr).strip()}")
        return json.loads(done.stdout)["data"]


def die_with_parent():
    """Has the kernel end this process when the script dies, even by kill -9."""
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)


def free_ports(nodes):
    """A base of API and P2P ports that are free, below those that the system gives out itself."""
    for _ in range(200):
        base = random.SystemRandom().randrange(12000, 30000)
        wanted = [base + at + above for at in range(nodes) for above in (0, 1000)]
        sockets = []
        try:
            for port in wanted:
                one = socket.socket()
                sockets.append(one)
                one.bind(("127.0.0.1", port))
            return base
        except OSError:
            continue
        finally:
            for one in sockets:
                one.close()
    raise Broken("no free ports")


def answers(api):
    """The status of a node, or None."""
    try:
        status, body = api.get("/v1/status")
    except Unreachable:
        return None
    return body if status == 200 else None
