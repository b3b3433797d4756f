//! The places of a very big set: a small field for each, in a drawing of a few paths. Thousands of buttons would be more than
//! a browser can lay out and paint between two pictures.
//!
//! For keys and screen readers it is a list box, of which the place that is seen whole is the chosen option.

use super::{Ask, address, part};
use crate::chronicle::{PodState, REVISION_LABEL};
use crate::crowd::{BLOCK, Cell, Crowd};
use crate::words::Words;
use kubesim::api::Str;
use kubesim::kubectl::printers::pod_status;
use std::fmt::Write;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use yew::prelude::*;

/// How wide and how high a place is, in units of the drawing: a field of eight by eight with a gap around it, and below it
/// the bar of its claim.
const WIDE: usize = 10;
const HIGH: usize = 12;
/// Up to so many places have numbers.
const NUMBERED: usize = 250;
/// From so many places on there are no gaps, so that neighbours in the same state are one field.
const DENSE: usize = 2_500;

/// All places of a set, with a count of each state. `whole`: the place that is seen whole; `lit`: the places that are lit
/// because a record leads to them, and because none does.
pub fn crowd(
    words: &'static Words,
    set: &Str,
    crowd: &Rc<Crowd>,
    whole: Option<i32>,
    lit: &[Vec<i32>; 2],
    ask: &Callback<Ask>,
) -> Html {
    let (len, columns) = (crowd.len(), columns(crowd.len()));
    let choose = {
        let (ask, crowd) = (ask.clone(), crowd.clone());
        Callback::from(move |event: MouseEvent| {
            if let Some(cell) = pointed(&event, &crowd, columns) {
                ask.emit(Ask::Lens(cell.ordinal));
            }
        })
    };
    let tell = {
        let (crowd, set) = (crowd.clone(), set.clone());
        Callback::from(move |event: MouseEvent| {
            let text = pointed(&event, &crowd, columns).map(|cell| about(words, &set, cell));
            if let Some(place) = all(&event) {
                let _ = place.set_attribute("title", text.as_deref().unwrap_or_default());
            }
        })
    };
    let walk = {
        let (ask, crowd) = (ask.clone(), crowd.clone());
        Callback::from(move |event: KeyboardEvent| {
            let by = match &*event.key() {
                "ArrowRight" => 1,
                "ArrowLeft" => -1,
                "ArrowDown" => columns as isize,
                "ArrowUp" => -(columns as isize),
                _ => return,
            };
            event.prevent_default();
            event.stop_propagation();
            let from = whole.and_then(|ordinal| crowd.index_of(ordinal)).unwrap_or_default();
            if let Some(cell) = from.checked_add_signed(by).and_then(|to| crowd.nth(to)) {
                ask.emit(Ask::Lens(cell.ordinal));
            }
        })
    };
    let block = |(n, cells): (usize, &Rc<Vec<Cell>>)| {
        let revision = crowd.revision.clone();
        let depends = [address(cells), len, revision.as_ref().map_or(0, |r| r.as_ptr() as usize), 0];
        let cells = cells.clone();
        let draw = move || paths(&cells, n * BLOCK, len, revision.as_deref());
        part("", depends, Rc::new(draw))
    };
    let count = |(state, count): (PodState, usize)| {
        let name = words.states[state as usize];
        html! { if count > 0 { <li class={state.class()}><i />{ name }<b>{ count }</b></li> } }
    };
    let counts = PodState::ALL.into_iter().zip(crowd.counts);
    let outlined = |class: &'static str, ordinals: &[i32]| {
        let mut d = String::new();
        for index in ordinals.iter().filter_map(|ordinal| crowd.index_of(*ordinal)) {
            let (x, y) = corner(index, columns);
            let _ = write!(d, "M{x} {y}h{WIDE}v{WIDE}h-{WIDE}z");
        }
        html! { if !d.is_empty() { <path {class} d={d} /> } }
    };
    let chosen = |cell: &Cell| {
        let index = crowd.index_of(cell.ordinal).unwrap_or_default();
        let (x, y) = corner(index, columns);
        html! {
            <rect class="chosen" x={x.to_string()} y={y.to_string()} width={WIDE.to_string()} height={WIDE.to_string()} rx="2.5" />
        }
    };
    let option = |cell: &Cell| {
        let index = crowd.index_of(cell.ordinal).unwrap_or_default();
        html! {
            <span id="chosen-place" role="option" aria-selected="true" aria-posinset={(index + 1).to_string()}
                aria-setsize={len.to_string()} aria-label={about(words, set, cell)} data-ordinal={cell.ordinal.to_string()} />
        }
    };
    let whole = whole.and_then(|ordinal| crowd.cell(ordinal));
    let view = format!("-1 -1 {} {}", columns * WIDE + 2, len.div_ceil(columns) * HIGH + 2);
    let class = match len {
        ..=NUMBERED => "numbered",
        DENSE.. => "dense",
        _ => "",
    };
    html! {
        <div class="crowd">
            <ul class="legend counts">
                { for counts.map(count) }
                if crowd.missing > 0 { <li class="ghost"><i />{ words.missing_pods }<b>{ crowd.missing }</b></li> }
            </ul>
            <div class="cells" role="listbox" tabindex="0" aria-label={words.stage} aria-activedescendant="chosen-place"
                data-columns={columns.to_string()} onclick={choose} onmousemove={tell} onkeydown={walk}>
                <svg viewBox={view} aria-hidden="true" class={class}>
                    { for crowd.blocks.iter().enumerate().map(block) }
                    { outlined("lit", &lit[0]) }
                    { outlined("unlit", &lit[1]) }
                    { for whole.map(chosen) }
                </svg>
                { for whole.map(option) }
            </div>
        </div>
    }
}

