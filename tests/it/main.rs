//! The page without a browser.

mod update;
