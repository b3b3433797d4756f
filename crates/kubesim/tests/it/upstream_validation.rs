//! What the API server says of manifests that no recording has: from `pkg/apis/core/validation/validation.go`,
//! `pkg/apis/apps/validation/validation.go`, `pkg/api/pod/warnings.go`, `pkg/api/service/warnings.go` and
//! `pkg/registry/core/service/storage/alloc.go` of Kubernetes 1.36.

use crate::user::User;

/// What `kubectl apply` prints of a manifest, line by line without the path that all have in common.
fn said(manifest: &str, path: &str) -> Vec<String> {
    let text = User::new().run("kubectl apply -f -", manifest);
    let lines = text.trim_start_matches('!').lines();
    let strip = |line: &str| {
        let line = line.trim_start_matches("* ").trim_start_matches("Warning: ");
        line.strip_prefix(path).unwrap_or(line).to_owned()
    };
    lines.map(strip).collect()
}

/// A set with this template, as the fields of its pods' spec in YAML's flow style.
fn set(pod_spec: &str, container: &str) -> String {
    format!(
        "{{apiVersion: apps/v1, kind: StatefulSet, metadata: {{name: s}}, spec: {{serviceName: s, \
         selector: {{matchLabels: {{app: x}}}}, template: {{metadata: {{labels: {{app: x}}}}, \
         spec: {{{pod_spec} containers: [{{name: c, image: i, {container}}}]}}}}}}}}"
    )
}

/// A service with these fields.
fn service(fields: &str) -> String {
    format!(
        "{{apiVersion: v1, kind: Service, metadata: {{name: v}}, spec: {{selector: {{a: b}}, {fields}}}}}"
    )
}

fn refused(manifest: &str, path: &str, expect: &[&str]) {
    let said = said(manifest, path);
    let found: Vec<&str> =
        said.iter().map(String::as_str).filter(|line| !line.ends_with("is invalid: ")).collect();
    assert_eq!(found, expect, "{manifest}");
}

const POD: &str = "spec.template.spec.";
const CONTAINER: &str = "spec.template.spec.containers[0].";

#[test]
fn a_set_gives_its_pods_their_host_names() {
    assert_eq!(said(&set("hostname: Bad, subdomain: Bad_too,", ""), ""), ["statefulset.apps/s created"]);
}

#[test]
fn every_source_of_a_volume_is_checked() {
    refused(
        &set(
            "volumes: [{name: a, projected: {sources: [{secret: {name: x, items: [{key: k, path: p}]}}, {configMap: {name: \
             z, items: [{key: k, path: p}]}}]}}, {name: b, downwardAPI: {items: [{path: /x}, {path: l, fieldRef: \
             {fieldPath: status.phase}}, {path: m, resourceFieldRef: {resource: limits.cpu}}]}}, {name: c, emptyDir: {}, \
             cephfs: {monitors: []}}, {name: d, image: {reference: r, pullPolicy: X}}, {name: e, azureFile: {}}],",
            "",
        ),
        POD,
        &[
            "volumes[0].projected: Invalid value: \"z\": conflicting duplicate paths",
            "volumes[1].downwardAPI.path: Invalid value: \"/x\": must be a relative path",
            "volumes[1].downwardAPI: Required value: one of fieldRef and resourceFieldRef is required",
            "volumes[1].downwardAPI.fieldRef.fieldPath: Unsupported value: \"status.phase\": supported values: \
             \"metadata.annotations\", \"metadata.labels\", \"metadata.name\", \"metadata.namespace\", \"metadata.uid\"",
            "volumes[1].downwardAPI.resourceFieldRef.containerName: Required value",
            "volumes[2].cephFS: Forbidden: may not specify more than 1 volume type",
            "volumes[3].image.pullPolicy: Unsupported value: \"X\": supported values: \"Always\", \"IfNotPresent\", \
             \"Never\"",
            "volumes[4].azureFile.secretName: Required value",
            "volumes[4].azureFile.shareName: Required value",
        ],
    );
}

