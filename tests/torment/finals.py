"""Finality, seen from outside: what any node called final stays, on all of them (SPEC F-8).

- *final undone*: two blocks that nodes called final do not stand on one another, the final block of
  a node has gone back, or its head does not stand on it. A wipe excuses the node alone, which begins
  again at block 0.
- *final without a quorum*: while the network is in two halves, something becomes final in one.
- *finality does not go on*: not all nodes call something newer final in time after that.
"""

import random
import threading
import time

from devnet import answers

# What was under way when links were cut arrives within this time.
SETTLE_SECONDS = 2.0
GO_ON_PATIENCE = 60.0


class Finals:
    """The final blocks that nodes have told."""

    def __init__(self, record, report):
        self.record, self.report = record, report
        self.highest = (0, record.genesis)
        self.told = {}
        self.lock = threading.Lock()

    def forget(self, name):
        """Forgets what a node has told, because its disk is about to be deleted."""
        with self.lock:
            self.told.pop(name, None)

    def look(self, name, status):
        """Looks at the status of a node, whose chain is in the record."""
        place = int(status["final"]["height"]), status["final"]["hash"]
        head = status["head"]["hash"]
        with self.lock:
            before = self.told.get(name, 0)
            if place[0] < before:
                self.report(f"final undone: {name} calls height {place[0]} final, after {before}")
            self.told[name] = max(before, place[0])
            if self.record.descends(head, place[1]) is False:
                self.report(f"final undone: the head {head[:12]} of {name} is off {place[1][:12]}")
            lower, self.highest = sorted([place, self.highest])
            if self.record.descends(self.highest[1], lower[1]) is False:
                both = f"{lower[1][:12]} and {self.highest[1][:12]}"
                self.report(f"final undone: {both} are both final, as of {name}")


def split_often(nodes, count, seconds, seed, say, stop):
    """Cuts the network into two halves so often and so long, and heals it."""
    rng = random.Random(f"halves {seed}")
    names, half = nodes.devnet.names, len(nodes.devnet.names) // 2
    for number in range(count):
        if stop.is_set():
            return
        mixed = rng.sample(names, len(names))
        say(f"split {number + 1}: {sorted(mixed[:half])} | {sorted(mixed[half:])}")
        nodes.devnet.partition((tuple(mixed[:half]), tuple(mixed[half:])))
        nodes.happened["split in halves"] += 1
        time.sleep(SETTLE_SECONDS)
        before = _heights(nodes)
        stop.wait(seconds - SETTLE_SECONDS)
        after = _heights(nodes)
        if before != after:
            nodes.report(f"final without a quorum: {before} became {after} in two halves")
        healed = time.monotonic()
        if not nodes.devnet.heal():
            nodes.report("a heal left links cut")
        _wait_until_above(nodes, max(after.values()), healed)


def _heights(nodes):
    """The height of each node's final block."""
    heights = {}
    for name in nodes.devnet.names:
        status = answers(nodes.devnet.api[name])
        heights[name] = int(status["final"]["height"]) if status else -1
    return heights


def _wait_until_above(nodes, height, since):
    deadline = since + GO_ON_PATIENCE
    while time.monotonic() < deadline:
        if min(_heights(nodes).values()) > height:
            nodes.recoveries["final again everywhere"].append(time.monotonic() - since)
            return
        time.sleep(0.05)
    nodes.report(f"finality does not go on: {_heights(nodes)} {GO_ON_PATIENCE:.0f} s after a heal")
