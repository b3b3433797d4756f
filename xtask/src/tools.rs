//! Set-up: what building and testing need, found or installed.
//!
//! A tool of the right version on PATH is used as it is. What is missing goes into a folder of its own,
//! `<cache>/ordinal/tools/<tool>-<version>/`, through the package registries that cargo and npm are set up
//! for; nothing on PATH is replaced. `<cache>` is ORDINAL_TOOLS, or else the user's cache folder.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::run::{Result, cargo, command, output, root, run, shown};

/// The target that the page is compiled for.
pub const WASM: &str = "wasm32-unknown-unknown";
const TRUNK: &str = "0.21.14";
const GECKODRIVER: &str = "0.37.1";
const CARGO_DENY: &str = "0.20.2";
/// npm's number for Binaryen's `version_132`, which Trunk.toml asks for.
const BINARYEN: &str = "132.0.0";
const AXE: &str = "4.14.1";
const TERSER: &str = "5.51.4";

/// What a command may need beyond cargo and rustc.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// rustfmt and clippy.
    Linters,
    /// The standard library for [`WASM`].
    WasmTarget,
    /// What turns the crate into a site: Trunk, wasm-bindgen, and the crates themselves.
    PageBuilder,
    /// Binaryen's wasm-opt, without which the page is some tens of kilobytes bigger.
    WasmOpt,
    /// Makes scripts smaller.
    Terser,
    /// Checks licences, bans, sources and advisories of the dependencies.
    CargoDeny,
    /// Chromium and its driver.
    Browser,
    /// A font, for pictures that are made of pixels.
    Fonts,
    /// axe-core, which finds what keeps people from using a page.
    Axe,
    /// Firefox and WebKit, with their drivers.
    Engines,
}

/// The tools found so far.
#[derive(Debug, Default)]
pub struct Tools {
    /// Folders to be searched before those of PATH.
    folders: Vec<PathBuf>,
    /// Whether wasm-opt is among them or on PATH.
    pub wasm_opt: bool,
    /// The same of terser.
    pub terser: bool,
    /// Chromium and its driver.
    pub browser: Option<Browser>,
    /// axe-core's script.
    pub axe: Option<PathBuf>,
    /// Firefox and WebKit, with their drivers.
    pub engines: Option<Engines>,
}

/// A browser that can be driven.
#[derive(Clone, Debug)]
pub struct Browser {
    /// Chromium, or a relative.
    pub chrome: PathBuf,
    /// The chromedriver that belongs to it.
    pub driver: PathBuf,
}

/// Browsers of other engines than Chromium's.
#[derive(Clone, Debug)]
pub struct Engines {
    firefox: PathBuf,
    geckodriver: PathBuf,
    /// WebKitGTK is there on Linux only.
    webkit: Option<WebKit>,
}

/// WebKitGTK: its driver, its browser, and the screen that it needs.
#[derive(Clone, Debug)]
struct WebKit {
    driver: PathBuf,
    browser: PathBuf,
    xvfb: PathBuf,
}

impl Engines {
    /// The variables by which the tests find them.
    pub fn variables(&self) -> Vec<(&'static str, &Path)> {
        let mut variables: Vec<(&str, &Path)> =
            vec![("FIREFOX", &self.firefox), ("GECKODRIVER", &self.geckodriver)];
        if let Some(WebKit { driver, browser, xvfb }) = &self.webkit {
            variables.extend([
                ("WEBKIT_DRIVER", &**driver),
                ("WEBKIT_BROWSER", &**browser),
                ("XVFB", &**xvfb),
            ]);
        }
        variables
    }

    /// Whether there is a WebKit on this system that can be driven.
    pub fn has_webkit(&self) -> bool {
        self.webkit.is_some()
    }
}

impl Tools {
    /// Finds or installs everything that is needed, in order; says what it installs and why.
    pub fn ensure(&mut self, needs: &[Need]) -> Result<()> {
        for need in needs {
            match need {
                Need::Linters => ensure_linters()?,
                Need::WasmTarget => ensure_wasm_target()?,
                Need::PageBuilder => self.ensure_page_builder()?,
                Need::WasmOpt => self.ensure_wasm_opt()?,
                Need::Terser => self.ensure_terser()?,
                Need::CargoDeny => {
                    let right = |found: (u32, u32, u32)| found >= (0, 19, 0);
                    let deny = CargoTool {
                        name: "cargo-deny",
                        why: "checks the dependencies",
                        version: CARGO_DENY,
                        locked: true,
                        is_whole: true,
                    };
                    self.ensure_cargo_tool(&deny, right)?;
                }
                Need::Browser => self.browser = Some(ensure_browser()?),
                Need::Fonts => ensure_fonts()?,
                Need::Axe => self.axe = Some(ensure_axe()?),
                Need::Engines => self.engines = Some(self.ensure_engines()?),
            }
        }
        Ok(())
    }

