//! BusyBox 1.35's nslookup: a name without a dot is asked for in every domain of the search path at once, any other only
//! as it is; A and AAAA both.

use super::name::reverse_name;
use super::printed::Printed;
use super::server::Network;
use crate::api::resolver::{Data, Rcode, RecordType};
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
