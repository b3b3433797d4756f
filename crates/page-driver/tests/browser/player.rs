//! `<ordinal-player>` in other pages: posters, the program when it is wanted, what can be wrong.

use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::json;

use page_driver::page::{Page, View, copy, dist};
use page_driver::server::Fault;

/// A set of two pods, indented as it is in a page.
const YAML: &str = "
    apiVersion: apps/v1
    kind: StatefulSet
    metadata:
      name: web
    spec:
      serviceName: web
      replicas: 2
      selector: { matchLabels: { app: web } }
      template:
        metadata: { labels: { app: web } }
        spec: { containers: [{ name: web, image: nginx }] }
";

/// Notes what the players tell, and what the page complains of.
const NOTES: &str = "<script>
    window.events = [];
    for (const type of ['ready', 'timeupdate', 'change', 'settled'])
        addEventListener(type, event => events.push([type, event.detail.state, event.target.id]));
    window.warnings = [];
    const warn = console.warn;
    console.warn = (...words) => warnings.push(String(words[0]));
    window.mistakes = [];
    addEventListener('error', event => mistakes.push(event.message));
    addEventListener('unhandledrejection', event => mistakes.push(String(event.reason)));
</script>";

/// A page around, with the built site beside it in the folder `ordinal`.
struct Around(PathBuf);

impl Around {
    fn new(body: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("ordinal-player-{}-{number}", std::process::id()));
        copy(&dist(), &folder.join("ordinal"));
        let around = Self(folder);
        around.write("index.html", body);
        around
    }

    fn write(&self, name: &str, body: &str) {
        let html = format!(
            "<!doctype html><meta charset=utf-8><link rel=icon href=data:,><title>Around</title>{NOTES}
            <script src=ordinal/ordinal-player.js></script>{body}"
        );
        fs::write(self.0.join(name), html).expect("the folder is there");
    }

    /// Has the server send headers, as hosts do that read this file.
    fn headers(&self, text: &str) {
        fs::write(self.0.join("_headers"), text).expect("the folder is there");
    }

    fn open(&self) -> Page {
        Page::open_site(&self.0, View { width: 900, height: 700, ..View::DESKTOP })
    }
}

