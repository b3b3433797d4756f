//! Lessons: what is read, and what is said of mistakes.

mod played;

use lesson::check::{compare, play};
use lesson::{Item, Severity, parse};

const HEAD: &str = "---\ntitle: One\nid: one\nminutes: 5\nkubernetes: \"1.36\"\n---\n\n";

/// What is said of a lesson with this text behind its front matter, a line each.
fn problems(text: &str) -> Vec<String> {
    parse(&[HEAD, text].concat()).1.iter().map(ToString::to_string).collect()
}

#[test]
fn each_block_is_what_its_words_say() {
    let text = "## A step\n\nRead [web-0](pod/web-0) <!-- nobody sees this -->.\n\n```yaml manifest apply: false\nkind: Pod\n```\n\n\
        ```sh run\nkubectl get pods\n```\n\n```sh until\ntrue\n```\n\n```predict\nWhat?\n\n- [ ] a\n- [x] b\n\n> So.\n```\n\n\
        ```sh task\n# offer: kubectl get pods\nhistory | grep -q pods\n```\n\n```hint\nif: true\nAsk.\n```\n\n```sh failed\nfalse\n```\n\n\
        ```look\npod/web-0\nwhy\n```\n\n```python\nprint(1)\n```\n";
    assert_eq!(problems(text), Vec::<String>::new());
    let (lesson, _) = parse(&[HEAD, text].concat());
    let [step] = &lesson.steps[..] else { panic!("one step") };
    assert_eq!(step.manifest(), Some(("kind: Pod\n", false)));
    assert_eq!(step.run().map(|line| &*line.text).collect::<Vec<_>>(), ["kubectl get pods"]);
    let bet = step.bet().expect("a bet");
    assert_eq!((bet.choices.len(), bet.right, bet.why.len()), (2, 1, 1));
    let task = step.task().expect("a task");
    assert_eq!(
        (&*task.offers[0].text, &*task.checks[0].text),
        ("kubectl get pods", "history | grep -q pods")
    );
    let prose = step.items.iter().filter(|(_, item)| matches!(item, Item::Prose(_))).count();
    assert_eq!(prose, 2, "a paragraph, and code that is only shown");
}

#[test]
fn mistakes_are_said_where_they_are_with_the_nearest_right_word() {
    for (text, said) in [
        ("## S\n\n```sh runn\nls\n```\n", "10:1: error: unknown block `sh runn`: did you mean `sh run`?"),
        ("## S\n\n```predikt\n```\n", "10:1: error: unknown block `predikt`: did you mean `predict`?"),
        ("## S\n\n[x](pods/a)\n", "10:1: error: there is no part `pods/a`: did you mean `pod`?"),
        (
            "## S\n\n```predict\nQ?\n\n- [ ] a\n- [ ] b\n```\n",
            "10:1: error: no choice is right: the right one begins with `- [x]`",
        ),
        ("## S\n\n```sh until\n# nothing\n```\n", "10:1: error: this `sh until` has no line of shell"),
        ("text\n", "8:1: error: this stands before the first step, which begins with `##`"),
    ] {
        let found = problems(text);
        assert!(
            found.iter().any(|line| line.starts_with(said) || line.contains(said)),
            "{text:?}: {found:?}"
        );
    }
    let (_, found) = parse("---\ntitle: One\nid: one\nminuts: 5\nkubernetes: \"1.36\"\n---\n## S\n");
    assert!(
        found.iter().any(|p| p.to_string().contains("unknown field `minuts`: did you mean `minutes`?")),
        "{found:?}"
    );
}

#[test]
fn markup_is_text_and_pictures_are_their_words() {
    let text = "## S\n\n<script>alert(1)</script>\n\n![a cat](https://example.com/cat.png) and <b>bold</b>\n";
    let (lesson, found) = parse(&[HEAD, text].concat());
    assert!(
        !found.is_empty() && found.iter().all(|problem| problem.severity == Severity::Warning),
        "{found:?}"
    );
    let told = format!("{:?}", lesson.steps);
    assert!(told.contains("<script>") && told.contains("a cat") && !told.contains("example.com"), "{told}");
}

#[test]
fn hostile_texts_are_answered() {
    let deep = [HEAD, "## S\n\n", &"> ".repeat(5_000), "x\n"].concat();
    let long = [HEAD, "## S\n\n", &"word ".repeat(1_000_000)].concat();
    for text in [
        "",
        "---",
        "---\n---\n",
        "---\n- a\n---\n## S\n",
        &*deep,
        &*long,
        "\u{feff}## S",
        "---\ntitle: &a [*a]\n---\n",
    ] {
        let (_, found) = parse(text);
        assert!(
            found.iter().any(|problem| problem.severity == Severity::Error),
            "{:?}",
            &text[..text.len().min(40)]
        );
    }
}

#[test]
fn a_task_that_is_done_already_and_an_until_that_never_comes_are_found() {
    let played = |text: &str| {
        let (lesson, found) = parse(&[HEAD, text].concat());
        assert!(found.is_empty(), "{found:?}");
        play(&lesson, None).problems.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert!(
        played("## S\n\n```sh task\n# offer: true\ntrue\n```\n")[0]
            .contains("done before the learner has done anything")
    );
    assert!(
        played("## S\n\n```sh until\nkubectl get pod nobody\n```\n")[0]
            .contains("after 10 minutes `kubectl get pod nobody` ends with exit code 1")
    );
    assert!(played("## S\n\n```sh until\nwhile :; do :; done\n```\n")[0].contains("does not end"));
    let well = "## S\n\n```sh run\nkubectl run a --image=nginx\n```\n\n```sh until\nkubectl wait --for=condition=Ready pod/a\n```\n\n\
        ```sh task\n# offer: kubectl delete pod a\n! kubectl get pod a\n```\n";
    assert_eq!(played(well), Vec::<String>::new());
}

#[test]
fn languages_do_the_same() {
    let (one, _) = parse(&[HEAD, "## S\n\nText.\n\n```sh run\nls\n```\n"].concat());
    let (other, _) = parse(&[HEAD, "## T\n\n```sh run\npwd\n```\n"].concat());
    assert_eq!(compare(&one, &one), []);
    assert!(compare(&one, &other)[0].to_string().contains("does other things than in the other language"));
}
