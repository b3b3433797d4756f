//! A change, tried in the simulation before it is done to the cluster that was opened: part of the tab "Your cluster".

use super::slices::Slices;
use super::stage::pod_card::ends;
use super::{percent, rich};
use gloo::timers::callback::Timeout;
use kubesim::manifest::{Severity, diagnose};
use kubesim::{FeatureGates, Opened, Opening, SimTime};
use messages::{Messages, fill};
use scene::cluster::unreadable;
use scene::history::axis;
use scene::history::pod_state::PodName;
use scene::plan::{Plan, Planning, Progress, Step, duration, words_of};
use std::rc::Rc;
use web_sys::{HtmlInputElement, HtmlTextAreaElement};
use yew::prelude::*;

/// So many pods have a row in the timeline at most.
const MOST_ROWS: usize = 60;
/// So many steps are listed at most.
const MOST_STEPS: usize = 500;

/// What the part is given.
#[derive(Properties)]
pub struct PlanProps {
    /// The texts.
    pub words: &'static Messages,
    /// The state on the stage.
    pub opened: Rc<Opened>,
    /// The files from which it was read, if they are still there: a manifest is compared with them.
    pub files: Option<Rc<[(String, String)]>>,
}

impl PartialEq for PlanProps {
    fn eq(&self, other: &PlanProps) -> bool {
        let same_files = match (&self.files, &other.files) {
            (Some(a), Some(b)) => Rc::ptr_eq(a, b),
            (a, b) => a.is_none() && b.is_none(),
        };
        same_files && Rc::ptr_eq(&self.opened, &other.opened) && std::ptr::eq(self.words, other.words)
    }
}

/// What happens in the part.
pub enum Event {
    /// This is the changed manifest.
    Manifest(String),
    /// This is the command.
    Command(String),
    /// It is to be planned.
    Plan,
    /// The work goes on.
    GoOn,
    /// The work is given up.
    Cancel,
}

/// How far the work is.
enum Work {
    /// The files are read again, to compare the manifest with them.
    Reading(Box<Opening>),
    /// The change is followed.
    Following(Box<Planning>),
}

/// The part, with what was written into it.
pub struct PlanPart {
    manifest: String,
    command: String,
    work: Option<Work>,
    /// What the API server would drop, and what differs without being simulated.
    remarks: Vec<String>,
    plan: Option<Plan>,
    problem: Option<String>,
    next: Option<Timeout>,
    slices: Slices,
}

impl Component for PlanPart {
    type Message = Event;
    type Properties = PlanProps;

    fn create(_: &Context<PlanPart>) -> PlanPart {
        PlanPart {
            manifest: String::new(),
            command: String::new(),
            work: None,
            remarks: Vec::new(),
            plan: None,
            problem: None,
            next: None,
            slices: Slices::default(),
        }
    }

    fn changed(&mut self, context: &Context<PlanPart>, before: &PlanProps) -> bool {
        if !Rc::ptr_eq(&context.props().opened, &before.opened) {
            (self.work, self.plan, self.problem, self.next) = (None, None, None, None);
        }
        true
    }

    // Not within what Yew makes of the component, which is behind no door.
    #[inline(never)]
    fn update(&mut self, context: &Context<PlanPart>, event: Event) -> bool {
        match event {
            Event::Manifest(text) => (self.manifest, self.command) = (text, String::new()),
            Event::Command(text) => (self.command, self.manifest) = (text, String::new()),
            Event::Plan => self.begin(context),
            Event::GoOn => {
                self.go_on(context);
                return self.work.is_none() || self.slices.is_to_be_drawn();
            }
            Event::Cancel => (self.work, self.next) = (None, None),
        }
        true
    }

