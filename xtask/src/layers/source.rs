//! A file's imports as it writes them: its tokens, without comments, texts and what only tests have.

use std::collections::BTreeSet;

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Word(String),
    /// `::`
    Separator,
    Mark(char),
}

/// A path, as it is written.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Path {
    /// The modules within the file that it stands in.
    pub(super) inside: Vec<String>,
    /// It starts with `::`.
    pub(super) is_global: bool,
    pub(super) segments: Vec<String>,
}

/// One name of a `use`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Use {
    pub(super) path: Path,
    /// The name in this file; `*` for all that is there.
    pub(super) name: String,
}

/// What a file says about modules.
#[derive(Debug, Default)]
pub(super) struct Source {
    pub(super) uses: Vec<Use>,
    /// The paths of two segments and more outside `use`.
    pub(super) paths: BTreeSet<Path>,
    /// Names of items that the file defines.
    pub(super) defined: BTreeSet<String>,
    /// The modules within the file.
    pub(super) inline: BTreeSet<Vec<String>>,
    /// Modules in files of their own that are only there for tests.
    pub(super) test_modules: Vec<String>,
}

impl Source {
    pub(super) fn read(text: &str) -> Self {
        let mut source = Self::default();
        let tokens = source.without_tests(&tokens(text));
        source.scan(&tokens);
        source
    }

    /// The tokens without items under `#[cfg(test)]`.
    fn without_tests(&mut self, tokens: &[Token]) -> Vec<Token> {
        let mut kept = Vec::new();
        let mut at = 0;
        while at < tokens.len() {
            let Some((attribute, is_inner)) = attribute(tokens, at) else {
                kept.push(tokens[at].clone());
                at += 1;
                continue;
            };
            if !is_for_tests(attribute) {
                let end = at + attribute.len();
                kept.extend_from_slice(&tokens[at..end]);
                at = end;
                continue;
            }
            if is_inner {
                return Vec::new();
            }
            let start = item_start(tokens, at + attribute.len());
            if let [Token::Word(keyword), Token::Word(name), Token::Mark(';'), ..] = &tokens[start..]
                && keyword == "mod"
            {
                self.test_modules.push(name.clone());
            }
            at = item_end(tokens, start);
        }
        kept
    }

    fn scan(&mut self, tokens: &[Token]) {
        let mut inside: Vec<(String, usize)> = Vec::new();
        let (mut depth, mut at) = (0, 0);
        while at < tokens.len() {
            match &tokens[at..] {
                [Token::Mark('{'), ..] => depth += 1,
                [Token::Mark('}'), ..] => {
                    depth -= 1;
                    inside.pop_if(|(_, opened)| *opened == depth);
                }
                [Token::Word(keyword), Token::Word(name), Token::Mark('{'), ..] if keyword == "mod" => {
                    inside.push((name.clone(), depth));
                    self.inline.insert(names(&inside));
                    at += 1;
                }
                [Token::Word(keyword), next, ..] if keyword == "use" && *next != Token::Mark('<') => {
                    let tree = &tokens[at + 1..];
                    let end = tree.iter().position(|token| *token == Token::Mark(';')).unwrap_or(tree.len());
                    let is_global = tree.first() == Some(&Token::Separator);
                    self.use_tree(&tree[usize::from(is_global)..end], is_global, &names(&inside), &[]);
                    at += end;
                }
                [Token::Word(pub_), Token::Mark('('), Token::Word(in_), ..]
                    if pub_ == "pub" && in_ == "in" =>
                {
                    at += group(&tokens[at + 1..]).len();
                }
                [Token::Word(keyword), Token::Word(name), ..] if defines(keyword) => {
                    self.defined.insert(name.clone());
                }
                [Token::Word(keyword), Token::Mark('!'), Token::Word(name), ..]
                    if keyword == "macro_rules" =>
                {
                    self.defined.insert(name.clone());
                }
                [Token::Word(_) | Token::Separator, ..] => {
                    at += self.path(tokens, at, &names(&inside));
                    continue;
                }
                _ => {}
            }
            at += 1;
        }
    }

