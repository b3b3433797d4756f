//! English. A table of texts, and therefore long.

use super::texts::{Dns, Message, Rule, Texts, World};

const SET: &str = "concepts/workloads/controllers/statefulset/";

macro_rules! rules {
    ($($name:ident: $field:literal, $section:literal, $path:expr, $text:literal;)*) => {
        $(const $name: Rule = Rule { text: $text, field: $field, section: $section, path: $path };)*
    };
}

macro_rules! set {
    ($anchor:literal) => {
        concat!("concepts/workloads/controllers/statefulset/", $anchor)
    };
}

rules! {
    STATEFUL_SET: "", "StatefulSets", SET,
        "A StatefulSet gives each of its pods a number, and with it a name, a DNS name and a volume that stay when the pod is replaced. Its controller keeps comparing what is there with what is wanted, and does one thing at a time about it.";
    ORDER: "podManagementPolicy", "Deployment and Scaling Guarantees", set!("#deployment-and-scaling-guarantees"),
        "With `OrderedReady` pods are made one at a time, from the lowest ordinal up. Before the next pod is made, all pods before it must be Running and Ready; before a pod is taken away, all pods after it must be gone.";
    AVAILABLE: "minReadySeconds", "Minimum ready seconds", set!("#minimum-ready-seconds"),
        "A pod counts as available once it has been Ready for `minReadySeconds` without a break. The controller goes on to the next pod only then. The Ready time is kept in whole seconds, so the wait can be up to a second shorter.";
    TERMINATION: "terminationGracePeriodSeconds", "Termination of Pods", "concepts/workloads/pods/pod-lifecycle/#pod-termination",
        "A deleted pod is first asked to stop and may take its grace period. Its name is free only when it is really gone: a StatefulSet never runs two pods of one name.";
    SCALE_DOWN: "replicas", "Deployment and Scaling Guarantees", set!("#deployment-and-scaling-guarantees"),
        "Scaling down takes the highest ordinal first, with `OrderedReady` one pod at a time. The claims stay, so that scaling up again finds the old data, unless `persistentVolumeClaimRetentionPolicy.whenScaled` is `Delete`.";
    UPDATE: "updateStrategy", "Rolling Updates", set!("#rolling-updates"),
        "A rolling update deletes pods of the old revision from the highest ordinal down, one at a time, and waits until each is Running and Ready again. A pod is deleted first and made anew after that, because both would have the same name.";
    PARTITION: "partition", "Partitioned rolling updates", set!("#partitions"),
        "Only pods whose ordinal is at least `partition` get the new template. A pod below it is made from the old one even when it is deleted.";
    ON_DELETE: "updateStrategy", "Update strategies", set!("#update-strategies"),
        "With `OnDelete` the controller never deletes a pod to update it. Each pod gets the new template when somebody deletes it.";
    FORCED_ROLLBACK: "podManagementPolicy", "Forced rollback", set!("#forced-rollback"),
        "With `OrderedReady` the controller waits for a broken pod to become Ready, even after the template has been mended: it never replaces that pod by itself. Delete the pod, and it is made anew from the mended template.";
    BINDING: "storageClassName", "Volume Binding Mode", "concepts/storage/storage-classes/#volume-binding-mode",
        "A class with `WaitForFirstConsumer` makes no volume until a pod that needs it is to be placed, so that the volume comes to be where the pod can run. The pod gets its node when the volume is there.";
    PROVISIONING: "storageClassName", "Dynamic Volume Provisioning", "concepts/storage/dynamic-provisioning/",
        "The claim names a class, and the class names a provisioner, which makes a volume of the size asked for and binds it to the claim. Until then the pod waits: it can't start without its volume.";
    NO_CLASS: "storageClassName", "Storage Classes", "concepts/storage/storage-classes/",
        "A claim that names a class stays Pending until a class of this name exists and makes a volume for it, or until a volume of that class turns up. Nothing fails: the pod just waits with it.";
    SCHEDULING: "resources", "Scheduling", "concepts/scheduling-eviction/kube-scheduler/",
        "A pod gets a node that has room for what it requests, whose taints it tolerates, and where its volumes can be reached. If there is none it stays Pending and is tried again when something changes.";
    IMAGES: "image", "Images", "concepts/containers/images/",
        "A node pulls an image before it starts a container from it. If it already has the image, and the pull policy does not ask for more, the container starts at once.";
    INIT: "initContainers", "Init Containers", "concepts/workloads/pods/init-containers/",
        "Init containers run one after another, each to its end, before any of the pod's own containers starts. One that fails is tried again.";
    PROBES: "readinessProbe", "Container probes", "concepts/workloads/pods/pod-lifecycle/#container-probes",
        "A pod with a readiness probe is Ready once the probe succeeds. Until then neither its Service nor its StatefulSet counts on it.";
    RESTARTS: "command", "Container restarts", "concepts/workloads/pods/pod-lifecycle/#restart-policy",
        "A container that ends is started again, after a pause that doubles each time, from 10 seconds up to 5 minutes. While it waits, kubectl shows CrashLoopBackOff.";
    LOST_NODE: "", "Force Delete StatefulSet Pods", "tasks/run-application/force-delete-stateful-set-pod/",
        "While a node does not answer, its pod may still run and write. So the pod is not replaced until the node says that it is gone, or until somebody who knows deletes it by force.";
    POD_START: "template", "Pod Lifecycle", "concepts/workloads/pods/pod-lifecycle/",
        "A pod on a node gets a sandbox with a network address of its own. Then its containers are started in it.";
    MAX_UNAVAILABLE: "maxUnavailable", "Maximum unavailable Pods", set!("#maximum-unavailable-pods"),
        "With `maxUnavailable` a rolling update may have more than one pod away at a time. A pod counts as away until it has been Ready for `minReadySeconds`. It needs the feature gate MaxUnavailableStatefulSet.";
    ORPHANS: "", "Use cascading deletion, orphan dependents", "tasks/administer-cluster/use-cascading-deletion/#set-orphan-deletion-policy",
        "Deleting with `--cascade=orphan` takes the owner and leaves what it owned, without an owner. A StatefulSet adopts pods without an owner that match its selector and its name.";
    RETENTION: "persistentVolumeClaimRetentionPolicy", "PersistentVolumeClaim retention", set!("#persistentvolumeclaim-retention"),
        "By default (`Retain`) the claims of a StatefulSet stay when it is scaled down or deleted, so that no data is lost by mistake. Scaling up again finds the old data. With `Delete` they go.";
    CLAIMS: "volumeClaimTemplates", "Volume Claim Templates", set!("#volume-claim-templates"),
        "For each pod and each template there is a claim, named after both. It is made before the pod and stays when the pod goes: the next pod of that name mounts it again.";
    IN_USE: "", "Storage Object in Use Protection", "concepts/storage/persistent-volumes/#storage-object-in-use-protection",
        "A claim that a pod uses is not deleted at once: it is Terminating until the pod is gone. So no volume is taken from a running program. A StatefulSet makes a deleted claim anew only with its pod.";
    BINDING_LOST: "storageClassName", "Binding", "concepts/storage/persistent-volumes/#binding",
        "A claim and a volume are bound one to one, for ever. A claim whose volume has been deleted is Lost: it is never bound to another.";
    SERVICE_NAME: "serviceName", "Stable Network ID", set!("#stable-network-id"),
        "`serviceName` names a headless Service that gives the pods their names in DNS. It must exist beside the StatefulSet, which does not make it. Pods run without it, but nobody finds them by name.";
    SELECTOR: "selector", "Headless Services, with selectors", "concepts/services-networking/service/#with-selectors",
        "A Service stands for the pods whose labels its selector matches. The endpoints of those pods are what DNS answers with. No match, no endpoints, no names.";
    DNS_READY: "readinessProbe", "DNS for Services and Pods", "concepts/services-networking/dns-pod-service/#pod-s-hostname-and-subdomain-fields",
        "A pod has a name below its headless Service while its endpoint is ready. A pod that is not Ready has none, unless the Service says `publishNotReadyAddresses: true`.";
    NODE_LEASE: "", "Node heartbeats", "concepts/architecture/nodes/#node-heartbeats",
        "A node's kubelet renews a lease every 10 seconds. When it has not done so for 50 seconds the node counts as unreachable, and gets a taint. Pods tolerate that for 5 minutes unless they say otherwise.";
    CORDON: "", "Manual Node administration", "concepts/architecture/nodes/#manual-node-administration",
        "A cordoned node takes no new pods; those that run there stay. Draining it evicts them, too. A pod whose volume lies on the node can't go elsewhere.";
    LOCAL_VOLUME: "storageClassName", "Node Affinity", "concepts/storage/persistent-volumes/#node-affinity",
        "A local volume can be reached from its own node only, so the pods that need it can run nowhere else. While the node takes no pods, they stay Pending.";
    APPLIED: "", "Declarative Management", "tasks/manage-kubernetes-objects/declarative-config/",
        "Each object of a manifest is a request of its own: kubectl reads it, and the API server checks it as a whole. What is refused leaves no trace in the cluster, and what came before it stays.";
    OWNED: "", "Owners and Dependents", "concepts/overview/working-with-objects/owners-dependents/",
        "What a StatefulSet owns goes with it, all pods at once. Its claims stay, unless the retention policy says otherwise.";
    RETRY: "", "Controllers", "concepts/architecture/controller/",
        "A request that the API server refuses is tried again, with a pause that doubles from 5 milliseconds up. Nothing is lost meanwhile: the controller goes on where it was.";
}

