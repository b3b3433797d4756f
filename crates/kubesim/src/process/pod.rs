//! Shells in pods.

use super::Io;
use super::shell::{Attached, ShellHost, print};
use crate::api::{Key, Str};
use crate::kubelet;
use shell::{Shell, Step as Wait};

/// In a container.
pub struct Container {
    /// The pod.
    pub pod: Key,
    /// The container.
    pub container: Str,
    /// The prompt; `{}` in it stands for the directory.
    pub prompt: Str,
}

impl ShellHost for Container {
    fn turn(&mut self, shell: &mut Shell, _with: Attached, io: &mut Io) -> Option<Wait> {
        let mut host = kubelet::exec_host(io.api, io.nodes, &self.pod, &self.container)?;
        let step = shell.run(&mut host);
        let printed = host.take_printed();
        let signals = host.take_signals();
        host.save();
        for (to, text) in printed {
            print(io, to, text);
        }
        for signal in signals {
            kubelet::signal_program(io.nodes, &self.pod, &self.container, io.api.now, signal);
        }
        Some(step)
    }

    fn interrupt(&mut self, shell: &mut Shell, _with: Attached, io: &mut Io) {
        if let Some(mut host) = kubelet::exec_host(io.api, io.nodes, &self.pod, &self.container) {
            shell.interrupt(&mut host);
        }
    }

    fn prompt(&self, directory: &str) -> String {
        self.prompt.replace("{}", if directory == "/root" { "~" } else { directory })
    }

    fn container(&self) -> Option<(Key, Str)> {
        Some((self.pod.clone(), self.container.clone()))
    }
}
