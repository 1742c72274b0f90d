// How much work a frame is while somebody draws: 200 nodes and 400 links, five seconds of panning and five
// of dragging a node with 20 links. From a trace of the browser, not from callbacks of the page.
//   node tests/e2e/frames.mjs
// Goal: at most 8 ms (median) and 14 ms (p95) of the main thread per frame. Printed, not asserted: how fast
// this machine is today is no property of the page.
import { launch, serveBuilt, visit } from "./helpers.mjs";

const COLUMNS = 20;
const NODES = 200;
const LINKS = 400;

/** A big drawing: rows of services, each calling some of the next column. */
export function bigDrawing() {
  let text = 'format = 1\n[scenario]\ntitle = "Two hundred nodes"\n[run]\nduration = "60 s"\n';
  text += '[clients.n0]\nrate = "10 rps"\nposition = [0, 0]\n';
  for (let i = 1; i < NODES; i += 1) {
    const [column, row] = [i % COLUMNS, Math.floor(i / COLUMNS)];
    text += `[service.n${i}]\nposition = [${column * 380}, ${row * 200}]\n`;
  }
  const seen = new Set();
  let links = 0;
  const link = (from, to) => {
    if (to <= from || to >= NODES || seen.has(`${from} ${to}`) || links >= LINKS) return;
    seen.add(`${from} ${to}`);
    text += `[link.l${links}]\nfrom = "n${from}"\nto = "n${to}"\n`;
    links += 1;
  };
  // One node with many: it is the one that is dragged.
  for (let k = 0; k < 20; k += 1) link(90, 91 + 5 * k);
  for (let step = 1; links < LINKS; step += 1) for (let i = 0; i < NODES; i += 3) link(i, i + step);
  return text;
}

/** Milliseconds of main-thread work in each frame of a trace, and how many frames were dropped. */
export function frames(trace) {
  const events = trace.traceEvents;
  const main = events.filter((e) => e.name === "thread_name" && e.args.name === "CrRendererMain");
  const work = (pid, tid) =>
    events.filter((e) => e.pid === pid && e.tid === tid && /RunTask$/.test(e.name) && e.dur !== undefined);
  // The page is the renderer that worked most.
  const best = main
    .map(({ pid, tid }) => ({ pid, tid, tasks: work(pid, tid) }))
    .sort((a, b) => b.tasks.length - a.tasks.length)[0];
  const begins = events
    .filter((e) => e.pid === best.pid && e.name === "BeginMainThreadFrame")
    .map((e) => e.ts)
    .sort((a, b) => a - b);
  const perFrame = begins.slice(0, -1).map((from, i) => {
    const to = begins[i + 1];
    const inside = best.tasks.filter((e) => e.ts >= from - 500 && e.ts < to - 500);
    return inside.reduce((sum, e) => sum + e.dur, 0) / 1000;
  });
  const dropped = events.filter((e) => e.pid === best.pid && e.name === "DroppedFrame").length;
  return { perFrame: perFrame.sort((a, b) => a - b), dropped };
}

const at = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;

function print(what, { perFrame, dropped }) {
  const ms = (value) => value.toFixed(1).padStart(6);
  console.log(
    `${what.padEnd(24)} ${String(perFrame.length).padStart(4)} frames  median ${ms(at(perFrame, 0.5))} ms  ` +
      `p95 ${ms(at(perFrame, 0.95))} ms  worst ${ms(at(perFrame, 1))} ms  dropped ${dropped}`,
  );
}

async function traced(browser, page, act) {
  await browser.startTracing(page, {
    categories: ["toplevel", "devtools.timeline", "disabled-by-default-devtools.timeline", "cc", "benchmark"],
  });
  const until = Date.now() + 5_000;
  for (let n = 0; Date.now() < until; n += 1) {
    await act(n);
    await page.waitForTimeout(12);
  }
  return JSON.parse((await browser.stopTracing()).toString());
}

if (import.meta.url === `file://${process.argv[1]}`) {
  const server = await serveBuilt();
  const browser = await launch();
  const { page, close } = await visit(browser, server.address);
  const buffer = Buffer.from(bigDrawing());
  await page.getByTestId("file").setInputFiles({ name: "big.toml", mimeType: "text/plain", buffer });
  await page.locator('[data-node="n199"]').waitFor({ state: "attached" });
  await page.waitForTimeout(1_500);
  const count = (selector) => page.locator(selector).count();
  console.log(`${await count("[data-node]")} nodes, ${await count("[data-link]")} links`);

  const box = await page.locator("#canvas").boundingBox();
  const middle = { x: box.x + box.width / 2, y: box.y + box.height / 2 };
  await page.mouse.move(middle.x, middle.y);
  await page.mouse.down({ button: "middle" });
  const pan = await traced(browser, page, (n) =>
    page.mouse.move(middle.x + 150 * Math.sin(n / 20), middle.y + 80 * Math.cos(n / 20)),
  );
  await page.mouse.up({ button: "middle" });
  print("pan", frames(pan));

  await page.locator("#canvas").press("1");
  const node = await page.locator('[data-node="n90"] .outline').boundingBox();
  const from = { x: node.x + node.width / 2, y: node.y + node.height / 2 };
  await page.mouse.move(from.x, from.y);
  await page.mouse.down();
  const drag = await traced(browser, page, (n) =>
    page.mouse.move(from.x + 60 * Math.sin(n / 20), from.y + 40 * Math.cos(n / 20)),
  );
  await page.mouse.up();
  print("drag a node, 20 links", frames(drag));
  await close();
  await browser.close();
  await server.close();
}
