// Beside the page: has it kept for later without a network, and tells it when a newer release is ready.
// The page hears "brownout-update"; it answers "brownout-renew" once everything is saved.
const root = document.documentElement;

async function keep() {
  const workers = navigator.serviceWorker;
  if (!workers) return;
  const registration = await workers.register("./service-worker.js", { updateViaCache: "none" });
  let asked = false;
  const tell = () => {
    root.dataset.update = "ready";
    dispatchEvent(new Event("brownout-update"));
  };
  const look = () => {
    // Without a controller this is the first release that is kept, and the page is of it.
    if (registration.waiting && workers.controller) tell();
  };
  look();
  registration.addEventListener("updatefound", () => {
    registration.installing?.addEventListener("statechange", look);
  });
  workers.addEventListener("controllerchange", () => {
    if (asked) location.reload();
    // Another tab has changed to the newer one.
    else tell();
  });
  addEventListener("brownout-renew", () => {
    asked = true;
    if (registration.waiting) registration.waiting.postMessage("renew");
    else location.reload();
  });
  await workers.ready;
  root.dataset.offline = "ready";
}

/**
 * What is kept of this release: "ok"; "open" if this window was opened before that; "none"; how many files are missing;
 * "silent" if nobody answers.
 */
async function kept() {
  const workers = navigator.serviceWorker;
  const active = (await workers?.getRegistration())?.active;
  if (!active) return "none";
  const { port1, port2 } = new MessageChannel();
  const answer = new Promise((done) => {
    port1.onmessage = ({ data }) => done(data);
    setTimeout(done, 3000, "silent");
  });
  active.postMessage("kept", [port2]);
  const missing = await answer;
  if (missing !== 0) return String(missing);
  return workers.controller ? "ok" : "open";
}

addEventListener("brownout-ask-kept", async () => {
  root.dataset.kept = await kept().catch(() => "none");
  dispatchEvent(new Event("brownout-kept"));
});

// After the page has drawn itself: what is kept for later can wait.
addEventListener(
  "TrunkApplicationStarted",
  () => {
    keep().catch(() => {
      // A browser that keeps nothing, or a private window: the page works with a network.
    });
  },
  { once: true },
);
