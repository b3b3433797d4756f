//! What an editor offers at a place of a manifest, and what it says of a field: `|` marks the place.

use kubesim::manifest::assist::{Completion, complete, help};

/// The text without the mark, and where that was.
fn marked(text: &str) -> (String, usize) {
    let at = text.find('|').expect("a mark");
    (text.replacen('|', "", 1), at)
}

/// What is offered, by its names.
fn offered(text: &str) -> Vec<String> {
    let (text, at) = marked(text);
    complete(&text, at).list.into_iter().map(|completion| completion.label).collect()
}

/// The first so many that are offered.
fn first(text: &str, count: usize) -> String {
    offered(text).into_iter().take(count).collect::<Vec<_>>().join(" ")
}

/// The text after the completion of this name is taken.
fn taken(text: &str, label: &str) -> String {
    let (mut text, at) = marked(text);
    let completions = complete(&text, at);
    let of_label = |completion: &&Completion| completion.label == label;
    let Some(completion) = completions.list.iter().find(of_label) else {
        return format!("no {label}: {:?}", completions.list.iter().map(|c| &c.label).collect::<Vec<_>>());
    };
    text.replace_range(completions.replaced, &completion.text);
    text
}

/// The path of the field that is explained.
fn explained(text: &str) -> String {
    let (text, at) = marked(text);
    help(&text, at).map_or("nothing".to_owned(), |help| help.path)
}

const SET: &str = "apiVersion: apps/v1\nkind: StatefulSet\n";

/// A StatefulSet with these lines after its head.
fn set(rest: &str) -> String {
    format!("{SET}{rest}")
}

#[test]
fn an_empty_text_begins_with_version_and_kind() {
    assert_eq!(first("|", 2), "kind apiVersion");
    assert_eq!(taken("|", "kind"), "kind: ");
    assert_eq!(taken("ap|", "apiVersion"), "apiVersion: ");
    assert_eq!(taken("kind: Service\n---\nk|", "kind"), "kind: Service\n---\nkind: ");
    assert_eq!(first("kind: Sta|", 1), "StatefulSet");
    assert_eq!(taken("kind:|", "StatefulSet"), "kind: StatefulSet");
    assert_eq!(
        first("apiVersion: apps/v1\nkind: |", 5),
        "ControllerRevision DaemonSet Deployment ReplicaSet StatefulSet"
    );
    assert_eq!(offered("apiVersion: |\nkind: StatefulSet"), ["apps/v1"]);
    assert_eq!(offered("apiVersion: |\nkind: Ingress"), ["networking.k8s.io/v1"]);
    assert_eq!(offered("kind: StatefulSet\nmeta|"), ["metadata"]);
    assert!(!offered("kind: Secret\n|").contains(&"spec".to_owned()), "a Secret has none");
}

#[test]
fn fields_that_are_not_there_yet_are_offered_the_needed_ones_first() {
    assert_eq!(first(&set("spec:\n  |"), 2), "selector template");
    assert_eq!(first(&set("spec:\n  |\n  selector: {}\n  replicas: 3\n"), 1), "template");
    let rest = offered(&set("spec:\n  replicas: 1\n  |\n  template:\n    spec: {}\n"));
    assert!(!rest.contains(&"replicas".to_owned()) && !rest.contains(&"template".to_owned()), "{rest:?}");
    assert!(rest.contains(&"ordinals".to_owned()));
    assert!(!offered(&set("|")).contains(&"status".to_owned()), "a cluster writes it");
    let pod = offered(&set("spec:\n  template:\n    spec:\n      |"));
    let place = |name: &str| pod.iter().position(|field| field == name).expect(name);
    assert_eq!(place("containers"), 0);
    assert!(place("nodeName") < place("hostPID"), "what is simulated comes before what is not");
}

#[test]
fn what_is_typed_chooses() {
    assert_eq!(first(&set("spec:\n  rep|"), 1), "replicas");
    assert_eq!(
        first(&set("spec:\n  claim|"), 2),
        "volumeClaimTemplates persistentVolumeClaimRetentionPolicy"
    );
    assert_eq!(offered(&set("spec:\n  zzz|")), [""; 0]);
    assert_eq!(
        taken(&set("spec:\n  re|pl"), "replicas"),
        set("spec:\n  replicas: "),
        "the whole word gives way"
    );
    assert_eq!(taken(&set("spec:\n  rep|x: 3"), "replicas"), set("spec:\n  replicas: 3"), "of a field, too");
    assert_eq!(taken(&set("spec:\n  rep|: 3"), "replicas"), set("spec:\n  replicas: 3"), "the colon stays");
}

