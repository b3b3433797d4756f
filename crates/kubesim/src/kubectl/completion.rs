//! `kubectl completion`. Models `k8s.io/kubectl/pkg/cmd/completion`: who is refused, and in which words. The scripts are none of
//! kubectl's: the terminal here completes kubectl's words by itself, which they say.

use super::{Failure, Invocation, Next};
use crate::process::Io;

/// The help.
pub(super) const HELP: &str = "Output shell completion code for the specified shell (bash, zsh, fish, or powershell).\n\n \
    The terminal of this simulator completes kubectl's words by itself (Tab): the code says so, and does nothing \
    else.\n\nUsage:\n  kubectl completion SHELL";

const SAYS: &str = "# The terminal of this simulator completes kubectl's words by itself: press Tab.\n\
    # So this script has nothing to do; it only names the function that scripts refer to.\n";

/// `kubectl completion SHELL`
pub(super) fn completion(inv: &Invocation, io: &mut Io) -> Result<Next, Failure> {
    let shell = match &inv.args[..] {
        [] => return Err(inv.usage("Shell not specified.")),
        [shell] => shell.as_str(),
        _ => return Err(inv.usage("Too many arguments. Expected only the shell type.")),
    };
    let text = match shell {
        "bash" => format!(
            "{SAYS}\n__start_kubectl()\n{{\n    COMPREPLY=()\n}}\n\ncomplete -o default -F __start_kubectl kubectl\n"
        ),
        "zsh" => format!("#compdef kubectl\n{SAYS}\n_kubectl()\n{{\n    :\n}}\n"),
        "fish" | "powershell" => SAYS.to_string(),
        other => return Err(inv.usage(format!("Unsupported shell type {other:?}."))),
    };
    io.out(text);
    Next::OK
}