    /// As [`Need::WasmOpt`], for when the page may do without: says so then.
    pub fn try_wasm_opt(&mut self) {
        if let Err(problem) = self.ensure_wasm_opt() {
            say(&format!("going on without wasm-opt, so the page will be bigger than it need be: {problem}"));
        }
    }

    /// As [`Need::Terser`], for when the page may do without: says so then.
    pub fn try_terser(&mut self) {
        if let Err(problem) = self.ensure_terser() {
            say(&format!("going on without terser, so scripts will be bigger than they need be: {problem}"));
        }
    }

    /// A program with the found tools first on its PATH.
    pub fn command(&self, program: &str) -> Command {
        self.with_path(command(program))
    }

    /// cargo with the found tools first on its PATH.
    pub fn cargo(&self) -> Command {
        self.with_path(cargo())
    }

    fn with_path(&self, mut command: Command) -> Command {
        let path = env::var_os("PATH").unwrap_or_default();
        let folders = self.folders.iter().cloned().chain(env::split_paths(&path));
        command.env("PATH", env::join_paths(folders).expect("folders of a PATH make a PATH"));
        command
    }

    fn ensure_page_builder(&mut self) -> Result<()> {
        let trunk = CargoTool {
            name: "trunk",
            why: "makes a site of the crate",
            version: TRUNK,
            locked: true,
            is_whole: true,
        };
        self.ensure_cargo_tool(&trunk, |found| ((0, 21, 14)..(0, 22, 0)).contains(&found))?;
        let version = locked_version("wasm-bindgen")?;
        // Not --locked: with the crates of its lock file it does not build on every compiler.
        let bindgen = CargoTool {
            name: "wasm-bindgen-cli",
            why: "makes the module's JavaScript; of the version in Cargo.lock",
            version: &version,
            locked: false,
            is_whole: true,
        };
        let exact = numbers(&version)
            .ok_or_else(|| format!("Cargo.lock names wasm-bindgen {version}: no version"))?;
        self.ensure_cargo_tool(&bindgen, |found| found == exact)?;
        let host = host()?;
        run(cargo().args(["fetch", "--locked", "--target", WASM, "--target", &host])).map_err(|problem| {
            format!("{problem}\nThe crates in Cargo.lock must be had, from the network or a vendored source.")
        })
    }

    fn ensure_engines(&mut self) -> Result<Engines> {
        let why = "tests run in Firefox and WebKit, too";
        let needed = |found: fn() -> Option<PathBuf>, package: &str, otherwise: &str| {
            found_or_installed(found, package, why, otherwise)
        };
        let firefox = needed(
            || set_or_found("FIREFOX", &["firefox-esr", "firefox"]),
            "firefox-esr",
            "Install Firefox, or set FIREFOX to it.",
        )?;
        let webkit = if cfg!(target_os = "linux") {
            Some(WebKit {
                driver: needed(
                    || set_or_found("WEBKIT_DRIVER", &["WebKitWebDriver"]),
                    "webkit2gtk-driver",
                    "Install WebKitGTK's WebKitWebDriver, or set WEBKIT_DRIVER to it.",
                )?,
                browser: needed(
                    find_mini_browser,
                    "libwebkit2gtk-4.1-0",
                    "Install WebKitGTK's MiniBrowser, or set WEBKIT_BROWSER to it.",
                )?,
                xvfb: needed(|| set_or_found("XVFB", &["Xvfb"]), "xvfb", "Install Xvfb, or set XVFB to it.")?,
            })
        } else {
            None
        };
        let geckodriver = if let Some(driver) = set_or_found("GECKODRIVER", &["geckodriver"]) {
            driver
        } else {
            let tool = CargoTool {
                name: "geckodriver",
                why: "drives Firefox",
                version: GECKODRIVER,
                locked: true,
                is_whole: true,
            };
            self.ensure_cargo_tool(&tool, |found| found >= (0, 34, 0))?;
            let folder = tool_folder(tool.name, tool.version)?.join("bin");
            folder.join(format!("geckodriver{}", env::consts::EXE_SUFFIX))
        };
        Ok(Engines { firefox, geckodriver, webkit })
    }

