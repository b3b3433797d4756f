//! BIND 9.18's nslookup. By default without its `;; Got recursion not available` lines, as older ones print.

use super::name::{name_error, reverse_name};
use super::printed::Printed;
use super::resolv_conf::Search;
use super::resolver::lookup;
use super::server::Network;
use crate::api::resolver::{Answer, Data, Rcode, Record, RecordType};
use std::fmt::Write;

struct Options {
    record_type: Option<RecordType>,
    debug: bool,
    search: Search,
    port: String,
}

/// Runs it with these arguments.
pub fn run(args: &[&str], network: &mut Network) -> Printed {
    let mut printed = Printed::default();
    let mut options =
        Options { record_type: None, debug: false, search: network.conf.search.clone(), port: "53".into() };
    let mut names = Vec::new();
    for arg in args {
        match arg.strip_prefix('-') {
            Some(option) if !option.is_empty() => set(&mut options, option, &mut printed),
            _ => names.push(*arg),
        }
    }
    let Some(name) = names.first() else {
        printed.stdout.push_str("> \n");
        return printed;
    };
    let usual = network.conf.server().to_string();
    let asked = names.get(1).copied().unwrap_or(&usual);
    let Some(server) = address_of(network, asked, &options.search) else {
        printed.stderr = format!("nslookup: couldn't get address for '{asked}': not found\n");
        printed.code = 10;
        return printed;
    };
    if !network.has_server(&server) {
        let line =
            format!(";; UDP setup with {server}#53({server}) for {name} failed: network unreachable.\n");
        printed.stdout = format!("{line};; no servers could be reached\n").repeat(3);
        printed.code = 1;
        return printed;
    }
    network.conf.servers = vec![server.clone()];
    if options.port != "53" {
        let line = format!(";; communications error to {server}#{}: connection refused\n", options.port);
        printed.stdout = format!("{}{}", line.repeat(3), ";; no servers could be reached\n");
        printed.code = 1;
        return printed;
    }
    if let Some(reversed) = reverse_name(name) {
        reverse(network, &reversed, &options, &mut printed);
        return printed;
    }
    if let Some(error) = name_error(name) {
        printed.stderr = format!("nslookup: '{name}' is not in legal name syntax ({error})\n");
        printed.code = 1;
        return printed;
    }
    forward(network, name, &options, &mut printed);
    printed
}

/// The address of a server that is named by its address or by a name.
fn address_of(network: &mut Network, server: &str, search: &Search) -> Option<String> {
    if server.parse::<std::net::Ipv4Addr>().is_ok() {
        return Some(server.to_string());
    }
    let answers = lookup(network, server, &RecordType::A, search);
    let records = answers.iter().flat_map(|answer| &answer.answers);
    records.filter_map(|r| if let Data::A(ip) = &r.data { Some(ip.to_string()) } else { None }).next()
}

fn set(options: &mut Options, option: &str, printed: &mut Printed) {
    let (name, value) = option.split_once('=').unwrap_or((option, ""));
    // An option can be shortened: so many letters are needed.
    let is = |long: &str, letters: usize| {
        name.len() >= letters && long.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name))
    };
    match name {
        "type" | "ty" | "querytype" | "query" | "q" | "qu" => match RecordType::parse(value) {
            Some(found) => options.record_type = Some(found),
            None => _ = writeln!(printed.stdout, "unknown query type: {value}"),
        },
        "domain" | "do" => options.search.domains = vec![value.to_string()],
        "port" | "po" => options.port = value.to_string(),
        "ndots" => options.search.ndots = value.parse().unwrap_or(options.search.ndots),
        "class" | "cl" | "timeout" | "t" | "retry" | "ret" => {}
        _ if is("debug", 3) || name == "d2" => options.debug = true,
        _ if is("nodebug", 5) => options.debug = false,
        _ if is("nosearch", 5) || is("nodefname", 5) => options.search.domains.clear(),
        _ if is("search", 3) || is("defname", 3) || is("recurse", 3) || is("norecurse", 5) => {}
        _ if is("vc", 2) || is("novc", 4) || is("fail", 3) || is("nofail", 5) || is("sil", 3) => {}
        _ => _ = writeln!(printed.stdout, "*** Invalid option: {option}"),
    }
}

fn header(out: &mut String, network: &Network) {
    let server = network.conf.server();
    _ = write!(out, "Server:\t\t{server}\nAddress:\t{server}#53\n\n");
}

