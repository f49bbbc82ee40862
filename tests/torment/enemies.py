"""Enemies with one machine: they stop no process, and try to fill, fool and exhaust every node.

Each has an address of its own under 127.66.0.0/16, holds what it takes for a while, lets go, and
comes again. What counts as an anomaly, besides what the bank and the settlement say of lost
payments and banned peers:

- *too much memory*: a node ever takes more than 300 MiB, whoever talks to it.
- *deep reorg*: after the first minute a reorg takes more than one block off the chain of a node:
  the nodes are honest and always connected.
- *not served*: an honest client waits longer than its patience for a node's health, many times in a
  row.
- *stopped*: a node does not sign any more because somebody else has its key, although that one came
  later and had to hear it first.
- *double signature*: two blocks of a slot were seen.
"""

import itertools
import json
import pathlib
import random
import re
import shutil
import socket
import subprocess
import threading
import time
from collections import Counter

from api import Unreachable
from devnet import die_with_parent

MEMORY_MIB_MAX = 300
SETTLED_SECONDS = 60.0
REORG_DEPTH_MAX = 1
# How long an enemy holds what it has taken.
HOLDS_SECONDS = (5.0, 25.0)
PIECE_SECONDS = 0.2
# Throw-away identities at each node at a time.
IDENTITIES = 12
# By how many milliseconds the clock of a copied key is ahead: right, two hours, forty days, behind.
CLOCKS_MS = (0, 7_200_000, 3_456_000_000, -3_600_000)
DOUBLE_SIGNED = re.compile(r"^coinage_chain_double_signed_slots_total (\d+)$", re.MULTILINE)
# Questions about the health of a node that fail in a row.
UNSERVED_MAX = 5
P2P_ABOVE_API = 1000


