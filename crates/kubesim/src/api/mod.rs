//! The objects, as Kubernetes names them, and their JSON form.
//!
//! Typed fields are what the simulation acts on; each spec also keeps the whole decoded and defaulted tree (`raw`), so
//! that what is not simulated is given out as it came. Parts that many versions share are behind [`Rc`]: a pod's status
//! change costs a status, not a pod.

pub mod event;
mod kind;
pub mod meta;
pub mod node;
mod object;
pub mod pod;
mod quantity;
pub mod read;
pub mod service;
pub mod stateful_set;
mod table;
mod time;
pub mod volume;
pub mod workload;

pub use kind::{KINDS, Kind, KindInfo};
pub use meta::{Key, LabelSelector, ObjectMeta, OwnerReference, Uid};
pub use object::{Body, Object};
pub use pod::{Pod, PodPhase};
pub use quantity::{parse_quantity_millis, quantity_millis};
pub(crate) use table::Table;
pub use time::{SimTime, Span};

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

/// Text that many objects share.
pub type Str = Rc<str>;

/// Texts that are longer are each other's own.
const LONGEST_COMMON: usize = 128;
/// So many common texts are known at a time.
const COMMON_TEXTS: usize = 512;

/// A text that many objects say, such as a kind, a reason, a namespace: who says it again mostly gets the same allocation.
pub fn common(text: &str) -> Str {
    thread_local! {
        static KNOWN: RefCell<Vec<Option<Str>>> = RefCell::new(vec![None; COMMON_TEXTS]);
    }
    if text.len() > LONGEST_COMMON {
        return text.into();
    }
    KNOWN.with_borrow_mut(|known| {
        let place = &mut known[number_of(0, text.as_bytes()) as usize % COMMON_TEXTS];
        match place {
            Some(same) if **same == *text => same.clone(),
            _ => place.insert(text.into()).clone(),
        }
    })
}

/// A number that is the same for the same bytes after the same number, and mostly another for others: for what is only
/// looked up. No order and no choice may depend on it. FNV-1a's way, but eight bytes at a time.
pub(crate) fn number_of(before: u64, bytes: &[u8]) -> u64 {
    let (parts, rest) = bytes.as_chunks::<8>();
    let hash = parts.iter().fold(before, |hash, part| stir(hash, u64::from_le_bytes(*part)));
    // What is left is read together with some of what was read before, or in two halves that overlap.
    let last = if let Some(last) = bytes.last_chunk::<8>() {
        u64::from_le_bytes(*last)
    } else if let (Some(first), Some(last)) = (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        u64::from(u32::from_le_bytes(*first)) << 32 | u64::from(u32::from_le_bytes(*last))
    } else {
        rest.iter().fold(0, |last, byte| last << 8 | u64::from(*byte))
    };
    stir(hash, last.rotate_left(8) ^ bytes.len() as u64)
}

/// A step of [`number_of`].
pub(crate) fn stir(hash: u64, part: u64) -> u64 {
    const PRIME: u64 = 0x9E37_79B9_7F4A_7C15;
    let hash = (hash ^ part).wrapping_mul(PRIME);
    hash ^ hash >> 32
}

/// Labels, annotations and the like.
pub type Map = Rc<BTreeMap<Str, Str>>;
