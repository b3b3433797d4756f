//! How a recording's cluster may have begun.

use kubesim::{Options, Span, Timings};

/// What the recorder needed to see a milestone and start the next command.
pub(super) const REACTION: Span = Span(50);

/// What a recording does not say and its cluster had by chance. The same control plane that begins at another fraction of a
/// second takes a pod for available earlier or later (Ready times are cut to whole seconds), and which worker takes which
/// pod is the scheduler's dice.
#[derive(Clone, Copy)]
pub(super) struct Beginning {
    /// The fraction of a second at which the recorder began.
    pub(super) phase: Span,
    /// What each step of a node took beyond its nominal time: the machine had other things to do.
    pub(super) lag: Span,
    /// What the cluster's choices grow from.
    pub(super) seed: u64,
    /// From a write to the controllers that watch it acting on it.
    pub(super) watch: Span,
    /// How long the recorder let pass between a milestone and the next command: it noted only waits of seconds.
    pub(super) reaction: Span,
}

impl Beginning {
    /// Those that are tried, the usual one first.
    pub(super) fn all() -> impl Iterator<Item = Beginning> {
        let usual = Beginning {
            phase: Span(0),
            lag: Span(0),
            seed: Options::default().seed,
            watch: Timings::recording().watch,
            reaction: REACTION,
        };
        let phases = [0, 10, 20].into_iter().flat_map(move |lag| {
            (0..5).map(move |fifth| Beginning { phase: Span(fifth * 200), lag: Span(lag), ..usual })
        });
        let lags = (1..20).map(move |lag| Beginning { lag: Span(lag), ..usual });
        let seeds = (1..=12).map(move |n| Beginning { seed: usual.seed + n, ..usual });
        let slow_watches = (0..20).map(move |lag| Beginning { lag: Span(lag), watch: Span(8), ..usual });
        let later = (0..3).map(move |tens| Beginning { lag: Span(tens * 10), reaction: Span(300), ..usual });
        phases.chain(lags).chain(seeds).chain(slow_watches).chain(later)
    }
}
