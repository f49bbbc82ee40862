"""People who pay through any node that runs, and what they were told.

All payments are valid whatever order they come in: the payers have plenty, nobody spends what
came from others, and what needs a token that is not there yet waits for it (`park`). So in the end
each one that a node took must be on the chain, exactly once.

A payment is sent again, the same bytes, only where the documentation tells clients to: when the
outcome is unknown, or when every node that took it has died since and so its pool is gone. What a
living node took is not sent again: it has to get there.

The exception are rivals: two create the same token through different nodes, and the chain can have
but one of them, exactly one.
"""

import itertools
import threading
import time
from collections import Counter

import signing
from api import Unreachable

LIFETIME_MS = 6 * 3600 * 1000
# How long somebody waits before a payment with an unknown outcome is sent again.
AGAIN_SECONDS = 3.0
TOKENS_MAX = 30
# Threads that pay, each at its part of the rate.
PAYERS = 4
# How long a node that did not answer is left alone.
REST_SECONDS = 1.0
RIVALS_MAX = 30
# Actions of a transaction (SPEC T-1).
ACTIONS_MAX = 64
KINDS = ("transfer", "pay token", "mint", "burn", "swap", "create", "rivals")
WEIGHTS = (50, 20, 10, 10, 8, 1, 1)


class Payment:
    """A transaction and what became of it, as far as this script was told."""

    def __init__(self, id_, transaction, kind):
        self.id, self.transaction, self.kind = id_, transaction, kind
        # The payment that excludes this one.
        self.rival = None
        # The tokens that have to exist before.
        self.tokens = {
            one["token"] for one in transaction["body"]["actions"] if one["type"] != "create_token"
        }
        # (node, deaths of that node) where it was taken.
        self.taken = []
        # (node, block hash, monotonic time) where it was said to be included.
        self.included = []
        self.sent_at = 0.0


