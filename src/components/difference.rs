//! What is different between two texts, line by line.

use kubesim::diff::marked;
use messages::{Messages, fill};
use yew::prelude::*;

/// Of what is the same, so many lines are shown around what is not.
const AROUND: usize = 3;

/// The lines of two texts with what only one of them has. Longer stretches that both have are folded.
pub fn difference(words: &'static Messages, from: &str, to: &str) -> Html {
    let lines = marked(from, to);
    let is_near = |n: usize| {
        let last = (n + AROUND + 1).min(lines.len());
        lines[n.saturating_sub(AROUND)..last].iter().any(|(sign, _)| *sign != ' ')
    };
    let numbered: Vec<(usize, bool)> = (0..lines.len()).map(|n| (n, is_near(n))).collect();
    let line = |(n, _): &(usize, bool)| {
        let (sign, text) = lines[*n];
        let class = match sign {
            '+' => "added",
            '-' => "removed",
            _ => "",
        };
        html! { <span {class}>{ sign }{ " " }{ text }{ "\n" }</span> }
    };
    let stretch = |stretch: &[(usize, bool)]| {
        let all: Html = stretch.iter().map(line).collect();
        if stretch[0].1 || stretch.len() == 1 {
            return all;
        }
        let count = fill(words.unchanged_lines(), &[("count", &stretch.len().to_string())]);
        html! { <details><summary>{ count }</summary>{ all }</details> }
    };
    numbered.chunk_by(|one, next| one.1 == next.1).map(stretch).collect()
}

/// How many lines only one of two texts has.
pub fn count(from: &str, to: &str) -> usize {
    marked(from, to).iter().filter(|(sign, _)| *sign != ' ').count()
}
