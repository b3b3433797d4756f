//! Nothing that is typed or that runs in a container stops the simulation: the steps of each second of virtual time are
//! counted, never real time.

use kubesim::{Change, Input, Kind, Options, Span, Story};

/// The most tasks and commands of one virtual second: a busy script goes on ten times a second, what it writes is seen by
/// kubelet and watchers.
const MOST_STEPS: usize = 100;
/// The most text that one virtual second prints, in bytes: 30,000 units of work, the first second's, at 64 bytes each.
const MOST_PRINTED: usize = 2 << 20;

/// Lets time pass second by second. Returns the bytes that were printed.
fn pass(story: &mut Story, seconds: i64, what: &str) -> usize {
    let printed = |story: &Story, from: usize| -> usize {
        let texts = story.cluster.api.history().since(from).iter().filter_map(|entry| match &entry.change {
            Change::Output { text, .. } => Some(text.len()),
            _ => None,
        });
        texts.sum()
    };
    let mut all = 0;
    for _ in 0..seconds {
        let until = story.now() + Span::seconds(1);
        let before = story.cluster.api.history().len();
        let mut steps = 0;
        while story.next_at().is_some_and(|at| at <= until) {
            story.step();
            steps += 1;
            assert!(steps <= MOST_STEPS, "{what}: more than {MOST_STEPS} steps in a second");
        }
        story.run_until(until);
        let text = printed(story, before);
        assert!(text <= MOST_PRINTED, "{what}: {text} bytes in a second");
        all += text;
    }
    all
}

fn pod(command: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Pod\nmetadata: {{name: busy}}\nspec:\n  containers:\n  - name: main\n    image: busybox\n    \
         command: [sh, -c, {command:?}]\n"
    )
}

#[test]
fn a_container_that_never_waits_costs_few_steps_and_little_memory() {
    for command in [
        "while true; do date >> /log; done",
        "while true; do date; done",
        "while ! nonsense; do :; done",
        "while sleep 0.001; do echo x | tee -a /log; done",
        "seq 1 100000; sleep 1000",
        "yes",
    ] {
        let mut story = Story::new(Options::default());
        story.input(Input::Apply(pod(command).into()));
        pass(&mut story, 30, command);
        let from = story.cluster.api.history().len();
        pass(&mut story, 60, command);
        // Each write of a file keeps all of it in the history.
        let kept = story.cluster.api.history().since(from).iter().filter_map(|entry| match &entry.change {
            Change::Object { after: Some(after), .. } if after.kind == Kind::ContainerFiles => {
                let containers = after.container_files().containers.values();
                Some(containers.flat_map(|c| c.files.values()).map(|text| text.len()).sum::<usize>())
            }
            _ => None,
        });
        let kept: usize = kept.sum();
        assert!(kept < 16 << 20, "{command}: {kept} bytes in a minute");
        // It ends nevertheless.
        story.input(Input::Command("kubectl delete pod busy --grace-period=2".into()));
        pass(&mut story, 10, command);
        assert!(story.cluster.api.store().find(Kind::Pod, "default", "busy").is_none(), "{command}");
    }
}

#[test]
fn probes_and_hooks_that_never_wait_come_to_an_end() {
    let endless = "exec: {command: [sh, -c, 'while :; do :; done']}";
    let manifest = format!(
        "apiVersion: v1\nkind: Pod\nmetadata: {{name: busy}}\nspec:\n  terminationGracePeriodSeconds: 3600\n  containers:\n  - \
         name: main\n    image: busybox\n    command: [sleep, '10000']\n    readinessProbe: {{{endless}, periodSeconds: 1, \
         timeoutSeconds: 1000}}\n    lifecycle: {{preStop: {{{endless}}}, postStart: {{{endless}}}}}\n"
    );
    let mut story = Story::new(Options::default());
    story.input(Input::Apply(manifest.into()));
    pass(&mut story, 30, "probe");
    story.input(Input::Command("kubectl delete pod busy --wait=false".into()));
    pass(&mut story, 3700, "hook");
    assert!(story.cluster.api.store().find(Kind::Pod, "default", "busy").is_none());
}

#[test]
fn what_is_typed_goes_on_in_virtual_time_and_ends_with_ctrl_c() {
    for lines in [
        &["while true; do date >> log; done"][..],
        &["while ! nonsense; do :; done"],
        &["until nonsense; do echo again; done"],
        &["while :; do kubectl get pods -A; done"],
        &["while kubectl get nodes; do :; done | cat"],
        &["watch -n 0 kubectl get pods -A"],
        &["watch -n 0.001 date"],
        &["kubectl get pods -w | while read x; do kubectl label pod web a=$x --overwrite; done"],
        &["yes"],
        &["seq 1000000000"],
        &["while :; do x=$x$x.; echo $x; done"],
        &["kubectl run -it a --image=nginx", "while :; do date; done"],
        &["kubectl run -it a --image=nginx", "while ! nonsense; do :; done"],
        &["kubectl run -it a --image=redis --restart=Never -- redis-cli", "x"],
        &["kubectl run -it a --image=who/knows -- sh", "while :; do nginx; done"],
        &["kubectl run -it a --image=busybox --restart=Never", "yes"],
        &["kubectl run -it a --image=postgres --rm -- psql -c 'select 1'"],
        &["kubectl run -it a --image=postgres --restart=Always -- bash", "exit"],
        &["kubectl run a --image=nginx --attach"],
        &["kubectl exec -it web -- sh", "while :; do nginx -s reload; done"],
        &["kubectl exec web -- sh -c 'while :; do nginx -s reload; done'"],
        &["kubectl exec web -- sh -c 'while :; do echo $(date) >> /log; done'"],
    ] {
        let what = lines.join(" / ");
        let mut story = Story::new(Options::default());
        story.input(Input::Command("kubectl run web --image=nginx".into()));
        pass(&mut story, 30, "web");
        for line in lines {
            story.input(Input::Line((*line).into()));
            pass(&mut story, 20, &what);
        }
        for _ in 0..4 {
            if story.terminal.is_on_laptop() {
                break;
            }
            story.input(Input::Interrupt);
            pass(&mut story, 1, &what);
            if story.terminal.prompt().is_some() && !story.terminal.is_on_laptop() {
                story.input(Input::EndOfInput);
                pass(&mut story, 60, &what);
            }
        }
        assert!(story.terminal.is_on_laptop(), "{what}: {:?}", story.terminal.prompt());
    }
}
