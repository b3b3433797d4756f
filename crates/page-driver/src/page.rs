//! A built page in a headless Chromium, for tests and pictures.
//!
//! ```ignore
//! #[test]
//! fn the_set_appears() {
//!     let mut page = Page::open(View::DESKTOP);              // served from /some/sub/, started
//!     page.paste("textarea", MANIFEST);                      // replaces what is in it
//!     page.click("#apply");                                  // a real click: what covers it gets it
//!     page.wait("flask-0 is shown", "document.querySelector('[data-pod=flask-0]')");
//!     assert_eq!(page.text("[data-pod=flask-0] .status"), "Running");
//!     page.screenshot("flask-0-running");                    // artifacts/flask-0-running.png
//!     page.assert_no_complaints();                           // console, policy, other sites
//! }
//! ```
//!
//! - Every [`Page`] is a browser of its own with an empty profile, a driver and a server of its own, each on a free
//!   port: tests run side by side.
//! - Nothing sleeps: [`Page::wait`] looks at a condition at each of the page's animation frames. Conditions are
//!   expressions of JavaScript, so what the page shows has to be found there: by role, by `data-` attribute, by text.
//! - Between two calls the page goes on, on a busy machine for seconds. What lasts only a moment after an act may be over
//!   before a wait begins to look: [`Page::watch`] looks from before the act on.
//! - A failure is a panic that says what was expected, with the page's console and a picture `failed-….png`.
//! - `ORDINAL_DIST` names the built site; `CHROME` and `CHROMEDRIVER` the two programs; `ORDINAL_AXE` axe-core's script; `ORDINAL_ARTIFACTS` the folder
//!   for pictures (else `artifacts/`). `cargo xtask test` sets them all.

use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use crate::chromium;
use crate::server::{Server, Site};
use crate::webdriver::Session;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

/// How long a condition may take to come true. Generous: the machine may be small and busy.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long a browser that works takes for a picture at most, on a busy machine.
const LONGEST_PICTURE: Duration = Duration::from_secs(10);

/// How long after a click that missed its element another one is made.
const AIM_AGAIN: Duration = Duration::from_millis(50);

/// An answer to a click says that its element has gone, or lies under another, since it was found.
fn moved_away(error: &io::Error) -> bool {
    let text = error.to_string();
    ["element click intercepted", "stale element reference", "element not interactable"]
        .iter()
        .any(|code| text.contains(code))
}

/// How many documents may go, one after the other, while something is waited for.
const MOST_DOCUMENTS: u32 = 9;

/// An answer to a script says that its document has gone before it was done.
fn has_left(error: &io::Error) -> bool {
    let text = error.to_string();
    ["document unloaded", "aborted by navigation"].iter().any(|words| text.contains(words))
}

/// The folder the page is served from, to show that it needs no particular one.
const FOLDER: &str = "/some/sub/";

/// What the visitor's screen is like.
#[derive(Clone, Copy, Debug)]
pub struct View {
    /// In CSS pixels.
    pub width: u32,
    /// In CSS pixels.
    pub height: u32,
    /// Whether the visitor prefers the dark scheme.
    pub is_dark: bool,
    /// Whether the visitor prefers reduced motion.
    pub is_still: bool,
}

impl View {
    /// 1440×900, light, moving.
    pub const DESKTOP: Self = Self { width: 1440, height: 900, is_dark: false, is_still: false };
    /// 390×844, light, moving.
    pub const PHONE: Self = Self { width: 390, height: 844, ..Self::DESKTOP };

    /// The same, preferring the dark scheme.
    pub const fn dark(self) -> Self {
        Self { is_dark: true, ..self }
    }

    /// The same, preferring reduced motion.
    pub const fn still(self) -> Self {
        Self { is_still: true, ..self }
    }
}

/// Copies a folder with all that is in it, so that a test can change the copy.
pub fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &to)
        } else {
            fs::copy(entry.path(), to).map(drop).expect("a file")
        }
    }
}

