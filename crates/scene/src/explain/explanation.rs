//! A question, its answer, and the rule behind it.

use super::part::{Assumptions, Detail, Values};
use kubesim::{Key, SimTime, Str};
use messages::{Message, Rule, fill};

/// The tone of an answer, for its colour and sign.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tone {
    /// Nothing is to be done.
    Calm,
    /// Something is being done.
    Busy,
    /// Something is waited for.
    Waiting,
    /// It won't go on by itself.
    Stuck,
    /// What the user asked for was not done.
    Refused,
}

impl Tone {
    /// Its class in the style sheet.
    pub fn class(self) -> &'static str {
        match self {
            Tone::Calm => "calm",
            Tone::Busy => "busy",
            Tone::Waiting => "waiting",
            Tone::Stuck | Tone::Refused => "stuck",
        }
    }
}

/// What the question is about.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Subject {
    /// A pod, or the place of one that is not there.
    Pod(Key),
    /// A claim, or the place of one that is not there.
    Claim(Key),
    /// Whether and why a pod's name is in DNS.
    Endpoint(Key),
    /// A node.
    Node(Key),
}

/// A question, its answer, and the rule behind it.
#[derive(Clone, PartialEq, Debug)]
pub struct Explanation {
    /// How it is meant.
    pub tone: Tone,
    /// The question, or what goes on.
    pub title: String,
    /// The answer, with code in backticks.
    pub text: String,
    /// The rule of Kubernetes that it follows from, with its source.
    pub rule: Option<&'static Rule>,
    /// The stretch of time that is waited for, if time alone ends it.
    pub wait: Option<(SimTime, SimTime)>,
    /// The pod that all waits for.
    pub pod: Option<Str>,
    /// A command that would help.
    pub remedy: Option<String>,
    /// Another one.
    pub also: Option<String>,
    /// What is assumed, where all is said to be well.
    pub assumed: Option<Assumptions>,
}

impl Explanation {
    pub(super) fn new(tone: Tone, say: Message, values: Values) -> Explanation {
        Explanation {
            tone,
            title: fill(say.title, values),
            text: fill(say.text, values),
            rule: say.rule,
            wait: None,
            pod: None,
            remedy: None,
            also: None,
            assumed: None,
        }
    }

    pub(super) fn with_remedy(self, remedy: String) -> Explanation {
        Explanation { remedy: Some(remedy), ..self }
    }

    /// Adds what a part is busy with.
    pub(super) fn with(mut self, more: Option<Detail>) -> Explanation {
        let Some(more) = more else { return self };
        self.text = [self.text.as_str(), &more.text].join(" ").trim_start().to_string();
        self.wait = self.wait.or(more.wait);
        self.rule = self.rule.or(more.rule);
        if self.remedy.is_none() {
            (self.remedy, self.also) = (more.remedy, more.also);
        }
        if more.stuck {
            self.tone = Tone::Stuck;
            self.rule = more.rule;
        }
        self
    }
}
