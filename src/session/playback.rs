//! How time passes: what a picture has time for, how far the story goes for it, and when time stops by itself.

use super::Session;
use super::budget::Budget;
use kubesim::api::Resolver;
use kubesim::api::resolver::{AnswerReason, Asked};
use kubesim::{SimTime, Span};
use scene::history::is_event;
use scene::scene::{Playhead, ROOM};
use std::rc::Rc;

/// How much real time one picture makes up for at most (milliseconds): after a pause of the browser (a hidden tab, a busy
/// machine) simulated time goes on where it was.
const LONGEST_FRAME_MS: f64 = 100.0;
/// Time stops to pass when nothing was written for this long, and nothing is to come: else ages would go on growing, and
/// the story on the timeline shrinking, for as long as the page is open.
const REST: Span = Span::seconds(8);
/// How long the simulation takes for one picture at most (milliseconds of real time), or else a single step. Where more is
/// to be done, simulated time passes more slowly instead.
const FRAME_BUDGET_MS: f64 = 4.0;
/// A picture that comes so many times as late as they usually do is late.
const LATE: f64 = 1.5;
/// When pictures come late, this part of the work is left in each: less would make what is shown lag behind on a machine
/// that is slow whatever is done.
const LEAST_SHARE: f64 = 0.5;
/// But this part of the simulation's time always is, so that simulated time lags behind little.
const LEAST_TIME: f64 = 0.6;
/// While they come in time, the part grows by so much with each.
const MORE: f64 = 0.05;
/// Over how much real time the pace is taken, which is how fast simulated time really passes (milliseconds).
const PACE_OVER_MS: f64 = 600.0;
/// Where nothing has moved for so long, a stretch is idle (milliseconds of real time at the chosen speed).
const LULL_MS: f64 = 700.0;
/// Idle stretches pass this many times as fast, if they are to be hurried through.
const HURRY: f64 = 24.0;

impl Session {
    /// Lets simulated time pass by what has gone by on the clock since the last picture.
    pub(super) fn frame(&mut self, clock: f64) {
        let passed = self.clock.map_or(0.0, |before| (clock - before).clamp(0.0, LONGEST_FRAME_MS));
        let gone = passed * self.speed;
        self.clock = Some(clock);
        self.apportion(passed);
        if !self.playing || self.held {
            return;
        }
        let budget = Budget::milliseconds(FRAME_BUDGET_MS * self.share.max(LEAST_TIME));
        let wish = if self.skip_idle { self.hurried(gone, &budget) } else { self.playhead + gone };
        let wish = self.limit.map_or(wish, |limit| wish.min(limit));
        let to = self.approach(wish, &budget).max(self.playhead);
        if passed > 0.0 {
            // What was hurried over does not make up for what lags.
            let pace = if to < wish { ((to - self.playhead) / passed).min(self.speed) } else { self.speed };
            self.pace += (pace - self.pace) * (passed / PACE_OVER_MS).min(1.0);
        }
        self.seek(to);
        if self.rested != Some(self.history().len()) && self.is_at_rest() {
            self.playing = false;
            self.rested = Some(self.history().len());
        }
    }

    /// Says how much is done for a picture that comes so long after the last one: half as much if it is late, a little more
    /// if it is not.
    fn apportion(&mut self, passed: f64) {
        if passed > 0.0 {
            self.usual = passed.min(self.usual * 1.02);
            let share = if passed > self.usual * LATE { self.share / 2.0 } else { self.share + MORE };
            self.share = share.clamp(LEAST_SHARE, 1.0);
        }
        self.room = (ROOM as f64 * self.share) as usize;
    }

    /// How far towards a time both stories come within what a picture may take: where very much happens at once, simulated
    /// time passes more slowly.
    fn approach(&mut self, to: Playhead, budget: &Budget) -> Playhead {
        let beside = self.beside.and_then(|id| self.place_of(id));
        let mut reached = to;
        for place in [Some(self.shown), beside].into_iter().flatten() {
            reached = reached.min(self.branches[place].approach(to, budget));
        }
        reached
    }

    /// Where the playhead goes in a stretch of time that may be idle: never past the next thing that moves.
    fn hurried(&mut self, gone: Playhead, budget: &Budget) -> Playhead {
        let (now, lull) = (self.now(), Span((LULL_MS * self.speed) as i64));
        let position = self.history().position_at(now);
        let last = self.history().before(position).iter().rev().find(|e| is_event(e)).map(|e| e.at);
        if last.is_some_and(|at| now - at < lull) {
            return self.playhead + gone;
        }
        let target = self.playhead + gone * HURRY;
        let (mut position, limit) = (position, SimTime(target as i64));
        let story = &mut self.branches[self.shown].story;
        loop {
            let news = story.cluster.api.history().since(position);
            if let Some(entry) = news.iter().find(|e| is_event(e)) {
                return target.min((entry.at.0 as f64).max(self.playhead + gone));
            }
            position += news.len();
            if story.next_at().is_none_or(|at| at > limit) || !story.step() {
                return target;
            }
            if budget.is_spent() {
                return target.min((story.now().0 as f64).max(self.playhead + gone));
            }
        }
    }

    /// Whether nothing was written for a while, and nobody waits for anything.
    fn is_at_rest(&self) -> bool {
        let (now, moment) = (self.now(), self.moment());
        let watched = Resolver::of(&moment.store).and_then(|r| r.watched.as_ref());
        let changes = |asked: &Rc<Asked>| asked.reason.as_ref().is_some_and(AnswerReason::passes);
        let last = self.history().entries().last().map_or(now, |e| e.at);
        moment.position == self.history().len()
            && now - last >= REST
            && self.waits_for_line()
            && !watched.is_some_and(changes)
            && moment.store.verdicts().all(|(_, verdict)| verdict.until.is_none_or(|until| until <= now))
    }

    /// Leaves the next pictures little to do: a command takes its part of them.
    pub(super) fn spare(&mut self) {
        self.share = LEAST_SHARE;
    }
}
