//! The columns of `kubectl get`, for every kind. Models `pkg/printers/internalversion/printers.go`.
//!
//! The columns of a kind are a text: `HEADER=CELL` with `|` between; a `*` before a header marks a column of `-o wide`.
//! In a cell `{path.to.field:default}` stands for a field of the object, and `{@name}` or `{@name path}` for what
//! [`Row::special`] computes. `NAME` and `AGE` alone are what they say.

use crate::api::pod::{ContainerState, ContainerStatus, Terminated, condition};
use crate::api::read::{get, list, opt_int};
use crate::api::{Kind, LabelSelector, Object, ObjectMeta, Pod, PodPhase, SimTime, Span};
use serde_json::Value;
use std::cell::OnceCell;

/// The columns of a kind.
fn columns(kind: Kind) -> &'static str {
    match kind {
        Kind::Namespace => "NAME|STATUS={status.phase}|AGE",
        Kind::Node => {
            "NAME|STATUS={@node-status}|ROLES={@roles}|AGE|VERSION={status.nodeInfo.kubeletVersion}|\
             *INTERNAL-IP={@address InternalIP}|*EXTERNAL-IP={@address ExternalIP}|\
             *OS-IMAGE={status.nodeInfo.osImage:<unknown>}|\
             *KERNEL-VERSION={status.nodeInfo.kernelVersion:<unknown>} ({status.nodeInfo.architecture})|\
             *CONTAINER-RUNTIME={status.nodeInfo.containerRuntimeVersion:<unknown>}"
        }
        Kind::PersistentVolume => {
            "NAME|CAPACITY={spec.capacity.storage:0}|ACCESS MODES={@modes spec.accessModes}|\
             RECLAIM POLICY={spec.persistentVolumeReclaimPolicy}|STATUS={@phase}|CLAIM={@claim}|\
             STORAGECLASS={spec.storageClassName}|VOLUMEATTRIBUTESCLASS={spec.volumeAttributesClassName:<unset>}|\
             REASON={status.reason}|AGE|*VOLUMEMODE={spec.volumeMode:<unset>}"
        }
        Kind::PersistentVolumeClaim => {
            "NAME|STATUS={@phase}|VOLUME={spec.volumeName}|CAPACITY={@capacity}|\
             ACCESS MODES={@modes status.accessModes}|STORAGECLASS={spec.storageClassName}|\
             VOLUMEATTRIBUTESCLASS={spec.volumeAttributesClassName:<unset>}|AGE|*VOLUMEMODE={spec.volumeMode:<unset>}"
        }
        Kind::StorageClass => {
            "NAME={@default-name}|PROVISIONER={provisioner}|RECLAIMPOLICY={reclaimPolicy:Delete}|\
             VOLUMEBINDINGMODE={volumeBindingMode:Immediate}|ALLOWVOLUMEEXPANSION={allowVolumeExpansion:false}|AGE"
        }
        Kind::PriorityClass => {
            "NAME|VALUE={value:0}|GLOBAL-DEFAULT={globalDefault:false}|AGE|PREEMPTIONPOLICY={preemptionPolicy}"
        }
        Kind::IngressClass => {
            "NAME={@default-name}|CONTROLLER={spec.controller}|PARAMETERS={@parameters}|AGE"
        }
        Kind::ClusterRoleBinding | Kind::RoleBinding => {
            "NAME|ROLE={roleRef.kind}/{roleRef.name}|AGE|*USERS={@subjects User}|*GROUPS={@subjects Group}|\
             *SERVICEACCOUNTS={@subjects ServiceAccount}"
        }
        Kind::ConfigMap => "NAME|DATA={@data}|AGE",
        Kind::Secret => "NAME|TYPE={type}|DATA={@data}|AGE",
        Kind::ResourceQuota => "NAME|REQUEST={@quota requests}|LIMIT={@quota limits}|AGE",
        Kind::Service => {
            "NAME|TYPE={spec.type}|CLUSTER-IP={spec.clusterIP:<none>}|EXTERNAL-IP={@external-ip}|\
             PORT(S)={@service-ports}|AGE|*SELECTOR={@labels spec.selector}"
        }
        Kind::Endpoints => "NAME|ENDPOINTS={@endpoints}|AGE",
        Kind::EndpointSlice => {
            "NAME|ADDRESSTYPE={addressType}|PORTS={@slice-ports}|ENDPOINTS={@slice-addresses}|AGE"
        }
        Kind::Pod => {
            "NAME|READY={@ready}|STATUS={@status}|RESTARTS={@restarts}|AGE|*IP={status.podIP:<none>}|\
             *NODE={spec.nodeName:<none>}|*NOMINATED NODE={status.nominatedNodeName:<none>}|\
             *READINESS GATES={@gates}"
        }
        Kind::PodTemplate => {
            "NAME|CONTAINERS={@containers template}|IMAGES={@images template}|POD LABELS={@labels template.metadata.labels}"
        }
        Kind::ReplicationController => {
            "NAME|DESIRED={spec.replicas:0}|CURRENT={status.replicas:0}|READY={status.readyReplicas:0}|AGE|\
             *CONTAINERS={@containers spec.template}|*IMAGES={@images spec.template}|*SELECTOR={@labels spec.selector}"
        }
        Kind::StatefulSet => {
            "NAME|READY={status.readyReplicas:0}/{spec.replicas:0}|AGE|*CONTAINERS={@containers spec.template}|\
             *IMAGES={@images spec.template}"
        }
        Kind::Deployment => {
            "NAME|READY={status.readyReplicas:0}/{spec.replicas:0}|UP-TO-DATE={status.updatedReplicas:0}|\
             AVAILABLE={status.availableReplicas:0}|AGE|*CONTAINERS={@containers spec.template}|\
             *IMAGES={@images spec.template}|*SELECTOR={@selector spec.selector}"
        }
        Kind::ReplicaSet => {
            "NAME|DESIRED={spec.replicas:0}|CURRENT={status.replicas:0}|READY={status.readyReplicas:0}|AGE|\
             *CONTAINERS={@containers spec.template}|*IMAGES={@images spec.template}|*SELECTOR={@selector spec.selector}"
        }
        Kind::DaemonSet => {
            "NAME|DESIRED={status.desiredNumberScheduled:0}|CURRENT={status.currentNumberScheduled:0}|\
             READY={status.numberReady:0}|UP-TO-DATE={status.updatedNumberScheduled:0}|\
             AVAILABLE={status.numberAvailable:0}|NODE SELECTOR={@labels spec.template.spec.nodeSelector}|AGE|\
             *CONTAINERS={@containers spec.template}|*IMAGES={@images spec.template}|*SELECTOR={@selector spec.selector}"
        }
        Kind::ControllerRevision => "NAME|CONTROLLER={@controller}|REVISION={revision}|AGE",
        Kind::Job => {
            "NAME|STATUS={@job-status}|COMPLETIONS={status.succeeded:0}/{spec.completions:1}|DURATION={@duration}|AGE|\
             *CONTAINERS={@containers spec.template}|*IMAGES={@images spec.template}|*SELECTOR={@selector spec.selector}"
        }
        Kind::CronJob => {
            "NAME|SCHEDULE={spec.schedule}|TIMEZONE={spec.timeZone:<none>}|SUSPEND={@bool spec.suspend}|\
             ACTIVE={@count status.active}|LAST SCHEDULE={@since status.lastScheduleTime}|AGE|\
             *CONTAINERS={@containers spec.jobTemplate.spec.template}|*IMAGES={@images spec.jobTemplate.spec.template}|\
             *SELECTOR={@selector spec.jobTemplate.spec.selector}"
        }
        Kind::HorizontalPodAutoscaler => {
            "NAME|REFERENCE={spec.scaleTargetRef.kind}/{spec.scaleTargetRef.name}|TARGETS={@metrics}|\
             MINPODS={spec.minReplicas:<unset>}|MAXPODS={spec.maxReplicas:0}|REPLICAS={status.currentReplicas:0}|AGE"
        }
        Kind::PodDisruptionBudget => {
            "NAME|MIN AVAILABLE={spec.minAvailable:N/A}|MAX UNAVAILABLE={spec.maxUnavailable:N/A}|\
             ALLOWED DISRUPTIONS={status.disruptionsAllowed:0}|AGE"
        }
        Kind::NetworkPolicy => "NAME|POD-SELECTOR={@selector spec.podSelector}|AGE",
        Kind::Ingress => {
            "NAME|CLASS={spec.ingressClassName:<none>}|HOSTS={@hosts}|ADDRESS={@load-balancer}|PORTS={@tls-ports}|AGE"
        }
        Kind::Lease => "NAME|HOLDER={spec.holderIdentity}|AGE",
        Kind::Event => {
            "LAST SEEN={@last-seen}|TYPE={type}|REASON={reason}|OBJECT={@involved}|\
             *SUBOBJECT={involvedObject.fieldPath}|*SOURCE={@source}|MESSAGE={message}|*FIRST SEEN={@first-seen}|\
             *COUNT={count:1}|*NAME"
        }
        Kind::ServiceAccount => "NAME|AGE",
        Kind::ValidatingWebhookConfiguration | Kind::MutatingWebhookConfiguration => {
            "NAME|WEBHOOKS={@count webhooks}|AGE"
        }
        Kind::CertificateSigningRequest => {
            "NAME|AGE|SIGNERNAME={spec.signerName:<none>}|REQUESTOR={spec.username}|\
             REQUESTEDDURATION={@seconds spec.expirationSeconds}|CONDITION={@csr-status}"
        }
        Kind::RuntimeClass => "NAME|HANDLER={handler}|AGE",
        Kind::CSIDriver => {
            "NAME|ATTACHREQUIRED={spec.attachRequired:true}|PODINFOONMOUNT={spec.podInfoOnMount:false}|\
             STORAGECAPACITY={spec.storageCapacity:false}|TOKENREQUESTS={@csi-audiences}|\
             REQUIRESREPUBLISH={spec.requiresRepublish:false}|MODES={@csi-modes}|AGE"
        }
        Kind::CSINode => "NAME|DRIVERS={@count spec.drivers}|AGE",
        Kind::CSIStorageCapacity => "NAME|STORAGECLASSNAME={storageClassName}|CAPACITY={capacity:<unset>}",
        Kind::VolumeAttachment => {
            "NAME|ATTACHER={spec.attacher}|PV={spec.source.persistentVolumeName}|NODE={spec.nodeName}|\
             ATTACHED={status.attached:false}|AGE"
        }
        Kind::VolumeAttributesClass => "NAME|DRIVERNAME={driverName}|AGE",
        Kind::ValidatingAdmissionPolicy => {
            "NAME|VALIDATIONS={@count spec.validations}|PARAMKIND={@param-kind}|AGE"
        }
        Kind::MutatingAdmissionPolicy => "NAME|MUTATIONS={@count spec.mutations}|PARAMKIND={@param-kind}|AGE",
        Kind::ValidatingAdmissionPolicyBinding | Kind::MutatingAdmissionPolicyBinding => {
            "NAME|POLICYNAME={spec.policyName}|PARAMREF={@param-ref}|AGE"
        }
        Kind::FlowSchema => {
            "NAME|PRIORITYLEVEL={spec.priorityLevelConfiguration.name}|MATCHINGPRECEDENCE={spec.matchingPrecedence:0}|\
             DISTINGUISHERMETHOD={spec.distinguisherMethod.type:<none>}|AGE|MISSINGPL=?"
        }
        Kind::PriorityLevelConfiguration => {
            "NAME|TYPE={spec.type}|NOMINALCONCURRENCYSHARES={spec.limited.nominalConcurrencyShares:<none>}|\
             QUEUES={spec.limited.limitResponse.queuing.queues:<none>}|\
             HANDSIZE={spec.limited.limitResponse.queuing.handSize:<none>}|\
             QUEUELENGTHLIMIT={spec.limited.limitResponse.queuing.queueLengthLimit:<none>}|AGE"
        }
        Kind::ServiceCIDR => "NAME|CIDRS={@texts spec.cidrs}|AGE",
        Kind::IPAddress => "NAME|PARENTREF={@parent-ref}",
        Kind::DeviceClass | Kind::ResourceClaimTemplate => "NAME|AGE",
        Kind::ResourceClaim => "NAME|STATE=pending|AGE",
        Kind::ResourceSlice => {
            "NAME|NODE={spec.nodeName:<unset>}|DRIVER={spec.driver}|POOL={spec.pool.name}|AGE"
        }
        Kind::APIService => "NAME|SERVICE={@api-service}|AVAILABLE=Unknown|AGE",
        _ => "NAME|CREATED AT={metadata.creationTimestamp}",
    }
}

