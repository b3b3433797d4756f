//! `kubectl config`: the kubeconfig file, which is a record in the store, so that every moment has its own. Models
//! `k8s.io/kubectl/pkg/cmd/config` and client-go's `tools/clientcmd`.

use super::flags::parse_bool;
use super::output::{Output, row};
use super::table::TabWriter;
use super::{Failure, Invocation, Next, Verb, cluster, info};
use crate::api::{Body, Key, Kind, Object, ObjectMeta};
use crate::apiserver::Store;
use crate::process::Io;
use serde_json::{Map, Value, json};
use std::rc::Rc;
use yaml::base64;

/// The verbs.
pub const VERBS: &[Verb] = &[
    Verb {
        name: "config",
        flags: "",
        help: "Modify kubeconfig files using subcommands like \"kubectl config set current-context my-context\".\n\n\
               Available Commands:\n  current-context   Display the current-context\n  delete-cluster    Delete the \
               specified cluster from the kubeconfig\n  delete-context    Delete the specified context from the \
               kubeconfig\n  delete-user       Delete the specified user from the kubeconfig\n  get-clusters      Display \
               clusters defined in the kubeconfig\n  get-contexts      Describe one or many contexts\n  get-users         \
               Display users defined in the kubeconfig\n  rename-context    Rename a context from the kubeconfig file\n  \
               set               Set an individual value in a kubeconfig file\n  set-cluster       Set a cluster entry \
               in kubeconfig\n  set-context       Set a context entry in kubeconfig\n  set-credentials   Set a user \
               entry in kubeconfig\n  unset             Unset an individual value in a kubeconfig file\n  use-context       \
               Set the current-context in a kubeconfig file\n  view              Display merged kubeconfig settings or \
               a specified kubeconfig file\n\nUsage:\n  kubectl config SUBCOMMAND [options]",
        run: info::parent,
    },
    Verb {
        name: "config current-context",
        flags: "",
        help: "Display the current-context.",
        run: current_context,
    },
    Verb {
        name: "config get-contexts",
        flags: "no-headers? o:output",
        help: "Display one or many contexts from the kubeconfig file.",
        run: get_contexts,
    },
    Verb {
        name: "config get-clusters",
        flags: "",
        help: "Display clusters defined in the kubeconfig.",
        run: get_names,
    },
    Verb {
        name: "config get-users",
        flags: "",
        help: "Display users defined in the kubeconfig.",
        run: get_names,
    },
    Verb {
        name: "config set-context",
        flags: "current?",
        help: "Set a context entry in kubeconfig.\n\n Specifying a name that already exists will merge new fields on top of \
               existing values for those fields.\n\nUsage:\n  kubectl config set-context [NAME | --current] \
               [--cluster=cluster_nickname] [--user=user_nickname] [--namespace=namespace] [options]",
        run: set_context,
    },
    Verb {
        name: "config set-cluster",
        flags: "proxy-url embed-certs?",
        help: "Set a cluster entry in kubeconfig.\n\nUsage:\n  kubectl config set-cluster NAME [--server=server] [options]",
        run: set_entry,
    },
    Verb {
        name: "config set-credentials",
        flags: "embed-certs?",
        help: "Set a user entry in kubeconfig.\n\nUsage:\n  kubectl config set-credentials NAME [--token=bearer_token] \
               [--username=basic_user] [--password=basic_password] [options]",
        run: set_entry,
    },
    Verb {
        name: "config use-context",
        flags: "",
        help: "Set the current-context in a kubeconfig file.\n\nUsage:\n  kubectl config use-context CONTEXT_NAME [options]",
        run: use_context,
    },
    Verb {
        name: "config rename-context",
        flags: "",
        help: "Renames a context from the kubeconfig file.\n\nUsage:\n  kubectl config rename-context CONTEXT_NAME \
               NEW_NAME [options]",
        run: rename_context,
    },
    Verb {
        name: "config delete-context",
        flags: "",
        help: "Delete the specified context from the kubeconfig.",
        run: delete_entry,
    },
    Verb {
        name: "config delete-cluster",
        flags: "",
        help: "Delete the specified cluster from the kubeconfig.",
        run: delete_entry,
    },
    Verb {
        name: "config delete-user",
        flags: "",
        help: "Delete the specified user from the kubeconfig.",
        run: delete_entry,
    },
    Verb {
        name: "config set",
        flags: "set-raw-bytes?",
        help: "Set an individual value in a kubeconfig file.\n\n PROPERTY_NAME is a dot delimited name where each token \
               represents either an attribute name or a map key.\n\nUsage:\n  kubectl config set PROPERTY_NAME \
               PROPERTY_VALUE [options]",
        run: set_property,
    },
    Verb {
        name: "config unset",
        flags: "",
        help: "Unset an individual value in a kubeconfig file.\n\nUsage:\n  kubectl config unset PROPERTY_NAME [options]",
        run: set_property,
    },
    Verb {
        name: "config view",
        flags: "allow-missing-template-keys? flatten? merge? minify? o:output raw? show-managed-fields? template",
        help: "Display merged kubeconfig settings or a specified kubeconfig file.",
        run: view,
    },
];

