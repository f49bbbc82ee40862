"""What was ever seen of the chain, by whomever, and what follows from it by this script's own
arithmetic: who is whose ancestor, and what everybody has after a block."""

import threading
from collections import defaultdict


class Block:
    """A block that some node showed."""

    def __init__(self, shown):
        self.hash = shown["hash"]
        self.height, self.slot = int(shown["height"]), int(shown["slot"])
        self.previous = shown["previous"]
        self.ids = [one["id"] for one in shown["transactions"]]


class Record:
    """Blocks by hash and the payments that this script made. Anomalies go to `report(what)`."""

    def __init__(self, genesis, report):
        """`genesis`: the devnet's genesis.json as JSON."""
        self.lock = threading.RLock()
        self.report = report
        self.blocks = {}
        self.payments = {}
        self._slots = defaultdict(set)
        self._held_by = defaultdict(set)
        self._states = {}
        self._began = Money()
        for one in genesis["balances"]:
            self._began.add(one["token"], one["address"], int(one["amount"]))
        self.genesis = None

    def add_payment(self, payment):
        with self.lock:
            self.payments[payment.id] = payment

    def knows(self, hash_):
        with self.lock:
            return hash_ in self.blocks

    def see_place(self, who, hash_, slot):
        """Notes that a block of this slot exists: two of one slot are a double signature, because
        the slot says which authority signs."""
        with self.lock:
            seen = self._slots[slot]
            if hash_ in seen:
                return
            seen.add(hash_)
            if len(seen) > 1:
                hashes = " and ".join(sorted(seen))
                self.report(f"double signature: slot {slot} has {hashes}, shown by {who}")

    def add(self, who, shown):
        """Takes in a block that a node shows; its parent need not be known."""
        block = Block(shown)
        with self.lock:
            self.see_place(who, block.hash, block.slot)
            if block.hash in self.blocks:
                return
            self.blocks[block.hash] = block
            if block.height == 0:
                self.genesis = block.hash
                self._states[block.hash] = self._began
            for one in shown["transactions"]:
                self._check_transaction(who, block, one)

    def _check_transaction(self, who, block, one):
        place = f"block {block.hash[:12]} at height {block.height}, shown by {who}"
        payment = self.payments.get(one["id"])
        if payment is None:
            self.report(f"forged: nobody paid {one['id']} in {place}")
            return
        body, ours = one["transaction"]["body"], payment.transaction["body"]
        if any(body[field] != ours[field] for field in ("sender", "salt", "actions")):
            self.report(f"changed: {one['id']} is not what was signed, in {place}")
        for other in self._held_by[one["id"]]:
            if self.descends(block.hash, other):
                self.report(f"twice: {one['id']} in {place} and in its ancestor {other[:12]}")
        if block.ids.count(one["id"]) > 1:
            self.report(f"twice: {one['id']} in {place}")
        self._held_by[one["id"]].add(block.hash)

    def ancestor(self, hash_, height):
        """The hash at a height of the branch that ends with a block; None if it is not known."""
        with self.lock:
            block = self.blocks.get(hash_)
            while block is not None and block.height > height:
                block = self.blocks.get(block.previous)
            return block.hash if block is not None and block.height == height else None

    def descends(self, hash_, from_):
        """Whether a block is another or has it as an ancestor; None if that is not known."""
        with self.lock:
            if hash_ == from_:
                return True
            target = self.blocks.get(from_)
            if target is None or hash_ not in self.blocks:
                return None
            found = self.ancestor(hash_, target.height)
            if found is None and self.blocks[hash_].height >= target.height:
                return None
            return found == from_

    def branch(self, hash_, above):
        """The blocks that end with this one, oldest first, without those at or below a height."""
        blocks = []
        with self.lock:
            block = self.blocks.get(hash_)
            while block is not None and block.height > above:
                blocks.append(block)
                block = self.blocks.get(block.previous)
        return blocks[::-1]

    def money(self, hash_):
        """What everybody has after a block, computed from this script's own payments."""
        with self.lock:
            missing = []
            while hash_ not in self._states:
                block = self.blocks.get(hash_)
                if block is None:
                    return None
                missing.append(block)
                hash_ = block.previous
            money = self._states[hash_]
            for block in reversed(missing):
                if block.ids:
                    money = money.copy()
                    for id_ in block.ids:
                        if id_ in self.payments:
                            money.pay(self.payments[id_].transaction["body"]["actions"])
                    if money.lowest() < 0:
                        self.report(f"overdrawn: somebody has less than nothing after {block.hash}")
                self._states[block.hash] = money
            return money

    def on_branch(self, hash_):
        """How often each payment is on the branch that ends with a block."""
        counts = defaultdict(int)
        for block in self.branch(hash_, 0):
            for id_ in block.ids:
                counts[id_] += 1
        return counts


class Money:
    """Balances by token and address, and supplies by token."""

    def __init__(self):
        self.balances = defaultdict(lambda: defaultdict(int))
        self.supply = defaultdict(int)

    def copy(self):
        other = Money()
        for token, owners in self.balances.items():
            other.balances[token] = defaultdict(int, owners)
        other.supply = defaultdict(int, self.supply)
        return other

    def add(self, token, address, amount):
        self.balances[token][address] += amount
        self.supply[token] += amount

    def pay(self, actions):
        for one in actions:
            kind, token = one["type"], one["token"]
            if kind == "create_token":
                self.add(token, one["to"], int(one["supply"]))
            elif kind == "mint":
                self.add(token, one["to"], int(one["amount"]))
            elif kind == "burn":
                self.add(token, one["from"], -int(one["amount"]))
            elif kind == "transfer":
                self.balances[token][one["from"]] -= int(one["amount"])
                self.balances[token][one["to"]] += int(one["amount"])
            else:
                raise ValueError(kind)

    def lowest(self):
        return min((amount for owners in self.balances.values() for amount in owners.values()),
                   default=0)

    def of(self, address):
        """What an address has, without zeros."""
        held = {token: owners.get(address, 0) for token, owners in self.balances.items()}
        return {token: amount for token, amount in held.items() if amount}
