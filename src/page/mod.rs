//! The page's state and what changes it. No browser, no drawing: [`update::update`] is a pure function.

pub mod effect;
pub mod intent;
pub mod layout;
pub mod lesson;
pub mod panel;
pub mod progress;
pub mod state;
pub mod update;
pub mod world;
