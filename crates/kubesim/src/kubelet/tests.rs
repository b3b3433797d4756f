//! The kubelet with the rest of the cluster: what the API server holds, and when.

mod termination;

use crate::api::{Key, Kind, PodPhase, SimTime, Span};
use crate::apiserver::DeleteOptions;
use crate::cluster::Cluster;
use crate::testing::{self, events, statuses};

fn seed_until(seconds: i64) -> Cluster {
    let mut cluster = testing::recorded();
    testing::create(&mut cluster, testing::SEED);
    cluster.run_until(SimTime(0) + Span::seconds(seconds));
    cluster
}

fn pod_key(name: &str) -> Key {
    Key::new(Kind::Pod, "default", name)
}

#[test]
fn the_seed_rolls_out_as_recorded() {
    let cluster = seed_until(60);
    for name in ["flask-0", "flask-1", "flask-2"] {
        assert_eq!(
            statuses(&cluster, name),
            ["Pending", "Init:0/1", "Init:0/1 with address", "PodInitializing", "Running"],
            "{name}"
        );
    }
    let on: Vec<_> = cluster
        .api
        .store()
        .list(Kind::Pod)
        .map(|p| (p.pod().spec.node_name.clone().unwrap(), p.pod().status.pod_ip.clone().unwrap()))
        .collect();
    let on: Vec<(&str, &str)> = on.iter().map(|(n, ip)| (&**n, &**ip)).collect();
    assert_eq!(
        on,
        [
            ("chhan-k8s-3", "172.16.234.21"),
            ("chhan-k8s-2", "172.16.110.17"),
            ("chhan-k8s-4", "172.16.107.16")
        ]
    );
    assert_eq!(
        events(&cluster, "flask-0"),
        [
            "Scheduled Successfully assigned default/flask-0 to chhan-k8s-3",
            "Pulled Container image \"busybox:1.28\" already present on machine and can be accessed by the pod",
            "Created Container created",
            "Started Container started",
            "Pulling Pulling image \"han0495/flask-example-app\"",
            "Pulled Successfully pulled image \"han0495/flask-example-app\" in 200ms (200ms including waiting). \
             Image size: 727869 bytes.",
            "Created Container created",
            "Started Container started",
        ]
    );
}

#[test]
fn a_deleted_pod_ends_well_and_comes_back_with_another_address() {
    let mut cluster = seed_until(60);
    cluster.api.delete(&pod_key("flask-1"), DeleteOptions::default()).unwrap();
    cluster.dispatch();
    cluster.run_until(SimTime(70_000));
    assert_eq!(
        statuses(&cluster, "flask-1")[5..],
        [
            "Terminating",
            "Completed",
            "gone",
            "Pending",
            "Init:0/1",
            "Init:0/1 with address",
            "PodInitializing",
            "Running"
        ]
    );
    let pod = cluster.api.get(&pod_key("flask-1")).unwrap();
    assert_eq!(pod.pod().status.pod_ip.as_deref(), Some("172.16.110.18"));
}

/// The seed with something else in its template.
fn seed_with(change: &str, to: &str) -> Cluster {
    let mut cluster = testing::recorded();
    assert!(testing::SEED.contains(change));
    testing::create(&mut cluster, &testing::SEED.replace(change, to));
    cluster
}

fn delete(cluster: &mut Cluster, name: &str, grace: Option<i64>) {
    let options = DeleteOptions { grace_period_seconds: grace, ..DeleteOptions::default() };
    cluster.api.delete(&pod_key(name), options).unwrap();
    cluster.dispatch();
}

fn run_for(cluster: &mut Cluster, ms: i64) {
    let until = cluster.now() + Span(ms);
    cluster.run_until(until);
}

