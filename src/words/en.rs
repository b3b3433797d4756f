//! English.

use super::{Detail, Rule, Say, Words};

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
        "A StatefulSet gives each of its pods a number, and with it a name, a DNS name and a volume that stay when the pod is replaced.";
    ORDER: "podManagementPolicy", "Deployment and Scaling Guarantees", set!("#deployment-and-scaling-guarantees"),
        "With `OrderedReady` pods are made one at a time, from the lowest ordinal up. Before the next pod is made, all pods before it must be Running and Ready; before a pod is taken away, all pods after it must be gone.";
    AVAILABLE: "minReadySeconds", "Minimum ready seconds", set!("#minimum-ready-seconds"),
        "A pod counts as available once it has been Ready for `minReadySeconds` without a break. The controller goes on to the next pod only then. The Ready time is kept in whole seconds, so the wait can be up to a second shorter.";
    TERMINATION: "terminationGracePeriodSeconds", "Termination of Pods", "concepts/workloads/pods/pod-lifecycle/#pod-termination",
        "A deleted pod is first asked to stop and may take its grace period. Its name is free only when it is really gone: a StatefulSet never runs two pods of one name.";
    SCALE_DOWN: "replicas", "Deployment and Scaling Guarantees", set!("#deployment-and-scaling-guarantees"),
        "Scaling down takes the highest ordinal first, one pod at a time. The claims stay, so that scaling up again finds the old data.";
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
        "The claim names a class, and the class names a provisioner, which makes a volume of the size asked for and binds it to the claim.";
    NO_CLASS: "storageClassName", "Storage Classes", "concepts/storage/storage-classes/",
        "A claim that names a class stays Pending until a class of this name exists and makes a volume for it, or until a volume of that class turns up.";
    SCHEDULING: "resources", "Scheduling", "concepts/scheduling-eviction/kube-scheduler/",
        "A pod gets a node that has room for what it requests, whose taints it tolerates, and where its volumes can be reached. If there is none it stays Pending and is tried again when something changes.";
    IMAGES: "image", "Images", "concepts/containers/images/",
        "A node pulls an image before it starts a container from it. If it already has the image, and the pull policy does not ask for more, the container starts at once.";
    INIT: "initContainers", "Init Containers", "concepts/workloads/pods/init-containers/",
        "Init containers run one after another, each to its end, before any of the pod's own containers starts.";
    PROBES: "readinessProbe", "Container probes", "concepts/workloads/pods/pod-lifecycle/#container-probes",
        "A pod with a readiness probe is Ready once the probe succeeds. Until then neither its Service nor its StatefulSet counts on it.";
    RESTARTS: "command", "Container restarts", "concepts/workloads/pods/pod-lifecycle/#restart-policy",
        "A container that ends is started again, after a pause that doubles each time, from 10 seconds up to 5 minutes.";
    LOST_NODE: "", "Force Delete StatefulSet Pods", "tasks/run-application/force-delete-stateful-set-pod/",
        "While a node does not answer, its pod may still run and write. So the pod is not replaced until the node says that it is gone, or until somebody who knows deletes it by force.";
    POD_START: "template", "Pod Lifecycle", "concepts/workloads/pods/pod-lifecycle/",
        "A pod on a node gets a sandbox with a network address of its own; then its containers are started in it.";
    OWNED: "", "Owners and Dependents", "concepts/overview/working-with-objects/owners-dependents/",
        "What a StatefulSet owns goes with it, all pods at once. Its claims stay, unless the retention policy says otherwise.";
    RETRY: "", "Controllers", "concepts/architecture/controller/",
        "A request that the API server refuses is tried again, with a pause that doubles from 5 milliseconds up.";
}

const fn say(title: &'static str, text: &'static str, rule: &'static Rule) -> Say {
    Say { title, text, rule: Some(rule) }
}

const fn detail(text: &'static str, rule: &'static Rule) -> Detail {
    Detail { text, rule: Some(rule) }
}

