//! The timeline: how time passes, and what was when: a row for each pod, coloured by its state.

use super::dns::bands as bands_of_dns;
use super::stage::pod_card::ends;
use super::{choice, labelled, part, percent, sign};
use crate::page::intent::Intent;
use crate::session::branch::{Branch, Stop};
use crate::session::{Action, Session};
use kubesim::SimTime;
use messages::{Messages, fill};
use scene::history::Band;
use scene::history::axis;
use scene::history::pod_state::{PodName, PodState};
use scene::history::{Chronicle, Decision, Life, Stretch, UserCommand};
use scene::scene::{PodSlot, Scene};
use std::cell::RefCell;
use std::fmt::Write;
use std::rc::Rc;
use web_sys::{HtmlElement, HtmlInputElement};
use yew::prelude::*;

/// The height of the bands of very many pods (pixels), and into how many columns they are cut.
const BANDS_PX: usize = 84;
const COLUMNS: u32 = 400;
/// The shortest stretch that the timeline shows (milliseconds of simulated time).
const SHORTEST_MS: f64 = 60_000.0;
/// The playhead at the frontier is this far to the right.
const FRONTIER_AT: f64 = 0.8;
/// Where the first row begins (pixels): above it are the times and the commands.
const TOP_PX: usize = 34;
/// The length of a row without a name (units of its drawing).
const STRIP: usize = 10_000;
/// Units of that drawing for each pixel of a row's height.
const FINE: usize = 10;
/// The least height of a row that has a name (pixels).
const NAMED_PX: usize = 12;
/// How fast simulated time may run, and how it is written.
const SPEEDS: [(f64, &str); 6] =
    [(0.5, "½×"), (1.0, "1×"), (2.0, "2×"), (4.0, "4×"), (8.0, "8×"), (16.0, "16×")];
/// The id of the list of keys.
const KEYS: &str = "keys";
/// What stands on the keys of the shortcuts; [`Messages::keys`] says what each does.
const SHORTCUTS: [&str; 14] =
    ["Space", "←", "→", "[", "]", "PgDn PgUp", "Home", "End", "Ctrl Enter", "M", "T", "L", "A", "?"];
/// A time on the axis nearer to the playhead than this part of the timeline gives way to it.
const APART: f64 = 0.025;
/// Marks of decisions nearer to each other than this part of the timeline are one.
const MARKS_APART: f64 = 0.004;

/// Commands nearer to each other than this part of the timeline are one mark: on a wide screen, and on a narrow one.
const COMMANDS_APART: [(&str, f64); 2] = [("commands wide", 0.11), ("commands narrow", 0.3)];
/// Of commands in one mark the last ones are listed, so many.
const LISTED: usize = 8;

