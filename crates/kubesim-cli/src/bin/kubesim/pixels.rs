//! Pictures as pixels: PNG and GIF of an SVG.
//!
//! Text is drawn with this machine's fonts, as browsers do it: three faces of a font that could be brought along are two
//! megabytes, for a file that each reader sees as the machine that made it did, anyway. What is measured fits in each of them
//! (`scene::picture::text`). Where there are no fonts, that is said.

use crate::output::{Problem, Result};
use crate::progress::Progress;
use flat_gif::{Census, Gif};
use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::fontdb::{Database, Family, Query};
use resvg::usvg::{Options, Tree};
use scene::picture::{Film, Subject};

/// What `sans-serif` and `monospace` mean, where nothing before them in a picture's list is there: the first that is.
const SANS: [&str; 6] =
    ["Noto Sans", "DejaVu Sans", "Liberation Sans", "Segoe UI", "Helvetica Neue", "Arial"];
const MONO: [&str; 6] =
    ["DejaVu Sans Mono", "Noto Sans Mono", "Liberation Mono", "Menlo", "Consolas", "Courier New"];
/// Time between two pictures of a GIF (hundredths of a second).
const FRAME: u16 = 10;
/// The most pictures of a GIF.
const MOST_FRAMES: f64 = 6_000.0;
/// How many pictures of a GIF its palette is chosen from.
const LOOKED_AT: usize = 8;

fn refused(error: impl std::fmt::Display) -> Problem {
    Problem::Refused(error.to_string())
}

/// This machine's fonts. Errors: it has none.
fn fonts() -> Result<Options<'static>> {
    let mut options = Options::default();
    let fonts = options.fontdb_mut();
    fonts.load_system_fonts();
    if fonts.is_empty() {
        return Err(Problem::Refused(
            "this machine has no fonts: a PNG or GIF needs one, an SVG does not".into(),
        ));
    }
    if let Some(sans) = first_there(fonts, &SANS) {
        fonts.set_sans_serif_family(sans);
    }
    if let Some(mono) = first_there(fonts, &MONO) {
        fonts.set_monospace_family(mono);
    }
    Ok(options)
}

fn first_there(fonts: &Database, families: &[&'static str]) -> Option<&'static str> {
    let is_there =
        |name: &&&str| fonts.query(&Query { families: &[Family::Name(name)], ..Query::default() }).is_some();
    families.iter().find(is_there).copied()
}

fn pixels(svg: &str, scale: u32, fonts: &Options) -> Result<Pixmap> {
    let tree = Tree::from_str(svg, fonts).map_err(refused)?;
    let size = tree.size().to_int_size();
    let mut pixels = Pixmap::new(size.width() * scale, size.height() * scale)
        .ok_or_else(|| Problem::Refused("the picture is too big".into()))?;
    resvg::render(&tree, Transform::from_scale(scale as f32, scale as f32), &mut pixels.as_mut());
    Ok(pixels)
}

/// A picture as PNG, so many pixels for each of its own.
pub fn png(svg: &str, scale: u32) -> Result<Vec<u8>> {
    pixels(svg, scale, &fonts()?)?.encode_png().map_err(refused)
}

/// A film as GIF.
pub fn gif(mut film: Film, subject: &Subject, scale: u32) -> Result<Vec<u8>> {
    let fonts = fonts()?;
    let mut progress = Progress::new();
    let (length, hold) = film.length();
    let each = f64::from(FRAME) * 10.0;
    let count = ((length - hold) / each).ceil() + 1.0;
    if count > MOST_FRAMES {
        return Err(refused(format!(
            "{count} pictures are too many for a GIF: a higher --speed makes them fewer"
        )));
    }
    let count = count as usize;
    let svg = |n: usize, film: &mut Film| film.frame(subject, film.at(n as f64 * each));
    let mut census = Census::default();
    for n in (0..LOOKED_AT).map(|n| n * (count - 1) / (LOOKED_AT - 1)) {
        census.look(pixels(&svg(n, &mut film), scale, &fonts)?.data());
    }
    let first = pixels(&svg(0, &mut film), scale, &fonts)?;
    let [Ok(width), Ok(height)] = [first.width(), first.height()].map(u16::try_from) else {
        return Err(refused("the picture is too big for a GIF"));
    };
    let mut gif = Gif::new(width, height, census.palette()).map_err(refused)?;
    let mut before = String::new();
    for n in 0..count {
        progress.show(|| format!("picture {n} of {count}"));
        let now = svg(n, &mut film);
        if now == before {
            gif.prolong(FRAME);
        } else {
            gif.add(pixels(&now, scale, &fonts)?.data(), FRAME).map_err(refused)?;
        }
        before = now;
    }
    gif.prolong((hold / 10.0) as u16);
    gif.finish().map_err(refused)
}