impl Drop for Around {
    fn drop(&mut self) {
        // What is left over in the temporary folder harms nobody.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A player as it is written in a page.
fn player(attributes: &str, yaml: &str) -> String {
    format!("<ordinal-player {attributes}><script type=\"text/yaml\">{yaml}</script></ordinal-player>")
}

const ALIVE: &str = "[...document.querySelectorAll('ordinal-player')].filter(p => p.shadowRoot.querySelector('iframe')).length";

#[test]
fn a_poster_first_and_the_program_when_it_is_wanted() {
    let around = Around::new(&player("id=a speed=8 controls=play commands='20s kubectl get pods'", YAML));
    let mut page = around.open();
    page.wait("the poster is there", "a.shadowRoot.querySelector('button b')?.textContent === 'web'");
    page.screenshot("player-poster");
    assert_eq!((page.eval("a.state"), page.eval(ALIVE)), (json!("poster"), json!(0)));
    assert!(!page.requests().iter().any(|url| url.contains("index.html") || url.ends_with(".wasm")));
    page.run("a.shadowRoot.querySelector('button').click();");
    page.wait("it is ready", "events.some(([type]) => type === 'ready')");
    let inside = "a.shadowRoot.querySelector('iframe').contentDocument";
    page.wait("its own set plays", &format!("{inside}.querySelectorAll('[data-pod^=web-]').length >= 2"));
    page.screenshot("player-alive");
    page.wait("it comes to rest", "a.state === 'settled' && events.some(([type]) => type === 'settled')");
    assert_eq!(page.eval("events.some(([type]) => type === 'timeupdate')"), true);
    assert_eq!(
        page.eval(&format!("!!{inside}.querySelector('.tracks')?.offsetHeight")),
        false,
        "controls=play"
    );

    // Its methods.
    page.run("a.seek(5);");
    page.wait("it is at another moment", "Math.abs(a.time - 5) < 0.1");
    page.run("a.play(); a.pause(); a.step();");
    page.wait("it is at the next event", "a.time > 5.1 && a.state === 'paused'");
    page.run("a.run('kubectl scale sts web --replicas=3'); a.play();");
    page.wait("a command runs", &format!("!!{inside}.querySelector('[data-pod=web-2]')"));
    page.run("a.seek(1e9);");
    page.wait("no moment is so late", "warnings.some(text => text.includes('seek'))");

    // As the page around is.
    page.run("document.documentElement.dataset.bsTheme = 'dark';");
    page.wait("it is dark, too", &format!("{inside}.documentElement.dataset.theme === 'dark'"));
    page.run("document.documentElement.dataset.bsTheme = 'light';");
    page.wait("and light", &format!("{inside}.documentElement.dataset.theme === 'light'"));

    // Moved, it goes on where it was; removed, nothing is left; a clone begins with its poster.
    page.run("a.pause(); a.seek(5);");
    page.wait("it stands still", "a.state === 'paused' && Math.abs(a.time - 5) < 0.1");
    page.run(
        "events.length = 0; const p = document.createElement('p'); document.body.append(p); p.append(a);",
    );
    page.wait("it is ready again", "events.some(([type]) => type === 'ready') && Math.abs(a.time - 5) < 0.1");
    page.run("window.b = a.cloneNode(true); b.id = 'b'; a.remove(); document.body.append(b);");
    page.wait("the clone has its poster", "b.shadowRoot.querySelector('button b')?.textContent === 'web'");
    assert_eq!(page.eval(ALIVE), 0);
    page.run("b.play(); b.remove();");
    assert_eq!(page.eval("mistakes"), json!([]));
    page.assert_no_complaints();
}

/// Without a program a poster shows what its manifest says: the set, and as many pods; or the picture that is named, if it is there.
#[test]
fn a_poster_shows_the_pods_or_the_picture_that_is_named() {
    let many = YAML.replace("replicas: 2", "replicas: 12").replace("name: web", "name: 'shop'");
    let other = "apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: a }\nspec: { replicas: 4 }\n---\n\
        apiVersion: apps/v1\nkind: StatefulSet\nmetadata: { name: b }\n---\nkind: Deployment\nspec: { replicas: 5 }\n";
    let around = Around::new(
        &[
            player("id=few", YAML),
            player("id=many", &many),
            player("id=none", "kind: Deployment\nspec: { replicas: 3 }"),
            player("id=others", other),
            player("id=drawn poster=ordinal/walk.svg", YAML),
            player("id=lost poster=data:image/png,", YAML),
        ]
        .concat(),
    );
    let mut page = around.open();
    let seen = |id: &str| {
        format!(
            "[...{id}.shadowRoot.querySelectorAll('button b')].filter(b => b.checkVisibility()).map(b => b.textContent)"
        )
    };
    page.wait("the picture is there", "drawn.shadowRoot.querySelector('img')?.naturalWidth > 100");
    page.wait("the other can't be", "!lost.shadowRoot.querySelector('img')");
    for (id, names) in [
        ("few", json!(["web", "web-0", "web-1"])),
        ("many", json!(["shop", "shop-0", "shop-1", "shop-2", "shop-3", "shop-4", "shop-5", "shop-…"])),
        ("none", json!(["Ordinal"])),
        ("others", json!(["b", "b-0"])),
        ("drawn", json!([])),
        ("lost", json!(["web", "web-0", "web-1"])),
    ] {
        assert_eq!(page.eval(&seen(id)), names, "{id}");
    }
    let cut = "[...few.shadowRoot.querySelectorAll('b, i')].filter(part => {
        const box = part.getBoundingClientRect(), frame = few.getBoundingClientRect();
        return !box.width || box.left < frame.left || box.right > frame.right || box.bottom > frame.bottom;
    }).length";
    assert_eq!(page.eval(cut), 0);
    page.screenshot("player-poster-pods");
    page.assert_no_complaints();
}

