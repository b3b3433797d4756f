//! Ordinal, the page: nothing happens until `static/start.js` calls [`ordinal::start`].

use ordinal as _;

fn main() {}
