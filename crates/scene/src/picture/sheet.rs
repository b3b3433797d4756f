//! What a picture is drawn on: marks, each at its place in the order of drawing.
//!
//! A mark is a piece of SVG, or a gauge: a shape that follows a number between 0 and 1. The same place has the same mark as
//! long as it looks the same, so that a film draws each look once.

use super::text::{Font, cut, escape, width};

/// The place of a mark in the order of drawing: what is drawn, of which lane, and which part of it.
pub(super) type DrawOrder = (Layer, i32, u16);

/// What is drawn, from the ground up.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Layer {
    Ground,
    Wire,
    Pod,
    Store,
    Others,
    Head,
    Why,
    Service,
    Bars,
    Cover,
    Playhead,
}

/// A shape that follows a number.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Gauge {
    /// A bar that grows to the right.
    Bar { x: f32, y: f32, width: f32, height: f32, class: &'static str },
    /// A ring that closes.
    Ring { x: f32, y: f32, radius: f32, class: &'static str },
    /// A plug on its way down a cable.
    Plug { x: f32, y: f32, height: f32 },
}

/// What stands at a place.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Mark {
    /// A piece of SVG.
    Still(String),
    /// A gauge, and how far it is.
    Gauge(Gauge, f32),
}

/// A drawing, in the order in which it was drawn. Marks of one place follow one another.
#[derive(Default)]
pub(super) struct Sheet {
    pub(super) marks: Vec<(DrawOrder, Mark)>,
}

/// The beginning of a piece: of which class it is, and the text of its attributes.
pub(super) struct Pen<'a> {
    out: &'a mut String,
}

impl Sheet {
    /// Draws at a place: what `draw` draws is one mark.
    pub(super) fn at(&mut self, place: DrawOrder, draw: &dyn Fn(&mut Pen)) {
        let mut piece = String::new();
        draw(&mut Pen { out: &mut piece });
        if !piece.is_empty() {
            self.marks.push((place, Mark::Still(piece)));
        }
    }

    /// Draws a gauge at a place.
    pub(super) fn gauge(&mut self, place: DrawOrder, gauge: Gauge, part: f32) {
        self.marks.push((place, Mark::Gauge(gauge, part.clamp(0.0, 1.0))));
    }

    /// The marks in the order of drawing.
    pub(super) fn sorted(mut self) -> Vec<(DrawOrder, Mark)> {
        collections::sort_by_key(&mut self.marks, |(place, _)| *place);
        self.marks
    }
}

impl Gauge {
    /// The shape as it is when it is full; `more`: further attributes.
    pub(super) fn write(&self, part: f32, out: &mut String) {
        let mut pen = Pen { out };
        match *self {
            Gauge::Bar { x, y, width, height, class } => {
                if part > 0.0 {
                    pen.rect([x, y, width * part, height], height / 2.0, class);
                }
            }
            Gauge::Ring { x, y, radius, class } => {
                pen.arc(x, y, radius, class);
                pen.out.extend([" stroke-dasharray=\"", &num(part * 100.0), " 200\"/>"]);
            }
            Gauge::Plug { x, y, height } => pen.circle(x, y + height * part, 4.0, "f-panel s-ready lr"),
        }
    }
}

impl Pen<'_> {
    fn attribute(&mut self, name: &str, value: f32) {
        self.out.extend([" ", name, "=\"", &num(value), "\""]);
    }

    fn class(&mut self, class: &str) {
        if !class.is_empty() {
            self.out.extend([" class=\"", class, "\""]);
        }
    }

    /// A rectangle: x, y, width, height.
    pub(super) fn rect(&mut self, [x, y, width, height]: [f32; 4], radius: f32, class: &str) {
        self.out.push_str("<rect");
        for (name, value) in [("x", x), ("y", y), ("width", width), ("height", height)] {
            self.attribute(name, value);
        }
        if radius > 0.0 {
            self.attribute("rx", radius);
        }
        self.class(class);
        self.out.push_str("/>");
    }

    pub(super) fn circle(&mut self, x: f32, y: f32, radius: f32, class: &str) {
        self.out.push_str("<circle");
        for (name, value) in [("cx", x), ("cy", y), ("r", radius)] {
            self.attribute(name, value);
        }
        self.class(class);
        self.out.push_str("/>");
    }

    /// A circle as a path from the top on, left open for more attributes: what is dashed begins there.
    pub(super) fn arc(&mut self, x: f32, y: f32, radius: f32, class: &str) {
        let (r, down) = (num(radius), num(radius * 2.0));
        let begin = ["M", &num(x), " ", &num(y - radius)].concat();
        let half = |to: &str| ["a", &*r, " ", &*r, " 0 0 1 0 ", to].concat();
        let up = ["-", &*down].concat();
        self.out.extend(["<path d=\"", &begin, &half(&down), &half(&up), "\" pathLength=\"100\""]);
        self.class(class);
    }

    pub(super) fn path(&mut self, d: &str, class: &str) {
        self.out.extend(["<path d=\"", d, "\""]);
        self.class(class);
        self.out.push_str("/>");
    }

    pub(super) fn line(&mut self, from: [f32; 2], to: [f32; 2], class: &str) {
        let d = ["M", &num(from[0]), " ", &num(from[1]), "L", &num(to[0]), " ", &num(to[1])].concat();
        self.path(&d, class);
    }

    /// A text at its base line.
    pub(super) fn text(&mut self, x: f32, y: f32, text: &str, class: &str) {
        self.out.push_str("<text");
        self.attribute("x", x);
        self.attribute("y", y);
        self.class(class);
        self.out.push('>');
        escape(text, self.out);
        self.out.push_str("</text>");
    }

    /// A text with a surface behind it, cut to `room`; its middle is `y`. Returns its width, with the surface.
    pub(super) fn pill(&mut self, [x, y, room]: [f32; 3], text: &str, look: &Pill) -> f32 {
        let text = cut(text, look.font, look.size, room - 2.0 * look.pad);
        let wide = width(&text, look.font, look.size) + 2.0 * look.pad;
        let x = if look.ends { x - wide } else { x };
        let high = (look.size * 1.6).round();
        self.rect([x, y - high / 2.0, wide, high], look.radius.min(high / 2.0), look.surface);
        self.text(x + wide / 2.0, y + look.size * 0.36, &text, look.class);
        wide
    }
}

/// How a text with a surface behind it looks.
pub(super) struct Pill {
    pub(super) font: Font,
    pub(super) size: f32,
    /// Left and right of the text (pixels).
    pub(super) pad: f32,
    pub(super) radius: f32,
    pub(super) surface: &'static str,
    pub(super) class: &'static str,
    /// Whether x is where it ends.
    pub(super) ends: bool,
}

/// A number with at most one decimal.
pub(super) fn num(value: f32) -> String {
    let tenths = (value * 10.0).round() as i32;
    let (sign, tenths) = if tenths < 0 { ("-", -tenths) } else { ("", tenths) };
    match tenths % 10 {
        0 => [sign, &(tenths / 10).to_string()].concat(),
        tenth => [sign, &(tenths / 10).to_string(), ".", &tenth.to_string()].concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::num;

    #[test]
    fn numbers_have_at_most_one_decimal() {
        assert_eq!([0.0, 1.0, -0.04, -0.26, 12.34, 99.96].map(num), ["0", "1", "0", "-0.3", "12.3", "100"]);
    }
}
