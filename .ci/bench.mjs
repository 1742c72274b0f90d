// A scenario in WASM, timed: everything on, in the built worker under Node.js.
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
let actions;
for (let run = 1; run <= Number(rounds); run++) {
  const start = performance.now();
  worker.send({ seeds: { run, text, seeds: [run] } });
  const [kind, { report }] = await worker.next();
  if (kind !== "seed") throw new Error(`the worker answered with ${kind}`);
  times.push((performance.now() - start) / 1000);
  actions = report.users.actions;
}
times.sort((a, b) => a - b);
const median = (times[(times.length - 1) >> 1] + times[times.length >> 1]) / 2;
console.log(
  `  ${name.padEnd(22)} ${median.toFixed(2).padStart(6)} s   ` +
    `${(actions / median / 1e6).toFixed(2)} M actions/s   ${actions} actions, median of ${rounds}`,
);
