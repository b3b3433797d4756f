//! A dialog over the page: the browser keeps the focus in it, closes it at Escape, and gives the focus back.

use wasm_bindgen::JsCast;
use web_sys::HtmlDialogElement;
use yew::prelude::*;

/// What a dialog is given.
#[derive(Properties, PartialEq)]
pub struct ModalProps {
    /// Its heading.
    pub title: AttrValue,
    /// What the button that closes it is called.
    pub close: &'static str,
    /// It has been closed.
    pub closed: Callback<()>,
    /// What is in it.
    pub children: Html,
}

/// A dialog, open as long as it is drawn.
#[component]
pub fn Modal(props: &ModalProps) -> Html {
    let node = use_node_ref();
    {
        let node = node.clone();
        use_effect_with((), move |()| {
            if let Some(dialog) = node.cast::<HtmlDialogElement>() {
                // Already open, or no more on the page: then there is nothing to show.
                let _ = dialog.show_modal();
            }
        });
    }
    let onclose = props.closed.reform(|_: Event| ());
    let close = Callback::from(|event: MouseEvent| {
        close_around(&event);
    });
    html! {
        <dialog ref={node} class="modal" aria-label={props.title.clone()} {onclose}>
            <div class="bar">
                <h2>{ &props.title }</h2>
                <button type="button" aria-label={props.close} title={props.close} onclick={close}>{ "✕" }</button>
            </div>
            { props.children.clone() }
        </dialog>
    }
}

/// Closes the dialog around what was clicked, which gives the focus back.
pub fn close_around(event: &MouseEvent) -> Option<()> {
    let clicked: web_sys::Element = event.target()?.dyn_into().ok()?;
    let dialog: HtmlDialogElement = clicked.closest("dialog").ok()??.dyn_into().ok()?;
    dialog.close();
    Some(())
}
