//! Shells in pods.

use super::shell::{Attached, Place, Session, print};
use super::{Io, Program};
use crate::api::{Key, Str};
use crate::dns;
use crate::kubelet;
use shell::{External, FileError, Host, Output, Shell, Stat, Step as Wait, Unknown};

/// The prompt of a shell that no image gives one.
const PROMPT: &str = "$ ";

/// A command line in a pod of this namespace that is not to be seen: its DNS, and nothing else.
pub fn command(line: &str, namespace: &str) -> Box<dyn Program> {
    let argv = ["sh", "-c", line].map(String::from);
    let shell = Shell::script(&argv, &[], "/", Unknown::NotFound);
    Box::new(Session::new(shell, Box::new(Namespace(namespace.into())), None))
}

/// In a container.
pub struct Container {
    /// The pod.
    pub pod: Key,
    /// The container.
    pub container: Str,
    /// The prompt; `{}` in it stands for the directory.
    pub prompt: Str,
}

impl Place for Container {
    fn turn(&mut self, shell: &mut Shell, _with: Attached, io: &mut Io) -> Option<Wait> {
        let mut host = kubelet::exec_host(io.api, io.nodes, &self.pod, &self.container)?;
        let step = shell.run(&mut host);
        let printed = host.take_printed();
        host.save();
        for (to, text) in printed {
            print(io, to, text);
        }
        Some(step)
    }

    fn interrupt(&mut self, shell: &mut Shell, _with: Attached, io: &mut Io) {
        shell.interrupt(&mut NamespaceHost { io, namespace: &Str::default() });
    }

    fn prompt(&self, directory: &str) -> String {
        self.prompt.replace("{}", if directory == "/root" { "~" } else { directory })
    }

    fn container(&self) -> Option<(Key, Str)> {
        Some((self.pod.clone(), self.container.clone()))
    }
}

/// In a pod that nobody sees, of this namespace: for asking the cluster's DNS.
struct Namespace(Str);

impl Place for Namespace {
    fn turn(&mut self, shell: &mut Shell, _with: Attached, io: &mut Io) -> Option<Wait> {
        Some(shell.run(&mut NamespaceHost { io, namespace: &self.0 }))
    }

    fn interrupt(&mut self, shell: &mut Shell, _with: Attached, io: &mut Io) {
        shell.interrupt(&mut NamespaceHost { io, namespace: &self.0 });
    }

    fn prompt(&self, _directory: &str) -> String {
        PROMPT.to_string()
    }
}

/// What a shell finds in a pod that nobody sees: the cluster's DNS.
struct NamespaceHost<'a, 'b> {
    io: &'a mut Io<'b>,
    namespace: &'a Str,
}

impl NamespaceHost<'_, '_> {
    fn file(&self, path: &str) -> Option<String> {
        (path == "/etc/resolv.conf").then(|| dns::resolv_conf(self.namespace))
    }
}

impl Host for NamespaceHost<'_, '_> {
    fn now_ms(&self) -> u64 {
        self.io.api.now.unix_ms()
    }

    fn hostname(&self) -> String {
        "debug".to_string()
    }

    fn address(&self) -> String {
        "127.0.0.1".to_string()
    }

    fn stat(&self, path: &str) -> Option<Stat> {
        let text = self.file(path);
        let dir = matches!(path, "/" | "/etc");
        (dir || text.is_some()).then(|| Stat {
            dir,
            size: text.map_or(4096, |t| t.len() as u64),
            modified_ms: 0,
        })
    }

    fn read(&self, path: &str) -> Result<String, FileError> {
        self.file(path).ok_or(FileError::NotFound)
    }

    fn write(&mut self, _path: &str, _text: &str, _append: bool) -> Result<(), FileError> {
        Err(FileError::ReadOnly)
    }

    fn list(&self, path: &str) -> Result<Vec<String>, FileError> {
        match path {
            "/" => Ok(vec!["etc".to_string()]),
            "/etc" => Ok(vec!["resolv.conf".to_string()]),
            _ => Err(FileError::NotFound),
        }
    }

    fn make_dir(&mut self, _path: &str) -> Result<(), FileError> {
        Err(FileError::ReadOnly)
    }

    fn remove(&mut self, _path: &str) -> Result<(), FileError> {
        Err(FileError::ReadOnly)
    }

    fn output(&mut self, to: Output, text: &str) {
        print(self.io, to, text.to_string());
    }

    fn external(&mut self, argv: &[String], _stdin: &str) -> External {
        match dns::run_in_pod(self.io.api, self.namespace, "", argv) {
            Some(p) => External::Done { stdout: p.stdout, stderr: p.stderr, code: p.code },
            None => External::Unknown,
        }
    }

    fn has_program(&self, name: &str) -> bool {
        dns::TOOLS.contains(&name)
    }
}
