"""W2 in SimPy: an independent model of benches/w2.toml, one seed per call.

    python w2.py SCENARIO SEED

prints one line of JSON. Numbers come from the scenario file, so that both programs run the same
design; how it behaves is written down here anew, with SimPy's own means (a process per request, a
`Resource` per instance), and shares no code with Brownout:

- users come at random (Poisson) and wait for each attempt at most `timeout`, counted from sending;
  a reply at exactly the deadline is late. After a failed attempt they pause for a time drawn evenly
  from [0, min(cap, base * 2^(retry - 1))], and try again, `attempts` times in all;
- the balancer forwards at once. It draws two of the instances with replacement and takes the one
  with fewer requests under way, at random if they have equally many. A request stays under way until
  the instance replies, also when its user has gone;
- an instance has `slots` and one first-in-first-out line. A slot is held from the begin of the work
  to the end of the query;
- the database has `cores` and one first-in-first-out line. A query that begins during the slowdown
  takes `factor` times as long;
- nobody stops what was given up: it is worked on to its end;
- at the end of the run arrivals stop, and what is under way is finished.
"""

import json
import math
import random
import re
import resource
import sys
import time
import tomllib

import simpy

UNITS = {"ns": 1e-9, "us": 1e-6, "ms": 1e-3, "s": 1.0, "min": 60.0}


def seconds(text):
    number, unit = text.split()
    return float(number) * UNITS[unit]


def lognormal(text):
    """Parameters of the underlying normal from mean and coefficient of variation."""
    mean, cv = re.fullmatch(r"lognormal\((.+), cv (.+)\)", text).groups()
    variance = math.log(1 + float(cv) ** 2)
    return math.log(seconds(mean)) - variance / 2, math.sqrt(variance)


class W2:
    def __init__(self, design, seed):
        visit, service, database = design["link"]["visit"], design["service"]["shop"], design["database"]["store"]
        [slow] = design["timeline"]
        self.duration = seconds(design["run"]["duration"])
        self.rate = float(design["clients"]["users"]["rate"].removesuffix(" rps"))
        self.timeout, self.attempts = seconds(visit["timeout"]), visit["attempts"]
        self.base, self.cap = seconds(visit["backoff_base"]), seconds(visit["backoff_cap"])
        self.work, self.query = lognormal(service["service_time"]), lognormal(database["read_time"])
        self.slow_from = seconds(slow["at"])
        self.slow_to = self.slow_from + seconds(slow["lasts"])
        self.factor = float(slow["factor"].removesuffix("x"))

        self.random = random.Random(seed)
        self.env = simpy.Environment()
        self.instances = [simpy.Resource(self.env, service["slots"]) for _ in range(service["instances"])]
        self.under_way = [0] * service["instances"]
        self.cores = simpy.Resource(self.env, database["cores"])

        self.actions = self.tries = self.hops = self.good_replies = 0
        self.latencies = []

    def run(self):
        self.env.process(self.arrivals())
        self.env.run()

    def arrivals(self):
        while True:
            yield self.env.timeout(self.random.expovariate(self.rate))
            if self.env.now >= self.duration:
                return
            self.actions += 1
            self.env.process(self.user())

    def user(self):
        env, born = self.env, self.env.now
        for attempt in range(self.attempts):
            if attempt > 0:
                yield env.timeout(self.random.uniform(0, min(self.cap, self.base * 2 ** (attempt - 1))))
            # Scheduled before the request, so that a reply at the same instant comes second.
            deadline, reply = env.timeout(self.timeout), env.event()
            self.tries += 1
            env.process(self.request(reply))
            yield reply | deadline
            if not deadline.processed:
                self.latencies.append(env.now - born)
                self.good_replies += env.now < self.duration
                return

    def choose(self):
        pick, under_way = self.random.randrange, self.under_way
        a, b = pick(len(under_way)), pick(len(under_way))
        if under_way[a] == under_way[b]:
            return a if self.random.random() < 0.5 else b
        return a if under_way[a] < under_way[b] else b

    def request(self, reply):
        env, draw = self.env, self.random.lognormvariate
        instance = self.choose()
        self.hops += 2  # at the balancer, at the instance
        self.under_way[instance] += 1
        with self.instances[instance].request() as slot:
            yield slot
            yield env.timeout(draw(*self.work))
            self.hops += 1
            with self.cores.request() as core:
                yield core
                is_slow = self.slow_from <= env.now < self.slow_to
                yield env.timeout(draw(*self.query) * (self.factor if is_slow else 1))
        self.under_way[instance] -= 1
        reply.succeed()

    def percentile(self, share):
        return sorted(self.latencies)[math.ceil(share * len(self.latencies)) - 1]


def main():
    scenario, seed = sys.argv[1:]
    with open(scenario, "rb") as file:
        model = W2(tomllib.load(file), int(seed))
    wall, cpu = time.perf_counter(), time.process_time()
    model.run()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    print(
        json.dumps(
            {
                "seconds": wall,
                "cpu_seconds": cpu,
                "actions": model.actions,
                "attempts": model.hops,
                "hops": model.hops,
                "goodput_per_s": model.good_replies / model.duration,
                "tries_per_action": model.tries / model.actions,
                "served_share": len(model.latencies) / model.actions,
                "p99_ms": model.percentile(0.99) * 1e3,
                "peak_memory_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
            }
        )
    )


if __name__ == "__main__":
    main()
