"""What is printed at the end of a run."""

import shutil
import statistics

import faults


def print_summary(run):
    """The table of what happened; adds an anomaly for a kind of fault that never did."""
    if run.load is None:
        return
    nodes, load, bank, settlement = run.nodes, run.load, run.bank, run.settlement
    options = run.options
    is_mixed = not (options.kills or options.halves or options.enemies)
    if is_mixed and options.minutes >= 2:
        for kind in faults.KINDS:
            if not nodes.happened[kind]:
                run.report(f"mistake of this script: not one {kind} in {options.minutes} min")
    everything = load.everything()
    rows = [(f"fault: {kind}", count) for kind, count in sorted(nodes.happened.items())]
    rows += [(f"recovered: {what}", distribution(seconds))
             for what, seconds in nodes.recoveries.items() if seconds]
    rows += [(f"enemies: {what}", count) for what, count in sorted(run.enemies.did.items())]
    if run.options.enemies:
        memory = sorted(run.enemies.memory_mib.items())
        rows.append(("most memory", ", ".join(f"{name} {mib:.0f} MiB" for name, mib in memory)))
    rows += [
        ("payments made", len(everything)),
        ("  of which", ", ".join(f"{count} {kind}" for kind, count in load.kinds.most_common())),
        ("acknowledged while it ran", load.counts["acknowledged"]),
        ("shown as included while it ran", load.counts["shown as included"]),
        ("  that exclude another", load.kinds["rivals"]),
        ("included in the end, exactly once", settlement.included),
        ("sent again after their pools died", load.counts["sent again"]),
        ("included, reported as reverted, pool died, sent again", settlement.excused),
        ("answers that did not come", load.counts["answers that did not come"]),
        ("refusals to be tried again", dict(load.codes) or 0),
        ("highest final block", bank.finals.highest[0]),
        ("height in the end", max((one.height for one in bank.record.blocks.values()), default=0)),
        ("blocks seen, with side branches", len(bank.record.blocks)),
        ("reorgs", sum(bank.depths.values())),
        ("  depth: times", ", ".join(f"{depth}: {times}" for depth, times
                                     in sorted(bank.depths.items())) or "-"),
        ("looks at heads and reorgs", bank.looks["heads"]),
        ("looks at all balances of a node", bank.looks["money"]),
        ("anomalies", len(run.anomalies)),
    ]
    width = max(len(name) for name, _ in rows)
    print(f"seed {run.options.seed}")
    for name, value in rows:
        print(f"{name:<{width}}  {value}")


def distribution(seconds):
    """Median, 95th percentile and maximum in words."""
    ordered = sorted(seconds)
    p95 = ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))]
    return (f"{len(ordered)} times, median {statistics.median(ordered):.3f} s, p95 {p95:.3f} s,"
            f" max {ordered[-1]:.3f} s")


def delete(directory):
    """Removes what a good run leaves."""
    shutil.rmtree(directory, ignore_errors=True)
