//! `kubectl wait`. Models `k8s.io/kubectl/pkg/cmd/wait`.

use super::modify::targets;
use super::printing::say;
use crate::api::status::ApiError;
use crate::api::{Key, Object, SimTime, Span, Uid};
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
        failures: Vec::new(),
        watches: false,
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
    /// What could not be found, or did not come about: it keeps nobody from waiting for the others.
    failures: Vec<Failure>,
    /// Whether the first object's present condition has been seen not to hold, and is watched.
    watches: bool,
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
        if objects.is_empty() && failures.is_empty() && !self.for_delete {
            return Err(Failure::client("no matching resources found"));
        }
        self.failures = failures;
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
        while let Some((first, held)) = self.left.as_ref().and_then(|left| left.front()).cloned() {
            match self.first_holds(io, &first, held) {
                Ok(Some(step)) => return Ok(Some(step)),
                Ok(None) => {}
                Err(failure) => self.failures.push(failure),
            }
            self.watches = false;
            if let Some(left) = &mut self.left {
                left.pop_front();
            }
        }
        Failure::all(std::mem::take(&mut self.failures))?;
        Ok(None)
    }

    /// Asks whether the first object's conditions hold, from one of them on. Returns what to wait for; `None` if all hold.
    fn first_holds(&mut self, io: &mut Io, first: &Rc<Object>, from: usize) -> Result<Option<Step>, Failure> {
        let key: Key = first.key();
        let what = format!("{}/{}", key.kind.info().plural, key.name);
        for (held, condition) in self.conditions.iter().enumerate().skip(from) {
            let now = io.api.store().get(&key).cloned();
            let holds = match (condition, &now) {
                (Condition::Created, _) => true,
                // A file's object has no uid: any object of its name is meant (`--local`).
                (Condition::Deleted, Some(now)) => {
                    first.meta.uid != Uid::default() && now.meta.uid != first.meta.uid
                }
                (Condition::Deleted, None) => true,
                // Whoever watches goes on: another of its name may come.
                (_, None) if self.watches => false,
                (_, None) => return Err(ApiError::not_found(&key).into()),
                (condition, Some(object)) => condition.holds(object).map_err(Failure::Client)?,
            };
            if let Some((_, reached)) = self.left.as_mut().and_then(|left| left.front_mut()) {
                *reached = held;
            }
            let is_late = !self.watches && self.until <= io.api.now && !self.at_once;
            if is_late && !matches!(condition, Condition::Created) {
                // The time is over that all of them share: nothing is asked any more.
                return Err(Failure::client(match condition {
                    Condition::Deleted => {
                        "client rate limiter Wait returned an error: context deadline exceeded".to_string()
                    }
                    _ => format!("timed out waiting for the condition on {what}"),
                }));
            }
            if !holds {
                if self.at_once {
                    return Err(Failure::client(format!("condition not met for {what}")));
                }
                if self.until <= io.api.now {
                    return Err(Failure::client(format!("timed out waiting for the condition on {what}")));
                }
                self.watches = true;
                return Ok(Some(Step::OnChangeOrAt(self.until)));
            }
            self.watches = false;
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
