// Starts the page: loads the parts of the program one after the other, says what can't be had, and takes what the user does
// until all parts are there. Nothing here waits for the network while the page stands still.
//
// It is a file of its own because the Content-Security-Policy allows no inline script; the names of the built files, which
// change with their content, stand in <meta> elements.
const meta = (name) => document.querySelector(`meta[name="${name}"]`)?.content;
const [js, wasm] = meta("ordinal-app").split(" ");
// The later parts of the program: what does not run before the page is live, what does not before its first pod is there, what
// does not before that is ready, what nothing needs before somebody does something, and what is loaded only for who wants it. A
// build without optimisation has none; one for taking a profile is held back until it is told to go on.
const later = (meta("ordinal-deferred") ?? "").split(" ").filter(Boolean);
const held = later[0] === "held";
// How many of them there have to be for time to pass, and for somebody to do something.
const PLAYS = 3;
const ACTS = 4;
// What is said when so many of them are there: by a mark, for who begins to listen later, and by an event. src/app/loading.rs
const SAID = [, ["ordinalOpen", "ordinal-opening"], ["ordinalRolls", "ordinal-rollout"], ["ordinalPlays", "ordinal-whole"]];
// How many are loaded without being asked for: what is there for hands comes when there is somebody, or when the page opens with
// a story of its own, which may need anything.
let wantsHands = false;
const byItself = () => wantsHands ? ACTS : PLAYS;

// The languages: English, which comes with the program, and those that have a file of their own.
const LANGUAGES = [{ tag: "en", name: "English" }];
for (const each of (meta("ordinal-languages") ?? "").split(",").filter(Boolean)) {
  const [file, ...name] = each.split(" ");
  LANGUAGES.push({ tag: file.slice(0, file.lastIndexOf("-")), name: name.join(" "), file });
}
const chosenBefore = () => {
  try {
    return localStorage.getItem("ordinal-language");
  } catch {
    return null;
  }
};
// The first language that there is of what the address asks for, what was chosen once, and what the browser prefers. `de-AT` is
// content with `de`.
const primary = (tag) => tag.toLowerCase().split("-")[0];
const languageOf = (tag) => LANGUAGES.find((each) => each.tag.toLowerCase() === tag.toLowerCase())
  ?? LANGUAGES.find((each) => primary(each.tag) === primary(tag));
const asked = [new URLSearchParams(location.search).get("lang"), chosenBefore(), ...navigator.languages];
let language = asked.filter(Boolean).map(languageOf).find(Boolean) ?? LANGUAGES[0];

// What is said here: the program's own texts are a part of the program.
const TEXT = {
  waiting: "Loading the rest of Ordinal. What you have done is carried out as soon as it is there.",
  start: "Ordinal could not start: a part of it could not be loaded.",
  part: "A part of Ordinal could not be loaded. What you see goes on; what needs that part waits.",
  network: "The network or the server does not answer.",
  status: "The server answered: ",
  html: "The server sent a page of text in its place.",
  damaged: "What came is damaged, or was cut short.",
  newer: "A new version of Ordinal is there: this page belongs to an older one. What you have done is kept.",
  again: "Try again",
  load: "Load again",
  ended: "Ordinal has come to its end: the browser gave it no more memory, or it made a mistake.",
};

// How long the texts of a language are waited for (milliseconds). Without them the page is English.
const PATIENCE = 15000;
// The texts of the language: those of this script are put in place, the program's are given. None for English.
const translations = async () => {
  if (!language.file) return "";
  try {
    const response = await fetch(new URL(language.file, import.meta.url), { signal: AbortSignal.timeout(PATIENCE) });
    const [start, ...lines] = (await response.text()).split("\n");
    Object.assign(TEXT, JSON.parse(start));
    document.documentElement.lang = language.tag;
    document.title = TEXT.title ?? document.title;
    for (const loading of document.querySelectorAll("#app > .unseen, .first .why h2")) loading.textContent = TEXT.loading ?? loading.textContent;
    return lines.join("\n");
  } catch {
    language = LANGUAGES[0];
    return "";
  }
};
const translated = translations();

// The static text about pages that can't load any script is not for this one.
const app = document.getElementById("app");
app.querySelector(".help")?.remove();

// What wasm-bindgen made of the program's exports.
let glue;
// The exports of the parts that are there, the later modules that are on their way, and those of them that have come.
const parts = [];
const coming = [];
const come = [];
// Whether time may pass, whether somebody may do something, and whether the program has called a part that was not there: it has
// stopped in its tracks then.
let plays = false;
let whole = false;
let stopped = false;

