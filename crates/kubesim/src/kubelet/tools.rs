//! Programs in a container that look at the network, the disks or the processes: ping, wget, curl, df, ps.

use super::environment::{HostNames, host_aliases, names};
use super::files::CAPACITY;
use crate::api::image::with_tag;
use crate::api::pod::{Container, ContainerState, VolumeSource};
use crate::api::resolver;
use crate::api::resolver::{Answer, Data, RecordType};
use crate::api::{Fault, Kind, Object, PodPhase, Str};
use crate::apiserver::{ApiServer, Store};
use crate::dns::resolver::lookup_until;
use crate::dns::{self, Printed, ResolvConf, reverse_name, server};
use crate::fault;
use std::fmt::Write;
use std::rc::Rc;

/// What this file has.
pub const NAMES: &[&str] = &["curl", "df", "ping", "ps", "wget"];

/// Who runs a program, and where.
pub(super) struct Place<'a> {
    pub pod: &'a Rc<Object>,
    pub container: &'a Str,
    pub address: &'a str,
    /// BusyBox' wording.
    pub busybox: bool,
}

/// Runs a program, if this is one.
pub(super) fn run(api: &mut ApiServer, place: &Place, argv: &[String]) -> Option<Printed> {
    let args: Vec<&str> = argv.iter().skip(1).map(String::as_str).collect();
    Some(match argv.first()?.rsplit('/').next()? {
        "ping" => ping(api, place, &args),
        "curl" => curl(api, place, &args),
        "wget" => wget(api, place, &args),
        "df" => df(api.store(), place, args.contains(&"-h")),
        "ps" => ps(place),
        _ => return None,
    })
}

fn failed(code: i32, stderr: String) -> Printed {
    Printed { stdout: String::new(), stderr, code }
}

/// A name's addresses and its full name; an address stands for itself.
fn resolve(api: &mut ApiServer, place: &Place, host: &str) -> Option<(String, Vec<String>)> {
    // The container's own network, which its pod's containers share.
    if host.starts_with("127.") && reverse_name(host).is_some() {
        return Some((host.to_string(), vec![place.address.to_string()]));
    }
    if reverse_name(host).is_some() {
        return Some((host.to_string(), vec![host.to_string()]));
    }
    let HostNames { short, full, .. } = names(place.pod);
    if host == "localhost" || host == short || host == full {
        return Some((host.to_string(), vec![place.address.to_string()]));
    }
    if let Some((address, names)) = alias_of(place.pod, host) {
        // What is the container's own, its pod has.
        let address = if address.starts_with("127.") { place.address.into() } else { address };
        return Some((names[0].to_string(), vec![address.to_string()]));
    }
    let conf = ResolvConf::of_pod(place.pod);
    let answers = server::with_network(api, &conf, dns::node_of(place.pod), |network| {
        if !network.has_server(conf.server()) {
            return Vec::new();
        }
        lookup_until(network, host, &RecordType::A, &conf.search, Answer::is_found)
    });
    let answer = answers.last().filter(|a| a.is_found())?;
    let address = |r: &resolver::Record| match &r.data {
        Data::A(address) => Some(address.clone()),
        _ => None,
    };
    let found: Vec<String> = answer.answers.iter().filter_map(address).collect();
    let name = answer.real_name().trim_end_matches('.').to_string();
    (!found.is_empty()).then_some((name, found))
}

/// The address that the pod's own /etc/hosts has for a name, with all names of it.
fn alias_of(pod: &Object, host: &str) -> Option<(Str, Vec<Str>)> {
    host_aliases(pod).into_iter().find(|(_, names)| names.iter().any(|name| name.eq_ignore_ascii_case(host)))
}

