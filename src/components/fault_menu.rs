//! The menu of faults: what can be broken and mended at a pod, a claim, a node, or in the cluster. Each item is a command, and so an input of the
//! story like any other.

use super::labelled;
use crate::page::intent::Intent;
use crate::page::panel::Dialog;
use kubesim::api::Fault;
use kubesim::api::image::with_tag;
use kubesim::api::pod::ContainerState;
use kubesim::kubelet::{cannot_be_pulled, is_silent};
use kubesim::{Key, Kind, Store, fault};
use messages::{Messages, fill};
use scene::explain::{Subject, doubts, in_namespace, mended};
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;
use yew::prelude::*;

/// The menu's id: the browser opens it, closes it at Escape and at a click elsewhere, and gives the focus back.
const ID: &str = "faults";

/// A button that opens the menu for an object.
pub fn opener(class: &'static str, label: String, content: Html, send: &Callback<Intent>, key: Key) -> Html {
    let onclick = send.reform(move |_: MouseEvent| Intent::OfferFaults(key.clone()));
    let label = AttrValue::from(label);
    html! {
        <button type="button" {class} popovertarget={ID} aria-haspopup="menu" aria-label={label.clone()} title={label} {onclick}>
            { content }
        </button>
    }
}

/// The menu for an object: for a set, what can be done to the whole cluster. Only what would change
/// something in this world is offered.
pub fn menu(words: &'static Messages, store: &Store, key: Option<&Key>, send: &Callback<Intent>) -> Html {
    let items = key.map(|key| Menu { words, store, key }.items()).unwrap_or_default();
    let item = |(text, what): (String, Intent)| {
        let stays = matches!(what, Intent::OfferFaults(_));
        let onclick = send.reform(move |_: MouseEvent| what.clone());
        let action = if stays { "show" } else { "hide" };
        html! { <li role="none"><button type="button" role="menuitem" popovertarget={ID} popovertargetaction={action} {onclick}>{ text }</button></li> }
    };
    let onkeydown = Callback::from(|event: KeyboardEvent| {
        move_focus(&event);
    });
    // Whoever opens it with a key goes on in it; the browser gives the focus back when it closes.
    let ontoggle = Callback::from(|event: Event| {
        focus_first(&event);
    });
    let title = key.map(|key| fill(words.trouble_for(), &[("name", &key.name)]));
    html! {
        <div id={ID} popover="auto" class="menu" {onkeydown} {ontoggle}>
            <h3>{ title.clone() }</h3>
            <ul role="menu" aria-label={title}>{ for items.into_iter().map(item) }</ul>
        </div>
    }
}

/// The menu has opened: its first item has the focus.
fn focus_first(event: &Event) -> Option<()> {
    let menu: web_sys::Element = event.target()?.dyn_into().ok()?;
    let is_open = menu.matches(":popover-open").ok()?;
    if !is_open {
        return None;
    }
    let first = menu.query_selector("li button").ok()??;
    first.dyn_into::<HtmlElement>().ok()?.focus().ok()
}

/// Up and down go from item to item, and from the last to the first; Home and End to these.
fn move_focus(event: &KeyboardEvent) -> Option<()> {
    let key = event.key();
    if !matches!(&*key, "ArrowDown" | "ArrowUp" | "Home" | "End") {
        return None;
    }
    event.prevent_default();
    let inside: web_sys::Element = event.target()?.dyn_into().ok()?;
    let list = inside.closest(".menu").ok()??.query_selector("ul").ok()??;
    let focused = inside.closest("li").ok()?;
    let next = match &*key {
        "ArrowDown" => focused.and_then(|item| item.next_element_sibling()),
        "ArrowUp" => match focused {
            Some(item) => item.previous_element_sibling().or_else(|| list.last_element_child()),
            None => list.last_element_child(),
        },
        "End" => list.last_element_child(),
        _ => None,
    };
    next.or_else(|| list.first_element_child())?
        .first_element_child()?
        .dyn_into::<HtmlElement>()
        .ok()?
        .focus()
        .ok()
}

/// What is offered for an object.
struct Menu<'a> {
    words: &'static Messages,
    store: &'a Store,
    key: &'a Key,
}

