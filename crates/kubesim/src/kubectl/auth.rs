//! `kubectl auth can-i` and `auth whoami`: what the roles of the cluster let somebody do. Nothing else here asks for permission.
//! Models `k8s.io/kubectl/pkg/cmd/auth` and `plugin/pkg/auth/authorizer/rbac/rbac.go`.

use super::api_resource::resources;
use super::output::{Output, row};
use super::resource::kind;
use super::table::TabWriter;
use super::{Failure, Invocation, Next};
use crate::api::read::{get, list};
use crate::api::{Body, Key, Kind, Object};
use crate::apiserver::Store;
use crate::config::{GROUPS, USER};
use crate::process::Io;
use serde_json::{Value, json};

/// How the names of service accounts begin.
const ACCOUNT: &str = "system:serviceaccount:";
/// The verbs of resources that are known, and those of paths (cani.go).
const RESOURCE_VERBS: &str = "get list watch create update patch delete deletecollection use bind impersonate * approve sign \
    escalate attest";
const PATH_VERBS: &str = "get put post head options delete patch *";

/// Who asks.
struct User {
    name: String,
    groups: Vec<String>,
}

impl User {
    /// The user, or whom `--as` names. Models `impersonation.go`: who is somebody is authenticated.
    fn of(inv: &Invocation) -> Result<User, Failure> {
        let mut groups: Vec<String> = inv.list("as-group").to_vec();
        let Some(name) = inv.get("as").filter(|name| !name.is_empty()) else {
            if !groups.is_empty() {
                return Err(Failure::client(
                    "requesting uid, groups or user-extra without impersonating a user",
                ));
            }
            return Ok(User { name: USER.into(), groups: GROUPS.map(String::from).into() });
        };
        if let (Some((namespace, _)), true) =
            (name.strip_prefix(ACCOUNT).and_then(|rest| rest.split_once(':')), groups.is_empty())
        {
            groups = vec!["system:serviceaccounts".into(), ["system:serviceaccounts:", namespace].concat()];
        }
        if name != "system:anonymous" && !groups.iter().any(|group| group == "system:authenticated") {
            groups.push("system:authenticated".into());
        }
        Ok(User { name: name.into(), groups })
    }

    /// Whether a binding is about them. Models `appliesToUser`.
    fn is(&self, subject: &Value, namespace: &str) -> bool {
        let name = get(subject, "name").as_str().unwrap_or_default();
        match get(subject, "kind").as_str() {
            Some("User") => self.name == name,
            Some("Group") => self.groups.iter().any(|group| group == name),
            Some("ServiceAccount") => {
                let own =
                    get(subject, "namespace").as_str().filter(|own| !own.is_empty()).unwrap_or(namespace);
                self.name == [ACCOUNT, own, ":", name].concat()
            }
            _ => false,
        }
    }

    /// The rules that hold for them: of the cluster's bindings, and of those of a namespace. Models `VisitRulesFor`.
    fn rules(&self, store: &Store, namespace: &str) -> Vec<Value> {
        // No object of a namespace has an empty one.
        let mut rules = Vec::new();
        for binding in store.list(Kind::ClusterRoleBinding).chain(store.list_in(Kind::RoleBinding, namespace))
        {
            let Body::Other(tree) = &binding.body else { continue };
            if !list(tree, "subjects").iter().any(|subject| self.is(subject, &binding.meta.namespace)) {
                continue;
            }
            let of = get(tree, "roleRef");
            let name = get(of, "name").as_str().unwrap_or_default();
            let key = match get(of, "kind").as_str() {
                Some("Role") => Key::new(Kind::Role, namespace, name),
                _ => Key::cluster(Kind::ClusterRole, name),
            };
            rules.extend(store.get(&key).map(|role| rules_of(role)).unwrap_or_default());
        }
        rules
    }
}

/// The rules of a role.
pub(super) fn rules_of(role: &Object) -> Vec<Value> {
    let Body::Other(tree) = &role.body else { return Vec::new() };
    list(tree, "rules").to_vec()
}

/// What somebody wants to do: with a resource, or at a path.
pub(super) struct Attributes<'a> {
    pub verb: &'a str,
    pub group: &'a str,
    /// With its subresource, if there is one: `pods/log`.
    pub resource: &'a str,
    pub name: &'a str,
    pub path: &'a str,
}

