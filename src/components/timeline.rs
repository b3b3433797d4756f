//! The timeline: how time passes, and what was when: a row for each pod, coloured by its state.

use super::{Ask, button, percent};
use crate::chronicle::{Chronicle, PodName, PodState};
use crate::scene::{PodPlace, Scene};
use crate::session::{Action, Session};
use crate::words::Words;
use kubesim::api::SimTime;
use std::cell::RefCell;
use std::rc::Rc;
use web_sys::{Element, HtmlElement};
use yew::prelude::*;

/// The timeline shows at least this long a stretch, in milliseconds.
const SHORTEST: f64 = 60_000.0;
/// The playhead at the frontier is this far to the right.
const FRONTIER_AT: f64 = 0.8;
/// Where the first row begins, in pixels: above it are the times and the commands.
const TOP: usize = 34;
/// How fast simulated time may run, and how it is written.
const SPEEDS: [(f64, &str); 4] = [(0.5, "½×"), (1.0, "1×"), (4.0, "4×"), (16.0, "16×")];

#[derive(Properties)]
pub struct Props {
    pub words: &'static Words,
    pub session: Rc<RefCell<Session>>,
    pub version: u64,
    pub scene: Rc<Scene>,
    pub ask: Callback<Ask>,
}

impl PartialEq for Props {
    fn eq(&self, other: &Props) -> bool {
        self.version == other.version
    }
}

/// The timeline.
#[component]
pub fn Timeline(props: &Props) -> Html {
    let Props { words, session, scene, ask, .. } = props;
    let shared = session;
    let session = session.borrow();
    let (now, frontier) = (session.playhead(), session.frontier());
    let span = (frontier / FRONTIER_AT).max(SHORTEST);
    let x = |time: f64| percent(time / span);
    let rows = rows(session.chronicle(), scene);
    let height = row_height(rows.len());
    let bottom = TOP + rows.len() * height;
    let names = height >= 10;
    let tick = |at: f64| {
        html! {
            <svg key={at as i64} x={x(at)} overflow="visible">
                <line y1="16" y2={bottom.to_string()} />
                <text y="11">{ clock(at) }</text>
            </svg>
        }
    };
    let step = tick_step(span);
    let ticks = (0..=(span / step) as i64).map(|n| tick(n as f64 * step));
    let bars_span = bars_span(frontier);
    html! {
        <section class="timeline" aria-label={words.timeline}>
            { controls(words, &session, ask) }
            <div class="tracks">
                if names {
                    <ol aria-hidden="true">{ for rows.iter().map(|row| html! { <li key={&*row.name} class={format!("h{height}")}>{ &*row.name }</li> }) }</ol>
                }
                <div class="field">
                    <svg height={(bottom + 4).to_string()} aria-hidden="true">
                        <g class="ticks">{ for ticks }</g>
                        <svg width={x(frontier)} height="100%">
                            <svg width={percent(bars_span / frontier.max(1.0))} overflow="visible">
                                <Bars session={shared} written={session.history().len()} span={bars_span} {height} rows={rows.len()} {scene} />
                            </svg>
                        </svg>
                        { expected(&session, scene, &rows, height, &x, span) }
                        <rect class="later" x={x(now)} y={TOP.to_string()} width={x(frontier - now)} height={(bottom - TOP).to_string()} />
                        <svg class="playhead" x={x(now)} overflow="visible">
                            <line y1="14" y2={bottom.to_string()} />
                            <path d="M-7 8h14l-7 9z" />
                        </svg>
                    </svg>
                    <Scrubber label={words.timeline} {span} {now} {frontier} {ask} />
                </div>
            </div>
        </section>
    }
}

