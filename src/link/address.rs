//! The page's own address: what stands behind `?` and `#`.

use super::fields::LONGEST_STORY;
use super::pack::unpack;
use super::{Link, Problem};
use crate::page::panel::View;
use kubesim::{SimTime, Str};

/// How the fragment of a link begins that carries a lesson: no link of a story begins so.
pub const CARRIED: &str = "lesson=";
/// How the fragment of a link begins that carries a real cluster's state without its names.
pub const CLUSTER: &str = "cluster=";

/// How a lesson begins in what a tab keeps: nothing that an address asks for begins so.
const LESSON: &str = "~";

/// What the page's address asks for; but for `lang=ko`, the language, which `static/start.js` reads before the program is there.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Address {
    /// `embed=1`: only the stage and the timeline are shown.
    pub embed: bool,
    /// `theme=light` or `theme=dark`: whether it is dark.
    pub dark: Option<bool>,
    /// `t=48.2`: the moment, in seconds.
    pub at: Option<SimTime>,
    /// `speed=4`: how fast time passes, in halves.
    pub speed: Option<u8>,
    /// `autoplay=1`: whether time passes from the start on.
    pub autoplay: Option<bool>,
    /// `story=host`: the page around tells the first story (`static/embed.js`).
    pub hosted: bool,
    /// `panels=terminal,dns`: what stands beside the stage of an embedded page, by the names of [`View::class`].
    pub panels: String,
    /// `lesson=delete-a-pod`: the lesson that opens, by its id.
    pub lesson: Option<String>,
    /// The lesson that the fragment carries, packed.
    pub carried: Option<String>,
    /// The cluster's state that the fragment carries, packed.
    pub cluster: Option<String>,
    /// What is behind `#`.
    pub fragment: String,
}

impl Address {
    /// Reads `?…` and `#…`. What is not understood is as if it were not there.
    pub fn read(search: &str, fragment: &str) -> Address {
        let mut address = Address { fragment: fragment.trim_start_matches('#').into(), ..Address::default() };
        if let Some(carried) = address.fragment.strip_prefix(CARRIED) {
            (address.carried, address.fragment) = (Some(carried.into()), String::new());
        }
        if let Some(cluster) = address.fragment.strip_prefix(CLUSTER) {
            (address.cluster, address.fragment) = (Some(cluster.into()), String::new());
        }
        let switch = |value: &str| match value {
            "0" | "false" | "no" => Some(false),
            "" | "1" | "true" | "yes" => Some(true),
            _ => None,
        };
        for part in search.trim_start_matches('?').split('&') {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            match name {
                "embed" => address.embed = switch(value).unwrap_or(false),
                "theme" => address.dark = (value != "auto").then_some(value == "dark"),
                "t" => address.at = seconds(value),
                "speed" => {
                    let halves = seconds(value).map(|half| half.0 / 500);
                    address.speed =
                        halves.filter(|halves| (1..=32).contains(halves)).map(|halves| halves as u8);
                }
                "autoplay" => address.autoplay = switch(value),
                "story" => address.hosted = value == "host",
                "lesson" if !value.is_empty() => address.lesson = Some(value.into()),
                "panels" => address.panels = value.into(),
                _ => {}
            }
        }
        address
    }

    /// What the address asks for, as the tab remembers it with what it shows.
    pub fn asked(&self) -> String {
        match (&self.carried, &self.lesson) {
            (Some(packed), _) => [CARRIED, packed].concat(),
            (None, Some(id)) => ["?", CARRIED, id].concat(),
            (None, None) => self.fragment.clone(),
        }
    }

    /// The lesson that the tab remembers for this address, packed. `saved` is what [`saved`] gave.
    pub fn kept_lesson(&self, saved: &str) -> Option<Str> {
        let (_, lesson, asked) = parts(saved)?;
        lesson.filter(|_| !self.embed && asked == self.asked()).map(Str::from)
    }

