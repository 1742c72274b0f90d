// [30] What a word means, where it stands: on hover, focus and tap, and in the palette.
import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { built, openKnobs, untilStatus } from "./helpers.mjs";

const site = built();
const gloss = (page) => page.locator("#gloss");
const open = (page) => gloss(page).waitFor({ state: "visible" });
const gone = (page) => gloss(page).waitFor({ state: "hidden" });

describe("words explain themselves", () => {
  test("[30] by pointer: hovered it opens and stays while the pointer is on either; Escape closes it", async () => {
    const { page, problems, close } = await site.visit({ query: "?speed=max" });
    await untilStatus(page, "ready");
    const word = page.getByTestId("strip-data").locator(".term").first();
    await word.hover();
    await open(page);
    assert.match(await gloss(page).innerText(), /What happened to your data \(ledger\)\n[^]*Charged twice/);
    assert.ok((await gloss(page).innerText()).split(/\s+/).length < 60);
    // Onto the window itself, and it is still there after a while.
    await gloss(page).hover();
    await page.waitForTimeout(600);
    assert.ok(await gloss(page).isVisible(), "hoverable and persistent");
    await page.keyboard.press("Escape");
    await gone(page);
    // Away from both: it goes by itself.
    await page.mouse.move(700, 500);
    await word.hover();
    await open(page);
    await page.mouse.move(700, 500);
    await gone(page);
    // Its link opens the lesson that teaches it.
    await word.hover();
    await open(page);
    await gloss(page).getByRole("button", { name: "Charged twice" }).click();
    await page.getByRole("heading", { level: 1, name: "Charged twice" }).waitFor();
    await gone(page);
    assert.deepEqual(problems, []);
    await close();
  });

  test("[30] by keyboard: the focus opens it, Enter goes in, Escape comes back", async () => {
    const { page, problems, close } = await site.visit();
    await untilStatus(page, "ready");
    const at = () => page.evaluate(() => document.activeElement.dataset.term ?? document.activeElement.id);
    for (let n = 0; n < 60 && (await at()) !== "What happened to your data"; n += 1) await page.keyboard.press("Tab");
    await open(page);
    assert.equal(await page.evaluate(() => document.activeElement.getAttribute("aria-describedby")), "gloss-says");
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => document.activeElement.id === "gloss");
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement.textContent), "Charged twice");
    await page.keyboard.press("Escape");
    await gone(page);
    assert.equal(await at(), "What happened to your data");
    // The next word takes its place.
    await page.keyboard.press("Tab");
    await open(page);
    assert.match(await gloss(page).innerText(), /Bottleneck/);
    assert.deepEqual(problems, []);
    await close();
  });

  test("[30] by tap, on a phone, inside the window's edges", async () => {
    const viewport = { width: 390, height: 844 };
    const { page, problems, close } = await site.visit({ viewport, hasTouch: true, query: "?speed=max" });
    await untilStatus(page, "ready");
    for (const cell of ["users", "cost"]) {
      await page.getByTestId(`strip-${cell}`).locator(".term").first().tap();
      await open(page);
      await page.waitForTimeout(100);
      const box = await gloss(page).boundingBox();
      assert.ok(box.x >= 0 && box.x + box.width <= 390 && box.y >= 0 && box.y + box.height <= 844, JSON.stringify(box));
      await page.getByTestId("clock").tap();
      await gone(page);
    }
    assert.deepEqual(problems, []);
    await close();
  });

  test("[30] every knob, metric, chart and reason that is on the page has its word; the palette finds all", async () => {
    const { page, problems, close } = await site.visit({ query: "?speed=max" });
    await untilStatus(page, "ready");
    await page.getByTestId("skip-bet").click();
    await page.getByTestId("run").click();
    await untilStatus(page, "over");
    await openKnobs(page);
    const knobs = await page.locator(".knob").count();
    assert.ok(knobs > 2 && (await page.locator(".knob .term.what").count()) === knobs, `${knobs} knobs`);
    assert.equal(await page.getByTestId("numbers").locator("dt .term").count(), await page.getByTestId("numbers").locator("dt").count());
    assert.equal(await page.locator(".chart h2 .term").count(), 3);
    assert.equal(await page.locator(".strip dt .term").count(), 6);
    assert.equal(await page.getByTestId("goals").locator(".term").count(), await page.getByTestId("goals").locator("li").count());
    assert.ok((await page.locator(".chain .term").count()) > 0, "the chain has words");
    await page.keyboard.press("Control+k");
    await page.locator("#pane").fill("hedging");
    await page.getByRole("option", { name: /^Hedging/ }).first().waitFor();
    await page.keyboard.press("Enter");
    await page.locator("dialog[open] dt", { hasText: "Hedging" }).waitFor();
    await page.waitForFunction(() => document.activeElement.textContent.startsWith("Hedging"));
    assert.ok((await page.locator("dialog[open] .glossary dt").count()) > 100);
    assert.deepEqual(problems, []);
    await close();
  });
});
