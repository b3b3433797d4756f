//! A recording's first moment, gone on from in the simulation: what the simulator would have done. What users did meanwhile is
//! given to it as far as the recording shows it: sets and Services that they made, changed or deleted, and pods that they told
//! to go though no rule of their set does. Nodes that fail, and what happens within containers, it does not know.

use crate::plan::{Step, steps};
use kubesim::api::pod::PodPhase;
use kubesim::api::stateful_set::{REVISION_LABEL, parent_and_ordinal};
use kubesim::{Input, Key, Kind, Object, Opened, SimTime, Story, TimedInput};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::rc::Rc;

/// The inputs of a story that begins with a recording's first moment, and in which users do what they were seen to do.
pub fn inputs(opened: &Opened) -> Vec<TimedInput> {
    // What is written below has times.
    SimTime::set_zero(opened.taken_unix_seconds);
    let mut first = opened.clone();
    first.seen.clear();
    let mut inputs = vec![TimedInput { at: SimTime(0), input: Input::Open(Rc::new(first)) }];
    let known = opened.objects.iter().map(|object| (object.key(), Rc::clone(object)));
    let mut world = World { objects: known.collect() };
    for seen in &opened.seen {
        let done = world.done_by_user(&seen.key, seen.after.as_deref());
        inputs.extend(done.map(|input| TimedInput { at: seen.at, input }));
        match &seen.after {
            Some(after) => drop(world.objects.insert(seen.key.clone(), Rc::clone(after))),
            None => drop(world.objects.remove(&seen.key)),
        }
    }
    inputs
}

/// A recording and what the simulator does from its first moment, on the way to be compared.
pub struct Comparing {
    recorded: Story,
    simulated: Story,
    /// What is still to be given to the simulation, the next one last.
    inputs: Vec<TimedInput>,
    until: SimTime,
}

/// How a recording and the simulation compare: what happened to each pod, claim and set, in its order, whenever it did.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Compared {
    /// So many steps are the same in both.
    pub agreed: usize,
    /// So many the recording has.
    pub count: usize,
    /// The first step, by its time, that only one of them has: whether that is the recording.
    pub parts: Option<(bool, Step)>,
}

impl Comparing {
    /// Before the first step.
    pub fn new(opened: &Rc<Opened>) -> Comparing {
        let mut inputs = inputs(opened);
        inputs.reverse();
        Comparing {
            recorded: Story::opened(opened.clone()),
            simulated: Story::new(Opened::world()),
            inputs,
            until: opened.seen_until(),
        }
    }

    /// Goes on a little; false if both are at the recording's end.
    pub fn go_on(&mut self) -> bool {
        if self.recorded.next_at().is_some_and(|at| at <= self.until) {
            return self.recorded.step();
        }
        let goal = self.inputs.last().map_or(self.until, |timed| timed.at);
        if self.simulated.next_at().is_some_and(|at| at <= goal) {
            return self.simulated.step();
        }
        self.simulated.run_until(goal);
        let next = self.inputs.pop();
        let goes_on = next.is_some();
        if let Some(timed) = next {
            self.simulated.input(timed.input);
        }
        goes_on
    }

    /// What came of it.
    pub fn finish(&self) -> Compared {
        // What was put in place at the beginning is no step.
        let of = |story: &Story, first: usize| {
            let mut by_object: BTreeMap<String, Vec<Step>> = BTreeMap::new();
            for step in steps(story.cluster.api.history().since(first)) {
                by_object.entry(step.object.clone()).or_default().push(step);
            }
            by_object
        };
        let begun = |story: &Story| {
            let entries = story.cluster.api.history().entries();
            entries.iter().take_while(|entry| entry.at <= SimTime(0)).count()
        };
        let recorded = of(&self.recorded, begun(&self.recorded));
        let mut simulated = of(&self.simulated, begun(&self.simulated));
        let (mut agreed, mut count, mut parts) = (0, 0, Vec::new());
        for (object, steps) in &recorded {
            let others = simulated.remove(object).unwrap_or_default();
            let same = steps.iter().zip(&others).take_while(|(a, b)| a.what == b.what).count();
            (agreed, count) = (agreed + same, count + steps.len());
            parts.extend(steps.get(same).map(|step| (true, step.clone())));
            parts.extend(others.get(same).map(|step| (false, step.clone())));
        }
        parts.extend(simulated.into_values().filter_map(|steps| Some((false, steps.first()?.clone()))));
        let parts = parts.into_iter().min_by_key(|(_, step)| step.at);
        Compared { agreed, count, parts }
    }
}

