// Promises to users, alerts and the pager on the page: added without a file, rung, acknowledged, judged; and a run
// that is seen with no more than what the design's own monitoring has collected.
import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { accessibilityFindings, built, openKnobs, untilStatus } from "./helpers.mjs";

const site = built();

async function select(page, key) {
  await page.getByRole("button", { name: "Build", exact: true }).first().click();
  const box = await page.locator(`[data-node="${key}"] .outline`).boundingBox();
  await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
  await openKnobs(page);
  await page.getByTestId("watching").waitFor();
}

describe("alerts", () => {
  test("[42] an objective and its alerts are added, time is compressed, and the log judges the pages", async () => {
    const { page, problems, close } = await site.visit({ query: "?speed=max" });
    await untilStatus(page, "ready");
    await page.getByTestId("skip-bet").click();
    await select(page, "shoppers");
    await page.getByTestId("watch-burn").click();
    const list = page.getByTestId("watching");
    await list.getByText("99 % without error").waitFor();
    await list.getByText("Shoppers: burn 14.4x over 1 h and 5 min").waitFor();
    await list.getByText(/a ticket$/).waitFor();
    await page.getByTestId("a-day").click();
    await page.getByTestId("clock-scale").getByText(/Time compression 480x/).waitFor();
    assert.deepEqual(await accessibilityFindings(page), []);
    await page.getByTestId("run").click();
    await untilStatus(page, "over");
    const pager = page.getByTestId("pager");
    await pager.getByText(/error budget is spent/).waitFor();
    const facts = await pager.locator(".facts").innerText();
    assert.match(facts, /Pages\s+[12]\b/);
    assert.match(facts, /For nothing\s+0\b/);
    assert.match(facts, /Incidents\s+1\s+Of them missed\s+0/);
    assert.match(await pager.innerText(), /Time compression 480x/);
    assert.deepEqual(await accessibilityFindings(page), []);
    assert.deepEqual(problems, []);
    await close();
  });

  test("[43] a page rings while the run goes on, and somebody is on it", async () => {
    const { page, problems, close } = await site.visit({ query: "?scenario=s24-what-should-wake-you&door=cold" });
    await untilStatus(page, "ready");
    await page.getByTestId("run").click();
    const take = page.getByTestId("acknowledge").first();
    await take.waitFor({ timeout: 120_000 });
    await page.getByTestId("run").click();
    await untilStatus(page, "paused");
    await page.getByTestId("acknowledge").first().click();
    await page.getByTestId("pager").getByText(/acknowledged after/).waitFor();
    assert.deepEqual(await accessibilityFindings(page), []);
    assert.deepEqual(problems, []);
    await close();
  });

  test("[44] blind shows what monitoring collects and nothing else, until the run is over", async () => {
    const { page, problems, close } = await site.visit({ query: "?scenario=s24-what-should-wake-you&door=cold&speed=max" });
    await untilStatus(page, "ready");
    await page.keyboard.press("Control+k");
    await page.locator("#pane").fill("Blind: see only");
    await page.keyboard.press("Enter");
    await page.getByTestId("run").click();
    await untilStatus(page, "playing", "over");
    await page.getByTestId("run").click();
    await untilStatus(page, "paused", "over");
    if ((await page.getByTestId("collected").count()) > 0) {
      const seen = page.getByTestId("collected");
      await seen.getByRole("rowheader", { name: "Shop" }).waitFor();
      assert.equal(await page.getByTestId("strip-users").locator(".main").innerText(), "not seen");
      assert.equal(await page.locator(".charts .chart").count(), 0);
      assert.equal(await page.locator(".timeline .entry").count(), 0);
      assert.doesNotMatch(await page.locator("#timeline").getAttribute("aria-label"), /errors|slow|Shop/i);
      for (const state of await page.locator("[data-node]").evaluateAll((all) => all.map((node) => node.dataset.state)))
        assert.equal(state, "idle");
      assert.deepEqual(await accessibilityFindings(page), []);
      await page.getByTestId("run").click();
    }
    await untilStatus(page, "over");
    await page.getByTestId("pager").getByText(/nobody was called/).waitFor();
    assert.equal(await page.locator(".charts .chart").count(), 3);
    assert.equal(await page.getByTestId("collected").count(), 0);
    assert.notEqual(await page.getByTestId("strip-users").locator(".main").innerText(), "not seen");
    assert.deepEqual(problems, []);
    await close();
  });
});
