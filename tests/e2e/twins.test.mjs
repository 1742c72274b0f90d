// Twin runs: the same seed with one difference, beside the run on the page.
import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { accessibilityFindings, built, cli, numbers, openKnobs, turn, untilStatus } from "./helpers.mjs";

const site = built();
const FILE = "scenarios/s04-retry-storm.toml";

/** The lesson's first run, to its end. */
async function ran(options = {}) {
  const visit = await site.visit({ query: "?speed=max", ...options });
  await untilStatus(visit.page, "ready");
  await visit.page.getByTestId("skip-bet").click();
  await visit.page.getByTestId("run").click();
  await untilStatus(visit.page, "over");
  return visit;
}

const done = (page) => page.locator('[data-testid=twin][data-done="true"]').waitFor({ timeout: 60_000 });

/** Exact figures of a row of the table: this run, the twin, the difference. */
async function row(page, key) {
  const cells = page.getByTestId(`twin-${key}`).locator("td");
  const exact = await cells.evaluateAll((cells) => cells.map((cell) => cell.dataset.value));
  return exact.map((text) => (text === "" ? null : Number(text)));
}

describe("twin runs", () => {
  test("[37] without its fault: where the worlds part, the chain, the table, and lines in the charts", async () => {
    const { page, problems, close } = await ran();
    const here = await numbers(page);
    await page.getByTestId("what-if-0").click();
    await done(page);
    const told = JSON.parse(cli("twin", FILE, "--without", "slow", "--format", "json"));

    // The same moment as on the command line, right after the fault begins at 30 s.
    const parting = page.getByTestId("twin-parting");
    assert.equal(Number(await parting.getAttribute("data-at")), told.parting.at_ns);
    assert.ok(told.parting.at_ns >= 30e9 && told.parting.at_ns < 30.1e9, told.parting.at_ns);
    assert.match(await parting.textContent(), /The worlds part at Catalogue/);
    const chain = page.getByTestId("twin-chain").locator("li");
    assert.equal(await chain.count(), told.chain.length);
    assert.match(await chain.last().textContent(), /failed \(timed out waiting\)/);

    // Figures are those of the command line, and this run's are those beside them.
    for (const { key, here, twin, difference } of told.deltas) {
      if ((await page.getByTestId(`twin-${key}`).count()) === 0) continue;
      assert.deepEqual(await row(page, key), [here, twin, difference], key);
    }
    assert.equal((await row(page, "goodput_per_s"))[0], here.exact.goodput);
    assert.equal((await row(page, "served_share"))[1], 1);

    // The focus is on it, and the twin is behind the charts.
    assert.equal(await page.evaluate(() => document.activeElement.id), "twin");
    await page.getByText("The dotted lines in the charts are the twin.").waitFor();

    // Its moment can be looked at.
    await page.getByTestId("twin-jump").click();
    const at = String(told.parting.at_ns);
    await page.waitForFunction((at) => document.querySelector("[data-testid=clock]").dataset.value === at, at);
    assert.deepEqual(problems, []);
    await close();
  });

  test("[37] a twin of S04 is shown each time it is asked for; how soon is printed", async (t) => {
    const { page, close } = await ran();
    const times = [];
    for (let n = 0; n < 3; n += 1) {
      const ms = await page.evaluate(
        () =>
          new Promise((resolve) => {
            const began = performance.now();
            const look = () => {
              const twin = document.querySelector('[data-testid=twin][data-done="true"] table');
              if (twin) resolve(performance.now() - began);
              else requestAnimationFrame(look);
            };
            document.querySelector("[data-testid=what-if-0]").click();
            requestAnimationFrame(look);
          }),
      );
      times.push(Math.round(ms));
      await page.getByRole("button", { name: "Close the twin run" }).click();
      await page.getByTestId("twin").waitFor({ state: "detached" });
    }
    t.diagnostic(`a twin of S04 is there after ${times.join(", ")} ms`);
    assert.equal(times.length, 3);
    await close();
  });

  test("[37] with a knob as it was, and with the start design", async () => {
    const { page, problems, close } = await ran();
    const before = await numbers(page);
    await openKnobs(page);
    await turn(page, "link.browse.retry_budget", "10 %");
    await page.getByTestId("twin-link.browse.retry_budget").click();
    await done(page);
    const twin = page.getByTestId("twin");
    assert.match(await twin.textContent(), /none, as it was/);
    assert.equal((await row(page, "goodput_per_s"))[1], before.exact.goodput);
    assert.ok((await row(page, "served_share"))[0] >= 0.99);
    // What is compared is the changed design, and the charts show the run before it.
    assert.equal(await page.getByText("The dotted lines in the charts are the twin.").count(), 0);

    await page.getByTestId("twin-start").click();
    await page.getByRole("heading", { name: /the start design/ }).waitFor();
    await done(page);
    assert.equal((await row(page, "goodput_per_s"))[1], before.exact.goodput);
    assert.deepEqual(problems, []);
    await close();
  });

  test("[37] by keyboard: the chosen entry of the timeline left out", async () => {
    const { page, problems, close } = await ran();
    await page.getByTestId("entry-0").focus();
    await page.keyboard.press("Enter");
    await page.getByTestId("twin-without").waitFor();
    await page.keyboard.press("w");
    await done(page);
    assert.match(await page.getByTestId("twin-parting").textContent(), /Catalogue/);
    assert.deepEqual(await accessibilityFindings(page), []);
    assert.deepEqual(problems, []);
    await close();
  });
});
