// From a count, a badge, a cell of the heat map or a moment to the requests behind it.
import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, test } from "node:test";

import { accessibilityFindings, built, numbers, ROOT, untilStatus } from "./helpers.mjs";

const site = built();

/** The lesson's first run, to its end. */
async function ran(query = "?speed=max") {
  const visit = await site.visit({ query });
  await untilStatus(visit.page, "ready");
  await visit.page.getByTestId("skip-bet").click();
  await visit.page.getByTestId("run").click();
  await untilStatus(visit.page, "over");
  return visit;
}

const done = (page) => page.locator('[data-testid=requests][data-done="true"]').waitFor({ timeout: 60_000 });
/** "70,123 of 125,900 actions." as numbers. */
const sum = async (page) => {
  const text = await page.getByTestId("requests-sum").textContent();
  return text.match(/[\d,]+/g).map((number) => Number(number.replaceAll(",", "")));
};

describe("requests", () => {
  test("[18] [41] a count leads to what is different about them, and to stories with a critical path", async () => {
    const { page, problems, close } = await ran();
    await page.getByTestId("strip-users").locator("button.plain").click();
    await done(page);
    const [picked, all] = await sum(page);
    assert.ok(picked > 1_000 && picked < all, `${picked} of ${all}`);
    const differences = page.getByTestId("differences").locator("li");
    assert.ok((await differences.count()) >= 2);
    assert.match(await differences.allTextContents().then((all) => all.join("\n")), /mostly waited at Catalogue/);
    // The focus is on it; an example has all its tries and says what the user was told.
    assert.equal(await page.evaluate(() => document.activeElement.id), "requests");
    const example = page.getByTestId("example");
    const first = await example.getAttribute("data-action");
    assert.match(await example.textContent(), /The user was told after .* that it failed/);
    assert.ok((await example.locator('li[data-critical="true"]').count()) >= 1);
    await page.getByRole("button", { name: "Next" }).click();
    assert.notEqual(await example.getAttribute("data-action"), first);
    assert.deepEqual(await accessibilityFindings(page), []);
    // Its moment can be looked at, and it can be closed.
    await page.getByRole("button", { name: "Look at this moment" }).click();
    await page.getByRole("button", { name: "Close the requests" }).click();
    await page.getByTestId("requests").waitFor({ state: "detached" });
    assert.deepEqual(problems, []);
    await close();
  });

  test("[41] a part of the heat map is chosen with the pointer and with keys", async () => {
    const { page, problems, close } = await ran();
    const choice = page.locator(".chart-choice").nth(2);
    const label = "All waits, as a heat map";
    await choice.selectOption({ label });
    const map = page.getByTestId("chart-heat").locator("canvas");
    const box = await map.boundingBox();
    // Drag over the middle of the run, from bottom to top: everybody who was told something then.
    await page.mouse.move(box.x + box.width * 0.3, box.y + box.height * 0.8);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.5, box.y + box.height * 0.05, { steps: 4 });
    await page.mouse.up();
    await done(page);
    const [picked] = await sum(page);
    assert.ok(picked > 100, picked);
    // One cell with keys: what is said is how many there are.
    await map.focus();
    await page.keyboard.press("Home");
    for (let i = 0; i < 30; i += 1) await page.keyboard.press("ArrowUp");
    for (let i = 0; i < 3; i += 1) await page.keyboard.press("PageUp");
    await page.keyboard.press("Shift+PageUp");
    const said = await page.getByTestId("chart-heat").getByRole("status").textContent();
    assert.match(said, /told that it failed/);
    const told = Number(said.split(" ")[0].replaceAll(",", ""));
    await page.keyboard.press("Enter");
    await page.waitForFunction((n) => {
      const text = document.querySelector("[data-testid=requests-sum]")?.textContent ?? "";
      return Number(text.split(" ")[0].replaceAll(",", "")) === n;
    }, told);
    // The table says the same.
    await page.getByTestId("chart-heat").getByRole("button", { name: "Table" }).click();
    const heads = await page.getByTestId("chart-heat").locator("th[scope=col]").allTextContents();
    assert.deepEqual(heads.slice(-2), ["10 s and more", "failed"]);
    assert.deepEqual(problems, []);
    await close();
  });

  test("[33] each chart has a sentence and a table", async () => {
    const { page, close } = await ran();
    const labels = await page.locator(".chart-choice").nth(2).locator("option").allTextContents();
    assert.ok(labels.length >= 9, labels.join());
    for (const label of labels.slice(1)) {
      await page.locator(".chart-choice").nth(2).selectOption({ label });
      const chart = page.locator(".chart-box").nth(2);
      const sentence = await chart.locator("canvas").getAttribute("aria-label");
      assert.ok(sentence.startsWith(label.split(" per second")[0].slice(0, 4)), `${label}: ${sentence}`);
      await chart.getByRole("button", { name: "Table" }).click();
      assert.ok((await chart.locator("tbody tr").count()) > 10, label);
      await chart.getByRole("button", { name: "Chart" }).click();
    }
    await close();
  });

  test("[12] a click on a chart goes to its moment, and its requests are found", async () => {
    const { page, close } = await ran();
    const canvas = page.locator(".chart-box canvas").first();
    const box = await canvas.boundingBox();
    await page.mouse.click(box.x + 50 + (box.width - 200) * 0.5, box.y + box.height / 2);
    await untilStatus(page, "paused");
    await page.waitForFunction(() => {
      const at = Number(document.querySelector("[data-testid=clock]").dataset.value) / 1e9;
      return at > 80 && at < 100;
    });
    await page.locator(".chart-box").first().getByRole("button", { name: "Requests at this moment" }).click();
    await done(page);
    assert.match(await page.getByTestId("requests").locator("h2").textContent(), /all who were told something/);
    await close();
  });

  test("[16] a count of the ledger finds as many as it says", async () => {
    const { page, close } = await site.visit({ query: "?speed=max" });
    await untilStatus(page, "ready");
    await page.getByTestId("file").setInputFiles(join(ROOT, "scenarios/s05-charged-twice.toml"));
    await page.getByTestId("skip-bet").click();
    await page.getByTestId("run").click();
    await untilStatus(page, "over");
    const { exact } = await numbers(page);
    assert.ok(exact.duplicate > 100, exact.duplicate);
    await page.getByTestId("duplicate").locator("button.plain").click();
    await done(page);
    assert.equal((await sum(page))[0], exact.duplicate);
    assert.match(await page.getByTestId("requests").textContent(), /In the ledger: .*duplicate/);
    await close();

    // Where it fails leads to those who failed there.
    const storm = await ran();
    await storm.page.getByTestId("strip-where").locator("button.plain").click();
    await done(storm.page);
    assert.match(await storm.page.getByTestId("requests").locator("h2").textContent(), /at Catalogue/);
    const [there] = await sum(storm.page);
    assert.ok(there > 1_000);
    // And so does its badge, with the reason that stands on it.
    await storm.page.getByRole("button", { name: "Close the requests" }).click();
    await storm.page.locator("[data-node=catalogue] .badge").first().click();
    await done(storm.page);
    assert.match(await storm.page.getByTestId("requests").locator("h2").textContent(), /timed out waiting at Catalogue/);
    assert.equal((await sum(storm.page))[0], there);
    await storm.close();
  });
});
