//! BIND 9.18's dig, without the lines that say how long it took, when it was, how large the message was, and that the
//! server offers no recursion for the cluster's zone.

use super::resolver::{lookup, search_path};
use super::{Answer, Network, Printed, Rcode, Record, RecordType, SERVER, name_error, reverse_name};
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
    ndots: Option<usize>,
}

/// Runs it with these arguments.
pub fn run(args: &[&str], network: &mut Network) -> Printed {
    let mut printed = Printed::default();
    let mut o = Options {
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
        ndots: None,
    };
    let (mut name, mut record_type, mut server) = (None, None, SERVER);
    let mut words = args.iter();
    while let Some(arg) = words.next() {
        if let Some(option) = arg.strip_prefix('+') {
            if !set(&mut o, option) {
                printed.stderr = format!("Invalid option: {arg}\n");
                printed.code = 1;
                return printed;
            }
        } else if let Some(at) = arg.strip_prefix('@') {
            server = at;
        } else if *arg == "-x" {
            let address = words.next().copied().unwrap_or_default();
            name = Some(reverse_name(address).unwrap_or_else(|| format!("{address}.in-addr.arpa")));
            record_type = Some(RecordType::Ptr);
        } else if *arg == "-t" {
            let written = words.next().copied().unwrap_or_default();
            match RecordType::parse(written) {
                Some(found) => record_type = Some(found),
                None => _ = writeln!(printed.stdout, ";; Warning, ignoring invalid type {written}"),
            }
        } else if *arg == "-q" {
            name = words.next().map(|word| word.to_string());
        } else if ["-p", "-b", "-c"].contains(arg) {
            words.next();
        } else if let (Some(found), true) = (RecordType::parse(arg), record_type.is_none()) {
            record_type = Some(found);
        } else if !["IN", "in", "-4", "-r"].contains(arg) {
            name = Some(arg.to_string());
        }
    }
    let asks_nothing = name.is_none() && record_type.is_none();
    let name = name.unwrap_or_else(|| ".".into());
    if let Some(error) = name_error(&name) {
        printed.stderr = format!("dig: '{name}' is not a legal IDNA2008 name ({error})\n");
        printed.code = 10;
        return printed;
    }
    if server != SERVER {
        let line =
            format!(";; UDP setup with {server}#53({server}) for {name} failed: network unreachable.\n");
        printed.stdout = format!("{line};; no servers could be reached\n");
        printed.code = 9;
        return printed;
    }
    let record_type = record_type.unwrap_or(if asks_nothing { RecordType::Ns } else { RecordType::A });
    let mut search = search_path(network.namespace);
    search.ndots = o.ndots.unwrap_or(search.ndots);
    let answers = match o.search || o.show_search {
        true => lookup(network, &name, &record_type, &search),
        false => vec![network.ask(&name, &record_type)],
    };
    let shown = if o.show_search { &answers[..] } else { &answers[answers.len() - 1..] };
    for (n, answer) in shown.iter().enumerate() {
        if n > 0 {
            printed.stdout.push('\n');
        }
        print(&mut printed.stdout, answer, &o, args);
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
        "ndots" => o.ndots = value.parse().ok(),
        "time" | "timeout" | "tries" | "retry" | "edns" | "cookie" | "multiline" | "dnssec" | "trace"
        | "ignore" | "bufsize" | "crypto" | "fail" | "domain" | "identify" | "aaonly" | "adflag" => {}
        _ => return false,
    }
    true
}

fn print(out: &mut String, answer: &Answer, o: &Options, args: &[&str]) {
    if o.short {
        answer.answers.iter().for_each(|r| _ = writeln!(out, "{}", r.data));
        return;
    }
    if o.cmd {
        _ = writeln!(out, "\n; <<>> DiG 9 <<>> {}\n;; global options: +cmd", args.join(" "));
    }
    if o.comments {
        comments(out, answer, o.recurse);
    }
    if o.question {
        if o.comments {
            out.push_str(";; QUESTION SECTION:\n");
        }
        let mut line = answer.name.clone();
        pad(&mut line, 32);
        line.push_str("IN");
        pad(&mut line, 40);
        _ = writeln!(out, ";{line}{}", answer.record_type.name());
        out.push('\n');
    }
    for (shown, title, records) in [
        (o.answer, "ANSWER", &answer.answers),
        (o.authority, "AUTHORITY", &answer.authority),
        (o.additional, "ADDITIONAL", &answer.additional),
    ] {
        if !shown || records.is_empty() {
            continue;
        }
        if o.comments {
            _ = writeln!(out, ";; {title} SECTION:");
        }
        records.iter().for_each(|r| line(out, r, o.ttl));
        if o.comments {
            out.push('\n');
        }
    }
    if o.stats {
        let protocol = if o.tcp || answer.record_type == RecordType::Any { "TCP" } else { "UDP" };
        _ = writeln!(out, ";; SERVER: {SERVER}#53({SERVER}) ({protocol})\n");
    }
}

fn comments(out: &mut String, answer: &Answer, recurses: bool) {
    out.push_str(";; Got answer:\n");
    if answer.name.ends_with(".local.") {
        out.push_str(
            ";; WARNING: .local is reserved for Multicast DNS\n\
             ;; You are currently testing what happens when an mDNS query is leaked to DNS\n",
        );
    }
    let status = if answer.rcode == Rcode::NoError { "NOERROR" } else { "NXDOMAIN" };
    let recursion = match (recurses, answer.from_upstream) {
        (true, true) => " rd ra",
        (true, false) => " rd",
        (false, true) => " ra",
        (false, false) => "",
    };
    _ = write!(
        out,
        ";; ->>HEADER<<- opcode: QUERY, status: {status}, id: N\n;; flags: qr aa{recursion}; QUERY: 1, ANSWER: {}, \
         AUTHORITY: {}, ADDITIONAL: {}\n",
        answer.answers.len(),
        answer.authority.len(),
        answer.additional.len() + 1,
    );
    out.push_str("\n;; OPT PSEUDOSECTION:\n; EDNS: version: 0, flags:; udp: 1232\n");
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
