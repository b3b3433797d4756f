//! A world as a value in JSON: how a cluster is set up, as far as that differs from the usual one. It stands in links and in files,
//! and so may be anybody's text: what it holds is checked, and has bounds.
//!
//! ```json
//! {"nodes": [{"name": "a", "cpu": 8, "memory": "16Gi", "zone": "z1", "taints": ["gpu=yes:NoSchedule"]}],
//!  "classes": [{"name": "gp3", "provisioner": "ebs.csi.aws.com", "default": true}],
//!  "gates": {"MaxUnavailableStatefulSet": true}, "delays": {"imagePull": 8000}, "goneImages": ["nginx:1.99"]}
//! ```
//! With `"notSimulated": "fails"`, what containers' scripts and probes ask for fails where it is not simulated.
//! `nodes` may be a number: so many workers. Delays are milliseconds.

use crate::api::image::with_tag;
use crate::api::node::Taint;
use crate::base::quantity::Quantity;
use crate::base::time::Span;
use crate::config::{ClassOptions, FeatureGates, NodeOptions, Options, Timings};
use crate::validation::names::{dns_subdomain, label_key, label_value};
use serde_json::{Map, Value};

/// A world has so many nodes at most.
pub const MOST_NODES: usize = 200;
/// A world has so many classes, taints of a node, or images that are gone, at most.
const MOST_OTHERS: usize = 100;
/// No delay is longer.
const LONGEST_DELAY: Span = Span::seconds(60 * 60);
/// What comes again and again is at least so far apart.
const SHORTEST_PERIOD: Span = Span(100);
/// The feature gate that changes what is simulated.
pub const MAX_UNAVAILABLE: &str = "MaxUnavailableStatefulSet";

/// What becomes of what scripts and probes ask for and that is not simulated: `fails` or `succeeds`.
pub const NOT_SIMULATED: &str = "notSimulated";

/// A delay by its name.
pub struct Delay {
    /// As it stands in the value.
    pub name: &'static str,
    /// Whether it comes again and again.
    is_period: bool,
    get: fn(&mut Timings) -> &mut Span,
}

impl Delay {
    /// How long it is among these.
    pub fn of(&self, timings: &Timings) -> Span {
        *(self.get)(&mut timings.clone())
    }
}

macro_rules! delays {
    ($($name:literal $field:ident $is_period:literal,)*) => {
        /// The delays that a world can set, in the order in which a pod meets them.
        pub const DELAYS: &[Delay] = &[
            $(Delay { name: $name, is_period: $is_period, get: |timings| &mut timings.$field },)*
        ];
    };
}

delays! {
    "watch" watch false,
    "provision" provision false,
    "sandbox" sandbox false,
    "imagePull" image_pull false,
    "imageCheck" image_check false,
    "initRun" init_run false,
    "containerStart" container_start false,
    "appStart" app_start false,
    "endpointSlices" endpoint_slices false,
    "dns" dns false,
    "shutdown" shutdown false,
    "reclaim" reclaim false,
    "leaseRenewal" lease_renewal true,
    "nodeMonitorGrace" node_monitor_grace false,
    "nodeMonitorPeriod" node_monitor_period true,
}