/// The controls of time, the branches, and a row for each pod; of very many pods, one row for all. Long: layers of one picture, on one scale.
pub fn timeline(
    words: &'static Messages,
    shared: &Rc<RefCell<Session>>,
    scene: &Scene,
    class: &'static str,
    send: &Callback<Intent>,
) -> Html {
    let session = shared.borrow();
    let (now, frontier) = (session.playhead(), session.frontier());
    let span = (frontier / FRONTIER_AT).max(SHORTEST_MS);
    let x = |time: f64| percent(time / span);
    let other = session.beside();
    let pods = session.chronicle().pods.len() + other.map_or(0, |branch| branch.chronicle().pods.len());
    let crowd = scene.grid.is_some() || pods > axis::MOST_ROWS;
    let rows = Rc::new(if crowd { Vec::new() } else { rows(session.chronicle(), scene) });
    let watched = session.chronicle().answers.iter().rev().find_map(|(_, asked)| asked.clone());
    let watched = watched.filter(|_| !crowd);
    // A crowd is one high row.
    let first = rows.len() + usize::from(watched.is_some());
    // Below them, under its name, the branch beside.
    let other = other.filter(|_| !crowd);
    let other_rows = other.map(|branch| Rc::new(own_rows(branch.chronicle())));
    let count = if crowd { 1 } else { first + other_rows.as_ref().map_or(0, |rows| rows.len() + 1) };
    let height = if crowd { BANDS_PX } else { row_height(count) };
    let bottom = TOP_PX + count * height;
    let step = axis::tick_step(span);
    let tick = |n: i64| {
        let at = n as f64 * step;
        html! {
            <svg x={x(at)} overflow="visible">
                <line y1="16" y2={bottom.to_string()} />
                if at < 0.97 * span && (at - now).abs() > APART * span { <text y="11">{ axis::clock(at) }</text> }
            </svg>
        }
    };
    let bars_span = bars_span(frontier);
    // What is close together changes with the span, but need not at every moment.
    let rounded = bars_span * (span / bars_span * 16.0).ceil() / 16.0;
    let other_bars = other.zip(other_rows.clone());
    let other_bars =
        other_bars.map(|(branch, rows)| bars_beside(shared, branch, rows, (first + 1, height), bars_span));
    let (bars, marks) = layers(words, shared, &rows, (crowd, count, height), bars_span, rounded);
    let name = |row: &PodName| match row.ordinal {
        Some(ordinal) => {
            html! { <li><span class="head">{ &*row.stem }{ "-" }</span><span>{ ordinal }</span></li> }
        }
        None => html! { <li>{ ends(&row.name) }</li> },
    };
    html! {
        <section {class} aria-label={words.timeline()}>
            { controls(words, &session, send) }
            if session.branches().len() > 1 { { branches(words, &session, send) } }
            if let Some((count, at)) = session.history().dropped() {
                <p class="dropped" role="status">
                    { fill(words.dropped(), &[("count", &count.to_string()), ("time", &at.to_string())]) }
                </p>
            }
            <div class="tracks">
                if crowd {
                    <ol class="bands" aria-hidden="true"><li>{ words.pods() }</li></ol>
                } else if height >= NAMED_PX {
                    <ol class={format!("h{height}")} aria-hidden="true">{ for rows.iter().map(name) }
                        { for watched.iter().map(|asked| html! { <li class="asked">{ &*asked.question.name }</li> }) }
                        { for other.map(|branch| html! { <li class="asked">{ branch_name(words, branch).to_string() }</li> }) }
                        { for other_rows.iter().flat_map(|rows| rows.iter()).map(name) }
                    </ol>
                }
                <div class="field">
                    <svg height={(bottom + if session.branch().is_opened() { 16 } else { 4 }).to_string()} aria-hidden="true">
                        { for (0..=(span / step) as i64).map(tick) }
                        <svg width={x(bars_span)} overflow="visible">{ marks }</svg>
                        <svg width={x(frontier)} height="100%">
                            <svg width={percent(bars_span / frontier.max(1.0))} overflow="visible">{ bars }{ other_bars }</svg>
                        </svg>
                        if let Some((_, at)) = session.history().dropped() {
                            <rect class="later" y={TOP_PX.to_string()} width={x(at.0 as f64)} height={(bottom - TOP_PX).to_string()} />
                        }
                        if watched.is_some() {
                            <g class="bands">
                                { bands_of_dns(words, &session.chronicle().answers, (0.0, now, span), (TOP_PX + rows.len() * height + height / 6, height * 2 / 3)) }
                            </g>
                        }
                        { expected(&session, scene, &rows, height, span) }
                        { divide(words, &session, &x, bottom) }
                        <rect class="later" x={x(now)} y={TOP_PX.to_string()} width={x(frontier - now)} height={(bottom - TOP_PX).to_string()} />
                        <svg x={x(now)} overflow="visible"><path class="playhead" d={format!("M-7 8h14l-6 8V{bottom}h-2V16z")} /></svg>
                    </svg>
                    { scrubber(words, span, now, frontier, send) }
                    { for COMMANDS_APART.map(|kind| lists(words, session.chronicle(), span, rounded, kind, send)) }
                </div>
            </div>
        </section>
    }
}

/// What was seen of a real cluster and what is simulated, with a line between them.
fn divide(
    words: &'static Messages,
    session: &Session,
    x: &dyn Fn(f64) -> String,
    bottom: usize,
) -> Option<Html> {
    let at = session.branch().simulated_from()?;
    let (texts, y) = (words.cluster(), (bottom + 11).to_string());
    Some(html! {
        <svg x={x(at.0 as f64)} overflow="visible" class="divide">
            <line y1="16" y2={bottom.to_string()} />
            if at > SimTime(0) { <text class="before" x="-5" y={y.clone()}>{ texts.seen() }</text> }
            <text x="5" y={y}>{ texts.simulated() }</text>
        </svg>
    })
}

