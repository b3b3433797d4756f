//! The page in other languages: Korean; and a pseudo-language made of English, every text accented and two fifths longer, which
//! finds what is not translated, and what has no room.

use messages::{English, RULES, TABLES, hash};
use page_driver::page::{Page, View, copy, dist};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;

/// What reads like English prose where the page's own texts stand: two words in small letters, one after the other. What
/// kubectl, the API server and files say stays as it is.
const ENGLISH: &str = r"(() => {
    const theirs = 'code, pre, kbd, textarea, .editor, .screen, .line, .remedy, option, datalist, .commands, .chip, .events, .text, style, script, .mistakes, .offer';
    const english = text => /(?<![\p{L}\p{M}])[a-z]{2,} [a-z]{2,}(?![\p{L}\p{M}=])/u.test(text.replace(/`[^`]*`/g, ''));
    const found = [];
    const all = document.createTreeWalker(document.querySelector('#app'), NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT);
    for (let node = all.nextNode(); node; node = all.nextNode()) {
        const element = node.nodeType === 3 ? node.parentElement : node;
        if (element.closest(theirs)) continue;
        const texts = node.nodeType === 3 ? [node.data] : ['aria-label', 'title', 'alt'].map(name => node.getAttribute(name) ?? '');
        found.push(...texts.filter(english).map(text => text.trim()));
    }
    return [...new Set(found)];
})()";

/// What is cut off, with nothing that says so and nothing that gives the whole text; and what lies beyond the window's edge.
const CUT: &str = r"(() => {
    const found = [], box = e => e.getBoundingClientRect();
    for (const e of document.querySelectorAll('#app *')) {
        if (!e.checkVisibility() || !box(e).width || e.closest('.editor, .screen, .line, svg, textarea, .skip, .unseen, [popover]:not(:popover-open)')) continue;
        const style = getComputedStyle(e);
        const own = [...e.childNodes].some(node => node.nodeType === 3 && node.data.trim());
        const scrolls = [style.overflowX, style.overflowY].some(overflow => overflow === 'auto' || overflow === 'scroll');
        const told = style.textOverflow === 'ellipsis' || e.title || e.closest('[title], [aria-label]');
        if (own && !scrolls && style.overflowX !== 'visible' && e.scrollWidth > e.clientWidth + 1 && !told) {
            found.push(`cut: ${e.textContent.trim().slice(0, 60)}`);
        }
    }
    for (const e of document.querySelectorAll('.app > header *, .stage > *, .why *, .controls *, .tabs *, nav *')) {
        if (e.checkVisibility() && box(e).width && (box(e).right > innerWidth + 1 || box(e).left < -1)) {
            found.push(`beyond the edge: ${e.outerHTML.slice(0, 80)}`);
        }
    }
    return [...new Set(found)];
})()";

/// A text with accents, and two fifths longer; places and code stay.
fn pseudo(english: &str) -> String {
    let accented = |letter: char| match letter {
        'a' => 'á',
        'e' => 'ë',
        'i' => 'í',
        'o' => 'ö',
        'u' => 'ü',
        'A' => 'Á',
        'E' => 'Ë',
        'O' => 'Ö',
        other => other,
    };
    let mut text = String::new();
    let (mut is_place, mut is_code) = (false, false);
    for letter in english.chars() {
        is_place = (is_place || letter == '{') && letter != '}';
        is_code ^= letter == '`';
        text.push(if is_place || is_code { letter } else { accented(letter) });
    }
    let more = english.chars().count() * 2 / 5;
    let padding: String = "lörëm ípsüm dölör sít ámët ".chars().cycle().take(more).collect();
    [text.trim_end(), " ", padding.trim_end()].concat()
}

/// What a build would make of a file with pseudo-translations of all texts.
fn pseudo_language() -> String {
    let mut all = BTreeMap::new();
    let mut add = |english: &str| {
        if !english.is_empty() {
            all.insert(hash(english), pseudo(english));
        }
    };
    for entry in TABLES.iter().flat_map(|(_, entries)| *entries) {
        match entry.english {
            English::Text(text) => add(text),
            English::List(texts) => texts.iter().for_each(|text| add(text)),
            English::Message(message) => [message.title, message.text].into_iter().for_each(&mut add),
        }
    }
    for (_, rule) in RULES {
        add(rule.text);
        add(rule.section);
    }
    let lines: Vec<String> = all.iter().map(|(hash, text)| format!("{hash:08x} {text}")).collect();
    format!("{{\"title\":\"Psëüdö\"}}\n{}\n", lines.join("\n"))
}

/// Has the file of Korean be this one.
fn in_place_of_korean(page: &mut Page, file: &str) {
    let file = json!(file);
    page.before_all(&format!(
        "const real = fetch; globalThis.fetch = (address, ...rest) => String(address).includes('/ko-')
            ? Promise.resolve(new Response({file})) : real(address, ...rest);"
    ));
}

