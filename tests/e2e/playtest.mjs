// Plays every lesson as somebody would who meets it for the first time, in a real browser. Through the guided door: a
// wrong prediction, the change that backfires, a hint if one is offered, a change that holds, the check on other seeds,
// part two. Through the cold door: no prediction, the knobs found by clicking in the drawing, and another change that
// holds where the lesson has one.
//   node tests/e2e/playtest.mjs [FOLDER] [LESSON ...]
// What was done and what the page said is written to FOLDER/LESSON.md, pictures beside it (target/playtests). What of
// it confuses is for people to say: the logs with their remarks are in docs/playtests/.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { allLessons, linkTo, strings, variants } from "./lessons.mjs";
import { launch, numbers, openKnobs, ROOT, serveBuilt, turn, untilStatus, visit } from "./helpers.mjs";

const [folder = join(ROOT, "target/playtests"), ...wanted] = process.argv.slice(2);
const lessons = allLessons().filter((id) => wanted.length === 0 || wanted.some((it) => id.startsWith(it)));

const tidy = (text) => text.replace(/\s*\n\s*/g, " / ").replace(/\s+/g, " ").trim();
const words = (text) => text.split(/\s+/).filter((word) => /\w/.test(word)).length;

class Log {
  lines = [];
  constructor(id, title) {
    this.id = id;
    this.lines.push(title, "");
  }
  did(what) {
    this.lines.push(`- **${what}**`);
  }
  saw(...what) {
    for (const text of what.flat().filter(Boolean)) this.lines.push(`  - ${tidy(text)}`);
  }
  async picture(page, name) {
    await page.screenshot({ path: join(folder, `${this.id}-${name}.png`) });
  }
  keep() {
    writeFileSync(join(folder, `${this.id}.md`), `${this.lines.join("\n").trimEnd()}\n`);
  }
}

async function seen(page, id) {
  const part = page.getByTestId(id);
  return (await part.count()) > 0 ? part.first().innerText() : "";
}

/** What is to be read, and how much of it. */
async function reading(page, log) {
  const question = await page.locator("#story .question").first().innerText();
  const hook = page.locator("#story .hook").first();
  const story = (await hook.count()) > 0 ? await hook.innerText() : "";
  log.saw(question, story, `Words of question and story: ${words(question) + words(story)}; of the whole panel: ${words(await page.locator("#story").innerText())}`);
  log.saw(`Goals: ${await seen(page, "goals")}`);
}

/** What a finished run says. */
async function outcome(page, log, name) {
  await untilStatus(page, "over");
  const verdict = page.getByTestId("verdict");
  await verdict.waitFor();
  const { shown } = await numbers(page);
  log.saw(`**${tidy(await verdict.locator("h2").first().innerText())}** ${await verdict.locator(".hook").first().innerText().catch(() => "")}`);
  log.saw(`Goals: ${await seen(page, "goals")}`);
  log.saw(`Served ${shown.served}, tries ${shown.amplification}, p99 ${shown.p99}, duplicate ${shown.duplicate}, cost ${shown.cost}`);
  log.saw(`How it came: ${await seen(page, "chain")}`);
  const after = await verdict.locator("section.block:has([data-testid=chain]) p.small.muted").allInnerTexts();
  log.saw(after.filter(Boolean).map((line) => `Below it: ${line}`));
  for (const id of ["bet-outcome", "about-change", "evidence", "paged", "next"]) {
    const text = await seen(page, id);
    if (text) log.saw(`${id}: ${text}`);
  }
  for (const card of await page.locator("#story .card").all()) {
    const count = words(await card.innerText());
    const id = await card.getAttribute("data-testid");
    if (count > 40 && id !== "next") log.saw(`Card of ${count} words: ${id}`);
  }
  const hint = await seen(page, "hint");
  log.saw(hint ? `Offered: ${hint}` : "No hint is offered");
  if (name) await log.picture(page, name);
}

/** Clicks on the node or the link that has the knob, as somebody would whom nobody told where it is. */
async function pick(page, path) {
  const [kind, key] = path.split(".");
  await deselect(page);
  // The panel of the knobs may lie over what is at the right.
  const panel = page.getByRole("button", { name: "Close the knobs" });
  if (await panel.isVisible()) await panel.click();
  await page.getByRole("button", { name: "All of it in sight" }).click();
  const part = page.locator(kind === "link" ? `[data-link="${key}"] path` : `[data-node="${key}"] .outline`).first();
  if ((await part.count()) === 0) return false;
  const [x, y] = await part.evaluate((it) => {
    const box = it.getBoundingClientRect();
    if (!it.matches("[data-link] path")) return [box.x + box.width / 2, box.y + box.height / 2];
    const middle = it.getPointAtLength(it.getTotalLength() / 2).matrixTransform(it.getScreenCTM());
    return [middle.x, middle.y];
  });
  await page.mouse.click(x, y);
  const inspected = page.getByTestId("inspected");
  if ((await inspected.count()) === 0) return false;
  const more = page.getByRole("button", { name: /more knobs?$/ });
  if ((await page.getByTestId(`knob-${path}`).count()) === 0 && (await more.count()) > 0) await more.click();
  return true;
}

