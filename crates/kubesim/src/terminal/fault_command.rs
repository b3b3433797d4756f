//! `trouble`: a command that only this simulator's laptop has. It breaks what no kubectl command can break, and mends it
//! again. What it does is an input like any other: it stands in the story's log.

use crate::api::image::with_tag;
use crate::api::probe::ProbeKind;
use crate::api::resolver::Caching;
use crate::api::{Fault, Key, Kind, Resolver, Str};
use crate::apiserver::Store;
use crate::config::LOCAL_PATH;
use crate::fault;
use crate::kubelet;
use crate::process::Io;
use std::rc::Rc;

/// The command's name.
pub const NAME: &str = "trouble";

const HELP: &str = "\
Breaks things in the simulated cluster, and mends them. kubectl does the rest: delete, cordon, drain, …

  trouble kill POD [-c CONTAINER]      a container of the pod dies
  trouble unready POD                  its readiness probe fails from now on
  trouble ready POD                    … and recovers
  trouble node NODE down|up            the node loses power; comes back
  trouble image IMAGE gone|back        no registry and no node has the image any more; it is there again
  trouble program IMAGE ends|runs      the image's program ends soon after its start; goes on
  trouble program IMAGE deaf|hears     it does not heed SIGTERM; does
  trouble port IMAGE PORT closed|open  the image's program does not listen on the port; does
  trouble probe IMAGE PROBE fails|passes
                                       it fails its readiness, liveness or startup probe; passes it
  trouble provisioner NAME runs|gone   who makes volumes for classes that name it is there; is not
  trouble disk slow|normal             volumes take ten times as long to make
  trouble images slow|normal           images take ten times as long to pull
  trouble cache none|coredns|nodelocal who remembers DNS' answers about the cluster's own names: nobody, as
                                       kubeadm sets it up; CoreDNS; NodeLocal DNSCache on each node

  -n NAMESPACE                         the pod's namespace
";

/// What the command prints, and its exit code.
pub struct Done {
    /// On standard output.
    pub stdout: String,
    /// On standard error.
    pub stderr: String,
    /// The exit code.
    pub code: i32,
}

/// Carries the command out: `argv` is its arguments.
pub fn run(io: &mut Io, argv: &[String]) -> Done {
    let ended = |result: Result<String, String>| match result {
        Ok(stdout) => Done { stdout: stdout + "\n", stderr: String::new(), code: 0 },
        Err(why) => Done { stdout: String::new(), stderr: format!("error: {why}\n"), code: 1 },
    };
    match Arguments::read(argv) {
        Ok(arguments) if arguments.words.is_empty() => {
            Done { stdout: HELP.into(), stderr: String::new(), code: 0 }
        }
        Ok(arguments) => ended(act(io, &arguments)),
        Err(why) => ended(Err(why)),
    }
}

struct Arguments<'a> {
    words: Vec<&'a str>,
    namespace: &'a str,
    container: Option<&'a str>,
}

impl Arguments<'_> {
    fn read(argv: &[String]) -> Result<Arguments<'_>, String> {
        let mut read = Arguments { words: Vec::new(), namespace: "default", container: None };
        let mut rest = argv.iter().map(String::as_str);
        while let Some(word) = rest.next() {
            let (flag, value) = match word.split_once('=') {
                Some((flag, value)) if flag.starts_with('-') => (flag, Some(value)),
                _ => (word, None),
            };
            let mut value =
                || value.or_else(|| rest.next()).ok_or_else(|| format!("flag needs an argument: {flag}"));
            match flag {
                "-n" | "--namespace" => read.namespace = value()?,
                "-c" | "--container" => read.container = Some(value()?),
                "-h" | "--help" | "help" => {}
                flag if flag.starts_with('-') => return Err(format!("unknown flag: {flag}")),
                word => read.words.push(word),
            }
        }
        Ok(read)
    }
}

