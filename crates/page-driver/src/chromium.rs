//! What WebDriver leaves to each browser, for Chromium: how its driver is started, what a session is asked for, its own
//! protocol (Chrome DevTools Protocol), and its logs.

use std::env;
use std::io;
use std::path::Path;

use serde_json::{Value, json};

use crate::webdriver::{Driver, Session};

/// The command that passes one of the browser's own protocol on.
pub const DEVTOOLS: &str = "goog/cdp/execute";
/// The command that gives what has been logged since the last time.
pub const LOG: &str = "se/log";

/// Starts a driver and a browser with an empty profile.
///
/// # Errors
/// What the driver says, or that it can't be started.
pub fn start(profile: &Path) -> io::Result<Session> {
    let driver = program("CHROMEDRIVER").unwrap_or_else(|| "chromedriver".to_owned());
    let says_port =
        |line: &str| line.split_once("started successfully on port ")?.1.trim_end_matches('.').parse().ok();
    Driver::start(&driver, &["--port=0"], says_port)?.open_session(&capabilities(profile))
}

/// What a session is asked for.
fn capabilities(profile: &Path) -> Value {
    let mut arguments: Vec<String> = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--disable-dev-shm-usage",
        "--force-device-scale-factor=1",
        "--hide-scrollbars",
    ]
    .map(str::to_owned)
    .into();
    arguments.push(format!("--user-data-dir={}", profile.display()));
    let mut options =
        json!({ "args": arguments, "perfLoggingPrefs": { "enableNetwork": true, "enablePage": false } });
    if let Some(chrome) = program("CHROME") {
        options["binary"] = json!(chrome);
    }
    json!({
        "browserName": "chrome",
        "goog:chromeOptions": options,
        "goog:loggingPrefs": { "browser": "ALL", "performance": "ALL" },
    })
}

fn program(variable: &str) -> Option<String> {
    env::var(variable).ok().filter(|value| !value.is_empty())
}

/// The commands of [`DEVTOOLS`] that give the visitor a screen of this size in CSS pixels, and preferences.
pub fn emulation(width: u32, height: u32, is_dark: bool, is_still: bool) -> [(&'static str, Value); 2] {
    let scheme = if is_dark { "dark" } else { "light" };
    let motion = if is_still { "reduce" } else { "no-preference" };
    let screen = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
    let media = json!({ "features": [
        { "name": "prefers-color-scheme", "value": scheme },
        { "name": "prefers-reduced-motion", "value": motion },
    ] });
    [("Emulation.setDeviceMetricsOverride", screen), ("Emulation.setEmulatedMedia", media)]
}

/// The address that an entry of the log `performance` says was asked for, if it does.
pub fn requested(entry: &Value) -> Option<String> {
    let message: Value = serde_json::from_str(entry["message"].as_str()?).ok()?;
    let message = &message["message"];
    let url = match message["method"].as_str()? {
        "Network.requestWillBeSent" => &message["params"]["request"]["url"],
        "Network.webSocketCreated" => &message["params"]["url"],
        _ => return None,
    };
    url.as_str().map(str::to_owned)
}

/// An entry of the browser's log as a line: its level and its message.
pub fn log_line(entry: &Value) -> String {
    let part = |name: &str| entry[name].as_str().unwrap_or_default();
    format!("{}: {}", part("level"), part("message"))
}
