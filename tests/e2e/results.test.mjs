// Result codes of a room: each is run again, and the table says what is so.
import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, test } from "node:test";
import { deflateRawSync, inflateRawSync } from "node:zlib";

import { accessibilityFindings, built, cli, openKnobs, ROOT, turn, untilStatus } from "./helpers.mjs";

const site = built();

async function openResults(page) {
  await page.keyboard.press("Control+k");
  await page.locator("#pane").fill("Check result codes");
  await page.keyboard.press("Enter");
  await page.getByTestId("codes").waitFor();
}

/** The same code, with something changed by whoever wanted to look better. */
function tampered(code, change) {
  const fields = JSON.parse(inflateRawSync(Buffer.from(code.slice(3), "base64url")));
  change(fields);
  return `r1.${deflateRawSync(JSON.stringify(fields)).toString("base64url")}`;
}

const shown = (page) =>
  page.getByTestId("codes-table").locator("tbody tr").evaluateAll((rows) =>
    rows.map((row) => ({ word: row.dataset.word, cells: [...row.children].map((it) => it.innerText) })),
  );

describe("result codes of others", () => {
  test("the genuine one is proved, the tampered one differs, garbage is said to be none", async () => {
    const made = await site.visit({ query: "?speed=max" });
    await untilStatus(made.page, "ready");
    await openKnobs(made.page);
    await turn(made.page, "link.browse.attempts", "1");
    await made.page.getByTestId("skip-bet").click();
    await made.page.getByTestId("run").click();
    await untilStatus(made.page, "over");
    await made.page.getByTestId("share").click();
    await made.page.getByTestId("share-who").fill("Anna");
    const genuine = await made.page.getByTestId("share-receipt").inputValue();
    assert.match(cli("verify", genuine), /Anna[^]*proved/);
    await made.close();

    const forged = tampered(genuine, (fields) => {
      fields.m = "Ben";
      fields.g = fields.g.map(([key]) => [key, 1, 1]);
    });
    const other = tampered(genuine, (fields) => {
      delete fields.m;
      fields.d = "0123456789abcdef".repeat(2);
    });
    const { page, problems, close } = await site.visit();
    await untilStatus(page, "ready");
    await openResults(page);
    await page.getByTestId("codes").fill(`# group 3\n${genuine}\n${forged}\nCleo: ${other}\nr1.abc\nno code at all\n`);
    await page.getByTestId("codes-check").click();
    await page.getByTestId("codes-sum").getByText("1 of 5 proved.").waitFor();
    const rows = await shown(page);
    assert.deepEqual(rows.map(({ word }) => word), ["proved", "differs", "differs", "unreadable", "unreadable"]);
    assert.deepEqual(rows.map(({ cells }) => cells[0]), ["Anna", "Ben", "Cleo", "line 5", "line 6"]);
    const [anna, ben, cleo, broken, none] = rows.map(({ cells }) => cells);
    assert.match(anna[1], /The retry that ate production\s+1 change/);
    assert.equal(ben[4], anna[4], "goals are as they came out here, not as it says");
    assert.match(ben[6], /goal \w+/);
    assert.match(cleo[6], /another fingerprint/);
    assert.match(broken[6], /cut or changed/);
    assert.match(none[6], /no link and no result code/);
    assert.deepEqual(await accessibilityFindings(page), []);

    // A file counts as if it were pasted; a row opens its design.
    const buffer = Buffer.from(`${genuine}\n`);
    await page.getByTestId("codes-files").setInputFiles({ name: "dora.txt", mimeType: "text/plain", buffer });
    await page.getByTestId("codes-sum").getByText("2 of 6 proved.").waitFor();
    await page.getByTestId("codes-table").getByRole("button").first().click();
    await untilStatus(page, "ready");
    await openKnobs(page);
    const knob = page.getByTestId("knob-link.browse.attempts");
    assert.equal(await knob.getAttribute("data-value"), "1");
    assert.deepEqual(problems, []);
    await close();
  });

  test("[48] thirty codes are run again beside a run that goes on", async () => {
    const codes = [];
    for (let n = 1; n <= 3; n += 1) {
      const file = join(ROOT, "scenarios/s04-retry-storm.toml");
      codes.push(cli("share", file, "--seed", String(n), "--receipt").trim());
    }
    const lines = Array.from({ length: 30 }, (_, n) => `Pair ${n + 1}: ${codes[n % 3]}`);
    const { page, problems, close } = await site.visit();
    await untilStatus(page, "ready");
    await page.getByTestId("skip-bet").click();
    await page.getByTestId("run").click();
    await untilStatus(page, "playing");
    await openResults(page);
    await page.getByTestId("codes").fill(lines.join("\n"));
    const began = Date.now();
    await page.getByTestId("codes-check").click();
    await page.getByTestId("codes-sum").getByText("30 of 30 proved.").waitFor({ timeout: 240_000 });
    console.log(`30 codes in ${Date.now() - began} ms`);
    assert.deepEqual(problems, []);
    await close();
  });
});
