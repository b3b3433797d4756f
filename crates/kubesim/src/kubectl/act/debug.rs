//! `kubectl debug`: a container beside those of a pod that runs, a changed copy of a pod, a pod in a node's own namespaces.
//! Models `k8s.io/kubectl/pkg/cmd/debug`: debug.go, profiles.go.

use super::documents;
use super::exec::Attached;
use crate::api::read::get;
use crate::api::{Key, Kind, Object, Str};
use crate::apiserver::DeleteOptions;
use crate::apiserver::handlers::{self, EPHEMERAL_CONTAINERS, Mode, Patch};
use crate::kubectl::resource::kind_and_name;
use crate::kubectl::{Failure, Invocation, Next, fail};
use crate::patch::strategic;
use crate::process::{Io, Program, Step};
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::rc::Rc;

/// How much a debugging container may do (`--profile`).
const PROFILES: [&str; 6] = ["legacy", "general", "baseline", "restricted", "netadmin", "sysadmin"];
/// The one if none is given.
const PROFILE: &str = "general";
/// What a custom profile must not say.
const NOT_CUSTOM: [&str; 5] = ["name", "command", "image", "lifecycle", "volumeDevices"];

/// What is looked into.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Style {
    Ephemeral,
    Copy,
    Node,
}

/// `kubectl debug web-0 -it --image=busybox`
pub fn debug(inv: &Invocation, io: &mut Io) -> Result<Next, Failure> {
    let profile = profile(inv);
    if !PROFILES.contains(&profile) {
        return Err(Failure::client(format!("unknown profile: {profile}")));
    }
    let custom = custom_profile(inv)?;
    validate(inv, io)?;
    if custom.as_ref().is_some_and(|custom| NOT_CUSTOM.iter().any(|field| !get(custom, field).is_null())) {
        return Err(Failure::client(
            "name, command, image, lifecycle and volume devices are not modifiable via custom profile",
        ));
    }
    if profile == "legacy" {
        io.err(
            "--profile=legacy is deprecated and planned to be removed in v1.39. It is recommended to specify other profile, \
             for example \"--profile=general\".\n",
        );
    }
    let targets = targets(inv)?;
    Ok(Next::GoOn(Box::new(Debug { inv: inv.clone(), custom, targets, attached: None })))
}

fn profile(inv: &Invocation) -> &str {
    inv.get("profile").unwrap_or(PROFILE)
}

/// The words behind `--`, and the names before it.
fn words(inv: &Invocation) -> (&[String], &[String]) {
    inv.args.split_at(inv.before_dash.unwrap_or(inv.args.len()))
}

/// A partial container from a file. Errors: there is no such file, or it holds none.
fn custom_profile(inv: &Invocation) -> Result<Option<Value>, Failure> {
    let Some(name) = inv.get("custom").filter(|name| !name.is_empty()) else { return Ok(None) };
    let text = inv.files.get(name).ok_or_else(|| {
        Failure::client(format!(
            "must pass a container spec json file for custom profile: open {name}: no such file or directory"
        ))
    })?;
    let read = yaml::read(text);
    match read.documents.first().map(|document| document.value().clone()) {
        Some(tree @ Value::Object(_)) => Ok(Some(tree)),
        _ => Err(Failure::client(format!("{name} does not contain a valid container spec"))),
    }
}

