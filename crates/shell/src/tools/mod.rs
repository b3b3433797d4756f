//! The programs a container's shell finds beside it: filters for text, files, date. Options by a table; output and
//! errors as BusyBox prints them, or as GNU coreutils where that is the flavour.

mod awk;
mod date;
mod files;
mod format;
mod grep;
mod print;
mod sed;
mod sort;
mod system;
mod text;
mod tool;

pub use date::time_text;
pub(crate) use tool::{Context, Tool};
use tool::{
    Feed::{All, File, Lines, Nothing, Raw},
    NO_FILES, Spec,
};

/// One row a tool, by name.
static TOOLS: [Spec; 41] = [
    ("awk", "+F:v:f:e:", NO_FILES, Raw(Tool::awk)),
    ("basename", "", NO_FILES, Nothing(Tool::basename)),
    ("cat", "un", 0, Raw(Tool::cat)),
    ("chmod", "*", NO_FILES, Nothing(Tool::change_mode)),
    ("chown", "*", NO_FILES, Nothing(Tool::change_mode)),
    ("cp", "arRfpv", NO_FILES, Nothing(Tool::copy)),
    ("cut", "d:f:c:b:s", 0, Lines(Tool::cut)),
    ("date", "uId:R", NO_FILES, Nothing(Tool::date)),
    ("dirname", "", NO_FILES, Nothing(Tool::dirname)),
    ("echo", "*", NO_FILES, Nothing(Tool::echo)),
    ("egrep", "e:m:qivcnoEFwxlhHsr", 1, Lines(Tool::grep)),
    ("expr", "*", NO_FILES, Nothing(Tool::expr)),
    ("fgrep", "e:m:qivcnoEFwxlhHsr", 1, Lines(Tool::grep)),
    ("find", "*", NO_FILES, Nothing(Tool::find)),
    ("grep", "e:m:qivcnoEFwxlhHsr", 1, Lines(Tool::grep)),
    ("head", "n:c:q", 0, Lines(Tool::head)),
    ("hostname", "fisd", NO_FILES, Nothing(Tool::hostname)),
    ("id", "ugn", NO_FILES, Nothing(Tool::id)),
    ("less", "*", 0, Raw(Tool::cat)),
    ("ls", "laA1dhFtrR", NO_FILES, Nothing(Tool::ls)),
    ("mkdir", "pm:v", NO_FILES, Nothing(Tool::each_path)),
    ("more", "*", 0, Raw(Tool::cat)),
    ("mv", "fnv", NO_FILES, Nothing(Tool::copy)),
    ("nproc", "", NO_FILES, Nothing(Tool::nproc)),
    ("printf", "*", NO_FILES, Nothing(Tool::printf)),
    ("readlink", "f", NO_FILES, Nothing(Tool::real_path)),
    ("realpath", "", NO_FILES, Nothing(Tool::real_path)),
    ("rm", "rfRv", NO_FILES, Nothing(Tool::each_path)),
    ("rmdir", "p", NO_FILES, Nothing(Tool::each_path)),
    ("sed", "nrEi@e:f:sz", NO_FILES, Raw(Tool::sed)),
    ("seq", "+s:wf:", NO_FILES, Nothing(Tool::seq)),
    ("sort", "nruk:t:fh", 0, All(Tool::sort)),
    ("tail", "n:c:fFq", 0, File(Tool::tail)),
    ("tee", "a", NO_FILES, Raw(Tool::tee)),
    ("touch", "c", NO_FILES, Nothing(Tool::each_path)),
    ("tr", "dsc", NO_FILES, Raw(Tool::translate)),
    ("uname", "asnrmvo", NO_FILES, Nothing(Tool::uname)),
    ("uniq", "cdu", 0, File(Tool::uniq)),
    ("wc", "lwcm", 0, File(Tool::wc)),
    ("whoami", "", NO_FILES, Nothing(Tool::whoami)),
    ("xargs", "+n:I:r0tL:d:P:", NO_FILES, All(Tool::xargs)),
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
    ["cksum", "comm", "csplit", "install", "join", "numfmt", "stdbuf", "tsort"].contains(&name)
}

/// The tool of this name with its arguments, where what they ask for is simulated.
pub(crate) fn start(argv: &[String], name: &str) -> Option<Tool> {
    let tool = Tool::new(*TOOLS.iter().find(|(tool, ..)| *tool == name)?, argv)?;
    let simulated = match name {
        "find" => tool.find_is_simulated(),
        _ => true,
    };
    simulated.then_some(tool)
}
