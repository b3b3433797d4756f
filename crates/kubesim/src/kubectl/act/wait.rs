//! `kubectl wait`. Models `k8s.io/kubectl/pkg/cmd/wait`.

use super::modify::targets;
use super::printing::say;
use crate::api::{Key, Object, SimTime, Span};
use crate::kubectl::output::jsonpath::{self, Template};
use crate::kubectl::resource::Found;
use crate::kubectl::{Failure, Invocation, Next, fail};
use crate::process::{Io, Program, Step};
use serde_json::Value;
use std::collections::VecDeque;
use std::rc::Rc;

/// How long it waits without `--timeout`.
const TIMEOUT: Span = Span::seconds(30);
/// How long it waits with a negative `--timeout`.
const A_WEEK: Span = Span::seconds(7 * 24 * 3600);
/// How often `--for=create` looks.
const CREATE_POLL: Span = Span(500);

/// What is waited for.
enum Condition {
    Deleted,
    Created,
    Status { name: String, value: String },
    Path { template: Template, value: Option<String> },
}

impl Condition {
    fn parse(text: &str) -> Result<Condition, Failure> {
        match text.to_ascii_lowercase().as_str() {
            "delete" => return Ok(Condition::Deleted),
            "create" => return Ok(Condition::Created),
            _ => {}
        }
        if let Some(condition) = text.strip_prefix("condition=") {
            let (name, value) = condition.split_once('=').unwrap_or((condition, "true"));
            return Ok(Condition::Status { name: name.into(), value: value.into() });
        }
        let Some(path) = text.strip_prefix("jsonpath=") else {
            return Err(Failure::client(format!("unrecognized condition: {text:?}")));
        };
        let (path, value) = split_path(path)?;
        let template = Template::relaxed(&path).map_err(Failure::Client)?;
        Ok(Condition::Path { template, value })
    }

    /// Whether it holds. Errors: it can't be told.
    fn holds(&self, object: &Object) -> Result<bool, String> {
        match self {
            Condition::Deleted | Condition::Created => Ok(true),
            Condition::Status { name, value } => {
                let tree = object.to_value();
                let conditions = tree["status"]["conditions"].as_array().cloned().unwrap_or_default();
                let text = |c: &Value, field: &str| c[field].as_str().unwrap_or_default().to_string();
                let known = conditions.iter().find(|c| text(c, "type").eq_ignore_ascii_case(name));
                let Some(known) = known else { return Ok(false) };
                let observed =
                    known["observedGeneration"].as_i64().or(tree["status"]["observedGeneration"].as_i64());
                let stale = tree["metadata"]["generation"].as_i64() > observed && observed.is_some();
                Ok(!stale && text(known, "status").eq_ignore_ascii_case(value))
            }
            Condition::Path { template, value } => {
                let tree = object.to_value();
                let found = template.find(&tree)?;
                match &found[..] {
                    [] => Ok(false),
                    [list] => match (&list[..], value) {
                        ([], _) => Ok(false),
                        ([_], None) => Ok(true),
                        ([one], Some(_)) if one.is_object() || one.is_array() => {
                            Err("jsonpath leads to a nested object or list which is not supported"
                                .to_string())
                        }
                        ([one], Some(value)) => Ok(jsonpath::print(one).trim() == value.trim()),
                        _ => Err("given jsonpath expression matches more than one value".to_string()),
                    },
                    _ => Err("given jsonpath expression matches more than one list".to_string()),
                }
            }
        }
    }
}

/// `{.status.phase}=Running` → path and value; `==` belongs to the path.
fn split_path(text: &str) -> Result<(String, Option<String>), Failure> {
    let text = text.replace("==", "\0");
    let parts: Vec<String> = text.split('=').map(|part| part.replace('\0', "==")).collect();
    match &parts[..] {
        [path] => Ok((path.clone(), None)),
        [path, value] => match value.trim_matches(['\'', '"']) {
            "" => Err(Failure::client(
                "jsonpath wait has to have a value after equal sign, like --for=jsonpath='{.status.readyReplicas}'=3",
            )),
            value => Ok((path.clone(), Some(value.to_string()))),
        },
        _ => Err(Failure::client(
            "jsonpath wait format must be --for=jsonpath='{.status.readyReplicas}'=3 or \
             --for=jsonpath='{.status.readyReplicas}'",
        )),
    }
}

