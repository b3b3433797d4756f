//! `kubectl cp`: files between the laptop and containers. Models `k8s.io/kubectl/pkg/cmd/cp/cp.go`, which has `tar` run in the
//! container: what that says is said here as GNU's or BusyBox' says it.

use super::exec;
use crate::api::read::get;
use crate::apiserver::Stream;
use crate::kubectl::invocation::{Disk, go_text};
use crate::kubectl::{Failure, Invocation, Next};
use crate::kubelet::{self, ContainerHost};
use crate::process::Io;
use shell::{FileError, Host, Userland};

/// Who reads or writes: a path on the laptop, or one in a pod's container.
#[derive(Clone, Copy)]
enum Side<'a> {
    Laptop(&'a str),
    Pod { namespace: &'a str, pod: &'a str, path: &'a str },
}

/// Models `extractFileSpec`. Errors: it is neither.
fn side(word: &str) -> Result<Side<'_>, Failure> {
    let Some((place, path)) = word.split_once(':') else { return Ok(Side::Laptop(word)) };
    match place.split('/').collect::<Vec<_>>()[..] {
        [pod] if !pod.is_empty() => Ok(Side::Pod { namespace: "", pod, path }),
        [namespace, pod] => Ok(Side::Pod { namespace, pod, path }),
        _ => Err(Failure::client("filespec must match the canonical format: [[namespace/]pod:]file/path")),
    }
}

/// `kubectl cp FILE POD:FILE`, `kubectl cp POD:FILE FILE`
pub fn copy(inv: &Invocation, io: &mut Io) -> Result<Next, Failure> {
    let [from, to] = &inv.args[..] else {
        return Err(Failure::client("source and destination are required"));
    };
    let sides = (side(from)?, side(to)?);
    let path = |side| match side {
        Side::Laptop(path) | Side::Pod { path, .. } => path,
    };
    if let (Side::Pod { .. }, Side::Pod { .. }) = sides {
        return Err(Failure::client("one of src or dest must be a local file specification"));
    }
    if path(sides.0).is_empty() || path(sides.1).is_empty() {
        return Err(Failure::client("filepath can not be empty"));
    }
    let Some(disk) = inv.disk.clone() else {
        return Err(Failure::client("there are no files beside this command"));
    };
    match sides {
        (Side::Laptop(from), Side::Pod { namespace, pod, path }) => {
            if disk.files.borrow().stat(&disk.absolute(from)).is_none() {
                return Err(Failure::client(format!("{from} doesn't exist in local filesystem")));
            }
            let mut tar = Tar::new(inv, io, namespace, pod)?;
            let code = tar.unpack(&disk, from, path, inv.is("no-preserve"));
            tar.end(code)
        }
        (Side::Pod { namespace, pod, path }, Side::Laptop(to)) => {
            let mut tar = Tar::new(inv, io, namespace, pod)?;
            let code = tar.pack(&disk, path, to);
            let said = tar.end(*code.as_ref().unwrap_or(&0));
            code.and(said)
        }
        _ => Err(Failure::client("one of src or dest must be a remote file specification")),
    }
}

/// `tar` in a container.
struct Tar<'a> {
    host: ContainerHost<'a>,
    /// Its working directory.
    directory: String,
    is_gnu: bool,
    namespace: String,
    pod: String,
    now_ms: u64,
    /// What it prints: to standard output, and to standard error.
    said: [String; 2],
    output: &'a mut Vec<(Stream, String)>,
}

