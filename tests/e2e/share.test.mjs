// A link made here, opened elsewhere: a fresh profile runs it and says whether it is so.
import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { built, cli, openKnobs, turn, untilStatus } from "./helpers.mjs";

const site = built();

describe("sharing", () => {
  test("[27] a link carries changes, seed, prediction and fingerprint, and is proved or not", async () => {
    const { page, problems, close } = await site.visit({ query: "?speed=max" });
    await untilStatus(page, "ready");
    await page.getByTestId("bet-slowly").click();
    await openKnobs(page);
    await turn(page, "link.browse.retry_budget", "10 %");
    await turn(page, "link.browse.attempts", "4");
    await page.getByTestId("run-again").click();
    await untilStatus(page, "over");
    await page.getByTestId("share").click();
    const link = await page.getByTestId("share-link").inputValue();
    const receipt = await page.getByTestId("share-receipt").inputValue();
    assert.ok(link.includes("#v1."), link);
    console.log(`a link with two changed knobs has ${link.length} characters`);
    assert.match(cli("verify", link.slice(link.indexOf("#"))), /proved/);
    assert.match(cli("verify", receipt), /proved/);
    assert.deepEqual(problems, []);
    await close();

    // Elsewhere: a fork that says so, and the run proves it.
    const fragment = link.slice(link.indexOf("#"));
    const other = await site.visit({ query: `?speed=max${fragment}` });
    await untilStatus(other.page, "ready");
    assert.equal(new URL(other.page.url()).hash, "", "the address no longer holds it");
    await openKnobs(other.page);
    const value = (path) => other.page.getByTestId(`knob-${path}`).getAttribute("data-value");
    assert.equal(await value("link.browse.retry_budget"), "10 %");
    assert.equal(await value("link.browse.attempts"), "4");
    await other.page.getByTestId("run").click();
    await untilStatus(other.page, "over");
    await other.page.locator("[data-testid=claimed][data-proved=true]").waitFor();
    // Undo brings back what was there.
    await other.page.keyboard.press("Control+z");
    assert.equal(await value("link.browse.attempts"), "3");
    assert.deepEqual(other.problems, []);
    await other.close();
  });

  test("half a link, a newer one and garbage are refused in words, and the design stays", async () => {
    for (const [fragment, why] of [
      ["#v1.q1bKzEvLVLJSKi0uSS1SqgUA", /link/],
      ["#v9.AAAABBBBCCCCDDDDEEEE", /newer/],
      ["#v1.%%%%%%%%%%%%%%%%%%%%%%%%", /link/],
    ]) {
      const { page, problems, close } = await site.visit({ query: fragment });
      const refused = page.getByTestId("refused");
      await refused.waitFor();
      assert.match(await refused.innerText(), why);
      await page.locator('[data-node="catalogue"]').waitFor();
      assert.deepEqual(problems, []);
      await close();
    }
  });
});
