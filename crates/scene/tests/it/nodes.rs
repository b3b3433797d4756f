//! The view by node: what sits where, and how each node is.

use crate::FLASK;
use kubesim::{Input, Key, Kind, Options, Span, Story};
use messages::EN;
use scene::history::pod_state::PodState;
use scene::scene::nodes::nodes;
use scene::scene::{NodeState, NodesView};

fn story(seconds: i64) -> Story {
    let mut story = Story::new(Options::default());
    story.input(Input::Apply(FLASK.into()));
    pass(&mut story, seconds);
    story
}

fn pass(story: &mut Story, seconds: i64) {
    story.run_until(story.now() + Span::seconds(seconds));
}

fn run(story: &mut Story, command: &str, seconds: i64) {
    story.input(Input::Command(command.into()));
    pass(story, seconds);
}

fn view(story: &Story) -> NodesView {
    let set = Key::new(Kind::StatefulSet, "default", "flask");
    nodes(&EN, story.cluster.api.store(), Some(&set), story.now().0 as f64)
}

/// The node of each pod that is shown, in the order of their names.
fn places(view: &NodesView) -> Vec<(String, String)> {
    let pods = view.nodes.iter().flat_map(|node| node.pods.iter().map(move |pod| (pod, node)));
    let mut places: Vec<_> =
        pods.map(|(pod, node)| (pod.key.name.to_string(), node.name.to_string())).collect();
    places.sort();
    places
}

#[test]
fn each_pod_is_on_the_node_that_it_names_with_its_volume() {
    let story = story(90);
    let view = view(&story);
    let store = story.cluster.api.store();
    let wanted: Vec<(String, String)> = store
        .list(Kind::Pod)
        .map(|pod| (pod.meta.name.to_string(), pod.pod().spec.node_name.as_deref().unwrap().to_string()))
        .collect();
    assert_eq!(wanted.len(), 3);
    assert_eq!(places(&view), wanted);
    for node in &view.nodes {
        assert_eq!(node.state, NodeState::Well, "{}", node.name);
        assert!(node.volumes.is_empty(), "all volumes are in use: {:?}", node.volumes);
        for pod in &node.pods {
            assert!(pod.key.name.ends_with(&pod.ordinal.unwrap().to_string()), "{}", pod.key);
            let claims: Vec<String> =
                pod.volumes.iter().map(|v| v.claim.as_ref().unwrap().name.to_string()).collect();
            assert_eq!(claims, [format!("www-{}", pod.key.name)]);
        }
    }
    // The control plane stands last, and is no place for pods.
    let control: Vec<bool> = view.nodes.iter().map(|node| node.number.is_none()).collect();
    assert!(control.is_sorted() && control.last() == Some(&true), "{control:?}");
}

#[test]
fn a_volume_stays_on_its_node_when_its_pod_is_scaled_away() {
    let mut story = story(90);
    let before = view(&story);
    let home = places(&before)[2].1.clone();
    run(&mut story, "kubectl scale sts flask --replicas=2", 60);
    let view = view(&story);
    let node = view.nodes.iter().find(|node| *node.name == *home).unwrap();
    let left: Vec<&str> = node.volumes.iter().map(|v| &*v.claim.as_ref().unwrap().name).collect();
    assert_eq!(left, ["www-flask-2"]);
    assert_eq!(places(&view).len(), 2);
}

#[test]
fn nodes_are_told_apart_by_how_they_are() {
    let mut story = story(90);
    let home = places(&view(&story))[1].1.clone();
    let state = |story: &Story| view(story).nodes.into_iter().find(|node| *node.name == *home).unwrap();
    run(&mut story, &format!("kubectl cordon {home}"), 1);
    assert_eq!(
        (state(&story).state, &*state(&story).status),
        (NodeState::Cordoned, "Ready,SchedulingDisabled")
    );
    run(&mut story, &format!("kubectl uncordon {home}"), 1);
    run(&mut story, &format!("trouble node {home} down"), 20);
    let silent = state(&story);
    assert_eq!((silent.state, &*silent.status), (NodeState::Silent, "Ready"));
    assert!(silent.wait > 0.0 && silent.wait < 1.0, "{}", silent.wait);
    pass(&mut story, 60);
    assert_eq!((state(&story).state, &*state(&story).status), (NodeState::Unreachable, "NotReady"));
}

#[test]
fn a_pod_that_no_node_takes_is_on_none() {
    let mut story = story(90);
    let home = places(&view(&story))[1].1.clone();
    run(&mut story, &format!("kubectl cordon {home}"), 1);
    run(&mut story, "kubectl delete pod flask-1", 60);
    let view = view(&story);
    let unplaced: Vec<_> = view.unplaced.iter().map(|pod| (&*pod.key.name, pod.state)).collect();
    assert_eq!(unplaced, [("flask-1", PodState::Pending)]);
    let node = view.nodes.iter().find(|node| *node.name == *home).unwrap();
    assert_eq!(node.volumes.len(), 1, "its volume waits where it is");
}

#[test]
fn of_many_pods_the_ones_that_are_not_ready_are_shown_and_all_are_counted() {
    let mut story = story(0);
    run(&mut story, "kubectl create deployment web --image=nginx --replicas=90", 120);
    let view = view(&story);
    for node in view.nodes.iter().filter(|node| node.number.is_some()) {
        let counted: usize = node.counts.iter().sum();
        assert_eq!(counted, node.pods.len() + node.more_pods, "{}", node.name);
        assert!(node.more_pods > 0 && node.pods.len() == 12, "{} has {counted}", node.name);
    }
    run(&mut story, "kubectl delete deployment web", 1);
    let of = |state: PodState, view: &NodesView| {
        view.nodes.iter().map(|node| node.pods.iter().filter(|pod| pod.state == state).count()).sum::<usize>()
    };
    let view = self::view(&story);
    let going: usize =
        view.nodes.iter().map(|node| node.counts[PodState::Terminating as usize].min(12)).sum();
    assert_eq!(of(PodState::Terminating, &view), going);
}
