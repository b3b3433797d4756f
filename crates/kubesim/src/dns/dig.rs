//! BIND 9.18's dig, without the line that says that the server offers no recursion for the cluster's zone.

use super::name::{name_error, reverse_name};
use super::printed::Printed;
use super::resolver::lookup;
use super::server::Network;
use crate::api::resolver::{Answer, Record, RecordType};
use shell::time_text;
use std::fmt::Write;

struct Options {
    short: bool,
    search: bool,
    show_search: bool,
    cmd: bool,
    comments: bool,
    question: bool,
    answer: bool,
    authority: bool,
    additional: bool,
    stats: bool,
    ttl: bool,
    recurse: bool,
    tcp: bool,
    edns: bool,
    cookie: bool,
    ndots: Option<usize>,
}

impl Options {
    const USUAL: Options = Options {
        short: false,
        search: false,
        show_search: false,
        cmd: true,
        comments: true,
        question: true,
        answer: true,
        authority: true,
        additional: true,
        stats: true,
        ttl: true,
        recurse: true,
        tcp: false,
        edns: true,
        cookie: true,
        ndots: None,
    };
}

/// Bytes of the OPT record, and of a cookie in it (RFC 6891 §6.1.2, RFC 7873 §4.1).
const OPT: (usize, usize) = (11, 12);

/// What its arguments ask for.
struct Query<'a> {
    options: Options,
    name: Option<String>,
    record_type: Option<RecordType>,
    server: Option<&'a str>,
    /// What is said of arguments before anything is asked.
    warnings: String,
}

