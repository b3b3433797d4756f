//! `kubesim run FILE`: the story of a manifest, in lines.

use kubesim::api::{Body, SimTime, Span};
use kubesim::apiserver::{Change, Entry};
use kubesim::kubectl::printers;
use kubesim::sim::Options;
use kubesim::story::{Input, Story};
use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// Counts what is allocated, for `--stats`.
struct Counting;

static LIVE: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

// SAFETY: every call is handed on to the system's allocator as it came; the counters are beside it.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let live = LIVE.fetch_add(layout.size(), Relaxed) + layout.size();
        PEAK.fetch_max(live, Relaxed);
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size(), Relaxed);
        // SAFETY: the caller keeps the contract of `dealloc`.
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Bytes in use.
pub fn live() -> usize {
    LIVE.load(Relaxed)
}

/// The most bytes that were in use since [`forget_peak`].
pub fn peak() -> usize {
    PEAK.load(Relaxed)
}

/// Measures the peak from now on.
pub fn forget_peak() {
    PEAK.store(live(), Relaxed);
}

/// The cluster is at rest when nothing but events was written for this long.
const REST: Span = Span::seconds(30);
/// A command, or the way to rest, may take this long.
const PATIENCE: Span = Span::seconds(3600);

/// Runs it. Returns whether every command ended well. Errors: arguments or files that can't be read.
pub fn run(args: &[String]) -> Result<bool, String> {
    let (mut file, mut commands, mut until, mut stats) = (None, Vec::new(), None, false);
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        let mut value = |of: &str| args.next().cloned().ok_or_else(|| format!("{of} needs a value"));
        match arg.as_str() {
            "--command" => commands.push(value("--command")?),
            "--until" => {
                let seconds = value("--until")?;
                until = Some(
                    seconds.parse().map_err(|_| format!("--until: {seconds} is not a number of seconds"))?,
                );
            }
            "--stats" => stats = true,
            other if file.is_none() && !other.starts_with('-') => file = Some(other.to_string()),
            other => return Err(format!("unknown argument {other}\n{}", super::USAGE)),
        }
    }
    let file = file.ok_or(super::USAGE)?;
    let text = std::fs::read_to_string(&file).map_err(|e| format!("{file}: {e}"))?;
    #[allow(
        clippy::disallowed_methods,
        reason = "wall time is what --stats measures; the simulation never sees it"
    )]
    let started = std::time::Instant::now();

    let mut teller = Teller { story: Story::new(Options::default()), told: 0 };
    teller.tell_from_now();
    teller.story.input(Input::Apply(text.as_str().into()));
    teller.rest(until.map(|s: i64| SimTime(s * 1000)));
    for command in &commands {
        teller.story.input(Input::Line(command.as_str().into()));
        teller.rest(None);
    }
    teller.story.input(Input::Line("kubectl get sts,pods,pvc,pv,svc -o wide".into()));
    teller.rest(Some(teller.story.now()));
    if stats {
        let history = teller.story.cluster.api.history();
        println!(
            "{{\"events\": {}, \"virtual_seconds\": {}, \"wall_ms\": {}, \"peak_bytes\": {}}}",
            history.len(),
            teller.story.now().0 as f64 / 1000.0,
            started.elapsed().as_micros() as f64 / 1000.0,
            PEAK.load(Relaxed),
        );
    }
    Ok(true)
}

struct Teller {
    story: Story,
    told: usize,
}

impl Teller {
    fn tell_from_now(&mut self) {
        self.told = self.story.cluster.api.history().len();
    }

    /// Goes on until the cluster is at rest and the terminal waits for a command, or until this moment.
    fn rest(&mut self, until: Option<SimTime>) {
        let give_up = self.story.now() + PATIENCE;
        let mut last_write = self.story.now();
        loop {
            if self.tell() {
                last_write = self.story.now();
            }
            let busy = self.story.terminal.prompt().is_none();
            let end = until.unwrap_or(if busy { give_up } else { last_write + REST });
            if self.story.next_at().is_none_or(|at| at > end) {
                break;
            }
            self.story.step();
        }
        if let Some(until) = until {
            self.story.run_until(until);
        }
        self.tell();
    }

    /// Prints what was written since the last time. Returns whether anything but events was.
    fn tell(&mut self) -> bool {
        let entries = self.story.cluster.api.history().since(self.told);
        self.told += entries.len();
        let mut moved = false;
        for entry in entries {
            if let Change::Output { text, .. } = &entry.change {
                print!("{text}");
                moved = true;
            } else if let Some(line) = line(entry) {
                println!("{:>10}  {line}", entry.at.to_string());
                moved = true;
            }
        }
        moved
    }
}

/// A write in one line; none for what would only be noise.
fn line(entry: &Entry) -> Option<String> {
    let Change::Object { key, before, after } = &entry.change else { return None };
    if !key.kind.is_served() {
        return None;
    }
    let Some(object) = after else { return Some(format!("{key} gone")) };
    let state = |o: &kubesim::api::Object| match &o.body {
        Body::Pod(pod) => {
            let ready = if pod.is_ready() { " Ready" } else { "" };
            Some(format!("{}{ready}", printers::pod_status(pod, &o.meta)))
        }
        Body::StatefulSet(s) => Some(format!(
            "{}/{} ready, {} available",
            s.status.ready_replicas, s.spec.replicas, s.status.available_replicas
        )),
        Body::PersistentVolumeClaim(c) => Some(c.phase.name().to_string()),
        Body::PersistentVolume(v) => Some(v.phase.name().to_string()),
        Body::Event(e) => Some(format!("{} {}: {}", e.involved.name, e.reason, e.message)),
        Body::EndpointSlice(e) => {
            Some(format!("{} of {} ready", e.endpoints.iter().filter(|e| e.ready).count(), e.endpoints.len()))
        }
        _ => None,
    };
    let now = state(object);
    if let Body::Event(_) = object.body {
        return now.map(|text| format!("  event {text}"));
    }
    match before {
        None => Some(format!("{key} created {}", now.unwrap_or_default()).trim_end().to_string()),
        Some(before) if state(before) != now => now.map(|text| format!("{key} {text}")),
        Some(_) => None,
    }
}
