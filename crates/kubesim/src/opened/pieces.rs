//! Texts → pieces that are read one by one: the items of a list, documents, some lines of a recording. What people take for a
//! state and is none is found on the way. A text is looked at a block at a time: none of them takes long.

use super::recording::is_recording;
use super::state::Unreadable;
use serde_json::Value;
use std::ops::Range;

/// So much of a text is looked at in one step, in bytes.
pub const BLOCK: usize = 256 << 10;
/// The lines of a recording that are read in one step.
const LINES_AT_ONCE: usize = 20;
/// Fewer, where they are this long together, in bytes.
const RECORDED_AT_ONCE: usize = 128 << 10;
/// No sign is longer than this, in bytes: so much of the block before is looked at again.
const LONGEST_SIGN: usize = 64;

/// A part of a text that is read in one step.
#[derive(Debug)]
pub struct Piece {
    pub file: usize,
    /// Lines of the file before it.
    pub line: usize,
    /// Where it is in the file, in bytes.
    pub range: Range<usize>,
    pub form: Form,
}

/// What a piece is.
#[derive(Clone, PartialEq, Debug)]
pub enum Form {
    /// Documents in YAML, of which JSON is a part.
    Document,
    /// An item of a list in YAML: a dash behind so many spaces, then an object.
    Item { indent: usize },
    /// Lines of a recording.
    Recording,
    /// An object in JSON; as an item of a list of one kind it need not say these.
    Json { version: String, kind: String, depth: usize },
}

/// Files on the way to pieces.
#[derive(Debug, Default)]
pub struct Splitting {
    file: usize,
    text: Option<Text>,
}

/// A text on the way to its pieces.
#[derive(Debug)]
struct Text {
    /// The bytes and lines before what comes next.
    at: usize,
    line: usize,
    signs: Signs,
    way: Way,
}

/// How a text is taken apart.
#[derive(Debug)]
enum Way {
    Recording { start: usize, line: usize },
    Json(Box<Json>),
    Yaml(Yaml),
}

impl Splitting {
    /// Looks at the next block; false if all files are taken apart. Errors: what one is instead of a state.
    pub fn step(&mut self, files: &[(String, String)], pieces: &mut Vec<Piece>) -> Result<bool, Unreadable> {
        let Some((name, whole)) = files.get(self.file) else { return Ok(false) };
        let text = match &mut self.text {
            Some(text) => text,
            None => {
                let at = said_before(whole);
                let (own, line) = (&whole[at..], whole[..at].matches('\n').count());
                let begins_as = |signs: [char; 2]| own.trim_start().starts_with(signs);
                let is_recorded = is_recording(own);
                let wrong = if is_recorded { None } else { wrong_beginning(name, own) };
                if let Some(wrong) = wrong {
                    return Err(wrong);
                }
                let way = match is_recorded {
                    true => Way::Recording { start: at, line },
                    false if begins_as(['{', '[']) => {
                        Way::Json(Box::new(Json { begin: at, lines: line, ..Json::default() }))
                    }
                    false => Way::Yaml(Yaml { begun: Some((at, line)), ..Yaml::new() }),
                };
                self.text.insert(Text { at, line, signs: Signs::default(), way })
            }
        };
        let aim = boundary(whole, text.at + BLOCK);
        // Lines stay whole where they matter.
        let end = match (&text.way, whole[aim..].find('\n')) {
            (Way::Json(_), _) => aim,
            (_, Some(more)) => aim + more + 1,
            (_, None) => whole.len(),
        };
        if !matches!(text.way, Way::Recording { .. }) {
            text.signs.look(whole, text.at..end);
        }
        let file = self.file;
        let mut put =
            |line: usize, range: Range<usize>, form: Form| pieces.push(Piece { file, line, range, form });
        match &mut text.way {
            Way::Json(json) => json.read(whole, text.at..end),
            Way::Recording { start, line } => {
                for (n, (at, _)) in whole[text.at..end].match_indices('\n').enumerate() {
                    let lines = text.line + n + 1 - *line;
                    if lines >= LINES_AT_ONCE || text.at + at - *start >= RECORDED_AT_ONCE {
                        put(*line, *start..text.at + at + 1, Form::Recording);
                        (*start, *line) = (text.at + at + 1, text.line + n + 1);
                    }
                }
                if end == whole.len() && *start < end {
                    put(*line, *start..end, Form::Recording);
                }
            }
            Way::Yaml(yaml) => {
                let mut at = text.at;
                for (n, line) in whole[text.at..end].split_inclusive('\n').enumerate() {
                    yaml.line(whole, at..at + line.len(), text.line + n, &mut put);
                    at += line.len();
                }
            }
        }
        text.line += whole[text.at..end].matches('\n').count();
        text.at = end;
        if end < whole.len() {
            return Ok(true);
        }
        if let Some(wrong) = text.signs.wrong_form(name) {
            return Err(wrong);
        }
        match self.text.take().map(|text| text.way) {
            Some(Way::Json(json)) => json.finish(name, whole, &mut put)?,
            Some(Way::Yaml(yaml)) => yaml.finish(file, name, whole, pieces)?,
            Some(Way::Recording { .. }) | None => {}
        }
        self.file += 1;
        Ok(true)
    }
}

