//! A lesson's file to its steps.

use crate::front_matter;
use crate::lesson::{Bet, Hint, Item, Lesson, Line, Step, Task};
use crate::markdown::{self, Top};
use crate::problem::{Lines, Position, Problem, Severity, did_you_mean, nearest};
use crate::text::{Block, Part};

/// What a lesson's file may take, in bytes.
pub const MOST_BYTES: usize = 256 << 10;

/// The words after `sh`.
const SHELL_WORDS: [&str; 5] = ["run", "until", "task", "failed", "solution"];
/// The words that stand alone.
const WORDS: [&str; 3] = ["predict", "hint", "look"];
/// How a line of a task begins that is offered as a button.
const OFFER: &str = "# offer:";
/// How a line of a hint begins that says where it is shown.
const CONDITION: &str = "if:";

/// Reads a lesson. What is wrong with it stands beside it; with an error among that it can't be played.
pub fn parse(text: &str) -> (Lesson, Vec<Problem>) {
    let mut problems = Vec::new();
    let start = Position { line: 1, column: 1 };
    if text.len() > MOST_BYTES {
        let message =
            format!("a lesson has at most {} KiB; this one has {}", MOST_BYTES >> 10, text.len() >> 10);
        return (Lesson::default(), vec![Problem::error(start, message)]);
    }
    // As CommonMark has it, a line ends with \n, \r\n or \r.
    let text = text.trim_start_matches('\u{feff}').replace("\r\n", "\n").replace('\r', "\n");
    let lines = Lines::new(&text, 0);
    let mut lesson = Lesson::default();
    let mut has_front_matter = false;
    for (at, top) in markdown::read(&text, &lines, &mut problems) {
        match top {
            Top::FrontMatter { text } => {
                if std::mem::replace(&mut has_front_matter, true) {
                    problems.push(Problem::error(at, "there is a second front matter"));
                } else {
                    lesson.front = front_matter::read(&text, at.line, &mut problems);
                }
            }
            Top::Heading { level: 1, .. } => {
                problems.push(Problem::error(
                    at,
                    "a step begins with `##`; the title stands in the front matter",
                ));
            }
            Top::Heading { text, .. } => lesson.steps.push(Step { title: text, at, items: Vec::new() }),
            Top::Fence { info, text } => {
                let item = instruction(&info, &text, at, &mut problems);
                add(&mut lesson, at, item.unwrap_or(Item::Prose(Block::Code(text))), &mut problems);
            }
            Top::Prose(block) => add(&mut lesson, at, Item::Prose(block), &mut problems),
        }
    }
    if !has_front_matter && !problems.iter().any(|p| p.severity == Severity::Error) {
        problems.push(Problem::error(start, "a lesson begins with front matter between two lines of `---`"));
    }
    if lesson.steps.is_empty() && !problems.iter().any(|p| p.severity == Severity::Error) {
        problems.push(Problem::error(start, "a lesson has at least one step, which begins with `##`"));
    }
    problems.sort_by_key(|problem| problem.at);
    (lesson, problems)
}

/// Puts an item into the last step.
fn add(lesson: &mut Lesson, at: Position, item: Item, problems: &mut Vec<Problem>) {
    let Some(step) = lesson.steps.last_mut() else {
        problems.push(Problem::error(at, "this stands before the first step, which begins with `##`"));
        return;
    };
    let single = match &item {
        Item::Predict(_) => Some("predict"),
        Item::Task(_) => Some("sh task"),
        Item::Manifest { .. } => Some("yaml manifest"),
        _ => None,
    };
    let is_same = |other: &Item| std::mem::discriminant(other) == std::mem::discriminant(&item);
    if let Some(word) = single
        && step.items.iter().any(|(_, other)| is_same(other))
    {
        problems
            .push(Problem::error(at, format!("a step has at most one `{word}`: begin another with `##`")));
        return;
    }
    step.items.push((at, item));
}

