// The whole way with one kind of hand alone: from a fresh load to a drawing that runs, and to a lesson that
// is passed. Nothing here sets a focus or changes the page by script; what is asked of it is only read.
import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { built, count, download, untilStatus } from "./helpers.mjs";

const site = built();

const nodes = (page) => page.locator("[data-node]");
const links = (page) => page.locator("[data-link]");
const knob = (page, path) => page.getByTestId(`knob-${path}`);

/** Counts events that the other kind of hand would make. */
async function watch(page, types, pressed = false) {
  await page.evaluate(
    ([types, pressed]) => {
      globalThis.others = [];
      const note = (event) => {
        if (!pressed || event.buttons > 0) globalThis.others.push(event.type);
      };
      for (const type of types) addEventListener(type, note, true);
    },
    [types, pressed],
  );
  return () => page.evaluate(() => globalThis.others);
}

async function passed(page) {
  await page.locator("[data-testid=verdict][data-passed=true]").waitFor({ timeout: 60_000 });
  assert.match(await page.getByTestId("verdict").getByRole("heading").first().innerText(), /Passed/);
}

describe("with one kind of hand alone", () => {
  test("[8] keyboard alone: build from an empty page, wire, tune, run, and pass S04", async () => {
    const { page, problems, close } = await site.visit({ query: "?speed=max" });
    await untilStatus(page, "ready");
    const others = await watch(page, ["pointerdown", "pointermove", "mousedown", "touchstart", "wheel"]);
    const key = (k) => page.keyboard.press(k);
    const type = (words) => page.keyboard.type(words);
    const at = (selector) => page.evaluate((s) => document.activeElement?.matches(s), selector);
    /** Tab by Tab, as far as somebody would go. */
    const tabTo = async (selector) => {
      for (let n = 0; n < 200; n += 1) {
        if (await at(selector)) return;
        await key("Tab");
      }
      assert.fail(`${selector} is not reached by Tab`);
    };
    const file = async () => (await download(page, () => key("Control+s"))).toString();

    await key("Control+o");
    await type("empty");
    await key("Enter");
    await page.getByText("Nothing is drawn yet.").waitFor();
    await tabTo("#canvas");
    for (const kind of ["clients", "service"]) {
      await key("a");
      await type(kind);
      await key("Enter");
    }
    await count(nodes(page), 2);
    // Two nodes that nothing connects: from the first one, the list of whom it may call.
    await key("ArrowLeft");
    await page.locator('[data-node="clients"][data-selected="true"]').waitFor();
    await key("c");
    await type("service");
    await key("Enter");
    await count(links(page), 1);
    // A third grows out of the second, with its link.
    await key("ArrowRight");
    await page.locator('[data-node="service"][data-selected="true"]').waitFor();
    await key("n");
    await key("ArrowRight");
    await count(nodes(page), 3);
    await count(links(page), 2);
    await key("ArrowLeft");
    await page.locator('[data-node="service"][data-selected="true"]').waitFor();
    await key("Enter");
    await tabTo("#service-service-slots");
    await key("Control+a");
    await type("9");
    assert.match(await file(), /slots = 9/);
    await tabTo("#run");
    await key("Enter");
    await untilStatus(page, "over");

    // The lesson: predict, see it fail, tune what is unlocked, pass.
    await key("Control+o");
    await type("retry that ate");
    await key("Enter");
    await untilStatus(page, "ready");
    await tabTo("[data-testid=bet-slowly]");
    await key("Space");
    await tabTo("#run-bet");
    await key("Enter");
    await untilStatus(page, "over");
    assert.equal(await page.getByTestId("verdict").getAttribute("data-passed"), "false");
    const budget = knob(page, "link.browse.retry_budget");
    if (!(await budget.isVisible())) {
      await tabTo("button[aria-controls=knobs]");
      await key("Enter");
      await budget.waitFor();
    }
    await tabTo("#link-browse-retry_budget");
    await key("Control+a");
    await type("10 %");
    await key("Enter");
    await tabTo("[data-testid=run-again]");
    await key("Enter");
    await passed(page);
    assert.deepEqual(await others(), []);
    assert.deepEqual(problems, []);
    await close();
  });

  test("[9] clicks alone: build from an empty page, wire, tune, run, and pass S04", async () => {
    const { page, problems, close } = await site.visit({ query: "?speed=max" });
    await untilStatus(page, "ready");
    // No key at all, and no way of the pointer while a button is down.
    const keys = await watch(page, ["keydown", "keypress", "input"]);
    const dragged = await page.evaluate(() => {
      globalThis.dragged = 0;
      addEventListener("pointermove", (e) => (globalThis.dragged += e.buttons > 0 ? 1 : 0), true);
    });
    assert.equal(dragged, undefined);
    const file = async () => (await download(page, () => page.getByTestId("download").click())).toString();

    await page.getByTestId("scenarios").click();
    await page.getByRole("option", { name: /An empty page/ }).click();
    await page.getByText("Nothing is drawn yet.").waitFor();
    await page.locator(".palette [data-kind=clients]").click();
    await page.locator(".palette [data-kind=service]").click();
    await count(nodes(page), 2);
    // Wire the two: choose the one that calls, then whom.
    const middle = async (name) => {
      const box = await page.locator(`[data-node="${name}"] .outline`).boundingBox();
      return [box.x + box.width / 2, box.y + box.height / 2];
    };
    await page.mouse.click(...(await middle("clients")));
    await page.locator('[data-node="clients"][data-selected="true"]').waitFor();
    await page.getByTestId("connect").click();
    await page.getByRole("option", { name: /^Service/i }).first().click();
    await count(links(page), 1);
    await page.mouse.click(...(await middle("service")));
    await page.locator('[data-node="service"][data-selected="true"]').waitFor();
    await page.getByRole("button", { name: "Slots: one step up" }).click();
    assert.match(await file(), /slots = 5/);
    // Move it without dragging: the button, then where it goes.
    const [x, y] = await middle("service");
    await page.getByRole("button", { name: "Move", exact: true }).click();
    await page.mouse.click(x + 30, y + 150);
    const moved = await middle("service");
    assert.ok(Math.abs(moved[1] - y - 150) < 20, `${y} to ${moved[1]}`);
    await page.getByTestId("run").click();
    await untilStatus(page, "over");

    await page.getByTestId("scenarios").click();
    await page.getByRole("option", { name: /The retry that ate production/ }).click();
    await untilStatus(page, "ready");
    await page.getByTestId("bet-slowly").click();
    await page.getByTestId("run-bet").click();
    await untilStatus(page, "over");
    assert.equal(await page.getByTestId("verdict").getAttribute("data-passed"), "false");
    const budget = knob(page, "link.browse.retry_budget");
    if (!(await budget.isVisible())) await page.locator("button[aria-controls=knobs]").click();
    await budget.getByRole("button", { name: "10 %", exact: true }).click();
    await page.getByTestId("run-again").click();
    await passed(page);
    assert.deepEqual(await keys(), []);
    assert.equal(await page.evaluate(() => globalThis.dragged), 0);
    assert.deepEqual(problems, []);
    await close();
  });
});
