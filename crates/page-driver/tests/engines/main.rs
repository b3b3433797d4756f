//! The built page in Chromium, Firefox and WebKit, by what WebDriver's standard has: the walk's beginning, a link, what is exported,
//! lessons, a player in another page, a visit without a network, the single file. `cargo xtask test --only engines` names the programs
//! and runs it.

mod lessons;

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use page_driver::page::{copy, dist};
use page_driver::server::{Fault, Server, Site};
use page_driver::webdriver::{Driver, Session};
use serde_json::{Value, json};

/// How often a condition is looked at, and how long after each time (milliseconds).
const LOOKS: u32 = 600;
const PAUSE_MS: u64 = 100;

/// The window's width and height with what the browser has around the page [CSS pixels].
const WINDOW: (u32, u32) = (1280, 900);

const AROUND: &str = "<!doctype html><meta charset=utf-8><link rel=icon href=data:,><title>Around</title>
    <script src=ordinal/ordinal-player.js></script>
    <ordinal-player id=a commands='20s kubectl get pods'><script type=text/yaml>
        apiVersion: apps/v1
        kind: StatefulSet
        metadata: { name: web }
        spec:
          serviceName: web
          replicas: 2
          selector: { matchLabels: { app: web } }
          template:
            metadata: { labels: { app: web } }
            spec: { containers: [{ name: web, image: nginx }] }
    </script></ordinal-player>";

/// The program or file that a variable names.
fn named(variable: &str) -> String {
    std::env::var(variable)
        .unwrap_or_else(|_| panic!("{variable} is not set: run cargo xtask test --only engines"))
}

/// A screen that nobody sees, for browsers that have no other way.
struct Screen {
    process: Child,
    display: String,
}

