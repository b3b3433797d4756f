//! Where everything stands in a picture: chosen once for all its moments, so that nothing moves that does not act.

use super::options::Options;
use super::text::{Font, wrapped};
use crate::scene::{ClaimView, Lane, PodSlot, Scene, VolumeView};
use std::collections::BTreeSet;

/// Around everything (pixels).
pub(super) const EDGE: f32 = 14.0;
/// Between parts that stand one below the other.
pub(super) const GAP: f32 = 10.0;
/// Between lanes.
pub(super) const LANE_GAP: f32 = 12.0;
/// The head: the set's name, facts about it, the time.
pub(super) const HEAD: f32 = 28.0;
/// The Service's band.
pub(super) const SERVICE: f32 = 36.0;
/// From the Service to a pod, and from a pod to its claim.
pub(super) const WIRE: f32 = 24.0;
pub(super) const CABLE: f32 = 20.0;
/// A line of the answer.
pub(super) const WHY_LINE: f32 = 19.0;
/// A fact about a pod; a line of a file.
pub(super) const FACT: f32 = 18.0;
pub(super) const FILE_LINE: f32 = 16.0;
/// The most lines of the answer.
const MOST_WHY: usize = 3;
/// The narrowest card, and the widest.
const NARROWEST: f32 = 126.0;
const WIDEST: f32 = 460.0;
/// The narrowest card on which a state stands beside the name (as the page's style sheet has it).
const ROOMY: f32 = 200.0;
/// Pictures that are narrower than this have the cards of an embedded page: name, state, progress, files.
const BRIEF: f32 = 600.0;
/// The most files of a volume, and the most of their lines, that are shown.
const MOST_FILES: usize = 3;
const MOST_LINES: usize = 8;

/// What a card says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Cards {
    /// Everything.
    Whole,
    /// Name, state, progress and files.
    Brief,
    /// Name, state and progress, of very many.
    Small,
}

/// Where everything stands.
pub(super) struct Layout {
    pub(super) width: f32,
    pub(super) cards: Cards,
    /// The ordinals that have lanes at some moment.
    pub(super) ordinals: Vec<i32>,
    /// How many lanes stand side by side, and where the first one begins.
    pub(super) columns: usize,
    pub(super) left: f32,
    pub(super) card: f32,
    /// Whether ages, seconds and countdowns are written: in a film they would change all the time.
    pub(super) counts: bool,
    pub(super) has_set: bool,
    pub(super) has_service: bool,
    pub(super) has_others: bool,
    pub(super) why_lines: usize,
    pub(super) kept_lines: usize,
    /// The heights of each claim's volume.
    pub(super) disks: Vec<f32>,
    /// The number of cells, if the set has a grid.
    pub(super) cells: usize,
}

impl Layout {
    /// The layout for these moments. `counts`: whether ages and countdowns are written.
    pub(super) fn new(scenes: &[&Scene], options: &Options, counts: bool) -> Layout {
        let width = options.width as f32;
        let lanes = || scenes.iter().flat_map(|scene| &scene.lanes);
        let ordinals: BTreeSet<i32> = lanes().map(|lane| lane.ordinal).collect();
        let cells = scenes.iter().filter_map(|scene| scene.grid.as_ref()).map(|grid| grid.len()).max();
        let is_many = scenes.iter().any(|scene| scene.many);
        let cards = match (is_many, width < BRIEF) {
            (true, _) => Cards::Small,
            (false, true) => Cards::Brief,
            (false, false) => Cards::Whole,
        };
        let inner = width - 2.0 * EDGE;
        let most = (((inner + LANE_GAP) / (NARROWEST + LANE_GAP)) as usize).max(1);
        let count = ordinals.len().max(1);
        // Rows of the same length.
        let columns = count.div_ceil(count.div_ceil(most));
        let room = (inner - LANE_GAP * (columns - 1) as f32) / columns as f32;
        let card = if cards == Cards::Small && count < most { NARROWEST * 1.3 } else { room.min(WIDEST) };
        let all = card * columns as f32 + LANE_GAP * (columns - 1) as f32;
        let mut layout = Layout {
            width,
            cards,
            ordinals: ordinals.into_iter().collect(),
            columns,
            left: EDGE + (inner - all) / 2.0,
            card,
            counts,
            has_set: scenes.iter().any(|scene| scene.set.is_some()),
            has_service: scenes.iter().any(|scene| scene.service.is_some()),
            has_others: scenes.iter().any(|scene| !scene.others.is_empty()),
            why_lines: 1,
            kept_lines: 0,
            disks: Vec::new(),
            cells: cells.unwrap_or_default(),
        };
        layout.why_lines =
            scenes.iter().map(|scene| layout.why(&scene.why.text).len()).max().unwrap_or(1).max(1);
        let is_replaced = |lane: &Lane| matches!(&lane.pod, PodSlot::Pod(pod) if pod.replaced.is_some());
        if cards == Cards::Whole && !layout.is_narrow() && lanes().any(|lane| is_replaced(lane)) {
            layout.kept_lines = if card >= 330.0 { 2 } else { 3 };
        }
        for lane in lanes() {
            for (n, claim) in lane.claims.iter().enumerate() {
                if layout.disks.len() <= n {
                    layout.disks.push(0.0);
                }
                layout.disks[n] = layout.disks[n].max(layout.disk(claim));
            }
        }
        layout
    }

    /// The answer in lines.
    pub(super) fn why(&self, text: &str) -> Vec<String> {
        // The sign to the left of it, and a little air to the right.
        wrapped(&text.replace('`', ""), Font::Sans, 13.0, self.width - 2.0 * EDGE - 84.0, MOST_WHY)
    }