/// The only context of the kubeconfig file at first, as kubeadm names it.
const CONTEXT: &str = "kubernetes-admin@kubernetes";
/// The file, as kubectl names it.
const FILE: &str = "/home/.kube/config";

fn key() -> Key {
    Key::cluster(Kind::Kubeconfig, "config")
}

/// The kubeconfig.
fn load(store: &Store) -> Value {
    if let Some(object) = store.get(&key())
        && let Body::Other(tree) = &object.body
    {
        return (**tree).clone();
    }
    // There is nothing to encrypt: what stands in the place of certificates and of the key says so.
    let simulated = |what: &str| {
        base64::encode(format!("-----BEGIN {what}-----\nsimulated\n-----END {what}-----\n").as_bytes())
    };
    let (certificate, key) = (simulated("CERTIFICATE"), simulated("RSA PRIVATE KEY"));
    json!({
        "apiVersion": "v1", "kind": "Config", "current-context": CONTEXT,
        "clusters": [{"name": "kubernetes",
            "cluster": {"certificate-authority-data": certificate, "server": cluster::server(store)}}],
        "contexts": [{"name": CONTEXT, "context": {"cluster": "kubernetes", "user": "kubernetes-admin"}}],
        "users": [{"name": "kubernetes-admin",
            "user": {"client-certificate-data": certificate, "client-key-data": key}}],
    })
}

fn save(io: &mut Io, tree: Value) {
    let object = Object::new(Kind::Kubeconfig, ObjectMeta::named("", "config"), Body::Other(Rc::new(tree)));
    io.api.put_internal(key(), Some(object));
}

/// A list of the file, and what its entries hold: `contexts`, `context`.
type List = (&'static str, &'static str);
const CONTEXTS: List = ("contexts", "context");
const CLUSTERS: List = ("clusters", "cluster");
const USERS: List = ("users", "user");

/// The entry of this name.
fn entry<'a>(tree: &'a Value, (list, field): List, name: &str) -> Option<&'a Value> {
    tree[list].as_array()?.iter().find(|entry| entry["name"] == name).map(|entry| &entry[field])
}

/// The entry of this name, which is made if it is not there.
fn entry_mut<'a>(tree: &'a mut Value, (list, field): List, name: &str) -> &'a mut Value {
    if !tree[list].is_array() {
        tree[list] = json!([]);
    }
    let entries = tree[list].as_array_mut().expect("it is a list by now");
    let at = entries.iter().position(|entry| entry["name"] == name).unwrap_or_else(|| {
        let at = entries.iter().take_while(|entry| entry["name"].as_str() < Some(name)).count();
        entries.insert(at, json!({"name": name, field: {}}));
        at
    });
    &mut entries[at][field]
}

fn names(tree: &Value, (list, _): List) -> Vec<String> {
    let entries = tree[list].as_array().into_iter().flatten();
    let mut names: Vec<String> =
        entries.filter_map(|entry| entry["name"].as_str().map(String::from)).collect();
    collections::sort(&mut names);
    names
}