impl<'a> Tar<'a> {
    fn new(inv: &Invocation, io: &'a mut Io<'_>, namespace: &str, pod: &str) -> Result<Tar<'a>, Failure> {
        let mut of_pod = inv.clone();
        if !namespace.is_empty() {
            of_pod.parsed.replace("namespace", namespace);
        }
        let (object, container) = exec::reachable(&of_pod, io, pod)?;
        let directory = get(&container.raw, "workingDir").as_str().unwrap_or("/").to_owned();
        let key = object.key();
        let now_ms = io.api.now.unix_ms();
        let host = kubelet::exec_host(io.api, io.nodes, &key, &container.name).expect("it was reached");
        if host.lacks_program("tar") {
            return Err(Failure::client(
                "Internal error occurred: error executing command in container: failed to exec in container: OCI runtime \
                 exec failed: exec failed: unable to start container process: exec: \"tar\": executable file not found in \
                 $PATH: unknown",
            ));
        }
        let is_gnu = host.userland() != Some(Userland::BusyBox);
        let (namespace, pod) = (namespace.to_owned(), pod.to_owned());
        let said = [String::new(), String::new()];
        Ok(Tar { host, directory, is_gnu, namespace, pod, now_ms, said, output: io.output })
    }

    /// Says what there is to be said, and how it ended.
    fn end(mut self, code: i32) -> Result<Next, Failure> {
        self.host.save();
        let [stdout, mut stderr] = self.said;
        if code != 0 {
            stderr.push_str(&["command terminated with exit code ", &code.to_string(), "\n"].concat());
        }
        for (stream, text) in [(Stream::Stdout, stdout), (Stream::Stderr, stderr)] {
            if !text.is_empty() {
                self.output.push((stream, text));
            }
        }
        Ok(Next::Done(code))
    }

    /// Fails: as GNU's says it, and as BusyBox' says it. `to`: where that goes.
    fn fail(&mut self, to: usize, gnu: [&str; 3], busybox: &str) -> i32 {
        let [subject, why, advice] = gnu;
        if self.is_gnu {
            self.said[to] += &["tar: ", subject, ": ", why, "\ntar: ", advice, "\n"].concat();
            return 2;
        }
        self.said[to] += &["tar: ", busybox, "\n"].concat();
        1
    }

    /// Files of the laptop go into the container: `tar -xmf - -C DIRECTORY`.
    fn unpack(&mut self, disk: &Disk, from: &str, to: &str, no_preserve: bool) -> i32 {
        let source = disk.absolute(from);
        let mut target = shell::absolute(&self.directory, to);
        if self.host.stat(&target).is_some_and(|stat| stat.dir) {
            let base = source.rsplit('/').next().unwrap_or_default();
            target = shell::absolute(&target, base);
        }
        let directory = parent(&target).to_owned();
        if !self.host.stat(&directory).is_some_and(|stat| stat.dir) {
            let why = FileError::NotFound.text();
            let busybox = ["can't change directory to '", &*directory, "': ", why].concat();
            let advice = "Error is not recoverable: exiting now";
            return self.fail(1, [&directory, &["Cannot open: ", why].concat(), advice], &busybox);
        }
        let mut code = 0;
        for (path, is_dir) in walk(&*disk.files.borrow(), &source) {
            let rest = &path[source.len()..];
            let at = [&*target, rest].concat();
            let written = if is_dir {
                self.make_dirs(&at)
            } else {
                let text = disk.files.borrow().read(&path).map(str::to_owned);
                let made = self.make_dirs(parent(&at));
                made.and(text).and_then(|text| self.host.write(&at, &text, false))
            };
            if let Err(error) = written {
                let (name, why) = (at[directory.len()..].trim_start_matches('/').to_owned(), error.text());
                let busybox = ["can't open '", &*name, "': ", why].concat();
                let advice = "Exiting with failure status due to previous errors";
                code = self.fail(1, [&name, &["Cannot open: ", why].concat(), advice], &busybox);
                break;
            }
            let mode = disk.files.borrow().stat(&path).and_then(|stat| stat.mode).filter(|_| !no_preserve);
            if mode.is_some() {
                let _ = self.host.set_attributes(&at, mode, None);
            }
        }
        code
    }

    fn make_dirs(&mut self, path: &str) -> Result<(), FileError> {
        let ends = path.match_indices('/').map(|(at, _)| at).skip(1).chain([path.len()]);
        for end in ends {
            if self.host.stat(&path[..end]).is_none() {
                self.host.make_dir(&path[..end])?;
            }
        }
        Ok(())
    }

    /// Files of the container come to the laptop: `tar cf - FILE`. Errors: the laptop can't keep them.
    fn pack(&mut self, disk: &Disk, from: &str, to: &str) -> Result<i32, Failure> {
        let source = shell::absolute(&self.directory, from);
        let is_there = self.host.stat(&source).is_some() || self.host.read_link(&source).is_some();
        if from.starts_with('/') && (is_there || self.is_gnu) {
            self.said[0] += match self.is_gnu {
                true => "tar: Removing leading `/' from member names\n",
                false => "tar: removing leading '/' from member names\n",
            };
        }
        if !is_there {
            let why = FileError::NotFound.text();
            let busybox = [from, ": ", why, "\ntar: error exit delayed from previous errors"].concat();
            let advice = "Exiting with failure status due to previous errors";
            return Ok(self.fail(0, [from, &["Cannot stat: ", why].concat(), advice], &busybox));
        }
        let mut linked = false;
        for (path, is_dir) in walk(&self.host, &source) {
            let name = [to.trim_end_matches('/'), &path[source.len()..]].concat();
            let at = disk.absolute(&name);
            if let Some(target) = self.host.read_link(&path) {
                self.said[1] += &format!("warning: skipping symlink: {name:?} -> {target:?}");
                if !std::mem::replace(&mut linked, true) {
                    let (namespace, pod) = (&self.namespace, &self.pod);
                    self.said[1] += &format!(
                        " (consider using \"kubectl exec -n {namespace:?} {pod:?} -- tar cf - {from:?} | tar xf -\")"
                    );
                }
                self.said[1].push('\n');
                continue;
            }
            let text = if is_dir { Ok(String::new()) } else { self.host.read(&path) };
            let mut files = disk.files.borrow_mut();
            let directory = if is_dir { &*at } else { parent(&at) };
            let ends = directory.match_indices('/').map(|(at, _)| at).skip(1).chain([directory.len()]);
            for end in ends.filter(|end| *end > 0) {
                if files.stat(&directory[..end]).is_none() {
                    let why = |error: FileError| Failure::client(format!("mkdir {name}: {}", go_text(error)));
                    files.make_dir(&directory[..end], self.now_ms).map_err(why)?;
                }
            }
            if !is_dir {
                let written = text.and_then(|text| files.write(&at, &text, false, self.now_ms));
                written.map_err(|error| Failure::client(format!("open {name}: {}", go_text(error))))?;
            }
        }
        Ok(0)
    }
}

