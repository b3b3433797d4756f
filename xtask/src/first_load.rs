//! The list of what runs before the page is live, its first pod there, and that ready: `xtask/first-load.txt`.

use std::fs;

use crate::run::{Result, command, output, root};

/// The list, below the repository's root.
pub const FILE: &str = "xtask/first-load.txt";

/// What the list begins with.
const HEAD: &str = "\
# What runs before the page is live, before its first pod is there, and before that is ready: the modules that are loaded first. Measured by
# `cargo xtask profile`; what the lines say, and what becomes of them: crates/wasm-profile-split.
";

/// What the line begins with that names the compiler: another one may leave other branches in functions.
const COMPILER: &str = "# Compiler: ";

/// The list's text.
pub fn read() -> Result<String> {
    let list = root().join(FILE);
    fs::read_to_string(&list).map_err(|error| format!("{}: {error}", list.display()))
}

/// Writes the list, as this machine's compiler has it, of these lines.
pub fn write(lines: &str) -> Result<()> {
    let list = root().join(FILE);
    let compiler = compiler()?;
    fs::write(&list, format!("{HEAD}{COMPILER}{compiler}\n{lines}"))
        .map_err(|error| format!("{}: {error}", list.display()))?;
    println!("{FILE} has {} lines now.", lines.lines().count());
    Ok(())
}

/// The compiler that the list was measured with, if it is not this machine's.
pub fn other_compiler() -> Result<Option<String>> {
    let list = read()?;
    let measured = list.lines().find_map(|line| line.strip_prefix(COMPILER)).unwrap_or("an unknown compiler");
    Ok((measured != compiler()?).then(|| measured.to_owned()))
}

fn compiler() -> Result<String> {
    output(command("rustc").arg("-V"))
        .map(|said| said.trim().to_owned())
        .ok_or("rustc does not run".to_owned())
}