#[test]
fn a_field_is_written_with_what_begins_its_value() {
    let taken = |rest: &str, label: &str| taken(&set(rest), label).replacen(SET, "", 1);
    assert_eq!(taken("spec:\n  temp|", "template"), "spec:\n  template:\n    ");
    assert_eq!(taken("spec:\n  vol|", "volumeClaimTemplates"), "spec:\n  volumeClaimTemplates:\n  - ");
    assert_eq!(
        taken("spec:\n|", "replicas"),
        "no replicas: [\"metadata\"]",
        "the first column is the document's"
    );
    assert_eq!(
        taken("spec:\n |\n  replicas: 3\n", "ordinals"),
        "spec:\n  ordinals:\n    \n  replicas: 3\n",
        "as its neighbours"
    );
    assert_eq!(taken("spec:\n |", "replicas"), "spec:\n  replicas: ");
    assert_eq!(
        taken("spec:\n    ordinals:\n      start: 1\n    |", "replicas"),
        "spec:\n    ordinals:\n      start: 1\n    replicas: "
    );
    assert_eq!(taken("metadata:\n  la|", "labels"), "metadata:\n  labels:\n    ");
}

#[test]
fn items_of_lists_are_known() {
    let containers = |rest: &str| set(&format!("spec:\n  template:\n    spec:\n      containers:\n{rest}"));
    assert_eq!(first(&containers("      - |"), 2), "name image");
    assert_eq!(first(&containers("      -|"), 2), "name image");
    assert_eq!(taken(&containers("      -|"), "name"), containers("      - name: "));
    assert_eq!(taken(&containers("      - na|"), "name"), containers("      - name: "));
    assert_eq!(first(&containers("      - name: web\n        |"), 1), "image");
    assert_eq!(
        taken(&containers("      - name: web\n        im|"), "image"),
        containers("      - name: web\n        image: ")
    );
    assert_eq!(taken(&containers("        |"), "name"), containers("        - name: "), "a new item");
    assert_eq!(
        taken(
            &containers("      - name: web\n        ports:\n        - containerPort: 80\n          pro|"),
            "protocol"
        ),
        containers("      - name: web\n        ports:\n        - containerPort: 80\n          protocol: ")
    );
    assert!(
        offered(&containers("      - name: web\n      |")).contains(&"volumes".to_owned()),
        "beside the list"
    );
    assert_eq!(
        first(&set("spec:\n  volumeClaimTemplates:\n  - metadata:\n      name: a\n    spec:\n      |"), 2),
        "accessModes resources"
    );
}

#[test]
fn values_are_offered_where_there_are_only_some() {
    let offered = |rest: &str| offered(&set(rest)).join(" ");
    assert_eq!(offered("spec:\n  podManagementPolicy: |"), "OrderedReady Parallel");
    assert_eq!(offered("spec:\n  podManagementPolicy: Par|\n  replicas: 1"), "Parallel");
    assert_eq!(offered("spec:\n  podManagementPolicy: P|arallel # or not"), "Parallel");
    assert_eq!(offered("spec:\n  updateStrategy:\n    type: |"), "RollingUpdate OnDelete");
    assert_eq!(offered("spec:\n  persistentVolumeClaimRetentionPolicy:\n    whenScaled: |"), "Retain Delete");
    let modes = "ReadWriteOnce ReadWriteOncePod ReadWriteMany ReadOnlyMany";
    let claim = "spec:\n  volumeClaimTemplates:\n  - spec:\n      accessModes:";
    assert_eq!(offered(&format!("{claim}\n      - |")), modes);
    assert_eq!(offered(&format!("{claim} [|]")), modes);
    assert_eq!(offered(&format!("{claim} [ReadWriteOnce, \"Read|\"]")), modes);
    assert_eq!(offered(&format!("{claim} [|")), modes, "not closed yet");
    let container = "spec:\n  template:\n    spec:\n      containers:\n      - name: a\n        ";
    assert_eq!(offered(&format!("{container}imagePullPolicy: |")), "IfNotPresent Always Never");
    assert_eq!(offered(&format!("{container}tty: |")), "true false");
    assert_eq!(
        offered(&format!("{container}resources:\n          requests:\n            |")),
        "cpu memory ephemeral-storage"
    );
    assert_eq!(offered("spec:\n  template:\n    spec:\n      restartPolicy: |"), "Always OnFailure Never");
    assert_eq!(offered("spec:\n  replicas: |"), "");
    assert_eq!(offered("metadata:\n  name: |"), "");
    let resources =
        "spec:\n  volumeClaimTemplates:\n  - spec:\n      resources:\n        requests:\n          ";
    assert_eq!(offered(&format!("{resources}|")), "storage");
    assert_eq!(taken(&set(&format!("{resources}st|")), "storage"), set(&format!("{resources}storage: ")));
}