/// Breaks or mends what the words say. Long: an arm for each form of the command.
fn act(io: &mut Io, arguments: &Arguments) -> Result<String, String> {
    match arguments.words[..] {
        ["kill", pod] => {
            let pod = existing_pod(io, arguments.namespace, pod)?;
            let spec = &io.api.store().get(&pod).expect("it is there").pod().spec;
            if let Some(node) =
                spec.node_name.as_ref().filter(|node| fault::is_node_down(io.api.store(), node))
            {
                return Err(format!("node {node} does not answer"));
            }
            let first = || spec.containers.first().map_or_else(Str::default, |c| c.name.clone());
            let container = arguments.container.map_or_else(first, Str::from);
            if !kubelet::end_program(io.nodes, &pod, &container, io.api.now, 137) {
                return Err(format!("container {container} of {pod} is not running"));
            }
            Ok(format!("container {container} of {pod} killed"))
        }
        [word @ ("ready" | "unready"), pod] => {
            let pod = existing_pod(io, arguments.namespace, pod)?;
            let object = io.api.store().get(&pod).expect("it is there");
            if object.pod().spec.node_name.is_none() {
                return Err(format!("{pod} is on no node yet"));
            }
            let uid = object.meta.uid;
            fault::set(io.api, fault::pod_unready(&pod, uid), word == "unready");
            let said = if word == "unready" { "fails" } else { "may succeed" };
            Ok(format!("readiness of {pod} {said}"))
        }
        ["node", node, word @ ("down" | "up")] => {
            let key = Key::cluster(Kind::Node, node);
            if io.api.store().get(&key).is_none() {
                return Err(format!("nodes \"{node}\" not found"));
            }
            kubelet::set_down(io.api, node, word == "down");
            Ok(format!("{key} {word}"))
        }
        ["image", image, word @ ("gone" | "back")] => {
            fault::set(io.api, Fault::image_gone(image), word == "gone");
            Ok(format!("image {image} {word}"))
        }
        ["program", image, word @ ("ends" | "runs")] => {
            fault::set(io.api, Fault::ProgramEnds(with_tag(image).into()), word == "ends");
            Ok(format!("program of {image} {word}"))
        }
        ["program", image, word @ ("deaf" | "hears")] => {
            fault::set(io.api, Fault::ProgramDeaf(with_tag(image).into()), word == "deaf");
            Ok(format!("program of {image} {word}"))
        }
        ["port", image, port, word @ ("closed" | "open")] => {
            let number = port.parse().ok().filter(|port| (1..=65_535).contains(port));
            let Some(number) = number else { return Err(format!("no port: {port}")) };
            fault::set(io.api, Fault::PortClosed(with_tag(image).into(), number), word == "closed");
            Ok(format!("port {port} of {image} {word}"))
        }
        ["probe", image, probe, word @ ("fails" | "passes")] => {
            let Some(kind) = ProbeKind::ALL.into_iter().find(|kind| kind.word() == probe) else {
                return Err(format!("no such probe: {probe}: it is readiness, liveness or startup"));
            };
            fault::set(io.api, Fault::ProbeFails(with_tag(image).into(), kind), word == "fails");
            Ok(format!("{probe} probe of {image} {word}"))
        }
        ["provisioner", name, word @ ("runs" | "gone")] => {
            if name == LOCAL_PATH {
                return Err(format!("provisioner {name} runs in every cluster here"));
            }
            fault::set(io.api, Fault::ProvisionerRuns(name.into()), word == "runs");
            Ok(format!("provisioner {name} {word}"))
        }
        ["disk" | "disks", word @ ("slow" | "normal")] => {
            fault::set(io.api, Fault::SlowVolumes, word == "slow");
            Ok(format!("disks {word}"))
        }
        ["images", word @ ("slow" | "normal")] => {
            fault::set(io.api, Fault::SlowImages, word == "slow");
            Ok(format!("images {word}"))
        }
        ["cache", word @ ("none" | "coredns" | "nodelocal")] => {
            let caching = match word {
                "none" => Caching::Kubeadm,
                "coredns" => Caching::Cache30,
                _ => Caching::NodeLocal,
            };
            Resolver::update(io.api, |resolver| {
                (resolver.caching, resolver.cache) = (caching, Rc::default());
            });
            Ok(format!("cache {word}"))
        }
        _ => Err(format!("no such trouble: {}\nSee 'trouble' for what there is.", arguments.words.join(" "))),
    }
}

