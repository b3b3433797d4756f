//! Which programs of containers are run here.

use super::image::is_plain_shell;
use super::tools;
use crate::api::pod::Container;
use crate::dns;

/// Whether what the container does is run here: a shell, or a program that the shell here has.
pub(super) fn is_run(container: &Container) -> bool {
    match container.command.first() {
        Some(first) => is_known(first),
        None => is_plain_shell(&container.image),
    }
}

/// Whether commands of this name are run here.
pub(super) fn is_known(program: &str) -> bool {
    let name = program.rsplit('/').next().unwrap_or(program);
    let mut all = shell::programs().chain(tools::NAMES.iter().copied()).chain(dns::TOOLS.iter().copied());
    matches!(name, "ash" | "bash" | "dash" | "sh" | "zsh") || all.any(|known| known == name)
}