/// What was when, of the pods or of the crowd, and the commands and decisions above it: each drawn again only when it has
/// changed, or when it is laid out otherwise.
fn layers(
    words: &'static Messages,
    shared: &Rc<RefCell<Session>>,
    rows: &Rc<Vec<PodName>>,
    (crowd, count, height): (bool, usize, usize),
    bars_span: f64,
    rounded: f64,
) -> (Html, Html) {
    let session = shared.borrow();
    let chronicle = session.chronicle();
    let (branch, all) = (session.branch().id, shared.clone());
    let draw_marks = move || marks(words, all.borrow().chronicle(), bars_span, rounded);
    let depends = [chronicle.commands.len(), chronicle.decisions.len(), rounded as usize, branch];
    let marks = part("", depends, Rc::new(draw_marks));
    let (shared, rows) = (shared.clone(), rows.clone());
    let draw_bars = move || {
        let session = shared.borrow();
        let chronicle = session.chronicle();
        if crowd {
            bands(&chronicle.bands, bars_span)
        } else if height < NAMED_PX {
            strips(chronicle, &rows, height, bars_span)
        } else {
            bars(chronicle, &rows, height, bars_span)
        }
    };
    // Of a crowd some pod is changing at every moment.
    let changes = if crowd { session.sampled() } else { chronicle.changes };
    (part("", [changes, count, bars_span as usize, branch], Rc::new(draw_bars)), marks)
}

/// What was when in the branch that stands beside the shown one, from this row on.
fn bars_beside(
    shared: &Rc<RefCell<Session>>,
    branch: &Branch,
    rows: Rc<Vec<PodName>>,
    (first, height): (usize, usize),
    span: f64,
) -> Html {
    let depends = [branch.chronicle().changes, first, span as usize, branch.id, height];
    let shared = shared.clone();
    let draw = move || {
        let session = shared.borrow();
        let Some(branch) = session.beside() else { return Html::default() };
        let bars = if height < NAMED_PX {
            strips(branch.chronicle(), &rows, height, span)
        } else {
            bars(branch.chronicle(), &rows, height, span)
        };
        html! { <svg y={(first * height).to_string()} overflow="visible">{ bars }</svg> }
    };
    part("beside", depends, Rc::new(draw))
}

/// The pods that have been.
fn own_rows(chronicle: &Chronicle) -> Vec<PodName> {
    chronicle.pods.iter().map(|(name, _)| name.clone()).collect()
}

/// The pods that have been, and those that are to come.
fn rows(chronicle: &Chronicle, scene: &Scene) -> Vec<PodName> {
    let mut rows = own_rows(chronicle);
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
        0..4 => 28,
        4..7 => 19,
        7..12 => 12,
        12..23 => 6,
        23..45 => 3,
        _ => 2,
    }
}

/// A stretch of time of which the bars' places are parts: it seldom changes, so that bars seldom have to move.
fn bars_span(frontier: f64) -> f64 {
    let mut span = SHORTEST_MS;
    while span < frontier {
        span *= 2.0;
    }
    span
}

fn controls(words: &'static Messages, session: &Session, send: &Callback<Intent>) -> Html {
    let icon = |class: &'static str, label: &'static str, text: &'static str, action: Action| {
        sign(class, label, text, send, Intent::Session(action))
    };
    let (label, text) = if session.is_playing() { (words.pause(), "❚❚") } else { (words.play(), "▶") };
    let content = html! { <>{ text }<span>{ label }</span></> };
    let speed = |(speed, label): (f64, &'static str)| {
        choice("", session.speed() == speed, Html::from(label), send, Intent::Session(Action::Speed(speed)))
    };
    let skips = session.skips_idle();
    let state =
        |(state, name): (PodState, &'static str)| html! { <li><i class={state.class()} />{ name }</li> };
    html! {
        <div class="controls">
            { icon("far", words.to_start(), "|◀", Action::Start) }
            { icon("", words.step_back(), "◀", Action::Step { forward: false, stop: Stop::Event }) }
            { labelled("primary play", Some(label.into()), None, content, send, Intent::Session(Action::Toggle)) }
            { icon("", words.step_on(), "▶", Action::Step { forward: true, stop: Stop::Event }) }
            { icon("far", words.to_present(), "▶|", Action::Present) }
            <span class="clock">
                <span class="time">{ session.now().to_string() }</span>
                { for session.lagging_pace().map(|pace| lag(words, pace)) }
            </span>
            <div class="speeds" role="group" aria-label={words.speed()}>
                { for SPEEDS.map(speed) }
                { choice("skip", skips, Html::from(words.skip_idle()), send, Intent::Session(Action::SkipIdle(!skips))) }
            </div>
            { icon("far", words.decision_back(), "◀◆", Action::Step { forward: false, stop: Stop::Decision }) }
            { icon("far", words.decision_on(), "◆▶", Action::Step { forward: true, stop: Stop::Decision }) }
            <button type="button" class="keys" popovertarget={KEYS} aria-label={words.shortcuts()} title={words.shortcuts()}>{ "?" }</button>
            <div id={KEYS} popover="auto" class="menu" role="dialog" aria-label={words.shortcuts()}>
                <h3>{ words.shortcuts() }</h3>
                <dl>{ for SHORTCUTS.into_iter().zip(words.keys()).map(key) }</dl>
            </div>
            <ul class="legend">{ for PodState::ALL.into_iter().zip(words.states()).map(state) }</ul>
        </div>
    }
}

