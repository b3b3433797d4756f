//! Says to those who listen what the why bar shows: each question once, and not more often than one can follow.

use gloo::timers::callback::Timeout;
use std::cell::RefCell;
use std::rc::Rc;

/// The id of the live region on the page.
pub const REGION: &str = "announced";
/// The least time between two announcements (milliseconds).
const QUIET_MS: u32 = 2_000;

/// Knows what was said, and what is to be said next.
#[derive(Clone, Default)]
pub struct Announcer(Rc<RefCell<Said>>);

#[derive(Default)]
struct Said {
    /// The question that was said last.
    title: String,
    /// The question that is on the page, and its answer.
    newest: (String, String),
    /// Waits until something may be said again.
    quiet: Option<Timeout>,
}

impl Announcer {
    /// Whether this question is another one than the page showed last.
    pub fn is_news(&self, title: &str) -> bool {
        self.0.borrow().newest.0 != title
    }

    /// Says this question with its answer, now or after a while; if there is another one by then, only that.
    pub fn announce(&self, title: String, text: String) {
        let mut said = self.0.borrow_mut();
        said.newest = (title, text);
        if said.quiet.is_none() {
            said.quiet = say(&mut said, self.clone());
        }
    }
}

/// Says the newest, unless it was said; returns what waits for the end of the pause after it.
fn say(said: &mut Said, announcer: Announcer) -> Option<Timeout> {
    if said.title == said.newest.0 {
        return None;
    }
    said.title.clone_from(&said.newest.0);
    let region = gloo::utils::document().get_element_by_id(REGION)?;
    // A question has its own mark at its end.
    let end = if said.title.ends_with('?') { " " } else { ". " };
    let text = [&*said.title, end, &said.newest.1.replace('`', "")].concat();
    region.set_text_content(Some(&text));
    Some(Timeout::new(QUIET_MS, move || {
        let mut said = announcer.0.borrow_mut();
        said.quiet = say(&mut said, announcer.clone());
    }))
}
