//! Ordinal, the page: starts the app.

fn main() {
    ordinal::start();
}
