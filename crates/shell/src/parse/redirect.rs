//! Redirections and here-documents.

use super::parser::{Parsed, Parser, Stop, Until};
use crate::op::{Mode, Op, Redirect};
use crate::word::mark_all;

impl Parser {
    // Redirections
    /// The file descriptor and the length of its digits, where a redirection stands here.
    pub(crate) fn redirect_ahead(&self) -> Option<(u8, usize)> {
        let rest = self.rest().as_bytes();
        match rest {
            [d @ b'0'..=b'9', b'<' | b'>', ..] => Some((d - b'0', 1)),
            [b'<', ..] => Some((0, 0)),
            [b'>', ..] | [b'&', b'>', ..] => Some((1, 0)),
            _ => None,
        }
    }

    pub(crate) fn redirect(&mut self) -> Parsed<bool> {
        let Some((fd, digits)) = self.redirect_ahead() else { return Ok(false) };
        if self.bash && (self.looking_at("<(") || self.looking_at(">(")) {
            return Err(Stop::Unsupported);
        }
        self.at += digits;
        let kinds = [
            ("&>>", Redirect::Both(true)),
            ("&>", Redirect::Both(false)),
            ("<<<", Redirect::Text),
            ("<<-", Redirect::Text),
            ("<<", Redirect::Text),
            (">>", Redirect::Append),
            (">&", Redirect::Copy),
            ("<&", Redirect::Copy),
            (">|", Redirect::Out),
            ("<>", Redirect::In),
            ("<", Redirect::In),
            (">", Redirect::Out),
        ];
        let Some((sign, how)) = kinds.into_iter().find(|(sign, _)| self.take(sign)) else {
            return Err(self.unexpected());
        };
        self.blanks();
        self.emit(Op::Begin);
        match sign {
            "<<" | "<<-" => self.document(sign == "<<-")?,
            _ if self.bash && (self.looking_at("<(") || self.looking_at(">(")) => {
                return Err(Stop::Unsupported);
            }
            _ if !self.word_ahead() => return Err(self.unexpected()),
            _ => {
                self.parts(Until::Word, Mode::Whole)?;
                if sign == "<<<" {
                    self.emit(Op::Text("\n".into(), false));
                }
            }
        }
        self.emit(Op::Redirect { fd, how });
        Ok(true)
    }

    fn document(&mut self, strip: bool) -> Parsed<()> {
        let raw = self.raw_word();
        self.at += raw.len();
        let quoted = raw.contains(['\'', '"', '\\']);
        let delimiter = raw.replace(['\'', '"', '\\'], "");
        let (end, mut at) = match self.document {
            Some(known) => known,
            None => {
                let end = self.rest().find('\n').ok_or(Stop::More)? + self.at;
                (end, end + 1)
            }
        };
        let mut body = String::new();
        loop {
            // A document that the text ends is taken as complete, as shells do, once it has begun.
            let Some(rest) = self.text.get(at..).filter(|rest| !rest.is_empty()) else {
                return Err(Stop::More);
            };
            let line = rest.split_inclusive('\n').next().unwrap_or_default();
            at += line.len();
            let line = if strip { line.trim_start_matches('\t') } else { line };
            if line.trim_end_matches(['\n', '\r']) == delimiter {
                break;
            }
            body.push_str(line);
        }
        self.document = Some((end, at));
        if quoted {
            let mut text = String::new();
            mark_all(&mut text, &body);
            self.emit(Op::Text(text.into(), false));
            return Ok(());
        }
        self.within(body, |p| p.parts(Until::Document, Mode::Quoted))
    }
}