// What was to be kept when this page loaded itself again, with all parts before it starts.
// Such a page starts when nothing can be missing. So does one whose first story the page around tells: it has nothing to show
// before, and that story may need anything. And so does one without an origin (in a sandbox), whose history keeps nothing: it would
// load itself again and again.
const isSandboxed = globalThis.origin === "null" && !globalThis.ordinalIsOneFile;
const startsWhole = isSandboxed || /[?&]story=host\b/.test(location.search);
const kept = history.state?.ordinal ?? (startsWhole ? [] : undefined);
const keptWhole = history.state?.whole;
globalThis.ordinalMissed = history.state?.missed;
if (history.state) history.replaceState(null, "");

// What stands on the stage before the program does (static/first.html) stays there until the first story begins: it is moved into
// the program's stage when that is drawn. A page that opens with another story, or in another form or language, has none of it.
const pictured = [...app.querySelectorAll(".first :is(.set > *, .service, .lanes)")];
const ofSet = app.querySelectorAll(".first .set > *").length;
const unpicture = () => pictured.forEach((part) => part.remove());
const hasMemory = () => {
  try {
    return sessionStorage.getItem("ordinal");
  } catch {
    return null;
  }
};
const isEmbedded = /[?&]embed\b/.test(location.search);
if (isEmbedded) app.querySelector(".first")?.remove();
// What else stands there in English is not seen in another language.
if (language.file) app.querySelectorAll(".first :is(header p, .timeline, nav)").forEach((part) => part.style.visibility = "hidden");
if (kept || language.file || isEmbedded || location.hash.length > 1 || /[?&]t=/.test(location.search) || hasMemory()) unpicture();
else {
  new MutationObserver((_, drawing) => {
    const stage = app.querySelector(":not(.first) > main > .stage");
    if (!stage) return;
    drawing.disconnect();
    pictured.forEach((part) => part.inert = true);
    stage.querySelector(".set").append(...pictured.slice(0, ofSet));
    stage.append(...pictured.slice(ofSet));
    new MutationObserver((_, beginning) => {
      if (stage.querySelectorAll(".set > h2").length < 2) return;
      beginning.disconnect();
      unpicture();
    }).observe(stage, { childList: true, subtree: true });
  }).observe(app, { childList: true, subtree: true });
  addEventListener("ordinal-whole", unpicture);
}

const frame = () => new Promise(requestAnimationFrame);
const pause = (time) => new Promise((done) => setTimeout(done, time));
const tell = (what) => dispatchEvent(new Event(what));
const say = ([mark, event]) => {
  globalThis[mark] = true;
  tell(event);
};

// A note over the page, with a button or none; gives its element.
const note = (text, button) => {
  document.getElementById("loading")?.remove();
  const element = document.createElement("p");
  element.id = "loading";
  element.setAttribute("role", button ? "alert" : "status");
  element.append(text, button ?? "");
  document.body.append(element);
  return element;
};
// What can be answered stands until it is: neither that something is waited for takes its place, nor that this has come takes it away.
const unnote = () => document.querySelector("#loading[role=status]")?.remove();
const waiting = () => document.querySelector("#loading[role=alert]") ?? note(TEXT.waiting);
const pressed = (text, act) => {
  const button = document.createElement("button");
  button.textContent = text;
  button.addEventListener("click", act);
  button.act = act;
  return button;
};

// Loads the page again, and keeps what the user has done.
const loadAgain = () => {
  history.replaceState({ ordinal: acts.map(({ target, ...act }) => act), whole, missed: globalThis.ordinalMissed }, "");
  location.reload();
};

