"""What happens to the nodes: planned from a seed, then done to the real processes.

A wipe deletes the only memory that a node has, and what only that disk holds is gone with it: no
software could keep it. So a node is wiped only if all that it ever showed (its
head, and each block of which it said that it includes a payment) is on the chain of another node
at that time, which has to stand by it from then on; otherwise the wipe is left out. So a wipe
excuses nothing.
"""

import random
import signal
import threading
import time
from collections import Counter, namedtuple

from api import Unreachable
from devnet import Broken, answers

Fault = namedtuple("Fault", "at kind nodes seconds clock_ms")

KINDS = {
    "kill": 8, "kill while recovering": 3, "kill all at once": 1, "pause": 6, "restart": 3,
    "wipe": 4, "partition": 4, "wrong clock": 2,
}
# How long each lasts, in seconds.
LASTS = {
    "kill": (0, 4), "kill while recovering": (0, 0.4), "kill all at once": (0, 2),
    "pause": (0.2, 8), "restart": (0, 2), "wipe": (0, 3), "partition": (2, 15),
    "wrong clock": (1, 6),
}
# By how much a clock may be wrong, in milliseconds.
CLOCK_MS = (-8000, 8000)
EVERY = (0.2, 2.5)
ANSWER_PATIENCE = 30.0


def plan(seed, seconds, names):
    """The faults of a run, each kind at least once if there is time."""
    rng = random.Random(seed)
    first = list(KINDS)
    rng.shuffle(first)
    faults, at = [], 1.0
    while at < seconds:
        kind = first.pop() if first else rng.choices(list(KINDS), list(KINDS.values()))[0]
        nodes = rng.sample(names, len(names))
        if kind == "partition":
            cut = rng.randrange(1, len(names))
            nodes = (tuple(nodes[:cut]), tuple(nodes[cut:]))
        elif kind != "kill all at once":
            nodes = tuple(nodes[:1])
        lasts, clock_ms = round(rng.uniform(*LASTS[kind]), 2), rng.randrange(*CLOCK_MS)
        clock_ms = clock_ms if kind == "wrong clock" else 0
        faults.append(Fault(round(at, 2), kind, tuple(nodes), lasts, clock_ms))
        at += rng.uniform(*EVERY)
    return faults


class Nodes:
    """Does things to nodes, counts what really happened, and notes how long recovery takes."""

    def __init__(self, devnet, bank, report):
        self.devnet, self.bank, self.report = devnet, bank, report
        self.happened = Counter()
        self.recoveries = {"answers": [], "synced": [], "final again everywhere": []}
        self.busy = {name: threading.Lock() for name in devnet.names}
        self.answer_patience = ANSWER_PATIENCE
        self._ends = {name: [] for name in devnet.names}
        self._wiping = threading.Lock()

    def deaths(self, name):
        """How often the process of a node has ended."""
        return len(self._ends[name])

    def died_after(self, name, when):
        """How many seconds after a moment of the monotonic clock a node died; None if it lives."""
        after = (round(one - when, 1) for one in self._ends[name] if one > when)
        return next(after, None)

    def end(self, name, number=signal.SIGKILL):
        """Ends a process; says whether there was one."""
        end = self.devnet.kill if number == signal.SIGKILL else self.devnet.terminate
        ended = end(name)
        self._ends[name].append(time.monotonic())
        if not ended:
            self.report(f"does not stay: {name} had ended by itself; see its log")
        return ended

    def start(self, name, since=None, synced=False, clock_ms=0):
        """Starts a node and waits until it answers, and until it is synced if asked to.

        Recovery counts from `since`, the moment of its death, or else from here.
        """
        since = since or time.monotonic()
        try:
            self.devnet.start(name, clock_ms)
        except Broken as broken:
            self.report(f"does not come back: {name} does not start: {broken}")
            return
        deadline = time.monotonic() + self.answer_patience * (2 if synced else 1)
        answered = False
        while time.monotonic() < deadline:
            status = answers(self.devnet.api[name])
            if status and not answered:
                answered = True
                self.recoveries["answers"].append(time.monotonic() - since)
            if answered and not synced:
                return
            if status and status["sync"]["state"] == "synced":
                self.recoveries["synced"].append(time.monotonic() - since)
                return
            time.sleep(0.01)
        word = "is not synced" if answered else "does not answer"
        self.report(f"does not come back: {name} {word} in time after its start")

    def wipe(self, name, seconds):
        """Kills a node, deletes its disk if nothing shown is lost with it, and starts it again."""
        with self._wiping:
            self.end(name)
            # Answers that are under way are noted until then.
            time.sleep(0.5)
            safe = self._is_held_elsewhere(name)
            if safe:
                self.bank.wiped(name)
                self.devnet.wipe(name)
        self.happened["wipe" if safe else "wipe left out: nobody else had its blocks"] += 1
        time.sleep(seconds)
        self.start(name)

    def _is_held_elsewhere(self, name):
        owed = self.bank.owed(name)
        return any(
            self._holds(other, owed, name) for other in self.devnet.names if other != name
        )

    def _holds(self, other, owed, name):
        for hash_ in owed:
            mark = self.bank.mark(other)
            try:
                status, block = self.devnet.api[other].get(f"/v1/blocks/{hash_}")
            except Unreachable:
                return False
            if status != 200 or not block["on_chain"]:
                return False
            self.bank.promise(other, mark, hash_, f"what {name} had before it was wiped")
        return True


