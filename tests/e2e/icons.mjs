// Draws the PNG icons of the web manifest from assets/icon.svg; run it after a change there:
//   node tests/e2e/icons.mjs
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { launch, ROOT } from "./helpers.mjs";

const svg = readFileSync(join(ROOT, "assets/icon.svg"), "utf8");
// Masks cut off up to a tenth on each side: the ground fills everything, the rest keeps away.
const ground = /<rect[^>]*>/;
const [rect] = svg.match(ground);
const full = rect.replace(/ rx="\d+"/, "");
const maskable = svg
  .replace(ground, `${full}<g transform="translate(16 16) scale(0.72) translate(-16 -16)">`)
  .replace("</svg>", "</g></svg>");

const browser = await launch();
for (const [name, source] of Object.entries({ icon: svg, maskable })) {
  for (const size of [192, 512]) {
    const page = await browser.newPage({ viewport: { width: size, height: size } });
    const image = `data:image/svg+xml;base64,${Buffer.from(source).toString("base64")}`;
    await page.setContent(`<body style="margin:0"><img width="${size}" src="${image}"></body>`);
    await page.locator("img").evaluate((img) => img.decode());
    const png = await page.screenshot({ omitBackground: name === "icon" });
    writeFileSync(join(ROOT, `assets/icons/${name}-${size}.png`), png);
    console.log(`${name}-${size}.png  ${png.length} bytes`);
    await page.close();
  }
}
await browser.close();
