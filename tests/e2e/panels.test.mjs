// The borders of the panels can be moved, by pointer and by keyboard, stay where they were put, and never
// take the drawing its room.
import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { accessibilityFindings, built, untilStatus } from "./helpers.mjs";

const site = built();

const wide = async (page, selector) => (await page.locator(selector).boundingBox()).width;
const high = async (page, selector) => (await page.locator(selector).boundingBox()).height;
const now = async (sash) => Number(await sash.getAttribute("aria-valuenow"));

async function pull(page, sash, by) {
  const box = await sash.boundingBox();
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  await page.mouse.move(x, y);
  await page.mouse.down();
  await page.mouse.move(x + by.x / 2, y + by.y / 2);
  await page.mouse.move(x + by.x, y + by.y);
  await page.mouse.up();
}

describe("panels", () => {
  test("a run that is over is drawn anew when the system or somebody changes its colours", async () => {
    const { page, problems, close } = await site.visit({ query: "?speed=max", colorScheme: "light" });
    await untilStatus(page, "ready");
    await page.getByTestId("skip-bet").click();
    await page.getByTestId("run").click();
    await untilStatus(page, "over");
    const drawn = () => page.locator(".chart-box canvas").evaluateAll((all) => all.map((it) => it.toDataURL()).join());
    /** As soon as it is not, or is, what it was. */
    const until = (other, isOther) =>
      page.waitForFunction(
        ([other, isOther]) => {
          const all = [...document.querySelectorAll(".chart-box canvas")];
          return (all.map((it) => it.toDataURL()).join() !== other) === isOther;
        },
        [other, isOther],
      );
    const light = await drawn();
    await page.emulateMedia({ colorScheme: "dark" });
    await until(light, true);
    const dark = await drawn();
    await page.emulateMedia({ colorScheme: "light" });
    await until(light, false);
    // By the button: light, then dark.
    const theme = page.getByTestId("theme");
    while ((await page.locator("html").getAttribute("data-theme")) !== "dark") await theme.click();
    await until(dark, false);
    assert.deepEqual(problems, []);
    await close();
  });

  test("their borders move by pointer and keyboard, and are there again after a reload", async () => {
    const { page, problems, close } = await site.visit();
    await untilStatus(page, "ready");
    const story = page.getByTestId("sash-story");
    const dock = page.getByTestId("sash-dock");
    assert.equal(await now(story), 320);
    assert.equal(await wide(page, ".story"), 320);
    await pull(page, story, { x: 70, y: 0 });
    assert.equal(await wide(page, ".story"), 390);
    assert.equal(await now(story), 390);
    await pull(page, dock, { x: 0, y: -60 });
    assert.equal(await high(page, ".dock"), 296);

    await page.getByRole("button", { name: "Knobs", exact: true }).first().click();
    const knobs = page.getByTestId("sash-knobs");
    await knobs.focus();
    await knobs.press("ArrowLeft");
    assert.equal(await wide(page, ".knobs"), 336);
    await knobs.press("Shift+ArrowRight");
    assert.equal(await wide(page, ".knobs"), 272);
    await knobs.press("End");
    await story.focus();
    await story.press("End");
    assert.equal(await now(story), Number(await story.getAttribute("aria-valuemax")));
    assert.ok((await wide(page, ".stage")) >= 320, "the drawing keeps its room");
    assert.deepEqual(await accessibilityFindings(page), []);
    await page.locator("[data-testid=saved][data-value=saved]").waitFor();

    await page.reload();
    await untilStatus(page, "ready");
    assert.equal(await wide(page, ".story"), 480);
    assert.equal(await high(page, ".dock"), 296);
    await page.getByTestId("sash-story").dblclick();
    assert.equal(await wide(page, ".story"), 320);
    await page.getByTestId("sash-dock").press("Enter");
    assert.equal(await high(page, ".dock"), 236);
    assert.deepEqual(problems, []);
    await close();
  });

  test("a window that becomes small leaves the drawing its room, and a phone has no borders to move", async () => {
    const { page, close } = await site.visit();
    await untilStatus(page, "ready");
    await page.getByTestId("sash-story").press("End");
    await page.getByTestId("sash-dock").press("End");
    for (const [width, height] of [
      [1280, 800],
      [1024, 768],
      [760, 500],
    ]) {
      await page.setViewportSize({ width, height });
      assert.ok((await wide(page, ".stage")) >= width / 2 - 1, `${width} wide`);
      assert.ok((await high(page, ".stage")) >= 120, `${height} high`);
    }
    await page.setViewportSize({ width: 390, height: 844 });
    assert.equal(await page.getByTestId("sash-story").isVisible(), false);
    assert.equal(await page.getByTestId("sash-dock").isVisible(), false);
    await close();
  });
});
