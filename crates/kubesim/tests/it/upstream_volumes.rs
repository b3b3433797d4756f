//! What the PersistentVolume controller does where no recording is: from
//! `pkg/controller/volume/persistentvolume/pv_controller.go`, 1.36.

use crate::user::User;
use kubesim::Span;
use serde_json::{Value, json};

fn object(kind: &str, name: &str, mut spec: Value, own: &Value) -> Value {
    let fields = spec.as_object_mut().unwrap();
    fields.extend([
        ("storageClassName".into(), "manual".into()),
        ("accessModes".into(), json!(["ReadWriteOnce"])),
    ]);
    fields.extend(own.as_object().unwrap().clone());
    json!({"apiVersion": "v1", "kind": kind, "metadata": {"name": name}, "spec": spec})
}

fn volume(name: &str, own: Value) -> Value {
    let spec = json!({"capacity": {"storage": "1Gi"}, "hostPath": {"path": "/data"}});
    object("PersistentVolume", name, spec, &own)
}

fn claim(name: &str, own: Value) -> Value {
    let spec = json!({"resources": {"requests": {"storage": "1Gi"}}});
    object("PersistentVolumeClaim", name, spec, &own)
}

/// Makes these and waits half a minute.
fn make(user: &mut User, objects: &[Value]) {
    for object in objects {
        let said = user.run("kubectl apply -f -", &object.to_string());
        assert!(!said.starts_with('!'), "{said}");
    }
    rest(user);
}

fn with(objects: &[Value]) -> User {
    let mut user = User::new();
    make(&mut user, objects);
    user
}

fn rest(user: &mut User) {
    let later = user.cluster.now() + Span::seconds(30);
    user.cluster.run_until(later);
}

