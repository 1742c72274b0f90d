// A scenario in WASM, timed: everything on, in the built worker under Node.js. A request is a user
// action, a hop one attempt delivered to a node; the memory is that of the module, which only grows.
//
//   node .ci/bench.mjs SCENARIO NAME [ROUNDS]
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { startWorker } from "../tests/parity/worker.mjs";

const [file, name, rounds = "5"] = process.argv.slice(2);
const text = readFileSync(file, "utf8");
const worker = await startWorker(fileURLToPath(new URL("../dist", import.meta.url)));
await worker.next(); // ready

const times = [];
let actions, attempts, hops;
const sum = (list, key) => list.reduce((total, one) => total + one[key], 0);
for (let run = 1; run <= Number(rounds); run++) {
  const start = performance.now();
  worker.send({ seeds: { run, text, seeds: [run] } });
  const [kind, { report }] = await worker.next();
  if (kind !== "seed") throw new Error(`the worker answered with ${kind}`);
  times.push((performance.now() - start) / 1000);
  actions = report.users.actions;
  attempts = sum(report.links, "attempts");
  hops = sum(report.nodes, "arrived");
}
worker.stop();
times.sort((a, b) => a - b);
const median = (times[(times.length - 1) >> 1] + times[times.length >> 1]) / 2;
console.log(
  `  ${name.padEnd(22)} ${(actions / median / 1e6).toFixed(2)} M requests/s   ` +
    `${(attempts / median / 1e6).toFixed(2)} M attempts/s   ` +
    `${((median / hops) * 1e9).toFixed(0).padStart(4)} ns per hop   ` +
    `${(worker.memory() / 2 ** 20).toFixed(1)} MB at most   ${actions} actions, median of ${rounds}`,
);