const fn message(title: &'static str, text: &'static str, rule: &'static Rule) -> Message {
    Message { title, text, rule: Some(rule) }
}

const fn detail(text: &'static str, rule: &'static Rule) -> Message {
    message("", text, rule)
}

const WORLD: World = World {
    open: "The world: nodes, classes, delays",
    title: "The world",
    about: "A new cluster begins, set up like this, with the manifest that was applied last. The story so far is kept as a branch.",
    nodes: "Nodes",
    add_node: "One more node",
    classes: "Storage classes",
    add_class: "One more class",
    name: "name",
    memory: "memory",
    zone: "zone",
    taints: "taints",
    control_plane: "control plane",
    provisioner: "provisioner",
    default: "default",
    remove: "Remove",
    rest: "More",
    gone_images: "Images that can't be pulled, one a line",
    delays: "Delays, in milliseconds",
    as_json: "As `kubesim run --world` takes it",
    begin: "Begin in this world",
    usual: "As usual",
    cancel: "Cancel",
};

const DNS: Dns = Dns {
    from: "Ask from a pod in namespace",
    from_cache: "From a cache, which asked {ago} ago.",
    kept: "Who asked before may go on using the old records for {left} s.",
    chain: "From the Service to the record",
    missing: "does not exist",
    endpoints: "{count} endpoints",
    records: "{type} records: {count}",
    left_out: "{type} record: left out",
    watch: "Watch",
    stop: "Stop watching",
    watch_hint: "Asks once a second, and draws the answers.",
    over_time: "{name} over time",
    strip: "Answers over time",
    band_old: "old, cached",
    band_denied: "NXDOMAIN, cached",
    band_not_ready: "not Ready",
    copy: "Copy",
    settings: "Caches and delays",
    cache: "Cache",
    caches: ["kubeadm today: cluster.local not cached", "cache 30", "NodeLocal DNSCache"],
    delays: ["Pod → EndpointSlice", "EndpointSlice → CoreDNS"],
    nearest: " Did you mean `{name}`?",
    no_namespace: [
        "There is no namespace {namespace}",
        "The label before `svc` names a namespace. Create it, or write another.{nearest}",
    ],
    no_service: [
        "There is no Service {service}",
        "Nothing in namespace {namespace} has that name. Create the Service, or ask for another name.{nearest}",
    ],
    service_elsewhere: [
        "The Service {service} is in another namespace",
        "The search path begins with the asking pod's own namespace. Write `{service}.{namespace}`.",
    ],
    no_service_of_set: [
        "The Service {service} does not exist",
        "StatefulSet {set} has `serviceName: {service}`, but nobody creates that Service. Without it the pods have no names; create it, headless.",
    ],
    other_service_name: [
        "serviceName is {name}",
        "{pod} takes its name from the set's `serviceName`, not from every Service that selects it. Under {service} it has only a name made of its address. Give the set `serviceName: {service}`; that needs a new set.",
    ],
    pod_alone: [
        "{pod} alone is no name",
        "A pod's name needs its Service behind it. Write `{pod}.{service}`.",
    ],
    not_selected: [
        "The Service does not select {pod}",
        "Its labels do not match the selector of {service}, so it is no endpoint. Change the labels or the selector.",
    ],
    no_pod_address: [
        "{pod} has no address yet",
        "It is not on a node, or its sandbox is not made. When it has an address and is Ready, its name appears.",
    ],
    not_ready: [
        "{pod} is there, but is not Ready",
        "A headless Service lists a pod's name only while its endpoint is ready. When {pod} is Ready it appears; `publishNotReadyAddresses: true` on {service} would keep it.",
    ],
    terminating: [
        "{pod} is Terminating",
        "From the moment a pod is told to stop its endpoint is not ready, although it may still run. Its replacement takes the name when it is Ready.",
    ],
    slice_lags: [
        "The EndpointSlice is behind",
        "{pod} is Ready, but the controller has not written it into the EndpointSlice yet. In a moment it will.",
    ],
    resolver_lags: [
        "CoreDNS is behind",
        "The EndpointSlice of {object} is right, but CoreDNS has not been told yet. In a moment it will know.",
    ],
    no_pod: [
        "There is no pod {pod} behind {service}",
        "A name in a Service's domain is a pod's. Scale up, or ask for another.{nearest}",
    ],
    named_otherwise: [
        "The pod has a name of its own",
        "Only an endpoint without a host name is found under its address {address}. Write `{name}`.",
    ],
    no_endpoints: [
        "Nothing is behind {service}",
        "A headless Service has no address of its own: without endpoints its name does not exist. It needs a pod that its selector matches.",
    ],
    none_ready: [
        "No pod behind {service} is Ready",
        "{count} endpoints, none of them ready: the name of a headless Service does not exist then. One Ready pod, or `publishNotReadyAddresses: true`, brings it back.",
    ],
    no_port: ["{service} has no port {port}", "Only a Service's named ports have such names: here {ports}."],
    no_svc: ["The label svc is missing", "Names of Services end in `svc.cluster.local`. Write `{name}`."],
    not_searched: [
        "The dot at the end",
        "A name that ends in a dot is asked for as it is, without the search path. Write `{name}`.",
    ],
    outside: [
        "Nobody knows this name",
        "It is not the cluster's, so CoreDNS asks outside; the upstream here knows no name at all.{nearest}",
    ],
    unknown_address: [
        "Nothing known has the address {address}",
        "Only a Service's virtual IP and a ready endpoint have a name.",
    ],
    negative_cached: [
        "It exists, but the cache says no for {left} s more",
        "Somebody asked before it was there, and that answer is kept as long as the zone's SOA says. It goes by itself; without a cache for the cluster's zone it would not be.",
    ],
    old_cached: [
        "The cache gives an old answer for {left} s more",
        "The records have changed since they were cached. They may be kept as long as their TTL.",
    ],
    ipv4_only: ["The name exists, without this type", "The cluster has no IPv6 addresses."],
    no_ports: [
        "The name exists, without this type",
        "SRV records are made from a Service's ports; {service} has none.",
    ],
    only_domain: [
        "The name exists, without records",
        "It is a domain: the names of Services and pods are below it.",
    ],
    other_type: [
        "The name exists, without this type",
        "CoreDNS has A, SRV and PTR records of Services and pods, and the zone's SOA.",
    ],
};

