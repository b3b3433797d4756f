//! The code that shows a story in another page: for each of the systems of docs/embedding.

use scene::picture::Theme;

/// Where the code is put.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form {
    /// The element, in HTML.
    Element,
    /// A frame, in HTML.
    Frame,
    /// The element, in the Markdown of mdBook, MkDocs and Jekyll.
    Markdown,
    /// A fence that a render hook draws.
    Hugo,
    /// MDX.
    Docusaurus,
    /// reStructuredText.
    Sphinx,
    /// A picture alone, in Markdown.
    Picture,
}

impl Form {
    /// All of them, in the order in which they are offered.
    pub const ALL: [Form; 7] = [
        Form::Element,
        Form::Frame,
        Form::Markdown,
        Form::Hugo,
        Form::Docusaurus,
        Form::Sphinx,
        Form::Picture,
    ];

    /// Whether a picture can stand there before the program.
    pub fn takes_poster(self) -> bool {
        !matches!(self, Form::Frame | Form::Picture)
    }
}

/// What is shown, and how.
#[derive(Clone, PartialEq, Debug)]
pub struct Figure {
    /// The address of the page, without parameters.
    pub here: String,
    /// The story, as it stands behind `#`.
    pub fragment: String,
    /// The name of its set.
    pub set: String,
    /// Width and height (CSS pixels). An element is as wide as the text around it.
    pub size: (u32, u32),
    pub theme: Theme,
    /// The language that is asked for.
    pub lang: Option<&'static str>,
    /// Whether it plays by itself.
    pub is_playing: bool,
    /// Whether its picture is its poster.
    pub has_poster: bool,
}

impl Figure {
    /// The name of the picture's file.
    pub fn picture(&self) -> String {
        [&*self.set, ".svg"].concat()
    }

    /// What it is called where it can't be seen.
    pub fn title(&self) -> String {
        ["Ordinal: ", &self.set].concat()
    }

    fn theme(&self) -> Option<&'static str> {
        match self.theme {
            Theme::Auto => None,
            Theme::Light => Some("light"),
            Theme::Dark => Some("dark"),
        }
    }

    /// The element's attributes, each with a space before it. Nothing in them needs to be escaped: a link's letters, numbers,
    /// names of Kubernetes' objects.
    fn attributes(&self) -> String {
        let mut text = ["link=\"#", &self.fragment, "\" height=\"", &self.size.1.to_string(), "\""].concat();
        let poster = self.has_poster.then(|| self.picture());
        let more = [
            ("theme", self.theme()),
            ("lang", self.lang),
            ("poster", poster.as_deref()),
            ("autoplay", self.is_playing.then_some("")),
        ];
        for (name, value) in more {
            if let Some(value) = value {
                text += &[" ", name, "=\"", value, "\""].concat();
            }
        }
        text
    }

    /// The script, and the element.
    fn element(&self) -> [String; 2] {
        let folder = self.here.rfind('/').map_or("", |end| &self.here[..=end]);
        [
            ["<script src=\"", folder, "ordinal-player.js\" defer></script>"].concat(),
            ["<ordinal-player ", &self.attributes(), "></ordinal-player>"].concat(),
        ]
    }

    fn frame(&self) -> String {
        let mut address = [&*self.here, "?embed=1"].concat();
        for (name, value) in
            [("lang", self.lang), ("theme", self.theme()), ("autoplay", self.is_playing.then_some("1"))]
        {
            if let Some(value) = value {
                address += &["&amp;", name, "=", value].concat();
            }
        }
        let (width, height) = (self.size.0.to_string(), self.size.1.to_string());
        let fragment = &*self.fragment;
        let size = ["\" width=\"", &width, "\" height=\"", &height].concat();
        let title = self.title();
        [
            "<iframe src=\"",
            &address,
            "#",
            fragment,
            &size,
            "\" loading=\"lazy\" title=\"",
            &title,
            "\"></iframe>",
        ]
        .concat()
    }
}

/// The code for a figure.
pub fn snippet(form: Form, figure: &Figure) -> String {
    let [script, element] = figure.element();
    match form {
        Form::Element => [&*script, "\n", &element].concat(),
        Form::Frame => figure.frame(),
        // A block: an element by itself would become part of a paragraph.
        Form::Markdown => ["<div>\n", &script, "\n", &element, "\n</div>"].concat(),
        Form::Hugo => ["```ordinal {", &figure.attributes(), "}\n```"].concat(),
        Form::Docusaurus => element,
        Form::Sphinx => [".. raw:: html\n\n   ", &*script, "\n   ", &element].concat(),
        Form::Picture => ["![", &*figure.title(), "](", &figure.picture(), ")"].concat(),
    }
}
