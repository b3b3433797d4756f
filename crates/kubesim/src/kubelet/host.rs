//! What a command in a container finds around it: the [`Host`] on which it runs.

use super::clients;
use super::container_files::{directory, file_system};
use super::environment::names;
use super::files::{self, FileSystem};
use super::{container_files, http_clients, network, tools};
use crate::api::image::{has_name, tag};
use crate::api::pod::Container;
use crate::api::{Object, Str};
use crate::apiserver::{ApiServer, Store};
use crate::dns::{self, ResolvConf};
use shell::{Connection, External, FileError, Host, Output, Stat, Userland};
use std::rc::Rc;

/// A container in its pod, with the pod's address: where a command runs.
#[derive(Clone, Copy)]
pub(super) struct ContainerPlace<'a> {
    pub pod: &'a Rc<Object>,
    pub container: &'a Container,
    pub address: &'a str,
}

/// A container, as a command in it sees it: the files, the network's names, the time.
pub struct ContainerHost<'a> {
    api: &'a mut ApiServer,
    pod: Rc<Object>,
    container: Str,
    address: Str,
    files: FileSystem,
    /// What was printed and not taken yet.
    printed: Vec<(Output, String)>,
    /// Signals for the container's first process.
    signals: Vec<u8>,
    /// How far the command's clock is ahead of the cluster's, in milliseconds: for commands that are run to their end
    /// at once, such as a probe's.
    pub ahead_ms: u64,
    /// Whether nslookup is BusyBox'.
    busybox: bool,
    /// Whether it is that of BusyBox before 1.29.
    old_nslookup: bool,
}

impl<'a> ContainerHost<'a> {
    /// The host for commands in this container.
    pub(super) fn new(api: &'a mut ApiServer, place: &ContainerPlace) -> ContainerHost<'a> {
        let ContainerPlace { pod, container, address } = *place;
        let files = file_system(api.store(), pod, container, address);
        ContainerHost {
            pod: pod.clone(),
            container: container.name.clone(),
            address: address.into(),
            files,
            printed: Vec::new(),
            signals: Vec::new(),
            ahead_ms: 0,
            busybox: userland(&container.image) == Some(Userland::BusyBox),
            old_nslookup: is_old_busybox(&container.image),
            api,
        }
    }

    /// What was printed since the last time.
    pub fn take_printed(&mut self) -> Vec<(Output, String)> {
        std::mem::take(&mut self.printed)
    }

    /// The signals that were sent to the container's first process since the last time.
    pub fn take_signals(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.signals)
    }

    /// Keeps what was written to files. To be called when the command waits or has ended.
    pub fn save(&mut self) {
        self.files.save(self.api, self.pod.meta.uid, &self.container);
    }

    /// Whether a command that is not simulated fails in this world.
    pub(super) fn unknown_fails(&self) -> bool {
        self.api.unknown_fails
    }

    /// Takes note of whether the container's program serves nobody.
    pub(super) fn set_idle(&mut self, is_idle: bool) {
        files::set_idle(self.api, self.pod.meta.uid, &self.container, is_idle);
    }

    /// What a client printed, once its file is written.
    fn saved(&mut self, fetched: http_clients::Fetched) -> External {
        let mut printed = fetched.printed;
        if let Some((path, text)) = fetched.saved {
            let directory = self.pod.pod().spec.container(&self.container).map_or("/".into(), directory);
            let path = if path.starts_with('/') { path } else { [&*directory, "/", &path].concat() };
            let path = path.replace("//", "/");
            let failed = match &*path {
                "/dev/null" => None,
                "/dev/stdout" => {
                    printed.stdout.insert_str(0, &text);
                    None
                }
                _ => self.files.write(&path, &text, false).err(),
            };
            if let Some(error) = failed {
                printed.stderr.push_str(&[&*path, ": ", error.text(), "\n"].concat());
                printed.code = 1;
            }
        }
        External::Done { stdout: printed.stdout, stderr: printed.stderr, code: printed.code }
    }

    /// What the kernel tells of this container in a file.
    fn of_proc(&self, path: &str) -> Option<String> {
        if !path.starts_with("/proc/") {
            return None;
        }
        let place = network::Caller {
            pod: &self.pod,
            container: &self.container,
            address: &self.address,
            busybox: self.busybox,
        };
        tools::proc_file(&place, path)
    }

