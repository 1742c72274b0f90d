// The learning loop in the built page: doors, deep links, progress out and in, reviews after days, other designs.
import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { built, download, openKnobs, text, turn, untilStatus } from "./helpers.mjs";

const site = built();
const MAX = "?speed=max";
const DAY = 86_400_000;

const run = (page) => page.getByTestId("run").click();
const over = (page) => untilStatus(page, "over");

/** The first lesson with a retry budget, passed on its seed and on twenty others. */
async function pass(page) {
  await page.getByTestId("bet-never").click();
  await openKnobs(page);
  await turn(page, "link.browse.retry_budget", "10 %");
  await run(page);
  await over(page);
  await page.locator("[data-testid=verdict][data-passed=true]").waitFor();
  await page.getByTestId("check-seeds").click();
  await page.getByTestId("seed-check").getByText(/^Passed on 20 of 20/).waitFor({ timeout: 60_000 });
}

async function progress(page) {
  // A key in a field is a letter.
  await page.locator("#canvas").focus();
  await page.keyboard.press("p");
  await page.getByTestId("map").waitFor();
}

/** Until what was changed is in the browser's database. */
async function kept(page, what) {
  await page.waitForFunction(async (what) => {
    const open = indexedDB.open("brownout");
    const database = await new Promise((done) => { open.onsuccess = () => done(open.result); });
    const got = database.transaction(["session"]).objectStore("session").get("brownout.progress.1");
    const json = await new Promise((done) => { got.onsuccess = () => done(got.result); });
    database.close();
    return Boolean(json?.includes(what));
  }, what);
}

describe("two doors", () => {
  test("[22] guided asks and shows an example; cold has hook, goals and the whole editor; the design stays", async () => {
    const { page, problems, close } = await site.visit({ query: MAX });
    await untilStatus(page, "ready");
    assert.equal(await page.getByTestId("door-guided").getAttribute("aria-pressed"), "true");
    assert.equal(await page.getByTestId("example").count(), 0);
    await page.getByTestId("bet-slowly").click();
    // Until it is read, another prediction can be chosen; from then on it stands.
    await page.getByTestId("bet-never").click();
    await page.getByTestId("bet-slowly").click();
    await page.getByTestId("example-open").click();
    const example = await page.getByTestId("example").innerText();
    assert.equal(await page.getByTestId("bet-never").count(), 0);
    assert.match(example, /The start: It does not recover[^]*One change: /);

    await openKnobs(page);
    await turn(page, "link.browse.attempts", "2");
    const changed = await text(page);
    await page.getByTestId("door-cold").click();
    assert.equal(await page.getByTestId(/^bet-/).count(), 0);
    assert.equal(await page.getByTestId("example").count(), 0);
    assert.equal(await page.getByTestId(/^knob-/).count(), 0);
    await page.getByTestId("goals").getByRole("listitem").first().waitFor();
    await page.locator(".palette").first().waitFor();
    assert.equal(await text(page), changed);

    // Midway, the run stays as well.
    await run(page);
    await over(page);
    await page.getByTestId("door-guided").click();
    assert.equal(await page.getByTestId("verdict").getAttribute("data-passed"), "false");
    assert.equal(await page.getByTestId(/^knob-/).count(), 4);
    assert.equal(await page.locator('[data-glows="true"]').count(), 4);
    await page.keyboard.press("Control+z");
    assert.notEqual(await text(page), changed);

    // The door is remembered.
    await page.getByTestId("door-cold").click();
    await page.locator("[data-testid=saved][data-value=saved]").waitFor();
    await page.waitForTimeout(300);
    await page.reload();
    await untilStatus(page, "ready");
    assert.equal(await page.getByTestId("door-cold").getAttribute("aria-pressed"), "true");
    await page.getByTestId("hardest").click();
    await page.getByRole("heading", { level: 1, name: /orders/ }).waitFor();
    assert.deepEqual(problems, []);
    await close();
  });
});

