// How soon somebody can begin: from the request for the page until what is drawn answers to a key.
//   node tests/e2e/visits.mjs [VISITS]
// Goal: under 2 s for a first visit (empty profile), under 0.7 s for a repeat visit (everything kept by the service
// worker, the browser open). Printed, not asserted: how fast this machine is today is no property of the page.
import { launch, serveBuilt } from "./helpers.mjs";

const VISITS = Number(process.argv[2] ?? 5);

/**
 * Milliseconds from the beginning of the navigation, by the page's own clock, until: something is drawn, the page
 * is interactive (a key that was pressed has moved the selection), and the simulation has loaded its module.
 */
async function open(page, address) {
  await page.addInitScript(() => {
    const times = (globalThis.__times = {});
    const main = () => document.querySelector("#canvas");
    // A key is pressed in every frame from when there is something to press it at, as an impatient hand does.
    const look = () => {
      const canvas = main();
      if (canvas) {
        times.drawn ??= performance.now();
        canvas.focus();
        canvas.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowRight", bubbles: true, cancelable: true }));
        if (canvas.getAttribute("aria-activedescendant")) times.interactive ??= performance.now();
      }
      if (!times.interactive) requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  });
  await page.goto(address, { waitUntil: "commit" });
  await page.waitForFunction(() => globalThis.__times?.interactive, null, { timeout: 60_000, polling: 20 });
  return page.evaluate(() => globalThis.__times);
}

const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];
const server = await serveBuilt();
const browser = await launch();
const first = [];
const repeat = [];
for (let i = 0; i < VISITS; i += 1) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  first.push(await open(page, server.address));
  await page.evaluate(() => navigator.serviceWorker.ready);
  // The service worker keeps everything once the page stands.
  await page.waitForFunction(async () => {
    const names = await caches.keys();
    const kept = await Promise.all(names.map(async (name) => (await (await caches.open(name)).keys()).length));
    return kept.some((count) => count >= 8);
  });
  await page.close();
  const again = await context.newPage();
  repeat.push(await open(again, server.address));
  await context.close();
}
await browser.close();
await server.close();

const line = (what, visits, goal) => {
  const of = (key) => visits.map((visit) => visit[key]);
  const [drawn, interactive] = [median(of("drawn")), median(of("interactive"))];
  const worst = Math.max(...of("interactive"));
  const word = interactive <= goal ? "within" : "OVER";
  console.log(
    `${what}: drawn after ${drawn.toFixed(0)} ms, interactive after ${interactive.toFixed(0)} ms ` +
      `(median of ${visits.length}, worst ${worst.toFixed(0)}), ${word} the goal of ${goal} ms`,
  );
};
line("first visit", first, 2000);
line("repeat visit", repeat, 700);
