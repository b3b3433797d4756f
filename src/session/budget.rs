//! The real time that may be spent for one picture.

use web_sys::Performance;

/// Some real time that may be spent.
pub struct Budget {
    clock: Clock,
    end: f64,
}

impl Budget {
    /// So many milliseconds from now on.
    pub fn milliseconds(time: f64) -> Budget {
        let clock = Clock::new();
        Budget { end: clock.now() + time, clock }
    }

    /// Whether it is spent. Without a browser there is no hurry.
    pub fn is_spent(&self) -> bool {
        self.clock.now() > self.end
    }
}

/// The browser's clock. It is held on to, as it is looked at after every step of the simulation.
struct Clock(Option<Performance>);

impl Clock {
    fn new() -> Clock {
        Clock(if cfg!(target_arch = "wasm32") { gloo::utils::window().performance() } else { None })
    }

    /// In milliseconds; it stands still where there is none.
    fn now(&self) -> f64 {
        self.0.as_ref().map_or(0.0, Performance::now)
    }
}
