//! What a text is, and what takes its place in another language.

/// A rule of Kubernetes, in our own words, and where to read on.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Rule {
    /// Two or three sentences.
    pub text: &'static str,
    /// The manifest's field that decides; empty if none does.
    pub field: &'static str,
    /// The name of the section in the Kubernetes documentation.
    pub section: &'static str,
    /// The section's address below <https://kubernetes.io/>.
    pub path: &'static str,
}

/// An answer to a question that somebody who watches would ask, and the rule behind it.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Message {
    /// The question, or what goes on; empty if the text goes after another one's.
    pub title: &'static str,
    /// The answer.
    pub text: &'static str,
    /// The rule behind it, in English ([`Messages::rule`]).
    pub rule: Option<&'static Rule>,
}

/// A text of the tables.
pub struct Entry {
    /// The name of its function.
    pub name: &'static str,
    /// The places that there are values for.
    pub places: &'static [&'static str],
    /// The English text, or texts of a message with several.
    pub english: English,
}

/// The English of a text.
pub enum English {
    /// One text.
    Text(&'static str),
    /// Several.
    List(&'static [&'static str]),
    /// A question and its answer.
    Message(&'static Message),
}

/// The texts of a language.
#[derive(Debug)]
pub struct Messages {
    /// The language's tag (BCP 47).
    language: &'static str,
    /// The languages that there are: their tags and their own names for themselves.
    languages: &'static [(&'static str, &'static str)],
    translations: Translations,
}

/// What takes the place of English texts, by their hashes, in their order. What is not here stays English.
#[derive(Clone, Copy, Debug)]
struct Translations(&'static [(u32, &'static str)]);

/// The texts of the DNS panel.
#[derive(Clone, Copy, Debug)]
pub struct Dns(Translations);

/// The texts of the dialog about the world.
#[derive(Clone, Copy, Debug)]
pub struct World(Translations);

/// The texts about a real cluster's state.
#[derive(Clone, Copy, Debug)]
pub struct Cluster(Translations);

/// The texts of the dialog that makes files.
#[derive(Clone, Copy, Debug)]
pub struct Export(Translations);

/// The texts of the dialog about other pages.
#[derive(Clone, Copy, Debug)]
pub struct Embed(Translations);

/// The texts of a lesson on paper.
#[derive(Clone, Copy, Debug)]
pub struct Handout(Translations);

/// The texts of lessons.
#[derive(Clone, Copy, Debug)]
pub struct Lessons(Translations);

/// The texts beside the manifest's editor.
#[derive(Clone, Copy, Debug)]
pub struct Assist(Translations);

/// English.
pub static EN: Messages = Messages { language: "en", languages: &[], translations: Translations(&[]) };

