// Keeps the page for when there is no network (sw.js, which the build writes), and offers a new version when one has come.
// A browser may have no service workers, or refuse them (a file, a sandbox, a private window): then the page is just not kept.
export const keep = async ({ note, pressed, text, loadAgain }) => {
  try {
    const workers = navigator.serviceWorker;
    const kept = await workers.register("sw.js", { scope: "./", updateViaCache: "none" });
    const offer = () => {
      const worker = kept.waiting;
      // The first one replaces nothing.
      if (!worker || !workers.controller) return;
      note(text.newer, pressed(text.load, () => {
        workers.addEventListener("controllerchange", loadAgain, { once: true });
        worker.postMessage("replace");
      }));
    };
    kept.addEventListener("updatefound", () => {
      kept.installing?.addEventListener("statechange", offer);
    });
    offer();
  } catch {
    // Nothing is lost but the visit without a network.
  }
};