/// When each status of a pod was first written, in milliseconds after the first of them.
fn times(cluster: &Cluster, name: &str, status: &str) -> Vec<i64> {
    let mut found = Vec::new();
    let mut last = String::new();
    for entry in cluster.api.history().entries() {
        let crate::apiserver::Change::Object { key, after: Some(after), .. } = &entry.change else {
            continue;
        };
        if *key != pod_key(name) {
            continue;
        }
        let is = crate::kubectl::printers::pod_status(after.pod(), &after.meta);
        if is == status && last != is {
            found.push(entry.at.0);
        }
        last = is;
    }
    found
}

fn status_now(cluster: &Cluster, name: &str) -> String {
    let pod = cluster.api.get(&pod_key(name)).unwrap();
    crate::kubectl::printers::pod_status(pod.pod(), &pod.meta)
}

#[test]
fn an_image_that_is_not_there_is_tried_again_after_10_20_and_40_seconds() {
    let mut cluster = seed_with("han0495/flask-example-app", "han0495/flask-example-app:broken");
    cluster.run_until(SimTime(80_000));
    assert_eq!(statuses(&cluster, "flask-0")[4..6], ["ErrImagePull", "ImagePullBackOff"]);
    let failed = times(&cluster, "flask-0", "ErrImagePull");
    let after: Vec<i64> = failed.iter().map(|t| t - failed[0]).collect();
    // As recorded (traces/max-unavailable-broken-image.json): 0.2 s of trying, 1.5 s until it shows that it waits, the wait.
    assert_eq!(after, [0, 11_700, 33_400, 75_100]);
    assert_eq!(times(&cluster, "flask-0", "ImagePullBackOff")[0] - failed[0], 1_500);
    let said = events(&cluster, "flask-0");
    assert!(said.iter().any(|e| {
        e == "Failed Failed to pull image \"han0495/flask-example-app:broken\": rpc error: code = NotFound desc = failed \
              to pull and unpack image \"han0495/flask-example-app:broken\": failed to resolve reference \
              \"han0495/flask-example-app:broken\": han0495/flask-example-app:broken: not found"
    }));
    delete(&mut cluster, "flask-0", None);
    run_for(&mut cluster, 30);
    assert_eq!(status_now(&cluster, "flask-0"), "ContainerStatusUnknown");
    assert_eq!(
        cluster.api.get(&pod_key("flask-0")).unwrap().pod().status.phase,
        crate::api::PodPhase::Failed
    );
}

#[test]
fn a_crashing_container_is_started_again_at_once_then_after_10_and_20_seconds() {
    let mut cluster = seed_with("han0495/flask-example-app", "han0495/flask-example-app:crash");
    cluster.run_until(SimTime(45_000));
    assert_eq!(
        statuses(&cluster, "flask-0")[4..],
        [
            "Running",
            "Error",
            "Running",
            "Error",
            "CrashLoopBackOff",
            "Running",
            "Error",
            "CrashLoopBackOff",
            "Running",
            "Error",
            "CrashLoopBackOff"
        ]
    );
    let ran = times(&cluster, "flask-0", "Running");
    let gaps: Vec<i64> = ran.windows(2).map(|w| w[1] - w[0]).collect();
    // As recorded (traces/gate-off/crashloop-pod.json): 0.5 s of running, 0.3 s until the kubelet looks, the wait.
    assert_eq!(gaps, [800, 10_800, 20_800]);
    let pod = cluster.api.get(&pod_key("flask-0")).unwrap();
    let status = &pod.pod().status.container_statuses[0];
    assert_eq!(status.restart_count, 3);
    assert_eq!(status.last_state.as_ref().unwrap().exit_code, 1);
    assert_eq!(pod.pod().status.phase, crate::api::PodPhase::Running);
}

#[test]
fn an_init_container_that_fails_holds_the_pod_back() {
    let mut cluster = seed_with("busybox:1.28", "busybox:crash");
    cluster.run_until(SimTime(15_000));
    assert_eq!(
        statuses(&cluster, "flask-0")[2..],
        [
            "Init:0/1 with address",
            "Init:Error",
            "Init:0/1",
            "Init:Error",
            "Init:CrashLoopBackOff",
            "Init:0/1",
            "Init:Error",
            "Init:CrashLoopBackOff"
        ]
    );
    assert_eq!(
        cluster.api.get(&pod_key("flask-0")).unwrap().pod().status.phase,
        crate::api::PodPhase::Pending
    );
}

