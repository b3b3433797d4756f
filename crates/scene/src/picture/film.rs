//! A stretch of a history as one SVG that moves by itself: each look of each part once, shown while it was so.
//!
//! What appears and goes are CSS keyframes in steps; what grows are keyframes between which the browser goes evenly. They
//! stand in a media query: where motion is not wanted, and in programs that know none, the last moment stands still.

use super::document::{document, drawing_of, rows, told};
use super::layout::{EDGE, HEAD, Layout};
use super::options::Options;
use super::sheet::{DrawOrder, Gauge, Layer, Mark, Sheet, num};
use super::stage::Stage;
use super::subject::Subject;
use super::timeline::Timeline;
use crate::history::pod_state::PodName;
use crate::scene::{PodSlot, Scene, SceneCache};
use kubesim::{Moment, SimTime};
use std::collections::BTreeMap;
use std::rc::Rc;

/// The longest stretch between two moments that are looked at (milliseconds): gauges go evenly between them.
const SAMPLE_MS: f64 = 500.0;
/// The most moments of a film.
const MOST_MOMENTS: usize = 3_000;
/// How long the last moment stays before the film begins again (milliseconds of real time).
const HOLD_MS: f64 = 2_500.0;
/// A gauge may be so far from where it was: less is not seen.
const TOLERANCE: f32 = 0.012;

/// A film that is being made: its moments are looked at one after the other, so that a page can do other things between.
pub struct Film {
    from: f64,
    to: f64,
    /// How many milliseconds of the story pass in one of real time.
    speed: f64,
    options: Options,
    times: Vec<f64>,
    scenes: Vec<Scene>,
    layout: Option<Rc<Layout>>,
    rows: Vec<PodName>,
    looks: Looks,
    drawn: usize,
    moment: Moment,
    cache: SceneCache,
}

/// A look of a place, and when it was so: parts of the film between 0 and 1.
struct Look {
    place: DrawOrder,
    mark: Mark,
    shown: Vec<(f64, f64)>,
    /// Of a gauge: how far it was when, in its only stretch.
    values: Vec<(f64, f32)>,
}

impl Film {
    /// A film of the stretch between two moments of a story, so many times as fast.
    pub fn new(subject: &Subject, (from, to): (SimTime, SimTime), speed: f64, options: Options) -> Film {
        let (from, to) = (from.0 as f64, (to.0 as f64).max(from.0 as f64 + 1.0));
        let (first, last) = (
            subject.history.position_at(SimTime(from as i64)),
            subject.history.position_at(SimTime(to as i64)),
        );
        let known = subject.history.since(first);
        let written =
            known[..known.len().min(last.saturating_sub(first))].iter().map(|entry| entry.at.0 as f64);
        let samples = (1..).map(|n| from + f64::from(n) * SAMPLE_MS).take_while(|at| *at < to);
        let mut times: Vec<f64> = written.chain(samples.take(MOST_MOMENTS)).chain([from, to]).collect();
        collections::sort_by_key(&mut times, |at| *at as i64);
        times.dedup();
        while times.len() > MOST_MOMENTS {
            let mut n = 0;
            times.retain(|_| {
                n += 1;
                n % 2 == 1
            });
        }
        Film {
            from,
            to,
            speed,
            options,
            times,
            scenes: Vec::new(),
            layout: None,
            rows: Vec::new(),
            looks: Looks::default(),
            drawn: 0,
            moment: Moment::default(),
            cache: SceneCache::default(),
        }
    }

    /// How many moments there are to look at.
    pub fn moments(&self) -> usize {
        self.times.len()
    }

    /// How long it takes (milliseconds of real time), and how long of that the last moment stays.
    pub fn length(&self) -> (f64, f64) {
        ((self.to - self.from) / self.speed + HOLD_MS, HOLD_MS)
    }

    /// The moment of the story that is shown so long after the beginning (milliseconds of real time).
    pub fn at(&self, passed: f64) -> SimTime {
        SimTime((self.from + passed * self.speed).min(self.to) as i64)
    }

    /// Looks at the next moment. Returns whether there are more.
    pub fn step(&mut self, subject: &Subject) -> bool {
        if let Some(at) = self.times.get(self.scenes.len()) {
            let scene = self.scene(subject, *at);
            self.scenes.push(scene);
        }
        self.scenes.len() < self.times.len()
    }