/// The namespace of the context that is used; none if it names none. Errors: the command line names what the kubeconfig hasn't.
pub(super) fn namespace(inv: &Invocation, store: &Store) -> Result<Option<String>, Failure> {
    // Some verbs have a `--user` of their own.
    let names_user = inv.has("user") && !inv.verb.flags.contains("user+");
    let given = inv.has("context") || inv.has("cluster") || names_user;
    if (store.get(&key()).is_none() && !given) || inv.verb.name.starts_with("config") {
        return Ok(None);
    }
    let tree = load(store);
    for (flag, list, what) in [("cluster", CLUSTERS, "cluster"), ("user", USERS, "auth info")] {
        if let Some(name) = inv.get(flag).filter(|_| flag != "user" || names_user)
            && entry(&tree, list, name).is_none()
        {
            return Err(Failure::client(format!("{what} {name:?} does not exist")));
        }
    }
    let name = inv.get("context").or(tree["current-context"].as_str()).unwrap_or_default();
    let Some(context) = entry(&tree, CONTEXTS, name) else {
        return match inv.get("context") {
            Some(name) => Err(Failure::client(format!("context {name:?} does not exist"))),
            None => Ok(None),
        };
    };
    let cluster = inv.get("cluster").or(context["cluster"].as_str()).unwrap_or_default();
    if entry(&tree, CLUSTERS, cluster).is_none() && !inv.has("server") {
        return Err(Failure::Plain(
            "The connection to the server localhost:8080 was refused - did you specify the right host or port?".into(),
        ));
    }
    Ok(context["namespace"].as_str().filter(|name| !name.is_empty()).map(String::from))
}

fn say(io: &mut Io, text: &str) -> Result<Next, Failure> {
    io.out(text);
    Next::OK
}

/// A number of arguments that the verb does not take: its help, and what was wrong. Models config.go: helpErrorf.
fn unexpected(inv: &Invocation) -> Failure {
    let why = Failure::client(format!("Unexpected args: [{}]", inv.args.join(" ")));
    Failure::Printed(super::help(inv.verb), Box::new(why))
}

/// The one argument. Errors: there are more, or none, or it is empty.
fn one_argument<'a>(inv: &'a Invocation, empty: &str) -> Result<&'a str, Failure> {
    match &inv.args[..] {
        [name] if name.is_empty() => Err(Failure::client(empty)),
        [name] => Ok(name),
        _ => Err(unexpected(inv)),
    }
}

fn current_context(_: &Invocation, io: &mut Io) -> Result<Next, Failure> {
    match load(io.api.store())["current-context"].as_str() {
        None | Some("") => Err(Failure::client("current-context is not set")),
        Some(name) => say(io, &format!("{name}\n")),
    }
}

fn get_contexts(inv: &Invocation, io: &mut Io) -> Result<Next, Failure> {
    let tree = load(io.api.store());
    if !matches!(inv.text("output"), "" | "name") {
        let output = inv.text("output");
        return Err(Failure::client(format!(
            "--output {output} is not available in kubectl config get-contexts; resetting to default output format"
        )));
    }
    let only_names = inv.text("output") == "name";
    let (mut wanted, mut failures) = (names(&tree, CONTEXTS), Vec::new());
    if !inv.args.is_empty() {
        let (known, unknown): (Vec<String>, Vec<String>) =
            inv.args.iter().cloned().partition(|name| wanted.contains(name));
        failures.extend(unknown.iter().map(|name| Failure::client(format!("context {name} not found"))));
        wanted = known;
        collections::sort(&mut wanted);
    }
    let mut text = String::new();
    if !only_names && !inv.is("no-headers") {
        text = row(["CURRENT", "NAME", "CLUSTER", "AUTHINFO", "NAMESPACE"].into_iter());
    }
    for name in &wanted {
        if only_names {
            text.push_str(&format!("{name}\n"));
            continue;
        }
        let context = entry(&tree, CONTEXTS, name).unwrap_or(&Value::Null);
        let field = |field: &str| context[field].as_str().unwrap_or_default();
        let current = if tree["current-context"] == name.as_str() { "*" } else { " " };
        text.push_str(&row([current, name, field("cluster"), field("user"), field("namespace")].into_iter()));
    }
    io.out(if only_names { text } else { TabWriter::table().align(&text) });
    Failure::all(failures)?;
    Next::OK
}

