"""The bank checker: reads only the public API of the nodes, and says what cannot be.

What counts as an anomaly, and why:

- *moved without a reorg*: the head that a node shows does not descend from the head that it showed
  before by way of the reorgs that it reported in between, in their order (interface: "a height
  never goes back between two answers except by a reported reorg"). Death by kill -9 changes nothing
  about that: what was shown was on the disk. A wipe does: the node begins again at block 0.
- *a reorg that does not tell*: it names an ancestor that is none, or its transactions are not those
  of the abandoned branch, or it calls one re-included that the new branch does not hold (SPEC C-3).
- *acknowledged inclusion lost*: a node answered that a block includes a payment, and neither is
  that block on its chain nor did it report a reorg from below it.
- *double signature*: two blocks of one slot, anywhere, ever (SPEC C-5; the slot names the leader).
- *forged*, *changed*, *twice*, *overdrawn*: a block holds what nobody signed, what an ancestor
  holds already, or what nobody could pay.
- *wrong money*: the supplies and balances of a node at one head are not those that this script
  computes from its own payments in the blocks up to that head. So where heads are alike, they are.
- *final undone*: see finals.py.
"""

import threading
import time
from collections import Counter
from datetime import datetime

from api import Unreachable
from finals import Finals

# The first of a reorg's transactions are named, at most so many (SPEC C-3).
NAMED_MAX = 1000


class View:
    """What a node has shown and therefore has to stand by."""

    def __init__(self, genesis):
        self.head = genesis
        # The heights of the common ancestors of its reorgs so far.
        self.reorgs = []
        # Blocks that an answer called included or on the chain since the last look at the head.
        self.promised = []
        # When it was looked at last, by the monotonic clock.
        self.looked_at = 0.0
        # Changes when the disk of the node is wiped: an answer from before says nothing any more.
        self.life = 0


