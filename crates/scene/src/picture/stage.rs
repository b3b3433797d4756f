//! The stage: the set with facts about it, why it is as it is, the Service, the lanes or the grid, other pods.

use super::layout::shown_lines;
use super::layout::{
    CABLE, Cards, EDGE, FACT, FILE_LINE, GAP, HEAD, Layout, SERVICE, VolumeLine, WHY_LINE, WIRE,
};
use super::sheet::{DrawOrder, Gauge, Layer, Pen, Pill, Sheet, num};
use super::text::{Font, cut, cut_name, width, wrapped};
use crate::explain::{Explanation, Tone};
use crate::history::pod_state::PodState;
use crate::scene::{
    ClaimView, Lane, Playhead, PodSlot, PodView, Replaced, Sameness, Scene, ServiceView, VolumeView,
};
use messages::{Messages, fill};
use std::fmt::Write;

/// Shorter waits are not counted down in words, as on the page.
const WORTH_COUNTING: f64 = 3000.0;
/// Up to so many cells show their ordinals.
const NUMBERED: usize = 250;

/// A moment that is drawn.
pub(super) struct Stage<'a> {
    pub(super) words: &'static Messages,
    pub(super) scene: &'a Scene,
    pub(super) layout: &'a Layout,
    pub(super) now: Playhead,
}

/// The fill of a state, its line, and its surface.
pub(super) fn fill_of(state: PodState) -> &'static str {
    match state {
        PodState::Pending => "f-pending",
        PodState::Init => "f-init",
        PodState::Running => "f-run",
        PodState::Ready => "f-ready",
        PodState::Terminating => "f-term",
        PodState::Failing => "f-fail",
    }
}

pub(super) fn soft_of(state: PodState) -> &'static str {
    match state {
        PodState::Pending => "f-pending-soft",
        PodState::Init => "f-init-soft",
        PodState::Running => "f-run-soft",
        PodState::Ready => "f-ready-soft",
        PodState::Terminating => "f-term-soft",
        PodState::Failing => "f-fail-soft",
    }
}

fn line_of(state: PodState) -> &'static str {
    match state {
        PodState::Pending => "s-pending no lr",
        PodState::Init => "s-init no lr",
        PodState::Running => "s-run no lr",
        PodState::Ready => "s-ready no lr",
        PodState::Terminating => "s-term no lr",
        PodState::Failing => "s-fail no lr",
    }
}

fn frame_of(state: PodState) -> &'static str {
    match state {
        PodState::Pending => "f-panel s-pending lw",
        PodState::Init => "f-panel s-init lw",
        PodState::Running => "f-panel s-run lw",
        PodState::Ready => "f-panel s-ready lw",
        PodState::Terminating => "f-panel s-term lw d",
        PodState::Failing => "f-panel s-fail lw",
    }
}

/// A ring's text: of one or two letters, or smaller.
fn number(text: &str) -> String {
    if text.len() > 2 { "c b z8 ".into() } else { "c b z12 ".into() }
}

