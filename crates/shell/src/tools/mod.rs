//! The programs a container's shell finds beside it: filters for text, files, date. Options by a table; output and
//! errors as BusyBox prints them, or as GNU coreutils where that is the flavour.

mod awk;
mod blocks;
mod date;
mod diff;
mod digest;
mod files;
mod find;
mod format;
mod grep;
mod identity;
mod jq;
mod path_tools;
mod print;
mod sed;
mod sort;
mod system;
mod text;
mod tool;

pub use date::time_text;
pub(crate) use identity::{USER, User, find_group, find_user, home_of, identity, more_groups};
pub(crate) use tool::{Command, Context, Ended, Tool, USAGE};
use tool::{
    Feed::{All, File, Lines, Nothing, Raw},
    NO_FILES, Spec,
};

/// One row a tool, by name.
static TOOLS: [Spec; 81] = [
    ("arch", "", NO_FILES, Nothing(Tool::arch)),
    ("awk", "+F:v:f:e:", NO_FILES, Raw(Tool::awk)),
    ("base64", "dDw:i", 0, File(Tool::base64)),
    ("basename", "as:", NO_FILES, Nothing(Tool::basename)),
    ("cat", "unAbETves", 0, Raw(Tool::cat)),
    ("chgrp", "*", NO_FILES, Nothing(Tool::change_owner)),
    ("chmod", "*", NO_FILES, Nothing(Tool::change_mode)),
    ("chown", "*", NO_FILES, Nothing(Tool::change_owner)),
    ("cksum", "", 0, File(Tool::cksum)),
    ("cmp", "s", NO_FILES, All(Tool::diff)),
    ("comm", "123", NO_FILES, All(Tool::comm)),
    ("cp", "arRfpvPdnuTL", NO_FILES, Nothing(Tool::copy)),
    ("cut", "d:f:c:b:snCO:", 0, Lines(Tool::cut)),
    ("date", "uI@d:Rr:s:3:", NO_FILES, Nothing(Tool::date)),
    ("dd", "*", NO_FILES, All(Tool::dd)),
    ("diff", "qubBwsrNaU:", NO_FILES, All(Tool::diff)),
    ("dirname", "", NO_FILES, Nothing(Tool::dirname)),
    ("du", "ashmkbxc", NO_FILES, Nothing(Tool::du)),
    ("echo", "*", NO_FILES, Nothing(Tool::echo)),
    ("egrep", "e:f:m:A:B:C:qivcnoEFPwxlLhHsrRI", 1, Lines(Tool::grep)),
    ("envsubst", "*", NO_FILES, All(Tool::environment_in)),
    ("expand", "t:i", 0, Lines(Tool::expand)),
    ("expr", "*", NO_FILES, Nothing(Tool::expr)),
    ("fgrep", "e:f:m:A:B:C:qivcnoEFPwxlLhHsrRI", 1, Lines(Tool::grep)),
    ("find", "*", NO_FILES, Nothing(Tool::find)),
    ("fold", "w:s", 0, Lines(Tool::fold)),
    ("free", "bkmgh", NO_FILES, Nothing(Tool::free)),
    ("grep", "e:f:m:A:B:C:qivcnoEFPwxlLhHsrRI", 1, Lines(Tool::grep)),
    ("groups", "", NO_FILES, Nothing(Tool::id)),
    ("gunzip", "ckft", NO_FILES, All(Tool::gzip)),
    ("gzip", "dckf123456789nqv", NO_FILES, All(Tool::gzip)),
    ("hd", "n:", 0, All(Tool::hexdump)),
    ("head", "n:c:qv", 0, Lines(Tool::head)),
    ("hexdump", "Cn:v", 0, All(Tool::hexdump)),
    ("hostname", "fisd", NO_FILES, Nothing(Tool::hostname)),
    ("id", "ugnGr", NO_FILES, Nothing(Tool::id)),
    ("install", "dm:o:g:Dvpc", NO_FILES, Nothing(Tool::install)),
    ("jq", "*", NO_FILES, All(Tool::jq)),
    ("less", "*", 0, Raw(Tool::cat)),
    ("ln", "sfnvT", NO_FILES, Nothing(Tool::ln)),
    ("ls", "laA1dhFtrRpnLoiSGC", NO_FILES, Nothing(Tool::ls)),
    ("md5sum", "cbsqw", 0, File(Tool::check_sum)),
    ("mkdir", "pm:v", NO_FILES, Nothing(Tool::each_path)),
    ("mktemp", "dp:qtu", NO_FILES, Nothing(Tool::mktemp)),
    ("more", "*", 0, Raw(Tool::cat)),
    ("mv", "fnvT", NO_FILES, Nothing(Tool::copy)),
    ("nl", "b:", 0, File(Tool::nl)),
    ("nproc", "", NO_FILES, Nothing(Tool::nproc)),
    ("od", "A:t:N:cvx", 0, All(Tool::od)),
    ("paste", "d:s", NO_FILES, All(Tool::paste)),
    ("printf", "*", NO_FILES, Nothing(Tool::printf)),
    ("readlink", "femn", NO_FILES, Nothing(Tool::real_path)),
    ("realpath", "esmq", NO_FILES, Nothing(Tool::real_path)),
    ("rev", "", 0, Lines(Tool::rev)),
    ("rm", "rfRvi", NO_FILES, Nothing(Tool::each_path)),
    ("rmdir", "p", NO_FILES, Nothing(Tool::each_path)),
    ("sed", "nrEi@e:f:sz", NO_FILES, Raw(Tool::sed)),
    ("seq", "+s:wf:", NO_FILES, Nothing(Tool::seq)),
    ("sha1sum", "cbsqw", 0, File(Tool::check_sum)),
    ("sha256sum", "cbsqw", 0, File(Tool::check_sum)),
    ("sha512sum", "cbsqw", 0, File(Tool::check_sum)),
    ("sort", "nruk:t:fhVcCo:smbgMz", 0, All(Tool::sort)),
    ("split", "l:b:a:d", NO_FILES, All(Tool::split)),
    ("stat", "c:P:Lft", NO_FILES, Nothing(Tool::stat_files)),
    ("sysctl", "wnqep", NO_FILES, Nothing(Tool::sysctl)),
    ("tac", "", 0, File(Tool::tac)),
    ("tail", "n:c:fFqs:v", 0, File(Tool::tail)),
    ("tar", "*", NO_FILES, All(Tool::tar)),
    ("tee", "ai", NO_FILES, Raw(Tool::tee)),
    ("touch", "cd:r:t:am", NO_FILES, Nothing(Tool::each_path)),
    ("tr", "dscC", NO_FILES, Raw(Tool::translate)),
    ("truncate", "s:c", NO_FILES, Nothing(Tool::truncate)),
    ("tty", "s", NO_FILES, Nothing(Tool::tty)),
    ("uname", "asnrmvop", NO_FILES, Nothing(Tool::uname)),
    ("uniq", "cduif:s:", 0, File(Tool::uniq)),
    ("unlink", "", NO_FILES, Nothing(Tool::unlink)),
    ("wc", "lwcmL", 0, File(Tool::wc)),
    ("whoami", "", NO_FILES, Nothing(Tool::whoami)),
    ("xargs", "+n:I:r0tL:d:P:", NO_FILES, All(Tool::xargs)),
    ("xxd", "pl:ru", 0, All(Tool::xxd)),
    ("zcat", "f", NO_FILES, All(Tool::gzip)),
];

/// The tools' names, sorted.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    TOOLS.iter().map(|(name, ..)| *name)
}

/// Whether there is a tool of this name.
pub(crate) fn exists(name: &str) -> bool {
    names().any(|tool| tool == name)
}

/// Whether GNU's userland has this tool and BusyBox' has not.
pub(crate) fn of_gnu_alone(name: &str) -> bool {
    ["cksum", "comm", "csplit", "envsubst", "install", "join", "jq", "numfmt", "split", "stdbuf", "tsort"]
        .contains(&name)
}

/// The tool of this name with its arguments, where what they ask for is simulated.
pub(crate) fn start(argv: &[String], name: &str) -> Option<Tool> {
    Tool::new(*TOOLS.iter().find(|(tool, ..)| *tool == name)?, argv)
}
