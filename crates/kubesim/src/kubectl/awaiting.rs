//! Waiting until an object has a pod: `kubectl logs deploy/web`, `exec`, `attach` while there is none yet. Models
//! `k8s.io/kubectl/pkg/polymorphichelpers/helpers.go: GetFirstPod`.

use super::pods::selector_of;
use super::resource::kind_and_name;
use super::{Failure, Invocation, Next, fail};
use crate::api::{Key, Kind, LabelSelector, SimTime, Span};
use crate::apiserver::Store;
use crate::process::{Io, Program, Step};

/// How long a verb waits for its pod: `--pod-running-timeout`, or the verb's own patience. Errors: the flag asks for no time.
pub(super) fn patience(inv: &Invocation, own: Span) -> Result<Span, Failure> {
    match inv.duration("pod-running-timeout") {
        Some(asked) if asked.0 <= 0 => Err(Failure::client("--pod-running-timeout must be higher than zero")),
        asked => Ok(asked.unwrap_or(own)),
    }
}

/// If an object that selects pods has none yet: the verb again, once it has one. Nothing else, for what is a pod, has pods or
/// can't be found: that is the verb's to say.
pub(super) fn for_first_pod(
    inv: &Invocation,
    io: &Io,
    word: &str,
    patience: Span,
) -> Option<Result<Next, Failure>> {
    let (kind, name) = kind_and_name(word).ok().filter(|(kind, _)| *kind != Kind::Pod)?;
    let object = io.api.store().get(&Key::new(kind, inv.namespace(), &name))?;
    let selector = selector_of(object)?;
    if has_pod(io.api.store(), inv.namespace(), &selector) {
        return None;
    }
    let until = io.api.now + patience;
    Some(Ok(Next::GoOn(Box::new(Awaiting { inv: inv.clone(), selector, until, rest: None }))))
}

fn has_pod(store: &Store, namespace: &str, selector: &LabelSelector) -> bool {
    store.list_in(Kind::Pod, namespace).any(|pod| selector.matches(&pod.meta.labels))
}

struct Awaiting {
    inv: Invocation,
    selector: LabelSelector,
    until: SimTime,
    /// The verb, once there was a pod.
    rest: Option<Box<dyn Program>>,
}

impl Program for Awaiting {
    fn run(&mut self, io: &mut Io) -> Step {
        if let Some(rest) = &mut self.rest {
            return rest.run(io);
        }
        if !has_pod(io.api.store(), self.inv.namespace(), &self.selector) {
            return match self.until <= io.api.now {
                true => fail(&Failure::client("timed out waiting for the condition"), io),
                false => Step::OnChangeOrAt(self.until),
            };
        }
        match (self.inv.verb.run)(&self.inv, io) {
            Ok(Next::Done(code)) => Step::Exit(code),
            Ok(Next::GoOn(rest)) => self.rest.insert(rest).run(io),
            Err(failure) => fail(&failure, io),
        }
    }

    fn interrupt(&mut self, io: &mut Io) -> Option<i32> {
        match &mut self.rest {
            Some(rest) => rest.interrupt(io),
            None => Some(130),
        }
    }
}
