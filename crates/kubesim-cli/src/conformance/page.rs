//! CONFORMANCE.md: what came of the recordings, for people to read.

use super::report::{Report, Verdict};
use kubesim::KUBERNETES_VERSION;
use std::fmt::Write as _;

/// What each folder of recordings holds.
const FOLDERS: &[(&str, &str)] = &[
    ("dns", "names looked up in pods, with nslookup, dig and host"),
    ("gate-off", "manifests that come out differently with the feature gates of a stock cluster"),
    ("kubectl", "kubectl's output: lists, watches, descriptions, errors, exit codes"),
    ("scenarios", "rollouts, scaling, failures, deletions: what happens, in which order"),
    ("scenarios-2", "more of them: changed minds, static volumes, tampered labels, drains that are refused"),
    ("validation", "manifests: what the API server refuses, warns of, and keeps"),
];

/// What is done differently although no recording shows it, and why.
const UNRECORDED: &[(&str, &str)] = &[
    (
        "a Parallel set makes at most 50 pods in one reconcile, the rest in the next ones at the same moment",
        "one step of the simulation must not keep the page from drawing",
    ),
    (
        "a claim binds at once to a volume that is made after it",
        "the real controller finds it at its next resync, up to 15 seconds later",
    ),
    (
        "the pod garbage collector acts after the average of its delays, and leaves finished pods alone",
        "its rounds have no moment that a history would show; the real one removes finished pods above 12,500",
    ),
    (
        "finalizers and owners in a set's claim templates are not copied to the claims",
        "claims with finalizers of others would never go, as nobody here takes them off",
    ),
    (
        "a refused eviction writes the budget's `InsufficientPods` a moment later, not in the same write",
        "the disruption controller writes it",
    ),
    (
        "protection finalizers that somebody takes off are not put back",
        "the protection controllers act when an object comes or is to go",
    ),
    (
        "volumes with the reclaim policy `Recycle` are released and stay so",
        "the policy is deprecated, and no scrubber pod is simulated",
    ),
    (
        "the events `MultiplePodDisruptionBudgets`, `NotDeleted` and `OwnerRefInvalidNamespace` are not told",
        "what they warn of is handled, only not told",
    ),
    ("EndpointSlices have no topology hints, and Endpoints are not mirrored", "nothing here routes by zones"),
    ("`kubectl get --raw` knows objects, lists and discovery", "that is what is asked for with it here"),
    (
        "of the bodies that `kubectl -v=8` shows, tables' columns have no descriptions, and the API's own description \
         (`/openapi/v3/…`) is left out; each answer takes a millisecond",
        "those are upstream's texts; what is shown follows from a command's words and from what it changed",
    ),
    ("an approved CertificateSigningRequest gets no certificate", "nobody here has a key to sign with"),
    (
        "a kustomization's vars, generators and transformers of others, Helm charts and remote bases are refused",
        "nothing here runs programs or reaches the network",
    ),
    (
        "a DaemonSet has no `deprecated.daemonset.template.generation`, and failed pods are replaced without a back-off",
        "the annotation is deprecated; failed daemons' pods are rare here",
    ),
    (
        "`kubectl top` shows figures that follow from requests and names, and says so; `kubectl debug node/…` sees an empty `/host`; \
         another container's processes are not seen",
        "no program runs, and a node has no files",
    ),
    (
        "roles let nobody do less: only `kubectl auth` asks them; they are there once a command asks for them",
        "one user acts here",
    ),
    (
        "the laptop's curl reaches what `kubectl port-forward` and `kubectl proxy` open and the nodes' ports; the proxy answers \
         what `kubectl get --raw` knows",
        "there is no other network",
    ),
    ("CoreDNS' two pods have one cache; a changed cache setting begins with an empty one", "as in the walk"),
    (
        "the objects of kube-system are there once a command looks at that namespace, at all namespaces, describes a node or drains one; \
         CoreDNS answers while its pods are away",
        "they cost a story that does not look there nothing; names are what is simulated",
    ),
    (
        "a Corefile acts a minute after its change: `log`, `cache`, the zone's `ttl`; servers for other zones are read, and \
         nobody answers there",
        "the kubelet's and CoreDNS' own periods vary; there is no network outside",
    ),
    (
        "a Job's controller looks at changes of pods at whole seconds, and forgets failures of pods that were deleted; a CronJob \
         knows UTC and five zones without summer time",
        "it waits a second after a change; there is no table of time zones here",
    ),
];

