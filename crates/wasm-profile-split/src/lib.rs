//! Splits a WebAssembly module by what a profile has seen run: what runs first, what runs soon after, in two
//! steps, the rest, and what is loaded only for who wants it, behind two doors; each after the one before. The README says how a profile is taken and what a
//! loader has to do.
//!
//! [`instrument()`] makes a module that tells what has run, [`coverage::lines`] makes a text of that, and [`split()`] makes
//! six modules by it. Inside, from the ground up:
//!
//! - `shape`: the segments of a function that a profile is about; `liveness`: the locals that each needs;
//! - `outline`: makes functions of the segments that ran later, by `cut` and `copy`;
//! - `relocations`: reads which function needs which `constants`;
//! - `follow`: adds to what ran what it calls and what is new since;
//! - `wanted`: finds what is only reached through doors that the loader opens when asked;
//! - `partition`: decides what goes where; `earlier` and `later` make the two sides of a border; `data` distributes constants,
//!   `elements` what tables hold;
//! - `arrange`: puts functions beside similar ones, by `similarity`, once they have been optimised;
//! - `bind`: binds two modules by the order of what one uses of the other, after that;
//! - `protocol`: the names by which modules and loader know each other.

mod addresses;
mod arrange;
mod bind;
mod constants;
mod copy;
pub mod coverage;
mod cut;
mod data;
mod earlier;
mod elements;
pub mod error;
#[cfg(test)]
mod fixture;
mod follow;
mod instrument;
mod later;
mod liveness;
mod module;
mod outline;
mod partition;
mod protocol;
mod relocations;
mod shape;
mod similarity;
mod split;
mod wanted;

pub use arrange::arrange;
pub use bind::bind_by_order;
pub use instrument::{Instrumented, instrument};
pub use module::{plain_name, without_relocations};
pub use split::{Border, Split, split};