impl Stage<'_> {
    /// Draws everything but time.
    pub(super) fn draw(&self, sheet: &mut Sheet) {
        self.head(sheet);
        self.why(sheet, &self.scene.why);
        if let Some(service) = &self.scene.service {
            self.service(sheet, service);
        }
        if self.scene.grid.is_some() {
            self.grid(sheet);
        } else {
            self.scene.lanes.iter().for_each(|lane| self.lane(sheet, lane));
        }
        self.others(sheet);
    }

    fn head(&self, sheet: &mut Sheet) {
        let Some(set) = &self.scene.set else { return };
        let end = self.layout.width - EDGE - 84.0;
        let y = EDGE + HEAD / 2.0;
        let name = cut_name(&set.key.name, Font::Bold, 15.0, self.layout.width / 2.5);
        let kind = if self.layout.cards == Cards::Brief { "" } else { "StatefulSet " };
        let title = [kind, &*name].concat();
        let begin = EDGE + width(&title, Font::Bold, 15.0) + 12.0;
        sheet.at((Layer::Head, -1, 0), &|pen| pen.text(EDGE, y + 5.0, &title, "b z15"));
        let mut x = begin;
        for (n, chip) in set.chips.iter().enumerate() {
            let wide = width(chip, Font::Mono, 11.0) + 16.0;
            if x + wide > end {
                break;
            }
            let look = Pill {
                font: Font::Mono,
                size: 11.0,
                pad: 8.0,
                radius: 9.0,
                surface: "f-panel s-line",
                class: "c m z11 f-ink-2",
                ends: false,
            };
            sheet.at((Layer::Head, n as i32, 0), &|pen| _ = pen.pill([x, y, end - x], chip, &look));
            x += wide + 8.0;
        }
    }

    fn why(&self, sheet: &mut Sheet, why: &Explanation) {
        let layout = self.layout;
        let (top, high) = (layout.why_top(), layout.why_height());
        let (filled, stroke) = match why.tone {
            Tone::Calm => ("f-ready", "s-ready no lr"),
            Tone::Busy => ("f-accent", "s-accent no lr"),
            Tone::Waiting => ("f-pending", "s-pending no lr"),
            Tone::Stuck | Tone::Refused => ("f-fail", "s-fail no lr"),
        };
        let place = |item: u16| (Layer::Why, 0, item);
        let wide = layout.width - 2.0 * EDGE;
        sheet.at(place(0), &|pen| pen.rect([EDGE, top, wide, high], 10.0, "f-panel s-line"));
        // A band along the left edge, with the corners of the box.
        let band =
            ["M", &num(EDGE + 6.0), " ", &num(top), "q-6 0-6 6v", &num(high - 12.0), "q0 6 6 6q-2 0-2-6v-"]
                .concat();
        let band = [&*band, &num(high - 12.0), "q0-6 2-6z"].concat();
        sheet.at(place(1), &|pen| pen.path(&band, filled));
        let (x, y) = (EDGE + 34.0, top + high / 2.0);
        let dim = [stroke, " dim"].concat();
        sheet.at(place(2), &|pen| pen.circle(x, y, 14.0, &dim));
        let (done, all) = match why.wait {
            Some((since, until)) => (self.now - since.0 as f64, (until - since).0 as f64),
            None => (0.0, 0.0),
        };
        let left = ((all - done) / 1000.0).max(0.0);
        let (part, sign) = match why.tone {
            Tone::Stuck | Tone::Refused => (1.0, "!".to_string()),
            _ if all > 0.0 && !layout.counts => ((done / all) as f32, String::new()),
            _ if all > 0.0 => ((done / all) as f32, [&*(left.ceil() as i64).to_string(), "s"].concat()),
            Tone::Calm => (1.0, "✓".into()),
            Tone::Busy | Tone::Waiting => (0.25, String::new()),
        };
        sheet.gauge(place(3), Gauge::Ring { x, y, radius: 14.0, class: stroke }, part);
        let class = if all > 0.0 { "c b z11".into() } else { ["c b z14 ", filled].concat() };
        if !sign.is_empty() {
            sheet.at(place(4), &|pen| pen.text(x, y + 4.5, &sign, &class));
        }
        let mut text = why.text.clone();
        if all >= WORTH_COUNTING && layout.counts {
            let (done, left) = ((all / 1000.0 - left) as i64, left.ceil() as i64);
            let values = [("done", &*done.to_string()), ("left", &*left.to_string())];
            text = [&*text, " ", &fill(self.words.countdown(), &values)].concat();
        }
        let lines = layout.why(&text);
        let title = cut(&why.title, Font::Bold, 13.0, wide - 84.0);
        let first = top + (high - WHY_LINE * (lines.len() as f32 + 1.0)) / 2.0 + 13.5;
        sheet.at(place(5), &|pen| {
            pen.text(x + 28.0, first, &title, "b");
            for (n, line) in lines.iter().enumerate() {
                pen.text(x + 28.0, first + WHY_LINE * (n as f32 + 1.0), line, "f-ink-2");
            }
        });
    }

    fn service(&self, sheet: &mut Sheet, service: &ServiceView) {
        let layout = self.layout;
        let top = layout.why_top() + layout.why_height() + GAP;
        let (y, wide) = (top + SERVICE / 2.0, layout.width - 2.0 * EDGE);
        let (class, about) = match service.cluster_ip.as_deref() {
            Some("None") => ("f-accent-soft s-accent d", self.words.headless()),
            Some(_) => ("f-accent-soft s-accent d", self.words.virtual_ip()),
            None => ("f-fail-soft s-fail d", self.words.no_service()),
        };
        sheet.at((Layer::Service, 0, 0), &|pen| pen.rect([EDGE, top, wide, SERVICE], 10.0, class));
        let room = wide * 0.4;
        let name = cut_name(&service.name, Font::Bold, 13.0, room * 0.7);
        let mut title = ["Service ", &name].concat();
        if service.is_made_up {
            title = [&title, " · ", self.words.cluster().is_made_up()].concat();
        }
        let mut look = Pill {
            font: Font::Mono,
            size: 11.5,
            pad: 6.0,
            radius: 5.0,
            surface: "f-panel",
            class: if service.answer == "NXDOMAIN" { "c m z11 f-fail" } else { "c m z11" },
            ends: true,
        };
        let asked = ["nslookup ", &*cut_name(&service.name, Font::Mono, 11.5, 120.0), " → ", &service.answer]
            .concat();
        let answer = if layout.cards == Cards::Brief { service.answer.clone() } else { asked };
        let answered = width(&answer, Font::Mono, 11.5) + 12.0;
        sheet.at((Layer::Service, 1, 0), &|pen| _ = pen.pill([EDGE + wide - 12.0, y, room], &answer, &look));
        let x = EDGE + 14.0 + width(&title, Font::Bold, 13.0) + 12.0;
        (look.ends, look.class) = (false, "c m z11");
        let end = EDGE + wide - 12.0 - answered.min(room) - 12.0;
        sheet.at((Layer::Service, 0, 1), &|pen| {
            pen.text(EDGE + 14.0, y + 4.7, &title, "b");
            let mut x = x;
            if let Some(ip) = &service.cluster_ip {
                let label =
                    if layout.cards == Cards::Brief { ip.to_string() } else { ["clusterIP: ", ip].concat() };
                x += pen.pill([x, y, end - x], &label, &look) + 12.0;
            }
            if layout.cards != Cards::Brief && end - x > 90.0 {
                pen.text(x, y + 4.7, &cut(about, Font::Sans, 13.0, end - x), "f-ink-2");
            }
        });
    }

    fn lane(&self, sheet: &mut Sheet, lane: &Lane) {
        let layout = self.layout;
        let [x, top] = layout.lane(lane.ordinal);
        let middle = x + layout.card / 2.0;
        let mut y = top;
        if layout.cards != Cards::Small {
            let class = if lane.dns_name.is_some() { "s-accent lr" } else { "s-ghost lw d" };
            if layout.has_service {
                sheet.at((Layer::Wire, lane.ordinal, 0), &|pen| {
                    pen.line([middle, y], [middle, y + WIRE], class)
                });
            }
            y += WIRE;
        }
        match &lane.pod {
            PodSlot::Pod(pod) => self.pod(sheet, lane, pod, [x, y]),
            PodSlot::Ghost { note, next } => self.ghost(sheet, lane, (note, *next), [x, y]),
        }
        for (n, claim) in lane.claims.iter().enumerate() {
            self.claim(sheet, lane.ordinal, n, claim, [x, top + layout.claim_top(n)]);
        }
    }

    /// The ring with the ordinal. Returns where the name begins.
    fn ring(&self, sheet: &mut Sheet, lane: &Lane, [x, y]: [f32; 2], state: Option<(PodState, f32)>) -> f32 {
        let radius = if self.layout.is_slim() { 9.0 } else { 10.0 };
        let (cx, cy) = (x + 11.0 + radius, y + 21.0);
        let ordinal = lane.ordinal.to_string();
        let place = |item| (Layer::Pod, lane.ordinal, item);
        let Some((state, part)) = state else {
            let class = [&*number(&ordinal), "f-ink-3"].concat();
            sheet.at(place(2), &|pen| {
                pen.circle(cx, cy, radius, "no s-ghost lr d");
                pen.text(cx, cy + 4.2, &ordinal, &class);
            });
            return cx + radius + 7.0;
        };
        let (dim, class) = ([line_of(state), " dim"].concat(), [&*number(&ordinal), fill_of(state)].concat());
        sheet.at(place(2), &|pen| {
            pen.circle(cx, cy, radius, &dim);
            pen.text(cx, cy + 4.2, &ordinal, &class);
        });
        sheet.gauge(place(3), Gauge::Ring { x: cx, y: cy, radius, class: line_of(state) }, part);
        cx + radius + 7.0
    }

    fn ghost(&self, sheet: &mut Sheet, lane: &Lane, (note, next): (&str, bool), [x, y]: [f32; 2]) {
        let layout = self.layout;
        let place = |item| (Layer::Pod, lane.ordinal, item);
        let frame = [x, y, layout.card, layout.pod_height()];
        sheet.at(place(0), &|pen| pen.rect(frame, 12.0, "no s-ghost lw d"));
        let begin = self.ring(sheet, lane, [x, y], None);
        let end = x + layout.card - 9.0;
        let state = if next { self.words.next() } else { "" };
        self.title(sheet, lane, [begin, y, end], (state, None));
        let lines = wrapped(note, Font::Sans, 12.0, layout.card - 22.0, 2);
        let top = y + layout.pod_head() + if layout.cards == Cards::Small { 12.0 } else { 6.0 };
        let top = if layout.is_narrow() && !next { top - 18.0 } else { top };
        let shown = if layout.cards == Cards::Whole { 2 } else { 1 };
        sheet.at(place(8), &|pen| {
            for (n, line) in lines.iter().take(shown).enumerate() {
                pen.text(x + 11.0, top + 8.0 + 16.0 * n as f32, line, "z12 f-ink-3");
            }
        });
    }

    /// A pod's name and its state, beside each other or, on a narrow card, one below the other.
    fn title(&self, sheet: &mut Sheet, lane: &Lane, [begin, y, end]: [f32; 3], of: (&str, Option<&PodView>)) {
        let layout = self.layout;
        let (state, pod) = of;
        let size = if layout.is_slim() || layout.cards == Cards::Small { 13.0 } else { 14.0 };
        let (pill, name) = (width(state, Font::Bold, 11.0) + 12.0, width(&lane.name, Font::Bold, size));
        let room = end - begin;
        let pill_room =
            if layout.is_narrow() { room } else { pill.min((room - name - 6.0).max(room * 0.45)) };
        let name_room = if layout.is_narrow() || state.is_empty() { room } else { room - pill_room - 6.0 };
        let name = cut_name(&lane.name, Font::Bold, size, name_room);
        let class = match (size < 14.0, pod.is_some()) {
            (true, true) => "b",
            (true, false) => "b f-ink-3",
            (false, true) => "b z14",
            (false, false) => "b z14 f-ink-3",
        };
        let place = |item| (Layer::Pod, lane.ordinal, item);
        sheet.at(place(1), &|pen| pen.text(begin, y + 26.0, &name, class));
        if state.is_empty() {
            return;
        }
        let surface = pod.map_or("f-soft", |pod| soft_of(pod.state));
        let look = Pill {
            font: Font::Bold,
            size: 11.0,
            pad: 6.0,
            radius: 9.0,
            surface,
            class: classes_of(pod.map(|pod| pod.state)),
            ends: !layout.is_narrow(),
        };
        if layout.is_narrow() {
            let x = begin - 2.0 * 10.0 - 7.0;
            let count = pod.map(|pod| &*pod.ready).filter(|_| layout.cards == Cards::Whole && layout.counts);
            let count_room = count.map_or(0.0, |count| width(count, Font::Mono, 10.0) + 6.0);
            let right = end;
            let room = right - x - if count_room > (right - x) * 0.5 { 0.0 } else { count_room };
            sheet.at(place(4), &|pen| _ = pen.pill([x, y + 44.0, room], state, &look));
            if let Some(count) = count.filter(|_| count_room <= (right - x) * 0.5) {
                sheet.at(place(5), &|pen| pen.text(right, y + 47.5, count, "e m z10 f-ink-2"));
            }
        } else {
            sheet.at(place(4), &|pen| _ = pen.pill([end, y + 21.0, pill_room], state, &look));
        }
    }

    fn pod(&self, sheet: &mut Sheet, lane: &Lane, pod: &PodView, [x, y]: [f32; 2]) {
        let layout = self.layout;
        let (card, high) = (layout.card, layout.pod_height());
        let place = |item| (Layer::Pod, lane.ordinal, item);
        sheet.at(place(0), &|pen| pen.rect([x, y, card, high], 12.0, frame_of(pod.state)));
        let begin = self.ring(sheet, lane, [x, y], Some((pod.state, pod.ring)));
        self.title(sheet, lane, [begin, y, x + card - 9.0], (&pod.status, Some(pod)));
        let steps = pod.progress.len() as f32;
        let (room, top) = ((card - 22.0 - 4.0 * (steps - 1.0)) / steps, y + layout.pod_head());
        let top = if layout.is_narrow() { top + 4.0 } else { top };
        for (n, part) in pod.progress.iter().enumerate() {
            let left = x + 11.0 + n as f32 * (room + 4.0);
            sheet.at(place(10), &|pen| pen.rect([left, top, room, 4.0], 2.0, "f-line"));
            let bar = Gauge::Bar { x: left, y: top, width: room, height: 4.0, class: fill_of(pod.state) };
            sheet.gauge((Layer::Pod, lane.ordinal, 11 + n as u16), bar, *part);
        }
        match layout.cards {
            Cards::Whole => {
                self.facts(sheet, lane, pod, [x, top + 12.0]);
                self.foot(sheet, lane, pod, [x, y]);
            }
            Cards::Small => self.foot(sheet, lane, pod, [x, y]),
            Cards::Brief => {}
        }
    }

    fn facts(&self, sheet: &mut Sheet, lane: &Lane, pod: &PodView, [x, top]: [f32; 2]) {
        let (layout, words) = (self.layout, self.words);
        let mut restarts =
            if pod.restarts > 0 { [" ↻", &*pod.restarts.to_string()].concat() } else { String::new() };
        if pod.not_simulated.is_some() {
            restarts.push_str(" ≈");
        }
        let ready =
            [pod.ready.split(" · ").next().filter(|_| !layout.counts).unwrap_or(&pod.ready), &restarts]
                .concat();
        let in_dns = match (&lane.dns_name, &pod.ip) {
            (Some(name), _) => &**name,
            (None, Some(_)) => words.not_in_dns(),
            (None, None) => "–",
        };
        let facts = [
            (words.ready(), &*ready, Sameness::None, !layout.is_narrow()),
            ("IP", pod.ip.as_deref().unwrap_or("–"), pod.ip_mark, true),
            ("uid", &*pod.uid, pod.uid_mark, true),
            (words.age(), &*pod.age, Sameness::None, layout.counts),
            ("DNS", in_dns, Sameness::None, true),
        ];
        let shown = facts.iter().filter(|(_, _, _, shown)| *shown);
        let names = facts.iter().map(|(name, ..)| width(name, Font::Sans, 12.0)).fold(0.0, f32::max);
        let left = if layout.is_slim() { 0.0 } else { names + 10.0 };
        let size = if layout.is_narrow() { 10.0 } else { 11.0 };
        let class = if layout.is_narrow() { "m z10" } else { "m z11" };
        for (n, (name, value, mark, _)) in shown.enumerate() {
            let y = top + FACT * n as f32 + 12.0;
            let place = |item: u16| (Layer::Pod, lane.ordinal, 20 + 3 * n as u16 + item);
            if left > 0.0 {
                sheet.at(place(0), &|pen| pen.text(x + 11.0, y, name, "z12 f-ink-3"));
            }
            let mut room = layout.card - 22.0 - left;
            if let Some((text, class)) = marked(words, *mark) {
                room -= width(text, Font::Bold, 11.0) + 6.0;
                sheet.at(place(2), &|pen| pen.text(x + layout.card - 11.0, y, text, class));
            }
            let is_name = *name == "DNS" && lane.dns_name.is_some();
            let value = if is_name {
                cut(value, Font::Mono, size, room)
            } else {
                cut_name(value, Font::Mono, size, room)
            };
            sheet.at(place(1), &|pen| pen.text(x + 11.0 + left, y, &value, class));
        }
        if let Some(replaced) = pod.replaced.as_ref().filter(|_| layout.kept_lines > 0) {
            let y = top + FACT * layout.facts() as f32 + 12.0;
            sheet.at((Layer::Pod, lane.ordinal, 50), &|pen| self.kept(pen, replaced, [x + 11.0, y]));
        }
    }

    /// What a replacement has of its predecessor, and what is new, in words.
    fn kept(&self, pen: &mut Pen, replaced: &Replaced, [x, mut y]: [f32; 2]) {
        let words = self.words;
        // What stays is more than what is new.
        let lines = self.layout.kept_lines - 1;
        let lists =
            [(true, words.same(), "w z11 f-ready", lines), (false, words.new_part(), "w z11 f-term", 1)];
        for (same, label, class, most) in lists {
            let names = replaced.names(words, same);
            let left = width(label, Font::Bold, 11.0) + 6.0;
            pen.text(x, y, label, class);
            for line in wrapped(&names, Font::Sans, 11.0, self.layout.card - 22.0 - left, most) {
                pen.text(x + left, y, &line, "z11 f-ink-2");
                y += FILE_LINE;
            }
        }
    }

    /// The node.
    fn foot(&self, sheet: &mut Sheet, lane: &Lane, pod: &PodView, [x, y]: [f32; 2]) {
        let (layout, words) = (self.layout, self.words);
        let bottom = y + layout.pod_height();
        let place = |item| (Layer::Pod, lane.ordinal, item);
        if layout.cards == Cards::Whole {
            sheet.at(place(60), &|pen| {
                pen.line([x + 1.0, bottom - 27.0], [x + layout.card - 1.0, bottom - 27.0], "s-line")
            });
        }
        let mut room = layout.card - 36.0;
        if let Some((text, class)) = marked(words, pod.node_mark).filter(|_| layout.cards == Cards::Whole) {
            room -= width(text, Font::Bold, 11.0) + 6.0;
            sheet.at(place(62), &|pen| pen.text(x + layout.card - 11.0, bottom - 9.0, text, class));
        }
        sheet.at(place(61), &|pen| match &pod.node {
            Some((node, number)) => {
                pen.rect([x + 11.0, bottom - 17.0, 8.0, 8.0], 3.0, node_class(*number));
                pen.text(x + 25.0, bottom - 9.0, &cut_name(node, Font::Sans, 11.0, room), "z11 f-ink-2");
            }
            None => pen.text(
                x + 11.0,
                bottom - 9.0,
                &cut(words.not_scheduled(), Font::Sans, 11.0, room),
                "z11 f-ink-2",
            ),
        });
    }

    fn claim(&self, sheet: &mut Sheet, ordinal: i32, n: usize, view: &ClaimView, [x, y]: [f32; 2]) {
        let (layout, words) = (self.layout, self.words);
        let (card, high) = (layout.card, layout.claim_height());
        let place = |item: u16| (Layer::Store, ordinal, 10 * n as u16 + item);
        if layout.cards != Cards::Small {
            self.cable(sheet, place(0), place(1), view.cable, [x + card / 2.0, y - CABLE]);
        }
        let class = if view.claim.is_some() { "f-panel s-line" } else { "no s-ghost d" };
        sheet.at(place(2), &|pen| pen.rect([x, y, card, high], 10.0, class));
        let is_two_lined = layout.cards == Cards::Whole;
        let base = if is_two_lined { y + 19.0 } else { y + high / 2.0 + 4.2 };
        let edge = if is_two_lined { 11.0 } else { 9.0 };
        let (left, room, gap) = (x + edge, card - 2.0 * edge, edge - 3.0);
        let name_class = if view.claim.is_some() { "m w z11" } else { "m w z11 f-ink-3" };
        let name_width = width(&view.name, Font::Mono, 11.0);
        let Some(claim) = &view.claim else {
            let name = cut_name(&view.name, Font::Mono, 11.0, room);
            sheet.at(place(3), &|pen| {
                pen.text(left, base, &name, name_class);
                if is_two_lined {
                    pen.text(
                        left,
                        y + 37.0,
                        &cut(words.not_claimed(), Font::Sans, 11.0, room),
                        "z11 f-ink-3",
                    );
                }
            });
            return;
        };
        let status_class = match claim.status {
            "Bound" => "w z12 f-ready",
            "Lost" | "Terminating" => "w z12 f-fail",
            _ => "w z12 f-pending",
        };
        let mark = if claim.kept { Some(words.claim_kept()) } else { claim.same.then_some(words.same()) };
        let mark = mark.filter(|_| layout.cards != Cards::Small || claim.kept);
        let status_width = width(claim.status, Font::Bold, 12.0);
        let is_beside = name_width + gap + status_width <= room || !is_two_lined;
        let name_room = if is_beside { (room - status_width - gap).max(30.0) } else { room };
        let name = cut_name(&view.name, Font::Mono, 11.0, name_room);
        let status_x = left + width(&name, Font::Mono, 11.0) + gap;
        sheet.at(place(3), &|pen| {
            pen.text(left, base, &name, name_class);
            let [x, y] = if is_beside { [status_x, base] } else { [left, y + 37.0] };
            pen.text(x, y, claim.status, status_class);
        });
        let mark_width = mark.map_or(0.0, |mark| width(mark, Font::Bold, 11.0) + 8.0);
        let has_room = is_two_lined || status_x + status_width + 8.0 + mark_width <= left + room + 8.0;
        if let Some(mark) = mark.filter(|_| has_room) {
            let mark_y = if is_two_lined { y + 37.0 } else { base };
            sheet.at(place(5), &|pen| pen.text(left + room, mark_y, mark, "e w z11 f-ready"));
        }
        if is_two_lined && is_beside {
            let about = cut(&claim.about, Font::Sans, 11.0, room - mark_width);
            sheet.at(place(4), &|pen| pen.text(left, y + 37.0, &about, "z11 f-ink-3"));
        }
        if let Some(volume) = view.volume.as_ref().filter(|_| layout.cards != Cards::Small) {
            let frame = [x, y + high + 8.0, card, layout.disks[n]];
            self.disk(sheet, &|item| place(6 + item), volume, frame);
        }
    }

    fn cable(&self, sheet: &mut Sheet, line: DrawOrder, plug: DrawOrder, part: f32, [x, y]: [f32; 2]) {
        let class = if part >= 1.0 { "s-ready lr" } else { "s-ghost lw d" };
        sheet.at(line, &|pen| pen.line([x, y], [x, y + CABLE], class));
        if part > 0.0 && part < 1.0 {
            sheet.gauge(plug, Gauge::Plug { x, y, height: CABLE }, part);
        }
    }

    fn disk(
        &self,
        sheet: &mut Sheet,
        place: &dyn Fn(u16) -> DrawOrder,
        volume: &VolumeView,
        frame: [f32; 4],
    ) {
        let (layout, words) = (self.layout, self.words);
        let [x, y, wide, _] = frame;
        let room = wide - 22.0;
        let mut base = y + 19.0;
        let is_whole = layout.cards == Cards::Whole;
        sheet.at(place(0), &|pen| {
            pen.rect(frame, 10.0, "f-soft s-line");
            if is_whole {
                if let Some((_, number)) = &volume.node {
                    pen.rect([x + 11.0, base - 8.0, 8.0, 8.0], 3.0, node_class(*number));
                }
                pen.text(x + 25.0, base, &cut(&volume.name, Font::Sans, 11.0, room - 14.0), "z11");
            }
        });
        if is_whole {
            base += 20.0;
        }
        let lines = shown_lines(volume, layout.cards);
        sheet.at(place(1), &|pen| {
            if let Some(about) = volume.about(words).filter(|_| lines.is_empty()) {
                pen.text(x + 11.0, base, &cut(about, Font::Sans, 11.0, room), "z11 f-ink-3");
            }
            let mut y = base;
            for line in &lines {
                match *line {
                    VolumeLine::Path(path) => {
                        pen.text(x + 11.0, y, &cut(path, Font::Sans, 11.0, room), "z11 f-ink-3")
                    }
                    VolumeLine::Text(text, fresh) => {
                        let text = cut(text, Font::Mono, 11.0, room);
                        if fresh {
                            let lit = width(&text, Font::Mono, 11.0) + 8.0;
                            pen.rect([x + 7.0, y - 11.5, lit, FILE_LINE - 1.0], 4.0, "f-ready-soft");
                        }
                        pen.text(x + 11.0, y, &text, if fresh { "m z11 f-ready" } else { "m z11 f-ink-2" });
                    }
                }
                y += FILE_LINE;
            }
        });
    }

    /// Very many pods: a cell for each, in blocks of a hundred, each a path for each state.
    fn grid(&self, sheet: &mut Sheet) {
        let Some(grid) = &self.scene.grid else { return };
        let layout = self.layout;
        let top = layout.lanes_top();
        let frame = [EDGE, top, layout.width - 2.0 * EDGE, layout.lanes_end() - top];
        sheet.at((Layer::Ground, 0, 0), &|pen| pen.rect(frame, 12.0, "f-panel s-line"));
        let counts = PodState::ALL.into_iter().zip(grid.counts).zip(self.words.states());
        let mut x = EDGE + 14.0;
        for (n, ((state, count), name)) in counts.filter(|((_, count), _)| *count > 0).enumerate() {
            let text = [&*count.to_string(), " ", name].concat();
            sheet.at((Layer::Pod, -1, n as u16), &|pen| {
                pen.rect([x, top + 13.0, 9.0, 9.0], 3.0, fill_of(state));
                pen.text(x + 14.0, top + 22.0, &text, "z12");
            });
            x += 14.0 + width(&text, Font::Sans, 12.0) + 16.0;
        }
        let (columns, wide) = layout.grid();
        let at = |n: usize| {
            let (row, column) = (n / columns, n % columns);
            [EDGE + 14.0 + column as f32 * wide, top + 36.0 + row as f32 * wide * 1.2]
        };
        let side = wide * 0.8;
        let mut n = 0;
        for (block, cells) in grid.blocks.iter().enumerate() {
            let mut paths: [String; 7] = Default::default();
            let first = n;
            for cell in cells.iter() {
                let [x, y] = at(n);
                let path = &mut paths[cell.state.map_or(6, |state| state as usize)];
                let side = num(side);
                let _ = write!(path, "M{} {}h{side}v{side}h-{side}z", num(x), num(y));
                n += 1;
            }
            for (state, d) in paths.iter().enumerate().filter(|(_, d)| !d.is_empty()) {
                let class = PodState::ALL.get(state).map_or("no s-ghost", |state| fill_of(*state));
                sheet.at((Layer::Store, block as i32, state as u16), &|pen| pen.path(d, class));
            }
            if layout.cells <= NUMBERED {
                sheet.at((Layer::Others, block as i32, 0), &|pen| {
                    for (cell, n) in cells.iter().zip(first..) {
                        let [x, y] = at(n);
                        let class =
                            if cell.state.is_some() { "c w z8 f-on-accent" } else { "c w z8 f-ink-3" };
                        pen.text(x + side / 2.0, y + side / 2.0 + 3.0, &cell.ordinal.to_string(), class);
                    }
                });
            }
        }
    }

    fn others(&self, sheet: &mut Sheet) {
        let (layout, pods) = (self.layout, &self.scene.others);
        if pods.is_empty() {
            return;
        }
        let y = layout.lanes_end() + 26.0;
        let title = self.words.other_pods();
        sheet.at((Layer::Others, -1, 0), &|pen| pen.text(EDGE, y + 4.5, title, "b z12 f-ink-2"));
        let mut x = EDGE + width(title, Font::Bold, 12.0) + 12.0;
        let end = layout.width - EDGE - 40.0;
        for (n, pod) in pods.iter().enumerate() {
            let name = cut_name(&pod.name, Font::Mono, 11.0, 150.0);
            let (named, told) = (width(&name, Font::Mono, 11.0), width(&pod.status, Font::Bold, 11.0));
            let wide = named + told + 24.0;
            if x + wide > end {
                let more = ["+", &*(pods.len() - n).to_string()].concat();
                sheet.at((Layer::Others, n as i32, 1), &|pen| pen.text(x, y + 4.5, &more, "z12 f-ink-3"));
                break;
            }
            sheet.at((Layer::Others, n as i32, 1), &|pen| {
                pen.rect([x, y - 9.5, wide, 20.0], 10.0, "f-panel s-line");
                pen.text(x + 8.0, y + 4.0, &name, "m z11 f-ink-2");
                let class = ["w z11 ", fill_of(pod.state)].concat();
                pen.text(x + named + 16.0, y + 4.0, &pod.status, &class);
            });
            x += wide + 8.0;
        }
    }
}

/// The classes of a state's text on its surface.
fn classes_of(state: Option<PodState>) -> &'static str {
    match state {
        None => "c w z11 f-ink-2",
        Some(PodState::Pending) => "c w z11 f-pending",
        Some(PodState::Init) => "c w z11 f-init",
        Some(PodState::Running) => "c w z11 f-run",
        Some(PodState::Ready) => "c w z11 f-ready",
        Some(PodState::Terminating) => "c w z11 f-term",
        Some(PodState::Failing) => "c w z11 f-fail",
    }
}

fn node_class(number: usize) -> &'static str {
    ["f-n0", "f-n1", "f-n2", "f-n3", "f-n4", "f-n5"][number % 6]
}

/// What a replacement has of its predecessor, in a word, and its class.
fn marked(words: &Messages, mark: Sameness) -> Option<(&'static str, &'static str)> {
    match mark {
        Sameness::None => None,
        Sameness::Same => Some((words.same(), "e w z11 f-ready")),
        Sameness::New => Some((words.new_part(), "e w z11 f-term")),
        Sameness::MadeUp => Some((words.cluster().is_made_up(), "e w z11 f-term")),
    }
}
