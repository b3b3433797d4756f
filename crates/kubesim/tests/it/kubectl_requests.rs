//! `-v=6` to `-v=10`: requests, headers and bodies, against client-go's `transport/round_trippers.go` and `rest/request.go`.

use crate::user::User;

const CONFIG: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {a: b}\n";

#[test]
fn requests_are_shown_to_who_asks() {
    let mut user = User::new();
    user.run("kubectl create cm a", "");
    let shown = |user: &mut User, command: &str| -> Vec<String> {
        let said = user.run(&format!("kubectl {command}"), "");
        let lines = said.lines().filter_map(|line| Some(line.split_once("] \"Response\" ")?.1.to_string()));
        lines.collect()
    };
    for (command, expect) in [
        ("get sts -v=6", &["GET /apis/apps/v1/namespaces/default/statefulsets?limit=500 200 OK"][..]),
        ("get pods -A -l app=x --v=6 --chunk-size=0", &["GET /api/v1/pods?labelSelector=app%3Dx 200 OK"]),
        ("get cm a -v=6", &["GET /api/v1/namespaces/default/configmaps/a 200 OK"]),
        ("get cm x -v=6", &["GET /api/v1/namespaces/default/configmaps/x 404 Not Found"]),
        (
            "create cm a -v=6",
            &["POST /api/v1/namespaces/default/configmaps?fieldManager=kubectl-create 409 Conflict"],
        ),
        (
            "label cm a x=y -v=6",
            &[
                "GET /api/v1/namespaces/default/configmaps/a 200 OK",
                "PATCH /api/v1/namespaces/default/configmaps/a?fieldManager=kubectl-label 200 OK",
            ],
        ),
        (
            "delete cm a -v=6",
            &[
                "DELETE /api/v1/namespaces/default/configmaps/a 200 OK",
                "GET /api/v1/namespaces/default/configmaps/a 404 Not Found",
            ],
        ),
        ("get cm -v=5", &[]),
    ] {
        let lines: Vec<String> = shown(&mut user, command)
            .iter()
            .map(|line| {
                let field = |name: &str| {
                    line.split_once(&format!("{name}=\"")).and_then(|(_, rest)| rest.split_once('"'))
                };
                let text = |name: &str| field(name).map_or("", |(text, _)| text);
                let path = text("url").split_once(":6443").map_or("", |(_, path)| path);
                format!("{} {path} {}", text("verb"), text("status"))
            })
            .collect();
        assert_eq!(lines, expect, "{command}");
    }
}

/// What `-v=8` and above show besides requests.
#[test]
fn bodies_are_shown_to_who_asks() {
    let mut user = User::new();
    // What kinds of objects there are is asked once.
    let count = |said: &str, text: &str| said.matches(text).count();
    let first = user.run("kubectl get pods -v=8", "");
    assert_eq!(count(&first, "/api?timeout=32s\""), 1, "{first}");
    assert_eq!(count(&first, "/apis?timeout=32s\""), 1, "{first}");
    assert!(first.contains(r#""Response Body" body="{\"kind\":\"APIGroupDiscoveryList\""#), "{first}");
    assert!(first.contains("loader.go:407] Config loaded from file:  /home/.kube/config"), "{first}");
    user.run("kubectl create cm a --from-literal=k=v", "");
    let again = user.run("kubectl get cm a -o name -v=8", "");
    assert_eq!(count(&again, "/api?timeout"), 0, "{again}");
    // Fields have the API server's order.
    let object = concat!(
        "\"Response Body\" body=<\n\t",
        r#"{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"a","namespace":"default","uid":"#
    );
    assert!(again.contains(object) && again.contains("\"data\":{\"k\":\"v\"}}\n >\n"), "{again}");
    assert!(again.contains("helper.go:105] \"Request Body\" body=\"\"\n"), "{again}");
    assert!(again.contains("\tAudit-Id: ") && again.contains("\tContent-Length: "), "{again}");
    let changed = user.run("kubectl patch cm a -p '{\"data\":{\"k\":\"w\"}}' -v=8", "");
    assert!(changed.contains(r#""Request Body" body="{\"data\":{\"k\":\"w\"}}""#), "{changed}");
    assert!(changed.contains("\tContent-Type: application/strategic-merge-patch+json\n"), "{changed}");
    assert!(changed.contains("\"data\":{\"k\":\"w\"}}\n >\n"), "{changed}");
    let missing = user.run("kubectl get cm nope -v=8", "");
    let refusal = concat!(
        r#"{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"configmaps \"nope\" not found","#,
        r#""reason":"NotFound","details":{"name":"nope","kind":"configmaps"},"code":404}"#
    );
    assert!(missing.contains(refusal), "{missing}");
    // The more is asked for, the more of a body is shown.
    let table = user.run("kubectl get cm -v=9", "");
    assert!(table.contains(r#"{"kind":"Table","apiVersion":"meta.k8s.io/v1","#), "{table}");
    assert!(table.contains("curl -v -XGET ") && table.contains("{\"cells\":[\"a\",1,\""), "{table}");
    assert!(table.contains("\"HTTP Trace: Dial succeed\" network=\"tcp\""), "{table}");
    user.run("kubectl create cm big --from-literal=k=$(seq -s, 600)", "");
    let cut = user.run("kubectl get cm big -o name -v=8", "");
    assert!(cut.contains(" [truncated ") && !cut.contains(",600"), "{cut}");
    let whole = user.run("kubectl get cm big -o name -v=10", "");
    assert!(!whole.contains(" [truncated ") && whole.contains(",600"), "{whole}");
    let gone = user.run("kubectl delete cm a -v=8", "");
    assert!(gone.contains("\"Request Body\" body=<\n\t{\"propagationPolicy\":\"Background\"}\n >"), "{gone}");
    let success = r#""status":"Success","details":{"name":"a","kind":"configmaps","uid":"#;
    assert!(gone.contains(success), "{gone}");
    let applied = user.run("kubectl apply -f - -v=6", CONFIG);
    let order = [
        "/openapi/v3?timeout=32s",
        "/openapi/v3/api/v1?hash=",
        "verb=\"GET\"",
        "configmaps/c\"",
        "verb=\"POST\"",
    ];
    assert!(order.iter().all(|text| applied.contains(text)), "{applied}");
    let versions = user.run("kubectl api-versions -v=6", "");
    assert_eq!(count(&versions, "/apis?timeout=32s\""), 1, "{versions}");
}