    /// Whether a card has no room for a state beside a name.
    pub(super) fn is_narrow(&self) -> bool {
        self.card < ROOMY
    }

    /// Whether it has no room for the names of facts either.
    pub(super) fn is_slim(&self) -> bool {
        self.card < 152.0
    }

    pub(super) fn why_height(&self) -> f32 {
        (22.0 + WHY_LINE * (self.why_lines as f32 + 1.0)).max(60.0)
    }

    /// How many facts a card lists.
    pub(super) fn facts(&self) -> usize {
        5 - usize::from(self.is_narrow()) - usize::from(!self.counts)
    }

    /// The height of a pod's head: its name and its state.
    pub(super) fn pod_head(&self) -> f32 {
        if self.is_narrow() { 54.0 } else { 40.0 }
    }

    pub(super) fn pod_height(&self) -> f32 {
        let head = self.pod_head() + 12.0;
        match self.cards {
            Cards::Whole => head + self.facts() as f32 * FACT + self.kept_lines as f32 * FILE_LINE + 38.0,
            Cards::Brief => head + 2.0,
            Cards::Small => head + 26.0,
        }
    }

    pub(super) fn claim_height(&self) -> f32 {
        match self.cards {
            Cards::Whole => 48.0,
            Cards::Brief => 30.0,
            Cards::Small => 26.0,
        }
    }

    /// The height of a claim's volume; none if it has none that is shown.
    fn disk(&self, claim: &ClaimView) -> f32 {
        let Some(volume) = claim.volume.as_ref().filter(|_| self.cards != Cards::Small) else { return 0.0 };
        let lines = shown_lines(volume, self.cards).len().max(1);
        let head = if self.cards == Cards::Whole { 20.0 } else { 0.0 };
        14.0 + head + lines as f32 * FILE_LINE
    }

    /// From a lane's top to where its claim number `n` begins.
    pub(super) fn claim_top(&self, n: usize) -> f32 {
        let wire = if self.cards == Cards::Small { 0.0 } else { WIRE };
        let cable = if self.cards == Cards::Small { 4.0 } else { CABLE };
        let before: f32 = self.disks[..n].iter().map(|disk| self.store_height(*disk)).sum();
        wire + self.pod_height() + cable * (n as f32 + 1.0) + before
    }

    fn store_height(&self, disk: f32) -> f32 {
        self.claim_height() + if disk > 0.0 { 8.0 + disk } else { 0.0 }
    }

    fn lane_height(&self) -> f32 {
        match self.disks.len() {
            0 => self.claim_top(0) - if self.cards == Cards::Small { 4.0 } else { CABLE },
            n => self.claim_top(n - 1) + self.store_height(self.disks[n - 1]),
        }
    }

    /// Where the lanes begin.
    pub(super) fn lanes_top(&self) -> f32 {
        let mut y = self.why_top() + self.why_height();
        if self.has_service {
            y += GAP + SERVICE;
        }
        if self.cards == Cards::Small || self.cells > 0 { y + GAP } else { y }
    }

    pub(super) fn why_top(&self) -> f32 {
        EDGE + if self.has_set { HEAD + 8.0 } else { 0.0 }
    }

    /// Where an ordinal's lane begins.
    pub(super) fn lane(&self, ordinal: i32) -> [f32; 2] {
        let n = self.ordinals.binary_search(&ordinal).unwrap_or_default();
        let (row, column) = (n / self.columns, n % self.columns);
        let x = self.left + column as f32 * (self.card + LANE_GAP);
        [x, self.lanes_top() + row as f32 * (self.lane_height() + GAP)]
    }

    /// How many cells of a grid stand side by side, and how wide each is.
    pub(super) fn grid(&self) -> (usize, f32) {
        let inner = self.width - 2.0 * EDGE - 28.0;
        // As wide as the picture, and not higher than a row of cards.
        let wide = (inner * 160.0 / self.cells.max(1) as f32).sqrt().clamp(3.0, 26.0);
        let columns = ((inner / wide) as usize).max(1);
        (columns, wide.min(inner / columns as f32))
    }

    fn grid_height(&self) -> f32 {
        let (columns, wide) = self.grid();
        self.cells.div_ceil(columns) as f32 * wide * 1.2 + 52.0
    }

    /// Where the lanes end.
    pub(super) fn lanes_end(&self) -> f32 {
        let rows = self.ordinals.len().div_ceil(self.columns) as f32;
        let lanes = rows * (self.lane_height() + GAP) - GAP;
        match (self.cells, self.ordinals.len()) {
            (0, 0) => self.lanes_top(),
            (0, _) => self.lanes_top() + lanes,
            _ => self.lanes_top() + self.grid_height(),
        }
    }

    /// Where the timeline begins.
    pub(super) fn timeline_top(&self) -> f32 {
        self.lanes_end() + EDGE + if self.has_others { 34.0 } else { 0.0 }
    }
}

/// A line of a volume's card.
#[derive(Clone, Copy)]
pub(super) enum VolumeLine<'a> {
    Path(&'a str),
    Text(&'a str, bool),
}

/// What is shown of a volume's files: the last lines of the first ones.
pub(super) fn shown_lines(volume: &VolumeView, cards: Cards) -> Vec<VolumeLine<'_>> {
    let mut lines = Vec::new();
    for file in volume.files.iter().take(MOST_FILES) {
        let most = if cards == Cards::Brief { 3 } else { MOST_LINES };
        if cards == Cards::Whole {
            lines.push(VolumeLine::Path(&file.path));
        }
        let skipped = file.lines.len().saturating_sub(most);
        lines.extend(file.lines.iter().skip(skipped).map(|line| VolumeLine::Text(&line.text, line.fresh)));
    }
    lines.truncate(MOST_LINES + 2);
    lines
}
