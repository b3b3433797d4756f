//! What is assumed of a pod, in words.

use super::about::About;
use super::explanation::Explanation;
use super::part::Assumptions;
use kubesim::kubelet::{Assumed, Assumption, assumptions};
use kubesim::{Object, Store, Str};
use messages::{Messages, fill};
use std::rc::Rc;

/// A command that is named in a sentence is cut after so many letters.
const LONGEST_COMMAND: usize = 60;

/// What of a pod's commands is not simulated, in sentences: one for each container that ran such commands.
pub fn not_simulated(messages: &'static Messages, store: &Store, pod: &Object) -> Option<String> {
    let of_container = |(container, commands): (Str, Rc<Vec<Str>>)| {
        let said: Vec<String> =
            commands.iter().map(|command| ["`", &*shortened(command), "`"].concat()).collect();
        fill(messages.ran_not_simulated(), &[("container", &container), ("commands", &said.join(", "))])
    };
    let said: Vec<String> =
        kubesim::kubelet::not_simulated(store, pod.meta.uid).into_iter().map(of_container).collect();
    (!said.is_empty()).then(|| said.join(" "))
}

/// A command's first line, and not more of it than a sentence can hold. Backticks would end it.
fn shortened(command: &str) -> String {
    let line = command.lines().next().unwrap_or_default().replace('`', "'");
    let is_whole = line.len() == command.len() && line.chars().count() <= LONGEST_COMMAND;
    if is_whole { line } else { line.chars().take(LONGEST_COMMAND).chain(['…']).collect() }
}

impl About<'_> {
    /// Adds what is assumed of the pod to an answer that says all is well.
    pub(super) fn with_assumptions(&self, why: Explanation, pod: &Object) -> Explanation {
        let assumed = assumptions(self.store, &pod.pod().spec);
        let why = Explanation { assumed: in_words(self.messages, &assumed, pod), ..why };
        self.with_not_simulated(why, pod)
    }

    /// Adds what of the pod's commands is not simulated.
    pub(super) fn with_not_simulated(&self, mut why: Explanation, pod: &Object) -> Explanation {
        if let Some(said) = not_simulated(self.messages, self.store, pod) {
            why.text = [&*why.text, &*said].join(" ");
        }
        why
    }
}

/// A sentence that says, image by image, what is assumed.
fn in_words(messages: &'static Messages, assumed: &[Assumption], pod: &Object) -> Option<Assumptions> {
    let mut images: Vec<(&str, Vec<String>)> = Vec::new();
    let mut meant = Vec::new();
    for assumption in assumed {
        let image = &*assumption.image;
        if images.last().is_none_or(|(last, _)| *last != image) {
            images.push((image, Vec::new()));
        }
        let said = match assumption.what {
            Assumed::ImageIsThere(None) => messages.assumed_image().to_owned(),
            Assumed::ImageIsThere(Some(name)) => {
                meant.push(fill(messages.image_meant(), &[("image", image), ("name", name)]));
                messages.assumed_image().to_owned()
            }
            Assumed::ProgramRuns => messages.assumed_program().to_owned(),
            Assumed::Listens(port) => fill(messages.assumed_port(), &[("port", &port.to_string())]),
            Assumed::PassesProbe(probe) => fill(messages.assumed_probe(), &[("probe", probe.word())]),
        };
        images.last_mut().expect("one was just put there").1.push(said);
    }
    let of_image = |(image, said): &(&str, Vec<String>)| ["`", image, "` ", &said.join(", ")].concat();
    let said: Vec<String> = images.iter().map(of_image).collect();
    if said.is_empty() {
        return None;
    }
    let text = fill(messages.assumed(), &[("what", &said.join("; "))]);
    let text = meant.into_iter().fold(text, |text, asked| [&*text, &*asked].join(" "));
    Some(Assumptions { text, pod: pod.key() })
}
