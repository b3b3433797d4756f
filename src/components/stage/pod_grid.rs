//! The places of a very big set: a small field for each, in a drawing of a few paths. Thousands of buttons would be more than
//! a browser can lay out and paint between two pictures.
//!
//! For keys and screen readers it is a list box, of which the place that is seen whole is the chosen option.

use crate::components::{address, part};
use crate::page::intent::Intent;
use kubesim::Str;
use kubesim::api::stateful_set::REVISION_LABEL;
use kubesim::kubectl::printers::pod_status;
use messages::Messages;
use scene::history::pod_state::PodState;
use scene::scene::pod_grid::{BLOCK, Cell, NUMBERED, PodGrid};
use std::fmt::Write;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use yew::prelude::*;

/// How wide and how high a place is, in units of the drawing: a field of eight by eight with a gap around it, and below it
/// the bar of its claim.
const WIDE: usize = 10;
const HIGH: usize = 12;
/// From so many places on there are no gaps, so that neighbours in the same state are one field.
const DENSE: usize = 2_500;

/// All places of a set, with a count of each state. `whole`: the place that is seen whole; `lit`: the places that are lit
/// because a record leads to them, and because none does; and those that another world has otherwise.
pub fn grid(
    words: &'static Messages,
    set: &Str,
    grid: &Rc<PodGrid>,
    whole: Option<i32>,
    lit: &[Vec<i32>; 3],
    send: &Callback<Intent>,
) -> Html {
    let (len, columns) = (grid.len(), columns(grid.len()));
    let choose = {
        let (send, grid) = (send.clone(), grid.clone());
        Callback::from(move |event: MouseEvent| {
            if let Some(cell) = pointed(&event, &grid, columns) {
                send.emit(Intent::SelectOrdinal(cell.ordinal));
            }
        })
    };
    let tell = {
        let (grid, set) = (grid.clone(), set.clone());
        Callback::from(move |event: MouseEvent| {
            let text = pointed(&event, &grid, columns).map(|cell| about(words, &set, cell));
            if let Some(place) = all(&event) {
                let _ = place.set_attribute("title", text.as_deref().unwrap_or_default());
            }
        })
    };
    let walk = {
        let (send, grid) = (send.clone(), grid.clone());
        Callback::from(move |event: KeyboardEvent| {
            let Some(by) = way(&event.key(), columns) else { return };
            event.prevent_default();
            event.stop_propagation();
            let from = whole.and_then(|ordinal| grid.index_of(ordinal)).unwrap_or_default();
            if let Some(cell) = from.checked_add_signed(by).and_then(|to| grid.nth(to)) {
                send.emit(Intent::SelectOrdinal(cell.ordinal));
            }
        })
    };
    let block = |(n, cells): (usize, &Rc<Vec<Cell>>)| {
        let revision = grid.revision.clone();
        let depends = [address(cells), len, revision.as_ref().map_or(0, |r| r.as_ptr() as usize), 0];
        let cells = cells.clone();
        let draw = move || paths(&cells, n * BLOCK, len, revision.as_deref());
        part("", depends, Rc::new(draw))
    };
    let option = |cell: &Cell| {
        let index = grid.index_of(cell.ordinal).unwrap_or_default();
        html! {
            <span id="chosen-place" role="option" aria-selected="true" aria-posinset={(index + 1).to_string()}
                aria-setsize={len.to_string()} aria-label={about(words, set, cell)} data-ordinal={cell.ordinal.to_string()} />
        }
    };
    let whole = whole.and_then(|ordinal| grid.cell(ordinal));
    let view = format!("-1 -1 {} {}", columns * WIDE + 2, len.div_ceil(columns) * HIGH + 2);
    let class = match len {
        ..=NUMBERED => "numbered",
        DENSE.. => "dense",
        _ => "",
    };
    html! {
        <div class="crowd">
            { legend(words, grid) }
            <div class="cells" role="listbox" tabindex="0" aria-label={words.stage()} aria-activedescendant="chosen-place"
                data-columns={columns.to_string()} onclick={choose} onmousemove={tell} onkeydown={walk}>
                <svg viewBox={view} aria-hidden="true" class={class}>
                    { for grid.blocks.iter().enumerate().map(block) }
                    { outlined(grid, "lit", &lit[0]) }
                    { outlined(grid, "unlit", &lit[1]) }
                    { outlined(grid, "differs", &lit[2]) }
                    { for whole.map(|cell| chosen(grid, cell)) }
                </svg>
                { for whole.map(option) }
            </div>
        </div>
    }
}