/// Models printers.go: extractCSRStatus.
fn csr_status(status: &Value) -> String {
    let has = |kind: &str| list(status, "conditions").iter().any(|c| get(c, "type") == kind);
    let decided = match () {
        _ if has("Denied") => "Denied",
        _ if has("Approved") => "Approved",
        _ => "Pending",
    };
    let failed = if has("Failed") { ",Failed" } else { "" };
    let issued = if get(status, "certificate").is_null() { "" } else { ",Issued" };
    format!("{decided}{failed}{issued}")
}

fn texts(values: &[Value]) -> String {
    values.iter().map(text).collect::<Vec<_>>().join(",")
}

/// The headers of a kind's columns.
pub fn headers(kind: Kind, wide: bool) -> Vec<&'static str> {
    shown(kind, wide).map(|column| column.split('=').next().unwrap_or(column)).collect()
}

fn shown(kind: Kind, wide: bool) -> impl Iterator<Item = &'static str> {
    columns(kind).split('|').filter_map(move |column| match column.strip_prefix('*') {
        Some(column) => wide.then_some(column),
        None => Some(column),
    })
}

/// An object to print a row of.
pub struct Row<'a> {
    /// The object.
    pub object: &'a Object,
    /// The present.
    pub now: SimTime,
    tree: OnceCell<Value>,
}

