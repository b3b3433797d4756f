//! Lessons on the page: the list, the lesson that is open with its steps, bets and tasks, and what is kept of them.
//!
//! A lesson's path is a branch of the session: its steps' commands and what the learner does for a task are that branch's inputs.
//! What is done elsewhere begins a branch of its own, from which there is always a way back. Loaded only for who wants it.

pub mod intent;
mod memory;
pub mod state;
pub mod update;