impl<'a> Query<'a> {
    /// Reads the arguments (`bin/dig/dig.c: parse_args`).
    fn parse(args: &[&'a str]) -> Result<Query<'a>, Printed> {
        let mut query = Query {
            options: Options::USUAL,
            name: None,
            record_type: None,
            server: None,
            warnings: String::new(),
        };
        let mut words = args.iter();
        while let Some(arg) = words.next() {
            if let Some(option) = arg.strip_prefix('+') {
                if !set(&mut query.options, option) {
                    let error = format!("Invalid option: {arg}\n");
                    return Err(Printed { stdout: query.warnings, ..Printed::error(1, error) });
                }
            } else if let Some(at) = arg.strip_prefix('@') {
                query.server = Some(at);
            } else if *arg == "-x" {
                let address = words.next().copied().unwrap_or_default();
                query.name = Some(reverse_name(address).unwrap_or_else(|| format!("{address}.in-addr.arpa")));
                query.record_type = Some(RecordType::Ptr);
            } else if *arg == "-t" {
                let written = words.next().copied().unwrap_or_default();
                match RecordType::parse(written) {
                    Some(found) => query.record_type = Some(found),
                    None => _ = writeln!(query.warnings, ";; Warning, ignoring invalid type {written}"),
                }
            } else if *arg == "-q" {
                query.name = words.next().map(|word| word.to_string());
            } else if ["-p", "-b", "-c"].contains(arg) {
                words.next();
            } else if let (Some(found), None) = (RecordType::parse(arg), &query.record_type) {
                query.record_type = Some(found);
            } else if !["IN", "in", "-4", "-r"].contains(arg) {
                query.name = Some(arg.to_string());
            }
        }
        Ok(query)
    }
}

/// Runs it with these arguments.
pub fn run(args: &[&str], network: &mut Network) -> Printed {
    let Query { options: o, name, record_type, server, warnings } = match Query::parse(args) {
        Ok(query) => query,
        Err(printed) => return printed,
    };
    let mut printed = Printed { stdout: warnings, ..Printed::default() };
    let asks_nothing = name.is_none() && record_type.is_none();
    let name = name.unwrap_or_else(|| ".".into());
    if let Some(error) = name_error(&name) {
        printed.stderr = format!("dig: '{name}' is not a legal IDNA2008 name ({error})\n");
        printed.code = 10;
        return printed;
    }
    let server = server.map_or_else(|| network.conf.server().to_string(), str::to_string);
    if !network.has_server(&server) {
        let line =
            format!(";; UDP setup with {server}#53({server}) for {name} failed: network unreachable.\n");
        printed.stdout = format!("{line};; no servers could be reached\n");
        printed.code = 9;
        return printed;
    }
    network.conf.servers = vec![server];
    let record_type = record_type.unwrap_or(if asks_nothing { RecordType::Ns } else { RecordType::A });
    let mut search = network.conf.search.clone();
    search.ndots = o.ndots.unwrap_or(search.ndots);
    let answers = if o.search || o.show_search {
        lookup(network, &name, &record_type, &search)
    } else {
        vec![network.ask(&name, &record_type)]
    };
    let shown = if o.show_search { &answers[..] } else { &answers[answers.len() - 1..] };
    for (n, answer) in shown.iter().enumerate() {
        if n > 0 {
            printed.stdout.push('\n');
        }
        print(&mut printed.stdout, answer, &o, args, network);
    }
    printed
}

fn set(o: &mut Options, option: &str) -> bool {
    let (on, name) = option.strip_prefix("no").map_or((true, option), |rest| (false, rest));
    let (name, value) = name.split_once('=').unwrap_or((name, ""));
    match name {
        "short" => o.short = on,
        "search" => o.search = on,
        "showsearch" => o.show_search = on,
        "cmd" => o.cmd = on,
        "comments" => o.comments = on,
        "question" => o.question = on,
        "answer" => o.answer = on,
        "authority" => o.authority = on,
        "additional" => o.additional = on,
        "stats" => o.stats = on,
        "all" => {
            (o.cmd, o.comments, o.question, o.answer) = (on, on, on, on);
            (o.authority, o.additional, o.stats) = (on, on, on);
        }
        "tcp" | "vc" => o.tcp = on,
        "recurse" | "rec" => o.recurse = on,
        "ttlid" | "ttl" => o.ttl = on,
        "edns" => o.edns = on,
        "cookie" => o.cookie = on,
        "ndots" => o.ndots = value.parse().ok(),
        "time" | "timeout" | "tries" | "retry" | "multiline" | "dnssec" | "trace" | "ignore" | "bufsize"
        | "crypto" | "fail" | "domain" | "identify" | "aaonly" | "adflag" => {}
        _ => return false,
    }
    true
}

fn print(out: &mut String, answer: &Answer, o: &Options, args: &[&str], network: &Network) {
    if o.short {
        answer.answers.iter().for_each(|r| _ = writeln!(out, "{}", r.data));
        return;
    }
    let (id, cookie) = network.choose();
    if o.cmd {
        _ = writeln!(out, "\n; <<>> DiG 9.18.49 <<>> {}\n;; global options: +cmd", args.join(" "));
    }
    if o.comments {
        out.push_str(";; Got answer:\n");
        if answer.name.ends_with(".local.") {
            out.push_str(
                ";; WARNING: .local is reserved for Multicast DNS\n\
                 ;; You are currently testing what happens when an mDNS query is leaked to DNS\n",
            );
        }
        header(out, answer, id, o.recurse, o.edns);
    }
    if o.comments && o.edns {
        out.push_str(";; OPT PSEUDOSECTION:\n; EDNS: version: 0, flags:; udp: 1232\n");
        if o.cookie {
            _ = writeln!(out, "; COOKIE: {cookie:016x} (echoed)");
        }
    }
    sections(out, answer, o.comments, [o.question, o.answer, o.authority, o.additional], o.ttl);
    if o.stats {
        let protocol = if o.tcp || answer.record_type == RecordType::Any { "TCP" } else { "UDP" };
        let when = time_text(network.now.unix_seconds(), 0, "%a %b %d %H:%M:%S %Z %Y");
        let opt = OPT.0 * usize::from(o.edns) + OPT.1 * usize::from(o.edns && o.cookie);
        let server = network.conf.server();
        _ = writeln!(
            out,
            ";; Query time: 0 msec\n;; SERVER: {server}#53({server}) ({protocol})\n;; WHEN: {when}\n;; MSG SIZE  rcvd: {}\n",
            answer.size() + opt
        );
    }
}

/// What the message says of itself, with an empty line after it.
pub(super) fn header(out: &mut String, answer: &Answer, id: u16, recurses: bool, edns: bool) {
    let recursion = match (recurses, answer.from_upstream) {
        (true, true) => " rd ra",
        (true, false) => " rd",
        (false, true) => " ra",
        (false, false) => "",
    };
    _ = writeln!(
        out,
        ";; ->>HEADER<<- opcode: QUERY, status: {}, id: {id}\n;; flags: qr aa{recursion}; QUERY: 1, ANSWER: {}, \
         AUTHORITY: {}, ADDITIONAL: {}\n",
        answer.rcode.name(),
        answer.answers.len(),
        answer.authority.len(),
        answer.additional.len() + usize::from(edns),
    );
}

/// The sections of the message: those that are `shown` of question, answer, authority and additional.
pub(super) fn sections(out: &mut String, answer: &Answer, titles: bool, shown: [bool; 4], ttl: bool) {
    let [question, shown @ ..] = shown;
    if question {
        if titles {
            out.push_str(";; QUESTION SECTION:\n");
        }
        let mut line = answer.name.clone();
        pad(&mut line, 32);
        line.push_str("IN");
        pad(&mut line, 40);
        _ = writeln!(out, ";{line}{}\n", answer.record_type.name());
    }
    let parts =
        [("ANSWER", &answer.answers), ("AUTHORITY", &answer.authority), ("ADDITIONAL", &answer.additional)];
    for ((title, records), shown) in parts.into_iter().zip(shown) {
        if !shown || records.is_empty() {
            continue;
        }
        if titles {
            _ = writeln!(out, ";; {title} SECTION:");
        }
        records.iter().for_each(|r| line(out, r, ttl));
        if titles {
            out.push('\n');
        }
    }
}

/// A record in master file form.
fn line(out: &mut String, record: &Record, ttl: bool) {
    let mut text = record.name.clone();
    pad(&mut text, 24);
    if ttl {
        _ = write!(text, "{}", record.ttl);
        pad(&mut text, 32);
    }
    text.push_str("IN");
    pad(&mut text, 40);
    text.push_str(record.data.record_type().name());
    pad(&mut text, 48);
    _ = writeln!(out, "{text}{}", record.data);
}

/// Tabs up to a column; one space if the line is there already.
fn pad(line: &mut String, column: usize) {
    let mut at = line.chars().fold(0, |at, c| if c == '\t' { (at / 8 + 1) * 8 } else { at + 1 });
    if at >= column {
        line.push(' ');
    }
    while at < column {
        line.push('\t');
        at = (at / 8 + 1) * 8;
    }
}
