//! What names, labels, keys and ports may look like, and what is said of those that don't.
//!
//! Models k8s.io/apimachinery `pkg/util/validation/validation.go` and `pkg/api/validate/content`.

const LABEL: &str = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const LABEL_KEY: &str = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";

fn is_lower_alphanumeric(c: u8) -> bool {
    c.is_ascii_lowercase() || c.is_ascii_digit()
}

fn is_dns_label(text: &str) -> bool {
    !text.is_empty()
        && text.bytes().all(|c| is_lower_alphanumeric(c) || c == b'-')
        && !text.starts_with('-')
        && !text.ends_with('-')
}

fn is_label_word(text: &str) -> bool {
    text.bytes().all(|c| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'_' | b'.'))
        && text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.ends_with(|c: char| c.is_ascii_alphanumeric())
}

fn too_long(limit: usize, unit: &str) -> String {
    format!("must be no more than {limit} {unit}")
}

fn regex_error(message: &str, regex: &str, examples: &str) -> String {
    format!("{message} (e.g. {examples}, regex used for validation is '{regex}')")
}

/// Models IsDNS1123Label.
pub(super) fn dns_label(text: &str) -> Vec<String> {
    let mut errors = Vec::new();
    if text.len() > 63 {
        errors.push(too_long(63, "characters"));
    }
    if !is_dns_label(text) {
        if text.split('.').all(is_dns_label) {
            errors.push("must not contain dots".to_owned());
        } else {
            let message = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character";
            errors.push(regex_error(message, LABEL, "'my-name',  or '123-abc'"));
        }
    }
    errors
}

/// Models IsDNS1123Subdomain. Its two copies upstream count in characters and in bytes.
pub(crate) fn dns_subdomain(text: &str) -> Vec<String> {
    subdomain(text, "characters")
}

fn subdomain(text: &str, unit: &str) -> Vec<String> {
    let mut errors = Vec::new();
    if text.len() > 253 {
        errors.push(too_long(253, unit));
    }
    if !text.split('.').all(is_dns_label) {
        let message = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character";
        errors.push(regex_error(message, &format!("{LABEL}(\\.{LABEL})*"), "'example.com'"));
    }
    errors
}

/// Models IsDNS1123SubdomainWithUnderscore.
pub(super) fn dns_subdomain_with_underscore(text: &str) -> Vec<String> {
    let mut errors = Vec::new();
    if text.len() > 253 {
        errors.push(too_long(253, "characters"));
    }
    // Underscores stand within a part, and one may begin it.
    let is_part = |part: &str| is_dns_label(&part.strip_prefix('_').unwrap_or(part).replace('_', "-"));
    if !text.split('.').all(is_part) {
        let message = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character";
        let label = "_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?";
        errors.push(regex_error(message, &format!("{label}(\\.{label})*"), "'example.com'"));
    }
    errors
}

/// Models IsHTTPHeaderName.
pub(super) fn http_header(text: &str) -> Vec<String> {
    if !text.is_empty() && text.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-') {
        return Vec::new();
    }
    let message = "a valid HTTP header must consist of alphanumeric characters or '-'";
    vec![regex_error(message, "[-A-Za-z0-9]+", "'X-Header-Name'")]
}

/// Models IsQualifiedName (IsLabelKey).
pub(crate) fn label_key(text: &str) -> Vec<String> {
    let message = "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";
    let wrong = regex_error(message, LABEL_KEY, "'MyName',  or 'my.name',  or '123-abc'");
    let mut errors = Vec::new();
    let name = match text.split_once('/') {
        None => text,
        Some((_, name)) if name.contains('/') => {
            let hint = "with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')";
            return vec![format!("a valid label key {wrong} {hint}")];
        }
        Some((prefix, name)) => {
            if prefix.is_empty() {
                errors.push("prefix part must be non-empty".to_owned());
            } else {
                errors.extend(
                    subdomain(prefix, "bytes").into_iter().map(|error| format!("prefix part {error}")),
                );
            }
            name
        }
    };
    if name.is_empty() {
        errors.push("name part must be non-empty".to_owned());
    } else if name.len() > 63 {
        errors.push(format!("name part {}", too_long(63, "bytes")));
    }
    if !is_label_word(name) {
        errors.push(format!("name part {wrong}"));
    }
    errors
}

