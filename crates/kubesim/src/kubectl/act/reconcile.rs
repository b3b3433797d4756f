//! `kubectl auth reconcile`: roles and bindings get what a file says, and lose nothing unless told. Models
//! `k8s.io/kubectl/pkg/cmd/auth/reconcile.go` and `k8s.io/component-helpers/auth/rbac/reconciliation`.

use super::documents::{self, Document};
use super::options::DryRun;
use super::printing::say;
use crate::api::read::{get, list};
use crate::api::{Key, Kind, Object};
use crate::apiserver::DeleteOptions;
use crate::apiserver::handlers::{self, Mode};
use crate::kubectl::auth::{Attributes, allows};
use crate::kubectl::{Failure, Invocation, Next};
use crate::process::Io;
use serde_json::{Value, json};
use std::rc::Rc;

/// Who opts out with this is left alone.
const AUTO_UPDATE: &str = "rbac.authorization.kubernetes.io/autoupdate";

/// `kubectl auth reconcile -f roles.yaml`
pub fn reconcile(inv: &Invocation, io: &mut Io) -> Result<Next, Failure> {
    if !inv.has("filename") {
        return Err(Failure::client("must specify one of -f and -k"));
    }
    if !inv.args.is_empty() {
        return Err(Failure::client("no arguments are allowed"));
    }
    let dry_run = DryRun::of(inv)?;
    if dry_run == DryRun::Server {
        return Err(Failure::client("--dry-run=server for command reconcile is not supported yet"));
    }
    let (documents, mut failures) = documents::read_all(inv)?;
    for document in &documents {
        let done = match document.kind {
            Kind::Role | Kind::ClusterRole => one(inv, io, document, dry_run, role),
            Kind::RoleBinding | Kind::ClusterRoleBinding => one(inv, io, document, dry_run, binding),
            _ => continue,
        };
        failures.extend(done.err());
    }
    Failure::all(failures)?;
    Next::OK
}

/// What is to become of an object that is there.
struct Plan {
    tree: Value,
    /// What the file has and the object lacks, and the other way round: as Go prints them.
    missing: Vec<String>,
    extra: Vec<String>,
    /// It has to be made anew.
    anew: bool,
}

fn one(
    inv: &Invocation,
    io: &mut Io,
    document: &Document,
    dry_run: DryRun,
    plan: fn(&Invocation, &Value, Option<&Value>) -> Plan,
) -> Result<(), Failure> {
    let (key, mode) = (document.key(), Mode { manager: "kubectl", ..Mode::PLAIN });
    let old = io.api.store().get(&key).cloned();
    let stored = old.as_ref().map(|object| object.to_value());
    let Plan { tree, missing, extra, anew } = plan(inv, &document.tree, stored.as_ref());
    let opted_out = stored
        .as_ref()
        .is_some_and(|tree| get(get(get(tree, "metadata"), "annotations"), AUTO_UPDATE) == "false");
    let removes = inv.is("remove-extra-permissions") || inv.is("remove-extra-subjects");
    let operation = match &stored {
        None => "create",
        Some(_) if anew => "recreate",
        Some(_) if !missing.is_empty() || removes && !extra.is_empty() => "update",
        Some(stored) if *stored != tree => "update",
        Some(_) => "",
    };
    let object = match (operation, old) {
        _ if dry_run != DryRun::No || opted_out => Rc::new(Object::from_value(key.kind, &tree)),
        ("", Some(old)) => old,
        ("update", Some(_)) => handlers::replace(io.api, &key, &tree, mode)?.object,
        (operation, _) => {
            if operation == "recreate" {
                handlers::delete(io.api, &key, DeleteOptions::default(), mode)?;
            }
            let namespace = Key::cluster(Kind::Namespace, &key.namespace);
            if key.kind.info().namespaced && io.api.store().get(&namespace).is_none() {
                let tree = json!({"metadata": {"name": &*key.namespace}});
                handlers::create(io.api, Kind::Namespace, &tree, mode)?;
            }
            handlers::create(io.api, key.kind, &tree, mode)?.object
        }
    };
    say(inv, io, &object, "reconciled", dry_run)?;
    if operation.is_empty() {
        return Ok(());
    }
    let caveat = if opted_out {
        ", but object opted out (rbac.authorization.kubernetes.io/autoupdate: false)"
    } else {
        ""
    };
    io.err(format!("\treconciliation required {operation}{caveat}\n"));
    let what = if matches!(key.kind, Kind::Role | Kind::ClusterRole) { "rules" } else { "subjects" };
    let mut told = |title: &str, all: &[String]| {
        if !all.is_empty() {
            let lines = all.iter().map(|text| format!("\t\t{text}\n"));
            io.err(format!("\t{title}:\n{}", lines.collect::<String>()));
        }
    };
    told(&format!("missing {what} added"), &missing);
    if removes {
        told(&format!("extra {what} removed"), &extra);
    }
    Ok(())
}

/// The object's labels and annotations with those of the file.
fn with_metadata(stored: &Value, wanted: &Value) -> Value {
    let mut tree = stored.clone();
    for field in ["labels", "annotations"] {
        for (name, value) in get(get(wanted, "metadata"), field).as_object().into_iter().flatten() {
            let kept = &mut tree["metadata"][field][name.as_str()];
            if kept.is_null() {
                *kept = value.clone();
            }
        }
    }
    tree
}