/// What can stand after these words of the command.
pub fn words(store: &Store, before: &[&str]) -> Vec<String> {
    let names = |kind: Kind| store.list(kind).map(|o| o.meta.name.to_string()).collect();
    let all = |words: &[&str]| words.iter().map(|w| w.to_string()).collect();
    match before {
        [] => {
            let verbs = "cache disk image images kill node port probe program provisioner ready unready";
            all(&verbs.split(' ').collect::<Vec<_>>())
        }
        ["kill" | "ready" | "unready"] => names(Kind::Pod),
        ["node"] => names(Kind::Node),
        ["node", _] => all(&["down", "up"]),
        ["image" | "port" | "probe" | "program"] => {
            let pods = store.list(Kind::Pod).flat_map(|pod| pod.pod().spec.all_containers());
            pods.map(|container| container.image.to_string()).collect()
        }
        ["image", _] => all(&["back", "gone"]),
        ["provisioner"] => {
            let classes = store.list(Kind::StorageClass);
            let names = classes.map(|class| class.storage_class().provisioner.to_string());
            names.filter(|name| name != LOCAL_PATH).collect()
        }
        ["provisioner", _] => all(&["gone", "runs"]),
        ["program", _] => all(&["deaf", "ends", "hears", "runs"]),
        ["port", image] => {
            let pods = store.list(Kind::Pod).flat_map(|pod| pod.pod().spec.all_containers());
            let ports = pods.filter(|c| *c.image == **image).flat_map(|c| &c.ports);
            ports.map(|port| port.container_port.to_string()).collect()
        }
        ["port", _, _] => all(&["closed", "open"]),
        ["probe", _] => all(&["liveness", "readiness", "startup"]),
        ["probe", _, _] => all(&["fails", "passes"]),
        ["disk" | "images"] => all(&["normal", "slow"]),
        ["cache"] => all(&["coredns", "nodelocal", "none"]),
        _ => Vec::new(),
    }
}

fn existing_pod(io: &Io, namespace: &str, name: &str) -> Result<Key, String> {
    let name = name.strip_prefix("pod/").unwrap_or(name);
    let pod = io.api.store().find(Kind::Pod, namespace, name).map(|pod| pod.key());
    pod.ok_or_else(|| format!("pods \"{name}\" not found"))
}

#[cfg(test)]
mod tests {
    use crate::api::verdict::{Component, Reason};
    use crate::api::{Kind, Object, Span};
    use crate::config::Options;
    use crate::kubectl::printers::pod_status;
    use crate::story::{Input, Story};
    use crate::testing::SEED;
    use std::rc::Rc;

    /// The seed, all Ready.
    fn seed() -> Story {
        let mut story = Story::new(Options::default());
        story.input(Input::Apply(SEED.into()));
        pass(&mut story, 60);
        story
    }

    fn pass(story: &mut Story, seconds: i64) {
        story.run_until(story.now() + Span::seconds(seconds));
    }

    fn run(story: &mut Story, command: &str) {
        story.input(Input::Command(command.into()));
        pass(story, 1);
    }

    #[track_caller]
    fn pod(story: &Story, name: &str) -> Rc<Object> {
        story.cluster.api.store().find(Kind::Pod, "default", name).expect("the pod is there").clone()
    }

    /// What is printed for a line at once.
    fn answer(story: &mut Story, command: &str) -> String {
        let before = story.cluster.api.history().len();
        story.input(Input::Line(command.into()));
        let printed = story.cluster.api.history().since(before).iter().filter_map(|e| match &e.change {
            crate::apiserver::Change::Output { text, .. } => Some(text.to_string()),
            _ => None,
        });
        printed.skip(1).collect()
    }

    fn status(story: &Story, name: &str) -> String {
        let pod = pod(story, name);
        pod_status(pod.pod(), &pod.meta)
    }

    fn restarts(story: &Story, name: &str) -> i64 {
        pod(story, name).pod().status.container_statuses.iter().map(|c| c.restart_count).sum()
    }

