// Prints what a first visit downloads, and fails if it is over the budget in size-budget.json.
// Sizes are those of gzip -9, which static hosts come close to; 1 KB is 1000 bytes.
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { gzipSync } from "node:zlib";

const dist = process.argv[2] ?? "dist";
const budget = JSON.parse(readFileSync(new URL("size-budget.json", import.meta.url), "utf8"));
// Never loaded by a visit in English: not part of the page.
const ASIDE = /^(\.inputs|icons\/.*|locales\/.*|licenses\b|.*\.(txt|map))$/;
// Loaded when somebody opens one; kept for use without a network once the page stands.
const STARTS = /^start\/.*\.toml$/;

function* files(folder) {
  for (const name of readdirSync(folder).sort()) {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) yield* files(path);
    else yield path;
  }
}

const used = { page: 0, worker_wasm: 0, starts: 0 };
const rows = [];
for (const path of files(dist)) {
  const name = relative(dist, path);
  if (ASIDE.test(name)) continue;
  const bytes = readFileSync(path);
  const gz = gzipSync(bytes, { level: 9 }).length;
  const worker = name === "sim_worker_bg.wasm";
  const part = worker ? "worker_wasm" : STARTS.test(name) ? "starts" : "page";
  used[part] += gz;
  rows.push([name, bytes.length, gz]);
}
if (used.page === 0 || used.worker_wasm === 0) {
  console.error(`size: ${dist}/ holds no built page; run make site`);
  process.exit(1);
}

const kb = (bytes) => (bytes / 1000).toFixed(1).padStart(8);
console.log(`${"file".padEnd(40)} ${"KB".padStart(8)} ${"gz KB".padStart(8)}`);
for (const [name, raw, gz] of rows) console.log(`${name.padEnd(40)} ${kb(raw)} ${kb(gz)}`);

let over = false;
for (const [part, bytes] of Object.entries(used)) {
  const { gz_kb: limit, what } = budget[part];
  const within = bytes <= limit * 1000;
  over ||= !within;
  const word = within ? "within" : "OVER";
  console.log(`${part}: ${kb(bytes).trim()} KB gz, ${word} the budget of ${limit} KB (${what})`);
}
process.exit(over ? 1 : 0);