    /// Looks at all moments that are left, and chooses where everything stands.
    fn laid_out(&mut self, subject: &Subject) -> Rc<Layout> {
        while self.step(subject) {}
        if self.layout.is_none() {
            let scenes: Vec<&Scene> = self.scenes.iter().collect();
            self.layout = Some(Rc::new(Layout::new(&scenes, &self.options, false)));
            self.rows = film_rows(rows(subject.chronicle, &scenes), subject, self.from, self.to);
        }
        self.layout.clone().expect("it was made")
    }

    fn timeline<'a>(&self, subject: &Subject<'a>, layout: &Layout) -> Timeline<'a> {
        Timeline {
            words: subject.messages,
            chronicle: subject.chronicle,
            rows: self.rows.clone(),
            width: layout.width,
            top: layout.timeline_top(),
            from: self.from,
            to: self.to,
            frontier: self.to,
            now: None,
        }
    }

    /// One picture of the film, for formats that have no movement of their own.
    pub fn frame(&mut self, subject: &Subject, at: SimTime) -> String {
        let layout = self.laid_out(subject);
        let timeline = self.timeline(subject, &layout);
        let now = (at.0 as f64).clamp(self.from, self.to);
        let scene = self.scene(subject, now);
        let mut sheet = Sheet::default();
        Stage { words: subject.messages, scene: &scene, layout: &layout, now }.draw(&mut sheet);
        timeline.draw(&mut sheet);
        let x = timeline.x(now);
        sheet.at((Layer::Cover, 0, 0), &|pen| pen.rect(timeline.cover(x), 0.0, "f-panel"));
        sheet.at((Layer::Playhead, 0, 0), &|pen| pen.path(&timeline.playhead(x), "f-fail"));
        if layout.has_set {
            let [right, base] = clock_place(&layout);
            sheet.at((Layer::Head, -1, 1), &|pen| {
                pen.text(right, base, &clock((now / 1000.0) as i64), "e m b z15")
            });
        }
        let drawing = drawing_of(sheet);
        let size = [layout.width, timeline.top + timeline.height()];
        document(self.options.theme, size, &told(&scene), "", &drawing)
    }

    /// The scene at a moment, without ages: each second would be another look.
    fn scene(&mut self, subject: &Subject, at: f64) -> Scene {
        let mut scene = subject.scene(&mut self.moment, &mut self.cache, at);
        for lane in &mut scene.lanes {
            if let PodSlot::Pod(pod) = &mut Rc::make_mut(lane).pod {
                pod.age.clear();
            }
        }
        scene
    }

    /// Draws the next of the moments that were looked at, for the film. Returns whether there are more.
    pub fn draw(&mut self, subject: &Subject) -> bool {
        let layout = self.laid_out(subject);
        let n = self.drawn;
        if let (Some(scene), Some(at)) = (self.scenes.get(n), self.times.get(n)) {
            let end = self.times.get(n + 1).map_or(1.0, |next| self.part(*next));
            let stretch = (self.part(*at), end);
            let mut sheet = Sheet::default();
            Stage { words: subject.messages, scene, layout: &layout, now: *at }.draw(&mut sheet);
            for (place, mark) in sheet.marks {
                self.looks.add(place, mark, stretch);
            }
            self.drawn += 1;
        }
        self.drawn < self.scenes.len()
    }

    /// Which part of the film has passed at a moment.
    fn part(&self, at: f64) -> f64 {
        (at - self.from) / self.speed / self.length().0
    }

    /// The film.
    pub fn svg(mut self, subject: &Subject) -> String {
        let layout = self.laid_out(subject);
        let timeline = self.timeline(subject, &layout);
        let (all, _) = self.length();
        while self.draw(subject) {}
        let mut looks = std::mem::take(&mut self.looks.all);
        let mut sheet = Sheet::default();
        timeline.draw(&mut sheet);
        looks.extend(sheet.marks.into_iter().map(|(place, mark)| Look {
            place,
            mark,
            shown: vec![(0.0, 1.0)],
            values: Vec::new(),
        }));
        collections::sort_by_key(&mut looks, |look| look.place);
        let mut reel = Reel { all, rules: String::new(), names: Vec::new(), drawing: String::new() };
        looks.iter().for_each(|look| reel.look(look));
        reel.slide(&timeline, self.part(self.to), false);
        reel.slide(&timeline, self.part(self.to), true);
        if layout.has_set {
            reel.clock((self.from, self.to, self.part(self.to)), clock_place(&layout));
        }
        let size = [layout.width, timeline.top + timeline.height()];
        let told = self.scenes.last().map_or_else(Default::default, told);
        let rules = reel.sheet();
        document(self.options.theme, size, &told, &rules, &reel.drawing)
    }
}

