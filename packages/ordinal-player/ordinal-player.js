// <ordinal-player>: a StatefulSet's story in a page. A poster first; the simulator, in a frame, when it is wanted.
// A classic script and a module alike; no dependency. What it takes and tells: docs/embedding/README.md.
(() => {
  const VERSION = "0.1.0";
  const NAME = "ordinal-player";
  const registry = globalThis.customElements;
  const warn = (text, one) => console.warn(`${NAME}: ${text}`, one);
  // A server that draws pages has no elements.
  if (!registry) return;
  const other = registry.get(NAME);
  if (other) {
    if (other.version !== VERSION) warn(`${other.version} is here, not ${VERSION}`, other);
    return;
  }

  const SPEAKS = 1;
  const MOST_ALIVE = 2;
  const LONGEST_LINK = 5e5;
  const SILENCE_MS = 30000;
  const PASSED_ON = ["speed", "lang", "lesson", "controls", "panels"];
  const CSS = `:host{display:block;position:relative;height:450px;border-radius:12px;border:1px solid #8884;overflow:hidden}iframe,.p,img{height:100%;width:100%;inset:0;position:absolute;object-fit:contain;border:0}.p{display:flex;color:CanvasText;background:Canvas;place-content:center;flex-flow:wrap;gap:9px;font:14px system-ui}i{z-index:1;background:#2c63d6;border-radius:50%;width:64px;color:#fff;font:26px/64px system-ui}i+b{width:100%}b+b{border-radius:12px;border:1px solid #8884;padding:9px}img~:not(i){display:none}`;

  const all = new Set();
  const near = new IntersectionObserver((entries) => {
    for (const entry of entries) entry.target._near = entry.isIntersecting;
    balance();
  }, { rootMargin: "100px" });
  // Of those that nobody has clicked, two are alive at a time: the ones that are seen. Each begins in a task of its own, so that
  // the page's thread is not held by two at once.
  const balance = () => {
    const list = [...all];
    const next = list.find((one) => one._near && one._byItself && !one._frame && !one._problem);
    const running = list.filter((one) => one._frame && !one._clicked);
    const gone = next && (running.length < MOST_ALIVE ? next : running.find((one) => !one._near));
    if (!gone) return;
    gone._rest();
    next._start();
    setTimeout(balance);
  };

  const DARK = /\b(dark|slate|navy|coal|ayu)\b/;
  const LIGHT = /\b(light|default|rust)\b/;
  // A page's policy may forbid the frame, by whichever directive: this is the one that counts.
  addEventListener("securitypolicyviolation", ({ effectiveDirective: by, blockedURI }) => {
    if (by === "frame-src") for (const one of all) {
      if (one.state === "loading" && one._frame.src.startsWith(blockedURI)) one._fail(`the page's policy (frame-src) forbids ${blockedURI}`);
    }
  });
  addEventListener("message", (said) => { for (const one of all) one._hear(said); });
  const themes = new MutationObserver(() => all.forEach((one) => one._theme()));

  const make = (tag, more) => Object.assign(document.createElement(tag), more);

  class OrdinalPlayer extends HTMLElement {
    static version = VERSION;
    // Where the built site is: beside this script, unless an element says otherwise.
    static site = document.currentScript?.src.replace(/[^/]*(\?.*)?$/, "");
    static observedAttributes = ["src", "link", "commands", "poster", "theme", "height", "site", "loading", "autoplay", "at", ...PASSED_ON];

    time = 0;
    state = "poster";
    _queue = [];

    constructor() {
      super();
      const root = this.attachShadow({ mode: "open" });
      // A style of a script is allowed where one in the page is not.
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(CSS);
      root.adoptedStyleSheets = [sheet];
    }

    connectedCallback() {
      all.add(this);
      for (const one of [document.documentElement, document.body]) themes.observe(one, { attributes: true });
      // What is inside may not have been read yet.
      const begin = () => {
        if (!all.has(this) || this._frame) return;
        this._draw();
        if (this._get("loading") === "eager" || this._goesOn) this._start();
        else near.observe(this);
      };
      if (document.readyState === "loading") addEventListener("DOMContentLoaded", begin);
      else setTimeout(begin);
    }

    disconnectedCallback() {
      // Moved, not removed: it goes on where it is put.
      this._goesOn = this._frame && this.state;
      all.delete(this);
      this._rest();
      balance();
    }

    attributeChangedCallback(name, before, now) {
      if (name === "height") return void (this.style.height = now > 0 ? `${now}px` : now === "auto" ? "" : now);
      if (!all.has(this) || before === now) return;
      if (name === "theme") return this._theme();
      clearTimeout(this._later);
      this._later = setTimeout(() => {
        const alive = this._frame;
        this._problem = this.time = 0;
        this._rest();
        if (alive) this._start();
        else balance();
      });
    }

    get _auto() { return this._clicked || this._get("autoplay") !== null; }
    get _byItself() { return this._auto || this._get("loading") === "lazy"; }

    _do(request) {
      this._clicked = true;
      if (this._open) return this._say(request);
      this._queue.push(request);
      this._start();
    }
    _say(request) { this._frame.contentWindow?.postMessage({ ordinal: SPEAKS, ...request }, this._origin); }
    _tell(type, detail = { time: this.time, state: this.state, why: this._why }) {
      this.dispatchEvent(new CustomEvent(type, { detail, bubbles: true }));
    }
    _became(state, changed) {
      const before = this.state;
      this.state = state;
      if (changed || before !== state) this._tell("change");
      if (state === "settled" && before !== state) this._tell(state);
    }

    // Light or dark: as it is told, or as the page says it by an attribute of its data or a class of its root or body; else as
    // the reader prefers it.
    get _dark() {
      const said = this._get("theme") || [document.documentElement, document.body].map((one) => `${Object.values(one.dataset)} ${one.className}`).join();
      return DARK.test(said) || !LIGHT.test(said) && matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
    }
    _theme() {
      const dark = this._dark;
      if (dark === this._was) return;
      this._was = dark;
      if (this._frame) this._say({ do: "theme", value: dark });
      else this._draw();
    }

    // The poster: a picture if there is one, else the set's name and its pods; or what is wrong.
    _draw() {
      this._clear();
      const problem = this._problem;
      const [, set, replicas = 1] = /kind:\s*StatefulSet[^]*?\bname:\s*["']?([\w.-]+)(?:(?:(?!\n--)[^])*?replicas:\s*(\d+))?/.exec(this._text()) ?? [0, "Ordinal", 0];
      const poster = this._get("poster");
      const box = problem ? make("div", { role: "alert", textContent: problem }) : make("button", {
        ariaLabel: `Play ${set}`,
        onclick: () => this._start(this._clicked = true),
      });
      if (!problem) {
        box.append(make("i", { textContent: "▶" }), make("b", { textContent: set }), ...[..."012345…"].slice(0, replicas).map((n) => make("b", { textContent: `${set}-${n}` })));
        if (poster) box.prepend(make("img", { alt: "", onerror: ({ target }) => target.remove(), src: poster }));
      }
      box.className = "p";
      box.style.colorScheme = this._was = this._dark;
      this.shadowRoot.append(this._box = box);
    }
    _clear() { this._box?.remove(); }
    _get(name) { return this.getAttribute(name); }
    _text() {
      const text = this.querySelector("script[type*=yaml], pre")?.textContent ?? "";
      // As it is indented in the page, or not.
      return `\n${text}`.replaceAll(`\n${/[ \t]*(?=\S)/.exec(text)}`, "\n").trim();
    }

    // Says what is wrong: in place of the poster, and once in the console.
    _fail(problem) {
      this._problem = problem;
      warn(problem, this);
      this._rest();
      this._became("failed");
    }

    // Ends the program; the poster is there again.
    _rest() {
      this._frame?.remove();
      this._frame = this._open = undefined;
      clearTimeout(this._silence);
      this._draw();
      if (!this._problem) this._became("poster");
    }

    async _start(focus) {
      if (this._frame || this._problem) return;
      const frame = this._frame = make("iframe");
      const src = this._get("src");
      const link = (this._get("link") || "").replace(/^[^#]*#/, "");
      if (link.length > LONGEST_LINK) return this._fail("link is too long");
      let text = this._text();
      this._became("loading");
      if (src && !link) {
        try {
          const answer = await fetch(src);
          text = await answer.text();
          if (!answer.ok) throw answer.status;
        } catch (error) {
          if (this._frame === frame) this._fail(`${src} could not be loaded: ${error}`);
          return;
        }
        // It was removed, or began anew, meanwhile.
        if (this._frame !== frame) return;
      }
      const commands = this._get("commands") || "";
      this._story = !link && (text || commands) && { do: "open", value: text, commands };
      const site = new URL((this._get("site") || OrdinalPlayer.site || ".").replace(/\/?$/, "/"), document.baseURI);
      const parameters = new URLSearchParams({ embed: 1, origin, theme: this._dark, t: this.time || this._get("at") || "" });
      for (const name of PASSED_ON) {
        const value = this._get(name);
        if (value) parameters.set(name, value);
      }
      if (this._story) parameters.set("story", "host");
      if (this._goesOn !== "paused" && this._auto) parameters.set("autoplay", 1);
      this._origin = site.origin;
      const sandbox = this._get("sandbox");
      if (sandbox !== null) frame.sandbox = sandbox;
      // Such a frame, and one in such a page, can only be told apart by its window.
      if (origin === "null" || this._origin === "null" || sandbox?.includes("same-origin") === false) this._origin = "*";
      frame.title = this.title || "Ordinal";
      frame.allow = "clipboard-write;fullscreen";
      this._silence = setTimeout(() => this._fail(`${site} did not answer`), SILENCE_MS);
      frame.onload = () => {
        this._clear();
        if (focus) frame.focus();
      };
      frame.src = `${site}index.html?${parameters}#${link}`;
      this.shadowRoot.prepend(frame);
    }

    _hear({ source, origin, data }) {
      if (source !== this._frame?.contentWindow || this._origin !== "*" && origin !== this._origin || data?.ordinal !== SPEAKS) return;
      clearTimeout(this._silence);
      const { is, time, state, why, position, text } = data;
      if (is === "ready" && this._story) this._say(this._story);
      if (is === "size" && this._get("height") === "auto") this.style.height = `${data.height}px`;
      if (is === "problem") {
        if (this._open) warn(text, this);
        else this._fail(text);
      }
      if (is === "answer") this._tell(is, data.answer);
      if (is !== "state" || state === "loading") return;
      const opens = !this._open;
      this._open = true;
      this._queue.splice(0).forEach((request) => this._say(request));
      const moved = time !== this.time;
      this.time = time;
      this._why = why;
      if (opens) this._tell("ready");
      if (moved) this._tell("timeupdate");
      this._became(state, this._mark !== (this._mark = position + why));
    }
  }
  for (const act of ["play", "pause", "step", "seek", "apply", "run"]) {
    OrdinalPlayer.prototype[act] = function (value = "") { this._do({ do: act, value: `${value}` }); };
  }
  registry.define(NAME, OrdinalPlayer);
})();
