//! A container's file system: its own files, and its volumes where they are mounted.
//!
//! Files are kept by path ([`Files`]); a directory is there as long as something is in it, or if it has an entry of its
//! own that ends in `/`.

use crate::api::pod::{Container, VolumeSource};
use crate::api::read::{get, list, str as text};
use crate::api::volume::{ContainerFiles, ContainerOutput, Files, VolumeFiles};
use crate::api::{Body, Key, Kind, Object, ObjectMeta, SimTime, Str, Uid};
use crate::apiserver::{ApiServer, Store};
use serde_json::Value;
use shell::{FileError, Stat};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// How much one file system holds, in bytes: enough for any demonstration, small enough for a page.
pub(super) const CAPACITY: usize = 1 << 20;
/// How many lines of a container's log are kept.
const LOG_LINES: usize = 1000;
/// How many bytes of it. Real: 10 MiB (`containerLogMaxSize`).
const LOG_BYTES: usize = 1 << 20;
/// How many commands that are not simulated are named for a container.
const MOST_NOT_SIMULATED: usize = 4;
/// The directories of any image, as far as anybody knows.
const IMAGE_DIRS: &[&str] = &[
    "/bin",
    "/dev",
    "/dev/shm",
    "/etc",
    "/home",
    "/lib",
    "/mnt",
    "/opt",
    "/proc",
    "/root",
    "/run",
    "/sbin",
    "/srv",
    "/sys",
    "/tmp",
    "/usr",
    "/usr/bin",
    "/usr/lib",
    "/usr/local",
    "/usr/local/bin",
    "/usr/sbin",
    "/usr/share",
    "/var",
    "/var/cache",
    "/var/lib",
    "/var/log",
    "/var/run",
    "/var/spool",
    "/var/tmp",
];

/// The files of any image that scripts read: users, groups, and what the kernel tells.
const IMAGE_FILES: &[(&str, &str)] = &[
    ("/etc/group", "root:x:0:\nnogroup:x:65534:\n"),
    (
        "/etc/passwd",
        "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n",
    ),
    ("/proc/cpuinfo", CPU_INFO),
    ("/proc/loadavg", "0.08 0.03 0.01 1/213 37\n"),
    (
        "/proc/meminfo",
        "MemTotal:        8137764 kB\nMemFree:         4225124 kB\nMemAvailable:    6442440 kB\nBuffers:          182364 kB\n\
         Cached:          2034188 kB\nSwapCached:            0 kB\nSwapTotal:             0 kB\nSwapFree:              0 kB\n",
    ),
    ("/proc/sys/fs/file-max", "9223372036854775807\n"),
    ("/proc/sys/net/core/somaxconn", "4096\n"),
    ("/proc/sys/vm/max_map_count", "65530\n"),
    ("/proc/sys/vm/overcommit_memory", "1\n"),
    ("/proc/sys/vm/swappiness", "60\n"),
    ("/proc/uptime", "86400.00 340000.00\n"),
    ("/proc/version", "Linux version 6.8.0 (gcc) #1 SMP\n"),
];

/// The node's four processors, as far as scripts count them.
const CPU_INFO: &str = "processor\t: 0\nmodel name\t: simulated\n\nprocessor\t: 1\nmodel name\t: simulated\n\n\
processor\t: 2\nmodel name\t: simulated\n\nprocessor\t: 3\nmodel name\t: simulated\n\n";

/// Where a tree of files is kept.
#[derive(Clone, PartialEq, Debug)]
enum Backing {
    /// The container's own.
    Own,
    /// On this PersistentVolume.
    Volume(Str),
    /// On this volume of the pod, which goes with it.
    Pod(Str),
    /// What the kubelet projects from objects: read only.
    Projected,
}

/// A tree of files, and where it appears.
#[derive(Clone, Debug)]
struct Mount {
    /// Where in the container; empty for the root.
    path: String,
    /// The path inside the tree that appears there; empty for the tree's root.
    sub_path: String,
    read_only: bool,
    /// The permissions of its files, where they are given (`defaultMode`).
    mode: Option<u32>,
    place: Backing,
    files: Files,
    changed: bool,
}