#[test]
fn a_program_deaf_to_sigterm_is_killed_when_its_grace_period_is_over() {
    let mut cluster = seed_with("han0495/flask-example-app", "han0495/flask-example-app:ignores-sigterm");
    cluster.run_until(SimTime(50_000));
    for (grace, took) in [(None, 10_000), (Some(2), 2_000)] {
        let before = cluster.now();
        delete(&mut cluster, "flask-1", grace);
        run_for(&mut cluster, 16_000);
        let ended = *times(&cluster, "flask-1", "Error").last().unwrap();
        assert_eq!(ended - before.0, took + 5);
    }
    assert!(events(&cluster, "flask-1").contains(&"Killing Stopping container flask-app".to_string()));
}

#[test]
fn a_forced_deletion_leaves_no_trace_and_the_next_pod_has_another_address() {
    let mut cluster = seed_until(60);
    let before = cluster.api.get(&pod_key("flask-0")).unwrap();
    delete(&mut cluster, "flask-0", Some(0));
    run_for(&mut cluster, 5_000);
    let after = cluster.api.get(&pod_key("flask-0")).unwrap();
    assert_ne!(before.meta.uid, after.meta.uid);
    assert_ne!(before.pod().status.pod_ip, after.pod().status.pod_ip);
    assert!(after.pod().is_ready());
}

#[test]
fn a_node_that_is_down_does_nothing_until_it_is_back() {
    let mut cluster = seed_until(60);
    super::set_down(&mut cluster.api, "chhan-k8s-2", true);
    delete(&mut cluster, "flask-1", None);
    run_for(&mut cluster, 20_000);
    assert_eq!(status_now(&cluster, "flask-1"), "Terminating");
    let verdict =
        cluster.api.store().verdict(crate::api::verdict::Component::Kubelet, &pod_key("flask-1")).unwrap();
    assert_eq!(verdict.reason, crate::api::verdict::Reason::NodeLost { node: "chhan-k8s-2".into() });
    let uid = cluster.api.get(&pod_key("flask-1")).unwrap().meta.uid;
    super::set_down(&mut cluster.api, "chhan-k8s-2", false);
    cluster.dispatch();
    run_for(&mut cluster, 5_000);
    let back = cluster.api.get(&pod_key("flask-1")).unwrap();
    assert_ne!(back.meta.uid, uid);
    assert!(back.pod().is_ready());
}

fn pod(extra: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\nspec:\n  containers:\n  - name: web\n    image: \
         nginx\n{extra}"
    )
}

#[test]
fn readiness_waits_for_its_delay_and_for_as_many_successes_as_it_needs() {
    let mut cluster = testing::recorded();
    let probe = "    readinessProbe:\n      httpGet: {port: 80}\n      initialDelaySeconds: 3\n      periodSeconds: 2\n      \
                 successThreshold: 2\n";
    testing::create(&mut cluster, &pod(probe));
    cluster.run_until(SimTime(30_000));
    let web = cluster.api.get(&pod_key("web")).unwrap();
    let started = times(&cluster, "web", "Running")[0];
    let ready = web.pod().ready_since().unwrap();
    assert_eq!(ready, SimTime(started + 5_000).whole_seconds());
}

