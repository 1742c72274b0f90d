// Screenshots of the built page to look at, of every state that it has, wide, middle and narrow, light and dark, into
// tests/e2e/shots/ (not in git) or $BROWNOUT_SHOTS:
//   node tests/e2e/shots.mjs [PART OF A STATE'S NAME]...
import { mkdirSync } from "node:fs";
import { join } from "node:path";

import { launch, ROOT, serveBuilt, untilStatus, visit } from "./helpers.mjs";
import { STATES } from "./states.mjs";

const SIZES = [
  [1440, 900],
  [1024, 768],
  [390, 844],
];
/** What moves or fades has done so. */
const SETTLED_MS = 500;

const folder = process.env.BROWNOUT_SHOTS ?? join(ROOT, "tests/e2e/shots");
mkdirSync(folder, { recursive: true });
const asked = process.argv.slice(2);
const wanted = STATES.filter(([name]) => asked.length === 0 || asked.some((part) => name.includes(part)));

const server = await serveBuilt();
const browser = await launch();
for (const [name, options, way] of wanted) {
  const { page, problems, close } = await visit(browser, server.address, { colorScheme: "light", ...options });
  await untilStatus(page, "ready");
  const shown = (await way(page)) ?? page;
  // The ways are those of a wide window; who makes it narrower sees the same.
  for (const [width, height] of options.viewport ? [[options.viewport.width, options.viewport.height]] : SIZES) {
    await shown.setViewportSize({ width, height });
    for (const colorScheme of ["light", "dark"]) {
      await shown.emulateMedia({ colorScheme });
      await shown.waitForTimeout(SETTLED_MS);
      const path = join(folder, `${name.replace(/[^a-z0-9]+/gi, "-")}-${width}-${colorScheme}.png`);
      await shown.screenshot({ path });
      console.log(path);
    }
  }
  for (const problem of problems) console.error(`  ${name}: ${problem}`);
  await close();
}
await browser.close();
await server.close();
