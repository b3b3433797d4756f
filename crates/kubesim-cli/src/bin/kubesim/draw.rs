//! `kubesim draw`: a moment of a story, or a stretch of it, as a picture.

use crate::output::{Problem, Result, remark};
use crate::pixels;
use crate::run::{diagnose, read};
use crate::world::WorldFlags;
use clap::builder::PossibleValuesParser;
use clap::{ValueEnum, value_parser};
use kubesim::{Change, Input, Key, Kind, SimTime, Span, Story, Stream};
use kubesim_cli::languages;
use scene::history::Chronicle;
use scene::picture::{Film, Options, Subject, Theme, WIDTHS, still};
use std::io::Write;
use std::path::{Path, PathBuf};

/// Draw a moment of a manifest's story, or a stretch of it, as on Ordinal's stage
///
/// A moment is drawn with --at (or, without it, at the end), a stretch that moves with --from and --to. The picture is one
/// SVG without references to anything outside; it plays in an <img>, too.
#[derive(clap::Args)]
pub struct Args {
    /// The manifests, as of `kubectl apply -f`; `-` is standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<String>,
    /// Give this command when the cluster is at rest, or, with "@65s " before it, at this time; may be repeated
    #[arg(long = "command", value_name = "[@TIME ]COMMAND", value_parser = timed)]
    commands: Vec<(Option<SimTime>, String)>,
    /// The moment, such as 14s, 1m5s or 800ms
    #[arg(long, value_name = "TIME", value_parser = time, conflicts_with_all = ["from", "to"])]
    at: Option<SimTime>,
    /// Where the stretch begins
    #[arg(long, value_name = "TIME", value_parser = time, requires = "to")]
    from: Option<SimTime>,
    /// Where the stretch ends
    #[arg(long, value_name = "TIME", value_parser = time)]
    to: Option<SimTime>,
    /// How many times as fast a stretch passes
    #[arg(long, value_name = "TIMES", default_value_t = 4.0, value_parser = speed)]
    speed: f64,
    /// The file that the picture is written into: .svg, .png of a moment, .gif of a stretch; without it, SVG on standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// So many pixels for each of the picture's own (.png and .gif)
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = value_parser!(u32).range(1..=4))]
    scale: u32,
    /// The colours
    #[arg(long, value_enum, default_value_t = Colours::Auto)]
    theme: Colours,
    /// The width in pixels
    #[arg(long, value_name = "N", default_value_t = 800, value_parser = value_parser!(u32).range(i64::from(*WIDTHS.start())..=i64::from(*WIDTHS.end())))]
    width: u32,
    /// The language
    #[arg(long, value_name = "TAG", default_value = "en", value_parser = PossibleValuesParser::new(languages::tags()))]
    lang: String,
    /// The StatefulSet that is shown, if there are several
    #[arg(long, value_name = "[NAMESPACE/]NAME")]
    set: Option<String>,
    #[command(flatten)]
    world: WorldFlags,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Colours {
    Light,
    Dark,
    /// As the reader's system is (SVG only; others are light)
    Auto,
}

/// The cluster is at rest when nothing was written for so long, and nothing is waited for that time alone ends.
const REST: Span = Span::seconds(5);
/// Rest is waited for so long.
const PATIENCE: Span = Span::seconds(3600);

