// What Trunk cannot do: run by it when all files of the page are there, before they become dist/.
//
//   node .ci/finish.mjs FOLDER [debug|release]
//
// A release gets a security policy that knows its inline scripts, an address for the worker's files that
// changes with them, and a service worker that knows every file. In `trunk serve` what is served must be
// what was built last, so there the service worker only removes one that a release left behind.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

/** Not asked for by the page: nothing that has to be there without a network. */
const NOT_KEPT = /^(\..*|service-worker\.js|icons\/.*|locales\/messages\.json|.*\.(txt|map))$/;
/** Files whose names the page has to know; they get a version behind them instead of a hash inside. */
const WORKER = ["sim_worker_loader.js", "sim_worker.js", "sim_worker_bg.wasm"];
/** The marks between which a second run finds what the first wrote. */
const MARK = /\n *<!-- build -->[^]*?<!-- \/build -->/;

const hash = (kind, bytes) => createHash(kind).update(bytes).digest("base64");

/** The Content-Security-Policy of a page with these inline scripts. */
export function policyOf(html) {
  const inline = [...html.matchAll(/<script(?![^>]*\ssrc=)[^>]*>([^]*?)<\/script>/g)];
  const hashes = inline.map(([, script]) => ` 'sha256-${hash("sha256", script)}'`).join("");
  return [
    "default-src 'self'",
    `script-src 'self' 'wasm-unsafe-eval'${hashes}`,
    "style-src 'self'",
    // The drawing is saved as PNG by way of an SVG in an address of this kind.
    "img-src 'self' data:",
    "connect-src 'self'",
    "worker-src 'self'",
    "frame-src 'none'",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
}

function* files(folder) {
  for (const name of readdirSync(folder).sort()) {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) yield* files(path);
    else yield path;
  }
}

/** Makes a release of a folder; doing it again after a change makes another one. */
export function finish(folder) {
  const read = (name) => readFileSync(join(folder, name));
  const page = join(folder, "index.html");
  const bare = readFileSync(page, "utf8").replace(MARK, "");
  const policy = policyOf(bare);
  const worker = createHash("sha256");
  for (const name of WORKER) worker.update(read(name));
  const query = `?build=${worker.digest("hex").slice(0, 16)}`;
  const head = /(<meta charset="utf-8">)/;
  if (!head.test(bare)) throw new Error("index.html has no <meta charset> to put the policy behind");
  const build = [
    "",
    "    <!-- build -->",
    `    <meta http-equiv="Content-Security-Policy" content="${policy}">`,
    `    <meta name="brownout-worker" content="./${WORKER[0]}${query}">`,
    "    <!-- /build -->",
  ].join("\n");
  writeFileSync(page, bare.replace(head, `$1${build}`));

  const kept = [];
  for (const path of files(folder)) {
    const name = relative(folder, path).split(sep).join("/");
    if (NOT_KEPT.test(name)) continue;
    const address = name === "index.html" ? "./" : WORKER.includes(name) ? name + query : name;
    const integrity = `sha256-${hash("sha256", readFileSync(path))}`;
    const policed = name === "index.html" || name === WORKER[0];
    kept.push(policed ? [address, integrity, true] : [address, integrity]);
  }
  const source = readFileSync(new URL("../assets/service-worker.js", import.meta.url), "utf8");
  const list = kept.map((file) => `  ${JSON.stringify(file)},`).join("\n");
  const body = `const POLICY = ${JSON.stringify(policy)};\nconst FILES = [\n${list}\n];\n${source}`;
  const version = createHash("sha256").update(body).digest("hex").slice(0, 16);
  writeFileSync(join(folder, "service-worker.js"), `const VERSION = "${version}";\n${body}`);
}

/** Takes the place of a service worker that a release left in the browser, and goes. */
const GOODBYE = `self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(leave()));
async function leave() {
  for (const name of await caches.keys()) if (name.startsWith("brownout ")) await caches.delete(name);
  await self.registration.unregister();
  for (const page of await self.clients.matchAll({ type: "window" })) page.navigate(page.url);
}
`;

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const folder = process.argv[2] ?? process.env.TRUNK_STAGING_DIR;
  const profile = process.argv[3] ?? process.env.TRUNK_PROFILE ?? "release";
  if (!folder) {
    console.error("usage: node .ci/finish.mjs FOLDER [debug|release]");
    process.exit(2);
  }
  if (profile === "debug") writeFileSync(join(folder, "service-worker.js"), GOODBYE);
  else finish(folder);
}
