//! What builds the sites of docs/embedding: the generators that docs are written with.

use std::fs;
use std::path::{Path, PathBuf};

use crate::run::{Result, command, output, run};
use crate::tools::{
    CargoTool, Tools, found_or_installed, install_debian, installing, npm_install, set_or_found, tool_folder,
};

const MDBOOK: &str = "0.5.4";
const MKDOCS: PythonTool =
    PythonTool { why: "builds the recipe for MkDocs Material", packages: &[("mkdocs-material", "9.8.2")] };
const SPHINX: PythonTool = PythonTool {
    why: "builds the recipe for Sphinx",
    packages: &[("sphinx", "9.0.4"), ("furo", "2025.12.19")],
};
const DOCUSAURUS: &str = "3.10.2";
const REACT: &str = "19.3.1";

/// The generators. mdBook is found on the PATH of [`Tools::command`].
#[derive(Clone, Debug)]
pub struct Generators {
    /// MkDocs with its theme Material.
    pub mkdocs: PathBuf,
    /// Sphinx with its theme Furo.
    pub sphinx: PathBuf,
    /// Hugo, of the distribution.
    pub hugo: PathBuf,
    /// Jekyll with kramdown, of the distribution.
    pub jekyll: PathBuf,
    /// The folder whose `node_modules` has Docusaurus: a site has to lie below it.
    pub docusaurus: PathBuf,
}

impl Generators {
    /// Finds or installs all of them.
    ///
    /// # Errors
    /// If one is not there and can't be installed.
    pub fn ensure(tools: &mut Tools) -> Result<Self> {
        let mdbook = CargoTool {
            name: "mdbook",
            why: "builds the recipe for mdBook",
            version: MDBOOK,
            locked: true,
            is_whole: false,
        };
        tools.ensure_cargo_tool(&mdbook, |found| ((0, 5, 0)..(0, 6, 0)).contains(&found))?;
        let hugo = found_or_installed(
            || set_or_found("HUGO", &["hugo"]),
            "hugo",
            "builds the recipe for Hugo",
            "Install Hugo, or set HUGO to it.",
        )?;
        let jekyll = found_or_installed(
            || set_or_found("JEKYLL", &["jekyll"]),
            "jekyll",
            "builds the recipe for Jekyll",
            "Install Jekyll, or set JEKYLL to it.",
        )?;
        Ok(Self {
            mkdocs: MKDOCS.ensure()?.join("mkdocs"),
            sphinx: SPHINX.ensure()?.join("sphinx-build"),
            hugo,
            jekyll,
            docusaurus: ensure_docusaurus()?,
        })
    }
}

fn ensure_docusaurus() -> Result<PathBuf> {
    let folder = tool_folder("docusaurus", DOCUSAURUS)?;
    let script = folder.join("node_modules/@docusaurus/core/bin/docusaurus.mjs");
    // npm's own list of what is there: it is written last.
    let is_whole = || folder.join("node_modules/.package-lock.json").is_file() && script.is_file();
    if !is_whole() {
        let packages = [
            ("@docusaurus/core", DOCUSAURUS),
            ("@docusaurus/preset-classic", DOCUSAURUS),
            ("react", REACT),
            ("react-dom", REACT),
        ];
        npm_install(&folder, &packages, "builds the recipe for Docusaurus")?;
    }
    if is_whole() { Ok(folder) } else { Err(format!("{} is not there", script.display())) }
}

/// Packages that pip installs, in an environment of their own.
struct PythonTool {
    why: &'static str,
    /// Their names and versions; the folder is named by the first.
    packages: &'static [(&'static str, &'static str)],
}

impl PythonTool {
    /// The folder of the environment's programs.
    fn ensure(&self) -> Result<PathBuf> {
        let (name, version) = self.packages[0];
        let folder = tool_folder(name, version)?;
        let programs = folder.join(if cfg!(windows) { "Scripts" } else { "bin" });
        let python = programs.join(if cfg!(windows) { "python.exe" } else { "python" });
        if self.is_in(&python) {
            return Ok(programs);
        }
        let own = found_or_installed(
            || set_or_found("PYTHON", &["python3", "python"]),
            "python3",
            "MkDocs and Sphinx are written in it",
            "Install Python 3, or set PYTHON to it.",
        )?;
        installing(name, version, self.why);
        // Where it is broken off, it begins anew.
        if folder.is_dir() {
            fs::remove_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        }
        make_environment(&own, &folder)?;
        let specs = self.packages.iter().map(|(name, version)| format!("{name}=={version}"));
        let mut pip = command(&python);
        pip.args(["-m", "pip", "--disable-pip-version-check", "install"]).args(specs);
        run(&mut pip).map_err(|problem| format!("{problem}\nIs Python's package index within reach?"))?;
        if self.is_in(&python) { Ok(programs) } else { Err(format!("{} lacks {name}", folder.display())) }
    }

    /// Whether the environment of this Python has all of the packages, of these versions.
    fn is_in(&self, python: &Path) -> bool {
        self.packages.iter().all(|(name, version)| {
            let ask = format!("import importlib.metadata as of; print(of.version('{name}'))");
            output(command(python).args(["-c", &ask])).is_some_and(|said| said.trim() == *version)
        })
    }
}

/// Makes an empty environment. Debian has the module for it in a package of its own.
fn make_environment(python: &Path, folder: &Path) -> Result<()> {
    let make = || run(command(python).args(["-m", "venv"]).arg(folder));
    if output(command(python).args(["-c", "import ensurepip"])).is_some() {
        return make();
    }
    install_debian(&["python3-venv"], "MkDocs and Sphinx are installed in it")
        .map_err(|problem| format!("{problem}\nInstall the modules venv and ensurepip for Python."))?;
    make()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::root;

    #[test]
    fn the_recipe_for_docusaurus_is_built_with_the_versions_that_it_names() {
        let text = fs::read_to_string(root().join("docs/embedding/docusaurus/package.json")).expect("a file");
        let package: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        for (name, version) in [("@docusaurus/core", DOCUSAURUS), ("react", REACT)] {
            let named = package["dependencies"][name].as_str().expect("it is named");
            let major = |version: &str| version.trim_start_matches('^').split('.').next().map(str::to_owned);
            assert_eq!(major(named), major(version), "{name}");
        }
    }
}
