//! Who imports whom: no arrow points upwards between the layers, and no file imports itself through others.
//!
//! The layers are the table under "Layers" in ARCHITECTURE.md.

mod source;
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use source::{Path, Source, Use};

/// A crate's name, then its modules' names.
type Module = Vec<String>;

/// The files of the workspace by what they define.
#[derive(Default)]
struct Files {
    sources: BTreeMap<String, Source>,
    /// Where each file's module is.
    homes: BTreeMap<String, Module>,
    modules: BTreeMap<Module, String>,
}

/// Which file imports which.
type Imports = BTreeMap<String, BTreeSet<String>>;

impl Files {
    /// Reads paths below the workspace's root with their texts. Files for tests are left out.
    fn read<'a>(texts: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut files = Self::default();
        let mut test_modules = BTreeSet::new();
        for (path, text) in texts {
            let Some(home) = home(path) else { continue };
            let source = Source::read(text);
            test_modules
                .extend(source.test_modules.iter().map(|name| joined(&home, std::slice::from_ref(name))));
            files.homes.insert(path.to_owned(), home);
            files.sources.insert(path.to_owned(), source);
        }
        let is_for_tests =
            |home: &Module| (1..=home.len()).any(|length| test_modules.contains(&home[..length]));
        files.homes.retain(|_, home| !is_for_tests(home));
        files.sources.retain(|path, _| files.homes.contains_key(path));
        for (path, source) in &files.sources {
            let home = &files.homes[path];
            files.modules.insert(home.clone(), path.clone());
            for inline in &source.inline {
                files.modules.insert(joined(home, inline), path.clone());
            }
        }
        files
    }

    fn imports(&self) -> Imports {
        self.sources.iter().map(|(path, source)| (path.clone(), self.imports_of(path, source))).collect()
    }

    fn imports_of(&self, file: &str, source: &Source) -> BTreeSet<String> {
        let first_segments: BTreeSet<&str> =
            source.paths.iter().map(|path| path.segments[0].as_str()).collect();
        let mut imported = BTreeSet::new();
        for Use { path, name } in &source.uses {
            let Some(target) = self.resolve(file, path, 0) else { continue };
            // What is imported of a module that has a name here follows from the paths that start with it.
            let is_module = self.modules.contains_key(&target);
            if !(is_module && first_segments.contains(name.as_str())) {
                imported.extend(self.definition(&target, 0));
            }
        }
        for path in &source.paths {
            imported.extend(self.resolve(file, path, 0).and_then(|target| self.definition(&target, 0)));
        }
        imported.remove(file);
        imported
    }

    /// The whole path, from the crate's name on, of a path that a file writes. `None` for what is none of our crates'.
    fn resolve(&self, file: &str, path: &Path, depth: usize) -> Option<Module> {
        let home = &self.homes[file];
        let here = joined(home, &path.inside);
        let (first, rest) = path.segments.split_first()?;
        let krate = || self.modules.contains_key(std::slice::from_ref(first)).then(|| path.segments.clone());
        if path.is_global {
            return krate();
        }
        match first.as_str() {
            "crate" => Some(joined(&home[..1], rest)),
            "self" => Some(joined(&here, rest)),
            "super" => {
                let up = path.segments.iter().take_while(|segment| *segment == "super").count();
                Some(joined(&here[..here.len().checked_sub(up)?], &path.segments[up..]))
            }
            _ if self.modules.contains_key(&joined(&here, std::slice::from_ref(first))) => {
                Some(joined(&here, &path.segments))
            }
            _ => {
                let named = |used: &&Use| used.name == *first && used.path != *path && depth < 8;
                match self.sources[file].uses.iter().find(named) {
                    Some(used) => self.resolve(file, &used.path, depth + 1).map(|start| joined(&start, rest)),
                    None => krate(),
                }
            }
        }
    }

    /// The file that defines what a whole path names: a module on the way may have it from another.
    fn definition(&self, path: &Module, depth: usize) -> Option<String> {
        let length = (1..=path.len()).rev().find(|length| self.modules.contains_key(&path[..*length]))?;
        let file = &self.modules[&path[..length]];
        let (Some(name), true) = (path.get(length), depth < 8) else { return Some(file.clone()) };
        let source = &self.sources[file];
        if source.defined.contains(name) {
            return Some(file.clone());
        }
        let here = &path[self.homes[file].len()..length];
        for used in source.uses.iter().filter(|used| used.path.inside == here) {
            let Some(mut target) = self.resolve(file, &used.path, 0) else { continue };
            if used.name == *name {
                target.extend_from_slice(&path[length + 1..]);
                return self.definition(&target, depth + 1);
            }
            if used.name == "*" {
                target.extend_from_slice(&path[length..]);
                let definition = self.definition(&target, depth + 1);
                let defines = |file: &String| self.sources[file].defined.contains(name);
                if definition.as_ref().is_some_and(defines) {
                    return definition;
                }
            }
        }
        Some(file.clone())
    }
}

