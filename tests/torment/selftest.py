"""Proves that the checker can fail: real answers of a real devnet, doctored one by one.

Each case changes what a node answers, writes or keeps, and demands the anomaly that says so; the
same answers without the change must give none.
"""

import json
import pathlib
import random
import tempfile
import time

from api import Api
from bank import Bank
from devnet import Devnet
from faults import Nodes
from load import Load
from record import Record
from report import delete
from settle import Settlement

PAY_SECONDS = 6
PATIENCE = 2.0


class Doctored(Api):
    """The API of a node, whose answers may be changed by `change(path, body)`."""

    def __init__(self, api):
        self._real = api
        self.change = None

    def get(self, path):
        status, body = self._real.get(path)
        return (status, self.change(path, body) or body) if self.change else (status, body)

    def post(self, path, value):
        return self._real.post(path, value)


class Bench:
    """A devnet on which some people have paid, and a fresh checker of it for each case."""

    def __init__(self, devnet):
        self.devnet = devnet
        self.genesis = json.loads((devnet.dir / "genesis.json").read_text())
        self.chain = devnet.api["n1"].get("/v1/status")[1]["chain_id"]
        self.anomalies = []
        self.payments = {}
        self.fresh()
        self.load.start()
        time.sleep(PAY_SECONDS)
        self.load.stop()
        self.payments = self.record.payments
        self.settlement().run()
        self.expect_none("honest answers")
        head = self.bank.views["n1"].head
        self.paid = [block for block in self.record.branch(head, 0) if block.ids]

    def fresh(self):
        """A checker that has seen nothing yet."""
        self.anomalies = []
        self.apis = {name: Doctored(api) for name, api in self.devnet.api.items()}
        self.record = Record(self.genesis, self.anomalies.append)
        self.record.payments = dict(self.payments)
        self.record.add("n1", self.devnet.api["n1"].get("/v1/blocks/genesis")[1])
        self.bank = Bank(self.record, self.apis, [], self.anomalies.append)
        self.nodes = Nodes(self.devnet, self.bank, self.anomalies.append)
        self.nodes.answer_patience = PATIENCE
        self.load = Load(
            self.chain, self.record, self.bank, self.nodes.deaths, self.anomalies.append,
            random.Random(1), 40,
        )
        self.bank.addresses = self.load.addresses

    def settlement(self):
        made = Settlement(
            self.devnet, self.bank, self.load, self.nodes, self.anomalies.append, lambda what: None
        )
        made.agree_patience = made.include_patience = PATIENCE
        return made

    def watch(self):
        """Looks until the money could be compared once."""
        for _ in range(50):
            self.bank.look("n1")
            if self.bank.check_money("n1"):
                return

    def expect_none(self, what):
        if self.anomalies:
            raise SystemExit(f"self-test: {what} gave {self.anomalies}")

    def expect(self, case, word):
        found = [one for one in self.anomalies if one.startswith(word)]
        if not found:
            raise SystemExit(f"self-test: {case}: no anomaly {word!r} in {self.anomalies}")
        print(f"noticed: {case}: {found[0][:90]}")


def run(options):
    """All cases; the exit code, or an exit with what was not noticed."""
    root = pathlib.Path(tempfile.mkdtemp(prefix="coinage-torment-", dir=options.dir))
    # On a quiet network two halves would stay alike.
    devnet = Devnet(options.program, root, 2, "200ms", "--heartbeat", "0s")
    try:
        devnet.wait_ready()
        bench = Bench(devnet)
        for case, word, change in answers(bench):
            bench.fresh()
            bench.apis["n1"].change = change
            bench.watch()
            bench.expect(case, word)
        for check in (
            shown_elsewhere, going_back, not_final, beside, forgotten, lost, other_list, apart
        ):
            bench.fresh()
            bench.watch()
            bench.expect_none(f"honest answers before {check.__name__}")
            check(bench)
        not_back(bench)
        devnet.stop()
        disks_and_logs(bench)
    finally:
        devnet.stop()
    delete(root)
    print("self-test: everything was noticed")
    return 0


