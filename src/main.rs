//! Ordinal, the page.
fn main() {}