    #[test]
    fn a_killed_container_is_started_again_and_then_backs_off() {
        let mut story = seed();
        run(&mut story, "trouble kill flask-1");
        pass(&mut story, 5);
        assert_eq!((status(&story, "flask-1"), restarts(&story, "flask-1")), ("Running".into(), 1));
        run(&mut story, "trouble kill flask-1");
        pass(&mut story, 3);
        assert_eq!(status(&story, "flask-1"), "CrashLoopBackOff");
        let key = pod(&story, "flask-1").key();
        let verdict = story.cluster.api.store().verdict(Component::Kubelet, &key).cloned();
        let verdict = verdict.expect("the kubelet says why");
        assert!(matches!(verdict.reason, Reason::CrashBackOff { restarts: 1, .. }), "{verdict:?}");
        let waits = verdict.until.map(|until| (until - verdict.since).0);
        assert!(waits.is_some_and(|ms| (10_000..=10_500).contains(&ms)), "{waits:?}");
        pass(&mut story, 12);
        assert_eq!((status(&story, "flask-1"), restarts(&story, "flask-1")), ("Running".into(), 2));
    }

    #[test]
    fn readiness_fails_and_recovers() {
        let mut story = seed();
        run(&mut story, "trouble unready flask-1");
        pass(&mut story, 2);
        assert!(!pod(&story, "flask-1").pod().is_ready());
        assert_eq!(status(&story, "flask-1"), "Running");
        let key = pod(&story, "flask-1").key();
        let verdict = story.cluster.api.store().verdict(Component::Kubelet, &key).cloned();
        assert!(verdict.is_some_and(|v| matches!(v.reason, Reason::Probing { .. })));
        pass(&mut story, 60);
        assert!(!pod(&story, "flask-1").pod().is_ready());
        run(&mut story, "trouble ready flask-1");
        pass(&mut story, 15);
        assert!(pod(&story, "flask-1").pod().is_ready());
    }

    #[test]
    fn a_lost_image_can_not_be_pulled_until_it_is_back() {
        let mut story = seed();
        run(&mut story, "trouble image han0495/flask-example-app gone");
        run(&mut story, "kubectl delete pod flask-2");
        pass(&mut story, 25);
        assert!(["ErrImagePull", "ImagePullBackOff"].contains(&&*status(&story, "flask-2")));
        run(&mut story, "trouble image han0495/flask-example-app back");
        pass(&mut story, 60);
        assert!(pod(&story, "flask-2").pod().is_ready());
    }

    /// How long it takes until a deleted pod has a successor.
    fn seconds_to_replace(story: &mut Story) -> i64 {
        let before = pod(story, "flask-2").meta.uid;
        let begin = story.now();
        run(story, "kubectl delete pod flask-2 --wait=false");
        let is_gone = |story: &Story| {
            let found = story.cluster.api.store().find(Kind::Pod, "default", "flask-2");
            found.is_some_and(|found| found.meta.uid != before)
        };
        while !is_gone(story) {
            pass(story, 1);
        }
        let seconds = (story.now() - begin).0 / 1000;
        pass(story, 60);
        seconds
    }

    #[test]
    fn a_deaf_program_takes_its_whole_grace_period_to_stop() {
        let mut story = seed();
        assert!(seconds_to_replace(&mut story) < 5, "it hears");
        run(&mut story, "trouble program han0495/flask-example-app deaf");
        let grace = pod(&story, "flask-2").pod().spec.termination_grace_period_seconds;
        assert!((grace..grace + 4).contains(&seconds_to_replace(&mut story)), "it does not");
        run(&mut story, "trouble program han0495/flask-example-app hears");
        assert!(seconds_to_replace(&mut story) < 5, "it hears again");
    }

    #[test]
    fn a_node_goes_down_and_comes_back() {
        let mut story = seed();
        let node = pod(&story, "flask-1").pod().spec.node_name.clone().expect("it has a node");
        run(&mut story, &format!("trouble node {node} down"));
        pass(&mut story, 400);
        assert_eq!(status(&story, "flask-1"), "Terminating");
        run(&mut story, &format!("trouble node {node} up"));
        pass(&mut story, 60);
        assert!(pod(&story, "flask-1").pod().is_ready());
    }