/// That time passes more slowly than was chosen, and how fast.
fn lag(words: &'static Messages, pace: f64) -> Html {
    let tenths = (pace * 10.0) as i64;
    let pace = format!("{}.{}", tenths / 10, tenths % 10);
    html! { <small class="lag" title={words.lags_why()}>{ fill(words.lags(), &[("pace", &pace)]) }</small> }
}

/// The branches: the one that is shown can be named, another one be shown, compared with, thrown away.
fn branches(words: &'static Messages, session: &Session, send: &Callback<Intent>) -> Html {
    let (shown, beside) = (session.branch().id, session.beside().map(|b| b.id));
    let branch = |branch: &Branch| {
        let (id, name) = (branch.id, branch_name(words, branch));
        let from = branch.from.map(|(_, at)| fill(words.branch_from(), &[("time", &at.to_string())]));
        let about = |text| Some(AttrValue::from(fill(text, &[("branch", name)])));
        let discard = labelled(
            "",
            about(words.discard_branch()),
            None,
            "✕".into(),
            send,
            Intent::Session(Action::Discard(id)),
        );
        if id == shown {
            // It is not drawn over what is being written: time may pass meanwhile.
            let onchange = send.reform(move |event: Event| {
                let input: HtmlInputElement = event.target_unchecked_into();
                let name = input.value();
                if name.trim().is_empty() {
                    input.set_value(words.first_branch());
                }
                Intent::Session(Action::Rename(id, name.trim().into()))
            });
            let name = name.to_string();
            return html! {
                <li key={id} class="shown">
                    <input type="text" dir="auto" aria-label={words.branch_name()} ~defaultValue={name} {onchange} spellcheck="false" autocomplete="off" />
                    <small>{ from }</small>{ discard }
                </li>
            };
        }
        let compare = Intent::Session(Action::Compare((beside != Some(id)).then_some(id)));
        let content = html! { <><bdi>{ name.to_string() }</bdi><small>{ from }</small></> };
        html! {
            <li key={id}>
                { labelled("", None, Some(false), content, send, Intent::Session(Action::Switch(id))) }
                { labelled("", about(words.compare_with()), Some(beside == Some(id)), "⇄".into(), send, compare) }
                { discard }
            </li>
        }
    };
    html! {
        <div class="branches">
            <h2>{ words.branches() }</h2>
            <ul>{ for session.branches().iter().map(branch) }</ul>
        </div>
    }
}

/// A branch's name; the first one has none of its own.
pub fn branch_name<'b>(words: &'static Messages, branch: &'b Branch) -> &'b str {
    if branch.name.is_empty() { words.first_branch() } else { &branch.name }
}

fn key((key, does): (&'static str, &'static str)) -> Html {
    html! { <><dt><kbd>{ key }</kbd></dt><dd>{ does }</dd></> }
}