/// The English texts.
pub static EN: Words = Words {
    tagline: "watch a StatefulSet think",
    simulation: "simulation of Kubernetes 1.36",
    theme: "Light or dark",
    manifest: "Manifest",
    examples: "Examples",
    apply: "Apply",
    reset: "Reset cluster",
    too_long: "The text is too long to colour.",
    line: "line {line}",
    more: "and {count} more",
    objects: "{count} objects",
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
    keys: "Space · ← →",
    forked: "A new future begins here.",
    at_rest: "At rest until you act.",
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
    dns_empty: "The name exists, but has no {type} record.",
    dns_unknown: "Nothing has this name.",
    dns_no_service: "There is no Service {service}: its pods have no names.",
    dns_no_pod: "There is no pod {pod}.",
    dns_not_ready: "{pod} exists, but is not Ready: a headless Service lists a pod's name only while its endpoint is ready.",
    dns_no_endpoint: "No pod behind {service} is Ready: a headless Service without ready endpoints has no name.",
    no_events: "No events yet.",
    nothing_here: "Nothing here yet.",
    object: "Object",

    ready: "ready",
    age: "age",
    new: "new",
    same: "same",
    next: "next",
    waits_for: "waits for {pod}",
    soon: "is to be made",
    scaled_away: "scaled away",
    not_scheduled: "no node yet",
    other_pods: "Other pods",
    not_claimed: "not claimed yet",
    claim_kept: "kept",
    no_files: "empty",
    lines_before: "{count} lines before",
    states: ["Pending", "Init", "Running", "Ready", "Terminating", "Failing"],

    headless: "no virtual IP: DNS answers with the pods",
    virtual_ip: "one virtual IP: DNS answers with it",
    no_service: "does not exist: the pods have no names in DNS",
    in_dns: "In DNS",
    not_in_dns: "Not in DNS",

    nothing: say(
        "Nothing is applied yet",
        "The cluster has its nodes and a storage class, and waits. Press Apply.",
        &STATEFUL_SET,
    ),
    other_set: Say {
        title: "No StatefulSet here",
        text: "What was applied holds no StatefulSet. Its pods are listed below.",
        rule: None,
    },
    settled: say(
        "Everything is as wanted",
        "{ready} of {replicas} pods are Ready. The controller has nothing to do.",
        &STATEFUL_SET,
    ),
    settled_empty: say(
        "No pods are wanted",
        "`replicas` is 0. The claims and their volumes stay.",
        &SCALE_DOWN,
    ),
    created: say("{pod} is being made", "The controller has made {pod}.", &ORDER),
    deleted: say(
        "{pod} has to go",
        "There are more pods than `replicas` asks for: the highest ordinal goes first.",
        &SCALE_DOWN,
    ),
    deleted_outdated: say(
        "{pod} is being replaced",
        "It is of an old revision. Same name, same claim, same volume; a new uid and a new IP.",
        &UPDATE,
    ),
    deleted_finished: say(
        "{pod} is being replaced",
        "It has ended, and a StatefulSet's pods are to run for ever.",
        &STATEFUL_SET,
    ),
    missing: "Why is {next} not there yet?",
    present: "Why is {next} still there?",
    unready: "Why is {pod} not Ready yet?",
    going: "{pod} is going",
    waiting_for_ready: say("", "{pod} must be Running and Ready before {next} may follow.", &ORDER),
    waiting_for_available: say(
        "",
        "{pod} must stay Ready for `minReadySeconds: {seconds}` before {next} may follow.",
        &AVAILABLE,
    ),
    last_ready: say(
        "Why is {pod} not Ready yet?",
        "{pod} is the last one that must become Running and Ready.",
        &ORDER,
    ),
    last_available: say(
        "{pod} is Ready, but not available yet",
        "It must stay Ready for `minReadySeconds: {seconds}` to count as available.",
        &AVAILABLE,
    ),
    waiting_for_termination: say(
        "{pod} is going",
        "{pod} must be gone before anything else is done.",
        &TERMINATION,
    ),
    held_by_partition: say(
        "Why do {held} pods keep the old revision?",
        "`partition: {partition}` holds back every ordinal below it.",
        &PARTITION,
    ),
    on_delete: say(
        "Why do {held} pods keep the old revision?",
        "The update strategy is `OnDelete`: each changes when somebody deletes it.",
        &ON_DELETE,
    ),
    stuck: say(
        "Why does the rollout not go on?",
        "{pod} can't become Ready, and with `OrderedReady` the controller neither goes past it nor replaces it. Somebody has to delete it.",
        &FORCED_ROLLBACK,
    ),
    failed: say("A request was refused", "{message} It is tried again.", &RETRY),
    being_deleted: say(
        "The StatefulSet is being deleted",
        "Nothing is reconciled any more; what it owns goes with it.",
        &OWNED,
    ),
    starting: say("", "All pods are made; not all are Ready yet.", &POD_START),

    unschedulable: detail("No node takes it: {message}", &SCHEDULING),
    waiting_for_binding: detail("It waits for the volume of its claim `{claim}`.", &BINDING),
    provisioning: detail("`{provisioner}` is making the volume for `{claim}`.", &PROVISIONING),
    class_missing: detail("Its claim `{claim}` names the class `{class}`, which does not exist.", &NO_CLASS),
    sandbox: detail("Its node gives it a sandbox and a network address.", &POD_START),
    pulling: detail("Its node is pulling `{image}`.", &IMAGES),
    container_starts: detail("The container `{container}` is being started.", &POD_START),
    running_init: detail("The init container `{container}` runs.", &INIT),
    probing: detail("`{container}` runs; its readiness probe has not succeeded yet.", &PROBES),
    probe_fails: detail("`{container}` runs, but its readiness probe fails ({failures} in a row).", &PROBES),
    image_back_off: detail("The image `{image}` can't be pulled; it is tried again.", &IMAGES),
    crash_back_off: detail(
        "`{container}` keeps ending ({restarts} restarts); it is started again after a pause.",
        &RESTARTS,
    ),
    stopping: detail("Its containers may take {seconds} s to stop.", &TERMINATION),
    node_lost: detail("Its node `{node}` does not answer.", &LOST_NODE),
};