    /// Adds lines to the container's log.
    pub(super) fn log(&mut self, lines: Vec<Str>) {
        files::log(self.api, self.pod.meta.uid, &self.container, lines);
    }
}

impl Host for ContainerHost<'_> {
    fn now_ms(&self) -> u64 {
        files::unix_ms(self.api.now) + self.ahead_ms
    }

    fn hostname(&self) -> String {
        names(&self.pod).kernel
    }

    fn address(&self) -> String {
        self.address.to_string()
    }

    fn fqdn(&self) -> String {
        names(&self.pod).full
    }

    fn userland(&self) -> Option<Userland> {
        let spec = &self.pod.pod().spec;
        let image = spec.container(&self.container).map_or("", |c| &*c.image);
        userland(image)
    }

    fn user(&self) -> (u32, u32, Vec<u32>) {
        let files::Identity { user, group, mut groups, .. } = self.files.identity().clone();
        if user == 0 {
            let image = self.pod.pod().spec.container(&self.container).map_or("", |c| &*c.image);
            groups.extend(super::image::root_groups(image));
        }
        (user, group, groups)
    }

    fn set_owner(&mut self, path: &str, user: Option<u32>, group: Option<u32>) -> Result<(), FileError> {
        self.files.set_owner(path, user, group)
    }

    fn lacks_program(&self, name: &str) -> bool {
        let container = self.pod.pod().spec.container(&self.container);
        container.is_some_and(|container| container_files::lacks_program(&self.files, &container.image, name))
    }

    fn may_have(&self, path: &str) -> bool {
        self.files.may_have(path)
    }

    fn connect(&mut self, host: &str, port: &str) -> Connection {
        let place = network::Caller {
            pod: &self.pod,
            container: &self.container,
            address: &self.address,
            busybox: self.busybox,
        };
        match network::connect(self.api, &place, host, port.parse().unwrap_or(0)) {
            Ok(_) => Connection::Open,
            Err(network::Silence::Unknown) => Connection::Unknown,
            Err(network::Silence::Refused) => Connection::Refused,
            Err(network::Silence::Nobody) => Connection::Silent,
        }
    }

    fn kill(&mut self, pid: u32, signal: u8) -> bool {
        if pid == 1 && signal != 0 {
            self.signals.push(signal);
        }
        pid == 1
    }

    fn random(&self) -> u64 {
        crate::base::hash::name_hash(self.now_ms(), &[&self.pod.meta.name, &self.container])
    }

    fn stat(&self, path: &str) -> Option<Stat> {
        self.files.stat(path).or_else(|| {
            let text = self.of_proc(path)?;
            Some(Stat::usual(false, text.len() as u64, self.now_ms()))
        })
    }

    fn read(&self, path: &str) -> Result<String, FileError> {
        self.of_proc(path).map_or_else(|| self.files.read(path), Ok)
    }

    fn write(&mut self, path: &str, text: &str, append: bool) -> Result<(), FileError> {
        self.files.write(path, text, append)
    }

    fn list(&self, path: &str) -> Result<Vec<String>, FileError> {
        self.files.list(path)
    }

    fn make_dir(&mut self, path: &str) -> Result<(), FileError> {
        self.files.make_dir(path)
    }

    fn remove(&mut self, path: &str) -> Result<(), FileError> {
        self.files.remove(path)
    }

    fn set_attributes(
        &mut self,
        path: &str,
        mode: Option<u32>,
        _modified_ms: Option<u64>,
    ) -> Result<(), FileError> {
        mode.map_or(Ok(()), |mode| self.files.set_mode(path, mode))
    }

    fn link(&mut self, target: &str, path: &str) -> Result<(), FileError> {
        self.files.link(target, path)
    }

    fn read_link(&self, path: &str) -> Option<String> {
        self.files.read_link(path)
    }

    fn output(&mut self, to: Output, text: &str) {
        match self.printed.last_mut() {
            _ if text.is_empty() => {}
            Some((last, more)) if *last == to => more.push_str(text),
            _ => self.printed.push((to, text.to_string())),
        }
    }

    fn external(&mut self, argv: &[String], stdin: &str) -> External {
        let mut argv = argv.to_vec();
        if self.busybox && argv.first().is_some_and(|tool| tool == "nslookup") {
            argv.insert(0, "busybox".into());
            if self.old_nslookup {
                argv[1] = dns::OLD_NSLOOKUP.into();
            }
        }
        let name = argv.first().map_or("", |a| a.rsplit('/').next().unwrap_or(a)).to_string();
        if !self.has_program(&name) && name != "busybox" {
            return External::Unknown;
        }
        let place = network::Caller {
            pod: &self.pod,
            container: &self.container,
            address: &self.address,
            busybox: self.busybox,
        };
        let client = dns::client(&self.pod);
        if clients::NAMES.contains(&&*name) {
            return match clients::run(self.api, &place, &argv, stdin) {
                Some(p) => External::Done { stdout: p.stdout, stderr: p.stderr, code: p.code },
                None => External::Unknown,
            };
        }
        if let Some(fetched) = http_clients::run(self.api, &place, &argv) {
            return self.saved(fetched);
        }
        let answer = tools::run(self.api, &place, &argv)
            .or_else(|| network::getent_hosts(&place, &argv))
            .or_else(|| dns::run_with(self.api, &ResolvConf::of_pod(&self.pod), client, &argv));
        match answer {
            Some(p) => External::Done { stdout: p.stdout, stderr: p.stderr, code: p.code },
            None => External::Unknown,
        }
    }

    fn reads_stdin(&self, argv: &[String]) -> bool {
        let zero = argv.iter().skip(1).any(|a| a.starts_with('-') && !a.starts_with("--") && a.contains('z'));
        matches!(argv.first().map(String::as_str), Some("nc" | "netcat")) && !zero
    }

    fn has_program(&self, name: &str) -> bool {
        // What an image that is known has not.
        if tools::NAMES.contains(&name) && self.lacks_program(name) {
            return false;
        }
        if clients::NAMES.contains(&name) {
            // BusyBox has nc, and no database's client.
            return !self.busybox || name == "nc";
        }
        // BusyBox and Alpine come without BIND's tools and without curl.
        let has_more = !self.busybox || matches!(name, "nslookup" | "getent");
        dns::TOOLS.contains(&name) && has_more
            || tools::NAMES.contains(&name)
            || http_clients::NAMES.contains(&name) && (name != "curl" || !self.busybox)
    }

    fn hint(&self, _name: &str) -> Option<String> {
        let all = dns::TOOLS
            .iter()
            .chain(tools::NAMES)
            .chain(http_clients::NAMES)
            .copied()
            .filter(|name| self.has_program(name));
        let mut names: Vec<&str> = all.chain(["cat", "ls", "env", "hostname", "tail", "grep"]).collect();
        collections::sort(&mut names);
        Some(format!("(this container has {} and the shell's own)", names.join(", ")))
    }
}

