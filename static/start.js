// Starts the page. It is a file of its own because the Content-Security-Policy allows no inline script;
// the names of the built files, which change with their content, stand in <meta> elements.
const meta = (name) => document.querySelector(`meta[name="${name}"]`)?.content;
const [js, wasm] = meta("ordinal-app").split(" ");
// The later parts of the program: what does not run before the page is live, and before its second pod is there. A build
// without optimisation has none; one for taking a profile is held back until it is told to go on.
const later = (meta("ordinal-deferred") ?? "").split(" ").filter(Boolean);
const held = later[0] === "held";
// What wasm-bindgen made of the program's exports.
let glue;
// The exports of the parts that are there.
const parts = [];
// How often the page has stood still for a part.
let waits = 0;

// Tells the page that it may open its story.
const open = () => {
  globalThis.ordinalOpen = true;
  dispatchEvent(new Event("ordinal-opening"));
};
// Whether the tab remembers a story from before it was loaded again (src/app/browser.rs); a sandbox may forbid to ask.
const remembers = () => {
  try {
    return sessionStorage.getItem("ordinal") !== null;
  } catch {
    return false;
  }
};
// A link, or a story that goes on, may need anything from the start: all is loaded before.
const whole = Boolean(location.hash) || remembers();
// So may a moment that is asked for, once the story is opened.
const enough = location.search ? later.length : 1;

// Makes a part of the program known to the one before it.
const link = (number, module) => {
  if (parts[number]) return;
  const before = parts[number - 1];
  const page = { load: () => loadNow(number + 1) };
  parts[number] = new WebAssembly.Instance(module, { first: before, page }).exports;
  before.deferred_loaded.value = 1;
};

const address = (number) => new URL(later[number - 1], import.meta.url);

// Called by the program when something is needed that has not come yet: the page stands still until it is there.
const loadNow = (number) => {
  waits += 1;
  const request = new XMLHttpRequest();
  request.open("GET", address(number), false);
  // Bytes as characters: a request that is waited for gives nothing else.
  request.overrideMimeType("text/plain; charset=x-user-defined");
  request.send();
  if (request.status >= 300) throw new Error(`${address(number)}: ${request.status}`);
  link(number, new WebAssembly.Module(Uint8Array.from(request.responseText, (c) => c.charCodeAt(0))));
};
globalThis.ordinalLoadDeferred = () => loadNow(1);

// A part that has come, ready to be made known.
const fetched = async (number) => {
  const response = await fetch(address(number));
  if (!response.ok) throw new Error(`${address(number)}: ${response.status}`);
  return WebAssembly.compile(await response.arrayBuffer());
};

// How long after all is loaded that is, in milliseconds.
const WARMED_UP_AFTER = 1500;
// Lets what a big rollout needs be compiled before there is one (src/app/warm_up.rs): a picture at a time, while nobody waits.
// What is embedded in another page is not warmed up: it may be one of many there.
const warmUp = () => {
  const idle = globalThis.requestIdleCallback ?? ((act) => setTimeout(act, 100));
  const goOn = () => {
    if (glue.warm_up()) idle(goOn);
    else globalThis.ordinalWarm = true;
  };
  if (parent === globalThis) setTimeout(idle, WARMED_UP_AFTER, goOn);
};

const loadLater = async (number, pause) => {
  if (number > later.length) {
    globalThis.ordinalDeferred = { waits };
    warmUp();
    return;
  }
  try {
    if (!parts[number]) link(number, await fetched(number));
  } catch (error) {
    // The network is away for a while: what is there goes on.
    if (pause > 60_000) throw error;
    setTimeout(loadLater, pause, number, pause * 2);
    return;
  }
  if (number === enough) open();
  requestAnimationFrame(() => loadLater(number + 1, 500));
};

try {
  const early = whole && !held ? later.map((_, index) => fetched(index + 1)) : [];
  glue = await import(`./${js}`);
  parts[0] = await glue.default({ module_or_path: new URL(wasm, import.meta.url) });
  for (const [index, part] of early.entries()) link(index + 1, await part);
  glue.start();
  // After the first picture.
  if (!held) {
    requestAnimationFrame(() => {
      if (later.length === 0) open();
      loadLater(1, 500);
    });
  }
} catch (error) {
  const message = document.createElement("p");
  message.setAttribute("role", "alert");
  message.textContent = `Ordinal could not start: ${error}`;
  document.getElementById("app").append(message);
  throw error;
}
