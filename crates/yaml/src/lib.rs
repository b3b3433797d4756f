//! Reads YAML 1.1 and JSON as kubectl reads a manifest, and writes YAML as `kubectl -o yaml` does.
//!
//! Own code rather than a library, for three reasons:
//!
//! - **Lines and columns.** An editor points at the field that a mistake is about: every value knows where it was written
//!   ([`Document::locate`]), through aliases and merge keys as well. Serde's data model has no room for that.
//! - **YAML 1.1 as go-yaml resolves it.** A plain `yes` is a boolean and a quoted one is not, `010` is 8, `1_000` is a
//!   number, a whole float is an integer in JSON. Libraries read YAML 1.2, or resolve before the difference can be seen.
//! - **go-yaml's words.** What kubectl prints about an unreadable text is go-yaml's or encoding/json's message with go-yaml's
//!   line number, which is often one less than the true one. So the scanner and the parser have go-yaml's states.
//!
//! What is modelled, file by file: `scanner` go.yaml.in/yaml/v2 `scannerc.go`, `parser` `parserc.go`, `stream`
//! apimachinery's `pkg/util/yaml`, `document` `decode.go` and `resolve.go`, `json` encoding/json's `scanner.go`, [`write`](mod@write)
//! `emitterc.go`. `printed` is a short cut for what kubectl itself has printed. The maintained serde_yaml is the oracle in the tests: the two agree but where go-yaml has a rule of its own.
//!
//! Knows nothing of Kubernetes' kinds.

pub mod base64;
mod document;
mod json;
mod parser;
mod printed;
mod scanner;
mod stream;
pub mod text;
mod write;

pub use document::{Document, MAX_TEXT, Span, YamlError, reads_as_text};
pub use printed::read_printed;
pub use stream::{Stream, read, read_up_to};
pub use write::write;
