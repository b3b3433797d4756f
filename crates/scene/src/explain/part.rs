//! What a part of a set is busy with, as a value.

use kubesim::{Key, SimTime, Verdict};
use messages::{Message, Rule, fill};

/// The values of a text's places.
pub(super) type Values<'v> = &'v [(&'v str, &'v str)];

/// What is assumed of a pod: a sentence, and whose pod's menu has what makes it false.
#[derive(Clone, PartialEq, Debug)]
pub struct Assumptions {
    /// In a sentence, with code in backticks.
    pub text: String,
    /// The pod that it is about.
    pub pod: Key,
}

/// What one pod, or one claim, is busy with.
pub struct Detail {
    /// In a sentence.
    pub text: String,
    /// The rule behind it.
    pub(super) rule: Option<&'static Rule>,
    /// The stretch of time that it takes.
    pub wait: Option<(SimTime, SimTime)>,
    /// Whether it won't go on by itself.
    pub stuck: bool,
    /// A command that would help.
    pub remedy: Option<String>,
    /// Another one.
    pub also: Option<String>,
}

impl Detail {
    pub(super) fn new(detail: Message, verdict: Option<&Verdict>, values: Values) -> Detail {
        Detail {
            text: fill(detail.text, values),
            rule: detail.rule,
            wait: verdict.and_then(|v| v.until.map(|until| (v.since, until))),
            stuck: false,
            remedy: None,
            also: None,
        }
    }

    /// What won't end by itself.
    pub(super) fn endless(detail: Message, values: Values) -> Detail {
        Detail::new(detail, None, values).stuck()
    }

    pub(super) fn stuck(self) -> Detail {
        Detail { stuck: true, ..self }
    }

    pub(super) fn with_remedy(self, remedy: String) -> Detail {
        Detail { remedy: Some(remedy), ..self }
    }
}

/// A message as a sentence: with a full stop.
pub(super) fn sentence(message: &str) -> String {
    let message = message.trim_end();
    if message.ends_with('.') { message.into() } else { format!("{message}.") }
}
