//! `kubectl port-forward` and `kubectl proxy`, and curl on the laptop, as a user has them at one prompt or two.

use crate::screen;
use crate::user::User;
use kubesim::{Input, Options, SimTime, Span, Story, terminal};

const WEB: &str = "\
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {type: NodePort, selector: {app: web}, ports: [{name: http, port: 8000, targetPort: www, nodePort: 30080}]}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: web}
spec:
  serviceName: web
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: nginx, image: 'nginx:1.28', ports: [{containerPort: 80, name: www}]}]}
";

/// What the terminal shows after these lines were typed one after another, of the last one.
fn last(lines: &[&str]) -> String {
    let mut story = Story::new(Options::default());
    story.input(Input::Apply(WEB.into()));
    story.run_until(SimTime(60_000));
    let mut shown = String::new();
    for line in lines {
        shown = screen::answer(&mut story, line, 3);
    }
    shown.trim_end_matches("$ ").to_string()
}

const LISTENS: &str = "kubectl port-forward pod/web-0 8080:80 &";

#[test]
fn a_port_of_a_pod_is_reached_from_the_laptop() {
    let told = last(&[LISTENS]);
    assert!(
        told.contains("Forwarding from 127.0.0.1:8080 -> 80\nForwarding from [::1]:8080 -> 80\n"),
        "{told}"
    );
    let shown = last(&[
        LISTENS,
        "kubectl exec web-0 -- sh -c 'echo hello > /usr/share/nginx/html/index.html'; curl -s localhost:8080",
    ]);
    assert!(shown.contains("hello\n") && shown.contains("Handling connection for 8080\n"), "{shown}");
    let refused =
        "curl: (7) Failed to connect to localhost port 8081 after 0 ms: Could not connect to server\n";
    assert_eq!(last(&[LISTENS, "curl localhost:8081"]), refused);
    let twice = last(&[LISTENS, "kubectl port-forward web-1 8080:80"]);
    assert!(twice.contains("Error listen tcp4 127.0.0.1:8080: bind: address already in use"), "{twice}");
    assert!(
        twice.ends_with("error: unable to listen on any of the requested ports: [{8080 80}]\n"),
        "{twice}"
    );
    let gone = last(&[LISTENS, "kubectl delete pod web-0 --now"]);
    assert!(gone.contains("error: lost connection to pod\n"), "{gone}");
    assert_eq!(
        last(&[LISTENS, "kubectl delete pod web-0 --now", "curl localhost:8080"]),
        refused.replace("8081", "8080")
    );
}

#[test]
fn a_port_is_named_as_the_object_names_it() {
    for (words, expect) in [
        ("svc/web 8080:http", "Forwarding from 127.0.0.1:8080 -> 80\n"),
        ("svc/web 8000", "Forwarding from 127.0.0.1:8000 -> 80\n"),
        ("sts/web www", "Forwarding from 127.0.0.1:80 -> 80\n"),
        ("--address 0.0.0.0 web-0 8080:80", "Forwarding from 0.0.0.0:8080 -> 80\n"),
        ("svc/web 80", "error: Service web does not have a service port 80\n"),
        ("svc/web x", "error: Service 'web' does not have a named port 'x'\n"),
        ("web-0 8080:x", "error: Pod 'web-0' does not have a named port 'x'\n"),
        ("web-0 1:2:3", "error: invalid port format '1:2:3'\n"),
        (
            "web-0 x:80",
            "error: error parsing local port 'x': strconv.ParseUint: parsing \"x\": invalid syntax\n",
        ),
        ("--address web web-0 80", "error: web is not a valid IP\n"),
        ("web-0", "error: TYPE/NAME and list of ports are required for port-forward\n"),
        ("web-9 80", "Error from server (NotFound): pods \"web-9\" not found\n"),
    ] {
        let shown = last(&[&format!("kubectl port-forward {words} &")]);
        assert!(shown.contains(expect), "{words}: {shown}");
    }
    // A port that the system chooses is told, and answers.
    let shown = last(&["kubectl port-forward web-0 :80 > told &", "cat told"]);
    let port: u32 =
        shown.split("127.0.0.1:").nth(1).and_then(|rest| rest.split(' ').next()?.parse().ok()).expect(&shown);
    assert!(port >= 32_768, "{shown}");
}

