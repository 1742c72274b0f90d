import { launch, serveBuilt, visit, untilStatus } from "./helpers.mjs";
const server = await serveBuilt(); const browser = await launch();
const files = process.argv.slice(2);
for (const file of files) {
 const name = file.split("/").pop().replace(".toml","");
 for (const colorScheme of ["light","dark"]) for (const [width,height] of [[1440,900],[1024,768],[390,844]]) {
  const { page, problems, close } = await visit(browser, server.address, { query: "?speed=max", colorScheme, viewport:{width,height} });
  await untilStatus(page,"ready");
  if (file !== "s04") {
    await page.getByTestId("file").setInputFiles(file);
    await page.getByTestId("skip-bet").waitFor({ state: "hidden" });
    await untilStatus(page,"ready");
  } else { await page.getByTestId("skip-bet").click(); }
  await page.getByTestId("run").click(); await untilStatus(page,"over");
  await page.waitForTimeout(300);
  await page.screenshot({ path: `/tmp/look/${name}-${width}-${colorScheme}.png` });
  if (width === 390) for (const tab of ["Diagram","Charts"]) { await page.getByRole("button",{name:tab}).or(page.getByRole("tab",{name:tab})).first().click().catch(()=>{}); await page.waitForTimeout(200); await page.screenshot({ path: `/tmp/look/${name}-${width}-${colorScheme}-${tab}.png` }); }
  if (problems.length) console.log(name, width, colorScheme, problems); await close();
 }
}
await browser.close(); await server.close();
