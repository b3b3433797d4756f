//! A lane: the place of one number. Traffic comes from above (the Service), data lies below (claims and volumes).

use super::{claim_card, pod_card};
use crate::components::{address, part};
use crate::page::intent::Intent;
use messages::Messages;
use scene::scene::Lane;
use std::rc::Rc;
use yew::prelude::*;

/// A lane. `small`: without details.
pub fn lane(
    words: &'static Messages,
    namespace: &AttrValue,
    lane: &Rc<Lane>,
    class: &'static str,
    small: bool,
    send: &Callback<Intent>,
) -> Html {
    let (namespace, shared, send) = (namespace.clone(), lane.clone(), send.clone());
    let draw = move || draw(words, &namespace, &shared, small, &send);
    let depends = [address(lane), usize::from(small), 0, 0];
    html! { <li {class} key={lane.ordinal}>{ part("", depends, Rc::new(draw)) }</li> }
}

fn draw(
    words: &'static Messages,
    namespace: &str,
    lane: &Lane,
    small: bool,
    send: &Callback<Intent>,
) -> Html {
    let listed = lane.dns_name.is_some();
    let (class, title) = if listed { ("wire on", words.in_dns()) } else { ("wire", words.not_in_dns()) };
    html! {
        <>
            if !small { <i {class} {title} /> }
            { pod_card::card(words, namespace, lane, small, send) }
            { for lane.claims.iter().map(|c| claim_card::claim(words, namespace, c, small, send)) }
        </>
    }
}