    fn view(&self, context: &Context<PlanPart>) -> Html {
        let (texts, link) = (context.props().words.cluster(), context.link());
        let manifest = link.callback(|event: InputEvent| {
            Event::Manifest(event.target_unchecked_into::<HtmlTextAreaElement>().value())
        });
        let command = link.callback(|event: InputEvent| {
            Event::Command(event.target_unchecked_into::<HtmlInputElement>().value())
        });
        let submit = link.callback(|event: SubmitEvent| {
            event.prevent_default();
            Event::Plan
        });
        let has_nothing = self.manifest.trim().is_empty() && self.command.trim().is_empty();
        html! {
            <details class="plan">
                <summary>{ texts.plan_title() }</summary>
                <p>{ rich(texts.plan_about()) }</p>
                <form onsubmit={submit}>
                    <textarea rows="6" spellcheck="false" aria-label={texts.plan_manifest()} placeholder={texts.plan_manifest()}
                        value={self.manifest.clone()} oninput={manifest} />
                    <div class="ways">
                        <input class="paste" spellcheck="false" aria-label={texts.plan_command()} placeholder={texts.plan_command()}
                            value={self.command.clone()} oninput={command} />
                        <button type="submit" disabled={has_nothing || self.work.is_some()}>{ texts.plan_it() }</button>
                    </div>
                </form>
                { self.working(context) }
                if let Some(problem) = &self.problem { <p class="bad" role="alert">{ rich(problem) }</p> }
                { for self.plan.as_ref().map(|plan| self.planned(context.props().words, plan)) }
            </details>
        }
    }
}

impl PlanPart {
    /// Begins to work out what was asked.
    fn begin(&mut self, context: &Context<PlanPart>) {
        let PlanProps { words, opened, files } = context.props();
        (self.plan, self.problem, self.work, self.next) = (None, None, None, None);
        self.remarks.clear();
        if self.manifest.trim().is_empty() {
            match Planning::of_command(words, opened, &words_of(&self.command)) {
                Some(planning) => self.work = Some(Work::Following(Box::new(planning))),
                None => self.problem = Some(words.cluster().plan_no_kubectl().into()),
            }
        } else if let Some(files) = files {
            match Opening::beside(files.clone(), &self.manifest, FeatureGates::default()) {
                Ok(opening) => self.work = Some(Work::Reading(Box::new(opening))),
                Err(why) => self.problem = Some(unreadable(words, &why)),
            }
        } else {
            self.problem = Some(words.cluster().plan_not_kept().into());
        }
        if self.work.is_some() {
            self.go_on_soon(context);
        }
    }

    /// How far the work is, and the way to give it up.
    fn working(&self, context: &Context<PlanPart>) -> Html {
        let texts = context.props().words.cluster();
        let (said, part) = match &self.work {
            None => return Html::default(),
            Some(Work::Reading(opening)) => (texts.plan_working().to_owned(), Some(opening.progress())),
            Some(Work::Following(planning)) => match planning.progress() {
                Progress::Opening(done, all) => (texts.plan_working().to_owned(), Some((done, all))),
                Progress::Followed(time) => {
                    (fill(texts.plan_followed(), &[("time", &duration(time.0 / 1000))]), None)
                }
            },
        };
        let cancel = context.link().callback(|_: MouseEvent| Event::Cancel);
        let (value, most) = part.map(|(done, all)| (done.to_string(), all.max(1).to_string())).unzip();
        html! {
            <div class="working">
                <span>{ &said }</span>
                <progress {value} max={most} aria-label={said.clone()} />
                <button type="button" onclick={cancel}>{ texts.plan_cancel() }</button>
            </div>
        }
    }

    fn go_on_soon(&mut self, context: &Context<PlanPart>) {
        let link = context.link().clone();
        self.next = Some(Timeout::new(0, move || link.send_message(Event::GoOn)));
    }

    /// Works for a slice of time; the browser draws between two.
    fn go_on(&mut self, context: &Context<PlanPart>) {
        let words = context.props().words;
        match self.work.take() {
            None => {}
            Some(Work::Following(mut planning)) => {
                if self.slices.fill(|| planning.go_on(), |&goes_on| goes_on) {
                    self.work = Some(Work::Following(planning));
                    self.go_on_soon(context);
                } else {
                    self.plan = Some(planning.finish());
                }
            }
            Some(Work::Reading(mut opening)) => {
                let step = self.slices.fill(|| opening.step(), |step| matches!(step, Ok(true)));
                let goes_on = step.and_then(|goes_on| {
                    self.work = Some(match goes_on {
                        true => Work::Reading(opening),
                        false => self.compare(context, *opening)?,
                    });
                    Ok(())
                });
                match goes_on {
                    Ok(()) => self.go_on_soon(context),
                    Err(why) => self.problem = Some(unreadable(words, &why)),
                }
            }
        }
    }