fn joined(start: &[String], rest: &[String]) -> Module {
    [start, rest].concat()
}

/// The module that a file is: its crate's name, then the names below. Programs beside a library are crates of their
/// own. `None` for files of tests.
fn home(path: &str) -> Option<Module> {
    let (package, below) = match path.strip_prefix("src/") {
        Some(below) => ("ordinal", below),
        None => {
            let (package, below) = path.split_once("/src/")?;
            (package.strip_prefix("crates/").unwrap_or(package), below)
        }
    };
    let below = below.strip_suffix(".rs")?;
    let mut module = vec![package.replace('-', "_")];
    match below {
        "lib" => {}
        "main" if package == "xtask" => {}
        "main" => module[0].push_str(" (program)"),
        _ => module.extend(below.split('/').map(str::to_owned)),
    }
    if module.len() == 3 && module[1] == "bin" {
        return Some(vec![format!("{} (program {})", module[0], module[2])]);
    }
    module.pop_if(|last| last == "mod");
    let is_for_tests = module.iter().any(|name| name == "tests" || name == "testing");
    (!is_for_tests).then_some(module)
}

/// A row of the table.
struct Layer {
    /// Files, and folders with a `/` at the end.
    files: Vec<String>,
    /// All layers that it may import, itself included, by their places in the table.
    reach: BTreeSet<usize>,
}

/// The table under "## Layers". A layer may import what stands in its last column, and what that may import.
fn layers(architecture: &str) -> Result<Vec<Layer>, String> {
    let section = architecture.split_once("\n## Layers\n").ok_or("no section \"Layers\"")?.1;
    let section = section.split("\n## ").next().unwrap_or_default();
    let rows = section.lines().filter(|line| line.starts_with('|')).skip(2);
    let mut names: Vec<&str> = Vec::new();
    let mut layers: Vec<Layer> = Vec::new();
    for row in rows {
        let [_, name, files, imports, _] = row.split('|').map(str::trim).collect::<Vec<_>>()[..] else {
            return Err(format!("a row of three columns is expected: {row}"));
        };
        let mut reach = BTreeSet::from([layers.len()]);
        for import in imports.split(", ").filter(|import| *import != "nothing") {
            let below = names.iter().position(|name| *name == import);
            let below =
                below.ok_or_else(|| format!("{name} may import {import}, which is no row before it"))?;
            reach.extend(&layers[below].reach);
        }
        let files = files.split('`').skip(1).step_by(2).map(str::to_owned).collect();
        names.push(name);
        layers.push(Layer { files, reach });
    }
    Ok(layers)
}

/// The place of a file's layer: that of the longest name that covers it.
fn layer_of(layers: &[Layer], file: &str) -> Option<usize> {
    let covers = |name: &&String| **name == file || name.ends_with('/') && file.starts_with(name.as_str());
    let longest = |layer: &Layer| layer.files.iter().filter(covers).map(String::len).max();
    layers.iter().enumerate().filter_map(|(at, layer)| Some((longest(layer)?, at))).max().map(|(_, at)| at)
}

/// Lines for what must not be: `file -> file` for an arrow upwards, `file <-> file …` for the files of a circle. A
/// circle that an arrow upwards closes is told by the arrow alone.
fn violations(layers: &[Layer], imports: &Imports) -> Result<BTreeSet<String>, String> {
    let mut lines = BTreeSet::new();
    let mut allowed = Imports::new();
    for (file, imported) in imports {
        let layer = layer_of(layers, file).ok_or_else(|| format!("{file} is in no layer"))?;
        for other in imported {
            let below = layer_of(layers, other).ok_or_else(|| format!("{other} is in no layer"))?;
            if layers[layer].reach.contains(&below) {
                allowed.entry(file.clone()).or_default().insert(other.clone());
            } else {
                lines.insert(format!("{file} -> {other}"));
            }
        }
    }
    let reached: BTreeMap<&String, BTreeSet<&String>> =
        allowed.keys().map(|file| (file, reached(&allowed, file))).collect();
    for (file, others) in reached.iter().filter(|(file, others)| others.contains(*file)) {
        let circle: BTreeSet<&str> = others
            .iter()
            .filter(|other| reached.get(*other).is_some_and(|back| back.contains(file)))
            .map(|other| other.as_str())
            .collect();
        lines.insert(circle.into_iter().collect::<Vec<_>>().join(" <-> "));
    }
    Ok(lines)
}

/// The files that a file imports, and those that they import, and so on.
fn reached<'a>(imports: &'a Imports, file: &String) -> BTreeSet<&'a String> {
    let mut reached = BTreeSet::new();
    let mut next: Vec<&String> = imports[file].iter().collect();
    while let Some(file) = next.pop() {
        if reached.insert(file) {
            next.extend(imports.get(file).into_iter().flatten());
        }
    }
    reached
}