class Enemies:
    """All of them, and the watch over what they do to the nodes."""

    def __init__(self, devnet, load, bank, report, say, seed, strangers):
        self.devnet, self.load, self.bank, self.strangers = devnet, load, bank, strangers
        self.report, self.say = report, say
        self.rng = random.Random(f"enemies {seed}")
        self.did = Counter()
        self.memory_mib = {name: 0.0 for name in devnet.names}
        parts = itertools.product(range(256), range(1, 255))
        self._hosts = (f"127.66.{high}.{low}" for high, low in itertools.cycle(parts))
        self._hosts_lock = threading.Lock()
        self._stop = threading.Event()

    def run(self, seconds):
        """Lets all of them loose for so long."""
        began = time.monotonic()
        works = [self._silent, self._junk, self._unread, self._slow_bodies, self._full_blocks]
        works += [self._identities, self._twin]
        works += [self._watch_memory, self._watch_health, self._watch_signers]
        threads = [
            threading.Thread(target=self._guard, args=(work,), daemon=True) for work in works
        ]
        for one in threads:
            one.start()
        settled = None
        while time.monotonic() - began < seconds:
            if settled is None and time.monotonic() - began > SETTLED_SECONDS:
                settled = Counter(self.bank.depths)
            time.sleep(PIECE_SECONDS)
        self._stop.set()
        for one in threads:
            one.join()
        since = Counter(self.bank.depths)
        since.subtract(settled or since)
        for depth in sorted(depth for depth, times in since.items() if times > 0):
            if depth > REORG_DEPTH_MAX:
                times = since[depth]
                self.report(f"deep reorg: {depth} blocks, {times} times after the first minute")

    def _guard(self, work):
        try:
            while not self._stop.is_set():
                work()
        except Exception as error:  # What goes wrong in a thread would go by unseen.
            self.report(f"mistake of this script: {work.__name__}: {error!r}")

    def _silent(self):
        """Connections to the P2P port that say nothing."""
        self._hold("silent sockets", 100, P2P_ABOVE_API, lambda _: None)

    def _junk(self):
        """Connections to the P2P port that say nonsense."""
        noise = bytes(self.rng.randrange(256) for _ in range(4096))
        self._hold("junk sockets", 20, P2P_ABOVE_API, lambda one: one.send(noise))

    def _unread(self):
        """Large answers that nobody reads."""
        ask = b"GET /v1/blocks?limit=1000 HTTP/1.1\r\nHost: localhost\r\n\r\n"
        self._hold("unread answers", 60, 0, lambda one: one.send(ask * 20))

    def _slow_bodies(self):
        """Bodies that are announced and stop half way."""
        head = (b"POST /v1/transactions HTTP/1.1\r\nHost: localhost\r\n"
                b"Content-Type: application/json\r\nContent-Length: 4000000\r\n\r\n")
        self._hold("slow bodies", 60, 0, lambda one: one.send(head + b" " * 2_000_000))

    def _hold(self, what, count, above, talk):
        """Opens connections from one address to each node, says something, and holds them."""
        with self._hosts_lock:
            host, held = next(self._hosts), []
        for name in self.devnet.names:
            port = int(self.devnet.api[name].host.rpartition(":")[2]) + above
            for _ in range(count):
                one = socket.socket()
                one.settimeout(1.0)
                try:
                    one.bind((host, 0))
                    one.connect(("127.0.0.1", port))
                    one.setblocking(False)
                    talk(one)
                except OSError:
                    one.close()
                    continue
                held.append(one)
                self.did[what] += 1
        self._stop.wait(self.rng.uniform(*HOLDS_SECONDS))
        for one in held:
            one.close()

    def _full_blocks(self):
        """Transactions as large as they may be, as fast as they can be signed, now and then."""
        name, ends = self.rng.choice(self.devnet.names), time.monotonic() + 5.0
        while time.monotonic() < ends and not self._stop.is_set():
            payment = self.load.large()
            self.load.send(name, payment)
            self.load.follow(payment)
            self.did["large transactions"] += 1
        self._stop.wait(self.rng.uniform(5.0, 15.0))

    def _identities(self):
        """Peers under names that they throw away."""
        with self._hosts_lock:
            host = next(self._hosts)
        nodes = [self._address(name) for name in self.devnet.names]
        words = [self.strangers, self.devnet.dir / "genesis.json", host, str(IDENTITIES), *nodes]
        crowd = subprocess.Popen(
            words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, preexec_fn=die_with_parent
        )
        self._stop.wait(self.rng.uniform(*HOLDS_SECONDS))
        came, _ = crowd.communicate(timeout=60)
        self.did["identities"] += int(came)

    def _twin(self):
        """A copy of a node's authority key in another process, with some clock or other."""
        victim, clock_ms = self.rng.choice(self.devnet.names), self.rng.choice(CLOCKS_MS)
        home = self.devnet.root / "twin"
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir()
        for name in (f"{victim}.json", f"{victim}.json.memory"):
            shutil.copy(self.devnet.dir / "keys" / name, home / name)
        words = [
            self.devnet.program, "node", "run", "--no-discovery", "--data", home / "data",
            "--genesis", self.devnet.dir / "genesis.json", "--api", "127.0.0.1:0",
            "--listen", "/ip4/127.0.0.1/tcp/0", "--authority-key", home / f"{victim}.json",
            f"--clock-offset-ms={clock_ms}",
        ]
        words += [word for name in self.devnet.names for word in ("--peer", self._address(name))]
        with open(self.devnet.root / "twin.log", "ab") as log:
            twin = subprocess.Popen(
                words, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                preexec_fn=die_with_parent,
            )
        self._stop.wait(self.rng.uniform(*HOLDS_SECONDS))
        twin.kill()
        twin.wait()
        self.did[f"twins, clock {clock_ms} ms ahead"] += 1
        self._stop.wait(self.rng.uniform(2.0, 10.0))

    def _address(self, name):
        """Where a node listens for peers."""
        return json.loads((self.devnet.dir / name / "data" / "addresses.json").read_text())["p2p"][0]

    def _watch_signers(self):
        for name in self.devnet.names:
            try:
                _, status = self.devnet.api[name].get("/v1/status")
                text = self.devnet.api[name].text("/metrics")
            except Unreachable:
                continue
            if any("authority key" in warning for warning in status.get("warnings", [])):
                self.report(f"stopped: {name} does not sign any more")
            if any(int(count) for count in DOUBLE_SIGNED.findall(text)):
                self.report("double signature: two blocks of one slot")
        self._stop.wait(2.0)

    def _watch_memory(self):
        for name in self.devnet.names:
            mib = resident_mib(self.devnet.pid(name))
            self.memory_mib[name] = max(self.memory_mib[name], mib)
            if mib > MEMORY_MIB_MAX:
                self.report(f"too much memory: {name} takes more than {MEMORY_MIB_MAX} MiB")
        self._stop.wait(1.0)

    def _watch_health(self):
        for name in self.devnet.names:
            failed = 0
            while failed < UNSERVED_MAX and not self._stop.is_set():
                try:
                    self.devnet.api[name].get("/health/live")
                    break
                except Unreachable:
                    failed += 1
            if failed == UNSERVED_MAX:
                self.report(f"not served: {name} does not say that it lives")
        self._stop.wait(1.0)


def resident_mib(pid):
    """The memory of a process that is not swapped out; 0 if it has ended."""
    try:
        text = pathlib.Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    lines = [line for line in text.splitlines() if line.startswith("VmRSS:")]
    return int(lines[0].split()[1]) / 1024 if lines else 0.0
