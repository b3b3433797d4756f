//! The terminal beside the cluster: a shell on the user's laptop that has `kubectl`, and, while a command like
//! `kubectl exec -it` gives one, a shell inside a pod.
//!
//! What is printed goes into the history ([`Stream`]): the text on the screen at any moment is the text of the history's
//! outputs up to there, the prompt included.

mod complete;
mod editing;
mod fault_command;
mod laptop;
mod probe;
mod suggest;

use crate::process::tty::Tty;
pub use complete::Completion;
pub use laptop::{Files, MANIFEST, PROMPT, command};
pub use probe::Probed;
pub use suggest::suggestions;

use crate::api::{SimTime, Str};
use crate::apiserver::{ApiServer, Store, Stream};
use crate::cluster::Cluster;
use crate::config::Timings;
use crate::kubectl;
use crate::kubelet::Nodes;
use crate::process::{Io, ProcessId};
use std::collections::VecDeque;
use std::rc::Rc;

/// The terminal.
pub struct Terminal {
    tty: Rc<Tty>,
    files: Files,
    /// The laptop's shell.
    shell: ProcessId,
    /// Lines that were typed before anybody read them; `None` is Ctrl-D.
    ahead: VecDeque<Option<Str>>,
    /// Commands that the page's buttons started while the terminal was busy.
    beside: Vec<ProcessId>,
}

impl Terminal {
    /// Opens the terminal: the laptop's shell shows its prompt.
    pub fn open(cluster: &mut Cluster) -> Terminal {
        let (tty, files) = (Rc::new(Tty::default()), Files::default());
        let shell = cluster.start(Box::new(laptop::session(files.clone(), tty.clone())));
        let mut terminal = Terminal { tty, files, shell, ahead: VecDeque::new(), beside: Vec::new() };
        cluster.wake(shell, "");
        terminal.show(cluster);
        terminal
    }

    /// The prompt at which the terminal waits for a line; none while a command runs.
    pub fn prompt(&self) -> Option<Str> {
        self.tty.prompt()
    }

    /// Whether the prompt is the laptop's: no command runs, and no shell in a pod.
    pub fn is_on_laptop(&self) -> bool {
        self.prompt().as_deref() == Some(PROMPT)
    }

    /// What the last word of this line can become, for the shell that waits: in this world.
    pub fn complete(&self, store: &Store, line: &str) -> Completion {
        complete::complete(store, line, &self.tty.seat(), &self.files)
    }

    /// The text that a line such as `kubectl edit sts web` opens in an editor of whoever types it; none if the line, or what
    /// was exported before it, names a program of the laptop as the editor.
    pub fn text_to_edit(&self, store: &Store, line: &str) -> Option<String> {
        kubectl::editor::text_to_edit(store, line, &self.tty.seat().editors)
    }

    /// Runs a command line on copies of this world and of the laptop: nothing of it enters the history.
    pub(crate) fn probe(&self, cluster: &Cluster, typed: &[&str], line: &str) -> Probed {
        probe::probe(cluster, &self.files, typed, line, None)
    }

    /// As [`Terminal::probe`], with what an editor saved that the line opened.
    pub(crate) fn probe_edit(&self, cluster: &Cluster, line: &str, edited: &str) -> Probed {
        probe::probe(cluster, &self.files, &[], line, Some(edited.into()))
    }

    /// A line was typed.
    pub(crate) fn line(&mut self, cluster: &mut Cluster, line: &str) {
        self.ahead.extend(line.trim_end_matches('\n').split('\n').map(|line| Some(line.into())));
        self.show(cluster);
    }

    /// Ctrl-D was typed.
    pub(crate) fn end_of_input(&mut self, cluster: &mut Cluster) {
        self.ahead.push_back(None);
        self.show(cluster);
    }

    /// Ctrl-C was typed.
    pub(crate) fn interrupt(&mut self, cluster: &mut Cluster) {
        self.ahead.clear();
        cluster.interrupt(self.shell);
        self.show(cluster);
    }