/// These options as a value: only what differs from the usual ones.
pub fn to_value(options: &Options) -> Value {
    let usual = Options::default();
    let mut world = Map::new();
    let mut add = |name: &str, value: Value| drop(world.insert(name.into(), value));
    if options.nodes != usual.nodes {
        let count = options.nodes.len();
        let are_workers = options.nodes == workers(count);
        let nodes = || options.nodes.iter().map(node_value).collect();
        add("nodes", if are_workers { Value::from(count) } else { Value::Array(nodes()) });
    }
    if options.classes != usual.classes {
        add("classes", options.classes.iter().map(class_value).collect());
    }
    if options.gates.max_unavailable_stateful_set {
        let mut gates = Map::new();
        gates.insert(MAX_UNAVAILABLE.into(), true.into());
        add("gates", Value::Object(gates));
    }
    let differs = |delay: &&Delay| delay.of(&options.timings) != delay.of(&usual.timings);
    let delays: Map<String, Value> = DELAYS
        .iter()
        .filter(differs)
        .map(|delay| (delay.name.into(), delay.of(&options.timings).0.into()))
        .collect();
    if !delays.is_empty() {
        add("delays", Value::Object(delays));
    }
    if !options.gone_images.is_empty() {
        add("goneImages", options.gone_images.iter().map(|image| Value::from(&**image)).collect());
    }
    if options.unknown_fails {
        add(NOT_SIMULATED, "fails".into());
    }
    if options.seed != usual.seed {
        add("seed", options.seed.into());
    }
    Value::Object(world)
}

fn node_value(node: &NodeOptions) -> Value {
    let usual = NodeOptions::worker(&node.name, "", 0);
    let mut value = Map::new();
    let mut add = |name: &str, of: Value| drop(value.insert(name.into(), of));
    add("name", (&*node.name).into());
    if node.cpus != usual.cpus {
        add("cpu", node.cpus.into());
    }
    if node.memory_kib != usual.memory_kib {
        add("memory", memory_text(node.memory_kib).into());
    }
    if node.pods != usual.pods {
        add("pods", node.pods.into());
    }
    if node.control_plane {
        add("controlPlane", true.into());
    }
    if !node.zone.is_empty() {
        add("zone", (&*node.zone).into());
    }
    if !node.taints.is_empty() {
        add("taints", node.taints.iter().map(|taint| Value::from(taint_text(taint))).collect());
    }
    Value::Object(value)
}

fn class_value(class: &ClassOptions) -> Value {
    let mut value = Map::new();
    value.insert("name".into(), (&*class.name).into());
    value.insert("provisioner".into(), (&*class.provisioner).into());
    for (name, is_so) in [("default", class.is_default), ("immediate", class.is_immediate)] {
        if is_so {
            value.insert(name.into(), true.into());
        }
    }
    Value::Object(value)
}

/// An amount of memory as people write it: `16Gi`, or in KiB.
pub fn memory_text(kib: i64) -> String {
    match kib {
        kib if kib % (1 << 20) == 0 => [&*(kib >> 20).to_string(), "Gi"].concat(),
        kib if kib % (1 << 10) == 0 => [&*(kib >> 10).to_string(), "Mi"].concat(),
        kib => [&*kib.to_string(), "Ki"].concat(),
    }
}

/// `key=value:Effect`, as `kubectl taint` takes it.
pub fn taint_text(taint: &Taint) -> String {
    let value = if taint.value.is_empty() { String::new() } else { ["=", &*taint.value].concat() };
    [&*taint.key, &value, ":", &taint.effect].concat()
}

/// The options that a text tells.
///
/// # Errors
/// What is wrong with it, and where.
pub fn parse(text: &str) -> Result<Options, String> {
    let value: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    from_value(&value)
}

