//! What is assumed of a pod, in words.

use super::about::About;
use super::explanation::Explanation;
use super::part::Assumptions;
use kubesim::Object;
use kubesim::kubelet::{Assumed, Assumption, assumptions};
use messages::{Messages, fill};

impl About<'_> {
    /// Adds what is assumed of the pod to an answer that says all is well.
    pub(super) fn with_assumptions(&self, why: Explanation, pod: &Object) -> Explanation {
        let assumed = assumptions(self.store, &pod.pod().spec);
        Explanation { assumed: in_words(self.messages, &assumed, pod), ..why }
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
