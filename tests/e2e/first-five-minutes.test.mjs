// The first five minutes of somebody who learns alone, step by step as they are meant to be.
import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { built, download, numbers, text, turn, untilStatus } from "./helpers.mjs";

const site = built();

describe("the first five minutes", () => {
  test("from the first sight to a pass, with a way out at any time", async () => {
    const { page, problems, close } = await site.visit();

    // 0:00 A tiny drawing, paused, and one sentence. No sign-up, no tour.
    await untilStatus(page, "ready");
    await page.getByRole("heading", { name: "A ten-second hiccup. What happens after it ends?" }).waitFor();
    assert.equal(await page.locator("[data-node]").count(), 2);
    assert.equal(await page.locator("dialog[open]").count(), 0);
    assert.equal(await page.getByTestId("clock").getAttribute("data-value"), "0");

    // Ways out: past the prediction, and past what is known.
    await page.getByTestId("skip-bet").waitFor();
    await page.getByTestId("hardest").getByText("I know this").waitFor();

    // 0:15 Three predictions.
    assert.equal(await page.getByTestId(/^bet-/).count(), 3);
    await page.getByTestId("bet-slowly").click();
    const focused = () => page.evaluate(() => document.activeElement.id);
    await page.waitForFunction(() => document.activeElement.id === "run-bet");
    assert.equal(await focused(), "run-bet");

    // 0:30 It runs slowly, and slower still at the first failure of the hiccup.
    await page.keyboard.press("Enter");
    await untilStatus(page, "playing");
    await page.getByTestId("first-failure").waitFor({ timeout: 60_000 });
    assert.match(await page.getByTestId("pace").innerText(), /^0\.\d+×$/);
    assert.match(await page.getByTestId("first-failure").innerText(), /timed out[^]*3\d\.\d s/);
    await page.getByRole("button", { name: "Go on Esc" }).click();
    // What is dead says so where it is.
    await page.locator('[data-node="catalogue"]').getByText(/timed out.*, retried/).first().waitFor({ timeout: 30_000 });
    await page.getByTitle("Simulated seconds per second").selectOption("max");
    await untilStatus(page, "over");

    // After the hiccup, nothing useful came: the chip of the last change says it while it goes on.
    await page.getByTestId("scrubber").fill(String(70_000));
    await page.getByTestId("strip-change").getByText("and still nobody is served").waitFor();
    await page.getByTestId("strip-trend").getByText("stays down").waitFor();
    await page.getByTestId("scrubber").fill(String(180_000));
    await untilStatus(page, "over");
    const down = await numbers(page);
    assert.equal(down.exact.goodput, 0);

    // 1:30 The debrief: prediction and what was, a chain, a request with three tries that are alike.
    assert.equal(await page.getByTestId("bet-outcome").getAttribute("data-right"), "false");
    const links = await page.getByTestId("chain").locator("li").count();
    assert.ok(links >= 3 && links <= 5, `${links} links`);
    const tries = await page.getByTestId("evidence").locator(".waterfall li").allInnerTexts();
    assert.equal(tries.length, 3);
    for (const one of tries) assert.match(one, /caller gone after 1(\.\d+)? s/);

    // 2:15 Exactly four knobs glow.
    const glowing = page.locator('.knob[data-glows="true"]');
    assert.equal(await glowing.count(), 4);
    for (const word of ["attempts", "backoff", "retry_budget", "queue_limit"]) {
      assert.equal(await page.locator(`.knob[data-glows="true"][data-testid$="${word}"]`).count(), 1, word);
    }
    assert.match(await page.getByTestId("next").innerText(), /4 knobs can change this/);

    // 2:30 Most try backoff. It fails, and a card says why; the first run stays behind the new one.
    await turn(page, "link.browse.backoff", "exponential");
    await page.getByTestId("knob-link.browse.backoff").locator(".was").waitFor();
    await page.getByTestId("run-again").click();
    await untilStatus(page, "playing", "settling", "over");
    await untilStatus(page, "over");
    assert.equal(await page.getByTestId("verdict").getAttribute("data-passed"), "false");
    assert.match(await page.getByTestId("about-change").innerText(), /backoff[^]*It would help if/i);
    const charts = await download(page, async () => {
      await page.keyboard.press("Control+k");
      await page.locator("#pane").fill("charts as SVG");
      await page.keyboard.press("Enter");
    });
    assert.match(charts.toString(), />first run/);
    // Two failed runs: a hint is on offer, and none is open.
    await page.getByTestId("hint").getByText("Show hint 1 of 4").waitFor();
    assert.equal(await page.locator("p.hint").count(), 0);

    // 4:15 It recovers: every goal holds.
    await turn(page, "link.browse.retry_budget", "10 %");
    await page.getByTestId("run-again").click();
    await page.locator("[data-testid=verdict][data-passed=true]").waitFor({ timeout: 60_000 });
    const goals = page.getByTestId("goals").locator("li");
    assert.equal(await goals.count(), 3);
    for (const goal of await goals.all()) assert.equal(await goal.getAttribute("data-holds"), "true");
    await page.getByTestId("onward").getByText(/Part two waits: Three layers/).waitFor();

    // 4:40 Kept here, or as a link; on to part two, the next one, or building with this design.
    await page.getByTestId("copy-a-link").click();
    assert.match(await page.getByTestId("share-link").inputValue(), /#/);
    await page.keyboard.press("Escape");
    await page.getByTestId("check-seeds").click();
    await page.getByTestId("twist-three_tiers").waitFor({ timeout: 60_000 });
    await page.getByTestId("next-lesson").getByText("How many users").waitFor();
    await page.getByTestId("to-progress").click();
    assert.equal(await page.getByTestId("map-s04-retry-storm").getAttribute("data-state"), "done");
    await page.keyboard.press("Escape");
    const mine = await text(page);
    await page.getByTestId("sandbox").click();
    await page.locator(".palette").first().waitFor();
    assert.equal(await text(page), mine);

    assert.deepEqual(problems, []);
    await close();
  });
});
