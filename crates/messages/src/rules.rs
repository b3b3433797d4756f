//! Rules of Kubernetes, in our own words, each with where the Kubernetes documentation has it.

use crate::Rule;

rules! {
    STATEFUL_SET: {
        "A StatefulSet gives each of its pods a number, and with it a name, a DNS name and a volume that stay when the pod is replaced. Its controller keeps comparing what is there with what is wanted, and does one thing at a time about it.",
        "", "StatefulSets",
        "docs/concepts/workloads/controllers/statefulset/",
    },
    ORDER: {
        "With `OrderedReady` pods are made one at a time, from the lowest ordinal up. Before the next pod is made, all pods before it must be Running and Ready; before a pod is taken away, all pods after it must be gone.",
        "podManagementPolicy", "Deployment and Scaling Guarantees",
        "docs/concepts/workloads/controllers/statefulset/#deployment-and-scaling-guarantees",
    },
    AVAILABLE: {
        "A pod counts as available once it has been Ready for `minReadySeconds` without a break. The controller goes on to the next pod only then. The Ready time is kept in whole seconds, so the wait can be up to a second shorter.",
        "minReadySeconds", "Minimum ready seconds",
        "docs/concepts/workloads/controllers/statefulset/#minimum-ready-seconds",
    },
    TERMINATION: {
        "A deleted pod is first asked to stop and may take its grace period. Its name is free only when it is really gone: a StatefulSet never runs two pods of one name.",
        "terminationGracePeriodSeconds", "Termination of Pods",
        "docs/concepts/workloads/pods/pod-lifecycle/#pod-termination",
    },
    SCALE_DOWN: {
        "Scaling down takes the highest ordinal first, with `OrderedReady` one pod at a time. The claims stay, so that scaling up again finds the old data, unless `persistentVolumeClaimRetentionPolicy.whenScaled` is `Delete`.",
        "replicas", "Deployment and Scaling Guarantees",
        "docs/concepts/workloads/controllers/statefulset/#deployment-and-scaling-guarantees",
    },
    UPDATE: {
        "A rolling update deletes pods of the old revision from the highest ordinal down, one at a time, and waits until each is Running and Ready again. A pod is deleted first and made anew after that, because both would have the same name.",
        "updateStrategy", "Rolling Updates",
        "docs/concepts/workloads/controllers/statefulset/#rolling-updates",
    },
    PARTITION: {
        "Only pods whose ordinal is at least `partition` get the new template. A pod below it is made from the old one even when it is deleted.",
        "partition", "Partitioned rolling updates",
        "docs/concepts/workloads/controllers/statefulset/#partitions",
    },
    ON_DELETE: {
        "With `OnDelete` the controller never deletes a pod to update it. Each pod gets the new template when somebody deletes it.",
        "updateStrategy", "Update strategies",
        "docs/concepts/workloads/controllers/statefulset/#update-strategies",
    },
    FORCED_ROLLBACK: {
        "With `OrderedReady` the controller waits for a broken pod to become Ready, even after the template has been mended: it never replaces that pod by itself. Delete the pod, and it is made anew from the mended template.",
        "podManagementPolicy", "Forced rollback",
        "docs/concepts/workloads/controllers/statefulset/#forced-rollback",
    },
    BINDING: {
        "A class with `WaitForFirstConsumer` makes no volume until a pod that needs it is to be placed, so that the volume comes to be where the pod can run. The pod gets its node when the volume is there.",
        "storageClassName", "Volume Binding Mode",
        "docs/concepts/storage/storage-classes/#volume-binding-mode",
    },
    PROVISIONING: {
        "The claim names a class, and the class names a provisioner, which makes a volume of the size asked for and binds it to the claim. Until then the pod waits: it can't start without its volume.",
        "storageClassName", "Dynamic Volume Provisioning",
        "docs/concepts/storage/dynamic-provisioning/",
    },
    NO_CLASS: {
        "A claim that names a class stays Pending until a class of this name exists and makes a volume for it, or until a volume of that class turns up. Nothing fails: the pod just waits with it.",
        "storageClassName", "Storage Classes",
        "docs/concepts/storage/storage-classes/",
    },
    SCHEDULING: {
        "A pod gets a node that has room for what it requests, whose taints it tolerates, and where its volumes can be reached. If there is none it stays Pending and is tried again when something changes.",
        "resources", "Scheduling",
        "docs/concepts/scheduling-eviction/kube-scheduler/",
    },
    IMAGES: {
        "A node pulls an image before it starts a container from it. If it already has the image, and the pull policy does not ask for more, the container starts at once.",
        "image", "Images",
        "docs/concepts/containers/images/",
    },
    INIT: {
        "Init containers run one after another, each to its end, before any of the pod's own containers starts. One that fails is tried again.",
        "initContainers", "Init Containers",
        "docs/concepts/workloads/pods/init-containers/",
    },
    PROBES: {
        "A pod with a readiness probe is Ready once the probe succeeds. Until then neither its Service nor its StatefulSet counts on it.",
        "readinessProbe", "Container probes",
        "docs/concepts/workloads/pods/pod-lifecycle/#container-probes",
    },
    RESTARTS: {
        "A container that ends is started again, after a pause that doubles each time, from 10 seconds up to 5 minutes. While it waits, kubectl shows CrashLoopBackOff.",
        "command", "Container restarts",
        "docs/concepts/workloads/pods/pod-lifecycle/#restart-policy",
    },
    LOST_NODE: {
        "While a node does not answer, its pod may still run and write. So the pod is not replaced until the node says that it is gone, or until somebody who knows deletes it by force.",
        "", "Force Delete StatefulSet Pods",
        "docs/tasks/run-application/force-delete-stateful-set-pod/",
    },
    POD_START: {
        "A pod on a node gets a sandbox with a network address of its own. Then its containers are started in it.",
        "template", "Pod Lifecycle",
        "docs/concepts/workloads/pods/pod-lifecycle/",
    },
    MAX_UNAVAILABLE: {
        "With `maxUnavailable` a rolling update may have more than one pod away at a time. A pod counts as away until it has been Ready for `minReadySeconds`. It needs the feature gate MaxUnavailableStatefulSet.",
        "maxUnavailable", "Maximum unavailable Pods",
        "docs/concepts/workloads/controllers/statefulset/#maximum-unavailable-pods",
    },
    ORPHANS: {
        "Deleting with `--cascade=orphan` takes the owner and leaves what it owned, without an owner. A StatefulSet adopts pods without an owner that match its selector and its name.",
        "", "Use cascading deletion, orphan dependents",
        "docs/tasks/administer-cluster/use-cascading-deletion/#set-orphan-deletion-policy",
    },
    RETENTION: {
        "By default (`Retain`) the claims of a StatefulSet stay when it is scaled down or deleted, so that no data is lost by mistake. Scaling up again finds the old data. With `Delete` they go.",
        "persistentVolumeClaimRetentionPolicy", "PersistentVolumeClaim retention",
        "docs/concepts/workloads/controllers/statefulset/#persistentvolumeclaim-retention",
    },
    CLAIMS: {
        "For each pod and each template there is a claim, named after both. It is made before the pod and stays when the pod goes: the next pod of that name mounts it again.",
        "volumeClaimTemplates", "Volume Claim Templates",
        "docs/concepts/workloads/controllers/statefulset/#volume-claim-templates",
    },
    IN_USE: {
        "A claim that a pod uses is not deleted at once: it is Terminating until the pod is gone. So no volume is taken from a running program. A StatefulSet makes a deleted claim anew only with its pod.",
        "", "Storage Object in Use Protection",
        "docs/concepts/storage/persistent-volumes/#storage-object-in-use-protection",
    },
    BINDING_LOST: {
        "A claim and a volume are bound one to one, for ever. A claim whose volume has been deleted is Lost: it is never bound to another.",
        "storageClassName", "Binding",
        "docs/concepts/storage/persistent-volumes/#binding",
    },
    SERVICE_NAME: {
        "`serviceName` names a headless Service that gives the pods their names in DNS. It must exist beside the StatefulSet, which does not make it. Pods run without it, but nobody finds them by name.",
        "serviceName", "Stable Network ID",
        "docs/concepts/workloads/controllers/statefulset/#stable-network-id",
    },
    SELECTOR: {
        "A Service stands for the pods whose labels its selector matches. The endpoints of those pods are what DNS answers with. No match, no endpoints, no names.",
        "selector", "Headless Services, with selectors",
        "docs/concepts/services-networking/service/#with-selectors",
    },
    DNS_READY: {
        "A pod has a name below its headless Service while its endpoint is ready. A pod that is not Ready has none, unless the Service says `publishNotReadyAddresses: true`.",
        "readinessProbe", "DNS for Services and Pods",
        "docs/concepts/services-networking/dns-pod-service/#pod-s-hostname-and-subdomain-fields",
    },
    NODE_LEASE: {
        "A node's kubelet renews a lease every 10 seconds. When it has not done so for 50 seconds the node counts as unreachable, and gets a taint. Pods tolerate that for 5 minutes unless they say otherwise.",
        "", "Node heartbeats",
        "docs/concepts/architecture/nodes/#node-heartbeats",
    },
    CORDON: {
        "A cordoned node takes no new pods; those that run there stay. Draining it evicts them, too. A pod whose volume lies on the node can't go elsewhere.",
        "", "Manual Node administration",
        "docs/concepts/architecture/nodes/#manual-node-administration",
    },
    LOCAL_VOLUME: {
        "A local volume can be reached from its own node only, so the pods that need it can run nowhere else. While the node takes no pods, they stay Pending.",
        "storageClassName", "Node Affinity",
        "docs/concepts/storage/persistent-volumes/#node-affinity",
    },
    APPLIED: {
        "Each object of a manifest is a request of its own: kubectl reads it, and the API server checks it as a whole. What is refused leaves no trace in the cluster, and what came before it stays.",
        "", "Declarative Management",
        "docs/tasks/manage-kubernetes-objects/declarative-config/",
    },
    OWNED: {
        "What a StatefulSet owns goes with it, all pods at once. Its claims stay, unless the retention policy says otherwise.",
        "", "Owners and Dependents",
        "docs/concepts/overview/working-with-objects/owners-dependents/",
    },
    RETRY: {
        "A request that the API server refuses is tried again, with a pause that doubles from 5 milliseconds up. Nothing is lost meanwhile: the controller goes on where it was.",
        "", "Controllers",
        "docs/concepts/architecture/controller/",
    },
}