#[test]
fn nobody_listens_in_the_pod() {
    let shown = last(&["kubectl port-forward web-0 8080:81 &", "curl localhost:8080"]);
    assert!(shown.contains("curl: (52) Empty reply from server\n"), "{shown}");
    assert!(shown.contains("an error occurred forwarding 8080 -> 81: "), "{shown}");
    assert!(shown.contains("connection refused"), "{shown}");
    assert!(shown.contains("error: lost connection to pod\n"), "{shown}");
}

#[test]
fn another_prompt_reaches_the_port_too() {
    let mut user = User::new();
    user.run("kubectl apply -f -", WEB);
    user.run("kubectl rollout status sts/web", "");
    let line = "kubectl port-forward sts/web 8080:80";
    let id = user.cluster.spawn(line, terminal::command(line, None, &user.files));
    assert!(user.run("curl -sI localhost:8080", "").starts_with("HTTP/1.1 200 OK\r\nServer: nginx/1.28"));
    let told: String = user.cluster.processes.take_output(id).into_iter().map(|(_, text)| text).collect();
    assert!(told.ends_with("-> 80\nHandling connection for 8080\n"), "{told}");
    user.cluster.interrupt(id);
    let until = user.cluster.now() + Span::seconds(1);
    user.cluster.run_until(until);
    assert!(user.run("curl localhost:8080", "").contains("curl: (7)"));
}

#[test]
fn the_api_is_reached_through_a_proxy() {
    let proxy = "kubectl proxy &";
    assert!(last(&[proxy]).contains("Starting to serve on 127.0.0.1:8001\n"));
    let shown = last(&[proxy, "curl -s localhost:8001/api/v1/namespaces/default/pods/web-0"]);
    // To curl the API server writes in lines, unless it is asked not to.
    assert!(shown.contains("\n    \"name\": \"web-0\""), "{shown}");
    let short = last(&[proxy, "curl -s 'localhost:8001/api/v1/namespaces/default/pods/web-0?pretty=false'"]);
    assert!(short.contains("\"name\":\"web-0\""), "{short}");
    let none = last(&[proxy, "curl -s localhost:8001/api/v1/namespaces/default/pods/web-9"]);
    assert!(none.contains("pods \\\"web-9\\\" not found") && none.contains("\"code\": 404"), "{none}");
    let other = "kubectl proxy --port=8011 --api-prefix=/custom &";
    assert!(last(&[other, "curl -s localhost:8011/custom/version"]).contains("gitVersion"));
    assert_eq!(last(&[other, "curl -s -o /dev/null -w '%{http_code}\\n' localhost:8011/version"]), "404\n");
    let rejected = "curl -s localhost:8001/api/v1/namespaces/default/pods/web-0/exec";
    assert!(last(&[proxy, rejected]).contains("Forbidden"));
    let refused = last(&["kubectl proxy --www=."]);
    assert_eq!(refused, "error: --www is not simulated\n");
}

#[test]
fn the_laptop_reaches_nodes_and_no_pods() {
    let node = "$(kubectl get nodes -o jsonpath='{.items[0].status.addresses[0].address}')";
    let answer = last(&[&format!("curl -s -o /dev/null -w '%{{http_code}}\\n' {node}:30080")]);
    assert_eq!(answer, "200\n");
    let pod = "$(kubectl get pod web-0 -o jsonpath='{.status.podIP}')";
    let answer = last(&[&format!("curl -m 2 {pod}")]);
    assert_eq!(answer, "curl: (28) Connection timed out after 2001 milliseconds\n");
    assert_eq!(last(&["curl web-0.web"]), "curl: (6) Could not resolve host: web-0.web\n");
}