/// The built site.
///
/// # Panics
/// If `ORDINAL_DIST` does not name it.
pub fn dist() -> PathBuf {
    let dist = env::var_os("ORDINAL_DIST")
        .expect("ORDINAL_DIST names the built site: run cargo xtask test --only browser");
    let dist = PathBuf::from(dist);
    assert!(
        dist.join("index.html").is_file(),
        "{} holds no index.html: run cargo xtask build",
        dist.display()
    );
    dist
}

/// An open page. Its browser ends when it is dropped.
pub struct Page {
    session: Session,
    /// Serves as long as the page lives.
    server: Server,
    /// The folder that is served, and below which of its host's.
    root: PathBuf,
    folder: String,
    profile: PathBuf,
    /// The screen and preferences that the browser has been given, once it has.
    view: Option<View>,
    base: String,
    console: Vec<String>,
    requests: Vec<String>,
}

impl Page {
    /// Opens the page and waits until it shows something.
    pub fn open(view: View) -> Self {
        Self::open_at(view, "")
    }

    /// As [`Page::open`], at an address below the page's folder: `?embed`, `#link`.
    pub fn open_at(view: View, address: &str) -> Self {
        let mut page = Self::serve(dist(), view);
        page.goto(address);
        page
    }

    /// Opens the page of another folder than the built site's, which has it inside, and does not wait for anything.
    pub fn open_site(root: &Path, view: View) -> Self {
        let mut page = Self::serve(root.to_owned(), view);
        let url = page.base.clone();
        page.post("url", json!({ "url": url }));
        page
    }

    /// A browser with nothing open yet, and a server of the built site.
    pub fn unopened(view: View) -> Self {
        Self::serve(dist(), view)
    }

    /// The same of another folder than the built site's, which has it inside.
    pub fn unopened_site(root: &Path, view: View) -> Self {
        Self::serve(root.to_owned(), view)
    }

    /// The same, in another folder of its host: with a slash at both ends.
    pub fn unopened_site_in(root: &Path, folder: &str, view: View) -> Self {
        Self::serve_in(root.to_owned(), folder, view)
    }

    /// The server of the page.
    pub fn server(&self) -> &Server {
        &self.server
    }

    /// Loads an address below the page's folder, and does not wait for anything but the document.
    pub fn visit(&mut self, address: &str) {
        self.post("url", json!({ "url": format!("{}{address}", self.base) }));
    }

    /// Has statements of JavaScript run before the scripts of every document that is loaded from now on.
    pub fn before_all(&mut self, statements: &str) {
        self.devtools("Page.addScriptToEvaluateOnNewDocument", json!({ "source": statements }));
    }

    /// A network of so many bytes a second, each request with so much delay (milliseconds).
    pub fn throttle(&mut self, bytes_per_second: u32, latency_ms: u32) {
        self.devtools("Network.enable", json!({}));
        self.devtools("Network.emulateNetworkConditions", json!({
            "offline": false, "latency": latency_ms, "downloadThroughput": bytes_per_second, "uploadThroughput": bytes_per_second,
        }));
    }

    /// A browser with nothing open, and a server of this folder.
    fn serve(root: PathBuf, view: View) -> Self {
        Self::serve_in(root, FOLDER, view)
    }

    fn serve_in(root: PathBuf, folder: &str, view: View) -> Self {
        let server = serve(&root, folder);
        let milliseconds = |time: Duration| time.as_millis() as u64;
        let start = || {
            let profile = new_profile();
            let session = chromium::start(&profile)?;
            let timeouts = json!({
                "script": milliseconds(PATIENCE * 2), "pageLoad": milliseconds(PATIENCE), "implicit": milliseconds(PATIENCE),
            });
            session.post("timeouts", &timeouts)?;
            // The browser's own first page asks for things of its own: away from it, and forget them.
            session.post("url", &json!({ "url": "about:blank" }))?;
            Ok((session, profile))
        };
        // Once in hundreds of times a browser does not come up, or its first page does not answer: that says nothing about
        // the page.
        let again = |error: io::Error| {
            eprintln!("the browser did not start, and is started once more: {error}");
            start()
        };
        let (session, profile) =
            start().or_else(again).unwrap_or_else(|error| panic!("the browser did not start: {error}"));
        let (base, folder) = (server.url(), folder.to_owned());
        let (console, requests) = (Vec::new(), Vec::new());
        let mut page = Self { session, server, root, folder, profile, view: None, base, console, requests };
        page.logged("performance");
        page.set_view(view);
        page
    }