/// Whether a rule lets somebody do that. Models `RuleAllows`.
pub(super) fn allows(rule: &Value, asked: &Attributes) -> bool {
    let has = |field: &str, is: &dyn Fn(&str) -> bool| {
        list(rule, field).iter().filter_map(Value::as_str).any(|text| text == "*" || is(text))
    };
    if !has("verbs", &|verb| verb == asked.verb) {
        return false;
    }
    if !asked.path.is_empty() {
        let prefix = |path: &str| path.strip_suffix('*').is_some_and(|start| asked.path.starts_with(start));
        return has("nonResourceURLs", &|path| path == asked.path || prefix(path));
    }
    let (_, subresource) = asked.resource.split_once('/').unwrap_or((asked.resource, ""));
    let every = |text: &str| !subresource.is_empty() && text.strip_prefix("*/") == Some(subresource);
    let names = list(rule, "resourceNames");
    has("apiGroups", &|group| group == asked.group)
        && has("resources", &|text| text == asked.resource || every(text))
        && (names.is_empty() || names.iter().any(|name| name == asked.name))
}

/// `kubectl auth can-i list pods --as=system:serviceaccount:dev:foo`
pub fn can_i(inv: &Invocation, io: &mut Io) -> Result<Next, Failure> {
    let user = User::of(inv)?;
    if inv.is("list") {
        return access_list(inv, io, &user);
    }
    let [verb, what] = &inv.args[..] else {
        return Err(Failure::client(
            "you must specify two arguments: verb resource or verb resource/resourceName.\nSee 'kubectl auth can-i -h' for \
             help and examples.",
        ));
    };
    let warn = |io: &mut Io, why: String| io.err(format!("Warning: {why}\n\n"));
    let subresource = inv.text("subresource");
    let (mut group, mut resource, mut name, mut path) = (String::new(), String::new(), "", "");
    if what.starts_with('/') {
        path = what;
        if !subresource.is_empty() {
            return Err(Failure::client("--subresource can not be used with NonResourceURL"));
        }
        if !PATH_VERBS.split(' ').any(|known| known == verb) {
            warn(io, format!("verb '{verb}' is not a known verb"));
        }
    } else {
        let (word, of) = what.split_once('/').unwrap_or((what, ""));
        name = of;
        let found = found(word);
        let every = inv.is("all-namespaces");
        match &found {
            Some((of, plural, namespaced)) => {
                (group, resource) = (of.clone(), plural.clone());
                if !namespaced && !every {
                    let of_group = if of.is_empty() { String::new() } else { format!(" in group '{of}'") };
                    warn(io, format!("resource '{plural}' is not namespace scoped{of_group}"));
                }
            }
            None => {
                resource = word.to_string();
                let (plural, of) = word.split_once('.').map_or((word, String::new()), |(plural, group)| {
                    (plural, format!(" in group '{group}'"))
                });
                if !matches!(word, "users" | "groups") {
                    warn(io, format!("the server doesn't have a resource type '{plural}'{of}"));
                }
            }
        }
        if !every && !RESOURCE_VERBS.split(' ').any(|known| known == verb) {
            warn(io, format!("verb '{verb}' is not a known verb"));
        }
        if !subresource.is_empty() {
            resource = [&resource, "/", subresource].concat();
        }
    }
    if inv.is("no-headers") {
        return Err(Failure::client("--no-headers cannot be set without --list specified"));
    }
    let namespace = if inv.is("all-namespaces") { "" } else { inv.namespace() };
    let asked = Attributes { verb, group: &group, resource: &resource, name, path };
    let is_allowed = user.groups.iter().any(|group| group == "system:masters")
        || user.rules(io.api.store(), namespace).iter().any(|rule| allows(rule, &asked));
    if !inv.is("quiet") {
        io.out(if is_allowed { "yes\n" } else { "no\n" });
    }
    Ok(Next::Done(if is_allowed { 0 } else { 1 }))
}

/// A resource by the word that names it: its group, its plural, whether it is in namespaces.
fn found(word: &str) -> Option<(String, String, bool)> {
    if word == "*" {
        return Some((String::new(), "*".into(), true));
    }
    let word = word.to_ascii_lowercase();
    if let Ok(kind) = kind(&word) {
        let info = kind.info();
        return Some((info.group.into(), info.plural.into(), info.namespaced));
    }
    let (plural, group) = word.split_once('.').unwrap_or((&word, ""));
    let other = resources().find(|r| {
        (r.plural == plural || r.kind.eq_ignore_ascii_case(plural)) && (group.is_empty() || r.group == group)
    })?;
    Some((other.group.into(), other.plural.into(), other.namespaced))
}

/// A rule for one thing: a group, a resource, a name; or a path.
#[derive(PartialEq)]
struct Simple {
    group: String,
    resource: String,
    names: Vec<String>,
    path: String,
    verbs: Vec<String>,
}

