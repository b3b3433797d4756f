//! The shell against real ones.

mod differential;
