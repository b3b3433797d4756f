//! The terminal: what was printed up to the playhead, and a line to type.

use super::{Ask, button};
use crate::chronicle::Printed;
use crate::scene::{PodPlace, Scene};
use crate::session::Session;
use crate::words::Words;
use kubesim::api::Str;
use kubesim::apiserver::Stream;
use kubesim::story::Input;
use std::rc::Rc;
use web_sys::{HtmlElement, HtmlInputElement};
use yew::prelude::*;

#[derive(Properties)]
pub struct Props {
    pub words: &'static Words,
    /// The text; another allocation when it is another text.
    pub screen: Rc<Vec<Printed>>,
    /// The lines that were typed, oldest first.
    pub lines: Vec<Str>,
    /// Commands to offer.
    pub suggestions: Vec<String>,
    pub ask: Callback<Ask>,
}

impl PartialEq for Props {
    fn eq(&self, other: &Props) -> bool {
        Rc::ptr_eq(&self.screen, &other.screen)
            && self.lines == other.lines
            && self.suggestions == other.suggestions
    }
}

/// The terminal.
#[component]
pub fn Terminal(props: &Props) -> Html {
    let Props { words, screen, lines, suggestions, ask } = props;
    let (scroller, input) = (use_node_ref(), use_node_ref());
    let back = use_mut_ref(|| 0_usize);
    {
        let scroller = scroller.clone();
        use_effect_with(screen.last().map(|p| p.position), move |_| {
            if let Some(element) = scroller.cast::<HtmlElement>() {
                element.set_scroll_top(element.scroll_height());
            }
        });
    }
    let focus = {
        let input = input.clone();
        Callback::from(move |_: MouseEvent| {
            if let (Some(input), false) = (input.cast::<HtmlElement>(), has_selection()) {
                let _ = input.focus();
            }
        })
    };
    let onkeydown = {
        let (ask, lines) = (ask.clone(), lines.clone());
        Callback::from(move |event: KeyboardEvent| {
            let line: HtmlInputElement = event.target_unchecked_into();
            let mut back = back.borrow_mut();
            let moved = match &*event.key() {
                "ArrowUp" => (*back + 1).min(lines.len()),
                "ArrowDown" => back.saturating_sub(1),
                "Enter" if !event.is_composing() => {
                    *back = 0;
                    ask.emit(Ask::input(Input::Line(line.value().as_str().into())));
                    return line.set_value("");
                }
                "c" if event.ctrl_key() && !has_selection() => {
                    event.prevent_default();
                    line.set_value("");
                    return ask.emit(Ask::input(Input::Interrupt));
                }
                _ => return,
            };
            event.prevent_default();
            *back = moved;
            line.set_value(moved.checked_sub(1).map_or("", |n| &lines[lines.len() - 1 - n]));
        })
    };
    let (prompt, printed) = match screen.split_last() {
        Some((last, before)) if !last.text.ends_with('\n') => (Some(last), before),
        _ => (None, &screen[..]),
    };
    let chip = |command: &String| {
        let text = command.strip_prefix("kubectl ").unwrap_or(command).to_string();
        button("chip", text, ask, Ask::input(Input::Line(command.as_str().into())))
    };
    html! {
        <>
            <div class="screen" ref={scroller} onclick={focus} tabindex="-1">
                { for printed.iter().map(piece) }
                <label class="line">
                    if let Some(prompt) = prompt { { piece(prompt) } }
                    <input ref={input} type="text" aria-label={words.command_line} {onkeydown}
                        autocapitalize="off" autocomplete="off" spellcheck="false" />
                </label>
            </div>
            <div class="chips" role="group" aria-label={words.suggestions}>{ for suggestions.iter().map(chip) }</div>
        </>
    }
}

/// Commands that make sense now.
pub fn suggestions(session: &Session, scene: &Scene) -> Vec<String> {
    let Some(set) = &scene.set else {
        return vec!["kubectl get all".into(), "kubectl get nodes -o wide".into()];
    };
    let (name, count) = (&set.key.name, scene.lanes.len());
    let is_pod = |lane: &&Rc<crate::scene::Lane>| matches!(lane.pod, PodPlace::Pod(_));
    let pod = scene.lanes.iter().filter(is_pod).nth(1).or(scene.lanes.first());
    let pod = pod.map_or_else(|| name.clone(), |lane| lane.name.clone());
    let service = scene.service.as_ref().map_or(name, |service| &service.name);
    if session.waits_for_line() && !session.is_on_laptop() {
        return vec![
            format!("nslookup {service}"),
            format!("nslookup -type=srv {service}"),
            format!("nslookup {pod}.{service}.{}.svc.cluster.local", set.key.namespace),
            "exit".into(),
        ];
    }
    vec![
        "kubectl get pods -o wide".into(),
        "kubectl get pvc".into(),
        format!("kubectl delete pod {pod}"),
        format!("kubectl scale sts {name} --replicas={}", count + 1),
        "kubectl run -ti --rm --image=nicolaka/netshoot testpod1 -- zsh".into(),
    ]
}

fn piece(printed: &Printed) -> Html {
    let class = match printed.stream {
        Stream::Prompt if printed.text.ends_with('\n') => "typed",
        Stream::Prompt => "prompt",
        Stream::Stdout => "out",
        Stream::Stderr => "err",
    };
    html! { <span key={printed.position} {class}>{ &*printed.text }</span> }
}

/// Whether some text on the page is selected, to be copied.
fn has_selection() -> bool {
    let selection = gloo::utils::window().get_selection().ok().flatten();
    selection.is_some_and(|s| !s.is_collapsed())
}