    /// Makes it a page that this browser has never visited, with nothing open yet, as a new [`Page`] is, in a tenth of the time:
    /// it is served from another port, and what browsers keep (stories, workers, files) they keep for a port. The view stays,
    /// and so do [`Page::before_all`] and [`Page::throttle`]; faults of the server, the console and the requests so far are gone.
    pub fn forget(&mut self) {
        self.post("url", json!({ "url": "about:blank" }));
        self.server = serve(&self.root, &self.folder);
        self.base = self.server.url();
        self.logged("performance");
        self.logged("browser");
        self.requests.clear();
        self.console.clear();
    }

    /// Loads what is open again, as its visitor does: what is asked for after this is asked of the new document.
    #[track_caller]
    pub fn reload(&mut self) {
        self.post("refresh", json!({}));
    }

    /// Loads an address below the page's folder, and waits until the page shows something.
    pub fn goto(&mut self, address: &str) {
        self.post("url", json!({ "url": format!("{}{address}", self.base) }));
        self.wait(
            "the page shows something, and its story is open",
            "document.querySelector('.app')
                && !document.querySelector('.message.opening')
                && (window.ordinalPlays || document.querySelector('meta[name=ordinal-deferred][content=held]'))",
        );
        if self.eval("window.ordinalPlays === true") == true {
            self.wait_for_all();
        }
    }

    /// Waits until time passes, shows the page that somebody is there, and waits until it does what it is told at once.
    #[track_caller]
    pub fn wait_for_all(&mut self) {
        self.wait("time passes", "window.ordinalPlays");
        self.run("dispatchEvent(new Event('pointermove'));");
        self.wait("all is loaded", "window.ordinalDeferred");
    }

    /// Changes the screen and the visitor's preferences.
    pub fn set_view(&mut self, view: View) {
        let View { width, height, is_dark, is_still } = view;
        let [screen, preferences] = chromium::emulation(width, height, is_dark, is_still);
        self.devtools(screen.0, screen.1);
        // Another size is what many tests set hundreds of times.
        if self.view.is_none_or(|before| (before.is_dark, before.is_still) != (is_dark, is_still)) {
            self.devtools(preferences.0, preferences.1);
        }
        self.view = Some(view);
    }

    /// The address of the page's folder, with a slash at the end.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// The document's title.
    pub fn title(&mut self) -> String {
        self.eval("document.title").as_str().unwrap_or_default().to_owned()
    }

    /// The value of an expression of JavaScript, which may be a promise.
    #[track_caller]
    pub fn eval(&mut self, expression: &str) -> Value {
        self.post("execute/sync", json!({ "script": format!("return ({expression});"), "args": [] }))
    }