/// The first place from here on that is between two characters.
pub fn boundary(text: &str, at: usize) -> usize {
    (at..text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len())
}

/// A text in YAML, line by line: a list as kubectl prints it becomes its items, anything else its documents.
#[derive(Debug)]
struct Yaml {
    /// Where the document or item begins that is being read: bytes and lines. Nothing between items and the end of their list.
    begun: Option<(usize, usize)>,
    /// Whether so far it can be the head of a list.
    is_head: bool,
    in_items: bool,
    /// How many spaces are before the dashes of items, once there was one.
    indent: Option<usize>,
    /// Whether something stands behind the items, as kubectl writes it.
    has_trailer: bool,
}

impl Yaml {
    fn new() -> Yaml {
        Yaml { begun: Some((0, 0)), is_head: true, in_items: false, indent: None, has_trailer: true }
    }

    /// Ends what is being read before this place.
    fn flush(&mut self, text: &str, end: usize, put: &mut dyn FnMut(usize, Range<usize>, Form)) {
        let Some((start, line)) = self.begun.take() else { return };
        if !text[start..end].trim().is_empty() {
            let item = self.indent.filter(|_| self.in_items).map(|indent| Form::Item { indent });
            put(line, start..end, item.unwrap_or(Form::Document));
        }
    }

    /// Reads a line, which is there in the text.
    fn line(
        &mut self,
        text: &str,
        range: Range<usize>,
        number: usize,
        put: &mut dyn FnMut(usize, Range<usize>, Form),
    ) {
        let line = text[range.clone()].trim_end_matches(['\r', '\n']);
        if line.starts_with("---") {
            self.flush(text, range.start, put);
            *self = Yaml { begun: Some((range.end, number + 1)), ..Yaml::new() };
            return;
        }
        if !self.in_items {
            if line.trim_end() == "items:" && self.is_head {
                (self.in_items, self.has_trailer, self.begun, self.indent) = (true, false, None, None);
            }
            self.is_head &= is_head(line);
            return;
        }
        let bare = line.trim_start_matches(' ');
        let spaces = line.len() - bare.len();
        if bare.starts_with("- ") && spaces == self.indent.unwrap_or(spaces) {
            self.flush(text, range.start, put);
            (self.indent, self.begun) = (Some(spaces), Some((range.start, number)));
        } else if spaces <= self.indent.unwrap_or(0) && !bare.is_empty() && !line.starts_with('#') {
            // `kind: List` and what stands behind it.
            self.flush(text, range.start, put);
            self.has_trailer = true;
        }
    }

    /// Ends with the text. Errors: it ends in the middle.
    fn finish(
        mut self,
        file: usize,
        name: &str,
        text: &str,
        pieces: &mut Vec<Piece>,
    ) -> Result<(), Unreadable> {
        if self.in_items && !self.has_trailer && ends_in_middle(text) {
            let last = pieces.last().filter(|piece| piece.file == file);
            let last = last.map(|piece| name_in(&text[piece.range.clone()])).unwrap_or_default();
            return Err(Unreadable::CutOff { file: name.to_owned(), line: text.lines().count(), last });
        }
        self.flush(text, text.len(), &mut |line, range, form| pieces.push(Piece { file, line, range, form }));
        Ok(())
    }
}

