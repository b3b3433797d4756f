//! Time, why, and trouble, as one meets them: scrubbing, branches, a stuck rollout helped on, the keyboard, stillness.

use serde_json::json;

use page_driver::page::{Page, View};

/// The command line, by its label.
const LINE: &str = "[aria-label='Command line']";
/// What the why bar says when nothing is to be done.
const SETTLED: &str = "document.querySelector('.why h2').innerText === 'Everything is as wanted'";
/// Keys as WebDriver names them.
const LEFT: &str = "\u{e012}";
const RIGHT: &str = "\u{e014}";
const DOWN: &str = "\u{e015}";
const HOME: &str = "\u{e011}";
const END: &str = "\u{e010}";
const PAGE_DOWN: &str = "\u{e00f}";
const ESCAPE: &str = "\u{e00c}";
const ENTER: &str = "\u{e007}";

/// The page with the seed, all of it Ready, at 16 times the speed.
fn settled(view: View) -> Page {
    let mut page = Page::open_at(view, crate::AT_REST);
    page.wait("the seed is up", SETTLED);
    page
}

/// Everything that depends on the moment: the lanes and the terminal.
fn shown(page: &mut Page) -> (String, String) {
    page.wait_for_pictures();
    let lanes = page.eval("document.querySelector('.lanes').innerHTML");
    (lanes.as_str().unwrap_or_default().to_owned(), page.text(".screen"))
}

/// Presses keys with nothing in particular in focus.
fn press(page: &mut Page, keys: &str) {
    page.run("document.activeElement.blur();");
    page.type_keys(keys);
}

/// Has time stand still, if it does not already.
fn pause(page: &mut Page) {
    page.run("document.querySelector('.play[aria-label=Pause]')?.click();");
}

fn seconds(page: &mut Page) -> i64 {
    page.wait_for_pictures();
    let value = page.eval("Number(document.querySelector('.scrub').getAttribute('aria-valuenow'))");
    value.as_f64().expect("the slider has a value") as i64
}

/// Drags the playhead from where it is into the middle of this second, so that no pixel lies on its other side.
fn drag_to(page: &mut Page, second: i64) {
    let places = page.eval(&format!(
        "(() => {{
            const field = document.querySelector('.scrub').getBoundingClientRect();
            const playhead = document.querySelector('.playhead').getBoundingClientRect();
            const now = document.querySelector('.time').textContent.split(':').reduce((all, part) => all * 60 + Number(part), 0);
            const from = playhead.x + playhead.width / 2;
            return [from, field.x + (from - field.x) * ({second} + 0.5) / now, field.y + 60];
        }})()"
    ));
    let place = |n: usize| places[n].as_f64().expect("a place is a number");
    page.drag((place(0), place(2)), (place(1), place(2)));
}

#[test]
fn scrubbing_back_before_the_delete_and_forward_again_shows_the_same() {
    let mut page = settled(View::DESKTOP);
    let before = seconds(&mut page);
    page.click_named("1×");
    let goes = page.watch("document.querySelector('[data-pod=flask-1].term')");
    page.click_named("Delete flask-1");
    page.wait("flask-1 is told to go", &goes);
    page.click_named("16×");
    page.wait("flask-1 has come again", "document.querySelector('[data-pod=flask-1] .kept')");
    page.wait("the seed is up again", SETTLED);
    press(&mut page, END);
    press(&mut page, LEFT);
    let first_time = shown(&mut page);
    assert!(first_time.1.contains("kubectl delete pod flask-1"));
    assert!(page.text("[data-pod=flask-1] .kept").contains("name, host name, claim, volume"));

    drag_to(&mut page, before - 2);
    assert!((seconds(&mut page) - (before - 2)).abs() <= 1, "dragged to {}", seconds(&mut page));
    let earlier = shown(&mut page);
    assert!(!earlier.1.contains("kubectl delete"), "the terminal is that of the moment: {}", earlier.1);
    assert_eq!(page.eval("document.querySelector('[data-pod=flask-1] .kept')"), json!(null));
    press(&mut page, HOME);
    assert_eq!(seconds(&mut page), 0);
    press(&mut page, END);
    press(&mut page, LEFT);
    assert_eq!(shown(&mut page), first_time);
    page.assert_no_complaints();
}