/// The options that a value tells; what it leaves out is as usual.
///
/// # Errors
/// What is wrong with it, and where.
pub fn from_value(value: &Value) -> Result<Options, String> {
    let fields = ["nodes", "classes", "gates", "delays", "goneImages", NOT_SIMULATED, "seed"];
    let world = object(value, "world", &fields)?;
    let mut options = Options::default();
    match world.get("nodes") {
        None => {}
        Some(Value::Number(number)) => {
            let count = number.as_u64().and_then(|count| usize::try_from(count).ok()).unwrap_or_default();
            options.nodes = workers(within("nodes", count)?);
        }
        Some(nodes) => {
            let nodes = array(nodes, "nodes", MOST_NODES)?;
            within("nodes", nodes.len())?;
            let of_value = |(n, node): (usize, &Value)| node_of(node, n);
            options.nodes = nodes.iter().enumerate().map(of_value).collect::<Result<_, _>>()?;
            only_once("nodes", options.nodes.iter().map(|node| &*node.name))?;
        }
    }
    if let Some(classes) = world.get("classes") {
        let of_value = |(n, class): (usize, &Value)| class_of(class, n);
        let classes = array(classes, "classes", MOST_OTHERS)?;
        options.classes = classes.iter().enumerate().map(of_value).collect::<Result<_, _>>()?;
        only_once("classes", options.classes.iter().map(|class| &*class.name))?;
    }
    if let Some(gates) = world.get("gates") {
        let gates = object(gates, "gates", &[MAX_UNAVAILABLE])?;
        let max_unavailable_stateful_set = boolean(gates, "gates", MAX_UNAVAILABLE)?;
        options.gates = FeatureGates { max_unavailable_stateful_set };
    }
    if let Some(delays) = world.get("delays") {
        set_delays(&mut options.timings, delays)?;
    }
    if let Some(images) = world.get("goneImages") {
        for (n, image) in array(images, "goneImages", MOST_OTHERS)?.iter().enumerate() {
            let is_name = |image: &&str| !image.is_empty() && !image.contains(char::is_whitespace);
            let image = image.as_str().filter(is_name);
            let image =
                image.ok_or_else(|| ["goneImages[", &n.to_string(), "]: an image is expected"].concat())?;
            options.gone_images.push(with_tag(image).into());
        }
    }
    if let Some(what) = world.get(NOT_SIMULATED) {
        options.unknown_fails = match what.as_str() {
            Some("fails") => true,
            Some("succeeds") => false,
            _ => return Err([NOT_SIMULATED, ": \"fails\" or \"succeeds\" is expected"].concat()),
        };
    }
    if let Some(seed) = world.get("seed") {
        options.seed = seed.as_u64().ok_or("seed: a whole number is expected")?;
    }
    Ok(options)
}

fn set_delays(timings: &mut Timings, value: &Value) -> Result<(), String> {
    let names: Vec<&str> = DELAYS.iter().map(|delay| delay.name).collect();
    for (name, span) in object(value, "delays", &names)? {
        let Some(delay) = DELAYS.iter().find(|delay| delay.name == name) else { continue };
        let least = if delay.is_period { SHORTEST_PERIOD } else { Span(0) };
        let ms = span.as_i64().filter(|ms| (least.0..=LONGEST_DELAY.0).contains(ms));
        let least = least.0.to_string();
        let wrong = ["delays.", name, ": milliseconds from ", &least, " up to an hour are expected"];
        *(delay.get)(timings) = Span(ms.ok_or_else(|| wrong.concat())?);
    }
    Ok(())
}

/// So many workers of the usual size.
fn workers(count: usize) -> Vec<NodeOptions> {
    (0..count).map(|n| named(&["node-", &(n + 1).to_string()].concat(), n)).collect()
}

/// A worker of this name with a network of its own: a node of the usual world has the one that it has there.
fn named(name: &str, n: usize) -> NodeOptions {
    let usual = NodeOptions::of_the_seed().into_iter().nth(n).filter(|node| *node.name == *name);
    let fresh = || NodeOptions {
        first_address: 2,
        internal_ip: ["192.168.1.", &(n + 10).to_string()].concat().into(),
        ..NodeOptions::worker(name, &["10.244.", &n.to_string()].concat(), n)
    };
    NodeOptions { control_plane: false, ..usual.unwrap_or_else(fresh) }
}

