// After one visit the page needs nobody: no network, no other host, and no update behind its back.
import assert from "node:assert/strict";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";

import { finish } from "../../.ci/finish.mjs";
import { serve } from "../../.ci/serve.mjs";
import { DIST, launch, openKnobs, ROOT, serveBuilt, turn, untilStatus, visit } from "./helpers.mjs";

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

/** Everything of the page is in the browser, for later. */
const kept = (page) => page.locator("html[data-offline=ready]").waitFor({ state: "attached" });

const titlesIn = (folder) =>
  readdirSync(join(ROOT, folder))
    .filter((name) => name.endsWith(".toml"))
    .map((name) => readFileSync(join(ROOT, folder, name), "utf8").match(/^title = "(.*)"$/m)[1]);
const titles = titlesIn("scenarios");
const starts = titlesIn("scenarios/start");

/** Opens a built-in scenario by its title, as a person would. */
async function openScenario(page, title) {
  await page.getByTestId("scenarios").click();
  await page.locator("#pane").fill(title);
  await page.getByRole("option").filter({ hasText: title }).first().click();
  await page.getByRole("heading", { level: 1, name: title, exact: true }).waitFor();
}

async function runToItsEnd(page) {
  const skip = page.getByTestId("skip-bet");
  if (await skip.isVisible()) await skip.click();
  await page.getByTestId("run").click();
  await untilStatus(page, "over");
}

for (const base of ["/", "/a/b/"]) {
  test(`[35] after one visit under ${base}, all built-in scenarios run without a network`, async (t) => {
    const server = await serveBuilt(base);
    t.after(() => server.close());
    const { page, problems, close } = await visit(browser, server.address, { query: "?speed=max" });
    // The simulator's module may still be on its way; a reload would abort it.
    await untilStatus(page, "ready");
    await kept(page);
    await server.close();
    await page.context().setOffline(true);
    await page.reload();
    await untilStatus(page, "ready");
    assert.ok(titles.length > 1);
    for (const title of base === "/" ? titles : titles.slice(0, 1)) {
      await openScenario(page, title);
      await untilStatus(page, "ready");
      await runToItsEnd(page);
    }
    // Starting points are files of their own, and kept as well.
    assert.equal(starts.length, 10);
    for (const title of base === "/" ? starts : starts.slice(0, 1)) {
      await openScenario(page, title);
      await untilStatus(page, "ready");
    }
    await runToItsEnd(page);
    // Another way in, with another question behind the address.
    await page.goto(`${server.address}index.html?seed=7`);
    await untilStatus(page, "ready");
    assert.deepEqual(problems, []);
    await close();
  });
}

test("[36] zero network requests after load in a session of editing, running, sharing, exporting", async (t) => {
  const asked = [];
  const server = await serveBuilt("/", { heard: (path) => asked.push(path) });
  t.after(() => server.close());
  const { page, problems, close } = await visit(browser, server.address, { query: "?speed=max" });
  await untilStatus(page, "ready");
  await kept(page);
  await page.waitForLoadState("networkidle");
  asked.length = 0;
  const seen = [];
  page.context().on("request", (request) => {
    if (!/^(data|blob):/.test(request.url())) seen.push(request.url());
  });

  await openKnobs(page);
  await turn(page, "link.browse.attempts", "4");
  await runToItsEnd(page);
  await page.getByTestId("share").click();
  await page.getByTestId("copy-link").click();
  await page.keyboard.press("Escape");
  await page.locator("dialog[open]").waitFor({ state: "detached" });
  for (const command of ["SVG", "PNG", "Download the scenario file"]) {
    await page.keyboard.press("Control+k");
    await page.locator("#pane").fill(command);
    const download = page.waitForEvent("download");
    await page.keyboard.press("Enter");
    await (await download).path();
  }
  await openScenario(page, titles.at(-1));
  await page.keyboard.press("Control+z");
  await openScenario(page, starts[0]);
  await page.locator("[data-testid=saved][data-value=saved]").waitFor();
  await page.getByRole("button", { name: /^Theme/ }).click();
  await page.waitForTimeout(500);

  assert.deepEqual(seen, [], "what the page and its worker asked for");
  assert.deepEqual(asked, [], "what the server heard");
  assert.deepEqual(problems, []);
  await close();
});

