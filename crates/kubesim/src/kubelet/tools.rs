//! Programs in a container that look at the network, the disks or the processes: ping, df, ps.

use super::files::{CAPACITY, Identity};
use super::network::{self, Caller, resolve};
use crate::api::pod::{TOKEN_PATH, VolumeSource};
use crate::api::read::{get, int, list};
use crate::api::{Kind, Object};
use crate::apiserver::{ApiServer, Store};
use crate::dns::Printed;
use std::fmt::Write;
use std::rc::Rc;

/// What this file has.
pub const NAMES: &[&str] = &["df", "mount", "netstat", "pgrep", "pidof", "ping", "ps", "uptime"];

/// Runs a program, if this is one.
pub(super) fn run(api: &mut ApiServer, place: &Caller, argv: &[String]) -> Option<Printed> {
    let args: Vec<&str> = argv.iter().skip(1).map(String::as_str).collect();
    Some(match argv.first()?.rsplit('/').next()? {
        "ping" => ping(api, place, &args),
        "df" => df(api.store(), place, args.contains(&"-h")),
        "ps" => ps(place),
        "mount" if args.is_empty() => mount(place),
        "netstat" => netstat(api.store(), place, &args)?,
        "pgrep" | "pidof" => running(place, &args)?,
        "uptime" if args.is_empty() => uptime(api),
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

/// `mount`: what the kubelet and the runtime have mounted.
fn mount(place: &Caller) -> Printed {
    let mut stdout = String::new();
    for (device, path, kind, options) in mounts(place.pod, place.container) {
        _ = writeln!(stdout, "{device} on {path} type {kind} ({options})");
    }
    Printed { stdout, ..Printed::default() }
}

/// What is mounted in a container: device, path, type, options. The node's disk is one.
pub(super) fn mounts(pod: &Object, name: &str) -> Vec<(&'static str, String, &'static str, &'static str)> {
    const DISK: &str = "/dev/vda1";
    let spec = &pod.pod().spec;
    let Some(container) = spec.container(name) else { return Vec::new() };
    let context = get(&container.raw, "securityContext");
    let root = if get(context, "readOnlyRootFilesystem") == true { "ro,relatime" } else { "rw,relatime" };
    let mut all = vec![
        ("overlay", "/".to_string(), "overlay", root),
        ("proc", "/proc".to_string(), "proc", "rw,nosuid,nodev,noexec,relatime"),
        ("tmpfs", "/dev".to_string(), "tmpfs", "rw,nosuid,size=65536k,mode=755,inode64"),
        ("devpts", "/dev/pts".to_string(), "devpts", "rw,nosuid,noexec,relatime,gid=5,mode=620,ptmxmode=666"),
        ("mqueue", "/dev/mqueue".to_string(), "mqueue", "rw,nosuid,nodev,noexec,relatime"),
        ("sysfs", "/sys".to_string(), "sysfs", "ro,nosuid,nodev,noexec,relatime"),
        ("cgroup", "/sys/fs/cgroup".to_string(), "cgroup2", "ro,nosuid,nodev,noexec,relatime"),
    ];
    for mount in container.volume_mounts.iter() {
        let Some(volume) = spec.volumes.iter().find(|v| v.name == mount.name) else { continue };
        let in_memory = get(get(&volume.raw, "emptyDir"), "medium") == "Memory";
        let (device, kind, read_only) = match &volume.source {
            VolumeSource::Secret(_) | VolumeSource::Projected => ("tmpfs", "tmpfs", true),
            VolumeSource::ConfigMap(_) => (DISK, "ext4", true),
            _ if in_memory => ("tmpfs", "tmpfs", mount.read_only),
            _ => (DISK, "ext4", mount.read_only),
        };
        let options = if read_only { "ro,relatime" } else { "rw,relatime" };
        all.push((device, mount.mount_path.to_string(), kind, options));
    }
    for path in ["/etc/hosts", "/dev/termination-log", "/etc/hostname", "/etc/resolv.conf"] {
        all.push((DISK, path.to_string(), "ext4", "rw,relatime"));
    }
    all.push(("shm", "/dev/shm".to_string(), "tmpfs", "rw,nosuid,nodev,noexec,relatime,size=65536k,inode64"));
    if spec.token_volume.as_deref().is_some_and(|token| !token.is_empty()) {
        all.push(("tmpfs", TOKEN_PATH.to_string(), "tmpfs", "ro,relatime"));
    }
    all
}

/// A file of `/proc` that tells of the container's first process or of what is mounted.
#[inline(never)]
pub(super) fn proc_file(place: &Caller, path: &str) -> Option<String> {
    let first = || first_process(place);
    Some(match path {
        "/proc/1/cmdline" => [&first().replace(' ', "\0"), "\0"].concat(),
        "/proc/1/comm" => {
            let first = first();
            let program = first.split([' ', ':']).next().unwrap_or_default().rsplit('/').next();
            [program.unwrap_or_default(), "\n"].concat()
        }
        "/proc/mounts" | "/proc/self/mounts" | "/proc/1/mounts" => {
            let line = |(device, at, kind, options): (&str, String, &str, &str)| {
                [device, " ", &*at, " ", kind, " ", options, " 0 0\n"].concat()
            };
            mounts(place.pod, place.container).into_iter().map(line).collect()
        }
        _ => return None,
    })
}

/// `netstat -l`: the ports on which the pod's containers listen, as far as they are declared or known.
fn netstat(store: &Store, place: &Caller, args: &[&str]) -> Option<Printed> {
    let letters: String = args.iter().filter_map(|word| word.strip_prefix('-')).collect();
    if !letters.contains('l') || !letters.chars().all(|letter| "tlnap4w".contains(letter)) {
        return None;
    }
    let containers = place.pod.pod().spec.all_containers();
    let mut ports: Vec<u32> = Vec::new();
    for container in containers {
        ports.extend(list(&container.raw, "ports").iter().map(|port| int(port, "containerPort") as u32));
        ports.extend(super::image::web_server(container).map(|server| server.port as u32));
    }
    collections::sort(&mut ports);
    ports.dedup();
    ports.retain(|port| network::listener(store, place.address, *port).is_ok());
    let mut stdout = String::from(
        "Active Internet connections (only servers)\n\
         Proto Recv-Q Send-Q Local Address           Foreign Address         State       \n",
    );
    for port in ports {
        let local = format!("0.0.0.0:{port}");
        _ = writeln!(stdout, "tcp        0      0 {local:<23} 0.0.0.0:*               LISTEN      ");
    }
    Some(Printed { stdout, ..Printed::default() })
}

/// `pidof NAME`, `pgrep NAME`: the container's first process, if it is that. Which other processes a program that nobody
/// knows has is not known.
fn running(place: &Caller, args: &[&str]) -> Option<Printed> {
    let name = args.iter().find(|word| !word.starts_with('-'))?;
    let first = first_process(place);
    let program = first.split([' ', ':']).next().unwrap_or_default().rsplit('/').next().unwrap_or_default();
    let whole = args.iter().any(|word| word.starts_with('-') && word.contains('f'));
    if program == *name || whole && first.contains(*name) {
        return Some(Printed { stdout: "1\n".into(), ..Printed::default() });
    }
    // A script may have started it.
    (!is_shell(program)).then(|| failed(1, String::new()))
}

/// `uptime`: of the node, as `/proc/uptime` and `/proc/loadavg` have it.
fn uptime(api: &ApiServer) -> Printed {
    let time = shell::time_text(api.now.unix_ms() as i64 / 1000, 0, "%H:%M:%S");
    let stdout = format!(" {time} up 1 day,  0 users,  load average: 0.08, 0.03, 0.01\n");
    Printed { stdout, ..Printed::default() }
}

/// The command line of a container's first process.
pub(super) fn first_process(place: &Caller) -> String {
    let container = place.pod.pod().spec.container(place.container);
    let words: Vec<&str> =
        container.into_iter().flat_map(|c| c.command.iter().chain(&c.args)).map(|word| &**word).collect();
    let image = container.map_or("", |c| &*c.image);
    let image = image.rsplit('/').next().unwrap_or_default().split([':', '@']).next().unwrap_or_default();
    match &words[..] {
        [] => image.to_string(),
        // A shell becomes the only command that it is given.
        [shell, "-c", script] if is_shell(shell) && is_one_command(script) => {
            script.strip_prefix("exec ").unwrap_or(script).trim().to_string()
        }
        words => words.join(" "),
    }
}

/// `ps`: the container's first process, and this one.
fn ps(place: &Caller) -> Printed {
    let container = place.pod.pod().spec.container(place.container);
    let first = first_process(place);
    let user = container.map_or(0, |container| Identity::of(place.pod, container).user);
    let user = if user == 0 { "root".to_string() } else { user.to_string() };
    Printed {
        stdout: format!(
            "PID   USER     TIME  COMMAND\n    1 {user:<8}  0:00 {first}\n   17 {user:<8}  0:00 ps\n"
        ),
        ..Printed::default()
    }
}

fn is_shell(word: &str) -> bool {
    matches!(word.rsplit('/').next(), Some("sh" | "ash" | "bash" | "dash"))
}

/// Whether a script is one command and nothing else, its words as they are.
fn is_one_command(script: &str) -> bool {
    const KEYWORDS: [&str; 7] = ["if", "while", "until", "for", "case", "{", "!"];
    let first = script.split_ascii_whitespace().next().unwrap_or_default();
    !first.is_empty()
        && !first.contains('=')
        && !KEYWORDS.contains(&first)
        && !script.trim().contains([';', '&', '|', '\n', '(', ')', '<', '>', '$', '`', '\'', '"', '\\', '*'])
}
