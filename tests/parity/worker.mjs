// The built worker, dist/sim_worker*, under Node: the very module that the page starts, spoken to in
// its own messages (src/worker/protocol.rs). Node has no worker scope, so the few names that one has
// are put in place here.
import assert from "node:assert/strict";
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

/** Starts the worker of the page built in `dist`; one for each process. */
export async function startWorker(dist) {
  const updates = [];
  const waiting = [];
  const listeners = [];
  const scope = globalThis;
  assert.equal(scope.DedicatedWorkerGlobalScope, undefined, "one worker for each process");

  scope.self = scope;
  scope.DedicatedWorkerGlobalScope = class {
    static [Symbol.hasInstance](value) {
      return value === scope;
    }
  };
  scope.onmessage = null;
  scope.addEventListener = (kind, listener) => kind === "message" && listeners.push(listener);
  scope.postMessage = (data) => {
    const update = readUpdate(data);
    const next = waiting.shift();
    if (next) next(update);
    else updates.push(update);
  };

  // A channel that is open keeps Node from its end.
  const ports = [];
  const Channel = scope.MessageChannel;
  scope.MessageChannel = class extends Channel {
    constructor() {
      super();
      ports.push(this.port1);
    }
  };

  // The module's name ends in .js; Node takes only .mjs for a module everywhere.
  let exports;
  const folder = mkdtempSync(join(tmpdir(), "brownout-parity-"));
  try {
    const script = join(folder, "sim_worker.mjs");
    copyFileSync(join(dist, "sim_worker.js"), script);
    const { default: init } = await import(pathToFileURL(script));
    exports = await init({ module_or_path: readFileSync(join(dist, "sim_worker_bg.wasm")) });
  } finally {
    rmSync(folder, { recursive: true });
  }

  return {
    /** Sends a command, e.g. `{ seeds: { run: 1, text, seeds: [1] } }`. */
    send(command) {
      const event = { data: JSON.stringify(command) };
      scope.onmessage?.(event);
      for (const listener of listeners) (listener.handleEvent ?? listener).call(listener, event);
    },
    /** The next update that was not read yet: `[kind, content]`. */
    async next() {
      const update = updates.shift() ?? (await new Promise((done) => waiting.push(done)));
      return Object.entries(update)[0];
    },
    /** Nothing more is asked of it: Node can end. */
    stop() {
      for (const port of ports) port.close();
    },
    /** Bytes that the module has taken from the system; it never gives any back. */
    memory() {
      return exports.memory.buffer.byteLength;
    },
  };
}

/** An update is JSON text, alone or with a transferred buffer beside it. */
function readUpdate(data) {
  const text = typeof data === "string" ? data : Object.values(data).find((it) => typeof it === "string");
  assert.equal(typeof text, "string", "an update carries JSON text");
  return JSON.parse(text);
}
