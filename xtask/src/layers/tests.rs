use std::fs;

use super::*;

/// The workspace's root.
const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

fn texts_below(folder: &str, texts: &mut BTreeMap<String, String>) {
    let entries =
        fs::read_dir(format!("{ROOT}/{folder}")).unwrap_or_else(|error| panic!("{folder}: {error}"));
    for entry in entries {
        let entry = entry.expect("an entry of a folder is readable");
        let path = format!("{folder}/{}", entry.file_name().to_str().expect("names are UTF-8"));
        if entry.path().is_dir() {
            texts_below(&path, texts);
        } else if path.ends_with(".rs") {
            texts.insert(path, fs::read_to_string(entry.path()).expect("sources are UTF-8"));
        }
    }
}

#[test]
fn nothing_imports_upwards_or_in_a_circle() {
    let mut texts = BTreeMap::new();
    texts_below("src", &mut texts);
    texts_below("xtask/src", &mut texts);
    for package in fs::read_dir(format!("{ROOT}/crates")).expect("crates/ is there") {
        let name = package.expect("an entry of a folder is readable").file_name();
        let sources = format!("crates/{}/src", name.to_str().expect("names are UTF-8"));
        if fs::exists(format!("{ROOT}/{sources}")).is_ok_and(|exists| exists) {
            texts_below(&sources, &mut texts);
        }
    }
    let files = Files::read(texts.iter().map(|(path, text)| (path.as_str(), text.as_str())));
    let architecture =
        fs::read_to_string(format!("{ROOT}/ARCHITECTURE.md")).expect("ARCHITECTURE.md is there");
    let layers = layers(&architecture).expect("the table is readable");
    let stale = layers.iter().flat_map(|layer| &layer.files).filter(|name| {
        let covers = |file: &String| file == *name || name.ends_with('/') && file.starts_with(name.as_str());
        !files.sources.keys().any(covers)
    });
    assert_eq!(stale.collect::<Vec<_>>(), Vec::<&String>::new(), "names in the table that no source has");
    let found = violations(&layers, &files.imports()).expect("each file is in a layer");
    let lines: String = found.iter().map(|line| format!("\n  {line}")).collect();
    assert!(found.is_empty(), "arrows upwards or circles:{lines}");
}

const TABLE: &str = "
## Layers

| layer | files | may import |
| --- | --- | --- |
| ground | `crates/low/src/` | nothing |
| base | `crates/sim/src/base/` | ground |
| api | `crates/sim/src/api/`, `crates/sim/src/lib.rs` | base |
| side | `crates/sim/src/side.rs` | base |

## Next

| other | table | here |
";

/// What is wrong with a made-up tree.
fn found(texts: &[(&str, &str)]) -> Vec<String> {
    let imports = Files::read(texts.iter().copied()).imports();
    violations(&layers(TABLE).unwrap(), &imports).unwrap().into_iter().collect()
}

#[test]
fn a_clean_tree_has_nothing() {
    let clean = [
        ("crates/low/src/lib.rs", "mod a; pub use a::A;"),
        ("crates/low/src/a.rs", "pub struct A;"),
        ("crates/sim/src/lib.rs", "pub mod api; pub mod base; pub mod side;"),
        ("crates/sim/src/base/mod.rs", "pub mod time; pub use time::Time;"),
        ("crates/sim/src/base/time.rs", "use low::A; pub struct Time(A);"),
        ("crates/sim/src/side.rs", "use crate::base::{self, Time}; fn f() -> base::Time { Time::new() }"),
        // A child uses what its parent has of another child.
        ("crates/sim/src/api/mod.rs", "mod kind; mod pod; pub use self::{kind::Kind, pod::*};"),
        ("crates/sim/src/api/kind.rs", "pub enum Kind { Pod }"),
        ("crates/sim/src/api/pod.rs", "use super::Kind; pub struct Pod(Kind);"),
    ];
    assert_eq!(found(&clean), Vec::<String>::new());
    let imports = Files::read(clean).imports();
    let of = |file: &str| imports[file].iter().map(String::as_str).collect::<Vec<_>>();
    assert_eq!(of("crates/sim/src/base/time.rs"), ["crates/low/src/a.rs"]);
    assert_eq!(of("crates/sim/src/side.rs"), ["crates/sim/src/base/time.rs"]);
    assert_eq!(of("crates/sim/src/api/pod.rs"), ["crates/sim/src/api/kind.rs"]);
    assert_eq!(of("crates/sim/src/lib.rs"), Vec::<&str>::new(), "declarations import nothing");
}

