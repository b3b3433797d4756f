//! What can be wrong with what is given.

use std::fmt;

/// Why a module can't be read or split.
#[derive(Debug)]
pub enum Error {
    /// The module can't be read; the reader's words.
    Unreadable(String),
    /// The linker has left no relocations: `--emit-relocs` was not passed to it.
    NoRelocations,
    /// The module lacks an export that the split needs; its name.
    NoExport(&'static str),
    /// A data segment is passive, or its address is not a constant: it can't be told which constants are in it.
    MovableData,
    /// What fills a table is passive, or its place is not a constant: it can't be told which module should fill it.
    MovableElements,
    /// A module uses a function of the one before it that this does not export; its name.
    NotExported(String),
    /// A line of an instrumented module's list of functions is not one; the line.
    NoFunction(String),
}

/// A value, or why there is none.
pub type Result<T> = std::result::Result<T, Error>;

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Self::Unreadable(error) => write!(f, "the module cannot be read: {error}"),
            Self::NoRelocations => {
                f.write_str("the linked module has no relocations (the linker's --emit-relocs)")
            }
            Self::NoExport(name) => write!(f, "the module has no export {name}"),
            Self::MovableData => f.write_str("a data segment has no constant address"),
            Self::MovableElements => f.write_str("what fills a table has no constant place"),
            Self::NotExported(name) => write!(f, "the module before does not export {name}"),
            Self::NoFunction(line) => write!(f, "not a line of a list of functions: {line}"),
        }
    }
}

impl std::error::Error for Error {}

impl From<wasmparser::BinaryReaderError> for Error {
    fn from(error: wasmparser::BinaryReaderError) -> Self {
        Self::Unreadable(error.to_string())
    }
}
