//! `kubectl describe` where no recording is: from `k8s.io/kubectl/pkg/describe/describe.go`, 1.36.

use crate::user::User;

/// Applies a manifest and looks for these lines in what `describe` says.
fn described(user: &mut User, manifest: &str, what: &str, lines: &[&str]) {
    let applied = user.run("kubectl create -f -", manifest);
    assert!(applied.contains(" created\n"), "{applied}");
    let text = user.run(&format!("kubectl describe {what}"), "");
    for line in lines {
        assert!(text.contains(&format!("\n{line}\n")), "{line:?} is not in:\n{text}");
    }
}

#[test]
fn a_pod_with_everything() {
    let pod = "apiVersion: v1
kind: Pod
metadata: {name: all, labels: {app: all}}
spec:
  securityContext: {seccompProfile: {type: RuntimeDefault}}
  resources: {requests: {cpu: 2}, limits: {cpu: 3}}
  topologySpreadConstraints:
  - {maxSkew: 1, topologyKey: zone, whenUnsatisfiable: ScheduleAnyway, labelSelector: {matchLabels: {app: all}}}
  - {maxSkew: 2, topologyKey: host, whenUnsatisfiable: ScheduleAnyway, labelSelector: {}}
  containers:
  - name: main
    image: busybox
    command: [sleep, '99']
    securityContext: {seccompProfile: {type: Localhost, localhostProfile: p.json}}
    resources: {limits: {cpu: 1500m, memory: 64Mi}}
    startupProbe: {httpGet: {path: ready, port: 80}}
    volumeDevices: [{name: block, devicePath: /dev/x}]
    env:
    - {name: NAME, valueFrom: {fieldRef: {fieldPath: metadata.name}}}
    - {name: ADDRESS, valueFrom: {fieldRef: {fieldPath: status.podIP}}}
    - {name: CPU, valueFrom: {resourceFieldRef: {resource: limits.cpu}}}
    - {name: MEMORY, valueFrom: {resourceFieldRef: {resource: requests.memory, divisor: 1Mi}}}
    - {name: DISK, valueFrom: {resourceFieldRef: {resource: limits.ephemeral-storage}}}
  volumes:
  - {name: block, persistentVolumeClaim: {claimName: block}}
  - {name: own, ephemeral: {volumeClaimTemplate: {metadata: {labels: {a: b, c: d}}, spec: {accessModes: [ReadWriteOnce], \
    resources: {requests: {storage: 1Gi}}}}}}
  - {name: driver, csi: {driver: d.example.org, volumeAttributes: {a: b, c: d}}}
  - {name: artifact, image: {reference: 'r:1', pullPolicy: Always}}
  - {name: disk, iscsi: {targetPortal: 1.2.3.4, iqn: 'iqn.2001-04.com.example:a', lun: 0, secretRef: {name: s}}}
";
    let lines = [
        "SeccompProfile:   RuntimeDefault",
        "Resources:\n  Limits:\n    cpu:  3\n  Requests:\n    cpu:  2",
        "    SeccompProfile:      Localhost\n      LocalhostProfile:  p.json",
        "      NAME:     all (v1:metadata.name)",
        "      ADDRESS:   (v1:status.podIP)",
        "      CPU:      2 (limits.cpu)",
        "      MEMORY:   64 (requests.memory)",
        "      DISK:     0 (limits.ephemeral-storage)",
        "    Devices:\n      /dev/x from block",
        "    VolumeAttributes:      a=b\n                           c=d",
        "    Labels:            a=b\n                       c=d\n    Annotations:       <none>",
        "    Reference:   r:1\n    PullPolicy:  Always",
        "    ISCSIInterface      default",
        "    SecretRef:          &LocalObjectReference{Name:s,}",
        "Topology Spread Constraints:  host:ScheduleAnyway when max skew 2 is exceeded for selector <none>\n                              \
         zone:ScheduleAnyway when max skew 1 is exceeded for selector app=all",
    ];
    described(&mut User::new(), pod, "pod all", &lines);
}

#[test]
fn a_quota_says_what_it_counts() {
    let quota = "{apiVersion: v1, kind: ResourceQuota, metadata: {name: q}, spec: {hard: {pods: 1}, scopes: [BestEffort]}}";
    let sentence = "Matches all pods that do not have resource requirements set. These pods have a best effort quality of service.";
    let mut user = User::new();
    described(&mut user, quota, "quota q", &["Scopes:     BestEffort", &format!(" * {sentence}")]);
    let namespace = user.run("kubectl describe ns default", "");
    assert!(namespace.contains(&format!("  Scopes:  BestEffort\n  * {sentence}\n")), "{namespace}");
}

