//! `cargo xtask bench` in Chromium: the simulation in Wasm by itself, then the built page while a rollout plays.
//!
//! `ORDINAL_BENCH` names a folder with the module `bench.wasm` (crates/kubesim/benches/wasm.rs) and a page that loads
//! nothing; `ORDINAL_DIST` names the built page, if that is to be measured too.

use page_driver::page::{Page, View, copy, dist};
use seed_walk::crowd;
use serde_json::{Value, json};
use std::env;
use std::path::PathBuf;

/// Pods, Parallel, with claims.
const ROLLOUTS: [(u32, bool, bool); 13] = [
    (3, false, false),
    (100, false, false),
    (1_000, false, false),
    // A history of 100,000 writes.
    (4_400, false, false),
    (10_000, false, false),
    (100, false, true),
    (1_000, false, true),
    (100, true, false),
    (1_000, true, false),
    (10_000, true, false),
    (100, true, true),
    (1_000, true, true),
    (10_000, true, true),
];

fn main() {
    let largest: u32 = env::args().skip(1).find_map(|a| a.parse().ok()).unwrap_or(10_000);
    if let Some(folder) = env::var_os("ORDINAL_BENCH") {
        simulation(PathBuf::from(folder), largest);
    }
    if env::var_os("ORDINAL_DIST").is_some() {
        loading();
        players();
        if env::args().any(|argument| argument == "loading") {
            return;
        }
        open(largest.min(1_000) as usize);
        for replicas in [40, 200, 1_000, 10_000].into_iter().filter(|n| *n <= largest) {
            play(replicas);
        }
    }
}

/// A network: its name, bytes a second, milliseconds for each request; and how many times slower than this machine the visitor's
/// is.
const NETWORKS: [(&str, u32, u32, u32); 4] = [
    ("none, 1x", 1 << 30, 0, 1),
    ("none, 4x", 1 << 30, 0, 4),
    ("9 Mbit/s 170 ms, 4x", 9_000_000 / 8, 170, 4),
    // Chromium's "Slow 4G" of Lighthouse.
    ("Slow 4G, 4x", 1_638_400 / 8, 150, 4),
];

/// Notes when something is first seen, in milliseconds after the visit began, and how long tasks were.
const NOTE: &str = "
    window.seen = {};
    window.tasks = [];
    new PerformanceObserver(list => tasks.push(...list.getEntries().map(task => task.duration)))
        .observe({ type: 'longtask', buffered: true });
    const marks = {
        place: '.app',
        pod: '[data-pod=flask-0]:not(.ghost)',
    };
    const look = () => {
        for (const [name, css] of Object.entries(marks)) if (document.querySelector(css)) seen[name] ??= performance.now();
        if (window.ordinalPlays) seen.all ??= performance.now();
        requestAnimationFrame(look);
    };
    look();";

/// How long it takes until something is seen: the page by itself, a link, and an embedded moment.
fn loading() {
    let mut page = Page::open(View::PHONE);
    page.wait("the first pod is there", "document.querySelector('[data-pod=flask-0].ready')");
    page.run(
        "document.querySelector('[aria-label=\"Delete flask-0\"]').click();
        [...document.querySelectorAll('button')].find(button => button.innerText.trim() === 'Copy link').click();",
    );
    page.wait("the link is in the address", "location.hash");
    let link = page.eval("location.hash");
    let link = link.as_str().expect("a text").to_owned();
    println!(
        "{:<28} {:<24} {:>9} {:>9} {:>9} {:>9} {:>12}",
        "loading, milliseconds", "network and processor", "picture", "page", "pod", "all", "longest task"
    );
    for (address, what) in [("", "the page"), (&*link, "a link"), ("?embed=1&t=14", "an embedded moment")] {
        for (network, bytes, latency, slower) in NETWORKS {
            let mut page = Page::unopened(View::PHONE);
            page.before_all(NOTE);
            page.throttle(bytes, latency);
            page.devtools("Emulation.setCPUThrottlingRate", json!({ "rate": slower }));
            page.visit(address);
            page.wait("the pod is there, and all else", "window.seen.pod && window.seen.all");
            let seen = page.eval(
                "[performance.getEntriesByName('first-contentful-paint')[0]?.startTime, seen.place, seen.pod, seen.all, Math.max(0, ...tasks)]
                    .map(time => Math.round(time ?? NaN))",
            );
            let number = |place: usize| seen[place].as_i64().map_or("-".to_owned(), |time| time.to_string());
            println!(
                "{what:<28} {network:<24} {:>9} {:>9} {:>9} {:>9} {:>12}",
                number(0),
                number(1),
                number(2),
                number(3),
                number(4)
            );
        }
    }
}

