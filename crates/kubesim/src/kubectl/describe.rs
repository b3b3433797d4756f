//! `kubectl describe`. Models `k8s.io/kubectl/pkg/describe/describe.go` and `pkg/cmd/describe/describe.go`.
//!
//! The lines of a kind are a text: entries with `;` between. `Label=CELL` is a line with a label (see
//! [`printers`](super::printers) for cells), `?Label=CELL` one that is left out if the cell is empty, `>` before a label
//! indents it, `@block` is what [`Description::block`] writes, `Name` and `Namespace` are what they say, anything else is a
//! line as it stands.

mod kept;

use super::printers::{Row, at, or, text};
use super::resource::{self, Query, Selection, Targets};
use super::table::TabWriter;
use super::{Failure, Invocation, Next, act::documents};
use crate::api::read::{get, int, list};
use crate::api::{Kind, Object, PodPhase, SimTime};
use crate::apiserver::Store;
use crate::manifest::quantity::Quantity;
use crate::sim::process::Io;
use serde_json::Value;
use std::rc::Rc;

/// The flags.
pub const FLAGS: &str =
    "A:all-namespaces? chunk-size# f:filename, k:kustomize R:recursive? l:selector show-events?";

/// The help.
pub const HELP: &str = "Show details of a specific resource or group of resources.

 Print a detailed description of the selected resources, including related resources such as events or controllers. You \
may select a single object by name, all objects of that type, provide a name prefix, or label selector. For example:

  $ kubectl describe TYPE NAME_PREFIX
  
 will first check for an exact match on TYPE and NAME_PREFIX. If no such resource exists, it will output details for \
every resource that has a name prefixed with NAME_PREFIX.

Usage:
  kubectl describe (-f FILENAME | TYPE [NAME_PREFIX | -l label] | TYPE/NAME) [options]";

/// Runs it.
pub fn run(inv: &Invocation, io: &mut Io) -> Result<Next, Failure> {
    let query = match inv.has("filename") {
        true => Query::of_documents(inv, documents::read(inv)?)?,
        false => Query::of(inv, &inv.args).listing(),
    };
    if query.names_nothing() {
        return Err(Failure::client(
            "You must specify the type of resource to describe. Use \"kubectl api-resources\" for a complete list of \
             supported resources.",
        ));
    }
    let (store, now) = (io.api.store(), io.api.now);
    let targets = query.targets()?;
    let found = targets.find(store);
    let several = found.objects.len() > 1 || !found.failures.is_empty();
    let events = inv.is_or("show-events", !several);
    if let (Targets::Named(keys), false, 2) = (&targets, found.failures.is_empty(), query.args.len()) {
        let [key] = &keys[..] else { return Failure::all(found.failures).map(|()| Next::Done(0)) };
        let alike: Vec<Rc<Object>> = Selection::all(key.kind, query.namespace.as_deref())
            .find(store)
            .into_iter()
            .filter(|o| o.meta.name.starts_with(&*key.name))
            .collect();
        if alike.is_empty() {
            Failure::all(found.failures)?;
        }
        let text: String = alike.iter().map(|o| describe(store, o, now, events) + "\n").collect();
        io.out(text);
        return Next::OK;
    }
    if found.objects.is_empty() && found.failures.is_empty() {
        io.err(match &query.namespace {
            Some(namespace) => format!("No resources found in {namespace} namespace.\n"),
            None => "No resources found\n".to_string(),
        });
        return Next::OK;
    }
    let texts: Vec<String> = found.objects.iter().map(|o| describe(store, o, now, events)).collect();
    io.out(texts.join("\n\n"));
    Failure::all(found.failures)?;
    Next::OK
}

/// The description of an object.
pub fn describe(store: &Store, object: &Object, now: SimTime, events: bool) -> String {
    let mut description = Description { row: Row::new(object, now), store, out: String::new() };
    description.write(lines(object.kind));
    if events && shows_events(object.kind) {
        description.events();
    }
    TabWriter::description().align(&description.out)
}

/// A pod template as `kubectl rollout history --revision` prints it: with its tabs.
pub fn template_text(store: &Store, object: &Object, template: &Value, now: SimTime) -> String {
    let mut description = Description { row: Row::new(object, now), store, out: String::new() };
    description.template(template);
    description.out
}

fn shows_events(kind: Kind) -> bool {
    !matches!(kind, Kind::Namespace | Kind::ResourceQuota | Kind::LimitRange | Kind::Secret)
        && kept::shows_events(kind)
}