fn node_of(value: &Value, n: usize) -> Result<NodeOptions, String> {
    let path = ["nodes[", &n.to_string(), "]"].concat();
    let fields = ["name", "cpu", "memory", "pods", "zone", "taints", "controlPlane"];
    let node = object(value, &path, &fields)?;
    let mut options = named(name(node, &path)?, n);
    let at = |field: &str, expected: &str| [&*path, ".", field, ": ", expected].concat();
    let number = |field: &str, usual: i64, most: i64| match node.get(field) {
        None => Ok(usual),
        Some(value) => value.as_i64().filter(|number| (1..=most).contains(number)).ok_or_else(|| {
            at(field, &["a whole number from 1 to ", &most.to_string(), " is expected"].concat())
        }),
    };
    options.cpus = number("cpu", options.cpus, 1024)?;
    options.pods = number("pods", options.pods, 1000)?;
    if let Some(memory) = node.get("memory") {
        let text = memory.as_str().ok_or_else(|| at("memory", "a quantity such as \"16Gi\" is expected"))?;
        let bytes = Quantity::parse(text).map_err(|why| at("memory", why))?.value();
        if !(1 << 20..=1 << 50).contains(&bytes) {
            return Err(at("memory", "1Mi to 1Pi is expected"));
        }
        options.memory_kib = bytes >> 10;
    }
    options.control_plane = boolean(node, &path, "controlPlane")?;
    if let Some(zone) = node.get("zone") {
        let zone = zone.as_str().ok_or_else(|| at("zone", "a text is expected"))?;
        if let Some(why) = label_value(zone).first() {
            return Err(at("zone", why));
        }
        options.zone = zone.into();
    }
    if let Some(taints) = node.get("taints") {
        for taint in array(taints, &[&*path, ".taints"].concat(), MOST_OTHERS)? {
            let text = taint.as_str().unwrap_or_default();
            options.taints.push(taint_of(text).map_err(|why| at("taints", &why))?);
        }
    }
    Ok(options)
}

/// `key=value:Effect` or `key:Effect`.
fn taint_of(text: &str) -> Result<Taint, String> {
    let wrong = || [text, ": key=value:Effect is expected"].concat();
    let (pair, effect) = text.rsplit_once(':').ok_or_else(wrong)?;
    let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
    if !["NoSchedule", "PreferNoSchedule", "NoExecute"].contains(&effect) {
        return Err([text, ": the effect is NoSchedule, PreferNoSchedule or NoExecute"].concat());
    }
    match label_key(key).into_iter().chain(label_value(value)).next() {
        Some(why) => Err([text, ": ", &why].concat()),
        None => Ok(Taint { key: key.into(), value: value.into(), effect: effect.into(), time_added: None }),
    }
}

fn class_of(value: &Value, n: usize) -> Result<ClassOptions, String> {
    let path = ["classes[", &n.to_string(), "]"].concat();
    let class = object(value, &path, &["name", "provisioner", "default", "immediate"])?;
    let provisioner = class.get("provisioner").and_then(Value::as_str).filter(|name| !name.is_empty());
    let provisioner = provisioner.ok_or_else(|| [&*path, ".provisioner: a name is expected"].concat())?;
    Ok(ClassOptions {
        name: name(class, &path)?.into(),
        provisioner: provisioner.into(),
        is_default: boolean(class, &path, "default")?,
        is_immediate: boolean(class, &path, "immediate")?,
    })
}

fn object<'a>(value: &'a Value, path: &str, fields: &[&str]) -> Result<&'a Map<String, Value>, String> {
    let map = value.as_object().ok_or_else(|| [path, ": an object is expected"].concat())?;
    match map.keys().find(|key| !fields.contains(&key.as_str())) {
        Some(key) => Err([path, ": unknown field \"", key, "\": there are ", &fields.join(", ")].concat()),
        None => Ok(map),
    }
}

fn array<'a>(value: &'a Value, path: &str, most: usize) -> Result<&'a [Value], String> {
    let list = value.as_array().ok_or_else(|| [path, ": a list is expected"].concat())?;
    if list.len() <= most { Ok(list) } else { Err([path, ": at most ", &most.to_string()].concat()) }
}

fn name<'a>(map: &'a Map<String, Value>, path: &str) -> Result<&'a str, String> {
    let name = map.get("name").and_then(Value::as_str).unwrap_or_default();
    match dns_subdomain(name).first() {
        Some(why) => Err([path, ".name: ", why].concat()),
        None => Ok(name),
    }
}