    /// Reads the path that starts here; how many tokens it has.
    fn path(&mut self, tokens: &[Token], at: usize, inside: &[String]) -> usize {
        let is_global = tokens[at] == Token::Separator;
        let mut end = at + usize::from(is_global);
        let mut segments = Vec::new();
        while let Some(Token::Word(segment)) = tokens.get(end) {
            segments.push(segment.clone());
            end += 1;
            if !matches!(tokens[end..], [Token::Separator, Token::Word(_), ..]) {
                break;
            }
            end += 1;
        }
        let before = at.checked_sub(1).map(|before| &tokens[before]);
        // `Vec::<u8>::new`, `.collect::<X>`, a macro's `$name::x`.
        let is_rest = match before {
            Some(Token::Mark('>')) => is_global,
            Some(Token::Mark('.')) => true,
            Some(Token::Mark('$')) => segments.first().is_some_and(|first| first != "crate"),
            _ => false,
        };
        if !is_rest && segments.len() > 1 {
            self.paths.insert(Path { inside: inside.to_vec(), is_global, segments });
        }
        (end - at).max(1)
    }

    /// Reads a tree of `use`, whose names all start with `prefix`.
    fn use_tree(&mut self, tree: &[Token], is_global: bool, inside: &[String], prefix: &[String]) {
        let mut segments = prefix.to_vec();
        let mut at = 0;
        let mut name = None;
        while at < tree.len() {
            match &tree[at] {
                Token::Word(word) if word == "as" => {
                    if let Some(Token::Word(alias)) = tree.get(at + 1) {
                        name = Some(alias.clone());
                    }
                    break;
                }
                Token::Word(word) => segments.push(word.clone()),
                Token::Mark('*') => name = Some("*".to_owned()),
                Token::Mark('{') => {
                    let group = group(&tree[at..]);
                    for branch in branches(&group[1..group.len() - 1]) {
                        self.use_tree(branch, is_global, inside, &segments);
                    }
                    return;
                }
                Token::Separator | Token::Mark(_) => {}
            }
            at += 1;
        }
        if segments.len() > 1 && segments.last().is_some_and(|last| last == "self") {
            segments.pop();
        }
        if let Some(name) = name.or_else(|| segments.last().cloned()) {
            self.uses.push(Use { path: Path { inside: inside.to_vec(), is_global, segments }, name });
        }
    }
}

fn names(inside: &[(String, usize)]) -> Vec<String> {
    inside.iter().map(|(name, _)| name.clone()).collect()
}

fn defines(keyword: &str) -> bool {
    matches!(keyword, "fn" | "struct" | "enum" | "union" | "trait" | "type" | "const" | "static")
}

/// The attribute that starts here, and whether it is about what it stands in (`#![…]`).
fn attribute(tokens: &[Token], at: usize) -> Option<(&[Token], bool)> {
    let head = match tokens[at..] {
        [Token::Mark('#'), Token::Mark('['), ..] => 1,
        [Token::Mark('#'), Token::Mark('!'), Token::Mark('['), ..] => 2,
        _ => return None,
    };
    let length = head + group(&tokens[at + head..]).len();
    Some((&tokens[at..at + length], head == 2))
}

/// `cfg(test)`, `cfg(all(test, …))`.
fn is_for_tests(attribute: &[Token]) -> bool {
    let words = || {
        attribute.iter().filter_map(|token| match token {
            Token::Word(word) => Some(word.as_str()),
            _ => None,
        })
    };
    words().next() == Some("cfg")
        && words().any(|w| w == "test")
        && !words().any(|w| w == "not" || w == "any")
}

/// Where an item's keyword is, after its attributes and its visibility.
fn item_start(tokens: &[Token], mut at: usize) -> usize {
    while at < tokens.len() {
        if let Some((attribute, _)) = attribute(tokens, at) {
            at += attribute.len();
        } else if tokens[at] == Token::Word("pub".to_owned()) {
            at += 1;
            if tokens.get(at) == Some(&Token::Mark('(')) {
                at += group(&tokens[at..]).len();
            }
        } else {
            break;
        }
    }
    at
}

/// Where what starts here ends: an item, a statement, a field, an arm.
fn item_end(tokens: &[Token], start: usize) -> usize {
    let keyword = match tokens.get(start) {
        Some(Token::Word(word)) => word.as_str(),
        _ => "",
    };
    let is_function = tokens[start..].iter().take(3).any(|token| *token == Token::Word("fn".to_owned()));
    let has_value = matches!(keyword, "use" | "const" | "static" | "let" | "type") && !is_function;
    let is_item =
        is_function || has_value || defines(keyword) || matches!(keyword, "mod" | "impl" | "unsafe");
    let mut at = start;
    while at < tokens.len() {
        match tokens[at] {
            Token::Mark(';') => return at + 1,
            Token::Mark(',') if !is_item => return at + 1,
            Token::Mark(')' | ']' | '}') => return at,
            Token::Mark('{') if !has_value => return at + group(&tokens[at..]).len(),
            Token::Mark('(' | '[' | '{') => at += group(&tokens[at..]).len(),
            _ => at += 1,
        }
    }
    at
}