#[test]
fn braces_and_json_are_read_too() {
    assert_eq!(first(&set("spec: {|}"), 2), "selector template");
    assert_eq!(
        taken(&set("spec: {replicas: 3, rev|}"), "revisionHistoryLimit"),
        set("spec: {replicas: 3, revisionHistoryLimit: }")
    );
    assert!(!offered(&set("spec: {replicas: 3, |}")).contains(&"replicas".to_owned()));
    assert_eq!(offered(&set("spec: {updateStrategy: {type: |}}")), ["RollingUpdate", "OnDelete"]);
    assert_eq!(
        offered(&set("spec: {updateStrategy: {type: |\n")),
        ["RollingUpdate", "OnDelete"],
        "nothing is closed"
    );
    let json = |rest: &str| {
        format!("{{\n  \"kind\": \"StatefulSet\",\n  \"apiVersion\": \"apps/v1\",\n  {rest}\n}}")
    };
    assert_eq!(first(&json("\"spec\": {|}"), 2), "selector template");
    assert_eq!(taken(&json("\"spec\": {\"rep|\"}"), "replicas"), json("\"spec\": {\"replicas\": }"));
    assert_eq!(
        taken(&json("\"spec\": {\"podManagementPolicy\": |}"), "Parallel"),
        json("\"spec\": {\"podManagementPolicy\": \"Parallel\"}")
    );
    assert_eq!(
        explained(&json("\"spec\": {\"template\": {\"spec\": {\"containers\": [{\"na|me\": \"a\"}]}}}")),
        "spec.template.spec.containers[0].name"
    );
    assert_eq!(
        explained(&json("\"spec\": {\"template\": {\"spec\": {\"containers\": [{}, {\"image\": \"a|\"}]}}}")),
        "spec.template.spec.containers[1].image"
    );
    assert_eq!(
        explained(&set(
            "spec: {\nreplicas: 3,\ntemplate: {\nmetadata: {labels: {a: b}}}, ordi|nals: {start: 1}}"
        )),
        "spec.ordinals"
    );
    assert_eq!(
        explained(&set("metadata: {name: a\nspec:\n  repli|cas: 3")),
        "spec.replicas",
        "a brace that is never closed"
    );
}

#[test]
fn a_text_that_does_not_parse_is_read_by_its_indentation() {
    assert_eq!(explained(&set("spec:\n  replicas 3\n  template:\n    sp|ec:\n")), "spec.template.spec");
    assert_eq!(
        explained(&set("metadata:\n  name: \"web\nspec:\n  ordinals:\n    sta|rt: 1")),
        "spec.ordinals.start"
    );
    assert_eq!(explained(&set("spec:\n\treplicas: 3\n\tordi|nals:\n\t\tstart: 1")), "spec.ordinals", "tabs");
    assert_eq!(explained(&set("spec:\n\tordinals:\n\t\tsta|rt: 1")), "spec.ordinals.start");
    assert_eq!(
        explained(&set("spec:\n  ordinals:\n    sta|rt: 1\n").replace('\n', "\r\n")),
        "spec.ordinals.start"
    );
    assert_eq!(
        taken(&set("spec:\n  rep|\n").replace('\n', "\r\n"), "replicas"),
        set("spec:\n  replicas: \n").replace('\n', "\r\n")
    );
    assert_eq!(explained(&set("spec:\n  a: b: c\n  repli|cas: 3")), "spec.replicas");
    assert_eq!(explained(&set("spec:\n  ] }\n  repli|cas: 3")), "spec.replicas");
    assert_eq!(explained("kind: StatefulSet\nspec:\n  repli|cas: 3"), "spec.replicas", "without a version");
    assert_eq!(explained("kind: Nonsense\nspec:\n  repli|cas: 3"), "nothing");
    assert_eq!(
        explained("kind: Service\nspec:\n  clusterIP: No|ne\n---\nkind: StatefulSet"),
        "spec.clusterIP"
    );
    assert_eq!(
        explained("kind: Service\n--- # the set\nkind: StatefulSet\nspec:\n  repli|cas: 3"),
        "spec.replicas"
    );
}

