//! The flags that set up the cluster: a world's value (`kubesim::world`), whole or by parts.

use crate::output::{Problem, Result};
use kubesim::{Options, world};
use serde_json::{Map, Value};

/// Of what kind the world is.
#[derive(clap::Args)]
#[command(next_help_heading = "The cluster")]
pub struct WorldFlags {
    /// A file with the world in JSON: nodes, classes, gates, delays, goneImages, notSimulated, seed; other flags go over it
    #[arg(long, value_name = "FILE")]
    world: Option<String>,
    /// So many workers of the usual size
    #[arg(long, value_name = "COUNT", conflicts_with = "node")]
    nodes: Option<u32>,
    /// A node; may be repeated, and then there are no others
    ///
    /// Its name, and what differs from the usual: cpu=8, memory=16Gi, pods=20, zone=z1, taint=key=value:Effect (may be
    /// repeated), control-plane. For instance "a,cpu=8,zone=z1".
    #[arg(long, value_name = "NAME[,FIELD=VALUE…]")]
    node: Vec<String>,
    /// A storage class and who makes its volumes; may be repeated, and then there are no others. The first is the default
    #[arg(long, value_name = "NAME=PROVISIONER")]
    class: Vec<String>,
    /// A feature gate that is on
    #[arg(long, value_name = "NAME")]
    gate: Vec<String>,
    /// How long something takes, such as imagePull=8000
    #[arg(long, value_name = "NAME=MILLISECONDS")]
    delay: Vec<String>,
    /// An image that no registry has
    #[arg(long, value_name = "IMAGE")]
    gone_image: Vec<String>,
    /// Where names, addresses and ties are drawn from
    #[arg(long, value_name = "NUMBER")]
    seed: Option<u64>,
}

impl WorldFlags {
    /// The options that the flags tell. Errors: what is wrong with them.
    pub fn options(&self) -> Result<Options> {
        world::from_value(&self.value()?).map_err(Problem::Refused)
    }

    fn value(&self) -> Result<Value> {
        let mut value = match &self.world {
            None => Value::Object(Map::new()),
            Some(path) => {
                let refused = |why: String| Problem::Refused(format!("{path}: {why}"));
                let text = std::fs::read_to_string(path).map_err(|error| refused(error.to_string()))?;
                serde_json::from_str(&text).map_err(|error| refused(error.to_string()))?
            }
        };
        let Some(map) = value.as_object_mut() else { return Ok(value) };
        if let Some(count) = self.nodes {
            map.insert("nodes".into(), count.into());
        }
        if !self.node.is_empty() {
            map.insert("nodes".into(), self.node.iter().map(|node| of_node(node)).collect::<Result<_>>()?);
        }
        if !self.class.is_empty() {
            let of_class = |(n, class): (usize, &String)| {
                let (name, provisioner) = pair("--class", class)?;
                Ok(serde_json::json!({"name": name, "provisioner": provisioner, "default": n == 0}))
            };
            map.insert("classes".into(), self.class.iter().enumerate().map(of_class).collect::<Result<_>>()?);
        }
        if !self.gone_image.is_empty() {
            map.insert(
                "goneImages".into(),
                self.gone_image.iter().map(|image| Value::from(&**image)).collect(),
            );
        }
        if let Some(seed) = self.seed {
            map.insert("seed".into(), seed.into());
        }
        for gate in &self.gate {
            below(map, "gates").insert(gate.clone(), true.into());
        }
        for delay in &self.delay {
            let (name, ms) = pair("--delay", delay)?;
            let number = ms.parse::<i64>().map_or_else(|_| Value::from(ms), Value::from);
            below(map, "delays").insert(name.into(), number);
        }
        Ok(value)
    }
}

/// The object below a field, which is made if it is none.
fn below<'a>(map: &'a mut Map<String, Value>, field: &str) -> &'a mut Map<String, Value> {
    let value = map.entry(field).or_insert_with(|| Value::Object(Map::new()));
    if !value.is_object() {
        *value = Value::Object(Map::new());
    }
    value.as_object_mut().expect("it is one")
}

fn pair<'a>(flag: &str, text: &'a str) -> Result<(&'a str, &'a str)> {
    text.split_once('=').ok_or_else(|| Problem::Refused(format!("{flag} {text}: NAME=VALUE is expected")))
}

/// `a,cpu=8,taint=gpu=yes:NoSchedule`
fn of_node(text: &str) -> Result<Value> {
    let mut parts = text.split(',');
    let mut node = Map::new();
    node.insert("name".into(), parts.next().unwrap_or_default().into());
    for part in parts {
        if part == "control-plane" {
            node.insert("controlPlane".into(), true.into());
            continue;
        }
        match pair("--node", part)? {
            ("taint", taint) => {
                let taints = node.entry("taints").or_insert_with(|| Value::Array(Vec::new()));
                taints.as_array_mut().into_iter().for_each(|taints| taints.push(taint.into()));
            }
            (field @ ("cpu" | "pods"), number) => {
                let number = number.parse::<i64>().map_or_else(|_| Value::from(number), Value::from);
                node.insert(field.into(), number);
            }
            (field, value) => drop(node.insert(field.into(), value.into())),
        }
    }
    Ok(Value::Object(node))
}