describe("addresses", () => {
  const title = (page) => page.getByRole("heading", { level: 1 }).innerText();

  test("a lesson, a starting point, a door and a seed are opened by name", async () => {
    const { page, close } = await site.visit({ query: "?scenario=s05-charged-twice&door=cold&seed=9" });
    await untilStatus(page, "ready");
    assert.match(await title(page), /[Cc]harged twice/);
    assert.equal(await page.getByTestId("door-cold").getAttribute("aria-pressed"), "true");
    assert.match(await page.getByTestId("seed").first().innerText(), /9/);
    await close();
    const other = await site.visit({ query: "?scenario=web-shop" });
    await other.page.locator('[data-node]').first().waitFor();
    await other.page.waitForFunction(() => !document.querySelector("h1").textContent.includes("retry"));
    await other.close();
  });

  test("an unknown name says what there is, and a link with a design goes before a name", async () => {
    const { page, close } = await site.visit({ query: "?scenario=s04-retry-strom" });
    const refused = await page.getByTestId("refused").innerText();
    assert.match(refused, /s04-retry-strom was not opened[^]*did you mean s04-retry-storm\?[^]*s24-what-should-wake-you[^]*web-shop/);
    assert.match(await title(page), /retry/);
    await page.getByTestId("share").click();
    const link = await page.getByTestId("share-link").inputValue();
    await close();
    const fragment = new URL(link).hash;
    const other = await site.visit({ query: `?scenario=s05-charged-twice${fragment}` });
    await untilStatus(other.page, "ready");
    assert.match(await title(other.page), /retry/);
    await other.close();
  });
});

describe("progress", () => {
  test("[59] what was done is on the map, stays over a reload, goes out as a file and into another browser", async () => {
    const { page, problems, close } = await site.visit({ query: MAX });
    await untilStatus(page, "ready");
    await pass(page);
    await progress(page);
    const row = page.getByTestId("map-s04-retry-storm");
    assert.equal(await row.getAttribute("data-state"), "done");
    assert.match(await row.innerText(), /passed on 20 of 20 other seeds/);
    assert.equal(await page.locator('[data-next="true"]').count(), 1);
    assert.equal(await page.getByTestId("map-s01-how-many-users").getAttribute("data-next"), "true");
    const rows = await page.getByTestId("map").locator("tr[data-state]").count();
    assert.equal(rows, 15);
    assert.match(await page.getByTestId("reviews-due").innerText(), /Nothing is due before \d{4}-\d\d-\d\d\./);
    const file = await download(page, () => page.getByTestId("progress-export").click());
    const progressed = JSON.parse(file);
    assert.equal(progressed.version, 1);
    assert.equal(progressed.scenarios["s04-retry-storm"].runs, 1);
    await page.keyboard.press("Escape");
    await kept(page, '"others":{"passed":20');
    await page.reload();
    await untilStatus(page, "ready");
    await progress(page);
    assert.equal(await page.getByTestId("map-s04-retry-storm").getAttribute("data-state"), "done");
    // By keyboard, a lesson is opened from the map.
    await page.getByRole("button", { name: /^Open .*sick/i }).focus();
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { level: 1, name: /sick/i }).waitFor();
    assert.deepEqual(problems, []);
    await close();

    const other = await site.visit();
    await untilStatus(other.page, "ready");
    await progress(other.page);
    const give = (body) => other.page.getByTestId("progress-file").setInputFiles({ name: "mine.json", mimeType: "application/json", buffer: Buffer.from(body) });
    await give(file.toString().replace('"version": 1', '"version": 9'));
    await other.page.getByTestId("imported").getByText(/mine\.json was not read\. version: it is of version 9.*release/).waitFor();
    await give("nonsense");
    await other.page.getByTestId("imported").getByText(/line 1, column/).waitFor();
    await give(file);
    await other.page.locator('[data-testid=map-s04-retry-storm][data-state=done]').waitFor();
    const again = JSON.parse(await download(other.page, () => other.page.getByTestId("progress-export").click()));
    assert.deepEqual(again.scenarios["s04-retry-storm"].attempts, progressed.scenarios["s04-retry-storm"].attempts);
    assert.deepEqual(again.scenarios["s04-retry-storm"].passed, progressed.scenarios["s04-retry-storm"].passed);
    await other.close();
  });

  test("what another version keeps is left as it is", async () => {
    const { page, close } = await site.visit();
    await untilStatus(page, "ready");
    const foreign = '{"what":"brownout progress","version":99,"dear":true}';
    await page.evaluate(async (foreign) => {
      const open = indexedDB.open("brownout", 1);
      const database = await new Promise((done) => { open.onsuccess = () => done(open.result); });
      const change = database.transaction(["session"], "readwrite");
      change.objectStore("session").put(foreign, "brownout.progress.1");
      await new Promise((done) => { change.oncomplete = done; });
      database.close();
    }, foreign);
    await page.reload();
    await untilStatus(page, "ready");
    await openKnobs(page);
    await turn(page, "link.browse.attempts", "2");
    await page.locator("[data-testid=saved][data-value=saved]").waitFor();
    await progress(page);
    await page.getByTestId("foreign").getByText(/cannot read/).waitFor();
    await kept(page, foreign);
    await close();
  });
});