#[test]
fn a_startup_probe_that_never_passes_has_the_container_started_again() {
    let mut cluster = Cluster::new(crate::config::Options::default());
    cluster.options.timings.app_start = Span::seconds(3600);
    let probe =
        "    startupProbe:\n      tcpSocket: {port: 80}\n      periodSeconds: 1\n      failureThreshold: 3\n";
    testing::create(&mut cluster, &pod(probe));
    cluster.run_until(SimTime(30_000));
    let said = events(&cluster, "web");
    assert!(
        said.contains(&"Killing Container web failed startup probe, will be restarted".to_string()),
        "{said:?}"
    );
    assert!(
        said.iter().any(|e| e.starts_with("Unhealthy Startup probe failed: dial tcp 172.16.")),
        "{said:?}"
    );
    let web = cluster.api.get(&pod_key("web")).unwrap();
    assert!(web.pod().status.container_statuses[0].restart_count >= 1);
    assert!(!web.pod().is_ready());
}

#[test]
fn what_is_missing_holds_a_pod_back_until_it_comes() {
    let mut cluster = testing::recorded();
    let extra = "    envFrom:\n    - configMapRef: {name: settings}\n  volumes:\n  - name: cert\n    secret: {secretName: tls}\n";
    testing::create(&mut cluster, &pod(extra));
    cluster.run_until(SimTime(5_000));
    assert_eq!(status_now(&cluster, "web"), "ContainerCreating");
    let said = events(&cluster, "web");
    let missing = "FailedMount MountVolume.SetUp failed for volume \"cert\" : secret \"tls\" not found";
    assert!(said.contains(&missing.to_string()), "{said:?}");
    testing::create(&mut cluster, "apiVersion: v1\nkind: Secret\nmetadata: {name: tls}\n");
    cluster.run_until(SimTime(20_000));
    assert_eq!(status_now(&cluster, "web"), "CreateContainerConfigError");
    assert!(events(&cluster, "web").contains(&"Failed Error: configmap \"settings\" not found".to_string()));
    testing::create(&mut cluster, "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\n");
    cluster.run_until(SimTime(40_000));
    assert_eq!(status_now(&cluster, "web"), "Running");
}

#[test]
fn a_pod_that_is_not_restarted_ends() {
    for (policy, image, status, phase) in [
        ("Never", "job:crash", "Error", crate::api::PodPhase::Failed),
        ("OnFailure", "job:crash", "CrashLoopBackOff", crate::api::PodPhase::Running),
    ] {
        let mut cluster = testing::recorded();
        let manifest = pod(&format!("  restartPolicy: {policy}\n")).replace("nginx", image);
        testing::create(&mut cluster, &manifest);
        cluster.run_until(SimTime(5_000));
        assert_eq!(status_now(&cluster, "web"), status);
        assert_eq!(cluster.api.get(&pod_key("web")).unwrap().pod().status.phase, phase);
    }
}

#[test]
fn a_sidecar_starts_first_and_stops_last() {
    let mut cluster = testing::recorded();
    let extra = "  initContainers:\n  - name: proxy\n    image: proxy\n    restartPolicy: Always\n  - name: setup\n    image: \
                 busybox\n    command: [sh, -c, 'true']\n";
    testing::create(&mut cluster, &pod(extra));
    cluster.run_until(SimTime(10_000));
    let web = cluster.api.get(&pod_key("web")).unwrap();
    assert!(web.pod().is_ready());
    let since = |name: &str| match &web.pod().container_status(name).unwrap().state {
        crate::api::pod::ContainerState::Running { started_at } => Some(*started_at),
        _ => None,
    };
    assert!(since("proxy") <= since("web") && since("proxy").is_some());
    delete(&mut cluster, "web", None);
    cluster.run_until(SimTime(20_000));
    let killed: Vec<String> =
        events(&cluster, "web").into_iter().filter(|e| e.starts_with("Killing")).collect();
    assert_eq!(killed, ["Killing Stopping container web", "Killing Stopping container proxy"]);
    assert!(cluster.api.get(&pod_key("web")).is_err());
}