    /// A command of one of the page's buttons: runs on the laptop, beside what the terminal is busy with.
    pub(crate) fn command(&mut self, cluster: &mut Cluster, line: &str) {
        if self.is_on_laptop() {
            return self.line(cluster, line);
        }
        self.run_beside(cluster, line, None);
    }

    /// What the editor saved that `kubectl edit` had opened: the command's standard input.
    pub(crate) fn edit(&mut self, cluster: &mut Cluster, line: &str, text: &Str) {
        self.run_beside(cluster, line, Some(text.clone()));
    }

    fn run_beside(&mut self, cluster: &mut Cluster, line: &str, stdin: Option<Str>) {
        let id = cluster.spawn(line, command(line, stdin, &self.files));
        let output = cluster.processes.take_output(id);
        if self.is_on_laptop() {
            // As if it had been typed there.
            cluster.api.print(Stream::Prompt, &format!("{line}\n"));
            output.iter().for_each(|(stream, text)| cluster.api.print(*stream, text));
            cluster.api.print(Stream::Prompt, PROMPT);
        } else {
            let typed = (Stream::Prompt, format!("{PROMPT}{line}\n"));
            print_over_prompt(cluster, self.prompt(), &[&[typed], &output[..]].concat());
        }
        self.beside.push(id);
        self.show(cluster);
    }

    /// The editor's Apply.
    pub(crate) fn apply(&mut self, cluster: &mut Cluster, text: &str) {
        if let Err(error) = self.files.write(MANIFEST, text) {
            let message = format!("{MANIFEST}: {}\n", error.text());
            return print_over_prompt(cluster, self.prompt(), &[(Stream::Stderr, message)]);
        }
        self.command(cluster, &format!("kubectl apply -f - < {MANIFEST}"));
    }

    /// Puts what programs have printed on the screen, and gives lines that were typed ahead to whoever asks for one.
    pub(crate) fn show(&mut self, cluster: &mut Cluster) {
        loop {
            for (stream, text) in cluster.processes.take_output(self.shell) {
                cluster.api.print(stream, &text);
            }
            self.beside.retain(|id| {
                let output = cluster.processes.take_output(*id);
                print_over_prompt(cluster, self.tty.prompt(), &output);
                cluster.processes.reap(*id).is_none()
            });
            let Some(prompt) = self.tty.prompt() else { return };
            let Some(line) = self.ahead.pop_front() else { return };
            self.tty.give(line.clone());
            let command = line.filter(|_| !prompt.is_empty()).unwrap_or_default();
            cluster.wake(self.shell, command.trim());
        }
    }
}

/// What a command line that only reads prints in this world, at any moment of a history; `None` if it does more. One that goes
/// on (`get -w`, `logs -f`) shows what is there: in a past that is only looked at nothing more comes.
pub fn look(store: &Store, now: SimTime, line: &str) -> Option<Vec<(Stream, String)>> {
    if !kubectl::only_reads(line) {
        return None;
    }
    let (timings, mut output) = (Timings::realistic(), Vec::new());
    let mut io = Io {
        api: &mut ApiServer::holding(store.clone(), now),
        nodes: &mut Nodes::default(),
        timings: &timings,
        output: &mut output,
    };
    command(line, None, &Files::default()).run(&mut io);
    Some(output)
}

/// Prints lines where somebody waits at a prompt: on lines of their own, and the prompt again after them.
fn print_over_prompt(cluster: &mut Cluster, prompt: Option<Str>, output: &[(Stream, String)]) {
    let prompt = prompt.filter(|_| !output.is_empty());
    if prompt.is_some() {
        cluster.api.print(Stream::Prompt, "\n");
    }
    for (stream, text) in output {
        cluster.api.print(*stream, text);
    }
    if let Some(prompt) = prompt {
        cluster.api.print(Stream::Prompt, &prompt);
    }
}
