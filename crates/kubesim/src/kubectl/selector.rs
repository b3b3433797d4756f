//! Label and field selectors as users write them.
//!
//! Models `k8s.io/apimachinery/pkg/labels/selector.go: Parse` and `pkg/fields/selector.go: ParseSelector`.

use crate::api::meta::{Operator, Requirement};
use crate::api::{Kind, LabelSelector, Object, Str};

/// Reads `app=flask,tier in (a,b),!old`. Errors: in the API server's words.
pub fn parse_labels(text: &str) -> Result<LabelSelector, String> {
    let mut parser = Parser { tokens: tokens(text), at: 0 };
    let mut selector = LabelSelector::default();
    loop {
        match parser.peek() {
            "" => return Ok(selector),
            token if is_identifier(token) || token == "!" => {}
            token => return Err(format!("found '{token}', expected: !, identifier, or 'end of string'")),
        }
        let requirement = parser.requirement().map_err(|e| format!("unable to parse requirement: {e}"))?;
        selector.match_expressions.push(requirement);
        match parser.next() {
            "" => return Ok(selector),
            "," => {
                let token = parser.peek();
                if !is_identifier(token) && token != "!" {
                    return Err(format!("found '{token}', expected: identifier after ','"));
                }
            }
            token => return Err(format!("found '{token}', expected: ',' or 'end of string'")),
        }
    }
}

struct Parser<'a> {
    tokens: Vec<&'a str>,
    at: usize,
}

impl<'a> Parser<'a> {
    /// The token that comes next; empty at the end.
    fn peek(&self) -> &'a str {
        self.tokens.get(self.at).copied().unwrap_or_default()
    }

    fn next(&mut self) -> &'a str {
        let token = self.peek();
        self.at += 1;
        token
    }

    fn requirement(&mut self) -> Result<Requirement, String> {
        let absent = self.peek() == "!";
        self.at += usize::from(absent);
        let key = self.next();
        if !is_identifier(key) {
            return Err(format!("found '{key}', expected: identifier"));
        }
        let requirement = |operator, values| Ok(Requirement { key: key.into(), operator, values });
        if absent {
            return requirement(Operator::DoesNotExist, Vec::new());
        }
        if matches!(self.peek(), "" | ",") {
            return requirement(Operator::Exists, Vec::new());
        }
        match self.next() {
            "in" => requirement(Operator::In, self.values()?),
            "notin" => requirement(Operator::NotIn, self.values()?),
            "=" | "==" => requirement(Operator::In, self.value()?),
            "!=" => requirement(Operator::NotIn, self.value()?),
            token => Err(format!("found '{token}', expected: in, notin, =, ==, !=, gt, lt")),
        }
    }

    fn value(&mut self) -> Result<Vec<Str>, String> {
        if matches!(self.peek(), "" | ",") {
            return Ok(vec![Str::default()]);
        }
        match self.next() {
            token if is_identifier(token) => Ok(vec![token.into()]),
            token => Err(format!("found '{token}', expected: identifier")),
        }
    }

    /// `(a,b)`; a missing value between commas is the empty one.
    fn values(&mut self) -> Result<Vec<Str>, String> {
        match self.next() {
            "(" => {}
            token => return Err(format!("found '{token}' expected: '('")),
        }
        let mut values = vec![Str::default()];
        loop {
            match self.next() {
                ")" => return Ok(values),
                "," => values.push(Str::default()),
                token if is_identifier(token) => {
                    *values.last_mut().expect("there is always one") = token.into();
                    if !matches!(self.peek(), "," | ")") {
                        return Err(format!("found '{}', expected: ',' or ')'", self.peek()));
                    }
                }
                token => return Err(format!("found '{token}', expected: ',', or identifier")),
            }
        }
    }
}

fn is_special(c: char) -> bool {
    "=!(),><".contains(c)
}

fn is_identifier(token: &str) -> bool {
    !token.is_empty() && !token.starts_with(is_special)
}

fn tokens(text: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let two = ["==", "!="].into_iter().find(|s| rest.starts_with(s)).map(str::len);
        let length = two.unwrap_or_else(|| {
            if rest.starts_with(is_special) {
                1
            } else {
                rest.find(|c: char| is_special(c) || c.is_whitespace()).unwrap_or(rest.len())
            }
        });
        let (token, after) = rest.split_at(length);
        tokens.push(token);
        rest = after.trim_start();
    }
    tokens
}

/// A field selector: fields that must (or must not) have a value.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct FieldSelector(Vec<(String, bool, String)>);

