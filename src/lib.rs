//! Ordinal, the page.