/// Whether an image is BusyBox before 1.29, with another nslookup.
fn is_old_busybox(image: &str) -> bool {
    let minor =
        tag(image).strip_prefix("1.").and_then(|rest| rest.split(['.', '-']).next()?.parse::<u32>().ok());
    has_name(image, &["busybox"]) && minor.is_some_and(|minor| minor < 29)
}

/// Whose programs an image has, as far as its name says: Alpine's and BusyBox' images have BusyBox'; nicolaka/netshoot has a
/// bit of both; of the others most are made from Debian's.
fn userland(image: &str) -> Option<Userland> {
    let alpine = has_name(image, &["busybox", "alpine"])
        || tag(image).contains("alpine")
        || tag(image).contains("musl");
    match alpine {
        true => Some(Userland::BusyBox),
        false if has_name(image, &["netshoot"]) => None,
        false => Some(Userland::Gnu),
    }
}

/// A file of a container, if it has it.
pub(super) fn read_file(store: &Store, place: &ContainerPlace, path: &str) -> Option<String> {
    if !path.starts_with('/') {
        return None;
    }
    file_system(store, place.pod, place.container, place.address).read(path).ok()
}

/// What is in a directory of a container, for who types its name: directories with a slash at their ends.
pub fn list_directory(store: &Store, pod: &Rc<Object>, container: &str, path: &str) -> Vec<String> {
    let Some(container) = pod.pod().spec.container(container) else { return Vec::new() };
    let address = pod.pod().status.pod_ip.clone().unwrap_or_default();
    let files = file_system(store, pod, container, &address);
    let base = path.trim_end_matches('/');
    let with_sign = |name: String| match files.stat(&format!("{base}/{name}")) {
        Some(stat) if stat.dir => format!("{name}/"),
        _ => name,
    };
    files.list(path).unwrap_or_default().into_iter().map(with_sign).collect()
}