def answers(bench):
    """Cases that one changed answer makes: what it is, the anomaly, the change."""
    block, later = bench.paid[0], bench.paid[-1]

    def at(start, work):
        return lambda path, body: work(body) if path.startswith(start) else None

    def in_list(start, field, by):
        def work(body):
            if body["items"]:
                body["items"][0][field] = str(int(body["items"][0][field]) + by)
            return body
        return at(start, work)

    def both(one, other):
        return lambda path, body: one(path, body) or other(path, body)

    def second_tip(body):
        tip = dict(body["items"][0], hash="00" * 32)
        return dict(body, items=[*body["items"], tip])

    def in_block(hash_, work):
        return at(f"/v1/blocks/{hash_}", lambda body: dict(body, transactions=work(body)))

    def without_first(body):
        return body["transactions"][1:]

    def renamed(body):
        return [dict(body["transactions"][0], id="ab" * 32), *body["transactions"][1:]]

    def dearer(body):
        body["transactions"][0]["transaction"]["body"]["actions"][0]["amount"] = "999"
        return body["transactions"]

    def again(body):
        first = bench.devnet.api["n1"].get(f"/v1/blocks/{block.hash}")[1]["transactions"][0]
        return [*body["transactions"], first]

    def reorg(number, **changes):
        def work(body):
            old, new = bench.record.blocks.get(block.hash), bench.record.genesis
            tip = {"hash": block.hash, "height": str(block.height), "slot": str(block.slot)}
            start = {"hash": new, "height": "0", "slot": "0"}
            assert old is None or old.hash == tip["hash"]
            item = {"number": str(number), "depth": str(block.height), "old_head": tip,
                    "common_ancestor": start, "new_head": tip, "counts": {}, "transactions": [],
                    "time": "2000-01-01T00:00:00.000Z"}
            return dict(body, items=[dict(item, **changes)])
        return at("/v1/chain/reorgs", work)

    accounts, tokens = "/v1/accounts/", "/v1/tokens"
    return [
        ("a changed balance", "wrong money", in_list(accounts, "amount", 1)),
        ("a lost unit of a token", "wrong money", in_list(tokens, "supply", -1)),
        ("a unit lost from an account and the supply", "wrong money",
         both(in_list(accounts, "amount", -1), in_list(tokens, "supply", -7))),
        ("a second block of a slot", "double signature", at("/v1/chain/tips", second_tip)),
        ("a block without one of its payments", "wrong money", in_block(block.hash, without_first)),
        ("a payment that nobody made", "forged", in_block(block.hash, renamed)),
        ("a payment that was changed", "changed", in_block(later.hash, dearer)),
        ("a payment included twice", "twice", in_block(later.hash, again)),
        ("another block than was asked for", "wrong block",
         at(f"/v1/blocks/{later.hash}", lambda body: dict(body, hash=block.hash))),
        ("a reorg that hides its payments", "reorg 0 of n1: it does not name", reorg(0)),
        ("a reorg with a wrong depth", "reorg 0 of n1: ", reorg(0, depth="77")),
        ("a reorg that was skipped", "reorgs: n1 reports number 3", reorg(3)),
    ]


def shown_elsewhere(bench):
    """A payment said to be included in a block that is not on the chain."""
    payment = next(one for one in bench.load.everything())

    def change(path, body):
        if path.startswith("/v1/transactions/"):
            body["block"]["hash"] = "cd" * 32
        return body

    bench.apis["n1"].change = change
    bench.load.ask("n1", payment)
    bench.watch()
    bench.expect("an inclusion that was taken back", "acknowledged inclusion lost")


def going_back(bench):
    """A head that is an ancestor of the one before."""
    status = bench.devnet.api["n1"].get("/v1/status")[1]
    old = bench.paid[0]
    status["head"] = dict(status["head"], hash=old.hash, height=str(old.height))
    bench.apis["n1"].change = lambda path, body: status if path == "/v1/status" else body
    bench.bank.look("n1")
    bench.expect("a height that goes back", "moved without a reorg")