describe("reviews", () => {
  test("[60] two days after a pass one is due, a run answers it, a wrong answer comes back the next day", async () => {
    const { page, problems, close } = await site.visit({ query: MAX });
    await untilStatus(page, "ready");
    const start = Date.now();
    await pass(page);
    assert.equal(await page.getByTestId("due").isVisible(), false);
    await kept(page, '"review":{');
    await page.clock.setFixedTime(start + 2 * DAY + 3_600_000);
    await page.reload();
    await untilStatus(page, "ready");
    await page.getByTestId("due").getByText("1 review is due").waitFor();
    await page.getByTestId("due").click();
    const ics = (await download(page, () => page.getByTestId("calendar").click())).toString();
    assert.match(ics, /^BEGIN:VCALENDAR\r\n[^]*DTSTART:\d{8}T\d{6}Z\r\n[^]*END:VCALENDAR\r\n$/);
    await page.getByTestId("review-s04-retry-storm").click();
    // Five attempts and a budget of 10 %: it recovers.
    await page.getByTestId("answer-no").click();
    const outcome = page.getByTestId("review-outcome");
    await outcome.waitFor({ timeout: 60_000 });
    assert.equal(await outcome.getAttribute("data-right"), "false");
    assert.match(await outcome.innerText(), /went another way: Yes[^]*✓/);
    await page.getByTestId("review-close").click();
    assert.match(await page.getByTestId("reviews-due").innerText(), /Nothing is due before/);
    await kept(page, '"wrong":1');
    await page.clock.setFixedTime(start + 3 * DAY + 2 * 3_600_000);
    await page.reload();
    await untilStatus(page, "ready");
    await page.getByTestId("due").click();
    await page.getByTestId("review-s04-retry-storm").waitFor();
    assert.deepEqual(problems, []);
    await close();
  });
});

describe("other designs that pass", () => {
  test("[74] the lesson's designs are run beside mine, and each opens as one step", async () => {
    const { page, problems, close } = await site.visit({ query: MAX });
    await untilStatus(page, "ready");
    await page.getByTestId("skip-bet").click();
    await openKnobs(page);
    await turn(page, "link.browse.retry_budget", "20 %");
    // With two tries, of 10,000 actions four are lost both times.
    await turn(page, "link.browse.attempts", "2");
    await run(page);
    await over(page);
    await page.getByTestId("others-ask").click();
    const table = page.getByTestId("others-table");
    await table.locator("tbody tr").nth(2).waitFor({ timeout: 60_000 });
    const shown = await table.innerText();
    assert.match(shown, /Yours[^]*Retry budget of 10 %[^]*Waiting line of at most 50/);
    assert.match(shown, /[+−]/, "what is more or less");
    const mine = await text(page);
    await page.getByTestId("other-1").click();
    const theirs = await text(page);
    assert.match(theirs, /queue_limit = 50/);
    await page.locator("#canvas").focus();
    await page.keyboard.press("Control+z");
    assert.equal(await text(page), mine);
    assert.deepEqual(problems, []);
    await close();
  });
});
