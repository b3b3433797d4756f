//! How a node is.

use super::about::About;
use super::explanation::{Mood, Why};
use kubesim::api::Key;
use kubesim::verdict::{Component, Reason};

impl About<'_> {
    /// How a node is.
    pub(super) fn node(&self, key: &Key) -> Why {
        let (words, name) = (self.words, &key.name);
        let values = [("node", &**name)];
        let Some(node) = self.store.get(key) else {
            return Why::new(Mood::Stuck, &words.node_gone, &values);
        };
        let verdict = self.store.verdict(Component::NodeLifecycleController, key);
        let lost = match verdict.map(|v| &v.reason) {
            Some(Reason::HeartbeatsMissing) => Some(&words.node_silent),
            Some(Reason::NodeUnreachable) => Some(&words.node_unreachable),
            Some(Reason::NodeRecovering) => Some(&words.node_recovering),
            _ => None,
        };
        if let Some(say) = lost {
            let why = Why::new(Mood::Waiting, say, &values);
            let wait = verdict.and_then(|v| v.until.map(|until| (v.since, until)));
            return Why { wait, ..why }.with_remedy(format!("trouble node {name} up"));
        }
        if node.node().unschedulable {
            return Why::new(Mood::Waiting, &words.node_cordoned, &values)
                .with_remedy(format!("kubectl uncordon {name}"));
        }
        Why::new(Mood::Calm, &words.node_well, &values)
    }
}