#[test]
fn invariants_hold_through_a_rollout_with_deletions() {
    let mut cluster = Cluster::new(crate::config::Options::default());
    testing::create(&mut cluster, testing::SEED);
    let mut used = std::collections::BTreeMap::new();
    for (at, name) in [(30, "flask-0"), (70, "flask-1"), (71, "flask-2"), (100, "flask-0")] {
        while cluster.next_at().is_some_and(|t| t.0 < at * 1000) {
            cluster.step();
            check(&cluster, &mut used);
        }
        if cluster.api.get(&pod_key(name)).is_ok() {
            delete(&mut cluster, name, None);
        }
    }
}

/// Never two pods with one address, not even after each other; never a pod that runs before its claims are bound.
fn check(cluster: &Cluster, used: &mut std::collections::BTreeMap<String, crate::api::Uid>) {
    let store = cluster.api.store();
    for pod in store.list(Kind::Pod) {
        let p = pod.pod();
        if let Some(ip) = &p.status.pod_ip {
            let first = used.entry(ip.to_string()).or_insert(pod.meta.uid);
            assert_eq!(*first, pod.meta.uid, "{ip} was given twice");
        }
        if p.spec.node_name.is_some() {
            for claim in p.spec.claims() {
                let claim = store.find(Kind::PersistentVolumeClaim, "default", claim).unwrap();
                assert_eq!(claim.claim().phase, crate::api::volume::ClaimPhase::Bound);
            }
        } else {
            assert_eq!(p.status.container_statuses, [], "nothing runs without a node");
        }
        assert!(!p.is_ready() || p.status.phase == crate::api::PodPhase::Running);
    }
}

/// What is on a claim's volume.
fn volume_files(cluster: &Cluster, claim: &str) -> Vec<(String, String)> {
    let store = cluster.api.store();
    let claim = store.find(Kind::PersistentVolumeClaim, "default", claim).unwrap().claim();
    let key = Key::cluster(Kind::VolumeFiles, claim.spec.volume_name.as_deref().unwrap());
    let files = store.get(&key).map(|f| f.volume_files().files.clone()).unwrap_or_default();
    files.iter().map(|(path, text)| (path.to_string(), text.to_string())).collect()
}

/// A container's log.
fn log(cluster: &Cluster, pod: &str, container: &str) -> Vec<String> {
    let uid = cluster.api.get(&pod_key(pod)).unwrap().meta.uid;
    let Some(record) = cluster.api.store().get(&super::files::files_key(uid)) else { return Vec::new() };
    let output = record.container_files().containers.get(container).cloned().unwrap_or_default();
    output.log.iter().map(|(_, line)| line.to_string()).collect()
}

/// Runs a command in a container, as `kubectl exec` does.
fn exec(cluster: &mut Cluster, pod: &str, container: &str, command: &str) -> String {
    let object = cluster.api.get(&pod_key(pod)).unwrap();
    let spec = object.pod().spec.container(container).unwrap();
    let address = object.pod().status.pod_ip.clone().unwrap();
    let environment = super::environment(cluster.api.store(), &object, spec, &address);
    let argv = ["sh".to_string(), "-c".to_string(), command.to_string()];
    let mut shell = shell::Shell::script(&argv, &environment, "/", shell::Unknown::NotFound);
    let Cluster { api, nodes, .. } = cluster;
    let mut host = super::exec_host(api, nodes, &pod_key(pod), container).expect("it runs");
    let step = shell.run(&mut host);
    assert!(matches!(step, shell::Step::Exit(_)), "{step:?}");
    let printed: String = host.take_printed().into_iter().map(|(_, text)| text).collect();
    host.save();
    printed
}

