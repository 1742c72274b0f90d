// Plays every lesson as somebody would who meets it for the first time, in a real browser: through the guided door
// with a wrong prediction and the change that backfires first, then with one that holds; and through the cold door.
//   node tests/e2e/playtest.mjs [FOLDER] [LESSON ...]
// What was done and what the page said is written to FOLDER/LESSON.md (target/playtests). What of it confuses is for
// people to say: the logs with their remarks are in docs/playtests/.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { launch, numbers, openKnobs, ROOT, serveBuilt, turn, untilStatus, visit } from "./helpers.mjs";

const [folder = join(ROOT, "target/playtests"), ...wanted] = process.argv.slice(2);
const lessons = readdirSync(join(ROOT, "scenarios"))
  .filter((name) => name.endsWith(".toml"))
  .map((name) => name.replace(".toml", ""))
  .filter((id) => wanted.length === 0 || wanted.includes(id));

/** Variants of one kind in a scenario file: key, label, what they set; those that add text are left out. */
function variants(text, kind) {
  const blocks = text.split(/^(?=\[)/m).filter((block) => block.startsWith(`[lesson.${kind}.`));
  return blocks
    .map((block) => ({
      key: block.match(/^\[lesson\.\w+\.(\w+)\]/)?.[1],
      label: block.match(/^label = "(.*)"$/m)?.[1],
      adds: /^(add|remove) = /m.test(block),
      set: [...(block.match(/^set = \[([\s\S]*?)\n?\]/m)?.[1] ?? "").matchAll(/"([^"]+)"/g)].map((m) => {
        const [path, ...value] = m[1].split(" = ");
        return [path, value.join(" = ")];
      }),
    }))
    .filter((variant) => variant.key && !variant.adds && variant.set.length > 0);
}

const tidy = (text) => text.replace(/\s*\n\s*/g, " / ").replace(/\s+/g, " ").trim();

class Log {
  lines = [];
  constructor(title) {
    this.lines.push(title, "");
  }
  did(what) {
    this.lines.push(`- **${what}**`);
  }
  saw(what) {
    for (const text of [what].flat().filter(Boolean)) this.lines.push(`  - ${tidy(text)}`);
  }
}

async function seen(page, id) {
  const part = page.getByTestId(id);
  return (await part.count()) > 0 ? part.first().innerText() : "";
}

async function outcome(page, log) {
  await untilStatus(page, "over");
  await page.getByTestId("verdict").waitFor();
  log.saw(`Verdict: ${await seen(page, "verdict")}`);
  const { shown } = await numbers(page);
  log.saw(`Served ${shown.served}, tries ${shown.amplification}, p99 ${shown.p99}, duplicate ${shown.duplicate}, cost ${shown.cost}`);
}

/** Turns the knobs of a variant where the page shows them; says which are elsewhere. */
async function apply(page, variant, log) {
  const missing = [];
  await openKnobs(page);
  for (const [path, value] of variant.set) {
    if ((await page.getByTestId(`knob-${path}`).count()) === 0) missing.push(path);
    else await turn(page, path, value);
  }
  log.did(`Change: ${variant.label} (${variant.set.map(([path, value]) => `${path} = ${value}`).join(", ")})`);
  if (missing.length > 0) log.saw(`Not among the knobs beside the drawing: ${missing.join(", ")}`);
  return missing.length === 0;
}

async function again(page, log) {
  await page.getByTestId("run-again").first().click();
  await untilStatus(page, "playing", "settling", "over");
  await outcome(page, log);
}

async function guided(page, id, text, log) {
  log.did("Opened through the guided door");
  log.saw([await page.locator("#story .question").first().innerText(), await page.locator("#story .hook").first().innerText()]);
  const bets = page.getByTestId(/^bet-/);
  const labels = await bets.allInnerTexts();
  const right = [...text.matchAll(/^\[lesson\.bet\.(\w+)\][^[]*?^right = true/gm)].map((m) => m[1]);
  const ids = await bets.evaluateAll((all) => all.map((bet) => bet.dataset.testid.replace("bet-", "")));
  const wrong = Math.max(0, ids.findIndex((key) => !right.includes(key)));
  if (ids.length > 0) {
    log.did(`Prediction: ${tidy(labels[wrong])}`);
    await bets.nth(wrong).click();
    await page.getByTestId("run-bet").click();
  } else await page.getByTestId("run").click();
  await outcome(page, log);
  log.saw(`The prediction: ${await seen(page, "bet-outcome")}`);
  const [bad] = [...variants(text, "backfire"), ...variants(text, "not_enough")];
  if (bad && (await apply(page, bad, log))) await again(page, log);
  await openKnobs(page);
  const reset = page.getByTestId("reset-knobs");
  if ((await reset.count()) > 0) await reset.click();
  else await page.keyboard.press("Control+z");
  const [fix] = variants(text, "fix");
  if (fix && (await apply(page, fix, log))) {
    await again(page, log);
    const check = page.getByTestId("check-seeds");
    if ((await check.count()) > 0) {
      log.did("Asked for 20 other seeds");
      await check.click();
      await page.getByTestId("seed-check").getByText(/^Passed on/).waitFor({ timeout: 120_000 });
      log.saw(await seen(page, "seed-check"));
    }
  }
}

async function cold(page, text, log) {
  log.did("Opened through the cold door");
  const hook = page.locator("#story .hook");
  log.saw([await page.locator("#story .question").first().innerText(), (await hook.count()) > 0 ? await hook.first().innerText() : ""]);
  log.saw(`Predictions asked for: ${await page.getByTestId(/^bet-/).count()}`);
  await page.getByTestId("run").click();
  await outcome(page, log);
}

mkdirSync(folder, { recursive: true });
const server = await serveBuilt();
const browser = await launch();
for (const id of lessons) {
  const text = readFileSync(join(ROOT, "scenarios", `${id}.toml`), "utf8");
  const log = new Log(`# ${text.match(/^title = "(.*)"$/m)[1]}`);
  for (const door of ["guided", "cold"]) {
    log.lines.push(`## ${door === "guided" ? "Guided" : "Cold"}`, "");
    const query = `?speed=max&scenario=${id}&door=${door}`;
    const { page, problems, close } = await visit(browser, server.address, { query });
    try {
      await untilStatus(page, "ready");
      await (door === "guided" ? guided(page, id, text, log) : cold(page, text, log));
    } catch (error) {
      log.saw(`STOPPED: ${String(error).split("\n")[0]}`);
    }
    if (problems.length > 0) log.saw(`Problems: ${problems.join("; ")}`);
    await close();
    log.lines.push("");
  }
  writeFileSync(join(folder, `${id}.md`), `${log.lines.join("\n").trimEnd()}\n`);
  console.log(`${id}: ${log.lines.length} lines`);
}
await browser.close();
await server.close();
