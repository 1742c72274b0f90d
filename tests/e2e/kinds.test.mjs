// Every kind, policy and entry of the timeline in the page: what the fixtures of the knobs have opens,
// runs to its end, and gives the fingerprint of the command line.
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";

import { built, cli, numbers, ROOT, untilStatus } from "./helpers.mjs";

const FOLDER = join(ROOT, "tests/fixtures/knobs");
const files = readdirSync(FOLDER).filter((name) => name.endsWith(".toml"));

const site = built();

describe("everything that can be drawn", () => {
  test("there are fixtures", () => assert.ok(files.length >= 8, files.join()));
  for (const file of files) {
    test(file, async () => {
      const path = join(FOLDER, file);
      const { page, problems, close } = await site.visit({ query: "?speed=max" });
      await untilStatus(page, "ready");
      await page.getByTestId("file").setInputFiles(path);
      // These have no lesson, so there is nothing to predict.
      await page.getByTestId("skip-bet").waitFor({ state: "hidden" });
      await untilStatus(page, "ready");
      await page.getByTestId("run").click();
      await untilStatus(page, "over");
      assert.equal(await page.getByTestId("crash").count(), 0);
      const { exact } = await numbers(page);
      const report = JSON.parse(cli("run", path, "--format", "json"));
      assert.equal(exact.digest, report.digest);
      assert.deepEqual(problems, []);
      await close();
    });
  }
});