#[test]
fn arrows_upwards_and_sideways_are_found() {
    let arrow = |text: &str| {
        found(&[
            ("crates/sim/src/lib.rs", "pub mod api; pub mod base; pub mod side;"),
            ("crates/sim/src/base/mod.rs", text),
            ("crates/sim/src/api/mod.rs", "pub mod pod; pub use pod::Pod as Unit;"),
            ("crates/sim/src/api/pod.rs", "pub struct Pod;"),
            ("crates/sim/src/side.rs", "use crate::base::x;"),
        ])
    };
    let upwards = ["crates/sim/src/base/mod.rs -> crates/sim/src/api/pod.rs"];
    assert_eq!(arrow("use crate::{\n    api::{\n        pod::{self as p, Pod},\n    },\n};"), upwards);
    assert_eq!(arrow("use crate::api::Unit;"), upwards);
    assert_eq!(arrow("pub use super::api::pod::*;"), upwards);
    assert_eq!(arrow("fn f() { let x: Vec<super::api::pod::Pod> = g(); }"), upwards);
    assert_eq!(arrow("use crate::api; fn f(pod: &api::Unit) {}"), upwards);
    assert_eq!(arrow("mod within { fn f() -> super::super::api::Unit { g() } }"), upwards);
    assert_eq!(arrow("use crate as sim; fn f(pod: sim::api::Unit) {}"), upwards);
    assert_eq!(arrow("fn f<'a>(x: &'a str) -> char { '\"' } use crate::api::Unit; // \""), upwards);
    assert_eq!(arrow("use crate::side::x;"), ["crates/sim/src/base/mod.rs -> crates/sim/src/side.rs"]);
    assert_eq!(
        arrow("use crate::api as other;"),
        ["crates/sim/src/base/mod.rs -> crates/sim/src/api/mod.rs"]
    );
    for none in [
        "// use crate::api::Unit;\n/* crate::api::Unit /* */ crate::api::Unit */ /// [`crate::api::Unit`]",
        "const T: &str = \"crate::api::Unit\\\" crate::api::Unit\"; const R: &str = r#\"\" crate::api::Unit\"#;",
        "#[cfg(test)]\nmod tests { use crate::api::Unit; }",
        "#[cfg(test)] #[allow(unused)] pub(crate) use crate::api::{Unit};",
        "#[cfg(test)] const fn f<A, B>(unit: crate::api::Unit) { crate::api::Unit }",
        "struct S { #[cfg(test)] unit: crate::api::Unit, other: u8 }",
        "#![cfg(test)] use crate::api::Unit;",
        "pub(in crate::api) struct X;",
    ] {
        assert_eq!(arrow(none), Vec::<String>::new(), "{none}");
    }
    assert_eq!(arrow("#[cfg(test)] mod t { } use crate::api::Unit;"), upwards, "what comes after counts");
    assert_eq!(arrow("#[cfg(not(test))] use crate::api::Unit;"), upwards);
}

#[test]
fn circles_are_found() {
    let circle = |c: &str| {
        found(&[
            ("crates/sim/src/lib.rs", "pub mod api;"),
            (
                "crates/sim/src/api/mod.rs",
                "mod a; mod b; mod c; #[cfg(test)] mod t; pub fn whole() { a::f() }",
            ),
            ("crates/sim/src/api/a.rs", "use super::b::f;"),
            ("crates/sim/src/api/b.rs", "pub fn f() { crate::api::c::f() }"),
            ("crates/sim/src/api/c.rs", c),
            ("crates/sim/src/api/t.rs", "use super::a::f; use super::t::g;"),
        ])
    };
    assert_eq!(circle("pub fn f() {}"), Vec::<String>::new());
    let three = "crates/sim/src/api/a.rs <-> crates/sim/src/api/b.rs <-> crates/sim/src/api/c.rs";
    assert_eq!(circle("use super::a; pub fn f() { a::g() }"), [three]);
    // What the parent calls by `a`'s name is `b`'s.
    let parent = "crates/sim/src/api/b.rs <-> crates/sim/src/api/c.rs <-> crates/sim/src/api/mod.rs";
    assert_eq!(circle("pub fn f() { super::whole() }"), [parent]);
}

#[test]
fn a_table_that_is_not_from_the_ground_up_is_refused() {
    let table =
        TABLE.replace("| ground | `crates/low/src/` | nothing |", "| ground | `crates/low/src/` | side |");
    assert_eq!(layers(&table).err().as_deref(), Some("ground may import side, which is no row before it"));
    let unknown = Files::read([("crates/new/src/lib.rs", "")]).imports();
    let refused = violations(&layers(TABLE).unwrap(), &unknown);
    assert_eq!(refused, Err("crates/new/src/lib.rs is in no layer".to_owned()));
}
