//! How a node is.

use super::about::About;
use super::explanation::{Explanation, Tone};
use kubesim::{Component, Key, Reason};

impl About<'_> {
    /// How a node is.
    pub(super) fn node(&self, key: &Key) -> Explanation {
        let (messages, name) = (self.messages, &key.name);
        let values = [("node", &**name)];
        let Some(node) = self.store.get(key) else {
            return Explanation::new(Tone::Stuck, messages.node_gone(), &values);
        };
        let verdict = self.store.verdict(Component::NodeLifecycleController, key);
        let lost = match verdict.map(|v| &v.reason) {
            Some(Reason::HeartbeatsMissing) => Some(messages.node_silent()),
            Some(Reason::NodeUnreachable) => Some(messages.node_unreachable()),
            Some(Reason::NodeRecovering) => Some(messages.node_recovering()),
            _ => None,
        };
        if let Some(say) = lost {
            let why = Explanation::new(Tone::Waiting, say, &values);
            let wait = verdict.and_then(|v| v.until.map(|until| (v.since, until)));
            return Explanation { wait, ..why }.with_remedy(format!("trouble node {name} up"));
        }
        if node.node().unschedulable {
            return Explanation::new(Tone::Waiting, messages.node_cordoned(), &values)
                .with_remedy(format!("kubectl uncordon {name}"));
        }
        Explanation::new(Tone::Calm, messages.node_well(), &values)
    }
}
