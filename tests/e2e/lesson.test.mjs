// The first lesson from the first look to the pass, as a learner goes through it.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";

import { accessibilityFindings, built, numbers, openKnobs, ROOT, turn, untilStatus } from "./helpers.mjs";

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

    // [25] What holds goes on to part two, on the same drawing.
    await page.getByTestId("twist-writes").click();
    await page.getByText("Part two. Now each request changes something.").waitFor();
    await untilStatus(page, "ready");
    await openKnobs(page);
    await turn(page, "link.browse.retry_budget", "100 %");
    await page.getByTestId("run").click();
    await untilStatus(page, "over");
    await page.locator("[data-testid=verdict][data-passed=false]").waitFor();
    const second = await numbers(page);
    assert.ok(second.exact.duplicate > 0, "tries that timed out were executed");
    await turn(page, "service.catalogue.queue_limit", "50");
    await page.getByTestId("run-again").click();
    await untilStatus(page, "playing", "settling", "over");
    await page.locator("[data-testid=verdict][data-passed=true]").waitFor({ timeout: 60_000 });
    // Undo leads back to part one.
    for (let i = 0; i < 3; i += 1) await page.keyboard.press("Control+z");
    await page.getByText("Part two. Now").waitFor({ state: "detached" });

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

  test("[21] debrief card: verdict, at most five links that jump to their moments, the bet, who was paged, one thing to try", async () => {
    const { page, problems, close } = await site.visit({ query: "?speed=max" });
    await untilStatus(page, "ready");
    await page.getByTestId("bet-slowly").click();
    await page.getByTestId("run-bet").click();
    await untilStatus(page, "over");
    const verdict = page.getByTestId("verdict");
    await verdict.getByText("Not passed").waitFor();
    assert.match(await verdict.innerText(), /In this run it did not recover\./);
    assert.match(await page.getByTestId("bet-outcome").innerText(), /It went another way[^]*What held:/);
    const links = await chain(page);
    assert.ok(links.length >= 3 && links.length <= 5, JSON.stringify(links));
    assert.match(links[0], /Catalogue works more slowly: up to \d+ ms instead of [\d.]+ ms/);
    for (const link of links) assert.match(link, /\d/);
    // What was planned stands apart from what was found.
    await page.getByText("Planned was just that: Catalogue 5× slower, at 30 s.").waitFor();
    assert.match(await page.getByTestId("paged").innerText(), /Nothing would have paged you/);
    assert.match(await page.getByTestId("next").innerText(), /Turn one, run again, compare/);
    await jumps(page);
    assert.deepEqual(await accessibilityFindings(page), []);
    assert.deepEqual(problems, []);
    await close();
  });

  test("[21] a drawing without a lesson is explained as well, and a run that pauses says why it came to this", async () => {
    const { page, problems, close } = await site.visit({ query: "?speed=max" });
    await untilStatus(page, "ready");
    const buffer = Buffer.from(DRAWN);
    await page.getByTestId("file").setInputFiles({ name: "mine.toml", mimeType: "text/plain", buffer });
    await page.getByText("Opened mine.toml").first().waitFor({ state: "attached" });
    await untilStatus(page, "ready");
    await page.getByTestId("run").click();
    await untilStatus(page, "over");
    const verdict = page.getByTestId("verdict");
    assert.match(await verdict.innerText(), /In this run users were served again/);
    const links = await chain(page);
    assert.ok(links.length >= 3 && links.length <= 5, JSON.stringify(links));
    assert.match(links[0], /store is down: 100 % of its requests/);
    await page.getByText("Planned was just that: store crashes, at 60 s.").waitFor();
    assert.match(await page.getByTestId("paged").innerText(), /paged after \d+ s by the alert errors/);
    assert.match(await page.getByTestId("next").innerText(), /Store: give it a second instance/);
    assert.equal(await page.getByTestId("bet-outcome").count(), 0);
    await jumps(page);
    assert.deepEqual(problems, []);
    await close();
  });

  test("[21] a run that stands still is asked why it came to this", async () => {
    const { page, problems, close } = await site.visit({ query: "?speed=max" });
    await untilStatus(page, "ready");
    await page.getByTestId("skip-bet").click();
    await page.getByTestId("scrubber").fill("60000");
    await untilStatus(page, "paused");
    await page.getByTestId("explain").click();
    await page.getByTestId("so-far").getByText("Up to now:").waitFor();
    const links = await chain(page);
    assert.match(links[0], /Catalogue works more slowly/);
    assert.deepEqual(problems, []);
    await close();
  });

  test("[33] a lesson's own charts stand first, each with its sentence and table, and any other is a click away", async () => {
    const { page, problems, close } = await site.visit({ query: "?speed=max" });
    await untilStatus(page, "ready");
    await page.getByTestId("scenarios").click();
    await page.getByRole("option", { name: /queue is fine/i }).first().click();
    await page.getByTestId("chart-queue-jobs").waitFor();
    const ids = () => page.locator(".charts [data-testid^=chart-]").evaluateAll((all) => all.map((it) => it.dataset.testid));
    assert.deepEqual(await ids(), ["chart-queue-jobs", "chart-node-reports", "chart-latency"]);
    await page.getByTestId("skip-bet").click();
    await page.getByTestId("run").click();
    await untilStatus(page, "over");
    const jobs = page.getByTestId("chart-queue-jobs");
    const sentence = await jobs.getByRole("img").getAttribute("aria-label");
    assert.match(sentence, /^Messages in Jobs: waiting [\d,]+ now, most [\d,]+ at /);
    await jobs.getByRole("button", { name: "Table" }).click();
    const cells = await jobs.locator("tbody tr").evaluateAll((all) => all.map((row) => [...row.cells].map((cell) => cell.innerText)));
    const most = Math.max(...cells.map((row) => Number(row[1].replaceAll(",", ""))));
    const said = Number(sentence.match(/waiting .*most ([\d,]+)/)[1].replaceAll(",", ""));
    // Rows are means over parts of the run.
    assert.ok(most > 0.5 * said && most <= said, `${most} of ${said}`);
    await jobs.getByRole("button", { name: "Chart" }).click();

    const choice = jobs.getByRole("combobox", { name: "Another chart here" });
    await choice.selectOption({ label: "Tries per action" });
    await page.getByTestId("chart-tries").waitFor();
    assert.deepEqual(await ids(), ["chart-tries", "chart-node-reports", "chart-latency"]);
    assert.deepEqual(await accessibilityFindings(page), []);
    assert.deepEqual(problems, []);
    await close();
  });
});

const chain = (page) => page.getByTestId("chain").locator("li").allInnerTexts();

/** Each link of the chain goes to its moment, or to the end of the time in which it lies. */
async function jumps(page) {
  const buttons = page.getByTestId("chain").locator("li button.link");
  const all = await buttons.count();
  for (let n = 0; n < all; n += 1) {
    const said = Number.parseFloat((await buttons.nth(n).innerText()).split("–").at(-1));
    await buttons.nth(n).click();
    await page.waitForFunction(
      (said) => Math.abs(Number(document.querySelector("[data-testid=clock]").dataset.value) / 1e9 - said) < 0.2,
      said,
    );
  }
}

const DRAWN = `${readFileSync(join(ROOT, "tests/fixtures/drawn.toml"), "utf8")}
[alert.errors]
node = "front"
error_share_above = "5 %"
window = "5 s"
[[timeline]]
what = "crash"
target = "store"
at = "60 s"
lasts = "20 s"
`;
