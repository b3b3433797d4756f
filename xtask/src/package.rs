//! The package for npm: packages/ordinal-player with the built site in its `dist/`, as it is published.

use std::fs;
use std::path::{Path, PathBuf};

use page_driver::page::copy;

use crate::run::{Result, command, output, root};

/// Puts the package together in a new folder.
///
/// # Errors
/// If a file can't be copied.
pub fn make(dist: &Path, folder: &Path) -> Result<()> {
    let failed = |error: std::io::Error| format!("{}: {error}", folder.display());
    if folder.is_dir() {
        fs::remove_dir_all(folder).map_err(failed)?;
    }
    copy(&root().join("packages/ordinal-player"), folder);
    copy(dist, &folder.join("dist"));
    for name in ["LICENSE-MIT", "LICENSE-APACHE"] {
        fs::copy(root().join(name), folder.join(name)).map_err(failed)?;
    }
    // They lie in dist/, where the element was made smaller.
    for name in ["ordinal-player.js", "ordinal-player.mjs", "ordinal-player.d.ts"] {
        fs::remove_file(folder.join(name)).map_err(failed)?;
    }
    Ok(())
}

/// The program npm, in a folder.
pub fn npm(folder: &Path) -> std::process::Command {
    let mut npm = command(if cfg!(windows) { "npm.cmd" } else { "npm" });
    npm.current_dir(folder);
    npm
}

/// Makes a tarball of the package, as npm would publish it, in the folder `to`.
///
/// # Errors
/// If npm can't, or names no tarball.
pub fn pack(folder: &Path, to: &Path) -> Result<PathBuf> {
    let said = output(npm(folder).args(["pack", "--silent", "--pack-destination"]).arg(to));
    let said = said.ok_or_else(|| format!("`npm pack` failed in {}", folder.display()))?;
    let tarball = to.join(said.trim());
    if tarball.is_file() { Ok(tarball) } else { Err(format!("{} is not there", tarball.display())) }
}