    /// What is to be shown at first: the link's story, or what the tab showed before it was loaded again, or the first
    /// example; and what is wrong with the link. `saved` is what [`saved`] gave.
    pub fn start(&self, saved: Option<&str>) -> (Link, Option<Problem>) {
        let saved = saved.and_then(parts);
        let (link, problem) = match saved.filter(|(_, _, asked)| *asked == self.asked()) {
            Some((saved, ..)) if !self.embed => (Link::of_fragment(saved).unwrap_or_default(), None),
            _ if self.fragment.is_empty() => (Link { playing: !self.embed, ..Link::default() }, None),
            _ => match Link::of_fragment(&self.fragment) {
                Ok(link) => (Link { playing: false, ..link }, None),
                Err(problem) => (Link::default(), Some(problem)),
            },
        };
        (self.arranged(link), problem)
    }

    /// The text of the cluster's state that the fragment carries.
    ///
    /// # Errors
    /// If it is not what was packed.
    pub fn cluster(&self) -> Option<Result<String, Problem>> {
        let packed = self.cluster.as_ref()?;
        let unpacked = unpack(packed, b"").map_err(Problem::from);
        Some(unpacked.and_then(|bytes| String::from_utf8(bytes).map_err(|_| Problem::Damaged)))
    }

    /// A story at the moment that the address asks for, as fast, and playing or not.
    pub fn arranged(&self, mut link: Link) -> Link {
        if let Some(at) = self.at {
            link.playhead = at;
            let story = link.story_mut();
            story.until = story.until.max(at);
        }
        link.speed = self.speed.unwrap_or(link.speed);
        link.playing = self.autoplay.unwrap_or(link.playing);
        if let Some(panel) = self.panels().next() {
            link.panel = panel;
        }
        link
    }

    /// What stands beside the stage of an embedded page.
    pub fn panels(&self) -> impl Iterator<Item = View> {
        let named = |name| move |view: &View| view.class() == name;
        self.panels.split(',').filter_map(move |name| View::ALL.into_iter().find(named(name)))
    }
}

/// What a tab keeps for when it is loaded again: what it shows, the lesson that is open, packed, and what its address asked for.
/// With another address somebody wants to see something else.
pub fn saved(link: &Link, lesson: Option<&str>, asked: &str) -> String {
    let link = link.to_fragment();
    match lesson {
        Some(lesson) => [&*link, "#", LESSON, lesson, "#", asked].concat(),
        None => [&*link, "#", asked].concat(),
    }
}

/// The parts of what [`saved`] gave.
fn parts(saved: &str) -> Option<(&str, Option<&str>, &str)> {
    let (link, rest) = saved.split_once('#')?;
    Some(match rest.strip_prefix(LESSON).and_then(|rest| rest.split_once('#')) {
        Some((lesson, asked)) => (link, Some(lesson), asked),
        None => (link, None, rest),
    })
}

/// A decimal number of seconds, as long as a story may be.
pub(crate) fn seconds(text: &str) -> Option<SimTime> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let number = |digits: &str| digits.parse::<u32>().ok().map(i64::from);
    let part = part.get(..3).unwrap_or(part);
    let thousandths = if part.is_empty() { 0 } else { number(part)? * [100, 10, 1][part.len() - 1] };
    let at = SimTime(number(whole)? * 1000 + thousandths);
    (at - SimTime(0) <= LONGEST_STORY).then_some(at)
}

#[cfg(test)]
mod tests {
    use super::super::pack::pack;
    use super::*;