impl<'a> Row<'a> {
    /// A row for this object.
    pub fn new(object: &'a Object, now: SimTime) -> Row<'a> {
        Row { object, now, tree: OnceCell::new() }
    }

    /// The cells of its columns. `kind_prefix` is put before the name, such as `pod/`.
    pub fn cells(&self, wide: bool, kind_prefix: &str) -> Vec<String> {
        shown(self.object.kind, wide)
            .map(|column| match column.split_once('=') {
                None if column == "AGE" => age(self.object.meta.creation_timestamp, self.now),
                None => format!("{kind_prefix}{}", self.object.meta.name),
                Some(("NAME", cell)) => format!("{kind_prefix}{}", self.expand(cell)),
                Some((_, cell)) => self.expand(cell),
            })
            .collect()
    }

    /// The object as a tree.
    pub fn tree(&self) -> &Value {
        self.tree.get_or_init(|| self.object.to_value())
    }

    /// Puts values into a cell's text.
    pub fn expand(&self, cell: &str) -> String {
        let mut out = String::new();
        let mut rest = cell;
        while let Some((before, after)) = rest.split_once('{') {
            let (what, after) = after.split_once('}').expect("columns are well-formed");
            out.push_str(before);
            if let Some(special) = what.strip_prefix('@') {
                let (name, path) = special.split_once(' ').unwrap_or((special, ""));
                out.push_str(&self.special(name, path));
            } else {
                let (path, default) = what.split_once(':').unwrap_or((what, ""));
                out.push_str(&or(text(at(self.tree(), path)), default));
            }
            rest = after;
        }
        out.push_str(rest);
        out
    }

    /// What can't be read from one field.
    fn special(&self, name: &str, path: &str) -> String {
        let tree = || self.tree();
        let field = || at(tree(), path);
        let pod = || pod_summary(self.object.pod(), &self.object.meta);
        let spec = || get(tree(), "spec");
        match name {
            "ready" => pod().ready_column(),
            "status" => pod().status,
            "restarts" => pod().restarts_column(self.now),
            "gates" => self.readiness_gates(),
            "containers" => join(list(get(field(), "spec"), "containers"), "name"),
            "images" => join(list(get(field(), "spec"), "containers"), "image"),
            "labels" => or(labels(field()), "<none>"),
            "selector" => or(LabelSelector::from_value(field()).to_string(), "<none>"),
            "bool" => match field().as_bool() {
                Some(true) => "True".into(),
                Some(false) => "False".into(),
                None => "<unset>".into(),
            },
            "count" => field().as_array().map_or(0, Vec::len).to_string(),
            "since" => match field().as_str().and_then(SimTime::parse_rfc3339) {
                Some(at) => age(at, self.now),
                None => "<none>".into(),
            },
            "seconds" => match field().as_i64() {
                Some(seconds) => Span::seconds(seconds).to_string(),
                None => "<none>".into(),
            },
            "csr-status" => csr_status(get(tree(), "status")),
            "texts" => texts(field().as_array().map_or(&[], Vec::as_slice)),
            "param-kind" => match get(spec(), "paramKind") {
                Value::Null => "<unset>".to_string(),
                kind => format!("{}/{}", text(get(kind, "apiVersion")), text(get(kind, "kind"))),
            },
            "param-ref" => {
                let reference = get(spec(), "paramRef");
                match (text(get(reference, "namespace")).as_str(), text(get(reference, "name")).as_str()) {
                    (_, "") => "<unset>".to_string(),
                    // Whether it lives in a namespace can't be told from here.
                    ("", name) => format!("*/{name}"),
                    (namespace, name) => format!("{namespace}/{name}"),
                }
            }
            "parent-ref" => match get(spec(), "parentRef") {
                Value::Null => "<none>".to_string(),
                parent => {
                    let part = |field| text(get(parent, field));
                    let with = |before: &str, field| match part(field) {
                        text if text.is_empty() => text,
                        text => format!("{before}{text}"),
                    };
                    let resource = format!("{}{}", part("resource"), with(".", "group")).to_lowercase();
                    format!("{resource}{}/{}", with("/", "namespace"), part("name"))
                }
            },
            "csi-modes" => or(texts(list(spec(), "volumeLifecycleModes")), "<none>"),
            "csi-audiences" => match spec().get("tokenRequests") {
                Some(requests) => {
                    let audiences = requests.as_array().into_iter().flatten();
                    audiences.map(|r| text(get(r, "audience"))).collect::<Vec<_>>().join(",")
                }
                None => "<unset>".into(),
            },
            "api-service" => match get(spec(), "service") {
                Value::Null => "Local".into(),
                service => format!("{}/{}", text(get(service, "namespace")), text(get(service, "name"))),
            },
            "modes" => access_modes(field()),
            "phase" if self.object.meta.is_terminating() => "Terminating".into(),
            "phase" => text(at(tree(), "status.phase")),
            "claim" => match get(spec(), "claimRef") {
                Value::Null => String::new(),
                claim => format!("{}/{}", text(get(claim, "namespace")), text(get(claim, "name"))),
            },
            "capacity" if get(spec(), "volumeName").is_null() => String::new(),
            "capacity" => or(text(at(tree(), "status.capacity.storage")), "0"),
            "default-name" => {
                format!("{}{}", self.object.meta.name, if self.is_default() { " (default)" } else { "" })
            }
            "parameters" => match get(spec(), "parameters") {
                Value::Null => "<none>".into(),
                p => {
                    let group = or(text(get(p, "apiGroup")), "");
                    let dot = if group.is_empty() { "" } else { "." };
                    format!("{}{dot}{group}/{}", text(get(p, "kind")), text(get(p, "name")))
                }
            },
            "data" => ["data", "binaryData"]
                .iter()
                .map(|f| get(tree(), f).as_object().map_or(0, |o| o.len()))
                .sum::<usize>()
                .to_string(),
            "quota" => self.quota(path == "limits"),
            "external-ip" => self.external_ip(),
            "load-balancer" => self.load_balancer(),
            "service-ports" => or(service_ports(self.object), "<none>"),
            "endpoints" => endpoints(tree()),
            "slice-ports" => {
                let ports = self.object.endpoint_slice().ports.iter().map(|p| match p.port {
                    Some(port) => port.to_string(),
                    None if p.name.is_empty() => "*".into(),
                    None => p.name.to_string(),
                });
                or(some_and_more(ports.collect(), 3), "<unset>")
            }
            "slice-addresses" => {
                let addresses = self.object.endpoint_slice().endpoints.iter().map(|e| e.address.to_string());
                or(some_and_more(addresses.collect(), 3), "<unset>")
            }
            "controller" => match self.object.meta.controller() {
                Some(owner) => {
                    let group = owner.api_version.split_once('/').map_or("", |(group, _)| group);
                    let dot = if group.is_empty() { "" } else { "." };
                    format!("{}{dot}{group}/{}", owner.kind.to_ascii_lowercase(), owner.name)
                }
                None => "<none>".into(),
            },
            "node-status" => self.node_status(),
            "roles" => or(node_roles(&self.object.meta), "<none>"),
            "address" => {
                let addresses = list(get(tree(), "status"), "addresses");
                let found = addresses.iter().find(|a| get(a, "type") == path);
                or(found.map(|a| text(get(a, "address"))).unwrap_or_default(), "<none>")
            }
            "job-status" => self.job_status(),
            "duration" => {
                let time = |f| at(tree(), f).as_str().and_then(SimTime::parse_rfc3339);
                time("status.startTime")
                    .map(|start| age(start, time("status.completionTime").unwrap_or(self.now)))
                    .unwrap_or_default()
            }
            "metrics" => or(some_and_more(self.metrics(), 2), "<none>"),
            "hosts" => {
                let hosts = list(spec(), "rules").iter().map(|r| text(get(r, "host")));
                or(some_and_more(hosts.filter(|h| !h.is_empty()).collect(), 3), "*")
            }
            "tls-ports" => if list(spec(), "tls").is_empty() { "80" } else { "80, 443" }.into(),
            "subjects" => {
                let subjects = list(tree(), "subjects").iter().filter(|s| get(s, "kind") == path);
                let name = |s: &Value| match get(s, "namespace").as_str() {
                    Some(namespace) if path == "ServiceAccount" => {
                        format!("{namespace}/{}", text(get(s, "name")))
                    }
                    _ => text(get(s, "name")),
                };
                subjects.map(name).collect::<Vec<_>>().join(", ")
            }
            "last-seen" => age(self.object.event().last_timestamp, self.now),
            "first-seen" => age(self.object.event().first_timestamp, self.now),
            "involved" => {
                let involved = &self.object.event().involved;
                format!("{}/{}", involved.kind.to_ascii_lowercase(), involved.name)
            }
            "source" => {
                let event = self.object.event();
                let host = event.host.as_ref().map(|h| format!(", {h}")).unwrap_or_default();
                format!("{}{host}", event.component)
            }
            "time" => {
                field().as_str().and_then(SimTime::parse_rfc3339).map(SimTime::rfc1123z).unwrap_or_default()
            }
            "created" => self.object.meta.creation_timestamp.rfc1123z(),
            "node" => match get(spec(), "nodeName").as_str() {
                Some(node) => format!("{node}/{}", text(at(tree(), "status.hostIP"))),
                None => "<none>".into(),
            },
            "owner" => {
                self.object.meta.controller().map(|o| format!("{}/{}", o.kind, o.name)).unwrap_or_default()
            }
            "terminating" => match self.object.meta.deletion_timestamp {
                Some(at) => format!("Terminating (lasts {})", age(at, self.now)),
                None => text(at(tree(), "status.phase")),
            },
            "finalizers" => format!("[{}]", self.object.meta.finalizers.join(" ")),
            "is-default" => if self.is_default() { "Yes" } else { "No" }.into(),
            _ => unreachable!("no column computes {name}"),
        }
    }

    /// Whether it is the class for objects that name none.
    fn is_default(&self) -> bool {
        self.object.meta.annotations.iter().any(|(name, value)| {
            let class = name.strip_suffix(".kubernetes.io/is-default-class");
            &**value == "true" && matches!(class, Some("storageclass" | "storageclass.beta" | "ingressclass"))
        })
    }

    fn readiness_gates(&self) -> String {
        let gates = list(get(self.tree(), "spec"), "readinessGates");
        if gates.is_empty() {
            return "<none>".into();
        }
        let pod = self.object.pod();
        let passed = gates.iter().filter(|g| pod.condition_is_true(&text(get(g, "conditionType")))).count();
        format!("{passed}/{}", gates.len())
    }

    fn quota(&self, limits: bool) -> String {
        let status = get(self.tree(), "status");
        let hard = get(status, "hard").as_object().into_iter().flatten();
        hard.filter(|(what, _)| what.starts_with("limits.") == limits)
            .map(|(what, hard)| {
                format!("{what}: {}/{}", or(text(get(get(status, "used"), what)), "0"), text(hard))
            })
            .collect::<Vec<_>>()
            .join(", ")
    }

    fn external_ip(&self) -> String {
        let service = self.object.service();
        let given = text(at(self.tree(), "spec.externalIPs"));
        match &*service.service_type {
            "ClusterIP" | "NodePort" => or(given, "<none>"),
            "LoadBalancer" => {
                let all = [self.load_balancer(), given];
                let all: Vec<&str> = all.iter().map(String::as_str).filter(|s| !s.is_empty()).collect();
                or(all.join(","), "<pending>")
            }
            "ExternalName" => service.external_name.as_deref().unwrap_or_default().into(),
            _ => "<unknown>".into(),
        }
    }

    fn load_balancer(&self) -> String {
        let ingress = list(at(self.tree(), "status.loadBalancer"), "ingress");
        let mut addresses: Vec<String> =
            ingress.iter().map(|i| or(text(get(i, "ip")), &text(get(i, "hostname")))).collect();
        addresses.sort();
        addresses.dedup();
        addresses.join(",")
    }

    fn node_status(&self) -> String {
        let node = self.object.node();
        let ready = node.conditions.iter().find(|c| &*c.kind == "Ready");
        let status = match ready.map(|c| c.status == Some(true)) {
            Some(true) => "Ready",
            Some(false) => "NotReady",
            None => "Unknown",
        };
        format!("{status}{}", if node.unschedulable { ",SchedulingDisabled" } else { "" })
    }

    fn job_status(&self) -> String {
        let conditions = list(get(self.tree(), "status"), "conditions");
        let has = |kind| conditions.iter().any(|c| get(c, "type") == kind && get(c, "status") == "True");
        let first = ["Complete", "Failed"].into_iter().find(|k| has(*k));
        let terminating = self.object.meta.is_terminating().then_some("Terminating");
        let later = || {
            [
                ("Suspended", "Suspended"),
                ("FailureTarget", "FailureTarget"),
                ("SuccessCriteriaMet", "SuccessCriteriaMet"),
            ]
            .into_iter()
            .find(|(kind, _)| has(*kind))
            .map(|(_, status)| status)
        };
        first.or(terminating).or_else(later).unwrap_or("Running").into()
    }

    fn metrics(&self) -> Vec<String> {
        let specs = list(get(self.tree(), "spec"), "metrics").iter();
        specs
            .filter_map(|m| {
                let resource = get(m, "resource");
                let target = get(resource, "target");
                let name = text(get(resource, "name"));
                match get(target, "averageUtilization").as_i64() {
                    Some(percent) => Some(format!("{name}: <unknown>/{percent}%")),
                    None if !resource.is_null() => {
                        Some(format!("{name}: <unknown>/{}", text(get(target, "averageValue"))))
                    }
                    None => None,
                }
            })
            .collect()
    }
}

/// What `kubectl get pods` says of a pod.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PodSummary {
    /// Containers that are ready.
    pub ready: usize,
    /// Containers.
    pub total: usize,
    /// The column STATUS: the phase, or what keeps a container from running, or how it ended.
    pub status: String,
    /// How often containers were started again.
    pub restarts: i64,
    /// When one last ended before it was started again.
    pub last_restart: Option<SimTime>,
}

