//! What a visitor loads, in bytes: as it lies there, and as gzip and brotli send it.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use page_driver::critical_path::{critical_path, files};

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
pub const BUDGETS: [Budget; 3] = [
    Budget {
        what: "critical path: the files marked *, loaded before the page is live with a running cluster",
        gzip: 180_000,
        brotli: 150_000,
        remedy: STALE_PROFILE,
        counts: |file| file.critical,
    },
    Budget {
        what: "loaded before the first pod is there",
        gzip: 500_000,
        brotli: 410_000,
        remedy: STALE_PROFILE,
        counts: |file| file.critical || file.is_opening(),
    },
    Budget {
        what: "all files",
        gzip: 1_560_000,
        brotli: 1_210_000,
        remedy: "the table below says where the bytes are: compare it with the one of the commit before, and look for more \
                 copies of generic code",
        counts: |_| true,
    },
];

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
    /// Whether it is the part of the program that is loaded right after that: what runs until the second pod is there.
    pub fn is_opening(&self) -> bool {
        self.name.starts_with("opening-")
    }
}

/// Every file of the built site in `dist`, in order of name, measured.
///
/// # Errors
/// If a file cannot be read, or `index.html` is missing.
pub fn measure(dist: &Path) -> io::Result<Vec<Shipped>> {
    let critical = critical_path(dist)?;
    let mut shipped = Vec::new();
    for name in files(dist)? {
        let size = Size::of(&fs::read(dist.join(&name))?);
        shipped.push(Shipped { critical: critical.contains(&name), name, size });
    }
    Ok(shipped)
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
        let [live, first_pod, all] = BUDGETS;
        let shipped = [
            file("ordinal-1.wasm", 1, true),
            file("opening-1.wasm", 2, false),
            file("rest-1.wasm", 4, false),
        ];
        assert_eq!([live, first_pod, all].map(|budget| budget.size(&shipped).gzip), [1, 3, 7]);
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
