//! The dialog in which the world is set: nodes, classes, feature gates, delays, images that can't be pulled. What comes of it is a
//! new cluster; the story before is kept as a branch.

use super::modal::{Modal, close_around};
use super::rich;
use crate::page::intent::Intent;
use crate::page::world::{Class, Draft, Node};
use crate::session::Action;
use kubesim::Options;
use kubesim::world::{DELAYS, MAX_UNAVAILABLE};
use messages::{Messages, fill};
use std::rc::Rc;
use web_sys::{HtmlInputElement, HtmlTextAreaElement};
use yew::prelude::*;

/// What the dialog is given.
#[derive(Properties)]
pub struct WorldProps {
    /// The texts.
    pub words: &'static Messages,
    /// The world on the stage.
    pub world: Rc<Options>,
    /// Takes what is wanted.
    pub send: Callback<Intent>,
}

impl PartialEq for WorldProps {
    fn eq(&self, other: &WorldProps) -> bool {
        Rc::ptr_eq(&self.world, &other.world)
    }
}

/// A change of the form.
type Change = Box<dyn FnOnce(&mut Draft)>;

/// The dialog, and what stands in its form.
pub struct World {
    draft: Draft,
}

impl Component for World {
    type Message = Change;
    type Properties = WorldProps;

    fn create(context: &Context<World>) -> World {
        World { draft: Draft::of(&context.props().world) }
    }

    fn changed(&mut self, _: &Context<World>, _: &WorldProps) -> bool {
        // What the user has written stays, whatever happens behind the dialog.
        false
    }

    fn update(&mut self, _: &Context<World>, change: Change) -> bool {
        change(&mut self.draft);
        true
    }

    fn view(&self, context: &Context<World>) -> Html {
        let WorldProps { words, send, .. } = context.props();
        let world = self.draft.world();
        let problem = world.as_ref().err().cloned();
        let begin = {
            let send = send.clone();
            let world = world.map(Rc::new).ok();
            Callback::from(move |event: MouseEvent| {
                close_around(&event);
                if let Some(world) = world.clone() {
                    send.emit(Intent::Session(Action::SetWorld(world)));
                }
            })
        };
        let cancel = Callback::from(|event: MouseEvent| {
            close_around(&event);
        });
        let closed = send.reform(|()| Intent::ShowDialog(None));
        let form = Form { words, link: context.link().clone() };
        html! {
            <Modal title={words.world().title()} close={words.heard()} {closed}>
                <p>{ words.world().about() }</p>
                { form.nodes(&self.draft.nodes) }
                { form.classes(&self.draft.classes) }
                <fieldset>
                    <legend>{ words.world().rest() }</legend>
                    { form.tick(MAX_UNAVAILABLE, self.draft.max_unavailable, |draft, on| draft.max_unavailable = on) }
                    { form.tick(words.world().unknown_fails(), self.draft.unknown_fails, |draft, on| draft.unknown_fails = on) }
                    <label>
                        { words.world().gone_images() }
                        <textarea rows="2" spellcheck="false" placeholder="nginx:1.99" value={self.draft.gone_images.clone()} oninput={form.images()} />
                    </label>
                    <details>
                        <summary>{ words.world().delays() }</summary>
                        <div class="grid">{ for DELAYS.iter().enumerate().map(|(n, delay)| form.delay(n, delay.name, &self.draft.delays[n])) }</div>
                    </details>
                    <details>
                        <summary>{ rich(words.world().as_json()) }</summary>
                        <pre>{ self.draft.shortest().to_string() }</pre>
                    </details>
                </fieldset>
                if let Some(problem) = &problem {
                    <p class="bad" role="alert">{ problem }</p>
                }
                <div class="bar">
                    <button type="button" class="primary" disabled={problem.is_some()} onclick={begin}>{ words.world().begin() }</button>
                    <button type="button" onclick={form.act(|draft| *draft = Draft::of(&Options::default()))}>{ words.world().usual() }</button>
                    <button type="button" onclick={cancel}>{ words.world().cancel() }</button>
                </div>
            </Modal>
        }
    }
}

/// What draws the form's parts, and says what changes.
struct Form<'a> {
    words: &'a Messages,
    link: yew::html::Scope<World>,
}

