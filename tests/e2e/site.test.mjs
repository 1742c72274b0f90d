// The built folder as a site: it comes up anywhere, complains nowhere, and everybody can use it.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { accessibilityFindings, launch, serveBuilt, visit } from "./helpers.mjs";

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

for (const base of ["/", "/a/b/"]) {
  describe(`served under ${base}`, () => {
    let server;
    before(async () => {
      server = await serveBuilt(base);
    });
    after(() => server.close());

    test("it draws itself, starts its worker, and nothing fails or is asked of others", async () => {
      const { page, problems, close } = await visit(browser, server.address);
      const worker = page.workers()[0] ?? (await page.waitForEvent("worker"));
      assert.ok(worker.url().startsWith(server.address), worker.url());
      assert.match(new URL(worker.url()).search, /^\?build=[0-9a-f]{16}$/);
      await page.waitForLoadState("networkidle");
      assert.deepEqual(problems, []);
      await close();
    });
  });
}

describe("for everybody", () => {
  let server;
  before(async () => {
    server = await serveBuilt();
  });
  after(() => server.close());

  for (const colorScheme of ["light", "dark"]) {
    for (const [width, height] of [
      [1440, 900],
      [390, 844],
    ]) {
      test(`axe finds nothing, ${colorScheme}, ${width} x ${height}`, async () => {
        const viewport = { width, height };
        const { page, close } = await visit(browser, server.address, { colorScheme, viewport });
        assert.deepEqual(await accessibilityFindings(page), []);
        await close();
      });
    }
  }

  test("a phone never scrolls sideways", async () => {
    const viewport = { width: 390, height: 844 };
    const { page, close } = await visit(browser, server.address, { viewport });
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(wide <= 390, `the page is ${wide} pixels wide`);
    await close();
  });
});