def not_final(bench):
    """A final block that is below the one before."""
    status = bench.devnet.api["n1"].get("/v1/status")[1]
    old = bench.paid[0]
    bench.bank.finals.told["n1"] = old.height + 1
    status["final"] = dict(status["final"], hash=old.hash, height=str(old.height))
    bench.apis["n1"].change = lambda path, body: status if path == "/v1/status" else body
    bench.bank.look("n1")
    bench.expect("a final block that goes back", "final undone")


def beside(bench):
    """A final block that is not on the chain of another one."""
    first, last = bench.paid[0], bench.paid[-1]
    bench.bank.finals.highest = (last.height + 1_000, first.hash)
    bench.bank.look("n1")
    bench.expect("two final blocks beside one another", "final undone")


def forgotten(bench):
    """A payment that a node does not know in the end."""
    gone = bench.paid[0].ids[0]

    def change(path, body):
        return {"status": "pending"} if path == f"/v1/transactions/{gone}" else body

    for api in bench.apis.values():
        api.change = change
    bench.settlement().run()
    bench.expect("a payment that waits for ever", "not included")


def lost(bench):
    """A payment that was acknowledged as included, and that no block holds."""
    gone, hash_ = bench.paid[0].ids[0], bench.paid[0].hash
    bench.record.payments[gone].included = [("n1", hash_, time.monotonic())]

    def change(path, body):
        if path == f"/v1/blocks/{hash_}":
            body["transactions"] = [one for one in body["transactions"] if one["id"] != gone]
        return body

    bench.fresh()
    for api in bench.apis.values():
        api.change = change
    bench.settlement().run()
    bench.expect("a payment that was lost", "lost: ")


def other_list(bench):
    """A list of blocks that is not the chain."""
    def change(path, body):
        if path.startswith("/v1/blocks?"):
            body["items"][1]["hash"] = "ef" * 32
        return body

    bench.apis["n1"].change = change
    bench.settlement().run()
    bench.expect("a list of blocks that is not the chain", "index: ")


def apart(bench):
    """Nodes that do not come to one head."""
    bench.devnet.partition([["n1"], ["n2"]])
    time.sleep(1)
    bench.settlement().run()
    bench.devnet.heal()
    bench.expect("two heads that stay apart", "no agreement")


def not_back(bench):
    """A node that ended by itself, and one that cannot start."""
    bench.fresh()
    bench.devnet.kill("n2")
    bench.nodes.end("n2")
    bench.expect("a process that ended by itself", "does not stay")
    mark = bench.devnet.dir / "n2" / "data" / "coinage.json"
    kept = mark.read_bytes()
    mark.write_bytes(b"not one")
    bench.nodes.start("n2")
    bench.expect("a node that does not start", "does not come back")
    mark.write_bytes(kept)


def disks_and_logs(bench):
    """What is wrong on the disks and in the logs."""
    with open(bench.devnet.dir / "n1" / "log", "a", encoding="utf-8") as log:
        log.write("00:00:00.000 ERROR [n1] api.failed\n")
    journal = next((bench.devnet.dir / "n2" / "data" / "chain").glob("*.jnl"))
    damaged = bytearray(journal.read_bytes())
    for at in range(200, 2000):
        damaged[at] ^= 0xFF
    journal.write_bytes(damaged)
    line = next(line for line in bench.devnet.log_lines("n1") if " block.produced " in line)
    with open(bench.devnet.dir / "n2" / "log", "a", encoding="utf-8") as log:
        log.write(line.replace(" hash=", " hash=00") + "\n")
    bench.anomalies.clear()
    bench.settlement().after_stop()
    for case, word in (
        ("an error in a log", "log of n1"), ("a damaged disk", "damaged"),
        ("a log with two blocks of a slot", "double signature"),
    ):
        bench.expect(case, word)