/// The lines of a kind.
fn lines(kind: Kind) -> &'static str {
    match kind {
        Kind::Namespace => "Name;@labels;@annotations;Status={status.phase};@namespace-limits",
        Kind::Pod => {
            "Name;Namespace;?Priority={spec.priority};\
             ?Priority Class Name={spec.priorityClassName};?Runtime Class Name={spec.runtimeClassName};\
             ?Service Account={spec.serviceAccountName};Node={@node};?Start Time={@time status.startTime};\
             @labels;@annotations;@pod-status;?Reason={status.reason};?Message={status.message};IP={status.podIP};\
             @pod-ips;?Controlled By={@owner};?NominatedNodeName={status.nominatedNodeName};@containers;\
             @readiness-gates;@pod-conditions;@volumes;QoS Class={status.qosClass};@node-selectors;@tolerations"
        }
        Kind::StatefulSet => {
            "Name;Namespace;CreationTimestamp={@created};Selector={@selector spec.selector};\
             @labels;@annotations;Replicas={spec.replicas:0} desired | {status.replicas:0} total;\
             Update Strategy={spec.updateStrategy.type};?>Partition={spec.updateStrategy.rollingUpdate.partition};\
             ?>MaxUnavailable={spec.updateStrategy.rollingUpdate.maxUnavailable};@pods-status;\
             @template;@claim-templates"
        }
        Kind::Deployment => {
            "Name;Namespace;CreationTimestamp={@created};@labels;@annotations;\
             Selector={@selector spec.selector};\
             Replicas={spec.replicas:0} desired | {status.updatedReplicas:0} updated | {status.replicas:0} total | \
             {status.availableReplicas:0} available | {status.unavailableReplicas:0} unavailable;\
             StrategyType={spec.strategy.type};MinReadySeconds={spec.minReadySeconds:0};@rolling-update;@template;\
             @conditions;@replica-sets"
        }
        Kind::ReplicaSet => {
            "Name;Namespace;Selector={@selector spec.selector};@labels;@annotations;\
             ?Controlled By={@owner};Replicas={status.replicas:0} current / {spec.replicas:0} desired;\
             @pods-status;@template;@conditions"
        }
        Kind::ReplicationController => {
            "Name;Namespace;Selector={@labels spec.selector};@labels;@annotations;\
             Replicas={status.replicas:0} current / {spec.replicas:0} desired;@pods-status;@template;\
             @conditions"
        }
        Kind::DaemonSet => {
            "Name;Namespace;Selector={@selector spec.selector};\
             Node-Selector={@labels spec.template.spec.nodeSelector};@labels;@annotations;\
             Desired Number of Nodes Scheduled: {status.desiredNumberScheduled:0};\
             Current Number of Nodes Scheduled: {status.currentNumberScheduled:0};\
             Number of Nodes Scheduled with Up-to-date Pods: {status.updatedNumberScheduled:0};\
             Number of Nodes Scheduled with Available Pods: {status.numberAvailable:0};\
             Number of Nodes Misscheduled: {status.numberMisscheduled:0};@pods-status;@template"
        }
        Kind::Job => {
            "Name;Namespace;Selector={@selector spec.selector};@labels;@annotations;\
             ?Controlled By={@owner};?Parallelism={spec.parallelism};Completions={spec.completions:<unset>};\
             ?Completion Mode={spec.completionMode};?Suspend={spec.suspend};?Backoff Limit={spec.backoffLimit};\
             ?TTL Seconds After Finished={spec.ttlSecondsAfterFinished};\
             ?Start Time={@time status.startTime};?Completed At={@time status.completionTime};\
             Pods Statuses={status.active:0} Active ({status.ready:0} Ready) / {status.succeeded:0} Succeeded / \
             {status.failed:0} Failed;@template"
        }
        Kind::Service => {
            "Name;Namespace;@labels;@annotations;Selector={@labels spec.selector};\
             Type={spec.type};?IP Family Policy={spec.ipFamilyPolicy};IP Families={spec.ipFamilies:<none>};\
             IP={spec.clusterIP};IPs={spec.clusterIPs:<none>};?External IPs={spec.externalIPs};\
             ?Desired LoadBalancer IP={spec.loadBalancerIP};?External Name={spec.externalName};\
             ?LoadBalancer Ingress={@load-balancer};@service-ports;Session Affinity={spec.sessionAffinity};\
             ?External Traffic Policy={spec.externalTrafficPolicy};\
             ?Internal Traffic Policy={spec.internalTrafficPolicy};?HealthCheck NodePort={spec.healthCheckNodePort};\
             ?LoadBalancer Source Ranges={spec.loadBalancerSourceRanges};\
             ?Traffic Distribution={spec.trafficDistribution}"
        }
        Kind::Endpoints => "Name;Namespace;@labels;@annotations;@subsets",
        Kind::EndpointSlice => "Name;Namespace;@labels;@annotations;AddressType={addressType};@slice",
        Kind::PersistentVolumeClaim => {
            "Name;Namespace;StorageClass={spec.storageClassName};Status={@terminating};\
             Volume={spec.volumeName};@labels;@annotations;Finalizers={@finalizers};Capacity={@capacity};\
             Access Modes={@modes status.accessModes};?VolumeMode={spec.volumeMode};@used-by;@claim-conditions"
        }
        Kind::PersistentVolume => {
            "Name;@labels;@annotations;Finalizers={@finalizers};StorageClass={spec.storageClassName};\
             Status={@terminating};Claim={@claim};Reclaim Policy={spec.persistentVolumeReclaimPolicy};\
             Access Modes={@modes spec.accessModes};?VolumeMode={spec.volumeMode};Capacity={spec.capacity.storage:0};\
             @node-affinity;Message={status.message};Source:;@source"
        }
        Kind::StorageClass => {
            "Name;IsDefaultClass={@is-default};Annotations={@labels metadata.annotations};\
             Provisioner={provisioner};Parameters={@labels parameters};\
             AllowVolumeExpansion={@bool allowVolumeExpansion};@mount-options;?ReclaimPolicy={reclaimPolicy};\
             ?VolumeBindingMode={volumeBindingMode}"
        }
        Kind::Node => {
            "Name;Roles={@roles};@labels;@annotations;CreationTimestamp={@created};@taints;\
             Unschedulable={spec.unschedulable:false};@lease;@node-conditions;@addresses;@resources;System Info:;\
             >Machine ID={status.nodeInfo.machineID};>System UUID={status.nodeInfo.systemUUID};\
             >Boot ID={status.nodeInfo.bootID};>Kernel Version={status.nodeInfo.kernelVersion};\
             >OS Image={status.nodeInfo.osImage};>Operating System={status.nodeInfo.operatingSystem};\
             >Architecture={status.nodeInfo.architecture};\
             >Container Runtime Version={status.nodeInfo.containerRuntimeVersion};\
             >Kubelet Version={status.nodeInfo.kubeletVersion};?PodCIDR={spec.podCIDR};?PodCIDRs={spec.podCIDRs};\
             @node-pods"
        }
        Kind::ConfigMap => "Name;Namespace;@labels;@annotations;@config-data",
        Kind::Secret => "Name;Namespace;@labels;@annotations;;Type={type};;Data;====;@secret-data",
        Kind::ServiceAccount => "Name;Namespace;@labels;@annotations;@pull-secrets",
        Kind::ResourceQuota => "Name;Namespace;@quota",
        Kind::LimitRange => "Name;Namespace;@limit-range",
        Kind::PodDisruptionBudget => {
            "Name;Namespace;?Min available={spec.minAvailable};\
             ?Max unavailable={spec.maxUnavailable};Selector={@selector spec.selector};Status:;\
             >>Allowed disruptions={status.disruptionsAllowed:0};>>Current={status.currentHealthy:0};\
             >>Desired={status.desiredHealthy:0};>>Total={status.expectedPods:0}"
        }
        Kind::PriorityClass => {
            "Name;Value={value:0};GlobalDefault={globalDefault:false};PreemptionPolicy={preemptionPolicy};\
             Description={description};Annotations={@labels metadata.annotations}"
        }
        other => kept::lines(other).unwrap_or("Name;Namespace;@labels;@annotations;@fields"),
    }
}

struct Description<'a> {
    row: Row<'a>,
    store: &'a Store,
    out: String,
}

impl<'a> Description<'a> {
    fn write(&mut self, lines: &str) {
        for line in lines.split(';') {
            if let Some(block) = line.strip_prefix('@') {
                self.block(block);
                continue;
            }
            let (optional, line) = line.strip_prefix('?').map_or((false, line), |line| (true, line));
            let label = line.trim_start_matches('>');
            let level = line.len() - label.len();
            match label.split_once('=').filter(|(label, _)| !label.is_empty()) {
                Some((label, cell)) => {
                    let value = self.row.expand(cell);
                    if !(optional && value.is_empty()) {
                        self.field(level, label, &value);
                    }
                }
                None if label == "Name" => self.field(level, label, &self.row.object.meta.name.clone()),
                None if label == "Namespace" => {
                    self.field(level, label, &self.row.object.meta.namespace.clone())
                }
                None => self.line(level, &self.row.expand(label)),
            }
        }
    }