// Whether the server has another version of the page by now.
const isNewer = async () => {
  try {
    const response = await fetch(location.href.split(/[?#]/)[0], { cache: "no-store" });
    const index = await response.text();
    return response.ok && index.includes("ordinal-app") && !index.includes(wasm);
  } catch {
    return false;
  }
};

// Says why a part can't be had, and waits for another try: the user wants it, or the network is back.
let another;
const wanted = (reason) => {
  another ??= isNewer().then((newer) => new Promise((done) => {
    const go = () => {
      another = undefined;
      document.getElementById("loading")?.remove();
      if (acts.length) waiting();
      done();
    };
    const what = parts[0] ? TEXT.part : TEXT.start;
    if (newer) note(TEXT.newer, pressed(TEXT.load, loadAgain));
    else note(`${what} ${reason}`, pressed(TEXT.again, go));
    addEventListener("online", go, { once: true });
  }));
  return another;
};

// How long after a failure something is tried again by itself, in milliseconds.
const PAUSES = [400, 1600];
// What `attempt` gives when it succeeds: it is told how many attempts there were. What it throws is the reason, in words.
const obtained = async (attempt) => {
  for (let tries = 0; ; tries += 1) {
    try {
      return await attempt(tries);
    } catch (reason) {
      if (tries < PAUSES.length) await pause(PAUSES[tries]);
      else await wanted(reason);
    }
  }
};

// The module of a file. What was tried before is not taken from a cache.
const compiled = async (name, tries) => {
  const options = tries ? { cache: "reload" } : {};
  const response = await fetch(new URL(name, import.meta.url), options).catch(() => { throw TEXT.network; });
  if (!response.ok) throw `${TEXT.status}${response.status}.`;
  const type = (response.headers.get("Content-Type") ?? "").split(";")[0];
  if (type === "text/html") throw TEXT.html;
  try {
    // Compiled as it comes, where the server says what it is.
    if (type === "application/wasm" && WebAssembly.compileStreaming) return await WebAssembly.compileStreaming(response);
    return await WebAssembly.compile(await response.arrayBuffer());
  } catch {
    throw TEXT.damaged;
  }
};

// Has a later part come before it is waited for. Why it does not is said when it is.
const fetchAhead = (number) => {
  if (number > byItself() || !later[number - 1] || coming[number]) return;
  coming[number] = compiled(later[number - 1]);
  coming[number].then((module) => come[number] = module, () => {});
};

// Called by the program when it needs a part that is not there: the next one. Nothing that is shown before needs one; if it does all
// the same, a part that has come is linked on the spot. Otherwise, since nothing waits for the network, the page stands as it is until
// it can load itself again with all parts.
const miss = () => {
  const next = parts.length;
  // For who looks into it: from where.
  globalThis.ordinalMissed = `${next} ${Error().stack}`;
  stopped = true;
  if (come[next]) {
    link(next, come[next]);
    stopped = false;
    return;
  }
  waiting();
  if (plays) loadAgain();
  throw new Error("a part of the program was called before it was there: cargo xtask profile measures what runs when");
};
globalThis.ordinalLoadDeferred = miss;

// Makes a part of the program known to the one before it.
const link = (number, module) => {
  const before = parts[number - 1];
  // Functions have no names there: imports are read in the order of the table that holds them.
  let used = 0;
  const first = Object.create(before, { "": { get: () => before.$used.get(used++) } });
  try {
    parts[number] = new WebAssembly.Instance(module, { first, page: { load: miss } }).exports;
  } catch {
    throw TEXT.damaged;
  }
  parts[0].deferred_loaded.value = number;
};

// Has a later part there before it goes on.
const brought = [];
const bring = (number) => brought[number] ??= obtained(async (tries) => {
  const part = await (tries || !coming[number] ? compiled(later[number - 1], tries) : coming[number]);
  fetchAhead(number + 1);
  if (!parts[number]) link(number, part);
});

// How that looks which is seen once somebody does something (0), and which is loaded for who wants it (1). Without that it is used all
// the same.
const styles = (meta("ordinal-style") ?? "").split(" ").filter(Boolean);
const stylesAsked = [];
const styled = (number) => stylesAsked[number] ??= styles[number] && new Promise((done) => {
  const link = document.createElement("link");
  Object.assign(link, { rel: "stylesheet", href: styles[number], onload: done, onerror: done });
  document.head.append(link);
});

// From a number on as many parts as there have to be, one after the other.
const bringAll = async (number, last) => {
  for (; number <= last() && later[number - 1]; number += 1) {
    await bring(number);
    // After a picture: what is there is seen, and no two long tasks become one.
    await frame();
    if (number < PLAYS && !kept && !stopped) say(SAID[number]);
    styled(0);
  }
};

// What is loaded for who wants it, once all else is there. It is asked for by the program (src/app/loading.rs).
let door;
const allThere = new Promise((there) => addEventListener("ordinal-whole", there, { once: true }));
globalThis.ordinalWant = () => door ??= (async () => {
  if (later[ACTS]) waiting();
  styled(0);
  const style = styled(1);
  await allThere;
  await style;
  await bringAll(ACTS, () => later.length);
  unnote();
  globalThis.ordinalDoor = true;
  tell("ordinal-wanted");
})();

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

// How long after all is loaded the page is kept for visits without a network, in milliseconds.
const KEPT_AFTER = 4000;
const keepForLater = () => {
  import(`./${offline}`).then(({ keep }) => keep({ note, pressed, text: TEXT, loadAgain })).catch(() => {});
};

// What the user has done before all parts were there, in order. An act has a target, and what finds another one in its
// place: the kind of element, and its name.
const acts = [];
// Texts that were typed, by their fields; and what was scrolled.
const typed = new Map();
const scrolled = new Set();
// All that the page listens to (tests/it/loading.rs holds it against the sources).
const HEARD = [
  "beforeinput", "blur", "change", "click", "close", "contextmenu", "dblclick", "dragover", "drop", "focus", "focusin", "focusout", "hashchange",
  "input", "keydown", "mousedown", "mouseenter", "mouseleave", "mousemove", "pagehide", "paste", "pointerdown", "pointermove", "pointerup", "scroll", "submit", "toggle",
];
// What only somebody does who is there.
const PRESENT = /^(pointer(move|down)|key|click|input|paste|drag|drop|hash)/;
let someone;
const somebody = new Promise((there) => someone = there);
const FIELD = "input, textarea, select";
const nameOf = (element) => element.getAttribute("aria-label") ?? element.textContent.trim();

const keep = (type, target, more) => {
  const named = target instanceof Element && target.closest(`button, ${FIELD}, [data-object], [role]`);
  acts.push({ type, target, tag: named?.tagName, name: named ? nameOf(named) : "", ...more });
  waiting();
};
// The browser shows what is typed; the page hears of it later, and must not write over it before.
const holdTyped = () => {
  for (const [field, { value, start, end }] of typed) {
    if (field.value !== value) {
      field.value = value;
      field.setSelectionRange?.(start, end);
    }
  }
  if (!whole) requestAnimationFrame(holdTyped);
};
const takeText = (field) => {
  const { value, selectionStart: start, selectionEnd: end } = field;
  const last = acts.at(-1);
  if (last?.type === "input" && last.target === field) last.value = value;
  else keep("input", field, { value });
  if (field.selectionStart !== null && field.tagName !== "SELECT") {
    if (!typed.size) holdTyped();
    typed.set(field, { value, start, end });
  }
};
const takeKey = (event) => {
  const { target, key, ctrlKey, metaKey, altKey, shiftKey } = event;
  const field = target.closest?.(FIELD);
  const isEnter = key === "Enter" && (ctrlKey || metaKey || field?.tagName === "INPUT") && !event.isComposing;
  const isNative = field || ctrlKey || metaKey || altKey || key === "Enter" || key === "Tab"
    || key === " " && target.closest?.("button, a, summary");
  if (!isEnter && (isNative || key.length > 1 && !/^(Arrow|Home|End|Escape)/.test(key))) return;
  event.preventDefault();
  keep("keydown", target, { key, ctrlKey, metaKey, shiftKey });
  if (isEnter && field?.tagName === "INPUT") {
    field.value = "";
    typed.delete(field);
  }
};
const take = (event) => {
  const { type, target } = event;
  // What is carried out is not taken again.
  if (whole && !event.isTrusted) return;
  event.stopImmediatePropagation();
  if (PRESENT.test(type)) someone();
  if (target.closest?.("#loading, .poster")) {
    if (type === "click") target.act?.();
  } else if (type === "scroll") scrolled.add(target);
  else if (type === "hashchange") keep(type, globalThis);
  else if (type === "keydown") takeKey(event);
  else if (type === "input" && target.tagName !== "SELECT") takeText(target);
  else if (type === "change" && target.tagName === "SELECT") keep(type, target, { value: target.value });
  else if (type === "dblclick" && target.closest(".edge")) keep(type, target);
  else if (type === "pointerdown" && target.closest(".scrub")) keep(type, target, { x: event.clientX, y: event.clientY });
  // The program gives the way to the whole page its moment when it is pressed.
  else if (type === "click" && !target.closest(`a:not(.open), summary, ${FIELD}`) && target.closest("a.open, button, [data-object]")) {
    event.preventDefault();
    keep(type, target);
  }
};
HEARD.forEach((type) => addEventListener(type, take, true));

const found = ({ target, tag, name }) => {
  if (target === globalThis || target?.isConnected) return target;
  return tag ? [...document.querySelectorAll(tag)].find((element) => nameOf(element) === name) : document.body;
};
// Does what the user did, as the page would have heard it.
const carryOut = (act) => {
  const target = found(act);
  const { type, value, x, y } = act;
  if (!target) return;
  if (type === "hashchange") return tell(type);
  if (value !== undefined) target.value = value;
  if (type === "click" || type === "dblclick") {
    target.dispatchEvent(new MouseEvent(type, { bubbles: true, cancelable: true, composed: true }));
  } else if (type === "keydown") {
    target.dispatchEvent(new KeyboardEvent(type, { ...act, bubbles: true, cancelable: true }));
  } else if (type === "pointerdown") {
    const where = { bubbles: true, pointerId: 1, buttons: 1, clientX: x, clientY: y };
    for (const kind of [type, "pointerup"]) target.dispatchEvent(new PointerEvent(kind, where));
  } else {
    target.dispatchEvent(new Event(type, { bubbles: true }));
  }
};
const carryAllOut = async () => {
  acts.unshift(...(kept ?? []));
  for (const element of scrolled) element.dispatchEvent(new Event("scroll"));
  if (document.activeElement !== document.body) document.activeElement.dispatchEvent(new FocusEvent("focusin", { bubbles: true }));
  // Each is seen before the next is done; what is done meanwhile comes after them.
  for (; acts.length; acts.shift()) {
    await frame();
    carryOut(acts[0]);
  }
  HEARD.forEach((type) => removeEventListener(type, take, true));
  unnote();
};

// A mistake of the program itself is told by it (src/app/panic.rs), but not that there is no more memory.
const ended = (event) => {
  const error = event.error ?? event.reason;
  if (stopped) event.preventDefault();
  else if (error instanceof WebAssembly.RuntimeError && !document.querySelector(".panic")) {
    try {
      glue.tell_end(TEXT.ended);
    } catch {
      note(TEXT.ended, pressed(TEXT.load, () => location.reload()));
    }
  }
};
addEventListener("error", ended);
addEventListener("unhandledrejection", ended);

// What speaks with the page around this one is not of the program, and not waited for, unless the program is not wanted yet.
const [embed, offline] = meta("ordinal-beside").split(" ");
const isFrame = parent !== globalThis;
const beside = isFrame && import(`./${embed}`).catch(() => {});
if (isFrame && !kept && /[?&]poster=1/.test(location.search)) await (await beside)?.wanted();
const first = obtained((tries) => compiled(wasm, tries));
// A script that did not come is asked for by another name: browsers remember that it failed.
glue = await obtained((tries) => import(`./${js}${tries ? `?${tries}` : ""}`).catch(() => { throw TEXT.network; }));
const module = await first;
if (!held) fetchAhead(1);
parts[0] = await glue.default({ module_or_path: module });
// The language is known before anything is drawn.
const lines = await translated;
const languages = LANGUAGES.map(({ tag, name }) => `${tag} ${name}`).join("\n");
// A page that had to load itself again starts when nothing can be missing. The program says whether its story may need anything.
const start = () => {
  try {
    glue.speak(language.tag, languages, lines);
    if (glue.start()) wantsHands = true;
  } catch (error) {
    if (!stopped) throw error;
  }
};
// In a task of its own: an embedded page shares its time with the one around it.
await pause(0);
if (startsWhole) note(app.querySelector(".unseen").textContent);
wantsHands = !!kept || !!globalThis.ordinalIsOneFile;
if (!kept) start();
somebody.then(() => {
  wantsHands = true;
  if (brought[PLAYS]) fetchAhead(ACTS);
});
if (!held) {
  await bringAll(1, byItself);
  if (keptWhole) await bringAll(ACTS + 1, () => later.length);
  if (wantsHands) await styled(0);
  if (stopped) loadAgain();
  else {
    plays = true;
    SAID.forEach(([mark]) => globalThis[mark] = true);
    if (kept) start();
    SAID.forEach(say);
    // Time passes from here on. What somebody does is done when there is what that needs.
    if (!wantsHands && later.length) await somebody;
    await bringAll(ACTS, () => ACTS);
    await styled(0);
    whole = true;
    globalThis.ordinalDeferred = true;
    await carryAllOut();
    warmUp();
    // Once all else is done: it asks for all files once more, mostly of the browser's cache, for visits without a network.
    if (!isFrame) setTimeout(keepForLater, KEPT_AFTER);
  }
}