/// Models `DebugOptions.Validate`.
fn validate(inv: &Invocation, io: &mut Io) -> Result<(), Failure> {
    let refuse = |why: &str| Err(Failure::client(why));
    let (names, args) = words(inv);
    let (image, container) = (inv.text("image"), inv.text("container"));
    if inv.is("attach") && image.is_empty() && container.is_empty() {
        return refuse(
            "you must specify --container or create a new container using --image in order to attach.",
        );
    }
    if inv.text("copy-to").is_empty() {
        let only_copies = ["replace", "same-node"].into_iter().find(|flag| inv.is(flag));
        let only_copies = only_copies.or(inv.has("set-image").then_some("set-image"));
        if let Some(flag) = only_copies {
            return refuse(&format!("--{flag} may only be used with --copy-to."));
        }
        if image.is_empty() {
            return refuse("you must specify --image when not using --copy-to.");
        }
    } else if image.is_empty() && !inv.has("set-image") && args.is_empty() {
        return refuse("you must specify --image, --set-image or command arguments.");
    } else if !args.is_empty() && container.is_empty() && image.is_empty() {
        return refuse("you must specify an existing container or a new image when specifying args.");
    }
    let is_image = |text: &str| !text.contains(|c: char| c.is_ascii_uppercase() || c.is_whitespace());
    if !is_image(image) {
        return refuse(&format!("invalid image name {image:?}: invalid reference format"));
    }
    if names.is_empty() && !inv.has("filename") {
        return refuse("NAME or filename is required for debug");
    }
    let pull = inv.text("image-pull-policy");
    if !matches!(pull, "" | "Always" | "IfNotPresent" | "Never") {
        return refuse(&format!("invalid image pull policy: {pull}"));
    }
    for pair in inv.list("env").iter().chain(inv.list("set-image")) {
        if !pair.contains('=') {
            return refuse(&format!("{pair} must be formatted as key=value"));
        }
    }
    let target = inv.text("target");
    if !target.is_empty() && !inv.text("copy-to").is_empty() {
        return refuse("--target is incompatible with --copy-to. Use --share-processes instead.");
    }
    if !target.is_empty() && !inv.is("quiet") {
        io.out(format!(
            "Targeting container {target:?}. If you don't see processes from this container it may be because the container \
             runtime doesn't support this feature.\n"
        ));
    }
    if inv.is("tty") && !inv.is("stdin") {
        return refuse("-i/--stdin is required for containers with -t/--tty=true");
    }
    Ok(())
}

/// The objects that are named, in files or not.
fn targets(inv: &Invocation) -> Result<VecDeque<Key>, Failure> {
    let key = |kind: Kind, name: &str, namespace: &str| {
        Key::new(kind, if kind.info().namespaced { namespace } else { "" }, name)
    };
    let mut targets = VecDeque::new();
    if inv.has("filename") {
        let (documents, failures) = documents::read_all(inv)?;
        Failure::all(failures)?;
        targets.extend(documents.iter().map(|document| key(document.kind, &document.name, inv.namespace())));
    }
    for word in words(inv).0 {
        let (kind, name) = if word.contains('/') { kind_and_name(word)? } else { (Kind::Pod, word.clone()) };
        targets.push_back(key(kind, &name, inv.namespace()));
    }
    Ok(targets)
}

/// One target after another; whoever attaches leaves the one before the next is begun.
struct Debug {
    inv: Invocation,
    custom: Option<Value>,
    targets: VecDeque<Key>,
    attached: Option<Attached>,
}

impl Program for Debug {
    fn run(&mut self, io: &mut Io) -> Step {
        loop {
            if let Some(attached) = &mut self.attached {
                match attached.run(io) {
                    Step::Exit(0) => self.attached = None,
                    step => return step,
                }
            }
            let Some(target) = self.targets.pop_front() else { return Step::Exit(0) };
            match self.begin(io, &target) {
                Ok(attached) => self.attached = attached,
                Err(failure) => return fail(&failure, io),
            }
        }
    }

    fn interrupt(&mut self, io: &mut Io) -> Option<i32> {
        self.attached.as_mut().map_or(Some(130), |attached| attached.interrupt(io))
    }
}

impl Debug {
    fn begin(&self, io: &mut Io, target: &Key) -> Result<Option<Attached>, Failure> {
        let inv = &self.inv;
        let object = io.api.get(target)?;
        let (pod, container) = match object.kind {
            Kind::Node => self.beside_node(io, &object)?,
            Kind::Pod if inv.text("copy-to").is_empty() => self.in_pod(io, &object)?,
            Kind::Pod => self.copy(io, &object)?,
            kind => {
                let info = kind.info();
                let of = format!("{}/{}, Kind={}", info.group, info.version, info.name);
                return Err(Failure::client(format!("{of:?} not supported by debug")));
            }
        };
        let attaches = inv.is_or("attach", inv.is("stdin")) && !container.is_empty();
        Ok(attaches.then(|| Attached::to_added(inv, pod, container)))
    }