    fn line(&mut self, level: usize, line: &str) {
        for _ in 0..level {
            self.out.push_str("  ");
        }
        self.out.push_str(line);
        self.out.push('\n');
    }

    fn field(&mut self, level: usize, label: &str, value: &str) {
        self.line(level, &format!("{label}:\t{value}"));
    }

    /// A field whose values stand below each other.
    fn values(&mut self, label: &str, values: impl IntoIterator<Item = String>) {
        let mut label = format!("{label}:");
        let mut any = false;
        for value in values {
            self.line(0, &format!("{label}\t{value}"));
            label.clear();
            any = true;
        }
        if !any {
            self.line(0, &format!("{label}\t<none>"));
        }
    }

    fn labels(&mut self, title: &str, labels: &Value) {
        self.values(title, labels.as_object().into_iter().flatten().map(|(k, v)| format!("{k}={}", text(v))));
    }

    fn annotations(&mut self, title: &str, annotations: &Value) {
        const LONGEST: usize = 140;
        let shorten = |s: &str| match s.char_indices().find(|(at, _)| *at >= LONGEST - 2) {
            Some((end, _)) if s.len() > LONGEST - 2 => format!("{}...", &s[..end]),
            _ => s.to_string(),
        };
        let shown = annotations.as_object().into_iter().flatten();
        let shown = shown.filter(|(name, _)| *name != "kubectl.kubernetes.io/last-applied-configuration");
        self.values(
            title,
            shown.map(|(name, value)| {
                let value = text(value);
                let value = value.strip_suffix('\n').unwrap_or(&value);
                if value.len() + name.len() + 2 <= LONGEST && !value.contains('\n') {
                    return format!("{name}: {value}");
                }
                value
                    .split('\n')
                    .fold(format!("{name}:"), |all, line| format!("{all}\n\t  {}", shorten(line)))
            }),
        );
    }

    fn tree(&self) -> Value {
        self.row.tree().clone()
    }

    /// What needs more than one line, or more than the object.
    fn block(&mut self, name: &str) {
        let tree = self.tree();
        let field = |path| at(&tree, path);
        match name {
            "labels" => self.labels("Labels", field("metadata.labels")),
            "annotations" => self.annotations("Annotations", field("metadata.annotations")),
            "node-selectors" => self.labels("Node-Selectors", field("spec.nodeSelector")),
            "tolerations" => self.values("Tolerations", tolerations(field("spec"))),
            "pod-status" => self.pod_status(),
            "pod-ips" => {
                let ips = list(field("status"), "podIPs");
                if ips.is_empty() {
                    return self.field(0, "IPs", "<none>");
                }
                self.line(0, "IPs:");
                ips.iter().for_each(|ip| self.field(1, "IP", &text(get(ip, "ip"))));
            }
            "containers" => self.pod_containers(field("spec"), Some(&tree), ""),
            "readiness-gates" => {
                let gates = list(field("spec"), "readinessGates");
                let pod = self.row.object.pod();
                let state = |g: &Value| {
                    let kind = text(get(g, "conditionType"));
                    let status = pod.condition(&kind).map_or("<none>", |c| c.status_name());
                    format!("{kind} \t{status} ")
                };
                self.table("Readiness Gates:\n  Type\tStatus", gates.iter().map(state).collect());
            }
            "pod-conditions" => {
                let conditions = list(field("status"), "conditions");
                let rows = conditions
                    .iter()
                    .map(|c| format!("{} \t{} ", text(get(c, "type")), text(get(c, "status"))));
                self.table("Conditions:\n  Type\tStatus", rows.collect());
            }
            "volumes" => self.volumes(list(field("spec"), "volumes"), ""),
            "pods-status" => self.pods_status(),
            "template" => self.template(field("spec.template")),
            "claim-templates" => self.claim_templates(list(field("spec"), "volumeClaimTemplates")),
            "conditions" => {
                let rows = list(field("status"), "conditions").iter().map(|c| {
                    format!(
                        "{} \t{}\t{}",
                        text(get(c, "type")),
                        text(get(c, "status")),
                        text(get(c, "reason"))
                    )
                });
                self.table("Conditions:\n  Type\tStatus\tReason\n  ----\t------\t------", rows.collect());
            }
            "rolling-update" => match field("spec.strategy.rollingUpdate") {
                Value::Null => {}
                rolling => {
                    let (down, up) = (text(get(rolling, "maxUnavailable")), text(get(rolling, "maxSurge")));
                    self.field(
                        0,
                        "RollingUpdateStrategy",
                        &format!("{down} max unavailable, {up} max surge"),
                    );
                }
            },
            "replica-sets" => self.replica_sets(),
            "service-ports" => self.service_ports(),
            "subsets" => self.subsets(&tree),
            "slice" => self.slice(&tree),
            "used-by" => {
                let (meta, mut pods) = (&self.row.object.meta, Vec::new());
                for pod in self.store.list_in(Kind::Pod, &meta.namespace) {
                    let uses = pod.pod().spec.claims().any(|c| *c == meta.name);
                    pods.extend(uses.then(|| pod.meta.name.to_string()));
                }
                self.values("Used By", pods);
            }
            "claim-conditions" => {
                let rows = list(field("status"), "conditions").iter().map(|c| {
                    let time = |f| text(get(c, f)).parse_time();
                    format!(
                        "{} \t{} \t{} \t{} \t{} \t{}",
                        text(get(c, "type")),
                        text(get(c, "status")),
                        time("lastProbeTime"),
                        time("lastTransitionTime"),
                        text(get(c, "reason")),
                        text(get(c, "message"))
                    )
                });
                self.table(
                    "Conditions:\n  Type\tStatus\tLastProbeTime\tLastTransitionTime\tReason\tMessage\n  ----\t------\t\
                     -----------------\t------------------\t------\t-------",
                    rows.collect(),
                );
            }
            "node-affinity" => self.node_affinity(field("spec.nodeAffinity")),
            "source" => self.volume_source(field("spec")),
            "mount-options" => match list(&tree, "mountOptions") {
                [] => self.field(0, "MountOptions", "<none>"),
                options => {
                    self.line(0, "MountOptions:");
                    options.iter().for_each(|o| self.line(1, &text(o)));
                }
            },
            "taints" => {
                let mut taints: Vec<(String, String)> = list(field("spec"), "taints")
                    .iter()
                    .map(|t| {
                        let (key, effect) = (text(get(t, "key")), text(get(t, "effect")));
                        let value = text(get(t, "value"));
                        let equals = if value.is_empty() { "" } else { "=" };
                        (format!("{effect},{key}"), format!("{key}{equals}{value}:{effect}"))
                    })
                    .collect();
                taints.sort();
                self.values("Taints", taints.into_iter().map(|(_, taint)| taint));
            }
            "lease" => self.lease(),
            "node-conditions" => {
                let rows = list(field("status"), "conditions").iter().map(|c| {
                    let time = |f| text(get(c, f)).parse_time();
                    format!(
                        "{} \t{} \t{} \t{} \t{} \t{}",
                        text(get(c, "type")),
                        text(get(c, "status")),
                        time("lastHeartbeatTime"),
                        time("lastTransitionTime"),
                        text(get(c, "reason")),
                        text(get(c, "message"))
                    )
                });
                self.table(
                    "Conditions:\n  Type\tStatus\tLastHeartbeatTime\tLastTransitionTime\tReason\tMessage\n  ----\t------\t\
                     -----------------\t------------------\t------\t-------",
                    rows.collect(),
                );
            }
            "addresses" => {
                self.line(0, "Addresses:");
                for address in list(field("status"), "addresses") {
                    self.field(1, &text(get(address, "type")), &text(get(address, "address")));
                }
            }
            "resources" => {
                for (title, path) in
                    [("Capacity:", "status.capacity"), ("Allocatable:", "status.allocatable")]
                {
                    self.pairs(0, title, field(path));
                }
            }
            "node-pods" => self.node_pods(field("status")),
            "config-data" => {
                self.out.push_str("\nData\n====\n");
                for (key, value) in field("data").as_object().into_iter().flatten() {
                    self.out.push_str(&format!("{key}:\n----\n{}\n\n", text(value)));
                }
                self.out.push_str("\nBinaryData\n====\n");
                for (key, value) in field("binaryData").as_object().into_iter().flatten() {
                    self.line(0, &format!("{key}: {} bytes", base64_length(&text(value))));
                }
                self.line(0, "");
            }
            "secret-data" => {
                for (key, value) in field("data").as_object().into_iter().flatten() {
                    self.field(0, key, &format!("{} bytes", base64_length(&text(value))));
                }
            }
            "pull-secrets" => {
                let secrets = list(&tree, "imagePullSecrets").iter().map(|s| text(get(s, "name")));
                self.values("Image pull secrets", secrets);
            }
            "quota" => self.quota(0, "----", &tree),
            "namespace-limits" => self.namespace_limits(),
            "limit-range" => {
                self.line(0, &LIMIT_HEADERS.replace("\n ", "\n"));
                self.limits(&tree, "");
            }
            "fields" => self.fields(0, &tree, ""),
            other => assert!(self.kept_block(other, &tree), "no description has {other}"),
        }
    }