/// The instruction that a fenced block is, if it is one.
fn instruction(info: &str, text: &str, at: Position, problems: &mut Vec<Problem>) -> Option<Item> {
    let mut words = info.split_whitespace();
    let (first, second) = (words.next().unwrap_or_default(), words.next());
    let rest: Vec<&str> = words.collect();
    let inner = Position { line: at.line + 1, column: 1 };
    let mut refuse = |message: String| {
        problems.push(Problem::error(at, message));
        None
    };
    match (first, second) {
        ("yaml", Some("manifest")) => {
            let is_applied = match rest[..] {
                [] => true,
                ["apply:", "true"] => true,
                ["apply:", "false"] => false,
                _ => {
                    return refuse(format!(
                        "after `yaml manifest` stands nothing or `apply: false`, not `{}`",
                        rest.join(" ")
                    ));
                }
            };
            if text.trim().is_empty() {
                return refuse("the manifest is empty".to_string());
            }
            Some(Item::Manifest { text: text.to_string(), is_applied })
        }
        ("sh", Some(word)) if SHELL_WORDS.contains(&word) => {
            if !rest.is_empty() {
                return refuse(format!("after `sh {word}` stands nothing, not `{}`", rest.join(" ")));
            }
            let lines = shell_lines(text, inner.line);
            let offers = match word {
                "task" => offers(text, inner.line),
                _ => Vec::new(),
            };
            if lines.is_empty() {
                return refuse(format!("this `sh {word}` has no line of shell"));
            }
            Some(match word {
                "run" => Item::Run(lines),
                "until" => Item::Until(lines),
                "task" => Item::Task(Task { checks: lines, offers }),
                "failed" => Item::Failed(lines),
                _ => Item::Solution(lines),
            })
        }
        ("sh", Some(word)) => {
            let known = ["sh run", "sh until", "sh task", "sh failed", "sh solution"];
            refuse(format!("unknown block `sh {word}`{}", did_you_mean(&format!("sh {word}"), known)))
        }
        ("yaml", Some(word)) => {
            let known = ["yaml manifest"];
            refuse(format!("unknown block `yaml {word}`{}", did_you_mean(&format!("yaml {word}"), known)))
        }
        ("predict" | "hint" | "look", Some(word)) => {
            refuse(format!("after `{first}` stands nothing, not `{word}`"))
        }
        ("predict", None) => bet(text, at, problems).map(Item::Predict),
        ("hint", None) => Some(Item::Hint(hint(text, inner.line, at, problems))),
        ("look", None) => Some(Item::Look(looks(text, inner.line, problems))),
        (word, _) if SHELL_WORDS.contains(&word) => {
            refuse(format!("unknown block `{word}`: did you mean `sh {word}`?"))
        }
        ("manifest", _) => refuse("unknown block `manifest`: did you mean `yaml manifest`?".to_string()),
        (word, None) => match nearest(word, WORDS) {
            Some(known) => refuse(format!("unknown block `{word}`: did you mean `{known}`?")),
            None => None,
        },
        _ => None,
    }
}

/// The lines of shell: without comments and empty lines.
fn shell_lines(text: &str, first: usize) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    let mut goes_on = false;
    for (index, line) in text.lines().enumerate() {
        if goes_on && let Some(last) = lines.last_mut() {
            last.text.push('\n');
            last.text.push_str(line);
        } else if line.trim().is_empty() || line.trim_start().starts_with('#') {
            continue;
        } else {
            let at = Position { line: first + index, column: 1 };
            lines.push(Line { text: line.trim().to_string(), at });
        }
        goes_on = line.ends_with('\\');
    }
    lines
}

fn offers(text: &str, first: usize) -> Vec<Line> {
    let offered = text.lines().enumerate().filter_map(|(index, line)| {
        let text = line.trim_start().strip_prefix(OFFER)?.trim().to_string();
        Some(Line { text, at: Position { line: first + index, column: 1 } })
    });
    offered.collect()
}

