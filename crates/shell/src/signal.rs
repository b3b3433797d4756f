//! Signals: numbers and names as Linux has them.

/// SIGKILL
pub(crate) const KILL: u8 = 9;
/// No signal: with one, the status of what it ends is kept (`timeout --preserve-status`).
pub(crate) const KEEPS_STATUS: u8 = 0x80;
/// SIGTERM
pub(crate) const TERM: u8 = 15;
/// Those that a process without a trap does not end of: SIGCHLD, SIGCONT, SIGWINCH, SIGURG; a stopped one is not simulated.
const HARMLESS: [u8; 8] = [17, 18, 19, 20, 21, 22, 23, 28];

/// Names from number 1 on.
pub(crate) const NAMES: [&str; 31] = [
    "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE",
    "ALRM", "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ",
    "VTALRM", "PROF", "WINCH", "POLL", "PWR", "SYS",
];

/// A signal's number: of a name with or without SIG, or a number.
pub(crate) fn number(word: &str) -> Option<u8> {
    if let Ok(number) = word.parse::<u8>() {
        return (number <= 64).then_some(number);
    }
    let upper = word.to_ascii_uppercase();
    let name = upper.strip_prefix("SIG").unwrap_or(&upper);
    NAMES.iter().position(|known| *known == name).map(|at| at as u8 + 1)
}

/// A signal's name; a number where it has none.
pub(crate) fn name(signal: u8) -> String {
    match NAMES.get(usize::from(signal).wrapping_sub(1)) {
        Some(name) => (*name).to_string(),
        None => signal.to_string(),
    }
}

/// Whether a process without a trap ends of it.
pub(crate) fn ends(signal: u8) -> bool {
    signal != 0 && !HARMLESS.contains(&signal)
}

/// What bash says of a script's command that a signal ended, where it says anything.
pub(crate) fn description(signal: u8) -> Option<&'static str> {
    Some(match signal {
        1 => "Hangup",
        3 => "Quit",
        4 => "Illegal instruction",
        6 => "Aborted",
        8 => "Floating point exception",
        KILL => "Killed",
        10 => "User defined signal 1",
        11 => "Segmentation fault",
        12 => "User defined signal 2",
        14 => "Alarm clock",
        TERM => "Terminated",
        _ => return None,
    })
}