    /// Headers and rows, unless there is no row.
    fn table(&mut self, headers: &str, rows: Vec<String>) {
        if !rows.is_empty() {
            self.line(0, headers);
            rows.iter().for_each(|row| self.line(1, row));
        }
    }

    /// A title and the entries of a map, unless there is none.
    fn pairs(&mut self, level: usize, title: &str, map: &Value) {
        let Some(map) = map.as_object().filter(|map| !map.is_empty()) else { return };
        self.line(level, title);
        map.iter().for_each(|(name, value)| self.field(level + 1, name, &text(value)));
    }

    fn pod_status(&mut self) {
        let Object { meta, .. } = self.row.object;
        let pod = self.row.object.pod();
        match meta.deletion_timestamp.filter(|_| !pod.is_terminal()) {
            Some(at) => {
                let lasts = super::printers::age(at, self.row.now);
                self.field(0, "Status", &format!("Terminating (lasts {lasts})"));
                let grace = meta.deletion_grace_period_seconds.unwrap_or(0);
                self.field(0, "Termination Grace Period", &format!("{grace}s"));
            }
            None => self.field(0, "Status", pod.status.phase.name()),
        }
    }

    /// Init containers and containers; of a template (without a pod) with one more space.
    fn pod_containers(&mut self, spec: &Value, pod: Option<&Value>, space: &str) {
        for (title, containers, statuses) in [
            ("Init Containers", "initContainers", "initContainerStatuses"),
            ("Containers", "containers", "containerStatuses"),
        ] {
            let containers = list(spec, containers);
            if containers.is_empty() && title == "Init Containers" {
                continue;
            }
            let none = if containers.is_empty() { " <none>" } else { "" };
            self.line(0, &format!("{space}{title}:{none}"));
            for container in containers {
                let statuses = pod.map_or(&[][..], |pod| list(get(pod, "status"), statuses));
                let status = statuses.iter().find(|s| get(s, "name") == get(container, "name"));
                self.container(container, status, pod, space);
            }
        }
    }

    fn container(&mut self, container: &Value, status: Option<&Value>, pod: Option<&Value>, space: &str) {
        let field = |name| text(get(container, name));
        let indent = if space.is_empty() { "" } else { " " };
        self.line(1, &format!("{indent}{}:", field("name")));
        if let Some(status) = status {
            self.field(2, "Container ID", &text(get(status, "containerID")));
        }
        self.field(2, "Image", &field("image"));
        if let Some(status) = status {
            self.field(2, "Image ID", &text(get(status, "imageID")));
        }
        for (label, number) in [("Port", "containerPort"), ("Host Port", "hostPort")] {
            let port = |p: &Value| {
                let port = format!("{}/{}", int(p, number), text(get(p, "protocol")));
                match get(p, "name").as_str() {
                    Some(name) => format!("{port} ({name})"),
                    None => port,
                }
            };
            let ports: Vec<String> = list(container, "ports").iter().map(port).collect();
            let s = if ports.len() > 1 { "s" } else { "" };
            self.field(2, &format!("{label}{s}"), &or(ports.join(", "), "<none>"));
        }
        for (title, words) in [("Command:", "command"), ("Args:", "args")] {
            let words = list(container, words);
            if !words.is_empty() {
                self.line(2, title);
            }
            words.iter().for_each(|w| text(w).split('\n').for_each(|line| self.line(3, line)));
        }
        if let Some(status) = status {
            self.container_state("State", get(status, "state"));
            if at(status, "lastState.terminated").is_object() {
                self.container_state("Last State", get(status, "lastState"));
            }
            let ready = if get(status, "ready") == true { "True" } else { "False" };
            self.field(2, "Ready", ready);
            self.field(2, "Restart Count", &int(status, "restartCount").to_string());
        }
        for (title, field) in [("Limits:", "limits"), ("Requests:", "requests")] {
            self.pairs(2, title, get(get(container, "resources"), field));
        }
        for (label, field) in
            [("Liveness", "livenessProbe"), ("Readiness", "readinessProbe"), ("Startup", "startupProbe")]
        {
            if let probe @ Value::Object(_) = get(container, field) {
                self.field(2, label, &describe_probe(probe));
            }
        }
        self.environment(container, pod);
        self.mounts(container);
    }