    /// A container that is added to a pod that runs. Models `debugByEphemeralContainer`.
    fn in_pod(&self, io: &mut Io, object: &Rc<Object>) -> Result<(Key, Str), Failure> {
        let mut pod = object.to_value();
        let name = self.container_name(io, object);
        let mut container = self.container(&name);
        if let Some(target) = self.inv.get("target").filter(|target| !target.is_empty()) {
            container["targetContainerName"] = target.into();
        }
        self.adjust(&mut pod, &mut container, Style::Ephemeral)?;
        self.warn(io, &pod, &container);
        let mut all = get(get(&pod, "spec"), "ephemeralContainers").as_array().cloned().unwrap_or_default();
        all.push(container);
        let patch = Patch::Merge(json!({"spec": {"ephemeralContainers": all}}));
        let mode = Mode { manager: "kubectl", subresource: EPHEMERAL_CONTAINERS, ..Mode::PLAIN };
        handlers::patch(io.api, &object.key(), &patch, mode)?;
        Ok((object.key(), name.into()))
    }

    /// Models `generatePodCopyWithDebugContainer`.
    fn copy(&self, io: &mut Io, object: &Rc<Object>) -> Result<(Key, Str), Failure> {
        let inv = &self.inv;
        let old = object.to_value();
        let metadata = get(&old, "metadata");
        let mut pod = json!({"metadata": {"name": inv.text("copy-to"), "namespace": &*object.meta.namespace},
            "spec": get(&old, "spec")});
        for field in ["annotations", "labels"] {
            if !get(metadata, field).is_null() {
                pod["metadata"][field] = get(metadata, field).clone();
            }
        }
        let remove = |spec: &mut Value, field: &str| spec.as_object_mut().and_then(|spec| spec.remove(field));
        remove(&mut pod["spec"], "ephemeralContainers");
        if !inv.is("same-node") {
            remove(&mut pod["spec"], "nodeName");
        }
        if inv.has("share-processes") {
            pod["spec"]["shareProcessNamespace"] = inv.is("share-processes").into();
        }
        let mut containers = remove(&mut pod["spec"], "containers").unwrap_or_default();
        let images = inv.list("set-image").iter().filter_map(|pair| pair.split_once('='));
        for container in containers.as_array_mut().into_iter().flatten() {
            let of = |name: &str| images.clone().rfind(|(known, _)| *known == name);
            let own = of(container["name"].as_str().unwrap_or_default()).or_else(|| of("*"));
            if let Some((_, image)) = own.filter(|(_, image)| !image.is_empty()) {
                container["image"] = image.into();
            }
        }
        let wanted = inv.text("container");
        let all = containers.as_array_mut().map(std::mem::take).unwrap_or_default();
        let (mut others, mut own): (Vec<Value>, Option<(usize, Value)>) = (Vec::new(), None);
        for (place, container) in all.into_iter().enumerate() {
            if !wanted.is_empty() && container["name"] == wanted {
                own = Some((place, container));
            } else {
                others.push(container);
            }
        }
        let name = match own {
            None if inv.text("image").is_empty() && inv.has("set-image") => {
                pod["spec"]["containers"] = others.into();
                return self.make(io, object, &pod, "");
            }
            None if inv.text("image").is_empty() => {
                return Err(Failure::client("you must specify image when creating new container"));
            }
            None if wanted.is_empty() => self.container_name(io, object),
            _ => wanted.to_string(),
        };
        let given = self.container(&name);
        let (place, mut container) = own.unwrap_or((others.len(), json!({"name": &name})));
        if !get(&given, "command").is_null() {
            remove(&mut container, "args");
        }
        for (field, value) in given.as_object().into_iter().flatten() {
            container[field.as_str()] = value.clone();
        }
        for field in ["stdin", "tty"].into_iter().filter(|field| !inv.is(field)) {
            remove(&mut container, field);
        }
        pod["spec"]["containers"] = others.into();
        self.adjust(&mut pod, &mut container, Style::Copy)?;
        self.warn(io, &pod, &container);
        let list = pod["spec"]["containers"].as_array_mut().expect("it was put there");
        list.insert(place.min(list.len()), container);
        self.make(io, object, &pod, &name)
    }

