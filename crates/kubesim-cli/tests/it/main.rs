//! Tests of the recordings, the fuzzer, the invariants and the program, in one program.

mod conformance;
mod field;
mod fuzz;
mod invariants;
mod lessons;
mod plan;
mod program;
mod why;
