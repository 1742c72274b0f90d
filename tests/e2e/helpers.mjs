// What every test of the page needs: the built page served, Chromium, the native command line, and a
// record of everything that went wrong in the background.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { accessSync, constants, existsSync, readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { delimiter, join } from "node:path";
import { after, before } from "node:test";
import { fileURLToPath } from "node:url";

import { chromium } from "playwright-core";

import { serve } from "../../.ci/serve.mjs";

export const ROOT = fileURLToPath(new URL("../../", import.meta.url));
export const DIST = process.env.BROWNOUT_DIST ?? join(ROOT, "dist");

const FLAGS = [
  // Needed for root, as in containers; harmless elsewhere: only our own page is opened.
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--no-first-run",
];

/** The browser to drive: $CHROMIUM, or the first of its usual names on PATH. */
function browserPath() {
  if (process.env.CHROMIUM) return process.env.CHROMIUM;
  for (const name of ["chromium", "chromium-browser", "google-chrome", "chrome"]) {
    for (const folder of process.env.PATH.split(delimiter)) {
      const path = join(folder, name);
      try {
        accessSync(path, constants.X_OK);
        return path;
      } catch {
        // Not here.
      }
    }
  }
  throw new Error("no Chromium on PATH: run .ci/tools test, or set CHROMIUM");
}

/** One browser for a test file; close it in `after`. */
export function launch() {
  return chromium.launch({ executablePath: browserPath(), args: FLAGS });
}

/** A browser with a profile that stays on the disk when it ends. */
export function launchProfile(folder) {
  return chromium.launchPersistentContext(folder, {
    executablePath: browserPath(),
    args: FLAGS,
    viewport: { width: 1440, height: 900 },
  });
}

/** The built page on a free port, under `base`. */
export function serveBuilt(base = "/", options = {}) {
  assert.ok(existsSync(join(DIST, "index.html")), `no built page in ${DIST}: run make site`);
  return serve({ dir: DIST, port: 0, base, ...options });
}

/**
 * Opens the page as a new visitor (empty storage) and waits until it has drawn itself.
 * `problems` collects console errors, uncaught errors, failed requests and requests to elsewhere.
 * `query` is what the address asks for: `?seed=7&speed=max&debug`.
 */
export async function visit(browser, address, { query = "", ...options } = {}) {
  const context = await browser.newContext({
    viewport: { width: 1440, height: 900 },
    reducedMotion: "no-preference",
    ...options,
  });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  const problems = [];
  page.on("console", (message) => {
    if (message.type() === "error") problems.push(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => problems.push(`uncaught: ${error.message}`));
  page.on("requestfailed", (request) => {
    problems.push(`request failed: ${request.url()} ${request.failure()?.errorText}`);
  });
  page.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith(address) && !/^(data|blob):/.test(url)) {
      problems.push(`request to elsewhere: ${url}`);
    }
  });
  page.on("response", (response) => {
    if (response.status() >= 400) problems.push(`status ${response.status()}: ${response.url()}`);
  });
  await page.goto(address + query);
  await page.getByRole("main").waitFor();
  return { page, problems, close: () => context.close() };
}

/**
 * The built page and a browser for the tests of a file: `visit` takes the options of {@link visit}. What a visit
 * puts by for days without a network is as much work as the visit itself: no service worker, unless asked for.
 */
export function built() {
  const site = {
    visit: (options) => visit(site.browser, site.server.address, { serviceWorkers: "block", ...options }),
  };
  before(async () => {
    [site.browser, site.server] = [await launch(), await serveBuilt("/", { compress: false })];
  });
  after(async () => {
    await site.browser.close();
    await site.server.close();
  });
  return site;
}

/** An empty page, ready to be drawn on. */
export async function blank(page) {
  await page.getByTestId("scenarios").click();
  await page.getByRole("option", { name: /An empty page/ }).click();
  await page.getByText("Nothing is drawn yet.").waitFor();
}

/** Adds by typing, as the search offers it first. */
export async function quickAdd(page, words) {
  await page.locator("#canvas").focus();
  await page.keyboard.press("a");
  await page.locator("#pane").fill(words);
  await page.keyboard.press("Enter");
}

