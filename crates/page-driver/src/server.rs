//! A static file server for a built site: this machine only, one folder, any path prefix, nothing cached by the browser.
//!
//! It knows just enough of HTTP/1.1 for a browser: GET and HEAD, one request a connection, the right `Content-Type` (browsers
//! refuse to stream WebAssembly, and to run modules, without it), and compression as hosts have it. It is our own because it
//! does two things that file servers don't: the site appears in any folder, and an open page is told of a new build.

use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Component, Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, SystemTime};

use crate::compression::{Coding, compressed, is_worthwhile};

/// The path of the stream that tells a page in development that a new build is there.
const CHANGES: &str = "/.dev/changes";
/// The path of the script that listens to it.
const RELOAD: &str = "/.dev/reload.js";
const RELOAD_SCRIPT: &str = r#"new EventSource("/.dev/changes").onmessage = () => location.reload();"#;

/// What is served, and where.
#[derive(Clone, Debug)]
pub struct Site {
    /// The folder of the built site.
    pub root: PathBuf,
    /// The folder it appears in, with a slash at both ends: `/` or `/some/sub/`.
    pub prefix: String,
    /// Whether an open page loads itself anew when `index.html` has been built again.
    pub reload: bool,
}

/// How an answer fails, for tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// 404.
    NotFound,
    /// A page of HTML, as hosts have it that answer everything with their index.
    Html,
    /// Bytes that are something else than they should be.
    Wrong,
    /// Half of the bytes, then the connection ends.
    Cut,
    /// The connection ends without an answer.
    Abort,
    /// No answer before [`Server::mend`].
    Hold,
}

/// The faults that are planned: for files whose names begin so, and how many answers.
type Faults = Arc<Mutex<Vec<(String, Fault, usize)>>>;

/// A running server; stops when dropped.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    prefix: String,
    stop: Arc<AtomicBool>,
    faults: Faults,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Serves `site` on `port` of 127.0.0.1; port 0 takes any that is free.
    ///
    /// # Errors
    /// If the port is taken.
    pub fn start(site: Site, port: u16) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
        let address = listener.local_addr()?;
        let (prefix, stop) = (site.prefix.clone(), Arc::new(AtomicBool::new(false)));
        let (site, stopped) = (Arc::new(site), Arc::clone(&stop));
        let faults = Faults::default();
        let planned = Arc::clone(&faults);
        let thread = thread::spawn(move || {
            for stream in listener.incoming() {
                if stopped.load(Ordering::Relaxed) {
                    return;
                }
                // A browser that goes away in the middle of an answer is its own business.
                if let Ok(stream) = stream {
                    let (site, stopped, planned) =
                        (Arc::clone(&site), Arc::clone(&stopped), Arc::clone(&planned));
                    thread::spawn(move || site.answer(stream, &stopped, &planned));
                }
            }
        });
        Ok(Self { address, prefix, stop, faults, thread: Some(thread) })
    }

    /// Has the next answers for files whose names begin so fail, this many.
    pub fn fail(&self, name: &str, fault: Fault, times: usize) {
        lock(&self.faults).push((name.to_owned(), fault, times));
    }

    /// Gives the answers that are held back, as they were planned after that.
    pub fn release(&self) {
        lock(&self.faults).retain(|(_, fault, _)| *fault != Fault::Hold);
    }

    /// Has no more answers fail; those that are held back are given.
    pub fn mend(&self) {
        lock(&self.faults).clear();
    }

    /// The address of the site's `index.html`.
    pub fn url(&self) -> String {
        format!("http://{}{}", self.address, self.prefix)
    }

    /// Serves until the program is ended.
    pub fn wait(mut self) {
        if let Some(thread) = self.thread.take() {
            thread.join().expect("the server's thread does not panic");
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // Wakes the thread out of accepting; if that fails, the process's end does it.
            if TcpStream::connect(self.address).is_ok() {
                let _ = thread.join();
            }
        }
    }
}

impl Site {
    fn answer(&self, mut stream: TcpStream, stopped: &AtomicBool, faults: &Faults) -> io::Result<()> {
        stream.set_read_timeout(Some(Duration::from_secs(10)))?;
        let Some(request) = Request::read(&stream)? else { return Ok(()) };
        let path = request.target.split(['?', '#']).next().unwrap_or_default();
        if request.method != "GET" && request.method != "HEAD" {
            return Answer::new("405 Method Not Allowed", "text/plain", Vec::new()).send(&mut stream, false);
        }
        if self.reload && path == CHANGES {
            return self.tell_changes(stream, stopped);
        }
        self.respond(&mut stream, path, &request, faults)
    }