/// Where the pod that is made next will begin, if only time is waited for.
fn expected(session: &Session, scene: &Scene, rows: &[PodName], height: usize, span: f64) -> Option<Html> {
    let next = scene.lanes.iter().find(|lane| matches!(lane.pod, PodSlot::Ghost { next: true, .. }))?;
    let row = rows.iter().position(|row| row.name == next.name)?;
    let from = scene.why.wait?.1.0 as f64;
    let start = |life: &Life| {
        let ready = life.states.iter().find(|stretch| stretch.state == PodState::Ready)?.since;
        Some((ready - life.born).0)
    };
    let takes = session.chronicle().pods.iter().flat_map(|(_, lives)| lives).filter_map(start).min()? as f64;
    let (y, thick) = (TOP_PX + row * height + height / 6, height * 2 / 3);
    (from >= session.frontier() && from < span).then(|| {
        html! {
            <rect class="expected" x={percent(from / span)} y={y.to_string()} width={percent(takes / span)}
                height={thick.to_string()} rx="4" />
        }
    })
}

/// What was when, of so many pods that there is no room for texts: the bars of each state in one path.
fn strips(chronicle: &Chronicle, rows: &[PodName], height: usize, span: f64) -> Html {
    let mut paths: [String; 6] = Default::default();
    let x = |time: SimTime| (time.0 as f64 / span * STRIP as f64) as i64;
    for (row, name) in rows.iter().enumerate() {
        for (from, to, stretch) in
            chronicle.lives(name).iter().flat_map(|life| life.stretches(SimTime(span as i64)))
        {
            let (top, thick) = bar(stretch.state, height * FINE);
            let (from, width) = (x(from), x(to) - x(from));
            let _ = write!(
                paths[stretch.state as usize],
                "M{from} {}h{width}v{thick}h-{width}z",
                row * height * FINE + top
            );
        }
    }
    let high = rows.len() * height;
    let path = |(state, d): (PodState, String)| {
        html! { if !d.is_empty() { <path class={state.class()} {d} /> } }
    };
    html! {
        <svg y={TOP_PX.to_string()} height={high.to_string()} viewBox={format!("0 0 {STRIP} {}", high * FINE)} preserveAspectRatio="none"
            overflow="visible" class="bands">
            { for PodState::ALL.into_iter().zip(paths).map(path) }
        </svg>
    }
}

/// Where in its row a state's bar begins, and how thick it is. The more a pod is there, the thicker is its bar, so that states
/// are told apart without colours, too.
fn bar(state: PodState, height: usize) -> (usize, usize) {
    let full = (height * 2 / 3).max(2);
    let thick = (full * axis::twelfths(state) / 12).max(2);
    ((height - full) / 2 + (full - thick), thick)
}

/// What was when: a bar for each state of each pod.
fn bars(chronicle: &Chronicle, rows: &[PodName], height: usize, span: f64) -> Html {
    let mut bars = Vec::new();
    for (row, name) in rows.iter().enumerate() {
        for (from, to, Stretch { state, status, .. }) in
            chronicle.lives(name).iter().flat_map(|life| life.stretches(SimTime(span as i64)))
        {
            let (top, thick) = bar(*state, height);
            let y = TOP_PX + row * height + top;
            let (x, width) = (percent(from.0 as f64 / span), percent((to - from).0 as f64 / span));
            bars.push(html! {
                <rect class={state.class()} x={x.clone()} width={width.clone()} y={y.to_string()}
                    height={thick.to_string()} rx={(thick / 4).min(4).to_string()} />
            });
            if let Some(status) = status {
                let middle = (y + thick / 2 + 4).to_string();
                bars.push(html! { <svg class="status" {x} {width}><text x="4" y={middle}>{ &**status }</text></svg> });
            }
        }
        for at in chronicle.lives(name).iter().filter_map(|life| life.guessed) {
            let (x, y) = (percent(at.0 as f64 / span), (TOP_PX + row * height + height / 2 + 4).to_string());
            bars.push(html! { <svg {x} overflow="visible"><text class="guessed" {y}>{ "≈" }</text></svg> });
        }
    }
    bars.into_iter().collect()
}

