//! Pictures: the page's colours, no text outside its card, no reference outside the file, and what a film takes.

use crate::FLASK;
use kubesim::{Input, SimTime, Story};
use scene::history::Chronicle;
use scene::messages::EN;
use scene::picture::{Film, Options, Subject, TOKENS, Theme, still};

/// The style sheet of the page.
const STYLE: &str = include_str!("../../../../static/main.css");

const WIDE: Options = Options { width: 800, theme: Theme::Auto };

/// The seed, with so many pods and another name, after these commands, each at its second.
fn story(name: &str, replicas: usize, commands: &[(i64, &str)]) -> Story {
    let manifest = FLASK
        .replace("replicas: 3", &format!("replicas: {replicas}"))
        .replace("flask\n", &format!("{name}\n"));
    let mut story = Story::new(kubesim::Options::default());
    story.input(Input::Apply(manifest.replace("\"flask\"", &format!("\"{name}\"")).into()));
    for (second, command) in commands {
        story.run_until(SimTime(second * 1000));
        story.input(Input::Line((*command).into()));
    }
    story
}

fn drawn(story: &mut Story, second: i64, options: &Options) -> String {
    let at = SimTime(second * 1000);
    story.run_until(at);
    let mut chronicle = Chronicle::default();
    let history = story.cluster.api.history();
    chronicle.read(history);
    still(&Subject { messages: &EN, history, chronicle: &chronicle, set: None }, at, at, options)
}

/// The words of a picture, a text a line.
fn texts(svg: &str) -> Vec<String> {
    let document = roxmltree::Document::parse(svg).expect("a picture is XML");
    let is_text = |node: &roxmltree::Node| node.has_tag_name("text");
    document.descendants().filter(is_text).filter_map(|node| node.text().map(str::to_owned)).collect()
}

#[test]
fn the_colours_are_those_of_the_page() {
    // `--name: light-dark(a, b);`, or another name for one.
    let value = |name: &str| {
        let from = STYLE.find(&format!("--{name}: ")).unwrap_or_else(|| panic!("the page has no --{name}"));
        STYLE[from..].split_once(": ").expect("it has a value").1.split(';').next().unwrap_or_default()
    };
    for token in TOKENS {
        let mut told = value(token.name);
        if let Some(other) = told.strip_prefix("var(--") {
            told = value(other.trim_end_matches(')'));
        }
        assert_eq!(told, format!("light-dark({}, {})", token.light, token.dark), "--{}", token.name);
    }
}

#[test]
fn a_picture_says_what_the_stage_says() {
    let mut story = story("flask", 3, &[(60, "kubectl delete pod flask-1")]);
    let svg = drawn(&mut story, 83, &WIDE);
    let texts = texts(&svg);
    for text in [
        "StatefulSet flask",
        "flask-0",
        "flask-1",
        "flask-2",
        "www-flask-1",
        "Bound",
        "new",
        "same",
        "1:23.0",
    ] {
        assert!(texts.iter().any(|t| t == text), "{text} is not among {texts:#?}");
    }
    assert!(svg.contains("<title>StatefulSet flask: ") && svg.contains("<desc>"), "it is told in words, too");
    assert!(texts.iter().any(|t| t.starts_with("nslookup flask → ")));
}

#[test]
fn a_volume_stays_where_a_pod_is_deleted() {
    let mut story = story("flask", 3, &[(60, "kubectl delete pod flask-1 --wait=false")]);
    let texts = texts(&drawn(&mut story, 61, &WIDE));
    assert!(
        texts.iter().any(|t| t == "Terminating") && texts.iter().any(|t| t == "www-flask-1"),
        "{texts:#?}"
    );
}

