//! What is shown of a simulated cluster at a moment: pure functions of the store at that moment, of what is remembered
//! of its history, and of the moment. Native: nothing here knows Yew or a browser, so that a test, a program of the
//! command line and the page get the same scene.
//!
//! | module | contents | imports |
//! | --- | --- | --- |
//! | [`messages`] | every text that people read: a crate of its own | nothing |
//! | [`history`] | pods' lives, volumes' files, commands and output, read once from the writes; where two worlds differ | `messages` |
//! | [`cluster`] | what is said of a real cluster's state before it is opened | `messages` |
//! | [`plan`] | a change, tried before it is done to a real cluster | `explain`, `messages` |
//! | [`examples`] | manifests to begin with | nothing |
//! | [`explain`] | a moment's verdicts as a question, an answer and a rule | `history`, `messages` |
//! | [`scene`] | the lanes, or the grid of a set of very many pods | all of them |
//! | [`picture`] | a moment, or a stretch of time, as SVG | all of them |
//! | [`transcript`] | the terminal as a file | nothing |

pub mod cluster;
pub mod examples;
pub mod explain;
pub mod history;
pub mod picture;
pub mod plan;
pub mod rerun;
pub mod scene;
pub mod transcript;

pub use ::messages;
