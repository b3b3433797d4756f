//! The page's module in three parts: what runs before the page is live (drawn, with a running cluster and the editor's
//! manifest checked), what runs before the second pod is there, and the rest. Each is loaded after the one before.
//!
//! What runs when is measured, not guessed: `cargo xtask profile` runs the page with every stretch of code marking itself
//! ([`instrument`]) and writes what ran into `xtask/first-load.txt` ([`xtask::coverage`]). [`outline`] makes functions of
//! their own of what runs later, or never, in functions that do run; [`parts`] distributes functions, and the constants that
//! only they need ([`constants`]), over the modules. In place of a function that has moved to a later module stays a stub that
//! calls it through a table. A stub that is called before that module is there loads it on the spot (`static/start.js`), so a
//! profile that is out of date costs bytes or time, never correctness; a browser test sees to it that the opening needs no
//! such load.
//!
//! The split is made between wasm-bindgen and wasm-opt: inlining has not blurred the functions yet, and the parts are
//! then optimised, each for itself.

use std::path::{Path, PathBuf};
use std::{env, fs};

use wasm_profile_split::constants::Constants;
use wasm_profile_split::coverage::Coverage;
use wasm_profile_split::{instrument, parts};

use crate::run::{Result, command, root, run};
use crate::where_bytes;

/// What runs when, as measured.
pub const FIRST_LOAD: &str = "xtask/first-load.txt";

/// The names of the modules: in the order in which they are loaded.
pub const PARTS: [&str; 3] = ["ordinal", "opening", "rest"];

/// What an instrumented page is told in place of the later modules: to wait until it is told to go on.
const HELD: &str = "held";

/// The file beside an instrumented page that tells the functions; see [`instrument`].
const FUNCTIONS: &str = "functions.txt";

/// The features that Rust's wasm32 target and wasm-bindgen use.
const FEATURES: [&str; 6] = [
    "--enable-bulk-memory",
    "--enable-nontrapping-float-to-int",
    "--enable-sign-ext",
    "--enable-mutable-globals",
    "--enable-reference-types",
    "--enable-multivalue",
];

/// Where a build leaves one of its parts as it is shipped, but with its functions' names.
pub fn named_part(part: &str) -> PathBuf {
    root().join("target").join("named-parts").join(format!("{part}.wasm"))
}

/// Trunk's hook after a build: makes a release build's module small. With ORDINAL_PROFILE set, instruments it instead.
///
/// # Errors
/// If the staging folder does not hold what Trunk and wasm-bindgen put there.
pub fn hook() -> Result<()> {
    if env::var("TRUNK_PROFILE").as_deref() != Ok("release") {
        return Ok(());
    }
    let staging = env::var_os("TRUNK_STAGING_DIR")
        .map(PathBuf::from)
        .ok_or("this is Trunk's hook: run `cargo xtask build`")?;
    let site = Site::find(&staging)?;
    if env::var_os("ORDINAL_PROFILE").is_some() { site.instrument() } else { site.split() }
}

/// A site as Trunk has just built it.
struct Site {
    folder: PathBuf,
    /// The module's file.
    wasm: String,
}

impl Site {
    fn find(folder: &Path) -> Result<Self> {
        let entries = fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        let mut modules = entries
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .filter(|name| name.ends_with("_bg.wasm"));
        match (modules.next(), modules.next()) {
            (Some(wasm), None) => Ok(Self { folder: folder.to_owned(), wasm }),
            _ => Err(format!("{} does not hold one module", folder.display())),
        }
    }

    fn read(&self, name: &str) -> Result<Vec<u8>> {
        fs::read(self.folder.join(name)).map_err(|error| format!("{name}: {error}"))
    }

    fn write(&self, name: &str, content: &[u8]) -> Result<()> {
        fs::write(self.folder.join(name), content).map_err(|error| format!("{name}: {error}"))
    }

    fn instrument(&self) -> Result<()> {
        let (module, names) = instrument(&self.read(&self.wasm)?)?;
        self.write(&self.wasm, &module)?;
        self.write(FUNCTIONS, names.as_bytes())?;
        self.announce(&self.wasm, HELD)
    }

    fn split(&self) -> Result<()> {
        let linked = env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
        let linked = linked.join(crate::tools::WASM).join("release").join("ordinal.wasm");
        let linked = fs::read(&linked).map_err(|error| format!("{}: {error}", linked.display()))?;
        let list = root().join(FIRST_LOAD);
        let list = fs::read_to_string(&list).map_err(|error| format!("{}: {error}", list.display()))?;
        let coverage = Coverage::read(&list);
        let parts = parts::split(&Constants::read(&linked)?, &self.read(&self.wasm)?, &coverage)?;
        let parts = PARTS.iter().zip(parts);
        let parts = parts.map(|(name, part)| optimised(name, part)).collect::<Result<Vec<_>>>()?;
        // The names follow from all contents: no part is ever taken from a cache beside another's.
        let hash = fnv(&parts);
        fs::remove_file(self.folder.join(&self.wasm)).map_err(|error| format!("{}: {error}", self.wasm))?;
        let names = PARTS.map(|part| format!("{part}-{hash:016x}.wasm"));
        for (name, part) in names.iter().zip(&parts) {
            self.write(name, part)?;
        }
        let [first, later @ ..] = &names;
        self.announce(first, &later.join(" "))
    }

    /// Tells `static/start.js`, in index.html, which module is loaded first and which later.
    fn announce(&self, first: &str, later: &str) -> Result<()> {
        let index = String::from_utf8(self.read("index.html")?).map_err(|_| "index.html is not UTF-8")?;
        let index = index.replace(&self.wasm, first);
        // Minified or not: the element that the app's name stands in.
        let app = index.find("ordinal-app").and_then(|at| index[..at].rfind("<meta"));
        let app = app.ok_or("index.html has no <meta name=\"ordinal-app\">")?;
        let (before, after) = index.split_at(app);
        let index = format!("{before}<meta name=\"ordinal-rest\" content=\"{later}\">{after}");
        self.write("index.html", index.as_bytes())
    }
}

/// A part after wasm-opt, if there is one on PATH, without its names; a copy with them stays in the target folder for
/// `cargo xtask size`.
fn optimised(name: &str, module: Vec<u8>) -> Result<Vec<u8>> {
    let named = named_part(name);
    let failed = |error: std::io::Error| format!("{}: {error}", named.display());
    fs::create_dir_all(named.parent().expect("it is in a folder")).map_err(failed)?;
    fs::write(&named, module).map_err(failed)?;
    let program = if cfg!(windows) { "wasm-opt.cmd" } else { "wasm-opt" };
    if crate::run::output(command(program).arg("--version")).is_some() {
        let mut optimise = command(program);
        optimise.arg(&named).arg("-o").arg(&named).args(["-Oz", "-g", "--strip-producers"]).args(FEATURES);
        run(&mut optimise)?;
    } else {
        println!("» wasm-opt is not on PATH: the page is bigger than it need be");
    }
    let module = fs::read(&named).map_err(failed)?;
    where_bytes::without_names(&module).map_err(|error| format!("{}: {error}", named.display()))
}

/// A 64-bit FNV-1a hash: it names files, nothing more.
fn fnv(contents: &[Vec<u8>]) -> u64 {
    contents
        .iter()
        .flatten()
        .fold(0xcbf2_9ce4_8422_2325, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
