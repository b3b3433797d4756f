//! What is shown of the terminal's long lines: their beginnings. A line of a megabyte would have to be laid out anew with
//! each command.

/// The bytes of a line that are shown.
const LONGEST_LINE: usize = 16 << 10;

/// Cuts lines that are too long, as their text comes in pieces.
#[derive(Default)]
pub struct LineCutter {
    /// Bytes of the line so far.
    column: usize,
}

impl LineCutter {
    /// Gives out what is shown of a text, in order; with each part, how many bytes of its line are hidden after it.
    pub fn cut(&mut self, text: &str, add: &mut dyn FnMut(&str, usize)) {
        if self.column + text.len() <= LONGEST_LINE {
            self.column = text.rfind('\n').map_or(self.column + text.len(), |end| text.len() - end - 1);
            return add(text, 0);
        }
        let (mut begin, mut at) = (0, 0);
        for line in text.split_inclusive('\n') {
            let body = line.strip_suffix('\n').unwrap_or(line);
            let shown = body.floor_char_boundary(LONGEST_LINE.saturating_sub(self.column));
            let hidden = body.len() - shown;
            if hidden > 0 {
                // Of a line that was cut before nothing is left to show.
                if self.column <= LONGEST_LINE {
                    add(&text[begin..at + shown], hidden);
                }
                begin = at + body.len();
            }
            at += line.len();
            self.column = if line.len() > body.len() { 0 } else { self.column.saturating_add(body.len()) };
        }
        if begin < text.len() {
            add(&text[begin..], 0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is shown of these pieces, with the numbers of hidden bytes.
    fn shown(pieces: &[&str]) -> String {
        let (mut cutter, mut out) = (LineCutter::default(), String::new());
        for piece in pieces {
            cutter.cut(piece, &mut |text, hidden| {
                out.push_str(text);
                if hidden > 0 {
                    out.push_str(&format!("[{hidden}]"));
                }
            });
        }
        out
    }

    #[test]
    fn only_the_beginnings_of_long_lines_are_shown() {
        let long = "x".repeat(LONGEST_LINE);
        assert_eq!(shown(&["a\nb", "c\n"]), "a\nbc\n");
        assert_eq!(shown(&[&long, "\n", &long]), format!("{long}\n{long}"));
        assert_eq!(shown(&[&format!("a\n{long}yz\nb")]), format!("a\n{long}[2]\nb"));
        assert_eq!(shown(&[&long, "y", "z", "\nb\n"]), format!("{long}[1]\nb\n"));
        assert_eq!(shown(&[&format!("{long}1\n{long}22\n")]), format!("{long}[1]\n{long}[2]\n"));
        let umlauts = "ä".repeat(LONGEST_LINE);
        assert_eq!(shown(&[&umlauts]), format!("{}[{LONGEST_LINE}]", "ä".repeat(LONGEST_LINE / 2)));
    }
}