impl Screen {
    fn start() -> Self {
        let mut process = Command::new(named("XVFB"))
            .args(["-displayfd", "1", "-screen", "0", "1440x900x24", "-nolisten", "tcp"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("Xvfb starts");
        let mut line = String::new();
        let output = process.stdout.take().expect("it is piped");
        BufReader::new(output).read_line(&mut line).expect("it says its number");
        Self { process, display: format!(":{}", line.trim()) }
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // If it has ended already, that is what was wanted.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A browser with a page open.
struct Engine {
    name: &'static str,
    session: Session,
}

impl Engine {
    fn of(name: &'static str, session: Session) -> Self {
        let engine = Self { name, session };
        engine.post("timeouts", json!({ "script": 60_000, "pageLoad": 60_000 }));
        // Each engine's own first window is of another size: in Chromium's the page is laid out as on a phone.
        engine.post("window/rect", json!({ "x": 0, "y": 0, "width": WINDOW.0, "height": WINDOW.1 }));
        engine.wait("the window has its size", &format!("innerWidth === {}", WINDOW.0));
        let agent = engine.eval("navigator.userAgent");
        println!("ran in {name}: {agent}");
        engine
    }

    #[track_caller]
    fn post(&self, path: &str, body: Value) -> Value {
        self.session
            .post(path, &body)
            .unwrap_or_else(|error| panic!("{} can't do {path}: {error}", self.name))
    }

    #[track_caller]
    fn visit(&self, address: &str) {
        self.post("url", json!({ "url": address }));
    }

    #[track_caller]
    fn eval(&self, expression: &str) -> Value {
        self.post("execute/sync", json!({ "script": format!("return ({expression});"), "args": [] }))
    }

    #[track_caller]
    fn run(&self, statements: &str) {
        self.post("execute/sync", json!({ "script": statements, "args": [] }));
    }

    /// Waits until an expression is true; one that throws is not true yet.
    #[track_caller]
    fn wait(&self, what: &str, expression: &str) {
        let script = format!("try {{ return !!({expression}); }} catch {{ return false; }}");
        for _ in 0..LOOKS {
            // Between two documents there is none to ask.
            let answer = self.session.post("execute/sync", &json!({ "script": script, "args": [] }));
            if answer.is_ok_and(|value| value == true) {
                return;
            }
            thread::sleep(Duration::from_millis(PAUSE_MS));
        }
        let seen = json!({ "script": "return document.querySelector('.lessons')?.innerText;", "args": [] });
        let lesson = self.session.post("execute/sync", &seen).unwrap_or_default();
        panic!("in {} it did not happen that {what}: {expression}; its lesson: {lesson}", self.name);
    }

    #[track_caller]
    fn press(&self, name: &str) {
        let find = format!(
            "[...document.querySelectorAll('button')].find(e => e.innerText.trim() === {0} || e.ariaLabel === {0})",
            json!(name)
        );
        self.wait(&format!("there is {name}"), &find);
        self.run(&format!("{find}.click();"));
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.session.close();
    }
}

/// What is shown, saved as files: what the browser is given to save is looked at in place of saving it.
fn exports(engine: &Engine) {
    engine.run(
        "window.saved = [];
        const make = URL.createObjectURL;
        URL.createObjectURL = blob => { saved.push(blob); return make.call(URL, blob); };
        HTMLAnchorElement.prototype.click = function () { saved.at(-1).called = this.download; };",
    );
    engine.press("Export");
    engine.wait("the dialog is there", "document.querySelector('dialog.modal').open");
    // A short film of four seconds.
    engine.run(
        "const field = [...document.querySelectorAll('dialog label')].find(l => l.innerText.startsWith('to second')).querySelector('input');
        field.value = '4';
        field.dispatchEvent(new Event('input', { bubbles: true }));",
    );
    for (button, name, part) in [
        ("SVG", "flask.svg", "<svg "),
        ("PNG 2×", "flask.png", "PNG"),
        ("SVG that moves", "flask-film.svg", "<svg "),
        ("GIF", "flask.gif", "GIF89a"),
        ("Timeline (SVG)", "flask-timeline.svg", "<svg "),
        ("Terminal (text)", "flask-terminal.txt", "statefulset.apps/flask created"),
        ("Story (a file to open here)", "flask.ordinal", ""),
    ] {
        engine.press(button);
        let name = json!(name);
        engine.wait(
            &format!("{name} is saved"),
            &format!("saved.some(file => file.called === {name} && file.size > 20)"),
        );
        engine.run(&format!(
            "window.first = undefined;
            saved.find(file => file.called === {name}).text().then(text => window.first = text);"
        ));
        engine.wait(&format!("{name} is what it says"), &format!("window.first.includes({})", json!(part)));
        engine.run("window.saved = [];");
    }
    engine.run("document.querySelector('dialog.modal').close();");
}

/// Everything, in one engine.
fn lives(engine: &Engine) {
    let folder = std::env::temp_dir().join(format!("ordinal-{}-{}", engine.name, std::process::id()));
    copy(&dist(), &folder.join("ordinal"));
    fs::write(folder.join("index.html"), AROUND).expect("the folder is there");
    let site = Site { root: folder.clone(), prefix: "/some/sub/".to_owned(), reload: false };
    let server = Server::start(site, 0).expect("there is a free port");
    let (around, page) = (server.url(), format!("{}ordinal/", server.url()));

    engine.visit(&page);
    engine.wait("time passes", "window.ordinalPlays");
    engine.press("16×");
    engine.wait("three pods are Ready", "document.querySelectorAll('.pod.ready').length === 3");
    engine.press("Delete flask-1");
    engine.wait(
        "it goes",
        "document.querySelector('.screen').innerText.includes('kubectl delete pod flask-1')",
    );
    engine.wait("and comes back", "document.querySelectorAll('.pod.ready').length === 3");
    engine.press("Copy link");
    engine.wait("the link is in the address", "location.hash.length > 5");
    let link = engine.eval("location.hash");
    let seen = engine.eval("document.querySelector('.stage h2, .why h2').textContent");

    exports(engine);

    engine.visit("about:blank");
    engine.visit(&format!("{page}{}", link.as_str().expect("a text")));
    engine.wait(
        "the link's story is open",
        "window.ordinalPlays && document.querySelectorAll('.pod').length >= 3",
    );
    engine.wait(
        "at its moment",
        &format!("document.querySelector('.stage h2, .why h2').textContent === {seen}"),
    );
    engine.run("navigator.serviceWorker.ready.then(kept => window.isKept = !!kept.active);");
    engine.wait("it is kept", "window.isKept");

    lessons::live(engine, &page);

    engine.visit(&around);
    engine.wait("there is a poster", "a.shadowRoot.querySelector('button b').textContent === 'web'");
    engine.run("window.isReady = false; addEventListener('ready', () => window.isReady = true); a.play();");
    engine.wait("the player plays", "window.isReady && a.state === 'playing' && a.time > 1");
    engine.run("a.pause(); a.seek(5);");
    engine.wait("it is at another moment", "Math.abs(a.time - 5) < 0.1");

    server.fail("", Fault::Abort, usize::MAX);
    engine.visit(&page);
    engine.wait("without a network it plays", "window.ordinalPlays && document.querySelector('.pod')");
    engine.press("Delete flask-0");
    engine.wait(
        "and does what it is told",
        "document.querySelector('.screen').innerText.includes('kubectl delete pod flask-0')",
    );

    engine.visit(&format!("file://{}", named("ORDINAL_SINGLE")));
    engine.wait("the single file plays", "window.ordinalDeferred && document.querySelector('.pod')");
    exports(engine);
    engine.visit(&format!("file://{}?lesson=delete-a-pod", named("ORDINAL_SINGLE")));
    engine.wait("its lessons are in it", "document.querySelector('.lessons .step')");
    // What is left over in the temporary folder harms nobody.
    let _ = fs::remove_dir_all(folder);
}

#[test]
fn chromium() {
    let profile = std::env::temp_dir().join(format!("ordinal-engine-{}", std::process::id()));
    let session = page_driver::chromium::start(&profile);
    lives(&Engine::of("Chromium", session.expect("the browser starts")));
    // What is left over in the temporary folder harms nobody.
    let _ = fs::remove_dir_all(profile);
}

#[test]
fn firefox() {
    let driver = Driver::start_on_free_port(&named("GECKODRIVER"), &["--port={port}"], &[])
        .expect("the driver starts");
    let options = json!({ "binary": named("FIREFOX"), "args": ["-headless"] });
    let session = driver.open_session(&json!({ "browserName": "firefox", "moz:firefoxOptions": options }));
    lives(&Engine::of("Firefox", session.expect("the browser starts")));
}

#[test]
fn webkit() {
    let screen = Screen::start();
    let environment = [("DISPLAY", screen.display.as_str())];
    let driver = Driver::start_on_free_port(&named("WEBKIT_DRIVER"), &["--port={port}"], &environment);
    let options = json!({ "binary": named("WEBKIT_BROWSER"), "args": ["--automation"] });
    let session =
        driver.expect("the driver starts").open_session(&json!({ "webkitgtk:browserOptions": options }));
    lives(&Engine::of("WebKit", session.expect("the browser starts")));
}