    fn container_state(&mut self, label: &str, state: &Value) {
        if let running @ Value::Object(_) = get(state, "running") {
            self.field(2, label, "Running");
            self.field(3, "Started", &text(get(running, "startedAt")).parse_time());
        } else if let ended @ Value::Object(_) = get(state, "terminated") {
            self.field(2, label, "Terminated");
            for (label, field) in [("Reason", "reason"), ("Message", "message")] {
                if let Some(text) = get(ended, field).as_str() {
                    self.field(3, label, text);
                }
            }
            self.field(3, "Exit Code", &int(ended, "exitCode").to_string());
            self.field(3, "Started", &text(get(ended, "startedAt")).parse_time());
            self.field(3, "Finished", &text(get(ended, "finishedAt")).parse_time());
        } else {
            self.field(2, label, "Waiting");
            if let Some(reason) = at(state, "waiting.reason").as_str() {
                self.field(3, "Reason", reason);
            }
        }
    }

    fn environment(&mut self, container: &Value, pod: Option<&Value>) {
        let from = list(container, "envFrom");
        if !from.is_empty() {
            self.line(2, "Environment Variables from:");
        }
        for source in from {
            for (kind, field) in [("ConfigMap", "configMapRef"), ("Secret", "secretRef")] {
                if let source_ref @ Value::Object(_) = get(source, field) {
                    let prefix = match get(source, "prefix").as_str() {
                        Some(prefix) => format!(" with prefix '{prefix}'"),
                        None => String::new(),
                    };
                    let (name, optional) =
                        (text(get(source_ref, "name")), get(source_ref, "optional") == true);
                    self.line(3, &format!("{name}\t{kind}{prefix}\tOptional: {optional}"));
                }
            }
        }
        let env = list(container, "env");
        self.line(2, if env.is_empty() { "Environment:\t<none>" } else { "Environment:" });
        for variable in env {
            let name = text(get(variable, "name"));
            let source = |field| Some(at(variable, field)).filter(|v| v.is_object());
            let key_of = |r: &Value, what: &str| {
                let (key, name, optional) =
                    (text(get(r, "key")), text(get(r, "name")), get(r, "optional") == true);
                format!("<set to the key '{key}' {what} '{name}'>\tOptional: {optional}")
            };
            let value = if let Some(field) = source("valueFrom.fieldRef") {
                let path = text(get(field, "fieldPath"));
                let found = pod.map(|pod| pod_field(pod, &path)).unwrap_or_default();
                format!("{found} ({}:{path})", or(text(get(field, "apiVersion")), "v1"))
            } else if let Some(field) = source("valueFrom.resourceFieldRef") {
                let resource = text(get(field, "resource"));
                let (list, what) = resource.split_once('.').unwrap_or((&resource, ""));
                let value = or(text(get(get(get(container, "resources"), list), what)), "0");
                let unlimited = value == "0" && list == "limits";
                format!("{} ({resource})", if unlimited { "node allocatable" } else { &value })
            } else if let Some(secret) = source("valueFrom.secretKeyRef") {
                key_of(secret, "in secret")
            } else if let Some(map) = source("valueFrom.configMapKeyRef") {
                key_of(map, "of config map")
            } else {
                text(get(variable, "value")).replace('\n', "\n      \t")
            };
            self.field(3, &name, &value);
        }
    }

    fn mounts(&mut self, container: &Value) {
        let mut mounts: Vec<&Value> = list(container, "volumeMounts").iter().collect();
        mounts.sort_by_key(|m| text(get(m, "mountPath")));
        self.line(2, if mounts.is_empty() { "Mounts:\t<none>" } else { "Mounts:" });
        for mount in mounts {
            let mode = if get(mount, "readOnly") == true { "ro" } else { "rw" };
            let path = get(mount, "subPath").as_str().map(|p| format!(",path={p:?}")).unwrap_or_default();
            let (mount_path, name) = (text(get(mount, "mountPath")), text(get(mount, "name")));
            self.line(3, &format!("{mount_path} from {name} ({mode}{path})"));
        }
    }

    fn volumes(&mut self, volumes: &[Value], space: &str) {
        if volumes.is_empty() {
            return self.line(0, &format!("{space}Volumes:\t<none>"));
        }
        self.line(0, &format!("{space}Volumes:"));
        for volume in volumes {
            let indent = if space.is_empty() { "" } else { " " };
            self.line(1, &format!("{indent}{}:", text(get(volume, "name"))));
            self.volume_source(volume);
        }
    }

    fn volume_source(&mut self, volume: &Value) {
        let known = VOLUME_SOURCES.iter().find(|(field, ..)| get(volume, field).is_object());
        let Some((field, kind, lines)) = known else { return self.line(1, "<unknown>") };
        self.field(2, "Type", kind);
        let source = get(volume, field);
        for line in lines.split(';').filter(|l| !l.is_empty()) {
            let (label, path) = line.split_once('=').expect("sources are well-formed");
            let (path, default) = path.split_once(':').unwrap_or((path, ""));
            self.field(2, label, &or(text(get(source, path)), default));
        }
        for source in list(source, "sources") {
            for (kind, label) in [("secret", "SecretName"), ("configMap", "ConfigMapName")] {
                if let part @ Value::Object(_) = get(source, kind) {
                    self.field(2, label, &text(get(part, "name")));
                    self.field(2, "Optional", &or(text(get(part, "optional")), "false"));
                }
            }
            if get(source, "downwardAPI").is_object() {
                self.field(2, "DownwardAPI", "true");
            }
            if let token @ Value::Object(_) = get(source, "serviceAccountToken") {
                self.field(2, "TokenExpirationSeconds", &text(get(token, "expirationSeconds")));
            }
        }
        if *field == "downwardAPI" {
            self.line(2, "Items:");
            for item in list(source, "items") {
                let from = [at(item, "fieldRef.fieldPath"), at(item, "resourceFieldRef.resource")];
                let from = from.into_iter().find(|v| !v.is_null()).map(text).unwrap_or_default();
                self.line(3, &format!("{from} -> {}", text(get(item, "path"))));
            }
        }
    }