/// Where the clock ends, and its base line.
fn clock_place(layout: &Layout) -> [f32; 2] {
    [layout.width - EDGE, EDGE + HEAD / 2.0 + 5.0]
}

/// A time on the clock: `1:05`.
fn clock(seconds: i64) -> String {
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

/// The rows of pods that were there in this stretch.
fn film_rows(mut rows: Vec<PodName>, subject: &Subject, from: f64, to: f64) -> Vec<PodName> {
    rows.retain(|row| {
        let lives = subject.chronicle.lives(row);
        lives.is_empty()
            || lives
                .iter()
                .any(|life| (life.born.0 as f64) < to && life.gone.is_none_or(|gone| gone.0 as f64 > from))
    });
    rows
}

/// The looks of all places.
#[derive(Default)]
struct Looks {
    all: Vec<Look>,
    /// The looks that a place has had, the one of the moment before last.
    of: BTreeMap<DrawOrder, Vec<usize>>,
}

impl Looks {
    /// Adds what stands at a place in a stretch: to the look that it had just before, or to the same one of earlier, or anew.
    fn add(&mut self, place: DrawOrder, mark: Mark, (begin, end): (f64, f64)) {
        let had = self.of.entry(place).or_default();
        if let Mark::Gauge(gauge, value) = mark {
            let same = had.last().map(|n| &mut self.all[*n]).filter(|look| {
                let is_same = matches!(&look.mark, Mark::Gauge(old, _) if *old == gauge);
                is_same && look.shown.last().is_some_and(|(_, until)| *until == begin)
            });
            if let Some(look) = same {
                look.shown.last_mut().expect("it goes on").1 = end;
                look.values.push((begin, value));
                return;
            }
            had.push(self.all.len());
            self.all.push(Look { place, mark, shown: vec![(begin, end)], values: vec![(begin, value)] });
            return;
        }
        let known = had.iter().position(|n| self.all[*n].mark == mark);
        let n = known.map_or(self.all.len(), |at| had.remove(at));
        had.push(n);
        if n == self.all.len() {
            self.all.push(Look { place, mark, shown: Vec::new(), values: Vec::new() });
        }
        let shown = &mut self.all[n].shown;
        match shown.last_mut().filter(|(_, until)| *until == begin) {
            Some((_, until)) => *until = end,
            None => shown.push((begin, end)),
        }
    }
}

/// What the film is written on.
struct Reel {
    /// How long it takes (milliseconds of real time).
    all: f64,
    rules: String,
    /// The keyframes that there are, to use them again.
    names: Vec<String>,
    drawing: String,
}

impl Reel {
    /// The class of these keyframes.
    fn class(&mut self, keyframes: String) -> String {
        let n = self.names.iter().position(|known| *known == keyframes).unwrap_or_else(|| {
            let name = ["k", &*self.names.len().to_string()].concat();
            self.rules.extend([
                "@keyframes ",
                &name,
                "{",
                &keyframes,
                "}.",
                &name,
                "{animation-name:",
                &name,
                "}",
            ]);
            self.names.push(keyframes);
            self.names.len() - 1
        });
        ["k", &*n.to_string()].concat()
    }

    fn look(&mut self, look: &Look) {
        let (begins, ends) = (look.shown.first(), look.shown.last());
        let is_whole =
            look.shown.len() == 1 && begins.is_some_and(|s| s.0 <= 0.0) && ends.is_some_and(|s| s.1 >= 1.0);
        let is_last = ends.is_some_and(|(_, until)| *until >= 1.0);
        let begin = self.drawing.len();
        match &look.mark {
            Mark::Still(svg) => self.drawing.push_str(svg),
            Mark::Gauge(gauge, _) => self.gauge(gauge, look),
        }
        // A bar that is empty all the time is not drawn.
        if is_whole || self.drawing.len() == begin {
            return;
        }
        let class = self.class(visible(&look.shown));
        let base = if is_last { "a z " } else { "a h " };
        self.drawing.insert_str(begin, &["<g class=\"", base, &class, "\">"].concat());
        self.drawing.push_str("</g>");
    }

    fn gauge(&mut self, gauge: &Gauge, look: &Look) {
        let values = simplified(&look.values);
        let last = values.last().map_or(0.0, |(_, value)| *value);
        if values.iter().all(|(_, value)| (value - last).abs() < TOLERANCE) {
            return gauge.write(last, &mut self.drawing);
        }
        let property = |value: f32| match gauge {
            Gauge::Bar { .. } => ["transform:scaleX(", &thousandths(value), ")"].concat(),
            Gauge::Ring { .. } => ["stroke-dashoffset:", &num(100.0 - value * 100.0)].concat(),
            Gauge::Plug { height, .. } => ["transform:translateY(", &num(value * height), "px)"].concat(),
        };
        let mut keyframes = String::new();
        if values[0].0 > 0.0 {
            keyframes.extend(["0%{", &property(values[0].1), "}"]);
        }
        for (at, value) in &values {
            keyframes.extend([&*percent(*at), "{", &property(*value), "}"]);
        }
        keyframes.extend(["to{", &property(last), "}"]);
        let class = self.class(keyframes);
        let mut shape = String::new();
        match *gauge {
            Gauge::Bar { x, y, width, height, class: look } => {
                let place = ["translate(", &num(x), " ", &num(y), ")"].concat();
                shape.extend(["<g transform=\"", &place, "\">"]);
                let shown =
                    ["<rect class=\"l ", &class, " ", look, "\" width=\"", &num(width), "\" height=\""]
                        .concat();
                let rest =
                    [&*num(height), "\" rx=\"2\" transform=\"scale(", &thousandths(last), " 1)\"/></g>"]
                        .concat();
                shape.extend([shown, rest]);
            }
            Gauge::Ring { .. } => {
                gauge.write(1.0, &mut shape);
                let dashes =
                    [" stroke-dasharray=\"100 200\" stroke-dashoffset=\"", &*num(100.0 - last * 100.0), "\""];
                shape = shape.replace(" stroke-dasharray=\"100 200\"", &dashes.concat());
                shape = shape.replacen("class=\"", &["class=\"l ", &class, " "].concat(), 1);
            }
            Gauge::Plug { .. } => {
                gauge.write(0.0, &mut shape);
                shape = ["<g class=\"l ", &class, "\">", &shape, "</g>"].concat();
            }
        }
        self.drawing.push_str(&shape);
    }

    /// The playhead, or what hides the future, on its way to the right.
    fn slide(&mut self, timeline: &Timeline, until: f64, is_playhead: bool) {
        let (x, end) = (timeline.x(timeline.from), timeline.x(timeline.to));
        let way = num(end - x);
        let keyframes =
            ["0%{transform:none}", &percent(until), ",to{transform:translateX(", &way, "px)}"].concat();
        let class = self.class(keyframes);
        let mut shape = String::new();
        if is_playhead {
            shape.extend(["<path d=\"", &timeline.playhead(x), "\" class=\"f-fail\"/>"]);
        } else {
            let [x, y, width, height] = timeline.cover(x).map(num);
            shape.extend(["<rect x=\"", &*x, "\" y=\"", &y, "\" width=\"", &width, "\" height=\"", &height]);
            shape.push_str("\" class=\"f-panel\"/>");
        }
        // Beyond the end of the axis nothing is to be hidden.
        let [left, _, wide, _] = timeline.cover(x);
        let high = timeline.bottom() - timeline.top;
        let window = [left - 8.0, timeline.top, wide + 16.0, high].map(num);
        self.drawing.extend([
            "<svg x=\"",
            &*window[0],
            "\" y=\"",
            &window[1],
            "\" width=\"",
            &window[2],
            "\" height=\"",
        ]);
        self.drawing.extend([
            &*window[3],
            "\" viewBox=\"",
            &window[0],
            " ",
            &window[1],
            " ",
            &window[2],
            " ",
        ]);
        let still = ["\"><g transform=\"translate(", &*way, ")\" class=\"l ", &class, "\">"].concat();
        self.drawing.extend([&*window[3], &still, &shape, "</g></svg>"]);
    }

    /// The clock: a strip of seconds that moves by one after the other.
    fn clock(&mut self, (from, to, until): (f64, f64, f64), [right, base]: [f32; 2]) {
        let (first, last) = ((from / 1000.0) as i64, (to / 1000.0) as i64);
        let mut keyframes = String::new();
        let high = 24;
        let steps = last - first;
        let mut strip = String::new();
        for second in first..=last {
            let y = num(base + ((second - last) * high) as f32);
            let time = clock(second);
            strip.extend([
                "<text x=\"",
                &*num(right),
                "\" y=\"",
                &y,
                "\" class=\"e m b z15\">",
                &time,
                "</text>",
            ]);
        }
        let begin = ["0%{transform:translateY(", &(steps * high).to_string(), "px)"].concat();
        let timing = ["animation-timing-function:steps(", &steps.max(1).to_string(), ")}"].concat();
        keyframes.extend([&*begin, ";", &timing, &percent(until), ",to{transform:none}"]);
        let class = self.class(keyframes);
        let [x, y] = [right - 76.0, base - 17.0].map(num);
        let view = [" viewBox=\"", &*x, " ", &y, " 78 24\""].concat();
        self.drawing.extend([
            "<svg x=\"",
            &*x,
            "\" y=\"",
            &y,
            "\" width=\"78\" height=\"24\"",
            &view,
            "><g class=\"l ",
        ]);
        self.drawing.extend([&*class, "\">", &strip, "</g></svg>"]);
    }

    /// The rules of the style sheet: what is hidden in the end is hidden where nothing moves.
    fn sheet(&self) -> String {
        let time = ["animation:", &*num((self.all / 1000.0) as f32), "s infinite "].concat();
        let rules =
            [".h{visibility:hidden}@media(prefers-reduced-motion:no-preference){.a{", &time, "step-end}"]
                .concat();
        [&*rules, ".l{", &time, "linear}", &self.rules, "}"].concat()
    }
}

/// When a look is to be seen.
fn visible(shown: &[(f64, f64)]) -> String {
    let mut keyframes = String::new();
    if shown[0].0 > 0.0 {
        keyframes.push_str("0%{visibility:hidden}");
    }
    for (begin, end) in shown {
        keyframes.extend([&*percent(*begin), "{visibility:visible}"]);
        if *end < 1.0 {
            keyframes.extend([&*percent(*end), "{visibility:hidden}"]);
        }
    }
    keyframes
}

/// The values of a gauge without those that lie between their neighbours, within [`TOLERANCE`].
fn simplified(values: &[(f64, f32)]) -> Vec<(f64, f32)> {
    let mut kept: Vec<(f64, f32)> = Vec::new();
    let mut from = 0;
    while from < values.len() {
        kept.push(values[from]);
        let mut to = from + 1;
        while to + 1 < values.len() && is_even(&values[from..=to + 1]) {
            to += 1;
        }
        from = to;
    }
    kept
}

fn is_even(values: &[(f64, f32)]) -> bool {
    let (first, last) = (values[0], values[values.len() - 1]);
    let span = (last.0 - first.0).max(f64::EPSILON);
    values.iter().all(|(at, value)| {
        let there = first.1 + (last.1 - first.1) * ((at - first.0) / span) as f32;
        (there - value).abs() <= TOLERANCE
    })
}

/// A part of the film in percent.
fn percent(part: f64) -> String {
    let hundredths = (part.clamp(0.0, 1.0) * 10_000.0).round() as i64;
    match hundredths % 100 {
        0 => [&*(hundredths / 100).to_string(), "%"].concat(),
        rest => format!("{}.{rest:02}%", hundredths / 100),
    }
}

fn thousandths(part: f32) -> String {
    let thousandths = (part.clamp(0.0, 1.0) * 1000.0).round() as i64;
    if thousandths == 1000 { "1".into() } else { format!(".{thousandths:03}") }
}