fn boolean(map: &Map<String, Value>, path: &str, field: &str) -> Result<bool, String> {
    match map.get(field) {
        None => Ok(false),
        Some(value) => {
            value.as_bool().ok_or_else(|| [path, ".", field, ": true or false is expected"].concat())
        }
    }
}

fn within(path: &str, count: usize) -> Result<usize, String> {
    let is_within = (1..=MOST_NODES).contains(&count);
    if is_within {
        Ok(count)
    } else {
        Err([path, ": 1 to ", &MOST_NODES.to_string(), " are expected"].concat())
    }
}

fn only_once<'a>(path: &str, names: impl Iterator<Item = &'a str>) -> Result<(), String> {
    let mut seen: Vec<&str> = Vec::new();
    for name in names {
        if seen.contains(&name) {
            return Err([path, ": there are two of the name ", name].concat());
        }
        seen.push(name);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{Kind, SimTime};
    use crate::kubectl::printers::pod_status;
    use crate::story::{Input, Story};
    use crate::testing::SEED;
    use serde_json::json;

    #[track_caller]
    fn of(value: &Value) -> Options {
        from_value(value).expect("it is a world")
    }

    #[test]
    fn the_usual_world_says_nothing_and_any_other_comes_back() {
        assert_eq!(to_value(&Options::default()), json!({}));
        let world = json!({
            "nodes": [
                {"name": "chhan-k8s-1", "controlPlane": true},
                {"name": "b", "cpu": 8, "memory": "16Gi", "pods": 20, "zone": "z1",
                    "taints": ["gpu=yes:NoSchedule", "a:NoExecute"]},
            ],
            "classes": [{"name": "gp3", "provisioner": "ebs.csi.aws.com", "default": true, "immediate": true}],
            "gates": {"MaxUnavailableStatefulSet": true},
            "delays": {"imagePull": 8000, "watch": 0},
            "goneImages": ["nginx:1.99"],
            "notSimulated": "fails",
            "seed": 7,
        });
        let options = of(&world);
        assert_eq!(to_value(&options), world);
        assert_eq!(of(&to_value(&options)), options);
        assert_eq!(options.nodes[0], Options::default().nodes[0], "a usual node keeps its network");
        assert_eq!(to_value(&of(&json!({"nodes": 3}))), json!({"nodes": 3}));
        let every: Map<String, Value> =
            DELAYS.iter().map(|delay| (delay.name.into(), 12_345.into())).collect();
        assert_eq!(to_value(&of(&json!({"delays": every}))), json!({"delays": every}));
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        for (world, why) in [
            (json!([]), "world: an object is expected"),
            (json!({"nods": 3}), "world: unknown field \"nods\": there are nodes, classes, gates, delays, "),
            (json!({"nodes": 0}), "nodes: 1 to 200 are expected"),
            (json!({"nodes": 100_000}), "nodes: 1 to 200 are expected"),
            (json!({"nodes": [{"name": "a"}, {"name": "a"}]}), "nodes: there are two of the name a"),
            (
                json!({"nodes": [{"name": "a", "cpu": 0}]}),
                "nodes[0].cpu: a whole number from 1 to 1024 is expected",
            ),
            (json!({"nodes": [{"name": "a", "memory": "x"}]}), "nodes[0].memory: quantities must match"),
            (json!({"nodes": [{"name": "A"}]}), "nodes[0].name: a lowercase RFC 1123 subdomain"),
            (json!({"nodes": [{"name": "a", "taints": ["a=b"]}]}), "nodes[0].taints: a=b: key=value:Effect"),
            (json!({"classes": [{"name": "a"}]}), "classes[0].provisioner: a name is expected"),
            (json!({"gates": {"Other": true}}), "gates: unknown field \"Other\""),
            (json!({"delays": {"imagePull": -1}}), "delays.imagePull: milliseconds from 0 up to an hour"),
            (json!({"delays": {"leaseRenewal": 0}}), "delays.leaseRenewal: milliseconds from 100 up to"),
            (json!({"goneImages": [""]}), "goneImages[0]: an image is expected"),
            (json!({"notSimulated": true}), "notSimulated: \"fails\" or \"succeeds\" is expected"),
            (json!({"seed": -1}), "seed: a whole number is expected"),
        ] {
            let said = from_value(&world).expect_err(why);
            assert!(said.starts_with(why), "{said}");
        }
        assert!(parse("{").expect_err("that is no JSON").contains("EOF"));
    }

    /// The seed's statuses in a world, a minute later.
    fn seed_in(world: &Value) -> (Story, Vec<String>) {
        let mut story = Story::new(of(world));
        let class = story.world().classes.first().expect("it has a class").name.clone();
        story.input(Input::Apply(SEED.replace("\"local-path\"", &class).into()));
        story.run_until(SimTime(60_000));
        let pods = story.cluster.api.store().list(Kind::Pod);
        let statuses = pods.map(|pod| pod_status(pod.pod(), &pod.meta)).collect();
        (story, statuses)
    }

    #[test]
    fn a_world_is_as_it_is_set() {
        let (story, statuses) = seed_in(&json!({
            "nodes": [{"name": "a", "zone": "z1", "taints": ["gpu:NoSchedule"]}, {"name": "b", "zone": "z2"}],
            "classes": [{"name": "gp3", "provisioner": "ebs.csi.aws.com", "default": true}],
        }));
        assert_eq!(statuses, ["Running"; 3]);
        let store = story.cluster.api.store();
        assert!(store.list(Kind::Pod).all(|pod| pod.pod().spec.node_name.as_deref() == Some("b")));
        assert_eq!(store.list(Kind::PersistentVolume).count(), 3);
        for volume in store.list(Kind::PersistentVolume) {
            let tree = volume.to_value();
            assert_eq!(tree["spec"]["csi"]["driver"], "ebs.csi.aws.com");
            let terms = &tree["spec"]["nodeAffinity"]["required"]["nodeSelectorTerms"];
            let wanted = json!({"key": "topology.kubernetes.io/zone", "operator": "In", "values": ["z2"]});
            assert_eq!(terms[0]["matchExpressions"][0], wanted);
        }
        let (_, statuses) = seed_in(&json!({"goneImages": ["han0495/flask-example-app"]}));
        assert!(["ErrImagePull", "ImagePullBackOff"].contains(&&*statuses[0]), "{statuses:?}");
        let (_, statuses) = seed_in(&json!({"delays": {"imagePull": 600_000}}));
        assert!(statuses[0].starts_with("Init:0/"), "{statuses:?}");
    }

    #[test]
    fn a_provisioner_comes_and_goes() {
        let class = "apiVersion: storage.k8s.io/v1\nkind: StorageClass\nmetadata:\n  name: gp3\n  annotations:\n    \
            storageclass.kubernetes.io/is-default-class: \"true\"\nprovisioner: ebs.csi.aws.com\n---\n";
        let mut story = Story::new(of(&json!({"classes": []})));
        story.input(Input::Apply([class, &SEED.replace("local-path", "gp3")].concat().into()));
        story.run_until(SimTime(60_000));
        let bound = |story: &Story| {
            let claims = story.cluster.api.store().list(Kind::PersistentVolumeClaim);
            claims.filter(|claim| claim.claim().spec.volume_name.is_some()).count()
        };
        assert_eq!(bound(&story), 0);
        story.input(Input::Command("trouble provisioner ebs.csi.aws.com runs".into()));
        story.run_until(SimTime(120_000));
        assert_eq!(bound(&story), 3);
        story.input(Input::Command("trouble provisioner ebs.csi.aws.com gone".into()));
        story.input(Input::Command("kubectl scale sts flask --replicas=4".into()));
        story.run_until(SimTime(180_000));
        assert_eq!(bound(&story), 3);
    }
}
