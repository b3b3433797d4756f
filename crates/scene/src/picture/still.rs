//! A moment as one SVG.

use super::document::{document, drawing_of, rows, told};
use super::layout::{EDGE, HEAD, Layout};
use super::options::Options;
use super::sheet::{Layer, Sheet};
use super::stage::Stage;
use super::subject::Subject;
use super::timeline::Timeline;
use crate::scene::{Playhead, SceneCache};
use kubesim::{Moment, SimTime};

/// The shortest stretch that a timeline shows (milliseconds), and where the present is on it, as on the page.
const SHORTEST_MS: f64 = 60_000.0;
const FRONTIER_AT: f64 = 0.8;
/// The stage and the timeline at this moment, as SVG. `frontier`: up to when the story is known.
pub fn still(subject: &Subject, at: SimTime, frontier: SimTime, options: &Options) -> String {
    let now = at.0 as f64;
    let scene = subject.scene(&mut Moment::default(), &mut SceneCache::default(), now);
    let layout = Layout::new(&[&scene], options, true);
    let mut sheet = Sheet::default();
    Stage { words: subject.messages, scene: &scene, layout: &layout, now }.draw(&mut sheet);
    let frontier = (frontier.0 as f64).max(now);
    let timeline = Timeline {
        words: subject.messages,
        chronicle: subject.chronicle,
        rows: rows(subject.chronicle, &[&scene]),
        width: layout.width,
        top: layout.timeline_top(),
        from: 0.0,
        to: (frontier / FRONTIER_AT).max(SHORTEST_MS),
        frontier,
        now: Some(now),
    };
    with_playhead(&timeline, now, &mut sheet);
    let (right, base) = (layout.width - EDGE, EDGE + HEAD / 2.0 + 5.0);
    if layout.has_set {
        sheet.at((Layer::Head, -1, 1), &|pen| pen.text(right, base, &at.to_string(), "e m b z15"));
    }
    let drawing = drawing_of(sheet);
    let size = [layout.width, timeline.top + timeline.height()];
    document(options.theme, size, &told(&scene), "", &drawing)
}

/// The timeline alone at this moment.
pub fn timeline(subject: &Subject, at: SimTime, frontier: SimTime, options: &Options) -> String {
    let now = at.0 as f64;
    let scene = subject.scene(&mut Moment::default(), &mut SceneCache::default(), now);
    let mut sheet = Sheet::default();
    let frontier = (frontier.0 as f64).max(now);
    let timeline = Timeline {
        words: subject.messages,
        chronicle: subject.chronicle,
        rows: rows(subject.chronicle, &[&scene]),
        width: options.width as f32,
        top: 0.0,
        from: 0.0,
        to: (frontier / FRONTIER_AT).max(SHORTEST_MS),
        frontier,
        now: Some(now),
    };
    with_playhead(&timeline, now, &mut sheet);
    let drawing = drawing_of(sheet);
    document(options.theme, [timeline.width, timeline.height()], &told(&scene), "", &drawing)
}

/// Draws a timeline with its playhead, and what is to come after it paler.
fn with_playhead(timeline: &Timeline, now: Playhead, sheet: &mut Sheet) {
    timeline.draw(sheet);
    let x = timeline.x(now);
    if timeline.frontier > now {
        let mut cover = timeline.cover(x);
        cover[2] = timeline.x(timeline.frontier) - x;
        sheet.at((Layer::Cover, 0, 0), &|pen| pen.rect(cover, 0.0, "f-panel fade"));
    }
    sheet.at((Layer::Playhead, 0, 0), &|pen| pen.path(&timeline.playhead(x), "f-fail"));
}
