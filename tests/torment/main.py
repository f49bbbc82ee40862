"""Runs a real devnet under load, torments its nodes, and checks their books from outside."""

import argparse
import os
import pathlib
import random
import shlex
import sys

EXAMPLES = """examples:
  scripts/torment --minutes 5                 five minutes of all faults, a seed of its own
  scripts/torment --minutes 30 --seed 7       the same faults at the same times as every seed 7
  scripts/torment --kills 1000                kill -9 as fast as the nodes are back
  scripts/torment --halves 50                 two halves for a minute, fifty times
  scripts/torment --enemies --minutes 60      an hour of enemies, who stop nobody
  scripts/torment --self-test                 doctored answers: each must be noticed

Real processes are not deterministic: a seed replays the faults and the payments, not the races
between them. What is an anomaly, and why, stands at the top of tests/torment/bank.py, faults.py and
settle.py. With an anomaly the exit code is 1, and the directory with logs and disks is kept."""


def options(arguments):
    parser = argparse.ArgumentParser(
        prog="scripts/torment", description=__doc__, epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--minutes", type=float, default=2.0, metavar="M",
                      help="how long faults happen (default 2)")
    what.add_argument("--kills", type=int, default=0, metavar="K",
                      help="instead, kill nodes so often, as fast as they are back")
    what.add_argument("--halves", type=int, default=0, metavar="H",
                      help="instead, cut the network into two halves so often")
    parser.add_argument("--lasts", type=float, default=60.0, metavar="S",
                        help="how many seconds they last (default 60)")
    parser.add_argument("--enemies", action="store_true",
                        help="no faults: strangers who try to fill, fool and exhaust the nodes")
    what.add_argument("--self-test", action="store_true",
                      help="prove that the checker notices doctored answers")
    parser.add_argument("--seed", type=int, help="of the faults and payments")
    parser.add_argument("--nodes", type=int, default=4, metavar="N", help="default 4")
    parser.add_argument("--slot", default="500ms", metavar="TIME", help="default 500ms")
    parser.add_argument("--rate", type=float, default=15.0, metavar="R",
                        help="payments a second (default 15)")
    parser.add_argument("--program", metavar="FILE",
                        help="the coinage binary (default: COINAGE, or target/release/coinage)")
    parser.add_argument("--strangers", metavar="FILE",
                        help="the program of --enemies (default: target/release/strangers)")
    parser.add_argument("--dir", metavar="DIR", help="where the directory of a run is made")
    parser.add_argument("--keep", action="store_true", help="keep it even if all is well")
    chosen = parser.parse_args(arguments)
    if chosen.nodes < 2 or chosen.rate <= 0 or chosen.minutes <= 0 or chosen.kills < 0:
        parser.error("it takes two nodes or more, and numbers above zero")
    if chosen.halves < 0 or chosen.lasts < 5:
        parser.error("halves last five seconds or more")
    if chosen.enemies and (chosen.kills or chosen.halves or chosen.self_test):
        parser.error("enemies stop nobody: --enemies goes with --minutes")
    if chosen.seed is None:
        chosen.seed = random.SystemRandom().randrange(1, 1_000_000)
    top = pathlib.Path(__file__).resolve().parent.parent.parent
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", top / "target"))
    chosen.program = chosen.program or os.environ.get("COINAGE") or target / "release" / "coinage"
    if not os.access(chosen.program, os.X_OK):
        parser.error(f"no program at {chosen.program}: cargo build --release, or --program FILE")
    chosen.strangers = chosen.strangers or target / "release" / "strangers"
    if chosen.enemies and not os.access(chosen.strangers, os.X_OK):
        parser.error(f"no program at {chosen.strangers}: "
                     "cargo build --release -p coinage-tests --bin strangers, or --strangers FILE")
    return chosen


def replay_line(chosen):
    words = ["scripts/torment"]
    if chosen.kills:
        words += ["--kills", str(chosen.kills)]
    elif chosen.halves:
        words += ["--halves", str(chosen.halves), "--lasts", str(chosen.lasts)]
    else:
        words += ["--minutes", str(chosen.minutes)]
    words += ["--enemies"] if chosen.enemies else []
    words += ["--seed", str(chosen.seed), "--nodes", str(chosen.nodes), "--slot", chosen.slot,
              "--rate", str(chosen.rate)]
    return shlex.join(words)


def main():
    chosen = options(sys.argv[1:])
    if chosen.self_test:
        import selftest

        return selftest.run(chosen)
    import run

    line = replay_line(chosen)
    print(f"seed {chosen.seed}; replay: {line}", flush=True)
    return run.Run(chosen, line).go()