fn get_names(inv: &Invocation, io: &mut Io) -> Result<Next, Failure> {
    let list = if inv.verb.name.ends_with("clusters") { CLUSTERS } else { USERS };
    let names = names(&load(io.api.store()), list);
    say(io, &format!("NAME\n{}", names.iter().map(|name| format!("{name}\n")).collect::<String>()))
}

fn set_context(inv: &Invocation, io: &mut Io) -> Result<Next, Failure> {
    let mut tree = load(io.api.store());
    let current = tree["current-context"].as_str().unwrap_or_default().to_string();
    let name = match (&inv.args[..], inv.is("current")) {
        ([], true) if current.is_empty() => return Err(Failure::client("no current context is set")),
        ([], true) => current,
        ([], false) => {
            return Err(Failure::client("you must specify a non-empty context name or --current"));
        }
        ([_], true) => return Err(Failure::client("you cannot specify both a context name and --current")),
        ([name], false) => name.clone(),
        _ => return Err(unexpected(inv)),
    };
    let exists = entry(&tree, CONTEXTS, &name).is_some();
    let context = entry_mut(&mut tree, CONTEXTS, &name);
    for field in ["cluster", "user", "namespace"].into_iter().filter(|field| inv.has(field)) {
        put(context, field, inv.text(field));
    }
    save(io, tree);
    say(io, &format!("Context {name:?} {}.\n", if exists { "modified" } else { "created" }))
}

/// Gives a field a text; an empty one takes it away.
fn put(entry: &mut Value, field: &str, text: &str) {
    match text {
        "" => entry.as_object_mut().into_iter().for_each(|fields| drop(fields.remove(field))),
        text => entry[field] = text.into(),
    }
}

/// `set-cluster` and `set-credentials`
fn set_entry(inv: &Invocation, io: &mut Io) -> Result<Next, Failure> {
    let of_cluster = inv.verb.name.ends_with("cluster");
    let what = if of_cluster { "cluster" } else { "user" };
    let name = one_argument(inv, &format!("you must specify a non-empty {what} name"))?;
    let files: &[&str] =
        if of_cluster { &["certificate-authority"] } else { &["client-certificate", "client-key"] };
    if of_cluster && inv.is("insecure-skip-tls-verify") && !inv.text("certificate-authority").is_empty() {
        return Err(Failure::client(
            "you cannot specify a certificate authority and insecure mode at the same time",
        ));
    }
    let is_given = |flag| !inv.text(flag).is_empty();
    let (has_token, has_password) = (is_given("token"), is_given("username") || is_given("password"));
    if !of_cluster && has_token && has_password {
        return Err(Failure::client(
            "you cannot specify more than one authentication method at the same time: --token, --username/--password",
        ));
    }
    if inv.is("embed-certs") {
        let mut named = files.iter().filter(|flag| !inv.text(flag).is_empty()).peekable();
        if named.peek().is_none() {
            let flags: Vec<String> = files.iter().map(|flag| format!("--{flag}")).collect();
            return Err(Failure::client(format!("you must specify a {} to embed", flags.join(" or "))));
        }
        for flag in named {
            let path = inv.text(flag);
            encoded_file(inv, path, &format!("could not stat {flag} file {path}: stat {path}"))?;
        }
    }
    let mut tree = load(io.api.store());
    let entry = entry_mut(&mut tree, if of_cluster { CLUSTERS } else { USERS }, name);
    if of_cluster && inv.has("server") {
        put(entry, "tls-server-name", "");
    }
    let texts: &[&str] = match of_cluster {
        true => &["server", "tls-server-name", "proxy-url"],
        false => &["token", "username", "password"],
    };
    for field in texts.iter().filter(|field| inv.has(field)) {
        put(entry, field, inv.text(field));
    }
    if of_cluster {
        // The flag counts as given even when it is not (`Tristate.Default`).
        put(entry, "insecure-skip-tls-verify", "");
        if inv.is("insecure-skip-tls-verify") {
            entry["insecure-skip-tls-verify"] = true.into();
            put(entry, "certificate-authority", "");
            put(entry, "certificate-authority-data", "");
        }
    } else if has_token || has_password {
        // One way to say who one is takes the place of the other.
        let others: &[&str] = if has_token { &["username", "password"] } else { &["token"] };
        others.iter().for_each(|field| put(entry, field, ""));
    }
    for flag in files.iter().filter(|flag| inv.has(flag)) {
        set_file(inv, entry, flag)?;
    }
    save(io, tree);
    say(io, &format!("{} {name:?} set.\n", if of_cluster { "Cluster" } else { "User" }))
}