    /// Makes a copy, and removes what was copied if that is asked for.
    fn make(&self, io: &mut Io, old: &Object, pod: &Value, name: &str) -> Result<(Key, Str), Failure> {
        let made = handlers::create(io.api, Kind::Pod, pod, Mode { manager: "kubectl", ..Mode::PLAIN })?;
        if self.inv.is("replace") {
            let at_once = DeleteOptions { grace_period_seconds: Some(0), ..DeleteOptions::default() };
            io.api.delete(&old.key(), at_once)?;
        }
        Ok((made.object.key(), name.into()))
    }

    /// A pod in a node's own namespaces. Models `generateNodeDebugPod`.
    fn beside_node(&self, io: &mut Io, node: &Object) -> Result<(Key, Str), Failure> {
        let inv = &self.inv;
        let container = inv.get("container").filter(|name| !name.is_empty()).unwrap_or("debugger");
        let name = format!("node-debugger-{}-{}", node.meta.name, io.api.rng.suffix(5));
        if !inv.is("quiet") {
            io.out(format!(
                "Creating debugging pod {name} with container {container} on node {}.\n",
                node.meta.name
            ));
        }
        let mut pod = json!({
            "metadata": {"name": name, "namespace": inv.namespace(),
                "labels": {"app.kubernetes.io/managed-by": "kubectl-debug"}},
            "spec": {"nodeName": &*node.meta.name, "restartPolicy": "Never", "tolerations": [{"operator": "Exists"}]},
        });
        let mut own = self.container(container);
        self.adjust(&mut pod, &mut own, Style::Node)?;
        pod["spec"]["containers"] = json!([own]);
        let made = handlers::create(io.api, Kind::Pod, &pod, Mode { manager: "kubectl", ..Mode::PLAIN })?;
        Ok((made.object.key(), container.into()))
    }

    /// What the flags say of the debugging container.
    fn container(&self, name: &str) -> Value {
        let inv = &self.inv;
        let mut container = json!({"name": name, "terminationMessagePolicy": "File"});
        let mut set = |field: &str, value: Value| container[field] = value;
        for (field, flag) in [("image", "image"), ("imagePullPolicy", "image-pull-policy")] {
            if let Some(text) = inv.get(flag).filter(|text| !text.is_empty()) {
                set(field, text.into());
            }
        }
        let args = words(inv).1;
        if !args.is_empty() {
            set(if inv.is("arguments-only") { "args" } else { "command" }, args.into());
        }
        let env = inv.list("env").iter().filter_map(|pair| pair.split_once('='));
        let env: Vec<Value> = env.map(|(name, value)| json!({"name": name, "value": value})).collect();
        if !env.is_empty() {
            set("env", env.into());
        }
        for flag in ["stdin", "tty"].into_iter().filter(|flag| inv.is(flag)) {
            set(flag, true.into());
        }
        container
    }

    /// Models `computeDebugContainerName`.
    fn container_name(&self, io: &mut Io, pod: &Object) -> String {
        if let Some(name) = self.inv.get("container").filter(|name| !name.is_empty()) {
            return name.to_string();
        }
        let mut name = format!("debugger-{}", io.api.rng.suffix(5));
        while pod.pod().spec.container(&name).is_some() {
            name = format!("debugger-{}", io.api.rng.suffix(5));
        }
        if !self.inv.is("quiet") {
            io.out(format!("Defaulting debug container name to {name}.\n"));
        }
        name
    }

