//! Lessons: the list, and the one that is open with its steps.

use super::{files, labelled};
use crate::page::intent::Intent;
use crate::page::lesson::intent::LessonIntent;
use crate::page::lesson::state::{Answer, Entry, LETTERS, Lessons, Play, Problem, Record};
use lesson::text::{Block, Inline, Part};
use lesson::{Bet, Hint, Item, Task};
use messages::{Messages, fill};
use std::rc::Rc;
use web_sys::HtmlInputElement;
use yew::prelude::*;

type Send = Callback<Intent>;

/// A button that wants something of lessons.
fn act(class: &'static str, name: &str, send: &Send, what: LessonIntent) -> Html {
    labelled(class, None, None, name.to_string().into(), send, Intent::lesson(what))
}

/// A button that does nothing yet, or does. It keeps the focus, so that keys go on.
fn act_if(may: bool, class: &'static str, name: &str, send: &Send, what: LessonIntent) -> Html {
    let send = send.clone();
    let onclick = Callback::from(move |_: MouseEvent| send.emit(Intent::lesson(what.clone())));
    html! { <button type="button" {class} aria-disabled={(!may).then_some("true")} {onclick}>{ name.to_string() }</button> }
}

/// What the tab *Lesson* shows. `is_off`: what is on the stage is not the lesson's; `is_earlier`: nor is it its newest moment.
pub fn draw(words: &'static Messages, lessons: &Lessons, is_off: bool, send: &Send) -> Html {
    html! {
        <div class="lessons">
            { for lessons.problem.as_ref().map(|problem| wrong(words, problem, send)) }
            if let Some(play) = &lessons.open {
                { Reader { words, lessons, play, is_off, send }.draw() }
            } else {
                { list(words, lessons, send) }
            }
        </div>
    }
}

fn wrong(words: &'static Messages, problem: &Problem, send: &Send) -> Html {
    let said = words.lessons();
    let text = match problem {
        Problem::NotLoaded => said.not_loaded().to_string(),
        Problem::Unknown(id) => fill(said.unknown(), &[("id", id)]),
        Problem::Unreadable(problem) => fill(said.unreadable(), &[("problem", problem)]),
        Problem::NoExample(name) => fill(said.no_example(), &[("name", name)]),
        Problem::Damaged => said.damaged().to_string(),
        Problem::OtherProgress => said.other_progress().to_string(),
        Problem::NotKept => said.not_kept().to_string(),
    };
    let close = labelled(
        "",
        Some(words.heard().into()),
        None,
        "✕".into(),
        send,
        Intent::lesson(LessonIntent::Dismiss),
    );
    html! { <div class="wrong" role="alert"><p>{ text }</p>{ close }</div> }
}

fn list(words: &'static Messages, lessons: &Lessons, send: &Send) -> Html {
    let said = words.lessons();
    let Some(entries) = &lessons.list else {
        return html! { <>if lessons.problem.is_none() { <p class="empty">{ said.loading() }</p> }{ more(words, None, send) }</> };
    };
    let row = |(place, entry): (usize, &Entry)| {
        let reached = lessons.progress.of(&entry.id);
        let mark = match (reached.is_done, reached.steps) {
            (true, _) => said.done().to_string(),
            (false, 0) => String::new(),
            (false, steps) => fill(said.begun(), &[("steps", &steps.to_string())]),
        };
        let is_other = *entry.language != *words.language();
        let minutes = fill(said.minutes(), &[("count", &entry.minutes)]);
        let content = html! {
            <>
                <b aria-hidden="true" class={if reached.is_done { "ok" } else { "" }}>{ if reached.is_done { "✓".to_string() } else { (place + 1).to_string() } }</b>
                <span lang={entry.language.to_string()}><strong>{ &*entry.title }</strong><br /><small>{ &*entry.summary }</small></span>
                <small>{ minutes }if is_other { { " · " }{ said.in_english() } }if !mark.is_empty() { { " · " }{ mark } }</small>
            </>
        };
        html! { <li>{ labelled("", None, None, content, send, Intent::lesson(LessonIntent::Open(entry.id.clone()))) }</li> }
    };
    let rows = |puzzles: bool| -> Html {
        entries.iter().filter(|entry| entry.is_puzzle == puzzles).enumerate().map(row).collect()
    };
    html! {
        <div class="shelf">
            <h2>{ said.list() }</h2>
            <ol>{ rows(false) }</ol>
            if entries.iter().any(|entry| entry.is_puzzle) { <h2>{ said.puzzles() }</h2><ol>{ rows(true) }</ol> }
            { more(words, None, send) }
        </div>
    }
}

