// Capabilities of the workbench that no other file tests; the numbers in brackets are theirs.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";

import { blank, built, CLI, count, download, quickAdd, ROOT, text, untilStatus } from "./helpers.mjs";

const LESSON = readFileSync(join(ROOT, "scenarios/s04-retry-storm.toml"), "utf8");

const site = built();
const folder = mkdtempSync(join(tmpdir(), "brownout-"));
after(() => rmSync(folder, { recursive: true }));

const said = (page) => page.getByTestId("clock").getAttribute("data-value");

async function command(page, words) {
  await page.keyboard.press("Control+k");
  await page.locator("#pane").fill(words);
  await page.keyboard.press("Enter");
}

/** To this moment of the run, in seconds, as somebody does who drags the handle there. */
async function seek(page, seconds) {
  await page.getByTestId("scrubber").fill(String(seconds * 1000));
  const at = String(seconds * 1e9);
  await page.waitForFunction((at) => document.querySelector("[data-testid=clock]").dataset.value === at, at);
}

/** All that the page says of a moment. */
async function moment(page) {
  const nodes = await page.locator("[data-node]").evaluateAll((all) =>
    all.map((node) => [node.dataset.node, node.dataset.state, node.textContent, node.getAttribute("aria-label")]),
  );
  const strip = await page.locator("[data-testid^=strip-]").allInnerTexts();
  // How the price compares with the first run is no part of a moment.
  return { nodes, strip: strip.map((cell) => cell.replace(/(\/h\n).*$/, "$1")) };
}

/** How light each pixel of a place is, without names, figures and what moves. */
async function greyPicture(page, clip) {
  // A sheet of its own: the page's policy takes no styles in elements.
  const hide = (css) =>
    page.evaluate((css) => {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(css);
      document.adoptedStyleSheets = [sheet];
    }, css);
  await hide("#canvas :is(.fact, .name, .kind, canvas, .wire) { visibility: hidden }");
  const png = (await page.screenshot({ clip })).toString("base64");
  await hide("");
  return page.evaluate(async (png) => {
    const bytes = Uint8Array.from(atob(png), (c) => c.charCodeAt(0));
    const image = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
    const cx = new OffscreenCanvas(image.width, image.height).getContext("2d");
    cx.drawImage(image, 0, 0);
    const { data } = cx.getImageData(0, 0, image.width, image.height);
    const light = [];
    for (let i = 0; i < data.length; i += 4) {
      light.push(Math.round(0.2126 * data[i] + 0.7152 * data[i + 1] + 0.0722 * data[i + 2]));
    }
    return light;
  }, png);
}

/** The charts as files: what they say on the page, legible on A4, dark on white. */
async function chartsOnPaper(page) {
  await page.getByTestId("skip-bet").click();
  await seek(page, 60);
  const svg = (await download(page, () => command(page, "charts as SVG"))).toString();
  const png = await download(page, () => command(page, "charts as PNG"));
  const looked = await page.evaluate((svg) => {
    const drawn = new DOMParser().parseFromString(svg, "image/svg+xml");
    const { width, height } = drawn.documentElement.viewBox.baseVal;
    const texts = [...drawn.querySelectorAll("text")];
    return {
      bad: drawn.querySelector("parsererror") !== null,
      width,
      height,
      sizes: texts.map((t) => parseFloat(t.getAttribute("font-size"))),
      colours: texts.map((t) => t.getAttribute("fill")),
      words: texts.map((t) => t.textContent),
      points: [...drawn.querySelectorAll("path")].map((path) => path.getAttribute("d").split("L").length),
    };
  }, svg);
  assert.ok(!looked.bad, "it is an SVG");
  const mm = Math.min(190 / looked.width, 277 / looked.height, 1);
  assert.ok(Math.min(...looked.sizes) * mm >= 1.9, `${Math.min(...looked.sizes) * mm} mm`);
  for (const colour of looked.colours) {
    const [r, g, b] = colour.match(/[\d.]+/g).map(Number);
    assert.ok(0.2126 * r + 0.7152 * g + 0.0722 * b < 140, `${colour} on white`);
  }
  // Each chart that stands on the page, with its sentence.
  const charts = await page.locator(".chart [role=img]").evaluateAll((all) => all.map((chart) => chart.getAttribute("aria-label")));
  assert.equal(charts.length, 3);
  for (const sentence of charts) {
    assert.ok(looked.words.some((word) => word.length > 12 && sentence.includes(word)), `${sentence}\n${looked.words.join("|")}`);
  }
  assert.ok(Math.max(...looked.points) > 50, "the lines are there");
  assert.equal(png.readUInt32BE(16), 2 * looked.width);
}

