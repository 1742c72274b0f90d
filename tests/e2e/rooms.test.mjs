// A lesson in front of people: the window for everybody, the one with notes, what goes between them, and the handout.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";

import { built, openKnobs, ROOT, serveBuilt, shown, turn, untilStatus } from "./helpers.mjs";

const site = built();
const S04 = shown(readFileSync(join(ROOT, "scenarios/s04-retry-storm.toml"), "utf8"));
const NOTES = S04.match(/^facilitator = """\n([^]*?)"""/m)[1];
/** Without what a page was still fetching when another address was opened in its place. */
const whole = (problems) => problems.filter((it) => !it.includes("ERR_ABORTED"));
/** Words that only the notes have. */
const PRIVATE = ["Misconception", "Show in this order", "Ask next", "If late"];

/** The window for everybody, and the one with notes, in one browser. */
async function both(options = {}) {
  const { page: room, problems, close } = await site.visit({ query: "?room=s04&speed=max", ...options });
  await untilStatus(room, "ready");
  const notes = await room.context().newPage();
  notes.setDefaultTimeout(20_000);
  notes.on("pageerror", (error) => problems.push(`uncaught in the notes: ${error.message}`));
  await notes.goto(`${site.server.address}?notes=s04-retry-storm`);
  await connected(notes);
  return { room, notes, problems, close };
}

const connected = (notes) => notes.locator('[data-testid=connected][data-value="true"]').waitFor();
const shownState = (notes, key, state) => notes.locator(`[data-testid=ready-${key}][data-state="${state}"]`).waitFor({ timeout: 30_000 });
const bar = (page, bet, vote) => page.getByTestId(`hands-${bet}`).locator(`[data-vote=${vote}]`);

async function count(page, bet, hands) {
  await page.getByTestId(`count-${bet}`).fill(String(hands));
  await page.getByTestId(`count-${bet}`).press("Enter");
}

/** Everything that the document of a window holds, also what is not in sight. */
const all = (page) => page.evaluate(() => document.documentElement.outerHTML);