/// A page with ten players: when their posters are there, when the first is alive that is wanted, and how long the page's thread was
/// held by them before and after. (A frame of the same site shares the thread of the page around it.)
fn players() {
    let folder = env::temp_dir().join(format!("ordinal-ten-players-{}", std::process::id()));
    copy(&dist(), &folder.join("ordinal"));
    let player = "<ordinal-player speed=4><script type=text/yaml>
        apiVersion: apps/v1
        kind: StatefulSet
        metadata: { name: web }
        spec:
          serviceName: web
          replicas: 2
          selector: { matchLabels: { app: web } }
          template:
            metadata: { labels: { app: web } }
            spec: { containers: [{ name: web, image: nginx }] }
        </script></ordinal-player>";
    let html = format!(
        "<!doctype html><meta charset=utf-8><link rel=icon href=data:,><title>Ten players</title>
        <script src=ordinal/ordinal-player.js defer></script>{}",
        player.repeat(10)
    );
    std::fs::write(folder.join("index.html"), html).expect("the folder is there");
    println!(
        "{:<28} {:<24} {:>9} {:>9} {:>9} {:>9} {:>12} {:>12}",
        "ten players, milliseconds",
        "network and processor",
        "loaded",
        "posters",
        "alive",
        "second",
        "longest before",
        "after"
    );
    for (network, bytes, latency, slower) in NETWORKS {
        let mut page = Page::unopened_site(&folder, View::DESKTOP);
        page.before_all(
            "window.tasks = [];
            new PerformanceObserver(list => tasks.push(...list.getEntries().map(task => task.duration)))
                .observe({ type: 'longtask', buffered: true });
            window.seen = {};
            const players = () => [...document.querySelectorAll('ordinal-player')];
            const look = () => {
                if (players().filter(one => one.shadowRoot?.querySelector('button')).length === 10) seen.posters ??= performance.now();
                requestAnimationFrame(look);
            };
            look();
            window.want = () => {
                seen.before = Math.max(0, ...tasks);
                tasks.length = 0;
                seen.wanted = performance.now();
                addEventListener('ready', () => seen[seen.alive ? 'second' : 'alive'] ??= performance.now() - seen.wanted);
                for (const one of players()) one.setAttribute('autoplay', '');
            };",
        );
        page.throttle(bytes, latency);
        page.devtools("Emulation.setCPUThrottlingRate", json!({ "rate": slower }));
        page.visit("");
        page.wait("the posters are there", "seen.posters && performance.now() > seen.posters + 500");
        page.run("want();");
        page.wait("two are alive", "seen.alive && seen.second");
        let seen = page.eval(
            "[performance.getEntriesByType('navigation')[0].loadEventEnd, seen.posters, seen.alive, seen.second, seen.before, Math.max(0, ...tasks)]
                .map(Math.round)",
        );
        let cell = |place: usize| seen[place].to_string();
        println!(
            "{:<28} {network:<24} {:>9} {:>9} {:>9} {:>9} {:>12} {:>12}",
            "",
            cell(0),
            cell(1),
            cell(2),
            cell(3),
            cell(4),
            cell(5)
        );
    }
    // What is left over in the temporary folder harms nobody.
    let _ = std::fs::remove_dir_all(folder);
}

