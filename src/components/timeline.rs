//! The timeline: how time passes, and what was when: a row for each pod, coloured by its state.

use super::{Ask, choice, labelled, part, percent, sign};
use crate::branch::Stop;
use crate::chronicle::{Chronicle, Life, Mark, PodName, PodState};
use crate::scene::{PodPlace, Scene};
use crate::session::{Action, Session};
use crate::words::Words;
use kubesim::api::SimTime;
use std::cell::RefCell;
use std::rc::Rc;
use web_sys::HtmlElement;
use yew::prelude::*;

/// The timeline shows at least this long a stretch, in milliseconds.
const SHORTEST: f64 = 60_000.0;
/// The playhead at the frontier is this far to the right.
const FRONTIER_AT: f64 = 0.8;
/// Where the first row begins, in pixels: above it are the times and the commands.
const TOP: usize = 34;
/// Rows at least this high have names.
const NAMED: usize = 12;
/// How fast simulated time may run, and how it is written.
const SPEEDS: [(f64, &str); 4] = [(0.5, "½×"), (1.0, "1×"), (4.0, "4×"), (16.0, "16×")];

/// The timeline.
pub fn timeline(
    words: &'static Words,
    shared: &Rc<RefCell<Session>>,
    scene: &Scene,
    ask: &Callback<Ask>,
) -> Html {
    let session = shared.borrow();
    let (now, frontier) = (session.playhead(), session.frontier());
    let span = (frontier / FRONTIER_AT).max(SHORTEST);
    let x = |time: f64| percent(time / span);
    let rows = Rc::new(rows(session.chronicle(), scene));
    let height = row_height(rows.len());
    let count = rows.len();
    let bottom = TOP + count * height;
    let step = tick_step(span);
    let tick = |n: i64| {
        let at = n as f64 * step;
        html! {
            <svg x={x(at)} overflow="visible">
                <line y1="16" y2={bottom.to_string()} />
                if at < 0.97 * span { <text y="11">{ clock(at) }</text> }
            </svg>
        }
    };
    let bars_span = bars_span(frontier);
    let bars = {
        let (shared, rows) = (shared.clone(), rows.clone());
        let draw = move || bars(shared.borrow().chronicle(), &rows, height, bars_span);
        part("", [session.history().len(), count, bars_span as usize, 0], Rc::new(draw))
    };
    let marks = {
        let shared = shared.clone();
        let draw = move || marks(shared.borrow().chronicle(), bars_span);
        part("", [session.chronicle().marks.len(), bars_span as usize, 0, 0], Rc::new(draw))
    };
    let name = |row: &PodName| match row.ordinal {
        Some(ordinal) => html! { <li><span>{ &*row.stem }{ "-" }</span>{ ordinal }</li> },
        None => html! { <li>{ &*row.name }</li> },
    };
    html! {
        <section class="timeline" aria-label={words.timeline}>
            { controls(words, &session, ask) }
            <div class="tracks">
                if height >= NAMED {
                    <ol class={format!("h{height}")} aria-hidden="true">{ for rows.iter().map(name) }</ol>
                }
                <div class="field">
                    <svg height={(bottom + 4).to_string()} aria-hidden="true">
                        { for (0..=(span / step) as i64).map(tick) }
                        <svg width={x(bars_span)} overflow="visible">{ marks }</svg>
                        <svg width={x(frontier)} height="100%">
                            <svg width={percent(bars_span / frontier.max(1.0))} overflow="visible">{ bars }</svg>
                        </svg>
                        { expected(&session, scene, &rows, height, span) }
                        <rect class="later" x={x(now)} y={TOP.to_string()} width={x(frontier - now)} height={(bottom - TOP).to_string()} />
                        <svg x={x(now)} overflow="visible"><path class="playhead" d={format!("M-7 8h14l-6 8V{bottom}h-2V16z")} /></svg>
                    </svg>
                    { scrubber(words, span, now, frontier, ask) }
                </div>
            </div>
        </section>
    }
}