    /// The state is read again: the manifest is compared with it, and done.
    fn compare(
        &mut self,
        context: &Context<PlanPart>,
        opening: Opening,
    ) -> Result<Work, kubesim::Unreadable> {
        let words = context.props().words;
        let (texts, gates) = (words.cluster(), FeatureGates::default());
        let dropped = diagnose(&self.manifest, gates).diagnostics.into_iter();
        let dropped = dropped.filter(|diagnostic| diagnostic.severity == Severity::Dropped);
        self.remarks.extend(
            dropped.map(|diagnostic| fill(texts.plan_dropped(), &[("message", &diagnostic.message)])),
        );
        let (mut opened, comparable) = opening.finish_beside()?;
        let unheeded = comparable.unheeded.iter();
        self.remarks.extend(unheeded.map(|field| fill(texts.plan_unheeded(), &[("field", field)])));
        opened.timings = context.props().opened.timings;
        let planning = Planning::of_manifest(words, &Rc::new(opened), &comparable.text);
        Ok(Work::Following(Box::new(planning)))
    }

    /// What comes of it.
    fn planned(&self, words: &'static Messages, plan: &Plan) -> Html {
        let texts = words.cluster();
        let row = |step: &Step| {
            let after = SimTime((step.at - plan.began).0).to_string();
            html! { <tr><td>{ after }</td><th scope="row">{ &step.object }</th><td>{ step.what }</td></tr> }
        };
        let text = |title: &'static str, text: &str| {
            let text = text.trim_end().to_owned();
            html! { if !text.is_empty() { <h3>{ title }</h3><pre tabindex="0">{ text }</pre> } }
        };
        let why = |finding: &scene::explain::Finding| {
            html! { <p>{ finding.set.to_string() }{ ": " }{ rich(&finding.why.title) }{ " " }{ rich(&finding.why.text) }</p> }
        };
        html! {
            <div class="planned" role="status">
                { text(texts.plan_diff(), &plan.diff) }
                { text(texts.plan_said(), &[&*plan.done.stdout, &*plan.done.stderr].concat()) }
                { for self.remarks.iter().map(|remark| html! { <p class="note">{ remark }</p> }) }
                { timeline(words, plan) }
                if !plan.steps.is_empty() {
                    <table>
                        <caption>{ texts.plan_steps() }</caption>
                        <thead><tr><th scope="col">{ texts.plan_after() }</th><th scope="col">{ texts.plan_object() }</th><th scope="col">{ texts.plan_what() }</th></tr></thead>
                        <tbody>{ for plan.steps.iter().take(MOST_STEPS).map(row) }</tbody>
                    </table>
                    if plan.steps.len() > MOST_STEPS { <p>{ "…" }</p> }
                }
                <p><b>{ plan.said_of_duration(words) }</b></p>
                { for plan.found.iter().map(why) }
            </div>
        }
    }
}

/// What becomes of each pod, from when the change is made: a bar for each state.
fn timeline(words: &'static Messages, plan: &Plan) -> Html {
    if plan.lives.is_empty() {
        return Html::default();
    }
    // What is last does not end at the edge.
    let span = (plan.takes().0 as f64 * 1.08).max(1000.0);
    let x = |at: SimTime| ((at - plan.began).0 as f64 / span).clamp(0.0, 1.0);
    let row = |(name, lives): &(PodName, Vec<scene::history::Life>)| {
        let end = SimTime(plan.began.0 + span as i64);
        let stretches =
            lives.iter().flat_map(|life| life.stretches(end)).filter(|(_, to, _)| *to > plan.began);
        let bars = stretches.map(|(from, to, stretch)| {
            let (from, to) = (x(from), x(to));
            let thick = axis::twelfths(stretch.state);
            html! { <rect class={stretch.state.class()} x={percent(from)} width={percent((to - from).max(0.0))} y={(12 - thick).to_string()} height={thick.to_string()} /> }
        });
        html! { <li><span>{ ends(&name.name) }</span><svg class="bands" height="12">{ for bars }</svg></li> }
    };
    let step = axis::tick_step(span);
    let ticks = (0..=(span / step) as i64).map(|n| n as f64 * step).filter(|at| *at < 0.94 * span);
    let tick = |at: f64| html! { <text x={percent(at / span)} y="10">{ axis::clock(at) }</text> };
    html! {
        <ol class="course" aria-label={words.timeline()}>
            <li aria-hidden="true"><span /><svg height="13">{ for ticks.map(tick) }</svg></li>
            { for plan.lives.iter().take(MOST_ROWS).map(row) }
            if plan.lives.len() > MOST_ROWS { <li>{ "…" }</li> }
        </ol>
    }
}
