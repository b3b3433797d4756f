//! curl and BusyBox' wget, as curl 8 and BusyBox 1.35 print what they get.

use super::network::{Caller, Listener, Silence, reach, resolve};
use super::web::{self, Response};
use crate::apiserver::ApiServer;
use crate::dns::Printed;
use std::fmt::Write;

/// What this file has.
pub(super) const NAMES: &[&str] = &["curl", "wget"];

/// The most redirects that are followed (`curl --max-redirs`).
const MOST_REDIRECTS: usize = 50;

/// What a client printed, and the file that it wrote.
#[derive(Default)]
pub(super) struct Fetched {
    pub printed: Printed,
    pub saved: Option<(String, String)>,
}

impl Fetched {
    fn failed(code: i32, stderr: String) -> Fetched {
        Fetched { printed: Printed { stdout: String::new(), stderr, code }, saved: None }
    }
}

/// Runs a client, if this is one.
pub(super) fn run(api: &mut ApiServer, from: &dyn Network, argv: &[String]) -> Option<Fetched> {
    let args: Vec<&str> = argv.iter().skip(1).map(String::as_str).collect();
    match argv.first()?.rsplit('/').next()? {
        "curl" => Some(curl(api, from, &args)),
        "wget" => Some(wget(api, from, &args)),
        _ => None,
    }
}

/// A URL's parts.
struct Url<'a> {
    is_https: bool,
    /// Host and port as they are written.
    authority: &'a str,
    host: &'a str,
    port: u32,
    /// From the first slash on.
    path: &'a str,
}

impl<'a> Url<'a> {
    fn parse(text: &'a str) -> Url<'a> {
        let (scheme, rest) = text.split_once("://").unwrap_or(("http", text));
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        let authority = authority.rsplit('@').next().unwrap_or(authority);
        let is_https = scheme.eq_ignore_ascii_case("https");
        let usual = if is_https { 443 } else { 80 };
        let (host, port) = match authority.split_once(':') {
            Some((host, port)) => (host, port.parse().unwrap_or(usual)),
            None => (authority, usual),
        };
        Url { is_https, authority, host, port, path }
    }
}

/// The words of a command line: options by their letter (or long name), in order, with their values.
struct Words<'a> {
    options: Vec<(&'a str, &'a str)>,
    operands: Vec<&'a str>,
}

impl<'a> Words<'a> {
    /// Reads them. `valued`: the letters that take a value; `longs`: long names with the letter that says the same, or
    /// nothing; with `=` behind those that take a value.
    fn read(args: &[&'a str], valued: &str, longs: &'static [(&'static str, &'static str)]) -> Words<'a> {
        let mut words = Words { options: Vec::new(), operands: Vec::new() };
        let mut rest = args.iter().copied();
        while let Some(word) = rest.next() {
            if let Some(long) = word.strip_prefix("--") {
                let (name, joined) = long.split_once('=').map_or((long, None), |(n, v)| (n, Some(v)));
                let known = longs.iter().find(|(known, _)| known.trim_end_matches('=') == name);
                let takes = known.is_some_and(|(known, _)| known.ends_with('='));
                let value = joined.or_else(|| if takes { rest.next() } else { None }).unwrap_or_default();
                let letter = known.map_or("", |(_, letter)| letter);
                words.options.push((if letter.is_empty() { name } else { letter }, value));
                continue;
            }
            let Some(letters) = word.strip_prefix('-').filter(|letters| !letters.is_empty()) else {
                words.operands.push(word);
                continue;
            };
            for (at, letter) in letters.char_indices() {
                let end = at + letter.len_utf8();
                if valued.contains(letter) {
                    let joined = &letters[end..];
                    let value = if joined.is_empty() { rest.next().unwrap_or_default() } else { joined };
                    words.options.push((&letters[at..end], value));
                    break;
                }
                words.options.push((&letters[at..end], ""));
            }
        }
        words
    }

