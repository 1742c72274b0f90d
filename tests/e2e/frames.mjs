// How much work a frame is while somebody draws: 200 nodes and 400 links, five seconds of panning and five
// of dragging a node with 20 links. From a trace of the browser, not from callbacks of the page.
//   node tests/e2e/frames.mjs
// Goal: at most 8 ms (median) and 14 ms (p95) of the main thread per frame. Printed, not asserted: how fast
// this machine is today is no property of the page.
import { launch, serveBuilt, visit } from "./helpers.mjs";

const COLUMNS = 20;
const NODES = 200;
const LINKS = 400;
/** Nodes that only call, and those between them and the last ones. */
const [CALLERS, MIDDLE] = [50, 60];
const HUB = 75;

/**
 * A big drawing: three rows of nodes, each calling some of the next; not deeper, because no action may lead
 * to more than a thousand calls.
 */
export function bigDrawing() {
  let text = 'format = 1\n[scenario]\ntitle = "Two hundred nodes"\n[run]\nduration = "60 s"\n';
  const layer = (i) => (i < CALLERS ? 0 : i < CALLERS + MIDDLE ? 1 : 2);
  for (let i = 0; i < NODES; i += 1) {
    const place = `position = [${(i % COLUMNS) * 380}, ${Math.floor(i / COLUMNS) * 200}]\n`;
    text += layer(i) === 0 ? `[clients.n${i}]\nrate = "1 rps"\n${place}` : `[service.n${i}]\n${place}`;
  }
  const seen = new Set();
  const link = (from, to) => {
    if (seen.has(`${from} ${to}`) || seen.size >= LINKS) return;
    text += `[link.l${seen.size}]\nfrom = "n${from}"\nto = "n${to}"\n`;
    seen.add(`${from} ${to}`);
  };
  const last = CALLERS + MIDDLE;
  // One node with many: it is the one that is dragged.
  link(0, HUB);
  for (let k = 0; k < 18; k += 1) link(HUB, last + 4 * k);
  for (let step = 0; seen.size < LINKS; step += 1) {
    if (step < 2) for (let i = 0; i < CALLERS; i += 1) link(i, CALLERS + ((i * 7 + step * 11) % MIDDLE));
    for (let i = CALLERS; i < last; i += 1) {
      if (i !== HUB) link(i, last + ((i * 3 + step * 13) % (NODES - last)));
    }
  }
  return text;
}

/**
 * Milliseconds of main-thread work in each frame of a trace that changed the picture, and how many frames were
 * dropped. A frame is all work from the beginning of one to the beginning of the next.
 */
export function frames(trace) {
  const events = trace.traceEvents;
  const main = events.filter((e) => e.name === "thread_name" && e.args.name === "CrRendererMain");
  const of = ({ pid, tid }, name) =>
    events.filter((e) => e.pid === pid && e.tid === tid && e.name === name && e.ph === "X").sort((a, b) => a.ts - b.ts);
  // The page is the renderer that worked most.
  const busy = main.map((thread) => ({ ...thread, tasks: of(thread, "ThreadControllerImpl::RunTask") }));
  const best = busy.sort((a, b) => b.tasks.length - a.tasks.length)[0];
  const begins = of(best, "ProxyMain::BeginMainFrame");
  const commits = of(best, "ProxyMain::BeginMainFrame::commit");
  // The task that begins a frame has begun a little before it.
  const starts = begins.map(({ ts }) => best.tasks.findLast((task) => task.ts <= ts)?.ts ?? ts);
  const [perFrame, onTheWall] = [[], []];
  for (const [i, { ts }] of begins.slice(0, -1).entries()) {
    if (!commits.some((commit) => commit.ts >= ts && commit.ts < begins[i + 1].ts)) continue;
    const inside = best.tasks.filter((task) => task.ts >= starts[i] && task.ts < starts[i + 1]);
    // Time on the processor: what others do on this machine meanwhile is not the page's work.
    perFrame.push(inside.reduce((sum, task) => sum + (task.tdur ?? task.dur), 0) / 1000);
    onTheWall.push(inside.reduce((sum, task) => sum + task.dur, 0) / 1000);
  }
  const dropped = events.filter(
    ({ name, pid, args }) =>
      name === "PipelineReporter" && pid === best.pid && args?.chrome_frame_reporter?.state === "STATE_DROPPED",
  );
  const sorted = (list) => list.sort((a, b) => a - b);
  return { perFrame: sorted(perFrame), onTheWall: sorted(onTheWall), dropped: dropped.length };
}

export const at = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;

export function print(what, { perFrame, onTheWall, dropped }) {
  const ms = (value) => value.toFixed(1).padStart(6);
  console.log(
    `${what.padEnd(24)} ${String(perFrame.length).padStart(4)} frames  median ${ms(at(perFrame, 0.5))} ms  ` +
      `p95 ${ms(at(perFrame, 0.95))} ms  worst ${ms(at(perFrame, 1))} ms  (on the wall ${ms(at(onTheWall, 0.5))}, ` +
      `${ms(at(onTheWall, 0.95))}, ${ms(at(onTheWall, 1))})  dropped ${dropped}`,
  );
}

export async function traced(browser, page, act) {
  await browser.startTracing(page, {
    categories: ["toplevel", "cc", "benchmark", "disabled-by-default-devtools.timeline.frame"],
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
  const node = await page.locator(`[data-node="n${HUB}"] .outline`).boundingBox();
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