/// `kubectl wait pod/flask-0 --for=condition=Ready`
pub fn wait(inv: &Invocation, io: &mut Io) -> Result<Next, Failure> {
    let mut conditions = Vec::new();
    for text in inv.list("for") {
        conditions.push(Condition::parse(text)?);
    }
    if conditions.is_empty() {
        return Err(Failure::client("unrecognized condition: []"));
    }
    let timeout = match inv.duration("timeout") {
        None => TIMEOUT,
        Some(t) if t.0 < 0 => A_WEEK,
        Some(t) => t,
    };
    let is_for = |wanted: &str| inv.list("for").iter().any(|f| f.eq_ignore_ascii_case(wanted));
    let program = Wait {
        for_create: is_for("create"),
        for_delete: is_for("delete"),
        inv: inv.clone(),
        conditions,
        until: io.api.now + timeout,
        at_once: timeout.0 == 0,
        left: None,
    };
    Ok(Next::GoOn(Box::new(program)))
}

struct Wait {
    inv: Invocation,
    conditions: Vec<Condition>,
    until: SimTime,
    at_once: bool,
    for_create: bool,
    for_delete: bool,
    /// What is waited for, once it was looked up: objects, each with the number of conditions that held.
    left: Option<VecDeque<(Rc<Object>, usize)>>,
}

impl Wait {
    fn look_up(&mut self, io: &mut Io) -> Result<Option<Step>, Failure> {
        let Found { objects, mut failures, .. } = targets(&self.inv, io, &self.inv.args)?;
        let missing = |f: &Failure| matches!(f, Failure::Server(error) if error.is_not_found());
        if self.for_create && (objects.is_empty() || failures.iter().any(missing)) {
            if self.until <= io.api.now {
                return Err(Failure::client("timed out waiting for the condition"));
            }
            return Ok(Some(Step::At(self.until.min(io.api.now + CREATE_POLL))));
        }
        if self.for_delete {
            failures.retain(|f| !missing(f));
        }
        Failure::all(failures)?;
        if objects.is_empty() && !self.for_delete {
            return Err(Failure::client("no matching resources found"));
        }
        self.left = Some(objects.into_iter().map(|o| (o, 0)).collect());
        Ok(None)
    }

    /// Goes on with the first object. Returns what to wait for; `None` if nothing is left.
    fn go_on(&mut self, io: &mut Io) -> Result<Option<Step>, Failure> {
        if self.left.is_none()
            && let Some(step) = self.look_up(io)?
        {
            return Ok(Some(step));
        }
        let Some(left) = &mut self.left else { return Ok(None) };
        while let Some((first, held)) = left.front_mut() {
            let key: Key = first.key();
            let now = io.api.store().get(&key).cloned();
            let Some(condition) = self.conditions.get(*held) else {
                left.pop_front();
                continue;
            };
            let holds = match (condition, &now) {
                (Condition::Deleted, now) => now.as_ref().is_none_or(|o| o.meta.uid != first.meta.uid),
                (_, None) => return Err(crate::api::status::ApiError::not_found(&key).into()),
                (condition, Some(object)) => condition.holds(object).map_err(Failure::Client)?,
            };
            if !holds {
                let what = format!("{}/{}", key.kind.info().plural, key.name);
                if self.at_once {
                    return Err(Failure::client(format!("condition not met for {what}")));
                }
                if self.until <= io.api.now {
                    return Err(Failure::client(format!("timed out waiting for the condition on {what}")));
                }
                return Ok(Some(Step::OnChangeOrAt(self.until)));
            }
            *held += 1;
            let object = now.unwrap_or_else(|| first.clone());
            say(&self.inv, io, &object, "condition met", super::options::DryRun::No)?;
        }
        Ok(None)
    }
}

impl Program for Wait {
    fn run(&mut self, io: &mut Io) -> Step {
        match self.go_on(io) {
            Ok(None) => Step::Exit(0),
            Ok(Some(step)) => step,
            Err(failure) => fail(&failure, io),
        }
    }
}
