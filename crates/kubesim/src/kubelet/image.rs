//! What is known of images: references, and what pulling one gives. There is no registry: an image that is not known to be broken is there.

use crate::api::Str;
use crate::api::image::{has_name, has_tag, tag};
use crate::base::rng::Rng;
use crate::base::text::common;

/// The size that pull events name. Sizes are not simulated; this is busybox:1.28's.
const SIZE: u64 = 727_869;

/// Whether the image holds a shell and nothing else that starts by itself: its container ends at once unless it is given
/// a command or something to read from.
pub fn is_plain_shell(image: &str) -> bool {
    has_name(image, &["alpine", "bash", "busybox", "centos", "debian", "fedora", "netshoot", "ubuntu"])
}

/// Why this is no image reference, in the words of `distribution/reference`, if it is none.
pub fn invalid(image: &str) -> Option<String> {
    let path = image.split('@').next().unwrap_or(image);
    let name_end = path.len() - if tag(path).is_empty() { 0 } else { tag(path).len() + 1 };
    let name = &path[..name_end];
    let wrong = |c: char| !(c.is_ascii_alphanumeric() || "./-_:".contains(c));
    let why = if name.is_empty() || image.contains(wrong_in_reference) || name.contains(wrong) {
        "invalid reference format".to_string()
    } else if name
        .split('/')
        .skip(usize::from(names_host(name)))
        .any(|p| p.contains(|c: char| c.is_ascii_uppercase()))
    {
        let full = if name.contains('/') { name.to_string() } else { format!("library/{name}") };
        format!("invalid reference format: repository name ({full}) must be lowercase")
    } else {
        return None;
    };
    Some(format!(
        "Failed to apply default image tag \"{image}\": couldn't parse image name \"{image}\": {why}"
    ))
}

fn wrong_in_reference(c: char) -> bool {
    c.is_whitespace() || c.is_control()
}

/// Whether the first part of the name is a registry's host.
fn names_host(name: &str) -> bool {
    name.split_once('/').is_some_and(|(host, _)| host.contains(['.', ':']) || host == "localhost")
}

/// Whether pulling it fails: an image whose tag is `broken` or whose reference has `does-not-exist` in it. These
/// are this simulator's own names for images that can't be pulled.
pub fn cannot_be_pulled(image: &str) -> bool {
    has_tag(image, "broken") || image.contains("does-not-exist")
}

/// What the runtime says when there is no such image.
pub fn not_found(image: &str) -> String {
    format!(
        "rpc error: code = NotFound desc = failed to pull and unpack image \"{image}\": failed to resolve reference \
         \"{image}\": {image}: not found"
    )
}

/// The Pulled event's text.
pub fn pulled(image: &str, took_ms: i64) -> String {
    let took = go_duration(took_ms);
    format!(
        "Successfully pulled image \"{image}\" in {took} ({took} including waiting). Image size: {SIZE} bytes."
    )
}

/// The digest by which the runtime knows the image: made up, the same for the same reference.
pub fn id(image: &str) -> Str {
    let name = image.split('@').next().unwrap_or(image);
    let name = &name[..name.len() - if tag(name).is_empty() { 0 } else { tag(name).len() + 1 }];
    common(&[name, "@sha256:", &hex64(&[image])].concat())
}

/// 64 hexadecimal digits that depend on these names.
pub fn hex64(names: &[&str]) -> String {
    let mut rng = Rng::new(crate::base::hash::name_hash(0, names));
    let mut digits = String::with_capacity(64);
    for _ in 0..4 {
        crate::base::hash::push_hex(&mut digits, rng.next_u64());
    }
    digits
}

/// As Go prints a duration: `200ms`, `2.4s`, `1m5s`.
fn go_duration(ms: i64) -> String {
    if ms < 1000 {
        return format!("{ms}ms");
    }
    let (minutes, rest) = (ms / 60_000, ms % 60_000);
    let fraction = format!("{:03}", rest % 1000);
    let fraction = fraction.trim_end_matches('0');
    let dot = if fraction.is_empty() { "" } else { "." };
    let minutes = if minutes > 0 { format!("{minutes}m") } else { String::new() };
    format!("{minutes}{}{dot}{fraction}s", rest / 1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_capitals_is_no_reference() {
        assert_eq!(invalid("registry.example.com:5000/team/app:V1"), None);
        assert_eq!(
            invalid("Nginx").as_deref(),
            Some(
                "Failed to apply default image tag \"Nginx\": couldn't parse image name \"Nginx\": invalid reference \
                 format: repository name (library/Nginx) must be lowercase"
            )
        );
        assert!(invalid("nginx latest").unwrap().ends_with(": invalid reference format"));
    }

    #[test]
    fn durations_print_as_go_prints_them() {
        for (ms, text) in [(200, "200ms"), (2_400, "2.4s"), (65_000, "1m5s"), (1_000, "1s")] {
            assert_eq!(go_duration(ms), text);
        }
    }
}