/// The English texts.
pub const TEXTS: Texts = Texts {
    tagline: "watch a StatefulSet think",
    simulation: "simulation of Kubernetes 1.36",
    theme: "Light or dark",
    copy_link: "Copy link",
    copy_embed: "Embed",
    open_here: "Open in Ordinal",
    link_copied: "Copied: a link to this moment. It is in the address bar, too.",
    embed_copied: "Copied: the HTML that shows this moment inside another page.",
    no_clipboard: "This browser gives no clipboard here. The link is in the address bar.",
    link_damaged: "This link is damaged: it is not what was once copied, and can't be opened.",
    link_newer: "This link was made by a newer Ordinal, and this one can't open it.",
    opening_link: "Opening the link: {part} % is played.",
    show_so_far: "Show it so far",
    keep_before: "Don't open it",
    link_cut: "This link holds more than a page can play. It is shown up to {time}.",
    undo: "Undo",
    text_replaced: "Another text is in the editor.",
    cluster_reset: "A new cluster. The story before is a branch below.",
    story_replaced: "Two new clusters. The story before is a branch below.",
    branch_deleted: "The branch is deleted.",
    skip_to_pods: "Skip to the pods",
    skip_to_time: "Skip to the controls of time",
    own_manifest: "your manifest",
    not_applied: "Changed, not applied: {count} lines",
    not_applied_long: "Changed, not applied",
    open_file: "Open a file",
    save_file: "Download the manifest",
    heard: "Close",
    manifest: "Manifest",
    examples: "Examples",
    apply: "Apply",
    reset: "Reset",
    line: "line {line}",
    more: "and {count} more",
    objects: "{count} objects",
    one_object: "1 object",
    stage: "Stage",
    terminal: "Terminal",
    events: "Events",
    inspect: "Inspect",
    timeline: "Timeline",
    play: "Play",
    pause: "Pause",
    step_back: "One event back",
    step_on: "One event forward",
    to_start: "To the start",
    to_present: "To the present",
    speed: "Speed",
    keys: &[
        ("Space", "play or pause"),
        ("←", "one event back"),
        ("→", "one event forward"),
        ("[", "one decision of a controller back"),
        ("]", "one decision forward"),
        ("PgDn PgUp", "ten seconds back or forward, on the timeline"),
        ("Home", "to the start"),
        ("End", "to the present"),
        ("Ctrl Enter", "apply the manifest"),
        ("M", "fold or open the manifest"),
        ("T", "fold or open the panel"),
        ("L", "fold or open the timeline"),
        ("A", "larger type"),
        ("?", "this list"),
    ],
    shortcuts: "Keys",
    skip_idle: "skip idle",
    decision_back: "One decision back",
    decision_on: "One decision forward",
    branches: "Branches",
    first_branch: "first story",
    branch_name: "Name of this branch",
    branch_from: "from {time}",
    compare_with: "Compare with {branch}",
    discard_branch: "Delete {branch}",
    no_difference: "At this moment the two branches are the same.",
    differences: "Where it differs from {branch}",
    not_there: "not there",
    dropped: "The history is too long to be kept whole: the first {count} events, up to {time}, are dropped.",
    ask_why: "Why is {name} {status}?",
    whole_set: "The whole set",
    changes: "changes",
    unchanged_lines: "⋯ {count} lines are the same",
    since_version: "Compare with",
    last_version: "the version before",
    unchanged: "Nothing is different.",
    only_version: "This is the first version.",

    trouble: "Trouble",
    trouble_for: "Trouble for {name}",
    why_so: "Why is it so?",
    why_dns: "Why is it in DNS, or not?",
    do_inspect: "Inspect",
    do_delete: "Delete",
    force_delete: "Delete by force",
    kill_container: "Kill {container}",
    fail_readiness: "Readiness fails",
    mend_readiness: "Readiness recovers",
    bad_image: "Roll out an image that can't be pulled",
    node_down: "The node goes down",
    node_up: "The node comes back",
    cordon: "Cordon",
    uncordon: "Uncordon",
    drain: "Drain",
    delete_class: "Delete the class {class}",
    slow_disks: "Disks are slow",
    normal_disks: "Disks are as usual",
    slow_images: "Registries are slow",
    normal_images: "Registries are as usual",
    forked: "A new future begins here.",
    at_rest: "At rest until you act.",
    waits_for_program: "Loading the rest of Ordinal. Time goes on when it is there.",
    by_default: "is not in the manifest: `{value}` by default.",
    commands: "{count} commands",
    lags: "slowed to {pace}×",
    lags_why: "So much happens at once that simulated time passes more slowly than chosen.",
    delete_pod: "Delete {pod}",
    inspect_pod: "Inspect {pod}",
    show_rule: "Show the rule",
    hide_rule: "Hide the rule",
    read_on: "Kubernetes docs: {section}",
    countdown: "{done} s done, {left} s to go.",
    command_line: "Command line",
    suggestions: "Suggested commands",
    dns_name: "Name",
    dns_type: "Type",
    dns_ask: "Ask",
    dns: &DNS,
    world: &WORLD,
    search: "Search of the history",
    completions: "Completions",
    printed: "Terminal output",
    line_cut: "… ({count} more bytes of this line are not shown)",
    save: "Save",
    cancel: "Cancel",
    fold_manifest: "Fold the manifest (M)",
    fold_panel: "Fold the panel (T)",
    dock_below: "Panel below the stage",
    dock_whole: "Panel in the stage's place",
    large_type: "Larger type (A)",
    manifest_width: "Width of the manifest",
    panel_width: "Width of the panel",
    no_events: "No events yet.",
    nothing_here: "Nothing here yet.",
    object: "Object",

    ready: "ready",
    age: "age",
    new: "new",
    same: "same",
    stayed: "name, host name",
    stayed_claims: "claim, volume",
    node: "node",
    revision: "revision",
    next: "next",
    waits_for: "waits for {pod}",
    soon: "is to be made",
    scaled_away: "scaled away",
    not_scheduled: "no node yet",
    other_pods: "Other pods",
    more_pods: "and {count} more",
    by_node: "By node",
    node_load: "{pods} of {most} pods · {cpus} of {all} CPUs asked for",
    control_plane: "control plane: takes no pods",
    node_is_silent: "silent",
    no_pods_here: "no pods",
    no_pod_uses: "no pod here uses it",
    without_node: "On no node",
    lost_volumes: "On nodes that are gone",
    not_claimed: "not claimed yet",
    claim_kept: "kept",
    no_files: "empty",
    lines_before: "{count} lines before",
    states: &["Pending", "Init", "Running", "Ready", "Terminating", "Failing"],
    missing_pods: "No pod",
    old_revision: "Old revision",
    side_by_side: "Side by side",
    compare_edited: "Compare",
    as_applied: "as applied",
    as_edited: "as edited",
    then: "Then",
    ready_of: "{ready}/{replicas} ready",
    partition: "partition {partition}",
    updated_of: "{updated}/{replicas} at {revision}",
    at_revision: "rev {revision}",
    old_claim: "old claim",
    new_claim: "new claim",
    cordoned: "cordoned",
    panicked: "Ordinal has found a mistake in itself and has stopped.",
    start_again: "Start again",
    go_on_before: "Go on from before it",
    report_story: "The story as a link, for a report",
    pods: "pods",

    headless: "no virtual IP: DNS answers with the pods",
    virtual_ip: "one virtual IP: DNS answers with it",
    no_service: "does not exist: the pods have no names in DNS",
    in_dns: "In DNS",
    not_in_dns: "Not in DNS",

    refused: &message("`kubectl {command}` was refused", "Line {line}: {message}", &APPLIED),
    refused_some: &message("{count} of {objects} objects were refused", "Line {line}: {message}", &APPLIED),
    refused_namespace: "A manifest does not make the namespace that it names.",
    refused_namespace_there: "The namespace `{namespace}` is there now: apply the manifest again.",
    refused_update: "Only a new {kind} can have other values there: delete this one, and apply the manifest again.",
    refused_update_set: "Only a new StatefulSet can have other values there. Its pods and claims can stay meanwhile: delete {name} with `--cascade=orphan`, and apply the manifest again.",
    refused_update_gone: "{name} is gone now: apply the manifest again.",
    refused_template: "This is a Helm template. Render it with `helm template`, and paste what comes out.",
    refused_tab: "YAML is indented with spaces; here is a tab.",
    refused_all: "Nothing was changed.",
    refused_rest: "The others were applied: {count}.",
    loading: &Message {
        title: "Loading",
        text: "The cluster is there. What shows its story is on its way.",
        rule: None,
    },
    nothing: &message(
        "Nothing is applied yet",
        "The cluster has its nodes and a storage class, and waits. Press Apply.",
        &STATEFUL_SET,
    ),
    other_set: &Message {
        title: "No StatefulSet here",
        text: "There is none in the cluster: none was applied, or it was deleted. Other pods are listed below.",
        rule: None,
    },
    pods_of_gone_set: &message(
        "The StatefulSet is gone, its pods are going",
        "{set} was deleted in the background: it went at once, and the garbage collector deletes what it owned. {pod} is not gone yet.",
        &OWNED,
    ),
    claims_of_gone_set: &message(
        "The StatefulSet is gone, its claims have stayed",
        "`whenDeleted` is `Retain` by default: deleting a StatefulSet keeps its claims and their volumes, here {claims}. A StatefulSet of the same name finds the old data again; delete the claims only if nobody needs it.",
        &RETENTION,
    ),
    unseen: &message("{set} is new", "Its controller has not looked at it yet.", &STATEFUL_SET),
    changed: &message("{set} has changed", "Its controller has not seen the change yet.", &STATEFUL_SET),
    settled: &message(
        "Everything is as wanted",
        "{ready} of {replicas} pods are Ready. The controller has nothing to do.",
        &STATEFUL_SET,
    ),
    settled_empty: &message("No pods are wanted", "`replicas` is 0.", &SCALE_DOWN),
    claims_stay: "Claims and their volumes stay, with their data.",
    claims_go: "Claims go with their pods: `whenScaled` is `Delete`.",
    created: &message("{pod} is being made", "The controller has made {pod}.", &ORDER),
    deleted: &message(
        "{pod} has to go",
        "There are more pods than `replicas` asks for: the highest ordinal goes first.",
        &SCALE_DOWN,
    ),
    deleted_outdated: &message(
        "{pod} is being replaced",
        "It is of an old revision. Same name, same claim, same volume; a new uid and a new IP.",
        &UPDATE,
    ),
    deleted_finished: &message(
        "{pod} is being replaced",
        "It has ended, and a StatefulSet's pods are to run for ever.",
        &STATEFUL_SET,
    ),
    missing: "Why is {next} not there yet?",
    present: "Why is {next} still there?",
    not_replaced: "Why is {next} not replaced yet?",
    waiting_for_ready: &message("", "{pod} must be Running and Ready before {next} may follow.", &ORDER),
    waiting_to_scale_down: &message(
        "",
        "There are more pods than `replicas` asks for, but {pod} must be Running and Ready before {next} may be taken away.",
        &SCALE_DOWN,
    ),
    stuck_new: &message(
        "Why does the rollout not go on?",
        "{pod} was made from the new template and can't become Ready. With `OrderedReady` the controller waits for it and touches no other pod. To roll the template back, or to mend it, is not enough: {pod} must then be deleted by hand as well.",
        &FORCED_ROLLBACK,
    ),
    stuck_new_parallel: &message(
        "Why does the rollout not go on?",
        "{pod} was made from the new template and can't become Ready. The controller waits for it until the template is rolled back or mended; with `Parallel` it then replaces {pod} by itself.",
        &UPDATE,
    ),
    held_by_max_unavailable: &message(
        "Why is {next} not replaced yet?",
        "`maxUnavailable: {max}` is used up: {pod} must be available again first.",
        &MAX_UNAVAILABLE,
    ),
    max_unavailable_dropped: &message(
        "Why is {next} not replaced yet?",
        "`maxUnavailable: {max}` was applied, but the API server dropped it: its feature gate MaxUnavailableStatefulSet is off, as in a stock 1.36. So pods are replaced one at a time, and {pod} must be available again first.",
        &MAX_UNAVAILABLE,
    ),
    orphaned: &message(
        "The StatefulSet is gone, its pods have stayed",
        "It was deleted with `--cascade=orphan`. {pod} and the others run on, but nobody replaces them. A StatefulSet of the same name and selector takes them over again.",
        &ORPHANS,
    ),
    waiting_for_available: &message(
        "",
        "{pod} must stay Ready for `minReadySeconds: {seconds}` before {next} may follow.",
        &AVAILABLE,
    ),
    last_ready: &message(
        "Why is {pod} not Ready yet?",
        "{pod} is the last one that must become Running and Ready.",
        &ORDER,
    ),
    last_available: &message(
        "{pod} is Ready, but not available yet",
        "It must stay Ready for `minReadySeconds: {seconds}` to count as available.",
        &AVAILABLE,
    ),
    waiting_for_termination: &message(
        "{pod} is going",
        "{pod} must be gone before anything else is done.",
        &TERMINATION,
    ),
    held_by_partition: &message(
        "Why do {held} pods keep the old revision?",
        "`partition: {partition}` holds back every ordinal below it.",
        &PARTITION,
    ),
    on_delete: &message(
        "Why do {held} pods keep the old revision?",
        "The update strategy is `OnDelete`: each changes when somebody deletes it.",
        &ON_DELETE,
    ),
    one_held: "Why does 1 pod keep the old revision?",
    stuck: &message(
        "Why does the rollout not go on?",
        "{pod} can't become Ready, and with `OrderedReady` the controller neither goes past it nor replaces it. Somebody has to delete it.",
        &FORCED_ROLLBACK,
    ),
    failed: &message("A request was refused", "{message} It is tried again.", &RETRY),
    being_deleted: &message(
        "The StatefulSet is being deleted",
        "Nothing is reconciled any more; what it owns goes with it.",
        &OWNED,
    ),
    starting: &message("", "All pods are made; not all are Ready yet.", &POD_START),

    pod_going: &message("Why is {pod} still there?", "It was told to go.", &TERMINATION),
    pod_to_go: &message(
        "",
        "There are more pods than `replicas` asks for, and they go one by one, the highest ordinal first. {pod} is to go when {before} is gone.",
        &SCALE_DOWN,
    ),
    pod_unready: &Message { title: "Why is {pod} not Ready yet?", text: "", rule: None },
    pod_ready: &message(
        "{pod} is Ready",
        "It runs on {node}, and nothing is to be done about it.",
        &STATEFUL_SET,
    ),
    pod_held: &message(
        "Why does {pod} keep the old revision?",
        "Its ordinal is below `partition: {partition}`.",
        &PARTITION,
    ),
    pod_on_delete: &message(
        "Why does {pod} keep the old revision?",
        "The update strategy is `OnDelete`: it gets the new template when somebody deletes it.",
        &ON_DELETE,
    ),
    pod_outdated: &message(
        "Why does {pod} keep the old revision?",
        "Its turn has not come: pods are replaced from the highest ordinal down.",
        &UPDATE,
    ),
    ghost: &message(
        "Why is {next} not there yet?",
        "It comes after {pod}, which all others wait for.",
        &ORDER,
    ),
    ghost_scaled_away: &message(
        "Why is there no {pod}?",
        "`replicas: {replicas}` asks for no pod of this ordinal.",
        &RETENTION,
    ),
    claim_missing: &message(
        "Why is {claim} not there yet?",
        "The controller makes a pod's claims just before the pod.",
        &CLAIMS,
    ),
    claim_pending: &Message { title: "Why is {claim} Pending?", text: "", rule: None },
    claim_bound: &message(
        "{claim} is Bound",
        "It belongs to the name {pod}: whichever pod has this name mounts it.",
        &CLAIMS,
    ),
    claim_kept_why: &message(
        "Why is {claim} still there?",
        "{pod} was scaled away, but `whenScaled` is `Retain`: the data waits until {set} is scaled up again, or until somebody deletes the claim.",
        &RETENTION,
    ),
    claim_in_use: &message(
        "Why is {claim} still Terminating?",
        "{pod} uses it. A claim in use goes only when no pod uses it any more.",
        &IN_USE,
    ),
    claim_going: &message("{claim} is going", "Nobody uses it any more.", &IN_USE),
    claim_lost: &message(
        "Why is {claim} Lost?",
        "The volume that it was bound to is gone. Its data can't come back; the claim has to be deleted and made anew.",
        &BINDING_LOST,
    ),
    service_missing: &message(
        "Why have the pods no names in DNS?",
        "{set} names the Service `{service}`, which does not exist. The controller makes none: somebody has to.",
        &SERVICE_NAME,
    ),
    service_selects_others: &message(
        "Why have the pods no names in DNS?",
        "The Service `{service}` exists, but its selector does not match the labels of the pods of {set}.",
        &SELECTOR,
    ),
    service_not_headless: &message(
        "Why have the pods no names in DNS?",
        "The Service `{service}` has a virtual IP. Only a headless one (`clusterIP: None`) gives each pod a name.",
        &SERVICE_NAME,
    ),
    dns_no_service: &message(
        "Why is {pod} not in DNS?",
        "{set} names no Service: its `serviceName` is empty, so its pods get no names of their own.",
        &SERVICE_NAME,
    ),
    dns_missing: &message("Why is {pod} not in DNS?", "There is no pod {pod}.", &DNS_READY),
    dns_no_address: &message("Why is {pod} not in DNS?", "It has no address yet.", &DNS_READY),
    dns_going: &message(
        "Why is {pod} not in DNS?",
        "It is Terminating: its endpoint is no longer ready, so `{service}` does not list its name.",
        &DNS_READY,
    ),
    dns_unready: &message(
        "Why is {pod} not in DNS?",
        "It has an address, but is not Ready: `{service}` lists a pod's name only while its endpoint is ready.",
        &DNS_READY,
    ),
    dns_there: &message(
        "{pod} is in DNS",
        "Its endpoint in `{service}` is ready, so `{pod}.{service}` leads to its address.",
        &DNS_READY,
    ),
    node_gone: &message("{node} is gone", "There is no such node any more.", &SCHEDULING),
    node_silent: &message(
        "{node} has not been heard of",
        "Its kubelet does not renew its lease. The control plane waits a while before it believes that the node is down.",
        &NODE_LEASE,
    ),
    node_silent_pod: "{pod} runs there, and counts as Ready until then.",
    node_unreachable: &message(
        "{node} does not answer",
        "Nobody can say what runs there. Its pods count as not Ready, and are told to go if they do not tolerate that any longer.",
        &NODE_LEASE,
    ),
    node_recovering: &message(
        "{node} is back",
        "Its taint goes when the control plane next looks.",
        &NODE_LEASE,
    ),
    node_cordoned: &message(
        "{node} is cordoned",
        "What runs there goes on, but no new pod is placed there.",
        &CORDON,
    ),
    node_well: &message("{node} is well", "It renews its lease and takes pods.", &NODE_LEASE),

    unschedulable: &detail("No node takes it: {message}", &SCHEDULING),
    more_nodes: "{count} more",
    node_is_cordoned: "cordoned",
    node_has_taint: "it has the taint `{taint}`, which the pod does not tolerate",
    node_lacks_cpu: "{free} CPUs are free, the pod asks for {wanted}",
    node_lacks_memory: "{free} of memory are free, the pod asks for {wanted}",
    node_has_other_labels: "it has not the labels that the pod asks for",
    node_is_full: "it has as many pods as it takes",
    node_repels: "a pod there and this one must not be together",
    node_is_uneven: "there would be too many of these pods on one side",
    node_port_taken: "the port that the pod asks for is taken there",
    node_lacks_volume: "the pod's volume can't be reached from there",
    waiting_for_binding: &detail("It waits for the volume of its claim `{claim}`.", &BINDING),
    provisioning: &detail("`{provisioner}` is making the volume for `{claim}`.", &PROVISIONING),
    nobody_provisions: &detail(
        "Nobody here runs `{provisioner}`, which is to make the volume for `{claim}`. Either let the class be one of `rancher.io/local-path`, whose provisioner runs here, or have `{provisioner}` run in this world.",
        &PROVISIONING,
    ),
    class_missing: &detail("Its claim `{claim}` names the class `{class}`, which does not exist.", &NO_CLASS),
    sandbox: &detail("Its node gives it a sandbox and a network address.", &POD_START),
    pulling: &detail("Its node is pulling `{image}`.", &IMAGES),
    container_starts: &detail("The container `{container}` is being started.", &POD_START),
    running_init: &detail("The init container `{container}` runs.", &INIT),
    waits_for_own_name: &detail(
        "The init container `{container}` asks DNS for `{name}`, its own pod's name. That is there only once the pod is Ready, and it is not Ready before the init container has ended: this never ends. With `publishNotReadyAddresses: true` on {service} the name is there as soon as the pod has an address.",
        &DNS_READY,
    ),
    probing: &detail("`{container}` runs; its readiness probe has not succeeded yet.", &PROBES),
    probe_fails: &detail("`{container}` runs, but its readiness probe fails ({failures} in a row).", &PROBES),
    image_back_off: &detail("The image `{image}` can't be pulled; it is tried again.", &IMAGES),
    crash_once: &detail("`{container}` has ended once; it is started again after a pause.", &RESTARTS),
    crash_again: &detail(
        "`{container}` has ended again (1 restart); it is started again after a pause.",
        &RESTARTS,
    ),
    crash_back_off: &detail(
        "`{container}` keeps ending ({restarts} restarts); it is started again after a pause.",
        &RESTARTS,
    ),
    exit_code: "Its exit code was {code}.",
    had_so: "That is what you have set.",
    probe_port_undeclared: "No container of the pod declares port {port}, which its {probe} probe asks: nobody is assumed to listen there. If its program does, declare the port; if not, correct the probe.",
    probe_port_unnamed: "Its {probe} probe asks the port `{port}`, but the container has no port of that name: the probe can't be made.",
    assumed: "Assumed: {what}.",
    assumed_image: "can be pulled",
    assumed_program: "runs on",
    assumed_port: "answers on {port}",
    assumed_probe: "passes its {probe} probe",
    image_meant: "Is `{image}` right, or did you mean `{name}`?",
    doubt: "And if not?",
    doubt_image: "{image} can't be pulled",
    doubt_program: "The program of {container} ends soon after its start",
    doubt_port: "{container} does not answer on {port}",
    doubt_probe: "{container} fails its {probe} probe",
    mend_program: "Undo: {command}",
    killed_by_probe: "Its {probe} probe kept failing, and so the kubelet killed it.",
    stopping: &detail("Its containers may take {seconds} s to stop.", &TERMINATION),
    node_lost: &detail("Its node `{node}` does not answer.", &LOST_NODE),
    node_lost_tolerated: &detail(
        "Its node `{node}` does not answer. It is given this long before it is told to go.",
        &LOST_NODE,
    ),
    node_lost_for_good: &detail(
        "Its node `{node}` does not answer, so nobody can say that {pod} has stopped. Two pods of one name must never run: it is not replaced until the node is back, or until somebody who knows that it is off deletes it by force.",
        &LOST_NODE,
    ),
    cant_start: &detail("It can't start: {message}", &POD_START),
    waiting_for_consumer: &detail(
        "Its class makes a volume only once a pod that needs it is to be placed.",
        &BINDING,
    ),
    no_volume: &detail("It names no class, and no volume that is there fits.", &NO_CLASS),
    provisioning_failed: &detail("Its volume can't be made: {message}", &PROVISIONING),
    volume_node_gone: &detail(
        "Its claim `{claim}` has its volume on `{node}`, which is gone: no other node can reach it. Only a new claim, without the old data, helps.",
        &LOCAL_VOLUME,
    ),
    volume_node_cordoned: &detail(
        "Its claim `{claim}` has its volume on `{node}`, which is cordoned: no other node can reach it.",
        &LOCAL_VOLUME,
    ),
    volume_node_lost: &detail(
        "Its claim `{claim}` has its volume on `{node}`, which does not answer: no other node can reach it.",
        &LOCAL_VOLUME,
    ),
};
