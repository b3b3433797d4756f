//! Tests of the recordings, the fuzzer and the invariants, in one program.

mod conformance;
mod fuzz;
mod invariants;