    /// Answers a request for a path, unless that is to fail.
    fn respond(
        &self,
        stream: &mut TcpStream,
        path: &str,
        request: &Request,
        faults: &Faults,
    ) -> io::Result<()> {
        let name = path.rsplit('/').next().unwrap_or_default();
        let answer = match planned(faults, name) {
            None => self.find(path, request),
            Some(Fault::NotFound) => Answer::new("404 Not Found", "text/plain", b"not found\n".into()),
            Some(Fault::Html) => Answer::new("200 OK", "text/html", b"<!doctype html><p>home".into()),
            Some(Fault::Wrong) => Answer::new("200 OK", "application/wasm", b"\0asm\x01\0\0\0wrong".into()),
            Some(Fault::Abort) => return Ok(()),
            Some(Fault::Cut) => return self.find(path, request).send_half(stream),
            Some(Fault::Hold) => {
                while lock(faults).iter().any(|(_, fault, _)| *fault == Fault::Hold) {
                    thread::sleep(Duration::from_millis(20));
                }
                return self.respond(stream, path, request, faults);
            }
        };
        answer.send(stream, request.method == "GET")
    }

    /// The answer to a request for a path.
    fn find(&self, path: &str, request: &Request) -> Answer {
        if self.reload && path == RELOAD {
            return Answer::new("200 OK", "text/javascript", RELOAD_SCRIPT.into());
        }
        if format!("{path}/") == self.prefix {
            let moved = Answer::new("301 Moved Permanently", "text/plain", Vec::new());
            return moved.with(format!("Location: {}", self.prefix));
        }
        let file = path.strip_prefix(&self.prefix).and_then(|relative| self.locate(relative));
        let Some((file, mut body)) = file.and_then(|file| fs::read(&file).ok().map(|body| (file, body)))
        else {
            return Answer::new("404 Not Found", "text/plain", b"not found\n".into());
        };
        let kind = content_type(&file);
        let relative = path.strip_prefix(&self.prefix).unwrap_or_default();
        let asked =
            headers_for(&fs::read_to_string(self.root.join("_headers")).unwrap_or_default(), relative);
        let answer = |body| asked.iter().cloned().fold(Answer::new("200 OK", kind, body), Answer::with);
        if self.reload {
            if kind.starts_with("text/html") {
                body.extend_from_slice(format!("<script src=\"{RELOAD}\"></script>").as_bytes());
            }
            // What changes with every build is not worth compressing for this machine.
            return answer(body);
        }
        if !is_worthwhile(kind, body.len()) {
            return answer(body);
        }
        let vary = "Vary: Accept-Encoding".to_owned();
        let Some(coding) = Coding::accepted(&request.accept_encoding) else {
            return answer(body).with(vary);
        };
        let smaller = compressed(&file, modified(&file), &body, coding);
        let smaller = smaller.get().cloned().unwrap_or_default();
        answer(smaller).with(format!("Content-Encoding: {}", coding.name())).with(vary)
    }

    /// The file that a path below the prefix names, if it lies inside the folder.
    fn locate(&self, relative: &str) -> Option<PathBuf> {
        let decoded = percent_decoded(relative)?;
        let relative = Path::new(&decoded);
        if !relative.components().all(|part| matches!(part, Component::Normal(_))) {
            return None;
        }
        let path = self.root.join(relative);
        Some(if path.is_dir() { path.join("index.html") } else { path })
    }

    /// Sends an event whenever a new `index.html` has been written, until the page goes away.
    fn tell_changes(&self, mut stream: TcpStream, stopped: &AtomicBool) -> io::Result<()> {
        stream.write_all(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n",
        )?;
        let index = self.root.join("index.html");
        let mut seen = modified(&index);
        while !stopped.load(Ordering::Relaxed) {
            thread::sleep(Duration::from_millis(200));
            let now = modified(&index);
            // While Trunk exchanges the files there is none: that is not yet the new build.
            let changed = now.is_some() && now != seen;
            seen = now.or(seen);
            // A comment line otherwise: that is how a page that has gone is noticed.
            stream.write_all(if changed { b"data: built\n\n" } else { b":\n\n" })?;
        }
        Ok(())
    }
}

fn lock(faults: &Faults) -> MutexGuard<'_, Vec<(String, Fault, usize)>> {
    faults.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The fault that is planned for a file's next answer.
fn planned(faults: &Faults, name: &str) -> Option<Fault> {
    let mut faults = lock(faults);
    let (_, fault, left) =
        faults.iter_mut().find(|(start, _, left)| *left > 0 && name.starts_with(&**start))?;
    // What is held back is so until all is mended.
    *left -= usize::from(*fault != Fault::Hold);
    Some(*fault)
}

