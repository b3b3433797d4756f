//! BIND 9.18's host.

use super::dig::{header, sections};
use super::name::{name_error, reverse_name};
use super::printed::Printed;
use super::resolv_conf::Search;
use super::resolver::lookup;
use super::server::Network;
use crate::api::resolver::{Answer, Data, Rcode, Record, RecordType};
use std::fmt::Write;

/// What its arguments ask for.
struct Query<'a> {
    record_type: Option<RecordType>,
    name: &'a str,
    server: Option<&'a str>,
    ndots: Option<usize>,
    verbose: bool,
}

const USAGE: &str = "Usage: host [-aCdilrTvVw] [-c class] [-N ndots] [-t type] [-W time]\n            [-R number] [-m flag] [-p port] hostname [server]\n";

impl<'a> Query<'a> {
    /// Reads the arguments (`bin/dig/host.c: parse_args`).
    fn parse(args: &[&'a str]) -> Result<Query<'a>, Printed> {
        let (mut record_type, mut names, mut ndots, mut verbose) = (None, Vec::new(), None, false);
        let mut words = args.iter();
        while let Some(arg) = words.next() {
            match *arg {
                "-t" => {
                    let name = words.next().copied().unwrap_or_default();
                    record_type = RecordType::parse(name);
                    if record_type.is_none() {
                        return Err(Printed::error(2, format!("host: invalid type: {name}\n")));
                    }
                }
                "-a" => (record_type, verbose) = (Some(RecordType::Any), true),
                "-v" | "-d" => verbose = true,
                "-N" => ndots = words.next().and_then(|n| n.parse().ok()),
                "-W" | "-R" | "-c" | "-p" | "-m" => drop(words.next()),
                "-4" | "-6" | "-r" | "-s" | "-T" | "-U" | "-w" | "-i" => {}
                name => names.push(name),
            }
        }
        let Some(name) = names.first() else { return Err(Printed::error(1, USAGE.into())) };
        Ok(Query { record_type, name, server: names.get(1).copied(), ndots, verbose })
    }
}

/// Runs it with these arguments.
pub fn run(args: &[&str], network: &mut Network) -> Printed {
    let Query { record_type, name, server, ndots, verbose } = match Query::parse(args) {
        Ok(query) => query,
        Err(printed) => return printed,
    };
    let mut printed = Printed::default();
    if let Some(error) = name_error(name) {
        return Printed::error(1, format!("host: '{name}' is not in legal name syntax ({error})\n"));
    }
    let server = server.map_or_else(|| network.conf.server().to_string(), str::to_string);
    if !network.has_server(&server) {
        printed.stdout = format!(
            ";; UDP setup with {server}#53({server}) for {name} failed: network unreachable.\n;; no servers could be reached\n"
        );
        printed.code = 1;
        return printed;
    }
    network.conf.servers = vec![server];
    let reversed = reverse_name(name);
    let first =
        record_type.clone().unwrap_or(if reversed.is_some() { RecordType::Ptr } else { RecordType::A });
    let mut search = if reversed.is_some() { Search::NOWHERE } else { network.conf.search.clone() };
    search.ndots = ndots.unwrap_or(search.ndots);
    let asked = reversed.as_deref().unwrap_or(name);
    let answers = lookup(network, asked, &first, &search);
    let last = answers.last().expect("at least one name is tried");
    let out = &mut printed.stdout;
    if verbose {
        answers
            .iter()
            .for_each(|answer| _ = writeln!(out, "Trying \"{}\"", answer.name.trim_end_matches('.')));
    }
    if last.rcode == Rcode::NxDomain {
        let shown = if reversed.is_some() { format!("{asked}.") } else { name.to_string() };
        _ = writeln!(out, "Host {shown} not found: 3(NXDOMAIN)");
        if verbose {
            answers.iter().for_each(|answer| received(out, answer, network));
        }
        printed.code = 1;
        return printed;
    }
    if verbose {
        whole(out, last, network);
        if record_type.is_none() && reversed.is_none() {
            let real = last.real_name().to_string();
            for record_type in [RecordType::Aaaa, RecordType::Mx] {
                _ = writeln!(out, "Trying \"{}\"", real.trim_end_matches('.'));
                let answer = network.ask(&real, &record_type);
                whole(out, &answer, network);
            }
        }
        return printed;
    }
    if last.answers.is_empty() && record_type.is_some() {
        _ = writeln!(out, "{} has no {} record", last.name.trim_end_matches('.'), first.name());
    }
    last.answers.iter().for_each(|record| tell(out, record));
    if record_type.is_none() && reversed.is_none() {
        // It asks for AAAA and MX as well, of the name at the end of the aliases.
        let real = last.real_name().to_string();
        for record_type in [RecordType::Aaaa, RecordType::Mx] {
            if network.ask(&real, &record_type).rcode == Rcode::NxDomain {
                _ = writeln!(out, "Host {} not found: 3(NXDOMAIN)", real.trim_end_matches('.'));
                printed.code = 1;
            }
        }
    }
    printed
}

/// A record in a sentence.
fn tell(out: &mut String, record: &Record) {
    let name = record.name.trim_end_matches('.');
    _ = match &record.data {
        Data::A(address) => writeln!(out, "{name} has address {address}"),
        Data::Ptr(target) => writeln!(out, "{name} domain name pointer {target}"),
        Data::Cname(target) => writeln!(out, "{name} is an alias for {target}"),
        Data::Ns(target) => writeln!(out, "{name} name server {target}"),
        Data::Txt(text) => writeln!(out, "{name} descriptive text \"{text}\""),
        data => writeln!(out, "{name} has {} record {data}", data.record_type().name()),
    };
}

/// A message as `-v` shows it.
fn whole(out: &mut String, answer: &Answer, network: &Network) {
    header(out, answer, network.choose().0, true, false);
    sections(out, answer, true, [true; 4], true);
    received(out, answer, network);
}

fn received(out: &mut String, answer: &Answer, network: &Network) {
    _ = writeln!(out, "Received {} bytes from {}#53 in 0 ms", answer.size(), network.conf.server());
}