class Torment:
    """Carries a plan out."""

    def __init__(self, nodes, faults, say):
        self.nodes, self.faults, self.say = nodes, faults, say
        self._links = threading.Lock()
        self._threads = []
        self._stop = threading.Event()

    def run(self):
        began = time.monotonic()
        for fault in self.faults:
            if self._stop.wait(max(0.0, began + fault.at - time.monotonic())):
                break
            thread = threading.Thread(target=self._carry_out, args=(fault,), daemon=True)
            thread.start()
            self._threads = [one for one in self._threads if one.is_alive()] + [thread]
        for thread in self._threads:
            thread.join()

    def stop(self):
        self._stop.set()

    def _carry_out(self, fault):
        try:
            work = getattr(self, "_" + fault.kind.replace(" ", "_"))
            if fault.kind in ("partition", "kill all at once"):
                work(fault)
                return
            lock = self.nodes.busy[fault.nodes[0]]
            if not lock.acquire(blocking=False):
                self.nodes.happened["left out: the node was busy with another fault"] += 1
                return
            try:
                self.say(fault)
                work(fault)
            finally:
                lock.release()
        except Broken as broken:
            self.nodes.report(f"{fault.kind} of {fault.nodes}: {broken}")
        except Exception as error:  # What goes wrong in a thread would go by unseen.
            self.nodes.report(f"mistake of this script: {fault}: {error!r}")

    def _did(self, fault, happened=True):
        if happened:
            self.nodes.happened[fault.kind] += 1

    def _kill(self, fault):
        name = fault.nodes[0]
        self._did(fault, self.nodes.end(name))
        time.sleep(fault.seconds)
        self.nodes.start(name)

    def _kill_while_recovering(self, fault):
        name = fault.nodes[0]
        self.nodes.end(name)
        self.nodes.devnet.start(name)
        time.sleep(fault.seconds)
        self._did(fault, self.nodes.end(name))
        self.nodes.start(name)

    def _kill_all_at_once(self, fault):
        names = sorted(fault.nodes)
        for name in names:
            self.nodes.busy[name].acquire()
        try:
            self.say(fault)
            together = [threading.Thread(target=self.nodes.end, args=(name,)) for name in names]
            for one in together:
                one.start()
            for one in together:
                one.join()
            self._did(fault, not any(answers(self.nodes.devnet.api[name]) for name in names))
            time.sleep(fault.seconds)
            for name in names:
                self.nodes.start(name)
        finally:
            for name in names:
                self.nodes.busy[name].release()

    def _pause(self, fault):
        name, devnet = fault.nodes[0], self.nodes.devnet
        paused = devnet.signal(name, signal.SIGSTOP)
        try:
            self._did(fault, paused and devnet.process_state(name) == "T")
            time.sleep(fault.seconds)
        finally:
            devnet.signal(name, signal.SIGCONT)

    def _restart(self, fault):
        name = fault.nodes[0]
        self._did(fault, self.nodes.end(name, signal.SIGTERM))
        time.sleep(fault.seconds)
        self.nodes.start(name)

    def _wrong_clock(self, fault):
        name = fault.nodes[0]
        self.nodes.end(name)
        self.nodes.start(name, clock_ms=fault.clock_ms)
        self._did(fault)
        time.sleep(fault.seconds)
        self.nodes.end(name)
        self.nodes.start(name)

    def _wipe(self, fault):
        self.nodes.wipe(fault.nodes[0], fault.seconds)

    def _partition(self, fault):
        if not self._links.acquire(blocking=False):
            self.nodes.happened["left out: the network was cut already"] += 1
            return
        try:
            self.say(fault)
            self._did(fault, self.nodes.devnet.partition(fault.nodes))
            time.sleep(fault.seconds)
        finally:
            if not self.nodes.devnet.heal():
                self.nodes.report("a heal left links cut")
            self._links.release()


def kill_often(nodes, count, seed, say, stop):
    """Kills nodes, at most half of them at once, as fast as they are back, until `count`."""
    names = nodes.devnet.names
    half = len(names) // 2
    left = threading.Semaphore(count)
    groups = [group for group in (names[:half], names[half:]) if group]
    threads = [
        threading.Thread(
            target=_kill_group, args=(nodes, group, f"{seed} {group}", say, stop, left),
            daemon=True,
        )
        for group in groups
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _kill_group(nodes, group, seed, say, stop, left):
    rng = random.Random(seed)
    while not stop.is_set() and left.acquire(blocking=False):
        name = rng.choice(group)
        time.sleep(rng.uniform(0, 0.6))
        try:
            with nodes.busy[name]:
                _kill_once_or_more(nodes, name, rng, say, left)
        except Broken as broken:
            nodes.report(f"kill of {name}: {broken}")


def _kill_once_or_more(nodes, name, rng, say, left):
    say(f"kill -9 {name}")
    since = time.monotonic()
    if nodes.end(name):
        nodes.happened["kill"] += 1
    while rng.random() < 0.25 and left.acquire(blocking=False):
        nodes.devnet.start(name)
        time.sleep(rng.uniform(0, 0.3))
        since = time.monotonic()
        if nodes.end(name):
            nodes.happened["kill while recovering"] += 1
    nodes.start(name, since, synced=True)