    /// A program of cargo's registry, of a version that is `right`: on PATH, or in a folder of its own that [`Tools::command`] searches.
    pub fn ensure_cargo_tool(
        &mut self,
        tool: &CargoTool,
        right: impl Fn((u32, u32, u32)) -> bool,
    ) -> Result<()> {
        let binary = tool.binary();
        let is_right = |program: &Path| version_of(program).is_some_and(&right);
        if is_right(Path::new(binary)) {
            return Ok(());
        }
        let folder = tool_folder(tool.name, tool.version)?;
        let installed = folder.join("bin").join(format!("{binary}{}", env::consts::EXE_SUFFIX));
        if !is_right(&installed) {
            tool.install(&folder)?;
            if !is_right(&installed) {
                return Err(format!("{} does not run, or is not {}", installed.display(), tool.version));
            }
        }
        self.folders.push(folder.join("bin"));
        Ok(())
    }

    fn ensure_wasm_opt(&mut self) -> Result<()> {
        // It calls itself `wasm-opt version 132 (version_132)`.
        let (major, _, _) = numbers(BINARYEN).expect("BINARYEN is a version");
        let wanted = format!("version {major} ");
        let is_right = |program: &Path| {
            output(self.command(&program.to_string_lossy()).arg("--version"))
                .is_some_and(|said| format!("{} ", said.trim()).contains(&wanted))
        };
        if !is_right(Path::new("wasm-opt")) {
            let folder = tool_folder("binaryen", BINARYEN)?;
            let bin = folder.join("node_modules").join(".bin");
            let script = bin.join(if cfg!(windows) { "wasm-opt.cmd" } else { "wasm-opt" });
            if !is_right(&script) {
                npm_install(&folder, &[("binaryen", BINARYEN)], "its wasm-opt makes the page smaller")
                    .map_err(|problem| format!("{problem}\nA wasm-opt {major} on PATH would do as well."))?;
                if !is_right(&script) {
                    return Err(format!("{} does not run, or is not version {major}", script.display()));
                }
            }
            self.folders.push(bin);
        }
        self.wasm_opt = true;
        Ok(())
    }

    fn ensure_terser(&mut self) -> Result<()> {
        let wanted = numbers(TERSER).expect("TERSER is a version");
        // It calls itself `terser 5.0.0`. What another version writes is as good, but not the same.
        let is_right = |program: &Path| version_of(program) == Some(wanted);
        let name = if cfg!(windows) { "terser.cmd" } else { "terser" };
        if !is_right(Path::new(name)) {
            let folder = tool_folder("terser", TERSER)?;
            let bin = folder.join("node_modules").join(".bin");
            if !is_right(&bin.join(name)) {
                npm_install(&folder, &[("terser", TERSER)], "makes the page's scripts smaller")?;
                if !is_right(&bin.join(name)) {
                    return Err(format!("{} does not run, or is not {TERSER}", bin.join(name).display()));
                }
            }
            self.folders.push(bin);
        }
        self.terser = true;
        Ok(())
    }
}

/// A program that cargo installs.
pub struct CargoTool<'a> {
    /// Its crate.
    pub name: &'a str,
    /// What we want it for.
    pub why: &'a str,
    /// The version that is installed where none is right.
    pub version: &'a str,
    /// Whether to take the crates of its own lock file.
    pub locked: bool,
    /// Whether it is wanted with the features that it has by default.
    pub is_whole: bool,
}