impl Menu<'_> {
    fn items(&self) -> Vec<(String, Intent)> {
        match self.key.kind {
            Kind::Pod => self.pod(),
            Kind::PersistentVolumeClaim => self.claim(),
            Kind::Node => self.node(),
            _ => self.cluster(),
        }
    }

    /// A command about something in the object's namespace.
    fn command(&self, command: String) -> Intent {
        Intent::Command(in_namespace(command, &self.key.namespace).into())
    }

    fn pod(&self) -> Vec<(String, Intent)> {
        let (words, key, name) = (self.words, self.key, &self.key.name);
        let mut items = vec![(words.why_so().into(), Intent::Explain(Some(Subject::Pod(key.clone()))))];
        let found = self.store.get(key);
        // A Deployment's pods have no names in DNS.
        if found
            .is_none_or(|object| object.meta.controller().is_none_or(|owner| &*owner.kind == "StatefulSet"))
        {
            items.push((words.why_dns().into(), Intent::Explain(Some(Subject::Endpoint(key.clone())))));
        }
        let Some(object) = found else { return items };
        let pod = object.pod();
        let mut add = |text: &str, command: String| items.push((text.into(), self.command(command)));
        if !object.meta.is_terminating() {
            add(words.do_delete(), format!("kubectl delete pod {name}"));
        }
        add(words.force_delete(), format!("kubectl delete pod {name} --force --grace-period=0"));
        let node = pod.spec.node_name.as_ref();
        let reachable = !node.is_some_and(|node| is_silent(self.store, node));
        let runs = |name: &str| {
            let status = pod.container_status(name);
            reachable && status.is_some_and(|status| matches!(status.state, ContainerState::Running { .. }))
        };
        for container in pod.spec.containers.iter().filter(|container| runs(&container.name)) {
            let text = fill(words.kill_container(), &[("container", &container.name)]);
            add(&text, format!("trouble kill {name} -c {}", container.name));
            if !fault::is_present(self.store, &Fault::ProgramDeaf(with_tag(&container.image).into())) {
                let text = fill(words.deafen_program(), &[("container", &container.name)]);
                add(&text, format!("trouble program {} deaf", container.image));
            }
        }
        if fault::is_pod_unready(self.store, object.meta.uid) {
            add(words.mend_readiness(), format!("trouble ready {name}"));
        } else if pod.is_ready() {
            add(words.fail_readiness(), format!("trouble unready {name}"));
        }
        let set = object.meta.controller().filter(|owner| &*owner.kind == "StatefulSet");
        if let (Some(set), Some(container)) = (set, pod.spec.containers.first()) {
            let (set, container, image) = (&set.name, &container.name, &container.image);
            if !cannot_be_pulled(self.store, image) {
                let command =
                    format!("kubectl set image statefulset/{set} {container}={image}-does-not-exist");
                add(words.bad_image(), command);
            }
        }
        for (text, command) in mended(words, self.store, object) {
            items.push((text, Intent::Command(command.into())));
        }
        for (text, command) in doubts(words, self.store, object) {
            items.push((text, Intent::Command(command.into())));
        }
        if let Some(node) = node {
            let node = Key::cluster(Kind::Node, node);
            items.push((fill(words.trouble_for(), &[("name", &node.name)]), Intent::OfferFaults(node)));
        }
        items
    }

    fn claim(&self) -> Vec<(String, Intent)> {
        let words = self.words;
        vec![
            (words.why_so().into(), Intent::Explain(Some(Subject::Claim(self.key.clone())))),
            (words.do_inspect().into(), Intent::Inspect(self.key.clone())),
            (words.do_delete().into(), self.command(format!("kubectl delete pvc {}", self.key.name))),
        ]
    }

    fn node(&self) -> Vec<(String, Intent)> {
        let (words, name) = (self.words, &self.key.name);
        let mut items = vec![
            (words.why_so().into(), Intent::Explain(Some(Subject::Node(self.key.clone())))),
            (words.do_inspect().into(), Intent::Inspect(self.key.clone())),
        ];
        let mut add = |text: &str, command: String| items.push((text.into(), self.command(command)));
        if fault::is_node_down(self.store, name) {
            add(words.node_up(), format!("trouble node {name} up"));
        } else {
            add(words.node_down(), format!("trouble node {name} down"));
        }
        let cordoned = self.store.get(self.key).is_some_and(|node| node.node().unschedulable);
        if cordoned {
            add(words.uncordon(), format!("kubectl uncordon {name}"));
        } else {
            add(words.cordon(), format!("kubectl cordon {name}"));
        }
        add(words.drain(), format!("kubectl drain {name} --ignore-daemonsets --force"));
        items
    }

    fn cluster(&self) -> Vec<(String, Intent)> {
        let words = self.words;
        let workers = self.store.list(Kind::Node);
        let workers = workers.filter(|n| !n.node().taints.iter().any(|t| t.key.ends_with("control-plane")));
        let of_node =
            |key: Key| (fill(words.trouble_for(), &[("name", &key.name)]), Intent::OfferFaults(key));
        let mut items: Vec<_> = workers.map(|node| of_node(node.key())).collect();
        let mut add =
            |text: &str, command: String| items.push((text.into(), Intent::Command(command.into())));
        for class in self.store.list(Kind::StorageClass) {
            let name = &class.meta.name;
            add(
                &fill(words.delete_class(), &[("class", name)]),
                format!("kubectl delete storageclass {name}"),
            );
        }
        for (fault, command, slow, normal) in [
            (Fault::SlowVolumes, "trouble disk", words.slow_disks(), words.normal_disks()),
            (Fault::SlowImages, "trouble images", words.slow_images(), words.normal_images()),
        ] {
            let (text, word) =
                if fault::is_present(self.store, &fault) { (normal, " normal") } else { (slow, " slow") };
            add(text, [command, word].concat());
        }
        items.push((words.world().open().into(), Intent::OpenDialog(Dialog::World)));
        items
    }
}

/// A button in a text that asks why something is as it is.
pub fn why_button(
    words: &'static Messages,
    name: &str,
    status: &str,
    send: &Callback<Intent>,
    subject: Subject,
) -> Html {
    let label = fill(words.ask_why(), &[("name", name), ("status", status)]);
    let content = Html::from(status.to_string());
    labelled("ask", Some(label.into()), None, content, send, Intent::Explain(Some(subject)))
}