describe("a lesson in front of people", () => {
  test("two windows: counts, votes, reveal, run, and the notes stay where they are", async () => {
    const { room, notes, problems, close } = await both();
    const facilitator = await notes.getByTestId("facilitator").innerText();
    for (const word of NOTES.split(/\s+/)) assert.ok(facilitator.includes(word), word);

    // Beside the notes, hands are counted out of sight.
    await room.getByTestId("count-never").waitFor({ state: "detached" });
    await count(notes, "never", 7);
    await count(notes, "slowly", 11);
    await notes.getByTestId("vote-second").click();
    await notes.getByRole("button", { name: "One hand more: It does not recover" }).click();
    await bar(notes, "never", "second").getByText("1", { exact: true }).waitFor();
    assert.equal(await room.locator("[data-vote]").count(), 0);
    await notes.getByTestId("reveal-counts").click();
    await bar(room, "never", "first").getByText("7", { exact: true }).waitFor();
    assert.match(await bar(room, "never", "first").innerText(), /first: 7 of 18/);
    assert.match(await bar(room, "never", "second").innerText(), /second: 1 of 1/);
    assert.doesNotMatch(await all(room), /This is what happens|Healthy and busy/, "the answer is not there yet");

    await notes.getByTestId("room-run").click();
    await untilStatus(room, "over");
    await notes.getByText("The run: over, not passed.").waitFor();
    assert.equal(await room.getByTestId("verdict").count(), 0, "nor why it went as it did");
    await notes.getByTestId("reveal-answers").click();
    await room.getByTestId("hands-never").getByText(/This is what happens/).waitFor();
    await room.getByTestId("verdict").waitFor();
    await room.getByTestId("chain").waitFor();
    await notes.getByTestId("reveal-nothing").click();
    await room.getByTestId("verdict").waitFor({ state: "detached" });
    assert.equal(await room.locator("[data-vote]").count(), 0);

    // One of the designs that the notes name, and it passes.
    await notes.getByRole("button", { name: "Retry budget of 10 %" }).click();
    await untilStatus(room, "ready");
    await notes.getByText("The run: ready.").waitFor();
    await notes.getByTestId("room-run").click();
    await untilStatus(room, "over");
    await notes.getByText("The run: over, passed.").waitFor();

    const html = await all(room);
    for (const word of PRIVATE) assert.ok(!html.includes(word), `${word} is in the window for everybody`);
    await notes.getByTestId("anew").click();
    await bar(notes, "never", "first").getByText("0", { exact: true }).first().waitFor();
    assert.deepEqual(problems, []);
    await close();
  });

  test("either window opened anew knows it all, and a window that goes is missed", async () => {
    const { room, notes, problems, close } = await both();
    await count(notes, "never", 9);
    await notes.getByTestId("next").click();
    await notes.locator("[aria-current=step]").getByText("Talk to your neighbour").waitFor();
    await notes.reload();
    await connected(notes);
    await bar(notes, "never", "first").getByText("9", { exact: true }).first().waitFor();
    await notes.locator("[aria-current=step]").getByText("Talk to your neighbour").waitFor();

    await notes.getByTestId("reveal-counts").click();
    await bar(room, "never", "first").waitFor();
    // What stands in the room is written before it goes.
    await room.waitForTimeout(500);
    await room.reload();
    await untilStatus(room, "ready");
    await bar(room, "never", "first").getByText("9", { exact: true }).first().waitFor();
    await connected(notes);
    await notes.getByTestId("count-never").waitFor();

    await notes.close();
    await room.getByTestId("count-never").waitFor();
    const again = await room.context().newPage();
    await again.goto(`${site.server.address}?notes=s04`);
    await connected(again);
    await room.close();
    await again.locator('[data-testid=connected][data-value="false"]').waitFor();
    await shownState(again, "room", "not");
    await shownState(again, "lesson", "cannot tell");
    assert.deepEqual(problems, []);
    await close();
  });

  test("the clock of a step starts, stops, is extended, goes over, and ends nothing", async () => {
    const { notes, problems, close } = await both();
    const left = notes.getByTestId("left");
    assert.equal(await left.innerText(), "2:00");
    await notes.getByTestId("go").click();
    await notes.waitForFunction(() => /^1:5\d$/.test(document.querySelector("[data-testid=left]").innerText));
    await notes.getByTestId("more").click();
    await notes.waitForFunction(() => /^2:5\d$/.test(document.querySelector("[data-testid=left]").innerText));
    await notes.getByRole("button", { name: "Pause the clock" }).click();
    const stood = await left.innerText();
    await notes.waitForTimeout(2_500);
    assert.equal(await left.innerText(), stood);
    await notes.getByTestId("next").click();
    await left.getByText("3:00").waitFor();
    await notes.getByRole("button", { name: "Three designs in order" }).click();
    await notes.locator("[data-testid=next]:disabled").waitFor();
    assert.deepEqual(problems, []);
    await close();
  });

  test("alone, the window for everybody counts and reveals too; what is typed is counted or explained", async () => {
    const { page, problems, close } = await site.visit({ query: "?room=s04-retry-storm&speed=max" });
    await untilStatus(page, "ready");
    await count(page, "never", "1000");
    await page.getByTestId("hands-why").getByText(/1000 hands are more than can be counted here: 999/).waitFor();
    assert.equal(await page.getByTestId("count-never").inputValue(), "999");
    await count(page, "never", "a few");
    await page.getByTestId("hands-why").getByText(/“a few” is not counted/).waitFor();
    await count(page, "never", "12");
    await page.getByRole("button", { name: "One hand less: It does not recover" }).click();
    await page.getByTestId("reveal-counts").click();
    assert.match(await bar(page, "never", "first").innerText(), /11 of 11/);
    await page.getByTestId("run").click();
    await untilStatus(page, "over");
    assert.equal(await page.getByTestId("verdict").count(), 0);
    await page.getByTestId("reveal-answers").click();
    await page.getByTestId("verdict").waitFor();
    // By keyboard, progress does not open.
    await page.locator("body").press("p");
    await page.getByText("Progress and reviews stay out of a room.").first().waitFor();
    assert.equal(await page.locator("dialog[open]").count(), 0);
    assert.deepEqual(problems, []);
    await close();
  });

  test("a room leaves alone what the browser keeps for whoever teaches", async () => {
    const { page, problems, close } = await site.visit();
    await untilStatus(page, "ready");
    await openKnobs(page);
    await turn(page, "link.browse.attempts", "4");
    await page.locator("[data-testid=saved][data-value=saved]").waitFor();
    await page.goto(`${site.server.address}?room=s05&speed=max`);
    await untilStatus(page, "ready");
    await page.getByTestId("run").click();
    await untilStatus(page, "over");
    await page.waitForTimeout(300);
    await page.goto(site.server.address);
    await untilStatus(page, "ready");
    await openKnobs(page);
    assert.equal(await page.getByTestId("knob-link.browse.attempts").getAttribute("data-value"), "4");
    await page.keyboard.press("p");
    await page.getByTestId("map").waitFor();
    assert.equal(await page.getByTestId("map").locator("[data-state=done]").count(), 0);
    assert.deepEqual(problems, []);
    await close();
  });

  test("a name that is unknown is told, with the lessons that there are", async () => {
    for (const query of ["?room=s99", "?notes=s99"]) {
      const { page, problems, close } = await site.visit({ query });
      const refused = page.getByTestId("refused");
      await refused.getByText(/no lesson of this name/).waitFor();
      assert.match(await refused.innerText(), /s04-retry-storm/);
      assert.deepEqual(problems, []);
      await close();
    }
  });

  test("without a channel between windows, both say so", async () => {
    const { page, problems, close } = await site.visit();
    await page.context().addInitScript(() => delete globalThis.BroadcastChannel);
    await page.goto(`${site.server.address}?room=s04`);
    await page.getByTestId("room-trouble").getByText(/no channel between windows/).waitFor();
    await untilStatus(page, "ready");
    await page.goto(`${site.server.address}?notes=s04`);
    await page.getByTestId("ready-room").getByText(/no channel between windows/).waitFor();
    assert.deepEqual(whole(problems), []);
    await close();
  });

  for (const viewport of [{ width: 1440, height: 900 }, { width: 1024, height: 768 }]) {
    test(`type of 18 px, and nothing runs out of ${viewport.width} x ${viewport.height}`, async () => {
      const { page, problems, close } = await site.visit({ query: "?room=s04&speed=max", viewport });
      await untilStatus(page, "ready");
      const look = () =>
        page.evaluate(() => {
          const px = (selector) => parseFloat(getComputedStyle(document.querySelector(selector)).fontSize);
          const texts = [".page", ".hook", ".hands-label", ".goals li", ".bar h1", ".cell .main", "#run"];
          const root = document.documentElement;
          return {
            small: texts.filter((it) => px(it) < 18),
            wide: root.scrollWidth,
            high: root.scrollHeight,
            stage: document.querySelector("#canvas").getBoundingClientRect().height,
          };
        });
      const before = await look();
      assert.deepEqual(before.small, []);
      await page.getByTestId("run").click();
      await untilStatus(page, "over");
      const after = await look();
      for (const it of [before, after]) {
        assert.ok(it.wide <= viewport.width && it.high <= viewport.height, JSON.stringify(it));
        assert.ok(it.stage > 200, `the drawing has ${it.stage} px`);
      }
      assert.deepEqual(problems, []);
      await close();
    });
  }

  test("ready for the room: it works without a network, and says what is not so", async (t) => {
    const server = await serveBuilt();
    t.after(() => server.close());
    const context = await site.browser.newContext({ viewport: { width: 1440, height: 900 } });
    const notes = await context.newPage();
    await notes.goto(`${server.address}?notes=s04`);
    await shownState(notes, "room", "not");
    await shownState(notes, "storage", "ok");
    await notes.locator("html[data-offline=ready]").waitFor({ state: "attached" });
    // Opened before all was kept: that is told, and helps.
    await notes.getByTestId("check").click();
    await notes.getByTestId("ready-offline").getByText(/Reload it/).waitFor();
    await notes.reload();
    await shownState(notes, "offline", "ok");
    const room = await context.newPage();
    await room.goto(`${server.address}?room=s04&speed=max`);
    await untilStatus(room, "ready");
    for (const key of ["room", "lesson", "type"]) await shownState(notes, key, "ok");
    await notes.getByTestId("ready-type").getByText("18 pixels").waitFor();

    // A file is gone: so it is not ready.
    await notes.evaluate(async () => {
      const [name] = await caches.keys();
      const cache = await caches.open(name);
      const [, file] = await cache.keys();
      globalThis.taken = [name, file, await cache.match(file)];
      await cache.delete(file);
    });
    await notes.getByTestId("check").click();
    await notes.getByTestId("ready-offline").getByText(/missing/).waitFor();
    await notes.evaluate(async () => {
      const [name, file, response] = globalThis.taken;
      await (await caches.open(name)).put(file, response);
    });

    await server.close();
    await context.setOffline(true);
    await Promise.all([notes.reload(), room.reload()]);
    await untilStatus(room, "ready");
    for (const key of ["room", "lesson", "type", "offline", "storage"]) await shownState(notes, key, "ok");
    await notes.getByTestId("room-run").click();
    await untilStatus(room, "over");
    await notes.getByText("The run: over, not passed.").waitFor();
    await context.close();
  });

  test("a command opens the room, and from there the notes", async () => {
    const { page, problems, close } = await site.visit();
    await untilStatus(page, "ready");
    await page.keyboard.press("Control+k");
    await page.locator("#pane").fill("For a room");
    const opened = page.waitForEvent("popup");
    await page.keyboard.press("Enter");
    const room = await opened;
    await untilStatus(room, "ready");
    assert.match(room.url(), /\?room=s04-retry-storm$/);
    const second = room.waitForEvent("popup");
    await room.getByTestId("notes-open").click();
    const notes = await second;
    await connected(notes);
    assert.deepEqual(problems, []);
    await close();
  });
});

