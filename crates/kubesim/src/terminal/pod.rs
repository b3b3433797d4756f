//! Shells in pods.

use super::laptop::unix_ms;
use super::session::{Place, Session, print};
use crate::api::Str;
use crate::dns;
use crate::sim::Program;
use crate::sim::process::Io;
use shell::{External, FileError, Host, Output, Shell, Stat, Unknown};

/// A command line in a pod of this namespace that is not to be seen: its DNS, and nothing else.
pub fn command(line: &str, namespace: &str) -> Box<dyn Program> {
    let argv = ["sh", "-c", line].map(String::from);
    let shell = Shell::script(&argv, &[], "/", Unknown::NotFound);
    Box::new(Session::new(shell, Place::Namespace(namespace.into()), None))
}

/// What a shell finds in a pod that nobody sees: the cluster's DNS.
pub(super) struct NamespaceHost<'a, 'b> {
    pub io: &'a mut Io<'b>,
    pub namespace: &'a Str,
}

impl NamespaceHost<'_, '_> {
    fn file(&self, path: &str) -> Option<String> {
        (path == "/etc/resolv.conf").then(|| dns::resolv_conf(self.namespace))
    }
}

impl Host for NamespaceHost<'_, '_> {
    fn now_ms(&self) -> u64 {
        unix_ms(self.io.api.now)
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
