//! The page opens: from any folder, by itself, without a word of complaint, from one site.

use std::collections::BTreeSet;

use page_driver::page::{Page, View, dist};

#[test]
fn opens_in_a_subfolder_without_errors_or_foreign_requests() {
    let mut page = Page::open(View::DESKTOP);
    assert_eq!(page.title(), "Ordinal: watch a StatefulSet think");
    assert_eq!(page.text("h1"), "Ordinal");
    page.screenshot("opening-light");
    page.assert_no_complaints();
}

#[test]
fn loads_first_what_the_size_is_counted_of() {
    let mut page = Page::open(View::DESKTOP);
    let base = page.base().to_owned();
    let asked: Vec<String> = page
        .requests()
        .iter()
        .filter_map(|url| url.strip_prefix(&base))
        .map(|name| if name.is_empty() { "index.html".to_owned() } else { name.to_owned() })
        // What browsers ask for by themselves, and nothing waits for.
        .filter(|name| !name.starts_with("icon-") && name != "app.webmanifest")
        .collect();
    let counted = page_driver::critical_path::critical_path(&dist()).expect("the built page can be read");
    let is_later = |name: &String| {
        ["opening-", "rollout-", "deferred-", "commands-", "hands-"].iter().any(|part| name.starts_with(part))
    };
    let (later, first): (Vec<String>, Vec<String>) = asked.iter().cloned().partition(is_later);
    assert_eq!(first.into_iter().collect::<BTreeSet<String>>(), counted);
    assert!(asked.ends_with(&later), "what comes later is asked for when all else is there: {asked:?}");
    let (styles, parts): (Vec<&str>, Vec<&str>) =
        later.iter().filter_map(|name| name.split('-').next()).partition(|kind| *kind == "hands");
    assert_eq!(parts, ["opening", "rollout", "deferred", "commands"], "each once, in order");
    assert_eq!(styles.len(), 1, "what is seen once somebody does something has its style, once");
    assert!(later[0].starts_with("opening-"), "nothing comes before the first pod's part: {later:?}");
    let never_stood_still = |page: &mut Page| {
        assert_eq!(
            page.eval("performance.getEntriesByType('navigation')[0].type"),
            "navigate",
            "something ran before its part was there: `cargo xtask profile` measures anew what runs when"
        );
    };
    never_stood_still(&mut page);
    // On a slow machine more has happened by the time that a part is there.
    page.devtools("Emulation.setCPUThrottlingRate", serde_json::json!({ "rate": 8 }));
    page.goto("");
    never_stood_still(&mut page);
}

#[test]
fn warms_up_where_nobody_sees_it() {
    // Without motion a busy machine has idle moments for it.
    let mut page = Page::open(View::DESKTOP.still());
    page.run(
        "window.others = 0;
        new MutationObserver(() => others += document.querySelectorAll('.cells, [data-pod^=many]').length)
            .observe(document.body, { subtree: true, childList: true });",
    );
    page.wait("the warm-up is over", "window.ordinalWarm");
    page.wait("the story goes on", "document.querySelector('[data-pod=flask-0].ready')");
    assert_eq!(page.eval("others"), 0, "something of the warm-up was on the page");
    assert!(!page.text(".screen").contains("many"));
    page.assert_no_complaints();
}

#[test]
fn follows_the_dark_scheme_and_fits_a_phone() {
    let mut page = Page::open(View::PHONE.dark());
    assert_eq!(page.eval("matchMedia('(prefers-color-scheme: dark)').matches"), true);
    assert_eq!(page.eval("innerWidth"), View::PHONE.width);
    assert_eq!(
        page.eval("document.documentElement.scrollWidth <= innerWidth"),
        true,
        "the page scrolls sideways"
    );
    page.screenshot("opening-phone-dark");
    page.assert_no_complaints();
}

#[test]
fn the_policy_refuses_what_the_page_must_not_do_and_the_tests_see_it() {
    let mut page = Page::open(View::DESKTOP);
    page.run("fetch('https://elsewhere.invalid/data').catch(() => window.refused = true);");
    page.wait("the request to elsewhere is refused", "window.refused");
    page.run("document.body.setAttribute('style', 'color: red');");
    page.run("const s = document.createElement('script'); s.textContent = 'window.ran = true'; document.body.append(s);");
    assert_eq!(page.eval("window.ran === undefined"), true);
    page.run("console.error('from the page');");

    let console = page.console().join("\n");
    for directive in ["connect-src", "style-src", "script-src", "from the page"] {
        assert!(console.contains(directive), "{directive} is not in the console: {console}");
    }
    let complained = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| page.assert_no_complaints()));
    assert!(complained.is_err(), "the complaints were overlooked");
}

