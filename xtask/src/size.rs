//! `cargo xtask size`: what a visitor loads, in bytes: as it lies there, and as gzip and brotli send it.

use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use page_driver::critical_path::{critical_path, files};

use crate::arguments::Arguments;
use crate::finish::is_for_others;
use crate::run::Result;
use crate::tools::Tools;
use crate::{card, finish, first_load, site, split, where_bytes};

/// The command line, for a person.
pub const USAGE: &str = "\
  size [--within TEXT]
             the bytes of every file of dist/, of what is loaded when against its budget, and where in the program they
             are; --within: the biggest functions whose name, or line of that table, contains TEXT";

/// Prints sizes.
pub fn command(tools: &mut Tools, mut arguments: Arguments) -> Result<ExitCode> {
    let within = arguments.value("--within")?;
    arguments.finish()?;
    site::build_if_missing(tools)?;
    match within {
        Some(text) => print_functions(&text)?,
        None => print()?,
    }
    Ok(ExitCode::SUCCESS)
}

/// What a visitor may have to load at the most until something can be done, in bytes.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    /// What is loaded.
    pub what: &'static str,
    /// After gzip: what common static hosts send.
    pub gzip: usize,
    /// After brotli.
    pub brotli: usize,
    /// What brings it below its budget again.
    pub remedy: &'static str,
    /// Whether a file belongs to it.
    counts: fn(&Shipped) -> bool,
}

/// The budgets, from the least that is loaded to all.
pub const BUDGETS: [Budget; 6] = [
    Budget {
        what: "critical path: the files marked *, loaded before the page is live with a running cluster",
        gzip: 170_000,
        brotli: 145_500,
        remedy: STALE_PROFILE,
        counts: |file| file.critical,
    },
    Budget {
        what: "loaded before the first pod is there",
        gzip: 390_500,
        brotli: 334_000,
        remedy: STALE_PROFILE,
        counts: |file| file.critical || file.is_opening(),
    },
    Budget {
        what: "all that a visit loads by itself",
        gzip: 888_000,
        brotli: 751_500,
        remedy: COPIES,
        counts: |file| !file.is_for_hands() && !file.is_wanted() && !is_for_others(&file.name),
    },
    Budget {
        what: "loaded when somebody is there, or with a link: what nothing needs before somebody does something",
        gzip: 1_208_000,
        brotli: 983_500,
        remedy: COPIES,
        counts: Shipped::is_for_hands,
    },
    Budget {
        what: "loaded only when it is wanted",
        gzip: 476_000,
        brotli: 398_000,
        remedy: COPIES,
        counts: Shipped::is_wanted,
    },
    Budget {
        what: "the element for other pages",
        gzip: 3_000,
        brotli: 2_650,
        remedy: "every page with a figure loads it, whoever wants the program: leave something out",
        counts: |file| file.name == "ordinal-player.js",
    },
];

const COPIES: &str = "the table below says where the bytes are: compare it with the one of the commit before, and look for more \
     copies of generic code";

const STALE_PROFILE: &str = "what is new or renamed counts as it is found until `cargo xtask profile` has measured anew what \
     runs when; if it stays above, the table below says where the bytes are";

impl Budget {
    /// What its files weigh together.
    pub fn size(&self, shipped: &[Shipped]) -> Size {
        shipped
            .iter()
            .filter(|file| (self.counts)(file))
            .fold(Size::default(), |sum, file| sum.plus(file.size))
    }

    /// By how many bytes a size is above it; nothing if it is not.
    pub fn excess(&self, size: Size) -> Option<String> {
        let above = |bytes: usize, budget: usize, of: &str| {
            (bytes > budget).then(|| format!("{} bytes of {of} above {budget}", bytes - budget))
        };
        let both = [above(size.gzip, self.gzip, "gzip"), above(size.brotli, self.brotli, "brotli")];
        both.into_iter().flatten().reduce(|gzip, brotli| format!("{gzip} and {brotli}"))
    }
}

