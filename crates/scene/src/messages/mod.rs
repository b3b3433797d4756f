//! Every text that people read, one table per language.
//!
//! Texts have places to fill in braces (`{pod}`) and code in backticks. Terms of Kubernetes stay as Kubernetes writes them.

mod en;

pub use en::EN;

/// A rule of Kubernetes, in our own words, and where to read on.
#[derive(PartialEq, Debug)]
pub struct Rule {
    /// Two or three sentences.
    pub text: &'static str,
    /// The manifest's field that decides; empty if none does.
    pub field: &'static str,
    /// The name of the section in the Kubernetes documentation.
    pub section: &'static str,
    /// The section's address below <https://kubernetes.io/docs/>.
    pub path: &'static str,
}

/// A question that somebody who watches would ask, its answer, and the rule behind it.
pub struct Say {
    /// The question, or what goes on.
    pub title: &'static str,
    /// The answer.
    pub text: &'static str,
    /// The rule behind it.
    pub rule: Option<&'static Rule>,
}

/// What is said of a part: a sentence that goes after another, and its own rule.
pub struct Detail {
    /// The sentence.
    pub text: &'static str,
    /// The rule behind it.
    pub rule: Option<&'static Rule>,
}

/// The texts of a language.
#[allow(missing_docs)]
pub struct Words {
    // The page's own.
    pub tagline: &'static str,
    pub simulation: &'static str,
    pub theme: &'static str,
    pub copy_link: &'static str,
    pub copy_embed: &'static str,
    pub open_here: &'static str,
    pub link_copied: &'static str,
    pub embed_copied: &'static str,
    pub no_clipboard: &'static str,
    pub link_damaged: &'static str,
    pub link_newer: &'static str,
    pub heard: &'static str,
    pub manifest: &'static str,
    pub examples: &'static str,
    pub apply: &'static str,
    pub reset: &'static str,
    pub line: &'static str,
    pub more: &'static str,
    pub objects: &'static str,
    pub stage: &'static str,
    pub terminal: &'static str,
    pub events: &'static str,
    pub inspect: &'static str,
    pub timeline: &'static str,
    pub play: &'static str,
    pub pause: &'static str,
    pub step_back: &'static str,
    pub step_on: &'static str,
    pub to_start: &'static str,
    pub to_present: &'static str,
    pub speed: &'static str,
    pub keys: &'static [(&'static str, &'static str)],
    pub shortcuts: &'static str,
    pub skip_idle: &'static str,
    pub decision_back: &'static str,
    pub decision_on: &'static str,
    pub branches: &'static str,
    pub first_branch: &'static str,
    pub branch_name: &'static str,
    pub branch_from: &'static str,
    pub compare_with: &'static str,
    pub discard_branch: &'static str,
    pub no_difference: &'static str,
    pub differences: &'static str,
    pub not_there: &'static str,
    pub dropped: &'static str,
    pub ask_why: &'static str,
    pub whole_set: &'static str,
    pub changes: &'static str,
    pub since_version: &'static str,
    pub last_version: &'static str,
    pub unchanged: &'static str,
    pub only_version: &'static str,

    // Trouble.
    pub trouble: &'static str,
    pub trouble_for: &'static str,
    pub why_so: &'static str,
    pub why_dns: &'static str,
    pub do_inspect: &'static str,
    pub do_delete: &'static str,
    pub force_delete: &'static str,
    pub kill_container: &'static str,
    pub fail_readiness: &'static str,
    pub mend_readiness: &'static str,
    pub bad_image: &'static str,
    pub image_gone: &'static str,
    pub image_back: &'static str,
    pub node_down: &'static str,
    pub node_up: &'static str,
    pub cordon: &'static str,
    pub uncordon: &'static str,
    pub drain: &'static str,
    pub delete_class: &'static str,
    pub slow_disks: &'static str,
    pub normal_disks: &'static str,
    pub slow_images: &'static str,
    pub normal_images: &'static str,
    pub forked: &'static str,
    pub at_rest: &'static str,
    /// That the rule's field is not in the manifest, and so is `{value}`.
    pub by_default: &'static str,
    /// That `{count}` commands were given close to each other.
    pub commands: &'static str,
    /// Time passes more slowly than was chosen; `{pace}` is how fast.
    pub lags: &'static str,
    /// Why.
    pub lags_why: &'static str,
    pub delete_pod: &'static str,
    pub inspect_pod: &'static str,
    pub show_rule: &'static str,
    pub hide_rule: &'static str,
    pub read_on: &'static str,
    pub countdown: &'static str,
    pub command_line: &'static str,
    pub suggestions: &'static str,
    pub dns_name: &'static str,
    pub dns_type: &'static str,
    pub dns_ask: &'static str,
    pub dns: Dns,
    pub search: &'static str,
    pub completions: &'static str,
    pub printed: &'static str,
    pub save: &'static str,
    pub cancel: &'static str,
    pub manifest_width: &'static str,
    pub panel_width: &'static str,
    pub no_events: &'static str,
    pub nothing_here: &'static str,
    pub object: &'static str,

