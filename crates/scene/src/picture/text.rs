//! Text in a picture: how wide it is, where it is cut, where its lines break, how it is written in XML.
//!
//! Who looks at the picture has other fonts than who draws it. The widths are DejaVu's, the widest of those that a browser
//! or a converter takes for the families of [`super::palette::SANS`] and [`super::palette::MONO`]: a text that fits here
//! fits everywhere.

/// A font of the picture.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Font {
    /// Of sentences.
    Sans,
    /// Of names and headings.
    Bold,
    /// Of what Kubernetes or a program wrote.
    Mono,
}

/// Advance widths of the printable ASCII characters (thousandths of the size): DejaVu Sans, `hmtx`.
#[rustfmt::skip]
const SANS: [u16; 95] = [
    318, 401, 460, 838, 636, 950, 780, 275, 390, 390, 500, 838, 318, 361, 318, 337, 636, 636, 636, 636, 636, 636, 636, 636, 636,
    636, 337, 337, 838, 838, 838, 531, 1000, 684, 686, 698, 770, 632, 575, 775, 752, 295, 295, 656, 557, 863, 748, 787, 603, 787,
    695, 635, 611, 732, 684, 989, 685, 611, 685, 390, 337, 390, 838, 500, 500, 613, 635, 550, 635, 615, 352, 635, 634, 278, 278,
    579, 278, 974, 634, 612, 635, 635, 411, 521, 392, 634, 592, 818, 592, 592, 525, 636, 337, 636, 838,
];
/// The same of DejaVu Sans Bold.
#[rustfmt::skip]
const BOLD: [u16; 95] = [
    348, 456, 521, 838, 696, 1002, 872, 306, 457, 457, 523, 838, 380, 415, 380, 365, 696, 696, 696, 696, 696, 696, 696, 696, 696,
    696, 400, 400, 838, 838, 838, 580, 1000, 774, 762, 734, 830, 683, 683, 821, 837, 372, 372, 775, 637, 995, 837, 850, 733, 850,
    770, 720, 682, 812, 774, 1103, 771, 724, 725, 457, 365, 457, 838, 500, 500, 675, 716, 593, 716, 678, 435, 716, 712, 343, 343,
    665, 343, 1042, 712, 687, 716, 716, 493, 595, 478, 712, 652, 924, 645, 652, 582, 712, 365, 712, 838,
];
/// Every character of DejaVu Sans Mono.
const MONO: u16 = 602;
/// What is no ASCII: most alphabets are narrower than this.
const OTHER: u16 = 900;
/// Han, kana, hangul, emoji: a square, and a little more.
const SQUARE: u16 = 1_200;
/// The most letters at a name's end that are never cut, as on the page (`components/stage/pod_card.rs`).
const TAIL: usize = 8;

/// Width of a text (pixels) in a font of this size (pixels).
pub(super) fn width(text: &str, font: Font, size: f32) -> f32 {
    let all: u32 = text.chars().map(|c| u32::from(advance(c, font))).sum();
    all as f32 * size / 1000.0
}

fn advance(c: char, font: Font) -> u16 {
    let place = (c as usize).checked_sub(0x20);
    match (place, font) {
        (Some(place @ ..95), Font::Sans) => SANS[place],
        (Some(place @ ..95), Font::Bold) => BOLD[place],
        _ if ('\u{1100}'..'\u{1200}').contains(&c)
            || ('\u{2e80}'..'\u{fb00}').contains(&c)
            || c >= '\u{fe30}' =>
        {
            SQUARE
        }
        (_, Font::Mono) => MONO,
        _ if matches!(c, '·' | '–') => 500,
        _ if c == '…' => 1000,
        _ => OTHER,
    }
}

/// The longest beginning of a text that is not wider than `room`; its length in bytes.
fn fitting(text: &str, font: Font, size: f32, room: f32) -> usize {
    let mut left = room * 1000.0 / size;
    let over = text.char_indices().find(|(_, c)| {
        left -= f32::from(advance(*c, font));
        left < 0.0
    });
    over.map_or(text.len(), |(at, _)| at)
}