/// A file's size in bytes, or that of several together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Size {
    /// As it lies on the disk.
    pub raw: usize,
    /// After gzip, level 9.
    pub gzip: usize,
    /// After brotli, quality 11, window 22.
    pub brotli: usize,
}

impl Size {
    /// Measures one file's content.
    pub fn of(content: &[u8]) -> Self {
        // Writing into memory cannot fail.
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        gzip.write_all(content).expect("memory takes every byte");
        let mut brotli = brotli::CompressorWriter::new(Vec::new(), 1 << 16, 11, 22);
        brotli.write_all(content).expect("memory takes every byte");
        let gzip = gzip.finish().expect("memory takes every byte").len();
        Self { raw: content.len(), gzip, brotli: brotli.into_inner().len() }
    }

    /// Both together.
    pub fn plus(self, other: Self) -> Self {
        Self { raw: self.raw + other.raw, gzip: self.gzip + other.gzip, brotli: self.brotli + other.brotli }
    }
}

/// A file of the built site.
#[derive(Clone, Debug)]
pub struct Shipped {
    /// Its path below the site's folder, with slashes.
    pub name: String,
    /// How big it is.
    pub size: Size,
    /// Whether it is loaded before the page is live.
    pub critical: bool,
}

impl Shipped {
    /// Whether it is the part of the program that is loaded right after that: what runs until the first pod is there.
    pub fn is_opening(&self) -> bool {
        self.name.starts_with("opening-")
    }

    /// Whether it is loaded when somebody is there.
    pub fn is_for_hands(&self) -> bool {
        self.name.starts_with("commands-")
    }

    /// Whether it is loaded only for who wants it: a part of the program, another language, a lesson, what pages around this one
    /// load, what is given away, and what only hosts and installed pages read.
    pub fn is_wanted(&self) -> bool {
        let is_language = self.name.ends_with(".txt");
        let is_lesson = self.name.starts_with("lesson-");
        let is_for_frames = ["embed.js", "app.webmanifest", "record.sh"].contains(&&*self.name);
        self.name.starts_with("wanted-")
            || is_language
            || is_lesson
            || is_for_frames
            || finish::is_for_others(&self.name) && !card::is_of_card(&self.name)
    }
}

/// Every file of the built site in `dist`, in order of name, measured.
///
/// # Errors
/// If a file cannot be read, or `index.html` is missing.
fn measure(dist: &Path) -> io::Result<Vec<Shipped>> {
    let critical = critical_path(dist)?;
    let mut shipped = Vec::new();
    for name in files(dist)? {
        let size = Size::of(&fs::read(dist.join(&name))?);
        shipped.push(Shipped { critical: critical.contains(&name), name, size });
    }
    Ok(shipped)
}

/// How many lines the table of where the bytes are has, and the list of functions.
const LINES: usize = 50;

/// Prints the size of every file of `dist/`, of what is loaded when, and where the bytes are; an error above a budget.
pub fn print() -> Result<()> {
    let shipped = measure(&site::dist()).map_err(|error| format!("{}: {error}", site::dist().display()))?;
    println!("{:>9} {:>9} {:>9}   bytes", "raw", "gzip", "brotli");
    let line =
        |size: Size, name: &str| println!("{:>9} {:>9} {:>9}   {name}", size.raw, size.gzip, size.brotli);
    for file in &shipped {
        line(file.size, &format!("{}{}", if file.critical { "* " } else { "  " }, file.name));
    }
    let mut problems = Vec::new();
    for budget in &BUDGETS {
        let size = budget.size(&shipped);
        line(size, budget.what);
        println!("{:>9} {:>9} {:>9}   its budget", "", budget.gzip, budget.brotli);
        if let Some(excess) = budget.excess(size) {
            problems.push(format!("{}: {excess}; {}", budget.what, budget.remedy));
        }
    }
    println!();
    for line in where_bytes::table(&named_parts()?, LINES) {
        println!("{line}");
    }
    if problems.is_empty() {
        return Ok(());
    }
    if let Some(measured) = first_load::other_compiler()? {
        println!("» {}", problems.join("\n» "));
        println!("» what runs first was measured with {measured}, not with this compiler");
        return Ok(());
    }
    Err(problems.join("\n"))
}