/// How many pods were in which state: a band for each state, the one upon the other, as thick as its pods are many. The
/// states that a pod goes through come from the top down, so that a band's place tells it, too.
fn bands(bands: &[Band], span: f64) -> Html {
    let most = bands.iter().map(|(_, counts)| counts.iter().sum::<u32>()).max().unwrap_or(0).max(1);
    let (mut last, mut steps) = (None, Vec::new());
    for column in 0..=COLUMNS {
        let at = SimTime((f64::from(column) * span / f64::from(COLUMNS)) as i64);
        let known = bands.partition_point(|(since, _)| *since <= at);
        if last != Some(known) {
            let counts = known.checked_sub(1).map_or([0; 6], |n| bands[n].1);
            steps.push((column, counts));
            last = Some(known);
        }
    }
    let y = |pods: u32| BANDS_PX as u32 * (most - pods) / most;
    let path = |state: PodState| {
        // From the bottom: Ready; those before it lie above it.
        let below = |counts: &[u32; 6]| {
            [3, 4, 5, 2, 1, 0].iter().take_while(|n| **n != state as usize).map(|n| counts[*n]).sum::<u32>()
        };
        let mut path = String::new();
        for (n, (column, counts)) in steps.iter().enumerate() {
            let (to, low) = (steps.get(n + 1).map_or(COLUMNS + 1, |(to, _)| *to), below(counts));
            let high = low + counts[state as usize];
            if high > low {
                path.push_str(&format!("M{column} {}H{to}V{}H{column}z", y(high), y(low)));
            }
        }
        html! { if !path.is_empty() { <path class={state.class()} d={path} /> } }
    };
    html! {
        <svg y={TOP_PX.to_string()} height={BANDS_PX.to_string()} viewBox={format!("0 0 {COLUMNS} {BANDS_PX}")} preserveAspectRatio="none"
            class="bands">
            { for PodState::ALL.map(path) }
        </svg>
    }
}

/// The user's commands in groups of those that are nearer to each other than this part of the timeline.
fn groups(marks: &[UserCommand], span: f64, apart: f64) -> Vec<&[UserCommand]> {
    let mut groups = Vec::new();
    let mut rest = marks;
    while let Some(first) = rest.first() {
        let is_near = |mark: &UserCommand| ((mark.at - first.at).0 as f64) < apart * span;
        let (group, others) = rest.split_at(rest.partition_point(is_near));
        groups.push(group);
        rest = others;
    }
    groups
}

/// What is written at a group: its only command, the only one that may change something, or how many they are.
fn label(words: &'static Messages, group: &[UserCommand]) -> String {
    let mut writes = group.iter().map(UserCommand::short).filter(|text| !only_reads(text));
    match (group, writes.next(), writes.next()) {
        ([only], ..) => only.short().to_string(),
        (_, Some(write), None) => [write, " +", &(group.len() - 1).to_string()].concat(),
        _ => how_many(words, group),
    }
}

/// Whether a command asks for something and changes nothing.
fn only_reads(text: &str) -> bool {
    const READ: [&str; 24] = [
        "get",
        "describe",
        "logs",
        "explain",
        "top",
        "events",
        "api-resources",
        "api-versions",
        "version",
        "cluster-info",
        "config",
        "wait",
        "diff",
        "auth",
        "nslookup",
        "dig",
        "host",
        "ping",
        "cat",
        "ls",
        "curl",
        "wget",
        "watch",
        "help",
    ];
    let mut words = text.split_ascii_whitespace();
    let first = words.next().unwrap_or_default();
    READ.contains(&first) || first == "rollout" && matches!(words.next(), Some("status" | "history"))
}

/// How many commands a group has.
fn how_many(words: &'static Messages, group: &[UserCommand]) -> String {
    fill(words.commands(), &[("count", &group.len().to_string())])
}

