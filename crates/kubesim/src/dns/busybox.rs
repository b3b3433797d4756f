//! BusyBox 1.35's nslookup: a name without a dot is asked for in every domain of the search path at once, any other only
//! as it is; A and AAAA both.

use super::name::reverse_name;
use super::printed::Printed;
use super::resolver::lookup_until;
use super::server::Network;
use crate::api::resolver::{Answer, Data, Rcode, Record, RecordType};
use std::fmt::Write;

/// Runs it with these arguments.
pub fn nslookup(args: &[&str], network: &mut Network) -> Printed {
    let mut printed = Printed::default();
    let (mut types, mut names) = (Vec::new(), Vec::new());
    for arg in args {
        match arg.strip_prefix("-type=").or(arg.strip_prefix("-q=")) {
            Some(name) => match RecordType::parse(name) {
                Some(found) => types.push(found),
                None => {
                    printed.stderr = format!("nslookup: invalid query type \"{name}\"\n");
                    printed.code = 1;
                    return printed;
                }
            },
            None if !arg.starts_with('-') => names.push(*arg),
            None => {}
        }
    }
    let Some(name) = names.first() else {
        printed.stderr = "Usage: nslookup [-type=QUERY_TYPE] [-debug] HOST [DNS_SERVER]\n".into();
        printed.code = 1;
        return printed;
    };
    let reversed = if types.is_empty() { reverse_name(name) } else { None };
    if types.is_empty() {
        types = vec![RecordType::A, RecordType::Aaaa];
    }
    let candidates = match reversed {
        Some(reversed) => {
            types = vec![RecordType::Ptr];
            vec![reversed]
        }
        None if name.contains('.') => vec![name.trim_end_matches('.').to_string()],
        None => {
            let domains = network.conf.search.domains.iter();
            domains.map(|domain| format!("{name}.{domain}")).collect()
        }
    };
    let server = names.get(1).map_or_else(|| network.conf.server().to_string(), |server| server.to_string());
    if !network.has_server(&server) {
        printed.stdout = ";; connection timed out; no servers could be reached\n\n".into();
        printed.code = 1;
        return printed;
    }
    network.conf.servers = vec![server.clone()];
    let out = &mut printed.stdout;
    _ = write!(out, "Server:\t\t{server}\nAddress:\t{server}:53\n\n");
    for record_type in &types {
        for candidate in &candidates {
            let answer = network.ask(candidate, record_type);
            if answer.rcode == Rcode::NxDomain {
                _ = writeln!(out, "** server can't find {candidate}: NXDOMAIN");
                printed.code = 1;
            }
            for record in &answer.answers {
                let name = record.name.trim_end_matches('.');
                let bare = |target: &str| target.trim_end_matches('.').to_string();
                _ = match &record.data {
                    Data::A(address) => writeln!(out, "Name:\t{name}\nAddress: {address}"),
                    Data::Srv { weight, port, target } => {
                        writeln!(out, "{name}\tservice = 0 {weight} {port} {}", bare(target))
                    }
                    Data::Ptr(target) => writeln!(out, "{name}\tname = {}", bare(target)),
                    Data::Cname(target) => writeln!(out, "{name}\tcanonical name = {}", bare(target)),
                    Data::Ns(target) => writeln!(out, "{name}\tnameserver = {}", bare(target)),
                    Data::Txt(text) => writeln!(out, "{name}\ttext = \"{text}\""),
                    Data::Soa(..) => {
                        super::nslookup::soa(out, record);
                        Ok(())
                    }
                };
            }
            out.push('\n');
        }
    }
    printed
}

/// The nslookup of BusyBox before 1.29, which asks as any program does: by the search path, and for the names of the addresses
/// it finds. Models networking/nslookup.c of 1.28: print_host.
pub fn old_nslookup(args: &[&str], network: &mut Network) -> Printed {
    let mut printed = Printed::default();
    let names: Vec<&str> = args.iter().copied().filter(|arg| !arg.starts_with('-')).collect();
    let Some(name) = names.first().filter(|_| names.len() <= 2 && names.len() == args.len()) else {
        printed.stderr = "Usage: nslookup [HOST] [SERVER]\n".into();
        printed.code = 1;
        return printed;
    };
    let server = names.get(1).map_or_else(|| network.conf.server().to_string(), |server| server.to_string());
    let is_silent = !network.has_server(&server);
    network.conf.servers = vec![server.clone()];
    let out = &mut printed.stdout;
    print_host(network, &server, "Server:", is_silent, out);
    out.push('\n');
    if !print_host(network, name, "Name:", is_silent, out) {
        printed.stderr = format!("nslookup: can't resolve '{name}'\n");
        printed.code = 1;
    }
    printed
}

/// Prints the addresses of a host, and their names. Returns whether there are any.
fn print_host(network: &mut Network, host: &str, header: &str, is_silent: bool, out: &mut String) -> bool {
    let addresses: Vec<String> = if reverse_name(host).is_some() {
        vec![host.to_string()]
    } else if is_silent {
        Vec::new()
    } else {
        let search = network.conf.search.clone();
        let answers = lookup_until(network, host, &RecordType::A, &search, Answer::is_found);
        let records = answers.last().map_or(&[][..], |answer| &answer.answers);
        let address = |record: &Record| match &record.data {
            Data::A(address) => Some(address.clone()),
            _ => None,
        };
        records.iter().filter_map(address).collect()
    };
    if addresses.is_empty() {
        return false;
    }
    _ = writeln!(out, "{header:<10} {host}");
    for (n, address) in addresses.iter().enumerate() {
        let name = reverse_name(address).filter(|_| !is_silent).and_then(|reversed| {
            let answer = network.ask(&reversed, &RecordType::Ptr);
            answer.answers.iter().find_map(|record| match &record.data {
                Data::Ptr(name) => Some(name.trim_end_matches('.').to_string()),
                _ => None,
            })
        });
        let name = name.map_or(String::new(), |name| [" ", &name].concat());
        _ = writeln!(out, "Address {}: {address}{name}", n + 1);
    }
    true
}