    fn has(&self, name: &str) -> bool {
        self.options.iter().any(|(option, _)| *option == name)
    }

    fn value(&self, name: &str) -> Option<&'a str> {
        self.options.iter().rev().find(|(option, _)| *option == name).map(|(_, value)| *value)
    }
}

/// Where a client runs: the names that are known there, and who is reached from there.
pub(super) trait Network {
    /// A name's addresses; an address stands for itself.
    fn addresses(&self, api: &mut ApiServer, host: &str) -> Option<Vec<String>>;
    /// Who answers at an address and a port.
    fn connect(&self, api: &mut ApiServer, address: &str, port: u32) -> Result<Listener, Failed>;
}

impl Network for Caller<'_> {
    fn addresses(&self, api: &mut ApiServer, host: &str) -> Option<Vec<String>> {
        resolve(api, self, host).map(|(_, addresses)| addresses)
    }

    fn connect(&self, api: &mut ApiServer, address: &str, port: u32) -> Result<Listener, Failed> {
        Ok(reach(api, self, address, port)?)
    }
}

impl From<Silence> for Failed {
    fn from(silence: Silence) -> Failed {
        match silence {
            Silence::Refused | Silence::Unknown => Failed::Refused,
            Silence::Nobody => Failed::Silent,
        }
    }
}

/// Why there is no answer.
pub(super) enum Failed {
    /// The name is not known.
    Name,
    /// Nobody listens there.
    Refused,
    /// Nobody says anything.
    Silent,
    /// Somebody listens, and ends the connection without a word.
    Closed,
    /// Who listens speaks no TLS.
    NoTls,
    /// Who listens has a certificate of the cluster's own authority.
    Certificate,
}

/// Asks for a URL: the address that was asked, if the name has one, and the answer.
fn fetch(
    api: &mut ApiServer,
    from: &dyn Network,
    url: &Url,
    is_trusting: bool,
) -> (Option<String>, Result<Response, Failed>) {
    let Some(addresses) = from.addresses(api, url.host) else { return (None, Err(Failed::Name)) };
    let Some(address) = addresses.into_iter().next() else { return (None, Err(Failed::Name)) };
    let answer = match from.connect(api, &address, url.port) {
        Ok(listener) if url.is_https && listener.is_api_server() && !is_trusting => Err(Failed::Certificate),
        Ok(listener) if url.is_https && !listener.is_api_server() => Err(Failed::NoTls),
        Ok(listener) => Ok(web::ask(api, &listener, url.path, url.authority, url.is_https)),
        Err(failed) => Err(failed),
    };
    (Some(address), answer)
}

/// curl's long options that have a letter, and those that take a value.
const CURL_LONGS: &[(&str, &str)] = &[
    ("silent", "s"),
    ("show-error", "S"),
    ("head", "I"),
    ("include", "i"),
    ("fail", "f"),
    ("location", "L"),
    ("insecure", "k"),
    ("output=", "o"),
    ("write-out=", "w"),
    ("max-time=", "m"),
    ("connect-timeout=", ""),
    ("header=", "H"),
    ("request=", "X"),
    ("user-agent=", "A"),
    ("user=", "u"),
    ("data=", "d"),
    ("data-raw=", "d"),
    ("data-binary=", "d"),
    ("form=", "F"),
    ("cookie=", "b"),
    ("cookie-jar=", "c"),
    ("cacert=", ""),
    ("cert=", "E"),
    ("key=", ""),
    ("retry=", ""),
    ("retry-delay=", ""),
    ("retry-max-time=", ""),
    ("resolve=", ""),
    ("max-redirs=", ""),
    ("interface=", ""),
    ("url=", ""),
    ("proxy=", "x"),
];

