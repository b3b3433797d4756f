//! How a picture is drawn.

/// The narrowest picture, and the widest (pixels).
pub const WIDTHS: std::ops::RangeInclusive<u32> = 240..=4000;

/// The colours.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Theme {
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
    /// As the reader's system is.
    Auto,
}

/// How a picture is drawn.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Options {
    /// Its width (pixels), in [`WIDTHS`].
    pub width: u32,
    /// Its colours.
    pub theme: Theme,
}