/// How far an arrow key goes among places in so many columns.
fn way(key: &str, columns: usize) -> Option<isize> {
    match key {
        "ArrowRight" => Some(1),
        "ArrowLeft" => Some(-1),
        "ArrowDown" => Some(columns as isize),
        "ArrowUp" => Some(-(columns as isize)),
        _ => None,
    }
}

/// How many pods are in each state, and how many there are not.
fn legend(words: &'static Messages, grid: &PodGrid) -> Html {
    let count = |((state, count), name): ((PodState, usize), &'static str)| {
        html! { if count > 0 { <li class={state.class()}><i />{ name }<b>{ count }</b></li> } }
    };
    let counts = PodState::ALL.into_iter().zip(grid.counts).zip(words.states());
    html! {
        <ul class="legend counts">
            { for counts.map(count) }
            if grid.rolls { <li class="old"><i />{ words.old_revision() }</li> }
            if grid.missing > 0 { <li class="ghost"><i />{ words.missing_pods() }<b>{ grid.missing }</b></li> }
        </ul>
    }
}

/// The frame of the place that is seen whole.
fn chosen(grid: &PodGrid, cell: &Cell) -> Html {
    let (x, y) = corner(grid.index_of(cell.ordinal).unwrap_or_default(), columns(grid.len()));
    html! {
        <rect class="chosen" x={x.to_string()} y={y.to_string()} width={WIDE.to_string()} height={WIDE.to_string()} rx="2.5" />
    }
}

/// Lines around the places of these ordinals; of those that are not lit, above and below.
fn outlined(grid: &PodGrid, class: &'static str, ordinals: &[i32]) -> Html {
    let columns = columns(grid.len());
    let mut d = String::new();
    for index in ordinals.iter().filter_map(|ordinal| grid.index_of(*ordinal)) {
        let (x, y) = corner(index, columns);
        let _ = match class {
            "unlit" => write!(d, "M{x} {y}h{WIDE}v1h-{WIDE}zM{x} {}h{WIDE}v1h-{WIDE}z", y + WIDE - 1),
            _ => write!(d, "M{x} {y}h{WIDE}v{WIDE}h-{WIDE}zM{} {}v8h8v-8z", x + 1, y + 1),
        };
    }
    html! { if !d.is_empty() { <path {class} {d} /> } }
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
fn pointed<'c>(event: &MouseEvent, grid: &'c PodGrid, columns: usize) -> Option<&'c Cell> {
    let drawing = all(event)?.first_element_child()?;
    let bounds = drawing.get_bounding_client_rect();
    let rows = grid.len().div_ceil(columns);
    let part = |at: i32, from: f64, size: f64| (f64::from(at) - from) / size.max(1.0);
    let column = part(event.client_x(), bounds.left(), bounds.width()) * (columns * WIDE + 2) as f64 - 1.0;
    let row = part(event.client_y(), bounds.top(), bounds.height()) * (rows * HIGH + 2) as f64 - 1.0;
    let (column, row) = (column / WIDE as f64, row / HIGH as f64);
    let is_inside = column >= 0.0 && row >= 0.0 && column < columns as f64;
    is_inside.then(|| grid.nth(row as usize * columns + column as usize)).flatten()
}

/// A place in words.
fn about(words: &'static Messages, set: &str, cell: &Cell) -> String {
    let status = cell.pod.as_ref().map(|pod| pod_status(pod.pod(), &pod.meta));
    format!("{set}-{} {}", cell.ordinal, status.as_deref().unwrap_or(words.missing_pods()))
}

/// A line around a field of six by six, one that is thin and one that is thick: how far it begins before the field's corner
/// and inside it, and how long its sides are there.
struct Line {
    outside: (&'static str, &'static str),
    inside: (&'static str, &'static str),
}

const THIN: Line = Line { outside: (".7", "6.6"), inside: (".3", "5.4") };
const THICK: Line = Line { outside: (".4", "7.2"), inside: (".6", "4.8") };

/// What a line encloses, with the line.
fn square(x: usize, y: usize, line: Line) -> String {
    let (from, side) = line.outside;
    format!("M{}{from} {}{from}h{side}v{side}h-{side}z", x + 1, y + 1)
}