/// What a container sees of files. Changes are kept until [`FileSystem::save`].
#[derive(Clone, Debug)]
pub(super) struct FileSystem {
    /// The longest paths first, the root last.
    mounts: Vec<Mount>,
    /// Whether all of the image's directories are known.
    image_is_known: bool,
    /// Who runs the container's commands.
    identity: Identity,
    /// The files that this image brings.
    image_files: &'static [(&'static str, &'static str)],
    made_at: SimTime,
    container: Str,
    /// Permissions that somebody has changed.
    modes: Rc<BTreeMap<Str, u32>>,
    /// Symbolic links, by path in the container.
    links: Rc<BTreeMap<Str, Str>>,
    attributes_changed: bool,
}

/// Who runs a container's commands: `securityContext`'s user and groups. Models `pkg/kubelet/kuberuntime/security_context.go`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Identity {
    pub user: u32,
    pub group: u32,
    /// The groups beside it: those of the image, `supplementalGroups`, `fsGroup`.
    pub groups: Vec<u32>,
    /// The group of the pod's volumes.
    pub fs_group: Option<u32>,
}

impl Identity {
    pub(super) fn of(pod: &Object, container: &Container) -> Identity {
        let (of_container, of_pod) =
            (get(&container.raw, "securityContext"), get(&pod.pod().spec.raw, "securityContext"));
        if of_container.is_null() && of_pod.is_null() {
            return Identity { user: 0, group: 0, groups: Vec::new(), fs_group: None };
        }
        Identity::given(of_container, of_pod)
    }

    #[inline(never)]
    fn given(of_container: &Value, of_pod: &Value) -> Identity {
        let number =
            |name: &str| get(of_container, name).as_u64().or(get(of_pod, name).as_u64()).map(|n| n as u32);
        let user = number("runAsUser").unwrap_or(0);
        let group = number("runAsGroup").unwrap_or(0);
        let fs_group = get(of_pod, "fsGroup").as_u64().map(|n| n as u32);
        let given = list(of_pod, "supplementalGroups").iter().filter_map(|n| n.as_u64()).map(|n| n as u32);
        let mut groups: Vec<u32> = given.chain(fs_group).collect();
        groups.retain(|known| *known != group);
        collections::sort(&mut groups);
        groups.dedup();
        Identity { user, group, groups, fs_group }
    }
}

/// Why a container that must not run as root can't be made, if it can't. Models
/// `pkg/kubelet/kuberuntime/security_context_others.go: verifyRunAsNonRoot`.
pub(super) fn runs_as_root(pod: &Object, container: &Container) -> Option<String> {
    let (of_container, of_pod) =
        (get(&container.raw, "securityContext"), get(&pod.pod().spec.raw, "securityContext"));
    if of_container.is_null() && of_pod.is_null() {
        return None;
    }
    refused_as_root(pod, container, of_container, of_pod)
}

#[inline(never)]
fn refused_as_root(
    pod: &Object,
    container: &Container,
    of_container: &Value,
    of_pod: &Value,
) -> Option<String> {
    let of = |name: &str| match get(of_container, name) {
        Value::Null => get(of_pod, name).clone(),
        own => own.clone(),
    };
    if of("runAsNonRoot") != true {
        return None;
    }
    let place = format!(
        "(pod: {:?}, container: {})",
        format!("{}_{}({})", pod.meta.name, pod.meta.namespace, pod.meta.uid),
        container.name
    );
    match of("runAsUser").as_u64() {
        Some(0) => Some(format!("container's runAsUser breaks non-root policy {place}")),
        Some(_) => None,
        None => match super::image::user(&container.image) {
            Some("0") => Some(format!("container has runAsNonRoot and image will run as root {place}")),
            Some(name) if name.parse::<u32>().is_err() => Some(format!(
                "container has runAsNonRoot and image has non-numeric user ({name}), cannot verify user is non-root {place}"
            )),
            _ => None,
        },
    }
}

/// The most links that are followed.
const MAX_LINKS: usize = 20;

/// A path without `.` and `..`.
fn absolute(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}