/// `getent hosts NAME` of a name in the pod's own /etc/hosts, which comes before DNS.
pub(super) fn getent_hosts(place: &Place, argv: &[String]) -> Option<Printed> {
    let [tool, database, name] = argv else { return None };
    if tool.rsplit('/').next() != Some("getent") || database != "hosts" {
        return None;
    }
    let HostNames { short, full, .. } = names(place.pod);
    let own = || {
        let names = if full == short {
            vec![short.as_str().into()]
        } else {
            vec![full.as_str().into(), short.as_str().into()]
        };
        (Str::from(place.address), names)
    };
    let known = if *name == short || *name == full { Some(own()) } else { alias_of(place.pod, name) };
    let (address, names) = known?;
    Some(Printed { stdout: format!("{address:<15} {}\n", names.join(" ")), ..Printed::default() })
}

/// Why nobody answers.
pub(super) enum Silence {
    /// The name is not known.
    Unknown,
    /// Nobody listens there.
    Refused,
    /// Nobody has the address, or the Service has no such port.
    Nobody,
}

impl Silence {
    /// The C library's text for it.
    pub(super) fn text(&self) -> &'static str {
        match self {
            Silence::Unknown => "Name or service not known",
            Silence::Refused => "Connection refused",
            Silence::Nobody => "Connection timed out",
        }
    }
}

/// Connects to a port of a host: the address at which somebody listens.
pub(super) fn connect(api: &mut ApiServer, place: &Place, host: &str, port: u32) -> Result<String, Silence> {
    let Some((_, addresses)) = resolve(api, place, host) else { return Err(Silence::Unknown) };
    let address = addresses.into_iter().next().ok_or(Silence::Unknown)?;
    serve(api, &address, port).map(|_| address)
}

/// The pod that answers at an address and a port. A Service's address is one of its ready endpoints', as kube-proxy
/// chooses.
fn serve(api: &mut ApiServer, address: &str, port: u32) -> Result<Str, Silence> {
    let store = api.store();
    let Some(object) = store.list(Kind::Service).find(|s| *s.service().cluster_ip == *address) else {
        return listener(store, address, port);
    };
    let service = object.service();
    let Some(of_service) = service.ports.iter().find(|p| p.port as u32 == port) else {
        return Err(Silence::Nobody);
    };
    let wanted = of_service.name.as_deref().unwrap_or_default();
    let mut behind: Vec<(Str, u32)> = Vec::new();
    let slices = store.list_in(Kind::EndpointSlice, &object.meta.namespace);
    for slice in dns::zone::slices(slices, &object.meta.name) {
        let number = slice.ports.iter().find(|p| *p.name == *wanted).and_then(|p| p.port);
        let number = number.map_or(port, |n| n as u32);
        behind.extend(slice.endpoints.iter().filter(|e| e.ready).map(|e| (e.address.clone(), number)));
    }
    if behind.is_empty() {
        return Err(Silence::Refused);
    }
    let chosen = api.rng.below(behind.len());
    let (address, port) = &behind[chosen];
    listener(api.store(), address, *port)
}

/// The pod that listens at its address and this port: at those that its running containers declare, or at any,
/// if nothing about the pod speaks of ports.
fn listener(store: &Store, address: &str, port: u32) -> Result<Str, Silence> {
    let has_it = |pod: &&Rc<Object>| {
        let status = &pod.pod().status;
        status.pod_ip.as_deref() == Some(address) && !pod.pod().is_terminal()
    };
    let object = store.list(Kind::Pod).find(has_it).ok_or(Silence::Nobody)?;
    let pod = object.pod();
    let runs = |name: &Str| {
        pod.container_status(name).is_some_and(|s| matches!(s.state, ContainerState::Running { .. }))
    };
    let is_open = |container: &Container| {
        let closed = || Fault::PortClosed(with_tag(&container.image).into(), port as i32);
        runs(&container.name) && !fault::is_present(store, &closed())
    };
    let mut all = pod.spec.all_containers();
    let listens = match pod.spec.names_ports() {
        true => all.any(|container| container.declares_port(port.into()) && is_open(container)),
        false => pod.status.phase == PodPhase::Running && pod.spec.containers.iter().any(is_open),
    };
    if listens { Ok(names(object).kernel.into()) } else { Err(Silence::Refused) }
}