/// Whether a line before `items:` is of the head of a list and of no object of its own.
fn is_head(line: &str) -> bool {
    let heads = ["apiVersion:", "kind:", "metadata:", "  resourceVersion:", "  selfLink:", "#"];
    line.trim().is_empty() || heads.iter().any(|head| line.starts_with(head))
}

/// Whether a list has no end: kubectl writes `kind: List` behind the items, and others write the kind before them.
fn ends_in_middle(text: &str) -> bool {
    let head = text.lines().take_while(|line| line.trim_end() != "items:");
    let has_kind = head.into_iter().any(|line| line.starts_with("kind:"));
    !has_kind || !text.ends_with('\n')
}

/// `Pod/flask-2`, out of an item's text.
fn name_in(text: &str) -> String {
    let field = |name: &str| {
        let found = text.lines().map(str::trim).find_map(|line| line.strip_prefix(name));
        found.unwrap_or_default().trim().to_owned()
    };
    let name = text.lines().find_map(|line| line.strip_prefix("    name:")).unwrap_or_default();
    [&*field("kind:"), "/", name.trim()].concat()
}

/// A text in JSON, byte by byte: its objects, and where in each the content of its list `items` is, and in that each object.
#[derive(Debug, Default)]
struct Json {
    /// Where it begins.
    begin: usize,
    depth: usize,
    in_text: bool,
    is_escaped: bool,
    /// How many lines are before.
    lines: usize,
    /// Where a text on the first level, or an item, began, and the lines before that.
    started: (usize, usize),
    /// The last text on the first level.
    last: Range<usize>,
    /// Where the list begins that is being read.
    list: Option<usize>,
    /// The object that is being read, and those before it.
    object: JsonObject,
    objects: Vec<JsonObject>,
    is_wrong: bool,
}

/// An object in a text in JSON.
#[derive(Debug, Default)]
struct JsonObject {
    /// Where it is, and the lines before it.
    range: Range<usize>,
    line: usize,
    /// Where the content of its list is, and in that its items, each with the lines before it.
    list: Option<Range<usize>>,
    items: Vec<(usize, Range<usize>)>,
}

impl Json {
    fn read(&mut self, text: &str, range: Range<usize>) {
        for (at, byte) in range.clone().zip(text[range].bytes()) {
            self.lines += usize::from(byte == b'\n');
            if self.in_text {
                match byte {
                    _ if self.is_escaped => self.is_escaped = false,
                    b'\\' => self.is_escaped = true,
                    b'"' => {
                        self.in_text = false;
                        if self.depth == 1 {
                            self.last = self.started.0..at;
                        }
                    }
                    _ => {}
                }
                continue;
            }
            match byte {
                b'"' => {
                    self.in_text = true;
                    if self.depth == 1 {
                        self.started.0 = at + 1;
                    }
                }
                b'{' | b'[' => self.open(text, at, byte),
                b'}' | b']' => self.close(at, byte),
                _ => {}
            }
        }
    }

    fn open(&mut self, text: &str, at: usize, byte: u8) {
        match self.depth {
            0 => (self.object.range.start, self.object.line) = (at, self.lines),
            1 if byte == b'['
                && self.object.list.is_none()
                && text.get(self.last.clone()) == Some("items") =>
            {
                self.list = Some(at + 1);
            }
            2 if byte == b'{' && self.list.is_some() => self.started = (at, self.lines),
            _ => {}
        }
        self.depth += 1;
    }

    fn close(&mut self, at: usize, byte: u8) {
        let Some(depth) = self.depth.checked_sub(1) else {
            self.is_wrong = true;
            return;
        };
        self.depth = depth;
        match depth {
            0 => {
                self.object.range.end = at + 1;
                self.objects.push(std::mem::take(&mut self.object));
            }
            1 => self.object.list = self.list.take().map(|from| from..at).or(self.object.list.take()),
            2 if byte == b'}' && self.list.is_some() => {
                self.object.items.push((self.started.1, self.started.0..at + 1));
            }
            _ => {}
        }
    }

