//! `type`, `which` and `command -v`.

use crate::process::{Process, World};
use crate::tools;

/// Words that `type` calls a builtin.
const BUILTINS: &str = " . : [ alias break cd command continue eval exec exit export false getopts hash kill let local \
                        pwd read readonly return set shift source test times trap true type ulimit umask unset wait ";

impl Process {
    pub(crate) fn find(&mut self, w: &mut World, argv: &[String]) -> i32 {
        let mut status = 0;
        for name in argv[1..].iter().filter(|a| !a.starts_with('-')) {
            let builtin = argv[0] != "which" && BUILTINS.contains(&format!(" {name} "));
            let shell = ["sh", "sleep", "env", "test"].contains(&name.as_str());
            let ours = shell || tools::exists(name) || w.host.has_program(name);
            let verbose = argv[0] == "type";
            let mut text = match () {
                () if self.function(name).is_some() && verbose => format!("{name} is a function"),
                () if builtin && verbose => format!("{name} is a shell builtin"),
                () if builtin || self.function(name).is_some() => name.clone(),
                () if ours && verbose => format!("{name} is /bin/{name}"),
                () if ours => format!("/bin/{name}"),
                () => {
                    status = if verbose || argv[0] == "which" { 1 } else { 127 };
                    if verbose { format!("{name}: not found") } else { continue }
                }
            };
            text.push('\n');
            self.put(w, 1, &text);
        }
        status
    }
}
