//! GIFs of flat pictures: diagrams with few colours and the shades between them at edges.
//!
//! One palette for all pictures, so that no colour flickers: the colours that are most, of a few pictures that are looked at
//! first. Of each picture after the first only the rectangle that has changed is written, and in it only the pixels that
//! have. Native and in Wasm; a picture takes a few milliseconds.

use std::borrow::Cow;
use std::collections::BTreeMap;

/// The entries of a palette, without the transparent one.
const COLOURS: usize = 255;
/// The palette's index of what stays as it was.
const UNCHANGED: u8 = 255;

/// A palette.
pub struct Palette {
    colours: Vec<[u8; 3]>,
    /// The entry of each colour that was asked for.
    known: BTreeMap<[u8; 3], u8>,
}

/// Counts the colours of the pictures that a palette is to be for.
#[derive(Default)]
pub struct Census {
    counts: BTreeMap<[u8; 3], u32>,
}

impl Census {
    /// Looks at a picture: four bytes a pixel, red, green, blue and opacity.
    pub fn look(&mut self, rgba: &[u8]) {
        // Equal pixels stand in rows.
        let mut rest = rgba;
        while let [r, g, b, _, ..] = *rest {
            let colour = [r, g, b];
            let run = rest.chunks_exact(4).take_while(|pixel| pixel[..3] == colour).count();
            *self.counts.entry(colour).or_default() += run as u32;
            rest = &rest[run * 4..];
        }
    }

    /// The palette of the colours that are most.
    pub fn palette(self) -> Palette {
        let mut all: Vec<([u8; 3], u32)> = self.counts.into_iter().collect();
        all.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
        // The shades of an edge are many and near to each other: one of each is enough, until there is room for more.
        let mut colours: Vec<[u8; 3]> = Vec::new();
        for least in [24, 8, 0] {
            for (colour, _) in &all {
                if colours.len() < COLOURS
                    && colours.iter().all(|known| distance(*known, *colour) > least * least)
                {
                    colours.push(*colour);
                }
            }
        }
        if colours.is_empty() {
            colours.push([0; 3]);
        }
        Palette { colours, known: BTreeMap::new() }
    }
}

fn distance(a: [u8; 3], b: [u8; 3]) -> i32 {
    let part = |n: usize| {
        let by = i32::from(a[n]) - i32::from(b[n]);
        by * by
    };
    part(0) + part(1) + part(2)
}

impl Palette {
    /// The entry that is nearest to a colour.
    fn entry(&mut self, colour: [u8; 3]) -> u8 {
        if let Some(entry) = self.known.get(&colour) {
            return *entry;
        }
        let nearest = (0..self.colours.len()).min_by_key(|n| distance(self.colours[*n], colour));
        let entry = nearest.unwrap_or_default() as u8;
        self.known.insert(colour, entry);
        entry
    }
}

/// A GIF that is being written. It begins again at its end.
pub struct Gif {
    encoder: gif::Encoder<Vec<u8>>,
    palette: Palette,
    size: [u16; 2],
    /// The picture before, in the palette's entries.
    shown: Vec<u8>,
    /// What is to be shown next, and for how long (hundredths of a second).
    held: Option<(gif::Frame<'static>, u16)>,
}

impl Gif {
    /// A GIF of this size (pixels). Errors: what the format does not hold.
    pub fn new(width: u16, height: u16, palette: Palette) -> Result<Gif, String> {
        let flat: Vec<u8> = palette.colours.iter().flatten().copied().collect();
        let mut whole = flat;
        whole.resize(256 * 3, 0);
        let mut encoder = gif::Encoder::new(Vec::new(), width, height, &whole).map_err(|e| e.to_string())?;
        encoder.set_repeat(gif::Repeat::Infinite).map_err(|e| e.to_string())?;
        Ok(Gif { encoder, palette, size: [width, height], shown: Vec::new(), held: None })
    }

