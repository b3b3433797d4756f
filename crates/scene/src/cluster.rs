//! What is said of a real cluster's state before it is opened: what it is instead, what was left out, what was made up.

use kubesim::{MadeUp, Opened, Unreadable, What};
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
        Unreadable::TooMany { objects } => fill(texts.is_too_many(), &[("count", &objects.to_string())]),
        Unreadable::Manifest { objects } => fill(texts.is_manifest(), &[("count", &objects.to_string())]),
        Unreadable::TwoClusters { object } => fill(texts.is_two_clusters(), &[("object", object)]),
        Unreadable::NothingOfUse { kinds } => {
            let kinds: Vec<String> = kinds.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
            let found = if kinds.is_empty() { "-".to_owned() } else { kinds.join(", ") };
            fill(texts.is_of_no_use(), &[("found", &found), ("command", GET)])
        }
    }
}

/// The command that gets all that is of use.
pub const GET: &str = "kubectl get sts,pods,pvc,pv,svc,endpointslices,controllerrevisions,deploy,rs,pdb,sc,nodes,events -o yaml";

/// What was made up, in a sentence; nothing if nothing was.
pub fn made_up(messages: &Messages, opened: &Opened) -> Option<String> {
    let texts = messages.cluster();
    let all = [
        (MadeUp::NodeOfPod, texts.made_up_nodes()),
        (MadeUp::VolumeOfClaim, texts.made_up_volumes()),
        (MadeUp::ClassOfClaim, texts.made_up_classes()),
        (MadeUp::ClaimOfPod, texts.made_up_claims()),
        (MadeUp::ServiceOfSet, texts.made_up_services()),
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
