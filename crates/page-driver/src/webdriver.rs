//! A browser's driver and its WebDriver session, as far as [`crate::page`] needs them.
//!
//! WebDriver is one JSON document there and one back over a connection to this machine, and so is the browser's own
//! protocol, which no WebDriver library covers: a hundred lines here stand for the seventy crates, the runtime and
//! the half minute of compiling that such a library takes.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

/// A running driver; it ends when dropped.
pub struct Driver {
    process: Child,
    port: u16,
}

/// A browser that the driver has started.
pub struct Session {
    driver: Driver,
    id: String,
}

impl Driver {
    /// Starts a driver; `says_port` finds the port that it listens on in a line of its output.
    ///
    /// # Errors
    /// If it cannot be started, or does not come to listen.
    pub fn start(
        program: &str,
        arguments: &[&str],
        says_port: impl Fn(&str) -> Option<u16>,
    ) -> io::Result<Self> {
        let mut process = Command::new(program)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| io::Error::other(format!("{program}: {error}; a variable may name another")))?;
        let mut lines = BufReader::new(process.stdout.take().expect("it is piped")).lines();
        let port = lines.by_ref().map_while(Result::ok).find_map(|line| says_port(&line));
        // Read on, lest the driver stop at a full pipe.
        thread::spawn(move || lines.for_each(drop));
        let mut driver = Self { process, port: 0 };
        driver.port =
            port.ok_or_else(|| io::Error::other(format!("{program} did not say which port it listens on")))?;
        Ok(driver)
    }

    /// Starts a driver that does not say its port: on one that is free. `{port}` in an argument stands for it.
    ///
    /// # Errors
    /// If it cannot be started, or does not come to listen.
    pub fn start_on_free_port(
        program: &str,
        arguments: &[&str],
        environment: &[(&str, &str)],
    ) -> io::Result<Self> {
        /// How often it is tried to reach, and how long after each time (milliseconds).
        const TRIES: u32 = 200;
        const PAUSE_MS: u64 = 50;
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let process = Command::new(program)
            .args(arguments.iter().map(|argument| argument.replace("{port}", &port.to_string())))
            .envs(environment.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| io::Error::other(format!("{program}: {error}; a variable may name another")))?;
        let driver = Self { process, port };
        for _ in 0..TRIES {
            if TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok() {
                return Ok(driver);
            }
            thread::sleep(Duration::from_millis(PAUSE_MS));
        }
        Err(io::Error::other(format!("{program} does not come to listen")))
    }

    /// Starts a browser.
    ///
    /// # Errors
    /// What the driver says, such as that the browser is of another version than it.
    pub fn open_session(self, capabilities: &Value) -> io::Result<Session> {
        let wanted = json!({ "capabilities": { "alwaysMatch": capabilities } });
        let session = self.request("POST", "session", Some(&wanted))?;
        let id = session["sessionId"]
            .as_str()
            .ok_or_else(|| io::Error::other(format!("no session id: {session}")))?;
        Ok(Session { id: id.to_owned(), driver: self })
    }

    /// Asks and waits for the answer's value.
    fn request(&self, method: &str, path: &str, body: Option<&Value>) -> io::Result<Value> {
        let body = body.map(Value::to_string).unwrap_or_default();
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))?;
        write!(
            stream,
            "{method} /{path} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nConnection: close\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            self.port,
            body.len()
        )?;
        let mut reader = BufReader::new(stream);
        let mut length = 0;
        loop {
            let mut line = String::new();
            // The empty line ends the headers; nothing at all is the end of the connection.
            if reader.read_line(&mut line)? == 0 || line == "\r\n" {
                break;
            }
            if let Some((name, value)) = line.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                length = value.trim().parse().map_err(io::Error::other)?;
            }
        }
        let mut answer = vec![0; length];
        reader.read_exact(&mut answer)?;
        let mut answer: Value = serde_json::from_slice(&answer)?;
        let value = answer["value"].take();
        match value["error"].as_str() {
            // A script's own value may hold an `error`; the driver's comes with a message and a trace.
            Some(error) if value["stacktrace"].is_string() => {
                let message = value["message"].as_str().unwrap_or_default();
                Err(io::Error::other(format!("{error}: {}", message.lines().next().unwrap_or_default())))
            }
            _ => Ok(value),
        }
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // If it has ended already, that is what was wanted.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Session {
    /// Asks for something of the browser.
    ///
    /// # Errors
    /// What the driver says, in a line.
    pub fn get(&self, path: &str) -> io::Result<Value> {
        self.driver.request("GET", &format!("session/{}/{path}", self.id), None)
    }

    /// Has the browser do something.
    ///
    /// # Errors
    /// What the driver says, in a line.
    pub fn post(&self, path: &str, body: &Value) -> io::Result<Value> {
        self.driver.request("POST", &format!("session/{}/{path}", self.id), Some(body))
    }

    /// Ends the browser.
    pub fn close(&self) {
        // If it has ended already, that is what was wanted.
        let _ = self.driver.request("DELETE", &format!("session/{}", self.id), None);
    }

    /// The identity of an element that the browser has answered with, if it is one.
    pub fn element(value: &Value) -> Option<&str> {
        value["element-6066-11e4-a52e-4f735466cecf"].as_str()
    }
}