fn curl(api: &mut ApiServer, from: &dyn Network, args: &[&str]) -> Fetched {
    let mut words = Words::read(args, "AbcCdeDEFHhKmoPQrtTuUwxXyYz", CURL_LONGS);
    words.operands.extend(words.value("url"));
    if words.operands.is_empty() {
        return Fetched::failed(
            2,
            "curl: try 'curl --help' or 'curl --manual' for more information\n".into(),
        );
    }
    let mut all = Fetched::default();
    for target in words.operands.clone() {
        let one = curl_one(api, from, &words, target);
        all.printed.stdout.push_str(&one.printed.stdout);
        all.printed.stderr.push_str(&one.printed.stderr);
        all.printed.code = one.printed.code;
        all.saved = one.saved.or(all.saved);
    }
    all
}

fn curl_one(api: &mut ApiServer, from: &dyn Network, words: &Words, target: &str) -> Fetched {
    let is_trusting = words.has("k") || words.has("cacert");
    let heads = words.has("I");
    let mut target = target.to_string();
    let mut shown = String::new();
    for redirects in 0..MOST_REDIRECTS {
        let url = Url::parse(&target);
        let (address, answer) = fetch(api, from, &url, is_trusting);
        let mut done = Transfer { url: &target, address, redirects, ..Transfer::default() };
        let response = match answer {
            Ok(response) => response,
            Err(failed) => return curl_fails(words, &url, &done, &failed),
        };
        let head: String = std::iter::once(&response.status_line)
            .chain(&response.headers)
            .flat_map(|line| [line.as_str(), "\r\n"])
            .chain(["\r\n"])
            .collect();
        if heads || words.has("i") {
            shown.push_str(&head);
        }
        if let Some(location) = response.location.clone().filter(|_| words.has("L")) {
            target = location;
            continue;
        }
        done.code = response.code;
        done.header_size = head.len();
        done.content_type = response.content_type;
        done.redirect = response.location.clone().unwrap_or_default();
        if words.has("f") && response.code >= 400 {
            let text = format!("The requested URL returned error: {}", response.code);
            return curl_says(words, &done, 22, &text);
        }
        if !heads {
            shown.push_str(&response.body);
            done.size = response.body.len();
        }
        let written = done.written(words.value("w"));
        let mut fetched = Fetched::default();
        match words.value("o") {
            Some("-") | None => fetched.printed.stdout = shown,
            Some(file) => fetched.saved = Some((file.to_string(), shown)),
        }
        fetched.printed.stdout.push_str(&written);
        return fetched;
    }
    let done = Transfer { url: &target, redirects: MOST_REDIRECTS, ..Transfer::default() };
    curl_says(words, &done, 47, &format!("Maximum ({MOST_REDIRECTS}) redirects followed"))
}

fn curl_fails(words: &Words, url: &Url, done: &Transfer, failed: &Failed) -> Fetched {
    let (host, port) = (url.host, url.port);
    let patience = words.value("m").or(words.value("connect-timeout")).and_then(|s| s.parse::<f64>().ok());
    let (code, text) = match failed {
        Failed::Name => (6, format!("Could not resolve host: {host}")),
        Failed::Refused => {
            (7, format!("Failed to connect to {host} port {port} after 0 ms: Could not connect to server"))
        }
        Failed::Silent => match patience {
            Some(seconds) => {
                (28, format!("Connection timed out after {} milliseconds", (seconds * 1000.0) as u64 + 1))
            }
            None => {
                let text = "Could not connect to server";
                (28, format!("Failed to connect to {host} port {port} after 130000 ms: {text}"))
            }
        },
        Failed::Closed => (52, "Empty reply from server".to_string()),
        Failed::NoTls => {
            (35, "OpenSSL/3.0.17: error:0A00010B:SSL routines::wrong version number".to_string())
        }
        Failed::Certificate => {
            let more = "More details here: https://curl.se/docs/sslcerts.html\n\ncurl failed to verify the legitimacy of the \
                        server and therefore could not\nestablish a secure connection to it. To learn more about this \
                        situation and\nhow to fix it, please visit the web page mentioned above.";
            (60, ["SSL certificate problem: unable to get local issuer certificate\n", more].concat())
        }
    };
    curl_says(words, done, code, &text)
}