#[test]
fn kinds_of_the_cluster() {
    let mut user = User::new();
    let volume = "apiVersion: v1
kind: PersistentVolume
metadata: {name: v, annotations: {volume.beta.kubernetes.io/storage-class: old}}
spec:
  capacity: {storage: 1Gi}
  accessModes: [ReadWriteOnce]
  nodeAffinity: {required: {nodeSelectorTerms: [{matchExpressions: [{key: a, operator: In, values: [b]}, {key: c, operator: Exists}]}]}}
  csi: {driver: d.example.org, volumeHandle: h}
";
    described(
        &mut user,
        volume,
        "pv v",
        &[
            "StorageClass:      old",
            "    Term 0:        a in [b]\n                   c exists",
            "    VolumeHandle:      h\n    ReadOnly:          false\n    VolumeAttributes:  <none>",
        ],
    );
    let claim = "{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: c}, spec: {accessModes: [ReadWriteOnce], \
                 storageClassName: none, resources: {requests: {storage: 1Gi}}, dataSource: {kind: PersistentVolumeClaim, name: d}}}";
    described(
        &mut user,
        claim,
        "pvc c",
        &["DataSource:\n  Kind:   PersistentVolumeClaim\n  Name:   d\nUsed By:  <none>"],
    );
    let class = "{apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: s}, provisioner: p, \
                 allowedTopologies: [{matchLabelExpressions: [{key: zone, values: [a, b]}]}]}";
    described(&mut user, class, "sc s", &["  Term 0:              zone in [a, b]"]);
    let class = "{apiVersion: storage.k8s.io/v1, kind: VolumeAttributesClass, metadata: {name: gold}, driverName: d, parameters: {a: b}}";
    described(&mut user, class, "vac gold", &["Annotations:  <none>\nDriverName:   d\nParameters:   a=b"]);
    let range = "{apiVersion: networking.k8s.io/v1, kind: ServiceCIDR, metadata: {name: more}, spec: {cidrs: [10.97.0.0/16]}}";
    described(&mut user, range, "servicecidr more", &["CIDRs:        10.97.0.0/16"]);
    let address = "{apiVersion: networking.k8s.io/v1, kind: IPAddress, metadata: {name: 10.97.0.5}, \
                   spec: {parentRef: {resource: services, namespace: a, name: b}}}";
    described(
        &mut user,
        address,
        "ip 10.97.0.5",
        &["Parent Reference:\n  Group:      \n  Resource:   services"],
    );
    let secret = "{apiVersion: v1, kind: Secret, type: kubernetes.io/service-account-token, data: {token: YWJj, ca.crt: YWI=}, \
                  metadata: {name: t, annotations: {kubernetes.io/service-account.name: default}}}";
    described(&mut user, secret, "secret t", &["Data\n====\nca.crt:  2 bytes\ntoken:   abc"]);
}

#[test]
fn a_certificate_request_says_whose_it_is() {
    // Of `openssl req -new -newkey ed25519 -subj /O=a/O=b/CN=ada -addext subjectAltName=DNS:x.org,IP:10.0.0.1`.
    let request = concat!(
        "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KTUlIUE1JR0NBZ0VBTUNZeENqQUlCZ05WQkFvTUFXRXhDakFJQmdO",
        "VkJBb01BV0l4RERBS0JnTlZCQU1NQTJGawpZVEFxTUFVR0F5dGxjQU1oQUdJbHNieFlUUkJmOTVGajUwM0U5WjQ1cm56dEpjYkor",
        "a2ducFBNV0F2ZCtvQ2t3Ckp3WUpLb1pJaHZjTkFRa09NUm93R0RBV0JnTlZIUkVFRHpBTmdnVjRMbTl5WjRjRUNnQUFBVEFGQmdN",
        "clpYQUQKUVFDQktnd0hXWlBZOXRxV2lGQWljOUViTlV2MUJCdlg0TXFvajQ0SkJ6Z01VdTU4Z0FwQkVQb1czQTU3L1ZWWgp6bHVl",
        "Y3ZqSDRRMm5aR1RENlMrN0twY0IKLS0tLS1FTkQgQ0VSVElGSUNBVEUgUkVRVUVTVC0tLS0tCg=="
    );
    let text = "{apiVersion: certificates.k8s.io/v1, kind: CertificateSigningRequest, metadata: {name: ada}, spec: {request: REQUEST, \
                signerName: kubernetes.io/kube-apiserver-client, expirationSeconds: 7200, usages: [client auth]}}"
        .replace("REQUEST", request);
    let lines = [
        "Requested Duration:  120m",
        "Status:              Pending\nSubject:\n  Common Name:    ada\n  Serial Number:  \n  Organization:   a\n                  b",
        "Subject Alternative Names:\n         DNS Names:     x.org\n         IP Addresses:  10.0.0.1\nEvents:  <none>",
    ];
    described(&mut User::new(), &text, "csr ada", &lines);
}