    #[test]
    fn nothing_gets_through_to_a_node_that_is_down() {
        let mut story = seed();
        let of_pod = pod(&story, "flask-1");
        let node = of_pod.pod().spec.node_name.clone().expect("it has a node");
        let ip =
            story.cluster.api.store().find_cluster(Kind::Node, &node).map(|n| n.node().internal_ip.clone());
        let route = format!("dial tcp {0}:10250: connect: no route to host\n$ ", ip.expect("it is there"));
        let refusals = [
            ("trouble kill flask-1", format!("error: node {node} does not answer\n$ ")),
            ("kubectl exec flask-1 -- date", format!("Error from server: error dialing backend: {route}")),
            ("kubectl attach flask-1", format!("Error from server: error dialing backend: {route}")),
        ];
        run(&mut story, &format!("trouble node {node} down"));
        for (command, refusal) in &refusals {
            assert!(
                answer(&mut story, command).ends_with(refusal),
                "{command}: {}",
                answer(&mut story, command)
            );
        }
        assert!(answer(&mut story, "kubectl logs flask-1").ends_with(&route));
        run(&mut story, &format!("trouble node {node} up"));
        assert!(!answer(&mut story, "kubectl exec flask-1 -- date").contains("no route"));
        assert_eq!(
            answer(&mut story, "trouble kill flask-1"),
            "container flask-app of pod/flask-1 killed\n$ "
        );
    }

    #[test]
    fn slow_disks_and_images_take_ten_times_as_long() {
        let ready_after = |troubles: &[&str]| {
            let mut story = Story::new(Options::default());
            for trouble in troubles {
                story.input(Input::Command((*trouble).into()));
            }
            story.input(Input::Apply(SEED.into()));
            let is_ready = |s: &Story| {
                let pod = s.cluster.api.store().find(Kind::Pod, "default", "flask-0");
                pod.is_some_and(|pod| pod.pod().is_ready())
            };
            while !is_ready(&story) && story.step() {}
            story.now().0
        };
        let normal = ready_after(&[]);
        let timings = crate::config::Timings::realistic();
        let slow_disk = ready_after(&["trouble disk slow"]);
        assert!((slow_disk - normal - timings.provision.0 * 9).abs() < 1_000, "{normal} {slow_disk}");
        assert!(ready_after(&["trouble images slow"]) > normal + timings.image_pull.0 * 9);
        assert_eq!(ready_after(&["trouble images slow", "trouble images normal"]), normal);
    }

    #[test]
    fn mistakes_are_told() {
        let mut story = seed();
        let mut answer = |command: &str| answer(&mut story, command);
        assert_eq!(answer("trouble kill flask-7"), "error: pods \"flask-7\" not found\n$ ");
        assert_eq!(
            answer("trouble kill flask-0 -c nginx"),
            "error: container nginx of pod/flask-0 is not running\n$ "
        );
        assert_eq!(answer("trouble node flask-0 down"), "error: nodes \"flask-0\" not found\n$ ");
        assert_eq!(answer("trouble --now"), "error: unknown flag: --now\n$ ");
        assert!(answer("trouble brew").starts_with("error: no such trouble: brew\n"));
        assert!(answer("trouble").contains("trouble unready POD"));
    }

    /// A no about a name is given out for five seconds more where a node's cache has it, and for none where nobody keeps it.
    #[test]
    fn a_cache_remembers_a_no_until_it_is_taken_away() {
        let asked = |caches: &[&str]| {
            let mut story = seed();
            for cache in caches {
                run(&mut story, &format!("trouble cache {cache}"));
            }
            run(&mut story, "kubectl run toolbox --image=nicolaka/netshoot -- sleep infinity");
            run(&mut story, "trouble unready flask-1");
            pass(&mut story, 30);
            let ask = "kubectl exec toolbox -- nslookup flask-1.flask";
            assert!(answer(&mut story, ask).contains("NXDOMAIN"));
            run(&mut story, "trouble ready flask-1");
            pass(&mut story, 2);
            let soon = answer(&mut story, ask);
            pass(&mut story, 5);
            assert!(answer(&mut story, ask).contains("Address"), "it is forgotten");
            soon.contains("NXDOMAIN")
        };
        assert_eq!([asked(&[]), asked(&["nodelocal"]), asked(&["nodelocal", "none"])], [false, true, false]);
        let mut story = seed();
        assert!(
            answer(&mut story, "trouble cache redis").starts_with("error: no such trouble: cache redis\n")
        );
    }
}