/// The pods that have been, and those that are to come.
fn rows(chronicle: &Chronicle, scene: &Scene) -> Vec<PodName> {
    let mut rows: Vec<PodName> = chronicle.pods.iter().map(|(name, _)| name.clone()).collect();
    if let Some(set) = &scene.set {
        for lane in &scene.lanes {
            let name = PodName::new(&set.key.namespace, &lane.name);
            if let Err(place) = rows.binary_search(&name) {
                rows.insert(place, name);
            }
        }
    }
    rows
}

/// How high a row is, in pixels, so that many rows still fit.
fn row_height(rows: usize) -> usize {
    match rows {
        0..5 => 28,
        5..7 => 19,
        7..13 => 12,
        13..31 => 6,
        _ => 3,
    }
}

/// A stretch of time of which the bars' places are parts: it seldom changes, so that bars seldom have to move.
fn bars_span(frontier: f64) -> f64 {
    let mut span = SHORTEST;
    while span < frontier {
        span *= 2.0;
    }
    span
}

/// The stretch between two times on the axis.
fn tick_step(span: f64) -> f64 {
    let steps = [5.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0, 7200.0, 21600.0, 86400.0];
    let fits = |step: &&f64| span / 1000.0 / **step <= 7.0;
    steps.iter().find(fits).unwrap_or(&604800.0) * 1000.0
}

/// A time on the axis: `45s`, `2m`, `2m30s`.
fn clock(at: f64) -> String {
    let seconds = (at / 1000.0) as i64;
    match (seconds / 60, seconds % 60) {
        (0, s) => format!("{s}s"),
        (m, 0) if m >= 60 && m % 60 == 0 => format!("{}h", m / 60),
        (m, 0) => format!("{m}m"),
        (m, s) => format!("{m}m{s}s"),
    }
}

fn controls(words: &'static Words, session: &Session, ask: &Callback<Ask>) -> Html {
    let icon = |class: &'static str, label: &'static str, text: &'static str, action: Action| {
        sign(class, label, text, ask, Ask::Do(action))
    };
    let (label, text) = if session.is_playing() { (words.pause, "❚❚") } else { (words.play, "▶") };
    let content = html! { <>{ text }<span>{ label }</span></> };
    let speed = |(speed, label): (f64, &'static str)| {
        choice("", session.speed() == speed, Html::from(label), ask, Ask::Do(Action::Speed(speed)))
    };
    let state =
        |state: PodState| html! { <li><i class={state.class()} />{ words.states[state as usize] }</li> };
    html! {
        <div class="controls">
            { icon("far", words.to_start, "|◀", Action::Start) }
            { icon("", words.step_back, "◀", Action::Step { forward: false, stop: Stop::Event }) }
            { labelled("primary play", Some(label.into()), None, content, ask, Ask::Do(Action::Toggle)) }
            { icon("", words.step_on, "▶", Action::Step { forward: true, stop: Stop::Event }) }
            { icon("far", words.to_present, "▶|", Action::Present) }
            <output class="time">{ session.now().to_string() }</output>
            <div class="speeds" role="group" aria-label={words.speed}>{ for SPEEDS.map(speed) }</div>
            <small class="keys">{ words.keys }</small>
            <ul class="legend">{ for PodState::ALL.map(state) }</ul>
        </div>
    }
}

/// Where the pod that is made next will begin, if only time is waited for.
fn expected(session: &Session, scene: &Scene, rows: &[PodName], height: usize, span: f64) -> Option<Html> {
    let next = scene.lanes.iter().find(|lane| matches!(lane.pod, PodPlace::Ghost { next: true, .. }))?;
    let row = rows.iter().position(|row| row.name == next.name)?;
    let from = scene.why.wait?.1.0 as f64;
    let start = |life: &Life| {
        let ready = life.states.iter().find(|(_, state)| *state == PodState::Ready)?.0;
        Some((ready - life.born).0)
    };
    let takes = session.chronicle().pods.iter().flat_map(|(_, lives)| lives).filter_map(start).min()? as f64;
    let (y, thick) = (TOP + row * height + height / 6, height * 2 / 3);
    (from >= session.frontier() && from < span).then(|| {
        html! {
            <rect class="expected" x={percent(from / span)} y={y.to_string()} width={percent(takes / span)}
                height={thick.to_string()} rx="4" />
        }
    })
}