/// A line around a field, as a path to be filled: what is inside it runs the other way round.
fn ring(x: usize, y: usize, line: Line) -> String {
    let (from, side) = line.inside;
    let hole = format!("M{}{from} {}{from}v{side}h{side}v-{side}z", x + 2, y + 2);
    square(x, y, line) + &hole
}

/// The four corners of a thick line.
fn corners(x: usize, y: usize) -> String {
    let (left, top, right, bottom) = (x + 1, y + 1, x + 8, y + 8);
    format!(
        "M{left}.4 {top}.4h2.6v1.2h-1.4v1.4h-1.2zM{right}.6 {top}.4v2.6h-1.2v-1.4h-1.4v-1.2zM{right}.6 \
         {bottom}.6h-2.6v-1.2h1.4v-1.4h1.2zM{left}.4 {bottom}.6v-2.6h1.2v1.4h1.4v1.2z"
    )
}

/// A field eight wide and so high. Its corners are round if there is enough room to see that, and else cut off.
fn field(x: usize, y: usize, high: usize, is_round: bool) -> String {
    let (left, sides) = (x + 1, high - 2);
    if is_round {
        format!("M{left} {y}h6a1 1 0 0 1 1 1v{sides}a1 1 0 0 1-1 1h-6a1 1 0 0 1-1-1v-{sides}a1 1 0 0 1 1-1z")
    } else {
        format!("M{left} {y}h6l1 1v{sides}l-1 1h-6l-1-1v-{sides}z")
    }
}

/// Paths for each state. The more a pod is there, the higher is its field, so that states are told apart without colours,
/// too; with a number on it, the thicker is the field's foot. Nothing is stroked: for a browser without a graphics card a
/// line around a thousand fields is more work than all else on the page.
fn paths(cells: &[Cell], first: usize, len: usize, revision: Option<&str>) -> Html {
    let (columns, is_numbered, is_dense) = (columns(len), len <= NUMBERED, len >= DENSE);
    // Six states, and none; the same of an old revision; the claims; the feet of the first three states; frames.
    let mut paths: [String; 24] = Default::default();
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
        let state = class_of % 7;
        let high = [3, 4, 6, 8, 8, 8, 8][state];
        match state {
            _ if is_dense => {
                let _ = write!(paths[class_of], "M{x} {}h{}v{high}H{x}z", y + 9 - high, run * WIDE);
            }
            4 | 5 => {
                let (body, frame) =
                    (square(x, y, THICK), if state == 4 { corners(x, y) } else { ring(x, y, THICK) });
                paths[class_of].push_str(&body);
                paths[18 + state].push_str(&frame);
            }
            6 => paths[class_of].push_str(&ring(x, y, THIN)),
            0..=2 if is_numbered => {
                paths[class_of].push_str(&square(x, y, THIN));
                paths[18 + state].push_str(&ring(x, y, THIN));
                let foot = ["0.6", "1.1", "1.6"][state];
                let _ = write!(paths[15 + state], "M{} {}h6v-{foot}h-6z", x + 2, y + 8);
            }
            _ => paths[class_of].push_str(&field(x + 1, y + 9 - high, high, is_numbered)),
        }
        if bound {
            let _ = write!(paths[14], "M{} {}h{}v1H{}z", x + 2, y + 10, run * WIDE - 4, x + 2);
        }
        n += run;
    }
    let name = |n: usize| match n {
        14 => "bound",
        15..18 => PodState::ALL[n - 15].class(),
        18.. => PodState::ALL[n - 18].class(),
        _ => PodState::ALL.get(n % 7).map_or("ghost", |state| state.class()),
    };
    let path = |(n, d): (usize, String)| {
        let more = match n {
            7..13 => Some("old"),
            15..18 => Some("foot"),
            18.. => Some("frame"),
            _ => None,
        };
        html! { if !d.is_empty() { <path class={classes!(name(n), more)} d={d} /> } }
    };
    let number = |(n, cell): (usize, &Cell)| {
        let (x, y) = corner(first + n, columns);
        let (class, old) = (class(cell), (7..13).contains(&class(cell)).then_some("old"));
        html! { <text class={classes!(name(class), old)} x={(x + 5).to_string()} y={format!("{}.2", y + 6)}>{ cell.ordinal }</text> }
    };
    html! {
        <>
            { for paths.into_iter().enumerate().map(path) }
            if is_numbered { { for cells.iter().enumerate().map(number) } }
        </>
    }
}