    /// The pieces: items of lists and other objects, or else the whole. Errors: it is cut off.
    fn finish(
        self,
        name: &str,
        text: &str,
        put: &mut dyn FnMut(usize, Range<usize>, Form),
    ) -> Result<(), Unreadable> {
        let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let is_whole = self.depth == 0 && !self.in_text;
        if self.is_wrong || !is_surely_json(&text[self.begin..]) {
            let line = text[..self.begin].matches('\n').count();
            put(line, self.begin..text.len(), Form::Document);
            return Ok(());
        }
        if !is_whole {
            let last = self.object.items.last().map(|(_, item)| &text[item.clone()]);
            let last = last.and_then(|item| serde_json::from_str::<Value>(item).ok());
            let last = last.map(|item| [word(&item["kind"]), word(&item["metadata"]["name"])].join("/"));
            let line = self.lines + usize::from(!text.ends_with('\n'));
            return Err(Unreadable::CutOff { file: name.to_owned(), line, last: last.unwrap_or_default() });
        }
        for object in self.objects {
            let head = object.list.as_ref().map(|list| {
                let head =
                    [&text[object.range.start..list.start], &text[list.end..object.range.end]].concat();
                serde_json::from_str::<Value>(&head).unwrap_or_default()
            });
            let head = head.unwrap_or_default();
            if let Some(kind) = word(&head["kind"]).strip_suffix("List") {
                let version = word(&head["apiVersion"]);
                for (line, item) in object.items {
                    put(line, item, Form::Json { version: version.clone(), kind: kind.into(), depth: 1 });
                }
            } else {
                let (version, kind) = (String::new(), String::new());
                put(object.line, object.range, Form::Json { version, kind, depth: 0 });
            }
        }
        Ok(())
    }
}

/// Whether a text begins as only JSON does, and no flow of YAML that people write.
fn is_surely_json(text: &str) -> bool {
    let inside = text.trim_start().strip_prefix('{').map(str::trim_start);
    inside.is_some_and(|inside| inside.starts_with('"'))
}

/// Where the text begins behind what stands before it where somebody copied a terminal: the command, and what kubectl said of kinds
/// that it could not get. At the beginning, unless such lines are followed by what looks like an object.
fn said_before(text: &str) -> usize {
    let mut at = 0;
    for line in text.split_inclusive('\n').take(MOST_SAID) {
        let bare = line.trim();
        let is_said = bare.is_empty()
            || SAID.iter().any(|head| bare.starts_with(head))
            || bare.len() < 1000 && bare.contains("kubectl get ") && !bare.starts_with('#');
        if !is_said {
            let begins = ["apiVersion:", "kind:", "items:", "metadata:", "- ", "---", "{", "["];
            return if begins.iter().any(|head| bare.starts_with(head)) { at } else { 0 };
        }
        at += line.len();
    }
    0
}

/// So many lines may stand before the text.
const MOST_SAID: usize = 40;
/// How lines begin that kubectl says beside what it prints.
const SAID: [&str; 6] = [
    "Error from server",
    "error: ",
    "Warning: ",
    "The connection to the server",
    "Unable to connect",
    "No resources found",
];