fn curl_says(words: &Words, done: &Transfer, code: i32, text: &str) -> Fetched {
    let is_quiet = words.has("s") && !words.has("S");
    let stderr = if is_quiet { String::new() } else { format!("curl: ({code}) {text}\n") };
    let stdout = Transfer { exit: code, ..done.clone() }.written(words.value("w"));
    Fetched { printed: Printed { stdout, stderr, code }, saved: None }
}

/// What `--write-out` can tell of a transfer.
#[derive(Clone, Default)]
struct Transfer<'a> {
    url: &'a str,
    address: Option<String>,
    code: u32,
    size: usize,
    header_size: usize,
    redirects: usize,
    content_type: &'static str,
    redirect: String,
    exit: i32,
}

impl Transfer<'_> {
    /// The format with its variables and escapes replaced.
    fn written(&self, format: Option<&str>) -> String {
        let mut text = String::new();
        let mut rest = format.unwrap_or_default();
        while let Some(at) = rest.find(['%', '\\']) {
            text.push_str(&rest[..at]);
            rest = &rest[at..];
            if let Some((name, more)) = rest.strip_prefix("%{").and_then(|r| r.split_once('}')) {
                text.push_str(&self.variable(name));
                rest = more;
                continue;
            }
            let known = [("\\n", "\n"), ("\\t", "\t"), ("\\r", "\r"), ("%%", "%")];
            let (len, shown) = known
                .iter()
                .find(|(escape, _)| rest.starts_with(escape))
                .map_or((1, &rest[..1]), |(escape, shown)| (escape.len(), *shown));
            text.push_str(shown);
            rest = &rest[len..];
        }
        text.push_str(rest);
        text
    }

    fn variable(&self, name: &str) -> String {
        let url = Url::parse(self.url);
        match name {
            "http_code" | "response_code" => format!("{:03}", self.code),
            "size_download" => self.size.to_string(),
            "size_header" => self.header_size.to_string(),
            "num_redirects" => self.redirects.to_string(),
            "content_type" => self.content_type.into(),
            "redirect_url" => self.redirect.clone(),
            "remote_ip" => self.address.clone().unwrap_or_default(),
            "remote_port" => url.port.to_string(),
            "exitcode" => self.exit.to_string(),
            "scheme" => if url.is_https { "HTTPS" } else { "HTTP" }.into(),
            "method" => "GET".into(),
            "http_version" => "1.1".into(),
            "url" => self.url.into(),
            "url_effective" if url.path.is_empty() => {
                let text = self.url.split_once("://").map_or(self.url, |(_, rest)| rest);
                [if url.is_https { "https://" } else { "http://" }, text, "/"].concat()
            }
            "url_effective" if self.url.contains("://") => self.url.into(),
            "url_effective" => ["http://", self.url].concat(),
            name if name.starts_with("time_") => "0.001234".into(),
            name if name.starts_with("speed_") => "0".into(),
            _ => String::new(),
        }
    }
}

/// wget's long options.
const WGET_LONGS: &[(&str, &str)] = &[
    ("quiet", "q"),
    ("continue", "c"),
    ("server-response", "S"),
    ("output-document=", "O"),
    ("output-file=", "o"),
    ("timeout=", "T"),
    ("tries=", "t"),
    ("user-agent=", "U"),
    ("header=", ""),
    ("post-data=", ""),
    ("post-file=", ""),
    ("spider", ""),
    ("no-check-certificate", ""),
];

