// The page shows what the command line says: same file, same seed, same knobs, same numbers.
import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, test } from "node:test";

import { built, cli, numbers, ROOT, turn, untilStatus } from "./helpers.mjs";

const SCENARIO = join(ROOT, "scenarios/s04-retry-storm.toml");

/** Where the report has what the page shows. */
const PLACES = {
  digest: (r) => r.digest,
  served: (r) => r.users.served_share,
  goodput: (r) => r.users.goodput_per_s,
  offered: (r) => r.users.offered_per_s,
  amplification: (r) => r.users.tries_per_action,
  p50: (r) => r.users.latency.p50_ns,
  p99: (r) => r.users.latency.p99_ns,
  lost: (r) => r.ledger.lost,
  duplicate: (r) => r.ledger.duplicate,
  phantom: (r) => r.ledger.phantom,
  cost: (r) => r.cost.total_micro_per_hour,
};

/** What one unit on the screen is in the report's units. */
const UNITS = { "%": 0.01, ms: 1e6, s: 1e9, min: 60e9, h: 3600e9, "µs": 1e3, us: 1e3, ns: 1 };

const site = built();

async function compare(seed, knobs) {
  const query = `?speed=max&seed=${seed}`;
  const { page, problems, close } = await site.visit({ query });
  await untilStatus(page, "ready");
  if (Object.keys(knobs).length > 0) {
    const open = page.getByRole("button", { name: "Knobs", exact: true }).first();
    if ((await open.getAttribute("aria-expanded")) === "false") await open.click();
  }
  for (const [path, value] of Object.entries(knobs)) await turn(page, path, value);
  await page.getByTestId("skip-bet").click();
  await page.getByTestId("run").click();
  await untilStatus(page, "over");
  const { exact, shown } = await numbers(page);
  assert.deepEqual(problems, []);
  await close();

  const changes = Object.entries(knobs).flatMap(([path, value]) => ["--set", `${path}=${value}`]);
  const args = ["run", SCENARIO, "--seed", String(seed), ...changes, "--format", "json"];
  const report = JSON.parse(cli(...args));
  for (const [id, place] of Object.entries(PLACES)) {
    assert.deepEqual(exact[id], place(report), id);
    if (id !== "digest") assertShown(id, shown[id], exact[id]);
  }
}

/** The words on the screen are the exact value, rounded. */
function assertShown(id, text, exact) {
  if (exact === null) {
    assert.equal(text, "–", id);
    return;
  }
  const [, digits, unit] = text.match(/([\d,]+(?:\.\d+)?)\s*(%|ms|µs|us|ns|min|h|s)?/) ?? [];
  assert.ok(digits, `${id}: no number in '${text}'`);
  const scale = id === "cost" ? 1e6 : ["p50", "p99", "served"].includes(id) ? UNITS[unit] : 1;
  const places = digits.split(".")[1]?.length ?? 0;
  const value = Number(digits.replaceAll(",", "")) * scale;
  const rounding = (0.5 / 10 ** places) * scale * 1.0001;
  // Large numbers may be shown with three digits.
  const allowed = Math.max(rounding, Math.abs(exact) * 0.005);
  assert.ok(Math.abs(value - exact) <= allowed, `${id}: '${text}' for ${exact}`);
}

describe("[11] the page and the command line agree: figures and fingerprint", () => {
  for (let seed = 1; seed <= 20; seed += 1) {
    test(`as opened, seed ${seed}`, () => compare(seed, {}));
  }

  // None of these runs stands in a golden file.
  for (const [seed, knobs] of [
    [3, { "link.browse.attempts": "2" }],
    [5, { "link.browse.retry_budget": "7 %" }],
    [11, { "service.catalogue.queue_limit": "137" }],
    [2, { "link.browse.backoff": "exponential", "link.browse.attempts": "4" }],
    [
      8,
      {
        "link.browse.attempts": "5",
        "link.browse.retry_budget": "3 %",
        "service.catalogue.queue_limit": "900",
      },
    ],
  ]) {
    const what = Object.entries(knobs).map(([path, value]) => `${path} = ${value}`);
    test(`${what.join(", ")}, seed ${seed}`, () => compare(seed, knobs));
  }
});