/// A browser with no page open, in which the file of Korean may be another one.
fn unopened(file: Option<&str>) -> Page {
    let mut page = Page::unopened(View::DESKTOP.still());
    if let Some(file) = file {
        in_place_of_korean(&mut page, file);
    }
    page
}

/// Opens the page for the first time, where two pods are Ready, and in this language, if one is named.
fn open(page: &mut Page, width: u32, height: u32, language: Option<&str>) {
    page.forget();
    page.set_view(View { width, height, ..View::DESKTOP.still() });
    let language = language.map(|language| format!("&lang={language}")).unwrap_or_default();
    page.goto(&format!("?t=28&autoplay=1{language}"));
    page.wait("two pods are Ready", "document.querySelectorAll('.pod.ready').length >= 2");
}

fn list(found: &Value) -> Vec<String> {
    found
        .as_array()
        .expect("a list")
        .iter()
        .map(|text| text.as_str().unwrap_or_default().to_owned())
        .collect()
}

#[test]
fn no_text_is_left_in_english_and_none_is_cut_where_all_are_longer() {
    let file = pseudo_language();
    let mut page = unopened(Some(&file));
    for (width, height) in [(1280, 720), (390, 844)] {
        open(&mut page, width, height, Some("ko"));
        let mut found = Vec::new();
        let views = page.eval(
            "document.querySelectorAll(innerWidth < 700 ? '.app > nav button' : '.tabs button').length",
        );
        for view in 0..views.as_u64().expect("a number") {
            page.run(&format!(
                "document.querySelectorAll(innerWidth < 700 ? '.app > nav button' : '.tabs button')[{view}].click()"
            ));
            page.wait_for_pictures();
            for (what, script) in [("English", ENGLISH), ("", CUT)] {
                let texts = list(&page.eval(script));
                found.extend(texts.into_iter().map(|text| format!("{width}, view {view}: {what} {text}")));
            }
        }
        found.dedup();
        assert!(found.is_empty(), "{}", found.join("\n"));
    }
}

/// What is wrong with what is shown now.
fn wrong(page: &mut Page, what: &str) -> Vec<String> {
    page.wait_for_pictures();
    page.run("document.querySelectorAll('details').forEach(more => more.open = true);");
    let texts = [ENGLISH, CUT].map(|script| list(&page.eval(script))).concat();
    texts.into_iter().map(|text| format!("{what}: {text}")).collect()
}

/// What opens when it is wanted: the lists and dialogs, a lesson's step, its bet, its outcome, what a class sees.
#[test]
fn lessons_and_dialogs_are_translated_and_have_room_where_all_texts_are_longer() {
    let file = pseudo_language();
    let mut page = unopened(Some(&file));
    for (width, height) in [(1280, 720), (390, 844)] {
        let is_wide = width > 700;
        open(&mut page, width, height, Some("ko"));
        page.wait_for_all();
        let mut found = Vec::new();
        if !is_wide {
            page.run("document.querySelector('.app > nav button').click();");
        }
        for (tab, there) in [
            ("#tab-lesson", "document.querySelectorAll('.shelf li').length > 12"),
            ("#tab-cluster", "document.querySelector('#tab-cluster').ariaSelected === 'true'"),
            ("#tab-manifest", "document.querySelector('.editor')?.checkVisibility()"),
        ] {
            page.run(&format!("document.querySelector('{tab}').click();"));
            page.wait(tab, there);
            found.extend(wrong(&mut page, tab));
        }
        let mut dialogs = vec![(
            "the world",
            "[...document.querySelectorAll('button')].find(b => b.textContent.includes('⚙'))",
        )];
        if is_wide {
            dialogs.push(("embed", "document.querySelectorAll('.app > header .embed')[0]"));
            dialogs.push(("export", "document.querySelectorAll('.app > header .embed')[1]"));
        }
        for (what, button) in dialogs {
            page.run(&format!("{button}.click();"));
            page.wait(what, "document.querySelector('dialog[open]')?.checkVisibility()");
            found.extend(wrong(&mut page, what));
            page.type_keys("\u{e00c}");
            page.wait("it is closed", "!document.querySelector('dialog[open]')");
        }
        page.goto("?lang=ko&lesson=delete-a-pod");
        let next = "document.querySelector('.lessons .foot button:last-child')?.ariaDisabled !== 'true'";
        let quick = "[...document.querySelectorAll('.speeds button')].at(-1)?.click();";
        page.wait("the lesson is there", "document.querySelector('.lessons .step')");
        page.run(quick);
        page.wait("the step is done", next);
        found.extend(wrong(&mut page, "a step"));
        page.run("document.querySelector('.lessons .foot button:last-child').click();");
        page.wait("it asks", "document.querySelectorAll('.bet .choice').length === 4");
        found.extend(wrong(&mut page, "a bet"));
        if is_wide {
            page.type_keys("p");
            page.wait("it is shown to a class", "document.querySelector('.app[data-lesson=present] .bet')");
            found.extend(wrong(&mut page, "a bet shown to a class"));
            page.type_keys("p");
        }
        page.type_keys("c\n");
        page.wait("the outcome is there", "document.querySelector('.outcome')");
        found.extend(wrong(&mut page, "an outcome"));
        page.run(quick);
        page.wait("the step is done", next);
        page.run("document.querySelector('.lessons .foot button:last-child').click();");
        page.wait("a task is open", "document.querySelector('.offer button')");
        found.extend(wrong(&mut page, "a task"));
        found.dedup();
        assert!(found.is_empty(), "at {width}:\n{}", found.join("\n"));
    }
}