impl CargoTool<'_> {
    fn binary(&self) -> &str {
        self.name.strip_suffix("-cli").unwrap_or(self.name)
    }

    fn install(&self, folder: &Path) -> Result<()> {
        installing(self.name, self.version, self.why);
        let spec = format!("{}@{}", self.name, self.version);
        let with_options = |mut command: Command| {
            command.arg(&spec).arg("--root").arg(folder);
            if self.locked {
                command.arg("--locked");
            }
            if !self.is_whole {
                command.arg("--no-default-features");
            }
            command
        };
        if output(cargo().args(["binstall", "-V"])).is_some() {
            let mut binstall = cargo();
            binstall.args(["binstall", "--no-confirm", "--disable-strategies", "compile"]);
            match run(&mut with_options(binstall)) {
                Ok(()) => return Ok(()),
                Err(problem) => say(&format!("{problem}; building it from its source instead")),
            }
        }
        let mut install = cargo();
        install.arg("install");
        let mut install = with_options(install);
        // Or cargo would advise to put it on PATH, where nobody else needs it.
        let path = env::var_os("PATH").unwrap_or_default();
        let path = env::join_paths([folder.join("bin")].into_iter().chain(env::split_paths(&path)));
        install.env("PATH", path.map_err(|error| format!("PATH cannot be added to: {error}"))?);
        // In a place that stays, so that an interrupted build goes on where it was.
        let build = tool_folder("build", self.name)?;
        install.arg("--target-dir").arg(&build);
        // These tools run for seconds: a build that takes a third of the time is worth more than their speed.
        for (setting, value) in [
            ("OPT_LEVEL", "1"),
            ("LTO", "off"),
            ("CODEGEN_UNITS", "64"),
            ("DEBUG", "false"),
            ("STRIP", "true"),
        ] {
            install.env(format!("CARGO_PROFILE_RELEASE_{setting}"), value);
        }
        run(&mut install).map_err(|problem| {
            format!(
                "{problem}\nBuilding {} needs a C compiler and the network (or cargo's cache). \
                 Set that right and run this again: it goes on where it was. A {} {} on PATH would do as well.",
                self.name,
                self.binary(),
                self.version
            )
        })?;
        // Only space is lost if it cannot be removed.
        let _ = fs::remove_dir_all(build);
        Ok(())
    }
}

fn say(text: &str) {
    println!("» {text}");
}

/// Says what is being installed, and what for.
pub fn installing(what: &str, version: &str, why: &str) {
    say(&format!("installing {what} {version} ({why}); this happens once"));
}

/// `<cache>/ordinal/tools/<tool>-<version>`.
pub fn tool_folder(tool: &str, version: &str) -> Result<PathBuf> {
    let set = |name: &str| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let usual = || {
        if cfg!(windows) {
            set("LOCALAPPDATA")
        } else if cfg!(target_os = "macos") {
            set("HOME").map(|home| home.join("Library/Caches"))
        } else {
            set("XDG_CACHE_HOME").or_else(|| set("HOME").map(|home| home.join(".cache")))
        }
    };
    let cache = set("ORDINAL_TOOLS")
        .or_else(usual)
        .ok_or("there is no home folder to put tools in: set ORDINAL_TOOLS to a folder")?;
    // Relative to where the user stands, not to the folder a tool is run in.
    let cache = std::path::absolute(&cache).map_err(|error| format!("{}: {error}", cache.display()))?;
    Ok(cache.join("ordinal").join("tools").join(format!("{tool}-{version}")))
}

/// The three numbers of a version such as `0.21.14` or `0.19.0-rc.1`.
fn numbers(version: &str) -> Option<(u32, u32, u32)> {
    let mut parts = version.split(['.', '-', '+']).map(|part| part.parse().ok());
    Some((parts.next()??, parts.next()??, parts.next()??))
}

/// The version that a program gives as its own, if it runs.
fn version_of(program: &Path) -> Option<(u32, u32, u32)> {
    let said = output(command(program).arg("--version"))?;
    // mdBook's is `mdbook v0.5.4`.
    said.split_whitespace().find_map(|word| numbers(word.strip_prefix('v').unwrap_or(word)))
}

/// The version of a crate in Cargo.lock.
fn locked_version(name: &str) -> Result<String> {
    let path = root().join("Cargo.lock");
    let lock =
        fs::read_to_string(&path).map_err(|error| format!("{} cannot be read: {error}", path.display()))?;
    let entry = format!("name = \"{name}\"\nversion = \"");
    let version = lock
        .replace("\r\n", "\n")
        .split_once(&entry)
        .and_then(|(_, rest)| Some(rest.split_once('"')?.0.to_owned()));
    version.ok_or_else(|| format!("Cargo.lock holds no {name}"))
}

/// The target that programs for this machine are compiled for.
fn host() -> Result<String> {
    let said = output(command("rustc").arg("-vV")).ok_or("rustc does not run")?;
    let host = said.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.ok_or("rustc -vV names no host")?.to_owned())
}