#[test]
fn the_seeds_init_container_writes_its_line_to_the_volume_and_to_its_log() {
    let mut cluster = seed_until(60);
    let first = log(&cluster, "flask-1", "init-dump-log");
    assert_eq!(first.len(), 1);
    let (name, seconds) = first[0].rsplit_once('-').unwrap();
    assert_eq!(name, "flask-1");
    let started = cluster.api.get(&pod_key("flask-1")).unwrap().pod().status.start_time.unwrap();
    assert!((0..=2).contains(&(seconds.parse::<i64>().unwrap() - started.unix_seconds())));
    let dump = ("/dump.log".to_string(), format!("{}\n", first[0]));
    assert_eq!(volume_files(&cluster, "www-flask-1"), [dump]);

    delete(&mut cluster, "flask-1", None);
    run_for(&mut cluster, 10_000);
    let second = log(&cluster, "flask-1", "init-dump-log");
    assert_ne!(first, second, "a new pod has a new log");
    let both = format!("{}\n{}\n", first[0], second[0]);
    assert_eq!(volume_files(&cluster, "www-flask-1"), [("/dump.log".to_string(), both.clone())]);
    assert_eq!(exec(&mut cluster, "flask-1", "flask-app", "cat /usr/src/app/log/dump.log"), both);
    assert_eq!(
        exec(&mut cluster, "flask-1", "flask-app", "hostname -f"),
        "flask-1.flask.default.svc.cluster.local\n"
    );
}

/// A pod of one container that runs a script; `{}` in `extra` is indented as the container's fields are.
fn script(image: &str, script: &str, extra: &str) -> String {
    pod(&format!("    command: [sh, -c, {script:?}]\n{extra}"))
        .replace("image: nginx", &format!("image: {image}"))
}

#[test]
fn a_script_goes_on_in_simulated_time_and_is_deaf_to_sigterm() {
    let mut cluster = testing::recorded();
    let count = "i=0; while true; do i=$((i+1)); echo $i; sleep 2; done";
    testing::create(&mut cluster, &script("busybox", count, "  terminationGracePeriodSeconds: 5\n"));
    cluster.run_until(SimTime(9_500));
    assert_eq!(log(&cluster, "web", "web"), ["1", "2", "3", "4", "5"]);
    let before = cluster.now();
    delete(&mut cluster, "web", None);
    run_for(&mut cluster, 5_020);
    let ended = times(&cluster, "web", "Error");
    assert_eq!(ended, [before.0 + 5_005]);
    let web = cluster.api.get(&pod_key("web")).unwrap();
    assert!(matches!(
        &web.pod().status.container_statuses[0].state,
        crate::api::pod::ContainerState::Terminated(t) if t.exit_code == 137
    ));
    run_for(&mut cluster, 100);
    assert!(cluster.api.store().list(Kind::ContainerFiles).next().is_none(), "logs go with the pod");
}

#[test]
fn a_script_with_a_trap_ends_as_it_likes() {
    let mut cluster = testing::recorded();
    let waits = "trap 'echo bye; exit 3' TERM; while true; do sleep 1; done";
    testing::create(&mut cluster, &script("busybox", waits, ""));
    cluster.run_until(SimTime(5_000));
    delete(&mut cluster, "web", None);
    run_for(&mut cluster, 2_000);
    assert_eq!(times(&cluster, "web", "Error").len(), 1);
    assert!(cluster.api.get(&pod_key("web")).is_err(), "it did not take its whole grace period");
}

#[test]
fn a_shell_image_without_a_command_ends_at_once_and_is_backed_off() {
    let mut cluster = testing::recorded();
    testing::create(&mut cluster, &pod("").replace("nginx", "busybox"));
    cluster.run_until(SimTime(5_000));
    assert!(statuses(&cluster, "web").ends_with(&["Completed".to_string(), "CrashLoopBackOff".to_string()]));
}

#[test]
fn what_cannot_be_run_is_logged_and_counts_as_a_server() {
    let mut cluster = testing::recorded();
    testing::create(&mut cluster, &script("example", "echo starting; exec gunicorn app:app", ""));
    cluster.run_until(SimTime(5_000));
    assert_eq!(log(&cluster, "web", "web"), ["starting", "[not simulated: gunicorn app:app]"]);
    assert_eq!(status_now(&cluster, "web"), "Running");
}

