// Versions under names: kept, found, restored, undone, deleted and brought back.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";

import { accessibilityFindings, built, openKnobs, text, turn, untilStatus } from "./helpers.mjs";

const site = built();

async function keep(page, name) {
  await page.getByTestId("versions-open").click();
  await page.getByTestId("version-name").fill(name);
  await page.getByTestId("version-name").press("Enter");
  await page.getByTestId("versions").getByText(name, { exact: true }).waitFor();
}

const names = (page) => page.locator(".version-name").allInnerTexts();

describe("versions", () => {
  test("[61] named versions with search; a restored one is undone to the same bytes", async () => {
    const { page, problems, close } = await site.visit();
    await untilStatus(page, "ready");
    const start = await text(page);
    await keep(page, "As it came #start");
    await page.keyboard.press("Escape");
    await openKnobs(page);
    await turn(page, "link.browse.attempts", "5");
    await keep(page, "Five tries");
    await page.keyboard.press("Escape");
    await turn(page, "link.browse.retry_budget", "10 %");
    const budget = await text(page);
    await keep(page, "Budget of 10 %");
    assert.deepEqual(await names(page), ["Budget of 10 %", "Five tries", "As it came #start"]);
    await page.getByTestId("version-search").fill("#START s04");
    assert.deepEqual(await names(page), ["As it came #start"]);
    assert.deepEqual(await accessibilityFindings(page), []);

    await page.getByRole("button", { name: "Restore As it came #start" }).click();
    await page.getByTestId("toast").getByText(/Undo brings back/).waitFor();
    assert.equal(await text(page), start);
    await page.keyboard.press("Control+z");
    assert.equal(await text(page), budget, "undo gives back the same bytes");
    const knob = page.getByTestId("knob-link.browse.retry_budget");
    assert.equal(await knob.getAttribute("data-value"), "10 %");

    // They outlive the page; a file of one is what the command line reads.
    await page.locator("[data-testid=saved][data-value=saved]").waitFor();
    await page.reload();
    await untilStatus(page, "ready");
    await page.getByTestId("versions-open").click();
    await page.getByText("Five tries", { exact: true }).waitFor();
    const download = page.waitForEvent("download");
    await page.getByRole("button", { name: "Download Five tries" }).click();
    const file = await download;
    assert.equal(file.suggestedFilename(), "five-tries.toml");
    assert.match(readFileSync(await file.path(), "utf8"), /^attempts = 5$/m);

    await page.getByRole("button", { name: "Delete Five tries" }).click();
    assert.deepEqual(await names(page), ["Budget of 10 %", "As it came #start"]);
    await page.getByTestId("version-bring").click();
    assert.equal((await names(page)).length, 3);
    await page.getByRole("button", { name: "Delete As it came #start" }).click();
    await page.reload();
    await untilStatus(page, "ready");
    await page.getByTestId("versions-open").click();
    await page.getByText("Five tries", { exact: true }).waitFor();
    assert.deepEqual(await names(page), ["Budget of 10 %", "Five tries"]);
    assert.deepEqual(problems, []);
    await close();
  });

  test("storage that refuses is said, and shown is what is really kept", async () => {
    const context = await site.browser.newContext({ viewport: { width: 1440, height: 900 } });
    const page = await context.newPage();
    await page.addInitScript(() => {
      IDBObjectStore.prototype.put = () => {
        throw new DOMException("no room", "QuotaExceededError");
      };
    });
    await page.goto(site.server.address);
    await untilStatus(page, "ready");
    await page.getByTestId("versions-open").click();
    await page.getByTestId("version-name").fill("Lost");
    await page.getByTestId("version-keep").click();
    await page.getByRole("alert").getByText(/Not done/).waitFor();
    assert.deepEqual(await names(page), []);
    await context.close();
  });
});