impl Simple {
    /// As Go prints the rule: by this text rules are sorted (`SortableRuleSlice`).
    fn text(&self) -> String {
        let list = |text: &str| if text.is_empty() { "[]".to_string() } else { format!("[{text}]") };
        let (verbs, names) = (self.verbs.join(" "), self.names.join(" "));
        format!(
            "Verbs:[{verbs}],APIGroups:{},Resources:{},ResourceNames:[{names}],NonResourceURLs:{},",
            list(&self.group),
            list(&self.resource),
            list(&self.path)
        )
    }

    /// Models `CombineResourceGroup`.
    fn shown(&self) -> String {
        let (resource, subresource) = self.resource.split_once('/').unwrap_or((&self.resource, ""));
        let dot = if self.group.is_empty() { "" } else { "." };
        let slash = if subresource.is_empty() { "" } else { "/" };
        [resource, dot, &self.group, slash, subresource].concat()
    }
}

/// Rules taken apart, those for the same thing together. Models `BreakdownRule` and `CompactRules`.
fn simple(rules: &[Value]) -> Vec<Simple> {
    let texts = |rule: &Value, field: &str| -> Vec<String> {
        list(rule, field).iter().filter_map(Value::as_str).map(String::from).collect()
    };
    let mut all: Vec<Simple> = Vec::new();
    for rule in rules {
        let (verbs, names) = (texts(rule, "verbs"), texts(rule, "resourceNames"));
        for path in texts(rule, "nonResourceURLs") {
            all.push(Simple {
                group: "".into(),
                resource: "".into(),
                names: vec![],
                path,
                verbs: verbs.clone(),
            });
        }
        for group in texts(rule, "apiGroups") {
            for resource in texts(rule, "resources") {
                let same = |s: &&mut Simple| {
                    s.path.is_empty() && s.group == group && s.resource == resource && s.names == names
                };
                match all.iter_mut().find(same) {
                    Some(known) => {
                        let new = verbs.iter().filter(|verb| !known.verbs.contains(verb));
                        let new: Vec<String> = new.cloned().collect();
                        known.verbs.extend(new);
                    }
                    None => all.push(Simple {
                        group: group.clone(),
                        resource: resource.clone(),
                        names: names.clone(),
                        path: String::new(),
                        verbs: verbs.clone(),
                    }),
                }
            }
        }
    }
    collections::sort_by_key(&mut all, Simple::text);
    all.dedup();
    all
}

/// `kubectl auth can-i --list`
fn access_list(inv: &Invocation, io: &mut Io, user: &User) -> Result<Next, Failure> {
    if !inv.args.is_empty() {
        return Err(Failure::client("list option must be specified with no arguments"));
    }
    if inv.is("quiet") || inv.is("all-namespaces") || inv.has("subresource") {
        return Err(Failure::client(
            "list option can't be specified with neither quiet, all-namespaces nor subresource options",
        ));
    }
    let mut text = String::new();
    if !inv.is("no-headers") {
        text = row(["Resources", "Non-Resource URLs", "Resource Names", "Verbs"].into_iter());
    }
    for rule in simple(&user.rules(io.api.store(), inv.namespace())) {
        let list = |texts: &[String]| format!("[{}]", texts.join(" "));
        let (path, names, verbs) = (format!("[{}]", rule.path), list(&rule.names), list(&rule.verbs));
        text.push_str(&row([&*rule.shown(), &path, &names, &verbs].into_iter()));
    }
    io.out(TabWriter::table().align(&text));
    Next::OK
}

/// `kubectl auth whoami`
pub fn whoami(inv: &Invocation, io: &mut Io) -> Result<Next, Failure> {
    if let Some(word) = inv.args.first() {
        return Err(inv.usage(format!("unknown command {word:?} for \"kubectl auth whoami\"")));
    }
    let user = User::of(inv)?;
    let text = match Output::of(inv)? {
        Output::Table { .. } => {
            let groups = format!("[{}]", user.groups.join(" "));
            let rows = [["ATTRIBUTE", "VALUE"], ["Username", &user.name], ["Groups", &groups]];
            TabWriter::table().align(&rows.iter().map(|cells| row(cells.iter().copied())).collect::<String>())
        }
        output => output.print_tree(
            &json!({"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview",
            "metadata": {"creationTimestamp": io.api.now.rfc3339()},
            "status": {"userInfo": {"username": user.name, "groups": user.groups}}}),
        )?,
    };
    io.out(text);
    Next::OK
}
