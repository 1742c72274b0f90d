// The server behind `make play` and behind these tests.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { gunzipSync } from "node:zlib";

import { serve } from "../../.ci/serve.mjs";
import { ROOT } from "./helpers.mjs";

let folder, server;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), "brownout-serve-"));
  mkdirSync(join(folder, "site"));
  writeFileSync(join(folder, "secret.txt"), "secret");
  writeFileSync(join(folder, "site/index.html"), "<!doctype html><title>here</title>");
  writeFileSync(join(folder, "site/app_bg.wasm"), Buffer.from([0, 0x61, 0x73, 0x6d]));
  writeFileSync(join(folder, "site/app.js"), "export {};");
  server = await serve({ dir: join(folder, "site"), port: 0, base: "/a/b/" });
});

after(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

const get = (path, options) => fetch(new URL(path, server.address), options);

/** One request as it is written: fetch would tidy the path up first. */
function raw(path) {
  const { port } = new URL(server.address);
  return new Promise((done, failed) => {
    let text = "";
    connect(Number(port), "127.0.0.1", function () {
      this.write(`GET ${path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`);
    })
      .on("data", (chunk) => (text += chunk))
      .on("end", () => done(text))
      .on("error", failed);
  });
}

test("files have the types that browsers insist on", async () => {
  const type = async (path) => (await get(path)).headers.get("content-type");
  assert.equal(await type(""), "text/html; charset=utf-8");
  assert.equal(await type("app.js"), "text/javascript; charset=utf-8");
  assert.equal(await type("app_bg.wasm"), "application/wasm");
});

test("nothing is served outside the base, and the base without its slash leads to it", async () => {
  assert.equal((await get("/")).status, 404);
  assert.equal((await get("/a/")).status, 404);
  const redirect = await get("/a/b", { redirect: "manual" });
  assert.equal(redirect.status, 301);
  assert.equal(redirect.headers.get("location"), "/a/b/");
});

test("nothing outside the folder is served", async () => {
  for (const path of [
    "/a/b/../../secret.txt",
    "/a/b/../secret.txt",
    "/a/b/%2e%2e/secret.txt",
    "/a/b/..%2fsecret.txt",
    "/a/b/%00",
    "/a/b/%ff",
  ]) {
    const answer = await raw(path);
    assert.match(answer, /^HTTP\/1\.1 404 /, path);
    assert.doesNotMatch(answer, /\r\n\r\nsecret/, path);
  }
});

test("what did not change is not sent again", async () => {
  const first = await get("app.js");
  assert.equal(await first.text(), "export {};");
  const etag = first.headers.get("etag");
  const second = await get("app.js", { headers: { "if-none-match": etag } });
  assert.equal(second.status, 304);
});

test("gzip is used if the browser takes it", async () => {
  const answer = await raw("/a/b/app.js");
  assert.doesNotMatch(answer, /content-encoding/);
  const { port } = new URL(server.address);
  const bytes = await new Promise((done, failed) => {
    const chunks = [];
    connect(Number(port), "127.0.0.1", function () {
      this.write(
        "GET /a/b/app.js HTTP/1.0\r\nhost: x\r\naccept-encoding: gzip\r\nconnection: close\r\n\r\n",
      );
    })
      .on("data", (chunk) => chunks.push(chunk))
      .on("end", () => done(Buffer.concat(chunks)))
      .on("error", failed);
  });
  const body = bytes.subarray(bytes.indexOf("\r\n\r\n") + 4);
  assert.equal(gunzipSync(body).toString(), "export {};");
});

test("only reading is allowed", async () => {
  assert.equal((await get("", { method: "POST" })).status, 405);
});

test("a port in use is said in one line, with the way out", async () => {
  const { port } = new URL(server.address);
  const { code, stderr } = await new Promise((done) => {
    const args = [join(ROOT, ".ci/serve.mjs"), "--dir", folder, "--port", port];
    execFile(process.execPath, args, (error, stdout, stderr) => done({ code: error?.code, stderr }));
  });
  assert.equal(code, 1);
  assert.equal(
    stderr,
    `port ${port} is in use: stop what uses it, or take another: make play PORT=8090\n`,
  );
});