/// Host, port and what to ask for, of a URL.
fn url(text: &str) -> (&str, u32) {
    let (scheme, rest) = text.split_once("://").unwrap_or(("http", text));
    let authority = rest.split(['/', '?']).next().unwrap_or(rest);
    let authority = authority.rsplit('@').next().unwrap_or(authority);
    let usual = if scheme == "https" { 443 } else { 80 };
    match authority.split_once(':') {
        Some((host, port)) => (host, port.parse().unwrap_or(usual)),
        None => (authority, usual),
    }
}

/// The first operand, and whether a letter is among the options. `valued`: options that take the next word.
fn options<'a>(args: &[&'a str], valued: &[&str]) -> (Option<&'a str>, String) {
    let (mut operand, mut letters) = (None, String::new());
    let mut words = args.iter();
    while let Some(word) = words.next() {
        let joined = valued.iter().any(|option| option.len() == 2 && is_joined(word, option));
        if joined {
            letters.push_str(&word[1..]);
            words.next();
        } else if valued.contains(word) {
            words.next();
        } else if word.starts_with("--") {
        } else if let Some(more) = word.strip_prefix('-') {
            letters.push_str(more);
        } else if operand.is_none() {
            operand = Some(*word);
        }
    }
    (operand, letters)
}

/// Letters of which the last takes a value (`-so FILE`).
fn is_joined(word: &str, option: &str) -> bool {
    word.len() > 2 && word.starts_with('-') && !word.starts_with("--") && word.ends_with(&option[1..])
}

fn curl(api: &mut ApiServer, place: &Place, args: &[&str]) -> Printed {
    let valued = [
        "-m",
        "--max-time",
        "--connect-timeout",
        "-H",
        "--header",
        "-A",
        "-X",
        "--request",
        "-o",
        "--output",
        "-w",
        "--write-out",
        "-d",
        "--data",
        "--retry",
        "--retry-delay",
        "-u",
        "--user",
        "--resolve",
        "--cacert",
        "-e",
        "-b",
    ];
    let value = |names: &[&str]| {
        let at =
            args.iter().position(|a| names.contains(a) || names[0].len() == 2 && is_joined(a, names[0]))?;
        args.get(at + 1).copied()
    };
    let (output, shown) = (value(&["-o", "--output"]), value(&["-w", "--write-out"]));
    let (Some(target), mut letters) = options(args, &valued) else {
        return failed(2, "curl: try 'curl --help' or 'curl --manual' for more information\n".into());
    };
    for (long, letter) in
        [("--silent", 's'), ("--show-error", 'S'), ("--head", 'I'), ("--include", 'i'), ("--fail", 'f')]
    {
        if args.contains(&long) {
            letters.push(letter);
        }
    }
    let quiet = letters.contains('s') && !letters.contains('S');
    let written = |code: &str, size: usize| {
        let mut text =
            shown.unwrap_or_default().replace("%{http_code}", code).replace("%{response_code}", code);
        text = text.replace("%{size_download}", &size.to_string()).replace("%{time_total}", "0.001234");
        text.replace("\\n", "\n").replace("\\t", "\t")
    };
    let fail = |code: i32, text: String| {
        let stderr = if quiet { String::new() } else { format!("curl: ({code}) {text}\n") };
        Printed { stdout: written("000", 0), stderr, code }
    };
    let (host, port) = url(target);
    let Some((_, addresses)) = resolve(api, place, host) else {
        return fail(6, format!("Could not resolve host: {host}"));
    };
    match serve(api, &addresses[0], port) {
        Ok(pod) => {
            let header = format!(
                "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {}\r\n\r\n",
                pod.len() + 1
            );
            let mut stdout = if letters.contains(['i', 'I']) { header } else { String::new() };
            if !letters.contains('I') {
                _ = writeln!(stdout, "{pod}");
            }
            let size = stdout.len();
            if output.is_some() {
                // What is saved is the caller's to write.
                stdout.clear();
            }
            stdout.push_str(&written("200", size));
            Printed { stdout, ..Printed::default() }
        }
        Err(Silence::Refused | Silence::Unknown) => fail(
            7,
            format!("Failed to connect to {host} port {port} after 0 ms: Could not connect to server"),
        ),
        Err(Silence::Nobody) => fail(
            28,
            format!("Failed to connect to {host} port {port} after 130000 ms: Could not connect to server"),
        ),
    }
}