/// Reads `status.phase=Running,metadata.name!=x` for a kind. Errors: bad syntax, or a field by which that kind's objects
/// can't be selected.
pub fn parse_fields(text: &str, kind: Kind) -> Result<FieldSelector, String> {
    let mut terms = Vec::new();
    for term in text.split(',').filter(|t| !t.is_empty()) {
        let (field, equal, value) = if let Some((field, value)) = term.split_once("!=") {
            (field, false, value)
        } else if let Some((field, value)) = term.split_once('=') {
            (field, true, value.strip_prefix('=').unwrap_or(value))
        } else {
            return Err(format!("invalid selector: '{text}'; can't understand '{term}'"));
        };
        let in_all: &[&str] = if kind.info().namespaced {
            &["metadata.name", "metadata.namespace"]
        } else {
            &["metadata.name"]
        };
        if !in_all.contains(&field) && !selectable(kind).split(' ').any(|f| f == field) {
            return Err(format!("field label not supported: {field}"));
        }
        terms.push((field.to_string(), equal, value.to_string()));
    }
    Ok(FieldSelector(terms))
}

/// The fields beside name and namespace by which objects of a kind can be selected. Models the
/// `AddFieldLabelConversionFunc`s in `pkg/apis/*/v1/conversion.go`.
fn selectable(kind: Kind) -> &'static str {
    match kind {
        Kind::Pod => {
            "spec.nodeName spec.restartPolicy spec.schedulerName spec.serviceAccountName spec.hostNetwork status.phase \
             status.podIP status.podIPs status.nominatedNodeName"
        }
        Kind::Node => "spec.unschedulable",
        Kind::Namespace => "status.phase",
        Kind::Secret => "type",
        Kind::Service => "spec.clusterIP spec.type",
        Kind::Job => "status.successful",
        Kind::ReplicaSet | Kind::ReplicationController => "status.replicas",
        Kind::Event => {
            "involvedObject.kind involvedObject.namespace involvedObject.name involvedObject.uid \
             involvedObject.apiVersion involvedObject.resourceVersion involvedObject.fieldPath reason \
             reportingComponent source type"
        }
        _ => "",
    }
}

impl FieldSelector {
    /// Whether an object satisfies it.
    pub fn matches(&self, object: &Object) -> bool {
        if self.0.is_empty() {
            return true;
        }
        let tree = object.to_value();
        self.0.iter().all(|(field, equal, value)| {
            let path = if field == "source" { "source.component" } else { field };
            let found =
                path.split('.').fold(&tree, |v, step| v.get(step).unwrap_or(&serde_json::Value::Null));
            let text = match found {
                serde_json::Value::String(s) => s.clone(),
                serde_json::Value::Null if ["spec.unschedulable", "spec.hostNetwork"].contains(&path) => {
                    "false".into()
                }
                serde_json::Value::Null => String::new(),
                other => other.to_string(),
            };
            (text == *value) == *equal
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn labels_are_selected_as_written() {
        let labels: BTreeMap<Str, Str> =
            [("app".into(), "flask".into()), ("tier".into(), "web".into())].into();
        for (text, matches) in [
            ("", true),
            ("app=flask", true),
            ("app==flask,app!=x", true),
            ("app=x", false),
            ("app in (flask, nginx),tier notin (db)", true),
            ("app", true),
            ("!app", false),
            ("!old", true),
            ("old!=x", true),
            ("app=", false),
        ] {
            let selector = parse_labels(text).unwrap();
            assert_eq!(selector.matches(&labels), matches, "{text}");
        }
    }

    #[test]
    fn bad_selectors_are_refused_in_the_words_of_the_api() {
        for (text, error) in [
            ("app in flask", "unable to parse requirement: found 'flask' expected: '('"),
            ("app=flask,", "found '', expected: identifier after ','"),
            ("=x", "found '=', expected: !, identifier, or 'end of string'"),
            (
                "app flask",
                "unable to parse requirement: found 'flask', expected: in, notin, =, ==, !=, gt, lt",
            ),
            ("a=b c", "found 'c', expected: ',' or 'end of string'"),
        ] {
            assert_eq!(parse_labels(text).unwrap_err(), error, "{text}");
        }
        assert_eq!(parse_fields("foo=bar", Kind::Pod).unwrap_err(), "field label not supported: foo");
        assert_eq!(
            parse_fields("status.phase", Kind::Pod).unwrap_err(),
            "invalid selector: 'status.phase'; can't understand 'status.phase'"
        );
    }
}
