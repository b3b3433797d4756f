//! Which fields objects have: the table of types, strict decoding, defaults, and values as Go prints them.
//!
//! Objects are trees ([`serde_json::Value`]) all the way; the table (`schema.txt`, `schema-more.txt`) is made from the Go types
//! of Kubernetes.
//! Nothing here knows a store or a clock.

pub mod decode;
pub mod defaults;
pub(crate) mod fields;
pub(crate) mod go_json;
pub(crate) mod types;
pub(crate) mod wire;
