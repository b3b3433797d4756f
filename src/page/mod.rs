//! The page's state and what changes it.

pub mod intent;
pub mod panel;
pub mod state;
