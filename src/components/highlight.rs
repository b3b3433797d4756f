//! Colours for YAML, line by line: keys, quoted text, numbers and booleans, comments.

/// What a piece of a line is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TokenKind {
    /// Anything that has no colour of its own.
    Plain,
    /// The key of a field.
    Key,
    /// Text in single or double quotes.
    Quoted,
    /// A number or a boolean.
    Number,
    /// A comment, or what divides documents.
    Comment,
}

impl TokenKind {
    /// Its class in the style sheet.
    pub fn class(self) -> Option<&'static str> {
        match self {
            TokenKind::Plain => None,
            TokenKind::Key => Some("k"),
            TokenKind::Quoted => Some("s"),
            TokenKind::Number => Some("n"),
            TokenKind::Comment => Some("c"),
        }
    }
}

/// The pieces of a line, in order; together they are the line.
pub fn pieces(line: &str) -> Vec<(TokenKind, &str)> {
    let mut pieces = Vec::new();
    let mut at = 0;
    let mut take = |length: usize, kind: TokenKind| {
        if length > 0 {
            pieces.push((kind, &line[at..at + length]));
        }
        at += length;
        &line[at..]
    };
    let rest = take(if line.starts_with("---") { 3 } else { 0 }, TokenKind::Comment);
    let mut rest = take(rest.len() - rest.trim_start_matches([' ', '-']).len(), TokenKind::Plain);
    if let Some(colon) = key_end(rest) {
        let after = take(colon, TokenKind::Key);
        let gap = after[1..].len() - after[1..].trim_start().len();
        rest = take(1 + gap, TokenKind::Plain);
    }
    let end = match rest.as_bytes().first() {
        Some(b'#') => 0,
        Some(b'"' | b'\'') => rest.len(),
        _ => rest.find(" #").unwrap_or(rest.len()),
    };
    let value = rest[..end].trim_end();
    let kind = match value.as_bytes().first() {
        Some(b'"' | b'\'') => TokenKind::Quoted,
        _ if is_number(value) || matches!(value, "true" | "false" | "null") => TokenKind::Number,
        _ => TokenKind::Plain,
    };
    let comment = take(end, kind);
    take(comment.len(), TokenKind::Comment);
    pieces
}

fn is_number(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit() || c == '-')
        && text.bytes().all(|b| b.is_ascii_digit() || b"-.".contains(&b))
}

/// Where the key at the start of this text ends: at a colon before a space or the end.
fn key_end(text: &str) -> Option<usize> {
    if text.starts_with(['"', '\'', '#', '{', '[']) {
        return None;
    }
    let colon = text
        .match_indices(':')
        .map(|(at, _)| at)
        .find(|at| matches!(text.as_bytes().get(at + 1), None | Some(b' ')))?;
    (!text[..colon].contains(" #")).then_some(colon)
}

/// The line (from 0) of the first field of this name, to show a rule in the manifest: in the document of the
/// StatefulSet, if there is one.
pub fn line_of_field(text: &str, field: &str) -> Option<usize> {
    if field.is_empty() {
        return None;
    }
    let start = text.lines().position(|l| l.trim_end() == "kind: StatefulSet").unwrap_or(0);
    let names = |line: &str| {
        let line = line.trim_start_matches([' ', '-']);
        line.strip_prefix(field).is_some_and(|rest| rest.starts_with(':'))
    };
    text.lines().enumerate().skip(start).find(|(_, line)| names(line)).map(|(n, _)| n)
}

/// Fields that a manifest may leave out: those above them in a StatefulSet, outermost first, and what they are by default.
const DEFAULTS: [(&str, &[&str], &str); 9] = [
    ("podManagementPolicy", &["spec"], "OrderedReady"),
    ("minReadySeconds", &["spec"], "0"),
    ("replicas", &["spec"], "1"),
    ("updateStrategy", &["spec"], "RollingUpdate"),
    ("partition", &["spec", "updateStrategy", "rollingUpdate"], "0"),
    ("maxUnavailable", &["spec", "updateStrategy", "rollingUpdate"], "1"),
    ("persistentVolumeClaimRetentionPolicy", &["spec"], "Retain"),
    ("terminationGracePeriodSeconds", &["spec", "template", "spec"], "30"),
    ("restartPolicy", &["spec", "template", "spec"], "Always"),
];

