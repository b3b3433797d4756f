//! A later state of the same cluster beside the one that is explained: what moved, what did not.

use crate::output::Problem;
use kubesim::{Key, Kind, Object, Opened, Store};
use messages::EN;
use scene::history::difference::differences;
use std::collections::BTreeSet;

/// What became of a set.
pub struct Progress {
    /// What moved of it, in lines.
    pub moved: Vec<String>,
    /// How much later it was looked at again (seconds).
    pub seconds: i64,
}

/// Refuses what is no later state of the same cluster.
pub fn check(before: (&Opened, &Store), after: (&Opened, &Store)) -> Result<(), Problem> {
    let is_another = |set: &&std::rc::Rc<Object>| {
        before.1.get(&set.key()).is_some_and(|known| known.meta.uid != set.meta.uid)
    };
    if let Some(set) = after.1.list(Kind::StatefulSet).find(is_another) {
        let why = "is another one in the later state: these are two clusters, or it was made anew between";
        return Err(Problem::Unreadable(format!("{} {why}", set.key())));
    }
    let seconds = seconds_between(before.0, after.0);
    if seconds < 0 {
        return Err(Problem::Unreadable(format!("the later state is older, by {}s", -seconds)));
    }
    Ok(())
}

/// From the end of what the one has seen to the end of what the other has.
fn seconds_between(before: &Opened, after: &Opened) -> i64 {
    let end = |opened: &Opened| opened.taken_unix_seconds + opened.seen_until().0.div_euclid(1000);
    end(after) - end(before)
}

/// What moved of a set between two states of its cluster.
pub fn progress(before: (&Opened, &Store), after: (&Opened, &Store), set: &Key) -> Progress {
    let own =
        own_objects(before.1, set).into_iter().chain(own_objects(after.1, set)).collect::<BTreeSet<_>>();
    let mut moved = Vec::new();
    let mut told = BTreeSet::new();
    for difference in differences(&EN, before.1, after.1).into_iter().filter(|found| own.contains(&found.key))
    {
        let word = |gist: Option<String>| gist.unwrap_or_else(|| "not there".into());
        moved.push(format!("{}: {} → {}", difference.key, word(difference.here), word(difference.there)));
        told.insert(difference.key);
    }
    for key in own.iter().filter(|key| !told.contains(*key)) {
        if let (Some(old), Some(new)) = (before.1.get(key), after.1.get(key))
            && old.meta.uid != new.meta.uid
        {
            moved.push(format!("{key}: replaced"));
        }
    }
    Progress { moved, seconds: seconds_between(before.0, after.0) }
}

/// The set, its pods and the claims that they name.
fn own_objects(store: &Store, set: &Key) -> Vec<Key> {
    let Some(object) = store.get(set) else { return vec![set.clone()] };
    let mut all = vec![set.clone()];
    for pod in
        store.list_in(Kind::Pod, &set.namespace).filter(|pod| pod.meta.is_controlled_by(object.meta.uid))
    {
        all.push(pod.key());
        all.extend(
            pod.pod().spec.claims().map(|claim| Key::new(Kind::PersistentVolumeClaim, &set.namespace, claim)),
        );
    }
    all
}
