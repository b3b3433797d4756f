//! Every text that people read, one table per language.
//!
//! Texts have places to fill in braces (`{pod}`) and code in backticks. Terms of Kubernetes stay as Kubernetes writes
//! them.

mod en;

use std::ops::Deref;

/// The struct of a language's texts. In parentheses stand the places that a text has: the names for which whoever shows
/// it has values. A test goes through all texts of all languages and holds their places against these.
macro_rules! texts {
    ($(#[$doc:meta])* $name:ident { $($(#[$about:meta])* $field:ident $(($($place:ident),+))?: $kind:ty,)* }) => {
        $(#[$doc])*
        #[allow(missing_docs)]
        pub struct $name { $($(#[$about])* pub $field: $kind,)* }

        #[cfg(test)]
        impl tests::Visit for $name {
            fn visit(&self, _: &str, _: &[&str], see: &mut dyn FnMut(&str, &[&str], &str)) {
                $(self.$field.visit(stringify!($field), &[$($(stringify!($place)),+)?], see);)*
            }
        }
    };
}

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

/// An answer to a question that somebody who watches would ask, and the rule behind it.
pub struct Message {
    /// The question, or what goes on; empty if the text goes after another one's.
    pub title: &'static str,
    /// The answer.
    pub text: &'static str,
    /// The rule behind it.
    pub rule: Option<&'static Rule>,
}

texts! {
/// The texts of a language. What is more than a text is behind a reference: a constant of its own.
Texts {
    // The page's own.
    tagline: &'static str,
    simulation: &'static str,
    theme: &'static str,
    copy_link: &'static str,
    copy_embed: &'static str,
    open_here: &'static str,
    link_copied: &'static str,
    embed_copied: &'static str,
    no_clipboard: &'static str,
    link_damaged: &'static str,
    link_newer: &'static str,
    /// How much of a link has been played again, in percent.
    opening_link(part): &'static str,
    show_so_far: &'static str,
    keep_before: &'static str,
    /// That a link holds more than a page can play, and how far it is shown.
    link_cut(time): &'static str,
    heard: &'static str,
    manifest: &'static str,
    examples: &'static str,
    apply: &'static str,
    reset: &'static str,
    line(line): &'static str,
    more(count): &'static str,
    objects(count): &'static str,
    stage: &'static str,
    terminal: &'static str,
    events: &'static str,
    inspect: &'static str,
    timeline: &'static str,
    play: &'static str,
    pause: &'static str,
    step_back: &'static str,
    step_on: &'static str,
    to_start: &'static str,
    to_present: &'static str,
    speed: &'static str,
    keys: &'static [(&'static str, &'static str)],
    shortcuts: &'static str,
    skip_idle: &'static str,
    decision_back: &'static str,
    decision_on: &'static str,
    branches: &'static str,
    first_branch: &'static str,
    branch_name: &'static str,
    branch_from(time): &'static str,
    compare_with(branch): &'static str,
    discard_branch(branch): &'static str,
    no_difference: &'static str,
    differences(branch): &'static str,
    not_there: &'static str,
    dropped(count, time): &'static str,
    ask_why(name, status): &'static str,
    whole_set: &'static str,
    changes: &'static str,
    since_version: &'static str,
    last_version: &'static str,
    unchanged: &'static str,
    only_version: &'static str,

    // Trouble.
    trouble: &'static str,
    trouble_for(name): &'static str,
    why_so: &'static str,
    why_dns: &'static str,
    do_inspect: &'static str,
    do_delete: &'static str,
    force_delete: &'static str,
    kill_container(container): &'static str,
    fail_readiness: &'static str,
    mend_readiness: &'static str,
    bad_image: &'static str,
    image_gone: &'static str,
    image_back: &'static str,
    node_down: &'static str,
    node_up: &'static str,
    cordon: &'static str,
    uncordon: &'static str,
    drain: &'static str,
    delete_class(class): &'static str,
    slow_disks: &'static str,
    normal_disks: &'static str,
    slow_images: &'static str,
    normal_images: &'static str,
    forked: &'static str,
    at_rest: &'static str,
    /// That time stands until all of the program is loaded.
    waits_for_program: &'static str,
    /// That the rule's field is not in the manifest, and so is `{value}`.
    by_default(value): &'static str,
    /// That `{count}` commands were given close to each other.
    commands(count): &'static str,
    /// Time passes more slowly than was chosen; `{pace}` is how fast.
    lags(pace): &'static str,
    /// Why.
    lags_why: &'static str,
    delete_pod(pod): &'static str,
    inspect_pod(pod): &'static str,
    show_rule: &'static str,
    hide_rule: &'static str,
    read_on(section): &'static str,
    countdown(done, left): &'static str,
    command_line: &'static str,
    suggestions: &'static str,
    dns_name: &'static str,
    dns_type: &'static str,
    dns_ask: &'static str,
    dns: &'static Dns,
    search: &'static str,
    completions: &'static str,
    printed: &'static str,
    save: &'static str,
    cancel: &'static str,
    fold_manifest: &'static str,
    fold_panel: &'static str,
    dock_below: &'static str,
    dock_whole: &'static str,
    large_type: &'static str,
    manifest_width: &'static str,
    panel_width: &'static str,
    no_events: &'static str,
    nothing_here: &'static str,
    object: &'static str,

    // Pods on the stage.
    ready: &'static str,
    age: &'static str,
    new: &'static str,
    same: &'static str,
    stayed: &'static str,
    stayed_claims: &'static str,
    node: &'static str,
    revision: &'static str,
    next: &'static str,
    waits_for(pod): &'static str,
    soon: &'static str,
    scaled_away: &'static str,
    not_scheduled: &'static str,
    other_pods: &'static str,
    /// That there are `{count}` more.
    more_pods(count): &'static str,
    not_claimed: &'static str,
    claim_kept: &'static str,
    no_files: &'static str,
    lines_before(count): &'static str,
    states: &'static [&'static str; 6],
    old_revision: &'static str,
    missing_pods: &'static str,
    side_by_side: &'static str,
    compare_edited: &'static str,
    as_applied: &'static str,
    as_edited: &'static str,
    then: &'static str,
    /// How many of a set's pods are Ready.
    ready_of(ready, replicas): &'static str,
    partition(partition): &'static str,
    /// How many of a set's pods are at the revision that is being rolled out.
    updated_of(updated, replicas, revision): &'static str,
    at_revision(revision): &'static str,
    /// That a pod's claims were there before it.
    old_claim: &'static str,
    new_claim: &'static str,
    cordoned: &'static str,
    /// What is said when nothing moves any more.
    panicked: &'static str,
    start_again: &'static str,
    go_on_before: &'static str,
    report_story: &'static str,
    pods: &'static str,

    // The Service.
    headless: &'static str,
    virtual_ip: &'static str,
    no_service: &'static str,
    in_dns: &'static str,
    not_in_dns: &'static str,

    // Why.
    refused(command, line, message): &'static Message,
    /// Of several objects.
    refused_some(count, objects, line, message): &'static Message,
    refused_namespace: &'static str,
    refused_namespace_there(namespace): &'static str,
    refused_update(kind): &'static str,
    refused_update_set(name): &'static str,
    refused_update_gone(name): &'static str,
    refused_template: &'static str,
    refused_tab: &'static str,
    refused_all: &'static str,
    refused_rest(count): &'static str,
    loading: &'static Message,
    nothing: &'static Message,
    other_set: &'static Message,
    pods_of_gone_set(set, pod): &'static Message,
    claims_of_gone_set(claims): &'static Message,
    unseen(set): &'static Message,
    changed(set): &'static Message,
    settled(ready, replicas): &'static Message,
    settled_empty: &'static Message,
    /// What becomes of the claims of pods that are scaled away.
    claims_stay: &'static str,
    claims_go: &'static str,
    created(pod): &'static Message,
    deleted(pod): &'static Message,
    deleted_outdated(pod): &'static Message,
    deleted_finished(pod): &'static Message,
    missing(next): &'static str,
    present(next): &'static str,
    not_replaced(next): &'static str,
    waiting_for_ready(pod, next): &'static Message,
    waiting_to_scale_down(pod, next): &'static Message,
    stuck_new(pod): &'static Message,
    stuck_new_parallel(pod): &'static Message,
    held_by_max_unavailable(next, max, pod): &'static Message,
    max_unavailable_dropped(next, max, pod): &'static Message,
    orphaned(pod): &'static Message,
    waiting_for_available(pod, seconds, next): &'static Message,
    last_ready(pod): &'static Message,
    last_available(pod, seconds): &'static Message,
    waiting_for_termination(pod): &'static Message,
    held_by_partition(held, partition): &'static Message,
    on_delete(held): &'static Message,
    one_held: &'static str,
    stuck(pod): &'static Message,
    failed(message): &'static Message,
    being_deleted: &'static Message,
    starting: &'static Message,

    // Why a part of a set is as it is.
    pod_going(pod): &'static Message,
    pod_to_go(pod, before): &'static Message,
    pod_unready(pod): &'static Message,
    pod_ready(pod, node): &'static Message,
    pod_held(pod, partition): &'static Message,
    pod_on_delete(pod): &'static Message,
    pod_outdated(pod): &'static Message,
    ghost(next, pod): &'static Message,
    ghost_scaled_away(pod, replicas): &'static Message,
    claim_missing(claim): &'static Message,
    claim_pending(claim): &'static Message,
    claim_bound(claim, pod): &'static Message,
    claim_kept_why(claim, pod, set): &'static Message,
    claim_in_use(claim, pod): &'static Message,
    claim_going(claim): &'static Message,
    claim_lost(claim): &'static Message,
    service_missing(set, service): &'static Message,
    service_selects_others(service, set): &'static Message,
    service_not_headless(service): &'static Message,
    dns_no_service(pod, set): &'static Message,
    dns_missing(pod): &'static Message,
    dns_going(pod, service): &'static Message,
    dns_no_address(pod): &'static Message,
    dns_unready(pod, service): &'static Message,
    dns_there(pod, service): &'static Message,
    node_gone(node): &'static Message,
    node_silent(node): &'static Message,
    /// That `{pod}` runs on such a node.
    node_silent_pod(pod): &'static str,
    node_unreachable(node): &'static Message,
    node_recovering(node): &'static Message,
    node_cordoned(node): &'static Message,
    node_well(node): &'static Message,

    unschedulable(message): &'static Message,
    // What stands against a pod on some nodes, after their names.
    more_nodes(count): &'static str,
    node_is_cordoned: &'static str,
    node_has_taint(taint): &'static str,
    node_lacks_cpu(free, wanted): &'static str,
    node_lacks_memory(free, wanted): &'static str,
    node_has_other_labels: &'static str,
    node_is_full: &'static str,
    node_repels: &'static str,
    node_is_uneven: &'static str,
    node_port_taken: &'static str,
    node_lacks_volume: &'static str,
    waiting_for_binding(claim): &'static Message,
    provisioning(provisioner, claim): &'static Message,
    nobody_provisions(provisioner, claim): &'static Message,
    class_missing(claim, class): &'static Message,
    sandbox: &'static Message,
    pulling(image): &'static Message,
    container_starts(container): &'static Message,
    running_init(container): &'static Message,
    waits_for_own_name(container, name, service): &'static Message,
    probing(container): &'static Message,
    probe_fails(container, failures): &'static Message,
    image_back_off(image): &'static Message,
    crash_once(container): &'static Message,
    crash_again(container): &'static Message,
    crash_back_off(container, restarts): &'static Message,
    exit_code(code): &'static str,
    killed_by_probe(probe): &'static str,
    stopping(seconds): &'static Message,
    node_lost(node): &'static Message,
    node_lost_tolerated(node): &'static Message,
    node_lost_for_good(node, pod): &'static Message,
    cant_start(message): &'static Message,
    waiting_for_consumer: &'static Message,
    no_volume: &'static Message,
    provisioning_failed(message): &'static Message,
    volume_node_gone(claim, node): &'static Message,
    volume_node_cordoned(claim, node): &'static Message,
    volume_node_lost(claim, node): &'static Message,
}
}

texts! {
/// The texts of the DNS panel. Of two, the first says what is so, the second why, and what would change it.
Dns {
    from: &'static str,
    from_cache(ago): &'static str,
    kept(left): &'static str,
    chain: &'static str,
    missing: &'static str,
    endpoints(count): &'static str,
    records(type, count): &'static str,
    left_out(type): &'static str,
    watch: &'static str,
    stop: &'static str,
    watch_hint: &'static str,
    over_time(name): &'static str,
    strip: &'static str,
    band_old: &'static str,
    band_denied: &'static str,
    band_not_ready: &'static str,
    copy: &'static str,
    settings: &'static str,
    cache: &'static str,
    caches: [&'static str; 3],
    delays: [&'static str; 2],
    nearest(name): &'static str,

    no_namespace(namespace, nearest): [&'static str; 2],
    no_service(service, namespace, nearest): [&'static str; 2],
    service_elsewhere(service, namespace): [&'static str; 2],
    no_service_of_set(service, set): [&'static str; 2],
    other_service_name(name, pod, service): [&'static str; 2],
    pod_alone(pod, service): [&'static str; 2],
    not_selected(pod, service): [&'static str; 2],
    no_pod_address(pod): [&'static str; 2],
    not_ready(pod, service): [&'static str; 2],
    terminating(pod): [&'static str; 2],
    slice_lags(pod): [&'static str; 2],
    resolver_lags(object): [&'static str; 2],
    no_pod(pod, service, nearest): [&'static str; 2],
    named_otherwise(address, name): [&'static str; 2],
    no_endpoints(service): [&'static str; 2],
    none_ready(service, count): [&'static str; 2],
    no_port(service, port, ports): [&'static str; 2],
    no_svc(name): [&'static str; 2],
    not_searched(name): [&'static str; 2],
    outside(nearest): [&'static str; 2],
    unknown_address(address): [&'static str; 2],
    negative_cached(left): [&'static str; 2],
    old_cached(left): [&'static str; 2],
    ipv4_only: [&'static str; 2],
    no_ports(service): [&'static str; 2],
    only_domain: [&'static str; 2],
    other_type: [&'static str; 2],
}
}

/// The language that a page speaks. While there is one, the compiler knows each text where it is shown: code that loads
/// early brings only the texts that it shows, not the table of all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Messages {
    /// English.
    English,
}

/// English.
pub static EN: Messages = Messages::English;

impl Deref for Messages {
    type Target = Texts;

    #[inline(always)]
    fn deref(&self) -> &Texts {
        match self {
            Messages::English => &en::TEXTS,
        }
    }
}

impl Messages {
    /// How many of a set's pods are Ready.
    pub fn ready(&self, ready: i32, replicas: i32) -> String {
        fill(self.ready_of, &[("ready", &ready.to_string()), ("replicas", &replicas.to_string())])
    }
}

/// The languages that there are texts in, by their tags (BCP 47). One more is one more file, a variant of
/// [`Messages`], and a row here.
pub const LANGUAGES: [(&str, &Messages); 1] = [("en", &EN)];

/// A text with these values in its places. A place without a value stays as it is written: the tests find it, no page
/// ends with it.
pub fn fill(text: &str, values: &[(&str, &str)]) -> String {
    let mut filled = String::with_capacity(text.len() + 32);
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let (name, after) = after.split_once('}').unwrap_or((after, ""));
        match values.iter().find(|(place, _)| *place == name) {
            Some((_, value)) => filled.push_str(value),
            None => {
                debug_assert!(false, "{text:?} has a place {name} without a value");
                filled.push_str(name);
            }
        }
        rest = after;
    }
    filled + rest
}

#[cfg(test)]
mod tests {
    use super::{EN, LANGUAGES, Message, fill};

    /// Shows each text that is in a value, with the name of its field and the places that it may have.
    pub trait Visit {
        fn visit(&self, field: &str, places: &[&str], see: &mut dyn FnMut(&str, &[&str], &str));
    }

    impl Visit for &'static str {
        fn visit(&self, field: &str, places: &[&str], see: &mut dyn FnMut(&str, &[&str], &str)) {
            see(field, places, self);
        }
    }

    impl Visit for Message {
        fn visit(&self, field: &str, places: &[&str], see: &mut dyn FnMut(&str, &[&str], &str)) {
            see(field, places, self.title);
            see(field, places, self.text);
            if let Some(rule) = self.rule {
                see(field, &[], rule.text);
            }
        }
    }

    impl<T: Visit> Visit for &'static T {
        fn visit(&self, field: &str, places: &[&str], see: &mut dyn FnMut(&str, &[&str], &str)) {
            (**self).visit(field, places, see);
        }
    }

    impl<T: Visit, const N: usize> Visit for [T; N] {
        fn visit(&self, field: &str, places: &[&str], see: &mut dyn FnMut(&str, &[&str], &str)) {
            self.iter().for_each(|each| each.visit(field, places, see));
        }
    }

    impl Visit for &'static [(&'static str, &'static str)] {
        fn visit(&self, field: &str, places: &[&str], see: &mut dyn FnMut(&str, &[&str], &str)) {
            self.iter().for_each(|(_, text)| see(field, places, text));
        }
    }

    /// The places of a text. Braces come in pairs.
    fn places_of(text: &str) -> Vec<&str> {
        let pieces = text.split('{').skip(1);
        pieces
            .map(|piece| piece.split_once('}').unwrap_or_else(|| panic!("{text:?}: an open brace")).0)
            .collect()
    }

    #[test]
    fn every_text_has_only_places_that_are_filled_and_is_filled_with_them() {
        for (language, messages) in LANGUAGES {
            let mut seen = 0;
            messages.visit("", &[], &mut |field, places, text| {
                seen += 1;
                for place in places_of(text) {
                    assert!(
                        places.contains(&place),
                        "{language}, {field}: nothing is filled into {{{place}}}"
                    );
                }
                let values: Vec<(&str, &str)> = places.iter().map(|place| (*place, "<value>")).collect();
                let filled = fill(text, &values);
                assert!(!filled.contains(['{', '}']), "{language}, {field}: {filled:?}");
                assert_eq!(filled.matches("<value>").count(), places_of(text).len(), "{language}, {field}");
            });
            assert!(seen > 300, "{language}: {seen} texts");
        }
    }

    #[test]
    fn every_place_that_is_filled_is_in_the_english_text() {
        let mut left: Vec<(String, Vec<String>)> = Vec::new();
        EN.visit("", &[], &mut |field, places, text| {
            let there = places_of(text);
            match left.last_mut().filter(|(last, _)| last == field) {
                Some((_, rest)) => rest.retain(|place| !there.contains(&&**place)),
                None => {
                    let rest = places.iter().filter(|place| !there.contains(place));
                    left.push((field.into(), rest.map(|place| place.to_string()).collect()));
                }
            }
        });
        left.retain(|(_, rest)| !rest.is_empty());
        assert_eq!(left, []);
    }

    #[test]
    fn places_are_filled() {
        assert_eq!(
            fill("{a} waits for {b}.", &[("b", "flask-1"), ("a", "flask-2")]),
            "flask-2 waits for flask-1."
        );
        assert_eq!(fill("plain", &[]), "plain");
    }

    #[test]
    #[should_panic(expected = "a place b without a value")]
    fn a_place_without_a_value_fails_a_test() {
        fill("{a} waits for {b}.", &[("a", "flask-2")]);
    }
}
