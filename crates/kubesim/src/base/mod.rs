//! What the simulation stands on and what knows nothing of Kubernetes' objects: time, numbers, texts, maps.

pub mod cron;
pub mod diff;
pub mod hash;
pub mod quantity;
pub mod rfc3339;
pub mod rng;
pub mod shared_map;
pub mod table;
pub mod text;
pub mod time;
pub mod tree;
