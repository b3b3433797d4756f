//! What runs before the page is live, before its first pod is there, before that is ready, and until its story rests: what `cargo xtask profile` runs on
//! an instrumented page.
//!
//! The page's folder holds `functions.txt` that `cargo xtask split` has put there (see `crates/wasm-profile-split`).
//! Prints the functions that ran with what ran of them, a line each.

use std::fs;

use page_driver::page::{Page, View, dist};

/// The page is live: it has drawn a running cluster, to which nothing has been applied yet, and goes on drawing.
const LIVE: &str = "document.querySelector('.app:not(.first) .timeline') && (window.pictures = (window.pictures ?? 0) + 1) > 20";

/// Time stands, since what comes later may need more of the program (`session::FIRST_POD_END`).
const STANDS: &str = "/Loading the rest|Ordinal의/.test(document.querySelector('.why').innerText)";

/// The first pod is ready, and time stands again (`session::OPENING_END`).
const STANDS_AGAIN: &str = "document.querySelector('[data-pod=flask-0].ready')
    && /Loading the rest|Ordinal의/.test(document.querySelector('.why').innerText)";

/// Nothing happens any more.
const REST: &str = "document.querySelector('[aria-label=Play]')";

/// The moment of an address is shown.
const MOMENT: &str = "document.querySelector('.why h2').innerText.includes('flask-1')";

/// Libraries whose ways through a function follow from the addresses of things, which differ from run to run, or from how long
/// things took: a function of theirs is taken whole, or a rare collision of hashes would need the rest.
const BY_ADDRESS: [&str; 5] = ["dlmalloc::", "hashbrown::", "indexmap::", "std::hash::", "yew::scheduler::"];

/// When pictures are drawn decides what is ever seen: what lasts a few milliseconds of simulated time is, or is not, and with it
/// what says why. So pictures are also drawn by a clock of ours, as fast as they come: each is so many milliseconds after the last.
/// At one millisecond, the unit of simulated time, nothing is passed over; wide and uneven steps pass over much, each at other
/// places.
const PICTURES: &str = "
    let clock = 0, asked = new Map(), number = 0;
    const turn = new MessageChannel();
    window.requestAnimationFrame = (draw) => {
        asked.set(++number, draw);
        turn.port2.postMessage(0);
        return number;
    };
    window.cancelAnimationFrame = (number) => asked.delete(number);
    turn.port1.onmessage = () => {
        const due = [...asked.values()];
        if (!due.length) return;
        asked.clear();
        clock += steps[Math.floor(clock) % steps.length];
        due.forEach((draw) => draw(clock));
    };";

/// When Yew's scheduler puts the rest of its work off follows from the time that it took: on a busy machine a component is rendered
/// again before its effects have run. With a clock that leaps each time that it is read, that happens always.
const BUSY: &str = "let leaps = 0; const now = Date.now; Date.now = () => now() + 40 * ++leaps;";

/// How the page is met: on which screen, at which address, after what, how many times slower than this machine, how many
/// milliseconds there are between pictures if they follow a clock of ours ([`PICTURES`]), and what is waited for before the second
/// moment and the third, if there are such.
struct Visit {
    view: View,
    address: &'static str,
    /// What is done before the page is there: what an earlier visit kept, and how its clock goes.
    before: &'static str,
    slower: Option<u32>,
    steps: &'static str,
    opening: Option<(&'static str, &'static str)>,
    rollout: Option<(&'static str, &'static str)>,
    /// Whether the story is played to its end, after that.
    whole: bool,
}

