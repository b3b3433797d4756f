//! What the program `kubesim` does that the page does not: it plays recordings of a real cluster ([`conformance`]) and tries
//! inputs that nobody would write ([`fuzz`]).

pub mod conformance;
pub mod fuzz;
pub mod languages;
pub mod lessons;
