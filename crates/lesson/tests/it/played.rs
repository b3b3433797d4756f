//! What a learner would run into, found by playing a lesson without anybody.

use crate::HEAD;
use lesson::check::play;
use lesson::parse;

const RUN: &str = "## S\n\n```sh run\nkubectl run web --image=nginx\n```\n\n\
                   ```sh until\nkubectl wait --for=condition=Ready pod/web\n```\n\nSee [web](pod/web).\n";

/// What playing a lesson of this body runs into, a line each.
fn played(text: &str) -> Vec<String> {
    let (lesson, found) = parse(&[HEAD, text].concat());
    assert!(found.is_empty(), "{found:?}");
    play(&lesson, None).problems.iter().map(ToString::to_string).collect()
}

#[test]
fn commands_that_do_not_end_or_do_not_exist_are_found() {
    let endless = RUN.replace("kubectl run web --image=nginx", "while :; do sleep 1; done");
    assert_eq!(played(&endless), ["11:1: error: after 10 minutes these commands still run"]);
    let never = RUN.replace("Ready pod/web", "Ready pod/wob");
    assert!(
        played(&never)[0].starts_with("15:1: error: after 10 minutes `kubectl wait"),
        "{:?}",
        played(&never)
    );
    for slip in ["kubectl rnu web --image=nginx", "kubctl run web --image=nginx"] {
        let found = played(&RUN.replace("kubectl run web --image=nginx", slip));
        assert!(found[0].starts_with("11:1: error: ") && found[0].contains("command"), "{found:?}");
    }
    let condition = [RUN, "\n```hint\nif: kubctl get pod web\nLook.\n```\n"].concat();
    assert!(played(&condition)[0].starts_with("21:1: error: `kubctl get pod web` ends with exit code 127"));
}

#[test]
fn parts_that_were_never_there_are_found() {
    let found = played(&RUN.replace("pod/web)", "pod/wbe)"));
    assert_eq!(
        found,
        ["18:1: error: no pod wbe has been there up to the end of this step: did you mean `web`?"]
    );
    let field = [RUN, "\n```look\nline serviceName\n```\n"].concat();
    assert_eq!(played(&field), ["21:1: error: the manifest has no line `serviceName`"]);
}

#[test]
fn tasks_that_no_offer_does_and_failures_that_hold_at_once_are_found() {
    let task = |lines: &str| played(&[RUN, "\n```sh task\n", lines, "\n```\n"].concat());
    assert!(task("! kubectl get pod web")[0].starts_with("21:1: error: nobody can check this task"));
    let useless = task("# offer: kubectl get pods\n! kubectl get pod web");
    let said = "22:1: error: after all offers, `! kubectl get pod web` ends with exit code 1";
    assert!(useless[0].starts_with(said), "{useless:?}");
    let failed = [RUN, "\n```sh failed\nkubectl get pod web\n```\n"].concat();
    assert!(played(&failed)[0].contains("`sh failed` succeeds before the learner has done anything"));
}

#[test]
fn links_lead_to_parts_or_to_pages_and_never_run_anything() {
    let (_, found) =
        parse(&[HEAD, "## S\n\n[go](javascript:alert(1)) and [on](https://example.com)\n"].concat());
    let found: Vec<String> = found.iter().map(ToString::to_string).collect();
    assert_eq!(found, ["10:1: error: a link leads to a part or to a page with https://"]);
}