impl FileSystem {
    /// A container's files as they are now. `expand` replaces variables in a `subPathExpr`.
    pub fn of(
        store: &Store,
        pod: &Object,
        container: &Container,
        address: &str,
        image_is_known: bool,
        expand: &dyn Fn(&str) -> String,
        fixed: BTreeMap<Str, Str>,
    ) -> FileSystem {
        let record = store.get(&files_key(pod.meta.uid)).map(|r| r.container_files());
        let own = record.and_then(|r| r.containers.get(&container.name)).map(|c| c.files.clone());
        let root = |place, files| Mount {
            path: String::new(),
            sub_path: String::new(),
            read_only: false,
            mode: None,
            place,
            files,
            changed: false,
        };
        let context = get(&container.raw, "securityContext");
        let read_only = get(context, "readOnlyRootFilesystem") == true;
        let mut mounts = vec![Mount { read_only, ..root(Backing::Own, own.unwrap_or_default()) }];
        for (path, content) in fixed {
            let mut file = BTreeMap::new();
            file.insert("/it".into(), content);
            let file = root(Backing::Projected, Rc::new(file));
            mounts.push(Mount { path: path.to_string(), sub_path: "/it".into(), ..file });
        }
        for (mount, raw) in container.volume_mounts.iter().zip(list(&container.raw, "volumeMounts")) {
            let volume = pod.pod().spec.volumes.iter().find(|v| v.name == mount.name);
            let Some(volume) = volume else { continue };
            let mut read_only = mount.read_only;
            let (place, files) = match &volume.source {
                VolumeSource::Claim(claim) => {
                    let claim = store.find(Kind::PersistentVolumeClaim, &pod.meta.namespace, claim);
                    let name = claim.and_then(|c| c.claim().spec.volume_name.clone()).unwrap_or_default();
                    let kept = store.get(&Key::cluster(Kind::VolumeFiles, &name));
                    (Backing::Volume(name), kept.map(|k| k.volume_files().files.clone()).unwrap_or_default())
                }
                VolumeSource::ConfigMap(_) | VolumeSource::Secret(_) | VolumeSource::Projected => {
                    read_only = true;
                    (Backing::Projected, super::environment::projected(store, pod, volume, address))
                }
                VolumeSource::EmptyDir | VolumeSource::Other => {
                    let kept = record.and_then(|r| r.volumes.get(&volume.name).cloned());
                    (Backing::Pod(volume.name.clone()), kept.unwrap_or_default())
                }
            };
            let written = text(raw, "subPathExpr");
            let sub_path = if written.is_empty() { mount.sub_path.to_string() } else { expand(&written) };
            let sub_path = sub_path.trim_matches('/');
            let sub_path = if sub_path.is_empty() { String::new() } else { format!("/{sub_path}") };
            let path = format!("/{}", mount.mount_path.trim_matches('/'));
            let path = path.trim_end_matches('/').to_string();
            let sources = ["configMap", "secret", "projected", "downwardAPI"];
            let mode = sources.iter().find_map(|s| get(get(&volume.raw, s), "defaultMode").as_u64());
            let mode = mode.map(|mode| mode as u32);
            mounts.push(Mount { path, sub_path, read_only, mode, ..root(place, files) });
        }
        collections::sort_by_key(&mut mounts, |m| std::cmp::Reverse(m.path.len()));
        let started = pod.pod().status.start_time;
        FileSystem {
            mounts,
            image_is_known,
            identity: Identity::of(pod, container),
            image_files: super::image::files(&container.image),
            made_at: started.unwrap_or(pod.meta.creation_timestamp),
            container: container.name.clone(),
            modes: record.map(|r| r.modes.clone()).unwrap_or_default(),
            links: record.and_then(|r| r.links.get(&container.name).cloned()).unwrap_or_default(),
            attributes_changed: false,
        }
    }

