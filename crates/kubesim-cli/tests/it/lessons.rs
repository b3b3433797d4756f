//! Every shipped lesson is read and played, in each language.

use std::path::Path;

#[test]
fn every_shipped_lesson_can_be_played_to_its_end() {
    let lessons = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../lessons");
    let report = kubesim_cli::lessons::check_all(&lessons).expect("the lessons can be read");
    let said: Vec<String> =
        report.problems.iter().map(|(path, problem)| format!("{}:{problem}", path.display())).collect();
    assert_eq!(said, Vec::<String>::new());
    let languages =
        |language: &str| report.played.iter().filter(|played| played.path.ends_with(language)).count();
    assert_eq!((languages("en.md"), languages("ko.md")), (17, 17));
    for played in &report.played {
        // A lesson, not a puzzle: 4 to 8 minutes, 4 to 7 steps, at least one bet and one task.
        let is_lesson = !played.path.to_string_lossy().contains("puzzle");
        let (bets, tasks) = played.bets_and_tasks;
        let fits =
            (4..=8).contains(&played.minutes) && (4..=7).contains(&played.steps) && bets > 0 && tasks > 0;
        assert!(
            !is_lesson || fits,
            "{}: {} min, {} steps",
            played.path.display(),
            played.minutes,
            played.steps
        );
        assert!(played.size < 16_000, "{}: {} bytes", played.path.display(), played.size);
    }
}

fn lesson(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../lessons").join(name)
}

/// What stands in an HTML document before and from the last page on.
fn pages(html: &str) -> (&str, &str) {
    html.split_once("<section class=\"answers\">").expect("the answers are the last page")
}

#[test]
fn every_shipped_lesson_can_be_printed() {
    let lessons = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../lessons");
    for folder in std::fs::read_dir(lessons).expect("lessons").map(|entry| entry.expect("an entry").path()) {
        let html = kubesim_cli::lessons::print(&folder.join("en.md"), None).expect("it can be played");
        let (steps, answers) = pages(&html);
        assert!(steps.contains("<img alt=\""), "{}", folder.display());
        let is_puzzle = folder.to_string_lossy().contains("puzzle");
        assert!(is_puzzle || answers.contains("<div class=\"right\"><b>"), "{}", folder.display());
        // Nothing is asked of the network, and what a picture holds is not read as the page's own.
        assert_eq!(html.matches("src=\"").count(), html.matches("src=\"data:image/svg+xml,%3Csvg").count());
        assert!(!html.contains("<script") && !html.contains("<svg"), "{}", folder.display());
    }
}

#[test]
fn a_handout_asks_first_and_answers_last_in_the_lessons_language() {
    let html = kubesim_cli::lessons::print(&lesson("03-delete-a-pod/en.md"), None).expect("it can be played");
    let (steps, answers) = pages(&html);
    let reason = "The IP belongs to the pod&#39;s sandbox, and that is new.".replace("&#39;", "'");
    assert!(steps.contains("flask-1 with the same claim and a new IP") && !steps.contains(&reason));
    assert!(
        answers.contains("<b>B</b><p>flask-1 with the same claim and a new IP</p>")
            && answers.contains(&reason)
    );
    assert!(answers.contains("kubectl exec toolbox -- nslookup flask-1.flask"));
    assert!(answers.contains("<figcaption>After</figcaption>"));
    let korean =
        kubesim_cli::lessons::print(&lesson("03-delete-a-pod/ko.md"), None).expect("it can be played");
    assert!(korean.contains("<html lang=\"ko\">") && korean.contains("<h2>정답</h2>"));
    // The picture's own words are the language's, too.
    assert!(korean.contains("쿠버네티스 1.36 시뮬레이션"));
}