    /// What the profile makes of the container and its pod. Models `ProfileApplier`. Errors: the custom profile does not fit.
    fn adjust(&self, pod: &mut Value, container: &mut Value, style: Style) -> Result<(), Failure> {
        let (inv, profile) = (&self.inv, profile(&self.inv));
        let keeps = |flag: &str| inv.is_or(flag, flag == "keep-init-containers");
        let clears = match profile {
            "general" => style == Style::Node,
            "baseline" | "restricted" => true,
            _ => false,
        };
        if clears && let Some(fields) = container.as_object_mut() {
            fields.remove("securityContext");
        }
        let added: &[&str] = match profile {
            "general" if style != Style::Node => &["SYS_PTRACE"],
            "netadmin" => &["NET_ADMIN", "NET_RAW"],
            _ => &[],
        };
        for capability in added {
            let list = &mut container["securityContext"]["capabilities"]["add"];
            match list.as_array_mut() {
                Some(list) => list.push((*capability).into()),
                None => *list = json!([capability]),
            }
        }
        match profile {
            "sysadmin" => container["securityContext"]["privileged"] = true.into(),
            "restricted" => {
                container["securityContext"] = json!({"runAsNonRoot": true, "capabilities": {"drop": ["ALL"]},
                    "allowPrivilegeEscalation": false, "seccompProfile": {"type": "RuntimeDefault"}});
            }
            _ => {}
        }
        if style == Style::Node && matches!(profile, "legacy" | "general" | "sysadmin") {
            pod["spec"]["volumes"] = json!([{"name": "host-root", "hostPath": {"path": "/"}}]);
            container["volumeMounts"] = json!([{"name": "host-root", "mountPath": "/host"}]);
        }
        if style == Style::Node && !matches!(profile, "baseline" | "restricted") {
            for field in ["hostNetwork", "hostPID", "hostIPC"] {
                pod["spec"][field] = true.into();
            }
        }
        if style == Style::Copy {
            let is_legacy = profile == "legacy";
            remove_unkept(pod, container, &|flag| {
                if is_legacy { flag != "keep-labels" } else { keeps(flag) }
            });
            if !is_legacy && get(get(pod, "spec"), "shareProcessNamespace").is_null() {
                pod["spec"]["shareProcessNamespace"] = true.into();
            }
        }
        if let Some(custom) = &self.custom {
            let mut whole = json!({"spec": {"containers": [container.take()]}});
            let mut own = custom.clone();
            own["name"] = whole["spec"]["containers"][0]["name"].clone();
            strategic(Kind::Pod, &mut whole, &json!({"spec": {"containers": [own]}}))
                .map_err(Failure::client)?;
            *container = whole["spec"]["containers"][0].take();
        }
        Ok(())
    }

    /// Models `displayWarning`.
    fn warn(&self, io: &mut Io, pod: &Value, container: &Value) {
        let user = |of: &Value| get(get(of, "securityContext"), "runAsUser").as_i64();
        let context = get(container, "securityContext");
        let asks = get(context, "privileged") == true || !get(get(context, "capabilities"), "add").is_null();
        if user(get(pod, "spec")).is_some_and(|user| user != 0) && user(container) != Some(0) && asks {
            io.err(
                "Warning: Non-root user is configured for the entire target Pod, and some capabilities granted by debug \
                 profile may not work. Please consider using \"--custom\" with a custom profile that specifies \
                 \"securityContext.runAsUser: 0\".\n",
            );
        }
    }
}

/// Takes from a copy what is not to be kept. Models `KeepFlags`.
fn remove_unkept(pod: &mut Value, container: &mut Value, keeps: &dyn Fn(&str) -> bool) {
    let remove = |from: &mut Value, field: &str| from.as_object_mut().and_then(|from| from.remove(field));
    for (flag, field) in [("keep-labels", "labels"), ("keep-annotations", "annotations")] {
        if !keeps(flag) {
            remove(&mut pod["metadata"], field);
        }
    }
    if !keeps("keep-init-containers") {
        remove(&mut pod["spec"], "initContainers");
    }
    let others = pod["spec"]["containers"].as_array_mut().into_iter().flatten();
    for container in others.chain([container]) {
        for (flag, field) in [
            ("keep-liveness", "livenessProbe"),
            ("keep-readiness", "readinessProbe"),
            ("keep-startup", "startupProbe"),
        ] {
            if !keeps(flag) {
                remove(container, field);
            }
        }
    }
}