fn parent(path: &str) -> &str {
    match path.rsplit_once('/') {
        Some(("", _)) | None => "/",
        Some((parent, _)) => parent,
    }
}

/// Where files are.
trait Tree {
    /// Whether there is a directory.
    fn is_dir(&self, path: &str) -> bool;
    /// The names in a directory.
    fn names(&self, path: &str) -> Vec<String>;
}

impl Tree for shell::Files {
    fn is_dir(&self, path: &str) -> bool {
        self.stat(path).is_some_and(|stat| stat.dir)
    }

    fn names(&self, path: &str) -> Vec<String> {
        self.list(path).unwrap_or_default()
    }
}

impl Tree for ContainerHost<'_> {
    fn is_dir(&self, path: &str) -> bool {
        self.stat(path).is_some_and(|stat| stat.dir) && self.read_link(path).is_none()
    }

    fn names(&self, path: &str) -> Vec<String> {
        self.list(path).unwrap_or_default()
    }
}

/// A file, or a directory with all that is in it: the directory first. With each whether it is a directory.
fn walk(tree: &dyn Tree, path: &str) -> Vec<(String, bool)> {
    let mut found = Vec::new();
    let mut left = vec![path.to_owned()];
    while let Some(path) = left.pop() {
        let is_dir = tree.is_dir(&path);
        if is_dir {
            let below = tree.names(&path).into_iter().rev();
            left.extend(below.map(|name| [path.trim_end_matches('/'), "/", &name].concat()));
        }
        found.push((path, is_dir));
    }
    found
}
