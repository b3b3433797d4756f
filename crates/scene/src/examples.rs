//! Manifests to begin with.

/// A manifest to begin with.
pub struct Example {
    /// Its name in the menu.
    pub name: &'static str,
    /// The manifest, as the editor shows it.
    pub text: &'static str,
}

/// The manifests; the first one is in the editor when the page opens.
pub const EXAMPLES: &[Example] = &[
    Example { name: "flask", text: include_str!("../../../src/examples/flask.yaml") },
    Example { name: "nginx web", text: include_str!("../../../src/examples/web.yaml") },
    Example { name: "Parallel", text: include_str!("../../../src/examples/parallel.yaml") },
    Example { name: "database", text: include_str!("../../../src/examples/database.yaml") },
    Example { name: "a thousand pods", text: include_str!("../../../src/examples/thousand.yaml") },
];
