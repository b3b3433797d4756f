//! The verbs that change something, run something, or wait. [`verbs`](super::verbs) has the table of them.

pub(super) mod apply;
mod arguments;
pub(super) mod create;
pub(super) mod delete;
pub(super) mod diff;
pub(super) mod documents;
pub(super) mod edit;
pub(super) mod exec;
mod generate;
pub(super) mod label;
mod modify;
pub(super) mod node;
mod options;
mod outcome;
pub(super) mod patch;
mod printing;
pub(super) mod rollout;
pub(super) mod scale;
pub(super) mod select;
pub(super) mod set;
pub(super) mod set_env;
pub(super) mod wait;
