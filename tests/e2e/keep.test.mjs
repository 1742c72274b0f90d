// What somebody made is not lost: the browser is killed, a second tab opens, the storage is full.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";

import { built, launchProfile, openKnobs, untilStatus } from "./helpers.mjs";

const site = built();

const ATTEMPTS = "link.browse.attempts";
const attempts = (page) => page.getByTestId(`knob-${ATTEMPTS}`).getByRole("textbox");

/** Ends every process of the browser at once, as a crash of the machine would. */
function kill(profile) {
  try {
    execFileSync("pkill", ["-9", "-f", profile]);
  } catch {
    // pkill says so if some process was gone already.
  }
}

describe("nothing is lost", () => {
  test("[6] the browser killed at 20 random moments: at most 2 s of typing are gone", async () => {
    const profile = mkdtempSync(join(tmpdir(), "brownout-kept-"));
    let worst = 0;
    let seed = 12_345;
    const random = () => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      return seed / 2_147_483_648;
    };
    let typed = [];
    for (let round = 0; round < 20; round += 1) {
      const context = await launchProfile(profile);
      const page = context.pages()[0] ?? (await context.newPage());
      await page.goto(site.server.address);
      await page.getByRole("main").waitFor();
      await openKnobs(page);
      const kept = await attempts(page).inputValue();
      if (round > 0) {
        const last = typed.findLastIndex(({ value }) => value === kept);
        assert.ok(last >= 0, `round ${round}: ${kept} was never typed`);
        const lost = typed[last + 1];
        const gone = lost ? typed.killed - lost.at : 0;
        worst = Math.max(worst, gone);
        assert.ok(gone <= 2_000, `round ${round}: ${gone} ms of typing are gone`);
      }
      typed = [{ value: kept, at: Date.now() }];
      const until = Date.now() + 300 + random() * 900;
      for (let n = 0; Date.now() < until; n += 1) {
        // Every value differs from the one before, and from those of the round before.
        const value = String(1 + ((n + 7 * round) % 90));
        await attempts(page).fill(value);
        typed.push({ value, at: Date.now() });
      }
      typed.killed = Date.now();
      kill(profile);
      await context.close().catch(() => {});
    }
    console.log(`killed 20 times: at most ${worst} ms of typing gone`);
    rmSync(profile, { recursive: true, force: true });
  });

  test("[7] a second tab reads and runs, and writes only after it took over", async () => {
    const { page, problems, close } = await site.visit();
    await untilStatus(page, "ready");
    await openKnobs(page);
    await attempts(page).fill("4");
    await page.locator("[data-testid=saved][data-value=saved]").waitFor();
    const second = await page.context().newPage();
    await second.goto(site.server.address);
    await second.getByTestId("elsewhere").waitFor();
    await openKnobs(second);
    assert.equal(await attempts(second).inputValue(), "4");
    await attempts(second).fill("7");
    await second.getByTestId("toast").getByText(/another tab/).waitFor();
    assert.equal(await second.getByTestId(`knob-${ATTEMPTS}`).getAttribute("data-value"), "4");

    await second.getByTestId("take-over").click();
    await second.getByTestId("elsewhere").waitFor({ state: "detached" });
    await page.getByTestId("elsewhere").waitFor();
    await openKnobs(second);
    await attempts(second).fill("7");
    await second.locator("[data-testid=saved][data-value=saved]").waitFor();
    await attempts(page).fill("2");
    await page.getByTestId("toast").waitFor();
    await second.reload();
    await openKnobs(second);
    assert.equal(await attempts(second).inputValue(), "7", "the first tab overwrote nothing");
    assert.deepEqual(problems, []);
    await close();
  });

  test("[6] storage that refuses is said at once, with a way out", async () => {
    const context = await site.browser.newContext({ viewport: { width: 1440, height: 900 } });
    const page = await context.newPage();
    await page.addInitScript(() => {
      IDBObjectStore.prototype.put = () => {
        throw new DOMException("no room", "QuotaExceededError");
      };
    });
    await page.goto(site.server.address);
    await page.getByRole("main").waitFor();
    await openKnobs(page);
    await attempts(page).fill("4");
    const banner = page.getByTestId("unsaved");
    await banner.waitFor();
    assert.match(await banner.innerText(), /Not saved/);
    const download = page.waitForEvent("download");
    await banner.getByRole("button", { name: "Download the design" }).click();
    assert.match((await download).suggestedFilename(), /\.toml$/);
    await context.close();
  });
});
