//! `cargo xtask split`, Trunk's hook after a build: the page's module in six parts. What runs before the page is live (drawn,
//! with a running cluster and the editor's manifest checked), what runs before its first pod is there, what runs before that is
//! ready, and the rest; each is loaded after the one before. The fifth is what nothing needs before somebody does something
//! ([`HANDS`]): it is loaded when there is somebody. The sixth is what only some visitors want ([`DOORS`]): it is loaded when they do.
//!
//! What runs when is measured, not guessed: `cargo xtask profile` writes it into `xtask/first-load.txt`. How a module is
//! taken apart by that: crates/wasm-profile-split. `static/start.js` is the loader. A function that is called before its
//! module is there has the page load itself again with all modules, so a profile that is out of date costs time, never
//! correctness; browser tests see to it that that does not happen.
//!
//! The split is made between wasm-bindgen and wasm-opt: inlining has not blurred the functions yet, and the parts are
//! then optimised, each for itself.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{env, fs};

use wasm_profile_split::coverage::Coverage;
use wasm_profile_split::error::Error;
use wasm_profile_split::{Border, arrange, bind_by_order, instrument, split};

use crate::arguments::Arguments;
use crate::card;
use crate::finish;
use crate::first_load;
use crate::glue;
use crate::lessons;
use crate::locales;
use crate::run::{Result, command as program, root, run};
use crate::tools::Tools;
use crate::where_bytes;

/// The command line, for a person.
pub const USAGE: &str = "\
  split      Trunk's hook after a build: makes six modules of the page's one, and optimises them";

/// Splits the module of the site that Trunk has just built.
pub fn command(_: &mut Tools, arguments: Arguments) -> Result<ExitCode> {
    arguments.finish()?;
    hook()?;
    Ok(ExitCode::SUCCESS)
}

/// The names of the modules: in the order in which they are loaded.
pub const PARTS: [&str; 6] = ["ordinal", "opening", "rollout", "deferred", "commands", "wanted"];

/// What is loaded only when it is wanted: functions of these crates and modules, and methods of their types. The page asks for
/// that part (`app::loading::when_wanted`) before it calls any of them. (Not every function in whose name such a type stands:
/// the compiler makes one of several whose instructions are the same, as of what drops a text and a number.)
const DOORS: [&str; 23] = [
    "flat_gif::",
    "gif::",
    "kubesim::manifest::assist::",
    "kubesim::opened::",
    "lesson::",
    "ordinal::app::lessons::",
    "ordinal::components::assist::",
    "ordinal::components::assumed::",
    "ordinal::components::cluster::",
    "ordinal::components::embed::",
    "ordinal::components::export::",
    "ordinal::components::lesson::",
    "ordinal::components::modal::",
    "ordinal::components::plan::",
    "ordinal::components::world::",
    "ordinal::page::lesson::",
    "ordinal::page::progress::",
    "ordinal::page::world::",
    "pulldown_cmark::",
    "scene::picture::",
    "scene::plan::",
    "scene::rerun::",
    "scene::transcript::",
];

/// What is loaded when there is somebody who may do something: functions of these crates that the first example does not run, played
/// to its end. Until somebody does something there is no other story, and what is simulated is the same in every one of its runs;
/// pictures are not: what draws them is not among these. What never ran of their other functions goes there, too.
/// `static/start.js` takes what is done before this part is there.
const HANDS: [&str; 3] = ["kubesim::", "shell::", "yaml::"];

/// Whether a function is of one of these crates or modules, by its plain name.
fn is_of(paths: &[&str], name: &str) -> bool {
    let path = name.trim_start_matches(['<', '&']);
    let path = path.strip_prefix("mut ").unwrap_or(path);
    paths.iter().any(|start| path.starts_with(start))
}

/// What an instrumented page is told in place of the later modules: to wait until it is told to go on.
const HELD: &str = "held";

/// The file beside an instrumented page that tells its functions.
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

/// How small modules are made. What rustc makes leaves the lowest kilobyte of the memory, where the stack ends, alone. Not told
/// that implicit traps may be ignored: loads would then be done before the question whether their address is one.
pub const OPTIMISED: [&str; 2] = ["-Oz", "--low-memory-unused"];

/// Where a build leaves one of its parts as it is shipped, but with its functions' names.
pub fn named_part(part: &str) -> PathBuf {
    root().join("target").join("named-parts").join(format!("{part}.wasm"))
}