/// BusyBox' wget. What it gets goes to standard output, whether `-O -` is given or not.
fn wget(api: &mut ApiServer, place: &Place, args: &[&str]) -> Printed {
    let (Some(target), letters) = options(args, &["-O", "-T", "-t", "-U"]) else {
        return failed(1, "wget: missing URL\nUsage: wget [-cqS] [-O FILE] [-T SEC] URL...\n".into());
    };
    let (host, port) = url(target);
    let Some((_, addresses)) = resolve(api, place, host) else {
        return failed(1, format!("wget: bad address '{host}'\n"));
    };
    let address = &addresses[0];
    let mut stderr = if letters.contains('q') {
        String::new()
    } else {
        format!("Connecting to {host} ({address}:{port})\n")
    };
    let why = match serve(api, address, port) {
        Ok(_) if args.contains(&"--spider") => {
            if !letters.contains('q') {
                stderr.push_str("remote file exists\n");
            }
            return Printed { stdout: String::new(), stderr, code: 0 };
        }
        Ok(pod) => return Printed { stdout: format!("{pod}\n"), stderr, code: 0 },
        Err(Silence::Refused | Silence::Unknown) => "Connection refused",
        Err(Silence::Nobody) => "Host is unreachable",
    };
    _ = writeln!(stderr, "wget: can't connect to remote host ({address}): {why}");
    failed(1, stderr)
}

/// One question of ping's; the shell asks once a second, with the question's number in `--seq`.
fn ping(api: &mut ApiServer, place: &Place, args: &[&str]) -> Printed {
    let number = |option: &str| args.iter().find_map(|a| a.strip_prefix(option)?.parse::<usize>().ok());
    let seq = number("--seq=").unwrap_or(0);
    let joined = args.iter().find_map(|a| a.strip_prefix("-c")?.parse::<usize>().ok());
    let apart = args.iter().position(|a| *a == "-c").and_then(|at| args.get(at + 1)?.parse::<usize>().ok());
    let count = joined.or(apart);
    let (Some(host), _) = options(args, &["-c", "-i", "-W", "-w", "-s"]) else {
        return failed(2, "ping: usage error: Destination address required\n".into());
    };
    let Some((name, addresses)) = resolve(api, place, host) else {
        return if place.busybox {
            failed(1, format!("ping: bad address '{host}'\n"))
        } else {
            failed(2, format!("ping: {host}: Name does not resolve\n"))
        };
    };
    let address = &addresses[0];
    let has_it =
        |pod: &Rc<Object>| pod.pod().status.pod_ip.as_deref() == Some(&**address) && !pod.pod().is_terminal();
    let answers = api.store().list(Kind::Pod).any(has_it);
    let mut stdout = String::new();
    if seq == 0 {
        _ = if place.busybox {
            writeln!(stdout, "PING {host} ({address}): 56 data bytes")
        } else {
            writeln!(stdout, "PING {name} ({address}) 56(84) bytes of data.")
        };
    }
    if answers {
        // The way between two nodes, or on one.
        let micros = 240 + (seq * 37) % 90;
        _ = if place.busybox {
            writeln!(stdout, "64 bytes from {address}: seq={seq} ttl=62 time=0.{micros} ms")
        } else {
            let from = if name == *address { address.clone() } else { format!("{name} ({address})") };
            writeln!(stdout, "64 bytes from {from}: icmp_seq={} ttl=62 time=0.{micros} ms", seq + 1)
        };
    }
    let is_last = count == Some(seq + 1);
    if is_last {
        let (sent, got, lost) = (seq + 1, if answers { seq + 1 } else { 0 }, if answers { 0 } else { 100 });
        let shown = if place.busybox { host } else { &name };
        _ = if place.busybox {
            writeln!(
                stdout,
                "\n--- {shown} ping statistics ---\n{sent} packets transmitted, {got} packets received, {lost}% packet loss"
            )
        } else {
            writeln!(
                stdout,
                "\n--- {shown} ping statistics ---\n{sent} packets transmitted, {got} received, {lost}% packet loss, time {}ms",
                seq * 1000
            )
        };
    }
    Printed { stdout, stderr: String::new(), code: i32::from(is_last && !answers) }
}

