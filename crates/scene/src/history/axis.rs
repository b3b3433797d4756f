//! How time is laid out along a line, on the page and in pictures.

use super::pod_state::PodState;

/// More pods than this have no rows of their own.
pub const MOST_ROWS: usize = 60;

/// The stretch between two times on an axis that shows `span` (both in milliseconds).
pub fn tick_step(span: f64) -> f64 {
    let steps = [1.0, 5.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0, 7200.0, 21600.0, 86400.0];
    let fits = |step: &&f64| span / 1000.0 / **step <= 7.0;
    steps.iter().find(fits).unwrap_or(&604800.0) * 1000.0
}

/// A time on an axis (milliseconds): `45s`, `2m`, `2m30s`, `3h`.
pub fn clock(at: f64) -> String {
    let seconds = (at / 1000.0) as i64;
    match (seconds / 60, seconds % 60) {
        (0, s) => format!("{s}s"),
        (m, 0) if m >= 60 && m % 60 == 0 => format!("{}h", m / 60),
        (m, 0) => format!("{m}m"),
        (m, s) => format!("{m}m{s}s"),
    }
}

/// How thick a state's bar is (twelfths of a full one): the more a pod is there, the thicker, so that states are told apart
/// without colours, too.
pub fn twelfths(state: PodState) -> usize {
    match state {
        PodState::Pending => 4,
        PodState::Init => 6,
        PodState::Running => 9,
        PodState::Ready | PodState::Terminating | PodState::Failing => 12,
    }
}
