// Starts the simulation's module in a web worker:
//   new Worker("./sim_worker_loader.js?build=BUILD", { type: "module" })
// The query goes on to the module and its WASM, so that a cache cannot mix two builds.
const { search } = new URL(import.meta.url);
const { default: init } = await import(`./sim_worker.js${search}`);
await init({ module_or_path: new URL(`./sim_worker_bg.wasm${search}`, import.meta.url) });