/// From the bracket that opens here to the one that closes it.
fn group(tokens: &[Token]) -> &[Token] {
    let mut depth = 0;
    for (at, token) in tokens.iter().enumerate() {
        match token {
            Token::Mark('(' | '[' | '{') => depth += 1,
            Token::Mark(')' | ']' | '}') => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return &tokens[..=at];
        }
    }
    tokens
}

/// The parts between commas, those in brackets aside.
fn branches(tokens: &[Token]) -> Vec<&[Token]> {
    let (mut parts, mut start, mut at) = (Vec::new(), 0, 0);
    while at < tokens.len() {
        match tokens[at] {
            Token::Mark('{') => at += group(&tokens[at..]).len(),
            Token::Mark(',') => {
                parts.push(&tokens[start..at]);
                at += 1;
                start = at;
            }
            _ => at += 1,
        }
    }
    parts.push(&tokens[start..]);
    // After the last comma.
    parts.retain(|part| !part.is_empty());
    parts
}

/// Words and marks; no comments, no texts, no numbers.
fn tokens(text: &str) -> Vec<Token> {
    let text: Vec<char> = text.chars().collect();
    let mut tokens = Vec::new();
    let mut at = 0;
    while at < text.len() {
        at = match text[at..] {
            ['/', '/', ..] => text[at..].iter().position(|c| *c == '\n').map_or(text.len(), |end| at + end),
            ['/', '*', ..] => comment_end(&text, at),
            ['"', ..] => string_end(&text, at),
            ['\'', ..] => quote_end(&text, at),
            [':', ':', ..] => {
                tokens.push(Token::Separator);
                at + 2
            }
            [c, ..] if c.is_alphabetic() || c == '_' => {
                let end = word_end(&text, at);
                let word: String = text[at..end].iter().collect();
                let hashes = text[end..].iter().take_while(|c| **c == '#').count();
                let is_raw = matches!(word.as_str(), "r" | "br" | "cr");
                match text.get(end + hashes) {
                    Some('"') if is_raw => raw_string_end(&text, end + hashes, hashes),
                    Some(c) if is_raw && hashes == 1 && (c.is_alphabetic() || *c == '_') => end + 1,
                    _ => {
                        tokens.push(Token::Word(word));
                        end
                    }
                }
            }
            [c, ..] if c.is_ascii_digit() => word_end(&text, at),
            [c, ..] if c.is_whitespace() => at + 1,
            [c, ..] => {
                tokens.push(Token::Mark(c));
                at + 1
            }
            [] => break,
        };
    }
    tokens
}

fn word_end(text: &[char], at: usize) -> usize {
    at + text[at..].iter().take_while(|c| c.is_alphanumeric() || **c == '_').count()
}

fn comment_end(text: &[char], mut at: usize) -> usize {
    let mut depth = 0;
    while at < text.len() {
        match text[at..] {
            ['/', '*', ..] => (depth, at) = (depth + 1, at + 2),
            ['*', '/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            break;
        }
    }
    at
}

fn string_end(text: &[char], at: usize) -> usize {
    let mut at = at + 1;
    while at < text.len() {
        match text[at] {
            '\\' => at += 2,
            '"' => return at + 1,
            _ => at += 1,
        }
    }
    at
}

fn raw_string_end(text: &[char], at: usize, hashes: usize) -> usize {
    let mut at = at + 1;
    while at < text.len() {
        let closing = text[at + 1..].iter().take(hashes).take_while(|c| **c == '#').count();
        if text[at] == '"' && closing == hashes {
            return at + 1 + hashes;
        }
        at += 1;
    }
    at
}

/// The end of a character, or of a lifetime's mark.
fn quote_end(text: &[char], at: usize) -> usize {
    match text[at + 1..] {
        ['\\', _, ..] => {
            text[at + 3..].iter().position(|c| *c == '\'').map_or(text.len(), |end| at + 4 + end)
        }
        [_, '\'', ..] => at + 3,
        _ => word_end(text, at + 1),
    }
}
