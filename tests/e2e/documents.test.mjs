// Documents from the design on the page: asked for, read, copied, downloaded, printed; and why there is none.
import assert from "node:assert/strict";
import { writeFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";

import { accessibilityFindings, blank, built, cli, download, openKnobs, quickAdd, ROOT, text, turn, untilStatus } from "./helpers.mjs";

const site = built();
const S04 = join(ROOT, "scenarios/s04-retry-storm.toml");

async function openDocuments(page) {
  await page.keyboard.press("Control+k");
  await page.locator("#pane").fill("Documents: design document");
  await page.keyboard.press("Enter");
  await page.getByTestId("paper-design").waitFor();
}

async function make(page, kind) {
  await page.getByTestId(`paper-${kind}`).click();
  await page.getByTestId("paper").waitFor({ timeout: 240_000 });
}

/** The Markdown, as the page saves it. */
const saved = async (page) => (await download(page, () => page.getByTestId("paper-download").click())).toString();

/** Without what a link and the name of a file say. */
const plain = (markdown) =>
  markdown.replaceAll(/#v1\.[\w-]+/g, "LINK").replaceAll(/[^\s`']*\.toml/g, "FILE");

describe("documents", () => {
  test("all three are those of the command line, and can be taken away", async () => {
    const { page, problems, close } = await site.visit();
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    await untilStatus(page, "ready");
    await page.getByTestId("skip-bet").click();
    await openDocuments(page);
    for (const kind of ["post-mortem", "runbook", "design"]) {
      await make(page, kind);
      const markdown = await saved(page);
      assert.equal(plain(markdown), plain(cli("document", S04, "--kind", kind)), kind);
      const read = await page.getByTestId("paper").innerText();
      assert.match(read, /‹fill in:/);
      assert.doesNotMatch(read, /\| ---|\]\(#runs\)|\*\*/);
      assert.ok((await page.getByTestId("paper").locator("table").count()) >= 3, kind);
      await page.getByTestId("paper-copy").click();
      const copied = await page.evaluate(() => navigator.clipboard.readText());
      assert.equal(copied, markdown);
    }
    assert.deepEqual(await accessibilityFindings(page), []);
    assert.deepEqual(problems, []);
    await close();
  });

  test("a run on the page goes on while one is made, and a change makes it old", async () => {
    const { page, problems, close } = await site.visit();
    await untilStatus(page, "ready");
    await page.getByTestId("skip-bet").click();
    await page.getByTestId("run").click();
    await untilStatus(page, "playing");
    await openDocuments(page);
    await page.getByTestId("paper-runbook").click();
    await page.getByTestId("paper-waits").waitFor();
    const clock = () => page.getByTestId("clock").getAttribute("data-value").then(Number);
    const before = await clock();
    await page.waitForFunction(
      (before) => Number(document.querySelector("[data-testid=clock]").dataset.value) > before,
      before,
    );
    await page.getByTestId("paper").waitFor({ timeout: 240_000 });
    await page.getByRole("button", { name: "Close", exact: true }).click();
    await openKnobs(page);
    await turn(page, "link.browse.attempts", "1");
    await openDocuments(page);
    await page.getByText("The design has changed since.").waitFor();
    assert.deepEqual(problems, []);
    await close();
  });

  test("on paper there is the document and nothing else", async () => {
    const { page, problems, close } = await site.visit({ colorScheme: "dark" });
    await untilStatus(page, "ready");
    await page.getByTestId("skip-bet").click();
    await openDocuments(page);
    await make(page, "post-mortem");
    await page.emulateMedia({ media: "print" });
    // The browser's own print is over at once here, so what it would see is looked at from within.
    await page.evaluate(() => {
      window.print = () => {
        const copy = document.getElementById("print");
        const shown = [...document.body.children].filter((it) => it.getClientRects().length > 0);
        window.printed = {
          alone: shown.length === 1 && shown[0] === copy,
          all: copy.scrollHeight <= copy.clientHeight + 1,
          text: copy.innerText,
          colours: [getComputedStyle(copy).color, getComputedStyle(copy).backgroundColor],
        };
      };
    });
    await page.evaluate(() => document.querySelector("[data-testid=paper-print]").click());
    const printed = await page.evaluate(() => window.printed);
    assert.ok(printed.alone && printed.all, JSON.stringify({ ...printed, text: "" }));
    assert.match(printed.text, /Post-mortem: The retry that ate production[^]*Runs/);
    assert.deepEqual(printed.colours, ["rgb(0, 0, 0)", "rgb(255, 255, 255)"]);
    const pdf = await page.pdf({ preferCSSPageSize: true });
    const sheets = pdf.toString("latin1").match(/\/Type\s*\/Page[^s]/g).length;
    assert.ok(sheets >= 2 && sheets <= 12, `${sheets} sheets`);
    await page.evaluate(() => dispatchEvent(new Event("afterprint")));
    assert.equal(await page.locator("#print").count(), 0);
    assert.deepEqual(problems, []);
    await close();
  });

  test("it is said why there is none: no prediction, nothing that can run", async () => {
    const { page, problems, close } = await site.visit();
    await untilStatus(page, "ready");
    await openDocuments(page);
    await page.getByTestId("paper-design").click();
    await page.getByTestId("paper-why").getByText(/Predict first/).waitFor();
    await page.getByRole("button", { name: "Close", exact: true }).click();
    await blank(page);
    await quickAdd(page, "balancer");
    await openDocuments(page);
    await page.getByTestId("paper-design").click();
    await page.getByTestId("paper-why").getByText(/It cannot run yet/).waitFor();
    assert.deepEqual(problems, []);
    await close();
  });

  test("a drawing without alerts and without trouble has a runbook that says so", async () => {
    const { page, problems, close } = await site.visit({ query: "?speed=max" });
    await blank(page);
    await quickAdd(page, "clients");
    await page.keyboard.press("n");
    await page.keyboard.press("ArrowRight");
    await page.locator("[data-link]").first().waitFor();
    const file = await text(page);
    await openDocuments(page);
    await make(page, "runbook");
    const markdown = await saved(page);
    assert.match(markdown, /Nothing would have paged anybody/);
    assert.match(markdown, /There was no moment in this run/);
    const folder = mkdtempSync(join(tmpdir(), "brownout-"));
    writeFileSync(join(folder, "drawn.toml"), file);
    assert.equal(plain(cli("document", join(folder, "drawn.toml"), "--kind", "runbook")), plain(markdown));
    rmSync(folder, { recursive: true });
    assert.deepEqual(problems, []);
    await close();
  });
});