/// Into how many columns so many places are laid: tens of them, so that rows are easy to count, and more than rows.
fn columns(len: usize) -> usize {
    let mut columns = 20;
    while columns * columns < 3 * len {
        columns += 10;
    }
    columns
}

/// Where a place is drawn.
fn corner(index: usize, columns: usize) -> (usize, usize) {
    (index % columns * WIDE, index / columns * HIGH)
}

/// What holds all places, of an event in it.
fn all(event: &MouseEvent) -> Option<web_sys::Element> {
    event.target()?.dyn_into::<web_sys::Element>().ok()?.closest(".cells").ok()?
}

/// The place that the pointer is on.
fn pointed<'c>(event: &MouseEvent, crowd: &'c Crowd, columns: usize) -> Option<&'c Cell> {
    let drawing = all(event)?.first_element_child()?;
    let bounds = drawing.get_bounding_client_rect();
    let rows = crowd.len().div_ceil(columns);
    let part = |at: i32, from: f64, size: f64| (f64::from(at) - from) / size.max(1.0);
    let column = part(event.client_x(), bounds.left(), bounds.width()) * (columns * WIDE + 2) as f64 - 1.0;
    let row = part(event.client_y(), bounds.top(), bounds.height()) * (rows * HIGH + 2) as f64 - 1.0;
    let (column, row) = (column / WIDE as f64, row / HIGH as f64);
    let is_inside = column >= 0.0 && row >= 0.0 && column < columns as f64;
    is_inside.then(|| crowd.nth(row as usize * columns + column as usize)).flatten()
}

/// A place in words.
fn about(words: &'static Words, set: &str, cell: &Cell) -> String {
    let status = cell.pod.as_ref().map(|pod| pod_status(pod.pod(), &pod.meta));
    format!("{set}-{} {}", cell.ordinal, status.as_deref().unwrap_or(words.missing_pods))
}

/// A path for each state. The more a pod is there, the higher is its field, so that states are told apart without colours,
/// too; with a number on it, the thicker is the field's foot.
fn paths(cells: &[Cell], first: usize, len: usize, revision: Option<&str>) -> Html {
    let (columns, is_numbered, is_dense) = (columns(len), len <= NUMBERED, len >= DENSE);
    // Six states, and none; the same of an old revision; the claims; and the feet of the first three states.
    let mut paths: [String; 18] = Default::default();
    let class = |cell: &Cell| match (&cell.pod, cell.state) {
        (Some(pod), Some(state)) => {
            state as usize + if pod.meta.label(REVISION_LABEL) == revision { 0 } else { 7 }
        }
        _ => 6,
    };
    let mut n = 0;
    while n < cells.len() {
        let (x, y) = corner(first + n, columns);
        let (class_of, bound) = (class(&cells[n]), cells[n].bound);
        let alike = |cell: &&Cell| class(cell) == class_of && cell.bound == bound;
        let row = columns - (first + n) % columns;
        let run = if is_dense { cells[n..].iter().take(row).take_while(alike).count() } else { 1 };
        let high = [3, 4, 6, 8, 8, 8, 8][class_of % 7];
        let high = if is_numbered { 8 } else { high };
        let (path, top) = (&mut paths[class_of], y + 9 - high);
        let _ = match is_dense {
            true => write!(path, "M{x} {top}h{}v{high}H{x}z", run * WIDE),
            // The line around it adds the rest, and rounds the corners.
            false => write!(path, "M{} {}h6v{}h-6z", x + 2, top + 1, high - 2),
        };
        if is_numbered && let Some(foot) = ["1", "1.7", "2.5"].get(class_of % 7) {
            let _ = write!(paths[15 + class_of % 7], "M{} {}h6v-{foot}h-6z", x + 2, y + 8);
        }
        if bound {
            let _ = write!(paths[14], "M{} {}h{}v1H{}z", x + 2, y + 10, run * WIDE - 4, x + 2);
        }
        n += run;
    }
    let name = |n: usize| match n {
        14 => "bound",
        _ => PodState::ALL.get(n % 7).map_or("ghost", |state| state.class()),
    };
    let path = |(n, d): (usize, String)| {
        let more = match n {
            7..13 => Some("old"),
            15.. => Some("foot"),
            _ => None,
        };
        html! { if !d.is_empty() { <path class={classes!(name(if n < 15 { n } else { n - 15 }), more)} d={d} /> } }
    };
    let number = |(n, cell): (usize, &Cell)| {
        let (x, y) = corner(first + n, columns);
        html! { <text class={name(class(cell))} x={(x + 5).to_string()} y={format!("{}.2", y + 6)}>{ cell.ordinal }</text> }
    };
    html! {
        <>
            { for paths.into_iter().enumerate().map(path) }
            if is_numbered { { for cells.iter().enumerate().map(number) } }
        </>
    }
}