describe("acceptance", () => {
  test("[1] a first visit shows a system, paused; running it shows something within two seconds", async () => {
    const { page, problems, close } = await site.visit();
    await untilStatus(page, "ready");
    assert.ok((await page.locator("[data-node]").count()) >= 2, "a small system is drawn");
    assert.equal(await said(page), "0");
    await page.getByTestId("skip-bet").click();
    await page.getByTestId("run").click();
    await page.waitForFunction(
      () => Number(document.querySelector("[data-testid=clock]").dataset.value) > 0,
      undefined,
      { timeout: 2_000 },
    );
    assert.deepEqual(problems, []);
    await close();
  });

  test("[3] what cannot be connected is explained, and the drawing stays", async () => {
    const { page, problems, close } = await site.visit();
    await blank(page);
    for (const kind of ["clients", "service", "database"]) await quickAdd(page, kind);
    await count(page.locator("[data-node]"), 3);
    const before = await text(page);
    const middle = async (key) => {
      const box = await page.locator(`[data-node="${key}"] .outline`).boundingBox();
      return [box.x + box.width / 2, box.y + box.height / 2];
    };
    // By list: who cannot be called stands there with the reason.
    await page.mouse.click(...(await middle("service")));
    await page.locator("#canvas").focus();
    await page.keyboard.press("c");
    const refused = page.locator('#pane-lines [aria-disabled="true"]');
    await refused.first().waitFor();
    assert.match(await refused.first().innerText(), /\n.{10,}/s);
    await page.keyboard.press("Escape");
    // By two clicks: the reason is said.
    await page.getByTestId("connect").click();
    await page.keyboard.press("Escape");
    const clients = await page.locator('[data-node="clients"] .outline').boundingBox();
    const service = await page.locator('[data-node="service"] .outline').boundingBox();
    await page.mouse.move(service.x + service.width, service.y + service.height / 2);
    await page.mouse.down();
    await page.mouse.move(clients.x + clients.width / 2, clients.y + clients.height / 2, { steps: 6 });
    await page.mouse.up();
    await page.getByTestId("toast").getByText(/nobody can call/).waitFor();
    assert.equal(await text(page), before);
    assert.deepEqual(problems, []);
    await close();
  });

  test("[5] two hundred steps of all sorts are undone to the same bytes, and done again", async () => {
    const { page, problems, close } = await site.visit();
    await untilStatus(page, "ready");
    const start = await text(page);
    await blank(page);
    let state = 20_261_128;
    const random = (n) => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return Math.floor((state / 2 ** 32) * n);
    };
    const key = (name) => page.keyboard.press(name);
    const kinds = ["clients", "balancer", "service", "cache", "database", "queue", "worker", "job", "kafka", "redis"];
    const small = 'format = 1\n[run]\nduration = "10 s"\n[clients.a]\nrate = "1 rps"\n[service.b]\n[link.c]\nfrom = "a"\nto = "b"\n';
    const steps = [
      () => quickAdd(page, kinds[random(kinds.length)]),
      async () => {
        await key("n");
        await key(["ArrowRight", "ArrowDown", "ArrowUp", "ArrowLeft"][random(4)]);
      },
      () => key("Control+d"),
      () => key("Delete"),
      () => key(["ArrowRight", "Shift+ArrowDown"][random(2)]),
      async () => {
        await key("m");
        await key("ArrowRight");
        await key("Escape");
      },
      async () => {
        await key("Control+c");
        await key("Control+v");
      },
      () => key("Shift+t"),
      async () => {
        await key("Control+a");
        if (random(3) === 0) await key("Control+x");
      },
      async () => {
        const up = page.getByRole("button", { name: /one step up$/ });
        if (await up.count()) await up.first().click({ timeout: 500 }).catch(() => {});
      },
      async () => {
        await page.getByTestId("happen").click();
        await page.locator("#pane").fill(["crash", "slow", "spike"][random(3)]);
        await key("Enter");
      },
      async () => {
        if (random(4) > 0) return;
        await page.getByTestId("file").setInputFiles({ name: "small.toml", mimeType: "text/plain", buffer: Buffer.from(small) });
        if (!(await page.locator(".palette").isVisible())) await key("b");
      },
    ];
    for (let step = 0; step < 200; step += 1) {
      await page.locator("#canvas").focus();
      await steps[random(steps.length)]();
    }
    const end = await text(page);
    const all = async (name) => {
      const button = page.getByRole("button", { name, exact: true });
      for (let n = 0; n < 2_000 && (await button.isEnabled()); n += 1) await button.click();
      assert.ok(!(await button.isEnabled()), `${name}: to the very end`);
    };
    assert.notEqual(end, start);
    await all("Undo");
    assert.equal(await text(page), start);
    await all("Redo");
    assert.equal(await text(page), end);
    assert.deepEqual(problems, []);
    await close();
  });

  test("[10] every knob shows its unit, default, range and effect; what is out of range is explained", async () => {
    const { page, problems, close } = await site.visit();
    await blank(page);
    let seen = 0;
    for (const kind of ["clients", "balancer", "service", "cache", "database", "third party", "queue", "worker", "job"]) {
      await quickAdd(page, kind);
      await page.locator('[data-node][data-selected="true"]').waitFor();
      const more = page.getByRole("button", { name: /more knobs/ });
      if (await more.count()) await more.click();
      const knobs = await page.locator("#knobs .knob[data-testid]").evaluateAll((all) =>
        all.map((knob) => ({
          path: knob.dataset.testid,
          meaning: knob.querySelector(".meaning")?.innerText ?? "",
          allowed: knob.querySelector(".allowed")?.innerText ?? "",
          words: knob.querySelectorAll("input[type=radio], option").length,
        })),
      );
      assert.ok(knobs.length >= 2, `${kind}: ${knobs.length} knobs`);
      for (const { path, meaning, allowed, words } of knobs) {
        assert.match(meaning, /: \S.{8,}/s, `${path} says what it does`);
        assert.ok(allowed.length > 4 || words > 1, `${path} says what it can be: ${allowed}`);
      }
      seen += knobs.length;
    }
    assert.ok(seen > 60, `${seen} knobs`);

    // A number that is not allowed: the reason is beside it, the design keeps the last good one.
    await quickAdd(page, "service");
    const slots = page.locator('#knobs .knob[data-testid$=".slots"]');
    const field = slots.getByRole("textbox");
    const before = await slots.getAttribute("data-value");
    for (const [typed, why] of [["0", /1/], ["-1", /./], ["1e99", /./], ["NaN", /./], ["abc", /./]]) {
      await field.fill(typed);
      const error = slots.getByRole("alert");
      await error.waitFor();
      assert.match(await error.innerText(), /Not used/, typed);
      assert.match(await error.innerText(), why, typed);
      assert.equal(await slots.getAttribute("data-value"), before, typed);
    }
    assert.deepEqual(problems, []);
    await close();
  });

  test("[12] run, pause, step, speed; a moment that is looked at again is what a fresh run is then", async () => {
    const query = "?seed=7&speed=max";
    const { page, problems, close } = await site.visit({ query });
    await untilStatus(page, "ready");
    // A prediction comes before any look ahead.
    await page.getByTestId("scrubber").fill("60000");
    assert.equal(await said(page), "0");
    await page.getByTestId("skip-bet").click();
    await page.getByTestId("run").click();
    await untilStatus(page, "over");
    const verdict = await page.getByTestId("verdict").innerText();
    const seen = {};
    for (const seconds of [150, 12.5, 45.3, 31]) {
      await seek(page, seconds);
      seen[seconds] = await moment(page);
      assert.equal(await page.getByTestId("verdict").innerText(), verdict, "the verdict stays");
    }
    assert.notDeepEqual(seen[12.5], seen[45.3], "moments differ");
    // By keyboard, a second and ten.
    await page.getByTestId("scrubber").focus();
    for (const [key, at] of [["ArrowRight", 32], ["Shift+ArrowLeft", 22], ["PageUp", 32], ["Home", 0]]) {
      await page.keyboard.press(key);
      const ns = String(at * 1e9);
      await page.waitForFunction((at) => document.querySelector("[data-testid=clock]").dataset.value === at, ns);
    }
    await close();

    // A fresh profile that goes straight to each moment sees the same, in whatever order.
    const fresh = await site.visit({ query });
    await untilStatus(fresh.page, "ready");
    await fresh.page.getByTestId("skip-bet").click();
    for (const seconds of [45.3, 12.5, 31, 150]) {
      await seek(fresh.page, seconds);
      assert.deepEqual((await moment(fresh.page)).nodes, seen[seconds].nodes, `at ${seconds} s`);
      assert.deepEqual((await moment(fresh.page)).strip, seen[seconds].strip, `at ${seconds} s`);
    }
    // One step goes to the next thing that can be seen.
    await fresh.page.keyboard.press("Escape");
    await fresh.page.locator("#canvas").focus();
    await fresh.page.keyboard.press(".");
    await fresh.page.waitForFunction(
      () => Number(document.querySelector("[data-testid=clock]").dataset.value) > 150e9,
    );
    assert.ok(Number(await said(fresh.page)) < 150.2e9);
    assert.deepEqual([...problems, ...fresh.problems], []);
    await fresh.close();
  });

  test("[14] what somebody does to a run is on its timeline to the nanosecond, and replays", async () => {
    const { page, problems, close } = await site.visit({ query: "?speed=max&seed=7" });
    await untilStatus(page, "ready");
    await page.getByTestId("skip-bet").click();
    await seek(page, 20);
    const before = (await text(page)).match(/\[\[timeline\]\]/g).length;
    // Slow the service by key, kill it by the menu of its right click.
    const service = page.locator('[data-node][data-node="catalogue"]');
    await service.click();
    await page.locator("#canvas").focus();
    await page.keyboard.press("s");
    await count(page.locator(".entry"), before + 1);
    await seek(page, 100);
    await service.click({ button: "right" });
    await page.getByRole("option", { name: /Kill what is selected/ }).click();
    await count(page.locator(".entry"), before + 2);
    const written = await text(page);
    assert.match(written, /what = "slow"\nat = "20000000.001 us"/, "slow");
    assert.match(written, /what = "crash"\nat = "100000000.001 us"/, "crash");
    await page.getByTestId("run").click();
    await untilStatus(page, "over");
    const digest = await page.getByTestId("digest").getAttribute("data-value");
    await close();
    // The command line, which never saw anybody act.
    const file = join(folder, "acted.toml");
    writeFileSync(file, written);
    const report = JSON.parse(execFileSync(CLI, ["run", file, "--seed", "7", "--format", "json"], { maxBuffer: 1 << 28 }));
    assert.equal(report.digest, digest);
    assert.deepEqual(problems, []);
  });

  test("[28] the file is the command line's; drop, picker and paste bring it in; faults have their place", async () => {
    const { page, problems, close } = await site.visit();
    await untilStatus(page, "ready");
    const file = join(folder, "exported.toml");
    writeFileSync(file, await text(page));
    execFileSync(CLI, ["check", file]);
    const changed = LESSON.replace("attempts = 3", "attempts = 2");
    const drop = (name, body) =>
      page.evaluate(([name, body]) => {
        const data = new DataTransfer();
        data.items.add(new File([body], name, { type: "text/plain" }));
        const event = (type) => new DragEvent(type, { dataTransfer: data, bubbles: true, cancelable: true });
        for (const type of ["dragover", "drop"]) document.querySelector("#canvas").dispatchEvent(event(type));
      }, [name, body]);
    const pick = (name, body) =>
      page.getByTestId("file").setInputFiles({ name, mimeType: "text/plain", buffer: Buffer.from(body) });
    const paste = (_, body) =>
      page.evaluate((body) => {
        const data = new DataTransfer();
        data.setData("text/plain", body);
        const event = new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true });
        document.querySelector("#canvas").dispatchEvent(event);
      }, body);
    for (const [way, bring] of Object.entries({ drop, pick, paste })) {
      await bring("empty.toml", 'format = 1\n[run]\nduration = "10 s"\n[service.alone]\n');
      await count(page.locator("[data-node]"), 1, way);
      await bring("changed.toml", changed);
      await count(page.locator("[data-node]"), 2, way);
      assert.equal(await text(page), changed, way);
      // Line, column and field of what is wrong; what was there stays.
      const broken = changed.replace('timeout = "1 s"', 'timeout = "soon"');
      assert.notEqual(broken, changed);
      const line = broken.split("\n").findIndex((it) => it.includes("soon")) + 1;
      await bring("broken.toml", broken);
      const refused = page.getByTestId("refused");
      await refused.waitFor();
      const words = await refused.innerText();
      assert.match(words, new RegExp(`line ${line}\\b.*column \\d+`, "s"), way);
      assert.match(words, /timeout/, way);
      assert.equal(await text(page), changed, way);
      await page.keyboard.press("Escape");
    }
    assert.deepEqual(problems, []);
    await close();
  });

  test("[29] SVG and PNG of the drawing are legible on A4, in light and dark", async () => {
    for (const colorScheme of ["light", "dark"]) {
      const { page, problems, close } = await site.visit({ colorScheme });
      await untilStatus(page, "ready");
      const svg = (await download(page, () => command(page, "as SVG"))).toString();
      const png = await download(page, () => command(page, "as PNG"));
      const looked = await page.evaluate((svg) => {
        const drawn = new DOMParser().parseFromString(svg, "image/svg+xml");
        const root = drawn.documentElement;
        const texts = [...drawn.querySelectorAll("text")].filter((t) => t.textContent.trim() && t.getAttribute("display") !== "none");
        return {
          bad: drawn.querySelector("parsererror") !== null,
          width: root.viewBox.baseVal.width,
          height: root.viewBox.baseVal.height,
          sizes: texts.map((t) => parseFloat(t.getAttribute("font-size"))),
          colours: texts.map((t) => t.getAttribute("fill")),
          words: texts.map((t) => t.textContent),
        };
      }, svg);
      assert.ok(!looked.bad, "it is an SVG");
      // A4 across has 277 mm inside its margins; 1.9 mm is 5.5 points, the smallest print of a form.
      const mm = Math.min(277 / looked.width, 190 / looked.height);
      const smallest = Math.min(...looked.sizes) * Math.min(mm, 1);
      assert.ok(smallest >= 1.9, `smallest letters: ${smallest.toFixed(2)} mm`);
      assert.ok(looked.words.some((word) => /Catalogue/i.test(word)), looked.words.join("|"));
      // Dark letters on white paper, whatever the page looks like.
      for (const colour of looked.colours) {
        const [r, g, b] = colour.match(/[\d.]+/g).map(Number);
        assert.ok(0.2126 * r + 0.7152 * g + 0.0722 * b < 140, `${colour} on white`);
      }
      assert.deepEqual([...png.subarray(1, 4)].map((c) => String.fromCharCode(c)).join(""), "PNG");
      const width = png.readUInt32BE(16);
      assert.ok(width >= 2 * looked.width - 2, `${width} pixels for ${looked.width}`);
      await chartsOnPaper(page);
      assert.deepEqual(problems, []);
      await close();
    }
  });

  test("[32] the drawing in words lists what is there and how it is, and edits like the canvas", async () => {
    const { page, problems, close } = await site.visit({ query: "?speed=max" });
    await untilStatus(page, "ready");
    await page.getByTestId("skip-bet").click();
    await page.keyboard.press("o");
    const outline = page.locator("#outline");
    await outline.waitFor();
    const lines = await outline.locator("li .line").allInnerTexts();
    assert.equal(lines.length, 4, "two nodes, a link, what users do");
    const idle = lines.join("\n");
    await seek(page, 45);
    await page.waitForFunction((idle) => document.querySelector("#outline .lines").innerText !== idle, idle);
    assert.match(await outline.innerText(), /failing|waiting|slots/i, "live states");
    // The same edits from here and from the canvas give the same file.
    await blank(page);
    await quickAdd(page, "clients");
    await quickAdd(page, "service");
    const drawn = await text(page);
    await page.keyboard.press("Control+z");
    await page.keyboard.press("Control+z");
    await count(page.locator("[data-node]"), 0);
    if (!(await outline.isVisible())) {
      await page.locator("#canvas").focus();
      await page.keyboard.press("o");
      await outline.waitFor();
    }
    for (const kind of ["clients", "service"]) {
      await outline.getByRole("button", { name: "Add a node" }).click();
      await page.locator("#pane").fill(kind);
      await page.keyboard.press("Enter");
    }
    await count(page.locator("[data-node]"), 2);
    const position = /position = .*\n/g;
    assert.equal((await text(page)).replace(position, ""), drawn.replace(position, ""));
    await outline.getByRole("button", { name: /^clients/i }).click();
    await outline.getByRole("button", { name: /^Connect/ }).click();
    await page.getByRole("option", { name: /service/i }).last().click();
    await count(page.locator("[data-link]"), 1);
    await outline.getByRole("button", { name: /^service/i }).first().click();
    await page.getByRole("button", { name: "Slots: one step up" }).click();
    assert.match(await text(page), /slots = 5/);
    await outline.getByRole("button", { name: /^Delete/ }).click();
    await count(page.locator("[data-node]"), 1);
    assert.deepEqual(problems, []);
    await close();
  });

  test("[33] each chart has a sentence, and a table that says what the run measured", async () => {
    const { page, problems, close } = await site.visit({ query: "?speed=max&seed=7" });
    await untilStatus(page, "ready");
    await page.getByTestId("skip-bet").click();
    await page.getByTestId("run").click();
    await untilStatus(page, "over");
    const file = join(folder, "lesson.toml");
    writeFileSync(file, LESSON);
    const { series } = JSON.parse(
      execFileSync(CLI, ["run", file, "--seed", "7", "--format", "json"], { maxBuffer: 1 << 28 }),
    );
    const columns = {
      throughput: [series.offered_per_s, series.useful_per_s],
      latency: [series.p50_ms, series.p99_ms],
      tries: [series.tries_per_action],
    };
    const number = (cell) => {
      const [, digits, unit] = cell.match(/^([\d,.]+)\s*(ms|s)?/) ?? [];
      return digits === undefined ? undefined : Number(digits.replaceAll(",", "")) * (unit === "s" ? 1000 : 1);
    };
    let compared = 0;
    for (const [name, measured] of Object.entries(columns)) {
      const chart = page.getByTestId(`chart-${name}`);
      assert.match(await chart.getByRole("img").getAttribute("aria-label"), /: .*\d/, name);
      await chart.getByRole("button", { name: "Table" }).click();
      const rows = await chart.locator("tbody tr").evaluateAll((all) => all.map((row) => [...row.cells].map((cell) => cell.innerText)));
      assert.ok(rows.length >= 20, `${name}: ${rows.length} rows`);
      const step = parseFloat(rows[1][0]) - parseFloat(rows[0][0]);
      const per = (step * 1e9) / series.bucket_ns;
      for (const [i, row] of rows.entries()) {
        for (const [c, values] of measured.entries()) {
          const slice = values.slice(i * per, (i + 1) * per).filter((x) => x !== null && Number.isFinite(x));
          const shown = number(row[c + 1]);
          if (slice.length === 0 || shown === undefined) {
            assert.ok(slice.length === 0 && shown === undefined, `${name} ${row}: ${slice}`);
            continue;
          }
          const mean = slice.reduce((sum, x) => sum + x, 0) / slice.length;
          // One in a hundred, or half of the last digit that is shown.
          const digit = row[c + 1].includes(".") ? 0.05 : 0.5;
          const allowed = Math.max(0.01 * mean, digit * (/\bs$/.test(row[c + 1]) ? 1000 : 1) * 1.01);
          assert.ok(Math.abs(shown - mean) <= allowed, `${name} ${row}: ${mean}`);
          compared += 1;
        }
      }
      await chart.getByRole("button", { name: "Chart" }).click();
    }
    assert.ok(compared > 100, `${compared} cells`);
    assert.deepEqual(problems, []);
    await close();
  });

  test("[34] with reduced motion nothing moves by itself, and no state is colour alone", async () => {
    const { page, problems, close } = await site.visit({
      reducedMotion: "reduce",
      query: "?speed=max",
    });
    await untilStatus(page, "ready");
    const moving = await page.evaluate(() => document.getAnimations().filter((a) => a.playState === "running").length);
    assert.equal(moving, 0);
    await page.getByTestId("skip-bet").click();
    // Each state is told apart by its words, and by what is seen of it in grey without any figure.
    const told = new Map();
    const seen = [];
    const places = new Map();
    for (const seconds of [0.001, 20, 45, 100, 179]) {
      await seek(page, seconds);
      for (const node of await page.locator("[data-node]").all()) {
        const state = await node.getAttribute("data-state");
        const badge = await node.locator(".state").allTextContents();
        if (!told.has(state)) told.set(state, badge.join(" ").trim());
        const key = await node.getAttribute("data-node");
        // Where it was at first: lines of another width make it a little larger.
        const { x, y, width, height } = await node.locator(".outline").boundingBox();
        if (!places.has(key)) places.set(key, { x: x - 6, y: y - 6, width: width + 12, height: height + 12 });
        seen.push({ node: key, state, grey: await greyPicture(page, places.get(key)) });
      }
    }
    let pairs = 0;
    for (const [i, a] of seen.entries()) {
      for (const b of seen.slice(i + 1).filter((b) => b.node === a.node)) {
        const changed = a.grey.filter((light, pixel) => Math.abs(light - b.grey[pixel]) > 40).length;
        const which = `${a.node}: ${a.state}, ${b.state}: ${changed} of ${a.grey.length} pixels`;
        assert.equal(a.grey.length, b.grey.length, which);
        if (a.state === b.state) assert.ok(changed < 20, which);
        else assert.ok(changed >= 60, which);
        pairs += Number(a.state !== b.state);
      }
    }
    assert.ok(pairs > 0, "no node was seen in two states");
    assert.ok(told.size >= 2, `states seen: ${[...told.keys()]}`);
    const words = [...told.values()];
    assert.equal(new Set(words).size, words.length, JSON.stringify([...told]));
    assert.deepEqual(problems, []);
    await close();
  });
});