#[test]
fn of_ten_players_two_are_alive_and_those_are_seen() {
    let posters: String = (0..10).map(|_| player("", YAML)).collect();
    let around = Around::new(&posters);
    around.write("playing.html", &(0..10).map(|_| player("autoplay speed=4", YAML)).collect::<String>());
    let mut page = around.open();
    let posters = "[...document.querySelectorAll('ordinal-player')].filter(p => p.shadowRoot.querySelector('button')).length";
    page.wait("there are ten posters", &format!("{posters} === 10"));
    page.run("scrollTo(0, 1e6);");
    page.wait_for_pictures();
    assert_eq!(page.eval(ALIVE), 0, "nobody wanted one");
    assert!(!page.requests().iter().any(|url| url.contains("index.html") || url.ends_with(".wasm")));

    page.visit("playing.html");
    page.wait("two are there", "document.querySelectorAll('ordinal-player').length === 10 && events.filter(([type]) => type === 'ready').length === 2");
    assert_eq!(page.eval(ALIVE), 2);
    page.screenshot("player-ten");
    page.run("document.querySelectorAll('ordinal-player')[9].scrollIntoView();");
    // It may have come to rest already.
    let has_played = |place: usize| {
        format!("['playing', 'settled'].includes(document.querySelectorAll('ordinal-player')[{place}].state)")
    };
    page.wait("the last is alive", &has_played(9));
    assert_eq!(page.eval(ALIVE), 2);
    page.run("document.querySelectorAll('ordinal-player')[4].play();");
    page.wait("a method wants it", &has_played(4));
    page.assert_no_complaints();
}

#[test]
fn what_is_wrong_is_said_once() {
    let around = Around::new("");
    let long = "x".repeat(600_000);
    let big = format!("# {}\n", "y".repeat(3 << 20));
    let mut page = around.open();
    for (name, body, words) in [
        ("yaml", player("id=a loading=eager", "kind: [StatefulSet\n"), "line 1"),
        (
            "src",
            "<ordinal-player id=a loading=eager src=missing.yaml></ordinal-player>".into(),
            "missing.yaml could not be loaded",
        ),
        ("link", format!("<ordinal-player id=a loading=eager link='#{long}'></ordinal-player>"), "too long"),
        ("3-mb", player("id=a loading=eager", &big), "too large"),
        (
            "policy",
            format!(
                "<meta http-equiv=Content-Security-Policy content=\"frame-src 'none'\">{}",
                player("id=a loading=eager", YAML)
            ),
            "policy (frame-src)",
        ),
    ] {
        around.write(&format!("{name}.html"), &body);
        page.forget();
        page.visit(&format!("{name}.html"));
        page.wait(
            &format!("{name}: it is said"),
            "a.state === 'failed' && a.shadowRoot.querySelector('[role=alert]')",
        );
        let said = page.eval("a.shadowRoot.querySelector('[role=alert]').textContent");
        assert!(said.as_str().is_some_and(|said| said.contains(words)), "{name}: {said}");
        page.screenshot(&format!("player-wrong-{name}"));
        assert_eq!(page.eval("warnings.length"), 1, "{name}: {}", page.eval("warnings"));
        assert_eq!((page.eval("mistakes"), page.eval(ALIVE)), (json!([]), json!(0)), "{name}");
    }
}

/// A file that can't be had yet, a frame that has only begun: what is taken away then leaves nothing behind.
#[test]
fn what_is_taken_away_while_it_loads_leaves_nothing() {
    let around = Around::new(&player("id=a", YAML));
    fs::write(around.0.join("late.yaml"), YAML).expect("the folder is there");
    let mut page = around.open();
    page.wait("its poster is there", "a.shadowRoot.querySelector('button b')?.textContent === 'web'");
    // While its file is on its way.
    page.server().fail("late.yaml", Fault::Hold, 1);
    page.run(
        "window.one = a; window.late = document.createElement('ordinal-player'); late.setAttribute('src', 'late.yaml'); document.body.append(late); late.play();",
    );
    page.wait("it loads", "late.state === 'loading'");
    page.run("late.remove();");
    page.server().mend();
    page.wait("it is a poster again", "late.state === 'poster'");
    // While its frame is: at once, and after some time.
    for pause in [0, 1, 30, 300] {
        page.run(&format!(
            "window.gone = false; one.play(); setTimeout(() => {{ one.remove(); gone = true; }}, {pause});"
        ));
        page.wait("it is gone", "gone && one.state === 'poster'");
        page.run("document.body.append(one); one.remove(); document.body.append(one);");
        assert_eq!(page.eval("late.shadowRoot.querySelectorAll('iframe').length"), 0);
    }
    // Moved before anything has come, it goes on; cloned meanwhile, there is a poster.
    page.run("a.play(); const p = document.createElement('p'); document.body.append(p); p.append(a); window.b = a.cloneNode(true); b.id = 'b'; document.body.append(b);");
    page.wait("it plays where it was put", "a.state === 'playing' && a.time > 0");
    page.wait("the clone is a poster", "b.state === 'poster' && !!b.shadowRoot.querySelector('button')");
    assert_eq!(
        (page.eval("mistakes"), page.eval("warnings"), page.eval(ALIVE)),
        (json!([]), json!([]), json!(1))
    );
    page.assert_no_complaints();
}

