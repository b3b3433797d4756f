// The service worker: keeps the files of one version of the page, and gives them where the network does not. The build puts the
// version and the list in (xtask/src/finish.rs).
const VERSION = "{version}";
const FILES = "{files}".split(" ");
// An origin may have the page in several folders: each has its caches.
const OURS = `ordinal ${registration.scope} `;
const CACHE = OURS + VERSION;
// How long a network that does not answer is waited for, if the page is kept (milliseconds).
const PATIENCE = 4000;

const keptPage = () => caches.open(CACHE).then((cache) => cache.match("index.html"));

// What is named by its content is as it is in the browser's cache.
const asked = (file) => new Request(file, /[0-9a-f]{16}/.test(file) ? {} : { cache: "no-cache" });

addEventListener("install", (event) => {
  // Whole, or not at all.
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(FILES.map(asked))));
});

addEventListener("activate", (event) => {
  event.waitUntil(caches.keys().then((names) => Promise.all(
    names.filter((name) => name.startsWith(OURS) && name !== CACHE).map((name) => caches.delete(name)),
  )));
});

// The page asks for it when the user does: never by itself in the middle of a story.
addEventListener("message", ({ data }) => {
  if (data === "replace") skipWaiting();
});

// The page itself comes from the network, so that a new version is seen; else the kept one.
const page = async (request) => {
  const kept = await keptPage();
  const late = new Promise((_, fail) => setTimeout(fail, PATIENCE));
  try {
    const answer = await (kept ? Promise.race([fetch(request), late]) : fetch(request));
    return answer.ok || !kept ? answer : kept;
  } catch (error) {
    if (kept) return kept;
    throw error;
  }
};

addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  const scope = new URL(registration.scope);
  if (request.method !== "GET" || origin !== scope.origin || !pathname.startsWith(scope.pathname)) return;
  const file = pathname.slice(scope.pathname.length);
  if (file === "" || file === "index.html") event.respondWith(page(request));
  else if (FILES.includes(file)) {
    event.respondWith(caches.open(CACHE).then((cache) => cache.match(file)).then((kept) => kept ?? fetch(request)));
  }
});