fn lines(shown: &str) -> Vec<String> {
    shown.lines().map(|l| l.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

/// The claims, their phases and volumes, then the volumes, their phases and claims.
fn bindings(user: &mut User) -> String {
    let mut show = |kind, column| {
        let columns = format!("N:.metadata.name,P:.status.phase,O:.spec.{column}");
        lines(&user.run(&format!("kubectl get {kind} --no-headers -o custom-columns={columns}"), ""))
    };
    let all = [show("pvc", "volumeName"), show("pv", "claimRef.name")].concat();
    all.join("; ")
}

fn events(user: &mut User, kind: &str) -> Vec<String> {
    let columns = "custom-columns=T:.type,R:.reason,M:.message";
    let shown = user.run(
        &format!(
            "kubectl get events -A --field-selector involvedObject.kind={kind} --no-headers -o {columns}"
        ),
        "",
    );
    lines(&shown)
}

#[test]
fn a_volume_that_a_claim_asks_for_must_be_what_it_asks_for() {
    for (own, why) in [
        (json!({"resources": {"requests": {"storage": "2Gi"}}}), "requested PV is too small"),
        (json!({"storageClassName": "other"}), "storageClassName does not match"),
        (json!({"volumeMode": "Block"}), "incompatible volumeMode"),
        (json!({"accessModes": ["ReadWriteMany"]}), "incompatible accessMode"),
    ] {
        let mut own = own;
        own["volumeName"] = "v".into();
        let mut user = with(&[volume("v", json!({})), claim("c", own)]);
        assert_eq!(bindings(&mut user), "c Pending v; v Available <none>", "{why}");
        let message = format!("Warning VolumeMismatch Cannot bind to requested volume \"v\": {why}");
        assert_eq!(events(&mut user, "PersistentVolumeClaim"), [message]);
    }
    let mut user = with(&[claim("c", json!({"volumeName": "v"})), volume("v", json!({}))]);
    assert_eq!(bindings(&mut user), "c Bound v; v Bound c", "whichever comes first");
}

#[test]
fn the_volume_with_the_fewest_access_modes_is_taken_then_the_smallest() {
    let many = json!({"accessModes": ["ReadWriteOnce", "ReadOnlyMany"]});
    let large = json!({"capacity": {"storage": "5Gi"}});
    let mut user =
        with(&[volume("many", many), volume("large", large), claim("c", json!({})), claim("d", json!({}))]);
    assert_eq!(bindings(&mut user), "c Bound large; d Bound many; large Bound c; many Bound d");
}

#[test]
fn a_volume_kept_for_a_claim_may_have_another_class_but_not_another_mode() {
    let kept = json!({"claimRef": {"namespace": "default", "name": "c"}, "storageClassName": "kept"});
    let mut user = with(&[volume("v", kept.clone()), claim("c", json!({}))]);
    assert_eq!(bindings(&mut user), "c Bound v; v Bound c");
    let mut block = kept;
    block["volumeMode"] = "Block".into();
    let mut user = with(&[volume("v", block), claim("c", json!({"storageClassName": ""}))]);
    assert_eq!(bindings(&mut user), "c Pending <none>; v Available c");
}

#[test]
fn a_volume_whose_claim_is_gone_is_deleted_if_its_kind_can_be() {
    let delete = |own: Value| {
        let mut own = own;
        own["persistentVolumeReclaimPolicy"] = "Delete".into();
        let mut user = with(&[volume("v", own), claim("c", json!({}))]);
        assert_eq!(bindings(&mut user), "c Bound v; v Bound c");
        user.run("kubectl delete pvc c", "");
        rest(&mut user);
        user
    };
    assert_eq!(bindings(&mut delete(json!({"hostPath": {"path": "/tmp/v"}}))), "");
    let csi = json!({"hostPath": null, "csi": {"driver": "d.example.com", "volumeHandle": "h"}});
    assert_eq!(bindings(&mut delete(csi)), "v Released c");
    let nfs = json!({"hostPath": null, "nfs": {"server": "s", "path": "/"}});
    let no_plugin =
        "error getting deleter volume plugin for volume \"v\": no deletable volume plugin matched";
    let host = "host_path deleter only supports /tmp/.+ but received provided /data";
    for (own, why) in [(nfs, no_plugin), (json!({}), host)] {
        let mut user = delete(own);
        assert_eq!(bindings(&mut user), "v Failed c");
        assert_eq!(events(&mut user, "PersistentVolume"), [format!("Warning VolumeFailedDelete {why}")]);
        assert_eq!(user.run("kubectl get pv v -o jsonpath={.status.message}", ""), why);
    }
}

#[test]
fn a_claim_of_a_class_that_waits_names_the_pods_that_are_there() {
    let class = json!({"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": "manual"},
        "provisioner": "kubernetes.io/no-provisioner", "volumeBindingMode": "WaitForFirstConsumer"});
    let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": {
        "containers": [{"name": "c", "image": "nginx"}],
        "volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": "c"}}]}});
    let mut user = with(&[class.clone(), pod]);
    make(&mut user, &[claim("c", json!({}))]);
    let told = events(&mut user, "PersistentVolumeClaim");
    assert_eq!(told, ["Normal WaitForPodScheduled waiting for pod p to be scheduled"]);
    let mut user = with(&[class, claim("c", json!({}))]);
    let told = events(&mut user, "PersistentVolumeClaim");
    assert_eq!(told, ["Normal WaitForFirstConsumer waiting for first consumer to be created before binding"]);
}

#[test]
fn a_claim_that_lost_its_volume_says_so() {
    let mut user = with(&[volume("v", json!({})), claim("c", json!({}))]);
    user.run("kubectl delete pv v --wait=false", "");
    user.run("kubectl patch pv v -p '{\"metadata\":{\"finalizers\":null}}'", "");
    rest(&mut user);
    assert_eq!(bindings(&mut user), "c Lost v");
    assert_eq!(
        events(&mut user, "PersistentVolumeClaim"),
        ["Warning ClaimLost Bound claim has lost its PersistentVolume. Data on the volume is lost!"]
    );
}