impl Form<'_> {
    fn act(&self, change: impl Fn(&mut Draft) + Copy + 'static) -> Callback<MouseEvent> {
        self.link.callback(move |_: MouseEvent| -> Change { Box::new(change) })
    }

    /// A field for a text.
    fn text(
        &self,
        label: &'static str,
        value: &str,
        set: impl Fn(&mut Draft, String) + Copy + 'static,
    ) -> Html {
        let oninput = self.link.callback(move |event: InputEvent| -> Change {
            let field: HtmlInputElement = event.target_unchecked_into();
            Box::new(move |draft| set(draft, field.value()))
        });
        let placeholder = if label == self.words.world().taints() { "key=value:NoSchedule" } else { "" };
        html! { <label><span>{ label }</span><input aria-label={label} {placeholder} spellcheck="false" autocomplete="off" value={value.to_owned()} {oninput} /></label> }
    }

    /// A field to tick.
    fn tick(
        &self,
        label: &'static str,
        checked: bool,
        set: impl Fn(&mut Draft, bool) + Copy + 'static,
    ) -> Html {
        let onchange = self.link.callback(move |event: Event| -> Change {
            let field: HtmlInputElement = event.target_unchecked_into();
            Box::new(move |draft| set(draft, field.checked()))
        });
        html! { <label class="tick"><input type="checkbox" {checked} {onchange} />{ label }</label> }
    }

    fn remove(&self, name: &str, change: impl Fn(&mut Draft) + Copy + 'static) -> Html {
        let label = fill(self.words.world().remove(), &[("name", name)]);
        html! { <button type="button" aria-label={label.clone()} title={label} onclick={self.act(change)}>{ "✕" }</button> }
    }

    fn nodes(&self, nodes: &[Node]) -> Html {
        let words = self.words.world();
        let row = |(n, node): (usize, &Node)| {
            html! {
                <li>
                    { self.text(words.name(), &node.name, move |draft, text| draft.nodes[n].name = text) }
                    { self.text("CPU", &node.cpu, move |draft, text| draft.nodes[n].cpu = text) }
                    { self.text(words.memory(), &node.memory, move |draft, text| draft.nodes[n].memory = text) }
                    { self.text(words.zone(), &node.zone, move |draft, text| draft.nodes[n].zone = text) }
                    { self.text(words.taints(), &node.taints, move |draft, text| draft.nodes[n].taints = text) }
                    { self.tick(words.control_plane(), node.control_plane, move |draft, on| draft.nodes[n].control_plane = on) }
                    { self.remove(&node.name, move |draft| drop(draft.nodes.remove(n))) }
                </li>
            }
        };
        html! {
            <fieldset>
                <legend>{ words.nodes() }</legend>
                <ul class="rows of-nodes">{ for nodes.iter().enumerate().map(row) }</ul>
                <button type="button" onclick={self.act(Draft::add_node)}>{ words.add_node() }</button>
            </fieldset>
        }
    }

    fn classes(&self, classes: &[Class]) -> Html {
        let words = self.words.world();
        let row = |(n, class): (usize, &Class)| {
            html! {
                <li>
                    { self.text(words.name(), &class.name, move |draft, text| draft.classes[n].name = text) }
                    { self.text(words.provisioner(), &class.provisioner, move |draft, text| draft.classes[n].provisioner = text) }
                    { self.tick(words.default(), class.is_default, move |draft, on| draft.classes[n].is_default = on) }
                    { self.tick("Immediate", class.is_immediate, move |draft, on| draft.classes[n].is_immediate = on) }
                    { self.remove(&class.name, move |draft| drop(draft.classes.remove(n))) }
                </li>
            }
        };
        html! {
            <fieldset>
                <legend>{ words.classes() }</legend>
                <ul class="rows of-classes">{ for classes.iter().enumerate().map(row) }</ul>
                <button type="button" onclick={self.act(|draft| draft.classes.push(Class::default()))}>{ words.add_class() }</button>
            </fieldset>
        }
    }

    fn delay(&self, n: usize, name: &'static str, value: &str) -> Html {
        let set = move |draft: &mut Draft, text: String| draft.delays[n] = text;
        self.text(name, value, set)
    }

    fn images(&self) -> Callback<InputEvent> {
        self.link.callback(|event: InputEvent| -> Change {
            let field: HtmlTextAreaElement = event.target_unchecked_into();
            Box::new(move |draft| draft.gone_images = field.value())
        })
    }
}
