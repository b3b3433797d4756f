//! Which programs of containers are run here.

use super::image::is_plain_shell;
use super::{clients, http_clients, tools};
use crate::api::image::has_name;
use crate::api::pod::Container;
use crate::dns;

/// Whether what the container does is run here: a shell, or a program that the shell here has.
pub(super) fn is_run(container: &Container) -> bool {
    match container.command.first() {
        Some(first) => is_known(first),
        None => is_plain_shell(&container.image) || runs_arguments(container),
    }
}

/// Whether what an image starts by itself runs the arguments in its place: a shell, or a client of a server. Images have
/// no entry point of their own, or one that ends in `exec "$@"` (Docker's official images of databases).
pub(super) fn runs_arguments(container: &Container) -> bool {
    let is_client = |word: &str| clients::NAMES.contains(&word) || http_clients::NAMES.contains(&word);
    let is_shell = |word: &str| matches!(word.rsplit('/').next(), Some("ash" | "bash" | "dash" | "sh"));
    let runs = |word: &str| is_client(word) || is_shell(word) || entry_point(container).is_some();
    container.command.is_empty() && container.args.first().is_some_and(|word| runs(word))
}

/// The program that an image puts before its arguments, where they do not begin with one: curl's images.
pub(super) fn entry_point(container: &Container) -> Option<&'static str> {
    let is_program = |word: &str| {
        !word.starts_with('-')
            && !word.contains("://")
            && (is_known(word) || http_clients::NAMES.contains(&word))
    };
    let is_curl = container.command.is_empty() && has_name(&container.image, &["alpine-curl", "curl"]);
    (is_curl && container.args.first().is_some_and(|word| !is_program(word))).then_some("curl")
}

/// Whether commands of this name are run here.
pub(super) fn is_known(program: &str) -> bool {
    let name = program.rsplit('/').next().unwrap_or(program);
    let mut all = shell::programs().chain(tools::NAMES.iter().copied()).chain(dns::TOOLS.iter().copied());
    matches!(name, "ash" | "bash" | "dash" | "sh" | "zsh") || all.any(|known| known == name)
}