/// The pods that have been, and those that are to come.
fn rows(chronicle: &Chronicle, scene: &Scene) -> Vec<PodName> {
    let mut rows: Vec<PodName> = chronicle.pods.keys().cloned().collect();
    if let Some(set) = &scene.set {
        rows.extend(scene.lanes.iter().map(|lane| PodName::new(&set.key.namespace, &lane.name)));
        rows.sort();
        rows.dedup();
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
    let icon = |class: &'static str, label: &'static str, sign: &'static str, action: Action| {
        button(class, label, html! { <span aria-hidden="true">{ sign }</span> }, ask, Ask::Do(action))
    };
    let (class, label, sign) = if session.is_playing() {
        ("primary play", words.pause, "❚❚")
    } else {
        ("primary play", words.play, "▶")
    };
    let content = html! { <><span aria-hidden="true">{ sign }</span><span class="word">{ label }</span></> };
    let speed = |(speed, label): (f64, &'static str)| {
        let onclick = ask.reform(move |_: MouseEvent| Ask::Do(Action::Speed(speed)));
        let on = session.speed() == speed;
        html! { <button type="button" aria-pressed={on.to_string()} {onclick}>{ label }</button> }
    };
    let state =
        |state: PodState| html! { <li><i class={state.class()} />{ words.states[state as usize] }</li> };
    html! {
        <div class="controls">
            { icon("far", words.to_start, "|◀", Action::Start) }
            { icon("", words.step_back, "◀", Action::Step { forward: false }) }
            { button(class, label, content, ask, Ask::Do(Action::Toggle)) }
            { icon("", words.step_on, "▶", Action::Step { forward: true }) }
            { icon("far", words.to_present, "▶|", Action::Present) }
            <output class="time">{ session.now().to_string() }</output>
            <div class="speeds" role="group" aria-label={words.speed}>{ for SPEEDS.map(speed) }</div>
            <small class="keys">{ words.keys }</small>
            <ul class="legend">{ for PodState::ALL.map(state) }</ul>
        </div>
    }
}

/// Where the pod that is made next will begin, if only time is waited for.
fn expected(
    session: &Session,
    scene: &Scene,
    rows: &[PodName],
    height: usize,
    x: &dyn Fn(f64) -> String,
    span: f64,
) -> Html {
    let next = scene.lanes.iter().find(|lane| matches!(lane.pod, PodPlace::Ghost { next: true, .. }));
    let (Some(lane), Some((_, until))) = (next, scene.why.wait) else { return Html::default() };
    let Some(row) = rows.iter().position(|row| row.name == lane.name) else { return Html::default() };
    let made = session.chronicle().pods.values().flatten();
    let start = |life: &crate::chronicle::Life| {
        let ready = life.states.iter().find(|(_, state)| *state == PodState::Ready)?.0;
        Some((ready - life.born).0 as f64)
    };
    let Some(takes) = made.filter_map(start).reduce(f64::min) else { return Html::default() };
    let from = until.0 as f64;
    if from < session.frontier() || from >= span {
        return Html::default();
    }
    let (y, thick) = (TOP + row * height + height / 6, height * 2 / 3);
    html! { <rect class="expected" x={x(from)} y={y.to_string()} width={x(takes)} height={thick.to_string()} rx="4" /> }
}

#[derive(Properties)]
struct BarsProps {
    session: Rc<RefCell<Session>>,
    /// How many writes had been made.
    written: usize,
    span: f64,
    height: usize,
    rows: usize,
    scene: Rc<Scene>,
}

impl PartialEq for BarsProps {
    fn eq(&self, other: &BarsProps) -> bool {
        (self.written, self.rows, self.span) == (other.written, other.rows, other.span)
    }
}

