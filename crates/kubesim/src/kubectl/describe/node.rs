//! Nodes.

use super::description::{Description, conditions};
use crate::api::pod::Container;
use crate::api::read::{get, list};
use crate::api::{Kind, Object, SimTime};
use crate::base::quantity::Quantity;
use crate::kubectl::printers::{age, node_roles, or, text};
use serde_json::Value;
use std::rc::Rc;

impl Description<'_> {
    pub(super) fn node(&mut self) {
        let tree = self.tree();
        let status = get(&tree, "status");
        self.lines("Name");
        let roles = or(node_roles(&self.row.object.meta), "<none>");
        self.field(0, "Roles", &roles);
        self.metadata();
        self.created();
        self.taints(list(get(&tree, "spec"), "taints"));
        self.lines("Unschedulable={spec.unschedulable:false}");
        self.lease();
        let fields = ["type", "status", "lastHeartbeatTime", "lastTransitionTime", "reason", "message"];
        self.table(
            "Conditions:\n  Type\tStatus\tLastHeartbeatTime\tLastTransitionTime\tReason\tMessage\n  ----\t------\t\
             -----------------\t------------------\t------\t-------",
            conditions(&tree, &fields, " \t"),
        );
        self.line(0, "Addresses:");
        for address in list(status, "addresses") {
            self.field(1, &text(get(address, "type")), &text(get(address, "address")));
        }
        self.pairs(0, "Capacity:", get(status, "capacity"));
        self.pairs(0, "Allocatable:", get(status, "allocatable"));
        self.lines(
            "System Info:;>Machine ID={status.nodeInfo.machineID};>System UUID={status.nodeInfo.systemUUID};\
             >Boot ID={status.nodeInfo.bootID};>Kernel Version={status.nodeInfo.kernelVersion};\
             >OS Image={status.nodeInfo.osImage};>Operating System={status.nodeInfo.operatingSystem};\
             >Architecture={status.nodeInfo.architecture};\
             >Container Runtime Version={status.nodeInfo.containerRuntimeVersion};\
             >Kubelet Version={status.nodeInfo.kubeletVersion};?PodCIDR={spec.podCIDR};?PodCIDRs={spec.podCIDRs};\
             ?ProviderID={spec.providerID}",
        );
        self.node_pods(status);
    }

    fn taints(&mut self, taints: &[Value]) {
        let one = |t: &Value| {
            let [key, value, effect] = ["key", "value", "effect"].map(|f| text(get(t, f)));
            let equals = if value.is_empty() { "" } else { "=" };
            ([&effect, ",", &key].concat(), [&key, equals, &value, ":", &effect].concat())
        };
        let mut taints: Vec<(String, String)> = taints.iter().map(one).collect();
        collections::sort(&mut taints);
        self.values("Taints", taints.into_iter().map(|(_, taint)| taint).collect());
    }

    /// The lease that the node's kubelet renews every ten seconds. It is no object here: a kubelet that is known to be
    /// well has renewed it, any other since its node was lost has not.
    fn lease(&mut self) {
        let ready = self.row.object.node().conditions.iter().find(|c| &*c.kind == "Ready");
        let renewed = match ready.filter(|c| c.status != Some(true)) {
            Some(lost) => lost.last_transition_time,
            None => SimTime(self.row.now.0.div_euclid(10_000) * 10_000),
        };
        self.line(0, "Lease:");
        self.field(1, "HolderIdentity", &self.row.object.meta.name.clone());
        self.field(1, "AcquireTime", "<unset>");
        self.field(1, "RenewTime", &renewed.rfc1123z());
    }

    fn node_pods(&mut self, status: &Value) {
        let node = &self.row.object.meta.name;
        let runs_here =
            |p: &&Rc<Object>| p.pod().spec.node_name.as_ref() == Some(node) && !p.pod().is_terminal();
        let pods: Vec<Rc<Object>> = self.store.list(Kind::Pod).filter(runs_here).cloned().collect();
        let capacity = ["allocatable", "capacity"].iter().map(|f| get(status, f)).find(|v| v.is_object());
        let share = |what: &str, amount: &Quantity| {
            let all =
                capacity.and_then(|c| Quantity::parse(&text(get(c, what))).ok()).unwrap_or(Quantity::ZERO);
            let percent = if all.nanos() == 0 { 0 } else { amount.nanos() * 100 / all.nanos() };
            format!("{amount} ({percent}%)")
        };
        self.field(0, "Non-terminated Pods", &format!("({} in total)", pods.len()));
        self.line(1, "Namespace\tName\t\tCPU Requests\tCPU Limits\tMemory Requests\tMemory Limits\tAge");
        self.line(1, "---------\t----\t\t------------\t----------\t---------------\t-------------\t---");
        let columns =
            ["cpu", "memory", "ephemeral-storage"].map(|what| [(what, "requests"), (what, "limits")]);
        let mut sums = columns.map(|pair| pair.map(|_| Quantity::ZERO));
        for pod in &pods {
            let mut cells = String::new();
            for (pair, sums) in columns.iter().zip(&mut sums) {
                for ((what, list), sum) in pair.iter().zip(sums) {
                    let amount = pod_amount(pod, list, what);
                    if *what != "ephemeral-storage" {
                        cells.push_str(&format!("{}\t", share(what, &amount)));
                    }
                    *sum += &amount;
                }
            }
            let age = age(pod.meta.creation_timestamp, self.row.now);
            self.line(1, &format!("{}\t{}\t\t{cells}{age}", pod.meta.namespace, pod.meta.name));
        }
        self.line(
            0,
            "Allocated resources:\n  (Total limits may be over 100 percent, i.e., overcommitted.)\n  \
             Resource\tRequests\tLimits\n  --------\t--------\t------",
        );
        for (pair, [requests, limits]) in columns.iter().zip(&sums) {
            let what = pair[0].0;
            self.line(1, &format!("{what}\t{}\t{}", share(what, requests), share(what, limits)));
        }
    }
}

/// What a pod requests (or is limited to): the sum over its containers, or an init container's amount if that is more.
fn pod_amount(pod: &Object, list_name: &str, what: &str) -> Quantity {
    let amount = |c: &Container| {
        let resources = get(&c.raw, "resources");
        let given = ["requests", "limits"].map(|l| text(get(get(resources, l), what)));
        let given = match list_name {
            "requests" => given.into_iter().find(|q| !q.is_empty()),
            _ => given.into_iter().nth(1),
        };
        given.and_then(|q| Quantity::parse(&q).ok()).unwrap_or(Quantity::ZERO)
    };
    let spec = &pod.pod().spec;
    let mut sum = Quantity::ZERO;
    spec.containers.iter().for_each(|c| sum += &amount(c));
    spec.init_containers
        .iter()
        .map(amount)
        .fold(sum, |most, init| if init.nanos() > most.nanos() { init } else { most })
}
