//! The reader against recordings of kubectl and against another reader.

mod recordings;
