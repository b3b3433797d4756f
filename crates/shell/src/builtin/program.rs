//! Where programs lie.

/// Directories whose programs are ours.
pub(crate) const PROGRAM_DIRS: [&str; 6] =
    ["/bin/", "/usr/bin/", "/sbin/", "/usr/sbin/", "/usr/local/bin/", "/busybox/"];

/// A program's name without the directory where programs lie.
pub(crate) fn program(path: &str) -> &str {
    PROGRAM_DIRS.iter().find_map(|dir| path.strip_prefix(dir)).unwrap_or(path)
}