#[test]
fn sides_are_made_wider_by_hand_and_stay_so() {
    const WIDTHS: &str = "[...document.querySelectorAll('.side')].map(side => Math.round(side.offsetWidth))";
    let mut page = Page::open(View::DESKTOP);
    assert_eq!(page.eval(WIDTHS), serde_json::json!([300, 376]));
    page.run("document.querySelector('[aria-label=\"Width of the panel\"]').focus();");
    // It takes the keys for itself.
    page.type_keys("\u{e012}\u{e012}");
    page.wait("the panel is wider", &format!("{WIDTHS}[1] > 376"));
    page.wait("time goes on", "document.querySelector('[aria-label=Pause]')");
    page.drag((300.0, 300.0), (360.0, 310.0));
    page.wait("the manifest is wider", &format!("{WIDTHS}[0] === 360"));
    let wider = page.eval(WIDTHS);
    page.reload();
    page.wait("the widths are kept", &format!("JSON.stringify({WIDTHS}) === '{wider}'"));
    page.run("document.querySelectorAll('.edge').forEach(edge => edge.dispatchEvent(new MouseEvent('dblclick', { bubbles: true })));");
    page.wait("they are as they were", &format!("{WIDTHS}.join() === '300,376'"));
    page.assert_no_complaints();
}

/// What the first picture and the program have on the stage, and how far something of it moved that stays (beside it, what is
/// said of the cluster takes another line): noted from the first script on, which is this one.
const WATCHED: &str = r##"
globalThis.moved = 0;
globalThis.seen = {};
new PerformanceObserver((list) => {
  const stays = ({ node }) => (node?.closest ? node : node?.parentElement)?.closest(".set > h2, .service, .lanes");
  for (const entry of list.getEntries()) if (!globalThis.begun && entry.sources.some(stays)) moved += entry.value;
}).observe({ type: "layout-shift", buffered: true });
const look = () => {
  const of = document.querySelector(".first") ? "picture" : "program";
  const places = {};
  for (const part of document.querySelectorAll(".set > h2, .stage > .why, .stage > .service, .lanes > .lane")) {
    const { x, y, width, height } = part.getBoundingClientRect();
    // What the why bar says and how it looks while it says it changes, its place does not.
    const name = part.matches(".why") ? "why" : part.className + part.textContent.slice(0, 8);
    places[name] = [x, y, width, part.matches(".why") ? 0 : height].map(Math.round).join(" ");
  }
  // The story's first moments, before its first pod is there.
  if (Object.keys(places).length >= 6 && !(of in seen)) seen[of] = places;
  if (document.querySelector("#app > :not(.first) .lanes:not([inert])")) {
    globalThis.begun = true;
    seen.story ??= places;
  } else requestAnimationFrame(look);
};
requestAnimationFrame(look);
"##;

#[test]
fn the_program_takes_over_from_the_first_picture_without_a_jump() {
    let mut page = Page::unopened(View::DESKTOP);
    page.before_all(WATCHED);
    for view in [View::DESKTOP, View { width: 1920, height: 1080, ..View::DESKTOP }, View::PHONE] {
        page.forget();
        page.set_view(view);
        page.visit("");
        page.wait("the story has begun", "globalThis.seen?.story");
        let seen = |page: &mut Page, of: &str| page.eval(&format!("JSON.stringify(seen.{of})"));
        let picture = seen(&mut page, "picture");
        assert!(picture.as_str().is_some_and(|places| places.contains("flask-2")), "{picture}");
        assert_eq!(picture, seen(&mut page, "program"), "the program has all where the picture had it");
        assert_eq!(picture, seen(&mut page, "story"), "and so has the story that begins");
        assert_eq!(page.eval("moved"), 0, "nothing on the stage that stays has moved");
        page.wait_for_all();
        assert_eq!(page.eval("document.querySelectorAll('.first, .stage [inert]').length"), 0);
        page.assert_no_complaints();
    }
}

#[test]
fn another_story_does_not_begin_with_the_picture_of_the_first() {
    let mut page = Page::unopened(View::DESKTOP);
    let watch = "globalThis.shown = 0; requestAnimationFrame(function look() {
        if (document.querySelector('#app > :not(.first) .stage .lanes[inert]')) shown += 1;
        requestAnimationFrame(look);
    });";
    page.before_all(watch);
    for address in ["#x", "?embed=1", "?t=5"] {
        page.forget();
        page.visit(address);
        page.wait_for_all();
        assert_eq!(page.eval("shown"), 0, "{address}");
    }
}

#[test]
fn without_scripts_there_is_the_picture_that_moves() {
    let mut page = Page::unopened(View::DESKTOP);
    page.devtools("Emulation.setScriptExecutionDisabled", serde_json::json!({ "value": true }));
    page.visit("");
    page.screenshot("without-scripts");
    let asked = |page: &mut Page| page.requests().iter().any(|url| url.ends_with("/walk.svg"));
    assert!(asked(&mut page), "{:?}", page.requests());
    let mut other = Page::open(View::DESKTOP);
    assert!(!asked(&mut other), "nobody else loads it");
}