/// `df`: the container's own disk and its volumes.
fn df(store: &Store, place: &Place, human: bool) -> Printed {
    let size = |bytes: i64| {
        if !human {
            return (bytes / 1024).to_string();
        }
        let unit = [(30, "G"), (20, "M"), (10, "K")].into_iter().find(|(bits, _)| bytes >= 1 << bits);
        unit.map_or_else(
            || bytes.to_string(),
            |(bits, letter)| format!("{}.{}{letter}", bytes >> bits, ((bytes % (1 << bits)) * 10) >> bits),
        )
    };
    let title = if human { "Size" } else { "1K-blocks" };
    let mut stdout = format!(
        "{:<20} {title:>10} {:>9} {:>9} {:>4} Mounted on\n",
        "Filesystem", "Used", "Available", "Use%"
    );
    let mut line = |device: &str, bytes: i64, used: i64, at: &str| {
        let part = (used * 100 + bytes - 1) / bytes.max(1);
        let (all, taken, left) = (size(bytes), size(used), size(bytes - used));
        _ = writeln!(stdout, "{device:<20} {all:>10} {taken:>9} {left:>9} {part:>3}% {at}");
    };
    line("overlay", 40 << 30, 6 << 30, "/");
    line("tmpfs", 64 << 20, 0, "/dev");
    let pod = place.pod.pod();
    let container = pod.spec.container(place.container);
    for mount in container.into_iter().flat_map(|c| c.volume_mounts.iter()) {
        let Some(volume) = pod.spec.volumes.iter().find(|v| v.name == mount.name) else { continue };
        let VolumeSource::Claim(claim) = &volume.source else {
            line("tmpfs", 4 << 30, 0, &mount.mount_path);
            continue;
        };
        let claim = store.find(Kind::PersistentVolumeClaim, &place.pod.meta.namespace, claim);
        let name = claim.and_then(|c| c.claim().spec.volume_name.clone()).unwrap_or_default();
        let kept = store.get(&crate::api::Key::cluster(Kind::VolumeFiles, &name));
        let used: usize = kept.map_or(0, |k| k.volume_files().files.values().map(|text| text.len()).sum());
        // As with local-path, the disk is the node's: what the claim asked for is no limit. The simulator's is.
        line("/dev/vda1", CAPACITY as i64, used as i64, &mount.mount_path);
    }
    Printed { stdout, ..Printed::default() }
}

/// `ps`: the container's first process, and this one.
fn ps(place: &Place) -> Printed {
    let container = place.pod.pod().spec.container(place.container);
    let words: Vec<&str> =
        container.into_iter().flat_map(|c| c.command.iter().chain(&c.args)).map(|word| &**word).collect();
    let image = container.map_or("", |c| &*c.image);
    let image = image.rsplit('/').next().unwrap_or_default().split([':', '@']).next().unwrap_or_default();
    let first = if words.is_empty() { image.to_string() } else { words.join(" ") };
    Printed {
        stdout: format!(
            "PID   USER     TIME  COMMAND\n    1 root      0:00 {first}\n   17 root      0:00 ps\n"
        ),
        ..Printed::default()
    }
}

#[cfg(test)]
mod tests {
    use super::url;

    #[test]
    fn a_url_names_host_and_port() {
        assert_eq!(url("flask"), ("flask", 80));
        assert_eq!(url("http://flask-0.flask:8080/log?x"), ("flask-0.flask", 8080));
        assert_eq!(url("https://kubernetes.default"), ("kubernetes.default", 443));
    }
}