impl Messages {
    /// The texts of a language. `languages` has a line for each that there is: its tag and its name. `translations` has a line
    /// for each text: the hash of the English, in hexadecimal, and the translation, in the order of the hashes. What is no
    /// such line is left out.
    ///
    /// They stay in memory: a page has one language as long as it lives.
    pub fn translated(language: &str, languages: &str, translations: &str) -> &'static Messages {
        let pairs = |lines: &'static str| lines.lines().filter_map(|line| line.split_once(' '));
        let translations = pairs(leak(translations))
            .filter_map(|(hash, text)| Some((u32::from_str_radix(hash, 16).ok()?, text)))
            .collect::<Vec<_>>()
            .leak();
        Box::leak(Box::new(Messages {
            language: leak(language),
            languages: pairs(leak(languages)).collect::<Vec<_>>().leak(),
            translations: Translations(translations),
        }))
    }

    /// The language's tag (BCP 47).
    pub fn language(&self) -> &'static str {
        self.language
    }

    /// The languages that there are: their tags and their own names for themselves. None if nobody said.
    pub fn languages(&self) -> &'static [(&'static str, &'static str)] {
        self.languages
    }

    /// The texts of the DNS panel.
    pub fn dns(&self) -> Dns {
        Dns(self.translations)
    }

    /// The texts of the dialog about the world.
    pub fn world(&self) -> World {
        World(self.translations)
    }

    /// The texts about a real cluster's state.
    pub fn cluster(&self) -> Cluster {
        Cluster(self.translations)
    }

    /// The texts of the dialog that makes files.
    pub fn export(&self) -> Export {
        Export(self.translations)
    }

    /// The texts of the dialog about other pages.
    pub fn embed(&self) -> Embed {
        Embed(self.translations)
    }

    /// The texts of a lesson on paper.
    pub fn handout(&self) -> Handout {
        Handout(self.translations)
    }

    /// The texts of lessons.
    pub fn lessons(&self) -> Lessons {
        Lessons(self.translations)
    }

    /// The texts beside the manifest's editor.
    pub fn assist(&self) -> Assist {
        Assist(self.translations)
    }

    /// A rule in this language.
    pub fn rule(&self, english: &Rule) -> Rule {
        let said = |text| self.translations.said(text);
        Rule {
            text: said(english.text),
            section: said(english.section),
            path: said(english.path),
            ..*english
        }
    }

    /// How many of a set's pods are Ready.
    pub fn ready_count(&self, ready: i32, replicas: i32) -> String {
        fill(self.ready_of(), &[("ready", &ready.to_string()), ("replicas", &replicas.to_string())])
    }

    pub(crate) fn message(&self, english: &Message) -> Message {
        Message { title: self.said(english.title), text: self.said(english.text), rule: english.rule }
    }

    pub(crate) fn said(&self, english: &'static str) -> &'static str {
        self.translations.said(english)
    }
}

impl Dns {
    pub(crate) fn said(&self, english: &'static str) -> &'static str {
        self.0.said(english)
    }
}

impl World {
    pub(crate) fn said(&self, english: &'static str) -> &'static str {
        self.0.said(english)
    }
}

impl Cluster {
    pub(crate) fn said(&self, english: &'static str) -> &'static str {
        self.0.said(english)
    }

    pub(crate) fn message(&self, english: &Message) -> Message {
        Message { title: self.said(english.title), text: self.said(english.text), rule: english.rule }
    }
}

impl Export {
    pub(crate) fn said(&self, english: &'static str) -> &'static str {
        self.0.said(english)
    }
}

impl Embed {
    pub(crate) fn said(&self, english: &'static str) -> &'static str {
        self.0.said(english)
    }
}

impl Handout {
    pub(crate) fn said(&self, english: &'static str) -> &'static str {
        self.0.said(english)
    }
}

impl Lessons {
    pub(crate) fn said(&self, english: &'static str) -> &'static str {
        self.0.said(english)
    }
}

impl Assist {
    /// The address of a page of the Kubernetes documentation (a path of <https://kubernetes.io/>), and whether it is there in this
    /// language.
    pub fn page(&self, path: &str) -> (String, bool) {
        let page = path.split('#').next().unwrap_or(path);
        if self.untranslated().split(' ').any(|other| other == page) {
            (["https://kubernetes.io", path].concat(), false)
        } else {
            ([self.documentation(), path].concat(), true)
        }
    }

    pub(crate) fn said(&self, english: &'static str) -> &'static str {
        self.0.said(english)
    }
}

impl Translations {
    /// What takes the place of an English text, or the text itself.
    #[inline(never)]
    fn said(self, english: &'static str) -> &'static str {
        if self.0.is_empty() {
            return english;
        }
        let hash = hash(english);
        match self.0.binary_search_by(|(other, _)| other.cmp(&hash)) {
            Ok(place) => self.0[place].1,
            Err(_) => english,
        }
    }
}

fn leak(text: &str) -> &'static str {
    Box::leak(text.into())
}

/// The number by which a translation is found: the English text's 32-bit FNV-1a hash.
pub fn hash(english: &str) -> u32 {
    let step = |hash: u32, byte: u8| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
    english.bytes().fold(0x811c_9dc5, step)
}

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