/// What was when: a bar for each state of each pod. The more a pod is there, the thicker is its bar, so that states are
/// told apart without colours, too.
fn bars(chronicle: &Chronicle, rows: &[PodName], height: usize, span: f64) -> Html {
    let full = (height * 2 / 3).max(2);
    let end = SimTime(span as i64);
    let mut bars = Vec::new();
    for (row, name) in rows.iter().enumerate() {
        for life in chronicle.lives(name) {
            for (n, (from, state)) in life.states.iter().enumerate() {
                let to = life.states.get(n + 1).map(|(to, _)| *to).or(life.gone).unwrap_or(end);
                let thick = (full * [4, 6, 9, 12, 12, 12][*state as usize] / 12).max(2);
                let y = TOP + row * height + (height - full) / 2 + (full - thick);
                bars.push(html! {
                    <rect class={state.class()} x={percent(from.0 as f64 / span)} width={percent((to - *from).0 as f64 / span)}
                        y={y.to_string()} height={thick.to_string()} rx={(thick / 4).min(4).to_string()} />
                });
            }
        }
    }
    bars.into_iter().collect()
}

/// The user's commands, each as far as the next one.
fn marks(chronicle: &Chronicle, span: f64) -> Html {
    let marks = &chronicle.marks;
    let mark = |(n, mark): (usize, &Mark)| {
        let to = marks.get(n + 1).map_or(span, |next| next.at.0 as f64);
        let from = mark.at.0 as f64;
        let text = mark.text.strip_prefix("kubectl ").unwrap_or(&mark.text);
        let text = text.split(" -f -").next().unwrap_or_default();
        html! {
            <svg class="mark" x={percent(from / span)} width={percent((to - from) / span)}>
                <path d="M0 20h8l-4 6z" /><text x="11" y="27">{ text }</text>
            </svg>
        }
    };
    marks.iter().enumerate().map(mark).collect()
}

/// What takes the pointer and the keys: the playhead can be dragged, clicked to, focused and moved.
fn scrubber(words: &'static Words, span: f64, now: f64, frontier: f64, ask: &Callback<Ask>) -> Html {
    let pointed = {
        let ask = ask.clone();
        Callback::from(move |event: PointerEvent| {
            let field: HtmlElement = event.target_unchecked_into();
            let down = event.type_() == "pointerdown";
            if down {
                let _ = field.set_pointer_capture(event.pointer_id());
            }
            if down || event.buttons() & 1 == 1 {
                let part = f64::from(event.offset_x()) / f64::from(field.offset_width().max(1));
                ask.emit(Ask::Do(Action::Hold(true)));
                ask.emit(Ask::Do(Action::Seek(part * span)));
            } else if event.type_() == "pointerup" {
                ask.emit(Ask::Do(Action::Hold(false)));
            }
        })
    };
    let onkeydown = {
        let ask = ask.clone();
        Callback::from(move |event: KeyboardEvent| {
            let by = match &*event.key() {
                "PageUp" => 10_000.0,
                "PageDown" => -10_000.0,
                _ => return,
            };
            event.prevent_default();
            ask.emit(Ask::Do(Action::Seek(now + by)));
        })
    };
    let seconds = |at: f64| ((at / 1000.0) as i64).to_string();
    html! {
        <div class="scrub" role="slider" tabindex="0" aria-label={words.timeline} aria-valuemin="0"
            aria-valuemax={seconds(frontier)} aria-valuenow={seconds(now)} aria-valuetext={SimTime(now as i64).to_string()}
            onpointerdown={pointed.clone()} onpointermove={pointed.clone()} onpointerup={pointed} {onkeydown} />
    }
}