    fn template(&mut self, template: &Value) {
        let spec = get(template, "spec");
        self.line(0, "Pod Template:");
        self.labels("  Labels", at(template, "metadata.labels"));
        let annotations = at(template, "metadata.annotations");
        if annotations.as_object().is_some_and(|a| !a.is_empty()) {
            self.annotations("  Annotations", annotations);
        }
        if let Some(account) = get(spec, "serviceAccountName").as_str() {
            self.field(1, "Service Account", account);
        }
        self.pod_containers(spec, None, "  ");
        self.volumes(list(spec, "volumes"), "  ");
        if let Some(class) = get(spec, "priorityClassName").as_str() {
            self.field(1, "Priority Class Name", class);
        }
        self.labels("  Node-Selectors", get(spec, "nodeSelector"));
        self.values("  Tolerations", tolerations(spec));
    }

    fn claim_templates(&mut self, claims: &[Value]) {
        if claims.is_empty() {
            return self.field(0, "Volume Claims", "<none>");
        }
        self.line(0, "Volume Claims:");
        for claim in claims {
            self.field(1, "Name", &text(at(claim, "metadata.name")));
            self.field(1, "StorageClass", &text(at(claim, "spec.storageClassName")));
            self.labels("  Labels", at(claim, "metadata.labels"));
            self.labels("  Annotations", at(claim, "metadata.annotations"));
            self.field(1, "Capacity", &or(text(at(claim, "spec.resources.requests.storage")), "<default>"));
            let modes: Vec<String> = list(get(claim, "spec"), "accessModes").iter().map(text).collect();
            self.field(1, "Access Modes", &format!("[{}]", modes.join(" ")));
        }
    }

    fn pods_status(&mut self) {
        let meta = &self.row.object.meta;
        let mut counts = [0; 4];
        for pod in
            self.store.list_in(Kind::Pod, &meta.namespace).filter(|p| p.meta.is_controlled_by(meta.uid))
        {
            match pod.pod().status.phase {
                PodPhase::Running => counts[0] += 1,
                PodPhase::Pending => counts[1] += 1,
                PodPhase::Succeeded => counts[2] += 1,
                PodPhase::Failed => counts[3] += 1,
                PodPhase::Unknown => {}
            }
        }
        let [running, waiting, succeeded, failed] = counts;
        let counts =
            format!("{running} Running / {waiting} Waiting / {succeeded} Succeeded / {failed} Failed");
        self.field(0, "Pods Status", &counts);
    }

    fn replica_sets(&mut self) {
        let deployment = self.row.object;
        let template = &deployment.deployment().spec.template;
        let (mut old, mut new) = (Vec::new(), Vec::new());
        let sets = self.store.list_in(Kind::ReplicaSet, &deployment.meta.namespace);
        for set in sets.filter(|s| s.meta.is_controlled_by(deployment.meta.uid)) {
            let replica_set = set.replica_set();
            let (spec, status) = (&replica_set.spec, &replica_set.status);
            let created =
                format!("{} ({}/{} replicas created)", set.meta.name, status.replicas, spec.replicas);
            let is_new =
                spec.template.spec == template.spec && spec.template.annotations == template.annotations;
            if is_new && new.is_empty() {
                new.push(created)
            } else {
                old.push(created)
            };
        }
        if !old.is_empty() || !new.is_empty() {
            self.field(0, "OldReplicaSets", &or(old.join(", "), "<none>"));
            self.field(0, "NewReplicaSet", &or(new.join(", "), "<none>"));
        }
    }

    fn service_ports(&mut self) {
        let object = self.row.object;
        for port in object.service().ports.iter() {
            let name = port.name.as_deref().unwrap_or("<unset>");
            let target = match &port.target_port {
                crate::api::service::TargetPort::Number(number) => number.to_string(),
                crate::api::service::TargetPort::Name(name) => name.to_string(),
            };
            self.field(0, "Port", &format!("{name}\t{}/{}", port.port, port.protocol));
            self.field(0, "TargetPort", &format!("{target}/{}", port.protocol));
            if port.node_port != 0 {
                self.field(0, "NodePort", &format!("{name}\t{}/{}", port.node_port, port.protocol));
            }
            let endpoints = self.endpoints_of(object, port.name.as_deref().unwrap_or_default());
            self.field(0, "Endpoints", &endpoints);
        }
    }

    /// The ready addresses behind a Service's port. Models formatEndpointSlices.
    fn endpoints_of(&self, service: &Object, port_name: &str) -> String {
        let mut addresses = Vec::new();
        let slices = resource::slices_of(self.store, service);
        for slice in slices.iter().map(|s| s.endpoint_slice()) {
            for number in slice.ports.iter().filter(|p| &*p.name == port_name).filter_map(|p| p.port) {
                let ready = slice.endpoints.iter().filter(|e| e.ready);
                addresses.extend(ready.map(|e| format!("{}:{number}", e.address)));
            }
        }
        let none = if slices.is_empty() { "<none>" } else { "" };
        or(super::printers::some_and_more(addresses, 3), none)
    }

    fn subsets(&mut self, tree: &Value) {
        self.line(0, "Subsets:");
        for subset in list(tree, "subsets") {
            for (label, field) in [("Addresses", "addresses"), ("NotReadyAddresses", "notReadyAddresses")] {
                let ips: Vec<String> = list(subset, field).iter().map(|a| text(get(a, "ip"))).collect();
                self.field(1, label, &or(ips.join(","), "<none>"));
            }
            let ports = list(subset, "ports");
            if !ports.is_empty() {
                self.line(1, "Ports:\n    Name\tPort\tProtocol\n    ----\t----\t--------");
            }
            for port in ports {
                let name = or(text(get(port, "name")), "<unset>");
                self.line(2, &format!("{name}\t{}\t{}", int(port, "port"), text(get(port, "protocol"))));
            }
            self.line(0, "");
        }
    }

    fn slice(&mut self, tree: &Value) {
        let ports = list(tree, "ports").iter().map(|port| {
            let field = |name| or(text(get(port, name)), "<unset>");
            format!("{}\t{}\t{}", field("name"), field("port"), field("protocol"))
        });
        let ports: Vec<String> = ports.collect();
        if ports.is_empty() {
            self.line(0, "Ports: <unset>");
        }
        self.table("Ports:\n  Name\tPort\tProtocol\n  ----\t----\t--------", ports);
        let endpoints = list(tree, "endpoints");
        self.line(0, if endpoints.is_empty() { "Endpoints: <none>" } else { "Endpoints:" });
        for endpoint in endpoints {
            let field = |path| or(text(at(endpoint, path)), "<unset>");
            let addresses: Vec<String> = list(endpoint, "addresses").iter().map(text).collect();
            self.field(1, "- Addresses", &or(addresses.join(", "), "<none>"));
            self.line(2, "Conditions:");
            self.field(3, "Ready", &field("conditions.ready"));
            self.field(2, "Hostname", &field("hostname"));
            if get(endpoint, "targetRef").is_object() {
                self.field(
                    2,
                    "TargetRef",
                    &format!("{}/{}", field("targetRef.kind"), field("targetRef.name")),
                );
            }
            self.field(2, "NodeName", &field("nodeName"));
            self.field(2, "Zone", &field("zone"));
        }
    }

