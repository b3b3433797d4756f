//! The timeline: what was when, a row for each pod; of very many pods, how many were in which state.

use super::layout::EDGE;
use super::sheet::{Layer, Pen, Sheet, num};
use super::stage::{fill_of, soft_of};
use super::text::{Font, cut, cut_name, width};
use crate::history::pod_state::{PodName, PodState};
use crate::history::{Chronicle, Stretch, UserCommand, axis};
use kubesim::SimTime;
use messages::Messages;
use std::fmt::Write;

/// The legend; above the first row: the axis and the commands.
const LEGEND: f32 = 30.0;
const AXIS: f32 = 34.0;
/// The height of the bands of very many pods, and into how many columns they are cut.
const BANDS: f32 = 84.0;
const COLUMNS: i64 = 400;
/// The least height of a row that has a name.
const NAMED: f32 = 12.0;

/// A stretch of time, as it is drawn.
pub(super) struct Timeline<'a> {
    pub(super) words: &'static Messages,
    pub(super) chronicle: &'a Chronicle,
    /// The pods that have rows; none of a crowd.
    pub(super) rows: Vec<PodName>,
    pub(super) width: f32,
    pub(super) top: f32,
    /// Where time begins and ends on the axis (milliseconds).
    pub(super) from: f64,
    pub(super) to: f64,
    /// Up to when it is known what was.
    pub(super) frontier: f64,
    /// The playhead, if it stands still: a time on the axis gives way to it.
    pub(super) now: Option<f64>,
}

