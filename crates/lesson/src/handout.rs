//! A lesson on paper: each step's text, its question and the pictures, and the answers on the last page. One HTML document with
//! nothing outside it; its texts are escaped, so a lesson's HTML is text here, too.

use crate::check::{Look, Played, play_before};
use crate::lesson::{Bet, Item, Lesson, Step, Task};
use crate::text::{self, Block, Inline};
use kubesim::{Span, Story};
use messages::{Handout, Messages, fill};
use scene::history::Chronicle;
use scene::picture::{Options, Subject, Theme, still};

/// What the stage looks like when a step opens and when its commands are done, each an SVG.
struct Pictures {
    before: String,
    after: String,
}

/// The width of the pictures (pixels): texts on them are as large as the lesson's when they fill a page.
const WIDTH: u32 = 800;
/// How long after a step is where it should be it is drawn: controllers have seen it, too.
const SEEN_AFTER: Span = Span::seconds(1);

const STYLE: &str = include_str!("handout.css");

/// Plays a lesson, with the manifest of its example, and makes the document of what was seen, in the language of `messages`.
pub fn handout(lesson: &Lesson, example: Option<&str>, messages: &'static Messages) -> (Played, String) {
    let mut chronicle = Chronicle::default();
    let mut drawn: Vec<String> = Vec::new();
    let played = play_before(lesson, example, &mut |look, story: &mut Story| {
        if look == Look::Reached {
            story.run_until(story.now() + SEEN_AFTER);
        }
        let history = story.cluster.api.history();
        chronicle.read(history);
        let subject = Subject { messages, history, chronicle: &chronicle, set: None };
        let options = Options { width: WIDTH, theme: Theme::Light };
        drawn.push(still(&subject, story.now(), story.now(), &options));
    });
    let mut drawn = drawn.into_iter();
    let pair = || Some(Pictures { before: drawn.next()?, after: drawn.next()? });
    let pictures: Vec<Pictures> = std::iter::from_fn(pair).collect();
    (played, document(lesson, &pictures, messages))
}

/// The document. `pictures` has those of each step.
fn document(lesson: &Lesson, pictures: &[Pictures], messages: &'static Messages) -> String {
    let mut page = HandoutPage { html: String::new(), last: String::new(), words: messages.handout() };
    let title = &lesson.front.title;
    page.raw(&format!(
        "<!doctype html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n<title>",
        messages.language()
    ));
    page.text(title);
    page.raw("</title>\n<style>\n");
    page.raw(STYLE);
    page.raw("</style>\n</head>\n<body>\n<header>\n");
    page.element("h1", title);
    page.element("p", &lesson.front.summary);
    page.raw("<p class=\"who\"><span>");
    page.text(page.words.name());
    page.raw("</span><span>");
    page.text(page.words.date());
    page.raw("</span></p>\n</header>\n");
    for (number, step) in lesson.steps.iter().enumerate() {
        page.step(number, step, pictures.get(number));
    }
    page.answers(lesson, pictures);
    let minutes = lesson.front.minutes.to_string();
    let facts = fill(page.words.minutes(), &[("count", &minutes)]);
    page.raw("<footer>\n");
    page.element("p", &["Ordinal · ", messages.simulation(), " · ", &facts].concat());
    page.raw("</footer>\n</body>\n</html>\n");
    page.html
}

/// The letter of a choice.
fn letter(choice: usize) -> String {
    char::from(b'A' + u8::try_from(choice % 26).unwrap_or(0)).to_string()
}

struct HandoutPage {
    html: String,
    /// The picture that was drawn last: it stands still before the reader's eyes, and is not drawn again.
    last: String,
    words: Handout,
}

impl HandoutPage {
    fn raw(&mut self, html: &str) {
        self.html.push_str(html);
    }

    fn text(&mut self, text: &str) {
        for letter in text.chars() {
            match letter {
                '&' => self.html.push_str("&amp;"),
                '<' => self.html.push_str("&lt;"),
                '>' => self.html.push_str("&gt;"),
                '"' => self.html.push_str("&quot;"),
                letter => self.html.push(letter),
            }
        }
    }

    fn element(&mut self, name: &str, text: &str) {
        self.raw(&["<", name, ">"].concat());
        self.text(text);
        self.raw(&["</", name, ">\n"].concat());
    }

    fn step(&mut self, number: usize, step: &Step, pictures: Option<&Pictures>) {
        self.raw("<section>\n<h2>");
        self.text(&format!("{} ", number + 1));
        self.inlines(&step.title);
        self.raw("</h2>\n");
        for (_, item) in &step.items {
            match item {
                Item::Prose(block) => self.block(block),
                Item::Manifest { text, .. } => self.code(text),
                Item::Predict(bet) => {
                    self.picture(pictures.map(|pictures| &*pictures.before), Some(self.words.before()));
                    self.question(bet);
                }
                Item::Task(task) => self.task(task),
                _ => {}
            }
        }
        // What a bet comes to stands among the answers.
        if step.bet().is_none() {
            self.picture(pictures.map(|pictures| &*pictures.after), None);
        }
        self.raw("</section>\n");
    }

    /// A question, to be answered with a pencil.
    fn question(&mut self, bet: &Bet) {
        self.raw("<div class=\"bet\">\n");
        self.blocks(&bet.question);
        self.raw("<ol>\n");
        for choice in &bet.choices {
            self.raw("<li>");
            self.blocks(choice);
            self.raw("</li>\n");
        }
        self.raw("</ol>\n<p class=\"line\">");
        self.text(self.words.because());
        self.raw("</p>\n</div>\n");
    }