    fn node_affinity(&mut self, affinity: &Value) {
        let Value::Object(_) = get(affinity, "required") else {
            return self.field(0, "Node Affinity", "<none>");
        };
        self.field(0, "Node Affinity", "");
        self.field(1, "Required Terms", "");
        for (n, term) in list(get(affinity, "required"), "nodeSelectorTerms").iter().enumerate() {
            let expression = |e: &Value| {
                let values: Vec<String> = list(e, "values").iter().map(text).collect();
                let operator = text(get(e, "operator")).to_lowercase();
                let values =
                    if values.is_empty() { String::new() } else { format!(" [{}]", values.join(", ")) };
                format!("{} {operator}{values}", text(get(e, "key")))
            };
            let expressions: Vec<String> = list(term, "matchExpressions").iter().map(expression).collect();
            let expressions = or(expressions.join("\n    \t"), "<none>");
            self.field(2, &format!("Term {n}"), &expressions);
        }
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
            let age = super::printers::age(pod.meta.creation_timestamp, self.row.now);
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

    fn quota(&mut self, level: usize, rule: &str, quota: &Value) {
        self.line(level, "Resource\tUsed\tHard");
        self.line(level, &format!("--------\t{rule}\t{rule}"));
        let status = get(quota, "status");
        for (what, hard) in get(status, "hard").as_object().into_iter().flatten() {
            let used = or(text(get(get(status, "used"), what)), "0");
            self.line(level, &format!("{what}\t{used}\t{}", text(hard)));
        }
    }

    fn namespace_limits(&mut self) {
        let namespace = self.row.object.meta.name.clone();
        let all = |kind| self.store.list_in(kind, &namespace).map(|o| o.to_value()).collect::<Vec<_>>();
        let (quotas, ranges) = (all(Kind::ResourceQuota), all(Kind::LimitRange));
        self.line(0, if quotas.is_empty() { "\nNo resource quota." } else { "\nResource Quotas" });
        for quota in &quotas {
            self.field(1, "Name", &text(at(quota, "metadata.name")));
            self.quota(1, "---", quota);
        }
        if ranges.is_empty() {
            return self.line(0, "\nNo LimitRange resource.");
        }
        self.line(0, &format!("\nResource Limits\n {LIMIT_HEADERS}"));
        ranges.iter().for_each(|range| self.limits(range, " "));
    }

    fn limits(&mut self, range: &Value, indent: &str) {
        const COLUMNS: [&str; 5] = ["min", "max", "defaultRequest", "default", "maxLimitRequestRatio"];
        for limit in list(get(range, "spec"), "limits") {
            let mut names: Vec<&String> = COLUMNS
                .iter()
                .flat_map(|c| get(limit, c).as_object().into_iter().flatten().map(|(k, _)| k))
                .collect();
            names.sort();
            names.dedup();
            for name in names {
                let cells = COLUMNS.map(|c| or(text(get(get(limit, c), name)), "-"));
                self.line(0, &format!("{indent}{}\t{name}\t{}", text(get(limit, "type")), cells.join("\t")));
            }
        }
    }

    /// Every field of an object, for kinds without a description of their own. Models `printUnstructuredContent`.
    fn fields(&mut self, level: usize, tree: &Value, above: &str) {
        const SKIPPED: [&str; 4] =
            [".metadata.name", ".metadata.namespace", ".metadata.labels", ".metadata.annotations"];
        for (field, value) in tree.as_object().into_iter().flatten() {
            let path = format!("{above}.{field}");
            if SKIPPED.contains(&path.as_str()) {
                continue;
            }
            let label = smart_label(field);
            match value {
                Value::Object(_) => {
                    self.line(level, &format!("{label}:"));
                    self.fields(level + 1, value, &path);
                }
                Value::Array(items) => {
                    self.line(level, &format!("{label}:"));
                    for item in items {
                        match item {
                            Value::Object(_) => self.fields(level + 1, item, &path),
                            other => self.line(level + 1, &text(other)),
                        }
                    }
                }
                Value::Null => self.field(level, &label, "<nil>"),
                other => self.field(level, &label, &text(other)),
            }
        }
    }

    fn events(&mut self) {
        let object = self.row.object;
        // Kubelets say their node's name where others say its uid.
        let about = |o: &&Rc<Object>| {
            let involved = &o.event().involved;
            let is_node = object.kind == Kind::Node && *involved.kind == *"Node";
            involved.name == object.meta.name && (involved.uid == object.meta.uid || is_node)
        };
        let mut events: Vec<Rc<Object>> = resource::list(self.store, Kind::Event);
        events.retain(|o| about(&o));
        // Events of the newer API have no last timestamp, so they come first.
        events.sort_by_key(|o| o.event().count.map(|_| o.event().last_timestamp));
        let rows: Vec<String> = events
            .iter()
            .map(|o| {
                let event = o.event();
                let ago = |t| super::printers::age(t, self.row.now);
                let interval = match event.count.unwrap_or(1) {
                    1 => ago(event.first_timestamp),
                    n => format!("{} (x{n} over {})", ago(event.last_timestamp), ago(event.first_timestamp)),
                };
                let part = event.involved.field_path.as_ref().map(|p| format!("{p}: ")).unwrap_or_default();
                let message = event.message.trim();
                format!(
                    "{}\t{}\t{interval}\t{}\t{part}{message}",
                    event.event_type, event.reason, event.component
                )
            })
            .collect();
        if rows.is_empty() {
            self.field(0, "Events", "<none>");
        }
        self.table("Events:\n  Type\tReason\tAge\tFrom\tMessage\n  ----\t------\t----\t----\t-------", rows);
    }
}

const LIMIT_HEADERS: &str = "Type\tResource\tMin\tMax\tDefault Request\tDefault Limit\tMax Limit/Request Ratio\n \
    ----\t--------\t---\t---\t---------------\t-------------\t-----------------------";

/// Field, type, and lines `Label=field:default`.
const VOLUME_SOURCES: &[(&str, &str, &str)] = &[
    ("hostPath", "HostPath (bare host directory volume)", "Path=path;HostPathType=type:<none>"),
    (
        "emptyDir",
        "EmptyDir (a temporary directory that shares a pod's lifetime)",
        "Medium=medium;SizeLimit=sizeLimit:<unset>",
    ),
    ("secret", "Secret (a volume populated by a Secret)", "SecretName=secretName;Optional=optional:false"),
    ("configMap", "ConfigMap (a volume populated by a ConfigMap)", "Name=name;Optional=optional:false"),
    (
        "nfs",
        "NFS (an NFS mount that lasts the lifetime of a pod)",
        "Server=server;Path=path;ReadOnly=readOnly:false",
    ),
    (
        "persistentVolumeClaim",
        "PersistentVolumeClaim (a reference to a PersistentVolumeClaim in the same namespace)",
        "ClaimName=claimName;ReadOnly=readOnly:false",
    ),
    ("downwardAPI", "DownwardAPI (a volume populated by information about the pod)", ""),
    ("projected", "Projected (a volume that contains injected data from multiple sources)", ""),
    ("local", "LocalVolume (a persistent volume backed by local storage on a node)", "Path=path"),
];

trait ParseTime {
    fn parse_time(&self) -> String;
}

impl ParseTime for String {
    /// A time as the API writes it, as descriptions write it.
    fn parse_time(&self) -> String {
        SimTime::parse_rfc3339(self).map(SimTime::rfc1123z).unwrap_or_default()
    }
}

/// `key=value:Effect op=Exists for 300s`, by key.
fn tolerations(spec: &Value) -> Vec<String> {
    let mut tolerations: Vec<&Value> = list(spec, "tolerations").iter().collect();
    tolerations.sort_by_key(|t| text(get(t, "key")));
    let with = |sign: &str, value: String| if value.is_empty() { value } else { format!("{sign}{value}") };
    let one = |t: &&Value| {
        let field = |name| text(get(t, name));
        let mut line = format!("{}{}{}", field("key"), with("=", field("value")), with(":", field("effect")));
        if field("operator") == "Exists" && field("value").is_empty() {
            line.push_str(if line.is_empty() { "op=Exists" } else { " op=Exists" });
        }
        if let Some(seconds) = get(t, "tolerationSeconds").as_i64() {
            line.push_str(&format!(" for {seconds}s"));
        }
        line
    };
    tolerations.iter().map(one).collect()
}

fn describe_probe(probe: &Value) -> String {
    let number = |field| int(probe, field);
    let timing = format!(
        "delay={}s timeout={}s period={}s #success={} #failure={}",
        number("initialDelaySeconds"),
        number("timeoutSeconds"),
        number("periodSeconds"),
        number("successThreshold"),
        number("failureThreshold")
    );
    let field = |path| text(at(probe, path));
    if get(probe, "exec").is_object() {
        let words: Vec<String> = list(get(probe, "exec"), "command").iter().map(text).collect();
        format!("exec [{}] {timing}", words.join(" "))
    } else if get(probe, "httpGet").is_object() {
        let scheme = or(field("httpGet.scheme").to_lowercase(), "http");
        let (host, port, path) = (field("httpGet.host"), field("httpGet.port"), field("httpGet.path"));
        format!("http-get {scheme}://{host}:{port}{path} {timing}")
    } else if get(probe, "tcpSocket").is_object() {
        format!("tcp-socket {}:{} {timing}", field("tcpSocket.host"), field("tcpSocket.port"))
    } else if get(probe, "grpc").is_object() {
        format!("grpc <pod>:{} {} {timing}", field("grpc.port"), field("grpc.service"))
    } else {
        format!("unknown {timing}")
    }
}

/// A field of a pod for its environment: `status.podIP`, `metadata.labels['app']`.
fn pod_field(pod: &Value, path: &str) -> String {
    match path.split_once("['") {
        Some((map, key)) => text(get(at(pod, map), key.trim_end_matches("']"))),
        None => text(at(pod, path)),
    }
}

/// What a pod requests (or is limited to): the sum over its containers, or an init container's amount if that is more.
fn pod_amount(pod: &Object, list_name: &str, what: &str) -> Quantity {
    let amount = |c: &crate::api::pod::Container| {
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

fn base64_length(text: &str) -> usize {
    let text = text.trim_end_matches('=');
    text.len() * 3 / 4
}

/// `clusterIP` → `Cluster IP`, `uid` → `UID`. Models `smartLabelFor` and `github.com/fatih/camelcase`.
fn smart_label(field: &str) -> String {
    if field.chars().any(|c| !c.is_alphabetic() && c != '-') {
        return field.to_string();
    }
    let class = |c: char| {
        if c.is_lowercase() {
            1
        } else if c.is_uppercase() {
            2
        } else {
            3
        }
    };
    let mut words: Vec<String> = Vec::new();
    let mut last = 0;
    for c in field.chars() {
        if class(c) == last
            && let Some(word) = words.last_mut()
        {
            word.push(c);
        } else {
            words.push(c.to_string());
        }
        last = class(c);
    }
    for n in 1..words.len() {
        if words[n - 1].ends_with(char::is_uppercase) && words[n].starts_with(char::is_lowercase) {
            let capital = words[n - 1].pop().expect("it ends with one");
            words[n].insert(0, capital);
        }
    }
    words.retain(|w| !w.is_empty());
    let mut n = 0;
    while n + 1 < words.len() {
        let all_upper = words[n].len() > 1 && words[n].chars().all(char::is_uppercase);
        if all_upper && words[n + 1].starts_with(char::is_uppercase) {
            let next = words.remove(n + 1);
            words[n].push_str(&next);
        }
        n += 1;
    }
    let title = |word: &String| {
        let upper = word.to_uppercase();
        if ["API", "URL", "UID", "GUID"].contains(&upper.as_str()) {
            upper
        } else if *word == word.to_lowercase() {
            let mut letters = word.chars();
            letters.next().map(|c| c.to_uppercase().chain(letters).collect()).unwrap_or_default()
        } else {
            word.clone()
        }
    };
    words.iter().map(title).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_of_fields_are_words() {
        for (field, label) in [
            ("apiVersion", "API Version"),
            ("uid", "UID"),
            ("$patch", "$patch"),
            ("app", "App"),
            ("dnsPolicy", "Dns Policy"),
            ("terminationGracePeriodSeconds", "Termination Grace Period Seconds"),
            ("ownerReferences", "Owner References"),
        ] {
            assert_eq!(smart_label(field), label);
        }
    }

    #[test]
    fn every_line_of_every_description_can_be_written() {
        for info in crate::api::KINDS.iter().filter(|k| k.kind.is_served()) {
            let object = Object::from_value(
                info.kind,
                &serde_json::json!({"metadata": {"name": "x", "namespace": "y"}}),
            );
            let text = describe(&Store::default(), &object, SimTime(0), true);
            assert!(text.starts_with("Name:  "), "{}: {text}", info.name);
            Row::new(&object, SimTime(0)).cells(true, "");
        }
    }
}