#[test]
fn acting_in_the_past_makes_a_branch_to_switch_to_compare_and_discard() {
    let mut page = settled(View::DESKTOP);
    pause(&mut page);
    let (whole, at) = (shown(&mut page).0, seconds(&mut page));
    drag_to(&mut page, 12);
    page.click(LINE);
    page.type_keys("kubectl scale sts flask --replicas=1\n");
    page.wait("there are two branches", "document.querySelectorAll('.branches li').length === 2");
    assert_eq!(
        page.eval("document.querySelector('.branches .shown input').value"),
        "scale sts flask --replicas=1"
    );
    page.wait("one lane is left", "document.querySelectorAll('.lane').length === 1");
    // Time passes while it is written.
    page.click_named("To the start");
    page.click_named("Play");
    page.paste(".branches .shown input", "just one");
    page.wait("it is another moment", "document.querySelector('.time').innerText > '0:03'");
    page.type_keys(ENTER);
    page.wait("it has its name", "document.querySelector('[aria-label=\"Delete just one\"]')");

    page.click(".branches li:not(.shown) button");
    page.wait("the first story is shown", "document.querySelectorAll('.lane').length === 3");
    pause(&mut page);
    drag_to(&mut page, at);
    assert_eq!(seconds(&mut page), at);
    press(&mut page, END);
    let pods = |html: &str| html.matches("data-pod=").count();
    assert_eq!(pods(&shown(&mut page).0), pods(&whole), "the old future is still there");
    page.click_named("Compare with just one");
    page.wait("they differ", "document.querySelector('.compared').innerText.includes('pod/flask-2')");
    assert!(page.text(".compared").contains("not there"));
    page.screenshot("branches-compared");
    page.click_named("Delete just one");
    page.wait("one branch is left", "!document.querySelector('.branches')");
    assert_eq!(page.eval("document.querySelector('.compared')"), json!(null));
    page.assert_no_complaints();
}

#[test]
fn a_stuck_rollout_says_why_and_what_helps() {
    let mut page = settled(View::DESKTOP);
    page.click_named("Trouble for flask-2");
    page.wait("the menu is open", "document.querySelector('#faults:popover-open')");
    page.screenshot("fault-menu");
    page.click_named("Roll out an image that can't be pulled");
    page.wait("the menu is closed", "!document.querySelector('#faults:popover-open')");
    let remedy = |command: &str| format!("document.querySelector('.remedy')?.innerText === '{command}'");
    page.wait("a rollback is offered", &remedy("kubectl rollout undo statefulset/flask"));
    assert_eq!(page.text(".why h2"), "Why does the rollout not go on?");
    page.click_named("Show the rule");
    assert!(
        page.text(".why aside").contains("Kubernetes docs: Forced rollback"),
        "it says at once what it takes"
    );
    page.click_named("Hide the rule");
    page.click(".remedy");
    page.wait("deleting the pod is offered", &remedy("kubectl delete pod flask-2"));
    page.click_named("Show the rule");
    assert!(page.text(".why aside").contains("Kubernetes docs: Forced rollback"));
    page.screenshot("stuck-rollout");
    page.click(".remedy");
    page.wait("it has recovered", SETTLED);
    let screen = page.text(".screen");
    for command in ["set image statefulset/flask", "rollout undo statefulset/flask", "delete pod flask-2"] {
        assert!(screen.contains(command), "{command} went into the terminal: {screen}");
    }
    page.assert_no_complaints();
}