fn ensure_linters() -> Result<()> {
    for (component, subcommand) in [("rustfmt", "fmt"), ("clippy", "clippy")] {
        if output(cargo().args([subcommand, "--version"])).is_none() {
            installing(component, "for this toolchain", "a check of every test run");
            run(command("rustup").args(["component", "add", component])).map_err(|problem| {
                format!("{problem}\nInstall {component} for your Rust toolchain the way you installed the toolchain.")
            })?;
        }
    }
    Ok(())
}

fn ensure_wasm_target() -> Result<()> {
    let sysroot = output(command("rustc").args(["--print", "sysroot"])).ok_or("rustc does not run")?;
    if Path::new(sysroot.trim()).join("lib/rustlib").join(WASM).join("lib").is_dir() {
        return Ok(());
    }
    installing(WASM, "for this toolchain", "Rust's standard library for the page");
    run(command("rustup").args(["target", "add", WASM])).map_err(|problem| {
        format!(
            "{problem}\nAdd the target {WASM} to your Rust toolchain; where Rust comes from a distribution, \
             the package is called something like libstd-rust-dev-wasm32."
        )
    })
}

/// Installs packages of npm, each of a version, into a folder.
pub fn npm_install(folder: &Path, packages: &[(&str, &str)], why: &str) -> Result<()> {
    ensure_npm()?;
    let (name, version) = packages[0];
    installing(name, version, why);
    fs::create_dir_all(folder).map_err(|error| format!("{} cannot be made: {error}", folder.display()))?;
    let npm = if cfg!(windows) { "npm.cmd" } else { "npm" };
    run(command(npm)
        .args(["install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix"])
        .arg(folder)
        .args(packages.iter().map(|(name, version)| format!("{name}@{version}"))))
    .map_err(|problem| format!("{problem}\nIs npm's registry within reach?"))
}

/// axe-core's script.
fn ensure_axe() -> Result<PathBuf> {
    let folder = tool_folder("axe-core", AXE)?;
    let script = folder.join("node_modules").join("axe-core").join("axe.min.js");
    if !script.is_file() {
        npm_install(&folder, &[("axe-core", AXE)], "looks for what keeps people from using the page")?;
    }
    if script.is_file() { Ok(script) } else { Err(format!("{} is not there", script.display())) }
}

fn ensure_npm() -> Result<()> {
    let runs = |program: &str| output(command(program).arg("--version")).is_some();
    if runs("node") && runs(if cfg!(windows) { "npm.cmd" } else { "npm" }) {
        return Ok(());
    }
    install_debian(&["nodejs", "npm"], "npm installs binaryen, node runs it").map_err(|problem| {
        format!("{problem}\nInstall Node.js with npm, or put a wasm-opt of version {BINARYEN} on PATH.")
    })
}

/// A font where Linux keeps them; other systems have some.
fn ensure_fonts() -> Result<()> {
    let has_font = |folder: &Path| {
        let mut folders = vec![folder.to_owned()];
        while let Some(folder) = folders.pop() {
            for path in
                fs::read_dir(folder).into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path()))
            {
                let kind = path.extension().and_then(|kind| kind.to_str()).unwrap_or_default();
                if ["ttf", "otf", "ttc"].contains(&kind) {
                    return true;
                }
                if path.is_dir() {
                    folders.push(path);
                }
            }
        }
        false
    };
    let own = env::var_os("HOME").map(|home| PathBuf::from(home).join(".fonts"));
    let folders = ["/usr/share/fonts", "/usr/local/share/fonts"].map(PathBuf::from);
    if !cfg!(target_os = "linux") || folders.iter().chain(&own).any(|folder| has_font(folder)) {
        return Ok(());
    }
    install_debian(&["fonts-dejavu-core"], "kubesim draw makes pixels of text")
        .map_err(|problem| format!("{problem}\nInstall a font, such as DejaVu."))
}

fn ensure_browser() -> Result<Browser> {
    find_browser()
        .or_else(|| {
            install_debian(
                &["chromium", "chromium-driver", "fonts-noto-cjk"],
                "the browser tests run in it, and see Korean in its font",
            )
            .map_err(|problem| say(&problem))
            .ok()?;
            find_browser()
        })
        .ok_or_else(|| {
            "Install Chromium (or Chrome) and the chromedriver of the same version; if they are not on PATH, \
         set CHROME and CHROMEDRIVER to the two programs."
                .to_owned()
        })
}