/// BusyBox' wget.
fn wget(api: &mut ApiServer, from: &dyn Network, args: &[&str]) -> Fetched {
    let words = Words::read(args, "OPYTtUo", WGET_LONGS);
    let Some(target) = words.operands.first() else {
        let usage = "wget: missing URL\nUsage: wget [-cqS] [-O FILE] [-T SEC] URL...\n";
        return Fetched::failed(1, usage.into());
    };
    let is_loud = !words.has("q");
    let mut stderr = String::new();
    let mut target = target.to_string();
    for _ in 0..MOST_REDIRECTS {
        let url = Url::parse(&target);
        let (address, answer) = fetch(api, from, &url, true);
        let Some(address) = address else {
            return Fetched::failed(1, [&stderr, "wget: bad address '", url.host, "'\n"].concat());
        };
        if is_loud {
            _ = writeln!(stderr, "Connecting to {} ({address}:{})", url.authority, url.port);
        }
        let response = match answer {
            Ok(response) => response,
            Err(failed) => {
                let why = match failed {
                    Failed::Silent if words.has("T") => "download timed out".to_string(),
                    Failed::Silent => {
                        format!("can't connect to remote host ({address}): Host is unreachable")
                    }
                    Failed::NoTls | Failed::Closed => {
                        "error getting response: Connection reset by peer".to_string()
                    }
                    _ => format!("can't connect to remote host ({address}): Connection refused"),
                };
                _ = writeln!(stderr, "wget: {why}");
                return Fetched::failed(1, stderr);
            }
        };
        if words.has("S") {
            let lines = std::iter::once(&response.status_line).chain(&response.headers);
            lines.for_each(|line| _ = writeln!(stderr, "  {line}"));
            stderr.push_str("  \n");
        }
        if let Some(location) = response.location {
            target = location;
            continue;
        }
        if response.code >= 400 {
            _ = writeln!(stderr, "wget: server returned error: {}", response.status_line);
            return Fetched::failed(1, stderr);
        }
        if words.has("spider") {
            if is_loud {
                stderr.push_str("remote file exists\n");
            }
            return Fetched::failed(0, stderr);
        }
        let last = url.path.split(['?', '#']).next().and_then(|path| path.rsplit('/').next());
        let usual = last.filter(|name| !name.is_empty()).unwrap_or("index.html");
        let file = words.value("O").unwrap_or(usual);
        let to_stdout = file == "-";
        if is_loud {
            stderr.push_str(&match to_stdout {
                true => "writing to stdout\n".to_string(),
                false => format!("saving to '{file}'\n"),
            });
            let stars = "*".repeat(32);
            _ = writeln!(stderr, "{file:<20} 100% |{stars}| {:>5}  0:00:00 ETA", response.body.len());
            stderr.push_str(&match to_stdout {
                true => "written to stdout\n".to_string(),
                false => format!("'{file}' saved\n"),
            });
        }
        let saved = (!to_stdout).then(|| (file.to_string(), response.body.clone()));
        let stdout = if to_stdout { response.body } else { String::new() };
        return Fetched { printed: Printed { stdout, stderr, code: 0 }, saved };
    }
    stderr.push_str("wget: too many redirections\n");
    Fetched::failed(1, stderr)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_names_host_port_and_path() {
        for (text, host, port, path) in [
            ("flask", "flask", 80, ""),
            ("http://flask-0.flask:8080/log?x", "flask-0.flask", 8080, "/log?x"),
            ("https://kubernetes.default", "kubernetes.default", 443, ""),
        ] {
            let url = Url::parse(text);
            assert_eq!((url.host, url.port, url.path), (host, port, path), "{text}");
        }
    }

    #[test]
    fn letters_stand_together_and_the_last_takes_the_rest() {
        let words = Words::read(&["-qO-", "-T", "2", "--spider", "web"], "OT", WGET_LONGS);
        assert!(words.has("q") && words.has("spider"));
        assert_eq!((words.value("O"), words.value("T")), (Some("-"), Some("2")));
        assert_eq!(words.operands, ["web"]);
    }
}