/// Upstream's own tests of kubectl, as `crates/upstream-kubectl-tests/run.sh` counted them last: what a script is about, its
/// assertions, how many passed when they were first run, and now.
const UPSTREAM_KUBECTL: &[(&str, u32, u32, u32)] = &[
    ("Deployments, ReplicaSets, StatefulSets, DaemonSets: `apps.sh`", 252, 75, 252),
    ("pods, services, secrets, nodes and the like: `core.sh`", 353, 150, 353),
    ("volumes and claims: `storage.sh`", 21, 2, 17),
    ("apply, client-side and server-side: `apply.sh`", 120, 65, 106),
    ("the verbs: `get.sh`, `create.sh`, `delete.sh`, `diff.sh` and the like", 384, 215, 371),
    ("several objects and files at once: `generic-resources.sh`", 145, 59, 142),
    ("discovery: `discovery.sh`", 2, 0, 2),
    // Those of `certificate.sh` (13) were not run at first.
    ("jobs, roles, certificate requests: `batch.sh`, `rbac.sh`, `certificate.sh`", 105, 15, 105),
];

/// The same by function: its name, its assertions, how many passed with the first three faults set aside, and now.
fn upstream_functions() -> impl Iterator<Item = [&'static str; 4]> {
    let lines = include_str!("../../../upstream-kubectl-tests/counts.tsv").lines();
    let fields = |line: &'static str| {
        let mut fields = line.split('\t');
        std::array::from_fn(|_| fields.next().unwrap_or_default())
    };
    lines.filter(|line| !line.starts_with('#')).map(fields)
}

/// What fails of them, and why.
const UPSTREAM_FAILURES: &[&str] = &[
    "custom resources: outside the product (`apply.sh:191,199,381-389,672,680`, `events.sh:87,125,169`)",
    "help in other languages: outside the product (`help.sh:29-47`)",
    "a cluster here has a StorageClass, another Service range and the ServiceAccount admission, upstream's has not \
     (`storage.sh:96-118`, `apply.sh:311-315`; `save-config.sh:60,62` and `generic-resources.sh:231` put a pod in \
     the place of one that has a token's volume)",
    "manifests from the network (`generic-resources.sh:177-184`), a `KUBECTL_EXTERNAL_DIFF` (`diff.sh:211`), the \
     namespace that another function left behind (`create.sh:128`): the harness carries none",
];

/// One sentence for the README.
pub fn summary(report: &Report) -> String {
    let (passed, failed, skipped) = report.totals(None);
    let all = passed + failed + skipped;
    format!("{passed} of {all} recordings of a real {KUBERNETES_VERSION} control plane are reproduced")
}

/// A README with this summary in the place of the one it has.
pub fn with_summary(readme: &str, report: &Report) -> String {
    let known = r"[0-9]+ of [0-9]+ recordings of a real v[0-9.]+ control plane are reproduced";
    let known = regex_lite::Regex::new(known).expect("a valid pattern");
    known.replace(readme, summary(report).as_str()).into_owned()
}

/// The whole page.
pub fn page(report: &Report) -> String {
    let mut page = String::new();
    let _ = write!(
        page,
        "# Conformance\n\nWritten, with the README's summary of it, by `cargo run -p kubesim-cli -- conformance --write CONFORMANCE.md`; a test \
         keeps it up to date.\n\nOrdinal follows Kubernetes {KUBERNETES_VERSION}. The recordings in `crates/kubesim/tests/golden` were \
         made of a real control plane of that\nversion; the runner plays each one against the simulation and compares every \
         output, every object and the order of what\nhappens. What can't be equal between two runs is folded in one place, \
         `crates/kubesim-cli/src/conformance/fold.rs`.\n\n{}.\n\n| folder | what is recorded | passed | not yet | skipped |\n\
         | --- | --- | ---: | ---: | ---: |\n",
        summary(report)
    );
    for folder in report.folders() {
        let about = FOLDERS.iter().find(|(name, _)| *name == folder).map_or("", |(_, about)| about);
        let (passed, failed, skipped) = report.totals(Some(folder));
        let _ = writeln!(page, "| {folder} | {about} | {passed} | {failed} | {skipped} |");
    }
    let (passed, failed, skipped) = report.totals(None);
    let _ = writeln!(page, "| **all** | | **{passed}** | **{failed}** | **{skipped}** |");
    shells(&mut page);
    let files = |wanted: fn(&Verdict) -> Option<&str>| {
        report.files.iter().filter_map(move |(folder, name, verdict)| Some((folder, name, wanted(verdict)?)))
    };
    section(&mut page, "Skipped", "Outside the product.");
    for (folder, name, reason) in files(|verdict| match verdict {
        Verdict::Skipped(reason) => Some(reason),
        _ => None,
    }) {
        let _ = writeln!(page, "- `{folder}/{name}`: {reason}");
    }
    section(
        &mut page,
        "Known deviations",
        "Steps of recordings that pass otherwise, where the simulation answers differently and is not compared.",
    );
    for (file, step, reason) in &report.deviations {
        let _ = writeln!(page, "- `{file}`, {step}: {reason}");
    }
    section(
        &mut page,
        "Known differences that no recording shows",
        "Found by reading Kubernetes' sources, each with its reason.",
    );
    for (what, why) in UNRECORDED {
        let _ = writeln!(page, "- {what}: {why}");
    }
    upstream_kubectl(&mut page);
    if failed > 0 {
        section(
            &mut page,
            "Not yet",
            "Recordings that the simulation does not reproduce yet (`crates/kubesim-cli/tests/conformance-pending.txt`).",
        );
        for (folder, name, _) in files(|verdict| matches!(verdict, Verdict::Failed(_)).then_some("")) {
            let _ = writeln!(page, "- `{folder}/{name}`");
        }
    }
    page
}

