//! Values as Go writes them.

use serde_json::Value;

/// JSON as Go writes it: safe inside HTML.
pub fn go_json(json: String) -> String {
    if !json.contains(['<', '>', '&']) {
        return json;
    }
    json.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026")
}

/// A value as Go's `fmt` prints it: `map[app:flask]`, `[a b]`.
pub(super) fn go_print(value: &Value) -> String {
    match value {
        Value::Null => "<nil>".into(),
        Value::String(s) => s.clone(),
        Value::Array(a) => format!("[{}]", a.iter().map(go_print).collect::<Vec<_>>().join(" ")),
        Value::Object(o) => {
            let entries = o.iter().map(|(k, v)| format!("{k}:{}", go_print(v)));
            format!("map[{}]", entries.collect::<Vec<_>>().join(" "))
        }
        other => other.to_string(),
    }
}
