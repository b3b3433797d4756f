//! What happened, in the words of the recordings' `see` steps.

use kubesim::api::stateful_set::REVISION_LABEL;
use kubesim::api::{Body, PodPhase};
use kubesim::{Change, History, Key, Kind, Object};
use std::collections::BTreeMap;

/// Reads milestones off a history as it grows.
#[derive(Default)]
pub struct Milestones {
    position: usize,
    /// The revisions' names in the order in which they first appeared.
    revisions: Vec<String>,
    /// How many objects of a name there have been.
    incarnations: BTreeMap<Key, usize>,
    /// Generated pod names → `PREFIX-~N`.
    pub generated: BTreeMap<String, String>,
    prefixes: BTreeMap<String, usize>,
}

impl Milestones {
    /// What happened since the last time, each with its time in milliseconds.
    pub fn take(&mut self, history: &History) -> Vec<(i64, String)> {
        let mut seen = Vec::new();
        while let Some(entry) = history.since(self.position).first() {
            self.position += 1;
            if let Change::Object { key, before, after } = &entry.change {
                let mut of_this = Vec::new();
                self.observe(key, before.as_deref(), after.as_deref(), &mut of_this);
                seen.extend(of_this.into_iter().map(|what| (entry.at.0, what)));
            }
        }
        seen
    }

    /// The number of a revision, from 1.
    pub fn revision_number(&self, name: &str) -> Option<usize> {
        self.revisions.iter().position(|r| r == name).map(|n| n + 1)
    }

    /// The how-manieth object of that name the present one is.
    pub fn incarnation(&self, key: &Key) -> usize {
        self.incarnations.get(key).copied().unwrap_or(0)
    }

    /// The name by which the recordings call an object.
    pub fn name(&self, name: &str) -> String {
        self.generated.get(name).cloned().unwrap_or_else(|| name.to_string())
    }

    fn observe(
        &mut self,
        key: &Key,
        before: Option<&Object>,
        after: Option<&Object>,
        seen: &mut Vec<String>,
    ) {
        if before.is_none() && after.is_some() {
            *self.incarnations.entry(key.clone()).or_default() += 1;
        }
        match key.kind {
            Kind::ControllerRevision
                if after.is_some() && !self.revisions.iter().any(|r| **r == *key.name) =>
            {
                self.revisions.push(key.name.to_string());
            }
            Kind::Pod => {
                if before.is_none()
                    && let Some(pod) = after
                {
                    self.name_pod(pod);
                }
                self.pod(&self.name(&key.name), before, after, seen);
            }
            Kind::PersistentVolumeClaim => claim(&key.name, before, after, seen),
            Kind::StatefulSet if after.is_none() => seen.push(format!("statefulset/{} deleted", key.name)),
            _ => {}
        }
    }

    fn name_pod(&mut self, pod: &Object) {
        let Some(prefix) = &pod.meta.generate_name else { return };
        let of_set = pod.meta.controller().is_some_and(|o| &*o.kind == "StatefulSet");
        if !of_set {
            let n = self.prefixes.entry(prefix.to_string()).or_default();
            *n += 1;
            self.generated.insert(pod.meta.name.to_string(), format!("{prefix}~{n}"));
        }
    }

    fn pod(&self, name: &str, before: Option<&Object>, after: Option<&Object>, seen: &mut Vec<String>) {
        let mut say = |what: &str| seen.push(format!("pod/{name} {what}"));
        let Some(after) = after else {
            if before.is_some_and(|pod| !pod.meta.is_terminating()) {
                say("deleting");
            }
            return say("deleted");
        };
        let Some(before) = before else {
            let owner = after.meta.controller().filter(|o| &*o.kind == "StatefulSet");
            let revision = after.meta.label(REVISION_LABEL);
            let number = owner.and(revision).and_then(|r| self.revision_number(r));
            return match number {
                Some(n) => say(&format!("created revision={n}")),
                None => say("created"),
            };
        };
        let owner = |pod: &Object| pod.meta.controller().map(|o| o.name.to_string());
        if owner(before) != owner(after) {
            say(&format!("owner={}", owner(after).as_deref().unwrap_or("None")));
        }
        if before.meta.is_terminating() {
            return;
        }
        if after.meta.is_terminating() {
            return say("deleting");
        }
        let (old, new) = (before.pod(), after.pod());
        if old.status.phase != new.status.phase
            && matches!(new.status.phase, PodPhase::Failed | PodPhase::Succeeded)
        {
            return say(&format!("phase={}", new.status.phase.name()));
        }
        match (old.is_ready(), new.is_ready()) {
            (false, true) => say("ready"),
            (true, false) => say("unready"),
            _ => {}
        }
    }
}

fn claim(name: &str, before: Option<&Object>, after: Option<&Object>, seen: &mut Vec<String>) {
    use kubesim::api::volume::ClaimPhase::Bound;
    let bound = |o: &Object| matches!(&o.body, Body::PersistentVolumeClaim(c) if c.phase == Bound);
    let mut say = |what: &str| seen.push(format!("pvc/{name} {what}"));
    let Some(after) = after else {
        if before.is_some_and(|c| !c.meta.is_terminating()) {
            say("deleting");
        }
        return say("deleted");
    };
    let Some(before) = before else { return say("created") };
    if !before.meta.is_terminating() && after.meta.is_terminating() {
        say("deleting");
    }
    if !bound(before) && bound(after) {
        say("bound");
    }
}