/// Names a file with a certificate or a key in an entry, or puts in what it holds (`--embed-certs`).
fn set_file(inv: &Invocation, entry: &mut Value, flag: &str) -> Result<(), Failure> {
    let (path, data) = (inv.text(flag), [flag, "-data"].concat());
    if inv.is("embed-certs") && !path.is_empty() {
        entry[&data] = encoded_file(inv, path, &format!("open {path}"))?.into();
        put(entry, flag, "");
    } else {
        let absolute = inv.disk.as_ref().map_or_else(|| path.to_string(), |disk| disk.absolute(path));
        put(entry, flag, if path.is_empty() { "" } else { &absolute });
        if !path.is_empty() {
            put(entry, &data, "");
        }
    }
    if flag == "certificate-authority" && !path.is_empty() {
        put(entry, "insecure-skip-tls-verify", "");
    }
    Ok(())
}

fn use_context(inv: &Invocation, io: &mut Io) -> Result<Next, Failure> {
    let name = one_argument(inv, "empty context names are not allowed")?;
    let mut tree = load(io.api.store());
    if entry(&tree, CONTEXTS, name).is_none() {
        return Err(Failure::client(format!("no context exists with the name: {name:?}")));
    }
    tree["current-context"] = name.into();
    save(io, tree);
    say(io, &format!("Switched to context {name:?}.\n"))
}

fn rename_context(inv: &Invocation, io: &mut Io) -> Result<Next, Failure> {
    let [old, new] = &inv.args[..] else { return Err(unexpected(inv)) };
    let mut tree = load(io.api.store());
    let Some(context) = entry(&tree, CONTEXTS, old).cloned() else {
        return Err(Failure::client(format!("cannot rename the context {old:?}, it's not in {FILE}")));
    };
    if entry(&tree, CONTEXTS, new).is_some() {
        return Err(Failure::client(format!(
            "cannot rename the context {old:?}, the context {new:?} already exists in {FILE}"
        )));
    }
    remove(&mut tree, CONTEXTS, old);
    *entry_mut(&mut tree, CONTEXTS, new) = context;
    if tree["current-context"] == old.as_str() {
        tree["current-context"] = new.as_str().into();
    }
    save(io, tree);
    say(io, &format!("Context {old:?} renamed to {new:?}.\n"))
}

fn remove(tree: &mut Value, (list, _): List, name: &str) {
    let entries = tree[list].as_array_mut();
    entries.into_iter().for_each(|entries| entries.retain(|entry| entry["name"] != name));
}

fn delete_entry(inv: &Invocation, io: &mut Io) -> Result<Next, Failure> {
    let (list, what) = match inv.verb.name.rsplit('-').next() {
        Some("context") => (CONTEXTS, "context"),
        Some("cluster") => (CLUSTERS, "cluster"),
        _ => (USERS, "user"),
    };
    let name = match &inv.args[..] {
        [name] => name,
        _ if what == "user" => return Err(inv.usage("user to delete is required")),
        _ => return say(io, &super::help(inv.verb)),
    };
    let mut tree = load(io.api.store());
    if entry(&tree, list, name).is_none() {
        return Err(Failure::client(format!("cannot delete {what} {name}, not in {FILE}")));
    }
    if what == "context" && tree["current-context"] == name.as_str() {
        io.err(
            "warning: this removed your active context, use \"kubectl config use-context\" to select a different one\n",
        );
    }
    remove(&mut tree, list, name);
    save(io, tree);
    say(io, &format!("deleted {what} {name} from {FILE}\n"))
}

