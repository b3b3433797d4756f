//! `kubectl explain`: the layout of `k8s.io/kubectl/pkg/explain/v2/templates/plaintext.tmpl`, as recorded in
//! tests/golden/scripts/kubectl/explain-*.json; the texts are this project's own.

use crate::user::User;

#[test]
fn a_kind_a_field_and_what_is_below_it() {
    let mut user = User::new();
    let set = user.run("kubectl explain sts", "");
    let head = "GROUP:      apps\nKIND:       StatefulSet\nVERSION:    v1\n\nDESCRIPTION:\n    ";
    assert!(set.starts_with(head), "{set}");
    assert!(set.contains("\n    \nFIELDS:\n  apiVersion\t<string>\n    "), "{set}");
    assert!(set.contains("\n\n  spec\t<StatefulSetSpec>\n    "), "{set}");
    let spec = user.run("kubectl explain statefulset.spec --recursive=false", "");
    let head = "VERSION:    v1\n\nFIELD: spec <StatefulSetSpec>\n\n\nDESCRIPTION:\n";
    assert!(spec.contains(head), "{spec}");
    assert!(
        spec.contains("\n  podManagementPolicy\t<string>\n  enum: OrderedReady, Parallel\n    "),
        "{spec}"
    );
    assert!(spec.contains("\n  selector\t<LabelSelector> -required-\n    "), "{spec}");
    assert!(spec.contains("\n  volumeClaimTemplates\t<[]PersistentVolumeClaim>\n    "), "{spec}");
    let is_text = |line: &&str| line.starts_with("    ") && !line.contains("https://");
    assert!(spec.lines().filter(is_text).all(|line| line.chars().count() <= 80), "{spec}");
    assert!(spec.contains("\n  serviceName\t<string>\n"), "{spec}");
    let policy = user.run("kubectl explain sts.spec.podManagementPolicy", "");
    let head =
        "FIELD: podManagementPolicy <string>\nENUM:\n    OrderedReady\n    Parallel\n\nDESCRIPTION:\n    ";
    assert!(policy.contains(head) && !policy.contains("FIELDS:"), "{policy}");
    assert!(user.run("kubectl explain pods", "").starts_with("KIND:       Pod\nVERSION:    v1\n\n"));
    let below = user.run("kubectl explain sts.spec.updateStrategy --recursive", "");
    let list = "FIELDS:\n  rollingUpdate\t<RollingUpdateStatefulSetStrategy>\n    maxUnavailable\t<IntOrString>\n    \
        partition\t<integer>\n  type\t<string>\n  enum: OnDelete, RollingUpdate\n\n";
    assert!(below.ends_with(list), "{below}");
}

#[test]
fn lists_are_gone_through_and_mistakes_are_told() {
    let mut user = User::new();
    let name = user.run("kubectl explain pod.spec.containers.ports.containerPort", "");
    assert!(name.contains("FIELD: containerPort <integer>\n"), "{name}");
    for (command, said) in [
        ("kubectl explain nope", "!the server doesn't have a resource type \"nope\"\n"),
        (
            "kubectl explain sts.spec.nope",
            "GROUP:      apps\nKIND:       StatefulSet\nVERSION:    v1\n\n!error: field \"nope\" does not exist\n",
        ),
        ("kubectl explain a b", "!error: We accept only this format: explain RESOURCE\n\n"),
    ] {
        assert_eq!(user.run(command, ""), said, "{command}");
    }
    let cron_job = user.run("kubectl explain cronjob.spec", "");
    assert!(cron_job.contains("  schedule\t<string> -required-\n"), "{cron_job}");
}

#[test]
fn the_former_layout_can_be_asked_for() {
    let mut user = User::new();
    let field = user.run("kubectl explain sts.spec.replicas -o plaintext-openapiv2", "");
    let head =
        "KIND:     StatefulSet\nVERSION:  apps/v1\n\nFIELD:    replicas <integer>\n\nDESCRIPTION:\n     ";
    assert!(field.starts_with(head) && !field.contains("FIELDS:"), "{field}");
    let spec = user.run("kubectl explain sts.spec --output=plaintext-openapiv2", "");
    assert!(
        spec.starts_with("KIND:     StatefulSet\nVERSION:  apps/v1\n\nRESOURCE: spec <Object>\n\n"),
        "{spec}"
    );
    assert!(spec.contains("\n   selector\t<Object> -required-\n     "), "{spec}");
    assert!(spec.contains("\n   volumeClaimTemplates\t<[]Object>\n"), "{spec}");
    assert!(
        spec.lines()
            .all(|line| line.chars().count() <= 80 || !line.contains(' ') || line.contains("https://"))
    );
    let all = user.run("kubectl explain sts.spec --recursive -o plaintext-openapiv2", "");
    assert!(
        all.contains(
            "\n   template\t<Object>\n      metadata\t<Object>\n         annotations\t<map[string]string>\n"
        ),
        "{all}"
    );
    assert_eq!(
        user.run("kubectl explain sts.nope -o plaintext-openapiv2", ""),
        "!error: field \"nope\" does not exist\n"
    );
}
