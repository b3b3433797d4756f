//! The world as a form: how the next cluster is to be set up, as the user writes it.

use kubesim::Options;
use kubesim::world::{DELAYS, MAX_UNAVAILABLE, NOT_SIMULATED, from_value, memory_text, taint_text, to_value};
use serde_json::{Map, Value};

/// A form for a world: each field is the text that stands in it.
#[derive(Clone, PartialEq, Debug)]
pub struct Draft {
    /// The nodes, in order.
    pub nodes: Vec<Node>,
    /// The storage classes, in order.
    pub classes: Vec<Class>,
    /// Whether `MaxUnavailableStatefulSet` is on.
    pub max_unavailable: bool,
    /// The delays in milliseconds, in the order of [`DELAYS`].
    pub delays: Vec<String>,
    /// The images that no registry has, one a line.
    pub gone_images: String,
    /// Whether what scripts and probes ask for fails where it is not simulated.
    pub unknown_fails: bool,
    /// What the form says nothing of, and keeps.
    seed: u64,
}

/// A node of the form.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Node {
    /// Its name.
    pub name: String,
    /// The node's CPUs: a quantity.
    pub cpu: String,
    /// A quantity.
    pub memory: String,
    /// The zone of its label; empty: it has none.
    pub zone: String,
    /// `key=value:Effect`, with commas between.
    pub taints: String,
    /// Whether it is a control plane's.
    pub control_plane: bool,
    /// How many pods it takes: the form only keeps it.
    pods: i64,
}

/// A class of the form.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Class {
    /// Its name.
    pub name: String,
    /// Who makes its volumes.
    pub provisioner: String,
    /// Whether claims that name no class get this one.
    pub is_default: bool,
    /// Whether volumes are made before a pod needs them.
    pub is_immediate: bool,
}

impl Draft {
    /// The form filled in with a world.
    pub fn of(world: &Options) -> Draft {
        let nodes = world.nodes.iter().map(|node| Node {
            name: (*node.name).into(),
            cpu: node.cpus.to_string(),
            memory: memory_text(node.memory_kib),
            zone: (*node.zone).into(),
            taints: node.taints.iter().map(taint_text).collect::<Vec<_>>().join(", "),
            control_plane: node.control_plane,
            pods: node.pods,
        });
        let classes = world.classes.iter().map(|class| Class {
            name: (*class.name).into(),
            provisioner: (*class.provisioner).into(),
            is_default: class.is_default,
            is_immediate: class.is_immediate,
        });
        Draft {
            nodes: nodes.collect(),
            classes: classes.collect(),
            max_unavailable: world.gates.max_unavailable_stateful_set,
            delays: DELAYS.iter().map(|delay| delay.of(&world.timings).0.to_string()).collect(),
            gone_images: world.gone_images.join("\n"),
            unknown_fails: world.unknown_fails,
            seed: world.seed,
        }
    }

    /// One more node, as big as the last one.
    pub fn add_node(&mut self) {
        let taken = |name: &str| self.nodes.iter().any(|node| node.name == name);
        let name = (1..).map(|n| ["node-", &n.to_string()].concat()).find(|name| !taken(name));
        let last = self.nodes.last().cloned();
        let usual = Draft::of(&Options::default()).nodes.pop();
        let like = last.or(usual).unwrap_or_default();
        self.nodes.push(Node { name: name.unwrap_or_default(), control_plane: false, ..like });
    }

    /// The world that the form tells.
    ///
    /// # Errors
    /// What is wrong with it, and where: `nodes[0].cpu: …`.
    pub fn world(&self) -> Result<Options, String> {
        from_value(&self.value())
    }

    /// The world as the value that links and the command line take: only what differs from the usual one. If something is wrong
    /// with it, all that stands in the form.
    pub fn shortest(&self) -> Value {
        self.world().map_or_else(|_| self.value(), |world| to_value(&world))
    }

    fn value(&self) -> Value {
        // What is no number is said to be none where it stands.
        let number = |text: &str| text.trim().parse::<i64>().map_or_else(|_| Value::from(text), Value::from);
        let object = |fields: Vec<(&str, Value)>| {
            Value::Object(fields.into_iter().map(|(name, value)| (name.into(), value)).collect::<Map<_, _>>())
        };
        let node = |node: &Node| {
            let taints = node.taints.split(',').map(str::trim).filter(|taint| !taint.is_empty());
            object(vec![
                ("name", node.name.trim().into()),
                ("cpu", number(&node.cpu)),
                ("memory", node.memory.trim().into()),
                ("pods", node.pods.into()),
                ("zone", node.zone.trim().into()),
                ("taints", taints.map(Value::from).collect()),
                ("controlPlane", node.control_plane.into()),
            ])
        };
        let class = |class: &Class| {
            object(vec![
                ("name", class.name.trim().into()),
                ("provisioner", class.provisioner.trim().into()),
                ("default", class.is_default.into()),
                ("immediate", class.is_immediate.into()),
            ])
        };
        let delays = DELAYS.iter().zip(&self.delays).map(|(delay, text)| (delay.name, number(text)));
        let images = self.gone_images.lines().map(str::trim).filter(|image| !image.is_empty());
        object(vec![
            ("nodes", self.nodes.iter().map(node).collect()),
            ("classes", self.classes.iter().map(class).collect()),
            ("gates", object(vec![(MAX_UNAVAILABLE, self.max_unavailable.into())])),
            ("delays", object(delays.collect())),
            ("goneImages", images.map(Value::from).collect()),
            (NOT_SIMULATED, if self.unknown_fails { "fails" } else { "succeeds" }.into()),
            ("seed", self.seed.into()),
        ])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_that_nobody_touched_tells_the_same_world() {
        let worlds = [
            "{}",
            r#"{"nodes": 7, "goneImages": ["nginx:1.99"], "notSimulated": "fails", "gates": {"MaxUnavailableStatefulSet": true}, "seed": 9}"#,
            r#"{"nodes": [{"name": "a", "cpu": 8, "memory": "1Gi", "pods": 3, "zone": "z", "taints": ["a=b:NoExecute", "c:NoSchedule"]}],
                "classes": [{"name": "gp3", "provisioner": "ebs.csi.aws.com", "default": true, "immediate": true}],
                "delays": {"imagePull": 60000}}"#,
        ];
        for text in worlds {
            let world = kubesim::world::parse(text).expect(text);
            let draft = Draft::of(&world);
            assert_eq!(draft.world().as_ref(), Ok(&world), "{text}");
            assert_eq!(draft.shortest(), to_value(&world));
        }
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        let mut draft = Draft::of(&Options::default());
        draft.nodes[1].cpu = "many".into();
        assert_eq!(
            draft.world().err().as_deref(),
            Some("nodes[1].cpu: a whole number from 1 to 1024 is expected")
        );
        let mut draft = Draft::of(&Options::default());
        draft.delays[0] = "soon".into();
        assert!(draft.world().is_err_and(|why| why.starts_with("delays.watch: milliseconds")));
        draft.nodes.clear();
        assert_eq!(draft.world().err().as_deref(), Some("nodes: 1 to 200 are expected"));
    }

    #[test]
    fn another_node_has_a_name_of_its_own() {
        let mut draft = Draft::of(&Options::default());
        draft.add_node();
        draft.add_node();
        let names: Vec<&str> = draft.nodes.iter().map(|node| &*node.name).collect();
        assert_eq!(names[4..], ["node-1", "node-2"]);
        assert!(draft.world().is_ok());
    }
}