/// The visits of which all is taken together.
const VISITS: [Visit; 22] = {
    const USUAL: Visit = Visit {
        view: View::DESKTOP,
        address: "",
        before: "",
        slower: None,
        steps: "",
        opening: Some(("time stands", STANDS)),
        rollout: Some(("time stands again", STANDS_AGAIN)),
        whole: false,
    };
    [
        // Both layouts and schemes: what a visitor sees first must not depend on the rest.
        USUAL,
        Visit { view: View::PHONE.dark(), ..USUAL },
        Visit { view: View::DESKTOP.still(), ..USUAL },
        // A slow machine, whose pictures are few and far apart.
        Visit { slower: Some(20), rollout: None, ..USUAL },
        // Every moment; and pictures that pass over many.
        Visit { steps: "1", ..USUAL },
        Visit { steps: "1", view: View::PHONE, ..USUAL },
        Visit { steps: "7", whole: true, view: View::PHONE, ..USUAL },
        Visit { steps: "16, 17, 33, 50, 16, 90", whole: true, ..USUAL },
        Visit { steps: "100, 33, 67", view: View::PHONE, whole: true, ..USUAL },
        Visit { steps: "100, 99, 98, 97", whole: true, ..USUAL },
        // A busy machine.
        Visit { before: BUSY, ..USUAL },
        Visit { before: BUSY, address: "?speed=16", view: View::PHONE, whole: true, ..USUAL },
        Visit { before: BUSY, steps: "16, 17, 33, 50, 16, 90", whole: true, ..USUAL },
        Visit { before: BUSY, steps: "1", address: "?speed=16", whole: true, ..USUAL },
        // Low windows, in which the terminal scrolls soon.
        Visit { view: View { width: 800, height: 450, ..View::DESKTOP }, ..USUAL },
        // A page that was arranged at an earlier visit.
        Visit {
            before: "localStorage['ordinal-theme'] = 'dark'; localStorage['ordinal-layout'] = 'ofobl'; localStorage.ordinal = '--dragged-left: 310px'",
            ..USUAL
        },
        // Embedded pages: one that does not go on by itself, one at a moment, one that plays.
        Visit { address: "?embed=1&theme=dark", opening: None, rollout: None, ..USUAL },
        // Another language is looked up where English is not.
        Visit { address: "?lang=ko", ..USUAL },
        Visit {
            address: "?embed=1&theme=light&t=14",
            opening: None,
            rollout: Some(("the moment is there", MOMENT)),
            ..USUAL
        },
        Visit { address: "?embed=1&speed=4&autoplay=1", ..USUAL },
        // What can't be opened before all is there is drawn all the same.
        Visit { address: "?t=48.25&autoplay=0&speed=0.5#1AAAA", opening: None, rollout: None, ..USUAL },
        Visit { before: "sessionStorage.ordinal = '1AAAA#'", opening: None, rollout: None, ..USUAL },
    ]
};

fn main() {
    let functions =
        fs::read_to_string(dist().join("functions.txt")).expect("an instrumented page tells its functions");
    let mut ran: [Vec<bool>; 4] = Default::default();
    for Visit { view, address, before, slower, steps, opening, rollout, whole } in VISITS {
        let mut page = Page::unopened(view);
        page.before_all(before);
        if !steps.is_empty() {
            page.before_all(&format!("const steps = [{steps}]; {PICTURES}"));
        }
        page.goto(address);
        if let Some(rate) = slower {
            page.devtools("Emulation.setCPUThrottlingRate", serde_json::json!({ "rate": rate }));
        }
        page.wait("the page is live", LIVE);
        add(&mut ran[0], &marks(&mut page));
        let rest = whole.then_some(("the story rests", REST));
        let moments = [("ordinal-opening", opening), ("ordinal-rollout", rollout), ("ordinal-whole", rest)];
        for ((event, waited_for), ran) in moments.into_iter().zip(&mut ran[1..]) {
            if let Some((what, there)) = waited_for {
                page.run(&format!("dispatchEvent(new Event('{event}'));"));
                page.wait(what, there);
            }
            add(ran, &marks(&mut page));
        }
    }
    let is_by_address =
        |name: &str| BY_ADDRESS.iter().any(|library| name.trim_start_matches('<').starts_with(library));
    // Asked only when two hashes meet, which no run may show: whether two keys are the same.
    let is_comparison = |name: &str| is_by_address(name) && name.ends_with("::{closure#0}");
    let [live, opening, rollout, rest] = &ran;
    let lines = wasm_profile_split::coverage::lines(
        &functions,
        [live, opening, rollout, rest],
        &is_by_address,
        &is_comparison,
    );
    print!("{}", lines.expect("the list is of this page"));
}

/// What has run so far: a mark for every segment.
fn marks(page: &mut Page) -> Vec<bool> {
    page.run(
        "delete window.marks;
        const [js] = document.querySelector('meta[name=\"ordinal-app\"]').content.split(' ');
        import(new URL(js, document.baseURI)).then(glue => glue.default()).then(module => {
            window.marks = Array.from(new Uint8Array(module.marks.buffer), mark => mark ? '1' : '0').join('');
        });",
    );
    let marks = page.wait("the marks are read", "window.marks");
    marks.as_str().expect("the marks are a text").bytes().map(|mark| mark == b'1').collect()
}

/// Adds what ran in another view.
fn add(ran: &mut Vec<bool>, marks: &[bool]) {
    ran.resize(marks.len(), false);
    for (ran, mark) in ran.iter_mut().zip(marks) {
        *ran |= mark;
    }
}
