//! After a panic nothing moves any more: the page says so, with what is needed to report it.

use scene::messages::EN;
use web_sys::Element;

/// Has panics told on the page and on the console, also those of a picture: a renderer puts in a hook of its own unless it
/// knows of this one.
pub fn tell_panics() {
    yew::set_custom_panic_hook(Box::new(|panic| {
        let text = panic.to_string();
        web_sys::console::error_1(&text.as_str().into());
        show(&text);
    }));
}

fn show(text: &str) -> Option<()> {
    let note = element("div", &[EN.panicked, " "].concat())?;
    note.set_attribute("role", "alert").ok()?;
    note.set_attribute("class", "panic").ok()?;
    let again = element("a", EN.start_again)?;
    again.set_attribute("href", "").ok()?;
    note.append_child(&again).ok()?;
    note.append_child(element("pre", text)?.as_ref()).ok()?;
    gloo::utils::document().body()?.append_child(&note).ok()?;
    Some(())
}

fn element(tag: &str, text: &str) -> Option<Element> {
    let element = gloo::utils::document().create_element(tag).ok()?;
    element.set_text_content(Some(text));
    Some(element)
}
