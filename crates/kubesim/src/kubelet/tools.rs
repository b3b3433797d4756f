//! Programs in a container that look at the network, the disks or the processes: ping, df, ps.

use super::files::CAPACITY;
use super::network::{Caller, resolve};
use crate::api::pod::VolumeSource;
use crate::api::{Kind, Object};
use crate::apiserver::{ApiServer, Store};
use crate::dns::Printed;
use std::fmt::Write;
use std::rc::Rc;

/// What this file has.
pub const NAMES: &[&str] = &["df", "ping", "ps"];

/// Runs a program, if this is one.
pub(super) fn run(api: &mut ApiServer, place: &Caller, argv: &[String]) -> Option<Printed> {
    let args: Vec<&str> = argv.iter().skip(1).map(String::as_str).collect();
    Some(match argv.first()?.rsplit('/').next()? {
        "ping" => ping(api, place, &args),
        "df" => df(api.store(), place, args.contains(&"-h")),
        "ps" => ps(place),
        _ => return None,
    })
}

fn failed(code: i32, stderr: String) -> Printed {
    Printed { stdout: String::new(), stderr, code }
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

/// One question of ping's; the shell asks once a second, with the question's number in `--seq`.
fn ping(api: &mut ApiServer, place: &Caller, args: &[&str]) -> Printed {
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
fn df(store: &Store, place: &Caller, human: bool) -> Printed {
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
fn ps(place: &Caller) -> Printed {
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
