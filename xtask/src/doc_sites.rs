//! The sites of docs/embedding, built as their authors would build them: each is copied, gets the built page where its recipe
//! says, and is built by the real tool. crates/page-driver/tests/doc_sites opens them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use page_driver::critical_path::files;
use page_driver::page::copy;

use crate::generators::Generators;
use crate::package;
use crate::run::{Result, command, root, run};
use crate::tools::Tools;

/// What the host puts the site into, and where it is built from.
struct Site<'a> {
    tools: &'a Tools,
    generators: &'a Generators,
    /// The copy of the recipe, with the built page inside.
    source: &'a Path,
    /// Where the site is to be.
    built: &'a Path,
}

impl Site<'_> {
    /// A program in the recipe's folder.
    fn program(&self, program: &Path) -> Command {
        let mut command = self.tools.command(&program.to_string_lossy());
        command.current_dir(self.source);
        command
    }
}

/// A recipe. To add one, add a line to [`SYSTEMS`], and one to the test that opens it.
struct System {
    /// Its folder in docs/embedding.
    name: &'static str,
    /// Where in it the built page lies.
    page_in: &'static str,
    /// What builds it; none: it is a site as it is.
    builder: Option<fn(&Site) -> Command>,
}

const SYSTEMS: [System; 8] = [
    System { name: "plain", page_in: "ordinal", builder: None },
    // npm puts it there.
    System { name: "npm", page_in: "node_modules/ordinal-player/dist", builder: None },
    System { name: "mdbook", page_in: "src/ordinal", builder: Some(mdbook) },
    System { name: "mkdocs", page_in: "docs/ordinal", builder: Some(mkdocs) },
    System { name: "sphinx", page_in: "extra/ordinal", builder: Some(sphinx) },
    System { name: "hugo", page_in: "static/ordinal", builder: Some(hugo) },
    System { name: "jekyll", page_in: "ordinal", builder: Some(jekyll) },
    System { name: "docusaurus", page_in: "static/ordinal", builder: Some(docusaurus) },
];

fn mdbook(place: &Site) -> Command {
    let mut build = place.program(Path::new("mdbook"));
    build.args(["build", "--dest-dir"]).arg(place.built);
    build
}

fn mkdocs(place: &Site) -> Command {
    let mut build = place.program(&place.generators.mkdocs);
    // The theme's makers otherwise advertise another program of theirs.
    build.env("PYTHONPATH", ".").env("NO_MKDOCS_2_WARNING", "1");
    build.args(["build", "--strict", "--site-dir"]).arg(place.built);
    build
}

fn sphinx(place: &Site) -> Command {
    let mut build = place.program(&place.generators.sphinx);
    build.args(["--fail-on-warning", "--builder", "html", "."]).arg(place.built);
    build
}

fn hugo(place: &Site) -> Command {
    let mut build = place.program(&place.generators.hugo);
    build.arg("--destination").arg(place.built);
    build
}

fn jekyll(place: &Site) -> Command {
    let mut build = place.program(&place.generators.jekyll);
    build.args(["build", "--disable-disk-cache", "--destination"]).arg(place.built);
    build
}

fn docusaurus(place: &Site) -> Command {
    let mut build = place.program(Path::new("node"));
    build.arg(place.generators.docusaurus.join("node_modules/@docusaurus/core/bin/docusaurus.mjs"));
    build.args(["build", "--out-dir"]).arg(place.built);
    build
}

/// Builds all of them around the page in `dist`; the folder in which each has its own.
///
/// # Errors
/// If one can't be built, or has no figure: the others are built nevertheless.
pub fn build(tools: &Tools, generators: &Generators, dist: &Path) -> Result<PathBuf> {
    let sites = root().join("target").join("doc-sites");
    empty(&sites)?;
    let mut problems = Vec::new();
    for system in &SYSTEMS {
        println!("» {}", system.name);
        let start = Instant::now();
        match system.build(tools, generators, dist, &sites.join(system.name)) {
            Ok(figures) => {
                let seconds = start.elapsed().as_secs_f32();
                println!(
                    "» {}: built in {seconds:.1} s, with a figure in {}",
                    system.name,
                    figures.join(", ")
                );
            }
            Err(problem) => problems.push(format!("{}: {problem}", system.name)),
        }
    }
    if problems.is_empty() { Ok(sites) } else { Err(problems.join("\n")) }
}

impl System {
    /// Builds it into `built`; the pages that hold a figure.
    fn build(
        &self,
        tools: &Tools,
        generators: &Generators,
        dist: &Path,
        built: &Path,
    ) -> Result<Vec<String>> {
        let recipe = root().join("docs/embedding").join(self.name);
        let Some(builder) = self.builder else {
            copy(&recipe, built);
            if self.name == "npm" {
                install_package(built, dist)?;
            } else {
                copy(dist, &built.join(self.page_in));
            }
            return figures(built, self.page_in, dist);
        };
        let source = match self.name {
            // It finds its packages in a folder above.
            "docusaurus" => generators.docusaurus.join("site"),
            name => root().join("target").join("doc-sources").join(name),
        };
        empty(&source)?;
        copy(&recipe, &source);
        copy(dist, &source.join(self.page_in));
        run(&mut builder(&Site { tools, generators, source: &source, built }))?;
        figures(built, "ordinal", dist)
    }
}

