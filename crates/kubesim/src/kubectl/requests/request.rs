//! One request as kubectl's log shows it. Models client-go's `transport/round_trippers.go: debuggingRoundTripper`, and
//! `rest/request.go: logBody`, which shows what is sent and answered.

use super::super::announce::log;
use crate::base::hash::name_hash;
use crate::base::text::query_escaped;
use crate::process::Io;
use yaml::text::quoted;

/// From which verbosity on headers and bodies are shown.
pub(super) const HEADERS: i64 = 7;
pub(super) const BODIES: i64 = 8;

/// What kubectl says of itself: it does not know the commit of which it is made.
const AGENT: &str = "kubectl/v1.36.2 (linux/amd64) kubernetes/unknown";
/// Where client-go logs.
const PLACE_OF_REQUEST: &str = "round_trippers.go:527";
const PLACE_OF_DIAL: &str = "round_trippers.go:562";
const PLACE_OF_RESPONSE: &str = "round_trippers.go:632";
/// From which size on answers are compressed, and up to which one their length is known before they are sent.
const COMPRESSED: usize = 128 * 1024;
const MEASURED: usize = 4096;

/// What comes back.
pub(super) enum Answer {
    /// This text.
    Body(String),
    /// What is not shown: a stream, or the API's whole description.
    Unseen,
}

/// A request to the API server.
pub(super) struct Request {
    pub(super) method: &'static str,
    pub(super) path: String,
    /// What stands behind the question mark, in order.
    pub(super) query: Vec<(&'static str, String)>,
    pub(super) status: &'static str,
    pub(super) accept: &'static str,
    /// What is sent, and its type.
    pub(super) sent: Option<(&'static str, String)>,
    pub(super) answer: Answer,
    /// The type of what comes back.
    pub(super) answer_type: &'static str,
    /// Where kubectl's source makes the request.
    pub(super) caller: &'static str,
}

/// How requests are shown.
pub(super) struct Style {
    pub(super) host: String,
    pub(super) verbosity: i64,
    pub(super) compresses: bool,
    /// Whether the next request is the first one of the command: it opens the connection.
    pub(super) is_first: bool,
}

impl Style {
    /// Prints a request and its answer.
    pub(super) fn print(&mut self, request: &Request, io: &mut Io) {
        if self.verbosity >= BODIES {
            let sent = request.sent.as_ref().map_or("", |(_, body)| body);
            self.body(request.caller, "Request Body", sent, io);
        }
        let url = self.url(request);
        let target = format!("verb={} url={}", quoted(request.method), quoted(&url));
        let mut headers = vec![format!("Accept: {}", request.accept)];
        headers.extend(request.sent.as_ref().map(|(content, _)| format!("Content-Type: {content}")));
        headers.push(format!("User-Agent: {AGENT}"));
        if self.verbosity >= 9 {
            let shown: Vec<String> = headers.iter().map(|header| format!(" -H {}", quoted(header))).collect();
            let curl = format!("curl -v -X{} {} '{url}'", request.method, shown.concat());
            log(io, 'I', PLACE_OF_REQUEST, &format!("\"Request\" curlCommand=<\n\t{curl}\n >"));
            if self.is_first {
                let host = quoted(self.host.trim_start_matches("https://"));
                let dialled = format!("\"HTTP Trace: Dial succeed\" network=\"tcp\" address={host}");
                log(io, 'I', PLACE_OF_DIAL, &dialled);
            }
        } else if self.verbosity >= HEADERS {
            log(io, 'I', PLACE_OF_REQUEST, &format!("\"Request\" {target} {}", block(&headers)));
        }
        let status = quoted(request.status);
        let answered = match self.verbosity {
            ..=6 => format!("{target} status={status} milliseconds=1"),
            7 => format!("status={status} milliseconds=1"),
            8 => format!("status={status} {} milliseconds=1", block(&self.answer_headers(request, io))),
            _ => {
                let connected = match self.is_first {
                    true => "dnsLookupMilliseconds=0 dialMilliseconds=0 tlsHandshakeMilliseconds=0",
                    false => "getConnectionMilliseconds=0",
                };
                let headers = block(&self.answer_headers(request, io));
                format!(
                    "{target} status={status} {headers} milliseconds=1 {connected} serverProcessingMilliseconds=0"
                )
            }
        };
        self.is_first = false;
        log(io, 'I', PLACE_OF_RESPONSE, &format!("\"Response\" {answered}"));
        if let Answer::Body(body) = &request.answer
            && self.verbosity >= BODIES
        {
            self.body(request.caller, "Response Body", body, io);
        }
    }

    fn url(&self, request: &Request) -> String {
        let query: Vec<String> =
            request.query.iter().map(|(name, value)| format!("{name}={}", query_escaped(value))).collect();
        let mark = if query.is_empty() { "" } else { "?" };
        format!("{}{}{mark}{}", self.host, request.path, query.join("&"))
    }

    /// What the API server puts before its answer.
    fn answer_headers(&self, request: &Request, io: &Io) -> Vec<String> {
        let url = self.url(request);
        let number = |what: &[&str]| identity(io.api.seed, what);
        let now = io.api.now.to_string();
        let mut headers = vec![
            format!("Audit-Id: {}", number(&["audit", request.method, &url, &now])),
            "Cache-Control: no-cache, private".to_string(),
        ];
        if let Answer::Body(body) = &request.answer
            && body.len() < MEASURED
        {
            headers.push(format!("Content-Length: {}", body.len()));
        }
        headers.push(format!("Content-Type: {}", request.answer_type));
        headers.push(format!("Date: {}", io.api.now.http_date()));
        if let Answer::Body(body) = &request.answer
            && body.len() > COMPRESSED
            && self.compresses
        {
            headers.push("Vary: Accept-Encoding".to_string());
        }
        headers.push(format!("X-Kubernetes-Pf-Flowschema-Uid: {}", number(&["flow schema"])));
        headers.push(format!("X-Kubernetes-Pf-Prioritylevel-Uid: {}", number(&["priority level"])));
        headers
    }

    /// A body, as much of it as the verbosity shows.
    fn body(&self, caller: &str, name: &str, body: &str, io: &mut Io) {
        let most = match self.verbosity {
            ..=8 => 1024,
            9 => 10240,
            _ => usize::MAX,
        };
        let shown = match body.len() > most {
            true => {
                let end = (0..=most).rev().find(|end| body.is_char_boundary(*end)).unwrap_or_default();
                format!("{} [truncated {} chars]", &body[..end], body.len() - end)
            }
            false => body.to_string(),
        };
        // Several lines are shown as such, one in quotes (klog: writeStringValue).
        let value = match shown.contains('\n') {
            true => format!("body=<\n\t{}\n >", shown.trim_end_matches('\n').replace('\n', "\n\t")),
            false => format!("body={}", quoted(&shown)),
        };
        log(io, 'I', caller, &format!("\"{name}\" {value}"));
    }
}

fn block(headers: &[String]) -> String {
    format!("headers=<\n\t{}\n >", headers.join("\n\t"))
}

/// A number of 128 bits in groups, the same for the same words.
pub(super) fn identity(seed: u64, words: &[&str]) -> String {
    let half = |part: &str| name_hash(seed, &[words, &[part]].concat());
    let (high, low) = (half("high"), half("low"));
    format!(
        "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
        high >> 32,
        high >> 16 & 0xffff,
        high & 0xfff,
        low >> 48 & 0x3fff | 0x8000,
        low & 0xffff_ffff_ffff
    )
}
