//! `kubectl autoscale`: makes a HorizontalPodAutoscaler, which is kept and described; nothing here measures load. Models
//! `k8s.io/kubectl/pkg/cmd/autoscale/autoscale.go`.

use super::create::make;
use super::documents;
use super::record::record;
use crate::api::{Key, Kind};
use crate::base::quantity::Quantity;
use crate::kubectl::resource::{Query, SCALABLE};
use crate::kubectl::{Failure, Invocation, Next};
use crate::process::Io;
use serde_json::{Value, json};

/// `kubectl autoscale deploy web --min=2 --max=5 --cpu=80%`
pub fn autoscale(inv: &Invocation, io: &mut Io) -> Result<Next, Failure> {
    let Some(most) = inv.int("max") else {
        return Err(Failure::client("required flag(s) \"max\" not set"));
    };
    let least = inv.int("min").unwrap_or(-1);
    if most < 1 {
        let why = format!("--max=MAXPODS is required and must be at least 1, max: {most}");
        return Err(Failure::client(why));
    }
    if most < least {
        return Err(Failure::client(format!(
            "--max=MAXPODS must be larger or equal to --min=MINPODS, max: {most}, min: {least}"
        )));
    }
    let metrics = metrics(inv)?;
    let (keys, mut failures) = targets(inv, io)?;
    if keys.is_empty() && failures.is_empty() {
        return Err(Failure::client("no objects passed to autoscale"));
    }
    for key in keys {
        let kind = key.kind;
        if !SCALABLE.contains(&kind) {
            let (name, resource) = (kind.name(), kind.info().qualified_plural());
            failures.push(Failure::client(format!(
                "cannot autoscale a {name}: could not find scale subresource for {resource} in discovery information"
            )));
            continue;
        }
        let name = inv.get("name").filter(|name| !name.is_empty()).unwrap_or(&key.name);
        let target =
            json!({"apiVersion": kind.info().api_version(), "kind": kind.name(), "name": &*key.name});
        let mut spec = json!({"scaleTargetRef": target, "maxReplicas": most});
        if least > 0 {
            spec["minReplicas"] = least.into();
        }
        if !metrics.is_empty() {
            spec["metrics"] = metrics.clone().into();
        }
        let mut tree = json!({"metadata": {"name": name}, "spec": spec});
        record(inv, &mut tree);
        let done = if inv.text("dry-run") == "client" { "created" } else { "autoscaled" };
        failures.extend(make(inv, io, Kind::HorizontalPodAutoscaler, tree, done).err());
    }
    Failure::all(failures)?;
    Next::OK
}

/// What is to be scaled. What stands in a file need not be there.
fn targets(inv: &Invocation, io: &Io) -> Result<(Vec<Key>, Vec<Failure>), Failure> {
    if inv.has("filename") {
        inv.only_paths(&inv.args)?;
        let (documents, failures) = documents::read_all(inv)?;
        return Ok((documents.iter().map(documents::Document::key).collect(), failures));
    }
    let found = Query::of(inv, &inv.args).find(io.api.store())?;
    Ok((found.objects.iter().map(|object| object.key()).collect(), found.failures))
}

/// What is to be measured, and how much of it is wanted.
fn metrics(inv: &Invocation) -> Result<Vec<Value>, Failure> {
    let metric =
        |name: &str, target: Value| json!({"type": "Resource", "resource": {"name": name, "target": target}});
    let mut metrics = Vec::new();
    let percent = inv.int("cpu-percent").filter(|percent| *percent > 0);
    if percent.is_some() && !inv.text("cpu").is_empty() {
        return Err(Failure::client("--cpu-percent and --cpu are mutually exclusive"));
    }
    if let Some(percent) = percent {
        metrics.push(metric("cpu", json!({"type": "Utilization", "averageUtilization": percent})));
    }
    for (name, unit) in [("cpu", "m"), ("memory", "Mi")] {
        let text = inv.text(name);
        if !text.is_empty() {
            metrics.push(metric(name, amount(text.trim(), name, unit).map_err(Failure::Client)?));
        }
    }
    Ok(metrics)
}

/// `70%`, `500m`, or a number that is of this unit. Models `parseResourceInput`.
fn amount(text: &str, name: &str, unit: &str) -> Result<Value, String> {
    if let Some(number) = text.strip_suffix('%') {
        return match number.parse::<i32>() {
            Ok(percent) if percent >= 0 => Ok(json!({"type": "Utilization", "averageUtilization": percent})),
            _ => Err(format!("invalid percentage value: {number}")),
        };
    }
    let with_unit = if text.parse::<f64>().is_ok() { format!("{text}{unit}") } else { text.to_string() };
    match Quantity::parse(&with_unit) {
        Ok(quantity) => Ok(json!({"type": "AverageValue", "averageValue": quantity.to_string()})),
        Err(_) => Err(format!("invalid resource {name} value: {text}")),
    }
}
