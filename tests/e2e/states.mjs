// The states that a visit has, and the way to each: what axe looks at, and what shots.mjs takes pictures of.
import { blank, openKnobs, quickAdd, turn, untilStatus } from "./helpers.mjs";

const MAX = "?speed=max";
const PHONE = { viewport: { width: 390, height: 844 } };

const skip = (page) => page.getByTestId("skip-bet").click();
const run = (page) => page.getByTestId("run").click();

async function seek(page, seconds) {
  await page.getByTestId("scrubber").fill(String(seconds * 1000));
  const at = String(seconds * 1e9);
  await page.waitForFunction((at) => document.querySelector("[data-testid=clock]").dataset.value === at, at);
}

async function ran(page) {
  await skip(page);
  await run(page);
  await untilStatus(page, "over");
}

async function chain(page) {
  await blank(page);
  for (const kind of ["clients", "service"]) await quickAdd(page, kind);
  await page.locator("#canvas").focus();
  await page.keyboard.press("n");
  await page.keyboard.press("ArrowRight");
  await page.locator("[data-link]").first().waitFor();
}

async function middle(page, key) {
  const box = await page.locator(`[data-node="${key}"] .outline`).boundingBox();
  return [box.x + box.width / 2, box.y + box.height / 2];
}

async function command(page, words) {
  await page.keyboard.press("Control+k");
  await page.locator("#pane").fill(words);
  await page.keyboard.press("Enter");
}

const file = (page, name, body) =>
  page.getByTestId("file").setInputFiles({ name, mimeType: "text/plain", buffer: Buffer.from(body) });

/** Progress of somebody who passed the first lesson long ago and has predicted a few times. */
async function withProgress(page) {
  const attempt = (n) => ({ at_ms: 1_700_000_000_000 + n, bet: "never", right: n % 3 > 0 });
  const record = {
    first_seen_ms: 1_700_000_000_000,
    runs: 9,
    attempts: [...Array(11).keys()].map(attempt),
    passed: { at_ms: 1_700_000_000_000, seed: 1, hints: 2, cost_micro: 100_000 },
    others: { passed: 20, asked: 20 },
    review: { stage: 0, due_ms: 1_700_172_800_000, at_ms: 1_700_000_000_000 },
  };
  const file = { what: "brownout progress", version: 1, scenarios: { "s04-retry-storm": record } };
  await page.keyboard.press("p");
  const buffer = Buffer.from(JSON.stringify(file));
  await page.getByTestId("progress-file").setInputFiles({ name: "mine.json", mimeType: "application/json", buffer });
}