describe("the policy of the page", () => {
  let server;
  before(async () => {
    server = await serveBuilt();
  });
  after(() => server.close());

  test("nothing of a session breaks it, and it refuses what would leave the page", async () => {
    const { page, problems, close } = await visit(browser, server.address, { query: "?speed=max" });
    await page.evaluate(() => {
      globalThis.broken = [];
      addEventListener("securitypolicyviolation", (event) => {
        globalThis.broken.push(`${event.violatedDirective} ${event.blockedURI}`);
      });
    });
    await untilStatus(page, "ready");
    // A window at a place of its own, pictures, dialogs: what sets styles and loads images.
    await page.getByTestId("stage").click({ button: "right", position: { x: 300, y: 80 } });
    await page.keyboard.press("Escape");
    await page.keyboard.press("Control+k");
    await page.locator("#pane").fill("PNG");
    const download = page.waitForEvent("download");
    await page.keyboard.press("Enter");
    assert.ok(readFileSync(await (await download).path()).length > 5_000, "a picture with something on it");
    await runToItsEnd(page);
    assert.deepEqual(await page.evaluate(() => globalThis.broken), []);
    assert.deepEqual(problems, [], "also nothing before, while it loaded");

    const leave = () => fetch("https://elsewhere.invalid/").then(() => "answered", () => "refused");
    assert.equal(await page.evaluate(leave), "refused");
    const script = () => {
      const element = document.createElement("script");
      element.textContent = "globalThis.ran = true";
      document.body.append(element);
      return globalThis.ran ?? false;
    };
    assert.equal(await page.evaluate(script), false);
    const [first, second] = await page.evaluate(() => globalThis.broken);
    assert.match(first, /^connect-src https:\/\/elsewhere\.invalid/);
    assert.match(second, /^script-src-elem inline/);
    await close();
  });

  test("from the second visit on, the simulator's worker has it too", async () => {
    const { page, close } = await visit(browser, server.address);
    await kept(page);
    const started = page.waitForEvent("worker");
    await page.reload();
    const worker = await started;
    await untilStatus(page, "ready");
    const said = await worker.evaluate(async () => {
      let broken = "";
      addEventListener("securitypolicyviolation", (event) => {
        broken = `${event.violatedDirective} ${event.blockedURI}`;
      });
      const came = await fetch("https://elsewhere.invalid/").then(() => "answered", () => "refused");
      for (let n = 0; n < 50 && !broken; n += 1) await new Promise((done) => setTimeout(done, 20));
      return `${came} ${broken}`;
    });
    assert.match(said, /^refused connect-src https:\/\/elsewhere\.invalid/);
    await close();
  });
});

test("a newer release is said, waits until it is wanted, and loses nothing", async (t) => {
  const dir = mkdtempSync(join(tmpdir(), "brownout-release-"));
  cpSync(DIST, dir, { recursive: true });
  const server = await serve({ dir, port: 0 });
  t.after(async () => {
    await server.close();
    rmSync(dir, { recursive: true, force: true });
  });
  const { page, problems, close } = await visit(browser, server.address);
  await untilStatus(page, "ready");
  await kept(page);
  await page.reload();
  await untilStatus(page, "ready");
  assert.equal(await page.getByTestId("new-release").count(), 0, "the first release is no news");
  await openKnobs(page);
  await turn(page, "link.browse.attempts", "7");

  const index = join(dir, "index.html");
  writeFileSync(index, readFileSync(index, "utf8").replace("<title>", '<meta name="newer"><title>'));
  finish(dir);
  await page.reload();
  await page.getByTestId("new-release").waitFor();
  assert.equal(await page.locator("meta[name=newer]").count(), 0, "still the one that is kept");
  await page.getByTestId("change-release").click();
  await page.locator("meta[name=newer]").waitFor({ state: "attached" });
  await untilStatus(page, "ready");
  await openKnobs(page);
  const value = page.getByTestId("knob-link.browse.attempts");
  assert.equal(await value.getAttribute("data-value"), "7");
  assert.equal(await page.getByTestId("new-release").count(), 0);
  const caches = await page.evaluate(() => globalThis.caches.keys());
  assert.equal(caches.length, 1, "the older one is gone");
  assert.deepEqual(problems, []);
  await close();
});

test("it can be installed: the manifest is whole, and its icons have the sizes that it says", async (t) => {
  const server = await serveBuilt("/a/b/");
  t.after(() => server.close());
  const { page, problems, close } = await visit(browser, server.address);
  const cdp = await page.context().newCDPSession(page);
  const { url, errors } = await cdp.send("Page.getAppManifest");
  assert.ok(url.startsWith(server.address), url);
  assert.deepEqual(errors, []);
  const { installabilityErrors } = await cdp.send("Page.getInstallabilityErrors");
  // Test browsers keep nothing, which is the one thing they may complain about.
  const complaints = installabilityErrors.map((it) => it.errorId).filter((id) => id !== "in-incognito");
  assert.deepEqual(complaints, []);

  const manifest = JSON.parse(readFileSync(join(DIST, "manifest.webmanifest"), "utf8"));
  assert.ok(manifest.icons.some((icon) => icon.purpose === "maskable"));
  for (const { src, sizes, type } of manifest.icons) {
    const bytes = readFileSync(join(DIST, src));
    if (type === "image/svg+xml") {
      assert.match(bytes.toString(), /^<svg/);
      continue;
    }
    assert.equal(bytes.subarray(1, 4).toString(), "PNG", src);
    assert.equal(`${bytes.readUInt32BE(16)}x${bytes.readUInt32BE(20)}`, sizes, src);
  }
  assert.deepEqual(problems, []);
  await close();
});