#[test]
fn html_in_a_lesson_is_text_on_paper() {
    let folder = std::env::temp_dir().join(format!("kubesim-handout-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let file = folder.join("en.md");
    let text = "---\ntitle: \"<b>&\"\nid: x\nminutes: 1\nkubernetes: \"1.36\"\n---\n\n## <script>alert(1)</script>\n\n\
                A <img src=x onerror=alert(1)> and ![a picture](https://example.org/x.png) `<i>`.\n";
    std::fs::write(&file, text).expect("written");
    let html = kubesim_cli::lessons::print(&file, None).expect("it can be played");
    std::fs::remove_dir_all(&folder).expect("ours");
    assert!(html.contains("<title>&lt;b&gt;&amp;</title>") && html.contains("<code>&lt;i&gt;</code>"));
    assert!(
        !html.contains("<script>") && !html.contains("<img src=x") && !html.contains("example.org/x.png\"")
    );
}

#[test]
fn a_lesson_is_begun_and_what_is_there_is_kept() {
    let folder = std::env::temp_dir().join(format!("kubesim-new-{}", std::process::id()));
    let place = folder.to_str().expect("a path of text");
    let new =
        |id: &str| crate::program::run(&["lesson", "new", id, "--in", place, "--title", "My \"first\""]);
    let (code, out, said) = new("mine");
    assert_eq!((code, out.as_str()), (0, ""), "{said}");
    let report = kubesim_cli::lessons::check_all(&folder.join("mine")).expect("it can be read");
    assert!(report.problems.is_empty() && report.played.len() == 1);
    let (code, _, said) = new("mine");
    assert!(code == 1 && said.contains("File exists"), "{said}");
    let (code, _, said) = new("No Id");
    assert!(code == 1 && said.contains("small letters, digits and dashes"), "{said}");
    std::fs::remove_dir_all(&folder).expect("ours");
}

/// What a lesson in a language begins with is that language's; each language's has the same blocks, and can be played and printed
/// from its folder.
#[test]
fn a_lesson_is_begun_in_a_language() {
    let folder = std::env::temp_dir().join(format!("kubesim-new-ko-{}", std::process::id()));
    let place = folder.to_str().expect("a path of text");
    let new = |id: &str, lang: &str, more: &[&str]| {
        let said =
            crate::program::run(&[&["lesson", "new", id, "--in", place, "--lang", lang][..], more].concat());
        assert_eq!((said.0, said.1.as_str()), (0, ""), "{}", said.2);
        let file = folder.join(id).join(format!("{lang}.md"));
        (std::fs::read_to_string(file).expect("it is written"), said.2)
    };
    let is_hangul = |text: &str| text.chars().any(|letter| ('가'..='힣').contains(&letter));
    let (korean, _) = new("first", "ko", &[]);
    assert!(korean.contains("title: \"새 수업\"") && korean.contains("id: first") && is_hangul(&korean));
    let (code, html, said) =
        crate::program::run(&["lesson", "print", folder.join("first").to_str().expect("a path of text")]);
    assert!(code == 0 && html.contains("<html lang=\"ko\"") && html.contains("새 수업"), "{said}");
    let (english, _) = new("first", "en", &["--title", r#"A \ and a ""#]);
    assert!(english.contains("id: first") && !is_hangul(&english));
    let (other, said) = new("first", "fr", &[]);
    assert!(other.contains("A new lesson") && said.contains("its text is English"), "{said}");
    assert!(is_hangul(&new("second", "ko-KR", &[]).0));
    let report = kubesim_cli::lessons::check_all(&folder).expect("they can be read");
    let problems: Vec<String> = report.problems.iter().map(|(_, problem)| problem.to_string()).collect();
    assert_eq!((problems, report.played.len()), (Vec::new(), 4));
    std::fs::remove_dir_all(&folder).expect("ours");
}

/// The first lesson of the teacher's guide, as it stands there: it is well, it is printed from its folder, and a slip in it is
/// said where it is.
#[test]
fn the_guides_first_lesson_is_played_and_printed_and_its_slips_are_said() {
    let shown = |name: &str| {
        let guide = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(name);
        let guide = std::fs::read_to_string(guide).expect("the guide is there");
        let (_, text) = guide.split_once("````markdown\n").expect("it shows a lesson");
        text.split_once("````").expect("to its end").0.to_owned()
    };
    let text = shown("lessons.md");
    let folder = std::env::temp_dir().join(format!("kubesim-guide-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let place = folder.to_str().expect("a path of text");
    let write = |text: &str| std::fs::write(folder.join("en.md"), text).expect("written");
    write(&text);
    std::fs::write(folder.join("ko.md"), shown("lessons.ko.md")).expect("written");
    let (code, out, said) = crate::program::run(&["lesson", "check", place]);
    assert_eq!((code, out.as_str()), (0, ""), "{said}");
    assert!(said.contains("      3      3     1      1"), "{said}");
    let (code, html, said) = crate::program::run(&["lesson", "print", place]);
    assert!(code == 0 && html.contains("<title>What comes back</title>"), "{said}");
    write(&text.replacen("```sh until", "```sh untill", 1));
    let (code, out, _) = crate::program::run(&["lesson", "check", place]);
    assert!(
        code == 1 && out.contains("en.md:13:1: error: unknown block `sh untill`: did you mean `sh until`?"),
        "{out}"
    );
    std::fs::remove_dir_all(&folder).expect("ours");
}