    /// A cluster's state comes back as it was packed, and no story is read from its link; what is damaged is said to be.
    #[test]
    fn a_clusters_state_comes_back() {
        let text = "{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":[]}\n";
        let fragment = ["#", CLUSTER, &pack(text.as_bytes(), b"")].concat();
        let address = Address::read("", &fragment);
        assert_eq!((address.cluster(), &*address.fragment), (Some(Ok(text.to_owned())), ""));
        let damaged = Address::read("", &fragment.replacen("cluster=", "cluster=x", 1));
        assert_eq!(damaged.cluster(), Some(Err(Problem::Damaged)));
        assert_eq!(Address::read("", "#1abc").cluster(), None);
    }

    #[test]
    fn parameters_are_read() {
        let address = Address::read(
            "?embed=1&theme=dark&t=48.2&speed=0.5&autoplay=1&x=y&story=host&panels=dns,x,terminal&lesson=delete-a-pod",
            "#1abc",
        );
        let expected = Address {
            embed: true,
            dark: Some(true),
            at: Some(SimTime(48_200)),
            speed: Some(1),
            autoplay: Some(true),
            hosted: true,
            panels: "dns,x,terminal".into(),
            lesson: Some("delete-a-pod".into()),
            carried: None,
            cluster: None,
            fragment: "1abc".into(),
        };
        assert_eq!(address, expected);
        assert!(address.panels().eq([View::Dns, View::Terminal]));
        assert_eq!(address.arranged(Link::default()).panel, View::Dns);
        assert_eq!(Address::read("", ""), Address::default());
        assert_eq!(Address::read("?embed&autoplay=0&theme=auto", "").autoplay, Some(false));
        let nonsense = Address::read("?embed=x&t=-1&speed=1000&autoplay=maybe&t=9999999999", "");
        assert_eq!(nonsense, Address::default());
    }

    #[test]
    fn seconds_have_up_to_three_decimals() {
        let read = ["7", "0.05", "1.2345", "", "a", "1.", "99999999"].map(seconds);
        let expected = [Some(7_000), Some(50), Some(1_234), None, None, Some(1_000), None];
        assert_eq!(read, expected.map(|at| at.map(SimTime)));
    }

    #[test]
    fn what_was_seen_before_comes_back_unless_the_link_is_another() {
        let work = Link { text: "mine".into(), playing: false, ..Link::default() };
        let kept = saved(&work, None, "");
        assert_eq!(Address::default().start(Some(&kept)), (work.clone(), None));
        let fragment = Link { text: "theirs".into(), ..Link::default() }.to_fragment();
        let opened = Address::read("", &fragment);
        let (link, problem) = opened.start(Some(&kept));
        assert_eq!((&*link.text, link.playing, problem), ("theirs", false, None));
        assert_eq!(opened.start(Some(&saved(&work, None, &fragment))).0, work, "the same link, loaded again");
        assert_eq!(Address::read("?embed", "").start(Some(&kept)).0.text, Link::default().text);
        assert_eq!(Address::default().start(Some("#")), (Link::default(), None), "of another version");
    }

    #[test]
    fn a_lesson_comes_back_at_the_address_that_it_was_left_at() {
        let work = Link { text: "mine".into(), playing: false, ..Link::default() };
        for (search, fragment) in [("", ""), ("", "1abc"), ("?lesson=walk", ""), ("", "lesson=x-Y_z")] {
            let address = Address::read(search, fragment);
            let kept = saved(&work, Some("p4-_"), &address.asked());
            assert_eq!(address.kept_lesson(&kept).as_deref(), Some("p4-_"), "{search}#{fragment}");
            assert_eq!(address.start(Some(&kept)), (work.clone(), None), "{search}#{fragment}");
            assert_eq!(address.kept_lesson(&saved(&work, None, &address.asked())), None);
            let elsewhere = Address::read("?lesson=names", "");
            assert_eq!(elsewhere.kept_lesson(&kept), None, "{search}#{fragment}");
            assert_eq!(Address { embed: true, ..address }.kept_lesson(&kept), None);
        }
    }

    #[test]
    fn a_damaged_link_gives_the_default_and_says_so() {
        let (link, problem) = Address::read("?t=3", "#1nonsense").start(None);
        assert_eq!((link.playhead, problem), (SimTime(3_000), Some(Problem::Damaged)));
        assert_eq!(link.text, Link::default().text);
    }
}
