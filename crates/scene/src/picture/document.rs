//! An SVG as a whole.

use super::options::Theme;
use super::palette::style_sheet;
use super::sheet::{Mark, Sheet, num};
use super::text::escape;
use super::timeline::Timeline;
use crate::history::Chronicle;
use crate::history::pod_state::PodName;
use crate::scene::Scene;

/// The marks of a sheet as SVG, in the order of drawing.
pub(super) fn drawing_of(sheet: Sheet) -> String {
    let mut drawing = String::new();
    for (_, mark) in sheet.sorted() {
        write_mark(&mark, &mut drawing);
    }
    drawing
}

fn write_mark(mark: &Mark, out: &mut String) {
    match mark {
        Mark::Still(svg) => out.push_str(svg),
        Mark::Gauge(gauge, part) => gauge.write(*part, out),
    }
}

/// The rows of a timeline below these scenes.
pub(super) fn rows(chronicle: &Chronicle, scenes: &[&Scene]) -> Vec<PodName> {
    let lanes = scenes.iter().flat_map(|scene| {
        let set = scene.set.iter();
        set.flat_map(|set| scene.lanes.iter().map(|lane| PodName::new(&set.key.namespace, &lane.name)))
    });
    Timeline::rows(chronicle, lanes)
}

/// The question of the moment and its answer: the picture's title and description.
pub(super) fn told(scene: &Scene) -> [String; 2] {
    let title = match &scene.set {
        Some(set) => ["StatefulSet ", &set.key.name, ": ", &scene.why.title].concat(),
        None => scene.why.title.clone(),
    };
    [title, scene.why.text.replace('`', "")]
}

/// A whole SVG. `rules`: rules of its style sheet beside the colours.
pub(super) fn document(
    theme: Theme,
    [width, height]: [f32; 2],
    told: &[String; 2],
    rules: &str,
    drawing: &str,
) -> String {
    let size = [&*num(width), &*num(height)];
    let mut out = String::with_capacity(drawing.len() + 4096);
    out.extend(["<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"", size[0], "\" height=\"", size[1]]);
    out.extend(["\" viewBox=\"0 0 ", size[0], " ", size[1], "\" role=\"img\">"]);
    for (name, text) in ["title", "desc"].into_iter().zip(told) {
        out.extend(["<", name, ">"]);
        escape(text, &mut out);
        out.extend(["</", name, ">"]);
    }
    let ground = ["<rect width=\"", size[0], "\" height=\"", size[1], "\" class=\"f-bg\"/>"].concat();
    let drawing = [&*ground, drawing].concat();
    out.extend(["<style>", &style_sheet(theme, &drawing), rules, "</style>", &drawing, "</svg>\n"]);
    out
}