/// The blocks of a text inside a fence.
fn prose(text: &str, first: usize, problems: &mut Vec<Problem>) -> Vec<(Position, Block)> {
    let lines = Lines::new(text, first - 1);
    let mut blocks = Vec::new();
    for (at, top) in markdown::read(text, &lines, problems) {
        match top {
            Top::Prose(block) => blocks.push((at, block)),
            Top::Fence { text, .. } => blocks.push((at, Block::Code(text))),
            Top::Heading { text, .. } => blocks.push((at, Block::Heading(text))),
            Top::FrontMatter { .. } => {
                problems.push(Problem::error(at, "front matter stands at the file's head"))
            }
        }
    }
    blocks
}

fn bet(text: &str, at: Position, problems: &mut Vec<Problem>) -> Option<Bet> {
    let mut bet = Bet { question: Vec::new(), choices: Vec::new(), right: 0, why: Vec::new() };
    let mut right = Vec::new();
    let count = problems.len();
    for (at, block) in prose(text, at.line + 1, problems) {
        match block {
            Block::List { items, .. } if bet.choices.is_empty() => {
                for item in items {
                    match item.checked {
                        None => problems.push(Problem::error(
                            item.at,
                            "a choice begins with `- [ ]`, the right one with `- [x]`",
                        )),
                        Some(true) => right.push(bet.choices.len()),
                        Some(false) => {}
                    }
                    bet.choices.push(item.blocks);
                }
            }
            Block::List { .. } => problems.push(Problem::error(at, "a bet has one list of choices")),
            Block::Quote(blocks) => bet.why.extend(blocks),
            block if bet.choices.is_empty() => bet.question.push(block),
            _ => problems.push(Problem::error(
                at,
                "after the choices comes a quote (`>`), which is shown with the outcome",
            )),
        }
    }
    match bet.choices.len() {
        _ if problems.len() > count => {}
        0 | 1 => problems
            .push(Problem::error(at, "a bet has at least two choices, each a line that begins with `- [ ]`")),
        2..=8 => match right[..] {
            [one] => bet.right = one,
            [] => problems.push(Problem::error(at, "no choice is right: the right one begins with `- [x]`")),
            _ => problems.push(Problem::error(
                at,
                format!("{} choices are right: exactly one begins with `- [x]`", right.len()),
            )),
        },
        more => problems.push(Problem::error(at, format!("a bet has at most 8 choices, not {more}"))),
    }
    if problems.len() == count && bet.question.is_empty() {
        problems.push(Problem::error(at, "the bet has no question"));
    }
    (problems.len() == count || problems[count..].iter().all(|p| p.severity == Severity::Warning))
        .then_some(bet)
}

fn hint(text: &str, first: usize, at: Position, problems: &mut Vec<Problem>) -> Hint {
    let is_condition = |line: &&str| line.trim_start().starts_with(CONDITION) || line.trim().is_empty();
    let head = text.lines().take_while(is_condition).count();
    let conditions = text.lines().take(head).enumerate().filter_map(|(index, line)| {
        let text = line.trim_start().strip_prefix(CONDITION)?.trim().to_string();
        Some(Line { text, at: Position { line: first + index, column: 1 } })
    });
    let conditions = conditions.collect();
    let rest: String = text.lines().skip(head).flat_map(|line| [line, "\n"]).collect();
    let text: Vec<Block> = prose(&rest, first + head, problems).into_iter().map(|(_, block)| block).collect();
    if text.is_empty() {
        problems.push(Problem::error(at, "the hint says nothing"));
    }
    Hint { conditions, text }
}

fn looks(text: &str, first: usize, problems: &mut Vec<Problem>) -> Vec<(Position, Part)> {
    let mut parts = Vec::new();
    for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let at = Position { line: first + index, column: 1 };
        match Part::read(line) {
            Ok(part) => parts.push((at, part)),
            Err(message) => problems.push(Problem::error(at, message)),
        }
    }
    parts
}
