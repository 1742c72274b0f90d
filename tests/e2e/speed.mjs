// How fast seeing is: work per frame while a run of 1,000 requests per second plays, time until another moment of
// a long run is on the page, time until a twin run is.
//   node tests/e2e/speed.mjs [frames] [moments] [twin] [seeds [s06 ...]]     all of them, if none is named
// And how long a check on 20 other seeds takes, of each lesson (or of those named) with its first change that holds.
// Goals: at most 8 ms (median) and 14 ms (p95) of the main thread per frame; a moment within 150 ms; a twin of S04
// within 1 s; 20 seeds within 5 s. Printed, not asserted: how fast this machine is today is no property of the page.
import { readFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";

import { at, frames, print, traced } from "./frames.mjs";
import { launch, ROOT, serveBuilt, untilStatus, visit } from "./helpers.mjs";
import { allLessons, linkTo, variants } from "./lessons.mjs";

const MOMENTS = 50;

const design = (duration, rps) => `format = 1
[scenario]
title = "${rps} requests per second for ${duration}"
[run]
duration = "${duration}"
[clients.web]
rate = "${rps} rps"
[balancer.front]
[service.shop]
instances = 4
slots = 8
service_time = "exponential(8 ms)"
[cache.near]
[database.store]
read_time = "exponential(2 ms)"
[link.a]
from = "web"
to = "front"
timeout = "1 s"
attempts = 2
[link.b]
from = "front"
to = "shop"
[link.c]
from = "shop"
to = "near"
[link.d]
from = "near"
to = "store"
[[timeline]]
at = "20 s"
what = "slow"
target = "store"
factor = 4
lasts = "20 s"
`;

async function opened(browser, server, text, query) {
  const there = await visit(browser, server.address, { query });
  const buffer = Buffer.from(text);
  await there.page.getByTestId("file").setInputFiles({ name: "long.toml", mimeType: "text/plain", buffer });
  await untilStatus(there.page, "ready");
  return there;
}

/** Numbers that look random and are the same each time. */
function* chance() {
  for (let state = 12345; ; ) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    yield (state >>> 8) / 2 ** 24;
  }
}

/** Milliseconds from the moment being asked for until the clock shows it and has been drawn. */
const seek = (page, ms) =>
  page.evaluate(
    (ms) =>
      new Promise((resolve) => {
        const scrubber = document.querySelector("[data-testid=scrubber]");
        const clock = document.querySelector("[data-testid=clock]");
        const began = performance.now();
        scrubber.value = String(ms);
        scrubber.dispatchEvent(new Event("input", { bubbles: true }));
        const look = () => {
          const there = Math.abs(Number(clock.dataset.value) / 1e6 - ms) < 1;
          if (there) requestAnimationFrame(() => resolve(performance.now() - began));
          else if (performance.now() - began > 10_000) resolve(Number.NaN);
          else requestAnimationFrame(look);
        };
        requestAnimationFrame(look);
      }),
    ms,
  );

/** Milliseconds until a check on other seeds is certain, and until all have run; nothing looks at the page meanwhile but for
 * changes. */
const seedsChecked = () =>
  new Promise((resolve) => {
    const began = performance.now();
    const ms = () => Math.round(performance.now() - began);
    let certain;
    const look = () => {
      const said = document.querySelector("[data-testid=seed-check]")?.textContent ?? "";
      if (/it holds|was lucky/i.test(said)) certain ??= ms();
      if (!/^Passed on/.test(said.trim())) return;
      observer.disconnect();
      resolve([certain, ms()]);
    };
    const observer = new MutationObserver(look);
    observer.observe(document.body, { subtree: true, childList: true, characterData: true });
    document.querySelector("[data-testid=check-seeds]").click();
  });

const wanted = process.argv.slice(2);
const only = wanted.filter((word) => /^s\d\d$/.test(word));
const asked = (part) => wanted.length === 0 || wanted.includes(part);
const server = await serveBuilt();
const browser = await launch();

if (asked("frames")) {
  const { page, close } = await opened(browser, server, design("10 min", 1000), "?speed=1");
  await page.getByTestId("run").click();
  await page.waitForTimeout(2_000);
  const play = await traced(browser, page, () => {});
  print("1,000 rps plays", frames(play));
  await close();
}

const long = [
  ["10 min", 600, 1000],
  ["30 min", 1800, 300],
];
for (const [duration, seconds, rps] of asked("moments") ? long : []) {
  const { page, close } = await opened(browser, server, design(duration, rps), "?speed=max");
  await page.getByTestId("run").click();
  await untilStatus(page, "over");
  const times = [];
  const random = chance();
  for (let n = 0; n < MOMENTS; n += 1) times.push(await seek(page, Math.floor(random.next().value * seconds * 1000)));
  const sorted = times.sort((a, b) => a - b);
  const ms = (share) => at(sorted, share).toFixed(0).padStart(4);
  console.log(
    `${MOMENTS} moments of ${duration}, ${rps} rps: median ${ms(0.5)} ms  p95 ${ms(0.95)} ms  worst ${ms(1)} ms (goal 150)`,
  );
  await close();
}

if (asked("twin")) {
  const { page, close } = await visit(browser, server.address, { query: "?speed=max" });
  await untilStatus(page, "ready");
  await page.getByTestId("skip-bet").click();
  await page.getByTestId("run").click();
  await untilStatus(page, "over");
  const times = [];
  for (let n = 0; n < 5; n += 1) {
    const began = Date.now();
    await page.getByTestId("what-if-0").click();
    await page.locator('[data-testid=twin][data-done="true"]').waitFor({ timeout: 60_000 });
    times.push(Date.now() - began);
    await page.getByRole("button", { name: "Close the twin run" }).click();
    await page.getByTestId("twin").waitFor({ state: "detached" });
  }
  times.sort((a, b) => a - b);
  console.log(`a twin of S04: median ${times[2]} ms  worst ${times[4]} ms (goal 1000)`);
  await close();
}

const checks = [];
for (const id of asked("seeds") ? allLessons() : []) {
  const text = readFileSync(join(ROOT, "scenarios", `${id}.toml`), "utf8");
  const fix = variants(text, "fix").find((it) => !it.adds);
  if (!fix || !(only.length === 0 || only.includes(id.slice(0, 3)))) continue;
  const { page, close } = await visit(browser, server.address, { query: `?speed=max${linkTo(id, fix)}` });
  await untilStatus(page, "ready");
  const skip = page.getByTestId("skip-bet");
  if ((await skip.count()) > 0) await skip.click();
  await page.getByTestId("run").click();
  await untilStatus(page, "over");
  const check = page.getByTestId("check-seeds");
  if ((await check.count()) > 0) {
    checks.push([...(await page.evaluate(seedsChecked)), id.slice(0, 3)]);
  }
  await close();
}
checks.sort(([a], [b]) => b - a);
if (checks.length > 0) {
  const each = checks.map(([certain, all, id]) => `${id} ${certain}/${all}`).join(", ");
  console.log(`20 other seeds on ${cpus().length} cores, ms until it is certain / until all have run: ${each} (goal 5000)`);
}
await browser.close();
await server.close();