    /// Adds a picture (four bytes a pixel) that stays for so many hundredths of a second. One that looks like the one before
    /// prolongs it. Errors: a picture of another size.
    pub fn add(&mut self, rgba: &[u8], hundredths: u16) -> Result<(), String> {
        let [width, height] = self.size.map(usize::from);
        if rgba.len() != width * height * 4 {
            return Err(format!("{} bytes are no picture of {width} × {height}", rgba.len()));
        }
        let mut picture = Vec::with_capacity(width * height);
        let mut last = ([0; 3], None);
        for pixel in rgba.chunks_exact(4) {
            let colour = [pixel[0], pixel[1], pixel[2]];
            let entry = match last {
                (before, Some(entry)) if before == colour => entry,
                _ => self.palette.entry(colour),
            };
            last = (colour, Some(entry));
            picture.push(entry);
        }
        let is_new = |n: usize| self.shown.get(n) != Some(&picture[n]);
        let Some([left, top, right, bottom]) = changed(width, height, &is_new) else {
            self.prolong(hundredths);
            return Ok(());
        };
        let (wide, high) = (right - left, bottom - top);
        let mut buffer = Vec::with_capacity(wide * high);
        for y in top..bottom {
            let row = y * width + left..y * width + right;
            buffer.extend(row.map(|n| if is_new(n) { picture[n] } else { UNCHANGED }));
        }
        let frame = gif::Frame {
            left: left as u16,
            top: top as u16,
            width: wide as u16,
            height: high as u16,
            transparent: Some(UNCHANGED),
            dispose: gif::DisposalMethod::Keep,
            buffer: Cow::Owned(buffer),
            ..gif::Frame::default()
        };
        self.flush()?;
        self.held = Some((frame, hundredths));
        self.shown = picture;
        Ok(())
    }

    /// The picture that was added last stays longer.
    pub fn prolong(&mut self, hundredths: u16) {
        if let Some((_, stays)) = &mut self.held {
            *stays = stays.saturating_add(hundredths);
        }
    }

    fn flush(&mut self) -> Result<(), String> {
        let Some((mut frame, stays)) = self.held.take() else { return Ok(()) };
        frame.delay = stays;
        self.encoder.write_frame(&frame).map_err(|e| e.to_string())
    }

    /// The file.
    pub fn finish(mut self) -> Result<Vec<u8>, String> {
        self.flush()?;
        self.encoder.into_inner().map_err(|e| e.to_string())
    }
}

/// The smallest rectangle with everything that is new: left, top, right, bottom. `None`: nothing is.
fn changed(width: usize, height: usize, is_new: &dyn Fn(usize) -> bool) -> Option<[usize; 4]> {
    let row_is_new = |y: usize| (0..width).any(|x| is_new(y * width + x));
    let top = (0..height).find(|y| row_is_new(*y))?;
    let bottom = (top..height).rfind(|y| row_is_new(*y))? + 1;
    let column_is_new = |x: usize| (top..bottom).any(|y| is_new(y * width + x));
    let left = (0..width).find(|x| column_is_new(*x))?;
    let right = (left..width).rfind(|x| column_is_new(*x))? + 1;
    Some([left, top, right, bottom])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A picture of one colour with a field of another.
    fn picture(field: Option<(usize, usize)>) -> Vec<u8> {
        let mut rgba = [255, 255, 255, 255].repeat(20 * 10);
        if let Some((x, y)) = field {
            for n in [y * 20 + x, y * 20 + x + 1] {
                rgba[n * 4..n * 4 + 4].copy_from_slice(&[200, 30, 40, 255]);
            }
        }
        rgba
    }

    #[test]
    fn what_is_read_again_is_what_was_written() {
        let pictures = [picture(None), picture(Some((3, 4))), picture(Some((3, 4))), picture(Some((8, 8)))];
        let mut census = Census::default();
        pictures.iter().for_each(|picture| census.look(picture));
        let mut gif = Gif::new(20, 10, census.palette()).expect("a GIF begins");
        for picture in &pictures {
            gif.add(picture, 10).expect("a picture is added");
        }
        let file = gif.finish().expect("it ends");
        let mut options = gif::DecodeOptions::new();
        options.set_color_output(gif::ColorOutput::RGBA);
        let mut decoder = options.read_info(&*file).expect("it is a GIF");
        let mut screen = vec![0; 20 * 10 * 4];
        let mut seen = Vec::new();
        while let Some(frame) = decoder.read_next_frame().expect("it has whole pictures") {
            for (n, pixel) in frame.buffer.chunks_exact(4).enumerate() {
                let (x, y) = (n % usize::from(frame.width), n / usize::from(frame.width));
                let at = ((usize::from(frame.top) + y) * 20 + usize::from(frame.left) + x) * 4;
                if pixel[3] > 0 {
                    screen[at..at + 4].copy_from_slice(pixel);
                }
            }
            seen.push((frame.delay, usize::from(frame.width) * usize::from(frame.height), screen.clone()));
        }
        let told: Vec<(u16, usize)> = seen.iter().map(|(delay, size, _)| (*delay, *size)).collect();
        assert_eq!(
            told,
            [(10, 200), (20, 2), (10, 7 * 5)],
            "equal pictures are one, of others only what changed"
        );
        assert_eq!([&seen[0].2, &seen[1].2, &seen[2].2], [&pictures[0], &pictures[1], &pictures[3]]);
    }

    #[test]
    fn a_picture_of_another_size_is_refused() {
        let mut gif = Gif::new(20, 10, Census::default().palette()).expect("a GIF begins");
        assert!(gif.add(&[0; 12], 1).is_err());
    }
}
