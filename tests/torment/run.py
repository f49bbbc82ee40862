"""One run: a devnet, people who pay, faults, and the bank checker that looks on."""

import json
import pathlib
import random
import signal
import tempfile
import threading
import time

import faults
import finals
import report
from api import Unreachable
from bank import Bank
from devnet import Broken, Devnet
from enemies import Enemies
from load import Load
from record import Record
from settle import Settlement

LOOK_SECONDS = 0.2
MONEY_SECONDS = 1.5


class Run:
    """Everything that one run has, and its anomalies."""

    def __init__(self, options, replay):
        self.options, self.replay = options, replay
        self.began = time.monotonic()
        self.anomalies = []
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="coinage-torment-", dir=options.dir))
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._log = open(self.root / "torment.log", "a", encoding="utf-8")
        self.load = self.bank = self.nodes = self.settlement = self.enemies = None

    def say(self, what):
        with self._lock:
            self._log.write(f"{time.time():.3f} {time.monotonic() - self.began:8.2f} {what}\n")
            self._log.flush()

    def report(self, what):
        """Notes an anomaly, each only once."""
        self.say(f"ANOMALY {what}")
        with self._lock:
            if what not in self.anomalies:
                self.anomalies.append(what)
                print(f"ANOMALY after {time.monotonic() - self.began:.1f} s: {what}", flush=True)

    def go(self):
        """Does it all; the exit code."""
        options = self.options
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._interrupted)
        devnet = Devnet(options.program, self.root, options.nodes, options.slot)
        finished = False
        try:
            devnet.wait_ready()
            self._torment(devnet)
            devnet.stop()
            self.settlement.after_stop()
            finished = True
        except Broken as broken:
            self.report(str(broken))
        except KeyboardInterrupt:
            print("interrupted: nothing is said of this run")
        finally:
            self._stop.set()
            devnet.stop()
        if finished or self.anomalies:
            report.print_summary(self)
        return self._end(finished)

    def _end(self, finished):
        self._log.close()
        if finished and not self.anomalies and not self.options.keep:
            report.delete(self.root)
            return 0
        print(f"kept: {self.root}")
        if self.anomalies:
            print(f"replay: {self.replay}")
        return 1 if self.anomalies else 0 if finished else 130

    def _interrupted(self, *_):
        # Only the first: what follows must not be interrupted again.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    def _torment(self, devnet):
        options, rng = self.options, random.Random(f"load {self.options.seed}")
        self._prepare(devnet, rng)
        observers = [
            threading.Thread(target=self._observe, args=(name,), daemon=True)
            for name in devnet.names
        ]
        for one in observers:
            one.start()
        self.load.start()
        try:
            if options.enemies:
                self.enemies.run(options.minutes * 60)
            elif options.kills:
                faults.kill_often(self.nodes, options.kills, options.seed, self.say, self._stop)
            elif options.halves:
                finals.split_often(
                    self.nodes, options.halves, options.lasts, options.seed, self.say, self._stop
                )
            else:
                plan = faults.plan(options.seed, options.minutes * 60, devnet.names)
                faults.Torment(self.nodes, plan, self.say).run()
        finally:
            self.load.stop()
            self._stop.set()
        for one in observers:
            one.join()
        self.say("the faults are over")
        self.settlement.run()

    def _prepare(self, devnet, rng):
        genesis = json.loads((devnet.dir / "genesis.json").read_text())
        record = Record(genesis, self.report)
        status, block = devnet.api["n1"].get("/v1/blocks/genesis")
        if status != 200:
            raise Broken(f"no genesis: {block}")
        record.add("n1", block)
        chain = devnet.api["n1"].get("/v1/status")[1]["chain_id"]
        self.bank = Bank(record, devnet.api, [], self.report)
        self.nodes = faults.Nodes(devnet, self.bank, self.report)
        self.load = Load(
            chain, record, self.bank, self.nodes.deaths, self.report, rng, self.options.rate
        )
        self.bank.addresses = self.load.addresses
        self.enemies = Enemies(
            devnet, self.load, self.bank, self.report, self.say, self.options.seed,
            self.options.strangers,
        )
        self.settlement = Settlement(
            devnet, self.bank, self.load, self.nodes, self.report, self.say
        )

    def _observe(self, name):
        compared = 0.0
        while not self._stop.wait(LOOK_SECONDS):
            try:
                self.bank.look(name)
                if time.monotonic() - compared > MONEY_SECONDS and self.bank.check_money(name):
                    compared = time.monotonic()
            except Unreachable:
                pass
            except Exception as error:  # An observer that ended would see nothing any more.
                self.report(f"mistake of this script: observing {name}: {error!r}")
                raise
