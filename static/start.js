// Starts the page. It is a file of its own because the Content-Security-Policy allows no inline script;
// the names of the built files, which change with their content, stand in <meta> elements.
const meta = (name) => document.querySelector(`meta[name="${name}"]`)?.content;
const [js, wasm] = meta("ordinal-app").split(" ");
// The second part of the program: what does not run before the stage is live. A build without optimisation has none.
const rest = meta("ordinal-rest") && new URL(meta("ordinal-rest"), import.meta.url);
let first;
// How often the page has stood still for the second part.
let waits = 0;

const link = (module) => {
  if (first.rest_loaded.value) return;
  new WebAssembly.Instance(module, { first });
  first.rest_loaded.value = 1;
  globalThis.ordinalRest = { waits };
};

// Called by the program when something is needed that has not come yet: the page stands still until it is there.
globalThis.ordinalLoadRest = () => {
  const request = new XMLHttpRequest();
  request.open("GET", rest, false);
  // Bytes as characters: a request that is waited for gives nothing else.
  request.overrideMimeType("text/plain; charset=x-user-defined");
  request.send();
  if (request.status >= 300) throw new Error(`${rest}: ${request.status}`);
  waits += 1;
  link(new WebAssembly.Module(Uint8Array.from(request.responseText, (c) => c.charCodeAt(0))));
};

const loadRest = async (pause) => {
  try {
    const response = await fetch(rest);
    if (!response.ok) throw new Error(`${rest}: ${response.status}`);
    link(await WebAssembly.compile(await response.arrayBuffer()));
  } catch (error) {
    // The network is away for a while: the stage plays on.
    if (pause > 60_000) throw error;
    setTimeout(loadRest, pause, pause * 2);
  }
};

try {
  const glue = await import(`./${js}`);
  first = await glue.default({ module_or_path: new URL(wasm, import.meta.url) });
  // After the first pictures.
  if (rest) requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(loadRest, 0, 500)));
} catch (error) {
  const message = document.createElement("p");
  message.setAttribute("role", "alert");
  message.textContent = `Ordinal could not start: ${error}`;
  document.getElementById("app").append(message);
  throw error;
}