    /// Who runs the container's commands.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// The mount that a path is on, and the path inside its tree.
    fn find(&self, path: &str) -> (usize, String) {
        let path = if path == "/" { "" } else { path };
        let on = |m: &Mount| {
            path.strip_prefix(&*m.path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let at = self.mounts.iter().position(on).expect("every path is on the root at least");
        let inside = format!("{}{}", self.mounts[at].sub_path, &path[self.mounts[at].path.len()..]);
        (at, if inside.is_empty() { "/".into() } else { inside })
    }

    /// Whether something is mounted below this directory.
    fn leads_to_mount(&self, path: &str) -> bool {
        let prefix = if path == "/" { "/".to_string() } else { format!("{path}/") };
        self.mounts.iter().any(|m| m.path.starts_with(&prefix) || m.path == path)
    }

    fn is_dir(&self, path: &str) -> bool {
        self.stat(path).is_some_and(|s| s.dir)
    }

    /// A file that any image has, unless the container has its own.
    fn image_file(&self, at: usize, path: &str) -> Option<&'static str> {
        let own = self.mounts[at].place == Backing::Own;
        let mut all = self.image_files.iter().chain(IMAGE_FILES);
        all.find(|(known, _)| own && *known == path).map(|(_, text)| *text)
    }

    /// Whether a file that this image brings is somewhere below this directory.
    fn brings_directory(&self, path: &str) -> bool {
        let is_below = |file: &str| file.strip_prefix(path).is_some_and(|rest| rest.starts_with('/'));
        self.image_files.iter().any(|(file, _)| is_below(file))
    }

    /// Whether the image may bring a file of which nothing is known: where images keep programs, their settings and scripts,
    /// in a directory that is not known.
    pub fn may_have(&self, path: &str) -> bool {
        let first = path.trim_start_matches('/').split('/').next().unwrap_or_default();
        let is_usual = "app bin etc lib opt sbin srv usr".split(' ').any(|directory| directory == first);
        let parent = parent(path);
        !self.image_is_known
            && (is_usual
                || path.ends_with(".sh") && !matches!(first, "dev" | "proc" | "run" | "sys" | "tmp" | "var"))
            && self.mounts[self.find(path).0].place == Backing::Own
            && (IMAGE_DIRS.contains(&parent) || parent == "/" || !self.knows(parent))
    }

    /// Whether what is in a directory of the container's own is known: somebody has made it here, or the image is known to bring it.
    fn knows(&self, directory: &str) -> bool {
        let (at, inside) = self.find(directory);
        has_entry(&self.mounts[at].files, &inside) || self.brings_directory(directory)
    }

    /// The name under which a file's attributes are kept: its tree and its path there.
    fn kept_at(&self, at: usize, inside: &str) -> String {
        match &self.mounts[at].place {
            Backing::Own => [&*self.container, ":", inside].concat(),
            Backing::Volume(name) => ["claim ", name, ":", inside].concat(),
            Backing::Pod(name) => ["volume ", name, ":", inside].concat(),
            Backing::Projected => ["projected ", &self.mounts[at].path, ":", inside].concat(),
        }
    }

    /// A path, its symbolic links followed.
    fn followed(&self, path: &str) -> String {
        let mut path = path.to_string();
        for _ in 0..MAX_LINKS {
            let ends: Vec<usize> =
                path.match_indices('/').map(|(at, _)| at).skip(1).chain([path.len()]).collect();
            let target = ends.into_iter().find_map(|end| Some((end, self.links.get(&path[..end])?.clone())));
            let Some((end, target)) = target else { break };
            let rest = path[end..].to_string();
            let base = if target.starts_with('/') { "" } else { parent(&path[..end]) };
            path = absolute(&[base, "/", &target, &rest].concat());
        }
        path
    }

    pub fn read_link(&self, path: &str) -> Option<String> {
        self.links.get(path).map(|target| target.to_string())
    }

    pub fn link(&mut self, target: &str, path: &str) -> Result<(), FileError> {
        if self.links.contains_key(path) || self.stat(path).is_some() {
            return Err(FileError::Exists);
        }
        let (at, _) = self.for_new(path)?;
        self.writable(at)?;
        Rc::make_mut(&mut self.links).insert(path.into(), target.into());
        self.attributes_changed = true;
        Ok(())
    }

    /// Gives a path other permissions: its owner, or root, may.
    pub fn set_mode(&mut self, path: &str, mode: u32) -> Result<(), FileError> {
        let stat = self.stat(path).ok_or(FileError::NotFound)?;
        let (at, inside) = self.find(&self.followed(path));
        self.writable(at)?;
        if self.identity.user != 0 && self.identity.user != stat.owner.0 {
            return Err(FileError::NotPermitted);
        }
        let kept = self.kept_at(at, &inside);
        Rc::make_mut(&mut self.modes).insert(kept.into(), mode);
        self.attributes_changed = true;
        Ok(())
    }

    /// Gives a path another owner.
    pub fn set_owner(&mut self, path: &str, user: Option<u32>, group: Option<u32>) -> Result<(), FileError> {
        self.stat(path).ok_or(FileError::NotFound)?;
        let (at, inside) = self.find(&self.followed(path));
        self.writable(at)?;
        let kept = self.kept_at(at, &inside);
        for (kind, id) in [("uid ", user), ("gid ", group)] {
            if let Some(id) = id {
                Rc::make_mut(&mut self.modes).insert([kind, &kept].concat().into(), id);
                self.attributes_changed = true;
            }
        }
        Ok(())
    }

    /// Who owns what is at a place, and its usual permissions where they are not what is usual: what a command has made is its
    /// user's, an image's is root's, and a volume's is as the kubelet leaves it (`pkg/volume/volume_linux.go: SetVolumeOwnership`).
    #[inline(never)]
    fn ownership(&self, at: usize, inside: &str, path: &str, dir: bool) -> ((u32, u32), Option<u32>) {
        let mount = &self.mounts[at];
        let Identity { user, group, fs_group, .. } = self.identity;
        let is_top = inside == "/" || inside == mount.sub_path;
        let of_volumes = fs_group.unwrap_or(0);
        // Groups are handed down to what is made in a directory.
        let handed_down = if fs_group.is_some() { 0o2000 } else { 0 };
        let made = mount.files.contains_key(inside) || has_entry(&mount.files, inside);
        let (owner, mode) = match &mount.place {
            Backing::Own if made => ((user, group), None),
            Backing::Own if matches!(path, "/tmp" | "/var/tmp" | "/dev/shm") => ((0, 0), Some(0o1777)),
            Backing::Own if path == "/root" => ((0, 0), Some(0o700)),
            Backing::Own => ((0, 0), None),
            Backing::Volume(_) if is_top => ((0, 0), Some(0o777)),
            Backing::Volume(_) => ((user, group), None),
            Backing::Pod(_) | Backing::Projected if is_top && dir => {
                ((0, of_volumes), Some(0o777 | handed_down))
            }
            Backing::Pod(_) if dir => ((user, fs_group.unwrap_or(group)), Some(0o755 | handed_down)),
            Backing::Pod(_) => ((user, fs_group.unwrap_or(group)), None),
            Backing::Projected if dir => ((0, of_volumes), Some(0o755 | handed_down)),
            Backing::Projected if fs_group.is_some() => {
                ((0, of_volumes), Some(mount.mode.unwrap_or(0o644) | 0o440))
            }
            Backing::Projected => ((0, 0), mount.mode),
        };
        let kept = self.kept_at(at, inside);
        let given = |kind: &str| self.modes.get(&*[kind, &kept].concat()).copied();
        ((given("uid ").unwrap_or(owner.0), given("gid ").unwrap_or(owner.1)), mode)
    }

    /// Whether the commands' user may do something with what is there: read (4), write (2).
    fn may(&self, stat: &Stat, what: u32) -> bool {
        let Identity { user, group, groups, .. } = &self.identity;
        let shift = match stat.owner {
            (owner, _) if owner == *user => 6,
            (_, owner) if owner == *group || groups.contains(&owner) => 3,
            _ => 0,
        };
        *user == 0 || stat.permissions() >> shift & what == what
    }

    /// The same for the directory that a path is in; an unknown image's directories are anybody's.
    fn may_change_parent(&self, path: &str) -> Result<(), FileError> {
        let parent = self.stat(parent(path));
        if parent.is_none_or(|stat| self.may(&stat, 2)) { Ok(()) } else { Err(FileError::Permission) }
    }

    pub fn stat(&self, path: &str) -> Option<Stat> {
        let path = &*self.followed(path);
        let (at, inside) = self.find(path);
        let mount = &self.mounts[at];
        let modified_ms = unix_ms(self.made_at);
        if let Some(text) = mount.files.get(&*inside) {
            let mut stat = Stat::usual(false, text.len() as u64, modified_ms);
            let (owner, usual) = self.ownership(at, &inside, path, false);
            stat.owner = owner;
            stat.mode = self.modes.get(&*self.kept_at(at, &inside)).copied().or(usual);
            return Some(stat);
        }
        if let Some(text) = self.image_file(at, path) {
            return Some(Stat::usual(false, text.len() as u64, modified_ms));
        }
        let own = mount.place == Backing::Own;
        let is_dir = inside == "/"
            || inside == mount.sub_path
            || has_entry(&mount.files, &inside)
            || self.leads_to_mount(path)
            || own && (IMAGE_DIRS.contains(&path) || self.brings_directory(path));
        if !is_dir {
            return None;
        }
        let (owner, usual) = self.ownership(at, &inside, path, true);
        let mode = self.modes.get(&*self.kept_at(at, &inside)).copied().or(usual);
        Some(Stat { mode, owner, ..Stat::usual(true, 4096, modified_ms) })
    }

    pub fn read(&self, path: &str) -> Result<String, FileError> {
        let path = &*self.followed(path);
        let (at, inside) = self.find(path);
        match self.mounts[at].files.get(&*inside) {
            Some(_) if self.stat(path).is_some_and(|stat| !self.may(&stat, 4)) => Err(FileError::Permission),
            Some(text) => Ok(text.to_string()),
            None if self.is_dir(path) => Err(FileError::IsDirectory),
            None if self.image_file(at, path).is_some() => {
                Ok(self.image_file(at, path).unwrap_or_default().to_string())
            }
            None => Err(self.absent(path)),
        }
    }

    /// Why there is nothing at a path: perhaps a file stands where a directory should.
    fn absent(&self, path: &str) -> FileError {
        let parent = parent(path);
        match self.stat(parent) {
            Some(stat) if !stat.dir => FileError::NotDirectory,
            _ => FileError::NotFound,
        }
    }

    /// The tree to change for something new in a directory.
    fn for_new(&mut self, path: &str) -> Result<(usize, String), FileError> {
        let (at, inside) = self.find(path);
        // What an unknown image has for directories is anybody's guess.
        let guessed = self.mounts[at].place == Backing::Own && !self.image_is_known;
        if !self.is_dir(parent(path)) && !guessed {
            return Err(self.absent(path));
        }
        self.writable(at)?;
        self.may_change_parent(path)?;
        Ok((at, inside))
    }

    fn writable(&self, at: usize) -> Result<(), FileError> {
        let mount = &self.mounts[at];
        if mount.read_only || mount.place == Backing::Projected { Err(FileError::ReadOnly) } else { Ok(()) }
    }

    /// The tree, to change it. Every mount of the same place sees the change.
    fn change(&mut self, at: usize, edit: impl FnOnce(&mut BTreeMap<Str, Str>)) {
        let place = self.mounts[at].place.clone();
        let mut files = self.mounts[at].files.clone();
        edit(Rc::make_mut(&mut files));
        for mount in self.mounts.iter_mut().filter(|m| m.place == place && place != Backing::Projected) {
            mount.files = files.clone();
            mount.changed = true;
        }
    }

    pub fn write(&mut self, path: &str, text: &str, append: bool) -> Result<(), FileError> {
        let path = &*self.followed(path);
        let (at, inside) = self.find(path);
        let old = self.mounts[at].files.get(&*inside).cloned();
        if old.is_none() {
            if self.is_dir(path) {
                return Err(FileError::IsDirectory);
            }
            self.for_new(path)?;
        }
        self.writable(at)?;
        if old.is_some() && self.stat(path).is_some_and(|stat| !self.may(&stat, 2)) {
            return Err(FileError::Permission);
        }
        if append && text.is_empty() && old.is_some() {
            return Ok(());
        }
        let used: usize = self.mounts[at].files.values().map(|t| t.len()).sum();
        if used + text.len() > CAPACITY {
            return Err(FileError::NoSpace);
        }
        let content: Str = match old {
            Some(before) if append => [&*before, text].concat().into(),
            _ => text.into(),
        };
        self.change(at, |files| {
            files.remove(&*format!("{}/", parent(&inside).trim_end_matches('/')));
            files.insert(inside.into(), content);
        });
        Ok(())
    }

    pub fn list(&self, path: &str) -> Result<Vec<String>, FileError> {
        let path = &*self.followed(path);
        if !self.is_dir(path) {
            return Err(match self.stat(path) {
                Some(_) => FileError::NotDirectory,
                None => FileError::NotFound,
            });
        }
        let mut names = BTreeSet::new();
        let mut add = |rest: &str| {
            let name = rest.trim_start_matches('/').split('/').next().unwrap_or_default();
            if !name.is_empty() {
                names.insert(name.to_string());
            }
        };
        let (at, inside) = self.find(path);
        let prefix = format!("{}/", inside.trim_end_matches('/'));
        for (file, _) in self.mounts[at].files.range(Str::from(&*prefix)..) {
            match file.strip_prefix(&*prefix) {
                Some(rest) => add(rest),
                None => break,
            }
        }
        let prefix = format!("{}/", path.trim_end_matches('/'));
        self.links.keys().filter_map(|link| link.strip_prefix(&*prefix)).for_each(&mut add);
        let own = self.mounts[at].place == Backing::Own;
        let image = if own { IMAGE_DIRS } else { &[] };
        let brought = if own { self.image_files } else { &[] };
        brought.iter().filter_map(|(file, _)| file.strip_prefix(&*prefix)).for_each(&mut add);
        let mounted = self.mounts.iter().map(|m| &*m.path);
        mounted.chain(image.iter().copied()).filter_map(|p| p.strip_prefix(&*prefix)).for_each(&mut add);
        Ok(names.into_iter().collect())
    }

    pub fn make_dir(&mut self, path: &str) -> Result<(), FileError> {
        if self.stat(path).is_some() {
            return Err(FileError::Exists);
        }
        let (at, inside) = self.for_new(path)?;
        self.change(at, |files| {
            files.remove(&*format!("{}/", parent(&inside).trim_end_matches('/')));
            files.insert(format!("{inside}/").into(), Str::default());
        });
        Ok(())
    }

    pub fn remove(&mut self, path: &str) -> Result<(), FileError> {
        if self.links.contains_key(path) {
            Rc::make_mut(&mut self.links).remove(path);
            self.attributes_changed = true;
            return Ok(());
        }
        let (at, inside) = self.find(path);
        let is_file = self.mounts[at].files.contains_key(&*inside);
        if !is_file {
            match self.list(path) {
                Err(error) => return Err(error),
                Ok(names) if !names.is_empty() => return Err(FileError::NotEmpty),
                Ok(_) if self.mounts.iter().any(|m| m.path == path) => return Err(FileError::Busy),
                Ok(_) => {}
            }
        }
        self.writable(at)?;
        self.may_change_parent(path)?;
        let sub_path = self.mounts[at].sub_path.clone();
        self.change(at, |files| {
            files.remove(&*inside);
            files.remove(&*format!("{inside}/"));
            // The directory stays.
            let parent = parent(&inside);
            if parent != "/" && parent != sub_path && !has_entry(files, parent) {
                files.insert(format!("{parent}/").into(), Str::default());
            }
        });
        Ok(())
    }

    /// Keeps what was changed.
    pub fn save(&mut self, api: &mut ApiServer, uid: Uid, container: &Str) {
        if std::mem::take(&mut self.attributes_changed) {
            let (modes, links) = (self.modes.clone(), self.links.clone());
            let container = container.clone();
            update_record(api, uid, |record| {
                record.modes = modes;
                Rc::make_mut(&mut record.links).insert(container, links);
            });
        }
        let changed: Vec<Mount> = self.mounts.iter().filter(|m| m.changed).cloned().collect();
        self.mounts.iter_mut().for_each(|m| m.changed = false);
        for mount in changed {
            let files = mount.files;
            match mount.place {
                Backing::Own => update_output(api, uid, container, |output| output.files = files),
                Backing::Volume(name) => {
                    let key = Key::cluster(Kind::VolumeFiles, &name);
                    let body = Body::VolumeFiles(VolumeFiles { files });
                    let object = Object::new(Kind::VolumeFiles, ObjectMeta::named("", &name), body);
                    api.put_internal(key, Some(object));
                }
                Backing::Pod(volume) => update_record(api, uid, |record| {
                    Rc::make_mut(&mut record.volumes).insert(volume, files);
                }),
                Backing::Projected => {}
            }
        }
    }
}

fn has_entry(files: &BTreeMap<Str, Str>, dir: &str) -> bool {
    let prefix = format!("{}/", dir.trim_end_matches('/'));
    files.range(Str::from(&*prefix)..).next().is_some_and(|(path, _)| path.starts_with(&*prefix))
}

fn parent(path: &str) -> &str {
    match path.rsplit_once('/') {
        Some(("", _)) | None => "/",
        Some((parent, _)) => parent,
    }
}

/// Virtual time since 1970.
pub(super) fn unix_ms(at: SimTime) -> u64 {
    at.unix_ms()
}

/// Where what a pod's containers wrote is kept.
pub(super) fn files_key(uid: Uid) -> Key {
    Key::cluster(Kind::ContainerFiles, &uid.to_string())
}

fn update_record(api: &mut ApiServer, uid: Uid, change: impl FnOnce(&mut ContainerFiles)) {
    let key = files_key(uid);
    let mut record = api.store().get(&key).map(|o| o.container_files().clone()).unwrap_or_default();
    change(&mut record);
    let meta = ObjectMeta::named("", &key.name);
    let object = Object::new(Kind::ContainerFiles, meta, Body::ContainerFiles(record));
    api.put_internal(key, Some(object));
}

fn update_output(api: &mut ApiServer, uid: Uid, container: &Str, change: impl FnOnce(&mut ContainerOutput)) {
    update_record(api, uid, |record| {
        let output = Rc::make_mut(&mut record.containers).entry(container.clone()).or_default();
        change(Rc::make_mut(output));
    });
}

/// Adds lines to a container's log.
pub(super) fn log(api: &mut ApiServer, uid: Uid, container: &Str, lines: Vec<Str>) {
    if lines.is_empty() {
        return;
    }
    let now = api.now;
    update_output(api, uid, container, |output| {
        let log = Rc::make_mut(&mut output.log);
        log.extend(lines.into_iter().map(|line| (now, line)));
        let mut bytes = 0;
        let too_much = |(_, line): &(SimTime, Str)| {
            bytes += line.len();
            bytes > LOG_BYTES
        };
        let first_to_go = log.iter().rev().position(too_much);
        let kept = first_to_go.unwrap_or(log.len()).min(LOG_LINES);
        let excess = log.len() - kept;
        log.drain(..excess);
    });
}

/// Whether a container's program is a script that serves nobody.
pub(super) fn is_idle(store: &Store, uid: Uid, container: &Str) -> bool {
    let record = store.get(&files_key(uid)).map(|object| object.container_files());
    record.and_then(|record| record.containers.get(container)).is_some_and(|output| output.is_idle)
}

/// Takes note of whether a container's program serves somebody.
pub(super) fn set_idle(api: &mut ApiServer, uid: Uid, container: &Str, is_idle: bool) {
    if self::is_idle(api.store(), uid, container) != is_idle {
        update_output(api, uid, container, |output| output.is_idle = is_idle);
    }
}

/// Takes note of commands that are not simulated.
pub(super) fn note_not_simulated(api: &mut ApiServer, uid: Uid, container: &Str, commands: Vec<Str>) {
    let record = api.store().get(&files_key(uid)).map(|object| object.container_files());
    let output = record.and_then(|record| record.containers.get(container));
    let mut known = output.map(|output| output.not_simulated.clone()).unwrap_or_default();
    let before = known.len();
    for command in commands {
        if known.len() < MOST_NOT_SIMULATED && !known.contains(&command) {
            Rc::make_mut(&mut known).push(command);
        }
    }
    if known.len() > before {
        update_output(api, uid, container, |output| output.not_simulated = known);
    }
}

/// What a pod's containers were asked to run that is not simulated: each container that has such commands, with them.
pub fn not_simulated(store: &Store, uid: Uid) -> Vec<(Str, Rc<Vec<Str>>)> {
    let Some(record) = store.get(&files_key(uid)).map(|object| object.container_files()) else {
        return Vec::new();
    };
    let of_container = |(name, output): (&Str, &Rc<ContainerOutput>)| {
        (!output.not_simulated.is_empty()).then(|| (name.clone(), output.not_simulated.clone()))
    };
    record.containers.iter().filter_map(of_container).collect()
}

/// The last lines of a container's log, each with its end.
pub(super) fn last_lines(store: &Store, uid: Uid, container: &Str, most: usize) -> String {
    let record = store.get(&files_key(uid)).map(|object| object.container_files());
    let Some(output) = record.and_then(|record| record.containers.get(container)) else {
        return String::new();
    };
    let lines = output.log.iter().skip(output.log.len().saturating_sub(most));
    lines.flat_map(|(_, line)| [&**line, "\n"]).collect()
}

/// A container starts again: its log becomes the previous one, its own files are gone.
pub(super) fn start_again(api: &mut ApiServer, uid: Uid, container: &Str) {
    let known = api
        .store()
        .get(&files_key(uid))
        .is_some_and(|o| o.container_files().containers.contains_key(container));
    if known {
        update_output(api, uid, container, |output| {
            let log = std::mem::take(&mut output.log);
            let not_simulated = std::mem::take(&mut output.not_simulated);
            *output = ContainerOutput { previous_log: log, not_simulated, ..ContainerOutput::default() };
        });
    }
}