/// A field that reads a chosen file.
fn file_field(name: &'static str, send: &Send, read: fn(kubesim::Str) -> Intent) -> Html {
    let send = send.clone();
    let onchange = Callback::from(move |event: Event| {
        let input: HtmlInputElement = event.target_unchecked_into();
        if let Some(file) = input.files().and_then(|files| files.get(0)) {
            files::read(&file, &send, read);
        }
        input.set_value("");
    });
    html! { <label class="file">{ name }<input type="file" aria-label={name} accept=".md,.txt,text/*" {onchange} /></label> }
}

/// What is seldom wanted: files, links, progress.
fn more(words: &'static Messages, play: Option<&Play>, send: &Send) -> Html {
    let said = words.lessons();
    let opened = |text: kubesim::Str| Intent::lesson(LessonIntent::Read(Some(text)));
    let read = |text: kubesim::Str| Intent::lesson(LessonIntent::ReadProgress(text));
    html! {
        <details class="more">
            <summary>{ said.more() }</summary>
            if play.is_some() {
                { act("", said.copy_link(), send, LessonIntent::CopyLink) }
                { act("", said.handout(), send, LessonIntent::Print) }
            }
            { file_field(said.open_file(), send, opened) }
            { act("", said.save_progress(), send, LessonIntent::SaveProgress) }
            { file_field(said.read_progress(), send, read) }
            { act("", said.clear_progress(), send, LessonIntent::ClearProgress) }
            <p>{ said.kept_here() }</p>
        </details>
    }
}

struct Reader<'a> {
    words: &'static Messages,
    lessons: &'a Lessons,
    play: &'a Play,
    is_off: bool,
    send: &'a Send,
}