/** Sets a knob wherever the page has it; says where it was, or null. */
async function setKnob(page, path, value) {
  const knob = page.getByTestId(`knob-${path}`);
  let where = "among the knobs";
  if ((await knob.count()) === 0) {
    if (!(await pick(page, path)) || (await knob.count()) === 0) return null;
    where = `in ${await seen(page, "inspected")}`;
  }
  const list = knob.locator("select");
  const word = knob.locator("label").getByText(value, { exact: true });
  if ((await list.count()) > 0) await list.selectOption(value);
  else if ((await knob.getByRole("radio").count()) > 0) await word.click();
  else await turn(page, path, value);
  const error = knob.getByRole("alert");
  if (await error.isVisible()) return `${where}, refused: ${await error.innerText()}`;
  return where;
}

async function deselect(page) {
  const close = page.getByRole("button", { name: "Close: select nothing" });
  if ((await close.count()) > 0) await close.click();
}

/** Changes what a variant changes, by hand: "all" of it, "some", or "none", as far as the page has controls. */
async function apply(page, variant, log) {
  log.did(`Change: ${variant.label}`);
  if (variant.adds) {
    log.saw("It needs a new part, which is drawn by hand: not done here");
    return "none";
  }
  let done = 0;
  for (const [path, value] of variant.set) {
    const where = await setKnob(page, path, value);
    log.saw(`${path} = ${value}: ${where ?? "NO CONTROL FOUND"}`);
    if (where !== null && !where.includes("refused")) done += 1;
  }
  await deselect(page);
  if (done === variant.set.length) return "all";
  return done > 0 ? "some" : "none";
}

async function again(page, log, name) {
  await page.getByTestId("run").click();
  // Whoever comes from the cold door has made no prediction.
  if (log.midway && (await page.getByTestId("door-guided").getAttribute("aria-pressed")) === "true") {
    await page.waitForTimeout(500);
    const asks = await page.getByText(/^Predict first, or skip/).count();
    if (asks > 0 && (await page.getByTestId(/^bet-/).count()) === 0) {
      log.did("Run does nothing: it asks for a prediction, and there is none to choose. Back to the cold door");
      await page.getByTestId("door-cold").click();
      await page.getByTestId("run").click();
    }
  }
  await untilStatus(page, "playing", "settling", "over");
  await outcome(page, log, name);
}

/** Back to the design as it was opened. */
async function reset(page) {
  await deselect(page);
  await openKnobs(page);
  const button = page.getByRole("button", { name: "Reset", exact: true });
  if (await button.isEnabled()) await button.click();
}

/** The variants whose changes are all among the given knobs go first. */
function easiest(all, unlocked) {
  const weight = (it) => (it.adds ? 2 : 0) + (it.set.every(([path]) => unlocked.includes(path)) ? 0 : 1);
  return all.toSorted((a, b) => weight(a) - weight(b));
}

async function badFirst(page, text, log, name) {
  const [bad] = easiest(variants(text, "backfire"), strings(text, "unlocked"));
  let done = await apply(page, bad, log);
  if (done === "none") {
    await guidedInstead(page, log);
    done = await apply(page, bad, log);
  }
  if (done !== "none") await again(page, log, name);
  const hint = page.getByTestId("hint");
  if ((await hint.count()) > 0) {
    log.did("Asked for the hint");
    await hint.click();
    log.saw(await page.locator("#story .hint").allInnerTexts());
  }
}

/** Where the cold door leads no further: the other one, midway. */
async function guidedInstead(page, log) {
  log.did("Changed to the guided door, midway");
  log.midway = true;
  await page.getByTestId("door-guided").click();
  await openKnobs(page);
}

/** Tries the fixes until one that can be made by hand holds. */
async function good(page, text, log, name, fixes) {
  for (const fix of fixes) {
    await reset(page);
    if ((await apply(page, fix, log)) === "all") {
      await again(page, log, name);
      if ((await page.getByTestId("verdict").getAttribute("data-passed")) === "true") return true;
    }
  }
  return false;
}