/// What a text is, if its first line says clearly that it is no objects.
fn wrong_beginning(name: &str, text: &str) -> Option<Unreadable> {
    let file = name.to_owned();
    let text = text.trim_start_matches('\u{feff}');
    if text.starts_with('\u{1f}') {
        return Some(Unreadable::Binary { file });
    }
    let is_said = |line: &&str| !line.trim().is_empty() && !line.starts_with('#');
    let mut lines = text.lines().map(str::trim_end).filter(is_said);
    let mut first = lines.next().unwrap_or_default();
    if first.len() < 1000 && (first.contains("kubectl get ") || first.starts_with("$ ")) {
        first = lines.next().unwrap_or(first);
    }
    if first.is_empty() {
        return Some(Unreadable::Empty { file });
    }
    // What is longer says nothing more.
    let first = &first[..boundary(first, 1000)];
    let heads = |words: &[&str]| words.iter().any(|word| first.starts_with(word));
    let columns = first
        .split_whitespace()
        .filter(|word| word.chars().all(|c| c.is_ascii_uppercase() || "-()".contains(c)));
    if heads(&["NAME ", "NAMESPACE ", "LAST SEEN"]) && columns.count() >= 2 {
        return Some(Unreadable::Table { file });
    }
    // Without a head, or names alone.
    let words = || first.split_whitespace();
    let is_part = |word: &str| {
        let (part, all) = word.split_once('/').unwrap_or_default();
        let is_number = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_digit());
        is_number(part) && is_number(all)
    };
    let is_row = words().count() >= 3 && first.contains("   ") && words().any(is_part);
    let fits_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "./-".contains(c);
    let is_name = words().count() == 1 && first.contains('/') && first.chars().all(fits_name);
    if !first.contains(": ") && (is_row || is_name) {
        return Some(Unreadable::Table { file });
    }
    if heads(&SAID) {
        let said: String = first.chars().take(200).collect();
        return Some(Unreadable::KubectlError { file, said: said.trim_end_matches('.').to_owned() });
    }
    if heads(&["Name:  "]) {
        return Some(Unreadable::Described { file });
    }
    if heads(&["-----BEGIN", "age-encryption.org", "$ANSIBLE_VAULT", "U2FsdGVkX1"]) {
        return Some(Unreadable::Encrypted { file });
    }
    None
}

/// Whether an object says here that it is of this kind.
fn names_kind(bytes: &[u8], at: usize, kind: &str) -> bool {
    let (before, rest) = bytes.split_at(at);
    let Some(after) = rest.strip_prefix(kind.as_bytes()) else { return false };
    match after.first() {
        Some(b'"') => before.ends_with(b"\"kind\": \"") || before.ends_with(b"\"kind\":\""),
        Some(b'\n') => before.ends_with(b"kind: "),
        _ => false,
    }
}

/// Signs in a text of what is no state.
#[derive(Debug, Default)]
struct Signs {
    is_binary: bool,
    has_logs: bool,
    has_controllers: bool,
    has_pods: bool,
    is_encrypted: bool,
    opens_template: bool,
    is_template: bool,
    has_uid: bool,
}

impl Signs {
    /// Looks at a part of a text: once at each byte, as a text can be long.
    fn look(&mut self, text: &str, range: Range<usize>) {
        let start = range.start.saturating_sub(LONGEST_SIGN);
        let bytes = &text.as_bytes()[..range.end];
        for (at, byte) in bytes.iter().enumerate().skip(start) {
            let begins = |sign: &str| bytes[at..].starts_with(sign.as_bytes());
            match byte {
                0 => self.is_binary = true,
                b'=' => self.has_logs |= begins("==== START logs for container"),
                b'E' => self.is_encrypted |= begins("ENC[AES256_GCM"),
                b'R' => self.has_controllers |= names_kind(bytes, at, "ReplicationControllerList"),
                b'P' => self.has_pods |= names_kind(bytes, at, "PodList"),
                b'u' if !self.has_uid => {
                    self.has_uid = begins("uid:") || at > 0 && bytes[at - 1] == b'"' && begins("uid\"");
                }
                // What was looked at before may be closed before it is opened.
                b'{' if at + 1 >= range.start => self.opens_template |= begins("{{"),
                b'}' if at + 1 >= range.start => self.is_template |= self.opens_template && begins("}}"),
                _ => {}
            }
        }
    }

    /// What it is, if it is no state.
    fn wrong_form(&self, name: &str) -> Option<Unreadable> {
        let file = name.to_owned();
        if self.is_binary {
            return Some(Unreadable::Binary { file });
        }
        // What `kubectl cluster-info dump` prints: lists of kinds that nobody asks for together.
        if self.has_logs || self.has_controllers && self.has_pods {
            return Some(Unreadable::Dump { file });
        }
        if self.is_encrypted {
            return Some(Unreadable::Encrypted { file });
        }
        (self.is_template && !self.has_uid).then_some(Unreadable::Template { file })
    }
}