    /// What the learner does: the place to note what was given.
    fn task(&mut self, task: &Task) {
        self.raw("<div class=\"task\">\n<p>");
        self.text(self.words.to_do());
        self.raw("</p>\n");
        for _ in 0..task.offers.len().clamp(1, 4) {
            self.raw("<p class=\"line\"><code>$</code></p>\n");
        }
        self.raw("</div>\n");
    }

    fn picture(&mut self, svg: Option<&str>, caption: Option<&str>) {
        let Some(svg) = svg.filter(|svg| *svg != self.last) else { return };
        self.last = svg.to_owned();
        self.raw("<figure><img alt=\"");
        self.text(&told(svg));
        self.raw("\" src=\"data:image/svg+xml,");
        for letter in svg.chars() {
            match letter {
                '%' => self.raw("%25"),
                '#' => self.raw("%23"),
                '"' => self.raw("%22"),
                '<' => self.raw("%3C"),
                '>' => self.raw("%3E"),
                '&' => self.raw("%26"),
                '\n' => self.raw("%0A"),
                letter => self.html.push(letter),
            }
        }
        self.raw("\">");
        if let Some(caption) = caption {
            self.raw("<figcaption>");
            self.text(caption);
            self.raw("</figcaption>");
        }
        self.raw("</figure>\n");
    }

    /// The last page: the right choices with their reasons and what was seen then, and what does the tasks.
    fn answers(&mut self, lesson: &Lesson, pictures: &[Pictures]) {
        self.raw("<section class=\"answers\">\n");
        self.element("h2", self.words.answers());
        for (number, step) in lesson.steps.iter().enumerate() {
            let solution: Vec<&str> = match (step.solution().next(), step.task()) {
                (None, Some(task)) => task.offers.iter().map(|line| &*line.text).collect(),
                _ => step.solution().map(|line| &*line.text).collect(),
            };
            if step.bet().is_none() && solution.is_empty() {
                continue;
            }
            self.raw("<article>\n<h3>");
            self.text(&format!("{} ", number + 1));
            self.inlines(&step.title);
            self.raw("</h3>\n");
            if let Some(bet) = step.bet() {
                self.raw("<div class=\"right\"><b>");
                self.text(&letter(bet.right));
                self.raw("</b>");
                self.blocks(&bet.choices[bet.right]);
                self.raw("</div>\n");
                self.blocks(&bet.why);
                self.picture(pictures.get(number).map(|pictures| &*pictures.after), Some(self.words.after()));
            }
            if !solution.is_empty() {
                self.code(&solution.join("\n"));
            }
            self.raw("</article>\n");
        }
        self.raw("</section>\n");
    }

    fn code(&mut self, text: &str) {
        self.raw("<pre>");
        self.text(text.trim_end());
        self.raw("</pre>\n");
    }

    fn blocks(&mut self, blocks: &[Block]) {
        blocks.iter().for_each(|block| self.block(block));
    }

    fn block(&mut self, block: &Block) {
        match block {
            Block::Paragraph(inlines) => self.wrapped("p", inlines),
            Block::Heading(inlines) => self.wrapped("h3", inlines),
            Block::List { first, items } => {
                match first {
                    Some(first) => self.raw(&format!("<ol start=\"{first}\">\n")),
                    None => self.raw("<ul>\n"),
                }
                for item in items {
                    self.raw("<li>");
                    match item.checked {
                        Some(true) => self.raw("☑ "),
                        Some(false) => self.raw("☐ "),
                        None => {}
                    }
                    self.blocks(&item.blocks);
                    self.raw("</li>\n");
                }
                self.raw(if first.is_some() { "</ol>\n" } else { "</ul>\n" });
            }
            Block::Code(text) => self.code(text),
            Block::Quote(blocks) => {
                self.raw("<blockquote>\n");
                self.blocks(blocks);
                self.raw("</blockquote>\n");
            }
            Block::Table(rows) => {
                self.raw("<table>\n");
                for (number, row) in rows.iter().enumerate() {
                    self.raw("<tr>");
                    row.iter().for_each(|cell| self.wrapped(if number == 0 { "th" } else { "td" }, cell));
                    self.raw("</tr>\n");
                }
                self.raw("</table>\n");
            }
            Block::Rule => self.raw("<hr>\n"),
        }
    }

    fn wrapped(&mut self, name: &str, inlines: &[Inline]) {
        self.raw(&["<", name, ">"].concat());
        self.inlines(inlines);
        self.raw(&["</", name, ">\n"].concat());
    }

    fn inlines(&mut self, inlines: &[Inline]) {
        for inline in inlines {
            match inline {
                Inline::Text(text) => self.text(text),
                Inline::Code(text) => {
                    self.raw("<code>");
                    self.text(text);
                    self.raw("</code>");
                }
                Inline::Emphasis(inner) => self.wrapped_inline("em", inner),
                Inline::Strong(inner) => self.wrapped_inline("strong", inner),
                // What a part is called is what is printed on its card.
                Inline::Part(_, inner) => self.wrapped_inline("b", inner),
                // An address can't be clicked on paper: it stands behind its text.
                Inline::Page(address, inner) => {
                    self.inlines(inner);
                    if text::plain(inner) != *address {
                        self.text(&[" (", address, ")"].concat());
                    }
                }
                Inline::Break => self.raw("<br>"),
            }
        }
    }

    fn wrapped_inline(&mut self, name: &str, inner: &[Inline]) {
        self.raw(&["<", name, ">"].concat());
        self.inlines(inner);
        self.raw(&["</", name, ">"].concat());
    }
}

/// What a picture says of itself: its title, as its author escaped it.
fn told(svg: &str) -> String {
    let title = svg.split_once("<title").and_then(|(_, rest)| rest.split_once('>'));
    let title = title.and_then(|(_, rest)| rest.split_once("</title>")).map_or("", |(title, _)| title);
    title.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&")
}
