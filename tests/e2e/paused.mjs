// Pictures of every lesson, paused at a moment at which a node fails: for a hallway test of what somebody reads from
// one in five seconds (who is in trouble, what users go through). Into FOLDER (target/paused), with what the strip said:
//   node tests/e2e/paused.mjs [FOLDER]
import { mkdirSync } from "node:fs";
import { join } from "node:path";

import { launch, ROOT, serveBuilt, untilStatus, visit } from "./helpers.mjs";
import { allLessons } from "./lessons.mjs";

const [folder = join(ROOT, "target/paused")] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });
/** Parts of a run at which is looked for a failure. */
const PARTS = [0.3, 0.4, 0.5, 0.6, 0.7, 0.85];
/** A state stands for a second before it changes. */
const DWELL_MS = 1_500;

const server = await serveBuilt();
const browser = await launch();
for (const id of allLessons()) {
  const { page, close } = await visit(browser, server.address, { query: `?scenario=${id}&speed=max` });
  await untilStatus(page, "ready");
  const skip = page.getByTestId("skip-bet");
  if ((await skip.count()) > 0) await skip.click();
  const scrubber = page.getByTestId("scrubber");
  const end = Number(await scrubber.getAttribute("max"));
  let said = "no node fails at the moments that were looked at";
  for (const part of PARTS) {
    const at = Math.floor((end * part) / 1_000) * 1_000;
    await scrubber.fill(String(at));
    const ns = String(at * 1e6);
    await page.waitForFunction((ns) => document.querySelector("[data-testid=clock]").dataset.value === ns, ns, { timeout: 60_000 });
    await page.waitForTimeout(DWELL_MS);
    if ((await page.locator('[data-node]:is([data-state="failing"], [data-state="down"])').count()) === 0) continue;
    await page.screenshot({ path: join(folder, `${id}.png`) });
    const read = async (id) => (await page.getByTestId(id).locator(".main").innerText()).replace(/\s+/g, " ");
    said = `${at / 1_000} s: ${await read("strip-users")} | ${await read("strip-data")} | ${await read("strip-where")}`;
    break;
  }
  console.log(`${id}: ${said}`);
  await close();
}
await browser.close();
await server.close();