/// Prints the biggest functions whose name, or line of the table, contains a text.
fn print_functions(text: &str) -> Result<()> {
    for line in where_bytes::functions(&named_parts()?, text, LINES) {
        println!("{line}");
    }
    Ok(())
}

/// The parts of the page's module as the last release build left them, with their names.
fn named_parts() -> Result<Vec<(&'static str, where_bytes::Module)>> {
    let read = |part: &'static str| {
        let file = split::named_part(part);
        let missing = |error| format!("{}: {error}; `cargo xtask build` makes it", file.display());
        let content = std::fs::read(&file).map_err(missing)?;
        let module = where_bytes::Module::read(&content);
        Ok((part, module.map_err(|error| format!("{}: {error}", file.display()))?))
    };
    split::PARTS.into_iter().map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_measured_and_what_the_page_names_is_critical() {
        let dist = std::env::temp_dir().join(format!("ordinal-size-{}", std::process::id()));
        fs::create_dir_all(dist.join("snippets")).expect("a temporary folder");
        for (name, content) in [
            (
                "index.html",
                &br#"<link rel=icon href=./icon.svg><script type="module" src="./start.js"></script>"#[..],
            ),
            ("icon.svg", b"<svg/>"),
            ("start.js", b"import './snippets/inline0.js'"),
            ("snippets/inline0.js", b""),
            ("other.js", b"0"),
        ] {
            fs::write(dist.join(name), content).expect("a file");
        }
        let shipped = measure(&dist).expect("all is readable");
        let seen: Vec<_> = shipped.iter().map(|file| (&*file.name, file.size.raw, file.critical)).collect();
        let expected = [
            ("icon.svg", 6, false),
            ("index.html", 79, true),
            ("other.js", 1, false),
            ("snippets/inline0.js", 0, true),
            ("start.js", 30, true),
        ];
        assert_eq!(seen, expected);
        fs::remove_dir_all(dist).expect("the temporary folder goes");
    }

    #[test]
    fn a_budget_says_by_how_much_it_is_passed() {
        let file = |name: &str, bytes: usize, critical: bool| Shipped {
            name: name.to_owned(),
            size: Size { raw: bytes, gzip: bytes, brotli: bytes },
            critical,
        };
        let [live, ..] = BUDGETS;
        let shipped = [
            file("ordinal-1.wasm", 1, true),
            file("opening-1.wasm", 2, false),
            file("rollout-1.wasm", 4, false),
            file("deferred-1.wasm", 8, false),
            file("commands-1.wasm", 16, false),
            file("wanted-1.wasm", 32, false),
            file("ordinal-player.js", 64, false),
        ];
        assert_eq!(BUDGETS.map(|budget| budget.size(&shipped).gzip), [1, 3, 15, 16, 96, 64]);
        let size = Size { raw: 0, gzip: live.gzip, brotli: live.brotli };
        assert_eq!(live.excess(size), None);
        let excess = live.excess(Size { gzip: live.gzip + 7, ..size });
        assert_eq!(excess, Some(format!("7 bytes of gzip above {}", live.gzip)));
        let excess =
            live.excess(Size { brotli: live.brotli + 1, gzip: live.gzip + 1, ..size }).unwrap_or_default();
        assert!(excess.ends_with(&format!("and 1 bytes of brotli above {}", live.brotli)), "{excess}");
    }

    #[test]
    fn text_is_smaller_compressed() {
        let size = Size::of("kind: StatefulSet\n".repeat(100).as_bytes());
        assert_eq!(size.raw, 1800);
        assert!(size.brotli < size.gzip && size.gzip < 100, "{size:?}");
        assert_eq!(size.plus(size).raw, 3600);
    }
}