impl Reader<'_> {
    fn draw(&self) -> Html {
        let Reader { words, lessons, play, send, .. } = *self;
        let said = words.lessons();
        html! {
            <>
                <div class="page" tabindex="0" key={play.step}>
                    { self.head() }
                    { self.bar() }
                    if self.is_off {
                        <div class="off" role="status"><p>{ said.off_path() }</p>{ act("primary", said.come_back(), send, LessonIntent::Return) }</div>
                    }
                    if play.is_over { { self.end() } } else { { self.step() } }
                    if !lessons.is_presenting { { more(words, Some(play), send) } }
                </div>
                { self.foot() }
            </>
        }
    }

    fn head(&self) -> Html {
        let Reader { words, lessons, play, send, .. } = *self;
        let said = words.lessons();
        let front = &play.lesson.front;
        let lessons_only = lessons.list.iter().flat_map(|list| list.iter()).filter(|entry| !entry.is_puzzle);
        let ids: Vec<&str> = lessons_only.map(|entry| &*entry.id).collect();
        let minutes = front.minutes.to_string();
        let about = match ids.iter().position(|id| *id == front.id) {
            Some(place) => {
                let values = [
                    ("number", &*(place + 1).to_string()),
                    ("count", &*ids.len().to_string()),
                    ("minutes", &*minutes),
                ];
                fill(said.number(), &values)
            }
            None => fill(said.length(), &[("minutes", &minutes)]),
        };
        let present = if lessons.is_presenting { said.present_end() } else { said.present() };
        html! {
            <div class="head">
                <small>{ about }</small>
                { act("", &["▣ ", present].concat(), send, LessonIntent::Present(!lessons.is_presenting)) }
                if !lessons.is_presenting { { labelled("", Some(said.to_list().into()), None, "☰".into(), send, Intent::lesson(LessonIntent::Close)) } }
            </div>
        }
    }

    /// How far the lesson is, a piece for each step.
    fn bar(&self) -> Html {
        let (play, said) = (self.play, self.words.lessons());
        let count = play.lesson.steps.len();
        let piece = |step: usize| {
            let class = match step.cmp(&play.step) {
                _ if play.is_over => "done",
                std::cmp::Ordering::Less => "done",
                std::cmp::Ordering::Equal => "now",
                std::cmp::Ordering::Greater => "",
            };
            html! { <i {class} /> }
        };
        let label =
            fill(said.step(), &[("step", &(play.step + 1).to_string()), ("count", &count.to_string())]);
        html! { <div class="progress" role="img" aria-label={label}>{ for (0..count).map(piece) }</div> }
    }

    fn step(&self) -> Html {
        let play = self.play;
        let step = play.shown();
        let mut shown = Vec::new();
        for (_, item) in &step.items {
            // What stands after a bet would tell its outcome.
            match item {
                // A class reads the question and its answers alone: they are large.
                Item::Prose(_) if self.lessons.is_presenting && play.waits_for_bet() && play.is_revealed => {}
                Item::Prose(block) => shown.push(self.block(block)),
                Item::Predict(bet) => {
                    shown.push(self.bet(bet));
                    if play.waits_for_bet() || play.plays() {
                        break;
                    }
                }
                Item::Task(task) => shown.push(self.task(task)),
                _ => {}
            }
        }
        let record = play.record();
        let said = self.words.lessons();
        html! {
            <article class="step" key={play.step}>
                <h2 aria-level={self.lessons.is_presenting.then_some("1")}>{ self.inlines(&step.title) }</h2>
                { for shown }
                if step.bet().is_none() && play.plays() && (step.until().next().is_some() || step.run().next().is_some()) { <p class="wait" role="status">{ said.plays() }</p> }
                if play.is_overdue() { <p class="wait" role="alert">{ said.overdue() }</p> }
                if record.is_some_and(|record| record.has_failed) || play.is_overdue() {
                    <div class="off" role="alert">
                        if !play.is_overdue() { <p>{ said.failed() }</p> }
                        { act("primary", said.again(), self.send, LessonIntent::Again) }
                    </div>
                }
                { for record.filter(|_| play.wants_hint).map(|record| self.hint(record)) }
            </article>
        }
    }

    fn bet(&self, bet: &Bet) -> Html {
        let Reader { words, lessons, play, send, .. } = *self;
        let said = words.lessons();
        let answer = play.record().and_then(|record| record.answer);
        if answer.is_some() && !play.plays() {
            return self.outcome(bet, answer);
        }
        let is_open = answer.is_none();
        let chosen = match answer {
            Some(Answer::Bet(chosen)) => Some(chosen),
            Some(Answer::Skipped) => None,
            None => play.choice,
        };
        let is_hidden = lessons.is_presenting && is_open && !play.is_revealed;
        let choice = |(place, blocks): (usize, &Vec<Block>)| {
            let send = send.clone();
            let onchange =
                Callback::from(move |_: Event| send.emit(Intent::lesson(LessonIntent::Choose(place))));
            let checked = chosen == Some(place);
            html! {
                <label class={classes!("choice", checked.then_some("chosen"))}>
                    <input type="radio" name="bet" {checked} disabled={!is_open} {onchange} />
                    <b aria-hidden="true">{ LETTERS[place] }</b>
                    <span>{ self.blocks(blocks) }</span>
                </label>
            }
        };
        html! {
            <fieldset class="bet">
                <legend>{ self.blocks(&bet.question) }</legend>
                if is_hidden {
                    { act("primary", said.answers(), send, LessonIntent::Reveal) }
                } else {
                    { for bet.choices.iter().enumerate().map(choice) }
                    if is_open {
                        <div class="acts">
                            { act_if(chosen.is_some(), "primary", said.place(), send, LessonIntent::PlaceBet) }
                            { act("", said.skip(), send, LessonIntent::Skip) }
                        </div>
                        <p class="wait">{ said.stands_still() }</p>
                    } else {
                        <p class="wait" role="status">{ said.plays() }</p>
                    }
                }
            </fieldset>
        }
    }

    /// The bet beside what happened, and why.
    fn outcome(&self, bet: &Bet, answer: Option<Answer>) -> Html {
        let said = self.words.lessons();
        let row = |place: usize, class: &'static str, mark: &'static str| {
            html! {
                <div class={classes!("choice", class)}>
                    <b aria-hidden="true">{ LETTERS[place] }</b>
                    <span>{ self.blocks(&bet.choices[place]) }</span>
                    <em>{ mark }</em>
                </div>
            }
        };
        let wrong = match answer {
            Some(Answer::Bet(chosen)) if chosen != bet.right => Some(row(chosen, "lost", said.your_bet())),
            _ => None,
        };
        let note = match answer {
            Some(Answer::Bet(chosen)) if chosen == bet.right => Some(said.right_bet()),
            Some(Answer::Bet(_)) => None,
            _ => Some(said.no_bet()),
        };
        html! {
            <>
                <section class="bet outcome" role="status">
                    <h3>{ said.what_happened() }</h3>
                    { for wrong }
                    { row(bet.right, "won", said.happened()) }
                    { for note.map(|note| html! { <p class="wait">{ note }</p> }) }
                </section>
                <div class="reason">{ self.blocks(&bet.why) }</div>
            </>
        }
    }

    fn task(&self, task: &Task) -> Html {
        let Reader { words, play, send, .. } = *self;
        let said = words.lessons();
        let Some(record) = play.record() else { return Html::default() };
        let is_done = record.task == Some(true);
        let offer = |line: &lesson::Line| {
            let command = Intent::Command(line.text.as_str().into());
            html! {
                <div class="offer"><code>{ line.text.clone() }</code>{ labelled("", Some([said.run_it(), ": ", &line.text].concat().into()), None, said.run_it().into(), send, command) }</div>
            }
        };
        let (class, note) = match (is_done, record.is_skipped) {
            (true, _) => ("note ok", said.task_done()),
            (false, true) => ("note", said.task_skipped()),
            (false, false) if task.offers.is_empty() => ("note", said.task_open_alone()),
            (false, false) => ("note", said.task_open()),
        };
        html! {
            <section class="task">
                // Pressed before what the step waits for is there, a command would leave the path.
                if !play.plays() { { for task.offers.iter().map(offer) } }
                <p {class} role="status">if is_done { { "✓ " } }{ note }</p>
            </section>
        }
    }

    fn hint(&self, record: &Record) -> Html {
        let hints: Vec<&Hint> = self.play.shown().hints().collect();
        let fit = record.hints.iter().filter_map(|place| hints.get(*place));
        let said = self.words.lessons();
        html! {
            <aside class="hints" role="status">
                <h3>{ said.hint() }</h3>
                if record.hints.is_empty() { <p>{ said.no_hint() }</p> } else { { for fit.map(|hint| self.blocks(&hint.text)) } }
            </aside>
        }
    }

    fn end(&self) -> Html {
        let Reader { words, lessons, play, send, .. } = *self;
        let said = words.lessons();
        let list = lessons.list.as_deref().map(|list| &list[..]).unwrap_or_default();
        let here = list.iter().position(|entry| *entry.id == *play.lesson.front.id);
        let next = here.and_then(|place| list.get(place + 1)).filter(|entry| !entry.is_puzzle);
        html! {
            <article class="step" role="status">
                <h2 aria-level={self.lessons.is_presenting.then_some("1")}>{ said.over() }</h2>
                if let Some(count) = play.score {
                    <p>{ fill(said.score(), &[("count", &count.to_string()), ("fewest", &play.lesson.solution_len().to_string())]) }</p>
                }
                <p>{ said.over_free() }</p>
                <div class="acts">
                    { for next.map(|entry| act("primary", &fill(said.next_lesson(), &[("title", &entry.title)]), send, LessonIntent::Open(entry.id.clone()))) }
                    { act("", said.to_list(), send, LessonIntent::Close) }
                </div>
            </article>
        }
    }

    fn foot(&self) -> Html {
        let Reader { words, play, send, .. } = *self;
        let said = words.lessons();
        let has_hint = play.shown().hints().next().is_some()
            && play.has_task()
            && !play.waits_for_bet()
            && !play.plays();
        let may_skip = play.has_task() && !play.waits_for_bet() && !play.plays();
        html! {
            <div class="bar foot">
                { act_if(play.step > 0 || play.is_over, "", &["◀ ", said.back()].concat(), send, LessonIntent::Back) }
                <span class="gap" />
                if has_hint { { act("", said.hint(), send, LessonIntent::Hint) } }
                if may_skip { { act("", said.skip(), send, LessonIntent::Skip) } }
                { act_if(play.may_go_on() && !play.is_over, "primary", &[said.next(), " ▶"].concat(), send, LessonIntent::Next) }
            </div>
        }
    }

    fn blocks(&self, blocks: &[Block]) -> Html {
        blocks.iter().map(|block| self.block(block)).collect()
    }

    fn block(&self, block: &Block) -> Html {
        match block {
            Block::Paragraph(text) => html! { <p>{ self.inlines(text) }</p> },
            Block::Heading(text) => html! { <h3>{ self.inlines(text) }</h3> },
            Block::Code(text) => html! { <pre tabindex="0">{ text.clone() }</pre> },
            Block::Quote(blocks) => html! { <blockquote>{ self.blocks(blocks) }</blockquote> },
            Block::Rule => html! { <hr /> },
            Block::List { first, items } => {
                let item = |item: &lesson::text::Item| html! { <li>{ self.blocks(&item.blocks) }</li> };
                match first {
                    Some(first) => {
                        html! { <ol start={first.to_string()}>{ for items.iter().map(item) }</ol> }
                    }
                    None => html! { <ul>{ for items.iter().map(item) }</ul> },
                }
            }
            Block::Table(rows) => {
                let row = |(place, cells): (usize, &Vec<Vec<Inline>>)| {
                    let cell = |text: &Vec<Inline>| match place {
                        0 => html! { <th scope="col">{ self.inlines(text) }</th> },
                        _ => html! { <td>{ self.inlines(text) }</td> },
                    };
                    html! { <tr>{ for cells.iter().map(cell) }</tr> }
                };
                html! { <div class="scrolls" tabindex="0"><table>{ for rows.iter().enumerate().map(row) }</table></div> }
            }
        }
    }

    fn inlines(&self, text: &[Inline]) -> Html {
        let piece = |inline: &Inline| match inline {
            Inline::Text(text) => Html::from(text.clone()),
            Inline::Code(text) => html! { <code>{ text.clone() }</code> },
            Inline::Emphasis(inner) => html! { <em>{ self.inlines(inner) }</em> },
            Inline::Strong(inner) => html! { <strong>{ self.inlines(inner) }</strong> },
            Inline::Part(part, inner) => self.part(part, inner),
            Inline::Page(address, inner) => {
                html! { <a href={address.clone()} target="_blank" rel="noreferrer">{ self.inlines(inner) }</a> }
            }
            Inline::Break => html! { <br /> },
        };
        text.iter().map(piece).collect()
    }

    /// A link that lights up a part of the page while it is pointed at, and shows it when pressed.
    fn part(&self, part: &Part, inner: &[Inline]) -> Html {
        let wants = |what: LessonIntent| {
            let (send, what) = (self.send.clone(), Rc::new(what));
            move || send.emit(Intent::Lesson(what.clone()))
        };
        let on = Rc::new(wants(LessonIntent::Light(Some(part.clone()))));
        let off = Rc::new(wants(LessonIntent::Light(None)));
        let point = wants(LessonIntent::Point(part.clone()));
        let (onmouseenter, onfocus) = (
            {
                let on = on.clone();
                move |_: MouseEvent| on()
            },
            {
                let on = on.clone();
                move |_: FocusEvent| on()
            },
        );
        let (onmouseleave, onblur) = (
            {
                let off = off.clone();
                move |_: MouseEvent| off()
            },
            move |_: FocusEvent| off(),
        );
        let onclick = move |_: MouseEvent| {
            on();
            point()
        };
        html! { <button type="button" class="part" {onmouseenter} {onmouseleave} {onfocus} {onblur} {onclick}>{ self.inlines(inner) }</button> }
    }
}