/** What a download contains that this begins. */
export async function download(page, act) {
  const download = page.waitForEvent("download");
  await act();
  const chunks = [];
  for await (const chunk of await (await download).createReadStream()) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** The file as the page would save it, byte for byte; by key, so that the focus stays where it is. */
export async function text(page) {
  return (await download(page, () => page.keyboard.press("Control+s"))).toString();
}

/** The clock's word: waiting, ready, playing, settling, paused, over, crashed. */
export async function untilStatus(page, ...words) {
  const any = words.map((word) => `[data-testid=clock][data-status=${word}]`).join(",");
  await page.locator(any).waitFor({ timeout: 60_000 });
}

/** Waits until there are so many: what a key or the clipboard does is drawn a moment later. */
export async function count(locator, number, what = "") {
  const until = Date.now() + 5_000;
  let found;
  while ((found = await locator.count()) !== number && Date.now() < until) {
    await locator.page().waitForTimeout(20);
  }
  assert.equal(found, number, what);
}

/** Has the panel of the knobs open. */
export async function openKnobs(page) {
  const open = page.getByRole("button", { name: "Knobs", exact: true }).first();
  if ((await open.getAttribute("aria-expanded")) === "false") await open.click();
}

/** Types a value into the field of a knob, as a person would. */
/** The text of a scenario file as people read it: numbers without what they are numbers of. */
export const shown = (text) => text.replaceAll(/\{([^{}]*)=[^{}=]*\}/g, (_, number) => number.trim());

export async function turn(page, path, value) {
  const knob = page.getByTestId(`knob-${path}`);
  const word = knob.getByRole("radio", { name: value, exact: true });
  if (await word.count()) {
    // The circle itself is hidden behind its label.
    await word.check({ force: true });
    return;
  }
  const field = knob.getByRole("textbox");
  await field.fill(value);
  await field.press("Enter");
}

/** What a run was, as the page has it in its numbers: the exact values, and the words on the screen. */
export async function numbers(page) {
  const exact = {};
  const shown = {};
  const facts = page.getByTestId("numbers").locator("[data-testid][data-value]");
  for (const fact of await facts.all()) {
    const id = await fact.getAttribute("data-testid");
    const value = await fact.getAttribute("data-value");
    exact[id] = id === "digest" ? value : JSON.parse(value);
    shown[id] = await fact.innerText();
  }
  return { exact, shown };
}

const axePath = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
const axeSource = readFileSync(axePath, "utf8");

/** Findings of axe-core on the page as it stands, one line each; none is the goal. `rules`: only these. */
export async function accessibilityFindings(page, rules) {
  // Not as a script of the page, whose policy refuses any that it was not built with.
  await page.evaluate(axeSource);
  const { violations } = await page.evaluate((rules) => {
    // Of what is in order nothing is told: to name each element would take as long as to look at it.
    const options = { resultTypes: ["violations"], ...(rules && { runOnly: { type: "rule", values: rules } }) };
    return globalThis.axe.run(document, options);
  }, rules);
  return violations.flatMap(({ id, help, nodes }) =>
    nodes.map((node) => `${id}: ${help}: ${node.target.join(" ")}: ${node.failureSummary}`),
  );
}

/** Words that are the same in every language: units and figures; names of things outside; names in the drawings of the tests; what
 * a library says of a file. */
const SAME_EVERYWHERE = new Set(
  ("ms ns us rps krps KB MB GB TB CPU HTTP SLO TLS DNS TCP UDP SQL TOML CSV JSON PNG SVG ID IDs TTL LRU FIFO LIFO RFC Brownout " +
    `${readdirSync(join(ROOT, "scenarios/start")).map((file) => file.split(".")[0]).join(" ")} ` +
    "Catalogue Shoppers Untitled Ctrl Shift Space Alt expected ident").split(" "),
);

/** Asks a page in English for the language that nobody speaks: all its texts in foreign letters. */
export async function speakForeign(page) {
  await page.evaluate(() => dispatchEvent(new CustomEvent("brownout-language", { detail: "en-XA" })));
  await page.locator('html[lang="en-XA"]').waitFor();
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
}

/** What a page in foreign letters says in plain ones: what no translation reaches. Code, and names as they stand in files, are left
 * out; documents are translated when they are made. */
export async function leftInEnglish(page) {
  const texts = await page.evaluate(() => {
    const attributes = ["aria-label", "aria-valuetext", "aria-roledescription", "alt", "placeholder", "title"];
    const skipped = "[translate=no], code, pre, script, style, textarea, noscript, .paper";
    const found = [];
    const look = (node) => {
      if (node.nodeType === Node.TEXT_NODE) return found.push(node.data);
      if (node.nodeType !== Node.ELEMENT_NODE || node.matches(skipped)) return undefined;
      for (const name of attributes) if (node.hasAttribute(name)) found.push(node.getAttribute(name));
      return node.childNodes.forEach(look);
    };
    look(document.body);
    return found;
  });
  const withoutCode = (text) =>
    text.replaceAll(/`[^`]*`|https?:\S+|\b[0-9a-f]{32}\b|[\w#-]+([._/-][\w]+)+|\b\d+\w+/g, " ");
  const isLeft = (text) => (withoutCode(text).match(/[A-Za-z]{2,}/g) ?? []).some((word) => !SAME_EVERYWHERE.has(word));
  return [...new Set(texts.filter(isLeft).map((text) => text.trim()))];
}

/** The native command line; .ci/test says where it was built. */
export const CLI = process.env.BROWNOUT_CLI ?? join(ROOT, "target/debug/brownout");

/** What the command line prints, as text. A non-zero exit code throws with what it said. */
export function cli(...args) {
  return execFileSync(CLI, args, { encoding: "utf8", maxBuffer: 256 * 1024 * 1024 });
}