/** Name, options of the visit, the way there from a page that is ready; the way may give back another page to look at. */
export const STATES = [
  ["a lesson before the prediction", {}, async () => {}],
  ["a prediction chosen", {}, (page) => page.getByTestId("bet-slowly").click()],
  ["a run under way", {}, async (page) => {
    await skip(page);
    await run(page);
    await untilStatus(page, "playing");
  }],
  ["paused", {}, async (page) => {
    await skip(page);
    await run(page);
    await untilStatus(page, "playing");
    await page.waitForTimeout(400);
    await run(page);
    await untilStatus(page, "paused");
  }],
  ["failing", { query: MAX }, async (page) => {
    await skip(page);
    await seek(page, 45);
    await page.locator('[data-node][data-state="failing"]').first().waitFor();
  }],
  ["an earlier moment of a run that is over", { query: MAX }, async (page) => {
    await ran(page);
    await seek(page, 12.5);
  }],
  ["the debrief of a run that did not pass", { query: MAX }, async (page) => {
    await page.getByTestId("bet-slowly").click();
    await page.getByTestId("run-bet").click();
    await untilStatus(page, "over");
    // Hints are offered after the second.
    await run(page);
    await untilStatus(page, "playing", "settling");
    await untilStatus(page, "over");
    await page.getByTestId("hint").click();
  }],
  ["the cold door", {}, (page) => page.getByTestId("door-cold").click()],
  ["a name in the address that is unknown", { query: "?scenario=s04" }, async (page) => {
    await page.getByTestId("refused").waitFor();
  }],
  ["progress of a new visitor", {}, async (page) => {
    await page.keyboard.press("p");
    await page.getByTestId("map").waitFor();
  }],
  ["progress with a review that is due", {}, async (page) => {
    await withProgress(page);
    await page.getByTestId("review-s04-retry-storm").waitFor();
  }],
  ["a review, answered by a run", {}, async (page) => {
    await withProgress(page);
    await page.getByTestId("review-s04-retry-storm").click();
    await page.getByTestId("answer-yes").click();
    await page.getByTestId("review-outcome").waitFor({ timeout: 60_000 });
  }],
  ["a file that is no progress", {}, async (page) => {
    await page.keyboard.press("p");
    const buffer = Buffer.from("nonsense");
    await page.getByTestId("progress-file").setInputFiles({ name: "mine.json", mimeType: "application/json", buffer });
    await page.getByTestId("imported").getByText("line 1").waitFor();
  }],
  ["other designs that pass", { query: MAX }, async (page) => {
    await openKnobs(page);
    await turn(page, "link.browse.retry_budget", "20 %");
    await ran(page);
    await page.getByTestId("others-ask").click();
    await page.getByTestId("others-table").locator("tbody tr").nth(2).waitFor({ timeout: 60_000 });
  }],
  ["the debrief of a run that passed", { query: MAX }, async (page) => {
    await openKnobs(page);
    await turn(page, "link.browse.retry_budget", "10 %");
    await ran(page);
    await page.locator("[data-testid=verdict][data-passed=true]").waitFor();
  }],
  ["knobs of the lesson", {}, openKnobs],
  ["a value that is not used", {}, async (page) => {
    await openKnobs(page);
    await page.getByTestId("knob-link.browse.attempts").getByRole("textbox").fill("none at all");
    await page.getByText(/Not used/).first().waitFor();
  }],
  ["a chart as a table", { query: MAX }, async (page) => {
    await ran(page);
    await page.getByTestId("chart-throughput").getByRole("button", { name: "Table" }).click();
  }],
  ["the heat map", { query: MAX }, async (page) => {
    await ran(page);
    await page.locator(".chart-choice").nth(2).selectOption({ label: "All waits, as a heat map" });
    await page.getByTestId("chart-heat").locator("canvas").waitFor();
  }],
  ["why it failed, as a chart", { query: MAX }, async (page) => {
    await ran(page);
    await page.locator(".chart-choice").nth(2).selectOption({ label: "Why it failed" });
  }],
  ["requests, and one of them", { query: MAX }, async (page) => {
    await ran(page);
    await page.getByTestId("strip-users").locator("button.plain").click();
    await page.locator('[data-testid=requests][data-done="true"]').waitFor({ timeout: 60_000 });
  }],
  ["pages that rang", { query: `${MAX}&scenario=s24-what-should-wake-you&door=cold` }, async (page) => {
    await run(page);
    await untilStatus(page, "over");
    await page.getByTestId("pager").waitFor();
  }],
  ["promises and alerts of a node", { query: "?scenario=s24-what-should-wake-you&door=cold" }, async (page) => {
    await command(page, "Go to Shop");
    await page.getByText("Promises and alerts").first().waitFor();
  }],
  ["blind", { query: "?scenario=s24-what-should-wake-you&door=cold" }, async (page) => {
    await command(page, "Blind: see only");
    await run(page);
    await untilStatus(page, "playing");
    await page.getByTestId("collected").waitFor();
    await run(page);
    await untilStatus(page, "paused");
  }],
  ["theory beside the run", { query: `${MAX}&scenario=s01-how-many-users&door=cold` }, async (page) => {
    await run(page);
    await untilStatus(page, "over");
  }],
  ["an empty page", {}, blank],
  ["a node in the inspector", {}, async (page) => {
    await blank(page);
    await quickAdd(page, "database");
  }],
  ["all knobs of a node", {}, async (page) => {
    await blank(page);
    await quickAdd(page, "service");
    await page.getByRole("button", { name: /more knobs$/ }).click();
  }],
  ["a link in the inspector", {}, async (page) => {
    await chain(page);
    await page.keyboard.press("o");
    await page.locator("#outline").getByRole("button", { name: / to / }).first().click();
  }],
  ["several nodes selected", {}, async (page) => {
    await chain(page);
    await page.keyboard.press("Control+a");
    await page.getByText(/\d selected/).first().waitFor();
  }],
  ["the search for a node", {}, async (page) => {
    await blank(page);
    await page.locator("#canvas").focus();
    await page.keyboard.press("a");
    await page.locator("#pane").fill("red");
  }],
  ["the list of whom to connect", {}, async (page) => {
    await chain(page);
    await page.keyboard.press("c");
    await page.locator("#pane-lines").waitFor();
  }],
  ["the menu of a node", {}, async (page) => {
    await chain(page);
    await page.mouse.click(...(await middle(page, "service")), { button: "right" });
    await page.locator(".pane.placed").waitFor();
  }],
  ["an entry of the timeline", {}, async (page) => {
    await chain(page);
    await page.getByTestId("happen").click();
    await page.locator("#pane").fill("crash");
    await page.keyboard.press("Enter");
    await page.getByTestId("delete-entry").waitFor();
  }],
  ["the drawing in words", {}, async (page) => {
    await page.keyboard.press("o");
    await page.locator("#outline").waitFor();
  }],
  ["commands", {}, async (page) => {
    await page.keyboard.press("Control+k");
    await page.locator("#pane").waitFor();
  }],
  ["keyboard shortcuts", {}, (page) => page.keyboard.press("?")],
  ["all words", {}, async (page) => {
    await page.keyboard.press("g");
    await page.locator("dialog[open] .glossary dt").first().waitFor();
  }],
  ["a word, hovered", {}, async (page) => {
    await page.locator(".strip .term").first().hover();
    await page.locator("#gloss").waitFor({ state: "visible" });
  }],
  ["a word, entered", {}, async (page) => {
    await page.getByTestId("strip-where").locator(".term").first().click();
    await page.waitForFunction(() => document.activeElement.id === "gloss");
  }],
  ["sharing", { query: MAX }, async (page) => {
    await ran(page);
    await page.getByTestId("share").click();
    await page.getByTestId("share-receipt").waitFor();
  }],
  ["versions", {}, async (page) => {
    await page.getByTestId("versions-open").click();
    await page.locator("dialog[open]").waitFor();
  }],
  ["result codes of others", {}, async (page) => {
    await page.keyboard.press("Control+k");
    await page.locator("#pane").fill("result codes of others");
    await page.keyboard.press("Enter");
    await page.getByTestId("codes").fill("r1.abc\nno code at all\n");
    await page.getByTestId("codes-check").click();
    await page.getByTestId("codes-table").locator("tbody tr").first().waitFor();
  }],
  ["documents, none yet", {}, async (page) => {
    await command(page, "Documents: design document");
    await page.getByTestId("paper-design").click();
    await page.getByTestId("paper-why").waitFor();
  }],
  ["a document", { query: MAX }, async (page) => {
    await skip(page);
    await command(page, "Documents: design document");
    await page.getByTestId("paper-post-mortem").click();
    await page.getByTestId("paper").waitFor({ timeout: 60_000 });
  }],
  ["a document on a phone", { ...PHONE, query: MAX }, async (page) => {
    await skip(page);
    // The command list opens over the drawing.
    await page.getByRole("navigation", { name: "Views" }).getByRole("button", { name: "Diagram" }).click();
    await command(page, "Documents: design document");
    await page.getByTestId("paper-runbook").click();
    await page.getByTestId("paper").waitFor({ timeout: 240_000 });
  }],
  ["what users do", {}, async (page) => {
    await chain(page);
    await command(page, "Go to Clients");
    await page.getByTestId("add-write").click();
  }],
  ["a load test", { query: MAX }, async (page) => {
    await blank(page);
    await quickAdd(page, "clients");
    await page.keyboard.press("n");
    await page.keyboard.press("ArrowRight");
    await page.locator("[data-link]").first().waitFor();
    await command(page, "Load test");
    await page.locator("dialog[open]").getByTestId("form-use").click();
    await untilStatus(page, "over");
    await page.locator("dialog[open]").getByLabel("Users", { exact: true }).fill("many");
    await page.locator("dialog[open] .error").waitFor();
  }],
  ["assumptions", {}, async (page) => {
    await chain(page);
    await command(page, "Assumptions");
    await page.getByTestId("assumed").waitFor();
  }],
  ["a twin run", { query: MAX }, async (page) => {
    await ran(page);
    await page.getByTestId("what-if-0").click();
    await page.locator('[data-testid=twin][data-done="true"] table').waitFor({ timeout: 60_000 });
  }],
  ["a file that is refused", {}, async (page) => {
    await file(page, "broken.toml", 'format = 1\n[run]\nduration = "soon"\n');
    await page.getByTestId("refused").waitFor();
  }],
  ["not saved", {}, async (page) => {
    await page.evaluate(() => {
      IDBObjectStore.prototype.put = () => {
        throw new DOMException("no room", "QuotaExceededError");
      };
    });
    await openKnobs(page);
    await turn(page, "link.browse.attempts", "4");
    await page.getByTestId("unsaved").waitFor();
  }],
  ["a room", { query: "?room=s04" }, (page) => page.getByTestId("count-never").waitFor()],
  ["a room, revealed after its run", { query: "?room=s04&speed=max" }, async (page) => {
    await page.getByTestId("count-never").fill("7");
    await run(page);
    await untilStatus(page, "over");
    await page.getByTestId("reveal-answers").click();
    await page.getByTestId("verdict").waitFor();
  }],
  ["a room in a middle window", { query: "?room=s04", viewport: { width: 1024, height: 768 } }, async () => {}],
  ["notes alone", {}, async (page) => {
    const notes = await page.context().newPage();
    await notes.goto(`${new URL("./", page.url())}?notes=s04`);
    await notes.locator('[data-testid=ready-storage][data-state="ok"]').waitFor();
    return notes;
  }],
  ["notes of a room", { query: "?room=s04" }, async (page) => {
    const notes = await page.context().newPage();
    await notes.goto(`${new URL("./", page.url())}?notes=s04`);
    await notes.locator('[data-testid=connected][data-value="true"]').waitFor();
    return notes;
  }],
  ["a newer release", {}, async (page) => {
    await page.evaluate(() => dispatchEvent(new Event("brownout-update")));
    await page.getByTestId("new-release").waitFor();
  }],
  ["a second tab", {}, async (page) => {
    const second = await page.context().newPage();
    await second.goto(new URL("./", page.url()).href);
    await second.getByTestId("elsewhere").waitFor();
    return second;
  }],
  ["the simulator crashed", { query: "?debug" }, async (page) => {
    await page.getByRole("button", { name: "Crash the simulator" }).click();
    await page.getByTestId("crash").waitFor();
  }],
  ["a middle window", { viewport: { width: 1024, height: 768 } }, async () => {}],
  ...["Story", "Diagram", "Charts", "Knobs"].map((view) => [
    `a phone: ${view}`, PHONE, (page) => page.getByRole("navigation", { name: "Views" }).getByRole("button", { name: view }).click(),
  ]),
  ["more contrast", { contrast: "more", query: MAX }, ran],
  ["forced colours", { forcedColors: "active", query: MAX }, ran],
  ["reduced motion", { reducedMotion: "reduce", query: MAX }, ran],
];
