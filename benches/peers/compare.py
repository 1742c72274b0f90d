"""Brownout and SimPy on W2, seed by seed in turn: how fast, and do they agree?

    python compare.py BROWNOUT SCENARIO [SEEDS]

Each run is a process of its own, started here, one at a time, so that a busy machine disturbs both
alike. Seeds mean different random numbers in the two programs, so results are compared as means
over seeds. They agree if the difference of the means is within its 95 % interval: Welch's t, and for
the percentile half a part of Brownout's histogram (1/256 of the value) in addition.

Exit code: 0 if all figures agree, 1 if not.
"""

import json
import math
import pathlib
import statistics
import subprocess
import sys

# Two-sided 95 % points of Student's t for 1 to 30 degrees of freedom.
T95 = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131]
T95 += [2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042]

# Name in the results, what people read, unit, resolution of Brownout's value as a share of it.
FIGURES = [
    ("goodput_per_s", "goodput", "per s", 0),
    ("served_share", "served", "share", 0),
    ("tries_per_action", "tries per action", "", 0),
    ("p99_ms", "latency p99", "ms", 1 / 256),
]


def t95(degrees):
    """Degrees that are no whole number count as the next lower one: the wider interval."""
    degrees = max(1, math.floor(degrees))
    return T95[degrees - 1] if degrees <= len(T95) else 1.96


def half_width(values):
    return t95(len(values) - 1) * statistics.stdev(values) / math.sqrt(len(values))


def difference(a, b):
    """Difference of the means and half the width of its 95 % interval (Welch)."""
    va, vb = statistics.variance(a) / len(a), statistics.variance(b) / len(b)
    degrees = (va + vb) ** 2 / (va**2 / (len(a) - 1) + vb**2 / (len(b) - 1)) if va + vb > 0 else 1
    return statistics.mean(a) - statistics.mean(b), t95(degrees) * math.sqrt(va + vb)


def ran(*command):
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


def main():
    brownout, scenario, *rest = sys.argv[1:]
    seeds = int(rest[0]) if rest else 5
    if seeds < 2:
        sys.exit("an interval needs at least two seeds")
    model = str(pathlib.Path(__file__).with_name("w2.py"))
    ours, theirs = [], []
    for seed in range(1, seeds + 1):
        ours.append(ran(brownout, "bench", "--workload", "w2", "--seed", str(seed)))
        theirs.append(ran(sys.executable, model, scenario, str(seed)))
        print(f"  seed {seed} of {seeds}: {ours[-1]['seconds']:.2f} s and {theirs[-1]['seconds']:.1f} s", file=sys.stderr)

    print(f"\nW2, Brownout and SimPy, {seeds} seeds in turn, medians\n")
    speeds = {}
    for name, runs in (("Brownout", ours), ("SimPy", theirs)):
        for clock in ("seconds", "cpu_seconds"):
            known = [run["actions"] / run[clock] for run in runs if run.get(clock)]
            speeds[name, clock] = statistics.median(known) if known else math.nan
        memory = max(run["peak_memory_bytes"] or 0 for run in runs) / 2**20
        print(
            f"  {name:<9} {speeds[name, 'seconds']:>10,.0f} requests/s"
            f"  ({speeds[name, 'cpu_seconds']:,.0f} per second of a processor)  {memory:.1f} MB at most"
        )
    ratios = [t["seconds"] / t["actions"] * o["actions"] / o["seconds"] for o, t in zip(ours, theirs)]
    by_cpu = speeds["Brownout", "cpu_seconds"] / speeds["SimPy", "cpu_seconds"]
    print(f"  Brownout is {statistics.median(ratios):.0f} times as fast ({by_cpu:.0f} by processor time)\n")

    print(f"  {'mean +- 95 %':<17} {'Brownout':>18} {'SimPy':>18} {'difference':>20}")
    all_agree = True
    for key, label, unit, resolution in FIGURES:
        a, b = [run[key] for run in ours], [run[key] for run in theirs]
        gap, interval = difference(a, b)
        agrees = abs(gap) <= interval + resolution * statistics.mean(a)
        all_agree &= agrees
        print(
            f"  {label:<17} {statistics.mean(a):>9.4g} +- {half_width(a):<6.2g} {statistics.mean(b):>9.4g} +- {half_width(b):<6.2g}"
            f" {gap:>10.2g} +- {interval:<6.2g} {unit:<6} {'agree' if agrees else 'DO NOT AGREE'}"
        )
    sys.exit(0 if all_agree else 1)


if __name__ == "__main__":
    main()