/// A real cluster's state of so many pods, in YAML and in JSON, and a recording of ten events for each, dropped into the page: how
/// long it takes until it is read, and until it is shown; the longest task of each; and how a recording is sought.
fn open(pods: usize) {
    let texts = [
        ("state.yaml", crowd::state(pods)),
        ("state.json", crowd::state_in_json(pods)),
        ("recording.tsv", crowd::recording(10 * pods)),
    ];
    for (name, text) in texts {
        let mut page = Page::open(View::DESKTOP);
        page.wait("the page is warm", "window.ordinalWarm");
        page.click("#tab-cluster");
        page.wait("the tab is there", "document.querySelector('.cluster .drop')");
        page.run(&format!(
            "window.given = new File([{}], {});
            window.tasks = [];
            new PerformanceObserver(list => tasks.push(...list.getEntries().map(task => task.duration)))
                .observe({{ type: 'longtask' }});",
            json!(text),
            json!(name)
        ));
        page.run(
            "const carried = new DataTransfer();
            carried.items.add(given);
            tasks.length = 0;
            window.began = performance.now();
            document.querySelector('.cluster .drop').dispatchEvent(
                new DragEvent('drop', { bubbles: true, cancelable: true, dataTransfer: carried }));
            const look = () => {
                window.readAfter ??= document.querySelector('.cluster .found-in-it') ? performance.now() - began : undefined;
                if (readAfter === undefined) requestAnimationFrame(look);
            };
            look();",
        );
        page.wait("it is read", "window.readAfter");
        let took = "[window.readAfter ?? performance.now() - began, Math.max(0, ...tasks)].map(Math.round)";
        let read = page.eval(took);
        page.run("tasks.length = 0; window.readAfter = undefined; began = performance.now();");
        page.click_named("Open it");
        page.wait("it is open", "document.querySelector('.divide')");
        let opened = page.eval(took);
        println!(
            "page, {name} of {pods} pods, {:.1} MB: read after {} ms, the longest task {} ms; open after {} ms, the longest {} ms",
            text.len() as f64 / 1e6,
            read[0],
            read[1],
            opened[0],
            opened[1]
        );
        scrub(&mut page, name);
    }
}

/// The simulation by itself.
fn simulation(folder: PathBuf, largest: u32) {
    let mut page = Page::open_site(&folder, View::DESKTOP);
    println!(
        "{:<28} {:>9} {:>10} {:>9} {:>9} {:>10} {:>9}",
        "rollout in Wasm", "events", "wall", "per event", "growth", "memory", "per event"
    );
    let mut before: Option<(bool, bool, f64)> = None;
    for (replicas, parallel, claims) in ROLLOUTS.into_iter().filter(|(n, ..)| *n <= largest) {
        // The least of several: what else the machine does makes a round longer, never shorter.
        let rounds = (20_000 / replicas).clamp(3, 20);
        let measured = page.eval(&format!(
            "(async () => {{
                const bytes = await (await fetch('bench.wasm')).arrayBuffer();
                const wasm = (await WebAssembly.instantiate(bytes)).instance.exports;
                const timed = act => {{ const start = performance.now(); const value = act(); return [performance.now() - start, value]; }};
                // The start of a module costs its compiler, not the simulation: until its code is the quick one.
                for (const end = performance.now() + 1500; performance.now() < end;) {{
                    wasm.prepare(100, {parallel}, {claims});
                    wasm.rollout();
                }}
                let best = Infinity, events = 0, memory = 0;
                for (let round = 0; round < {rounds}; round++) {{
                    wasm.prepare({replicas}, {parallel}, {claims});
                    const [took, count] = timed(wasm.rollout);
                    [best, events] = [Math.min(best, took), count];
                    memory ||= wasm.memory.buffer.byteLength;
                }}
                const seeks = [...Array(50).keys()].map(n => timed(() => wasm.seek(n))[0]).sort((a, b) => a - b);
                const [fork] = timed(() => wasm.fork(0.5)), [replay] = timed(() => wasm.fork(1));
                return {{ best, events, memory, middle: seeks[25], longest: seeks[49], fork, replay }};
            }})()"
        ));
        let number = |name: &str| measured[name].as_f64().unwrap_or(f64::NAN);
        let per_event = number("best") * 1e6 / number("events");
        let growth = before.filter(|(p, c, _)| (*p, *c) == (parallel, claims));
        println!(
            "{:<28} {:>9} {:>7.1} ms {per_event:>6.0} ns {:>9} {:>7.1} MB {:>7.0} B",
            format!(
                "{}{} {replicas}",
                if parallel { "Parallel" } else { "OrderedReady" },
                if claims { " claims" } else { "" }
            ),
            number("events"),
            number("best"),
            growth.map_or(String::new(), |(.., before)| format!("{:.2}×", per_event / before)),
            number("memory") / 1e6,
            number("memory") / number("events"),
        );
        if replicas >= 1_000 {
            println!(
                "    seek {:.2} ms (middle), {:.2} ms (longest); fork at the middle {:.0} ms; replay {:.0} ms",
                number("middle"),
                number("longest"),
                number("fork"),
                number("replay")
            );
        }
        before = Some((parallel, claims, per_event));
    }
}

