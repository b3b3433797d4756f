//! How fast a shell is. What its processes do costs units of work; it gets so many a second of virtual time, and may save some
//! for later. A script that waits now and then never notices; one that never does goes on in virtual time, slice by slice,
//! and costs the same real time however long it runs.
//!
//! A unit is roughly a tenth of a microsecond of a compiled shell, and a little more in Wasm: ten thousand a second are about
//! two milliseconds of real time.

/// Units for each millisecond of virtual time.
const UNITS_PER_MS: i64 = 10;
/// The most units that are saved: what a shell may do at one moment.
const MOST_SAVED: i64 = 20_000;
/// The units that a shell without any waits for.
const SLICE: i64 = 1_000;

/// To be run by its host: it looks its files and names up anew.
const RUN: i64 = 200;
/// To start a program that is not built into the shell (`fork`, `execve`).
pub(crate) const PROGRAM: i64 = 50;
/// To start one that is the host's: it does more.
pub(crate) const HOST_PROGRAM: i64 = 250;
/// To start a subshell (`fork`).
pub(crate) const SUBSHELL: i64 = 20;
/// Bytes that a pipe, a variable or a terminal takes for a unit.
pub(crate) const BYTES_MOVED: i64 = 64;
/// Bytes that are read, matched, made or compiled for a unit.
pub(crate) const BYTES_READ: i64 = 32;
/// Bytes of a file that is changed for a unit: all of it is written anew.
pub(crate) const BYTES_OF_FILE: i64 = 256;

/// The units of a shell.
#[derive(Clone, Debug, Default)]
pub(crate) struct Processor {
    /// Units left; below zero if something cost more than there were.
    left: i64,
    /// Virtual time of the last run, in milliseconds.
    at_ms: Option<u64>,
    /// All units spent so far.
    spent: i64,
}

impl Processor {
    /// A run begins at this virtual time.
    pub(crate) fn begin(&mut self, now_ms: u64) {
        let gained = match self.at_ms {
            Some(at) => {
                i64::try_from(now_ms.saturating_sub(at)).unwrap_or(i64::MAX).saturating_mul(UNITS_PER_MS)
            }
            None => MOST_SAVED,
        };
        self.left = self.left.saturating_add(gained).min(MOST_SAVED);
        self.at_ms = Some(now_ms);
        self.spend(RUN);
    }

    /// Something was done.
    pub(crate) fn spend(&mut self, units: i64) {
        self.left -= units;
        self.spent += units;
    }

    /// Something was done with so many bytes, of which a unit is worth so many.
    pub(crate) fn spend_on(&mut self, bytes: usize, of_a_unit: i64) {
        self.spend(bytes as i64 / of_a_unit);
    }

    /// Whether nothing more can be done at this moment.
    pub(crate) fn is_used_up(&self) -> bool {
        self.left <= 0
    }

    /// Milliseconds of virtual time until there are units again.
    pub(crate) fn pause_ms(&self) -> u64 {
        ((SLICE - self.left) / UNITS_PER_MS).max(1) as u64
    }

    /// All units spent so far.
    pub(crate) fn spent(&self) -> i64 {
        self.spent
    }
}