fn find_browser() -> Option<Browser> {
    let chromes = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];
    let chrome = set_or_found("CHROME", &chromes)?;
    let driver = set_or_found("CHROMEDRIVER", &["chromedriver"])?;
    Some(Browser { chrome, driver })
}

/// The browser that WebKitGTK brings for tests: beside its library, not on PATH.
fn find_mini_browser() -> Option<PathBuf> {
    if let Some(set) = set_or_found("WEBKIT_BROWSER", &["MiniBrowser"]) {
        return Some(set);
    }
    let folders = ["/usr/lib", "/usr/libexec", "/usr/lib64"].map(Path::new);
    let below = folders
        .iter()
        .filter_map(|folder| fs::read_dir(folder).ok())
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()));
    let mut candidates: Vec<PathBuf> =
        folders.iter().map(|folder| folder.to_path_buf()).chain(below).collect();
    candidates.sort();
    candidates
        .into_iter()
        .map(|folder| folder.join("webkit2gtk-4.1/MiniBrowser"))
        .find(|program| program.is_file())
}

/// The program that a variable names, or the first of `names` on PATH.
pub fn set_or_found(variable: &str, names: &[&str]) -> Option<PathBuf> {
    if let Some(set) = env::var_os(variable).filter(|value| !value.is_empty()) {
        return Some(set.into());
    }
    let folders: Vec<PathBuf> = env::split_paths(&env::var_os("PATH").unwrap_or_default()).collect();
    let candidates = names.iter().flat_map(|name| {
        let mut file = OsString::from(name);
        file.push(env::consts::EXE_SUFFIX);
        folders.iter().map(move |folder| folder.join(&file))
    });
    let mut candidates = candidates;
    candidates.find(|candidate| candidate.is_file())
}

/// A program that is found, or comes with a package of the distribution; `otherwise` says what to do where that can't be.
pub fn found_or_installed(
    found: impl Fn() -> Option<PathBuf>,
    package: &str,
    why: &str,
    otherwise: &str,
) -> Result<PathBuf> {
    if let Some(program) = found() {
        return Ok(program);
    }
    let installed = install_debian(&[package], why);
    found().ok_or_else(|| {
        let problem = installed.err().unwrap_or_default();
        format!("{problem}\n{otherwise}")
    })
}

/// Installs packages where that is ours to do: on Debian and its relatives, as root.
pub fn install_debian(packages: &[&str], why: &str) -> Result<()> {
    let is_root = output(command("id").arg("-u")).is_some_and(|id| id.trim() == "0");
    if output(command("apt-get").arg("--version")).is_none() {
        return Err(format!("{} missing ({why})", packages.join(" and ")));
    }
    let mut install = command("apt-get");
    install
        .env("DEBIAN_FRONTEND", "noninteractive")
        .args(["install", "-y", "--no-install-recommends"])
        .args(packages);
    if !is_root {
        return Err(format!("{} missing ({why}): run `sudo {}`", packages.join(" and "), shown(&install)));
    }
    say(&format!("installing {} ({why})", packages.join(" and ")));
    // A fresh machine has no package lists yet, an old one stale lists.
    if run(&mut install).is_err() {
        run(command("apt-get").arg("update"))?;
        run(&mut install)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_compare_as_numbers() {
        assert_eq!(numbers("0.21.14"), Some((0, 21, 14)));
        assert_eq!(numbers("0.19.0-rc.1"), Some((0, 19, 0)));
        assert_eq!(numbers("trunk"), None);
        assert!(numbers("0.9.10") > numbers("0.9.9"));
    }

    #[test]
    fn the_lock_file_names_wasm_bindgen() {
        let version = locked_version("wasm-bindgen").expect("the page depends on it");
        assert!(numbers(&version).is_some(), "{version}");
        assert!(locked_version("no-such-crate").is_err());
    }

    #[test]
    fn trunk_toml_asks_for_the_binaryen_we_install() {
        let settings = fs::read_to_string(root().join("Trunk.toml")).expect("Trunk.toml is there");
        let (major, _, _) = numbers(BINARYEN).expect("a version");
        assert!(settings.contains(&format!("wasm_opt = \"version_{major}\"")), "{settings}");
    }
}