#[test]
fn security_contexts_are_checked_and_shown_as_go_has_them() {
    refused(
        &set(
            "",
            "securityContext: {privileged: true, allowPrivilegeEscalation: false, procMount: Unmasked, appArmorProfile: \
             {type: X}}",
        ),
        CONTAINER,
        &[
            "securityContext.procMount: Invalid value: \"Unmasked\": `hostUsers` must be false to use `Unmasked`",
            "securityContext: Invalid value: {\"Capabilities\":null,\"Privileged\":true,\"SELinuxOptions\":null,\
             \"WindowsOptions\":null,\"RunAsUser\":null,\"RunAsGroup\":null,\"RunAsNonRoot\":null,\
             \"ReadOnlyRootFilesystem\":null,\"AllowPrivilegeEscalation\":false,\"ProcMount\":\"Unmasked\",\
             \"SeccompProfile\":null,\"AppArmorProfile\":{\"Type\":\"X\",\"LocalhostProfile\":null}}: cannot set \
             `allowPrivilegeEscalation` to false and `privileged` to true",
            "securityContext.appArmorProfile.type: Unsupported value: \"X\": supported values: \"Localhost\", \
             \"RuntimeDefault\", \"Unconfined\"",
        ],
    );
    refused(
        &set(
            "hostUsers: false, hostIPC: true, os: {name: mac}, securityContext: {supplementalGroups: [-5], \
             fsGroupChangePolicy: X, seccompProfile: {type: RuntimeDefault, localhostProfile: x}, sysctls: [{name: \
             kernel.shmmax, value: '1'}]},",
            "",
        ),
        POD,
        &[
            "securityContext.supplementalGroups[0]: Invalid value: -5: must be between 0 and 2147483647, inclusive",
            "securityContext.sysctls[0].name: Invalid value: \"kernel.shmmax\": may not be specified when 'hostIPC' is \
             true",
            "securityContext.fsGroupChangePolicy: Unsupported value: \"X\": supported values: \"Always\", \
             \"OnRootMismatch\"",
            "securityContext.seccompProfile.localhostProfile: Invalid value: \
             {\"Type\":\"RuntimeDefault\",\"LocalhostProfile\":\"x\"}: can only be set when seccomp type is Localhost",
            "HostIPC: Forbidden: when `hostUsers` is false",
            "os: Unsupported value: \"mac\": supported values: \"linux\", \"windows\"",
        ],
    );
}

#[test]
fn resources_are_whole_and_fit_the_pods() {
    refused(
        &set(
            "resources: {requests: {cpu: 100m}, limits: {cpu: 1}},",
            "resources: {requests: {cpu: 200m, nvidia.com/gpu: 1500m}, limits: {cpu: 2}, claims: [{name: z}]}",
        ),
        POD,
        &[
            "containers[0].resources.requests[nvidia.com/gpu]: Invalid value: \"1500m\": must be an integer",
            "containers[0].resources.limits: Required value: Limit must be set for non overcommitable resources",
            "containers[0].resources.claims[0]: Not found: \"z\": must be one of the names in pod.spec.resourceClaims \
             which is empty",
            "resources.requests[cpu]: Invalid value: \"100m\": must be greater than or equal to aggregate container \
             requests of 200m",
            "resources.containers[0][cpu].limits: Invalid value: \"2\": must be less than or equal to pod limits of 1",
        ],
    );
    refused(
        &set("", "resources: {limits: {hugepages-2Mi: 3Mi}}"),
        CONTAINER,
        &[
            "resources.limits[hugepages-2Mi]: Invalid value: \"3Mi\": 3Mi is not positive integer multiple of \
             hugepages-2Mi",
            "resources: Forbidden: HugePages require cpu or memory",
        ],
    );
}

#[test]
fn scheduling_is_checked() {
    refused(
        &set(
            "schedulingGates: [{name: a}, {name: a}], preemptionPolicy: X, hostAliases: [{ip: 1.02.3.4}], \
             topologySpreadConstraints: [{maxSkew: 1, topologyKey: z, whenUnsatisfiable: DoNotSchedule}, {maxSkew: 1, \
             topologyKey: z, whenUnsatisfiable: DoNotSchedule, minDomains: 0, matchLabelKeys: [a]}], affinity: \
             {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchFields: [{key: x, \
             operator: In, values: [a]}]}]}}},",
            "",
        ),
        POD,
        &[
            "affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchFields[0].key: \
             Invalid value: \"x\": not a valid field selector key",
            "schedulingGates[1]: Duplicate value: \"a\"",
            "topologySpreadConstraints[0].{topologyKey, whenUnsatisfiable}: Duplicate value: \"{z, DoNotSchedule}\"",
            "topologySpreadConstraints[1].minDomains: Invalid value: 0: must be greater than zero",
            "topologySpreadConstraints[1].matchLabelKeys: Forbidden: must not be specified when labelSelector is not set",
            "hostAliases[0].ip: Invalid value: \"1.02.3.4\": must not have leading 0s",
            "preemptionPolicy: Unsupported value: \"X\": supported values: \"PreemptLowerPriority\", \"Never\"",
        ],
    );
}