/// The part on kubectl.
fn upstream_kubectl(page: &mut String) {
    section(
        page,
        "kubectl by upstream's own tests",
        "Kubernetes' shell tests of kubectl (`test/cmd`), run as they are against a simulated control plane; counted by\n\
         `KUBERNETES=DIR crates/upstream-kubectl-tests/run.sh`, where DIR is a git repository of Kubernetes 1.36's sources.",
    );
    page.push_str("| what | assertions | passed at first | passed now |\n| --- | ---: | ---: | ---: |\n");
    for (what, all, before, now) in UPSTREAM_KUBECTL {
        let _ = writeln!(page, "| {what} | {all} | {before} | {now} |");
    }
    let sum = |count: fn(&(&str, u32, u32, u32)) -> u32| UPSTREAM_KUBECTL.iter().map(count).sum::<u32>();
    let (all, before, now) = (sum(|row| row.1), sum(|row| row.2), sum(|row| row.3));
    let _ = writeln!(
        page,
        "| **all** | **{all}** | **{before}** | **{now}** |\n\nBy function, the second column with three faults \
         set aside that stood in nearly every line at first:\n"
    );
    page.push_str("| function | assertions | passed then | passed now |\n| --- | ---: | ---: | ---: |\n");
    for [function, all, then, now] in upstream_functions() {
        let _ = writeln!(page, "| `{function}` | {all} | {then} | {now} |");
    }
    page.push_str("\nWhat fails:\n\n");
    for what in UPSTREAM_FAILURES {
        let _ = writeln!(page, "- {what}");
    }
}

/// The snippets that are held against real shells: how many of each topic do as in each shell.
fn shells(page: &mut String) {
    let recorded = [
        (
            "bash",
            "bash 5.2 beside GNU's tools and jq 1.6",
            include_str!("../../../shell/tests/differential/recorded/bash"),
        ),
        (
            "dash",
            "dash 0.5.12 beside GNU's tools and mawk",
            include_str!("../../../shell/tests/differential/recorded/dash"),
        ),
        (
            "ash",
            "BusyBox 1.35's ash and tools",
            include_str!("../../../shell/tests/differential/recorded/ash"),
        ),
    ];
    let not_yet = include_str!("../../../shell/tests/differential/not-yet.txt");
    section(
        page,
        "Shells",
        "Snippets in `crates/shell/tests/differential`, run once in real shells by `record.sh` there. One passes if standard \
         output, standard\nerror and the exit code are equal to the last byte; those of tools hold several commands each. What does not \
         pass yet is listed\nin `not-yet.txt`.",
    );
    page.push_str("| shell | topic | passed | not yet |\n| --- | --- | ---: | ---: |\n");
    for (shell, about, outcomes) in recorded {
        for topic in ["posix", "bash", "tools", "jq"] {
            let title = format!("=== {topic}/");
            let all = outcomes.lines().filter(|line| line.starts_with(&title)).count();
            let (start, end) = (format!("{topic}/"), format!(" {shell}"));
            let failed =
                not_yet.lines().filter(|line| line.starts_with(&start) && line.ends_with(&end)).count();
            if all > 0 {
                let _ = writeln!(page, "| {about} | {topic} | {} | {failed} |", all - failed);
            }
        }
    }
    let (passed, all) = BUSYBOX_TESTS;
    let _ = writeln!(
        page,
        "\n{passed} of {all} of BusyBox' own tests of ash that need no job control pass: `BUSYBOX=DIR cargo test -p shell --test it \
         busybox`,\nwhere DIR is `shell/ash_test` of its sources."
    );
}

/// BusyBox' own tests of ash that pass, and all that were run.
const BUSYBOX_TESTS: (u32, u32) = (327, 346);

fn section(page: &mut String, title: &str, about: &str) {
    let _ = write!(page, "\n## {title}\n\n{about}\n\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_counted_by_function_is_what_is_counted_by_script() {
        let mut by_function = [0, 0];
        for [function, all, then, now] in upstream_functions() {
            // A dash: it was not run then.
            let [all, then, now] = [all, then, now].map(|count| match count {
                "-" => 0,
                count => count.parse::<u32>().unwrap_or_else(|_| panic!("{function}: {count}")),
            });
            assert!(then <= all && now <= all, "{function}: {then} and {now} of {all}");
            by_function = [by_function[0] + all, by_function[1] + now];
        }
        let by_script = UPSTREAM_KUBECTL.iter().fold([0, 0], |[all, now], row| [all + row.1, now + row.3]);
        assert_eq!(by_function, by_script);
    }
}