impl PodSummary {
    /// The column READY.
    pub fn ready_column(&self) -> String {
        format!("{}/{}", self.ready, self.total)
    }

    /// The column RESTARTS: `0`, or `3 (14s ago)`.
    pub fn restarts_column(&self, now: SimTime) -> String {
        match self.last_restart {
            Some(last) if self.restarts > 0 => format!("{} ({} ago)", self.restarts, age(last, now)),
            _ => self.restarts.to_string(),
        }
    }
}

/// The column STATUS of a pod.
pub fn pod_status(pod: &Pod, meta: &ObjectMeta) -> String {
    pod_summary(pod, meta).status
}

/// What `kubectl get pods` says of a pod. Models `pkg/printers/internalversion/printers.go: printPod`.
pub fn pod_summary(pod: &Pod, meta: &ObjectMeta) -> PodSummary {
    let status = &pod.status;
    let is_sidecar = |c: &ContainerStatus| {
        pod.spec.init_containers.iter().any(|spec| spec.name == c.name && spec.restart_always)
    };
    let sidecars = pod.spec.init_containers.iter().filter(|c| c.restart_always).count();
    let mut reason = status.reason.as_deref().unwrap_or(status.phase.name()).to_string();
    if pod.condition(condition::SCHEDULED).and_then(|c| c.reason.as_deref()) == Some("SchedulingGated") {
        reason = "SchedulingGated".into();
    }
    let mut ready = 0;
    let mut initializing = false;
    for (n, container) in status.init_container_statuses.iter().enumerate() {
        match &container.state {
            ContainerState::Terminated(t) if t.exit_code == 0 => continue,
            _ if is_sidecar(container) && container.started == Some(true) => {
                ready += usize::from(container.ready);
                continue;
            }
            ContainerState::Terminated(t) => reason = format!("Init:{}", ended(t)),
            ContainerState::Waiting { reason: why, .. } if !why.is_empty() && &**why != "PodInitializing" => {
                reason = format!("Init:{why}");
            }
            _ => reason = format!("Init:{n}/{}", pod.spec.init_containers.len()),
        }
        initializing = true;
        break;
    }
    let counted: Vec<&ContainerStatus> = if initializing && !pod.condition_is_true(condition::INITIALIZED) {
        status.init_container_statuses.iter().collect()
    } else {
        let sidecars = status.init_container_statuses.iter().filter(|c| is_sidecar(c));
        sidecars.chain(&status.container_statuses).collect()
    };
    if !initializing || pod.condition_is_true(condition::INITIALIZED) {
        let mut has_running = false;
        let mut error = None;
        for container in status.container_statuses.iter().rev() {
            match &container.state {
                ContainerState::Waiting { reason: why, .. } if !why.is_empty() => reason = why.to_string(),
                ContainerState::Terminated(t) => {
                    reason = ended(t);
                    if t.exit_code != 0 {
                        error = Some(reason.clone());
                    }
                }
                ContainerState::Running { .. } if container.ready => {
                    has_running = true;
                    ready += 1;
                }
                _ => {}
            }
        }
        if reason == "Completed" {
            if has_running && pod.is_ready() {
                reason = "Running".into();
            } else if let Some(error) = error {
                reason = error;
            } else if has_running {
                reason = "NotReady".into();
            }
        }
    }
    if meta.is_terminating() {
        if status.reason.as_deref() == Some("NodeLost") {
            reason = "Unknown".into();
        } else if !matches!(status.phase, PodPhase::Succeeded | PodPhase::Failed) {
            reason = "Terminating".into();
        }
    }
    PodSummary {
        ready,
        total: pod.spec.containers.len() + sidecars,
        status: reason,
        restarts: counted.iter().map(|c| c.restart_count).sum(),
        last_restart: counted.iter().filter_map(|c| c.last_state.as_ref()?.finished_at).max(),
    }
}

