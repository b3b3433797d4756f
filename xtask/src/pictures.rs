//! `cargo xtask pictures`: draws the documentation's pictures, which docs/pictures.txt lists, and the one that stands in
//! index.html before the program is there (tests/it/first_picture.rs).

use std::process::ExitCode;

use crate::arguments::Arguments;
use crate::run::{Result, root, run};
use crate::tools::Tools;

/// The command line, for a person.
pub const USAGE: &str = "\
  pictures   draw the documentation's pictures (docs/pictures.txt) and the page's first one again";

/// The list: a file and its arguments, of which those with spaces stand in single quotes.
const LIST: &str = "docs/pictures.txt";

/// Draws them.
pub fn command(tools: &mut Tools, arguments: Arguments) -> Result<ExitCode> {
    arguments.finish()?;
    let list = std::fs::read_to_string(root().join(LIST)).map_err(|error| format!("{LIST}: {error}"))?;
    for line in list.lines().filter(|line| !line.starts_with('#')) {
        let (picture, words) = line.split_once(": ").ok_or_else(|| format!("{LIST}: {line}"))?;
        let mut draw = tools.cargo();
        draw.current_dir(root()).args(["run", "--quiet", "--package", "kubesim-cli", "--", "draw"]);
        for (n, part) in words.split('\'').enumerate() {
            // What stands between two quotes is one argument.
            if n % 2 == 1 {
                draw.arg(part);
            } else {
                draw.args(part.split_whitespace());
            }
        }
        run(draw.args(["--output", picture]))?;
        println!("{picture}");
    }
    let mut first = tools.cargo();
    first.current_dir(root()).args([
        "test",
        "--quiet",
        "--package",
        "ordinal",
        "--test",
        "it",
        "first_picture",
    ]);
    run(first.env("UPDATE_EXPECT", "1"))?;
    println!("static/first.html");
    Ok(ExitCode::SUCCESS)
}
