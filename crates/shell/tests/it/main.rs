//! The shell against real ones.

mod busybox;
mod differential;
