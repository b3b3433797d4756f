//! What is said of a real cluster's state before it is opened: what it is instead, what was left out, what was made up.

use crate::explain::{Outlook, of_state};
use kubesim::api::stateful_set::parent_and_ordinal;
use kubesim::{Key, Kind, MadeUp, Object, Opened, SimTime, Store, Unreadable, What};
use messages::{Messages, fill};

/// Why texts can't be opened, and what to give instead.
pub fn unreadable(messages: &Messages, why: &Unreadable) -> String {
    let texts = messages.cluster();
    let of = |text: &str, file: &str| fill(text, &[("file", file), ("command", GET)]);
    match why {
        Unreadable::Empty { file } => of(texts.is_empty(), file),
        Unreadable::Binary { file } => of(texts.is_binary(), file),
        Unreadable::Table { file } => of(texts.is_table(), file),
        Unreadable::Described { file } => of(texts.is_described(), file),
        Unreadable::KubectlError { file, said } => {
            fill(texts.is_error(), &[("file", file), ("said", said), ("command", GET)])
        }
        Unreadable::Dump { file } => of(texts.is_dump(), file),
        Unreadable::Template { file } => of(texts.is_template(), file),
        Unreadable::Encrypted { file } => of(texts.is_encrypted(), file),
        Unreadable::Redacted { file } => of(texts.is_redacted(), file),
        Unreadable::CutOff { file, line, last } => {
            let last = if last.is_empty() { "?" } else { last };
            fill(texts.is_cut_off(), &[("file", file), ("line", &line.to_string()), ("last", last)])
        }
        Unreadable::Syntax { file, line, message } => {
            fill(texts.is_no_yaml(), &[("file", file), ("line", &line.to_string()), ("message", message)])
        }
        Unreadable::TooLarge { bytes, largest } => {
            let kinds: Vec<String> = largest
                .iter()
                .map(|(kind, bytes)| format!("{kind} {} MB", (bytes + 500_000) / 1_000_000))
                .collect();
            let (size, most) =
                ((bytes / 1_000_000).to_string(), (kubesim::MOST_OPENED_BYTES / 1_000_000).to_string());
            fill(texts.is_too_large(), &[("size", &size), ("most", &most), ("kinds", &kinds.join(", "))])
        }
        Unreadable::TooLong { file, line, bytes } => {
            let tenths = bytes.div_ceil(100_000);
            let (line, size) = (line.to_string(), format!("{}.{}", tenths / 10, tenths % 10));
            fill(texts.is_too_long(), &[("file", file), ("line", &line), ("size", &size)])
        }
        Unreadable::TooMany { objects } => fill(texts.is_too_many(), &[("count", &objects.to_string())]),
        Unreadable::Manifest { objects } => fill(texts.is_manifest(), &[("count", &objects.to_string())]),
        Unreadable::TwoClusters { object } => fill(texts.is_two_clusters(), &[("object", object)]),
        Unreadable::SetLeftOut { object, what: left_out } => {
            let said = match left_out {
                What::UnknownKind(_) => [&**object, ", ", &what(messages, left_out)].concat(),
                _ => what(messages, left_out),
            };
            fill(texts.is_set_left_out(), &[("what", &said), ("command", GET)])
        }
        Unreadable::Kustomization => fill(texts.is_kustomization(), &[("command", GET)]),
        Unreadable::NothingOfUse { kinds } => {
            let name = |kind: &str| if kind == "?" { texts.is_no_object() } else { kind }.to_owned();
            let kinds: Vec<String> =
                kinds.iter().map(|(kind, count)| format!("{count} {}", name(kind))).collect();
            let found = if kinds.is_empty() { "-".to_owned() } else { kinds.join(", ") };
            fill(texts.is_of_no_use(), &[("found", &found), ("command", GET)])
        }
    }
}

/// The command that gets all that is of use.
pub const GET: &str = "kubectl get sts,pods,pvc,pv,svc,endpointslices,controllerrevisions,deploy,rs,pdb,sc,nodes,events -o yaml";

/// The same into a file, as it is shown.
pub const GET_TO_FILE: &str = "kubectl get sts,pods,pvc,pv,svc,endpointslices,controllerrevisions,deploy,rs,pdb,sc,nodes,events -n shop -o yaml > shop.yaml";

/// What a line about a state is of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NoteKind {
    /// What is in it.
    Found,
    /// What is not in it, and is made up.
    MadeUp,
    /// What was left out.
    LeftOut,
}

/// The files' names, how much is in them, and when that was: in UTC.
pub fn taken(messages: &Messages, names: &str, opened: &Opened) -> String {
    let texts = messages.cluster();
    let clock = |ms: i64| SimTime::clock_of_unix(opened.taken_unix_seconds + ms / 1000);
    let made = opened.objects.iter().filter(|object| !object.meta.is_made_up()).count();
    if opened.seen.is_empty() {
        let count = made.to_string();
        return fill(texts.taken(), &[("files", names), ("count", &count), ("time", &clock(0))]);
    }
    let lacks_slices = opened.missing.contains(&Kind::EndpointSlice);
    let own = opened.seen.iter().filter(|seen| !lacks_slices || seen.key.kind != Kind::EndpointSlice);
    let count = (made + own.count()).to_string();
    let (from, to) = (clock(0), clock(opened.seen_until().0));
    fill(texts.recorded(), &[("files", names), ("count", &count), ("from", &from), ("to", &to)])
}

