// The benchmark in WASM: M/M/1 with everything on, in the built worker under Node.js.
//
//   node .ci/bench.mjs SCENARIO [ROUNDS]    the scenario's text comes from `brownout bench --scenario`
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { startWorker } from "../tests/parity/worker.mjs";

const [file, rounds = "5"] = process.argv.slice(2);
const text = readFileSync(file, "utf8");
const worker = await startWorker(fileURLToPath(new URL("../dist", import.meta.url)));
await worker.next(); // ready

const speeds = [];
let requests;
for (let run = 1; run <= Number(rounds); run++) {
  const start = performance.now();
  worker.send({ seeds: { run, text, seeds: [run] } });
  const [kind, { report }] = await worker.next();
  const seconds = (performance.now() - start) / 1000;
  if (kind !== "seed") throw new Error(`the worker answered with ${kind}`);
  requests = report.users.actions;
  speeds.push(requests / seconds);
}
speeds.sort((a, b) => a - b);
const middle = (speeds[(speeds.length - 1) >> 1] + speeds[speeds.length >> 1]) / 2;
const name = /^timeout/m.test(text) ? "engine, 1 s timeout" : "engine";
console.log(
  `  ${name.padEnd(20)} ${(middle / 1e6).toFixed(2).padStart(6)} M requests/s   ` +
    `in WASM, ${requests} requests, ${rounds} rounds, median`,
);
