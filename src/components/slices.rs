//! Work in steps beside the page: as many in one task as leave the page answering, and now and then a picture of how far it is.

use gloo::utils::window;

/// A task may take so long [ms]. Browsers call one of 50 long.
const MOST_MS: f64 = 40.0;

/// How often it is drawn how far the work is [ms]: a picture of the whole page costs as much as a step.
const DRAWN_EVERY_MS: f64 = 100.0;

/// How the steps of some work are put into tasks.
#[derive(Default)]
pub struct Slices {
    /// How long a step took lately [ms].
    longest_ms: f64,
    /// When it was drawn last [ms].
    drawn_ms: f64,
}

impl Slices {
    /// Takes steps as long as the work goes on and another one fits into the task; gives what the last one gave.
    pub fn fill<T>(&mut self, mut step: impl FnMut() -> T, goes_on: impl Fn(&T) -> bool) -> T {
        let end = clock() + MOST_MS;
        let mut before = end - MOST_MS;
        self.longest_ms /= 2.0;
        loop {
            let given = step();
            let now = clock();
            self.longest_ms = self.longest_ms.max(now - before);
            before = now;
            if !goes_on(&given) || now + self.longest_ms > end {
                return given;
            }
        }
    }

    /// Whether it is to be drawn how far the work is.
    pub fn is_to_be_drawn(&mut self) -> bool {
        let now = clock();
        let is_due = now - self.drawn_ms >= DRAWN_EVERY_MS;
        if is_due {
            self.drawn_ms = now;
        }
        is_due
    }
}

/// Real time [ms].
fn clock() -> f64 {
    window().performance().map_or(0.0, |performance| performance.now())
}