/// The page while a set of so many is rolled out at 16×, twice: how long its frames take.
fn play(replicas: u32) {
    let mut page = Page::open(View::DESKTOP);
    let manifest = format!(
        "apiVersion: v1\nkind: Node\nmetadata: {{name: big}}\nstatus:\n  allocatable: {{cpu: \"64\", memory: 256Gi, pods: \"16000\"}}\n  \
         capacity: {{cpu: \"64\", memory: 256Gi, pods: \"16000\"}}\nspec: {{podCIDR: 10.8.0.0/16}}\n---\napiVersion: v1\nkind: \
         Service\nmetadata: {{name: many}}\nspec:\n  clusterIP: None\n  selector: {{app: many}}\n  ports: [{{port: 80}}]\n---\n\
         apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {{name: many}}\nspec:\n  serviceName: many\n  replicas: {replicas}\n  \
         podManagementPolicy: Parallel\n  selector: {{matchLabels: {{app: many}}}}\n  template:\n    metadata: {{labels: {{app: \
         many}}}}\n    spec:\n      containers: [{{name: nginx, image: nginx}}]\n"
    );
    // The story that is open by then makes way for a cluster with nothing else in it.
    page.wait("the story is open", "document.querySelector('[data-pod]')");
    // Who writes a manifest of their own takes longer.
    page.wait("the page is warm", "window.ordinalWarm");
    page.click_named("Reset");
    page.paste("textarea", &manifest);
    page.click_named("16×");
    measure(&mut page, &format!("page, {replicas} pods at 16×, the first rollout"));
    // What the browser compiles when it is first run is compiled by now.
    page.click_named("Reset");
    page.click_named("16×");
    measure(&mut page, &format!("page, {replicas} pods at 16×, the second rollout"));
    scrub(&mut page, &format!("{replicas} pods"));
}