    /// What axe-core finds in what is seen now that keeps people from using it, a line each: rules of WCAG 2.2 AA, and best
    /// practices. `ORDINAL_AXE` names its script.
    ///
    /// # Panics
    /// If it does not.
    #[track_caller]
    pub fn complaints_of_axe(&mut self) -> Vec<String> {
        if self.eval("window.axe === undefined") == true {
            let script = env::var_os("ORDINAL_AXE")
                .expect("ORDINAL_AXE names axe-core's script: run cargo xtask test --only browser");
            let script = std::fs::read_to_string(&script)
                .unwrap_or_else(|error| panic!("{}: {error}", script.display()));
            self.run(&script);
        }
        // What still moves has the colours of its way, and so has what begins to while axe looks.
        self.run(
            "window.atOnce ??= new CSSStyleSheet();
            atOnce.replaceSync('*, ::before, ::after { animation-duration: 1ms !important; transition-duration: 1ms !important }');
            document.adoptedStyleSheets = [atOnce];",
        );
        self.run("document.getAnimations().forEach(each => { try { each.finish(); } catch { /* it never ends */ } });");
        let tags = "['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']";
        let found = self.eval(&format!(
            "axe.run(document, {{ runOnly: {tags} }}).then(({{ violations }}) => violations.flatMap(({{ id, nodes }}) =>
                nodes.map(({{ target, any, all, none }}) =>
                    `${{id}}: ${{target.join(' ')}}: ${{[...any, ...all, ...none].map(({{ message }}) => message).join('; ')}}`)))"
        ));
        self.run("document.adoptedStyleSheets = [];");
        let lines = found.as_array().expect("a list").iter();
        lines.filter_map(|line| line.as_str().map(str::to_owned)).collect()
    }

    /// Runs statements of JavaScript.
    #[track_caller]
    pub fn run(&mut self, statements: &str) {
        self.post("execute/sync", json!({ "script": statements, "args": [] }));
    }

    /// Waits until an expression of JavaScript is truthy, and gives its value (an element becomes a reference to it; of a promise
    /// it is what it promises). An expression that throws is not true yet. `what` says in words what is waited for. If the page
    /// loads itself again meanwhile, the new document is looked at.
    #[track_caller]
    pub fn wait(&mut self, what: &str, expression: &str) -> Value {
        let script = format!(
            "const done = arguments[0], patience = {}, end = performance.now() + patience;
            const over = new Promise(done => setTimeout(done, patience));
            const look = async () => {{
                let value, error;
                try {{ value = await Promise.race([({expression}), over]); }} catch (thrown) {{ error = String(thrown); }}
                if (value) return done({{ value }});
                if (performance.now() > end) return done({{ error: error ?? JSON.stringify(value) ?? 'undefined' }});
                const stands = setTimeout(() => done({{ stands: true }}), {});
                requestAnimationFrame(() => {{ clearTimeout(stands); look(); }});
            }};
            look();",
            PATIENCE.as_millis(),
            LONGEST_PICTURE.as_millis()
        );
        let body = json!({ "script": script, "args": [] });
        let mut answer = self.session.post("execute/async", &body);
        for _ in 0..MOST_DOCUMENTS {
            if answer.as_ref().is_ok_and(|answer| answer["stands"] == true) {
                self.wake();
            } else if !answer.as_ref().is_err_and(has_left) {
                break;
            }
            answer = self.session.post("execute/async", &body);
        }
        let mut answer =
            answer.unwrap_or_else(|error| panic!("the browser cannot look whether {what}: {error}"));
        assert!(answer.get("stands").is_none(), "the browser draws no pictures any more: {expression}");
        if let Some(error) = answer.get("error") {
            panic!("in {PATIENCE:?} it did not happen that {what}: {expression} is {error}");
        }
        answer["value"].take()
    }

    /// Makes the browser draw a picture: now and then Chromium stops to after another document has been opened, and the page's
    /// time stands.
    fn wake(&mut self) {
        println!("the browser drew no picture for {LONGEST_PICTURE:?}: it is made to");
        self.devtools("Page.bringToFront", json!({}));
        // A picture of the page has to be drawn for it.
        let _ = self.session.get("screenshot");
    }

    /// Waits until two pictures have been drawn: by then the page has taken notice of another size, and has drawn what follows
    /// from the last act at once.
    #[track_caller]
    pub fn wait_for_pictures(&mut self) {
        self.run("const drawn = document.drawn = { pictures: 0 }; requestAnimationFrame(() => requestAnimationFrame(() => drawn.pictures = 2));");
        self.wait("two pictures are drawn", "document.drawn.pictures");
    }

    /// Looks from now on, at each change of the document, whether an expression of JavaScript is truthy, and gives an expression
    /// for [`Page::wait`], which is true as soon as that was so once. It is for what an act brings about for a moment only:
    ///
    /// ```ignore
    /// let goes = page.watch("!document.querySelector('[data-pod=flask-1].ready')");
    /// page.click_named("Delete flask-1");
    /// page.wait("flask-1 goes", &goes);                      // it may be Ready again by now
    /// ```
    ///
    /// It sees what the page has drawn. What begins and ends in less simulated time than passes between two pictures is never
    /// drawn (at 16× on a busy machine 1.6 s): for that, let time pass more slowly. A document that is loaded anew, in which
    /// nobody has looked, makes the wait say so.
    ///
    /// # Panics
    /// If it is so already: then it does not show that an act had an effect.
    #[track_caller]
    pub fn watch(&mut self, expression: &str) -> String {
        let number = self.eval(&format!(
            "(() => {{
                const watches = (window.ordinalWatches ??= []), number = watches.push(false) - 1;
                const look = () => {{
                    try {{ watches[number] ||= !!({expression}); }} catch {{ /* it is not so yet */ }}
                    if (watches[number]) watch.disconnect();
                }};
                const watch = new MutationObserver(look);
                watch.observe(document, {{ subtree: true, childList: true, characterData: true, attributes: true }});
                look();
                return watches[number] ? null : number;
            }})()"
        ));
        assert!(number.is_u64(), "it is so before anything is done: {expression}");
        format!("(window.ordinalWatches ?? (() => {{ throw 'unknown in a new document'; }})())[{number}]")
    }

    /// The text that the first element of a CSS selector shows; waits until there is one. The page goes on between finding and
    /// reading: what is replaced is found again.
    #[track_caller]
    pub fn text(&mut self, css: &str) -> String {
        let text = self.until_it_stays(&format!("{css} has a text"), |page| {
            let element = page.find(css);
            page.session.get(&format!("element/{element}/text"))
        });
        text.as_str().unwrap_or_default().to_owned()
    }

    /// The texts that all elements of a CSS selector show, as it is now.
    #[track_caller]
    pub fn texts(&mut self, css: &str) -> Vec<String> {
        let texts =
            self.eval(&format!("[...document.querySelectorAll({})].map(e => e.innerText)", json!(css)));
        let texts = texts.as_array().expect("an array comes as one");
        texts.iter().map(|text| text.as_str().unwrap_or_default().to_owned()).collect()
    }

    /// Clicks the first element of a CSS selector with the mouse; waits until there is one.
    #[track_caller]
    pub fn click(&mut self, css: &str) {
        self.aim_and_click(&format!("document.querySelector({})", json!(css)), css);
    }

    /// Clicks the first button, tab, link or menu item whose text or label is `name`; waits until there is one.
    #[track_caller]
    pub fn click_named(&mut self, name: &str) {
        const CLICKABLE: &str =
            "button, summary, a, label, [role=button], [role=tab], [role=menuitem], [role=option]";
        let find = format!(
            "[...document.querySelectorAll('{CLICKABLE}')].find(e => e.checkVisibility()
                && (e.innerText.trim() === {0} || e.getAttribute('aria-label') === {0}))",
            json!(name)
        );
        self.aim_and_click(&find, name);
    }

    /// Clicks what the expression `find` gives, as a hand does: what has moved is aimed at again.
    #[track_caller]
    fn aim_and_click(&mut self, find: &str, name: &str) {
        self.until_it_stays(&format!("{name} is clicked"), |page| {
            let found = page.wait(&format!("there is {name} to click"), find);
            let element = Session::element(&found).expect("what is found is an element");
            page.session.post(&format!("element/{element}/click"), &json!({}))
        });
    }

    /// Finds an element and does something with it. The page goes on between the two: what is replaced, or moved under something
    /// else, is found again. It fails when that has gone on for [`PATIENCE`].
    #[track_caller]
    fn until_it_stays(&mut self, what: &str, find_and_do: impl Fn(&mut Self) -> io::Result<Value>) -> Value {
        for again in (0..PATIENCE.as_millis() / AIM_AGAIN.as_millis()).rev() {
            match find_and_do(self) {
                Ok(value) => return value,
                Err(error) if again > 0 && moved_away(&error) => thread::sleep(AIM_AGAIN),
                Err(error) => panic!("it can't be that {what}: {error}"),
            }
        }
        unreachable!("the last time returns or panics")
    }

    /// Drags with the mouse between two places, given as x and y from the window's corner.
    #[track_caller]
    pub fn drag(&mut self, from: (f64, f64), to: (f64, f64)) {
        for (kind, (x, y)) in [("mousePressed", from), ("mouseMoved", to), ("mouseReleased", to)] {
            self.devtools(
                "Input.dispatchMouseEvent",
                json!({ "type": kind, "x": x, "y": y, "button": "left", "buttons": 1, "clickCount": 1 }),
            );
        }
    }

    /// Puts `text` in place of what a field contains, as pasting does; the field keeps the focus. Several lines come from the
    /// clipboard: Chromium inserts a text line by line, each with an event of its own, which takes seconds for a manifest.
    #[track_caller]
    pub fn paste(&mut self, css: &str, text: &str) {
        self.click(css);
        self.run("document.activeElement.select();");
        if !text.contains('\n') {
            self.devtools("Input.insertText", json!({ "text": text }));
            return;
        }
        self.allow_clipboard();
        self.eval(&format!("navigator.clipboard.writeText({}).then(() => true)", json!(text)));
        // Ctrl+V.
        self.type_keys("\u{e009}v\u{e000}");
    }

    /// Lets the page read and write the clipboard, which is that of this browser alone.
    pub fn allow_clipboard(&mut self) {
        let permissions = ["clipboardReadWrite", "clipboardSanitizedWrite"];
        self.devtools("Browser.grantPermissions", json!({ "permissions": permissions }));
    }

    /// Types into what has the focus, key by key: `\n` is Enter, `\t` is Tab; WebDriver's table of code points from
    /// U+E000 on names the others, such as U+E013 for the up arrow.
    #[track_caller]
    pub fn type_keys(&mut self, keys: &str) {
        let keys = keys.replace('\n', "\u{e007}").replace('\t', "\u{e004}");
        if keys == "\u{e004}" {
            // Whatever has the focus: it is asked for in vain, which takes as long as the key.
            return self.press_keys(&keys);
        }
        let focused =
            self.eval("[document.activeElement, document.activeElement.matches('input[type=file]')]");
        if focused[1] == true {
            // To an element of this kind WebDriver sends names of files.
            return self.press_keys(&keys);
        }
        let element = Session::element(&focused[0]).expect("something has the focus, if only the body");
        self.post(&format!("element/{element}/value"), json!({ "text": keys }));
    }

    /// Presses keys of the keyboard, one after the other.
    #[track_caller]
    fn press_keys(&mut self, keys: &str) {
        let press = |kind: &str, key: char| json!({ "type": kind, "value": key });
        let actions: Vec<Value> =
            keys.chars().flat_map(|key| [press("keyDown", key), press("keyUp", key)]).collect();
        let keyboard = json!({ "type": "key", "id": "keyboard", "actions": actions });
        self.post("actions", json!({ "actions": [keyboard] }));
    }

    /// Saves a picture of what the visitor sees as `artifacts/<name>.png`.
    #[track_caller]
    pub fn screenshot(&mut self, name: &str) -> PathBuf {
        let picture = self
            .session
            .get("screenshot")
            .unwrap_or_else(|error| panic!("no picture could be taken: {error}"));
        save(name, &picture)
    }

    /// What the console holds so far, with the browser's own messages: failed requests, violations of the policy.
    pub fn console(&mut self) -> &[String] {
        let entries = self.logged("browser");
        self.console.extend(entries.iter().map(chromium::log_line));
        &self.console
    }

    /// The addresses that the page has asked for so far, those that were refused included, `data:` and `blob:` not.
    pub fn requests(&mut self) -> &[String] {
        for entry in self.logged("performance") {
            let Some(url) = chromium::requested(&entry) else { continue };
            if !url.starts_with("data:") && !url.starts_with("blob:") {
                self.requests.push(url);
            }
        }
        &self.requests
    }

    /// Nothing stands in the console as a warning or an error, violations of the Content-Security-Policy included, and
    /// nothing outside the page's folder has been asked for.
    #[track_caller]
    pub fn assert_no_complaints(&mut self) {
        let complaints: Vec<String> = self
            .console()
            .iter()
            .filter(|line| line.starts_with("SEVERE") || line.starts_with("WARNING"))
            .cloned()
            .collect();
        assert!(complaints.is_empty(), "the console holds:\n{}", complaints.join("\n"));
        let base = self.base.clone();
        let requests = self.requests();
        assert!(
            requests.iter().any(|url| url.starts_with(&base)),
            "the page itself is not among the requests, so they are not seen: {requests:?}"
        );
        let foreign: Vec<&String> = requests.iter().filter(|url| !url.starts_with(&base)).collect();
        assert!(foreign.is_empty(), "asked for from elsewhere: {foreign:?}");
    }

    /// A command of the browser's own protocol (Chrome DevTools Protocol).
    #[track_caller]
    pub fn devtools(&mut self, command: &str, parameters: Value) -> Value {
        self.post(chromium::DEVTOOLS, json!({ "cmd": command, "params": parameters }))
    }

    /// What has been logged since the last time of asking.
    fn logged(&mut self, kind: &'static str) -> Vec<Value> {
        let entries = self.post(chromium::LOG, json!({ "type": kind }));
        entries.as_array().expect("a log is a list").clone()
    }

    /// The first element of a CSS selector; waits until there is one.
    #[track_caller]
    fn find(&mut self, css: &str) -> String {
        let found = self.post("element", json!({ "using": "css selector", "value": css }));
        Session::element(&found).expect("what is found is an element").to_owned()
    }

    #[track_caller]
    fn post(&mut self, path: &str, body: Value) -> Value {
        self.session
            .post(path, &body)
            .unwrap_or_else(|error| panic!("the browser cannot do `{path}` of {body}: {error}"))
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        if thread::panicking() {
            let current = thread::current();
            let name = format!("failed-{}", current.name().unwrap_or("page").replace("::", "-"));
            if let Ok(picture) = self.session.get("screenshot") {
                eprintln!("the page as it was: {}", save(&name, &picture).display());
            }
            if let Ok(log) = self.session.post(chromium::LOG, &json!({ "type": "browser" })) {
                self.console.extend(log.as_array().into_iter().flatten().map(chromium::log_line));
            }
            eprintln!("its console:\n{}", self.console.join("\n"));
        }
        self.session.close();
        // An empty profile that is left over harms nobody.
        let _ = fs::remove_dir_all(&self.profile);
    }
}

/// A server of this folder on a free port, below this folder of its host's.
fn serve(root: &Path, folder: &str) -> Server {
    let site = Site { root: root.to_owned(), prefix: folder.to_owned(), reload: false };
    Server::start(site, 0).expect("there is a free port")
}

fn new_profile() -> PathBuf {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let profile = env::temp_dir().join(format!("ordinal-browser-{}-{number}", std::process::id()));
    fs::create_dir_all(&profile).expect("a folder for the browser's profile");
    profile
}

/// Saves a picture, which WebDriver gives as PNG in base64.
fn save(name: &str, picture: &Value) -> PathBuf {
    let png = BASE64_STANDARD.decode(picture.as_str().unwrap_or_default());
    let png = png.unwrap_or_else(|error| panic!("the picture {name} is not base64: {error}"));
    let usual = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../artifacts");
    let folder = env::var_os("ORDINAL_ARTIFACTS").map_or_else(usual, PathBuf::from);
    fs::create_dir_all(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let path = folder.join(format!("{name}.png"));
    fs::write(&path, png).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    path
}
