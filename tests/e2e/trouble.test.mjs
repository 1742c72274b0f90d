// Broken files, nonsense in fields, a crash, a closed tab: nothing that was made is lost.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";

import { built, openKnobs, ROOT, turn, untilStatus } from "./helpers.mjs";

const SCENARIO = readFileSync(join(ROOT, "scenarios/s04-retry-storm.toml"), "utf8");

const site = built();

const give = (page, name, text) =>
  page.getByTestId("file").setInputFiles({ name, mimeType: "text/plain", buffer: Buffer.from(text) });

describe("files", () => {
  test("a broken file is refused with its place, and the design stays", async () => {
    const { page, problems, close } = await site.visit({ query: "?speed=max" });
    await untilStatus(page, "ready");
    const broken = SCENARIO.replace("attempts = 3", "atempts = 3");
    await give(page, "broken.toml", broken);
    const refused = page.getByTestId("refused");
    await refused.waitFor();
    const text = await refused.innerText();
    const line = broken.split("\n").findIndex((it) => it.startsWith("atempts")) + 1;
    assert.match(text, new RegExp(`line ${line}\\b`));
    assert.match(text, /atempts/);
    assert.match(text, /attempts/);

    // What was on the screen still runs.
    await page.getByTestId("skip-bet").click();
    await page.getByTestId("run").click();
    await untilStatus(page, "over");
    assert.deepEqual(problems, []);
    await close();
  });

  test("hostile files are refused in words, not with a crash", async () => {
    const { page, problems, close } = await site.visit();
    await untilStatus(page, "ready");
    const nested = `format = 1\na = ${"[".repeat(50_000)}`;
    const large = `format = 1\n# ${"x".repeat(3_000_000)}\n`;
    const script = `format = 1\n[service."<img src=x onerror=alert(1)>"]\n`;
    for (const [name, text] of [
      ["nested.toml", nested],
      ["large.toml", large],
      ["binary.toml", "\u0000\u0001\ufffd"],
      ["empty.toml", ""],
      ["script.toml", script],
    ]) {
      await give(page, name, text);
      await page.getByRole("heading", { name: `${name} was not opened` }).waitFor();
      await page.getByTestId("refused").getByRole("button", { name: "Close" }).click();
    }
    assert.equal(await page.getByTestId("crash").count(), 0);
    assert.deepEqual(problems, []);
    await close();
  });

  test("a good file is opened, and comes back as it is now", async () => {
    const { page, close } = await site.visit();
    await untilStatus(page, "ready");
    await give(page, "mine.toml", SCENARIO.replace(/^title = .*$/m, 'title = "My own"'));
    await page.getByRole("heading", { level: 1, name: "My own" }).waitFor();
    await openKnobs(page);
    await turn(page, "link.browse.attempts", "2");
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByTestId("download").click(),
    ]);
    const text = readFileSync(await download.path(), "utf8");
    assert.match(text, /^attempts = 2$/m);
    assert.match(text, /My own/);
    await close();
  });
});

describe("fields", () => {
  test("a value that makes no sense is not used, and says what would", async () => {
    const { page, problems, close } = await site.visit();
    await untilStatus(page, "ready");
    await openKnobs(page);
    const knob = page.getByTestId("knob-link.browse.attempts");
    for (const nonsense of ["-1", "0", "NaN", "3 bananas", "99999999999999999999", "<b>3</b>"]) {
      await turn(page, "link.browse.attempts", nonsense);
      await knob.getByRole("alert").waitFor();
      assert.equal(await knob.getAttribute("data-value"), "3", nonsense);
    }
    await turn(page, "link.browse.attempts", "2");
    await knob.getByRole("alert").waitFor({ state: "hidden" });
    assert.equal(await knob.getAttribute("data-value"), "2");
    assert.deepEqual(problems, []);
    await close();
  });
});

describe("the worst", () => {
  test("a crash of the simulator keeps the design, and it starts again", async () => {
    const query = "?debug&speed=max";
    const { page, close } = await site.visit({ query });
    await untilStatus(page, "ready");
    await openKnobs(page);
    await turn(page, "link.browse.attempts", "2");
    await page.getByRole("button", { name: "Crash the simulator" }).click();
    const crash = page.getByTestId("crash");
    await crash.waitFor();
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      crash.getByRole("button", { name: "Download the design" }).click(),
    ]);
    assert.match(readFileSync(await download.path(), "utf8"), /^attempts = 2$/m);

    await page.getByTestId("restart-worker").click();
    await crash.waitFor({ state: "hidden" });
    await page.getByTestId("skip-bet").click();
    await page.getByTestId("run").click();
    await untilStatus(page, "over");
    await close();
  });

  test("a tab closed in the middle of a run loses nothing that was typed", async () => {
    const { page, problems, close } = await site.visit();
    await untilStatus(page, "ready");
    await openKnobs(page);
    await turn(page, "link.browse.retry_budget", "7 %");
    await turn(page, "link.browse.attempts", "nonsense");
    await page.getByTestId("skip-bet").click();
    await page.getByTestId("run").click();
    await untilStatus(page, "playing");
    await page.locator("[data-testid=saved][data-value=saved]").waitFor();

    // Another tab of the same visitor, the first one gone.
    const again = await page.context().newPage();
    await page.close();
    await again.goto(site.server.address);
    await untilStatus(again, "ready");
    await openKnobs(again);
    const value = (path) => again.getByTestId(`knob-${path}`);
    assert.equal(await value("link.browse.retry_budget").getAttribute("data-value"), "7 %");
    const typed = value("link.browse.attempts").getByRole("textbox");
    assert.equal(await typed.inputValue(), "nonsense");
    assert.deepEqual(problems, []);
    await close();
  });
});
