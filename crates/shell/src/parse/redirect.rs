//! Redirections and here-documents.

use super::parser::{Parsed, Parser, Until};
use crate::op::{Mode, Op, Redirect};
use crate::word::{is_name, mark_all};

impl Parser {
    // Redirections
    /// The file descriptor and the length of its digits, where a redirection stands here.
    pub(crate) fn redirect_ahead(&self) -> Option<(u8, usize)> {
        let rest = self.rest().as_bytes();
        match rest {
            [d @ b'0'..=b'9', b'<' | b'>', ..] => Some((d - b'0', 1)),
            [b'1', d @ b'0'..=b'9', b'<' | b'>', ..] => Some((10 + d - b'0', 2)),
            [b'<' | b'>', b'(', ..] if !self.dash => None,
            [b'<', ..] => Some((0, 0)),
            [b'>', ..] => Some((1, 0)),
            [b'&', b'>', ..] if !self.dash => Some((1, 0)),
            [b'{', ..] if self.bash => {
                let (name, after) = self.rest()[1..].split_once('}')?;
                (is_name(name) && after.starts_with(['<', '>'])).then_some((0, name.len() + 2))
            }
            _ => None,
        }
    }

    pub(crate) fn redirect(&mut self) -> Parsed<bool> {
        let Some((fd, digits)) = self.redirect_ahead() else { return Ok(false) };
        if digits > 2 {
            let name = self.rest()[1..digits - 1].to_string();
            self.emit(Op::RedirectName(name.into()));
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
            (">|", Redirect::Clobber),
            ("<>", Redirect::InOut),
            ("<", Redirect::In),
            (">", Redirect::Out),
        ];
        if !self.bash && self.looking_at("<<<") {
            self.at += 2;
            return Err(self.unexpected());
        }
        let Some((sign, how)) = kinds.into_iter().find(|(sign, _)| self.take(sign)) else {
            return Err(self.unexpected());
        };
        let fd = if sign.starts_with('<') || digits > 0 || sign.starts_with('&') { fd } else { 1 };
        self.blanks();
        self.emit(Op::BeginWhole);
        match sign {
            "<<" | "<<-" => self.here_document(sign == "<<-")?,
            _ if !self.dash && (self.looking_at("<(") || self.looking_at(">(")) => {
                self.process_substitution(true)?;
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

    /// `<(…)` or `>(…)`, as the name of a file.
    pub(crate) fn process_substitution(&mut self, live: bool) -> Parsed<()> {
        let write = self.looking_at(">");
        self.at += 2;
        let fork = self.emit(Op::ProcessSubstitution { write, live: live || write, past: 0 });
        self.list()?;
        self.newlines();
        self.close()?;
        self.emit(Op::Exit);
        self.land(fork);
        Ok(())
    }

    fn here_document(&mut self, strip: bool) -> Parsed<()> {
        let raw = self.raw_word();
        self.at += raw.len();
        let quoted = raw.contains(['\'', '"', '\\']);
        let delimiter = raw.replace(['\'', '"', '\\'], "");
        let (end, mut at) = match self.document {
            Some(known) => known,
            None => match self.rest().find('\n') {
                Some(end) => (end + self.at, end + self.at + 1),
                None if self.complete => (self.text.len(), self.text.len()),
                None => return Err(self.more()),
            },
        };
        let began = self.line();
        let mut body = String::new();
        loop {
            let Some(rest) = self.text.get(at..).filter(|rest| !rest.is_empty()) else {
                if !self.complete {
                    return Err(self.more());
                }
                // A document that the script ends is taken as it is; bash says so.
                if self.bash {
                    let last = began + body.matches('\n').count() as u32;
                    let text = format!(
                        "warning: here-document at line {began} delimited by end-of-file (wanted `{delimiter}')"
                    );
                    self.emit(Op::Warn(last.max(began), text.into()));
                }
                break;
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
