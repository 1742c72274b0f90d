// The same text and seed give the same run natively and in the WASM that the page ships.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

import { startWorker } from "./worker.mjs";

const RANDOM_DESIGNS = 200;
const SEEDS = 20;

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const DIST = process.env.BROWNOUT_DIST ?? join(ROOT, "dist");
// Built from tests/parity/native.rs; .ci/test says where.
const DIGESTS = process.env.BROWNOUT_DIGESTS ?? join(ROOT, "target/debug/examples/digests");

let worker, build;

before(async () => {
  worker = await startWorker(DIST);
  const [kind, ready] = await worker.next();
  assert.equal(kind, "ready");
  build = ready.build;
});

after(() => worker.stop());

/** What the native program says about each run: `{ name, text, seed, digest, actions }`. */
async function* native(...args) {
  const program = spawn(DIGESTS, args.map(String), { cwd: ROOT, stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise((done, failed) => program.on("error", failed).on("exit", done));
  for await (const line of createInterface({ input: program.stdout })) yield JSON.parse(line);
  assert.equal(await ended, 0, "the native program failed");
}

let run = 0;

/** The next update about the run that was asked for last: earlier ones may still speak. */
async function answer() {
  for (;;) {
    const [kind, content] = await worker.next();
    if (content.run === run) return [kind, content];
  }
}

/** The worker's report on one seed of a text. */
async function report(text, seed) {
  run += 1;
  worker.send({ seeds: { run, text, seeds: [seed] } });
  const [kind, content] = await answer();
  assert.equal(kind, "seed", JSON.stringify(content));
  assert.equal(content.seed, seed);
  return content.report;
}

/** Compares all runs of the native program; returns how many there were. */
async function compare(...args) {
  let runs = 0;
  const different = [];
  for await (const { name, text, seed, digest, actions } of native(...args)) {
    const here = await report(text, seed);
    if (here.digest !== digest || here.users.actions !== actions) {
      different.push(`${name}: native ${digest}, WASM ${here.digest}`);
    }
    runs += 1;
  }
  assert.deepEqual(different, [], `${different.length} of ${runs} runs differ`);
  return runs;
}

test(`${RANDOM_DESIGNS} random designs`, async () => {
  assert.equal(await compare(RANDOM_DESIGNS, 0), RANDOM_DESIGNS);
});

const scenarios = readdirSync(join(ROOT, "scenarios")).filter((name) => name.endsWith(".toml"));
const starts = readdirSync(join(ROOT, "scenarios/start")).map((name) => join("start", name));
for (const name of [...scenarios, ...starts]) {
  test(`scenarios/${name}, seeds 1 to ${SEEDS}`, async () => {
    assert.equal(await compare(0, SEEDS, join("scenarios", name)), SEEDS);
  });
}

test("a run that is watched in slices is the run that nobody watched", async () => {
  for await (const { text, seed, digest } of native(0, 1, join("scenarios", scenarios[0]))) {
    run += 1;
    worker.send({ load: { run, text, seed } });
    const [loaded, { plan }] = await answer();
    assert.equal(loaded, "loaded");
    let frames = 0;
    // Past the end, too: what is under way there still comes to rest.
    for (let until = 0; ; until += plan.duration_ns / 97) {
      worker.send({ advance: { run, until_ns: Math.round(until), budget_ms: 50 } });
      const [kind, content] = await answer();
      if (kind === "done") {
        assert.equal(content.report.digest, digest);
        break;
      }
      assert.equal(kind, "frame", JSON.stringify(content));
      frames += 1;
      assert.ok(frames < 10_000, "the run does not end");
    }
    assert.ok(frames > 90, `${frames} frames`);
  }
});

test("what is not a scenario is refused, and the next text runs", async () => {
  run += 1;
  worker.send({ load: { run, text: "format = 1\n[service.a]\nslotz = 3\n", seed: 1 } });
  const [kind, content] = await answer();
  assert.equal(kind, "refused");
  assert.ok(content.diagnostics.length > 0);
  assert.equal(await compare(1, 0), 1);
});

test("the worker says of which build it is", () => assert.match(build, /^[0-9a-f]{16}$/));
