//! Tests of names against small clusters.

use super::*;
use crate::api::Object;
use crate::api::resolver::Rcode;
use crate::api::resolver::RecordType;
use crate::apiserver::ApiServer;
use crate::base::time::SimTime;
use crate::config::FeatureGates;
use serde_json::json;

/// A headless Service `flask` with three endpoints, the last of them not ready.
fn cluster() -> ApiServer {
    let mut api = ApiServer::new(1, FeatureGates::default(), SimTime(0));
    let mut create = |kind, tree| api.create(Object::from_value(kind, &tree)).unwrap();
    create(Kind::Namespace, json!({"metadata": {"name": "default"}}));
    create(
        Kind::Service,
        json!({"metadata": {"name": "flask", "namespace": "default"}, "spec": {"clusterIP": "None",
            "ports": [{"name": "web", "port": 80}]}}),
    );
    let endpoint = |n: usize, ready: bool| {
        json!({"addresses": [format!("172.16.0.{n}")], "conditions": {"ready": ready}, "hostname": format!("flask-{n}"),
            "targetRef": {"namespace": "default", "name": format!("flask-{n}"), "uid": ""}})
    };
    create(
        Kind::EndpointSlice,
        json!({"metadata": {"name": "flask-abcde", "namespace": "default",
            "labels": {"kubernetes.io/service-name": "flask"}}, "addressType": "IPv4",
            "endpoints": [endpoint(0, true), endpoint(1, true), endpoint(2, false)],
            "ports": [{"name": "web", "port": 80, "protocol": "TCP"}]}),
    );
    api
}

use crate::api::Kind;

#[track_caller]
fn check(command: &str, code: i32, expect: &str) {
    let api = cluster();
    let argv: Vec<String> = command.split_whitespace().map(str::to_owned).collect();
    let mut network = Network::new(api.store(), SimTime(0), "default", "");
    let printed = run(&argv, &mut network).expect("a DNS tool");
    let mut lines: Vec<&str> = printed.stdout.lines().collect();
    lines.retain(|l| !l.starts_with("Server:") && !l.starts_with("Address:\t") && !l.is_empty());
    if command.contains("+short") {
        lines.sort_unstable();
    }
    assert_eq!((printed.code, lines.join("\n").as_str()), (code, expect), "{command}");
}

#[test]
fn a_service_answers_with_its_ready_pods() {
    let name = "flask.default.svc.cluster.local";
    check("dig +short flask.default.svc.cluster.local", 0, "172.16.0.0\n172.16.0.1");
    check(
        "nslookup -type=srv flask",
        0,
        &format!("{name}\tservice = 0 50 80 flask-0.{name}.\n{name}\tservice = 0 50 80 flask-1.{name}."),
    );
}

#[test]
fn a_pod_that_is_not_ready_has_no_name() {
    check("nslookup flask-0.flask", 0, "Name:\tflask-0.flask.default.svc.cluster.local\nAddress: 172.16.0.0");
    check("nslookup flask-2.flask", 1, "** server can't find flask-2.flask: NXDOMAIN");
    check("nslookup 172.16.0.2", 1, "** server can't find 2.0.16.172.in-addr.arpa: NXDOMAIN");
}

#[test]
fn the_search_path_is_tried_in_order_and_last_the_name_itself() {
    let api = cluster();
    let mut network = Network::new(api.store(), SimTime(0), "default", "");
    let search = resolv_conf::search_path("default");
    let answers = resolver::lookup(&mut network, "flask.default", &RecordType::A, &search);
    let tried: Vec<(&str, Rcode)> = answers.iter().map(|a| (a.name.as_str(), a.rcode)).collect();
    assert_eq!(
        tried,
        [
            ("flask.default.default.svc.cluster.local.", Rcode::NxDomain),
            ("flask.default.svc.cluster.local.", Rcode::NoError),
        ]
    );
    assert_eq!(resolver::candidates("a.b.c.d.e.f", &search)[0], "a.b.c.d.e.f.");
    assert_eq!(resolver::candidates("flask.", &search), ["flask."]);
}

#[test]
fn a_namespace_exists_without_records() {
    check("nslookup default", 0, "*** Can't find default.svc.cluster.local: No answer");
    check(
        "nslookup nowhere.svc.cluster.local",
        1,
        "** server can't find nowhere.svc.cluster.local: NXDOMAIN",
    );
}

/// Runs a line and gives what it prints.
fn printed(command: &str) -> String {
    let api = cluster();
    let argv: Vec<String> = command.split_whitespace().map(str::to_owned).collect();
    let mut network = Network::new(api.store(), SimTime(0), "default", "");
    run(&argv, &mut network).expect("a DNS tool").stdout
}

#[test]
fn dig_tells_the_size_of_the_message_as_recorded() {
    // In golden/dns/steady-types.txt, steady-service.txt: there three addresses, of 47 bytes each, are 213 bytes.
    for (command, size) in [
        ("dig flask.default.svc.cluster.local", 213 - 47),
        ("dig AAAA flask.default.svc.cluster.local", 165),
        ("dig SOA cluster.local", 147),
        ("dig TXT dns-version.cluster.local", 109),
        ("dig flask", 121),
        ("dig +nocookie flask", 121 - 12),
        ("dig +noedns flask", 121 - 23),
    ] {
        let text = printed(command);
        assert!(text.contains(&format!("\n;; MSG SIZE  rcvd: {size}\n")), "{command}: {text}");
        assert!(text.contains(";; Query time: 0 msec\n;; SERVER: 10.200.1.10#53(10.200.1.10) (UDP)\n;; WHEN: Wed May 25 06:00:00 UTC 2022\n"), "{text}");
        assert_eq!(text.contains("; COOKIE: "), !command.contains("+no"), "{text}");
    }
}

#[test]
fn a_message_has_a_number_that_asking_again_later_changes() {
    let api = cluster();
    let id = |now| Network::new(api.store(), SimTime(now), "default", "").choose();
    assert_eq!(id(0), id(0));
    assert_ne!(id(0), id(1000));
    assert!(!printed("dig flask").contains("id: N"));
}

#[test]
fn host_v_shows_whole_messages() {
    let text = printed("host -v flask");
    let name = "flask.default.svc.cluster.local";
    assert!(
        text.starts_with(&format!("Trying \"{name}\"\n;; ->>HEADER<<- opcode: QUERY, status: NOERROR, id: ")),
        "{text}"
    );
    assert!(text.contains("ANSWER: 2, AUTHORITY: 0, ADDITIONAL: 0\n\n;; QUESTION SECTION:\n"), "{text}");
    assert!(text.contains("Received 143 bytes from 10.200.1.10#53 in 0 ms\nTrying "), "{text}");
    assert_eq!(text.matches("Trying").count(), 3, "A, AAAA and MX: {text}");
    let text = printed("host -v flusk");
    assert!(text.contains("Host flusk not found: 3(NXDOMAIN)\nReceived "), "{text}");
}