#[test]
fn each_part_answers_for_itself_and_shows_its_field() {
    let mut page = Page::open_at(View::DESKTOP, "?t=14&autoplay=0");
    page.wait("flask-0 is Ready", "document.querySelector('[data-pod=flask-0].ready')");
    page.wait(
        "the controller knows",
        "document.querySelector('.why p')?.innerText.includes('minReadySeconds')",
    );
    page.click("[data-pod=flask-2] .ask");
    page.wait(
        "it is asked",
        "document.querySelector('.why h2').innerText === 'Why is flask-2 not there yet?'",
    );
    page.click("[data-claim=www-flask-0] .ask");
    page.wait("it is asked", "document.querySelector('.why h2').innerText === 'www-flask-0 is Bound'");
    page.click_named("The whole set");
    page.wait(
        "the set is asked",
        "document.querySelector('.why h2').innerText === 'Why is flask-1 not there yet?'",
    );
    page.click_named("Show the rule");
    page.wait(
        "its field is marked",
        "document.querySelector('.editor .marked')?.innerText.includes('minReadySeconds: 10')",
    );
    assert!(page.text(".why aside").contains("Kubernetes docs: Minimum ready seconds"));
    page.assert_no_complaints();
}

#[test]
fn space_plays_and_pauses_after_a_click_and_escape_leaves_a_field() {
    let mut page = Page::open_at(View::DESKTOP, "?t=14&autoplay=1");
    page.wait("flask-0 is Ready", "document.querySelector('[data-pod=flask-0].ready')");
    const PAUSED: &str = "document.querySelector('.play').innerText.includes('Play')";
    page.click("[aria-label='Delete flask-0']");
    page.type_keys(" ");
    page.wait("Space pauses", PAUSED);
    let typed = "document.querySelector('.screen').innerText.split('kubectl delete pod flask-0').length - 1";
    assert_eq!(page.eval(typed), 1, "Space presses the button no second time");
    page.click(LINE);
    page.type_keys(ESCAPE);
    page.type_keys(" ");
    page.wait("Space plays", &format!("!({PAUSED})"));
    page.assert_no_complaints();
}

#[test]
fn the_keyboard_alone_moves_time_and_makes_faults() {
    let mut page = Page::open_at(View::DESKTOP, "?t=14&autoplay=1");
    page.wait("flask-0 is Ready", "document.querySelector('[data-pod=flask-0].ready')");
    press(&mut page, " ");
    page.wait("it is paused", "document.querySelector('.play').innerText.includes('Play')");
    let here = page.text(".time");
    press(&mut page, "[[");
    page.wait(
        "it is another moment",
        &format!("document.querySelector('.time').innerText !== {}", json!(here)),
    );
    press(&mut page, "]");
    press(&mut page, RIGHT);
    press(&mut page, "?");
    page.wait(
        "the keys are listed",
        "document.querySelector('#keys:popover-open')?.innerText.includes('Space')",
    );
    page.type_keys(ESCAPE);
    page.wait("the list is closed", "!document.querySelector('#keys:popover-open')");

    let tab_to = |page: &mut Page, what: &str, css: &str| {
        for _ in 0..150 {
            if page.eval(&format!("document.activeElement.matches({})", json!(css))) == true {
                return;
            }
            // In the editor Tab indents.
            if page.eval("document.activeElement.matches('.editor textarea')") == true {
                page.type_keys(ESCAPE);
            }
            page.type_keys("\t");
        }
        panic!("{what} can't be reached with Tab");
    };
    press(&mut page, END);
    let end = seconds(&mut page);
    tab_to(&mut page, "the playhead", ".scrub");
    page.type_keys(PAGE_DOWN);
    assert_eq!(seconds(&mut page), (end - 10).max(0));
    press(&mut page, END);
    tab_to(&mut page, "the menu of flask-0", "[aria-label='Trouble for flask-0']");
    page.type_keys(ENTER);
    page.wait("the menu is open", "document.querySelector('#faults:popover-open')");
    page.wait(
        "its first item has the focus",
        "document.activeElement.matches('#faults li:first-child button')",
    );
    let first = page.eval("document.activeElement.innerText");
    page.type_keys(ESCAPE);
    page.wait(
        "the focus is given back",
        "document.activeElement.matches('[aria-label=\"Trouble for flask-0\"]')",
    );
    page.type_keys(ENTER);
    page.wait(
        "its first item has the focus",
        "document.activeElement.matches('#faults li:first-child button')",
    );
    page.type_keys("\u{e013}");
    page.wait("up is the last", "document.activeElement.matches('#faults li:last-child button')");
    page.type_keys(DOWN);
    page.wait("down is the first", &format!("document.activeElement.innerText === {first}"));
    page.type_keys(DOWN);
    page.wait("down is another", &format!("document.activeElement.innerText !== {first}"));
    page.type_keys(DOWN);
    page.wait("down is the third", "document.activeElement.innerText === 'Delete'");
    let goes = page.watch("document.querySelector('[data-pod=flask-0].term')");
    page.type_keys(ENTER);
    page.wait("flask-0 is told to go", &goes);
    page.assert_no_complaints();
}