/// `Error`, or `ExitCode:3` if no reason is known.
fn ended(t: &Terminated) -> String {
    if t.reason.is_empty() { format!("ExitCode:{}", t.exit_code) } else { t.reason.to_string() }
}

/// How long ago, as kubectl prints it.
pub fn age(since: SimTime, now: SimTime) -> String {
    (now - since).to_string()
}

/// The roles of a node, by its labels.
pub fn node_roles(meta: &ObjectMeta) -> String {
    let mut roles: Vec<&str> = meta
        .labels
        .iter()
        .filter_map(|(label, value)| match label.strip_prefix("node-role.kubernetes.io/") {
            Some(role) => Some(role),
            None => (&**label == "kubernetes.io/role").then_some(&**value),
        })
        .filter(|role| !role.is_empty())
        .collect();
    roles.sort_unstable();
    roles.dedup();
    roles.join(",")
}

/// `RWO,ROX`, once each and in this order. Models `pkg/apis/core/v1/helper: GetAccessModesAsString`.
pub fn access_modes(modes: &Value) -> String {
    let has = |mode: &str| modes.as_array().is_some_and(|m| m.iter().any(|m| m == mode));
    [
        ("ReadWriteOnce", "RWO"),
        ("ReadOnlyMany", "ROX"),
        ("ReadWriteMany", "RWX"),
        ("ReadWriteOncePod", "RWOP"),
    ]
    .iter()
    .filter(|(mode, _)| has(mode))
    .map(|(_, short)| *short)
    .collect::<Vec<_>>()
    .join(",")
}