/// The fields of a list's entries.
fn fields_of((list, _): List) -> &'static [&'static str] {
    match list {
        "contexts" => &["cluster", "namespace", "user"],
        "clusters" => &[
            "certificate-authority",
            "certificate-authority-data",
            "disable-compression",
            "insecure-skip-tls-verify",
            "proxy-url",
            "server",
            "tls-server-name",
        ],
        _ => &[
            "client-certificate",
            "client-certificate-data",
            "client-key",
            "client-key-data",
            "password",
            "token",
            "tokenFile",
            "username",
        ],
    }
}

/// The fields of a cluster that are on or off.
const BOOLEANS: [&str; 2] = ["disable-compression", "insecure-skip-tls-verify"];

/// `set PROPERTY VALUE` and `unset PROPERTY`: `current-context`, or a field of an entry such as `contexts.NAME.namespace`.
fn set_property(inv: &Invocation, io: &mut Io) -> Result<Next, Failure> {
    let sets = inv.verb.name == "config set";
    let (property, value) = match &inv.args[..] {
        [property, value] if sets => (property, Some(value.as_str())),
        [property] if !sets => (property, None),
        _ => return Err(unexpected(inv)),
    };
    if value.is_some_and(str::is_empty) {
        return Err(Failure::client("you cannot use set to unset a property"));
    }
    let mut tree = load(io.api.store());
    let mut parts = property.split('.');
    let first = parts.next().unwrap_or_default();
    let rest: Vec<&str> = parts.collect();
    let list = [CONTEXTS, CLUSTERS, USERS].into_iter().find(|(list, _)| *list == first);
    match (list, &rest[..]) {
        (None, []) if first == "current-context" => tree[first] = value.unwrap_or_default().into(),
        (Some(list), [name @ .., field]) if !name.is_empty() && fields_of(list).contains(field) => {
            let name = name.join(".");
            if !sets && entry(&tree, list, &name).is_none() {
                return Err(Failure::client(format!("current map key `{name}` is invalid")));
            }
            // What holds bytes is written in base64; the value is that already, or is the bytes themselves.
            let value = value.map(|value| match field.ends_with("-data") && !inv.is("set-raw-bytes") {
                true => {
                    let bytes = base64::decode(value).map_err(|at| {
                        let why = format!("illegal base64 data at input byte {at}");
                        Failure::client(format!("error decoding input value: {why}"))
                    })?;
                    Ok(base64::encode(&bytes))
                }
                false if field.ends_with("-data") => Ok(base64::encode(value.as_bytes())),
                false => Ok::<String, Failure>(value.to_string()),
            });
            let value = value.transpose()?;
            if let (Some(text), true) = (&value, BOOLEANS.contains(field)) {
                let wrong =
                    || Failure::client(format!("strconv.ParseBool: parsing {text:?}: invalid syntax"));
                let is_on = parse_bool(text).ok_or_else(wrong)?;
                put(entry_mut(&mut tree, list, &name), field, "");
                if is_on {
                    entry_mut(&mut tree, list, &name)[*field] = true.into();
                }
            } else {
                put(entry_mut(&mut tree, list, &name), field, value.as_deref().unwrap_or_default());
            }
        }
        // No field's name follows: all is the entry's name, dots and all.
        (Some(list), name @ [_, ..]) if !sets => remove(&mut tree, list, &name.join(".")),
        (Some(list), _) if sets => {
            // Go prints where each entry is, too.
            let all: Vec<String> =
                names(&tree, list).iter().map(|name| format!("{name}:0xc000000000")).collect();
            let all = all.join(" ");
            return Err(Failure::client(format!("can't set a map to a value: map[{all}]")));
        }
        (Some((list, _)), []) if !sets => tree[list] = Value::Array(Vec::new()),
        _ => {
            return Err(Failure::client(format!("unable to parse {property} after [] at api.Config")));
        }
    }
    save(io, tree);
    let done = if sets { "set" } else { "unset" };
    say(io, &format!("Property {property:?} {done}.\n"))
}

