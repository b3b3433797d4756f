//! glibc's `getent hosts` and `getent ahosts`.

use super::resolver::{lookup, search_path};
use super::{Data, Network, Printed, RecordType};
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
    let answers = lookup(network, name, &RecordType::A, &search_path(network.namespace));
    let found = answers.last().map(|a| a.answers.as_slice()).unwrap_or_default();
    if found.is_empty() {
        printed.code = 2;
    }
    let mut canonical = found.first().map(|r| r.name.trim_end_matches('.').to_string()).unwrap_or_default();
    for record in found {
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
