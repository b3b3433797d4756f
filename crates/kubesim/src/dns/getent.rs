//! glibc's `getent hosts` and `getent ahosts`.

use super::name::reverse_name;
use super::printed::Printed;
use super::resolv_conf::Search;
use super::resolver::lookup_until;
use super::server::Network;
use crate::api::resolver::{Data, RecordType};
use std::fmt::Write;

/// Runs it with these arguments.
pub fn run(args: &[&str], network: &mut Network) -> Printed {
    let mut printed = Printed::default();
    let (Some(database @ ("hosts" | "ahosts" | "ahostsv4")), Some(name)) =
        (args.first().copied(), args.get(1))
    else {
        let what = args.first().unwrap_or(&"");
        printed.stderr = match args.len() {
            0 => "getent: wrong number of arguments\n".into(),
            _ => format!("Unknown database: {what}\n"),
        };
        printed.code = 1;
        return printed;
    };
    if !network.has_server(network.conf.server()) {
        printed.code = 2;
        return printed;
    }
    let reversed = if database == "hosts" { reverse_name(name) } else { None };
    // Unlike BIND's tools, the C library goes on with the search path where a name exists without such a record.
    let answers = match &reversed {
        Some(reversed) => lookup_until(
            network,
            reversed,
            &RecordType::Ptr,
            &Search::NOWHERE,
            crate::api::resolver::Answer::is_found,
        ),
        None => {
            let search = network.conf.search.clone();
            lookup_until(network, name, &RecordType::A, &search, crate::api::resolver::Answer::is_found)
        }
    };
    let found = answers.last().map(|a| a.answers.as_slice()).unwrap_or_default();
    if found.is_empty() {
        printed.code = 2;
    }
    let mut canonical = answers
        .last()
        .filter(|a| a.is_found())
        .map(|a| a.real_name().trim_end_matches('.').to_string())
        .unwrap_or_default();
    for record in found {
        if let Data::Ptr(canonical) = &record.data {
            _ = writeln!(printed.stdout, "{name:<15} {}", canonical.trim_end_matches('.'));
        }
        let Data::A(address) = &record.data else { continue };
        if database == "hosts" {
            _ = writeln!(printed.stdout, "{address:<15} {canonical}");
            continue;
        }
        _ = writeln!(printed.stdout, "{address:<15} STREAM {canonical}");
        _ = writeln!(printed.stdout, "{address:<15} DGRAM  \n{address:<15} RAW    ");
        canonical.clear();
    }
    printed
}