/// Where a page may have neither storage nor workers the player plays all the same.
#[test]
fn a_sandbox_and_a_policy_against_workers_are_lived_with() {
    let around = Around::new(&player("id=a commands='20s kubectl get pods'", YAML));
    around.write("frame.html", &player("id=a sandbox=allow-scripts commands='20s kubectl get pods'", YAML));
    around.write("sandboxed.html", &player("id=a commands='20s kubectl get pods'", YAML));
    around.headers(
        "/*\n  Access-Control-Allow-Origin: *\n  Content-Security-Policy: worker-src 'none'\n\
         /sandboxed.html\n  Content-Security-Policy: sandbox allow-scripts\n",
    );
    let mut page = around.open();
    for name in ["index.html", "frame.html", "sandboxed.html"] {
        page.visit(name);
        page.wait("its poster is there", "a.shadowRoot.querySelector('button b')?.textContent === 'web'");
        let forbidden = "(() => { try { return !localStorage; } catch { return true; } })()";
        assert_eq!(page.eval(forbidden), name == "sandboxed.html", "{name}");
        page.run("a.play();");
        page.wait(&format!("{name}: it plays"), "a.state === 'playing' && a.time > 1");
        page.run("a.pause(); a.seek(5);");
        page.wait(&format!("{name}: it is at another moment"), "Math.abs(a.time - 5) < 0.1");
        assert_eq!((page.eval("mistakes"), page.eval("warnings")), (json!([]), json!([])), "{name}");
    }
    page.assert_no_complaints();
}

#[test]
fn a_second_script_of_another_version_is_not_used() {
    let around = Around::new(&player("id=a", YAML));
    let script = fs::read_to_string(around.0.join("ordinal/ordinal-player.js")).expect("it is built");
    let version = env!("CARGO_PKG_VERSION");
    assert!(script.contains(version), "the script is of the workspace's version");
    fs::write(around.0.join("ordinal/other.js"), script.replace(version, "9.9.9")).expect("a file");
    around.write("two.html", &format!("<script src=ordinal/other.js></script>{}", player("id=a", YAML)));
    let mut page = around.open();
    page.visit("two.html");
    page.wait("its poster is there", "a.shadowRoot.querySelector('button b')?.textContent === 'web'");
    let warnings = page.eval("warnings");
    assert!(warnings[0].as_str().is_some_and(|text| text.contains("9.9.9")), "{warnings}");
    assert_eq!((page.eval("warnings.length"), page.eval("mistakes")), (json!(1), json!([])));
    // The same one twice is nothing to speak of.
    around.write(
        "twice.html",
        &format!("<script src=ordinal/ordinal-player.js></script>{}", player("id=a", YAML)),
    );
    page.visit("twice.html");
    page.wait("its poster is there", "a.shadowRoot.querySelector('button b')?.textContent === 'web'");
    assert_eq!((page.eval("warnings"), page.eval("mistakes")), (json!([]), json!([])));
}

/// Chooses in the dialog's menu of this label.
fn choose(page: &mut Page, label: &str, place: usize) {
    page.run(&format!(
        "const menu = [...document.querySelectorAll('dialog label')].find(l => l.innerText.startsWith({})).querySelector('select');
        menu.selectedIndex = {place}; menu.dispatchEvent(new Event('change', {{ bubbles: true }}));",
        json!(label)
    ));
}

