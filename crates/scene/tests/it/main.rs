//! The scene's tests, in one program.

mod assumed;
mod blocks;
mod difference;
mod explain;
mod large;
mod nodes;
mod opened;
mod picture;
mod refusals;

/// The page's first example.
const FLASK: &str = include_str!("../../../../src/examples/flask.yaml");
/// The manifest of the page's pairs of clusters.
const WEB: &str = include_str!("../../../../src/session/presets/web.yaml");