#[test]
fn an_exec_probe_runs_its_command() {
    let mut cluster = testing::recorded();
    let probe = "    readinessProbe:\n      exec: {command: [cat, /tmp/ready]}\n      periodSeconds: 1\n";
    testing::create(&mut cluster, &script("busybox", "sleep 4; touch /tmp/ready; sleep infinity", probe));
    cluster.run_until(SimTime(20_000));
    let said = events(&cluster, "web");
    let failed = "Unhealthy Readiness probe failed: cat: can't open '/tmp/ready': No such file or directory";
    assert!(said.iter().any(|e| e.starts_with(failed)), "{said:?}");
    assert!(cluster.api.get(&pod_key("web")).unwrap().pod().is_ready());
    exec(&mut cluster, "web", "web", "rm /tmp/ready");
    run_for(&mut cluster, 5_000);
    assert!(!cluster.api.get(&pod_key("web")).unwrap().pod().is_ready());
}

#[test]
fn a_container_finds_its_settings_as_files_and_variables() {
    let mut cluster = testing::recorded();
    let settings = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {mode: primary, my.cnf: \"[mysqld]\\n\"}\n\
                    ---\napiVersion: v1\nkind: Secret\nmetadata: {name: login}\ndata: {password: aHVudGVyMg==}\n";
    testing::create(&mut cluster, settings);
    let extra = "    env:\n    - {name: POD, valueFrom: {fieldRef: {fieldPath: metadata.name}}}\n    - {name: GREETING, value: \
                 hello from $(POD)}\n    - {name: PASSWORD, valueFrom: {secretKeyRef: {name: login, key: password}}}\n    \
                 envFrom:\n    - {prefix: APP_, configMapRef: {name: settings}}\n    volumeMounts:\n    - {name: conf, \
                 mountPath: /etc/mysql}\n    - {name: conf, mountPath: /etc/one.cnf, subPath: my.cnf}\n    - {name: work, \
                 mountPath: /work}\n  volumes:\n  - {name: conf, configMap: {name: settings, items: [{key: my.cnf, path: \
                 my.cnf}]}}\n  - {name: work, emptyDir: {}}\n";
    testing::create(
        &mut cluster,
        &script("busybox", "echo $GREETING > /work/greeting; sleep infinity", extra),
    );
    cluster.run_until(SimTime(5_000));
    for (command, printed) in [
        ("echo $POD, $GREETING, $PASSWORD, $APP_mode", "web, hello from web, hunter2, primary\n"),
        ("cat /etc/mysql/my.cnf /etc/one.cnf", "[mysqld]\n[mysqld]\n"),
        ("ls /etc/mysql", "my.cnf\n"),
        ("cat /work/greeting", "hello from web\n"),
        ("echo x > /etc/mysql/y || echo no", "sh: can't create /etc/mysql/y: Read-only file system\nno\n"),
        ("mkdir /work/a && touch /work/a/b && rm /work/a/b && ls /work", "a\ngreeting\n"),
        ("echo $KUBERNETES_SERVICE_HOST", "10.200.0.1\n"),
        (
            "cat /etc/hostname; cat /etc/resolv.conf | head -n 1",
            "web\nsearch default.svc.cluster.local svc.cluster.local cluster.local\n",
        ),
    ] {
        assert_eq!(exec(&mut cluster, "web", "web", command), printed, "{command}");
    }
}

#[test]
fn a_pod_that_fails_while_it_is_going_goes_nevertheless() {
    let mut cluster = seed_until(60);
    let key = pod_key("flask-1");
    let deleted = cluster.api.delete(&key, DeleteOptions::default());
    deleted.expect("it is there");
    let failed = cluster.api.update_status(&key, |o| o.pod_mut().status.phase = PodPhase::Failed);
    failed.expect("it is going, not gone");
    let uid = cluster.api.get(&key).expect("it is going, not gone").meta.uid;
    cluster.dispatch();
    cluster.run_until(cluster.now() + Span::seconds(60));
    let pod = cluster.api.get(&key).expect("its set has made another");
    assert_ne!(pod.meta.uid, uid);
    assert!(pod.pod().is_ready());
}