describe("the handout", () => {
  const ids = readdirSync(join(ROOT, "scenarios"))
    .filter((name) => name.endsWith(".toml"))
    .map((name) => name.replace(".toml", ""));

  test("one page for each lesson, with its drawing and boxes, and without an answer", async () => {
    const { page, problems, close } = await site.visit();
    for (const id of ids) {
      await page.goto(`${site.server.address}?notes=${id}`);
      await page.getByTestId("sheet").waitFor();
      await page.emulateMedia({ media: "print" });
      await page.evaluate(() => {
        window.print = () => {
          const copy = document.getElementById("print");
          const shown = [...document.body.children].filter((it) => it.getClientRects().length > 0);
          window.printed = {
            alone: shown.length === 1 && shown[0] === copy,
            text: copy.innerText,
            nodes: copy.querySelectorAll("svg text.kind").length,
            boxes: copy.querySelectorAll("tbody tr").length,
            drawn: copy.querySelector("svg").getBoundingClientRect().height,
            room: copy.querySelector(".space").getBoundingClientRect().height,
          };
        };
        document.querySelector("[data-testid=sheet]").click();
      });
      await page.waitForFunction(() => window.printed);
      const printed = await page.evaluate(() => window.printed);
      const scenario = shown(readFileSync(join(ROOT, "scenarios", `${id}.toml`), "utf8"));
      assert.ok(printed.alone, id);
      assert.ok(printed.text.includes(scenario.match(/^title = "(.*)"$/m)[1]), id);
      assert.ok(printed.text.includes(scenario.match(/^question = "(.*)"$/m)[1]), id);
      assert.ok(printed.nodes >= 2 && printed.boxes >= 2, `${id}: ${JSON.stringify(printed)}`);
      assert.ok(printed.drawn > 60 && printed.room > 80, `${id}: ${printed.drawn} px drawn, ${printed.room} px for notes`);
      for (const word of PRIVATE) assert.ok(!printed.text.includes(word), `${id}: ${word}`);
      const pdf = await page.pdf({ preferCSSPageSize: true });
      assert.equal(pdf.toString("latin1").match(/\/Type\s*\/Page[^s]/g).length, 1, id);
      await page.evaluate(() => dispatchEvent(new Event("afterprint")));
      assert.equal(await page.locator("#print").count(), 0);
    }
    assert.deepEqual(whole(problems), []);
    await close();
  });

  test("it is in the list of commands", async () => {
    const { page, problems, close } = await site.visit();
    await untilStatus(page, "ready");
    await page.evaluate(() => {
      window.print = () => (window.printed = document.getElementById("print").innerText);
    });
    await page.keyboard.press("Control+k");
    await page.locator("#pane").fill("Print a handout");
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => window.printed);
    assert.match(await page.evaluate(() => window.printed), /The retry that ate production/);
    assert.deepEqual(problems, []);
    await close();
  });
});