/// Where to look for a field in the manifest: its line (from 0), or, if it is left out, the line of the nearest field above
/// it, and the field's default.
pub type FieldLine = (usize, Option<&'static str>);

/// Where the manifest has this field.
pub fn place_of_field(text: &str, field: &str) -> Option<FieldLine> {
    if let Some(line) = line_of_field(text, field) {
        return Some((line, None));
    }
    let (_, above, default) = DEFAULTS.iter().find(|(name, ..)| *name == field)?;
    let lines: Vec<&str> = text.lines().collect();
    let set = lines.iter().position(|line| line.trim_end() == "kind: StatefulSet")?;
    let is_end = |line: &&str| line.starts_with("---");
    let first = lines[..set].iter().rposition(is_end).map_or(0, |end| end + 1);
    let last = lines[set..].iter().position(is_end).map_or(lines.len(), |end| set + end);
    let indent = |line: &str| line.len() - line.trim_start_matches(' ').len();
    let (mut block, mut found) = (first..last, None);
    for name in *above {
        let inside = |n: &usize| match found {
            Some(parent) => indent(lines[*n]) > indent(lines[parent]) || lines[*n].trim().is_empty(),
            None => true,
        };
        let names = |n: &usize| {
            let rest = lines[*n].trim_start_matches(' ').strip_prefix(name);
            rest.is_some_and(|rest| rest.starts_with(':')) && (found.is_some() || indent(lines[*n]) == 0)
        };
        let Some(next) = block.clone().take_while(inside).find(names) else { break };
        (found, block) = (Some(next), next + 1..last);
    }
    found.map(|line| (line, Some(*default)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(line: &str, expect: &[(TokenKind, &str)]) {
        assert_eq!(pieces(line), expect);
        assert_eq!(pieces(line).iter().map(|(_, text)| *text).collect::<String>(), line);
    }

    #[test]
    fn lines_are_coloured() {
        use TokenKind::*;
        check("", &[]);
        check("kind: Service", &[(Key, "kind"), (Plain, ": "), (Plain, "Service")]);
        check("  - port: 80", &[(Plain, "  - "), (Key, "port"), (Plain, ": "), (Number, "80")]);
        check("spec:", &[(Key, "spec"), (Plain, ":")]);
        check("---", &[(Comment, "---")]);
        check("a: \"b # c\"", &[(Key, "a"), (Plain, ": "), (Quoted, "\"b # c\"")]);
        check("a: b # c", &[(Key, "a"), (Plain, ": "), (Plain, "b"), (Comment, " # c")]);
        check("# all: of it", &[(Comment, "# all: of it")]);
        check("- \"sh -c: x\"", &[(Plain, "- "), (Quoted, "\"sh -c: x\"")]);
        check("image: busybox:1.28", &[(Key, "image"), (Plain, ": "), (Plain, "busybox:1.28")]);
        check("한글: 예", &[(Key, "한글"), (Plain, ": "), (Plain, "예")]);
    }

    #[test]
    fn fields_are_found_in_the_set() {
        let text = "kind: Service\nname: a\n---\nkind: StatefulSet\nspec:\n  - name: b\n  replicasX: 1\n  replicas: 3";
        assert_eq!(line_of_field(text, "name"), Some(5));
        assert_eq!(line_of_field(text, "replicas"), Some(7));
        assert_eq!(line_of_field(text, "image"), None);
    }

    #[test]
    fn of_a_field_that_is_left_out_the_nearest_one_above_is_found_and_its_default() {
        let text = "kind: Service\nspec:\n  a: b\n---\nspec:\n  selector: {}\n  template:\n    metadata: {}\n    spec:\n      \
                    containers: []\nkind: StatefulSet\n---\nkind: Pod\nspec:\n  updateStrategy:";
        assert_eq!(place_of_field(text, "selector"), None, "before the kind it is not looked for");
        assert_eq!(place_of_field(text, "minReadySeconds"), Some((4, Some("0"))));
        assert_eq!(place_of_field(text, "terminationGracePeriodSeconds"), Some((8, Some("30"))));
        assert_eq!(place_of_field(text, "partition"), Some((4, Some("0"))), "no strategy in this set");
        assert_eq!(place_of_field(text, "image"), None);
        assert_eq!(place_of_field("kind: Pod\nspec:\n", "partition"), None);
    }
}