#[test]
fn nothing_is_outside_the_file_and_everything_inside_the_picture() {
    let long = "a-set-with-a-name-that-is-longer-than-any-card-could-be";
    for (name, replicas, second) in [
        ("flask", 3, 0),
        ("flask", 3, 14),
        ("flask", 5, 200),
        (long, 3, 50),
        (long, 8, 300),
        ("flask", 40, 500),
    ] {
        let mut story = story(name, replicas, &[]);
        for width in [320, 480, 800, 1200] {
            let svg = drawn(&mut story, second, &Options { width, theme: Theme::Light });
            for outside in [
                "http://www.w3.org/1999/xlink",
                "href",
                "url(",
                "foreignObject",
                "<script",
                "@import",
                "<image",
            ] {
                assert!(!svg.contains(outside), "{outside}");
            }
            let document = roxmltree::Document::parse(&svg).expect("a picture is XML");
            let root = document.root_element();
            let size = |name| root.attribute(name).and_then(|n| n.parse::<f32>().ok()).expect("a size");
            let (wide, high) = (size("width"), size("height"));
            assert_eq!(wide, width as f32);
            for node in document.descendants().filter(|n| n.has_tag_name("rect")) {
                let number = |name| node.attribute(name).map_or(0.0, |n| n.parse::<f32>().expect("a number"));
                let (x, y) = (number("x"), number("y"));
                let (right, bottom) = (x + number("width"), y + number("height"));
                let is_inside = x >= 0.0 && y >= 0.0 && right <= wide + 0.2 && bottom <= high + 0.2;
                assert!(
                    is_inside,
                    "{name}, {replicas} at {second} s, {width} wide: {x} {y} to {right} {bottom} of {wide} {high}"
                );
            }
        }
    }
}

#[test]
fn the_set_of_forty_has_a_card_for_each_and_the_crowd_a_cell() {
    let mut forty = story("flask", 40, &[]);
    let texts = texts(&drawn(&mut forty, 20, &WIDE));
    assert!(texts.iter().any(|t| t == "flask-39"), "{texts:?}");
    let parallel = FLASK.replace("replicas: 3", "podManagementPolicy: Parallel\n  replicas: 300");
    let mut crowd = Story::new(kubesim::Options::default());
    crowd.input(Input::Apply(parallel.into()));
    let svg = drawn(&mut crowd, 60, &WIDE);
    assert!(svg.contains("<path d=\"M") && svg.len() < 60_000, "{} bytes", svg.len());
}

#[test]
fn what_a_program_wrote_is_escaped() {
    let manifest = FLASK.replace("echo $(hostname)-$(date +%s)", "echo '<b>&amp;</b>'");
    let mut story = Story::new(kubesim::Options::default());
    story.input(Input::Apply(manifest.into()));
    let texts = texts(&drawn(&mut story, 30, &WIDE));
    assert!(texts.iter().any(|t| t == "<b>&amp;</b>"), "{texts:?}");
}

#[test]
fn a_film_of_the_seeds_walk_is_small_and_stands_still_where_motion_is_not_wanted() {
    let mut story = story("flask", 3, &[(66, "kubectl delete pod flask-1")]);
    story.run_until(SimTime(110_000));
    let mut chronicle = Chronicle::default();
    let history = story.cluster.api.history();
    chronicle.read(history);
    let subject = Subject { messages: &EN, history, chronicle: &chronicle, set: None };
    let film = Film::new(&subject, (SimTime(0), SimTime(100_000)), 5.0, WIDE);
    let svg = film.svg(&subject);
    assert!(svg.len() < 150_000, "{} bytes", svg.len());
    roxmltree::Document::parse(&svg).expect("a film is XML");
    let (still, moving) =
        svg.split_once("@media(prefers-reduced-motion:no-preference)").expect("it asks for motion");
    assert!(
        !still.contains("animation") && moving.contains("@keyframes"),
        "nothing moves where it is not wanted"
    );
    // What stands still is the end: the pod that came back.
    let hidden = svg.matches("class=\"a h ").count();
    assert!(hidden > 50, "{hidden} looks are of earlier");
}