/// What was when: a bar for each state of each pod, and the user's commands above.
#[component]
fn Bars(props: &BarsProps) -> Html {
    let session = props.session.borrow();
    let chronicle = session.chronicle();
    let x = |time: SimTime| percent(time.0 as f64 / props.span);
    let width = |from: SimTime, to: SimTime| x(SimTime((to - from).0.max(0)));
    let end = SimTime(props.span as i64);
    let bar = |row: usize, from: SimTime, to: SimTime, state: PodState| {
        // The more a pod is there, the thicker is its bar: the states are told apart without colours, too.
        let full = (props.height * 2 / 3).max(2);
        let thick = match state {
            PodState::Pending => full / 3,
            PodState::Init => full / 2,
            PodState::Running => full * 3 / 4,
            PodState::Ready | PodState::Terminating | PodState::Failing => full,
        }
        .max(2);
        let y = TOP + row * props.height + (props.height - full) / 2 + (full - thick);
        html! {
            <rect class={state.class()} x={x(from)} width={width(from, to)} y={y.to_string()} height={thick.to_string()}
                rx={(thick / 4).min(4).to_string()} />
        }
    };
    let rows = rows(chronicle, &props.scene);
    let mut bars = Vec::new();
    for (row, name) in rows.iter().enumerate() {
        for life in chronicle.pods.get(name).into_iter().flatten() {
            for (n, (from, state)) in life.states.iter().enumerate() {
                let to = life.states.get(n + 1).map(|(to, _)| *to).or(life.gone).unwrap_or(end);
                bars.push(bar(row, *from, to, *state));
            }
        }
    }
    let marks = &chronicle.marks;
    let mark = |(n, mark): (usize, &crate::chronicle::Mark)| {
        let to = marks.get(n + 1).map_or(end, |next| next.at);
        let text = mark.text.strip_prefix("kubectl ").unwrap_or(&mark.text);
        html! {
            <svg key={n} class="mark" x={x(mark.at)} width={width(mark.at, to)}>
                <path d="M0 20h8l-4 6z" />
                <text x="11" y="27">{ text }<title>{ &*mark.text }</title></text>
            </svg>
        }
    };
    html! { <><g class="marks">{ for marks.iter().enumerate().map(mark) }</g><g>{ bars }</g></> }
}

#[derive(Properties, PartialEq)]
struct ScrubberProps {
    label: &'static str,
    span: f64,
    now: f64,
    frontier: f64,
    ask: Callback<Ask>,
}

/// What takes the pointer and the keys: the playhead can be dragged, clicked to, focused and moved.
#[component]
fn Scrubber(props: &ScrubberProps) -> Html {
    let (span, now, frontier, ask) = (props.span, props.now, props.frontier, &props.ask);
    let seek = {
        let ask = ask.clone();
        Callback::from(move |event: PointerEvent| {
            let field: HtmlElement = event.target_unchecked_into();
            let part = f64::from(event.offset_x()) / f64::from(field.offset_width().max(1));
            ask.emit(Ask::Do(Action::Seek(part * span)));
        })
    };
    let onpointerdown = {
        let (ask, seek) = (ask.clone(), seek.clone());
        Callback::from(move |event: PointerEvent| {
            let field: Element = event.target_unchecked_into();
            let _ = field.set_pointer_capture(event.pointer_id());
            ask.emit(Ask::Do(Action::Hold(true)));
            seek.emit(event);
        })
    };
    let onpointermove = Callback::from(move |event: PointerEvent| {
        if event.buttons() & 1 == 1 {
            seek.emit(event);
        }
    });
    let release = ask.reform(|_: PointerEvent| Ask::Do(Action::Hold(false)));
    let onkeydown = {
        let ask = ask.clone();
        Callback::from(move |event: KeyboardEvent| {
            let to = match &*event.key() {
                "PageUp" => now + 10_000.0,
                "PageDown" => now - 10_000.0,
                _ => return,
            };
            event.prevent_default();
            ask.emit(Ask::Do(Action::Seek(to)));
        })
    };
    html! {
        <div class="scrub" role="slider" tabindex="0" aria-label={props.label} aria-valuemin="0"
            aria-valuemax={((frontier / 1000.0) as i64).to_string()} aria-valuenow={((now / 1000.0) as i64).to_string()}
            aria-valuetext={SimTime(now as i64).to_string()}
            {onpointerdown} {onpointermove} onpointerup={release.clone()} onpointercancel={release} {onkeydown} />
    }
}