/// A text, cut at its end if it is wider than `room` (pixels).
pub(super) fn cut(text: &str, font: Font, size: f32, room: f32) -> String {
    shortened(text, "", font, size, room)
}

/// A name, cut if it is wider than `room`: its end stays, because the ordinal, or the last letters, tell it from its neighbours.
pub(super) fn cut_name(name: &str, font: Font, size: f32, room: f32) -> String {
    let tail = name.rsplit('-').next().map_or(0, |end| (end.len() + 1).min(TAIL));
    let at = name.ceil_char_boundary(name.len() - tail.min(name.len()));
    let (head, tail) = name.split_at(at);
    shortened(head, tail, font, size, room)
}

fn shortened(head: &str, tail: &str, font: Font, size: f32, room: f32) -> String {
    let whole = [head, tail].concat();
    // Sums of widths differ in their last digits by the order in which they were made.
    if width(&whole, font, size) <= room + 0.1 {
        return whole;
    }
    let rest = room - width("…", font, size) - width(tail, font, size);
    let head = head[..fitting(head, font, size, rest.max(0.0))].trim_end();
    [head, "…", tail].concat()
}

/// A text in lines of at most this width (pixels): at most so many, the last one cut if more would be needed.
pub(super) fn wrapped(text: &str, font: Font, size: f32, room: f32, most: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut words = text.split_whitespace().peekable();
    while let Some(word) = words.next() {
        let mut line = word.to_string();
        while let Some(next) = words.peek() {
            if lines.len() + 1 < most
                && width(&line, font, size) + width(" ", font, size) + width(next, font, size) > room
            {
                break;
            }
            line.extend([" ", next]);
            words.next();
        }
        lines.push(cut(&line, font, size, room));
    }
    lines
}

/// Adds a text to XML.
pub(super) fn escape(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            // XML 1.0 has no other control characters, and neither of these.
            '\t' | '\n' | '\r' => out.push(' '),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => {}
            c => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_keep_their_ends() {
        let name = "a-very-long-name-of-a-set-12";
        let short = cut_name(name, Font::Bold, 14.0, 120.0);
        assert!(short.starts_with("a-very") && short.ends_with("…-12"), "{short}");
        assert!(width(&short, Font::Bold, 14.0) <= 120.0);
        assert_eq!(cut_name("flask-0", Font::Bold, 14.0, 120.0), "flask-0");
        let letters = cut_name("averyveryverylongnamewithoutanyhyphen", Font::Mono, 10.0, 100.0);
        assert!(letters.ends_with("thyphen") || letters.ends_with("yhyphen"), "{letters}");
    }

    #[test]
    fn cut_texts_are_never_wider_than_their_room() {
        for text in ["ImagePullBackOff", "日本語のテキスト", "Привет мир", "ääääää", "WWWWWWWWW"]
        {
            for font in [Font::Sans, Font::Bold, Font::Mono] {
                for room in [30.0, 50.0, 80.0] {
                    let short = cut(text, font, 12.0, room);
                    assert!(width(&short, font, 12.0) <= room + 0.1, "{short} in {room}");
                }
            }
        }
    }

    #[test]
    fn lines_break_between_words_and_the_last_one_is_cut() {
        let text = "one two three four five six seven eight nine ten";
        let lines = wrapped(text, Font::Sans, 10.0, 80.0, 2);
        assert_eq!(lines.len(), 2);
        assert!(
            lines[1].ends_with('…') && lines.iter().all(|line| width(line, Font::Sans, 10.0) <= 80.0),
            "{lines:?}"
        );
        assert_eq!(wrapped("short", Font::Sans, 10.0, 80.0, 2), ["short"]);
        assert!(wrapped("", Font::Sans, 10.0, 80.0, 2).is_empty());
    }

    #[test]
    fn what_xml_does_not_have_is_left_out() {
        let mut out = String::new();
        escape("<a href=\"x\">&\u{1b}[2J\nb", &mut out);
        assert_eq!(out, "&lt;a href=&quot;x&quot;&gt;&amp;[2J b");
    }
}
