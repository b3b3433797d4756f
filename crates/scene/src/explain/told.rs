//! Answers as lines of text, for `kubectl why`.

use super::about::About;
use super::assumed::not_simulated;
use super::detail::pod_detail;
use super::explanation::Explanation;
use kubesim::api::stateful_set::ordinal_of;
use kubesim::{Key, Kind, Object, Store};
use messages::{EN, Rule};

/// Why an object is as it is: what goes on, why, by which rule, and a command that helps. `None` of kinds that nobody asks about.
pub fn told(store: &Store, key: &Key) -> Option<String> {
    let object = store.get(key)?;
    let mut sets = store.list(Kind::StatefulSet);
    let about = |set| About { messages: &EN, store, set };
    let why = match key.kind {
        Kind::StatefulSet => about(object).whole(),
        Kind::Node => about(sets.next()?).node(key),
        Kind::PersistentVolumeClaim => {
            let set = sets.find(|set| is_claim_of(set, key))?;
            about(set).claim(key)
        }
        Kind::Pod => match sets.find(|set| object.meta.is_controlled_by(set.meta.uid)) {
            Some(set) => about(set).pod(key),
            None => return of_lone_pod(store, key),
        },
        _ => return None,
    };
    let Explanation { title, text, rule, remedy, also, .. } = why;
    Some(lines(&[title, text], rule, &[remedy, also]))
}

/// Whether a claim is called as one of the set's templates says.
pub(super) fn is_claim_of(set: &Object, key: &Key) -> bool {
    let is_made_by =
        |template: &str| ordinal_of(&[template, "-", &set.meta.name].concat(), &key.name).is_some();
    set.meta.namespace == key.namespace
        && set.stateful_set().spec.volume_claim_templates.iter().any(|template| is_made_by(&template.name))
}

/// A pod that no set has.
fn of_lone_pod(store: &Store, key: &Key) -> Option<String> {
    let pod = store.get(key)?;
    let unknown = not_simulated(&EN, store, pod).unwrap_or_default();
    let Some(detail) = pod_detail(&EN, store, key) else {
        return Some(lines(&[[&*key.name, " is as wanted."].concat(), unknown], None, &[]));
    };
    Some(lines(
        &[key.name.to_string(), [&*detail.text, &unknown].join(" ")],
        detail.rule,
        &[detail.remedy, detail.also],
    ))
}

fn lines(said: &[String], rule: Option<&Rule>, commands: &[Option<String>]) -> String {
    let mut text = String::new();
    for line in said.iter().map(|line| line.trim()).filter(|line| !line.is_empty()) {
        text.push_str(&line.replace('`', ""));
        text.push('\n');
    }
    if let Some(rule) = rule.map(|rule| EN.rule(rule)) {
        text.push_str(
            &["Rule: ", &rule.text.replace('`', ""), " https://kubernetes.io/", rule.path, "\n"].concat(),
        );
    }
    for command in commands.iter().flatten() {
        text.push_str(&["Try:  ", command, "\n"].concat());
    }
    text
}
