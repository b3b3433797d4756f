//! Pictures: what is on the stage at a moment as one SVG, and a stretch of a history as one SVG that moves. Pure functions:
//! READMEs, slides and documentation show them without a program.
//!
//! A picture has no reference to anything outside, no script and no foreign object; its texts are escaped, its fonts are
//! the reader's.
//!
//! | module | contents |
//! | --- | --- |
//! | `still` | a moment |
//! | `film` | a stretch of time: marks over time |
//! | `stage`, `timeline` | what is drawn |
//! | `layout` | where |
//! | `palette`, `text` | the page's colours; widths, and where texts are cut |
//! | `sheet` | marks in their order |
//! | `document` | an SVG as a whole |

mod document;
mod film;
mod layout;
mod options;
mod palette;
mod sheet;
mod stage;
mod still;
mod subject;
mod text;
mod timeline;

pub use film::Film;
pub use options::{Options, Theme, WIDTHS};
pub use palette::{TOKENS, Token};
pub use still::{still, timeline};
pub use subject::Subject;