/// Those of the user's commands that are one mark because they are close together: pointed at or focused, it lists them.
fn lists(
    words: &'static Messages,
    chronicle: &Chronicle,
    span: f64,
    rounded: f64,
    (class, apart): (&'static str, f64),
    send: &Callback<Intent>,
) -> Html {
    let list = |group: &[UserCommand]| {
        let (first, at) = (&group[0], group[0].at.0 as f64 / span);
        let shown = &group[group.len().saturating_sub(LISTED)..];
        let longest = shown.iter().map(|mark| mark.short().chars().count()).max().unwrap_or_default() + 9;
        let width = longest * 7 + 14;
        // As far to the left as the mark is to the right: so nothing of it is beyond an edge.
        let x = |inner: i64| (inner - (at * width as f64) as i64).to_string();
        let line = |(n, mark): (usize, &UserCommand)| {
            html! { <text x={x(8)} y={(50 + n * 15).to_string()}>{ mark.at.to_string() }{ "  " }{ mark.short() }</text> }
        };
        let all: Vec<&str> = group.iter().map(UserCommand::short).collect();
        let seek = Intent::Session(Action::Seek(first.at.0 as f64));
        html! {
            <svg x={percent(at)} overflow="visible">
                <g class="many" tabindex="0" role="img" aria-label={format!("{}: {}", how_many(words, group), all.join("; "))}
                    onclick={send.reform(move |_: MouseEvent| seek.clone())}>
                    <rect class="hit" y="17" width="95" height="15" />
                    <g class="list">
                        <rect x={x(0)} y="34" width={width.to_string()} height={(shown.len() * 15 + 10).to_string()} rx="6" />
                        { for shown.iter().enumerate().map(line) }
                    </g>
                </g>
            </svg>
        }
    };
    let groups = groups(&chronicle.commands, rounded, apart);
    html! { <svg {class}>{ for groups.into_iter().filter(|group| group.len() > 1).map(list) }</svg> }
}

/// What controllers decided, and the user's commands, each as far as the next one.
fn marks(words: &'static Messages, chronicle: &Chronicle, bars_span: f64, span: f64) -> Html {
    let layer = |(class, apart): (&'static str, f64)| {
        let groups = groups(&chronicle.commands, span, apart);
        let mark = |(n, group): (usize, &&[UserCommand])| {
            let to = groups.get(n + 1).map_or(bars_span, |next| next[0].at.0 as f64);
            let from = group[0].at.0 as f64;
            let text = label(words, group);
            html! {
                <svg class="mark" x={percent(from / bars_span)} width={percent((to - from) / bars_span)}>
                    <path d="M0 17h8l-4 6z" /><text x="11" y="24">{ text }</text>
                </svg>
            }
        };
        html! { <g {class}>{ for groups.iter().enumerate().map(mark) }</g> }
    };
    let span = bars_span;
    let mut last = f64::MIN;
    let apart = chronicle.decisions.iter().filter(|decision| {
        let at = decision.at.0 as f64 / span;
        let is_apart = at - last >= MARKS_APART;
        if is_apart {
            last = at;
        }
        is_apart
    });
    let decision = |decision: &Decision| {
        let class = if decision.made { "made" } else { "told" };
        let x = percent(decision.at.0 as f64 / span);
        html! { <svg {x} overflow="visible"><path {class} d="M0 27.5l3 3-3 3-3-3z" /></svg> }
    };
    let decisions: Vec<Html> = apart.map(decision).collect();
    decisions.into_iter().chain(COMMANDS_APART.map(layer)).collect()
}

/// What takes the pointer and the keys: the playhead can be dragged, clicked to, focused and moved.
fn scrubber(words: &'static Messages, span: f64, now: f64, frontier: f64, send: &Callback<Intent>) -> Html {
    let pointed = {
        let send = send.clone();
        Callback::from(move |event: PointerEvent| {
            let field: HtmlElement = event.target_unchecked_into();
            let down = event.type_() == "pointerdown";
            if down {
                let _ = field.set_pointer_capture(event.pointer_id());
            }
            if down || event.buttons() & 1 == 1 {
                let part = f64::from(event.offset_x()) / f64::from(field.offset_width().max(1));
                send.emit(Intent::Session(Action::Hold(true)));
                send.emit(Intent::Session(Action::Seek(part * span)));
            } else if event.type_() == "pointerup" {
                send.emit(Intent::Session(Action::Hold(false)));
            }
        })
    };
    let onkeydown = {
        let send = send.clone();
        Callback::from(move |event: KeyboardEvent| {
            let by = match &*event.key() {
                "PageUp" => 10_000.0,
                "PageDown" => -10_000.0,
                _ => return,
            };
            event.prevent_default();
            send.emit(Intent::Session(Action::Seek(now + by)));
        })
    };
    let seconds = |at: f64| ((at / 1000.0) as i64).to_string();
    html! {
        <div class="scrub" role="slider" tabindex="0" aria-label={words.timeline()} aria-valuemin="0"
            aria-valuemax={seconds(frontier)} aria-valuenow={seconds(now)} aria-valuetext={SimTime(now as i64).to_string()}
            onpointerdown={pointed.clone()} onpointermove={pointed.clone()} onpointerup={pointed} {onkeydown} />
    }
}