async function guided(page, id, text, log) {
  log.did("Opened through the guided door");
  await reading(page, log);
  await log.picture(page, "guided-1-open");
  const bets = page.getByTestId(/^bet-/);
  const labels = await bets.allInnerTexts();
  const right = variants(text, "bet").findIndex((bet) => bet.right);
  const wrong = right === 0 ? 1 : 0;
  log.did(`Prediction: ${tidy(labels[wrong])} (of: ${labels.map(tidy).join(" | ")})`);
  await bets.nth(wrong).click();
  await page.getByTestId("example-open").click();
  log.saw(await seen(page, "example"));
  await log.picture(page, "guided-2-predicted");
  await page.getByTestId("run-bet").click();
  await outcome(page, log, "guided-3-first-run");
  await openKnobs(page);
  const names = await page.locator(".knob[data-testid^=knob-] .knob-name").allInnerTexts();
  log.saw(`Knobs: ${names.map(tidy).join(" | ")}`);
  await badFirst(page, text, log, "guided-4-backfired");
  const fixes = easiest(variants(text, "fix"), strings(text, "unlocked"));
  if (!(await good(page, text, log, "guided-5-fixed", fixes))) {
    log.saw("STUCK: no fix of the lesson can be made by hand on the page");
    await byLink(page, id, fixes.find((fix) => !fix.adds), log, "guided-5-fixed");
  }
  const check = page.getByTestId("check-seeds");
  if ((await check.count()) === 0) return;
  log.did("Asked for 20 other seeds");
  await check.click();
  await page.getByTestId("seed-check").getByText(/^Passed on/).waitFor({ timeout: 300_000 });
  log.saw(await seen(page, "seed-check"), `next: ${await seen(page, "next")}`);
  await partTwo(page, text, log);
}

/** Opens the design from a link that the command line made, with the lesson in it. */
async function byLink(page, id, fix, log, name) {
  if (!fix) return;
  log.did("Opened the same change as a link from the command line");
  const address = new URL(page.url());
  await page.goto(`${address.origin}/?speed=max${linkTo(id, fix)}`);
  await untilStatus(page, "ready");
  const skip = page.getByTestId("skip-bet");
  if ((await skip.count()) > 0) await skip.click();
  await again(page, log, name);
}

async function partTwo(page, text, log) {
  const twist = page.getByTestId(/^twist-/).first();
  if ((await twist.count()) === 0) {
    log.saw("No part two is offered");
    return;
  }
  const key = (await twist.getAttribute("data-testid")).replace("twist-", "");
  log.did(`Part two: ${tidy(await twist.innerText())}`);
  await twist.click();
  await untilStatus(page, "ready");
  await reading(page, log);
  await page.getByTestId("run").click();
  await outcome(page, log, "guided-6-part-two");
  for (const fix of variants(text, `twist.${key}.fix`)) {
    if ((await apply(page, fix, log)) === "all") {
      await again(page, log, "guided-7-part-two-fixed");
      return;
    }
  }
}

async function cold(page, id, text, log) {
  log.did("Opened through the cold door");
  await reading(page, log);
  const asked = await page.getByTestId(/^bet-/).count();
  log.saw(`Predictions asked for: ${asked}; knobs shown: ${await page.getByTestId(/^knob-/).count()}`);
  await log.picture(page, "cold-1-open");
  await page.getByTestId("run").click();
  await outcome(page, log, "cold-2-first-run");
  await badFirst(page, text, log, "cold-3-backfired");
  const fixes = easiest(variants(text, "fix").reverse(), strings(text, "unlocked"));
  if (await good(page, text, log, "cold-4-fixed", fixes)) return;
  if ((await page.getByTestId("door-guided").getAttribute("aria-pressed")) === "false") {
    await guidedInstead(page, log);
    if (await good(page, text, log, "cold-4-fixed", fixes)) return;
  }
  log.saw("STUCK: no fix of the lesson can be made by hand on the page");
  await byLink(page, id, fixes.find((fix) => !fix.adds), log, "cold-4-fixed");
}

/** The same beginning on a phone, for the pictures. */
async function phone(page, id, text, log) {
  log.did("Opened on a phone (390 x 844)");
  await log.picture(page, "phone-1-open");
  await page.getByTestId(/^bet-/).first().click();
  await log.picture(page, "phone-2-predicted");
  await page.getByTestId("run-bet").click();
  await untilStatus(page, "over");
  await page.waitForTimeout(300);
  await log.picture(page, "phone-3-first-run");
}

const PASSES = [
  ["guided", guided, {}],
  ["cold", cold, { colorScheme: "dark" }],
  ["phone", phone, { viewport: { width: 390, height: 844 } }],
];

mkdirSync(folder, { recursive: true });
const server = await serveBuilt();
const browser = await launch();
for (const id of lessons) {
  const text = readFileSync(join(ROOT, "scenarios", `${id}.toml`), "utf8");
  const log = new Log(id, `# ${text.match(/^title = "(.*)"$/m)[1]}`);
  for (const [name, play, options] of PASSES) {
    log.lines.push(`## ${name}`, "");
    const query = `?speed=max&scenario=${id}&door=${name === "cold" ? "cold" : "guided"}`;
    const { page, problems, close } = await visit(browser, server.address, { query, ...options });
    try {
      await untilStatus(page, "ready");
      await play(page, id, text, log);
    } catch (error) {
      log.saw(`STOPPED: ${String(error.stack).split("\n").filter((line) => /Error|playtest/.test(line)).slice(0, 4).join(" ")}`);
      await log.picture(page, `${name}-stopped`);
    }
    if (problems.length > 0) log.saw(`Problems: ${problems.join("; ")}`);
    await close();
    log.lines.push("");
    log.keep();
  }
  console.log(`${id}: ${log.lines.length} lines`);
}
await browser.close();
await server.close();