class Bank:
    """Looks at nodes through their APIs and compares what they show with the record."""

    def __init__(self, record, apis, addresses, report):
        self.record, self.apis, self.addresses, self.report = record, apis, addresses, report
        self.lock = threading.RLock()
        self.views = {name: View(record.genesis) for name in apis}
        self.finals = Finals(record, report)
        self.depths = Counter()
        self.looks = Counter()
        # For each payment, where and when a reorg took it off a chain that did not get it back.
        self.reverted = {}

    def mark(self, name):
        """To be taken before a node is asked for something that it has to stand by."""
        with self.lock:
            view = self.views[name]
            return view.life, len(view.reorgs)

    def promise(self, name, mark, hash_, what):
        """Notes that a node called a block part of its chain, some time after the mark."""
        with self.lock:
            view, (life, reorgs) = self.views[name], mark
            if view.life == life:
                view.promised.append((hash_, what, reorgs))

    def wiped(self, name):
        """Forgets what a node has shown, because its disk is about to be deleted."""
        with self.lock:
            self.finals.forget(name)
            view = View(self.record.genesis)
            view.life = self.views[name].life + 1
            self.views[name] = view

    def owed(self, name):
        """The blocks that a node must have on its chain, or report as reorganised away."""
        with self.lock:
            view = self.views[name]
            return [view.head, *(hash_ for hash_, _, _ in view.promised)]

    def look(self, name):
        """Looks at a node once; says whether it answered."""
        api = self.apis[name]
        with self.lock:
            view = self.views[name]
            life, since, promised = view.life, len(view.reorgs), list(view.promised)
        began = time.monotonic()
        try:
            for _ in range(5):
                head = _body(api.get("/v1/status"))["head"]
                reorgs = api.items("/v1/chain/reorgs", lambda one: int(one["number"]) < since)
                status = _body(api.get("/v1/status"))
                if status["head"] == head:
                    break
            else:
                return True
            with self.lock:
                if self.views[name].life != life:
                    return True
            self._fetch(name, head["hash"])
            for reorg in reorgs:
                self._fetch(name, reorg["old_head"]["hash"])
                self._fetch(name, reorg["new_head"]["hash"])
            for tip in api.items("/v1/chain/tips"):
                self.record.see_place(name, tip["hash"], int(tip["slot"]))
                if tip["kind"] == "side":
                    self._fetch(name, tip["hash"])
        except Unreachable:
            return False
        with self.lock:
            if self.views[name] is view and len(view.reorgs) == since:
                self._judge(name, view, head, reorgs[::-1], promised)
                self.finals.look(name, status)
                view.looked_at = began
        return True

    def check_money(self, name):
        """Compares all supplies and balances at one head; says whether the head stood still."""
        api = self.apis[name]
        try:
            head = _body(api.get("/v1/status"))["head"]["hash"]
            tokens = api.items("/v1/tokens")
            accounts = {}
            for address in self.addresses:
                items, moved = self._account(api, address, head)
                if moved:
                    return False
                accounts[address] = items
            if _body(api.get("/v1/status"))["head"]["hash"] != head:
                return False
        except Unreachable:
            return False
        if not self.record.knows(head):
            return False
        expected = self.record.money(head)
        if expected is None:
            return False
        self._compare(name, head, expected, tokens, accounts)
        self.looks["money"] += 1
        return True

    def _account(self, api, address, head):
        items, cursor = {}, ""
        while True:
            page = _body(api.get(f"/v1/accounts/{address}?limit=1000{cursor}"))
            if page["head"]["hash"] != head:
                return items, True
            items.update({one["token"]: int(one["amount"]) for one in page["items"]})
            if page["next"] is None:
                return items, False
            cursor = f"&cursor={page['next']}"

    def _compare(self, name, head, expected, tokens, accounts):
        place = f"{name} at {head[:12]}"
        supplies = {one["token"]: int(one["supply"]) for one in tokens}
        wanted = {token: supply for token, supply in expected.supply.items()}
        if supplies != wanted:
            self.report(f"wrong money: {place} has the supplies {differing(supplies, wanted)}")
        sums = Counter()
        for address, items in accounts.items():
            sums.update(items)
            if items != expected.of(address):
                wrong = differing(items, expected.of(address))
                self.report(f"wrong money: {place}: {address} has {wrong}")
        if dict(+sums) != {token: supply for token, supply in supplies.items() if supply}:
            self.report(f"wrong money: {place}: supplies are not the sums of the balances")

    def _fetch(self, name, hash_):
        """Takes in a block and its ancestors until one is known. A branch that is not executed may
        not be there to be shown."""
        blocks = []
        while not self.record.knows(hash_):
            status, block = self.apis[name].get(f"/v1/blocks/{hash_}")
            if status != 200:
                break
            if block["hash"] != hash_:
                self.report(f"wrong block: {name} shows {block['hash']} when asked for {hash_}")
                break
            blocks.append(block)
            hash_ = block["previous"]
        for block in reversed(blocks):
            self.record.add(name, block)

    def _judge(self, name, view, head, reorgs, promised):
        at = view.head
        for reorg in reorgs:
            number, old, new = int(reorg["number"]), reorg["old_head"], reorg["new_head"]
            if number != len(view.reorgs):
                self.report(f"reorgs: {name} reports number {number} as its {len(view.reorgs)}th")
            view.reorgs.append(int(reorg["common_ancestor"]["height"]))
            if self.record.descends(old["hash"], at) is not True:
                self._moved(name, at, old["hash"], f"before its reorg {number}")
            self._check_reorg(name, view, reorg)
            at = new["hash"]
        if self.record.descends(head["hash"], at) is not True:
            self._moved(name, at, head["hash"], "without a reorg")
        for hash_, what, since in promised:
            self._check_promise(name, head["hash"], view.reorgs[since:], hash_, what)
        view.promised = view.promised[len(promised):]
        view.head = head["hash"]
        self.looks["heads"] += 1

    def _moved(self, name, from_, to, how):
        heights = [
            self.record.blocks[one].height if self.record.knows(one) else "?"
            for one in (from_, to)
        ]
        self.report(
            f"moved without a reorg: {name} went from {from_[:12]} (height {heights[0]}) to"
            f" {to[:12]} (height {heights[1]}), which does not follow from it, {how}"
        )

    def _check_promise(self, name, head, reorgs, hash_, what):
        block = self.record.blocks.get(hash_)
        if block is not None and self.record.descends(head, hash_):
            return
        height = block.height if block is not None else None
        if any(height is None or ancestor < height for ancestor in reorgs):
            return
        self.report(
            f"acknowledged inclusion lost: {name} said that block {hash_[:12]} includes {what}; it"
            f" is not on the chain of its head {head[:12]}, and no reorg is reported"
        )

    def _check_reorg(self, name, view, reorg):
        record, number = self.record, reorg["number"]
        ancestor, old, new = (reorg[one] for one in ("common_ancestor", "old_head", "new_head"))
        depth = int(old["height"]) - int(ancestor["height"])
        self.depths[depth] += 1
        for tip in (ancestor, old, new):
            record.see_place(name, tip["hash"], int(tip["slot"]))
        where = f"reorg {number} of {name}"
        for tip in (old, new):
            if record.descends(tip["hash"], ancestor["hash"]) is False:
                self.report(f"{where}: its common ancestor is none of {tip['hash'][:12]}")
                return
        abandoned = record.branch(old["hash"], int(ancestor["height"]))
        chosen = record.branch(new["hash"], int(ancestor["height"]))
        if len(abandoned) != depth or depth != int(reorg["depth"]):
            self.report(f"{where}: {len(abandoned)} of {depth} abandoned blocks can be read")
            return
        left = [id_ for block in abandoned for id_ in block.ids]
        taken = {id_ for block in chosen for id_ in block.ids}
        named = [(one["id"], one["fate"]) for one in reorg["transactions"]]
        if [id_ for id_, _ in named] != left[:NAMED_MAX]:
            self.report(f"{where}: it does not name the transactions of the abandoned branch")
        if sum(int(count) for count in reorg["counts"].values()) != len(left):
            self.report(f"{where}: it does not count {len(left)} abandoned transactions")
        for id_, outcome in named:
            if (outcome == "reincluded") != (id_ in taken):
                self.report(f"{where}: it calls {id_} {outcome}, which is not so")
            if outcome in ("expired", "dropped"):
                self.report(f"{where}: {id_} is {outcome}, though nothing expires or lacks room here")
        now = time.monotonic()
        when = now - (time.time() - moment(reorg["time"]))
        # The node's clock may be one that this script has set wrong.
        when = when if view.looked_at < when < now else view.looked_at
        for id_ in set(left) - taken:
            self.reverted.setdefault(id_, []).append((name, when))


def differing(found, expected):
    """The entries of two dictionaries that are not alike, in words."""
    keys = sorted(key for key in found.keys() | expected.keys()
                  if found.get(key) != expected.get(key))
    return ", ".join(f"{key}: {found.get(key)} instead of {expected.get(key)}" for key in keys[:4])


def moment(text):
    """Seconds since 1970 of a time as the API writes it."""
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def _body(answer):
    status, body = answer
    if status != 200:
        raise Unreachable(f"{status}: {body}")
    return body
