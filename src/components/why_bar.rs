//! Why: the question of the moment, its answer, a countdown, and the rule behind it.

use super::{Ask, button, rich, ring};
use crate::scene::Playhead;
use crate::why::{Mood, Why};
use crate::words::{Words, fill};
use yew::prelude::*;

#[derive(Properties)]
pub struct Props {
    pub words: &'static Words,
    pub why: Why,
    pub now: Playhead,
    pub ask: Callback<Ask>,
}

impl PartialEq for Props {
    /// The moment only counts while time is waited for.
    fn eq(&self, other: &Props) -> bool {
        self.why == other.why && (self.now == other.now || self.why.wait.is_none())
    }
}

/// The why bar.
#[component]
pub fn WhyBar(props: &Props) -> Html {
    let (words, why) = (props.words, &props.why);
    let open = use_state(|| false);
    let toggle = {
        let open = open.clone();
        Callback::from(move |_| open.set(!*open))
    };
    let (done, all) = match why.wait {
        Some((since, until)) => (props.now - since.0 as f64, (until - since).0 as f64),
        None => (0.0, 0.0),
    };
    let left = ((all - done) / 1000.0).max(0.0);
    let sign = match (why.mood, why.wait) {
        (Mood::Stuck, _) => ring(1.0, "!"),
        (_, Some(_)) => {
            ring((done / all.max(1.0)).clamp(0.0, 1.0) as f32, format!("{}s", left.ceil() as i64))
        }
        (Mood::Calm, None) => ring(1.0, "✓"),
        (_, None) => ring(0.25, ""),
    };
    let count = |text| {
        let (done, left) = ((all / 1000.0 - left) as i64, left.ceil() as i64);
        fill(text, &[("done", &done.to_string()), ("left", &left.to_string())])
    };
    let long = all >= 3000.0;
    html! {
        <section class={classes!("why", why.mood.class(), why.wait.is_none().then_some("still"))}>
            { sign }
            <div aria-live="polite">
                <h2>{ &why.title }</h2>
                <p>
                    { rich(&why.text) }
                    if long { <span aria-hidden="true">{ " " }{ count(words.countdown) }</span> }
                </p>
            </div>
            if let Some(command) = &why.remedy {
                { button("primary", command.clone(), html! { <code>{ command }</code> }, &props.ask, Ask::Command(command.clone())) }
            }
            if let Some(rule) = why.rule {
                <button type="button" aria-expanded={open.to_string()} onclick={toggle}>
                    { if *open { words.hide_rule } else { words.show_rule } }
                </button>
                if *open {
                    <aside class="rule">
                        <p>{ rich(rule.text) }</p>
                        <a href={format!("https://kubernetes.io/docs/{}", rule.path)} target="_blank" rel="noreferrer">
                            { fill(words.read_on, &[("section", rule.section)]) }
                        </a>
                    </aside>
                }
            }
        </section>
    }
}