fn service_ports(object: &Object) -> String {
    let ports = object.service().ports.iter().map(|p| match p.node_port {
        0 => format!("{}/{}", p.port, p.protocol),
        node_port => format!("{}:{node_port}/{}", p.port, p.protocol),
    });
    ports.collect::<Vec<_>>().join(",")
}

/// The addresses of an Endpoints object, with their ports.
pub fn endpoints(tree: &Value) -> String {
    let subsets = list(tree, "subsets");
    if subsets.is_empty() {
        return "<none>".into();
    }
    let mut all = Vec::new();
    for subset in subsets {
        let addresses = || list(subset, "addresses").iter().map(|a| text(get(a, "ip")));
        let ports = list(subset, "ports");
        if ports.is_empty() {
            all.extend(addresses());
        }
        for port in ports {
            all.extend(addresses().map(|ip| format!("{ip}:{}", opt_int(port, "port").unwrap_or(0))));
        }
    }
    some_and_more(all, 3)
}

/// The first few, and how many more there are.
pub fn some_and_more(mut all: Vec<String>, max: usize) -> String {
    let more = all.len().saturating_sub(max);
    all.truncate(max);
    let shown = all.join(",");
    if more > 0 { format!("{shown} + {more} more...") } else { shown }
}

/// A field of a field of … an object.
pub fn at<'a>(tree: &'a Value, path: &str) -> &'a Value {
    path.split('.').fold(tree, get)
}