fn view(inv: &Invocation, io: &mut Io) -> Result<Next, Failure> {
    if !inv.args.is_empty() {
        return Err(inv.usage(format!("unexpected arguments: [{}]", inv.args.join(" "))));
    }
    if !inv.is_or("merge", true) {
        return Err(Failure::client("if merge==false a precise file must be specified"));
    }
    let mut tree = load(io.api.store());
    if inv.is("minify") {
        tree = minified(tree, inv.get("context"))?;
    }
    if inv.is("flatten") {
        flatten(inv, &mut tree)?;
    } else if !inv.is("raw") {
        shorten(&mut tree);
    }
    // Go writes a list that was never made as null.
    for (list, _) in [CLUSTERS, CONTEXTS, USERS] {
        if tree[list].as_array().is_some_and(Vec::is_empty) {
            tree[list] = Value::Null;
        }
    }
    let text = match Output::of(inv)? {
        Output::Table { .. } => yaml::write(&tree),
        Output::Name => "config/<unknown>\n".to_string(),
        output => output.print_tree(&tree)?,
    };
    say(io, &text)
}

/// Leaves out what nobody should read over a shoulder. Models clientcmd/api/helpers.go: RedactSecrets, ShortenConfig.
fn shorten(tree: &mut Value) {
    for (list, field) in [USERS, CLUSTERS] {
        for entry in tree[list].as_array_mut().into_iter().flatten() {
            for (name, value) in entry[field].as_object_mut().into_iter().flatten() {
                if name.ends_with("-data") {
                    *value = "DATA+OMITTED".into();
                } else if matches!(name.as_str(), "token" | "password") {
                    *value = "REDACTED".into();
                }
            }
        }
    }
}

/// Puts what files hold in the place of their names. Models clientcmd/api/helpers.go: FlattenConfig. Errors: a file that can't be
/// read, or whose content is there already.
fn flatten(inv: &Invocation, tree: &mut Value) -> Result<(), Failure> {
    for (list, field) in [USERS, CLUSTERS] {
        for entry in tree[list].as_array_mut().into_iter().flatten() {
            let Some(fields) = entry[field].as_object_mut() else { continue };
            for name in ["client-certificate", "client-key", "certificate-authority"] {
                let Some(Value::String(path)) = fields.remove(name) else { continue };
                let data = [name, "-data"].concat();
                if fields.contains_key(&data) {
                    return Err(Failure::client("cannot have values for both path and contents"));
                }
                fields.insert(data, encoded_file(inv, &path, &format!("open {path}"))?.into());
            }
        }
    }
    Ok(())
}

/// What a file of the laptop holds, in base64. Errors: there is none.
fn encoded_file(inv: &Invocation, path: &str, what: &str) -> Result<String, Failure> {
    let text = inv.disk.as_ref().and_then(|disk| {
        disk.files.borrow().read(&disk.absolute(path)).ok().map(|text| base64::encode(text.as_bytes()))
    });
    text.ok_or_else(|| Failure::client(format!("{what}: no such file or directory")))
}

/// Only what the context needs. Models clientcmd/api/helpers.go: MinifyConfig.
fn minified(mut tree: Value, context: Option<&str>) -> Result<Value, Failure> {
    let name = context.or(tree["current-context"].as_str()).unwrap_or_default().to_string();
    if name.is_empty() {
        return Err(Failure::client("current-context must exist in order to minify"));
    }
    let Some(context) = entry(&tree, CONTEXTS, &name) else {
        return Err(Failure::client(format!("cannot locate context {name}")));
    };
    let field = |field: &str| context[field].as_str().unwrap_or_default().to_string();
    for (list, what, name) in [(CLUSTERS, "cluster", field("cluster")), (USERS, "user", field("user"))] {
        if !name.is_empty() && entry(&tree, list, &name).is_none() {
            return Err(Failure::client(format!("cannot locate {what} {name}")));
        }
    }
    let kept: Map<String, Value> =
        [(CONTEXTS, name.clone()), (CLUSTERS, field("cluster")), (USERS, field("user"))]
            .into_iter()
            .map(|((list, field), name)| {
                let found = entry(&tree, (list, field), &name).cloned();
                let entries =
                    found.map(|found| json!([{"name": name, field: found}])).unwrap_or_else(|| json!([]));
                (list.to_string(), entries)
            })
            .collect();
    tree.as_object_mut().into_iter().for_each(|fields| fields.extend(kept.clone()));
    tree["current-context"] = name.into();
    Ok(tree)
}