fn forward(network: &mut Network, name: &str, options: &Options, printed: &mut Printed) {
    let first_type = options.record_type.clone().unwrap_or(RecordType::A);
    let answers = lookup(network, name, &first_type, &options.search);
    let (last, missed) = answers.split_last().expect("at least one name is tried");
    let out = &mut printed.stdout;
    if options.debug {
        for answer in missed {
            header(out, network);
            debug(out, answer);
            _ = writeln!(out, "** server can't find {}: NXDOMAIN", answer.name.trim_end_matches('.'));
            printed.code = 1;
        }
    }
    header(out, network);
    if options.debug {
        debug(out, last);
    }
    if last.rcode == Rcode::NxDomain {
        let shown = if name == "." { name } else { name.trim_end_matches('.') };
        _ = writeln!(out, "** server can't find {shown}: NXDOMAIN\n");
        printed.code = 1;
        return;
    }
    last.answers.iter().for_each(|record| line(out, record));
    match &options.record_type {
        Some(_) if last.answers.is_empty() => _ = writeln!(out, "*** Can't find {name}: No answer"),
        Some(_) => {}
        None => {
            // Without a type it asks for AAAA too, of the name at the end of the aliases.
            let aaaa = network.ask(last.real_name(), &RecordType::Aaaa);
            if options.debug {
                debug(out, &aaaa);
            }
            aaaa.answers.iter().filter(|r| matches!(r.data, Data::Cname(_))).for_each(|r| line(out, r));
            let name = aaaa.name.trim_end_matches('.');
            if aaaa.rcode == Rcode::NxDomain {
                _ = writeln!(out, "** server can't find {name}: NXDOMAIN");
                printed.code = 1;
            } else if last.answers.is_empty() && aaaa.answers.is_empty() {
                _ = writeln!(out, "*** Can't find {name}: No answer");
            }
        }
    }
    out.push('\n');
}

fn reverse(network: &mut Network, reversed: &str, options: &Options, printed: &mut Printed) {
    let answer = network.ask(reversed, &RecordType::Ptr);
    let out = &mut printed.stdout;
    if options.record_type.is_some() {
        header(out, network);
    }
    if options.debug {
        debug(out, &answer);
    }
    if answer.rcode == Rcode::NxDomain {
        _ = writeln!(out, "** server can't find {reversed}: NXDOMAIN\n");
        printed.code = 1;
        return;
    }
    answer.answers.iter().for_each(|record| line(out, record));
    out.push('\n');
}

/// A record as nslookup prints it.
fn line(out: &mut String, record: &Record) {
    let name = record.name.trim_end_matches('.');
    _ = match &record.data {
        Data::A(address) => writeln!(out, "Name:\t{name}\nAddress: {address}"),
        Data::Srv { weight, port, target } => writeln!(out, "{name}\tservice = 0 {weight} {port} {target}"),
        Data::Ptr(target) => writeln!(out, "{name}\tname = {target}"),
        Data::Cname(target) => writeln!(out, "{name}\tcanonical name = {target}"),
        Data::Txt(text) => writeln!(out, "{name}\ttext = \"{text}\""),
        Data::Ns(target) => writeln!(out, "{name}\tnameserver = {target}"),
        Data::Soa(..) => {
            soa(out, record);
            Ok(())
        }
    };
}

/// A SOA record as nslookup prints it.
pub(super) fn soa(out: &mut String, record: &Record) {
    out.push_str(record.name.trim_end_matches('.'));
    out.push('\n');
    details(out, record);
}

fn debug(out: &mut String, answer: &Answer) {
    let name = answer.name.trim_end_matches('.');
    _ = writeln!(
        out,
        "------------\n    QUESTIONS:\n\t{name}, type = {}, class = IN",
        answer.record_type.name()
    );
    for (title, records) in [
        ("ANSWERS", &answer.answers),
        ("AUTHORITY RECORDS", &answer.authority),
        ("ADDITIONAL RECORDS", &answer.additional),
    ] {
        _ = writeln!(out, "    {title}:");
        for record in records {
            let name = record.name.trim_end_matches('.');
            _ = writeln!(out, "    ->  {}", if name.is_empty() { "." } else { name });
            details(out, record);
            _ = writeln!(out, "\tttl = {}", record.ttl);
        }
    }
    out.push_str("------------\n");
}

fn details(out: &mut String, record: &Record) {
    _ = match &record.data {
        Data::A(address) => writeln!(out, "\tinternet address = {address}"),
        Data::Soa([server, mailbox], numbers) => {
            let (server, mailbox) = (server.trim_end_matches('.'), mailbox.trim_end_matches('.'));
            _ = writeln!(out, "\torigin = {server}\n\tmail addr = {mailbox}");
            for (field, n) in ["serial", "refresh", "retry", "expire", "minimum"].iter().zip(numbers) {
                _ = writeln!(out, "\t{field} = {n}");
            }
            Ok(())
        }
        Data::Srv { weight, port, target } => writeln!(out, "\tservice = 0 {weight} {port} {target}"),
        Data::Ptr(target) => writeln!(out, "\tname = {target}"),
        Data::Cname(target) => writeln!(out, "\tcanonical name = {target}"),
        Data::Ns(target) => writeln!(out, "\tnameserver = {target}"),
        Data::Txt(text) => writeln!(out, "\ttext = \"{text}\""),
    };
}
