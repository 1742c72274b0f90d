// What users do: operations, a load test, assumptions. The numbers in brackets are those of the capabilities.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";

import { blank, built, CLI, download, quickAdd, text, untilStatus } from "./helpers.mjs";

const site = built();
const folder = mkdtempSync(join(tmpdir(), "brownout-"));
after(() => rmSync(folder, { recursive: true }));

async function command(page, words) {
  await page.keyboard.press("Control+k");
  await page.locator("#pane").fill(words);
  await page.keyboard.press("Enter");
}

/** Clients, a service and a database in a row. */
async function shop(page) {
  await blank(page);
  await quickAdd(page, "clients");
  for (let i = 0; i < 2; i += 1) {
    await page.keyboard.press("n");
    await page.keyboard.press("ArrowRight");
  }
  await page.getByText(/^Database/).first().waitFor();
}

describe("what users do", () => {
  test("somebody who draws adds what writes, tunes it, runs it, and takes it away again", async () => {
    const { page, problems, close } = await site.visit();
    await shop(page);
    await command(page, "Go to Clients");
    await page.getByTestId("add-write").click();
    assert.equal(await page.getByTestId("inspected").innerText(), "write");
    await page.locator("#label-of").fill("Buy");
    await page.locator("#label-of").press("Enter");
    await page.getByTestId("operations").getByRole("button", { name: /Buy\s*writes, weight 1/ }).waitFor();
    const weight = page.locator('[data-path="operation.write.weight"] input, input[name="operation.write.weight"]');
    assert.ok((await weight.count()) <= 1);
    const written = await text(page);
    assert.match(written, /\[operation\.request\]\n\n\[operation\.write\]\nkind = "write"\nlabel = "Buy"/);
    const file = join(folder, "drawn.toml");
    writeFileSync(file, written);
    const report = JSON.parse(execFileSync(CLI, ["run", file, "--format", "json"]));
    assert.ok(report.operations.find(({ operation, key }) => (operation ?? key) === "write"), "it is what users do");
    assert.ok(report.ledger !== undefined);
    // Away with it; what was there before stays.
    await page.getByRole("button", { name: "Delete it" }).click();
    assert.doesNotMatch(await text(page), /operation\.write/);
    assert.match(await text(page), /operation\.request/);
    assert.deepEqual(problems, []);
    await close();
  });

  test("[72] a load test is filled in as in Locust, runs, and comes out as table, CSV and locustfile", async () => {
    const { page, problems, close } = await site.visit({ query: "?speed=max" });
    const form = page.getByRole("dialog", { name: "Load test" });
    // What cannot run says so beside the form.
    await blank(page);
    await quickAdd(page, "clients");
    await command(page, "Load test");
    await form.getByTestId("form-use").click();
    await form.getByText(/It cannot run yet\./).waitFor();
    await page.keyboard.press("Escape");
    await shop(page);
    await command(page, "Load test");
    const fill = async (label, words) => form.getByLabel(label, { exact: true }).fill(words);
    await fill("Users", "many");
    await form.locator(".error").waitFor();
    await form.getByTestId("form-use").click({ force: true });
    assert.equal(await form.getByTestId("load-table").count(), 0, "nothing runs that cannot be read");
    await fill("Users", "40");
    await fill("Users started per second", "4");
    await fill("Wait time", "between(0.5, 1.5)");
    await fill("Run time", "30s");
    await form.getByTestId("form-use").click();
    await untilStatus(page, "over");
    const rows = await form.getByTestId("load-table").locator("tbody tr").allInnerTexts();
    assert.ok(rows.length >= 5 && rows.length <= 10, `${rows.length} rows`);
    const cells = rows.map((row) => row.split("\t"));
    assert.equal(cells.at(-1)[1], "40", "all have started");
    assert.ok(Number(cells[0][1]) < 40, "one after the other");
    const csv = (await download(page, () => form.getByTestId("load-csv").click())).toString();
    const lines = csv.trim().split("\n");
    assert.equal(lines[0], "Timestamp,User Count,Type,Name,Requests/s,Failures/s,50%,99%");
    const python = (await download(page, () => form.getByTestId("locustfile").click())).toString();
    assert.match(python, /wait_time = between\(0\.5, 1\.5\)/);
    assert.match(python, /--users 40 --spawn-rate 4 --run-time 30s/);
    // The same numbers as the command line's, from the file that the form has made.
    await page.keyboard.press("Escape");
    const written = await text(page);
    const file = join(folder, "load.toml");
    writeFileSync(file, written);
    const { series } = JSON.parse(execFileSync(CLI, ["run", file, "--format", "json"], { maxBuffer: 1 << 28 }));
    assert.equal(lines.length - 1, series.useful_per_s.length);
    for (const [nth, line] of lines.slice(1).entries()) {
      const [, , , , requests, failures, p50] = line.split(",");
      assert.equal(Number(requests), series.useful_per_s[nth] + series.failed_per_s[nth]);
      assert.equal(Number(failures), series.failed_per_s[nth]);
      assert.equal(p50, series.p50_ms[nth] === null ? "N/A" : String(series.p50_ms[nth]));
    }
    assert.deepEqual(problems, []);
    await close();
  });

  test("[73] assumptions about people fill in the workload and read as five lines; Run says why it cannot", async () => {
    const { page, problems, close } = await site.visit();
    await blank(page);
    const run = page.getByTestId("run");
    assert.equal(await run.getAttribute("aria-disabled"), "true");
    assert.match(await run.getAttribute("title"), /cannot run yet\. The page is empty/);
    // Clicked all the same, as a hand does: it answers.
    await run.click({ force: true });
    await page.getByText("It cannot run yet.").first().waitFor();
    await quickAdd(page, "service");
    assert.match(await run.getAttribute("title"), /Nobody asks for anything: add clients/);
    await shop(page);
    assert.equal(await run.getAttribute("aria-disabled"), null);
    await command(page, "Assumptions");
    const form = page.getByRole("dialog", { name: "Assumptions" });
    const fill = async (label, words) => form.getByLabel(label, { exact: true }).fill(words);
    await fill("People a day", "200k");
    await fill("Actions of each a day", "30");
    await fill("Peak", "4");
    await fill("Reads for each write", "20");
    await fill("Size of one thing", "2k");
    await fill("Things there are", "1000");
    await fill("Key skew", "1");
    const lines = await form.getByTestId("assumed").locator("li").allInnerTexts();
    assert.equal(lines.length, 5);
    assert.match(lines[0], /200,000 people × 30 actions a day = 69 a second on average, 278 at the peak/);
    assert.match(lines[3], /1,000 things is asked for 37 times a second: 13 %/);
    await fill("Peak", "-1");
    await form.locator(".error").waitFor();
    assert.equal(await form.getByTestId("assumed").locator("li").count(), 0);
    await fill("Peak", "4");
    await form.getByTestId("form-use").click();
    await form.waitFor({ state: "hidden" });
    const written = await text(page);
    for (const line of [
      /rate = "277\.7\d* rps"/,
      /\[operation\.request\][^[]*weight = 20/,
      /\[operation\.write\][^[]*weight = 1/,
      /response_size = 2000/,
      /request_size = 2000/,
      /popularity = "zipf"/,
      /keys = 1000/,
    ]) {
      assert.match(written, line);
    }
    await page.keyboard.press("Control+z");
    assert.doesNotMatch(await text(page), /zipf/);
    assert.deepEqual(problems, []);
    await close();
  });
});