#[test]
fn with_reduced_motion_the_same_is_told_in_steps() {
    let mut page = settled(View::DESKTOP.still());
    page.click_named("4×");
    let seen = ["term", "pending"]
        .map(|state| (state, page.watch(&format!("document.querySelector('[data-pod=flask-1].{state}')"))));
    page.run(
        "window.moving = 0;
        const look = () => {
            moving = Math.max(moving, document.getAnimations().length);
            requestAnimationFrame(look);
        };
        look();",
    );
    page.click_named("Delete flask-1");
    for (state, seen) in &seen {
        page.wait(state, seen);
    }
    page.wait("ready", "document.querySelector('[data-pod=flask-1].ready')");
    assert_eq!(page.eval("moving"), 0, "nothing moves by itself");
    assert!(page.text("[data-pod=flask-1] .kept").contains("uid, IP"));
    page.assert_no_complaints();
}

#[test]
fn the_menu_of_faults_is_at_hand_on_a_phone() {
    let mut page = settled(View::PHONE);
    page.click_named("Trouble for flask-1");
    page.wait("the menu is open", "document.querySelector('#faults:popover-open')");
    let fits = "(() => { const b = document.querySelector('#faults').getBoundingClientRect();
        return b.left === 0 && b.right === innerWidth && Math.abs(b.bottom - innerHeight) <= 1; })()";
    page.wait("it is a sheet at the bottom", fits);
    assert_eq!(
        page.eval("[...document.querySelectorAll('#faults button')].every(b => b.offsetHeight >= 40)"),
        true,
        "thumbs can hit it"
    );
    page.screenshot("fault-phone");
    page.click_named("Readiness fails");
    page.wait("it is not Ready", "document.querySelector('[data-pod=flask-1].run')");
    page.assert_no_complaints();
}

#[test]
fn the_same_log_gives_the_same_history_natively_and_in_wasm() {
    let manifest = scene::examples::EXAMPLES[0].text;
    let commands = "30000 kubectl delete pod flask-0\n60500 trouble node chhan-k8s-2 down\n\
        70250 kubectl scale sts flask --replicas=5\n500000 kubectl get pods -o wide";
    let until = 700_000.0;
    let native = ordinal::fingerprint(manifest, commands, until);
    let mut page = Page::open(View::DESKTOP);
    page.run(&format!(
        "const [js] = document.querySelector('meta[name=\"ordinal-app\"]').content.split(' ');
        import(new URL(js, document.baseURI)).then(m => window.print = m.fingerprint({}, {}, {until}));",
        json!(manifest),
        json!(commands)
    ));
    let wasm = page.wait("the page has played the log", "window.print");
    assert_eq!(wasm, native.as_str());
    assert_ne!(native, ordinal::fingerprint(manifest, "", until), "it depends on the log");
}
