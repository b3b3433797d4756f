// Speaks with the page around an embedded page: docs/embedding/README.md tells what is said. Only with the page of the origin
// that the address names (`origin=`), and only with the window right around this one.
const asked = new URLSearchParams(location.search);
const origin = asked.get("origin");
// A page without an origin (from a file, or in a sandbox) can only be told apart by its window.
const target = origin === "null" ? "*" : origin;
const VERSION = 1;
// How often what has changed is told, in milliseconds.
const EVERY = 250;

document.documentElement.dataset.controls = asked.get("controls") ?? "full";

const tell = (is, more) => {
  if (target) parent.postMessage({ ordinal: VERSION, is, ...more }, target);
};

// `poster=1`: the program is not loaded before somebody wants it.
export const wanted = () => new Promise((done) => {
  const button = document.createElement("button");
  button.className = "poster";
  button.setAttribute("aria-label", "Play");
  button.textContent = "▶";
  const go = () => {
    button.remove();
    done();
  };
  // Nothing else hears of clicks before the program is there (static/start.js).
  button.act = go;
  addEventListener("ordinal-play", go, { once: true });
  document.getElementById("app").append(button);
});

// Asks the program (src/app/host.rs); gives what it answers, or nothing while it is not there.
const ask = (request) => {
  const detail = { ...request };
  dispatchEvent(new CustomEvent("ordinal-host", { detail }));
  if (!detail.is) return undefined;
  const [time, end, position, playing, rests, open] = detail.is.split(" ").map(Number);
  const state = !open ? "loading" : playing ? "playing" : rests ? "settled" : "paused";
  const why = document.querySelector(".why h2")?.textContent ?? "";
  return { time: time / 1000, duration: end / 1000, position, state, why, problem: detail.problem };
};

// How high a frame of this width would have to be so that nothing has to be scrolled.
const height = () => {
  const stage = document.querySelector(".stage");
  const last = stage?.lastElementChild;
  if (!last) return 0;
  const inside = last.getBoundingClientRect().bottom + stage.scrollTop - stage.getBoundingClientRect().top;
  const timeline = document.querySelector(".timeline")?.offsetHeight ?? 0;
  const panel = document.querySelector(".panel");
  const below = panel && panel.getBoundingClientRect().top > 9 ? panel.offsetHeight : 0;
  return Math.ceil(inside + 12 + timeline + below);
};

let told = "";
let size = 0;
const report = (state = ask({})) => {
  if (!state) return;
  const news = JSON.stringify(state);
  if (news !== told) tell("state", state);
  told = news;
  const wants = height();
  if (Math.abs(wants - size) > 4) tell("size", { height: size = wants });
};

let whole = false;
const early = [];
const carryOut = ({ do: act, value, commands }) => {
  const state = ask({ do: act, value: String(value ?? ""), commands: commands ?? "" });
  if (state?.problem) tell("problem", { text: state.problem });
  report(state);
};
addEventListener("message", ({ source, origin: from, data }) => {
  if (source !== parent || from !== origin || data?.ordinal !== VERSION || typeof data.do !== "string") return;
  dispatchEvent(new Event("ordinal-play"));
  if (whole) carryOut(data);
  else early.push(data);
});
// A lesson's bet was answered.
addEventListener("ordinal-answer", ({ detail }) => tell("answer", { answer: detail }));

const goOn = () => {
  whole = true;
  tell("ready", {});
  early.splice(0).forEach(carryOut);
  setInterval(() => document.hidden || report(), EVERY);
};
tell("here", {});
if (globalThis.ordinalDeferred) goOn();
else addEventListener("ordinal-whole", goOn, { once: true });