/// What is in a state, what was made up and what was left out, before it is opened: of that so many kinds.
pub fn notes(messages: &Messages, opened: &Opened, most: usize) -> Vec<(NoteKind, String)> {
    let texts = messages.cluster();
    let mut all: Vec<(NoteKind, String)> = Vec::new();
    let own = |kind: Kind| {
        let of_kind = opened.objects.iter().filter(move |object| object.kind == kind);
        of_kind.filter(|object| !object.meta.is_made_up())
    };
    for set in own(Kind::StatefulSet) {
        let pods = own(Kind::Pod).filter(|pod| pod.meta.is_controlled_by(set.meta.uid)).count().to_string();
        let claims =
            own(Kind::PersistentVolumeClaim).filter(|claim| is_claim_of(claim, set)).count().to_string();
        let values = [
            ("set", &*set.meta.name),
            ("namespace", &*set.meta.namespace),
            ("pods", &*pods),
            ("claims", &*claims),
        ];
        all.push((NoteKind::Found, fill(texts.set_found(), &values)));
    }
    let others = [
        Kind::Service,
        Kind::EndpointSlice,
        Kind::ControllerRevision,
        Kind::Deployment,
        Kind::Node,
        Kind::PersistentVolume,
        Kind::StorageClass,
        Kind::Event,
    ];
    let counted =
        others.iter().map(|kind| (own(*kind).count(), kind.info().plural)).filter(|(count, _)| *count > 0);
    let counted: Vec<String> =
        counted.map(|(count, plural)| [&*count.to_string(), " ", plural].concat()).collect();
    if !counted.is_empty() {
        all.push((NoteKind::Found, counted.join(", ")));
    }
    if opened.has_no_times {
        all.push((NoteKind::MadeUp, texts.has_no_times().into()));
    }
    let missing: Vec<&str> = opened.missing.iter().map(|kind| kind.info().plural).collect();
    if !missing.is_empty() {
        all.push((NoteKind::MadeUp, fill(texts.missing(), &[("what", &missing.join(", "))])));
    }
    all.extend(made_up(messages, opened).map(|text| (NoteKind::MadeUp, text)));
    let left_out = opened.left_out.iter().take(most);
    let left_out: Vec<String> =
        left_out.map(|left| [&*left.count.to_string(), " ", &*what(messages, &left.what)].concat()).collect();
    if !left_out.is_empty() {
        let more = if opened.left_out.len() > most { ", …" } else { "" };
        let all_of_it = [&*left_out.join(", "), more].concat();
        all.push((NoteKind::LeftOut, fill(texts.left_out(), &[("what", &all_of_it)])));
    }
    all
}

/// Whether a claim is of a set, by its name: claims outlive their pods, and nobody owns them.
fn is_claim_of(claim: &Object, set: &Object) -> bool {
    let templates = &set.stateful_set().spec.volume_claim_templates;
    let is_of = |template: &str| {
        let rest = claim.meta.name.strip_prefix(template).and_then(|rest| rest.strip_prefix('-'));
        rest.and_then(parent_and_ordinal).is_some_and(|(parent, _)| *parent == *set.meta.name)
    };
    claim.meta.namespace == set.meta.namespace && templates.iter().any(|template| is_of(&template.name))
}

/// The set to look at first: one that does not go on by itself, or else one that waits.
pub fn set_in_trouble(messages: &'static Messages, store: &Store) -> Option<Key> {
    let worst = store.list(Kind::StatefulSet).map(|set| (of_state(messages, store, set).outlook, set.key()));
    let mut found: Option<(Outlook, Key)> = None;
    for (outlook, key) in worst {
        if outlook != Outlook::Settled && found.as_ref().is_none_or(|(worst, _)| outlook > *worst) {
            found = Some((outlook, key));
        }
    }
    found.map(|(_, key)| key)
}

/// What was made up, in a sentence; nothing if nothing was.
pub fn made_up(messages: &Messages, opened: &Opened) -> Option<String> {
    let texts = messages.cluster();
    let all = [
        (MadeUp::NodeOfPod, texts.made_up_nodes()),
        (MadeUp::VolumeOfClaim, texts.made_up_volumes()),
        (MadeUp::ClassOfClaim, texts.made_up_classes()),
        (MadeUp::ClaimOfPod, texts.made_up_claims()),
        (MadeUp::ServiceOfSet, texts.made_up_services()),
        (MadeUp::SliceOfService, texts.made_up_slices()),
        (MadeUp::PodOfSet, texts.made_up_pods()),
        (MadeUp::NamedByPod, texts.made_up_named()),
    ];
    let counted = all.iter().filter_map(|(why, text)| {
        let count = opened.made_up.iter().filter(|(_, other)| other == why).count();
        (count > 0).then(|| fill(text, &[("count", &count.to_string())]))
    });
    let counted: Vec<String> = counted.collect();
    (!counted.is_empty()).then(|| fill(texts.made_up(), &[("what", &counted.join(", "))]))
}

/// What was left out, in words that go after a number.
pub fn what(messages: &Messages, what: &What) -> String {
    let texts = messages.cluster();
    match what {
        What::SecretData => texts.left_secrets().into(),
        What::ConfigMapData => texts.left_config_maps().into(),
        What::EnvironmentValues => texts.left_variables().into(),
        What::LastApplied => texts.left_last_applied().into(),
        What::Annotations => texts.left_annotations().into(),
        What::ManagedFields => texts.left_managed_fields().into(),
        What::Fields => texts.left_fields().into(),
        What::Kind(kind) => fill(texts.left_kind(), &[("kind", kind)]),
        What::UnknownKind(kind) => fill(texts.left_unknown_kind(), &[("kind", kind)]),
        What::Object { name, why } => fill(texts.left_object(), &[("object", name), ("why", why)]),
        What::Owner(owner) => fill(texts.left_owner(), &[("owner", owner)]),
        What::Older(object) => fill(texts.left_older(), &[("object", object)]),
    }
}
