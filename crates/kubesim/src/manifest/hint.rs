//! What a text that is no manifest probably is: the mistakes that people make when they paste.

use crate::api::refusal::Hint;

/// Whether a text has something to be filled in, as a chart's templates have.
pub(crate) fn is_template(text: &str) -> bool {
    text.split("{{").skip(1).any(|after| after.contains("}}"))
}

/// What is probably meant by a text that can't be read from this line on (from 1).
pub fn hint(text: &str, line: u32) -> Option<Hint> {
    if is_template(text) {
        return Some(Hint::HelmTemplate);
    }
    // The scanner may notice a tab only at the end of what it could belong to.
    let mut near = text.lines().skip((line as usize).saturating_sub(2)).take(2);
    let has_tab = |line: &str| line.chars().take_while(|c| c.is_whitespace()).any(|c| c == '\t');
    near.any(has_tab).then_some(Hint::Tab)
}

#[cfg(test)]
mod tests {
    use super::{Hint, hint};
    use crate::manifest::input::{InputOptions, objects};

    /// The hint at the first mistake in a text.
    fn of(text: &str) -> Option<Hint> {
        hint(text, objects(text, InputOptions::default()).errors.first().expect("a mistake").span.line)
    }

    #[test]
    fn templates_and_tabs_are_known() {
        let template = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  labels:\n    {{- include \"a\" . | nindent 4 }}\n";
        assert_eq!(of(template), Some(Hint::HelmTemplate));
        assert_eq!(of("apiVersion: v1\nkind: ConfigMap\nmetadata:\n\tname: a\n"), Some(Hint::Tab));
        assert_eq!(
            of("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  labels:\n\t  app: a\n"),
            Some(Hint::Tab)
        );
        assert_eq!(of("apiVersion: v1\nkind: ConfigMap\nmetadata: [\n"), None);
        assert_eq!(of("apiVersion: v1\nkind: Nothing\nmetadata:\n  name: a\t\n"), None);
    }
}