#[test]
fn text_of_several_lines_and_comments_are_left_alone() {
    let script = "spec:\n  template:\n    spec:\n      containers:\n      - command:\n        - sh\n        - -c\n        - |-\n          ";
    let set = |rest: &str| {
        set(rest).replace("|-", "\u{1}").replace('|', "\u{2}").replace('\u{1}', "|-").replace('\u{2}', "@")
    };
    let offered = |text: String| {
        let at = text.find('@').expect("a mark");
        complete(&text.replacen('@', "", 1), at).list.len()
    };
    assert_eq!(offered(set(&format!("{script}re|"))), 0);
    assert_eq!(offered(set(&format!("{script}echo\n          |\n"))), 0);
    assert!(offered(set(&format!("{script}echo\n      |"))) > 0, "after it");
    assert_eq!(offered(set("spec:\n  # re|")), 0);
    assert_eq!(offered(set("spec:\n  replicas: 3 # re|")), 0);
    assert_eq!(offered(set("spec:\n  replicas: 3\n    |")), 0, "nothing can be in a number");
    assert_eq!(offered(set("spec:\n  nonsense:\n    |")), 0);
}

#[test]
fn items_of_a_list_of_objects_have_kinds_of_their_own() {
    let list = "apiVersion: v1\nkind: List\nitems:\n- kind: Service\n  spec:\n    clu|\n- kind: StatefulSet\n  spec:\n    replicas: 3\n";
    assert_eq!(first(list, 1), "clusterIP");
    assert_eq!(explained(&list.replace('|', "").replace("replicas", "repli|cas")), "spec.replicas");
}

#[test]
fn lists_of_lists_have_no_fields() {
    assert_eq!(explained(&set("spec:\n  volumeClaimTemplates:\n  - - spec|:\n")), "nothing");
    assert_eq!(offered(&set("spec:\n  volumeClaimTemplates:\n  - - |")), [""; 0]);
}

#[test]
fn help_says_what_a_field_means_and_whether_it_is_simulated() {
    let (text, at) = marked("kind: StatefulSet\nspec:\n  minReady|Seconds: 10");
    let replicas = help(&text, at).expect("help");
    assert_eq!(&text[replicas.span.clone()], "minReadySeconds");
    assert_eq!((&*replicas.type_name, replicas.default), ("<integer>", "0"));
    assert!(replicas.is_simulated && !replicas.is_required);
    assert!(replicas.text.contains("available"), "{}", replicas.text);
    assert!(
        replicas.link.starts_with("/docs/concepts/workloads/controllers/statefulset/#"),
        "{}",
        replicas.link
    );
    let of = |text: &str| {
        let (text, at) = marked(text);
        help(&text, at).expect("help")
    };
    let pod = "kind: StatefulSet\nspec:\n  template:\n    spec:\n      ";
    assert!(!of(&format!("{pod}hostP|ID: true")).is_simulated);
    assert!(!of("kind: Ingress\nspec:\n  ingressClass|Name: a").is_simulated, "the kind is not");
    assert_eq!(of(&format!("{pod}containers|:")).type_name, "<[]Container>");
    assert_eq!(of(&format!("{pod}nodeSel|ector: {{}}")).type_name, "<map[string]string>");
    assert!(of("kind: StatefulSet\nspec:\n  sele|ctor: {}").is_required);
    assert_eq!(
        of("kind: StatefulSet\nspec:\n  podManagement|Policy: Parallel").values,
        "OrderedReady Parallel"
    );
    assert!(of("kind: StatefulSet\nmetadata:\n  na|me: a").text.contains("ORDINAL"), "a set's name");
    assert!(
        of("kind: StatefulSet\nspec:\n  volumeClaimTemplates:\n  - metadata:\n      na|me: a")
            .text
            .contains("NAME-SET-ORDINAL")
    );
    assert!(of("kind: Service\nmetadata:\n  ui|d: a").by_cluster);
    assert_eq!(
        explained("kind: Pod\nmetadata:\n  labels:\n    ap|p: web"),
        "nothing",
        "labels are anybody's"
    );
    assert_eq!(explained("kind: Pod\nmetadata:\n  labels:\n    app: we|b"), "metadata.labels");
}

#[test]
fn every_place_of_real_manifests_is_answered() {
    for text in [
        include_str!("../manifests/kafka.yaml"),
        include_str!("../manifests/mysql.yaml"),
        include_str!("../seed.yaml"),
    ] {
        // Of the words that are fields, with what they mean.
        let (mut known, mut explained) = (0, 0);
        for (at, _) in text.char_indices() {
            if let Some(field) = help(text, at) {
                known += 1;
                explained += usize::from(!field.text.is_empty());
            }
            let completions = complete(text, at);
            assert!(completions.replaced.end <= text.len());
            let cut = &text[..at];
            complete(cut, at);
            help(cut, at);
        }
        assert!(known * 3 > text.len(), "fields are found: at {known} of {} places", text.len());
        assert!(explained * 20 > known * 19, "fields are explained: at {explained} of {known} places");
    }
}
