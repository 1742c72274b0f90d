// A static file server for the built page, on this machine only. No dependencies.
//
//   node .ci/serve.mjs [--dir dist] [--port 8080] [--base /] [--open]
//
// --base /a/b/ serves the folder under that path and nothing anywhere else, as a host would that
// gives a project a sub-path. --port 0 takes a free port. --open opens a browser if there is one.
import { spawn } from "node:child_process";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { createGzip } from "node:zlib";

const TYPES = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".ico": "image/x-icon",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".mjs": "text/javascript; charset=utf-8",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".toml": "text/plain; charset=utf-8",
  ".txt": "text/plain; charset=utf-8",
  // Browsers compile WASM while it arrives only if it has this type.
  ".wasm": "application/wasm",
  ".webmanifest": "application/manifest+json",
  ".woff2": "font/woff2",
};
const COMPRESSED_ALREADY = new Set([".png", ".woff2", ".ico"]);

/**
 * Serves `dir` under `base`; resolves to `{ address, close }`, rejects if the port is taken.
 * `heard` gets the path of every request, from whatever part of the browser. `compress: false`: bytes as they
 * are, where nobody counts them and the processor has better things to do.
 */
export async function serve({ dir = "dist", port = 8080, base = "/", heard = () => {}, compress = true } = {}) {
  if (!base.startsWith("/") || !base.endsWith("/")) {
    throw new Error(`the base must begin and end with a slash: ${base}`);
  }
  const root = resolve(dir);
  const server = createServer((request, response) => {
    heard(request.url);
    answer({ root, base, compress }, request, response).catch((error) => {
      console.error(error);
      if (!response.headersSent) response.writeHead(500);
      response.end();
    });
  });
  await new Promise((done, failed) => {
    server.once("error", failed);
    server.listen(port, "127.0.0.1", done);
  });
  return {
    address: `http://127.0.0.1:${server.address().port}${base}`,
    close: () => {
      server.closeAllConnections();
      return new Promise((done) => server.close(done));
    },
  };
}

async function answer({ root, base, compress }, request, response) {
  if (request.method !== "GET" && request.method !== "HEAD") {
    response.writeHead(405, { allow: "GET, HEAD" }).end();
    return;
  }
  const path = decoded(request.url);
  if (path !== null && `${path}/` === base) {
    response.writeHead(301, { location: base }).end();
    return;
  }
  const file = path?.startsWith(base) ? await found(root, path.slice(base.length)) : null;
  if (file === null) {
    response.writeHead(404, { "content-type": "text/plain; charset=utf-8" });
    response.end("404: no such file\n");
    return;
  }

  const headers = {
    // Ask every time: what is served here is what was built last.
    "cache-control": "no-cache",
    "content-type": TYPES[file.extension] ?? "application/octet-stream",
    etag: `"${file.size.toString(16)}-${Math.trunc(file.mtimeMs).toString(16)}"`,
    vary: "accept-encoding",
    "x-content-type-options": "nosniff",
  };
  if (request.headers["if-none-match"] === headers.etag) {
    response.writeHead(304, headers).end();
    return;
  }
  const gzip =
    compress &&
    /\bgzip\b/.test(request.headers["accept-encoding"] ?? "") &&
    !COMPRESSED_ALREADY.has(file.extension);
  if (gzip) headers["content-encoding"] = "gzip";
  else headers["content-length"] = file.size;
  response.writeHead(200, headers);
  if (request.method === "HEAD") {
    response.end();
    return;
  }
  const content = createReadStream(file.path);
  content.on("error", () => response.destroy());
  if (gzip) content.pipe(createGzip({ level: 6 })).pipe(response);
  else content.pipe(response);
}

/** The path of a request as text, or null if it is no valid one. */
function decoded(url) {
  try {
    return decodeURIComponent(new URL(url, "http://host").pathname);
  } catch {
    return null;
  }
}

/** The file for a path below the root; a folder means its index.html. Never one outside the root. */
async function found(root, relative) {
  if (relative.includes("\0")) return null;
  let path = resolve(root, relative);
  if (path !== root && !path.startsWith(root + sep)) return null;
  try {
    let about = await stat(path);
    if (about.isDirectory()) {
      path = resolve(path, "index.html");
      about = await stat(path);
    }
    return { path, extension: extname(path), size: about.size, mtimeMs: about.mtimeMs };
  } catch {
    return null;
  }
}

/** Opens a browser, if this is a desktop; says nothing if it is not. */
function openBrowser(address) {
  const desktop = process.env.DISPLAY || process.env.WAYLAND_DISPLAY;
  const command =
    process.platform === "darwin" ? "open" : process.platform === "linux" && desktop ? "xdg-open" : null;
  if (command === null) return;
  spawn(command, [address], { stdio: "ignore", detached: true })
    .on("error", () => {})
    .unref();
}

async function main() {
  const { values } = parseArgs({
    options: {
      dir: { type: "string", default: "dist" },
      port: { type: "string", default: "8080" },
      base: { type: "string", default: "/" },
      open: { type: "boolean", default: false },
    },
  });
  const port = Number(values.port);
  if (!Number.isInteger(port) || port < 0 || port > 65535) {
    console.error(`not a port: ${values.port} (allowed: 0 to 65535)`);
    process.exit(2);
  }
  try {
    const { address } = await serve({ dir: values.dir, port, base: values.base });
    console.log(`\n  Brownout is at ${address}   (Ctrl+C stops it)\n`);
    if (values.open) openBrowser(address);
  } catch (error) {
    if (error.code !== "EADDRINUSE" && error.code !== "EACCES") throw error;
    const why = error.code === "EACCES" ? "may not be used by you" : "is in use";
    console.error(`port ${port} ${why}: stop what uses it, or take another: make play PORT=8090`);
    process.exit(1);
  }
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(0));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