    // Pods on the stage.
    pub ready: &'static str,
    pub age: &'static str,
    pub new: &'static str,
    pub same: &'static str,
    pub stayed: &'static str,
    pub stayed_claims: &'static str,
    pub node: &'static str,
    pub revision: &'static str,
    pub next: &'static str,
    pub waits_for: &'static str,
    pub soon: &'static str,
    pub scaled_away: &'static str,
    pub not_scheduled: &'static str,
    pub other_pods: &'static str,
    /// That there are `{count}` more.
    pub more_pods: &'static str,
    pub not_claimed: &'static str,
    pub claim_kept: &'static str,
    pub no_files: &'static str,
    pub lines_before: &'static str,
    pub states: [&'static str; 6],
    pub old_revision: &'static str,
    pub missing_pods: &'static str,
    pub side_by_side: &'static str,
    pub compare_edited: &'static str,
    pub as_applied: &'static str,
    pub as_edited: &'static str,
    pub then: &'static str,
    pub pods: &'static str,

    // The Service.
    pub headless: &'static str,
    pub virtual_ip: &'static str,
    pub no_service: &'static str,
    pub in_dns: &'static str,
    pub not_in_dns: &'static str,

    // Why.
    pub nothing: Say,
    pub other_set: Say,
    pub pods_of_gone_set: Say,
    pub claims_of_gone_set: Say,
    pub unseen: Say,
    pub changed: Say,
    pub settled: Say,
    pub settled_empty: Say,
    /// What becomes of the claims of pods that are scaled away.
    pub claims_stay: &'static str,
    pub claims_go: &'static str,
    pub created: Say,
    pub deleted: Say,
    pub deleted_outdated: Say,
    pub deleted_finished: Say,
    pub missing: &'static str,
    pub present: &'static str,
    pub not_replaced: &'static str,
    pub waiting_for_ready: Say,
    pub waiting_to_scale_down: Say,
    pub stuck_new: Say,
    pub stuck_new_parallel: Say,
    pub held_by_max_unavailable: Say,
    pub max_unavailable_dropped: Say,
    pub orphaned: Say,
    pub waiting_for_available: Say,
    pub last_ready: Say,
    pub last_available: Say,
    pub waiting_for_termination: Say,
    pub held_by_partition: Say,
    pub on_delete: Say,
    pub one_held: &'static str,
    pub stuck: Say,
    pub failed: Say,
    pub being_deleted: Say,
    pub starting: Say,

    // Why a part of a set is as it is.
    pub pod_going: Say,
    pub pod_to_go: Say,
    pub pod_unready: Say,
    pub pod_ready: Say,
    pub pod_held: Say,
    pub pod_on_delete: Say,
    pub pod_outdated: Say,
    pub ghost: Say,
    pub ghost_scaled_away: Say,
    pub claim_missing: Say,
    pub claim_pending: Say,
    pub claim_bound: Say,
    pub claim_kept_why: Say,
    pub claim_in_use: Say,
    pub claim_going: Say,
    pub claim_lost: Say,
    pub service_missing: Say,
    pub service_selects_others: Say,
    pub service_not_headless: Say,
    pub dns_no_service: Say,
    pub dns_missing: Say,
    pub dns_going: Say,
    pub dns_no_address: Say,
    pub dns_unready: Say,
    pub dns_there: Say,
    pub node_gone: Say,
    pub node_silent: Say,
    /// That `{pod}` runs on such a node.
    pub node_silent_pod: &'static str,
    pub node_unreachable: Say,
    pub node_recovering: Say,
    pub node_cordoned: Say,
    pub node_well: Say,

    pub unschedulable: Detail,
    pub waiting_for_binding: Detail,
    pub provisioning: Detail,
    pub class_missing: Detail,
    pub sandbox: Detail,
    pub pulling: Detail,
    pub container_starts: Detail,
    pub running_init: Detail,
    pub probing: Detail,
    pub probe_fails: Detail,
    pub image_back_off: Detail,
    pub crash_once: Detail,
    pub crash_again: Detail,
    pub crash_back_off: Detail,
    pub stopping: Detail,
    pub node_lost: Detail,
    pub node_lost_tolerated: Detail,
    pub node_lost_for_good: Detail,
    pub cant_start: Detail,
    pub waiting_for_consumer: Detail,
    pub no_volume: Detail,
    pub provisioning_failed: Detail,
    pub volume_node_gone: Detail,
    pub volume_node_cordoned: Detail,
    pub volume_node_lost: Detail,
}

/// The texts of the DNS panel. Of two, the first says what is so, the second why, and what would change it.
#[allow(missing_docs)]
pub struct Dns {
    pub from: &'static str,
    pub from_cache: &'static str,
    pub kept: &'static str,
    pub chain: &'static str,
    pub missing: &'static str,
    pub endpoints: &'static str,
    pub records: &'static str,
    pub left_out: &'static str,
    pub watch: &'static str,
    pub stop: &'static str,
    pub watch_hint: &'static str,
    pub over_time: &'static str,
    pub strip: &'static str,
    pub band_old: &'static str,
    pub band_denied: &'static str,
    pub band_not_ready: &'static str,
    pub copy: &'static str,
    pub settings: &'static str,
    pub cache: &'static str,
    pub caches: [&'static str; 3],
    pub delays: [&'static str; 2],
    pub nearest: &'static str,

    pub no_namespace: [&'static str; 2],
    pub no_service: [&'static str; 2],
    pub service_elsewhere: [&'static str; 2],
    pub no_service_of_set: [&'static str; 2],
    pub other_service_name: [&'static str; 2],
    pub pod_alone: [&'static str; 2],
    pub not_selected: [&'static str; 2],
    pub no_pod_address: [&'static str; 2],
    pub not_ready: [&'static str; 2],
    pub terminating: [&'static str; 2],
    pub slice_lags: [&'static str; 2],
    pub resolver_lags: [&'static str; 2],
    pub no_pod: [&'static str; 2],
    pub named_otherwise: [&'static str; 2],
    pub no_endpoints: [&'static str; 2],
    pub none_ready: [&'static str; 2],
    pub no_port: [&'static str; 2],
    pub no_svc: [&'static str; 2],
    pub not_searched: [&'static str; 2],
    pub outside: [&'static str; 2],
    pub unknown_address: [&'static str; 2],
    pub negative_cached: [&'static str; 2],
    pub old_cached: [&'static str; 2],
    pub ipv4_only: [&'static str; 2],
    pub no_ports: [&'static str; 2],
    pub only_domain: [&'static str; 2],
    pub other_type: [&'static str; 2],
}

/// Fills the places of a text.
pub fn fill(text: &str, values: &[(&str, &str)]) -> String {
    let mut filled = String::with_capacity(text.len() + 32);
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let (name, after) = after.split_once('}').expect("a text's braces come in pairs");
        let value = values.iter().find(|(n, _)| *n == name);
        filled.push_str(value.expect("every place of a text has a value").1);
        rest = after;
    }
    filled + rest
}

#[cfg(test)]
mod tests {
    use super::fill;

    #[test]
    fn places_are_filled() {
        assert_eq!(
            fill("{a} waits for {b}.", &[("b", "flask-1"), ("a", "flask-2")]),
            "flask-2 waits for flask-1."
        );
        assert_eq!(fill("plain", &[]), "plain");
    }
}
