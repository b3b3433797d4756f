//! A lane: the place of one number. Traffic comes from above (the Service), data lies below (claims and volumes).

use super::{Ask, claim, pod};
use crate::scene;
use crate::words::Words;
use std::rc::Rc;
use yew::prelude::*;

#[derive(Properties)]
pub struct Props {
    pub words: &'static Words,
    pub namespace: AttrValue,
    pub lane: Rc<scene::Lane>,
    pub ask: Callback<Ask>,
}

impl PartialEq for Props {
    fn eq(&self, other: &Props) -> bool {
        self.lane == other.lane && self.namespace == other.namespace
    }
}

/// A lane.
#[component]
pub fn Lane(props: &Props) -> Html {
    let (words, lane, namespace) = (props.words, &props.lane, &props.namespace);
    let wire = if lane.in_dns { ("wire on", words.in_dns) } else { ("wire", words.not_in_dns) };
    html! {
        <li class="lane">
            <i class={wire.0} title={wire.1} />
            { pod::card(words, namespace, lane, &props.ask) }
            { for lane.claims.iter().map(|c| claim::claim(words, namespace, c, &props.ask)) }
        </li>
    }
}