/// Draws it. Returns whether the manifests were taken.
pub fn run(args: &Args) -> Result<bool> {
    args.format()?;
    let texts = read(&args.files)?;
    let options = args.world.options()?;
    let (_, is_refused) = diagnose(&texts, &options);
    if is_refused {
        return Ok(false);
    }
    let mut story = Story::new(options);
    let manifests: Vec<&str> = texts.iter().map(|(_, text)| &**text).collect();
    story.input(Input::Apply(manifests.join("\n---\n").into()));
    for (at, command) in &args.commands {
        match at {
            Some(at) => story.run_until(*at),
            None => rest(&mut story),
        }
        story.input(Input::Line(command.as_str().into()));
    }
    let end = match args.at.or(args.to) {
        Some(end) => end,
        None => {
            rest(&mut story);
            story.now()
        }
    };
    story.run_until(end);
    let mut chronicle = Chronicle::default();
    let history = story.cluster.api.history();
    chronicle.read(history);
    let set = args.set.as_deref().map(|name| {
        let (namespace, name) = name.split_once('/').unwrap_or(("default", name));
        Key::new(Kind::StatefulSet, namespace, name)
    });
    let messages = languages::messages(&args.lang);
    let subject = Subject { messages, history, chronicle: &chronicle, set: set.as_ref() };
    let theme = match args.theme {
        Colours::Light => Theme::Light,
        Colours::Dark => Theme::Dark,
        Colours::Auto => Theme::Auto,
    };
    let options = Options { width: args.width, theme };
    let picture = match (args.to, args.format()?) {
        (Some(to), format) => {
            let film = Film::new(&subject, (args.from.unwrap_or(SimTime(0)), to), args.speed, options);
            match format {
                Format::Svg => film.svg(&subject).into_bytes(),
                Format::Gif => pixels::gif(film, &subject, args.scale)?,
                Format::Png => {
                    return Err(Problem::Refused("a .png shows a moment: --at, not --from and --to".into()));
                }
            }
        }
        (None, Format::Svg) => still(&subject, end, end, &options).into_bytes(),
        (None, Format::Png) => pixels::png(&still(&subject, end, end, &options), args.scale)?,
        (None, Format::Gif) => {
            return Err(Problem::Refused("a .gif shows a stretch: --from and --to".into()));
        }
    };
    let complaints = history.entries().iter().filter_map(|entry| match &entry.change {
        Change::Output { stream: Stream::Stderr, text } => Some(&**text),
        _ => None,
    });
    complaints.for_each(|text| remark(text.trim_end()));
    match &args.output {
        Some(file) => write(file, &picture)?,
        None => std::io::stdout().write_all(&picture)?,
    }
    Ok(true)
}

/// What a picture is written as.
#[derive(Clone, Copy)]
enum Format {
    Svg,
    Png,
    Gif,
}

impl Args {
    /// The format that the file's name asks for. Errors: one that there is not.
    fn format(&self) -> Result<Format> {
        let Some(file) = &self.output else { return Ok(Format::Svg) };
        let extension = file.extension().map(|end| end.to_ascii_lowercase());
        match extension.as_ref().and_then(|end| end.to_str()) {
            Some("svg") => Ok(Format::Svg),
            Some("png") => Ok(Format::Png),
            Some("gif") => Ok(Format::Gif),
            _ => Err(Problem::Refused(format!("{}: .svg, .png or .gif is expected", file.display()))),
        }
    }
}

fn write(file: &Path, bytes: &[u8]) -> Result<()> {
    std::fs::write(file, bytes).map_err(|error| Problem::Refused(format!("{}: {error}", file.display())))
}

/// Lets time pass until the cluster is at rest.
fn rest(story: &mut Story) {
    let give_up = story.now() + PATIENCE;
    loop {
        let api = &story.cluster.api;
        let last = api.history().entries().last().map_or(SimTime(0), |entry| entry.at);
        let now = story.now();
        let waits = api.store().verdicts().any(|(_, verdict)| verdict.until.is_some_and(|until| until > now));
        if now - last >= REST && !waits || now >= give_up {
            return;
        }
        story.run_until(now + Span::seconds(1));
    }
}

/// `14s`, `1m5s`, `800ms`, `14`.
fn time(text: &str) -> std::result::Result<SimTime, String> {
    let wrong = || format!("{text:?} is no time: such as 14s, 1m5s or 800ms is expected");
    let (mut all, mut rest) = (0.0, text);
    if rest.is_empty() {
        return Err(wrong());
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let (number, after) = rest.split_at(digits);
        let unit = after.find(|c: char| c.is_ascii_digit()).unwrap_or(after.len());
        let (unit, after) = after.split_at(unit);
        let ms = match unit {
            "ms" => 1.0,
            "s" | "" => 1_000.0,
            "m" => 60_000.0,
            "h" => 3_600_000.0,
            _ => return Err(wrong()),
        };
        all += number.parse::<f64>().map_err(|_| wrong())? * ms;
        rest = after;
    }
    if all > 1e9 {
        return Err(wrong());
    }
    Ok(SimTime(all as i64))
}

/// `@65s kubectl delete pod web-0`, or a command without a time.
fn timed(text: &str) -> std::result::Result<(Option<SimTime>, String), String> {
    let Some(rest) = text.strip_prefix('@') else { return Ok((None, text.to_owned())) };
    let (at, command) = rest.split_once(' ').ok_or("a time and a command are expected after @")?;
    Ok((Some(time(at)?), command.trim().to_owned()))
}

fn speed(text: &str) -> std::result::Result<f64, String> {
    let speed: f64 =
        text.trim_end_matches(['x', '×']).parse().map_err(|_| format!("{text:?} is no number"))?;
    if (0.1..=1000.0).contains(&speed) { Ok(speed) } else { Err("0.1 to 1000 is expected".into()) }
}