/// Installs the package from its tarball into a project that has nothing else, without a network; a server that draws pages
/// imports it, and finds no element.
fn install_package(project: &Path, dist: &Path) -> Result<()> {
    let packages = root().join("target").join("doc-sources").join("packages");
    empty(&packages)?;
    let package = packages.join("ordinal-player");
    package::make(dist, &package)?;
    let tarball = package::pack(&package, &packages)?;
    let options = ["install", "--offline", "--no-audit", "--no-fund", "--ignore-scripts"];
    run(package::npm(project).args(options).arg(&tarball))?;
    let import =
        "const { OrdinalPlayer } = await import('ordinal-player'); process.exitCode = OrdinalPlayer ? 1 : 0;";
    run(command("node").current_dir(project).args(["--input-type=module", "--eval", import]))?;
    // What the package's manifest names is in it.
    let installed = project.join("node_modules/ordinal-player");
    for name in ["dist/ordinal-player.mjs", "dist/ordinal-player.d.ts", "custom-elements.json", "LICENSE-MIT"]
    {
        if !installed.join(name).is_file() {
            return Err(format!("the tarball lacks {name}"));
        }
    }
    Ok(())
}

/// The pages of a built site that hold a figure with its manifest.
///
/// # Errors
/// If there is none, or the built page is not beside them as it is in `dist`.
fn figures(built: &Path, page_in: &str, dist: &Path) -> Result<Vec<String>> {
    let all = |folder: &Path| files(folder).map_err(|error| format!("{}: {error}", folder.display()));
    let has_figure = |name: &&String| {
        let html = fs::read_to_string(built.join(name)).unwrap_or_default();
        let inside =
            html.split_once("<ordinal-player").and_then(|(_, rest)| rest.split_once("</ordinal-player>"));
        inside
            .is_some_and(|(figure, _)| figure.contains("kind: StatefulSet") && figure.contains("replicas: 2"))
    };
    let names = all(built)?;
    let pages: Vec<String> =
        names.into_iter().filter(|name| name.ends_with(".html")).filter(|name| has_figure(&name)).collect();
    if pages.is_empty() {
        return Err("no page has an <ordinal-player> with its manifest".to_owned());
    }
    for name in all(dist)? {
        let is_same = fs::read(dist.join(&name)).ok() == fs::read(built.join(page_in).join(&name)).ok();
        // What a host reads is for the site's root; Jekyll leaves such names out.
        if !is_same && !name.starts_with('_') {
            return Err(format!("{page_in}/{name} is not there as it was built"));
        }
    }
    Ok(pages)
}

/// Makes a folder anew.
fn empty(folder: &Path) -> Result<()> {
    let failed = |error: std::io::Error| format!("{}: {error}", folder.display());
    if folder.is_dir() {
        fs::remove_dir_all(folder).map_err(failed)?;
    }
    fs::create_dir_all(folder).map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_recipe_is_built() {
        let folders = fs::read_dir(root().join("docs/embedding")).expect("a folder");
        for folder in folders.map(|entry| entry.expect("an entry").path()).filter(|path| path.is_dir()) {
            let name = folder.file_name().and_then(|name| name.to_str()).expect("a name");
            assert!(SYSTEMS.iter().any(|system| system.name == name), "{name}");
        }
    }

    #[test]
    fn a_figure_has_its_manifest_and_the_built_page_beside_it() {
        let folder = std::env::temp_dir().join(format!("ordinal-figures-{}", std::process::id()));
        let (site, dist) = (folder.join("site"), folder.join("dist"));
        let write = |path: PathBuf, text: &str| {
            fs::create_dir_all(path.parent().expect("a folder")).expect("a temporary folder");
            fs::write(path, text).expect("a file");
        };
        write(dist.join("ordinal-player.js"), "script");
        write(dist.join("lesson.txt"), "lesson");
        write(site.join("ordinal/ordinal-player.js"), "script");
        write(site.join("a.html"), "<p>&lt;ordinal-player>kind: StatefulSet, replicas: 2");
        assert!(figures(&site, "ordinal", &dist).is_err_and(|problem| problem.contains("no page")));
        let figure =
            "<ordinal-player at=3><pre>kind: StatefulSet\nspec: { replicas: 2 }</pre></ordinal-player>";
        write(site.join("b.html"), figure);
        assert!(figures(&site, "ordinal", &dist).is_err_and(|problem| problem.contains("lesson.txt")));
        write(site.join("ordinal/lesson.txt"), "lesson");
        assert_eq!(figures(&site, "ordinal", &dist), Ok(vec!["b.html".to_owned()]));
        fs::remove_dir_all(folder).expect("the temporary folder goes");
    }
}