fn modified(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).ok()?.modified().ok()
}

/// What is read of a request.
struct Request {
    method: String,
    target: String,
    /// The header of this name; empty if there is none.
    accept_encoding: String,
}

impl Request {
    /// Reads a request; nothing if it is not HTTP.
    fn read(stream: &TcpStream) -> io::Result<Option<Self>> {
        let mut lines = BufReader::new(stream.take(64 * 1024)).lines();
        let Some(first) = lines.next().transpose()? else { return Ok(None) };
        let mut accept_encoding = String::new();
        for line in lines {
            let line = line?;
            if line.is_empty() {
                break;
            }
            if let Some((name, value)) = line.split_once(':')
                && name.eq_ignore_ascii_case("accept-encoding")
            {
                value.trim().clone_into(&mut accept_encoding);
            }
        }
        let mut words = first.split(' ');
        let (Some(method), Some(target), Some(_)) = (words.next(), words.next(), words.next()) else {
            return Ok(None);
        };
        Ok(Some(Self { method: method.to_owned(), target: target.to_owned(), accept_encoding }))
    }
}

/// What is sent back.
struct Answer {
    status: &'static str,
    kind: &'static str,
    /// Headers besides those that every answer has.
    headers: Vec<String>,
    body: Vec<u8>,
}

impl Answer {
    fn new(status: &'static str, kind: &'static str, body: Vec<u8>) -> Self {
        Self { status, kind, headers: Vec::new(), body }
    }

    fn with(mut self, header: String) -> Self {
        self.headers.push(header);
        self
    }

    /// Sends the headers and half of the body.
    fn send_half(&self, stream: &mut TcpStream) -> io::Result<()> {
        self.send(stream, false)?;
        stream.write_all(&self.body[..self.body.len() / 2])?;
        stream.flush()
    }

    fn send(&self, stream: &mut TcpStream, with_body: bool) -> io::Result<()> {
        let Self { status, kind, headers, body } = self;
        let headers: String = headers.iter().map(|header| format!("{header}\r\n")).collect();
        let length = body.len();
        write!(
            stream,
            "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nCache-Control: no-store\r\n\
             Connection: close\r\n{headers}\r\n"
        )?;
        if with_body {
            stream.write_all(body)?;
        }
        stream.flush()
    }
}

/// The headers that a site's file `_headers` has for a path below it, as static hosts read that file: an address, `*` at its end for
/// all that begin so, and behind it lines with its headers. How long browsers keep what they have is this server's own.
fn headers_for(file: &str, relative: &str) -> Vec<String> {
    let (mut headers, mut is_meant) = (Vec::new(), false);
    for line in file.lines() {
        let header = line.trim();
        if let Some(address) = line.strip_prefix('/') {
            let start = address.trim_end().strip_suffix('*');
            is_meant = start.map_or(relative == address.trim_end(), |start| relative.starts_with(start));
        } else if is_meant && header.contains(": ") && !header.starts_with("Cache-Control") {
            headers.push(header.to_owned());
        }
    }
    headers
}