class Load:
    """Pays at a rate until told to stop."""

    def __init__(self, chain, record, bank, deaths, report, rng, rate):
        """`deaths(name)`: how often the process of a node has ended so far."""
        self.record, self.bank, self.deaths, self.report = record, bank, deaths, report
        self.rng, self.rate = rng, rate
        self.payers = [signing.developer(name) for name in ("alice", "bob", "carol")]
        self.people = self.payers + [signing.person(f"p{number}") for number in range(4)]
        self.notary = signing.Notary(chain, self.people)
        self.tokens = []
        self.counts = Counter()
        self.kinds = Counter()
        self.codes = Counter()
        self._salt = itertools.count(1)
        self._open = []
        self._resting = Counter()
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._threads = []

    @property
    def addresses(self):
        return [one.address for one in self.people]

    def start(self):
        # A node that is paused keeps whoever asks it waiting.
        for work in [self._pay] * PAYERS + [self._follow] * 2:
            thread = threading.Thread(target=work, daemon=True)
            thread.start()
            self._threads.append(thread)

    def stop(self):
        self._stop.set()
        for thread in self._threads:
            thread.join()
        everything = self.everything()
        self.counts["acknowledged"] = sum(bool(one.taken) for one in everything)
        self.counts["shown as included"] = sum(bool(one.included) for one in everything)

    def draft(self):
        """A payment that is recorded and not yet sent, or two that exclude each other."""
        with self._lock:
            kind = self.rng.choices(KINDS, WEIGHTS)[0] if self.tokens else "create"
            if kind == "rivals" and self.kinds[kind] < 2 * RIVALS_MAX:
                return self._rivals()
            if kind == "rivals" or kind == "create" and len(self.tokens) >= TOKENS_MAX:
                kind = "transfer"
            return [self._made(kind, *self._draft(kind))]

    def _rivals(self):
        token = f"R{self.kinds['rivals'] // 2}"
        pair = [
            self._made("rivals", [payer], [self._creation(token, payer)])
            for payer in self.rng.sample(self.payers, 2)
        ]
        pair[0].rival, pair[1].rival = pair[1], pair[0]
        return pair

    def _draft(self, kind):
        """Who signs, and what is to happen."""
        rng = self.rng
        payer = rng.choice(self.payers)
        signers = [payer]
        amount = str(rng.randrange(1, 50))
        if kind == "create":
            token = f"T{len(self.tokens)}"
            self.tokens.append((token, payer))
            actions = [self._creation(token, payer)]
        elif kind == "transfer":
            actions = [self._transfer("COIN", payer, amount)]
        else:
            token, issuer = rng.choice(self.tokens)
            signers = [issuer]
            if kind == "pay token":
                actions = [self._transfer(token, issuer, amount)]
            elif kind == "mint":
                to = rng.choice(self.people).address
                actions = [{
                    "type": "mint", "token": token, "issuer": issuer.address, "to": to,
                    "amount": amount,
                }]
            elif kind == "burn":
                actions = [{
                    "type": "burn", "token": token, "from": issuer.address, "amount": amount,
                }]
            else:
                other = rng.choice([one for one in self.payers if one is not issuer])
                signers = [issuer, other]
                actions = [
                    {"type": "transfer", "token": token, "from": issuer.address,
                     "to": other.address, "amount": amount},
                    {"type": "transfer", "token": "COIN", "from": other.address,
                     "to": issuer.address, "amount": amount},
                ]
        return signers, actions

    def _made(self, kind, signers, actions):
        expires_at = int(time.time() * 1000) + LIFETIME_MS
        made = self.notary.transaction(signers, next(self._salt), expires_at, actions)
        payment = Payment(*made, kind)
        self.record.add_payment(payment)
        self.kinds[kind] += 1
        return payment

    def _creation(self, token, payer):
        return {
            "type": "create_token", "token": token, "name": f"Torment {token}", "decimals": 2,
            "cap": None, "issuer": payer.address, "supply": str(10**12), "to": payer.address,
        }

    def large(self):
        """A payment to as many as one may pay at once."""
        with self._lock:
            payer = self.rng.choice(self.payers)
            actions = [self._transfer("COIN", payer, "1") for _ in range(ACTIONS_MAX)]
            return self._made("large", [payer], actions)

    def follow(self, payment):
        """Asks for it until it is known to be included."""
        with self._lock:
            self._open.append(payment)

    def send(self, name, payment):
        """Sends a payment to a node and notes the answer."""
        payment.sent_at = time.monotonic()
        died, mark = self.deaths(name), self.bank.mark(name)
        body = {"transaction": payment.transaction, "park": True}
        try:
            status, answer = self.bank.apis[name].post("/v1/transactions", body)
        except Unreachable:
            self.counts["answers that did not come"] += 1
            self._resting[name] = time.monotonic() + REST_SECONDS
            return
        if status in (200, 202):
            if answer["id"] != payment.id:
                self.report(f"wrong id: {name} calls {payment.id} {answer['id']}")
            payment.taken.append((name, died))
            self._note(name, mark, payment, answer)
        else:
            code = answer.get("code", status)
            self.codes[code] += 1
            if status < 500 and not payment.rival:
                self.report(f"refused: {name} refuses {payment.kind} {payment.id}: {answer}")

    def ask(self, name, payment):
        """Asks a node what became of a payment; its status, or None."""
        mark = self.bank.mark(name)
        try:
            status, answer = self.bank.apis[name].get(f"/v1/transactions/{payment.id}")
        except Unreachable:
            self._resting[name] = time.monotonic() + REST_SECONDS
            return None
        if status != 200:
            return None
        self._note(name, mark, payment, answer)
        return answer["status"]

    def lost_its_takers(self, payment):
        """Whether no process lives any more that said it took the payment."""
        return all(self.deaths(name) > died for name, died in payment.taken)

    def everything(self):
        with self.record.lock:
            return list(self.record.payments.values())

    def _transfer(self, token, payer, amount):
        to = self.rng.choice([one for one in self.people if one is not payer])
        return {
            "type": "transfer", "token": token, "from": payer.address, "to": to.address,
            "amount": amount,
        }

    def _somebody(self):
        """A node that did not fail to answer a moment ago, if there is one."""
        names, now = list(self.bank.apis), time.monotonic()
        return self.rng.choice([one for one in names if self._resting[one] < now] or names)

    def _note(self, name, mark, payment, answer):
        status = answer["status"]
        if status in ("included", "final"):
            hash_ = answer["block"]["hash"]
            payment.included.append((name, hash_, time.monotonic()))
            self.bank.promise(name, mark, hash_, payment.id)
        elif status in ("dropped", "expired") and not payment.rival:
            self.report(f"{status}: {name} no longer holds {payment.kind} {payment.id}: {answer}")

    def _pay(self):
        due = time.monotonic()
        while not self._stop.is_set():
            for payment in self.draft():
                self.send(self._somebody(), payment)
                self.follow(payment)
            due = max(due + PAYERS / self.rate, time.monotonic() - 1)
            self._stop.wait(max(0.0, due - time.monotonic()))

    def _follow(self):
        """Asks for what is not known to be included, and sends again what may be gone."""
        while not self._stop.wait(0.5):
            with self._lock:
                waiting, self._open = self._open, []
            for payment in waiting:
                if self._stop.is_set():
                    return
                known = [payment, *filter(None, [payment.rival])]
                if "included" in [self.ask(self._somebody(), one) for one in known]:
                    continue
                with self._lock:
                    self._open.append(payment)
                if time.monotonic() - payment.sent_at < AGAIN_SECONDS:
                    continue
                if self.lost_its_takers(payment):
                    self.counts["sent again"] += 1
                    self.send(self._somebody(), payment)