/// A third language: a file beside the built page that a script made from English, and its name in `index.html`. The program is as
/// it was built.
#[test]
fn a_third_language_is_a_file_and_nothing_else() {
    let folder = std::env::temp_dir().join(format!("ordinal-third-{}", std::process::id()));
    copy(&dist(), &folder);
    fs::write(folder.join("xx-00000001.txt"), pseudo_language()).expect("it is written");
    let index = fs::read_to_string(folder.join("index.html")).expect("it is built");
    let (before, after) = index.split_once("ordinal-languages").expect("it names the languages");
    let (attribute, known) = after.split_once("content=\"").expect("in quotes");
    let more = [before, "ordinal-languages", attribute, "content=\"xx-00000001.txt Psëüdö,", known].concat();
    fs::write(folder.join("index.html"), more).expect("it is written");
    let mut page = Page::unopened_site(&folder, View::DESKTOP.still());
    page.goto("?lang=xx&t=28&autoplay=1");
    page.wait("two pods are Ready", "document.querySelectorAll('.pod.ready').length >= 2");
    assert_eq!(page.eval("document.documentElement.lang"), "xx");
    let offered =
        list(&page.eval("[...document.querySelectorAll('.language option')].map(option => option.value)"));
    assert_eq!(offered.len(), 3, "{offered:?}");
    assert_eq!(list(&page.eval(ENGLISH)), Vec::<String>::new());
    // Its lessons are not written yet: the list says in which language they are.
    page.click("#tab-lesson");
    page.wait("the list is there", "document.querySelectorAll('.shelf li').length > 12");
    assert_eq!(page.eval("document.querySelector('.shelf li [lang]').lang"), "en");
    page.assert_no_complaints();
    let _ = fs::remove_dir_all(folder);
}

#[test]
fn korean_is_chosen_by_the_address_and_by_the_menu_and_kept() {
    let mut page = unopened(None);
    open(&mut page, 1280, 720, Some("ko"));
    assert_eq!(page.eval("document.documentElement.lang"), json!("ko"));
    assert_eq!(page.text(".controls .play span"), "일시 정지");
    assert!(page.title().contains("스테이트풀셋"), "{}", page.title());
    assert_eq!(list(&page.eval(ENGLISH)), Vec::<String>::new());
    page.assert_no_complaints();

    open(&mut page, 1280, 720, None);
    assert_eq!(page.eval("document.documentElement.lang"), json!("en"));
    page.run("const menu = document.querySelector('.language'); menu.value = 'ko'; menu.dispatchEvent(new Event('change', { bubbles: true }));");
    page.wait("the page is Korean", "document.documentElement.lang === 'ko' && window.ordinalPlays");
    page.wait_for_all();
    page.wait("its story has stayed", "document.querySelectorAll('.pod.ready').length >= 2");
    page.goto("");
    assert_eq!(page.eval("document.documentElement.lang"), json!("ko"), "a later visit");
    page.goto("?lang=en");
    assert_eq!(page.eval("document.documentElement.lang"), json!("en"), "the address comes first");
}

/// The menu says the whole name of the language, and nothing of the header lies beyond the edge.
#[test]
fn the_language_is_read_whole_on_a_phone() {
    let cut = "(() => {
        const menu = document.querySelector('.language'), style = getComputedStyle(menu);
        const pen = document.createElement('canvas').getContext('2d');
        pen.font = style.font;
        const arrow = 14, room = menu.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight) - arrow;
        const needed = pen.measureText(menu.selectedOptions[0].text).width;
        const beyond = [...document.querySelectorAll('.app > header > *')].filter(e => e.getBoundingClientRect().right > innerWidth);
        return [...(needed > room ? [`${menu.selectedOptions[0].text}: ${needed} of ${room}`] : []), ...beyond.map(e => e.outerHTML)];
    })()";
    let mut page = unopened(None);
    for (width, language) in [(390, None), (390, Some("ko")), (360, None), (320, None), (320, Some("ko"))] {
        open(&mut page, width, 844, language);
        assert_eq!(list(&page.eval(cut)), Vec::<String>::new(), "at {width}, {language:?}");
    }
}

#[test]
fn a_language_that_can_not_be_had_leaves_the_page_english() {
    for file in ["<!doctype html><p>home", ""] {
        let mut page = unopened(Some(file));
        open(&mut page, 1280, 720, Some("ko"));
        assert_eq!(page.eval("document.documentElement.lang"), json!("en"));
        assert_eq!(page.text(".controls .play span"), "Pause");
    }
}