fn content_type(path: &Path) -> &'static str {
    match path.extension().and_then(|extension| extension.to_str()).unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "wasm" => "application/wasm",
        "json" | "webmanifest" => "application/json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "webp" => "image/webp",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "txt" | "md" | "yaml" | "yml" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = text.bytes();
    let mut decoded = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        decoded.push(if byte == b'%' {
            let digits = [bytes.next()?, bytes.next()?];
            u8::from_str_radix(str::from_utf8(&digits).ok()?, 16).ok()?
        } else {
            byte
        });
    }
    String::from_utf8(decoded).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The status line, the headers and the body of the answer to a request for `path`.
    fn get(server: &Server, path: &str) -> (String, String) {
        let (head, body) = get_accepting(server, path, "identity");
        (head, String::from_utf8(body).expect("the body is UTF-8 here"))
    }

    /// The same, with an `Accept-Encoding`.
    fn get_accepting(server: &Server, path: &str, accepted: &str) -> (String, Vec<u8>) {
        let mut stream = TcpStream::connect(server.address).expect("the server listens");
        let headers = format!("Host: localhost\r\naccept-encoding: {accepted}\r\n");
        write!(stream, "GET {path} HTTP/1.1\r\n{headers}\r\n").expect("the server reads");
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).expect("the server answers");
        let end = answer.windows(4).position(|four| four == b"\r\n\r\n").expect("the headers end");
        let body = answer.split_off(end + 4);
        (String::from_utf8(answer).expect("headers are ASCII"), body)
    }

    fn folder(name: &str) -> PathBuf {
        let root = std::env::temp_dir().join(format!("ordinal-server-{name}-{}", std::process::id()));
        fs::create_dir_all(root.join("site/deep")).expect("a temporary folder");
        fs::write(root.join("secret.txt"), "secret").expect("a file");
        fs::write(root.join("site/index.html"), "<p>home").expect("a file");
        fs::write(root.join("site/deep/a b.wasm"), "wasm").expect("a file");
        root
    }

    #[test]
    fn headers_are_those_of_the_file_for_hosts() {
        let file = "/*\n  Referrer-Policy: no-referrer\n  Cache-Control: no-cache\n\n/a.html\n  ! Cache-Control\n  X-A: 1\n/b/*\n  X-B: 2\n";
        assert_eq!(headers_for(file, "a.html"), ["Referrer-Policy: no-referrer", "X-A: 1"]);
        assert_eq!(headers_for(file, "b/c.html"), ["Referrer-Policy: no-referrer", "X-B: 2"]);
        assert_eq!(headers_for("", "a.html"), Vec::<String>::new());
    }

    #[test]
    fn serves_a_folder_below_a_prefix_and_nothing_else() {
        let root = folder("prefix");
        let site = Site { root: root.join("site"), prefix: "/some/sub/".to_owned(), reload: false };
        let server = Server::start(site, 0).expect("a free port");

        let (head, body) = get(&server, "/some/sub/?theme=dark");
        assert!(head.starts_with("HTTP/1.1 200 OK") && head.contains("text/html"), "{head}");
        assert_eq!(body, "<p>home");
        let (head, body) = get(&server, "/some/sub/deep/a%20b.wasm");
        assert!(head.contains("Content-Type: application/wasm\r\nContent-Length: 4"), "{head}");
        assert_eq!(body, "wasm");
        assert!(get(&server, "/some/sub").0.contains("Location: /some/sub/"));
        for outside in [
            "/",
            "/index.html",
            "/some/sub/../../secret.txt",
            "/some/sub/%2e%2e/secret.txt",
            "/some/sub//etc/passwd",
        ] {
            assert!(get(&server, outside).0.starts_with("HTTP/1.1 404"), "{outside}");
        }
        fs::remove_dir_all(root).expect("the temporary folder goes");
    }

    #[test]
    fn a_page_in_development_gets_the_reloading_script() {
        let root = folder("reload");
        let site = Site { root: root.join("site"), prefix: "/".to_owned(), reload: true };
        let server = Server::start(site, 0).expect("a free port");

        assert_eq!(get(&server, "/").1, "<p>home<script src=\"/.dev/reload.js\"></script>");
        assert_eq!(get(&server, "/.dev/reload.js").1, RELOAD_SCRIPT);
        fs::remove_dir_all(root).expect("the temporary folder goes");
    }

    #[test]
    fn what_is_big_enough_comes_compressed_to_who_accepts_it() {
        let root = folder("compressed");
        let css = "a { color: red }\n".repeat(200);
        fs::write(root.join("site/main.css"), &css).expect("a file");
        fs::write(root.join("site/picture.png"), &css).expect("a file");
        let site = Site { root: root.join("site"), prefix: "/".to_owned(), reload: false };
        let server = Server::start(site, 0).expect("a free port");

        let (head, body) = get_accepting(&server, "/main.css", "gzip, deflate, br");
        assert!(head.contains("Content-Encoding: br\r\nVary: Accept-Encoding"), "{head}");
        assert!(
            head.contains(&format!("text/css; charset=utf-8\r\nContent-Length: {}", body.len())),
            "{head}"
        );
        let mut plain = String::new();
        brotli::Decompressor::new(&body[..], 4096).read_to_string(&mut plain).expect("it is brotli");
        assert_eq!(plain, css);
        let (head, body) = get_accepting(&server, "/main.css", "gzip");
        assert!(head.contains("Content-Encoding: gzip") && body.starts_with(&[0x1f, 0x8b]), "{head}");
        let (head, body) = get(&server, "/main.css");
        assert!(!head.contains("Content-Encoding") && body == css, "{head}");
        for plain in ["/picture.png", "/"] {
            let (head, _) = get_accepting(&server, plain, "br");
            assert!(head.contains("200 OK") && !head.contains("Content-Encoding"), "{plain}: {head}");
        }
        fs::remove_dir_all(root).expect("the temporary folder goes");
    }
}