impl Timeline<'_> {
    /// The rows of these pods and of those that have been; none if they are too many.
    pub(super) fn rows(chronicle: &Chronicle, lanes: impl Iterator<Item = PodName>) -> Vec<PodName> {
        let mut rows: Vec<PodName> = chronicle.pods.iter().map(|(name, _)| name.clone()).collect();
        for name in lanes {
            if let Err(place) = rows.binary_search(&name) {
                rows.insert(place, name);
            }
        }
        if rows.len() > axis::MOST_ROWS { Vec::new() } else { rows }
    }

    fn row_height(&self) -> f32 {
        match self.rows.len() {
            0 => BANDS,
            1..4 => 24.0,
            4..7 => 19.0,
            7..12 => 12.0,
            12..23 => 6.0,
            _ => 3.0,
        }
    }

    /// The height of all.
    pub(super) fn height(&self) -> f32 {
        LEGEND + AXIS + self.rows.len().max(1) as f32 * self.row_height() + 14.0
    }

    /// Where the rows end.
    pub(super) fn bottom(&self) -> f32 {
        self.first() + self.rows.len().max(1) as f32 * self.row_height()
    }

    fn first(&self) -> f32 {
        self.top + LEGEND + AXIS
    }

    /// Where the axis begins.
    pub(super) fn left(&self) -> f32 {
        let longest = self.rows.iter().map(|row| width(&row.name, Font::Sans, 12.0)).fold(0.0, f32::max);
        if self.row_height() >= NAMED && !self.rows.is_empty() {
            EDGE + longest.min(self.width / 5.0) + 14.0
        } else {
            EDGE + 8.0
        }
    }

    /// Where a time is.
    pub(super) fn x(&self, at: f64) -> f32 {
        let part = (at - self.from) / (self.to - self.from).max(1.0);
        self.left() + part.clamp(0.0, 1.0) as f32 * (self.width - EDGE - self.left())
    }

    /// Draws all but the playhead and what hides the future.
    pub(super) fn draw(&self, sheet: &mut Sheet) {
        let (top, high) = (self.top, self.height());
        sheet.at((Layer::Bars, -1, 0), &|pen| {
            pen.rect([0.0, top, self.width, high], 0.0, "f-panel");
            pen.line([0.0, top], [self.width, top], "s-line");
        });
        self.legend(sheet);
        self.axis(sheet);
        if self.rows.is_empty() {
            return self.bands(sheet);
        }
        self.names(sheet);
        self.bars(sheet);
    }

    fn legend(&self, sheet: &mut Sheet) {
        let y = self.top + 20.0;
        let credit = ["Ordinal · ", self.words.simulation()].concat();
        let wide = width(&credit, Font::Sans, 11.0);
        let end = self.width - EDGE;
        sheet.at((Layer::Bars, 0, 0), &|pen| {
            pen.text(end, y, &cut(&credit, Font::Sans, 11.0, end - EDGE), "e z11 f-ink-3")
        });
        let mut x = EDGE;
        for (state, name) in PodState::ALL.into_iter().zip(self.words.states()) {
            let room = 14.0 + width(name, Font::Sans, 11.0);
            if x + room > end - wide - 12.0 {
                break;
            }
            sheet.at((Layer::Bars, 0, 1 + state as u16), &|pen| {
                let high = 9.0 * axis::twelfths(state) as f32 / 12.0;
                block(pen, [x, y - high, 9.0, high], 2.5, state);
                pen.text(x + 14.0, y, name, "z11 f-ink-2");
            });
            x += room + 12.0;
        }
    }

    fn axis(&self, sheet: &mut Sheet) {
        let (y, bottom) = (self.top + LEGEND, self.bottom());
        let step = axis::tick_step(self.to - self.from);
        let first = (self.from / step).ceil() as i64;
        sheet.at((Layer::Bars, 0, 9), &|pen| {
            for n in first..=(self.to / step) as i64 {
                let (at, label) = (n as f64 * step, axis::clock(n as f64 * step));
                let x = self.x(at);
                pen.line([x, y + 16.0], [x, bottom], "s-line");
                let half = width(&label, Font::Sans, 11.0) / 2.0;
                if self.now.is_some_and(|now| (self.x(now) - x).abs() < half + 8.0) {
                    continue;
                }
                if x - half >= self.left() - 8.0 && x + half <= self.width - EDGE {
                    pen.text(x, y + 11.0, &label, "c z11 f-ink-3");
                } else if x - half < self.left() {
                    pen.text(x, y + 11.0, &label, "z11 f-ink-3");
                }
            }
        });
        let shown = |at: SimTime| (self.from..=self.frontier.min(self.to)).contains(&(at.0 as f64));
        let commands: Vec<&UserCommand> = self.chronicle.commands.iter().filter(|c| shown(c.at)).collect();
        let mut end = 0.0;
        for (n, command) in commands.iter().enumerate() {
            let x = self.x(command.at.0 as f64);
            if x < end {
                continue;
            }
            let next =
                commands[n + 1..].iter().map(|next| self.x(next.at.0 as f64)).find(|next| *next > x + 40.0);
            let room = next.unwrap_or(self.width - EDGE) - x - 16.0;
            let text = cut(command.short(), Font::Sans, 11.0, room);
            end = x + 16.0 + width(&text, Font::Sans, 11.0);
            let sign = ["M", &num(x), " ", &num(y + 18.0), "h8l-4 6z"].concat();
            sheet.at((Layer::Bars, 1, n as u16), &|pen| {
                pen.path(&sign, "f-ink-2");
                pen.text(x + 11.0, y + 25.0, &text, "z11 f-ink-2");
            });
        }
    }

    fn names(&self, sheet: &mut Sheet) {
        let high = self.row_height();
        if high < NAMED {
            return;
        }
        let (size, class) = if high < 16.0 { (10.0, "z10 f-ink-2") } else { (12.0, "z12 f-ink-2") };
        let room = self.left() - EDGE - 12.0;
        sheet.at((Layer::Bars, 2, 0), &|pen| {
            for (n, row) in self.rows.iter().enumerate() {
                let y = self.first() + (n as f32 + 0.5) * high + size * 0.36;
                pen.text(EDGE, y, &cut_name(&row.name, Font::Sans, size, room), class);
            }
        });
    }

    /// A bar for each state of each pod: the more a pod is there, the thicker.
    fn bars(&self, sheet: &mut Sheet) {
        let high = self.row_height();
        let full = (high * 2.0 / 3.0).max(2.0);
        for (n, row) in self.rows.iter().enumerate() {
            let middle = self.first() + (n as f32 + 0.5) * high;
            sheet.at((Layer::Bars, 3, n as u16), &|pen| {
                for life in self.chronicle.lives(row) {
                    for (from, to, Stretch { state, .. }) in life.stretches(SimTime(self.frontier as i64)) {
                        let (from, to) = (from.0 as f64, (to.0 as f64).min(self.frontier));
                        if from >= to || to <= self.from || from >= self.to {
                            continue;
                        }
                        let thick = (full * axis::twelfths(*state) as f32 / 12.0).max(2.0);
                        let (x, end) = (self.x(from), self.x(to));
                        let frame = [x, middle + full / 2.0 - thick, end - x, thick];
                        block(pen, frame, (thick / 4.0).min(4.0), *state);
                    }
                }
            });
        }
    }

    /// How many pods were in which state: a band for each, the one upon the other.
    fn bands(&self, sheet: &mut Sheet) {
        let bands = &self.chronicle.bands;
        let most = bands.iter().map(|(_, counts)| counts.iter().sum::<u32>()).max().unwrap_or(0).max(1);
        let at = |column: i64| self.from + (self.to - self.from) * column as f64 / COLUMNS as f64;
        let counts = |column: i64| {
            let known = bands.partition_point(|(since, _)| since.0 as f64 <= at(column));
            known.checked_sub(1).map_or([0; 6], |n| bands[n].1)
        };
        let y = |pods: u32| num(self.first() + BANDS * (1.0 - pods as f32 / most as f32));
        // From the bottom up.
        let order =
            [PodState::Ready, PodState::Terminating, PodState::Failing, PodState::Running, PodState::Init];
        let order = order.into_iter().chain([PodState::Pending]);
        for (n, state) in order.clone().enumerate() {
            let mut d = String::new();
            let mut column = 0;
            while column < COLUMNS && at(column) < self.frontier {
                let now = counts(column);
                let end = (column + 1..COLUMNS).find(|end| counts(*end) != now || at(*end) >= self.frontier);
                let end = end.unwrap_or(COLUMNS);
                let low: u32 = order.clone().take(n).map(|below| now[below as usize]).sum();
                let high = low + now[state as usize];
                if high > low {
                    let (x, to) = (num(self.x(at(column))), num(self.x(at(end))));
                    let _ = write!(d, "M{x} {}H{to}V{}H{x}z", y(high), y(low));
                }
                column = end;
            }
            if !d.is_empty() {
                sheet.at((Layer::Bars, 3, n as u16), &|pen| pen.path(&d, fill_of(state)));
            }
        }
    }

    /// The playhead at the axis' beginning.
    pub(super) fn playhead(&self, x: f32) -> String {
        let (y, bottom) = (self.top + LEGEND + 8.0, self.bottom());
        let down = [num(y + 8.0), num(bottom)];
        ["M", &num(x - 6.0), " ", &num(y), "h12l-5 8V", &down[1], "h-2V", &down[0], "z"].concat()
    }

    /// What hides what is to come: x, y, width, height, from this x on.
    pub(super) fn cover(&self, x: f32) -> [f32; 4] {
        let top = self.top + LEGEND + 16.0;
        [x, top, (self.width - EDGE - x + 1.0).max(0.0), self.bottom() - top]
    }
}

/// A state's block: what goes or fails is an outline.
fn block(pen: &mut Pen, frame: [f32; 4], radius: f32, state: PodState) {
    if frame[2] <= 0.0 {
        return;
    }
    let [x, y, wide, high] = frame;
    let radius = radius.min(wide / 3.0);
    let inner = [x + 0.75, y + 0.75, (wide - 1.5).max(0.5), (high - 1.5).max(0.5)];
    match state {
        PodState::Terminating if high > 4.0 => pen.rect(inner, radius, "f-term-soft s-term lw d"),
        PodState::Failing if high > 4.0 => pen.rect(inner, radius, "f-fail-soft s-fail lw"),
        PodState::Terminating if high > 2.5 => pen.rect(frame, radius, soft_of(state)),
        _ => pen.rect(frame, radius, fill_of(state)),
    }
}
