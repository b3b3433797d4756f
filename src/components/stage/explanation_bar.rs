//! Why: the question of the moment, its answer, a countdown, and the rule behind it.

use crate::components::{button, fault_menu, labelled, rich, ring};
use crate::page::intent::Intent;
use messages::{Messages, fill};
use scene::explain::{Assumptions, Explanation, Tone};
use scene::scene::Playhead;
use yew::prelude::*;

/// Shorter waits are not counted down in words: nobody could read them.
const WORTH_COUNTING: f64 = 3000.0;

/// A command as its button shows it: an object that it applies is named in a comment.
fn shown(command: &str) -> String {
    named(command).unwrap_or_else(|| command.to_owned())
}

fn named(command: &str) -> Option<String> {
    let (before, piped) = command.split_once("echo '")?;
    let (object, apply) = piped.rsplit_once("' | ")?;
    let of = |field: &str| Some(object.split_once(field)?.1.split_once('"')?.0);
    Some([before, apply, " # ", of("\"kind\":\"")?, " ", of("\"name\":\"")?].concat())
}

/// A button that gives a command that would help.
fn remedy(command: &str, send: &Callback<Intent>) -> Html {
    let label = AttrValue::from(command.to_owned());
    let content = Html::from(shown(command));
    labelled("primary remedy", Some(label), None, content, send, Intent::Command(command.into()))
}

/// The why bar. `of_part`: whether it is about a part of the set, not about the whole;
/// `notice`: something to say about what the user did; `open`: whether the rule is shown; `default`: what its field is, if the
/// manifest leaves it out.
pub fn why_bar(
    words: &'static Messages,
    why: &Explanation,
    now: Playhead,
    (of_part, notice): (bool, Option<&'static str>),
    (open, default): (bool, Option<&'static str>),
    send: &Callback<Intent>,
) -> Html {
    let back = if why.tone == Tone::Refused { words.heard() } else { words.whole_set() };
    let (done, all) = match why.wait {
        Some((since, until)) => (now - since.0 as f64, (until - since).0 as f64),
        None => (0.0, 0.0),
    };
    let left = ((all - done) / 1000.0).max(0.0);
    let seconds = format!("{}s", left.ceil() as i64);
    let sign = match why.tone {
        Tone::Stuck | Tone::Refused => ring(1.0, "!"),
        _ if all > 0.0 => ring((done / all).clamp(0.0, 1.0) as f32, seconds),
        Tone::Calm => ring(1.0, "✓"),
        _ => ring(0.25, ""),
    };
    let count = || {
        let (done, left) = ((all / 1000.0 - left) as i64, left.ceil() as i64);
        fill(words.countdown(), &[("done", &done.to_string()), ("left", &left.to_string())])
    };
    html! {
        <section class={classes!("why", why.tone.class(), (all <= 0.0).then_some("still"))}>
            { sign }
            <div>
                <div>
                    <h2>{ &why.title }</h2>
                    if let Some(notice) = notice { <em class="notice">{ notice }</em> }
                    <p>{ rich(&why.text) }</p>
                </div>
                if all >= WORTH_COUNTING { <p>{ count() }</p> }
                if let Some(assumed) = &why.assumed { { assumption(words, assumed, send) } }
            </div>
            { for [&why.remedy, &why.also].into_iter().flatten().map(|command| remedy(command, send)) }
            if of_part { { button("", back, send, Intent::Explain(None)) } }
            if let Some(rule) = why.rule.map(|rule| words.rule(rule)) {
                { labelled("", None, Some(open), Html::from(if open { words.hide_rule() } else { words.show_rule() }), send, Intent::ShowRule(!open)) }
                if open {
                    <aside>
                        <p>{ rich(&[rule.text, " ", &about_field(words, rule.field, default)].concat()) }</p>
                        <a href={format!("https://kubernetes.io/{}", rule.path)} target="_blank" rel="noreferrer">
                            { fill(words.read_on(), &[("section", rule.section)]) }
                        </a>
                    </aside>
                }
            }
        </section>
    }
}

/// What is assumed, in one line that is read whole by pointing at it; pressed, it offers what makes it false.
fn assumption(words: &'static Messages, assumed: &Assumptions, send: &Callback<Intent>) -> Html {
    let said = assumed.text.replace('`', "");
    let content = html! { <><span>{ &said }</span>{ " " }<u>{ words.doubt() }</u></> };
    let label = [&*said, " ", words.doubt()].concat();
    fault_menu::opener("doubt", label, content, send, assumed.pod.clone())
}

/// The field that decides, if one does; and what it is, if the manifest leaves it out.
fn about_field(words: &Messages, field: &str, default: Option<&str>) -> String {
    match default {
        Some(value) => fill(words.by_default(), &[("field", field), ("value", value)]),
        None if field.is_empty() => String::new(),
        None => ["`", field, "`"].concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn a_button_says_what_its_command_makes_and_what_it_takes_away() {
        let service = r#"{"apiVersion":"v1","kind":"Service","metadata":{"name":"web"},"spec":{}}"#;
        let make = format!("echo '{service}' | kubectl apply -f -");
        assert_eq!(shown(&make), "kubectl apply -f - # Service web");
        let anew = format!("kubectl delete service web && {make} -n prod");
        assert_eq!(shown(&anew), "kubectl delete service web && kubectl apply -f - -n prod # Service web");
        assert_eq!(shown("kubectl delete pod web-0"), "kubectl delete pod web-0");
    }
}
