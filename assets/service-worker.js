// Keeps the page in the browser, so that it opens and runs without a network. Above this line the build
// writes VERSION, POLICY and FILES (.ci/finish.mjs): every file of one release with its hash.
//
// It answers for exactly those files and never asks anybody for anything else: all other requests pass
// it by. A release is kept whole or not at all, and one is in use at a time.
const SCOPE = self.registration.scope;
// Two releases of the page under two paths of one host share the host's storage.
const MINE = `brownout ${SCOPE} `;
const KEEP = MINE + VERSION;
const KEPT = new Set(FILES.map(([address]) => absolute(address)));

function absolute(address) {
  return new URL(address, SCOPE).href;
}

self.addEventListener("install", (event) => event.waitUntil(keepAll()));

async function keepAll() {
  const cache = await caches.open(KEEP);
  try {
    await Promise.all(FILES.map((file) => keep(cache, file)));
  } catch (error) {
    await caches.delete(KEEP);
    throw error;
  }
}

/**
 * The hash is checked by the browser: half of a release that is being published is refused. What the page
 * has just loaded is in the browser's cache and not asked for again, unless it is of another release.
 */
async function keep(cache, [address, integrity, policed]) {
  const get = (mode) => fetch(new Request(absolute(address), { cache: mode, integrity }));
  const response = await get("force-cache").catch(() => get("reload"));
  if (!response.ok) throw new Error(`${address}: status ${response.status}`);
  await cache.put(absolute(address), policed ? withPolicy(response) : response);
}

/** What runs scripts gets the page's policy as a header, which also binds the simulator's worker. */
function withPolicy(response) {
  const headers = new Headers({ "content-security-policy": POLICY });
  headers.set("content-type", response.headers.get("content-type") ?? "text/html");
  return new Response(response.body, { headers });
}

self.addEventListener("activate", (event) => event.waitUntil(forgetOlder()));

async function forgetOlder() {
  const names = await caches.keys();
  const older = names.filter((name) => name.startsWith(MINE) && name !== KEEP);
  await Promise.all(older.map((name) => caches.delete(name)));
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const address = request.mode === "navigate" ? pageOf(request.url) : request.url;
  if (request.method === "GET" && KEPT.has(address)) event.respondWith(answer(address, request));
});

/** The page is one file, whatever its address asks for behind `?` and `#`. */
function pageOf(address) {
  const { origin, pathname } = new URL(address);
  const page = origin + pathname;
  return page === absolute("index.html") ? SCOPE : page;
}

async function answer(address, request) {
  const cache = await caches.open(KEEP);
  // A browser that is short of room may have thrown it away.
  return (await cache.match(address, { ignoreVary: true })) ?? fetch(request);
}

// Somebody has seen that there is a newer release, and wants it now; or asks whether all of this one is there.
self.addEventListener("message", (event) => {
  if (event.data === "renew") self.skipWaiting();
  if (event.data === "kept") {
    event.waitUntil(missing().then((files) => event.ports[0].postMessage(files)));
  }
});

/** How many files of this release are not kept. */
async function missing() {
  const cache = await caches.open(KEEP);
  const there = new Set((await cache.keys()).map((request) => request.url));
  return [...KEPT].filter((address) => !there.has(address)).length;
}
