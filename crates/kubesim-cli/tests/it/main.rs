//! Tests of the recordings, the fuzzer, the invariants and the program, in one program.

mod conformance;
mod fuzz;
mod invariants;
mod plan;
mod program;
mod why;
