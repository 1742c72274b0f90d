// Screenshots of the built page to look at, into tests/e2e/shots/ (not in git):
//   node tests/e2e/shots.mjs [FOLDER]
import { mkdirSync } from "node:fs";
import { join } from "node:path";

import { launch, ROOT, serveBuilt, visit } from "./helpers.mjs";

const folder = process.argv[2] ?? join(ROOT, "tests/e2e/shots");
mkdirSync(folder, { recursive: true });

const server = await serveBuilt();
const browser = await launch();
for (const colorScheme of ["light", "dark"]) {
  for (const [width, height] of [
    [1440, 900],
    [1024, 768],
    [390, 844],
  ]) {
    const viewport = { width, height };
    const { page, problems, close } = await visit(browser, server.address, { colorScheme, viewport });
    await page.waitForLoadState("networkidle");
    const path = join(folder, `open-${width}x${height}-${colorScheme}.png`);
    await page.screenshot({ path });
    console.log(path);
    for (const problem of problems) console.error(`  ${problem}`);
    await close();
  }
}
await browser.close();
await server.close();