/// A value as a cell shows it: lists with commas, nothing for what isn't there.
pub fn text(v: &Value) -> String {
    match v {
        Value::Null => String::new(),
        Value::String(s) => s.clone(),
        Value::Array(a) => a.iter().map(text).collect::<Vec<_>>().join(","),
        other => other.to_string(),
    }
}

/// `app=flask,tier=web`
pub fn labels(map: &Value) -> String {
    let pairs = map.as_object().into_iter().flatten();
    pairs.map(|(k, v)| format!("{k}={}", text(v))).collect::<Vec<_>>().join(",")
}

/// The text, or another one if it is empty.
pub fn or(text: String, default: &str) -> String {
    if text.is_empty() { default.to_string() } else { text }
}

fn join(items: &[Value], field: &str) -> String {
    items.iter().map(|i| text(get(i, field))).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_pods_status_is_what_keeps_it_from_running() {
        let waiting = |reason: &str| json!({"waiting": {"reason": reason}});
        let ended = |code: i32, reason: &str| json!({"terminated": {"exitCode": code, "reason": reason, "finishedAt": "2022-05-25T06:00:05Z"}});
        let running = json!({"running": {"startedAt": "2022-05-25T06:00:01Z"}});
        let done = ended(0, "Completed");
        for (phase, init, main, deleting, ready, status) in [
            ("Pending", Value::Null, Value::Null, false, "0/1", "Pending"),
            ("Pending", waiting("PodInitializing"), waiting("PodInitializing"), false, "0/1", "Init:0/1"),
            ("Pending", running.clone(), waiting("PodInitializing"), false, "0/1", "Init:0/1"),
            ("Pending", ended(1, "Error"), waiting("PodInitializing"), false, "0/1", "Init:Error"),
            ("Pending", ended(3, ""), waiting("PodInitializing"), false, "0/1", "Init:ExitCode:3"),
            (
                "Pending",
                waiting("CrashLoopBackOff"),
                waiting("PodInitializing"),
                false,
                "0/1",
                "Init:CrashLoopBackOff",
            ),
            ("Pending", done.clone(), waiting("PodInitializing"), false, "0/1", "PodInitializing"),
            ("Pending", done.clone(), waiting("ErrImagePull"), false, "0/1", "ErrImagePull"),
            ("Running", done.clone(), running.clone(), false, "1/1", "Running"),
            ("Running", done.clone(), ended(1, "Error"), false, "0/1", "Error"),
            ("Running", done.clone(), waiting("CrashLoopBackOff"), false, "0/1", "CrashLoopBackOff"),
            ("Running", done.clone(), running.clone(), true, "1/1", "Terminating"),
            ("Succeeded", done.clone(), done.clone(), true, "0/1", "Completed"),
            (
                "Failed",
                done.clone(),
                ended(137, "ContainerStatusUnknown"),
                true,
                "0/1",
                "ContainerStatusUnknown",
            ),
        ] {
            let container = |name: &str, state: &Value| {
                let ready = state.get("running").is_some();
                (!state.is_null())
                    .then(|| json!([{"name": name, "state": state, "ready": ready, "restartCount": 2}]))
            };
            let mut tree = json!({
                "metadata": {"name": "flask-0", "namespace": "default"},
                "spec": {"initContainers": [{"name": "i"}], "containers": [{"name": "c"}]},
                "status": {"phase": phase, "initContainerStatuses": container("i", &init),
                    "containerStatuses": container("c", &main)},
            });
            if deleting {
                tree["metadata"]["deletionTimestamp"] = json!("2022-05-25T06:00:30Z");
            }
            let object = Object::from_value(Kind::Pod, &tree);
            let summary = pod_summary(object.pod(), &object.meta);
            assert_eq!((summary.ready_column().as_str(), summary.status.as_str()), (ready, status), "{tree}");
        }
    }
}