/// Models reconcile_role.go: computeReconciledRole.
fn role(inv: &Invocation, wanted: &Value, stored: Option<&Value>) -> Plan {
    let rules = list(wanted, "rules").to_vec();
    let Some(stored) = stored else {
        let missing = rules.iter().map(rule_text).collect();
        return Plan { tree: wanted.clone(), missing, extra: Vec::new(), anew: false };
    };
    let own = list(stored, "rules").to_vec();
    let (missing, extra) = (uncovered(&own, &rules), uncovered(&rules, &own));
    let mut tree = with_metadata(stored, wanted);
    if !extra.is_empty() && inv.is("remove-extra-permissions") {
        tree["rules"] = rules.into();
    } else if !missing.is_empty() {
        tree["rules"] = own.into_iter().chain(missing.iter().cloned()).collect::<Vec<Value>>().into();
    }
    Plan {
        tree,
        missing: missing.iter().map(rule_text).collect(),
        extra: extra.iter().map(rule_text).collect(),
        anew: false,
    }
}

/// Models reconcile_rolebindings.go: computeReconciledRoleBinding.
fn binding(inv: &Invocation, wanted: &Value, stored: Option<&Value>) -> Plan {
    let subjects = list(wanted, "subjects").to_vec();
    let Some(stored) = stored else {
        let missing = subjects.iter().map(subject_text).collect();
        return Plan { tree: wanted.clone(), missing, extra: Vec::new(), anew: false };
    };
    if get(stored, "roleRef") != get(wanted, "roleRef") {
        let missing = subjects.iter().map(subject_text).collect();
        return Plan { tree: wanted.clone(), missing, extra: Vec::new(), anew: true };
    }
    let own = list(stored, "subjects").to_vec();
    let lacks = |all: &[Value], others: &[Value]| -> Vec<Value> {
        others
            .iter()
            .filter(|other| all.iter().all(|one| subject_text(one) != subject_text(other)))
            .cloned()
            .collect()
    };
    let (missing, extra) = (lacks(&own, &subjects), lacks(&subjects, &own));
    let mut tree = with_metadata(stored, wanted);
    if !extra.is_empty() && inv.is("remove-extra-subjects") {
        tree["subjects"] = subjects.into();
    } else if !missing.is_empty() {
        tree["subjects"] = own.into_iter().chain(missing.iter().cloned()).collect::<Vec<Value>>().into();
    }
    Plan {
        tree,
        missing: missing.iter().map(subject_text).collect(),
        extra: extra.iter().map(subject_text).collect(),
        anew: false,
    }
}

/// What the second rules allow and the first do not, taken apart. Models `validation.Covers`.
fn uncovered(owned: &[Value], asked: &[Value]) -> Vec<Value> {
    let texts = |rule: &Value, field: &str| -> Vec<String> {
        list(rule, field).iter().filter_map(Value::as_str).map(String::from).collect()
    };
    let mut found = Vec::new();
    for rule in asked {
        let names = match texts(rule, "resourceNames") {
            names if names.is_empty() => vec![String::new()],
            names => names,
        };
        for verb in texts(rule, "verbs") {
            for path in texts(rule, "nonResourceURLs") {
                let asked = Attributes { verb: &verb, group: "", resource: "", name: "", path: &path };
                if !owned.iter().any(|own| allows(own, &asked)) {
                    found.push(json!({"nonResourceURLs": [path], "verbs": [verb]}));
                }
            }
            for group in texts(rule, "apiGroups") {
                for resource in texts(rule, "resources") {
                    for name in &names {
                        let asked =
                            Attributes { verb: &verb, group: &group, resource: &resource, name, path: "" };
                        if owned.iter().any(|own| allows(own, &asked)) {
                            continue;
                        }
                        let mut one = json!({"apiGroups": [group], "resources": [resource], "verbs": [verb]});
                        if !name.is_empty() {
                            one["resourceNames"] = json!([name]);
                        }
                        found.push(one);
                    }
                }
            }
        }
    }
    found
}

/// As Go's `%+v` prints a rule.
fn rule_text(rule: &Value) -> String {
    let fields = [
        ("Verbs", "verbs"),
        ("APIGroups", "apiGroups"),
        ("Resources", "resources"),
        ("ResourceNames", "resourceNames"),
        ("NonResourceURLs", "nonResourceURLs"),
    ];
    let shown = fields.map(|(name, field)| {
        let texts: Vec<&str> = list(rule, field).iter().filter_map(Value::as_str).collect();
        format!("{name}:[{}]", texts.join(" "))
    });
    format!("{{{}}}", shown.join(" "))
}

/// As Go's `%+v` prints a subject.
fn subject_text(subject: &Value) -> String {
    let text = |field: &str| get(subject, field).as_str().unwrap_or_default().to_string();
    let group = match (&*text("kind"), text("apiGroup")) {
        ("User" | "Group", group) if group.is_empty() => "rbac.authorization.k8s.io".to_string(),
        (_, group) => group,
    };
    format!(
        "{{Kind:{} APIGroup:{group} Name:{} Namespace:{}}}",
        text("kind"),
        text("name"),
        text("namespace")
    )
}