/// Applies what is in the editor, and tells how long the frames of the next seconds take.
fn measure(page: &mut Page, what: &str) {
    let before = times(page);
    let measured: Value = page.eval(
        "new Promise(done => {
            const deltas = [], long = [];
            new PerformanceObserver(list => long.push(...list.getEntries())).observe({ type: 'long-animation-frame' });
            [...document.querySelectorAll('button')].find(b => b.innerText.trim() === 'Apply').click();
            let last = performance.now(), end = last + 8000;
            const frame = now => {
                deltas.push(now - last);
                last = now;
                if (now < end) return requestAnimationFrame(frame);
                const script = long.reduce((all, f) => all + f.scripts.reduce((sum, s) => sum + s.duration, 0), 0);
                const layout = long.reduce((all, f) => all + f.startTime + f.duration - (f.styleAndLayoutStart || f.startTime + f.duration), 0);
                const all = long.reduce((sum, f) => sum + f.duration, 0);
                done({ deltas, long: long.length, script, layout, all });
            };
            requestAnimationFrame(frame);
        })",
    );
    let after = times(page);
    let frames = tell(what, &measured["deltas"]);
    let spent = |n: usize| (after[n] - before[n]) * 1000.0 / frames as f64;
    println!(
        "    a frame on average: script {:.2} ms, style {:.2} ms, layout {:.2} ms, all tasks {:.2} ms",
        spent(0),
        spent(1),
        spent(2),
        spent(3)
    );
    let part = |name: &str| measured[name].as_f64().unwrap_or_default();
    if part("all") > 0.0 {
        println!(
            "    {} frames over 50 ms: {:.0} % script, {:.0} % style, layout and paint, the rest is waiting for the machine",
            part("long"),
            part("script") / part("all") * 100.0,
            part("layout") / part("all") * 100.0
        );
    }
}

/// The playhead is dragged through all of the history, to and fro.
fn scrub(page: &mut Page, what: &str) {
    page.run("document.querySelector('[aria-label=Pause]')?.click();");
    let deltas = page.eval(
        "new Promise(done => {
            const field = document.querySelector('.scrub'), place = field.getBoundingClientRect();
            const point = (type, part) => field.dispatchEvent(new PointerEvent(type, {
                bubbles: true, pointerId: 1, buttons: 1, clientX: place.x + part * place.width, clientY: place.y + 40,
            }));
            field.setPointerCapture = () => {};
            field.hasPointerCapture = () => true;
            point('pointerdown', 0.6);
            const deltas = [], start = performance.now();
            let last = start;
            const frame = now => {
                deltas.push(now - last);
                last = now;
                const turn = (now - start) / 1500;
                if (turn < 4) {
                    point('pointermove', 0.35 + 0.3 * Math.cos(turn * Math.PI));
                    return requestAnimationFrame(frame);
                }
                point('pointerup', 0.35);
                done(deltas);
            };
            requestAnimationFrame(frame);
        })",
    );
    tell(&format!("page, {what}, dragging the playhead"), &deltas);
}

/// Prints how long frames took, and returns how many there were.
fn tell(what: &str, deltas: &Value) -> usize {
    let mut deltas: Vec<f64> = deltas.as_array().into_iter().flatten().filter_map(Value::as_f64).collect();
    // A frame of 33.3 ms is two of the screen's, give or take what the clock does.
    let mut places = Vec::new();
    let mut end = 0.0;
    for delta in &deltas {
        end += delta;
        if *delta > 34.0 {
            places.push(format!("{end:.0}"));
        }
    }
    deltas.sort_by(f64::total_cmp);
    let over = places.len();
    println!(
        "{what}: {} frames, middle {:.1} ms, 99 % {:.1} ms, longest {:.1} ms, {over} over 33 ms",
        deltas.len(),
        deltas[deltas.len() / 2],
        deltas[deltas.len() * 99 / 100],
        deltas[deltas.len() - 1],
    );
    if over > 0 {
        println!("    these end at {} ms", places.join(", "));
    }
    deltas.len()
}

/// What the page's main thread has spent so far on script, style, layout, and all its tasks, in seconds.
fn times(page: &mut Page) -> [f64; 4] {
    page.devtools("Performance.enable", json!({}));
    let metrics = page.devtools("Performance.getMetrics", json!({}));
    let metrics = metrics["metrics"].as_array().cloned().unwrap_or_default();
    let of = |name: &str| metrics.iter().find(|m| m["name"] == name).and_then(|m| m["value"].as_f64());
    ["ScriptDuration", "RecalcStyleDuration", "LayoutDuration", "TaskDuration"]
        .map(|name| of(name).unwrap_or_default())
}