/// Models IsValidLabelValue.
pub(crate) fn label_value(text: &str) -> Vec<String> {
    let mut errors = Vec::new();
    if text.len() > 63 {
        errors.push(too_long(63, "bytes"));
    }
    if !text.is_empty() && !is_label_word(text) {
        let message = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";
        let regex = format!("({LABEL_KEY})?");
        errors.push(regex_error(message, &regex, "'MyValue',  or 'my_value',  or '12345'"));
    }
    errors
}

/// Models IsValidPortName.
pub(crate) fn port_name(text: &str) -> Vec<String> {
    let mut errors = Vec::new();
    if text.len() > 15 {
        errors.push(too_long(15, "characters"));
    }
    if text.is_empty() || !text.bytes().all(|c| is_lower_alphanumeric(c) || c == b'-') {
        errors.push("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)".to_owned());
    }
    if !text.contains(|c: char| c.is_ascii_lowercase()) {
        errors.push("must contain at least one letter (a-z)".to_owned());
    }
    if text.contains("--") {
        errors.push("must not contain consecutive hyphens".to_owned());
    }
    if text.starts_with('-') || text.ends_with('-') {
        errors.push("must not begin or end with a hyphen".to_owned());
    }
    errors
}

/// Models IsConfigMapKey.
pub(crate) fn config_key(text: &str) -> Vec<String> {
    let mut errors = Vec::new();
    if text.len() > 253 {
        errors.push(too_long(253, "characters"));
    }
    if text.is_empty() || !text.bytes().all(|c| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'_' | b'.'))
    {
        let message = "a valid config key must consist of alphanumeric characters, '-', '_' or '.'";
        errors.push(regex_error(message, "[-._a-zA-Z0-9]+", "'key.name',  or 'KEY_NAME',  or 'key-name'"));
    }
    errors.extend(directory_error(text));
    errors
}

/// Models IsEnvVarName.
pub(crate) fn strict_env_var_name(text: &str) -> Vec<String> {
    let mut errors = Vec::new();
    let is_part = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'_' | b'.');
    if text.is_empty() || text.as_bytes()[0].is_ascii_digit() || !text.bytes().all(is_part) {
        let message = "a valid environment variable name must consist of alphabetic characters, digits, '_', '-', or '.', and must not start with a digit";
        let examples = "'my.env-name',  or 'MY_ENV.NAME',  or 'MyEnvName1'";
        errors.push(regex_error(message, "[-._a-zA-Z][-._a-zA-Z0-9]*", examples));
    }
    errors.extend(directory_error(text));
    errors
}

/// Models hasChDirPrefix.
fn directory_error(text: &str) -> Option<String> {
    match text {
        "." | ".." => Some(format!("must not be '{text}'")),
        _ => text.starts_with("..").then(|| "must not start with '..'".to_owned()),
    }
}

/// Models IsRelaxedEnvVarName.
pub(super) fn env_var_name(text: &str) -> Vec<String> {
    if text.bytes().all(|c| matches!(c, b' '..=b'~') && c != b'=') {
        return Vec::new();
    }
    vec![
        "a valid environment variable name must consist only of printable ASCII characters other than '='"
            .to_owned(),
    ]
}

/// Models IsValidPercent.
pub(super) fn percent(text: &str) -> Vec<String> {
    let digits = text.strip_suffix('%').unwrap_or_default();
    if !digits.is_empty() && digits.bytes().all(|c| c.is_ascii_digit()) {
        return Vec::new();
    }
    let message = "a valid percent string must be a numeric string followed by an ending '%'";
    vec![regex_error(message, "[0-9]+%", "'1%',  or '93%'")]
}

/// Models validation/path: IsValidPathSegmentName, for the names of roles and bindings.
pub(super) fn path_segment(text: &str) -> Vec<String> {
    if text == "." || text == ".." {
        return vec![format!("may not be '{text}'")];
    }
    ['/', '%'].iter().filter(|c| text.contains(**c)).map(|c| format!("may not contain '{c}'")).collect()
}
