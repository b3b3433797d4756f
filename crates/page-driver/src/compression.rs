//! Compressing what is sent, as static hosts do: brotli or gzip, by what the browser accepts, each content once.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::SystemTime;

/// A coding that HTTP knows, in order of preference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Coding {
    /// `br`.
    Brotli,
    /// `gzip`.
    Gzip,
}

impl Coding {
    /// Its name in headers.
    pub fn name(self) -> &'static str {
        match self {
            Self::Brotli => "br",
            Self::Gzip => "gzip",
        }
    }

    /// The coding that suits an `Accept-Encoding` header best; nothing if the content is to be sent as it is.
    pub fn accepted(header: &str) -> Option<Self> {
        // RFC 9110, 12.5.3: names with weights, * for all that is not named, weight 0 for what is not acceptable.
        let weights: BTreeMap<String, f32> = header
            .split(',')
            .map(|item| {
                let (name, parameter) = item.split_once(';').unwrap_or((item, ""));
                let weight = parameter.trim().strip_prefix("q=").and_then(|weight| weight.parse().ok());
                (name.trim().to_ascii_lowercase(), weight.unwrap_or(1.0))
            })
            .collect();
        let weight =
            |coding: Self| weights.get(coding.name()).or_else(|| weights.get("*")).copied().unwrap_or(0.0);
        let (brotli, gzip) = (weight(Self::Brotli), weight(Self::Gzip));
        if brotli > 0.0 && brotli >= gzip { Some(Self::Brotli) } else { (gzip > 0.0).then_some(Self::Gzip) }
    }

    /// A content in this coding, at the quality that hosts take for what they compress when it is asked for.
    pub fn encode(self, content: &[u8]) -> Vec<u8> {
        const BROTLI_QUALITY: u32 = 5;
        const BROTLI_WINDOW: u32 = 22;
        const GZIP_LEVEL: u32 = 6;
        const TAKES_ALL: &str = "memory takes every byte";
        match self {
            Self::Brotli => {
                let mut encoder =
                    brotli::CompressorWriter::new(Vec::new(), 1 << 16, BROTLI_QUALITY, BROTLI_WINDOW);
                encoder.write_all(content).expect(TAKES_ALL);
                encoder.into_inner()
            }
            Self::Gzip => {
                let level = flate2::Compression::new(GZIP_LEVEL);
                let mut encoder = flate2::write::GzEncoder::new(Vec::new(), level);
                encoder.write_all(content).expect(TAKES_ALL);
                encoder.finish().expect(TAKES_ALL)
            }
        }
    }
}

/// Whether hosts compress a content of this type and length: text and WebAssembly, unless there is too little to gain.
pub fn is_worthwhile(content_type: &str, length: usize) -> bool {
    /// A packet's worth, in bytes.
    const LEAST: usize = 1_000;
    let is_compressible = content_type.starts_with("text/")
        || ["application/wasm", "application/json", "image/svg+xml"].contains(&content_type);
    is_compressible && length >= LEAST
}

/// A file's content as it was at a time, in a coding.
type Version = (PathBuf, Option<SystemTime>, usize, Coding);

/// What has been compressed, for all servers of this process: browser tests start one each, of the same site.
static COMPRESSED: Mutex<BTreeMap<Version, Arc<OnceLock<Vec<u8>>>>> = Mutex::new(BTreeMap::new());

/// A file's content in a coding: compressed when it is first asked for, and remembered until it is written anew.
pub fn compressed(
    file: &Path,
    modified: Option<SystemTime>,
    content: &[u8],
    coding: Coding,
) -> Arc<OnceLock<Vec<u8>>> {
    let version = (file.to_owned(), modified, content.len(), coding);
    let slot = {
        let mut all = COMPRESSED.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|(other, time, ..), _| other != file || *time == modified);
        Arc::clone(all.entry(version).or_default())
    };
    slot.get_or_init(|| coding.encode(content));
    slot
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn the_browser_says_what_it_accepts() {
        for (header, expected) in [
            ("gzip, deflate, br, zstd", Some(Coding::Brotli)),
            ("gzip, deflate", Some(Coding::Gzip)),
            ("br;q=0.5, gzip;q=0.8", Some(Coding::Gzip)),
            ("BR;q=0, *", Some(Coding::Gzip)),
            ("*", Some(Coding::Brotli)),
            ("br;q=0, gzip;q=0.0", None),
            ("identity", None),
            ("", None),
        ] {
            assert_eq!(Coding::accepted(header), expected, "{header}");
        }
    }

    #[test]
    fn what_is_compressed_is_the_content() {
        let text = b"kind: StatefulSet\n".repeat(500);
        let (brotli, gzip) = (Coding::Brotli.encode(&text), Coding::Gzip.encode(&text));
        let mut plain = Vec::new();
        brotli::Decompressor::new(&brotli[..], 1 << 16).read_to_end(&mut plain).expect("it is brotli");
        assert!(plain == text && brotli.len() < 200, "{}", brotli.len());
        plain.clear();
        flate2::read::GzDecoder::new(&gzip[..]).read_to_end(&mut plain).expect("it is gzip");
        assert!(plain == text && gzip.len() < 200, "{}", gzip.len());
    }

    #[test]
    fn a_file_is_compressed_once_until_it_is_written_anew() {
        let (file, time) = (Path::new("/no/such/file.css"), SystemTime::UNIX_EPOCH);
        let first = compressed(file, Some(time), b"a { color: red }", Coding::Gzip);
        let again = compressed(file, Some(time), b"a { color: red }", Coding::Gzip);
        assert!(Arc::ptr_eq(&first, &again));
        let later = compressed(
            file,
            Some(time + std::time::Duration::from_secs(1)),
            b"a { color: tan }",
            Coding::Gzip,
        );
        assert!(later.get() != first.get());
    }
}
