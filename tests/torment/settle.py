"""The end of a run: everything heals, and then every account must be right.

A payment that a node said is included, and that no block of the final chain holds, was lost. That
is excused by one thing only: nodes reported a reorg that took it off their chain and back into
their pools, and each of those nodes has died since (a pool is memory; README, Limits). Likewise a
payment that was only taken into pools: if one of those nodes has lived on, it must be on the chain
without being sent again. Whatever is excused is sent again, the same bytes, and must then be
included like all others, exactly once.
"""

import re
import time

from api import Unreachable
from devnet import answers

AGREE_PATIENCE = 90.0
INCLUDE_PATIENCE = 60.0
BAD_LINE = re.compile(r" ERROR |panicked|peer\.banned|peer\.charged|block\.rejected")
PRODUCED = re.compile(r" block\.produced .*\bhash=([0-9a-f]+) .*\bslot=([0-9]+) ")


class Settlement:
    """Checks that hold once the faults are over."""

    def __init__(self, devnet, bank, load, nodes, report, say):
        self.devnet, self.bank, self.load, self.nodes = devnet, bank, load, nodes
        self.report, self.say = report, say
        self.record = bank.record
        self.agree_patience, self.include_patience = AGREE_PATIENCE, INCLUDE_PATIENCE
        self.excused = 0
        self.included = 0

    def run(self):
        for name in self.devnet.names:
            if self.devnet.pid(name) is None:
                self.report(f"does not stay: {name} had ended by itself; see its log")
        if not self._wait(self.agree_patience, self._agreed):
            states = {name: answers(self.devnet.api[name]) for name in self.devnet.names}
            shown = {
                name: state and (state["head"]["height"], state["head"]["hash"][:12], state["sync"])
                for name, state in states.items()
            }
            self.report(f"no agreement {self.agree_patience:.0f} s after everything healed: {shown}")
            return
        self._collect()
        for name in self.devnet.names:
            if not self._wait(30, lambda name=name: self._balanced(name)):
                self.report(f"no agreement: the money of {name} could not be compared")
            self._check_index(name)

    def after_stop(self):
        """What is on the disks, and what the nodes have written."""
        signed = {}
        for name in self.devnet.names:
            wrong = self.devnet.verify(name)
            if wrong:
                self.report(f"damaged: the disk of {name} does not verify: {wrong}")
            for line in self.devnet.log_lines(name):
                if BAD_LINE.search(line):
                    self.report(f"log of {name}: {line}")
                found = PRODUCED.search(line)
                if found:
                    hash_, slot = found.groups()
                    if signed.setdefault(slot, (name, hash_)) != (name, hash_):
                        self.report(f"double signature: {name} signed {hash_} for slot {slot},"
                                    f" besides {signed[slot]}")

    def _collect(self):
        """Waits for what has to come by itself, sends again what may be gone, and counts."""
        # What needs a token whose creation may be gone comes only after that.
        self._wait(self.include_patience, lambda: not self._owed(self._tokens()))
        again = [one for one in self._missing() if self._is_excused(one)]
        self.say(f"{len(again)} payments are sent again")
        for payment in again:
            self.excused += bool(payment.included)
            self.say(f"excused: {self._story(payment)}")
            for name in self.devnet.names:
                self.load.send(name, payment)
        self._wait(self.include_patience, lambda: not self._missing())
        counts = self._on_chain()
        for payment in self.load.everything():
            times = counts.get(payment.id, 0)
            if payment.rival:
                times += counts.get(payment.rival.id, 0)
            if times != 1:
                what = "not included" if payment in again or times else "lost"
                self.report(f"{what}: {times} times on the chain: {self._story(payment)}")
            self.included += counts.get(payment.id, 0) == 1
        self._ask_for_all()

    def _missing(self):
        on_chain = self._on_chain()
        return [
            one for one in self.load.everything()
            if one.id not in on_chain and not (one.rival and one.rival.id in on_chain)
        ]

    def _owed(self, tokens):
        """The payments with these tokens that should be on the chain without anybody's help."""
        return [
            one for one in self._missing()
            if not self._is_excused(one) and one.tokens <= tokens
        ]

    def _tokens(self):
        """The tokens that exist."""
        return set(self.record.money(self.bank.views[self.devnet.names[0]].head).supply)

    def _is_excused(self, payment):
        if not payment.included:
            return self.load.lost_its_takers(payment)
        reverted = self.bank.reverted.get(payment.id, [])
        if payment.rival:
            # A rival may have displaced it, and been lost itself.
            reverted = reverted or self.bank.reverted.get(payment.rival.id, [])
        return bool(reverted) and all(
            self.nodes.died_after(name, when) is not None for name, when in reverted
        )

    def _story(self, payment):
        reverted = [
            (name, round(when, 1), f"died after {self.nodes.died_after(name, when)} s")
            for name, when in self.bank.reverted.get(payment.id, [])
        ]
        taken = [(name, died, self.nodes.deaths(name)) for name, died in payment.taken]
        included = [(name, hash_[:12], round(when, 1)) for name, hash_, when in payment.included]
        return (
            f"{payment.kind} {payment.id}; taken (node, deaths before, deaths now): {taken};"
            f" said to be included: {included}; reverted: {reverted}"
        )

    def _on_chain(self):
        name = self.devnet.names[0]
        self.bank.look(name)
        return self.record.on_branch(self.bank.views[name].head)

    def _ask_for_all(self):
        """Whether the nodes say of each payment what their blocks say."""
        on_chain = self._on_chain()
        for at, payment in enumerate(self.load.everything()):
            if payment.rival and payment.id not in on_chain:
                continue
            name = self.devnet.names[at % len(self.devnet.names)]
            status = self.load.ask(name, payment)
            if status not in ("included", "final"):
                self.report(f"not included: {name} says {status} of {payment.id} in the end")
                continue
            block = self.record.blocks.get(payment.included[-1][1])
            if block is None or payment.id not in block.ids:
                # A block that nobody has looked at yet would be of the last moment.
                self.bank.look(name)
                block = self.record.blocks.get(payment.included[-1][1])
            if block is None or payment.id not in block.ids:
                self.report(f"wrong block: {name} says that one holds {payment.id} and it does not")

    def _agreed(self):
        states = [answers(self.devnet.api[name]) for name in self.devnet.names]
        if not all(states):
            return False
        heads = {state["head"]["hash"] for state in states}
        return len(heads) == 1 and all(state["sync"]["state"] == "synced" for state in states)

    def _balanced(self, name):
        return self.bank.look(name) and self.bank.check_money(name)

    def _check_index(self, name):
        """Whether the list of blocks is the branch of the head, height by height."""
        try:
            listed = self.bank.apis[name].items("/v1/blocks")
        except Unreachable as error:
            self.report(f"index: {name} does not list its blocks: {error}")
            return
        self.bank.look(name)
        branch = [block.hash for block in self.record.branch(listed[0]["hash"], -1)]
        if [one["hash"] for one in reversed(listed)] != branch:
            self.report(f"index: the blocks that {name} lists are not the branch of its head")

    def _wait(self, patience, done):
        deadline = time.monotonic() + patience
        while not done():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.2)
        return True