/// What was there at a moment of a recording.
struct World {
    objects: BTreeMap<Key, Rc<Object>>,
}

impl World {
    /// What a user must have done, so that an object became this one, or went; nothing if somebody else may have done it.
    fn done_by_user(&self, key: &Key, after: Option<&Object>) -> Option<Input> {
        let before = self.objects.get(key).map(|object| &**object);
        let is_told_to_go = |object: &Object| object.meta.is_terminating();
        let goes = before.is_some_and(|before| !is_told_to_go(before)) && after.is_none_or(is_told_to_go);
        match key.kind {
            Kind::StatefulSet | Kind::Service if goes => Some(self.delete(key, "")),
            Kind::StatefulSet | Kind::Service => {
                let wanted = applied(after?);
                let is_new = before.is_none_or(|before| applied(before) != wanted);
                (is_new && !after?.meta.is_made_up())
                    .then(|| Input::Apply(wanted.to_string().as_str().into()))
            }
            Kind::Pod if goes && self.is_wanted(before?) => {
                let at_once = after.is_none_or(|after| after.meta.deletion_grace_period_seconds == Some(0));
                Some(self.delete(key, if at_once { " --force --grace-period=0" } else { "" }))
            }
            _ => None,
        }
    }

    fn delete(&self, key: &Key, how: &str) -> Input {
        let what = key.kind.info().singular();
        let line = ["kubectl delete ", &what, " ", &key.name, " -n ", &key.namespace, " --wait=false", how];
        Input::Command(line.concat().as_str().into())
    }

    /// Whether a pod is as its set wants it, so that the set's controller has no reason to tell it to go.
    fn is_wanted(&self, pod: &Object) -> bool {
        let Some((parent, ordinal)) = parent_and_ordinal(&pod.meta.name) else { return false };
        let Some(set) = self.objects.get(&Key::new(Kind::StatefulSet, &pod.meta.namespace, parent)) else {
            return false;
        };
        let (spec, status) = (&set.stateful_set().spec, &set.stateful_set().status);
        let first = spec.ordinals_start;
        pod.meta.is_controlled_by(set.meta.uid)
            && !set.meta.is_terminating()
            && (first..first + spec.replicas).contains(&ordinal)
            && pod.meta.label(REVISION_LABEL) == status.update_revision.as_deref()
            && !matches!(pod.pod().status.phase, PodPhase::Failed | PodPhase::Succeeded)
    }
}

/// An object as a user gives it.
fn applied(object: &Object) -> Value {
    let tree = object.to_value();
    let mut meta = json!({"name": tree["metadata"]["name"], "namespace": tree["metadata"]["namespace"]});
    if tree["metadata"]["labels"].is_object() {
        meta["labels"] = tree["metadata"]["labels"].clone();
    }
    let mut spec = tree["spec"].clone();
    if let (Kind::Service, Some(spec)) = (object.kind, spec.as_object_mut()) {
        // They are given by the API server.
        spec.retain(|field, value| {
            !(field.starts_with("clusterIP") && *value != "None" && *value != json!(["None"]))
        });
    }
    json!({"apiVersion": tree["apiVersion"], "kind": tree["kind"], "metadata": meta, "spec": spec})
}