#[test]
fn the_code_that_the_dialog_gives_shows_the_moment_in_another_page() {
    let mut page = crate::settled(View::DESKTOP);
    page.allow_clipboard();
    page.click_named("One event back");
    let time = page.eval("document.querySelector('.time').textContent");
    page.click_named("Embed");
    page.wait("its picture is there", "document.querySelector('dialog .preview')?.naturalWidth === 800");
    page.screenshot("embed-dialog");
    assert_eq!(page.complaints_of_axe(), Vec::<String>::new());
    let mut codes = Vec::new();
    let shown = "document.querySelector('dialog textarea').value";
    for place in 0..7 {
        let before = page.eval(shown);
        choose(&mut page, "where", place);
        // The menu begins with the first one.
        page.wait("its code is shown", &format!("{place} === 0 || {shown} !== {before}"));
        page.click_named("Copy the code");
        page.wait("it is said", "document.querySelector('dialog [role=status]').innerText === 'Copied.'");
        page.wait("it is copied", &format!("navigator.clipboard.readText().then(text => text === {shown})"));
        codes.push(page.eval(shown).as_str().expect("a text").to_owned());
    }
    choose(&mut page, "size", 0);
    page.wait("it is smaller", "document.querySelector('dialog .preview').naturalWidth === 480");
    page.assert_no_complaints();
    assert!(
        codes[3].starts_with("```ordinal {link=\"#") && codes[5].starts_with(".. raw:: html\n\n   <script")
    );
    assert_eq!(codes[6], "![Ordinal: flask](flask.svg)");

    // HTML with the element, a frame, and a block of Markdown, as they are.
    let around = Around::new("");
    let mut other = around.open();
    for (name, code) in [("element", &codes[0]), ("frame", &codes[1]), ("markdown", &codes[2])] {
        let html = format!(
            "<!doctype html><meta charset=utf-8><link rel=icon href=data:,><title>Around</title>{code}"
        );
        fs::write(around.0.join("index.html"), html.replace(page.base(), "ordinal/"))
            .expect("the folder is there");
        other.forget();
        other.visit("");
        let frame = if name == "frame" {
            "document.querySelector('iframe')"
        } else {
            other.wait(
                "its poster is there",
                "document.querySelector('ordinal-player')?.shadowRoot?.querySelector('button')",
            );
            other.run("document.querySelector('ordinal-player').shadowRoot.querySelector('button').click();");
            "document.querySelector('ordinal-player').shadowRoot.querySelector('iframe')"
        };
        other.wait(
            &format!("{name}: the moment is there"),
            &format!(
                "{frame}.contentDocument.querySelector('.time')?.textContent === {time}
                && !!{frame}.contentDocument.querySelector('[data-pod^=flask-]')"
            ),
        );
        other.screenshot(&format!("embed-code-{name}"));
    }
}

#[test]
fn a_plain_frame_says_how_high_it_would_be_and_shows_a_panel() {
    let frame = "<script>window.said = []; addEventListener('message', ({ data, origin }) => said.push({ ...data, origin }));
        document.write('<iframe id=f width=900 height=620 src=\"ordinal/index.html?embed=1&panels=terminal,dns&t=30&origin=' + origin + '\">')</script>";
    let around = Around::new(frame);
    around.write(
        "poster.html",
        "<iframe id=f width=800 height=450 src='ordinal/index.html?embed=1&poster=1&t=14'></iframe>",
    );
    let mut page = around.open();
    page.wait(
        "it says its height",
        "said.some(({ is, height }) => is === 'size' && height > 200 && height < 2000)",
    );
    page.wait("there are tabs", "f.contentDocument.querySelectorAll('.embedded .tabs button').length === 2");
    page.screenshot("embed-panels");
    assert_eq!(page.eval("said.every(data => data.origin === origin && data.ordinal === 1)"), true);
    // Who is not the page around is not heard.
    page.run("f.contentWindow.dispatchEvent(new MessageEvent('message', { source: window, origin: 'https://other.example', data: { ordinal: 1, do: 'seek', value: 3 } }));");
    page.run("f.contentWindow.postMessage({ ordinal: 1, do: 'seek', value: 7 }, origin);");
    page.wait("the page around is", "said.some(({ is, time }) => is === 'state' && time === 7)");
    assert_eq!(page.eval("said.some(({ time }) => time === 3)"), false);
    page.assert_no_complaints();

    page.visit("poster.html");
    page.wait("there is a poster", "!!f.contentDocument?.querySelector('button.poster')");
    page.screenshot("embed-poster");
    assert_eq!(page.eval("!!f.contentDocument.querySelector('.embedded')"), false);
    page.run("f.contentDocument.querySelector('button.poster').click();");
    page.wait("the program is there", "!!f.contentDocument.querySelector('.embedded .lane')");
}