/// Trunk's hook after a build: puts the languages into the site, and makes a release build's module small. With ORDINAL_PROFILE set, instruments it instead.
///
/// # Errors
/// If the staging folder does not hold what Trunk and wasm-bindgen put there.
fn hook() -> Result<()> {
    let staging = env::var_os("TRUNK_STAGING_DIR")
        .map(PathBuf::from)
        .ok_or("this is Trunk's hook: run `cargo xtask build`")?;
    locales::stage(&staging)?;
    lessons::stage(&staging)?;
    finish::put_off_style(&staging)?;
    if let Ok(url) = env::var(card::VARIABLE) {
        card::tell(&staging, &url)?;
    }
    let is_release = env::var("TRUNK_PROFILE").as_deref() == Ok("release");
    if is_release {
        let site = Site::find(&staging)?;
        if env::var_os("ORDINAL_PROFILE").is_some() {
            return site.instrument();
        }
        site.split()?;
    }
    finish::finish(&staging, is_release)
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
        let instrumented = instrument(&self.read(&self.wasm)?).map_err(|error| error.to_string())?;
        self.write(&self.wasm, &instrumented.module)?;
        self.write(FUNCTIONS, instrumented.functions.as_bytes())?;
        self.announce(&self.wasm, HELD)
    }

    fn split(&self) -> Result<()> {
        let linked = env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
        let linked = linked.join(crate::tools::WASM).join("release").join("ordinal.wasm");
        let linked = fs::read(&linked).map_err(|error| format!("{}: {error}", linked.display()))?;
        let coverage = Coverage::read(&first_load::read()?);
        let split = split(
            &linked,
            &self.read(&self.wasm)?,
            &coverage,
            [&|name| is_of(&HANDS, name), &|name| is_of(&DOORS, name)],
        )
        .map_err(explained)?;
        println!("» {} pieces are cut out of functions that run before the first pod is ready", split.pieces);
        if !split.followed.is_empty() {
            println!(
                "» {} functions of which {} does not tell are taken to run as early as what calls them, such as {}",
                split.followed.len(),
                first_load::FILE,
                split.followed[0]
            );
        }
        let borders = [
            "the page is live",
            "the first pod is there",
            "it is ready",
            "somebody is there",
            "somebody wants them",
        ];
        for (border, after) in split.borders.iter().zip(borders) {
            tell(border, after);
        }
        let parts = PARTS.iter().zip(split.modules);
        let parts = parts.map(|(name, part)| optimised(name, part)).collect::<Result<Vec<_>>>()?;
        let mut parts = arrange(&parts).map_err(|error| error.to_string())?;
        // By order, from here on: optimising tells functions apart by their names.
        for at in 1..parts.len() {
            let bound = bind_by_order(&parts[at - 1], &parts[at]).map_err(|error| error.to_string())?;
            [parts[at - 1], parts[at]] = bound;
        }
        let imports = self.shorten_scripts()?;
        parts[0] = glue::rename_imports(&parts[0], &imports).map_err(|error| error.to_string())?;
        // The names follow from all contents: no part is ever taken from a cache beside another's.
        let hash = finish::fnv(&parts);
        fs::remove_file(self.folder.join(&self.wasm)).map_err(|error| format!("{}: {error}", self.wasm))?;
        let names = PARTS.map(|part| format!("{part}-{hash:016x}.wasm"));
        for (name, part) in names.iter().zip(&parts) {
            self.write(name, part)?;
        }
        let [first, later @ ..] = &names;
        self.announce(first, &later.join(" "))
    }

    /// Makes the scripts smaller; gives the names by which the module's glue knows its imports now.
    fn shorten_scripts(&self) -> Result<BTreeMap<String, String>> {
        let entries =
            fs::read_dir(&self.folder).map_err(|error| format!("{}: {error}", self.folder.display()))?;
        let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        let scripts: Vec<String> = names.filter(|name| name.ends_with(".js")).collect();
        let mut imports = BTreeMap::new();
        for name in scripts {
            let script = String::from_utf8(self.read(&name)?).map_err(|_| format!("{name} is not UTF-8"))?;
            let short = glue::short_names(&script);
            let script = glue::without_comments(&glue::rename(&script, &short));
            self.write(&name, script.as_bytes())?;
            imports.extend(short);
        }
        Ok(imports)
    }

    /// Tells `static/start.js`, in index.html, which module is loaded first and which later.
    fn announce(&self, first: &str, later: &str) -> Result<()> {
        let index = String::from_utf8(self.read("index.html")?).map_err(|_| "index.html is not UTF-8")?;
        let index = index.replace(&self.wasm, first);
        // Minified or not: the element that the app's name stands in.
        let app = index.find("ordinal-app").and_then(|at| index[..at].rfind("<meta"));
        let app = app.ok_or("index.html has no <meta name=\"ordinal-app\">")?;
        let (before, after) = index.split_at(app);
        let index = format!("{before}<meta name=\"ordinal-deferred\" content=\"{later}\">{after}");
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
    let name = if cfg!(windows) { "wasm-opt.cmd" } else { "wasm-opt" };
    if crate::run::output(program(name).arg("--version")).is_some() {
        let mut optimise = program(name);
        optimise
            .arg(&named)
            .arg("-o")
            .arg(&named)
            .args(OPTIMISED)
            .args(["-g", "--strip-producers"])
            .args(FEATURES);
        run(&mut optimise)?;
    } else {
        println!("» wasm-opt is not on PATH: the page is bigger than it need be");
    }
    let module = fs::read(&named).map_err(failed)?;
    where_bytes::without_names(&module).map_err(|error| format!("{}: {error}", named.display()))
}

/// Prints what is behind a border between two parts.
fn tell(border: &Border, after: &str) {
    let Border { functions, entries, used, constants } = border;
    println!(
        "» {functions} functions after {after}; {entries} ways there, {used} back; {constants} bytes of constants"
    );
}

/// Why there is no split, and what to do about it.
fn explained(error: Error) -> String {
    match error {
        Error::NoRelocations => format!(
            "{error}: .cargo/config.toml passes --emit-relocs to the linker, and RUSTFLAGS or CARGO_ENCODED_RUSTFLAGS, if set, \
             takes the place of that: unset it"
        ),
        other => other.to_string(),
    }
}