#[test]
fn containers_are_checked() {
    refused(
        &set(
            "",
            "restartPolicyRules: [{action: X}], resizePolicy: [{resourceName: disk, restartPolicy: NotRequired}], \
             volumeMounts: [{name: a, mountPath: /x, recursiveReadOnly: Enabled}], env: [{name: A, valueFrom: \
             {resourceFieldRef: {resource: limits.cpu, divisor: 2}}}], startupProbe: {httpGet: {port: 80, httpHeaders: \
             [{name: a b, value: x}]}}",
        ),
        CONTAINER,
        &[
            "env[0].valueFrom.resourceFieldRef.divisor: Invalid value: \"limits.cpu\": only divisor's values 1m and 1 are \
             supported with the cpu resource",
            "volumeMounts[0].name: Not found: \"a\"",
            "volumeMounts.recursiveReadOnly: Forbidden: may only be specified when readOnly is true",
            "resizePolicy: Unsupported value: \"disk\": supported values: \"cpu\", \"memory\"",
            "startupProbe.httpGet.httpHeaders: Invalid value: \"a b\": a valid HTTP header must consist of alphanumeric \
             characters or '-' (e.g. 'X-Header-Name', regex used for validation is '[-A-Za-z0-9]+')",
            "restartPolicy: Required value: must specify restartPolicy when restart rules are used",
            "restartPolicyRules[0].action: Unsupported value: \"X\": supported values: \"Restart\", \
             \"RestartAllContainers\"",
            "restartPolicyRules[0].exitCodes: Required value: must be specified",
        ],
    );
}

#[test]
fn fields_behind_gates_are_dropped() {
    let mut user = User::new();
    user.run("kubectl apply -f -", &set("", "lifecycle: {stopSignal: SIGUSR1}"));
    let stored = user.run("kubectl get sts s -o jsonpath={.spec.template.spec.containers[0].lifecycle}", "");
    assert_eq!(stored, "{}");
}

#[test]
fn what_is_accepted_is_warned_of() {
    let found = said(
        &set(
            "nodeSelector: {beta.kubernetes.io/os: linux}, imagePullSecrets: [{name: a}, {name: a}], hostAliases: [{ip: \
             '2001:DB8::1'}], topologySpreadConstraints: [{maxSkew: 1, topologyKey: z, whenUnsatisfiable: \
             DoNotSchedule}], volumes: [{name: v, configMap: {name: m, items: [{key: k, path: p}, {key: l, path: p/q}]}}],",
            "ports: [{containerPort: 80, hostIP: 1.2.3.4}]",
        ),
        POD,
    );
    assert_eq!(
        found,
        [
            "nodeSelector[beta.kubernetes.io/os]: deprecated since v1.14; use \"kubernetes.io/os\" instead",
            "topologySpreadConstraints[0].labelSelector: a null labelSelector results in matching no pod",
            "volume \"v\" (ConfigMap \"m\"): overlapping paths: \"p/q\" with \"p\"",
            "imagePullSecrets[1].name: duplicate name \"a\"",
            "containers[0].ports[0]: hostIP set without hostPort: {Name: HostPort:0 ContainerPort:80 Protocol:TCP \
             HostIP:1.2.3.4}",
            "hostAliases[0].ip: IPv6 address \"2001:DB8::1\" should be in RFC 5952 canonical format (\"2001:db8::1\")",
            "statefulset.apps/s created",
        ]
    );
}

#[test]
fn services_are_given_what_they_ask_for_or_told_first() {
    refused(
        &service(
            "externalIPs: [127.0.0.1, '::ffff:1.2.3.4'], ports: [{port: 80}], loadBalancerSourceRanges: [10.0.0.1/8]",
        ),
        "spec.",
        &[
            "externalIPs[0]: Invalid value: \"127.0.0.1\": may not be in the loopback range (127.0.0.0/8, ::1/128)",
            "externalIPs[1]: Invalid value: \"::ffff:1.2.3.4\": must not be an IPv4-mapped IPv6 address",
            "LoadBalancerSourceRanges: Forbidden: may only be used when `type` is 'LoadBalancer'",
            "LoadBalancerSourceRanges[0]: Invalid value: \"10.0.0.1/8\": must not have bits set beyond the prefix length",
        ],
    );
    let first = "The Service \"v\" is invalid: spec.ports[0].nodePort: Invalid value: 80: provided port is not in the \
                 valid range. The range of valid ports is 30000-32767";
    refused(&service("type: NodePort, ports: [{port: 80, nodePort: 80, name: A_}]"), "", &[first]);
    let mut user = User::new();
    let dns =
        "type: NodePort, ports: [{port: 53, protocol: UDP, name: a}, {port: 53, protocol: TCP, name: b}]";
    user.run("kubectl apply -f -", &service(dns));
    let ports = user.run("kubectl get svc v -o jsonpath={.spec.ports[*].nodePort}", "");
    let (udp, tcp) = ports.split_once(' ').expect("two ports");
    assert_eq!(udp, tcp);
}
