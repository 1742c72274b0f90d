// The first lesson from the first look to the pass, as a learner goes through it.
import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { built, numbers, turn, untilStatus } from "./helpers.mjs";

const site = built();

describe("the retry that ate production", () => {
  test("predict, see it stay down, set the retry budget, see it recover", async () => {
    const { page, problems, close } = await site.visit({ query: "?speed=max" });

    // It opens drawn and paused, with one question and three predictions.
    await untilStatus(page, "ready");
    await page.getByRole("heading", { level: 1, name: "The retry that ate production" }).waitFor();
    assert.equal(await page.getByTestId(/^bet-/).count(), 3);
    assert.equal(await page.getByTestId("numbers").count(), 0);

    // Running asks for the prediction first.
    await page.getByTestId("run").click();
    await page.getByRole("group", { name: /^Predict first/ }).waitFor();
    await page.getByTestId("bet-slowly").click();
    await page.getByTestId("run-bet").click();

    await untilStatus(page, "over");
    const verdict = page.getByTestId("verdict");
    assert.equal(await verdict.getAttribute("data-passed"), "false");
    assert.equal(await page.getByTestId("bet-outcome").getAttribute("data-right"), "false");
    const down = await numbers(page);
    assert.equal(down.exact.goodput, 0);
    assert.equal(down.exact.served, 0);
    assert.equal(down.exact.amplification, 3);

    await turn(page, "link.browse.retry_budget", "10 %");
    await page.getByTestId("run-again").click();
    await untilStatus(page, "playing", "settling", "over");
    await page.locator("[data-testid=verdict][data-passed=true]").waitFor({ timeout: 60_000 });
    const up = await numbers(page);
    assert.ok(up.exact.served >= 0.99, `served ${up.exact.served}`);
    assert.ok(up.exact.amplification <= 1.1, `tries ${up.exact.amplification}`);
    assert.notEqual(up.exact.digest, down.exact.digest);

    // One lucky seed is no pass.
    await page.getByTestId("check-seeds").click();
    const check = page.getByTestId("seed-check");
    await check.getByText(/^Passed on/).waitFor({ timeout: 60_000 });
    assert.equal(await check.getAttribute("data-passed"), await check.getAttribute("data-done"));

    assert.deepEqual(problems, []);
    await close();
  });

  test("pause holds the clock, a step moves it, restart sets it back", async () => {
    const { page, close } = await site.visit();
    const clock = page.getByTestId("clock");
    const now = async () => Number(await clock.getAttribute("data-value"));
    await page.getByTestId("skip-bet").click();
    await page.getByTestId("run").click();
    await untilStatus(page, "playing");
    await page.waitForFunction(
      () => Number(document.querySelector("[data-testid=clock]").dataset.value) > 0,
    );
    await page.getByTestId("run").click();
    await untilStatus(page, "paused");
    // What was asked for before the pause may still arrive.
    await page.waitForTimeout(200);
    const held = await now();
    await page.waitForTimeout(300);
    assert.equal(await now(), held);

    await page.getByRole("button", { name: "One step" }).click();
    await page.waitForFunction(
      (held) => Number(document.querySelector("[data-testid=clock]").dataset.value) > held,
      held,
    );
    await page.getByRole("button", { name: "Restart with the same seed" }).click();
    await page.waitForFunction(
      () => document.querySelector("[data-testid=clock]").dataset.value === "0",
    );
    await close();
  });

  test("it can be played with the keyboard alone", async () => {
    const { page, close } = await site.visit({ query: "?speed=max" });
    await untilStatus(page, "ready");
    await page.keyboard.press("3");
    await page.keyboard.press("Space");
    await untilStatus(page, "over");
    assert.equal(await page.getByTestId("bet-outcome").getAttribute("data-right"), "true");
    await close();
  });
});
